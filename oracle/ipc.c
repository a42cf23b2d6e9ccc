/* oracle/ipc.c - sending and receiving whole messages (oracle/proc.h). */
#include "oracle/proc.h"

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
proc_send_fd(int fd, const void *message, int passed)
{
	struct iovec part;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m;
	struct cmsghdr *c;
	char copy[WIRE_SIZE_MAX];

	memcpy(copy, message, message_size(message));
	part.iov_base = copy;
	part.iov_len = message_size(message);
	memset(&m, 0, sizeof(m));
	memset(&control, 0, sizeof(control));
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	if (passed >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	while (sendmsg(fd, &m, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return ERR_IO;
	return ERR_OK;
}

static int
passed_descriptor(struct msghdr *m)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

enum err
proc_receive_fd(int fd, void *bytes, size_t *size, int *passed)
{
	struct iovec part = { .iov_base = bytes, .iov_len = WIRE_SIZE_MAX };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m;
	ssize_t n;
	enum err e;
	int got;

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
	if (n == 0)
		return ERR_IO;
	got = passed_descriptor(&m);
	e = (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? ERR_SYNTAX :
	    wire_check(bytes, (size_t)n);
	if (e != ERR_OK || !passed) {
		if (got >= 0)
			close(got);
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
	return proc_receive_fd(fd, bytes, size, NULL);
}
