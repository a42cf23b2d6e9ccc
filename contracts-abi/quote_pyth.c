#include "contracts-abi/quote_pyth.h"

#define SCALE 18u
#define PPB UINT64_C(1000000000)
#define TIME_S_MAX UINT64_C(0xffffffffff)	/* a block's, in sane hands */

void
quote_pyth_ask(struct quote_work *w)
{
	quote_call_add(w, &w->source->contract, "getPriceUnsafe(bytes32)",
	    w->source->feed.b, sizeof(w->source->feed.b));
}

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

enum quote_refusal
quote_pyth_take(struct quote *out, const struct quote_work *w)
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
