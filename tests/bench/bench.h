/* tests/bench/bench.h - timing ours against a reference, in the same run.
 *
 * A row is printed as
 *	name  ours_ns  reference_ns  ratio  goal  pass|short
 * where ratio = ours / reference and pass means ratio <= goal ("5x faster" is
 * goal 0.20).  Ours and the reference take turns, round by round, and the
 * median of the rounds counts: what disturbs the machine disturbs both.
 * A round should take 20 us or more, so that reading the clock is nothing.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS_MAX 1001u

/* One contender: run() does `operations` operations on context. */
struct bench_side {
	void (*run)(void *context);
	void *context;
	unsigned operations;
};

/* bench_median_ns: nanoseconds of one operation, the median of `rounds`
 * rounds after one unmeasured round. */
double bench_median_ns(const struct bench_side *side, unsigned rounds);

/* bench_compare measures both sides in turn and prints their row. */
void bench_compare(const char *name, const struct bench_side *ours,
    const struct bench_side *reference, unsigned rounds, double goal);

/* bench_row prints a row from figures measured elsewhere; main's exit code
 * says whether all rows passed. */
void bench_row(const char *name, double ours_ns, double reference_ns,
    double goal);
/* bench_note prints a figure that has no reference. */
void bench_note(const char *name, double ours_ns);

uint64_t bench_now_ns(void);
/* bench_keep makes the compiler believe that value is used. */
void bench_keep(uint64_t value);

struct bench_suite {
	const char *name;
	void (*run)(void);
};
/* bench_main runs the suites that argv names, or all; returns the exit code:
 * 1 if a row falls short of its goal. */
int bench_main(const struct bench_suite *suites, size_t count, int argc,
    char **argv);

/* The suites, in the order of main.c's table. */
void bench_decimal(void);
void bench_json(void);
void bench_keccak(void);
void bench_sign(void);
void bench_ticks(void);
void bench_wire(void);

#endif
