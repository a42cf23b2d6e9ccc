/* tests/ws_server.h - a websocket server on 127.0.0.1 for tests of the client:
 * one connection at a time (or WS_THREADS_MAX), blocking, with every frame in
 * the test's own hand (fragments, sizes, silence), plain or TLS. */
#ifndef TESTS_WS_SERVER_H
#define TESTS_WS_SERVER_H

#include "feeds/lws.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WS_THREADS_MAX 4u

struct ws_server;
struct ws_peer {
	struct ws_server *server;
	int fd;
	SSL *ssl;
	unsigned number;	/* of the connection, from 0 */
	char request[4096];
};

/* What to do with a connection once the request was read. */
typedef void ws_play(struct ws_peer *p);

struct ws_server {
	int fd;
	uint16_t port;
	SSL_CTX *tls;
	ws_play *play;
	pthread_t thread[WS_THREADS_MAX];
	unsigned threads;		/* 0: one */
	atomic_uint accepted;		/* TCP connections */
	atomic_uint texts;		/* messages received */
	char text[8][512];		/* the first of them */
	atomic_uint pongs;
	void *arg;
};

static inline ssize_t
ws_read(struct ws_peer *p, void *buf, size_t len)
{
	return p->ssl ? SSL_read(p->ssl, buf, (int)len) :
	    recv(p->fd, buf, len, 0);
}

static inline bool
ws_write(struct ws_peer *p, const void *buf, size_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t n = p->ssl ? SSL_write(p->ssl, at, (int)len) :
		    send(p->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool
ws_read_all(struct ws_peer *p, void *buf, size_t len)
{
	char *at = buf;

	while (len > 0) {
		ssize_t n = ws_read(p, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool
ws_read_request(struct ws_peer *p)
{
	size_t n = 0;

	while (n + 1 < sizeof(p->request)) {
		if (!ws_read_all(p, p->request + n, 1))
			return false;
		p->request[++n] = '\0';
		if (n >= 4 && memcmp(p->request + n - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

/* ws_accept answers the upgrade. */
static inline bool
ws_accept(struct ws_peer *p)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	const char *key = strcasestr(p->request, "Sec-WebSocket-Key: ");
	char text[128], answer[256];
	unsigned char sha[20], b64[64];

	if (!key)
		return false;
	key += strlen("Sec-WebSocket-Key: ");
	snprintf(text, sizeof(text), "%.*s%s", (int)strcspn(key, "\r"), key,
	    guid);
	lws_SHA1((unsigned char *)text, strlen(text), sha);
	EVP_EncodeBlock(b64, sha, sizeof(sha));
	snprintf(answer, sizeof(answer),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", b64);
	return ws_write(p, answer, strlen(answer));
}

static inline bool
ws_frame(struct ws_peer *p, bool fin, unsigned opcode, const void *payload,
    size_t len)
{
	unsigned char head[10] = { (unsigned char)((fin ? 0x80 : 0) | opcode) };
	size_t n = 2;

	if (len < 126) {
		head[1] = (unsigned char)len;
	} else if (len < 65536) {
		head[1] = 126;
		head[n++] = (unsigned char)(len >> 8);
		head[n++] = (unsigned char)len;
	} else {
		head[1] = 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			head[n++] = (unsigned char)((uint64_t)len >> shift);
	}
	return ws_write(p, head, n) && ws_write(p, payload, len);
}

static inline bool
ws_text(struct ws_peer *p, const char *text)
{
	return ws_frame(p, true, 1, text, strlen(text));
}

/* ws_next reads one frame of the client; texts and pongs are counted.
 * Returns the opcode, -1 at the end. */
static inline int
ws_next(struct ws_peer *p)
{
	unsigned char head[2], mask[4], ext[2];
	char payload[9000];
	size_t len;

	if (!ws_read_all(p, head, 2))
		return -1;
	len = head[1] & 0x7f;
	if (len == 126) {
		if (!ws_read_all(p, ext, 2))
			return -1;
		len = (size_t)ext[0] << 8 | ext[1];
	}
	if (!(head[1] & 0x80) || len >= sizeof(payload) ||
	    !ws_read_all(p, mask, 4) || !ws_read_all(p, payload, len))
		return -1;
	for (size_t i = 0; i < len; i++)
		payload[i] = (char)(payload[i] ^ mask[i & 3]);
	payload[len] = '\0';
	if ((head[0] & 0xf) == 1) {
		unsigned n = atomic_load(&p->server->texts);

		if (n < 8)
			snprintf(p->server->text[n], 512, "%.500s", payload);
		atomic_store(&p->server->texts, n + 1);
	} else if ((head[0] & 0xf) == 10) {
		atomic_fetch_add(&p->server->pongs, 1);
	}
	return head[0] & 0xf;
}

/* ws_drain reads until the client goes. */
static inline void
ws_drain(struct ws_peer *p)
{
	while (ws_next(p) >= 0)
		;
}

static inline void *
ws_thread(void *arg)
{
	struct ws_server *s = arg;
	struct ws_peer p;

	for (;;) {
		memset(&p, 0, sizeof(p));
		p.server = s;
		p.fd = accept(s->fd, NULL, NULL);
		if (p.fd < 0)
			return NULL;
		p.number = atomic_fetch_add(&s->accepted, 1);
		if (s->tls) {
			p.ssl = SSL_new(s->tls);
			SSL_set_fd(p.ssl, p.fd);
		}
		if ((!p.ssl || SSL_accept(p.ssl) == 1) && ws_read_request(&p))
			s->play(&p);
		SSL_free(p.ssl);
		close(p.fd);
	}
}

static inline void
ws_server_start(struct ws_server *s, ws_play *play)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->play = play;
	if (bind(s->fd, (struct sockaddr *)&a, len) != 0 ||
	    listen(s->fd, 16) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) != 0)
		abort();
	if (s->threads == 0)
		s->threads = 1;
	for (unsigned i = 0; i < s->threads; i++)
		if (pthread_create(&s->thread[i], NULL, ws_thread, s) != 0)
			abort();
	s->port = ntohs(a.sin_port);
}

/* ws_server_stop: the client must have gone before. */
static inline void
ws_server_stop(struct ws_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	for (unsigned i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	close(s->fd);
	SSL_CTX_free(s->tls);
	memset(s, 0, sizeof(*s));
}

#endif
