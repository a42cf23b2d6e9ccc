/* margin/evaluate.h - a vault, alone or with what shares its collateral,
 * through one method: figures at mid, at both ends of the band, and the state.
 *
 * Band ends are found factor by factor: with the other factors at mid, each
 * factor is tried at mid, low, high and every strike between, with open orders
 * unfilled, all bids or all asks filled; the one with the least excess is the
 * factor's worst point, the one with the largest (orders unfilled) its best.
 * All factors at their worst give the worst end, which is at most the least
 * excess seen on the way.  For a requirement that is a sum over factors this
 * is the sum of the per-factor minima of margin-model 1.3; for one that is not
 * (greeks, var, es, scenario with omega) it is their stand-in.
 *
 * Units:  usd18, wad.  Owns nothing; allocates nothing.
 * Source: margin-model 1.2, 1.3, 1.5, 1.6, 1.12; DESIGN section 5.
 */
#ifndef MARGIN_EVALUATE_H
#define MARGIN_EVALUATE_H

#include "margin/method.h"
#include "margin/tree.h"
#include "margin/verdict.h"

/* One immutable snapshot and how to look at it. */
struct snapshot {
	const struct book *book;
	const struct market *market;
	const struct rules *rules;
	const struct tree *tree;	/* NULL: no vault has a parent */
	const struct lien_grant *grants;	/* of the book (margin/lien.h);
						 * ascending */
	size_t grant_count;
	struct method_work *work;
	/* The same book in the markets of the rules' stress floors; these have
	 * no floors of their own. */
	const struct snapshot *floors;
	size_t floor_count;
};

/* The sums of a vault and what shares its collateral, at one point on one
 * side. */
struct evaluation {
	struct usd18 collateral_value;	/* floor per leg */
	struct usd18 debt_value;	/* ceil per leg */
	struct usd18 weighted_debt;
	struct usd18 own_equity;	/* collateral + P&L + options - debt */
	struct usd18 equity;		/* adjusted, of this side */
	struct usd18 requirement;
	struct usd18 excess;		/* equity - requirement */
	struct wad health;	/* floor((equity + weighted debt) / (weighted
				 * debt + requirement)); infinite where nothing
				 * is asked.  Decide by the sign of excess */
	struct requirement binding;	/* of the member that asks for most;
					 * its amount is that member's */
};

struct margin_result {
	enum margin_method method;
	enum vault_state state;
	bool is_degraded;
	bool is_refused;	/* the method does not hold here: not signed */
	struct usd18 collateral_value, debt_value, equity;	/* at mid */
	struct wad collateralization_ratio;	/* floor; infinite: no debt */
	struct wad loan_to_value;	/* ceil; infinite: debt on nothing */
	struct evaluation mid, worst, best;	/* maintenance */
	struct evaluation initial;	/* at its own worst end */
	struct node_status status;	/* what made it STALE or PENDING */
};

/* margin_evaluate: one vault by slot through a method, its requirements raised
 * to the snapshot's floors.  The figures are the vault's and what shares with
 * it; the state of a vault that shares its parent's collateral is that of its
 * root through the root's own method, since these sums judge it.  STALE and
 * PENDING are states, not errors.  ERR_STATE where the method says nothing
 * about such a vault, ERR_RANGE where a number does not fit. */
MUST_CHECK enum err margin_evaluate(struct margin_result *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method);
/* margin_apply_profile counts a `ratio` vault of tokens alone at mid as the
 * rules' profile does; margin_evaluate calls it where that is not ours. */
MUST_CHECK enum err margin_apply_profile(struct margin_result *r,
    const struct snapshot *s, uint32_t slot);
/* margin_profile_health: a profile's health as a ratio of ours, floor. */
struct wad margin_profile_health(const struct rounding_profile *p,
    const struct profile_result *v);
/* margin_apply_floors raises the requirements of a result, at every end, to the
 * largest loss under the snapshot's floors: no account may need less than what
 * a story that the rules name would cost it. */
MUST_CHECK enum err margin_apply_floors(struct margin_result *r,
    const struct snapshot *s, uint32_t slot);
/* margin_loss_of: what is lost of adjusted equity, at least zero. */
MUST_CHECK enum err margin_loss_of(struct usd18 *out,
    const struct evaluation *before, const struct evaluation *after);
/* margin_own_method: the rules' method of every vault, else the vault's. */
enum margin_method margin_own_method(const struct snapshot *s, uint32_t slot);
/* margin_judge: the slot whose sums judge this vault (tree_root), and the
 * method it is judged by: `method` for the vault itself, else
 * margin_own_method. */
uint32_t margin_judge(enum margin_method *by, const struct snapshot *s,
    uint32_t slot, enum margin_method method);
/* margin_evaluate_at: at any point; x, which may be NULL, takes the terms of
 * the vault's own figures and, for each vault that shares with it, one term a
 * number. */
MUST_CHECK enum err margin_evaluate_at(struct evaluation *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    const struct point *at, enum margin_side side, struct explain *x);

/* margin_sums_at is margin_evaluate_at without the health, which takes a
 * division and is asked of few points. */
MUST_CHECK enum err margin_sums_at(struct evaluation *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    const struct point *at, enum margin_side side, struct explain *x);

/* margin_worst_point: where the excess of this side is least (or, best, the
 * largest), as said above. */
MUST_CHECK enum err margin_worst_point(struct point *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    enum margin_side side, bool best);

/* margin_ends: at mid, at both ends of maintenance and at the worst end of
 * initial margin, as margin_evaluate_at has them there; out is written only
 * on ERR_OK. */
struct margin_ends {
	struct evaluation mid, worst, best, initial;
};
MUST_CHECK enum err margin_ends(struct margin_ends *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method);

/* margin_factors: a bit for each base factor that the vault, or what shares
 * with it, holds, owes or trades. */
uint64_t margin_factors(const struct snapshot *s, uint32_t slot);
/* margin_state_of: PENDING, or HEALTHY, RESTRICTED, LIQUIDATABLE or INSOLVENT
 * by the three-point rule, of a result that has figures.  Only what owes
 * something or is asked for something is liquidated. */
enum vault_state margin_state_of(const struct margin_result *r);
/* margin_health_of: what is there over what is asked, both with the debt. */
MUST_CHECK enum err margin_health_of(struct wad *out,
    const struct evaluation *v);

/* margin_is_tokens_alone: nothing but tokens without liens or limits, and
 * nothing shared: margin/ratio.h and margin/liquidation.h have closed forms. */
bool margin_is_tokens_alone(const struct snapshot *s, uint32_t slot);
struct node snapshot_node(const struct snapshot *s, uint32_t slot);
/* snapshot_next walks root and all that shares with it, parents first; returns
 * 1 + slot, or 0 at the end. */
uint32_t snapshot_next(const struct snapshot *s, uint32_t root,
    uint32_t slot);

#endif
