/* Bybit v5 public streams, spot and linear, as a server.  Source:
 * bybit-exchange.github.io/docs/v5/ws/connect and websocket/public; recorded
 * frames of 2026-08-09.  orderbook.1 is always a snapshot; of a linear ticker
 * all but the first message are changes. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define ARGS_MAX 10u	/* of one request on spot */
#define TAIL_MAX 320u	/* a req_id of 36 characters, each six as \uXXXX */

/* `"conn_id":"...","req_id":"...",` as each answer carries them. */
static void
tail_write(char out[TAIL_MAX], const struct sim_peer *p, const json_t *request)
{
	const char *id = json_string_value(json_object_get(request, "req_id"));

	snprintf(out, TAIL_MAX, "\"conn_id\":\"%016llx-sim\",\"req_id\":%s",
	    (unsigned long long)p->id, sim_quoted(id != NULL &&
	    strlen(id) <= 36 ? id : ""));
}

static void
say_answer(struct sim_peer *p, const json_t *request, bool ok,
    const char *text, const char *op)
{
	char tail[TAIL_MAX];

	tail_write(tail, p, request);
	sim_say(p, "{\"success\":%s,\"ret_msg\":%s,%s,\"op\":\"%s\"}",
	    ok ? "true" : "false", sim_quoted(text), tail, op);
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;

	sim_say(p, "{\"topic\":\"orderbook.1.%s\",\"ts\":%llu,\"type\":"
	    "\"snapshot\",\"data\":{\"s\":\"%s\",\"b\":[[\"%s\",\"%s\"]],"
	    "\"a\":[[\"%s\",\"%s\"]],\"u\":%llu,\"seq\":%llu},\"cts\":%llu}",
	    name, (unsigned long long)p->now_ms, name, sim_text(q->bid),
	    sim_text(q->size), sim_text(q->ask), sim_text(q->size),
	    (unsigned long long)q->slot, (unsigned long long)q->slot,
	    (unsigned long long)p->now_ms);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;

	sim_say(p, "{\"topic\":\"publicTrade.%s\",\"ts\":%llu,\"type\":"
	    "\"snapshot\",\"data\":[{\"i\":\"2290000001%llu\",\"T\":%llu,"
	    "\"p\":\"%s\",\"v\":\"%s\",\"S\":\"%s\",\"seq\":%llu,\"s\":\"%s\","
	    "\"BT\":false,\"RPI\":false}]}", name,
	    (unsigned long long)p->now_ms, (unsigned long long)q->slot,
	    (unsigned long long)p->now_ms,
	    sim_text(q->is_buy ? q->ask : q->bid), sim_text(q->size),
	    q->is_buy ? "Buy" : "Sell", (unsigned long long)q->slot, name);
}

static void
say_spot_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name, *last = sim_last(q);

	sim_say(p, "{'topic':'tickers.%s','ts':%s,'type':'snapshot','cs':%s,"
	    "'data':{'symbol':'%s','lastPrice':'%s','highPrice24h':'%s',"
	    "'lowPrice24h':'%s','prevPrice24h':'%s','volume24h':'6780.866843',"
	    "'turnover24h':'141946527.22907118','price24hPcnt':'0.0196',"
	    "'usdIndexPrice':'%s'}}", name, sim_whole(p->now_ms),
	    sim_whole(q->slot + 1), name, last, last, last, last,
	    sim_text(q->index));
}

static void
say_linear_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q,
    bool is_first)
{
	const char *name = p->script->symbol[i].name, *last = sim_last(q);
	char more[512] = "", end[96] = "";

	if (is_first) {
		snprintf(more, sizeof(more), "'tickDirection':'ZeroPlusTick',"
		    "'price24hPcnt':'0.001004','prevPrice24h':'%s',"
		    "'highPrice24h':'%s','lowPrice24h':'%s','prevPrice1h':"
		    "'%s','openInterest':'12345','openInterestValue':"
		    "'24690000','turnover24h':'2352.94','volume24h':'49337.3',"
		    "'fundingIntervalHour':'8','fundingCap':'0.005',"
		    "'nextFundingTime':'%s','fundingRate':'0.0001',", last,
		    last, last, last,
		    sim_whole((p->now_ms / 28800000 + 1) * 28800000));
		snprintf(end, sizeof(end), ",'preOpenPrice':'','preQty':'',"
		    "'curPreListingPhase':''");
	}
	sim_say(p, "{'topic':'tickers.%s','type':'%s','data':{'symbol':'%s',"
	    "%s'lastPrice':'%s','markPrice':'%s','indexPrice':'%s',"
	    "'bid1Price':'%s','bid1Size':'%s','ask1Price':'%s','ask1Size':"
	    "'%s'%s},'cs':%s,'ts':%s}", name, is_first ? "snapshot" : "delta",
	    name, more, last, sim_text(q->mark), sim_text(q->index),
	    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
	    sim_text(q->size), end, sim_whole(q->slot + 1),
	    sim_whole(p->now_ms));
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q,
    bool is_first)
{
	if (p->protocol == &sim_bybit)
		say_spot_ticker(p, i, q);
	else
		say_linear_ticker(p, i, q, is_first);
}

/* topic_find: which channel and symbol a topic means; -1: an error was
 * said. */
static int
topic_find(struct sim_peer *p, const json_t *request, const char *op,
    const char *topic, enum sim_channel *c)
{
	static const struct {
		const char *word;
		enum sim_channel channel;
	} words[] = {
		{ "orderbook.1.", SIM_BOOK }, { "publicTrade.", SIM_TRADE },
		{ "tickers.", SIM_TICKER },
	};
	char text[192];
	size_t k = 0;
	int i;

	while (k < ARRAY_COUNT(words) && strncmp(topic, words[k].word,
	    strlen(words[k].word)) != 0)
		k++;
	if (k == ARRAY_COUNT(words)) {
		snprintf(text, sizeof(text),
		    "error:handler not found,topic:%.100s", topic);
		say_answer(p, request, false, text, op);
		return -1;
	}
	*c = words[k].channel;
	i = sim_symbol_find(p, topic + strlen(words[k].word), false);
	if (i < 0) {
		snprintf(text, sizeof(text), "Invalid symbol :[%.100s]",
		    topic);
		say_answer(p, request, false, text, op);
	}
	return i;
}

/* What a book and a ticker that were not there before begin with. */
static void
say_first(struct sim_peer *p, const uint64_t before[SIM_CHANNELS])
{
	struct sim_quote q;

	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (!sim_quote_now(p, i, &q))
			continue;
		if (sim_is_on(p, SIM_BOOK, i) &&
		    (before[SIM_BOOK] >> i & 1) == 0)
			say_book(p, i, &q);
		if (sim_is_on(p, SIM_TICKER, i) &&
		    (before[SIM_TICKER] >> i & 1) == 0)
			say_ticker(p, i, &q, true);
	}
}

/* A request is taken whole or not at all. */
static void
change(struct sim_peer *p, const json_t *request, const char *op, bool is_on)
{
	const json_t *args = json_object_get(request, "args");
	uint64_t before[SIM_CHANNELS];

	if (p->protocol == &sim_bybit && json_array_size(args) > ARGS_MAX) {
		say_answer(p, request, false, "args size >10", op);
		return;
	}
	memcpy(before, p->on, sizeof(before));
	for (size_t i = 0; i < json_array_size(args); i++) {
		const char *topic = json_string_value(json_array_get(args, i));
		enum sim_channel c = SIM_BOOK;
		int k = topic_find(p, request, op, topic != NULL ? topic : "",
		    &c);

		if (k < 0) {
			memcpy(p->on, before, sizeof(before));
			return;
		}
		sim_switch(p, c, (size_t)k, is_on);
	}
	say_answer(p, request, true, is_on ? "subscribe" : "", op);
	say_first(p, before);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *op = json_string_value(json_object_get(o, "op"));

	if (op == NULL)
		say_answer(p, o, false, "error:request not valid json or no "
		    "op", "");
	else if (strcmp(op, "ping") == 0)
		say_answer(p, o, true, "pong", "ping");
	else if (strcmp(op, "subscribe") == 0)
		change(p, o, "subscribe", true);
	else if (strcmp(op, "unsubscribe") == 0)
		change(p, o, "unsubscribe", false);
	else
		say_answer(p, o, false, "error:op not supported", "");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_book(p, i, q);
	if (sim_is_on(p, SIM_TICKER, i))
		say_ticker(p, i, q, false);
}

static void
second(struct sim_peer *p)
{
	(void)p;	/* answers pings, sends none */
}

const struct sim_protocol sim_bybit = {
	.name = "bybit", .path = "/v5/public/spot",
	.receive = receive, .tick = tick, .second = second,
};
const struct sim_protocol sim_bybit_linear = {
	.name = "bybit-linear", .path = "/v5/public/linear",
	.receive = receive, .tick = tick, .second = second,
};
