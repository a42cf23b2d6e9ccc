#include "oracle/surface_curve.h"

#include "base/must.h"
#include "margin/option.h"
#include "margin/surface_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORWARD_TICK 1e-5
#define VOL_TICK 1e-4
#define CONFIDENCE_TICK 0.05
#define STRIKES_SURE 10.0
#define SPREAD_SURE 0.01
#define ALONE 0.75		/* a forward of one venue */
#define LOOKS 17		/* at a smile, whether it moved */

/* What the engine was told of an expiry; a time of 0: nothing. */
struct told {
	uint16_t unit;
	bool is_here;		/* in the round under way */
	uint64_t expiry_ms;
	uint64_t forward_told_ms, slice_told_ms;
	uint64_t forward_as_of_ms, slice_as_of_ms;
	double forward, forward_confidence, slice_confidence;
	struct surface_smile smile;
};

struct surface_curve {
	struct surface_rules rules;
	struct surface_counters counters;
	size_t told_count;
	struct told told[SURFACE_TOLD_MAX];
	struct surface_expiry expiry;	/* the one that is looked at */
};

/* One round. */
struct round {
	struct surface_curve *c;
	const struct surface_wire *wire;
	uint64_t now_ms;
	/* Of the unit under way: its expiries so far, the last that has a
	 * smile, and that one as the engine will have it. */
	uint16_t unit;
	uint32_t unit_expiries;
	bool has_below;
	uint64_t below_expiry_ms;
	struct surface_smile below;
	struct svi below_svi;
};

enum err
surface_curve_create(struct surface_curve **out,
    const struct surface_rules *r)
{
	struct surface_curve *c = calloc(1, sizeof(*c));

	if (!c)
		return ERR_LIMIT;
	c->rules = *r;
	*out = c;
	return ERR_OK;
}

void
surface_curve_destroy(struct surface_curve *c)
{
	free(c);
}

void
surface_curve_forget(struct surface_curve *c)
{
	c->told_count = 0;
}

void
surface_curve_counters(struct surface_counters *out,
    const struct surface_curve *c)
{
	*out = c->counters;
}

/* ---- numbers ------------------------------------------------------------- */

static i128
raw_of(double v)
{
	return (i128)(v * 1e18 + (v < 0 ? -0.5 : 0.5));
}

static struct wire_u128
wire_of(double v)
{
	return wire_from_u128((u128)raw_of(v));
}

static double
thousandths(double v)
{
	return floor(fmin(fmax(v, 0), 1) * 1000 + 0.5) / 1000;
}

static double
age_share(const struct round *r, uint64_t time_ms)
{
	uint64_t age_ms = r->now_ms > time_ms ? r->now_ms - time_ms : 0;

	return 1 - (double)age_ms / (2 * (double)r->c->rules.age_max_ms);
}

static double
slice_confidence(const struct round *r, const struct surface_expiry *e,
    double error)
{
	return thousandths((1 - error / (2 * r->c->rules.error_max)) *
	    fmin(1, (double)e->count / STRIKES_SURE) *
	    age_share(r, e->points_ms));
}

static double
forward_confidence(const struct round *r, const struct surface_expiry *e)
{
	return thousandths((1 - fmin(1, e->forward_spread / SPREAD_SURE) / 2) *
	    age_share(r, e->forward_ms) * (e->forward_venues > 1 ? 1 : ALONE));
}

static double
years(uint64_t from_ms, uint64_t to_ms)
{
	return (double)(to_ms - from_ms) / 31536000000.;
}

/* ---- telling ------------------------------------------------------------- */

static bool
is_due(const struct round *r, uint64_t told_ms)
{
	uint64_t every_ms = r->c->rules.age_max_ms / 3 < SURFACE_TELL_MS ?
	    r->c->rules.age_max_ms / 3 : SURFACE_TELL_MS;

	return told_ms == 0 || r->now_ms < told_ms ||
	    r->now_ms - told_ms >= every_ms;
}

static struct told *
told_of(struct surface_curve *c, uint16_t unit, uint64_t expiry_ms)
{
	struct told *t;

	for (size_t i = 0; i < c->told_count; i++)
		if (c->told[i].unit == unit &&
		    c->told[i].expiry_ms == expiry_ms)
			return &c->told[i];
	if (c->told_count == SURFACE_TOLD_MAX)
		return NULL;
	t = &c->told[c->told_count++];
	*t = (struct told){ .unit = unit, .expiry_ms = expiry_ms };
	return t;
}

static void
forward_tell(struct round *r, struct told *t, double price, double confidence,
    uint64_t as_of_ms)
{
	struct wire_forward w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_FORWARD);
	w.unit = t->unit;
	w.expiry_ms = t->expiry_ms;
	w.as_of_ms = as_of_ms;
	w.price = wire_of(price);
	w.confidence = wire_of(confidence);
	if (r->wire->say(r->wire->arg, &w) != ERR_OK)
		return;
	t->forward = price;
	t->forward_confidence = confidence;
	t->forward_told_ms = price > 0 ? r->now_ms : 0;
	t->forward_as_of_ms = price > 0 ? as_of_ms : 0;
	if (price > 0)
		r->c->counters.forwards++;
	else
		r->c->counters.withdrawn++;
}

static void
forward_round(struct round *r, struct told *t, const struct surface_expiry *e)
{
	double confidence = forward_confidence(r, e);

	if (is_due(r, t->forward_told_ms) ||
	    fabs(e->forward - t->forward) > FORWARD_TICK * t->forward ||
	    fabs(confidence - t->forward_confidence) > CONFIDENCE_TICK)
		forward_tell(r, t, e->forward, confidence, e->forward_ms);
}

static void
slice_tell(struct round *r, struct told *t, const struct surface_smile *s,
    double forward, double confidence, uint64_t as_of_ms)
{
	struct wire_slice w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_SLICE);
	w.unit = t->unit;
	w.expiry_ms = t->expiry_ms;
	w.as_of_ms = as_of_ms;
	w.a = wire_of(s->a);
	w.b = wire_of(s->b);
	w.rho = wire_of(s->rho);
	w.m = wire_of(s->m);
	w.sigma = wire_of(s->sigma);
	w.forward = wire_of(forward);
	w.confidence = wire_of(confidence);
	w.error = wire_of(s->error);
	if (r->wire->say(r->wire->arg, &w) != ERR_OK)
		return;
	t->smile = *s;
	t->slice_confidence = confidence;
	t->slice_told_ms = s->tau > 0 ? r->now_ms : 0;
	t->slice_as_of_ms = s->tau > 0 ? as_of_ms : 0;
	if (s->tau > 0)
		r->c->counters.slices++;
	else
		r->c->counters.withdrawn++;
}

/* Zeros, where something was told; the time must not lie before that one's. */
static void
slice_withdraw(struct round *r, struct told *t)
{
	static const struct surface_smile none;

	if (t->slice_told_ms != 0)
		slice_tell(r, t, &none, 0, 0, r->now_ms);
}

static void
forward_withdraw(struct round *r, struct told *t)
{
	if (t->forward_told_ms != 0)
		forward_tell(r, t, 0, 0, r->now_ms);
}

static bool
smile_moved(const struct surface_smile *a, const struct surface_smile *b)
{
	double reach = 4 * sqrt(fmax(0, a->a + a->b * a->sigma));

	for (int i = 0; i < LOOKS; i++) {
		double k = reach * (2. * i / (LOOKS - 1) - 1);

		if (fabs(surface_smile_vol(a, k) - surface_smile_vol(b, k)) >
		    VOL_TICK)
			return true;
	}
	return false;
}

/* ---- fitting ------------------------------------------------------------- */

static struct svi
svi_of(const struct surface_smile *s, const struct surface_expiry *e)
{
	return (struct svi){
		.a = num18_from_raw(raw_of(s->a)),
		.b = num18_from_raw(raw_of(s->b)),
		.rho = num18_from_raw(raw_of(s->rho)),
		.m = num18_from_raw(raw_of(s->m)),
		.sigma = num18_from_raw(raw_of(s->sigma)),
		.forward = px18_from_raw((u128)raw_of(e->forward)),
		.tau = option_tau(e->expiry_ms - e->points_ms),
	};
}

/* below_at: the smile below with as much more variance as this one will have
 * lost by now: its marks and ours are of different moments. */
static struct surface_smile
below_at(const struct round *r, const struct surface_expiry *e)
{
	struct surface_smile s = r->below;
	double by = years(r->now_ms, r->below_expiry_ms) / s.tau *
	    years(e->points_ms, e->expiry_ms) /
	    years(r->now_ms, e->expiry_ms);

	s.a *= by;
	s.b *= by;
	return s;
}

/* As the engine will judge it, once rounded. */
static bool
is_fit_to_tell(const struct round *r, const struct svi *s,
    const struct surface_expiry *e)
{
	if (surface_check_slice(s) != SURFACE_GOOD)
		return false;
	return !r->has_below || surface_check_calendar(&r->below_svi,
	    option_tau(r->below_expiry_ms - r->now_ms), s,
	    option_tau(e->expiry_ms - r->now_ms)) == SURFACE_GOOD;
}

static bool
smile_fit(struct round *r, struct surface_smile *out,
    const struct surface_expiry *e)
{
	struct surface_smile below;
	struct svi svi;

	if (e->count < SURFACE_POINTS_MIN)
		return false;
	if (r->has_below)
		below = below_at(r, e);
	r->c->counters.fits++;
	if (surface_fit(out, e->point, e->count, years(e->points_ms,
	    e->expiry_ms), r->has_below ? &below : NULL) == ERR_OK &&
	    out->error <= r->c->rules.error_max) {
		svi = svi_of(out, e);
		if (is_fit_to_tell(r, &svi, e)) {
			r->has_below = true;
			r->below = *out;
			r->below_svi = svi;
			r->below_expiry_ms = e->expiry_ms;
			return true;
		}
	}
	r->c->counters.unfit++;
	return false;
}

static void
slice_round(struct round *r, struct told *t, const struct surface_expiry *e)
{
	struct surface_smile s;
	double confidence;

	if (!smile_fit(r, &s, e)) {
		slice_withdraw(r, t);
		return;
	}
	r->c->counters.expiries++;
	confidence = slice_confidence(r, e, s.error);
	if (is_due(r, t->slice_told_ms) || smile_moved(&s, &t->smile) ||
	    fabs(confidence - t->slice_confidence) > CONFIDENCE_TICK)
		slice_tell(r, t, &s, e->forward, confidence, e->points_ms);
}

/* ---- a round ------------------------------------------------------------- */

/* The times of what is told never go back, though other strikes may make the
 * median: the engine would take it for something old. */
static void
times_follow(struct surface_expiry *e, const struct told *t)
{
	if (e->forward_ms < t->forward_as_of_ms)
		e->forward_ms = t->forward_as_of_ms;
	if (e->points_ms < t->slice_as_of_ms)
		e->points_ms = t->slice_as_of_ms;
}

static void
expiry_round(struct round *r, struct surface_expiry *e)
{
	struct told *t;

	if (r->unit_expiries == 0 || e->unit != r->unit) {
		r->unit = e->unit;
		r->unit_expiries = 0;
		r->has_below = false;
	}
	if (++r->unit_expiries > MARKET_EXPIRIES_MAX || e->forward <= 0)
		return;
	t = told_of(r->c, e->unit, e->expiry_ms);
	if (!t)
		return;
	t->is_here = true;
	times_follow(e, t);
	forward_round(r, t, e);
	slice_round(r, t, e);
}

/* What was told and is not there any more; what cannot be taken back now is
 * kept for the next round. */
static void
told_settle(struct round *r)
{
	struct surface_curve *c = r->c;
	size_t kept = 0;

	for (size_t i = 0; i < c->told_count; i++) {
		struct told *t = &c->told[i];

		if (!t->is_here && t->expiry_ms > r->now_ms) {
			forward_withdraw(r, t);
			slice_withdraw(r, t);
		}
		if (t->expiry_ms > r->now_ms && (t->is_here ||
		    t->forward_told_ms != 0 || t->slice_told_ms != 0))
			c->told[kept++] = *t;
	}
	c->told_count = kept;
}

void
surface_curve_round(struct surface_curve *c, struct surface_marks *m,
    const struct surface_wire *wire, uint64_t now_ms)
{
	struct round r = { .c = c, .wire = wire, .now_ms = now_ms };
	size_t at = 0;

	surface_marks_drop(m, now_ms, c->rules.age_max_ms);
	c->counters.expiries = 0;
	for (size_t i = 0; i < c->told_count; i++)
		c->told[i].is_here = false;
	while (surface_marks_next(&c->expiry, m, &at, now_ms))
		expiry_round(&r, &c->expiry);
	told_settle(&r);
}
