/* The tree and its building: two readers, JSON and YAML, feed one builder.  A
 * list that stays text is built item by item, twice: when the text is checked
 * and when somebody walks the list. */
#include "oracle/doc.h"

#include "base/json.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <yaml.h>

#define NODES_FIRST 1024u
#define JSON_SECOND_MAX (64u * 1024u * 1024u)
#define ARENA_BLOCK (64u * 1024u)

struct arena {
	struct arena *next;
	size_t used, size;
	char bytes[];
};

struct doc {
	struct doc_node *node;		/* [0] is unused */
	uint32_t count, capacity;
	struct arena *arena;
	struct parts *parts;		/* NULL: no list stays text */
};

/* Where the next node goes. */
struct place {
	uint32_t parent;	/* 0: the root */
	uint32_t last;		/* its last child, 0: none yet */
};

struct builder {
	struct doc *doc;
	struct doc_errors *errors;
	struct place place[DOC_DEPTH_MAX + 1];
	unsigned depth;		/* open maps and lists */
	bool has_key;
	const char *key;
	uint32_t key_len, key_line, key_column;
};

struct json_reader {
	struct builder *b;
	struct json j;
	const char *seen;	/* counted up to here */
	uint32_t line, column;
};

/* The list that stays text. */
struct parts {
	struct doc_parts told;
	uint32_t list;			/* its node; 0: the text has none */
	struct json_reader from;	/* before its first item */
	struct doc item;		/* the one item that is in memory */
	/* Of a walk: what there is to complain of was said before. */
	struct json_reader at;
	struct builder builder;
	struct doc_errors unheard;
};

/* ---- errors ------------------------------------------------------------- */

__attribute__((format(printf, 4, 0)))
static void
error_print(struct doc_errors *e, uint32_t line, uint32_t column,
    const char *format, va_list args)
{
	char text[512];

	if (++e->count > DOC_ERRORS_MAX || !e->out)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	/* What is quoted from the file must not reach a terminal raw. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fprintf(e->out, "%s:%u:%u: %s\n", e->file, e->line_before + line,
	    column, text);
}

void
doc_error(struct doc_errors *e, uint32_t line, uint32_t column,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_print(e, line, column, format, args);
	va_end(args);
}

void
doc_error_at(struct doc_errors *e, const struct doc_node *n,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_print(e, n->line, n->column, format, args);
	va_end(args);
}

enum err
doc_errors_end(const struct doc_errors *e)
{
	if (e->count > DOC_ERRORS_MAX && e->out)
		fprintf(e->out, "%s: and %u errors more\n", e->file,
		    e->count - DOC_ERRORS_MAX);
	return e->count == 0 ? ERR_OK : ERR_SYNTAX;
}

/* ---- building ----------------------------------------------------------- */

static char *
arena_take(struct doc *d, size_t len)
{
	struct arena *a = d->arena;
	size_t size = len > ARENA_BLOCK ? len : ARENA_BLOCK;

	if (!a || a->size - a->used < len) {
		a = malloc(sizeof(*a) + size);
		if (!a)
			return NULL;
		a->next = d->arena;
		a->used = 0;
		a->size = size;
		d->arena = a;
	}
	a->used += len;
	return a->bytes + a->used - len;
}

static enum err
node_new(struct doc *d, uint32_t *out)
{
	if (d->count == DOC_NODES_MAX)
		return ERR_LIMIT;
	if (d->count == d->capacity) {
		uint32_t capacity = d->capacity ? d->capacity * 2 :
		    NODES_FIRST;
		struct doc_node *grown = realloc(d->node,
		    (size_t)capacity * sizeof(*grown));

		if (!grown)
			return ERR_LIMIT;
		d->node = grown;
		d->capacity = capacity;
	}
	*out = d->count++;
	memset(&d->node[*out], 0, sizeof(d->node[*out]));
	return ERR_OK;
}

/* doc_empty forgets all nodes and keeps their memory for the next ones. */
static enum err
doc_empty(struct doc *d)
{
	uint32_t unused;

	while (d->arena && d->arena->next) {
		struct arena *next = d->arena->next;

		free(d->arena);
		d->arena = next;
	}
	if (d->arena)
		d->arena->used = 0;
	d->count = 0;
	return node_new(d, &unused);
}

static bool
key_is_taken(const struct doc *d, uint32_t map, const char *key, size_t len)
{
	for (uint32_t i = d->node[map].first; i != 0; i = d->node[i].next)
		if (d->node[i].key_len == len &&
		    memcmp(d->node[i].key, key, len) == 0)
			return true;
	return false;
}

/* build_add hangs a new node into the tree.  One whose key is there already is
 * reported, made, and not hung: what lies below it is still read. */
static enum err
build_add(struct builder *b, enum doc_kind kind, uint32_t line,
    uint32_t column, uint32_t *out)
{
	struct place *at = &b->place[b->depth];
	struct doc *d = b->doc;
	struct doc_node *n;
	bool is_twice = b->has_key && at->parent != 0 &&
	    key_is_taken(d, at->parent, b->key, b->key_len);
	uint32_t i;
	enum err e = node_new(d, &i);

	if (e != ERR_OK) {
		doc_error(b->errors, line, column, "too many values");
		return e;
	}
	n = &d->node[i];
	n->kind = kind;
	n->line = line;
	n->column = column;
	if (b->has_key) {
		n->key = b->key;
		n->key_len = b->key_len;
		n->key_line = b->key_line;
		n->key_column = b->key_column;
		b->has_key = false;
	}
	*out = i;
	if (is_twice) {
		doc_error(b->errors, n->key_line, n->key_column,
		    "key `%.*s` stands twice", (int)n->key_len, n->key);
		return ERR_OK;
	}
	if (at->parent != 0) {
		struct doc_node *parent = &d->node[at->parent];

		if (parent->kind == DOC_MAP && parent->count == DOC_KEYS_MAX) {
			doc_error(b->errors, line, column,
			    "more than %u keys in one map", DOC_KEYS_MAX);
			return ERR_LIMIT;
		}
		parent->count++;
		if (at->last != 0)
			d->node[at->last].next = i;
		else
			parent->first = i;
		at->last = i;
	}
	return ERR_OK;
}

static enum err
build_open(struct builder *b, enum doc_kind kind, uint32_t line,
    uint32_t column)
{
	uint32_t i;
	enum err e = build_add(b, kind, line, column, &i);

	if (e != ERR_OK)
		return e;
	if (b->depth == DOC_DEPTH_MAX) {
		doc_error(b->errors, line, column,
		    "more than %u levels deep", DOC_DEPTH_MAX);
		return ERR_LIMIT;
	}
	b->depth++;
	b->place[b->depth] = (struct place){ .parent = i };
	return ERR_OK;
}

static enum err
build_scalar(struct builder *b, const char *text, size_t len, bool is_quoted,
    uint32_t line, uint32_t column)
{
	uint32_t i;
	enum err e;

	if (len > DOC_SCALAR_MAX) {
		doc_error(b->errors, line, column,
		    "a value of more than %u bytes", DOC_SCALAR_MAX);
		return ERR_LIMIT;
	}
	e = build_add(b, DOC_SCALAR, line, column, &i);
	if (e != ERR_OK)
		return e;
	b->doc->node[i].text = text;
	b->doc->node[i].text_len = (uint32_t)len;
	b->doc->node[i].is_quoted = is_quoted;
	return ERR_OK;
}

static void
build_key(struct builder *b, const char *text, size_t len, uint32_t line,
    uint32_t column)
{
	b->has_key = true;
	b->key = text;
	b->key_len = (uint32_t)len;
	b->key_line = line;
	b->key_column = column;
}

/* ---- JSON --------------------------------------------------------------- */

/* json_locate moves the line and column on to `at`, which never goes back. */
static void
json_locate(struct json_reader *r, const char *at)
{
	MUST(at >= r->seen);
	for (; r->seen < at; r->seen++) {
		if (*r->seen == '\n') {
			r->line++;
			r->column = 1;
		} else if ((*r->seen & 0xc0) != 0x80) {
			r->column++;
		}
	}
}

static enum err
json_text_take(struct json_reader *r, const struct json_text *t,
    const char **out, size_t *out_len)
{
	char *copy;

	*out = t->at;
	*out_len = t->len;
	if (!t->has_escape)
		return ERR_OK;
	copy = t->len > DOC_SCALAR_MAX ? NULL :
	    arena_take(r->b->doc, t->len + 1);
	if (!copy || json_text_copy(copy, t->len + 1, t) != ERR_OK) {
		doc_error(r->b->errors, r->line, r->column,
		    "a text that cannot be unescaped");
		return ERR_SYNTAX;
	}
	*out = copy;
	*out_len = strlen(copy);
	return ERR_OK;
}

static enum err
json_scalar(struct json_reader *r, enum json_kind kind)
{
	struct json_text t = { 0 };
	const char *text;
	size_t len;
	enum err e;

	if (kind == JSON_KIND_STRING)
		json_read_string(&r->j, &t);
	else
		json_raw(&r->j, &t);
	if (r->j.error != ERR_OK)
		return r->j.error;
	e = json_text_take(r, &t, &text, &len);
	if (e != ERR_OK)
		return e;
	return build_scalar(r->b, text, len, kind == JSON_KIND_STRING,
	    r->line, r->column);
}

static enum err json_list_as_text(struct json_reader *r, bool is_known);

/* json_is_parts: the value to come is the list that stays text. */
static bool
json_is_parts(const struct builder *b, enum json_kind kind)
{
	const struct parts *p = b->doc->parts;

	return p && kind == JSON_KIND_ARRAY && b->depth == 1 && b->has_key &&
	    b->key_len == strlen(p->told.key) &&
	    memcmp(b->key, p->told.key, b->key_len) == 0;
}

/* The place of the value to come: json_kind has skipped the blanks. */
static enum err
json_value(struct json_reader *r)
{
	enum json_kind kind = json_kind(&r->j);
	unsigned before = r->b->errors->count;
	bool is_parts;
	enum err e;

	if (kind == JSON_KIND_BAD)
		return r->j.error;
	json_locate(r, r->j.at);
	if (kind != JSON_KIND_OBJECT && kind != JSON_KIND_ARRAY)
		return json_scalar(r, kind);
	is_parts = json_is_parts(r->b, kind);
	if (kind == JSON_KIND_OBJECT)
		json_enter_object(&r->j);
	else
		json_enter_array(&r->j);
	e = build_open(r->b, kind == JSON_KIND_OBJECT ? DOC_MAP : DOC_LIST,
	    r->line, r->column);
	if (e == ERR_OK && is_parts)
		/* A complaint that does not stop: the key stands twice. */
		e = json_list_as_text(r, r->b->errors->count != before);
	return e;
}

/* json_key_read: false at the map's end. */
static enum err
json_key_read(struct json_reader *r, bool *has)
{
	struct json_text key;
	const char *text;
	size_t len;
	enum err e;

	*has = json_next_key(&r->j, &key);
	if (!*has)
		return r->j.error;
	json_locate(r, key.at - 1);
	if (key.len > DOC_SCALAR_MAX) {
		doc_error(r->b->errors, r->line, r->column,
		    "a key of more than %u bytes", DOC_SCALAR_MAX);
		return ERR_LIMIT;
	}
	e = json_text_take(r, &key, &text, &len);
	if (e == ERR_OK)
		build_key(r->b, text, len, r->line, r->column);
	return e;
}

/* json_value_whole reads a value and all that lies below it. */
static enum err
json_value_whole(struct json_reader *r)
{
	struct builder *b = r->b;
	unsigned outside = b->depth;
	enum err e = json_value(r);

	while (e == ERR_OK && b->depth > outside) {
		uint32_t parent = b->place[b->depth].parent;
		bool has = true;

		if (b->doc->node[parent].kind == DOC_MAP) {
			e = json_key_read(r, &has);
		} else {
			has = json_next_item(&r->j);
			e = r->j.error;
		}
		if (e != ERR_OK)
			break;
		if (has)
			e = json_value(r);
		else
			b->depth--;
	}
	return e;
}

/* json_item reads one item as the root of a document of its own, as deep in
 * the text as it is. */
static enum err
json_item(struct json_reader *r, struct doc *item)
{
	struct builder *b = r->b;
	enum err e = doc_empty(item);

	b->doc = item;
	b->place[b->depth] = (struct place){ 0 };
	if (e == ERR_OK)
		e = json_value_whole(r);
	else
		doc_error(b->errors, r->line, r->column, "too many values");
	return e;
}

/* json_list_as_text reads the list that was opened, to its end, and keeps
 * nothing but its count and place; of one whose key is known already, not even
 * these. */
static enum err
json_list_as_text(struct json_reader *r, bool is_known)
{
	struct builder *b = r->b;
	struct doc *whole = b->doc;
	struct parts *p = whole->parts;
	uint32_t list = b->place[b->depth].parent, count = 0;
	enum err e = ERR_OK;

	if (!is_known) {
		p->list = list;
		p->from = *r;
	}
	while (e == ERR_OK && json_next_item(&r->j)) {
		if (count++ == DOC_NODES_MAX) {
			doc_error(b->errors, r->line, r->column,
			    "too many values");
			e = ERR_LIMIT;
			break;
		}
		e = json_item(r, &p->item);
		if (e == ERR_OK && !is_known && p->told.each)
			p->told.each(p->told.arg, &p->item,
			    doc_root(&p->item));
	}
	b->doc = whole;
	b->depth--;
	whole->node[list].count = count;
	return e == ERR_OK ? r->j.error : e;
}

/* base/json says that it failed, not where: a second reader finds the place.
 * Where even that one sees nothing wrong, it is the last value read. */
static void
json_complain(struct json_reader *r, const char *text, size_t len)
{
	json_error_t why;
	json_t *v = len > JSON_SECOND_MAX ? NULL :
	    json_loadb(text, len, 0, &why);

	if (len > JSON_SECOND_MAX || v || why.line < 1 || why.column < 1)
		doc_error(r->b->errors, r->line, r->column,
		    "no valid JSON from here");
	else
		doc_error(r->b->errors, (uint32_t)why.line,
		    (uint32_t)why.column, "no valid JSON: %s", why.text);
	json_decref(v);
}

static enum err
json_build(struct builder *b, const char *text, size_t len)
{
	struct json_reader r = {
		.b = b, .seen = text, .line = 1, .column = 1,
	};
	unsigned before = b->errors->count;
	enum err e;

	json_open_max(&r.j, text, len, len);
	e = json_value_whole(&r);
	if (e == ERR_OK)
		e = json_close(&r.j);
	if (e == ERR_LIMIT && b->errors->count == before)
		doc_error(b->errors, r.line, r.column, "too deep");
	else if (e != ERR_OK && b->errors->count == before)
		json_complain(&r, text, len);
	return e;
}

/* ---- YAML --------------------------------------------------------------- */

static enum err
yaml_copy(struct builder *b, const char **out, const yaml_event_t *event,
    uint32_t line, uint32_t column)
{
	size_t len = event->data.scalar.length;
	char *copy = len > DOC_SCALAR_MAX ? NULL : arena_take(b->doc, len + 1);

	if (!copy) {
		doc_error(b->errors, line, column,
		    "a value of more than %u bytes", DOC_SCALAR_MAX);
		return ERR_LIMIT;
	}
	memcpy(copy, event->data.scalar.value, len);
	copy[len] = '\0';
	*out = copy;
	return ERR_OK;
}

static bool
yaml_expects_key(const struct builder *b)
{
	uint32_t parent = b->place[b->depth].parent;

	return b->depth > 0 && !b->has_key &&
	    b->doc->node[parent].kind == DOC_MAP;
}

static enum err
yaml_scalar(struct builder *b, const yaml_event_t *event, uint32_t line,
    uint32_t column)
{
	bool is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	const char *text = NULL;
	enum err e;

	if (event->data.scalar.anchor || event->data.scalar.tag) {
		doc_error(b->errors, line, column,
		    "anchors and tags are not used here");
		return ERR_SYNTAX;
	}
	e = yaml_copy(b, &text, event, line, column);
	if (e != ERR_OK)
		return e;
	if (yaml_expects_key(b)) {
		build_key(b, text, event->data.scalar.length, line, column);
		return ERR_OK;
	}
	return build_scalar(b, text, event->data.scalar.length, is_quoted,
	    line, column);
}

static enum err
yaml_open(struct builder *b, enum doc_kind kind, const yaml_event_t *event,
    uint32_t line, uint32_t column)
{
	const void *odd = kind == DOC_MAP ?
	    (const void *)event->data.mapping_start.anchor :
	    (const void *)event->data.sequence_start.anchor;
	const void *tag = kind == DOC_MAP ?
	    (const void *)event->data.mapping_start.tag :
	    (const void *)event->data.sequence_start.tag;

	if (odd || tag) {
		doc_error(b->errors, line, column,
		    "anchors and tags are not used here");
		return ERR_SYNTAX;
	}
	if (yaml_expects_key(b)) {
		doc_error(b->errors, line, column, "a key must be a text");
		return ERR_SYNTAX;
	}
	return build_open(b, kind, line, column);
}

static enum err
yaml_event(struct builder *b, const yaml_event_t *event, unsigned *documents)
{
	uint32_t line = (uint32_t)event->start_mark.line + 1;
	uint32_t column = (uint32_t)event->start_mark.column + 1;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return yaml_scalar(b, event, line, column);
	case YAML_MAPPING_START_EVENT:
		return yaml_open(b, DOC_MAP, event, line, column);
	case YAML_SEQUENCE_START_EVENT:
		return yaml_open(b, DOC_LIST, event, line, column);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		MUST(b->depth > 0);
		b->depth--;
		return ERR_OK;
	case YAML_ALIAS_EVENT:
		doc_error(b->errors, line, column, "aliases are not used here");
		return ERR_SYNTAX;
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents == 1)
			return ERR_OK;
		doc_error(b->errors, line, column,
		    "a second document in one file");
		return ERR_SYNTAX;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return ERR_OK;
}

static enum err
yaml_fail(struct builder *b, const yaml_parser_t *p)
{
	if (p->error == YAML_READER_ERROR)
		doc_error(b->errors, (uint32_t)p->mark.line + 1,
		    (uint32_t)p->mark.column + 1, "%s", p->problem);
	else
		doc_error(b->errors, (uint32_t)p->problem_mark.line + 1,
		    (uint32_t)p->problem_mark.column + 1, "%s%s%s",
		    p->problem ? p->problem : "no valid YAML",
		    p->context ? " " : "", p->context ? p->context : "");
	return ERR_SYNTAX;
}

static enum err
yaml_build(struct builder *b, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t event;
	unsigned documents = 0;
	bool ended = false;
	enum err e = ERR_OK;

	if (!yaml_parser_initialize(&parser))
		return ERR_LIMIT;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
	    len);
	while (e == ERR_OK && !ended) {
		if (!yaml_parser_parse(&parser, &event)) {
			e = yaml_fail(b, &parser);
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		e = yaml_event(b, &event, &documents);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return e;
}

/* ---- the document ------------------------------------------------------- */

static bool
text_is_json(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]) && text[i])
		i++;
	return i < len && (text[i] == '{' || text[i] == '[');
}

/* parts_place makes room for a list that stays text. */
static enum err
parts_place(struct doc *d, const struct doc_parts *told)
{
	d->parts = calloc(1, sizeof(*d->parts));
	if (!d->parts)
		return ERR_LIMIT;
	d->parts->told = *told;
	return ERR_OK;
}

/* Of a list with nodes, its items are told of when the document is whole. */
static void
parts_tell(const struct doc *d, const struct doc_parts *parts)
{
	const struct doc_node *root = doc_root(d), *list, *n;

	if (d->parts->list != 0 || !parts->each || !root)
		return;
	list = doc_find(d, root, parts->key);
	if (!list || list->kind != DOC_LIST)
		return;
	for (n = doc_first(d, list); n; n = doc_next(d, n))
		parts->each(parts->arg, d, n);
}

enum err
doc_read_parts(struct doc **out, const char *text, size_t len,
    struct doc_errors *errors, const struct doc_parts *parts)
{
	struct doc *d = calloc(1, sizeof(*d));
	struct builder b = { .doc = d, .errors = errors };
	enum err e = ERR_LIMIT;

	if (d)
		e = doc_empty(d);
	if (e == ERR_OK && parts)
		e = parts_place(d, parts);
	if (e != ERR_OK)
		doc_error(errors, 1, 1, "no memory to read it");
	else if (text_is_json(text, len))
		e = json_build(&b, text, len);
	else
		e = yaml_build(&b, text, len);
	if (e != ERR_OK) {
		doc_free(d);
		return e;
	}
	if (parts)
		parts_tell(d, parts);
	*out = d;
	return ERR_OK;
}

enum err
doc_read(struct doc **out, const char *text, size_t len,
    struct doc_errors *errors)
{
	return doc_read_parts(out, text, len, errors, NULL);
}

static void
doc_release(struct doc *d)
{
	while (d->arena) {
		struct arena *next = d->arena->next;

		free(d->arena);
		d->arena = next;
	}
	free(d->node);
}

void
doc_free(struct doc *d)
{
	if (!d)
		return;
	if (d->parts)
		doc_release(&d->parts->item);
	free(d->parts);
	doc_release(d);
	free(d);
}

void
doc_items_begin(struct doc_items *i, const struct doc *d,
    const struct doc_node *list)
{
	struct parts *p = d->parts;

	*i = (struct doc_items){ .doc = d, .whole = d,
		.next = doc_first(d, list) };
	i->is_text = p && p->list != 0 && list == &d->node[p->list];
	if (!i->is_text)
		return;
	i->doc = &p->item;
	p->unheard = (struct doc_errors){ .file = "" };
	p->builder = (struct builder){ .errors = &p->unheard, .depth = 2 };
	p->at = p->from;
	p->at.b = &p->builder;
}

const struct doc_node *
doc_items_next(struct doc_items *i)
{
	struct parts *p = i->whole->parts;
	const struct doc_node *n = i->next;

	if (!i->is_text) {
		i->next = n ? doc_next(i->whole, n) : NULL;
		return n;
	}
	if (i->failed || !json_next_item(&p->at.j))
		return NULL;
	/* The text was read before: nothing but memory can be missing now. */
	i->failed = json_item(&p->at, &p->item) != ERR_OK;
	return i->failed ? NULL : doc_root(&p->item);
}

const struct doc_node *
doc_root(const struct doc *d)
{
	return d->count > 1 ? &d->node[1] : NULL;
}

const struct doc_node *
doc_first(const struct doc *d, const struct doc_node *n)
{
	return n->first ? &d->node[n->first] : NULL;
}

const struct doc_node *
doc_next(const struct doc *d, const struct doc_node *n)
{
	return n->next ? &d->node[n->next] : NULL;
}

const struct doc_node *
doc_find(const struct doc *d, const struct doc_node *map, const char *key)
{
	size_t len = strlen(key);

	if (map->kind != DOC_MAP)
		return NULL;
	for (const struct doc_node *n = doc_first(d, map); n;
	    n = doc_next(d, n))
		if (n->key_len == len && memcmp(n->key, key, len) == 0)
			return n;
	return NULL;
}

bool
doc_is_null(const struct doc_node *n)
{
	return n->kind == DOC_SCALAR && !n->is_quoted &&
	    (n->text_len == 0 || doc_text_is(n, "null") ||
	    doc_text_is(n, "~"));
}

bool
doc_text_is(const struct doc_node *n, const char *word)
{
	return n->kind == DOC_SCALAR && n->text_len == strlen(word) &&
	    memcmp(n->text, word, n->text_len) == 0;
}

const char *
doc_kind_name(enum doc_kind k)
{
	switch (k) {
	case DOC_SCALAR: return "a text";
	case DOC_MAP: return "a map";
	case DOC_LIST: return "a list";
	}
	return "nothing";
}
