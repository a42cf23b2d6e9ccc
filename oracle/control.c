#include "oracle/control.h"

#include "oracle/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_MS 5000u
#define ANSWER_MAX 8192u

static enum err
address_fill(struct sockaddr_un *a, const char *path)
{
	size_t len = strlen(path);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (len >= sizeof(a->sun_path)) {
		errno = ENAMETOOLONG;
		return ERR_LIMIT;
	}
	memcpy(a->sun_path, path, len);
	return ERR_OK;
}

static bool
is_served(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool served = fd >= 0 && connect(fd, (const struct sockaddr *)
	    (const void *)a, sizeof(*a)) == 0;

	if (fd >= 0)
		close(fd);
	return served;
}

enum err
control_open(struct control *c, const char *path, control_order order,
    control_status status, control_memory memory, control_reload reload,
    void *arg)
{
	struct sockaddr_un a;
	mode_t mask;
	int failed;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->client[i].fd = -1;
	c->order = order;
	c->status = status;
	c->memory = memory;
	c->reload = reload;
	c->arg = arg;
	if (address_fill(&a, path) != ERR_OK)
		return ERR_LIMIT;
	if (is_served(&a)) {
		errno = EADDRINUSE;
		return ERR_STATE;
	}
	(void)unlink(path);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (c->listen_fd < 0)
		return ERR_IO;
	mask = umask(0177);
	failed = bind(c->listen_fd, (const struct sockaddr *)(const void *)&a,
	    sizeof(a));
	umask(mask);
	if (failed != 0 || listen(c->listen_fd, CONTROL_CLIENTS_MAX) != 0) {
		close(c->listen_fd);
		return ERR_IO;
	}
	memcpy(c->path, path, strlen(path) + 1);
	return ERR_OK;
}

size_t
control_poll_fill(const struct control *c, struct pollfd *out)
{
	size_t count = 0;

	out[count++] = (struct pollfd){ .fd = c->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->client[i].fd >= 0)
			out[count++] = (struct pollfd){
				.fd = c->client[i].fd, .events = POLLIN };
	return count;
}

static void
client_close(struct control_client *k)
{
	close(k->fd);
	memset(k, 0, sizeof(*k));
	k->fd = -1;
}

static void
client_answer(struct control_client *k, const char *text)
{
	/* One short line into a fresh socket: it fits or the peer is gone. */
	(void)!send(k->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	client_close(k);
}

static bool
peer_is_trusted(int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	    (who.uid == 0 || who.uid == geteuid());
}

static void
client_accept(struct control *c, uint64_t now_ms)
{
	int fd;

	while ((fd = accept4(c->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct control_client *k = NULL;

		for (size_t i = 0; i < CONTROL_CLIENTS_MAX && !k; i++)
			if (c->client[i].fd < 0)
				k = &c->client[i];
		if (!k || !peer_is_trusted(fd)) {
			close(fd);
			continue;
		}
		memset(k, 0, sizeof(*k));
		k->fd = fd;
		k->since_ms = now_ms;
	}
}

static void
status_role(struct text *t, struct control *c, enum role r)
{
	struct memory_use use;
	unsigned restarts;
	int pid;
	const struct wire_status *s = c->status(c->arg, r, &pid, &restarts);

	memory_of_process(&use, pid);
	text_printf(t, "%s{\"role\":\"%s\",\"pid\":%d,\"ready\":%s,"
	    "\"paused\":%s,\"restarts\":%u,\"reason\":",
	    r == ROLE_FEEDS ? "" : ",", role_name(r), pid,
	    s->is_ready ? "true" : "false", s->is_paused ? "true" : "false",
	    restarts);
	text_json_string(t, s->reason, strlen(s->reason));
	text_printf(t, ",\"resident_bytes\":%" PRIu64
	    ",\"huge_page_bytes\":%" PRIu64 "}", use.resident, use.huge);
}

static void
answer_status(struct control *c, struct control_client *k)
{
	struct text t;

	text_init(&t, ANSWER_MAX);
	text_put(&t, "{\"roles\":[");
	for (enum role r = ROLE_FEEDS; r < ROLE_COUNT; r++)
		status_role(&t, c, r);
	text_put(&t, "],\"memory\":");
	c->memory(c->arg, &t);
	text_put(&t, "}\n");
	client_answer(k, t.failed ? "{\"error\":\"no memory\"}\n" : t.at);
	text_free(&t);
}

static void
answer_reload(struct control *c, struct control_client *k)
{
	struct text t;

	text_init(&t, ANSWER_MAX);
	c->reload(c->arg, &t);
	client_answer(k, t.failed || t.len == 0 ?
	    "{\"error\":\"no memory\"}\n" : t.at);
	text_free(&t);
}

static void
client_order(struct control *c, struct control_client *k, bool pause)
{
	if (c->order(c->arg, pause ? WIRE_PAUSE : WIRE_RESUME) != ERR_OK) {
		client_answer(k, "{\"error\":\"the signer is not there\"}\n");
		return;
	}
	k->is_waiting = true;
	k->wants_paused = pause;
}

static void
client_request(struct control *c, struct control_client *k)
{
	if (strcmp(k->line, "pause") == 0)
		client_order(c, k, true);
	else if (strcmp(k->line, "resume") == 0)
		client_order(c, k, false);
	else if (strcmp(k->line, "status") == 0)
		answer_status(c, k);
	else if (strcmp(k->line, "reload") == 0)
		answer_reload(c, k);
	else
		client_answer(k, "{\"error\":\"unknown request\"}\n");
}

static void
client_read(struct control *c, struct control_client *k)
{
	ssize_t n = recv(k->fd, k->line + k->len, sizeof(k->line) - 1 - k->len,
	    0);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(k);
		return;
	}
	k->len += (size_t)n;
	end = memchr(k->line, '\n', k->len);
	if (end) {
		*end = '\0';
		client_request(c, k);
	} else if (k->len == sizeof(k->line) - 1) {
		client_close(k);
	}
}

static void
client_wait(struct control *c, struct control_client *k, uint64_t now_ms)
{
	int pid;
	unsigned restarts;
	const struct wire_status *s = c->status(c->arg, ROLE_SIGNER, &pid,
	    &restarts);

	if ((s->is_paused != 0) == k->wants_paused)
		client_answer(k, k->wants_paused ? "{\"paused\":true}\n" :
		    "{\"paused\":false}\n");
	else if (now_ms - k->since_ms > CONTROL_WAIT_MS)
		client_answer(k,
		    "{\"error\":\"the signer has not answered\"}\n");
}

void
control_serve(struct control *c, uint64_t now_ms)
{
	client_accept(c, now_ms);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *k = &c->client[i];

		if (k->fd < 0)
			continue;
		if (k->is_waiting)
			client_wait(c, k, now_ms);
		else if (now_ms - k->since_ms > CLIENT_MS)
			client_close(k);
		else
			client_read(c, k);
	}
}

void
control_close(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->client[i].fd >= 0)
			client_close(&c->client[i]);
	close(c->listen_fd);
	(void)unlink(c->path);
}

enum err
control_ask(char *out, size_t out_size, const char *path, const char *word)
{
	struct timeval limit = { .tv_sec = 5 };
	struct sockaddr_un a;
	char request[64];
	size_t len = 0;
	ssize_t n;
	int fd;

	if (address_fill(&a, path) != ERR_OK)
		return ERR_LIMIT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	n = snprintf(request, sizeof(request), "%s\n", word);
	if (connect(fd, (const struct sockaddr *)(const void *)&a,
	    sizeof(a)) != 0 || send(fd, request, (size_t)n, MSG_NOSIGNAL) != n) {
		close(fd);
		return ERR_IO;
	}
	while (len < out_size - 1 &&
	    (n = recv(fd, out + len, out_size - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	out[len] = '\0';
	return len > 0 ? ERR_OK : ERR_STALE;
}
