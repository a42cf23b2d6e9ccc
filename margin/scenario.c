/* One unit through the grid: rows priced one at a time, summed exactly by
 * group, then the steps of margin/scenario_table.h. */
#include "margin/scenario.h"

#include "base/must.h"
#include "base/u256.h"
#include "margin/scenario_charges.h"
#include "margin/scenario_table.h"

#define DECIMALS 18u
#define AMOUNT_RAW_MAX ((i128)1 << 110)

/* An exact sum of amount (18 decimals) * value (K decimals): hi * 2^64 + lo.
 * With |amount| <= 2^110 and |value| <= 2^60 a thousand terms fit. */
struct sum {
	i128 hi;
	uint64_t lo;
};

static void
sum_add(struct sum *s, i128 amount, int64_t value)
{
	uint64_t low = (uint64_t)amount;
	i128 carry = (i128)low * value + s->lo;

	s->hi += (amount >> 64) * value + (carry >> 64);
	s->lo = (uint64_t)carry;
}

static struct sum
sum_sub(struct sum a, struct sum b)
{
	return (struct sum){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

static bool
sum_is_less(struct sum a, struct sum b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* sum_scale_wide: s * factor / divisor of a magnitude, away from zero or
 * not. */
static enum err
sum_scale_wide(u128 *out, struct sum s, uint64_t factor, u128 divisor,
    bool away)
{
	struct u256 m, f, d, q, rest;
	u128 v;

	m = (struct u256){ { s.lo, (uint64_t)s.hi,
	    (uint64_t)((u128)s.hi >> 64), 0 } };
	f = u256_from_u128(factor);
	d = u256_from_u128(divisor);
	if (u256_mul(&m, &m, &f) != ERR_OK)
		return ERR_RANGE;
	u256_div(&q, &rest, &m, &d);
	if (u256_to_u128(&v, &q) != ERR_OK || v >= (u128)I128_MAX)
		return ERR_RANGE;
	*out = v + (away && !u256_is_zero(&rest));
	return ERR_OK;
}

/* sum_scale: s * factor / divisor.  Most sums have 128 bits. */
static enum err
sum_scale(i128 *out, struct sum s, uint64_t factor, u128 divisor,
    enum rounding r)
{
	bool is_negative = s.hi < 0;
	/* Away from zero where the side asks for it. */
	bool away = is_negative == (r == ROUND_FLOOR);
	u128 v;

	if (is_negative)
		s = sum_sub((struct sum){ 0, 0 }, s);
	if (s.hi < 0 || s.hi >> 64 != 0 || muldiv_u128(&v,
	    (u128)s.hi << 64 | s.lo, factor, divisor, away ? ROUND_CEIL :
	    ROUND_FLOOR) != ERR_OK || v >= (u128)I128_MAX) {
		enum err e = sum_scale_wide(&v, s, factor, divisor, away);

		if (e != ERR_OK)
			return e;
	}
	*out = is_negative ? -(i128)v : (i128)v;
	return ERR_OK;
}

struct run {
	const struct scenario_unit *unit;
	const struct scenario_rules *rules;
	const struct scenario_columns *columns;
	unsigned decimals;	/* K */
	struct sum sum[SCENARIO_COLUMNS_MAX];	/* of the open group */
	i128 pnl[SCENARIO_COLUMNS_MAX];	/* K + 8 decimals */
	i128 basis;
	struct usd18 option_value;
};

static enum err
run_add_row(struct run *run, struct num18 amount, const int64_t *row)
{
	i128 raw = num18_to_raw(amount);

	if (raw > AMOUNT_RAW_MAX || raw < -AMOUNT_RAW_MAX)
		return ERR_RANGE;
	for (uint32_t i = 0; i < run->columns->count; i++)
		sum_add(&run->sum[i], raw, row[i]);
	return ERR_OK;
}

static enum err
add_checked(i128 *sum, i128 v)
{
	return __builtin_add_overflow(*sum, v, sum) ? ERR_RANGE : ERR_OK;
}

static enum err
group_basis(struct run *run, const struct scenario_group *g, u128 unit)
{
	struct sum now = run->sum[run->columns->base];
	struct sum up = sum_sub(run->sum[run->columns->up], now);
	struct sum down = sum_sub(run->sum[run->columns->down], now);
	struct sum least = sum_is_less(up, down) ? up : down;
	i128 v;

	if (least.hi >= 0)
		return ERR_OK;
	if (sum_scale(&v, least, g->basis_factor, unit << SCENARIO_FACTOR_BITS,
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return add_checked(&run->basis, v);
}

/* run_close_group turns the group's sums into profit and loss. */
static enum err
run_close_group(struct run *run, const struct scenario_group *g)
{
	u128 unit = pow10_u128(DECIMALS - SCENARIO_AMOUNT_DECIMALS);
	i128 now;

	if (sum_scale(&now, run->sum[run->columns->base], 1, unit,
	    ROUND_CEIL) != ERR_OK || group_basis(run, g, unit) != ERR_OK)
		return ERR_RANGE;
	for (uint32_t i = 0; i < run->columns->count; i++) {
		bool is_loss = run->sum[i].hi < 0;
		i128 v;

		if (sum_scale(&v, run->sum[i], is_loss ? g->discount_short :
		    g->discount_long, unit << SCENARIO_DISCOUNT_BITS,
		    ROUND_FLOOR) != ERR_OK ||
		    __builtin_sub_overflow(v, now, &v))
			return ERR_RANGE;
		if (run->columns->column[i].vol >= SCENARIO_VOL_LINEAR &&
		    !g->is_linear && v > 0)
			v = -v;
		if (add_checked(&run->pnl[i], v) != ERR_OK)
			return ERR_RANGE;
		run->sum[i] = (struct sum){ 0, 0 };
	}
	return ERR_OK;
}

static enum err
run_option_value(struct run *run)
{
	i128 v;

	if (sum_scale(&v, run->sum[run->columns->base], 1,
	    pow10_u128(run->decimals), ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(&run->option_value, run->option_value,
	    usd18_from_raw(v));
}

static enum err
run_expiry(struct run *run, uint32_t expiry)
{
	int64_t row[SCENARIO_COLUMNS_MAX];
	struct scenario_slice s;

	if (scenario_slice_of(&s, &run->unit->expiry[expiry], run->columns,
	    run->rules) != ERR_OK)
		return ERR_RANGE;
	for (uint32_t i = 0; i < run->unit->option_count; i++) {
		const struct scenario_option *o = &run->unit->option[i];

		if (o->expiry != expiry || num18_is_zero(o->amount))
			continue;
		if (scenario_row_option(row, o, &s, run->columns, run->rules,
		    run->decimals, SCENARIO_VALUE_BITS) != ERR_OK ||
		    run_add_row(run, o->amount, row) != ERR_OK)
			return ERR_RANGE;
	}
	if (run_option_value(run) != ERR_OK)
		return ERR_RANGE;
	return run_close_group(run, &s.group);
}

static enum err
run_linears(struct run *run)
{
	const struct scenario_unit *u = run->unit;
	const struct scenario_group linear = scenario_group_linear();
	int64_t row[SCENARIO_COLUMNS_MAX];
	struct px18 moving, fixed;

	for (uint32_t i = 0; i < u->linear_count; i++)
		if (!num18_is_zero(u->linear[i].amount) &&
		    (scenario_linear_split(&moving, &fixed, u->linear[i].price,
		    u->linear[i].expiry == SCENARIO_NO_EXPIRY ? NULL :
		    &u->expiry[u->linear[i].expiry]) != ERR_OK ||
		    scenario_row_linear(row, moving, fixed, run->columns,
		    run->decimals, SCENARIO_VALUE_BITS) != ERR_OK ||
		    run_add_row(run, u->linear[i].amount, row) != ERR_OK))
			return ERR_RANGE;
	for (uint32_t i = 0; i < u->collateral_count; i++) {
		const struct scenario_collateral *c = &u->collateral[i];

		if (!c->is_risk_cancelling || num18_is_zero(c->amount))
			continue;
		if (px18_move(&moving, c->price, px18_from_raw(WAD_ONE_RAW),
		    u->stable, ROUND_FLOOR) != ERR_OK ||
		    scenario_row_linear(row, moving, px18_from_raw(0),
		    run->columns, run->decimals, SCENARIO_VALUE_BITS) !=
		    ERR_OK || run_add_row(run, c->amount, row) != ERR_OK)
			return ERR_RANGE;
	}
	return run_close_group(run, &linear);
}

/* largest_price: what bounds the value of one contract before any shock. */
static struct px18
largest_price(const struct scenario_unit *u)
{
	struct px18 most = u->spot;

	for (uint32_t i = 0; i < u->expiry_count; i++) {
		most = px18_max(most, u->expiry[i].forward_variable);
		most = px18_max(most, u->expiry[i].forward_fixed);
	}
	for (uint32_t i = 0; i < u->option_count; i++)
		most = px18_max(most, u->option[i].strike);
	for (uint32_t i = 0; i < u->linear_count; i++)
		most = px18_max(most, u->linear[i].price);
	for (uint32_t i = 0; i < u->collateral_count; i++)
		if (u->collateral[i].is_risk_cancelling)
			most = px18_max(most, u->collateral[i].price);
	return most;
}

static enum err
unit_check(const struct scenario_unit *u)
{
	if (u->expiry_count > SCENARIO_EXPIRIES_MAX ||
	    u->option_count > SCENARIO_OPTIONS_MAX ||
	    u->linear_count > SCENARIO_LINEARS_MAX ||
	    u->collateral_count > SCENARIO_COLLATERALS_MAX)
		return ERR_LIMIT;
	if (u->decimals > SCENARIO_DECIMALS_MAX || px18_is_zero(u->stable))
		return ERR_RANGE;
	for (uint32_t i = 0; i < u->option_count; i++)
		if (u->option[i].expiry >= u->expiry_count)
			return ERR_UNKNOWN;
	for (uint32_t i = 0; i < u->linear_count; i++)
		if (u->linear[i].expiry != SCENARIO_NO_EXPIRY &&
		    u->linear[i].expiry >= u->expiry_count)
			return ERR_UNKNOWN;
	return ERR_OK;
}

/* ---- from the sums to the result ---------------------------------------- */

/* usd_from_run floors from K + 8 decimals to 18. */
static enum err
usd_from_run(struct usd18 *out, i128 v, const struct run *run)
{
	unsigned decimals = run->decimals + SCENARIO_AMOUNT_DECIMALS;
	i128 up = 1, down = 1;

	if (decimals >= DECIMALS)
		down = (i128)pow10_u128(decimals - DECIMALS);
	else
		up = (i128)pow10_u128(DECIMALS - decimals);
	if (muldiv_i128(&v, v, up, down, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

static enum err
pnl_of_column(struct usd18 *out, const struct run *run, uint32_t column)
{
	const i128 one = (i128)1 << SCENARIO_DAMPENING_BITS;
	i128 v = run->pnl[column];
	i128 dampening = (i128)run->columns->column[column].dampening;

	if (dampening != one &&
	    muldiv_i128(&v, v, dampening, one, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return usd_from_run(out, v, run);
}

static enum err
result_losses(struct scenario_result *out, const struct run *run)
{
	const struct scenario_columns *c = run->columns;
	struct usd18 least;

	if (usd_from_run(&out->basis, run->basis, run) != ERR_OK)
		return ERR_RANGE;
	least = out->basis;
	out->worst = out->pnl_count = run->rules->shock_count;
	for (uint32_t i = 0; i < out->pnl_count; i++) {
		if (pnl_of_column(&out->pnl[i], run, c->of_shock[i]) != ERR_OK)
			return ERR_RANGE;
		if (usd18_compare(out->pnl[i], least) < 0) {
			least = out->pnl[i];
			out->worst = i;
		}
	}
	if (!num18_is_zero(run->rules->extra.omega))
		out->common_count = run->rules->common_count;
	for (uint32_t i = 0; i < out->common_count; i++)
		if (pnl_of_column(&out->common_pnl[i], run, c->of_common[i]) !=
		    ERR_OK)
			return ERR_RANGE;
	return usd18_neg(&out->loss, least);
}

static enum err
result_values(struct scenario_result *out, const struct run *run)
{
	const struct scenario_unit *u = run->unit;
	struct usd18 v;

	out->cash = u->cash;
	out->option_value = run->option_value;
	out->linear_value = u->linear_pnl;
	for (uint32_t i = 0; i < u->linear_count; i++)
		if (u->linear[i].kind == SCENARIO_SPOT &&
		    (usd18_from_contracts(&v, u->linear[i].amount,
		    num18_one(), u->linear[i].price, ROUND_FLOOR) != ERR_OK ||
		    usd18_add(&out->linear_value, out->linear_value, v) !=
		    ERR_OK))
			return ERR_RANGE;
	for (uint32_t i = 0; i < u->collateral_count; i++)
		if (scenario_collateral_value(&v, &u->collateral[i],
		    u->stable) != ERR_OK || usd18_add(&out->collateral_value,
		    out->collateral_value, v) != ERR_OK)
			return ERR_RANGE;
	if (usd18_add(&v, out->cash, out->linear_value) != ERR_OK ||
	    usd18_add(&v, v, out->option_value) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(&out->value, v, out->collateral_value);
}

static enum err
add_contingency(struct usd18 *sum, const struct scenario_contingency *c)
{
	if (usd18_add(sum, *sum, c->linear) != ERR_OK ||
	    usd18_add(sum, *sum, c->option) != ERR_OK ||
	    usd18_add(sum, *sum, c->collateral) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(sum, *sum, c->confidence);
}

static enum err
result_requirements(struct scenario_result *out)
{
	struct usd18 initial, maintenance;

	if (usd18_mul_num(&maintenance, out->loss, out->mm_factor,
	    ROUND_CEIL) != ERR_OK ||
	    usd18_mul_num(&initial, out->loss, out->im_factor, ROUND_CEIL) !=
	    ERR_OK ||
	    add_contingency(&maintenance, &out->mm_contingency) != ERR_OK ||
	    add_contingency(&initial, &out->mm_contingency) != ERR_OK ||
	    add_contingency(&initial, &out->im_contingency) != ERR_OK ||
	    usd18_add(&initial, initial, out->extra_initial) != ERR_OK)
		return ERR_RANGE;
	out->requirement_initial = usd18_max(initial, out->floor);
	out->requirement_maintenance = usd18_max(maintenance, out->floor);
	if (usd18_sub(&out->margin_initial, out->value,
	    out->requirement_initial) != ERR_OK)
		return ERR_RANGE;
	return usd18_sub(&out->margin_maintenance, out->value,
	    out->requirement_maintenance);
}

enum err
scenario_evaluate(struct scenario_result *out, const struct scenario_unit *u,
    const struct scenario_rules *r)
{
	struct scenario_columns columns;
	enum err e = unit_check(u);

	if (e != ERR_OK)
		return e;
	if (scenario_columns_of(&columns, r, u->beta) != ERR_OK)
		return ERR_RANGE;
	return scenario_evaluate_columns(out, u, r, &columns);
}

enum err
scenario_evaluate_columns(struct scenario_result *out,
    const struct scenario_unit *u, const struct scenario_rules *r,
    const struct scenario_columns *columns)
{
	struct run run = { .unit = u, .rules = r, .columns = columns };
	struct scenario_result s = { .worst = 0 };
	enum err e = unit_check(u);

	if (e != ERR_OK)
		return e;
	run.decimals = u->decimals != 0 ? u->decimals : scenario_decimals_for(
	    largest_price(u), columns, SCENARIO_VALUE_BITS);
	for (uint32_t i = 0; i < u->expiry_count; i++)
		if (run_expiry(&run, i) != ERR_OK)
			return ERR_RANGE;
	if (run_linears(&run) != ERR_OK ||
	    result_losses(&s, &run) != ERR_OK ||
	    result_values(&s, &run) != ERR_OK ||
	    scenario_charges_of(&s, u, r) != ERR_OK ||
	    result_requirements(&s) != ERR_OK)
		return ERR_RANGE;
	*out = s;
	return ERR_OK;
}

/* ---- several units ------------------------------------------------------ */

/* offset_loss: max over the common moves of max(0, -sum of PnL). */
static enum err
offset_loss(struct usd18 *out, const struct scenario_result *const *unit,
    uint32_t count)
{
	struct usd18 most = usd18_zero();

	for (uint32_t m = 0; m < unit[0]->common_count; m++) {
		struct usd18 pnl = usd18_zero();

		for (uint32_t i = 0; i < count; i++)
			if (usd18_add(&pnl, pnl, unit[i]->common_pnl[m]) !=
			    ERR_OK)
				return ERR_RANGE;
		if (usd18_neg(&pnl, pnl) != ERR_OK)
			return ERR_RANGE;
		most = usd18_max(most, pnl);
	}
	*out = most;
	return ERR_OK;
}

static enum err
total_loss(struct usd18 *out, const struct scenario_result *const *unit,
    uint32_t count, struct num18 omega)
{
	struct usd18 sum = usd18_zero(), offset;
	struct num18 rest;

	for (uint32_t i = 0; i < count; i++)
		if (usd18_add(&sum, sum, unit[i]->loss) != ERR_OK)
			return ERR_RANGE;
	if (num18_sub(&rest, num18_one(), omega) != ERR_OK ||
	    usd18_mul_num(&sum, sum, rest, ROUND_CEIL) != ERR_OK ||
	    offset_loss(&offset, unit, count) != ERR_OK ||
	    usd18_mul_num(&offset, offset, omega, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(out, sum, offset);
}

/* The units' results become one: sums, and the larger factor.  Contingencies
 * are no longer told apart. */
static enum err
result_join(struct scenario_result *s, const struct scenario_result *u)
{
	if (usd18_add(&s->value, s->value, u->value) != ERR_OK ||
	    usd18_add(&s->floor, s->floor, u->floor) != ERR_OK ||
	    usd18_add(&s->extra_initial, s->extra_initial,
	    u->extra_initial) != ERR_OK ||
	    add_contingency(&s->mm_contingency.linear, &u->mm_contingency) !=
	    ERR_OK || add_contingency(&s->im_contingency.linear,
	    &u->im_contingency) != ERR_OK)
		return ERR_RANGE;
	if (num18_compare(u->im_factor, s->im_factor) > 0)
		s->im_factor = u->im_factor;
	if (num18_compare(u->mm_factor, s->mm_factor) > 0)
		s->mm_factor = u->mm_factor;
	return ERR_OK;
}

enum err
scenario_combine(struct scenario_total *out,
    const struct scenario_result *const *unit, uint32_t count,
    const struct scenario_rules *r)
{
	struct scenario_result s = { .worst = 0 };

	if (count > SCENARIO_UNITS_MAX)
		return ERR_LIMIT;
	for (uint32_t i = 0; i < count; i++)
		if (result_join(&s, unit[i]) != ERR_OK)
			return ERR_RANGE;
	if (count > 0 && total_loss(&s.loss, unit, count, r->extra.omega) !=
	    ERR_OK)
		return ERR_RANGE;
	if (result_requirements(&s) != ERR_OK)
		return ERR_RANGE;
	*out = (struct scenario_total){
		.value = s.value, .loss = s.loss,
		.requirement_initial = s.requirement_initial,
		.requirement_maintenance = s.requirement_maintenance,
		.margin_initial = s.margin_initial,
		.margin_maintenance = s.margin_maintenance,
	};
	return ERR_OK;
}
