/* json_dump - what the JSON reader sees, for a checker in another language.
 *
 * Standard input: texts, each after a line with its length in bytes.
 * Standard output, a line each: the error's name, or "ok" and the value:
 *	{K V K V ...}  [V V ...]  "HEX (strings and keys, unescaped; "! where
 *	they hold a lone surrogate or NUL)  #NUMBER  t f n
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"

#define LINE_MAX_BYTES (4u * JSON_TEXT_MAX)

static char line[LINE_MAX_BYTES];
static size_t line_len;

static void
line_add(const char *text, size_t len)
{
	MUST(line_len + len < sizeof(line));
	memcpy(line + line_len, text, len);
	line_len += len;
}

static void
string_add(const struct json_text *t)
{
	static char plain[JSON_TEXT_MAX + 1];
	char digits[3];

	line_add(" \"", 2);
	if (json_text_copy(plain, sizeof(plain), t) != ERR_OK) {
		line_add("!", 1);
		return;
	}
	for (const char *c = plain; *c != '\0'; c++) {
		snprintf(digits, sizeof(digits), "%02x", (unsigned char)*c);
		line_add(digits, 2);
	}
}

static void
value_add(struct json *j)
{
	struct json_text text;
	bool flag = false;

	switch (json_kind(j)) {
	case JSON_KIND_OBJECT:
		line_add(" {", 2);
		json_enter_object(j);
		while (json_next_key(j, &text)) {
			string_add(&text);
			value_add(j);
		}
		line_add(" }", 2);
		return;
	case JSON_KIND_ARRAY:
		line_add(" [", 2);
		json_enter_array(j);
		while (json_next_item(j))
			value_add(j);
		line_add(" ]", 2);
		return;
	case JSON_KIND_STRING:
		if (json_read_string(j, &text))
			string_add(&text);
		return;
	case JSON_KIND_NUMBER:
		if (json_read_number(j, &text)) {
			line_add(" #", 2);
			line_add(text.at, text.len);
		}
		return;
	case JSON_KIND_TRUE:
	case JSON_KIND_FALSE:
		json_read_bool(j, &flag);
		line_add(flag ? " t" : " f", 2);
		return;
	case JSON_KIND_NULL:
		json_skip(j);
		line_add(" n", 2);
		return;
	case JSON_KIND_BAD:
		return;
	}
}

int
main(void)
{
	char head[32];

	while (fgets(head, sizeof(head), stdin) != NULL) {
		size_t len = strtoul(head, NULL, 10);
		char *text = malloc(len + 1);
		struct json j;
		enum err e;

		MUST(text != NULL && fread(text, 1, len, stdin) == len);
		line_len = 0;
		json_open(&j, text, len);
		value_add(&j);
		e = json_close(&j);
		if (e == ERR_OK)
			printf("ok%.*s\n", (int)line_len, line);
		else
			printf("%s\n", err_name(e));
		json_open(&j, text, len);
		json_skip(&j);
		/* Skipping judges like reading. */
		MUST(json_close(&j) == e);
		free(text);
	}
	return 0;
}
