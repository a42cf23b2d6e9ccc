#include "margin/venue_mango.h"

static bool
is_positive(struct num18 a)
{
	return num18_to_raw(a) > 0;
}

static struct num18
num18_least(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

static struct num18
price_asset(struct mango_price p, enum mango_health h)
{
	return h == MANGO_INIT ? num18_least(p.oracle, p.stable) : p.oracle;
}

static struct num18
price_liability(struct mango_price p, enum mango_health h)
{
	return h == MANGO_INIT && num18_compare(p.oracle, p.stable) < 0 ?
	    p.stable : p.oracle;
}

/* weighted: amount * weight * price, floor. */
static enum err
weighted(struct num18 *out, struct num18 amount, struct num18 weight,
    struct num18 price)
{
	struct num18 v;
	enum err e = num18_mul(&v, amount, weight, ROUND_FLOOR);

	return e == ERR_OK ? num18_mul(out, v, price, ROUND_FLOOR) : e;
}

/* ---- weights ------------------------------------------------------------ */

/* scaled: weight * start / value of an asset, weight * value / start of a
 * liability, where value is above start; weight where it is not. */
static enum err
scaled(struct num18 *out, struct num18 weight, struct num18 value,
    struct num18 start, bool is_liability)
{
	i128 raw = num18_to_raw(weight);
	enum err e = ERR_OK;

	if (num18_compare(value, start) > 0 && is_liability)
		e = muldiv_i128(&raw, raw, num18_to_raw(value),
		    num18_to_raw(start), ROUND_CEIL);
	else if (num18_compare(value, start) > 0)
		e = muldiv_i128(&raw, raw, num18_to_raw(start),
		    num18_to_raw(value), ROUND_FLOOR);
	if (e == ERR_OK)
		*out = num18_from_raw(raw);
	return e;
}

enum err
mango_asset_weight(struct num18 *out, const struct mango_token *t,
    enum mango_health h)
{
	struct num18 value;
	enum err e;

	if (h != MANGO_INIT || num18_is_zero(t->deposit_scale_start)) {
		*out = h == MANGO_MAINT ? t->weights.maint_asset :
		    t->weights.init_asset;
		return ERR_OK;
	}
	e = num18_add(&value, t->deposits, t->potential_deposits);
	/* The program scales both weights at the higher price. */
	if (e == ERR_OK)
		e = num18_mul(&value, value, price_liability(t->price, h),
		    ROUND_CEIL);
	return e == ERR_OK ? scaled(out, t->weights.init_asset, value,
	    t->deposit_scale_start, false) : e;
}

enum err
mango_liability_weight(struct num18 *out, const struct mango_token *t,
    enum mango_health h)
{
	struct num18 value;
	enum err e;

	if (h != MANGO_INIT || num18_is_zero(t->borrow_scale_start)) {
		*out = h == MANGO_MAINT ? t->weights.maint_liability :
		    t->weights.init_liability;
		return ERR_OK;
	}
	e = num18_mul(&value, t->borrows, price_liability(t->price, h),
	    ROUND_CEIL);
	return e == ERR_OK ? scaled(out, t->weights.init_liability, value,
	    t->borrow_scale_start, true) : e;
}

/* token_health: what an amount of a token counts. */
static enum err
token_health(struct num18 *out, const struct mango_token *t,
    struct num18 amount, enum mango_health h, bool is_liability)
{
	struct num18 weight;
	enum err e = is_liability ? mango_liability_weight(&weight, t, h) :
	    mango_asset_weight(&weight, t, h);

	return e == ERR_OK ? weighted(out, amount, weight, is_liability ?
	    price_liability(t->price, h) : price_asset(t->price, h)) : e;
}

/* ---- perpetuals --------------------------------------------------------- */

/* With `filled` base bought at a price: its weighted value less its cost. */
static enum err
perp_filled(struct num18 *out, const struct mango_perp *p, enum mango_health h,
    struct num18 filled, struct num18 price)
{
	const struct mango_weights *w = &p->weights;
	struct num18 net, cost, v;
	bool is_short;
	enum err e = num18_add(&net, p->base, filled);

	if (e != ERR_OK)
		return e;
	is_short = num18_is_negative(net);
	if (is_short)
		e = weighted(&v, net, h == MANGO_MAINT ? w->maint_liability :
		    w->init_liability, price_liability(p->base_price, h));
	else
		e = weighted(&v, net, h == MANGO_MAINT ? w->maint_asset :
		    w->init_asset, price_asset(p->base_price, h));
	if (e == ERR_OK)
		e = num18_mul(&cost, filled, price, ROUND_CEIL);
	return e == ERR_OK ? num18_sub(out, v, cost) : e;
}

enum err
mango_perp_profit(struct num18 *out, const struct mango_perp *p,
    enum mango_health h)
{
	struct num18 bought, sold, asks;
	enum err e;

	if (num18_is_negative(p->bids) || num18_is_negative(p->asks))
		return ERR_RANGE;
	e = num18_sub(&asks, num18_zero(), p->asks);
	if (e == ERR_OK)
		e = perp_filled(&bought, p, h, p->bids,
		    price_liability(p->base_price, h));
	if (e == ERR_OK)
		e = perp_filled(&sold, p, h, asks,
		    price_asset(p->base_price, h));
	if (e == ERR_OK)
		e = num18_add(&sold, p->quote, num18_least(bought, sold));
	if (e != ERR_OK)
		return e;
	if (is_positive(sold))
		return num18_mul(out, sold, h == MANGO_MAINT ?
		    p->maint_overall_asset : p->init_overall_asset,
		    ROUND_FLOOR);
	*out = sold;
	return ERR_OK;
}

/* ---- spot orders -------------------------------------------------------- */

/* What one market's orders come to if all of them end in one token. */
struct reserved {
	struct num18 as_base, as_quote;
};

/* converted: `amount` of one token in the other at the oracle's prices, or at
 * the most extreme order's where that gives less. */
static enum err
converted(struct num18 *out, struct num18 amount, struct num18 from_price,
    struct num18 to_price, bool has_order, struct num18 at_order)
{
	i128 raw;
	enum err e = muldiv_i128(&raw, num18_to_raw(amount),
	    num18_to_raw(from_price), num18_to_raw(to_price), ROUND_FLOOR);

	if (e != ERR_OK)
		return e;
	*out = num18_from_raw(raw);
	if (has_order)
		*out = num18_least(*out, at_order);
	return ERR_OK;
}

static enum err
reserved_of(struct reserved *out, const struct mango_orders *o,
    const struct mango_account *a, enum mango_health h)
{
	const struct mango_token *base = &a->tokens[o->base_token];
	const struct mango_token *quote = &a->tokens[o->quote_token];
	struct num18 at_bid = num18_zero(), at_ask = num18_zero(), more;
	enum err e = ERR_OK;

	if (is_positive(o->highest_bid))
		e = num18_div(&at_bid, o->quote_reserved, o->highest_bid,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_mul(&at_ask, o->base_reserved, o->lowest_ask,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = converted(&more, o->quote_reserved,
		    price_asset(quote->price, h),
		    price_liability(base->price, h), is_positive(at_bid),
		    at_bid);
	if (e == ERR_OK)
		e = num18_add(&out->as_base, o->base_reserved, more);
	if (e == ERR_OK)
		e = converted(&more, o->base_reserved,
		    price_asset(base->price, h),
		    price_liability(quote->price, h), is_positive(at_ask),
		    at_ask);
	return e == ERR_OK ?
	    num18_add(&out->as_quote, o->quote_reserved, more) : e;
}

/* order_effect: what health gains where `amount` comes last to a token whose
 * balance with all that may come is `most`. */
static enum err
order_effect(struct num18 *out, const struct mango_token *t,
    struct num18 amount, struct num18 most, enum mango_health h)
{
	struct num18 asset = num18_least(amount, most), liability, v;
	enum err e;

	if (num18_is_negative(most))
		asset = num18_zero();
	e = num18_sub(&liability, amount, asset);
	if (e == ERR_OK)
		e = token_health(&v, t, asset, h, false);
	if (e == ERR_OK)
		e = token_health(&liability, t, liability, h, true);
	return e == ERR_OK ? num18_add(out, v, liability) : e;
}

/* ---- the account -------------------------------------------------------- */

struct balances {
	struct num18 balance[MANGO_TOKENS_MAX];	/* spot and perpetuals */
	struct num18 most[MANGO_TOKENS_MAX];	/* with all reserved */
	struct reserved reserved[MANGO_ITEMS_MAX];
};

static enum err
account_check(const struct mango_account *a)
{
	if (a->token_count > MANGO_TOKENS_MAX ||
	    a->perp_count > MANGO_ITEMS_MAX ||
	    a->order_count > MANGO_ITEMS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < a->perp_count; i++)
		if (a->perps[i].settle_token >= a->token_count)
			return ERR_UNKNOWN;
	for (size_t i = 0; i < a->order_count; i++)
		if (a->orders[i].base_token >= a->token_count ||
		    a->orders[i].quote_token >= a->token_count)
			return ERR_UNKNOWN;
	return ERR_OK;
}

static enum err
balances_of(struct balances *b, const struct mango_account *a,
    enum mango_health h)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < a->token_count; i++)
		b->balance[i] = a->tokens[i].balance;
	for (size_t i = 0; e == ERR_OK && i < a->perp_count; i++) {
		struct num18 *at = &b->balance[a->perps[i].settle_token];
		struct num18 profit;

		e = mango_perp_profit(&profit, &a->perps[i], h);
		if (e == ERR_OK)
			e = num18_add(at, *at, profit);
	}
	for (size_t i = 0; i < a->token_count; i++)
		b->most[i] = b->balance[i];
	for (size_t i = 0; e == ERR_OK && i < a->order_count; i++) {
		const struct mango_orders *o = &a->orders[i];
		struct num18 *base = &b->most[o->base_token];
		struct num18 *quote = &b->most[o->quote_token];

		e = reserved_of(&b->reserved[i], o, a, h);
		if (e == ERR_OK)
			e = num18_add(base, *base, b->reserved[i].as_base);
		if (e == ERR_OK)
			e = num18_add(quote, *quote, b->reserved[i].as_quote);
	}
	return e;
}

static enum err
order_health(struct num18 *out, const struct balances *b,
    const struct mango_account *a, size_t i, enum mango_health h)
{
	const struct mango_orders *o = &a->orders[i];
	const struct reserved *r = &b->reserved[i];
	struct num18 as_base, as_quote;
	enum err e;

	*out = num18_zero();
	if (num18_is_zero(r->as_base) || num18_is_zero(r->as_quote))
		return ERR_OK;
	e = order_effect(&as_base, &a->tokens[o->base_token], r->as_base,
	    b->most[o->base_token], h);
	if (e == ERR_OK)
		e = order_effect(&as_quote, &a->tokens[o->quote_token],
		    r->as_quote, b->most[o->quote_token], h);
	if (e == ERR_OK)
		*out = num18_least(as_base, as_quote);
	return e;
}

enum err
mango_health(struct num18 *out, const struct mango_account *a,
    enum mango_health h)
{
	struct balances b;
	struct num18 sum = num18_zero(), v;
	enum err e = account_check(a);

	if (e == ERR_OK)
		e = balances_of(&b, a, h);
	for (size_t i = 0; e == ERR_OK && i < a->token_count; i++) {
		e = token_health(&v, &a->tokens[i], b.balance[i], h,
		    num18_is_negative(b.balance[i]));
		if (e == ERR_OK)
			e = num18_add(&sum, sum, v);
	}
	for (size_t i = 0; e == ERR_OK && i < a->order_count; i++) {
		e = order_health(&v, &b, a, i, h);
		if (e == ERR_OK)
			e = num18_add(&sum, sum, v);
	}
	if (e == ERR_OK)
		*out = sum;
	return e;
}
