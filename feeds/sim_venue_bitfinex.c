/* Bitfinex v2 as a server.  Source: docs.bitfinex.com, WebSocket: general,
 * configuration, public channels ticker and trades; recorded frames of
 * 2021-04-17.  What is said of a channel is an array that begins with its
 * number; conf adds a sequence number and the time behind each. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define FLAG_TIME 32768u
#define FLAG_SEQUENCE 65536u
#define FLAG_CHECKSUM 131072u	/* of order books, which are not served */
#define FLAGS_KNOWN (FLAG_TIME | FLAG_SEQUENCE | FLAG_CHECKSUM)
#define CHANNELS_MAX 25u
#define HEARTBEAT_S 15u

static bool
serves(const char *path)
{
	return strcmp(path, "/ws/2") == 0 || strcmp(path, "/ws/2/") == 0;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	p->heartbeat_s = sim_heartbeat_s(p, HEARTBEAT_S);
	sim_say(p, "{'event':'info','version':2,'serverId':"
	    "'e293377e-7bb7-427e-b28c-%012llx','platform':{'status':1}}",
	    (unsigned long long)p->id);
}

static uint64_t
channel_id(const struct sim_peer *p, enum sim_channel c, size_t i)
{
	return 100 + 1000 * p->id + 64 * (uint64_t)c + i;
}

/* A channel's message: its number, what it says, and what conf added. */
static void
say_array(struct sim_peer *p, enum sim_channel c, size_t i, const char *what)
{
	char sequence[32] = "", time[32] = "";

	if ((p->flags & FLAG_SEQUENCE) != 0)
		snprintf(sequence, sizeof(sequence), ",%s",
		    sim_whole(++p->sequence));
	if ((p->flags & FLAG_TIME) != 0)
		snprintf(time, sizeof(time), ",%s", sim_whole(p->now_ms));
	sim_say(p, "[%s,%s%s%s]", sim_whole(channel_id(p, c, i)), what,
	    sequence, time);
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char text[256];

	snprintf(text, sizeof(text), "[%s,%s,%s,%s,0,0,%s,1000.5,%s,%s]",
	    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
	    sim_text(q->size), sim_last(q), sim_text(q->ask),
	    sim_text(q->bid));
	say_array(p, SIM_TICKER, i, text);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *form)
{
	char trade[160], text[192];

	snprintf(trade, sizeof(trade), "[%s,%s,%s%s,%s]",
	    sim_whole(q->slot + 1), sim_whole(p->now_ms),
	    q->is_buy ? "" : "-", sim_text(q->size), sim_last(q));
	snprintf(text, sizeof(text), "%s%s%s", form, trade,
	    form[0] == '[' ? "]" : "");
	say_array(p, SIM_TRADE, i, text);
}

/* --- requests ------------------------------------------------------------ */

static void
say_error(struct sim_peer *p, const json_t *o, unsigned code, const char *text)
{
	sim_say(p, "{'channel':%s,'symbol':%s,'event':'error','msg':'%s',"
	    "'code':%u}", sim_quoted(sim_word(o, "channel")),
	    sim_quoted(sim_word(o, "symbol")), text, code);
}

static unsigned
channel_count(const struct sim_peer *p)
{
	return (unsigned)__builtin_popcountll(p->on[SIM_TICKER]) +
	    (unsigned)__builtin_popcountll(p->on[SIM_TRADE]);
}

static void
subscribe(struct sim_peer *p, const json_t *o)
{
	const char *name = sim_word(o, "symbol");
	const char *word = sim_word(o, "channel");
	bool is_ticker = strcmp(word, "ticker") == 0;
	enum sim_channel c = is_ticker ? SIM_TICKER : SIM_TRADE;
	int i = sim_symbol_find(p, name, false);
	struct sim_quote q;

	if (!is_ticker && strcmp(word, "trades") != 0) {
		say_error(p, o, 10302, "channel: unknown");
	} else if (i < 0) {
		say_error(p, o, 10300, "symbol: invalid");
	} else if (sim_is_on(p, c, (size_t)i)) {
		say_error(p, o, 10301, "subscribe: dup");
	} else if (channel_count(p) == CHANNELS_MAX) {
		say_error(p, o, 10305, "channel: limit");
	} else {
		sim_switch(p, c, (size_t)i, true);
		sim_say(p, "{'event':'subscribed','channel':'%s','chanId':%s,"
		    "'symbol':'%s','pair':'%s'}", word,
		    sim_whole(channel_id(p, c, (size_t)i)), name, name + 1);
		if (!sim_quote_now(p, (size_t)i, &q))
			return;
		if (is_ticker)
			say_ticker(p, (size_t)i, &q);
		else
			say_trade(p, (size_t)i, &q, "[");
	}
}

static void
unsubscribe(struct sim_peer *p, const json_t *o)
{
	json_int_t id = json_integer_value(json_object_get(o, "chanId"));
	static const enum sim_channel channels[] = { SIM_TICKER, SIM_TRADE };

	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		for (size_t i = 0; i < p->script->symbol_count; i++)
			if (sim_is_on(p, channels[k], i) && id ==
			    (json_int_t)channel_id(p, channels[k], i)) {
				sim_switch(p, channels[k], i, false);
				sim_say(p, "{'event':'unsubscribed','status':"
				    "'OK','chanId':%lld}", (long long)id);
				return;
			}
	say_error(p, o, 10400, "unsubscribe: invalid");
}

static void
configure(struct sim_peer *p, const json_t *o)
{
	json_int_t flags = json_integer_value(json_object_get(o, "flags"));

	if (flags < 0 || (flags & ~(json_int_t)FLAGS_KNOWN) != 0) {
		sim_say(p, "{'event':'conf','status':'FAILED','flags':%lld}",
		    (long long)flags);
		return;
	}
	p->flags = (uint64_t)flags;
	sim_say(p, "{'event':'conf','status':'OK','flags':%lld}",
	    (long long)flags);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *event = sim_word(o, "event");

	if (strcmp(event, "subscribe") == 0)
		subscribe(p, o);
	else if (strcmp(event, "unsubscribe") == 0)
		unsubscribe(p, o);
	else if (strcmp(event, "conf") == 0)
		configure(p, o);
	else if (strcmp(event, "ping") == 0)
		sim_say(p, "{'event':'pong','ts':%s,'cid':%s}",
		    sim_whole(p->now_ms),
		    sim_echo(json_object_get(o, "cid"), "null"));
	else
		sim_say(p, "{'event':'error','msg':'%s','code':%u}",
		    o == NULL ? "json: invalid" : "event: unknown",
		    o == NULL ? 10000u : 10001u);
	json_decref(o);
}

/* An execution is told at once, and again as what was written down. */
static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i)) {
		say_trade(p, i, q, "'te',");
		say_trade(p, i, q, "'tu',");
	}
	if (sim_is_on(p, SIM_TICKER, i))
		say_ticker(p, i, q);
}

static void
second(struct sim_peer *p)
{
	if (++p->beats % p->heartbeat_s != 0)
		return;
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (sim_is_on(p, SIM_TICKER, i))
			say_array(p, SIM_TICKER, i, "'hb'");
		if (sim_is_on(p, SIM_TRADE, i))
			say_array(p, SIM_TRADE, i, "'hb'");
	}
}

const struct sim_protocol sim_bitfinex = {
	.name = "bitfinex", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
