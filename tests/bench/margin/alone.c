/* `make bench-margin`: the margin suites linked with the pure floors alone. */
#include "base/types.h"
#include "tests/bench/margin/suites.h"

int
main(int argc, char **argv)
{
	const struct bench_table tables[] = { bench_margin_table() };

	return bench_main(tables, ARRAY_COUNT(tables), argc, argv);
}
