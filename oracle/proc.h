/* oracle/proc.h - roles: how each starts, what it holds, what it may do.
 *
 * `margind run` is the supervisor.  It starts each role as a fresh exec of
 * the same binary (`margind --role NAME`, descriptor 3: its control socket),
 * hands it its config text (sealed memfd) and its ends of the wires over the
 * control socket (WIRE_PEER with the descriptor), then WIRE_GO.  A role opens
 * what it must, drops its rights (user, seccomp, Landlock), and only then
 * reads its first message from a wire.
 *
 * A hot wire comes with three descriptors: the socket, and the halves of a
 * ring (ring.h), ours writable and the other's read-only.  Its messages go
 * through the ring; on the socket there is only the byte that wakes a sleeper,
 * and the hang-up.
 */
#ifndef ORACLE_PROC_H
#define ORACLE_PROC_H

#include "oracle/config.h"
#include "oracle/ring.h"
#include "oracle/wire.h"

enum role {
	ROLE_SUPERVISOR = 0, ROLE_FEEDS, ROLE_ENGINE, ROLE_SIGNER, ROLE_CHAIN,
	ROLE_JOURNAL, ROLE_API, ROLE_SURFACE, ROLE_COUNT,
	/* Not processes: descriptors that WIRE_PEER hands over. */
	ROLE_CONFIG = 32,	/* the config's text */
	ROLE_BOOK,		/* the book file's text */
	ROLE_BOARD,		/* writable for the engine, read-only for api */
};
const char *role_name(enum role r);

#define PROC_CONTROL_FD 3

/* What a role has in its hands after proc_role_begin. */
struct proc_role {
	enum role role;
	int control_fd;
	int peer[ROLE_COUNT];	/* -1 where there is none (yet) */
	struct ring ring[ROLE_COUNT];	/* open where that wire is hot */
	struct ring_spin spin;	/* as the config's engine.wait says */
	int board_fd;		/* -1 where the role has none */
	char config_path[CONFIG_PATH_MAX];
	struct config config;
	struct b32 config_hash, book_hash;
	char *config_text;	/* the journal's alone: it keeps a copy */
	size_t config_text_len;
	char *book_text;	/* the caller's to free */
	size_t book_text_len;
};

/* proc_role_begin receives everything up to WIRE_GO, parses the config.
 * Exits the process with one line on stderr where that fails. */
void proc_role_begin(struct proc_role *p, enum role role);

/* proc_role_control handles one message of the control socket: replaces a
 * peer (closing the old end), answers ERR_MISSING when the supervisor is gone
 * (the role exits), ERR_OK with *type otherwise. */
MUST_CHECK enum err proc_role_control(struct proc_role *p, unsigned *type,
    enum role *replaced);
/* proc_may_say: whether an input of the machine is this neighbour's to send to
 * the engine (wire.h says whose each is). */
bool proc_may_say(enum role from, unsigned type);
/* proc_role_status reports to the supervisor; never blocks. */
void proc_role_status(struct proc_role *p, bool is_ready, const char *reason,
    const uint64_t *counter, size_t counter_count);

/* proc_send sends one wire message whole.  ERR_LIMIT where the queue is full
 * (the socket would block and may_block is false), ERR_IO where the peer is
 * gone. */
MUST_CHECK enum err proc_send(int fd, const void *message, bool may_block);
/* proc_receive receives one message into bytes (WIRE_SIZE_MAX) without
 * blocking and checks it.  ERR_MISSING: nothing there; ERR_IO: closed;
 * anything else: the peer broke the protocol, close it. */
MUST_CHECK enum err proc_receive(int fd, void *bytes, size_t *size);

/* Descriptors beside a message. */
#define PROC_PASSED_MAX 3u
struct proc_passed {
	int fd[PROC_PASSED_MAX];
	size_t count;
};
MUST_CHECK enum err proc_send_with(int fd, const void *message,
    const struct proc_passed *passed);
/* More of them than fit are closed, and the message is refused. */
MUST_CHECK enum err proc_receive_with(int fd, void *bytes, size_t *size,
    struct proc_passed *passed);
void proc_passed_close(struct proc_passed *p);
/* With one descriptor (-1: none). */
MUST_CHECK enum err proc_send_fd(int fd, const void *message, int passed);

/* A hot wire: ring r with its socket fd.  Where r is not open these are
 * proc_send and proc_receive, and the others do nothing.
 *
 * To wake a sleeper costs the waker more than all else, and a reader that is
 * woken for the first of many messages sleeps again before the second: so
 * proc_hot_put only puts, until PROC_QUIET_BYTES lie there unsaid, and
 * proc_hot_ring rings once for all of them; proc_hot_send does both. */
#define PROC_QUIET_BYTES 16384u
MUST_CHECK enum err proc_hot_put(int fd, struct ring *r, const void *message,
    bool may_block);
MUST_CHECK enum err proc_hot_ring(int fd, struct ring *r);
MUST_CHECK enum err proc_hot_send(int fd, struct ring *r, const void *message,
    bool may_block);
MUST_CHECK enum err proc_hot_receive(int fd, struct ring *r, void *bytes,
    size_t *size);
/* proc_hot_listen takes from a readable socket what woke us; proc_hot_receive
 * says what came of it, once it has taken what lies in the ring. */
void proc_hot_listen(int fd, struct ring *r);
/* The same for a peer of p; proc_peer_close hangs up. */
MUST_CHECK enum err proc_peer_send(struct proc_role *p, enum role to,
    const void *message, bool may_block);
MUST_CHECK enum err proc_peer_put(struct proc_role *p, enum role to,
    const void *message);	/* blocks where there is no room */
MUST_CHECK enum err proc_peer_ring(struct proc_role *p, enum role to);
void proc_peer_close(struct proc_role *p, enum role peer);

/* proc_hot_halves adds a new ring to both ends of a wire, each of which holds
 * its socket: its own half, and the other's to read.  How much may wait each
 * way is in bytes (ring_create).  On failure neither is changed. */
MUST_CHECK enum err proc_hot_halves(struct proc_passed *a,
    struct proc_passed *b, uint64_t a_to_b, uint64_t b_to_a);

/* The sandbox of a role (sandbox.c): seccomp list and Landlock rules.  With
 * SANDBOX_REQUIRE a step that the kernel refuses ends the process; with
 * best-effort it is named once in the log. */
struct sandbox_paths {
	const char *read[8];	/* files or folders, NULL-terminated */
	const char *write[4];
};
MUST_CHECK enum err sandbox_enter(enum role role, enum config_sandbox mode,
    const struct sandbox_paths *paths);

/* The roles; each returns the process's exit code. */
int role_feeds(void);
int role_engine(void);
int role_signer(void);
int role_chain(void);
int role_journal(void);
int role_api(void);
int role_surface(void);

#endif
