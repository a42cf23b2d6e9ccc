/* The api without sockets: routes, views, limits, the stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <netinet/in.h>

#include "base/decimal.h"
#include "base/hex.h"
#include "contracts-abi/clearing.h"
#include "oracle/api.h"
#include "oracle/api_limit.h"
#include "oracle/api_proof.h"
#include "oracle/api_stream.h"
#include "oracle/feeds_table.h"
#include "tests/api_world.h"

#define NOW UINT64_C(1795182300000)
#define FIRST (UINT64_C(1795182300) * 1024000)

struct bed {
	struct api_world world;
	struct api api;
	struct api_answer answer;
	struct hub *hub;
	unsigned wakes;
};

static int
bed_open(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	api_world_open(&b->world, 200, FIRST);
	assert_int_equal(api_state_create(&b->api.state, b->world.reader,
	    &b->world.config, &b->world.book), ERR_OK);
	text_init(&b->answer.body, API_BODY_MAX);
	*state = b;
	return 0;
}

static void
nobody(void *user)
{
	(*(unsigned *)user)++;
}

static int
bed_close(void **state)
{
	struct bed *b = *state;

	hub_destroy(b->hub);
	text_free(&b->answer.body);
	api_state_destroy(b->api.state);
	api_world_close(&b->world);
	free(b);
	return 0;
}

/* One published and attested state, as a moment of the running engine. */
static void
bed_publish(struct bed *b, uint64_t now_ms)
{
	api_world_publish(&b->world, now_ms);
	api_world_attest(&b->world, now_ms);
	api_state_refresh(b->api.state);
}

static unsigned
ask(struct bed *b, const char *path, const char *query)
{
	struct api_request q = { .is_read = true, .path = path,
		.query = query, .now_ms = NOW };

	api_answer(&b->api, &b->answer, &q);
	return b->answer.status;
}

static json_t *
ask_json(struct bed *b, const char *path, const char *query)
{
	json_error_t why;
	json_t *v;

	assert_int_equal(ask(b, path, query), 200);
	assert_string_equal(b->answer.type, "application/json");
	v = json_loadb(b->answer.body.at, b->answer.body.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (!v)
		print_message("%s: %s\n", path, why.text);
	assert_non_null(v);
	return v;
}

static const char *
word(json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	if (!t)
		print_message("no %s\n", key);
	assert_non_null(t);
	return t;
}

static u128
wad_of(json_t *o, const char *key)
{
	const char *t = word(o, key);
	u128 v;

	assert_int_equal(decimal_to_u128(&v, t, strlen(t), 18), ERR_OK);
	return v;
}

/* --- routes ------------------------------------------------------------- */

static void
api_answer__routes_and_refuses_by_name(void **state)
{
	static const struct {
		const char *path, *query;
		unsigned status;
		const char *body;	/* a part of it */
	} rows[] = {
		{ "/livez", "", 200, "ok" },
		{ "/v1/prices", "", 200, "WETH" },
		{ "/v1/feeds", "", 200, "kraken" },
		{ "/v1/volatility", "", 200, "units" },
		{ "/v1/volatility", "x=1", 400, "unknown parameter" },
		{ "/v1/feeds", "x=1", 400, "unknown parameter" },
		{ "/v1/prices", "x=1", 400, "unknown parameter" },
		{ "/v1/surfaces", "", 200, "surfaces" },
		{ "/v1/surfaces", "unit=ETH", 400, "unknown parameter" },
		{ "/v1/vaults", "limit=1000", 200, "vaults" },
		{ "/v1/vaults", "limit=1001", 400, "at most 1000" },
		{ "/v1/vaults", "limit=-1", 400, "limit" },
		{ "/v1/vaults", "limit=1&limit=2", 400, "twice" },
		{ "/v1/vaults", "limit=", 400, "empty" },
		{ "/v1/vaults", "limit", 400, "empty" },
		{ "/v1/vaults", "offset=4294967296", 400, "offset" },
		{ "/v1/vaults", "sort=size", 400, "sort: " },
		{ "/v1/vaults", "order=up", 400, "order: " },
		{ "/v1/vaults", "state=HEALTHY,BAD", 400, "state: " },
		{ "/v1/vaults", "state=UNNAMED", 400, "state: " },
		{ "/v1/vaults/0x12", "", 404, "no such vault" },
		{ "/v1/vaults/", "", 404, "no such path" },
		{ "/v1/vaults/a/b", "", 404, "no such path" },
		{ "/v1/vaults/a/proof", "recipient=0x12", 400, "recipient" },
		{ "/v1/vaults/a/proof", "min_seize=1.5", 400, "min_seize" },
		{ "/v1/attestations/latest", "", 200, "primaryType" },
		{ "/v1/attestations/abc", "", 400, "whole number" },
		{ "/v1/attestations/0", "", 400, "whole number" },
		{ "/v1/attestations/7", "", 404, "no such attestation" },
		{ "/v1/attestations", "limit=500", 200, "sequence" },
		{ "/v1/attestations", "limit=501", 400, "at most 500" },
		{ "/v1/aggregate", "history=3600", 200, "history" },
		{ "/v1/aggregate", "history=3601", 400, "at most 3600" },
		{ "/v1/prices/history", "asset=NONE", 404, "no such asset" },
		{ "/v1/prices/history", "asset=WETH", 200, "mids" },
		{ "/v1/status", "", 200, "\"ready\":true" },
		{ "/readyz", "", 200, "\"ready\":true" },
		{ "/metrics", "", 200, "margind_ready 1" },
		{ "/v1", "", 404, "no such path" },
		{ "/v1/prices/", "", 404, "no such path" },
		{ "//v1/prices", "", 404, "no such path" },
		{ "", "", 404, "no such path" },
		{ "/etc/passwd", "", 404, "no such path" },
	};
	struct bed *b = *state;

	bed_publish(b, NOW);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		unsigned status = ask(b, rows[i].path, rows[i].query);

		if (status != rows[i].status ||
		    !strstr(b->answer.body.at, rows[i].body))
			print_message("%s?%s: %u %.200s\n", rows[i].path,
			    rows[i].query, status, b->answer.body.at);
		assert_int_equal(status, rows[i].status);
		assert_non_null(strstr(b->answer.body.at, rows[i].body));
	}
}

static void
api_answer__refuses_other_methods_and_long_addresses(void **state)
{
	struct bed *b = *state;
	struct api_request q = { .path = "/livez", .query = "" };
	char path[API_PATH_MAX + 2], query[API_QUERY_MAX + 2];

	api_answer(&b->api, &b->answer, &q);
	assert_int_equal(b->answer.status, 405);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[API_PATH_MAX] = '\0';
	assert_int_equal(ask(b, path, ""), 404);
	path[API_PATH_MAX] = 'a';
	path[API_PATH_MAX + 1] = '\0';
	assert_int_equal(ask(b, path, ""), 414);
	memset(query, '&', sizeof(query));
	query[API_QUERY_MAX] = '\0';
	assert_int_equal(ask(b, "/livez", query), 200);
	query[API_QUERY_MAX] = '&';
	query[API_QUERY_MAX + 1] = '\0';
	assert_int_equal(ask(b, "/livez", query), 414);
	assert_int_equal(b->api.counters.refused, 1);
	assert_int_equal(b->api.counters.bad_request, 2);
}

static void
api_answer__says_503_before_the_engine_started(void **state)
{
	static const char *const paths[] = { "/v1/prices", "/v1/feeds",
		"/v1/vaults", "/v1/surfaces", "/v1/volatility",
		"/v1/aggregate", "/v1/attestations/latest", "/readyz",
		"/v1/vaults/a" };
	struct bed *b = *state;

	api_state_refresh(b->api.state);
	for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
		assert_int_equal(ask(b, paths[i], ""), 503);
	assert_int_equal(ask(b, "/livez", ""), 200);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	assert_non_null(strstr(b->answer.body.at, "margind_ready 0\n"));
}

/* --- readiness ---------------------------------------------------------- */

static void
readyz__names_each_reason(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	struct {
		uint8_t ready, paused, status;
		uint64_t now_ms;
		const char *why;
	} rows[] = {
		{ 0, 0, PRICE_OK, NOW, "the signer is not ready" },
		{ 1, 1, PRICE_OK, NOW, "paused" },
		{ 1, 0, PRICE_REFUSED, NOW, "HEAD" },
		{ 1, 0, PRICE_OK, NOW + 3001, "the engine is silent" },
		{ 1, 0, PRICE_OK, NOW + 6001,
		    "the newest attestation is old" },
		{ 1, 0, PRICE_OK, NOW + 120001,
		    "the newest attestation has expired" },
	};

	bed_publish(b, NOW);
	assert_int_equal(ask(b, "/readyz", ""), 200);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct api_request q = { .is_read = true, .path = "/readyz",
			.query = "", .now_ms = rows[i].now_ms };

		h->is_ready = rows[i].ready;
		h->is_paused = rows[i].paused;
		h->status = rows[i].status;
		h->reason = REASON_HEAD;
		board_put_head(b->world.writer, h);
		api_state_refresh(b->api.state);
		api_answer(&b->api, &b->answer, &q);
		assert_int_equal(b->answer.status, 503);
		assert_non_null(strstr(b->answer.body.at, rows[i].why));
	}
}

static void
readyz__is_ready_at_the_edge_of_silence(void **state)
{
	struct bed *b = *state;
	struct api_request q = { .is_read = true, .path = "/readyz",
		.query = "", .now_ms = NOW + 3000 };

	bed_publish(b, NOW);
	api_answer(&b->api, &b->answer, &q);
	assert_int_equal(b->answer.status, 200);
}

/* --- views -------------------------------------------------------------- */

static void
prices__show_what_each_venue_said(void **state)
{
	struct bed *b = *state;
	json_t *v, *p, *s;

	api_world_refuse(&b->world, 3);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/prices", "");
	assert_int_equal(json_integer_value(json_object_get(v, "as_of")), NOW);
	assert_int_equal(json_array_size(json_object_get(v, "prices")), 4);
	p = json_array_get(json_object_get(v, "prices"), 0);
	assert_string_equal(word(p, "asset"), "WETH");
	assert_string_equal(word(p, "unit"), "ETH");
	assert_string_equal(word(p, "mid"), "2000");
	assert_string_equal(word(p, "low"), "1998.666666666666666667");
	assert_string_equal(word(p, "status"), "OK");
	assert_int_equal(json_array_size(json_object_get(p, "venues")), 4);
	s = json_array_get(json_object_get(p, "venues"), 1);
	assert_string_equal(word(s, "venue"), "kraken");
	assert_string_equal(word(s, "market"), "ETH/USD");
	assert_true(json_is_null(json_object_get(s, "last")));
	assert_string_equal(word(s, "vote"), "counted");
	p = json_array_get(json_object_get(v, "prices"), 3);
	assert_string_equal(word(p, "status"), "REFUSED");
	assert_string_equal(word(p, "reason"), "QUORUM");
	assert_true(json_is_null(json_object_get(p, "mid")));
	json_decref(v);
}

/* ETH is wrapped in the config of this test, and slow. */
static void
prices__show_both_prices_of_a_wrapped_token(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	json_t *v, *p, *r;

	b->world.config.prices.unit[1].wrap = (struct prices_wrap){
		.is_wrapped = true, .by_rate = true, .of = 2 };
	h->asset_stable[0] = px18_from_raw(1900 * WAD_ONE_RAW);
	h->wrap_count = 1;
	h->wrap[0] = (struct board_wrap){ .unit = 1, .has_rate = true,
		.rate = px18_from_raw(WAD_ONE_RAW / 4), .time_ms = NOW - 9,
		.rated = { .mid = px18_from_raw(2000 * WAD_ONE_RAW) },
		.traded = { .status = PRICE_REFUSED,
		    .reason = REASON_QUORUM } };
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/prices", "");
	p = json_array_get(json_object_get(v, "prices"), 0);
	assert_string_equal(word(p, "stable"), "1900");
	r = json_object_get(p, "rate");
	assert_string_equal(word(r, "of"), "BTC");
	assert_string_equal(word(r, "rate"), "0.25");
	assert_string_equal(word(r, "price_by"), "rate");
	assert_int_equal(json_integer_value(json_object_get(r, "time")),
	    NOW - 9);
	assert_string_equal(word(json_object_get(r, "by_rate"), "mid"),
	    "2000");
	assert_true(json_is_null(json_object_get(json_object_get(r,
	    "by_market"), "mid")));
	assert_string_equal(word(json_object_get(r, "by_market"), "reason"),
	    "QUORUM");
	p = json_array_get(json_object_get(v, "prices"), 1);
	assert_true(json_is_null(json_object_get(p, "rate")));
	assert_true(json_is_null(json_object_get(p, "stable")));
	json_decref(v);
	/* A board that lies of its counts is read within its bounds. */
	h->wrap_count = UINT32_MAX;
	bed_publish(b, NOW + 1);
	v = ask_json(b, "/v1/prices", "");
	json_decref(v);
	h->wrap_count = 0;
	h->asset_stable[0] = px18_from_raw(0);
	b->world.config.prices.unit[1].wrap.is_wrapped = false;
}

static void
volatility__shows_units_and_their_correlations(void **state)
{
	static struct board_risk r;
	struct bed *b = *state;
	json_t *v, *units, *u;

	r.count = 3;
	r.unit[0] = (struct board_follow){ .unit = 1, .has_volatility = 1,
		.volatility = num18_from_raw((i128)WAD_ONE_RAW / 2) };
	r.unit[1] = (struct board_follow){ .unit = 2, .has_volatility = 1,
		.has_slow = 1, .average = px18_from_raw(WAD_ONE_RAW),
		.stable = px18_from_raw(2 * WAD_ONE_RAW),
		.volatility = num18_one() };
	r.unit[2].unit = 77;	/* none of the config's */
	r.correlation[0] = -250000000;
	board_put_risk(b->world.writer, &r);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/volatility", "");
	units = json_object_get(v, "units");
	assert_int_equal(json_array_size(units), 2);
	u = json_array_get(units, 0);
	assert_string_equal(word(u, "volatility"), "0.5");
	assert_true(json_is_null(json_object_get(u, "stable")));
	assert_int_equal(json_object_size(json_object_get(u,
	    "correlations")), 0);
	u = json_array_get(units, 1);
	assert_string_equal(word(u, "average"), "1");
	assert_string_equal(word(u, "stable"), "2");
	assert_string_equal(word(json_object_get(u, "correlations"), "ETH"),
	    "-0.25");
	json_decref(v);
	r.count = UINT32_MAX;
	board_put_risk(b->world.writer, &r);
	v = ask_json(b, "/v1/volatility", "");
	json_decref(v);
}

static void
feeds__show_each_venue_and_each_market(void **state)
{
	struct bed *b = *state;
	json_t *v, *venues, *markets, *o;
	size_t n;

	bed_publish(b, NOW);
	v = ask_json(b, "/v1/feeds", "");
	assert_int_equal(json_integer_value(json_object_get(v, "as_of")), NOW);
	venues = json_object_get(v, "venues");
	n = b->world.config.venue_count;
	assert_int_equal(json_array_size(venues), n);
	o = json_array_get(venues, 1);
	assert_string_equal(word(o, "venue"), "kraken");
	assert_true(json_is_false(json_object_get(o, "connected")));
	assert_int_equal(json_integer_value(json_object_get(o, "open")), 1);
	assert_int_equal(json_integer_value(json_object_get(
	    json_object_get(o, "rejected"), "range")), 1);
	assert_int_equal(json_integer_value(json_object_get(
	    json_object_get(o, "rejected"), "syntax")), 0);
	assert_string_equal(word(o, "why"),
	    "closed by the peer: 1001 \"\033[2J\"");
	o = json_array_get(venues, 0);
	assert_true(json_is_null(json_object_get(o, "why")));
	o = json_array_get(venues, n - 1);
	assert_true(json_is_null(json_object_get(o, "seen")));
	assert_null(json_object_get(o, "frames"));
	markets = json_object_get(v, "markets");
	assert_int_equal(json_array_size(markets),
	    b->world.config.prices.market_count);
	assert_int_equal(json_array_size(json_object_get(v, "rates")), 0);
	o = json_array_get(markets, 0);
	assert_true(json_is_false(json_object_get(o, "inverse")));
	assert_string_equal(word(o, "venue"), "coinbase");
	assert_string_equal(word(o, "base"), "ETH");
	assert_string_equal(word(o, "vote"), "counted");
	assert_int_equal(json_integer_value(json_object_get(o, "weight")), 1);
	json_decref(v);
}

static void
feeds__show_rates_and_bound_their_units(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	json_t *v, *rates, *o;

	h->wrap_count = 3;
	h->wrap[0] = (struct board_wrap){ .unit = 1, .has_rate = 1,
		.rate = px18_from_raw(WAD_ONE_RAW / 2), .time_ms = NOW - 5 };
	h->wrap[1] = (struct board_wrap){ .unit = 2 };
	h->wrap[2] = (struct board_wrap){ .unit = PRICES_UNITS_MAX };
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/feeds", "");
	rates = json_object_get(v, "rates");
	assert_int_equal(json_array_size(rates), 2);
	o = json_array_get(rates, 0);
	assert_string_equal(word(o, "unit"),
	    b->world.config.prices.unit[1].name);
	assert_string_equal(word(o, "of"), "USD");
	assert_string_equal(word(o, "rate"), "0.5");
	assert_int_equal(json_integer_value(json_object_get(o, "time")),
	    NOW - 5);
	o = json_array_get(rates, 1);
	assert_true(json_is_null(json_object_get(o, "rate")));
	assert_true(json_is_null(json_object_get(o, "time")));
	json_decref(v);
}

static void
feeds_table_print__shows_no_terminal_commands(void **state)
{
	static const char *const wants[] = { "coinbase", "ETH-USD",
		"counted", "range 1", "closed by the peer: 1001 \"?[2J\"",
		"nothing was said of it yet" };
	struct bed *b = *state;
	char said[16384] = { 0 };
	FILE *out = fmemopen(said, sizeof(said) - 1, "w");

	assert_non_null(out);
	bed_publish(b, NOW);
	assert_int_equal(ask(b, "/v1/feeds", ""), 200);
	assert_int_equal(feeds_table_print(out, b->answer.body.at,
	    b->answer.body.len, NOW, false), ERR_OK);
	assert_int_equal(feeds_table_print(out, "{}", 2, NOW, false),
	    ERR_SYNTAX);
	assert_int_equal(feeds_table_print(out, "[", 1, NOW, false),
	    ERR_SYNTAX);
	fclose(out);
	for (size_t i = 0; i < ARRAY_COUNT(wants); i++)
		assert_non_null(strstr(said, wants[i]));
	assert_null(strchr(said, '\033'));
}

static void
metrics__count_rejects_by_venue_and_reason(void **state)
{
	static const char *const wants[] = {
		"margind_feed_rejected_frames_total{venue=\"kraken\","
		    "reason=\"range\"} 1\n",
		"margind_feed_reconnects_total{venue=\"kraken\"} 1\n",
		"margind_feed_connected{venue=\"kraken\"} 0\n",
		"margind_feed_connected{venue=\"coinbase\"} 1\n",
		"margind_feed_frame_age_seconds{venue=\"coinbase\"} 0.04\n",
		"margind_feed_weight{venue=\"coinbase\",market=\"ETH-USD\"} "
		    "1\n" };
	struct bed *b = *state;

	bed_publish(b, NOW);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	for (size_t i = 0; i < ARRAY_COUNT(wants); i++)
		assert_non_null(strstr(b->answer.body.at, wants[i]));
}

/* A forward and a slice of ETH in a year from now. */
static void
terms_fill(struct terms *t)
{
	struct terms_unit *u = &t->unit[1];

	memset(t, 0, sizeof(*t));
	t->taken = 3;
	t->refused[SURFACE_CALENDAR] = 2;
	u->count = 1;
	u->expiry[0] = (struct terms_expiry){
		.expiry_ms = NOW + UINT64_C(31536000000),
		.forward = { .as_of_ms = NOW - 5,
		    .price = px18_from_raw(2020 * WAD_ONE_RAW),
		    .confidence = num18_from_raw((i128)WAD_ONE_RAW / 2) },
		.slice = { .as_of_ms = NOW - 7, .confidence = num18_one(),
		    .svi = { .a = num18_from_raw((i128)WAD_ONE_RAW / 4),
		    .sigma = num18_one(), .tau = num18_one(),
		    .forward = px18_from_raw(2020 * WAD_ONE_RAW) } } };
}

static void
surfaces__show_what_the_engine_uses(void **state)
{
	static struct terms t;
	struct bed *b = *state;
	json_t *v, *u, *e, *part;

	terms_fill(&t);
	board_put_terms(b->world.writer, &t);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/surfaces", "");
	assert_int_equal(json_array_size(json_object_get(v, "surfaces")), 1);
	u = json_array_get(json_object_get(v, "surfaces"), 0);
	assert_string_equal(word(u, "unit"), "ETH");
	assert_string_equal(word(u, "status"), "OK");
	e = json_array_get(json_object_get(u, "expiries"), 0);
	part = json_object_get(e, "forward");
	assert_string_equal(word(part, "price"), "2020");
	assert_string_equal(word(part, "confidence"), "0.5");
	part = json_object_get(e, "slice");
	assert_string_equal(word(part, "a"), "0.25");
	assert_string_equal(word(part, "at_the_money"), "0.5");
	assert_int_equal(json_integer_value(json_object_get(part, "as_of")),
	    NOW - 7);
	assert_true(json_is_null(json_object_get(part, "held")));
	assert_int_equal(json_integer_value(json_object_get(v,
	    "slices_taken")), 3);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(v,
	    "slices_refused"), "calendar")), 2);
	json_decref(v);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	assert_non_null(strstr(b->answer.body.at,
	    "\nmargind_implied_volatility{unit=\"ETH\",expiry=\""));
	assert_non_null(strstr(b->answer.body.at, "\"} 0.5\n"));
	assert_non_null(strstr(b->answer.body.at,
	    "\nmargind_slices_refused_total{reason=\"calendar\"} 2\n"));
}

static void
surfaces__show_what_is_held_back(void **state)
{
	static struct terms t;
	struct bed *b = *state;
	json_t *v, *u, *e;

	terms_fill(&t);
	t.unit[1].expiry[0].forward.held = TERMS_BASIS;
	t.unit[1].expiry[0].slice.held = TERMS_CALENDAR;
	board_put_terms(b->world.writer, &t);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/surfaces", "");
	u = json_array_get(json_object_get(v, "surfaces"), 0);
	assert_string_equal(word(u, "status"), "NO_SURFACE");
	e = json_array_get(json_object_get(u, "expiries"), 0);
	assert_string_equal(word(json_object_get(e, "forward"), "held"),
	    "basis");
	assert_string_equal(word(json_object_get(e, "slice"), "held"),
	    "calendar");
	json_decref(v);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	assert_non_null(strstr(b->answer.body.at,
	    "\nmargind_terms_held{reason=\"basis\"} 1\n"));
	assert_non_null(strstr(b->answer.body.at,
	    "\nmargind_terms_held{reason=\"calendar\"} 1\n"));
}

/* A slice that is none, and counts beyond every limit. */
static void
surfaces__believe_nothing_outside_the_limits(void **state)
{
	static struct terms t;
	struct bed *b = *state;
	json_t *v, *u;

	terms_fill(&t);
	t.unit[1].expiry[0].slice.svi.a = num18_from_raw(-1);
	board_put_terms(b->world.writer, &t);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/surfaces", "");
	u = json_array_get(json_object_get(v, "surfaces"), 0);
	assert_string_equal(word(u, "status"), "NO_SURFACE");
	json_decref(v);
	memset(&t.unit, 0xff, sizeof(t.unit));
	memset(&t.mark, 0xff, sizeof(t.mark));
	t.mark_count = UINT32_MAX;
	board_put_terms(b->world.writer, &t);
	api_state_refresh(b->api.state);
	v = ask_json(b, "/v1/surfaces", "");
	assert_int_equal(json_array_size(json_object_get(v, "marks")), 0);
	assert_int_equal(json_array_size(json_object_get(v, "surfaces")), 0);
	json_decref(v);
}

/* The same page as a dumb reference makes from all vaults. */
static void
vaults__page_like_a_sorted_list(void **state)
{
	static const char *const key[] = { "health_factor",
		"collateral_value", "debt_value" };
	static const char *const sort[] = { "sort=health&limit=1000",
		"sort=collateral&limit=1000", "sort=debt&limit=1000&order=desc" };
	struct bed *b = *state;

	bed_publish(b, NOW);
	for (size_t k = 0; k < 3; k++) {
		json_t *v = ask_json(b, "/v1/vaults", sort[k]);
		json_t *list = json_object_get(v, "vaults");
		u128 before = k == 2 ? U128_MAX : 0;

		assert_int_equal(json_array_size(list), 200);
		for (size_t i = 0; i < 200; i++) {
			json_t *o = json_array_get(list, i);
			u128 now = json_is_null(json_object_get(o, key[k])) ?
			    U128_MAX : wad_of(o, key[k]);

			assert_true(k == 2 ? now <= before : now >= before);
			before = now;
		}
		json_decref(v);
	}
}

static void
vaults__pages_join_to_the_whole(void **state)
{
	struct bed *b = *state;
	json_t *whole;
	size_t at = 0;

	bed_publish(b, NOW);
	whole = ask_json(b, "/v1/vaults", "limit=1000&sort=id");
	while (at < 200) {
		char query[64];
		json_t *v, *list;

		snprintf(query, sizeof(query), "limit=7&sort=id&offset=%zu",
		    at);
		v = ask_json(b, "/v1/vaults", query);
		list = json_object_get(v, "vaults");
		assert_int_equal(json_array_size(list), at + 7 <= 200 ? 7 :
		    200 - at);
		assert_int_equal(json_integer_value(json_object_get(v,
		    "total")), 200);
		for (size_t i = 0; i < json_array_size(list); i++)
			assert_true(json_equal(json_array_get(list, i),
			    json_array_get(json_object_get(whole, "vaults"),
			    at + i)));
		at += 7;
		json_decref(v);
	}
	json_decref(whole);
}

static void
vaults__filter_by_state(void **state)
{
	struct bed *b = *state;
	size_t n[3];
	static const char *const query[] = { "state=HEALTHY&limit=1000",
		"state=RESTRICTED,STALE&limit=1000", "limit=0" };

	api_world_refuse(&b->world, 3);
	bed_publish(b, NOW);
	for (size_t i = 0; i < 3; i++) {
		json_t *v = ask_json(b, "/v1/vaults", query[i]);

		n[i] = (size_t)json_integer_value(json_object_get(v,
		    "total"));
		assert_int_equal(json_array_size(json_object_get(v,
		    "vaults")), i == 2 ? 0 : n[i]);
		json_decref(v);
	}
	assert_true(n[0] > 0 && n[1] > 60);
	assert_int_equal(n[0] + n[1], n[2]);
}

static void
vault__shows_figures_legs_and_limits(void **state)
{
	struct bed *b = *state;
	struct api_vault row;
	struct liquidation_price limit;
	char path[128], id[HEX_B32_BUF];
	json_t *v, *leg;

	bed_publish(b, NOW);
	assert_int_equal(api_vault_get(&row, b->api.state, 1), ERR_OK);
	hex_from_bytes(id, row.vault.id.b, 32);
	snprintf(path, sizeof(path), "/v1/vaults/%s", id);
	v = ask_json(b, path, "");
	assert_string_equal(word(v, "vault"), id);
	assert_true(wad_of(v, "health_factor") ==
	    wad_to_raw(row.verdict.value.mid.health));
	assert_true(wad_of(v, "collateral_value") ==
	    (u128)usd18_to_raw(row.verdict.value.collateral_value));
	assert_int_equal(json_array_size(json_object_get(v, "legs")), 2);
	leg = json_array_get(json_object_get(v, "legs"), 1);
	assert_string_equal(word(leg, "side"), "debt");
	assert_string_equal(word(leg, "asset"), "USDC");
	assert_int_equal(liquidation_price_of(&limit, &b->world.book,
	    &row.vault, &b->world.market, row.vault.debt[0].asset), ERR_OK);
	assert_true(limit.has_above && wad_of(leg, "liquidation_price") ==
	    px18_to_raw(limit.above));
	assert_true(wad_of(leg, "value") == wad_of(v, "debt_value"));
	assert_true(json_is_null(json_object_get(v, "liquidation")));
	assert_true(json_is_null(json_object_get(v, "name")));
	json_decref(v);
}

static void
vault__has_the_name_that_its_file_gave_it(void **state)
{
	struct bed *b = *state;
	struct bookfile_ids ids;
	struct b32 id;
	json_t *v;

	bed_publish(b, NOW);
	assert_int_equal(bookfile_ids_init(&ids, 2, 16), ERR_OK);
	name_id(&id, "two", 3);
	assert_int_equal(bookfile_ids_add(&ids, &id, "two", 3), ERR_OK);
	b->api.state->ids = &ids;
	v = ask_json(b, "/v1/vaults/one", "");
	assert_true(json_is_null(json_object_get(v, "name")));
	json_decref(v);
	name_id(&id, "one", 3);
	assert_int_equal(bookfile_ids_add(&ids, &id, "one", 3), ERR_OK);
	v = ask_json(b, "/v1/vaults/one", "");
	assert_string_equal(word(v, "name"), "one");
	json_decref(v);
	bookfile_ids_free(&ids);
}

static void
vault__has_no_figures_while_stale(void **state)
{
	struct bed *b = *state;
	json_t *v, *o;

	api_world_refuse(&b->world, 3);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/vaults", "state=STALE&limit=1");
	o = json_array_get(json_object_get(v, "vaults"), 0);
	assert_true(json_is_null(json_object_get(o, "health_factor")));
	assert_true(json_is_null(json_object_get(o, "collateral_value")));
	json_decref(v);
}

static void
index__follows_changes_and_a_new_engine(void **state)
{
	struct bed *b = *state;
	uint32_t slot;

	bed_publish(b, NOW);
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(api_state_find(&slot, b->api.state,
		    &b->world.vaults[i].id), ERR_OK);
		assert_int_equal(slot, i);
		api_state_clean(b->api.state, i);
	}
	assert_int_equal(b->api.state->dirty_count, 0);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->dirty_count, 0);
	api_world_move(&b->world, 5000);
	bed_publish(b, NOW + 50);
	assert_true(b->api.state->dirty_count > 190);
	/* A new life begins with nothing. */
	api_world_life(&b->world);
	b->world.book.vault_count = 3;
	bed_publish(b, NOW + 100);
	assert_int_equal(b->api.state->row_count, 3);
	assert_int_equal(api_state_find(&slot, b->api.state,
	    &b->world.vaults[5].id), ERR_UNKNOWN);
	assert_int_equal(api_state_find(&slot, b->api.state,
	    &b->world.vaults[2].id), ERR_OK);
}

/* The engine writes only of vaults that crossed; figures follow all the same. */
static void
index__values_vaults_that_nobody_wrote(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	struct price *p = &h->asset_price[0];
	struct px18 half;

	bed_publish(b, NOW);
	for (uint32_t i = 0; i < 200; i++)
		api_state_clean(b->api.state, i);
	/* Another age alone is nothing to see. */
	p->age_ms += 7;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->dirty_count, 0);
	half = px18_from_raw(px18_to_raw(p->mid) / 2);
	p->mid = p->low = p->high = half;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_true(b->api.state->dirty_count > 50);
}

/* A board whose engine is not what it was. */
static void
index__refuses_prices_that_nobody_would_sign(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	const struct price *at;
	struct price bad[4];

	bed_publish(b, NOW);
	at = &b->api.state->market.asset[0].price;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		bad[i] = h->asset_price[0];
	assert_int_equal(at->status, PRICE_OK);
	bad[0].status = (enum price_status)(PRICE_REFUSED + 1);
	bad[1].low = px18_from_raw(px18_to_raw(bad[1].mid) + 1);
	bad[2].high = px18_from_raw(px18_to_raw(bad[2].mid) - 1);
	bad[3].mid = bad[3].low = px18_from_raw(0);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		h->asset_price[0] = bad[i];
		h->now_ms += 50;
		board_put_head(b->world.writer, h);
		api_state_refresh(b->api.state);
		assert_int_equal(at->status, PRICE_REFUSED);
		assert_true(px18_is_zero(at->mid) && px18_is_zero(at->low));
	}
}

static void
index__survives_vaults_that_are_gone_while_it_values(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;

	/* Of positions only some are valued at one refresh. */
	for (uint32_t i = 0; i < 200; i++)
		b->world.vaults[i].method = METHOD_STANDARD;
	bed_publish(b, NOW);
	assert_true(b->api.state->value_left > 0);
	h->vault_count = 0;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->row_count, 0);
	assert_int_equal(b->api.state->value_left, 0);
}

/* --- attestations and proofs -------------------------------------------- */

static enum err
past_get(void *arg, struct board_attestation *out, uint64_t sequence)
{
	if (sequence != 5)
		return sequence == 6 ? ERR_IO : ERR_UNKNOWN;
	*out = *(struct board_attestation *)arg;
	return ERR_OK;
}

static enum err
past_latest(void *arg, struct api_past_row *out, size_t *count, size_t max,
    uint64_t before)
{
	const struct board_attestation *a = arg;

	assert_true(max > 0 && before == FIRST + 1);
	out[0] = (struct api_past_row){ a->header, a->digest };
	out[0].header.sequence = 5;
	*count = 1;
	return ERR_OK;
}

static void
attestations__come_from_the_ring_then_from_history(void **state)
{
	struct bed *b = *state;
	struct board_attestation a;
	char path[64];
	json_t *v;

	for (unsigned i = 0; i < 3; i++)
		bed_publish(b, NOW + i);
	a = b->api.state->newest;
	b->api.past = (struct api_past){ past_get, past_latest, &a };
	assert_int_equal(ask(b, "/v1/attestations/5", ""), 200);
	assert_int_equal(ask(b, "/v1/attestations/6", ""), 503);
	assert_int_equal(ask(b, "/v1/attestations/7", ""), 404);
	snprintf(path, sizeof(path), "/v1/attestations/%llu",
	    (unsigned long long)FIRST + 2);
	v = ask_json(b, path, "");
	assert_string_equal(word(json_object_get(v, "message"), "asOf"),
	    "1795182300001");
	json_decref(v);
	v = ask_json(b, "/v1/attestations", "limit=9");
	assert_int_equal(json_array_size(v), 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(json_integer_value(json_object_get(
		    json_array_get(v, i), "sequence")), FIRST + 3 - i);
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(v, 3), "sequence")), 5);
	json_decref(v);
	v = ask_json(b, "/v1/attestations", "limit=2");
	assert_int_equal(json_array_size(v), 2);
	json_decref(v);
}

static void
bytes32(struct b32 *out, json_t *v)
{
	const char *t = json_string_value(v);

	assert_non_null(t);
	assert_int_equal(hex_to_bytes(out->b, 32, t, strlen(t)), ERR_OK);
}

static bool
proof_holds(json_t *part, const struct b32 *root)
{
	struct b32 leaf, proof[MERKLE_DEPTH_MAX];
	json_t *list = json_object_get(part, "proof");
	size_t n = json_array_size(list);

	assert_true(n <= MERKLE_DEPTH_MAX);
	bytes32(&leaf, json_object_get(part, "leaf"));
	for (size_t i = 0; i < n; i++)
		bytes32(&proof[i], json_array_get(list, i));
	return merkle_verify(root, &leaf, proof, n);
}

static const char *
proof_path(struct bed *b, enum vault_state wanted, uint32_t *slot)
{
	static char path[128];
	char id[HEX_B32_BUF];

	for (*slot = 0; *slot < 200; (*slot)++)
		if (b->world.verdict[*slot].state == wanted)
			break;
	assert_true(*slot < 200);
	hex_from_bytes(id, b->world.vaults[*slot].id.b, 32);
	snprintf(path, sizeof(path), "/v1/vaults/%s/proof", id);
	return path;
}

static void
proof__holds_against_the_newest_attestation(void **state)
{
	struct bed *b = *state;
	const struct attestation *h = &b->api.state->newest.header;
	uint32_t slot;
	json_t *v;

	for (unsigned round = 0; round < 4; round++) {
		api_world_move(&b->world, 3000);
		bed_publish(b, NOW + round);
		v = ask_json(b, proof_path(b, STATE_RESTRICTED, &slot), "");
		assert_true(proof_holds(json_object_get(v, "position"),
		    &h->positions_root));
		assert_true(proof_holds(json_object_get(v, "verdict"),
		    &h->verdicts_root));
		assert_false(proof_holds(json_object_get(v, "verdict"),
		    &h->positions_root));
		assert_true(json_is_null(json_object_get(v, "tx")));
		json_decref(v);
	}
}

static void
proof__gives_no_verdict_that_is_not_signed(void **state)
{
	struct bed *b = *state;
	uint32_t slot;
	json_t *v;

	bed_publish(b, NOW);
	/* Prices move on; nothing new is released. */
	api_world_move(&b->world, 3000);
	api_world_publish(&b->world, NOW + 50);
	api_state_refresh(b->api.state);
	v = ask_json(b, proof_path(b, STATE_RESTRICTED, &slot), "");
	assert_true(json_is_null(json_object_get(v, "verdict")));
	assert_non_null(json_object_get(json_object_get(v, "reasons"),
	    "verdict"));
	assert_true(proof_holds(json_object_get(v, "position"),
	    &b->api.state->newest.header.positions_root));
	json_decref(v);
}

static void
proof__is_503_while_positions_differ(void **state)
{
	struct bed *b = *state;
	uint32_t slot;

	bed_publish(b, NOW);
	b->world.vaults[0].nonce++;
	api_world_position(&b->world, 0);
	api_world_publish(&b->world, NOW + 50);
	api_state_refresh(b->api.state);
	assert_int_equal(ask(b, proof_path(b, STATE_RESTRICTED, &slot), ""),
	    503);
	assert_non_null(strstr(b->answer.body.at, "positions have changed"));
}

/* Prices of what is held fall until vaults are liquidatable. */
static void
crash(struct bed *b)
{
	static const uint64_t usd[] = { 1700, 51000, 1, 13 };

	for (size_t i = 0; i < API_WORLD_ASSETS; i++)
		api_world_price(&b->world, i, WAD_ONE_RAW * usd[i]);
	bed_publish(b, NOW);
}

static void
proof__carries_the_whole_liquidation(void **state)
{
	static const char query[] =
	    "recipient=0x70997970c51812dc3a010c7d01b50e0d17dc79c8&min_seize=9";
	struct bed *b = *state;
	const char *data, *path;
	struct api_vault row;
	uint32_t slot;
	u128 atoms;
	json_t *v, *tx;
	char selector[11];
	uint8_t four[4];

	crash(b);
	path = proof_path(b, STATE_LIQUIDATABLE, &slot);
	v = ask_json(b, path, "");
	assert_true(json_is_null(json_object_get(v, "tx")));
	assert_string_equal(word(json_object_get(v, "reasons"), "tx"),
	    "no recipient is given");
	json_decref(v);
	v = ask_json(b, path, query);
	tx = json_object_get(v, "tx");
	assert_string_equal(word(tx, "value"), "0");
	data = word(tx, "data");
	selector_of(four, "submitAndLiquidate((bytes32,uint64,uint64,uint64,"
	    "uint64,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint8,"
	    "uint32,uint32,uint32,uint128,uint128),uint256,bytes,uint256[],"
	    "(address,uint256,address,address,uint256,uint256,address))");
	hex_from_bytes(selector, four, 4);
	assert_memory_equal(data, selector, 10);
	assert_non_null(strstr(data,
	    "70997970c51812dc3a010c7d01b50e0d17dc79c8"));
	/* Our bit, the third of the table. */
	assert_memory_equal(data + 10 + 64 * 17 + 62, "04", 2);
	json_decref(v);
	assert_int_equal(api_vault_get(&row, b->api.state, slot),
	    ERR_OK);
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    b->world.market.asset[2].price.low), ERR_OK);
	assert_true(atoms > 0 && atoms <= row.vault.debt[0].amount);
}

static void
proof__has_no_tx_without_our_place_in_the_table(void **state)
{
	struct bed *b = *state;
	uint32_t slot;
	json_t *v;

	crash(b);
	b->world.head.has_signer_bit = 0;
	board_put_head(b->world.writer, &b->world.head);
	api_state_refresh(b->api.state);
	v = ask_json(b, proof_path(b, STATE_LIQUIDATABLE, &slot),
	    "recipient=0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
	assert_true(json_is_null(json_object_get(v, "tx")));
	assert_true(json_is_null(json_object_get(json_object_get(v,
	    "attestation"), "tx")));
	json_decref(v);
}

static void
repay_atoms__leave_no_dust(void **state)
{
	struct bed *b = *state;
	struct api_vault row;
	u128 owed, atoms;
	uint32_t slot;

	crash(b);
	(void)proof_path(b, STATE_LIQUIDATABLE, &slot);
	assert_int_equal(api_vault_get(&row, b->api.state, slot),
	    ERR_OK);
	owed = row.vault.debt[0].amount;	/* USDC: 6 decimals */
	/* All but 101 USD at a price of one: a rest above dust. */
	row.verdict.max_repay = usd18_from_raw((i128)((owed - 101000000) *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_OK);
	assert_true(atoms == owed - 101000000);
	row.verdict.max_repay = usd18_from_raw((i128)((owed - 100000000) *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_OK);
	assert_true(atoms == owed);
	/* A lower price asks for more, never for more than is owed. */
	row.verdict.max_repay = usd18_from_raw((i128)(owed *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW / 2)), ERR_OK);
	assert_true(atoms == owed);
	row.verdict.state = STATE_HEALTHY;
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_STATE);
}

/* --- the stream --------------------------------------------------------- */

static struct stream *
stream_new(struct bed *b)
{
	struct stream *s;

	if (!b->hub)
		assert_int_equal(hub_create(&b->hub, &b->api, nobody),
		    ERR_OK);
	assert_int_equal(stream_open(&s, b->hub, &b->wakes), ERR_OK);
	return s;
}

static void
say(struct stream *s, const char *text)
{
	stream_receive(s, text, strlen(text), NOW);
}

/* The next whole message, or NULL. */
static json_t *
hear(struct stream *s)
{
	static char message[STREAM_QUEUE_MAX + 1];
	struct stream_fragment f;
	json_error_t why;
	size_t len = 0;
	json_t *v;

	while (stream_front(&f, s)) {
		assert_true(f.is_first == (len == 0));
		memcpy(message + len, f.bytes, f.len);
		len += f.len;
		stream_advance(s);
		if (!f.is_last)
			continue;
		v = json_loadb(message, len, JSON_REJECT_DUPLICATES, &why);
		assert_non_null(v);
		return v;
	}
	assert_int_equal(len, 0);
	return NULL;
}

static const char all[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	"\"subscribe\",\"params\":{\"channels\":[\"prices\",\"vaults\","
	"\"attestations\",\"aggregate\"]}}";

static void
stream__counts_each_channel_without_gaps(void **state)
{
	struct bed *b = *state;
	uint64_t seq[4] = { 0 }, messages = 0;
	static const char *const name[] = { "prices", "vaults",
		"attestations", "aggregate" };
	struct stream *s = stream_new(b);
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, all);
	m = hear(s);
	assert_int_equal(json_array_size(json_object_get(json_object_get(m,
	    "result"), "channels")), 4);
	json_decref(m);
	for (unsigned i = 1; i <= 80; i++) {
		while ((m = hear(s)) != NULL) {
			json_t *p = json_object_get(m, "params");
			const char *channel = word(p, "channel");

			for (size_t k = 0; k < 4; k++) {
				if (strcmp(name[k], channel) != 0)
					continue;
				assert_int_equal(json_integer_value(
				    json_object_get(p, "prev_seq")), seq[k]);
				assert_int_equal(json_integer_value(
				    json_object_get(p, "seq")), ++seq[k]);
				assert_string_equal(word(p, "type"),
				    seq[k] == 1 ? "snapshot" : "update");
			}
			messages++;
			json_decref(m);
		}
		api_world_move(&b->world, 500);
		bed_publish(b, NOW + i * 50);
		hub_tick(b->hub, NOW + i * 50);
	}
	/* 4 s: prices 4 a second, vaults at least 2, each attestation. */
	assert_true(seq[0] >= 16 && seq[1] >= 8 && seq[3] >= 4);
	assert_int_equal(seq[2], 80);
	assert_true(messages > 100);
	stream_close(s);
}

static void
vaults_keep(json_t *held, json_t *message)
{
	json_t *list = json_object_get(json_object_get(json_object_get(
	    message, "params"), "data"), "vaults");

	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_set(held, word(json_array_get(list, i), "vault"),
		    json_array_get(list, i));
}

/* Snapshot and updates together give the board's own state. */
static void
stream__updates_lead_to_the_present_state(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	json_t *held = json_object(), *m, *now;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
	    "\"params\":{\"channels\":[\"vaults\"]}}");
	for (unsigned i = 1; i <= 24; i++) {
		/* The last rounds bring what did not fit at once. */
		if (i <= 20) {
			api_world_move(&b->world, 2000);
			bed_publish(b, NOW + i * 600);
		}
		hub_tick(b->hub, NOW + i * 600);
		while ((m = hear(s)) != NULL) {
			vaults_keep(held, m);
			json_decref(m);
		}
	}
	assert_int_equal(json_object_size(held), 200);
	now = ask_json(b, "/v1/vaults", "limit=1000");
	for (size_t i = 0; i < 200; i++) {
		json_t *v = json_array_get(json_object_get(now, "vaults"), i);
		json_t *h = json_object_get(held, word(v, "vault"));

		assert_true(json_equal(json_object_get(v, "health_low"),
		    json_object_get(h, "health_low")));
		assert_string_equal(word(v, "state"), word(h, "state"));
	}
	json_decref(now);
	json_decref(held);
	stream_close(s);
}

static void
stream__drops_who_does_not_keep_up(void **state)
{
	struct bed *b = *state;
	struct stream *slow = stream_new(b), *quick = stream_new(b);
	const char *why;
	unsigned i;
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(slow, all);
	say(quick, all);
	for (i = 1; i <= 400; i++) {
		while ((m = hear(quick)) != NULL)
			json_decref(m);
		if (stream_close_code(slow, &why) != 0)
			break;
		api_world_move(&b->world, 500);
		bed_publish(b, NOW + i * 100);
		hub_tick(b->hub, NOW + i * 100);
	}
	assert_int_equal(stream_close_code(slow, &why), 1008);
	assert_string_equal(why, "too slow");
	assert_true(i > 5);	/* a mebibyte is more than a snapshot */
	assert_null(hear(slow));
	assert_int_equal(stream_close_code(quick, &why), 0);
	assert_int_equal(b->api.counters.dropped_consumers, 1);
	stream_close(slow);
	stream_close(quick);
	assert_int_equal(b->api.counters.streams, 0);
}

static void
stream__answers_requests_and_refuses_others(void **state)
{
	static const struct {
		const char *say;
		int code;	/* 0: a result */
	} rows[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}", 0 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"ping\","
		    "\"params\":{}}", 0 },
		{ "", -32600 }, { "[]", -32600 }, { "{}", -32600 },
		{ "{\"id\":1,\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
		    -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
		    -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}",
		    -32601 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\"}",
		    -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channels\":[]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channels\":[\"prices\",\"x\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channel\":[\"prices\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"get_snapshot\","
		    "\"params\":{\"channels\":[\"prices\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x",
		    -32600 },
	};
	struct bed *b = *state;
	struct stream *s = stream_new(b);

	bed_publish(b, NOW);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		json_t *m, *error;

		say(s, rows[i].say);
		m = hear(s);
		assert_non_null(m);
		error = json_object_get(m, "error");
		if ((rows[i].code == 0) != (error == NULL))
			print_message("%s\n", rows[i].say);
		assert_true((rows[i].code == 0) == (error == NULL));
		if (error)
			assert_int_equal(json_integer_value(json_object_get(
			    error, "code")), rows[i].code);
		json_decref(m);
		assert_null(hear(s));
	}
	stream_close(s);
}

static void
stream__unsubscribe_ends_and_begins_anew(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, all);
	say(s, all);	/* no second snapshot */
	for (unsigned i = 0; i < 6; i++) {
		m = hear(s);
		assert_non_null(m);
		json_decref(m);
	}
	assert_null(hear(s));
	say(s, "{\"jsonrpc\":\"2.0\",\"method\":\"unsubscribe\",\"params\":"
	    "{\"channels\":[\"prices\",\"vaults\",\"attestations\","
	    "\"aggregate\"]}}");
	assert_null(hear(s));	/* a notification has no answer */
	api_world_move(&b->world, 500);
	bed_publish(b, NOW + 5000);
	hub_tick(b->hub, NOW + 5000);
	assert_null(hear(s));
	say(s, "{\"jsonrpc\":\"2.0\",\"method\":\"subscribe\",\"params\":"
	    "{\"channels\":[\"prices\"]}}");
	m = hear(s);
	assert_int_equal(json_integer_value(json_object_get(
	    json_object_get(m, "params"), "prev_seq")), 0);
	json_decref(m);
	stream_close(s);
}

static void
stream__closes_on_a_flood(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	const char *why;
	unsigned i;

	bed_publish(b, NOW);
	for (i = 0; i < 2 * STREAM_BURST; i++) {
		say(s, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}");
		if (stream_close_code(s, &why) != 0)
			break;
	}
	assert_int_equal(i, STREAM_BURST);
	assert_int_equal(stream_close_code(s, &why), 1008);
	stream_close(s);
}

/* --- the token bucket --------------------------------------------------- */

static struct sockaddr_storage
address(unsigned n)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a000000 + n) };
	struct sockaddr_storage s = { 0 };

	memcpy(&s, &a, sizeof(a));
	return s;
}

static void
limit_take__gives_a_burst_then_the_rate(void **state)
{
	static struct limit l;
	struct sockaddr_storage a = address(1), other = address(2);
	unsigned n = 0;

	(void)state;
	limit_init(&l, 10, 20, 7);
	while (limit_take(&l, &a, NOW))
		n++;
	assert_int_equal(n, 20);
	assert_true(limit_take(&l, &other, NOW));
	assert_false(limit_take(&l, &a, NOW + 99));
	assert_true(limit_take(&l, &a, NOW + 100));
	assert_false(limit_take(&l, &a, NOW + 199));
	for (n = 0; limit_take(&l, &a, NOW + 3600000);)
		n++;
	assert_int_equal(n, 20);
}

static void
limit_take__holds_an_address_while_others_come(void **state)
{
	static struct limit l;
	struct sockaddr_storage a = address(1);
	unsigned given = 0;

	(void)state;
	limit_init(&l, 10, 20, 7);
	for (unsigned i = 0; i < 3000; i++) {
		struct sockaddr_storage other = address(100 + i);

		given += limit_take(&l, &a, NOW + i / 30);
		(void)limit_take(&l, &other, NOW + i / 30);
	}
	/* 100 ms: a burst and one more, though 3000 others came. */
	assert_in_range(given, 20, 22);
}

/* --- files -------------------------------------------------------------- */

static void
files__are_whole_and_tagged(void **state)
{
	static const struct {
		const char *path, *part;
	} rows[] = {
		{ "/", "<!doctype html>" }, { "/app.js", "\"use strict\"" },
		{ "/app.css", ":root" }, { "/uplot.js", "uPlot" },
		{ "/uplot.css", ".uplot" }, { "/icon.svg", "<svg" },
		{ "/licences.txt", "Leon Sorokin" },
	};
	struct bed *b = *state;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(ask(b, rows[i].path, ""), 200);
		assert_non_null(b->answer.file);
		assert_int_equal(strlen(b->answer.etag), 18);
		assert_non_null(memmem(b->answer.file, b->answer.file_len,
		    rows[i].part, strlen(rows[i].part)));
	}
	/* The rules of the page: nothing inline. */
	assert_int_equal(ask(b, "/", ""), 200);
	assert_null(memmem(b->answer.file, b->answer.file_len, "style=", 6));
	assert_null(memmem(b->answer.file, b->answer.file_len, "http", 4));
}

#define BED(f) cmocka_unit_test_setup_teardown(f, bed_open, bed_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED(api_answer__routes_and_refuses_by_name),
		BED(api_answer__refuses_other_methods_and_long_addresses),
		BED(api_answer__says_503_before_the_engine_started),
		BED(readyz__names_each_reason),
		BED(readyz__is_ready_at_the_edge_of_silence),
		BED(prices__show_what_each_venue_said),
		BED(prices__show_both_prices_of_a_wrapped_token),
		BED(volatility__shows_units_and_their_correlations),
		BED(feeds__show_each_venue_and_each_market),
		BED(feeds__show_rates_and_bound_their_units),
		BED(feeds_table_print__shows_no_terminal_commands),
		BED(metrics__count_rejects_by_venue_and_reason),
		BED(surfaces__show_what_the_engine_uses),
		BED(surfaces__show_what_is_held_back),
		BED(surfaces__believe_nothing_outside_the_limits),
		BED(vaults__page_like_a_sorted_list),
		BED(vaults__pages_join_to_the_whole),
		BED(vaults__filter_by_state),
		BED(vault__shows_figures_legs_and_limits),
		BED(vault__has_the_name_that_its_file_gave_it),
		BED(vault__has_no_figures_while_stale),
		BED(index__follows_changes_and_a_new_engine),
		BED(index__values_vaults_that_nobody_wrote),
		BED(index__refuses_prices_that_nobody_would_sign),
		BED(index__survives_vaults_that_are_gone_while_it_values),
		BED(attestations__come_from_the_ring_then_from_history),
		BED(proof__holds_against_the_newest_attestation),
		BED(proof__gives_no_verdict_that_is_not_signed),
		BED(proof__is_503_while_positions_differ),
		BED(proof__carries_the_whole_liquidation),
		BED(proof__has_no_tx_without_our_place_in_the_table),
		BED(repay_atoms__leave_no_dust),
		BED(stream__counts_each_channel_without_gaps),
		BED(stream__updates_lead_to_the_present_state),
		BED(stream__drops_who_does_not_keep_up),
		BED(stream__answers_requests_and_refuses_others),
		BED(stream__unsubscribe_ends_and_begins_anew),
		BED(stream__closes_on_a_flood),
		cmocka_unit_test(limit_take__gives_a_burst_then_the_rate),
		cmocka_unit_test(
		    limit_take__holds_an_address_while_others_come),
		BED(files__are_whole_and_tagged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
