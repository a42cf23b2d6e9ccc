/* tests/bench/harness.c - measuring and printing rows; the table. */
#include "tests/bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "base/types.h"

static unsigned rows_short;
static FILE *rows;		/* of --rows, or NULL */
static const char *suite_name;
static volatile uint64_t sink;

void
bench_keep(uint64_t value)
{
	sink = value;
}

uint64_t
bench_now_ns(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double
median_ns(uint64_t *rounds_ns, unsigned rounds, unsigned operations)
{
	qsort(rounds_ns, rounds, sizeof(*rounds_ns), compare_u64);
	return (double)rounds_ns[rounds / 2] / operations;
}

static uint64_t
round_ns(const struct bench_side *side)
{
	uint64_t began_ns = bench_now_ns();

	side->run(side->context);
	return bench_now_ns() - began_ns;
}

double
bench_median_ns(const struct bench_side *side, unsigned rounds)
{
	static uint64_t ns[BENCH_ROUNDS_MAX];

	MUST(rounds > 0 && rounds <= BENCH_ROUNDS_MAX);
	(void)round_ns(side);
	for (unsigned i = 0; i < rounds; i++)
		ns[i] = round_ns(side);
	return median_ns(ns, rounds, side->operations);
}

void
bench_compare(const char *name, const struct bench_side *ours,
    const struct bench_side *reference, unsigned rounds, double goal)
{
	static uint64_t ours_ns[BENCH_ROUNDS_MAX];
	static uint64_t reference_ns[BENCH_ROUNDS_MAX];

	MUST(rounds > 0 && rounds <= BENCH_ROUNDS_MAX);
	(void)round_ns(ours);
	(void)round_ns(reference);
	for (unsigned i = 0; i < rounds; i++) {
		ours_ns[i] = round_ns(ours);
		reference_ns[i] = round_ns(reference);
	}
	bench_row(name, median_ns(ours_ns, rounds, ours->operations),
	    median_ns(reference_ns, rounds, reference->operations), goal);
}

/* What the figures of a row are printed in. */
struct scale {
	const char *unit;
	double ns;
};

static struct scale
scale_of(double ns)
{
	if (ns < 10e3)
		return (struct scale){ "ns", 1 };
	if (ns < 10e6)
		return (struct scale){ "us", 1e3 };
	return (struct scale){ "ms", 1e6 };
}

/* row_keep writes a row for a program; an empty field where there is none. */
static void
row_keep(const char *kind, const char *name, const char *figures,
    const char *result, const char *unit)
{
	if (rows != NULL)
		MUST(fprintf(rows, "%s\t%s\t%s\t%s\t%s\t%s\n", suite_name,
		    kind, name, figures, result, unit) > 0);
}

static void
row_print(const char *name, double ours, double reference, double goal,
    const struct scale *s, const char *kept_unit)
{
	double ratio = ours / reference;
	bool passes = ratio <= goal;
	char figures[128];

	printf("  %-40s %10.1f %10.1f %-6s %7.3f %6.3f  %s\n", name,
	    ours / s->ns, reference / s->ns, s->unit, ratio, goal,
	    passes ? "pass" : "short");
	fflush(stdout);
	snprintf(figures, sizeof(figures), "%.2f\t%.2f\t%.4f\t%.4f", ours,
	    reference, ratio, goal);
	row_keep("row", name, figures, passes ? "pass" : "short", kept_unit);
	rows_short += !passes;
}

void
bench_row(const char *name, double ours_ns, double reference_ns, double goal)
{
	struct scale s = scale_of(ours_ns < reference_ns ? ours_ns :
	    reference_ns);

	row_print(name, ours_ns, reference_ns, goal, &s, "ns");
}

void
bench_row_of(const char *name, double ours, double reference,
    const char *unit, double goal)
{
	struct scale s = { unit, 1 };

	row_print(name, ours, reference, goal, &s, unit);
}

void
bench_note(const char *name, double ours_ns)
{
	struct scale s = scale_of(ours_ns);
	char figures[64];

	printf("  %-40s %10.1f %10s %s\n", name, ours_ns / s.ns, "", s.unit);
	fflush(stdout);
	snprintf(figures, sizeof(figures), "%.2f\t\t\t", ours_ns);
	row_keep("note", name, figures, "", "ns");
}

void
bench_figure(const char *name, double value, const char *unit)
{
	char figures[64];

	printf("  %-40s %10.1f %10s %s\n", name, value, "", unit);
	fflush(stdout);
	snprintf(figures, sizeof(figures), "%.2f\t\t\t", value);
	row_keep("note", name, figures, "", unit);
}

void
bench_growth(const char *name, uint64_t n, double ours_ns)
{
	struct scale s = scale_of(ours_ns);
	char line[64], figures[64];

	snprintf(line, sizeof(line), "%s, n = %llu", name,
	    (unsigned long long)n);
	printf("  %-40s %10.1f %10s %s\n", line, ours_ns / s.ns, "", s.unit);
	fflush(stdout);
	snprintf(figures, sizeof(figures), "%.2f\t%llu\t\t", ours_ns,
	    (unsigned long long)n);
	row_keep("growth", name, figures, "", "ns");
}

void
bench_missing(const char *name, const char *why)
{
	printf("  %-40s %s\n", name, why);
	fflush(stdout);
	row_keep("missing", name, "\t\t\t", why, "");
}

#define ROWS_OPTION "--rows="

/* Without a name, every suite is wanted. */
static bool
is_wanted(const char *name, int argc, char **argv)
{
	bool is_named = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
		is_named = is_named || argv[i][0] != '-';
	}
	return !is_named;
}

static bool
is_suite(const struct bench_table *tables, size_t count, const char *name)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (strcmp(tables[t].suites[i].name, name) == 0)
				return true;
	return false;
}

static bool
arguments_take(const struct bench_table *tables, size_t count, int argc,
    char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], ROWS_OPTION, strlen(ROWS_OPTION)) == 0) {
			rows = fopen(argv[i] + strlen(ROWS_OPTION), "we");
			if (rows != NULL)
				continue;
			perror(argv[i]);
			return false;
		}
		if (!is_suite(tables, count, argv[i])) {
			fprintf(stderr, "%s is no suite\n", argv[i]);
			return false;
		}
	}
	return true;
}

int
bench_main(const struct bench_table *tables, size_t count, int argc,
    char **argv)
{
	if (!arguments_take(tables, count, argc, argv))
		return 2;
	printf("%-42s %10s %10s %-6s %7s %6s\n", "row", "ours", "reference",
	    "unit", "ratio", "goal");
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct bench_suite *s = &tables[t].suites[i];

			if (!is_wanted(s->name, argc, argv))
				continue;
			suite_name = s->name;
			printf("%s\n", s->name);
			s->run();
		}
	if (rows_short > 0)
		printf("%u short of the goal\n", rows_short);
	if (rows != NULL)
		MUST(fclose(rows) == 0);
	return rows_short > 0;
}
