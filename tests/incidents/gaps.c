/* Messages that are missing, doubled, or do not come at all. */
#include "tests/incidents/incidents.h"

#include "feeds/prices.h"
#include "feeds/venue.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define S UINT64_C(1000)
#define R30_MS UINT64_C(1550468120000)	/* 2019-02-18T05:35:20Z */

/* A connection, and what its venue's parser made of the last message. */
struct wire {
	const struct venue *venue;
	struct venue_memory memory;
	struct tick ticks[FRAME_TICKS_MAX];
	struct frame frame;
};

static bool
hear(struct wire *w, const char *text)
{
	w->frame = (struct frame){ .ticks = w->ticks, .memory = &w->memory };
	return w->venue->parse(&w->frame, text, strlen(text)) == ERR_OK;
}

static void
connect_to(struct wire *w, const char *venue)
{
	w->venue = venue_find(venue);
	MUST(w->venue);
	venue_memory_begin(&w->memory);
}

#define KUCOIN(sequence, bid, ask) "{\"type\":\"message\",\"topic\":" \
    "\"/market/ticker:BTC-USDT\",\"subject\":\"trade.ticker\",\"data\":{" \
    "\"sequence\":\"" sequence "\",\"bestBid\":\"" bid "\",\"bestAsk\":\"" \
    ask "\",\"time\":1550468120937}}"
#define KUCOIN_CHANGE "{\"type\":\"message\",\"topic\":\"/market/level2:" \
    "BTC-USDT\",\"subject\":\"trade.l2update\",\"data\":{\"sequenceStart\":" \
    "1550468120940,\"sequenceEnd\":1550468120940,\"changes\":{\"asks\":[[" \
    "\"1\",\"1\",\"1550468120940\"]],\"bids\":[]}}}"

/* KuCoin's tickers are whole by themselves: over a hole each says all of the
 * top, and changes, of which a hole would matter, are never a book. */
static bool
kucoin_is_whole(struct wire *w)
{
	const struct tick *t = &w->ticks[0];
	struct dec18 ask;

	MUST(decimal_to_dec18(&ask, "3701", 4) == ERR_OK);
	connect_to(w, "kucoin");
	return hear(w, KUCOIN("1550468120937", "3650", "3651")) &&
	    w->frame.kind == FRAME_TICKS &&
	    hear(w, KUCOIN("1550468120940", "3700", "3701")) &&
	    w->frame.kind == FRAME_TICKS && t->has_bid && t->has_ask &&
	    t->ask.value == ask.value &&
	    hear(w, KUCOIN_CHANGE) && w->frame.kind == FRAME_IGNORED &&
	    w->frame.tick_count == 0;
}

/* Where every message is numbered, a hole is one, and a message that comes
 * twice counts once. */
static bool
bitfinex_tells_gaps(struct wire *w)
{
	connect_to(w, "bitfinex");
	return hear(w, "{\"event\":\"subscribed\",\"channel\":\"ticker\","
	    "\"chanId\":17,\"symbol\":\"tBTCUSD\",\"pair\":\"BTCUSD\"}") &&
	    hear(w, "[17,[3650,0,3651,0,0,0,3650],937]") &&
	    w->frame.kind == FRAME_TICKS &&
	    hear(w, "[17,[3650,0,3651,0,0,0,3650],937]") &&
	    w->frame.kind == FRAME_IGNORED &&
	    hear(w, "[17,[3700,0,3701,0,0,0,3700],940]") &&
	    w->frame.kind == FRAME_GAP;
}

static bool
every_venue_has_a_deadline(void)
{
	size_t count;
	const struct venue *table = venue_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].place == VENUE_WEBSOCKET &&
		    (table[i].mute_ms_max == 0 ||
		    table[i].mute_ms_max > 60000))
			return false;
	return count > 0;
}

/* Three venues.  The first misses a message and hears its book anew five
 * seconds later, its heartbeats going on; the second falls silent. */
static struct scene *
r30_scene(void)
{
	struct scene *s = scene_new(R30_MS, 180);
	unsigned btc = scene_unit(s, "BTC", 2);
	unsigned m = scene_venues(s, 4, btc, 0);
	uint64_t t = R30_MS;

	feed_hold(s, m, t, t + 60 * S, 3650);
	feed_void(s, m, t + 60 * S);
	for (uint64_t at = t; at < s->end_ms; at += S)
		feed_beat(s, 0, at, at);
	feed_hold(s, m, t + 65 * S, s->end_ms, 3650);
	feed_hold(s, m + 1, t, t + 100 * S, 3650);
	feed_hold(s, m + 2, t, s->end_ms, 3650);
	feed_hold(s, m + 3, t, s->end_ms, 3650);
	scene_asset(s, "WBTC", btc, "");
	return s;
}

/* Three venues, of which one says no book after the first minute and beats on,
 * and another's clock goes ahead by so much from the second on. */
static struct scene *
r30_clocks(uint64_t ahead_ms)
{
	struct scene *s = scene_new(R30_MS, 180);
	unsigned btc = scene_unit(s, "BTC", 2);
	unsigned m = scene_venues(s, 4, btc, 0);
	uint64_t t = R30_MS, half = price_of(0.3) & UINT64_MAX;

	feed_hold(s, m, t, t + 60 * S, 3650);
	for (uint64_t at = t; at < s->end_ms; at += S)
		feed_beat(s, 0, at, at);
	feed_hold(s, m + 1, t, t + 120 * S, 3650);
	for (uint64_t at = t + 120 * S; at < s->end_ms; at += S)
		feed_quote(s, m + 1, at + ahead_ms, at, price_of(3650) - half,
		    price_of(3650) + half);
	feed_hold(s, m + 2, t, s->end_ms, 3650);
	feed_hold(s, m + 3, t, s->end_ms, 3650);
	scene_asset(s, "WBTC", btc, "");
	return s;
}

static void
r30_clock(struct report *r, uint64_t ahead_ms, enum prices_vote vote,
    enum price_status status)
{
	struct scene *s = r30_clocks(ahead_ms);
	uint64_t t = R30_MS;
	struct trace x;

	report_play_only(r, &x, s);
	safe(r, trace_at(&x, t + 92 * S)->vote[0] == VOTE_COUNTED &&
	    trace_at(&x, t + 94 * S)->vote[0] == VOTE_STALE &&
	    trace_at(&x, t + 150 * S)->vote[1] == vote &&
	    trace_at(&x, t + 150 * S)->price[0].status == status,
	    "a clock %u s ahead: %s, the price %s",
	    (unsigned)(ahead_ms / S), prices_vote_name(vote),
	    price_status_name(status));
	trace_free(&x);
	scene_free(s);
}

static void
r30(struct report *r)
{
	struct scene *s = r30_scene();
	struct wire *w = calloc(1, sizeof(*w));
	uint64_t t = R30_MS;
	struct trace x;

	MUST(w);
	report_play(r, &x, s);
	safe(r, kucoin_is_whole(w),
	    "over the hole 937..940 a ticker is whole, a change no book");
	safe(r, bitfinex_tells_gaps(w),
	    "a numbered hole is a gap, a message twice counts once");
	safe(r, trace_at(&x, t + 63 * S)->vote[0] == VOTE_SILENT &&
	    trace_at(&x, t + 67 * S)->vote[0] == VOTE_COUNTED,
	    "the book is void until it is heard anew, whatever beats");
	safe(r, trace_at(&x, t + 104 * S)->vote[1] == VOTE_STALE,
	    "a mute venue has no vote after age_max");
	/* In each of these heartbeats renew a book for 30 s and no more. */
	r30_clock(r, 11 * S, VOTE_SKEWED, PRICE_OK);
	r30_clock(r, 3 * S, VOTE_COUNTED, PRICE_DEGRADED);
	r30_clock(r, 1 * S, VOTE_COUNTED, PRICE_OK);
	live(r, every_venue_has_a_deadline(), "every venue's mute connection "
	    "has a deadline (kept: test_client, client_service__drops_a_mute_"
	    "connection)");
	live(r, always(&x, 0, t + 5 * S, s->end_ms, PRICE_OK),
	    "the price is OK throughout");
	trace_free(&x);
	scene_free(s);
	free(w);
}

const struct incident incident_r30 = { "R30", "2019-02-18",
    "KuCoin: a gap; silent sockets",
    "a gap voids the book; a duplicate counts once; mute is dropped", r30 };
