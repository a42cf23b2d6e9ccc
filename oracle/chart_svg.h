/* oracle/chart_svg.h - pictures of two axes: what every chart here is made of.
 * The frame of one is 1000 by 560; a legend and two lines of title above it.
 *
 * For eyes: floating point.  One SVG text without scripts, links or fonts of
 * its own.
 */
#ifndef ORACLE_CHART_SVG_H
#define ORACLE_CHART_SVG_H

#include "base/fixed.h"
#include "oracle/text.h"

#define CHART_LEFT 78
#define CHART_RIGHT 982
#define CHART_TOP 84
#define CHART_BOTTOM 508
#define CHART_INK "#1d2530"

/* What each axis spans; high above low. */
struct chart_frame {
	double x_low, x_high;
	double y_low, y_high;
};
double chart_x(const struct chart_frame *f, double x);
double chart_y(const struct chart_frame *f, double y);
double chart_usd(struct usd18 v);

/* chart_begin opens the picture; what does not fit in its line is cut.
 * Everything drawn stands between it and chart_end. */
void chart_begin(struct text *t, const char *title, const char *subtitle);
void chart_end(struct text *t);

/* chart_step: 1, 2 or 5 times a power of ten, about a sixth of the span. */
double chart_step(double span);
/* chart_axis_y: a line at each step, numbers times `times` with a unit behind,
 * zero in ink; the label stands upright. */
void chart_axis_y(struct text *t, const struct chart_frame *f, double times,
    const char *unit, const char *label);
/* chart_tick_x: one mark on the lower axis; anchor: start, middle, end. */
void chart_tick_x(struct text *t, double x, const char *anchor,
    const char *words);
void chart_label_x(struct text *t, const char *label);

/* What the legend says: a line, dashed or not, or a dot. */
struct chart_mark {
	const char *colour, *words;
	bool is_dashed, is_dot;
};
void chart_legend(struct text *t, const struct chart_mark *marks,
    size_t count);
void chart_dot(struct text *t, double x, double y, const char *colour);

#endif
