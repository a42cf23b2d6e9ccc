/* tests/bench/feeds/suites.h - the rows of `make bench-feeds`:
 *	tickers	each venue's ticker to a tick; jansson and strtod
 *	stream	frames a second from a socket to ticks, by one core
 *	price	a frame's last byte to the new price
 *	load	1,000 markets of 12 venues at 5,000 frames a second: memory, and
 *		the share of a core */
#ifndef TESTS_BENCH_FEEDS_SUITES_H
#define TESTS_BENCH_FEEDS_SUITES_H

#include "tests/bench/bench.h"

void bench_feeds_tickers(void);
void bench_feeds_stream(void);
void bench_feeds_price(void);
void bench_feeds_load(void);

#endif
