/* margin/bands_edge.h - how far prices may go before a vault's state can have
 * changed: the bounds below margin/bands.h.  Pure.
 *
 * An edge is a sum of the vault's legs that is linear in one price each, and a
 * bound of an excess: as long as it keeps its sign, so does the excess.
 *	HEALTHY		initial excess, from below
 *	RESTRICTED	best excess, from below; initial excess, from above
 *	LIQUIDATABLE	best excess, from above
 * With C the sum of its collateral, D of its debt and E = C - D, no joint move
 * in which each leg's price goes less than |E| / (C + D) of itself takes the
 * edge to zero.  Where all legs of a base factor are on one side the bound is
 * the excess itself, but for roundings.  Where a factor has both, mid, low and
 * high do not add up by leg, and a vault between the bound and the truth is to
 * be looked at on every move.
 *
 * Units:  usd18; reaches in parts of 2^32 of a price, rounded down.
 * Owns:   nothing, allocates nothing.
 * Limits: what a price may do before all is measured anew: BANDS_RISE_BITS,
 *         BANDS_FALL_BITS, BANDS_ACCRUAL_BITS.
 * Source: DESIGN section 4; margin/ratio.h for the excesses.
 */
#ifndef MARGIN_BANDS_EDGE_H
#define MARGIN_BANDS_EDGE_H

#include "margin/book.h"
#include "margin/verdict.h"

/* Powers of two by which a price may leave its first, and an index of debt
 * its own, up or down. */
#define BANDS_RISE_BITS 12u
#define BANDS_FALL_BITS 24u
#define BANDS_ACCRUAL_BITS 3u

/* A price of one side's legs in one direction.  Lowest and highest are those
 * of low, mid, high, time-weighted and stable price. */
enum bands_kind {
	BANDS_COLLATERAL_LOWEST_FALLS, BANDS_COLLATERAL_LOWEST_RISES,
	BANDS_COLLATERAL_LOW_FALLS,
	BANDS_COLLATERAL_HIGH_FALLS, BANDS_COLLATERAL_HIGH_RISES,
	BANDS_DEBT_HIGHEST_RISES, BANDS_DEBT_HIGHEST_FALLS,
	BANDS_DEBT_HIGH_RISES,
	BANDS_DEBT_LOW_RISES, BANDS_DEBT_LOW_FALLS,
	BANDS_KINDS
};

enum bands_point {
	BANDS_LOWEST, BANDS_LOW, BANDS_HIGH, BANDS_HIGHEST, BANDS_POINTS
};

/* The first 64 bits of a number above zero: mantissa * 2^(exponent - 63), the
 * rest cut off. */
struct bands_short {
	uint64_t mantissa;	/* its top bit set */
	int32_t exponent;
};
/* bands_short_from high * 2^128 + low, not zero (MUST). */
struct bands_short bands_short_from(u128 high, u128 low);

/* What is known of an asset's price. */
struct bands_price {
	bool is_known;		/* not refused */
	uint8_t first_bits;	/* length of the price it is measured from */
	struct bands_short at[BANDS_POINTS];
};

/* Of each kind the price that it follows, whether times the asset's index, and
 * its direction. */
struct bands_kind_row {
	enum bands_point point;
	bool is_debt, falls;
};
extern const struct bands_kind_row BANDS_KIND[BANDS_KINDS];

/* bands_bits: the length of a number; zero has none. */
static inline unsigned
bands_bits(u128 v)
{
	uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;

	if (high != 0)
		return 128 - (unsigned)__builtin_clzll(high);
	return low != 0 ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

/* bands_short_of: of a number that is not zero, by no branch. */
static inline struct bands_short
bands_short_of(u128 v)
{
	uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;
	uint64_t top = high != 0 ? high : low, below = high != 0 ? low : 0;
	unsigned zeros = (unsigned)__builtin_clzll(top);

	return (struct bands_short){
		top << zeros | below >> 1 >> (63 - zeros),
		(high != 0 ? 127 : 63) - (int32_t)zeros,
	};
}

/* Of what is declared so only what has been written is read; its zeros would
 * cost as much as a leg. */
#define BANDS_SCRATCH __attribute__((uninitialized))

#define BANDS_TRIGGERS_MAX (4u * BOOK_LEGS_MAX)	/* two edges */

struct bands_trigger {
	uint8_t asset;
	uint8_t kind;		/* enum bands_kind */
	uint32_t reach;		/* at most that far, in 2^-32 of the price */
};

struct bands_plan {
	bool is_proven;		/* the vault is in that state now */
	bool is_always;		/* it is not, or hangs on less than roundings:
				 * no trigger can be given */
	uint32_t trigger_count;	/* zero where is_always */
	struct bands_trigger trigger[BANDS_TRIGGERS_MAX];
};

/* bands_plan_vault: triggers of a `ratio` vault of plain legs, given that it
 * is in `state`, one of verdict_state_from_ratio; others are always looked at.
 * STALE with a refused price has no triggers: whoever sees the price come back
 * looks at all that hold it. */
void bands_plan_vault(struct bands_plan *out, const struct bands_price *price,
    const struct book *b, const struct vault *v, enum vault_state state);

#endif
