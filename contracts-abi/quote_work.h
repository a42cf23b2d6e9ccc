/* contracts-abi/quote_work.h - what a quote is and why there may be none; the
 * calls of a round and how their answers are read: what the readers of the
 * single interfaces share (quote_aggregator, quote_pool, quote_pyth,
 * quote_rate).  Pure.
 *
 * Units:  values have 18 decimals, quote units per whole base unit, rounded
 *         down; times are Unix milliseconds.
 * Owns:   nothing.  Limits: QUOTE_CALLS_MAX calls a round.
 */
#ifndef CONTRACTS_ABI_QUOTE_WORK_H
#define CONTRACTS_ABI_QUOTE_WORK_H

#include "base/fixed.h"
#include "base/types.h"
#include "contracts-abi/abi.h"

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

/* quote_call_add asks `to` for `signature` with `words` that follow the
 * selector. */
void quote_call_add(struct quote_work *w, const struct addr *to,
    const char *signature, const uint8_t *words, size_t words_len);
/* quote_read_open reads the i-th answer of the round.  QUOTE_REVERTED. */
MUST_CHECK enum quote_refusal quote_read_open(struct abi_reader *r,
    const struct quote_work *w, size_t i);
/* quote_read_decimals reads the i-th answer as decimals(). */
MUST_CHECK enum quote_refusal quote_read_decimals(unsigned *out,
    const struct quote_work *w, size_t i);
/* quote_scale: v of `decimals` with 18 of them, rounded down.  QUOTE_RANGE
 * where that is zero or does not fit. */
MUST_CHECK enum quote_refusal quote_scale(u128 *out, u128 v,
    unsigned decimals);

#endif
