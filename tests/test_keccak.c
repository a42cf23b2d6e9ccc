/* Keccak-256 against published digests and a textbook permutation.  The module
 * is compiled into this file so that both of its permutations can be asked
 * for. */
#include <stdbool.h>

static bool cpu_is_plain;

static int
cpu_has_bmi(void)
{
#ifdef __x86_64__
	return !cpu_is_plain && __builtin_cpu_supports("bmi") &&
	    __builtin_cpu_supports("bmi2");
#else
	return 0;
#endif
}

#define __builtin_cpu_supports(feature) cpu_has_bmi()
#include "base/keccak.c"
#undef __builtin_cpu_supports

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#define BYTES_MAX 1500u

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t
dumb_rotate(uint64_t v, unsigned n)
{
	return n == 0 ? v : v << n | v >> (64 - n);
}

/* The round constants come from the LFSR of the specification, not from a
 * table, so that they do not share a typing mistake with the module. */
static uint64_t
dumb_round_constant(unsigned round)
{
	uint64_t rc = 0;
	unsigned r = 1;

	for (unsigned t = 0; t < 7 * round; t++)
		r = (r << 1) ^ ((r >> 7) * 0x171u);
	for (unsigned j = 0; j < 7; j++) {
		if (r & 1)
			rc |= (uint64_t)1 << ((1u << j) - 1);
		r = (r << 1) ^ ((r >> 7) * 0x171u);
	}
	return rc;
}

/* The permutation as the specification words it: theta, rho, pi, chi, iota,
 * one after the other over a[x][y]. */
static void
dumb_permute(uint64_t a[5][5])
{
	for (unsigned round = 0; round < 24; round++) {
		uint64_t c[5], b[5][5];
		unsigned x = 1, y = 0;

		for (int i = 0; i < 5; i++)
			c[i] = a[i][0] ^ a[i][1] ^ a[i][2] ^ a[i][3] ^
			    a[i][4];
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 5; k++)
				a[i][k] ^= c[(i + 4) % 5] ^
				    dumb_rotate(c[(i + 1) % 5], 1);
		for (unsigned t = 0; t < 24; t++) {
			unsigned next = (2 * x + 3 * y) % 5;

			a[x][y] = dumb_rotate(a[x][y],
			    (t + 1) * (t + 2) / 2 % 64);
			x = y;
			y = next;
		}
		for (unsigned i = 0; i < 5; i++)
			for (unsigned k = 0; k < 5; k++)
				b[k][(2 * i + 3 * k) % 5] = a[i][k];
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 5; k++)
				a[i][k] = b[i][k] ^
				    (~b[(i + 1) % 5][k] & b[(i + 2) % 5][k]);
		a[0][0] ^= dumb_round_constant(round);
	}
}

static void
dumb_keccak256(uint8_t out[32], const uint8_t *bytes, size_t len)
{
	static uint8_t padded[BYTES_MAX + 2 * KECCAK256_RATE];
	size_t total = (len / KECCAK256_RATE + 1) * KECCAK256_RATE;
	uint64_t a[5][5] = { { 0 } };

	memset(padded, 0, sizeof(padded));
	memcpy(padded, bytes, len);
	padded[len] ^= 0x01;
	padded[total - 1] ^= 0x80;
	for (size_t at = 0; at < total; at += KECCAK256_RATE) {
		for (size_t i = 0; i < KECCAK256_RATE; i++)
			a[i / 8 % 5][i / 40] ^=
			    (uint64_t)padded[at + i] << 8 * (i % 8);
		dumb_permute(a);
	}
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(a[i / 8][0] >> 8 * (i % 8));
}

static void
digest_is(const struct b32 *digest, const char *hex)
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest->b[i]);
	assert_string_equal(text, hex);
}

static void
keccak256__gives_known_digests(void **state)
{
	struct b32 d;

	(void)state;
	keccak256(&d, NULL, 0);
	digest_is(&d, "c5d2460186f7233c927e7db2dcc703c0"
	    "e500b653ca82273b7bfad8045d85a470");
	keccak256(&d, "abc", 3);
	digest_is(&d, "4e03657aea45a94fc7d47ba826c8d667"
	    "c0d1e6e33a64a036ec44f58fa12d6c45");
	/* SHA3-256 of the empty string is another number. */
	keccak256(&d, "Transfer(address,address,uint256)", 33);
	digest_is(&d, "ddf252ad1be2c89b69c2b068fc378daa"
	    "952ba7f163c4a11628f55a4df523b3ef");
}

static char *
file_inflate(const char *path)
{
	size_t size = 4u << 20;
	gzFile f = gzopen(path, "rb");
	char *text;
	int len;

	if (f == NULL)
		return NULL;
	text = calloc(1, size);
	assert_non_null(text);
	len = gzread(f, text, (unsigned)size - 1);
	gzclose(f);
	assert_true(len > 0);
	return text;
}

static size_t
bytes_from_hex(uint8_t *out, const char *hex)
{
	size_t len = (strlen(hex) - 2) / 2;

	assert_true(len <= BYTES_MAX);
	for (size_t i = 0; i < len; i++) {
		char pair[3] = { hex[2 + 2 * i], hex[3 + 2 * i], '\0' };

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return len;
}

static void
keccak256__passes_published_vectors(void **state)
{
	static uint8_t bytes[BYTES_MAX];
	const char *folder = getenv("MARGIND_DATA");
	char path[4096], *text;
	json_t *root, *row;
	size_t index;

	(void)state;
	snprintf(path, sizeof(path), "%s/vectors/keccak/%s",
	    folder ? folder : "../shared/data", "ethers-v6-hashes.json.gz");
	text = file_inflate(path);
	if (text == NULL) {
		print_message("skipped: no recorded data\n");
		skip();
	}
	root = json_loads(text, 0, NULL);
	assert_true(json_array_size(root) >= 10);
	json_array_foreach(root, index, row) {
		const char *data = json_string_value(
		    json_object_get(row, "data"));
		const char *want = json_string_value(
		    json_object_get(row, "keccak256"));
		struct b32 d;

		assert_non_null(data);
		assert_non_null(want);
		keccak256(&d, bytes, bytes_from_hex(bytes, data));
		digest_is(&d, want + 2);
	}
	json_decref(root);
	free(text);
}

static void
keccak256__agrees_with_textbook_at_each_length(void **state)
{
	static uint8_t bytes[BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random_next();
	/* Both sides of each block boundary are among them. */
	for (size_t len = 0; len <= 3 * KECCAK256_RATE + 2; len++) {
		struct b32 d;
		uint8_t want[32];

		keccak256(&d, bytes, len);
		dumb_keccak256(want, bytes, len);
		assert_memory_equal(d.b, want, 32);
	}
}

static void
keccak256_update__does_not_depend_on_the_split(void **state)
{
	static uint8_t bytes[BYTES_MAX];

	(void)state;
	for (int run = 0; run < 400; run++) {
		size_t len = random_next() % BYTES_MAX, at = 0;
		size_t step_max = 1 + random_next() % 400;
		struct keccak256 k;
		struct b32 d;
		uint8_t want[32];

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)random_next();
		keccak256_init(&k);
		while (at < len) {
			size_t step = random_next() % (step_max + 1);

			step = step < len - at ? step : len - at;
			keccak256_update(&k, bytes + at, step);
			at += step;
		}
		keccak256_update(&k, NULL, 0);
		keccak256_final(&k, &d);
		dumb_keccak256(want, bytes, len);
		assert_memory_equal(d.b, want, 32);
	}
}

static void
keccak256_pair__equals_the_hash_of_both(void **state)
{
	(void)state;
	for (int run = 0; run < 200; run++) {
		uint8_t both[64], want[32];
		struct b32 a, b;

		for (size_t i = 0; i < sizeof(both); i++)
			both[i] = (uint8_t)random_next();
		memcpy(a.b, both, 32);
		memcpy(b.b, both + 32, 32);
		dumb_keccak256(want, both, 64);
		/* Outputs may stand in for inputs. */
		keccak256_pair(run % 2 ? &a : &b, &a, &b);
		assert_memory_equal(run % 2 ? a.b : b.b, want, 32);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keccak256__gives_known_digests),
		cmocka_unit_test(keccak256__passes_published_vectors),
		cmocka_unit_test(
		    keccak256__agrees_with_textbook_at_each_length),
		cmocka_unit_test(
		    keccak256_update__does_not_depend_on_the_split),
		cmocka_unit_test(keccak256_pair__equals_the_hash_of_both),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	cpu_is_plain = true;
	return failed + cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
