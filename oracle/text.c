#include "oracle/text.h"

#include "base/decimal.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST 256u

void
text_init(struct text *t, size_t max)
{
	memset(t, 0, sizeof(*t));
	t->max = max;
}

void
text_free(struct text *t)
{
	free(t->at);
	text_init(t, t->max);
}

void
text_clear(struct text *t)
{
	t->len = 0;
	t->failed = false;
	if (t->at)
		t->at[0] = '\0';
}

/* Room for `more` bytes and a NUL. */
static bool
text_reserve(struct text *t, size_t more)
{
	size_t capacity = t->capacity ? t->capacity : TEXT_FIRST;
	char *grown;

	if (t->failed)
		return false;
	if (more >= t->max || t->len >= t->max - more) {
		t->failed = true;
		return false;
	}
	if (t->len + more < t->capacity)
		return true;
	while (capacity <= t->len + more)
		capacity *= 2;
	if (capacity > t->max)
		capacity = t->max;
	grown = realloc(t->at, capacity);
	if (!grown) {
		t->failed = true;
		return false;
	}
	t->at = grown;
	t->capacity = capacity;
	return true;
}

void
text_append(struct text *t, const char *s, size_t len)
{
	if (!text_reserve(t, len))
		return;
	if (len > 0)
		memcpy(t->at + t->len, s, len);
	t->len += len;
	t->at[t->len] = '\0';
}

void
text_put(struct text *t, const char *s)
{
	text_append(t, s, strlen(s));
}

void
text_printf(struct text *t, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	MUST(len >= 0);
	if (!text_reserve(t, (size_t)len))
		return;
	va_start(args, format);
	(void)vsnprintf(t->at + t->len, (size_t)len + 1, format, args);
	va_end(args);
	t->len += (size_t)len;
}

/* How many bytes of valid UTF-8 begin at s; 0 where none do. */
static size_t
utf8_len(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
	    s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
	    s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and what lies beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

void
text_json_string(struct text *t, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	text_put(t, "\"");
	for (size_t i = 0; i < len; i += n) {
		n = utf8_len(u + i, len - i);
		if (n == 0) {
			text_put(t, "\\ufffd");
			n = 1;
		} else if (u[i] == '"' || u[i] == '\\') {
			text_printf(t, "\\%c", u[i]);
		} else if (u[i] < 0x20 || u[i] == 0x7f) {
			text_printf(t, "\\u%04x", u[i]);
		} else {
			text_append(t, s + i, n);
		}
	}
	text_put(t, "\"");
}

bool
text_is_plain(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = u[i] == 0 ? 0 : utf8_len(u + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

void
text_json_base64(struct text *t, const char *s, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *u = (const unsigned char *)s;

	text_put(t, "\"");
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)u[i] << 16 |
		    (n > 1 ? (uint32_t)u[i + 1] << 8 : 0) |
		    (n > 2 ? u[i + 2] : 0);
		char four[4] = { digits[bits >> 18], digits[bits >> 12 & 63],
			n > 1 ? digits[bits >> 6 & 63] : '=',
			n > 2 ? digits[bits & 63] : '=' };

		text_append(t, four, sizeof(four));
	}
	text_put(t, "\"");
}

void
text_json_u128(struct text *t, u128 v, unsigned decimals)
{
	char buf[DECIMAL_BUF];
	size_t len = decimal_from_u128(buf, v, decimals);

	text_put(t, "\"");
	text_append(t, buf, len);
	text_put(t, "\"");
}

void
text_json_i128(struct text *t, i128 v, unsigned decimals)
{
	char buf[DECIMAL_BUF];
	size_t len = decimal_from_i128(buf, v, decimals);

	text_put(t, "\"");
	text_append(t, buf, len);
	text_put(t, "\"");
}

void
text_json_hex(struct text *t, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	text_put(t, "\"0x");
	for (size_t i = 0; i < len; i++) {
		char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };

		text_append(t, pair, 2);
	}
	text_put(t, "\"");
}
