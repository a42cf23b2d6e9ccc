/* oracle/metrics_surfaces.c - forwards and volatilities, by labels unit and
 * expiry (Unix seconds); what is held back and slices that were refused, by
 * reason. */
#include "oracle/metrics_text.h"

#include "margin/surface.h"

#include <inttypes.h>

enum slice_figure {
	FIGURE_VOL, FIGURE_ERROR, FIGURE_CONFIDENCE, FIGURE_AGE,
};

static void
labels(struct text *t, const struct api_state *s, size_t unit,
    const struct terms_expiry *e)
{
	metrics_label(t, "unit", s->config->prices.unit[unit].name, ',');
	text_printf(t, "expiry=\"%" PRIu64 "\"}", e->expiry_ms / 1000);
}

static void
slice_line(struct text *t, const struct api_state *s, const char *name,
    size_t unit, const struct terms_expiry *e, enum slice_figure f)
{
	const struct terms_slice *slice = &e->slice;
	struct num18 v;

	if (slice->as_of_ms == 0 || svi_vol(&v, &slice->svi,
	    slice->svi.forward) != ERR_OK)
		return;
	text_printf(t, "margind_%s{", name);
	labels(t, s, unit, e);
	switch (f) {
	case FIGURE_VOL:
		break;
	case FIGURE_ERROR:
		v = slice->error;
		break;
	case FIGURE_CONFIDENCE:
		v = slice->confidence;
		break;
	case FIGURE_AGE:
		metrics_value(t, s->head.now_ms > slice->as_of_ms ?
		    s->head.now_ms - slice->as_of_ms : 0, 3);
		return;
	}
	metrics_value(t, (u128)num18_to_raw(v), 18);
}

static void
slice_figures(struct text *t, const struct api_state *s, const char *name,
    const char *help, enum slice_figure f)
{
	metrics_head(t, name, "gauge", help);
	for (size_t u = 0; u < s->config->prices.unit_count; u++)
		for (uint32_t i = 0; i < s->terms->unit[u].count; i++)
			slice_line(t, s, name, u,
			    &s->terms->unit[u].expiry[i], f);
}

static void
forward_prices(struct text *t, const struct api_state *s)
{
	metrics_head(t, "forward_price", "gauge", "Forward prices, USD.");
	for (size_t u = 0; u < s->config->prices.unit_count; u++)
		for (uint32_t i = 0; i < s->terms->unit[u].count; i++) {
			const struct terms_expiry *e =
			    &s->terms->unit[u].expiry[i];

			if (e->forward.as_of_ms == 0)
				continue;
			text_put(t, "margind_forward_price{");
			labels(t, s, u, e);
			metrics_value(t, px18_to_raw(e->forward.price), 18);
		}
}

/* Forwards, slices and marks together. */
static void
terms_held(struct text *t, const struct api_state *s)
{
	uint64_t held[2] = { 0 };

	for (size_t u = 0; u < s->config->prices.unit_count; u++)
		for (uint32_t i = 0; i < s->terms->unit[u].count; i++) {
			const struct terms_expiry *e =
			    &s->terms->unit[u].expiry[i];

			held[0] += e->forward.as_of_ms != 0 &&
			    e->forward.held != TERMS_COUNTS;
			if (e->slice.as_of_ms != 0 &&
			    e->slice.held != TERMS_COUNTS)
				held[e->slice.held == TERMS_CALENDAR]++;
		}
	for (uint32_t i = 0; i < s->terms->mark_count; i++)
		held[0] += s->terms->mark[i].mark_ms != 0 &&
		    s->terms->mark[i].held != TERMS_COUNTS;
	metrics_head(t, "terms_held", "gauge", "Forwards, smiles and marks "
	    "that are there and do not count, by reason.");
	for (uint32_t i = 0; i < 2; i++) {
		text_put(t, "margind_terms_held{");
		metrics_label(t, "reason", terms_held_name(i == 0 ?
		    TERMS_BASIS : TERMS_CALENDAR), '}');
		metrics_value(t, held[i], 0);
	}
}

void
metrics_surfaces(struct text *t, const struct api_state *s)
{
	forward_prices(t, s);
	slice_figures(t, s, "implied_volatility",
	    "Volatility at the money, a year; 0.6 is 60 %.", FIGURE_VOL);
	slice_figures(t, s, "implied_volatility_error",
	    "What a smile misses the venues' marks by, root mean square.",
	    FIGURE_ERROR);
	slice_figures(t, s, "implied_volatility_confidence",
	    "How sure a smile is, 0 to 1.", FIGURE_CONFIDENCE);
	slice_figures(t, s, "implied_volatility_age_seconds",
	    "Since the moment that a smile is of.", FIGURE_AGE);
	terms_held(t, s);
	metrics_head(t, "slices_refused_total", "counter",
	    "Smiles that the engine did not take, by reason.");
	for (unsigned f = SURFACE_RANGE; f < SURFACE_FAULTS; f++) {
		text_put(t, "margind_slices_refused_total{");
		metrics_label(t, "reason", surface_fault_name(
		    (enum surface_fault)f), '}');
		metrics_value(t, s->terms->refused[f], 0);
	}
}
