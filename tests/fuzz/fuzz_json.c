/* The JSON reader against jansson: the same texts are JSON to both.
 *
 * Differences that are meant: depth above JSON_DEPTH_MAX and length above
 * JSON_TEXT_MAX are ours to refuse; numbers beyond double or 64 bits, lone
 * surrogate escapes and NUL in a key are jansson's to refuse.  jansson also
 * loses a NUL byte that follows a number or a word. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
text_check(const struct json *j, const struct json_text *t)
{
	char buf[256];
	enum err e;

	MUST(t->at >= j->begin && t->at + t->len <= j->end);
	e = json_text_copy(buf, sizeof(buf), t);
	if (e == ERR_OK) {
		MUST(strlen(buf) <= t->len);
		MUST(t->has_escape || strlen(buf) == t->len);
	} else if (e == ERR_LIMIT) {
		MUST(t->len >= sizeof(buf));
	} else {
		/* A lone surrogate or a NUL, both written as escapes. */
		MUST(e == ERR_SYNTAX && t->has_escape);
	}
}

static void
value_walk(struct json *j)
{
	struct json_text text;
	uint64_t n;
	bool flag;

	switch (json_kind(j)) {
	case JSON_KIND_OBJECT:
		json_enter_object(j);
		while (json_next_key(j, &text)) {
			text_check(j, &text);
			value_walk(j);
		}
		return;
	case JSON_KIND_ARRAY:
		json_enter_array(j);
		while (json_next_item(j))
			value_walk(j);
		return;
	case JSON_KIND_STRING:
		if (json_read_string(j, &text))
			text_check(j, &text);
		return;
	case JSON_KIND_NUMBER:
		/* Either a whole number or its text. */
		if (j->end - j->at >= 2 && j->at[1] == '7')
			json_read_u64(j, &n);
		else
			json_read_decimal(j, &text);
		return;
	case JSON_KIND_TRUE:
	case JSON_KIND_FALSE:
		json_read_bool(j, &flag);
		return;
	case JSON_KIND_NULL:
		json_raw(j, &text);
		return;
	case JSON_KIND_BAD:
		return;
	}
}

static bool
jansson_may_differ(const json_error_t *why)
{
	return json_error_code(why) == json_error_numeric_overflow ||
	    json_error_code(why) == json_error_null_byte_in_key ||
	    json_error_code(why) == json_error_stack_overflow ||
	    strstr(why->text, "invalid Unicode '\\u") != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	/* A copy of its own, so that a sanitizer sees a byte too far. */
	char *text = malloc(len > 0 ? len : 1);
	json_error_t why;
	json_t *value;
	struct json j;
	enum err skipped, walked;

	MUST(text != NULL);
	if (len > 0)
		memcpy(text, bytes, len);

	json_open(&j, text, len);
	json_skip(&j);
	skipped = json_close(&j);

	json_open(&j, text, len);
	value_walk(&j);
	walked = json_close(&j);
	/* json_read_u64 refuses numbers that json_skip accepts. */
	MUST(walked != ERR_OK || skipped == ERR_OK);

	value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (value != NULL)
		MUST(skipped == ERR_OK || skipped == ERR_LIMIT ||
		    memchr(text, '\0', len) != NULL);
	else
		MUST(skipped != ERR_OK || jansson_may_differ(&why));
	json_decref(value);
	free(text);
	return 0;
}
