/* Each error names its place: line and column where the text is no JSON, the
 * path of keys where it is JSON and says something wrong. */
#include "feeds/sim_reader.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MS_MAX 86400000u	/* a script lasts a day at most */

enum err
sim_fail(struct sim_reader *r, enum err e, const char *key,
    const char *format, ...)
{
	const char *dot = r->path[0] != '\0' && key[0] != '\0' ? "." : "";
	va_list ap;
	int n = snprintf(r->error, SIM_ERROR_MAX, "%s%s%.40s: ", r->path, dot,
	    key);

	MUST(n > 0 && n < (int)SIM_ERROR_MAX);
	va_start(ap, format);
	vsnprintf(r->error + n, SIM_ERROR_MAX - (size_t)n, format, ap);
	va_end(ap);
	return e;
}

/* --- keys ---------------------------------------------------------------- */

/* Edit distance of short words; above 2 is all the same. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[24];
	size_t n = strlen(b);

	if (strlen(a) > 20 || n > 20)
		return 9;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = corner + (a[i] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

enum err
sim_unknown(struct sim_reader *r, const char *what, const char *word,
    const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (distance(word, words[i]) <= 2)
			return sim_fail(r, ERR_UNKNOWN, word,
			    "unknown %s; did you mean \"%s\"?", what,
			    words[i]);
	return sim_fail(r, ERR_UNKNOWN, word, "unknown %s", what);
}

/* sim_keys_check: o is an object with no other keys than these. */
enum err
sim_keys_check(struct sim_reader *r, const json_t *o, const char *const *keys,
    size_t count)
{
	const char *key;
	json_t *value;

	if (!json_is_object(o))
		return sim_fail(r, ERR_SYNTAX, "", "not an object");
	/* jansson's iterator takes no const, and changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		size_t i = 0;

		while (i < count && strcmp(keys[i], key) != 0)
			i++;
		if (i == count)
			return sim_unknown(r, "key", key, keys, count);
	}
	return ERR_OK;
}

/* --- values -------------------------------------------------------------- */

enum err
sim_read_decimal(struct sim_reader *r, u128 *out, const json_t *o,
    const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return sim_fail(r, ERR_MISSING, key, "missing");
	if (!json_is_string(v) || decimal_to_u128(out, json_string_value(v),
	    json_string_length(v), 18) != ERR_OK)
		return sim_fail(r, ERR_SYNTAX, key, "not a decimal number in "
		    "quotes (at most 18 fraction digits)");
	return ERR_OK;
}

enum err
sim_read_whole(struct sim_reader *r, uint64_t *out, const json_t *o,
    const char *key, uint64_t min, uint64_t max)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return sim_fail(r, ERR_MISSING, key, "missing");
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) < min ||
	    (uint64_t)json_integer_value(v) > max)
		return sim_fail(r, ERR_RANGE, key,
		    "not a whole number from %llu to %llu",
		    (unsigned long long)min, (unsigned long long)max);
	*out = (uint64_t)json_integer_value(v);
	return ERR_OK;
}

enum err
sim_read_factor(struct sim_reader *r, u128 *out, const json_t *o,
    const char *key, unsigned max)
{
	enum err e = sim_read_decimal(r, out, o, key);

	if (e == ERR_OK && (*out == 0 || *out > max * WAD_ONE_RAW))
		e = sim_fail(r, ERR_RANGE, key,
		    "must be above 0 and at most %u", max);
	return e;
}

enum err
sim_read_ratio(struct sim_reader *r, u128 *out, const json_t *o,
    const char *key)
{
	enum err e = sim_read_decimal(r, out, o, key);

	if (e == ERR_OK && *out >= WAD_ONE_RAW / 2)
		e = sim_fail(r, ERR_RANGE, key, "must be below 0.5");
	return e;
}

enum err
sim_read_seconds(struct sim_reader *r, uint64_t *out_ms, const json_t *o,
    const char *key)
{
	const json_t *v = json_object_get(o, key);
	uint64_t whole = 0;
	double ms;

	if (v == NULL)
		return sim_fail(r, ERR_MISSING, key, "missing");
	ms = json_number_value(v) * 1000;
	if (ms >= 0 && ms <= EVENT_MS_MAX)
		whole = (uint64_t)(ms + 0.5);
	if (!json_is_number(v) || ms < 0 || ms > EVENT_MS_MAX ||
	    ms - (double)whole > 1e-6 || (double)whole - ms > 1e-6)
		return sim_fail(r, ERR_RANGE, key, "not a number of seconds "
		    "from 0 to 86400 with at most 3 fraction digits");
	*out_ms = whole;
	return ERR_OK;
}

enum err
sim_read_name(struct sim_reader *r, const char **out, const json_t *o,
    const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return sim_fail(r, ERR_MISSING, key, "missing");
	if (!json_is_string(v))
		return sim_fail(r, ERR_SYNTAX, key, "not a string");
	*out = json_string_value(v);
	return ERR_OK;
}

bool
sim_name_is_plain(const char *name, size_t max)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	    "qrstuvwxyz0123456789-/_.");

	return n > 0 && n < max && name[n] == '\0';
}
