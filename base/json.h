/* base/json.h - a bounded, validating pull reader over text in memory.
 *
 * It copies nothing and allocates nothing; numbers stay text.  The first
 * error sticks: every later call answers false (or JSON_KIND_BAD), so a
 * parser is a straight line with one check at the end; only that check makes
 * what was read worth using ("01" reads as 0, then fails at the 1).  Reading
 * where no value is to come (the array was shorter) is such an error too,
 * never a crash.  Skipped parts are validated like read ones.  Grammar:
 * RFC 8259, strict, over valid UTF-8; duplicate keys are the caller's matter.
 * A lone surrogate escape is grammar; only json_text_copy refuses it.
 *
 * Limits: JSON_TEXT_MAX bytes, JSON_DEPTH_MAX levels.  Text needs no NUL.
 *
 *	json_open(&j, text, len);
 *	json_enter_object(&j);
 *	while (json_next_key(&j, &key)) {
 *		if (json_text_is(&key, "price"))
 *			json_read_string(&j, &price);
 *		else
 *			json_skip(&j);
 *	}
 *	if (json_close(&j) != ERR_OK) ...
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <string.h>

#include "base/types.h"

#define JSON_TEXT_MAX (256u * 1024u)
#define JSON_DEPTH_MAX 16u

/* A slice of the input.  For strings: what stands between the quotes, escapes
 * still in place (has_escape says so). */
struct json_text {
	const char *at;
	size_t len;
	bool has_escape;
};

/* The long prefix keeps clear of jansson's names. */
enum json_kind {
	JSON_KIND_BAD, JSON_KIND_OBJECT, JSON_KIND_ARRAY, JSON_KIND_STRING,
	JSON_KIND_NUMBER, JSON_KIND_TRUE, JSON_KIND_FALSE, JSON_KIND_NULL,
};

struct json {
	const char *begin;
	const char *at;
	const char *end;
	enum err error;		/* ERR_OK until the first failure */
	unsigned depth;
	uint32_t is_object;	/* bit per level */
	bool first;		/* no item read yet on this level */
	bool ready;		/* a value may be read now */
};

/* json_open: more than JSON_TEXT_MAX bytes is ERR_LIMIT at once (sticky).
 * json_open_max: the same with a limit of the caller's, for files of our own
 * choosing; never for what a peer sends. */
void json_open(struct json *j, const char *text, size_t len);
void json_open_max(struct json *j, const char *text, size_t len,
    size_t len_max);

/* json_kind looks at the value to come without consuming it; JSON_KIND_BAD,
 * with ERR_SYNTAX recorded, where no value begins. */
enum json_kind json_kind(struct json *j);

bool json_enter_object(struct json *j);
bool json_enter_array(struct json *j);
/* json_next_key: true with the next key, its value to be read or skipped;
 * false at the object's end (which is consumed) or on error. */
bool json_next_key(struct json *j, struct json_text *key);
/* json_next_item: true where another item is to be read; false at the array's
 * end (consumed) or on error. */
bool json_next_item(struct json *j);

bool json_read_string(struct json *j, struct json_text *out);
bool json_read_number(struct json *j, struct json_text *out);
/* json_read_decimal accepts a number or a string (venues write both) and
 * gives the slice between the quotes; it does not check the string's form. */
bool json_read_decimal(struct json *j, struct json_text *out);
/* json_read_u64 accepts a whole non-negative JSON number without fraction or
 * exponent.  ERR_RANGE above 64 bits, ERR_SYNTAX for any other value. */
bool json_read_u64(struct json *j, uint64_t *out);
bool json_read_bool(struct json *j, bool *out);
bool json_skip(struct json *j);
/* json_raw skips one value and gives its text, as it stands. */
bool json_raw(struct json *j, struct json_text *out);

/* json_close: ERR_OK only if one whole value was read and nothing but blanks
 * follows.  ERR_SYNTAX, ERR_LIMIT (depth, size). */
MUST_CHECK enum err json_close(struct json *j);
/* json_fail records e (if nothing failed before) and answers false. */
bool json_fail(struct json *j, enum err e);

/* json_text_is compares a slice without escapes with a word; a slice with
 * escapes is equal to none.  Inline: the length of a literal folds away. */
static inline bool
json_text_is(const struct json_text *t, const char *word)
{
	size_t len = strlen(word);

	return t->len == len && !t->has_escape &&
	    memcmp(t->at, word, len) == 0;
}
/* json_text_copy unescapes into buf (NUL-terminated).  ERR_LIMIT if it does
 * not fit, ERR_SYNTAX for a lone surrogate, an embedded NUL or a slice that is
 * no JSON string. */
MUST_CHECK enum err json_text_copy(char *buf, size_t buf_size,
    const struct json_text *t);

#endif
