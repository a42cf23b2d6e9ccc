/* Bybit v5 public spot streams as a server.  Source:
 * bybit-exchange.github.io/docs/v5/ws/connect and websocket/public; recorded
 * frames of 2026-08-09.  orderbook.1 is always a snapshot. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define ARGS_MAX 10u	/* of one request on spot */
#define TAIL_MAX 320u	/* a req_id of 36 characters, each six as \uXXXX */

static bool
serves(const char *path)
{
	return strcmp(path, "/v5/public/spot") == 0;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)p, (void)target;
}

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

/* topic_find: which set and symbol a topic means; false: an error was said. */
static bool
topic_find(struct sim_peer *p, const json_t *request, const char *op,
    const char *topic, uint64_t **set, size_t *symbol)
{
	static const char book[] = "orderbook.1.", trade[] = "publicTrade.";
	char text[192];
	const char *name;
	int i;

	if (strncmp(topic, book, sizeof(book) - 1) == 0) {
		*set = &p->books;
		name = topic + sizeof(book) - 1;
	} else if (strncmp(topic, trade, sizeof(trade) - 1) == 0) {
		*set = &p->trades;
		name = topic + sizeof(trade) - 1;
	} else {
		snprintf(text, sizeof(text),
		    "error:handler not found,topic:%.100s", topic);
		say_answer(p, request, false, text, op);
		return false;
	}
	i = sim_symbol_find(p, name, false);
	if (i < 0) {
		snprintf(text, sizeof(text), "Invalid symbol :[%.100s]",
		    topic);
		say_answer(p, request, false, text, op);
		return false;
	}
	*symbol = (size_t)i;
	return true;
}

/* A request is taken whole or not at all. */
static void
change(struct sim_peer *p, const json_t *request, const char *op, bool is_on)
{
	const json_t *args = json_object_get(request, "args");
	uint64_t books = p->books, trades = p->trades, before = p->books;
	struct sim_quote q;

	if (json_array_size(args) > ARGS_MAX) {
		say_answer(p, request, false, "args size >10", op);
		return;
	}
	for (size_t i = 0; i < json_array_size(args); i++) {
		const char *topic = json_string_value(json_array_get(args, i));
		uint64_t *set;
		size_t symbol;

		if (!topic_find(p, request, op, topic != NULL ? topic : "",
		    &set, &symbol)) {
			p->books = books;
			p->trades = trades;
			return;
		}
		if (is_on)
			*set |= (uint64_t)1 << symbol;
		else
			*set &= ~((uint64_t)1 << symbol);
	}
	say_answer(p, request, true, is_on ? "subscribe" : "", op);
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (((p->books & ~before) >> i & 1) != 0 &&
		    sim_quote_now(p, i, &q))
			say_book(p, i, &q);
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
	if (q->has_trade && (p->trades >> i & 1) != 0)
		say_trade(p, i, q);
	if ((p->books >> i & 1) != 0)
		say_book(p, i, q);
}

static void
second(struct sim_peer *p)
{
	(void)p;	/* answers pings, sends none */
}

const struct sim_protocol sim_bybit = {
	.name = "bybit", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
