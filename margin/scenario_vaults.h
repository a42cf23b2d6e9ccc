/* margin/scenario_vaults.h - the worst loss of many vaults against one table:
 * a sparse exact dot product a vault, by the steps of margin/scenario_table.h.
 *
 * A position is a row and an amount of 16 * contracts * 10^8, exactly: the
 * sixteenths make the 48 binary places of a discount fall out of the high
 * half of a 52-bit product.  An amount with more than 8 decimals is not
 * packed; such a vault goes through scenario_evaluate, with the same result
 * up to its own last digits.
 *
 * Units:  loss in usd18, at least zero, ceil.  Owns nothing.
 * Limits: the amounts of a vault together below 2^59 (2^51 for the vector
 *         form, together with values below 2^51), so that no sum overflows.
 */
#ifndef MARGIN_SCENARIO_VAULTS_H
#define MARGIN_SCENARIO_VAULTS_H

#include "margin/scenario_table.h"

#define SCENARIO_SIXTEENTH_BITS 4u
#define SCENARIO_AMOUNT_BITS 59u
#define SCENARIO_AMOUNT_BITS_SIMD 51u

/* Columns; all the caller's. */
struct scenario_vaults {
	uint32_t count;
	const uint32_t *first;	/* count + 1: positions of a vault */
	const uint32_t *row;	/* of a vault: by ascending group */
	const int64_t *amount;
};

/* scenario_amount_pack: ERR_RANGE where amount is no multiple of 10^-8 or
 * does not fit. */
MUST_CHECK enum err scenario_amount_pack(int64_t *out, struct num18 amount);

/* scenario_vaults_check: what the step takes for granted.  ERR_UNKNOWN (a
 * row), ERR_SYNTAX (order), ERR_RANGE (sums; bits as above), ERR_LIMIT
 * (positions). */
MUST_CHECK enum err scenario_vaults_check(const struct scenario_vaults *v,
    const struct scenario_table *t, unsigned amount_bits);

/* scenario_vaults_worst: loss[i] and worst[i] (index of the scenario,
 * shock_count: the basis) of vault first + i.  Vaults that passed the check
 * for SCENARIO_AMOUNT_BITS_SIMD and a table of SCENARIO_VALUE_BITS_SIMD may
 * go through the processor's 52-bit multiply-add, with the same bits.
 * ERR_RANGE where a loss does not fit: nothing is promised of the outputs. */
MUST_CHECK enum err scenario_vaults_worst(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count, unsigned amount_bits);
/* scenario_vaults_worst_some: the same of the count vaults that `some` names,
 * into loss[some[i]] and worst[some[i]]. */
MUST_CHECK enum err scenario_vaults_worst_some(struct usd18 *loss,
    uint8_t *worst, const struct scenario_vaults *v,
    const struct scenario_table *t, const uint32_t *some, uint32_t count,
    unsigned amount_bits);

/* Which vaults a step is for, and where their results go. */
struct scenario_which {
	const uint32_t *some;	/* NULL: those from first on, to index 0 on */
	uint32_t first, count;
};
static inline uint32_t
scenario_which_vault(const struct scenario_which *w, uint32_t i)
{
	return w->some ? w->some[i] : w->first + i;
}
static inline uint32_t
scenario_which_place(const struct scenario_which *w, uint32_t i)
{
	return w->some ? w->some[i] : i;
}

/* The portable form, and what both have in common. */
MUST_CHECK enum err scenario_vaults_worst_portable(struct usd18 *loss,
    uint8_t *worst, const struct scenario_vaults *v,
    const struct scenario_table *t, const struct scenario_which *which);

/* scenario_basis_of: of one group, at C decimals, floor; from its sums in
 * sixteenths.  Inline: a call would spill the vector form's registers.  No
 * branches: which sum is less, no processor guesses. */
static inline i128
scenario_basis_of(i128 now, i128 up, i128 down, uint64_t factor)
{
	unsigned shift = SCENARIO_FACTOR_BITS + SCENARIO_SIXTEENTH_BITS;
	i128 least = up - down;

	least = down - now + (least & least >> 127);
	least &= least >> 127;
	/* floor(least * factor / 2^44) in halves of 64 bits. */
	return (i128)(int64_t)(least >> 64) * (int64_t)factor *
	    (1 << (64 - shift)) +
	    (i128)((u128)(uint64_t)least * factor >> shift);
}

/* How PnL at C decimals becomes a loss in usd18. */
struct scenario_loss_unit {
	int64_t unit;
	bool divides;	/* or multiplies */
	i128 most;	/* of a loss at C decimals */
};
struct scenario_loss_unit scenario_loss_unit(unsigned decimals);

/* scenario_loss_of: the PnL, at most zero, as a loss, ceil.  ERR_RANGE. */
MUST_CHECK static inline enum err
scenario_loss_of(struct usd18 *out, i128 pnl,
    const struct scenario_loss_unit *u)
{
	i128 v = -pnl;

	if (v > u->most)
		return ERR_RANGE;
	if (u->divides)
		v = (i128)((u128)(v + u->unit - 1) / (uint64_t)u->unit);
	else
		v *= u->unit;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* margin/simd_scenario.c: false where the processor has no AVX-512 IFMA, a
 * dampening is above one or the columns do not fit its registers.  *e is
 * scenario_vaults_worst's answer. */
bool simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    const struct scenario_which *which);

#endif
