#include "oracle/chart_svg.h"

#include <math.h>
#include <string.h>

#define WIDTH 1000
#define HEIGHT 560
#define GRID "#e3e7ec"
#define LEGEND_Y 68
#define TITLE_CHARS_MAX 66u	/* 18 px, bold */
#define SUBTITLE_CHARS_MAX 120u	/* 13 px */
#define LEGEND_CHAR 6.6		/* about as wide as a letter of 12 px */
#define LEGEND_GAP 54.0		/* the mark, and the room behind the words */

double
chart_usd(struct usd18 v)
{
	return (double)usd18_to_raw(v) / 1e18;
}

double
chart_x(const struct chart_frame *f, double x)
{
	return CHART_LEFT + (x - f->x_low) / (f->x_high - f->x_low) *
	    (CHART_RIGHT - CHART_LEFT);
}

double
chart_y(const struct chart_frame *f, double y)
{
	return CHART_TOP + (f->y_high - y) / (f->y_high - f->y_low) *
	    (CHART_BOTTOM - CHART_TOP);
}

/* ---- around it ---------------------------------------------------------- */

/* Of at most `max` characters; control characters are none of XML's. */
static void
words_put(struct text *t, const char *s, size_t max)
{
	size_t chars = 0;

	for (; *s; s++) {
		if ((*s & 0xc0) != 0x80 && chars++ == max) {
			text_put(t, "…");
			return;
		}
		switch (*s) {
		case '<': text_put(t, "&lt;"); break;
		case '>': text_put(t, "&gt;"); break;
		case '&': text_put(t, "&amp;"); break;
		default:
			text_append(t, *s > 0 && *s < ' ' ? " " : s, 1);
		}
	}
}

void
chart_begin(struct text *t, const char *title, const char *subtitle)
{
	text_printf(t, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
	    "font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">\n"
	    "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
	    "<text x=\"%d\" y=\"26\" font-size=\"18\" font-weight=\"bold\">",
	    WIDTH, HEIGHT, WIDTH, HEIGHT, CHART_INK, WIDTH, HEIGHT,
	    CHART_LEFT);
	words_put(t, title, TITLE_CHARS_MAX);
	text_printf(t, "</text>\n<text x=\"%d\" y=\"47\" font-size=\"13\">",
	    CHART_LEFT);
	words_put(t, subtitle, SUBTITLE_CHARS_MAX);
	text_put(t, "</text>\n");
}

void
chart_end(struct text *t)
{
	text_put(t, "</svg>\n");
}

/* ---- axes --------------------------------------------------------------- */

double
chart_step(double span)
{
	double unit = pow(10, floor(log10(span / 6)));
	double times = span / 6 / unit;

	return unit * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 :
	    10);
}

/* Digits that tell one step from the next. */
static int
digits_of(double step)
{
	int digits = (int)ceil(-log10(step) - 1e-9);

	return digits < 0 ? 0 : digits > 9 ? 9 : digits;
}

void
chart_axis_y(struct text *t, const struct chart_frame *f, double times,
    const char *unit, const char *label)
{
	double step = chart_step(f->y_high - f->y_low);
	int digits = digits_of(step * times);

	for (double v = ceil(f->y_low / step) * step; v <= f->y_high;
	    v += step) {
		bool is_zero = fabs(v) < step / 2;

		text_printf(t, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
		    "y2=\"%.1f\" stroke=\"%s\"/>\n<text x=\"%d\" y=\"%.1f\" "
		    "text-anchor=\"end\">%s%.*f%s</text>\n", CHART_LEFT,
		    CHART_RIGHT, chart_y(f, v), chart_y(f, v), is_zero ?
		    CHART_INK : GRID, CHART_LEFT - 8, chart_y(f, v) + 4,
		    v < 0 && !is_zero ? "−" : "", is_zero ? 0 : digits,
		    is_zero ? 0 : fabs(v * times), is_zero ? "" : unit);
	}
	text_printf(t, "<text transform=\"translate(18 %d) rotate(-90)\" "
	    "text-anchor=\"middle\">%s</text>\n",
	    (CHART_TOP + CHART_BOTTOM) / 2, label);
}

void
chart_tick_x(struct text *t, double x, const char *anchor, const char *words)
{
	text_printf(t, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" "
	    "stroke=\"%s\"/>\n<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">"
	    "%s</text>\n", x, x, CHART_BOTTOM, CHART_BOTTOM + 5, CHART_INK, x,
	    CHART_BOTTOM + 20, anchor, words);
}

void
chart_label_x(struct text *t, const char *label)
{
	text_printf(t, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
	    (CHART_LEFT + CHART_RIGHT) / 2, HEIGHT - 10);
	words_put(t, label, SUBTITLE_CHARS_MAX);
	text_put(t, "</text>\n");
}

/* ---- marks -------------------------------------------------------------- */

void
chart_legend(struct text *t, const struct chart_mark *marks, size_t count)
{
	double x = CHART_LEFT;

	for (size_t i = 0; i < count; i++) {
		const struct chart_mark *m = &marks[i];

		if (m->is_dot)
			text_printf(t, "<circle cx=\"%.0f\" cy=\"%d\" "
			    "r=\"4\" fill=\"%s\"/>", x + 14, LEGEND_Y,
			    m->colour);
		else
			text_printf(t, "<line x1=\"%.0f\" x2=\"%.0f\" "
			    "y1=\"%d\" y2=\"%d\" stroke=\"%s\" "
			    "stroke-width=\"2\"%s/>", x, x + 22, LEGEND_Y,
			    LEGEND_Y, m->colour, m->is_dashed ?
			    " stroke-dasharray=\"4 3\"" : "");
		text_printf(t, "<text x=\"%.0f\" y=\"%d\">%s</text>\n",
		    x + 28, LEGEND_Y + 4, m->words);
		x += LEGEND_GAP + LEGEND_CHAR * (double)strlen(m->words);
	}
}

void
chart_dot(struct text *t, double x, double y, const char *colour)
{
	text_printf(t, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\" "
	    "fill-opacity=\"0.75\" stroke=\"#fff\"/>\n", x, y, colour);
}
