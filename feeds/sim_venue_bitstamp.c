/* Bitstamp's websocket v2 as a server.  Source:
 * www.bitstamp.net/websocket/v2: bts:subscribe, live_trades_*, order_book_*,
 * bts:heartbeat; recorded frames of 2021-04. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "{'data':{'timestamp':'%s','microtimestamp':'%s000',"
	    "'bids':[['%s','%s']],'asks':[['%s','%s']]},'channel':"
	    "'order_book_%s','event':'data'}", sim_whole(p->now_ms / 1000),
	    sim_whole(p->now_ms), sim_text(q->bid), sim_text(q->size),
	    sim_text(q->ask), sim_text(q->size), p->script->symbol[i].name);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *size = sim_text(q->size), *price = sim_last(q);

	sim_say(p, "{'data':{'id':%s,'timestamp':'%s','amount':%s,"
	    "'amount_str':'%s','price':%s,'price_str':'%s','type':%u,"
	    "'microtimestamp':'%s000','buy_order_id':%s,'sell_order_id':%s},"
	    "'channel':'live_trades_%s','event':'trade'}",
	    sim_whole(q->trade + 1), sim_whole(p->now_ms / 1000), size, size,
	    price, price, q->is_buy ? 0u : 1u, sim_whole(p->now_ms),
	    sim_whole(2 * q->slot + 1), sim_whole(2 * q->slot + 2),
	    p->script->symbol[i].name);
}

static void
say_error(struct sim_peer *p, const char *text)
{
	sim_say(p, "{'event':'bts:error','channel':'','data':{'code':null,"
	    "'message':'%s'}}", text);
}

/* A channel's kind and symbol; -1: none. */
static int
channel_find(const struct sim_peer *p, const char *name, enum sim_channel *c)
{
	static const char book[] = "order_book_", trade[] = "live_trades_";

	if (strncmp(name, book, sizeof(book) - 1) == 0) {
		*c = SIM_BOOK;
		return sim_symbol_find(p, name + sizeof(book) - 1, false);
	}
	*c = SIM_TRADE;
	return strncmp(name, trade, sizeof(trade) - 1) == 0 ?
	    sim_symbol_find(p, name + sizeof(trade) - 1, false) : -1;
}

static void
change(struct sim_peer *p, const char *name, bool is_on)
{
	enum sim_channel c = SIM_BOOK;
	struct sim_quote q;
	int i = channel_find(p, name, &c);

	if (i < 0) {
		say_error(p, "Bad subscription string.");
		return;
	}
	sim_switch(p, c, (size_t)i, is_on);
	sim_say(p, "{'event':'bts:%ssubscription_succeeded','channel':'%s',"
	    "'data':{}}", is_on ? "" : "un", name);
	if (is_on && c == SIM_BOOK && sim_quote_now(p, (size_t)i, &q))
		say_book(p, (size_t)i, &q);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *event = sim_word(o, "event");
	const char *channel = sim_word(json_object_get(o, "data"), "channel");

	if (strcmp(event, "bts:subscribe") == 0)
		change(p, channel, true);
	else if (strcmp(event, "bts:unsubscribe") == 0)
		change(p, channel, false);
	else if (strcmp(event, "bts:heartbeat") == 0)
		sim_say(p, "{'event':'bts:heartbeat','channel':'','data':"
		    "{'status':'success'}}");
	else
		say_error(p, o == NULL ? "Message is not in JSON format." :
		    "Incorrect JSON format.");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_book(p, i, q);
}

static void
second(struct sim_peer *p)
{
	(void)p;	/* answers heartbeats, sends none */
}

const struct sim_protocol sim_bitstamp = {
	.name = "bitstamp", .path = "/",
	.receive = receive, .tick = tick, .second = second,
};
