/* Decimal text: what is read is written and read again, the same.  The first
 * byte chooses the scale. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/decimal.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
try_u128(const char *text, size_t len, unsigned decimals)
{
	u128 v, again, floor, ceil;
	char buf[DECIMAL_BUF];
	size_t written;

	if (decimal_to_u128_round(&floor, text, len, decimals,
	    ROUND_FLOOR) == ERR_OK &&
	    decimal_to_u128_round(&ceil, text, len, decimals,
	    ROUND_CEIL) == ERR_OK)
		MUST(floor == ceil || floor + 1 == ceil);
	if (decimal_to_u128(&v, text, len, decimals) != ERR_OK)
		return;
	MUST(decimal_to_u128_round(&floor, text, len, decimals,
	    ROUND_FLOOR) == ERR_OK && floor == v);
	MUST(decimal_to_u128_round(&ceil, text, len, decimals,
	    ROUND_CEIL) == ERR_OK && ceil == v);
	written = decimal_from_u128(buf, v, decimals);
	MUST(written < DECIMAL_BUF && buf[written] == '\0');
	MUST(written <= len);
	MUST(decimal_to_u128(&again, buf, written, decimals) == ERR_OK);
	MUST(again == v);
}

static void
try_i128(const char *text, size_t len, unsigned decimals)
{
	i128 v, again;
	char buf[DECIMAL_BUF];
	size_t written;

	if (decimal_to_i128(&v, text, len, decimals) != ERR_OK)
		return;
	written = decimal_from_i128(buf, v, decimals);
	MUST(decimal_to_i128(&again, buf, written, decimals) == ERR_OK);
	MUST(again == v);
}

static void
try_dec18(const char *text, size_t len)
{
	struct dec18 d, again;
	char buf[DECIMAL_BUF];
	size_t written;

	if (decimal_to_dec18(&d, text, len) != ERR_OK)
		return;
	written = decimal_from_dec18(buf, d);
	MUST(decimal_to_dec18(&again, buf, written) == ERR_OK);
	MUST(again.value == d.value && again.digits == d.digits);
	/* Without an exponent the text itself comes back, digit for digit,
	 * unless it had zeros beyond the scale. */
	if (!memchr(text, 'e', len) && !memchr(text, 'E', len)) {
		MUST(written <= len && memcmp(buf, text, written) == 0);
		for (size_t i = written; i < len; i++)
			MUST(text[i] == '0' && d.digits == 18);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes + 1;
	uint64_t whole;

	if (len == 0)
		return 0;
	len--;
	try_u128(text, len, bytes[0] % 39);
	try_i128(text, len, bytes[0] % 39);
	try_dec18(text, len);
	if (decimal_to_u64(&whole, text, len) == ERR_OK) {
		char buf[DECIMAL_BUF];

		MUST(decimal_from_u128(buf, whole, 0) == len);
		MUST(memcmp(buf, text, len) == 0);
	}
	return 0;
}
