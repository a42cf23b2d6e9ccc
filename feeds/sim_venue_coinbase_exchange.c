/* Coinbase Exchange as a server.  Source: docs.cdp.coinbase.com, Exchange
 * WebSocket feed; recorded frames of 2021-04-17: a ticker comes behind each
 * match, a last match and a ticker with the subscription, a heartbeat each
 * second and product. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static void
say_error(struct sim_peer *p, const char *word, const char *what)
{
	char text[192];

	snprintf(text, sizeof(text), "%.100s%s", word, what);
	sim_say(p, "{'type':'error','message':'Failed to subscribe','reason':"
	    "%s}", sim_quoted(text));
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "{'type':'ticker','sequence':%s,'product_id':'%s',"
	    "'price':'%s','open_24h':'%s','volume_24h':'19975.95927439',"
	    "'low_24h':'%s','high_24h':'%s','volume_30d':'599278.77823170',"
	    "'best_bid':'%s','best_bid_size':'%s','best_ask':'%s',"
	    "'best_ask_size':'%s','side':'%s','time':'%s','trade_id':%s,"
	    "'last_size':'%s'}", sim_whole(p->sequence),
	    p->script->symbol[i].name, sim_last(q), sim_text(q->bid),
	    sim_text(q->bid), sim_text(q->ask), sim_text(q->bid),
	    sim_text(q->size), sim_text(q->ask), sim_text(q->size),
	    q->is_buy ? "buy" : "sell", sim_time(p->now_ms, 6),
	    sim_whole(q->slot), sim_text(q->size));
}

static void
say_match(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *type)
{
	/* The side is the maker's: a buyer takes a sell order. */
	sim_say(p, "{'type':'%s','trade_id':%s,'maker_order_id':"
	    "'2a0da34e-61f7-4c36-88e5-c9dd15927b16','taker_order_id':"
	    "'3c82abaa-c01e-4608-be59-6a1e69742891','side':'%s','size':'%s',"
	    "'price':'%s','product_id':'%s','sequence':%s,'time':'%s'}", type,
	    sim_whole(q->slot), q->is_buy ? "sell" : "buy",
	    sim_text(q->size), sim_last(q), p->script->symbol[i].name,
	    sim_whole(p->sequence), sim_time(p->now_ms, 6));
}

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "ticker", SIM_BOOK }, { "matches", SIM_TRADE },
	{ "heartbeat", SIM_MINI },
};

static int
channel_find(const char *word)
{
	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		if (strcmp(channels[k].word, word) == 0)
			return (int)k;
	return -1;
}

/* The names of a set of symbols, as the inside of a JSON list. */
static const char *
list_write(const struct sim_peer *p, uint64_t set, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (set >> i & 1)
			n += (size_t)snprintf(out + n, size - n, "%s\"%s\"",
			    n > 0 ? "," : "", p->script->symbol[i].name);
	return out;
}

static void
say_subscriptions(struct sim_peer *p)
{
	char names[VENUE_SYMBOLS_MAX * (VENUE_SYMBOL_MAX + 3)];
	char all[ARRAY_COUNT(channels) * (sizeof(names) + 64)] = "";
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		if (p->on[channels[k].channel] != 0)
			n += (size_t)snprintf(all + n, sizeof(all) - n,
			    "%s{\"name\":\"%s\",\"product_ids\":[%s]}",
			    n > 0 ? "," : "", channels[k].word,
			    list_write(p, p->on[channels[k].channel], names,
			    sizeof(names)));
	sim_say(p, "{'type':'subscriptions','channels':[%s]}", all);
}

/* ids_read adds product_ids to a set; false: an error was said. */
static bool
ids_read(struct sim_peer *p, const json_t *ids, uint64_t *set)
{
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		int n = id != NULL ? sim_symbol_find(p, id, false) : -1;

		if (n < 0) {
			say_error(p, id != NULL ? id : "",
			    " is not a valid product");
			return false;
		}
		*set |= (uint64_t)1 << n;
	}
	return true;
}

/* A channel of a request is a word, or an object that has its own products;
 * those of the whole request are added. */
static bool
channel_read(struct sim_peer *p, const json_t *o, uint64_t all,
    uint64_t set[SIM_CHANNELS])
{
	const char *word = json_is_object(o) ? sim_word(o, "name") :
	    json_is_string(o) ? json_string_value(o) : "";
	int k = channel_find(word);

	if (k < 0) {
		say_error(p, word, " is not a valid channel");
		return false;
	}
	if (!ids_read(p, json_object_get(o, "product_ids"), &all))
		return false;
	if (all == 0) {
		say_error(p, "", " is not a valid product");
		return false;
	}
	set[channels[k].channel] |= all;
	return true;
}

/* All of a request, or nothing. */
static bool
request_read(struct sim_peer *p, const json_t *o, uint64_t set[SIM_CHANNELS])
{
	const json_t *list = json_object_get(o, "channels");
	uint64_t all = 0;

	if (json_array_size(list) == 0) {
		say_error(p, "", "No channels provided");
		return false;
	}
	if (!ids_read(p, json_object_get(o, "product_ids"), &all))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!channel_read(p, json_array_get(list, i), all, set))
			return false;
	return true;
}

static void
say_first(struct sim_peer *p, const uint64_t set[SIM_CHANNELS])
{
	struct sim_quote q;

	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (!sim_quote_now(p, i, &q))
			continue;
		if (set[SIM_BOOK] >> i & 1)
			say_ticker(p, i, &q);
		if (set[SIM_TRADE] >> i & 1)
			say_match(p, i, &q, "last_match");
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *type = sim_word(o, "type");
	bool is_on = strcmp(type, "subscribe") == 0;
	uint64_t set[SIM_CHANNELS] = { 0 };

	if (o == NULL) {
		sim_say(p, "{'type':'error','message':'Malformed JSON'}");
	} else if (!is_on && strcmp(type, "unsubscribe") != 0) {
		sim_say(p, "{'type':'error','message':'Type has to be either "
		    "subscribe or unsubscribe'}");
	} else if (request_read(p, o, set)) {
		for (size_t c = 0; c < SIM_CHANNELS; c++)
			p->on[c] = is_on ? p->on[c] | set[c] :
			    p->on[c] & ~set[c];
		say_subscriptions(p);
		if (is_on)
			say_first(p, set);
	}
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (!q->has_trade)
		return;
	p->sequence++;
	if (sim_is_on(p, SIM_TRADE, i))
		say_match(p, i, q, "match");
	if (sim_is_on(p, SIM_BOOK, i))
		say_ticker(p, i, q);
}

static void
second(struct sim_peer *p)
{
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_is_on(p, SIM_MINI, i))
			sim_say(p, "{'type':'heartbeat','last_trade_id':1,"
			    "'product_id':'%s','sequence':%s,'time':'%s'}",
			    p->script->symbol[i].name,
			    sim_whole(p->sequence), sim_time(p->now_ms, 6));
}

const struct sim_protocol sim_coinbase_exchange = {
	.name = "coinbase-exchange", .path = "/",
	.receive = receive, .tick = tick, .second = second,
};
