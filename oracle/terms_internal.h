/* oracle/terms_internal.h - the rooms of oracle/terms*.c, for them only.
 *
 *   terms.c         what comes, and what goes into a market
 *   terms_settle.c  the end of a batch
 */
#ifndef ORACLE_TERMS_INTERNAL_H
#define ORACLE_TERMS_INTERNAL_H

#include "oracle/terms.h"

#define TERMS_PRICE_MAX ((u128)WAD_ONE_RAW * 1000000000000000u)
#define TERMS_NEVER UINT64_MAX

static inline bool
terms_bit(const uint64_t *bits, uint32_t at)
{
	return (bits[at / 64] >> at % 64 & 1) != 0;
}

static inline void
terms_bit_set(uint64_t *bits, uint32_t at)
{
	bits[at / 64] |= UINT64_C(1) << at % 64;
}

static inline bool
terms_is_old(uint64_t as_of_ms, uint64_t now_ms, const struct terms_rules *r)
{
	return now_ms > as_of_ms && now_ms - as_of_ms > r->age_max_ms;
}

/* terms_span: the index prices that p counts beside, the ends included: p is at
 * least 1 - basis_max and at most 1 + basis_max of each.  p above zero and
 * below TERMS_PRICE_MAX, basis_max below one: MUST. */
struct terms_span {
	struct px18 low, high;
};
struct terms_span terms_span(struct px18 p, const struct terms_rules *r);

static inline bool
terms_span_has(const struct terms_span *s, struct px18 index)
{
	return px18_compare(index, s->low) >= 0 &&
	    px18_compare(index, s->high) <= 0;
}

/* terms_unit_note: something of it that is seen changed. */
static inline void
terms_unit_note(struct terms *t, uint16_t unit)
{
	terms_bit_set(t->unit_moved, unit);
	t->generation++;
}

/* terms_leaves_at: it leaves at the first millisecond at which it is too old,
 * or expired. */
static inline void
terms_leaves_at(struct terms *t, uint64_t as_of_ms, uint64_t expiry_ms,
    const struct terms_rules *r)
{
	uint64_t at = as_of_ms > TERMS_NEVER - 1 - r->age_max_ms ?
	    TERMS_NEVER : as_of_ms + r->age_max_ms + 1;

	if (at > expiry_ms)
		at = expiry_ms;
	if (t->leave_ms > at)
		t->leave_ms = at;
}

/* terms_forget_beside: another slice stands, or will stand, at that expiry:
 * what was found of it and its neighbours says nothing more. */
void terms_forget_beside(struct terms_unit *u, struct terms_expiry *at);

#endif
