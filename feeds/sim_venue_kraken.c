/* Kraken websocket v2 as a server.  Source: docs.kraken.com, WebSocket v2:
 * status, subscribe, ticker, trade, heartbeat, ping.  Prices are JSON numbers;
 * a subscription is acknowledged symbol by symbol, its snapshot follows. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static bool
serves(const char *path)
{
	return strcmp(path, "/v2") == 0;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	sim_say(p, "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{"
	    "\"version\":\"2.0.10\",\"system\":\"online\",\"api_version\":"
	    "\"v2\",\"connection_id\":%llu}]}", (unsigned long long)p->id);
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *type)
{
	const struct sim_symbol *y = &p->script->symbol[i];

	sim_say(p, "{\"channel\":\"ticker\",\"type\":\"%s\",\"data\":[{"
	    "\"symbol\":\"%s\",\"bid\":%s,\"bid_qty\":%s,\"ask\":%s,"
	    "\"ask_qty\":%s,\"last\":%s,\"volume\":997038.98383185,"
	    "\"vwap\":%s,\"low\":%s,\"high\":%s,\"change\":-0.00017,"
	    "\"change_pct\":-0.17,\"timestamp\":\"%s\"}]}", type, y->name,
	    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
	    sim_text(q->size), sim_last(q),
	    sim_text(q->bid), sim_text(q->bid), sim_text(q->ask),
	    sim_time(p->now_ms, 6));
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q,
    const char *type)
{
	sim_say(p, "{\"channel\":\"trade\",\"type\":\"%s\",\"data\":[{"
	    "\"symbol\":\"%s\",\"side\":\"%s\",\"price\":%s,\"qty\":%s,"
	    "\"ord_type\":\"market\",\"trade_id\":%llu,\"timestamp\":\"%s\"}]}",
	    type, p->script->symbol[i].name, q->is_buy ? "buy" : "sell",
	    sim_last(q), sim_text(q->size),
	    (unsigned long long)q->slot, sim_time(p->now_ms, 6));
}

/* What an answer echoes: `,"req_id":n` or nothing. */
static void
echo_write(char out[40], const json_t *request)
{
	const json_t *id = json_object_get(request, "req_id");

	out[0] = '\0';
	if (json_is_integer(id))
		snprintf(out, 40, ",\"req_id\":%lld",
		    (long long)json_integer_value(id));
}

static void
say_error(struct sim_peer *p, const json_t *request, const char *method,
    const char *error, const char *symbol)
{
	char text[256], echo[40];
	bool has_symbol = symbol[0] != '\0';

	echo_write(echo, request);
	snprintf(text, sizeof(text), "%s%.100s", error, symbol);
	sim_say(p, "{\"error\":%s,\"method\":\"%s\"%s,\"success\":false%s%s,"
	    "\"time_in\":\"%s\",\"time_out\":\"%s\"}", sim_quoted(text),
	    method, echo, has_symbol ? ",\"symbol\":" : "",
	    has_symbol ? sim_quoted(symbol) : "", sim_time(p->now_ms, 6),
	    sim_time(p->now_ms, 6));
}

static void
subscribe_one(struct sim_peer *p, const json_t *request, bool is_ticker,
    size_t i)
{
	const json_t *params = json_object_get(request, "params");
	const json_t *snapshot = json_object_get(params, "snapshot");
	const char *trigger = json_string_value(json_object_get(params,
	    "event_trigger"));
	/* A ticker's snapshot comes unless refused, trades' when asked for. */
	bool wants = snapshot != NULL ? json_is_true(snapshot) : is_ticker;
	char echo[40], event[64] = "";
	struct sim_quote q;

	echo_write(echo, request);
	if (is_ticker)
		snprintf(event, sizeof(event), "\"event_trigger\":\"%s\",",
		    trigger != NULL && strcmp(trigger, "bbo") == 0 ? "bbo" :
		    "trades");
	sim_say(p, "{\"method\":\"subscribe\"%s,\"result\":{\"channel\":"
	    "\"%s\",%s\"snapshot\":%s,\"symbol\":\"%s\"},\"success\":true,"
	    "\"time_in\":\"%s\",\"time_out\":\"%s\"}", echo,
	    is_ticker ? "ticker" : "trade", event, wants ? "true" : "false",
	    p->script->symbol[i].name, sim_time(p->now_ms, 6),
	    sim_time(p->now_ms, 6));
	sim_switch(p, is_ticker ? SIM_BOOK : SIM_TRADE, i, true);
	p->has_heartbeat = true;
	if (!wants || !sim_quote_now(p, i, &q))
		return;
	if (is_ticker)
		say_ticker(p, i, &q, "snapshot");
	else
		say_trade(p, i, &q, "snapshot");
}

static void
unsubscribe_one(struct sim_peer *p, const json_t *request, bool is_ticker,
    size_t i)
{
	char echo[40];

	echo_write(echo, request);
	sim_switch(p, is_ticker ? SIM_BOOK : SIM_TRADE, i, false);
	sim_say(p, "{\"method\":\"unsubscribe\"%s,\"result\":{\"channel\":"
	    "\"%s\",\"symbol\":\"%s\"},\"success\":true,\"time_in\":\"%s\","
	    "\"time_out\":\"%s\"}", echo, is_ticker ? "ticker" : "trade",
	    p->script->symbol[i].name, sim_time(p->now_ms, 6),
	    sim_time(p->now_ms, 6));
}

static void
change(struct sim_peer *p, const json_t *request, bool is_on)
{
	const json_t *params = json_object_get(request, "params");
	const json_t *list = json_object_get(params, "symbol");
	const char *channel = json_string_value(json_object_get(params,
	    "channel"));
	const char *method = is_on ? "subscribe" : "unsubscribe";
	bool is_ticker = channel != NULL && strcmp(channel, "ticker") == 0;

	if (channel == NULL ||
	    (!is_ticker && strcmp(channel, "trade") != 0)) {
		say_error(p, request, method, "Channel is not supported", "");
		return;
	}
	if (json_array_size(list) == 0) {
		say_error(p, request, method, "Symbol(s) not found", "");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		int n = s != NULL ? sim_symbol_find(p, s, false) : -1;

		if (n < 0)
			say_error(p, request, method,
			    "Currency pair not supported ",
			    s != NULL ? s : "");
		else if (is_on)
			subscribe_one(p, request, is_ticker, (size_t)n);
		else
			unsubscribe_one(p, request, is_ticker, (size_t)n);
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *method = json_string_value(json_object_get(o, "method"));
	char echo[40];

	if (method == NULL) {
		say_error(p, o, "", "Unsupported event", "");
	} else if (strcmp(method, "ping") == 0) {
		echo_write(echo, o);
		sim_say(p, "{\"method\":\"pong\"%s,\"time_in\":\"%s\","
		    "\"time_out\":\"%s\"}", echo, sim_time(p->now_ms, 6),
		    sim_time(p->now_ms, 6));
	} else if (strcmp(method, "subscribe") == 0) {
		change(p, o, true);
	} else if (strcmp(method, "unsubscribe") == 0) {
		change(p, o, false);
	} else {
		say_error(p, o, "", "Unsupported method", "");
	}
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

static void
second(struct sim_peer *p)
{
	if (p->has_heartbeat)
		sim_say(p, "{\"channel\":\"heartbeat\"}");
}

const struct sim_protocol sim_kraken = {
	.name = "kraken", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
