#include "contracts-abi/quote_rate.h"

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

void
quote_rate_ask(struct quote_work *w)
{
	const struct addr *contract = &w->source->contract;

	switch (w->source->kind) {
	case QUOTE_NONE:
	case QUOTE_AGGREGATOR:
	case QUOTE_PYTH:
	case QUOTE_POOL:
		return;
	case QUOTE_ERC4626:
		erc4626_ask(w);
		return;
	case QUOTE_WSTETH:
		quote_call_add(w, contract, "stEthPerToken()", NULL, 0);
		return;
	case QUOTE_RETH:
		quote_call_add(w, contract, "getExchangeRate()", NULL, 0);
		return;
	case QUOTE_CBETH:
		quote_call_add(w, contract, "exchangeRate()", NULL, 0);
		return;
	}
}

/* The round is counted before its answers are read. */
enum quote_refusal
quote_rate_take(struct quote *out, struct quote_work *w)
{
	if (w->source->kind != QUOTE_ERC4626)
		return word_rate(out, w);
	return w->round == 1 ? erc4626_begin(w) : erc4626_take(out, w);
}
