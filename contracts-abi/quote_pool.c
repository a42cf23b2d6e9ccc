/* The time-weighted price of a Uniswap v3 pool.
 *
 * The pool's history is asked for at the window's two ends; what lies between
 * must hold enough observations, and the history must reach the window's
 * beginning.  Where either fails there is no price: the tick of this moment is
 * read for its place in the history alone, and is never one. */
#include "contracts-abi/quote_pool.h"

#include "contracts-abi/tick_price.h"

/* Places in the second round. */
enum { CALL_DECIMALS_0, CALL_DECIMALS_1, CALL_NTH, CALL_OLDEST, CALL_FIRST };

struct observation {
	uint32_t time_s;	/* modulo 2^32, as the pool keeps it */
	bool is_initialized;
};

static void
observe_add(struct quote_work *w)
{
	uint8_t words[4 * ABI_WORD];
	struct abi_writer a;

	abi_write_open(&a, words, sizeof(words));
	abi_put_u64(&a, ABI_WORD);
	abi_put_u64(&a, 2);
	abi_put_u64(&a, w->source->window_s);
	abi_put_u64(&a, 0);
	quote_call_add(w, &w->source->contract, "observe(uint32[])", words,
	    sizeof(words));
}

static void
observation_add(struct quote_work *w, uint32_t index)
{
	uint8_t words[ABI_WORD];
	struct abi_writer a;

	abi_write_open(&a, words, sizeof(words));
	abi_put_u64(&a, index);
	quote_call_add(w, &w->source->contract, "observations(uint256)",
	    words, sizeof(words));
}

void
quote_pool_ask(struct quote_work *w)
{
	const struct addr *pool = &w->source->contract;
	uint32_t back = w->source->observations_min - 1;

	if (w->round == 0) {
		quote_call_add(w, pool, "slot0()", NULL, 0);
		observe_add(w);
		quote_call_add(w, pool, "token0()", NULL, 0);
		quote_call_add(w, pool, "token1()", NULL, 0);
		return;
	}
	quote_call_add(w, &w->token[0], "decimals()", NULL, 0);
	quote_call_add(w, &w->token[1], "decimals()", NULL, 0);
	observation_add(w, (w->index + w->cardinality - back) %
	    w->cardinality);
	observation_add(w, (w->index + 1) % w->cardinality);
	observation_add(w, 0);
}

static enum quote_refusal
slot0_read(struct quote_work *w)
{
	struct abi_reader r;
	enum quote_refusal q = quote_read_open(&r, w, 0);

	if (q != QUOTE_OK)
		return q;
	(void)abi_read_addr(&r);	/* sqrtPriceX96: not ours to use */
	(void)abi_read_int(&r, ERR_SYNTAX);	/* nor this tick */
	w->index = (uint32_t)abi_read_uint(&r, 16, ERR_SYNTAX);
	w->cardinality = (uint32_t)abi_read_uint(&r, 16, ERR_SYNTAX);
	(void)abi_read_uint(&r, 16, ERR_SYNTAX);	/* the next one */
	(void)abi_read_uint(&r, 32, ERR_SYNTAX);	/* fee; forks: 32 bits */
	(void)abi_read_uint(&r, 1, ERR_SYNTAX);		/* unlocked */
	if (abi_read_close(&r) != ERR_OK || w->index >= w->cardinality)
		return QUOTE_MALFORMED;
	return w->source->observations_min <= w->cardinality ? QUOTE_OK :
	    QUOTE_SAMPLES;
}

/* The mean tick of the window, rounded down as OracleLibrary's. */
static enum quote_refusal
observe_read(struct quote_work *w)
{
	i128 window = w->source->window_s, then, now, mean;
	struct abi_reader r;
	u128 first, second;
	size_t ticks, liquidity;
	enum quote_refusal q = quote_read_open(&r, w, 1);

	if (q != QUOTE_OK)
		return q;
	first = abi_read_uint(&r, 128, ERR_SYNTAX);
	second = abi_read_uint(&r, 128, ERR_SYNTAX);
	ticks = abi_read_count(&r, first, 2);
	then = abi_read_int(&r, ERR_SYNTAX);
	now = abi_read_int(&r, ERR_SYNTAX);
	liquidity = abi_read_count(&r, second, 2);
	(void)abi_read_addr(&r);
	(void)abi_read_addr(&r);
	if (abi_read_close(&r) != ERR_OK || ticks != 2 || liquidity != 2 ||
	    then != (int64_t)then || now != (int64_t)now)
		return QUOTE_MALFORMED;
	mean = (now - then) / window;
	if ((now - then) % window < 0)
		mean--;
	if (mean > TICK_MAX || mean < -TICK_MAX)
		return QUOTE_RANGE;
	w->mean_tick = (int)mean;
	return QUOTE_OK;
}

static enum quote_refusal
token_read(struct addr *out, const struct quote_work *w, size_t i)
{
	struct abi_reader r;
	enum quote_refusal q = quote_read_open(&r, w, i);

	if (q != QUOTE_OK)
		return q;
	*out = abi_read_addr(&r);
	return abi_read_close(&r) == ERR_OK ? QUOTE_OK : QUOTE_MALFORMED;
}

static enum quote_refusal
pool_begin(struct quote_work *w)
{
	enum quote_refusal q = slot0_read(w);

	if (q == QUOTE_OK)
		q = token_read(&w->token[0], w, 2);
	if (q == QUOTE_OK)
		q = token_read(&w->token[1], w, 3);
	/* A pool whose history is short refuses to look back; the second
	 * round can say so. */
	w->observed = observe_read(w);
	return q;
}

static enum quote_refusal
observation_read(struct observation *out, const struct quote_work *w, size_t i)
{
	struct abi_reader r;
	enum quote_refusal q = quote_read_open(&r, w, i);

	if (q != QUOTE_OK)
		return q;
	out->time_s = (uint32_t)abi_read_uint(&r, 32, ERR_SYNTAX);
	(void)abi_read_int(&r, ERR_SYNTAX);
	(void)abi_read_addr(&r);
	out->is_initialized = abi_read_uint(&r, 1, ERR_SYNTAX) == 1;
	return abi_read_close(&r) == ERR_OK ? QUOTE_OK : QUOTE_MALFORMED;
}

/* Whether the history is long and dense enough. */
static enum quote_refusal
history_check(const struct quote_work *w)
{
	uint32_t now_s = (uint32_t)w->block_s, window_s = w->source->window_s;
	struct observation nth, oldest;
	enum quote_refusal q = observation_read(&oldest, w, CALL_OLDEST);

	/* Until the ring has gone round, its first place is the oldest. */
	if (q == QUOTE_OK && !oldest.is_initialized)
		q = observation_read(&oldest, w, CALL_FIRST);
	if (q == QUOTE_OK)
		q = observation_read(&nth, w, CALL_NTH);
	if (q != QUOTE_OK)
		return q;
	if (!oldest.is_initialized || now_s - oldest.time_s < window_s)
		return QUOTE_WINDOW;
	if (!nth.is_initialized || now_s - nth.time_s > window_s)
		return QUOTE_SAMPLES;
	return w->observed;
}

enum quote_refusal
quote_pool_take(struct quote *out, struct quote_work *w)
{
	bool inverted = w->source->is_inverted;
	unsigned d0, d1;
	u128 value;
	enum quote_refusal q;
	enum err e;

	if (w->round == 1)
		return pool_begin(w);
	q = quote_read_decimals(&d0, w, CALL_DECIMALS_0);
	if (q == QUOTE_OK)
		q = quote_read_decimals(&d1, w, CALL_DECIMALS_1);
	if (q == QUOTE_OK)
		q = history_check(w);
	if (q != QUOTE_OK)
		return q;
	e = inverted ? tick_price(&value, -w->mean_tick, d1, d0) :
	    tick_price(&value, w->mean_tick, d0, d1);
	if (e != ERR_OK)
		return QUOTE_RANGE;
	*out = (struct quote){ value, w->block_s * 1000 };
	return QUOTE_OK;
}
