/* True prices of thin markets: what may be borrowed on them. */
#include "tests/incidents/incidents.h"

#include "tests/incidents/path.h"
#include "tests/incidents/valued.h"

#include <math.h>

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

/* Two loans by the whole model, at a moment: on 10 M of them, and on 100,000,
 * where no more than 100,000 USD of one account's count. */
#define R13_CAP "\"ltv\":\"0.6\",\"liquidation_threshold\":\"0.7\"," \
    "\"cap\":\"100000\""

static enum vault_state
r13_state(const struct scene *s, const struct moment *m, double amount,
    double owed)
{
	const struct loan l = { .collateral = 0, .debt = 1, .amount = amount,
	    .owed = owed };

	return valued_state(s, m, &l, R13_CAP);
}

static void
r13_capped(struct report *r, const struct scene *s,
    const struct moment *before, const struct moment *after)
{
	/* 60,000 and no more, at 0.0382 as at 0.91. */
	safe(r, r13_state(s, before, 1e7, 59000) == STATE_HEALTHY &&
	    r13_state(s, before, 1e7, 61000) == STATE_RESTRICTED &&
	    r13_state(s, after, 1e7, 59000) == STATE_HEALTHY &&
	    r13_state(s, after, 1e7, 61000) == STATE_RESTRICTED,
	    "by its cap 10 M of them carry 59,000, not 61,000, before and "
	    "after");
	safe(r, r13_state(s, before, 1e5, 2200) == STATE_HEALTHY &&
	    r13_state(s, before, 1e5, 2400) == STATE_RESTRICTED &&
	    r13_state(s, after, 1e5, 53000) == STATE_HEALTHY &&
	    r13_state(s, after, 1e5, 56000) == STATE_RESTRICTED,
	    "100,000 of them, below it, what their price says");
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
	r13_capped(r, s, before, after);
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

/* Who borrows 45 % on so many days of the asset's trading, of which 1 M USD
 * change hands a day.  Without a size it would carry 54 %. */
#define R18_RISK "\"volatility\":\"1.5\",\"adv\":\"1000000\""

static enum vault_state
r18_state(const struct scene *s, const struct moment *m, double days,
    double share)
{
	const struct loan l = { .collateral = 0, .debt = 1,
	    .amount = 1e6 * days / m->price[0].mid,
	    .owed = 1e6 * days * share };

	return valued_state(s, m, &l, R18_RISK);
}

static void
r18(struct report *r)
{
	struct scene *s = scene_new(R18_MS, 10 * 60);
	unsigned jelly = scene_unit(s, "JELLY", 2);
	unsigned m = scene_venues(s, 4, jelly, 0);
	unsigned usdc = scene_unit(s, "USDC", 1);
	const struct moment *m9;
	struct path p = { 0 };
	struct trace x;

	path_add(&p, R18_MS, 0.0095);
	path_add(&p, R18_MS + MINUTE, 0.0095);
	path_add(&p, R18_MS + 8 * MINUTE, 0.043);
	feed_all(s, m, 4, &p);
	path_free(&p);
	s->unit[usdc].constant = "1";
	scene_asset(s, "JELLY", jelly, "");
	scene_asset(s, "USDC", usdc, "");
	report_play(r, &x, s);
	m9 = trace_at(&x, R18_MS + 9 * MINUTE);
	safe(r, r18_state(s, m9, 0.1, 0.45) == STATE_HEALTHY &&
	    r18_state(s, m9, 10, 0.45) == STATE_RESTRICTED,
	    "a loan of 45 %% on a tenth of a day's trading is %s, on ten days' "
	    "%s", vault_state_name(r18_state(s, m9, 0.1, 0.45)),
	    vault_state_name(r18_state(s, m9, 10, 0.45)));
	safe(r, r18_state(s, m9, 1, 0.45) == STATE_HEALTHY &&
	    r18_state(s, m9, 4, 0.45) == STATE_RESTRICTED &&
	    r18_state(s, m9, 4, 0.38) == STATE_HEALTHY &&
	    r18_state(s, m9, 10, 0.38) == STATE_RESTRICTED,
	    "of four days' 38 %% is carried, not 45; of one day's 45; of ten "
	    "days' not 38");
	live(r, fabs(trace_at(&x, R18_MS + 9 * MINUTE)->price[0].mid / 0.043 -
	    1) < 0.001, "all venues at 0.043: signed");
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r18 = { "R18", "2025-03-26",
    "Hyperliquid: JELLY 0.0095 -> 0.043",
    "a concentration add-on that grows with position / depth", r18 };
