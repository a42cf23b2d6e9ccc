/* What rpc_send makes of what nodes answer, with nodes that say one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hex.h"
#include "base/keccak.h"
#include "chain/rpc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t raw[3] = { 2, 3, 4 };
static struct b32 hash;

struct node {
	int fd;
	char url[64];
	const char *says;	/* NULL: it hangs up */
	pthread_t thread;
};

static void
answer(const struct node *n, int fd)
{
	char bytes[2048];
	ssize_t got = 0, more;

	/* A request of a test ends with its only closing brace. */
	while ((more = recv(fd, bytes + got, sizeof(bytes) - 1 - (size_t)got,
	    0)) > 0) {
		got += more;
		bytes[got] = '\0';
		if (strchr(bytes, '}'))
			break;
	}
	if (n->says)
		dprintf(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
		    "Content-Length: %zu\r\n\r\n%s", strlen(n->says), n->says);
}

static void *
serve(void *arg)
{
	struct node *n = arg;
	int fd;

	while ((fd = accept(n->fd, NULL, NULL)) >= 0) {
		answer(n, fd);
		close(fd);
	}
	return NULL;
}

static void
node_start(struct node *n, const char *says)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	n->says = says;
	n->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(n->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(n->fd, 8), 0);
	assert_int_equal(getsockname(n->fd, (struct sockaddr *)&a, &len), 0);
	snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u",
	    ntohs(a.sin_port));
	assert_int_equal(pthread_create(&n->thread, NULL, serve, n), 0);
}

static void
node_stop(struct node *n)
{
	shutdown(n->fd, SHUT_RDWR);
	pthread_join(n->thread, NULL);
	close(n->fd);
}

/* One that says `first`, and where that is not enough one that says `second`,
 * if there is to be one. */
static enum err
sent_to(const char *first, bool has_second, const char *second)
{
	struct node n[2];
	const char *urls[2] = { n[0].url, n[1].url };
	struct rpc *r;
	enum err e;

	node_start(&n[0], first);
	if (has_second)
		node_start(&n[1], second);
	assert_int_equal(rpc_create(&r, urls, has_second ? 2 : 1), ERR_OK);
	e = rpc_send(r, raw, sizeof(raw), &hash);
	rpc_destroy(r);
	node_stop(&n[0]);
	if (has_second)
		node_stop(&n[1]);
	return e;
}

#define ERROR(what) "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" \
	"-32000,\"message\":\"" what "\"}}"

static void
result_of(char out[160], const struct b32 *h)
{
	char text[67];

	hex_from_bytes(text, h->b, sizeof(h->b));
	snprintf(out, 160, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"%s\"}",
	    text);
}

static void
rpc_send__says_what_a_node_answers(void **state)
{
	static const struct {
		const char *says;
		enum err means;
	} rows[] = {
		{ ERROR("already known"), ERR_OK },
		{ ERROR("transaction already imported"), ERR_OK },
		{ ERROR("AlreadyKnown"), ERR_OK },
		{ ERROR("nonce too low: next nonce 8, tx nonce 7"), ERR_STATE },
		{ ERROR("replacement transaction underpriced"), ERR_STATE },
		{ ERROR("OldNonce, Current nonce: 8"), ERR_STATE },
		{ ERROR("ReplacementNotAllowed"), ERR_STATE },
		{ ERROR("insufficient funds for gas"), ERR_REFUSED },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}", ERR_REFUSED },
		/* Nothing of these says that it was not taken. */
		{ "<html>underpriced</html>", ERR_CHAIN },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x12\"}",
		  ERR_CHAIN },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1}", ERR_CHAIN },
		{ NULL, ERR_IO },
	};
	char right[160], wrong[160];
	struct b32 other = hash;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(sent_to(rows[i].says, false, NULL),
		    rows[i].means);
	other.b[31] ^= 1;
	result_of(right, &hash);
	result_of(wrong, &other);
	assert_int_equal(sent_to(right, false, NULL), ERR_OK);
	assert_int_equal(sent_to(wrong, false, NULL), ERR_CHAIN);
}

static void
rpc_send__is_not_sure_where_another_node_did_not_answer(void **state)
{
	char right[160];

	(void)state;
	result_of(right, &hash);
	assert_int_equal(sent_to(NULL, true, right), ERR_OK);
	assert_int_equal(sent_to(NULL, true, ERROR("already known")), ERR_OK);
	assert_int_equal(sent_to(NULL, true, ERROR("underpriced")), ERR_IO);
	assert_int_equal(sent_to(NULL, true, ERROR("no funds")), ERR_IO);
	assert_int_equal(sent_to(NULL, true, NULL), ERR_IO);
	/* The first one's word is enough. */
	assert_int_equal(sent_to(ERROR("no funds"), true, NULL), ERR_REFUSED);
}

static int
setup(void **state)
{
	(void)state;
	keccak256(&hash, raw, sizeof(raw));
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rpc_send__says_what_a_node_answers),
		cmocka_unit_test(
		    rpc_send__is_not_sure_where_another_node_did_not_answer),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
