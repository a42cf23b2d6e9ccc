/* base/decimal.h - decimal text to integers and back, without floating point.
 *
 * The grammar is JSON's number: an optional minus, an integer part without
 * leading zeros, an optional fraction, and, only where allowed, an exponent.
 * Refused: empty text, a plus sign, "-0" and its like, NaN, Infinity, hex,
 * a decimal comma, surrounding blanks, more than DECIMAL_TEXT_MAX characters:
 * all ERR_SYNTAX.  A well-formed number that does not fit is ERR_RANGE.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/fixed.h"
#include "base/types.h"

#define DECIMAL_TEXT_MAX 64u	/* longest text read */
#define DECIMAL_BUF 48u		/* longest text written, with its NUL */

/* decimal_to_u128 reads a non-negative number scaled by 10^decimals (at most
 * 38).  Digits beyond that scale must be zeros: losing one is ERR_RANGE, as
 * is a value of 2^128 or more.  No exponent.  ERR_SYNTAX for anything else. */
MUST_CHECK enum err decimal_to_u128(u128 *out, const char *text, size_t len,
    unsigned decimals);
/* decimal_to_i128: the same with a sign. */
MUST_CHECK enum err decimal_to_i128(i128 *out, const char *text, size_t len,
    unsigned decimals);
/* decimal_to_u128_round reads like decimal_to_u128, but rounds what does not
 * fit the scale to the named side instead of refusing it. */
MUST_CHECK enum err decimal_to_u128_round(u128 *out, const char *text,
    size_t len, unsigned decimals, enum rounding r);

/* A venue's number: its value with 18 decimals and how many fraction digits
 * its text had, so that it can be printed again digit for digit. */
struct dec18 {
	u128 value;		/* 18 decimals */
	uint8_t digits;		/* fraction digits as written, 0..18 */
};
/* decimal_to_dec18 accepts JSON's number form including an exponent of at
 * most two digits (venues that send JSON numbers write 1e-05); the exponent
 * is folded into `digits`.  More than 18 significant fraction digits:
 * ERR_RANGE; zeros beyond the 18th are dropped. */
MUST_CHECK enum err decimal_to_dec18(struct dec18 *out, const char *text,
    size_t len);
/* decimal_from_dec18 writes the number with exactly d.digits fraction digits;
 * a value that needs more is the caller's bug (MUST). */
size_t decimal_from_dec18(char buf[DECIMAL_BUF], struct dec18 d);

/* decimal_from_u128 writes v / 10^decimals in shortest exact form ("2000",
 * "0.05"), NUL-terminated; returns its length.  decimals at most 38. */
size_t decimal_from_u128(char buf[DECIMAL_BUF], u128 v, unsigned decimals);
size_t decimal_from_i128(char buf[DECIMAL_BUF], i128 v, unsigned decimals);

/* decimal_to_u64 reads a plain whole number: digits only. */
MUST_CHECK enum err decimal_to_u64(uint64_t *out, const char *text,
    size_t len);

#endif
