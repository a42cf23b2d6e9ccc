#include "tests/incidents/pool.h"

#include <math.h>
#include <string.h>

#include "base/must.h"
#include "contracts-abi/abi.h"
#include "contracts-abi/clearing.h"

void
pool_begin(struct pool *p, uint32_t cardinality, uint64_t now_s, double price)
{
	MUST(cardinality >= 1 && cardinality <= POOL_RING);
	memset(p, 0, sizeof(*p));
	p->tick = (int)lround(log(price) / log(1.0001));
	p->cardinality = cardinality;
	p->ring[0].time_s = (uint32_t)now_s;
	p->ring[0].is_initialized = true;
}

void
pool_grow(struct pool *p, uint32_t cardinality)
{
	MUST(cardinality >= p->cardinality && cardinality <= POOL_RING);
	p->cardinality = cardinality;
}

void
pool_trade(struct pool *p, uint64_t now_s, double price)
{
	uint32_t last = p->index, past = (uint32_t)now_s -
	    p->ring[last].time_s;

	if (past > 0) {
		p->index = (last + 1) % p->cardinality;
		p->ring[p->index].cumulative = p->ring[last].cumulative +
		    (int64_t)p->tick * past;
		p->ring[p->index].time_s = (uint32_t)now_s;
		p->ring[p->index].is_initialized = true;
	}
	p->tick = (int)lround(log(price) / log(1.0001));
}

double
pool_spot(const struct pool *p)
{
	return pow(1.0001, p->tick);
}

/* The sum of ticks until then: false where the ring does not reach so far. */
static bool
cumulative_at(int64_t *out, const struct pool *p, uint32_t time_s)
{
	uint32_t i = p->index, later = p->index;

	for (uint32_t n = 0; n < p->cardinality; n++) {
		int64_t rate = p->tick;

		if (!p->ring[i].is_initialized)
			return false;
		if (p->ring[i].time_s <= time_s) {
			if (n > 0)
				rate = (p->ring[later].cumulative -
				    p->ring[i].cumulative) /
				    (p->ring[later].time_s -
				    p->ring[i].time_s);
			*out = p->ring[i].cumulative + rate *
			    (time_s - p->ring[i].time_s);
			return true;
		}
		later = i;
		i = (i + p->cardinality - 1) % p->cardinality;
	}
	return false;
}

static void
answer(struct quote_call *c, const i128 *words, size_t count)
{
	struct abi_writer w;

	abi_write_open(&w, c->answer, sizeof(c->answer));
	for (size_t i = 0; i < count; i++)
		abi_put_i128(&w, words[i]);
	c->answer_len = w.len;
	c->was_answered = true;
}

static void
observe_answer(struct quote_call *c, const struct pool *p, uint32_t now_s)
{
	struct abi_reader r;
	int64_t then, now;
	uint32_t ago;

	abi_read_open(&r, c->data + 4, c->data_len - 4);
	(void)abi_read_uint(&r, 32, ERR_SYNTAX);
	(void)abi_read_uint(&r, 32, ERR_SYNTAX);
	ago = (uint32_t)abi_read_uint(&r, 32, ERR_SYNTAX);
	if (!cumulative_at(&then, p, now_s - ago) ||
	    !cumulative_at(&now, p, now_s))
		return;		/* "OLD": it reverts */
	answer(c, (i128[]){ 64, 160, 2, then, now, 2, 0, 0 }, 8);
}

static void
call_answer(struct quote_call *c, const struct pool *p, uint32_t now_s)
{
	static const char *const asked[] = { "slot0()", "observe(uint32[])",
	    "observations(uint256)", "decimals()" };
	uint8_t selector[4];
	size_t i = 0, at;

	for (; i < ARRAY_COUNT(asked); i++) {
		selector_of(selector, asked[i]);
		if (memcmp(selector, c->data, 4) == 0)
			break;
	}
	c->was_answered = false;
	if (i == 0)
		answer(c, (i128[]){ 1, p->tick, p->index, p->cardinality,
		    p->cardinality, 0, 1 }, 7);
	else if (i == 1)
		observe_answer(c, p, now_s);
	else if (i == 3)
		answer(c, (i128[]){ 18 }, 1);
	else if (i == ARRAY_COUNT(asked))	/* token0(), token1() */
		answer(c, (i128[]){ 0x1111 }, 1);
	if (i != 2)
		return;
	at = (size_t)c->data[34] << 8 | c->data[35];
	MUST(at < POOL_RING);
	answer(c, (i128[]){ p->ring[at].time_s, p->ring[at].cumulative, 0,
	    p->ring[at].is_initialized }, 4);
}

enum quote_refusal
pool_quote(double *price, const struct pool *p,
    const struct quote_source *source, uint64_t now_s)
{
	enum quote_refusal q = QUOTE_OK;
	struct quote_work work;
	struct quote quote = { 0 };

	quote_begin(&work, source, now_s);
	quote_ask(&work);
	while (q == QUOTE_OK && work.call_count > 0) {
		for (size_t i = 0; i < work.call_count; i++)
			call_answer(&work.call[i], p, (uint32_t)now_s);
		q = quote_take(&quote, &work);
		quote_ask(&work);
	}
	if (q == QUOTE_OK)
		*price = (double)((long double)quote.value / 1e18L);
	return q;
}
