/* oracle/shadow.h - two configs over the same inputs: which prices and which
 * vaults' states come out differently.  For `margind shadow`.
 *
 *   shadow.c          two engines side by side, compared at each batch
 *   shadow_book.c     their vaults and marks
 *   shadow_map.c      an input of one config in the words of another
 *   shadow_frames.c   inputs from recorded frames,
 *   shadow_journal.c  from a journal,
 *   shadow_api.c      from the api of a running service
 *   shadow_print.c    what came of it
 *
 * Units:  ms; distances of prices in ppb of the old mid, rounded up.
 * Owns:   its engines' shells and its tables; the lives are the caller's.
 */
#ifndef ORACLE_SHADOW_H
#define ORACLE_SHADOW_H

#include "oracle/replay.h"

#define SHADOW_NONE UINT16_MAX
#define SHADOW_BOOK_MS 1000u	/* vaults and marks are compared so often */

/* shadow_distance: UINT32_MAX where it does not fit, 0 where either price is
 * refused: that is a difference of status. */
uint32_t shadow_distance_ppb(const struct price *before,
    const struct price *after);
uint32_t shadow_mids_ppb(struct px18 before, struct px18 after);
/* Whether exactly one of them is REFUSED. */
bool shadow_is_refusal(const struct price *before, const struct price *after);

/* ---- names (shadow_map.c) ------------------------------------------------ */

/* Places of one config's units, venues and markets in another, by their names
 * (a market's: venue and symbol); SHADOW_NONE where it has none, or has it from
 * elsewhere: a venue that is dialled at another address, a market or a rate of
 * another contract or feed, other options' volatilities, another listing's
 * mark.  That somebody has the same name says nothing of where he looks. */
struct shadow_map {
	uint16_t unit[PRICES_UNITS_MAX], venue[CONFIG_VENUES_MAX],
	    market[PRICES_MARKETS_MAX];
	uint16_t rate[PRICES_UNITS_MAX], terms[PRICES_UNITS_MAX];
	uint16_t mark[INSTRUMENTS_MAX];	/* of the book, both times */
};
/* shadow_map_make: for mark[], `to` is bound to the book. */
void shadow_map_make(struct shadow_map *out, const struct config *from,
    const struct config *to);
/* shadow_map_input rewrites an input of the machine in place; false where the
 * other config has not what it speaks of. */
bool shadow_map_input(void *message, const struct shadow_map *map);
/* Places, or SHADOW_NONE. */
uint16_t shadow_unit_find(const struct config *c, const char *name);
uint16_t shadow_market_find(const struct config *c, const char *venue,
    const char *symbol);
uint16_t shadow_instrument_find(const struct config *c, const char *id);
uint16_t shadow_option_find(const struct config *c, const char *venue,
    const char *symbol);
/* shadow_venue_is_same: by name and address, as it is dialled. */
bool shadow_venue_is_same(const struct config_venue *a,
    const struct config_venue *b);
/* Whether both have it, and not from the same place. */
bool shadow_venue_is_other(const struct config *a, const struct config *b,
    const char *venue);
bool shadow_market_is_other(const struct config *a, const struct config *b,
    const char *venue, const char *symbol);
bool shadow_rate_is_other(const struct config *a, const struct config *b,
    const char *unit);
/* What differs of an instrument or a family of options, for a person; NULL:
 * nothing. */
const char *shadow_instrument_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y);
const char *shadow_option_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y);

/* ---- the comparison (shadow.c) ------------------------------------------- */

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

/* shadow_begin begins a life of both, keeping what was found in lives before
 * (of configs with the same names).  s is zero the first time.  ERR_LIMIT. */
MUST_CHECK enum err shadow_begin(struct shadow *s, struct replay_life *before,
    struct replay_life *after, uint64_t now_ms);
/* shadow_tell tells each the input as its map rewrites it. */
void shadow_tell(struct shadow *s, const void *message, size_t size,
    const struct shadow_map *before, const struct shadow_map *after);
/* shadow_tell_tick: the same of a tick that names its market; its place is
 * filled in.  The new config does not hear it where it has that market from
 * elsewhere than the old one. */
void shadow_tell_tick(struct shadow *s, struct wire_tick *w,
    const char *venue, const char *symbol);
void shadow_tell_rate(struct shadow *s, struct wire_rate *w,
    const char *unit);
/* shadow_close ends the batch of both at now_ms, and compares. */
void shadow_close(struct shadow *s, uint64_t now_ms);
void shadow_free(struct shadow *s);

/* shadow_book.c, for shadow.c: room for a life's vaults and marks; ERR_LIMIT.
 * And a comparison of them. */
MUST_CHECK enum err shadow_book_place(struct shadow *s);
void shadow_book_compare(struct shadow *s, uint64_t now_ms);

/* shadow_print says what differs; true where a mid or a mark moved by more than
 * max_ppb, a price was refused or a mark missing in one of them, a vault's
 * state differed, or only one has it. */
bool shadow_print(const struct shadow *s, uint32_t max_ppb, bool is_json);

/* ---- the inputs ---------------------------------------------------------- */

struct shadow_options {
	const char *after_path;		/* the new config */
	const char *before_path;	/* NULL: what the input implies */
	const struct replay_frames_options *frames;
	const char *journal_dir;
	const char *api_url;
	uint64_t seconds;		/* of the api */
	struct replay_window window;
};
/* Each runs its input to the end: an exit code. */
int shadow_frames(struct shadow *s, const struct shadow_options *o);
int shadow_journal(struct shadow *s, const struct shadow_options *o);
int shadow_api(struct shadow *s, const struct shadow_options *o);
/* shadow_api_answer takes one answer of the api, the first begins the lives;
 * one that is not later than the last changes nothing.  ERR_SYNTAX where it is
 * none of a margind's, ERR_LIMIT. */
MUST_CHECK enum err shadow_api_answer(struct shadow *s, const char *text,
    size_t len);

#endif
