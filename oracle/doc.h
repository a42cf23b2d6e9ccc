/* oracle/doc.h - a small document: maps, lists and scalars of a YAML or JSON
 * text, each with the line and column where it stands.
 *
 * A text whose first character is { or [ is JSON and read strictly (base/json:
 * fast enough for books of 100,000 vaults); everything else is YAML (libyaml):
 * one document, no anchors, aliases or tags.  Scalars stay text; what they
 * mean is the schema's to say.  A key that stands twice is an error.
 *
 * Owns:   the nodes and, for YAML, copies of the text; JSON without escapes is
 *         not copied, so the text must outlive the document.
 * Limits: DOC_DEPTH_MAX levels, DOC_NODES_MAX nodes, DOC_KEYS_MAX keys a map,
 *         DOC_SCALAR_MAX bytes a scalar.
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
