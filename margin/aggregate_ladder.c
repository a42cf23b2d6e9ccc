#include "margin/aggregate_ladder.h"

#include <string.h>

#include "base/must.h"
#include "margin/liquidation_bare.h"
#include "margin/ratio.h"
#include "margin/shock.h"

#define LADDER_STEPS 20u	/* -90 % to +100 % */

void
ladder_rules_default(struct ladder_rules *r)
{
	memset(r, 0, sizeof(*r));
	r->shock_count = LADDER_STEPS;
	for (uint32_t i = 0; i < LADDER_STEPS; i++)
		r->shock[i] = num18_from_raw(((i128)i - 9) *
		    (i128)(WAD_ONE_RAW / 10));
	for (size_t f = 0; f < BOOK_FACTORS_MAX; f++)
		r->is_shocked[f] = true;
}

enum err
ladder_rules_of_book(struct ladder_rules *r, const struct book *b,
    struct num18 share)
{
	struct ladder_rules next;
	enum err e = ERR_OK;

	MUST(!num18_is_negative(share));
	ladder_rules_default(&next);
	for (uint8_t f = 0; f < BOOK_FACTORS_MAX; f++)
		next.is_shocked[f] = !factor_is_stable(b, f);
	for (size_t i = 0; i < b->asset_count && e == ERR_OK; i++) {
		uint8_t f = b->assets[i].factor;

		if (next.has_depth[f])
			continue;
		next.has_depth[f] = true;
		e = usd18_mul_num(&next.depth[f], b->assets[i].risk.adv, share,
		    ROUND_FLOOR);
	}
	if (e == ERR_OK)
		*r = next;
	return e;
}

void
ladder_rules_one_factor(struct ladder_rules *r, uint8_t factor)
{
	MUST(factor < BOOK_FACTORS_MAX);
	memset(r->is_shocked, 0, sizeof(r->is_shocked));
	r->is_shocked[factor] = true;
}

void
aggregate_ladder_start(struct ladder *l, const struct ladder_rules *r)
{
	const struct num18 least = num18_from_raw(-(i128)WAD_ONE_RAW);

	MUST(r->shock_count <= LADDER_SHOCKS_MAX);
	memset(l, 0, sizeof(*l));
	l->rules = r;
	for (uint32_t i = 0; i < r->shock_count; i++) {
		MUST(num18_compare(r->shock[i], least) > 0);
		l->line[i].shock = r->shock[i];
	}
}

/* What one vault comes to at one shock. */
struct shocked {
	struct usd18 debt;
	struct usd18 collateral;
	struct usd18 payable;		/* sum V / (1 + bonus), floored */
	struct usd18 weighted_debt;
	struct usd18 weighted_collateral;
};

/* shock_of is what a leg's values are multiplied with. */
static enum err
shock_of(struct num18 *out, const struct ladder_rules *r, uint8_t factor,
    struct num18 shock)
{
	MUST(factor < BOOK_FACTORS_MAX);
	if (!r->is_shocked[factor])
		shock = num18_zero();
	return num18_add(out, num18_one(), shock);
}

static enum err
leg_shock(struct usd18 *value, struct usd18 *weighted,
    const struct ladder_leg *leg, const struct ladder_rules *r,
    struct num18 shock)
{
	enum rounding side = leg->is_debt ? ROUND_CEIL : ROUND_FLOOR;
	struct num18 times;
	enum err e = shock_of(&times, r, leg->factor, shock);

	if (e == ERR_OK)
		e = usd18_mul_num(value, leg->value, times, side);
	if (e == ERR_OK)
		e = usd18_mul_num(weighted, leg->weighted, times, side);
	return e;
}

static enum err
leg_add(struct shocked *s, const struct ladder_leg *leg,
    const struct ladder_rules *r, struct num18 shock)
{
	struct usd18 value, weighted, payable;
	enum err e = leg_shock(&value, &weighted, leg, r, shock);

	if (e == ERR_OK && leg->is_debt) {
		e = usd18_add(&s->debt, s->debt, value);
		if (e == ERR_OK)
			e = usd18_add(&s->weighted_debt, s->weighted_debt,
			    weighted);
		return e;
	}
	if (e == ERR_OK)
		e = liquidation_payable(&payable, value, leg->bonus,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_add(&s->collateral, s->collateral, value);
	if (e == ERR_OK)
		e = usd18_add(&s->payable, s->payable, payable);
	if (e == ERR_OK)
		e = usd18_add(&s->weighted_collateral,
		    s->weighted_collateral, weighted);
	return e;
}

/* fits: what one vault may come to, so that the sums of BOOK_VAULTS_MAX of
 * them always fit. */
static bool
fits(struct usd18 v)
{
	return usd18_compare(v,
	    usd18_from_raw(I128_MAX / (i128)(2 * BOOK_VAULTS_MAX))) <= 0;
}

static enum err
vault_shock(struct shocked *s, const struct ladder_rules *r,
    const struct ladder_leg *legs, size_t count, struct num18 shock)
{
	enum err e;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < count; i++) {
		e = leg_add(s, &legs[i], r, shock);
		if (e != ERR_OK)
			return e;
	}
	return fits(s->debt) && fits(s->collateral) ? ERR_OK : ERR_RANGE;
}

static void
sum_add(struct usd18 *sum, struct usd18 part)
{
	enum err e = usd18_add(sum, *sum, part);

	MUST(e == ERR_OK);
}

/* leg_sell: of collateral that could pay `payable`, the share debt / payable
 * has to be sold, at most all. */
static void
leg_sell(struct usd18 *sum, const struct shocked *s,
    const struct ladder_leg *leg, const struct ladder_rules *r,
    struct num18 shock)
{
	struct usd18 value, weighted;
	i128 part;
	enum err e = leg_shock(&value, &weighted, leg, r, shock);

	MUST(e == ERR_OK);
	part = usd18_to_raw(value);
	if (usd18_compare(s->payable, s->debt) > 0)
		e = muldiv_i128(&part, part, usd18_to_raw(s->debt),
		    usd18_to_raw(s->payable), ROUND_CEIL);
	MUST(e == ERR_OK);
	sum_add(sum, usd18_from_raw(part));
}

/* line_add counts a vault, which fits, into one line. */
static void
line_add(struct ladder_line *line, const struct shocked *s,
    const struct ladder_rules *r, const struct ladder_leg *legs, size_t count)
{
	struct usd18 unpaid;
	enum err e = usd18_sub(&unpaid, s->debt, s->payable);

	MUST(e == ERR_OK);
	sum_add(&line->debt, s->debt);
	sum_add(&line->bad_debt, usd18_max(unpaid, usd18_zero()));
	if (usd18_compare(s->weighted_collateral, s->weighted_debt) >= 0)
		return;
	line->vaults_at_risk++;
	sum_add(&line->debt_at_risk, s->debt);
	for (size_t i = 0; i < count; i++)
		if (!legs[i].is_debt)
			leg_sell(&line->to_sell[legs[i].factor], s, &legs[i],
			    r, line->shock);
}

enum err
aggregate_ladder_add(struct ladder *l, const struct ladder_leg *legs,
    size_t count)
{
	struct shocked s[LADDER_SHOCKS_MAX];
	uint32_t lines = l->rules->shock_count;
	enum err e;

	if (l->vaults == BOOK_VAULTS_MAX)
		return ERR_LIMIT;
	for (uint32_t i = 0; i < lines; i++) {
		e = vault_shock(&s[i], l->rules, legs, count,
		    l->line[i].shock);
		if (e != ERR_OK)
			return e;
	}
	for (uint32_t i = 0; i < lines; i++)
		line_add(&l->line[i], &s[i], l->rules, legs, count);
	l->vaults++;
	return ERR_OK;
}

static enum err
line_finish(struct ladder_line *line, const struct ladder_rules *r)
{
	struct usd18 over;
	enum err e = ERR_OK;

	line->unsold = usd18_zero();
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if (!r->has_depth[f])
			continue;
		e = usd18_sub(&over, line->to_sell[f], r->depth[f]);
		if (e == ERR_OK)
			e = usd18_add(&line->unsold, line->unsold,
			    usd18_max(over, usd18_zero()));
	}
	if (e == ERR_OK)
		e = usd18_add(&over, line->bad_debt, line->unsold);
	if (e == ERR_OK)
		line->bad_debt_limited = usd18_min(over, line->debt);
	return e;
}

enum err
aggregate_ladder_finish(struct ladder *l)
{
	struct ladder_line line[LADDER_SHOCKS_MAX];
	enum err e;

	memcpy(line, l->line, sizeof(line));
	for (uint32_t i = 0; i < l->rules->shock_count; i++) {
		e = line_finish(&line[i], l->rules);
		if (e != ERR_OK)
			return e;
	}
	memcpy(l->line, line, sizeof(line));
	return ERR_OK;
}

static enum err
ladder_leg_of(struct ladder_leg *out, const struct book *b,
    const struct vault *v, const struct market *m, const struct leg *leg,
    bool is_debt)
{
	const struct asset *a = &b->assets[leg->asset];
	const struct asset_rules *rules = &a->rules[v->mode];
	const struct price *p = &m->asset[leg->asset].price;
	struct ratio_leg value;
	u128 atoms;
	enum err e;

	if (p->status == PRICE_REFUSED)
		return ERR_STALE;
	if (is_debt) {
		e = book_debt_atoms(&atoms, b, leg);
		if (e == ERR_OK)
			e = ratio_value_debt(&value, a, atoms, p->mid,
			    rules->debt_weight);
	} else {
		e = ratio_value_collateral(&value, a, leg->amount, p->mid,
		    rules->liquidation_threshold);
	}
	if (e == ERR_OK)
		*out = (struct ladder_leg){ .factor = a->factor,
		    .is_debt = is_debt, .value = value.value,
		    .weighted = value.weighted, .bonus = rules->bonus };
	return e;
}

enum err
ladder_legs_of_vault(struct ladder_leg *legs, size_t *count,
    const struct book *b, const struct vault *v, const struct market *m)
{
	struct ladder_leg list[2 * BOOK_LEGS_MAX];
	size_t all = (size_t)v->collateral_count + v->debt_count, used = 0;
	enum err e;

	MUST(m->count == b->asset_count && v->mode < b->mode_count);
	MUST(v->collateral_count <= BOOK_LEGS_MAX);
	MUST(v->debt_count <= BOOK_LEGS_MAX);
	for (size_t i = 0; i < all; i++) {
		bool is_debt = i >= v->collateral_count;
		const struct leg *leg = is_debt ?
		    &v->debt[i - v->collateral_count] : &v->collateral[i];

		if (leg->amount == 0)
			continue;
		e = ladder_leg_of(&list[used], b, v, m, leg, is_debt);
		if (e != ERR_OK)
			return e;
		used++;
	}
	memcpy(legs, list, used * sizeof(list[0]));
	*count = used;
	return ERR_OK;
}
