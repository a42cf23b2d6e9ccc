/* oracle/doc.h - a small document: maps, lists and scalars of a YAML or JSON
 * text, each with the line and column where it stands.
 *
 * A text whose first character is { or [ is JSON and read strictly
 * (base/json); everything else is YAML (libyaml): one document, no anchors,
 * aliases or tags.  Scalars stay text; what they mean is the schema's to say.
 * A key that stands twice is an error.  One long list of a JSON text may stay
 * text (doc_read_parts): its items are read one at a time.
 *
 * Owns:   the nodes and, for YAML, copies of the text; JSON without escapes is
 *         not copied, so the text must outlive the document.
 * Limits: DOC_DEPTH_MAX levels, DOC_NODES_MAX nodes in memory at a time,
 *         DOC_KEYS_MAX keys a map, DOC_SCALAR_MAX bytes a scalar.
 */
#ifndef ORACLE_DOC_H
#define ORACLE_DOC_H

#include "base/types.h"

#include <stdio.h>

#define DOC_DEPTH_MAX 16u
#define DOC_NODES_MAX (16u * 1024u * 1024u)
#define DOC_KEYS_MAX 4096u	/* a mark for every instrument */
#define DOC_SCALAR_MAX (128u * 1024u)
#define DOC_ERRORS_MAX 50u	/* messages printed; the rest is counted */

enum doc_kind { DOC_SCALAR, DOC_MAP, DOC_LIST };

struct doc_node {
	enum doc_kind kind;
	bool is_quoted;		/* a scalar that can only be text */
	uint32_t line, column;	/* of the value, from 1 */
	uint32_t key_line, key_column;
	uint32_t key_len, text_len;
	const char *key;	/* in a map; not NUL-terminated */
	const char *text;	/* of a scalar; not NUL-terminated */
	uint32_t count;		/* children */
	uint32_t first, next;	/* indices; 0: none */
};

struct doc;

/* Where complaints about one file go. */
struct doc_errors {
	const char *file;
	FILE *out;		/* NULL: count only */
	unsigned count;
	uint32_t line_before;	/* lines of the file before this document */
};
/* doc_error prints file:line:column: text; beyond DOC_ERRORS_MAX it only
 * counts. */
void doc_error(struct doc_errors *e, uint32_t line, uint32_t column,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* doc_error_at: at a node's value. */
void doc_error_at(struct doc_errors *e, const struct doc_node *n,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* doc_errors_end says how many were not printed; ERR_SYNTAX if there was any
 * error. */
MUST_CHECK enum err doc_errors_end(const struct doc_errors *e);

/* doc_read builds the document, or says in `errors` what stops it: ERR_SYNTAX,
 * ERR_LIMIT.  Keys that stand twice are reported and left out, and the
 * document is built (errors->count tells). */
MUST_CHECK enum err doc_read(struct doc **out, const char *text, size_t len,
    struct doc_errors *errors);
void doc_free(struct doc *d);		/* accepts NULL */

/* The list that the root map has under `key`, its items kept as text. */
struct doc_parts {
	const char *key;
	/* Hears of each item once, in the order of the text, of one that stays
	 * text only during the call; d is for n's children. */
	void (*each)(void *arg, const struct doc *d, const struct doc_node *n);
	void *arg;
};
/* doc_read_parts is doc_read, with the same complaints, but of a JSON text it
 * keeps no nodes for the items of one list: it checks each as a document of
 * its own and counts it (doc_first of the list is NULL).  doc_items reads them
 * again.  Of a YAML text the list is a list like others. */
MUST_CHECK enum err doc_read_parts(struct doc **out, const char *text,
    size_t len, struct doc_errors *errors, const struct doc_parts *parts);

/* A walk over the items of a list, whether they were kept or not:
 *	doc_items_begin(&i, d, list);
 *	while ((n = doc_items_next(&i)) != NULL)
 *		doc_first(i.doc, n) ...
 * Of a list kept as text an item lives until the next step, and there is one
 * walk at a time. */
struct doc_items {
	const struct doc *doc;		/* of the item that was given last */
	const struct doc *whole;	/* the list's */
	const struct doc_node *next;	/* of a list with nodes */
	bool is_text;
	bool failed;			/* it ended early: no memory */
};
void doc_items_begin(struct doc_items *i, const struct doc *d,
    const struct doc_node *list);
const struct doc_node *doc_items_next(struct doc_items *i);

/* doc_root is NULL for an empty YAML text. */
const struct doc_node *doc_root(const struct doc *d);
/* Children in the order of the text; NULL at the end. */
const struct doc_node *doc_first(const struct doc *d,
    const struct doc_node *n);
const struct doc_node *doc_next(const struct doc *d,
    const struct doc_node *n);
/* doc_find: the child of a map with this key, or NULL. */
const struct doc_node *doc_find(const struct doc *d,
    const struct doc_node *map, const char *key);

/* doc_is_null: an unquoted null, ~ or nothing at all. */
bool doc_is_null(const struct doc_node *n);
/* doc_text_is compares a scalar's text with a word. */
bool doc_text_is(const struct doc_node *n, const char *word);
/* doc_kind_name: "a text", "a map", "a list". */
const char *doc_kind_name(enum doc_kind k);

#endif
