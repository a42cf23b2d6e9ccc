/* Look-ups of names: what holds up whom.  getaddrinfo is this file's: a name
 * that begins with "silent" has no answer until the test lets it go. */
#include "feeds/resolve.h"

#include "feeds/client.h"
#include "feeds/lws.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_uint asked_silent, asked_late, waiting;
static atomic_bool is_released;

static void
wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* The library's word is a pointer to what is no object. */
static int
real_getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	assert_non_null(symbol);
	memcpy(&real, &symbol, sizeof(real));
	return real(name, service, hints, list);
}

int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	if (strncmp(name, "silent", 6) == 0) {
		atomic_fetch_add(&asked_silent, 1);
		atomic_fetch_add(&waiting, 1);
		while (!atomic_load(&is_released))
			wait_ms(5);
		atomic_fetch_sub(&waiting, 1);
		return EAI_AGAIN;
	}
	if (strcmp(name, "late.test") == 0)
		atomic_fetch_add(&asked_late, 1);
	if (strstr(name, ".test") != NULL)
		name = "127.0.0.1";
	return real_getaddrinfo(name, service, hints, list);
}

static int
names_begin(void **state)
{
	(void)state;
	atomic_store(&asked_silent, 0);
	atomic_store(&asked_late, 0);
	atomic_store(&is_released, false);
	return 0;
}

static int
names_end(void **state)
{
	(void)state;
	atomic_store(&is_released, true);
	while (atomic_load(&waiting) > 0)
		wait_ms(5);
	return 0;
}

/* The next answer, within ms; its question, 0: none came. */
static uint64_t
answer_next(int fd, struct resolve_answer *a, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return 0;
	assert_int_equal(resolve_next(fd, a), ERR_OK);
	return a->id;
}

/* ---- the threads --------------------------------------------------------- */

static void
resolve_ask__answers_over_the_descriptor(void **state)
{
	struct resolve_answer a = { .id = 5 };
	int fd;

	(void)state;
	assert_int_equal(resolve_open(&fd), ERR_OK);
	assert_int_equal(resolve_next(fd, &a), ERR_MISSING);
	assert_int_equal(a.id, 5);
	assert_int_equal(resolve_ask(fd, 77, "127.0.0.1", 5000), ERR_OK);
	assert_int_equal(answer_next(fd, &a, 5000), 77);
	assert_int_equal(a.gai_error, 0);
	assert_int_equal(a.count, 1);
	assert_string_equal(a.address[0], "127.0.0.1");
	resolve_close(fd);
	resolve_close(-1);
}

static void
resolve_ask__does_not_wait_behind_a_silent_name(void **state)
{
	struct resolve_answer a;
	int fd;

	(void)state;
	assert_int_equal(resolve_open(&fd), ERR_OK);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(resolve_ask(fd, i, "silent.test", 5000),
		    ERR_OK);
	for (uint64_t i = 100; i < 110; i++) {
		assert_int_equal(resolve_ask(fd, i, "quick.test", 5000),
		    ERR_OK);
		assert_int_equal(answer_next(fd, &a, 5000), i);
		assert_string_equal(a.address[0], "127.0.0.1");
	}
	resolve_close(fd);
}

static void
resolve_ask__drops_what_nobody_waits_for(void **state)
{
	struct resolve_answer a;
	unsigned answers = 0;
	int fd;

	(void)state;
	assert_int_equal(resolve_open(&fd), ERR_OK);
	for (uint64_t i = 1; i <= RESOLVE_THREADS; i++)
		assert_int_equal(resolve_ask(fd, i, "silent.test", 5000),
		    ERR_OK);
	assert_int_equal(resolve_ask(fd, 50, "late.test", 50), ERR_OK);
	assert_int_equal(resolve_ask(fd, 60, "quick.test", 5000), ERR_OK);
	wait_ms(200);
	atomic_store(&is_released, true);
	while (answers <= RESOLVE_THREADS) {
		uint64_t id = answer_next(fd, &a, 5000);

		assert_true(id > 0 && id != 50);
		answers++;
	}
	assert_int_equal(answer_next(fd, &a, 200), 0);
	assert_int_equal(atomic_load(&asked_silent), RESOLVE_THREADS);
	assert_int_equal(atomic_load(&asked_late), 0);
	resolve_close(fd);
}

/* ---- the client ---------------------------------------------------------- */

static enum err
parse_nothing(struct frame *f, const char *text, size_t len)
{
	(void)f, (void)text, (void)len;
	return ERR_SYNTAX;
}

static enum err
subscribe_nothing(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	(void)out, (void)size, (void)n, (void)symbols, (void)count;
	*len = 0;
	return ERR_OK;
}

static const struct venue test_venue = {
	.name = "test", .parse = parse_nothing,
	.subscribe = subscribe_nothing, .mute_ms_max = 10000,
};

#define CONNECTIONS 9u
struct heard {
	struct client *client;
	unsigned lost[CONNECTIONS];
	char why[160];		/* the last one's */
	bool cuts;		/* the resolver, after the first loss */
};

static void
on_frame(void *arg, size_t slot, const char *text, size_t len)
{
	(void)arg, (void)slot, (void)text, (void)len;
}

/* What ends the threads: their socket does. */
static void
resolver_cut(void)
{
	for (int fd = 3; fd < 256; fd++) {
		int domain = 0, type = 0;
		socklen_t len = sizeof(int);

		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
		    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
			continue;
		if (domain == AF_UNIX && type == SOCK_SEQPACKET)
			(void)shutdown(fd, SHUT_RDWR);
	}
}

static void
on_event(void *arg, size_t slot, enum client_event e, const char *why)
{
	struct heard *h = arg;

	if (e != CLIENT_LOST)
		return;
	h->lost[slot]++;
	snprintf(h->why, sizeof(h->why), "%s", why);
	if (h->cuts && h->lost[slot] == 1)
		resolver_cut();
	else if (slot == CONNECTIONS - 1 || h->cuts)
		client_stop(h->client);
}

/* All but the last connection have one silent name between them. */
static void
client_service__asks_once_for_a_name_of_many_connections(void **state)
{
	struct client_connection k[CONNECTIONS];
	struct heard h = { 0 };
	const struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .arg = &h };
	uint64_t began = now_ms();
	size_t bad;

	(void)state;
	memset(k, 0, sizeof(k));
	for (size_t i = 0; i < CONNECTIONS; i++) {
		k[i].venue = &test_venue;
		k[i].url = i < CONNECTIONS - 1 ? "wss://silent.test/" :
		    "wss://quick.test:9/";
	}
	assert_int_equal(client_create(&h.client, k, CONNECTIONS, NULL,
	    &call, 1, &bad), ERR_OK);
	alarm(20);
	while (client_service(h.client))
		;
	alarm(0);
	assert_true(now_ms() - began < 3000);
	assert_int_equal(h.lost[CONNECTIONS - 1], 1);
	assert_int_equal(h.lost[0], 0);
	assert_int_equal(atomic_load(&asked_silent), 1);
	client_destroy(h.client);
}

static void
client_service__asks_others_when_the_threads_ended(void **state)
{
	/* A label of 64 characters: no name server need be asked. */
	const struct client_connection k = { .venue = &test_venue,
		.url = "wss://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaa.invalid/" };
	struct heard h = { .cuts = true };
	const struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .arg = &h };
	size_t bad;

	(void)state;
	assert_int_equal(client_create(&h.client, &k, 1, NULL, &call, 1,
	    &bad), ERR_OK);
	alarm(20);
	while (client_service(h.client))
		;
	alarm(0);
	assert_int_equal(h.lost[0], 2);
	assert_int_equal(strncmp(h.why, "cannot resolve aaaa", 19), 0);
	client_destroy(h.client);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, names_begin, names_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resolve_ask__answers_over_the_descriptor),
		TEST(resolve_ask__does_not_wait_behind_a_silent_name),
		TEST(resolve_ask__drops_what_nobody_waits_for),
		TEST(client_service__asks_once_for_a_name_of_many_connections),
		TEST(client_service__asks_others_when_the_threads_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
