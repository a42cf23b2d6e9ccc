/* oracle/api_json_surfaces.c - forwards, volatilities and marks as the engine
 * uses them. */
#include "oracle/api_json.h"

#include "margin/surface.h"

#include <inttypes.h>
#include <string.h>

static void
json_num(struct text *t, const char *key, struct num18 v)
{
	api_json_key(t, key);
	text_json_i128(t, num18_to_raw(v), 18);
}

/* Why it does not count, or null. */
static void
json_held(struct text *t, const char *key, uint32_t held)
{
	api_json_key(t, key);
	if (held == TERMS_COUNTS)
		text_put(t, "null");
	else
		text_printf(t, "\"%s\"", terms_held_name(held));
}

static void
json_forward(struct text *t, const struct terms_forward *f)
{
	if (f->as_of_ms == 0) {
		text_put(t, "\"forward\":null");
		return;
	}
	text_put(t, "\"forward\":{");
	api_json_px18(t, "price", f->price);
	text_put(t, ",");
	json_num(t, "confidence", f->confidence);
	text_put(t, ",");
	api_json_u64(t, "as_of", f->as_of_ms);
	text_put(t, ",");
	json_held(t, "held", f->held);
	text_put(t, "}");
}

static void
json_slice(struct text *t, const struct terms_slice *s)
{
	const struct {
		const char *key;
		struct num18 value;
	} part[] = {
		{ "a", s->svi.a }, { "b", s->svi.b }, { "rho", s->svi.rho },
		{ "m", s->svi.m }, { "sigma", s->svi.sigma },
		{ "tau", s->svi.tau }, { "error", s->error },
		{ "confidence", s->confidence },
	};
	struct num18 vol;

	if (s->as_of_ms == 0 ||
	    svi_vol(&vol, &s->svi, s->svi.forward) != ERR_OK) {
		text_put(t, "\"slice\":null");
		return;
	}
	text_put(t, "\"slice\":{");
	api_json_px18(t, "forward", s->svi.forward);
	for (size_t i = 0; i < ARRAY_COUNT(part); i++) {
		text_put(t, ",");
		json_num(t, part[i].key, part[i].value);
	}
	text_put(t, ",");
	json_num(t, "at_the_money", vol);
	text_put(t, ",");
	api_json_u64(t, "as_of", s->as_of_ms);
	text_put(t, ",");
	json_held(t, "held", s->held);
	text_put(t, "}");
}

static void
json_unit(struct text *t, const struct api_state *s, size_t unit)
{
	const struct price *index = &s->head.unit_price[unit];
	const struct terms_unit *u = &s->terms->unit[unit];
	bool has_slice = false;

	for (uint32_t i = 0; i < u->count; i++)
		has_slice |= u->expiry[i].slice.as_of_ms != 0 &&
		    u->expiry[i].slice.held == TERMS_COUNTS;
	text_put(t, "{");
	api_json_name(t, "unit", s->config->prices.unit[unit].name);
	text_put(t, ",");
	api_json_name(t, "status", has_slice ? "OK" : "NO_SURFACE");
	text_put(t, ",");
	api_json_px18(t, "index", index->status == PRICE_REFUSED ?
	    px18_from_raw(0) : index->mid);
	text_put(t, ",\"expiries\":[");
	for (uint32_t i = 0; i < u->count; i++) {
		text_put(t, i > 0 ? ",{" : "{");
		api_json_u64(t, "expiry", u->expiry[i].expiry_ms);
		text_put(t, ",");
		json_forward(t, &u->expiry[i].forward);
		text_put(t, ",");
		json_slice(t, &u->expiry[i].slice);
		text_put(t, "}");
	}
	text_put(t, "]}");
}

/* A part of a mark, or null, and its time. */
static void
json_part(struct text *t, const char *key, uint64_t time_ms, i128 raw)
{
	text_put(t, ",");
	api_json_key(t, key);
	if (time_ms == 0)
		text_put(t, "null");
	else
		text_json_i128(t, raw, 18);
	text_put(t, ",");
	text_printf(t, "\"%s_as_of\":", key);
	if (time_ms == 0)
		text_put(t, "null");
	else
		text_printf(t, "%" PRIu64, time_ms);
}

static void
json_mark(struct text *t, const struct api_state *s, uint32_t i)
{
	const struct terms_mark *m = &s->terms->mark[i];

	text_put(t, "{");
	api_json_name(t, "instrument", s->book->instruments[i].name);
	json_part(t, "mark", m->mark_ms, (i128)px18_to_raw(m->mark));
	text_put(t, ",");
	json_held(t, "mark_held", m->mark_ms != 0 ? m->held : TERMS_COUNTS);
	json_part(t, "funding", m->funding_ms, num18_to_raw(m->funding));
	json_part(t, "open_interest", m->interest_ms,
	    usd18_to_raw(m->interest));
	text_put(t, "}");
}

static bool
mark_is_there(const struct terms_mark *m)
{
	return m->mark_ms != 0 || m->funding_ms != 0 || m->interest_ms != 0;
}

void
api_json_surfaces(struct text *t, const struct api_state *s)
{
	const char *between = "";

	text_put(t, "{");
	api_json_u64(t, "as_of", s->head.now_ms);
	text_put(t, ",\"surfaces\":[");
	for (size_t u = 0; u < s->config->prices.unit_count; u++) {
		if (s->terms->unit[u].count == 0)
			continue;
		text_put(t, between);
		json_unit(t, s, u);
		between = ",";
	}
	text_put(t, "],\"marks\":[");
	between = "";
	for (uint32_t i = 0; i < s->terms->mark_count; i++) {
		if (!mark_is_there(&s->terms->mark[i]))
			continue;
		text_put(t, between);
		json_mark(t, s, i);
		between = ",";
	}
	text_put(t, "],");
	api_json_u64(t, "slices_taken", s->terms->taken);
	text_put(t, ",\"slices_refused\":{");
	for (unsigned f = SURFACE_RANGE; f < SURFACE_FAULTS; f++) {
		text_put(t, f > SURFACE_RANGE ? "," : "");
		api_json_u64(t, surface_fault_name((enum surface_fault)f),
		    s->terms->refused[f]);
	}
	text_put(t, "}}");
}
