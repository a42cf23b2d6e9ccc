/* oracle/api_json_risk.c - what is measured of prices over time: slow
 * companions, volatilities, correlations. */
#include "oracle/api_json.h"

#include <inttypes.h>

static const char *
unit_name(const struct api_state *s, uint32_t unit)
{
	return unit < s->config->prices.unit_count ?
	    s->config->prices.unit[unit].name : NULL;
}

/* With those before it, which say the rest. */
static void
json_correlations(struct text *t, const struct api_state *s,
    const struct board_risk *r, uint32_t i)
{
	const char *comma = "";

	api_json_key(t, "correlations");
	text_put(t, "{");
	for (uint32_t j = 0; j < i; j++) {
		const char *name = unit_name(s, r->unit[j].unit);

		if (!name || !r->unit[i].has_volatility ||
		    !r->unit[j].has_volatility)
			continue;
		text_put(t, comma);
		api_json_key(t, name);
		text_json_i128(t, r->correlation[i * (i - 1) / 2 + j], 9);
		comma = ",";
	}
	text_put(t, "}");
}

static void
json_follow(struct text *t, const struct api_state *s,
    const struct board_risk *r, uint32_t i, const char *name)
{
	const struct board_follow *f = &r->unit[i];
	struct px18 none = px18_from_raw(0);

	text_put(t, "{");
	api_json_name(t, "unit", name);
	text_put(t, ",");
	api_json_key(t, "volatility");
	if (f->has_volatility)
		text_json_i128(t, num18_to_raw(f->volatility), 18);
	else
		text_put(t, "null");
	text_put(t, ",");
	api_json_px18(t, "average", f->has_slow ? f->average : none);
	text_put(t, ",");
	api_json_px18(t, "stable", f->has_slow ? f->stable : none);
	text_put(t, ",");
	json_correlations(t, s, r, i);
	text_put(t, "}");
}

void
api_json_volatility(struct text *t, const struct api_state *s)
{
	static struct board_risk r;
	const struct config *c = s->config;
	const char *comma = "";

	if (board_get_risk(&r, s->board) != ERR_OK)
		r.count = 0;	/* a writer that never ends */
	text_put(t, "{");
	api_json_u64(t, "as_of", s->head.now_ms);
	text_put(t, ",");
	api_json_u64(t, "every_ms", c->has_volatility ?
	    c->volatility_every_ms : 0);
	text_put(t, ",\"units\":[");
	for (uint32_t i = 0; i < r.count; i++) {
		const char *name = unit_name(s, r.unit[i].unit);

		if (!name)
			continue;
		text_put(t, comma);
		json_follow(t, s, &r, i, name);
		comma = ",";
	}
	text_put(t, "]}");
}
