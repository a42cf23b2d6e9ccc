/* Kills a signer under load, again and again, and looks for what must never
 * be: two digests of one sequence.
 *
 * Each life signs at least SIGNATURES requests as fast as it can, PIPELINE of
 * them on their way, then dies by SIGKILL: at any moment, in the middle of
 * writing its state, after the write but before its sync, or right after that
 * (the last three from within, through our own pwrite and fdatasync).  Every
 * signature is logged as it leaves the signer, also where nobody reads it any
 * more.  The next life is first asked again for the last sequences that were
 * asked for, with other content; then it goes on.  Every third life runs its
 * sequences far ahead of the clock, where only the state on disk can keep the
 * next one above them.
 *
 * asOf rises by at least a millisecond a signature, so the world's clock runs
 * SPEED times faster than the machine's.
 *
 *	signer_kill [lives]
 */
#include "tests/signer_world.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define LIVES 200u
#define SIGNATURES 1000u
#define PIPELINE 8u
#define SPEED 40u
#define LOG_MAX (1000u * 1000u)
#define LIFE_MAX 50000u	/* requests; a life must end before */
#define AGAIN 50u		/* sequences a new life is asked again */

enum death { DEATH_ANY, DEATH_MID_WRITE, DEATH_BEFORE_SYNC, DEATH_AFTER_SYNC,
    DEATH_COUNT };

struct entry {
	uint64_t sequence, as_of;	/* asOf as it was asked for */
	struct b32 digest;
};

/* Shared with the child. */
static struct shared {
	volatile int armed;	/* how its next write of the state ends */
	volatile size_t count;
	struct entry entry[LOG_MAX];	/* what left it, over all lives */
} *shared;

static struct world w;
static unsigned failures;
/* What this life was asked for, by sequence from life_first. */
static uint64_t life_first, asked_as_of[LIFE_MAX];
static uint64_t asked_last;		/* the highest ever asked for */
static uint64_t clock_base_ms;

static uint64_t
clock_real_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t
clock_fast_ms(void)
{
	static uint64_t from_us;

	if (from_us == 0)
		from_us = clock_real_us();
	return clock_base_ms + (clock_real_us() - from_us) * SPEED / 1000;
}

/* The library's calls, as the signer's code finds them in this program. */

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	bool is_last = shared && shared->armed == DEATH_MID_WRITE;
	long n = syscall(SYS_pwrite64, fd, bytes, is_last ?
	    (size_t)(clock_real_us() % len) : len, at);

	if (is_last)
		kill(getpid(), SIGKILL);
	return n;
}

int
fdatasync(int fd)
{
	int r;

	if (shared && shared->armed == DEATH_BEFORE_SYNC)
		kill(getpid(), SIGKILL);
	r = (int)syscall(SYS_fdatasync, fd);
	if (shared && shared->armed == DEATH_AFTER_SYNC)
		kill(getpid(), SIGKILL);
	return r;
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	struct wire_signed m;

	memcpy(&m.head, bytes, sizeof(m.head));
	if (m.head.type == WIRE_SIGNED) {
		struct entry *e = &shared->entry[shared->count];

		memcpy(&m, bytes, sizeof(m));
		MUST(shared->count < LOG_MAX);
		e->sequence = m.sequence;
		e->digest = m.digest;
		shared->count++;
	}
	return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

static void
complain(const char *what, uint64_t a, uint64_t b)
{
	if (failures++ < 20)
		printf("FAILED: %s (%llu, %llu)\n", what,
		    (unsigned long long)a, (unsigned long long)b);
}

enum answer { ANSWER_SIGNED, ANSWER_REJECTED, ANSWER_GONE };

static enum answer
answer_read(enum policy_rule *rule)
{
	union {
		struct wire_head head;
		struct wire_signed is;
		struct wire_rejected no;
	} m;
	uint16_t type = world_receive(w.engine, &m, sizeof(m));

	if (type == 0)
		return ANSWER_GONE;
	if (type == WIRE_SIGNED)
		return ANSWER_SIGNED;
	MUST(type == WIRE_REJECTED);
	*rule = (enum policy_rule)m.no.rule;
	return ANSWER_REJECTED;
}

/* False where the child is gone. */
static bool
request_send(uint64_t sequence, uint64_t as_of, bool is_first)
{
	struct world_request q;
	struct wire_end end;
	bool sent = true;

	w.sequence = sequence;
	w.is_first = is_first;
	world_request_begin(&q, &w);
	q.begin.as_of = as_of;
	q.begin.valid_until = as_of + 1000;
	memset(&end, 0, sizeof(end));
	wire_head_set(&end.head, WIRE_END);
	end.sequence = sequence;
	sent = proc_send(w.engine, &q.begin, true) == ERR_OK;
	for (uint32_t i = 0; sent && i < q.begin.word_count; i++)
		sent = proc_send(w.engine, &q.word[i], true) == ERR_OK;
	return sent && proc_send(w.engine, &end, true) == ERR_OK;
}

/* Asks again for what the lives before may have signed. */
static void
ask_again(void)
{
	uint64_t to = asked_last < w.ready.first_sequence ? asked_last :
	    w.ready.first_sequence - 1;

	for (uint64_t sequence = to > AGAIN ? to - AGAIN : to + 1;
	    sequence <= to; sequence++) {
		enum policy_rule rule = RULE_NONE;

		if (!request_send(sequence, w.ready.last_as_of + 1, true) ||
		    answer_read(&rule) != ANSWER_REJECTED ||
		    rule != RULE_SEQUENCE_OLD)
			complain("an old sequence was not refused as such",
			    sequence, rule);
	}
}

/* Sends request number n of a life.  False where the child is gone. */
static bool
life_ask(size_t n)
{
	uint64_t now = clock_fast_ms();
	uint64_t last = n > 0 ? asked_as_of[n - 1] : w.ready.last_as_of;

	asked_as_of[n] = last + 1 > now ? last + 1 : now;
	if (life_first + n > asked_last)
		asked_last = life_first + n;
	return request_send(life_first + n, asked_as_of[n], n == 0);
}

/* One life, from its greeting to its death; how many it signed. */
static size_t
life_run(enum death death, bool is_ahead)
{
	size_t before = shared->count, sent = 0, answered = 0;
	size_t enough = SIGNATURES + (size_t)(world_random() % 200);
	uint64_t ahead = (clock_fast_ms() + 10000) * 1024;
	enum policy_rule rule = RULE_NONE;
	enum answer a = ANSWER_SIGNED;

	life_first = w.ready.first_sequence;
	if (is_ahead && life_first < ahead)
		life_first = ahead;
	while (a != ANSWER_GONE && sent < LIFE_MAX) {
		if (sent - answered < PIPELINE) {
			if (!life_ask(sent++))
				break;
			continue;
		}
		if ((a = answer_read(&rule)) == ANSWER_REJECTED)
			complain("refused", life_first + answered, rule);
		/* Enough: the next write is its last, or just now is. */
		if (++answered >= enough && death == DEATH_ANY)
			kill(w.pid, SIGKILL);
		else if (answered >= enough)
			shared->armed = (int)death;
	}
	if (sent == LIFE_MAX) {
		complain("a life that would not end", sent, death);
		kill(w.pid, SIGKILL);
	}
	return shared->count - before;
}

/* The new life against all that the ones before have signed. */
static void
greeting_check(void)
{
	for (size_t i = 0; i < shared->count; i++) {
		if (w.ready.first_sequence <= shared->entry[i].sequence)
			complain("sequences go back",
			    w.ready.first_sequence,
			    shared->entry[i].sequence);
		if (w.ready.last_as_of < shared->entry[i].as_of)
			complain("asOf goes back", w.ready.last_as_of,
			    shared->entry[i].as_of);
	}
}

static void
life_log(size_t from)
{
	for (size_t i = from; i < shared->count; i++) {
		struct entry *e = &shared->entry[i];

		MUST(e->sequence >= life_first &&
		    e->sequence - life_first < LIFE_MAX);
		e->as_of = asked_as_of[e->sequence - life_first];
	}
}

static int
entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void
log_check(void)
{
	struct entry *e = shared->entry;

	qsort(e, shared->count, sizeof(*e), entry_compare);
	for (size_t i = 1; i < shared->count; i++) {
		if (e[i].sequence == e[i - 1].sequence)
			complain(b32_equal(&e[i].digest, &e[i - 1].digest) ?
			    "one sequence twice" :
			    "two digests of one sequence", e[i].sequence, i);
		if (e[i].as_of <= e[i - 1].as_of)
			complain("asOf does not rise with the sequence",
			    e[i].sequence, e[i].as_of);
	}
}

static void
world_begin(void)
{
	struct timespec t;

	setenv("MARGIND_LOG_LEVEL", "error", 1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	MUST(shared != MAP_FAILED);
	clock_gettime(CLOCK_REALTIME, &t);
	clock_base_ms = (uint64_t)t.tv_sec * 1000;
	(void)clock_fast_ms();
	world_open(&w);
	w.setup.clock_ms = clock_fast_ms;
	world_init_state(&w, 60000);
}

int
main(int argc, char **argv)
{
	unsigned lives = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) :
	    LIVES;
	unsigned by_death[DEATH_COUNT] = { 0 };
	size_t least = SIZE_MAX;

	world_begin();
	for (unsigned life = 0; life < lives; life++) {
		enum death death = (enum death)(life % DEATH_COUNT);
		size_t before = shared->count, count;

		shared->armed = 0;
		world_start(&w, NULL);
		greeting_check();
		ask_again();
		count = life_run(death, life % 3 == 1);
		if (count < SIGNATURES)
			complain("a short life", life, count);
		least = count < least ? count : least;
		if (WIFSIGNALED(world_join(&w)))
			by_death[death]++;
		else
			complain("a life that ended by itself", life, 0);
		world_hang_up(&w);
		life_log(before);
	}
	log_check();
	world_close(&w);
	printf("%u lives, %zu signatures, at least %zu a life\n", lives,
	    shared->count, least);
	printf("killed at any time %u, within a write %u, before its sync %u, "
	    "after it %u\n", by_death[DEATH_ANY], by_death[DEATH_MID_WRITE],
	    by_death[DEATH_BEFORE_SYNC], by_death[DEATH_AFTER_SYNC]);
	printf("%u passed, %u failed\n", failures == 0 ? lives : 0, failures);
	return failures == 0 ? 0 : 1;
}
