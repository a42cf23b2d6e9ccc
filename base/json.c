#include "base/json.h"

#include "base/must.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "string_plain finds the first byte as the lowest");
_Static_assert(JSON_DEPTH_MAX < 32, "a bit per level in is_object");

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(c) __builtin_expect(!!(c), 1)
#define UNLIKELY(c) __builtin_expect(!!(c), 0)

/* Classes of bytes. */
#define BLANK 1u	/* RFC 8259 section 2: ws */
#define DIGIT 2u
#define PLAIN 4u	/* stands for itself in a string */
#define SHORT 8u	/* may follow a backslash alone */

#define D (DIGIT | PLAIN)
#define P PLAIN
#define S (SHORT | PLAIN)
#define W BLANK
static const uint8_t CLASS[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, W, W, 0, 0, W, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	P | W, P, SHORT, P, P, P, P, P, P, P, P, P, P, P, P, S,
	D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P,
	P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P,
	P, P, P, P, P, P, P, P, P, P, P, P, SHORT, P, P, P,
	P, P, S, P, P, P, S, P, P, P, P, P, P, P, S, P,
	P, P, S, P, S, P, P, P, P, P, P, P, P, P, P, P,
	/* 0x80 and above: zero, checked as UTF-8 */
};
#undef D
#undef P
#undef S
#undef W

INLINE bool
byte_is(char c, unsigned class)
{
	return (CLASS[(uint8_t)c] & class) != 0;
}

INLINE const char *
blanks_skip(const char *at, const char *end)
{
	while (at < end && UNLIKELY(byte_is(*at, BLANK)))
		at++;
	return at;
}

/* From here on there is nothing to read: at == end is the one test that every
 * reader makes anyway, so a sticky error costs the good path nothing. */
bool
json_fail(struct json *j, enum err e)
{
	MUST(e != ERR_OK);
	if (j->error == ERR_OK)
		j->error = e;
	j->at = j->end;
	j->ready = false;
	return false;
}

/* string_plain skips bytes that stand for themselves: eight at a step while
 * eight are left before end, so nothing beyond it is ever loaded. */
INLINE const char *
string_plain(const char *at, const char *end)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;

	while (end - at >= 8) {
		uint64_t w, quote, slash, control, hit;

		memcpy(&w, at, sizeof(w));
		quote = (w ^ ones * '"') - ones;
		slash = (w ^ ones * '\\') - ones;
		control = w - ones * 0x20;
		/* A borrow can only mark bytes above the first true hit. */
		hit = (((quote & ~(w ^ ones * '"')) |
		    (slash & ~(w ^ ones * '\\')) | (control & ~w) | w) & tops);
		if (hit != 0)
			return at + __builtin_ctzll(hit) / 8;
		at += 8;
	}
	while (at < end && byte_is(*at, PLAIN))
		at++;
	return at;
}

/* hex4_read reads four hexadecimal digits; at least four bytes are there.
 * Returns above 0xffff for anything else. */
static uint32_t
hex4_read(const char *at)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return UINT32_MAX;
	}
	return v;
}

/* escape_end returns what follows the escape at `at` (a backslash), NULL if
 * it is none. */
static const char *
escape_end(const char *at, const char *end)
{
	if (end - at < 2)
		return NULL;
	if (byte_is(at[1], SHORT))
		return at + 2;
	if (at[1] != 'u' || end - at < 6 || hex4_read(at + 2) > 0xffff)
		return NULL;
	return at + 6;
}

/* utf8_end returns what follows the multi-byte character at `at`, NULL if it
 * is not well-formed (Unicode 15, table 3-7: no overlong form, no surrogate,
 * nothing above U+10FFFF). */
static const char *
utf8_end(const char *at, const char *end)
{
	uint8_t lead = (uint8_t)at[0], low = 0x80, high = 0xbf;
	ptrdiff_t len;

	if (lead >= 0xc2 && lead <= 0xdf)
		len = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		len = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		len = 4;
	else
		return NULL;
	if (end - at < len)
		return NULL;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if ((uint8_t)at[1] < low || (uint8_t)at[1] > high)
		return NULL;
	for (ptrdiff_t i = 2; i < len; i++)
		if (((uint8_t)at[i] & 0xc0) != 0x80)
			return NULL;
	return at + len;
}

/* string_end_slow goes on where something other than plain bytes and the
 * closing quote stands. */
static __attribute__((noinline)) const char *
string_end_slow(const char *at, const char *end, bool *has_escape)
{
	while (at != NULL && at < end && *at != '"') {
		if (*at == '\\') {
			*has_escape = true;
			at = escape_end(at, end);
		} else {
			at = utf8_end(at, end);
		}
		if (at != NULL)
			at = string_plain(at, end);
	}
	return at == end ? NULL : at;
}

/* string_end returns the closing quote of the string whose first character is
 * at `at`, NULL if there is no valid one. */
INLINE const char *
string_end(const char *at, const char *end, bool *has_escape)
{
	at = string_plain(at, end);
	if (LIKELY(at < end && *at == '"'))
		return at;
	return string_end_slow(at, end, has_escape);
}

INLINE const char *
digits_end(const char *at, const char *end)
{
	while (at < end && byte_is(*at, DIGIT))
		at++;
	return at;
}

/* number_end returns what follows the number at `at`, NULL if none stands
 * there.  What may follow it is for the structure around to say. */
INLINE const char *
number_end(const char *at, const char *end)
{
	const char *from;

	if (at < end && *at == '-')
		at++;
	if (at == end || !byte_is(*at, DIGIT))
		return NULL;
	at = *at == '0' ? at + 1 : digits_end(at, end);
	if (at < end && *at == '.') {
		from = at + 1;
		at = digits_end(from, end);
		if (at == from)
			return NULL;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		from = at + 1;
		if (from < end && (*from == '+' || *from == '-'))
			from++;
		at = digits_end(from, end);
		if (at == from)
			return NULL;
	}
	return at;
}

INLINE const char *
word_end(const char *at, const char *end, const char *word, ptrdiff_t len)
{
	if (end - at < len || memcmp(at, word, (size_t)len) != 0)
		return NULL;
	return at + len;
}

/* scalar_end returns what follows the value at `at`, which begins no object
 * or array; NULL if none stands there. */
INLINE const char *
scalar_end(const char *at, const char *end)
{
	bool has_escape;

	switch (*at) {
	case '"':
		at = string_end(at + 1, end, &has_escape);
		return at == NULL ? NULL : at + 1;
	case 't':
		return word_end(at, end, "true", 4);
	case 'f':
		return word_end(at, end, "false", 5);
	case 'n':
		return word_end(at, end, "null", 4);
	default:
		return number_end(at, end);
	}
}

void
json_open(struct json *j, const char *text, size_t len)
{
	json_open_max(j, text, len, JSON_TEXT_MAX);
}

void
json_open_max(struct json *j, const char *text, size_t len, size_t len_max)
{
	*j = (struct json){ .begin = text, .at = text, .first = true,
	    .ready = true, .error = ERR_OK };
	j->end = text;
	if (len > len_max)
		json_fail(j, ERR_LIMIT);
	else if (len > 0)
		j->end = text + len;
}

/* value_begin goes to the first byte of the value to come. */
INLINE bool
value_begin(struct json *j)
{
	j->at = blanks_skip(j->at, j->end);
	if (UNLIKELY(j->at == j->end || !j->ready))
		return json_fail(j, ERR_SYNTAX);
	return true;
}

/* value_done records that the value ended at `at`; NULL if it was none. */
INLINE bool
value_done(struct json *j, const char *at)
{
	if (UNLIKELY(at == NULL))
		return json_fail(j, ERR_SYNTAX);
	j->at = at;
	j->ready = false;
	return true;
}

enum json_kind
json_kind(struct json *j)
{
	if (!value_begin(j))
		return JSON_KIND_BAD;
	switch (*j->at) {
	case '{':
		return JSON_KIND_OBJECT;
	case '[':
		return JSON_KIND_ARRAY;
	case '"':
		return JSON_KIND_STRING;
	case 't':
		return JSON_KIND_TRUE;
	case 'f':
		return JSON_KIND_FALSE;
	case 'n':
		return JSON_KIND_NULL;
	default:
		if (*j->at == '-' || byte_is(*j->at, DIGIT))
			return JSON_KIND_NUMBER;
		json_fail(j, ERR_SYNTAX);
		return JSON_KIND_BAD;
	}
}

INLINE bool
level_enter(struct json *j, char open)
{
	uint32_t bit;

	if (!value_begin(j))
		return false;
	if (*j->at != open)
		return json_fail(j, ERR_SYNTAX);
	if (j->depth == JSON_DEPTH_MAX)
		return json_fail(j, ERR_LIMIT);
	bit = (uint32_t)1 << j->depth++;
	j->is_object = open == '{' ? j->is_object | bit : j->is_object & ~bit;
	j->first = true;
	j->ready = false;
	j->at++;
	return true;
}

bool
json_enter_object(struct json *j)
{
	return level_enter(j, '{');
}

bool
json_enter_array(struct json *j)
{
	return level_enter(j, '[');
}

/* level_next goes to the first byte of the next item of an object or array;
 * false at its end, which is consumed, or on error. */
INLINE bool
level_next(struct json *j, bool is_object)
{
	const char *at = blanks_skip(j->at, j->end);

	/* Also where a value is still unread, or where this level has ended and
	 * the reader around it is of the other kind. */
	if (UNLIKELY(at == j->end || j->ready || j->depth == 0 ||
	    (j->is_object >> (j->depth - 1) & 1) != is_object))
		return json_fail(j, ERR_SYNTAX);
	if (*at == (is_object ? '}' : ']')) {
		j->at = at + 1;
		j->depth--;
		j->first = false;
		return false;
	}
	if (j->first) {
		j->first = false;
	} else {
		if (*at != ',')
			return json_fail(j, ERR_SYNTAX);
		at = blanks_skip(at + 1, j->end);
	}
	if (UNLIKELY(at == j->end))
		return json_fail(j, ERR_SYNTAX);
	j->at = at;
	return true;
}

bool
json_next_key(struct json *j, struct json_text *key)
{
	const char *from, *quote, *colon;
	bool has_escape = false;

	if (!level_next(j, true))
		return false;
	if (*j->at != '"')
		return json_fail(j, ERR_SYNTAX);
	from = j->at + 1;
	quote = string_end(from, j->end, &has_escape);
	if (quote == NULL)
		return json_fail(j, ERR_SYNTAX);
	colon = blanks_skip(quote + 1, j->end);
	if (colon == j->end || *colon != ':')
		return json_fail(j, ERR_SYNTAX);
	*key = (struct json_text){ from, (size_t)(quote - from), has_escape };
	j->at = colon + 1;
	j->ready = true;
	return true;
}

bool
json_next_item(struct json *j)
{
	if (!level_next(j, false))
		return false;
	j->ready = true;
	return true;
}

bool
json_read_string(struct json *j, struct json_text *out)
{
	const char *from, *quote;
	bool has_escape = false;

	if (!value_begin(j))
		return false;
	if (*j->at != '"')
		return json_fail(j, ERR_SYNTAX);
	from = j->at + 1;
	quote = string_end(from, j->end, &has_escape);
	if (!value_done(j, quote == NULL ? NULL : quote + 1))
		return false;
	*out = (struct json_text){ from, (size_t)(quote - from), has_escape };
	return true;
}

bool
json_read_number(struct json *j, struct json_text *out)
{
	const char *from;

	if (!value_begin(j))
		return false;
	from = j->at;
	if (!value_done(j, number_end(from, j->end)))
		return false;
	*out = (struct json_text){ from, (size_t)(j->at - from), false };
	return true;
}

bool
json_read_decimal(struct json *j, struct json_text *out)
{
	if (!value_begin(j))
		return false;
	return *j->at == '"' ? json_read_string(j, out) :
	    json_read_number(j, out);
}

bool
json_read_u64(struct json *j, uint64_t *out)
{
	struct json_text text;
	uint64_t v = 0;

	if (!json_read_number(j, &text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!byte_is(text.at[i], DIGIT))
			return json_fail(j, ERR_SYNTAX);
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(text.at[i] - '0'),
		    &v))
			return json_fail(j, ERR_RANGE);
	}
	*out = v;
	return true;
}

bool
json_read_bool(struct json *j, bool *out)
{
	bool value;

	if (!value_begin(j))
		return false;
	value = *j->at == 't';
	if (!value_done(j, value ? word_end(j->at, j->end, "true", 4) :
	    word_end(j->at, j->end, "false", 5)))
		return false;
	*out = value;
	return true;
}

/* skip_nested reads an object or array to its end, item by item. */
static bool
skip_nested(struct json *j)
{
	unsigned outside = j->depth;
	struct json_text key;

	for (;;) {
		bool more;

		if (j->ready && !value_begin(j))
			return false;
		if (j->ready && (*j->at == '{' || *j->at == '[')) {
			if (!level_enter(j, *j->at))
				return false;
		} else if (j->ready) {
			if (!value_done(j, scalar_end(j->at, j->end)))
				return false;
		}
		if (j->depth == outside)
			return true;
		more = j->is_object >> (j->depth - 1) & 1 ?
		    json_next_key(j, &key) : json_next_item(j);
		if (!more && j->error != ERR_OK)
			return false;
		if (!more && j->depth == outside)
			return true;
	}
}

bool
json_skip(struct json *j)
{
	if (!value_begin(j))
		return false;
	if (*j->at == '{' || *j->at == '[')
		return skip_nested(j);
	return value_done(j, scalar_end(j->at, j->end));
}

bool
json_raw(struct json *j, struct json_text *out)
{
	const char *from;

	if (!value_begin(j))
		return false;
	from = j->at;
	if (!json_skip(j))
		return false;
	*out = (struct json_text){ from, (size_t)(j->at - from), false };
	return true;
}

enum err
json_close(struct json *j)
{
	if (j->error != ERR_OK)
		return j->error;
	j->at = blanks_skip(j->at, j->end);
	if (j->at != j->end || j->depth != 0 || j->ready)
		json_fail(j, ERR_SYNTAX);
	return j->error;
}

/* A surrogate escape pair to its code point; 0 for a lone one. */
static uint32_t
surrogates_join(uint32_t high, const char *at, const char *end)
{
	uint32_t low;

	if (high >= 0xdc00 || end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return 0;
	low = hex4_read(at + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static char
escape_short(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

static size_t
utf8_put(char out[4], uint32_t c)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t LEAD[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(LEAD[len] | c);
	return len;
}

/* char_read decodes one character of a string at *at into out, moves *at
 * behind it and returns its bytes; 0 if it is not to be had. */
static size_t
char_read(char out[4], const char **at, const char *end)
{
	const char *from = *at, *next;
	uint32_t c;

	if (byte_is(*from, PLAIN)) {
		out[0] = *from;
		*at = from + 1;
		return 1;
	}
	next = *from == '\\' ? escape_end(from, end) : utf8_end(from, end);
	if (next == NULL)
		return 0;
	*at = next;
	if (*from != '\\') {
		memcpy(out, from, (size_t)(next - from));
		return (size_t)(next - from);
	}
	if (from[1] != 'u') {
		out[0] = escape_short(from[1]);
		return 1;
	}
	c = hex4_read(from + 2);
	if (c >= 0xd800 && c <= 0xdfff) {
		c = surrogates_join(c, next, end);
		*at = next + 6;
	}
	return c == 0 ? 0 : utf8_put(out, c);
}

enum err
json_text_copy(char *buf, size_t buf_size, const struct json_text *t)
{
	const char *end = t->len > 0 ? t->at + t->len : t->at;
	size_t need = 0, len = 0;
	char c[4];

	/* Measure first: a failure must leave buf as it was. */
	for (const char *at = t->at; at < end;) {
		size_t n = char_read(c, &at, end);

		if (n == 0)
			return ERR_SYNTAX;
		need += n;
	}
	if (need >= buf_size)
		return ERR_LIMIT;
	for (const char *at = t->at; at < end;) {
		size_t n = char_read(c, &at, end);

		memcpy(buf + len, c, n);
		len += n;
	}
	buf[len] = '\0';
	return ERR_OK;
}
