#include "oracle/name_index.h"

#include "base/must.h"
#include "oracle/suggest.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static uint32_t
name_hash(const char *name, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

enum err
name_index_init(struct name_index *x, const char *names, size_t stride,
    uint32_t rows)
{
	uint32_t size = 2;

	while (size < 2 * (uint64_t)rows)
		size *= 2;
	memset(x, 0, sizeof(*x));
	x->entry = calloc(size, sizeof(*x->entry));
	if (!x->entry)
		return ERR_LIMIT;
	x->names = names;
	x->stride = stride;
	x->mask = size - 1;
	return ERR_OK;
}

void
name_index_free(struct name_index *x)
{
	free(x->entry);
	memset(x, 0, sizeof(*x));
}

static const char *
name_at(const struct name_index *x, uint32_t row)
{
	return x->names + row * x->stride;
}

/* It ends: the table is at most half full. */
static uint32_t
entry_probe(const struct name_index *x, const char *name, size_t len)
{
	uint32_t at = name_hash(name, len) & x->mask;

	while (x->entry[at] != 0) {
		const char *known = name_at(x, x->entry[at] - 1);

		if (strlen(known) == len && memcmp(known, name, len) == 0)
			break;
		at = (at + 1) & x->mask;
	}
	return at;
}

bool
name_index_find(const struct name_index *x, uint32_t *out, const char *name,
    size_t len)
{
	uint32_t at;

	if (!x->entry || len == 0)
		return false;
	at = entry_probe(x, name, len);
	if (x->entry[at] == 0)
		return false;
	*out = x->entry[at] - 1;
	return true;
}

void
name_index_add(struct name_index *x)
{
	const char *name = name_at(x, x->count);

	MUST(2 * (uint64_t)x->count <= x->mask);
	x->entry[entry_probe(x, name, strlen(name))] = ++x->count;
}

const char *
name_index_nearest(const struct name_index *x, const char *name, size_t len)
{
	struct suggest nearest = { 0 };

	if (len > 0)
		for (uint32_t i = 0; i < x->count; i++)
			suggest_offer(&nearest, name, len, name_at(x, i));
	return nearest.best;
}
