/* The script's JSON, read with jansson (it is configuration, not traffic). */
#include "feeds/sim_script.h"

#include "feeds/sim_option.h"
#include "feeds/sim_reader.h"

#include "base/must.h"

#include <stdio.h>
#include <string.h>

/* --- prices, venues ------------------------------------------------------ */

static enum err
find_base(struct sim_reader *r, size_t *out, const char *name)
{
	for (size_t i = 0; i < r->s->base_count; i++)
		if (strcmp(r->s->base[i].name, name) == 0) {
			*out = i;
			return ERR_OK;
		}
	return sim_fail(r, ERR_UNKNOWN, name, "no such entry in prices");
}

static enum err
find_venue(struct sim_reader *r, size_t *out, const char *name)
{
	for (size_t i = 0; i < r->s->venue_count; i++)
		if (strcmp(r->s->venue[i].name, name) == 0) {
			*out = i;
			return ERR_OK;
		}
	return sim_fail(r, ERR_UNKNOWN, name, "no such entry in venues");
}

static enum err
read_prices(struct sim_reader *r, const json_t *o)
{
	const char *key;
	json_t *value;

	snprintf(r->path, sizeof(r->path), "prices");
	if (!json_is_object(o))
		return sim_fail(r, ERR_SYNTAX, "", "not an object");
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		struct sim_base *b = &r->s->base[r->s->base_count];
		enum err e;

		if (r->s->base_count == SIM_BASES_MAX)
			return sim_fail(r, ERR_LIMIT, key,
			    "more than %u prices", SIM_BASES_MAX);
		if (!sim_name_is_plain(key, SIM_NAME_MAX) ||
		    strcmp(key, "USD") == 0)
			return sim_fail(r, ERR_SYNTAX, key, "not a name");
		e = sim_read_decimal(r, &b->price, o, key);
		if (e != ERR_OK)
			return e;
		/* Room for moves, lies and quotes in small units. */
		if (b->price == 0 || b->price > pow10_u128(30))
			return sim_fail(r, ERR_RANGE, key,
			    "must be above 0 and at most 10^12");
		snprintf(b->name, sizeof(b->name), "%s", key);
		r->s->base_count++;
	}
	return ERR_OK;
}

static enum err
read_symbol(struct sim_reader *r, struct sim_symbol *y, const json_t *o)
{
	static const char *const keys[] = { "base", "quote", "vol" };
	const char *base = NULL, *quote = NULL;
	struct sim_option option;
	u128 price, unit;
	enum err e = sim_keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = sim_read_name(r, &base, o, "base");
	if (e == ERR_OK)
		e = sim_read_name(r, &quote, o, "quote");
	if (e == ERR_OK)
		e = find_base(r, &y->base, base);
	y->quote = SIM_USD;
	if (e == ERR_OK && strcmp(quote, "USD") != 0)
		e = find_base(r, &y->quote, quote);
	if (e == ERR_OK && (json_object_get(o, "vol") != NULL ||
	    sim_option_read(&option, y->name) ||
	    strncmp(y->name, "dvol.", 5) == 0))
		e = sim_read_factor(r, &y->vol, o, "vol", 10);
	if (e != ERR_OK)
		return e;
	unit = y->quote == SIM_USD ? WAD_ONE_RAW :
	    r->s->base[y->quote].price;
	if (muldiv_u128(&price, r->s->base[y->base].price, WAD_ONE_RAW, unit,
	    ROUND_FLOOR) != ERR_OK)
		return sim_fail(r, ERR_RANGE, "", "its price does not fit");
	y->digits = price >= 100 * WAD_ONE_RAW ? 2 :
	    price >= WAD_ONE_RAW ? 5 : 8;
	return ERR_OK;
}

static enum err
read_symbols(struct sim_reader *r, struct sim_venue *v, const json_t *o)
{
	char outer[sizeof(r->path)];
	const char *key;
	json_t *value;

	if (!json_is_object(o) || json_object_size(o) == 0)
		return sim_fail(r, ERR_MISSING, "symbols",
		    "not an object with a symbol in it");
	snprintf(outer, sizeof(outer), "%s", r->path);
	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		struct sim_symbol *y = &v->symbol[v->symbol_count];
		enum err e;

		if (v->symbol_count == VENUE_SYMBOLS_MAX)
			return sim_fail(r, ERR_LIMIT, "symbols", "more than %u",
			    VENUE_SYMBOLS_MAX);
		if (!sim_name_is_plain(key, VENUE_SYMBOL_MAX))
			return sim_fail(r, ERR_SYNTAX, key, "not a symbol");
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
read_venue(struct sim_reader *r, const json_t *o)
{
	static const char *const keys[] = { "venue", "port", "symbols" };
	static const char *const names[] = {
		"coinbase", "kraken", "kraken-v1", "kraken-futures", "binance",
		"binance-us", "binance-usdm", "binance-usdm-market", "bybit",
		"bybit-linear", "okx", "okcoin", "deribit", "bitmex",
		"kucoin", "gateio", "crypto-com", "gemini", "bitstamp",
		"bitfinex", "coinbase-exchange",
	};
	struct sim_venue *v = &r->s->venue[r->s->venue_count];
	const char *name = NULL;
	uint64_t port = 0;
	size_t i = 0;
	enum err e = sim_keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = sim_read_name(r, &name, o, "venue");
	if (e == ERR_OK)
		e = sim_read_whole(r, &port, o, "port", 0, UINT16_MAX);
	if (e != ERR_OK)
		return e;
	while (i < ARRAY_COUNT(names) && strcmp(names[i], name) != 0)
		i++;
	if (i == ARRAY_COUNT(names))
		return sim_unknown(r, "venue", name, names, ARRAY_COUNT(names));
	for (i = 0; i < r->s->venue_count; i++)
		if (strcmp(r->s->venue[i].name, name) == 0 ||
		    (port != 0 && r->s->venue[i].port == port))
			return sim_fail(r, ERR_DUPLICATE, name,
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
	[SIM_STALE] = "stale", [SIM_LATE] = "late", [SIM_DROP] = "drop",
	[SIM_GAP] = "gap", [SIM_DUPLICATE] = "duplicate",
};

static enum err
read_bases(struct sim_reader *r, struct sim_event *ev, const json_t *list)
{
	size_t base = 0;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return sim_fail(r, ERR_MISSING, "bases",
		    "not a list with a name in it");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		enum err e;

		if (!json_is_string(v))
			return sim_fail(r, ERR_SYNTAX, "bases", "not a string");
		e = find_base(r, &base, json_string_value(v));
		if (e != ERR_OK)
			return e;
		ev->bases |= (uint64_t)1 << base;
	}
	return ERR_OK;
}

static enum err
read_action(struct sim_reader *r, struct sim_event *ev, const json_t *o)
{
	static const char *const of_move[] = { "bases", "factor" };
	static const char *const of_lie[] = { "venue", "bases", "factor" };
	static const char *const of_late[] = { "venue", "ms" };
	static const char *const of_others[] = { "venue" };
	const char *venue = NULL;
	enum err e;

	if (ev->kind == SIM_MOVE)
		e = sim_keys_check(r, o, of_move, ARRAY_COUNT(of_move));
	else if (ev->kind == SIM_LIE)
		e = sim_keys_check(r, o, of_lie, ARRAY_COUNT(of_lie));
	else if (ev->kind == SIM_LATE)
		e = sim_keys_check(r, o, of_late, ARRAY_COUNT(of_late));
	else
		e = sim_keys_check(r, o, of_others, ARRAY_COUNT(of_others));
	if (e == ERR_OK && ev->kind != SIM_MOVE) {
		e = sim_read_name(r, &venue, o, "venue");
		if (e == ERR_OK)
			e = find_venue(r, &ev->venue, venue);
	}
	if (e == ERR_OK && ev->kind == SIM_LATE)
		e = sim_read_whole(r, &ev->late_ms, o, "ms", 1,
		    SIM_LATE_MS_MAX);
	if (e != ERR_OK || (ev->kind != SIM_MOVE && ev->kind != SIM_LIE))
		return e;
	e = read_bases(r, ev, json_object_get(o, "bases"));
	if (e == ERR_OK)
		e = sim_read_factor(r, &ev->factor, o, "factor", 1000);
	return e;
}

static enum err
read_event(struct sim_reader *r, const json_t *o)
{
	static const char *const keys[] = {
		"at", "until", "move", "lie", "mute", "stale", "late", "drop",
		"gap", "duplicate",
	};
	struct sim_event *ev = &r->s->event[r->s->event_count];
	size_t found = 0, n = strlen(r->path);
	enum err e = sim_keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = sim_read_seconds(r, &ev->at_ms, o, "at");
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < ARRAY_COUNT(event_words); i++)
		if (json_object_get(o, event_words[i]) != NULL) {
			ev->kind = (enum sim_event_kind)i;
			found++;
		}
	if (found != 1)
		return sim_fail(r, ERR_MISSING, "", "needs exactly one of "
		    "move, lie, mute, stale, late, drop, gap, duplicate");
	/* A drop without an end is over at once. */
	ev->until_ms = ev->at_ms + 1;
	if (ev->kind > SIM_DROP && json_object_get(o, "until") != NULL)
		return sim_fail(r, ERR_UNKNOWN, "until", "it is of an instant");
	if (ev->kind < SIM_DROP || json_object_get(o, "until") != NULL) {
		e = sim_read_seconds(r, &ev->until_ms, o, "until");
		if (e == ERR_OK && ev->until_ms <= ev->at_ms)
			e = sim_fail(r, ERR_RANGE, "until", "not after at");
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
read_list(struct sim_reader *r, const json_t *list, const char *name,
    size_t max, enum err (*read)(struct sim_reader *, const json_t *))
{
	r->path[0] = '\0';
	if (!json_is_array(list))
		return sim_fail(r, ERR_SYNTAX, name, "not a list");
	if (json_array_size(list) > max)
		return sim_fail(r, ERR_LIMIT, name, "more than %zu", max);
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
read_script(struct sim_reader *r, const json_t *o)
{
	static const char *const keys[] = {
		"seed", "tick_ms", "heartbeat_s", "prices", "noise", "spread",
		"venues", "events",
	};
	const json_t *events = json_object_get(o, "events");
	enum err e = sim_keys_check(r, o, keys, ARRAY_COUNT(keys));

	if (e == ERR_OK)
		e = sim_read_whole(r, &r->s->seed, o, "seed", 0, INT64_MAX);
	if (e == ERR_OK)
		e = sim_read_whole(r, &r->s->tick_ms, o, "tick_ms", 10, 1000);
	if (e == ERR_OK && json_object_get(o, "heartbeat_s") != NULL)
		e = sim_read_whole(r, &r->s->heartbeat_s, o, "heartbeat_s", 1,
		    60);
	if (e == ERR_OK)
		e = sim_read_ratio(r, &r->s->noise, o, "noise");
	if (e == ERR_OK)
		e = sim_read_ratio(r, &r->s->spread, o, "spread");
	if (e == ERR_OK)
		e = read_prices(r, json_object_get(o, "prices"));
	if (e == ERR_OK)
		e = read_list(r, json_object_get(o, "venues"), "venues",
		    SIM_VENUES_MAX, read_venue);
	if (e == ERR_OK && r->s->venue_count == 0)
		e = sim_fail(r, ERR_MISSING, "venues", "none");
	if (e == ERR_OK && events != NULL)
		e = read_list(r, events, "events", SIM_EVENTS_MAX, read_event);
	return e;
}

enum err
sim_script_parse(struct sim_script *out, const char *text, size_t len,
    char error[SIM_ERROR_MAX])
{
	static const struct sim_script empty;
	struct sim_reader r = { .s = out, .error = error };
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
