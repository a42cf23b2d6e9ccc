#include "margin/action.h"

#include <string.h>

#include "base/must.h"
#include "margin/ratio.h"

const char *
action_reason_name(enum action_reason r)
{
	switch (r) {
	case ACTION_OK: return "OK";
	case ACTION_RISK_REDUCING: return "RISK_REDUCING";
	case ACTION_CASH_OUT: return "CASH_OUT";
	case ACTION_EXCESS_FALLS: return "EXCESS_FALLS";
	case ACTION_REQUIREMENT_RISES: return "REQUIREMENT_RISES";
	case ACTION_PRICE: return "PRICE";
	}
	return "UNNAMED";
}

struct action_verdict
action_verdict(const struct action_metrics *before,
    const struct action_metrics *after, bool is_cash_out)
{
	enum action_reason reason;

	if (before->is_unpriced || after->is_unpriced)
		reason = ACTION_PRICE;
	else if (!usd18_is_negative(after->im_excess))
		reason = ACTION_OK;
	else if (is_cash_out)
		reason = ACTION_CASH_OUT;
	else if (usd18_compare(after->mm_excess, before->mm_excess) < 0)
		reason = ACTION_EXCESS_FALLS;
	else if (usd18_compare(after->mmr, before->mmr) > 0)
		reason = ACTION_REQUIREMENT_RISES;
	else
		reason = ACTION_RISK_REDUCING;
	return (struct action_verdict){
		.is_accepted = reason == ACTION_OK ||
		    reason == ACTION_RISK_REDUCING,
		.reason = reason,
	};
}

struct wad
action_post_margin(const struct action_metrics *after)
{
	struct usd18 one = usd18_from_raw((i128)WAD_ONE_RAW), ae;

	if (usd18_add(&ae, after->im_excess, after->imr) != ERR_OK)
		return wad_from_raw(usd18_is_negative(after->imr) ? 0 :
		    U128_MAX - 1);
	if (usd18_is_negative(ae))
		return wad_from_raw(0);
	return ratio_floor(ae, usd18_max(one, after->imr));
}

bool
action_is_cash_out(const struct action *a)
{
	return a->kind == ACTION_WITHDRAW || a->kind == ACTION_BORROW;
}

/* ---- legs --------------------------------------------------------------- */

/* legs_find: where the asset's leg is, or where it belongs. */
static size_t
legs_find(const struct leg *legs, size_t count, uint8_t asset)
{
	size_t i = 0;

	while (i < count && legs[i].asset < asset)
		i++;
	return i;
}

static bool
legs_have(const struct leg *legs, size_t count, size_t at, uint8_t asset)
{
	return at < count && legs[at].asset == asset;
}

static enum err
legs_insert(struct leg *legs, uint8_t *count, size_t at, struct leg leg)
{
	if (*count == BOOK_LEGS_MAX)
		return ERR_LIMIT;
	memmove(&legs[at + 1], &legs[at], (*count - at) * sizeof(*legs));
	legs[at] = leg;
	(*count)++;
	return ERR_OK;
}

static void
legs_remove(struct leg *legs, uint8_t *count, size_t at)
{
	(*count)--;
	memmove(&legs[at], &legs[at + 1], (*count - at) * sizeof(*legs));
}

static enum err
collateral_add(struct vault *v, uint8_t asset, u128 atoms)
{
	size_t at = legs_find(v->collateral, v->collateral_count, asset);

	if (atoms == 0)
		return ERR_OK;
	if (!legs_have(v->collateral, v->collateral_count, at, asset))
		return legs_insert(v->collateral, &v->collateral_count, at,
		    (struct leg){ .asset = asset, .amount = atoms,
		    .index = wad_one() });
	if (v->collateral[at].lien != 0)
		return ERR_STATE;
	if (__builtin_add_overflow(v->collateral[at].amount, atoms,
	    &v->collateral[at].amount))
		return ERR_RANGE;
	return ERR_OK;
}

/* collateral_take takes what there is, up to atoms, and says how much. */
static enum err
collateral_take(u128 *taken, struct vault *v, uint8_t asset, u128 atoms)
{
	size_t at = legs_find(v->collateral, v->collateral_count, asset);
	struct leg *leg = &v->collateral[at];

	*taken = 0;
	if (!legs_have(v->collateral, v->collateral_count, at, asset))
		return ERR_UNKNOWN;
	if (leg->lien != 0)
		return ERR_STATE;
	*taken = atoms < leg->amount ? atoms : leg->amount;
	leg->amount -= *taken;
	if (leg->amount == 0)
		legs_remove(v->collateral, &v->collateral_count, at);
	return ERR_OK;
}

/* debt_add: shares that owe the atoms at least, of the leg that is there or of
 * the index given. */
static enum err
debt_add(struct vault *v, const struct book *b, uint8_t asset, u128 atoms,
    struct wad index)
{
	size_t at = legs_find(v->debt, v->debt_count, asset);
	bool is_there = legs_have(v->debt, v->debt_count, at, asset);
	u128 shares;
	enum err e;

	if (atoms == 0)
		return ERR_OK;
	if (is_there)
		index = v->debt[at].index;
	e = book_debt_shares(&shares, b, asset, index, atoms, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	if (!is_there)
		return legs_insert(v->debt, &v->debt_count, at,
		    (struct leg){ .asset = asset, .amount = shares,
		    .index = index });
	if (__builtin_add_overflow(v->debt[at].amount, shares,
	    &v->debt[at].amount))
		return ERR_RANGE;
	return ERR_OK;
}

static enum err
debt_repay(struct vault *v, const struct book *b, uint8_t asset, u128 atoms)
{
	size_t at = legs_find(v->debt, v->debt_count, asset);
	u128 owed, shares;
	enum err e;

	if (!legs_have(v->debt, v->debt_count, at, asset))
		return ERR_UNKNOWN;
	e = book_debt_atoms(&owed, b, &v->debt[at]);
	if (e != ERR_OK)
		return e;
	if (atoms > owed)
		return ERR_RANGE;
	if (atoms == owed) {	/* the last share goes with the last atom */
		legs_remove(v->debt, &v->debt_count, at);
		return ERR_OK;
	}
	e = book_debt_shares(&shares, b, asset, v->debt[at].index, atoms,
	    ROUND_FLOOR);
	if (e == ERR_OK)
		v->debt[at].amount -= shares;
	return e;
}

static enum err
withdraw(struct vault *v, uint8_t asset, u128 atoms)
{
	u128 taken;
	enum err e = collateral_take(&taken, v, asset, atoms);

	if (e == ERR_OK && taken != atoms)
		return ERR_RANGE;
	return e;
}

/* ---- what a trade settles ----------------------------------------------- */

static enum err
settle_atoms(struct vault *v, const struct book *b, const struct action *a,
    bool is_gain, u128 atoms)
{
	u128 taken;
	enum err e;

	if (is_gain)
		return collateral_add(v, a->asset, atoms);
	e = collateral_take(&taken, v, a->asset, atoms);
	if (e != ERR_OK && e != ERR_UNKNOWN)
		return e;
	return debt_add(v, b, a->asset, atoms - taken, a->index);
}

static enum err
settle_usd(struct vault *v, const struct book *b, const struct action *a,
    struct usd18 realised)
{
	bool is_gain = !usd18_is_negative(realised);
	struct usd18 amount = realised;
	u128 atoms;
	enum err e = is_gain ? ERR_OK : usd18_neg(&amount, realised);

	if (e == ERR_OK && !usd18_is_zero(amount)) {
		e = atoms_from_usd18(&atoms, amount,
		    b->assets[a->asset].decimals, a->settle_price,
		    is_gain ? ROUND_FLOOR : ROUND_CEIL);
		if (e == ERR_OK)
			e = settle_atoms(v, b, a, is_gain, atoms);
	}
	return e;
}

static enum err
settle_coin(struct vault *v, const struct book *b, const struct action *a,
    struct num18 realised)
{
	i128 coin = num18_to_raw(realised);
	bool is_gain = coin >= 0;
	u128 atoms;
	enum err e = muldiv_u128(&atoms,
	    is_gain ? (u128)coin : (u128)0 - (u128)coin,
	    pow10_u128(b->assets[a->asset].decimals), WAD_ONE_RAW,
	    is_gain ? ROUND_FLOOR : ROUND_CEIL);

	if (e == ERR_OK && atoms != 0)
		e = settle_atoms(v, b, a, is_gain, atoms);
	return e;
}

/* ---- trades ------------------------------------------------------------- */

static size_t
positions_find(const struct position *p, size_t count, uint16_t instrument)
{
	size_t i = 0;

	while (i < count && p[i].instrument < instrument)
		i++;
	return i;
}

static enum err
positions_enter(struct position *p, size_t *count, size_t at, bool is_there,
    const struct position *next)
{
	if (is_there && num18_is_zero(next->size)) {
		(*count)--;
		memmove(&p[at], &p[at + 1], (*count - at) * sizeof(*p));
		return ERR_OK;
	}
	if (!is_there) {
		if (*count == POSITIONS_MAX)
			return ERR_LIMIT;
		memmove(&p[at + 1], &p[at], (*count - at) * sizeof(*p));
		(*count)++;
	}
	p[at] = *next;
	return ERR_OK;
}

static enum err
trade(struct vault *v, struct position *positions, size_t *count,
    struct action_effect *effect, const struct book *b,
    const struct action *a)
{
	size_t at = positions_find(positions, *count, a->instrument);
	bool is_there = at < *count &&
	    positions[at].instrument == a->instrument;
	struct position next = { .instrument = a->instrument };
	enum err e;

	if (a->instrument >= b->instrument_count)
		return ERR_UNKNOWN;
	if (is_there)
		next = positions[at];
	e = action_fill(&next, effect, &b->instruments[a->instrument], a);
	if (e == ERR_OK)
		e = settle_usd(v, b, a, effect->realised);
	if (e == ERR_OK)
		e = settle_coin(v, b, a, effect->realised_coin);
	if (e == ERR_OK)
		e = positions_enter(positions, count, at, is_there, &next);
	return e;
}

enum err
action_apply(struct vault *v, struct position *positions, size_t *count,
    struct action_effect *effect, const struct book *b,
    const struct action *a)
{
	struct action_effect done = { usd18_zero(), num18_zero() };
	struct vault next = *v;
	enum err e = ERR_UNKNOWN;

	MUST(*count <= POSITIONS_MAX);
	if (a->asset >= b->asset_count)
		return ERR_UNKNOWN;
	switch (a->kind) {
	case ACTION_DEPOSIT:
		e = collateral_add(&next, a->asset, a->amount);
		break;
	case ACTION_WITHDRAW:
		e = withdraw(&next, a->asset, a->amount);
		break;
	case ACTION_BORROW:
		e = debt_add(&next, b, a->asset, a->amount, a->index);
		break;
	case ACTION_REPAY:
		e = debt_repay(&next, b, a->asset, a->amount);
		break;
	case ACTION_TRADE:
		/* The positions change last, when nothing can fail. */
		e = trade(&next, positions, count, &done, b, a);
		break;
	}
	if (e != ERR_OK)
		return e;
	*v = next;
	*effect = done;
	return ERR_OK;
}
