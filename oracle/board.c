#include "oracle/board.h"

#include "base/must.h"
#include "oracle/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOARD_TREES 2u

/* Of a tree (base/merkle.h). */
struct tree_shape {
	uint32_t capacity, used, leaves, zero;
};

/* The first page.  The writer may change all of it at any time. */
struct board_page {
	uint64_t magic;
	uint64_t layout;		/* sizeof of everything, mixed */
	struct tables_size size;
	_Atomic uint64_t life;
	_Atomic uint64_t head_lock, terms_lock, risk_lock;
	_Atomic uint64_t tree_lock[BOARD_TREES];
	struct tree_shape shape[BOARD_TREES];	/* under their locks */
	_Atomic uint64_t newest_at;	/* ring index of the newest, +1 */
};

/* A mapping of it.  What leads anywhere stands here, where nobody else can
 * write: the capacities as they were when it was mapped, and what follows from
 * them. */
struct board {
	uint8_t *base;
	struct board_page *page;	/* at base */
	struct tables_size size;
	uint64_t head_at, locks_at, ring_at, terms_at, risk_at,
	    tables_at;	/* offsets */
	uint64_t bytes;
};

struct ring_entry {
	_Atomic uint64_t lock;
	_Atomic uint64_t sequence;
	struct board_attestation attestation;
};

#define LAYOUT ((uint64_t)sizeof(struct board_head) << 40 ^ \
	(uint64_t)sizeof(struct terms) << 32 ^ \
	(uint64_t)sizeof(struct board_risk) << 16 ^ \
	(uint64_t)sizeof(struct verdict_leaf) << 24 ^ \
	(uint64_t)sizeof(struct ring_entry) << 8 ^ BOARD_RING)

static uint64_t
aligned(uint64_t at)
{
	return (at + 4095) & ~(uint64_t)4095;
}

static void
layout_fill(struct board *b, const struct tables_size *size)
{
	size_t part[TABLES_PARTS];

	memset(b, 0, sizeof(*b));
	b->size = *size;
	b->head_at = aligned(sizeof(struct board_page));
	b->locks_at = aligned(b->head_at + sizeof(struct board_head));
	b->ring_at = aligned(b->locks_at +
	    (size->vaults / BOARD_BLOCK + 1) * sizeof(uint64_t));
	b->terms_at = aligned(b->ring_at +
	    BOARD_RING * sizeof(struct ring_entry));
	b->risk_at = aligned(b->terms_at + sizeof(struct terms));
	b->tables_at = aligned(b->risk_at + sizeof(struct board_risk));
	b->bytes = b->tables_at + tables_measure(part, size);
}

enum err
board_create(int *fd, int *fd_read_only, const struct tables_size *size)
{
	const struct board_page page = { .magic = BOARD_MAGIC,
		.layout = LAYOUT, .size = *size };
	struct board b;
	char path[64];
	int w, r;

	layout_fill(&b, size);
	w = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (w < 0)
		return ERR_IO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w);
	if (ftruncate(w, (off_t)b.bytes) != 0 ||
	    pwrite(w, &page, sizeof(page), 0) != (ssize_t)sizeof(page) ||
	    fcntl(w, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_SEAL) != 0 || (r = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		close(w);
		return ERR_IO;
	}
	*fd = w;
	*fd_read_only = r;
	return ERR_OK;
}

static bool
capacity_is_good(uint32_t n, uint32_t max)
{
	return n > 0 && n <= max && (n & (n - 1)) == 0;
}

static enum err
map(struct board **out, int fd, int protection)
{
	struct board_page page;
	struct board *b;
	struct stat s;
	void *at;

	if (fstat(fd, &s) != 0 ||
	    pread(fd, &page, sizeof(page), 0) != (ssize_t)sizeof(page))
		return ERR_IO;
	if (page.magic != BOARD_MAGIC || page.layout != LAYOUT ||
	    !capacity_is_good(page.size.vaults, BOOK_VAULTS_MAX) ||
	    !capacity_is_good(page.size.verdicts, BOOK_VAULTS_MAX) ||
	    !capacity_is_good(page.size.portfolios, CONFIG_PORTFOLIOS_MAX))
		return ERR_STATE;
	b = calloc(1, sizeof(*b));
	if (!b)
		return ERR_LIMIT;
	layout_fill(b, &page.size);
	at = (uint64_t)s.st_size == b->bytes ? mmap(NULL, b->bytes,
	    protection, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (at == MAP_FAILED) {
		enum err e = (uint64_t)s.st_size == b->bytes ? ERR_IO :
		    ERR_STATE;

		free(b);
		return e;
	}
	b->base = at;
	b->page = at;
	*out = b;
	return ERR_OK;
}

enum err
board_map_writer(struct board **out, int fd)
{
	return map(out, fd, PROT_READ | PROT_WRITE);
}

enum err
board_map_reader(const struct board **out, int fd)
{
	struct board *b;
	enum err e = map(&b, fd, PROT_READ);

	if (e == ERR_OK)
		*out = b;
	return e;
}

void
board_unmap(const struct board *b)
{
	union {
		const struct board *in;
		struct board *out;
	} u = { b };

	if (!b)
		return;
	munmap(b->base, b->bytes);
	free(u.out);
}

static void *
at_offset(const struct board *b, uint64_t offset)
{
	return b->base + offset;
}

/* A write: odd while it lasts; readers that saw any of it try again. */
static void
lock_begin(_Atomic uint64_t *lock)
{
	/* A writer that died inside left it odd: begin from the even below. */
	uint64_t v = atomic_load_explicit(lock, memory_order_relaxed) &
	    ~(uint64_t)1;

	atomic_store_explicit(lock, v + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void
lock_end(_Atomic uint64_t *lock)
{
	uint64_t v = atomic_load_explicit(lock, memory_order_relaxed);

	atomic_store_explicit(lock, v + 1, memory_order_release);
}

static void
locked_write(_Atomic uint64_t *lock, void *to, const void *from, size_t size)
{
	lock_begin(lock);
	memcpy(to, from, size);
	lock_end(lock);
}

/* What a reader of a lock does: begins, reads, and may believe what it read
 * if it still holds. */
static bool
read_begins(uint64_t *seen, const _Atomic uint64_t *lock)
{
	*seen = atomic_load_explicit(lock, memory_order_acquire);
	return (*seen & 1) == 0;
}

static bool
read_holds(uint64_t seen, const _Atomic uint64_t *lock)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(lock, memory_order_relaxed) == seen;
}

static enum err
locked_read(const _Atomic uint64_t *lock, void *to, const void *from,
    size_t size)
{
	for (unsigned i = 0; i < BOARD_TRIES; i++) {
		uint64_t seen;

		if (!read_begins(&seen, lock))
			continue;
		memcpy(to, from, size);
		if (read_holds(seen, lock))
			return ERR_OK;
	}
	return ERR_STALE;
}

static _Atomic uint64_t *
vault_lock(struct board *b, uint32_t slot)
{
	_Atomic uint64_t *locks = at_offset(b, b->locks_at);

	return &locks[slot / BOARD_BLOCK];
}

/* tables_clear gives the pages back, which makes them zero again. */
static void
tables_clear(struct board *b)
{
	uint8_t *at = at_offset(b, b->tables_at);
	size_t bytes = b->bytes - b->tables_at;

	if (madvise(at, bytes, MADV_REMOVE) != 0)
		memset(at, 0, bytes);
	arena_advise(at, bytes);
}

void
board_begin_life(struct board *b)
{
	static const struct board_head none;
	static const struct board_attestation no_attestation;
	static const struct terms no_terms;
	static const struct board_risk no_risk;
	struct ring_entry *ring = at_offset(b, b->ring_at);
	_Atomic uint64_t *locks = at_offset(b, b->locks_at);

	atomic_fetch_add(&b->page->life, 1);
	locked_write(&b->page->head_lock, at_offset(b, b->head_at), &none,
	    sizeof(none));
	for (size_t i = 0; i < BOARD_RING; i++) {
		atomic_store(&ring[i].sequence, 0);
		locked_write(&ring[i].lock, &ring[i].attestation,
		    &no_attestation, sizeof(no_attestation));
	}
	atomic_store(&b->page->newest_at, 0);
	board_put_terms(b, &no_terms);
	board_put_risk(b, &no_risk);
	for (size_t i = 0; i < BOARD_TREES; i++) {
		lock_begin(&b->page->tree_lock[i]);
		b->page->shape[i] = (struct tree_shape){ 0 };
	}
	for (uint32_t i = 0; i < b->size.vaults / BOARD_BLOCK + 1; i++)
		lock_begin(&locks[i]);
	tables_clear(b);
	for (uint32_t i = 0; i < b->size.vaults / BOARD_BLOCK + 1; i++)
		lock_end(&locks[i]);
	for (size_t i = 0; i < BOARD_TREES; i++)
		lock_end(&b->page->tree_lock[i]);
}

void
board_put_head(struct board *b, struct board_head *h)
{
	MUST(h->market_count <= PRICES_MARKETS_MAX);
	h->life = atomic_load(&b->page->life);
	locked_write(&b->page->head_lock, at_offset(b, b->head_at), h,
	    offsetof(struct board_head, source) + h->market_count *
	    sizeof(h->source[0]));
}

enum err
board_get_head(struct board_head *out, const struct board *b)
{
	return locked_read(&b->page->head_lock, out, at_offset(b, b->head_at),
	    sizeof(*out));
}

/* terms_copy: what is used of them.  Counts are loaded once: from may change
 * meanwhile. */
static void
terms_copy(struct terms *to, const struct terms *from)
{
	uint32_t marks = *(const volatile uint32_t *)&from->mark_count;

	memcpy(to, from, offsetof(struct terms, unit));
	to->mark_count = marks < INSTRUMENTS_MAX ? marks : INSTRUMENTS_MAX;
	for (size_t u = 0; u < PRICES_UNITS_MAX; u++) {
		uint32_t count =
		    *(const volatile uint32_t *)&from->unit[u].count;

		if (count > MARKET_EXPIRIES_MAX)
			count = MARKET_EXPIRIES_MAX;
		to->unit[u].count = count;
		memcpy(to->unit[u].expiry, from->unit[u].expiry,
		    count * sizeof(*to->unit[u].expiry));
	}
	memcpy(to->mark, from->mark, to->mark_count * sizeof(*to->mark));
}

void
board_put_terms(struct board *b, const struct terms *t)
{
	lock_begin(&b->page->terms_lock);
	terms_copy(at_offset(b, b->terms_at), t);
	lock_end(&b->page->terms_lock);
}

uint64_t
board_terms_generation(const struct board *b)
{
	return atomic_load_explicit(&b->page->terms_lock,
	    memory_order_acquire);
}

enum err
board_get_terms(struct terms *out, const struct board *b)
{
	for (unsigned i = 0; i < BOARD_TRIES; i++) {
		uint64_t seen;

		if (!read_begins(&seen, &b->page->terms_lock))
			continue;
		terms_copy(out, at_offset(b, b->terms_at));
		if (read_holds(seen, &b->page->terms_lock))
			return ERR_OK;
	}
	return ERR_STALE;
}

void
board_put_risk(struct board *b, const struct board_risk *r)
{
	locked_write(&b->page->risk_lock, at_offset(b, b->risk_at), r,
	    sizeof(*r));
}

enum err
board_get_risk(struct board_risk *out, const struct board *b)
{
	enum err e = locked_read(&b->page->risk_lock, out,
	    at_offset(b, b->risk_at), sizeof(*out));

	if (e == ERR_OK && out->count > WIRE_UNITS)
		out->count = WIRE_UNITS;
	return e;
}

void
board_tables(struct tables *out, const struct board *b)
{
	tables_place(out, at_offset(b, b->tables_at), &b->size);
}

void
board_vault_begin(struct board *b, uint32_t slot)
{
	MUST(slot < b->size.vaults);
	lock_begin(vault_lock(b, slot));
}

void
board_vault_end(struct board *b, uint32_t slot)
{
	lock_end(vault_lock(b, slot));
}

void
board_tree_begin(struct board *b, enum tables_tree which)
{
	lock_begin(&b->page->tree_lock[which]);
}

void
board_tree_end(struct board *b, enum tables_tree which, const struct merkle *t)
{
	b->page->shape[which] = (struct tree_shape){ t->capacity, t->used,
	    t->leaves, 0 };
	lock_end(&b->page->tree_lock[which]);
}

void
board_vaults(struct vaults_view *out, const struct board *b)
{
	struct tables t;

	board_tables(&t, b);
	vaults_view_init(out, t.vaults, &t.limits);
}

/* The count is loaded once: what is checked is what is copied. */
static void
positions_read(struct board_vault *out, const struct tables *t, uint32_t slot)
{
	uint32_t row = out->vault.method != METHOD_RATIO ?
	    tables_portfolio_row(t, slot) : TABLES_NO_SLOT, count;

	out->portfolio = row;
	out->position_count = 0;
	if (row == TABLES_NO_SLOT)
		return;
	count = *(const volatile uint32_t *)&t->portfolio[row].positions;
	if (count > WIRE_POSITIONS)
		return;
	out->position_count = count;
	memcpy(out->position, t->position + (size_t)row * WIRE_POSITIONS,
	    out->position_count * sizeof(*out->position));
}

/* One reading; what it leads to counts only if the lock holds. */
static enum err
vault_read(struct board_vault *out, const struct board *b,
    const struct vaults_view *v, uint32_t slot)
{
	struct tables t;
	uint32_t at;
	enum err e;

	board_tables(&t, b);
	e = vaults_view_get(&out->vault, v, slot);
	if (e != ERR_OK)
		return e;
	out->state = t.state[slot];
	positions_read(out, &t, slot);
	at = t.verdict_slot[slot];
	out->verdict_slot = TABLES_NO_SLOT;
	if (at == 0 || at > t.size.verdicts)
		return ERR_OK;
	out->verdict_slot = at - 1;
	out->leaf = t.leaf[at - 1];
	return ERR_OK;
}

enum err
board_get_vault(struct board_vault *out, const struct board *b,
    const struct vaults_view *v, uint32_t slot)
{
	const _Atomic uint64_t *locks = at_offset(b, b->locks_at);
	const _Atomic uint64_t *lock = &locks[slot / BOARD_BLOCK];

	if (slot >= b->size.vaults)
		return ERR_UNKNOWN;
	for (unsigned i = 0; i < BOARD_TRIES; i++) {
		uint64_t seen;
		enum err e;

		if (!read_begins(&seen, lock))
			continue;
		e = vault_read(out, b, v, slot);
		if (read_holds(seen, lock))
			return e;
	}
	return ERR_STALE;
}

void
board_put_attestation(struct board *b, const struct board_attestation *a)
{
	struct ring_entry *ring = at_offset(b, b->ring_at);
	uint64_t newest = atomic_load(&b->page->newest_at);
	struct ring_entry *e = &ring[newest % BOARD_RING];

	locked_write(&e->lock, &e->attestation, a, sizeof(*a));
	atomic_store(&e->sequence, a->header.sequence);
	atomic_store(&b->page->newest_at, newest + 1);
}

enum err
board_get_attestation(struct board_attestation *out, const struct board *b,
    uint64_t sequence)
{
	const struct ring_entry *ring = at_offset(b, b->ring_at);
	uint64_t newest = atomic_load(&b->page->newest_at);

	for (uint64_t i = 0; i < BOARD_RING && i < newest; i++) {
		const struct ring_entry *e =
		    &ring[(newest - 1 - i) % BOARD_RING];
		enum err err;

		if (sequence != 0 && atomic_load(&e->sequence) != sequence)
			continue;
		err = locked_read(&e->lock, out, &e->attestation,
		    sizeof(*out));
		if (err != ERR_OK)
			return err;
		/* The writer may have gone round meanwhile. */
		if (sequence != 0 && out->header.sequence != sequence)
			return ERR_UNKNOWN;
		return ERR_OK;
	}
	return ERR_UNKNOWN;
}

enum err
board_get_attestation_back(struct board_attestation *out,
    const struct board *b, uint32_t n)
{
	const struct ring_entry *ring = at_offset(b, b->ring_at);
	uint64_t newest = atomic_load(&b->page->newest_at);
	const struct ring_entry *e;

	if (n >= BOARD_RING || n >= newest)
		return ERR_UNKNOWN;
	e = &ring[(newest - 1 - n) % BOARD_RING];
	return locked_read(&e->lock, out, &e->attestation, sizeof(*out));
}

/* A tree as its shape says, if such a tree can be. */
static enum err
tree_read(struct merkle *out, const struct board *b, enum tables_tree which)
{
	struct tree_shape s = b->page->shape[which];
	struct tables t;

	board_tables(&t, b);
	merkle_init(out, which == TABLES_POSITIONS ? t.positions : t.verdicts,
	    which == TABLES_POSITIONS ? b->size.vaults :
	    b->size.verdicts);
	if (s.capacity > out->capacity_max || s.used > s.capacity ||
	    s.leaves > s.used || (s.capacity & (s.capacity - 1)) != 0)
		return ERR_STATE;
	out->capacity = s.capacity;
	out->used = s.used;
	out->leaves = s.leaves;
	return ERR_OK;
}

static enum err
proof_read(struct board_proof *out, const struct board *b,
    enum tables_tree which, uint32_t slot)
{
	struct merkle t;
	enum err e = tree_read(&t, b, which);

	if (e != ERR_OK)
		return e;
	merkle_root(&out->root, &t);
	out->leaf = merkle_leaf(&t, slot);
	return merkle_prove(out->path, &out->path_len, &t, slot);
}

enum err
board_prove(struct board_proof *out, const struct board *b,
    enum tables_tree which, uint32_t slot)
{
	const _Atomic uint64_t *lock = &b->page->tree_lock[which];

	for (unsigned i = 0; i < BOARD_TRIES; i++) {
		uint64_t seen;
		enum err e;

		if (!read_begins(&seen, lock))
			continue;
		e = proof_read(out, b, which, slot);
		if (read_holds(seen, lock))
			return e;
	}
	return ERR_STALE;
}

uint64_t
board_block_generation(const struct board *b, uint32_t block)
{
	const _Atomic uint64_t *locks = at_offset(b, b->locks_at);

	if (block > (b->size.vaults - 1) / BOARD_BLOCK)
		return 0;
	return atomic_load_explicit(&locks[block], memory_order_acquire);
}

uint32_t
board_vault_capacity(const struct board *b)
{
	return b->size.vaults;
}

uint32_t
board_verdict_capacity(const struct board *b)
{
	return b->size.verdicts;
}
