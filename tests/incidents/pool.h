/* tests/incidents/pool.h - a Uniswap v3 pool as its oracle sees it: trades that
 * move its tick, a ring of observations, the answers to what is asked of it.
 *
 * Units: Unix seconds; prices token1 per token0, whole units of 18 decimals.
 * Source: Oracle.sol of Uniswap v3 core.
 */
#ifndef TESTS_INCIDENTS_POOL_H
#define TESTS_INCIDENTS_POOL_H

#include "contracts-abi/quote.h"

#define POOL_RING 64u

struct pool {
	int tick;			/* of this moment: the spot price */
	uint32_t index, cardinality;
	struct {
		uint32_t time_s;
		int64_t cumulative;
		bool is_initialized;
	} ring[POOL_RING];
};

/* pool_begin: a pool that is born with room for so many observations. */
void pool_begin(struct pool *p, uint32_t cardinality, uint64_t now_s,
    double price);
/* pool_grow: room for more, used from the next observation on. */
void pool_grow(struct pool *p, uint32_t cardinality);
/* pool_trade ends with the spot at price.  The first trade of a second notes
 * what was until then; a block's others note nothing. */
void pool_trade(struct pool *p, uint64_t now_s, double price);
double pool_spot(const struct pool *p);
/* pool_quote asks as the chain process does, at a block of that second. */
enum quote_refusal pool_quote(double *price, const struct pool *p,
    const struct quote_source *source, uint64_t now_s);

#endif
