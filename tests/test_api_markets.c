/* What the api shows of prices, feeds and surfaces. */
#include "tests/api_bed.h"

#include "oracle/feeds_table.h"

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
	/* What no rate says has no time either. */
	h->wrap[0].has_rate = false;
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/prices", "");
	r = json_object_get(json_array_get(json_object_get(v, "prices"), 0),
	    "rate");
	assert_true(json_is_null(json_object_get(r, "rate")));
	assert_true(json_is_null(json_object_get(r, "time")));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
