/*~ The end of a batch.  What is too old leaves; what is too far from its index
 * is held back, or is not any more; slices that were offered, or that have
 * become neighbours, are judged together.  Read terms_settle at the end
 * first. */
#include "oracle/terms_internal.h"

#include "base/must.h"
#include "margin/option.h"

#include <string.h>

_Static_assert(MARKET_EXPIRIES_MAX <= 64, "a bit an expiry");

/* ---- age ----------------------------------------------------------------- */

/* What is too old, or over, leaves; an expiry without anything too. */
static void
unit_age(struct terms *t, uint16_t unit, const struct terms_rules *r,
    uint64_t now_ms)
{
	struct terms_unit *u = &t->unit[unit];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < u->count; i++) {
		struct terms_expiry *e = &u->expiry[i];
		bool is_over = e->expiry_ms <= now_ms, moved = false;

		if (e->forward.as_of_ms != 0 && (is_over ||
		    terms_is_old(e->forward.as_of_ms, now_ms, r))) {
			e->forward.as_of_ms = 0;
			moved = true;
		}
		if (e->slice.as_of_ms != 0 && (is_over ||
		    terms_is_old(e->slice.as_of_ms, now_ms, r))) {
			e->slice.as_of_ms = 0;
			moved = true;
		}
		if (is_over || terms_is_old(e->offered.as_of_ms, now_ms, r))
			e->offered.as_of_ms = 0;
		if (moved) {
			terms_unit_note(t, unit);
			/* Others are neighbours now. */
			terms_bit_set(t->unit_due, unit);
		}
		if (e->forward.as_of_ms == 0 && e->slice.as_of_ms == 0 &&
		    e->offered.as_of_ms == 0)
			continue;
		if (e->forward.as_of_ms != 0)
			terms_leaves_at(t, e->forward.as_of_ms, e->expiry_ms, r);
		if (e->slice.as_of_ms != 0)
			terms_leaves_at(t, e->slice.as_of_ms, e->expiry_ms, r);
		if (kept != i)
			u->expiry[kept] = *e;
		kept++;
	}
	u->count = kept;
}

static bool
part_age(struct terms *t, uint64_t *time_ms, const struct terms_rules *r,
    uint64_t now_ms)
{
	if (*time_ms == 0)
		return false;
	if (!terms_is_old(*time_ms, now_ms, r)) {
		terms_leaves_at(t, *time_ms, TERMS_NEVER, r);
		return false;
	}
	*time_ms = 0;
	return true;
}

static void
mark_age(struct terms *t, uint32_t i, const struct terms_rules *r,
    uint64_t now_ms)
{
	struct terms_mark *m = &t->mark[i];
	bool moved = part_age(t, &m->mark_ms, r, now_ms);

	moved |= part_age(t, &m->funding_ms, r, now_ms);
	moved |= part_age(t, &m->interest_ms, r, now_ms);
	if (!moved)
		return;
	terms_bit_set(t->mark_moved, i);
	t->generation++;
}

/* ---- the index ----------------------------------------------------------- */

/* held_by: whether a price counts beside this index.  What the index may do
 * without changing that narrows the unit's span. */
static enum terms_held
held_by(struct terms_watch *w, struct px18 p, const struct price *index,
    const struct terms_rules *r)
{
	const struct px18 unit = px18_from_raw(1);
	struct terms_span s;

	if (!index)
		return TERMS_BASIS;
	s = terms_span(p, r);
	if (terms_span_has(&s, index->mid)) {
		w->low = px18_max(w->low, s.low);
		w->high = px18_min(w->high, s.high);
		return TERMS_COUNTS;
	}
	/* The ends of a span lie far from those of the type. */
	if (px18_compare(index->mid, s.low) < 0) {
		MUST(px18_sub(&s.low, s.low, unit) == ERR_OK);
		w->high = px18_min(w->high, s.low);
	} else {
		MUST(px18_add(&s.high, s.high, unit) == ERR_OK);
		w->low = px18_max(w->low, s.high);
	}
	return TERMS_BASIS;
}

static bool
index_has_moved(const struct terms_watch *w, const struct price *index)
{
	return w->has_index != (index != NULL) || (index &&
	    (px18_compare(index->mid, w->low) < 0 ||
	    px18_compare(index->mid, w->high) > 0));
}

static void
mark_hold(struct terms *t, uint32_t i, const struct terms_rules *r,
    const struct terms_index *x)
{
	struct terms_mark *m = &t->mark[i];
	uint16_t unit = x->mark[i];
	enum terms_held held = TERMS_COUNTS;

	if (m->mark_ms == 0)
		return;
	if (unit == TERMS_MARK_LOST) {
		held = TERMS_BASIS;
	} else if (unit != TERMS_MARK_FREE) {
		terms_bit_set(t->unit_used, unit);
		held = held_by(&t->watch[unit], m->mark,
		    terms_index_price(x, unit), r);
	}
	if (m->held == held)
		return;
	m->held = held;
	terms_bit_set(t->mark_moved, i);
	t->generation++;
}

static void
expiries_hold(struct terms *t, uint16_t unit, const struct terms_rules *r,
    const struct price *index)
{
	struct terms_watch *w = &t->watch[unit];
	struct terms_unit *u = &t->unit[unit];

	for (uint32_t i = 0; i < u->count; i++) {
		struct terms_expiry *e = &u->expiry[i];

		if (e->forward.as_of_ms != 0) {
			enum terms_held held = held_by(w, e->forward.price,
			    index, r);

			if (e->forward.held != held)
				terms_unit_note(t, unit);
			e->forward.held = held;
		}
		/* Whatever is near enough is judged, slices that were held
		 * back because of a neighbour too. */
		if (e->slice.as_of_ms != 0)
			e->slice.held = held_by(w, e->slice.svi.forward,
			    index, r);
		if (e->offered.as_of_ms != 0)
			e->offered.held = held_by(w, e->offered.svi.forward,
			    index, r);
	}
}

/* ---- neighbours ---------------------------------------------------------- */

/* in_play: what would be used of an expiry if nothing were wrong with it; NULL:
 * nothing. */
static const struct terms_slice *
in_play(const struct terms_expiry *e)
{
	const struct terms_slice *s = e->offered.as_of_ms != 0 ?
	    &e->offered : &e->slice;

	return s->as_of_ms != 0 && s->held == TERMS_COUNTS ? s : NULL;
}

/* At most what the check takes: a slice's own tau may lie a little ahead. */
static struct num18
left_of(const struct terms_expiry *e, uint64_t now_ms)
{
	struct num18 left = option_tau(e->expiry_ms - now_ms);

	return num18_to_raw(left) > SURFACE_TAU_MAX_RAW ?
	    num18_from_raw(SURFACE_TAU_MAX_RAW) : left;
}

/* pair_judge: of two neighbours the one to drop or to hold back, or NULL: one
 * that was offered before one that counted, one that was held back before one
 * that was offered; then the less sure one, of equals the farther.  What was
 * found good stays good: the nearer one's variance runs out first. */
static struct terms_expiry *
pair_judge(struct terms_unit *u, struct terms_expiry *near,
    struct terms_expiry *far, uint64_t counted, uint64_t now_ms)
{
	const struct terms_slice *n = in_play(near), *f = in_play(far);
	bool n_counted = (counted >> (near - u->expiry) & 1) != 0;
	bool f_counted = (counted >> (far - u->expiry) & 1) != 0;
	bool n_offered = n == &near->offered, f_offered = f == &far->offered;

	if (far->beside_ms == near->expiry_ms)
		return NULL;
	if (surface_check_calendar(&n->svi, left_of(near, now_ms), &f->svi,
	    left_of(far, now_ms)) == SURFACE_GOOD) {
		far->beside_ms = near->expiry_ms;
		return NULL;
	}
	if (n_offered && !f_offered)
		return f_counted ? near : far;
	if (f_offered && !n_offered)
		return n_counted ? far : near;
	return num18_compare(n->confidence, f->confidence) < 0 ? near : far;
}

static struct terms_expiry *
unit_judge(struct terms_unit *u, uint64_t counted, uint64_t now_ms)
{
	struct terms_expiry *near = NULL;

	for (uint32_t i = 0; i < u->count; i++) {
		struct terms_expiry *far = &u->expiry[i], *drop;

		if (!in_play(far))
			continue;
		drop = near ? pair_judge(u, near, far, counted, now_ms) : NULL;
		if (drop)
			return drop;
		near = far;
	}
	return NULL;
}

static uint64_t
slices_that_count(const struct terms_unit *u)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < u->count; i++)
		if (u->expiry[i].slice.as_of_ms != 0 &&
		    u->expiry[i].slice.held == TERMS_COUNTS)
			bits |= UINT64_C(1) << i;
	return bits;
}

static uint64_t
slices_that_cross(const struct terms_unit *u)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < u->count; i++)
		if (u->expiry[i].slice.as_of_ms != 0 &&
		    u->expiry[i].slice.held == TERMS_CALENDAR)
			bits |= UINT64_C(1) << i;
	return bits;
}

static void
offers_accept(struct terms *t, uint16_t unit, const struct terms_rules *r)
{
	struct terms_unit *u = &t->unit[unit];

	for (uint32_t i = 0; i < u->count; i++) {
		struct terms_expiry *e = &u->expiry[i];

		if (e->offered.as_of_ms == 0)
			continue;
		e->slice = e->offered;
		e->offered.as_of_ms = 0;
		terms_leaves_at(t, e->slice.as_of_ms, e->expiry_ms, r);
		t->taken++;
		terms_unit_note(t, unit);
	}
}

/* Each round drops an offer or holds back what was accepted: no more rounds
 * than there are slices. */
static void
slices_settle(struct terms *t, uint16_t unit, const struct terms_rules *r,
    uint64_t counted, uint64_t crossed, uint64_t now_ms)
{
	struct terms_unit *u = &t->unit[unit];
	struct terms_expiry *drop;

	while ((drop = unit_judge(u, counted, now_ms)) != NULL) {
		if (drop->offered.as_of_ms != 0) {
			drop->offered.as_of_ms = 0;
			terms_forget_beside(u, drop);
			t->refused[SURFACE_CALENDAR]++;
		} else {
			drop->slice.held = TERMS_CALENDAR;
		}
	}
	offers_accept(t, unit, r);
	if (slices_that_count(u) != counted || slices_that_cross(u) != crossed)
		terms_unit_note(t, unit);
}

static void
unit_settle(struct terms *t, uint16_t unit, const struct terms_rules *r,
    const struct terms_index *x, uint64_t now_ms)
{
	struct terms_watch *w = &t->watch[unit];
	const struct price *index = terms_index_price(x, unit);
	uint64_t counted = slices_that_count(&t->unit[unit]);
	uint64_t crossed = slices_that_cross(&t->unit[unit]);

	if (index_has_moved(w, index)) {
		w->has_index = index != NULL;
		w->low = px18_from_raw(0);
		w->high = px18_from_raw(U128_MAX);
		for (uint32_t i = 0; i < t->mark_count; i++)
			if (x->mark[i] == unit)
				mark_hold(t, i, r, x);
	}
	expiries_hold(t, unit, r, index);
	slices_settle(t, unit, r, counted, crossed, now_ms);
}

/* ---- a batch ------------------------------------------------------------- */

static void
marks_settle(struct terms *t, const struct terms_rules *r,
    const struct terms_index *x)
{
	for (uint32_t w = 0; w < t->mark_count; w += 64)
		for (uint64_t left = t->mark_moved[w / 64]; left != 0;
		    left &= left - 1) {
			uint32_t i = w + (uint32_t)__builtin_ctzll(left);

			if (i < t->mark_count)
				mark_hold(t, i, r, x);
		}
}

void
terms_settle(struct terms *t, const struct terms_rules *r,
    const struct terms_index *x, uint64_t now_ms)
{
	if (now_ms >= t->leave_ms) {
		t->leave_ms = TERMS_NEVER;
		for (uint16_t u = 0; u < PRICES_UNITS_MAX; u++)
			unit_age(t, u, r, now_ms);
		for (uint32_t i = 0; i < t->mark_count; i++)
			mark_age(t, i, r, now_ms);
	}
	marks_settle(t, r, x);
	for (uint32_t w = 0; w < PRICES_UNITS_MAX; w += 64)
		for (uint64_t left = t->unit_used[w / 64]; left != 0;
		    left &= left - 1) {
			uint16_t u = (uint16_t)(w +
			    (uint32_t)__builtin_ctzll(left));

			if (terms_bit(t->unit_due, u) || index_has_moved(
			    &t->watch[u], terms_index_price(x, u)))
				unit_settle(t, u, r, x, now_ms);
		}
	memset(t->unit_due, 0, sizeof(t->unit_due));
}
