/* Crypto.com Exchange's market websocket as a server.  Source:
 * exchange-docs.crypto.com/exchange/v1: subscribe, ticker, trade, heartbeats;
 * recorded frames of 2021-11-23.  A heartbeat that is not answered within
 * 5 s ends the connection. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define HEARTBEAT_S 30u
#define ANSWER_S 5u

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	p->heartbeat_s = sim_heartbeat_s(p, HEARTBEAT_S);
}

static void
say_rows(struct sim_peer *p, size_t i, const char *channel, const char *row)
{
	const char *name = p->script->symbol[i].name;

	sim_say(p, "{'id':-1,'method':'subscribe','code':0,'result':{"
	    "'instrument_name':'%s','subscription':'%s.%s','channel':'%s',"
	    "'data':[%s]}}", name, channel, name, channel, row);
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *bid = sim_text(q->bid), *ask = sim_text(q->ask);
	char row[512];

	snprintf(row, sizeof(row), "{'h':'%s','l':'%s','a':'%s','c':'0.0000',"
	    "'b':'%s','bs':'%s','k':'%s','ks':'%s','i':'%s','v':'130.6462',"
	    "'vv':'305870.17','oi':'0','t':%s}", ask, bid, sim_last(q), bid,
	    sim_text(q->size), ask, sim_text(q->size),
	    p->script->symbol[i].name, sim_whole(p->now_ms));
	say_rows(p, i, "ticker", row);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char row[512];

	snprintf(row, sizeof(row), "{'d':'%s','t':%s,'tn':'%s000000','q':'%s',"
	    "'p':'%s','s':'%s','i':'%s','m':'%s'}", sim_whole(q->slot + 1),
	    sim_whole(p->now_ms), sim_whole(p->now_ms), sim_text(q->size),
	    sim_last(q), q->is_buy ? "BUY" : "SELL",
	    p->script->symbol[i].name, sim_whole(q->trade + 1));
	say_rows(p, i, "trade", row);
}

static void
say_answer(struct sim_peer *p, const json_t *o, unsigned code,
    const char *text)
{
	const char *id = sim_echo(json_object_get(o, "id"), "-1");

	if (code == 0)
		sim_say(p, "{'id':%s,'method':%s,'code':0}", id,
		    sim_quoted(sim_word(o, "method")));
	else
		sim_say(p, "{'id':%s,'method':%s,'code':%u,'message':%s}", id,
		    sim_quoted(sim_word(o, "method")), code,
		    sim_quoted(text));
}

/* "ticker.BTC_USDT" */
static int
channel_find(const struct sim_peer *p, const char *name, enum sim_channel *c)
{
	if (strncmp(name, "ticker.", 7) == 0) {
		*c = SIM_TICKER;
		return sim_symbol_find(p, name + 7, false);
	}
	*c = SIM_TRADE;
	return strncmp(name, "trade.", 6) == 0 ?
	    sim_symbol_find(p, name + 6, false) : -1;
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const json_t *list = json_object_get(json_object_get(o, "params"),
	    "channels");
	uint64_t set[SIM_CHANNELS] = { 0 };
	enum sim_channel c;
	struct sim_quote q;
	char text[200];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int k = name != NULL ? channel_find(p, name, &c) : -1;

		if (k < 0) {
			snprintf(text, sizeof(text),
			    "invalid channel {\"channels\":[\"%.60s\"]}",
			    name != NULL ? name : "");
			say_answer(p, o, 10004, text);
			return;
		}
		set[c] |= (uint64_t)1 << k;
	}
	say_answer(p, o, 0, "");
	for (size_t k = 0; k < SIM_CHANNELS; k++)
		p->on[k] = is_on ? p->on[k] | set[k] : p->on[k] & ~set[k];
	for (size_t i = 0; is_on && i < p->script->symbol_count; i++) {
		if (!sim_quote_now(p, i, &q))
			continue;
		if ((set[SIM_TICKER] >> i & 1) != 0)
			say_ticker(p, i, &q);
		if ((set[SIM_TRADE] >> i & 1) != 0)
			say_trade(p, i, &q);
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *method = sim_word(o, "method");

	if (strcmp(method, "subscribe") == 0)
		change(p, o, true);
	else if (strcmp(method, "unsubscribe") == 0)
		change(p, o, false);
	else if (strcmp(method, "public/respond-heartbeat") != 0)
		say_answer(p, o, 40003, "Malformed request");
	/* The answer has the heartbeat's own id. */
	else if (json_integer_value(json_object_get(o, "id")) ==
	    (json_int_t)p->flags)
		p->is_asked = false;
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_TICKER, i))
		say_ticker(p, i, q);
}

static void
second(struct sim_peer *p)
{
	uint64_t into = ++p->beats % p->heartbeat_s;

	/* Asked more often than each 5 s, the next is the deadline. */
	if (p->is_asked && (into == ANSWER_S || into == 0)) {
		sim_close(p);
		return;
	}
	if (into != 0)
		return;
	p->is_asked = true;
	p->flags = p->now_ms;
	sim_say(p, "{'id':%s,'method':'public/heartbeat','code':0}",
	    sim_whole(p->flags));
}

const struct sim_protocol sim_cryptocom = {
	.name = "crypto-com", .path = "/exchange/v1/market", .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
