/* Coinbase Advanced Trade as a server.  Source: docs.cdp.coinbase.com,
 * Advanced Trade websocket channels; recorded frames of 2026-08-09: one
 * message a channel and product, sequence_num over the connection. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static void
say_error(struct sim_peer *p, const char *what, const char *word)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%.100s", what, word);
	sim_say(p, "{\"type\":\"error\",\"message\":%s}", sim_quoted(text));
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *type)
{
	const struct sim_symbol *y = &p->script->symbol[i];

	sim_say(p, "{\"channel\":\"ticker\",\"client_id\":\"\",\"timestamp\":"
	    "\"%s\",\"sequence_num\":%llu,\"events\":[{\"type\":\"%s\","
	    "\"tickers\":[{\"type\":\"ticker\",\"product_id\":\"%s\","
	    "\"price\":\"%s\",\"volume_24_h\":\"19975.95927439\","
	    "\"low_24_h\":\"%s\",\"high_24_h\":\"%s\",\"low_52_w\":\"%s\","
	    "\"high_52_w\":\"%s\",\"price_percent_chg_24_h\":\"0.025\","
	    "\"best_bid\":\"%s\",\"best_ask\":\"%s\","
	    "\"best_bid_quantity\":\"%s\",\"best_ask_quantity\":\"%s\"}]}]}",
	    sim_time(p->now_ms, 9), (unsigned long long)p->sequence++, type,
	    y->name, sim_last(q), sim_text(q->bid),
	    sim_text(q->ask), sim_text(q->bid), sim_text(q->ask),
	    sim_text(q->bid), sim_text(q->ask), sim_text(q->size),
	    sim_text(q->size));
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *type)
{
	/* The side is the maker's: a buyer takes a sell order. */
	sim_say(p, "{\"channel\":\"market_trades\",\"client_id\":\"\","
	    "\"timestamp\":\"%s\",\"sequence_num\":%llu,\"events\":[{\"type\":"
	    "\"%s\",\"trades\":[{\"product_id\":\"%s\",\"trade_id\":\"%llu\","
	    "\"price\":\"%s\",\"size\":\"%s\",\"time\":\"%s\",\"side\":"
	    "\"%s\"}]}]}", sim_time(p->now_ms, 9),
	    (unsigned long long)p->sequence++, type,
	    p->script->symbol[i].name, (unsigned long long)q->slot,
	    sim_last(q), sim_text(q->size),
	    sim_time(p->now_ms, 6), q->is_buy ? "SELL" : "BUY");
}

/* The names of a set of symbols, as the inside of a JSON list. */
static void
list_write(const struct sim_peer *p, uint64_t set, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (set >> i & 1)
			n += (size_t)snprintf(out + n, size - n, "%s\"%s\"",
			    n > 0 ? "," : "", p->script->symbol[i].name);
}

static void
say_subscriptions(struct sim_peer *p)
{
	char books[VENUE_SYMBOLS_MAX * (VENUE_SYMBOL_MAX + 3)];
	char trades[sizeof(books)], all[2 * sizeof(books) + 128];
	size_t n = 0;

	list_write(p, p->on[SIM_BOOK], books, sizeof(books));
	list_write(p, p->on[SIM_TRADE], trades, sizeof(trades));
	all[0] = '\0';
	if (p->has_heartbeat)
		n = (size_t)snprintf(all, sizeof(all),
		    "\"heartbeats\":[\"heartbeats\"]");
	if (p->on[SIM_TRADE] != 0)
		n += (size_t)snprintf(all + n, sizeof(all) - n,
		    "%s\"market_trades\":[%s]", n > 0 ? "," : "", trades);
	if (p->on[SIM_BOOK] != 0)
		snprintf(all + n, sizeof(all) - n, "%s\"ticker\":[%s]",
		    n > 0 ? "," : "", books);
	sim_say(p, "{\"channel\":\"subscriptions\",\"client_id\":\"\","
	    "\"timestamp\":\"%s\",\"sequence_num\":%llu,\"events\":["
	    "{\"subscriptions\":{%s}}]}", sim_time(p->now_ms, 9),
	    (unsigned long long)p->sequence++, all);
}

/* ids_read turns product_ids into a set; false: an error was said. */
static bool
ids_read(struct sim_peer *p, const json_t *ids, uint64_t *set)
{
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		int n = id != NULL ? sim_symbol_find(p, id, false) : -1;

		if (n < 0) {
			say_error(p, "invalid product_id: ",
			    id != NULL ? id : "not a string");
			return false;
		}
		*set |= (uint64_t)1 << n;
	}
	return true;
}

static void
subscribe(struct sim_peer *p, const char *channel, uint64_t set)
{
	struct sim_quote q;
	bool is_ticker = strcmp(channel, "ticker") == 0;

	if (strcmp(channel, "heartbeats") == 0)
		p->has_heartbeat = true;
	else if (set == 0)
		set = is_ticker ? p->on[SIM_BOOK] : p->on[SIM_TRADE];
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if ((set >> i & 1) == 0 || !sim_quote_now(p, i, &q))
			continue;
		if (is_ticker)
			say_ticker(p, i, &q, "snapshot");
		else if (strcmp(channel, "market_trades") == 0)
			say_trade(p, i, &q, "snapshot");
	}
	if (is_ticker)
		p->on[SIM_BOOK] |= set;
	else if (strcmp(channel, "market_trades") == 0)
		p->on[SIM_TRADE] |= set;
	say_subscriptions(p);
}

static void
unsubscribe(struct sim_peer *p, const char *channel, uint64_t set)
{
	if (strcmp(channel, "heartbeats") == 0)
		p->has_heartbeat = false;
	else if (strcmp(channel, "ticker") == 0)
		p->on[SIM_BOOK] &= ~set;
	else
		p->on[SIM_TRADE] &= ~set;
	say_subscriptions(p);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *channel = json_string_value(json_object_get(o, "channel"));
	uint64_t set = 0;

	if (type == NULL || channel == NULL)
		say_error(p, "malformed request", "");
	else if (strcmp(channel, "ticker") != 0 &&
	    strcmp(channel, "market_trades") != 0 &&
	    strcmp(channel, "heartbeats") != 0)
		say_error(p, "unsupported channel: ", channel);
	else if (!ids_read(p, json_object_get(o, "product_ids"), &set))
		;	/* said */
	else if (strcmp(type, "subscribe") == 0)
		subscribe(p, channel, set);
	else if (strcmp(type, "unsubscribe") == 0)
		unsubscribe(p, channel, set);
	else
		say_error(p, "unknown type: ", type);
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q, "update");
	if (sim_is_on(p, SIM_BOOK, i))
		say_ticker(p, i, q, "update");
}

/* Go's way to print an instant, the monotonic reading included. */
static void
second(struct sim_peer *p)
{
	char now[64];

	if (!p->has_heartbeat)
		return;
	p->beats++;
	snprintf(now, sizeof(now), "%.29s", sim_time(p->now_ms, 9));
	now[10] = ' ';
	sim_say(p, "{\"channel\":\"heartbeats\",\"client_id\":\"\","
	    "\"timestamp\":\"%s\",\"sequence_num\":%llu,\"events\":["
	    "{\"current_time\":\"%s +0000 UTC m=+%llu.000000001\","
	    "\"heartbeat_counter\":%llu}]}", sim_time(p->now_ms, 9),
	    (unsigned long long)p->sequence++, now,
	    (unsigned long long)p->beats, (unsigned long long)p->beats);
}

const struct sim_protocol sim_coinbase = {
	.name = "coinbase", .path = "/",
	.receive = receive, .tick = tick, .second = second,
};
