/* margin/position_greeks.h - the greeks of what vaults hold, in dollars, by
 * underlying and expiry.
 *
 * Conventions: a greek is that of the position's value in USD.  Spot and
 * forward of one underlying move in proportion.
 * - spot, linear perpetuals and futures: delta = size multiplier mark.
 * - inverse contracts pay Q (1/e - 1/p) coins, Q = size multiplier USD, worth
 *   Q S/e - Q S/p dollars; S/p stands still, so delta = Q S/e (Q at the entry
 *   price) and gamma is zero.
 * - options: delta = dP/dF F, gamma = d2P/dF2 F^2 / 100.  A coin-settled
 *   option is worth P/S coins, which is P dollars: its greeks are those of the
 *   linear one (the premium-adjusted delta is that of the value in coins, and
 *   is not what is meant here).  The coins that back it are collateral, with
 *   the delta of a holding.
 *
 * Units:  USD, 18 decimals.  delta per 1.00 of relative move; gamma the change
 *         of delta per 1 %; vega per volatility point (0.01); theta per day of
 *         365 a year.
 * Rounding: toward minus infinity: gains less, costs more.  Sums are exact, so
 *         that what was added and is taken out again leaves no trace.
 * Owns:   nothing: the caller places the table's rows.
 * Source: margin-model 1.3, 1.5; Hull, Options, Futures and Other
 *         Derivatives, "The Greek letters".
 */
#ifndef MARGIN_POSITION_GREEKS_H
#define MARGIN_POSITION_GREEKS_H

#include "base/fixed.h"
#include "base/types.h"
#include "margin/greeks.h"
#include "margin/instrument.h"
#include "margin/option.h"

struct position_greeks {
	uint8_t factor;		/* the underlying */
	uint64_t expiry_ms;	/* 0: none */
	uint32_t positions;	/* how many are in these sums */
	struct usd18 delta, gamma, vega, theta;
};

/* What the market says of one instrument. */
struct position_market {
	struct px18 index;	/* of the underlying, USD */
	struct px18 mark;	/* linear contracts: their price; options: the
				 * forward; spot and inverse: not read */
	struct option_greeks option;	/* a unit of the underlying; options */
};

/* position_greeks_of: ERR_RANGE where a figure does not fit or an inverse
 * position has no entry price. */
MUST_CHECK enum err position_greeks_of(struct position_greeks *out,
    const struct instrument *i, const struct position *p,
    const struct position_market *m);
/* position_greeks_holding: value of a token held (below zero: owed). */
struct position_greeks position_greeks_holding(uint8_t factor,
    struct usd18 value);

/* Ascending by factor, then expiry; no two rows of the same. */
struct position_greeks_table {
	size_t count, capacity;
	struct position_greeks *rows;
};

/* position_greeks_add puts a row's sums into the table, position_greeks_sub
 * takes them out; a row whose last position goes is dropped.  ERR_LIMIT: no
 * room for another row; ERR_UNKNOWN: nothing like it to take out; ERR_RANGE.
 * The table is untouched then. */
MUST_CHECK enum err position_greeks_add(struct position_greeks_table *t,
    const struct position_greeks *row);
MUST_CHECK enum err position_greeks_sub(struct position_greeks_table *t,
    const struct position_greeks *row);
/* position_greeks_total sums a factor's rows over the expiries. */
MUST_CHECK enum err position_greeks_total(struct position_greeks *out,
    const struct position_greeks_table *t, uint8_t factor);

/* position_greeks_sensitivities writes what margin/greeks.h takes: delta (per
 * 1 %, away from zero), vega and gamma of each row, in the account's signs;
 * zeros are left out.  bucket_of has the bucket of each factor.  ERR_LIMIT
 * beyond capacity; ERR_RANGE where an option has vega and has expired. */
MUST_CHECK enum err position_greeks_sensitivities(
    struct greeks_sensitivity *out, size_t *count, size_t capacity,
    const struct position_greeks_table *t, const uint8_t *bucket_of,
    uint64_t as_of_ms);

#endif
