/* One venue, or two, say what is not so. */
#include "tests/incidents/incidents.h"

#include "feeds/prices.h"
#include "margin/verdict.h"

#include <math.h>
#include <string.h>

#define S UINT64_C(1000)

/* ---- R1 ------------------------------------------------------------------ */

#define R1_MS UINT64_C(1561420800000)	/* 2019-06-25T00:00:00Z */
#define KRW 0.00086

/* Whether /metrics names a market's vote so at that moment. */
static bool
r1_is_told(const struct scene *s, uint64_t ms, const char *line)
{
	struct text t;
	bool is_there;

	text_init(&t, 1 << 16);
	play_metrics(&t, s, ms);
	is_there = !t.failed && strstr(t.at, line) != NULL;
	text_free(&t);
	return is_there;
}

#define R1_VOTE(vote) "margind_feed_vote{venue=\"binance\",market=" \
    "\"KRW-USD\",vote=\"" vote "\"} 1\n"

static void
r1(struct report *r)
{
	struct scene *s = scene_new(R1_MS, 240);
	unsigned unit = scene_unit(s, "KRW", 2);
	unsigned m = scene_venues(s, 3, unit, 0);
	uint64_t t = R1_MS;
	const struct moment *before, *after;
	struct trace x;

	scene_asset(s, "SKRW", unit, "");
	/* All three; then the third is lost; then one says a thousand times
	 * as much; then the third is back. */
	feed_hold(s, m, t, t + 240 * S, KRW);
	feed_hold(s, m + 1, t, t + 120 * S, KRW);
	feed_hold(s, m + 1, t + 120 * S, t + 240 * S, KRW * 1000);
	feed_hold(s, m + 2, t, t + 60 * S, KRW);
	feed_hold(s, m + 2, t + 180 * S, t + 240 * S, KRW);
	report_play(r, &x, s);

	/* The table has "quorum".  Two groups are a quorum: by DESIGN section
	 * 3 half of the weight is too much to be dropped, both stand, and the
	 * band over both is too wide. */
	safe(r, always(&x, 0, t + 122 * S, t + 180 * S, PRICE_REFUSED) &&
	    trace_at(&x, t + 150 * S)->price[0].reason == REASON_BAND,
	    "{1,1000} refused (%s: both are there, neither can be dropped)",
	    price_reason_name(trace_at(&x, t + 150 * S)->price[0].reason));
	safe(r, farthest(&x, 0, t, t + 240 * S, KRW) < 1e-9,
	    "{1,1,1000} stays at 1");
	safe(r, trace_at(&x, t + 200 * S)->vote[m + 1] == VOTE_OUTLIER,
	    "the liar's vote is dropped");
	/* The third is old 3 s after its last word, and the next header says
	 * so, signed. */
	before = trace_at(&x, t + 62 * S);
	after = trace_at(&x, t + 64 * S);
	live(r, before->price[0].sources == 3 && after->price[0].sources == 2,
	    "the lost third shows in one cycle (3 -> 2 sources)");
	live(r, r1_is_told(s, t + 62 * S, R1_VOTE("counted")) &&
	    r1_is_told(s, t + 63 * S, R1_VOTE("stale")),
	    "and in the metrics: %.*s", (int)sizeof(R1_VOTE("stale")) - 2,
	    R1_VOTE("stale"));
	live(r, until_priced(&x, 0, t + 181 * S) <= S,
	    "priced again %u ms after the third is back",
	    (unsigned)until_priced(&x, 0, t + 181 * S));
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r1 = { "R1", "2019-06-25",
    "Synthetix sKRW: one of two APIs x1000",
    "{1,1000} refused; {1,1,1000} is 1; a lost third source shows at once",
    r1 };

/* ---- R2 ------------------------------------------------------------------ */

#define R2_MS UINT64_C(1581984000000)	/* 2020-02-18T00:00:00Z */

static void
r2(struct report *r)
{
	struct scene *s = scene_new(R2_MS, 240);
	unsigned unit = scene_unit(s, "SUSD", 2), m;
	uint64_t t = R2_MS;
	struct trace x;
	double moved;

	m = scene_venues(s, 4, unit, 0);
	scene_asset(s, "SUSD", unit, "");
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, t, t + 240 * S, 1.0);
	/* The thin one doubles for two minutes and comes back. */
	feed_hold(s, m + 3, t, t + 60 * S, 1.0);
	feed_hold(s, m + 3, t + 60 * S, t + 180 * S, 2.06);
	feed_hold(s, m + 3, t + 180 * S, t + 240 * S, 1.0);
	report_play(r, &x, s);

	moved = farthest(&x, 0, t, t + 240 * S, 1.0);
	safe(r, moved == 0, "moved %.0f bp", moved * 10000);
	safe(r, trace_at(&x, t + 100 * S)->price[0].high < 1.001,
	    "the band too");
	live(r, never(&x, 0, t + 5 * S, t + 240 * S, PRICE_REFUSED),
	    "never refused");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r2 = { "R2", "2020-02-18",
    "bZx: sUSD driven to 2 on one thin venue",
    "one thin venue x2 moves the price 0 bp", r2 };

/* ---- R6 ------------------------------------------------------------------ */

#define R6_MS UINT64_C(1606374000000)	/* 2020-11-26T07:00:00Z */

static struct scene *
r6_scene(double band_max)
{
	static const double high[] = { 1.30, 1.30, 1.00, 1.00, 1.01 };
	struct scene *s = scene_new(R6_MS, 180);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned dai = scene_unit(s, "DAI", 3), m;
	uint64_t t = R6_MS;

	s->unit[dai].band_max = band_max;
	m = scene_venues(s, 5, dai, 0);
	for (unsigned i = 0; i < 5; i++) {
		feed_hold(s, m + i, t, t + 60 * S, 1.0);
		feed_hold(s, m + i, t + 60 * S, t + 120 * S, high[i]);
		feed_hold(s, m + i, t + 120 * S, t + 180 * S, 1.0);
	}
	m = scene_venues(s, 0, eth, 0);
	for (unsigned i = 0; i < 2; i++) {
		scene_venue(s, i == 0 ? "okx" : "gemini");
		m = scene_market(s, eth, 0);
		feed_hold(s, m, t, t + 180 * S, 520);
	}
	scene_asset(s, "WETH", eth, "");
	scene_asset(s, "DAI", dai, "");
	/* Healthy while a DAI is worth less than 1.17: nobody's at 1.01. */
	scene_vault(s, 0, 10, 1, 3650);
	return s;
}

static void
r6(struct report *r)
{
	struct scene *wide = r6_scene(0.40), *narrow = r6_scene(0.10);
	uint64_t t = R6_MS;
	const struct moment *m;
	struct trace x, y;

	report_play(r, &x, wide);
	m = trace_at(&x, t + 100 * S);
	safe(r, m->price[1].status == PRICE_DEGRADED &&
	    fabs(m->price[1].mid - 1.01) < 1e-9 &&
	    fabs(m->price[1].high - 1.30) < 0.001,
	    "%.4g, band to %.4g, %s", m->price[1].mid, m->price[1].high,
	    price_status_name((enum price_status)m->price[1].status));
	safe(r, !was_liquidatable(&x, 0) && m->state[0] == STATE_RESTRICTED,
	    "a vault that 1.30 would liquidate is %s",
	    vault_state_name(m->state[0]));
	live(r, always(&x, 1, t + 130 * S, t + 180 * S, PRICE_OK),
	    "OK again once they agree");
	/* A quorum agrees, and still: the band is wider than is allowed. */
	report_read(r, &y, narrow);
	safe(r, always(&y, 1, t + 65 * S, t + 120 * S, PRICE_REFUSED) &&
	    !was_liquidatable(&y, 0), "refused where band_max is 10 %%");
	trace_free(&x);
	trace_free(&y);
	scene_free(wide);
	scene_free(narrow);
}

const struct incident incident_r6 = { "R6", "2020-11-26",
    "Compound: DAI 1.30 on Coinbase",
    "{1.30,1.30,1.00,1.00,1.01} is 1.01, band to 1.30, DEGRADED (or REFUSED "
    "by band_max); nobody is liquidated by it", r6 };

/* ---- R15 ----------------------------------------------------------------- */

#define R15_MS UINT64_C(1675274400000)	/* 2023-02-01T18:00:00Z */

static struct scene *
r15_scene(uint32_t quorum)
{
	struct scene *s = scene_new(R15_MS, 120);
	unsigned unit = scene_unit(s, "WALBT", quorum);
	unsigned m = scene_venues(s, 1, unit, 0);

	scene_asset(s, "WALBT", unit, "");
	feed_hold(s, m, R15_MS, R15_MS + 60 * S, 0.03);
	feed_hold(s, m, R15_MS + 60 * S, R15_MS + 120 * S, 5000000);
	return s;
}

/* Two rows of one operator against one other, or two venues that quote in a
 * dollar that one venue alone measures: of two and one it is two and one, or
 * one and one.  The two say 3 % more. */
static struct scene *
r15_groups(const char *const *venues, bool is_by_dollar)
{
	struct scene *s = scene_new(R15_MS, 60);
	unsigned usdt = scene_unit(s, "USDT", 1);
	unsigned unit = scene_unit(s, "WALBT", 2), m;

	scene_venue(s, "gateio");
	m = scene_market(s, usdt, 0);
	feed_hold(s, m, R15_MS, s->end_ms, 1);
	for (unsigned i = 0; i < 3; i++) {
		scene_venue(s, venues[i]);
		m = scene_market(s, unit, i < 2 && is_by_dollar ? usdt : 0);
		feed_hold(s, m, R15_MS, s->end_ms, i < 2 ? 0.0309 : 0.03);
	}
	scene_asset(s, "WALBT", unit, "");
	return s;
}

static void
r15_one(struct report *r, const char *const *venues, bool is_by_dollar,
    const char *what)
{
	struct scene *s = r15_groups(venues, is_by_dollar);
	const struct moment *m;
	struct trace x;

	report_read(r, &x, s);
	m = trace_at(&x, R15_MS + 30 * S);
	safe(r, m->price[0].sources == 2 &&
	    never(&x, 0, R15_MS + 2 * S, s->end_ms, PRICE_OK) &&
	    fabs(m->price[0].mid - 0.03) < 1e-9,
	    "%s count once: against one other %.4g, %s", what,
	    m->price[0].mid, price_status_name(
	    (enum price_status)m->price[0].status));
	trace_free(&x);
	scene_free(s);
}

static void
r15(struct report *r)
{
	static const char *const rows[] = { "kraken", "kraken-v1", "okx" };
	static const char *const others[] = { "kraken", "bybit", "okx" };
	struct scene *two = r15_scene(2), *one = r15_scene(1);
	uint64_t t = R15_MS;
	struct trace x, y;

	report_play(r, &x, two);
	safe(r, always(&x, 0, t, t + 121 * S, PRICE_REFUSED),
	    "one reporter of two: refused (%s)", price_reason_name(
	    trace_at(&x, t + 30 * S)->price[0].reason));
	/* Where somebody asks for no more than one, it is still never OK, and
	 * a jump of eight digits is beyond the signer's bound for a while. */
	report_read(r, &y, one);
	safe(r, never(&y, 0, t, t + 121 * S, PRICE_OK),
	    "with a quorum of one: never OK");
	safe(r, until_refused(&y, 0, t + 60 * S) <= S,
	    "the jump itself is refused (%s)", price_reason_name(
	    trace_at(&y, t + 63 * S)->price[0].reason));
	r15_one(r, rows, false, "two rows of one operator");
	r15_one(r, others, true, "two priced in a dollar of one source");
	live(r, always(&x, 0, t, t + 121 * S, PRICE_REFUSED) &&
	    trace_at(&x, t + 60 * S)->header_status == PRICE_DEGRADED &&
	    x.signatures >= 120, "the refusal is signed, %u times in 120 s",
	    (unsigned)x.signatures);
	trace_free(&x);
	trace_free(&y);
	scene_free(two);
	scene_free(one);
}

const struct incident incident_r15 = { "R15", "2023-02-01",
    "Bonq: one instant reporter", "a single source is never OK", r15 };
