/* oracle/cmd_backtest.c - `margind backtest`: a margin rolled over price
 * histories, against what was lost after it. */
#include "oracle/cmd.h"

#include "base/decimal.h"
#include "oracle/backtest_chart.h"
#include "oracle/backtest_print.h"
#include "oracle/file.h"
#include "oracle/input.h"
#include "oracle/options.h"
#include "oracle/suggest.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 64u
#define LIST_BYTES 16384u
#define NAME_BYTES 256u
#define TEXT_BYTES_MAX (64u * 1024u * 1024u)
#define WINDOW_DEFAULT 500u

static const struct option_row ROWS[] = {
	{ "prices", "FILE,…", true, "CSV with a header: ts and close, or ts "
	  "and one column a series; .gz too" },
	{ "column", "NAME", false, "only this series" },
	{ "rules", "FILE", false, "its method (var or es), var and buffer; the "
	  "options below stand over it; else defaults" },
	{ "method", "NAME", false, "var (the default), es, or standard" },
	{ "source", "NAME", false, "of var and es: joint (the default: 0.75 "
	  "filtered + 0.25 stressed, or as the rules say), filtered, "
	  "historical" },
	{ "fraction", "X", false, "of standard; default 0.1" },
	{ "alpha", "X", false, "of var, and the coverage tested; default "
	  "0.99" },
	{ "window", "N", false, "returns that each margin sees; default 500" },
	{ "mpor", "N", false, "rows in a margin period of risk; default 1" },
	{ "approve-loosening", NULL, false, "as if a human lowered the "
	  "multiplier to one, and the alarm was off, after two green windows" },
	{ "json", NULL, false, "one JSON object for each series and side" },
	{ "chart", "FILE.svg", false, "a picture; of several series one each, "
	  "FILE-NAME.svg" },
	{ "report", "FILE.md", false, "the tables in Markdown, with the "
	  "pictures" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "backtest", .rows = ROWS,
	.summary = "Asks at each moment of a price history what margin one USD "
	    "long and short would\nneed, and counts how often the loss over "
	    "the margin period exceeds it: coverage\n(Kupiec), independence "
	    "(Christoffersen), Basel's zones, expected shortfall\n(Acerbi and "
	    "Szekely), procyclicality with and without the buffer.  After "
	    "each 250\nobservations the multiplier of the margin is reviewed: "
	    "it goes up by itself\n(yellow, red), down only by a human after "
	    "two green windows.  Margin periods do\nnot overlap.  Bad prints "
	    "are kept, and named.",
};

struct run {
	struct backtest_options options;
	const char *column, *chart, *report;
	bool is_json, is_only;		/* one series in all */
	struct text text, markdown, svg;
	uint32_t done;
};

static int
usage(const char *what)
{
	fprintf(stderr, "margind backtest: %s; see margind backtest --help\n",
	    what);
	return EXIT_USAGE;
}

/* ---- options ------------------------------------------------------------ */

static bool
choose(unsigned *out, const char *option, const char *given,
    const char *const *names, unsigned count)
{
	struct suggest nearest = { 0 };

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(given, names[i]) == 0) {
			*out = i;
			return true;
		}
		suggest_offer(&nearest, given, strlen(given), names[i]);
	}
	fprintf(stderr, "margind backtest: --%s: no `%s`", option, given);
	if (nearest.best)
		fprintf(stderr, " (did you mean `%s`?)", nearest.best);
	fprintf(stderr, "; see margind backtest --help\n");
	return false;
}

/* A source alone is all of the margin. */
static void
source_alone(struct var_rules *r, enum var_source s)
{
	r->source = s;
	r->weight = ppb_one();
	r->weight_stressed = ppb_from_raw(0);
}

static bool
names_read(struct backtest_options *o, struct rules *rules,
    const struct options_given *g)
{
	static const char *const methods[] = { "var", "es", "standard" };
	static const char *const sources[] = { "joint", "filtered",
	    "historical" };
	const char *method = options_get(&COMMAND, g, "method");
	const char *source = options_get(&COMMAND, g, "source");
	unsigned m = rules->has_method && rules->method == METHOD_ES ?
	    BACKTEST_ES : BACKTEST_VAR, s = 0;

	if (method && !choose(&m, "method", method, methods, 3))
		return false;
	if (source && !choose(&s, "source", source, sources, 3))
		return false;
	o->method = (enum backtest_method)m;
	if (s > 0)
		source_alone(&rules->var, s == 1 ? VAR_FILTERED :
		    VAR_HISTORICAL);
	return true;
}

static bool
number_read(u128 *out, const struct options_given *g, const char *name,
    unsigned decimals)
{
	const char *text = options_get(&COMMAND, g, name);

	return !text || decimal_to_u128(out, text, strlen(text), decimals) ==
	    ERR_OK;
}

/* What the rules say, unless an option does. */
static int
numbers_read(struct backtest_options *o, struct rules *rules,
    const struct options_given *g)
{
	struct var_rules *v = &rules->var;
	u128 alpha = ppb_to_raw(v->alpha), fraction = WAD_ONE_RAW / 10;
	uint64_t window = WINDOW_DEFAULT, mpor = v->sample.mpor;

	if (!number_read(&alpha, g, "alpha", 9) || alpha == 0 ||
	    alpha >= PPB_ONE_RAW)
		return usage("--alpha: between 0 and 1, at most 9 decimals");
	if (!number_read(&fraction, g, "fraction", 18) ||
	    fraction > 100 * WAD_ONE_RAW)
		return usage("--fraction: a number from 0 to 100");
	if (options_get(&COMMAND, g, "window") &&
	    !options_u64(&COMMAND, g, "window", &window))
		return EXIT_USAGE;
	if (options_get(&COMMAND, g, "mpor") &&
	    !options_u64(&COMMAND, g, "mpor", &mpor))
		return EXIT_USAGE;
	if (mpor == 0 || mpor > SAMPLE_SCENARIOS_MAX / 2)
		return usage("--mpor: 1 to 2048 rows");
	if (window > SAMPLE_SCENARIOS_MAX ||
	    window < v->scenarios_min + mpor - 1)
		return usage("--window: at least scenarios_min of the rules "
		    "(200) + mpor - 1 returns, at most 4096");
	v->alpha = ppb_from_raw((uint32_t)alpha);
	v->sample.mpor = (uint32_t)mpor;
	o->fraction = usd18_from_raw((i128)fraction);
	o->window = (uint32_t)window;
	return EXIT_OK;
}

static int
run_options(struct run *r, const struct options_given *g)
{
	struct backtest_options *o = &r->options;
	struct rules rules;
	int code;

	if (input_rules_read(&rules, options_get(&COMMAND, g, "rules")) !=
	    ERR_OK)
		return EXIT_CONFIG;
	if (!names_read(o, &rules, g))
		return EXIT_USAGE;
	code = numbers_read(o, &rules, g);
	if (code != EXIT_OK)
		return code;
	rules_seal(&rules);
	o->var = rules.var;
	o->buffer = rules.buffer;
	o->rules_hash = rules.hash;
	o->is_loosening_approved = options_get(&COMMAND, g,
	    "approve-loosening") != NULL;
	r->column = options_get(&COMMAND, g, "column");
	r->chart = options_get(&COMMAND, g, "chart");
	r->report = options_get(&COMMAND, g, "report");
	r->is_json = options_get(&COMMAND, g, "json") != NULL;
	return EXIT_OK;
}

/* ---- one series --------------------------------------------------------- */

static bool
text_save(const struct text *t, const char *path)
{
	if (!t->failed)
		return file_write_text(path, t->at, t->len, stderr) == ERR_OK;
	fprintf(stderr, "%s: too long\n", path);
	return false;
}

/* FILE.svg, or FILE-NAME.svg where there are several; what no file name
 * should have becomes an underscore. */
static void
chart_path(char out[2 * NAME_BYTES], const struct run *r, const char *name)
{
	size_t len = strlen(r->chart);
	size_t stem = len > 4 && strcmp(r->chart + len - 4, ".svg") == 0 ?
	    len - 4 : len;
	char *at;

	if (r->is_only) {
		snprintf(out, 2 * NAME_BYTES, "%s", r->chart);
		return;
	}
	snprintf(out, 2 * NAME_BYTES, "%.*s-%s%s", (int)stem, r->chart, name,
	    r->chart + stem);
	for (at = out + stem; *at; at++)
		if (*at == '/' || *at == ' ')
			*at = '_';
}

static bool
chart_save(struct run *r, const struct backtest_result *b, const char *path)
{
	const struct backtest_series *s = b->series;
	struct backtest_chart c = { .title = b->name, .count = s->count,
	    .ms = s->ms,
	    .loss = s->side[BACKTEST_LONG].loss,
	    .below = { s->side[BACKTEST_LONG].margin,
		s->side[BACKTEST_LONG].buffered, s->side[BACKTEST_LONG].hit },
	    .above = { s->side[BACKTEST_SHORT].margin,
		s->side[BACKTEST_SHORT].buffered,
		s->side[BACKTEST_SHORT].hit } };
	struct text terms;
	bool ok;

	text_init(&terms, 1024);
	backtest_print_terms(&terms, b);
	text_printf(&terms, "; exceptions: %u long, %u short of %u",
	    b->side[BACKTEST_LONG].exceptions,
	    b->side[BACKTEST_SHORT].exceptions, s->count);
	c.subtitle = terms.at ? terms.at : "";
	text_clear(&r->svg);
	backtest_chart(&r->svg, &c);
	ok = text_save(&r->svg, path);
	text_free(&terms);
	return ok;
}

static int
result_print(struct run *r, const struct backtest_result *b)
{
	char path[2 * NAME_BYTES];

	text_clear(&r->text);
	if (r->is_json)
		backtest_print_json(&r->text, b);
	else
		backtest_print_table(&r->text, b);
	if (r->text.failed || fwrite(r->text.at, 1, r->text.len, stdout) !=
	    r->text.len)
		return EXIT_FAILED;
	if (r->chart) {
		chart_path(path, r, b->name);
		if (!chart_save(r, b, path))
			return EXIT_FAILED;
	}
	if (r->report)
		backtest_print_markdown(&r->markdown, b, r->chart ? path :
		    NULL);
	return EXIT_OK;
}

static const char *
reason(enum err e)
{
	if (e == ERR_MISSING)
		return "too few rows for the window and one margin period";
	if (e == ERR_QUORUM || e == ERR_REFUSED)
		return "the window has too few scenarios for its tail";
	return e == ERR_LIMIT ? "no memory, or too many rows" :
	    "its numbers leave their type";
}

static int
series_run(struct run *r, const char *name, const struct history_series *h,
    uint32_t repeated)
{
	struct backtest_result b = { .name = name, .history = h,
	    .options = &r->options, .repeated = repeated };
	struct backtest_series s;
	struct progress progress;
	int code = EXIT_FAILED;
	enum err e = backtest_run(&s, h, &r->options, &progress);

	if (e != ERR_OK) {
		fprintf(stderr, "margind backtest: %s: %s (%u rows, needs "
		    "%u)\n", name, reason(e), h->count,
		    backtest_rows_min(&r->options));
		return EXIT_FAILED;
	}
	b.series = &s;
	b.bad_prints = backtest_bad_prints(b.bad_print, BACKTEST_PRINTS_MAX,
	    h);
	b.gaps = backtest_gaps(h);
	for (int i = 0; i < BACKTEST_SIDES && e == ERR_OK; i++)
		e = backtest_summarise(&b.side[i], &s, (enum backtest_end)i,
		    &r->options);
	if (e == ERR_OK)
		code = result_print(r, &b);
	else
		fprintf(stderr, "margind backtest: %s: %s\n", name,
		    reason(e));
	backtest_series_free(&s);
	r->done++;
	return code;
}

/* ---- the files ---------------------------------------------------------- */

/* A file's name without folders and endings, and the series'. */
static void
series_name(char out[NAME_BYTES], const char *path, const char *series)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strlen(base);
	if (len > 3 && strcmp(base + len - 3, ".gz") == 0)
		len -= 3;
	if (len > 4 && memcmp(base + len - 4, ".csv", 4) == 0)
		len -= 4;
	snprintf(out, NAME_BYTES, "%.*s%s%s", (int)(len < 128 ? len : 128),
	    base, series[0] ? " " : "", series);
}

static int
file_run(struct run *r, const char *path, bool is_alone)
{
	struct history_csv h;
	int code = EXIT_OK;

	if (history_csv_read(&h, path, stderr) != ERR_OK)
		return EXIT_FAILED;
	r->is_only = is_alone && (h.series_count == 1 || r->column);
	for (uint32_t i = 0; i < h.series_count; i++) {
		const struct history_series *s = &h.series[i];
		char name[NAME_BYTES];
		int one;

		if (r->column && strcmp(r->column, s->name) != 0)
			continue;
		series_name(name, path, s->name);
		one = series_run(r, name, s, h.repeated);
		code = one != EXIT_OK ? one : code;
	}
	history_csv_free(&h);
	return code;
}

static int
files_run(struct run *r, const char *list)
{
	static char copy[LIST_BYTES];
	const char *path[FILES_MAX];
	size_t count = 0;
	int code = EXIT_OK;

	if (strlen(list) >= sizeof(copy))
		return usage("--prices: the list is too long");
	memcpy(copy, list, strlen(list) + 1);
	for (char *at = copy; at;) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma = '\0';
		if (*at == '\0' || count == FILES_MAX)
			return usage("--prices: 1 to 64 files with commas "
			    "between");
		path[count++] = at;
		at = comma ? comma + 1 : NULL;
	}
	for (size_t i = 0; i < count; i++) {
		int one = file_run(r, path[i], count == 1);

		code = one != EXIT_OK ? one : code;
	}
	if (r->done == 0 && code == EXIT_OK) {
		fprintf(stderr, "margind backtest: no series `%s`\n",
		    r->column);
		code = EXIT_FAILED;
	}
	return code;
}

int
cmd_backtest(int argc, char **argv)
{
	struct options_given given;
	struct run r = { 0 };
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	code = run_options(&r, &given);
	if (code != EXIT_OK)
		return code;
	text_init(&r.text, TEXT_BYTES_MAX);
	text_init(&r.markdown, TEXT_BYTES_MAX);
	text_init(&r.svg, TEXT_BYTES_MAX);
	text_put(&r.markdown, "# Backtest\n\n");
	code = files_run(&r, options_get(&COMMAND, &given, "prices"));
	if (r.report && r.done > 0 && !text_save(&r.markdown, r.report))
		code = EXIT_FAILED;
	text_free(&r.text);
	text_free(&r.markdown);
	text_free(&r.svg);
	return code;
}
