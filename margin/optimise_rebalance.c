#include "margin/optimise_rebalance.h"

#include <string.h>

#include "base/must.h"

const char *
rebalance_kind_name(enum rebalance_kind k)
{
	switch (k) {
	case REBALANCE_REPAY: return "repay";
	case REBALANCE_CLOSE: return "close";
	}
	return "unnamed";
}

/* A step that may be taken, up to `most` atoms of the debt or raw contracts. */
struct pick {
	enum rebalance_kind kind;
	uint8_t debt_asset, collateral_asset;
	struct position position;
	u128 most;
};

struct walk {
	struct whatif *w;
	const struct snapshot *s;
	enum margin_method method;
	const struct optimise_rules *rules;
	bool is_to_health;
	struct wad health_target;
	struct usd18 excess_target;
	struct whatif_mark now;	/* after the steps taken */
	struct usd18 gap;	/* there: what the target lacks */
	struct wad health;
	struct pick best;
	struct usd18 best_gain, best_cost;
	bool has_best, best_reaches;
	struct rebalance_plan *plan;
};

/* ---- how far it is ------------------------------------------------------ */

/* evaluation_of: at mid; a `ratio` vault of tokens as the rules' profile
 * counts it. */
static enum err
evaluation_of(struct evaluation *out, const struct walk *k)
{
	struct point mid = point_mid();
	struct margin_result r;
	enum err e;

	if (k->method != METHOD_RATIO ||
	    !margin_is_tokens_alone(k->s, k->w->slot))
		return margin_evaluate_at(out, k->s, k->w->slot, k->method,
		    &mid, SIDE_MAINTENANCE, NULL);
	e = margin_evaluate(&r, k->s, k->w->slot, k->method);
	if (e == ERR_OK && r.status.is_stale)
		e = ERR_STALE;
	if (e == ERR_OK)
		*out = r.mid;
	return e;
}

/* gap_of: ceil(H * (debt + requirement)) - (equity + debt), which is at most
 * zero exactly where health >= H; or target - excess. */
static enum err
gap_of(struct usd18 *gap, const struct walk *k, const struct evaluation *v)
{
	struct usd18 there, asked;
	enum err e;

	if (!k->is_to_health)
		return usd18_sub(gap, k->excess_target, v->excess);
	e = usd18_add(&there, v->equity, v->weighted_debt);
	if (e == ERR_OK)
		e = usd18_add(&asked, v->weighted_debt, v->requirement);
	if (e == ERR_OK)
		e = usd18_mul_wad(&asked, asked, k->health_target,
		    ROUND_CEIL);
	return e != ERR_OK ? e : usd18_sub(gap, asked, there);
}

static enum err
measure(struct usd18 *gap, struct wad *health, const struct walk *k)
{
	struct evaluation v;
	enum err e = evaluation_of(&v, k);

	if (e == ERR_OK)
		e = gap_of(gap, k, &v);
	if (e == ERR_OK)
		*health = v.health;
	return e;
}

static bool
is_there(struct usd18 gap)
{
	return usd18_compare(gap, usd18_zero()) <= 0;
}

/* ---- one step ----------------------------------------------------------- */

/* sale_of: the atoms of collateral that pay for `repay` atoms of a debt. */
static enum err
sale_of(u128 *sell, struct usd18 *cost, const struct walk *k,
    const struct pick *p, u128 repay)
{
	const struct book *b = k->w->book;
	const struct asset *d = &b->assets[p->debt_asset];
	const struct asset *c = &b->assets[p->collateral_asset];
	struct usd18 value, paid;
	struct num18 rate;
	enum err e;

	if (p->debt_asset == p->collateral_asset) {
		*sell = repay;
		*cost = usd18_zero();
		return ERR_OK;
	}
	e = usd18_from_atoms(&value, repay, d->decimals,
	    k->s->market->asset[p->debt_asset].price.mid, ROUND_CEIL);
	if (e == ERR_OK)
		e = optimise_rate_of_asset(&rate, c, k->now.vault.mode, value,
		    k->rules);
	if (e == ERR_OK)
		e = usd18_mul_num(&paid, value, rate, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_add(&value, value, paid);
	if (e == ERR_OK)
		e = atoms_from_usd18(sell, value, c->decimals,
		    k->s->market->asset[p->collateral_asset].price.mid,
		    ROUND_CEIL);
	if (e == ERR_OK)
		*cost = paid;
	return e;
}

static enum err
step_repay(struct rebalance_step *out, const struct walk *k,
    const struct pick *p, u128 amount)
{
	struct action sale = { .kind = ACTION_WITHDRAW,
	    .asset = p->collateral_asset };
	struct action repay = { .kind = ACTION_REPAY,
	    .asset = p->debt_asset, .amount = amount };
	struct action_effect effect;
	enum err e = sale_of(&sale.amount, &out->cost, k, p, amount);

	if (e == ERR_OK)
		e = whatif_do(k->w, &effect, &sale);
	if (e == ERR_OK)
		e = whatif_do(k->w, &effect, &repay);
	out->debt_asset = p->debt_asset;
	out->collateral_asset = p->collateral_asset;
	out->repay = amount;
	out->sell = sale.amount;
	return e;
}

static enum err
step_close(struct rebalance_step *out, const struct walk *k,
    const struct pick *p, u128 amount)
{
	struct node n = snapshot_node(k->s, k->w->slot);
	struct num18 size = num18_from_raw(num18_is_negative(
	    p->position.size) ? -(i128)amount : (i128)amount);
	struct action_effect effect;
	struct action a;
	enum err e = optimise_close(&a, &out->cost, &n, &p->position, size,
	    k->rules);

	if (e == ERR_OK)
		e = whatif_do(k->w, &effect, &a);
	if (e != ERR_OK)
		return e;
	out->instrument = a.instrument;
	out->size = a.size;
	out->price = a.price;
	return ERR_OK;
}

/* step_try does `amount` of a pick on the vault as it is now and measures it;
 * *done is false where it cannot be done. */
static enum err
step_try(struct rebalance_step *out, struct usd18 *gap, bool *done,
    struct walk *k, const struct pick *p, u128 amount)
{
	enum err e = ERR_STATE;

	memset(out, 0, sizeof(*out));
	out->kind = p->kind;
	whatif_return(k->w, &k->now);
	switch (p->kind) {
	case REBALANCE_REPAY: e = step_repay(out, k, p, amount); break;
	case REBALANCE_CLOSE: e = step_close(out, k, p, amount); break;
	}
	*done = e == ERR_OK;
	if (!*done)
		return e == ERR_STALE ? e : ERR_OK;
	return measure(gap, &out->health_after, k);
}

/* ---- which one ---------------------------------------------------------- */

static enum err
pick_judge(struct walk *k, const struct pick *p)
{
	struct rebalance_step step;
	struct usd18 gap, gain;
	bool done;
	enum err e = p->most == 0 ? ERR_OK :
	    step_try(&step, &gap, &done, k, p, p->most);

	if (p->most == 0 || e != ERR_OK || !done)
		return e;
	e = usd18_sub(&gain, k->gap, gap);
	if (e != ERR_OK || usd18_compare(gain, usd18_zero()) <= 0)
		return e;
	if (k->has_best && optimise_ratio_compare(gain, step.cost,
	    k->best_gain, k->best_cost) <= 0)
		return ERR_OK;
	k->best = *p;
	k->best_gain = gain;
	k->best_cost = step.cost;
	k->best_reaches = is_there(gap);
	k->has_best = true;
	return ERR_OK;
}

/* pick_most: the most of the debt that the collateral can pay for; zero where
 * a number does not fit. */
static u128
pick_most(const struct walk *k, const struct pick *p, u128 owed, u128 held)
{
	u128 low = 0, high = owed, sell;
	struct usd18 cost;

	if (sale_of(&sell, &cost, k, p, owed) == ERR_OK && sell <= held)
		return owed;
	while (high - low > 1) {
		u128 mid = low + (high - low) / 2;

		if (sale_of(&sell, &cost, k, p, mid) == ERR_OK && sell <= held)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static enum err
picks_repay(struct walk *k)
{
	const struct vault *v = &k->now.vault;
	u128 owed;
	enum err e = ERR_OK;

	for (size_t j = 0; j < v->debt_count; j++) {
		e = book_debt_atoms(&owed, k->s->book, &v->debt[j]);
		for (size_t c = 0; c < v->collateral_count && e == ERR_OK;
		    c++) {
			struct pick p = { .kind = REBALANCE_REPAY,
			    .debt_asset = v->debt[j].asset,
			    .collateral_asset = v->collateral[c].asset };

			p.most = pick_most(k, &p, owed,
			    v->collateral[c].amount);
			e = pick_judge(k, &p);
		}
		if (e != ERR_OK)
			break;
	}
	return e;
}

static enum err
picks_close(struct walk *k)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < k->now.vault.position_count && e == ERR_OK;
	    i++) {
		struct pick p = { .kind = REBALANCE_CLOSE,
		    .position = k->now.position[i] };
		i128 size = num18_to_raw(p.position.size);

		p.most = size < 0 ? (u128)0 - (u128)size : (u128)size;
		e = pick_judge(k, &p);
	}
	return e;
}

/* ---- the way ------------------------------------------------------------ */

/* step_cut: the least amount of the best pick that reaches the target, as far
 * as bisection can see. */
static enum err
step_cut(struct rebalance_step *out, struct usd18 *gap, struct walk *k)
{
	u128 low = 0, high = k->best.most;
	bool done = true;
	enum err e = ERR_OK;

	while (high - low > 1 && k->best_reaches && e == ERR_OK) {
		u128 mid = low + (high - low) / 2;

		e = step_try(out, gap, &done, k, &k->best, mid);
		if (e == ERR_OK && done && is_there(*gap))
			high = mid;
		else
			low = mid;
	}
	if (e == ERR_OK)
		e = step_try(out, gap, &done, k, &k->best, high);
	MUST(e != ERR_OK || done);
	return e;
}

static enum err
walk_step(struct walk *k)
{
	struct rebalance_plan *plan = k->plan;
	struct rebalance_step *step = &plan->step[plan->count];
	enum err e;

	if (plan->count == REBALANCE_STEPS_MAX)
		return ERR_LIMIT;
	k->has_best = false;
	e = picks_repay(k);
	if (e == ERR_OK)
		e = picks_close(k);
	if (e == ERR_OK && !k->has_best)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		e = step_cut(step, &k->gap, k);
	if (e == ERR_OK)
		e = usd18_add(&plan->cost, plan->cost, step->cost);
	if (e != ERR_OK)
		return e;
	whatif_keep(&k->now, k->w);
	k->health = step->health_after;
	plan->count++;
	return ERR_OK;
}

/* walk_end: the vault at the end of the way, by the whole of an evaluation. */
static enum err
walk_end(struct walk *k)
{
	struct margin_result r;
	struct usd18 gap;
	enum err e = margin_evaluate(&r, k->s, k->w->slot, k->method);

	if (e == ERR_OK && r.is_refused)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		e = gap_of(&gap, k, &r.mid);
	if (e == ERR_OK && !is_there(gap))
		e = ERR_REFUSED;
	if (e != ERR_OK)
		return e;
	k->plan->health_after = r.mid.health;
	k->plan->after = whatif_metrics(&r);
	return ERR_OK;
}

static enum err
walk_whole(struct rebalance_plan *out, struct walk *k)
{
	struct whatif_mark start;
	struct rebalance_plan plan = { .count = 0 };
	enum err e;

	MUST(k->w->is_open && k->s->book == k->w->book);
	k->plan = &plan;
	whatif_keep(&start, k->w);
	k->now = start;
	e = measure(&k->gap, &k->health, k);
	plan.health_before = k->health;
	while (e == ERR_OK && !is_there(k->gap))
		e = walk_step(k);
	if (e == ERR_OK)
		e = walk_end(k);
	whatif_return(k->w, &start);
	if (e == ERR_OK)
		*out = plan;
	return e;
}

enum err
rebalance_to_health(struct rebalance_plan *out, struct whatif *w,
    const struct snapshot *s, enum margin_method method, struct wad target,
    const struct optimise_rules *r)
{
	struct walk k = { .w = w, .s = s, .method = method, .rules = r,
	    .is_to_health = true, .health_target = target };

	return walk_whole(out, &k);
}

enum err
rebalance_to_excess(struct rebalance_plan *out, struct whatif *w,
    const struct snapshot *s, enum margin_method method, struct usd18 target,
    const struct optimise_rules *r)
{
	struct walk k = { .w = w, .s = s, .method = method, .rules = r,
	    .excess_target = target };

	return walk_whole(out, &k);
}
