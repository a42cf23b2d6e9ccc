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

#ifndef PORTFOLIOS	/* for a longer run */
#define PORTFOLIOS 150
#define MOVES 25
#endif
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

/* Rules of both methods with everything that bends the excess in use now and
 * then. */
static void
random_rules(void)
{
	struct scenario_rules *g = &w->rules.scenario;
	struct standard_rules *t = &w->rules.standard;

	rules_default(&w->rules);
	if (pw_random(w) % 3 == 0)
		t->profit_weight = ppb_from_raw(700000000u);
	if (pw_random(w) % 3 == 0) {
		t->linear.size_factor = num18_from_raw(pw_between(w, 0, 1) /
		    10);
		t->linear.open_interest_upper =
		    usd18_from_raw(pw_number("100000000"));
		t->option.unpaired_initial = ppb_from_raw(200000000u);
		t->option.unpaired_maintenance = ppb_from_raw(180000000u);
	}
	if (pw_random(w) % 3 == 0) {
		uint32_t most = pw_random(w) % 2 ? 1200000000u : 100000000u;

		t->option.initial_at_money = ppb_from_raw(
		    (uint32_t)(pw_random(w) % most));
		t->option.initial_min = ppb_from_raw(
		    (uint32_t)(pw_random(w) % (most / 4)));
		t->option.maintenance_put_mark = ppb_from_raw(600000000u);
		t->option.initial_put_scale = ppb_from_raw(2000000000u);
	}
	if (pw_random(w) % 3 == 0) {
		g->extra.funding_percent = num18_from_raw(
		    pw_between(w, 0, 20));
		g->extra.fee_percent = num18_from_raw(pw_between(w, 0, 10));
		g->extra.short_option_minimum = num18_from_raw(
		    pw_between(w, 0, 300));
		g->extra.minimum_charge = usd18_from_raw(
		    pw_between(w, 0, 100000000));
	}
	if (pw_random(w) % 3 == 0) {
		g->margin.mm_factor = num18_from_raw(pw_between(w, 100,
		    1500));
		g->margin.im_factor = num18_from_raw(pw_between(w, 1000,
		    3000));
		g->skew.linear_base_cap = num18_from_raw(pw_between(w, 100,
		    1500));
		g->skew.abs_base_cap = num18_from_raw(pw_between(w, 100,
		    1500));
		g->skew.width_scale = num18_from_raw(pw_between(w, 100,
		    4000));
		g->shock_count = 6 + (uint32_t)(pw_random(w) % 20);
	}
	if (pw_random(w) % 3 == 0)
		g->basis.basis_cont_add_factor = num18_from_raw(
		    pw_between(w, 0, 30000));
}

/* A cap, a haircut by volatility, nothing: limits of initial margin. */
static void
random_limits(void)
{
	for (uint32_t i = 0; i < w->book.asset_count; i++) {
		struct asset_risk *r = &w->book.assets[i].risk;

		r->has_cap = pw_random(w) % 12 == 0;
		r->cap = usd18_from_raw(pw_between(w, 1000000, 50000000));
		r->is_dynamic = pw_random(w) % 12 == 0;
		r->adv = usd18_from_raw(pw_number("10000000"));
	}
	w->rules.collateral.wrong_way = num18_zero();
}

static void
random_market(void)
{
	anchor_restore();
	random_rules();
	random_limits();
	for (unsigned f = 0; f < 2; f++)
		for (uint32_t k = 0; k < 3; k++) {
			struct market_slice *s = &w->terms.factor[f].slice[k];

			w->terms.factor[f].forward[k].price =
			    moved(w->terms.factor[f].forward[k].price,
			    uniform(pw_number("0.02")));
			s->vol = num18_from_raw(pw_between(w, 300, 1100));
			s->is_flat = pw_random(w) % 4 != 0;
			s->svi = (struct svi){
				.a = num18_from_raw(pw_between(w, 5, 20)),
				.b = num18_from_raw(pw_between(w, 10, 100)),
				.rho = num18_from_raw(pw_between(w, -500,
				    500)),
				.sigma = num18_from_raw(pw_between(w, 50,
				    300)),
				.forward = w->terms.factor[f].price.price.mid,
				.tau = num18_from_raw(pw_between(w, 20,
				    300)) };
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
	for (uint32_t i = 0; i < w->book.position_count; i++) {
		struct position *p = &w->positions[i];
		const struct instrument *k = &w->instruments[p->instrument];

		if (k->kind == INSTRUMENT_OPTION)
			continue;
		p->funding = usd18_from_raw(k->is_inverse ?
		    pw_between(w, -1, 1) / 100 : pw_between(w, -20000, 20000));
		if (k->is_inverse && pw_random(w) % 4 == 0)
			p->entry = pw_px("1000000");
	}
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

/* near_the_floor puts the least requirement a little below or above what the
 * scenarios ask. */
static void
near_the_floor(uint32_t slot, enum margin_method method,
    enum margin_side side)
{
	const struct point mid = point_mid();
	struct usd18 *least = &w->rules.scenario.extra.minimum_charge;
	struct evaluation v;

	*least = usd18_zero();
	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot, method,
	    &mid, side, NULL), ERR_OK);
	assert_int_equal(usd18_mul_num(least, v.requirement, num18_from_raw(
	    pw_between(w, 950, 1020)), ROUND_FLOOR), ERR_OK);
}

/* ---- the line ----------------------------------------------------------- */

static struct usd18
line_at(const struct portfolio_bound *p, const i128 *by, i128 basis, i128 vol)
{
	struct usd18 v = p->excess, part;

	for (unsigned f = 0; f < 3; f++) {
		i128 size = by[f] < 0 ? -by[f] : by[f];

		assert_int_equal(usd18_mul_num(&part, p->slope[f],
		    num18_from_raw(size), ROUND_CEIL), ERR_OK);
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
		if (method == METHOD_SCENARIO && pw_random(w) % 2 == 0)
			near_the_floor(slot, method, side);
		anchor_take();
		assert_int_equal(portfolio_bound_of(&p, &w->snapshot, slot,
		    method, side, num18_from_raw((i128)WAD_ONE_RAW / 4 >>
		    pw_random(w) % 14)), ERR_OK);
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

static struct portfolio_bound
bound_of(uint32_t slot, enum margin_method method, enum margin_side side)
{
	struct portfolio_bound p;

	assert_int_equal(portfolio_bound_of(&p, &w->snapshot, slot, method,
	    side, num18_from_raw((i128)WAD_ONE_RAW / 8)), ERR_OK);
	return p;
}

/* near: within 1e-6 USD. */
static void
assert_usd(struct usd18 v, const char *expected)
{
	i128 off = usd18_to_raw(v) - pw_number(expected);

	if (off > pw_number("0.000001") || off < -pw_number("0.000001")) {
		char text[DECIMAL_BUF];

		decimal_from_i128(text, usd18_to_raw(v), 18);
		fail_msg("%s is not %s", text, expected);
	}
}

/* 10 ETH at 2000 count 0.825, 5000 USDC owed: 16500 - 5000; each moves with
 * its own factor. */
static void
portfolio_bound_of__is_exact_for_tokens(void **state)
{
	static const enum margin_method methods[] = { METHOD_RATIO,
		METHOD_STANDARD, METHOD_SCENARIO };

	(void)state;
	w->rules.scenario.shock_count = 1;	/* no move */
	w->rules.scenario.shock[0].spot = num18_one();
	for (size_t i = 0; i < ARRAY_COUNT(methods); i++) {
		const struct portfolio_room none = { .band = num18_zero() };
		struct vault v = pw_vault(w, methods[i]);
		struct portfolio_bound p;
		uint32_t slot;

		pw_hold(w, &v, PW_ETH, "10");
		pw_owe(w, &v, PW_USDC, "5000");
		slot = pw_put(w, &v);
		p = bound_of(slot, methods[i], SIDE_MAINTENANCE);
		assert_true(p.exists);
		assert_usd(p.excess, "11500");
		assert_usd(p.slope[PW_F_ETH], "16500");
		assert_usd(p.slope[PW_F_BTC], "0");
		assert_usd(p.slope[PW_F_USDC], "5000");
		assert_usd(p.basis_slope, "21500");
		assert_usd(p.vol_slope, "0");
		/* 11500 / 21500 is beyond the box. */
		assert_true(num18_compare(portfolio_bound_radius(&p, &none),
		    p.box) == 0);
		p.excess = usd18_from_raw(pw_number("2150"));
		assert_true(num18_to_raw(portfolio_bound_radius(&p, &none)) ==
		    pw_number("0.1"));
		pw_clear(w);
	}
}

/* A put that is out of the money asks for more as the price falls, and not only
 * by its mark: at_money S - (S - K). */
static void
portfolio_bound_of__knows_a_put_comes_into_the_money(void **state)
{
	struct vault v = pw_vault(w, METHOD_STANDARD);
	const i128 by[3] = { -pw_number("0.0001"), 0, 0 };
	struct portfolio_bound p;
	uint32_t slot;

	(void)state;
	w->rules.standard.option.initial_at_money = ppb_from_raw(600000000u);
	pw_hold(w, &v, PW_USDC, "20000");
	pw_trade(w, &v, 6, -pw_number("10"), pw_px("0"));
	slot = pw_put(w, &v);
	assert_false(w->instruments[6].is_call);
	assert_true(px18_compare(w->instruments[6].strike, pw_px("1800")) ==
	    0);
	assert_int_equal(portfolio_bound_of(&p, &w->snapshot, slot,
	    METHOD_STANDARD, SIDE_INITIAL, num18_from_raw(-by[0])), ERR_OK);
	anchor_take();
	market_move(by, 0, 0);
	assert_true(usd18_compare(excess_mid(slot, METHOD_STANDARD,
	    SIDE_INITIAL), line_at(&p, by, 0, 0)) >= 0);
	/* 10 (1 - 0.6) 2000 a unit of move, and the delta: no more. */
	assert_true(usd18_to_raw(p.slope[0]) > pw_number("8000") &&
	    usd18_to_raw(p.slope[0]) < pw_number("28000"));
}

/* An inverse contract far under water: its index and its mark part. */
static void
portfolio_bound_of__knows_mark_and_index_part(void **state)
{
	struct vault v = pw_vault(w, METHOD_STANDARD);
	const i128 none[3] = { 0, 0, 0 }, by = pw_number("0.01");
	struct portfolio_bound p;
	uint32_t slot;

	(void)state;
	w->terms.mark[2].has_mark = true;
	w->terms.mark[2].mark = pw_px("50000");
	pw_trade(w, &v, 2, pw_number("10000"), pw_px("1000000"));
	slot = pw_put(w, &v);
	p = bound_of(slot, METHOD_STANDARD, SIDE_MAINTENANCE);
	assert_true(p.exists);
	w->terms.mark[2].mark = moved(w->terms.mark[2].mark, -by);
	w->terms.factor[PW_F_BTC].price.price.mid = moved(pw_px("50000"), by);
	assert_true(usd18_compare(excess_mid(slot, METHOD_STANDARD,
	    SIDE_MAINTENANCE), line_at(&p, none, by, 0)) >= 0);
}

/* Short 8 ETH against 10 ETH held at 0.825: the price nets to 500 USD a unit
 * of move, apart from what the tiers ask. */
static void
portfolio_bound_of__nets_a_hedge(void **state)
{
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct portfolio_bound p;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_ETH, "10");
	pw_trade(w, &v, 0, -pw_number("8"), pw_px("2000"));
	slot = pw_put(w, &v);
	p = bound_of(slot, METHOD_STANDARD, SIDE_MAINTENANCE);
	/* 16500 - 3 % of 16000; up: -16500 + 16000 + 480, down: 16500 - 16000
	 * - 480. */
	assert_usd(p.excess, "16020");
	assert_usd(p.slope[PW_F_ETH], "20");
	/* Each on its own: all of it. */
	assert_usd(p.basis_slope, "32980");
}

static void
portfolio_bound_radius__pays_for_the_room_first(void **state)
{
	struct portfolio_bound p = { .exists = true,
		.box = num18_from_raw(pw_number("0.25")),
		.excess = usd18_from_raw(pw_number("100")),
		.basis_slope = usd18_from_raw(pw_number("1000")),
		.vol_slope = usd18_from_raw(pw_number("50")) };
	struct portfolio_room room = { .band = num18_zero() };

	(void)state;
	p.slope[0] = usd18_from_raw(pw_number("600"));
	p.slope[63] = usd18_from_raw(pw_number("400"));
	assert_true(num18_to_raw(portfolio_bound_radius(&p, &room)) ==
	    pw_number("0.1"));
	room.basis = num18_from_raw(pw_number("0.01"));
	assert_true(num18_to_raw(portfolio_bound_radius(&p, &room)) ==
	    pw_number("0.09"));
	room.vol = num18_from_raw(pw_number("0.2"));
	assert_true(num18_to_raw(portfolio_bound_radius(&p, &room)) ==
	    pw_number("0.08"));
	/* 1.08 / 1.0125 - 1 */
	room.band = num18_from_raw(pw_number("0.0125"));
	assert_true(num18_to_raw(portfolio_bound_radius(&p, &room)) ==
	    pw_number("0.066666666666666666"));
	room.band = num18_from_raw(pw_number("0.08"));
	assert_true(num18_is_zero(portfolio_bound_radius(&p, &room)));
	room.band = num18_zero();
	/* The box has room for both. */
	p.excess = usd18_from_raw(pw_number("1000"));
	assert_true(num18_to_raw(portfolio_bound_radius(&p, &room)) ==
	    pw_number("0.24"));
	room.vol = num18_from_raw(PORTFOLIO_BOUND_VOL_MAX_RAW + 1);
	assert_true(num18_is_zero(portfolio_bound_radius(&p, &room)));
	room.vol = num18_zero();
	p.exists = false;
	assert_true(num18_is_zero(portfolio_bound_radius(&p, &room)));
	p.exists = true;
	p.excess = usd18_from_raw(-1);
	assert_true(num18_is_zero(portfolio_bound_radius(&p, &room)));
}

/* A vault with a bit of everything; each thing that no bound is known for. */
static uint32_t
plain_vault(void)
{
	struct vault v;

	pw_clear(w);
	v = pw_vault(w, METHOD_SCENARIO);
	pw_hold(w, &v, PW_ETH, "100");
	pw_trade(w, &v, 0, pw_number("1"), pw_px("2000"));
	pw_trade(w, &v, 3, pw_number("1"), pw_px("2000"));
	pw_trade(w, &v, 5, pw_number("-1"), pw_px("0"));
	return pw_put(w, &v);
}

static bool
exists(enum margin_method method, enum margin_side side)
{
	return bound_of(plain_vault(), method, side).exists;
}

static bool
both_exist(enum margin_side side)
{
	return exists(METHOD_STANDARD, side) && exists(METHOD_SCENARIO, side);
}

static bool
none_exists(enum margin_side side)
{
	return !exists(METHOD_STANDARD, side) &&
	    !exists(METHOD_SCENARIO, side);
}

static void
portfolio_bound_of__knows_none_for_some(void **state)
{
	struct snapshot floor = w->snapshot;
	struct vault v;
	uint32_t slot;

	(void)state;
	assert_true(both_exist(SIDE_INITIAL));
	assert_true(both_exist(SIDE_MAINTENANCE));
	assert_false(exists(METHOD_GREEKS, SIDE_INITIAL));
	assert_false(exists(METHOD_VAR, SIDE_MAINTENANCE));
	assert_false(exists(METHOD_ES, SIDE_MAINTENANCE));

	w->rules.scenario.extra.omega = num18_from_raw(1);
	assert_false(exists(METHOD_SCENARIO, SIDE_MAINTENANCE));
	assert_true(exists(METHOD_STANDARD, SIDE_MAINTENANCE));
	w->rules.scenario.extra.omega = num18_zero();

	w->instruments[0].tier[1].maintenance = ppb_from_raw(29999999);
	assert_false(exists(METHOD_STANDARD, SIDE_MAINTENANCE));
	assert_true(exists(METHOD_STANDARD, SIDE_INITIAL));
	w->instruments[0].tier[1].maintenance = ppb_from_raw(30000000);
	assert_true(exists(METHOD_STANDARD, SIDE_MAINTENANCE));

	w->rules.collateral.share_max = ppb_from_raw(PPB_ONE_RAW - 1);
	assert_true(none_exists(SIDE_INITIAL));
	assert_true(both_exist(SIDE_MAINTENANCE));
	w->rules.collateral.share_max = ppb_one();

	w->book.assets[PW_ETH].risk.is_dynamic = true;
	assert_false(exists(METHOD_STANDARD, SIDE_MAINTENANCE));
	assert_true(exists(METHOD_SCENARIO, SIDE_INITIAL));
	w->book.assets[PW_ETH].risk.is_dynamic = false;

	w->terms.factor[PW_F_ETH].slice[0].confidence =
	    w->rules.scenario.other.conf_threshold;
	assert_false(exists(METHOD_SCENARIO, SIDE_INITIAL));
	assert_true(exists(METHOD_SCENARIO, SIDE_MAINTENANCE));
	assert_true(exists(METHOD_STANDARD, SIDE_INITIAL));
	w->terms.factor[PW_F_ETH].slice[0].confidence =
	    w->rules.standard.oracle.option_threshold;
	assert_true(none_exists(SIDE_INITIAL));
	w->terms.factor[PW_F_ETH].slice[0].confidence = num18_one();
	assert_true(both_exist(SIDE_INITIAL));

	w->rules.scenario.skew.linear_base_cap = num18_from_raw(-1);
	w->rules.scenario.skew.linear_c_base = num18_zero();
	assert_false(exists(METHOD_SCENARIO, SIDE_MAINTENANCE));
	rules_default(&w->rules);

	/* The option's window opens. */
	w->market.as_of_ms = PW_NOW_MS + 7 * PW_DAY_MS -
	    INSTRUMENT_WINDOW_MS_DEFAULT - 1;
	assert_true(both_exist(SIDE_MAINTENANCE));
	w->market.as_of_ms++;
	assert_true(none_exists(SIDE_MAINTENANCE));
	w->market.as_of_ms = PW_NOW_MS;

	slot = plain_vault();
	v = w->vaults[slot];
	w->orders[0] = (struct order){ .instrument = 0,
		.size = num18_one(), .price = pw_px("1900") };
	w->book.order_count = v.order_count = 1;
	v.order_first = 0;
	slot = pw_put(w, &v);
	assert_false(bound_of(slot, METHOD_STANDARD, SIDE_INITIAL).exists);

	floor.floors = &w->snapshot;
	floor.floor_count = 1;
	{
		struct portfolio_bound p;

		assert_int_equal(portfolio_bound_of(&p, &floor, plain_vault(),
		    METHOD_SCENARIO, SIDE_INITIAL, num18_from_raw(
		    (i128)WAD_ONE_RAW / 8)), ERR_OK);
		assert_false(p.exists);
	}
	w->terms.factor[PW_F_ETH].price.price.status = PRICE_REFUSED;
	{
		struct portfolio_bound p;

		assert_int_equal(portfolio_bound_of(&p, &w->snapshot,
		    plain_vault(), METHOD_SCENARIO, SIDE_INITIAL,
		    num18_from_raw((i128)WAD_ONE_RAW / 8)), ERR_STALE);
	}
}

/* What shares its collateral adds up. */
static void
portfolio_bound_of__adds_what_shares(void **state)
{
	struct portfolio_bound one, two, all;
	struct vault root = pw_vault(w, METHOD_STANDARD), child;
	uint32_t slot, below;

	(void)state;
	root.node = NODE_CROSS;
	pw_hold(w, &root, PW_ETH, "10");
	slot = pw_put(w, &root);
	child = pw_vault(w, METHOD_SCENARIO);
	child.node = NODE_PORTFOLIO;
	pw_trade(w, &child, 1, pw_number("-0.1"), pw_px("50000"));
	below = pw_put(w, &child);
	one = bound_of(slot, METHOD_STANDARD, SIDE_INITIAL);
	two = bound_of(below, METHOD_SCENARIO, SIDE_INITIAL);
	w->vaults[below].parent = slot + 1;
	tree_build(&w->tree, &w->book);
	w->snapshot.tree = &w->tree;
	all = bound_of(slot, METHOD_STANDARD, SIDE_INITIAL);
	assert_true(all.exists);
	assert_true(usd18_to_raw(all.excess) == usd18_to_raw(one.excess) +
	    usd18_to_raw(two.excess));
	for (size_t f = 0; f < BOOK_FACTORS_MAX; f++)
		assert_true(usd18_to_raw(all.slope[f]) ==
		    usd18_to_raw(one.slope[f]) + usd18_to_raw(two.slope[f]));
	assert_true(usd18_to_raw(all.slope[PW_F_ETH]) > 0 &&
	    usd18_to_raw(all.slope[PW_F_BTC]) > 0);
}

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
		UNIT_TEST(portfolio_bound_of__is_exact_for_tokens),
		UNIT_TEST(portfolio_bound_of__nets_a_hedge),
		UNIT_TEST(portfolio_bound_of__knows_a_put_comes_into_the_money),
		UNIT_TEST(portfolio_bound_of__knows_mark_and_index_part),
		UNIT_TEST(portfolio_bound_radius__pays_for_the_room_first),
		UNIT_TEST(portfolio_bound_of__knows_none_for_some),
		UNIT_TEST(portfolio_bound_of__adds_what_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
