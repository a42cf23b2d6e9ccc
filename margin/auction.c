#include "margin/auction.h"

#include "base/must.h"

void
auction_rules_default(struct auction_rules *r)
{
	*r = (struct auction_rules){
		.buffer = num18_from_raw((i128)WAD_ONE_RAW / 10),
		.discount_start = num18_one(),
		.discount_fast = num18_from_raw((i128)WAD_ONE_RAW / 10 * 8),
		.fast_s = 600,
		.slow_s = 7200,
		.insolvent_s = 600,
	};
}

/* between is from + (to - from) * passed / whole, floored; whole above zero. */
static enum err
between(i128 *out, i128 from, i128 to, uint64_t passed, uint64_t whole)
{
	i128 way, moved;
	enum err e;

	if (passed >= whole) {
		*out = to;
		return ERR_OK;
	}
	if (__builtin_sub_overflow(to, from, &way))
		return ERR_RANGE;
	e = muldiv_i128(&moved, way, (i128)passed, (i128)whole, ROUND_FLOOR);
	if (e == ERR_OK)
		*out = from + moved;
	return e;
}

struct num18
auction_discount(uint64_t elapsed_s, const struct auction_rules *r)
{
	i128 start = num18_to_raw(r->discount_start);
	i128 fast = num18_to_raw(r->discount_fast);
	i128 raw = 0;
	enum err e;

	if (elapsed_s < r->fast_s)
		e = between(&raw, start, fast, elapsed_s, r->fast_s);
	else
		e = between(&raw, fast, 0, elapsed_s - r->fast_s, r->slow_s);
	MUST(e == ERR_OK);
	return num18_from_raw(raw);
}

enum err
auction_buffer_margin(struct usd18 *out, struct usd18 maintenance,
    struct usd18 mtm, const struct auction_rules *r)
{
	struct usd18 gap, buffer;
	enum err e = usd18_sub(&gap, maintenance, mtm);

	if (e == ERR_OK)
		e = usd18_mul_num(&buffer, gap, r->buffer, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_add(&buffer, maintenance, buffer);
	if (e == ERR_OK)
		*out = buffer;
	return e;
}

enum err
auction_share(struct num18 *out, struct usd18 buffer_margin, struct usd18 mtm,
    struct usd18 reserved_cash, struct num18 discount)
{
	struct usd18 short_of, bid, kept, paid;
	struct num18 rest;
	i128 share;
	enum err e = usd18_neg(&short_of, buffer_margin);

	if (e != ERR_OK)
		return e;
	if (!usd18_is_negative(buffer_margin)) {
		*out = num18_zero();
		return ERR_OK;
	}
	/* What selling all brings: d * mtm + R * (1 - d), on top of the
	 * shortage that goes with it. */
	e = num18_sub(&rest, num18_one(), discount);
	if (e == ERR_OK)
		e = usd18_mul_num(&bid, mtm, discount, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_mul_num(&kept, reserved_cash, rest, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_add(&paid, bid, kept);
	if (e == ERR_OK)
		e = usd18_add(&paid, paid, short_of);
	if (e != ERR_OK)
		return e;
	/* No share below one restores it unless selling brings something. */
	if (usd18_compare(paid, short_of) <= 0) {
		*out = num18_one();
		return ERR_OK;
	}
	e = muldiv_i128(&share, usd18_to_raw(short_of), (i128)WAD_ONE_RAW,
	    usd18_to_raw(paid), ROUND_CEIL);
	if (e == ERR_OK)
		*out = num18_from_raw(share);
	return e;
}

enum err
auction_bid_insolvent(struct usd18 *out, struct usd18 mtm,
    struct usd18 maintenance, uint64_t elapsed_s,
    const struct auction_rules *r)
{
	i128 bid;
	enum err e = between(&bid,
	    usd18_to_raw(usd18_min(mtm, usd18_zero())),
	    usd18_to_raw(maintenance), elapsed_s, r->insolvent_s);

	if (e == ERR_OK)
		*out = usd18_from_raw(bid);
	return e;
}
