/* oracle/shadow_state.h - two engines and what was found between them.
 *
 * Units:  ms; distances of prices in ppb of the old mid, rounded up.
 * Owns:   its engines' shells; its tables are shadow_book's; the lives are the
 *         caller's.
 */
#ifndef ORACLE_SHADOW_STATE_H
#define ORACLE_SHADOW_STATE_H

#include "oracle/replay.h"
#include "oracle/shadow_map.h"

struct shadow_moment {
	uint64_t at_ms;		/* 0: never */
	struct price before, after;
};

struct shadow_unit {
	char name[PRICES_NAME_MAX];
	uint16_t before, after;	/* places, or SHADOW_NONE */
	uint64_t differs;	/* batches in which anything did */
	uint64_t refusals;	/* in which one of them was refused */
	uint32_t worst_ppb;
	struct shadow_moment worst, status;	/* status: the first time that
						 * it differed */
};

struct shadow_vault {
	struct b32 id;
	uint32_t before, after;		/* slots + 1; 0: not known yet */
	uint64_t differs;		/* comparisons in which they did */
	uint64_t first_ms, last_ms;
	uint8_t first_before, first_after, last_before, last_after;
};

/* A vault of one machine, as the other one has it.  What is empty is none. */
struct shadow_lone {
	struct b32 id;
	uint32_t other;		/* its slot there + 1; 0: not known yet */
	uint64_t times;		/* comparisons in which it was here alone */
};
struct shadow_side {
	struct shadow_lone *vault;	/* by this machine's slot */
	uint32_t count, capacity;
	uint32_t displaced;	/* that were alone, and whose slot is another's
				 * in a later life */
};

/* An instrument of either book, and the mark that each machine takes for it;
 * zero: none. */
struct shadow_mark {
	char id[BOOK_NAME_MAX];
	uint16_t before, after;	/* of the books, or SHADOW_NONE */
	uint64_t differs;	/* comparisons in which it did */
	uint64_t alone;		/* in which one of them had none */
	uint32_t worst_ppb;
	uint64_t worst_ms;	/* 0: never */
	struct px18 worst_before, worst_after;
};

struct shadow {
	struct replay_life *before_life, *after_life;
	struct replay_engine before, after;
	size_t unit_count;
	struct shadow_unit unit[2 * PRICES_UNITS_MAX];
	struct shadow_vault *vault;	/* by the old machine's slot */
	uint32_t vault_count, vault_capacity;
	uint32_t displaced;	/* whose states differed: the same */
	struct shadow_side only_before, only_after;
	struct shadow_mark *mark;
	uint32_t mark_count, mark_capacity;
	uint64_t from_ms;	/* nothing is compared before it */
	uint64_t batches, comparisons, book_ms;
	uint64_t begin_ms, end_ms;
	/* What the new config heard of: markets, units' rates and
	 * volatilities, the book's instruments. */
	bool is_heard[PRICES_MARKETS_MAX];
	bool is_rated[PRICES_UNITS_MAX], is_fitted[PRICES_UNITS_MAX];
	bool is_marked[INSTRUMENTS_MAX];
};

#endif
