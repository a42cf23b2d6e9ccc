#include "tests/bench/feeds/sender.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/must.h"
#include "base/types.h"
#include "tests/bench/bench.h"
#include "tests/ws_server.h"

#define PACE_NS 10000000u	/* of a rate: a hundred times a second */
#define PIECE_BYTES 65536u	/* given to the socket at a time */

/* A stream's connection, in the child. */
struct line {
	struct ws_peer peer;
	size_t frame;		/* the next */
	size_t at;		/* bytes of the stream that are sent */
};
static struct line lines[SENDER_STREAMS_MAX];

void
sender_add(struct sender *s, size_t stream, const char *text, size_t len)
{
	struct sender_stream *t = &s->stream[stream];
	size_t frames_max = SENDER_BYTES_MAX / 64;

	MUST(stream < SENDER_STREAMS_MAX && stream <= s->count);
	if (stream == s->count) {
		s->count++;
		t->bytes = malloc(SENDER_BYTES_MAX);
		t->end = calloc(frames_max, sizeof(*t->end));
		MUST(t->bytes != NULL && t->end != NULL);
	}
	MUST(len < 65536 && t->len + len + 4 <= SENDER_BYTES_MAX &&
	    t->count < frames_max);
	t->bytes[t->len++] = (char)0x81;
	if (len < 126) {
		t->bytes[t->len++] = (char)len;
	} else {
		t->bytes[t->len++] = 126;
		t->bytes[t->len++] = (char)(len >> 8);
		t->bytes[t->len++] = (char)len;
	}
	memcpy(t->bytes + t->len, text, len);
	t->len += len;
	t->end[t->count++] = t->len;
}

static void
connections_take(const struct sender *s, int fd)
{
	for (size_t i = 0; i < s->count; i++) {
		struct ws_peer p = { .fd = accept(fd, NULL, NULL) };
		size_t n;

		MUST(p.fd >= 0 && ws_read_request(&p) && ws_accept(&p));
		n = strtoul(p.request + strlen("GET /"), NULL, 10);
		MUST(n < s->count && lines[n].peer.fd == 0);
		lines[n].peer = p;
	}
}

/* What the client says (subscriptions, pings) is read and forgotten. */
static bool
client_hear(const struct line *l)
{
	char text[4096];
	ssize_t n = recv(l->peer.fd, text, sizeof(text), MSG_DONTWAIT);

	return n != 0;
}

/* As much as the socket takes; false at the connection's end. */
static bool
piece_send(const struct sender_stream *t, struct line *l)
{
	size_t left = t->len - l->at;
	ssize_t n = send(l->peer.fd, t->bytes + l->at,
	    left < PIECE_BYTES ? left : PIECE_BYTES,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN;
	l->at = l->at + (size_t)n == t->len ? 0 : l->at + (size_t)n;
	return true;
}

static void
flood(const struct sender *s)
{
	struct pollfd p[SENDER_STREAMS_MAX];

	for (;;) {
		for (size_t i = 0; i < s->count; i++)
			p[i] = (struct pollfd){ .fd = lines[i].peer.fd,
				.events = POLLIN | POLLOUT };
		poll(p, s->count, -1);
		for (size_t i = 0; i < s->count; i++) {
			if ((p[i].revents & POLLIN) != 0 &&
			    !client_hear(&lines[i]))
				return;
			if ((p[i].revents & POLLOUT) != 0 &&
			    !piece_send(&s->stream[i], &lines[i]))
				return;
		}
	}
}

static bool
frame_send(const struct sender_stream *t, struct line *l)
{
	size_t from = l->frame == 0 ? 0 : t->end[l->frame - 1];

	if (!ws_write(&l->peer, t->bytes + from, t->end[l->frame] - from))
		return false;
	l->frame = l->frame + 1 == t->count ? 0 : l->frame + 1;
	return client_hear(l);
}

static void
trickle(const struct sender *s, unsigned rate)
{
	uint64_t began_ns = bench_now_ns(), sent = 0;

	for (;;) {
		uint64_t due = (bench_now_ns() - began_ns) * rate /
		    1000000000u;
		struct timespec rest = { .tv_nsec = PACE_NS };

		for (; sent < due; sent++)
			if (!frame_send(&s->stream[sent % s->count],
			    &lines[sent % s->count]))
				return;
		nanosleep(&rest, NULL);
	}
}

void
sender_start(struct sender *s, unsigned rate)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(fd, SENDER_STREAMS_MAX) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	s->port = ntohs(a.sin_port);
	s->pid = fork();
	MUST(s->pid >= 0);
	if (s->pid > 0) {
		close(fd);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	connections_take(s, fd);
	if (rate == 0)
		flood(s);
	else
		trickle(s, rate);
	_exit(0);
}

void
sender_stop(struct sender *s)
{
	kill(s->pid, SIGKILL);
	MUST(waitpid(s->pid, NULL, 0) == s->pid);
	for (size_t i = 0; i < s->count; i++) {
		free(s->stream[i].bytes);
		free(s->stream[i].end);
	}
}
