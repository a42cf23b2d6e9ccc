#include "oracle/backtest_chart.h"

#include "base/clock_text.h"
#include "base/must.h"

#include <math.h>

#define TICKS_X 7
#define DAY_MS 86400000u

static const char LOSS[] = "#8a94a3", LONG[] = "#1f5fbf", SHORT[] = "#b8730a";
static const char HIT[] = "#d11a2a";

static double
x_of(const struct chart_frame *f, const struct backtest_chart *c, uint32_t i)
{
	return chart_x(f, (double)(c->ms[i] - c->ms[0]));
}

/* ---- frame -------------------------------------------------------------- */

/* Times from the first one on; a single point stands in the middle. */
static struct chart_frame
frame_of(const struct backtest_chart *c)
{
	struct chart_frame f = { 0 };

	f.x_high = (double)(c->ms[c->count - 1] - c->ms[0]);
	if (f.x_high < 1) {
		f.x_low = -1;
		f.x_high = 1;
	}
	for (uint32_t i = 0; i < c->count; i++) {
		double profit = -chart_usd(c->loss[i]);

		f.y_low = fmin(f.y_low, fmin(profit,
		    -chart_usd(c->below.buffered[i])));
		f.y_high = fmax(f.y_high, fmax(profit,
		    chart_usd(c->above.buffered[i])));
	}
	if (f.y_high - f.y_low < 1e-9)
		f.y_high = f.y_low + 1e-9;
	f.y_low -= (f.y_high - f.y_low) * 0.03;
	f.y_high += (f.y_high - f.y_low) * 0.03;
	return f;
}

static void
axis_x(struct text *t, const struct backtest_chart *c)
{
	uint64_t span = c->ms[c->count - 1] - c->ms[0];

	for (int i = 0; i < TICKS_X; i++) {
		char when[TIME_TEXT_BUF];

		time_ms_to_rfc3339(when, c->ms[0] + span / (TICKS_X - 1) *
		    (uint64_t)i);
		when[10] = ' ';
		when[span < 4 * (uint64_t)DAY_MS ? 16 : 10] = '\0';
		chart_tick_x(t, CHART_LEFT + (CHART_RIGHT - CHART_LEFT) *
		    (double)i / (TICKS_X - 1), i == 0 ? "start" :
		    i == TICKS_X - 1 ? "end" : "middle", when);
	}
	chart_label_x(t, "time at which the margin was asked, UTC");
}

/* ---- what is in it ------------------------------------------------------ */

/* The range of the profits within each pixel column, from zero. */
static void
bars(struct text *t, const struct chart_frame *f,
    const struct backtest_chart *c)
{
	text_printf(t, "<path stroke=\"%s\" fill=\"none\" d=\"", LOSS);
	for (uint32_t i = 0; i < c->count;) {
		double x = floor(x_of(f, c, i)), low = 0, high = 0;

		for (; i < c->count && floor(x_of(f, c, i)) <= x; i++) {
			low = fmin(low, -chart_usd(c->loss[i]));
			high = fmax(high, -chart_usd(c->loss[i]));
		}
		text_printf(t, "M%.1f %.1fV%.1f", x + 0.5, chart_y(f, low),
		    chart_y(f, high));
	}
	text_put(t, "\"/>\n");
}

/* A line through the last value of each pixel column. */
static void
line(struct text *t, const struct chart_frame *f,
    const struct backtest_chart *c, const struct usd18 *v, double sign,
    bool is_dashed)
{
	char pen = 'M';

	text_printf(t, "<path stroke=\"%s\" stroke-width=\"1.6\"%s "
	    "fill=\"none\" d=\"", sign < 0 ? LONG : SHORT, is_dashed ?
	    " stroke-dasharray=\"4 3\" opacity=\"0.6\"" : "");
	for (uint32_t i = 0; i < c->count; i++) {
		if (i + 1 < c->count && floor(x_of(f, c, i)) ==
		    floor(x_of(f, c, i + 1)))
			continue;
		text_printf(t, "%c%.1f %.1f", pen, x_of(f, c, i),
		    chart_y(f, sign * chart_usd(v[i])));
		pen = 'L';
	}
	text_put(t, "\"/>\n");
}

static void
hits(struct text *t, const struct chart_frame *f,
    const struct backtest_chart *c, const uint8_t *hit)
{
	for (uint32_t i = 0; i < c->count; i++)
		if (hit[i])
			chart_dot(t, x_of(f, c, i), chart_y(f,
			    -chart_usd(c->loss[i])), HIT);
}

void
backtest_chart(struct text *t, const struct backtest_chart *c)
{
	static const struct chart_mark marks[] = {
		{ .colour = LOSS, .words = "profit of a long position" },
		{ .colour = LONG, .words = "margin, long" },
		{ .colour = SHORT, .words = "margin, short" },
		{ .colour = CHART_INK, .words = "with buffer",
		  .is_dashed = true },
		{ .colour = HIT, .is_dot = true,
		  .words = "exception: the loss exceeds the margin" },
	};
	struct chart_frame f;

	MUST(c->count > 0);
	f = frame_of(c);
	chart_begin(t, c->title, c->subtitle);
	chart_axis_y(t, &f, 100, " %", "profit and margin, % of the position");
	axis_x(t, c);
	bars(t, &f, c);
	line(t, &f, c, c->below.buffered, -1, true);
	line(t, &f, c, c->above.buffered, 1, true);
	line(t, &f, c, c->below.margin, -1, false);
	line(t, &f, c, c->above.margin, 1, false);
	hits(t, &f, c, c->below.hit);
	hits(t, &f, c, c->above.hit);
	chart_legend(t, marks, ARRAY_COUNT(marks));
	chart_end(t);
}
