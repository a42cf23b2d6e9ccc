#include "margin/portfolio_epoch.h"

#include <string.h>

#include "base/must.h"
#include "margin/collateral.h"
#include "margin/instrument_price.h"
#include "margin/portfolio_drift.h"
#include "margin/surface.h"

#define ALIGN 64u
#define ONE ((i128)WAD_ONE_RAW)
#define BASIS_LEAST_RAW (ONE / 100000)
#define BASIS_MOST_RAW (ONE / 20)
#define HALF_MOST_RAW (ONE / 4)
#define RATIO_LEAST_RAW ((u128)1000000000)
#define RATIO_MOST_RAW (WAD_ONE_RAW * WAD_ONE_RAW)
/* Units that three floors and a quotient of a spread may be off. */
#define SPREAD_ROUNDING 4

/* What is watched of one price. */
struct shape {
	u128 ratio, debt_ratio;	/* over the reference; times the accrual */
	struct num18 half;	/* half-band over mid */
	struct num18 spread;	/* s */
	uint8_t sure;		/* thresholds that its confidence is above */
};

struct epoch_asset {
	struct market_price last;
	struct wad accrual;
	struct shape shape;	/* at the epoch's start */
	struct num18 half_most, spread_most;	/* limits of the epoch */
};

struct epoch_instrument {
	struct market_mark last;
	u128 ratio;		/* of the mark */
	struct usd18 interest;	/* as far as the rules look at it */
	bool has_vol;
	struct num18 vol;	/* of an option */
};

struct epoch_factor {
	struct market_factor last;
	struct market_price reference;
	bool has_reference;	/* at this move */
	bool is_reference_fit;	/* at this move */
	bool is_fit, is_dated_fit;
	bool has_new_slices;	/* at this move */
	uint8_t sure;
	struct num18 half;	/* of the reference, at this move */
	struct num18 half_most;	/* its limit of the epoch */
	u128 forward_ratio[MARKET_EXPIRIES_MAX];
	uint8_t forward_sure[MARKET_EXPIRIES_MAX];
	uint8_t slice_sure[MARKET_EXPIRIES_MAX];
	uint64_t slice_expiry_ms[MARKET_EXPIRIES_MAX];
	struct market_forward forward[MARKET_EXPIRIES_MAX];
	uint32_t forward_count, slice_count;
};

struct portfolio_slack
portfolio_slack_default(void)
{
	return (struct portfolio_slack){
		.band = num18_from_raw(ONE / 400),
		.basis = num18_from_raw(ONE / 500),
		.vol = num18_from_raw(ONE / 50),
	};
}

struct layout {
	size_t asset, instrument, factor, all;
};

static size_t
aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static struct layout
layout_of(const struct portfolio_epoch_limits *l)
{
	struct layout y;

	MUST(l->factors <= BOOK_FACTORS_MAX && l->assets <= BOOK_ASSETS_MAX &&
	    l->instruments <= INSTRUMENTS_MAX);
	y.asset = 0;
	y.instrument = y.asset + aligned(l->assets *
	    sizeof(struct epoch_asset));
	y.factor = y.instrument + aligned(l->instruments *
	    sizeof(struct epoch_instrument));
	y.all = y.factor + aligned(l->factors * sizeof(struct epoch_factor));
	return y;
}

size_t
portfolio_epoch_bytes(const struct portfolio_epoch_limits *l)
{
	return layout_of(l).all;
}

void
portfolio_epoch_init(struct portfolio_epoch *e, void *arena,
    const struct portfolio_epoch_limits *l, const struct portfolio_slack *slack)
{
	struct layout y = layout_of(l);
	uint8_t *at = arena;

	MUST(!num18_is_negative(slack->band) &&
	    num18_to_raw(slack->band) <= HALF_MOST_RAW);
	MUST(num18_to_raw(slack->basis) >= BASIS_LEAST_RAW &&
	    num18_to_raw(slack->basis) <= BASIS_MOST_RAW);
	MUST(!num18_is_negative(slack->vol) &&
	    num18_to_raw(slack->vol) <= PORTFOLIO_BOUND_VOL_MAX_RAW);
	memset(e, 0, sizeof(*e));
	e->limits = *l;
	e->slack = *slack;
	e->asset = (void *)(at + y.asset);
	e->instrument = (void *)(at + y.instrument);
	e->factor = (void *)(at + y.factor);
}

void
portfolio_epoch_restart(struct portfolio_epoch *e)
{
	e->has_market = false;
}

/* ---- equal inputs -------------------------------------------------------- */

static bool
is_same(const struct market_price *a, const struct market_price *b)
{
	return price_is_same(&a->price, &b->price) &&
	    a->has_twap == b->has_twap && a->has_stable == b->has_stable &&
	    (!a->has_twap || px18_compare(a->twap, b->twap) == 0) &&
	    (!a->has_stable || px18_compare(a->stable, b->stable) == 0);
}

static bool
forward_is_same(const struct market_forward *a, const struct market_forward *b)
{
	return a->expiry_ms == b->expiry_ms &&
	    px18_compare(a->price, b->price) == 0 &&
	    a->has_fixed == b->has_fixed &&
	    (!a->has_fixed || px18_compare(a->fixed, b->fixed) == 0) &&
	    num18_compare(a->confidence, b->confidence) == 0;
}

static bool
svi_is_same(const struct svi *a, const struct svi *b)
{
	return num18_compare(a->a, b->a) == 0 &&
	    num18_compare(a->b, b->b) == 0 &&
	    num18_compare(a->rho, b->rho) == 0 &&
	    num18_compare(a->m, b->m) == 0 &&
	    num18_compare(a->sigma, b->sigma) == 0 &&
	    px18_compare(a->forward, b->forward) == 0 &&
	    num18_compare(a->tau, b->tau) == 0;
}

static bool
slice_is_same(const struct market_slice *a, const struct market_slice *b)
{
	return a->expiry_ms == b->expiry_ms && a->is_flat == b->is_flat &&
	    (a->is_flat ? num18_compare(a->vol, b->vol) == 0 :
	    svi_is_same(&a->svi, &b->svi)) &&
	    num18_compare(a->confidence, b->confidence) == 0;
}

static bool
slices_are_same(const struct market_factor *a, const struct market_factor *b)
{
	if (a->slice_count != b->slice_count)
		return false;
	for (uint32_t i = 0; i < a->slice_count; i++)
		if (!slice_is_same(&a->slice[i], &b->slice[i]))
			return false;
	return true;
}

static bool
factor_is_same(const struct market_factor *a, const struct market_factor *b)
{
	if (a->is_present != b->is_present ||
	    a->forward_count != b->forward_count ||
	    (a->is_present && !is_same(&a->price, &b->price)) ||
	    a->returns != b->returns || a->return_count != b->return_count)
		return false;
	for (uint32_t i = 0; i < a->forward_count; i++)
		if (!forward_is_same(&a->forward[i], &b->forward[i]))
			return false;
	return slices_are_same(a, b);
}

static bool
mark_is_same(const struct market_mark *a, const struct market_mark *b)
{
	return a->has_mark == b->has_mark &&
	    a->has_open_interest == b->has_open_interest &&
	    (!a->has_mark || px18_compare(a->mark, b->mark) == 0) &&
	    (!a->has_open_interest || usd18_compare(a->open_interest,
	    b->open_interest) == 0);
}

/* ---- the shape of a price ------------------------------------------------ */

static uint8_t
sure_of(struct num18 confidence, const struct rules *r)
{
	const struct num18 threshold[] = {
		r->standard.oracle.linear_threshold,
		r->standard.oracle.option_threshold,
		r->scenario.other.conf_threshold,
	};
	unsigned bits = 0;

	for (unsigned i = 0; i < ARRAY_COUNT(threshold); i++)
		if (bounding_is_sure(confidence, threshold[i]))
			bits |= 1u << i;
	return (uint8_t)bits;
}

static bool
ratio_is_fit(u128 ratio)
{
	return ratio >= RATIO_LEAST_RAW && ratio <= RATIO_MOST_RAW;
}

/* ratio_of: zero where it does not fit. */
static u128
ratio_of(struct px18 p, const struct market_price *reference)
{
	u128 q;

	return muldiv_u128(&q, px18_to_raw(p), WAD_ONE_RAW,
	    px18_to_raw(reference->price.mid), ROUND_FLOOR) == ERR_OK ? q : 0;
}

/* half_of: false where the band is no band, or too wide. */
static bool
half_of(struct num18 *out, const struct price *p)
{
	struct num18 v;

	if (px18_is_zero(p->mid) || collateral_confidence(&v, p) != ERR_OK ||
	    num18_to_raw(v) > HALF_MOST_RAW)
		return false;
	*out = v;
	return true;
}

/* spread_of: by how much more one end of the band is off than the
 * reference's.  Both are within a quarter of their mids. */
static struct num18
spread_of(struct px18 end, struct px18 mid, struct px18 reference_end,
    struct px18 reference_mid)
{
	u128 own, other, spread;

	MUST(muldiv_u128(&own, px18_to_raw(end), WAD_ONE_RAW,
	    px18_to_raw(mid), ROUND_FLOOR) == ERR_OK);
	MUST(muldiv_u128(&other, px18_to_raw(reference_end), WAD_ONE_RAW,
	    px18_to_raw(reference_mid), ROUND_FLOOR) == ERR_OK);
	MUST(muldiv_u128(&spread, own > other ? own - other : other - own,
	    WAD_ONE_RAW, other, ROUND_CEIL) == ERR_OK);
	return num18_from_raw((i128)spread + SPREAD_ROUNDING);
}

static struct num18
larger(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) > 0 ? a : b;
}

/* shape_of an asset that is not refused, on a factor whose reference is fit;
 * false where it is not fit itself. */
static bool
shape_of(struct shape *out, const struct price *p, struct wad accrual,
    const struct market_price *reference, const struct rules *r)
{
	const struct price *f = &reference->price;
	struct shape v;

	if (!half_of(&v.half, p))
		return false;
	v.ratio = ratio_of(p->mid, reference);
	if (muldiv_u128(&v.debt_ratio, v.ratio, wad_to_raw(accrual),
	    WAD_ONE_RAW, ROUND_FLOOR) != ERR_OK || !ratio_is_fit(v.ratio) ||
	    !ratio_is_fit(v.debt_ratio))
		return false;
	v.spread = larger(spread_of(p->low, p->mid, f->low, f->mid),
	    spread_of(p->high, p->mid, f->high, f->mid));
	v.sure = sure_of(num18_from_raw(ONE - num18_to_raw(v.half)), r);
	*out = v;
	return true;
}

/* is_near: within a third of basis of the epoch's. */
static bool
is_near(const struct portfolio_epoch *e, u128 now, u128 then)
{
	u128 off = now > then ? now - then : then - now, most;

	MUST(muldiv_u128(&most, then, (u128)num18_to_raw(e->slack.basis) / 3,
	    WAD_ONE_RAW, ROUND_FLOOR) == ERR_OK);
	return off <= most;
}

/* interest_of: what the rules see of the open interest. */
static struct usd18
interest_of(const struct market_mark *m, const struct rules *r)
{
	const struct linear_rules *l = &r->standard.linear;

	if (usd18_is_zero(l->open_interest_upper) || !m->has_open_interest)
		return usd18_zero();
	return usd18_max(l->open_interest_lower,
	    usd18_min(m->open_interest, l->open_interest_upper));
}

/* ---- one move ------------------------------------------------------------ */

struct moving {
	struct portfolio_epoch *e;
	const struct book *b;
	const struct market *m;
	const struct rules *r;
	uint64_t begins, begins_dated;	/* epochs to begin from here */
};

static uint64_t
bit_of(uint8_t factor)
{
	return UINT64_C(1) << factor;
}

static const struct market_factor *
factor_now(const struct moving *k, uint32_t f)
{
	static const struct market_factor none;

	return k->m->terms ? &k->m->terms->factor[f] : &none;
}

static const struct market_mark *
mark_now(const struct moving *k, uint32_t i)
{
	static const struct market_mark none;

	return k->m->terms ? &k->m->terms->mark[i] : &none;
}

static bool
rates_are_same(const struct portfolio_epoch *e, const struct market_terms *t)
{
	uint32_t count = t ? t->rate_count : 0;

	if (e->rate_count != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (e->rate[i].expiry_ms != t->rate[i].expiry_ms ||
		    num18_compare(e->rate[i].rate, t->rate[i].rate) != 0)
			return false;
	return true;
}

static void
rates_note(struct portfolio_epoch *e, const struct market *m)
{
	e->as_of_ms = m->as_of_ms;
	e->rate_count = m->terms ? m->terms->rate_count : 0;
	for (uint32_t i = 0; i < e->rate_count; i++)
		e->rate[i] = m->terms->rate[i];
}

/* what_moved: of every factor, whether anything of it changed at all. */
static void
what_moved(struct moving *k)
{
	struct portfolio_epoch *e = k->e;

	for (uint8_t f = 0; f < k->b->factor_count; f++) {
		const struct market_factor *now = factor_now(k, f);

		e->factor[f].has_new_slices = !slices_are_same(
		    &e->factor[f].last, now);
		if (!factor_is_same(&e->factor[f].last, now))
			e->moved |= bit_of(f);
	}
	for (uint32_t i = 0; i < k->b->asset_count; i++)
		if (!is_same(&e->asset[i].last, &k->m->asset[i]) ||
		    wad_compare(e->asset[i].accrual, k->b->accrual[i]) != 0)
			e->moved |= bit_of(k->b->assets[i].factor);
	for (uint32_t i = 0; i < k->b->instrument_count; i++)
		if (!mark_is_same(&e->instrument[i].last, mark_now(k, i)))
			e->moved |= bit_of(k->b->instruments[i].factor);
}

/* limit_set: of a new epoch, or lower where what it limits has become less. */
static void
limit_set(struct num18 *most, struct num18 now, i128 slack, bool is_new)
{
	i128 v = num18_to_raw(now);

	if (is_new || num18_to_raw(*most) > v + 2 * slack)
		*most = num18_from_raw(v + slack);
}

static void
limits_set(struct epoch_asset *a, const struct portfolio_epoch *e,
    const struct shape *v, bool is_new)
{
	limit_set(&a->half_most, v->half, num18_to_raw(e->slack.band),
	    is_new);
	limit_set(&a->spread_most, v->spread, num18_to_raw(e->slack.basis) / 4,
	    is_new);
}

/* reference_move: false where another price took its place, it was or is
 * refused, or its band leaves the epoch's. */
static bool
reference_move(struct moving *k, uint8_t f)
{
	struct epoch_factor *o = &k->e->factor[f];
	bool was_present = o->last.is_present, had = o->has_reference;
	uint8_t sure = 0;

	o->has_reference = point_factor_mid(&o->reference, k->b, k->m, f) ==
	    ERR_OK && !px18_is_zero(o->reference.price.mid);
	o->is_reference_fit = o->has_reference && half_of(&o->half,
	    &o->reference.price);
	if (o->is_reference_fit)
		sure = sure_of(num18_from_raw(ONE - num18_to_raw(o->half)),
		    k->r);
	if (was_present != factor_now(k, f)->is_present ||
	    had != o->has_reference)
		return false;
	if (!o->is_fit)
		return true;
	if (!o->is_reference_fit || sure != o->sure ||
	    num18_compare(o->half, o->half_most) > 0)
		return false;
	limit_set(&o->half_most, o->half, num18_to_raw(k->e->slack.band),
	    false);
	return true;
}

static bool
asset_holds(const struct moving *k, uint32_t i)
{
	const struct market_price *p = &k->m->asset[i];
	struct epoch_asset *a = &k->e->asset[i];
	struct epoch_factor *o = &k->e->factor[k->b->assets[i].factor];
	bool is_refused = p->price.status == PRICE_REFUSED;
	struct shape v;

	if (is_refused != (a->last.price.status == PRICE_REFUSED) ||
	    p->has_twap != a->last.has_twap ||
	    p->has_stable != a->last.has_stable)
		return false;
	if (is_refused || !o->is_fit)
		return true;
	if (!o->is_reference_fit || !shape_of(&v, &p->price,
	    k->b->accrual[i], &o->reference, k->r))
		return false;
	if (!is_near(k->e, v.ratio, a->shape.ratio) ||
	    !is_near(k->e, v.debt_ratio, a->shape.debt_ratio) ||
	    v.sure != a->shape.sure ||
	    num18_compare(v.half, a->half_most) > 0 ||
	    num18_compare(v.spread, a->spread_most) > 0)
		return false;
	limits_set(a, k->e, &v, false);
	return true;
}

static bool
mark_holds(const struct moving *k, uint32_t i)
{
	const struct market_mark *now = mark_now(k, i);
	const struct epoch_instrument *a = &k->e->instrument[i];
	const struct epoch_factor *o =
	    &k->e->factor[k->b->instruments[i].factor];

	if (now->has_mark != a->last.has_mark || usd18_compare(
	    interest_of(now, k->r), a->interest) != 0)
		return false;
	return !now->has_mark || !o->is_fit || (o->has_reference && is_near(
	    k->e, ratio_of(now->mark, &o->reference), a->ratio));
}

/* vol_now: false where an option has none, or is over. */
static bool
vol_now(struct num18 *out, const struct moving *k, const struct instrument *i)
{
	struct num18 confidence;

	return !instrument_is_pending(i, k->m) && surface_vol(out,
	    &confidence, factor_now(k, i->factor), i->strike, i->expiry_ms,
	    k->m->as_of_ms) == ERR_OK;
}

static bool
vol_holds(const struct moving *k, uint32_t i)
{
	const struct epoch_instrument *a = &k->e->instrument[i];
	struct num18 vol, off;
	bool has_vol = vol_now(&vol, k, &k->b->instruments[i]);

	if (has_vol != a->has_vol)
		return false;
	return !has_vol || (num18_sub(&off, vol, a->vol) == ERR_OK &&
	    num18_to_raw(num18_magnitude(off)) <=
	    num18_to_raw(k->e->slack.vol) / 2);
}

static bool
forwards_hold(const struct moving *k, uint8_t f)
{
	const struct epoch_factor *o = &k->e->factor[f];
	const struct market_factor *now = factor_now(k, f);

	if (now->forward_count != o->forward_count ||
	    now->slice_count != o->slice_count)
		return false;
	for (uint32_t i = 0; i < now->slice_count; i++)
		if (now->slice[i].expiry_ms != o->slice_expiry_ms[i] ||
		    sure_of(now->slice[i].confidence, k->r) !=
		    o->slice_sure[i])
			return false;
	for (uint32_t i = 0; i < now->forward_count; i++) {
		const struct market_forward *w = &now->forward[i];
		const struct market_forward *then = &o->forward[i];

		if (w->expiry_ms != then->expiry_ms ||
		    w->has_fixed != then->has_fixed || (w->has_fixed &&
		    px18_compare(w->fixed, then->fixed) != 0) ||
		    sure_of(w->confidence, k->r) != o->forward_sure[i])
			return false;
		if (o->is_fit && o->is_dated_fit && (!o->has_reference ||
		    !is_near(k->e, ratio_of(w->price, &o->reference),
		    o->forward_ratio[i])))
			return false;
	}
	return true;
}

/* what_holds: epochs of what moved. */
static void
what_holds(struct moving *k)
{
	struct portfolio_epoch *e = k->e;

	for (uint8_t f = 0; f < k->b->factor_count; f++) {
		if ((e->moved >> f & 1) == 0)
			continue;
		if (!reference_move(k, f))
			e->plain |= bit_of(f);
		if (!forwards_hold(k, f))
			e->dated |= bit_of(f);
	}
	for (uint32_t i = 0; i < k->b->asset_count; i++) {
		uint8_t f = k->b->assets[i].factor;

		if ((e->moved >> f & 1) != 0 && !asset_holds(k, i))
			e->plain |= bit_of(f);
	}
	for (uint32_t i = 0; i < k->b->instrument_count; i++) {
		const struct instrument *n = &k->b->instruments[i];
		uint64_t bit = bit_of(n->factor);

		if ((e->moved & bit) == 0)
			continue;
		if ((e->plain & bit) == 0 && !mark_holds(k, i))
			e->plain |= bit;
		if (n->kind == INSTRUMENT_OPTION && (e->dated & bit) == 0 &&
		    e->factor[n->factor].has_new_slices && !vol_holds(k, i))
			e->dated |= bit;
	}
	e->dated |= e->plain;
}

/* ---- epochs that begin --------------------------------------------------- */

static void
forwards_begin(const struct moving *k, uint8_t f)
{
	struct epoch_factor *o = &k->e->factor[f];
	const struct market_factor *now = factor_now(k, f);

	o->is_dated_fit = o->has_reference;
	o->forward_count = now->forward_count;
	o->slice_count = now->slice_count;
	for (uint32_t i = 0; i < now->slice_count; i++) {
		o->slice_expiry_ms[i] = now->slice[i].expiry_ms;
		o->slice_sure[i] = sure_of(now->slice[i].confidence, k->r);
	}
	for (uint32_t i = 0; i < now->forward_count; i++) {
		o->forward[i] = now->forward[i];
		o->forward_sure[i] = sure_of(now->forward[i].confidence, k->r);
		o->forward_ratio[i] = o->has_reference ?
		    ratio_of(now->forward[i].price, &o->reference) : 0;
		o->is_dated_fit &= ratio_is_fit(o->forward_ratio[i]);
	}
}

static void
factor_begin(const struct moving *k, uint8_t f)
{
	struct epoch_factor *o = &k->e->factor[f];

	o->is_fit = o->is_reference_fit;
	if (!o->is_fit)
		return;
	o->sure = sure_of(num18_from_raw(ONE - num18_to_raw(o->half)), k->r);
	limit_set(&o->half_most, o->half, num18_to_raw(k->e->slack.band),
	    true);
}

static void
asset_begin(const struct moving *k, uint32_t i)
{
	const struct market_price *p = &k->m->asset[i];
	struct epoch_asset *a = &k->e->asset[i];
	struct epoch_factor *o = &k->e->factor[k->b->assets[i].factor];

	if (!o->is_fit || p->price.status == PRICE_REFUSED)
		return;
	o->is_fit = shape_of(&a->shape, &p->price, k->b->accrual[i],
	    &o->reference, k->r);
	if (o->is_fit)
		limits_set(a, k->e, &a->shape, true);
}

static void
mark_begin(const struct moving *k, uint32_t i)
{
	const struct market_mark *now = mark_now(k, i);
	struct epoch_instrument *a = &k->e->instrument[i];
	struct epoch_factor *o = &k->e->factor[k->b->instruments[i].factor];

	a->interest = interest_of(now, k->r);
	if (!now->has_mark || !o->is_fit)
		return;
	a->ratio = ratio_of(now->mark, &o->reference);
	o->is_fit = ratio_is_fit(a->ratio);
}

static void
epochs_begin(const struct moving *k)
{
	struct portfolio_epoch *e = k->e;

	for (uint8_t f = 0; f < k->b->factor_count; f++) {
		if (k->begins >> f & 1)
			factor_begin(k, f);
		if (k->begins_dated >> f & 1)
			forwards_begin(k, f);
	}
	for (uint32_t i = 0; i < k->b->asset_count; i++)
		if (k->begins >> k->b->assets[i].factor & 1)
			asset_begin(k, i);
	for (uint32_t i = 0; i < k->b->instrument_count; i++) {
		const struct instrument *n = &k->b->instruments[i];
		struct epoch_instrument *a = &e->instrument[i];

		if (k->begins >> n->factor & 1)
			mark_begin(k, i);
		if (n->kind == INSTRUMENT_OPTION &&
		    (k->begins_dated >> n->factor & 1) != 0)
			a->has_vol = vol_now(&a->vol, k, n);
	}
}

/* market_note: what the next move is compared with. */
static void
market_note(const struct moving *k)
{
	struct portfolio_epoch *e = k->e;

	for (uint8_t f = 0; f < k->b->factor_count; f++) {
		struct market_factor *to = &e->factor[f].last;
		const struct market_factor *now = factor_now(k, f);

		if ((e->moved >> f & 1) == 0)
			continue;
		to->is_present = now->is_present;
		to->price = now->price;
		to->returns = now->returns;
		to->return_count = now->return_count;
		to->forward_count = now->forward_count;
		to->slice_count = now->slice_count;
		for (uint32_t i = 0; i < now->forward_count; i++)
			to->forward[i] = now->forward[i];
		if (e->factor[f].has_new_slices)
			for (uint32_t i = 0; i < now->slice_count; i++)
				to->slice[i] = now->slice[i];
	}
	for (uint32_t i = 0; i < k->b->asset_count; i++)
		if (e->moved >> k->b->assets[i].factor & 1) {
			e->asset[i].last = k->m->asset[i];
			e->asset[i].accrual = k->b->accrual[i];
		}
	for (uint32_t i = 0; i < k->b->instrument_count; i++)
		if (e->moved >> k->b->instruments[i].factor & 1)
			e->instrument[i].last = *mark_now(k, i);
	rates_note(e, k->m);
	e->has_market = true;
}

void
portfolio_epoch_move(struct portfolio_epoch *e, const struct snapshot *s)
{
	struct moving k = { .e = e, .b = s->book, .m = s->market,
		.r = s->rules };
	uint64_t all = k.b->factor_count == 64 ? UINT64_MAX :
	    (UINT64_C(1) << k.b->factor_count) - 1;

	MUST(k.b->factor_count <= e->limits.factors &&
	    k.b->asset_count <= e->limits.assets &&
	    k.b->instrument_count <= e->limits.instruments &&
	    k.m->count == k.b->asset_count);
	e->moved = e->plain = e->dated = 0;
	what_moved(&k);
	if (!e->has_market || k.m->as_of_ms != e->as_of_ms ||
	    !rates_are_same(e, k.m->terms))
		e->dated = e->moved = all;
	if (!e->has_market)
		e->plain = all;
	what_holds(&k);
	k.begins = e->plain;
	/* What is not fit may have become so; nobody waits for it. */
	for (uint8_t f = 0; f < k.b->factor_count; f++)
		if ((e->moved >> f & 1) != 0 && !e->factor[f].is_fit)
			k.begins |= bit_of(f);
	k.begins_dated = k.begins | e->dated;
	for (uint8_t f = 0; f < k.b->factor_count; f++)
		if ((e->moved >> f & 1) != 0 && !e->factor[f].is_dated_fit)
			k.begins_dated |= bit_of(f);
	epochs_begin(&k);
	market_note(&k);
}

bool
portfolio_epoch_reference(struct px18 *out, const struct portfolio_epoch *e,
    uint8_t factor)
{
	const struct epoch_factor *o = &e->factor[factor];

	MUST(factor < e->limits.factors);
	if (o->has_reference)
		*out = o->reference.price.mid;
	return o->has_reference;
}

bool
portfolio_epoch_room(struct portfolio_room *out,
    const struct portfolio_epoch *e, const struct vault *v, uint64_t factors,
    bool is_dated)
{
	struct num18 band = num18_zero(), spread = num18_zero();

	for (uint64_t left = factors; left != 0; left &= left - 1) {
		const struct epoch_factor *o =
		    &e->factor[__builtin_ctzll(left)];

		if (!o->is_fit || (is_dated && !o->is_dated_fit))
			return false;
		band = larger(band, o->half_most);
	}
	for (size_t i = 0; i < (size_t)v->collateral_count + v->debt_count;
	    i++) {
		const struct epoch_asset *a = &e->asset[i <
		    v->collateral_count ? v->collateral[i].asset :
		    v->debt[i - v->collateral_count].asset];

		band = larger(band, a->half_most);
		spread = larger(spread, a->spread_most);
	}
	*out = (struct portfolio_room){ .band = band,
		.basis = num18_from_raw(num18_to_raw(e->slack.basis) +
		    num18_to_raw(spread) * 4 / 3 + 1),
		.vol = e->slack.vol };
	return true;
}
