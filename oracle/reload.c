#include "oracle/reload.h"

#include "base/decimal.h"
#include "base/keccak.h"
#include "base/must.h"
#include "oracle/doc.h"
#include "oracle/file.h"
#include "oracle/shadow_distance.h"
#include "oracle/shadow_map.h"
#include "oracle/tick_wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINTS_MAX 4096u	/* of what is said of a bad config */

__attribute__((format(printf, 2, 3)))
static void
refuse(struct reload_reasons *r, const char *format, ...)
{
	va_list args;

	if (r->count++ >= RELOAD_REASONS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(r->reason[r->count - 1], RELOAD_REASON, format, args);
	va_end(args);
}

void
reload_free(struct reload_text *t)
{
	free(t->config);
	free(t->text);
	memset(t, 0, sizeof(*t));
}

/* ---- sections ------------------------------------------------------------ */

static bool
texts_equal(const struct doc_node *a, const struct doc_node *b)
{
	return a->text_len == b->text_len && (a->text_len == 0 ||
	    memcmp(a->text, b->text, a->text_len) == 0);
}

/* By keys in any order, and by items in theirs; DOC_DEPTH_MAX bounds it. */
static bool
nodes_equal(const struct doc *a_doc, const struct doc_node *a,
    const struct doc *b_doc, const struct doc_node *b)
{
	const struct doc_node *x, *y;

	if (!a || !b || a->kind != b->kind || a->count != b->count)
		return a == b;
	if (a->kind == DOC_SCALAR)
		return texts_equal(a, b);
	y = doc_first(b_doc, b);
	for (x = doc_first(a_doc, a); x; x = doc_next(a_doc, x)) {
		char key[64];

		if (a->kind == DOC_MAP) {
			if (x->key_len >= sizeof(key))
				return false;
			memcpy(key, x->key, x->key_len);
			key[x->key_len] = '\0';
			y = doc_find(b_doc, b, key);
		}
		if (!y || !nodes_equal(a_doc, x, b_doc, y))
			return false;
		if (a->kind == DOC_LIST)
			y = doc_next(b_doc, y);
	}
	return true;
}

static bool
key_is_hot(const char *key)
{
	return strcmp(key, "prices") == 0 || strcmp(key, "venues") == 0;
}

/* The keys of `from` that are others in `to`, or that only `from` has. */
static void
keys_compare(struct reload_reasons *out, const struct doc *from,
    const struct doc *to, bool only_missing)
{
	const struct doc_node *root = doc_root(from), *n;

	for (n = doc_first(from, root); n; n = doc_next(from, n)) {
		const struct doc_node *other;
		char key[64] = { 0 };

		memcpy(key, n->key, n->key_len < sizeof(key) ? n->key_len :
		    sizeof(key) - 1);
		if (key_is_hot(key))
			continue;
		other = doc_find(to, doc_root(to), key);
		if (!other)
			refuse(out, "`%s` is only in one of them: that needs "
			    "a restart", key);
		else if (!only_missing && !nodes_equal(from, n, to, other))
			refuse(out, "`%s` differs: that needs a restart", key);
	}
}

void
reload_sections(struct reload_reasons *out, const char *before,
    size_t before_len, const char *after, size_t after_len)
{
	struct doc_errors errors = { .file = "" };
	struct doc *a = NULL, *b = NULL;

	MUST(doc_read(&a, before, before_len, &errors) == ERR_OK);
	MUST(doc_read(&b, after, after_len, &errors) == ERR_OK);
	MUST(doc_root(a) && doc_root(b));
	keys_compare(out, a, b, false);
	keys_compare(out, b, a, true);
	doc_free(a);
	doc_free(b);
}

/* ---- units --------------------------------------------------------------- */

void
reload_units(struct reload_reasons *out, const struct config *before,
    struct config *after)
{
	for (size_t a = 0; a < BOOK_ASSETS_MAX; a++) {
		const char *name;
		uint16_t unit;

		if (before->asset_unit[a] == PRICES_UNIT_USD)
			continue;	/* no asset */
		name = before->prices.unit[before->asset_unit[a]].name;
		unit = shadow_unit_find(after, name);
		if (unit == SHADOW_NONE)
			refuse(out, "%s: the book has an asset of it", name);
		else
			after->asset_unit[a] = unit;
	}
}

static void
instrument_compare(struct reload_reasons *out, const struct config *before,
    const struct config *after, uint16_t i)
{
	const char *id = after->instrument[i].id, *what;
	uint16_t was = shadow_instrument_find(before, id);

	what = was == SHADOW_NONE ? NULL :
	    shadow_instrument_differs(before, was, after, i);
	if (was == SHADOW_NONE)
		refuse(out, "instrument %s is not followed yet: that needs a "
		    "restart", id);
	else if (what)
		refuse(out, "instrument %s: %s differs: that needs a restart",
		    id, what);
}

static void
option_compare(struct reload_reasons *out, const struct config *before,
    const struct config *after, uint16_t i)
{
	const struct config_option *k = &after->option[i];
	const char *venue = after->venue[k->venue].name, *what;
	uint16_t was = shadow_option_find(before, venue, k->symbol);

	what = was == SHADOW_NONE ? NULL :
	    shadow_option_differs(before, was, after, i);
	if (was == SHADOW_NONE)
		refuse(out, "options %s of %s are not followed yet: that "
		    "needs a restart", k->symbol, venue);
	else if (what)
		refuse(out, "options %s of %s: %s differs: that needs a "
		    "restart", k->symbol, venue, what);
}

void
reload_instruments(struct reload_reasons *out, const struct config *before,
    const struct config *after)
{
	for (size_t i = 0; i < after->instrument_count; i++)
		instrument_compare(out, before, after, (uint16_t)i);
	for (size_t i = 0; i < after->option_count; i++)
		option_compare(out, before, after, (uint16_t)i);
}

/* ---- prices -------------------------------------------------------------- */

static void
tick_apply(struct prices *p, const struct wire_tick *w, uint16_t market)
{
	struct prices_tick t = {
		.market = market,
		.has_book = w->has_book, .has_last = w->has_last,
		.bid = px18_from_raw(wire_to_u128(w->bid)),
		.ask = px18_from_raw(wire_to_u128(w->ask)),
		.last = px18_from_raw(wire_to_u128(w->last)),
		.exchange_ms = w->exchange_ms, .recv_ms = w->recv_ms,
	};

	prices_apply_tick(p, &t);
}

/* What the engine's markets say, under another config. */
static void
prices_make(struct prices *p, const struct config *c,
    const struct shadow_map *map, const struct config *running,
    const struct board_head *h)
{
	size_t bad, n = running->prices.market_count;

	/* config_read checked the graph. */
	MUST(prices_init(p, &c->prices, &bad) == ERR_OK);
	for (size_t i = 0; i < n && i < h->market_count; i++) {
		const struct board_source *s = &h->source[i];
		struct wire_tick w;

		/* What the engine doubts it does not listen to. */
		if (map->market[i] != SHADOW_NONE &&
		    s->source.vote != VOTE_DOUBTED && tick_wire_from_quote(&w,
		    &running->prices.market[i], &s->quote, &s->source))
			tick_apply(p, &w, map->market[i]);
	}
	for (size_t i = 0; i < h->wrap_count && i < ARRAY_COUNT(h->wrap); i++) {
		const struct board_wrap *w = &h->wrap[i];

		/* One that is refused is as good as none. */
		if (w->unit < running->prices.unit_count && w->has_rate &&
		    map->rate[w->unit] != SHADOW_NONE)
			(void)!prices_apply_rate(p, map->rate[w->unit],
			    w->rate, w->time_ms, h->now_ms);
	}
	prices_compute(p, h->now_ms);
}

/* Whether a unit of the new config rests on something that is followed now. */
static bool
unit_is_known(const struct config *after, const struct shadow_map *map,
    const struct config *before, size_t unit)
{
	const struct prices_unit *u = &after->prices.unit[unit];
	uint16_t old;

	if (u->rule.is_constant_unsafe)
		return true;
	for (size_t i = 0; i < before->prices.market_count; i++)
		if (map->market[i] != SHADOW_NONE &&
		    after->prices.market[map->market[i]].base == unit)
			return true;
	old = shadow_unit_find(before, u->name);
	return u->wrap.is_wrapped && u->wrap.by_rate && old != SHADOW_NONE &&
	    map->rate[old] != SHADOW_NONE &&
	    before->prices.unit[old].wrap.is_wrapped;
}

static bool
names_equal(const struct config *a, uint16_t x, const struct config *b,
    uint16_t y)
{
	return strcmp(a->prices.unit[x].name, b->prices.unit[y].name) == 0;
}

/* Whether a market of the new config is one of the old, and read as it was. */
static bool
market_is_old(const struct config *after, size_t market,
    const struct shadow_map *map, const struct config *before)
{
	const struct prices_market *m = &after->prices.market[market], *was;
	size_t i = 0, n = before->prices.market_count;

	while (i < n && map->market[i] != market)
		i++;
	was = &before->prices.market[i];
	return i < n && names_equal(before, was->base, after, m->base) &&
	    names_equal(before, was->quote, after, m->quote) &&
	    was->is_inverse == m->is_inverse;
}

/* Whether nothing makes a unit's price that does not make it now. */
static bool
unit_is_old(const struct config *after, size_t unit,
    const struct shadow_map *map, const struct config *before, uint16_t was)
{
	const struct prices_wrap *w = &after->prices.unit[unit].wrap;
	const struct prices_wrap *v = &before->prices.unit[was].wrap;

	for (size_t i = 0; i < after->prices.market_count; i++)
		if (after->prices.market[i].base == unit &&
		    !market_is_old(after, i, map, before))
			return false;
	return !w->is_wrapped || (v->is_wrapped && w->by_rate == v->by_rate &&
	    map->rate[was] == unit && names_equal(before, v->of, after,
	    w->of));
}

static void
distance_refuse(struct reload_reasons *out, const char *name,
    const struct price *old, const char *note, const struct price *new,
    uint32_t ppb, uint32_t max_ppb)
{
	char from[DECIMAL_BUF], to[DECIMAL_BUF], far[DECIMAL_BUF],
	    max[DECIMAL_BUF];

	(void)decimal_from_u128(from, px18_to_raw(old->mid), 18);
	(void)decimal_from_u128(to, px18_to_raw(new->mid), 18);
	(void)decimal_from_u128(far, ppb, 7);
	(void)decimal_from_u128(max, max_ppb, 7);
	if (ppb == UINT32_MAX)
		refuse(out, "%s: %s%s would become %s", name, from, note, to);
	else
		refuse(out, "%s: %s%s would become %s, %s %% away (at most "
		    "%s)", name, from, note, to, far, max);
}

/* A unit without a price now: by the last one that it had.  Configs are changed
 * while something is broken, and any price would do if none were asked for. */
static void
last_compare(struct reload_reasons *out, const char *name,
    const struct price *refused, const struct board_last *last,
    const struct price *new, uint32_t max_ppb)
{
	const struct price old = { .mid = last->mid,
		.status = PRICE_DEGRADED };
	char to[DECIMAL_BUF];
	uint32_t ppb;

	if (last->at_ms == 0) {
		(void)decimal_from_u128(to, px18_to_raw(new->mid), 18);
		refuse(out, "%s: REFUSED (%s) would become %s, and it had no "
		    "price to compare that with: that needs a restart", name,
		    price_reason_name(refused->reason), to);
		return;
	}
	ppb = shadow_distance_ppb(&old, new);
	if (ppb > max_ppb)
		distance_refuse(out, name, &old, ", its last before it was "
		    "REFUSED,", new, ppb, max_ppb);
}

static void
unit_compare(struct reload_reasons *out, const char *name,
    const struct price *old, const struct board_last *last,
    const struct price *new, uint32_t max_ppb)
{
	uint32_t ppb = shadow_distance_ppb(old, new);

	if (old->status == PRICE_REFUSED)
		last_compare(out, name, old, last, new, max_ppb);
	else if (new->status == PRICE_REFUSED)
		refuse(out, "%s: %s would become REFUSED (%s)", name,
		    price_status_name(old->status),
		    price_reason_name(new->reason));
	else if (ppb > max_ppb)
		distance_refuse(out, name, old, "", new, ppb, max_ppb);
}

static void
units_compare(struct reload_reasons *out, const struct config *before,
    const struct config *after, const struct shadow_map *map,
    const struct board_head *head, const struct prices *old,
    const struct prices *new)
{
	for (size_t i = 1; i < after->prices.unit_count; i++) {
		const char *name = after->prices.unit[i].name;
		uint16_t was = shadow_unit_find(before, name);

		if (!unit_is_known(after, map, before, i))
			refuse(out, "%s: its price would rest on markets that "
			    "are not followed yet", name);
		else if (was == SHADOW_NONE)
			continue;
		else if (old->price[was].status != PRICE_REFUSED ||
		    new->price[i].status != PRICE_REFUSED)
			unit_compare(out, name, &old->price[was],
			    &head->unit_last[was], &new->price[i],
			    before->reload_differ_max_ppb);
		else if (!unit_is_old(after, i, map, before, was))
			refuse(out, "%s: REFUSED by both, so that nothing "
			    "says whether its new markets are right: that "
			    "needs a restart", name);
	}
}

void
reload_prices(struct reload_reasons *out, const struct config *before,
    const struct config *after, const struct board_head *head)
{
	struct prices *p = calloc(2, sizeof(*p));
	struct shadow_map *map = calloc(2, sizeof(*map));

	if (!p || !map) {
		refuse(out, "no memory to compare the prices");
	} else {
		shadow_map_make(&map[0], before, before);
		shadow_map_make(&map[1], before, after);
		prices_make(&p[0], before, &map[0], before, head);
		prices_make(&p[1], after, &map[1], before, head);
		units_compare(out, before, after, &map[1], head, &p[0],
		    &p[1]);
	}
	free(p);
	free(map);
}

/* ---- the whole ----------------------------------------------------------- */

static void
answer_lines(struct text *answer, const char *error, const char *lines)
{
	bool has_any = false;

	text_printf(answer, "{\"error\":\"%s\",\"reasons\":[", error);
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		text_put(answer, has_any ? "," : "");
		text_json_string(answer, lines, len);
		has_any = true;
		lines += len + (lines[len] == '\n');
	}
	text_put(answer, "]}\n");
}

static void
answer_reasons(struct text *answer, const struct reload_reasons *r)
{
	text_put(answer, "{\"error\":\"refused\",\"reasons\":[");
	for (size_t i = 0; i < r->count && i < RELOAD_REASONS_MAX; i++) {
		text_put(answer, i > 0 ? "," : "");
		text_json_string(answer, r->reason[i], strlen(r->reason[i]));
	}
	if (r->count > RELOAD_REASONS_MAX)
		text_printf(answer, ",\"and %zu more\"",
		    r->count - RELOAD_REASONS_MAX);
	text_put(answer, "]}\n");
}

/* Complaints of the readers go into the answer. */
static enum err
text_read(struct reload_text *out, struct text *answer, const char *path,
    uint64_t now_ms)
{
	char *said = NULL;
	size_t said_len = 0;
	unsigned errors = 0;
	FILE *complaints = open_memstream(&said, &said_len);
	enum err e = ERR_LIMIT;

	out->config = calloc(1, sizeof(*out->config));
	if (complaints && out->config)
		e = file_read_text(&out->text, &out->len, path,
		    CONFIG_TEXT_MAX, complaints);
	if (e == ERR_OK)
		e = config_read_at(out->config, now_ms, out->text, out->len,
		    path, complaints, &errors);
	if (complaints)
		fclose(complaints);
	if (e != ERR_OK) {
		if (said && said_len > COMPLAINTS_MAX)
			said[COMPLAINTS_MAX] = '\0';
		answer_lines(answer, "config", said ? said : "no memory");
	}
	free(said);
	return e;
}

void
reload_roles(struct reload_reasons *out, const struct config *before,
    const struct config *after)
{
	const struct {
		const char *name;
		bool was, is;
	} role[] = {
		{ "chain", config_uses_chain(before),
		    config_uses_chain(after) },
		{ "feeds", config_uses_feeds(before),
		    config_uses_feeds(after) },
		{ "surface", before->option_count > 0,
		    after->option_count > 0 },
	};

	for (size_t i = 0; i < ARRAY_COUNT(role); i++)
		if (role[i].was != role[i].is)
			refuse(out, "the %s process would %s: that takes a "
			    "restart", role[i].name, role[i].is ? "begin" :
			    "end");
}

static void
judge(struct reload_reasons *r, const struct reload_text *now,
    const struct reload_text *new, const struct board *board,
    uint64_t now_ms)
{
	struct board_head *head = malloc(sizeof(*head));

	reload_sections(r, now->text, now->len, new->text, new->len);
	if (r->count == 0 && new->config->venue_count == 0)
		refuse(r, "no venues to listen to");
	if (r->count == 0) {
		reload_roles(r, now->config, new->config);
		reload_units(r, now->config, new->config);
		reload_instruments(r, now->config, new->config);
	}
	if (!head || board_get_head(head, board) != ERR_OK ||
	    head->now_ms + RELOAD_SILENCE_MS < now_ms)
		refuse(r, "the engine is silent: there is nothing to compare "
		    "prices by");
	else if (r->count == 0)
		reload_prices(r, now->config, new->config, head);
	free(head);
}

enum err
reload_try(struct reload_text *out, struct text *answer,
    const struct reload_text *now, const char *path,
    const struct board *board, uint64_t now_ms)
{
	struct reload_text new = { 0 };
	struct reload_reasons *reasons = NULL;
	enum err e = text_read(&new, answer, path, now_ms);

	if (e == ERR_OK && new.len == now->len && memcmp(new.text, now->text,
	    new.len) == 0) {
		text_put(answer, "{\"reloaded\":false,\"reason\":"
		    "\"nothing differs\"}\n");
		e = ERR_STATE;
	}
	if (e == ERR_OK) {
		reasons = calloc(1, sizeof(*reasons));
		e = reasons ? ERR_OK : ERR_LIMIT;
	}
	if (e == ERR_OK) {
		judge(reasons, now, &new, board, now_ms);
		if (reasons->count > 0) {
			answer_reasons(answer, reasons);
			e = ERR_REFUSED;
		}
	}
	free(reasons);
	if (e != ERR_OK) {
		reload_free(&new);
		return e;
	}
	*out = new;
	return ERR_OK;
}
