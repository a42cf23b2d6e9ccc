/* Price histories from CSV: shapes, refusals with their place, gzip, and what
 * is odd in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "oracle/backtest_chart.h"
#include "oracle/backtest_run.h"
#include "tests/margin_world.h"

static struct history_csv h;
static struct history_csv_error error;

static enum err
parse(const char *text)
{
	error = (struct history_csv_error){ 0 };
	return history_csv_parse(&h, &error, text, strlen(text));
}

static void
history_csv_parse__reads_close(void **state)
{
	(void)state;
	assert_int_equal(parse("ts,open,close\r\n1583712000,9,203.14\r\n"
	    "\n1583715600,9,2e-05\n1583715601,,0.0000000000000000019"),
	    ERR_OK);
	assert_int_equal(h.series_count, 1);
	assert_string_equal(h.series[0].name, "");
	assert_int_equal(h.series[0].count, 3);
	assert_true(h.series[0].ms[0] == 1583712000000);
	assert_string_equal(px_text(h.series[0].price[0]), "203.14");
	assert_string_equal(px_text(h.series[0].price[1]), "0.00002");
	assert_string_equal(px_text(h.series[0].price[2]),
	    "0.000000000000000001");
	history_csv_free(&h);
}

static void
history_csv_parse__reads_a_column_a_series(void **state)
{
	(void)state;
	assert_int_equal(parse("timestamp,date,BTC,ETH\n"
	    "1800000000000,x,1,\n1800000000001,,,2\n"
	    "2027-01-15T08:00:01Z,,3,4\n"), ERR_OK);
	assert_int_equal(h.series_count, 2);
	assert_string_equal(h.series[1].name, "ETH");
	assert_int_equal(h.series[0].count, 2);
	assert_int_equal(h.series[1].count, 2);
	assert_true(h.series[0].ms[1] == 1800000001000);
	assert_true(h.series[1].ms[0] == 1800000000001);
	history_csv_free(&h);
}

static void
history_csv_parse__drops_repeated_rows(void **state)
{
	(void)state;
	assert_int_equal(parse("ts,close\n1,5\n1,6\n2,7\n"), ERR_OK);
	assert_int_equal(h.repeated, 1);
	assert_int_equal(h.series[0].count, 2);
	assert_string_equal(px_text(h.series[0].price[0]), "5");
	history_csv_free(&h);
}

static void
history_csv_parse__refuses_with_the_place(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		uint32_t line, column;
	} rows[] = {
		{ "", ERR_MISSING, 0, 1 },
		{ "open,close\n1,2\n", ERR_MISSING, 1, 1 },
		{ "ts\n1\n", ERR_MISSING, 1, 1 },
		{ "ts,A,A\n", ERR_DUPLICATE, 1, 3 },
		{ "ts,A B\n", ERR_SYNTAX, 1, 2 },
		{ "ts,close\n1,2\n2\n", ERR_SYNTAX, 3, 1 },
		{ "ts,close\n1,2,3\n", ERR_SYNTAX, 2, 3 },
		{ "ts,close\n2,2\n1,2\n", ERR_RANGE, 3, 1 },
		{ "ts,close\nx,2\n", ERR_SYNTAX, 2, 1 },
		{ "close,ts\n2,-1\n", ERR_SYNTAX, 2, 2 },
		{ "ts,close\n1,0\n", ERR_SYNTAX, 2, 2 },
		{ "ts,close\n1,-1\n", ERR_SYNTAX, 2, 2 },
		{ "ts,close\n1,nan\n", ERR_SYNTAX, 2, 2 },
		{ "ts,close\n1,1e40\n", ERR_SYNTAX, 2, 2 },
		{ "ts,A23456789012345678901234567890123\n", ERR_LIMIT, 1, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(parse(rows[i].text), rows[i].e);
		assert_int_equal(error.line, rows[i].line);
		assert_int_equal(error.column, rows[i].column);
		assert_non_null(error.what);
		assert_int_equal(h.series_count, 0);
	}
}

static void
history_csv_parse__has_limits(void **state)
{
	char *text = calloc(1, 4096);

	(void)state;
	assert_non_null(text);
	strcpy(text, "ts");
	for (unsigned i = 0; i < HISTORY_CSV_SERIES_MAX; i++)
		snprintf(text + strlen(text), 16, ",c%u", i);
	assert_int_equal(parse(text), ERR_OK);
	assert_int_equal(h.series_count, HISTORY_CSV_SERIES_MAX);
	history_csv_free(&h);
	strcat(text, ",one");
	assert_int_equal(parse(text), ERR_LIMIT);
	for (unsigned i = 0; i < 8; i++)
		strcat(text, ",x");
	assert_int_equal(parse(text), ERR_LIMIT);
	free(text);
}

static void
history_csv_read__reads_gzip_and_refuses_half_of_it(void **state)
{
	char path[] = "/tmp/margind-history-XXXXXX";
	int fd = mkstemp(path);
	FILE *quiet = fopen("/dev/null", "w");
	gzFile file;

	(void)state;
	assert_true(fd >= 0 && quiet);
	file = gzdopen(dup(fd), "wb");
	for (int i = 1; i < 20000; i++)
		gzprintf(file, i == 1 ? "ts,close\n" : "%d,%d\n", i, i * 7919);
	assert_int_equal(gzclose(file), Z_OK);
	assert_int_equal(history_csv_read(&h, path, quiet), ERR_OK);
	assert_int_equal(h.series[0].count, 19998);
	history_csv_free(&h);
	assert_int_equal(ftruncate(fd, 20000), 0);
	assert_int_equal(history_csv_read(&h, path, quiet), ERR_IO);
	assert_int_equal(history_csv_read(&h, "/none", quiet), ERR_IO);
	fclose(quiet);
	close(fd);
	unlink(path);
}

/* ---- what is odd --------------------------------------------------------- */

static void
backtest_bad_prints__are_away_and_back(void **state)
{
	uint32_t index[1] = { 77 };

	(void)state;
	/* A print of 1, a fall that stays, a print at the end. */
	assert_int_equal(parse("ts,close\n1,100\n2,1\n3,101\n4,50\n5,50\n"
	    "6,76\n7,50\n9,1\n"), ERR_OK);
	assert_int_equal(backtest_bad_prints(index, 1, &h.series[0]), 2);
	assert_int_equal(index[0], 1);
	assert_int_equal(backtest_gaps(&h.series[0]), 1);
	history_csv_free(&h);
	/* Two thirds and three halves are no bad prints. */
	assert_int_equal(parse("ts,close\n1,90\n2,60\n3,90\n4,135\n5,90\n"),
	    ERR_OK);
	assert_int_equal(backtest_bad_prints(index, 1, &h.series[0]), 0);
	history_csv_free(&h);
}

static void
backtest_run__counts_losses_above_a_fixed_margin(void **state)
{
	struct backtest_options o = { .method = BACKTEST_STANDARD,
	    .window = 500, .fraction = usd("0.1") };
	struct backtest_summary sum;
	struct backtest_series s;
	struct progress p;

	(void)state;
	var_rules_default(&o.var);
	o.var.sample.mpor = 2;
	buffer_rules_default(&o.buffer);
	/* 100 to 90: exactly the margin; 90 to 80.9: more; 80.9 to 90 costs
	 * the short side more. */
	assert_int_equal(parse("ts,close\n1,100\n2,7\n3,90\n4,7\n5,80.9\n"
	    "6,7\n7,90\n8,1\n"), ERR_OK);
	assert_int_equal(backtest_rows_min(&o), 3);
	assert_int_equal(backtest_run(&s, &h.series[0], &o, &p), ERR_OK);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.review_count, 0);
	assert_string_equal(usd_text(s.side[BACKTEST_LONG].loss[0]), "0.1");
	assert_int_equal(s.side[BACKTEST_LONG].hit[0], 0);
	assert_int_equal(s.side[BACKTEST_LONG].hit[1], 1);
	assert_int_equal(s.side[BACKTEST_SHORT].hit[2], 1);
	assert_int_equal(backtest_summarise(&sum, &s, BACKTEST_LONG, &o),
	    ERR_OK);
	assert_int_equal(sum.exceptions, 1);
	assert_int_equal(sum.exceptions_buffered, 0);
	assert_false(sum.has_z2);
	assert_true(num18_to_raw(sum.expected) == 30000000000000000);
	backtest_series_free(&s);
	h.series[0].count = 2;
	assert_int_equal(backtest_run(&s, &h.series[0], &o, &p), ERR_MISSING);
	history_csv_free(&h);
}

static void
backtest_chart__draws_one_point_and_escapes(void **state)
{
	uint64_t ms = 1800000000000;
	struct usd18 loss = usd("0.2"), margin = usd("0.1");
	uint8_t hit = 1;
	struct backtest_chart c = { .title = "<a & b>", .subtitle = "", .count = 1,
	    .ms = &ms, .loss = &loss, .below = { &margin, &margin, &hit },
	    .above = { &margin, &margin, &hit } };
	struct text t;

	(void)state;
	text_init(&t, 65536);
	backtest_chart(&t, &c);
	assert_false(t.failed);
	assert_non_null(strstr(t.at, "&lt;a &amp; b&gt;"));
	assert_non_null(strstr(t.at, "<circle"));
	assert_null(strstr(t.at, "nan"));
	assert_null(strstr(t.at, "inf"));
	text_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_csv_parse__reads_close),
		cmocka_unit_test(history_csv_parse__reads_a_column_a_series),
		cmocka_unit_test(history_csv_parse__drops_repeated_rows),
		cmocka_unit_test(history_csv_parse__refuses_with_the_place),
		cmocka_unit_test(history_csv_parse__has_limits),
		cmocka_unit_test(
		    history_csv_read__reads_gzip_and_refuses_half_of_it),
		cmocka_unit_test(backtest_bad_prints__are_away_and_back),
		cmocka_unit_test(
		    backtest_run__counts_losses_above_a_fixed_margin),
		cmocka_unit_test(backtest_chart__draws_one_point_and_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
