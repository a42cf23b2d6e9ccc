#include "margin/standard.h"

void
standard_rules_default(struct standard_rules *r)
{
	const struct num18 threshold = num18_from_raw(400000000000000000);

	linear_rules_default(&r->linear);
	r->profit_weight = ppb_one();
	r->option = (struct standard_option_rules){
		.initial_at_money = ppb_from_raw(150000000u),
		.initial_min = ppb_from_raw(100000000u),
		.maintenance_call = ppb_from_raw(75000000u),
		.maintenance_put = ppb_from_raw(75000000u),
		.maintenance_put_mark = ppb_from_raw(75000000u),
		.initial_put_scale = ppb_from_raw(1050000000u),
		.unpaired_initial = ppb_from_raw(1200000000u),
		.unpaired_maintenance = ppb_from_raw(1100000000u),
	};
	r->oracle = (struct standard_oracle_rules){
		.linear_threshold = threshold,
		.option_threshold = threshold,
		.base_threshold = threshold,
		.factor = ppb_from_raw(400000000u),
	};
	r->depeg_threshold = num18_from_raw(980000000000000000);
	r->depeg_factor = ppb_from_raw(1200000000u);
	r->base_weight = ppb_from_raw(800000000u);
	r->base_initial_scale = ppb_from_raw(800000000u);
}

static enum err
add_to(struct usd18 *sum, struct usd18 v)
{
	return usd18_add(sum, *sum, v);
}

static struct num18
share_num(struct ppb share)
{
	return num18_from_raw((i128)ppb_to_raw(share) * PPB_ONE_RAW);
}

static struct num18
num18_least(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

static enum err
confidence_check(struct num18 confidence)
{
	return num18_is_negative(confidence) ||
	    num18_compare(confidence, num18_one()) > 0 ? ERR_RANGE : ERR_OK;
}

/* doubt adds (1 - confidence) * factor * notional where the confidence is
 * below the threshold. */
static enum err
doubt(struct usd18 *sum, const struct standard_oracle_rules *r,
    struct num18 threshold, struct num18 confidence, struct usd18 notional)
{
	struct num18 lacks;
	struct usd18 v;
	enum err e = confidence_check(confidence);

	if (e != ERR_OK || num18_compare(confidence, threshold) >= 0)
		return e;
	e = num18_sub(&lacks, num18_one(), confidence);
	if (e == ERR_OK)
		e = usd18_mul_num(&v, notional, lacks, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&v, v, r->factor, ROUND_CEIL);
	return e == ERR_OK ? add_to(sum, v) : e;
}

/* ---- perpetuals and futures -------------------------------------------- */

/* linear_value: profit less funding, in USD, floor. */
static enum err
linear_value(struct usd18 *out, const struct standard_linear *l)
{
	const struct num18 multiplier = l->instrument->multiplier;
	struct num18 coin = num18_zero();
	struct usd18 profit = usd18_zero();
	enum err e = ERR_OK;

	if (!l->instrument->is_inverse) {
		if (!num18_is_zero(l->size))
			e = linear_profit(&profit, l->size, multiplier,
			    l->mark, l->entry);
		return e == ERR_OK ? usd18_sub(out, profit, l->funding) : e;
	}
	if (!num18_is_zero(l->size))
		e = linear_profit_inverse(&coin, l->size, multiplier, l->mark,
		    l->entry);
	if (e == ERR_OK)
		e = num18_sub(&coin, coin,
		    num18_from_raw(usd18_to_raw(l->funding)));
	return e == ERR_OK ? linear_coin_value(out, coin, l->index) : e;
}

/* linear_sizes: the notional that margin is on, and the same at the index
 * price. */
static enum err
linear_sizes(struct usd18 *notional, struct usd18 *exposed,
    const struct standard_linear *l)
{
	const struct num18 multiplier = l->instrument->multiplier;
	struct num18 size;
	enum err e = linear_worse_size(&size, l->size, l->bids, l->asks);

	if (e != ERR_OK)
		return e;
	if (l->instrument->is_inverse) {
		e = linear_notional_inverse(notional, size, multiplier,
		    l->mark, l->index);
		*exposed = *notional;
		return e;
	}
	e = linear_notional(notional, size, multiplier, l->mark);
	return e == ERR_OK ?
	    linear_notional(exposed, size, multiplier, l->index) : e;
}

enum err
standard_linear_of(struct standard_linear_part *out,
    const struct standard_rules *rules, const struct standard_linear *l)
{
	const struct instrument *i = l->instrument;
	struct standard_linear_part p = { .term.item = l->item };
	struct usd18 notional;
	enum err e = linear_value(&p.term.value, l);

	if (e == ERR_OK)
		e = linear_sizes(&notional, &p.exposed, l);
	if (e == ERR_OK)
		e = linear_initial_requirement(&p.term.initial,
		    &rules->linear, i->tier, i->tier_count, notional,
		    l->leverage, l->open_interest);
	if (e == ERR_OK)
		e = linear_tier_requirement(&p.term.maintenance, i->tier,
		    i->tier_count, notional, false);
	if (e != ERR_OK)
		return e;
	p.credit = p.term.value;
	if (!usd18_is_negative(p.credit))
		e = usd18_mul_ppb(&p.credit, p.credit, rules->profit_weight,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = doubt(&p.contingency, &rules->oracle,
		    rules->oracle.linear_threshold, l->confidence, p.exposed);
	if (e == ERR_OK)
		*out = p;
	return e;
}

enum err
standard_add_linear(struct standard_sum *s,
    const struct standard_linear_part *p)
{
	struct standard_result *r = &s->r;
	enum err e = add_to(&r->credit_initial, p->credit);

	if (e == ERR_OK)
		e = add_to(&r->credit_maintenance, p->credit);
	if (e == ERR_OK)
		e = add_to(&r->linear_value, p->term.value);
	if (e == ERR_OK)
		e = add_to(&r->linear_initial, p->term.initial);
	if (e == ERR_OK)
		e = add_to(&r->linear_maintenance, p->term.maintenance);
	if (e == ERR_OK)
		e = add_to(&s->exposed, p->exposed);
	return e == ERR_OK ? add_to(&r->contingency, p->contingency) : e;
}

/* ---- options ----------------------------------------------------------- */

/* short_initial: the larger of initial_min * S and initial_at_money * S less
 * what the option is out of the money, for n units. */
static enum err
short_initial(struct usd18 *out, const struct standard_option_rules *r,
    const struct standard_option *o, struct px18 spot, struct num18 n)
{
	const struct px18 high = o->is_call ? o->strike : spot;
	const struct px18 low = o->is_call ? spot : o->strike;
	struct px18 away = px18_from_raw(0);
	struct usd18 least, most, off;
	enum err e = ERR_OK;

	if (px18_compare(high, low) > 0)
		e = px18_sub(&away, high, low);
	if (e == ERR_OK)
		e = usd18_from_contracts(&least, n,
		    share_num(r->initial_min), spot, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_from_contracts(&most, n,
		    share_num(r->initial_at_money), spot, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_from_contracts(&off, n, num18_one(), away,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_sub(&most, most, off);
	if (e == ERR_OK)
		*out = usd18_max(least, most);
	return e;
}

/* short_alone: what a short option of n units needs standing alone; mark is
 * what it costs to buy back, ceil. */
static enum err
short_alone(struct standard_term *term, const struct standard_option_rules *r,
    const struct standard_option *o, struct px18 spot, struct num18 n,
    struct usd18 mark)
{
	struct usd18 initial, maintenance, other;
	enum err e = short_initial(&initial, r, o, spot, n);

	if (e == ERR_OK)
		e = usd18_from_contracts(&maintenance, n,
		    share_num(o->is_call ? r->maintenance_call :
		    r->maintenance_put), spot, ROUND_CEIL);
	if (e == ERR_OK && !o->is_call) {
		e = usd18_mul_ppb(&other, mark, r->maintenance_put_mark,
		    ROUND_CEIL);
		if (e == ERR_OK)
			maintenance = usd18_max(maintenance, other);
	}
	if (e == ERR_OK)
		e = add_to(&maintenance, mark);
	if (e == ERR_OK)
		e = add_to(&initial, mark);
	if (e == ERR_OK && !o->is_call) {
		e = usd18_mul_ppb(&other, maintenance, r->initial_put_scale,
		    ROUND_CEIL);
		if (e == ERR_OK)
			initial = usd18_max(initial, other);
	}
	if (e == ERR_OK) {
		term->initial = initial;
		term->maintenance = maintenance;
	}
	return e;
}

static enum err
option_alone(struct standard_term *term, const struct standard_rules *rules,
    const struct standard_group *g, const struct standard_option *o)
{
	struct num18 n;
	struct usd18 mark;
	enum err e = usd18_from_contracts(&term->value, o->amount,
	    num18_one(), o->mark, ROUND_FLOOR);

	term->item = o->item;
	term->initial = term->maintenance = usd18_zero();
	if (e != ERR_OK || !num18_is_negative(o->amount))
		return e;
	e = num18_sub(&n, num18_zero(), o->amount);
	if (e == ERR_OK)
		e = usd18_neg(&mark, term->value);
	return e == ERR_OK ?
	    short_alone(term, &rules->option, o, g->spot, n, mark) : e;
}

static void
strikes_sort(uint16_t order[STANDARD_GROUP_OPTIONS_MAX],
    const struct standard_group *g)
{
	for (size_t i = 0; i < g->option_count; i++) {
		size_t at = i;

		for (; at > 0 && px18_compare(g->options[order[at - 1]].strike,
		    g->options[i].strike) > 0; at--)
			order[at] = order[at - 1];
		order[at] = (uint16_t)i;
	}
}

/* payoff_at_zero: what the puts pay there, and how the payoff goes on: each
 * put falls with the price up to its strike. */
static enum err
payoff_at_zero(struct usd18 *payoff, struct num18 *slope,
    const struct standard_group *g)
{
	enum err e = ERR_OK;

	*payoff = usd18_zero();
	*slope = num18_zero();
	for (size_t i = 0; e == ERR_OK && i < g->option_count; i++) {
		const struct standard_option *o = &g->options[i];
		struct usd18 v;

		if (o->is_call)
			continue;
		e = usd18_from_contracts(&v, o->amount, num18_one(),
		    o->strike, ROUND_FLOOR);
		if (e == ERR_OK)
			e = add_to(payoff, v);
		if (e == ERR_OK)
			e = num18_sub(slope, *slope, o->amount);
	}
	return e;
}

/* payoff_worst: the payoff is a line between two strikes, and turns by its
 * amount at each, call or put.  Above the last one it falls only with net
 * short calls, which the unpaired charge is for. */
static enum err
payoff_worst(struct usd18 *out, const struct standard_group *g)
{
	uint16_t order[STANDARD_GROUP_OPTIONS_MAX];
	struct px18 from = px18_from_raw(0), step;
	struct usd18 payoff, worst, v;
	struct num18 slope;
	enum err e = payoff_at_zero(&payoff, &slope, g);

	worst = payoff;
	strikes_sort(order, g);
	for (size_t i = 0; e == ERR_OK && i < g->option_count; i++) {
		const struct standard_option *o = &g->options[order[i]];

		e = px18_sub(&step, o->strike, from);
		if (e == ERR_OK)
			e = usd18_from_contracts(&v, slope, num18_one(), step,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = add_to(&payoff, v);
		if (e == ERR_OK)
			e = num18_add(&slope, slope, o->amount);
		worst = usd18_min(worst, payoff);
		from = o->strike;
	}
	if (e == ERR_OK)
		*out = worst;
	return e;
}

static enum err
group_bound(struct usd18 *unpaired, struct usd18 *bounded, struct num18 calls,
    struct px18 forward, struct ppb scale, struct usd18 worst)
{
	enum err e = ERR_OK;

	*unpaired = usd18_zero();
	if (num18_is_negative(calls)) {
		/* The charge of a negative amount, floor, turned round. */
		e = usd18_from_contracts(unpaired, calls, share_num(scale),
		    forward, ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_neg(unpaired, *unpaired);
	}
	return e == ERR_OK ? usd18_sub(bounded, *unpaired,
	    usd18_min(usd18_zero(), worst)) : e;
}

/* What a group's options come to besides their margin. */
struct group_sums {
	struct num18 calls;	/* net */
	struct num18 shorts;	/* gross, not above zero */
	struct num18 confidence;
	struct usd18 value;
};

static enum err
group_alone(struct standard_group_term *gt, struct group_sums *s,
    struct standard_term *terms, const struct standard_rules *rules,
    const struct standard_group *g)
{
	*s = (struct group_sums){ .confidence = g->confidence };
	for (size_t i = 0; i < g->option_count; i++) {
		const struct standard_option *o = &g->options[i];
		enum err e = option_alone(&terms[i], rules, g, o);

		if (e == ERR_OK)
			e = confidence_check(o->confidence);
		if (e == ERR_OK)
			e = add_to(&gt->isolated_initial, terms[i].initial);
		if (e == ERR_OK)
			e = add_to(&gt->isolated_maintenance,
			    terms[i].maintenance);
		if (e == ERR_OK)
			e = add_to(&s->value, terms[i].value);
		if (e == ERR_OK && o->is_call)
			e = num18_add(&s->calls, s->calls, o->amount);
		if (e == ERR_OK && num18_is_negative(o->amount))
			e = num18_add(&s->shorts, s->shorts, o->amount);
		if (e != ERR_OK)
			return e;
		s->confidence = num18_least(s->confidence, o->confidence);
	}
	return confidence_check(g->confidence);
}

static enum err
group_margin(struct standard_group_term *gt, struct group_sums *s,
    struct usd18 *exposed, struct standard_term *terms,
    const struct standard_rules *rules, const struct standard_group *g)
{
	enum err e;

	*gt = (struct standard_group_term){ 0 };
	e = group_alone(gt, s, terms, rules, g);
	if (e == ERR_OK)
		e = payoff_worst(&gt->worst_payoff, g);
	if (e == ERR_OK)
		e = group_bound(&gt->unpaired_initial, &gt->bounded_initial,
		    s->calls, g->forward, rules->option.unpaired_initial,
		    gt->worst_payoff);
	if (e == ERR_OK)
		e = group_bound(&gt->unpaired_maintenance,
		    &gt->bounded_maintenance, s->calls, g->forward,
		    rules->option.unpaired_maintenance, gt->worst_payoff);
	if (e == ERR_OK)
		e = usd18_from_contracts(exposed, s->shorts, num18_one(),
		    g->spot, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_neg(exposed, *exposed);
	if (e == ERR_OK)
		e = doubt(&gt->contingency, &rules->oracle,
		    rules->oracle.option_threshold, s->confidence, *exposed);
	if (e != ERR_OK)
		return e;
	gt->initial = usd18_min(gt->isolated_initial, gt->bounded_initial);
	gt->maintenance = usd18_min(gt->isolated_maintenance,
	    gt->bounded_maintenance);
	return ERR_OK;
}

enum err
standard_group_of(struct standard_group_part *out,
    struct standard_term *terms, const struct standard_rules *rules,
    const struct standard_group *g)
{
	struct standard_group_part p;
	struct group_sums s;
	enum err e;

	if (g->option_count > STANDARD_GROUP_OPTIONS_MAX)
		return ERR_LIMIT;
	e = group_margin(&p.term, &s, &p.exposed, terms, rules, g);
	p.value = s.value;
	if (e == ERR_OK)
		*out = p;
	return e;
}

enum err
standard_add_group(struct standard_sum *s, const struct standard_group_part *p)
{
	struct standard_result *r = &s->r;
	enum err e = add_to(&r->option_initial, p->term.initial);

	if (e == ERR_OK)
		e = add_to(&r->option_maintenance, p->term.maintenance);
	if (e == ERR_OK)
		e = add_to(&r->option_value, p->value);
	if (e == ERR_OK)
		e = add_to(&r->contingency, p->term.contingency);
	return e == ERR_OK ? add_to(&s->exposed, p->exposed) : e;
}

/* ---- the underlying itself --------------------------------------------- */

/* What counts of a value: weight of one held, 2 - weight of one owed. */
static enum err
base_credit(struct usd18 *out, struct usd18 value, struct num18 weight)
{
	struct num18 owed;
	enum err e;

	if (!usd18_is_negative(value))
		return usd18_mul_num(out, value, weight, ROUND_FLOOR);
	e = num18_sub(&owed, num18_from_raw(2 * num18_to_raw(num18_one())),
	    num18_least(weight, num18_one()));
	return e == ERR_OK ? usd18_mul_num(out, value, owed, ROUND_FLOOR) : e;
}

static enum err
base_add(struct standard_sum *t, struct standard_term *term,
    const struct standard_rules *rules, const struct standard_base *b)
{
	const struct num18 weight = share_num(rules->base_weight);
	struct num18 initial_weight;
	struct usd18 initial, maintenance, held;
	enum err e = usd18_from_contracts(&term->value, b->amount,
	    num18_one(), b->price, ROUND_FLOOR);

	term->item = b->item;
	term->initial = term->maintenance = usd18_zero();
	if (e == ERR_OK)
		e = num18_mul(&initial_weight, weight,
		    share_num(rules->base_initial_scale), ROUND_FLOOR);
	if (e == ERR_OK)
		e = base_credit(&initial, term->value, initial_weight);
	if (e == ERR_OK)
		e = base_credit(&maintenance, term->value, weight);
	if (e == ERR_OK)
		e = confidence_check(b->confidence);
	/* What counts for nothing, or is owed, cannot be doubted. */
	if (e == ERR_OK && num18_to_raw(initial_weight) > 0 &&
	    !num18_is_negative(b->amount)) {
		e = usd18_from_contracts(&held, b->amount, num18_one(),
		    b->price, ROUND_CEIL);
		if (e == ERR_OK)
			e = doubt(&t->r.contingency, &rules->oracle,
			    rules->oracle.base_threshold, b->confidence, held);
	}
	if (e == ERR_OK)
		e = add_to(&t->r.base_value, term->value);
	if (e == ERR_OK)
		e = add_to(&t->r.base_credit_initial, initial);
	if (e == ERR_OK)
		e = add_to(&t->r.base_credit_maintenance, maintenance);
	if (e == ERR_OK)
		e = add_to(&t->r.credit_initial, initial);
	return e == ERR_OK ? add_to(&t->r.credit_maintenance, maintenance) : e;
}

/* ---- the whole --------------------------------------------------------- */

static enum err
depeg_of(struct usd18 *out, const struct standard_rules *rules,
    struct px18 stable, struct usd18 exposed)
{
	i128 threshold = num18_to_raw(rules->depeg_threshold);
	u128 at = px18_to_raw(stable);
	struct usd18 v;
	enum err e;

	if (threshold <= 0 || at >= (u128)threshold) {
		*out = usd18_zero();
		return ERR_OK;
	}
	e = usd18_mul_num(&v, exposed,
	    num18_from_raw(threshold - (i128)at), ROUND_CEIL);
	return e == ERR_OK ?
	    usd18_mul_ppb(out, v, rules->depeg_factor, ROUND_CEIL) : e;
}

static enum err
total(struct standard_result *r)
{
	enum err e = usd18_add(&r->initial, r->linear_initial,
	    r->option_initial);

	if (e == ERR_OK)
		e = add_to(&r->initial, r->contingency);
	if (e == ERR_OK)
		e = add_to(&r->initial, r->depeg);
	return e == ERR_OK ? usd18_add(&r->maintenance, r->linear_maintenance,
	    r->option_maintenance) : e;
}

/* Every item's term goes where the caller wants it, or nowhere. */
static struct standard_term *
term_slot(struct standard_term **next, struct standard_term *spare,
    size_t count)
{
	struct standard_term *slot = *next;

	if (slot == NULL)
		return spare;
	*next += count;
	return slot;
}

enum err
standard_sum_finish(struct standard_result *out, const struct standard_sum *s,
    const struct standard_rules *rules, struct px18 stable)
{
	struct standard_result r = s->r;
	enum err e = depeg_of(&r.depeg, rules, stable, s->exposed);

	if (e == ERR_OK)
		e = total(&r);
	if (e == ERR_OK)
		*out = r;
	return e;
}

enum err
standard_evaluate(struct standard_result *out, struct standard_term *terms,
    struct standard_group_term *groups, const struct standard_rules *rules,
    const struct standard_inputs *in)
{
	struct standard_term spare[STANDARD_GROUP_OPTIONS_MAX];
	struct standard_sum sum = { .exposed = usd18_zero() };
	struct standard_linear_part linear;
	struct standard_group_part group;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < in->linear_count; i++) {
		e = standard_linear_of(&linear, rules, &in->linear[i]);
		if (e != ERR_OK)
			return e;
		*term_slot(&terms, spare, 1) = linear.term;
		e = standard_add_linear(&sum, &linear);
	}
	for (size_t i = 0; e == ERR_OK && i < in->group_count; i++) {
		const struct standard_group *g = &in->groups[i];

		e = standard_group_of(&group, term_slot(&terms, spare,
		    g->option_count), rules, g);
		if (e != ERR_OK)
			return e;
		if (groups != NULL)
			groups[i] = group.term;
		e = standard_add_group(&sum, &group);
	}
	for (size_t i = 0; e == ERR_OK && i < in->base_count; i++)
		e = base_add(&sum, term_slot(&terms, spare, 1), rules,
		    &in->bases[i]);
	return e != ERR_OK ? e : standard_sum_finish(out, &sum, rules,
	    in->stable);
}
