/* oracle/input.h - the files that commands share: a book with its vaults, a
 * market, a config.  Errors go to standard error, with their place. */
#ifndef ORACLE_INPUT_H
#define ORACLE_INPUT_H

#include "oracle/bookfile.h"
#include "oracle/config.h"

struct input_book {
	struct book book;
	struct bookfile_names names;
};

/* input_book_read reads a book file with arrays of its own, freed by
 * input_book_free.  vaults_max 0: as many places as it needs.  hash, which may
 * be NULL, takes keccak256 of the file's text. */
MUST_CHECK enum err input_book_read(struct input_book **out, struct b32 *hash,
    const char *path, uint32_t vaults_max);
void input_book_free(struct input_book *b);	/* accepts NULL */

MUST_CHECK enum err input_market_read(struct market *out, struct b32 *hash,
    const struct input_book *b, const char *path);

/* input_config_read reads a config and, where it names one, binds its book
 * file's assets (book may be NULL; *book is NULL where there is none). */
MUST_CHECK enum err input_config_read(struct config *out,
    struct input_book **book, const char *path);

#endif
