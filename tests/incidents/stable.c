/* Money that is not worth its name. */
#include "tests/incidents/incidents.h"

#include "feeds/prices.h"
#include "oracle/config.h"
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

/* How far a BTC in USDC lies from one in USD at most, if a USDC is 1. */
static double
r16_error(const struct path *paths)
{
	double most = 0;

	for (uint64_t t = R16_MS; t < R16_MS + 24 * HOUR; t += MINUTE)
		most = fmax(most, fabs(path_at(&paths[7], t) /
		    path_at(&paths[5], t) - 1));
	return most;
}

static void
r16(struct report *r)
{
	struct path paths[R16_COUNT] = { 0 };
	uint64_t at_ms = R16_MS + 6 * HOUR + 46 * MINUTE;
	const struct moment *m;
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
	trace_free(&x);
	scene_free(s);

	s = r16_scene(paths, at_ms - 10 * MINUTE, at_ms + 10 * MINUTE);
	report_play(r, &x, s);
	m = trace_at(&x, at_ms);
	safe(r, m->price[1].status != PRICE_OK &&
	    share_of(&x, 1, at_ms - 10 * MINUTE, s->end_ms, PRICE_OK).count <
	    x.count / 2, "around 06:46 USDC is %s, its two venues apart",
	    price_status_name((enum price_status)m->price[1].status));
	safe(r, r16_error(paths) > 0.10,
	    "with a USDC at 1 a BTC would be %.1f %% off",
	    r16_error(paths) * 100);
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
	static struct config c;
	char text[512], *said = NULL;
	size_t size;
	unsigned errors;
	FILE *f = open_memstream(&said, &size);
	bool is_so;
	int len = snprintf(text, sizeof(text), "prices: {units: {xUSD: %s}}\n",
	    unit);

	is_so = config_read(&c, text, (size_t)len, "c.yaml", f, &errors) !=
	    ERR_OK;
	fclose(f);
	is_so = is_so && strstr(said, words) != NULL;
	free(said);
	return is_so;
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
