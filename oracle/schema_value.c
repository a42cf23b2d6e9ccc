#include "oracle/schema_value.h"

#include "base/clock_text.h"
#include "base/decimal.h"

#include <string.h>

/* A unit behind a number: value = number * 10^decimals * factor. */
struct unit {
	const char *name;
	unsigned decimals;
	uint64_t factor;
};

static enum err
value_with_unit(u128 *out, const char *text, size_t len,
    const struct unit *units, size_t count, bool may_be_blank)
{
	size_t digits = 0, gap;
	u128 v;
	enum err e;

	while (digits < len && strchr("0123456789.-", text[digits]) &&
	    text[digits])
		digits++;
	gap = digits;
	while (may_be_blank && gap < len && text[gap] == ' ')
		gap++;
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) != len - gap ||
		    memcmp(units[i].name, text + gap, len - gap) != 0)
			continue;
		e = decimal_to_u128(&v, text, digits, units[i].decimals);
		if (e != ERR_OK)
			return e;
		if (v > U128_MAX / units[i].factor)
			return ERR_RANGE;
		*out = v * units[i].factor;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}

static enum err
u64_from(uint64_t *out, enum err e, u128 v)
{
	if (e != ERR_OK)
		return e;
	if (v > UINT64_MAX)
		return ERR_RANGE;
	*out = (uint64_t)v;
	return ERR_OK;
}

static enum err
u32_from(uint32_t *out, enum err e, u128 v)
{
	if (e != ERR_OK)
		return e;
	if (v > UINT32_MAX)
		return ERR_RANGE;
	*out = (uint32_t)v;
	return ERR_OK;
}

enum err
value_to_duration_ms(uint64_t *out, const char *text, size_t len)
{
	static const struct unit units[] = {
		{ "ms", 0, 1 }, { "s", 3, 1 }, { "m", 0, 60000 },
		{ "h", 0, 3600000 }, { "d", 0, 86400000 },
	};
	u128 v = 0;
	enum err e = value_with_unit(&v, text, len, units,
	    ARRAY_COUNT(units), false);

	return u64_from(out, e, v);
}

enum err
value_to_percent_ppb(uint32_t *out, const char *text, size_t len)
{
	static const struct unit units[] = { { "%", 7, 1 } };
	u128 v = 0;
	enum err e = value_with_unit(&v, text, len, units,
	    ARRAY_COUNT(units), false);

	return u32_from(out, e, v);
}

enum err
value_to_factor_ppb(uint32_t *out, const char *text, size_t len)
{
	u128 v = 0;
	enum err e = decimal_to_u128(&v, text, len, 9);

	return u32_from(out, e, v);
}

enum err
value_to_bytes(uint64_t *out, const char *text, size_t len)
{
	static const struct unit units[] = {
		{ "", 0, 1 }, { "B", 0, 1 }, { "KiB", 0, 1u << 10 },
		{ "MiB", 0, 1u << 20 }, { "GiB", 0, 1u << 30 },
	};
	u128 v = 0;
	enum err e = value_with_unit(&v, text, len, units,
	    ARRAY_COUNT(units), false);

	return u64_from(out, e, v);
}

enum err
value_to_wei(u128 *out, const char *text, size_t len)
{
	static const struct unit units[] = {
		{ "wei", 0, 1 }, { "gwei", 9, 1 }, { "eth", 18, 1 },
		{ "ether", 18, 1 },
	};

	return value_with_unit(out, text, len, units, ARRAY_COUNT(units),
	    true);
}

enum err
value_to_instant_ms(uint64_t *out, const char *text, size_t len)
{
	if (decimal_to_u64(out, text, len) == ERR_OK)
		return ERR_OK;
	return time_ms_from_rfc3339(out, text, len);
}

/* exponent_split: the length of the mantissa, and the exponent behind it. */
static enum err
exponent_split(size_t *mantissa, int *exponent, const char *text, size_t len)
{
	size_t at = 0, digits;
	bool is_negative = false;
	uint64_t v;
	enum err e;

	while (at < len && text[at] != 'e' && text[at] != 'E')
		at++;
	*mantissa = at;
	*exponent = 0;
	if (at == len)
		return ERR_OK;
	at++;
	if (at < len && (text[at] == '-' || text[at] == '+'))
		is_negative = text[at++] == '-';
	digits = len - at;
	/* A leading zero is common here: 1e-05. */
	if (digits == 2 && text[at] == '0')
		at++;
	if (digits == 0 || digits > 2)
		return ERR_SYNTAX;
	e = decimal_to_u64(&v, text + at, len - at);
	if (e == ERR_OK)
		*exponent = is_negative ? -(int)v : (int)v;
	return e;
}

enum err
value_to_measure(i128 *out, const char *text, size_t len)
{
	bool is_negative = len > 0 && text[0] == '-';
	size_t mantissa;
	int exponent, decimals;
	u128 v;
	enum err e;

	text += is_negative;
	len -= is_negative;
	e = exponent_split(&mantissa, &exponent, text, len);
	if (e != ERR_OK)
		return e;
	/* One digit more than is kept: it rounds. */
	decimals = 19 + exponent;
	if (decimals > 38)
		return ERR_RANGE;
	e = decimal_to_u128_round(&v, text, mantissa,
	    decimals < 0 ? 0 : (unsigned)decimals, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	for (; decimals < 0 && v > 0; decimals++)
		v /= 10;
	v = v / 10 + (v % 10 >= 5);
	if (v > (u128)I128_MAX)
		return ERR_RANGE;
	*out = is_negative ? -(i128)v : (i128)v;
	return ERR_OK;
}
