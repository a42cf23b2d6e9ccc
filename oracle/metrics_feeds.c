/* oracle/metrics_feeds.c - what venues and markets say, by labels venue, market
 * and reason. */
#include "oracle/metrics_text.h"

#include "oracle/api_feeds.h"

#include <string.h>

/* ---- markets ------------------------------------------------------------- */

enum market_figure { FIGURE_AGE, FIGURE_SKEW, FIGURE_WEIGHT };

static void
market_labels(struct text *t, const struct api_state *s, size_t market,
    char after)
{
	const struct config_market *m = &s->config->market[market];

	metrics_label(t, "venue", s->config->venue[m->venue].name, ',');
	metrics_label(t, "market", m->symbol, after);
}

static void
market_figures(struct text *t, const struct api_state *s, const char *name,
    const char *help, enum market_figure f)
{
	metrics_head(t, name, "gauge", help);
	for (size_t i = 0; i < feeds_markets(s); i++) {
		const struct board_source *b = &s->head.source[i];
		bool is_silent = b->source.vote == VOTE_SILENT ||
		    !b->quote.has_time;

		if (is_silent && f != FIGURE_WEIGHT)
			continue;
		text_printf(t, "margind_%s{", name);
		market_labels(t, s, i, '}');
		switch (f) {
		case FIGURE_AGE:
			metrics_value(t, prices_source_age(&b->source,
			    s->head.now_ms), 3);
			break;
		case FIGURE_SKEW:
			metrics_value(t, b->quote.skew_ms, 3);
			break;
		case FIGURE_WEIGHT:
			metrics_value(t, s->config->prices.market[i].weight,
			    0);
			break;
		}
	}
}

static void
markets(struct text *t, const struct api_state *s)
{
	market_figures(t, s, "feed_age_seconds",
	    "Age of what a market last said, by the exchange's clock.",
	    FIGURE_AGE);
	market_figures(t, s, "feed_skew_seconds",
	    "How far the exchange's clock was ahead of ours.", FIGURE_SKEW);
	market_figures(t, s, "feed_weight", "Of a market's vote.",
	    FIGURE_WEIGHT);
	metrics_head(t, "feed_vote", "gauge",
	    "1 at the reason why a market did or did not vote.");
	for (size_t i = 0; i < feeds_markets(s); i++) {
		text_put(t, "margind_feed_vote{");
		market_labels(t, s, i, ',');
		metrics_label(t, "vote",
		    prices_vote_name(s->head.source[i].source.vote), '}');
		text_put(t, " 1\n");
	}
}

/* ---- venues -------------------------------------------------------------- */

/* Counts of struct wire_feed by their place in it. */
static const struct venue_counter {
	const char *name, *help;
	size_t offset;
} counters[] = {
#define COUNTER(name, member, help) \
	{ name, help, offsetof(struct wire_feed, member) }
	COUNTER("feed_frames_total", frames, "Frames received."),
	COUNTER("feed_ticks_total", ticks, "Ticks sent to the engine."),
	COUNTER("feed_heartbeats_total", heartbeats,
	    "Frames that only say that the connection lives."),
	COUNTER("feed_ignored_frames_total", ignored,
	    "Frames of channels without a use."),
	COUNTER("feed_unknown_frames_total", unknown,
	    "Frames that the venue is not known to send."),
	COUNTER("feed_refused_frames_total", refused,
	    "Frames in which the venue says no."),
	COUNTER("feed_unpinned_ticks_total", unpinned,
	    "Ticks of symbols that nobody asked for."),
	COUNTER("feed_gaps_total", gaps,
	    "Frames before which one is missing, or that leave a book unknown."),
	COUNTER("feed_reconnects_total", reconnects,
	    "Connections lost, attempts that failed included."),
	COUNTER("feed_mutes_total", mutes, "Of them, of silence."),
	COUNTER("feed_stalls_total", stalls,
	    "Times that a connection's exchange time stood still."),
#undef COUNTER
};

static uint64_t
counter_value(const struct wire_feed *f, const struct venue_counter *c)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)f + c->offset, sizeof(v));
	return v;
}

static void
venue_line(struct text *t, const struct api_state *s, const char *name,
    size_t venue, u128 v, unsigned decimals)
{
	text_printf(t, "margind_%s{", name);
	metrics_label(t, "venue", s->config->venue[venue].name, '}');
	metrics_value(t, v, decimals);
}

static bool
is_seen(const struct api_state *s, size_t venue)
{
	return s->head.feed[venue].seen_ms > 0;
}

static void
venue_gauges(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	static const char connected[] = "feed_connected",
	    age[] = "feed_frame_age_seconds", stalled[] = "feed_stalled";

	metrics_head(t, connected, "gauge",
	    "1 while all connections to the venue are open.");
	for (size_t i = 0; i < feeds_venues(s); i++)
		if (is_seen(s, i))
			venue_line(t, s, connected, i,
			    s->head.feed[i].feed.is_connected, 0);
	metrics_head(t, stalled, "gauge", "Connections that talk while their "
	    "exchange time stands.");
	for (size_t i = 0; i < feeds_venues(s); i++)
		if (is_seen(s, i))
			venue_line(t, s, stalled, i,
			    s->head.feed[i].feed.stalled, 0);
	metrics_head(t, age, "gauge", "Since the venue's last frame.");
	for (size_t i = 0; i < feeds_venues(s); i++) {
		uint64_t at = s->head.feed[i].feed.last_frame_ms;

		if (is_seen(s, i) && at > 0)
			venue_line(t, s, age, i,
			    now_ms > at ? now_ms - at : 0, 3);
	}
}

static void
venue_rejects(struct text *t, const struct api_state *s)
{
	metrics_head(t, "feed_rejected_frames_total", "counter",
	    "Frames that their parser refused, by reason.");
	for (size_t i = 0; i < feeds_venues(s); i++) {
		if (!is_seen(s, i))
			continue;
		for (enum wire_reject r = 0; r < WIRE_REJECT_COUNT; r++) {
			text_put(t, "margind_feed_rejected_frames_total{");
			metrics_label(t, "venue", s->config->venue[i].name,
			    ',');
			metrics_label(t, "reason", feed_reject_name(r), '}');
			metrics_value(t, s->head.feed[i].feed.rejected[r], 0);
		}
	}
}

static void
venues(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	venue_gauges(t, s, now_ms);
	for (size_t k = 0; k < ARRAY_COUNT(counters); k++) {
		metrics_head(t, counters[k].name, "counter",
		    counters[k].help);
		for (size_t i = 0; i < feeds_venues(s); i++)
			if (is_seen(s, i))
				venue_line(t, s, counters[k].name, i,
				    counter_value(&s->head.feed[i].feed,
				    &counters[k]), 0);
	}
	venue_rejects(t, s);
}

void
metrics_feeds(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	markets(t, s);
	venues(t, s, now_ms);
}
