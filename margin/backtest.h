/* margin/backtest.h - does the margin cover what it must?  Exceptions against
 * the tests of the field.
 *
 * An exception is a loss over the margin period of risk above the initial
 * margin at its beginning.  Observations must not overlap: take one margin
 * period after the other.
 *
 * Units:  statistics are num18; a probability of exception p is ppb (0.01 for
 *         margins at 99 %).  Rounds to nearest, errors below 1e-12 + 1e-15 T
 *         unless a side is named.  Owns nothing.
 * Limits: BACKTEST_T_MAX observations (ERR_LIMIT); p not within (0, 1):
 *         ERR_RANGE; outputs untouched on failure.
 * Source: margin-model 1.11.  Kupiec, "Techniques for verifying the accuracy
 *         of risk measurement models", 1995; Christoffersen, "Evaluating
 *         interval forecasts", 1998; Basel Committee, "Supervisory framework
 *         for the use of backtesting", 1996; Acerbi and Szekely, "Backtesting
 *         expected shortfall", 2014.
 */
#ifndef MARGIN_BACKTEST_H
#define MARGIN_BACKTEST_H

#include "base/fixed.h"
#include "base/types.h"

#define BACKTEST_T_MAX 1000000u

/* ---- likelihood ratios -------------------------------------------------- */

/* backtest_pof: Kupiec's proportion of failures, LR_pof = -2 ln((1-p)^(T-x)
 * p^x / ((1-x/T)^(T-x) (x/T)^x)); 0 ln 0 is 0.  T above zero (ERR_MISSING),
 * x at most T (MUST). */
MUST_CHECK enum err backtest_pof(struct num18 *out, uint32_t t, uint32_t x,
    struct ppb p);

/* What followed what: n[from][to], 1 an exception. */
struct backtest_transitions {
	uint32_t n[2][2];
};
/* backtest_transitions_of the t flags (0 or 1). */
void backtest_transitions_of(struct backtest_transitions *out,
    const uint8_t *hit, size_t t);
/* backtest_independence: Christoffersen's LR_ind of a first-order Markov chain
 * against independence; zero where it has nothing to tell (no exception, or
 * nothing but). */
MUST_CHECK enum err backtest_independence(struct num18 *out,
    const struct backtest_transitions *n);

/* backtest_p_value: the probability of a statistic at least as large under the
 * hypothesis: chi-square of 1 or 2 degrees of freedom (MUST). */
MUST_CHECK enum err backtest_p_value(struct num18 *out, struct num18 lr,
    unsigned degrees);
/* backtest_critical: the statistic whose p-value is 1 - level: 3.841 and 5.991
 * at 0.95. */
MUST_CHECK enum err backtest_critical(struct num18 *out, struct ppb level,
    unsigned degrees);
/* backtest_pof_range: the least and the largest number of exceptions in t that
 * LR_pof does not reject (LR <= critical).  ERR_MISSING: it rejects all. */
MUST_CHECK enum err backtest_pof_range(uint32_t *least, uint32_t *most,
    uint32_t t, struct ppb p, struct num18 critical);

/* ---- Basel -------------------------------------------------------------- */

/* backtest_binomial: the probability of at most x exceptions in t. */
MUST_CHECK enum err backtest_binomial(struct num18 *out, uint32_t t,
    uint32_t x, struct ppb p);

enum backtest_zone { ZONE_GREEN, ZONE_YELLOW, ZONE_RED };
const char *backtest_zone_name(enum backtest_zone z);

struct backtest_basel {
	enum backtest_zone zone;	/* yellow from a cumulative probability
					 * of 95 %, red from 99.99 %: 0-4, 5-9,
					 * 10 and more in 250 at 99 % */
	struct num18 cumulative;
	struct ppb plus;	/* 0; .40 .50 .65 .75 .85; 1: of the base
				 * multiplier 3.  Other t and p take it from the
				 * count in 250 at 99 % that is as improbable,
				 * the larger of two,
				 * never another zone's */
};
MUST_CHECK enum err backtest_basel_of(struct backtest_basel *out, uint32_t t,
    uint32_t x, struct ppb p);

/* ---- expected shortfall ------------------------------------------------- */

/* backtest_z2: Acerbi and Szekely's second statistic, 1 - sum of loss / ES
 * over the exceptions / (T p): 0 expected, below zero where ES is too small.
 * loss and es by observation; hit says which losses count; p the tail
 * probability of ES.  Floor.  ERR_RANGE for an es of zero at an exception. */
MUST_CHECK enum err backtest_z2(struct num18 *out, const struct usd18 *loss,
    const struct usd18 *es, const uint8_t *hit, size_t t, struct ppb p);
/* Below it 5 % of correct models fall, whatever their tail (ibid., table 4). */
#define BACKTEST_Z2_CRITICAL num18_from_raw(-700000000000000000)

#endif
