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
#include "oracle/bookfile_ids.h"

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

/* How much there is of what the caller places. */
struct bookfile_counts {
	size_t vaults, instruments, positions, orders, liens;
	size_t names_len;	/* of the vaults' ids, each with a NUL */
};

/* A book file that was parsed and not yet understood: parse once, place the
 * arrays, fill them.  text and file must outlive it.  The vaults of a JSON
 * text stay text until they are read, one at a time; of a YAML text the whole
 * is in memory. */
struct bookfile;
/* bookfile_open: ERR_SYNTAX or ERR_LIMIT for what stops the reading. */
MUST_CHECK enum err bookfile_open(struct bookfile **out, const char *text,
    size_t len, const char *file, FILE *errors);
void bookfile_close(struct bookfile *f);	/* accepts NULL */
void bookfile_counts(struct bookfile_counts *out, const struct bookfile *f);
/* bookfile_fill fills a book whose arrays the caller placed: vaults and hash
 * (book_init), and, where the counts are not zero, instruments, positions,
 * orders and liens, each of that many entries.  Where one of these is NULL
 * and the file has some, that is an error: a command that does not compute
 * them.  On failure the book is empty again: no half of a file is left. */
MUST_CHECK enum err bookfile_fill(struct bookfile *f, struct book *b,
    struct bookfile_names *names);

/* Where the vaults of a book go that has no places for them. */
struct bookfile_sink {
	uint32_t vaults_max;	/* more are errors */
	/* Zeroed; takes the ids of all vaults and is the caller's to free.
	 * NULL, for a second reading of one file: no duplicates are looked for
	 * and no parents. */
	struct bookfile_ids *ids;
	/* Hears of each vault in the order of the file, as long as there is no
	 * error; what is no ERR_OK ends the reading.  v->parent is UINT32_MAX
	 * where the vault has one; its positions and orders are the book's
	 * until the next vault.  NULL: the file is only checked. */
	enum err (*each)(void *arg, const struct vault *v);
	void *arg;
};
/* bookfile_each is bookfile_fill, with the same complaints, for a book without
 * places for vaults (b->vaults and b->hash are not looked at, and NULL
 * afterwards): `to` hears of them instead.  positions and orders, where they
 * are placed, have POSITIONS_MAX entries each.  It may be called again on the
 * same file.  Returns what `each` returned where that ended it. */
MUST_CHECK enum err bookfile_each(struct bookfile *f, struct book *b,
    struct bookfile_names *names, const struct bookfile_sink *to);

/* bookfile_read is bookfile_open, bookfile_fill and bookfile_close. */
MUST_CHECK enum err bookfile_read(struct book *b, struct bookfile_names *names,
    const char *text, size_t len, const char *file, FILE *errors);

/* bookfile_vault_count counts the file's vaults, so that arrays can be
 * placed.  Only what stops the reading is an error here; the rest is
 * bookfile_read's to report. */
MUST_CHECK enum err bookfile_vault_count(size_t *out, const char *text,
    size_t len, const char *file, FILE *errors);

/* What a market file holds besides the prices of assets. */
struct marketfile_terms {
	struct market_terms terms;
	struct num18 returns[BOOK_FACTORS_MAX][MARKET_RETURNS_MAX];
};

/* marketfile_read fills m for b's assets.  A price that an asset names and
 * the file lacks is REFUSED/QUORUM (the vaults that need it are STALE).  The
 * price of an asset with rate_of is the file's rate times the other asset's
 * price: low floored, high ceiled, the worse status of both.  terms is the
 * caller's and m->terms points into it; with NULL what instruments need is
 * checked and not kept.  Names of factors and instruments that the book does
 * not know are errors, except in `prices`: a market may serve several books. */
MUST_CHECK enum err marketfile_read(struct market *m,
    struct marketfile_terms *terms, const struct book *b,
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
