#include "oracle/shock_text.h"

#include "base/decimal.h"

#include <stdio.h>
#include <string.h>

#define ONE ((i128)WAD_ONE_RAW)

static bool
starts_with(const char *text, const char *word, const char **rest)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

/* multiplier_read: x0.8, -20% or 15%. */
static enum err
multiplier_read(struct num18 *out, const char *text)
{
	size_t len = strlen(text);
	bool is_up = text[0] == '+';
	i128 v;
	enum err e;

	if (text[0] == 'x') {
		e = decimal_to_i128(&v, text + 1, len - 1, 18);
		if (e == ERR_OK && v < 0)
			return ERR_RANGE;
	} else {
		if (len < 2 || text[len - 1] != '%')
			return ERR_SYNTAX;
		e = decimal_to_i128(&v, text + is_up, len - 1 - is_up, 16);
		if (e == ERR_OK && v < -ONE)
			return ERR_RANGE;
		v = e == ERR_OK && v <= I128_MAX - ONE ? v + ONE : 0;
	}
	if (e == ERR_OK)
		*out = num18_from_raw(v);
	return e;
}

static enum err
target_find(struct shock *s, const char *name, size_t len,
    const struct book *b, const struct bookfile_names *names)
{
	if (len == 3 && memcmp(name, "all", 3) == 0) {
		s->scope = SHOCK_ALL;
		return ERR_OK;
	}
	if (len == 7 && memcmp(name, "stables", 7) == 0) {
		s->scope = SHOCK_STABLES;
		return ERR_OK;
	}
	for (uint8_t f = 0; f < b->factor_count; f++)
		if (strlen(names->factor[f]) == len &&
		    memcmp(names->factor[f], name, len) == 0) {
			s->scope = SHOCK_FACTOR;
			s->index = f;
			return ERR_OK;
		}
	for (size_t i = 0; i < b->asset_count; i++)
		if (strlen(b->assets[i].name) == len &&
		    memcmp(b->assets[i].name, name, len) == 0) {
			s->scope = SHOCK_ASSET;
			s->index = (uint8_t)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

static enum err
price_read(struct shock *s, const char *rest, const struct book *b,
    const struct bookfile_names *names)
{
	const char *colon = strrchr(rest, ':');
	enum err e;

	if (!colon || colon == rest)
		return ERR_SYNTAX;
	e = target_find(s, rest, (size_t)(colon - rest), b, names);
	return e != ERR_OK ? e : multiplier_read(&s->price, colon + 1);
}

static enum err
delay_read(struct shock *s, const char *text)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	    { "h", 3600000 }, { "d", 86400000 } };
	size_t digits = strspn(text, "0123456789");
	uint64_t n;
	enum err e = decimal_to_u64(&n, text, digits);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < ARRAY_COUNT(units); i++)
		if (strcmp(text + digits, units[i].unit) == 0) {
			if (n > UINT64_MAX / 2 / units[i].ms)
				return ERR_RANGE;
			s->delay_ms = n * units[i].ms;
			return ERR_OK;
		}
	return ERR_SYNTAX;
}

enum err
shock_from_text(struct shock *out, const char *text, const struct book *b,
    const struct bookfile_names *names)
{
	struct shock s = { .scope = SHOCK_ALL, .price = num18_one(),
	    .vol = num18_one(), .chain_id = b->chain_id };
	const char *rest;
	enum err e;

	if (shock_find(out, text, b) == ERR_OK)
		return ERR_OK;
	if (starts_with(text, "price:", &rest))
		e = price_read(&s, rest, b, names);
	else if (starts_with(text, "vol:", &rest))
		e = multiplier_read(&s.vol, rest);
	else if (starts_with(text, "delay:", &rest))
		e = delay_read(&s, rest);
	else
		return ERR_SYNTAX;
	if (e != ERR_OK)
		return e;
	snprintf(s.name, sizeof(s.name), "%s", text);
	*out = s;
	return ERR_OK;
}
