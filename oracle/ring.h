/* oracle/ring.h - a hot wire's messages in shared memory: one writer, one
 * reader each way, records in the order they were put.
 *
 * A ring joins two sides.  What a side writes lies in a sealed memfd of its
 * own (its half): how far it wrote and read, whether it sleeps, and the bytes
 * it sends.  It maps its own half writable and the other's read-only, so
 * neither can touch what the other said.
 *
 * The other half is hostile.  Its indices are counted in bytes since the
 * beginning, loaded once, and believed only within the capacity that the
 * memfd's size gives; a record's length is loaded once; the bytes are copied
 * out before anyone looks at them.  What does not add up is ERR_STATE, and the
 * ring is good for nothing from then on.
 *
 * Sleeping: a side that finds nothing to do announces what it waits for
 * (ring_sleep), which looks once more, and then polls its socket; the other
 * side, after each put or take, asks ring_must_wake and says a byte there.
 * The announcement and the index are sequentially consistent, so one of the
 * two sees the other; each sleep is answered at most once.
 *
 * Owns:   two mappings, until ring_close.  Allocates nothing else, makes no
 *         system call between ring_open and ring_close.
 * Limits: RING_RECORD_MAX bytes a record; a capacity is a power of two of
 *         RING_CAPACITY_MIN bytes or more, of which a record takes its length
 *         and 8 bytes, rounded up to 8.
 */
#ifndef ORACLE_RING_H
#define ORACLE_RING_H

#include "base/types.h"

#define RING_RECORD_MAX 8192u
#define RING_CAPACITY_MIN 32768u
#define RING_CAPACITY_MAX (1u << 30)

/* What a sleeping side waits for; bits. */
enum ring_want {
	RING_DATA = 1,	/* a record to take */
	RING_SPACE = 2,	/* room for the record that did not fit */
};

struct ring_half;	/* shared memory */

struct ring {
	struct ring_half *mine;			/* NULL: no ring */
	const struct ring_half *theirs;
	void *their_pages;			/* what ring_close unmaps */
	uint8_t *out;				/* in mine */
	const uint8_t *in;			/* in theirs */
	uint64_t out_capacity, in_capacity;
	uint64_t head, tail;			/* put, taken: ours alone */
	uint64_t their_head, their_tail;	/* as last believed */
	uint64_t need;		/* bytes of the record that did not fit */
	uint64_t rung;		/* head when the reader was last thought of:
				 * the bell's alone (ipc.c) */
	uint64_t sleeps;	/* times announced */
	uint64_t answered;	/* the other's announcement that was */
	bool is_broken;
	bool is_over;		/* set by who watches the socket: it hung up */
};

/* ring_create makes a half for a side that sends up to `capacity` bytes ahead
 * of its reader: a descriptor for that side and a read-only one. */
MUST_CHECK enum err ring_create(int *fd, int *fd_read_only, uint64_t capacity);
/* ring_open maps a new ring's halves; both descriptors stay the caller's.
 * ERR_STATE where one is no half, or could still change its size. */
MUST_CHECK enum err ring_open(struct ring *out, int mine, int theirs);
void ring_close(struct ring *r);	/* accepts one that is not open */

static inline bool ring_is_open(const struct ring *r)
{ return r->mine != NULL; }

/* ring_put copies one record in.  ERR_LIMIT: full; ERR_STATE: broken. */
MUST_CHECK enum err ring_put(struct ring *r, const void *bytes, size_t size);
/* ring_take copies the next record to bytes (RING_RECORD_MAX).  ERR_MISSING:
 * there is none; ERR_STATE: broken. */
MUST_CHECK enum err ring_take(struct ring *r, void *bytes, size_t *size);

/* These accept a ring that is not open: it has no data and may sleep. */

/* ring_has_data: a ring_take would not answer ERR_MISSING. */
bool ring_has_data(struct ring *r);
/* ring_sleep announces that this side sleeps until one of `wants` is there.
 * False where it is there already, or the ring is broken: this side is awake
 * then. */
MUST_CHECK bool ring_sleep(struct ring *r, unsigned wants);
void ring_awake(struct ring *r);
/* ring_must_wake: the other side sleeps, waits for `what` (RING_DATA after a
 * put, RING_SPACE after a take), and has not been answered. */
bool ring_must_wake(struct ring *r, enum ring_want what);

/* How a loop waits before it sleeps. */
struct ring_spin {
	uint64_t spin_ns;	/* of emptiness at a time; 0: none */
	uint64_t linger_ns;	/* of emptiness before it may sleep at all;
				 * meanwhile it asks others and spins again */
	uint64_t busy_ns;	/* when there was data */
	bool must_yield;	/* few processors: let the others run */
};

/* ring_spin_from: the way of this machine, for a process that spins or not.
 * Reads which processors there are: called before the sandbox is entered. */
void ring_spin_from(struct ring_spin *out, bool must_spin);
/* ring_spin looks at the open rings among rings[count] until one has data or
 * the time is over; whether one has. */
bool ring_spin(struct ring_spin *s, struct ring *const rings[],
    size_t count);
/* ring_lingers: ring_spin found nothing, but it is too early to sleep. */
bool ring_lingers(const struct ring_spin *s);

#endif
