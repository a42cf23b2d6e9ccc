/* base/merkle.h - a Merkle tree with stable slots whose proofs OpenZeppelin's
 * MerkleProof (Solidity) and StandardMerkleTree.verify (JavaScript) accept.
 *
 * A leaf is keccak256(keccak256(abi.encode(fields))), made by the caller.  A
 * tree has the smallest power-of-two capacity that holds its used slots and
 * never shrinks; an empty slot is zero; an interior node is the hash of its
 * sorted pair, also over two empties.  A tree without leaves, be it that none was
 * ever stored or that all were emptied, has root zero and proves nothing.
 * (DESIGN section 5)
 *
 * Owns:   the node array is the caller's: MERKLE_NODES(capacity_max) nodes, in
 *         heap order (node i over 2i and 2i + 1; leaf 0 at capacity_max; node
 *         0 unused).  A smaller tree is the leftmost subtree, so that nothing
 *         moves when it grows.  What they hold before does not matter.
 *         Best at a multiple of 64: two siblings then are one cache line.
 * Cost:   k changed leaves cost at most k * depth hashes, each node once and
 *         several at a time.  Only the nodes over used slots are written or
 *         read, 64 bytes a slot: an empty subtree behind them is known by its
 *         height.
 * During merkle_set interior nodes hold scratch data: readers of shared nodes
 * must not look meanwhile.
 */
#ifndef BASE_MERKLE_H
#define BASE_MERKLE_H

#include "base/keccak_lanes.h"
#include "base/types.h"

#define MERKLE_NODES(capacity) (2u * (size_t)(capacity))
#define MERKLE_DEPTH_MAX 32u

struct merkle {
	struct b32 *nodes;	/* MERKLE_NODES(capacity_max) entries */
	uint32_t capacity_max;	/* a power of two */
	uint32_t capacity;	/* 0 before the first leaf, then 1, 2, 4, ... */
	uint32_t used;		/* slots counted from 0, including holes */
	uint32_t leaves;	/* slots that hold one */
	enum keccak_level level;	/* the best, unless set after init */
	struct b32 empty[MERKLE_DEPTH_MAX];	/* subtrees without a leaf */
};

/* merkle_init makes an empty tree over the caller's nodes, which it does not
 * touch.  capacity_max is a power of two, at most 2^31 (MUST). */
void merkle_init(struct merkle *t, struct b32 *nodes, uint32_t capacity_max);

/* merkle_set stores leaves[i] at slots[i] (a zero leaf empties the slot; its
 * number stays used) and rehashes each touched path once.  Slots may repeat:
 * the last wins.  Slots at or above capacity_max: ERR_LIMIT, nothing done. */
MUST_CHECK enum err merkle_set(struct merkle *t, const uint32_t *slots,
    const struct b32 *leaves, size_t count);

/* merkle_root writes the root; zero where no slot holds a leaf. */
void merkle_root(struct b32 *out, const struct merkle *t);

/* merkle_leaf returns the leaf at slot (zero where empty or beyond used). */
struct b32 merkle_leaf(const struct merkle *t, uint32_t slot);

/* merkle_prove writes the siblings from the leaf upward and their count.
 * ERR_STATE where the slot is empty. */
MUST_CHECK enum err merkle_prove(struct b32 proof[MERKLE_DEPTH_MAX],
    size_t *proof_len, const struct merkle *t, uint32_t slot);

/* merkle_verify answers whether leaf and proof lead to root.  A zero leaf and
 * more than MERKLE_DEPTH_MAX siblings never do. */
bool merkle_verify(const struct b32 *root, const struct b32 *leaf,
    const struct b32 *proof, size_t proof_len);

#endif
