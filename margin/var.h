/* margin/var.h - value at risk and expected shortfall of scenario profits,
 * exact in integers.
 *
 * Units:  usd18.  A profit is positive, a requirement is at least zero.
 * Rounds: profits floor, requirements ceil: against the account.
 * Owns:   nothing; scratch is the caller's, as many places as scenarios.
 * Limits: SAMPLE_SCENARIOS_MAX scenarios, SAMPLE_FACTORS_MAX factors (more:
 *         ERR_LIMIT).  Outputs are untouched unless the answer is ERR_OK.
 * Source: margin-model 1.5 (var / es), 3.3 (CME SPAN 2's mixture of VaR,
 *         stress, liquidity, concentration).
 */
#ifndef MARGIN_VAR_H
#define MARGIN_VAR_H

#include "margin/sample.h"

/* Which of the ordered profits s[0] <= s[1] ... is the quantile of tail
 * probability q, and what its tail is.
 *	margind	k = max(1, floor(n q)); the tail is s[0..k-1], ties broken by
 *		scenario index, never included
 *	ore	k = floor(n q) + 1, as a right-tail order statistic has it; the
 *		tail is every profit <= s[k-1], ties included
 *		(OpenSourceRisk Engine, historical simulation) */
enum var_profile { VAR_PROFILE_MARGIND, VAR_PROFILE_ORE };

enum var_source { VAR_HISTORICAL, VAR_FILTERED, VAR_SIMULATED };

struct var_rules {
	enum var_source source;	/* of the scenarios; filtered */
	enum var_profile profile;
	struct ppb alpha;	/* of value at risk: 0.99 */
	struct ppb alpha_es;	/* of expected shortfall: 0.975 */
	struct ppb weight;	/* of `source`: 0.75 */
	struct ppb weight_stressed;	/* of the stress window: 0.25 */
	uint32_t scenarios_min;	/* fewer: ERR_QUORUM; 200 */
	uint32_t tail_min;	/* n (1 - alpha) at least; 5 */
	struct sample_rules sample;
};
void var_rules_default(struct var_rules *r);

/* A quantile and its tail, as they are: no sign is turned, nothing refused. */
struct var_tail {
	uint32_t k;		/* rank of the quantile, from 1 */
	uint32_t count;		/* profits in the tail; k without ties */
	uint32_t scenario;	/* index of the quantile's scenario: the k-th of
				 * (profit, index) */
	struct usd18 quantile;	/* s[k-1] */
	struct usd18 mean;	/* of the tail, floor */
};
/* var_rank: k of the profile; n at most SAMPLE_SCENARIOS_MAX, probability
 * below one (MUST). */
uint32_t var_rank(size_t n, struct ppb probability, enum var_profile profile);
/* var_tail_rank: the tail whose quantile has rank k, 1 <= k <= n (MUST).
 * ERR_RANGE where its sum does not fit.  Time n log k at worst, whatever the
 * profits are. */
MUST_CHECK enum err var_tail_rank(struct var_tail *out,
    const struct usd18 *pnl, size_t n, uint32_t k, enum var_profile profile,
    struct usd18 *scratch);
/* var_tail_of: probability above zero and below one (else ERR_RANGE); n above
 * zero (ERR_MISSING). */
MUST_CHECK enum err var_tail_of(struct var_tail *out, const struct usd18 *pnl,
    size_t n, struct ppb probability, enum var_profile profile,
    struct usd18 *scratch);

/* var_loss_of: a profit as a requirement: max(0, -profit); a mean's floor
 * becomes the loss's ceil. */
struct usd18 var_loss_of(struct usd18 profit);

/* var_tail_probability: 1 - alpha, where that many scenarios may be used for
 * it.  ERR_QUORUM: n below scenarios_min; ERR_RANGE: alpha not within (0, 1);
 * ERR_REFUSED: n (1 - alpha) below tail_min. */
MUST_CHECK enum err var_tail_probability(struct ppb *out, struct ppb alpha,
    size_t n, const struct var_rules *rules);

/* var_from_pnl: max(0, -s[k-1]) at rules->alpha.  ERR_QUORUM below
 * scenarios_min; ERR_REFUSED where n (1 - alpha) < tail_min: use es_from_pnl,
 * or var_measure, which does. */
MUST_CHECK enum err var_from_pnl(struct usd18 *out, const struct usd18 *pnl,
    size_t n, const struct var_rules *rules, struct usd18 *scratch);
/* es_from_pnl: max(0, ceil(-mean(s[0..k-1]))) at rules->alpha_es.  ERR_QUORUM,
 * and ERR_REFUSED where n (1 - alpha_es) < tail_min. */
MUST_CHECK enum err es_from_pnl(struct usd18 *out, const struct usd18 *pnl,
    size_t n, const struct var_rules *rules, struct usd18 *scratch);

enum var_measure { VAR_MEASURE_VAR, VAR_MEASURE_ES };
/* var_measure_of: the measure asked for; value at risk with a tail too thin
 * becomes expected shortfall, and *used says so (may be NULL). */
MUST_CHECK enum err var_measure_of(struct usd18 *out, enum var_measure *used,
    enum var_measure asked, const struct usd18 *pnl, size_t n,
    const struct var_rules *rules, struct usd18 *scratch);

/* What a requirement is made of; each at least zero (else ERR_RANGE). */
struct var_parts {
	struct usd18 base;	/* of the source */
	struct usd18 stressed;	/* of the stress window */
	struct usd18 liquidity;
	struct usd18 concentration;
};
/* var_requirement: ceil(weight base) + ceil(weight_stressed stressed) +
 * liquidity + concentration. */
MUST_CHECK enum err var_requirement(struct usd18 *out,
    const struct var_parts *parts, const struct var_rules *rules);

/* var_sample makes the set that rules->source names. */
MUST_CHECK enum err var_sample(struct sample *out,
    const struct sample_history *h, const struct var_rules *rules,
    const struct b32 *rules_hash, struct sample_work *work);

/* What one vault earns in the scenarios of the source and of the stress
 * window, fully revalued, and what comes on top. */
struct var_inputs {
	const struct usd18 *pnl, *pnl_stressed;
	size_t count, count_stressed;
	struct usd18 liquidity, concentration;
};
struct var_margin {
	enum var_measure used;	/* of the source's scenarios */
	enum var_measure used_stressed;
	struct var_parts parts;
	struct usd18 total;	/* var_requirement of the parts */
};
/* var_margin_of: the requirement of one vault, with what it is made of.
 * Errors as var_measure_of and var_requirement; scratch has the larger of the
 * two counts.  A weight_stressed of zero needs no stressed profits. */
MUST_CHECK enum err var_margin_of(struct var_margin *out,
    enum var_measure asked, const struct var_inputs *in,
    const struct var_rules *rules, struct usd18 *scratch);

/* Exposures in two limbs, whose products with returns add up without
 * overflow: x = high * 2^VAR_LIMB_BITS + low, low at least zero. */
#define VAR_LIMB_BITS 46
#define VAR_LIMB_MASK (((i128)1 << VAR_LIMB_BITS) - 1)
#define VAR_EXPOSURE_MAX (((i128)1 << 103) - 1)	/* 10^13 USD */
struct var_exposure {
	int64_t high[SAMPLE_FACTORS_MAX];
	int64_t low[SAMPLE_FACTORS_MAX];
};
/* var_exposure_split: ERR_RANGE beyond VAR_EXPOSURE_MAX either way. */
MUST_CHECK enum err var_exposure_split(struct var_exposure *out,
    const struct usd18 *exposure, uint32_t factors);
/* var_pnl_of: floor(sum over f of exposure[f] * r[f]); the sum is exact, one
 * rounding. */
struct usd18 var_pnl_of(const struct var_exposure *x, const int64_t *r,
    uint32_t factors);

/* var_pnl_linear: pnl[s] = var_pnl_of each scenario.  exposure is USD per
 * factor, long positive; pnl has sample->scenarios places.  Many vaults:
 * var_table.h.  ERR_RANGE as var_exposure_split. */
MUST_CHECK enum err var_pnl_linear(struct usd18 *pnl,
    const struct usd18 *exposure, const struct sample *sample);

#endif
