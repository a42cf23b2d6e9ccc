/* The bound against exact evaluations of markets within its box, and its
 * radius against how far prices really may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/portfolio_bound.h"
#include "tests/portfolio_world.h"

#define PORTFOLIOS 150
#define MOVES 25
#define TRIES 40

static struct portfolio_world *w;
static struct market anchor;
static struct market_terms anchor_terms;

static int
setup(void **state)
{
	(void)state;
	w = pw_init(17);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static void
anchor_take(void)
{
	anchor = w->market;
	anchor_terms = w->terms;
}

static void
anchor_restore(void)
{
	w->market = anchor;
	w->terms = anchor_terms;
}

/* ---- moves -------------------------------------------------------------- */

/* by 1e-9. */
static i128
uniform(i128 most)
{
	i128 u = (i128)(pw_random(w) % 2000000001) - 1000000000;

	return most / 1000000000 * u;
}

/* extreme: often the end itself. */
static i128
extreme(i128 most)
{
	switch (pw_random(w) % 4) {
	case 0: return most;
	case 1: return -most;
	default: return uniform(most);
	}
}

static struct px18
moved(struct px18 p, i128 by)
{
	struct px18 out;

	assert_int_equal(px18_mul_num(&out, p, num18_from_raw(
	    (i128)WAD_ONE_RAW + by), ROUND_FLOOR), ERR_OK);
	return out;
}

static void
price_move(struct market_price *to, const struct market_price *p, i128 factor,
    i128 basis)
{
	i128 by = factor + extreme(basis);
	i128 most = (factor < 0 ? -factor : factor) + basis;

	to->price.mid = moved(p->price.mid, by);
	to->price.low = moved(p->price.low, by);
	to->price.high = moved(p->price.high, by);
	/* Slow companions go their own way within the same bound. */
	to->twap = moved(p->twap, extreme(most));
	to->stable = moved(p->stable, extreme(most));
}

/* market_move moves each factor by its own and each price by up to `basis`
 * more. */
static void
market_move(const i128 *by, i128 basis, i128 vol)
{
	for (uint32_t i = 0; i < w->book.asset_count; i++)
		price_move(&w->market.asset[i], &anchor.asset[i],
		    by[w->book.assets[i].factor], basis);
	for (unsigned f = 0; f < 2; f++) {
		struct market_factor *to = &w->terms.factor[f];
		const struct market_factor *from = &anchor_terms.factor[f];

		price_move(&to->price, &from->price, by[f], basis);
		for (uint32_t k = 0; k < from->forward_count; k++) {
			to->forward[k].price = moved(from->forward[k].price,
			    by[f] + extreme(basis));
			to->slice[k].vol = num18_from_raw(num18_to_raw(
			    from->slice[k].vol) + extreme(vol));
		}
	}
	for (uint32_t i = 0; i < w->book.instrument_count; i++)
		w->terms.mark[i].mark = moved(anchor_terms.mark[i].mark,
		    by[w->instruments[i].factor] + extreme(basis));
}

/* ---- random portfolios -------------------------------------------------- */

static void
random_market(void)
{
	anchor_restore();
	w->rules.standard.profit_weight = ppb_from_raw(pw_random(w) % 3 ?
	    PPB_ONE_RAW : 700000000u);
	for (unsigned f = 0; f < 2; f++)
		for (uint32_t k = 0; k < 3; k++) {
			struct market_slice *s = &w->terms.factor[f].slice[k];

			w->terms.factor[f].forward[k].price =
			    moved(w->terms.factor[f].forward[k].price,
			    uniform(pw_number("0.02")));
			s->vol = num18_from_raw(pw_between(w, 300, 1100));
		}
	for (uint32_t i = 0; i < w->book.instrument_count; i++) {
		struct market_mark *m = &w->terms.mark[i];

		m->has_mark = w->instruments[i].kind != INSTRUMENT_OPTION &&
		    pw_random(w) % 2 == 0;
		m->mark = moved(w->terms.factor[w->instruments[i].factor].
		    price.price.mid, uniform(pw_number("0.01")));
	}
	for (uint32_t i = 0; i < w->book.asset_count; i++) {
		struct market_price *p = &w->market.asset[i];

		p->has_twap = pw_random(w) % 6 == 0;
		p->has_stable = pw_random(w) % 6 == 0;
		p->twap = moved(p->price.mid, uniform(pw_number("0.02")));
		p->stable = moved(p->price.mid, uniform(pw_number("0.02")));
	}
	w->terms.rate_count = 1;
	w->terms.rate[0] = (struct market_rate){ PW_NOW_MS,
		num18_from_raw(pw_between(w, -10, 80)) };
}

/* A vault of a few positions whose collateral is mostly enough. */
static uint32_t
random_portfolio(enum margin_method method)
{
	uint32_t slot;

	pw_clear(w);
	slot = pw_random_vault(w, method, 1 + (unsigned)(pw_random(w) % 12));
	for (uint32_t i = 0; i < w->book.position_count; i++)
		if (w->instruments[w->positions[i].instrument].kind !=
		    INSTRUMENT_OPTION)
			w->positions[i].funding = usd18_from_raw(
			    w->instruments[w->positions[i].instrument].
			    is_inverse ? pw_between(w, -1, 1) / 100 :
			    pw_between(w, -20000, 20000));
	return slot;
}

static struct usd18
excess_at(uint32_t slot, enum margin_method method, enum margin_side side,
    const struct point *at)
{
	struct evaluation v;

	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot, method,
	    at, side, NULL), ERR_OK);
	return v.excess;
}

static struct usd18
excess_mid(uint32_t slot, enum margin_method method, enum margin_side side)
{
	const struct point mid = point_mid();

	return excess_at(slot, method, side, &mid);
}

static struct usd18
excess_worst(uint32_t slot, enum margin_method method, enum margin_side side)
{
	struct point at;

	assert_int_equal(margin_worst_point(&at, &w->snapshot, slot, method,
	    side, false), ERR_OK);
	return excess_at(slot, method, side, &at);
}

static void
sizes_scale(i128 num, i128 den)
{
	for (uint32_t i = 0; i < w->book.position_count; i++)
		w->positions[i].size = num18_from_raw(num18_to_raw(
		    w->positions[i].size) / den * num);
}

/* geared_up trades more of the same until the next step would be too much;
 * false where the vault has no excess to begin with. */
static bool
geared_up(uint32_t slot, enum margin_method method, enum margin_side side)
{
	if (w->book.position_count == 0 || usd18_to_raw(excess_mid(slot,
	    method, side)) <= 0)
		return false;
	for (int i = 0; i < 40; i++) {
		sizes_scale(3, 2);
		if (usd18_to_raw(excess_mid(slot, method, side)) > 0)
			continue;
		sizes_scale(2, 3);
		break;
	}
	return true;
}

/* ---- the line ----------------------------------------------------------- */

static struct usd18
line_at(const struct portfolio_bound *p, const i128 *by, i128 basis, i128 vol)
{
	struct usd18 v = p->excess, part;

	for (unsigned f = 0; f < 3; f++) {
		assert_int_equal(usd18_mul_num(&part, p->slope[f],
		    num18_from_raw(by[f] < 0 ? -by[f] : by[f]), ROUND_CEIL), ERR_OK);
		assert_int_equal(usd18_sub(&v, v, part), ERR_OK);
	}
	assert_int_equal(usd18_mul_num(&part, p->basis_slope,
	    num18_from_raw(basis), ROUND_CEIL), ERR_OK);
	assert_int_equal(usd18_sub(&v, v, part), ERR_OK);
	assert_int_equal(usd18_mul_num(&part, p->vol_slope,
	    num18_from_raw(vol), ROUND_CEIL), ERR_OK);
	assert_int_equal(usd18_sub(&v, v, part), ERR_OK);
	return v;
}

static void
check_line(const struct portfolio_bound *p, uint32_t slot,
    enum margin_method method, enum margin_side side)
{
	i128 box = num18_to_raw(p->box);
	i128 basis = pw_random(w) % 2 ? 0 : box / (2 +
	    (i128)(pw_random(w) % 20));
	i128 vol = pw_random(w) % 2 ? 0 : (i128)(pw_random(w) % 200) *
	    (i128)(WAD_ONE_RAW / 1000);
	i128 by[3];
	struct usd18 exact, line;

	for (unsigned f = 0; f < 3; f++)
		by[f] = extreme(pw_random(w) % 3 ? box - basis :
		    (box - basis) / 50);
	market_move(by, basis, vol);
	exact = excess_mid(slot, method, side);
	line = line_at(p, by, basis, vol);
	if (usd18_compare(exact, line) < 0) {
		char a[DECIMAL_BUF], b[DECIMAL_BUF];

		decimal_from_i128(a, usd18_to_raw(exact), 18);
		decimal_from_i128(b, usd18_to_raw(line), 18);
		fail_msg("excess %s is below %s", a, b);
	}
}

static void
check_lines(enum margin_method method)
{
	unsigned bounds = 0;

	anchor_take();
	for (int i = 0; i < PORTFOLIOS; i++) {
		const struct market clean = anchor;
		const struct market_terms clean_terms = anchor_terms;
		enum margin_side side = i % 2 ? SIDE_INITIAL :
		    SIDE_MAINTENANCE;
		uint32_t slot = random_portfolio(method);
		struct portfolio_bound p;

		random_market();
		(void)geared_up(slot, method, side);
		anchor_take();
		assert_int_equal(portfolio_bound_of(&p, &w->snapshot, slot,
		    method, side, num18_from_raw((i128)WAD_ONE_RAW / 4 >>
		    pw_random(w) % 6)), ERR_OK);
		bounds += p.exists;
		for (int k = 0; k < MOVES && p.exists; k++)
			check_line(&p, slot, method, side);
		anchor = clean;
		anchor_terms = clean_terms;
	}
	assert_true(bounds > PORTFOLIOS * 9 / 10);
}

static void
portfolio_bound_of__is_below_standard(void **state)
{
	(void)state;
	check_lines(METHOD_STANDARD);
}

static void
portfolio_bound_of__is_below_scenario(void **state)
{
	(void)state;
	check_lines(METHOD_SCENARIO);
}

/* ---- the radius --------------------------------------------------------- */

static struct portfolio_room
room_of(const struct market *m)
{
	struct portfolio_room room = { .basis = num18_from_raw(0) };

	for (uint32_t i = 0; i < w->book.asset_count; i++) {
		const struct price *p = &m->asset[i].price;
		i128 up = (i128)(px18_to_raw(p->high) - px18_to_raw(p->mid));
		i128 down = (i128)(px18_to_raw(p->mid) - px18_to_raw(p->low));
		i128 width = (up > down ? up : down) * 1000000 /
		    (i128)px18_to_raw(p->mid) + 1;

		if (num18_to_raw(room.band) < width * 1000000000000)
			room.band = num18_from_raw(width * 1000000000000);
	}
	return room;
}

/* distance: the least joint move, all factors by as much, up or down, that
 * makes the excess negative; at most a half. */
static i128
distance_of(uint32_t slot, enum margin_method method, enum margin_side side)
{
	i128 least = (i128)WAD_ONE_RAW / 2;

	for (unsigned corner = 0; corner < 8; corner++) {
		i128 good = 0, bad = least;
		i128 by[3];

		for (int k = 1; k <= TRIES; k++) {
			i128 t = least / TRIES * k;

			for (unsigned f = 0; f < 3; f++)
				by[f] = corner >> f & 1 ? -t : t;
			market_move(by, 0, 0);
			if (usd18_is_negative(excess_mid(slot, method,
			    side))) {
				bad = t;
				break;
			}
			good = t;
		}
		while (bad - good > (i128)WAD_ONE_RAW / 100000) {
			i128 t = good + (bad - good) / 2;

			for (unsigned f = 0; f < 3; f++)
				by[f] = corner >> f & 1 ? -t : t;
			market_move(by, 0, 0);
			if (usd18_is_negative(excess_mid(slot, method, side)))
				bad = t;
			else
				good = t;
		}
		least = bad < least ? bad : least;
	}
	return least;
}

static int
compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* check_radius: nothing within it makes the excess negative, not even at the
 * worst point of the band; r with no room over the true distance, permille. */
static int
check_radius(uint32_t slot, enum margin_method method, enum margin_side side)
{
	const struct portfolio_room none = { .band = num18_zero() };
	struct portfolio_room room = room_of(&w->market);
	struct portfolio_bound p;
	i128 r, by[3], distance;

	room.basis = num18_from_raw(pw_number("0.0005"));
	room.vol = num18_from_raw(pw_number("0.002"));
	assert_int_equal(portfolio_bound_widest(&p, &w->snapshot, slot, method,
	    side, &room), ERR_OK);
	r = num18_to_raw(portfolio_bound_radius(&p, &room));
	for (int k = 0; k < 8 && r > 0; k++) {
		for (unsigned f = 0; f < 3; f++)
			by[f] = extreme(r);
		market_move(by, pw_number("0.0005"), pw_number("0.002"));
		assert_false(usd18_is_negative(excess_worst(slot, method,
		    side)));
		anchor_restore();
	}
	assert_int_equal(portfolio_bound_widest(&p, &w->snapshot, slot, method,
	    side, &none), ERR_OK);
	r = num18_to_raw(portfolio_bound_radius(&p, &none));
	for (int k = 0; k < MOVES && r > 0; k++) {
		for (unsigned f = 0; f < 3; f++)
			by[f] = extreme(r);
		market_move(by, 0, 0);
		assert_false(usd18_is_negative(excess_mid(slot, method,
		    side)));
	}
	distance = distance_of(slot, method, side);
	anchor_restore();
	assert_true(r <= distance);
	return (int)(r * 1000 / distance);
}

static void
check_radii(enum margin_method method)
{
	int ratio[PORTFOLIOS], count = 0;

	anchor_take();
	for (int i = 0; i < 4 * PORTFOLIOS && count < PORTFOLIOS; i++) {
		enum margin_side side = i % 2 ? SIDE_INITIAL :
		    SIDE_MAINTENANCE;
		uint32_t slot = random_portfolio(method);

		if (!geared_up(slot, method, side))
			continue;
		ratio[count++] = check_radius(slot, method, side);
	}
	assert_true(count > PORTFOLIOS / 2);
	qsort(ratio, (size_t)count, sizeof(ratio[0]), compare_ints);
	print_message("radius over distance, permille: p10 %d, median %d, "
	    "p90 %d of %d\n", ratio[count / 10], ratio[count / 2],
	    ratio[count * 9 / 10], count);
	assert_true(ratio[count / 2] >= 100);
}

static void
portfolio_bound_radius__holds_and_is_useful_for_standard(void **state)
{
	(void)state;
	check_radii(METHOD_STANDARD);
}

static void
portfolio_bound_radius__holds_and_is_useful_for_scenario(void **state)
{
	(void)state;
	check_radii(METHOD_SCENARIO);
}

/* ---- by hand ------------------------------------------------------------ */

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(portfolio_bound_of__is_below_standard),
		UNIT_TEST(portfolio_bound_of__is_below_scenario),
		UNIT_TEST(
		    portfolio_bound_radius__holds_and_is_useful_for_standard),
		UNIT_TEST(
		    portfolio_bound_radius__holds_and_is_useful_for_scenario),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
