/* Gemini's market data v2 as a server.  Source: docs.gemini.com, WebSocket
 * market data version 2: l2_updates, trade, heartbeat; recorded frames of
 * 2021-04-17.  The first l2_updates is the whole book, with trades and
 * auction events; each later one says what changed. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define HEARTBEAT_S 5u

static bool
serves(const char *path)
{
	return strcmp(path, "/v2/marketdata") == 0 ||
	    strcmp(path, "/v2/marketdata/") == 0;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	p->heartbeat_s = sim_heartbeat_s(p, HEARTBEAT_S);
}

static const char *
trade_text(const struct sim_peer *p, size_t i, const struct sim_quote *q,
    char out[256])
{
	snprintf(out, 256, "{'type':'trade','symbol':'%s','event_id':%s,"
	    "'timestamp':%s,'price':'%s','quantity':'%s','side':'%s'}",
	    p->script->symbol[i].name, sim_whole(q->slot + 1),
	    sim_whole(p->now_ms), sim_last(q), sim_text(q->size),
	    q->is_buy ? "buy" : "sell");
	return out;
}

static void
book_keep(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	p->bid[i] = q->bid;
	p->ask[i] = q->ask;
}

static void
say_snapshot(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char trade[256];

	sim_say(p, "{'type':'l2_updates','symbol':'%s','changes':[['buy','%s',"
	    "'%s'],['sell','%s','%s']],'trades':[%s],'auction_events':[]}",
	    p->script->symbol[i].name, sim_text(q->bid), sim_text(q->size),
	    sim_text(q->ask), sim_text(q->size), trade_text(p, i, q, trade));
	book_keep(p, i, q);
}

/* The new level, and the end of the one before it. */
static size_t
side_write(char *out, size_t size, const char *side, struct dec18 now,
    struct dec18 before, const struct sim_quote *q)
{
	size_t n = (size_t)snprintf(out, size, "['%s','%s','%s']", side,
	    sim_text(now), sim_text(q->size));

	if (now.value != before.value)
		n += (size_t)snprintf(out + n, size - n, ",['%s','%s','0']",
		    side, sim_text(before));
	return n;
}

static void
say_changes(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char changes[512];
	size_t n = side_write(changes, sizeof(changes), "buy", q->bid,
	    p->bid[i], q);

	changes[n++] = ',';
	side_write(changes + n, sizeof(changes) - n, "sell", q->ask,
	    p->ask[i], q);
	sim_say(p, "{'type':'l2_updates','symbol':'%s','changes':[%s]}",
	    p->script->symbol[i].name, changes);
	book_keep(p, i, q);
}

static void
change(struct sim_peer *p, const json_t *list, bool is_on)
{
	struct sim_quote q;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int k = name != NULL ? sim_symbol_find(p, name, false) : -1;

		if (k < 0) {
			sim_say(p, "{'result':'error','reason':"
			    "'InvalidSymbol','message':%s}", sim_quoted(
			    name != NULL ? name : ""));
			continue;
		}
		if (is_on && sim_quote_now(p, (size_t)k, &q))
			say_snapshot(p, (size_t)k, &q);
		sim_switch(p, SIM_BOOK, (size_t)k, is_on);
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const json_t *list = json_object_get(o, "subscriptions");
	const char *type = sim_word(o, "type");
	bool is_on = strcmp(type, "subscribe") == 0;

	if (!json_is_array(list) ||
	    (!is_on && strcmp(type, "unsubscribe") != 0))
		sim_say(p, "{'result':'error','reason':'InvalidJson'}");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *s = json_array_get(list, i);

		if (strcmp(sim_word(s, "name"), "l2") == 0)
			change(p, json_object_get(s, "symbols"), is_on);
		else
			sim_say(p, "{'result':'error','reason':"
			    "'InvalidSubscription'}");
	}
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char trade[256];

	if (!sim_is_on(p, SIM_BOOK, i))
		return;
	if (q->has_trade)
		sim_say(p, "%s", trade_text(p, i, q, trade));
	say_changes(p, i, q);
}

static void
second(struct sim_peer *p)
{
	if (++p->beats % p->heartbeat_s == 0)
		sim_say(p, "{'type':'heartbeat','timestamp':%s}",
		    sim_whole(p->now_ms));
}

const struct sim_protocol sim_gemini = {
	.name = "gemini", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
