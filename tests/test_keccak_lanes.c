/* Many hashes at once against one at a time, on every level of this machine. */
#include "base/keccak_lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/keccak.h"

#define COUNT_MAX 19u
#define LEN_MAX 560u
#define GUARD 0xa5u

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Bytes of a random kind: all zero, all ones, or random. */
static void
bytes_fill(void *bytes, size_t len)
{
	uint8_t *at = bytes;
	uint64_t kind = random_next() % 8;

	for (size_t i = 0; i < len; i++)
		at[i] = kind == 0 ? 0 : kind == 1 ? 0xff :
		    (uint8_t)random_next();
}

static void
keccak_level_best__is_named(void **state)
{
	(void)state;
	for (int level = 0; level < KECCAK_LEVELS; level++)
		assert_string_not_equal(
		    keccak_level_name((enum keccak_level)level), "invalid");
	assert_true(keccak_level_best() < KECCAK_LEVELS);
	print_message("best: %s\n", keccak_level_name(keccak_level_best()));
}

static void
pairs_check(enum keccak_level level, size_t n)
{
	struct b32 in[2 * COUNT_MAX], out[COUNT_MAX + 1], want;
	struct b32 *to[COUNT_MAX] = { NULL };
	const struct b32 *a[COUNT_MAX] = { NULL }, *b[COUNT_MAX] = { NULL };

	memset(out, GUARD, sizeof(out));
	/* Outputs in descending order, inputs anywhere. */
	for (size_t i = 0; i < n; i++) {
		bytes_fill(&in[2 * i], 2 * sizeof(in[0]));
		to[i] = &out[n - 1 - i];
		a[i] = &in[random_next() % (2 * i + 2)];
		b[i] = &in[random_next() % (2 * i + 2)];
	}
	keccak256_pairs(level, to, a, b, n);
	for (size_t i = 0; i < n; i++) {
		keccak256_pair(&want, a[i], b[i]);
		assert_memory_equal(to[i]->b, want.b, 32);
	}
	memset(&want, GUARD, sizeof(want));
	assert_memory_equal(out[n].b, want.b, 32);
}

static void
keccak256_pairs__equals_one_at_a_time(void **state)
{
	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best(); level++)
		for (int run = 0; run < 40; run++)
			for (size_t n = 0; n <= COUNT_MAX; n++)
				pairs_check(level, n);
}

static void
keccak256_pairs__may_write_over_its_inputs(void **state)
{
	struct b32 in[COUNT_MAX][2], kept[COUNT_MAX][2], want;
	struct b32 *to[COUNT_MAX] = { NULL };
	const struct b32 *a[COUNT_MAX] = { NULL }, *b[COUNT_MAX] = { NULL };

	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best();
	    level++) {
		bytes_fill(in, sizeof(in));
		in[3][0].b[5] ^= 1;
		memcpy(kept, in, sizeof(in));
		for (size_t i = 0; i < COUNT_MAX; i++) {
			to[i] = &in[i][i % 2];
			a[i] = &in[i][0];
			b[i] = &in[i][1];
		}
		keccak256_pairs(level, to, a, b, COUNT_MAX);
		for (size_t i = 0; i < COUNT_MAX; i++) {
			keccak256_pair(&want, &kept[i][0], &kept[i][1]);
			assert_memory_equal(in[i][i % 2].b, want.b, 32);
			assert_memory_equal(in[i][1 - i % 2].b,
			    kept[i][1 - i % 2].b, 32);
		}
	}
}

/* Numbers that begin alike or are the same, so that their order shows late. */
static void
siblings_fill(struct b32 pair[2])
{
	size_t alike = random_next() % 2 ? 0 : random_next() % 34;

	bytes_fill(pair, 2 * sizeof(pair[0]));
	memcpy(pair[1].b, pair[0].b, alike < 32 ? alike : 32);
}

static void
siblings_check(enum keccak_level level, size_t n)
{
	struct b32 in[4 * KECCAK_LANES_MAX] = { { { 0 } } };
	struct b32 out[2 * KECCAK_LANES_MAX + 1], want;

	memset(out, GUARD, sizeof(out));
	for (size_t i = 0; i < n; i++)
		siblings_fill(&in[2 * i]);
	keccak256_siblings(level, out, in, n);
	for (size_t i = 0; i < n; i++) {
		size_t swap = b32_compare(&in[2 * i], &in[2 * i + 1]) > 0;

		keccak256_pair(&want, &in[2 * i + swap],
		    &in[2 * i + 1 - swap]);
		assert_memory_equal(out[i].b, want.b, 32);
	}
	memset(&want, GUARD, sizeof(want));
	assert_memory_equal(out[n].b, want.b, 32);
}

static void
keccak256_siblings__hashes_the_lesser_first(void **state)
{
	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best(); level++)
		for (int run = 0; run < 400; run++)
			for (size_t n = 0; n <= 2 * KECCAK_LANES_MAX;
			    n += KECCAK_LANES_MAX)
				siblings_check(level, n);
}

/* One byte decides, at each place. */
static void
keccak256_siblings__orders_by_each_byte(void **state)
{
	struct b32 in[2 * KECCAK_LANES_MAX], out[KECCAK_LANES_MAX], want;

	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best(); level++)
		for (size_t at = 0; at < 32; at++) {
			bytes_fill(in, sizeof(in));
			for (size_t i = 0; i < KECCAK_LANES_MAX; i++) {
				in[2 * i + 1] = in[2 * i];
				in[2 * i].b[at] = i % 2 ? 0x80 : 0x7f;
				in[2 * i + 1].b[at] = i % 2 ? 0x7f : 0x80;
			}
			keccak256_siblings(level, out, in, KECCAK_LANES_MAX);
			for (size_t i = 0; i < KECCAK_LANES_MAX; i++) {
				keccak256_pair(&want, &in[2 * i + i % 2],
				    &in[2 * i + 1 - i % 2]);
				assert_memory_equal(out[i].b, want.b, 32);
			}
		}
}

static void
many_check(enum keccak_level level, size_t len, size_t stride, size_t n)
{
	static uint8_t in[COUNT_MAX * (LEN_MAX + 8)];
	struct b32 out[COUNT_MAX + 1], want;

	memset(out, GUARD, sizeof(out));
	for (size_t i = 0; i < n; i++)
		bytes_fill(in + i * stride, len);
	keccak256_many(level, out, in, len, stride, n);
	for (size_t i = 0; i < n; i++) {
		keccak256(&want, in + i * stride, len);
		assert_memory_equal(out[i].b, want.b, 32);
	}
	memset(&want, GUARD, sizeof(want));
	assert_memory_equal(out[n].b, want.b, 32);
}

/* Both sides of each block's end are among the lengths. */
static void
keccak256_many__equals_one_at_a_time(void **state)
{
	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best();
	    level++) {
		for (size_t len = 0; len <= LEN_MAX; len++)
			many_check(level, len, len + random_next() % 8,
			    random_next() % (COUNT_MAX + 1));
		for (size_t n = 0; n <= COUNT_MAX; n++)
			many_check(level, 512, 512, n);
	}
}

/* As a leaf is made: the hash of the hash, in place. */
static void
keccak256_many__hashes_digests_in_place(void **state)
{
	struct b32 in[COUNT_MAX], out[COUNT_MAX], want;

	(void)state;
	for (enum keccak_level level = 0; level <= keccak_level_best();
	    level++) {
		for (size_t i = 0; i < COUNT_MAX; i++)
			bytes_fill(&in[i], sizeof(in[i]));
		memcpy(out, in, sizeof(in));
		keccak256_many(level, out, out, sizeof(out[0]),
		    sizeof(out[0]), COUNT_MAX);
		for (size_t i = 0; i < COUNT_MAX; i++) {
			keccak256(&want, in[i].b, sizeof(in[i].b));
			assert_memory_equal(out[i].b, want.b, 32);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keccak_level_best__is_named),
		cmocka_unit_test(keccak256_pairs__equals_one_at_a_time),
		cmocka_unit_test(keccak256_pairs__may_write_over_its_inputs),
		cmocka_unit_test(keccak256_siblings__hashes_the_lesser_first),
		cmocka_unit_test(keccak256_siblings__orders_by_each_byte),
		cmocka_unit_test(keccak256_many__equals_one_at_a_time),
		cmocka_unit_test(keccak256_many__hashes_digests_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
