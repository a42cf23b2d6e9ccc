/* tests/bench/harness.c - measuring and printing rows; the suites' main. */
#include "tests/bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "base/types.h"

static unsigned rows_short;
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

void
bench_row(const char *name, double ours_ns, double reference_ns, double goal)
{
	double ratio = ours_ns / reference_ns;
	bool passes = ratio <= goal;

	printf("%-28s %10.1f %10.1f %7.3f %6.2f  %s\n", name, ours_ns,
	    reference_ns, ratio, goal, passes ? "pass" : "short");
	fflush(stdout);
	rows_short += !passes;
}

void
bench_note(const char *name, double ours_ns)
{
	printf("%-28s %10.1f\n", name, ours_ns);
	fflush(stdout);
}

static bool
is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int
bench_main(const struct bench_suite *suites, size_t count, int argc,
    char **argv)
{
	printf("%-28s %10s %10s %7s %6s\n", "row", "ours_ns", "ref_ns",
	    "ratio", "goal");
	for (size_t i = 0; i < count; i++)
		if (is_wanted(suites[i].name, argc, argv))
			suites[i].run();
	if (rows_short > 0)
		printf("%u short of the goal\n", rows_short);
	return rows_short > 0;
}
