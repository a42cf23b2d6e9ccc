/* Deribit v2 as a server, JSON-RPC.  Source: docs.deribit.com:
 * public/subscribe, public/set_heartbeat, public/test and the market data
 * subscriptions.  What is said of channels stands in sim_deribit_say.c.
 * Channels that do not exist are left out of the answer without an error; raw
 * ones are for those who log in. */
#include "feeds/sim_deribit.h"

#include <stdio.h>
#include <string.h>

#define HEARTBEAT_S_MIN 10
#define HEARTBEAT_S_MAX 3600

/* What each answer ends with. */
static const char *
tail_write(const struct sim_peer *p, char out[128])
{
	snprintf(out, 128, "'usIn':%s000,'usOut':%s050,'usDiff':50,"
	    "'testnet':false}", sim_whole(p->now_ms), sim_whole(p->now_ms));
	return out;
}

static void
say_result(struct sim_peer *p, const json_t *o, const char *result)
{
	const json_t *id = json_object_get(o, "id");
	char tail[128];

	sim_say(p, "{'jsonrpc':'2.0',%s%s%s'result':%s,%s",
	    id != NULL ? "'id':" : "", id != NULL ? sim_json(id) : "",
	    id != NULL ? "," : "", result, tail_write(p, tail));
}

static void
say_error(struct sim_peer *p, const json_t *o, int code, const char *text)
{
	char tail[128];

	sim_say(p, "{'jsonrpc':'2.0','id':%s,'error':{'message':'%s','code':"
	    "%d},%s", sim_echo(json_object_get(o, "id"), "null"), text, code,
	    tail_write(p, tail));
}

/* --- channels ------------------------------------------------------------ */

/* The first symbol that is an option on an index: "eth_usd". */
static int
family_find(const struct sim_peer *p, const char *index)
{
	char text[VENUE_SYMBOL_MAX];

	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_deribit_is_option(p, i) && strcmp(
		    sim_deribit_index(p, i, text), index) == 0)
			return (int)i;
	return -1;
}

/* Which channel a name is, and of which symbol; -1: none. */
static int
channel_find(const struct sim_peer *p, const char *name, enum sim_channel *c)
{
	char text[2 * VENUE_SYMBOL_MAX + 8];
	const char *end;

	for (size_t k = 0; k < SIM_DERIBIT_WORDS; k++) {
		const struct sim_deribit_word *w = &sim_deribit_words[k];
		size_t len = strlen(w->word), tail = strlen(w->end);

		if (strncmp(name, w->word, len) != 0)
			continue;
		end = name + strlen(name) - tail;
		if (end <= name + len || strcmp(end, w->end) != 0 ||
		    end - name - (ptrdiff_t)len >= VENUE_SYMBOL_MAX)
			continue;
		*c = w->channel;
		snprintf(text, sizeof(text), "%s%.*s",
		    w->channel == SIM_FUNDING ? "dvol." : "",
		    (int)(end - name - (ptrdiff_t)len), name + len);
		return w->channel == SIM_FAMILY ? family_find(p, text) :
		    sim_symbol_find(p, text, false);
	}
	return -1;
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const json_t *list = json_object_get(json_object_get(o, "params"),
	    "channels");
	uint64_t first[SIM_CHANNELS] = { 0 };
	char names[SIM_MESSAGE_MAX - 512] = "[";
	size_t n = 1;

	if (!json_is_array(list)) {
		say_error(p, o, -32602, "Invalid params");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum sim_channel c = SIM_BOOK;
		int k = name != NULL ? channel_find(p, name, &c) : -1;
		const char *dot = name != NULL ? strrchr(name, '.') : NULL;

		if (dot != NULL && strcmp(dot + 1, "raw") == 0) {
			say_error(p, o, 13778, "raw_subscriptions_not_"
			    "available_for_unauthorized");
			return;
		}
		if (k < 0 || n + strlen(name) + 4 > sizeof(names))
			continue;
		sim_switch(p, c, (size_t)k, is_on);
		first[c] |= (uint64_t)1 << k;
		n += (size_t)snprintf(names + n, sizeof(names) - n,
		    "%s'%s'", n > 1 ? "," : "", name);
	}
	names[n++] = ']';
	names[n] = '\0';
	say_result(p, o, names);
	if (is_on)
		sim_deribit_first(p, first);
}

/* --- requests ------------------------------------------------------------ */

static void
set_heartbeat(struct sim_peer *p, const json_t *o)
{
	const json_t *v = json_object_get(json_object_get(o, "params"),
	    "interval");
	json_int_t s = json_integer_value(v);

	if (!json_is_integer(v) || s < HEARTBEAT_S_MIN ||
	    s > HEARTBEAT_S_MAX) {
		say_error(p, o, -32602, "Invalid params");
		return;
	}
	p->has_heartbeat = true;
	p->heartbeat_s = sim_heartbeat_s(p, (unsigned)s);
	p->beats = 0;
	say_result(p, o, "'ok'");
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *method = sim_word(o, "method");

	if (o == NULL) {
		say_error(p, o, -32700, "Parse error");
	} else if (strcmp(method, "public/subscribe") == 0) {
		change(p, o, true);
	} else if (strcmp(method, "public/unsubscribe") == 0) {
		change(p, o, false);
	} else if (strcmp(method, "public/set_heartbeat") == 0) {
		set_heartbeat(p, o);
	} else if (strcmp(method, "public/disable_heartbeat") == 0) {
		p->has_heartbeat = p->is_asked = false;
		say_result(p, o, "'ok'");
	} else if (strcmp(method, "public/test") == 0) {
		p->is_asked = false;
		say_result(p, o, "{'version':'1.2.26'}");
	} else if (strcmp(method, "public/get_time") == 0) {
		say_result(p, o, sim_whole(p->now_ms));
	} else {
		say_error(p, o, -32601, "Method not found");
	}
	json_decref(o);
}

/* A test_request that is not answered until the next ends the connection. */
static void
second(struct sim_peer *p)
{
	sim_deribit_second(p);
	if (!p->has_heartbeat || ++p->beats % p->heartbeat_s != 0)
		return;
	if (p->is_asked) {
		sim_close(p);
		return;
	}
	p->is_asked = true;
	sim_say(p, "{'jsonrpc':'2.0','method':'heartbeat','params':{'type':"
	    "'heartbeat'}}");
	sim_say(p, "{'jsonrpc':'2.0','method':'heartbeat','params':{'type':"
	    "'test_request'}}");
}

const struct sim_protocol sim_deribit = {
	.name = "deribit", .path = "/ws/api/v2",
	.receive = receive, .tick = sim_deribit_tick, .second = second,
};
