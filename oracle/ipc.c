/* oracle/ipc.c - sending and receiving whole messages (oracle/proc.h). */
#include "oracle/proc.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t
message_size(const void *message)
{
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	return head.size;
}

static bool
wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

enum err
proc_send(int fd, const void *message, bool may_block)
{
	for (;;) {
		if (send(fd, message, message_size(message),
		    MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return ERR_OK;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK &&
		    errno != ENOBUFS)
			return ERR_IO;
		if (!may_block)
			return ERR_LIMIT;
		if (!wait_writable(fd))
			return ERR_IO;
	}
}

enum err
proc_send_with(int fd, const void *message, const struct proc_passed *passed)
{
	struct iovec part;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(PROC_PASSED_MAX * sizeof(int))];
	} control;
	struct msghdr m;
	struct cmsghdr *c;
	char copy[WIRE_SIZE_MAX];
	size_t size = passed->count * sizeof(int);

	MUST(passed->count <= PROC_PASSED_MAX);
	memcpy(copy, message, message_size(message));
	part.iov_base = copy;
	part.iov_len = message_size(message);
	memset(&m, 0, sizeof(m));
	memset(&control, 0, sizeof(control));
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	if (passed->count > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(size);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), passed->fd, size);
	}
	while (sendmsg(fd, &m, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return ERR_IO;
	return ERR_OK;
}

enum err
proc_send_fd(int fd, const void *message, int passed)
{
	const struct proc_passed p = { { passed }, passed >= 0 };

	return proc_send_with(fd, message, &p);
}

void
proc_passed_close(struct proc_passed *p)
{
	for (size_t i = 0; i < p->count; i++)
		close(p->fd[i]);
	p->count = 0;
}

/* Takes every descriptor that came; false where some are too many. */
static bool
passed_take(struct proc_passed *out, struct msghdr *m)
{
	bool fits = true;

	out->count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len;
		    at += sizeof(int)) {
			int fd;

			memcpy(&fd, (uint8_t *)c + at, sizeof(fd));
			if (out->count < PROC_PASSED_MAX) {
				out->fd[out->count++] = fd;
			} else {
				close(fd);
				fits = false;
			}
		}
	}
	return fits;
}

enum err
proc_receive_with(int fd, void *bytes, size_t *size,
    struct proc_passed *passed)
{
	struct iovec part = { .iov_base = bytes, .iov_len = WIRE_SIZE_MAX };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(PROC_PASSED_MAX * sizeof(int))];
	} control;
	struct proc_passed got;
	struct msghdr m;
	ssize_t n;
	enum err e;

	memset(&m, 0, sizeof(m));
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	m.msg_control = control.bytes;
	m.msg_controllen = sizeof(control.bytes);
	do
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_MISSING :
		    ERR_IO;
	e = passed_take(&got, &m) &&
	    (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 ? ERR_OK :
	    ERR_SYNTAX;
	if (n == 0)
		e = ERR_IO;
	if (e == ERR_OK)
		e = wire_check(bytes, (size_t)n);
	if (e != ERR_OK || !passed) {
		proc_passed_close(&got);
		if (e != ERR_OK)
			return e;
	} else {
		*passed = got;
	}
	*size = (size_t)n;
	return ERR_OK;
}

enum err
proc_receive(int fd, void *bytes, size_t *size)
{
	return proc_receive_with(fd, bytes, size, NULL);
}

/* Hot wires. */

/* A full socket holds a byte already.  False where nobody is there. */
static bool
peer_wake(int fd)
{
	ssize_t n;

	do
		n = send(fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS;
}

/* Sleeps until the reader has made room, or is gone. */
static enum err
room_wait(int fd, struct ring *r)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool failed;

	if (!ring_sleep(r, RING_SPACE))
		return ERR_OK;
	failed = poll(&p, 1, -1) < 0 && errno != EINTR;
	ring_awake(r);
	proc_hot_listen(fd, r);
	return failed || r->is_over ? ERR_IO : ERR_OK;
}

enum err
proc_hot_ring(int fd, struct ring *r)
{
	if (!ring_is_open(r))
		return ERR_OK;
	r->rung = r->head;
	if (ring_must_wake(r, RING_DATA) && !peer_wake(fd))
		r->is_over = true;
	return r->is_over ? ERR_IO : ERR_OK;
}

enum err
proc_hot_put(int fd, struct ring *r, const void *message, bool may_block)
{
	enum err e;

	if (!ring_is_open(r))
		return proc_send(fd, message, may_block);
	if (r->is_over)
		return ERR_IO;
	while ((e = ring_put(r, message, message_size(message))) ==
	    ERR_LIMIT) {
		/* It makes room only if it knows what is there. */
		e = proc_hot_ring(fd, r);
		if (e == ERR_OK && !may_block)
			e = ERR_LIMIT;
		if (e == ERR_OK)
			e = room_wait(fd, r);
		if (e != ERR_OK)
			return e;
	}
	if (e != ERR_OK)
		return ERR_IO;
	return r->head - r->rung < PROC_QUIET_BYTES ? ERR_OK :
	    proc_hot_ring(fd, r);
}

enum err
proc_hot_send(int fd, struct ring *r, const void *message, bool may_block)
{
	enum err e = proc_hot_put(fd, r, message, may_block);

	return e != ERR_OK ? e : proc_hot_ring(fd, r);
}

/* What was put before the hang-up is still taken. */
enum err
proc_hot_receive(int fd, struct ring *r, void *bytes, size_t *size)
{
	bool is_over = r->is_over;
	size_t got;
	enum err e;

	if (!ring_is_open(r))
		return proc_receive(fd, bytes, size);
	e = ring_take(r, bytes, &got);
	if (e == ERR_MISSING && is_over)
		return ERR_IO;
	if (e != ERR_OK)
		return e;
	if (ring_must_wake(r, RING_SPACE) && !peer_wake(fd))
		r->is_over = true;
	e = wire_check(bytes, got);
	if (e != ERR_OK)
		return e;
	*size = got;
	return ERR_OK;
}

/* One look: a sleep is answered by one byte, and poll comes back for more. */
void
proc_hot_listen(int fd, struct ring *r)
{
	uint8_t bytes[2];
	ssize_t n;

	if (!ring_is_open(r))
		return;
	n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == EINTR))
		return;
	if (n <= 0)
		r->is_over = true;
	else if (n > 1)		/* a message, past the ring */
		r->is_broken = true;
}

static void
halves_add(struct proc_passed *p, int mine, int theirs)
{
	MUST(p->count + 2 <= PROC_PASSED_MAX);
	p->fd[p->count++] = mine;
	p->fd[p->count++] = theirs;
}

enum err
proc_hot_halves(struct proc_passed *a, struct proc_passed *b, uint64_t a_to_b,
    uint64_t b_to_a)
{
	int ab[2], ba[2];
	enum err e = ring_create(&ab[0], &ab[1], a_to_b);

	if (e != ERR_OK)
		return e;
	e = ring_create(&ba[0], &ba[1], b_to_a);
	if (e != ERR_OK) {
		close(ab[0]);
		close(ab[1]);
		return e;
	}
	halves_add(a, ab[0], ba[1]);
	halves_add(b, ba[0], ab[1]);
	return ERR_OK;
}
