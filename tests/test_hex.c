/* hex: tables, every byte at every place, the addresses of EIP-55. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

static uint64_t seed = 31;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static void
hex_to_bytes__reads_with_and_without_prefix(void **state)
{
	static const uint8_t EXPECTED[3] = { 0x00, 0xaB, 0xff };
	uint8_t out[3] = { 1, 2, 3 };

	(void)state;
	assert_int_equal(hex_to_bytes(out, 3, "0x00aBFf", 8), ERR_OK);
	assert_memory_equal(out, EXPECTED, 3);
	memset(out, 7, 3);
	assert_int_equal(hex_to_bytes(out, 3, "00aBFf", 6), ERR_OK);
	assert_memory_equal(out, EXPECTED, 3);
	assert_int_equal(hex_to_bytes(out, 0, "0x", 2), ERR_OK);
	assert_int_equal(hex_to_bytes(out, 0, "", 0), ERR_OK);
}

static void
hex_to_bytes__fails_on_any_other_length(void **state)
{
	static const char *const BAD[] = {
		"", "0x", "0x00aBF", "0x00aB", "0x00aBFf0", "0x00aBFf00",
		"00aBF", "0X00aBFf", "x00aBFf0", "0x0x00aBFf", "0x 0aBFf",
		"0x00aBFg", "0x00aBF ", "-x00aBFf",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		uint8_t out[3] = { 7, 7, 7 };

		assert_int_equal(hex_to_bytes(out, 3, BAD[i], strlen(BAD[i])),
		    ERR_SYNTAX);
		assert_memory_equal(out, "\7\7\7", 3);
	}
}

static void
hex_to_bytes__refuses_every_byte_that_is_no_digit(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 4; at++) {
			char text[5] = "1111";
			uint8_t out[2];

			text[at] = (char)byte;
			assert_int_equal(hex_to_bytes(out, 2, text, 4),
			    isxdigit(byte) ? ERR_OK : ERR_SYNTAX);
		}
	}
}

static void
hex_to_bytes_max__says_how_many(void **state)
{
	uint8_t out[2] = { 7, 7 };
	size_t len = 42;

	(void)state;
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x010203", 8),
	    ERR_LIMIT);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x010", 5),
	    ERR_SYNTAX);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x01020", 7),
	    ERR_SYNTAX);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x01zz", 6),
	    ERR_SYNTAX);
	assert_true(len == 42 && out[0] == 7 && out[1] == 7);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x0102", 6), ERR_OK);
	assert_true(len == 2 && out[0] == 1 && out[1] == 2);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "ff", 2), ERR_OK);
	assert_true(len == 1 && out[0] == 255 && out[1] == 2);
	assert_int_equal(hex_to_bytes_max(out, &len, 2, "0x", 2), ERR_OK);
	assert_true(len == 0);
}

static void
hex_from_bytes__round_trips(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[40], back[40];
		char text[2 * 40 + 3], expected[2 * 40 + 3] = "0x";
		size_t len = next_random() % 41;

		for (size_t k = 0; k < len; k++) {
			bytes[k] = (uint8_t)next_random();
			snprintf(expected + 2 + 2 * k, 3, "%02x", bytes[k]);
		}
		assert_int_equal(hex_from_bytes(text, bytes, len),
		    2 + 2 * len);
		assert_string_equal(text, expected);
		assert_int_equal(hex_to_bytes(back, len, text, 2 + 2 * len),
		    ERR_OK);
		assert_memory_equal(back, bytes, len);
	}
}

static void
hex_to_u64__reads_a_quantity(void **state)
{
	uint64_t out = 42;

	(void)state;
	assert_int_equal(hex_to_u64(&out, "0x0", 3), ERR_OK);
	assert_true(out == 0);
	assert_int_equal(hex_to_u64(&out, "0x1a", 4), ERR_OK);
	assert_true(out == 26);
	assert_int_equal(hex_to_u64(&out, "0xffffffffffffffff", 18), ERR_OK);
	assert_true(out == UINT64_MAX);
	out = 42;
	assert_int_equal(hex_to_u64(&out, "0x10000000000000000", 19),
	    ERR_RANGE);
	assert_true(out == 42);
}

static void
hex_to_u64__fails_on_what_is_no_quantity(void **state)
{
	static const char *const BAD[] = {
		"", "0", "0x", "1a", "0x00", "0x01", "0x1g", "0X1a", "0x1a ",
		" 0x1a", "-0x1", "0x-1", "0x1.0",
		"0x0000000000000000000000000000000000000000000000000000000001",
		"0x1000000000000000000000000000000000000000000000000000000z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		uint64_t out = 42;
		u128 wide = 42;

		assert_int_equal(hex_to_u64(&out, BAD[i], strlen(BAD[i])),
		    ERR_SYNTAX);
		assert_int_equal(hex_to_u128(&wide, BAD[i], strlen(BAD[i])),
		    ERR_SYNTAX);
		assert_true(out == 42 && wide == 42);
	}
}

static void
hex_to_u128__holds_both_sides_of_its_limit(void **state)
{
	u128 out = 42;

	(void)state;
	assert_int_equal(hex_to_u128(&out,
	    "0x100000000000000000000000000000000", 35), ERR_RANGE);
	assert_true(out == 42);
	assert_int_equal(hex_to_u128(&out,
	    "0xffffffffffffffffffffffffffffffff", 34), ERR_OK);
	assert_true(out == U128_MAX);
	assert_int_equal(hex_to_u128(&out, "0x10000000000000000", 19), ERR_OK);
	assert_true(out == (u128)1 << 64);
}

/* The addresses of EIP-55: all caps, all lower, normal. */
static const char *const EIP55[] = {
	"0x52908400098527886E0F7030069857D2E4169EE7",
	"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
	"0xde709f2102306220921060314715629080e2fb77",
	"0x27b1fdb04752bbc536007a920d24acb045561c26",
	"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
	"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
	"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
};

static void
addr__knows_the_vectors_of_eip55(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(EIP55); i++) {
		char lower[HEX_ADDR_BUF] = "", upper[HEX_ADDR_BUF] = "";
		char out[HEX_ADDR_BUF];
		struct addr a, b;

		for (size_t k = 0; k < HEX_ADDR_BUF - 1; k++) {
			lower[k] = (char)tolower(EIP55[i][k]);
			upper[k] = k < 2 ? EIP55[i][k] :
			    (char)toupper(EIP55[i][k]);
		}
		assert_int_equal(addr_from_text(&a, EIP55[i], 42), ERR_OK);
		addr_to_checksum(out, &a);
		assert_string_equal(out, EIP55[i]);
		assert_int_equal(addr_from_text(&b, lower, 42), ERR_OK);
		assert_true(addr_equal(&a, &b));
		assert_int_equal(addr_from_text(&b, upper, 42), ERR_OK);
		assert_true(addr_equal(&a, &b));
	}
}

static void
addr_from_text__fails_on_a_wrong_checksum(void **state)
{
	(void)state;
	/* Each letter of a mixed form, in the other case. */
	for (size_t i = 4; i < ARRAY_COUNT(EIP55); i++) {
		for (size_t k = 2; k < HEX_ADDR_BUF - 1; k++) {
			struct addr a = { { 7 } };
			char text[HEX_ADDR_BUF];

			memcpy(text, EIP55[i], sizeof(text));
			if (!isalpha(text[k]))
				continue;
			text[k] = (char)(text[k] ^ ('a' ^ 'A'));
			assert_int_equal(addr_from_text(&a, text, 42),
			    ERR_SYNTAX);
			assert_int_equal(a.b[0], 7);
		}
	}
}

static void
addr_from_text__fails_on_any_other_form(void **state)
{
	static const char *const BAD[] = {
		"", "0x", "de709f2102306220921060314715629080e2fb77",
		"0xde709f2102306220921060314715629080e2fb7",
		"0xde709f2102306220921060314715629080e2fb777",
		"0Xde709f2102306220921060314715629080e2fb77",
		"0xde709f2102306220921060314715629080e2fb7g",
		"00de709f2102306220921060314715629080e2fb77",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		struct addr a = { { 7 } };

		assert_int_equal(addr_from_text(&a, BAD[i], strlen(BAD[i])),
		    ERR_SYNTAX);
		assert_int_equal(a.b[0], 7);
	}
}

static void
be__stores_the_most_significant_byte_first(void **state)
{
	uint8_t out[16];

	(void)state;
	be_put_u16(out, 0x0102);
	assert_memory_equal(out, "\x01\x02", 2);
	assert_int_equal(be_get_u16(out), 0x0102);
	be_put_u32(out, 0xf1020304u);
	assert_memory_equal(out, "\xf1\x02\x03\x04", 4);
	assert_true(be_get_u32(out) == 0xf1020304u);
	be_put_u64(out, UINT64_C(0xf102030405060708));
	assert_memory_equal(out, "\xf1\x02\x03\x04\x05\x06\x07\x08", 8);
	assert_true(be_get_u64(out) == UINT64_C(0xf102030405060708));
	for (unsigned i = 0; i < 1000; i++) {
		u128 v = (u128)next_random() << 64 | next_random();

		be_put_u128(out, v);
		assert_int_equal(out[0], (uint8_t)(v >> 120));
		assert_int_equal(out[15], (uint8_t)v);
		assert_true(be_get_u128(out) == v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_to_bytes__reads_with_and_without_prefix),
		cmocka_unit_test(hex_to_bytes__fails_on_any_other_length),
		cmocka_unit_test(
		    hex_to_bytes__refuses_every_byte_that_is_no_digit),
		cmocka_unit_test(hex_to_bytes_max__says_how_many),
		cmocka_unit_test(hex_from_bytes__round_trips),
		cmocka_unit_test(hex_to_u64__reads_a_quantity),
		cmocka_unit_test(hex_to_u64__fails_on_what_is_no_quantity),
		cmocka_unit_test(hex_to_u128__holds_both_sides_of_its_limit),
		cmocka_unit_test(addr__knows_the_vectors_of_eip55),
		cmocka_unit_test(addr_from_text__fails_on_a_wrong_checksum),
		cmocka_unit_test(addr_from_text__fails_on_any_other_form),
		cmocka_unit_test(be__stores_the_most_significant_byte_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
