/* tests/bench/bench_wire.c - what a message costs on its way to another
 * process and back, by ring and by socket: the wire between engine and signer
 * without engine and signer.
 *
 * An empty request is one END; a full one BEGIN, 32 WORDs and 64 LEAFs before
 * it.  The answer is one SIGNED.  Both sides wait as the roles do: asleep, or
 * (spin) looking at the ring for a while first.
 *
 * Each side is held to a processor, the same for ring and socket: a wake-up on
 * the other processor takes ten times one on our own, and left to the scheduler
 * the two contenders may get one each.
 *
 * Spinning needs a processor a side that nobody else wants: where there are
 * fewer than four its rows are figures only.
 */
#include "tests/bench/bench.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"
#include "oracle/proc.h"

#define ROUNDS 101u
#define TRIPS 20u
#define WORDS 32u
#define LEAVES 64u
#define RING_BYTES (1u << 20)
#define CORES_MIN 4

struct wire_side {
	int fd;
	struct ring ring;	/* open where the wire is hot */
	struct ring_spin spin;
};

/* Where both sides run: processors by their place among ours. */
struct places {
	unsigned near, far;
};

struct wire_bench {
	struct wire_side near;
	unsigned words, leaves;
	pid_t pid;
};

static cpu_set_t
processors(void)
{
	cpu_set_t set;

	MUST(sched_getaffinity(0, sizeof(set), &set) == 0);
	return set;
}

static void
processors_set(const cpu_set_t *set)
{
	MUST(sched_setaffinity(0, sizeof(*set), set) == 0);
}

/* Holds the caller to the place-th of the processors in `all`. */
static void
hold(const cpu_set_t *all, unsigned place)
{
	cpu_set_t one;
	size_t cpu = 0;

	while (!CPU_ISSET(cpu, all) || place-- > 0)
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	processors_set(&one);
}

static void
side_wait(struct wire_side *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct ring *const rings[] = { &s->ring };

	if (ring_spin(&s->spin, rings, 1) || !ring_sleep(&s->ring, RING_DATA))
		return;
	MUST(poll(&p, 1, -1) > 0);
	ring_awake(&s->ring);
	proc_hot_listen(s->fd, &s->ring);
}

/* The next message's type; 0 where the other side is gone. */
static unsigned
side_receive(struct wire_side *s)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_head head;
	size_t size;
	enum err e;

	while ((e = proc_hot_receive(s->fd, &s->ring, bytes, &size)) ==
	    ERR_MISSING)
		side_wait(s);
	if (e != ERR_OK)
		return 0;
	memcpy(&head, bytes, sizeof(head));
	return head.type;
}

static void
side_send(struct wire_side *s, const void *message)
{
	MUST(proc_hot_send(s->fd, &s->ring, message, true) == ERR_OK);
}

__attribute__((noreturn)) static void
far_serve(struct wire_side *s)
{
	struct wire_signed answer;
	unsigned type;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(&answer, 0, sizeof(answer));
	wire_head_set(&answer.head, WIRE_SIGNED);
	while ((type = side_receive(s)) != 0)
		if (type == WIRE_END)
			side_send(s, &answer);
	_exit(0);
}

static void
side_open(struct wire_side *s, const struct proc_passed *p, bool must_spin)
{
	memset(s, 0, sizeof(*s));
	s->fd = p->fd[0];
	ring_spin_from(&s->spin, must_spin);
	if (p->count == 1)
		return;
	MUST(ring_open(&s->ring, p->fd[1], p->fd[2]) == ERR_OK);
	close(p->fd[1]);
	close(p->fd[2]);
}

/* The caller has all its processors: how to spin is chosen by their number. */
static void
wire_begin(struct wire_bench *b, bool is_hot, bool must_spin,
    unsigned far_place)
{
	cpu_set_t all = processors();
	struct proc_passed near, far;
	struct wire_side side;
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	    0);
	near = (struct proc_passed){ { pair[0] }, 1 };
	far = (struct proc_passed){ { pair[1] }, 1 };
	if (is_hot)
		MUST(proc_hot_halves(&near, &far, RING_BYTES,
		    RING_CAPACITY_MIN) == ERR_OK);
	b->words = b->leaves = 0;
	b->pid = fork();
	MUST(b->pid >= 0);
	if (b->pid == 0) {
		close(pair[0]);
		side_open(&side, &far, must_spin);
		hold(&all, far_place);
		far_serve(&side);
	}
	side_open(&b->near, &near, must_spin);
	proc_passed_close(&far);
}

static void
wire_end(struct wire_bench *b)
{
	close(b->near.fd);
	ring_close(&b->near.ring);
	/* A later wire's other side may hold this end too. */
	kill(b->pid, SIGKILL);
	MUST(waitpid(b->pid, NULL, 0) == b->pid);
}

static void
trips_run(void *context)
{
	struct wire_bench *b = context;
	struct wire_begin begin;
	struct wire_word word;
	struct wire_leaf leaf;
	struct wire_end end;

	memset(&begin, 0, sizeof(begin));
	memset(&word, 0, sizeof(word));
	memset(&leaf, 0, sizeof(leaf));
	memset(&end, 0, sizeof(end));
	wire_head_set(&begin.head, WIRE_BEGIN);
	wire_head_set(&word.head, WIRE_WORD);
	wire_head_set(&leaf.head, WIRE_LEAF);
	wire_head_set(&end.head, WIRE_END);
	for (unsigned i = 0; i < TRIPS; i++) {
		if (b->words > 0)
			side_send(&b->near, &begin);
		for (unsigned k = 0; k < b->words; k++)
			side_send(&b->near, &word);
		for (unsigned k = 0; k < b->leaves; k++)
			side_send(&b->near, &leaf);
		side_send(&b->near, &end);
		MUST(side_receive(&b->near) == WIRE_SIGNED);
	}
}

/* Ours by ring, the reference by a socket of which both sides sleep. */
static void
compare(const char *name, struct places at, bool must_spin, bool is_full,
    double goal)
{
	cpu_set_t all = processors();
	struct wire_bench ring, sock;
	struct bench_side ours = { trips_run, &ring, TRIPS };
	struct bench_side reference = { trips_run, &sock, TRIPS };

	wire_begin(&ring, true, must_spin, at.far);
	wire_begin(&sock, false, false, at.far);
	if (is_full) {
		ring.words = sock.words = WORDS;
		ring.leaves = sock.leaves = LEAVES;
	}
	hold(&all, at.near);
	if (goal > 0)
		bench_compare(name, &ours, &reference, ROUNDS, goal);
	else
		bench_note(name, bench_median_ns(&ours, ROUNDS));
	processors_set(&all);
	wire_end(&ring);
	wire_end(&sock);
}

void
bench_wire(void)
{
	const struct places one = { 0, 0 }, two = { 0, 1 };
	cpu_set_t all = processors();
	bool is_judged = CPU_COUNT(&all) >= CORES_MIN;

	compare("empty request, 1 cpu", one, false, false, 1.25);
	compare("full request, 1 cpu", one, false, true, 0.50);
	if (CPU_COUNT(&all) < 2)
		return;
	compare("empty request, 2 cpus", two, false, false, 1.25);
	compare("full request, 2 cpus", two, false, true, 0.50);
	compare("empty request, spin", two, true, false,
	    is_judged ? 0.25 : 0);
	compare("full request, spin", two, true, true, is_judged ? 0.50 : 0);
}
