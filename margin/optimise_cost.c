#include "margin/optimise_cost.h"

#include "base/must.h"
#include "base/u256.h"

#define ONE ((i128)WAD_ONE_RAW)

void
optimise_rules_default(struct optimise_rules *r)
{
	*r = (struct optimise_rules){
		.spread = num18_from_raw(ONE / 1000),
		.fee = num18_from_raw(ONE / 2000),
		.depth = usd18_zero(),
	};
}

enum err
optimise_rate(struct num18 *out, struct num18 spread, struct usd18 notional,
    const struct optimise_rules *r)
{
	i128 half, moved = 0, depth = usd18_to_raw(r->depth);
	struct num18 rate;
	enum err e;

	if (num18_is_negative(spread) || num18_is_negative(r->fee) ||
	    depth < 0 || usd18_is_negative(notional))
		return ERR_RANGE;
	half = num18_to_raw(spread) / 2 + num18_to_raw(spread) % 2;
	e = depth == 0 ? ERR_OK : muldiv_i128(&moved, half,
	    usd18_to_raw(notional), depth, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_add(&rate, num18_from_raw(half), r->fee);
	return e != ERR_OK ? e : num18_add(out, rate, num18_from_raw(moved));
}

enum err
optimise_rate_of_asset(struct num18 *out, const struct asset *a, uint8_t mode,
    struct usd18 notional, const struct optimise_rules *r)
{
	if (r->is_liquidation) {
		*out = num18_from_raw((i128)ppb_to_raw(a->rules[mode].bonus) *
		    (ONE / (i128)PPB_ONE_RAW));
		return ERR_OK;
	}
	return optimise_rate(out, num18_is_zero(a->risk.spread) ? r->spread :
	    a->risk.spread, notional, r);
}

/* ---- what it settles in ------------------------------------------------- */

static const struct leg *
leg_held(const struct node *n, uint8_t asset)
{
	const struct vault *v = n->vault;

	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].asset == asset)
			return &v->collateral[i];
	return NULL;
}

/* settlement_coin: the underlying itself, not a rate times it. */
static uint8_t
settlement_coin(const struct node *n, uint8_t factor)
{
	uint8_t a = 0;

	while (a < n->book->asset_count &&
	    (n->book->assets[a].factor != factor ||
	    n->book->assets[a].risk.is_rate))
		a++;
	return a;
}

static uint8_t
settlement_usd(const struct node *n)
{
	const struct vault *v = n->vault;
	uint8_t none = (uint8_t)n->book->asset_count, free_leg = none;
	const struct leg *leg;

	for (size_t i = v->collateral_count; i-- > 0;)
		if (v->collateral[i].lien == 0)
			free_leg = v->collateral[i].asset;
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].lien == 0 && n->book->assets[
		    v->collateral[i].asset].risk.is_stable)
			return v->collateral[i].asset;
	for (uint8_t a = 0; a < none; a++) {
		leg = leg_held(n, a);
		if (n->book->assets[a].risk.is_stable &&
		    (!leg || leg->lien == 0))
			return a;
	}
	return free_leg;
}

enum err
optimise_settlement(uint8_t *out, const struct node *n,
    const struct instrument *in)
{
	uint8_t a = in->is_inverse || in->is_coin_settled ?
	    settlement_coin(n, in->factor) : settlement_usd(n);

	if (a == n->book->asset_count)
		return ERR_UNKNOWN;
	if (n->market->asset[a].price.status == PRICE_REFUSED)
		return ERR_STALE;
	*out = a;
	return ERR_OK;
}

/* ---- trades ------------------------------------------------------------- */

/* trade_start: the other way, settled, at no price yet. */
static enum err
trade_start(struct action *out, const struct node *n,
    const struct position *p, struct num18 size)
{
	const struct instrument *in = &n->book->instruments[p->instrument];
	struct action a = { .kind = ACTION_TRADE, .index = wad_one(),
	    .instrument = p->instrument };
	enum err e = num18_sub(&a.size, num18_zero(), size);

	if (e == ERR_OK)
		e = optimise_settlement(&a.asset, n, in);
	if (e != ERR_OK)
		return e;
	a.settle_price = n->market->asset[a.asset].price.mid;
	*out = a;
	return ERR_OK;
}

/* price_at_cost: what is sold fetches less, what is bought takes more. */
static enum err
price_at_cost(struct px18 *out, struct px18 mark, struct num18 rate,
    bool is_sold)
{
	struct num18 part;
	enum err e = is_sold ? num18_sub(&part, num18_one(), rate) :
	    num18_add(&part, num18_one(), rate);

	if (e == ERR_OK && num18_is_negative(part))
		part = num18_zero();
	return e != ERR_OK ? e : px18_mul_num(out, mark, part,
	    is_sold ? ROUND_FLOOR : ROUND_CEIL);
}

/* notional_of: |size| * multiplier * price, USD as it is where inverse. */
static enum err
notional_of(struct usd18 *out, const struct instrument *in,
    struct num18 size, struct px18 mark)
{
	struct num18 contracts = size;
	enum err e = num18_is_negative(size) ?
	    num18_sub(&contracts, num18_zero(), size) : ERR_OK;

	return e != ERR_OK ? e : usd18_from_contracts(out, contracts,
	    in->multiplier, in->is_inverse ? px18_from_raw(WAD_ONE_RAW) :
	    mark, ROUND_CEIL);
}

enum err
optimise_close(struct action *out, struct usd18 *cost, const struct node *n,
    const struct position *p, struct num18 size,
    const struct optimise_rules *r)
{
	const struct instrument *in = &n->book->instruments[p->instrument];
	bool is_sold = !num18_is_negative(size);
	struct point mid = point_mid();
	struct usd18 notional, paid;
	struct num18 rate;
	struct px18 mark;
	struct action a;
	enum err e;

	MUST(is_sold ? num18_compare(size, p->size) <= 0 :
	    num18_compare(size, p->size) >= 0);
	if (instrument_is_pending(in, n->market))
		return ERR_STATE;
	e = trade_start(&a, n, p, size);
	if (e == ERR_OK)
		e = instrument_price(&mark, n, p->instrument, &mid,
		    is_sold ? ROUND_FLOOR : ROUND_CEIL);
	if (e == ERR_OK)
		e = notional_of(&notional, in, size, mark);
	if (e == ERR_OK)
		e = optimise_rate(&rate, r->spread, notional, r);
	if (e == ERR_OK)
		e = price_at_cost(&a.price, mark, rate, is_sold);
	if (e == ERR_OK)
		e = usd18_mul_num(&paid, notional, rate, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	*out = a;
	*cost = paid;
	return ERR_OK;
}

enum err
optimise_remove(struct action *out, const struct node *n,
    const struct position *p)
{
	const struct instrument *in = &n->book->instruments[p->instrument];
	struct action a;
	enum err e;

	if (instrument_is_pending(in, n->market))
		return ERR_STATE;
	e = trade_start(&a, n, p, p->size);
	if (e != ERR_OK)
		return e;
	a.price = in->kind == INSTRUMENT_PERP ||
	    in->kind == INSTRUMENT_FUTURE ? p->entry : px18_from_raw(0);
	*out = a;
	return ERR_OK;
}

int
optimise_ratio_compare(struct usd18 a, struct usd18 x, struct usd18 b,
    struct usd18 y)
{
	struct u256 left, right;

	MUST(!usd18_is_negative(a) && !usd18_is_negative(x));
	MUST(!usd18_is_negative(b) && !usd18_is_negative(y));
	left = u256_mul_u128((u128)usd18_to_raw(a), (u128)usd18_to_raw(y));
	right = u256_mul_u128((u128)usd18_to_raw(b), (u128)usd18_to_raw(x));
	return u256_compare(&left, &right);
}
