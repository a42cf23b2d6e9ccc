/* oracle/schema.h - what the keys of a file are: one table for reading it,
 * for its error messages and for `margind config explain`.
 *
 * A table is an array of struct schema_key that ends with a nameless row.
 * Values are text of the forms below; nothing goes through floating point.
 * Every error of a map is reported; fields of wrong values are left alone.
 */
#ifndef ORACLE_SCHEMA_H
#define ORACLE_SCHEMA_H

#include "oracle/doc.h"

enum schema_type {
	SCHEMA_TEXT,		/* char[size]: no control characters */
	SCHEMA_WHOLE,		/* uint of `size` bytes: 42 */
	SCHEMA_DURATION,	/* uint64_t ms: 500ms, 2.5s, 3m, 1h */
	SCHEMA_PERCENT,		/* ppb: 2%, 0.25% */
	SCHEMA_FACTOR,		/* ppb: 0.825 */
	SCHEMA_BYTES,		/* uint64_t: 4096, 64KiB, 64MiB, 1GiB */
	SCHEMA_WEI,		/* u128: 100 gwei, 0.5 eth, 7 wei */
	SCHEMA_DECIMAL,		/* u128 below 2^127 with 18 decimals: 2000.5 */
	SCHEMA_SIGNED,		/* i128 with 18 decimals: -0.04 */
	SCHEMA_MEASURE,		/* the same, to nearest: -1.2e-05 */
	SCHEMA_BOOL,		/* bool: true, false */
	SCHEMA_CHOICE,		/* an enum of 4 bytes: index into words */
	SCHEMA_ADDRESS,		/* struct addr: 0x and 40 digits */
	SCHEMA_INSTANT,		/* uint64_t: RFC 3339 or Unix ms */
	SCHEMA_SECTION,		/* a map of its own keys, in the same struct */
	SCHEMA_CUSTOM,		/* read by the row's own function */
};

struct schema;
struct schema_key;
typedef void (*schema_read_fn)(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);

struct schema_key {
	const char *name;	/* NULL ends the table */
	enum schema_type type;
	const char *fallback;	/* as it would be written; NULL: see below */
	bool is_optional;	/* no fallback and not required */
	size_t offset;		/* of the field in the struct */
	size_t size;		/* of the field */
	size_t has;		/* 1 + offset of a bool "it is there", or 0 */
	uint64_t min, max;	/* of the number as stored, of SCHEMA_SIGNED as
				 * an int64_t in 1e-9; 0, 0: any */
	bool is_nonzero;	/* of a number: zero is refused */
	const struct schema_key *keys;	/* of a section; of list items and
					 * map values for the explanation */
	const char *const *words;
	schema_read_fn read;
	const char *shape;	/* overrides the type's name in texts */
	const char *help;	/* one line */
};

/* Where a row's value goes: a member of a struct, and a bool of it. */
#define SCHEMA_ROW(type, member) .offset = offsetof(struct type, member), \
	.size = sizeof(((struct type *)0)->member)
#define SCHEMA_HAS(type, member) .has = offsetof(struct type, member) + 1

/* A reading in progress. */
struct schema {
	const struct doc *doc;
	struct doc_errors *errors;
	void *root;		/* for the rows' own functions */
};

/* schema_read_map reads a map's keys into base; `what` names the map in
 * messages ("an asset").  Anything but a map is an error. */
void schema_read_map(struct schema *s, const struct doc_node *map,
    const struct schema_key *keys, void *base, const char *what);
/* schema_apply_fallbacks sets what a map without any key would give; rows that
 * are required stay alone. */
void schema_apply_fallbacks(const struct schema_key *keys, void *base);
/* schema_read_value reads one scalar into a row's field. */
bool schema_read_value(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
/* schema_keep_node is the `read` of a row whose field is the node itself, read
 * after its map. */
void schema_keep_node(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
/* schema_unknown reports a key that no table has. */
void schema_unknown(struct schema *s, const struct schema_key *keys,
    const struct doc_node *n);
/* schema_may_hint: false once so many errors were printed that nobody reads a
 * hint more; looking for it in a long list takes time. */
bool schema_may_hint(const struct schema *s);
/* schema_hint writes " (did you mean `x`?)" or nothing. */
#define SCHEMA_HINT_BUF 128u
const char *schema_hint(char out[SCHEMA_HINT_BUF], const char *best);

/* schema_explain prints a few lines a key: path, form, default, help.  Where
 * defaults is not NULL it is a struct whose fields are the defaults of optional
 * keys. */
void schema_explain(FILE *out, const struct schema_key *keys,
    const char *prefix, const void *defaults);
const char *schema_type_name(enum schema_type t);

#endif
