/* tests/bench/margin/suites.h - the margin rows of `make bench`,
 * and those of `make bench-margin`:
 *	bands	ticks that pass few vaults, against the scan
 *	option	price, price with greeks, implied volatility; libm in double
 *	scenario	tables, and vaults against them
 *	live	a table and its vaults kept up with the market
 *	portfolio	vaults of positions that a tick names
 *	scan	exact ratios of a million vaults, and changes of them
 *	scan10m	the same of ten million
 *	var	value at risk and expected shortfall of 100,000 vaults */
#ifndef TESTS_BENCH_MARGIN_SUITES_H
#define TESTS_BENCH_MARGIN_SUITES_H

#include "tests/bench/bench.h"

void bench_bands(void);
void bench_live(void);
void bench_option(void);
void bench_portfolio(void);
void bench_scenario(void);
void bench_scan(void);
void bench_scan_ten_million(void);
void bench_var(void);

struct bench_table bench_margin_table(void);

#endif
