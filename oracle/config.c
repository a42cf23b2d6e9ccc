/* What is asked of a config that was read (config_read.c). */
#include "oracle/config.h"

#include "oracle/bookfile.h"
#include "oracle/schema.h"
#include "oracle/suggest.h"

#include <stdlib.h>
#include <string.h>

/* ---- lookup ------------------------------------------------------------- */

static int
market_compare(const struct config_market *m, size_t venue,
    const char *symbol)
{
	if (m->venue != venue)
		return m->venue < venue ? -1 : 1;
	return strcmp(m->symbol, symbol);
}

static int
order_compare(const void *a, const void *b, void *arg)
{
	const struct config *c = arg;
	const struct config_market *n = &c->market[*(const uint16_t *)b];

	return market_compare(&c->market[*(const uint16_t *)a], n->venue,
	    n->symbol);
}

void
config_sort_markets(struct config *c)
{
	for (size_t i = 0; i < c->prices.market_count; i++)
		c->market_order[i] = (uint16_t)i;
	qsort_r(c->market_order, c->prices.market_count,
	    sizeof(c->market_order[0]), order_compare, c);
}

bool
config_market_find(uint16_t *out, const struct config *c, size_t venue,
    const char *symbol)
{
	size_t low = 0, high = c->prices.market_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint16_t m = c->market_order[middle];
		int order = market_compare(&c->market[m], venue, symbol);

		if (order == 0) {
			*out = m;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* ---- the book ----------------------------------------------------------- */

static enum err
assets_bind(struct config *c, const struct book *b,
    const struct bookfile_names *names, const char *book_file, FILE *errors)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < b->asset_count; i++) {
		struct suggest nearest = { 0 };
		char hint[SCHEMA_HINT_BUF];
		size_t u = PRICES_UNIT_USD + 1;

		/* USD itself is no asset's price: nobody measured it. */
		while (u < c->prices.unit_count &&
		    strcmp(c->prices.unit[u].name, names->price[i]) != 0)
			suggest_offer(&nearest, names->price[i],
			    strlen(names->price[i]),
			    c->prices.unit[u++].name);
		if (u < c->prices.unit_count) {
			c->asset_unit[i] = (uint16_t)u;
			continue;
		}
		fprintf(errors, "%s: asset %s: its price `%s` is none of the "
		    "config's units%s\n", book_file, b->assets[i].name,
		    names->price[i], schema_hint(hint, nearest.best));
		e = ERR_UNKNOWN;
	}
	return e;
}

static bool
instrument_find(uint16_t *out, struct suggest *nearest, const struct book *b,
    const char *id)
{
	for (uint32_t i = 0; i < b->instrument_count; i++) {
		if (strcmp(b->instruments[i].name, id) == 0) {
			*out = (uint16_t)i;
			return true;
		}
		suggest_offer(nearest, id, strlen(id), b->instruments[i].name);
	}
	return false;
}

/* An option's is its volatility. */
static bool
has_mark(const struct instrument *i)
{
	return i->kind == INSTRUMENT_PERP || i->kind == INSTRUMENT_FUTURE;
}

static enum err
instruments_bind(struct config *c, const struct book *b,
    const char *book_file, FILE *errors)
{
	size_t bound = 0;

	for (size_t i = 0; i < c->instrument_count; i++) {
		struct config_instrument *k = &c->instrument[i];
		struct suggest nearest = { 0 };
		char hint[SCHEMA_HINT_BUF];

		if (!instrument_find(&k->instrument, &nearest, b, k->id))
			fprintf(errors, "%s: no instrument `%s`, which %s "
			    "tells of as %s%s\n", book_file, k->id,
			    c->venue[k->venue].name, k->symbol,
			    schema_hint(hint, nearest.best));
		else if (!has_mark(&b->instruments[k->instrument]))
			fprintf(errors, "%s: instrument `%s` is no perpetual "
			    "and no future: it has no mark\n", book_file,
			    k->id);
		else
			bound++;
	}
	return bound == c->instrument_count ? ERR_OK : ERR_UNKNOWN;
}

enum err
config_bind_book(struct config *c, const struct book *b,
    const struct bookfile_names *names, const char *book_file, FILE *errors)
{
	enum err e = assets_bind(c, b, names, book_file, errors);
	enum err k = instruments_bind(c, b, book_file, errors);

	return e != ERR_OK ? e : k;
}

enum err
config_require_run(const struct config *c, const char *file, FILE *errors)
{
	const struct {
		bool is_there;
		const char *what;
	} needs[] = {
		{ c->book_file[0] != '\0', "book" },
		{ c->venue_count > 0, "venues" },
		{ c->has_signer, "signer" },
		{ c->journal_dir[0] != '\0', "journal" },
		{ c->api_host[0] != '\0', "api" },
		{ c->control_socket[0] != '\0', "control" },
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < ARRAY_COUNT(needs); i++) {
		if (needs[i].is_there)
			continue;
		fprintf(errors, "%s: `margind run` needs the section `%s`\n",
		    file, needs[i].what);
		e = ERR_MISSING;
	}
	return e;
}

enum err
config_path_from(char out[CONFIG_PATH_MAX], const char *config_file,
    const char *path)
{
	const char *slash = strrchr(config_file, '/');
	size_t folder = path[0] == '/' || !slash ? 0 :
	    (size_t)(slash - config_file) + 1;
	size_t len = strlen(path);

	if (len >= CONFIG_PATH_MAX || folder >= CONFIG_PATH_MAX - len)
		return ERR_LIMIT;
	memcpy(out, config_file, folder);
	memcpy(out + folder, path, len + 1);
	return ERR_OK;
}
