/* From venues' marks to what the engine is told: medians, ticks, what is taken
 * away; and whether the engine takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "margin/surface.h"
#include "oracle/surface_curve.h"
#include "oracle/terms.h"
#include "tests/margin_world.h"

#define NOW UINT64_C(1795176000000)
#define DAY_MS UINT64_C(86400000)
#define YEAR_MS 31536000000.
#define AGE_MAX 30000u
#define STRIKES 21
#define TOLD_MAX 256u

/* What was told in the last round. */
struct told {
	struct wire_forward forward[TOLD_MAX];
	struct wire_slice slice[TOLD_MAX];
	size_t forwards, slices;
	bool is_deaf;
};

struct bed {
	struct surface_marks *marks;
	struct surface_curve *curve;
	struct told told;
	uint64_t now_ms, seed;
};

static struct bed b;

static enum err
say(void *arg, const void *message)
{
	struct told *t = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (t->is_deaf)
		return ERR_LIMIT;
	assert_int_equal(wire_check(message, head.size), ERR_OK);
	if (head.type == WIRE_FORWARD)
		memcpy(&t->forward[t->forwards++], message, head.size);
	else
		memcpy(&t->slice[t->slices++], message, head.size);
	assert_true(t->forwards < TOLD_MAX && t->slices < TOLD_MAX);
	return ERR_OK;
}

static int
setup(void **state)
{
	const struct surface_rules r = { AGE_MAX, 0.02 };

	(void)state;
	memset(&b, 0, sizeof(b));
	b.now_ms = NOW;
	b.seed = 3;
	return surface_marks_create(&b.marks, 3, 4) == ERR_OK &&
	    surface_curve_create(&b.curve, &r) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	surface_marks_destroy(b.marks);
	surface_curve_destroy(b.curve);
	return 0;
}

static void
round_make(void)
{
	const struct surface_wire wire = { say, &b.told };

	b.told.forwards = b.told.slices = 0;
	surface_curve_round(b.curve, b.marks, &wire, b.now_ms);
}

/* ---- venues -------------------------------------------------------------- */

static struct wire_u128
number(double v)
{
	return wire_from_u128((u128)(i128)(v * 1e18));
}

static double
of(struct wire_u128 v)
{
	return (double)(i128)wire_to_u128(v) / 1e18;
}

static struct wire_option
option_make(uint16_t venue, uint64_t expiry_ms, bool is_call, double strike,
    double vol, double forward)
{
	struct wire_option w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_OPTION);
	w.unit = 1;
	w.venue = venue;
	w.is_call = is_call;
	w.has_vol = vol > 0;
	w.has_forward = forward > 0;
	w.expiry_ms = expiry_ms;
	w.exchange_ms = w.recv_ms = b.now_ms;
	w.strike = number(strike);
	w.vol = number(vol);
	w.forward = number(forward);
	return w;
}

/* A smile around `vol` at the money. */
static double
smile(double k, double tau, double vol)
{
	double d = fmin(fmax(k / (vol * sqrt(tau)), -4), 4);

	return vol * (1 - 0.04 * d + 0.02 * d * d);
}

static double
tau_of(uint64_t expiry_ms)
{
	return (double)(expiry_ms - b.now_ms) / YEAR_MS;
}

/* All options of an expiry at a venue, at strikes 2.5 deviations each way of
 * where the test began. */
static void
venue_say(uint16_t venue, uint64_t expiry_ms, double forward, double vol,
    double off)
{
	double root = 0.6 * sqrt((double)(expiry_ms - NOW) / YEAR_MS);

	for (int i = 0; i < STRIKES; i++) {
		double strike = 2000 * exp(2.5 * root * (2. * i / (STRIKES -
		    1) - 1));
		double v = smile(log(strike / forward), tau_of(expiry_ms),
		    vol) + off;

		for (int call = 0; call < 2; call++) {
			struct wire_option w = option_make(venue, expiry_ms,
			    call, strike, v, forward);

			assert_int_equal(surface_marks_take(b.marks, &w,
			    b.now_ms), ERR_OK);
		}
	}
}

/* ---- the table ----------------------------------------------------------- */

static void
surface_marks__refuse_by_name(void **state)
{
	const struct wire_option good = (option_make(1, NOW + DAY_MS, true,
	    2000, 0.6, 2001));
	struct wire_option w = good;

	(void)state;
	w.unit = 3;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_UNKNOWN);
	w = good;
	w.venue = 4;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_UNKNOWN);
	w = good;
	w.exchange_ms = 0;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_STALE);
	w = good;
	w.expiry_ms = NOW;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_STALE);
	w.expiry_ms = NOW + 31 * UINT64_C(31536000000);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	w = good;
	w.has_vol = w.has_forward = 0;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_MISSING);
	w = good;
	w.vol = number(0.0099);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	w.vol = number(10.01);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	w = good;
	w.strike = number(0);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	w = good;
	w.forward = wire_from_u128(U128_MAX);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	w = good;
	w.exchange_ms = NOW + SURFACE_AHEAD_MS + 1;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_RANGE);
	assert_int_equal(surface_marks_count(b.marks), 0);
	w.exchange_ms = NOW + SURFACE_AHEAD_MS;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_OK);
	w.exchange_ms = NOW - 1;
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_STALE);
	assert_int_equal(surface_marks_take(b.marks, &good, NOW), ERR_OK);
	assert_int_equal(surface_marks_count(b.marks), 1);
}

static void
surface_marks__end_where_their_places_end(void **state)
{
	struct wire_option w;

	(void)state;
	for (unsigned i = 0; i < SURFACE_MARKS_MAX; i++) {
		w = option_make(1, NOW + DAY_MS, true, 1 +
		    (double)(i * 7919 % SURFACE_MARKS_MAX), 0.6, 0);
		assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_OK);
	}
	w = option_make(2, NOW + DAY_MS, true, 5, 0.6, 0);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_LIMIT);
	w = option_make(1, NOW + DAY_MS, true, 5, 0.6, 0);
	assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_OK);
	assert_int_equal(surface_marks_count(b.marks), SURFACE_MARKS_MAX);
	surface_marks_drop(b.marks, NOW + AGE_MAX, AGE_MAX);
	assert_int_equal(surface_marks_count(b.marks), SURFACE_MARKS_MAX);
	surface_marks_drop(b.marks, NOW + AGE_MAX + 1, AGE_MAX);
	assert_int_equal(surface_marks_count(b.marks), 0);
}

static void
surface_marks__take_medians_and_the_side_out_of_the_money(void **state)
{
	static struct surface_expiry e;
	const uint64_t at_ms = NOW + 30 * DAY_MS;
	struct wire_option w[] = {
		option_make(0, at_ms, true, 2200, 0.60, 2000),
		option_make(0, at_ms, false, 2200, 0.90, 0),	/* in the money */
		option_make(1, at_ms, true, 2200, 0.62, 2010),
		option_make(2, at_ms, false, 2200, 0.65, 2400),
		option_make(0, at_ms, false, 1800, 0.70, 0),
		option_make(1, at_ms, false, 1800, 0.74, 0),
		option_make(0, at_ms, true, 90000, 0.60, 0),	/* far away */
	};
	size_t at = 0;

	(void)state;
	w[4].exchange_ms = NOW - 5000;
	for (size_t i = 0; i < ARRAY_COUNT(w); i++)
		assert_int_equal(surface_marks_take(b.marks, &w[i], NOW),
		    ERR_OK);
	assert_true(surface_marks_next(&e, b.marks, &at, NOW));
	assert_true(e.unit == 1 && e.expiry_ms == at_ms);
	assert_true(e.forward == 2010 && e.forward_venues == 3);
	assert_int_equal(e.count, 2);
	assert_true(fabs(e.point[0].vol - 0.72) < 1e-12);
	assert_true(fabs(e.point[0].k - log(1800 / 2010.)) < 1e-12);
	assert_true(e.point[1].vol == 0.62);
	assert_int_equal(e.points_ms, NOW - 5000);
	assert_false(surface_marks_next(&e, b.marks, &at, NOW));
}

/* A venue that says no forward but prices in coins; six digits, as Deribit. */
static void
surface_marks__find_a_forward_in_calls_and_puts(void **state)
{
	static struct surface_expiry e;
	const uint64_t at_ms = NOW + 30 * DAY_MS;
	const double forward = 2013.37, root = 0.6 * sqrt(30 / 365.);
	size_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 14; i++) {
		double strike = 1400 + 100 * i;
		double d = log(forward / strike) / root + root / 2;
		double call = erfc(-d / M_SQRT2) / 2 - strike / forward *
		    erfc(-(d - root) / M_SQRT2) / 2;
		struct wire_option w[2];

		for (unsigned c = 0; c < 2; c++) {
			double price = c ? call : call - 1 + strike / forward;

			w[c] = option_make(0, at_ms, c, strike, 0.6, 0);
			w[c].has_price = 1;
			w[c].price = number(round(price * 1e6) / 1e6);
			/* Far from the money a liar. */
			if (i == 0)
				w[c].price = number(c ? 0.9 : 0);
			assert_int_equal(surface_marks_take(b.marks, &w[c],
			    NOW), ERR_OK);
		}
	}
	assert_true(surface_marks_next(&e, b.marks, &at, NOW));
	assert_true(fabs(e.forward / forward - 1) < 2e-6);
	assert_true(e.forward_venues == 1 && e.count == 14);
	assert_int_equal(e.forward_ms, NOW);
}

/* One of the two alone, or of another moment, says nothing. */
static void
surface_marks__need_both_sides_of_one_moment(void **state)
{
	static struct surface_expiry e;
	const uint64_t at_ms = NOW + 30 * DAY_MS;
	struct wire_option call = option_make(0, at_ms, true, 2000, 0.6, 0),
	    put = option_make(0, at_ms, false, 2000, 0.6, 0);
	size_t at = 0;

	(void)state;
	call.has_price = put.has_price = 1;
	call.price = put.price = number(0.07);
	put.exchange_ms = NOW - SURFACE_PARITY_MS - 1;
	assert_int_equal(surface_marks_take(b.marks, &call, NOW), ERR_OK);
	assert_int_equal(surface_marks_take(b.marks, &put, NOW), ERR_OK);
	assert_true(surface_marks_next(&e, b.marks, &at, NOW));
	assert_true(e.forward <= 0 && e.count == 0);
	put.exchange_ms++;
	assert_int_equal(surface_marks_take(b.marks, &put, NOW), ERR_OK);
	at = 0;
	assert_true(surface_marks_next(&e, b.marks, &at, NOW));
	assert_true(fabs(e.forward - 2000) < 1e-9);
	assert_int_equal(e.forward_ms, NOW - SURFACE_PARITY_MS);
}

/* ---- what is told -------------------------------------------------------- */

static double
vol_told(const struct wire_slice *w, double k)
{
	double u = k - of(w->m), total = of(w->a) + of(w->b) * (of(w->rho) * u +
	    sqrt(u * u + of(w->sigma) * of(w->sigma)));

	return sqrt(total / ((double)(w->expiry_ms - w->as_of_ms) / YEAR_MS));
}

static void
surface_curve__tells_a_forward_and_a_smile_an_expiry(void **state)
{
	const uint64_t days[] = { 1, 7, 30, 180 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		venue_say(0, NOW + days[i] * DAY_MS, 2000 + (double)i, 0.6, 0);
		venue_say(1, NOW + days[i] * DAY_MS, 2000.4 + (double)i, 0.6,
		    0.002);
	}
	round_make();
	assert_int_equal(b.told.forwards, 4);
	assert_int_equal(b.told.slices, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct wire_slice *w = &b.told.slice[i];
		double tau = tau_of(w->expiry_ms), k;

		assert_int_equal(w->expiry_ms, NOW + days[i] * DAY_MS);
		assert_true(fabs(of(b.told.forward[i].price) - 2000.2 -
		    (double)i) < 1e-9);
		assert_int_equal(w->as_of_ms, NOW);
		assert_true(of(w->error) < 0.004);
		for (double d = -2; d <= 2; d += 0.25) {
			k = d * 0.6 * sqrt(tau);
			assert_true(fabs(vol_told(w, k - log(1.0001)) -
			    smile(k, tau, 0.6) - 0.001) < 0.008);
		}
	}
}

/* (1 - error / 4 %) min(1, n / 10) (1 - age / 60 s), of numbers known. */
static void
surface_curve__is_as_sure_as_it_says(void **state)
{
	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	b.now_ms += 12000;
	round_make();
	assert_true(fabs(of(b.told.forward[0].confidence) - 0.75 * 0.8) <
	    0.0006);
	assert_true(fabs(of(b.told.slice[0].confidence) - 0.8 * (1 -
	    of(b.told.slice[0].error) / 0.04)) < 0.0006);
	assert_int_equal(b.told.slice[0].as_of_ms, NOW);
	b.now_ms = NOW;
	venue_say(1, NOW + 7 * DAY_MS, 2010, 0.6, 0);
	round_make();
	/* Two venues, 0.4988 % apart. */
	assert_true(fabs(of(b.told.forward[0].confidence) - 0.751) < 0.0011);
}

static void
surface_curve__tells_what_moved_by_more_than_a_tick(void **state)
{
	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 1);
	b.now_ms += 1000;
	round_make();
	assert_true(b.told.forwards == 0 && b.told.slices == 0);
	venue_say(0, NOW + 7 * DAY_MS, 2000.01, 0.6, 0.00005);
	round_make();
	assert_true(b.told.forwards == 0 && b.told.slices == 0);
	venue_say(0, NOW + 7 * DAY_MS, 2000.03, 0.6, 0.00005);
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 0);
	venue_say(0, NOW + 7 * DAY_MS, 2000.03, 0.6, 0.0003);
	round_make();
	assert_true(b.told.forwards == 0 && b.told.slices == 1);
}

static void
surface_curve__tells_everything_at_least_each_ten_seconds(void **state)
{
	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	round_make();
	b.now_ms += SURFACE_TELL_MS - 1;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	round_make();
	assert_true(b.told.forwards == 0);
	b.now_ms++;
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 1);
	assert_int_equal(b.told.slice[0].as_of_ms, NOW + SURFACE_TELL_MS - 1);
}

static void
surface_curve__takes_away_what_has_no_marks_any_more(void **state)
{
	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	round_make();
	b.now_ms += AGE_MAX + 1;
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 1);
	assert_true(of(b.told.forward[0].price) == 0);
	assert_true(of(b.told.slice[0].a) == 0 && of(b.told.slice[0].sigma) ==
	    0);
	assert_true(b.told.slice[0].as_of_ms >= NOW);
	round_make();			/* once */
	assert_true(b.told.forwards == 0 && b.told.slices == 0);
}

static void
surface_curve__needs_strikes_and_a_fit(void **state)
{
	const uint64_t at_ms = NOW + 30 * DAY_MS;
	struct surface_counters n;

	(void)state;
	for (unsigned i = 0; i < SURFACE_POINTS_MIN - 1; i++) {
		struct wire_option w = option_make(0, at_ms, i > 1, 1800 +
		    100. * i, 0.6, 2000);

		assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_OK);
	}
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 0);
	/* One that disagrees with its neighbours by far. */
	for (unsigned i = 0; i < 9; i++) {
		struct wire_option w = option_make(0, at_ms, i > 4, 1600 +
		    100. * i, i % 2 == 0 ? 0.6 : 0.8, 2000);

		assert_int_equal(surface_marks_take(b.marks, &w, NOW), ERR_OK);
	}
	round_make();
	assert_int_equal(b.told.slices, 0);
	surface_curve_counters(&n, b.curve);
	assert_true(n.unfit == 1 && n.expiries == 0);
}

/* One of three venues lies. */
static void
surface_curve__follows_the_majority(void **state)
{
	double k, tau;

	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	venue_say(1, NOW + 7 * DAY_MS, 2000.2, 0.6, 0.001);
	venue_say(2, NOW + 7 * DAY_MS, 3000, 0.6, 2);
	round_make();
	assert_true(fabs(of(b.told.forward[0].price) - 2000.2) < 1e-9);
	tau = tau_of(NOW + 7 * DAY_MS);
	for (double d = -2; d <= 2; d += 0.5) {
		k = d * 0.6 * sqrt(tau);
		assert_true(fabs(vol_told(&b.told.slice[0], k) -
		    smile(k, tau, 0.6)) < 0.01);
	}
}

static void
surface_curve__tells_again_what_did_not_arrive(void **state)
{
	(void)state;
	venue_say(0, NOW + 7 * DAY_MS, 2000, 0.6, 0);
	b.told.is_deaf = true;
	round_make();
	b.told.is_deaf = false;
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 1);
	surface_curve_forget(b.curve);		/* a new engine */
	round_make();
	assert_true(b.told.forwards == 1 && b.told.slices == 1);
	b.now_ms += AGE_MAX + 1;
	b.told.is_deaf = true;
	round_make();
	b.told.is_deaf = false;
	round_make();
	assert_true(of(b.told.forward[0].price) == 0 && b.told.slices == 1);
}

/* ---- and the engine ------------------------------------------------------ */

static double
noise(double size)
{
	return size * ((double)random_below(&b.seed, 20001) / 1e4 - 1);
}

static void
terms_take(struct terms *t, uint64_t *refused)
{
	const struct terms_rules r = { AGE_MAX, part("0.02"), part("0.3") };
	static struct price index[PRICES_UNITS_MAX];
	const struct terms_index x = { index, NULL };

	index[1].mid = px18_from_raw(2000 * WAD_ONE_RAW);
	for (size_t i = 0; i < b.told.forwards; i++)
		assert_int_equal(terms_take_forward(t, &b.told.forward[i], &r,
		    NULL, b.now_ms), ERR_OK);
	for (size_t i = 0; i < b.told.slices; i++)
		*refused += terms_take_slice(t, &b.told.slice[i], &r, NULL,
		    b.now_ms) != ERR_OK;
	terms_settle(t, &r, &x, b.now_ms);
}

/* A market that moves, with marks that disagree, strikes that come late and
 * expiries that pass: nothing that the engine's check would not take. */
static void
surface_curve__tells_nothing_that_the_engine_refuses(void **state)
{
	static struct terms t;
	const uint64_t expiry[] = { NOW + 600000, NOW + DAY_MS, NOW + 2 *
	    DAY_MS, NOW + 7 * DAY_MS, NOW + 8 * DAY_MS, NOW + 35 * DAY_MS };
	double vol = 0.6, forward = 2000;
	uint64_t refused = 0, taken = 0;
	struct surface_counters n;

	(void)state;
	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < 700; i++) {
		b.now_ms += 1000;
		vol = fmin(fmax(vol * (1 + noise(i % 100 == 0 ? 0.2 : 0.004)),
		    0.3), 1.5);
		forward *= 1 + noise(0.0005);
		for (size_t e = 0; e < ARRAY_COUNT(expiry); e++)
			for (uint16_t v = 0; v < 2; v++)
				if (expiry[e] > b.now_ms && random_below(
				    &b.seed, 3) > 0)
					venue_say(v, expiry[e], forward, vol *
					    (1 + noise(0.01)), noise(0.004));
		round_make();
		taken += b.told.slices;
		terms_take(&t, &refused);
	}
	surface_curve_counters(&n, b.curve);
	print_message("%llu fits, %llu of no use; %llu slices told\n",
	    (unsigned long long)n.fits, (unsigned long long)n.unfit,
	    (unsigned long long)taken);
	assert_true(n.unfit < n.fits / 20);
	assert_true(taken > 2000);
	assert_int_equal(refused, 0);
	assert_int_equal(t.refused[SURFACE_CALENDAR], 0);
	assert_int_equal(t.unit[1].count, 5);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(surface_marks__refuse_by_name),
		CASE(surface_marks__end_where_their_places_end),
		CASE(surface_marks__take_medians_and_the_side_out_of_the_money),
		CASE(surface_marks__find_a_forward_in_calls_and_puts),
		CASE(surface_marks__need_both_sides_of_one_moment),
		CASE(surface_curve__tells_a_forward_and_a_smile_an_expiry),
		CASE(surface_curve__is_as_sure_as_it_says),
		CASE(surface_curve__tells_what_moved_by_more_than_a_tick),
		CASE(surface_curve__tells_everything_at_least_each_ten_seconds),
		CASE(surface_curve__takes_away_what_has_no_marks_any_more),
		CASE(surface_curve__needs_strikes_and_a_fit),
		CASE(surface_curve__follows_the_majority),
		CASE(surface_curve__tells_again_what_did_not_arrive),
		CASE(surface_curve__tells_nothing_that_the_engine_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
