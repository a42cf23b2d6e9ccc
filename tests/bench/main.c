/* tests/bench/main.c - `make bench`: every suite in order, those of
 * tests/bench/margin last; `bench NAME...` only the named ones.  Exit code 1
 * if a row falls short of its goal.
 *
 * The rows, ours against the reference:
 *	decimal	a price's text to fixed point; strtod
 *	growth	what stays the same while everything around it grows
 *	json	bid and ask out of a venue's ticker frame; jansson and strtod
 *	keccak	one hash of two words, and of 4 KiB; nettle
 *	merkle	a leaf, and a node of a tree of 1 M leaves; nettle's
 *		permutation.  The update of 1,000 of them; the build.  On each
 *		level of vectors
 *	reach	a tick from prices to valued vaults, 10 k to 10 M of them; a
 *		crash; memory
 *	sign	digest, signature, both forms on the wire; the library's sign
 *	ticks	a frame on loopback to a released attestation, through feeds,
 *		engine and signer; the sum of its parts, each alone
 *	wire	a request to another process and its answer, by ring; by socket
 * A line without a reference is a figure to read the row above it with. */
#include "base/types.h"
#include "tests/bench/margin/suites.h"

static const struct bench_suite SUITES[] = {
	{ "decimal", bench_decimal },
	{ "growth", bench_growth_suite },
	{ "json", bench_json },
	{ "keccak", bench_keccak },
	{ "merkle", bench_merkle },
	{ "reach", bench_reach },
	{ "sign", bench_sign },
	{ "ticks", bench_ticks },
	{ "wire", bench_wire },
};

int
main(int argc, char **argv)
{
	const struct bench_table tables[] = {
		{ SUITES, ARRAY_COUNT(SUITES) },
		bench_margin_table(),
	};

	return bench_main(tables, ARRAY_COUNT(tables), argc, argv);
}
