/* One exchange's prices of its own tokens. */
#include "tests/incidents/incidents.h"

#include "feeds/prices.h"
#include "tests/incidents/wrapping.h"

#define S UINT64_C(1000)

/* ---- R20 ----------------------------------------------------------------- */

#define R20_MS UINT64_C(1760132160000)	/* 2025-10-10T21:36:00Z */
#define R20_USDE_BINANCE 8u		/* a market of the scene */

/* Its own token on one exchange falls away; nobody else trades it there. */
static unsigned
r20_alone(struct scene *s, const char *name, unsigned of, const char *rate)
{
	unsigned unit = wrapping_unit(s, name, of, true, rate);

	feed_rates(s, unit, s->begin_ms, s->end_ms, rate);
	return unit;
}

static void
r20_feed(struct scene *s, unsigned market, double before, double low)
{
	uint64_t t = s->begin_ms;

	feed_hold(s, market, t, t + 60 * S, before);
	feed_hold(s, market, t + 60 * S, t + 180 * S, low);
	feed_hold(s, market, t + 180 * S, s->end_ms, before);
}

static struct scene *
r20_scene(void)
{
	static const char *const others[] = { "bybit", "bitstamp", "okx" };
	struct scene *s = scene_new(R20_MS, 240);
	unsigned eth = scene_unit(s, "ETH", 2), sol = scene_unit(s, "SOL", 2);
	unsigned wbeth = r20_alone(s, "WBETH", eth, "1.08");
	unsigned bnsol = r20_alone(s, "BNSOL", sol, "1.07");
	unsigned usde = scene_unit(s, "USDE", 2);

	for (unsigned i = 0; i < 3; i++) {
		scene_venue(s, WRAPPING_LARGE[i]);
		r20_feed(s, scene_market(s, eth, 0), 3900, 3810);
		r20_feed(s, scene_market(s, sol, 0), 195, 180);
	}
	/* The last of them is Binance. */
	r20_feed(s, scene_market(s, wbeth, 0), 4212, 430);
	r20_feed(s, scene_market(s, bnsol, 0), 208, 34.9);
	r20_feed(s, scene_market(s, usde, 0), 0.9995, 0.65);
	for (unsigned i = 0; i < 3; i++) {
		scene_venue(s, others[i]);
		r20_feed(s, scene_market(s, usde, 0), 0.9995, 0.9976);
	}
	scene_asset(s, "WBETH", wbeth, "");
	scene_asset(s, "BNSOL", bnsol, "");
	scene_asset(s, "USDE", usde, "");
	/* Loans that 430, 34.9 and 0.65 would have liquidated. */
	scene_vault(s, 0, 10, 2, 28000);
	scene_vault(s, 1, 100, 2, 13000);
	scene_vault(s, 2, 1000, 0, 0.17);
	return s;
}

/* Two of five go astray, more than a third: none is dropped. */
static void
r20_two(struct report *r)
{
	static const double low[] = { 0.65, 0.92, 0.9976, 0.9976, 0.9976 };
	struct scene *s = scene_new(R20_MS, 240);
	unsigned usde = scene_unit(s, "USDE", 3);
	unsigned m = scene_venues(s, 5, usde, 0);
	const struct moment *at;
	struct trace x;

	s->unit[usde].band_max = 0.40;
	for (unsigned i = 0; i < 5; i++)
		r20_feed(s, m + i, 0.9995, low[i]);
	scene_asset(s, "USDE", usde, "");
	report_play_only(r, &x, s);
	at = trace_at(&x, R20_MS + 120 * S);
	safe(r, at->price[0].mid > 0.99 && at->price[0].status ==
	    PRICE_DEGRADED, "with two of five astray %.4f %s, band to %.2f",
	    at->price[0].mid,
	    price_status_name((enum price_status)at->price[0].status),
	    at->price[0].low);
	trace_free(&x);
	scene_free(s);
}

static void
r20(struct report *r)
{
	struct scene *s = r20_scene();
	uint64_t t = R20_MS + 61 * S, to = R20_MS + 180 * S;
	const struct moment *m;
	struct trace x;

	report_play(r, &x, s);
	m = trace_at(&x, R20_MS + 120 * S);
	safe(r, farthest(&x, 0, t, to, 1.08 * 3810) < 0.01 &&
	    farthest(&x, 1, t, to, 1.07 * 180) < 0.01,
	    "wBETH %.0f, BNSOL %.1f: rate x base", m->price[0].mid,
	    m->price[1].mid);
	/* The table has DEGRADED; by DESIGN section 3 one of four groups is
	 * less than a third, is dropped, and the rest is OK. */
	safe(r, m->price[2].mid > 0.99 && m->price[2].status == PRICE_OK &&
	    m->price[2].sources == 3 && m->vote[R20_USDE_BINANCE] ==
	    VOTE_OUTLIER, "USDe %.4f with Binance astray: one of four, "
	    "dropped, so %s and not DEGRADED", m->price[2].mid,
	    price_status_name((enum price_status)m->price[2].status));
	safe(r, !was_liquidatable(&x, 0) && !was_liquidatable(&x, 1) &&
	    !was_liquidatable(&x, 2), "nobody is liquidated");
	live(r, never(&x, 0, t, to, PRICE_REFUSED) &&
	    never(&x, 1, t, to, PRICE_REFUSED) &&
	    never(&x, 2, t, to, PRICE_REFUSED), "none is refused");
	trace_free(&x);
	scene_free(s);
	r20_two(r);
}

const struct incident incident_r20 = { "R20", "2025-10-10",
    "Binance: USDe 0.65, wBETH 430",
    "wBETH = rate x ETH within 1 %; USDe above 0.99, DEGRADED where more "
    "than a third is astray", r20 };
