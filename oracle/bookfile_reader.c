#include "oracle/bookfile_reader.h"

#include "oracle/suggest.h"

bool
book_list_is(struct book_reader *r, const struct doc_node *n, const char *what)
{
	if (n->kind == DOC_LIST)
		return true;
	doc_error_at(r->schema.errors, n, "`%s`: %s where a list is expected",
	    what, doc_kind_name(n->kind));
	return false;
}

bool
book_name_find(struct book_reader *r, uint32_t *out,
    const struct name_index *index, const char *what,
    const struct doc_node *at, const char *name, size_t len)
{
	char hint[SCHEMA_HINT_BUF];

	if (name_index_find(index, out, name, len))
		return true;
	doc_error_at(r->schema.errors, at, "unknown %s `%.*s`%s", what,
	    (int)len, name ? name : "", schema_hint(hint,
	    schema_may_hint(&r->schema) ?
	    name_index_nearest(index, name, len) : NULL));
	return false;
}
