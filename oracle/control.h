/* oracle/control.h - the supervisor's control socket: a Unix stream socket,
 * mode 0600, whose peers must be root or the same user (SO_PEERCRED).
 *
 * One word a line in: "pause", "resume", "status", "reload"; one JSON object a
 * line back.  `pause` answers once the signer says that it is paused, or after
 * CONTROL_WAIT_MS that it is not known; `reload` (reload.h) once it is decided
 * whether the new config is taken.
 *
 * Limits: CONTROL_CLIENTS_MAX at once, 64 bytes a request, 5 s a client.
 */
#ifndef ORACLE_CONTROL_H
#define ORACLE_CONTROL_H

#include "oracle/proc.h"
#include "oracle/text.h"

#include <poll.h>

#define CONTROL_CLIENTS_MAX 8u
#define CONTROL_WAIT_MS 1000u

typedef enum err (*control_order)(void *arg, enum wire_type order);
typedef const struct wire_status *(*control_status)(void *arg,
    enum role role, int *pid, unsigned *restarts);

/* Writes what the tables take, one JSON object. */
typedef void (*control_memory)(void *arg, struct text *out);

/* Decides, and writes the answer, one JSON object and a newline. */
typedef void (*control_reload)(void *arg, struct text *out);

struct control_client {
	int fd;			/* -1: free */
	uint64_t since_ms;
	char line[64];
	size_t len;
	bool is_waiting;	/* for the signer's answer */
	bool wants_paused;
};

struct control {
	int listen_fd;
	char path[CONFIG_PATH_MAX];
	struct control_client client[CONTROL_CLIENTS_MAX];
	control_order order;
	control_status status;
	control_memory memory;
	control_reload reload;
	void *arg;
};

/* control_open binds path; a socket file that nobody serves any more is
 * replaced, a served one is ERR_STATE with errno EADDRINUSE. */
MUST_CHECK enum err control_open(struct control *c, const char *path,
    control_order order, control_status status, control_memory memory,
    control_reload reload, void *arg);
/* control_poll_fill writes at most 1 + CONTROL_CLIENTS_MAX entries. */
size_t control_poll_fill(const struct control *c, struct pollfd *out);
/* control_serve accepts, reads and answers whatever is ready; never blocks. */
void control_serve(struct control *c, uint64_t now_ms);
void control_close(struct control *c);

/* control_ask is the client: sends word, prints the answer's line to out
 * (NUL-terminated).  ERR_IO where nobody listens, ERR_STALE without an answer
 * in 5 s. */
MUST_CHECK enum err control_ask(char *out, size_t out_size, const char *path,
    const char *word);

#endif
