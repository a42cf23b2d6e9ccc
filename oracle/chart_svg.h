/* oracle/chart_svg.h - a backtest as a picture: profits of the long side, the
 * margins of both sides as a corridor around zero, exceptions outside of it.
 *
 * For eyes: floating point, and never more points than pixels.  One SVG text
 * without scripts, links or fonts of its own.
 */
#ifndef ORACLE_CHART_SVG_H
#define ORACLE_CHART_SVG_H

#include "base/fixed.h"
#include "oracle/text.h"

struct chart_side {
	const struct usd18 *margin, *buffered;	/* for one USD */
	const uint8_t *hit;
};

struct chart {
	const char *title, *subtitle;
	uint32_t count;			/* at least 1 (MUST) */
	const uint64_t *ms;		/* ascending */
	const struct usd18 *loss;	/* of the long side */
	struct chart_side below, above;	/* long, short */
};
void chart_svg(struct text *t, const struct chart *c);

#endif
