#include "oracle/book_pin.h"

#include "oracle/input.h"

#include <stdlib.h>

/* The assets and rules; of the vaults that they are in order. */
static enum err
pin_fill(struct book_pin *out, struct book *b, struct bookfile_names *names,
    struct bookfile *f, uint32_t vaults_max)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	const struct bookfile_sink nobody = { .vaults_max = vaults_max };
	struct book_pin pin;
	size_t blob_len;
	enum err e = input_book_place(b, f, 0);

	if (e == ERR_OK)
		e = bookfile_each(f, b, names, &nobody);
	if (e == ERR_OK)
		e = bookfile_rules_blob(blob, &blob_len, &pin.rules_hash, b);
	if (e != ERR_OK)
		return e;
	pin.id = b->id;
	pin.asset_count = (uint32_t)b->asset_count;
	pin.chain_id = b->chain_id;
	*out = pin;
	return ERR_OK;
}

enum err
book_pin_read(struct book_pin *out, const char *text, size_t len,
    const char *file, uint32_t vaults_max)
{
	struct bookfile_names *names = calloc(1, sizeof(*names));
	struct book *b = calloc(1, sizeof(*b));
	struct bookfile *f = NULL;
	enum err e = ERR_LIMIT;

	if (names && b)
		e = bookfile_open(&f, text, len, file, stderr);
	if (e == ERR_OK)
		e = pin_fill(out, b, names, f, vaults_max);
	if (b)
		input_book_arrays_free(b);
	bookfile_close(f);
	free(names);
	free(b);
	return e;
}
