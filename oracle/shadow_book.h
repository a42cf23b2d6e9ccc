/* oracle/shadow_book.h - what two engines make of their books: the states of
 * vaults, vaults that only one has, marks of instruments. */
#ifndef ORACLE_SHADOW_BOOK_H
#define ORACLE_SHADOW_BOOK_H

#include "oracle/shadow_state.h"

/* shadow_book_place: room for a life's vaults and marks; ERR_LIMIT.
 * shadow_book_compare: a comparison of them; what is found stays until
 * shadow_book_free. */
MUST_CHECK enum err shadow_book_place(struct shadow *s);
void shadow_book_compare(struct shadow *s, uint64_t now_ms);
void shadow_book_free(struct shadow *s);

#endif
