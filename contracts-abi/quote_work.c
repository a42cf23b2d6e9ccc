#include "contracts-abi/quote_work.h"

#include <string.h>

#include "base/must.h"
#include "contracts-abi/clearing.h"

const char *
quote_refusal_name(enum quote_refusal r)
{
	switch (r) {
	case QUOTE_OK: return "ok";
	case QUOTE_REVERTED: return "the contract refuses the call";
	case QUOTE_MALFORMED: return "the answer is not of its interface";
	case QUOTE_NOT_POSITIVE: return "the answer is not above zero";
	case QUOTE_OLD_ROUND: return "the answer is of an older round";
	case QUOTE_BOUND: return "the answer stands at the feed's own bound";
	case QUOTE_UNTIMED: return "it was never updated";
	case QUOTE_FUTURE: return "it is from after its own block";
	case QUOTE_UNSURE: return "its confidence interval is too wide";
	case QUOTE_EXPONENT: return "its exponent is out of bounds";
	case QUOTE_DECIMALS: return "it has too many decimals";
	case QUOTE_WINDOW: return "the pool remembers less than the window";
	case QUOTE_SAMPLES: return "too few observations in the window";
	case QUOTE_RANGE: return "the value does not fit 18 decimals";
	}
	return "unnamed";
}

void
quote_call_add(struct quote_work *w, const struct addr *to,
    const char *signature, const uint8_t *words, size_t words_len)
{
	struct quote_call *c;

	MUST(w->call_count < QUOTE_CALLS_MAX &&
	    words_len <= QUOTE_DATA_MAX - ABI_SELECTOR);
	c = &w->call[w->call_count++];
	c->to = *to;
	selector_of(c->data, signature);
	if (words_len > 0)
		memcpy(c->data + ABI_SELECTOR, words, words_len);
	c->data_len = ABI_SELECTOR + words_len;
	c->was_answered = false;
	c->answer_len = 0;
}

enum quote_refusal
quote_read_open(struct abi_reader *r, const struct quote_work *w, size_t i)
{
	const struct quote_call *c = &w->call[i];

	MUST(i < w->call_count && c->answer_len <= QUOTE_ANSWER_MAX);
	if (!c->was_answered)
		return QUOTE_REVERTED;
	abi_read_open(r, c->answer, c->answer_len);
	return QUOTE_OK;
}

enum quote_refusal
quote_read_decimals(unsigned *out, const struct quote_work *w, size_t i)
{
	struct abi_reader r;
	unsigned v;
	enum quote_refusal q = quote_read_open(&r, w, i);

	if (q != QUOTE_OK)
		return q;
	v = (unsigned)abi_read_uint(&r, 8, ERR_SYNTAX);
	if (abi_read_close(&r) != ERR_OK)
		return QUOTE_MALFORMED;
	if (v > DECIMALS_MAX)
		return QUOTE_DECIMALS;
	*out = v;
	return QUOTE_OK;
}

enum quote_refusal
quote_scale(u128 *out, u128 v, unsigned decimals)
{
	u128 scaled;

	if (muldiv_u128(&scaled, v, WAD_ONE_RAW, pow10_u128(decimals),
	    ROUND_FLOOR) != ERR_OK || scaled == 0)
		return QUOTE_RANGE;
	*out = scaled;
	return QUOTE_OK;
}
