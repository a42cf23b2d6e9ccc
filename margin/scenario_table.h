/* margin/scenario_table.h - what one contract of each instrument is worth in
 * each scenario of one risk unit; priced once, shared by all vaults.
 *
 * Columns are the distinct scenarios of a grid in their order, then what the
 * model needs besides (no move, the two of the basis, common moves).  Rows are
 * instruments.  A row belongs to a group: its expiry, or the group of what is
 * linear, which is neither discounted nor turned by a skew.
 *
 * The steps, with K decimals of a table and C = K + 8; every path of the
 * scenario method goes through exactly these, so all agree bit for bit:
 *	V	one contract, rounded to nearest at K decimals, at least zero
 *	M	sum of amount * V over a group, exact
 *	T	floor(M * discount) at C decimals; discount with 48 binary
 *		places, of a total above zero floor, below zero ceil
 *	P	sum over groups of T - ceil(M(0)); a skew: of -|T - ceil(M(0))|
 *	PnL	floor(P * dampening) at C decimals, dampening to nearest with
 *		52 binary places
 *	basis	sum over groups of floor(min(M(up) - M(0), M(down) - M(0), 0)
 *		* factor), factor ceil with 40 binary places
 *
 * Owns:   nothing: the caller places the table and its rows.
 * Limits: below; a value beyond the table's bits is ERR_RANGE.
 * Source: margin-model 2 (vault step), 3.3.
 */
#ifndef MARGIN_SCENARIO_TABLE_H
#define MARGIN_SCENARIO_TABLE_H

#include "margin/option.h"
#include "margin/scenario.h"

#define SCENARIO_COLUMNS_MAX 104u	/* 64 + 3 + 32, to a multiple of 8 */
#define SCENARIO_GROUPS_MAX (SCENARIO_EXPIRIES_MAX + 1u)
#define SCENARIO_AMOUNT_DECIMALS 8u
#define SCENARIO_DISCOUNT_BITS 48u
#define SCENARIO_DAMPENING_BITS 52u
#define SCENARIO_FACTOR_BITS 40u
#define SCENARIO_VALUE_BITS 60u	/* of |V| */
#define SCENARIO_VALUE_BITS_SIMD 51u

#define SCENARIO_VOLS 5u	/* enum scenario_vol */

struct scenario_column {
	struct num18 spot;
	enum scenario_vol vol;
	uint64_t dampening;	/* 52 binary places */
};

struct scenario_columns {
	uint32_t count;
	uint32_t loss_count;	/* the first: the grid's, in its order */
	uint32_t base, up, down;	/* no move; the basis */
	struct scenario_column column[SCENARIO_COLUMNS_MAX];
	uint8_t of_shock[SCENARIO_SHOCKS_MAX];
	uint8_t of_common[SCENARIO_COMMON_MAX];
	uint8_t shock[SCENARIO_COLUMNS_MAX];	/* first with this column */
	bool has_vol[SCENARIO_VOLS];	/* which moves of volatility occur */
};
/* scenario_columns_of: common moves only where omega is above zero, scaled by
 * beta (a multiplier below zero counts as zero).  ERR_RANGE. */
MUST_CHECK enum err scenario_columns_of(struct scenario_columns *out,
    const struct scenario_rules *r, struct num18 beta);

/* What a group's totals are multiplied by. */
struct scenario_group {
	uint64_t discount_long, discount_short;	/* 48 binary places */
	uint64_t basis_factor;			/* 40 */
	bool is_linear;
};
/* Neither discounted nor with a basis contingency. */
static inline bool
scenario_group_is_plain(const struct scenario_group *g)
{
	uint64_t one = UINT64_C(1) << SCENARIO_DISCOUNT_BITS;

	return g->discount_long == one && g->discount_short == one &&
	    g->basis_factor == 0;
}

/* Consecutive columns with as many different forwards as one call of
 * option_price_many takes. */
struct scenario_chunk {
	uint32_t first, end;	/* columns */
	uint32_t forward_count;
	struct option_forward forward[OPTION_MANY_MAX];
};
#define SCENARIO_CHUNKS_MAX ((SCENARIO_COLUMNS_MAX + OPTION_MANY_MAX - 1) / \
	OPTION_MANY_MAX)

/* One expiry made ready for pricing: its shocks and its forwards. */
struct scenario_slice {
	struct scenario_expiry_shocks shocks;
	struct scenario_group group;
	struct scenario_expiry expiry;
	struct px18 forward;	/* unmoved */
	uint32_t chunk_count;
	struct scenario_chunk chunk[SCENARIO_CHUNKS_MAX];
	struct option_scenario cell[SCENARIO_COLUMNS_MAX];	/* forward of
				 * its chunk, vol by enum scenario_vol */
};
MUST_CHECK enum err scenario_slice_of(struct scenario_slice *out,
    const struct scenario_expiry *e, const struct scenario_columns *c,
    const struct scenario_rules *r);
struct scenario_group scenario_group_linear(void);

/* Rows: c->count values of one contract.  decimals at most 18 (MUST). */
MUST_CHECK enum err scenario_row_option(int64_t *row,
    const struct scenario_option *o, const struct scenario_slice *s,
    const struct scenario_columns *c, const struct scenario_rules *r,
    unsigned decimals, unsigned bits);
/* scenario_linear_split: e is a future's expiry, or NULL: in its settlement
 * window a future moves by the variable share of its forward only. */
MUST_CHECK enum err scenario_linear_split(struct px18 *moving,
    struct px18 *fixed, struct px18 price, const struct scenario_expiry *e);
/* fixed stays, moving is multiplied by the scenario's spot. */
MUST_CHECK enum err scenario_row_linear(int64_t *row, struct px18 moving,
    struct px18 fixed, const struct scenario_columns *c, unsigned decimals,
    unsigned bits);

/* scenario_decimals_for: the most decimals, at most 18, with which twice
 * `largest` has at most `bits` bits; largest: the largest forward, strike or
 * price.  The factor two is room for a price to move before a table has to be
 * built again. */
unsigned scenario_decimals_for(struct px18 largest,
    const struct scenario_columns *c, unsigned bits);

/* scenario_evaluate_columns is scenario_evaluate with the columns of r and the
 * unit's beta, which its caller has. */
MUST_CHECK enum err scenario_evaluate_columns(struct scenario_result *out,
    const struct scenario_unit *u, const struct scenario_rules *r,
    const struct scenario_columns *columns);

/* ---- a table shared by vaults ------------------------------------------- */

struct scenario_table {
	const struct scenario_rules *rules;	/* the caller's, kept */
	struct scenario_columns columns;
	uint32_t stride;	/* of a row: scenario_table_stride; what is
				 * beyond columns.count is zero */
	unsigned decimals, bits;
	uint32_t row_capacity, group_count;
	int64_t *value;		/* row_capacity * stride, 64-byte aligned */
	uint8_t *row_group;	/* row_capacity */
	struct scenario_slice slice[SCENARIO_EXPIRIES_MAX];
	struct scenario_group group[SCENARIO_GROUPS_MAX];	/* expiries,
				 * then the linear one */
};

/* scenario_table_stride: of a row, the columns to a multiple of 8 (a vector);
 * at least 32; the caller places row_capacity times as many values. */
uint32_t scenario_table_stride(const struct scenario_columns *c);

/* scenario_table_init prepares the columns and the expiries; all rows are
 * zero and linear.  ERR_LIMIT (expiries), ERR_RANGE. */
MUST_CHECK enum err scenario_table_init(struct scenario_table *t,
    const struct scenario_rules *r, struct num18 beta,
    const struct scenario_expiry *expiry, uint32_t expiry_count,
    unsigned decimals, unsigned bits, int64_t *value, uint8_t *row_group,
    uint32_t row_capacity);
/* scenario_table_set_expiry replaces one expiry, whose options are then put
 * again; a changed volatility needs only its options put.  On failure the
 * table is as before. */
MUST_CHECK enum err scenario_table_set_expiry(struct scenario_table *t,
    uint32_t index, const struct scenario_expiry *e);
/* scenario_table_is_flat: no group is discounted or has a basis contingency
 * and no scenario is a skew, so that sums over groups need not be kept
 * apart: T = M, and PnL is one sum of amount * (V - V(0)). */
bool scenario_table_is_flat(const struct scenario_table *t);
/* Each writes one row; its amount is not read.  ERR_LIMIT (row), ERR_UNKNOWN
 * (expiry), ERR_RANGE. */
MUST_CHECK enum err scenario_table_put_option(struct scenario_table *t,
    uint32_t row, const struct scenario_option *o);
MUST_CHECK enum err scenario_table_put_linear(struct scenario_table *t,
    uint32_t row, struct px18 moving, struct px18 fixed);

#endif
