/* oracle/input.h - the files that commands share: a book with its vaults, a
 * market, a config.  Errors go to standard error, with their place. */
#ifndef ORACLE_INPUT_H
#define ORACLE_INPUT_H

#include "oracle/bookfile.h"
#include "oracle/config.h"
#include "oracle/rulesfile.h"

struct input_book {
	struct book book;
	struct bookfile_names names;
	uint32_t position_room;	/* places in book.positions: POSITIONS_MAX more
				 * than the file has, for margin/whatif.h */
};

/* input_book_read reads a book file with arrays of its own, freed by
 * input_book_free.  vaults_max 0: as many places as it needs.  hash, which may
 * be NULL, takes keccak256 of the file's text. */
MUST_CHECK enum err input_book_read(struct input_book **out, struct b32 *hash,
    const char *path, uint32_t vaults_max);
void input_book_free(struct input_book *b);	/* accepts NULL */

/* input_book_require_plain: ERR_REFUSED, said to standard error, where the book
 * read from path needs more than ratio vaults of tokens (book_is_plain), which
 * `command` does not compute. */
MUST_CHECK enum err input_book_require_plain(const struct book *b,
    const char *path, const char *command);

struct input_market {
	struct market market;	/* its terms are the ones below */
	struct marketfile_terms terms;
};

/* input_market_read reads a market file into memory of its own, freed by
 * input_market_free. */
MUST_CHECK enum err input_market_read(struct input_market **out,
    struct b32 *hash, const struct input_book *b, const char *path);
void input_market_free(struct input_market *m);	/* accepts NULL */

/* input_rules_read: rules_default where path is NULL. */
MUST_CHECK enum err input_rules_read(struct rules *out, const char *path);

/* input_book_is_for_run: input_book_require_plain of the book that a config
 * names; true where it names none. */
bool input_book_is_for_run(const struct input_book *b,
    const struct config *c);

/* input_config_read reads a config and, where it names one, binds its book
 * file's assets (book may be NULL; *book is NULL where there is none). */
MUST_CHECK enum err input_config_read(struct config *out,
    struct input_book **book, const char *path);

#endif
