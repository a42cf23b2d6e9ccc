/*~ Forwards, volatilities and marks: taken one by one here, judged together at
 * the end of a batch (oracle/terms_settle.c), and brought into a market. */
#include "oracle/terms_internal.h"

#include "base/must.h"
#include "margin/option.h"

#include <string.h>

#define EXPIRY_MAX_MS (30 * UINT64_C(31536000000))

/* ---- times and bounds ---------------------------------------------------- */

static bool
is_ahead(uint64_t as_of_ms, uint64_t now_ms)
{
	return as_of_ms > now_ms && as_of_ms - now_ms > PRICES_SKEW_MAX_MS;
}

/* time_check: of something that follows what was there at then_ms. */
static enum err
time_check(uint64_t as_of_ms, uint64_t then_ms, uint64_t now_ms,
    const struct terms_rules *r)
{
	if (as_of_ms == 0 || as_of_ms < then_ms ||
	    terms_is_old(as_of_ms, now_ms, r))
		return ERR_STALE;
	return is_ahead(as_of_ms, now_ms) ? ERR_RANGE : ERR_OK;
}

static enum err
expiry_check(uint64_t expiry_ms, uint64_t now_ms)
{
	if (expiry_ms <= now_ms)
		return ERR_STALE;
	return expiry_ms - now_ms > EXPIRY_MAX_MS ? ERR_RANGE : ERR_OK;
}

static bool
is_share(struct num18 v)
{
	return !num18_is_negative(v) && num18_compare(v, num18_one()) <= 0;
}

static bool
is_price(struct px18 p)
{
	return !px18_is_zero(p) && px18_to_raw(p) < TERMS_PRICE_MAX;
}

struct terms_span
terms_span(struct px18 p, const struct terms_rules *r)
{
	uint32_t by = ppb_to_raw(r->basis_max);
	struct terms_span s;

	MUST(is_price(p) && by < PPB_ONE_RAW);
	MUST(px18_scale(&s.low, p, PPB_ONE_RAW, PPB_ONE_RAW + by,
	    ROUND_CEIL) == ERR_OK);
	if (px18_scale(&s.high, p, PPB_ONE_RAW, PPB_ONE_RAW - by,
	    ROUND_FLOOR) != ERR_OK)
		s.high = px18_from_raw(U128_MAX);
	return s;
}

/* Where there is no index now it is taken, and held back until there is. */
static enum err
price_check(struct px18 p, const struct terms_rules *r,
    const struct price *index)
{
	struct terms_span s;

	if (!is_price(p))
		return ERR_RANGE;
	if (!index)
		return ERR_OK;
	s = terms_span(p, r);
	return terms_span_has(&s, index->mid) ? ERR_OK : ERR_REFUSED;
}

const struct price *
terms_index_price(const struct terms_index *x, uint16_t unit)
{
	const struct price *p = &x->unit[unit];

	return p->status == PRICE_REFUSED || px18_is_zero(p->mid) ? NULL : p;
}

const char *
terms_held_name(uint32_t held)
{
	return held == TERMS_COUNTS ? "counts" :
	    held == TERMS_CALENDAR ? "calendar" : "basis";
}

/* ---- expiries ------------------------------------------------------------ */

/* The place of an expiry: its own, or where it would stand. */
static uint32_t
place_of(const struct terms_unit *u, uint64_t expiry_ms)
{
	uint32_t at = 0;

	while (at < u->count && u->expiry[at].expiry_ms < expiry_ms)
		at++;
	return at;
}

static struct terms_expiry *
expiry_find(struct terms *t, uint16_t unit, uint64_t expiry_ms)
{
	struct terms_unit *u = &t->unit[unit];
	uint32_t at;

	MUST(unit < PRICES_UNITS_MAX);
	at = place_of(u, expiry_ms);
	return at < u->count && u->expiry[at].expiry_ms == expiry_ms ?
	    &u->expiry[at] : NULL;
}

/* expiry_put: NULL where there is no room for one more. */
static struct terms_expiry *
expiry_put(struct terms *t, uint16_t unit, uint64_t expiry_ms)
{
	struct terms_unit *u = &t->unit[unit];
	struct terms_expiry *e = expiry_find(t, unit, expiry_ms);
	uint32_t at;

	if (e || u->count == MARKET_EXPIRIES_MAX)
		return e;
	at = place_of(u, expiry_ms);
	memmove(&u->expiry[at + 1], &u->expiry[at],
	    (u->count - at) * sizeof(*e));
	u->count++;
	e = &u->expiry[at];
	memset(e, 0, sizeof(*e));
	e->expiry_ms = expiry_ms;
	terms_bit_set(t->unit_used, unit);
	return e;
}

void
terms_forget_beside(struct terms_unit *u, struct terms_expiry *at)
{
	at->beside_ms = 0;
	for (uint32_t i = 0; i < u->count; i++)
		if (u->expiry[i].beside_ms == at->expiry_ms)
			u->expiry[i].beside_ms = 0;
}

/* ---- forwards ------------------------------------------------------------ */

enum err
terms_take_forward(struct terms *t, const struct wire_forward *w,
    const struct terms_rules *r, const struct price *index, uint64_t now_ms)
{
	struct terms_expiry *at = expiry_find(t, w->unit, w->expiry_ms);
	struct terms_forward f = { .as_of_ms = w->as_of_ms,
		.price = px18_from_raw(wire_to_u128(w->price)),
		.confidence = num18_from_raw((i128)
		    wire_to_u128(w->confidence)) };
	enum err e = expiry_check(w->expiry_ms, now_ms);

	if (e == ERR_OK)
		e = time_check(w->as_of_ms, at ? at->forward.as_of_ms : 0,
		    now_ms, r);
	if (e != ERR_OK)
		return e;
	if (px18_is_zero(f.price)) {
		if (at && at->forward.as_of_ms != 0) {
			at->forward = (struct terms_forward){ 0 };
			terms_unit_note(t, w->unit);
		}
		return ERR_OK;
	}
	e = is_share(f.confidence) ? price_check(f.price, r, index) :
	    ERR_RANGE;
	if (e != ERR_OK)
		return e;
	at = expiry_put(t, w->unit, w->expiry_ms);
	if (!at)
		return ERR_LIMIT;
	f.held = TERMS_BASIS;	/* until the batch ends */
	at->forward = f;
	terms_leaves_at(t, f.as_of_ms, w->expiry_ms, r);
	terms_bit_set(t->unit_due, w->unit);
	terms_unit_note(t, w->unit);
	return ERR_OK;
}

/* ---- slices -------------------------------------------------------------- */

static struct num18
signed_from(struct wire_u128 v)
{
	return num18_from_raw((i128)wire_to_u128(v));
}

static bool
slice_is_none(const struct wire_slice *w)
{
	static const struct wire_u128 zero;
	const struct wire_u128 *part[] = { &w->a, &w->b, &w->rho, &w->m,
		&w->sigma };

	for (size_t i = 0; i < ARRAY_COUNT(part); i++)
		if (memcmp(part[i], &zero, sizeof(zero)) != 0)
			return false;
	return true;
}

static void
slice_from(struct terms_slice *out, const struct wire_slice *w)
{
	*out = (struct terms_slice){
		.as_of_ms = w->as_of_ms,
		.svi = { .a = signed_from(w->a), .b = signed_from(w->b),
		    .rho = signed_from(w->rho), .m = signed_from(w->m),
		    .sigma = signed_from(w->sigma),
		    .forward = px18_from_raw(wire_to_u128(w->forward)),
		    .tau = option_tau(w->expiry_ms > w->as_of_ms ?
		    w->expiry_ms - w->as_of_ms : 0) },
		.confidence = signed_from(w->confidence),
		.error = signed_from(w->error),
	};
}

static enum err
slice_check(struct terms *t, const struct terms_slice *s,
    const struct terms_rules *r, const struct price *index)
{
	struct num18 error_max = num18_from_raw((i128)
	    ppb_to_raw(r->error_max) * (i128)(WAD_ONE_RAW / PPB_ONE_RAW));
	enum surface_fault fault;
	enum err e;

	if (!is_share(s->confidence) || num18_is_negative(s->error))
		return ERR_RANGE;
	e = price_check(s->svi.forward, r, index);
	if (e == ERR_OK && num18_compare(s->error, error_max) > 0)
		e = ERR_REFUSED;
	if (e != ERR_OK)
		return e;
	fault = surface_check_slice(&s->svi);
	if (fault == SURFACE_GOOD)
		return ERR_OK;
	t->refused[fault]++;
	return fault == SURFACE_RANGE ? ERR_RANGE : ERR_REFUSED;
}

static enum err
slice_remove(struct terms *t, uint16_t unit, struct terms_expiry *at)
{
	if (!at)
		return ERR_OK;
	at->offered.as_of_ms = 0;
	terms_forget_beside(&t->unit[unit], at);
	terms_bit_set(t->unit_due, unit);	/* others are neighbours now */
	if (at->slice.as_of_ms != 0) {
		at->slice = (struct terms_slice){ 0 };
		terms_unit_note(t, unit);
	}
	return ERR_OK;
}

enum err
terms_take_slice(struct terms *t, const struct wire_slice *w,
    const struct terms_rules *r, const struct price *index, uint64_t now_ms)
{
	struct terms_expiry *at = expiry_find(t, w->unit, w->expiry_ms);
	uint64_t then_ms = !at ? 0 : at->offered.as_of_ms != 0 ?
	    at->offered.as_of_ms : at->slice.as_of_ms;
	struct terms_slice s;
	enum err e = expiry_check(w->expiry_ms, now_ms);

	if (e == ERR_OK)
		e = time_check(w->as_of_ms, then_ms, now_ms, r);
	if (e != ERR_OK)
		return e;
	if (slice_is_none(w))
		return slice_remove(t, w->unit, at);
	slice_from(&s, w);
	e = slice_check(t, &s, r, index);
	if (e != ERR_OK)
		return e;
	at = expiry_put(t, w->unit, w->expiry_ms);
	if (!at)
		return ERR_LIMIT;
	at->offered = s;
	terms_forget_beside(&t->unit[w->unit], at);
	/* It may grow old before the batch ends. */
	terms_leaves_at(t, s.as_of_ms, w->expiry_ms, r);
	terms_bit_set(t->unit_due, w->unit);
	return ERR_OK;
}

/* ---- marks --------------------------------------------------------------- */

/* Each part's own time is followed; of 8 hours' funding no more than all. */
enum err
terms_take_mark(struct terms *t, const struct wire_mark *w,
    const struct terms_rules *r, const struct price *index, bool is_option,
    uint64_t now_ms)
{
	struct terms_mark *at = &t->mark[w->instrument], next = *at;
	enum err e = ERR_OK;

	MUST(w->instrument < t->mark_count);
	if (w->has_mark) {
		next.mark_ms = w->exchange_ms;
		next.held = TERMS_BASIS;	/* until the batch ends */
		next.mark = px18_from_raw(wire_to_u128(w->mark));
		e = time_check(w->exchange_ms, at->mark_ms, now_ms, r);
		if (e == ERR_OK && !is_option)
			e = price_check(next.mark, r, index);
		else if (e == ERR_OK && px18_to_raw(next.mark) >= TERMS_PRICE_MAX)
			e = ERR_RANGE;
	}
	if (e == ERR_OK && w->has_funding) {
		next.funding_ms = w->exchange_ms;
		next.funding = signed_from(w->funding);
		e = time_check(w->exchange_ms, at->funding_ms, now_ms, r);
		if (e == ERR_OK && (num18_compare(next.funding,
		    num18_one()) > 0 || num18_compare(next.funding,
		    num18_from_raw(-(i128)WAD_ONE_RAW)) < 0))
			e = ERR_RANGE;
	}
	if (e == ERR_OK && w->has_interest) {
		next.interest_ms = w->exchange_ms;
		next.interest = usd18_from_raw((i128)
		    wire_to_u128(w->interest));
		e = time_check(w->exchange_ms, at->interest_ms, now_ms, r);
		if (e == ERR_OK && (usd18_is_negative(next.interest) ||
		    wire_to_u128(w->interest) >= TERMS_PRICE_MAX))
			e = ERR_RANGE;
	}
	if (e != ERR_OK)
		return e;
	*at = next;
	terms_leaves_at(t, w->exchange_ms, TERMS_NEVER, r);
	terms_bit_set(t->mark_moved, w->instrument);
	t->generation++;
	return ERR_OK;
}

/* ---- into a market ------------------------------------------------------- */

static void
factor_apply(struct market_factor *out, const struct terms_unit *u)
{
	out->forward_count = out->slice_count = 0;
	for (uint32_t i = 0; i < u->count; i++) {
		const struct terms_expiry *e = &u->expiry[i];

		if (e->forward.as_of_ms != 0 && e->forward.held == TERMS_COUNTS)
			out->forward[out->forward_count++] =
			    (struct market_forward){
				.expiry_ms = e->expiry_ms,
				.price = e->forward.price,
				.confidence = e->forward.confidence };
		if (e->slice.as_of_ms != 0 && e->slice.held == TERMS_COUNTS)
			out->slice[out->slice_count++] =
			    (struct market_slice){
				.expiry_ms = e->expiry_ms,
				.svi = e->slice.svi,
				.confidence = e->slice.confidence };
	}
}

static void
mark_apply(struct market_mark *out, const struct terms_mark *m)
{
	*out = (struct market_mark){
		.has_mark = m->mark_ms != 0 && m->held == TERMS_COUNTS,
		.has_open_interest = m->interest_ms != 0 };
	if (out->has_mark)
		out->mark = m->mark;
	if (out->has_open_interest)
		out->open_interest = m->interest;
}

void
terms_apply(struct market_terms *out, struct terms *t, const struct book *b,
    const uint16_t *unit)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < b->asset_count; i++) {
		uint8_t f = b->assets[i].factor;
		bool is_first = (seen >> f & 1) == 0;

		seen |= UINT64_C(1) << f;
		if (is_first && terms_bit(t->unit_moved, unit[i]))
			factor_apply(&out->factor[f], &t->unit[unit[i]]);
	}
	memset(t->unit_moved, 0, sizeof(t->unit_moved));
	for (uint32_t w = 0; w < ARRAY_COUNT(t->mark_moved); w++)
		for (; t->mark_moved[w] != 0;
		    t->mark_moved[w] &= t->mark_moved[w] - 1) {
			uint32_t i = w * 64 +
			    (uint32_t)__builtin_ctzll(t->mark_moved[w]);

			if (i < t->mark_count)
				mark_apply(&out->mark[i], &t->mark[i]);
		}
}

void
terms_move_all(struct terms *t)
{
	memset(t->unit_moved, 0xff, sizeof(t->unit_moved));
	memset(t->mark_moved, 0xff, sizeof(t->mark_moved));
}

/* ---- what somebody else wrote -------------------------------------------- */

/* A time that a double can hold, as readers of JSON have it; or none. */
static bool
is_time(uint64_t ms)
{
	return ms < UINT64_C(1) << 53;
}

static bool
slice_is_good(const struct terms_slice *s)
{
	return is_time(s->as_of_ms) && is_share(s->confidence) &&
	    is_price(s->svi.forward) && surface_check_slice(&s->svi) == SURFACE_GOOD;
}

static void
unit_believe(struct terms_unit *u)
{
	uint32_t kept = 0;

	if (u->count > MARKET_EXPIRIES_MAX)
		u->count = MARKET_EXPIRIES_MAX;
	for (uint32_t i = 0; i < u->count; i++) {
		struct terms_expiry *e = &u->expiry[i];

		if (!is_time(e->expiry_ms) || (kept > 0 &&
		    e->expiry_ms <= u->expiry[kept - 1].expiry_ms))
			continue;
		if (!is_time(e->forward.as_of_ms) || !is_price(e->forward.price) ||
		    !is_share(e->forward.confidence))
			e->forward.as_of_ms = 0;
		if (e->slice.as_of_ms != 0 && !slice_is_good(&e->slice))
			e->slice.as_of_ms = 0;
		u->expiry[kept++] = *e;
	}
	u->count = kept;
}

void
terms_believe(struct terms *t)
{
	if (t->mark_count > INSTRUMENTS_MAX)
		t->mark_count = INSTRUMENTS_MAX;
	for (uint16_t u = 0; u < PRICES_UNITS_MAX; u++)
		unit_believe(&t->unit[u]);
	for (uint32_t i = 0; i < t->mark_count; i++) {
		struct terms_mark *m = &t->mark[i];

		if (!is_time(m->mark_ms) || !is_price(m->mark))
			m->mark_ms = 0;
		if (!is_time(m->funding_ms))
			m->funding_ms = 0;
		if (!is_time(m->interest_ms) || usd18_is_negative(m->interest) ||
		    (u128)usd18_to_raw(m->interest) >= TERMS_PRICE_MAX)
			m->interest_ms = 0;
	}
}
