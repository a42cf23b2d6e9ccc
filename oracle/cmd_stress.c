/* oracle/cmd_stress.c - `margind stress`: what named shocks and a ladder of
 * price moves do to a book: who becomes liquidatable, how much debt is at
 * risk, how much of it would not be paid back, and how much more if markets
 * take only a share of their volume. */
#include "oracle/cmd.h"

#include "margin/aggregate_group.h"
#include "margin/stress.h"
#include "oracle/file.h"
#include "oracle/margin_json.h"
#include "oracle/margin_table.h"
#include "oracle/options.h"
#include "oracle/progress.h"
#include "oracle/shock_text.h"
#include "oracle/stress_chart.h"
#include "oracle/stress_depth.h"
#include "oracle/study_shock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (64u * 1024u)
#define CHART_MAX_BYTES (64u * 1024u)

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices, surfaces, returns" },
	{ "rules", "FILE", false, "parameters of the methods; else defaults" },
	{ "method", "NAME", false, "for all vaults, instead of each its own" },
	{ "factor", "NAME", false, "the ladder moves this factor alone" },
	{ "depth", "SHARE", false, "of a day's volume that the ladder can sell; "
	    "else " STRESS_DEPTH_DEFAULT },
	{ "json", NULL, false, "one JSON object a line instead of tables" },
	{ "chart", "FILE.svg", false, "the ladder as a picture" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "stress", .rows = ROWS, .operands = "[SHOCK...]",
	.operands_max = OPERANDS_MAX,
	.summary = "Prints what each shock does to the book, then a ladder of "
	    "price moves from\n-90 % to +100 %.  Without SHOCK: crash-50, "
	    "crash-30, rally-50, depeg-90, vol-x2,\ncorrelation-1, "
	    "oracle-delay, chain-halt, staked-discount.  Also price:ETH:-20%,"
	    "\nprice:all:x0.7, price:stables:-10%, vol:x2, delay:1h.\n"
	    "The ladder adds what is unsold where markets take only --depth "
	    "of a day's\nvolume, and the bad debt if that pays "
	    "nothing.",
};

struct run {
	struct study study;
	struct study_shock *shocked;
	const enum margin_method *method;
	struct margin_result *before;	/* by slot; STALE where none */
	struct progress bar;
	uint64_t done;
	bool has_factor;
	uint8_t factor;
	bool is_json;
	struct stress_chart chart;	/* of the ladder so far */
	struct stress_depth depth;
};

/* What the book comes to under one shock. */
struct outcome {
	struct stress_sum sum;
	struct stress_sum rest;	/* of vaults that the ladder by depth does not
				 * count */
};

/* result_of: what cannot be computed is STALE. */
static void
result_of(struct margin_result *out, const struct run *r,
    const struct snapshot *s, uint32_t slot)
{
	struct margin_row row;

	margin_row_in(&row, s, slot, study_method(&r->study, slot,
	    r->method));
	*out = row.result;
	if (!row.has_figures)
		out->state = STATE_STALE;
}

static bool
before_fill(struct run *r)
{
	uint32_t count = r->study.input->book.vault_count;

	r->before = calloc(count ? count : 1, sizeof(*r->before));
	if (!r->before) {
		fprintf(stderr, "margind stress: no memory\n");
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		result_of(&r->before[i], r, &r->study.snapshot, i);
		progress_step(&r->bar, ++r->done);
	}
	return true;
}

/* A child that shares is in its parent's figures. */
static bool
is_counted(const struct run *r, uint32_t slot)
{
	return !tree_is_shared(&r->study.input->book.vaults[slot]);
}

static enum err
shock_sum(struct run *r, const struct shock *k, struct outcome *out)
{
	uint32_t count = r->study.input->book.vault_count;
	struct stress_outcome o;
	enum err e = study_shock_do(r->shocked, &r->study, k);

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < count && e == ERR_OK; i++) {
		progress_step(&r->bar, ++r->done);
		if (!is_counted(r, i))
			continue;
		o.before = r->before[i];
		result_of(&o.after, r, &r->shocked->snapshot, i);
		e = stress_sum_add(&out->sum, &o);
		if (e == ERR_OK && !stress_depth_counts(&r->study, i,
		    study_method(&r->study, i, r->method)))
			e = stress_sum_add(&out->rest, &o);
	}
	return e;
}

static bool
text_emit(struct text *t)
{
	bool ok = !t->failed && fwrite(t->at, 1, t->len, stdout) == t->len;

	text_clear(t);
	return ok;
}

/* The system's ratio below the critical one (margin-model 1.9). */
static bool
is_recovery(const struct run *r, const struct stress_sum *s)
{
	return recovery_step(false, s->collateral_value, s->debt_value,
	    &r->study.rules.liquidation.recovery);
}

/* What a line of the ladder has besides; nothing where a vault did not fit. */
struct thin {
	bool has_figures;
	struct usd18 unsold, bad_debt;
};

static void
thin_print_json(struct text *t, const struct thin *n)
{
	if (!n->has_figures) {
		text_put(t, ",\"unsold\":null,\"bad_debt_limited\":null");
		return;
	}
	json_key_usd(t, "unsold", n->unsold);
	json_key_usd(t, "bad_debt_limited", n->bad_debt);
}

static bool
thin_print_row(const struct thin *n)
{
	char unsold[CELL] = "-", bad[CELL] = "-";

	if (n->has_figures) {
		cell_usd(unsold, n->unsold);
		cell_usd(bad, n->bad_debt);
	}
	return printf("  %20s  %20s", unsold, bad) > 0;
}

static bool
sum_print_row(const struct run *r, const char *name,
    const struct stress_sum *s, const struct thin *n)
{
	char risk[CELL], lack[CELL], bad[CELL];

	cell_usd(risk, s->debt_at_risk);
	cell_usd(lack, s->shortfall);
	cell_usd(bad, s->bad_debt);
	return printf("%-22s  %12u  %8u  %8u  %20s  %20s  %20s", name,
	    s->liquidatable, s->newly_liquidatable, s->stale, risk, lack,
	    bad) > 0 && (!n || thin_print_row(n)) &&
	    printf("%s\n", is_recovery(r, s) ? "  recovery" : "") > 0;
}

/* n: NULL beside the ladder. */
static bool
sum_print(const struct run *r, const char *name, const struct stress_sum *s,
    const struct thin *n)
{
	struct text t;
	bool ok;

	if (!r->is_json)
		return sum_print_row(r, name, s, n);
	text_init(&t, LINE_MAX_BYTES);
	text_printf(&t, "{\"%s\":{\"shock\":", n ? "ladder" : "stress");
	text_json_string(&t, name, strlen(name));
	text_printf(&t, ",\"vaults\":%u,\"liquidatable\":%u,"
	    "\"newly_liquidatable\":%u,\"stale\":%u", s->vaults,
	    s->liquidatable, s->newly_liquidatable, s->stale);
	json_key_usd(&t, "debt_at_risk", s->debt_at_risk);
	json_key_usd(&t, "shortfall", s->shortfall);
	json_key_usd(&t, "bad_debt", s->bad_debt);
	if (n)
		thin_print_json(&t, n);
	text_printf(&t, ",\"recovery\":%s}}\n", is_recovery(r, s) ? "true" :
	    "false");
	ok = text_emit(&t);
	text_free(&t);
	return ok;
}

static void
head_print(const struct run *r, const char *what, const char *more)
{
	if (!r->is_json)
		printf("%-22s  %12s  %8s  %8s  %20s  %20s  %20s%s\n", what,
		    "LIQUIDATABLE", "NEW", "STALE", "DEBT AT RISK",
		    "SHORTFALL", "BAD DEBT", more);
}

static bool
shock_run(struct run *r, const struct shock *k, struct outcome *out)
{
	enum err e = shock_sum(r, k, out);

	progress_end(&r->bar);
	if (e != ERR_OK)
		fprintf(stderr, "margind stress: the sums under %s leave "
		    "their type\n", k->name);
	return e == ERR_OK;
}

/* The built-in stories, or those that were asked for. */
static bool
shocks_run(struct run *r, const struct shock *asked, size_t count)
{
	const struct book *b = &r->study.input->book;
	struct outcome o;
	struct shock k;
	bool ok = true;

	head_print(r, "SHOCK", "");
	for (size_t i = 0; i < count && ok; i++)
		ok = shock_run(r, &asked[i], &o) &&
		    sum_print(r, asked[i].name, &o.sum, NULL);
	for (size_t i = 0; count == 0 && ok && shock_named(&k, i, b); i++)
		ok = shock_run(r, &k, &o) &&
		    sum_print(r, k.name, &o.sum, NULL);
	return ok;
}

static bool
thin_of(struct thin *out, const struct run *r, uint32_t line,
    const struct outcome *o)
{
	memset(out, 0, sizeof(*out));
	if (!r->depth.is_whole)
		return true;
	out->has_figures = true;
	out->unsold = r->depth.ladder.line[line].unsold;
	return stress_depth_bad_debt(&out->bad_debt, &r->depth, line,
	    o->rest.bad_debt) == ERR_OK;
}

static bool
ladder_step(struct run *r, uint32_t line)
{
	struct num18 move = r->depth.rules.shock[line];
	struct shock k = { .vol = num18_one(),
	    .scope = r->has_factor ? SHOCK_FACTOR : SHOCK_ALL,
	    .index = r->factor };
	struct outcome o;
	struct thin n;
	char digits[DECIMAL_BUF];

	if (num18_add(&k.price, num18_one(), move) != ERR_OK)
		return false;
	decimal_from_i128(digits, num18_to_raw(move), 16);
	snprintf(k.name, sizeof(k.name), "%.20s%%", digits);
	if (!shock_run(r, &k, &o))
		return false;
	if (!thin_of(&n, r, line, &o)) {
		fprintf(stderr, "margind stress: the sums under %s leave "
		    "their type\n", k.name);
		return false;
	}
	r->chart.point[r->chart.count++] = (struct stress_chart_point){ move,
	    o.sum.debt_at_risk, o.sum.bad_debt, o.sum.stale };
	return sum_print(r, k.name, &o.sum, &n);
}

static bool
ladder_run(struct run *r)
{
	char more[64];
	bool ok = true;

	stress_depth_fill(&r->depth, &r->study, r->method);
	if (!r->is_json)
		printf("\n");
	snprintf(more, sizeof(more), "  %20s  %20s", "UNSOLD",
	    "BAD DEBT, THIN");
	head_print(r, r->has_factor ?
	    r->study.input->names.factor[r->factor] : "EVERYTHING BUT STABLES",
	    more);
	for (uint32_t i = 0; i < r->depth.rules.shock_count && ok; i++)
		ok = ladder_step(r, i);
	return ok;
}

static bool
chart_save(struct run *r, const char *path)
{
	struct text t;
	bool ok;

	r->chart.book = r->study.input->book.name;
	r->chart.as_of_ms = r->study.market->market.as_of_ms;
	r->chart.vaults = r->study.input->book.vault_count;
	r->chart.factor = r->has_factor ?
	    r->study.input->names.factor[r->factor] : NULL;
	text_init(&t, CHART_MAX_BYTES);
	stress_chart(&t, &r->chart);
	ok = !t.failed && file_write_text(path, t.at, t.len, stderr) ==
	    ERR_OK;
	text_free(&t);
	return ok;
}

static bool
factor_read(struct run *r, const char *name)
{
	const struct bookfile_names *names = &r->study.input->names;

	if (!name)
		return true;
	r->has_factor = true;
	for (uint8_t f = 0; f < r->study.input->book.factor_count; f++)
		if (strcmp(names->factor[f], name) == 0) {
			r->factor = f;
			return true;
		}
	fprintf(stderr, "margind stress: no factor `%s` in the book\n", name);
	return false;
}

static int
stress(struct run *r, const struct options_given *given)
{
	struct shock asked[OPERANDS_MAX];
	const char *chart = options_get(&COMMAND, given, "chart");
	const char *share = options_get(&COMMAND, given, "depth");
	bool ok;

	if (stress_depth_rules(&r->depth, share, &r->study.input->book,
	    r->has_factor ? &r->factor : NULL) != ERR_OK) {
		fprintf(stderr, "margind stress: --depth `%s` is no share of a "
		    "day's volume\n", share ? share : STRESS_DEPTH_DEFAULT);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < given->operand_count; i++)
		if (shock_from_text(&asked[i], given->operand[i],
		    &r->study.input->book, &r->study.input->names) !=
		    ERR_OK) {
			fprintf(stderr, "margind stress: `%s` is no shock of "
			    "this book\n", given->operand[i]);
			return EXIT_USAGE;
		}
	if (study_shock_make(&r->shocked, &r->study) != ERR_OK)
		return EXIT_FAILED;
	progress_begin(&r->bar, "vaults", (uint64_t)
	    r->study.input->book.vault_count * (1 + r->depth.rules.shock_count +
	    (given->operand_count ? given->operand_count : 9)));
	ok = before_fill(r) && shocks_run(r, asked, given->operand_count) &&
	    ladder_run(r);
	progress_end(&r->bar);
	ok = ok && (!chart || chart_save(r, chart));
	return ok ? EXIT_OK : EXIT_FAILED;
}

int
cmd_stress(int argc, char **argv)
{
	static struct run run;
	struct options_given given;
	enum margin_method method;
	const char *name;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	name = options_get(&COMMAND, &given, "method");
	if (name && !study_method_named(COMMAND.name, name, &method))
		return EXIT_USAGE;
	run = (struct run){ .method = name ? &method : NULL,
		.is_json = options_get(&COMMAND, &given, "json") != NULL };
	code = EXIT_CONFIG;
	if (study_open(&run.study, options_get(&COMMAND, &given, "book"),
	    options_get(&COMMAND, &given, "market"), options_get(&COMMAND,
	    &given, "rules")) == ERR_OK)
		code = factor_read(&run, options_get(&COMMAND, &given,
		    "factor")) ? stress(&run, &given) : EXIT_USAGE;
	free(run.before);
	study_shock_free(run.shocked);
	study_close(&run.study);
	return code;
}
