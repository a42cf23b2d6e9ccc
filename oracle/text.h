/* oracle/text.h - a bounded string builder.
 *
 * Owns:   its buffer, which grows up to the ceiling given to text_init.
 *         Beyond it, or without memory, the builder fails and stays failed:
 *         check `failed` once, at the end.
 */
#ifndef ORACLE_TEXT_H
#define ORACLE_TEXT_H

#include "base/types.h"

struct text {
	char *at;		/* NUL-terminated once anything was added */
	size_t len;
	size_t capacity;
	size_t max;		/* ceiling, NUL included */
	bool failed;
};

void text_init(struct text *t, size_t max);
void text_free(struct text *t);		/* accepts a zeroed one */
/* text_clear empties t and forgets a failure; keeps the memory. */
void text_clear(struct text *t);
void text_append(struct text *t, const char *s, size_t len);
void text_put(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* text_json_string adds a JSON string with its quotes.  Bytes that are no
 * valid UTF-8 become U+FFFD. */
void text_json_string(struct text *t, const char *s, size_t len);
/* text_is_plain: whether text_json_string keeps every byte of it, and a reader
 * of C strings too: valid UTF-8 without a NUL. */
bool text_is_plain(const char *s, size_t len);
/* text_json_base64 adds bytes as a JSON string of RFC 4648 with padding. */
void text_json_base64(struct text *t, const char *s, size_t len);
/* A decimal number as a JSON string: v / 10^decimals, exact and shortest. */
void text_json_u128(struct text *t, u128 v, unsigned decimals);
void text_json_i128(struct text *t, i128 v, unsigned decimals);
/* Bytes as a JSON string "0x...". */
void text_json_hex(struct text *t, const uint8_t *bytes, size_t len);

#endif
