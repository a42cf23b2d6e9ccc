/*~ The supervisor.  One process per thing that can be attacked or can block;
 * each is a fresh exec of this binary with a role (proc.h).  When one dies it
 * is started again with new wires, and its neighbours get their new ends; the
 * journal takes the engine with it, since an engine's hash chain must continue
 * what is on disk; when the signer dies, everything stops. */
#include "oracle/supervisor.h"

#include "base/keccak.h"
#include "margin/reach.h"
#include "oracle/board.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/control.h"
#include "oracle/log.h"
#include "oracle/inputs.h"
#include "oracle/machine.h"
#include "oracle/memory.h"
#include "oracle/proc.h"
#include "oracle/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESTARTS_MAX 8u		/* within RESTARTS_MS: then give up */
#define RESTARTS_MS 60000u
#define SILENCE_MS 15000u	/* a role that reports nothing is killed */
#define STOP_MS 3000u
#define BEGINNING_MS 3000u	/* a role that fails so early fails for good */
#define WIRE_BUFFER (4 << 20)
#define RING_BYTES (1u << 20)	/* of a hot wire, the busy way: 11,900 ticks */

struct child {
	pid_t pid;		/* 0: not running */
	int control_fd;
	uint64_t seen_ms;
	uint64_t restart_ms[RESTARTS_MAX];	/* ring */
	unsigned restarts;
	bool is_replaced;	/* was killed to take another config */
	struct wire_status status;
};

struct supervisor {
	const struct supervisor_setup *setup;
	struct reload_text now;	/* the config that roles start with */
	const struct board *board;	/* read, to compare prices by */
	struct child child[ROLE_COUNT];
	int config_fd, book_fd, board_fd, board_read_fd, signal_fd;
	struct control control;
	uint64_t begin_ms;
	bool is_stopping;
	int exit_code;
};

/* Which roles talk to each other; the busy way of a hot wire is from the first
 * to the second. */
static const struct wire_row {
	enum role from, to;
	bool is_hot;
} wires[] = {
	{ ROLE_FEEDS, ROLE_ENGINE, true }, { ROLE_ENGINE, ROLE_SIGNER, true },
	{ ROLE_ENGINE, ROLE_JOURNAL, true }, { ROLE_ENGINE, ROLE_CHAIN, false },
	{ ROLE_ENGINE, ROLE_API, false }, { ROLE_CHAIN, ROLE_SIGNER, false },
	{ ROLE_FEEDS, ROLE_SURFACE, false }, { ROLE_SURFACE, ROLE_ENGINE, false },
};

/* In the order of starting: who is asked stands before who asks. */
static const enum role start_order[] = {
	ROLE_JOURNAL, ROLE_SIGNER, ROLE_ENGINE, ROLE_CHAIN, ROLE_SURFACE,
	ROLE_FEEDS, ROLE_API,
};

static bool
role_is_used(const struct supervisor *s, enum role r)
{
	const struct config *c = s->now.config;

	return (r != ROLE_CHAIN || config_uses_chain(c)) &&
	    (r != ROLE_FEEDS || config_uses_feeds(c)) &&
	    (r != ROLE_SURFACE || c->option_count > 0);
}

static int
text_memfd(const char *name, const char *first, size_t first_len,
    const char *text, size_t len)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if ((first_len > 0 && write(fd, first, first_len) !=
	    (ssize_t)first_len) || write(fd, text, len) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
	    F_SEAL_SEAL) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Who cannot be told is dying: it will be reaped, and its own restart joins
 * it to all its neighbours again.  So neither this nor child_go fails. */
static void
child_pass(struct child *c, uint32_t peer, const struct proc_passed *passed)
{
	struct wire_peer w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_PEER);
	w.role = peer;
	if (c->pid > 0 && c->control_fd >= 0 &&
	    proc_send_with(c->control_fd, &w, passed) != ERR_OK)
		log_debug("a role cannot be told of its peer");
}

static void
child_send(struct child *c, uint32_t peer, int fd)
{
	const struct proc_passed passed = { { fd }, 1 };

	child_pass(c, peer, &passed);
}

static void
child_go(struct child *c)
{
	struct wire_plain w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_GO);
	if (c->pid > 0 && c->control_fd >= 0 &&
	    proc_send(c->control_fd, &w, true) != ERR_OK)
		log_debug("a role cannot be told to go");
}

static bool
wire_pair(int pair[2])
{
	int size = WIRE_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		    sizeof(size)) != 0)
			(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size,
			    sizeof(size));
	return true;
}

__attribute__((noreturn)) static void
child_exec(enum role role, int control_fd)
{
	char name[16];
	char flag[] = "--role", program[] = "margind";
	char *argv[] = { program, flag, name, NULL };
	sigset_t none;

	memset(name, 0, sizeof(name));
	memcpy(name, role_name(role), strnlen(role_name(role), 15));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(control_fd, PROC_CONTROL_FD) < 0 ||
	    close_range(PROC_CONTROL_FD + 1, ~0u, 0) != 0)
		_exit(1);
	execv("/proc/self/exe", argv);
	_exit(1);
}

/* Starts role and gives it everything but its wires. */
static bool
child_start(struct supervisor *s, enum role role)
{
	struct child *c = &s->child[role];
	int pair[2];
	pid_t pid;

	if (!wire_pair(pair))
		return false;
	pid = fork();
	if (pid == 0)
		child_exec(role, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	c->pid = pid;
	c->control_fd = pair[0];
	c->seen_ms = clock_boot_ms();
	memset(&c->status, 0, sizeof(c->status));
	child_send(c, ROLE_CONFIG, s->config_fd);
	child_send(c, ROLE_BOOK, s->book_fd);
	if (role == ROLE_ENGINE)
		child_send(c, ROLE_BOARD, s->board_fd);
	if (role == ROLE_API)
		child_send(c, ROLE_BOARD, s->board_read_fd);
	return true;
}

/* Every join makes a new ring: who takes a dead one's place finds nothing of
 * it there. */
static bool
wire_join(struct supervisor *s, const struct wire_row *w)
{
	struct child *from = &s->child[w->from], *to = &s->child[w->to];
	struct proc_passed a, b;
	int pair[2];
	bool done;

	if (from->pid <= 0 || to->pid <= 0)
		return true;
	if (!wire_pair(pair))
		return false;
	a = (struct proc_passed){ { pair[0] }, 1 };
	b = (struct proc_passed){ { pair[1] }, 1 };
	done = !w->is_hot || proc_hot_halves(&a, &b, RING_BYTES,
	    RING_CAPACITY_MIN) == ERR_OK;
	if (done) {
		child_pass(from, w->to, &a);
		child_pass(to, w->from, &b);
	}
	proc_passed_close(&a);
	proc_passed_close(&b);
	return done;
}

/* New wires for role towards all its living neighbours. */
static bool
wires_join(struct supervisor *s, enum role role)
{
	for (size_t i = 0; i < ARRAY_COUNT(wires); i++)
		if ((wires[i].from == role || wires[i].to == role) &&
		    !wire_join(s, &wires[i]))
			return false;
	return true;
}

static bool
children_start(struct supervisor *s)
{
	for (size_t i = 0; i < ARRAY_COUNT(start_order); i++)
		if (role_is_used(s, start_order[i]) &&
		    !child_start(s, start_order[i]))
			return false;
	for (size_t i = 0; i < ARRAY_COUNT(wires); i++)
		if (!wire_join(s, &wires[i]))
			return false;
	for (size_t i = 0; i < ARRAY_COUNT(start_order); i++)
		if (role_is_used(s, start_order[i]))
			child_go(&s->child[start_order[i]]);
	return true;
}

static void
stop_begin(struct supervisor *s, int exit_code)
{
	if (s->is_stopping)
		return;
	s->is_stopping = true;
	s->exit_code = exit_code;
	for (size_t i = 1; i < ROLE_COUNT; i++)
		if (s->child[i].pid > 0 && i != ROLE_JOURNAL)
			kill(s->child[i].pid, SIGTERM);
	/* The journal writes what it has and leaves when nobody holds it. */
	if (s->child[ROLE_JOURNAL].pid > 0) {
		close(s->child[ROLE_JOURNAL].control_fd);
		s->child[ROLE_JOURNAL].control_fd = -1;
	}
}

static bool
restarts_too_often(struct child *c)
{
	uint64_t now = clock_boot_ms();
	uint64_t *at = &c->restart_ms[c->restarts % RESTARTS_MAX];
	bool often = c->restarts >= RESTARTS_MAX && now - *at < RESTARTS_MS;

	*at = now;
	c->restarts++;
	return often;
}

static void
child_replace(struct supervisor *s, enum role role)
{
	if (!child_start(s, role) || !wires_join(s, role)) {
		log_error("%s cannot be restarted; stopping", role_name(role));
		stop_begin(s, EXIT_FAILED);
		return;
	}
	child_go(&s->child[role]);
}

static void
child_restart(struct supervisor *s, enum role role)
{
	if (restarts_too_often(&s->child[role])) {
		log_error("%s dies too often; stopping", role_name(role));
		stop_begin(s, EXIT_FAILED);
		return;
	}
	child_replace(s, role);
}

static int
exit_code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* What the config, the chain or, at the beginning, a port or a folder makes
 * fail will fail again.  The engine only follows others: it ends when signer
 * or journal are gone, perhaps before these are reaped. */
static bool
failure_is_lasting(const struct supervisor *s, enum role role, int status)
{
	int code = exit_code_of(status);

	if (!WIFEXITED(status) || role == ROLE_ENGINE)
		return code == EXIT_CONFIG;
	return code == EXIT_CONFIG || code == EXIT_CHAIN ||
	    (code == EXIT_FAILED &&
	    clock_boot_ms() - s->begin_ms < BEGINNING_MS);
}

static void
child_died(struct supervisor *s, enum role role, int status)
{
	struct child *c = &s->child[role];
	int code = exit_code_of(status);

	c->pid = 0;
	if (c->control_fd >= 0)
		close(c->control_fd);
	c->control_fd = -1;
	if (s->is_stopping)
		return;
	if (c->is_replaced) {
		c->is_replaced = false;
		if (role_is_used(s, role))
			child_replace(s, role);
		return;
	}
	if (WIFSIGNALED(status))
		log_warn("%s was killed by signal %d", role_name(role),
		    WTERMSIG(status));
	else
		log_warn("%s ended with code %d", role_name(role), code);
	if (role == ROLE_SIGNER) {
		log_error("without a signer nothing can be said; stopping");
		stop_begin(s, EXIT_SIGNER);
		return;
	}
	if (failure_is_lasting(s, role, status)) {
		stop_begin(s, code);
		return;
	}
	if (role == ROLE_JOURNAL && s->child[ROLE_ENGINE].pid > 0)
		kill(s->child[ROLE_ENGINE].pid, SIGKILL);
	child_restart(s, role);
}

static void
children_reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 1; i < ROLE_COUNT; i++)
			if (s->child[i].pid == pid)
				child_died(s, (enum role)i, status);
}

static void
signals_read(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			children_reap(s);
		} else if (!s->is_stopping) {
			log_info("stopping");
			stop_begin(s, EXIT_OK);
		}
	}
}

static void
child_report(struct supervisor *s, enum role role)
{
	static uint8_t bytes[WIRE_SIZE_MAX];
	struct child *c = &s->child[role];
	size_t size;
	enum err e;

	while ((e = proc_receive(c->control_fd, bytes, &size)) == ERR_OK) {
		struct wire_head head;

		memcpy(&head, bytes, sizeof(head));
		if (head.type != WIRE_STATUS)
			break;
		memcpy(&c->status, bytes, sizeof(c->status));
		c->status.reason[sizeof(c->status.reason) - 1] = '\0';
		c->seen_ms = clock_boot_ms();
	}
	if (e == ERR_MISSING || c->pid <= 0)
		return;
	/* Gone or out of its mind: either way it is over. */
	kill(c->pid, SIGKILL);
	close(c->control_fd);
	c->control_fd = -1;
}

static void
children_watch(struct supervisor *s)
{
	uint64_t now = clock_boot_ms();

	for (size_t i = 1; i < ROLE_COUNT; i++) {
		struct child *c = &s->child[i];

		if (c->pid > 0 && !s->is_stopping &&
		    now - c->seen_ms > SILENCE_MS) {
			log_warn("%s reports nothing; killing it",
			    role_name((enum role)i));
			c->seen_ms = now;
			kill(c->pid, SIGKILL);
		}
	}
}

static bool
anyone_lives(const struct supervisor *s)
{
	for (size_t i = 1; i < ROLE_COUNT; i++)
		if (s->child[i].pid > 0)
			return true;
	return false;
}

/* What the control socket may ask (control.h). */
static enum err
on_signer_order(void *arg, enum wire_type order)
{
	struct supervisor *s = arg;
	struct wire_plain w;

	if (s->child[ROLE_SIGNER].pid <= 0)
		return ERR_STATE;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, order);
	return proc_send(s->child[ROLE_SIGNER].control_fd, &w, true);
}

static const struct wire_status *
on_status(void *arg, enum role role, int *pid, unsigned *restarts)
{
	struct supervisor *s = arg;

	*pid = s->child[role].pid;
	*restarts = s->child[role].restarts;
	return &s->child[role].status;
}

/* What each table has room for, and what the board takes of it now. */
static void
on_memory(void *arg, struct text *out)
{
	const struct supervisor *s = arg;
	const struct config *c = s->now.config;
	struct vaults_limits limits = tables_limits(c->vaults_max);
	struct tables_size size = machine_tables_size(c);
	size_t part[TABLES_PARTS];

	(void)tables_measure(part, &size);
	text_printf(out, "{\"vaults_max\":%" PRIu32 ",\"board_bytes\":%" PRIu64
	    ",\"reserved_bytes\":{\"reach\":%zu", c->vaults_max,
	    memory_of_file(s->board_fd), reach_bytes(&limits));
	for (size_t i = 0; i < TABLES_PARTS; i++)
		text_printf(out, ",\"%s\":%zu", tables_part_names[i],
		    part[i]);
	text_put(out, "}}");
}

/* The journal may not read the new config's file: it is kept for it here, so
 * that what is signed from now on can be replayed. */
static bool
config_keep(const struct supervisor *s, const struct reload_text *new)
{
	char dir[CONFIG_PATH_MAX];
	struct b32 hash;

	keccak256(&hash, new->text, new->len);
	return config_path_from(dir, s->setup->config_path,
	    new->config->journal_dir) == ERR_OK && inputs_store(dir,
	    INPUTS_CONFIG, &hash, new->text, new->len) == ERR_OK;
}

static int
config_memfd(const struct supervisor *s, const struct reload_text *t)
{
	return text_memfd("config", s->setup->config_path,
	    strlen(s->setup->config_path) + 1, t->text, t->len);
}

/* Whoever counts markets or units by their place starts anew; the signer and
 * the journal do not. */
static void
config_take(struct supervisor *s, struct reload_text *new, int fd)
{
	reload_free(&s->now);
	s->now = *new;
	close(s->config_fd);
	s->config_fd = fd;
	for (size_t i = 1; i < ROLE_COUNT; i++) {
		struct child *c = &s->child[i];

		if (i == ROLE_SIGNER || i == ROLE_JOURNAL)
			continue;
		c->is_replaced = c->pid > 0;
		if (c->is_replaced)
			kill(c->pid, SIGKILL);
		else if (role_is_used(s, (enum role)i))
			child_replace(s, (enum role)i);
	}
}

static void
on_reload(void *arg, struct text *out)
{
	struct supervisor *s = arg;
	struct reload_text new = { 0 };
	enum err e = reload_try(&new, out, &s->now, s->setup->config_path,
	    s->board, clock_wall_ms());
	int fd;

	if (e == ERR_REFUSED || e == ERR_SYNTAX)
		log_warn("the config is not taken: %.*s",
		    (int)strcspn(out->at, "\n"), out->at);
	if (e != ERR_OK)
		return;
	fd = config_memfd(s, &new);
	if (fd < 0 || !config_keep(s, &new)) {
		log_error("the new config cannot be kept: %s",
		    strerrordesc_np(errno));
		text_put(out, "{\"error\":\"it cannot be kept in the "
		    "journal's folder\"}\n");
		if (fd >= 0)
			close(fd);
		reload_free(&new);
		return;
	}
	log_info("the config was read anew: feeds, engine and those that "
	    "follow them start with it");
	config_take(s, &new, fd);
	text_put(out, "{\"reloaded\":true}\n");
}

static void
loop_once(struct supervisor *s)
{
	struct pollfd wait[2 + CONTROL_CLIENTS_MAX + ROLE_COUNT];
	enum role who[ARRAY_COUNT(wait)];
	size_t count = 0, fixed;

	wait[count++] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	count += control_poll_fill(&s->control, &wait[count]);
	fixed = count;
	for (size_t i = 1; i < ROLE_COUNT; i++) {
		if (s->child[i].control_fd < 0)
			continue;
		who[count] = (enum role)i;
		wait[count++] = (struct pollfd){
			.fd = s->child[i].control_fd, .events = POLLIN };
	}
	if (poll(wait, count, 200) < 0 && errno != EINTR)
		return;
	for (size_t i = fixed; i < count; i++)
		if (wait[i].revents != 0 && s->child[who[i]].control_fd ==
		    wait[i].fd)
			child_report(s, who[i]);
	control_serve(&s->control, clock_boot_ms());
	signals_read(s);
	children_watch(s);
	if (s->setup->seconds > 0 && clock_boot_ms() - s->begin_ms >=
	    (uint64_t)s->setup->seconds * 1000)
		stop_begin(s, EXIT_OK);
}

static void
children_end(struct supervisor *s)
{
	uint64_t until = clock_boot_ms() + STOP_MS;

	while (anyone_lives(s) && clock_boot_ms() < until)
		loop_once(s);
	for (size_t i = 1; i < ROLE_COUNT; i++)
		if (s->child[i].pid > 0) {
			log_warn("%s does not stop; killing it",
			    role_name((enum role)i));
			kill(s->child[i].pid, SIGKILL);
			waitpid(s->child[i].pid, NULL, 0);
		}
}

static bool
texts_place(struct supervisor *s)
{
	const struct supervisor_setup *u = s->setup;
	const struct tables_size size = machine_tables_size(u->config);

	s->config_fd = config_memfd(s, &s->now);
	s->book_fd = text_memfd("book", NULL, 0, u->book_text,
	    u->book_text_len);
	return s->config_fd >= 0 && s->book_fd >= 0 && board_create(
	    &s->board_fd, &s->board_read_fd, &size) == ERR_OK &&
	    board_map_reader(&s->board, s->board_read_fd) == ERR_OK;
}

/* A config of our own: it is replaced when another is taken. */
static bool
config_copy(struct supervisor *s)
{
	const struct supervisor_setup *u = s->setup;

	s->now.config = malloc(sizeof(*s->now.config));
	s->now.text = malloc(u->config_text_len + 1);
	if (!s->now.config || !s->now.text)
		return false;
	*s->now.config = *u->config;
	memcpy(s->now.text, u->config_text, u->config_text_len);
	s->now.text[u->config_text_len] = '\0';
	s->now.len = u->config_text_len;
	return true;
}

int
supervisor_run(const struct supervisor_setup *setup)
{
	static struct supervisor s;
	sigset_t mask;
	char socket_path[CONFIG_PATH_MAX];

	memset(&s, 0, sizeof(s));
	s.setup = setup;
	s.begin_ms = clock_boot_ms();
	for (size_t i = 0; i < ROLE_COUNT; i++)
		s.child[i].control_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	s.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signal_fd < 0 || !config_copy(&s) || !texts_place(&s)) {
		log_error("cannot place shared memory: %s",
		    strerrordesc_np(errno));
		return EXIT_FAILED;
	}
	if (config_path_from(socket_path, setup->config_path,
	    setup->config->control_socket) != ERR_OK || control_open(
	    &s.control, socket_path, on_signer_order, on_status, on_memory,
	    on_reload, &s) != ERR_OK) {
		log_error("control socket %s: %s",
		    setup->config->control_socket, strerrordesc_np(errno));
		return EXIT_FAILED;
	}
	if (!children_start(&s)) {
		log_error("cannot start the roles: %s", strerrordesc_np(errno));
		stop_begin(&s, EXIT_FAILED);
	}
	while (!s.is_stopping)
		loop_once(&s);
	children_end(&s);
	control_close(&s.control);
	board_unmap(s.board);
	reload_free(&s.now);
	return s.exit_code;
}
