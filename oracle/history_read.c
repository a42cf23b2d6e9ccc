/* oracle/history_read.c - the history for its readers (history.h). */
#include "oracle/history.h"

#include "base/decimal.h"
#include "base/must.h"
#include "oracle/history_internal.h"
#include "oracle/machine.h"
#include "oracle/wire_attest.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 200

struct history_reader {
	sqlite3 *db;
	sqlite3_stmt *get, *newest, *latest, *samples, *sample_count, *refusals;
};

void
history_wire_from(struct wire_attestation *w,
    const struct board_attestation *a)
{
	wire_attestation_fill(w, &a->header, &a->digest, &a->signature,
	    a->word_count);
}

void
history_wire_to(struct board_attestation *a, const struct wire_attestation *w,
    const void *words, size_t word_count)
{
	MUST(word_count <= BOOK_ASSETS_MAX);
	memset(a, 0, sizeof(*a));
	wire_attestation_header(&a->header, w);
	a->digest = w->digest;
	a->signature = w->signature;
	a->word_count = (uint32_t)word_count;
	if (word_count > 0)
		memcpy(a->word, words, word_count * sizeof(a->word[0]));
}

bool
history_collect(struct history_collector *c, const void *message)
{
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_ATTESTATION) {
		struct wire_attestation w;

		memcpy(&w, message, sizeof(w));
		history_wire_to(&c->attestation, &w, NULL, 0);
		c->want = w.word_count;
		c->is_open = w.word_count > 0 &&
		    w.word_count <= BOOK_ASSETS_MAX;
		return w.word_count == 0;
	}
	if (c->is_open && head.type == WIRE_WORD) {
		struct wire_word w;
		struct board_attestation *a = &c->attestation;

		memcpy(&w, message, sizeof(w));
		c->is_open = w.slot == a->word_count;
		if (!c->is_open)
			return false;
		a->word[a->word_count++] = w.word;
		c->is_open = a->word_count < c->want;
		return !c->is_open;
	}
	c->is_open = false;
	return false;
}

static bool
prepare(sqlite3 *db, sqlite3_stmt **s, const char *sql)
{
	return sqlite3_prepare_v2(db, sql, -1, s, NULL) == SQLITE_OK;
}

#define ROW_COLUMNS "SELECT sequence, as_of, status, reason, vault_count," \
	" verdict_count, collateral_value, debt_value, digest FROM attestations"

static bool
statements_open(struct history_reader *r)
{
	sqlite3_busy_timeout(r->db, BUSY_MS);
	return prepare(r->db, &r->get, "SELECT header, words FROM attestations"
	    " WHERE sequence = ?") &&
	    prepare(r->db, &r->newest, "SELECT header, words FROM attestations"
	    " ORDER BY sequence DESC LIMIT 1") &&
	    prepare(r->db, &r->latest, ROW_COLUMNS " WHERE sequence < ?"
	    " ORDER BY sequence DESC LIMIT ?") &&
	    prepare(r->db, &r->sample_count, "SELECT count(*) FROM aggregates"
	    " WHERE as_of BETWEEN ? AND ?") &&
	    prepare(r->db, &r->samples, "SELECT as_of, collateral_value,"
	    " debt_value FROM aggregates WHERE as_of BETWEEN ? AND ?"
	    " ORDER BY as_of") &&
	    prepare(r->db, &r->refusals, "SELECT sequence, as_of, slot, status,"
	    " reason FROM refusals ORDER BY sequence DESC, slot LIMIT ?");
}

enum err
history_reader_open(struct history_reader **out, const char *path)
{
	struct history_reader *r;

	if (access(path, F_OK) != 0)
		return errno == ENOENT ? ERR_MISSING : ERR_IO;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ERR_IO;
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK || !statements_open(r)) {
		history_reader_close(r);
		return ERR_IO;
	}
	*out = r;
	return ERR_OK;
}

void
history_reader_close(struct history_reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->get);
	sqlite3_finalize(r->newest);
	sqlite3_finalize(r->latest);
	sqlite3_finalize(r->samples);
	sqlite3_finalize(r->sample_count);
	sqlite3_finalize(r->refusals);
	sqlite3_close(r->db);
	free(r);
}

/* A row that this program did not write is no row: ERR_IO. */
static enum err
attestation_take(struct board_attestation *out, sqlite3_stmt *s)
{
	struct wire_attestation w;
	int header_len = sqlite3_column_bytes(s, 0);
	int words_len = sqlite3_column_bytes(s, 1);
	const void *header = sqlite3_column_blob(s, 0);
	const void *words = sqlite3_column_blob(s, 1);

	if (header_len != (int)sizeof(w) || words_len % 32 != 0 ||
	    (size_t)words_len / 32 > BOOK_ASSETS_MAX ||
	    wire_check(header, sizeof(w)) != ERR_OK)
		return ERR_IO;
	memcpy(&w, header, sizeof(w));
	if (w.head.type != WIRE_ATTESTATION)
		return ERR_IO;
	history_wire_to(out, &w, words, (size_t)words_len / 32);
	return ERR_OK;
}

enum err
history_get(struct board_attestation *out, struct history_reader *r,
    uint64_t sequence)
{
	sqlite3_stmt *s = sequence > 0 ? r->get : r->newest;
	enum err e = ERR_IO;
	int step;

	if (sequence > INT64_MAX)
		return ERR_UNKNOWN;
	if (sequence > 0)
		sqlite3_bind_int64(s, 1, (sqlite3_int64)sequence);
	step = sqlite3_step(s);
	if (step == SQLITE_DONE)
		e = ERR_UNKNOWN;
	else if (step == SQLITE_ROW)
		e = attestation_take(out, s);
	sqlite3_reset(s);
	return e;
}

static bool
value_take(u128 *out, sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text && decimal_to_u128(out, text,
	    (size_t)sqlite3_column_bytes(s, column), 18) == ERR_OK;
}

static bool
row_take(struct history_row *row, sqlite3_stmt *s)
{
	row->sequence = (uint64_t)sqlite3_column_int64(s, 0);
	row->as_of = (uint64_t)sqlite3_column_int64(s, 1);
	row->status = (uint8_t)sqlite3_column_int(s, 2);
	row->reason = (uint32_t)sqlite3_column_int64(s, 3);
	row->vault_count = (uint32_t)sqlite3_column_int64(s, 4);
	row->verdict_count = (uint32_t)sqlite3_column_int64(s, 5);
	if (!value_take(&row->collateral_value, s, 6) ||
	    !value_take(&row->debt_value, s, 7) ||
	    sqlite3_column_bytes(s, 8) != (int)sizeof(row->digest.b))
		return false;
	memcpy(row->digest.b, sqlite3_column_blob(s, 8), sizeof(row->digest.b));
	return true;
}

enum err
history_latest(struct history_row *out, size_t *count, size_t max,
    struct history_reader *r, uint64_t before)
{
	sqlite3_stmt *s = r->latest;
	size_t n = 0;
	int step = SQLITE_DONE;
	bool good = true;

	sqlite3_bind_int64(s, 1, before == 0 || before > INT64_MAX ?
	    INT64_MAX : (sqlite3_int64)before);
	sqlite3_bind_int64(s, 2, max > INT32_MAX ? INT32_MAX :
	    (sqlite3_int64)max);
	while (good && n < max && (step = sqlite3_step(s)) == SQLITE_ROW)
		good = row_take(&out[n++], s);
	sqlite3_reset(s);
	if (!good || (step != SQLITE_DONE && step != SQLITE_ROW))
		return ERR_IO;
	*count = n;
	return ERR_OK;
}

static bool
sample_total(uint64_t *out, struct history_reader *r, sqlite3_int64 from,
    sqlite3_int64 to)
{
	sqlite3_stmt *s = r->sample_count;
	bool done;

	sqlite3_bind_int64(s, 1, from);
	sqlite3_bind_int64(s, 2, to);
	done = sqlite3_step(s) == SQLITE_ROW;
	if (done)
		*out = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return done;
}

enum err
history_samples(struct history_sample *out, size_t *count, size_t max,
    struct history_reader *r, uint64_t from_ms, uint64_t to_ms)
{
	sqlite3_int64 from = from_ms > INT64_MAX ? INT64_MAX :
	    (sqlite3_int64)from_ms;
	sqlite3_int64 to = to_ms > INT64_MAX ? INT64_MAX : (sqlite3_int64)to_ms;
	sqlite3_stmt *s = r->samples;
	uint64_t total = 0, seen = 0;
	size_t n = 0;
	int step = SQLITE_DONE;
	bool good = true;

	if (!sample_total(&total, r, from, to))
		return ERR_IO;
	sqlite3_bind_int64(s, 1, from);
	sqlite3_bind_int64(s, 2, to);
	while (good && n < max && (step = sqlite3_step(s)) == SQLITE_ROW) {
		/* The n-th of max is the row at n/max of the way; the
		 * newest is always among them. */
		uint64_t want = total <= max ? seen :
		    (uint64_t)((u128)(n + 1) * total / max) - 1;

		if (seen++ < want)
			continue;
		out[n].as_of = (uint64_t)sqlite3_column_int64(s, 0);
		good = value_take(&out[n].collateral_value, s, 1) &&
		    value_take(&out[n].debt_value, s, 2);
		n++;
	}
	sqlite3_reset(s);
	if (!good || (step != SQLITE_DONE && step != SQLITE_ROW))
		return ERR_IO;
	*count = n;
	return ERR_OK;
}

enum err
history_refusals(struct history_refusal *out, size_t *count, size_t max,
    struct history_reader *r)
{
	sqlite3_stmt *s = r->refusals;
	size_t n = 0;
	int step = SQLITE_DONE;

	sqlite3_bind_int64(s, 1, max > INT32_MAX ? INT32_MAX :
	    (sqlite3_int64)max);
	while (n < max && (step = sqlite3_step(s)) == SQLITE_ROW) {
		struct history_refusal *h = &out[n++];

		h->sequence = (uint64_t)sqlite3_column_int64(s, 0);
		h->as_of = (uint64_t)sqlite3_column_int64(s, 1);
		h->slot = sqlite3_column_int(s, 2);
		h->status = (uint8_t)sqlite3_column_int(s, 3);
		h->reason = (uint32_t)sqlite3_column_int64(s, 4);
	}
	sqlite3_reset(s);
	if (step != SQLITE_DONE && step != SQLITE_ROW)
		return ERR_IO;
	*count = n;
	return ERR_OK;
}
