#include "tests/bench/feeds/suites.h"
void bench_feeds_price(void) { }
