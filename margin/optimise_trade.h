/* margin/optimise_trade.h - trades that lower the initial margin of a vault,
 * each recomputed in full before it is proposed.
 *
 * Tried are: each position closed, each position halved, and pairs on one
 * factor whose deltas offset, the smaller delta closed and as much of the
 * larger.  What stays lowers the initial margin and does not lower the
 * maintenance excess, costs included (margin/optimise_cost.h).
 *
 * Units:  usd18; sizes num18 contracts.
 * Owns:   nothing; the vault is put back as it was.
 * Limits: TRADE_SIDE_MAX positions of each sign of delta on a factor are
 *         paired, the largest first.
 * Source: margin-model 1.10.
 */
#ifndef MARGIN_OPTIMISE_TRADE_H
#define MARGIN_OPTIMISE_TRADE_H

#include "margin/optimise_cost.h"
#include "margin/whatif.h"

#define TRADE_SIDE_MAX 8u
#define TRADE_LEGS_MAX 2u

enum trade_kind { TRADE_CLOSE, TRADE_HALVE, TRADE_PAIR };
/* "close", "halve", "pair" */
const char *trade_kind_name(enum trade_kind k);

struct trade_proposal {
	enum trade_kind kind;
	size_t leg_count;
	struct action leg[TRADE_LEGS_MAX];	/* by instrument, ascending */
	struct usd18 cost;
	struct usd18 released;	/* initial margin before it less after it */
	struct action_metrics after;
};

/* trade_propose writes the best `capacity` proposals, by margin released per
 * cost, then by instruments and kind.  w is open on the vault of a snapshot of
 * the same book (MUST).  ERR_STALE where a price is missing, ERR_REFUSED where
 * the method does not hold for the vault, margin_evaluate's errors; *count and
 * *before are untouched then, out is not. */
MUST_CHECK enum err trade_propose(struct trade_proposal *out, size_t *count,
    size_t capacity, struct action_metrics *before, struct whatif *w,
    const struct snapshot *s, enum margin_method method,
    const struct optimise_rules *r);

/* trade_marginal: by position, the initial margin with it less that without
 * it, IM(P) - IM(P without j); below zero for a hedge; zero for what has
 * expired or cannot be settled.  out has room for the vault's positions. */
MUST_CHECK enum err trade_marginal(struct usd18 *out, struct whatif *w,
    const struct snapshot *s, enum margin_method method);

#endif
