/* margin/portfolio_reach.h - which vaults with positions to evaluate when the
 * market changes: for methods `standard` and `scenario` what margin/reach.h is
 * for `ratio`.
 *
 * A HEALTHY vault stays HEALTHY while neither its initial excess at the worst
 * point of the band nor its maintenance excess at mid can have fallen below
 * zero.  Bounds of both (margin/portfolio_bound.h) give a radius: the vault has
 * a trigger so far above and below the price of each of its factors, and of
 * each slow companion of its tokens, and while none is passed, and no epoch of
 * its factors is over (margin/portfolio_epoch.h), its state is what it was.
 * A move costs what it passes, and one pass over the prices.
 *
 *	portfolio_reach_move(r, s);
 *	while ((n = portfolio_reach_next(r, slots)) > 0)
 *		of each slot: margin_evaluate(.., margin_own_method),
 *		portfolio_reach_note with the state; where it fails, with STALE
 *
 * What an epoch leaves slack for is taken from the radius, and of a vault near
 * its edge it would leave nothing.  So there are epochs of PORTFOLIO_TIERS
 * tiers, each with a quarter of the slack of the one before; a vault is in the
 * first that leaves it half of the radius of the last.
 *
 * What is named:
 *	triggers	vaults whose radius may have been left
 *	epochs		all vaults of a tier and factor, or those of its dated
 *			contracts
 *	always		on every change of one of its factors, of the clock or
 *			of a rate: what is not HEALTHY, has no bound, or is
 *			within a bucket (some 1e-4) of its edge; other methods;
 *			vaults that have a parent or children
 *	held		with the epochs alone: STALE for a refused price, until
 *			it comes back; PENDING, which hangs on the clock
 * Each vault once a move, in an order that is the same on every machine.  The
 * clock is s->market->as_of_ms: who lets it stand within a step of a minute
 * (margin/scenario_live.h) has what is dated named once a step.
 *
 * Not seen here, and the caller's to note again: a change of a vault, its
 * orders, its liens' grants.  After a change of rules, of the returns in place,
 * of a sample or of floors: portfolio_reach_restart.
 *
 * Units:  as margin/market.h.  Owns nothing: the caller places the arena.
 * Limits: of struct portfolio_reach_limits.
 * Source: DESIGN section 4.
 */
#ifndef MARGIN_PORTFOLIO_REACH_H
#define MARGIN_PORTFOLIO_REACH_H

#include "margin/bands_ladder.h"
#include "margin/portfolio_epoch.h"

#define PORTFOLIO_REACH_BATCH 64u
#define PORTFOLIO_TIERS 3u

struct portfolio_reach_limits {
	uint32_t vaults;
	uint64_t legs;		/* of all vaults together: a vault's factors,
				 * and its tokens once for each slow companion
				 * of their prices */
	struct portfolio_epoch_limits market;
};

/* A price with triggers: of a factor, or a slow companion of an asset. */
struct portfolio_reach_price {
	bool is_known;
	struct px18 price;
	uint32_t bucket;
};

/* A HEALTHY vault without a radius is not asked again each time. */
struct portfolio_reach_try {
	uint8_t misses;		/* in a row */
	uint8_t wait;		/* this many times */
};

struct portfolio_reach {
	struct portfolio_reach_limits limits;
	struct portfolio_epoch epoch[PORTFOLIO_TIERS];
	struct ladder ladder;
	struct portfolio_reach_price *price;
	uint32_t price_count;
	uint32_t *queue;	/* to be named: from queue_first on */
	uint32_t queue_first, queue_count;
	uint64_t *queued;	/* a bit a vault */
	struct portfolio_reach_try *tried;	/* of each vault */
	uint64_t moves, named;	/* for metrics */
	uint64_t by_trigger, by_epoch, by_always;	/* of those named */
};

/* portfolio_reach_bytes: 140 KB for each factor, 280 KB for each asset, touched
 * where used; 11 bytes a vault, 36 a leg. */
size_t portfolio_reach_bytes(const struct portfolio_reach_limits *l);
/* portfolio_reach_init: over a zeroed arena of that size, aligned to 64, which
 * is kept.  slack, of the first tier, as portfolio_epoch_init; its basis at
 * least 2e-4 (MUST). */
void portfolio_reach_init(struct portfolio_reach *r, void *arena,
    const struct portfolio_reach_limits *l,
    const struct portfolio_slack *slack);
/* portfolio_reach_restart: the next move names every vault that was noted. */
void portfolio_reach_restart(struct portfolio_reach *r);

/* portfolio_reach_move: the market is now s's.  What the move before left
 * unnamed stays to be named. */
void portfolio_reach_move(struct portfolio_reach *r,
    const struct snapshot *s);
/* portfolio_reach_next names at most PORTFOLIO_REACH_BATCH slots to evaluate;
 * 0: no more.  What is named has no triggers until it is noted, and is not
 * named again before. */
uint32_t portfolio_reach_next(struct portfolio_reach *r,
    uint32_t slot[PORTFOLIO_REACH_BATCH]);

/* portfolio_reach_note: what margin_evaluate says of a vault through
 * margin_own_method, in the market of the last move (MUST have been); STALE
 * where it fails.  Works in the snapshot's struct method_work.  ERR_LIMIT: more
 * legs than the limits have; the vault is not watched. */
MUST_CHECK enum err portfolio_reach_note(struct portfolio_reach *r,
    const struct snapshot *s, uint32_t slot, enum vault_state state);
/* portfolio_reach_forget: before the vault in a slot is deleted; it is not
 * named until it is noted again. */
void portfolio_reach_forget(struct portfolio_reach *r, uint32_t slot);

/* portfolio_reach_radius: how far its prices may go before a HEALTHY vault is
 * named, and the tier of its epochs; zero where it always is. */
struct num18 portfolio_reach_radius(unsigned *tier,
    const struct portfolio_reach *r, const struct snapshot *s,
    uint32_t slot);

#endif
