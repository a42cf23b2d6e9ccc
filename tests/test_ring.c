/* Rings: order, limits, a half that lies, sleepers, and hot wires between
 * processes that live and die. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/must.h"
#include "oracle/proc.h"
#include "oracle/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where things lie in a half (ring.c). */
#define HEAD_AT 0u
#define TAIL_AT 64u
#define SLEEP_AT 128u
#define DATA_AT 4096u

#define CAPACITY RING_CAPACITY_MIN
#define SPACE_OF(size) (((size) + 15u) & ~7u)	/* that a record takes */

/* Both sides of a wire in one process, and a's half as its owner sees it. */
struct wire {
	struct ring a, b;
	int socket_a, socket_b;
	uint8_t *half;
};

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
wire_open(struct wire *w, uint64_t a_to_b, uint64_t b_to_a)
{
	struct proc_passed a, b;
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	    0);
	a = (struct proc_passed){ { pair[0] }, 1 };
	b = (struct proc_passed){ { pair[1] }, 1 };
	MUST(proc_hot_halves(&a, &b, a_to_b, b_to_a) == ERR_OK);
	MUST(ring_open(&w->a, a.fd[1], a.fd[2]) == ERR_OK);
	MUST(ring_open(&w->b, b.fd[1], b.fd[2]) == ERR_OK);
	w->half = mmap(NULL, DATA_AT + a_to_b, PROT_READ | PROT_WRITE,
	    MAP_SHARED, a.fd[1], 0);
	MUST(w->half != MAP_FAILED);
	for (size_t i = 1; i < 3; i++) {
		close(a.fd[i]);
		close(b.fd[i]);
	}
	w->socket_a = pair[0];
	w->socket_b = pair[1];
}

static void
wire_close(struct wire *w)
{
	munmap(w->half, DATA_AT + w->a.out_capacity);
	ring_close(&w->a);
	ring_close(&w->b);
	close(w->socket_a);
	close(w->socket_b);
}

static void
half_set(struct wire *w, size_t at, uint64_t value)
{
	memcpy(w->half + at, &value, sizeof(value));
}

/* Bytes that tell which record they are of. */
static void
record_fill(uint8_t *out, size_t size, uint64_t number)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(number * 131 + i * 7 + (i >> 8));
}

static void
must_take(struct ring *r, uint64_t number, size_t size)
{
	uint8_t got[RING_RECORD_MAX], want[RING_RECORD_MAX];
	size_t got_size;

	assert_int_equal(ring_take(r, got, &got_size), ERR_OK);
	assert_int_equal(got_size, size);
	record_fill(want, size, number);
	assert_memory_equal(got, want, size);
}

static void
must_put(struct ring *r, uint64_t number, size_t size)
{
	uint8_t bytes[RING_RECORD_MAX];

	record_fill(bytes, size, number);
	assert_int_equal(ring_put(r, bytes, size), ERR_OK);
}

static void
must_be_empty(struct ring *r)
{
	uint8_t bytes[RING_RECORD_MAX];
	size_t size = 77;

	assert_false(ring_has_data(r));
	assert_int_equal(ring_take(r, bytes, &size), ERR_MISSING);
	assert_int_equal(size, 77);
}

/* ---- records ---- */

/* Against a list, through many turns of the ring, both ways. */
static void
ring__keeps_records_and_their_order(void **state)
{
	enum { STEPS = 200000, AHEAD = CAPACITY / 16 };
	static size_t sizes[2][AHEAD];
	uint64_t put[2] = { 0, 0 }, taken[2] = { 0, 0 }, used[2] = { 0, 0 };
	uint64_t refused = 0;
	struct wire w;

	(void)state;
	wire_open(&w, CAPACITY, 2 * CAPACITY);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned way = random_next() % 2;
		struct ring *from = way ? &w.b : &w.a;
		struct ring *to = way ? &w.a : &w.b;
		uint64_t capacity = way ? 2 * CAPACITY : CAPACITY;
		size_t size = 1 + random_next() % (random_next() % 8 == 0 ?
		    RING_RECORD_MAX : 100);

		if (random_next() % 100 < 52) {
			uint8_t bytes[RING_RECORD_MAX];
			bool fits = used[way] + SPACE_OF(size) <= capacity;

			record_fill(bytes, size, put[way]);
			assert_int_equal(ring_put(from, bytes, size), fits ?
			    ERR_OK : ERR_LIMIT);
			refused += !fits;
			if (!fits)
				continue;
			sizes[way][put[way]++ % AHEAD] = size;
			used[way] += SPACE_OF(size);
		} else if (taken[way] == put[way]) {
			must_be_empty(to);
		} else {
			size = sizes[way][taken[way] % AHEAD];
			must_take(to, taken[way]++, size);
			used[way] -= SPACE_OF(size);
		}
	}
	assert_true(put[0] > 10000 && put[1] > 10000 && refused > 100);
	wire_close(&w);
}

static void
ring_put__fills_to_the_last_byte_and_no_further(void **state)
{
	static const size_t sizes[] = { 1, 8, 17, 24, 56, 120, 1016, 4088 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		size_t count = CAPACITY / SPACE_OF(sizes[i]);

		wire_open(&w, CAPACITY, CAPACITY);
		/* From every place in the ring, also across its end. */
		for (uint64_t k = 0; k < 5; k++) {
			must_put(&w.a, k, 1000 + 8 * k);
			must_take(&w.b, k, 1000 + 8 * k);
			for (size_t n = 0; n < count; n++)
				must_put(&w.a, n, sizes[i]);
			assert_int_equal(ring_put(&w.a, "1", 1), ERR_LIMIT);
			for (size_t n = 0; n < count; n++)
				must_take(&w.b, n, sizes[i]);
			must_be_empty(&w.b);
		}
		wire_close(&w);
	}
}

/* ---- halves ---- */

static void
ring_open__refuses_what_is_no_half(void **state)
{
	struct ring r = { .mine = NULL };
	int fd, fd_read, loose, small, other;
	FILE *file = tmpfile();

	(void)state;
	assert_int_equal(ring_create(&fd, &fd_read, CAPACITY), ERR_OK);
	loose = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	small = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	other = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(loose, DATA_AT + CAPACITY), 0);
	assert_int_equal(ftruncate(small, DATA_AT), 0);
	assert_int_equal(ftruncate(other, DATA_AT + CAPACITY + 4096), 0);
	assert_int_equal(fcntl(small, F_ADD_SEALS, F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_SEAL), 0);
	assert_int_equal(fcntl(other, F_ADD_SEALS, F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_SEAL), 0);
	assert_int_equal(ring_open(&r, fd, loose), ERR_STATE);
	assert_int_equal(ring_open(&r, loose, fd_read), ERR_STATE);
	assert_int_equal(ring_open(&r, fd, small), ERR_STATE);
	assert_int_equal(ring_open(&r, fd, other), ERR_STATE);
	assert_int_equal(ring_open(&r, fd, fileno(file)), ERR_STATE);
	assert_int_equal(ring_open(&r, fd, -1), ERR_STATE);
	/* Ours must be ours to write. */
	assert_int_equal(ring_open(&r, fd_read, fd_read), ERR_IO);
	assert_false(ring_is_open(&r));
	assert_int_equal(ring_open(&r, fd, fd_read), ERR_OK);
	assert_true(ring_is_open(&r));
	ring_close(&r);
	ring_close(&r);
	assert_false(ring_is_open(&r));
	close(fd);
	close(fd_read);
	close(loose);
	close(small);
	close(other);
	fclose(file);
}

static void
ring_create__gives_the_reader_no_right_to_write(void **state)
{
	int fd, fd_read;
	void *at;

	(void)state;
	assert_int_equal(ring_create(&fd, &fd_read, CAPACITY), ERR_OK);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd_read, 0), MAP_FAILED);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd_read, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(mprotect(at, 4096, PROT_READ | PROT_WRITE), -1);
	munmap(at, 4096);
	/* Nobody changes its size under a reader. */
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_int_equal(ftruncate(fd, 4 * CAPACITY), -1);
	close(fd);
	close(fd_read);
}

/* ---- a half that lies ---- */

/* What was right before stays taken; from the lie on nothing is. */
static void
ring_take__refuses_an_index_that_cannot_be(void **state)
{
	static const uint64_t head[] = {
		0,			/* back */
		24, 31, 33,		/* not where a record begins */
		32 + CAPACITY + 8,	/* more than there is room for */
		UINT64_MAX - 7, (uint64_t)1 << 63,
	};
	uint8_t bytes[RING_RECORD_MAX];
	struct wire w;
	size_t size = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(head); i++) {
		wire_open(&w, CAPACITY, CAPACITY);
		must_put(&w.a, 1, 24);
		must_take(&w.b, 1, 24);
		half_set(&w, HEAD_AT, head[i]);
		assert_true(ring_has_data(&w.b));
		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_STATE);
		/* Saying the truth again helps nobody. */
		half_set(&w, HEAD_AT, 32);
		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_STATE);
		assert_int_equal(ring_put(&w.b, bytes, 8), ERR_STATE);
		assert_false(ring_sleep(&w.b, RING_DATA));
		assert_int_equal(size, 77);
		wire_close(&w);
	}
}

static void
ring_take__refuses_a_length_that_cannot_be(void **state)
{
	static const uint64_t length[] = { 0, 25, 32, RING_RECORD_MAX + 1,
	    UINT32_MAX, (uint64_t)1 << 32, UINT64_MAX, UINT64_MAX - 7,
	    UINT64_MAX - 14, UINT64_MAX - 15 };
	uint8_t bytes[RING_RECORD_MAX];
	struct wire w;
	size_t size = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(length); i++) {
		wire_open(&w, CAPACITY, CAPACITY);
		must_put(&w.a, 1, 24);
		half_set(&w, DATA_AT, length[i]);
		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_STATE);
		half_set(&w, DATA_AT, 24);
		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_STATE);
		assert_int_equal(size, 77);
		wire_close(&w);
	}
	/* The longest that fits is taken: what lies there is the writer's. */
	wire_open(&w, CAPACITY, CAPACITY);
	must_put(&w.a, 1, 17);
	half_set(&w, DATA_AT, 24);
	assert_int_equal(ring_take(&w.b, bytes, &size), ERR_OK);
	assert_int_equal(size, 24);
	wire_close(&w);
}

/* a is the reader here, and says how far it has come. */
static void
ring_put__refuses_a_reader_ahead_of_it_or_going_back(void **state)
{
	enum { GOOD = 64 + 8200 };
	static const uint64_t tail[] = { GOOD, 0, 56, 65, 1u << 20,
	    UINT64_MAX - 7, (uint64_t)1 << 40 };
	uint8_t bytes[RING_RECORD_MAX];
	struct wire w;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_COUNT(tail); i++) {
		enum err e = ERR_OK;

		wire_open(&w, CAPACITY, CAPACITY);
		must_put(&w.b, 1, 56);
		must_take(&w.a, 1, 56);
		/* Until b looks where a is. */
		while (ring_put(&w.b, bytes, RING_RECORD_MAX) == ERR_OK)
			;
		half_set(&w, TAIL_AT, tail[i]);
		for (unsigned k = 0; k < 600 && e == ERR_OK; k++)
			e = ring_put(&w.b, bytes, 1000);
		assert_int_equal(e, tail[i] == GOOD ? ERR_LIMIT : ERR_STATE);
		wire_close(&w);
	}
}

struct liar {
	_Atomic uint64_t *length;
	atomic_bool is_over;
};

static void *
liar_run(void *arg)
{
	static const uint64_t said[] = { 8, 16, 4000, 8184, 8192, 9000,
	    UINT64_MAX, 0 };
	struct liar *l = arg;

	for (size_t i = 0; !atomic_load(&l->is_over); i++)
		atomic_store_explicit(l->length, said[i % ARRAY_COUNT(said)],
		    memory_order_relaxed);
	return NULL;
}

/* The length changes while it is read: what was checked is what is copied. */
static void
ring_take__copies_no_more_than_it_checked(void **state)
{
	struct {
		uint8_t bytes[RING_RECORD_MAX], guard[4096];
	} out;
	struct wire w;
	struct liar liar;
	pthread_t thread;
	unsigned taken = 0;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	must_put(&w.a, 1, RING_RECORD_MAX);
	liar.length = (void *)(w.half + DATA_AT);
	atomic_init(&liar.is_over, false);
	assert_int_equal(pthread_create(&thread, NULL, liar_run, &liar), 0);
	memset(&out, 0xa5, sizeof(out));
	/* On a busy machine the liar may sleep on a length that is refused. */
	for (unsigned i = 0; i < 200000 ||
	    (taken == 0 && i < 200000000); i++) {
		size_t size = 0;
		struct ring r = w.b;	/* as if it was the first time */

		if (ring_take(&r, out.bytes, &size) == ERR_OK) {
			assert_in_range(size, 1, RING_RECORD_MAX);
			assert_int_equal(r.tail, SPACE_OF(size));
			taken++;
		}
	}
	atomic_store(&liar.is_over, true);
	pthread_join(thread, NULL);
	assert_true(taken > 0);
	for (size_t i = 0; i < sizeof(out.guard); i++)
		assert_int_equal(out.guard[i], 0xa5);
	wire_close(&w);
}

/* ---- sleeping ---- */

static void
ring_must_wake__answers_each_sleep_once(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	must_put(&w.a, 1, 8);
	assert_false(ring_must_wake(&w.a, RING_DATA));	/* b is awake */
	assert_false(ring_sleep(&w.b, RING_DATA));	/* there is one */
	assert_false(ring_must_wake(&w.a, RING_DATA));
	must_take(&w.b, 1, 8);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(ring_sleep(&w.b, RING_DATA));
		assert_false(ring_must_wake(&w.a, RING_SPACE));
		must_put(&w.a, 2, 8);
		assert_true(ring_must_wake(&w.a, RING_DATA));
		must_put(&w.a, 3, 8);
		assert_false(ring_must_wake(&w.a, RING_DATA));
		ring_awake(&w.b);
		assert_false(ring_must_wake(&w.a, RING_DATA));
		must_take(&w.b, 2, 8);
		must_take(&w.b, 3, 8);
	}
	wire_close(&w);
}

static void
ring_must_wake__wakes_a_writer_when_half_is_free(void **state)
{
	uint8_t bytes[1016];
	struct wire w;
	unsigned count = 0;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	wire_open(&w, CAPACITY, CAPACITY);
	while (ring_put(&w.a, bytes, sizeof(bytes)) == ERR_OK)
		count++;
	assert_int_equal(count, CAPACITY / 1024);
	assert_true(ring_sleep(&w.a, RING_SPACE));
	for (unsigned i = 1; i <= count; i++) {
		size_t size;

		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_OK);
		assert_int_equal(ring_must_wake(&w.b, RING_SPACE),
		    i == count / 2);
	}
	ring_awake(&w.a);
	/* With room it does not sleep. */
	assert_false(ring_sleep(&w.a, RING_SPACE));
	wire_close(&w);
}

/* A ring that is not there says nothing and lets everyone sleep. */
static void
ring__that_is_not_open_has_nothing(void **state)
{
	struct ring r = { .mine = NULL };
	struct ring *const rings[] = { &r };
	struct ring_spin spin = { .spin_ns = 1000 };

	(void)state;
	assert_false(ring_is_open(&r));
	assert_false(ring_has_data(&r));
	assert_true(ring_sleep(&r, RING_DATA | RING_SPACE));
	ring_awake(&r);
	assert_false(ring_spin(&spin, rings, 1));
	ring_close(&r);
}

static void
ring_lingers__for_a_while_after_data_and_only_then(void **state)
{
	struct ring_spin spin = { .spin_ns = 1000, .linger_ns = 5000000 };
	struct timespec pause = { .tv_nsec = 6000000 };
	struct ring *rings[1];
	struct wire w;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	rings[0] = &w.b;
	assert_false(ring_spin(&spin, rings, 1));
	assert_false(ring_lingers(&spin));	/* there was never any */
	must_put(&w.a, 1, 8);
	assert_true(ring_spin(&spin, rings, 1));
	must_take(&w.b, 1, 8);
	spin.linger_ns = 1000000000000;
	assert_true(ring_lingers(&spin));
	spin.linger_ns = 5000000;
	nanosleep(&pause, NULL);
	assert_false(ring_lingers(&spin));
	spin.linger_ns = 0;
	must_put(&w.a, 2, 8);
	assert_true(ring_spin(&spin, rings, 1));
	assert_false(ring_lingers(&spin));	/* it does not linger at all */
	wire_close(&w);
}

static void
ring_spin__finds_data_in_any_ring(void **state)
{
	struct ring_spin spin;
	struct wire w, v;
	struct ring *rings[2];

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	wire_open(&v, CAPACITY, CAPACITY);
	rings[0] = &w.b;
	rings[1] = &v.b;
	for (unsigned i = 0; i < 2; i++) {
		ring_spin_from(&spin, i == 1);
		assert_int_equal(spin.spin_ns > 0, i == 1);
		assert_false(ring_spin(&spin, rings, 2));
		must_put(&v.a, i, 8);
		assert_true(ring_spin(&spin, rings, 2));
		assert_false(ring_spin(&spin, rings, 1));
		must_take(&v.b, i, 8);
	}
	wire_close(&w);
	wire_close(&v);
}

/* ---- two at once ---- */

struct side {
	struct ring *ring;
	int socket;
	uint64_t count;
	bool may_sleep;
};

/* Waits for a message as the roles' loops do. */
static enum err
receive_sleeping(struct ring *r, int fd, void *bytes, size_t *size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	enum err e;

	while ((e = proc_hot_receive(fd, r, bytes, size)) == ERR_MISSING) {
		if (!ring_sleep(r, RING_DATA))
			continue;
		/* A lost wake-up ends the test. */
		MUST(poll(&p, 1, 20000) > 0);
		ring_awake(r);
		if (p.revents != 0)
			proc_hot_listen(fd, r);
	}
	return e;
}

static struct wire_end
end_of(uint64_t sequence)
{
	struct wire_end w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_END);
	w.sequence = sequence;
	return w;
}

/* Small ones, and now and then one that takes a good part of the ring. */
static void *
writer_run(void *arg)
{
	static _Thread_local struct wire_tx_request large;
	struct side *s = arg;

	for (uint64_t i = 0; i < s->count; i++) {
		struct wire_end w = end_of(i);
		/* Now and then as many quietly as fill the ring. */
		bool is_quiet = i / 4096 % 2 != 0 && i + 1 < s->count;

		MUST((is_quiet ? proc_hot_put : proc_hot_send)(s->socket,
		    s->ring, &w, true) == ERR_OK);
		if (i % 97 != 0)
			continue;
		memset(&large, (int)(i % 251), sizeof(large));
		wire_head_set(&large.head, WIRE_TX_REQUEST);
		large.id = i;
		MUST((is_quiet ? proc_hot_put : proc_hot_send)(s->socket,
		    s->ring, &large, true) == ERR_OK);
	}
	return NULL;
}

static void
reader_run(struct side *s)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;

	for (uint64_t i = 0; i < s->count; i++) {
		struct wire_tx_request large;
		struct wire_end w;

		MUST(receive_sleeping(s->ring, s->socket, bytes, &size) ==
		    ERR_OK && size == sizeof(w));
		memcpy(&w, bytes, sizeof(w));
		MUST(w.sequence == i);
		if (i % 97 != 0)
			continue;
		MUST(receive_sleeping(s->ring, s->socket, bytes, &size) ==
		    ERR_OK && size == sizeof(large));
		memcpy(&large, bytes, sizeof(large));
		MUST(large.id == i && large.data[WIRE_TX_DATA - 1] ==
		    i % 251);
	}
}

static void
hot_wire__carries_millions_between_threads(void **state)
{
	struct wire w;
	struct side to, from;
	pthread_t thread;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	to = (struct side){ .ring = &w.a, .socket = w.socket_a,
	    .count = 1000000 };
	from = (struct side){ .ring = &w.b, .socket = w.socket_b,
	    .count = 1000000 };
	assert_int_equal(pthread_create(&thread, NULL, writer_run, &to), 0);
	reader_run(&from);
	pthread_join(thread, NULL);
	wire_close(&w);
}

static pid_t
fork_with(struct wire *w, void (*run)(struct wire *))
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(w->socket_b);
		run(w);
		_exit(0);
	}
	close(w->socket_a);
	w->socket_a = -1;
	return pid;
}

static void
must_have_ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define MANY 2000000u

static void
write_many(struct wire *w)
{
	struct side s = { .ring = &w->a, .socket = w->socket_a,
	    .count = MANY };

	writer_run(&s);
}

static void
hot_wire__carries_millions_between_processes(void **state)
{
	struct wire w;
	struct side s;
	pid_t pid;

	(void)state;
	wire_open(&w, 1u << 20, CAPACITY);
	pid = fork_with(&w, write_many);
	s = (struct side){ .ring = &w.b, .socket = w.socket_b,
	    .count = MANY };
	reader_run(&s);
	must_have_ended(pid);
	wire_close(&w);
}

#define TRIPS 60000u

static void
echo(struct wire *w)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;

	while (receive_sleeping(&w->a, w->socket_a, bytes, &size) == ERR_OK)
		MUST(proc_hot_send(w->socket_a, &w->a, bytes, true) ==
		    ERR_OK);
}

/* Each message finds the other about to sleep: every order of announcing,
 * putting and looking comes up. */
static void
hot_wire__loses_no_wake_up(void **state)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire w;
	pid_t pid;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	pid = fork_with(&w, echo);
	for (uint64_t i = 0; i < TRIPS; i++) {
		struct wire_end end = end_of(i), got;
		size_t size;

		assert_int_equal(proc_hot_send(w.socket_b, &w.b, &end, true),
		    ERR_OK);
		for (uint64_t k = random_next() % 4096; k > 0; k--)
			atomic_signal_fence(memory_order_seq_cst);
		assert_int_equal(receive_sleeping(&w.b, w.socket_b, bytes,
		    &size), ERR_OK);
		memcpy(&got, bytes, sizeof(got));
		assert_int_equal(got.sequence, i);
	}
	close(w.socket_b);
	w.socket_b = -1;
	must_have_ended(pid);
	wire_close(&w);
}

/* ---- ends ---- */

#define LAST_WORDS 500u

static void
speak_and_die(struct wire *w)
{
	for (uint64_t i = 0; i < LAST_WORDS; i++) {
		struct wire_end end = end_of(i);

		MUST(proc_hot_send(w->socket_a, &w->a, &end, true) ==
		    ERR_OK);
	}
	raise(SIGKILL);
}

static void
hot_wire__delivers_what_a_dead_peer_had_said(void **state)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_end end = end_of(0);
	struct wire w;
	size_t size;
	int status;
	pid_t pid;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	pid = fork_with(&w, speak_and_die);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (uint64_t i = 0; i < LAST_WORDS; i++) {
		assert_int_equal(receive_sleeping(&w.b, w.socket_b, bytes,
		    &size), ERR_OK);
		memcpy(&end, bytes, sizeof(end));
		assert_int_equal(end.sequence, i);
	}
	assert_int_equal(receive_sleeping(&w.b, w.socket_b, bytes, &size),
	    ERR_IO);
	assert_int_equal(proc_hot_send(w.socket_b, &w.b, &end, true), ERR_IO);
	wire_close(&w);
}

static void
read_one_and_die(struct wire *w)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;

	MUST(receive_sleeping(&w->a, w->socket_a, bytes, &size) == ERR_OK);
	/* Its writer sleeps by then, or is about to. */
	usleep(20000);
}

static void
proc_hot_send__ends_with_its_reader(void **state)
{
	struct wire_end end = end_of(0);
	struct wire w;
	enum err e = ERR_OK;
	unsigned sent = 0;
	pid_t pid;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	pid = fork_with(&w, read_one_and_die);
	while ((e = proc_hot_send(w.socket_b, &w.b, &end, true)) == ERR_OK)
		sent++;
	assert_int_equal(e, ERR_IO);
	assert_in_range(sent, CAPACITY / 24, CAPACITY / 24 + 1);
	must_have_ended(pid);
	wire_close(&w);
}

static void
proc_hot_send__drops_where_it_may_not_block(void **state)
{
	struct wire_end end = end_of(0);
	struct wire w;
	unsigned sent = 0;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	while (proc_hot_send(w.socket_a, &w.a, &end, false) == ERR_OK)
		sent++;
	assert_int_equal(sent, CAPACITY / 24);
	assert_int_equal(proc_hot_send(w.socket_a, &w.a, &end, false),
	    ERR_LIMIT);
	wire_close(&w);
}

/* Whether a byte lies on the socket; takes it. */
static bool
was_rung(struct wire *w)
{
	uint8_t byte;

	return recv(w->socket_b, &byte, 1, MSG_DONTWAIT) == 1;
}

static void
proc_hot_put__rings_only_when_told_or_when_much_lies_there(void **state)
{
	enum { RECORD = 24, QUIET = (PROC_QUIET_BYTES - 1) / RECORD };
	struct wire_end end = end_of(0);
	struct wire w;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	MUST(ring_sleep(&w.b, RING_DATA));
	for (unsigned i = 0; i < QUIET; i++)
		assert_int_equal(proc_hot_put(w.socket_a, &w.a, &end, true),
		    ERR_OK);
	assert_int_equal(w.a.head, QUIET * RECORD);
	assert_false(was_rung(&w));
	assert_int_equal(proc_hot_put(w.socket_a, &w.a, &end, true), ERR_OK);
	assert_true(was_rung(&w));
	ring_awake(&w.b);
	for (unsigned i = 0; i <= QUIET; i++) {
		uint8_t bytes[RING_RECORD_MAX];
		size_t size;

		assert_int_equal(ring_take(&w.b, bytes, &size), ERR_OK);
	}
	MUST(ring_sleep(&w.b, RING_DATA));
	assert_int_equal(proc_hot_put(w.socket_a, &w.a, &end, true), ERR_OK);
	assert_false(was_rung(&w));
	assert_int_equal(proc_hot_ring(w.socket_a, &w.a), ERR_OK);
	assert_true(was_rung(&w));
	/* Each sleep is answered once. */
	assert_int_equal(proc_hot_ring(w.socket_a, &w.a), ERR_OK);
	assert_false(was_rung(&w));
	wire_close(&w);
}

static void
proc_hot_receive__refuses_what_is_no_message(void **state)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_end end = end_of(0);
	struct wire w;
	size_t size;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	assert_int_equal(ring_put(&w.a, &end, sizeof(end) - 1), ERR_OK);
	assert_int_equal(ring_put(&w.a, &end, 3), ERR_OK);
	end.head.version++;
	assert_int_equal(ring_put(&w.a, &end, sizeof(end)), ERR_OK);
	end.head.version--;
	end.head.type = 0xff;
	assert_int_equal(ring_put(&w.a, &end, sizeof(end)), ERR_OK);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_SYNTAX);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_SYNTAX);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_STATE);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_UNKNOWN);
	/* A message beside the ring. */
	end = end_of(0);
	assert_int_equal(proc_send(w.socket_a, &end, true), ERR_OK);
	proc_hot_listen(w.socket_b, &w.b);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_STATE);
	wire_close(&w);
}

/* A peer that wakes us all the time costs one look each. */
static void
proc_hot_listen__takes_one_of_a_flood(void **state)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire w;
	unsigned sent = 0, left = 0;
	size_t size;

	(void)state;
	wire_open(&w, CAPACITY, CAPACITY);
	while (send(w.socket_a, "", 1, MSG_DONTWAIT) == 1)
		sent++;
	assert_true(sent > 100);
	proc_hot_listen(w.socket_b, &w.b);
	assert_int_equal(proc_hot_receive(w.socket_b, &w.b, bytes, &size),
	    ERR_MISSING);
	while (recv(w.socket_b, bytes, 1, MSG_DONTWAIT) == 1)
		left++;
	assert_int_equal(left, sent - 1);
	wire_close(&w);
}

/* More descriptors than anyone is handed: none stays open. */
static void
proc_receive_with__closes_what_is_too_many(void **state)
{
	enum { MOST = 8 };
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(MOST * sizeof(int))];
	} control;
	struct wire_end end = end_of(0);
	struct iovec part = { &end, sizeof(end) };
	struct msghdr m;
	struct proc_passed passed;
	uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;
	int pair[2], before, after;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	before = dup(0);
	close(before);
	for (size_t count = 1; count <= MOST; count++) {
		memset(&m, 0, sizeof(m));
		memset(&control, 0, sizeof(control));
		m.msg_iov = &part;
		m.msg_iovlen = 1;
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		assert_int_equal(sendmsg(pair[0], &m, 0), sizeof(end));
		assert_int_equal(proc_receive_with(pair[1], bytes, &size,
		    &passed), count <= PROC_PASSED_MAX ? ERR_OK : ERR_SYNTAX);
		if (count <= PROC_PASSED_MAX) {
			assert_int_equal(passed.count, count);
			proc_passed_close(&passed);
		}
		after = dup(0);
		close(after);
		assert_int_equal(after, before);
	}
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring__keeps_records_and_their_order),
		cmocka_unit_test(
		    ring_put__fills_to_the_last_byte_and_no_further),
		cmocka_unit_test(ring_open__refuses_what_is_no_half),
		cmocka_unit_test(
		    ring_create__gives_the_reader_no_right_to_write),
		cmocka_unit_test(ring_take__refuses_an_index_that_cannot_be),
		cmocka_unit_test(ring_take__refuses_a_length_that_cannot_be),
		cmocka_unit_test(
		    ring_put__refuses_a_reader_ahead_of_it_or_going_back),
		cmocka_unit_test(ring_take__copies_no_more_than_it_checked),
		cmocka_unit_test(ring_must_wake__answers_each_sleep_once),
		cmocka_unit_test(
		    ring_must_wake__wakes_a_writer_when_half_is_free),
		cmocka_unit_test(ring__that_is_not_open_has_nothing),
		cmocka_unit_test(
		    ring_lingers__for_a_while_after_data_and_only_then),
		cmocka_unit_test(ring_spin__finds_data_in_any_ring),
		cmocka_unit_test(hot_wire__carries_millions_between_threads),
		cmocka_unit_test(hot_wire__carries_millions_between_processes),
		cmocka_unit_test(hot_wire__loses_no_wake_up),
		cmocka_unit_test(hot_wire__delivers_what_a_dead_peer_had_said),
		cmocka_unit_test(proc_hot_send__ends_with_its_reader),
		cmocka_unit_test(proc_hot_send__drops_where_it_may_not_block),
		cmocka_unit_test(
		    proc_hot_put__rings_only_when_told_or_when_much_lies_there),
		cmocka_unit_test(proc_hot_receive__refuses_what_is_no_message),
		cmocka_unit_test(proc_hot_listen__takes_one_of_a_flood),
		cmocka_unit_test(proc_receive_with__closes_what_is_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
