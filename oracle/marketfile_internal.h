/* oracle/marketfile_internal.h - the two rooms of the market reader: prices and
 * the file; what instruments need besides. */
#ifndef ORACLE_MARKETFILE_INTERNAL_H
#define ORACLE_MARKETFILE_INTERNAL_H

#include "oracle/bookfile.h"
#include "oracle/schema.h"

struct market_reader {
	struct schema schema;
	struct market *market;
	struct marketfile_terms *terms;	/* never NULL */
	const struct book *book;
	const struct bookfile_names *names;
};

/* Maps by name; NULL where the file lacks them. */
struct market_lists {
	const struct doc_node *marks, *forwards, *surfaces, *rates, *returns,
	    *open_interest;
};

/* market_key_is: whether a node's key is that name. */
bool market_key_is(const struct doc_node *n, const char *name);

/* marketfile_terms.c */
extern const struct schema_key MARKETFILE_FORWARD_KEYS[];
extern const struct schema_key MARKETFILE_SLICE_KEYS[];
extern const struct schema_key MARKETFILE_RATE_KEYS[];
void market_lists_read(struct market_reader *r,
    const struct market_lists *lists);

#endif
