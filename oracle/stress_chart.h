/* oracle/stress_chart.h - the ladder of `margind stress` as a picture: debt at
 * risk and bad debt over the move of prices. */
#ifndef ORACLE_STRESS_CHART_H
#define ORACLE_STRESS_CHART_H

#include "margin/aggregate_ladder.h"
#include "oracle/chart_svg.h"

struct stress_chart_point {
	struct num18 shock;		/* share of the price */
	struct usd18 debt_at_risk, bad_debt;
	uint32_t stale;			/* vaults that no figure has in it */
};

struct stress_chart {
	const char *book;
	uint64_t as_of_ms;	/* zero: the market does not say */
	uint32_t vaults;
	const char *factor;	/* that moves alone; NULL: all but stables */
	uint32_t count;		/* at least 1 (MUST) */
	struct stress_chart_point point[LADDER_SHOCKS_MAX];	/* ascending */
};
void stress_chart(struct text *t, const struct stress_chart *c);

#endif
