#include "base/decimal.h"

#include "base/must.h"

#include <string.h>

#define DIGITS_U64 19u		/* as many digits as always fit 64 bits */
#define SCALE_MAX 38u		/* 10^38 is the largest power in 128 bits */
#define DEC18_SCALE 18u
#define CHUNK 10000000000000000000u	/* 10^DIGITS_U64 */

/* A number as written, before any scale: its digits without the point, and
 * how many of them stood behind it. */
struct scan {
	u128 digits;
	unsigned fraction;
	bool rest;		/* a digit that was not kept is not zero */
	bool fits;		/* no digit was lost at the upper end */
	const char *end;	/* the first character not read */
};

/* A number at the wanted scale. */
struct scaled {
	u128 value;
	unsigned fraction;	/* fraction digits as written, up to the scale */
	bool rest;		/* something below the scale was cut off */
};

static inline unsigned
digit_of(char c)
{
	return (unsigned)(unsigned char)c - '0';
}

/* scan_short reads at most DIGITS_U64 characters, which cannot overflow: the
 * hot path.  False: not the form of a number. */
static inline bool
scan_short(struct scan *out, const char *text, const char *end)
{
	const char *at = text, *point;
	uint64_t digits = 0;

	for (; at != end && digit_of(*at) <= 9; at++)
		digits = digits * 10 + digit_of(*at);
	if (at == text || (*text == '0' && at - text > 1))
		return false;
	out->fraction = 0;
	if (at != end && *at == '.') {
		point = ++at;
		for (; at != end && digit_of(*at) <= 9; at++)
			digits = digits * 10 + digit_of(*at);
		if (at == point)
			return false;
		out->fraction = (unsigned)(at - point);
	}
	out->digits = digits;
	out->rest = false;
	out->fits = true;
	out->end = at;
	return true;
}

static void
scan_push(struct scan *s, char c)
{
	unsigned d = digit_of(c);

	if (s->digits > (U128_MAX - d) / 10)
		s->fits = false;
	else
		s->digits = s->digits * 10 + d;
}

/* scan_long reads any length; of the fraction it keeps fraction_max digits. */
static bool
scan_long(struct scan *out, const char *text, const char *end,
    unsigned fraction_max)
{
	struct scan s = { .fits = true };
	const char *at = text, *point;

	for (; at != end && digit_of(*at) <= 9; at++)
		scan_push(&s, *at);
	if (at == text || (*text == '0' && at - text > 1))
		return false;
	if (at != end && *at == '.') {
		point = ++at;
		for (; at != end && digit_of(*at) <= 9; at++) {
			if (s.fraction < fraction_max) {
				scan_push(&s, *at);
				s.fraction++;
			} else {
				s.rest |= *at != '0';
			}
		}
		if (at == point)
			return false;
	}
	s.end = at;
	*out = s;
	return true;
}

static bool
is_exponent_mark(char c)
{
	return c == 'e' || c == 'E';
}

/* read_exponent reads "e-05", "E+2", "e7": one or two digits. */
static bool
read_exponent(int *out, const char *at, const char *end)
{
	bool negative = false;
	int value = 0;

	if (at == end || !is_exponent_mark(*at))
		return false;
	at++;
	if (at != end && (*at == '-' || *at == '+'))
		negative = *at++ == '-';
	if (at == end || end - at > 2)
		return false;
	for (; at != end; at++) {
		if (digit_of(*at) > 9)
			return false;
		value = value * 10 + (int)digit_of(*at);
	}
	*out = negative ? -value : value;
	return true;
}

/* scale_to brings the digits to `decimals` decimals. */
static inline enum err
scale_to(struct scaled *out, const struct scan *s, int exponent,
    unsigned decimals)
{
	/* Behind the point once the exponent has moved it. */
	int fraction = (int)s->fraction - exponent;
	int shift = (int)decimals - fraction;

	if (!s->fits)
		return ERR_RANGE;
	out->rest = s->rest;
	out->fraction = fraction < 0 ? 0 :
	    shift < 0 ? decimals : (unsigned)fraction;
	if (s->digits == 0) {
		out->value = 0;
	} else if (shift > (int)SCALE_MAX) {
		return ERR_RANGE;
	} else if (shift >= 0) {
		u128 power = pow10_u128((unsigned)shift);

		/* 64 bits by 10^19 always fit: no division here. */
		if ((s->digits >> 64 != 0 || shift > (int)DIGITS_U64) &&
		    s->digits > U128_MAX / power)
			return ERR_RANGE;
		out->value = s->digits * power;
	} else if (-shift > (int)SCALE_MAX) {
		out->value = 0;
		out->rest = true;
	} else {
		u128 power = pow10_u128((unsigned)-shift);

		out->value = s->digits / power;
		out->rest |= s->digits % power != 0;
	}
	return ERR_OK;
}

/* read_long is read_number for what does not fit the hot path. */
static enum err
read_long(struct scaled *out, const char *text, const char *end,
    unsigned decimals, bool exponent_allowed)
{
	const char *mark = text;
	int exponent = 0, keep;
	struct scan s;

	/* The exponent says how many fraction digits matter: it goes first. */
	while (mark != end && !is_exponent_mark(*mark))
		mark++;
	if (mark != end && (!exponent_allowed ||
	    !read_exponent(&exponent, mark, end)))
		return ERR_SYNTAX;
	keep = (int)decimals + exponent;
	if (!scan_long(&s, text, mark, keep > 0 ? (unsigned)keep : 0) ||
	    s.end != mark)
		return ERR_SYNTAX;
	return scale_to(out, &s, exponent, decimals);
}

/* read_number reads a whole text without a sign. */
static inline enum err
read_number(struct scaled *out, const char *text, size_t len,
    unsigned decimals, bool exponent_allowed)
{
	const char *end = text + len;
	int exponent = 0;
	struct scan s;

	MUST(decimals <= SCALE_MAX);

	if (len > DIGITS_U64) {
		if (len > DECIMAL_TEXT_MAX)
			return ERR_SYNTAX;
		return read_long(out, text, end, decimals, exponent_allowed);
	}
	if (!scan_short(&s, text, end))
		return ERR_SYNTAX;
	if (s.end != end && (!exponent_allowed ||
	    !read_exponent(&exponent, s.end, end)))
		return ERR_SYNTAX;
	return scale_to(out, &s, exponent, decimals);
}

enum err
decimal_to_u128(u128 *out, const char *text, size_t len, unsigned decimals)
{
	struct scaled n;
	enum err e = read_number(&n, text, len, decimals, false);

	if (e != ERR_OK)
		return e;
	if (n.rest)
		return ERR_RANGE;
	*out = n.value;
	return ERR_OK;
}

enum err
decimal_to_u128_round(u128 *out, const char *text, size_t len,
    unsigned decimals, enum rounding r)
{
	struct scaled n;
	enum err e = read_number(&n, text, len, decimals, false);

	if (e != ERR_OK)
		return e;
	if (n.rest && r == ROUND_CEIL) {
		if (n.value == U128_MAX)
			return ERR_RANGE;
		n.value++;
	}
	*out = n.value;
	return ERR_OK;
}

enum err
decimal_to_i128(i128 *out, const char *text, size_t len, unsigned decimals)
{
	bool negative = len > 0 && *text == '-';
	u128 value;
	enum err e;

	if (len > DECIMAL_TEXT_MAX)
		return ERR_SYNTAX;
	e = decimal_to_u128(&value, text + negative, len - negative, decimals);
	if (e != ERR_OK)
		return e;
	/* "-0": a number of which there would be two forms. */
	if (negative && value == 0)
		return ERR_SYNTAX;
	if (value > (u128)I128_MAX + negative)
		return ERR_RANGE;
	*out = negative ? (i128)-value : (i128)value;
	return ERR_OK;
}

enum err
decimal_to_dec18(struct dec18 *out, const char *text, size_t len)
{
	struct scaled n;
	enum err e = read_number(&n, text, len, DEC18_SCALE, true);

	if (e != ERR_OK)
		return e;
	if (n.rest)
		return ERR_RANGE;
	out->value = n.value;
	out->digits = (uint8_t)n.fraction;
	return ERR_OK;
}

enum err
decimal_to_u64(uint64_t *out, const char *text, size_t len)
{
	u128 value;
	enum err e;

	/* "7.0" is a whole number to the others, but not a plain one. */
	for (size_t i = 0; i < len && i < DECIMAL_TEXT_MAX; i++)
		if (text[i] == '.')
			return ERR_SYNTAX;
	e = decimal_to_u128(&value, text, len, 0);
	if (e != ERR_OK)
		return e;
	if (value > UINT64_MAX)
		return ERR_RANGE;
	*out = (uint64_t)value;
	return ERR_OK;
}

/* write_digits writes v, at least `width` digits, ending before `end`, and
 * returns where it begins. */
static char *
write_digits(char *end, u128 v, unsigned width)
{
	char *at = end;

	while (v >> 64 != 0) {
		uint64_t low = (uint64_t)(v % CHUNK);

		v /= CHUNK;
		for (unsigned i = 0; i < DIGITS_U64; i++, low /= 10)
			*--at = (char)('0' + low % 10);
	}
	for (uint64_t low = (uint64_t)v; low != 0; low /= 10)
		*--at = (char)('0' + low % 10);
	while (end - at < (ptrdiff_t)width)
		*--at = '0';
	return at;
}

/* write_number writes digits with their last `fraction` behind a point. */
static size_t
write_number(char buf[DECIMAL_BUF], bool negative, u128 digits,
    unsigned fraction)
{
	char text[DECIMAL_BUF];
	char *end = text + sizeof(text);
	char *at = write_digits(end, digits, fraction + 1);
	size_t whole = (size_t)(end - at) - fraction;
	size_t len = 0;

	if (negative)
		buf[len++] = '-';
	memcpy(buf + len, at, whole);
	len += whole;
	if (fraction > 0) {
		buf[len++] = '.';
		memcpy(buf + len, at + whole, fraction);
		len += fraction;
	}
	buf[len] = '\0';
	return len;
}

size_t
decimal_from_dec18(char buf[DECIMAL_BUF], struct dec18 d)
{
	u128 unit;

	MUST(d.digits <= DEC18_SCALE);
	unit = pow10_u128(DEC18_SCALE - d.digits);
	MUST(d.value % unit == 0);
	return write_number(buf, false, d.value / unit, d.digits);
}

static size_t
write_shortest(char buf[DECIMAL_BUF], bool negative, u128 v,
    unsigned decimals)
{
	MUST(decimals <= SCALE_MAX);
	for (; decimals > 0 && v % 10 == 0; decimals--)
		v /= 10;
	return write_number(buf, negative, v, decimals);
}

size_t
decimal_from_u128(char buf[DECIMAL_BUF], u128 v, unsigned decimals)
{
	return write_shortest(buf, false, v, decimals);
}

size_t
decimal_from_i128(char buf[DECIMAL_BUF], i128 v, unsigned decimals)
{
	return write_shortest(buf, v < 0, v < 0 ? -(u128)v : (u128)v,
	    decimals);
}
