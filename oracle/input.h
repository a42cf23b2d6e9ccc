/* oracle/input.h - the files that commands share: a book with its vaults, a
 * market, a config.  Errors go to standard error, with their place. */
#ifndef ORACLE_INPUT_H
#define ORACLE_INPUT_H

#include "oracle/bookfile.h"
#include "oracle/config.h"
#include "oracle/rulesfile.h"

/* What a book has that the service does not compute. */
struct input_excess {
	const char *what;		/* NULL: nothing, the book is plain */
	char vault[BOOK_NAME_MAX];	/* whose it is; empty: the book's */
};

struct input_book {
	struct book book;
	struct bookfile_names names;
	struct input_excess excess;	/* of input_config_read only */
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

/* input_book_require_service: the same for what the service computes
 * (oracle/portfolio.h) with the places of a config. */
MUST_CHECK enum err input_book_require_service(const struct book *b,
    const struct bookfile_names *names, const struct config *places,
    const char *path, const char *command);

/* input_book_place places what a file has, with POSITIONS_MAX more positions,
 * and `capacity` places for vaults.  0, for input_book_scan and bookfile_each:
 * no vaults, and positions and orders of one at a time.  All are freed by
 * input_book_arrays_free.  ERR_LIMIT. */
MUST_CHECK enum err input_book_place(struct book *b, const struct bookfile *f,
    uint32_t capacity);
void input_book_arrays_free(struct book *b);
/* input_book_scan is bookfile_each for the service: it keeps the book's assets
 * and the first thing that is too much for it, and no vault.  More vaults than
 * the config has places for are errors, more with positions an excess. */
MUST_CHECK enum err input_book_scan(struct book *b,
    struct bookfile_names *names, struct input_excess *excess,
    struct bookfile *f, const struct config *places);
/* input_excess_refuse: ERR_REFUSED, said as by input_book_require_plain, where
 * there is an excess. */
MUST_CHECK enum err input_excess_refuse(const struct input_excess *excess,
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

/* input_book_is_for_run: input_excess_refuse of the book that a config names;
 * true where it names none. */
bool input_book_is_for_run(const struct input_book *b,
    const struct config *c);

/* input_config_check: as input_config_read, of a config that is to be in force
 * from now on (config_read_at). */
MUST_CHECK enum err input_config_check(struct config *out,
    struct input_book **book, const char *path);
/* input_config_read reads a config and, where it names one, checks its book
 * file as the service reads it and binds its assets (book may be NULL; *book is
 * NULL where there is none).  The book has no vaults, only its excess. */
MUST_CHECK enum err input_config_read(struct config *out,
    struct input_book **book, const char *path);

#endif
