/* margin/shock.h - named stress: a market moved as a story says.
 *
 * A shock makes a new snapshot out of an old one: prices of factors times a
 * multiplier, one asset's own price on top (a depeg, a staked token's
 * discount), volatilities times a multiplier, correlations to one, age (an
 * oracle delay, a halted chain).  What moves with a factor moves along: its
 * assets, marks, forwards, companions.
 *
 * Units:  multipliers 18 decimals.  Owns nothing: the caller places both
 *         markets and their terms.
 * Rounds: down; both ends of a band move alike.
 * Source: margin-model 1.5 (stress).
 */
#ifndef MARGIN_SHOCK_H
#define MARGIN_SHOCK_H

#include "margin/market.h"

#define SHOCK_NAME_MAX 48u

enum shock_scope {
	SHOCK_ALL,		/* every factor but the stable ones */
	SHOCK_FACTOR,		/* one factor, with all that moves with it */
	SHOCK_ASSET,		/* one asset's price against its factor */
	SHOCK_STABLES,		/* the assets of group "stable" */
	SHOCK_RATES,		/* the assets whose price is a rate */
};

struct shock {
	char name[SHOCK_NAME_MAX];
	enum shock_scope scope;
	uint8_t index;		/* of the factor or the asset */
	struct num18 price;	/* multiplier, at least zero; 1: none */
	struct num18 vol;	/* multiplier, at least zero; 1: none */
	bool has_correlation_one;	/* of var and es: their scenarios are
					 * made comonotone by the caller */
	uint64_t delay_ms;	/* the snapshot is this much older than its
				 * expiries think: time to expiry shrinks */
	bool is_halted;		/* nothing can be sold: prices are REFUSED for
				 * a chain's assets */
	uint64_t chain_id;	/* whose */
};

/* Which stories are hard floors of every requirement: bit i stands for the
 * i-th built-in one. */
struct stress_rules {
	uint32_t floors;
};
#define SHOCK_NAMED_MAX 32u

/* shock_named: the built-in stories, by index; false beyond the last.
 *	crash-50	-50 % on everything that is not stable
 *	crash-30, rally-50
 *	depeg-90	every stable at 0.90
 *	vol-x2		volatilities doubled
 *	correlation-1	correlations at one
 *	oracle-delay	prices an hour old
 *	chain-halt	the book's chain halts
 *	staked-discount	every rate token 10 % below its rate */
bool shock_named(struct shock *out, size_t index, const struct book *b);
/* shock_name_at: the built-in names in that order; NULL beyond the last. */
const char *shock_name_at(size_t index);
/* shock_find: by name; ERR_UNKNOWN. */
MUST_CHECK enum err shock_find(struct shock *out, const char *name,
    const struct book *b);

/* shock_apply: *out becomes `in` shocked; terms takes the terms where `in` has
 * some.  out may be in only together with terms being in's own.  ERR_RANGE. */
MUST_CHECK enum err shock_apply(struct market *out, struct market_terms *terms,
    const struct market *in, const struct book *b, const struct shock *s);

/* factor_is_stable: every asset of it is of group "stable". */
bool factor_is_stable(const struct book *b, uint8_t factor);

#endif
