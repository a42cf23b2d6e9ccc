/* feeds/sim_path.h - the simulator's script once it is read, and what follows
 * from it: which events hold, and the prices (rules in feeds/sim.h).  Pure.
 */
#ifndef FEEDS_SIM_PATH_H
#define FEEDS_SIM_PATH_H

#include "feeds/venue.h"

#define SIM_BASES_MAX 32u
#define SIM_EVENTS_MAX 64u
#define SIM_LATE_MS_MAX 10000u
#define SIM_ERROR_MAX 160u	/* what is wrong with a script, with its NUL */
#define SIM_VENUES_MAX 24u
#define SIM_NAME_MAX 24u	/* of a base or venue, with its NUL */
#define SIM_USD SIM_BASES_MAX	/* as the quote of a symbol */

struct sim_base {
	char name[SIM_NAME_MAX];
	u128 price;		/* at the start, 18 decimals */
};

struct sim_symbol {
	char name[VENUE_SYMBOL_MAX];
	size_t base, quote;	/* of the script's; quote may be SIM_USD */
	unsigned digits;	/* fraction digits of its prices */
	u128 vol;		/* a year, 18 decimals; 0: none was given */
};

struct sim_venue {
	char name[SIM_NAME_MAX];
	uint16_t port;
	struct sim_symbol symbol[VENUE_SYMBOLS_MAX];
	size_t symbol_count;
};

enum sim_event_kind {
	SIM_MOVE, SIM_LIE, SIM_MUTE, SIM_STALE, SIM_LATE,
	/* Of an instant; their end, if any, comes after these. */
	SIM_DROP, SIM_GAP, SIM_DUPLICATE,
};

struct sim_event {
	enum sim_event_kind kind;
	uint64_t at_ms, until_ms;	/* after the start */
	size_t venue;			/* all but a move */
	uint64_t bases;			/* bit set; move and lie */
	u128 factor;			/* 18 decimals; move and lie */
	uint64_t late_ms;		/* late */
};

struct sim_script {
	uint64_t seed;
	uint64_t tick_ms;
	uint64_t heartbeat_s;	/* 0: as often as the venue's own */
	u128 noise, spread;		/* 18 decimals, below one */
	struct sim_base base[SIM_BASES_MAX];
	size_t base_count;
	struct sim_venue venue[SIM_VENUES_MAX];
	size_t venue_count;
	struct sim_event event[SIM_EVENTS_MAX];
	size_t event_count;
};

/* sim_script_event tells whether an event of this kind holds for the venue at
 * t_ms after the start; NULL: none. */
const struct sim_event *sim_script_event(const struct sim_script *s,
    enum sim_event_kind kind, size_t venue, uint64_t t_ms);

/* Has an event of this kind and venue begun after from_ms, and by t_ms? */
bool sim_script_began(const struct sim_script *s, enum sim_event_kind kind,
    size_t venue, uint64_t from_ms, uint64_t t_ms);

/* The true price of base i (SIM_USD: one) at t_ms after the start. */
MUST_CHECK enum err sim_path_price(u128 *out, const struct sim_script *s,
    size_t base, uint64_t t_ms);

/* What a venue says of a symbol at t_ms. */
struct sim_quote {
	uint64_t slot;		/* t_ms / tick_ms */
	struct dec18 bid, ask;	/* with the symbol's digits */
	/* Between them, and without noise or lies: rounded down to as many. */
	struct dec18 mark, index;
	struct dec18 size;
	bool has_trade;
	bool is_buy;		/* the trade is at the ask, else at the bid */
	uint64_t trade;		/* its number: of the symbol's, one by one */
};
/* ERR_RANGE where a price rounds to zero or does not fit. */
MUST_CHECK enum err sim_path_quote(struct sim_quote *out,
    const struct sim_script *s, size_t venue, size_t symbol, uint64_t t_ms);

#endif
