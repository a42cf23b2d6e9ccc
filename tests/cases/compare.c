/* Comparisons: counted, named where they fail, hashed as integers. */
#include "tests/cases/cases.h"

#include "base/decimal.h"
#include "base/keccak.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HASH_BLOCK 4096u

struct case_counts case_counts;

/* A chain of hashes over blocks: h' = keccak256(h || block). */
static struct {
	struct b32 chain;
	uint8_t block[HASH_BLOCK];
	size_t used;
} hash;

static void
hash_close(void)
{
	uint8_t bytes[sizeof(hash.chain) + HASH_BLOCK];

	memcpy(bytes, &hash.chain, sizeof(hash.chain));
	memcpy(bytes + sizeof(hash.chain), hash.block, hash.used);
	keccak256(&hash.chain, bytes, sizeof(hash.chain) + hash.used);
	hash.used = 0;
}

void
case_hash(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len > 0) {
		size_t take = HASH_BLOCK - hash.used;

		take = take < len ? take : len;
		memcpy(hash.block + hash.used, at, take);
		hash.used += take;
		at += take;
		len -= take;
		if (hash.used == HASH_BLOCK)
			hash_close();
	}
}

void
case_digest(struct b32 *out)
{
	hash_close();
	*out = hash.chain;
}

void
case_begin(struct cases *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(c->name, sizeof(c->name), format, args);
	va_end(args);
}

static bool
verdict(struct cases *c, const char *what, bool ok, const char *expected,
    const char *got)
{
	if (ok) {
		case_counts.passed++;
		return true;
	}
	case_counts.failed++;
	printf("FAILED %s/%s %s: %s: expected %s, got %s\n", c->source,
	    c->file, c->name, what, expected, got);
	return false;
}

bool
case_exact(struct cases *c, const char *what, i128 expected, i128 got)
{
	return case_near(c, what, expected, got, 0, 0);
}

bool
case_text(struct cases *c, const char *what, const char *expected,
    const char *got)
{
	case_hash(got, strlen(got) + 1);
	return verdict(c, what, strcmp(expected, got) == 0, expected, got);
}

bool
case_bool(struct cases *c, const char *what, bool expected, bool got)
{
	return case_text(c, what, expected ? "true" : "false",
	    got ? "true" : "false");
}

bool
case_near(struct cases *c, const char *what, i128 expected, i128 got,
    i128 tolerance, unsigned decimals)
{
	char want[DECIMAL_BUF], have[DECIMAL_BUF];
	u128 off = got > expected ? (u128)got - (u128)expected :
	    (u128)expected - (u128)got;

	CASE_NEED(tolerance >= 0);
	case_hash(&got, sizeof(got));
	decimal_from_i128(want, expected, decimals);
	decimal_from_i128(have, got, decimals);
	return verdict(c, what, off <= (u128)tolerance, want, have);
}

bool
case_relative(struct cases *c, const char *what, i128 expected, i128 got,
    i128 tolerance, i128 floor_abs)
{
	u128 size = expected < 0 ? (u128)0 - (u128)expected : (u128)expected;
	u128 allowed;

	CASE_NEED(muldiv_u128(&allowed, size, (u128)tolerance, WAD_ONE_RAW,
	    ROUND_FLOOR) == ERR_OK);
	return case_near(c, what, expected, got, (i128)allowed + floor_abs,
	    18);
}

bool
case_ok(struct cases *c, const char *what, enum err e)
{
	return verdict(c, what, e == ERR_OK, "ok", err_name(e));
}

void
case_skip(struct cases *c, const char *why)
{
	(void)c;
	(void)why;
	case_counts.skipped++;
}
