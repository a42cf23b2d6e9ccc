#include "oracle/api_feeds.h"

#include "oracle/api_json.h"

#include <string.h>

const char *
feed_reject_name(enum wire_reject r)
{
	switch (r) {
	case WIRE_REJECT_SYNTAX: return "syntax";
	case WIRE_REJECT_MISSING: return "missing";
	case WIRE_REJECT_RANGE: return "range";
	case WIRE_REJECT_LIMIT: return "limit";
	case WIRE_REJECT_OTHER: return "other";
	case WIRE_REJECT_COUNT: break;
	}
	return "unnamed";
}

size_t
feeds_venues(const struct api_state *s)
{
	size_t n = s->head.venue_count;

	return n < s->config->venue_count ? n : s->config->venue_count;
}

size_t
feeds_markets(const struct api_state *s)
{
	size_t n = s->head.market_count;

	return n < s->config->prices.market_count ? n :
	    s->config->prices.market_count;
}

static void
count(struct text *t, const char *key, uint64_t v)
{
	text_put(t, ",");
	api_json_u64(t, key, v);
}

static void
json_counts(struct text *t, const struct wire_feed *f)
{
	count(t, "connections", f->connections);
	count(t, "open", f->open);
	count(t, "stalled", f->stalled);
	if (f->last_frame_ms > 0)
		count(t, "last_frame", f->last_frame_ms);
	else
		text_put(t, ",\"last_frame\":null");
	count(t, "frames", f->frames);
	count(t, "ticks", f->ticks);
	count(t, "heartbeats", f->heartbeats);
	count(t, "ignored", f->ignored);
	count(t, "unknown", f->unknown);
	text_put(t, ",\"rejected\":{");
	for (enum wire_reject r = 0; r < WIRE_REJECT_COUNT; r++) {
		text_put(t, r > 0 ? "," : "");
		api_json_u64(t, feed_reject_name(r), f->rejected[r]);
	}
	text_put(t, "}");
	count(t, "unpinned", f->unpinned);
	count(t, "gaps", f->gaps);
	count(t, "refused", f->refused);
	count(t, "reconnects", f->reconnects);
	count(t, "mutes", f->mutes);
	count(t, "stalls", f->stalls);
}

/* A venue that feeds did not speak of yet has a name and nothing else. */
static void
json_venue(struct text *t, const struct api_state *s, size_t venue)
{
	const struct board_feed *f = &s->head.feed[venue];
	const char *why = f->feed.why;

	text_put(t, "{");
	api_json_name(t, "venue", s->config->venue[venue].name);
	if (f->seen_ms == 0) {
		text_put(t, ",\"seen\":null}");
		return;
	}
	count(t, "seen", f->seen_ms);
	text_put(t, f->feed.is_connected ? ",\"connected\":true" :
	    ",\"connected\":false");
	json_counts(t, &f->feed);
	text_put(t, ",\"why\":");
	if (why[0] != '\0')
		text_json_string(t, why, strnlen(why, sizeof(f->feed.why)));
	else
		text_put(t, "null");
	text_put(t, "}");
}

static void
json_times(struct text *t, const struct board_source *b, uint64_t now_ms)
{
	const struct prices_quote *q = &b->quote;

	if (b->source.vote == VOTE_SILENT || !q->has_time) {
		text_put(t, ",\"age_ms\":null,\"skew_ms\":null");
		return;
	}
	count(t, "age_ms", prices_source_age(&b->source, now_ms));
	count(t, "skew_ms", q->skew_ms);
}

static void
json_market(struct text *t, const struct api_state *s, size_t market)
{
	const struct config *c = s->config;
	const struct prices_market *m = &c->prices.market[market];
	const struct board_source *b = &s->head.source[market];
	const struct prices_quote *q = &b->quote;
	struct px18 none = px18_from_raw(0);

	text_put(t, "{");
	api_json_name(t, "venue", c->venue[m->venue].name);
	text_put(t, ",");
	api_json_name(t, "market", c->market[market].symbol);
	text_put(t, ",");
	api_json_name(t, "base", c->prices.unit[m->base].name);
	text_put(t, ",");
	api_json_name(t, "quote", c->prices.unit[m->quote].name);
	count(t, "weight", m->weight);
	text_put(t, m->is_inverse ? ",\"inverse\":true," :
	    ",\"inverse\":false,");
	api_json_px18(t, "mid", b->source.mid);
	text_put(t, ",");
	api_json_px18(t, "bid", q->has_book ? q->bid : none);
	text_put(t, ",");
	api_json_px18(t, "ask", q->has_book ? q->ask : none);
	text_put(t, ",");
	api_json_px18(t, "last", q->has_last ? q->last : none);
	json_times(t, b, s->head.now_ms);
	text_put(t, ",");
	api_json_name(t, "vote", prices_vote_name(b->source.vote));
	text_put(t, "}");
}

static void
json_rates(struct text *t, const struct api_state *s)
{
	const struct prices_config *c = &s->config->prices;
	bool has_any = false;

	for (size_t i = 0; i < s->head.wrap_count &&
	    i < ARRAY_COUNT(s->head.wrap); i++) {
		const struct board_wrap *w = &s->head.wrap[i];

		if (w->unit >= c->unit_count)
			continue;
		text_put(t, has_any ? ",{" : "{");
		has_any = true;
		api_json_name(t, "unit", c->unit[w->unit].name);
		text_put(t, ",");
		api_json_name(t, "of", c->unit[c->unit[w->unit].wrap.of].name);
		text_put(t, ",");
		api_json_px18(t, "rate", w->has_rate ? w->rate :
		    px18_from_raw(0));
		if (w->has_rate)
			count(t, "time", w->time_ms);
		else
			text_put(t, ",\"time\":null");
		text_put(t, "}");
	}
}

void
api_json_feeds(struct text *t, const struct api_state *s)
{
	text_put(t, "{");
	api_json_u64(t, "as_of", s->head.now_ms);
	text_put(t, ",\"venues\":[");
	for (size_t i = 0; i < feeds_venues(s); i++) {
		text_put(t, i > 0 ? "," : "");
		json_venue(t, s, i);
	}
	text_put(t, "],\"markets\":[");
	for (size_t i = 0; i < feeds_markets(s); i++) {
		text_put(t, i > 0 ? "," : "");
		json_market(t, s, i);
	}
	text_put(t, "],\"rates\":[");
	json_rates(t, s);
	text_put(t, "]}");
}
