/* tests/bench/bench.h - timing ours against a reference, in the same run.
 *
 * A row is printed as
 *	name  ours  reference  unit  ratio  goal  pass|short
 * where ratio = ours / reference and pass means ratio <= goal ("5x faster" is
 * goal 0.20).  The unit is that of both figures, ns, us or ms of one
 * operation, whichever shows them well.  Ours and the reference take turns,
 * round by round, and the median of the rounds counts: what disturbs the
 * machine disturbs both.
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
/* bench_row_of: of figures that are no times. */
void bench_row_of(const char *name, double ours, double reference,
    const char *unit, double goal);
/* bench_note prints a figure that has no reference; bench_figure one that is
 * no time. */
void bench_note(const char *name, double ours_ns);
void bench_figure(const char *name, double value, const char *unit);
/* bench_growth prints a point of a curve: what one operation takes where there
 * are n things.  Points of one name belong together. */
void bench_growth(const char *name, uint64_t n, double ours_ns);
/* bench_missing prints a row without figures, and why it has none. */
void bench_missing(const char *name, const char *why);

uint64_t bench_now_ns(void);
/* bench_keep makes the compiler believe that value is used. */
void bench_keep(uint64_t value);

struct bench_suite {
	const char *name;
	void (*run)(void);
};
struct bench_table {
	const struct bench_suite *suites;
	size_t count;
};
/* bench_main runs the suites that argv names, or all, and prints one table;
 * returns the exit code: 1 if a row falls short of its goal, 2 if argv names
 * what is none.  `--rows=FILE` writes the rows to a file as well, with tabs:
 *	suite  row|note|growth|missing  name  ours  reference  ratio  goal
 *	    result  unit
 * in nanoseconds unless the unit says otherwise; a growth point has its n in
 * the place of the reference, a missing row its reason as the result. */
int bench_main(const struct bench_table *tables, size_t count, int argc,
    char **argv);

/* bench_json_frame: the frame of a row of the suite `json`. */
const char *bench_json_frame(const char *row);

/* The suites, in the order of main.c's table. */
void bench_decimal(void);
void bench_growth_suite(void);
void bench_json(void);
void bench_keccak(void);
void bench_merkle(void);
void bench_reach(void);
void bench_sign(void);
void bench_ticks(void);
void bench_wire(void);

#endif
