/* The JSON tree over base/json, and numbers out of it without rounding by
 * anybody else. */
#include "tests/cases/cases.h"

#include "base/json.h"
#include "base/must.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cases/tree.h"

/* Where case_stop goes: out of the file that is being read. */
static jmp_buf file_out;
static const struct cases *tree_cases;

void
case_stop(const char *what, const char *text)
{
	case_counts.failed++;
	printf("FAILED %s/%s %s: unreadable: %s: %s\n", tree_cases->source,
	    tree_cases->file, tree_cases->name, what, text);
	longjmp(file_out, 1);
}

/* Everything taken since the last tree_release, in a list. */
struct block {
	struct block *next;
	max_align_t bytes[];
};
static struct block *blocks;

static void *
take(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	MUST(b != NULL);
	b->next = blocks;
	blocks = b;
	return b->bytes;
}

static void
tree_release(void)
{
	while (blocks != NULL) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

static const char *
text_copy(const struct json_text *t, bool is_string)
{
	char *copy = take(t->len + 1);

	if (is_string)
		CASE_NEED(json_text_copy(copy, t->len + 1, t) == ERR_OK);
	else
		memcpy(copy, t->at, t->len);
	return copy;
}

static struct node *node_read(struct json *j);

static void
node_append(struct node *parent, struct node ***tail, struct node *child)
{
	**tail = child;
	*tail = &child->next;
	parent->count++;
}

static struct node *
node_read(struct json *j)
{
	struct node *n = take(sizeof(*n)), **tail = &n->first, *child;
	enum json_kind kind = json_kind(j);
	struct json_text t = { .at = "", .len = 0 };

	n->key = n->text = "";
	switch (kind) {
	case JSON_KIND_OBJECT:
		n->kind = NODE_MAP;
		json_enter_object(j);
		while (json_next_key(j, &t)) {
			const char *key = text_copy(&t, true);

			child = node_read(j);
			child->key = key;
			node_append(n, &tail, child);
		}
		break;
	case JSON_KIND_ARRAY:
		n->kind = NODE_LIST;
		json_enter_array(j);
		while (json_next_item(j))
			node_append(n, &tail, node_read(j));
		break;
	case JSON_KIND_STRING:
		n->kind = NODE_STRING;
		json_read_string(j, &t);
		n->text = text_copy(&t, true);
		break;
	case JSON_KIND_NUMBER:
	case JSON_KIND_TRUE:
	case JSON_KIND_FALSE:
	case JSON_KIND_NULL:
	case JSON_KIND_BAD:
		n->kind = kind == JSON_KIND_NUMBER ? NODE_NUMBER : NODE_WORD;
		json_raw(j, &t);
		n->text = text_copy(&t, false);
		break;
	}
	return n;
}

static const struct node *
tree_read(const char *text, size_t len)
{
	struct json j;
	struct node *root;

	json_open_max(&j, text, len, len);
	root = node_read(&j);
	if (json_close(&j) != ERR_OK)
		case_stop("no valid JSON", "the whole file");
	return root;
}

void
tree_run(struct cases *c, cases_fn run, const char *text, size_t len)
{
	tree_cases = c;
	if (setjmp(file_out) == 0)
		run(c, tree_read(text, len));
	tree_release();
}

const struct node *
node_find(const struct node *map, const char *key)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const struct node *
node_need(const struct node *map, const char *path)
{
	const struct node *n = map;
	const char *at = path;

	for (;;) {
		size_t len = strcspn(at, ".");
		char key[128];

		CASE_NEED(len < sizeof(key));
		memcpy(key, at, len);
		key[len] = '\0';
		n = node_find(n, key);
		if (n == NULL)
			case_stop("a key is missing", path);
		if (at[len] == '\0')
			return n;
		at += len + 1;
	}
}

const struct node *
node_item(const struct node *list, unsigned index)
{
	const struct node *n = list->first;

	while (n != NULL && index-- > 0)
		n = n->next;
	if (n == NULL)
		case_stop("an item is missing", "list");
	return n;
}

bool
node_is_null(const struct node *n)
{
	return n == NULL || (n->kind == NODE_WORD &&
	    strcmp(n->text, "null") == 0);
}

bool
node_is(const struct node *n, const char *text)
{
	return n != NULL && n->text != NULL && strcmp(n->text, text) == 0;
}

bool
node_bool(const struct node *n)
{
	return node_is(n, "true") || node_is(n, "True") || node_is(n, "1");
}

/* A number's text taken apart: digits without the point, and the exponent. */
struct digits {
	unsigned char digit[512];
	size_t len;
	int exponent;
	bool negative;
};

static bool
digits_split(struct digits *d, const char *at)
{
	bool seen_point = false, any = false;

	memset(d, 0, sizeof(*d));
	if (*at == '-' || *at == '+')
		d->negative = *at++ == '-';
	for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
		if (*at == '.') {
			if (seen_point)
				return false;
			seen_point = true;
			continue;
		}
		any = true;
		if (d->len == sizeof(d->digit))
			return false;
		d->digit[d->len++] = (unsigned char)(*at - 48);
		d->exponent -= seen_point;
	}
	if (any && (*at == 'e' || *at == 'E')) {
		bool minus = false;
		int e = 0;

		at++;
		if (*at == '-' || *at == '+')
			minus = *at++ == '-';
		for (; *at >= '0' && *at <= '9'; at++)
			e = e < 100000 ? e * 10 + (*at - '0') : e;
		d->exponent += minus ? -e : e;
	}
	return any && *at == '\0';
}

i128
node_i128(const struct node *n, unsigned decimals)
{
	struct digits d;
	u128 v = 0;
	long keep;

	if (n == NULL || n->text == NULL)
		case_stop("a number is missing", n ? "map or list" : "nothing");
	if (node_is(n, "true") || node_is(n, "false"))
		return node_is(n, "true") ? (i128)pow10_u128(decimals) : 0;
	if (!digits_split(&d, n->text))
		case_stop("not a number", n->text);
	/* `keep` digits make the whole number; the next one rounds. */
	keep = (long)d.len + d.exponent + (long)decimals;
	for (long i = 0; i < keep; i++) {
		if (v > (U128_MAX >> 1) / 10 - 1)
			case_stop("a number that does not fit", n->text);
		v = v * 10 + (i < (long)d.len ? d.digit[i] : 0u);
	}
	if (keep >= 0 && keep < (long)d.len && d.digit[keep] >= 5)
		v++;
	return d.negative ? -(i128)v : (i128)v;
}

i128
get_i128(const struct node *map, const char *path, unsigned decimals)
{
	return node_i128(node_need(map, path), decimals);
}

struct u256
node_u256(const struct node *n)
{
	struct u256 v = u256_from_u128(0), ten = u256_from_u128(10), add;
	struct digits d;

	if (n == NULL || n->text == NULL || !digits_split(&d, n->text) ||
	    d.negative)
		case_stop("not a natural number", n && n->text ? n->text : "?");
	for (long i = 0; i < (long)d.len + d.exponent; i++) {
		add = u256_from_u128((u128)(i < (long)d.len ? d.digit[i] : 0));
		if (u256_mul(&v, &v, &ten) != ERR_OK ||
		    u256_add(&v, &v, &add) != ERR_OK)
			case_stop("a number that does not fit", n->text);
	}
	return v;
}

void
u256_text(char out[U256_TEXT], const struct u256 *v)
{
	struct u256 ten = u256_from_u128(10), rest = *v, digit;
	char turned[U256_TEXT];
	size_t len = 0;

	do {
		u256_div(&rest, &digit, &rest, &ten);
		turned[len++] = (char)('0' + digit.w[0]);
	} while (!u256_is_zero(&rest));
	for (size_t i = 0; i < len; i++)
		out[i] = turned[len - 1 - i];
	out[len] = '\0';
}
