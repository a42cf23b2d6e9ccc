/* oracle/cmd_stress.c - `margind stress`: what named shocks and a ladder of
 * price moves do to a book: who becomes liquidatable, how much debt is at
 * risk, how much of it would not be paid back. */
#include "oracle/cmd.h"

#include "margin/aggregate_group.h"
#include "margin/aggregate_ladder.h"
#include "margin/stress.h"
#include "oracle/file.h"
#include "oracle/margin_json.h"
#include "oracle/margin_table.h"
#include "oracle/options.h"
#include "oracle/progress.h"
#include "oracle/shock_text.h"
#include "oracle/stress_chart.h"
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
	    "\nprice:all:x0.7, price:stables:-10%, vol:x2, delay:1h.",
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
shock_sum(struct run *r, const struct shock *k, struct stress_sum *sum)
{
	uint32_t count = r->study.input->book.vault_count;
	struct stress_outcome o;
	enum err e = study_shock_do(r->shocked, &r->study, k);

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < count && e == ERR_OK; i++) {
		progress_step(&r->bar, ++r->done);
		if (!is_counted(r, i))
			continue;
		o.before = r->before[i];
		result_of(&o.after, r, &r->shocked->snapshot, i);
		e = stress_sum_add(sum, &o);
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

static bool
sum_print(const struct run *r, const char *kind, const char *name,
    const struct stress_sum *s)
{
	char risk[CELL], lack[CELL], bad[CELL];
	struct text t;
	bool ok;

	if (!r->is_json) {
		cell_usd(risk, s->debt_at_risk);
		cell_usd(lack, s->shortfall);
		cell_usd(bad, s->bad_debt);
		return printf("%-22s  %12u  %8u  %8u  %20s  %20s  %20s%s\n",
		    name, s->liquidatable, s->newly_liquidatable, s->stale,
		    risk, lack, bad, is_recovery(r, s) ? "  recovery" :
		    "") > 0;
	}
	text_init(&t, LINE_MAX_BYTES);
	text_printf(&t, "{\"%s\":{\"shock\":", kind);
	text_json_string(&t, name, strlen(name));
	text_printf(&t, ",\"vaults\":%u,\"liquidatable\":%u,"
	    "\"newly_liquidatable\":%u,\"stale\":%u", s->vaults,
	    s->liquidatable, s->newly_liquidatable, s->stale);
	json_key_usd(&t, "debt_at_risk", s->debt_at_risk);
	json_key_usd(&t, "shortfall", s->shortfall);
	json_key_usd(&t, "bad_debt", s->bad_debt);
	text_printf(&t, ",\"recovery\":%s}}\n", is_recovery(r, s) ? "true" :
	    "false");
	ok = text_emit(&t);
	text_free(&t);
	return ok;
}

static void
head_print(const struct run *r, const char *what)
{
	if (!r->is_json)
		printf("%-22s  %12s  %8s  %8s  %20s  %20s  %20s\n", what,
		    "LIQUIDATABLE", "NEW", "STALE", "DEBT AT RISK",
		    "SHORTFALL", "BAD DEBT");
}

static bool
shock_run(struct run *r, const char *kind, const struct shock *k,
    struct stress_sum *sum)
{
	enum err e = shock_sum(r, k, sum);

	if (e != ERR_OK) {
		progress_end(&r->bar);
		fprintf(stderr, "margind stress: the sums under %s leave "
		    "their type\n", k->name);
		return false;
	}
	progress_end(&r->bar);
	return sum_print(r, kind, k->name, sum);
}

/* The built-in stories, or those that were asked for. */
static bool
shocks_run(struct run *r, const struct shock *asked, size_t count)
{
	const struct book *b = &r->study.input->book;
	struct stress_sum sum;
	struct shock k;
	bool ok = true;

	head_print(r, "SHOCK");
	for (size_t i = 0; i < count && ok; i++)
		ok = shock_run(r, "stress", &asked[i], &sum);
	for (size_t i = 0; count == 0 && ok && shock_named(&k, i, b); i++)
		ok = shock_run(r, "stress", &k, &sum);
	return ok;
}

static bool
ladder_run(struct run *r)
{
	struct ladder_rules rules;
	struct stress_sum sum;
	char digits[DECIMAL_BUF];
	bool ok = true;

	ladder_rules_default(&rules);
	if (!r->is_json)
		printf("\n");
	head_print(r, r->has_factor ?
	    r->study.input->names.factor[r->factor] : "EVERYTHING BUT STABLES");
	for (uint32_t i = 0; i < rules.shock_count && ok; i++) {
		struct shock k = { .vol = num18_one(),
		    .scope = r->has_factor ? SHOCK_FACTOR : SHOCK_ALL,
		    .index = r->factor };

		if (num18_add(&k.price, num18_one(), rules.shock[i]) !=
		    ERR_OK)
			return false;
		decimal_from_i128(digits, num18_to_raw(rules.shock[i]), 16);
		snprintf(k.name, sizeof(k.name), "%.20s%%", digits);
		ok = shock_run(r, "ladder", &k, &sum);
		if (ok)
			r->chart.point[r->chart.count++] =
			    (struct stress_chart_point){ rules.shock[i],
			    sum.debt_at_risk, sum.bad_debt, sum.stale };
	}
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
	struct ladder_rules rules;
	bool ok;

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
	ladder_rules_default(&rules);
	progress_begin(&r->bar, "vaults", (uint64_t)
	    r->study.input->book.vault_count * (1 + rules.shock_count +
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
