/* Rows of the instrument x scenario table. */
#include "margin/scenario_table.h"

#include <string.h>

#include "base/must.h"

#define COLUMNS_STEP 8u	/* of a 512-bit register */
#define COLUMNS_LEAST 32u	/* what its kernel reads at least */

/* value_round: a value with 18 decimals to nearest at `decimals`. */
static enum err
value_round(int64_t *out, u128 raw, u128 unit, unsigned bits)
{
	u128 v = (raw + unit / 2) / unit;

	if (v >> bits != 0)
		return ERR_RANGE;
	*out = (int64_t)v;
	return ERR_OK;
}

enum err
scenario_shocked_vol(struct num18 *out, struct num18 vol,
    const struct scenario_expiry_shocks *e, enum scenario_vol kind,
    struct px18 strike, struct px18 forward, const struct scenario_rules *r)
{
	struct num18 multiplier = num18_one();
	struct num18 moved;

	switch (kind) {
	case SCENARIO_VOL_NONE:
		break;
	case SCENARIO_VOL_UP:
		multiplier = e->vol_up;
		break;
	case SCENARIO_VOL_DOWN:
		multiplier = e->vol_down;
		break;
	case SCENARIO_VOL_LINEAR:
	case SCENARIO_VOL_ABS:
		if (scenario_skew_multiplier(&multiplier, e, kind, strike,
		    forward) != ERR_OK)
			return ERR_RANGE;
		if (num18_is_negative(multiplier))
			multiplier = num18_zero();
		break;
	}
	if (num18_mul(&moved, vol, multiplier, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	if (kind == SCENARIO_VOL_UP &&
	    num18_compare(moved, r->vol.min_vol_up_shock) < 0)
		moved = r->vol.min_vol_up_shock;
	*out = moved;
	return ERR_OK;
}

/* vols_of: the option's volatility under each move that the grid has. */
static enum err
vols_of(struct num18 vol[SCENARIO_VOLS], const struct scenario_option *o,
    const struct scenario_slice *s, const struct scenario_columns *c,
    const struct scenario_rules *r)
{
	for (uint32_t i = 0; i < SCENARIO_VOLS; i++) {
		vol[i] = o->vol;
		if (c->has_vol[i] && s->expiry.seconds > 0 &&
		    scenario_shocked_vol(&vol[i], o->vol, &s->shocks,
		    (enum scenario_vol)i, o->strike, s->forward, r) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

enum err
scenario_row_option(int64_t *row, const struct scenario_option *o,
    const struct scenario_slice *s, const struct scenario_columns *c,
    const struct scenario_rules *r, unsigned decimals, unsigned bits)
{
	int64_t value[SCENARIO_COLUMNS_MAX];
	struct usd18 price[SCENARIO_COLUMNS_MAX];
	struct num18 vol[SCENARIO_VOLS];
	struct option_terms t = {
		.strike = o->strike, .discount = s->shocks.discount,
		.tau = s->expiry.seconds > 0 ? s->expiry.tau : num18_zero(),
		.is_call = o->is_call,
	};
	u128 unit;

	MUST(decimals <= SCENARIO_DECIMALS_MAX);
	unit = pow10_u128(SCENARIO_DECIMALS_MAX - decimals);
	if (vols_of(vol, o, s, c, r) != ERR_OK)
		return ERR_RANGE;
	for (uint32_t i = 0; i < s->chunk_count; i++) {
		const struct scenario_chunk *k = &s->chunk[i];

		if (option_price_many(price + k->first, &t, k->forward,
		    k->forward_count, vol, SCENARIO_VOLS, s->cell + k->first,
		    k->end - k->first) != ERR_OK)
			return ERR_RANGE;
	}
	for (uint32_t i = 0; i < c->count; i++)
		if (usd18_is_negative(price[i]) ||
		    value_round(&value[i], (u128)usd18_to_raw(price[i]), unit,
		    bits) != ERR_OK)
			return ERR_RANGE;
	memcpy(row, value, c->count * sizeof(*row));
	return ERR_OK;
}

enum err
scenario_linear_split(struct px18 *moving, struct px18 *fixed,
    struct px18 price, const struct scenario_expiry *e)
{
	struct px18 forward;

	*moving = price;
	*fixed = px18_from_raw(0);
	if (e == NULL)
		return ERR_OK;
	if (px18_add(&forward, e->forward_variable, e->forward_fixed) !=
	    ERR_OK || px18_is_zero(forward) ||
	    px18_move(moving, price, e->forward_variable, forward,
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return px18_sub(fixed, price, *moving);
}

enum err
scenario_row_linear(int64_t *row, struct px18 moving, struct px18 fixed,
    const struct scenario_columns *c, unsigned decimals, unsigned bits)
{
	int64_t value[SCENARIO_COLUMNS_MAX];
	u128 unit;

	MUST(decimals <= SCENARIO_DECIMALS_MAX);
	unit = pow10_u128(SCENARIO_DECIMALS_MAX - decimals);
	for (uint32_t i = 0; i < c->count; i++) {
		struct px18 p;

		if (px18_mul_num(&p, moving, c->column[i].spot, ROUND_FLOOR) !=
		    ERR_OK || px18_add(&p, p, fixed) != ERR_OK ||
		    px18_to_raw(p) > (u128)I128_MAX ||
		    value_round(&value[i], px18_to_raw(p), unit, bits) !=
		    ERR_OK)
			return ERR_RANGE;
	}
	memcpy(row, value, c->count * sizeof(*row));
	return ERR_OK;
}

unsigned
scenario_decimals_for(struct px18 largest, const struct scenario_columns *c,
    unsigned bits)
{
	struct num18 most = num18_one();
	unsigned decimals = SCENARIO_DECIMALS_MAX;
	u128 v;

	for (uint32_t i = 0; i < c->count; i++)
		if (num18_compare(c->column[i].spot, most) > 0)
			most = c->column[i].spot;
	if (muldiv_u128(&v, px18_to_raw(largest),
	    (u128)num18_to_raw(most), WAD_ONE_RAW, ROUND_CEIL) != ERR_OK)
		return 0;
	while (decimals > 0 && v >> (bits - 1) != 0) {
		v = v / 10 + 1;
		decimals--;
	}
	return decimals;
}

/* ---- a table ------------------------------------------------------------ */

uint32_t
scenario_table_stride(const struct scenario_columns *c)
{
	uint32_t count = c->count < COLUMNS_LEAST ? COLUMNS_LEAST : c->count;

	return (count + COLUMNS_STEP - 1) / COLUMNS_STEP * COLUMNS_STEP;
}

enum err
scenario_table_init(struct scenario_table *t, const struct scenario_rules *r,
    struct num18 beta, const struct scenario_expiry *expiry,
    uint32_t expiry_count, unsigned decimals, unsigned bits, int64_t *value,
    uint8_t *row_group, uint32_t row_capacity)
{
	MUST(decimals <= SCENARIO_DECIMALS_MAX && bits <= SCENARIO_VALUE_BITS);
	MUST((uintptr_t)value % 64 == 0);
	if (expiry_count > SCENARIO_EXPIRIES_MAX)
		return ERR_LIMIT;
	if (scenario_columns_of(&t->columns, r, beta) != ERR_OK)
		return ERR_RANGE;
	t->rules = r;
	t->stride = scenario_table_stride(&t->columns);
	t->decimals = decimals;
	t->bits = bits;
	t->row_capacity = row_capacity;
	t->value = value;
	t->row_group = row_group;
	t->group_count = expiry_count + 1;
	t->group[expiry_count] = scenario_group_linear();
	for (uint32_t i = 0; i < expiry_count; i++)
		if (scenario_table_set_expiry(t, i, &expiry[i]) != ERR_OK)
			return ERR_RANGE;
	memset(value, 0, (size_t)row_capacity * t->stride * sizeof(*value));
	memset(row_group, (int)expiry_count, row_capacity);
	return ERR_OK;
}

enum err
scenario_table_set_expiry(struct scenario_table *t, uint32_t index,
    const struct scenario_expiry *e)
{
	MUST(index + 1 < t->group_count);
	if (scenario_slice_of(&t->slice[index], e, &t->columns, t->rules) !=
	    ERR_OK)
		return ERR_RANGE;
	t->group[index] = t->slice[index].group;
	return ERR_OK;
}

bool
scenario_table_is_flat(const struct scenario_table *t)
{
	bool is_flat = true;

	for (uint32_t i = 0; i < t->group_count; i++)
		is_flat &= scenario_group_is_plain(&t->group[i]);
	for (uint32_t i = 0; i < t->columns.loss_count; i++)
		is_flat &= t->columns.column[i].vol < SCENARIO_VOL_LINEAR;
	return is_flat;
}

enum err
scenario_table_put_option(struct scenario_table *t, uint32_t row,
    const struct scenario_option *o)
{
	if (row >= t->row_capacity)
		return ERR_LIMIT;
	if (o->expiry + 1 >= t->group_count || o->expiry == UINT32_MAX)
		return ERR_UNKNOWN;
	if (scenario_row_option(t->value + (size_t)row * t->stride, o,
	    &t->slice[o->expiry], &t->columns, t->rules, t->decimals,
	    t->bits) != ERR_OK)
		return ERR_RANGE;
	t->row_group[row] = (uint8_t)o->expiry;
	return ERR_OK;
}

enum err
scenario_table_put_linear(struct scenario_table *t, uint32_t row,
    struct px18 moving, struct px18 fixed)
{
	if (row >= t->row_capacity)
		return ERR_LIMIT;
	if (scenario_row_linear(t->value + (size_t)row * t->stride, moving,
	    fixed, &t->columns, t->decimals, t->bits) != ERR_OK)
		return ERR_RANGE;
	t->row_group[row] = (uint8_t)(t->group_count - 1);
	return ERR_OK;
}
