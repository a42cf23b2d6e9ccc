/* feeds/prices_state.h - what is held of units and markets from a tick to a
 * price: the config, what each market said, what was made of it.  prices.h and
 * its parts (prices_listing, prices_vote, prices_wrap) share it.  Pure.
 *
 * Units:  px18; ms; factors in ppb.
 * Owns:   nothing beyond struct prices (the caller places it; about 500 KiB).
 * Limits: PRICES_UNITS_MAX units, PRICES_MARKETS_MAX markets in all,
 *         PRICES_VOTES_MAX of one unit.
 */
#ifndef FEEDS_PRICES_STATE_H
#define FEEDS_PRICES_STATE_H

#include "base/price.h"
#include "base/types.h"

#define PRICES_UNITS_MAX 256u
#define PRICES_MARKETS_MAX 1024u
#define PRICES_VENUES_MAX 64u
#define PRICES_WRAPS_MAX 64u	/* wrapped units */
#define PRICES_VOTES_MAX 32u	/* markets of one unit */
#define PRICES_NAME_MAX 16u	/* with its NUL */
#define PRICES_UNIT_USD 0u	/* unit 0 is always the dollar itself */
#define PRICES_WEIGHT_MAX 4u	/* of a market; a group holds less than half */
#define PRICES_SKEW_DEGRADED_MS 2000u	/* a clock further ahead degrades */
#define PRICES_SKEW_MAX_MS 10000u	/* and further than this has no vote */
#define PRICES_BEAT_MS 30000u	/* how long heartbeats renew a book */

struct prices_rule {
	uint32_t quorum;		/* groups; at least 1 */
	uint64_t age_max_ms;
	struct ppb dispersion_max;
	struct ppb band_max;
	bool is_constant_unsafe;	/* declared, not measured: DEGRADED */
	struct px18 constant;		/* then this is the price */
};

/* A token that is redeemed for another unit at a rate (wstETH, ERC-4626
 * shares).  Both rate x base and the market's price are kept; the price is the
 * one that the config names, and neither ever stands in for the other. */
struct prices_wrap {
	bool is_wrapped;
	bool by_rate;		/* rate x base; else what the markets say */
	uint16_t of;		/* unit that it is redeemed for */
	uint64_t age_max_ms;	/* of the rate */
	struct px18 pinned;	/* the rate that an operator saw, */
	uint64_t pinned_ms;	/* and when; ahead of now it settles nothing */
	struct ppb growth_max;	/* a year since then, simple */
	struct ppb fall_max;	/* below the pinned one */
	struct ppb gap_max;	/* between rate x base and the market's */
};

/* Slow companions: an average over window_ms, and a stable price that follows
 * it at most so fast.  They limit borrowing power, nothing else. */
struct prices_slow {
	bool has_slow;
	uint64_t window_ms;
	struct ppb step_max;	/* of the stable price, an hour */
};

/* A thing with a price: "ETH", "USDT".  Unit 0 is "USD", price one. */
struct prices_unit {
	char name[PRICES_NAME_MAX];
	struct prices_rule rule;
	struct prices_wrap wrap;
	struct prices_slow slow;
};

struct prices_market {
	uint16_t venue;		/* index into the configured venues */
	uint16_t operator_id;	/* equal numbers share an operator */
	uint16_t base;		/* unit that is priced */
	uint16_t quote;		/* unit it is priced in */
	uint32_t weight;	/* relative, 1 (default) to PRICES_WEIGHT_MAX */
	uint16_t correlation_id;	/* equal numbers share an index or a
					 * pool and are one group; 0: none */
	uint64_t age_max_ms;	/* instead of the unit's; 0: the unit's */
	uint64_t pinned_ms;	/* what was doubtful of the listing before is
				 * settled; ahead of now it settles nothing */
	bool is_inverse;	/* the venue says quote units the other way
				 * round: base units per quote unit */
	bool is_by_address;	/* a contract's address, not a ticker's name,
				 * says what it is: never doubted */
};

struct prices_config {
	size_t unit_count;
	size_t market_count;
	struct prices_unit unit[PRICES_UNITS_MAX];
	struct prices_market market[PRICES_MARKETS_MAX];
};

/* What a market last said. */
struct prices_quote {
	bool has_book, has_last;
	struct px18 bid, ask, last;
	uint64_t book_ms, last_ms;	/* exchange time of each */
	uint64_t recv_ms;		/* of the newest */
	uint32_t skew_ms;		/* newest measured, 0 when behind */
	bool has_time;
};

/* Why a market did or did not vote in the last computation. */
enum prices_vote {
	VOTE_COUNTED, VOTE_SILENT, VOTE_STALE, VOTE_CROSSED, VOTE_OUTLIER,
	VOTE_SKEWED, VOTE_UNCONVERTED, VOTE_DOUBTED,
};
/* Static words, as they stand in JSON: "counted", "silent", ... */
const char *prices_vote_name(enum prices_vote v);

struct prices_source {
	enum prices_vote vote;
	struct px18 mid;	/* in USD; zero where there is none */
	uint64_t time_ms;	/* that its age counts from; 0: none */
};

static inline uint64_t
prices_source_age(const struct prices_source *s, uint64_t now_ms)
{
	return s->time_ms != 0 && now_ms > s->time_ms ? now_ms - s->time_ms : 0;
}

/* A set of operators, of correlations and of declared units: what a vote
 * depends on.  Votes whose sets meet are one group. */
#define PRICES_SET_WORDS \
	((2u * PRICES_MARKETS_MAX + PRICES_UNITS_MAX) / 64u)
struct prices_set {
	uint64_t w[PRICES_SET_WORDS];
};

struct prices_rate {
	bool has_rate;
	struct px18 rate;	/* of the base, whole units both */
	uint64_t time_ms;	/* when it held, by the chain's own time */
};

/* How long a venue was heard, in all. */
struct prices_talk {
	uint64_t heard_ms, talk_ms;
};

/* Where a listing was when it was last seen. */
struct prices_listing {
	struct px18 price;	/* in its quote unit */
	uint64_t seen_ms;	/* exchange time; 0: never */
	uint64_t talk_ms;	/* its venue's, then */
	uint64_t doubt_ms;	/* since when it may be another; 0: never */
};

/* What makes a unit's price be computed anew. */
struct prices_cache {
	bool is_dirty;		/* something of it was said */
	bool is_quote;		/* others are priced in it */
	bool is_changed;	/* more than its age, by the last computation */
	uint64_t until_ms;	/* from here on a vote is another one */
	uint64_t oldest_ms;	/* of the votes and of their conversions' votes:
				 * what its age counts from */
};

struct prices {
	const struct prices_config *config;
	uint16_t order[PRICES_UNITS_MAX];	/* units, conversions first */
	/* Markets by unit: by_unit[first[u]] to by_unit[first[u + 1] - 1]. */
	uint16_t first[PRICES_UNITS_MAX + 1], by_unit[PRICES_MARKETS_MAX];
	struct prices_quote quote[PRICES_MARKETS_MAX];
	uint64_t beat_ms[PRICES_MARKETS_MAX];	/* heartbeat of its venue */
	struct prices_listing listing[PRICES_MARKETS_MAX];
	struct prices_talk talk[PRICES_VENUES_MAX];
	uint64_t doubts;		/* rises with each new one */
	struct prices_rate rate[PRICES_UNITS_MAX];
	struct price price[PRICES_UNITS_MAX];
	/* Of a wrapped unit: by its rate, and by its markets. */
	struct price rated[PRICES_UNITS_MAX], traded[PRICES_UNITS_MAX];
	/* When two groups last contradicted its rate, and nobody agreed with
	 * it since; 0: never.  It outlives the engine. */
	uint64_t apart_ms[PRICES_UNITS_MAX];
	struct prices_source source[PRICES_MARKETS_MAX];
	/* The lowest market of the same operator stands for the operator, and
	 * so for a correlation. */
	uint16_t operator_market[PRICES_MARKETS_MAX];
	uint16_t correlation_market[PRICES_MARKETS_MAX];
	/* What a unit's price depends on if one group alone made it (or it is
	 * declared); empty otherwise. */
	size_t set_words;	/* of a set that are used */
	struct prices_set single[PRICES_UNITS_MAX];
	struct prices_cache cache[PRICES_UNITS_MAX];
	uint64_t computed_ms;
	uint64_t votes;		/* taken: what computations cost */
};

/* An observation of one market.  A book needs both sides, a lone side is no
 * book; neither a book nor a trade says that it has a book and that this is
 * void.  Without a time exchange_ms is 0: it does not vote. */
struct prices_tick {
	uint16_t market;
	bool has_book, has_last;
	struct px18 bid, ask, last;
	uint64_t exchange_ms;
	uint64_t recv_ms;
};

#endif
