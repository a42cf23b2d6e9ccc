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

/* How far ahead of the hashing nodes are fetched where their order is known. */
#define AHEAD (2u * KECCAK_LANES_MAX)

/* Pairs waiting to be hashed. */
struct batch {
	struct b32 *out[KECCAK_LANES_MAX];
	const struct b32 *low[KECCAK_LANES_MAX];
	const struct b32 *high[KECCAK_LANES_MAX];
	size_t count;
};

static bool
pair_is_descending(const struct b32 *a, const struct b32 *b)
{
	uint64_t x, y;

	memcpy(&x, a->b, sizeof(x));
	memcpy(&y, b->b, sizeof(y));
	if (x == y)
		return b32_compare(a, b) > 0;
	return __builtin_bswap64(x) > __builtin_bswap64(y);
}

static bool
node_is_marked(const struct b32 *node)
{
	return memcmp(node->b, MARK, MARK_LEN) == 0;
}

static bool
node_equals(const struct b32 *a, const struct b32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* list_push marks node i and puts it before *head, unless it is in the list
 * already.  Its children are read when its level is hashed, and its parent is
 * marked then: they are on their way meanwhile. */
static void
list_push(struct merkle *t, uint64_t *head, uint64_t i)
{
	struct b32 *node = &t->nodes[i];

	if (node_is_marked(node))
		return;
	memcpy(node->b, MARK, MARK_LEN);
	memcpy(node->b + MARK_LEN, head, sizeof(*head));
	*head = i;
	__builtin_prefetch(&t->nodes[2 * i]);
	__builtin_prefetch(&t->nodes[2 * i + 1]);
	__builtin_prefetch(&t->nodes[i / 2]);
}

static uint64_t
list_next(const struct merkle *t, uint64_t i)
{
	uint64_t next;

	memcpy(&next, t->nodes[i].b + MARK_LEN, sizeof(next));
	return next;
}

static unsigned
height_of(uint32_t capacity)
{
	return (unsigned)__builtin_ctz(capacity);
}

/* The first node of a level, and how many of it have a used slot below. */
static size_t
level_first(const struct merkle *t, unsigned height)
{
	return (size_t)t->capacity_max >> height;
}

static size_t
level_used(uint32_t used, unsigned height)
{
	return ((size_t)used + ((size_t)1 << height) - 1) >> height;
}

/* node_at returns place i of a level; behind the used ones it is the subtree
 * without a leaf. */
static const struct b32 *
node_at(const struct merkle *t, unsigned height, size_t i)
{
	if (i >= level_used(t->used, height))
		return &t->empty[height];
	return &t->nodes[level_first(t, height) + i];
}

static void
batch_hash(struct batch *b, enum keccak_level level)
{
	keccak256_pairs(level, b->out, b->low, b->high, b->count);
	b->count = 0;
}

/* batch_add takes place i of a level with the nodes below it; it is hashed
 * when the batch is full. */
static void
batch_add(struct batch *b, struct merkle *t, unsigned height, size_t i,
    const struct b32 *left, const struct b32 *right)
{
	const struct b32 *empty = &t->empty[height - 1];
	struct b32 *out = &t->nodes[level_first(t, height) + i];
	/* By index: which one is the lower is no branch to be predicted. */
	const struct b32 *pair[2] = { left, right };
	bool swap = pair_is_descending(left, right);

	if (node_equals(left, empty) && node_equals(right, empty)) {
		*out = t->empty[height];
		return;
	}
	b->out[b->count] = out;
	b->low[b->count] = pair[swap];
	b->high[b->count] = pair[!swap];
	if (++b->count == KECCAK_LANES_MAX)
		batch_hash(b, t->level);
}

/* level_hash hashes the list of one level, whose nodes lose their mark, and
 * the nodes over the slots from `fresh` on; it returns the list of the
 * parents, but for those that are over fresh slots too. */
static uint64_t
level_hash(struct merkle *t, unsigned height, uint64_t head, size_t fresh)
{
	size_t first = level_first(t, height);
	size_t end = level_used(t->used, height);
	struct batch b = { .count = 0 };
	uint64_t above = 0;

	for (uint64_t i = head, next; i != 0; i = next) {
		next = list_next(t, i);
		batch_add(&b, t, height, i - first, &t->nodes[2 * i],
		    node_at(t, height - 1, 2 * (i - first) + 1));
		if ((i - first) / 2 < fresh >> (height + 1))
			list_push(t, &above, i / 2);
	}
	for (size_t i = fresh >> height; i < end; i++) {
		const struct b32 *below = &t->nodes[2 * (first + i)];

		if (i + AHEAD < end) {
			__builtin_prefetch(below + 2 * AHEAD);
			__builtin_prefetch(&t->nodes[first + i + AHEAD], 1);
		}
		batch_add(&b, t, height, i, below,
		    node_at(t, height - 1, 2 * i + 1));
	}
	batch_hash(&b, t->level);
	return above;
}

/* leaf_store takes a slot into use, and those before it as empty ones. */
static void
leaf_store(struct merkle *t, uint32_t slot, const struct b32 *leaf)
{
	struct b32 *level = &t->nodes[t->capacity_max];

	if (slot >= t->used) {
		if (slot > t->used)
			memset(&level[t->used], 0,
			    (slot - t->used) * sizeof(*level));
		t->used = slot + 1;
	} else if (!node_equals(&level[slot], &t->empty[0])) {
		t->leaves--;
	}
	t->leaves += node_equals(leaf, &t->empty[0]) ? 0 : 1;
	level[slot] = *leaf;
}

void
merkle_init(struct merkle *t, struct b32 *nodes, uint32_t capacity_max)
{
	MUST(capacity_max > 0 && capacity_max <= (uint32_t)1 << 31);
	MUST((capacity_max & (capacity_max - 1)) == 0);
	*t = (struct merkle){ .nodes = nodes, .capacity_max = capacity_max,
	    .level = keccak_level_best() };
	for (unsigned h = 1; h <= height_of(capacity_max); h++)
		keccak256_pair(&t->empty[h], &t->empty[h - 1],
		    &t->empty[h - 1]);
}

enum err
merkle_set(struct merkle *t, const uint32_t *slots,
    const struct b32 *leaves, size_t count)
{
	uint32_t used = t->used;
	uint64_t head = 0;
	size_t fresh;

	for (size_t i = 0; i < count; i++) {
		if (slots[i] >= t->capacity_max)
			return ERR_LIMIT;
		if (slots[i] >= used)
			used = slots[i] + 1;
	}
	if (count == 0)
		return ERR_OK;
	/* All nodes over new slots are hashed, in order and without the list;
	 * also those above the root that a smaller tree had. */
	fresh = used > t->used ? t->used : t->capacity;
	t->capacity += t->capacity == 0;
	while (t->capacity < used)
		t->capacity *= 2;
	for (size_t i = 0; i < count; i++) {
		leaf_store(t, slots[i], &leaves[i]);
		if (slots[i] / 2 < fresh / 2)
			list_push(t, &head,
			    ((uint64_t)t->capacity_max + slots[i]) / 2);
	}
	for (unsigned h = 1; h <= height_of(t->capacity); h++)
		head = level_hash(t, h, head, fresh);
	return ERR_OK;
}

void
merkle_root(struct b32 *out, const struct merkle *t)
{
	*out = (struct b32){ { 0 } };
	if (t->leaves > 0)
		*out = t->nodes[level_first(t, height_of(t->capacity))];
}

struct b32
merkle_leaf(const struct merkle *t, uint32_t slot)
{
	return *node_at(t, 0, slot);
}

enum err
merkle_prove(struct b32 proof[MERKLE_DEPTH_MAX], size_t *proof_len,
    const struct merkle *t, uint32_t slot)
{
	struct b32 leaf = merkle_leaf(t, slot);
	size_t len = 0;

	if (b32_is_zero(&leaf))
		return ERR_STATE;
	for (; len < height_of(t->capacity); len++)
		proof[len] = *node_at(t, (unsigned)len, (slot >> len) ^ 1);
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
		if (pair_is_descending(&node, &proof[i]))
			keccak256_pair(&node, &proof[i], &node);
		else
			keccak256_pair(&node, &node, &proof[i]);
	return b32_equal(&node, root);
}
