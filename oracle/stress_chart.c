#include "oracle/stress_chart.h"

#include "base/clock_text.h"
#include "base/must.h"

#include <math.h>
#include <stdio.h>

#define WORDS_BUF 256u
#define STALE_BUF 40u
#define TICK_X 0.2		/* every fifth of the price has its number */

static const char RISK[] = "#b8730a", BAD[] = "#d11a2a";

static double
shock_of(const struct stress_chart_point *p)
{
	return (double)num18_to_raw(p->shock) / 1e18;
}

static struct chart_frame
frame_of(const struct stress_chart *c)
{
	struct chart_frame f = {
		.x_low = shock_of(&c->point[0]),
		.x_high = shock_of(&c->point[c->count - 1]),
	};

	if (f.x_high - f.x_low < 1e-9)
		f.x_high = f.x_low + 1;
	for (uint32_t i = 0; i < c->count; i++)
		f.y_high = fmax(f.y_high, fmax(
		    chart_usd(c->point[i].debt_at_risk),
		    chart_usd(c->point[i].bad_debt)));
	f.y_high = f.y_high < 1e-9 ? 1 : f.y_high * 1.05;
	return f;
}

/* ---- axes --------------------------------------------------------------- */

static void
axis_y(struct text *t, const struct chart_frame *f)
{
	static const struct {
		double least;
		const char *unit;
	} scales[] = { { 1e12, " T" }, { 1e9, " bn" }, { 1e6, " M" },
	    { 1e3, " k" }, { 0, "" } };
	size_t i = 0;

	while (f->y_high < 2 * scales[i].least)
		i++;
	chart_axis_y(t, f, scales[i].least > 0 ? 1 / scales[i].least : 1,
	    scales[i].unit, "USD");
}

static void
axis_x(struct text *t, const struct chart_frame *f, const char *factor)
{
	char words[WORDS_BUF];

	for (double v = ceil(f->x_low / TICK_X - 1e-9) * TICK_X;
	    v <= f->x_high + 1e-9; v += TICK_X) {
		bool is_zero = fabs(v) < 1e-9;

		snprintf(words, sizeof(words), "%s%.0f %%", is_zero ? "" :
		    v < 0 ? "−" : "+", is_zero ? 0 : fabs(v) * 100);
		chart_tick_x(t, chart_x(f, v), v > f->x_high - 1e-9 ? "end" :
		    "middle", words);
	}
	snprintf(words, sizeof(words), "move of %s", factor ? factor :
	    "every price but the stable ones");
	chart_label_x(t, words);
	if (f->x_low < 0 && f->x_high > 0)
		text_printf(t, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
		    "y2=\"%d\" stroke=\"%s\" stroke-dasharray=\"2 3\"/>\n"
		    "<text x=\"%.1f\" y=\"%d\" stroke=\"#fff\" "
		    "stroke-width=\"4\" paint-order=\"stroke\">now</text>\n",
		    chart_x(f, 0), chart_x(f, 0), CHART_TOP, CHART_BOTTOM,
		    CHART_INK, chart_x(f, 0) + 5, CHART_TOP + 10);
}

/* ---- what is in it ------------------------------------------------------ */

static double
x_of(const struct chart_frame *f, const struct stress_chart_point *p)
{
	return chart_x(f, shock_of(p));
}

/* A line with a dot where it was measured, and its area in a light tone. */
static void
series(struct text *t, const struct chart_frame *f,
    const struct stress_chart *c, bool is_bad)
{
	const char *colour = is_bad ? BAD : RISK;

	for (int is_line = 0; is_line < 2; is_line++) {
		text_printf(t, is_line ? "<path stroke=\"%s\" "
		    "stroke-width=\"2\" fill=\"none\" d=\"" :
		    "<path fill=\"%s\" fill-opacity=\"0.12\" d=\"", colour);
		for (uint32_t i = 0; i < c->count; i++)
			text_printf(t, "%c%.1f %.1f", i == 0 ? 'M' : 'L',
			    x_of(f, &c->point[i]), chart_y(f, chart_usd(
			    is_bad ? c->point[i].bad_debt :
			    c->point[i].debt_at_risk)));
		if (!is_line)
			text_printf(t, "V%dH%.1fZ", CHART_BOTTOM,
			    x_of(f, &c->point[0]));
		text_put(t, "\"/>\n");
	}
	for (uint32_t i = 0; i < c->count; i++)
		chart_dot(t, x_of(f, &c->point[i]), chart_y(f, chart_usd(
		    is_bad ? c->point[i].bad_debt :
		    c->point[i].debt_at_risk)), colour);
}

static void
head(struct text *t, const struct stress_chart *c)
{
	char title[WORDS_BUF], about[WORDS_BUF], when[TIME_TEXT_BUF] = "";
	char stale[STALE_BUF] = "";
	uint32_t most = 0;

	for (uint32_t i = 0; i < c->count; i++)
		most = c->point[i].stale > most ? c->point[i].stale : most;
	if (most > 0)
		snprintf(stale, sizeof(stale), "; %u stale, left out", most);
	if (c->as_of_ms != 0) {
		time_ms_to_rfc3339(when, c->as_of_ms);
		when[10] = ' ';
		when[16] = '\0';	/* the minute */
	}
	snprintf(title, sizeof(title), "%s under stress", c->book);
	snprintf(about, sizeof(about), "%u vaults%s%s%s%s", c->vaults,
	    when[0] ? " at " : "", when, when[0] ? " UTC" : "", stale);
	chart_begin(t, title, about);
}

void
stress_chart(struct text *t, const struct stress_chart *c)
{
	static const struct chart_mark marks[] = {
		{ .colour = RISK,
		  .words = "debt at risk: of vaults to be liquidated" },
		{ .colour = BAD,
		  .words = "bad debt: what equity lacks to zero" },
	};
	struct chart_frame f;

	MUST(c->count > 0);
	f = frame_of(c);
	head(t, c);
	axis_y(t, &f);
	axis_x(t, &f, c->factor);
	series(t, &f, c, false);
	series(t, &f, c, true);
	chart_legend(t, marks, ARRAY_COUNT(marks));
	chart_end(t);
}
