/* margin/standard.h - the `standard` method: tiers for perpetuals and futures,
 * isolated margin or the worst payoff for options, a share of the value for
 * what is held of the underlying itself.
 *
 * An option's mark stands inside its requirement, so equity takes cash and
 * linear profit only; long options are no collateral.
 *
 * Units:    usd18, px18, num18, ppb; an option's amount in units of the
 *           underlying.
 * Rounding: against the account: credits floor, requirements ceil.
 * Owns:     nothing: the caller places inputs and terms.
 * Limits:   STANDARD_GROUP_OPTIONS_MAX options of one expiry (ERR_LIMIT).
 * Source:   margin-model 1.5 and 3.3; Derive v2-core StandardManager.
 */
#ifndef MARGIN_STANDARD_H
#define MARGIN_STANDARD_H

#include "margin/linear.h"

#define STANDARD_GROUP_OPTIONS_MAX POSITIONS_MAX

/* Shares of the index price S, of the mark M, of the forward F. */
struct standard_option_rules {
	struct ppb initial_at_money;	/* of S, less what it is out of the
					 * money */
	struct ppb initial_min;		/* of S, at least */
	struct ppb maintenance_call;	/* of S */
	struct ppb maintenance_put;	/* of S, or ... */
	struct ppb maintenance_put_mark;	/* ... of M, the larger */
	struct ppb initial_put_scale;	/* initial at least this much of
					 * maintenance; puts */
	struct ppb unpaired_initial;	/* of F, per net short call */
	struct ppb unpaired_maintenance;
};

/* Initial margin only: (1 - confidence) * factor * S * size where the least
 * confidence is below the threshold; zero: never. */
struct standard_oracle_rules {
	struct num18 linear_threshold;
	struct num18 option_threshold;
	struct num18 base_threshold;
	struct ppb factor;
};

struct standard_rules {
	struct linear_rules linear;
	struct ppb profit_weight;	/* what a linear item's profit above
					 * zero counts */
	struct standard_option_rules option;
	struct standard_oracle_rules oracle;
	/* Initial margin only: (threshold - stable price) * factor * S for
	 * each unit of linear size and of short options. */
	struct num18 depeg_threshold;
	struct ppb depeg_factor;
	struct ppb base_weight;		/* what a held unit counts, of S */
	struct ppb base_initial_scale;	/* that again, for initial margin */
};
/* The test configuration of Derive v2-core (test/config-test.sol): options
 * 0.15, 0.10, 0.075, 0.075, 0.075, 1.05, 1.2, 1.1; oracle 0.4, factor 0.4;
 * depeg 0.98, 1.2; base 0.8, 0.8; profit weight 1; linear_rules_default. */
void standard_rules_default(struct standard_rules *r);

/* A perpetual or future. */
struct standard_linear {
	uint32_t item;		/* the caller's number, given back in terms */
	const struct instrument *instrument;	/* its tiers and multiplier */
	struct num18 size;
	struct num18 bids, asks;	/* open orders, each at least zero */
	struct px18 mark;		/* profit and margin */
	struct px18 index;	/* coin to USD, contingencies */
	struct px18 entry;
	struct usd18 funding;		/* owed; USD, inverse: coin */
	struct usd18 open_interest;	/* of the market; zero: no scaling */
	struct num18 leverage;		/* zero: none set */
	struct num18 confidence;	/* the least of mark and index; 1: sure */
};

struct standard_option {
	uint32_t item;
	struct px18 strike;
	bool is_call;
	struct num18 amount;		/* units of the underlying */
	struct px18 mark;		/* USD a unit */
	struct num18 confidence;	/* of its volatility */
};

/* The options of one underlying and one expiry. */
struct standard_group {
	struct px18 forward;
	struct px18 spot;
	struct num18 confidence;	/* the least of spot and forward */
	const struct standard_option *options;
	size_t option_count;
};

/* An amount of the underlying itself. */
struct standard_base {
	uint32_t item;
	struct num18 amount;	/* owed below zero: counts 2 - weight */
	struct px18 price;
	struct num18 confidence;
};

struct standard_inputs {
	const struct standard_linear *linear;
	size_t linear_count;
	const struct standard_group *groups;
	size_t group_count;
	const struct standard_base *bases;
	size_t base_count;
	struct px18 stable;	/* of what settles: 1 where nobody says */
};

/* One item's part, for an explanation; contingencies are not in it. */
struct standard_term {
	uint32_t item;
	struct usd18 initial, maintenance;	/* requirements; of an option
						 * standing alone */
	struct usd18 value;	/* linear: profit less funding, unweighted;
				 * option: amount * mark; base: amount *
				 * price; all floor */
};

/* One expiry's part. */
struct standard_group_term {
	struct usd18 isolated_initial, isolated_maintenance;
	struct usd18 worst_payoff;	/* least over strikes and 0, floor; may
					 * be above zero */
	struct usd18 unpaired_initial, unpaired_maintenance;
	struct usd18 bounded_initial, bounded_maintenance;
		/* unpaired - min(0, worst payoff) */
	struct usd18 initial, maintenance;	/* the smaller of the two */
	struct usd18 contingency;	/* initial only, not in it */
};

struct standard_result {
	struct usd18 initial, maintenance;	/* requirements, at least zero */
	/* To equity, besides cash: weighted profit less funding, held base. */
	struct usd18 credit_initial, credit_maintenance;
	/* Of which: */
	struct usd18 linear_value;	/* profit less funding, unweighted */
	struct usd18 option_value;	/* marks; not in equity */
	struct usd18 base_value;
	struct usd18 linear_initial, linear_maintenance;
	struct usd18 option_initial, option_maintenance;
	struct usd18 base_credit_initial, base_credit_maintenance;
	struct usd18 contingency;	/* oracle; in initial */
	struct usd18 depeg;		/* in initial */
};

/* What one linear item adds to the whole, and what one group does. */
struct standard_linear_part {
	struct standard_term term;
	struct usd18 credit;	/* to equity */
	struct usd18 exposed;	/* notional at the index price, for a depeg */
	struct usd18 contingency;
};
struct standard_group_part {
	struct standard_group_term term;
	struct usd18 value;	/* of its options */
	struct usd18 exposed;
};
/* standard_linear_of: ERR_RANGE.  standard_group_of: terms has room for the
 * group's options; ERR_RANGE, ERR_LIMIT. */
MUST_CHECK enum err standard_linear_of(struct standard_linear_part *out,
    const struct standard_rules *rules, const struct standard_linear *l);
MUST_CHECK enum err standard_group_of(struct standard_group_part *out,
    struct standard_term *terms, const struct standard_rules *rules,
    const struct standard_group *g);

/* standard_evaluate, part by part: a sum of zero, each linear item, each group,
 * then the whole.  After an error a sum is of no use. */
struct standard_sum {
	struct standard_result r;
	struct usd18 exposed;
};
MUST_CHECK enum err standard_add_linear(struct standard_sum *s,
    const struct standard_linear_part *p);
MUST_CHECK enum err standard_add_group(struct standard_sum *s,
    const struct standard_group_part *p);
MUST_CHECK enum err standard_sum_finish(struct standard_result *out,
    const struct standard_sum *s, const struct standard_rules *rules,
    struct px18 stable);

/* standard_evaluate fills out and, where not NULL, terms (one for each linear
 * item, each option of each group, each base, in this order) and groups (one
 * for each group): working room, to be read only after ERR_OK; out is written
 * only then.
 * ERR_RANGE where a number does not fit or a confidence is outside [0, 1]. */
MUST_CHECK enum err standard_evaluate(struct standard_result *out,
    struct standard_term *terms, struct standard_group_term *groups,
    const struct standard_rules *rules, const struct standard_inputs *in);

#endif
