/* oracle/study_shock.h - a study's snapshot in a shocked market. */
#ifndef ORACLE_STUDY_SHOCK_H
#define ORACLE_STUDY_SHOCK_H

#include "margin/shock.h"
#include "oracle/study.h"

struct study_shock {
	struct market market;
	struct market_terms terms;
	struct method_work *work;	/* where correlations are one */
	struct snapshot snapshot;
	struct study_floors floors;
};

/* study_shock_make allocates; study_shock_free accepts NULL.  study_shock_do
 * applies a shock to the study's market, study_shock_more one on top of what
 * was done.  ERR_RANGE; ERR_LIMIT without memory. */
MUST_CHECK enum err study_shock_make(struct study_shock **out,
    const struct study *s);
void study_shock_free(struct study_shock *k);
MUST_CHECK enum err study_shock_do(struct study_shock *k,
    const struct study *s, const struct shock *shock);
MUST_CHECK enum err study_shock_more(struct study_shock *k,
    const struct study *s, const struct shock *shock);

#endif
