/* The api's sockets: what is refused before a request is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "oracle/api_server.h"
#include "tests/api_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

struct bed {
	struct api_world world;
	struct api api;
	struct server *server;
	pthread_t thread;
	atomic_bool end;
	atomic_uint readable;
	int wire[2];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
on_tick(void *arg, uint64_t now)
{
	struct bed *b = arg;

	api_world_move(&b->world, 800);
	api_world_publish(&b->world, now);
	api_world_attest(&b->world, now);
	if (atomic_load(&b->end))
		server_stop(b->server);
}

static bool
on_readable(void *arg, int fd)
{
	struct bed *b = arg;
	char byte;

	if (recv(fd, &byte, 1, MSG_DONTWAIT) != 1)
		return false;
	atomic_fetch_add(&b->readable, 1);
	return true;
}

static void *
serve(void *arg)
{
	struct bed *b = arg;

	while (server_service(b->server))
		;
	return NULL;
}

static void
bed_start(struct bed *b, unsigned rate, unsigned burst, uint16_t connections)
{
	struct server_options o = { .host = "127.0.0.1",
		.connections_max = connections, .rate = rate, .burst = burst,
		.on_tick = on_tick, .on_readable = on_readable, .arg = b };
	const char *why;

	api_world_open(&b->world, 200, now_ms() * 1024);
	api_world_publish(&b->world, now_ms());
	assert_int_equal(api_state_create(&b->api.state, b->world.reader,
	    &b->world.config, &b->world.book), ERR_OK);
	assert_int_equal(server_create(&b->server, &b->api, &o, &why),
	    ERR_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b->wire), 0);
	assert_int_equal(server_watch(b->server, b->wire[0]), ERR_OK);
	assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
}

static struct bed *
bed_new(unsigned rate, unsigned burst, uint16_t connections)
{
	struct bed *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	bed_start(b, rate, burst, connections);
	return b;
}

static void
bed_end(struct bed *b)
{
	atomic_store(&b->end, true);
	pthread_join(b->thread, NULL);
	server_destroy(b->server);
	api_state_destroy(b->api.state);
	api_world_close(&b->world);
	close(b->wire[0]);
	close(b->wire[1]);
	free(b);
}

static int
dial(struct bed *b, int receive_buffer)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(server_port(b->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	if (receive_buffer > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
		    sizeof(receive_buffer));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* What comes until the peer closes, nothing comes for `ms`, or it is full. */
static size_t
receive(int fd, char *out, size_t size, int ms)
{
	size_t len = 0;

	while (len + 1 < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, ms) <= 0)
			break;
		n = recv(fd, out + len, size - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return len;
}

/* The status of one request, or 0 where the connection just ends. */
static unsigned
request(struct bed *b, const char *text, char *answer, size_t size)
{
	int fd = dial(b, 0);
	uint64_t status = 0;

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
	receive(fd, answer, size, 150);
	close(fd);
	if (strncmp(answer, "HTTP/1.", 7) == 0)
		assert_int_equal(decimal_to_u64(&status, answer + 9, 3),
		    ERR_OK);
	return (unsigned)status;
}

#define SOCKET_KEYS "Connection: Upgrade\r\nUpgrade: websocket\r\n" \
	"Sec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void
server__answers_or_refuses_each_request(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
	} rows[] = {
		{ "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 200 },
		{ "HEAD /v1/prices HTTP/1.1\r\nHost: [::1]:8\r\n\r\n", 200 },
		{ "POST /livez HTTP/1.1\r\nHost: localhost\r\n"
		    "Content-Length: 1\r\n\r\nx", 405 },
		{ "DELETE /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 405 },
		{ "OPTIONS /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 405 },
		/* A page of another site, by DNS rebinding. */
		{ "GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403 },
		{ "GET /livez HTTP/1.1\r\nHost: localhost.evil\r\n\r\n", 403 },
		{ "GET /livez HTTP/1.1\r\nHost: 127.0.0.1.evil\r\n\r\n", 403 },
		{ "GET /livez HTTP/1.1\r\n\r\n", 400 },
		{ "GET /v1/vaults?limit=2000 HTTP/1.1\r\nHost: localhost\r\n"
		    "\r\n", 400 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "\r\n", 101 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "Origin: http://localhost\r\n\r\n", 101 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "Origin: http://evil.example\r\n\r\n", 403 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "Origin: http://localhost:1\r\n\r\n", 403 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "Origin: null\r\n\r\n", 403 },
		{ "GET /v1/stream HTTP/1.1\r\nHost: evil.example\r\n"
		    SOCKET_KEYS "Origin: http://evil.example\r\n\r\n", 403 },
		{ "GET /other HTTP/1.1\r\nHost: localhost\r\n" SOCKET_KEYS
		    "\r\n", 403 },
		{ "not http at all\r\n\r\n", 0 },
	};
	struct bed *b = bed_new(1000, 1000, 64);
	static char answer[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		unsigned status = request(b, rows[i].text, answer,
		    sizeof(answer));

		if (rows[i].status == 0) {
			assert_true(status == 0 || status >= 400);
			continue;
		}
		if (status != rows[i].status)
			print_message("%s: %u\n", rows[i].text, status);
		assert_int_equal(status, rows[i].status);
	}
	bed_end(b);
}

static void
server__sends_security_headers(void **state)
{
	static const char *const wanted[] = {
		"content-security-policy: default-src 'self'",
		"x-content-type-options: nosniff", "x-frame-options: DENY",
		"referrer-policy: no-referrer", "cache-control: no-store" };
	struct bed *b = bed_new(1000, 1000, 64);
	static char answer[8192];

	(void)state;
	assert_int_equal(request(b, "GET /livez HTTP/1.1\r\nHost: localhost"
	    "\r\n\r\n", answer, sizeof(answer)), 200);
	for (size_t i = 0; i < ARRAY_COUNT(wanted); i++)
		assert_non_null(strcasestr(answer, wanted[i]));
	assert_null(strcasestr(answer, "access-control"));
	bed_end(b);
}

static void
server__takes_headers_up_to_8_kib(void **state)
{
	struct bed *b = bed_new(1000, 1000, 64);
	static char text[12000], answer[8192];
	static const struct { int bytes; bool taken; } rows[] = {
		{ 7900, true }, { 8300, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int n = snprintf(text, sizeof(text), "GET /livez HTTP/1.1\r\n"
		    "Host: localhost\r\nX-Filler: %0*d\r\n\r\n",
		    rows[i].bytes, 0);

		assert_true(n > 0 && n < (int)sizeof(text));
		assert_int_equal(request(b, text, answer, sizeof(answer)) ==
		    200, rows[i].taken);
	}
	bed_end(b);
}

static void
server__limits_an_address(void **state)
{
	struct bed *b = bed_new(1, 5, 64);
	static char answer[8192];
	unsigned ok = 0, limited = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		unsigned status = request(b, "GET /livez HTTP/1.1\r\n"
		    "Host: localhost\r\nConnection: close\r\n\r\n", answer,
		    sizeof(answer));

		ok += status == 200;
		limited += status == 429;
	}
	assert_in_range(ok, 5, 7);
	assert_int_equal(ok + limited, 8);
	bed_end(b);
}

static void
server__holds_no_more_connections_than_it_may(void **state)
{
	struct bed *b = bed_new(1000, 1000, 4);
	static char answer[8192];
	int fd[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		fd[i] = dial(b, 0);
		/* Let it be accepted before the next one. */
		usleep(20000);
	}
	/* The fifth is closed at once; the others stay. */
	assert_int_equal(receive(fd[4], answer, sizeof(answer), 500), 0);
	assert_int_equal(send(fd[0], "GET /livez HTTP/1.1\r\nHost: localhost"
	    "\r\n\r\n", 40, MSG_NOSIGNAL), 40);
	assert_true(receive(fd[0], answer, sizeof(answer), 300) > 0);
	for (size_t i = 0; i < 5; i++)
		close(fd[i]);
	usleep(100000);
	assert_int_equal(request(b, "GET /livez HTTP/1.1\r\nHost: localhost"
	    "\r\n\r\n", answer, sizeof(answer)), 200);
	bed_end(b);
}

/* One masked text frame of at most 125 bytes. */
static void
send_text(int fd, const char *text)
{
	size_t len = strlen(text);
	char frame[6 + 125];

	assert_true(len <= 125);
	frame[0] = (char)0x81;
	frame[1] = (char)(0x80 | len);
	memset(frame + 2, 0, 4);
	memcpy(frame + 6, text, len);
	assert_int_equal(send(fd, frame, 6 + len, MSG_NOSIGNAL), 6 + len);
}

static int
stream(struct bed *b, int receive_buffer)
{
	static const char hello[] = "GET /v1/stream HTTP/1.1\r\n"
	    "Host: localhost\r\n" SOCKET_KEYS "\r\n";
	int fd = dial(b, receive_buffer);
	char answer[1024], last[5] = "";

	assert_int_equal(send(fd, hello, strlen(hello), MSG_NOSIGNAL),
	    strlen(hello));
	for (size_t i = 0; strcmp(last, "\r\n\r\n") != 0; i++) {
		assert_true(i < sizeof(answer));
		assert_int_equal(recv(fd, &answer[i], 1, 0), 1);
		memmove(last, last + 1, 3);
		last[3] = answer[i];
	}
	assert_memory_equal(answer, "HTTP/1.1 101", 12);
	return fd;
}

static void
server__drops_a_slow_consumer_and_serves_the_rest(void **state)
{
	static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"subscribe\",\"params\":{\"channels\":[\"vaults\","
	    "\"prices\",\"attestations\"]}}";
	struct bed *b = bed_new(1000, 1000, 64);
	static char answer[65536];
	uint64_t end = now_ms() + 15000;
	int slow = stream(b, 4096), quick = stream(b, 0);
	bool dropped = false;

	(void)state;
	send_text(slow, hello);
	send_text(quick, hello);
	while (!dropped && now_ms() < end) {
		assert_true(receive(quick, answer, sizeof(answer), 300) > 0);
		assert_int_equal(request(b, "GET /metrics HTTP/1.1\r\n"
		    "Host: localhost\r\nConnection: close\r\n\r\n", answer,
		    sizeof(answer)), 200);
		dropped = strstr(answer,
		    "margind_api_dropped_consumers_total 1\n") != NULL;
	}
	assert_true(dropped);
	assert_true(receive(quick, answer, sizeof(answer), 300) > 0);
	close(slow);
	close(quick);
	bed_end(b);
}

static void
server__cuts_who_does_not_send_headers_in_time(void **state)
{
	struct bed *b = bed_new(1000, 1000, 64);
	int idle = dial(b, 0), half = dial(b, 0);
	uint64_t began = now_ms();
	char byte;

	(void)state;
	assert_int_equal(send(half, "GET /livez HT", 13, MSG_NOSIGNAL), 13);
	assert_int_equal(recv(half, &byte, 1, 0), 0);
	assert_int_equal(recv(idle, &byte, 1, 0), 0);
	assert_in_range(now_ms() - began, 1000, 7500);
	close(idle);
	close(half);
	bed_end(b);
}

static void
server__watches_a_wire(void **state)
{
	struct bed *b = bed_new(1000, 1000, 64);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(send(b->wire[1], "x", 1, 0), 1);
	for (unsigned i = 0; i < 100 && atomic_load(&b->readable) < 5; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&b->readable), 5);
	bed_end(b);
}

static void
server_create__names_a_taken_port_and_a_bad_address(void **state)
{
	struct bed *b = bed_new(1000, 1000, 64);
	struct server_options o = { .host = "127.0.0.1",
		.port = server_port(b->server), .connections_max = 8,
		.rate = 1, .burst = 1 };
	struct server *second = NULL;
	const char *why;

	(void)state;
	errno = 0;
	assert_int_equal(server_create(&second, &b->api, &o, &why), ERR_IO);
	assert_int_equal(errno, EADDRINUSE);
	assert_string_equal(why, "bind");
	o.host = "no address";
	assert_int_equal(server_create(&second, &b->api, &o, &why),
	    ERR_SYNTAX);
	assert_null(second);
	bed_end(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server__answers_or_refuses_each_request),
		cmocka_unit_test(server__sends_security_headers),
		cmocka_unit_test(server__takes_headers_up_to_8_kib),
		cmocka_unit_test(server__limits_an_address),
		cmocka_unit_test(server__holds_no_more_connections_than_it_may),
		cmocka_unit_test(
		    server__drops_a_slow_consumer_and_serves_the_rest),
		cmocka_unit_test(
		    server__cuts_who_does_not_send_headers_in_time),
		cmocka_unit_test(server__watches_a_wire),
		cmocka_unit_test(
		    server_create__names_a_taken_port_and_a_bad_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
