/* The script's JSON, read with jansson (it is configuration, not traffic).
 * Each error names its place: line and column where the text is no JSON, the
 * path of keys where it is JSON and says something wrong. */
#include "feeds/sim_script.h"

#include "base/must.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MS_MAX 86400000u	/* a script lasts a day at most */

struct reader {
	struct sim_script *s;
	char *error;
	char path[96];		/* of the object being read */
};

__attribute__((format(printf, 4, 5)))
static enum err
fail(struct reader *r, enum err e, const char *key, const char *format, ...)
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

static enum err
unknown(struct reader *r, const char *what, const char *word,
    const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (distance(word, words[i]) <= 2)
			return fail(r, ERR_UNKNOWN, word,
			    "unknown %s; did you mean \"%s\"?", what,
			    words[i]);
	return fail(r, ERR_UNKNOWN, word, "unknown %s", what);
}

/* keys_check: o is an object with no other keys than these. */
static enum err
keys_check(struct reader *r, const json_t *o, const char *const *keys,
    size_t count)
{
	const char *key;
	json_t *value;

	if (!json_is_object(o))
		return fail(r, ERR_SYNTAX, "", "not an object");
	/* jansson's iterator takes no const, and changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		size_t i = 0;

		while (i < count && strcmp(keys[i], key) != 0)
			i++;
		if (i == count)
			return unknown(r, "key", key, keys, count);
	}
	return ERR_OK;
}

/* --- values -------------------------------------------------------------- */

static enum err
read_decimal(struct reader *r, u128 *out, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return fail(r, ERR_MISSING, key, "missing");
	if (!json_is_string(v) || decimal_to_u128(out, json_string_value(v),
	    json_string_length(v), 18) != ERR_OK)
		return fail(r, ERR_SYNTAX, key, "not a decimal number in "
		    "quotes (at most 18 fraction digits)");
	return ERR_OK;
}

static enum err
read_whole(struct reader *r, uint64_t *out, const json_t *o, const char *key,
    uint64_t min, uint64_t max)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return fail(r, ERR_MISSING, key, "missing");
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) < min ||
	    (uint64_t)json_integer_value(v) > max)
		return fail(r, ERR_RANGE, key,
		    "not a whole number from %llu to %llu",
		    (unsigned long long)min, (unsigned long long)max);
	*out = (uint64_t)json_integer_value(v);
	return ERR_OK;
}

static enum err
read_ratio(struct reader *r, u128 *out, const json_t *o, const char *key)
{
	enum err e = read_decimal(r, out, o, key);

	if (e == ERR_OK && *out >= WAD_ONE_RAW / 2)
		e = fail(r, ERR_RANGE, key, "must be below 0.5");
	return e;
}

static enum err
read_seconds(struct reader *r, uint64_t *out_ms, const json_t *o,
    const char *key)
{
	const json_t *v = json_object_get(o, key);
	uint64_t whole = 0;
	double ms;

	if (v == NULL)
		return fail(r, ERR_MISSING, key, "missing");
	ms = json_number_value(v) * 1000;
	if (ms >= 0 && ms <= EVENT_MS_MAX)
		whole = (uint64_t)(ms + 0.5);
	if (!json_is_number(v) || ms < 0 || ms > EVENT_MS_MAX ||
	    ms - (double)whole > 1e-6 || (double)whole - ms > 1e-6)
		return fail(r, ERR_RANGE, key, "not a number of seconds from 0 "
		    "to 86400 with at most 3 fraction digits");
	*out_ms = whole;
	return ERR_OK;
}

static enum err
read_name(struct reader *r, const char **out, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return fail(r, ERR_MISSING, key, "missing");
	if (!json_is_string(v))
		return fail(r, ERR_SYNTAX, key, "not a string");
	*out = json_string_value(v);
	return ERR_OK;
}

static bool
name_is_plain(const char *name, size_t max)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	    "qrstuvwxyz0123456789-/_.");

	return n > 0 && n < max && name[n] == '\0';
}

/* --- prices, venues ------------------------------------------------------ */

static enum err
find_base(struct reader *r, size_t *out, const char *name)
{
	for (size_t i = 0; i < r->s->base_count; i++)
		if (strcmp(r->s->base[i].name, name) == 0) {
			*out = i;
			return ERR_OK;
		}
	return fail(r, ERR_UNKNOWN, name, "no such entry in prices");
}

static enum err
find_venue(struct reader *r, size_t *out, const char *name)
{
	for (size_t i = 0; i < r->s->venue_count; i++)
		if (strcmp(r->s->venue[i].name, name) == 0) {
			*out = i;
			return ERR_OK;
		}
	return fail(r, ERR_UNKNOWN, name, "no such entry in venues");
}

static enum err
read_prices(struct reader *r, const json_t *o)
{
	const char *key;
	json_t *value;

	snprintf(r->path, sizeof(r->path), "prices");
	if (!json_is_object(o))
		return fail(r, ERR_SYNTAX, "", "not an object");
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		struct sim_base *b = &r->s->base[r->s->base_count];
		enum err e;

		if (r->s->base_count == SIM_BASES_MAX)
			return fail(r, ERR_LIMIT, key, "more than %u prices",
			    SIM_BASES_MAX);
		if (!name_is_plain(key, SIM_NAME_MAX) ||
		    strcmp(key, "USD") == 0)
			return fail(r, ERR_SYNTAX, key, "not a name");
		e = read_decimal(r, &b->price, o, key);
		if (e != ERR_OK)
			return e;
		/* Room for moves, lies and quotes in small units. */
		if (b->price == 0 || b->price > pow10_u128(30))
			return fail(r, ERR_RANGE, key,
			    "must be above 0 and at most 10^12");
		snprintf(b->name, sizeof(b->name), "%s", key);
		r->s->base_count++;
	}
	return ERR_OK;
}

static enum err
read_symbol(struct reader *r, struct sim_symbol *y, const json_t *o)
{
	static const char *const keys[] = { "base", "quote" };
	const char *base = NULL, *quote = NULL;
	u128 price, unit;
	enum err e = keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = read_name(r, &base, o, "base");
	if (e == ERR_OK)
		e = read_name(r, &quote, o, "quote");
	if (e == ERR_OK)
		e = find_base(r, &y->base, base);
	y->quote = SIM_USD;
	if (e == ERR_OK && strcmp(quote, "USD") != 0)
		e = find_base(r, &y->quote, quote);
	if (e != ERR_OK)
		return e;
	unit = y->quote == SIM_USD ? WAD_ONE_RAW :
	    r->s->base[y->quote].price;
	if (muldiv_u128(&price, r->s->base[y->base].price, WAD_ONE_RAW, unit,
	    ROUND_FLOOR) != ERR_OK)
		return fail(r, ERR_RANGE, "", "its price does not fit");
	y->digits = price >= 100 * WAD_ONE_RAW ? 2 :
	    price >= WAD_ONE_RAW ? 5 : 8;
	return ERR_OK;
}

static enum err
read_symbols(struct reader *r, struct sim_venue *v, const json_t *o)
{
	char outer[sizeof(r->path)];
	const char *key;
	json_t *value;

	if (!json_is_object(o) || json_object_size(o) == 0)
		return fail(r, ERR_MISSING, "symbols",
		    "not an object with a symbol in it");
	snprintf(outer, sizeof(outer), "%s", r->path);
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		struct sim_symbol *y = &v->symbol[v->symbol_count];
		enum err e;

		if (v->symbol_count == VENUE_SYMBOLS_MAX)
			return fail(r, ERR_LIMIT, "symbols", "more than %u",
			    VENUE_SYMBOLS_MAX);
		if (!name_is_plain(key, VENUE_SYMBOL_MAX))
			return fail(r, ERR_SYNTAX, key, "not a symbol");
		snprintf(y->name, sizeof(y->name), "%s", key);
		snprintf(r->path, sizeof(r->path), "%.40s.symbols.%s", outer,
		    key);
		e = read_symbol(r, y, value);
		if (e != ERR_OK)
			return e;
		snprintf(r->path, sizeof(r->path), "%s", outer);
		v->symbol_count++;
	}
	return ERR_OK;
}

static enum err
read_venue(struct reader *r, const json_t *o)
{
	static const char *const keys[] = { "venue", "port", "symbols" };
	static const char *const names[] = {
		"coinbase", "kraken", "binance", "bybit",
	};
	struct sim_venue *v = &r->s->venue[r->s->venue_count];
	const char *name = NULL;
	uint64_t port = 0;
	size_t i = 0;
	enum err e = keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = read_name(r, &name, o, "venue");
	if (e == ERR_OK)
		e = read_whole(r, &port, o, "port", 0, UINT16_MAX);
	if (e != ERR_OK)
		return e;
	while (i < ARRAY_COUNT(names) && strcmp(names[i], name) != 0)
		i++;
	if (i == ARRAY_COUNT(names))
		return unknown(r, "venue", name, names, ARRAY_COUNT(names));
	for (i = 0; i < r->s->venue_count; i++)
		if (strcmp(r->s->venue[i].name, name) == 0 ||
		    (port != 0 && r->s->venue[i].port == port))
			return fail(r, ERR_DUPLICATE, name,
			    "this venue or port is taken by venues[%zu]", i);
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->port = (uint16_t)port;
	e = read_symbols(r, v, json_object_get(o, "symbols"));
	if (e == ERR_OK)
		r->s->venue_count++;
	return e;
}

/* --- events -------------------------------------------------------------- */

static const char *const event_words[] = {
	[SIM_MOVE] = "move", [SIM_LIE] = "lie", [SIM_MUTE] = "mute",
	[SIM_STALE] = "stale", [SIM_DROP] = "drop",
};

static enum err
read_bases(struct reader *r, struct sim_event *ev, const json_t *list)
{
	size_t base = 0;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return fail(r, ERR_MISSING, "bases",
		    "not a list with a name in it");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		enum err e;

		if (!json_is_string(v))
			return fail(r, ERR_SYNTAX, "bases", "not a string");
		e = find_base(r, &base, json_string_value(v));
		if (e != ERR_OK)
			return e;
		ev->bases |= (uint64_t)1 << base;
	}
	return ERR_OK;
}

static enum err
read_action(struct reader *r, struct sim_event *ev, const json_t *o)
{
	static const char *const of_move[] = { "bases", "factor" };
	static const char *const of_lie[] = { "venue", "bases", "factor" };
	static const char *const of_others[] = { "venue" };
	const char *venue = NULL;
	enum err e;

	if (ev->kind == SIM_MOVE)
		e = keys_check(r, o, of_move, ARRAY_COUNT(of_move));
	else if (ev->kind == SIM_LIE)
		e = keys_check(r, o, of_lie, ARRAY_COUNT(of_lie));
	else
		e = keys_check(r, o, of_others, ARRAY_COUNT(of_others));
	if (e == ERR_OK && ev->kind != SIM_MOVE) {
		e = read_name(r, &venue, o, "venue");
		if (e == ERR_OK)
			e = find_venue(r, &ev->venue, venue);
	}
	if (e != ERR_OK || (ev->kind != SIM_MOVE && ev->kind != SIM_LIE))
		return e;
	e = read_bases(r, ev, json_object_get(o, "bases"));
	if (e == ERR_OK)
		e = read_decimal(r, &ev->factor, o, "factor");
	if (e == ERR_OK && (ev->factor == 0 ||
	    ev->factor > 1000 * WAD_ONE_RAW))
		e = fail(r, ERR_RANGE, "factor",
		    "must be above 0 and at most 1000");
	return e;
}

static enum err
read_event(struct reader *r, const json_t *o)
{
	static const char *const keys[] = {
		"at", "until", "move", "lie", "mute", "stale", "drop",
	};
	struct sim_event *ev = &r->s->event[r->s->event_count];
	size_t found = 0, n = strlen(r->path);
	enum err e = keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = read_seconds(r, &ev->at_ms, o, "at");
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < ARRAY_COUNT(event_words); i++)
		if (json_object_get(o, event_words[i]) != NULL) {
			ev->kind = (enum sim_event_kind)i;
			found++;
		}
	if (found != 1)
		return fail(r, ERR_MISSING, "", "needs exactly one of move, "
		    "lie, mute, stale, drop");
	/* A drop without an end is over at once. */
	ev->until_ms = ev->at_ms + 1;
	if (ev->kind != SIM_DROP || json_object_get(o, "until") != NULL) {
		e = read_seconds(r, &ev->until_ms, o, "until");
		if (e == ERR_OK && ev->until_ms <= ev->at_ms)
			e = fail(r, ERR_RANGE, "until", "not after at");
		if (e != ERR_OK)
			return e;
	}
	snprintf(r->path + n, sizeof(r->path) - n, ".%s",
	    event_words[ev->kind]);
	e = read_action(r, ev, json_object_get(o, event_words[ev->kind]));
	if (e == ERR_OK)
		r->s->event_count++;
	return e;
}

static enum err
read_list(struct reader *r, const json_t *list, const char *name, size_t max,
    enum err (*read)(struct reader *, const json_t *))
{
	r->path[0] = '\0';
	if (!json_is_array(list))
		return fail(r, ERR_SYNTAX, name, "not a list");
	if (json_array_size(list) > max)
		return fail(r, ERR_LIMIT, name, "more than %zu", max);
	for (size_t i = 0; i < json_array_size(list); i++) {
		enum err e;

		snprintf(r->path, sizeof(r->path), "%s[%zu]", name, i);
		e = read(r, json_array_get(list, i));
		if (e != ERR_OK)
			return e;
	}
	r->path[0] = '\0';
	return ERR_OK;
}

static enum err
read_script(struct reader *r, const json_t *o)
{
	static const char *const keys[] = {
		"seed", "tick_ms", "prices", "noise", "spread", "venues",
		"events",
	};
	const json_t *events = json_object_get(o, "events");
	enum err e = keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = read_whole(r, &r->s->seed, o, "seed", 0, INT64_MAX);
	if (e == ERR_OK)
		e = read_whole(r, &r->s->tick_ms, o, "tick_ms", 10, 1000);
	if (e == ERR_OK)
		e = read_ratio(r, &r->s->noise, o, "noise");
	if (e == ERR_OK)
		e = read_ratio(r, &r->s->spread, o, "spread");
	if (e == ERR_OK)
		e = read_prices(r, json_object_get(o, "prices"));
	if (e == ERR_OK)
		e = read_list(r, json_object_get(o, "venues"), "venues",
		    SIM_VENUES_MAX, read_venue);
	if (e == ERR_OK && r->s->venue_count == 0)
		e = fail(r, ERR_MISSING, "venues", "none");
	if (e == ERR_OK && events != NULL)
		e = read_list(r, events, "events", SIM_EVENTS_MAX, read_event);
	return e;
}

enum err
sim_script_parse(struct sim_script *out, const char *text, size_t len,
    char error[SIM_ERROR_MAX])
{
	static const struct sim_script empty;
	struct reader r = { .s = out, .error = error };
	json_error_t where;
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	enum err e;

	*out = empty;
	if (o == NULL) {
		snprintf(error, SIM_ERROR_MAX, "line %d, column %d: %.110s",
		    where.line, where.column, where.text);
		return ERR_SYNTAX;
	}
	e = read_script(&r, o);
	json_decref(o);
	return e;
}
