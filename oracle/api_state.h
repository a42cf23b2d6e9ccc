/* oracle/api_state.h - what the api keeps of the board: the head, an index of
 * the vaults, the newest attestation and some minutes of the past.
 *
 * api_state_refresh reads what changed since the last time: the head always,
 * of the vaults the blocks whose generation moved; and it values others anew in
 * turn, API_VALUED_MAX at a time, because the engine values only those that a
 * price may have moved across a threshold.  A row's fingerprint says whether
 * anything that is shown has changed.
 *
 * Units:  as margin/ and feeds/; times Unix ms.
 * Owns:   its tables, sized from the board's capacity at creation; the board,
 *         config and book are the caller's.
 * Limits: API_SAMPLES of the aggregate, API_PRICE_SAMPLES of each price.
 */
#ifndef ORACLE_API_STATE_H
#define ORACLE_API_STATE_H

#include "oracle/board.h"
#include "oracle/bookfile_ids.h"
#include "oracle/portfolio.h"

#define API_SAMPLES 3600u
#define API_SAMPLE_MS 1000u
#define API_PRICE_SAMPLES 600u
#define API_SORT_EAGER 65536u	/* with more vaults a sort is kept for */
#define API_SORT_MS 2000u	/* this long */

enum api_sort { SORT_HEALTH, SORT_COLLATERAL, SORT_DEBT, SORT_ID };
#define API_SORTS 4u
#define API_VALUED_MAX 4096u	/* vaults valued in turn at one refresh */
#define API_PORTFOLIO_COST 256u	/* one with positions, in others */

/* A vault as the board has it, valued at the prices of the head. */
struct api_vault {
	struct vault vault;
	struct verdict verdict;
	uint32_t verdict_slot;		/* TABLES_NO_SLOT: not in the tree */
	struct verdict_leaf leaf;	/* as the tree has it, where it does */
	uint32_t position_count;
	struct position position[WIRE_POSITIONS];
};

struct api_row {
	struct b32 id;
	struct wad health;	/* infinite without debt and when STALE */
	struct usd18 collateral_value, debt_value;
	uint64_t fingerprint;
	uint8_t state;		/* enum vault_state */
	bool is_known, is_dirty, is_crossed, is_portfolio;
};

struct api_sample {
	uint64_t as_of;
	struct usd18 collateral_value, debt_value;
	struct wad ratio, health;
};

struct api_price_sample {
	uint64_t as_of;
	struct px18 mid, low, high;
	struct px18 source[PRICES_VOTES_MAX];	/* as api_markets has it */
};

struct api_state {
	const struct board *board;
	const struct config *config;
	const struct book *book;	/* assets */
	const struct bookfile_ids *ids;	/* a file's vaults by name, or NULL:
					 * set by who has them */
	struct vaults_view vaults;	/* the board's */
	struct book valued;		/* assets, and the head's accrual */
	struct market market;		/* the head's prices */
	uint32_t value_next;		/* the slot whose turn it is */
	uint32_t value_left;		/* so many since a price moved */
	struct portfolio *portfolio;	/* those with positions; NULL: the book
					 * has no instruments */
	struct position *positions;	/* its places */
	struct terms *terms;		/* the board's, believed */
	uint64_t terms_seen;		/* their generation there */

	struct board_head head;
	bool has_head;
	struct board_attestation newest;	/* released */
	bool has_newest;
	uint64_t attestations_seen;	/* rises with each new one */

	struct api_row *row;		/* by vault slot */
	uint32_t row_count, row_capacity;
	uint64_t *block_seen;
	uint32_t *hash;			/* id -> slot + 1 */
	uint32_t hash_size;
	uint32_t dirty_count, crossed_count;

	uint32_t *order;
	uint32_t order_count;
	enum api_sort order_by;
	bool order_is_old;
	uint64_t order_ms;

	struct api_sample *sample;
	uint64_t sample_count;		/* ever; ring of API_SAMPLES */
	struct api_price_sample *price_sample;	/* by asset, rings */
	uint64_t price_sample_count;
	uint64_t sample_ms;

};

/* ERR_LIMIT where memory does not suffice. */
MUST_CHECK enum err api_state_create(struct api_state **out,
    const struct board *board, const struct config *config,
    const struct book *book);
void api_state_destroy(struct api_state *s);	/* accepts NULL */

/* api_state_refresh reads what changed on the board. */
void api_state_refresh(struct api_state *s);
/* api_vault_get: ERR_UNKNOWN where the slot holds none; ERR_STALE while it is
 * written. */
MUST_CHECK enum err api_vault_get(struct api_vault *out,
    const struct api_state *s, uint32_t slot);
/* The parts of that (api_value.c), for api_state.c. */
MUST_CHECK enum err api_value_open(struct api_state *s);
void api_value_close(struct api_state *s);
void api_value_market(struct api_state *s);
/* api_value_terms: whether forwards, volatilities or marks differ from
 * before. */
bool api_value_terms(struct api_state *s);
/* ERR_UNKNOWN where no vault has this id. */
MUST_CHECK enum err api_state_find(uint32_t *slot, const struct api_state *s,
    const struct b32 *id);
/* api_state_order gives the slots sorted ascending; ties by slot. */
const uint32_t *api_state_order(struct api_state *s, enum api_sort by);
/* api_state_clean forgets that a row changed. */
void api_state_clean(struct api_state *s, uint32_t slot);

/* The markets that price an asset's unit, ascending; at most
 * PRICES_VOTES_MAX. */
size_t api_markets(uint16_t out[PRICES_VOTES_MAX], const struct config *c,
    size_t asset);

/* Why the service is not ready, as words of a few letters: at most
 * API_REASONS_MAX of them, static text. */
#define API_REASONS_MAX 8u
size_t api_state_unready(const char *reason[API_REASONS_MAX],
    const struct api_state *s, uint64_t now_ms);

#endif
