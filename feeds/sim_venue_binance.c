/* Binance's streams as a server: spot, Binance.US, and USD-margined futures at
 * their two routed addresses; combined at /stream, raw at /ws, streams in the
 * address or by SUBSCRIBE.  Source: binance-spot-api-docs,
 * web-socket-streams.md; developers.binance.com, USDS-margined futures,
 * Websocket Market Streams.  A stream that does not exist, or belongs to the
 * other address, is accepted and stays silent, as there. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define STREAM_MAX (VENUE_SYMBOL_MAX + 16u)
#define PAYLOAD_MAX 1024u

/* What each address has: the bits of `at`. */
enum { SPOT = 1, PUBLIC = 2, MARKET = 4 };
static const struct {
	const char *word;
	enum sim_channel channel;
	unsigned at;
} streams[] = {
	{ "bookTicker", SIM_BOOK, SPOT | PUBLIC },
	{ "aggTrade", SIM_TRADE, SPOT | MARKET },
	{ "trade", SIM_DEAL, SPOT | PUBLIC },
	{ "ticker", SIM_TICKER, SPOT | MARKET },
	{ "miniTicker", SIM_MINI, SPOT | MARKET },
	{ "markPrice", SIM_MARK, MARKET },
	{ "markPrice@1s", SIM_INDEX, MARKET },
};

static unsigned
address_of(const struct sim_peer *p)
{
	return p->protocol == &sim_binance_usdm ? PUBLIC :
	    p->protocol == &sim_binance_usdm_market ? MARKET : SPOT;
}

static bool
serves_spot(const char *path)
{
	return strcmp(path, "/stream") == 0 || strcmp(path, "/ws") == 0 ||
	    strncmp(path, "/ws/", 4) == 0;
}

static bool
serves_public(const char *path)
{
	return strncmp(path, "/public", 7) == 0 && serves_spot(path + 7);
}

static bool
serves_market(const char *path)
{
	return strncmp(path, "/market", 7) == 0 && serves_spot(path + 7);
}

/* stream_set subscribes to "btcusdt@bookTicker" or lets go of it. */
static void
stream_set(struct sim_peer *p, const char *stream, size_t len, bool is_on)
{
	char name[STREAM_MAX];
	char *at;
	int i;

	if (len >= sizeof(name))
		return;
	memcpy(name, stream, len);
	name[len] = '\0';
	at = strchr(name, '@');
	if (at == NULL)
		return;
	*at++ = '\0';
	i = sim_symbol_find(p, name, true);
	for (size_t k = 0; i >= 0 && k < ARRAY_COUNT(streams); k++)
		if (strcmp(at, streams[k].word) == 0 &&
		    (streams[k].at & address_of(p)) != 0)
			sim_switch(p, streams[k].channel, (size_t)i, is_on);
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	const char *list;

	if (address_of(p) != SPOT)
		target += strlen("/public");
	list = strncmp(target, "/ws/", 4) == 0 ? target + 4 :
	    strstr(target, "?streams=");
	p->is_combined = strncmp(target, "/stream", 7) == 0;
	if (list != NULL && list[0] == '?')
		list += strlen("?streams=");
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, "/&?");

		stream_set(p, list, n, true);
		list += n;
		if (*list != '/')
			break;
		list++;
	}
}

/* --- events -------------------------------------------------------------- */

static const char *
lower_name(const struct sim_peer *p, size_t i, char out[VENUE_SYMBOL_MAX])
{
	const char *name = p->script->symbol[i].name;
	size_t n = strlen(name);

	for (size_t k = 0; k <= n; k++)
		out[k] = (char)(name[k] >= 'A' && name[k] <= 'Z' ?
		    name[k] - 'A' + 'a' : name[k]);
	return out;
}

/* Wraps a payload as the connection's address asks for. */
static void
say_event(struct sim_peer *p, size_t i, const char *word, const char *payload)
{
	char lower[VENUE_SYMBOL_MAX];

	if (!p->is_combined)
		sim_say(p, "%s", payload);
	else
		sim_say(p, "{\"stream\":\"%s@%s\",\"data\":%s}",
		    lower_name(p, i, lower), word, payload);
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char text[PAYLOAD_MAX], head[96] = "";

	/* Of futures they have a name and times; of spot neither. */
	if (address_of(p) != SPOT)
		snprintf(head, sizeof(head), "\"e\":\"bookTicker\",\"E\":%llu,"
		    "\"T\":%llu,", (unsigned long long)p->now_ms,
		    (unsigned long long)p->now_ms);
	snprintf(text, sizeof(text), "{%s\"u\":%llu,\"s\":\"%s\",\"b\":\"%s\","
	    "\"B\":\"%s\",\"a\":\"%s\",\"A\":\"%s\"}", head,
	    (unsigned long long)q->slot, p->script->symbol[i].name,
	    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
	    sim_text(q->size));
	say_event(p, i, "bookTicker", text);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q,
    bool is_aggregate)
{
	unsigned long long n = q->slot, ms = p->now_ms;
	char text[PAYLOAD_MAX], range[64] = "";

	if (is_aggregate)
		snprintf(range, sizeof(range), "\"f\":%llu,\"l\":%llu,", n, n);
	snprintf(text, sizeof(text), "{\"e\":\"%s\",\"E\":%llu,\"s\":\"%s\","
	    "\"%s\":%llu,\"p\":\"%s\",\"q\":\"%s\",%s\"T\":%llu,\"m\":%s%s}",
	    is_aggregate ? "aggTrade" : "trade", ms,
	    p->script->symbol[i].name, is_aggregate ? "a" : "t", n,
	    sim_last(q), sim_text(q->size), range, ms,
	    q->is_buy ? "false" : "true",
	    address_of(p) == SPOT ? ",\"M\":true" : "");
	say_event(p, i, is_aggregate ? "aggTrade" : "trade", text);
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	unsigned long long ms = p->now_ms;
	char text[PAYLOAD_MAX], book[320] = "";

	if (address_of(p) == SPOT)
		snprintf(book, sizeof(book), "\"x\":\"%s\",\"b\":\"%s\",\"B\":"
		    "\"%s\",\"a\":\"%s\",\"A\":\"%s\",", sim_text(q->bid),
		    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
		    sim_text(q->size));
	snprintf(text, sizeof(text), "{\"e\":\"24hrTicker\",\"E\":%llu,\"s\":"
	    "\"%s\",\"p\":\"0.00\",\"P\":\"0.000\",\"w\":\"%s\",%s\"c\":\"%s\","
	    "\"Q\":\"%s\",\"o\":\"%s\",\"h\":\"%s\",\"l\":\"%s\",\"v\":"
	    "\"1000.0000\",\"q\":\"1000.0000\",\"O\":%llu,\"C\":%llu,\"F\":1,"
	    "\"L\":%llu,\"n\":%llu}", ms, p->script->symbol[i].name,
	    sim_text(q->index), book, sim_last(q), sim_text(q->size),
	    sim_last(q), sim_text(q->ask), sim_text(q->bid),
	    ms - 86400000, ms, (unsigned long long)q->slot + 1,
	    (unsigned long long)q->slot + 1);
	say_event(p, i, "ticker", text);
}

static void
say_mini(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char text[PAYLOAD_MAX];

	snprintf(text, sizeof(text), "{\"e\":\"24hrMiniTicker\",\"E\":%llu,"
	    "\"s\":\"%s\",\"c\":\"%s\",\"o\":\"%s\",\"h\":\"%s\",\"l\":\"%s\","
	    "\"v\":\"1000.0000\",\"q\":\"1000.0000\"}",
	    (unsigned long long)p->now_ms, p->script->symbol[i].name,
	    sim_last(q), sim_last(q), sim_text(q->ask), sim_text(q->bid));
	say_event(p, i, "miniTicker", text);
}

static void
say_mark(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *word)
{
	unsigned long long ms = p->now_ms, eight = 28800000;
	char text[PAYLOAD_MAX];

	snprintf(text, sizeof(text), "{\"e\":\"markPriceUpdate\",\"E\":%llu,"
	    "\"s\":\"%s\",\"p\":\"%s\",\"i\":\"%s\",\"P\":\"%s\",\"r\":"
	    "\"0.00010000\",\"T\":%llu}", ms, p->script->symbol[i].name,
	    sim_text(q->mark), sim_text(q->index), sim_text(q->mark),
	    (ms / eight + 1) * eight);
	say_event(p, i, word, text);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q, true);
	if (q->has_trade && sim_is_on(p, SIM_DEAL, i))
		say_trade(p, i, q, false);
	if (sim_is_on(p, SIM_BOOK, i))
		say_book(p, i, q);
}

/* --- requests ------------------------------------------------------------ */

static void
say_error(struct sim_peer *p, unsigned code, const char *text, const json_t *o)
{
	sim_say(p, "{\"error\":{\"code\":%u,\"msg\":%s},\"id\":%s}", code,
	    sim_quoted(text), sim_echo(json_object_get(o, "id"), "null"));
}

static void
say_list(struct sim_peer *p, const json_t *o)
{
	char list[SIM_CHANNELS * VENUE_SYMBOLS_MAX * (STREAM_MAX + 3)];
	char lower[VENUE_SYMBOL_MAX];
	size_t n = 0;

	list[0] = '\0';
	for (size_t i = 0; i < p->script->symbol_count; i++)
		for (size_t k = 0; k < ARRAY_COUNT(streams); k++)
			if (sim_is_on(p, streams[k].channel, i))
				n += (size_t)snprintf(list + n,
				    sizeof(list) - n, "%s\"%s@%s\"",
				    n > 0 ? "," : "", lower_name(p, i, lower),
				    streams[k].word);
	sim_say(p, "{\"result\":[%s],\"id\":%s}", list,
	    sim_echo(json_object_get(o, "id"), "null"));
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const json_t *list = json_object_get(o, "params");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v)) {
			say_error(p, 2, "Invalid request: params must be "
			    "strings", o);
			return;
		}
		stream_set(p, json_string_value(v), json_string_length(v),
		    is_on);
	}
	sim_say(p, "{\"result\":null,\"id\":%s}",
	    sim_echo(json_object_get(o, "id"), "null"));
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_error_t where;
	json_t *o = json_loadb(text, len, 0, &where);
	const char *method = json_string_value(json_object_get(o, "method"));
	char line[128];

	if (o == NULL) {
		snprintf(line, sizeof(line), "Invalid JSON: expected value at "
		    "line %d column %d", where.line, where.column);
		say_error(p, 3, line, NULL);
	} else if (method == NULL) {
		say_error(p, 2, "Invalid request: missing field `method`", o);
	} else if (strcmp(method, "SUBSCRIBE") == 0) {
		change(p, o, true);
	} else if (strcmp(method, "UNSUBSCRIBE") == 0) {
		change(p, o, false);
	} else if (strcmp(method, "LIST_SUBSCRIPTIONS") == 0) {
		say_list(p, o);
	} else {
		snprintf(line, sizeof(line), "Invalid request: unknown variant "
		    "`%.20s`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "
		    "`LIST_SUBSCRIPTIONS`", method);
		say_error(p, 2, line, o);
	}
	json_decref(o);
}

/* Tickers come each second, mark prices each three. */
static void
second(struct sim_peer *p)
{
	struct sim_quote q;

	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (!sim_quote_now(p, i, &q))
			continue;
		if (sim_is_on(p, SIM_TICKER, i))
			say_ticker(p, i, &q);
		if (sim_is_on(p, SIM_MINI, i))
			say_mini(p, i, &q);
		if (sim_is_on(p, SIM_INDEX, i))
			say_mark(p, i, &q, "markPrice@1s");
		if (sim_is_on(p, SIM_MARK, i) && p->now_ms / 1000 % 3 == 0)
			say_mark(p, i, &q, "markPrice");
	}
}

#define PROTOCOL(variable, text, path_check) \
	const struct sim_protocol variable = { \
		.name = text, .serves = path_check, .open = open_peer, \
		.receive = receive, .tick = tick, .second = second, \
	}
PROTOCOL(sim_binance, "binance", serves_spot);
PROTOCOL(sim_binance_us, "binance-us", serves_spot);
PROTOCOL(sim_binance_usdm, "binance-usdm", serves_public);
PROTOCOL(sim_binance_usdm_market, "binance-usdm-market", serves_market);
