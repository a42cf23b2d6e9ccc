/* oracle/name_index.h - the names of a file to their numbers, without a walk
 * through all of them.
 *
 * The names are NUL-terminated and stand in a table of the caller's, `stride`
 * bytes apart; a name's number is its row.
 * Owns:   its hash table, placed by name_index_init.
 */
#ifndef ORACLE_NAME_INDEX_H
#define ORACLE_NAME_INDEX_H

#include "base/types.h"

struct name_index {
	const char *names;
	size_t stride;
	uint32_t *entry;	/* row + 1; 0: empty */
	uint32_t mask;
	uint32_t count;
};

/* name_index_init makes an empty index over a table that will get at most
 * `rows` rows.  ERR_LIMIT: no memory. */
MUST_CHECK enum err name_index_init(struct name_index *x, const char *names,
    size_t stride, uint32_t rows);
void name_index_free(struct name_index *x);	/* accepts a zeroed one */
bool name_index_find(const struct name_index *x, uint32_t *out,
    const char *name, size_t len);
/* name_index_add takes in the table's row number x->count, which is filled. */
void name_index_add(struct name_index *x);
/* name_index_nearest: the name that was probably meant, or NULL. */
const char *name_index_nearest(const struct name_index *x, const char *name,
    size_t len);

#endif
