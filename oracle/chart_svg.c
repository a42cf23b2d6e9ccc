#include "oracle/chart_svg.h"

#include "base/clock_text.h"
#include "base/must.h"

#include <math.h>
#include <string.h>

#define WIDTH 1000
#define HEIGHT 560
#define LEFT 78
#define RIGHT 18
#define TOP 84
#define BOTTOM 52
#define INNER (WIDTH - LEFT - RIGHT)	/* pixel columns */
#define TICKS_X 7
#define DAY_MS 86400000u

static const char LOSS[] = "#8a94a3", LONG[] = "#1f5fbf", SHORT[] = "#b8730a";
static const char HIT[] = "#d11a2a", INK[] = "#1d2530", GRID[] = "#e3e7ec";

struct frame {
	const struct chart *c;
	double low, high;	/* of the vertical axis */
};

static double
value(struct usd18 v)
{
	return (double)usd18_to_raw(v) / 1e18;
}

static double
x_of(const struct chart *c, uint32_t i)
{
	uint64_t span = c->ms[c->count - 1] - c->ms[0];

	return LEFT + (span == 0 ? INNER / 2.0 :
	    (double)(c->ms[i] - c->ms[0]) / (double)span * INNER);
}

static double
y_of(const struct frame *f, double v)
{
	return TOP + (f->high - v) / (f->high - f->low) *
	    (HEIGHT - TOP - BOTTOM);
}

/* ---- frame --------------------------------------------------------------- */

static void
escape(struct text *t, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<': text_put(t, "&lt;"); break;
		case '>': text_put(t, "&gt;"); break;
		case '&': text_put(t, "&amp;"); break;
		default: text_append(t, s, 1);
		}
}

/* 1, 2 or 5 times a power of ten, about a sixth of the span. */
static double
step_of(double span)
{
	double unit = pow(10, floor(log10(span / 6)));
	double times = span / 6 / unit;

	return unit * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 :
	    10);
}

static struct frame
frame_of(const struct chart *c)
{
	struct frame f = { c, 0, 0 };

	for (uint32_t i = 0; i < c->count; i++) {
		double profit = -value(c->loss[i]);

		f.low = fmin(f.low, fmin(profit,
		    -value(c->below.buffered[i])));
		f.high = fmax(f.high, fmax(profit,
		    value(c->above.buffered[i])));
	}
	if (f.high - f.low < 1e-9)
		f.high = f.low + 1e-9;
	f.low -= (f.high - f.low) * 0.03;
	f.high += (f.high - f.low) * 0.03;
	return f;
}

static void
axis_y(struct text *t, const struct frame *f)
{
	double step = step_of(f->high - f->low);
	int digits = step < 0.0001 ? 3 : step < 0.001 ? 2 : step < 0.01 ? 1 :
	    0;

	for (double v = ceil(f->low / step) * step; v <= f->high; v += step) {
		bool is_zero = fabs(v) < step / 2;

		text_printf(t, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
		    "y2=\"%.1f\" stroke=\"%s\"/>\n<text x=\"%d\" y=\"%.1f\" "
		    "text-anchor=\"end\">%.*f %%</text>\n", LEFT,
		    WIDTH - RIGHT, y_of(f, v), y_of(f, v), is_zero ? INK :
		    GRID, LEFT - 8, y_of(f, v) + 4, digits,
		    is_zero ? 0 : v * 100);
	}
	text_printf(t, "<text transform=\"translate(18 %d) rotate(-90)\" "
	    "text-anchor=\"middle\">profit and margin, %% of the position"
	    "</text>\n", (TOP + HEIGHT - BOTTOM) / 2);
}

static void
axis_x(struct text *t, const struct chart *c)
{
	uint64_t span = c->ms[c->count - 1] - c->ms[0];

	for (int i = 0; i < TICKS_X; i++) {
		double x = LEFT + (double)INNER * i / (TICKS_X - 1);
		char when[TIME_TEXT_BUF];

		time_ms_to_rfc3339(when, c->ms[0] + span / (TICKS_X - 1) *
		    (uint64_t)i);
		when[10] = ' ';
		when[span < 4 * (uint64_t)DAY_MS ? 16 : 10] = '\0';
		text_printf(t, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
		    "y2=\"%d\" stroke=\"%s\"/>\n<text x=\"%.1f\" y=\"%d\" "
		    "text-anchor=\"%s\">%s</text>\n", x, x, HEIGHT - BOTTOM,
		    HEIGHT - BOTTOM + 5, INK, x, HEIGHT - BOTTOM + 20,
		    i == 0 ? "start" : i == TICKS_X - 1 ? "end" : "middle",
		    when);
	}
	text_printf(t, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">time "
	    "at which the margin was asked, UTC</text>\n", LEFT + INNER / 2,
	    HEIGHT - 10);
}

/* ---- what is in it ------------------------------------------------------- */

/* The range of the profits within each pixel column, from zero. */
static void
bars(struct text *t, const struct frame *f)
{
	const struct chart *c = f->c;

	text_printf(t, "<path stroke=\"%s\" fill=\"none\" d=\"", LOSS);
	for (uint32_t i = 0; i < c->count;) {
		double x = floor(x_of(c, i)), low = 0, high = 0;

		for (; i < c->count && floor(x_of(c, i)) <= x; i++) {
			low = fmin(low, -value(c->loss[i]));
			high = fmax(high, -value(c->loss[i]));
		}
		text_printf(t, "M%.1f %.1fV%.1f", x + 0.5, y_of(f, low),
		    y_of(f, high));
	}
	text_put(t, "\"/>\n");
}

/* A line through the last value of each pixel column. */
static void
line(struct text *t, const struct frame *f, const struct usd18 *v,
    double sign, const char *colour, bool is_dashed)
{
	const struct chart *c = f->c;
	char pen = 'M';

	text_printf(t, "<path stroke=\"%s\" stroke-width=\"1.6\"%s "
	    "fill=\"none\" d=\"", colour, is_dashed ?
	    " stroke-dasharray=\"4 3\" opacity=\"0.6\"" : "");
	for (uint32_t i = 0; i < c->count; i++) {
		if (i + 1 < c->count && floor(x_of(c, i)) ==
		    floor(x_of(c, i + 1)))
			continue;
		text_printf(t, "%c%.1f %.1f", pen, x_of(c, i),
		    y_of(f, sign * value(v[i])));
		pen = 'L';
	}
	text_put(t, "\"/>\n");
}

static void
hits(struct text *t, const struct frame *f, const uint8_t *hit)
{
	const struct chart *c = f->c;

	for (uint32_t i = 0; i < c->count; i++)
		if (hit[i])
			text_printf(t, "<circle cx=\"%.1f\" cy=\"%.1f\" "
			    "r=\"4\" fill=\"%s\" fill-opacity=\"0.75\" "
			    "stroke=\"#fff\"/>\n", x_of(c, i),
			    y_of(f, -value(c->loss[i])), HIT);
}

static void
legend(struct text *t)
{
	static const struct {
		const char *colour, *what;
		bool is_dashed, is_dot;
		int x;
	} rows[] = {
		{ LOSS, "profit of a long position", false, false, LEFT },
		{ LONG, "margin, long", false, false, LEFT + 200 },
		{ SHORT, "margin, short", false, false, LEFT + 325 },
		{ INK, "with buffer", true, false, LEFT + 455 },
		{ HIT, "exception: the loss exceeds the margin", false, true,
		    LEFT + 575 },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (rows[i].is_dot)
			text_printf(t, "<circle cx=\"%d\" cy=\"68\" r=\"4\" "
			    "fill=\"%s\"/>", rows[i].x + 14, rows[i].colour);
		else
			text_printf(t, "<line x1=\"%d\" x2=\"%d\" y1=\"68\" "
			    "y2=\"68\" stroke=\"%s\" stroke-width=\"2\"%s/>",
			    rows[i].x, rows[i].x + 22, rows[i].colour,
			    rows[i].is_dashed ?
			    " stroke-dasharray=\"4 3\"" : "");
		text_printf(t, "<text x=\"%d\" y=\"72\">%s</text>\n",
		    rows[i].x + 28, rows[i].what);
	}
}

void
chart_svg(struct text *t, const struct chart *c)
{
	struct frame f;

	MUST(c->count > 0);
	f = frame_of(c);
	text_printf(t, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
	    "font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">\n"
	    "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
	    "<text x=\"%d\" y=\"26\" font-size=\"18\" font-weight=\"bold\">",
	    WIDTH, HEIGHT, WIDTH, HEIGHT, INK, WIDTH, HEIGHT, LEFT);
	escape(t, c->title);
	text_printf(t, "</text>\n<text x=\"%d\" y=\"47\" font-size=\"13\">",
	    LEFT);
	escape(t, c->subtitle);
	text_put(t, "</text>\n");
	axis_y(t, &f);
	axis_x(t, c);
	bars(t, &f);
	line(t, &f, c->below.buffered, -1, LONG, true);
	line(t, &f, c->above.buffered, 1, SHORT, true);
	line(t, &f, c->below.margin, -1, LONG, false);
	line(t, &f, c->above.margin, 1, SHORT, false);
	hits(t, &f, c->below.hit);
	hits(t, &f, c->above.hit);
	legend(t);
	text_put(t, "</svg>\n");
}
