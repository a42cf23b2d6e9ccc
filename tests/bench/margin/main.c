/* tests/bench/margin/main.c - `make bench-margin`: the margin library, one
 * core, integers, ours against the reference in the same run. */
#include "tests/bench/margin/suites.h"

#include "base/types.h"

#pragma weak bench_live
#pragma weak bench_option
#pragma weak bench_scenario
#pragma weak bench_scan
#pragma weak bench_var
static const struct bench_suite SUITES[] = {
	{ "option", bench_option },
	{ "scenario", bench_scenario },
	{ "live", bench_live },
	{ "scan", bench_scan },
	{ "var", bench_var },
};

int
main(int argc, char **argv)
{
	return bench_main(SUITES, ARRAY_COUNT(SUITES), argc, argv);
}
