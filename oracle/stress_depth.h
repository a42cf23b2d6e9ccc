/* oracle/stress_depth.h - the ladder of `margind stress` where markets are
 * thin: what of the collateral that has to be sold finds no buyer.
 *
 * Counted are the vaults of tokens alone (margin/evaluate.h) by the method
 * `ratio`, each once, at mid, by margin/aggregate_ladder.h: liquidated below
 * sum D*b, which pays the bonus.  Of the rest the bad debt of their own
 * evaluation is added, as if there were buyers.
 *
 * Source: margin-model 1.9.
 */
#ifndef ORACLE_STRESS_DEPTH_H
#define ORACLE_STRESS_DEPTH_H

#include "margin/aggregate_ladder.h"
#include "margin/stress.h"
#include "oracle/study.h"

#define STRESS_DEPTH_DEFAULT "0.1"	/* of a day's volume: a tenth is what
					 * is usually sold without being the
					 * market */

struct stress_depth {
	struct ladder_rules rules;
	struct ladder ladder;
	bool is_whole;		/* false: a vault did not fit, and the ladder
				 * says nothing of the book */
};

/* stress_depth_rules reads the share, NULL for the default, and the book's
 * volumes; factor: what moves alone, or NULL.  ERR_SYNTAX; ERR_RANGE for one
 * below zero or a product that does not fit. */
MUST_CHECK enum err stress_depth_rules(struct stress_depth *d,
    const char *share, const struct book *b, const uint8_t *factor);
/* stress_depth_counts: whether the ladder counts this vault. */
bool stress_depth_counts(const struct study *s, uint32_t slot,
    enum margin_method method);
/* stress_depth_fill counts the vaults of the book; the rules are set.  A vault
 * without a price is left out, as it is of every other figure; one that does
 * not fit gets a line with its name on standard error. */
void stress_depth_fill(struct stress_depth *d, const struct study *s,
    const enum margin_method *override);
/* stress_depth_bad_debt: a line's, and the bad debt of the vaults that the
 * ladder does not count.  ERR_RANGE. */
MUST_CHECK enum err stress_depth_bad_debt(struct usd18 *out,
    const struct stress_depth *d, uint32_t line, struct usd18 of_others);

#endif
