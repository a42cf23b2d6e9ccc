/* Money that is not worth its name. */
#include "tests/incidents/incidents.h"

#include "base/must.h"
#include "feeds/prices.h"
#include "tests/incidents/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)

/* ---- R16 ----------------------------------------------------------------- */

#define R16_MS UINT64_C(1678492800000)	/* 2023-03-11T00:00:00Z */
#define FOLDER "2023-03-usdc-depeg/"

enum { R16_USD, USDT, USDC, BTC };

/* What was recorded, venue by venue. */
static const struct {
	const char *venue, *file;
	unsigned base, quote;
} R16_MARKETS[] = {
	{ "coinbase", FOLDER "coinbase_usdtusd.1m.csv", USDT, R16_USD },
	{ "coinbase", FOLDER "coinbase_btcusd.1m.csv", BTC, R16_USD },
	{ "coinbase", FOLDER "coinbase_btcusdt.1m.csv", BTC, USDT },
	{ "kraken", FOLDER "kraken_usdtusd.1m.csv", USDT, R16_USD },
	{ "kraken", FOLDER "kraken_usdcusd.1m.csv", USDC, R16_USD },
	{ "kraken", FOLDER "kraken_btcusd.1m.csv", BTC, R16_USD },
	{ "kraken", FOLDER "kraken_btcusdt.1m.csv", BTC, USDT },
	{ "kraken", FOLDER "kraken_btcusdc.1m.csv", BTC, USDC },
	{ "binance-us", FOLDER "binanceus_usdcusdt.1m.csv", USDC, USDT },
	{ "binance-us", FOLDER "binanceus_btcusdt.1m.csv", BTC, USDT },
	{ "binance-us", FOLDER "binanceus_btcusdc.1m.csv", BTC, USDC },
};
#define R16_COUNT ARRAY_COUNT(R16_MARKETS)

static bool
r16_load(struct path *paths)
{
	for (size_t i = 0; i < R16_COUNT; i++)
		if (!path_load(&paths[i], R16_MARKETS[i].file, PATH_CLOSES,
		    R16_MS - HOUR, R16_MS + 24 * HOUR))
			return false;
	return true;
}

static struct scene *
r16_scene(const struct path *paths, uint64_t from_ms, uint64_t to_ms)
{
	struct scene *s = scene_new(from_ms, (to_ms - from_ms) / S);
	unsigned usdt = scene_unit(s, "USDT", 2);
	unsigned usdc = scene_unit(s, "USDC", 2);
	unsigned btc = scene_unit(s, "BTC", 2);

	s->unit[usdt].age_max_ms = s->unit[usdc].age_max_ms = 30 * S;
	for (size_t i = 0; i < R16_COUNT; i++) {
		struct feeding f = { .from_ms = from_ms, .begin_ms = from_ms,
		    .end_ms = to_ms, .speed = 1, .phase_ms = 83 * i,
		    .tick_ms = S };

		if (i == 0 || strcmp(R16_MARKETS[i].venue,
		    R16_MARKETS[i - 1].venue) != 0)
			scene_venue(s, R16_MARKETS[i].venue);
		feed_path(s, scene_market(s, R16_MARKETS[i].base,
		    R16_MARKETS[i].quote), &paths[i], &f);
	}
	scene_asset(s, "WBTC", btc, "");
	scene_asset(s, "USDC", usdc, "");
	scene_asset(s, "USDT", usdt, "");
	return s;
}

/* Moments of the day at which a bar closed, and what was stated of a USDC
 * there: on Kraken in USD, on Binance.US in USDT. */
static const struct {
	unsigned hour, minute, market;
	double usdc;
} R16_STATED[] = {
	{ 3, 10, 4, 0.9866 }, { 6, 42, 4, 0.8931 }, { 7, 15, 4, 0.874 },
	{ 7, 55, 8, 0.8579 },
};

static uint64_t
r16_ms(size_t stated)
{
	return R16_MS + R16_STATED[stated].hour * HOUR +
	    R16_STATED[stated].minute * MINUTE + 59 * S;
}

/* A BTC in USDC at that moment: not converted where there is no USDC; within
 * 1 % of the BTC in USD where USDC is OK; where its venues are apart (DEGRADED,
 * the price one of theirs, the band to the other's) within that band.  There
 * the vote of a venue that sees the other USDC lies astray by as much, and
 * DESIGN section 3 has it dropped. */
static bool
r16_is_explained(const struct moment *m, unsigned market, double btc)
{
	const struct signed_price *usdc = &m->price[1];
	double v = (double)m->usd[market] / btc;

	if (m->vote[market] == VOTE_UNCONVERTED)
		return usdc->status == PRICE_REFUSED && v == 0;
	if (m->vote[market] != VOTE_COUNTED && usdc->status == PRICE_OK)
		return false;
	return v * usdc->low / usdc->mid < 1.01 &&
	    v * usdc->high / usdc->mid > 0.99;
}

static void
r16_stated(struct report *r, const struct trace *x, const struct path *btc)
{
	static const unsigned markets[] = { 7, 10 };
	unsigned stated = 0, explained = 0, votes = 0, counted = 0;
	size_t all = 0;

	for (size_t i = 0; i < ARRAY_COUNT(R16_STATED); i++) {
		const struct moment *m = trace_at(x, r16_ms(i));
		unsigned at = R16_STATED[i].market;
		double usdt = at == 8 ? m->price[2].mid : 1;

		stated += fabs((double)m->usd[at] / usdt /
		    R16_STATED[i].usdc - 1) < 0.002;
		for (size_t k = 0; k < ARRAY_COUNT(markets); k++)
			explained += r16_is_explained(m, markets[k],
			    path_at(btc, m->ms));
	}
	for (size_t i = 0; i < x->count; i++)
		for (size_t k = 0; k < ARRAY_COUNT(markets); k++) {
			const struct moment *m = &x->moment[i];

			all++;
			votes += r16_is_explained(m, markets[k],
			    path_at(btc, m->ms));
			counted += m->vote[markets[k]] == VOTE_COUNTED;
		}
	safe(r, stated == 4, "USDC as stated at %u of 4 moments", stated);
	safe(r, explained == 8, "the two BTC/USDC there, by the USDC's own "
	    "band, are BTC/USD in %u of 8 votes", explained);
	safe(r, 100 * votes >= 97 * all, "in the day %.1f %%; %.0f %% counted",
	    100.0 * votes / (double)all, 100.0 * counted / (double)all);
}

/* A BTC that nobody quotes but in USDC, which one venue alone measures: Kraken
 * both.  Never OK, and still a BTC. */
static struct scene *
r16_only(const struct path *paths)
{
	struct scene *s = scene_new(R16_MS, 24 * HOUR / S);
	unsigned usdc = scene_unit(s, "USDC", 1);
	unsigned btc = scene_unit(s, "BTC", 1);
	struct feeding f = { .from_ms = R16_MS, .begin_ms = R16_MS,
	    .end_ms = s->end_ms, .speed = 1, .tick_ms = S };

	s->step_ms = 1000;
	s->unit[usdc].age_max_ms = 30 * S;
	scene_venue(s, "kraken");
	feed_path(s, scene_market(s, usdc, 0), &paths[4], &f);
	feed_path(s, scene_market(s, btc, usdc), &paths[7], &f);
	scene_asset(s, "WBTC", btc, "");
	scene_asset(s, "USDC", usdc, "");
	return s;
}

/* Seconds of the day in which the scene's BTC was within 1 % of the recorded
 * BTC/USD, of those in which it had a price; how far a USDC of 1 would be. */
static void
r16_only_play(struct report *r, const struct path *paths)
{
	struct scene *s = r16_only(paths);
	unsigned near = 0, priced = 0, stated = 0;
	double most = 0, dollar = 0;
	struct trace x;

	report_play_only(r, &x, s);
	for (size_t i = 0; i < x.count; i++) {
		const struct moment *m = &x.moment[i];
		double was = path_at(&paths[5], m->ms);
		double off = fabs(m->price[0].mid / was - 1);

		dollar = fmax(dollar, fabs(path_at(&paths[7], m->ms) / was -
		    1));
		if (!m->is_signed || m->price[0].status == PRICE_REFUSED)
			continue;
		priced++;
		near += off < 0.01;
		most = fmax(most, off);
	}
	for (size_t i = 0; i < 3; i++) {
		const struct moment *m = trace_at(&x, r16_ms(i));

		stated += fabs(m->price[1].mid / R16_STATED[i].usdc - 1) <
		    0.002 && fabs(m->price[0].mid / path_at(&paths[5],
		    m->ms) - 1) < 0.01;
	}
	safe(r, stated == 3, "of BTC/USDC alone: BTC/USD within 1 %% at %u of "
	    "3 stated moments of Kraken", stated);
	safe(r, near * 1000 >= priced * 985u && most < 0.02 && dollar > 0.13,
	    "in %.1f %% of the day, always within %.1f %%; by a USDC of 1 it "
	    "would be %.1f %% off", 100.0 * near / priced, most * 100,
	    dollar * 100);
	safe(r, never(&x, 0, R16_MS, s->end_ms, PRICE_OK),
	    "and, of one source, never OK");
	live(r, priced * 1000u >= 999 * x.count, "priced in %u of %zu s",
	    priced, x.count);
	trace_free(&x);
	scene_free(s);
}

static void
r16(struct report *r)
{
	struct path paths[R16_COUNT] = { 0 };
	uint64_t at_ms = R16_MS + 6 * HOUR + 46 * MINUTE;
	double most, off_s;
	struct scene *s;
	struct trace x;

	if (!r16_load(paths)) {
		report_skip(r);
		goto out;
	}
	s = r16_scene(paths, R16_MS, R16_MS + 24 * HOUR);
	s->step_ms = 1000;
	report_play_only(r, &x, s);
	live(r, never(&x, 0, R16_MS + 5 * S, s->end_ms, PRICE_REFUSED),
	    "BTC is priced the whole day");
	off_s = path_off(&most, &x, 0, &paths[5], s, 1);
	safe(r, off_s == 0, "BTC within %.2f %% of the recorded BTC/USD",
	    most * 100);
	r16_stated(r, &x, &paths[5]);
	trace_free(&x);
	scene_free(s);
	r16_only_play(r, paths);

	s = r16_scene(paths, at_ms - 10 * MINUTE, at_ms + 10 * MINUTE);
	report_play(r, &x, s);
	safe(r, trace_at(&x, at_ms)->price[1].status == PRICE_REFUSED &&
	    trace_at(&x, at_ms)->price[1].reason == REASON_BAND &&
	    never(&x, 1, at_ms - 10 * MINUTE, s->end_ms, PRICE_OK),
	    "at 06:46 USDC is refused (%s), its two venues apart; OK never",
	    price_reason_name(trace_at(&x, at_ms)->price[1].reason));
	trace_free(&x);
	scene_free(s);
out:
	for (size_t i = 0; i < R16_COUNT; i++)
		path_free(&paths[i]);
}

const struct incident incident_r16 = { "R16", "2023-03-11",
    "USDC 0.8579 to 0.9866, venues 10.98 % apart",
    "BTC/USDC to USD through a measured USDC", r16 };

/* ---- R17 ----------------------------------------------------------------- */

#define R17_MS UINT64_C(1677807960000)	/* 2023-03-03T01:46:00Z */

static void
r17(struct report *r)
{
	struct scene *s = scene_new(R17_MS, 300);
	unsigned usdc = scene_unit(s, "USDC", 2);
	unsigned m = scene_venues(s, 3, usdc, 0), thin;
	uint64_t t = R17_MS;
	struct trace x;
	double moved;

	s->unit[usdc].age_max_ms = 30 * S;
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, t, s->end_ms, 0.9999);
	scene_venue(s, "binance-us");
	thin = scene_market(s, usdc, 0);
	/* Trades, and minutes without any. */
	feed_trade(s, thin, t + 10 * S, 0.9999);
	feed_trade(s, thin, t + 61 * S, 0.8997);
	feed_trade(s, thin, t + 63 * S, 0.8997);
	feed_trade(s, thin, t + 240 * S, 0.9999);
	scene_asset(s, "USDC", usdc, "");
	report_play(r, &x, s);
	moved = farthest(&x, 0, t, s->end_ms, 0.9999);
	safe(r, moved < 1e-12, "0.8997 in two trades moves it %.0f bp",
	    moved * 10000);
	safe(r, trace_at(&x, t + 70 * S)->vote[thin] == VOTE_OUTLIER &&
	    trace_at(&x, t + 120 * S)->vote[thin] == VOTE_STALE,
	    "without trades it has no vote");
	live(r, never(&x, 0, t + 5 * S, s->end_ms, PRICE_REFUSED),
	    "never refused");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r17 = { "R17", "2023-03-03",
    "Binance.US: USDC 0.8997 in two trades",
    "0 bp; an empty candle is no observation", r17 };

/* ---- R22 ----------------------------------------------------------------- */

#define R22_MS UINT64_C(1762473600000)	/* 2025-11-07T00:00:00Z */

/* Whether a config with that unit is refused, and with which words. */
static bool
r22_refused(const char *unit, const char *words)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "prices: {units: {xUSD: %s}}\n",
	    unit);

	MUST(len > 0 && (size_t)len < sizeof(text));
	return scene_config_is_refused(text, words);
}

static void
r22(struct report *r)
{
	struct scene *s = scene_new(R22_MS, 180);
	unsigned measured = scene_unit(s, "XUSD", 2);
	unsigned m = scene_venues(s, 3, measured, 0);
	unsigned declared = scene_unit(s, "XUSD-D", 1);
	struct path p = { 0 };
	struct trace x;

	s->unit[declared].constant = "1";
	path_add(&p, R22_MS + 60 * S, 1.0);
	path_add(&p, R22_MS + 90 * S, 0.26);
	for (unsigned i = 0; i < 3; i++)
		feed_path(s, m + i, &p, &(struct feeding){
		    .from_ms = R22_MS, .begin_ms = R22_MS,
		    .end_ms = s->end_ms, .speed = 1, .phase_ms = 97 * i,
		    .tick_ms = S });
	path_free(&p);
	scene_asset(s, "xUSD", measured, "");
	scene_asset(s, "xUSD-declared", declared, "");
	report_play(r, &x, s);
	safe(r, r22_refused("{constant: 1}", "needs `unsafe: true`"),
	    "a constant without the flag is no config");
	safe(r, always(&x, 1, R22_MS + S, s->end_ms, PRICE_DEGRADED),
	    "with it, DEGRADED at every moment");
	safe(r, fabs(trace_at(&x, s->end_ms - 4 * S)->price[0].mid - 0.26) <
	    1e-9, "measured, it is 0.26");
	live(r, never(&x, 0, R22_MS + 5 * S, s->end_ms, PRICE_REFUSED),
	    "and never refused on its way");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r22 = { "R22", "2025-11-07",
    "xUSD at 0.26, declared as 1",
    "a constant needs the unsafe flag and is DEGRADED", r22 };
