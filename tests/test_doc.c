/* Documents: the same tree from YAML and JSON, places, limits, refusals. */
#include "oracle/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/errors_text.h"

/* dump writes a tree in one form, whatever it was read from, by the walk that
 * takes lists of either kind. */
static void
dump(FILE *out, const struct doc *d, const struct doc_node *n, bool places)
{
	const struct doc_node *c;
	struct doc_items i;

	if (n->key)
		fprintf(out, "%.*s=", (int)n->key_len, n->key);
	if (places)
		fprintf(out, "%u:%u", n->line, n->column);
	if (n->kind == DOC_SCALAR) {
		fprintf(out, n->is_quoted ? "'%.*s'" : "%.*s",
		    (int)n->text_len, n->text);
		return;
	}
	fputc(n->kind == DOC_MAP ? '{' : '[', out);
	doc_items_begin(&i, d, n);
	while ((c = doc_items_next(&i)) != NULL) {
		dump(out, i.doc, c, places);
		fputc(',', out);
	}
	fputc(n->kind == DOC_MAP ? '}' : ']', out);
}

static void
item_count(void *arg, const struct doc *d, const struct doc_node *n)
{
	unsigned *count = arg;

	assert_true(d && n && n->line > 0);
	++*count;
}

/* The dump, or the errors; the list of `key` stays text. */
static char *
read_in_parts(const char *text, size_t len, bool places, const char *key)
{
	struct errors_text t;
	struct doc_errors e = { .file = "f", .out = errors_open(&t) };
	unsigned count = 0;
	struct doc_parts parts = { key, item_count, &count };
	struct doc *d = NULL;

	if (doc_read_parts(&d, text, len, &e, key ? &parts : NULL) ==
	    ERR_OK && e.count == 0) {
		const struct doc_node *root = doc_root(d), *list = key &&
		    root ? doc_find(d, root, key) : NULL;

		if (list && list->kind == DOC_LIST)
			assert_int_equal(count, list->count);
		if (root)
			dump(t.file, d, root, places);
		else
			fprintf(t.file, "(nothing)");
	}
	doc_free(d);
	errors_close(&t);
	return t.text;
}

/* Whatever stays text, nothing else changes. */
static char *
read_as_text(const char *text, size_t len, bool places)
{
	static const char *const keys[] = { "a", "b", "k1", "none" };
	char *whole = read_in_parts(text, len, places, NULL);

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		char *got = read_in_parts(text, len, places, keys[i]);

		assert_string_equal(got, whole);
		free(got);
	}
	return whole;
}

static void
expect(const char *text, const char *want, bool places)
{
	char *got = read_as_text(text, strlen(text), places);

	assert_string_equal(got, want);
	free(got);
}

static void
doc_read__makes_one_tree_of_json_and_yaml(void **state)
{
	(void)state;
	expect("{\"a\": 1, \"b\": [\"x\", null, true], \"c\": {}}",
	    "{a=1,b=['x',null,true,],c={},}", false);
	expect("a: 1\nb:\n  - \"x\"\n  - null\n  - true\nc: {}\n",
	    "{a=1,b=['x',null,true,],c={},}", false);
	expect("[1, [2]]", "[1,[2,],]", false);
	expect("- 1\n- [2]\n", "[1,[2,],]", false);
	expect("{\"k\\u00e9y\": \"a\\n\\\"b\"}",
	    "{k\xc3\xa9y='a\n\"b',}", false);
	expect("", "(nothing)", false);
	expect("# only a comment\n", "(nothing)", false);
	expect("a:\n", "{a=,}", false);
}

static void
doc_read__knows_where_each_value_stands(void **state)
{
	(void)state;
	expect("{\"a\": 1,\n  \"b\": [\"x\",\n    \"y\"]}",
	    "1:1{a=1:71,b=2:8[2:9'x',3:5'y',],}", true);
	expect("a: 1\nb: [\"x\",\n    \"y\"]\n",
	    "1:1{a=1:41,b=2:4[2:5'x',3:5'y',],}", true);
	/* Columns count characters, not bytes. */
	expect("{\"\xc3\xa9\": 1}", "1:1{\xc3\xa9=1:71,}", true);
}

static void
doc_read__names_the_place_of_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ "{\"a\": 1, \"a\": 2}", "f:1:10: key `a` stands twice\n" },
		{ "a: 1\nb: 2\na: 3\n", "f:3:1: key `a` stands twice\n" },
		{ "{\"a\": {\"x\":1,\n\"x\":2}, \"a\": {\"y\": 1}}",
		  "f:2:1: key `x` stands twice\n"
		  "f:2:9: key `a` stands twice\n" },
		{ "{\"a\":\n  01}",
		  "f:2:3: no valid JSON: invalid token near '0'\n" },
		{ "{\"a\": 1",
		  "f:1:7: no valid JSON: '}' expected near end of file\n" },
		{ "{} {}",
		  "f:1:4: no valid JSON: end of file expected near '{'\n" },
		{ "{\"a\": \"\\ud800\"}",
		  "f:1:7: a text that cannot be unescaped\n" },
		{ "a: &x 1\n", "f:1:4: anchors and tags are not used here\n" },
		{ "a: !!str 1\n",
		  "f:1:4: anchors and tags are not used here\n" },
		{ "a: *x\n", "f:1:4: aliases are not used here\n" },
		{ "? [a]\n: 1\n", "f:1:3: a key must be a text\n" },
		{ "a: 1\n---\nb: 2\n",
		  "f:2:1: a second document in one file\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		expect(table[i].text, table[i].error, false);
}

static void
doc_read__refuses_broken_yaml_with_a_place(void **state)
{
	static const char *const table[] = {
		"a: [1, 2\n", "a: 'x\n", "a: b: c\n", "\ta: 1\n", "a: \x01\n",
		"\xff\xfe\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char *got = read_as_text(table[i], strlen(table[i]), false);

		assert_true(strncmp(got, "f:", 2) == 0);
		/* One line: no follow-on errors. */
		assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
		free(got);
	}
}

static void
nested(const char *open, const char *close, unsigned levels, bool good)
{
	char text[512] = "", *got;

	for (unsigned i = 0; i < levels; i++)
		strncat(text, open, sizeof(text) - strlen(text) - 1);
	for (unsigned i = 0; i < levels; i++)
		strncat(text, close, sizeof(text) - strlen(text) - 1);
	got = read_as_text(text, strlen(text), false);
	assert_int_equal(got[0] != 'f', good);
	free(got);
}

static void
doc_read__bounds_depth_on_both_sides(void **state)
{
	(void)state;
	nested("[", "]", DOC_DEPTH_MAX, true);
	nested("[", "]", DOC_DEPTH_MAX + 1, false);
	nested("- ", "", DOC_DEPTH_MAX, true);
	nested("- ", "", DOC_DEPTH_MAX + 1, false);
}

static void
scalar_of(size_t len, bool is_json, bool good)
{
	char *text = malloc(len + 8), *got;

	assert_non_null(text);
	memset(text, 'x', len + 8);
	memcpy(text, is_json ? "[\"" : "- ", 2);
	memcpy(text + 2 + len, is_json ? "\"]" : "\n ", 2);
	got = read_as_text(text, len + (is_json ? 4 : 3), false);
	assert_int_equal(got[0] == '[', good);
	free(got);
	free(text);
}

static void
doc_read__bounds_scalars_on_both_sides(void **state)
{
	(void)state;
	for (int json = 0; json < 2; json++) {
		scalar_of(DOC_SCALAR_MAX, json, true);
		scalar_of(DOC_SCALAR_MAX + 1, json, false);
	}
}

static void
keys_of(unsigned count, bool good)
{
	struct errors_text t;
	char *got;

	errors_open(&t);
	for (unsigned i = 0; i < count; i++)
		fprintf(t.file, "%s\"k%u\":1", i > 0 ? "," : "{", i);
	fprintf(t.file, "}");
	errors_close(&t);
	got = read_as_text(t.text, t.len, false);
	assert_int_equal(got[0] == '{', good);
	free(got);
	errors_free(&t);
}

static void
doc_read__bounds_keys_on_both_sides(void **state)
{
	(void)state;
	keys_of(DOC_KEYS_MAX, true);
	keys_of(DOC_KEYS_MAX + 1, false);
}

static void
doc_read_parts__complains_of_items_as_doc_read_does(void **state)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{ "{\"a\":[\n1, {\"x\":\"\\u00e9\", \"y\":[]}, [[]]],\n\"b\":2}",
		  "1:1{a=1:6[2:11,2:4{x=2:9'\xc3\xa9',y=2:23[],},2:28[2:29[],"
		  "],],b=3:52,}" },
		{ "{\"a\":[]}", "1:1{a=1:6[],}" },
		{ "{\"\\u0061\":[1]}", "1:1{a=1:11[1:121,],}" },
		{ "{\"b\":{\"a\":[1]},\"a\":{\"b\":[2]}}",
		  "1:1{b=1:6{a=1:11[1:121,],},a=1:20{b=1:25[1:262,],},}" },
		{ "{\"a\":[{\"x\":1,\n\"x\":2},1],\"a\":[{\"y\":1,\"y\":1}]}",
		  "f:2:1: key `x` stands twice\n"
		  "f:2:11: key `a` stands twice\n"
		  "f:2:23: key `y` stands twice\n" },
		{ "{\"a\":[1,\n2,]}",
		  "f:2:3: no valid JSON: unexpected token near ']'\n" },
		{ "{\"a\":[1,2",
		  "f:1:9: no valid JSON: ']' expected near end of file\n" },
		{ "{\"a\":[1,{\"b\":\"\\ud800\"}]}",
		  "f:1:14: a text that cannot be unescaped\n" },
		{ "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",
		  "1:1{a=1:6[1:7[1:8[1:9[1:10[1:11[1:12[1:13[1:14[1:15[1:16["
		  "1:17[1:18[1:19[1:20[1:211,],],],],],],],],],],],],],],],}" },
		{ "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
		  "f:1:21: more than 16 levels deep\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		expect(table[i].text, table[i].want, true);
}

/* A second walk begins anew, also where the first was left in the middle. */
static void
doc_items_next__walks_as_often_as_asked(void **state)
{
	static const char text[] = "{\"a\":[\"x\",\"\\u0079\",\"z\"]}";
	struct doc_parts parts = { .key = "a" };
	struct doc_errors e = { .file = "f" };
	struct doc *d;
	struct doc_items i;
	const struct doc_node *n, *list;

	(void)state;
	assert_int_equal(doc_read_parts(&d, text, strlen(text), &e, &parts),
	    ERR_OK);
	list = doc_find(d, doc_root(d), "a");
	assert_int_equal(list->count, 3);
	assert_null(doc_first(d, list));
	for (unsigned walk = 1; walk <= 3; walk++) {
		doc_items_begin(&i, d, list);
		for (unsigned at = 0; at < walk; at++) {
			n = doc_items_next(&i);
			assert_non_null(n);
			assert_int_equal(n->text[0], "xyz"[at]);
			assert_int_equal(n->line, 1);
		}
	}
	assert_null(doc_items_next(&i));
	assert_null(doc_items_next(&i));
	assert_false(i.failed);
	doc_free(d);
}

static void
doc_errors_end__counts_what_was_not_printed(void **state)
{
	struct errors_text t;
	struct doc_errors e = { .file = "f", .out = errors_open(&t) };
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 0; i < DOC_ERRORS_MAX + 3; i++)
		doc_error(&e, 1, 1, "x\n\033[31my");
	assert_int_equal(doc_errors_end(&e), ERR_SYNTAX);
	errors_close(&t);
	for (const char *c = t.text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, DOC_ERRORS_MAX + 1);
	assert_non_null(strstr(t.text, "and 3 errors more"));
	assert_null(strchr(t.text, '\033'));
	errors_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doc_read__makes_one_tree_of_json_and_yaml),
		cmocka_unit_test(doc_read__knows_where_each_value_stands),
		cmocka_unit_test(doc_read__names_the_place_of_what_is_wrong),
		cmocka_unit_test(doc_read__refuses_broken_yaml_with_a_place),
		cmocka_unit_test(doc_read__bounds_depth_on_both_sides),
		cmocka_unit_test(doc_read__bounds_scalars_on_both_sides),
		cmocka_unit_test(doc_read__bounds_keys_on_both_sides),
		cmocka_unit_test(
		    doc_read_parts__complains_of_items_as_doc_read_does),
		cmocka_unit_test(doc_items_next__walks_as_often_as_asked),
		cmocka_unit_test(doc_errors_end__counts_what_was_not_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
