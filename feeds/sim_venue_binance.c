/* Binance spot streams as a server: combined at /stream, raw at /ws, streams
 * in the address or by SUBSCRIBE.  Source: binance-spot-api-docs,
 * web-socket-streams.md.  A stream that does not exist is accepted and stays
 * silent, as there. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define STREAM_MAX (VENUE_SYMBOL_MAX + 16u)
#define ID_MAX 256u	/* 36 characters, each six as \uXXXX */

static bool
serves(const char *path)
{
	return strcmp(path, "/stream") == 0 || strcmp(path, "/ws") == 0 ||
	    strncmp(path, "/ws/", 4) == 0;
}

/* stream_set subscribes to "btcusdt@bookTicker" or lets go of it. */
static void
stream_set(struct sim_peer *p, const char *stream, size_t len, bool is_on)
{
	char name[STREAM_MAX];
	uint64_t *set, bit;
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
	set = strcmp(at, "bookTicker") == 0 ? &p->books :
	    strcmp(at, "aggTrade") == 0 ? &p->trades : NULL;
	if (i < 0 || set == NULL)
		return;
	bit = (uint64_t)1 << i;
	*set = is_on ? *set | bit : *set & ~bit;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	const char *list = strncmp(target, "/ws/", 4) == 0 ? target + 4 :
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

/* Wraps a payload as the connection's address asks for. */
static void
say_event(struct sim_peer *p, size_t i, const char *word, const char *payload)
{
	char lower[VENUE_SYMBOL_MAX];
	const char *name = p->script->symbol[i].name;
	size_t n = strlen(name);

	if (!p->is_combined) {
		sim_say(p, "%s", payload);
		return;
	}
	for (size_t k = 0; k <= n; k++)
		lower[k] = (char)(name[k] >= 'A' && name[k] <= 'Z' ?
		    name[k] - 'A' + 'a' : name[k]);
	sim_say(p, "{\"stream\":\"%s@%s\",\"data\":%s}", lower, word, payload);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	unsigned long long n = q->slot;
	char text[512];

	if (q->has_trade && (p->trades >> i & 1) != 0) {
		snprintf(text, sizeof(text), "{\"e\":\"aggTrade\",\"E\":%llu,"
		    "\"s\":\"%s\",\"a\":%llu,\"p\":\"%s\",\"q\":\"%s\","
		    "\"f\":%llu,\"l\":%llu,\"T\":%llu,\"m\":%s,\"M\":true}",
		    (unsigned long long)p->now_ms, name, n,
		    sim_text(q->is_buy ? q->ask : q->bid), sim_text(q->size),
		    n, n, (unsigned long long)p->now_ms,
		    q->is_buy ? "false" : "true");
		say_event(p, i, "aggTrade", text);
	}
	if ((p->books >> i & 1) != 0) {
		snprintf(text, sizeof(text), "{\"u\":%llu,\"s\":\"%s\","
		    "\"b\":\"%s\",\"B\":\"%s\",\"a\":\"%s\",\"A\":\"%s\"}",
		    n, name, sim_text(q->bid), sim_text(q->size),
		    sim_text(q->ask), sim_text(q->size));
		say_event(p, i, "bookTicker", text);
	}
}

/* The request's id as it came: a number, a string, or null. */
static const char *
id_text(const json_t *o, char out[ID_MAX])
{
	const json_t *id = json_object_get(o, "id");

	if (json_is_integer(id))
		snprintf(out, ID_MAX, "%lld",
		    (long long)json_integer_value(id));
	else if (json_is_string(id) && json_string_length(id) <= 36)
		snprintf(out, ID_MAX, "%.255s",
		    sim_quoted(json_string_value(id)));
	else
		snprintf(out, ID_MAX, "null");
	return out;
}

static void
say_error(struct sim_peer *p, unsigned code, const char *text, const json_t *o)
{
	char id[ID_MAX];

	sim_say(p, "{\"error\":{\"code\":%u,\"msg\":%s},\"id\":%s}", code,
	    sim_quoted(text), id_text(o, id));
}

static void
say_list(struct sim_peer *p, const json_t *o)
{
	char list[2 * VENUE_SYMBOLS_MAX * (STREAM_MAX + 3)], id[ID_MAX];
	size_t n = 0;

	list[0] = '\0';
	for (size_t i = 0; i < p->script->symbol_count; i++)
		for (unsigned k = 0; k < 2; k++) {
			const char *c = p->script->symbol[i].name;

			if (((k == 0 ? p->books : p->trades) >> i & 1) == 0)
				continue;
			n += (size_t)snprintf(list + n, sizeof(list) - n,
			    "%s\"", n > 0 ? "," : "");
			for (; *c != '\0'; c++)
				list[n++] = (char)(*c >= 'A' && *c <= 'Z' ?
				    *c - 'A' + 'a' : *c);
			n += (size_t)snprintf(list + n, sizeof(list) - n,
			    "@%s\"", k == 0 ? "bookTicker" : "aggTrade");
		}
	sim_say(p, "{\"result\":[%s],\"id\":%s}", list, id_text(o, id));
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const json_t *list = json_object_get(o, "params");
	char id[ID_MAX];

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
	sim_say(p, "{\"result\":null,\"id\":%s}", id_text(o, id));
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

static void
second(struct sim_peer *p)
{
	(void)p;	/* Binance pings by the protocol alone */
}

const struct sim_protocol sim_binance = {
	.name = "binance", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
