/* A price on its way to nothing, and its name afterwards. */
#include "tests/incidents/incidents.h"

#include "tests/incidents/path.h"

#include <math.h>

#include "feeds/prices.h"
#include "oracle/kept.h"

#define S UINT64_C(1000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)

/* ---- R10 ----------------------------------------------------------------- */

#define R10_MS UINT64_C(1652313600000)	/* 2022-05-12T00:00:00Z */
#define R10_END (R10_MS + 24 * HOUR + 40 * MINUTE)
#define STUCK_MS (R10_MS + 8 * HOUR + 26 * MINUTE)	/* below 0.107 */
#define FLOOR 0.107

/* Four venues tell the path; the fifth goes no further than its floor, with
 * times that move; the sixth stands still there, as its times do. */
static struct scene *
r10_scene(const struct path *p, uint64_t from_ms, uint64_t to_ms, double speed)
{
	struct scene *s = scene_new(from_ms,
	    (uint64_t)((double)(to_ms - from_ms) / speed) / 1000);
	unsigned unit = scene_unit(s, "LUNA", 3);
	unsigned m = scene_venues(s, 6, unit, 0);
	uint64_t stuck_ms = STUCK_MS > from_ms ? from_ms +
	    (uint64_t)((double)(STUCK_MS - from_ms) / speed) : from_ms + S;

	scene_asset(s, "LUNA", unit, "");
	for (unsigned i = 0; i < 6; i++) {
		struct feeding f = { .from_ms = from_ms, .begin_ms = from_ms,
		    .end_ms = i < 4 ? s->end_ms : stuck_ms, .speed = speed,
		    .offset = 0.0002 * ((double)i - 1.5), .phase_ms = 97 * i,
		    .tick_ms = speed > 1 ? 250 : 1000 };

		feed_path(s, m + i, p, &f);
	}
	feed_hold(s, m + 4, stuck_ms, s->end_ms, FLOOR);
	return s;
}

/* What an exchange writes with ten digits is signed with six of them. */
static void
r10_digits(struct report *r)
{
	struct scene *s = scene_new(R10_MS, 30);
	unsigned unit = scene_unit(s, "LUNA", 2);
	unsigned m = scene_venues(s, 3, unit, 0);
	u128 price = 51234567890123u;		/* 0.000051234567890123 */
	struct trace x;
	double got;

	scene_asset(s, "LUNA", unit, "");
	for (unsigned i = 0; i < 3; i++)
		for (uint64_t t = R10_MS; t < s->end_ms; t += S)
			feed_quote(s, m + i, t, t, price, price);
	report_play_only(r, &x, s);
	got = trace_at(&x, R10_MS + 20 * S)->price[0].mid;
	safe(r, fabs(got / 0.000051234567890123 - 1) < 1e-6,
	    "signed as %.10f", got);
	trace_free(&x);
	scene_free(s);
}

/* The day as it was, until the halt and a minute beyond it. */
static void
r10_day(struct report *r, const struct path *p)
{
	struct scene *s = r10_scene(p, R10_MS, R10_END, 1);
	uint64_t halt_ms = s->end_ms;
	const struct moment *last;
	double off_s, most;
	struct trace x;

	s->end_ms += MINUTE;
	s->step_ms = 1000;
	report_play_only(r, &x, s);
	last = trace_at(&x, halt_ms - S);
	off_s = path_off(&most, &x, 0, p, s, 1);
	safe(r, off_s == 0, "100 bp from the recorded path for %.2f s at most",
	    off_s);
	safe(r, last->price[0].status != PRICE_REFUSED &&
	    last->price[0].mid < 0.0001, "%.3g before the halt",
	    last->price[0].mid);
	safe(r, always(&x, 0, halt_ms + 4 * S, halt_ms + MINUTE,
	    PRICE_REFUSED), "refused after it (%s)",
	    price_reason_name(trace_at(&x, s->end_ms)->price[0].reason));
	trace_free(&x);
	scene_free(s);
}

/* Ten minutes on each side of a moment. */
static void
r10_window(struct report *r, const struct path *p, uint64_t at_ms)
{
	struct scene *s = r10_scene(p, at_ms - 10 * MINUTE,
	    at_ms + 10 * MINUTE, 1);
	const struct moment *last;
	double most;
	struct trace x;

	report_play(r, &x, s);
	last = trace_at(&x, s->end_ms);
	safe(r, path_off(&most, &x, 0, p, s, 1) == 0, "near %.3g the path is "
	    "followed within %.1f %%", last->price[0].mid, most * 100);
	safe(r, last->vote[5] == VOTE_STALE && last->vote[4] == VOTE_OUTLIER,
	    "at %.3g the frozen source is stale, the clamping one dropped",
	    last->price[0].mid);
	trace_free(&x);
	scene_free(s);
}

static void
r10(struct report *r)
{
	struct path p = { 0 };

	if (!path_load(&p, "2022-05-luna/binance_lunausdt.1m.csv",
	    PATH_EXTREMES, R10_MS, R10_END)) {
		report_skip(r);
		return;
	}
	r10_day(r, &p);
	r10_window(r, &p, STUCK_MS + 9 * MINUTE);
	r10_window(r, &p, R10_MS + 14 * HOUR + 15 * MINUTE);
	r10_window(r, &p, R10_MS + 23 * HOUR + 30 * MINUTE);
	path_free(&p);
	r10_digits(r);
}

const struct incident incident_r10 = { "R10", "2022-05-12",
    "LUNA to 0.00005; feeds stuck at 0.107",
    "a frozen source is dropped at age_max; a floor is refused, never "
    "clamped; 5e-5 keeps six digits", r10 };

/* ---- R11 ----------------------------------------------------------------- */

#define R11_HALT UINT64_C(1652402400000)	/* 2022-05-13T00:40:00Z */
#define R11_MS UINT64_C(1653976800000)	/* 2022-05-31T06:00:00Z */

/* 0.00005 until the halt, and again by one path after a pause in which the
 * venues talk of other things for so long. */
static struct scene *
r11_scene(uint64_t talk_ms, uint64_t again_ms, const struct path *p,
    uint64_t pinned_ms)
{
	struct scene *s = scene_new(R11_HALT - 2 * MINUTE, 60);
	unsigned unit = scene_unit(s, "LUNA", 3);
	unsigned m = scene_venues(s, 4, unit, 0);

	s->end_ms = again_ms + 10 * MINUTE;
	scene_skip(s, R11_HALT + MINUTE, again_ms);
	scene_asset(s, "LUNA", unit, "");
	for (unsigned i = 0; i < 4; i++) {
		struct feeding f = { .from_ms = again_ms,
		    .begin_ms = again_ms, .end_ms = s->end_ms, .speed = 1,
		    .phase_ms = 97 * i, .tick_ms = 1000 };

		s->market[m + i].pinned_ms = pinned_ms;
		feed_hold(s, m + i, s->begin_ms, R11_HALT, 0.00005);
		for (uint64_t t = R11_HALT; t < R11_HALT + talk_ms;
		    t += 59 * S)
			feed_beat(s, i, t, t);
		feed_path(s, m + i, p, &f);
	}
	return s;
}

/* A second life from the fourth minute of the new coin on, with what the first
 * one remembered and a pin of that moment. */
static void
r11_again(struct trace *out, const struct kept *first, const struct path *p,
    uint64_t pinned_ms)
{
	struct scene *s = r11_scene(25 * HOUR, R11_MS, p, pinned_ms);
	struct kept kept = { 0 };
	size_t n = 0;

	s->begin_ms = R11_MS + 3 * MINUTE;
	s->kept = &kept;
	for (size_t i = 0; i < first->count; i++)
		kept_note(&kept, &first->record[i]);
	inputs_sort(&s->inputs);
	for (size_t i = 0; i < s->inputs.count; i++)
		if (s->inputs.at[i].recv_ms >= s->begin_ms)
			s->inputs.at[n++] = s->inputs.at[i];
	s->inputs.count = n;
	play(out, s, &s->inputs);
	kept_free(&kept);
	scene_free(s);
}

/* The operator says that it is what it says it is: once it was doubted, for a
 * pin of before, or of a moment that is still to come, says nothing. */
static void
r11_pinned(struct report *r, const struct path *p)
{
	struct scene *s = r11_scene(25 * HOUR, R11_MS, p, R11_MS + HOUR);
	struct kept kept = { 0 };
	struct trace first, pinned, not;
	uint64_t ms, begin_ms = R11_MS + 3 * MINUTE;

	s->end_ms = begin_ms;
	s->kept = &kept;
	inputs_sort(&s->inputs);
	play(&first, s, &s->inputs);
	safe(r, always(&first, 0, R11_MS, begin_ms, PRICE_REFUSED),
	    "pinned an hour ahead: refused");
	r11_again(&not, &kept, p, R11_MS - 1);
	safe(r, always(&not, 0, begin_ms, begin_ms + 7 * MINUTE,
	    PRICE_REFUSED), "by the next engine too (%s)", price_reason_name(
	    trace_at(&not, begin_ms + MINUTE)->price[0].reason));
	r11_again(&pinned, &kept, p, begin_ms);
	ms = until_priced(&pinned, 0, begin_ms);
	live(r, ms < 10 * S && fabs(trace_at(&pinned, begin_ms +
	    7 * MINUTE)->price[0].mid / 9.0092 - 1) < 0.02,
	    "re-pinned for another engine: priced after %u s, %.4f at last",
	    (unsigned)(ms / S), trace_at(&pinned, begin_ms +
	    7 * MINUTE)->price[0].mid);
	trace_free(&first);
	trace_free(&not);
	trace_free(&pinned);
	kept_free(&kept);
	scene_free(s);
}

/* One of the two rules alone, without the other: the coin comes back at the
 * same price after 25 hours, or a hundred times dearer after 11 minutes; and
 * what is no reason: the same price after 23 hours, 99 times after 11 minutes
 * and a hundred times after nine. */
static void
r11_rule(struct report *r, uint64_t away_ms, double price, bool refuses,
    const char *what)
{
	uint64_t again_ms = R11_HALT + away_ms;
	struct path p = { 0 };
	struct scene *s;
	struct trace x;

	path_add(&p, again_ms, price);
	path_add(&p, again_ms + MINUTE, price);
	s = r11_scene(away_ms, again_ms, &p, 0);
	report_read(r, &x, s);
	if (refuses)
		safe(r, always(&x, 0, again_ms + S, s->end_ms + 1,
		    PRICE_REFUSED) && trace_at(&x, s->end_ms)->price[0].reason
		    == REASON_IDENTITY, "%s: refused (%s)", what,
		    price_reason_name(trace_at(&x, s->end_ms)->
		    price[0].reason));
	else
		live(r, trace_at(&x, s->end_ms)->price[0].status == PRICE_OK,
		    "%s: OK", what);
	path_free(&p);
	trace_free(&x);
	scene_free(s);
}

static void
r11(struct report *r)
{
	struct path p = { 0 };
	struct scene *s;
	struct trace x;

	/* Another coin under the same name, from 1 to 25 and 9.0092. */
	path_add(&p, R11_MS, 1);
	path_add(&p, R11_MS + 4 * MINUTE, 25);
	path_add(&p, R11_MS + 10 * MINUTE, 9.0092);
	s = r11_scene(25 * HOUR, R11_MS, &p, 0);
	report_play(r, &x, s);
	safe(r, always(&x, 0, R11_MS, s->end_ms + 1, PRICE_REFUSED),
	    "the new coin is refused (%s)", price_reason_name(
	    trace_at(&x, s->end_ms)->price[0].reason));
	r11_rule(r, 25 * HOUR, 0.00005, true, "the same price after 25 h");
	r11_rule(r, 11 * MINUTE, 0.00502, true, "100x after 11 min");
	r11_rule(r, 23 * HOUR, 0.00005, false, "the same price after 23 h");
	r11_rule(r, 11 * MINUTE, 0.00495, false, "99x after 11 min");
	r11_rule(r, 9 * MINUTE, 0.00502, false, "100x after 9 min");
	live(r, trace_at(&x, R11_HALT)->price[0].status == PRICE_OK,
	    "the old one was priced until the halt");
	r11_pinned(r, &p);
	path_free(&p);
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r11 = { "R11", "2022-05-31",
    "another LUNA under the same ticker",
    "a gap of a day, or 100x after one: refused until re-pinned", r11 };
