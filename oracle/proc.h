/* oracle/proc.h - roles: how each starts, what it holds, what it may do.
 *
 * `margind run` is the supervisor.  It starts each role as a fresh exec of
 * the same binary (`margind --role NAME`, descriptor 3: its control socket),
 * hands it its config text (sealed memfd) and its ends of the wires over the
 * control socket (WIRE_PEER with the descriptor), then WIRE_GO.  A role opens
 * what it must, drops its rights (user, seccomp, Landlock), and only then
 * reads its first message from a wire.
 */
#ifndef ORACLE_PROC_H
#define ORACLE_PROC_H

#include "oracle/config.h"
#include "oracle/wire.h"

enum role {
	ROLE_SUPERVISOR = 0, ROLE_FEEDS, ROLE_ENGINE, ROLE_SIGNER, ROLE_CHAIN,
	ROLE_JOURNAL, ROLE_API, ROLE_COUNT,
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
/* With a descriptor beside it (-1: none). */
MUST_CHECK enum err proc_send_fd(int fd, const void *message, int passed);
MUST_CHECK enum err proc_receive_fd(int fd, void *bytes, size_t *size,
    int *passed);

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

#endif
