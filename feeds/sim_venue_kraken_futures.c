/* Kraken Futures as a server.  Source: docs.kraken.com, Derivatives
 * WebSocket: ticker, ticker_lite, trade, heartbeat; recorded frames of
 * 2021-07-22.  A subscription is acknowledged product by product; products
 * may be written in either case.  A ticker comes once a second. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum sim_channel channel;
} feeds[] = {
	{ "ticker", SIM_TICKER }, { "ticker_lite", SIM_MINI },
	{ "trade", SIM_TRADE },
};

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	sim_say(p, "{'event':'info','version':1}");
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	bool is_perpetual = name[0] == 'P';
	uint64_t next = (p->now_ms / 3600000 + 1) * 3600000;
	char funding[256] = "";

	if (is_perpetual)
		snprintf(funding, sizeof(funding), "'funding_rate':0.00625,"
		    "'funding_rate_prediction':0.00625,"
		    "'relative_funding_rate':0.0000125,"
		    "'relative_funding_rate_prediction':0.0000125,"
		    "'next_funding_rate_time':%s,", sim_whole(next));
	sim_say(p, "{'time':%s,'product_id':'%s',%s'feed':'ticker','bid':%s,"
	    "'ask':%s,'bid_size':8400.0,'ask_size':10000.0,'volume':"
	    "100353210.0,'dtm':0,'leverage':'50x','index':%s,'premium':-0.1,"
	    "'last':%s,'change':-5.28,'suspended':false,'tag':'%s','pair':"
	    "'ETH:USD','openInterest':12345.0,'markPrice':%s,'maturityTime':0,"
	    "'post_only':false,'volumeQuote':100353210.0}",
	    sim_whole(p->now_ms), name, funding, sim_text(q->bid),
	    sim_text(q->ask), sim_text(q->index), sim_last(q),
	    is_perpetual ? "perpetual" : "month", sim_text(q->mark));
}

static void
say_lite(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "{'feed':'ticker_lite','product_id':'%s','bid':%s,'ask':%s,"
	    "'change':-5.28,'premium':-0.1,'volume':100353210.0,'tag':"
	    "'perpetual','pair':'ETH:USD','dtm':0,'maturityTime':0,"
	    "'volumeQuote':100353210.0}", p->script->symbol[i].name,
	    sim_text(q->bid), sim_text(q->ask));
}

static const char *
trade_text(const struct sim_peer *p, size_t i, const struct sim_quote *q,
    char out[320])
{
	snprintf(out, 320, "{'feed':'trade','product_id':'%s','uid':"
	    "'05af78ac-a774-478c-a50c-%012llx','side':'%s','type':'fill',"
	    "'seq':%s,'time':%s,'qty':100.0,'price':%s}",
	    p->script->symbol[i].name, (unsigned long long)q->slot,
	    q->is_buy ? "buy" : "sell", sim_whole(q->trade + 1),
	    sim_whole(p->now_ms), sim_last(q));
	return out;
}

static void
say_alert(struct sim_peer *p, const char *text)
{
	sim_say(p, "{'event':'alert','message':'%s'}", text);
}

/* What a feed says once it is subscribed to. */
static void
say_first(struct sim_peer *p, enum sim_channel c, size_t i)
{
	struct sim_quote q;
	char trade[320];

	if (!sim_quote_now(p, i, &q))
		return;
	if (c == SIM_TICKER)
		say_ticker(p, i, &q);
	else if (c == SIM_MINI)
		say_lite(p, i, &q);
	else
		sim_say(p, "{'feed':'trade_snapshot','product_id':'%s',"
		    "'trades':[%s]}", p->script->symbol[i].name,
		    trade_text(p, i, &q, trade));
}

static void
change_one(struct sim_peer *p, size_t k, const char *product, bool is_on)
{
	int i = sim_symbol_find(p, product, false);

	if (i < 0)
		i = sim_symbol_find(p, product, true);
	if (i < 0) {
		say_alert(p, "Invalid product id");
		return;
	}
	sim_switch(p, feeds[k].channel, (size_t)i, is_on);
	sim_say(p, "{'event':'%ssubscribed','feed':'%s','product_ids':['%s']}",
	    is_on ? "" : "un", feeds[k].word,
	    p->script->symbol[i].name);
	if (is_on)
		say_first(p, feeds[k].channel, (size_t)i);
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const char *word = sim_word(o, "feed");
	const json_t *list = json_object_get(o, "product_ids");
	size_t k = 0;

	if (strcmp(word, "heartbeat") == 0) {
		p->has_heartbeat = is_on;
		sim_say(p, "{'event':'%ssubscribed','feed':'heartbeat'}",
		    is_on ? "" : "un");
		return;
	}
	while (k < ARRAY_COUNT(feeds) && strcmp(feeds[k].word, word) != 0)
		k++;
	if (k == ARRAY_COUNT(feeds))
		say_alert(p, "Invalid feed");
	for (size_t i = 0; k < ARRAY_COUNT(feeds) &&
	    i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		change_one(p, k, json_is_string(v) ? json_string_value(v) :
		    "", is_on);
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *event = sim_word(o, "event");

	if (strcmp(event, "subscribe") == 0)
		change(p, o, true);
	else if (strcmp(event, "unsubscribe") == 0)
		change(p, o, false);
	else if (strcmp(event, "ping") == 0)
		sim_say(p, "{'event':'pong'}");
	else
		say_alert(p, "Bad request");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char trade[320];

	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		sim_say(p, "%s", trade_text(p, i, q, trade));
	if (sim_is_on(p, SIM_MINI, i))
		say_lite(p, i, q);
}

static void
second(struct sim_peer *p)
{
	struct sim_quote q;

	if (p->has_heartbeat)
		sim_say(p, "{'feed':'heartbeat','time':%s}",
		    sim_whole(p->now_ms));
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_is_on(p, SIM_TICKER, i) && sim_quote_now(p, i, &q))
			say_ticker(p, i, &q);
}

const struct sim_protocol sim_kraken_futures = {
	.name = "kraken-futures", .path = "/ws/v1", .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
