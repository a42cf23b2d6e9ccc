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

#define TABLES_NO_SLOT UINT32_MAX

struct tables {
	uint32_t vault_capacity, verdict_capacity;
	struct vaults_limits limits;	/* of the arena below */
	void *vaults;			/* margin/vaults.h */
	uint8_t *state;			/* by vault slot */
	uint32_t *verdict_slot;		/* by vault slot: 1 + the slot of its
					 * verdict, 0: it has none */
	struct verdict_leaf *leaf;	/* by verdict slot, as hashed */
	struct b32 *positions;		/* nodes; slot = vault slot */
	struct b32 *verdicts;		/* nodes; slot = verdict slot */
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

/* tables_verdict_capacity: the power of two that holds so many verdicts. */
uint32_t tables_verdict_capacity(uint32_t verdicts_max);
/* tables_limits: what the vaults' arena has room for. */
struct vaults_limits tables_limits(uint32_t vaults);
/* tables_measure: the bytes of each part in the order of struct tables, each
 * rounded up to TABLES_ALIGN; returns their sum. */
#define TABLES_PARTS 6u
#define TABLES_ALIGN 4096u
size_t tables_measure(size_t part[TABLES_PARTS], uint32_t vaults,
    uint32_t verdicts);
/* tables_place: over memory of tables_measure's size, aligned to a page. */
void tables_place(struct tables *out, void *memory, uint32_t vaults,
    uint32_t verdicts);

/* tables_map places them in one private mapping, in huge pages where the kernel
 * gives them.  ERR_LIMIT where there is no room. */
MUST_CHECK enum err tables_map(struct tables *out, uint32_t vaults,
    uint32_t verdicts);
void tables_unmap(struct tables *t);	/* accepts one that is not mapped */

#endif
