/* contracts-abi/quote.h - one price or rate of a contract: what is asked, in
 * which rounds, and what the answers say.
 *
 * Pure.  A quote is read at one block: quote_begin, then quote_ask and
 * quote_take in turn until quote_ask leaves no call (at most QUOTE_ROUNDS_MAX
 * times).  Decimals are asked for with every quote, so that a contract that
 * changes them changes the value in the same step.
 *
 * Units:  values have 18 decimals, quote units per whole base unit, rounded
 *         down; times are Unix milliseconds.
 * Owns:   nothing.  Limits: QUOTE_CALLS_MAX calls a round.
 * Source: AggregatorV3Interface, and aggregator(), minAnswer() and maxAnswer()
 *         of the proxy and what stands behind it (Chainlink); IPyth and PythStructs (Pyth);
 *         IUniswapV3PoolState, Oracle.sol and OracleLibrary.sol (Uniswap v3);
 *         ERC-4626; WstETH.sol (Lido), RocketTokenRETH.sol (Rocket Pool),
 *         StakedTokenV1.sol (Coinbase).
 */
#ifndef CONTRACTS_ABI_QUOTE_H
#define CONTRACTS_ABI_QUOTE_H

#include "base/fixed.h"
#include "base/types.h"

#define QUOTE_CALLS_MAX 5u
#define QUOTE_ROUNDS_MAX 2u
#define QUOTE_DATA_MAX 132u	/* observe([window, 0]) */
#define QUOTE_ANSWER_MAX 256u	/* eight words */

enum quote_kind {
	QUOTE_NONE = 0,
	QUOTE_AGGREGATOR,	/* price: latestRoundData */
	QUOTE_PYTH,		/* price: getPriceUnsafe */
	QUOTE_POOL,		/* price: mean of a pool's ticks */
	QUOTE_ERC4626,		/* rates: convertToAssets, */
	QUOTE_WSTETH,		/* stEthPerToken, */
	QUOTE_RETH,		/* getExchangeRate, */
	QUOTE_CBETH,		/* exchangeRate */
};

struct quote_source {
	enum quote_kind kind;
	bool has_contract;	/* a Pyth feed without one is streamed */
	struct addr contract;
	/* QUOTE_PYTH */
	struct b32 feed;
	struct ppb confidence_max;	/* a wider interval has no vote */
	/* QUOTE_POOL */
	uint32_t window_s;		/* at least 1 */
	uint32_t observations_min;	/* within the window; 1 to 65535 */
	bool is_inverted;	/* token1 in token0, not token0 in token1 */
};

/* Why there is no price now.  QUOTE_OK is none of them. */
enum quote_refusal {
	QUOTE_OK = 0,
	QUOTE_REVERTED,		/* the contract refuses the call */
	QUOTE_MALFORMED,	/* the answer is not of the interface */
	QUOTE_NOT_POSITIVE,	/* an answer of zero or below */
	QUOTE_OLD_ROUND,	/* answeredInRound is before roundId */
	QUOTE_BOUND,		/* at the least or the most it may ever say */
	QUOTE_UNTIMED,		/* never updated */
	QUOTE_FUTURE,		/* updated after the block that says so */
	QUOTE_UNSURE,		/* its confidence interval is too wide */
	QUOTE_EXPONENT,		/* above zero or below -18 */
	QUOTE_DECIMALS,		/* more than DECIMALS_MAX */
	QUOTE_WINDOW,		/* the pool remembers less than the window */
	QUOTE_SAMPLES,		/* too few observations in the window */
	QUOTE_RANGE,		/* zero, or too large, with 18 decimals */
};
/* A few static words for a person, never NULL. */
const char *quote_refusal_name(enum quote_refusal r);

struct quote {
	u128 value;
	uint64_t time_ms;	/* the answer's own; of a pool or a rate, the
				 * block's */
};

struct quote_call {
	struct addr to;
	uint8_t data[QUOTE_DATA_MAX];
	size_t data_len;
	/* Filled in between quote_ask and quote_take. */
	bool was_answered;	/* false: the contract reverted */
	uint8_t answer[QUOTE_ANSWER_MAX];
	size_t answer_len;
};

struct quote_work {
	const struct quote_source *source;
	uint64_t block_s;	/* of the block that is read, Unix seconds */
	unsigned round;
	size_t call_count;
	struct quote_call call[QUOTE_CALLS_MAX];
	/* What the first round leaves for the second. */
	struct addr token[2];
	unsigned decimals;
	int mean_tick;
	enum quote_refusal observed;
	uint32_t index, cardinality;
	i128 answer;
	struct quote held;
};

/* quote_begin starts a quote of `source`, which is kept by reference and has
 * a contract (MUST). */
void quote_begin(struct quote_work *w, const struct quote_source *source,
    uint64_t block_s);
/* quote_ask fills w->call for the next round; w->call_count is 0 where the
 * quote is complete. */
void quote_ask(struct quote_work *w);
/* quote_take reads the round's answers.  *out is written by the last round, on
 * QUOTE_OK only; any refusal ends the quote. */
MUST_CHECK enum quote_refusal quote_take(struct quote *out,
    struct quote_work *w);

/* A Pyth price as a contract or a stream tells it: price and conf in units of
 * 10^expo. */
struct quote_pyth {
	i128 price;		/* within int64 */
	u128 conf;		/* within uint64 */
	int32_t expo;
	uint64_t publish_s;
};
MUST_CHECK enum quote_refusal quote_from_pyth(struct quote *out,
    const struct quote_pyth *p, struct ppb confidence_max);

#endif
