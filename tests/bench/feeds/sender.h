/* tests/bench/feeds/sender.h - a process that speaks as exchanges do: prepared
 * websocket frames over loopback, as fast as they are taken or at a rate.
 *
 * Limits: SENDER_STREAMS_MAX connections; a stream's bytes, SENDER_BYTES_MAX,
 *         are said again and again.
 */
#ifndef TESTS_BENCH_FEEDS_SENDER_H
#define TESTS_BENCH_FEEDS_SENDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SENDER_STREAMS_MAX 32u
#define SENDER_BYTES_MAX (512u * 1024u)

/* What one connection says. */
struct sender_stream {
	char *bytes;		/* websocket frames, back to back */
	size_t len;
	size_t count;		/* of frames in it */
	size_t *end;		/* where each ends */
};
struct sender {
	struct sender_stream stream[SENDER_STREAMS_MAX];
	size_t count;
	uint16_t port;
	pid_t pid;
};

/* sender_add appends a text to a stream; a new one where it is s->count. */
void sender_add(struct sender *s, size_t stream, const char *text,
    size_t len);
/* sender_start forks; the n-th stream is at ws://127.0.0.1:port/n, and begins
 * when all of them are connected.  rate: frames a second of all streams
 * together; 0: as fast as they are taken. */
void sender_start(struct sender *s, unsigned rate);
void sender_stop(struct sender *s);

#endif
