/* tests/bench/feeds/listener.h - what the feeds process does with a frame,
 * without the engine behind it: the client's loop, the venue's parser, the
 * connection's clock, the market that is pinned. */
#ifndef TESTS_BENCH_FEEDS_LISTENER_H
#define TESTS_BENCH_FEEDS_LISTENER_H

#include "feeds/client.h"
#include "feeds/depth.h"
#include "oracle/config.h"
#include "tests/bench/feeds/sender.h"

struct listener {
	struct client *client;
	const struct config *config;	/* NULL: no market is looked up */
	size_t count;
	const struct venue *venue[SENDER_STREAMS_MAX];
	size_t config_venue[SENDER_STREAMS_MAX];	/* its index there */
	struct venue_memory memory[SENDER_STREAMS_MAX];
	struct conn_time time[SENDER_STREAMS_MAX];
	struct tick ticks[FRAME_TICKS_MAX];
	uint64_t frames, ticks_read, pinned;
	uint64_t frames_max;	/* stops after so many */
	uint64_t until_ns;	/* or then; 0: never */
};

/* listener_open connects each stream of s to its venue; books: of the venues
 * with depth, or NULL where there is none. */
void listener_open(struct listener *l, const struct sender *s);
/* listener_run hears until it has what it wants. */
void listener_run(struct listener *l, uint64_t frames_max, uint64_t ns);
void listener_close(struct listener *l);

/* Processor time of this process, ns; its resident memory, bytes. */
uint64_t listener_cpu_ns(void);
uint64_t listener_resident(void);

#endif
