#include "base/decimal.h"

#include "base/must.h"
#include "base/wide.h"

#include <string.h>

#define SCALE_MAX 38u		/* 10^38 is the last in 128 bits */
#define DEC18_SCALE 18u

/* A number as written, before any scale: its digits without the point, and
 * how many of them stood behind it. */
struct scan {
	u128 digits;
	unsigned fraction;
	bool rest;		/* a digit that was not kept is not zero */
	bool fits;		/* no digit was lost at the upper end */
	const char *end;	/* the first character not read */
};

/* The same for a number of one word, all of whose digits were kept. */
struct short_number {
	uint64_t digits;
	unsigned fraction;
};

/* A number at the wanted scale. */
struct scaled {
	u128 value;
	unsigned fraction;	/* as written, at most the scale */
	bool rest;		/* something below the scale was cut off */
};

static inline unsigned
digit_of(char c)
{
	return (unsigned)(unsigned char)c - '0';
}

/* The hot path is worth one copy in each of its two callers, and nothing that
 * needs a stack frame belongs in them. */
#define HOT __attribute__((always_inline)) inline
#define SLOW __attribute__((noinline))

#define EVERY_BYTE(x) (UINT64_C(0x0101010101010101) * (x))
#define WORDS_LEN_MIN 4u
#define WORDS_LEN_MAX 16u

/* load_digits loads WORDS_LEN_MIN..MAX characters, each less '0', so that the
 * last one is the top byte of hi and what is missing below is zero.  The two
 * loads overlap: no byte outside the text is read. */
static HOT void
load_digits(uint64_t *hi, uint64_t *lo, const char *text, size_t len)
{
	if (len >= 8) {
		memcpy(lo, text, 8);
		memcpy(hi, text + len - 8, 8);
		*hi ^= EVERY_BYTE('0');
		*lo ^= EVERY_BYTE('0');
		*lo = len == 8 ? 0 : *lo << (8 * (16 - len));
	} else {
		uint32_t first, last;

		memcpy(&first, text, 4);
		memcpy(&last, text + len - 4, 4);
		first ^= (uint32_t)EVERY_BYTE('0');
		last ^= (uint32_t)EVERY_BYTE('0');
		*hi = (uint64_t)last << 32 |
		    (uint32_t)((uint64_t)first << (8 * (8 - len)));
		*lo = 0;
	}
}

/* eight_digits: eight digits, a byte each, the lowest byte first. */
static HOT uint64_t
eight_digits(uint64_t d)
{
	const uint64_t mask = UINT64_C(0x000000ff000000ff);

	d = d * 10 + (d >> 8);
	return ((d & mask) * UINT64_C(0x000f424000000064) +
	    (d >> 16 & mask) * UINT64_C(0x0000271000000001)) >> 32;
}

/* byte_find flags the bytes of d that are c.  Only its lowest flag is sure,
 * which is the one that is used. */
static HOT uint64_t
byte_find(uint64_t d, uint64_t c)
{
	uint64_t x = d ^ EVERY_BYTE(c);

	return (x - EVERY_BYTE(1)) & ~x & EVERY_BYTE(0x80);
}

/* remove_point moves what is below the point (flagged in dot_hi or dot_lo) up
 * by one byte over it, and returns how many digits are above it. */
static HOT unsigned
remove_point(uint64_t *hi, uint64_t *lo, uint64_t dot_hi, uint64_t dot_lo)
{
	/* From the point downward; the whole low word if it is in the high. */
	uint64_t thru_lo = dot_lo ^ (dot_lo - 1);
	uint64_t thru_hi = dot_lo != 0 ? 0 : dot_hi ^ (dot_hi - 1);
	uint64_t carry = dot_lo != 0 ? 0 : *lo >> 56;
	uint64_t dot = dot_lo != 0 ? dot_lo : dot_hi;

	*hi = (*hi & ~thru_hi) | (*hi & thru_hi >> 8) << 8 | carry;
	*lo = (*lo & ~thru_lo) | (*lo & thru_lo >> 8) << 8;
	return (dot_lo != 0 ? 15u : 7u) - (unsigned)__builtin_ctzll(dot) / 8;
}

/* scan_words reads a plain number, eight digits at a time: the hot path.
 * False says no more than "not here": the caller then looks at the text
 * character by character.  There is no loop and one branch on the text,
 * because mispredicted ends are most of the time of a loop over digits. */
static HOT bool
scan_words(struct short_number *out, const char *text, size_t len)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t hi, lo, dot_hi, dot_lo, above_nine;
	unsigned fraction = 0;
	bool bad;

	if (len < WORDS_LEN_MIN || len > WORDS_LEN_MAX)
		return false;
	/* A point at either end, a zero before another digit. */
	bad = (text[0] == '.') | (text[len - 1] == '.') |
	    ((text[0] == '0') & (text[1] != '.'));
	load_digits(&hi, &lo, text, len);
	dot_hi = byte_find(hi, '.' ^ '0');
	dot_lo = byte_find(lo, '.' ^ '0');
	if ((dot_hi | dot_lo) != 0)
		fraction = remove_point(&hi, &lo, dot_hi, dot_lo);
	above_nine = ((hi + EVERY_BYTE(0x76)) | hi |
	    (lo + EVERY_BYTE(0x76)) | lo) & EVERY_BYTE(0x80);
	if (bad | (above_nine != 0))
		return false;
	out->digits = eight_digits(lo) * 100000000u + eight_digits(hi);
	out->fraction = fraction;
	return true;
#else
	(void)out;
	(void)text;
	(void)len;
	return false;
#endif
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
static enum err
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

		if (s->digits > U128_MAX / power)
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

/* read_number reads a whole text of any form, without a sign. */
static enum err
read_number(struct scaled *out, const char *text, size_t len,
    unsigned decimals, bool exponent_allowed)
{
	const char *mark = text, *end = text + len;
	int exponent = 0, keep;
	struct scan s;

	MUST(decimals <= SCALE_MAX);

	if (len > DECIMAL_TEXT_MAX)
		return ERR_SYNTAX;
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

/* read_exact is read_number for a caller that refuses to lose a digit. */
static enum err
read_exact(struct scaled *out, const char *text, size_t len,
    unsigned decimals, bool exponent_allowed)
{
	enum err e = read_number(out, text, len, decimals, exponent_allowed);

	return e == ERR_OK && out->rest ? ERR_RANGE : e;
}

static SLOW enum err
u128_slowly(u128 *out, const char *text, size_t len, unsigned decimals)
{
	struct scaled n;
	enum err e = read_exact(&n, text, len, decimals, false);

	if (e == ERR_OK)
		*out = n.value;
	return e;
}

static SLOW enum err
dec18_slowly(struct dec18 *out, const char *text, size_t len)
{
	struct scaled n;
	enum err e = read_exact(&n, text, len, DEC18_SCALE, true);

	if (e == ERR_OK)
		*out = (struct dec18){ n.value, (uint8_t)n.fraction };
	return e;
}

enum err
decimal_to_u128(u128 *out, const char *text, size_t len, unsigned decimals)
{
	struct short_number n;

	/* 64 bits by at most 10^19 always fit. */
	if (!scan_words(&n, text, len) ||
	    decimals - n.fraction > WIDE_POW10_MAX)
		return u128_slowly(out, text, len, decimals);
	*out = (u128)n.digits * WIDE_POW10[decimals - n.fraction];
	return ERR_OK;
}

enum err
decimal_to_dec18(struct dec18 *out, const char *text, size_t len)
{
	struct short_number n;

	if (!scan_words(&n, text, len))
		return dec18_slowly(out, text, len);
	/* Sixteen characters have fewer than 18 fraction digits. */
	out->value = (u128)n.digits * WIDE_POW10[DEC18_SCALE - n.fraction];
	out->digits = (uint8_t)n.fraction;
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
	const uint64_t chunk = WIDE_POW10[WIDE_POW10_MAX];
	char *at = end;

	while (v >> 64 != 0) {
		uint64_t low = (uint64_t)(v % chunk);

		v /= chunk;
		for (unsigned i = 0; i < WIDE_POW10_MAX; i++, low /= 10)
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
