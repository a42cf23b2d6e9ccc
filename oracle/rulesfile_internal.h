/* oracle/rulesfile_internal.h - the rooms of the rules reader: the tables of
 * its sections, and the lists and names that no table can read. */
#ifndef ORACLE_RULESFILE_INTERNAL_H
#define ORACLE_RULESFILE_INTERNAL_H

#include "oracle/rulesfile.h"
#include "oracle/schema.h"

#define RULESFILE_METHOD_OWN (METHOD_ES + 1u)	/* each vault's own */

/* What a file is read into: the rules, and what is understood after them. */
struct rules_row {
	struct rules rules;
	bool has_method;
	uint32_t method;
	const struct doc_node *preset_node, *profile_node;
	const struct doc_node *grid, *tails, *skews, *common;
	const struct doc_node *buckets, *gamma;
	const struct doc_node *ages;
	const struct doc_node *floors;
};

extern const struct schema_key RULESFILE_KEYS[];
extern const struct schema_key RULESFILE_SHOCK_KEYS[];
extern const struct schema_key RULESFILE_BUCKET_KEYS[];

/* rulesfile_lists.c: the lists that a row kept, into row->rules. */
void rulesfile_shocks_read(struct schema *s, struct rules_row *row);
void rulesfile_greeks_read(struct schema *s, struct rules_row *row);
void rulesfile_ages_read(struct schema *s, struct rules_row *row);
void rulesfile_floors_read(struct schema *s, struct rules_row *row);

#endif
