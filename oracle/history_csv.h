/* oracle/history_csv.h - price histories from CSV text, plain or gzipped.
 *
 * The first line names the columns.  One of them is the time: `ts`,
 * `timestamp`, `time` (Unix seconds or milliseconds, or RFC 3339).  Where one
 * is called `close`, that is the price, and the series has no name of its own;
 * else every other column but `date` is a series under its own name.  An empty
 * cell is a price that is not there.  Times ascend; a row at the time of the
 * row before is dropped, and counted.  Prices are above zero,
 * decimal or with an exponent, digits beyond 18 decimals are dropped.
 *
 * What looks like a bad print is kept: what is odd is the caller's to say.
 *
 * Owns:   its arrays; history_csv_free.  Hostile text is the normal case.
 * Limits: below; ERR_LIMIT beyond them.
 */
#ifndef ORACLE_HISTORY_CSV_H
#define ORACLE_HISTORY_CSV_H

#include "base/fixed.h"
#include "base/types.h"

#include <stdio.h>

#define HISTORY_CSV_BYTES_MAX (256u * 1024u * 1024u)	/* of the text */
#define HISTORY_CSV_ROWS_MAX 2000000u
#define HISTORY_CSV_CELLS_MAX 8000000u	/* rows times series */
#define HISTORY_CSV_SERIES_MAX 64u
#define HISTORY_CSV_NAME_MAX 32u

struct history_series {
	char name[HISTORY_CSV_NAME_MAX];	/* "" where it is `close` */
	uint32_t count;
	uint64_t *ms;		/* strictly ascending */
	struct px18 *price;
};

struct history_csv {
	uint32_t repeated;	/* rows that were dropped */
	uint32_t series_count;
	struct history_series series[HISTORY_CSV_SERIES_MAX];
};

/* Where it is wrong, from 1. */
struct history_csv_error {
	uint32_t line, column;
	const char *what;
};

/* history_csv_parse: out and its arrays are the caller's to free on ERR_OK;
 * otherwise out is empty and *error says why. */
MUST_CHECK enum err history_csv_parse(struct history_csv *out,
    struct history_csv_error *error, const char *text, size_t len);
/* history_csv_read reads a file, gzipped or not; one line goes to errors. */
MUST_CHECK enum err history_csv_read(struct history_csv *out,
    const char *path, FILE *errors);
void history_csv_free(struct history_csv *h);	/* accepts a zeroed one */

#endif
