/* Publishers that say nothing, too much, or do not know. */
#include "tests/incidents/incidents.h"

#include "chain/hermes_event.h"
#include "contracts-abi/quote.h"
#include "feeds/venue.h"
#include "margin/verdict.h"

#include <string.h>

#define S UINT64_C(1000)

/* ---- R7 ------------------------------------------------------------------ */

#define R7_MS UINT64_C(1632139200000)	/* 2021-09-20T12:00:00Z */

/* A frame with that text in place of a price: refused as what. */
static enum err
coinbase_price(const char *price)
{
	static struct tick ticks[FRAME_TICKS_MAX];
	static struct venue_memory memory;
	struct frame f = { .ticks = ticks, .memory = &memory };
	const struct venue *v = venue_find("coinbase");
	char text[512];
	int len = snprintf(text, sizeof(text), "{\"channel\":\"ticker\","
	    "\"timestamp\":\"2021-09-20T12:00:00Z\",\"sequence_num\":1,"
	    "\"events\":[{\"type\":\"update\",\"tickers\":[{\"type\":"
	    "\"ticker\",\"product_id\":\"BTC-USD\",\"price\":%s}]}]}", price);

	venue_memory_begin(&memory);
	return v->parse(&f, text, (size_t)len);
}

/* A price as Pyth's publishers say it: whole number, its interval, exponent. */
static enum quote_refusal
pyth_price(double *price, int64_t value, uint64_t conf, int32_t expo)
{
	struct quote_pyth p = { .price = value, .conf = conf, .expo = expo,
	    .publish_s = R7_MS / 1000 };
	struct quote q = { 0 };
	enum quote_refusal e = quote_from_pyth(&q, &p,
	    ppb_from_raw(100000000));

	*price = (double)((long double)q.value / 1e18L);
	return e;
}

/* And as the stream writes it, with that text for its exponent. */
static enum err
hermes_expo(const char *key_and_expo)
{
	static struct hermes_event e;
	char text[512];
	int len = snprintf(text, sizeof(text), "{\"parsed\":[{\"id\":\"%064d\""
	    ",\"price\":{\"price\":\"4350000000000\",\"conf\":\"1\"%s,"
	    "\"publish_time\":1632139200}}]}", 7, key_and_expo);

	return hermes_event_read(&e, text, (size_t)len);
}

static void
r7_pyth(struct report *r)
{
	double right, whole, none;

	safe(r, pyth_price(&right, 4350000000000, 1, -8) == QUOTE_OK &&
	    right == 43500 && pyth_price(&whole, 4350000000000, 1, 0) ==
	    QUOTE_OK && whole == right * 1e8 &&
	    pyth_price(&none, 0, 1, -8) == QUOTE_NOT_POSITIVE &&
	    pyth_price(&none, 43500, 1, 1) == QUOTE_EXPONENT,
	    "of Pyth: 0 is no price, 10^0 for 10^-8 lies 10^8 away");
	safe(r, hermes_expo(",\"expo\":-8") == ERR_OK &&
	    hermes_expo("") == ERR_MISSING &&
	    hermes_expo(",\"expo\":-8.0") != ERR_OK,
	    "a missing exponent, and one that is no whole number, are refused");
}

/* 42,000 of Pyth beside 43,000 and 44,000, with its publishers' interval as
 * they say it: what is signed then. */
static void
r7_confident(struct report *r, struct moment *out, uint64_t conf)
{
	struct scene *s = scene_new(R7_MS, 60);
	unsigned unit = scene_unit(s, "BTC", 2);
	double price = 0;
	unsigned m;
	struct trace x;

	s->unit[unit].dispersion_max = 0.05;
	m = scene_venues(s, 2, unit, 0);
	feed_hold(s, m, R7_MS, s->end_ms, 43000);
	feed_hold(s, m + 1, R7_MS, s->end_ms, 44000);
	scene_venue(s, "pyth");
	m = scene_market(s, unit, 0);
	if (pyth_price(&price, 42000, conf, 0) == QUOTE_OK)
		for (uint64_t t = R7_MS; t < s->end_ms; t += S)
			feed_trade(s, m, t, price);
	scene_asset(s, "WBTC", unit, "");
	report_play_only(r, &x, s);
	*out = *trace_at(&x, s->end_ms);
	trace_free(&x);
	scene_free(s);
}

/* One vote each, whatever it says of itself: the middle one is the price. */
static void
r7_confidence(struct report *r)
{
	static struct moment sure, unsure;

	r7_confident(r, &sure, 420);
	r7_confident(r, &unsure, 3780);
	safe(r, sure.price[0].sources == 3 && sure.price[0].mid == 43000 &&
	    memcmp(&sure.price[0], &unsure.price[0], sizeof(sure.price[0])) ==
	    0, "42,000 of Pyth within 1 %% or 9 %% has one vote of %u: %.0f "
	    "(%.0f to %.0f) both times", unsure.price[0].sources,
	    unsure.price[0].mid, unsure.price[0].low, unsure.price[0].high);
}

static void
r7(struct report *r)
{
	struct scene *s = scene_new(R7_MS, 180);
	unsigned unit = scene_unit(s, "BTC", 5), m;
	uint64_t t = R7_MS;
	struct trace x;

	m = scene_venues(s, 11, unit, 0);
	scene_asset(s, "WBTC", unit, "");
	for (unsigned i = 0; i < 9; i++)
		feed_hold(s, m + i, t, t + 180 * S, 43500);
	for (unsigned i = 9; i < 11; i++) {
		feed_hold(s, m + i, t, t + 60 * S, 43500);
		feed_hold(s, m + i, t + 60 * S, t + 120 * S,
		    i == 9 ? 0 : 0.000435);
		feed_hold(s, m + i, t + 120 * S, t + 180 * S, 43500);
	}
	report_play(r, &x, s);
	safe(r, farthest(&x, 0, t, t + 180 * S, 43500) < 1e-9,
	    "{9 x 43500, 0, 0.000435} is 43500");
	safe(r, coinbase_price("\"0\"") != ERR_OK &&
	    coinbase_price("\"0.000\"") != ERR_OK &&
	    coinbase_price("43500.0") != ERR_OK &&
	    coinbase_price("\"43500\"") == ERR_OK,
	    "a zero, and a number where a string is due, are refused");
	r7_pyth(r);
	r7_confidence(r);
	live(r, never(&x, 0, t + 5 * S, t + 180 * S, PRICE_REFUSED),
	    "never refused");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r7 = { "R7", "2021-09-20",
    "Pyth: two publishers with 0 and 10^-8",
    "{9 x 43500, 0, 0.000435} is 43500; a zero is refused; "
    "a confidence is no weight", r7 };

/* ---- R8 ------------------------------------------------------------------ */

#define R8_MS UINT64_C(1638586800000)	/* 2021-12-04T03:00:00Z */
#define MSOL 190.0

static void
r8(struct report *r)
{
	struct scene *s = scene_new(R8_MS, 180);
	unsigned usd = scene_unit(s, "USDC", 2);
	unsigned msol = scene_unit(s, "MSOL", 2);
	uint64_t t = R8_MS;
	unsigned m, p;
	struct trace x;
	double wide;

	p = scene_venues(s, 3, usd, 0);
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, p + i, t, t + 180 * S, 1.0);
	scene_venue(s, "bitstamp");
	m = scene_market(s, msol, 0);
	scene_venue(s, "okx");
	scene_market(s, msol, 0);
	scene_asset(s, "MSOL", msol, "");
	scene_asset(s, "USDC", usd, "");
	/* 10 mSOL against 1,200: healthy at 190, rich at 600. */
	scene_vault(s, 0, 10, 1, 1200);
	/* And somebody who owes mSOL: liquidatable at 600 only. */
	scene_vault(s, 1, 4000, 0, 10);
	feed_hold(s, m, t, t + 180 * S, MSOL);
	feed_hold(s, m + 1, t, t + 60 * S, MSOL);
	for (uint64_t at = t + 60 * S; at < t + 120 * S; at += S)
		/* ~600, and wide. */
		feed_quote(s, m + 1, at + 10, at + 10, price_of(300),
		    price_of(900));
	feed_hold(s, m + 1, t + 120 * S, t + 180 * S, MSOL);
	report_play(r, &x, s);

	safe(r, always(&x, 0, t + 61 * S, t + 120 * S, PRICE_REFUSED),
	    "190 and 600: refused (%s)", price_reason_name(
	    trace_at(&x, t + 90 * S)->price[0].reason));
	safe(r, !was_liquidatable(&x, 0) && !was_liquidatable(&x, 1),
	    "nobody is liquidated");
	safe(r, pyth_price(&wide, 600, 61, 0) == QUOTE_UNSURE &&
	    pyth_price(&wide, 600, 60, 0) == QUOTE_OK,
	    "a Pyth price with an interval above 10 %% has no vote");
	live(r, until_priced(&x, 0, t + 121 * S) <= S,
	    "priced again after %u ms",
	    (unsigned)until_priced(&x, 0, t + 121 * S));
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r8 = { "R8", "2021-12-04",
    "Mango: mSOL ~600 with a wide confidence",
    "a dispersion above its limit is refused", r8 };
