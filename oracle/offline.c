#include "oracle/offline.h"

#include "base/keccak.h"

#include <stdlib.h>
#include <string.h>

enum err
offline_read(struct offline *out, const char *book_path,
    const char *market_path, const char *command)
{
	struct b32 book_hash, market_hash;
	enum err e;

	memset(out, 0, sizeof(*out));
	e = input_book_read(&out->input, &book_hash, book_path, 0);
	if (e != ERR_OK)
		return e;
	e = input_book_require_plain(&out->input->book, book_path, command);
	if (e == ERR_OK)
		e = input_market_read(&out->market, &market_hash, out->input,
		    market_path);
	if (e != ERR_OK) {
		offline_close(out);
		return e;
	}
	keccak256_pair(&out->inputs_hash, &book_hash, &market_hash);
	return ERR_OK;
}

enum err
offline_evaluate(struct offline *o, uint64_t as_of_ms)
{
	enum err e;

	machine_snapshot_free(o->snapshot);
	o->snapshot = NULL;
	e = machine_snapshot_create(&o->snapshot, &o->input->book,
	    &o->market->market,
	    as_of_ms);
	if (e != ERR_OK)
		fprintf(stderr, "margind: no memory for %u vaults\n",
		    o->input->book.vault_count);
	return e;
}

void
offline_header(struct attestation *a, const struct offline *o)
{
	machine_snapshot_header(a, o->snapshot);
	a->block_number = o->input->names.block_number;
	memset(&a->block_hash, 0, sizeof(a->block_hash));
	a->inputs_hash = o->inputs_hash;
}

void
offline_close(struct offline *o)
{
	machine_snapshot_free(o->snapshot);
	input_market_free(o->market);
	input_book_free(o->input);
	memset(o, 0, sizeof(*o));
}
