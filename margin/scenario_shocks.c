/* From the parameters to what each scenario does: columns, and per expiry the
 * volatility multipliers, the skew and the discounts. */
#include "margin/scenario_table.h"

#include "base/must.h"
#include "base/q64.h"

#define ONE num18_one()
#define ONE_RAW ((i128)WAD_ONE_RAW)
#define MONTH_S (30u * 86400u)
#define DISCOUNT_LIMIT (16 * ONE_RAW)
#define FACTOR_LIMIT (64 * ONE_RAW)

static struct num18
num_max(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) > 0 ? a : b;
}

static struct num18
num_min(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

/* binary_from_num: x * 2^places; x at least zero and below limit. */
static enum err
binary_from_num(uint64_t *out, struct num18 x, unsigned places, i128 limit,
    enum rounding r)
{
	i128 v;

	if (num18_is_negative(x) || num18_to_raw(x) >= limit)
		return ERR_RANGE;
	if (muldiv_i128(&v, num18_to_raw(x), (i128)1 << places, ONE_RAW, r) !=
	    ERR_OK)
		return ERR_RANGE;
	*out = (uint64_t)v;
	return ERR_OK;
}

/* ---- columns ------------------------------------------------------------ */

static bool
column_is(const struct scenario_column *a, const struct scenario_column *b)
{
	return num18_compare(a->spot, b->spot) == 0 && a->vol == b->vol &&
	    a->dampening == b->dampening;
}

/* column_of finds the column of a shock or adds it. */
static enum err
column_of(uint8_t *index, struct scenario_columns *c,
    const struct scenario_shock *s)
{
	struct scenario_column k = { s->spot, s->vol, 0 };
	i128 half = (i128)1 << (SCENARIO_DAMPENING_BITS - 1);
	i128 twice;

	/* To nearest: floor(2 d * 2^51 + 1/2) from twice the places. */
	if (num18_is_negative(s->dampening) ||
	    num18_to_raw(s->dampening) >= DISCOUNT_LIMIT ||
	    muldiv_i128(&twice, num18_to_raw(s->dampening), 4 * half, ONE_RAW,
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	k.dampening = (uint64_t)((twice + 1) / 2);
	for (uint32_t i = 0; i < c->count; i++)
		if (column_is(&c->column[i], &k)) {
			*index = (uint8_t)i;
			return ERR_OK;
		}
	MUST(c->count < SCENARIO_COLUMNS_MAX);
	*index = (uint8_t)c->count;
	c->column[c->count++] = k;
	c->has_vol[s->vol] = true;
	return ERR_OK;
}

static enum err
column_of_spot(uint32_t *index, struct scenario_columns *c, struct num18 spot)
{
	struct scenario_shock s = { spot, SCENARIO_VOL_NONE, ONE };
	uint8_t i = 0;
	enum err e = column_of(&i, c, &s);

	*index = i;
	return e;
}

/* A common move as this unit takes it: 1 + beta (m - 1), at least zero. */
static enum err
common_of(struct scenario_shock *out, const struct scenario_shock *m,
    struct num18 beta)
{
	struct num18 move;

	if (num18_sub(&move, m->spot, ONE) != ERR_OK ||
	    num18_mul(&move, move, beta, ROUND_FLOOR) != ERR_OK ||
	    num18_add(&move, move, ONE) != ERR_OK)
		return ERR_RANGE;
	*out = *m;
	out->spot = num_max(move, num18_zero());
	return ERR_OK;
}

enum err
scenario_columns_of(struct scenario_columns *out,
    const struct scenario_rules *r, struct num18 beta)
{
	struct scenario_columns c = { .count = 0 };

	MUST(r->shock_count <= SCENARIO_SHOCKS_MAX &&
	    r->common_count <= SCENARIO_COMMON_MAX);
	for (uint32_t i = 0; i < r->shock_count; i++) {
		uint32_t before = c.count;

		if (column_of(&c.of_shock[i], &c, &r->shock[i]) != ERR_OK)
			return ERR_RANGE;
		if (c.count > before)
			c.shock[before] = (uint8_t)i;
	}
	c.loss_count = c.count;
	if (column_of_spot(&c.base, &c, ONE) != ERR_OK ||
	    column_of_spot(&c.up, &c, r->basis.scenario_spot_up) != ERR_OK ||
	    column_of_spot(&c.down, &c, r->basis.scenario_spot_down) != ERR_OK)
		return ERR_RANGE;
	for (uint32_t i = 0; i < r->common_count &&
	    !num18_is_zero(r->extra.omega); i++) {
		struct scenario_shock s;

		if (common_of(&s, &r->common[i], beta) != ERR_OK ||
		    column_of(&c.of_common[i], &c, &s) != ERR_OK)
			return ERR_RANGE;
	}
	*out = c;
	return ERR_OK;
}

/* ---- one expiry --------------------------------------------------------- */

static enum err
vol_shocks(struct scenario_expiry_shocks *out, const struct scenario_expiry *e,
    const struct scenario_vol_rules *r)
{
	uint64_t time_s = e->seconds > r->dte_floor_s ? e->seconds :
	    r->dte_floor_s;
	struct num18 ratio, m, up, down;

	if (num18_div(&ratio, num18_from_raw((i128)MONTH_S * ONE_RAW),
	    num18_from_raw((i128)time_s * ONE_RAW), ROUND_FLOOR) != ERR_OK ||
	    q64_pow(&m, ratio, e->seconds <= MONTH_S ? r->short_term_power :
	    r->long_term_power) != ERR_OK ||
	    num18_mul(&up, m, r->vol_range_up, ROUND_CEIL) != ERR_OK ||
	    num18_mul(&down, m, r->vol_range_down, ROUND_CEIL) != ERR_OK ||
	    num18_add(&out->vol_up, ONE, up) != ERR_OK ||
	    num18_sub(&down, ONE, down) != ERR_OK)
		return ERR_RANGE;
	out->vol_down = num_max(down, num18_zero());
	return ERR_OK;
}

static enum err
skew_shocks(struct scenario_expiry_shocks *out,
    const struct scenario_expiry *e, const struct scenario_skew_rules *r)
{
	struct num18 root, linear, absolute, vol, width;

	if (q64_sqrt(&root, e->tau) != ERR_OK ||
	    num18_mul(&linear, root, r->linear_c_base, ROUND_FLOOR) != ERR_OK ||
	    num18_mul(&absolute, root, r->abs_c_base, ROUND_FLOOR) != ERR_OK ||
	    num18_add(&out->linear_cap, linear, r->linear_base_cap) !=
	    ERR_OK ||
	    num18_add(&out->abs_cap, absolute, r->abs_base_cap) != ERR_OK ||
	    num18_mul(&vol, root, r->vol_param_scale, ROUND_FLOOR) != ERR_OK ||
	    num18_add(&vol, vol, r->vol_param_static) != ERR_OK ||
	    num18_mul(&width, root, r->width_scale, ROUND_FLOOR) != ERR_OK ||
	    num18_mul(&width, width, vol, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	out->k_star = num_max(r->min_k_star, width);
	return ERR_OK;
}

/* growth_of: exp(tau * (rate * mult + add)); a sign of -1 gives its inverse.
 * ERR_RANGE. */
static enum err
growth_of(struct num18 *out, const struct scenario_expiry *e,
    struct num18 rate, struct num18 mult, struct num18 add, int sign)
{
	struct num18 x;

	if (num18_mul(&x, rate, mult, ROUND_FLOOR) != ERR_OK ||
	    num18_add(&x, x, add) != ERR_OK ||
	    num18_mul(&x, x, e->tau, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return q64_exp(out, num18_from_raw(sign * num18_to_raw(x)));
}

static enum err
discounts(struct scenario_expiry_shocks *out, const struct scenario_expiry *e,
    const struct scenario_margin_rules *r)
{
	struct num18 rate = num_max(e->rate, num18_zero());
	struct num18 pulled, mark_up, whole;

	if (growth_of(&out->discount, e, rate, ONE, num18_zero(), -1) !=
	    ERR_OK ||
	    growth_of(&whole, e, rate, ONE, num18_zero(), 1) != ERR_OK ||
	    growth_of(&pulled, e, rate, r->long_rate_mult_scale,
	    r->long_rate_add_scale, -1) != ERR_OK ||
	    num18_mul(&out->discount_long, pulled,
	    r->long_base_static_discount, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	/* A mark-up beyond the type is above its cap. */
	if (growth_of(&mark_up, e, rate, r->short_rate_mult_scale,
	    r->short_rate_add_scale, 1) != ERR_OK ||
	    num18_mul(&mark_up, mark_up, r->short_base_static_discount,
	    ROUND_CEIL) != ERR_OK)
		mark_up = whole;
	out->discount_short = num_min(mark_up, whole);
	return ERR_OK;
}

enum err
scenario_expiry_shocks_of(struct scenario_expiry_shocks *out,
    const struct scenario_expiry *e, const struct scenario_rules *r)
{
	struct scenario_expiry_shocks s = {
		.vol_up = ONE, .vol_down = ONE, .discount = ONE,
		.discount_long = ONE, .discount_short = ONE,
		.basis_factor = r->basis.basis_cont_add_factor,
	};
	struct num18 slope;

	if (num18_is_negative(e->tau))
		return ERR_RANGE;
	if (vol_shocks(&s, e, &r->vol) != ERR_OK)
		return ERR_RANGE;
	if (e->seconds > 0) {
		if (skew_shocks(&s, e, &r->skew) != ERR_OK ||
		    discounts(&s, e, &r->margin) != ERR_OK ||
		    num18_mul(&slope, e->tau, r->basis.basis_cont_mult_factor,
		    ROUND_CEIL) != ERR_OK ||
		    num18_add(&s.basis_factor, s.basis_factor, slope) !=
		    ERR_OK)
			return ERR_RANGE;
	}
	*out = s;
	return ERR_OK;
}

enum err
scenario_skew_multiplier(struct num18 *out,
    const struct scenario_expiry_shocks *e, enum scenario_vol vol,
    struct px18 strike, struct px18 forward)
{
	bool is_linear = vol == SCENARIO_VOL_LINEAR;
	i128 cap = num18_to_raw(is_linear ? e->linear_cap : e->abs_cap);
	struct num18 ratio, k;
	i128 turn, raw;

	MUST(is_linear || vol == SCENARIO_VOL_ABS);
	if (px18_is_zero(strike) || px18_is_zero(forward)) {
		*out = ONE;
		return ERR_OK;
	}
	if (px18_to_raw(strike) > (u128)I128_MAX ||
	    px18_to_raw(forward) > (u128)I128_MAX ||
	    num18_div(&ratio, num18_from_raw((i128)px18_to_raw(strike)),
	    num18_from_raw((i128)px18_to_raw(forward)), ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	ratio = num_max(ratio, num18_from_raw(1));
	if (q64_ln(&k, ratio) != ERR_OK)
		return ERR_RANGE;
	raw = num18_to_raw(k);
	if (!is_linear && raw < 0)
		raw = -raw;
	if (muldiv_i128(&turn, raw, cap, num18_to_raw(num_max(e->k_star,
	    num18_from_raw(1))), ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	/* As the source has it: only the far side of each wing is capped. */
	if (raw >= 0)
		turn = turn < cap ? turn : cap;
	else
		turn = turn > -cap ? turn : -cap;
	return num18_add(out, num18_from_raw(turn), ONE);
}

struct scenario_group
scenario_group_linear(void)
{
	return (struct scenario_group){
		.discount_long = UINT64_C(1) << SCENARIO_DISCOUNT_BITS,
		.discount_short = UINT64_C(1) << SCENARIO_DISCOUNT_BITS,
		.is_linear = true,
	};
}

static enum err
group_of(struct scenario_group *out, const struct scenario_expiry_shocks *s)
{
	if (binary_from_num(&out->discount_long, s->discount_long,
	    SCENARIO_DISCOUNT_BITS, DISCOUNT_LIMIT, ROUND_FLOOR) != ERR_OK ||
	    binary_from_num(&out->discount_short, s->discount_short,
	    SCENARIO_DISCOUNT_BITS, DISCOUNT_LIMIT, ROUND_CEIL) != ERR_OK ||
	    binary_from_num(&out->basis_factor, s->basis_factor,
	    SCENARIO_FACTOR_BITS, FACTOR_LIMIT, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	return ERR_OK;
}

/* A skew turns volatility around the unmoved forward; after expiry nothing
 * moves. */
static enum err
forward_of(struct px18 *out, const struct scenario_expiry *e,
    const struct scenario_column *c)
{
	struct px18 moved = e->forward_variable;

	if (e->seconds > 0 && c->vol < SCENARIO_VOL_LINEAR &&
	    px18_mul_num(&moved, moved, c->spot, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return px18_add(out, moved, e->forward_fixed);
}

/* chunk_index finds the forward in the chunk or adds it; OPTION_MANY_MAX where
 * the chunk is full. */
static uint32_t
chunk_index(struct scenario_chunk *k, struct px18 forward)
{
	uint32_t i = 0;

	while (i < k->forward_count &&
	    px18_compare(k->forward[i].price, forward) != 0)
		i++;
	if (i == k->forward_count && i < OPTION_MANY_MAX)
		k->forward[k->forward_count++] = option_forward_of(forward);
	return i;
}

static enum err
slice_columns(struct scenario_slice *s, const struct scenario_columns *c)
{
	s->chunk_count = 1;
	for (uint32_t i = 0; i < c->count; i++) {
		struct scenario_chunk *k = &s->chunk[s->chunk_count - 1];
		struct px18 forward;
		uint32_t at;

		if (forward_of(&forward, &s->expiry, &c->column[i]) != ERR_OK)
			return ERR_RANGE;
		at = chunk_index(k, forward);
		if (at == OPTION_MANY_MAX) {
			MUST(s->chunk_count < SCENARIO_CHUNKS_MAX);
			s->chunk_count++;
			k++;
			k->first = i;
			at = chunk_index(k, forward);
		}
		k->end = i + 1;
		s->cell[i] = (struct option_scenario){ (uint8_t)at,
		    (uint8_t)(s->expiry.seconds > 0 ? c->column[i].vol :
		    SCENARIO_VOL_NONE) };
	}
	return ERR_OK;
}

enum err
scenario_slice_of(struct scenario_slice *out, const struct scenario_expiry *e,
    const struct scenario_columns *c, const struct scenario_rules *r)
{
	struct scenario_slice s = { .expiry = *e };

	if (scenario_expiry_shocks_of(&s.shocks, e, r) != ERR_OK ||
	    group_of(&s.group, &s.shocks) != ERR_OK ||
	    px18_add(&s.forward, e->forward_variable, e->forward_fixed) !=
	    ERR_OK || slice_columns(&s, c) != ERR_OK)
		return ERR_RANGE;
	*out = s;
	return ERR_OK;
}
