#include "margin/linear_book.h"

#include "base/u256.h"

/* Where the excess may bend, unsorted. */
struct bends {
	size_t count;
	u128 at[LINEAR_BOOK_LEGS_MAX * (INSTRUMENT_TIERS_MAX + 1)];
};

static struct num18
share_num(struct ppb share)
{
	return num18_from_raw((i128)ppb_to_raw(share) * PPB_ONE_RAW);
}

/* ---- the excess --------------------------------------------------------- */

static enum err
leg_profit(struct usd18 *out, const struct linear_leg *l, struct px18 p)
{
	struct usd18 profit = usd18_zero(), funding = l->funding;
	enum err e = ERR_OK;

	if (l->instrument->is_inverse) {
		if (!num18_is_zero(l->size))
			e = linear_profit_inverse_usd(&profit, l->size,
			    l->instrument->multiplier, p, l->entry);
		if (e == ERR_OK)
			e = usd18_from_contracts(&funding, num18_from_raw(
			    usd18_to_raw(l->funding)), num18_one(), p,
			    ROUND_CEIL);
	} else if (!num18_is_zero(l->size)) {
		e = linear_profit(&profit, l->size, l->instrument->multiplier,
		    p, l->entry);
	}
	return e == ERR_OK ? usd18_sub(out, profit, funding) : e;
}

static enum err
leg_maintenance(struct usd18 *out, const struct linear_leg *l, struct px18 p)
{
	const struct instrument *i = l->instrument;
	struct usd18 notional;
	struct num18 size;
	enum err e = linear_worse_size(&size, l->size, l->bids, l->asks);

	if (e == ERR_OK)
		e = linear_notional(&notional, size, i->multiplier,
		    i->is_inverse ? px18_from_raw(WAD_ONE_RAW) : p);
	return e == ERR_OK ? linear_tier_requirement(out, i->tier,
	    i->tier_count, notional, false) : e;
}

enum err
linear_book_excess(struct usd18 *out, const struct linear_book *b,
    struct px18 price)
{
	struct usd18 sum, v;
	enum err e = usd18_from_contracts(&sum, b->coins,
	    share_num(b->coin_weight), price, ROUND_FLOOR);

	if (e == ERR_OK)
		e = usd18_add(&sum, sum, b->rest);
	for (size_t i = 0; e == ERR_OK && i < b->leg_count; i++) {
		e = leg_profit(&v, &b->legs[i], price);
		if (e == ERR_OK && !usd18_is_negative(v))
			e = usd18_mul_ppb(&v, v, b->profit_weight,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, v);
		if (e == ERR_OK)
			e = leg_maintenance(&v, &b->legs[i], price);
		if (e == ERR_OK)
			e = usd18_sub(&sum, sum, v);
	}
	if (e == ERR_OK)
		*out = sum;
	return e;
}

/* ---- its bends ---------------------------------------------------------- */

static void
bends_add(struct bends *s, const struct u256 *num, const struct u256 *den)
{
	struct u256 q;

	if (u256_is_zero(den))
		return;
	u256_div(&q, NULL, num, den);
	/* A bend beyond the type is none that a price reaches. */
	if (u256_to_u128(&s->at[s->count], &q) == ERR_OK)
		s->count++;
}

static u128
magnitude(i128 a)
{
	return a < 0 ? (u128)0 - (u128)a : (u128)a;
}

/* Where a linear leg's notional enters the next tier: up_to / (|size| *
 * multiplier).  An inverse one's does not move. */
static enum err
bends_of_tiers(struct bends *s, const struct linear_leg *l)
{
	const struct instrument *i = l->instrument;
	struct num18 size;
	struct u256 den;
	enum err e = linear_worse_size(&size, l->size, l->bids, l->asks);

	if (e != ERR_OK || i->is_inverse)
		return e;
	den = u256_mul_u128(magnitude(num18_to_raw(size)),
	    magnitude(num18_to_raw(i->multiplier)));
	for (size_t k = 0; k + 1 < i->tier_count; k++) {
		struct u256 num = u256_mul_u128(
		    magnitude(usd18_to_raw(i->tier[k].up_to)),
		    WAD_ONE_RAW * WAD_ONE_RAW);

		bends_add(s, &num, &den);
	}
	return ERR_OK;
}

/* Where profit less funding is zero.  Linear: e + funding / quantity; inverse:
 * Q / (Q / e - funding), so that Q e / (Q - funding e). */
static enum err
bends_of_profit(struct bends *s, const struct linear_leg *l)
{
	const u128 entry = px18_to_raw(l->entry);
	const u128 owed = magnitude(usd18_to_raw(l->funding));
	const bool adds = usd18_is_negative(l->funding) ==
	    num18_is_negative(l->size);
	const bool is_inverse = l->instrument->is_inverse;
	struct u256 q = u256_mul_u128(magnitude(num18_to_raw(l->size)),
	    magnitude(num18_to_raw(l->instrument->multiplier)));
	struct u256 e0 = u256_from_u128(entry), num, part;
	enum err e = u256_mul(&num, &q, &e0);

	part = is_inverse ? u256_mul_u128(owed, entry) :
	    u256_mul_u128(owed, WAD_ONE_RAW * WAD_ONE_RAW);
	if (e != ERR_OK)
		return e;
	if (is_inverse) {
		/* A funding that no price repays bends nothing. */
		if (adds && u256_compare(&q, &part) <= 0)
			return ERR_OK;
		e = adds ? u256_sub(&q, &q, &part) : u256_add(&q, &q, &part);
	} else {
		if (!adds && u256_compare(&num, &part) <= 0)
			return ERR_OK;
		e = adds ? u256_add(&num, &num, &part) :
		    u256_sub(&num, &num, &part);
	}
	if (e == ERR_OK)
		bends_add(s, &num, &q);
	return e;
}

static enum err
bends_of_book(struct bends *s, const struct linear_book *b)
{
	enum err e = ERR_OK;

	s->count = 0;
	for (size_t i = 0; e == ERR_OK && i < b->leg_count; i++) {
		e = bends_of_tiers(s, &b->legs[i]);
		if (e == ERR_OK && ppb_to_raw(b->profit_weight) !=
		    PPB_ONE_RAW)
			e = bends_of_profit(s, &b->legs[i]);
	}
	return e;
}

/* The nearest bend below or above a price; false: there is none. */
static bool
bends_next(u128 *out, const struct bends *s, u128 from, bool is_above)
{
	u128 best = from;

	for (size_t i = 0; i < s->count; i++) {
		u128 at = s->at[i];

		if ((is_above ? at > from : at < from) && (best == from ||
		    (is_above ? at < best : at > best)))
			best = at;
	}
	*out = best;
	return best != from;
}

/* ---- the crossings ------------------------------------------------------ */

static enum err
is_short_at(bool *out, const struct linear_book *b, u128 price)
{
	struct usd18 excess;
	enum err e = linear_book_excess(&excess, b, px18_from_raw(price));

	if (e == ERR_OK)
		*out = usd18_is_negative(excess);
	return e;
}

/* narrow: of two prices with different answers the last one with near's
 * answer before they are one unit apart. */
static enum err
narrow(u128 *out, const struct linear_book *b, u128 near, u128 far)
{
	bool near_short, is_short;
	enum err e = is_short_at(&near_short, b, near);

	while (e == ERR_OK && (near > far ? near - far : far - near) > 1) {
		u128 middle = near < far ? near + (far - near) / 2 :
		    far + (near - far) / 2;

		e = is_short_at(&is_short, b, middle);
		if (is_short == near_short)
			near = middle;
		else
			far = middle;
	}
	if (e == ERR_OK)
		*out = near;
	return e;
}

/* next_price: where to look after `from`: the next bend, else the end of the
 * line: zero, or twice as far up.  False: there is nothing more. */
static bool
next_price(u128 *out, const struct bends *s, u128 from, bool is_above)
{
	if (bends_next(out, s, from, is_above))
		return true;
	if (is_above ? from > U128_MAX / 2 : from == 0)
		return false;
	*out = !is_above ? 0 : from == 0 ? 1 : 2 * from;
	return true;
}

static enum err
crossing(bool *has, struct px18 *out, const struct linear_book *b,
    const struct bends *s, u128 present, bool is_above)
{
	bool was_short, is_short;
	u128 from = present, to, raw;
	enum err e = is_short_at(&was_short, b, present);

	*has = false;
	*out = px18_from_raw(0);
	while (e == ERR_OK && next_price(&to, s, from, is_above)) {
		/* Far above nothing can be computed any more. */
		if (is_short_at(&is_short, b, to) != ERR_OK)
			return ERR_OK;
		if (is_short != was_short) {
			e = narrow(&raw, b, from, to);
			if (e == ERR_OK) {
				*has = true;
				*out = px18_from_raw(raw);
			}
			return e;
		}
		from = to;
	}
	return e;
}

enum err
linear_book_crossings(struct linear_crossings *out,
    const struct linear_book *b, struct px18 present)
{
	struct linear_crossings found;
	struct bends s;
	enum err e;

	if (b->leg_count > LINEAR_BOOK_LEGS_MAX)
		return ERR_LIMIT;
	e = bends_of_book(&s, b);
	if (e == ERR_OK)
		e = crossing(&found.has_below, &found.below, b, &s,
		    px18_to_raw(present), false);
	if (e == ERR_OK)
		e = crossing(&found.has_above, &found.above, b, &s,
		    px18_to_raw(present), true);
	if (e == ERR_OK)
		*out = found;
	return e;
}
