#include "oracle/history.h"

#include "base/decimal.h"
#include "base/must.h"
#include "oracle/history_internal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRUNE_EVERY 4096u	/* rows added between two prunings */
#define BUSY_MS 200

/* Values need 128 bits: text.  Everything else fits SQLite's 63. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS attestations("
    " sequence INTEGER PRIMARY KEY, as_of INTEGER NOT NULL,"
    " status INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " vault_count INTEGER NOT NULL, verdict_count INTEGER NOT NULL,"
    " collateral_value TEXT NOT NULL, debt_value TEXT NOT NULL,"
    " digest BLOB NOT NULL, signer BLOB NOT NULL, r BLOB NOT NULL,"
    " s BLOB NOT NULL, v INTEGER NOT NULL, header BLOB NOT NULL,"
    " words BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS aggregates("
    " as_of INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,"
    " collateral_value TEXT NOT NULL, debt_value TEXT NOT NULL,"
    " ratio TEXT);"
    "CREATE TABLE IF NOT EXISTS refusals("
    " sequence INTEGER NOT NULL, slot INTEGER NOT NULL,"
    " as_of INTEGER NOT NULL, status INTEGER NOT NULL,"
    " reason INTEGER NOT NULL, PRIMARY KEY(sequence, slot)) WITHOUT ROWID;";

enum table { ATTESTATIONS, AGGREGATES, REFUSALS, TABLES };

static const struct {
	const char *insert, *count, *prune;
	uint32_t rows_max;
} tables[TABLES] = {
	[ATTESTATIONS] = {
		"INSERT OR IGNORE INTO attestations VALUES"
		"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		"SELECT count(*) FROM attestations",
		"DELETE FROM attestations WHERE sequence IN (SELECT sequence"
		" FROM attestations ORDER BY sequence LIMIT ?)",
		HISTORY_ATTESTATIONS_MAX,
	},
	[AGGREGATES] = {
		"INSERT OR IGNORE INTO aggregates VALUES(?,?,?,?,?)",
		"SELECT count(*) FROM aggregates",
		"DELETE FROM aggregates WHERE as_of IN (SELECT as_of"
		" FROM aggregates ORDER BY as_of LIMIT ?)",
		HISTORY_SAMPLES_MAX,
	},
	[REFUSALS] = {
		"INSERT OR IGNORE INTO refusals VALUES(?,?,?,?,?)",
		"SELECT count(*) FROM refusals",
		"DELETE FROM refusals WHERE (sequence, slot) IN (SELECT"
		" sequence, slot FROM refusals ORDER BY sequence, slot LIMIT ?)",
		HISTORY_REFUSALS_MAX,
	},
};

struct status {
	uint8_t status;
	uint32_t reason;
};

struct history {
	sqlite3 *db;
	sqlite3_stmt *insert[TABLES], *mark;
	uint64_t rows[TABLES];
	uint64_t last_sequence, last_sample;	/* sample: as_of / interval */
	struct status status[BOOK_ASSETS_MAX + 1];	/* [0]: the header */
	size_t pending, since_prune;
};

static bool
run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
number_read(sqlite3 *db, const char *sql, uint64_t *out)
{
	sqlite3_stmt *s;
	bool done;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return false;
	done = sqlite3_step(s) == SQLITE_ROW;
	if (done)
		*out = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return done;
}

/* Which statuses hold after the newest row, so that only changes are kept. */
static bool
statuses_read(struct history *h)
{
	sqlite3_stmt *s;
	int step;

	if (sqlite3_prepare_v2(h->db, "SELECT slot, status, reason FROM"
	    " refusals ORDER BY sequence", -1, &s, NULL) != SQLITE_OK)
		return false;
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t slot = sqlite3_column_int64(s, 0);

		if (slot < -1 || slot >= (int64_t)BOOK_ASSETS_MAX)
			continue;
		h->status[slot + 1] = (struct status){
			(uint8_t)sqlite3_column_int(s, 1),
			(uint32_t)sqlite3_column_int64(s, 2) };
	}
	sqlite3_finalize(s);
	return step == SQLITE_DONE;
}

static bool
tables_open(struct history *h)
{
	uint64_t last = 0;

	sqlite3_busy_timeout(h->db, BUSY_MS);
	if (!run(h->db, "PRAGMA journal_mode=WAL") ||
	    !run(h->db, "PRAGMA synchronous=NORMAL") ||
	    !run(h->db, "PRAGMA temp_store=MEMORY") ||
	    !run(h->db, "PRAGMA journal_size_limit=4194304") ||
	    !run(h->db, schema))
		return false;
	for (size_t i = 0; i < TABLES; i++)
		if (!number_read(h->db, tables[i].count, &h->rows[i]) ||
		    sqlite3_prepare_v2(h->db, tables[i].insert, -1,
		    &h->insert[i], NULL) != SQLITE_OK)
			return false;
	if (!number_read(h->db, "SELECT coalesce(max(sequence), 0) FROM"
	    " attestations", &h->last_sequence) ||
	    !number_read(h->db, "SELECT coalesce(max(as_of), 0) FROM"
	    " aggregates", &last) ||
	    sqlite3_prepare_v2(h->db, "SELECT 1 FROM attestations LIMIT 1", -1,
	    &h->mark, NULL) != SQLITE_OK)
		return false;
	h->last_sample = last / HISTORY_SAMPLE_MS;
	return statuses_read(h);
}

enum err
history_open(struct history **out, const char *path,
    char why[HISTORY_WHY_MAX])
{
	struct history *h = calloc(1, sizeof(*h));
	int fd, code;

	if (!h) {
		snprintf(why, HISTORY_WHY_MAX, "out of memory");
		return ERR_IO;
	}
	/* Its -wal and -shm take this mode: the api is another user. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0) {
		(void)fchmod(fd, 0644);
		close(fd);
	}
	code = sqlite3_open_v2(path, &h->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK || !tables_open(h)) {
		snprintf(why, HISTORY_WHY_MAX, "%s", sqlite3_errstr(h->db ?
		    sqlite3_errcode(h->db) : code));
		history_close(h);
		return ERR_IO;
	}
	*out = h;
	return ERR_OK;
}

uint64_t
history_last_sequence(const struct history *h)
{
	return h->last_sequence;
}

size_t
history_pending(const struct history *h)
{
	return h->pending;
}

const char *
history_error(const struct history *h)
{
	return sqlite3_errmsg(h->db);
}

static bool
insert_step(struct history *h, enum table t)
{
	bool done = sqlite3_step(h->insert[t]) == SQLITE_DONE;

	sqlite3_reset(h->insert[t]);
	if (done)
		h->rows[t] += (uint64_t)sqlite3_changes(h->db);
	return done;
}

static void
bind_blob(sqlite3_stmt *s, int at, const void *bytes, size_t len)
{
	sqlite3_bind_blob(s, at, bytes, (int)len, SQLITE_TRANSIENT);
}

static void
bind_value(sqlite3_stmt *s, int at, u128 v)
{
	char text[DECIMAL_BUF];
	size_t len = decimal_from_u128(text, v, 18);

	sqlite3_bind_text(s, at, text, (int)len, SQLITE_TRANSIENT);
}

static bool
attestation_insert(struct history *h, const struct board_attestation *a)
{
	sqlite3_stmt *s = h->insert[ATTESTATIONS];
	const struct attestation *t = &a->header;
	struct wire_attestation w;
	int at = 1;

	history_wire_from(&w, a);
	sqlite3_bind_int64(s, at++, (sqlite3_int64)t->sequence);
	sqlite3_bind_int64(s, at++, (sqlite3_int64)t->as_of);
	sqlite3_bind_int64(s, at++, t->status);
	sqlite3_bind_int64(s, at++, t->reason);
	sqlite3_bind_int64(s, at++, t->vault_count);
	sqlite3_bind_int64(s, at++, t->verdict_count);
	bind_value(s, at++, t->collateral_value);
	bind_value(s, at++, t->debt_value);
	bind_blob(s, at++, a->digest.b, sizeof(a->digest.b));
	bind_blob(s, at++, a->signature.signer.b, 20);
	bind_blob(s, at++, a->signature.r, 32);
	bind_blob(s, at++, a->signature.s, 32);
	sqlite3_bind_int64(s, at++, 27 + a->signature.recovery);
	bind_blob(s, at++, &w, sizeof(w));
	bind_blob(s, at++, a->word, a->word_count * sizeof(a->word[0]));
	return insert_step(h, ATTESTATIONS);
}

static bool
sample_insert(struct history *h, const struct attestation *t)
{
	sqlite3_stmt *s = h->insert[AGGREGATES];
	u128 ratio;

	if (t->as_of / HISTORY_SAMPLE_MS <= h->last_sample)
		return true;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)t->as_of);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)t->sequence);
	bind_value(s, 3, t->collateral_value);
	bind_value(s, 4, t->debt_value);
	/* Where a price was refused the values may be of a part. */
	if (t->status == PRICE_OK && muldiv_u128(&ratio, t->collateral_value,
	    WAD_ONE_RAW, t->debt_value, ROUND_FLOOR) == ERR_OK)
		bind_value(s, 5, ratio);
	else
		sqlite3_bind_null(s, 5);
	if (!insert_step(h, AGGREGATES))
		return false;
	h->last_sample = t->as_of / HISTORY_SAMPLE_MS;
	return true;
}

static bool
status_insert(struct history *h, const struct attestation *t, int slot,
    struct status now)
{
	struct status *was = &h->status[slot + 1];
	sqlite3_stmt *s = h->insert[REFUSALS];

	/* A refusal that ends as OK or DEGRADED is a change as well. */
	if (was->status == now.status && was->reason == now.reason)
		return true;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)t->sequence);
	sqlite3_bind_int64(s, 2, slot);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)t->as_of);
	sqlite3_bind_int64(s, 4, now.status);
	sqlite3_bind_int64(s, 5, now.reason);
	if (!insert_step(h, REFUSALS))
		return false;
	*was = now;
	return true;
}

static bool
statuses_insert(struct history *h, const struct board_attestation *a)
{
	const struct attestation *t = &a->header;

	if (!status_insert(h, t, -1, (struct status){ t->status, t->reason }))
		return false;
	for (uint32_t i = 0; i < a->word_count; i++) {
		struct price p;

		if (price_word_unpack(&p, &a->word[i]) == ERR_OK &&
		    !status_insert(h, t, (int)i, (struct status){
		    (uint8_t)p.status, (uint32_t)p.reason }))
			return false;
	}
	return true;
}

enum err
history_add(struct history *h, const struct board_attestation *a)
{
	MUST(a->word_count <= BOOK_ASSETS_MAX);
	if (h->pending == 0 && !run(h->db, "BEGIN"))
		return ERR_IO;
	h->pending++;
	if (a->header.sequence <= h->last_sequence)
		return ERR_OK;
	if (!attestation_insert(h, a) || !sample_insert(h, &a->header) ||
	    !statuses_insert(h, a))
		return ERR_IO;
	h->last_sequence = a->header.sequence;
	h->since_prune++;
	return ERR_OK;
}

static bool
table_prune(struct history *h, enum table t)
{
	sqlite3_stmt *s;
	bool done;

	if (h->rows[t] <= tables[t].rows_max)
		return true;
	if (sqlite3_prepare_v2(h->db, tables[t].prune, -1, &s, NULL) !=
	    SQLITE_OK)
		return false;
	sqlite3_bind_int64(s, 1,
	    (sqlite3_int64)(h->rows[t] - tables[t].rows_max));
	done = sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	if (done)
		h->rows[t] -= (uint64_t)sqlite3_changes(h->db);
	return done;
}

enum err
history_flush(struct history *h)
{
	if (h->pending == 0)
		return ERR_OK;
	h->pending = 0;
	if (h->since_prune >= PRUNE_EVERY) {
		h->since_prune = 0;
		for (enum table t = ATTESTATIONS; t < TABLES; t++)
			if (!table_prune(h, t)) {
				(void)run(h->db, "ROLLBACK");
				return ERR_IO;
			}
	}
	if (!run(h->db, "COMMIT")) {
		(void)run(h->db, "ROLLBACK");
		return ERR_IO;
	}
	/* A reader without the right to write uses a mark that is there:
	 * this one. */
	(void)sqlite3_step(h->mark);
	sqlite3_reset(h->mark);
	return ERR_OK;
}

void
history_close(struct history *h)
{
	if (!h)
		return;
	if (h->db && h->pending > 0)
		(void)!history_flush(h);
	for (size_t i = 0; i < TABLES; i++)
		sqlite3_finalize(h->insert[i]);
	sqlite3_finalize(h->mark);
	sqlite3_close(h->db);
	free(h);
}
