/* oracle/backtest_chart.h - a backtest as a picture: profits of the long side,
 * the margins of both sides as a corridor around zero, exceptions outside of
 * it.  Never more points than pixels. */
#ifndef ORACLE_BACKTEST_CHART_H
#define ORACLE_BACKTEST_CHART_H

#include "oracle/chart_svg.h"

struct backtest_chart_side {
	const struct usd18 *margin, *buffered;	/* for one USD */
	const uint8_t *hit;
};

struct backtest_chart {
	const char *title, *subtitle;
	uint32_t count;			/* at least 1 (MUST) */
	const uint64_t *ms;		/* ascending */
	const struct usd18 *loss;	/* of the long side */
	struct backtest_chart_side below, above;	/* long, short */
};
void backtest_chart(struct text *t, const struct backtest_chart *c);

#endif
