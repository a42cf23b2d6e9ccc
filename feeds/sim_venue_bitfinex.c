/* Bitfinex v2 as a server.  Source: docs.bitfinex.com, WebSocket: general,
 * configuration, checksum, public channels ticker, trades and books; recorded
 * frames of 2021-04-17.  What is said of a channel is an array that begins
 * with its number; conf adds a sequence number and the time behind each, and
 * a checksum after each change of a book. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define FLAG_TIME 32768u
#define FLAG_SEQUENCE 65536u
#define FLAG_CHECKSUM 131072u
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

/* [price, orders, amount], below zero for asks; no orders: a level's end. */
static void
say_level(struct sim_peer *p, size_t i, struct dec18 price, bool is_ask,
    const char *amount)
{
	char text[128];

	snprintf(text, sizeof(text), "[%s,%u,%s%s]", sim_short(price),
	    amount[0] != '\0' ? 1u : 0u, is_ask ? "-" : "",
	    amount[0] != '\0' ? amount : "1");
	say_array(p, SIM_DEPTH, i, text);
}

/* Of 25 levels of each side, the best first, a bid and an ask by turns. */
static void
say_checksum(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char text[4 * DECIMAL_BUF];

	snprintf(text, sizeof(text), "%s:%s:%s:-%s", sim_short(q->bid),
	    sim_short(q->size), sim_short(q->ask), sim_short(q->size));
	snprintf(text, sizeof(text), "'cs',%d", (int)sim_crc32(text));
	say_array(p, SIM_DEPTH, i, text);
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q,
    bool is_first)
{
	const char *size = sim_short(q->size);
	char text[192];

	if (is_first) {
		snprintf(text, sizeof(text), "[[%s,1,%s],[%s,1,-%s]]",
		    sim_short(q->bid), size, sim_short(q->ask), size);
		say_array(p, SIM_DEPTH, i, text);
	} else {
		if (p->bid[i].value != q->bid.value)
			say_level(p, i, p->bid[i], false, "");
		say_level(p, i, q->bid, false, size);
		if (p->ask[i].value != q->ask.value)
			say_level(p, i, p->ask[i], true, "");
		say_level(p, i, q->ask, true, size);
	}
	if ((p->flags & FLAG_CHECKSUM) != 0)
		say_checksum(p, i, q);
	p->bid[i] = q->bid;
	p->ask[i] = q->ask;
}

/* --- requests ------------------------------------------------------------ */

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "ticker", SIM_TICKER }, { "trades", SIM_TRADE },
	{ "book", SIM_DEPTH },
};

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
	unsigned count = 0;

	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		count += (unsigned)__builtin_popcountll(
		    p->on[channels[k].channel]);
	return count;
}

static void
say_first(struct sim_peer *p, enum sim_channel c, size_t i)
{
	struct sim_quote q;

	if (!sim_quote_now(p, i, &q))
		return;
	if (c == SIM_TICKER)
		say_ticker(p, i, &q);
	else if (c == SIM_TRADE)
		say_trade(p, i, &q, "[");
	else
		say_book(p, i, &q, true);
}

static void
subscribe(struct sim_peer *p, const json_t *o)
{
	const char *name = sim_word(o, "symbol");
	const char *word = sim_word(o, "channel");
	int i = sim_symbol_find(p, name, false);
	enum sim_channel c = SIM_TICKER;
	size_t k = 0;

	while (k < ARRAY_COUNT(channels) &&
	    strcmp(channels[k].word, word) != 0)
		k++;
	if (k < ARRAY_COUNT(channels))
		c = channels[k].channel;
	if (k == ARRAY_COUNT(channels)) {
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
		    "'symbol':'%s',%s'pair':'%s'}", word,
		    sim_whole(channel_id(p, c, (size_t)i)), name,
		    c == SIM_DEPTH ? "'prec':'P0','freq':'F0','len':'25'," :
		    "", name + 1);
		say_first(p, c, (size_t)i);
	}
}

static void
unsubscribe(struct sim_peer *p, const json_t *o)
{
	json_int_t id = json_integer_value(json_object_get(o, "chanId"));

	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		for (size_t i = 0; i < p->script->symbol_count; i++) {
			enum sim_channel c = channels[k].channel;

			if (!sim_is_on(p, c, i) ||
			    id != (json_int_t)channel_id(p, c, i))
				continue;
			sim_switch(p, c, i, false);
			sim_say(p, "{'event':'unsubscribed','status':'OK',"
			    "'chanId':%lld}", (long long)id);
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
	if (sim_is_on(p, SIM_DEPTH, i))
		say_book(p, i, q, false);
}

static void
second(struct sim_peer *p)
{
	if (++p->beats % p->heartbeat_s != 0)
		return;
	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		for (size_t i = 0; i < p->script->symbol_count; i++)
			if (sim_is_on(p, channels[k].channel, i))
				say_array(p, channels[k].channel, i, "'hb'");
}

const struct sim_protocol sim_bitfinex = {
	.name = "bitfinex", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
