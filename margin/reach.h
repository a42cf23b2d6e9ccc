/* margin/reach.h - which vaults to value when prices move: by trigger ladders
 * while few are in reach (margin/bands.h), by a scan of all columns when a
 * shock has many in reach (margin/scan.h), and by ladders again once the
 * triggers have been placed anew, in slices.
 *
 * The caller keeps the order: reach_move with the new market, then reach_next
 * until it has no more, each slot valued exactly (ratio_evaluate) and its
 * result told by reach_note; then, once in a while, reach_settle.  Whatever
 * changed its state at this market is among the slots that reach_next names;
 * most of those that it names did not.
 *
 * All sums are integers, so that every machine names the same slots in the
 * same order.
 *
 * Units:  as margin/market.h.  Owns nothing: the caller places the arena.
 * Limits: as the vaults that it watches.
 * Source: DESIGN section 4.
 */
#ifndef MARGIN_REACH_H
#define MARGIN_REACH_H

#include "margin/bands.h"
#include "margin/scan.h"
#include "margin/vaults.h"
#include "margin/verdict.h"

#define REACH_BATCH 64u		/* slots that reach_next names at a time */
#define REACH_SHARE 1000u	/* beyond one in so many, a scan is cheaper */
#define REACH_LEAST 64u	/* but not below so many */

/* What is known of the lanes of a block. */
struct reach_block {
	uint64_t watched;	/* valued, and no price refused */
	uint64_t healthy, liquidatable;
	uint64_t always;	/* valued at each scan */
};

struct reach {
	const struct vaults *vaults;
	struct bands bands;
	enum scan_level level;	/* the best, unless set after init */
	struct reach_block *block;
	struct scan_mask *initial, *best;	/* of a slice of a scan */
	bool has_ladders;	/* triggers hold */
	bool must_value_all;	/* they did not, at this move */
	const struct book *book;	/* of this move */
	const struct market *market;
	uint32_t taken;		/* from ladders, at this move */
	bool is_behind;		/* triggers were passed that are not placed
				 * anew: moves are scanned */
	bool is_scanning;	/* reach_next has blocks left */
	bool is_blind;		/* prices that no scan can weigh: all are
				 * valued */
	struct scan_prices at_initial, at_best;
	uint32_t next_block;	/* of the scan */
	uint64_t lanes;		/* left of the block before it */
	uint32_t lanes_block;
	uint32_t slice_first, slice_count;	/* blocks whose masks are there */
	uint64_t scans, touched;	/* for metrics */
};

size_t reach_bytes(const struct vaults_limits *l);
/* reach_init: over a zeroed arena of that size, aligned to 64. */
void reach_init(struct reach *w, void *arena, const struct vaults_limits *l,
    const struct vaults *v, const struct book *b);

/* reach_move: m is the market now; `moved`, the assets that differ from the
 * market before. */
void reach_move(struct reach *w, const struct book *b, const struct market *m,
    u128 moved);
/* reach_next names at most REACH_BATCH slots to value; 0: no more. */
uint32_t reach_next(struct reach *w, uint32_t slot[REACH_BATCH]);
/* reach_settle, where a shock has left triggers to be placed anew: the next
 * REACH_BATCH slots of those, to be valued and told as above. */
uint32_t reach_settle(struct reach *w, uint32_t slot[REACH_BATCH]);

/* reach_note: what the valuation at the present market says.  state: by
 * verdict_state_from_ratio, or STALE where the vault cannot be valued. */
void reach_note(struct reach *w, const struct book *b, const struct market *m,
    uint32_t slot, const struct vault *v, enum vault_state state);
/* reach_forget: before the vault in a slot is replaced or deleted. */
void reach_forget(struct reach *w, uint32_t slot);

#endif
