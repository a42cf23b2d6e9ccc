#include "oracle/book_pin.h"

#include "oracle/bookfile.h"

#include <stdlib.h>

enum err
book_pin_read(struct book_pin *out, const char *text, size_t len,
    const char *file, uint32_t vaults_max)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	struct bookfile_names *names = calloc(1, sizeof(*names));
	struct book *b = calloc(1, sizeof(*b));
	struct vault *vaults = calloc(vaults_max, sizeof(*vaults));
	uint32_t *hash = calloc(2u * (size_t)vaults_max, sizeof(*hash));
	struct book_pin pin;
	size_t blob_len;
	enum err e = ERR_LIMIT;

	if (names && b && vaults && hash) {
		book_init(b, vaults, hash, vaults_max);
		e = bookfile_read(b, names, text, len, file, stderr);
		if (e == ERR_OK)
			e = bookfile_rules_blob(blob, &blob_len,
			    &pin.rules_hash, b);
		pin.id = b->id;
		pin.asset_count = (uint32_t)b->asset_count;
		pin.chain_id = b->chain_id;
	}
	if (e == ERR_OK)
		*out = pin;
	free(names);
	free(b);
	free(vaults);
	free(hash);
	return e;
}
