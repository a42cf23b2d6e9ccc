#include "oracle/ring.h"

#include "base/must.h"
#include "oracle/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE 64u		/* of a processor's cache */
#define DATA_AT 4096u
#define RECORD_HEAD 8u
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

#define SPIN_NS 80000u
#define SPIN_LOOKS 64u		/* between two looks at the clock */
#define SPIN_CORES_MIN 4	/* fewer: yield, and sleep soon */
#define LINGER_NS 20000000u

/* The first page of a half; the bytes follow at DATA_AT. */
struct ring_half {
	_Alignas(LINE) _Atomic uint64_t head;	/* bytes put */
	_Alignas(LINE) _Atomic uint64_t tail;	/* bytes of the other's taken */
	/* 0: awake; else times slept << 2 | what it waits for. */
	_Alignas(LINE) _Atomic uint64_t sleep;
};
_Static_assert(sizeof(struct ring_half) <= DATA_AT, "");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared with another process");
_Static_assert(RING_CAPACITY_MIN >= 2 * (RING_RECORD_MAX + RECORD_HEAD), "");

static uint64_t
record_bytes(uint64_t size)
{
	return (RECORD_HEAD + size + 7) & ~(uint64_t)7;
}

/* Making and mapping. */

static bool
capacity_is_good(uint64_t c)
{
	return c >= RING_CAPACITY_MIN && c <= RING_CAPACITY_MAX &&
	    (c & (c - 1)) == 0;
}

enum err
ring_create(int *fd, int *fd_read_only, uint64_t capacity)
{
	char path[64];
	int w, r;

	MUST(capacity_is_good(capacity));
	w = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (w < 0)
		return ERR_IO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w);
	if (ftruncate(w, (off_t)(DATA_AT + capacity)) != 0 ||
	    fcntl(w, F_ADD_SEALS, SEALS) != 0 ||
	    (r = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		close(w);
		return ERR_IO;
	}
	*fd = w;
	*fd_read_only = r;
	return ERR_OK;
}

/* The capacity comes from the size, which the seals hold: nothing of what the
 * other side can write. */
static enum err
half_map(void **out, uint64_t *capacity, int fd, int protection)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat s;
	uint64_t bytes;
	void *at;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &s) != 0 ||
	    s.st_size <= (off_t)DATA_AT)
		return ERR_STATE;
	bytes = (uint64_t)s.st_size;
	if (!capacity_is_good(bytes - DATA_AT))
		return ERR_STATE;
	at = mmap(NULL, bytes, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return ERR_IO;
	*out = at;
	*capacity = bytes - DATA_AT;
	return ERR_OK;
}

enum err
ring_open(struct ring *out, int mine, int theirs)
{
	struct ring r = { .mine = NULL };
	void *a, *b;
	enum err e = half_map(&a, &r.out_capacity, mine,
	    PROT_READ | PROT_WRITE);

	if (e != ERR_OK)
		return e;
	e = half_map(&b, &r.in_capacity, theirs, PROT_READ);
	if (e != ERR_OK) {
		munmap(a, DATA_AT + r.out_capacity);
		return e;
	}
	r.mine = a;
	r.theirs = r.their_pages = b;
	r.out = (uint8_t *)a + DATA_AT;
	r.in = (const uint8_t *)b + DATA_AT;
	*out = r;
	return ERR_OK;
}

void
ring_close(struct ring *r)
{
	if (ring_is_open(r)) {
		munmap(r->mine, DATA_AT + r->out_capacity);
		munmap(r->their_pages, DATA_AT + r->in_capacity);
	}
	memset(r, 0, sizeof(*r));
}

/* Putting. */

static uint64_t
out_room(const struct ring *r)
{
	return r->out_capacity - (r->head - r->their_tail);
}

/* The reader may only have come nearer to what was put. */
static void
their_tail_look(struct ring *r)
{
	uint64_t tail = atomic_load(&r->theirs->tail);

	if (r->head - tail > r->head - r->their_tail || tail % 8 != 0)
		r->is_broken = true;
	else
		r->their_tail = tail;
}

static bool
has_room(struct ring *r, uint64_t bytes)
{
	if (out_room(r) < bytes)
		their_tail_look(r);
	return out_room(r) >= bytes;
}

static void
copy_in(struct ring *r, uint64_t at, const void *bytes, uint64_t size)
{
	const uint8_t *from = bytes;
	uint64_t begin = at & (r->out_capacity - 1);
	uint64_t first = r->out_capacity - begin;

	if (first > size)
		first = size;
	memcpy(r->out + begin, from, first);
	memcpy(r->out, from + first, size - first);
}

enum err
ring_put(struct ring *r, const void *bytes, size_t size)
{
	uint64_t length = size, need = record_bytes(size);

	MUST(size > 0 && size <= RING_RECORD_MAX);
	if (!has_room(r, need) && !r->is_broken) {
		r->need = need;
		return ERR_LIMIT;
	}
	if (r->is_broken)
		return ERR_STATE;
	copy_in(r, r->head, &length, sizeof(length));
	copy_in(r, r->head + RECORD_HEAD, bytes, size);
	r->head += need;
	atomic_store(&r->mine->head, r->head);
	return ERR_OK;
}

/* Taking. */

/* Asked where all that was known is taken: the writer may only have put more,
 * and no more than there is room for. */
static void
their_head_look(struct ring *r)
{
	uint64_t head = atomic_load(&r->theirs->head);

	if (head - r->tail > r->in_capacity || head % 8 != 0)
		r->is_broken = true;
	else
		r->their_head = head;
}

bool
ring_has_data(struct ring *r)
{
	if (!ring_is_open(r))
		return false;
	if (r->tail == r->their_head)
		their_head_look(r);
	return r->is_broken || r->tail != r->their_head;
}

static void
copy_out(const struct ring *r, uint64_t at, void *bytes, uint64_t size)
{
	uint8_t *to = bytes;
	uint64_t begin = at & (r->in_capacity - 1);
	uint64_t first = r->in_capacity - begin;

	if (first > size)
		first = size;
	memcpy(to, r->in + begin, first);
	memcpy(to + first, r->in, size - first);
}

/* One load: what is checked is what is used.  A length never straddles the
 * end, since both are multiples of 8. */
static uint64_t
length_load(const struct ring *r)
{
	const _Atomic uint64_t *at = (const void *)(r->in +
	    (r->tail & (r->in_capacity - 1)));

	return atomic_load_explicit(at, memory_order_relaxed);
}

enum err
ring_take(struct ring *r, void *bytes, size_t *size)
{
	uint64_t length;

	if (!ring_has_data(r))
		return ERR_MISSING;
	if (r->is_broken)
		return ERR_STATE;
	length = length_load(r);
	if (length == 0 || length > RING_RECORD_MAX ||
	    record_bytes(length) > r->their_head - r->tail) {
		r->is_broken = true;
		return ERR_STATE;
	}
	copy_out(r, r->tail + RECORD_HEAD, bytes, length);
	r->tail += record_bytes(length);
	atomic_store(&r->mine->tail, r->tail);
	*size = length;
	return ERR_OK;
}

/* Sleeping. */

bool
ring_sleep(struct ring *r, unsigned wants)
{
	if (!ring_is_open(r))
		return true;
	r->sleeps++;
	atomic_store(&r->mine->sleep, r->sleeps << 2 | wants);
	if (((wants & RING_DATA) == 0 || !ring_has_data(r)) &&
	    ((wants & RING_SPACE) == 0 || !has_room(r, r->need)) &&
	    !r->is_broken)
		return true;
	ring_awake(r);
	return false;
}

void
ring_awake(struct ring *r)
{
	if (ring_is_open(r))
		atomic_store_explicit(&r->mine->sleep, 0,
		    memory_order_relaxed);
}

/* A writer is woken when half of the ring is free: it lacked less than that,
 * so every take until then asks again. */
bool
ring_must_wake(struct ring *r, enum ring_want what)
{
	uint64_t sleep = atomic_load(&r->theirs->sleep);

	if ((sleep & what) == 0 || sleep == r->answered)
		return false;
	if (what == RING_SPACE &&
	    r->their_head - r->tail > r->in_capacity / 2)
		return false;
	r->answered = sleep;
	return true;
}

/* Spinning. */

void
ring_spin_from(struct ring_spin *out, bool must_spin)
{
	cpu_set_t set;

	*out = (struct ring_spin){ .spin_ns = must_spin ? SPIN_NS : 0 };
	out->must_yield = sched_getaffinity(0, sizeof(set), &set) != 0 ||
	    CPU_COUNT(&set) < SPIN_CORES_MIN;
	out->linger_ns = must_spin && !out->must_yield ? LINGER_NS : 0;
}

static bool
any_has_data(struct ring *const rings[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ring_has_data(rings[i]))
			return true;
	return false;
}

static void
relax(const struct ring_spin *s)
{
	if (s->must_yield) {
		sched_yield();
		return;
	}
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static bool
spins_until_data(const struct ring_spin *s, struct ring *const rings[],
    size_t count)
{
	uint64_t until_ns;

	if (s->spin_ns == 0 || any_has_data(rings, count))
		return any_has_data(rings, count);
	until_ns = clock_monotonic_ns() + s->spin_ns;
	do {
		for (unsigned i = 0; i < SPIN_LOOKS; i++) {
			if (any_has_data(rings, count))
				return true;
			relax(s);
		}
	} while (clock_monotonic_ns() < until_ns);
	return false;
}

bool
ring_spin(struct ring_spin *s, struct ring *const rings[], size_t count)
{
	bool has_data = spins_until_data(s, rings, count);

	if (has_data && s->linger_ns > 0)
		s->busy_ns = clock_monotonic_ns();
	return has_data;
}

bool
ring_lingers(const struct ring_spin *s)
{
	return s->linger_ns > 0 &&
	    clock_monotonic_ns() < s->busy_ns + s->linger_ns;
}
