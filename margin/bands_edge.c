#include "margin/bands_edge.h"

#include "base/must.h"
#include "base/wide.h"

/* No sum of BOOK_LEGS_MAX values on each side, times a weight below 4.3, leaves
 * usd18 while every value is at most this long. */
#define VALUE_BITS_MAX 119
#define ATOMS_BITS_MAX 120u
/* An index is rounded to 10^-18 of itself times 10^18: longer than this, to
 * less than GUARD of itself. */
#define INDEX_RAW_MIN ((u128)1 << 30)
/* Kept back of each reach, 2^-24 of a price: the index's rounding, and that
 * of a trigger's bucket. */
#define GUARD 256u
/* 0.6: from there to 0.4 of a price is less than the two octaves of a ring,
 * and what turned around on the way is seldom met a second time. */
#define REACH_MAX UINT32_C(2576980377)
/* V and V * factor floor, D and D * weight ceil, and here both are cut off: a
 * leg is less than this from the truth before a move and after it together, in
 * 10^-18 USD, ... */
#define LEG_GUARD 16u
/* ... and a sum less than 2^-48 of itself. */
#define SUM_GUARD_BITS 48u
/* An amount owed is rounded up twice, at up to twice the price. */
#define ATOM_GUARD 4u

enum edge_side { EDGE_BELOW, EDGE_ABOVE };	/* where the bound lies */

struct edge {
	enum edge_side side;
	uint32_t first;		/* of its triggers in the plan */
	u128 collateral, debt, guard;
};

/* What the bounds of one vault are made from. */
struct ground {
	const struct bands_price *price;
	const struct book *b;
	const struct vault *v;
	u128 owed[BOOK_LEGS_MAX];
	uint64_t hedged;	/* factors with both sides */
	bool is_valued;		/* some collateral that no fall makes zero */
	bool is_odd;		/* a value that may leave its type */
};

/* 10^-(9 + decimals): a price of a whole unit times a factor in ppb, for one
 * atom. */
static const struct bands_short ATOM[DECIMALS_MAX + 1] = {
	{ UINT64_C(0x89705f4136b4a597), -30 },
	{ UINT64_C(0xdbe6fecebdedd5be), -34 },
	{ UINT64_C(0xafebff0bcb24aafe), -37 },
	{ UINT64_C(0x8cbccc096f5088cb), -40 },
	{ UINT64_C(0xe12e13424bb40e13), -44 },
	{ UINT64_C(0xb424dc35095cd80f), -47 },
	{ UINT64_C(0x901d7cf73ab0acd9), -50 },
	{ UINT64_C(0xe69594bec44de15b), -54 },
	{ UINT64_C(0xb877aa3236a4b449), -57 },
	{ UINT64_C(0x9392ee8e921d5d07), -60 },
	{ UINT64_C(0xec1e4a7db69561a5), -64 },
	{ UINT64_C(0xbce5086492111aea), -67 },
	{ UINT64_C(0x971da05074da7bee), -70 },
	{ UINT64_C(0xf1c90080baf72cb1), -74 },
	{ UINT64_C(0xc16d9a0095928a27), -77 },
	{ UINT64_C(0x9abe14cd44753b52), -80 },
	{ UINT64_C(0xf79687aed3eec551), -84 },
	{ UINT64_C(0xc612062576589dda), -87 },
	{ UINT64_C(0x9e74d1b791e07e48), -90 },
	{ UINT64_C(0xfd87b5f28300ca0d), -94 },
	{ UINT64_C(0xcad2f7f5359a3b3e), -97 },
	{ UINT64_C(0xa2425ff75e14fc31), -100 },
	{ UINT64_C(0x81ceb32c4b43fcf4), -103 },
	{ UINT64_C(0xcfb11ead453994ba), -107 },
	{ UINT64_C(0xa6274bbdd0fadd61), -110 },
	{ UINT64_C(0x84ec3c97da624ab4), -113 },
	{ UINT64_C(0xd4ad2dbfc3d07787), -117 },
	{ UINT64_C(0xaa242499697392d2), -120 },
	{ UINT64_C(0x881cea14545c7575), -123 },
	{ UINT64_C(0xd9c7dced53c72255), -127 },
	{ UINT64_C(0xae397d8aa96c1b77), -130 },
};

const struct bands_kind_row BANDS_KIND[BANDS_KINDS] = {
	[BANDS_COLLATERAL_LOWEST_FALLS] = { BANDS_LOWEST, false, true },
	[BANDS_COLLATERAL_LOWEST_RISES] = { BANDS_LOWEST, false, false },
	[BANDS_COLLATERAL_LOW_FALLS] = { BANDS_LOW, false, true },
	[BANDS_COLLATERAL_HIGH_FALLS] = { BANDS_HIGH, false, true },
	[BANDS_COLLATERAL_HIGH_RISES] = { BANDS_HIGH, false, false },
	[BANDS_DEBT_HIGHEST_RISES] = { BANDS_HIGHEST, true, false },
	[BANDS_DEBT_HIGHEST_FALLS] = { BANDS_HIGHEST, true, true },
	[BANDS_DEBT_HIGH_RISES] = { BANDS_HIGH, true, false },
	[BANDS_DEBT_LOW_RISES] = { BANDS_LOW, true, false },
	[BANDS_DEBT_LOW_FALLS] = { BANDS_LOW, true, true },
};

struct bands_short
bands_short_from(u128 high, u128 low)
{
	unsigned bits = high != 0 ? 128 + bands_bits(high) : bands_bits(low);
	unsigned shift = bits > 64 ? bits - 64 : 0;
	u128 top;

	MUST(bits > 0);
	if (shift == 0)
		top = low << (64 - bits);
	else if (shift < 128)
		top = low >> shift | high << 1 << (127 - shift);
	else
		top = high >> (shift - 128);
	return (struct bands_short){ (uint64_t)top, (int32_t)bits - 1 };
}

/* short_mul: the product's top bit is at 127 or 126, as good as random. */
static struct bands_short
short_mul(struct bands_short a, struct bands_short b)
{
	u128 product = (u128)a.mantissa * b.mantissa;
	uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
	unsigned carry = (unsigned)(high >> 63);

	return (struct bands_short){
		high << (1 - carry) | (low >> 63 & (1 - carry)),
		a.exponent + b.exponent + (int32_t)carry,
	};
}

/* short_floor: below 2^127, or 0 (then the vault is_odd, by leg_weighted). */
static u128
short_floor(struct bands_short a)
{
	if (a.exponent < 0)
		return 0;
	if (a.exponent < 64)
		return a.mantissa >> (63 - a.exponent);
	return a.exponent < 127 ? (u128)a.mantissa << (a.exponent - 63) : 0;
}

/* leg_weighted: amount * price * factor, in 10^-18 USD; none of them zero.
 * Whether the value may come to leave its type is noted, and whether it is too
 * large to come to nothing. */
static u128
leg_weighted(struct ground *g, const struct leg *l, u128 atoms,
    enum bands_kind k, struct ppb factor)
{
	const struct bands_price *p = &g->price[l->asset];
	struct bands_short at = p->at[BANDS_KIND[k].point];
	struct bands_short value = short_mul(short_mul(
	    bands_short_of(atoms), at),
	    ATOM[g->b->assets[l->asset].decimals]);
	/* Without the factor: ATOM has one part in 10^9, some 2^-30. */
	int32_t bits = value.exponent + 30;
	int32_t first = p->first_bits, now = at.exponent + 1;

	/* bands_move lets no price be longer than first + BANDS_RISE_BITS, */
	if ((bits > 1 ? bits : 1) + 2 + first - now + (int32_t)(
	    BANDS_RISE_BITS + BANDS_ACCRUAL_BITS + 2) > VALUE_BITS_MAX)
		g->is_odd = true;
	/* nor shorter than first - BANDS_FALL_BITS. */
	if (!BANDS_KIND[k].is_debt &&
	    bits + first >= now + (int32_t)BANDS_FALL_BITS + 3)
		g->is_valued = true;
	if (ppb_to_raw(factor) == 0)
		return 0;
	return short_floor(short_mul(value,
	    bands_short_of(ppb_to_raw(factor))));
}

static void
plan_add(struct bands_plan *plan, uint8_t asset, enum bands_kind k)
{
	MUST(plan->trigger_count < BANDS_TRIGGERS_MAX);
	plan->trigger[plan->trigger_count++] = (struct bands_trigger){
		.asset = asset, .kind = (uint8_t)k,
	};
}

static void
edge_add_collateral(struct edge *e, struct bands_plan *plan, struct ground *g,
    const struct leg *l, enum bands_kind k, struct ppb factor)
{
	u128 weighted;

	if (l->amount == 0)
		return;
	weighted = leg_weighted(g, l, l->amount, k, factor);
	e->guard += LEG_GUARD;
	e->collateral += weighted;
	/* What counts for nothing does not fall. */
	if (ppb_to_raw(factor) != 0 && (weighted != 0 || !BANDS_KIND[k].falls))
		plan_add(plan, l->asset, k);
}

/* atom_guard: ATOM_GUARD times the weighted value of one atom, or up to four
 * times that. */
static u128
atom_guard(u128 weighted, u128 atoms)
{
	unsigned value = bands_bits(weighted), count = bands_bits(atoms);

	return value + 1 < count ? ATOM_GUARD :
	    (u128)ATOM_GUARD << (value + 1 - count);
}

static void
edge_add_debt(struct edge *e, struct bands_plan *plan, struct ground *g,
    const struct leg *l, enum bands_kind k, u128 atoms)
{
	u128 weighted;

	if (atoms == 0)
		return;
	weighted = leg_weighted(g, l, atoms, k,
	    g->b->assets[l->asset].rules[g->v->mode].debt_weight);
	e->guard += LEG_GUARD + atom_guard(weighted, atoms);
	e->debt += weighted;
	plan_add(plan, l->asset, k);
}

/* share_floor is part / whole in parts of 2^32, rounded down and at most
 * REACH_MAX; part is at most whole. */
static uint32_t
share_floor(u128 part, u128 whole)
{
	unsigned bits = bands_bits(whole), shift = bits > 63 ? bits - 63 : 0;
	uint64_t share, rest;

	part >>= shift;
	whole >>= shift;
	/* The bits that whole lost are made good. */
	whole += shift != 0;
	share = wide_div_2by1(&rest, (uint64_t)(part >> 32),
	    (uint64_t)(part << 32), (uint64_t)whole);
	return share < REACH_MAX ? (uint32_t)share : REACH_MAX;
}

/* edge_finish gives the edge's triggers their reach.  A bound that has not
 * the sign of its state, or is too near to zero, proves nothing. */
static void
edge_finish(const struct edge *e, struct bands_plan *plan)
{
	u128 more = e->side == EDGE_BELOW ? e->collateral : e->debt;
	u128 less = e->side == EDGE_BELOW ? e->debt : e->collateral;
	u128 guard = e->guard + ((more + less) >> SUM_GUARD_BITS);
	uint32_t reach = 0;

	if (more > less && more - less > guard)
		reach = share_floor(more - less - guard, more + less);
	if (reach <= 2 * GUARD) {
		plan->is_always = true;
		return;
	}
	for (uint32_t i = e->first; i < plan->trigger_count; i++)
		plan->trigger[i].reach = reach - GUARD;
}

/* The kinds of one edge: of legs whose factor has no other side, and of hedged
 * ones where all their legs stand at low or at high. */
struct edge_kinds {
	enum edge_side side;
	enum bands_kind collateral, debt;
	enum bands_kind low_collateral, low_debt;
	enum bands_kind high_collateral, high_debt;
	bool by_ltv;
	bool is_split;		/* hedged legs have kinds of their own */
};

static const struct edge_kinds HEALTHY_BELOW = {
	.side = EDGE_BELOW,
	.collateral = BANDS_COLLATERAL_LOWEST_FALLS,
	.debt = BANDS_DEBT_HIGHEST_RISES,
	.by_ltv = true,
};
static const struct edge_kinds RESTRICTED_BELOW = {
	.side = EDGE_BELOW,
	.collateral = BANDS_COLLATERAL_HIGH_FALLS,
	.debt = BANDS_DEBT_LOW_RISES,
	.low_collateral = BANDS_COLLATERAL_LOW_FALLS,
	.low_debt = BANDS_DEBT_LOW_RISES,
	.high_collateral = BANDS_COLLATERAL_HIGH_FALLS,
	.high_debt = BANDS_DEBT_HIGH_RISES,
	.is_split = true,
};
static const struct edge_kinds RESTRICTED_ABOVE = {
	.side = EDGE_ABOVE,
	.collateral = BANDS_COLLATERAL_LOWEST_RISES,
	.debt = BANDS_DEBT_HIGHEST_FALLS,
	.low_collateral = BANDS_COLLATERAL_LOWEST_RISES,
	.low_debt = BANDS_DEBT_LOW_FALLS,
	.high_collateral = BANDS_COLLATERAL_HIGH_RISES,
	.high_debt = BANDS_DEBT_HIGHEST_FALLS,
	.by_ltv = true,
	.is_split = true,
};
static const struct edge_kinds LIQUIDATABLE_ABOVE = {
	.side = EDGE_ABOVE,
	.collateral = BANDS_COLLATERAL_HIGH_RISES,
	.debt = BANDS_DEBT_LOW_FALLS,
};

static struct ppb
factor_of(const struct ground *g, const struct leg *l, bool by_ltv)
{
	const struct asset_rules *r =
	    &g->b->assets[l->asset].rules[g->v->mode];

	return by_ltv ? r->ltv : r->liquidation_threshold;
}

/* edge_add_factors adds the legs whose factor is in `factors`. */
static void
edge_add_factors(struct edge *e, struct bands_plan *plan, struct ground *g,
    uint64_t factors, enum bands_kind collateral, enum bands_kind debt,
    bool by_ltv)
{
	const struct vault *v = g->v;

	for (uint8_t i = 0; i < v->collateral_count; i++) {
		const struct leg *l = &v->collateral[i];

		if ((factors >> g->b->assets[l->asset].factor & 1) != 0)
			edge_add_collateral(e, plan, g, l, collateral,
			    factor_of(g, l, by_ltv));
	}
	for (uint8_t i = 0; i < v->debt_count; i++) {
		const struct leg *l = &v->debt[i];

		if ((factors >> g->b->assets[l->asset].factor & 1) != 0)
			edge_add_debt(e, plan, g, l, debt, g->owed[i]);
	}
}

/* edge_add_hedged adds one hedged factor at low or at high: where the bound is
 * the closer one. */
static void
edge_add_hedged(struct edge *e, struct bands_plan *plan, struct ground *g,
    unsigned factor, const struct edge_kinds *k)
{
	uint64_t one = UINT64_C(1) << factor;
	uint32_t count = plan->trigger_count;
	struct edge low = *e, high = *e;

	edge_add_factors(&high, plan, g, one, k->high_collateral,
	    k->high_debt, k->by_ltv);
	plan->trigger_count = count;
	edge_add_factors(&low, plan, g, one, k->low_collateral, k->low_debt,
	    k->by_ltv);
	/* From below the larger surplus is the closer, from above the less;
	 * no sum leaves 128 bits, as no value is longer than VALUE_BITS_MAX. */
	if ((low.collateral + high.debt >= high.collateral + low.debt) ==
	    (e->side == EDGE_BELOW)) {
		*e = low;
		return;
	}
	plan->trigger_count = count;
	edge_add_factors(e, plan, g, one, k->high_collateral, k->high_debt,
	    k->by_ltv);
}

static void
plan_edge(struct bands_plan *plan, struct ground *g,
    const struct edge_kinds *k)
{
	uint64_t hedged = k->is_split ? g->hedged : 0;
	BANDS_SCRATCH struct edge e;

	e.side = k->side;
	e.first = plan->trigger_count;
	e.collateral = e.debt = e.guard = 0;
	edge_add_factors(&e, plan, g, ~hedged, k->collateral, k->debt,
	    k->by_ltv);
	for (; hedged != 0; hedged &= hedged - 1)
		edge_add_hedged(&e, plan, g,
		    (unsigned)__builtin_ctzll(hedged), k);
	if (!g->is_odd)
		edge_finish(&e, plan);
}

struct sides {
	uint64_t collateral, debt;	/* factors */
	bool is_refused;
};

/* ground_add_leg: amounts of zero count for nothing. */
static void
ground_add_leg(struct ground *g, struct sides *s, const struct leg *l,
    u128 atoms, uint64_t *factors)
{
	const struct asset *a = &g->b->assets[l->asset];

	if (atoms == 0)
		return;
	*factors |= UINT64_C(1) << a->factor;
	if (!g->price[l->asset].is_known)
		s->is_refused = true;
	if (bands_bits(atoms) > ATOMS_BITS_MAX)
		g->is_odd = true;
}

static struct sides
ground_from_vault(struct ground *g)
{
	const struct vault *v = g->v;
	struct sides s = { 0 };

	for (uint8_t i = 0; i < v->collateral_count; i++) {
		const struct leg *l = &v->collateral[i];
		const struct asset_rules *r =
		    &g->b->assets[l->asset].rules[v->mode];

		ground_add_leg(g, &s, l, l->amount, &s.collateral);
		/* The edges stand on the initial excess being the less. */
		if (ppb_to_raw(r->ltv) > ppb_to_raw(r->liquidation_threshold) ||
		    ppb_to_raw(r->liquidation_threshold) > PPB_ONE_RAW)
			g->is_odd = true;
	}
	for (uint8_t i = 0; i < v->debt_count; i++) {
		const struct leg *l = &v->debt[i];

		if (book_debt_atoms(&g->owed[i], g->b, l) != ERR_OK ||
		    wad_to_raw(l->index) < INDEX_RAW_MIN) {
			g->is_odd = true;
			g->owed[i] = l->amount;
		}
		ground_add_leg(g, &s, l, g->owed[i], &s.debt);
	}
	g->hedged = s.collateral & s.debt;
	return s;
}

/* plan_settle: no price can change the vault's state. */
static void
plan_settle(struct bands_plan *plan)
{
	plan->is_always = false;
	plan->trigger_count = 0;
}

static void
plan_state(struct bands_plan *plan, struct ground *g, const struct sides *s,
    enum vault_state state)
{
	switch (state) {
	case STATE_HEALTHY:
		plan_edge(plan, g, &HEALTHY_BELOW);
		/* What owes nothing stays so, whatever the prices. */
		if (s->debt == 0)
			plan_settle(plan);
		return;
	case STATE_RESTRICTED:
		plan_edge(plan, g, &RESTRICTED_BELOW);
		plan_edge(plan, g, &RESTRICTED_ABOVE);
		return;
	case STATE_LIQUIDATABLE:
		plan_edge(plan, g, &LIQUIDATABLE_ABOVE);
		if (!g->is_valued)
			g->is_odd = true;
		return;
	case STATE_INSOLVENT:
		/* Without collateral no price helps. */
		plan_edge(plan, g, &LIQUIDATABLE_ABOVE);
		plan_settle(plan);
		if (s->collateral != 0 || s->debt == 0)
			g->is_odd = true;
		return;
	case STATE_CALLED: case STATE_OVERDUE: case STATE_LIQUIDATING:
	case STATE_CLOSED: case STATE_STALE: case STATE_PENDING:
	case STATE_RECOVERY:
		g->is_odd = true;
		return;
	}
	MUST(false);
}

void
bands_plan_vault(struct bands_plan *out, const struct bands_price *price,
    const struct book *b, const struct vault *v, enum vault_state state)
{
	BANDS_SCRATCH struct ground g;
	struct sides s;

	MUST(v->mode < b->mode_count);
	MUST(v->collateral_count <= BOOK_LEGS_MAX);
	MUST(v->debt_count <= BOOK_LEGS_MAX);

	g.price = price;
	g.b = b;
	g.v = v;
	g.is_valued = g.is_odd = false;
	out->trigger_count = 0;
	out->is_always = false;
	s = ground_from_vault(&g);
	if (s.is_refused) {
		out->is_proven = state == STATE_STALE;
		return;
	}
	plan_state(out, &g, &s, state);
	if (g.is_odd)
		out->is_always = true;
	if (out->is_always)
		out->trigger_count = 0;
	out->is_proven = !out->is_always;
}
