#include "oracle/bookfile_ids.h"

#include "base/must.h"
#include "contracts-abi/attest.h"
#include "margin/book.h"

#include <stdlib.h>
#include <string.h>

enum err
bookfile_ids_init(struct bookfile_ids *x, uint32_t rows, uint32_t names_len)
{
	size_t size = 2;

	while (size < 2 * (size_t)rows)
		size *= 2;
	memset(x, 0, sizeof(*x));
	x->entry = calloc(size, sizeof(*x->entry));
	x->name_at = calloc((size_t)rows + 1, sizeof(*x->name_at));
	x->names = malloc((size_t)names_len + 1);
	if (!x->entry || !x->name_at || !x->names || rows > BOOK_VAULTS_MAX) {
		bookfile_ids_free(x);
		return ERR_LIMIT;
	}
	x->mask = (uint32_t)(size - 1);
	x->rows_max = rows;
	x->names_max = names_len;
	return ERR_OK;
}

void
bookfile_ids_free(struct bookfile_ids *x)
{
	free(x->entry);
	free(x->name_at);
	free(x->names);
	memset(x, 0, sizeof(*x));
}

const char *
bookfile_ids_name(const struct bookfile_ids *x, uint32_t row)
{
	MUST(row < x->count);
	return x->names + x->name_at[row];
}

static bool
name_is(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && memcmp(known, name, len) == 0;
}

static bool
name_has_id(const char *known, const struct b32 *id)
{
	struct b32 found;

	name_id(&found, known, strlen(known));
	return b32_equal(&found, id);
}

/* entry_probe: the entry that holds the id, or the empty one where it belongs.
 * name is NULL where only the id is known.  It ends: the table is at most half
 * full. */
static uint32_t
entry_probe(const struct bookfile_ids *x, const struct b32 *id,
    const char *name, size_t len)
{
	uint32_t hash = book_hash_id(id), at = hash & x->mask;

	for (; x->entry[at].row != 0; at = (at + 1) & x->mask) {
		const char *known;

		if (x->entry[at].hash != hash)
			continue;
		known = bookfile_ids_name(x, x->entry[at].row - 1);
		if (name ? name_is(known, name, len) : name_has_id(known, id))
			break;
	}
	return at;
}

enum err
bookfile_ids_add(struct bookfile_ids *x, const struct b32 *id,
    const char *name, size_t len)
{
	uint32_t at = entry_probe(x, id, name, len);

	if (x->entry[at].row != 0)
		return ERR_DUPLICATE;
	if (x->count == x->rows_max || len >= x->names_max - x->names_len)
		return ERR_LIMIT;
	memcpy(x->names + x->names_len, name, len);
	x->names[x->names_len + len] = '\0';
	x->name_at[x->count] = x->names_len;
	x->names_len += (uint32_t)len + 1;
	x->entry[at] = (struct bookfile_ids_entry){ book_hash_id(id),
		++x->count };
	return ERR_OK;
}

bool
bookfile_ids_find(const struct bookfile_ids *x, uint32_t *row,
    const struct b32 *id)
{
	uint32_t at;

	if (!x->entry)
		return false;
	at = entry_probe(x, id, NULL, 0);
	if (x->entry[at].row == 0)
		return false;
	*row = x->entry[at].row - 1;
	return true;
}
