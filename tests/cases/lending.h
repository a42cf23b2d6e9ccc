/* tests/cases/lending.h - what the readers of the lending systems share: big
 * integers, and a list whose items each have a shape of their own. */
#ifndef TESTS_CASES_LENDING_H
#define TESTS_CASES_LENDING_H

#include "margin/evm.h"
#include "tests/cases/cases.h"

#include <string.h>

static inline struct u256
get_u256(const struct node *map, const char *path)
{
	return node_u256(node_need(map, path));
}

static inline bool
case_u256(struct cases *c, const char *what, struct u256 expected,
    struct u256 got)
{
	char want[U256_TEXT], have[U256_TEXT];

	u256_text(want, &expected);
	u256_text(have, &got);
	return case_text(c, what, want, have);
}

/* case_written compares with a number as it is written: to the last unit, but
 * where its text is a double's (sixteen digits or more and an exponent, or a
 * point) to that double's precision. */
static inline bool
case_written(struct cases *c, const struct node *expected, unsigned decimals,
    struct u256 got)
{
	i128 want = node_i128(expected, decimals);
	size_t digits = strcspn(expected->text, "eE");
	bool is_double = digits > 16 && strpbrk(expected->text, ".eE");
	u128 have;

	if (!case_ok(c, expected->key, u256_to_u128(&have, &got)))
		return false;
	return case_near(c, expected->key, want, (i128)have,
	    is_double ? want / 1000000000000000 : 0, decimals);
}

/* One number that a case may name, and what we got for it. */
struct got_u256 {
	const char *key;
	struct u256 value;
};

/* case_expected compares every key of `expected` with ours of that name; a
 * key that we do not know is a failure, not silence. */
static inline void
case_expected(struct cases *c, const struct node *expected,
    const struct got_u256 *got, size_t count)
{
	for (const struct node *n = expected->first; n; n = n->next) {
		size_t i = 0;

		while (i < count && strcmp(got[i].key, n->key) != 0)
			i++;
		if (i == count)
			case_text(c, n->key, "a number we compute", "none");
		else
			case_u256(c, n->key, node_u256(n), got[i].value);
	}
}

/* The name of a case, or its number. */
static inline void
case_begin_item(struct cases *c, const struct node *item, const char *shape,
    unsigned index)
{
	const struct node *name = node_find(item, "name");

	if (name != NULL && name->text != NULL)
		case_begin(c, "%s %s", shape, name->text);
	else
		case_begin(c, "%s %u", shape, index);
}

/* A reader of one item: false where it does not have that reader's shape. */
typedef bool (*item_fn)(struct cases *c, const struct node *item,
    unsigned index);

/* case_items gives every map below a node, at whatever depth, to the reader;
 * a map that it takes is not looked into. */
static inline void
case_items(struct cases *c, const struct node *n, item_fn fn)
{
	unsigned index = 0;

	if (n->kind == NODE_MAP && fn(c, n, 0))
		return;
	for (const struct node *k = n->first; k; k = k->next, index++)
		if (k->kind == NODE_MAP && fn(c, k, index))
			continue;
		else if (k->kind == NODE_MAP || k->kind == NODE_LIST)
			case_items(c, k, fn);
}

#endif
