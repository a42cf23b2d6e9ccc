/* libmargind: version, errors, text. */
#include "margin/margind_layer.h"

#include <string.h>

#include "base/decimal.h"
#include "base/must.h"

#define DECIMALS 18u

#define TEXT_OF(x) #x
#define VERSION_TEXT(major, minor, patch) \
	TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

_Static_assert(MARGIND_TEXT_SIZE == DECIMAL_BUF, "text sizes");

const char *
margind_version(void)
{
	return VERSION_TEXT(MARGIND_VERSION_MAJOR, MARGIND_VERSION_MINOR,
	    MARGIND_VERSION_PATCH);
}

const char *
margind_err_name(enum margind_err e)
{
	switch (e) {
	case MARGIND_OK: return "ok";
	case MARGIND_ERR_SYNTAX: return "syntax";
	case MARGIND_ERR_RANGE: return "range";
	case MARGIND_ERR_LIMIT: return "limit";
	case MARGIND_ERR_UNKNOWN: return "unknown";
	case MARGIND_ERR_MISSING: return "missing";
	case MARGIND_ERR_DUPLICATE: return "duplicate";
	case MARGIND_ERR_UNIT: return "unit";
	case MARGIND_ERR_QUORUM: return "quorum";
	case MARGIND_ERR_REFUSED: return "refused";
	case MARGIND_ERR_PLACE: return "place";
	}
	return "invalid";
}

enum margind_err
margind_err_of(enum err e)
{
	switch (e) {
	case ERR_OK: return MARGIND_OK;
	case ERR_SYNTAX: return MARGIND_ERR_SYNTAX;
	case ERR_RANGE: return MARGIND_ERR_RANGE;
	case ERR_LIMIT: return MARGIND_ERR_LIMIT;
	case ERR_UNKNOWN: return MARGIND_ERR_UNKNOWN;
	case ERR_MISSING: return MARGIND_ERR_MISSING;
	case ERR_DUPLICATE: return MARGIND_ERR_DUPLICATE;
	case ERR_UNIT: return MARGIND_ERR_UNIT;
	case ERR_QUORUM: return MARGIND_ERR_QUORUM;
	case ERR_REFUSED: return MARGIND_ERR_REFUSED;
	case ERR_STALE:
	case ERR_STATE:
	case ERR_AUTH:
	case ERR_IO:
	case ERR_CHAIN:
		break;
	}
	MUST(false);
}

enum margind_err
margind_from_text(margind_num *out, const char *text)
{
	/* A longer text is refused for its length. */
	size_t len = strnlen(text, DECIMAL_TEXT_MAX + 1);

	return margind_err_of(decimal_to_i128(out, text, len, DECIMALS));
}

size_t
margind_to_text(char buf[MARGIND_TEXT_SIZE], margind_num v)
{
	return decimal_from_i128(buf, v, DECIMALS);
}
