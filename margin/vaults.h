/* margin/vaults.h - the vaults of the engine, in columns: ten million of them.
 * (struct book keeps assets, rules and modes; its own array of vaults is the
 * form of files and commands and is not used beside this.)
 *
 * Vaults with the same numbers of collateral and debt legs lie together in
 * blocks of 64 lanes, leg by leg ("rows" of 64).  A row has a hot part, which
 * margin/scan.h reads (64 amounts of 52 bits, rounded against the vault, and
 * 64 small indices of an (asset, mode) pair), and a cold part beside it: the
 * 128-bit amounts, and of debts the 128-bit indices, that ratio_evaluate
 * reads.  A vault keeps its slot for good (trees are indexed by it), also when
 * it is deleted and comes back, and its place (block, lane) until its leg
 * counts change.  Nothing else ever moves.  Freed lanes are used again by
 * their group, empty blocks by any group with as many legs.
 *
 * Units:  amounts in atoms, of debts in shares of their index.
 * Owns:   nothing: the caller places one zeroed arena, which may be shared
 *         memory: there are no pointers inside it, and what is not used is
 *         not touched.
 * Limits: struct vaults_limits; SCAN_PAIRS_MAX pairs of asset and mode in use.
 *         The book's assets keep their slot, decimals and factor.
 * Source: DESIGN sections 1 and 4.
 */
#ifndef MARGIN_VAULTS_H
#define MARGIN_VAULTS_H

#include "base/u256.h"
#include "margin/vaults_columns.h"

/* Rows for 5.5 legs a vault with room to spare, of them debts for 1.5; and one
 * block of each of the 17 * 17 groups. */
#define VAULTS_ROWS_AUTO(vaults) ((uint64_t)(vaults) / 8 + 4624)
#define VAULTS_DEBT_ROWS_AUTO(vaults) ((uint64_t)(vaults) / 24 + 2312)

/* vaults_bytes: of the arena, which is aligned to 64 bytes and zero.
 * limits->vaults is a power of two of at most BOOK_VAULTS_MAX, rows and debt
 * rows below 2^32 (MUST). */
size_t vaults_bytes(const struct vaults_limits *limits);
/* vaults_init places an empty store; both arguments are kept. */
void vaults_init(struct vaults *v, void *arena,
    const struct vaults_limits *limits, const struct book *assets);

/* vaults_put inserts or replaces by id, and says the slot.  The errors of
 * book_put_vault; ERR_UNKNOWN also for positions, orders, liens, a parent, a
 * leverage and NODE_PORTFOLIO.  ERR_LIMIT where slots, blocks, rows or pairs
 * are used up; nothing is then changed.  The name is not kept. */
MUST_CHECK enum err vaults_put(uint32_t *slot, struct vaults *v,
    const struct vault *in);
/* vaults_delete: the slot stays its id's, and is empty.  ERR_UNKNOWN where it
 * is already. */
MUST_CHECK enum err vaults_delete(struct vaults *v, uint32_t slot);

/* vaults_find: ERR_UNKNOWN where no vault has this id. */
MUST_CHECK enum err vaults_find(uint32_t *slot, const struct vaults *v,
    const struct b32 *id);
/* vaults_get expands one vault; of the legs of out only the used ones are
 * written.  ERR_UNKNOWN for an empty slot. */
MUST_CHECK enum err vaults_get(struct vault *out, const struct vaults *v,
    uint32_t slot);

uint32_t vaults_used(const struct vaults *v);	/* slots, from 0 */
uint32_t vaults_count(const struct vaults *v);	/* that hold a vault */
/* vaults_assets: bit a where the vault holds or owes asset a; zero for an
 * empty slot. */
u128 vaults_assets(const struct vaults *v, uint32_t slot);
/* vaults_total over all vaults, exact: atoms of collateral, or atoms of debt
 * before accrual (book_debt_base). */
struct u256 vaults_total(const struct vaults *v, uint8_t asset, bool is_debt);

/* vaults_total_of: of the vaults of one mode. */
struct u256 vaults_total_of(const struct vaults *v, uint8_t asset,
    uint8_t mode, bool is_debt);

/* A store that another process writes, for a reader: whatever lies there,
 * nothing outside the arena is read.  What is read while the writer is at it is
 * nonsense, and the caller's lock tells. */
struct vaults_view {
	struct vaults_limits limits;
	struct vaults arrays;	/* nobody writes by them */
};
void vaults_view_init(struct vaults_view *out, void *arena,
    const struct vaults_limits *limits);
/* vaults_view_get: as vaults_get; counts and lanes are within their limits, an
 * asset or a mode need not be the book's.  ERR_UNKNOWN. */
MUST_CHECK enum err vaults_view_get(struct vault *out,
    const struct vaults_view *v, uint32_t slot);

/* Masks of lanes that a caller keeps, one word a block. */
uint32_t vaults_block_count(const struct vaults *v);
/* vaults_place_of: ERR_UNKNOWN for an empty slot. */
MUST_CHECK enum err vaults_place_of(struct vaults_place *out,
    const struct vaults *v, uint32_t slot);
/* vaults_slot_at: VAULTS_EMPTY where the lane holds none. */
uint32_t vaults_slot_at(const struct vaults *v, uint32_t block,
    uint32_t lane);
/* vaults_lanes: that hold a vault.  vaults_hedged: of them those that hold and
 * owe in the same base factor. */
uint64_t vaults_lanes(const struct vaults *v, uint32_t block);
uint64_t vaults_hedged(const struct vaults *v, uint32_t block);

/* ---- snapshots (margin/vaults_save.c) ------------------------------------
 * A byte stream: version, assets, blocks, slots, and at the end the keccak of
 * all before it.  What is restored has the same slots, the same places and
 * the same future: equal puts and deletes then do equal things. */

/* write and read take or give exactly len bytes, or answer an error, which is
 * passed on. */
struct vaults_sink {
	enum err (*write)(void *context, const void *bytes, size_t len);
	void *context;
};
struct vaults_source {
	enum err (*read)(void *context, void *bytes, size_t len);
	void *context;
};
MUST_CHECK enum err vaults_save(const struct vaults *v,
    const struct vaults_sink *sink);
/* vaults_restore fills an empty store (MUST), whose limits may be others.
 * ERR_SYNTAX: not such a stream, or not as it was written; ERR_UNIT: of other
 * assets; ERR_LIMIT: more than fits; ERR_DUPLICATE: an id, a lane or a block
 * twice; ERR_MISSING: a block with room in no list; what vaults_put says of a
 * vault.  After a failure the store is of no use: zero the arena. */
MUST_CHECK enum err vaults_restore(struct vaults *v,
    const struct vaults_source *source);

#endif
