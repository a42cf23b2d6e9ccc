/* margin/aggregate_ladder.h - what becomes liquidatable, and what is not paid
 * back, if prices move: one line a shock.
 *
 * Liquidations at risk(s) is the debt of the vaults whose sum V*LT at the
 * shocked prices is below their sum D*b; bad debt(s) is sum over all vaults of
 * max(0, D - sum V / (1 + bonus)).  With a depth given, what a factor's
 * market cannot take of the collateral that has to be sold counts as unsold
 * and, at worst, as bad debt.
 *
 * Units:  usd18; shocks as signed shares of the price, 18 decimals.
 * Rounds: collateral floor, debt ceil.
 * Owns:   nothing.
 * Limits: LADDER_SHOCKS_MAX shocks; BOOK_VAULTS_MAX vaults, each of at most
 *         5e12 USD on either side at every shock.
 * Source: margin-model 1.9.
 */
#ifndef MARGIN_AGGREGATE_LADDER_H
#define MARGIN_AGGREGATE_LADDER_H

#include "margin/book.h"
#include "margin/market.h"

#define LADDER_SHOCKS_MAX 32u

struct ladder_rules {
	uint32_t shock_count;
	struct num18 shock[LADDER_SHOCKS_MAX];	/* above -1, ascending */
	bool is_shocked[BOOK_FACTORS_MAX];	/* one factor, or all that are
						 * not stable */
	bool has_depth[BOOK_FACTORS_MAX];
	struct usd18 depth[BOOK_FACTORS_MAX];	/* that can be sold within the
						 * horizon: a share of ADV */
};
/* -90 % to +100 % in steps of ten, every factor, no depth. */
void ladder_rules_default(struct ladder_rules *r);
/* ladder_rules_of_book: the default shocks on every factor that is not stable,
 * and of each factor that has assets a depth: `share`, at least zero (MUST), of
 * the traded volume of its first asset by slot, floor, since one underlying's
 * tokens are sold in one market.  ERR_RANGE leaves *r alone. */
MUST_CHECK enum err ladder_rules_of_book(struct ladder_rules *r,
    const struct book *b, struct num18 share);
/* ladder_rules_one_factor: nothing but this factor moves. */
void ladder_rules_one_factor(struct ladder_rules *r, uint8_t factor);

/* A leg's value at mid, before any shock. */
struct ladder_leg {
	uint8_t factor;
	bool is_debt;
	struct usd18 value;
	struct usd18 weighted;	/* V * LT, or D * b */
	struct ppb bonus;	/* of collateral */
};

struct ladder_line {
	struct num18 shock;
	uint32_t vaults_at_risk;
	struct usd18 debt_at_risk;	/* LaR: D of those, shocked */
	struct usd18 bad_debt;
	struct usd18 unsold;		/* beyond the depth, sum over factors */
	struct usd18 bad_debt_limited;	/* bad_debt + unsold, at most the debt
					 * of all vaults */
	struct usd18 debt;		/* of all vaults, shocked */
	struct usd18 to_sell[BOOK_FACTORS_MAX];	/* collateral that pays the
						 * debt at risk and its bonus,
						 * each leg in proportion */
};

struct ladder {
	const struct ladder_rules *rules;	/* the caller's; outlives it */
	uint32_t vaults;
	struct ladder_line line[LADDER_SHOCKS_MAX];
};

/* aggregate_ladder_start empties the lines.  Too many shocks, or one of -1 or
 * less: MUST. */
void aggregate_ladder_start(struct ladder *l, const struct ladder_rules *r);
/* aggregate_ladder_add counts one vault in; the legs' order does not matter
 * and their values are not negative.  ERR_LIMIT and ERR_RANGE leave the ladder
 * alone. */
MUST_CHECK enum err aggregate_ladder_add(struct ladder *l,
    const struct ladder_leg *legs, size_t count);
/* aggregate_ladder_finish compares what must be sold with the depth. */
MUST_CHECK enum err aggregate_ladder_finish(struct ladder *l);

/* ladder_legs_of_vault: at most 2 * BOOK_LEGS_MAX legs, at mid.  ERR_STALE
 * where a leg's price is refused, ERR_RANGE. */
MUST_CHECK enum err ladder_legs_of_vault(struct ladder_leg *legs,
    size_t *count, const struct book *b, const struct vault *v,
    const struct market *m);

#endif
