/* oracle/shadow_api.c - what a running service's markets say, asked for twice a
 * second (GET /v1/feeds), for two configs. */
#include "oracle/shadow.h"

#include "base/decimal.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/http_get.h"
#include "oracle/progress.h"
#include "oracle/tick_wire.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#define ANSWER_MAX (4u * 1024u * 1024u)
#define ASK_MS 500u

/* False where there is none. */
static bool
decimal_of(struct wire_u128 *out, const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));
	u128 v;

	if (!text || decimal_to_u128(&v, text, strlen(text), 18) != ERR_OK)
		return false;
	*out = wire_from_u128(v);
	return true;
}

static void
market_tell(struct shadow *s, const json_t *row, uint64_t as_of)
{
	const char *venue = json_string_value(json_object_get(row, "venue"));
	const char *symbol = json_string_value(json_object_get(row, "market"));
	const json_t *age = json_object_get(row, "age_ms");
	struct wire_tick w;

	if (!venue || !symbol || !json_is_integer(age) ||
	    json_integer_value(age) < 0)
		return;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.has_book = decimal_of(&w.bid, row, "bid") &&
	    decimal_of(&w.ask, row, "ask");
	w.has_last = decimal_of(&w.last, row, "last");
	if (!w.has_book)
		w.bid = w.ask = wire_from_u128(0);
	w.recv_ms = as_of;
	w.exchange_ms = as_of > (uint64_t)json_integer_value(age) ?
	    as_of - (uint64_t)json_integer_value(age) : 1;
	if (json_is_true(json_object_get(row, "inverse")) &&
	    !tick_wire_invert(&w))
		return;
	if (w.has_book || w.has_last)
		shadow_tell_tick(s, &w, venue, symbol);
}

static void
rate_tell(struct shadow *s, const json_t *row, uint64_t as_of)
{
	const char *unit = json_string_value(json_object_get(row, "unit"));
	json_int_t at = json_integer_value(json_object_get(row, "time"));
	struct wire_rate w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_RATE);
	if (!unit || at <= 0 || !decimal_of(&w.rate, row, "rate"))
		return;
	w.time_ms = (uint64_t)at;
	w.recv_ms = as_of;
	shadow_tell_rate(s, &w, unit);
}

static void
moment_tell(struct shadow *s, const json_t *root, uint64_t as_of)
{
	json_t *markets = json_object_get(root, "markets"), *row;
	json_t *rates = json_object_get(root, "rates");
	size_t i;

	json_array_foreach(rates, i, row)
		rate_tell(s, row, as_of);
	json_array_foreach(markets, i, row)
		market_tell(s, row, as_of);
	shadow_close(s, as_of);
}

enum err
shadow_api_answer(struct shadow *s, const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *markets = json_object_get(root, "markets");
	json_int_t as_of = json_integer_value(json_object_get(root, "as_of"));
	enum err e = ERR_SYNTAX;

	if (json_is_array(markets) && as_of > 0 &&
	    (uint64_t)as_of < UINT64_MAX / REPLAY_SEQUENCES_A_MS / 2) {
		e = s->before.life ? ERR_OK : shadow_begin(s, s->before_life,
		    s->after_life, (uint64_t)as_of);
		if (e == ERR_OK && (uint64_t)as_of > s->end_ms)
			moment_tell(s, root, (uint64_t)as_of);
	}
	json_decref(root);
	return e;
}

static enum err
asks_run(struct shadow *s, struct http_get *g, const char *url,
    uint64_t seconds)
{
	const struct timespec pause = { .tv_nsec = ASK_MS * 1000000 };
	char why[HTTP_GET_WHY] = "the answer is none of a margind";
	uint64_t asks = seconds * 1000 / ASK_MS + 1;
	struct progress progress;
	struct text body;
	enum err e = ERR_OK;

	text_init(&body, ANSWER_MAX);
	progress_begin(&progress, "shadow", asks);
	for (uint64_t i = 0; i < asks && e == ERR_OK; i++) {
		if (i > 0)
			(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause,
			    NULL);
		text_clear(&body);
		e = http_get(&body, why, g, url);
		if (e == ERR_OK)
			e = body.len > 0 ? shadow_api_answer(s, body.at,
			    body.len) : ERR_SYNTAX;
		progress_step(&progress, i + 1);
	}
	progress_end(&progress);
	text_free(&body);
	if (e != ERR_OK)
		fprintf(stderr, "margind shadow: %s\n", why);
	return e;
}

int
shadow_api(struct shadow *s, const struct shadow_options *o)
{
	char url[HTTP_ADDRESS_MAX];
	struct http_get *g;
	enum err e;

	if (replay_life_open_file(&s->before_life, o->before_path) != ERR_OK ||
	    replay_life_open_file(&s->after_life, o->after_path) != ERR_OK)
		return EXIT_CONFIG;
	snprintf(url, sizeof(url), "%s/v1/feeds", o->api_url);
	e = http_get_open(&g);
	if (e == ERR_OK) {
		e = asks_run(s, g, url, o->seconds);
		http_get_close(g);
	}
	return e == ERR_OK ? EXIT_OK : e == ERR_STALE ? EXIT_NOT_READY :
	    EXIT_FAILED;
}
