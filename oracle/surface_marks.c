#include "oracle/surface_marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ONE 1e18
#define PRICE_MAX ((u128)1000000000000000000u * 1000000000000000u)
#define VOL_MIN ((u128)10000000000000000u)
#define VOL_MAX ((u128)1000000000000000000u * 10)
#define YEAR_MS UINT64_C(31536000000)
#define EXPIRY_MAX_MS (30 * YEAR_MS)

struct mark {
	u128 strike;
	uint64_t expiry_ms, time_ms;
	double vol, forward;	/* 0: it has none */
	double price;		/* in coins */
	uint16_t unit, venue;
	bool is_call, has_price;
};

/* Ascending by unit, expiry, strike, venue, right. */
struct surface_marks {
	uint16_t units, venues;
	size_t count;
	struct mark mark[SURFACE_MARKS_MAX];
};

enum err
surface_marks_create(struct surface_marks **out, uint16_t units,
    uint16_t venues)
{
	struct surface_marks *m = calloc(1, sizeof(*m));

	if (!m)
		return ERR_LIMIT;
	m->units = units;
	m->venues = venues < SURFACE_VENUES_MAX ? venues : SURFACE_VENUES_MAX;
	*out = m;
	return ERR_OK;
}

void
surface_marks_destroy(struct surface_marks *m)
{
	free(m);
}

size_t
surface_marks_count(const struct surface_marks *m)
{
	return m->count;
}

/* ---- one in -------------------------------------------------------------- */

static int
mark_compare(const struct mark *a, const struct mark *b)
{
	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->expiry_ms != b->expiry_ms)
		return a->expiry_ms < b->expiry_ms ? -1 : 1;
	if (a->strike != b->strike)
		return a->strike < b->strike ? -1 : 1;
	if (a->venue != b->venue)
		return a->venue < b->venue ? -1 : 1;
	return (int)a->is_call - (int)b->is_call;
}

/* The first place whose mark is not below k. */
static size_t
place_of(const struct surface_marks *m, const struct mark *k)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (mark_compare(&m->mark[middle], k) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_price(u128 v)
{
	return v > 0 && v < PRICE_MAX;
}

static enum err
option_check(const struct surface_marks *m, const struct wire_option *w,
    uint64_t now_ms)
{
	u128 vol = wire_to_u128(w->vol);

	if (w->unit >= m->units || w->venue >= m->venues)
		return ERR_UNKNOWN;
	if (w->exchange_ms == 0 || w->expiry_ms <= now_ms)
		return ERR_STALE;
	if (!w->has_vol && !w->has_forward && !w->has_price)
		return ERR_MISSING;
	if (w->expiry_ms - now_ms > EXPIRY_MAX_MS ||
	    !is_price(wire_to_u128(w->strike)) ||
	    (w->has_forward && !is_price(wire_to_u128(w->forward))) ||
	    (w->has_vol && (vol < VOL_MIN || vol > VOL_MAX)) ||
	    (w->has_price && wire_to_u128(w->price) >= PRICE_MAX) ||
	    (w->exchange_ms > now_ms &&
	    w->exchange_ms - now_ms > SURFACE_AHEAD_MS))
		return ERR_RANGE;
	return ERR_OK;
}

enum err
surface_marks_take(struct surface_marks *m, const struct wire_option *w,
    uint64_t now_ms)
{
	struct mark k = { .strike = wire_to_u128(w->strike),
		.expiry_ms = w->expiry_ms, .unit = w->unit, .venue = w->venue,
		.is_call = w->is_call != 0,
		.time_ms = w->exchange_ms < now_ms ? w->exchange_ms : now_ms,
		.vol = w->has_vol ? (double)wire_to_u128(w->vol) / ONE : 0,
		.forward = w->has_forward ?
		    (double)wire_to_u128(w->forward) / ONE : 0,
		.has_price = w->has_price != 0,
		.price = (double)wire_to_u128(w->price) / ONE };
	enum err e = option_check(m, w, now_ms);
	size_t at;

	if (e != ERR_OK)
		return e;
	at = place_of(m, &k);
	if (at < m->count && mark_compare(&m->mark[at], &k) == 0) {
		if (k.time_ms < m->mark[at].time_ms)
			return ERR_STALE;
		m->mark[at] = k;
		return ERR_OK;
	}
	if (m->count == SURFACE_MARKS_MAX)
		return ERR_LIMIT;
	memmove(&m->mark[at + 1], &m->mark[at],
	    (m->count - at) * sizeof(m->mark[0]));
	m->mark[at] = k;
	m->count++;
	return ERR_OK;
}

void
surface_marks_drop(struct surface_marks *m, uint64_t now_ms,
    uint64_t age_max_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct mark *k = &m->mark[i];

		if (k->expiry_ms > now_ms && (now_ms <= k->time_ms ||
		    now_ms - k->time_ms <= age_max_ms))
			m->mark[kept++] = *k;
	}
	m->count = kept;
}

/* ---- an expiry out ------------------------------------------------------- */

static int
double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
time_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* median_of sorts them; n above zero. */
static double
median_of(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), double_compare);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* What a venue says of an expiry's forward. */
struct venue_forward {
	double price;		/* 0: nothing */
	uint64_t time_ms;
};

/* A strike's call and put at one venue, and the forward that they are of. */
struct parity {
	double forward, off;	/* off: what their prices differ by */
	uint64_t time_ms;	/* of the older one */
};

/* parity_of: from[0] and the next are a put and a call of a venue. */
static bool
parity_of(struct parity *out, const struct mark *from)
{
	const struct mark *put = from, *call = from + 1;
	uint64_t apart_ms = call->time_ms > put->time_ms ?
	    call->time_ms - put->time_ms : put->time_ms - call->time_ms;
	double off = call->price - put->price;

	if (put->is_call || call->venue != put->venue ||
	    call->strike != put->strike || !put->has_price ||
	    !call->has_price || apart_ms > SURFACE_PARITY_MS ||
	    fabs(off) > 0.5)
		return false;
	*out = (struct parity){ (double)put->strike / ONE / (1 - off),
		fabs(off), call->time_ms < put->time_ms ? call->time_ms :
		put->time_ms };
	return true;
}

/* The best of a venue's strikes so far, those that differ least first. */
static void
parity_keep(struct parity *best, size_t *count, const struct parity *p)
{
	size_t at = *count;

	while (at > 0 && best[at - 1].off > p->off)
		at--;
	if (at == SURFACE_PARITIES)
		return;
	if (*count < SURFACE_PARITIES)
		++*count;
	memmove(&best[at + 1], &best[at], (*count - at - 1) * sizeof(*best));
	best[at] = *p;
}

static struct venue_forward
venue_parity(uint16_t venue, const struct mark *from, size_t count)
{
	struct parity best[SURFACE_PARITIES], p;
	double price[SURFACE_PARITIES];
	struct venue_forward out = { .time_ms = UINT64_MAX };
	size_t n = 0;

	for (size_t i = 0; i + 1 < count; i++)
		if (from[i].venue == venue && parity_of(&p, &from[i]))
			parity_keep(best, &n, &p);
	for (size_t i = 0; i < n; i++) {
		price[i] = best[i].forward;
		if (best[i].time_ms < out.time_ms)
			out.time_ms = best[i].time_ms;
	}
	if (n > 0)
		out.price = median_of(price, n);
	return out;
}

static struct venue_forward
venue_forward(uint16_t venue, const struct mark *from, size_t count)
{
	struct venue_forward out = { 0 };

	for (size_t i = 0; i < count; i++)
		if (from[i].venue == venue && from[i].forward > 0 &&
		    (out.price <= 0 || from[i].time_ms > out.time_ms))
			out = (struct venue_forward){ from[i].forward,
				from[i].time_ms };
	return out.price > 0 ? out : venue_parity(venue, from, count);
}

static void
forward_take(struct surface_expiry *out, uint16_t venues,
    const struct mark *from, size_t count)
{
	double price[SURFACE_VENUES_MAX];
	size_t n = 0;

	for (uint16_t v = 0; v < venues; v++) {
		struct venue_forward f = venue_forward(v, from, count);

		if (f.price <= 0)
			continue;
		if (n == 0 || f.time_ms < out->forward_ms)
			out->forward_ms = f.time_ms;
		price[n++] = f.price;
	}
	out->forward_venues = (unsigned)n;
	if (n == 0)
		return;
	out->forward = median_of(price, n);
	out->forward_spread = (price[n - 1] - price[0]) / out->forward;
}

/* Of a venue's two options of a strike, which stand side by side, the one out
 * of the money; of one alone that one. */
static const struct mark *
side_pick(const struct mark *from, size_t *i, size_t count, bool wants_call)
{
	const struct mark *k = &from[*i], *other = k + 1;
	bool has_both = *i + 1 < count && other->venue == k->venue &&
	    other->strike == k->strike;

	*i += has_both ? 2 : 1;
	if (!has_both || other->vol <= 0)
		return k;
	return k->vol <= 0 || other->is_call == wants_call ? other : k;
}

/* The venues' marks of one strike, from[0] on. */
static void
strike_take(struct surface_expiry *out, uint64_t *time_ms,
    const struct mark *from, size_t count, double tau)
{
	double strike = (double)from[0].strike / ONE, vol[SURFACE_VENUES_MAX];
	double k = log(strike / out->forward);
	uint64_t oldest_ms = UINT64_MAX;
	struct surface_point *p;
	size_t n = 0;

	for (size_t i = 0; i < count;) {
		const struct mark *m = side_pick(from, &i, count,
		    strike >= out->forward);

		if (m->vol <= 0)
			continue;
		vol[n++] = m->vol;
		if (m->time_ms < oldest_ms)
			oldest_ms = m->time_ms;
	}
	if (n == 0 || out->count == SURFACE_POINTS_MAX)
		return;
	p = &out->point[out->count];
	*p = (struct surface_point){ .k = k, .vol = median_of(vol, n) };
	if (fabs(k) > SURFACE_DEVIATIONS * p->vol * sqrt(tau))
		return;
	p->weight = surface_weight(k, p->vol, tau);
	time_ms[out->count++] = oldest_ms;
}

static void
points_take(struct surface_expiry *out, const struct mark *from, size_t count,
    uint64_t now_ms)
{
	uint64_t time_ms[SURFACE_POINTS_MAX];
	double tau = (double)(out->expiry_ms - now_ms) / (double)YEAR_MS;

	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && from[next].strike ==
		    from[i].strike; next++)
			;
		strike_take(out, time_ms, from + i, next - i, tau);
	}
	if (out->count == 0)
		return;
	qsort(time_ms, out->count, sizeof(*time_ms), time_compare);
	out->points_ms = time_ms[(out->count - 1) / 2];
}

bool
surface_marks_next(struct surface_expiry *out, const struct surface_marks *m,
    size_t *at, uint64_t now_ms)
{
	const struct mark *from = &m->mark[*at];
	size_t count = 0;

	while (*at + count < m->count && from[count].unit == from->unit &&
	    from[count].expiry_ms == from->expiry_ms)
		count++;
	if (count == 0)
		return false;
	*at += count;
	out->unit = from->unit;
	out->expiry_ms = from->expiry_ms;
	out->forward = out->forward_spread = 0;
	out->forward_ms = out->points_ms = 0;
	out->count = 0;
	forward_take(out, m->venues, from, count);
	if (out->forward > 0 && out->expiry_ms > now_ms)
		points_take(out, from, count, now_ms);
	return true;
}
