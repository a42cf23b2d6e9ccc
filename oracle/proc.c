/* oracle/proc.c - a role's first minute: what the supervisor hands it. */
#include "oracle/proc.h"

#include "base/keccak.h"
#include "oracle/bookfile.h"
#include "oracle/clock.h"
#include "oracle/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *
role_name(enum role r)
{
	switch (r) {
	case ROLE_SUPERVISOR: return "margind";
	case ROLE_FEEDS: return "feeds";
	case ROLE_ENGINE: return "engine";
	case ROLE_SIGNER: return "signer";
	case ROLE_CHAIN: return "chain";
	case ROLE_JOURNAL: return "journal";
	case ROLE_API: return "api";
	case ROLE_SURFACE: return "surface";
	case ROLE_COUNT:
	case ROLE_CONFIG:
	case ROLE_BOOK:
	case ROLE_BOARD:
		break;
	}
	return "unnamed";
}

__attribute__((noreturn)) static void
begin_fail(const char *what)
{
	log_error("cannot start: %s", what);
	_exit(1);
}

/* The supervisor's text, from a sealed memfd of at most max bytes. */
static char *
text_read(int fd, size_t max, size_t *len)
{
	struct stat s;
	char *text;
	size_t have = 0;

	if (fd < 0 || fstat(fd, &s) != 0 || s.st_size < 0 ||
	    (uint64_t)s.st_size > max)
		begin_fail("a text from the supervisor is too large");
	*len = (size_t)s.st_size;
	text = malloc(*len + 1);
	if (!text)
		begin_fail("out of memory");
	while (have < *len) {
		ssize_t n = pread(fd, text + have, *len - have, (off_t)have);

		if (n <= 0)
			begin_fail("a text from the supervisor ends early");
		have += (size_t)n;
	}
	text[*len] = '\0';
	close(fd);
	return text;
}

/* The config's path comes first in its memfd, then a NUL, then the text. */
static void
config_take(struct proc_role *p, int fd)
{
	size_t len, path_len;
	unsigned errors = 0;
	char *text = text_read(fd, CONFIG_TEXT_MAX + CONFIG_PATH_MAX, &len);

	path_len = strnlen(text, len);
	if (path_len >= len || path_len >= CONFIG_PATH_MAX)
		begin_fail("the config has no path");
	memcpy(p->config_path, text, path_len + 1);
	keccak256(&p->config_hash, text + path_len + 1, len - path_len - 1);
	if (config_read(&p->config, text + path_len + 1, len - path_len - 1,
	    p->config_path, stderr, &errors) != ERR_OK)
		_exit(3);
	ring_spin_from(&p->spin, p->config.engine_wait == WAIT_SPIN);
	if (p->role == ROLE_JOURNAL) {
		p->config_text_len = len - path_len - 1;
		memmove(text, text + path_len + 1, p->config_text_len);
		free(p->config_text);
		p->config_text = text;
	} else {
		free(text);
	}
	if (p->role != ROLE_SIGNER) {
		/* Where the keys lie is the signer's business alone. */
		memset(p->config.keystore, 0, sizeof(p->config.keystore));
		memset(p->config.password_file, 0,
		    sizeof(p->config.password_file));
		memset(p->config.gas_password_file, 0,
		    sizeof(p->config.gas_password_file));
	}
}

void
proc_peer_close(struct proc_role *p, enum role peer)
{
	if (p->peer[peer] >= 0)
		close(p->peer[peer]);
	p->peer[peer] = -1;
	ring_close(&p->ring[peer]);
}

/* A wire's end replaces the old one: a socket, and perhaps a ring's halves,
 * which are mapped here and closed. */
static enum err
wire_take(struct proc_role *p, uint32_t role, struct proc_passed *passed)
{
	enum err e = ERR_OK;

	if (role == ROLE_SUPERVISOR || role >= ROLE_COUNT ||
	    (passed->count != 1 && passed->count != 3)) {
		proc_passed_close(passed);
		return ERR_UNKNOWN;
	}
	proc_peer_close(p, (enum role)role);
	if (passed->count == 3) {
		e = ring_open(&p->ring[role], passed->fd[1], passed->fd[2]);
		close(passed->fd[1]);
		close(passed->fd[2]);
	}
	if (e == ERR_OK)
		p->peer[role] = passed->fd[0];
	else
		close(passed->fd[0]);
	return e;
}

static void
peer_take(struct proc_role *p, uint32_t role, struct proc_passed *passed)
{
	int fd = passed->count == 1 ? passed->fd[0] : -1;

	if (role == ROLE_CONFIG) {
		config_take(p, fd);
	} else if (role == ROLE_BOOK) {
		p->book_text = text_read(fd, BOOKFILE_TEXT_MAX,
		    &p->book_text_len);
		keccak256(&p->book_hash, p->book_text, p->book_text_len);
	} else if (role == ROLE_BOARD) {
		p->board_fd = fd;
	} else if (wire_take(p, role, passed) != ERR_OK) {
		begin_fail("an unknown peer");
	}
}

void
proc_role_begin(struct proc_role *p, enum role role)
{
	static uint8_t bytes[WIRE_SIZE_MAX];
	struct pollfd wait = { .fd = PROC_CONTROL_FD, .events = POLLIN };

	memset(p, 0, sizeof(*p));
	p->role = role;
	p->control_fd = PROC_CONTROL_FD;
	p->board_fd = -1;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		p->peer[i] = -1;
	log_open(role_name(role));
	signal(SIGPIPE, SIG_IGN);
	/* The terminal's Ctrl-C is the supervisor's to pass on. */
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct proc_passed passed;
		struct wire_head head;
		size_t size;
		enum err e;

		if (poll(&wait, 1, 30000) == 0)
			begin_fail("the supervisor says nothing");
		e = proc_receive_with(p->control_fd, bytes, &size, &passed);
		if (e == ERR_MISSING)
			continue;
		if (e != ERR_OK)
			begin_fail("the supervisor is gone");
		memcpy(&head, bytes, sizeof(head));
		if (head.type == WIRE_GO)
			return;
		if (head.type != WIRE_PEER)
			begin_fail("an unexpected message");
		peer_take(p, ((struct wire_peer *)(void *)bytes)->role,
		    &passed);
	}
}

enum err
proc_role_control(struct proc_role *p, unsigned *type, enum role *replaced)
{
	static uint8_t bytes[WIRE_SIZE_MAX];
	struct proc_passed passed;
	struct wire_head head;
	size_t size;
	enum err e = proc_receive_with(p->control_fd, bytes, &size, &passed);

	if (e == ERR_MISSING) {
		*type = 0;
		return ERR_OK;
	}
	if (e != ERR_OK)
		return ERR_MISSING;
	memcpy(&head, bytes, sizeof(head));
	*type = head.type;
	if (head.type == WIRE_PEER) {
		uint32_t role = ((struct wire_peer *)(void *)bytes)->role;

		if (wire_take(p, role, &passed) != ERR_OK)
			return ERR_MISSING;
		*replaced = (enum role)role;
		return ERR_OK;
	}
	proc_passed_close(&passed);
	return ERR_OK;
}

enum err
proc_peer_send(struct proc_role *p, enum role to, const void *message,
    bool may_block)
{
	return p->peer[to] < 0 ? ERR_IO :
	    proc_hot_send(p->peer[to], &p->ring[to], message, may_block);
}

enum err
proc_peer_put(struct proc_role *p, enum role to, const void *message)
{
	return p->peer[to] < 0 ? ERR_IO :
	    proc_hot_put(p->peer[to], &p->ring[to], message, true);
}

enum err
proc_peer_ring(struct proc_role *p, enum role to)
{
	return p->peer[to] < 0 ? ERR_IO :
	    proc_hot_ring(p->peer[to], &p->ring[to]);
}

bool
proc_may_say(enum role from, unsigned type)
{
	static const uint32_t types[ROLE_COUNT] = {
		[ROLE_FEEDS] = 1u << WIRE_TICK | 1u << WIRE_HEARTBEAT |
		    1u << WIRE_MARK,
		[ROLE_CHAIN] = 1u << WIRE_VAULT | 1u << WIRE_PORTFOLIO |
		    1u << WIRE_BLOCK | 1u << WIRE_RATE | 1u << WIRE_TICK,
		[ROLE_SURFACE] = 1u << WIRE_FORWARD | 1u << WIRE_SLICE,
		[ROLE_JOURNAL] = 1u << WIRE_MEMORY_UNIT |
		    1u << WIRE_MEMORY_MARKET | 1u << WIRE_MEMORY_RATE,
		[ROLE_SIGNER] = 1u << WIRE_SIGNER_BASE |
		    1u << WIRE_SIGNER_READY | 1u << WIRE_SIGNED |
		    1u << WIRE_REJECTED | 1u << WIRE_PAUSED |
		    1u << WIRE_RESUMED,
	};

	return from < ROLE_COUNT && wire_is_input(type) &&
	    (types[from] >> type & 1) != 0;
}

void
proc_role_status(struct proc_role *p, bool is_ready, const char *reason,
    const uint64_t *counter, size_t counter_count)
{
	struct wire_status s;

	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_STATUS);
	s.role = p->role;
	s.is_ready = is_ready;
	s.now_ms = clock_wall_ms();
	if (reason) {
		size_t len = strnlen(reason, sizeof(s.reason) - 1);

		memcpy(s.reason, reason, len);
	}
	for (size_t i = 0; i < counter_count && i < WIRE_COUNTERS; i++)
		s.counter[i] = counter[i];
	/* A full queue only means that the next report will do. */
	if (proc_send(p->control_fd, &s, false) == ERR_IO)
		log_debug("the supervisor is gone");
}
