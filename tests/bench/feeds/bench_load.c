#include "tests/bench/feeds/suites.h"
void bench_feeds_load(void) { }
