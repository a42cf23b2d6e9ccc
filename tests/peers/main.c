/* tests/peers/main.c - `make bench-peers`: ours against programs that do the
 * same, in the same run.
 *
 *	quantlib	option prices, greeks and implied volatilities
 *	recorded	recorded frames of exchanges; jansson, which only parses
 *	json		ticker frames, bid and ask; jansson
 *	keccak		one hash, and of 4 KiB; nettle
 *	ethers		typed data signed, a hash
 *	ccxt		a ticker frame parsed
 */
#include "base/types.h"
#include "tests/bench/bench.h"
#include "tests/peers/peers.h"

static const struct bench_suite SUITES[] = {
	{ "quantlib", peers_quantlib },
	{ "recorded", peers_recorded },
	{ "json", bench_json },
	{ "keccak", bench_keccak },
	{ "ethers", peers_ethers },
	{ "ccxt", peers_ccxt },
};

int
main(int argc, char **argv)
{
	const struct bench_table table = { SUITES, ARRAY_COUNT(SUITES) };
	int code;

	node_start();
	code = bench_main(&table, 1, argc, argv);
	node_stop();
	return code;
}
