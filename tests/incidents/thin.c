/* True prices of thin markets: what may be borrowed on them. */
#include "tests/incidents/incidents.h"

#include "margin/collateral.h"
#include "margin/verdict.h"
#include "tests/incidents/path.h"

#include <math.h>

#include "base/must.h"

#define S UINT64_C(1000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)

static void
feed_all(struct scene *s, unsigned first, unsigned count, const struct path *p)
{
	for (unsigned i = 0; i < count; i++)
		feed_path(s, first + i, p, &(struct feeding){
		    .from_ms = s->begin_ms, .begin_ms = s->begin_ms,
		    .end_ms = s->end_ms, .speed = 1, .phase_ms = 97 * i,
		    .tick_ms = S });
}

/* ---- R13 ----------------------------------------------------------------- */

#define R13_MS UINT64_C(1665525600000)	/* 2022-10-11T22:00:00Z */

static struct scene *
r13_scene(void)
{
	struct scene *s = scene_new(R13_MS, 15 * 60);
	unsigned usdc = scene_unit(s, "USDC", 2);
	unsigned mngo = scene_unit(s, "MNGO", 2), m;
	struct path p = { 0 };

	s->unit[mngo].slow_ms = HOUR;
	s->unit[mngo].step_max = 0.20;
	m = scene_venues(s, 3, usdc, 0);
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, R13_MS, s->end_ms, 1.0);
	path_add(&p, R13_MS, 0.0382);
	path_add(&p, R13_MS + 2 * MINUTE, 0.0382);
	path_add(&p, R13_MS + 12 * MINUTE, 0.91);
	m = (unsigned)s->market_count;
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = { "okx", "bybit",
		    "gateio" };

		scene_venue(s, names[i]);
		scene_market(s, mngo, 0);
	}
	feed_all(s, m, 3, &p);
	path_free(&p);
	scene_asset(s, "MNGO", mngo, "\"ltv\":\"0.6\","
	    "\"liquidation_threshold\":\"0.7\"");
	scene_asset(s, "USDC", usdc, "");
	/* 1 M of them: 22,920 may be borrowed at 0.0382; 546,000 by the price
	 * of ten minutes later. */
	scene_vault(s, 0, 1e6, 1, 20000);
	scene_vault(s, 0, 1e6, 1, 30000);
	scene_vault(s, 0, 1e6, 1, 500000);
	return s;
}

/* What counts of 10 M of them at a price, where the market's depth lets no more
 * than 100,000 USD count. */
static double
r13_counted(double price)
{
	struct collateral_item item = {
		.value = usd18_from_raw((i128)price_of(1e7 * price)),
		.has_cap = true,
		.cap = usd18_from_raw((i128)price_of(100000)) };
	struct collateral_rules rules;
	struct usd18 counted;

	collateral_rules_default(&rules);
	MUST(collateral_curve_make(&item.curve, ppb_from_raw(400000000),
	    num18_zero(), usd18_from_raw((i128)price_of(1e6))) == ERR_OK);
	MUST(collateral_count(&counted, &item, 1, &rules) == ERR_OK);
	return (double)((long double)usd18_to_raw(counted) / 1e18L);
}

static void
r13(struct report *r)
{
	struct scene *s = r13_scene();
	const struct moment *before, *after;
	struct trace x;

	report_play(r, &x, s);
	before = trace_at(&x, R13_MS + MINUTE);
	after = trace_at(&x, R13_MS + 12 * MINUTE + 10 * S);
	safe(r, after->state[0] == STATE_HEALTHY &&
	    after->state[1] == STATE_RESTRICTED &&
	    after->state[2] == STATE_RESTRICTED,
	    "at %.2f a loan of 30,000 (500,000) on what was worth 38,200 is %s"
	    " (%s)", after->price[0].mid, vault_state_name(after->state[1]),
	    vault_state_name(after->state[2]));
	safe(r, r13_counted(0.0382) == 60000 && r13_counted(0.91) == 60000,
	    "10 M of them count %.0f before and after, by the cap",
	    r13_counted(0.91));
	live(r, before->state[0] == STATE_HEALTHY &&
	    fabs(after->price[0].mid / 0.91 - 1) < 0.001,
	    "the price itself is signed: %.4f", after->price[0].mid);
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r13 = { "R13", "2022-10-11",
    "Mango: MNGO 0.0382 -> 0.91 in ten minutes",
    "24x: borrowing power within the slow average and the depth cap", r13 };

/* ---- R18 ----------------------------------------------------------------- */

#define R18_MS UINT64_C(1742994000000)	/* 2025-03-26T13:00:00Z */

/* The haircut's size term of a position of so many days of trading. */
static double
r18_size_term(double days)
{
	struct asset_risk risk = {
		.volatility = num18_from_raw((i128)(3 * WAD_ONE_RAW)),
		.adv = usd18_from_raw((i128)(1000000 * WAD_ONE_RAW)),
		.finality_s = 1 };
	struct haircut_input in = {
		.position = usd18_from_raw((i128)price_of(1e6 * days)) };
	struct collateral_rules rules;
	struct haircut h;

	collateral_rules_default(&rules);
	in.sigma = risk.volatility;
	MUST(collateral_haircut(&h, &risk, &in, &rules) == ERR_OK);
	return (double)((long double)num18_to_raw(h.size) / 1e18L);
}

static void
r18(struct report *r)
{
	struct scene *s = scene_new(R18_MS, 10 * 60);
	unsigned jelly = scene_unit(s, "JELLY", 2);
	unsigned m = scene_venues(s, 4, jelly, 0);
	double tenth = r18_size_term(0.1), four = r18_size_term(0.4);
	double whole = r18_size_term(1), ten = r18_size_term(10);
	struct path p = { 0 };
	struct trace x;

	path_add(&p, R18_MS, 0.0095);
	path_add(&p, R18_MS + MINUTE, 0.0095);
	path_add(&p, R18_MS + 8 * MINUTE, 0.043);
	feed_all(s, m, 4, &p);
	path_free(&p);
	scene_asset(s, "JELLY", jelly, "");
	report_play(r, &x, s);
	safe(r, fabs(four / tenth - 2) < 1e-6 && ten > 3 * whole,
	    "add-on %.1f %% at a tenth of a day's volume, %.1f %% at four "
	    "tenths, %.0f %% at ten days", tenth * 100, four * 100,
	    ten * 100);
	live(r, fabs(trace_at(&x, R18_MS + 9 * MINUTE)->price[0].mid / 0.043 -
	    1) < 0.001, "all venues at 0.043: signed");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r18 = { "R18", "2025-03-26",
    "Hyperliquid: JELLY 0.0095 -> 0.043",
    "a concentration add-on that grows with position / depth", r18 };
