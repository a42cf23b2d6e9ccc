/* tests/bench/service.h - the service's own processes on loopback: role_feeds,
 * role_engine and signer_run, forked and sandboxed as the supervisor does it.
 * The bench is everything around them: the supervisor, three exchanges
 * (websockets on 127.0.0.1), the chain that vaults come from, the journal that
 * a signed attestation goes to, and the api that hears of it once it is
 * released (`release: immediate`: signing waits for no disk).
 *
 * Owns:   processes and a folder below /tmp, until service_stop.
 * Limits: SERVICE_WAIT_S without an answer and the bench ends with what the
 *         processes logged.
 */
#ifndef TESTS_BENCH_SERVICE_H
#define TESTS_BENCH_SERVICE_H

#include <sys/types.h>

#include "oracle/replay.h"
#include "oracle/ring.h"
#include "oracle/sig.h"

#define SERVICE_VENUES 3u
#define SERVICE_WAIT_S 10
#define SERVICE_FRAME_MAX 2048u

enum service_child { CHILD_SIGNER, CHILD_ENGINE, CHILD_FEEDS, CHILD_COUNT };

struct service {
	/* The same config and book once more, in this process. */
	struct replay_life *life;
	struct sig_key key;		/* the signer's */
	char folder[64];
	pid_t pid[CHILD_COUNT];
	int control[CHILD_COUNT];
	int venue[SERVICE_VENUES];	/* in the order of the config */
	int chain;			/* the engine's wires */
	int journal;
	struct ring journal_ring;
	uint64_t waits;			/* for the journal's wire, counted */
	int released;			/* ATTESTATIONs come here */
};

/* service_start: each PORT in config stands for the exchanges' port; a venue's
 * url ends with its place in the config: /0, /1, /2. */
void service_start(struct service *s, const char *config, const char *book);
void service_stop(struct service *s);

/* service_frame_make wraps a text as a server's websocket frame; its length. */
size_t service_frame_make(char out[SERVICE_FRAME_MAX], const char *text);
/* service_say sends a frame as one segment. */
void service_say(const struct service *s, size_t venue, const char *frame,
    size_t len);
/* service_put tells the engine what the chain process would: a vault, a
 * block. */
void service_put(struct service *s, const void *message);
/* service_hear_signed takes the journal's records up to the next attestation;
 * service_hear takes the next one released.  False where may_wait is false and
 * there is none. */
bool service_hear_signed(struct service *s, struct wire_attestation *out,
    bool may_wait);
bool service_hear(const struct service *s, struct wire_attestation *out,
    bool may_wait);
/* service_fail prints the processes' log and ends the bench. */
__attribute__((noreturn)) void service_fail(const struct service *s,
    const char *what);

#endif
