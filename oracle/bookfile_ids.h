/* oracle/bookfile_ids.h - the vaults of a book file by id, without the vaults:
 * which ids there are, and what the file calls them.
 *
 * A vault's row is its number in the file.  An id is keccak256 of its name, so
 * the names, packed, are all that is kept; what is found by a short hash is
 * compared whole.
 * Owns:   its three arrays, placed by bookfile_ids_init.
 * Limits: the rows and bytes that it is made for; a row takes 20 to 36 bytes
 *         and the name with its NUL.
 */
#ifndef ORACLE_BOOKFILE_IDS_H
#define ORACLE_BOOKFILE_IDS_H

#include "base/types.h"

struct bookfile_ids {
	struct bookfile_ids_entry {
		uint32_t hash;
		uint32_t row;		/* plus one; 0: empty */
	} *entry;
	uint32_t *name_at;		/* by row */
	char *names;			/* NUL-terminated, one after the other */
	uint32_t mask, count, rows_max;
	uint32_t names_len, names_max;
};

/* bookfile_ids_init makes an empty table for at most `rows` names of
 * names_len bytes in all, NULs included.  ERR_LIMIT: no memory. */
MUST_CHECK enum err bookfile_ids_init(struct bookfile_ids *x, uint32_t rows,
    uint32_t names_len);
void bookfile_ids_free(struct bookfile_ids *x);	/* accepts a zeroed one */
/* bookfile_ids_add takes the next row.  name_id made id of name.
 * ERR_DUPLICATE: it is there; ERR_LIMIT: more rows or bytes than it has. */
MUST_CHECK enum err bookfile_ids_add(struct bookfile_ids *x,
    const struct b32 *id, const char *name, size_t len);
/* bookfile_ids_find: the row of an id; false: none. */
bool bookfile_ids_find(const struct bookfile_ids *x, uint32_t *row,
    const struct b32 *id);
/* bookfile_ids_name: of a row that is there (MUST). */
const char *bookfile_ids_name(const struct bookfile_ids *x, uint32_t row);

#endif
