/* Terms at the end of a batch: units wherever their number lies, what is too
 * far from its index and comes back, slices that become neighbours; and a
 * random run against a judgement made anew each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "margin/option.h"
#include "oracle/terms.h"
#include "tests/random.h"

#define NOW UINT64_C(1795176000000)
#define DAY_MS UINT64_C(86400000)
#define AGE_MAX 30000u
#define MARKS 3u
#define UNITS 5u

static const struct terms_rules rules = { AGE_MAX, { 20000000 },
	{ 300000000 } };
static const uint16_t units[UNITS] = { 1, 63, 64, 67, 255 };
/* Of unit 64, of unit 255, an option's. */
static const uint16_t mark_unit[MARKS] = { 64, 255, TERMS_MARK_FREE };

static struct terms t;
static struct price index_price[PRICES_UNITS_MAX];
static const struct terms_index at = { index_price, mark_unit };
static struct market_terms market;
static uint64_t now_ms;

static struct wire_u128
number(double v)
{
	return wire_from_u128((u128)(i128)(v * 1e18));
}

/* Zero: refused. */
static void
index_set(uint16_t unit, u128 raw)
{
	index_price[unit].status = raw == 0 ? PRICE_REFUSED : PRICE_OK;
	index_price[unit].mid = px18_from_raw(raw);
}

static void
indices_set(u128 whole)
{
	for (unsigned i = 0; i < UNITS; i++)
		index_set(units[i], whole * WAD_ONE_RAW);
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	memset(&market, 0, sizeof(market));
	t.mark_count = MARKS;
	now_ms = NOW;
	seed = 11;
	indices_set(2000);
	return 0;
}

static void
settle(void)
{
	static struct book b = { .asset_count = UNITS };

	for (uint8_t i = 0; i < UNITS; i++)
		b.assets[i].factor = i;
	terms_settle(&t, &rules, &at, now_ms);
	terms_apply(&market, &t, &b, units);
}

static uint64_t
expiry_of(unsigned i)
{
	return NOW + (i + 1) * 10 * DAY_MS;
}

static enum err
forward_take(uint16_t unit, unsigned i, struct wire_u128 price)
{
	struct wire_forward m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_FORWARD);
	m.unit = unit;
	m.expiry_ms = expiry_of(i);
	m.as_of_ms = now_ms;
	m.price = price;
	m.confidence = number(0.9);
	return terms_take_forward(&t, &m, &rules,
	    terms_index_price(&at, unit), now_ms);
}

/* A flat one of this total variance; zero takes it away. */
static enum err
slice_take(uint16_t unit, unsigned i, double variance, double confidence,
    double forward)
{
	struct wire_slice m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_SLICE);
	m.unit = unit;
	m.expiry_ms = expiry_of(i);
	m.as_of_ms = now_ms;
	m.a = number(variance);
	m.sigma = number(variance > 0 ? 0.1 : 0);
	m.forward = number(forward);
	m.confidence = number(confidence);
	return terms_take_slice(&t, &m, &rules, terms_index_price(&at, unit),
	    now_ms);
}

static enum err
mark_take(uint16_t i, double price)
{
	bool is_free = mark_unit[i] == TERMS_MARK_FREE;
	struct wire_mark m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_MARK);
	m.instrument = i;
	m.has_mark = m.has_interest = 1;
	m.exchange_ms = m.recv_ms = now_ms;
	m.mark = number(price);
	m.interest = number(5);
	return terms_take_mark(&t, &m, &rules, is_free ? NULL :
	    terms_index_price(&at, mark_unit[i]), is_free, now_ms);
}

/* ---- any unit ------------------------------------------------------------ */

static void
terms__are_settled_and_applied_of_every_unit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < UNITS; i++) {
		assert_int_equal(forward_take(units[i], 0, number(2001)),
		    ERR_OK);
		assert_int_equal(slice_take(units[i], 0, 0.02, 0.9, 2000),
		    ERR_OK);
		/* Less variance than the one before: dropped. */
		assert_int_equal(slice_take(units[i], 1, 0.01, 0.8, 2000),
		    ERR_OK);
	}
	settle();
	assert_int_equal(t.taken, UNITS);
	assert_int_equal(t.refused[SURFACE_CALENDAR], UNITS);
	for (unsigned i = 0; i < UNITS; i++) {
		assert_int_equal(market.factor[i].forward_count, 1);
		assert_int_equal(market.factor[i].slice_count, 1);
		assert_int_equal(t.unit[units[i]].count, 1 + 1);
	}
	/* Each by itself, too. */
	now_ms += 1000;
	for (unsigned i = 0; i < UNITS; i++) {
		assert_int_equal(slice_take(units[i], 0, 0, 0, 2000), ERR_OK);
		settle();
		for (unsigned k = 0; k < UNITS; k++)
			assert_int_equal(market.factor[k].slice_count, k > i);
	}
}

/* ---- near its index ------------------------------------------------------ */

static void
terms__count_for_nothing_without_an_index(void **state)
{
	(void)state;
	indices_set(0);
	assert_int_equal(forward_take(64, 0, number(2000000)), ERR_OK);
	assert_int_equal(slice_take(64, 0, 0.02, 0.9, 2000000), ERR_OK);
	assert_int_equal(mark_take(0, 2000000), ERR_OK);
	assert_int_equal(mark_take(2, 12), ERR_OK);	/* an option's */
	settle();
	assert_int_equal(market.factor[2].forward_count, 0);
	assert_int_equal(market.factor[2].slice_count, 0);
	assert_false(market.mark[0].has_mark);
	assert_true(market.mark[0].has_open_interest);
	assert_true(market.mark[2].has_mark);
	indices_set(2000);
	settle();
	assert_int_equal(market.factor[2].forward_count, 0);
	assert_int_equal(market.factor[2].slice_count, 0);
	assert_false(market.mark[0].has_mark);
	indices_set(2000000);
	settle();
	assert_int_equal(market.factor[2].forward_count, 1);
	assert_int_equal(market.factor[2].slice_count, 1);
	assert_true(market.mark[0].has_mark);
	indices_set(0);				/* refused again */
	settle();
	assert_int_equal(market.factor[2].forward_count, 0);
	assert_int_equal(market.factor[2].slice_count, 0);
	assert_false(market.mark[0].has_mark);
}

/* From 2000 the index falls and rises: 2000 is 1.3 of one and 0.7 of the
 * other, and nothing was said meanwhile. */
static void
terms__are_held_back_while_their_index_is_too_far(void **state)
{
	const u128 low = (u128)2000 * WAD_ONE_RAW * 10 / 13 + 1;
	const u128 high = (u128)2000 * WAD_ONE_RAW * 10 / 7;
	const struct {
		u128 index;
		bool counts;
	} step[] = {
		{ (u128)1000 * WAD_ONE_RAW, false }, { low, true },
		{ low - 1, false }, { low, true }, { high, true },
		{ high + 1, false }, { high, true },
		{ (u128)2500 * WAD_ONE_RAW, true }, { low - 1, false },
		{ high + 1, false }, { (u128)2000 * WAD_ONE_RAW, true },
	};

	(void)state;
	assert_int_equal(forward_take(255, 0, number(2000)), ERR_OK);
	assert_int_equal(slice_take(255, 0, 0.02, 0.9, 2000), ERR_OK);
	assert_int_equal(mark_take(1, 2000), ERR_OK);
	settle();
	for (size_t i = 0; i < ARRAY_COUNT(step); i++) {
		uint64_t generation = t.generation;
		bool counted = market.mark[1].has_mark;

		index_set(255, step[i].index);
		settle();
		assert_int_equal(market.factor[4].forward_count,
		    step[i].counts);
		assert_int_equal(market.factor[4].slice_count,
		    step[i].counts);
		assert_int_equal(market.mark[1].has_mark, step[i].counts);
		assert_true(market.mark[1].has_open_interest);
		/* Readers are told where something changed, and only then. */
		assert_int_equal(t.generation != generation,
		    counted != step[i].counts);
	}
	assert_int_equal(t.unit[255].expiry[0].forward.held, TERMS_COUNTS);
}

static void
terms__of_one_unit_do_not_wait_for_another(void **state)
{
	(void)state;
	assert_int_equal(forward_take(63, 0, number(2000)), ERR_OK);
	assert_int_equal(forward_take(64, 0, number(2000)), ERR_OK);
	settle();
	index_set(63, (u128)1000 * WAD_ONE_RAW);
	settle();
	assert_int_equal(market.factor[1].forward_count, 0);
	assert_int_equal(market.factor[2].forward_count, 1);
	/* What comes meanwhile is near enough. */
	assert_int_equal(forward_take(63, 1, number(1001)), ERR_OK);
	settle();
	assert_int_equal(market.factor[1].forward_count, 1);
	assert_int_equal(market.factor[1].forward[0].expiry_ms, expiry_of(1));
	index_set(63, (u128)1500 * WAD_ONE_RAW);
	settle();
	assert_int_equal(market.factor[1].forward_count, 0);
	index_set(63, (u128)1540 * WAD_ONE_RAW);
	settle();
	assert_int_equal(market.factor[1].forward_count, 1);
	assert_int_equal(market.factor[1].forward[0].expiry_ms, expiry_of(0));
}

/* ---- neighbours ---------------------------------------------------------- */

/* Each at most 1 % above the next, the first 1.6 % above the last. */
static void
three_take(double first_confidence, double last_confidence)
{
	assert_int_equal(slice_take(67, 0, 0.1016, first_confidence, 2000),
	    ERR_OK);
	assert_int_equal(slice_take(67, 1, 0.1008, 0.9, 2000), ERR_OK);
	assert_int_equal(slice_take(67, 2, 0.1, last_confidence, 2000),
	    ERR_OK);
	settle();
	assert_int_equal(market.factor[3].slice_count, 3);
}

static void
slices_are(uint64_t first_ms, unsigned count)
{
	assert_int_equal(market.factor[3].slice_count, count);
	assert_int_equal(market.factor[3].slice[0].expiry_ms, first_ms);
}

static void
slices__are_judged_again_when_one_between_them_leaves(void **state)
{
	(void)state;
	three_take(0.8, 0.7);
	assert_int_equal(slice_take(67, 1, 0, 0, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(0), 1);	/* the last one is the less sure */
	assert_int_equal(t.unit[67].expiry[2].slice.held, TERMS_CALENDAR);
	assert_int_equal(t.refused[SURFACE_CALENDAR], 0);
	assert_int_equal(slice_take(67, 1, 0.1008, 0.9, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(0), 3);
}

static void
slices__are_judged_again_when_one_between_them_is_old(void **state)
{
	(void)state;
	assert_int_equal(slice_take(67, 1, 0.1008, 0.9, 2000), ERR_OK);
	settle();
	now_ms += 10000;
	assert_int_equal(slice_take(67, 0, 0.1016, 0.7, 2000), ERR_OK);
	assert_int_equal(slice_take(67, 2, 0.1, 0.8, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(0), 3);
	now_ms += AGE_MAX - 9999;
	settle();
	slices_are(expiry_of(2), 1);
}

static void
slices__are_judged_again_when_one_between_them_is_held_back(void **state)
{
	(void)state;
	assert_int_equal(slice_take(67, 0, 0.1016, 0.8, 2000), ERR_OK);
	assert_int_equal(slice_take(67, 1, 0.1008, 0.9, 2500), ERR_OK);
	assert_int_equal(slice_take(67, 2, 0.1, 0.8, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(0), 3);
	index_set(67, (u128)1900 * WAD_ONE_RAW);
	settle();
	slices_are(expiry_of(0), 1);	/* of equals the nearer stays */
	index_set(67, (u128)2000 * WAD_ONE_RAW);
	settle();
	slices_are(expiry_of(0), 3);
}

/* Readers are told why, though nothing else counts than before. */
static void
slices__are_another_where_the_reason_is(void **state)
{
	uint64_t generation;

	(void)state;
	assert_int_equal(slice_take(67, 0, 0.1016, 0.8, 2000), ERR_OK);
	assert_int_equal(slice_take(67, 1, 0.1008, 0.9, 2000), ERR_OK);
	assert_int_equal(slice_take(67, 2, 0.1, 0.7, 2500), ERR_OK);
	settle();
	assert_int_equal(slice_take(67, 1, 0, 0, 2000), ERR_OK);
	settle();
	assert_int_equal(t.unit[67].expiry[2].slice.held, TERMS_CALENDAR);
	generation = t.generation;
	index_set(67, (u128)1900 * WAD_ONE_RAW);
	settle();
	slices_are(expiry_of(0), 1);
	assert_int_equal(t.unit[67].expiry[2].slice.held, TERMS_BASIS);
	assert_true(t.generation > generation);
}

/* What is held back because of a neighbour keeps no offer away. */
static void
slices__that_are_held_back_give_way_to_an_offer(void **state)
{
	(void)state;
	three_take(0.7, 0.8);
	assert_int_equal(slice_take(67, 1, 0, 0, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(2), 1);
	/* It crosses the first one, which does not count. */
	assert_int_equal(slice_take(67, 1, 0.1, 0.5, 2000), ERR_OK);
	settle();
	slices_are(expiry_of(1), 2);
	assert_int_equal(t.unit[67].expiry[0].slice.held, TERMS_CALENDAR);
	assert_int_equal(t.refused[SURFACE_CALENDAR], 0);
}

/* ---- at random ----------------------------------------------------------- */

static bool
is_near(struct px18 p, uint16_t unit)
{
	const struct price *index = terms_index_price(&at, unit);
	struct px18 low, high;

	if (!index)
		return false;
	assert_int_equal(px18_down_ppb(&low, index->mid, rules.basis_max),
	    ERR_OK);
	assert_int_equal(px18_up_ppb(&high, index->mid, rules.basis_max),
	    ERR_OK);
	return px18_compare(p, low) >= 0 && px18_compare(p, high) <= 0;
}

static void
unit_check(unsigned i, unsigned *held)
{
	const struct terms_unit *u = &t.unit[units[i]];
	const struct market_factor *f = &market.factor[i];
	const struct terms_expiry *near = NULL;
	uint32_t forwards = 0, slices = 0;

	for (uint32_t k = 0; k < u->count; k++) {
		const struct terms_expiry *e = &u->expiry[k];
		bool counts = e->forward.as_of_ms != 0 &&
		    is_near(e->forward.price, units[i]);

		if (counts)
			assert_int_equal(f->forward[forwards].expiry_ms,
			    e->expiry_ms);
		forwards += counts;
		held[TERMS_BASIS] += e->forward.as_of_ms != 0 && !counts;
		if (e->slice.as_of_ms == 0)
			continue;
		counts = is_near(e->slice.svi.forward, units[i]);
		assert_int_equal(e->slice.held == TERMS_BASIS, !counts);
		held[e->slice.held]++;
		if (e->slice.held != TERMS_COUNTS)
			continue;
		assert_int_equal(f->slice[slices++].expiry_ms, e->expiry_ms);
		if (near)
			assert_int_equal(surface_check_calendar(
			    &near->slice.svi, option_tau(near->expiry_ms -
			    now_ms), &e->slice.svi, option_tau(e->expiry_ms -
			    now_ms)), SURFACE_GOOD);
		near = e;
	}
	assert_int_equal(f->forward_count, forwards);
	assert_int_equal(f->slice_count, slices);
}

static void
terms__are_what_a_judgement_made_anew_says(void **state)
{
	unsigned held[3] = { 0 }, marks = 0;

	(void)state;
	for (unsigned i = 0; i < 8000; i++) {
		uint16_t unit = units[below(UNITS)];

		now_ms += below(500) == 0 ? 20000 : below(200);
		if (now_ms > NOW + 5 * DAY_MS)
			now_ms = NOW + 5 * DAY_MS;
		for (uint64_t k = below(4); k > 0; k--) {
			double near = 1500 + (double)below(1000);

			switch (below(4)) {
			case 0: (void)!forward_take(unit, (unsigned)below(6),
				    number(near));
				break;
			case 1: (void)!mark_take((uint16_t)below(MARKS), near);
				break;
			default: (void)!slice_take(unit, (unsigned)below(6),
				    0.1 + 1e-4 * (double)below(30), 0.1 *
				    (double)below(9), near);
			}
		}
		if (below(4) == 0)
			index_set(unit, below(9) == 0 ? 0 : (u128)(1300 +
			    below(1400)) * WAD_ONE_RAW);
		settle();
		for (unsigned k = 0; k < UNITS; k++)
			unit_check(k, held);
		for (unsigned k = 0; k < 2; k++) {
			bool counts = t.mark[k].mark_ms != 0 &&
			    is_near(t.mark[k].mark, mark_unit[k]);

			assert_int_equal(market.mark[k].has_mark, counts);
			marks += t.mark[k].mark_ms != 0 && !counts;
		}
	}
	print_message("slices: %u counted, %u too far, %u crossing; marks: %u "
	    "too far\n", held[TERMS_COUNTS], held[TERMS_BASIS],
	    held[TERMS_CALENDAR], marks);
	assert_true(held[TERMS_COUNTS] > 10000 && held[TERMS_BASIS] > 1000 &&
	    held[TERMS_CALENDAR] > 1000 && marks > 1000);
}

#define CASE(test) cmocka_unit_test_setup(test, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(terms__are_settled_and_applied_of_every_unit),
		CASE(terms__count_for_nothing_without_an_index),
		CASE(terms__are_held_back_while_their_index_is_too_far),
		CASE(terms__of_one_unit_do_not_wait_for_another),
		CASE(slices__are_judged_again_when_one_between_them_leaves),
		CASE(slices__are_judged_again_when_one_between_them_is_old),
		CASE(slices__are_judged_again_when_one_between_them_is_held_back),
		CASE(slices__are_another_where_the_reason_is),
		CASE(slices__that_are_held_back_give_way_to_an_offer),
		CASE(terms__are_what_a_judgement_made_anew_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
