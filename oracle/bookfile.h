/* oracle/bookfile.h - book.json and market.json (JSON, or the same keys in
 * YAML) to margin's book and market.  DESIGN section 6.
 *
 * Errors go to `errors`, one a line as file:line:column: text, all of a file
 * in one pass; unknown keys with a "did you mean".
 */
#ifndef ORACLE_BOOKFILE_H
#define ORACLE_BOOKFILE_H

#include "margin/book.h"
#include "margin/market.h"

#include <stdio.h>

#define BOOKFILE_TEXT_MAX (256u * 1024u * 1024u)

/* The names that book.json gives to things outside the book. */
struct bookfile_names {
	/* By asset slot: the market's price. */
	char price[BOOK_ASSETS_MAX][BOOK_NAME_MAX];
	char factor[BOOK_FACTORS_MAX][BOOK_NAME_MAX];
	char mode[BOOK_MODES_MAX][BOOK_NAME_MAX];	/* [0] is empty */
	uint64_t block_number;	/* the file's "block" */
};

/* bookfile_read fills a book whose arrays the caller placed (book_init).
 * Keys that belong to methods not built yet (instruments, positions, orders,
 * liens, other methods than ratio) are known, and refused by name when they
 * carry anything. */
MUST_CHECK enum err bookfile_read(struct book *b, struct bookfile_names *names,
    const char *text, size_t len, const char *file, FILE *errors);

/* bookfile_vault_count counts the file's vaults, so that arrays can be
 * placed.  Only what stops the reading is an error here; the rest is
 * bookfile_read's to report. */
MUST_CHECK enum err bookfile_vault_count(size_t *out, const char *text,
    size_t len, const char *file, FILE *errors);

/* marketfile_read fills m for b's assets.  A price that an asset names and
 * the file lacks is REFUSED/QUORUM (the vaults that need it are STALE). */
MUST_CHECK enum err marketfile_read(struct market *m, const struct book *b,
    const struct bookfile_names *names, const char *text, size_t len,
    const char *file, FILE *errors);

/* The tables of both files, for `margind config explain`. */
void bookfile_explain(FILE *out);
void marketfile_explain(FILE *out);

/* bookfile_rules_blob writes the rules as the contract keeps them
 * (contracts-abi/attest.h) and their hash. */
#define BOOKFILE_BLOB_MAX (32u * (1u + BOOK_ASSETS_MAX * (1u + BOOK_MODES_MAX)))
MUST_CHECK enum err bookfile_rules_blob(uint8_t out[BOOKFILE_BLOB_MAX],
    size_t *out_len, struct b32 *hash, const struct book *b);

#endif
