/* oracle/book_pin.h - what a role pins of the book's text: who it is, and which
 * rules; for those that do not value vaults. */
#ifndef ORACLE_BOOK_PIN_H
#define ORACLE_BOOK_PIN_H

#include "base/types.h"

struct book_pin {
	struct b32 id;
	struct b32 rules_hash;
	uint32_t asset_count;
	uint64_t chain_id;
};

/* book_pin_read reads the text of a book file (its name is for messages, which
 * go to standard error).  ERR_LIMIT: more vaults than vaults_max, or no memory;
 * else as bookfile_read. */
MUST_CHECK enum err book_pin_read(struct book_pin *out, const char *text,
    size_t len, const char *file, uint32_t vaults_max);

#endif
