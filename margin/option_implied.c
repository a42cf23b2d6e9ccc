#include "margin/option.h"

#include "margin/option_kernel.h"

/* With c the share of L D that is asked for and g(s) the share that s gives,
 * Halley's method solves ln g = ln c over 1 / s^2 where c lies below
 * g(sqrt(2 x)), x = |ln(F / K)|, and ln(1 - g) = ln(1 - c) over s above it:
 * both are nearly straight lines.  g is convex below that point and concave
 * above (Manaster and Koehler, "The calculation of implied variances from the
 * Black-Scholes model", 1982). */
#define STEPS_MAX 64
/* After a relative change below 2^-21 the next is its cube: nothing. */
#define SETTLED_Q62 ((i128)1 << 41)
#define ONE_Q62 ((i128)1 << 62)
#define ONE_Q48 ((i128)1 << 48)
#define PDF_ZERO_Q64 UINT64_C(0x662114cf50d94234)
#define SQRT_2PI_Q62 UINT64_C(0xa06c98ffb1382cb3)
/* How often the last place of the result is raised to reach the price. */
#define RAISES_MAX 8

struct search {
	struct q64_float x;	/* |ln(F / K)|; m = 0 at the money */
	struct q64_float share, rest;	/* c and 1 - c */
	bool is_low;
	i128 target;		/* ln c where is_low, else ln(1 - c); Q72 */
};

/* What one s says: h is ln g or ln(1 - g). */
struct point {
	struct q64_float s;
	i128 error;		/* h - target, Q72 */
	struct q64_float slope;	/* |h'| s */
	i128 ba;		/* B A, Q20 */
};

static i128
ln_q72(struct q64_float f)
{
	return (i128)q64_ln_u128(f.m) + f.e * (i128)Q64_LN2_Q72;
}

/* f * 2^bits, at most max. */
static i128
fixed_clamped(struct q64_float f, int bits, i128 max)
{
	u128 v;

	f.e += bits;
	return q64_float_round(&v, f) && v < (u128)max ? (i128)v : max;
}

/* a * 2^e; a is not zero. */
static struct q64_float
scaled(u128 a, int e)
{
	struct q64_float f = q64_float_from(a);

	f.e += e;
	return f;
}

static struct q64_float
root_of(struct q64_float f)
{
	return q64_float_mul(f, q64_rsqrt(f));
}

/* Below the turn ln g is nearly a + b / s^2 + c ln s.  With W = (turn / s)^2
 * this solves x / 4 (W - 1) + y ln W = ln(g(turn) / c), where y makes the
 * slope at the turn right, by two steps of Newton's method.  Q48. */
static u128
begin_low(const struct search *h, u128 turn, i128 at_turn)
{
	struct q64_float g = scaled((u128)at_turn, -64);
	i128 fall = (ln_q72(g) - h->target) >> 24;
	i128 a = fixed_clamped(h->x, 46, (i128)1 << 56);
	i128 y = fixed_clamped(q64_float_div(q64_float_mul(Q64_PDF_ZERO,
	    scaled(turn, -65)), g), 48, (i128)1 << 56) - a;
	i128 w, f;

	if (y < 0)
		y = 0;
	w = ONE_Q48 + fall * ONE_Q48 / (a + y);
	f = (a * (w - ONE_Q48) >> 48) - fall +
	    (y * (i128)((q64_ln_u128((u128)w) - 48 * Q64_LN2_Q72) >> 24) >> 48);
	w -= f * ONE_Q48 / (a + y * ONE_Q48 / w);
	if (w < ONE_Q48)
		w = ONE_Q48;
	return (u128)fixed_clamped(q64_float_mul(scaled(turn, -64),
	    q64_rsqrt(scaled((u128)w, -48))), 64, (i128)19 << 64);
}

/* Above the turn.  With x zero c is 1 - 2 N(-s / 2): near c sqrt(2 pi) at
 * first, near sqrt(-8 ln(1 - c)) - 7/8 later. */
static u128
begin_high(const struct search *h, u128 turn)
{
	u128 guess;

	if (h->rest.e >= -66)
		guess = (u128)fixed_clamped(h->share, 64, (i128)1 << 64) *
		    SQRT_2PI_Q62 >> 62;
	else
		guess = (u128)(fixed_clamped(root_of(scaled(
		    (u128)-h->target, -69)), 64, (i128)24 << 64) -
		    ((i128)14 << 60));
	return guess > turn ? guess : turn;
}

/* Where to begin.  Between the two cases B is zero, so that one M decides. */
static u128
search_begin(struct search *h)
{
	u128 turn = 0;
	i128 at_turn = 0;

	if (h->x.m != 0) {
		turn = (u128)fixed_clamped(root_of((struct q64_float){
		    h->x.m, h->x.e + 1 }), 64, ((i128)19 << 64) - 1);
		at_turn = (i128)(Q64_MILLS[0][0] - q64_mills(turn));
	}
	h->is_low = fixed_clamped(h->share, 64, (i128)1 << 64) < at_turn;
	h->target = ln_q72(h->is_low ? h->share : h->rest);
	return h->is_low ? begin_low(h, turn, at_turn) : begin_high(h, turn);
}

/* False where s gives nothing or everything; *out holds only s then. */
static bool
search_look(struct point *out, const struct search *h, u128 s_q64, bool *high)
{
	struct option_deviation d = { .kind = OPTION_BETWEEN };
	struct option_tail t;
	struct q64_float share;
	int shift;

	out->s = d.s = scaled(s_q64, -64);
	d.inverse = q64_float_inverse(d.s);
	d.s_q64 = s_q64;
	t = option_tail_of(h->x, &d);
	*high = t.kind == OPTION_BOUND;
	if (t.kind != OPTION_BETWEEN || t.value == 0)
		return false;
	shift = (int)t.shift;
	if (h->is_low)
		share = scaled(t.value, t.exponent);
	else if (t.b < 0)
		share = scaled((u128)t.e_b * (t.m_b + t.m_a), -127 - shift);
	else
		share = scaled(((u128)1 << 64) - (t.value >> 1 >> shift), -64);
	out->slope = q64_float_mul(d.s, q64_float_div(
	    scaled((u128)t.e_b * PDF_ZERO_Q64, -127 - shift), share));
	out->error = ln_q72(share) - h->target;
	out->ba = ((t.b >> 34) * ((t.b + (i128)s_q64) >> 34)) >> 40;
	return true;
}

/* One step of Halley's method: over s it changes s by -E s, over 1 / s^2 it
 * makes that (1 + 2 E) times as large, with e = error / (h' s) and
 * E = e / (1 - e h'' s / (2 h')); *settled where it was small. */
static u128
search_step(const struct search *h, const struct point *p, bool *settled)
{
	bool is_down = p->error < 0;
	struct q64_float e = q64_float_div(
	    scaled((u128)(is_down ? -p->error : p->error), -72), p->slope);
	i128 rate = fixed_clamped(p->slope, 20, (i128)1 << 36);
	i128 change = fixed_clamped(e, 62, (i128)1 << 82);
	i128 bend = h->is_low ? p->ba + 3 * ((i128)1 << 20) - rate :
	    p->ba + rate;
	/* h rises with s where is_low, else it falls. */
	bool is_negative = is_down == h->is_low;
	i128 divisor = change * bend >> 21;

	divisor = ONE_Q62 - (is_negative ? -divisor : divisor);
	if (divisor > ONE_Q62 / 4)
		e = q64_float_div(e, scaled((u128)divisor, -62));
	change = fixed_clamped(e, 62, (i128)1 << 82);
	*settled = change < SETTLED_Q62;
	if (h->is_low) {
		i128 grow = ONE_Q62 + (is_negative ? -2 * change : 2 * change);

		if (grow < ONE_Q62 / 4)
			grow = ONE_Q62 / 4;
		return (u128)fixed_clamped(q64_float_mul(p->s,
		    q64_rsqrt(scaled((u128)grow, -62))), 64, (i128)24 << 64);
	}
	change = fixed_clamped(q64_float_mul(p->s, e), 64, (i128)24 << 64);
	if (is_negative)
		change = -change;
	divisor = fixed_clamped(p->s, 64, (i128)24 << 64);
	return (u128)(divisor - change > divisor / 4 ? divisor - change :
	    divisor / 4);
}

static u128
search_run(struct search *h)
{
	u128 s = search_begin(h);
	bool settled = false, high;

	for (int i = 0; i < STEPS_MAX && !settled; i++) {
		struct point p;

		if (s == 0)
			s = 1;
		if (s >= (u128)24 << 64)
			s = ((u128)24 << 64) - 1;
		if (!search_look(&p, h, s, &high))
			s = high ? s / 2 : s * 2;
		else if (p.error == 0)
			break;
		else
			s = search_step(h, &p, &settled);
	}
	return s != 0 ? s : 1;
}

/* 2 L D less wanted, as a float; wanted is at most 2 L D - 1/2. */
static enum err
rest_of(struct q64_float *out, u128 low, u128 discount, u128 bound,
    u128 wanted)
{
	u128 least = low < discount ? low : discount;
	u128 most = low < discount ? discount : low, fine;
	enum err e;

	if (bound >> 64 != 0) {
		*out = q64_float_from(2 * bound - wanted);
		return ERR_OK;
	}
	/* Of few units the fraction counts.  The lesser factor is below 2^63,
	 * as their product is below 2^125. */
	e = muldiv_u128(&fine, least << 33, most, WAD_ONE_RAW, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	*out = scaled(fine - (wanted << 32), -32);
	return ERR_OK;
}

/* What is sought: the least s that gives half a unit less than the price,
 * since that is rounded up to it. */
static enum err
search_from(struct search *h, const struct option_terms *t,
    struct usd18 price)
{
	u128 f = px18_to_raw(t->forward), k = px18_to_raw(t->strike);
	u128 low = f < k ? f : k, bound, intrinsic = 0, wanted;
	i128 p = usd18_to_raw(price);
	struct q64_float scale, rest;
	enum err e;

	if (num18_is_negative(t->discount) || num18_to_raw(t->tau) <= 0 ||
	    low == 0 || p < 0)
		return ERR_RANGE;
	e = option_discounted(&bound, low, t->discount);
	if (e == ERR_OK && t->is_call != (f < k))
		e = option_discounted(&intrinsic, f < k ? k - f : f - k,
		    t->discount);
	if (e != ERR_OK)
		return e;
	if ((u128)p <= intrinsic || (u128)p - intrinsic >= bound ||
	    bound > (u128)I128_MAX)
		return ERR_RANGE;
	wanted = ((u128)p - intrinsic) * 2 - 1;
	e = rest_of(&rest, low, (u128)num18_to_raw(t->discount), bound,
	    wanted);
	if (e != ERR_OK)
		return e;
	h->x = option_distance(f, k, q64_ln_u128(f), q64_ln_u128(k));
	scale = option_scale(low, t->discount);
	scale.e++;
	h->share = q64_float_div(q64_float_from(wanted), scale);
	h->rest = q64_float_div(rest, scale);
	return ERR_OK;
}

enum err
option_implied_vol(struct num18 *out, const struct option_terms *t,
    struct usd18 price)
{
	struct option_terms at = *t;
	struct option_root root;
	struct search h;
	u128 vol;
	enum err e = search_from(&h, t, price);

	if (e != ERR_OK)
		return e;
	root = option_root_of(t->tau);
	if (!q64_float_round(&vol, q64_float_mul(
	    scaled(search_run(&h), -64), root.inverse)) ||
	    vol > (u128)I128_MAX - RAISES_MAX)
		return ERR_RANGE;
	at.vol = num18_from_raw((i128)vol);
	for (int i = 0; i < RAISES_MAX; i++) {
		struct usd18 reached;

		e = option_price(&reached, &at);
		if (e != ERR_OK)
			return e;
		if (usd18_compare(reached, price) >= 0)
			break;
		at.vol = num18_from_raw(num18_to_raw(at.vol) + 1);
	}
	*out = at.vol;
	return ERR_OK;
}
