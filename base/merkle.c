#include "base/merkle.h"

#include <string.h>

#include "base/keccak.h"
#include "base/must.h"

/* A node that is to be rehashed holds nothing worth keeping, so it carries
 * the list of its level meanwhile: a mark and the index of the next one (0
 * ends the list).  This gives every node one hash per call for any number of
 * leaves in any order, without memory of its own and without sorting; chunks
 * on the stack would rehash the upper levels once per chunk.
 *
 * Only interior nodes are asked for the mark.  They are Keccak digests, and a
 * digest that begins with 24 given bytes costs 2^192 trials to find. */
#define MARK "margind: dirty node mark"
#define MARK_LEN 24u

_Static_assert(sizeof(MARK) - 1 == MARK_LEN, "mark and link fill a node");
_Static_assert(sizeof(struct b32) == MARK_LEN + sizeof(uint64_t),
    "mark and link fill a node");

static void
pair_hash(struct b32 *out, const struct b32 *a, const struct b32 *b)
{
	if (b32_compare(a, b) <= 0)
		keccak256_pair(out, a, b);
	else
		keccak256_pair(out, b, a);
}

static void
node_hash(struct merkle *t, size_t i)
{
	pair_hash(&t->nodes[i], &t->nodes[2 * i], &t->nodes[2 * i + 1]);
}

static bool
node_is_marked(const struct b32 *node)
{
	return memcmp(node->b, MARK, MARK_LEN) == 0;
}

/* list_push marks node i and puts it before *head, unless it is in the list
 * already. */
static void
list_push(struct merkle *t, uint64_t *head, uint64_t i)
{
	struct b32 *node = &t->nodes[i];

	if (node_is_marked(node))
		return;
	memcpy(node->b, MARK, MARK_LEN);
	memcpy(node->b + MARK_LEN, head, sizeof(*head));
	*head = i;
}

static uint64_t
list_next(const struct merkle *t, uint64_t i)
{
	uint64_t next;

	memcpy(&next, t->nodes[i].b + MARK_LEN, sizeof(next));
	return next;
}

/* levels_fill makes the tree's nodes those of an empty tree of its capacity,
 * but leaves the first kept nodes of the leaf level, kept / 2 of the level
 * above, and so on, as they stand. */
static void
levels_fill(struct merkle *t, size_t kept)
{
	struct b32 empty = { { 0 } };

	for (size_t width = t->capacity; width > 0; width /= 2) {
		for (size_t i = kept; i < width; i++)
			t->nodes[width + i] = empty;
		keccak256_pair(&empty, &empty, &empty);
		kept /= 2;
	}
}

/* tree_grow takes the old tree as the leftmost subtree of the larger one: in
 * heap order each of its levels moves to another place, deepest first, so
 * that none is overwritten before it moved.  Nothing old is hashed again.
 * The root is left to the caller, who stores a leaf in its right half. */
static void
tree_grow(struct merkle *t, uint32_t capacity)
{
	size_t old = t->capacity, factor;

	t->capacity = capacity;
	if (old == 0) {
		levels_fill(t, 0);
		return;
	}
	factor = capacity / old;
	for (size_t width = old; width > 0; width /= 2)
		memcpy(&t->nodes[width * factor], &t->nodes[width],
		    width * sizeof(t->nodes[0]));
	levels_fill(t, old);
	for (size_t i = factor / 2; i > 1; i /= 2)
		node_hash(t, i);
}

void
merkle_init(struct merkle *t, struct b32 *nodes, uint32_t capacity_max)
{
	MUST(capacity_max > 0 && capacity_max <= (uint32_t)1 << 31);
	MUST((capacity_max & (capacity_max - 1)) == 0);
	*t = (struct merkle){ .nodes = nodes, .capacity_max = capacity_max };
}

enum err
merkle_set(struct merkle *t, const uint32_t *slots,
    const struct b32 *leaves, size_t count)
{
	uint32_t used = t->used, capacity = t->capacity;
	uint64_t head = 0;

	for (size_t i = 0; i < count; i++) {
		if (slots[i] >= t->capacity_max)
			return ERR_LIMIT;
		if (slots[i] >= used)
			used = slots[i] + 1;
	}
	if (count == 0)
		return ERR_OK;
	for (capacity += capacity == 0; capacity < used;)
		capacity *= 2;
	if (capacity > t->capacity)
		tree_grow(t, capacity);
	t->used = used;

	for (size_t i = 0; i < count; i++) {
		uint64_t node = (uint64_t)capacity + slots[i];

		t->leaves -= b32_is_zero(&t->nodes[node]) ? 0 : 1;
		t->leaves += b32_is_zero(&leaves[i]) ? 0 : 1;
		t->nodes[node] = leaves[i];
		if (node > 1)
			list_push(t, &head, node / 2);
	}
	while (head != 0) {
		uint64_t above = 0;

		for (uint64_t i = head, next; i != 0; i = next) {
			next = list_next(t, i);
			node_hash(t, i);
			if (i > 1)
				list_push(t, &above, i / 2);
		}
		head = above;
	}
	return ERR_OK;
}

void
merkle_root(struct b32 *out, const struct merkle *t)
{
	*out = t->leaves > 0 ? t->nodes[1] : (struct b32){ { 0 } };
}

struct b32
merkle_leaf(const struct merkle *t, uint32_t slot)
{
	if (slot >= t->capacity)
		return (struct b32){ { 0 } };
	return t->nodes[(size_t)t->capacity + slot];
}

enum err
merkle_prove(struct b32 proof[MERKLE_DEPTH_MAX], size_t *proof_len,
    const struct merkle *t, uint32_t slot)
{
	struct b32 leaf = merkle_leaf(t, slot);
	size_t len = 0;

	if (b32_is_zero(&leaf))
		return ERR_STATE;
	for (size_t i = (size_t)t->capacity + slot; i > 1; i /= 2)
		proof[len++] = t->nodes[i ^ 1];
	*proof_len = len;
	return ERR_OK;
}

bool
merkle_verify(const struct b32 *root, const struct b32 *leaf,
    const struct b32 *proof, size_t proof_len)
{
	struct b32 node = *leaf;

	/* An empty slot has a path too, but proves nothing. */
	if (b32_is_zero(leaf) || proof_len > MERKLE_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < proof_len; i++)
		pair_hash(&node, &node, &proof[i]);
	return b32_equal(&node, root);
}
