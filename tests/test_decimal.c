/* decimal against a reader that works on strings of digits only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

#define RANDOM_RUNS 300000u
#define TEXT_MAX 80u
/* Digits of the longest text, moved by the largest exponent. */
#define DIGITS_MAX 400u

#define U128_MAX_TEXT "340282366920938463463374607431768211455"
#define DIGITS_65 "12345678901234567890123456789012345678901234567890" \
	"123456789012345"
#define I128_MAX_TEXT "170141183460469231731687303715884105727"
#define I128_MIN_TEXT "-170141183460469231731687303715884105728"

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* --- the reference ---------------------------------------------------- */

struct dumb {
	enum err error;
	u128 value;
	unsigned fraction;
};

static bool
is_digit(char c)
{
	return strchr("0123456789", c) && c != '\0';
}

/* dumb_value turns a string of digits into a number, by adding it ten times
 * to itself; ERR_RANGE if it is above the largest one as text. */
static enum err
dumb_value(u128 *out, const char *digits)
{
	size_t len;

	while (*digits == '0')
		digits++;
	len = strlen(digits);
	if (len > strlen(U128_MAX_TEXT) || (len == strlen(U128_MAX_TEXT) &&
	    strcmp(digits, U128_MAX_TEXT) > 0))
		return ERR_RANGE;
	*out = 0;
	for (; *digits; digits++) {
		u128 once = *out;

		for (int i = 1; i < 10; i++)
			*out += once;
		*out += (unsigned)(*digits - '0');
	}
	return ERR_OK;
}

/* dumb_read follows the header's grammar on a NUL-terminated text. */
static struct dumb
dumb_read(const char *text, unsigned decimals, bool exponent_allowed)
{
	struct dumb d = { .error = ERR_SYNTAX };
	char digits[DIGITS_MAX + 1] = "";
	size_t whole, fraction = 0;
	long exponent = 0, point;
	const char *at = text;

	if (strlen(text) > DECIMAL_TEXT_MAX)
		return d;
	whole = strspn(at, "0123456789");
	if (whole == 0 || (whole > 1 && *at == '0'))
		return d;
	memcpy(digits, at, whole);
	at += whole;
	if (*at == '.') {
		fraction = strspn(++at, "0123456789");
		if (fraction == 0)
			return d;
		memcpy(digits + whole, at, fraction);
		at += fraction;
	}
	if (exponent_allowed && (*at == 'e' || *at == 'E')) {
		const char *first = at + 1;

		first += *first == '+' || *first == '-';
		if (strspn(first, "0123456789") != strlen(first) ||
		    strlen(first) < 1 || strlen(first) > 2)
			return d;
		exponent = strtol(at + 1, NULL, 10);
		at = first + strlen(first);
	}
	if (*at != '\0')
		return d;

	/* The digits up to the last decimal: pad with zeros or cut. */
	point = (long)whole + exponent;
	d.error = ERR_RANGE;
	while ((long)strlen(digits) < point + (long)decimals)
		strcat(digits, "0");
	for (long i = (long)strlen(digits); i-- > 0;) {
		if (i < point + (long)decimals)
			break;
		if (digits[i] != '0')
			return d;
		digits[i] = '\0';
	}
	d.error = dumb_value(&d.value, digits);
	d.fraction = (long)fraction < exponent ? 0 :
	    (unsigned)((long)fraction - exponent);
	if (d.fraction > decimals)
		d.fraction = decimals;
	return d;
}

/* A text of roughly the right form; one in four is then spoiled. */
static void
random_text(char text[TEXT_MAX])
{
	static const char SPOIL[] = "0123456789.-+eE, xN/:\x01";
	size_t len = 0;
	uint64_t whole = next_random() % 8 == 0 ? next_random() % 42 :
	    1 + next_random() % 6;
	uint64_t fraction = next_random() % 8 == 0 ? next_random() % 36 :
	    next_random() % 10;
	bool zeros = next_random() % 8 == 0;

	for (uint64_t i = 0; i < whole; i++)
		text[len++] = (char)('0' + next_random() % 10);
	if (next_random() % 4 == 0) {
		len = 0;
		text[len++] = '0';
	}
	if (fraction > 0)
		text[len++] = '.';
	for (uint64_t i = 0; i < fraction; i++)
		text[len++] = (char)('0' + (zeros ? 0 : next_random() % 10));
	if (next_random() % 8 == 0 && len < TEXT_MAX - 8) {
		text[len++] = 'e';
		if (next_random() % 2)
			text[len++] = '-';
		for (uint64_t i = next_random() % 4; i > 0; i--)
			text[len++] = (char)('0' + next_random() % 10 %
			    (1 + next_random() % 10));
	}
	if (len > 0 && next_random() % 4 == 0)
		text[next_random() % len] =
		    SPOIL[next_random() % (sizeof(SPOIL) - 1)];
	text[len] = '\0';
}

/* --- tests ------------------------------------------------------------ */

/* An exact copy on the heap: reading one byte too far is seen by ASan. */
static char *
tight_copy(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	memcpy(copy, text, len);
	return copy;
}

static void
assert_like_dumb(const char *text, unsigned decimals)
{
	struct dumb d = dumb_read(text, decimals, false);
	char *copy = tight_copy(text);
	u128 out = 42;
	enum err e = decimal_to_u128(&out, copy, strlen(text), decimals);

	free(copy);
	if (e != d.error || out != (e == ERR_OK ? d.value : 42))
		fail_msg("'%s' with %u decimals: %s, not %s", text, decimals,
		    err_name(e), err_name(d.error));
}

static void
assert_dec18_like_dumb(const char *text)
{
	struct dumb d = dumb_read(text, 18, true);
	struct dec18 out = { 42, 7 };
	char *copy = tight_copy(text);
	enum err e = decimal_to_dec18(&out, copy, strlen(text));

	free(copy);
	if (e != d.error || out.value != (e == ERR_OK ? d.value : 42) ||
	    out.digits != (e == ERR_OK ? d.fraction : 7))
		fail_msg("'%s': %s, not %s", text, err_name(e),
		    err_name(d.error));
}

static void
decimal__agrees_with_the_digit_strings(void **state)
{
	unsigned good = 0;

	(void)state;
	seed = 2026;
	for (unsigned i = 0; i < RANDOM_RUNS; i++) {
		char text[TEXT_MAX];
		unsigned decimals = (unsigned)(next_random() % 39);

		random_text(text);
		assert_like_dumb(text, decimals);
		assert_dec18_like_dumb(text);
		good += dumb_read(text, 18, true).error == ERR_OK;
	}
	assert_in_range(good, RANDOM_RUNS / 2, RANDOM_RUNS * 9 / 10);
}

/* Every text of up to five characters over what can matter. */
static void
decimal__agrees_on_every_short_text(void **state)
{
	static const char LETTERS[] = "0159.-e/:";
	unsigned total = 1;

	(void)state;
	for (unsigned len = 0; len <= 5; len++, total *= 9) {
		for (unsigned n = 0; n < total; n++) {
			char text[TEXT_MAX] = "";

			for (unsigned i = 0, rest = n; i < len; i++, rest /= 9)
				text[i] = LETTERS[rest % 9];
			assert_like_dumb(text, 2);
			assert_dec18_like_dumb(text);
		}
	}
}

/* One wrong byte at each place of each length that the word path reads. */
static void
decimal__refuses_each_wrong_byte(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 22; len++) {
		for (size_t at = 0; at < len; at++) {
			for (int byte = 0; byte < 256; byte++) {
				char text[TEXT_MAX] = "";
				struct dec18 d = { 42, 7 };

				memset(text, '1', len);
				text[at] = (char)byte;
				if (is_digit((char)byte) || (byte == '.' &&
				    at > 0 && at + 1 < len)) {
					assert_dec18_like_dumb(text);
					continue;
				}
				if ((byte == 'e' || byte == 'E') && at > 0 &&
				    at + 1 < len && at + 3 >= len)
					continue;
				assert_int_equal(decimal_to_dec18(&d, text,
				    len), ERR_SYNTAX);
				assert_true(d.value == 42 && d.digits == 7);
			}
		}
	}
}

static void
decimal__refuses_what_is_no_number(void **state)
{
	static const char *const BAD[] = {
		"", "-", "-0", "-0.0", "-0.000", "+1", ".5", "5.", "00", "01",
		"00.5", "-01", "1,5", "1 ", " 1", "1\t", "1\n", "NaN", "nan",
		"Infinity", "-Infinity", "inf", "0x10", "1e309", "1e", "1e+",
		"1e-", "1e001", "1.e5", "e5", "1e5.0", "1e5e5", "--1", "1-",
		"1.2.3", "1_000", "1'000", "null", "\xd9\xa1", "\"1\"", "$1",
		DIGITS_65,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		size_t len = strlen(BAD[i]);
		struct dec18 d = { 42, 7 };
		uint64_t whole = 42;
		u128 u = 42;
		i128 s = 42;

		assert_int_equal(decimal_to_u128(&u, BAD[i], len, 18),
		    ERR_SYNTAX);
		assert_int_equal(decimal_to_u128_round(&u, BAD[i], len, 18,
		    ROUND_CEIL), ERR_SYNTAX);
		assert_int_equal(decimal_to_i128(&s, BAD[i], len, 18),
		    ERR_SYNTAX);
		assert_int_equal(decimal_to_dec18(&d, BAD[i], len),
		    ERR_SYNTAX);
		assert_int_equal(decimal_to_u64(&whole, BAD[i], len),
		    ERR_SYNTAX);
		assert_true(u == 42 && s == 42 && d.value == 42 &&
		    d.digits == 7 && whole == 42);
	}
	/* An embedded NUL ends nothing. */
	assert_like_dumb("1", 0);
	u128 u = 42;

	assert_int_equal(decimal_to_u128(&u, "12345\0", 6, 0), ERR_SYNTAX);
}

static void
decimal_to_u128__holds_both_sides_of_its_limit(void **state)
{
	static const struct {
		const char *text;
		unsigned decimals;
		enum err e;
	} CASES[] = {
		{ U128_MAX_TEXT, 0, ERR_OK },
		{ "340282366920938463463374607431768211456", 0, ERR_RANGE },
		{ "3.40282366920938463463374607431768211455", 38, ERR_OK },
		{ "3.40282366920938463463374607431768211456", 38, ERR_RANGE },
		{ "3", 38, ERR_OK }, { "4", 38, ERR_RANGE },
		{ "340282366920938463463", 18, ERR_OK },
		{ "340282366920938463464", 18, ERR_RANGE },
		{ "1000000000000000000000000000000000000000", 0, ERR_RANGE },
		{ "9999999999999999", 22, ERR_OK },
		{ "9999999999999999", 23, ERR_RANGE },
		{ "9999999999999999", 38, ERR_RANGE },
		{ "1.005", 2, ERR_RANGE }, { "1.00500", 3, ERR_OK },
		{ "0.00000000000000000000000000000000000000000000000000000000"
		  "000000", 0, ERR_OK },
		{ "0.00000000000000000000000000000000000000000000000000000000"
		  "000001", 0, ERR_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		u128 out;

		assert_int_equal(decimal_to_u128(&out, CASES[i].text,
		    strlen(CASES[i].text), CASES[i].decimals), CASES[i].e);
		assert_like_dumb(CASES[i].text, CASES[i].decimals);
	}
}

static void
decimal_to_i128__holds_both_sides_of_its_limit(void **state)
{
	i128 out;

	(void)state;
	assert_int_equal(decimal_to_i128(&out, I128_MAX_TEXT,
	    strlen(I128_MAX_TEXT), 0), ERR_OK);
	assert_true(out == I128_MAX);
	assert_int_equal(decimal_to_i128(&out, I128_MIN_TEXT,
	    strlen(I128_MIN_TEXT), 0), ERR_OK);
	assert_true(out == I128_MIN);
	assert_int_equal(decimal_to_i128(&out, "-12.5", 5, 3), ERR_OK);
	assert_true(out == -12500);
	out = 42;
	assert_int_equal(decimal_to_i128(&out,
	    "170141183460469231731687303715884105728", 39, 0), ERR_RANGE);
	assert_int_equal(decimal_to_i128(&out,
	    "-170141183460469231731687303715884105729", 40, 0), ERR_RANGE);
	assert_int_equal(decimal_to_i128(&out, "-0.001", 6, 2), ERR_RANGE);
	assert_true(out == 42);
}

static void
decimal_to_u128_round__rounds_to_the_named_side(void **state)
{
	static const struct {
		const char *text;
		unsigned decimals, floor, ceil;
	} CASES[] = {
		{ "1.5", 0, 1, 2 }, { "1.0", 0, 1, 1 }, { "0.001", 2, 0, 1 },
		{ "0.010", 2, 1, 1 }, { "0.0", 0, 0, 0 },
		{ "1.00000000000000000000000000000000000001", 2, 100, 101 },
		{ "1.00000000000000000000000000000000000000", 2, 100, 100 },
	};
	u128 out;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		size_t len = strlen(CASES[i].text);

		assert_int_equal(decimal_to_u128_round(&out, CASES[i].text,
		    len, CASES[i].decimals, ROUND_FLOOR), ERR_OK);
		assert_true(out == CASES[i].floor);
		assert_int_equal(decimal_to_u128_round(&out, CASES[i].text,
		    len, CASES[i].decimals, ROUND_CEIL), ERR_OK);
		assert_true(out == CASES[i].ceil);
	}
	assert_int_equal(decimal_to_u128_round(&out, U128_MAX_TEXT ".5",
	    strlen(U128_MAX_TEXT) + 2, 0, ROUND_FLOOR), ERR_OK);
	assert_true(out == U128_MAX);
	assert_int_equal(decimal_to_u128_round(&out, U128_MAX_TEXT ".5",
	    strlen(U128_MAX_TEXT) + 2, 0, ROUND_CEIL), ERR_RANGE);
}

static void
decimal_to_u64__reads_digits_only(void **state)
{
	uint64_t out;

	(void)state;
	assert_int_equal(decimal_to_u64(&out, "18446744073709551615", 20),
	    ERR_OK);
	assert_true(out == UINT64_MAX);
	assert_int_equal(decimal_to_u64(&out, "0", 1), ERR_OK);
	assert_true(out == 0);
	out = 42;
	assert_int_equal(decimal_to_u64(&out, "18446744073709551616", 20),
	    ERR_RANGE);
	assert_int_equal(decimal_to_u64(&out, "7.0", 3), ERR_SYNTAX);
	assert_int_equal(decimal_to_u64(&out, "-1", 2), ERR_SYNTAX);
	assert_true(out == 42);
}

static void
decimal_to_dec18__keeps_the_venues_digits(void **state)
{
	static const char *const TEXTS[][2] = {
		{ "67012.34000000", "67012.34000000" }, { "0", "0" },
		{ "0.00000000", "0.00000000" }, { "2000", "2000" },
		{ "0.000000000000000001", "0.000000000000000001" },
		{ "340282366920938463463.374607431768211455",
		  "340282366920938463463.374607431768211455" },
		/* Exponents are folded in. */
		{ "1e-05", "0.00001" }, { "1.50e1", "15.0" },
		{ "1.5E+3", "1500" }, { "2e20", "200000000000000000000" },
		{ "12345.678e-7", "0.0012345678" }, { "10e-18",
		  "0.000000000000000010" }, { "0e99", "0" },
		/* Zeros that no scale holds are dropped. */
		{ "10e-19", "0.000000000000000001" },
		{ "1.0000000000000000000", "1.000000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		struct dec18 d;
		char buf[DECIMAL_BUF];
		size_t len;

		assert_int_equal(decimal_to_dec18(&d, TEXTS[i][0],
		    strlen(TEXTS[i][0])), ERR_OK);
		len = decimal_from_dec18(buf, d);
		assert_string_equal(buf, TEXTS[i][1]);
		assert_int_equal(len, strlen(buf));
	}
}

static void
decimal_to_dec18__fails_beyond_its_limits(void **state)
{
	static const char *const TEXTS[] = {
		"340282366920938463463.374607431768211456", "1e21", "1e99",
		"1e-19", "1e-99", "0.0000000000000000001", "1.5e-18",
		"9999999999999999999999999999999999999999", "99e-19",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		struct dec18 d = { 42, 7 };

		assert_int_equal(decimal_to_dec18(&d, TEXTS[i],
		    strlen(TEXTS[i])), ERR_RANGE);
		assert_true(d.value == 42 && d.digits == 7);
	}
}

static void
decimal_from__writes_the_shortest_exact_form(void **state)
{
	static const struct {
		u128 value;
		unsigned decimals;
		const char *text;
	} CASES[] = {
		{ 0, 0, "0" }, { 0, 38, "0" }, { 5, 2, "0.05" },
		{ 200000, 2, "2000" }, { 2050, 2, "20.5" }, { 7, 0, "7" },
		{ 1, 38, "0.00000000000000000000000000000000000001" },
		{ U128_MAX, 0, U128_MAX_TEXT },
		{ U128_MAX, 38, "3.40282366920938463463374607431768211455" },
		{ (u128)UINT64_MAX + 1, 0, "18446744073709551616" },
	};
	char buf[DECIMAL_BUF];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		assert_int_equal(decimal_from_u128(buf, CASES[i].value,
		    CASES[i].decimals), strlen(CASES[i].text));
		assert_string_equal(buf, CASES[i].text);
	}
	(void)decimal_from_i128(buf, I128_MIN, 0);
	assert_string_equal(buf, I128_MIN_TEXT);
	(void)decimal_from_i128(buf, -1, 38);
	assert_string_equal(buf, "-0.00000000000000000000000000000000000001");
	(void)decimal_from_i128(buf, -1500, 3);
	assert_string_equal(buf, "-1.5");
}

static void
decimal__round_trips(void **state)
{
	(void)state;
	seed = 7;
	for (unsigned i = 0; i < RANDOM_RUNS; i++) {
		u128 v = ((u128)next_random() << 64 | next_random()) >>
		    next_random() % 128, back;
		unsigned decimals = (unsigned)(next_random() % 39);
		char buf[DECIMAL_BUF];
		size_t len = decimal_from_u128(buf, v, decimals);
		i128 s;

		assert_int_equal(decimal_to_u128(&back, buf, len, decimals),
		    ERR_OK);
		assert_true(back == v);
		len = decimal_from_i128(buf, (i128)v, decimals);
		assert_int_equal(decimal_to_i128(&s, buf, len, decimals),
		    ERR_OK);
		assert_true(s == (i128)v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal__agrees_with_the_digit_strings),
		cmocka_unit_test(decimal__agrees_on_every_short_text),
		cmocka_unit_test(decimal__refuses_each_wrong_byte),
		cmocka_unit_test(decimal__refuses_what_is_no_number),
		cmocka_unit_test(
		    decimal_to_u128__holds_both_sides_of_its_limit),
		cmocka_unit_test(
		    decimal_to_i128__holds_both_sides_of_its_limit),
		cmocka_unit_test(
		    decimal_to_u128_round__rounds_to_the_named_side),
		cmocka_unit_test(decimal_to_u64__reads_digits_only),
		cmocka_unit_test(decimal_to_dec18__keeps_the_venues_digits),
		cmocka_unit_test(decimal_to_dec18__fails_beyond_its_limits),
		cmocka_unit_test(decimal_from__writes_the_shortest_exact_form),
		cmocka_unit_test(decimal__round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
