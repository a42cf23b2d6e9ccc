/* The JSON reader.  Every text stands at the end of a page before one that
 * cannot be read, so that a byte beyond the end is a crash in every build. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define ROOM (JSON_TEXT_MAX + 4096u)

static char *room_end;	/* the first byte that cannot be read */

static int
room_make(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (ROOM + page - 1) / page * page;
	char *room = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (room == MAP_FAILED)
		return -1;
	room_end = room + size;
	return mprotect(room_end, page, PROT_NONE);
}

static const char *
text_place(const char *text, size_t len)
{
	assert_true(len <= ROOM);
	memcpy(room_end - len, text, len);
	return room_end - len;
}

static enum err
text_skip(const char *text, size_t len)
{
	struct json j;

	json_open(&j, text_place(text, len), len);
	json_skip(&j);
	return json_close(&j);
}

/* value_walk reads one value through every pulling function. */
static void
value_walk(struct json *j)
{
	struct json_text text;
	bool flag;

	switch (json_kind(j)) {
	case JSON_KIND_OBJECT:
		json_enter_object(j);
		while (json_next_key(j, &text))
			value_walk(j);
		return;
	case JSON_KIND_ARRAY:
		json_enter_array(j);
		while (json_next_item(j))
			value_walk(j);
		return;
	case JSON_KIND_STRING:
		json_read_string(j, &text);
		return;
	case JSON_KIND_NUMBER:
		json_read_number(j, &text);
		return;
	case JSON_KIND_TRUE:
	case JSON_KIND_FALSE:
		json_read_bool(j, &flag);
		return;
	case JSON_KIND_NULL:
		json_skip(j);
		return;
	case JSON_KIND_BAD:
		return;
	}
}

static enum err
text_walk(const char *text, size_t len)
{
	struct json j;

	json_open(&j, text_place(text, len), len);
	value_walk(&j);
	return json_close(&j);
}

/* text_err reads the text both ways, which must agree. */
static enum err
text_err(const char *text, size_t len)
{
	enum err e = text_skip(text, len);

	assert_int_equal(text_walk(text, len), e);
	return e;
}

static const char *const ACCEPTED[] = {
	"0", "-0", "0.0", "-0.0e-0", "1", "10", "123456789012345678901234567890",
	"1.5", "0.00000001", "1e5", "1E+5", "1e-05", "-1.25E10", "1e999",
	"true", "false", "null", "\"\"", "\"a\"", " \t\r\n1 \t\r\n",
	"[]", "[ ]", "{}", "{ }", "[[]]", "[{}]", "{\"a\":{}}", "{\"\":0}",
	"[1,2]", "[ 1 , 2 ]", "[1,[2,[3]],4]", "{\"a\":1,\"b\":2}",
	"{ \"a\" : 1 , \"b\" : [ ] }", "{\"a\":1,\"a\":2}",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\uABCD\\uabcd\\u0000\"",
	"\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00x\"",
	"\"\x7f\"", "\"caf\xc3\xa9\"", "\"\xc2\x80\xdf\xbf\"",
	"\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"",
	"\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
	"\"1234567\"", "\"12345678\"", "\"123456789\"", "\"1234567\\n90\"",
	"\"12345678\xc3\xa9 and so on until the end\"",
	"[null,true,false,0,\"\",[],{}]",
};

static const char *const REJECTED[] = {
	"", " ", "\t\n", ",", ":", "]", "}", "[", "{", "\"", "-", "+", ".",
	"01", "-01", "00", "1.", "1.e5", ".5", "-.5", "+1", "1e", "1e+", "1E-",
	"1.5e", "1e1.5", "0x10", "1_000", "1,5", "- 1", "1 .5", "--1", "1-",
	"NaN", "nan", "Infinity", "-Infinity", "inf", "1f", "1 2", "1,",
	"tru", "True", "truee", "fals", "nul", "nulll", "TRUE", "undefined",
	"[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1}", "[1:2]",
	"{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}",
	"{\"a\"}", "{\"a\",1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}",
	"{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{\"a\":1]", "{\"a\":,}",
	"{[]:1}", "{\"a\":1:2}", "{:1}", "{\"a\":}",
	"[]]", "{}}", "[][]", "{}{}", "[] x", "1//", "/**/1", "#1",
	"\"a", "\"a\\\"", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\a\"", "\"\\'\"",
	"\"\\u\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\u 123\"", "\"\\u123",
	"\"\\U0041\"", "\"\\0\"", "'a'", "\"a\nb\"", "\"a\tb\"", "\"\x01\"",
	"\"\x1f\"", "\"12345678\x1f\"", "\"1234567\x01", "\"\\\n\"",
	"\"\x80\"", "\"\xbf\"", "\"\xc3\"", "\"\xc3(\"", "\"\xc0\x80\"",
	"\"\xc1\xbf\"", "\"\xe0\x9f\xbf\"", "\"\xe2\x82\"", "\"\xe2(\xa1\"",
	"\"\xed\xa0\x80\"", "\"\xed\xbf\xbf\"", "\"\xf0\x8f\xbf\xbf\"",
	"\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xf0\x9f\x98\"",
	"\"\xf0\x9f\x98(\"", "\"\xfe\"", "\"\xff\"", "\"12345678\xff\"",
	"\xef\xbb\xbf" "1", "\xc2\xa0" "1", "\x0b" "1", "\x0c" "1", "[1\x0b]",
	"\xff", "{\"\xff\":1}", "{\"\\q\":1}", "{\"a\x01\":1}",
};

static void
json_skip__accepts_what_rfc_8259_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ACCEPTED); i++)
		if (text_err(ACCEPTED[i], strlen(ACCEPTED[i])) != ERR_OK)
			fail_msg("refused: %s", ACCEPTED[i]);
}

static void
json_skip__rejects_what_rfc_8259_rejects(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(REJECTED); i++)
		if (text_err(REJECTED[i], strlen(REJECTED[i])) != ERR_SYNTAX)
			fail_msg("accepted: %s", REJECTED[i]);
	/* NUL is no blank, no end and no character. */
	assert_int_equal(text_err("1\0", 2), ERR_SYNTAX);
	assert_int_equal(text_err("\0001", 2), ERR_SYNTAX);
	assert_int_equal(text_err("\"a\0b\"", 5), ERR_SYNTAX);
}

/* The same tables inside larger texts: the fast paths see other distances to
 * the end. */
static void
json_skip__judges_alike_at_every_distance_from_the_end(void **state)
{
	(void)state;
	for (size_t pad = 0; pad < 12; pad++) {
		char text[512];

		for (size_t i = 0; i < ARRAY_COUNT(ACCEPTED); i++) {
			int n = snprintf(text, sizeof(text),
			    "{\"%.*s\":[%s],\"b\":\"%.*s\"}", (int)pad,
			    "abcdefghijkl", ACCEPTED[i], (int)pad,
			    "abcdefghijkl");

			assert_int_equal(text_err(text, (size_t)n), ERR_OK);
		}
		for (size_t i = 0; i < ARRAY_COUNT(REJECTED); i++) {
			size_t n = strlen(REJECTED[i]);

			memcpy(text, REJECTED[i], n);
			memset(text + n, ' ', pad);
			assert_int_equal(text_err(text, n + pad), ERR_SYNTAX);
		}
	}
}

static enum err
depth_err(unsigned depth, const char *open, const char *close,
    const char *inside)
{
	char text[1024] = "";
	size_t len = 0;

	for (unsigned i = 0; i < depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
		    open);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", inside);
	for (unsigned i = 0; i < depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
		    close);
	return text_err(text, len);
}

static void
json_skip__stops_above_the_depth_limit(void **state)
{
	(void)state;
	assert_int_equal(depth_err(JSON_DEPTH_MAX, "[", "]", "1"), ERR_OK);
	assert_int_equal(depth_err(JSON_DEPTH_MAX, "{\"a\":", "}", "1"),
	    ERR_OK);
	assert_int_equal(depth_err(JSON_DEPTH_MAX + 1, "[", "]", ""),
	    ERR_LIMIT);
	assert_int_equal(depth_err(JSON_DEPTH_MAX + 1, "{\"a\":", "}", "1"),
	    ERR_LIMIT);
	assert_int_equal(depth_err(JSON_DEPTH_MAX / 2, "[{\"a\":", "}]", "[]"),
	    ERR_LIMIT);
	/* Breadth is no depth. */
	assert_int_equal(depth_err(JSON_DEPTH_MAX - 1, "[", "]",
	    "[],[],{},[],{},[],[],[],[],[],[],[],[],[],[],[],[],[],[1]"),
	    ERR_OK);
}

static void
json_open__stops_above_the_size_limit(void **state)
{
	static char text[JSON_TEXT_MAX + 1];
	struct json j;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '"';
	text[JSON_TEXT_MAX - 1] = '"';
	assert_int_equal(text_err(text, JSON_TEXT_MAX), ERR_OK);
	text[JSON_TEXT_MAX] = ' ';
	assert_int_equal(text_err(text, JSON_TEXT_MAX + 1), ERR_LIMIT);
	json_open(&j, text, SIZE_MAX);
	assert_int_equal(json_kind(&j), JSON_KIND_BAD);
	assert_int_equal(json_close(&j), ERR_LIMIT);
}

static const char COINBASE[] =
    "{\"channel\":\"ticker\",\"client_id\":\"\",\"timestamp\":"
    "\"2026-08-09T21:05:48.228568804Z\",\"sequence_num\":12,\"events\":["
    "{\"type\":\"update\",\"tickers\":[{\"type\":\"ticker\","
    "\"product_id\":\"BTC-USD\",\"price\":\"65104.01\"}]}]}";
static const char SPACED[] =
    "{ \"a\" : [ 1.50 , -2e-7 , true , null ] , \"caf\xc3\xa9 \\u00e9\" :"
    " { \"x\" : [ [ ] , { } ] } }";
static const char *const FRAMES[] = {
	COINBASE, SPACED, "[\"\\ud83d\\ude00\",\"\xf0\x9f\x98\x80\",false]",
};

static void
json_skip__fails_on_every_truncation_of_a_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(FRAMES); i++) {
		size_t len = strlen(FRAMES[i]);

		assert_int_equal(text_err(FRAMES[i], len), ERR_OK);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(text_err(FRAMES[i], cut),
			    ERR_SYNTAX);
		for (size_t cut = 1; cut < len; cut++)
			assert_int_not_equal(text_err(FRAMES[i] + cut,
			    len - cut), ERR_OK);
	}
}

/* Random single-byte damage: both ways of reading agree with jansson. */
static void
json_skip__agrees_with_jansson_on_damaged_frames(void **state)
{
	static const char BYTES[] = "{}[]\",:\\ 0123456789.eE+-tfnu\x80\xc3\xff";
	uint64_t seed = 0x853c49e6748fea9bu;
	unsigned accepted = 0;

	(void)state;
	for (int run = 0; run < 60000; run++) {
		char text[512];
		const char *frame = FRAMES[run % 3];
		size_t len = strlen(frame);
		json_t *value;
		json_error_t why;

		memcpy(text, frame, len);
		for (int hit = 0; hit <= run % 2; hit++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[(seed >> 33) % len] =
			    BYTES[(seed >> 20) % (sizeof(BYTES) - 1)];
		}
		value = json_loadb(text, len,
		    JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
		/* A lone surrogate is grammar here, an error there. */
		if (value == NULL && strstr(why.text, "invalid Unicode"))
			continue;
		if (value == NULL && strstr(why.text, "NUL byte in object"))
			continue;
		if (value == NULL &&
		    json_error_code(&why) == json_error_numeric_overflow)
			continue;
		if ((text_err(text, len) == ERR_OK) != (value != NULL))
			fail_msg("jansson %s: %.*s", value ? "accepts" :
			    why.text, (int)len, text);
		accepted += value != NULL;
		json_decref(value);
	}
	assert_true(accepted > 1000);
}

static void
json_read__gives_slices_of_the_text(void **state)
{
	static const char TEXT[] = " { \"p\" : \"1.50\" , \"q\\n\":-2.5e3,"
	    "\"n\":18446744073709551615,\"t\":true,\"f\":false,"
	    "\"r\": [1, {\"a\":[]} ] ,\"d\":[\"0.1\",0.2]}";
	struct json_text key, s, q, raw, d[2];
	uint64_t n = 0;
	bool t = false, f = true;
	struct json j;

	(void)state;
	json_open(&j, text_place(TEXT, sizeof(TEXT) - 1), sizeof(TEXT) - 1);
	assert_int_equal(json_kind(&j), JSON_KIND_OBJECT);
	assert_true(json_enter_object(&j));
	assert_true(json_next_key(&j, &key) && json_text_is(&key, "p"));
	assert_false(json_text_is(&key, "pp"));
	assert_int_equal(json_kind(&j), JSON_KIND_STRING);
	assert_true(json_read_string(&j, &s));
	assert_true(json_next_key(&j, &key));
	assert_true(key.has_escape);
	assert_false(json_text_is(&key, "q\\n"));
	assert_true(json_read_number(&j, &q));
	assert_true(json_next_key(&j, &key) && json_read_u64(&j, &n));
	assert_true(json_next_key(&j, &key) && json_read_bool(&j, &t));
	assert_true(json_next_key(&j, &key) && json_read_bool(&j, &f));
	assert_true(json_next_key(&j, &key) && json_raw(&j, &raw));
	assert_true(json_next_key(&j, &key) && json_enter_array(&j));
	assert_true(json_next_item(&j) && json_read_decimal(&j, &d[0]));
	assert_true(json_next_item(&j) && json_read_decimal(&j, &d[1]));
	assert_false(json_next_item(&j));
	assert_false(json_next_key(&j, &key));
	assert_int_equal(json_close(&j), ERR_OK);
	assert_true(json_text_is(&s, "1.50"));
	assert_true(json_text_is(&q, "-2.5e3"));
	assert_true(n == UINT64_MAX);
	assert_true(t && !f);
	assert_true(json_text_is(&raw, "[1, {\"a\":[]} ]"));
	assert_true(json_text_is(&d[0], "0.1") && json_text_is(&d[1], "0.2"));
}

static enum err
u64_err(const char *text, uint64_t *out)
{
	struct json j;

	json_open(&j, text_place(text, strlen(text)), strlen(text));
	json_read_u64(&j, out);
	return json_close(&j);
}

static void
json_read_u64__fails_beyond_its_type(void **state)
{
	static const char *const NOT_WHOLE[] = { "-1", "-0", "1.0", "1e3",
		"\"1\"", "null", "[]", "", "true" };
	uint64_t v = 7;

	(void)state;
	assert_int_equal(u64_err("0", &v), ERR_OK);
	assert_true(v == 0);
	assert_int_equal(u64_err("18446744073709551615", &v), ERR_OK);
	assert_true(v == UINT64_MAX);
	v = 7;
	assert_int_equal(u64_err("18446744073709551616", &v), ERR_RANGE);
	assert_int_equal(u64_err("99999999999999999999", &v), ERR_RANGE);
	assert_int_equal(u64_err("184467440737095516150", &v), ERR_RANGE);
	for (size_t i = 0; i < ARRAY_COUNT(NOT_WHOLE); i++)
		assert_int_equal(u64_err(NOT_WHOLE[i], &v), ERR_SYNTAX);
	assert_true(v == 7);
}

static void
json_read__fails_on_another_kind(void **state)
{
	struct json_text out = { "kept", 4, false };
	struct json j;
	bool flag;

	(void)state;
	json_open(&j, "1", 1);
	assert_false(json_read_string(&j, &out));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "\"1\"", 3);
	assert_false(json_read_number(&j, &out));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "null", 4);
	assert_false(json_read_decimal(&j, &out));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "null", 4);
	assert_false(json_read_bool(&j, &flag));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "[]", 2);
	assert_false(json_enter_object(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "{}", 2);
	assert_false(json_enter_array(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	assert_true(json_text_is(&out, "kept"));
}

/* A straight-line parser over a text that is shorter than it thinks. */
static void
json_read__fails_where_no_value_is_to_come(void **state)
{
	struct json_text out, key;
	struct json j;

	(void)state;
	json_open(&j, "[[],5]", 6);
	json_enter_array(&j);
	json_next_item(&j);
	json_enter_array(&j);
	assert_false(json_next_item(&j));
	/* Still in the outer array, before ",5": not an item of the inner. */
	assert_false(json_read_number(&j, &out));
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "[1 2]", 5);
	json_enter_array(&j);
	json_next_item(&j);
	assert_true(json_read_number(&j, &out));
	assert_false(json_read_number(&j, &out));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "[[],{\"a\":1}]", 12);
	json_enter_array(&j);
	json_next_item(&j);
	json_enter_array(&j);
	assert_false(json_next_item(&j));
	assert_false(json_next_key(&j, &key));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	/* The reader of the inner array must not close the outer object, nor
	 * the reader of the inner object the outer array. */
	json_open(&j, "{\"k\":[],5]", 10);
	json_enter_object(&j);
	json_next_key(&j, &key);
	json_enter_array(&j);
	assert_false(json_next_item(&j));
	assert_false(json_next_item(&j));
	assert_false(json_read_number(&j, &out));
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "[{},\"a\":1}", 10);
	json_enter_array(&j);
	json_next_item(&j);
	json_enter_object(&j);
	assert_false(json_next_key(&j, &key));
	assert_false(json_next_key(&j, &key));
	assert_false(json_read_number(&j, &out));
	assert_false(json_next_key(&j, &key));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "1 2", 3);
	assert_true(json_read_number(&j, &out));
	assert_false(json_read_number(&j, &out));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "[1]", 3);
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
}

/* A value that nobody read is not passed over in silence. */
static void
json_next__fails_on_an_unread_value(void **state)
{
	struct json_text key;
	struct json j;

	(void)state;
	json_open(&j, "{\"a\":\"b\",\"c\":1}", 15);
	json_enter_object(&j);
	assert_true(json_next_key(&j, &key));
	assert_false(json_next_key(&j, &key));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "{\"a\":}", 6);
	json_enter_object(&j);
	assert_true(json_next_key(&j, &key));
	assert_false(json_next_key(&j, &key));
	assert_int_equal(j.error, ERR_SYNTAX);
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "[1,]", 4);
	json_enter_array(&j);
	assert_true(json_next_item(&j) && json_skip(&j));
	assert_true(json_next_item(&j));
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);

	json_open(&j, "[\"a\",\"b\"]", 9);
	json_enter_array(&j);
	assert_true(json_next_item(&j));
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
}

static void
json_close__fails_before_the_end(void **state)
{
	struct json_text key;
	struct json j;

	(void)state;
	json_open(&j, "1", 1);
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "{\"a\":1}", 7);
	json_enter_object(&j);
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "{\"a\":1}", 7);
	json_enter_object(&j);
	json_next_key(&j, &key);
	json_skip(&j);
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, "{\"a\":1", 6);
	json_enter_object(&j);
	json_next_key(&j, &key);
	assert_true(json_skip(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, " ", 1);
	assert_int_equal(json_close(&j), ERR_SYNTAX);
	json_open(&j, NULL, 0);
	assert_false(json_skip(&j));
	assert_int_equal(json_close(&j), ERR_SYNTAX);
}

static void
json_fail__keeps_the_first_error(void **state)
{
	struct json_text out;
	struct json j;

	(void)state;
	json_open(&j, "[1,2]", 5);
	assert_true(json_enter_array(&j));
	assert_true(json_next_item(&j));
	assert_false(json_fail(&j, ERR_UNKNOWN));
	assert_false(json_fail(&j, ERR_RANGE));
	assert_int_equal(json_kind(&j), JSON_KIND_BAD);
	assert_false(json_read_number(&j, &out));
	assert_false(json_skip(&j));
	assert_false(json_raw(&j, &out));
	assert_false(json_enter_array(&j));
	assert_false(json_next_item(&j));
	assert_int_equal(json_close(&j), ERR_UNKNOWN);
	assert_int_equal(json_close(&j), ERR_UNKNOWN);
}

static enum err
copy_err(char *buf, size_t size, const char *text)
{
	struct json_text t = { text_place(text, strlen(text)), strlen(text),
		strchr(text, '\\') != NULL };

	return json_text_copy(buf, size, &t);
}

static void
json_text_copy__unescapes(void **state)
{
	static const char *const CASES[][2] = {
		{ "", "" }, { "abc", "abc" },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
		{ "\\u0001\\u007f\\u0080\\u07ff",
		    "\x01\x7f\xc2\x80\xdf\xbf" },
		{ "\\u0800\\uD7FF\\ue000\\uFFFF",
		    "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf" },
		{ "\\ud800\\udc00\\uDBFF\\uDFFF",
		    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "a\\ud83d\\ude00z", "a\xf0\x9f\x98\x80z" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		assert_int_equal(copy_err(buf, sizeof(buf), CASES[i][0]),
		    ERR_OK);
		assert_string_equal(buf, CASES[i][1]);
	}
}

static void
json_text_copy__fails_on_lone_surrogates_and_nul(void **state)
{
	static const char *const CASES[] = {
		"\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\n", "\\ud83d\\u",
		"\\ud83d\\u0041", "\\ud83d\\ud83d", "\\ude00\\ud83d",
		"\\ud83d\\ude0", "\\ude00\\ude00", "\\ud83d\\ue000",
		"\\u0000", "a\\u0000b", "\\", "\\x", "\\u12",
		"\"", "a\"b", "\x01", "\xff", "\xc3", "\xed\xa0\x80",
	};
	struct json_text nul = { "a\0b", 3, false };
	char buf[64] = "kept";

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		if (copy_err(buf, sizeof(buf), CASES[i]) != ERR_SYNTAX)
			fail_msg("copied: %s", CASES[i]);
	assert_int_equal(json_text_copy(buf, sizeof(buf), &nul), ERR_SYNTAX);
	assert_string_equal(buf, "kept");
}

static void
json_text_copy__fails_above_the_buffer(void **state)
{
	char buf[8] = "kept";

	(void)state;
	assert_int_equal(copy_err(buf, 4, "abcd"), ERR_LIMIT);
	assert_int_equal(copy_err(buf, 4, "a\\u20ac"), ERR_LIMIT);
	assert_int_equal(copy_err(buf, 0, ""), ERR_LIMIT);
	assert_string_equal(buf, "kept");
	assert_int_equal(copy_err(buf, 5, "abcd"), ERR_OK);
	assert_string_equal(buf, "abcd");
	assert_int_equal(copy_err(buf, 5, "a\\u20ac"), ERR_OK);
	assert_string_equal(buf, "a\xe2\x82\xac");
	assert_int_equal(copy_err(buf, 1, ""), ERR_OK);
	assert_string_equal(buf, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_skip__accepts_what_rfc_8259_accepts),
		cmocka_unit_test(json_skip__rejects_what_rfc_8259_rejects),
		cmocka_unit_test(
		    json_skip__judges_alike_at_every_distance_from_the_end),
		cmocka_unit_test(json_skip__stops_above_the_depth_limit),
		cmocka_unit_test(json_open__stops_above_the_size_limit),
		cmocka_unit_test(
		    json_skip__fails_on_every_truncation_of_a_frame),
		cmocka_unit_test(
		    json_skip__agrees_with_jansson_on_damaged_frames),
		cmocka_unit_test(json_read__gives_slices_of_the_text),
		cmocka_unit_test(json_read_u64__fails_beyond_its_type),
		cmocka_unit_test(json_read__fails_on_another_kind),
		cmocka_unit_test(json_read__fails_where_no_value_is_to_come),
		cmocka_unit_test(json_next__fails_on_an_unread_value),
		cmocka_unit_test(json_close__fails_before_the_end),
		cmocka_unit_test(json_fail__keeps_the_first_error),
		cmocka_unit_test(json_text_copy__unescapes),
		cmocka_unit_test(
		    json_text_copy__fails_on_lone_surrogates_and_nul),
		cmocka_unit_test(json_text_copy__fails_above_the_buffer),
	};

	return cmocka_run_group_tests(tests, room_make, NULL);
}
