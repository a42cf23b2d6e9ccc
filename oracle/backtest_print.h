/* oracle/backtest_print.h - a backtest's results as JSON lines, as a table for
 * a terminal, and as a table in Markdown. */
#ifndef ORACLE_BACKTEST_PRINT_H
#define ORACLE_BACKTEST_PRINT_H

#include "oracle/backtest_run.h"
#include "oracle/text.h"

#define BACKTEST_PRINTS_MAX 8u	/* bad prints that are named */

struct backtest_result {
	const char *name;		/* of the series */
	const struct history_series *history;
	const struct backtest_options *options;
	const struct backtest_series *series;
	struct backtest_summary side[BACKTEST_SIDES];
	uint32_t bad_prints, gaps, repeated;
	uint32_t bad_print[BACKTEST_PRINTS_MAX];	/* rows */
};

const char *backtest_method_name(enum backtest_method m);
/* joint: of the source and of the stress window; else the source's name. */
const char *backtest_source_name(const struct var_rules *r);
/* One object for each side, one a line. */
void backtest_print_json(struct text *t, const struct backtest_result *r);
void backtest_print_table(struct text *t, const struct backtest_result *r);
/* A section; chart (may be NULL) is the path of its picture. */
void backtest_print_markdown(struct text *t, const struct backtest_result *r,
    const char *chart);
/* "es at 99 %, 500 returns (joint), margin period 1": for titles. */
void backtest_print_terms(struct text *t, const struct backtest_result *r);

#endif
