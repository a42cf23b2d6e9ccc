#include "margin/venue_perp.h"

#include <string.h>

static enum err
absolute(struct num18 *out, struct num18 a)
{
	*out = a;
	return num18_is_negative(a) ? num18_sub(out, num18_zero(), a) : ERR_OK;
}

static struct num18
share_num(struct ppb share)
{
	return num18_from_raw((i128)ppb_to_raw(share) * PPB_ONE_RAW);
}

/* ---- by leverage tiers ------------------------------------------------- */

static enum err
tiers_check(const struct leverage_tier *tiers, size_t count)
{
	if (count == 0 || count > VENUE_TIERS_MAX ||
	    !usd18_is_zero(tiers[0].from))
		return ERR_SYNTAX;
	for (size_t i = 0; i < count; i++)
		if (num18_to_raw(tiers[i].max_leverage) <= 0 || (i > 0 &&
		    usd18_compare(tiers[i - 1].from, tiers[i].from) >= 0))
			return ERR_SYNTAX;
	return ERR_OK;
}

enum err
venue_leverage_requirement(struct usd18 *out,
    const struct leverage_tier *tiers, size_t count, struct usd18 notional,
    struct ppb share)
{
	struct usd18 sum = usd18_zero();
	enum err e = tiers_check(tiers, count);

	if (e == ERR_OK && usd18_is_negative(notional))
		e = ERR_RANGE;
	for (size_t i = 0; e == ERR_OK && i < count &&
	    usd18_compare(tiers[i].from, notional) < 0; i++) {
		struct usd18 to = i + 1 < count ?
		    usd18_min(tiers[i + 1].from, notional) : notional;
		i128 raw;

		e = muldiv_i128(&raw,
		    usd18_to_raw(to) - usd18_to_raw(tiers[i].from),
		    (i128)ppb_to_raw(share) * PPB_ONE_RAW,
		    num18_to_raw(tiers[i].max_leverage), ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, usd18_from_raw(raw));
	}
	if (e == ERR_OK)
		*out = sum;
	return e;
}

/* ---- by skew ----------------------------------------------------------- */

/* sized_margin: |size| * price * ratio + least, ceil. */
static enum err
sized_margin(struct usd18 *out, struct num18 held, struct px18 price,
    struct num18 ratio, struct usd18 least)
{
	enum err e;

	if (num18_is_negative(ratio))
		return ERR_RANGE;
	e = usd18_from_contracts(out, held, ratio, price, ROUND_CEIL);
	return e == ERR_OK ? usd18_add(out, *out, least) : e;
}

enum err
venue_skew_margin(struct skew_margin *out, const struct skew_rules *r,
    struct num18 size, struct px18 price)
{
	struct skew_margin m = { 0 };
	struct num18 held;
	i128 raw;
	enum err e = absolute(&held, size);

	if (e == ERR_OK)
		e = muldiv_i128(&raw, num18_to_raw(held),
		    num18_to_raw(r->initial_ratio),
		    num18_to_raw(r->skew_scale), ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_add(&m.initial_ratio, num18_from_raw(raw),
		    r->initial_min);
	if (e == ERR_OK)
		e = num18_mul(&m.maintenance_ratio, m.initial_ratio,
		    r->maintenance_scalar, ROUND_CEIL);
	if (e == ERR_OK)
		e = sized_margin(&m.initial, held, price, m.initial_ratio,
		    r->position_min);
	if (e == ERR_OK)
		e = sized_margin(&m.maintenance, held, price,
		    m.maintenance_ratio, r->position_min);
	if (e == ERR_OK)
		*out = m;
	return e;
}

/* ---- by position ------------------------------------------------------- */

enum err
venue_position_ratio(struct num18 *out, struct num18 base,
    struct num18 increase, struct num18 size)
{
	struct num18 more;
	enum err e = absolute(&more, size);

	if (e == ERR_OK)
		e = num18_mul(&more, more, increase, ROUND_CEIL);
	return e == ERR_OK ? num18_add(out, base, more) : e;
}

enum err
venue_position_margin(struct usd18 *initial, struct usd18 *maintenance,
    const struct position_rules *r, struct num18 size, struct px18 price)
{
	struct num18 held, ratio;
	struct usd18 im, mm;
	enum err e = absolute(&held, size);

	if (e == ERR_OK)
		e = venue_position_ratio(&ratio, r->initial_base, r->increase,
		    size);
	if (e == ERR_OK)
		e = sized_margin(&im, held, price, ratio, usd18_zero());
	if (e == ERR_OK)
		e = venue_position_ratio(&ratio, r->maintenance_base,
		    r->increase, size);
	if (e == ERR_OK)
		e = sized_margin(&mm, held, price, ratio, usd18_zero());
	if (e == ERR_OK) {
		*initial = im;
		*maintenance = mm;
	}
	return e;
}

enum err
venue_position_rules_of(struct position_rules *out, const char *coin)
{
	/* In parts per billion. */
	static const struct {
		const char *coin;
		uint32_t initial, maintenance, increase;
	} ROWS[] = {
		{ "BTC", 20000000, 10000000, 50000 },
		{ "ETH", 20000000, 10000000, 4000 },
		{ "SOL", 40000000, 20000000, 5000 },
	};

	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		if (strcmp(ROWS[i].coin, coin) != 0)
			continue;
		*out = (struct position_rules){
			share_num(ppb_from_raw(ROWS[i].initial)),
			share_num(ppb_from_raw(ROWS[i].maintenance)),
			share_num(ppb_from_raw(ROWS[i].increase)),
		};
		return ERR_OK;
	}
	return ERR_UNKNOWN;
}

/* ---- on the entry value ------------------------------------------------ */

enum err
venue_bankruptcy_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 balance, struct ppb taker_fee)
{
	return linear_liquidation_price_inverse(out, balance, t->size,
	    t->multiplier, t->entry, taker_fee);
}

/* coin_at: size * multiplier / price * share in coin, ceil: the value of
 * |size| contracts at `price` by way of a coin worth one USD. */
static enum err
coin_at(struct num18 *out, const struct entry_terms *t, struct px18 price,
    struct num18 share)
{
	struct usd18 v;
	enum err e = linear_notional_inverse(&v, t->size, t->multiplier, price,
	    px18_from_raw(WAD_ONE_RAW));

	if (e == ERR_OK)
		e = usd18_mul_num(&v, v, share, ROUND_CEIL);
	if (e == ERR_OK)
		*out = num18_from_raw(usd18_to_raw(v));
	return e;
}

enum err
venue_cross_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 balance, struct ppb taker_fee)
{
	struct linear_liquidation bankrupt;
	struct num18 kept, fee;
	enum err e = coin_at(&kept, t, t->entry, share_num(t->maintenance));

	if (e == ERR_OK)
		e = venue_bankruptcy_inverse(&bankrupt, t, balance, taker_fee);
	if (e == ERR_OK && bankrupt.exists) {
		e = coin_at(&fee, t, bankrupt.price, share_num(taker_fee));
		if (e == ERR_OK)
			e = num18_add(&kept, kept, fee);
	}
	if (e == ERR_OK)
		e = num18_sub(&kept, balance, kept);
	return e == ERR_OK ? linear_liquidation_price_inverse(out, kept,
	    t->size, t->multiplier, t->entry, ppb_from_raw(0)) : e;
}

/* own_share: what may be lost, as a share of the entry value: 1 / leverage -
 * maintenance, floor. */
static enum err
own_share(struct num18 *out, const struct entry_terms *t,
    struct num18 leverage)
{
	enum err e;

	if (num18_to_raw(leverage) <= 0)
		return ERR_RANGE;
	e = num18_div(out, num18_one(), leverage, ROUND_FLOOR);
	return e == ERR_OK ? num18_sub(out, *out, share_num(t->maintenance)) :
	    e;
}

enum err
venue_isolated_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 leverage)
{
	struct num18 share, lose;
	enum err e = own_share(&share, t, leverage);

	if (e == ERR_OK)
		e = coin_at(&lose, t, t->entry, num18_one());
	/* A gain of a coin value that was rounded up: one unit less. */
	if (e == ERR_OK && !num18_is_negative(share))
		e = num18_sub(&lose, lose, num18_from_raw(1));
	if (e == ERR_OK)
		e = num18_mul(&lose, lose, share, ROUND_FLOOR);
	return e == ERR_OK ? linear_liquidation_price_inverse(out, lose,
	    t->size, t->multiplier, t->entry, ppb_from_raw(0)) : e;
}

enum err
venue_isolated_linear(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 leverage)
{
	struct num18 share, held;
	struct usd18 value;
	enum err e = own_share(&share, t, leverage);

	if (e == ERR_OK)
		e = absolute(&held, t->size);
	if (e == ERR_OK)
		e = usd18_from_contracts(&value, held, t->multiplier, t->entry,
		    num18_is_negative(share) ? ROUND_CEIL : ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_mul_num(&value, value, share, ROUND_FLOOR);
	return e == ERR_OK ? linear_liquidation_price(out, value, t->size,
	    t->multiplier, t->entry, ppb_from_raw(0)) : e;
}
