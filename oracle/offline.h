/* oracle/offline.h - a book and a market from files, evaluated as the service
 * would: what `attest` makes and `verify` recomputes. */
#ifndef ORACLE_OFFLINE_H
#define ORACLE_OFFLINE_H

#include "oracle/input.h"
#include "oracle/machine_snapshot.h"

struct offline {
	struct input_book *input;
	struct input_market *market;
	struct machine_snapshot *snapshot;	/* NULL before evaluation */
	struct b32 inputs_hash;
};

/* offline_read reads both files; complaints go to standard error.  ERR_REFUSED
 * where the book is more than plain, which `command` does not compute.
 * inputs_hash = keccak256(keccak256(book's text) || keccak256(market's)). */
MUST_CHECK enum err offline_read(struct offline *out, const char *book_path,
    const char *market_path, const char *command);
/* offline_evaluate may be called again for another instant. */
MUST_CHECK enum err offline_evaluate(struct offline *o, uint64_t as_of_ms);
/* offline_header fills all but sequence and validUntil; the block hash of a
 * file is zero. */
void offline_header(struct attestation *a, const struct offline *o);
void offline_close(struct offline *o);

#endif
