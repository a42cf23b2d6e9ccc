#include "margin/linear.h"

#include "base/must.h"
#include "base/q64.h"
#include "base/u256.h"

void
linear_rules_default(struct linear_rules *r)
{
	*r = (struct linear_rules){
		.size_factor = num18_zero(),
		.base_share = ppb_from_raw(800000000u),
		.open_interest_lower = usd18_zero(),
		.open_interest_upper = usd18_zero(),
	};
}

static u128
magnitude(i128 a)
{
	return a < 0 ? (u128)0 - (u128)a : (u128)a;
}

/* to_signed gives a magnitude its sign.  ERR_RANGE where it does not fit. */
static enum err
to_signed(i128 *out, u128 m, bool negative)
{
	if (m > (u128)I128_MAX)
		return ERR_RANGE;
	*out = negative ? -(i128)m : (i128)m;
	return ERR_OK;
}

/* quotient is num / den, rounded; den above zero. */
static enum err
quotient(u128 *out, const struct u256 *num, const struct u256 *den,
    enum rounding r)
{
	const struct u256 one = u256_from_u128(1);
	struct u256 q, rest;
	enum err e = ERR_OK;

	u256_div(&q, &rest, num, den);
	if (r == ROUND_CEIL && !u256_is_zero(&rest))
		e = u256_add(&q, &q, &one);
	return e == ERR_OK ? u256_to_u128(out, &q) : e;
}

/* shift_in is rest = 2 * rest + add, less the divisor as often as it fits;
 * *times says how often.  rest and add are below den. */
static enum err
shift_in(struct u256 *rest, unsigned *times, const struct u256 *add,
    const struct u256 *den)
{
	enum err e = u256_add(rest, rest, rest);

	if (e == ERR_OK && add != NULL)
		e = u256_add(rest, rest, add);
	for (*times = 0; e == ERR_OK && u256_compare(rest, den) >= 0; ++*times)
		e = u256_sub(rest, rest, den);
	return e;
}

/* muldiv_wide is a * b / den in two steps, so that only the quotient has to
 * fit: the whole of a / den times b, and the rest of it times b, one bit of b
 * at a time.  den is above zero; ERR_RANGE from 2^254. */
static enum err
muldiv_wide(struct u256 *out, const struct u256 *a, uint64_t b,
    const struct u256 *den, enum rounding r)
{
	const struct u256 factor = u256_from_u128(b);
	struct u256 whole, part, rest = u256_from_u128(0);
	u128 low = 0;
	enum err e;

	u256_div(&whole, &part, a, den);
	e = u256_mul(&whole, &whole, &factor);
	for (unsigned bit = 64; e == ERR_OK && bit-- > 0;) {
		unsigned times;

		e = shift_in(&rest, &times,
		    b >> bit & 1 ? &part : NULL, den);
		low = 2 * low + times;
	}
	if (e == ERR_OK && r == ROUND_CEIL && !u256_is_zero(&rest))
		low++;
	part = u256_from_u128(low);
	return e == ERR_OK ? u256_add(out, &whole, &part) : e;
}

/* quantity is |size| * multiplier, 36 decimals, exact. */
static enum err
quantity(struct u256 *out, struct num18 size, struct num18 multiplier)
{
	i128 m = num18_to_raw(multiplier);

	if (m <= 0)
		return ERR_RANGE;
	*out = u256_mul_u128(magnitude(num18_to_raw(size)), (u128)m);
	return ERR_OK;
}

static enum err
opposite(struct num18 *out, struct num18 a)
{
	return num18_sub(out, num18_zero(), a);
}

static enum err
absolute(struct num18 *out, struct num18 a)
{
	*out = a;
	return num18_is_negative(a) ? opposite(out, a) : ERR_OK;
}

/* ---- profit and notional ----------------------------------------------- */

enum err
linear_profit(struct usd18 *out, struct num18 size, struct num18 multiplier,
    struct px18 price, struct px18 entry)
{
	bool is_up = px18_compare(price, entry) >= 0;
	struct px18 move;
	enum err e;

	if (num18_to_raw(multiplier) <= 0)
		return ERR_RANGE;
	e = is_up ? px18_sub(&move, price, entry) :
	    px18_sub(&move, entry, price);
	if (e == ERR_OK && !is_up)
		e = opposite(&size, size);
	return e == ERR_OK ?
	    usd18_from_contracts(out, size, multiplier, move, ROUND_FLOOR) : e;
}

/* moved: size * multiplier * (price - entry) / den, floor. */
static enum err
moved(i128 *out, struct num18 size, struct num18 multiplier,
    struct px18 price, struct px18 entry, const struct u256 *den)
{
	u128 p = px18_to_raw(price), e0 = px18_to_raw(entry);
	bool is_loss = num18_is_negative(size) != (p < e0);
	struct u256 move = u256_from_u128(p > e0 ? p - e0 : e0 - p);
	struct u256 n;
	u128 m;
	enum err e = quantity(&n, size, multiplier);

	if (e == ERR_OK && u256_is_zero(den))
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = u256_mul(&n, &n, &move);
	if (e == ERR_OK)
		e = quotient(&m, &n, den, is_loss ? ROUND_CEIL : ROUND_FLOOR);
	return e == ERR_OK ? to_signed(out, m, is_loss) : e;
}

enum err
linear_profit_inverse(struct num18 *coin, struct num18 size,
    struct num18 multiplier, struct px18 price, struct px18 entry)
{
	struct u256 den = u256_mul_u128(px18_to_raw(price),
	    px18_to_raw(entry));
	i128 raw;
	enum err e = moved(&raw, size, multiplier, price, entry, &den);

	if (e == ERR_OK)
		*coin = num18_from_raw(raw);
	return e;
}

enum err
linear_profit_inverse_usd(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 price, struct px18 entry)
{
	struct u256 den = u256_mul_u128(px18_to_raw(entry), WAD_ONE_RAW);
	i128 raw;
	enum err e = moved(&raw, size, multiplier, price, entry, &den);

	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

enum err
linear_coin_value(struct usd18 *out, struct num18 coin, struct px18 index)
{
	return usd18_from_contracts(out, coin, num18_one(), index,
	    ROUND_FLOOR);
}

enum err
linear_notional(struct usd18 *out, struct num18 size, struct num18 multiplier,
    struct px18 mark)
{
	struct num18 held;
	enum err e = absolute(&held, size);

	if (num18_to_raw(multiplier) <= 0)
		return ERR_RANGE;
	return e == ERR_OK ?
	    usd18_from_contracts(out, held, multiplier, mark, ROUND_CEIL) : e;
}

enum err
linear_notional_inverse(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 mark, struct px18 index)
{
	struct u256 den = u256_mul_u128(px18_to_raw(mark), WAD_ONE_RAW);
	struct u256 factor = u256_from_u128(px18_to_raw(index));
	struct u256 n;
	u128 m;
	i128 raw;
	enum err e = quantity(&n, size, multiplier);

	if (e == ERR_OK && px18_is_zero(mark))
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = u256_mul(&n, &n, &factor);
	if (e == ERR_OK)
		e = quotient(&m, &n, &den, ROUND_CEIL);
	if (e == ERR_OK)
		e = to_signed(&raw, m, false);
	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

enum err
linear_worse_size(struct num18 *out, struct num18 size, struct num18 bids,
    struct num18 asks)
{
	struct num18 bought, sold;
	enum err e;

	if (num18_is_negative(bids) || num18_is_negative(asks))
		return ERR_RANGE;
	e = num18_add(&bought, size, bids);
	if (e == ERR_OK)
		e = num18_sub(&sold, size, asks);
	if (e == ERR_OK)
		*out = magnitude(num18_to_raw(sold)) >
		    magnitude(num18_to_raw(bought)) ? sold : bought;
	return e;
}

enum err
linear_window_forward(struct px18 *out, struct px18 fixed, struct px18 price,
    uint64_t left, uint64_t window, enum rounding r)
{
	struct u256 known, open, den = u256_from_u128(window);
	u128 raw;
	enum err e;

	if (left >= window) {
		*out = price;
		return ERR_OK;
	}
	known = u256_mul_u128(px18_to_raw(fixed), window - left);
	open = u256_mul_u128(px18_to_raw(price), left);
	e = u256_add(&known, &known, &open);
	if (e == ERR_OK)
		e = quotient(&raw, &known, &den, r);
	if (e == ERR_OK)
		*out = px18_from_raw(raw);
	return e;
}

/* ---- requirements ------------------------------------------------------ */

/* A sum of amounts times shares, exact: whole + part / 1e9. */
struct share_sum {
	u128 whole;
	u128 part;
};

static enum err
share_sum_add(struct share_sum *s, u128 amount, struct ppb share)
{
	uint32_t rate = ppb_to_raw(share);
	u128 more;

	/* part stays below (tiers + 1) * 2^62. */
	s->part += amount % PPB_ONE_RAW * rate;
	if (__builtin_mul_overflow(amount / PPB_ONE_RAW, (u128)rate, &more) ||
	    __builtin_add_overflow(s->whole, more, &s->whole))
		return ERR_RANGE;
	return ERR_OK;
}

enum err
linear_tier_requirement(struct usd18 *out, const struct margin_tier *tiers,
    size_t count, struct usd18 notional, bool initial)
{
	struct share_sum sum = { 0, 0 };
	i128 n = usd18_to_raw(notional), from = 0, raw;
	u128 m;
	enum err e = n < 0 ? ERR_RANGE : ERR_OK;

	MUST(count >= 1 && count <= INSTRUMENT_TIERS_MAX);
	for (size_t i = 0; e == ERR_OK && i < count && from < n; i++) {
		i128 up_to = usd18_to_raw(tiers[i].up_to);

		MUST(up_to > from);
		if (up_to > n || i == count - 1)
			up_to = n;
		e = share_sum_add(&sum, (u128)(up_to - from), initial ?
		    tiers[i].initial : tiers[i].maintenance);
		from = up_to;
	}
	if (e != ERR_OK)
		return e;
	m = (sum.part + PPB_ONE_RAW - 1) / PPB_ONE_RAW;
	if (__builtin_add_overflow(m, sum.whole, &m))
		return ERR_RANGE;
	e = to_signed(&raw, m, false);
	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

/* The rates below have 18 decimals and round up. */

static enum err
rate_of_open_interest(u128 *out, const struct linear_rules *r, struct ppb base,
    struct usd18 open_interest)
{
	const u128 floor = (u128)ppb_to_raw(base) * PPB_ONE_RAW;
	i128 lower = usd18_to_raw(r->open_interest_lower);
	i128 upper = usd18_to_raw(r->open_interest_upper);
	i128 at = usd18_to_raw(open_interest);
	u128 more;
	enum err e;

	if (lower < 0 || upper < 0 || at < 0)
		return ERR_RANGE;
	*out = floor;
	if (floor >= WAD_ONE_RAW || upper == 0)
		return ERR_OK;
	if (at >= upper) {
		*out = WAD_ONE_RAW;
		return ERR_OK;
	}
	if (at <= lower)
		return ERR_OK;
	e = muldiv_u128(&more, WAD_ONE_RAW - floor, (u128)(at - lower),
	    (u128)(upper - lower), ROUND_CEIL);
	if (e == ERR_OK)
		*out = floor + more;
	return e;
}

static enum err
rate_of_size(u128 *out, const struct linear_rules *r, struct ppb base,
    struct usd18 notional)
{
	u128 n = (u128)usd18_to_raw(notional), root, more;
	i128 factor = num18_to_raw(r->size_factor);
	struct u256 square = u256_mul_u128(n, WAD_ONE_RAW), back;
	enum err e;

	*out = (u128)ppb_to_raw(r->base_share) * ppb_to_raw(base);
	if (factor == 0)
		return ERR_OK;
	if (factor < 0)
		return ERR_RANGE;
	root = u256_sqrt_floor(&square);
	back = u256_mul_u128(root, root);
	if (u256_compare(&back, &square) < 0)
		root++;
	e = muldiv_u128(&more, root, (u128)factor, WAD_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK && __builtin_add_overflow(*out, more, out))
		e = ERR_RANGE;
	return e;
}

/* raise_to makes *m at least notional * num / den, ceil. */
static enum err
raise_to(u128 *m, struct usd18 notional, u128 num, u128 den)
{
	u128 v;
	enum err e = muldiv_u128(&v, (u128)usd18_to_raw(notional), num, den,
	    ROUND_CEIL);

	if (e == ERR_OK && v > *m)
		*m = v;
	return e;
}

enum err
linear_initial_requirement(struct usd18 *out, const struct linear_rules *rules,
    const struct margin_tier *tiers, size_t count, struct usd18 notional,
    struct num18 leverage, struct usd18 open_interest)
{
	struct ppb base;
	struct usd18 tiered;
	u128 m, rate;
	i128 raw;
	enum err e = linear_tier_requirement(&tiered, tiers, count, notional,
	    true);

	if (e != ERR_OK)
		return e;
	if (num18_is_negative(leverage))
		return ERR_RANGE;
	base = tiers[0].initial;
	m = (u128)usd18_to_raw(tiered);
	if (!num18_is_zero(leverage))
		e = raise_to(&m, notional, WAD_ONE_RAW,
		    (u128)num18_to_raw(leverage));
	if (e == ERR_OK)
		e = rate_of_open_interest(&rate, rules, base, open_interest);
	if (e == ERR_OK)
		e = raise_to(&m, notional, rate, WAD_ONE_RAW);
	if (e == ERR_OK)
		e = rate_of_size(&rate, rules, base, notional);
	if (e == ERR_OK)
		e = raise_to(&m, notional, rate, WAD_ONE_RAW);
	if (e == ERR_OK)
		e = to_signed(&raw, m, false);
	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

/* ---- liquidation ------------------------------------------------------- */

/* sum_signed is a + s * b, and says whether it is above zero; a sum that is
 * not has no value. */
static enum err
sum_signed(struct u256 *out, bool *is_positive, const struct u256 *a,
    const struct u256 *b, bool add)
{
	if (add) {
		enum err e = u256_add(out, a, b);

		*is_positive = e == ERR_OK && !u256_is_zero(out);
		return e;
	}
	*is_positive = u256_compare(a, b) > 0;
	return *is_positive ? u256_sub(out, a, b) : ERR_OK;
}

/* price_at sets the price num * factor / den / scale.  One beyond the type, or
 * one that rounds to zero, is none. */
static enum err
price_at(struct linear_liquidation *out, bool is_above, const struct u256 *num,
    uint64_t factor, const struct u256 *den, uint64_t scale)
{
	enum rounding r = is_above ? ROUND_FLOOR : ROUND_CEIL;
	struct u256 wide, unit = u256_from_u128(scale);
	u128 raw;
	enum err e = muldiv_wide(&wide, num, factor, den, r);

	if (e != ERR_OK)
		return e;
	*out = (struct linear_liquidation){ .is_above = is_above };
	if (quotient(&raw, &wide, &unit, r) == ERR_OK && raw != 0) {
		out->exists = true;
		out->price = px18_from_raw(raw);
	}
	return ERR_OK;
}

enum err
linear_liquidation_price(struct linear_liquidation *out, struct usd18 rest,
    struct num18 size, struct num18 multiplier, struct px18 entry,
    struct ppb m)
{
	const bool is_short = num18_is_negative(size);
	const struct u256 e0 = u256_from_u128(px18_to_raw(entry));
	const struct u256 a = u256_mul_u128(magnitude(usd18_to_raw(rest)),
	    WAD_ONE_RAW * WAD_ONE_RAW);
	struct u256 n, cost, num, share;
	bool is_positive;
	uint32_t rate = ppb_to_raw(m);
	enum err e = quantity(&n, size, multiplier);

	if (num18_is_zero(size))
		return ERR_UNKNOWN;
	if (e == ERR_OK)
		e = u256_mul(&cost, &n, &e0);
	if (e == ERR_OK)
		e = sum_signed(&num, &is_positive, &cost, &a,
		    is_short != usd18_is_negative(rest));
	if (e != ERR_OK)
		return e;
	if (!is_positive || (!is_short && rate >= PPB_ONE_RAW)) {
		*out = (struct linear_liquidation){ .is_above = is_short };
		return ERR_OK;
	}
	share = u256_from_u128(is_short ? (u128)PPB_ONE_RAW + rate :
	    PPB_ONE_RAW - rate);
	e = u256_mul(&n, &n, &share);
	return e == ERR_OK ?
	    price_at(out, is_short, &num, PPB_ONE_RAW, &n, 1) : e;
}

enum err
linear_liquidation_price_inverse(struct linear_liquidation *out,
    struct num18 rest, struct num18 size, struct num18 multiplier,
    struct px18 entry, struct ppb m)
{
	const bool is_short = num18_is_negative(size);
	const struct u256 e0 = u256_from_u128(px18_to_raw(entry));
	const struct u256 own = u256_mul_u128(magnitude(num18_to_raw(rest)),
	    px18_to_raw(entry));
	struct u256 n, den, num;
	bool is_positive;
	uint32_t rate = ppb_to_raw(m);
	enum err e = quantity(&n, size, multiplier);

	if (num18_is_zero(size))
		return ERR_UNKNOWN;
	if (e == ERR_OK && px18_is_zero(entry))
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = sum_signed(&den, &is_positive, &n, &own,
		    is_short == num18_is_negative(rest));
	if (e == ERR_OK)
		e = u256_mul(&num, &n, &e0);
	if (e != ERR_OK)
		return e;
	if (!is_positive || (is_short && rate >= PPB_ONE_RAW)) {
		*out = (struct linear_liquidation){ .is_above = is_short };
		return ERR_OK;
	}
	return price_at(out, is_short, &num, is_short ? PPB_ONE_RAW - rate :
	    (uint64_t)PPB_ONE_RAW + rate, &den, PPB_ONE_RAW);
}

enum err
linear_reduction(struct num18 *out, struct usd18 shortage, struct num18 size,
    struct num18 multiplier, struct px18 price, struct ppb m,
    struct ppb liquidator_fee, struct ppb insurance_fee)
{
	const uint64_t fees = (uint64_t)ppb_to_raw(liquidator_fee) +
	    ppb_to_raw(insurance_fee);
	struct u256 num, den, share, close;
	struct num18 all;
	u128 raw;
	enum err e = absolute(&all, size);

	if (e == ERR_OK && num18_to_raw(multiplier) <= 0)
		e = ERR_RANGE;
	if (e != ERR_OK)
		return e;
	if (usd18_to_raw(shortage) <= 0) {
		*out = num18_zero();
		return ERR_OK;
	}
	if (ppb_to_raw(m) <= fees || px18_is_zero(price)) {
		*out = all;
		return ERR_OK;
	}
	share = u256_from_u128(ppb_to_raw(m) - fees);
	num = u256_mul_u128((u128)usd18_to_raw(shortage),
	    WAD_ONE_RAW * WAD_ONE_RAW);
	den = u256_mul_u128(px18_to_raw(price),
	    (u128)num18_to_raw(multiplier));
	e = u256_mul(&den, &den, &share);
	if (e == ERR_OK)
		e = muldiv_wide(&close, &num, PPB_ONE_RAW, &den, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	/* More than there is, or than fits, is all. */
	*out = all;
	if (u256_to_u128(&raw, &close) == ERR_OK &&
	    raw < (u128)num18_to_raw(all))
		*out = num18_from_raw((i128)raw);
	return ERR_OK;
}
