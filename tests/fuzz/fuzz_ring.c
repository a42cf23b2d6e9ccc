/* A ring whose other half holds any bytes: its reader takes what a plain
 * reading of the same bytes gives, and then no more; its writer never writes
 * past what it was told is free. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "oracle/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Where things lie in a half (ring.c). */
#define TAIL_AT 64u
#define SLEEP_AT 128u
#define DATA_AT 4096u
#define CAPACITY RING_CAPACITY_MIN

/* The input: head, tail, sleep, and the beginning of the data. */
#define WORDS 24u

static void
half_fill(uint8_t *half, const uint8_t *bytes, size_t len)
{
	size_t data = len - WORDS < CAPACITY ? len - WORDS : CAPACITY;

	memset(half, 0, DATA_AT + CAPACITY);
	memcpy(half, bytes, 8);
	memcpy(half + TAIL_AT, bytes + 8, 8);
	memcpy(half + SLEEP_AT, bytes + 16, 8);
	memcpy(half + DATA_AT, bytes + WORDS, data);
}

/* Nothing was taken before, so nothing wraps. */
static void
take_all(struct ring *r, const uint8_t *half)
{
	static uint8_t out[RING_RECORD_MAX];
	uint64_t head, length, at = 0;
	bool was_broken = r->is_broken;
	size_t size;
	enum err e;

	memcpy(&head, half, sizeof(head));
	while ((e = ring_take(r, out, &size)) == ERR_OK) {
		MUST(head <= CAPACITY && at + 8 + size <= head);
		memcpy(&length, half + DATA_AT + at, sizeof(length));
		MUST(length == size && size > 0 && size <= sizeof(out));
		MUST(memcmp(out, half + DATA_AT + at + 8, size) == 0);
		at += (8 + size + 7) & ~(uint64_t)7;
	}
	MUST((e == ERR_MISSING) == (at == head && !was_broken));
	MUST(ring_has_data(r) == (e == ERR_STATE));
}

/* The other side may say that everything is taken, and more than that. */
static void
put_many(struct ring *r)
{
	static const uint8_t record[RING_RECORD_MAX];
	enum err e = ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < 64; i++) {
		uint64_t before = r->head;

		e = ring_put(r, record, 1 + i * 127);
		MUST(e == ERR_OK || r->head == before);
		MUST(r->is_broken || r->head - r->their_tail <= CAPACITY);
	}
	(void)ring_must_wake(r, RING_DATA);
	(void)ring_must_wake(r, RING_SPACE);
	if (ring_sleep(r, RING_DATA | RING_SPACE))
		MUST(e != ERR_STATE && !ring_has_data(r));
	ring_awake(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int mine, mine_read, theirs, theirs_read;
	struct ring r;
	uint8_t *half;

	if (len < WORDS)
		return 0;
	MUST(ring_create(&mine, &mine_read, CAPACITY) == ERR_OK);
	MUST(ring_create(&theirs, &theirs_read, CAPACITY) == ERR_OK);
	MUST(ring_open(&r, mine, theirs_read) == ERR_OK);
	half = mmap(NULL, DATA_AT + CAPACITY, PROT_READ | PROT_WRITE,
	    MAP_SHARED, theirs, 0);
	MUST(half != MAP_FAILED);
	half_fill(half, bytes, len);
	if (len % 2 == 0)
		put_many(&r);
	take_all(&r, half);
	put_many(&r);
	munmap(half, DATA_AT + CAPACITY);
	ring_close(&r);
	close(mine);
	close(mine_read);
	close(theirs);
	close(theirs_read);
	return 0;
}
