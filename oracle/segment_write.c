/* oracle/segment_write.c - appending to the segments of a folder (segment.h).
 *
 * A failed fdatasync may leave pages that the kernel calls clean although they
 * never reached the disk; so a batch that failed is cut off and written anew,
 * never merely synced again. */
#include "oracle/segment.h"

#include "base/must.h"
#include "oracle/segment_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define NEW_FILE "journal.new"
#define RECORDS_MAX (SEGMENT_BATCH_MAX / 16u)

struct segment_writer {
	int dir_fd, fd;			/* fd -1: no segment yet */
	uint64_t segment_bytes;
	struct segment_header header;	/* of the open segment */
	uint64_t durable_size;
	bool is_cut_due;		/* bytes behind durable_size */
	struct segment_state durable, state;
	size_t messages_len, pending;
	uint8_t *messages;		/* SEGMENT_BATCH_MAX: the batch */
	uint8_t *bytes;			/* the same as records */
};

/* The most that a batch's messages become with a head each. */
#define BYTES_MAX (SEGMENT_BATCH_MAX + RECORDS_MAX * SEGMENT_RECORD_HEAD)

static bool
write_all(int fd, const uint8_t *bytes, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? ENOSPC : errno;
			return false;
		}
		bytes += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return true;
}

/* A new segment appears whole or not at all. */
static bool
segment_begin(struct segment_writer *w, uint64_t now_ms)
{
	uint8_t bytes[SEGMENT_HEADER_BYTES];
	char name[SEGMENT_NAME_MAX];
	struct segment_header h = {
		.number = w->header.number + 1, .created_ms = now_ms,
		.begin = w->durable,
	};
	int saved, fd;

	if (h.number > SEGMENT_NUMBER_MAX) {
		errno = EFBIG;
		return false;
	}
	segment_header_write(bytes, &h);
	segment_name(name, h.number);
	fd = openat(w->dir_fd, NEW_FILE, O_RDWR | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	if (!write_all(fd, bytes, sizeof(bytes), 0) || fsync(fd) != 0 ||
	    renameat(w->dir_fd, NEW_FILE, w->dir_fd, name) != 0 ||
	    fsync(w->dir_fd) != 0) {
		saved = errno;
		close(fd);
		(void)unlinkat(w->dir_fd, NEW_FILE, 0);
		errno = saved;
		return false;
	}
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	w->header = h;
	w->durable_size = SEGMENT_HEADER_BYTES;
	return true;
}

/* Reads everything; stands the writer at the end of the last segment. */
static enum err
existing_read(struct segment_writer *w, struct segment_fault *fault,
    uint64_t *torn, const char *dir, const struct segment_opening *opening)
{
	struct segment_reader *r;
	struct segment_record record;
	enum err e = segment_reader_open(&r, fault, dir);

	if (e == ERR_MISSING)
		return ERR_OK;
	if (e != ERR_OK)
		return e;
	while ((e = segment_reader_next(r, &record, fault)) == ERR_OK) {
		uint64_t done, total;

		segment_reader_progress(r, &done, &total);
		if (opening && opening->record)
			opening->record(opening->arg, &record, done, total);
	}
	if (e == ERR_MISSING) {
		w->durable = w->state = *segment_reader_state(r);
		w->header = *segment_reader_header(r);
		w->durable_size = segment_reader_offset(r);
		*torn = segment_reader_torn(r);
	}
	segment_reader_close(r);
	return e == ERR_MISSING ? ERR_OK : e;
}

static enum err
end_open(struct segment_writer *w, uint64_t torn)
{
	char name[SEGMENT_NAME_MAX];

	if (w->header.number == 0)
		return ERR_OK;
	segment_name(name, w->header.number);
	w->fd = openat(w->dir_fd, name, O_RDWR | O_CLOEXEC);
	if (w->fd < 0)
		return ERR_IO;
	if (torn > 0 && (ftruncate(w->fd, (off_t)w->durable_size) != 0 ||
	    fsync(w->fd) != 0))
		return ERR_IO;
	return ERR_OK;
}

static enum err
folder_lock(struct segment_writer *w, struct segment_fault *fault,
    const char *dir)
{
	memset(fault, 0, sizeof(*fault));
	fault->what = "cannot be opened";
	w->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return ERR_IO;
	if (flock(w->dir_fd, LOCK_EX | LOCK_NB) != 0) {
		fault->what = "is being written by another process";
		return errno == EWOULDBLOCK ? ERR_STATE : ERR_IO;
	}
	(void)unlinkat(w->dir_fd, NEW_FILE, 0);
	return ERR_OK;
}

enum err
segment_writer_open(struct segment_writer **out, struct segment_fault *fault,
    uint64_t *torn, const char *dir, uint64_t segment_bytes,
    const struct segment_opening *opening)
{
	struct segment_writer *w = calloc(1, sizeof(*w));
	uint64_t cut = 0;
	enum err e;

	if (!w)
		return ERR_LIMIT;
	w->fd = w->dir_fd = -1;
	w->segment_bytes = segment_bytes < SEGMENT_BYTES_MIN ?
	    SEGMENT_BYTES_MIN : segment_bytes;
	w->messages = malloc(SEGMENT_BATCH_MAX);
	w->bytes = malloc(BYTES_MAX);
	e = w->messages && w->bytes ? folder_lock(w, fault, dir) : ERR_LIMIT;
	if (e == ERR_OK)
		e = existing_read(w, fault, &cut, dir, opening);
	if (e == ERR_OK)
		e = end_open(w, cut);
	if (e != ERR_OK) {
		int saved = errno;

		segment_writer_close(w);
		errno = saved;
		return e;
	}
	*torn = cut;
	*out = w;
	return ERR_OK;
}

enum err
segment_writer_add(struct segment_writer *w, const void *message)
{
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	MUST(wire_check(message, head.size) == ERR_OK);
	if (segment_writer_is_full(w))
		return ERR_LIMIT;
	memcpy(w->messages + w->messages_len, message, head.size);
	w->messages_len += head.size;
	w->pending++;
	segment_state_add(&w->state, message);
	return ERR_OK;
}

static size_t
batch_encode(struct segment_writer *w)
{
	size_t from = 0, to = 0;

	for (size_t i = 0; i < w->pending; i++) {
		struct wire_head head;

		memcpy(&head, w->messages + from, sizeof(head));
		to += segment_record_write(w->bytes + to, w->header.crc,
		    w->durable.records + i, i == 0, w->messages + from);
		from += head.size;
	}
	MUST(from == w->messages_len && to <= BYTES_MAX);
	return to;
}

static bool
batch_cut(struct segment_writer *w)
{
	if (w->is_cut_due && ftruncate(w->fd, (off_t)w->durable_size) != 0)
		return false;
	w->is_cut_due = false;
	return true;
}

enum err
segment_writer_commit(struct segment_writer *w, uint64_t now_ms)
{
	size_t len;

	if (w->pending == 0)
		return ERR_OK;
	if (!batch_cut(w))
		return ERR_IO;
	if ((w->fd < 0 || w->durable_size >= w->segment_bytes) &&
	    !segment_begin(w, now_ms))
		return ERR_IO;
	len = batch_encode(w);
	w->is_cut_due = true;
	if (!write_all(w->fd, w->bytes, len, w->durable_size) ||
	    fdatasync(w->fd) != 0) {
		int saved = errno;

		(void)batch_cut(w);
		errno = saved;
		return ERR_IO;
	}
	w->is_cut_due = false;
	w->durable_size += len;
	w->durable = w->state;
	w->messages_len = 0;
	w->pending = 0;
	return ERR_OK;
}

size_t
segment_writer_pending(const struct segment_writer *w)
{
	return w->pending;
}

bool
segment_writer_is_full(const struct segment_writer *w)
{
	return w->messages_len + WIRE_SIZE_MAX > SEGMENT_BATCH_MAX ||
	    w->pending >= RECORDS_MAX;
}

const struct segment_state *
segment_writer_state(const struct segment_writer *w)
{
	return &w->state;
}

uint64_t
segment_writer_number(const struct segment_writer *w)
{
	return w->header.number;
}

void
segment_writer_close(struct segment_writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	free(w->messages);
	free(w->bytes);
	free(w);
}
