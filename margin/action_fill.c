/* A fill against a position: the average entry, and what it realises. */
#include "margin/action.h"

#include "base/must.h"
#include "base/u256.h"
#include "margin/linear.h"

static u128
size_of(struct num18 size)
{
	i128 raw = num18_to_raw(size);

	return raw < 0 ? (u128)0 - (u128)raw : (u128)raw;
}

static enum err
quotient(struct px18 *out, const struct u256 *num, const struct u256 *den,
    enum rounding r)
{
	struct u256 q, rest;
	u128 raw;
	enum err e;

	if (u256_is_zero(den))
		return ERR_RANGE;
	u256_div(&q, &rest, num, den);
	e = u256_to_u128(&raw, &q);
	if (e != ERR_OK)
		return e;
	if (r == ROUND_CEIL && !u256_is_zero(&rest) &&
	    __builtin_add_overflow(raw, 1, &raw))
		return ERR_RANGE;
	*out = px18_from_raw(raw);
	return ERR_OK;
}

/* entry_linear: (s e + t p) / (s + t). */
static enum err
entry_linear(struct px18 *out, u128 s, struct px18 entry, u128 t,
    struct px18 p, enum rounding r)
{
	struct u256 sum = u256_mul_u128(s, px18_to_raw(entry));
	struct u256 more = u256_mul_u128(t, px18_to_raw(p));
	struct u256 den = u256_from_u128(s + t);
	enum err e = u256_add(&sum, &sum, &more);

	if (e == ERR_OK)
		e = quotient(out, &sum, &den, r);
	return e;
}

/* entry_inverse: (s + t) / (s / e + t / p) = (s + t) e p / (s p + t e). */
static enum err
entry_inverse(struct px18 *out, u128 s, struct px18 entry, u128 t,
    struct px18 p, enum rounding r)
{
	struct u256 num = u256_mul_u128(s + t, px18_to_raw(entry));
	struct u256 price = u256_from_u128(px18_to_raw(p));
	struct u256 den = u256_mul_u128(s, px18_to_raw(p));
	struct u256 more = u256_mul_u128(t, px18_to_raw(entry));
	enum err e = u256_mul(&num, &num, &price);

	if (e == ERR_OK)
		e = u256_add(&den, &den, &more);
	if (e == ERR_OK)
		e = quotient(out, &num, &den, r);
	return e;
}

/* Longs lose by a higher entry, shorts by a lower one. */
static enum err
entry_average(struct position *next, const struct instrument *in,
    const struct action *a)
{
	enum rounding r = num18_is_negative(a->size) ? ROUND_FLOOR :
	    ROUND_CEIL;
	u128 s = size_of(next->size), t = size_of(a->size);

	if (num18_is_zero(next->size)) {
		next->entry = a->price;
		return ERR_OK;
	}
	return in->is_inverse ?
	    entry_inverse(&next->entry, s, next->entry, t, a->price, r) :
	    entry_linear(&next->entry, s, next->entry, t, a->price, r);
}

/* fill_pay: an option or a spot amount is paid for: -size * multiplier *
 * price, floor; in coin what that is at the settlement asset's price. */
static enum err
fill_pay(struct action_effect *effect, const struct instrument *in,
    const struct action *a)
{
	struct num18 sold;
	struct usd18 paid;
	u128 price = px18_to_raw(a->settle_price);
	i128 coin;
	enum err e = num18_sub(&sold, num18_zero(), a->size);

	if (e == ERR_OK)
		e = usd18_from_contracts(&paid, sold, in->multiplier,
		    a->price, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	if (!in->is_coin_settled)
		return usd18_add(&effect->realised, effect->realised, paid);
	if (price > (u128)I128_MAX)
		return ERR_RANGE;
	e = muldiv_i128(&coin, usd18_to_raw(paid), (i128)WAD_ONE_RAW,
	    (i128)price, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(&effect->realised_coin, effect->realised_coin,
		    num18_from_raw(coin));
	return e;
}

static enum err
fill_realise(struct action_effect *effect, const struct instrument *in,
    const struct position *p, struct num18 closed, struct px18 price)
{
	struct num18 coin;
	struct usd18 profit;
	enum err e;

	if (in->is_inverse) {
		e = linear_profit_inverse(&coin, closed, in->multiplier,
		    price, p->entry);
		if (e == ERR_OK)
			e = num18_add(&effect->realised_coin,
			    effect->realised_coin, coin);
		return e;
	}
	e = linear_profit(&profit, closed, in->multiplier, price, p->entry);
	if (e == ERR_OK)
		e = usd18_add(&effect->realised, effect->realised, profit);
	return e;
}

/* fill_funding: what was owed is paid with the last contract. */
static enum err
fill_funding(struct action_effect *effect, const struct instrument *in,
    struct position *p)
{
	struct usd18 owed = p->funding;

	p->funding = usd18_zero();
	if (in->is_inverse)
		return num18_sub(&effect->realised_coin,
		    effect->realised_coin,
		    num18_from_raw(usd18_to_raw(owed)));
	return usd18_sub(&effect->realised, effect->realised, owed);
}

/* fill_close: the trade goes against the position. */
static enum err
fill_close(struct position *next, struct action_effect *effect,
    const struct instrument *in, const struct action *a, bool is_margined)
{
	bool is_all = size_of(a->size) >= size_of(next->size);
	struct num18 closed = next->size;
	enum err e = ERR_OK;

	if (!is_all)
		e = num18_sub(&closed, num18_zero(), a->size);
	if (e == ERR_OK && is_margined)
		e = fill_realise(effect, in, next, closed, a->price);
	if (e == ERR_OK && is_all)
		e = fill_funding(effect, in, next);
	if (e == ERR_OK && size_of(a->size) > size_of(next->size))
		next->entry = a->price;
	return e;
}

enum err
action_fill(struct position *next, struct action_effect *effect,
    const struct instrument *in, const struct action *a)
{
	bool is_margined = in->kind == INSTRUMENT_PERP ||
	    in->kind == INSTRUMENT_FUTURE;
	bool is_against = !num18_is_zero(next->size) &&
	    num18_is_negative(next->size) != num18_is_negative(a->size);
	struct position p = *next;
	struct action_effect done = *effect;
	enum err e = ERR_OK;

	if (num18_is_zero(a->size) ||
	    (in->is_inverse && px18_is_zero(a->price)))
		return ERR_RANGE;
	if (!is_margined)
		e = fill_pay(&done, in, a);
	if (e == ERR_OK)
		e = is_against ? fill_close(&p, &done, in, a, is_margined) :
		    entry_average(&p, in, a);
	if (e == ERR_OK)
		e = num18_add(&p.size, p.size, a->size);
	if (e != ERR_OK)
		return e;
	*next = p;
	*effect = done;
	return ERR_OK;
}
