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
#define LEAVES_AHEAD 128u

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
	/* Where the array begins within a line, children lie on two. */
	__builtin_prefetch(&t->nodes[2 * i]);
	__builtin_prefetch(&t->nodes[2 * i + 1].b[31]);
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

/* group_hash hashes the nodes from place i on, as many as fit side by side.
 * False, and nothing done, where a child of theirs is behind the used ones or
 * where one of them has no leaf. */
static bool
group_hash(struct merkle *t, unsigned height, size_t i)
{
	const struct b32 *empty = &t->empty[height - 1];
	size_t at = level_first(t, height) + i;
	const struct b32 *below = &t->nodes[2 * at];

	if (2 * (i + KECCAK_LANES_MAX) > level_used(t->used, height - 1))
		return false;
	for (size_t k = 0; k < 2 * KECCAK_LANES_MAX; k += 2)
		if (node_equals(&below[k], empty) &&
		    node_equals(&below[k + 1], empty))
			return false;
	keccak256_siblings(t->level, &t->nodes[at], below, KECCAK_LANES_MAX);
	return true;
}

/* group_prefetch: the group of place i will be hashed, if there is one. */
static void
group_prefetch(const struct merkle *t, unsigned height, size_t i)
{
	size_t at = level_first(t, height) + i;

	if (i + KECCAK_LANES_MAX > level_first(t, height))
		return;
	for (size_t k = 0; k < KECCAK_LANES_MAX; k++)
		__builtin_prefetch(&t->nodes[2 * (at + k)]);
	for (size_t k = 0; k < KECCAK_LANES_MAX; k += 2)
		__builtin_prefetch(&t->nodes[at + k], 1);
}

/* places_hash hashes the nodes of a level in order. */
static void
places_hash(struct batch *b, struct merkle *t, unsigned height, size_t from,
    size_t end)
{
	size_t i = from;

	while (i < end) {
		if (end - i >= KECCAK_LANES_MAX && group_hash(t, height, i)) {
			i += KECCAK_LANES_MAX;
			group_prefetch(t, height, i + AHEAD);
			continue;
		}
		batch_add(b, t, height, i, node_at(t, height - 1, 2 * i),
		    node_at(t, height - 1, 2 * i + 1));
		i++;
	}
}

/* level_hash hashes the list of one level, whose nodes lose their mark, and
 * the nodes from place `from` on; it returns the list of the parents, but for
 * those that are over the slots from `fresh` on, and so in no list. */
static uint64_t
level_hash(struct merkle *t, unsigned height, uint64_t head, size_t fresh,
    size_t from)
{
	size_t first = level_first(t, height);
	struct batch b = { .count = 0 };
	uint64_t above = 0;

	for (uint64_t i = head, next; i != 0; i = next) {
		next = list_next(t, i);
		batch_add(&b, t, height, i - first, &t->nodes[2 * i],
		    node_at(t, height - 1, 2 * (i - first) + 1));
		if ((i - first) / 2 < fresh >> (height + 1))
			list_push(t, &above, i / 2);
	}
	places_hash(&b, t, height, from, level_used(t->used, height));
	batch_hash(&b, t->level);
	return above;
}

/* path_hash hashes the nodes over one slot: each waits for the one below, and
 * only what stands beside them can be fetched early. */
static void
path_hash(struct merkle *t, uint32_t slot)
{
	struct batch b = { .count = 0 };
	size_t leaf = (size_t)t->capacity_max + slot;

	for (unsigned h = 0; h < height_of(t->capacity); h++)
		__builtin_prefetch(&t->nodes[(leaf >> h) ^ 1]);
	for (unsigned h = 1; h <= height_of(t->capacity); h++) {
		size_t i = slot >> h;

		batch_add(&b, t, h, i, node_at(t, h - 1, 2 * i),
		    node_at(t, h - 1, 2 * i + 1));
		batch_hash(&b, t->level);
	}
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

/* leaf_prefetch: a leaf, and the parent that will be marked. */
static void
leaf_prefetch(const struct merkle *t, uint32_t slot)
{
	const struct b32 *leaf = &t->nodes[t->capacity_max + (size_t)slot];

	__builtin_prefetch(leaf, 1);
	__builtin_prefetch(&t->nodes[(t->capacity_max + (size_t)slot) / 2], 1);
}

/* leaves_store stores the leaves, and lists the nodes over slots below `fresh`.
 * It returns how many nodes over leaves are hashed then: where slots ascend,
 * those behind `fresh` are, a group at a time, while their leaves are at hand.
 * (To go on upward as groups become ready was no faster.) */
static size_t
leaves_store(struct merkle *t, uint64_t *head, const uint32_t *slots,
    const struct b32 *leaves, size_t count, size_t fresh, bool is_ascending)
{
	struct batch b = { .count = 0 };
	size_t done = fresh / 2;

	for (size_t i = 0; i < count; i++) {
		if (count - i > LEAVES_AHEAD) {
			__builtin_prefetch(&leaves[i + LEAVES_AHEAD]);
			leaf_prefetch(t, slots[i + LEAVES_AHEAD]);
		}
		leaf_store(t, slots[i], &leaves[i]);
		if (slots[i] / 2 < fresh / 2)
			list_push(t, head,
			    ((uint64_t)t->capacity_max + slots[i]) / 2);
		if (is_ascending && t->used / 2 >= done + KECCAK_LANES_MAX) {
			places_hash(&b, t, 1, done, t->used / 2);
			done = t->used / 2;
		}
	}
	batch_hash(&b, t->level);
	return done;
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
	bool is_ascending = true;
	uint32_t used = t->used;
	uint64_t head = 0;
	size_t fresh, done;

	for (size_t i = 0; i < count; i++) {
		if (slots[i] >= t->capacity_max)
			return ERR_LIMIT;
		if (slots[i] >= used)
			used = slots[i] + 1;
		if (i > 0 && slots[i] <= slots[i - 1])
			is_ascending = false;
	}
	if (count == 0)
		return ERR_OK;
	if (count == 1 && slots[0] < t->used) {
		leaf_store(t, slots[0], &leaves[0]);
		path_hash(t, slots[0]);
		return ERR_OK;
	}
	/* All nodes over new slots are hashed, in order and without the list;
	 * also those above the root that a smaller tree had. */
	fresh = used > t->used ? t->used : t->capacity;
	t->capacity += t->capacity == 0;
	while (t->capacity < used)
		t->capacity *= 2;
	done = leaves_store(t, &head, slots, leaves, count, fresh,
	    is_ascending);
	for (unsigned h = 1; h <= height_of(t->capacity); h++)
		head = level_hash(t, h, head, fresh,
		    h == 1 ? done : fresh >> h);
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
