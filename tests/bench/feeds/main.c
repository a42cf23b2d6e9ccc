/* `make bench-feeds`: from venues' frames to prices. */
#include "base/types.h"
#include "tests/bench/feeds/suites.h"

static const struct bench_suite SUITES[] = {
	{ "tickers", bench_feeds_tickers },
	{ "stream", bench_feeds_stream },
	{ "price", bench_feeds_price },
	{ "load", bench_feeds_load },
};

int
main(int argc, char **argv)
{
	const struct bench_table tables[] = {
		{ SUITES, ARRAY_COUNT(SUITES) },
	};

	return bench_main(tables, ARRAY_COUNT(tables), argc, argv);
}
