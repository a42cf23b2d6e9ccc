/* The process itself: a child over socketpairs, with us as its supervisor, its
 * feeds and its engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/must.h"
#include "oracle/clock.h"
#include "oracle/proc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000
#define WEEK_MS UINT64_C(604800000)

static const char config_text[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 1, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  kraken: {markets: {ETH/USD: ETH/USD}}\n"
    "  deribit: {options: {options.eth_usd: ETH}}\n"
    "surface: {every: 100ms}\n";

struct child {
	pid_t pid;
	int control, feeds, engine;	/* our ends */
	uint64_t now_ms;
};

static int
text_fd(const char *path, const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	MUST(fd >= 0);
	if (path)
		MUST(write(fd, path, strlen(path) + 1) > 0);
	MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static void
give(struct child *c, uint32_t peer, int fd)
{
	struct wire_peer w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_PEER);
	w.role = peer;
	MUST(proc_send_fd(c->control, &w, fd) == ERR_OK);
	close(fd);
}

/* A wire from the child to us: our end. */
static int
join(struct child *c, enum role peer)
{
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	give(c, peer, pair[1]);
	return pair[0];
}

static int
setup(void **state)
{
	static struct child c;
	struct wire_plain go;
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	c.pid = fork();
	if (c.pid == 0) {
		MUST(dup2(pair[1], PROC_CONTROL_FD) == PROC_CONTROL_FD);
		close_range(PROC_CONTROL_FD + 1, ~0u, 0);
		_exit(role_surface());
	}
	close(pair[1]);
	c.control = pair[0];
	give(&c, ROLE_CONFIG, text_fd("/nowhere/margind.yaml", config_text));
	give(&c, ROLE_BOOK, text_fd(NULL, "{}"));
	c.feeds = join(&c, ROLE_FEEDS);
	c.engine = join(&c, ROLE_ENGINE);
	memset(&go, 0, sizeof(go));
	wire_head_set(&go.head, WIRE_GO);
	MUST(proc_send(c.control, &go, true) == ERR_OK);
	c.now_ms = clock_wall_ms();
	*state = &c;
	return 0;
}

static int
teardown(void **state)
{
	struct child *c = *state;

	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	close(c->control);
	close(c->feeds);
	close(c->engine);
	return 0;
}

static struct wire_u128
number(double v)
{
	return wire_from_u128((u128)(v * 1e18));
}

static void
marks_say(struct child *c)
{
	for (unsigned i = 0; i < 9; i++) {
		struct wire_option w;

		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_OPTION);
		w.unit = 1;
		w.venue = 1;
		w.is_call = i > 4;
		w.has_vol = w.has_forward = 1;
		w.expiry_ms = c->now_ms + WEEK_MS;
		w.exchange_ms = w.recv_ms = c->now_ms;
		w.strike = number(1800 + 50. * i);
		w.vol = number(0.6 + 0.002 * (i > 4 ? i - 4. : 4. - i));
		w.forward = number(2001);
		assert_int_equal(proc_send(c->feeds, &w, true), ERR_OK);
	}
}

/* The next message of one kind from a wire, other kinds passed over. */
static void
hear(int fd, unsigned type, void *out, size_t size)
{
	static uint8_t bytes[WIRE_SIZE_MAX];
	uint64_t until_ms = clock_boot_ms() + WAIT_MS;

	while (clock_boot_ms() < until_ms) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		struct wire_head head;
		size_t got;

		if (poll(&wait, 1, 100) <= 0)
			continue;
		assert_int_equal(proc_receive(fd, bytes, &got), ERR_OK);
		memcpy(&head, bytes, sizeof(head));
		if (head.type != type)
			continue;
		assert_int_equal(got, size);
		memcpy(out, bytes, size);
		return;
	}
	fail_msg("nothing of type %u came", type);
}

static void
status_hear(struct child *c, bool is_ready)
{
	struct wire_status s;

	do
		hear(c->control, WIRE_STATUS, &s, sizeof(s));
	while (s.is_ready != is_ready);
	assert_int_equal(s.role, ROLE_SURFACE);
	assert_string_equal(s.reason, is_ready ? "" : "no volatilities");
}

static void
role_surface__turns_marks_into_a_forward_and_a_slice(void **state)
{
	struct child *c = *state;
	struct wire_forward f;
	struct wire_slice s;

	status_hear(c, false);
	marks_say(c);
	hear(c->engine, WIRE_FORWARD, &f, sizeof(f));
	hear(c->engine, WIRE_SLICE, &s, sizeof(s));
	assert_int_equal(f.unit, 1);
	assert_int_equal(f.expiry_ms, c->now_ms + WEEK_MS);
	assert_int_equal(s.expiry_ms, c->now_ms + WEEK_MS);
	assert_true(wire_to_u128(f.price) == (u128)2001 * 1000000000 *
	    1000000000);
	assert_true(wire_to_u128(s.sigma) > 0);
	status_hear(c, true);
}

/* A new engine is told everything. */
static void
role_surface__tells_a_new_engine_everything(void **state)
{
	struct child *c = *state;
	struct wire_slice s;

	marks_say(c);
	hear(c->engine, WIRE_SLICE, &s, sizeof(s));
	close(c->engine);
	c->engine = join(c, ROLE_ENGINE);
	hear(c->engine, WIRE_SLICE, &s, sizeof(s));
	assert_int_equal(s.unit, 1);
}

/* Nothing but options from feeds; and a new feeds is heard. */
static void
role_surface__hangs_up_on_feeds_that_say_anything_else(void **state)
{
	struct child *c = *state;
	struct wire_heartbeat other;
	struct pollfd wait = { .fd = c->feeds, .events = POLLIN };
	struct wire_slice s;
	char byte;

	memset(&other, 0, sizeof(other));
	wire_head_set(&other.head, WIRE_HEARTBEAT);
	assert_int_equal(proc_send(c->feeds, &other, true), ERR_OK);
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	assert_int_equal(recv(c->feeds, &byte, 1, 0), 0);
	close(c->feeds);
	c->feeds = join(c, ROLE_FEEDS);
	marks_say(c);
	hear(c->engine, WIRE_SLICE, &s, sizeof(s));
}

static void
role_surface__ends_with_its_supervisor(void **state)
{
	struct child *c = *state;
	int status;

	status_hear(c, false);
	close(c->control);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	c->pid = 0;
	c->control = open("/dev/null", O_RDONLY);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(role_surface__turns_marks_into_a_forward_and_a_slice),
		CASE(role_surface__tells_a_new_engine_everything),
		CASE(role_surface__hangs_up_on_feeds_that_say_anything_else),
		CASE(role_surface__ends_with_its_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
