/* Kraken websocket v2 as a server.  Source: docs.kraken.com, WebSocket v2:
 * status, subscribe, ticker, trade, book and its checksum, heartbeat, ping.
 * Prices are JSON numbers; a subscription is acknowledged symbol by symbol,
 * its snapshot follows. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

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

/* The digits of a number without its point and its first zeros. */
static const char *
digits_write(char out[DECIMAL_BUF], const char *number)
{
	size_t n = 0;

	for (; *number != '\0'; number++)
		if (*number != '.' && (n > 0 || *number != '0'))
			out[n++] = *number;
	out[n] = '\0';
	return out;
}

/* Of the best ten asks, then bids, each price and amount; here one of each. */
static uint32_t
book_checksum(const struct sim_quote *q)
{
	char part[4][DECIMAL_BUF], text[4 * DECIMAL_BUF];

	snprintf(text, sizeof(text), "%s%s%s%s",
	    digits_write(part[0], sim_text(q->ask)),
	    digits_write(part[1], sim_text(q->size)),
	    digits_write(part[2], sim_text(q->bid)),
	    digits_write(part[3], sim_text(q->size)));
	return sim_crc32(text);
}

/* The level that is, and the end of the one that was. */
static const char *
side_write(char out[192], const struct sim_quote *q, struct dec18 now,
    struct dec18 before)
{
	int n = snprintf(out, 192, "{'price':%s,'qty':%s}", sim_text(now),
	    sim_text(q->size));

	if (before.value != 0 && before.value != now.value)
		snprintf(out + n, 192 - (size_t)n, ",{'price':%s,'qty':0}",
		    sim_text(before));
	return out;
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q,
    bool is_first)
{
	const struct dec18 none = { 0 };
	char bids[192], asks[192], time[64] = "";

	if (!is_first)
		snprintf(time, sizeof(time), ",'timestamp':'%s'",
		    sim_time(p->now_ms, 6));
	sim_say(p, "{'channel':'book','type':'%s','data':[{'symbol':'%s',"
	    "'bids':[%s],'asks':[%s],'checksum':%s%s}]}",
	    is_first ? "snapshot" : "update", p->script->symbol[i].name,
	    side_write(bids, q, q->bid, is_first ? none : p->bid[i]),
	    side_write(asks, q, q->ask, is_first ? none : p->ask[i]),
	    sim_whole(book_checksum(q)), time);
	p->bid[i] = q->bid;
	p->ask[i] = q->ask;
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

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "ticker", SIM_BOOK }, { "trade", SIM_TRADE }, { "book", SIM_DEPTH },
};

static void
say_first(struct sim_peer *p, enum sim_channel c, size_t i)
{
	struct sim_quote q;

	if (!sim_quote_now(p, i, &q))
		return;
	if (c == SIM_BOOK)
		say_ticker(p, i, &q, "snapshot");
	else if (c == SIM_TRADE)
		say_trade(p, i, &q, "snapshot");
	else
		say_book(p, i, &q, true);
}

static void
subscribe_one(struct sim_peer *p, const json_t *request, size_t k, size_t i)
{
	const json_t *params = json_object_get(request, "params");
	const json_t *snapshot = json_object_get(params, "snapshot");
	enum sim_channel c = channels[k].channel;
	const char *trigger = sim_word(params, "event_trigger");
	/* A snapshot comes unless refused, trades' when asked for. */
	bool wants = snapshot != NULL ? json_is_true(snapshot) :
	    c != SIM_TRADE;
	char echo[40], own[64] = "";

	echo_write(echo, request);
	if (c == SIM_BOOK)
		snprintf(own, sizeof(own), "'event_trigger':'%s',",
		    strcmp(trigger, "bbo") == 0 ? "bbo" : "trades");
	if (c == SIM_DEPTH)
		snprintf(own, sizeof(own), "'depth':10,");
	sim_say(p, "{'method':'subscribe'%s,'result':{'channel':'%s',%s"
	    "'snapshot':%s,'symbol':'%s'},'success':true,'time_in':'%s',"
	    "'time_out':'%s'}", echo, channels[k].word, own,
	    wants ? "true" : "false", p->script->symbol[i].name,
	    sim_time(p->now_ms, 6), sim_time(p->now_ms, 6));
	sim_switch(p, c, i, true);
	p->has_heartbeat = true;
	if (wants)
		say_first(p, c, i);
}

static void
unsubscribe_one(struct sim_peer *p, const json_t *request, size_t k, size_t i)
{
	char echo[40];

	echo_write(echo, request);
	sim_switch(p, channels[k].channel, i, false);
	sim_say(p, "{'method':'unsubscribe'%s,'result':{'channel':'%s',"
	    "'symbol':'%s'},'success':true,'time_in':'%s','time_out':'%s'}",
	    echo, channels[k].word, p->script->symbol[i].name,
	    sim_time(p->now_ms, 6), sim_time(p->now_ms, 6));
}

static void
change(struct sim_peer *p, const json_t *request, bool is_on)
{
	const json_t *params = json_object_get(request, "params");
	const json_t *list = json_object_get(params, "symbol");
	const char *method = is_on ? "subscribe" : "unsubscribe";
	size_t k = 0;

	while (k < ARRAY_COUNT(channels) && strcmp(channels[k].word,
	    sim_word(params, "channel")) != 0)
		k++;
	if (k == ARRAY_COUNT(channels)) {
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
			subscribe_one(p, request, k, (size_t)n);
		else
			unsubscribe_one(p, request, k, (size_t)n);
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
	if (sim_is_on(p, SIM_DEPTH, i))
		say_book(p, i, q, false);
}

static void
second(struct sim_peer *p)
{
	if (p->has_heartbeat)
		sim_say(p, "{\"channel\":\"heartbeat\"}");
}

const struct sim_protocol sim_kraken = {
	.name = "kraken", .path = "/v2", .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
