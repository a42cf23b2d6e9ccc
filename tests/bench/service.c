#include "tests/bench/service.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/must.h"
#include "oracle/board.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/signer.h"
#include "tests/ws_server.h"

#define CONFIG_NAME "bench.yaml"

#define RING_BYTES (1u << 20)

/* Both ends of each; of the hot ones with their halves of a ring. */
struct wires {
	struct proc_passed feeds_engine[2], engine_signer[2],
	    engine_journal[2];
	int engine_chain[2], engine_api[2];
};

void
service_fail(const struct service *s, const char *what)
{
	char path[96], line[256];
	FILE *f;

	fprintf(stderr, "bench: %s\n", what);
	snprintf(path, sizeof(path), "%s/log", s->folder);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	/* The children die with us (PR_SET_PDEATHSIG) or with their wires. */
	exit(2);
}

static void
pair_make(int pair[2])
{
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	    0);
}

static void
hot_pair_make(struct proc_passed end[2])
{
	int pair[2];

	pair_make(pair);
	for (int i = 0; i < 2; i++)
		end[i] = (struct proc_passed){ { pair[i] }, 1 };
	MUST(proc_hot_halves(&end[0], &end[1], RING_BYTES,
	    RING_CAPACITY_MIN) == ERR_OK);
}

/* Both ends of what a blocked bench waits for give up in the end. */
static void
wait_limit(int fd)
{
	struct timeval wait = { .tv_sec = SERVICE_WAIT_S };

	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ==
	    0);
}

static void
log_redirect(const struct service *s)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/log", s->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	MUST(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
}

static int
memfd_with(const char *first, const char *text)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);
	size_t len = strlen(text);

	MUST(fd >= 0);
	if (first)
		MUST(write(fd, first, strlen(first) + 1) ==
		    (ssize_t)strlen(first) + 1);
	MUST(write(fd, text, len) == (ssize_t)len);
	return fd;
}

/* ---- the processes ---- */

__attribute__((noreturn)) static void
signer_main(struct service *s, const struct ring *engine_ring, int engine,
    int control)
{
	static struct signer_state state;
	static const struct sandbox_paths none;
	const struct config *c = &s->life->config;
	struct signer_keys keys = { .attest = s->key };
	struct signer_setup setup = {
		.engine_fd = engine, .chain_fd = -1, .control_fd = control,
		.engine_ring = *engine_ring,
		.config = c, .domain = s->life->machine->domain,
		.book = s->life->book.id,
		.rules_hash = s->life->machine->rules_hash,
		.asset_count = (uint32_t)s->life->book.asset_count,
		.keys = &keys, .state = &state,
	};
	struct signer_identity id;
	char path[96], why[PRIVATE_WHY];

	log_open("signer");
	ring_spin_from(&setup.spin, c->engine_wait == WAIT_SPIN);
	snprintf(path, sizeof(path), "%s/state", s->folder);
	signer_identity_from(&id, c, s->life->book.chain_id,
	    &s->life->book.id, &s->key.address);
	if (signer_state_create(path, &id, signer_clock_ms() - 5000, why) !=
	    ERR_OK || signer_state_open(&state, path, &id, signer_clock_ms(),
	    why) != ERR_OK) {
		log_error("%s", why);
		_exit(1);
	}
	if (sandbox_enter(ROLE_SIGNER, c->sandbox, &none) != ERR_OK)
		_exit(1);
	_exit(signer_run(&setup));
}

/* wire: the child's end of one that it has from the beginning, or NULL; a ring
 * is mapped before the descriptors go. */
static pid_t
child_fork(struct service *s, enum service_child child,
    const struct proc_passed *wire, int control)
{
	struct ring ring = { .mine = NULL };
	int keep = wire ? wire->fd[0] : -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	MUST(pid >= 0);
	if (pid > 0) {
		s->pid[child] = pid;
		return pid;
	}
	log_redirect(s);
	if (wire && wire->count == 3)
		MUST(ring_open(&ring, wire->fd[1], wire->fd[2]) == ERR_OK);
	/* Above every other: then the others go. */
	keep = keep < 0 ? -1 : fcntl(keep, F_DUPFD, 1000);
	control = control < 0 ? -1 : fcntl(control, F_DUPFD, 1001);
	if (control >= 0)
		MUST(dup2(control, PROC_CONTROL_FD) >= 0);
	MUST(close_range(PROC_CONTROL_FD + (control >= 0), 999, 0) == 0);
	if (child == CHILD_SIGNER)
		signer_main(s, &ring, keep, PROC_CONTROL_FD);
	close(control);
	_exit(child == CHILD_ENGINE ? role_engine() : role_feeds());
}

static void
control_pass(const struct service *s, enum service_child child,
    uint32_t role, const struct proc_passed *passed)
{
	struct wire_peer w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_PEER);
	w.role = role;
	MUST(proc_send_with(s->control[child], &w, passed) == ERR_OK);
}

static void
control_give(const struct service *s, enum service_child child,
    uint32_t role, int fd)
{
	const struct proc_passed passed = { { fd }, 1 };

	control_pass(s, child, role, &passed);
}

static void
control_go(const struct service *s, enum service_child child)
{
	struct wire_plain w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_GO);
	MUST(proc_send(s->control[child], &w, true) == ERR_OK);
}

/* The bench's end of the journal's wire, and its first word. */
static void
journal_open(struct service *s, const struct proc_passed *end)
{
	struct wire_journal_ready ready;

	MUST(ring_open(&s->journal_ring, end->fd[1], end->fd[2]) == ERR_OK);
	close(end->fd[1]);
	close(end->fd[2]);
	s->journal = end->fd[0];
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_JOURNAL_READY);
	MUST(proc_hot_send(s->journal, &s->journal_ring, &ready, true) ==
	    ERR_OK);
}

static void
children_start(struct service *s, const char *config, const char *book)
{
	int config_fd = memfd_with(CONFIG_NAME, config);
	int book_fd = memfd_with(NULL, book);
	struct tables_size size = machine_tables_size(&s->life->config);
	int board, board_read, pair[2];
	struct wires w;

	hot_pair_make(w.feeds_engine);
	hot_pair_make(w.engine_signer);
	hot_pair_make(w.engine_journal);
	pair_make(w.engine_chain);
	pair_make(w.engine_api);
	MUST(board_create(&board, &board_read, &size) == ERR_OK);
	for (unsigned i = CHILD_SIGNER; i < CHILD_COUNT; i++) {
		pair_make(pair);
		s->control[i] = pair[0];
		child_fork(s, (enum service_child)i, i == CHILD_SIGNER ?
		    &w.engine_signer[1] : NULL, pair[1]);
		close(pair[1]);
		if (i == CHILD_SIGNER)
			continue;
		control_give(s, (enum service_child)i, ROLE_CONFIG, config_fd);
		control_give(s, (enum service_child)i, ROLE_BOOK, book_fd);
	}
	control_give(s, CHILD_ENGINE, ROLE_BOARD, board);
	control_pass(s, CHILD_ENGINE, ROLE_SIGNER, &w.engine_signer[0]);
	control_pass(s, CHILD_ENGINE, ROLE_JOURNAL, &w.engine_journal[0]);
	control_give(s, CHILD_ENGINE, ROLE_CHAIN, w.engine_chain[0]);
	control_pass(s, CHILD_ENGINE, ROLE_FEEDS, &w.feeds_engine[1]);
	control_give(s, CHILD_ENGINE, ROLE_API, w.engine_api[0]);
	control_pass(s, CHILD_FEEDS, ROLE_ENGINE, &w.feeds_engine[0]);
	control_go(s, CHILD_ENGINE);
	control_go(s, CHILD_FEEDS);
	s->released = w.engine_api[1];
	s->chain = w.engine_chain[1];
	wait_limit(s->released);
	journal_open(s, &w.engine_journal[1]);
	close(w.engine_api[0]);
	close(w.engine_chain[0]);
	for (int i = 0; i < 2; i++) {
		proc_passed_close(&w.feeds_engine[i]);
		proc_passed_close(&w.engine_signer[i]);
	}
	proc_passed_close(&w.engine_journal[0]);
	close(board);
	close(board_read);
	close(config_fd);
	close(book_fd);
}

/* ---- the exchanges ---- */

static int
listener_open(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
	    listen(fd, 16) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
venues_accept(struct service *s, int listener)
{
	int on = 1;

	wait_limit(listener);
	for (unsigned i = 0; i < SERVICE_VENUES; i++) {
		struct ws_peer p;
		unsigned venue;

		memset(&p, 0, sizeof(p));
		p.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (p.fd < 0)
			service_fail(s, "no connection from feeds");
		wait_limit(p.fd);
		if (!ws_read_request(&p) || strncmp(p.request, "GET /", 5) !=
		    0 || !ws_accept(&p))
			service_fail(s, "no websocket from feeds");
		venue = (unsigned)(p.request[5] - '0');
		MUST(venue < SERVICE_VENUES);
		/* A frame in two segments must not wait for an answer. */
		MUST(setsockopt(p.fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on)) == 0);
		s->venue[venue] = p.fd;
	}
}

size_t
service_frame_make(char out[SERVICE_FRAME_MAX], const char *text)
{
	size_t len = strlen(text);

	/* The middle one of the protocol's three forms of length. */
	MUST(len >= 126 && len + 4 <= SERVICE_FRAME_MAX);
	out[0] = (char)0x81;
	out[1] = 126;
	out[2] = (char)(len >> 8);
	out[3] = (char)len;
	memcpy(out + 4, text, len);
	return len + 4;
}

void
service_say(const struct service *s, size_t venue, const char *frame,
    size_t len)
{
	if (send(s->venue[venue], frame, len, MSG_NOSIGNAL) != (ssize_t)len)
		service_fail(s, "feeds is gone");
}

/* Sleeps until the journal's wire has something. */
static void
journal_wait(struct service *s)
{
	struct pollfd p = { .fd = s->journal, .events = POLLIN };

	if (!ring_sleep(&s->journal_ring, RING_DATA))
		return;
	s->waits++;
	if (poll(&p, 1, SERVICE_WAIT_S * 1000) == 0)
		service_fail(s, "nothing for the journal");
	ring_awake(&s->journal_ring);
	proc_hot_listen(s->journal, &s->journal_ring);
}

bool
service_hear_signed(struct service *s, struct wire_attestation *out,
    bool may_wait)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_head head;
	size_t size;
	enum err e;

	for (;;) {
		e = proc_hot_receive(s->journal, &s->journal_ring, bytes,
		    &size);
		if (e == ERR_MISSING && !may_wait)
			return false;
		if (e == ERR_MISSING) {
			journal_wait(s);
			continue;
		}
		if (e != ERR_OK)
			service_fail(s, "the journal's wire broke");
		memcpy(&head, bytes, sizeof(head));
		if (head.type != WIRE_ATTESTATION)
			continue;
		memcpy(out, bytes, sizeof(*out));
		return true;
	}
}

void
service_put(struct service *s, const void *message)
{
	struct wire_attestation a;

	/* The engine waits for the journal as we wait for the engine. */
	for (;;) {
		enum err e = proc_send(s->chain, message, false);

		while (service_hear_signed(s, &a, false))
			;
		if (e == ERR_OK)
			return;
		if (e != ERR_LIMIT)
			service_fail(s, "the engine takes no vaults");
		sched_yield();
	}
}

bool
service_hear(const struct service *s, struct wire_attestation *out,
    bool may_wait)
{
	ssize_t n;

	do
		n = recv(s->released, out, sizeof(*out),
		    may_wait ? 0 : MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && !may_wait && errno == EAGAIN)
		return false;
	if (n != sizeof(*out) || wire_check(out, sizeof(*out)) != ERR_OK)
		service_fail(s, "no attestation");
	return true;
}

/* The text with the port in its places; its length. */
static size_t
config_fill(char *out, size_t size, const char *config, unsigned port)
{
	const char *mark;
	size_t len = 0;

	while ((mark = strstr(config, "PORT")) != NULL) {
		len += (size_t)snprintf(out + len, size - len, "%.*s%u",
		    (int)(mark - config), config, port);
		MUST(len < size);
		config = mark + strlen("PORT");
	}
	len += (size_t)snprintf(out + len, size - len, "%s", config);
	MUST(len < size);
	return len;
}

void
service_start(struct service *s, const char *config, const char *book)
{
	static const uint8_t secret[32] = { 1 }, random[32] = { 2 };
	struct sig_context *sig;
	char text[4096];
	unsigned port;
	size_t len;
	int listener;

	memset(s, 0, sizeof(*s));
	snprintf(s->folder, sizeof(s->folder), "/tmp/margind-bench-XXXXXX");
	MUST(mkdtemp(s->folder) != NULL);
	listener = listener_open(&port);
	len = config_fill(text, sizeof(text), config, port);
	MUST(replay_life_open(&s->life, text, len, CONFIG_NAME, book,
	    strlen(book), "book") == ERR_OK);
	MUST(sig_context_create(&sig, random) == ERR_OK);
	MUST(sig_key_from_secret(&s->key, sig, secret) == ERR_OK);
	sig_context_destroy(sig);
	children_start(s, text, book);
	venues_accept(s, listener);
	close(listener);
}

void
service_stop(struct service *s)
{
	char path[96];

	for (unsigned i = CHILD_COUNT; i-- > 0;) {
		int status;

		close(s->control[i]);
		MUST(waitpid(s->pid[i], &status, 0) == s->pid[i]);
	}
	for (size_t i = 0; i < SERVICE_VENUES; i++)
		close(s->venue[i]);
	ring_close(&s->journal_ring);
	close(s->journal);
	close(s->chain);
	close(s->released);
	snprintf(path, sizeof(path), "%s/state", s->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/log", s->folder);
	unlink(path);
	rmdir(s->folder);
	replay_life_close(s->life);
}
