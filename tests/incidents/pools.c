/* Prices that a pool tells: never of this moment. */
#include "tests/incidents/incidents.h"

#include "base/must.h"
#include "tests/incidents/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000)
#define BLOCK_S 12u

/* ---- R5 ------------------------------------------------------------------ */

#define R5_MS UINT64_C(1603681200000)	/* 2020-10-26T03:00:00Z */

static const struct quote_source R5_SOURCE = { .kind = QUOTE_POOL,
    .has_contract = true, .window_s = 600, .observations_min = 10 };

static void
feed_pool(struct scene *s, unsigned market, uint64_t now_s, double price)
{
	u128 raw = price_of(price);

	feed_quote(s, market, now_s * 1000, now_s * 1000 + 300, raw, raw);
}

/* A pool of two dollars, traded in each block.  From the 20th block on a flash
 * loan drives it to 1.5 and back within one block, and each block is quoted
 * as it stands in the middle of that.  How far the quotes went. */
static double
r5_pool(struct scene *s, unsigned market, double *spot)
{
	uint64_t from_s = R5_MS / 1000;
	double most = 0;
	struct pool p;

	/* It has been there for a while. */
	pool_begin(&p, 64, from_s - 60 * BLOCK_S, 1.0);
	for (uint64_t t = from_s - 59 * BLOCK_S; t < s->end_ms / 1000;
	    t += BLOCK_S) {
		bool is_attacked = t >= from_s + 20 * BLOCK_S;
		double price;

		pool_trade(&p, t, is_attacked ? 1.5 : 1.0);
		if (t >= from_s && pool_quote(&price, &p, &R5_SOURCE, t) ==
		    QUOTE_OK) {
			most = fmax(most, fabs(price - 1));
			feed_pool(s, market, t, price);
		}
		*spot = fmax(*spot, pool_spot(&p));
		pool_trade(&p, t, 1.0);
	}
	return most;
}

/* Whether a pool without a window, or with one of a block, is a config. */
static bool
r5_is_refused(const char *keys, const char *words)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "prices: {units: {A: {quorum: "
	    "1, age_max: 30s, dispersion_max: 2%%, band_max: 9%%}}}\n"
	    "venues: {uniswap-v3: {markets: {A-USD: {pair: A/USD, contract: "
	    "\"0x5FbDB2315678afecb367f032d93F642f64180aa3\"%s}}}}\n"
	    "chain: {rpc: [\"http://a:1\"], chain_id: 1, depth: 0, "
	    "head_age_max: 1m}\n", keys);

	MUST(len > 0 && (size_t)len < sizeof(text));
	return scene_config_is_refused(text, words);
}

static void
r5(struct report *r)
{
	struct scene *s = scene_new(R5_MS, 600);
	unsigned usdt = scene_unit(s, "USDT", 2), m;
	double most, spot = 0;
	struct trace x;

	s->unit[usdt].age_max_ms = 30 * S;
	m = scene_venues(s, 2, usdt, 0);
	feed_hold(s, m, R5_MS, s->end_ms, 1.0);
	feed_hold(s, m + 1, R5_MS, s->end_ms, 1.0);
	scene_venue(s, "uniswap-v3");
	m = scene_market(s, usdt, 0);
	most = r5_pool(s, m, &spot);
	scene_asset(s, "USDT", usdt, "");
	report_play(r, &x, s);
	safe(r, most == 0 && spot > 1.49, "a pool at %.2f within a block is "
	    "quoted %.0f bp away", spot, most * 10000);
	safe(r, r5_is_refused("", "needs `window`") &&
	    r5_is_refused(", window: 12s, observations_min: 2", "window"),
	    "a pool without a window, or with a block's, is no config");
	live(r, trace_at(&x, s->end_ms - 20 * S)->price[0].sources == 3,
	    "its mean votes all the time");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r5 = { "R5", "2020-10-26",
    "Harvest: a price within the transaction",
    "no same-block spot price may enter", r5 };

/* ---- R9 ------------------------------------------------------------------ */

#define R9_MS UINT64_C(1648897200000)	/* 2022-04-02T11:00:00Z */
#define INV 0.1				/* WETH */

static const struct quote_source R9_SOURCE = { .kind = QUOTE_POOL,
    .has_contract = true, .window_s = 600, .observations_min = 10 };

struct r9_seen {
	bool was_samples, was_window, was_priced;
	double after;		/* its quote in the block after the swap */
	double spot;
};

/* A pool that remembers one sample; then has room for more, and is traded;
 * then 300 WETH come, and stay. */
static void
r9_pool(struct r9_seen *out, struct scene *s, unsigned market)
{
	uint64_t from_s = R9_MS / 1000, t = from_s;
	struct pool p;
	double price;

	*out = (struct r9_seen){ 0 };
	pool_begin(&p, 1, from_s - 1000, INV);
	for (; t < s->end_ms / 1000; t += BLOCK_S) {
		bool is_swapped = t >= from_s + 1000;
		enum quote_refusal q;

		if (t >= from_s + 120)
			pool_grow(&p, 60);
		pool_trade(&p, t, is_swapped ? INV * 50 : INV);
		q = pool_quote(&price, &p, &R9_SOURCE, t);
		out->was_samples = out->was_samples || q == QUOTE_SAMPLES;
		out->was_window = out->was_window || q == QUOTE_WINDOW;
		if (q != QUOTE_OK)
			continue;
		out->was_priced = true;
		feed_pool(s, market, t, price);
		if (is_swapped && out->after == 0) {
			out->after = price;
			out->spot = pool_spot(&p);
		}
	}
}

static void
r9(struct report *r)
{
	struct scene *s = scene_new(R9_MS, 1200);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned inv = scene_unit(s, "INV", 2), m;
	struct r9_seen seen;
	uint64_t t = R9_MS;
	struct trace x;

	s->unit[inv].age_max_ms = 30 * S;
	m = scene_venues(s, 3, eth, 0);
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, t, s->end_ms, 3500);
	scene_venue(s, "gateio");
	feed_hold(s, scene_market(s, inv, eth), t, s->end_ms, INV);
	scene_venue(s, "uniswap-v3");
	m = scene_market(s, inv, eth);
	r9_pool(&seen, s, m);
	scene_asset(s, "INV", inv, "");
	scene_asset(s, "WETH", eth, "");
	/* What the attacker borrowed: on INV at fifty times its worth. */
	scene_vault(s, 0, 1700, 1, 4000);
	report_play(r, &x, s);
	safe(r, seen.was_samples && seen.was_window &&
	    always(&x, 0, t, t + 600 * S, PRICE_REFUSED),
	    "one sample, or a window that has not passed: refused (%s)",
	    price_reason_name(trace_at(&x, t + 500 * S)->price[0].reason));
	safe(r, fabs(seen.after / INV - 1) < 0.001 && seen.spot > 49 * INV,
	    "in the block of the swap the spot is %.1f WETH, the quote %.4f",
	    seen.spot, seen.after);
	safe(r, farthest(&x, 0, t, s->end_ms, INV * 3500) < 0.02,
	    "no price of the attack is signed");
	live(r, seen.was_priced && until_priced(&x, 0, t + 620 * S) <
	    150 * S, "priced once the window has passed");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r9 = { "R9", "2022-04-02",
    "Inverse: a TWAP of one sample",
    "window not elapsed, or too few samples: refused, never the spot", r9 };
