/* tests/bench/main.c - runs the suites in order; `bench NAME...` only the
 * named ones.  Exit code 1 if a row falls short of its goal.
 *
 * The rows, ours against the reference:
 *	decimal	a price's text to fixed point; strtod
 *	json	bid and ask out of a venue's ticker frame; jansson and strtod
 *	keccak	one hash of two words, and of 4 KiB; nettle
 *	sign	digest, signature, both forms on the wire; the library's sign
 *	ticks	a frame on loopback to a released attestation, through feeds,
 *		engine and signer; the sum of its parts, each alone
 *	wire	a request to another process and its answer, by ring; by socket
 * A line without a reference is a figure to read the row above it with. */
#include "tests/bench/bench.h"

#include "base/types.h"

static const struct bench_suite SUITES[] = {
	{ "decimal", bench_decimal },
	{ "json", bench_json },
	{ "keccak", bench_keccak },
	{ "sign", bench_sign },
	{ "ticks", bench_ticks },
	{ "wire", bench_wire },
};

int
main(int argc, char **argv)
{
	return bench_main(SUITES, ARRAY_COUNT(SUITES), argc, argv);
}
