#include "base/types.h"

#include <string.h>

const char *
err_name(enum err e)
{
	switch (e) {
	case ERR_OK: return "ok";
	case ERR_SYNTAX: return "syntax";
	case ERR_RANGE: return "range";
	case ERR_LIMIT: return "limit";
	case ERR_UNKNOWN: return "unknown";
	case ERR_MISSING: return "missing";
	case ERR_DUPLICATE: return "duplicate";
	case ERR_UNIT: return "unit";
	case ERR_STALE: return "stale";
	case ERR_QUORUM: return "quorum";
	case ERR_REFUSED: return "refused";
	case ERR_STATE: return "state";
	case ERR_AUTH: return "auth";
	case ERR_IO: return "io";
	case ERR_CHAIN: return "chain";
	}
	return "invalid";
}

bool
b32_equal(const struct b32 *a, const struct b32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
b32_is_zero(const struct b32 *a)
{
	static const struct b32 zero;

	return b32_equal(a, &zero);
}

int
b32_compare(const struct b32 *a, const struct b32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
addr_is_zero(const struct addr *a)
{
	static const struct addr zero;

	return addr_equal(a, &zero);
}
