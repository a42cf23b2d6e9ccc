/* oracle/tables.h - the large tables of the engine: where the vaults, their
 * states, the verdict leaves and both trees lie.
 *
 * They are placed by whoever owns the memory: the board, which the api maps
 * read-only (`run`), or one mapping of the machine's own (replay, attest).
 * All of it begins as zeros, and what is never touched costs no memory.
 *
 * Units:  leaves as contracts-abi/attest.h; states enum vault_state.
 * Owns:   tables_map's memory until tables_unmap; else nothing.
 * Limits: capacities are powers of two, at most BOOK_VAULTS_MAX.
 */
#ifndef ORACLE_TABLES_H
#define ORACLE_TABLES_H

#include "base/merkle.h"
#include "contracts-abi/attest.h"
#include "margin/vaults.h"
#include "oracle/wire.h"

#define TABLES_NO_SLOT UINT32_MAX

/* How many of each; powers of two. */
struct tables_size {
	uint32_t vaults, verdicts, portfolios;
};

/* A vault with positions (oracle/portfolio.h); its row never changes. */
struct tables_portfolio {
	uint32_t vault;		/* 1 + its slot; 0: an unused row */
	uint32_t positions;	/* of WIRE_POSITIONS places */
};

struct tables {
	struct tables_size size;
	struct vaults_limits limits;	/* of the arena below */
	void *vaults;			/* margin/vaults.h */
	uint8_t *state;			/* by vault slot */
	uint32_t *verdict_slot;		/* by vault slot: 1 + the slot of its
					 * verdict, 0: it has none */
	struct verdict_leaf *leaf;	/* by verdict slot, as hashed */
	struct b32 *positions;		/* nodes; slot = vault slot */
	struct b32 *verdicts;		/* nodes; slot = verdict slot */
	struct tables_portfolio *portfolio;	/* by row */
	uint32_t *portfolio_index;	/* 2 * size.portfolios: 1 + row, by
					 * vault slot, the next free place */
	struct position *position;	/* portfolio_positions() */
};

/* Which tree. */
enum tables_tree { TABLES_POSITIONS, TABLES_VERDICTS };

/* Readers of shared tables: told before and after each change of what they may
 * look at.  Both may be NULL. */
struct tables_guard {
	void (*vault)(void *arg, uint32_t slot, bool begins);
	/* t: the tree as it is now; of interest at the end. */
	void (*tree)(void *arg, enum tables_tree which, const struct merkle *t,
	    bool begins);
	void *arg;
};

/* tables_size_for: the powers of two that hold so many. */
struct tables_size tables_size_for(uint32_t vaults_max, uint32_t verdicts_max,
    uint32_t portfolios_max);
/* tables_limits: what the vaults' arena has room for. */
struct vaults_limits tables_limits(uint32_t vaults);
/* tables_measure: the bytes of each part in the order of struct tables, each
 * rounded up to TABLES_ALIGN; returns their sum. */
#define TABLES_PARTS 9u
#define TABLES_ALIGN 4096u
size_t tables_measure(size_t part[TABLES_PARTS],
    const struct tables_size *size);
extern const char *const tables_part_names[TABLES_PARTS];
/* tables_place: over memory of tables_measure's size, aligned to a page. */
void tables_place(struct tables *out, void *memory,
    const struct tables_size *size);

/* tables_portfolio_row: of a vault slot, whatever lies in the index;
 * TABLES_NO_SLOT where it has none.  tables_portfolio_add gives a row to a slot
 * that has none (MUST). */
uint32_t tables_portfolio_row(const struct tables *t, uint32_t slot);
void tables_portfolio_add(struct tables *t, uint32_t row, uint32_t slot);

/* tables_map places them in one private mapping, in huge pages where the kernel
 * gives them.  ERR_LIMIT where there is no room. */
MUST_CHECK enum err tables_map(struct tables *out,
    const struct tables_size *size);
void tables_unmap(struct tables *t);	/* accepts one that is not mapped */

#endif
