/* Everybody says it, and it is true: a crash is the price. */
#include "tests/incidents/incidents.h"

#include "tests/incidents/path.h"
#include "tests/incidents/publishing.h"

#include <math.h>

#define S UINT64_C(1000)
#define MINUTE (60 * S)

/* Five venues tell one path, a few basis points and some tenths of a second
 * apart; one of them stands still from the middle on. */
static struct scene *
crash_scene(const struct path *p, uint64_t from_ms, uint64_t to_ms,
    double speed)
{
	uint64_t length_ms = (uint64_t)((double)(to_ms - from_ms) / speed);
	struct scene *s = scene_new(from_ms, length_ms / 1000);
	unsigned unit = scene_unit(s, "ETH", 3);
	unsigned m = scene_venues(s, 5, unit, 0);

	scene_asset(s, "WETH", unit, "");
	for (unsigned i = 0; i < 5; i++) {
		struct feeding f = { .from_ms = from_ms, .begin_ms = from_ms,
		    .end_ms = s->end_ms, .speed = speed,
		    .offset = 0.0001 * ((double)i - 2), .phase_ms = 97 * i,
		    .tick_ms = speed > 1 ? 500 : 1000 };

		if (i == 4)
			f.end_ms = from_ms + length_ms / 2;
		feed_path(s, m + i, p, &f);
	}
	return s;
}

/* How long the signed price was refused at most in one go, in ms, once there
 * was one. */
static uint64_t
longest_refused(const struct trace *x)
{
	uint64_t since = 0, longest = 0;
	bool is_begun = false;

	for (size_t i = 0; i < x->count; i++) {
		const struct moment *m = &x->moment[i];
		bool refused = m->is_signed &&
		    m->price[0].status == PRICE_REFUSED;

		is_begun = is_begun || (m->is_signed && !refused);
		if (!is_begun)
			continue;
		if (refused && since == 0)
			since = m->ms;
		if (since != 0 && m->ms - since > longest)
			longest = m->ms - since;
		if (!refused)
			since = 0;
	}
	return longest;
}

/* A jump of that share at once, at every venue: how long until it is signed. */
static uint64_t
jump_ms(struct report *r, uint64_t begin_ms, double from, double to)
{
	struct scene *s = scene_new(begin_ms, 60);
	unsigned unit = scene_unit(s, "ETH", 3);
	unsigned m = scene_venues(s, 4, unit, 0);
	uint64_t at = begin_ms + 30 * S, ms = UINT64_MAX;
	struct trace x;

	scene_asset(s, "WETH", unit, "");
	for (unsigned i = 0; i < 4; i++) {
		feed_hold(s, m + i, begin_ms, at, from);
		feed_hold(s, m + i, at, at + 30 * S, to);
	}
	report_play_only(r, &x, s);
	for (size_t i = x.count; i-- > 0;)
		if (x.moment[i].ms >= at && fabs(x.moment[i].price[0].mid /
		    to - 1) < 0.001)
			ms = x.moment[i].ms - at;
	trace_free(&x);
	scene_free(s);
	return ms;
}

/* ---- R3 ------------------------------------------------------------------ */

#define R3_MS UINT64_C(1583971200000)	/* 2020-03-12T00:00:00Z */

static double
least_of(const struct trace *x)
{
	double least = HUGE_VAL;

	for (size_t i = 0; i < x->count; i++)
		if (x->moment[i].is_signed &&
		    x->moment[i].price[0].status != PRICE_REFUSED)
			least = fmin(least, x->moment[i].price[0].mid);
	return least;
}

/* What other oracles do on this data, so that it is known to be a test: a
 * filter that refuses 5 % and waits, and a feed that is an hour old. */
static void
r3_others(struct report *r, const struct path *p)
{
	double held = 0, peak = 0;
	unsigned blocked_min = 0, off_min = 0;

	for (uint64_t t = R3_MS; t < R3_MS + 2880 * MINUTE; t += 5 * MINUTE) {
		double now = path_at(p, t + 5 * MINUTE - 1);
		double old = path_at(p, t - 55 * MINUTE - 1) / now - 1;

		if (held == 0 || fabs(now / held - 1) <= 0.05)
			held = now;
		else
			blocked_min += 5;
		if (t < R3_MS + 60 * MINUTE)
			continue;
		off_min += old > 0.10 ? 5 : 0;
		peak = fmax(peak, old);
	}
	safe(r, blocked_min == 2240 && off_min == 200,
	    "here a latching 5 %% filter holds for %u min, an hour's delay is "
	    "10 %% off for %u min, at most %.1f %%", blocked_min, off_min,
	    peak * 100);
}

static void
r3(struct report *r)
{
	static const double speeds[] = { 1, 10, 60 };
	struct path p = { 0 };
	struct trace x;
	struct publishing fees;
	double late_s = 0, off_s = 0, most;

	if (!path_load(&p, "2020-03-black-thursday/binance_ethusdt.5m.csv",
	    PATH_EXTREMES, R3_MS, R3_MS + 2880 * MINUTE) ||
	    !publishing_follows(&fees,
	    "2020-03-black-thursday/gas_2020-03-12.json")) {
		path_free(&p);
		report_skip(r);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(speeds); i++) {
		struct scene *s = crash_scene(&p, R3_MS, R3_MS + 2880 *
		    MINUTE, speeds[i]);

		/* 100 times the two days at full speed is enough. */
		s->step_ms = speeds[i] > 1 ? 250 : 1000;
		(speeds[i] < 60 ? report_play_only : report_play)(r, &x, s);
		safe(r, longest_refused(&x) == 0,
		    "%.0fx: down to %.2f, nothing held back", speeds[i],
		    least_of(&x));
		off_s = fmax(off_s, path_off(&most, &x, 0, &p, s, speeds[i]));
		if (speeds[i] == 60)
			late_s = judge_late(&x, s, MINUTE);
		trace_free(&x);
		scene_free(s);
	}
	live(r, jump_ms(r, R3_MS, 145.60, 132.91) <= S,
	    "145.60 -> 132.91 at once is signed within a second");
	safe(r, off_s == 0, "100 bp from the recorded path for %.2f s at most",
	    off_s);
	r3_others(r, &p);
	safe(r, late_s >= 10, "a minute's delay at 60x would be off for %.0f s",
	    late_s);
	path_free(&p);
	live(r, !fees.is_late && fees.raised > 0 && fees.outbid_most < 20,
	    "%u of %u transactions' fees bumped, each within 2 blocks, to %.0f"
	    " gwei; mined within %u blocks", (unsigned)fees.raised,
	    (unsigned)fees.mined, fees.fee_gwei, (unsigned)fees.outbid_most);
}

const struct incident incident_r3 = { "R3", "2020-03-12",
    "Black Thursday: ETH 194.61 -> 86.00",
    "in step within 10 s at 1x to 60x; no jump filter holds; fees are bumped "
    "within 2 blocks", r3 };

/* ---- R4 ------------------------------------------------------------------ */

#define R4_MS UINT64_C(1621425600000)	/* 2021-05-19T12:00:00Z */

/* Stated: 3,375 to 1,862 in the day, 16.1 % of it within ten minutes. */
static void
r4_path(struct path *p)
{
	path_add(p, R4_MS, 3375);
	path_add(p, R4_MS + 20 * MINUTE, 2700);
	path_add(p, R4_MS + 30 * MINUTE, 2700 * (1 - 0.161));
	path_add(p, R4_MS + 45 * MINUTE, 1862);
	path_add(p, R4_MS + 60 * MINUTE, 2450);
}

static void
r4(struct report *r)
{
	static const double speeds[] = { 1, 10 };
	struct path p = { 0 };
	struct publishing_peak gas;
	double off_s = 0, most;
	struct trace x;

	r4_path(&p);
	for (size_t i = 0; i < ARRAY_COUNT(speeds); i++) {
		struct scene *s = crash_scene(&p, R4_MS, R4_MS + 60 * MINUTE,
		    speeds[i]);

		(speeds[i] < 10 ? report_play_only : report_play)(r, &x, s);
		safe(r, longest_refused(&x) == 0, "%.0fx: down to %.0f, "
		    "nothing held back", speeds[i], least_of(&x));
		off_s = fmax(off_s, path_off(&most, &x, 0, &p, s, speeds[i]));
		live(r, x.signatures >= (s->end_ms - s->begin_ms) / S,
		    "%u headers signed", (unsigned)x.signatures);
		trace_free(&x);
		scene_free(s);
	}
	path_free(&p);
	safe(r, off_s == 0, "100 bp from the path for %.2f s at most", off_s);
	live(r, jump_ms(r, R4_MS, 2700, 2700 * (1 - 0.161)) <= 2 * S,
	    "-16.1 %% at once is signed within 2 s");
	publishing_peaks(&gas, 1656, 500);
	/* An alarm each two blocks at least, and nothing above the cap. */
	safe(r, 2 * gas.alarms + 2 >= gas.above && gas.above > 10 &&
	    gas.fee_gwei <= 500 && !gas.is_late, "at 1,656 gwei the cap of 500 "
	    "is not passed: alarms at %u of %u blocks above it",
	    (unsigned)gas.alarms, (unsigned)gas.above);
	live(r, gas.mined_after >= 1, "mined again below it, %u times; the "
	    "service at 1,656 gwei, its log and what it serves: e2e_fees",
	    (unsigned)gas.mined_after);
}

const struct incident incident_r4 = { "R4", "2021-05-19",
    "ETH 3,375 -> 1,862, gas 1,656 gwei",
    "as R3; at the fee cap an alarm, and attestations go on off chain", r4 };
