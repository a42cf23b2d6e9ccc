#include "oracle/signer_state.h"

#include "base/keccak.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct signer_record) == 8 + 4 + 4 + 8 + 80 + 16 + 8 +
    16 + 24 + 32 + BOOK_ASSETS_MAX * 48 + 32, "no hidden padding");
_Static_assert(sizeof(struct signer_record) <= SIGNER_STATE_SLOT, "");

static const char magic[8] = { 'm', 'a', 'r', 'g', 's', 'i', 'g', 'n' };

__attribute__((format(printf, 3, 4))) static enum err
fail(char why[PRIVATE_WHY], enum err e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, PRIVATE_WHY, format, args);
	va_end(args);
	return e;
}

static enum err
fail_errno(char why[PRIVATE_WHY], const char *what)
{
	return fail(why, ERR_IO, "%s: %s", what, strerrordesc_np(errno));
}

void
signer_identity_from(struct signer_identity *out, const struct config *c,
    uint64_t book_chain_id, const struct b32 *book, const struct addr *signer)
{
	out->chain_id = c->has_clearing ? c->chain_id : book_chain_id;
	out->contract = c->clearing;
	out->book = *book;
	out->signer = *signer;
}

uint64_t
signer_clock_ms(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
record_check(struct b32 *out, const struct signer_record *r)
{
	keccak256(out, r, offsetof(struct signer_record, check));
}

/* Whole or not at all; a slot is written by one call, which the kernel may
 * still cut short. */
static bool
slot_write(int fd, uint64_t generation, const struct signer_record *r)
{
	static uint8_t bytes[SIGNER_STATE_SLOT];
	off_t at = (off_t)(generation % 2 * SIGNER_STATE_SLOT);
	ssize_t n;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, r, sizeof(*r));
	do
		n = pwrite(fd, bytes, sizeof(bytes), at);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n < sizeof(bytes))
		errno = ENOSPC;
	return n == (ssize_t)sizeof(bytes);
}

static bool
slot_read(struct signer_record *out, int fd, unsigned slot)
{
	return pread(fd, out, sizeof(*out),
	    (off_t)(slot * SIGNER_STATE_SLOT)) == (ssize_t)sizeof(*out);
}

static bool
record_is_ours(const struct signer_record *r)
{
	return memcmp(r->magic, magic, sizeof(magic)) == 0;
}

static bool
record_is_whole(const struct signer_record *r)
{
	struct b32 check;

	record_check(&check, r);
	return record_is_ours(r) && r->version == SIGNER_STATE_VERSION &&
	    b32_equal(&check, &r->check);
}

/* The newer of the whole slots. */
static enum err
record_load(struct signer_record *out, int fd, char why[PRIVATE_WHY])
{
	struct signer_record r;
	uint32_t other = SIGNER_STATE_VERSION;
	bool found = false;

	for (unsigned slot = 0; slot < 2; slot++) {
		if (!slot_read(&r, fd, slot))
			continue;
		if (record_is_ours(&r) && r.version != SIGNER_STATE_VERSION)
			other = r.version;
		if (!record_is_whole(&r) ||
		    (found && r.generation < out->generation))
			continue;
		*out = r;
		found = true;
	}
	if (found)
		return ERR_OK;
	if (other != SIGNER_STATE_VERSION)
		return fail(why, ERR_UNKNOWN, "is of format version %u, not "
		    "%u", other, SIGNER_STATE_VERSION);
	return fail(why, ERR_SYNTAX, "is damaged, or no signer's state");
}

static enum err
identity_check(const struct signer_identity *is,
    const struct signer_identity *want, char why[PRIVATE_WHY])
{
	if (!addr_equal(&is->signer, &want->signer))
		return fail(why, ERR_AUTH, "is of another signer");
	if (is->chain_id != want->chain_id)
		return fail(why, ERR_AUTH, "is of another chain (%llu)",
		    (unsigned long long)is->chain_id);
	if (!addr_equal(&is->contract, &want->contract))
		return fail(why, ERR_AUTH, "is of another contract");
	if (!b32_equal(&is->book, &want->book))
		return fail(why, ERR_AUTH, "is of another book");
	return ERR_OK;
}

/* A life never runs further ahead of its clock than the policy lets it, its
 * reservation and the one that signer_state_create makes. */
static enum err
clock_check(const struct signer_record *r, uint64_t now_ms,
    char why[PRIVATE_WHY])
{
	uint64_t latest_ms = now_ms + POLICY_CLOCK_MS + SIGNER_AS_OF_AHEAD_MS;
	uint64_t sequence_ms = r->sequence_until / POLICY_SEQUENCE_PER_MS;
	uint64_t ahead_ms = sequence_ms > r->as_of_until ? sequence_ms :
	    r->as_of_until;

	if (ahead_ms <= latest_ms)
		return ERR_OK;
	return fail(why, ERR_STALE, "is %llu s ahead of this machine's clock",
	    (unsigned long long)((ahead_ms - now_ms) / 1000));
}

static enum err
file_take(int fd, char why[PRIVATE_WHY])
{
	enum err e = private_file_check(fd, why);

	if (e != ERR_OK)
		return e;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return fail(why, ERR_STATE, "is in use by another signer");
	return ERR_OK;
}

static int
file_open(const char *path, int flags)
{
	return open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags,
	    S_IRUSR | S_IWUSR);
}

static enum err
fail_open(char why[PRIVATE_WHY])
{
	if (errno == ENOENT)
		return fail(why, ERR_MISSING, "is missing");
	if (errno == ELOOP)
		return fail(why, ERR_REFUSED, "is a symbolic link");
	return fail_errno(why, "cannot be opened");
}

/* What must not be overwritten: anything that no signer wrote. */
static bool
file_is_replaceable(int fd)
{
	static const char zero[sizeof(magic)];
	char head[sizeof(magic)];
	bool is_ours = false;

	for (unsigned slot = 0; slot < 2; slot++) {
		ssize_t n = pread(fd, head, sizeof(head),
		    (off_t)(slot * SIGNER_STATE_SLOT));

		if (n == 0)
			continue;	/* ends here */
		if (n != (ssize_t)sizeof(head))
			return false;
		if (memcmp(head, magic, sizeof(magic)) == 0)
			is_ours = true;
		else if (memcmp(head, zero, sizeof(zero)) != 0)
			return is_ours;
	}
	return true;
}

static enum err
records_create(int fd, const struct signer_identity *id, uint64_t now_ms,
    char why[PRIVATE_WHY])
{
	struct signer_record r, old;
	char unread[PRIVATE_WHY];
	int full;

	memset(&r, 0, sizeof(r));
	memcpy(r.magic, magic, sizeof(magic));
	r.version = SIGNER_STATE_VERSION;
	r.identity = *id;
	r.sequence_until = (now_ms + POLICY_CLOCK_MS) *
	    POLICY_SEQUENCE_PER_MS + 1;
	r.as_of_until = now_ms;
	if (record_load(&old, fd, unread) == ERR_OK) {
		r.generation = old.generation;
		if (identity_check(&old.identity, id, unread) == ERR_OK) {
			r.is_paused = old.is_paused;
			if (old.sequence_until > r.sequence_until)
				r.sequence_until = old.sequence_until;
			if (old.as_of_until > r.as_of_until)
				r.as_of_until = old.as_of_until;
		}
	}
	full = posix_fallocate(fd, 0, 2 * SIGNER_STATE_SLOT);
	if (full != 0)
		return fail(why, ERR_IO, "has no room: %s",
		    strerrordesc_np(full));
	for (unsigned i = 0; i < 2; i++) {
		r.generation++;
		record_check(&r.check, &r);
		if (!slot_write(fd, r.generation, &r))
			return fail_errno(why, "cannot be written");
	}
	if (fsync(fd) != 0)
		return fail_errno(why, "cannot be synced");
	return ERR_OK;
}

enum err
signer_state_create(const char *path, const struct signer_identity *id,
    uint64_t now_ms, char why[PRIVATE_WHY])
{
	int fd = file_open(path, O_CREAT);
	enum err e;

	if (fd < 0)
		return fail_open(why);
	e = file_take(fd, why);
	if (e == ERR_OK && !file_is_replaceable(fd))
		e = fail(why, ERR_REFUSED, "is something else than a signer's "
		    "state; it is left alone");
	if (e == ERR_OK)
		e = records_create(fd, id, now_ms, why);
	if (e == ERR_OK)
		e = private_folder_sync(path, why);
	close(fd);
	return e;
}

enum err
signer_state_open(struct signer_state *out, const char *path,
    const struct signer_identity *id, uint64_t now_ms,
    char why[PRIVATE_WHY])
{
	struct signer_state s = { .fd = file_open(path, 0) };
	enum err e;

	if (s.fd < 0)
		return fail_open(why);
	if ((e = file_take(s.fd, why)) != ERR_OK ||
	    (e = record_load(&s.record, s.fd, why)) != ERR_OK ||
	    (e = identity_check(&s.record.identity, id, why)) != ERR_OK ||
	    (e = clock_check(&s.record, now_ms, why)) != ERR_OK) {
		close(s.fd);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void
signer_state_close(struct signer_state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

enum err
signer_state_write(struct signer_state *s, const struct signer_record *r)
{
	struct signer_record next = *r;

	/* What was reserved stays reserved. */
	MUST(r->sequence_until >= s->record.sequence_until);
	MUST(r->as_of_until >= s->record.as_of_until);
	if (s->is_broken)
		return ERR_STATE;
	memcpy(next.magic, magic, sizeof(magic));
	next.version = SIGNER_STATE_VERSION;
	next.identity = s->record.identity;
	next.generation = s->record.generation + 1;
	record_check(&next.check, &next);
	if (!slot_write(s->fd, next.generation, &next))
		return fail_errno(s->why, "cannot be written");
	if (fdatasync(s->fd) != 0) {
		/* The kernel may have dropped the page and call it clean: a
		 * later success would prove nothing. */
		s->is_broken = true;
		return fail_errno(s->why, "cannot be synced");
	}
	s->record = next;
	s->writes++;
	s->why[0] = '\0';
	return ERR_OK;
}
