/* Drifts, and those of a vault's adjusted equity: tokens, and the profit of
 * its contracts. */
#include "margin/portfolio_drift.h"

#include "base/must.h"
#include "base/q64.h"
#include "margin/instrument_price.h"

#define GUARD_BITS 40
#define GUARD_LEAST_RAW 1000000	/* 1e-12 USD: some roundings of a product */
#define SURE_RAW 1000000000	/* 1e-9, far above any rounding */

enum err
drift_add(struct drift *sum, const struct drift *d)
{
	struct drift s = *sum;
	enum err e = ERR_OK;

	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++)
		e = usd18_add(&s.loss[way], s.loss[way], d->loss[way]);
	if (e == ERR_OK)
		e = usd18_add(&s.alone, s.alone, d->alone);
	if (e == ERR_OK)
		e = usd18_add(&s.vol, s.vol, d->vol);
	if (e == ERR_OK)
		*sum = s;
	return e;
}

enum err
drift_move(struct drift *sum, struct usd18 up, struct usd18 down)
{
	const struct drift d = {
		.loss = { up, down },
		.alone = usd18_max(usd18_magnitude(up),
		    usd18_magnitude(down)),
		.vol = usd18_zero(),
	};

	return drift_add(sum, &d);
}

enum err
drift_linear(struct drift *sum, struct usd18 worth, struct num18 box)
{
	struct usd18 up, down;
	enum err e = usd18_mul_num(&down, worth, box, ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_mul_num(&up, worth, box, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_neg(&up, up);
	return e != ERR_OK ? e : drift_move(sum, up, down);
}

/* drift_either: lost whichever way it goes. */
static enum err
drift_either(struct drift *sum, struct usd18 worth, struct num18 box)
{
	struct usd18 loss;
	enum err e = usd18_mul_num(&loss, usd18_magnitude(worth), box,
	    ROUND_CEIL);

	return e != ERR_OK ? e : drift_move(sum, loss, loss);
}

enum err
bounding_guard(struct bounding *b, struct usd18 worth)
{
	return usd18_add(&b->guard, b->guard, usd18_from_raw(
	    (usd18_to_raw(worth) >> GUARD_BITS) + GUARD_LEAST_RAW));
}

enum err
bounding_guard_amount(struct bounding *b, struct num18 amount,
    struct px18 most)
{
	struct usd18 worth;
	struct num18 n;
	enum err e = num18_add(&n, num18_magnitude(amount), num18_one());

	if (e == ERR_OK)
		e = usd18_from_contracts(&worth, n, num18_one(), most,
		    ROUND_CEIL);
	return e != ERR_OK ? e : bounding_guard(b, worth);
}

enum err
bounding_vega(struct usd18 *out, const struct bounding *b,
    struct num18 amount, struct px18 forward, struct num18 tau)
{
	struct num18 root;
	struct usd18 v;
	enum err e = q64_sqrt(&root, tau);

	if (e == ERR_OK)
		e = usd18_from_contracts(&v, num18_magnitude(amount), root,
		    forward, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&v, v, b->above, ROUND_CEIL);
	/* 1 / sqrt(2 pi) is less than 0.399. */
	return e != ERR_OK ? e : usd18_mul_num(out, v,
	    num18_from_raw(400000000000000000), ROUND_CEIL);
}

bool
bounding_is_sure(struct num18 confidence, struct num18 threshold)
{
	return num18_to_raw(confidence) >= num18_to_raw(threshold) + SURE_RAW;
}

/* A stablecoin at p: max(threshold - p (1 - t), 0) is convex in t. */
enum err
bounding_depeg(struct num18 *gap, const struct bounding *b,
    struct num18 threshold)
{
	const struct node *n = b->n;
	enum err e = ERR_OK;

	for (size_t f = 0; f < BOOK_FACTORS_MAX; f++)
		gap[f] = num18_zero();
	for (size_t i = 0; i < n->vault->collateral_count && e == ERR_OK;
	    i++) {
		uint8_t slot = n->vault->collateral[i].asset;
		const struct asset *a = &n->book->assets[slot];
		i128 now = (i128)px18_to_raw(n->market->asset[slot].price.mid);
		i128 most = num18_to_raw(threshold);
		struct num18 low;
		i128 before, after;

		if (!a->risk.is_stable)
			continue;
		e = num18_mul(&low, num18_from_raw(now), b->below,
		    ROUND_FLOOR);
		if (e != ERR_OK)
			return e;
		before = most > now ? most - now : 0;
		after = most > num18_to_raw(low) ? most - num18_to_raw(low) :
		    0;
		e = num18_add(&gap[a->factor], gap[a->factor],
		    num18_from_raw(after - before));
	}
	return e;
}

/* ---- tokens ------------------------------------------------------------- */

/* leg_price: the cautious one on the initial side; *is_loose where a slow
 * companion has a say in it. */
static enum err
leg_price(struct px18 *out, bool *is_loose, const struct bounding *b,
    uint8_t slot, bool is_debt)
{
	const struct market_price *p = &b->n->market->asset[slot];
	struct px18 px = p->price.mid;
	bool is_initial = b->side == SIDE_INITIAL;

	if (p->price.status == PRICE_REFUSED)
		return ERR_STALE;
	*is_loose = is_initial && (p->has_twap || p->has_stable);
	if (is_initial && p->has_twap)
		px = is_debt ? px18_max(px, p->twap) : px18_min(px, p->twap);
	if (is_initial && p->has_stable)
		px = is_debt ? px18_max(px, p->stable) :
		    px18_min(px, p->stable);
	*out = px;
	return ERR_OK;
}

/* What is limited never counts more than its plain share, and never less in
 * proportion when its value falls: limits are concave from zero. */
static enum err
collateral_drift(struct bounding *b, size_t leg)
{
	const struct node *n = b->n;
	uint8_t slot = n->vault->collateral[leg].asset;
	const struct asset *a = &n->book->assets[slot];
	const struct asset_rules *rules = &a->rules[n->vault->mode];
	bool is_initial = b->side == SIDE_INITIAL, is_loose;
	bool is_limited = is_initial && (node_is_limited(n) ||
	    node_grant(n, leg) != NULL);
	struct usd18 worth, loss;
	struct px18 px;
	enum err e;

	if (node_atoms(n, leg) == 0)
		return ERR_OK;
	if ((a->risk.is_dynamic && !b->is_scenario &&
	    !num18_is_zero(n->rules->collateral.wrong_way)) || (is_initial &&
	    ppb_to_raw(n->rules->collateral.share_max) < PPB_ONE_RAW))
		b->is_lost = true;
	e = leg_price(&px, &is_loose, b, slot, false);
	if (e == ERR_OK)
		e = usd18_from_atoms(&worth, node_atoms(n, leg), a->decimals,
		    px, ROUND_CEIL);
	if (e == ERR_OK)
		e = bounding_guard(b, worth);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&worth, worth, is_initial ? rules->ltv :
		    rules->liquidation_threshold, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	if (is_loose)
		return drift_either(&b->own[a->factor], worth, b->box);
	if (!is_limited)
		return drift_linear(&b->own[a->factor], worth, b->box);
	e = usd18_mul_num(&loss, worth, b->box, ROUND_CEIL);
	return e != ERR_OK ? e : drift_move(&b->own[a->factor], usd18_zero(),
	    loss);
}

static enum err
debt_drift(struct bounding *b, size_t leg)
{
	const struct node *n = b->n;
	const struct leg *d = &n->vault->debt[leg];
	const struct asset *a = &n->book->assets[d->asset];
	struct usd18 worth;
	struct px18 px;
	bool is_loose;
	u128 atoms;
	enum err e;

	if (d->amount == 0)
		return ERR_OK;
	e = book_debt_atoms(&atoms, n->book, d);
	if (e == ERR_OK)
		e = leg_price(&px, &is_loose, b, d->asset, true);
	if (e == ERR_OK)
		e = usd18_from_atoms(&worth, atoms, a->decimals, px,
		    ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&worth, worth,
		    a->rules[n->vault->mode].debt_weight, ROUND_CEIL);
	if (e == ERR_OK)
		e = bounding_guard(b, worth);
	if (e == ERR_OK)
		e = usd18_neg(&worth, worth);
	if (e != ERR_OK)
		return e;
	return is_loose ? drift_either(&b->own[a->factor], worth, b->box) :
	    drift_linear(&b->own[a->factor], worth, b->box);
}

/* ---- contracts ---------------------------------------------------------- */

/* trusted: what a profit counts. */
static enum err
trusted(struct usd18 *out, const struct bounding *b, struct usd18 pnl)
{
	*out = pnl;
	return usd18_is_negative(pnl) ? ERR_OK : usd18_mul_ppb(out, pnl,
	    b->n->rules->standard.profit_weight, ROUND_FLOOR);
}

/* profit_drift: a profit of pnl that moves by `worth` times the price's move;
 * concave as counted, so both chords lie below. */
static enum err
profit_drift(struct drift *d, const struct bounding *b, struct usd18 pnl,
    struct usd18 worth)
{
	struct usd18 step, now, end[DRIFT_WAYS];
	enum err e = usd18_mul_num(&step, worth, b->box, ROUND_FLOOR);

	if (e == ERR_OK)
		e = usd18_add(&end[DRIFT_UP], pnl, step);
	if (e == ERR_OK)
		e = usd18_sub(&end[DRIFT_DOWN], pnl, step);
	if (e == ERR_OK)
		e = trusted(&now, b, pnl);
	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++) {
		e = trusted(&end[way], b, end[way]);
		if (e == ERR_OK)
			e = usd18_sub(&end[way], now, end[way]);
	}
	return e != ERR_OK ? e : drift_move(d, end[DRIFT_UP],
	    end[DRIFT_DOWN]);
}

/* inverse_drift: coin profit Q (1/e - 1/m) - funding at index i: under a common
 * move i/m stays, so what moves is the profit plus Q i/m.  Where mark and
 * index part by x each, i/m changes by at most 2 x / (1 - B). */
static enum err
inverse_drift(struct bounding *b, const struct position *p, struct px18 mark)
{
	const struct node *n = b->n;
	const struct instrument *i = &n->book->instruments[p->instrument];
	struct drift *d = &b->own[i->factor];
	struct num18 coin;
	struct usd18 pnl, worth, apart;
	struct market_price index;
	enum err e = point_factor_mid(&index, n->book, n->market, i->factor);

	if (e == ERR_OK)
		e = linear_profit_inverse(&coin, p->size, i->multiplier, mark,
		    p->entry);
	if (e == ERR_OK)
		e = num18_sub(&coin, coin, num18_from_raw(
		    usd18_to_raw(p->funding)));
	if (e == ERR_OK)
		e = linear_coin_value(&pnl, coin, index.price.mid);
	if (e == ERR_OK)
		e = linear_notional_inverse(&apart, p->size, i->multiplier,
		    mark, index.price.mid);
	if (e == ERR_OK)
		e = num18_is_negative(p->size) ? usd18_sub(&worth, pnl,
		    apart) : usd18_add(&worth, pnl, apart);
	if (e == ERR_OK)
		e = profit_drift(d, b, pnl, worth);
	/* 2 / (1 - B) is below 3 for a box of a quarter. */
	if (e == ERR_OK)
		e = usd18_mul_num(&apart, apart, num18_from_raw(
		    3 * num18_to_raw(b->box)), ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_add(&d->alone, d->alone, apart);
	return e;
}

static enum err
position_drift(struct bounding *b, const struct position *p)
{
	const struct node *n = b->n;
	const struct instrument *i = &n->book->instruments[p->instrument];
	const struct point mid = point_mid();
	struct usd18 pnl, worth;
	struct px18 mark;
	enum err e;

	/* Over, or in its settlement window, where a part is fixed. */
	if (i->expiry_ms != 0 && i->expiry_ms <=
	    n->market->as_of_ms + i->window_ms)
		b->is_lost = true;
	if (i->kind == INSTRUMENT_OPTION || b->is_lost)
		return ERR_OK;
	e = instrument_price(&mark, n, p->instrument, &mid, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	if (i->is_inverse)
		return inverse_drift(b, p, mark);
	e = linear_profit(&pnl, p->size, i->multiplier, mark, p->entry);
	if (e == ERR_OK)
		e = usd18_sub(&pnl, pnl, p->funding);
	if (e == ERR_OK)
		e = usd18_from_contracts(&worth, p->size, i->multiplier, mark,
		    ROUND_FLOOR);
	return e != ERR_OK ? e : profit_drift(&b->own[i->factor], b, pnl,
	    worth);
}

enum err
bounding_equity(struct bounding *b)
{
	const struct vault *v = b->n->vault;
	enum err e = ERR_OK;

	if (v->order_count != 0 || ppb_to_raw(b->n->rules->standard.
	    profit_weight) > PPB_ONE_RAW)
		b->is_lost = true;
	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++)
		e = collateral_drift(b, i);
	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++)
		e = debt_drift(b, i);
	for (size_t i = 0; i < v->position_count && e == ERR_OK; i++)
		e = position_drift(b, node_position(b->n, i));
	return e;
}
