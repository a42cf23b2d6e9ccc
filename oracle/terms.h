/* oracle/terms.h - what the running service knows of contracts beyond prices:
 * forward prices and volatilities by unit and expiry, marks by instrument.
 * Pure: who has them takes messages (wire.h), ends a batch with terms_settle,
 * and brings what moved into a market with terms_apply.
 *
 * A slice is checked alone (margin/surface_check.h) when it comes, and against
 * its neighbours at the end of the batch, so that those which were fitted
 * together are judged together whatever their order; one that fails is dropped,
 * and what was accepted before stays.  What is older than age_max, or expired,
 * leaves at the end of a batch.  A time is the venues' own: of a slice the
 * moment at which its total variance holds; its tau is what was left then, so
 * that its volatilities stand still until the next one.
 *
 * Nothing here is in the signed vector: a forward, a slice or a mark counts
 * only within basis_max of the index price, which is, and none of a unit whose
 * index price is refused.  That holds at the end of every batch, not only when
 * it came: what is too far is held back and counts again once it is within.  So
 * is of two slices that have become neighbours, because one between them left,
 * the less sure one while they cross.  Each unit keeps how far its index may go
 * before something changes: a batch costs a comparison a unit.
 *
 * Units:  as wire.h and margin/market.h; times Unix ms.
 * Owns:   nothing.
 * Limits: MARKET_EXPIRIES_MAX expiries of a unit; a time at most
 *         PRICES_SKEW_MAX_MS ahead; a price below 1e15.
 */
#ifndef ORACLE_TERMS_H
#define ORACLE_TERMS_H

#include "feeds/prices.h"
#include "margin/market.h"
#include "margin/surface_check.h"
#include "oracle/wire.h"

struct terms_rules {
	uint64_t age_max_ms;	/* above zero */
	struct ppb error_max;	/* of a slice, in volatility */
	struct ppb basis_max;	/* of the index price, either way */
};

/* Why something does not count, though it is there. */
enum terms_held {
	TERMS_COUNTS = 0,
	TERMS_BASIS,	/* no index price, or too far from it */
	TERMS_CALENDAR,	/* it crosses a neighbour that is surer */
};
/* terms_held_name: a static lower-case word, never NULL. */
const char *terms_held_name(uint32_t held);

struct terms_forward {
	uint64_t as_of_ms;	/* 0: there is none */
	uint32_t held, zero;	/* enum terms_held */
	struct px18 price;
	struct num18 confidence;
};

struct terms_slice {
	uint64_t as_of_ms;	/* 0: there is none */
	uint32_t held, zero;	/* enum terms_held */
	struct svi svi;
	struct num18 confidence, error;
};

struct terms_expiry {
	uint64_t expiry_ms;
	/* The nearer one that its slice, as it is, was found not to cross. */
	uint64_t beside_ms;
	struct terms_forward forward;
	struct terms_slice slice;	/* accepted */
	struct terms_slice offered;	/* since the batch began */
};

struct terms_unit {
	uint32_t count;
	uint32_t zero;
	struct terms_expiry expiry[MARKET_EXPIRIES_MAX];	/* ascending */
};

/* What the last batch found of a unit: whether there was an index price, and
 * the least and the greatest with which nothing changes. */
struct terms_watch {
	bool has_index;
	struct px18 low, high;
};

/* Each figure with the exchange's time of it; 0: there is none. */
struct terms_mark {
	uint64_t mark_ms, funding_ms, interest_ms;
	uint32_t held, zero;	/* of the mark; enum terms_held */
	struct px18 mark;
	struct num18 funding;	/* of 8 hours; not in any requirement */
	struct usd18 interest;
};

struct terms {
	uint64_t generation;	/* rises with each visible change */
	uint64_t taken, refused[SURFACE_FAULTS];	/* slices, by fault */
	uint64_t leave_ms;	/* nothing leaves before */
	uint32_t mark_count;	/* instruments of the book */
	uint32_t zero;
	/* A bit a unit: something of it was there, is to be settled, moved
	 * since terms_apply. */
	uint64_t unit_used[PRICES_UNITS_MAX / 64];
	uint64_t unit_due[PRICES_UNITS_MAX / 64];
	uint64_t unit_moved[PRICES_UNITS_MAX / 64];
	uint64_t mark_moved[INSTRUMENTS_MAX / 64];
	struct terms_unit unit[PRICES_UNITS_MAX];
	struct terms_mark mark[INSTRUMENTS_MAX];
	struct terms_watch watch[PRICES_UNITS_MAX];	/* not on the board */
};
_Static_assert(PRICES_UNITS_MAX % 64 == 0 && INSTRUMENTS_MAX % 64 == 0,
    "a bit each");

/* What terms are measured by. */
struct terms_index {
	const struct price *unit;	/* by unit */
	const uint16_t *mark;	/* by instrument: its underlying's unit, or
				 * one of these */
};
#define TERMS_MARK_FREE UINT16_MAX	/* an option: its mark is not used */
#define TERMS_MARK_LOST (UINT16_MAX - 1u)	/* no asset says its price */

/* terms_index_price: NULL where it is refused. */
const struct price *terms_index_price(const struct terms_index *x,
    uint16_t unit);

/* terms_take_*: index, the index price of the unit or underlying, or NULL
 * where it is refused.  Nothing is changed unless the answer is ERR_OK.
 *	ERR_STALE	older than age_max, or than what is there; expired; no
 *			time at all
 *	ERR_RANGE	a figure outside its type's or its own bounds, an
 *			expiry beyond 30 years, a time ahead; of a slice
 *			SURFACE_RANGE too
 *	ERR_REFUSED	too far from the index; a slice with too large an
 *			error, or with arbitrage
 *	ERR_LIMIT	one expiry too many
 * A forward or slice of zeros takes away what is there.  A mark's parts are
 * taken each by itself; what is absent stays. */
MUST_CHECK enum err terms_take_forward(struct terms *t,
    const struct wire_forward *w, const struct terms_rules *r,
    const struct price *index, uint64_t now_ms);
MUST_CHECK enum err terms_take_slice(struct terms *t,
    const struct wire_slice *w, const struct terms_rules *r,
    const struct price *index, uint64_t now_ms);
/* Of an option the mark is not used: it is priced from the surface. */
MUST_CHECK enum err terms_take_mark(struct terms *t,
    const struct wire_mark *w, const struct terms_rules *r,
    const struct price *index, bool is_option, uint64_t now_ms);

/* terms_settle ends a batch at now_ms, at the prices that it led to. */
void terms_settle(struct terms *t, const struct terms_rules *r,
    const struct terms_index *x, uint64_t now_ms);

/* terms_apply brings what moved since the last time into out: of each factor
 * what counts of the unit that its index price comes from, which is that of its
 * lowest asset; unit: by asset.  terms_move_all: everything did. */
void terms_apply(struct market_terms *out, struct terms *t,
    const struct book *b, const uint16_t *unit);
void terms_move_all(struct terms *t);

/* terms_believe makes terms that somebody else wrote fit for terms_apply:
 * what is outside the bounds above, or out of order, is left out. */
void terms_believe(struct terms *t);

#endif
