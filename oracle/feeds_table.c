#include "oracle/feeds_table.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define CELL 32u
#define LINE 128u

struct table {
	FILE *out;
	uint64_t now_ms;
	bool is_coloured;
};

/* What came over a wire is no terminal's command. */
static const char *
clean(char out[LINE], const char *s)
{
	size_t n = 0;

	for (; s && *s != '\0' && n + 1 < LINE; s++)
		out[n++] = *s < ' ' || *s == 0x7f ? '?' : *s;
	out[n] = '\0';
	return out;
}

static const char *
word(char out[LINE], const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return clean(out, s ? s : "-");
}

static json_int_t
whole(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *
colour(const struct table *t, const char *code)
{
	return t->is_coloured ? code : "";
}

static void
duration(char out[CELL], uint64_t ms)
{
	if (ms < 60000)
		snprintf(out, CELL, "%" PRIu64 ".%" PRIu64 " s", ms / 1000,
		    ms / 100 % 10);
	else
		snprintf(out, CELL, "%" PRIu64 " min", ms / 60000);
}

static void
milliseconds(char out[CELL], const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (json_is_integer(v) && json_integer_value(v) >= 0)
		duration(out, (uint64_t)json_integer_value(v));
	else
		snprintf(out, CELL, "-");
}

/* At most ten digits behind the point: for eyes. */
static const char *
price(char out[LINE], const json_t *o, const char *key)
{
	char *point;

	(void)word(out, o, key);
	point = strchr(out, '.');
	if (point && strlen(point) > 11)
		point[11] = '\0';
	return out;
}

static void
market_print(const struct table *t, const json_t *m)
{
	char venue[LINE], market[LINE], mid[LINE], vote[LINE], age[CELL],
	    skew[CELL];
	bool counts;

	milliseconds(age, m, "age_ms");
	milliseconds(skew, m, "skew_ms");
	counts = strcmp(word(vote, m, "vote"), "counted") == 0;
	fprintf(t->out, "%-14s %-20s %18s %8s %8s %6" JSON_INTEGER_FORMAT
	    "  %s%s%s\n", word(venue, m, "venue"), word(market, m, "market"),
	    price(mid, m, "mid"), age, skew, whole(m, "weight"),
	    colour(t, counts ? "\033[32m" : "\033[33m"), vote,
	    colour(t, "\033[0m"));
}

/* "syntax 3, range 1"; "0" where nothing was rejected. */
static void
rejects(char out[LINE], const json_t *venue)
{
	const json_t *o = json_object_get(venue, "rejected"), *v;
	const char *key;
	char name[LINE];
	size_t len = 0;

	snprintf(out, LINE, "0");
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if (json_integer_value(v) == 0 || len + 1 >= LINE)
			continue;
		len += (size_t)snprintf(out + len, LINE - len,
		    "%s%s %" JSON_INTEGER_FORMAT, len > 0 ? ", " : "",
		    clean(name, key), json_integer_value(v));
	}
}

static void
venue_print(const struct table *t, const json_t *v)
{
	char name[LINE], why[LINE], no[LINE], last[CELL] = "-", open[CELL];
	json_int_t at = whole(v, "last_frame");
	bool up = json_is_true(json_object_get(v, "connected"));

	if (json_is_null(json_object_get(v, "seen"))) {
		fprintf(t->out, "%-14s nothing was said of it yet\n",
		    word(name, v, "venue"));
		return;
	}
	if (at > 0)
		duration(last, t->now_ms > (uint64_t)at ?
		    t->now_ms - (uint64_t)at : 0);
	rejects(no, v);
	snprintf(open, sizeof(open), "%" JSON_INTEGER_FORMAT "/%"
	    JSON_INTEGER_FORMAT, whole(v, "open"), whole(v, "connections"));
	fprintf(t->out, "%-14s %s%5s%s %8s %10" JSON_INTEGER_FORMAT " %8"
	    JSON_INTEGER_FORMAT " %5" JSON_INTEGER_FORMAT " %6"
	    JSON_INTEGER_FORMAT " %10" JSON_INTEGER_FORMAT "  %s%s%s\n",
	    word(name, v, "venue"), colour(t, up ? "\033[32m" : "\033[31m"),
	    open, colour(t, "\033[0m"), last, whole(v, "ticks"),
	    whole(v, "unknown"), whole(v, "gaps"), whole(v, "stalls"),
	    whole(v, "reconnects"), no, up ? "" : "  ",
	    up ? "" : word(why, v, "why"));
}

static void
both_print(const struct table *t, const json_t *markets,
    const json_t *venues)
{
	const json_t *row;
	size_t i;

	fprintf(t->out, "%-14s %-20s %18s %8s %8s %6s  %s\n", "venue",
	    "market", "usd", "age", "skew", "weight", "vote");
	json_array_foreach((json_t *)(uintptr_t)markets, i, row)
		market_print(t, row);
	fprintf(t->out, "\n%-14s %5s %8s %10s %8s %5s %6s %10s  %s\n",
	    "venue", "open", "frame", "ticks", "unknown", "gaps", "stalls",
	    "reconnects", "rejected");
	json_array_foreach((json_t *)(uintptr_t)venues, i, row)
		venue_print(t, row);
}

enum err
feeds_table_print(FILE *out, const char *text, size_t len, uint64_t now_ms,
    bool is_coloured)
{
	struct table t = { out, now_ms, is_coloured };
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *markets = json_object_get(root, "markets");
	const json_t *venues = json_object_get(root, "venues");
	bool is_whole = json_is_array(markets) && json_is_array(venues);

	if (is_whole)
		both_print(&t, markets, venues);
	json_decref(root);
	return is_whole ? ERR_OK : ERR_SYNTAX;
}
