#include "feeds/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct question {
	uint64_t id;
	uint64_t until_ms;	/* monotonic: who asks has given up by then */
	char host[CLIENT_HOST_MAX];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void
answer_fill(struct resolve_answer *a, const struct question *q)
{
	struct addrinfo hints, *list = NULL;

	memset(a, 0, sizeof(*a));
	a->id = q->id;
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_ADDRCONFIG;
	a->gai_error = getaddrinfo(q->host, NULL, &hints, &list);
	if (a->gai_error != 0)
		return;
	for (struct addrinfo *i = list;
	     i != NULL && a->count < RESOLVE_ADDRESSES_MAX; i = i->ai_next)
		if (getnameinfo(i->ai_addr, i->ai_addrlen,
		    a->address[a->count], sizeof(a->address[0]), NULL, 0,
		    NI_NUMERICHOST) == 0)
			a->count++;
	freeaddrinfo(list);
	if (a->count == 0)
		a->gai_error = EAI_NONAME;
}

/* Each thread has a copy of the socket; a question goes to one of them. */
static void *
thread_main(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct resolve_answer a;
	struct question q;

	while (recv(fd, &q, sizeof(q), 0) == (ssize_t)sizeof(q)) {
		if (now_ms() >= q.until_ms)
			continue;
		q.host[sizeof(q.host) - 1] = '\0';
		answer_fill(&a, &q);
		if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static enum err
thread_start(int fd)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return ERR_IO;
	/* Signals belong to the thread that runs the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_attr_setdetachstate(&attr,
	    PTHREAD_CREATE_DETACHED) == 0 &&
	    pthread_create(&thread, &attr, thread_main,
	    (void *)(intptr_t)fd) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return started ? ERR_OK : ERR_IO;
}

enum err
resolve_open(int *fd)
{
	unsigned started = 0;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	for (unsigned i = 0; i < RESOLVE_THREADS; i++) {
		int copy = fcntl(pair[1], F_DUPFD_CLOEXEC, 3);

		if (copy >= 0 && thread_start(copy) == ERR_OK)
			started++;
		else if (copy >= 0)
			close(copy);
	}
	close(pair[1]);
	/* Fewer than wanted do. */
	if (started == 0) {
		close(pair[0]);
		return ERR_IO;
	}
	*fd = pair[0];
	return ERR_OK;
}

enum err
resolve_ask(int fd, uint64_t id, const char *host, unsigned wait_ms)
{
	struct question q;

	memset(&q, 0, sizeof(q));
	q.id = id;
	q.until_ms = now_ms() + wait_ms;
	snprintf(q.host, sizeof(q.host), "%s", host);
	if (send(fd, &q, sizeof(q), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(q))
		return ERR_OK;
	return errno == EAGAIN ? ERR_LIMIT : ERR_IO;
}

enum err
resolve_next(int fd, struct resolve_answer *out)
{
	struct resolve_answer a;
	ssize_t n = recv(fd, &a, sizeof(a), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ERR_MISSING;
	if (n != (ssize_t)sizeof(a))
		return ERR_IO;
	*out = a;
	return ERR_OK;
}

void
resolve_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
