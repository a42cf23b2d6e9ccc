/* oracle/history.h - what was signed, for people and charts: an SQLite index
 * beside the journal's segments.
 *
 * The segments are the truth; this file can be thrown away and is rebuilt
 * from them (`margind replay --journal DIR --rebuild-history`).  The journal
 * writes it after the commit, never in the way of one.
 *
 * WAL, synchronous=NORMAL.  The api reads it as another user under Landlock
 * without any right to write: SQLite then maps the -shm file that the journal
 * keeps open read-only, which works while it exists; the file's mode is 0644
 * for that, and the writer moves the read mark after each transaction, since a
 * reader that cannot write has to use one that is there.
 *
 * Tables: attestations(sequence, as_of, status, reason, vault_count,
 *         verdict_count, collateral_value, debt_value, digest, signer, r, s,
 *         v, header, words), aggregates(as_of, collateral_value, debt_value,
 *         ratio, sequence): the first of each second, refusals(sequence,
 *         as_of, slot, status, reason): each change of a status, slot -1 for
 *         the header.  Values are decimal text, header the WIRE_ATTESTATION
 *         message, words 32 bytes an asset.
 * Limits: the newest HISTORY_*_MAX rows are kept.
 * Owns:   its connection.  Does not log; history_error has the words.
 */
#ifndef ORACLE_HISTORY_H
#define ORACLE_HISTORY_H

#include "oracle/board.h"

#define HISTORY_FILE "history.sqlite"
#define HISTORY_ATTESTATIONS_MAX 500000u
#define HISTORY_SAMPLES_MAX 1209600u	/* a fortnight of seconds */
#define HISTORY_REFUSALS_MAX 100000u
#define HISTORY_SAMPLE_MS 1000u

struct history;

#define HISTORY_WHY_MAX 128u
/* history_open opens or makes the file for writing.  ERR_IO; why then says what
 * is wrong. */
MUST_CHECK enum err history_open(struct history **out, const char *path,
    char why[HISTORY_WHY_MAX]);
/* history_last_sequence: the newest that it holds, 0 where it is empty. */
uint64_t history_last_sequence(const struct history *h);
/* history_add puts one attestation into the open transaction; one that is
 * there already is left as it is.  ERR_IO. */
MUST_CHECK enum err history_add(struct history *h,
    const struct board_attestation *a);
/* history_flush ends the transaction, and prunes now and then.  ERR_IO: what
 * was added since the last flush is gone from here (not from the segments). */
MUST_CHECK enum err history_flush(struct history *h);
size_t history_pending(const struct history *h);	/* added, not flushed */
const char *history_error(const struct history *h);
void history_close(struct history *h);	/* accepts NULL; flushes */

/* A collector puts an attestation together from the messages that the journal
 * holds: WIRE_ATTESTATION and, right behind it, its WORDs.  history_collect
 * answers true when c->attestation is whole; one that ends early (its engine
 * died) is dropped. */
struct history_collector {
	bool is_open;
	uint32_t want;
	struct board_attestation attestation;
};
bool history_collect(struct history_collector *c, const void *message);

/* The reader: read-only, for another process. */
struct history_reader;
struct history_row {
	uint64_t sequence, as_of;
	uint8_t status;
	uint32_t reason, vault_count, verdict_count;
	u128 collateral_value, debt_value;
	struct b32 digest;
};
struct history_sample {
	uint64_t as_of;
	u128 collateral_value, debt_value;	/* USD, 18 decimals */
};
struct history_refusal {
	uint64_t sequence, as_of;
	int32_t slot;			/* asset slot, -1: the header */
	uint8_t status;			/* enum price_status: OK ends one */
	uint32_t reason;
};
/* history_reader_open: ERR_MISSING where the file is not there (yet), ERR_IO.
 * The reader keeps its descriptors: opened before a sandbox it works inside. */
MUST_CHECK enum err history_reader_open(struct history_reader **out,
    const char *path);
/* history_get: the attestation with this sequence; with 0 the newest.
 * ERR_UNKNOWN where there is none; ERR_IO. */
MUST_CHECK enum err history_get(struct board_attestation *out,
    struct history_reader *r, uint64_t sequence);
/* history_latest writes at most max rows, newest first, of those below
 * `before` (0: all).  ERR_IO. */
MUST_CHECK enum err history_latest(struct history_row *out, size_t *count,
    size_t max, struct history_reader *r, uint64_t before);
/* history_samples writes at most max samples of from_ms..to_ms, oldest first,
 * evenly thinned where there are more.  ERR_IO. */
MUST_CHECK enum err history_samples(struct history_sample *out, size_t *count,
    size_t max, struct history_reader *r, uint64_t from_ms, uint64_t to_ms);
/* history_refusals: at most max, newest first.  ERR_IO. */
MUST_CHECK enum err history_refusals(struct history_refusal *out,
    size_t *count, size_t max, struct history_reader *r);
void history_reader_close(struct history_reader *r);	/* accepts NULL */

#endif
