/* Draws docs/surface.svg: made-up marks of two venues, the smiles that
 * oracle/surface_fit.h puts through them, and what margin/surface.h makes of
 * these between the expiries and beyond the strikes: `surface_chart`. */
#include "base/must.h"
#include "margin/option.h"
#include "margin/surface.h"
#include "oracle/chart_svg.h"
#include "oracle/surface_fit.h"
#include "tests/margin_world.h"

#include <math.h>
#include <stdio.h>

#define YEAR_MS 31536000000.
#define DAY_MS UINT64_C(86400000)
#define NOW UINT64_C(1795176000000)
#define FORWARD 2000.
#define STRIKES 15
#define EXPIRIES 3u

static const struct chart_frame FRAME = { .x_low = -1.2, .x_high = 1.2,
	.y_low = 0.4, .y_high = 1 };
static const unsigned days[EXPIRIES] = { 2, 14, 90 };
static const char *const colour[EXPIRIES] = { "#d11a2a", "#b8730a",
	"#2f6fb5" };

/* What venues have: a smile that is steeper for puts, a little noise. */
static double
mark(uint64_t *seed, double k, double tau)
{
	double d = k / (0.6 * sqrt(tau));

	return 0.56 + 0.05 * sqrt(tau) - 0.015 * d + 0.009 * d * d +
	    ((double)random_below(seed, 2001) / 1000 - 1) * 0.004;
}

static struct num18
num(double v)
{
	return num18_from_raw((i128)(v * 1e18));
}

static void
slice_make(struct text *t, struct market_factor *f, uint64_t *seed,
    unsigned i)
{
	double tau = days[i] / 365., root = 0.6 * sqrt(tau);
	struct surface_point p[STRIKES];
	struct surface_smile s;

	for (int j = 0; j < STRIKES; j++) {
		double k = 2.6 * root * (2. * j / (STRIKES - 1) - 1);
		double a = mark(seed, k, tau), b = mark(seed, k, tau);

		p[j] = (struct surface_point){ k, (a + b) / 2,
			surface_weight(k, a, tau) };
		chart_dot(t, chart_x(&FRAME, k), chart_y(&FRAME, a),
		    colour[i]);
		chart_dot(t, chart_x(&FRAME, k), chart_y(&FRAME, b),
		    colour[i]);
	}
	MUST(surface_fit(&s, p, STRIKES, tau, NULL) == ERR_OK);
	f->slice[f->slice_count++] = (struct market_slice){
		.expiry_ms = NOW + days[i] * DAY_MS,
		.svi = { num(s.a), num(s.b), num(s.rho), num(s.m),
		    num(s.sigma), px("2000"), option_tau(days[i] * DAY_MS) },
		.confidence = num18_one() };
}

static void
line_draw(struct text *t, const struct market_factor *f, double day,
    const char *ink, const char *dashes)
{
	text_printf(t, "<polyline fill=\"none\" stroke=\"%s\" "
	    "stroke-width=\"2\"%s points=\"", ink, dashes);
	for (double k = FRAME.x_low; k <= FRAME.x_high + 1e-9; k += 0.01) {
		struct num18 vol, confidence;

		MUST(surface_vol(&vol, &confidence, f, px18_from_raw((u128)(
		    FORWARD * exp(k) * 1e18)), NOW + (uint64_t)(day *
		    (double)DAY_MS), NOW) == ERR_OK);
		text_printf(t, "%.1f,%.1f ", chart_x(&FRAME, k), fmax(
		    CHART_TOP, chart_y(&FRAME, (double)num18_to_raw(vol) /
		    1e18)));
	}
	text_put(t, "\"/>\n");
}

static void
ticks_draw(struct text *t)
{
	static const double strike[] = { 700, 1000, 1500, 2000, 3000, 4000,
		6000 };

	for (size_t i = 0; i < ARRAY_COUNT(strike); i++) {
		char words[32];

		snprintf(words, sizeof(words), "%.0f", strike[i]);
		chart_tick_x(t, chart_x(&FRAME, log(strike[i] / FORWARD)),
		    "middle", words);
	}
	chart_label_x(t, "strike, with a forward of 2000");
}

int
main(void)
{
	static struct market_factor f;
	const struct chart_mark legend[] = {
		{ .colour = colour[0], .words = "2 days" },
		{ .colour = colour[1], .words = "14 days" },
		{ .colour = colour[2], .words = "90 days" },
		{ .colour = CHART_INK, .words = "30 days: between two",
		  .is_dashed = true },
		{ .colour = CHART_INK, .words = "a venue's mark",
		  .is_dot = true },
	};
	struct text t;
	uint64_t seed = 3;

	text_init(&t, 1u << 20);
	chart_begin(&t, "Smiles through made-up marks",
	    "Raw SVI per expiry; beyond four deviations of the middle a "
	    "volatility stays what it is there.");
	chart_axis_y(&t, &FRAME, 100, " %", "volatility a year");
	ticks_draw(&t);
	for (unsigned i = 0; i < EXPIRIES; i++)
		slice_make(&t, &f, &seed, i);
	for (unsigned i = 0; i < EXPIRIES; i++)
		line_draw(&t, &f, days[i], colour[i], "");
	line_draw(&t, &f, 30, CHART_INK, " stroke-dasharray=\"6 4\"");
	chart_legend(&t, legend, ARRAY_COUNT(legend));
	chart_end(&t);
	MUST(!t.failed);
	fputs(t.at, stdout);
	text_free(&t);
	return 0;
}
