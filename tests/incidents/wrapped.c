/* Wrapped and staked tokens: a rate, a market, and what is the price. */
#include "tests/incidents/incidents.h"

#include "margin/verdict.h"
#include "tests/incidents/wrapping.h"

#include <math.h>

#define S UINT64_C(1000)

/* ---- R12 ----------------------------------------------------------------- */

#define R12_MS UINT64_C(1655078400000)	/* 2022-06-13T00:00:00Z */
#define R12_ETH 1200.0

static struct scene *
r12_scene(double gap_max)
{
	static const char *const venues[] = { "okx", "bybit", "gateio" };
	struct scene *s = scene_new(R12_MS, 180);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned market = wrapping_unit(s, "STETH", eth, false, "1");
	unsigned rate = wrapping_unit(s, "STETH-R", eth, true, "1");

	s->unit[market].gap_max = s->unit[rate].gap_max = gap_max;
	wrapping_steady(s, WRAPPING_LARGE, eth, R12_ETH);
	for (unsigned i = 0; i < 3; i++) {
		unsigned at[2];

		scene_venue(s, venues[i]);
		at[0] = scene_market(s, market, eth);
		at[1] = scene_market(s, rate, eth);
		for (unsigned k = 0; k < 2; k++) {
			feed_hold(s, at[k], R12_MS, R12_MS + 60 * S, 0.995);
			feed_hold(s, at[k], R12_MS + 60 * S, s->end_ms,
			    0.948);
		}
	}
	feed_rates(s, market, R12_MS, s->end_ms, "1");
	feed_rates(s, rate, R12_MS, s->end_ms, "1");
	scene_asset(s, "stETH", market, "");
	scene_asset(s, "stETH-redeemed", rate, "");
	return s;
}

static void
r12(struct report *r)
{
	struct scene *wide = r12_scene(0.10), *narrow = r12_scene(0.05);
	uint64_t t = R12_MS + 61 * S;
	const struct moment *m;
	struct trace x, y;

	report_play(r, &x, wide);
	m = trace_at(&x, R12_MS + 120 * S);
	safe(r, farthest(&x, 0, t, wide->end_ms, 0.948 * R12_ETH) < 1e-9 &&
	    farthest(&x, 1, t, wide->end_ms, R12_ETH) < 1e-9,
	    "market %.3f ETH, redemption %.3f ETH, each by itself",
	    m->price[0].mid / R12_ETH, m->price[1].mid / R12_ETH);
	report_play_only(r, &y, narrow);
	safe(r, always(&y, 0, t, narrow->end_ms, PRICE_REFUSED) &&
	    always(&y, 1, t, narrow->end_ms, PRICE_REFUSED),
	    "both refused where 5.2 %% between them is too much");
	trace_free(&x);
	trace_free(&y);
	scene_free(wide);
	scene_free(narrow);
}

const struct incident incident_r12 = { "R12", "2022-06-13",
    "stETH 0.948 ETH on Curve",
    "market and redemption rate both; no implicit 1:1", r12 };

/* ---- R14 ----------------------------------------------------------------- */

#define R14_MS UINT64_C(1669939200000)	/* 2022-12-02T00:00:00Z */
#define BNB 300.0

static void
r14(struct report *r)
{
	static const char *const r14_pools[] = { "okx", "gateio", "bybit",
	    "gemini" };
	struct scene *s = scene_new(R14_MS, 180);
	unsigned bnb = scene_unit(s, "BNB", 2);
	unsigned wrap = wrapping_unit(s, "ABNBC", bnb, true, "1.01");
	uint64_t t = R14_MS;
	struct trace x;

	wrapping_steady(s, WRAPPING_LARGE, bnb, BNB);
	for (unsigned i = 0; i < 4; i++) {
		unsigned m;

		scene_venue(s, r14_pools[i]);
		m = scene_market(s, wrap, 0);
		feed_hold(s, m, t, t + 60 * S, 303.89);
		/* At last nobody trades it any more. */
		feed_hold(s, m, t + 60 * S, t + 140 * S, 1.53);
	}
	feed_rates(s, wrap, t, s->end_ms, "1.013");
	scene_asset(s, "BNB", bnb, "");
	scene_asset(s, "aBNBc", wrap, "");
	/* 10 aBNBc, for which somebody wants two thirds in BNB. */
	scene_vault(s, 1, 10, 0, 6.5);
	report_play(r, &x, s);
	safe(r, always(&x, 1, t + 61 * S, s->end_ms, PRICE_REFUSED),
	    "303.9 by its rate, 1.53 on the market: refused (%s)",
	    price_reason_name(trace_at(&x, t + 90 * S)->price[1].reason));
	safe(r, trace_at(&x, t + 50 * S)->state[0] == STATE_HEALTHY &&
	    trace_at(&x, t + 90 * S)->state[0] == STATE_STALE,
	    "what it secured is STALE: no loan on it");
	safe(r, trace_at(&x, s->end_ms)->price[1].status == PRICE_REFUSED,
	    "and still so once nobody trades it");
	live(r, always(&x, 0, t + 5 * S, s->end_ms, PRICE_OK),
	    "BNB itself is OK throughout");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r14 = { "R14", "2022-12-02",
    "Ankr/Helio: aBNBc 303.89 -> 1.53",
    "rate x base against the market, more than 5 %: refused", r14 };

/* ---- R21 ----------------------------------------------------------------- */

#define R21_MS UINT64_C(1762236000000)	/* 2025-11-04T06:00:00Z */

/* And the other way: the rate, which nobody trades against, halves. */
static void
r21_falls(struct report *r)
{
	struct scene *s = scene_new(R21_MS, 180);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned wrap = wrapping_unit(s, "WRSETH", eth, true, "1.057");
	uint64_t t = R21_MS;
	struct trace x;

	wrapping_steady(s, WRAPPING_LARGE, eth, 3500);
	feed_rates(s, wrap, t, t + 60 * S, "1.057");
	feed_rates(s, wrap, t + 60 * S, t + 120 * S, "0.5285");
	feed_rates(s, wrap, t + 120 * S, s->end_ms, "1.057");
	scene_asset(s, "WETH", eth, "");
	scene_asset(s, "wrsETH", wrap, "");
	scene_vault(s, 1, 20, 0, 12);
	report_play(r, &x, s);
	safe(r, always(&x, 1, t + 62 * S, t + 120 * S, PRICE_REFUSED) &&
	    trace_at(&x, t + 90 * S)->price[1].reason == REASON_RATE &&
	    !was_liquidatable(&x, 0),
	    "a rate of half is refused, nobody is liquidated by it");
	live(r, until_priced(&x, 1, t + 121 * S) <= S &&
	    trace_at(&x, s->end_ms)->state[0] == STATE_HEALTHY,
	    "and the loan stands");
	trace_free(&x);
	scene_free(s);
}

static void
r21(struct report *r)
{
	struct scene *s = scene_new(R21_MS, 240);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned wrap = wrapping_unit(s, "WRSETH", eth, true, "1.057");
	uint64_t t = R21_MS;
	struct trace x;

	wrapping_steady(s, WRAPPING_LARGE, eth, 3500);
	/* Its market is one pool, of too little to be asked. */
	scene_venue(s, "okx");
	feed_hold(s, scene_market(s, wrap, eth), t, s->end_ms, 1.055);
	feed_rates(s, wrap, t, t + 60 * S, "1.057");
	feed_rates(s, wrap, t + 60 * S, t + 150 * S, "1649934.6");
	feed_rates(s, wrap, t + 150 * S, s->end_ms, "1.057");
	scene_asset(s, "WETH", eth, "");
	scene_asset(s, "wrsETH", wrap, "");
	scene_vault(s, 1, 0.02, 0, 20);
	report_play(r, &x, s);
	safe(r, always(&x, 1, t + 62 * S, t + 150 * S, PRICE_REFUSED),
	    "a rate of 1.65 M for 1.057 is refused (%s)", price_reason_name(
	    trace_at(&x, t + 90 * S)->price[1].reason));
	safe(r, trace_at(&x, t + 90 * S)->state[0] == STATE_STALE,
	    "no loan of 20 ETH on 0.02 of it");
	live(r, until_priced(&x, 1, t + 151 * S) <= S,
	    "priced again %u ms after the rate is",
	    (unsigned)until_priced(&x, 1, t + 151 * S));
	trace_free(&x);
	scene_free(s);
	r21_falls(r);
}

const struct incident incident_r21 = { "R21", "2025-11-04",
    "Moonwell: wrsETH at 1.65 M ETH", "a rate beyond its bounds: refused",
    r21 };

/* ---- R25 ----------------------------------------------------------------- */

#define R25_MS UINT64_C(1773100800000)	/* 2026-03-10T00:00:00Z */
#define R25_ETH 2000.0

/* A cap of 1.1939 now: 1.19 some days ago, and so much a year. */
static struct scene *
r25_scene(const char *pinned)
{
	struct scene *s = scene_new(R25_MS, 180);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned wrap = wrapping_unit(s, "WSTETH", eth, true, pinned);

	s->unit[wrap].growth_max = 0.04;
	wrapping_steady(s, WRAPPING_LARGE, eth, R25_ETH);
	/* One market, which alone is no quorum. */
	scene_venue(s, "okx");
	feed_hold(s, scene_market(s, wrap, eth), R25_MS, s->end_ms, 1.228);
	feed_rates(s, wrap, R25_MS, s->end_ms, "1.228");
	/* An answer from a node that is behind: its own rate, and its time. */
	feed_rate(s, wrap, R25_MS - 3600 * S, R25_MS + 60 * S, "1.2");
	scene_asset(s, "WETH", eth, "");
	scene_asset(s, "wstETH", wrap, "\"ltv\":\"0.93\","
	    "\"liquidation_threshold\":\"0.95\"");
	/* Healthy at 1.228, liquidatable at 1.1939. */
	scene_vault(s, 1, 100, 0, 114.2);
	return s;
}

static void
r25(struct report *r)
{
	struct scene *capped = r25_scene("1.19");
	struct scene *pinned = r25_scene("1.2275");
	struct trace x, y;

	report_play(r, &x, capped);
	safe(r, always(&x, 1, R25_MS, capped->end_ms, PRICE_REFUSED),
	    "1.228 above its cap is refused (%s), not cut to it",
	    price_reason_name(
	    trace_at(&x, R25_MS + 90 * S)->price[1].reason));
	safe(r, !was_liquidatable(&x, 0) &&
	    trace_at(&x, R25_MS + 90 * S)->state[0] == STATE_STALE,
	    "a loan that 1.1939 would liquidate is STALE");
	report_play(r, &y, pinned);
	safe(r, farthest(&y, 1, R25_MS, pinned->end_ms, 1.228 * R25_ETH) <
	    1e-9, "an older rate changes nothing");
	live(r, never(&y, 1, R25_MS + 5 * S, pinned->end_ms, PRICE_REFUSED) &&
	    trace_at(&y, R25_MS + 90 * S)->state[0] != STATE_LIQUIDATABLE,
	    "re-pinned: %.1f, and the loan stands",
	    trace_at(&y, R25_MS + 90 * S)->price[1].mid);
	trace_free(&x);
	trace_free(&y);
	scene_free(capped);
	scene_free(pinned);
}

const struct incident incident_r25 = { "R25", "2026-03-10",
    "Aave: wstETH capped at 1.1939, worth 1.228",
    "a breach of the cap is refused; rate and time change together", r25 };
