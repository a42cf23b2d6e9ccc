/* Signed words against the reference, as the scene was and mutated. */
#include "tests/incidents/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "margin/verdict.h"
#include "tests/incidents/mutate.h"
#include "tests/incidents/reading.h"

#define OFF_SHARE 0.01		/* 100 bp */
#define OFF_MS_MAX 10000u
#define LIVE_PER_CENT 99u

struct judgement {
	uint64_t off_ms;	/* the longest stretch */
	uint64_t held_s, live_s;
};

static bool
is_off(const struct signed_price *p, double reference)
{
	if (p->status == PRICE_REFUSED)
		return false;
	return reference <= 0 || fabs(p->mid - reference) >=
	    OFF_SHARE * reference;
}

/* The stretch ends with the first moment that is right again. */
static void
judge_off(struct judgement *j, const struct trace *t,
    const struct reference *ref, const struct scene *s, unsigned asset)
{
	uint64_t since = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];
		bool off = m->is_signed && is_off(&m->price[asset],
		    ref->moment[i].value[s->asset[asset].unit]);
		uint64_t ms = since != 0 ? m->ms - since : 0;

		if (ms > j->off_ms)
			j->off_ms = ms;
		if (off && since == 0)
			since = m->ms;
		/* Over a skip nothing is in force. */
		if (!off || (i + 1 < t->count && t->moment[i + 1].ms >
		    m->ms + s->step_ms))
			since = 0;
	}
}

static void
judge_live(struct judgement *j, const struct trace *t,
    const struct reference *ref, const struct scene *s, unsigned asset,
    uint32_t mutated)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];

		if (m->ms % 1000 != 0 || !reference_held(&ref->moment[i], s,
		    s->asset[asset].unit, mutated))
			continue;
		j->held_s++;
		if (m->is_signed && m->price[asset].status != PRICE_REFUSED)
			j->live_s++;
	}
}

static struct judgement
judge(const struct trace *t, const struct reference *ref,
    const struct scene *s, uint32_t mutated)
{
	struct judgement j = { 0 };

	MUST(t->count == ref->count);
	for (unsigned a = 0; a < s->asset_count; a++) {
		judge_off(&j, t, ref, s, a);
		judge_live(&j, t, ref, s, a, mutated);
	}
	return j;
}

static void
difference_tell(struct report *r, const struct difference *d, unsigned run,
    const char *what)
{
	if (d->count > 0)
		printf("    %s, run %u (%s): %" PRIu64 " of %" PRIu64
		    " headers are read otherwise: %s\n", r->incident->id, run,
		    what, d->count, d->of, d->where);
}

static void
mutations_play(struct report *r, const struct scene *s,
    const struct reference *ref)
{
	for (unsigned i = 0; i < r->mutations; i++) {
		uint64_t seed = r->seed + i * 1000003u + r->runs * 7919u;
		struct difference d;
		struct mutation m;
		struct judgement j;
		struct trace t;

		mutate(&m, s, seed);
		play(&t, s, &m.inputs);
		MUST(t.mismatches == 0);
		j = judge(&t, ref, s, m.mutated);
		reading_differs(&d, &t, s, &m.inputs);
		r->held_s += j.held_s;
		r->live_s += j.live_s;
		r->headers += d.of;
		r->unread += d.count;
		difference_tell(r, &d, r->runs + i, m.text);
		if (j.off_ms >= OFF_MS_MAX ||
		    100 * j.live_s < LIVE_PER_CENT * j.held_s)
			printf("    %s, run %u (%s): off %.2f s, live %" PRIu64
			    " of %" PRIu64 " s\n", r->incident->id,
			    r->runs + i, m.text, (double)j.off_ms / 1000,
			    j.live_s, j.held_s);
		if ((double)j.off_ms / 1000 > r->off_s)
			r->off_s = (double)j.off_ms / 1000;
		inputs_free(&m.inputs);
		trace_free(&t);
	}
	r->runs += r->mutations;
}

/* The sums are told once for all scenes of an incident. */
static void
judged_add(struct report *r, bool ok, bool *failed)
{
	if (ok)
		r->passed++;
	else
		r->failed++;
	*failed = *failed || !ok;
}

void
report_read(struct report *r, struct trace *out, struct scene *s)
{
	struct difference d;

	inputs_sort(&s->inputs);
	play(out, s, &s->inputs);
	MUST(out->mismatches == 0);
	reading_differs(&d, out, s, &s->inputs);
	r->as_headers += d.of;
	difference_tell(r, &d, 0, "as it was");
	judged_add(r, d.count == 0 && d.of > 0, &r->safe_failed);
}

static void
scene_play(struct report *r, struct trace *out, struct scene *s, bool mutates)
{
	struct reference ref;
	struct judgement j;

	report_read(r, out, s);
	reference_make(&ref, s);
	j = judge(out, &ref, s, 0);
	r->as_off_s = fmax(r->as_off_s, (double)j.off_ms / 1000);
	r->as_held_s += j.held_s;
	r->as_live_s += j.live_s;
	judged_add(r, j.off_ms < OFF_MS_MAX, &r->safe_failed);
	judged_add(r, 100 * j.live_s >= LIVE_PER_CENT * j.held_s,
	    &r->live_failed);
	if (mutates)
		mutations_play(r, s, &ref);
	reference_free(&ref);
}

double
judge_late(const struct trace *t, const struct scene *s, uint64_t late_ms)
{
	size_t by = late_ms / s->step_ms;
	struct trace late = { .count = t->count };
	struct reference ref;
	struct judgement j;

	late.moment = calloc(t->count, sizeof(*late.moment));
	MUST(late.moment);
	for (size_t i = 0; i < t->count; i++) {
		late.moment[i] = t->moment[i >= by ? i - by : 0];
		late.moment[i].ms = t->moment[i].ms;
	}
	reference_make(&ref, s);
	j = judge(&late, &ref, s, 0);
	reference_free(&ref);
	trace_free(&late);
	return (double)j.off_ms / 1000;
}

void
report_play(struct report *r, struct trace *out, struct scene *s)
{
	scene_play(r, out, s, true);
}

void
report_play_only(struct report *r, struct trace *out, struct scene *s)
{
	scene_play(r, out, s, false);
}

/* ---- questions to a trace ----------------------------------------------- */

struct share
share_of(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status)
{
	struct share s = { 0, 0 };

	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];

		if (m->ms < from_ms || m->ms >= to_ms || !m->is_signed)
			continue;
		s.of++;
		s.count += m->price[asset].status == status;
	}
	return s;
}

bool
always(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status)
{
	struct share s = share_of(t, asset, from_ms, to_ms, status);

	return s.of > 0 && s.count == s.of;
}

bool
never(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status)
{
	struct share s = share_of(t, asset, from_ms, to_ms, status);

	return s.of > 0 && s.count == 0;
}

double
farthest(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, double value)
{
	double far = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];
		const struct signed_price *p = &m->price[asset];

		if (m->ms >= from_ms && m->ms < to_ms && m->is_signed &&
		    p->status != PRICE_REFUSED)
			far = fmax(far, fabs(p->mid / value - 1));
	}
	return far;
}

static uint64_t
until(const struct trace *t, unsigned asset, uint64_t from_ms, bool refused)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];

		if (m->ms >= from_ms && m->is_signed &&
		    (m->price[asset].status == PRICE_REFUSED) == refused)
			return m->ms - from_ms;
	}
	return UINT64_MAX;
}

uint64_t
until_priced(const struct trace *t, unsigned asset, uint64_t from_ms)
{
	return until(t, asset, from_ms, false);
}

uint64_t
until_refused(const struct trace *t, unsigned asset, uint64_t from_ms)
{
	return until(t, asset, from_ms, true);
}

bool
was_liquidatable(const struct trace *t, unsigned vault)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->moment[i].verdict[vault] == STATE_LIQUIDATABLE)
			return true;
	return false;
}
