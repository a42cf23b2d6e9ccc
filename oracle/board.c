#include "oracle/board.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first page: what a reader must find before it believes the rest. */
struct board {
	uint64_t magic;
	uint64_t layout;		/* sizeof of everything, mixed */
	uint64_t bytes;
	uint32_t vault_capacity, verdict_capacity;
	uint64_t head_at, vaults_at, locks_at, ring_at, positions_at,
	    verdicts_at;		/* offsets */
	_Atomic uint64_t life;
	_Atomic uint64_t head_lock, positions_lock, verdicts_lock;
	_Atomic uint32_t positions_used, verdicts_used;
	_Atomic uint64_t newest_at;	/* ring index of the newest, +1 */
};

struct ring_entry {
	_Atomic uint64_t lock;
	_Atomic uint64_t sequence;
	struct board_attestation attestation;
};

#define LAYOUT ((uint64_t)sizeof(struct board_head) << 40 ^ \
	(uint64_t)sizeof(struct board_vault) << 24 ^ \
	(uint64_t)sizeof(struct ring_entry) << 8 ^ BOARD_RING)

static uint64_t
aligned(uint64_t at)
{
	return (at + 4095) & ~(uint64_t)4095;
}

static void
layout_fill(struct board *b, uint32_t vaults, uint32_t verdicts)
{
	memset(b, 0, sizeof(*b));
	b->magic = BOARD_MAGIC;
	b->layout = LAYOUT;
	b->vault_capacity = vaults;
	b->verdict_capacity = verdicts;
	b->head_at = aligned(sizeof(*b));
	b->locks_at = aligned(b->head_at + sizeof(struct board_head));
	b->vaults_at = aligned(b->locks_at +
	    (vaults / BOARD_BLOCK + 1) * sizeof(uint64_t));
	b->ring_at = aligned(b->vaults_at +
	    (uint64_t)vaults * sizeof(struct board_vault));
	b->positions_at = aligned(b->ring_at +
	    BOARD_RING * sizeof(struct ring_entry));
	b->verdicts_at = aligned(b->positions_at +
	    (uint64_t)vaults * sizeof(struct b32));
	b->bytes = aligned(b->verdicts_at +
	    (uint64_t)verdicts * sizeof(struct b32));
}

enum err
board_create(int *fd, int *fd_read_only, uint32_t vault_capacity,
    uint32_t verdict_capacity)
{
	struct board b;
	char path[64];
	int w, r;

	layout_fill(&b, vault_capacity, verdict_capacity);
	w = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (w < 0)
		return ERR_IO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w);
	if (ftruncate(w, (off_t)b.bytes) != 0 ||
	    pwrite(w, &b, sizeof(b), 0) != (ssize_t)sizeof(b) ||
	    fcntl(w, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_SEAL) != 0 || (r = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		close(w);
		return ERR_IO;
	}
	*fd = w;
	*fd_read_only = r;
	return ERR_OK;
}

static enum err
map(void **out, int fd, int protection)
{
	struct board b;
	struct stat s;
	void *at;

	if (fstat(fd, &s) != 0 ||
	    pread(fd, &b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return ERR_IO;
	if (b.magic != BOARD_MAGIC || b.layout != LAYOUT ||
	    (uint64_t)s.st_size != b.bytes)
		return ERR_STATE;
	at = mmap(NULL, b.bytes, protection, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return ERR_IO;
	*out = at;
	return ERR_OK;
}

enum err
board_map_writer(struct board **out, int fd)
{
	void *at;
	enum err e = map(&at, fd, PROT_READ | PROT_WRITE);

	if (e == ERR_OK)
		*out = at;
	return e;
}

enum err
board_map_reader(const struct board **out, int fd)
{
	void *at;
	enum err e = map(&at, fd, PROT_READ);

	if (e == ERR_OK)
		*out = at;
	return e;
}

void
board_unmap(const struct board *b)
{
	union {
		const struct board *in;
		void *out;
	} u = { b };

	if (b)
		munmap(u.out, b->bytes);
}

static void *
at_offset(struct board *b, uint64_t offset)
{
	return (uint8_t *)b + offset;
}

static const void *
at_offset_const(const struct board *b, uint64_t offset)
{
	return (const uint8_t *)b + offset;
}

/* A write: odd while it lasts; readers that saw any of it try again. */
static void
locked_write(_Atomic uint64_t *lock, void *to, const void *from, size_t size)
{
	/* A writer that died inside left it odd: begin from the even below. */
	uint64_t v = atomic_load_explicit(lock, memory_order_relaxed) &
	    ~(uint64_t)1;

	atomic_store_explicit(lock, v + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy(to, from, size);
	atomic_store_explicit(lock, v + 2, memory_order_release);
}

static enum err
locked_read(const _Atomic uint64_t *lock, void *to, const void *from,
    size_t size)
{
	for (unsigned i = 0; i < BOARD_TRIES; i++) {
		uint64_t v = atomic_load_explicit(lock, memory_order_acquire);

		if ((v & 1) != 0)
			continue;
		memcpy(to, from, size);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(lock, memory_order_relaxed) == v)
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

void
board_begin_life(struct board *b)
{
	static const struct board_head none;
	static const struct board_attestation no_attestation;
	struct ring_entry *ring = at_offset(b, b->ring_at);

	atomic_fetch_add(&b->life, 1);
	locked_write(&b->head_lock, at_offset(b, b->head_at), &none,
	    sizeof(none));
	for (size_t i = 0; i < BOARD_RING; i++) {
		atomic_store(&ring[i].sequence, 0);
		locked_write(&ring[i].lock, &ring[i].attestation,
		    &no_attestation, sizeof(no_attestation));
	}
	atomic_store(&b->newest_at, 0);
	atomic_store(&b->positions_used, 0);
	atomic_store(&b->verdicts_used, 0);
}

void
board_put_head(struct board *b, const struct board_head *h)
{
	struct board_head copy = *h;

	copy.life = atomic_load(&b->life);
	locked_write(&b->head_lock, at_offset(b, b->head_at), &copy,
	    sizeof(copy));
}

enum err
board_get_head(struct board_head *out, const struct board *b)
{
	return locked_read(&b->head_lock, out, at_offset_const(b, b->head_at),
	    sizeof(*out));
}

void
board_put_vault(struct board *b, uint32_t slot, const struct board_vault *v)
{
	struct board_vault *rows = at_offset(b, b->vaults_at);

	MUST(slot < b->vault_capacity);
	locked_write(vault_lock(b, slot), &rows[slot], v, sizeof(*v));
}

enum err
board_get_vault(struct board_vault *out, const struct board *b, uint32_t slot)
{
	const struct board_vault *rows = at_offset_const(b, b->vaults_at);
	const _Atomic uint64_t *locks = at_offset_const(b, b->locks_at);

	if (slot >= b->vault_capacity)
		return ERR_UNKNOWN;
	return locked_read(&locks[slot / BOARD_BLOCK], out, &rows[slot],
	    sizeof(*out));
}

void
board_put_attestation(struct board *b, const struct board_attestation *a)
{
	struct ring_entry *ring = at_offset(b, b->ring_at);
	uint64_t newest = atomic_load(&b->newest_at);
	struct ring_entry *e = &ring[newest % BOARD_RING];

	locked_write(&e->lock, &e->attestation, a, sizeof(*a));
	atomic_store(&e->sequence, a->header.sequence);
	atomic_store(&b->newest_at, newest + 1);
}

enum err
board_get_attestation(struct board_attestation *out, const struct board *b,
    uint64_t sequence)
{
	const struct ring_entry *ring = at_offset_const(b, b->ring_at);
	uint64_t newest = atomic_load(&b->newest_at);

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
	const struct ring_entry *ring = at_offset_const(b, b->ring_at);
	uint64_t newest = atomic_load(&b->newest_at);
	const struct ring_entry *e;

	if (n >= BOARD_RING || n >= newest)
		return ERR_UNKNOWN;
	e = &ring[(newest - 1 - n) % BOARD_RING];
	return locked_read(&e->lock, out, &e->attestation, sizeof(*out));
}

static void
leaf_put(_Atomic uint64_t *lock, _Atomic uint32_t *used, struct b32 *leaves,
    uint32_t slot, const struct b32 *leaf)
{
	locked_write(lock, &leaves[slot], leaf, sizeof(*leaf));
	if (slot >= atomic_load(used))
		atomic_store(used, slot + 1);
}

void
board_put_position_leaf(struct board *b, uint32_t slot,
    const struct b32 *leaf)
{
	MUST(slot < b->vault_capacity);
	leaf_put(&b->positions_lock, &b->positions_used,
	    at_offset(b, b->positions_at), slot, leaf);
}

void
board_put_verdict_leaf(struct board *b, uint32_t slot, const struct b32 *leaf)
{
	MUST(slot < b->verdict_capacity);
	leaf_put(&b->verdicts_lock, &b->verdicts_used,
	    at_offset(b, b->verdicts_at), slot, leaf);
}

enum err
board_get_position_leaves(struct b32 *out, uint32_t *count,
    const struct board *b)
{
	uint32_t used = atomic_load(&b->positions_used);
	enum err e = locked_read(&b->positions_lock, out,
	    at_offset_const(b, b->positions_at), used * sizeof(*out));

	if (e == ERR_OK)
		*count = used;
	return e;
}

enum err
board_get_verdict_leaves(struct b32 *out, uint32_t *count,
    const struct board *b)
{
	uint32_t used = atomic_load(&b->verdicts_used);
	enum err e = locked_read(&b->verdicts_lock, out,
	    at_offset_const(b, b->verdicts_at), used * sizeof(*out));

	if (e == ERR_OK)
		*count = used;
	return e;
}

uint64_t
board_block_generation(const struct board *b, uint32_t block)
{
	const _Atomic uint64_t *locks = at_offset_const(b, b->locks_at);

	if (block > (b->vault_capacity - 1) / BOARD_BLOCK)
		return 0;
	return atomic_load_explicit(&locks[block], memory_order_acquire);
}

uint32_t
board_vault_capacity(const struct board *b)
{
	return b->vault_capacity;
}

uint32_t
board_verdict_capacity(const struct board *b)
{
	return b->verdict_capacity;
}
