/* The margin library, one core, ours against the reference in the same run. */
#include "tests/bench/margin/suites.h"

#include "base/types.h"

#pragma weak bench_bands
#pragma weak bench_live
#pragma weak bench_option
#pragma weak bench_portfolio
#pragma weak bench_scenario
#pragma weak bench_scan
#pragma weak bench_scan_ten_million
#pragma weak bench_var
static const struct bench_suite SUITES[] = {
	{ "bands", bench_bands },
	{ "option", bench_option },
	{ "scenario", bench_scenario },
	{ "live", bench_live },
	{ "portfolio", bench_portfolio },
	{ "scan", bench_scan },
	{ "scan10m", bench_scan_ten_million },
	{ "var", bench_var },
};

struct bench_table
bench_margin_table(void)
{
	return (struct bench_table){ SUITES, ARRAY_COUNT(SUITES) };
}
