#include "margin/optimise_deposit.h"

#include <string.h>

#include "base/must.h"

/* Of any one asset at most this many times what would do at its first
 * haircut. */
#define AVAILABLE_TIMES 4

/* cautious_price: what initial margin counts a token at. */
static struct px18
cautious_price(const struct market_price *p)
{
	struct px18 px = px18_min(p->price.low, p->price.mid);

	if (p->has_twap)
		px = px18_min(px, p->twap);
	return p->has_stable ? px18_min(px, p->stable) : px;
}

static const struct leg *
leg_held(const struct vault *v, uint8_t asset)
{
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].asset == asset)
			return &v->collateral[i];
	return NULL;
}

/* source_cap: what of `available` a cap leaves room for. */
static enum err
source_cap(struct usd18 *available, const struct asset *a, struct usd18 held)
{
	struct usd18 room;
	enum err e;

	if (!a->risk.has_cap)
		return ERR_OK;
	e = usd18_sub(&room, a->risk.cap, held);
	if (e == ERR_OK)
		*available = usd18_max(usd18_min(*available, room),
		    usd18_zero());
	return e;
}

/* source_of: an asset as a source of a shortfall; ltv above zero. */
static enum err
source_of(struct topup_source *out, const struct snapshot *s,
    const struct vault *v, uint8_t asset, struct usd18 shortfall,
    const struct optimise_rules *r)
{
	const struct asset *a = &s->book->assets[asset];
	const struct leg *leg = leg_held(v, asset);
	struct ppb ltv = a->rules[v->mode].ltv;
	struct collateral_curve curve;
	struct usd18 held, available;
	struct num18 rate;
	i128 most, cost;
	enum err e = muldiv_i128(&most, usd18_to_raw(shortfall),
	    AVAILABLE_TIMES * (i128)PPB_ONE_RAW, ppb_to_raw(ltv), ROUND_CEIL);

	available = usd18_from_raw(most);
	if (e == ERR_OK)
		e = usd18_from_atoms(&held, leg ? leg->amount : 0,
		    a->decimals, s->market->asset[asset].price.mid,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = source_cap(&available, a, held);
	if (e == ERR_OK)
		e = collateral_curve_of(&curve, a, v->mode,
		    a->risk.volatility, &s->rules->collateral);
	if (e == ERR_OK)
		e = optimise_rate_of_asset(&rate, a, v->mode, usd18_zero(),
		    r);
	if (e == ERR_OK)
		e = muldiv_i128(&cost, num18_to_raw(rate), PPB_ONE_RAW,
		    (i128)WAD_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK && cost > (i128)PPB_ONE_RAW)
		cost = PPB_ONE_RAW;
	if (e != ERR_OK)
		return e;
	*out = (struct topup_source){ .asset = a->id,
	    .cost = ppb_from_raw((uint32_t)cost) };
	if (!num18_is_zero(curve.slope))
		return topup_segments(out, &curve, held, available,
		    TOPUP_SEGMENTS_MAX);
	out->segment[0] = (struct topup_segment){ available, curve.base };
	out->count = !usd18_is_zero(available);
	return ERR_OK;
}

/* sources_of: every asset that has a price, counts and may be deposited. */
static enum err
sources_of(struct deposit_work *work, const struct snapshot *s,
    const struct vault *v, struct usd18 shortfall,
    const struct optimise_rules *r)
{
	bool is_full = v->collateral_count == BOOK_LEGS_MAX;
	enum err e = ERR_OK;

	work->count = 0;
	for (uint8_t i = 0; i < s->book->asset_count && e == ERR_OK; i++) {
		const struct market_price *p = &s->market->asset[i];
		const struct leg *leg = leg_held(v, i);
		struct ppb ltv = s->book->assets[i].rules[v->mode].ltv;

		if (p->price.status == PRICE_REFUSED ||
		    px18_is_zero(cautious_price(p)) || ppb_to_raw(ltv) == 0 ||
		    (leg ? leg->lien != 0 : is_full))
			continue;
		work->asset[work->count] = i;
		e = source_of(&work->source[work->count++], s, v, i,
		    shortfall, r);
	}
	return e;
}

/* ---- one choice --------------------------------------------------------- */

static enum err
part_of(struct deposit_part *out, const struct snapshot *s,
    const struct topup_source *source, uint8_t asset, struct usd18 use)
{
	const struct asset *a = &s->book->assets[asset];
	const struct market_price *p = &s->market->asset[asset];
	struct deposit_part part = { .asset = asset };
	enum err e = atoms_from_usd18(&part.atoms, use, a->decimals,
	    cautious_price(p), ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_from_atoms(&part.value, part.atoms, a->decimals,
		    p->price.mid, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&part.cost, part.value, source->cost,
		    ROUND_CEIL);
	if (e == ERR_OK)
		*out = part;
	return e;
}

/* parts_do deposits what the choice uses. */
static enum err
parts_do(struct deposit_plan *p, struct whatif *w, const struct snapshot *s,
    const struct deposit_work *work)
{
	struct action_effect effect;
	enum err e = ERR_OK;

	p->count = 0;
	p->cost = usd18_zero();
	for (size_t i = 0; i < work->count && e == ERR_OK; i++) {
		struct deposit_part *part = &p->part[p->count];
		struct action a = { .kind = ACTION_DEPOSIT,
		    .asset = work->asset[i] };

		if (usd18_is_zero(work->plan.use[i]))
			continue;
		if (p->count == BOOK_LEGS_MAX)
			return ERR_LIMIT;
		e = part_of(part, s, &work->source[i], a.asset,
		    work->plan.use[i]);
		a.amount = part->atoms;
		if (e == ERR_OK)
			e = whatif_do(w, &effect, &a);
		if (e == ERR_OK)
			e = usd18_add(&p->cost, p->cost, part->cost);
		p->count++;
	}
	return e;
}

static enum err
measure(struct action_metrics *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	struct margin_result r;
	enum err e = margin_evaluate(&r, s, slot, method);

	if (e == ERR_OK && r.status.is_stale)
		e = ERR_STALE;
	if (e == ERR_OK && r.is_refused)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		*out = whatif_metrics(&r);
	return e;
}

/* The choice that is being made. */
struct till {
	struct deposit_plan *plan;
	struct whatif *w;
	const struct snapshot *s;
	enum margin_method method;
	struct deposit_work *work;
	const struct whatif_mark *start;
};

/* till_try chooses what counts for `needed`, deposits it and measures. */
static enum err
till_try(struct till *t, struct usd18 needed, bool *is_enough)
{
	enum err e = topup_plan_of(&t->work->plan, t->work->source,
	    t->work->count, needed);

	whatif_return(t->w, t->start);
	if (e == ERR_OK)
		e = parts_do(t->plan, t->w, t->s, t->work);
	if (e == ERR_OK)
		e = measure(&t->plan->after, t->s, t->w->slot, t->method);
	if (e == ERR_OK)
		*is_enough = !usd18_is_negative(t->plan->after.im_excess);
	return e;
}

/* till_least: of a deposit that does, what is the least that does. */
static enum err
till_least(struct till *t, struct usd18 enough)
{
	i128 low = 0, high = usd18_to_raw(enough);
	bool is_enough;
	enum err e = ERR_OK;

	for (unsigned i = 0; i < DEPOSIT_CUTS_MAX && high - low > 1 &&
	    e == ERR_OK; i++) {
		i128 mid = low + (high - low) / 2;

		e = till_try(t, usd18_from_raw(mid), &is_enough);
		if (e == ERR_OK && is_enough)
			high = mid;
		else
			low = mid;
	}
	return e != ERR_OK ? e : till_try(t, usd18_from_raw(high),
	    &is_enough);
}

/* till_do raises what is asked for until nothing lacks, then cuts it. */
static enum err
till_do(struct till *t)
{
	struct usd18 needed = t->plan->shortfall, lack;
	bool is_enough = false;
	enum err e = ERR_OK;

	for (unsigned i = 0; i < DEPOSIT_ROUNDS_MAX && e == ERR_OK; i++) {
		e = till_try(t, needed, &is_enough);
		if (e == ERR_OK && is_enough)
			return till_least(t, needed);
		/* Twice what lacks: what lacks alone would come ever
		 * nearer and never arrive. */
		if (e == ERR_OK)
			e = usd18_add(&lack, t->plan->after.im_excess,
			    t->plan->after.im_excess);
		if (e == ERR_OK)
			e = usd18_sub(&needed, needed, lack);
	}
	return e != ERR_OK ? e : ERR_REFUSED;
}

enum err
deposit_plan_of(struct deposit_plan *out, struct whatif *w,
    const struct snapshot *s, enum margin_method method,
    const struct optimise_rules *r, struct deposit_work *work)
{
	struct deposit_plan p = { .count = 0 };
	struct whatif_mark start;
	struct till t = { &p, w, s, method, work, &start };
	enum err e;

	MUST(w->is_open && s->book == w->book);
	whatif_keep(&start, w);
	e = measure(&p.before, s, w->slot, method);
	p.after = p.before;
	if (e == ERR_OK && usd18_is_negative(p.before.im_excess)) {
		e = usd18_neg(&p.shortfall, p.before.im_excess);
		if (e == ERR_OK)
			e = sources_of(work, s, &start.vault, p.shortfall, r);
		if (e == ERR_OK)
			e = till_do(&t);
		whatif_return(w, &start);
	}
	if (e == ERR_OK)
		*out = p;
	return e;
}
