#include "contracts-abi/quote.h"

#include <string.h>

#include "base/must.h"
#include "contracts-abi/clearing.h"
#include "contracts-abi/quote_internal.h"

#define SCALE 18u
#define PPB UINT64_C(1000000000)
#define TIME_S_MAX UINT64_C(0xffffffffff)	/* a block's, in sane hands */

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

void
quote_begin(struct quote_work *w, const struct quote_source *source,
    uint64_t block_s)
{
	MUST(source->kind != QUOTE_NONE && source->has_contract);
	memset(w, 0, sizeof(*w));
	w->source = source;
	w->block_s = block_s;
}

/* ---- Pyth ---------------------------------------------------------------- */

enum quote_refusal
quote_from_pyth(struct quote *out, const struct quote_pyth *p,
    struct ppb confidence_max)
{
	u128 value;
	enum quote_refusal q;

	if (p->price <= 0)
		return QUOTE_NOT_POSITIVE;
	if (p->expo > 0 || p->expo < -(int32_t)SCALE)
		return QUOTE_EXPONENT;
	if (p->publish_s == 0)
		return QUOTE_UNTIMED;
	if (p->publish_s > TIME_S_MAX)
		return QUOTE_FUTURE;
	/* Both below 2^64: neither product overflows. */
	if (p->conf * PPB > (u128)p->price * ppb_to_raw(confidence_max))
		return QUOTE_UNSURE;
	q = quote_scale(&value, (u128)p->price, (unsigned)-p->expo);
	if (q == QUOTE_OK)
		*out = (struct quote){ value, p->publish_s * 1000 };
	return q;
}

static enum quote_refusal
pyth_take(struct quote *out, const struct quote_work *w)
{
	struct quote_pyth p;
	struct abi_reader r;
	i128 expo;
	u128 publish;
	enum quote_refusal q = quote_read_open(&r, w, 0);

	if (q != QUOTE_OK)
		return q;
	p.price = abi_read_int(&r, ERR_SYNTAX);
	p.conf = abi_read_uint(&r, 64, ERR_SYNTAX);
	expo = abi_read_int(&r, ERR_SYNTAX);
	publish = abi_read_uint(&r, 128, ERR_SYNTAX);
	if (abi_read_close(&r) != ERR_OK || p.price != (int64_t)p.price ||
	    expo != (int32_t)expo)
		return QUOTE_MALFORMED;
	if (publish > w->block_s)
		return QUOTE_FUTURE;
	p.expo = (int32_t)expo;
	p.publish_s = (uint64_t)publish;
	return quote_from_pyth(out, &p, w->source->confidence_max);
}

/* ---- rates --------------------------------------------------------------- */

/* One word with 18 decimals. */
static enum quote_refusal
word_rate(struct quote *out, const struct quote_work *w)
{
	struct abi_reader r;
	u128 v;
	enum quote_refusal q = quote_read_open(&r, w, 0);

	if (q != QUOTE_OK)
		return q;
	v = abi_read_uint(&r, 128, ERR_RANGE);
	if (abi_read_close(&r) != ERR_OK)
		return r.error == ERR_RANGE ? QUOTE_RANGE : QUOTE_MALFORMED;
	if (v == 0)
		return QUOTE_NOT_POSITIVE;
	*out = (struct quote){ v, w->block_s * 1000 };
	return QUOTE_OK;
}

static void
erc4626_ask(struct quote_work *w)
{
	uint8_t share[ABI_WORD];
	struct abi_writer words;

	if (w->round == 0) {
		quote_call_add(w, &w->source->contract, "decimals()", NULL, 0);
		quote_call_add(w, &w->source->contract, "asset()", NULL, 0);
		return;
	}
	abi_write_open(&words, share, sizeof(share));
	abi_put_u128(&words, pow10_u128(w->decimals));
	quote_call_add(w, &w->source->contract, "convertToAssets(uint256)",
	    share, sizeof(share));
	quote_call_add(w, &w->token[0], "decimals()", NULL, 0);
}

static enum quote_refusal
erc4626_begin(struct quote_work *w)
{
	struct abi_reader r;
	enum quote_refusal q = quote_read_decimals(&w->decimals, w, 0);

	if (q == QUOTE_OK)
		q = quote_read_open(&r, w, 1);
	if (q != QUOTE_OK)
		return q;
	w->token[0] = abi_read_addr(&r);
	return abi_read_close(&r) == ERR_OK ? QUOTE_OK : QUOTE_MALFORMED;
}

static enum quote_refusal
erc4626_take(struct quote *out, struct quote_work *w)
{
	struct quote assets;
	unsigned decimals;
	u128 value;
	enum quote_refusal q = quote_read_decimals(&decimals, w, 1);

	if (q == QUOTE_OK)
		q = word_rate(&assets, w);
	if (q == QUOTE_OK)
		q = quote_scale(&value, assets.value, decimals);
	if (q == QUOTE_OK)
		*out = (struct quote){ value, assets.time_ms };
	return q;
}

/* ---- rounds -------------------------------------------------------------- */

static unsigned
rounds_of(enum quote_kind k)
{
	return k == QUOTE_AGGREGATOR || k == QUOTE_POOL ||
	    k == QUOTE_ERC4626 ? QUOTE_ROUNDS_MAX : 1;
}

void
quote_ask(struct quote_work *w)
{
	const struct quote_source *s = w->source;

	w->call_count = 0;
	if (w->round == rounds_of(s->kind))
		return;
	switch (s->kind) {
	case QUOTE_NONE:
		return;
	case QUOTE_AGGREGATOR:
		quote_aggregator_ask(w);
		return;
	case QUOTE_PYTH:
		quote_call_add(w, &s->contract, "getPriceUnsafe(bytes32)",
		    s->feed.b, sizeof(s->feed.b));
		return;
	case QUOTE_POOL:
		quote_pool_ask(w);
		return;
	case QUOTE_ERC4626:
		erc4626_ask(w);
		return;
	case QUOTE_WSTETH:
		quote_call_add(w, &s->contract, "stEthPerToken()", NULL, 0);
		return;
	case QUOTE_RETH:
		quote_call_add(w, &s->contract, "getExchangeRate()", NULL, 0);
		return;
	case QUOTE_CBETH:
		quote_call_add(w, &s->contract, "exchangeRate()", NULL, 0);
		return;
	}
}

enum quote_refusal
quote_take(struct quote *out, struct quote_work *w)
{
	unsigned round = w->round++;

	switch (w->source->kind) {
	case QUOTE_NONE:
		break;
	case QUOTE_AGGREGATOR:
		return quote_aggregator_take(out, w);
	case QUOTE_PYTH:
		return pyth_take(out, w);
	case QUOTE_POOL:
		return quote_pool_take(out, w);
	case QUOTE_ERC4626:
		return round == 0 ? erc4626_begin(w) : erc4626_take(out, w);
	case QUOTE_WSTETH:
	case QUOTE_RETH:
	case QUOTE_CBETH:
		return word_rate(out, w);
	}
	return QUOTE_MALFORMED;
}
