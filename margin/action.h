/* margin/action.h - post margin: an account after a trade, a deposit, a
 * withdrawal, a loan or a repayment, and whether it may be done.
 *
 * An action makes a new vault out of a copy; the caller measures both and asks
 * for the verdict.  Nothing is undone here.
 *
 * Units:  amounts in atoms, sizes num18, prices px18.
 * Rounds: against the account: what is paid in and gained floors, what is
 *         taken out, owed and lost ceils; the average entry of a long position
 *         up, of a short one down.
 * Owns:   nothing.
 * Source: margin-model 1.6.
 */
#ifndef MARGIN_ACTION_H
#define MARGIN_ACTION_H

#include "margin/book.h"

struct action_metrics {
	struct usd18 im_excess, mm_excess;
	struct usd18 imr, mmr;
	bool is_unpriced;	/* a price that it needs is not OK */
};

/* The numbers are part of answers: they keep their meaning. */
enum action_reason {
	ACTION_OK = 0,			/* initial excess >= 0 after it */
	ACTION_RISK_REDUCING = 1,	/* accepted below the initial level */
	ACTION_CASH_OUT = 2,		/* refused: takes cash out below it */
	ACTION_EXCESS_FALLS = 3,	/* refused: maintenance excess falls */
	ACTION_REQUIREMENT_RISES = 4,	/* refused: maintenance margin rises */
	ACTION_PRICE = 5,		/* refused: degraded or refused price */
};
/* "OK", "RISK_REDUCING", ... */
const char *action_reason_name(enum action_reason r);

struct action_verdict {
	bool is_accepted;
	enum action_reason reason;	/* of several: PRICE, then in the order
					 * of their numbers */
};
/* action_verdict: accepted if and only if the initial excess after it is not
 * negative, or it is risk-reducing: MM excess not lower, MMR not higher, no
 * cash out.  A price that is not OK refuses all. */
struct action_verdict action_verdict(const struct action_metrics *before,
    const struct action_metrics *after, bool is_cash_out);

/* action_post_margin: AE / max(1 USD, IMR) with AE = im_excess + imr, floor;
 * zero where AE is negative; beyond the type the largest finite ratio.  For
 * `ratio` the collateralisation is ratio_result's. */
struct wad action_post_margin(const struct action_metrics *after);

enum action_kind {
	ACTION_DEPOSIT, ACTION_WITHDRAW, ACTION_BORROW, ACTION_REPAY,
	ACTION_TRADE,
};

struct action {
	enum action_kind kind;
	uint8_t asset;		/* moved; of a trade: what it settles in */
	u128 amount;		/* atoms; not of a trade */
	struct wad index;	/* of a new debt in that asset; at least one
				 * for debts that grow */
	/* Of a trade: */
	uint16_t instrument;
	struct num18 size;	/* contracts; below zero: sold */
	struct px18 price;
	struct px18 settle_price;	/* of the asset, USD; linear contracts
					 * and options settle USD at it */
};

/* What a trade did; zero of other actions. */
struct action_effect {
	struct usd18 realised;	/* USD: profit of what was closed, premium
				 * received less paid, funding paid */
	struct num18 realised_coin;	/* the same of what settles in coin */
};

/* action_fill: one fill against a position (size zero: none yet), its entry
 * and size, and what it realises, added to effect.  ERR_RANGE for a size of
 * zero, an inverse price of zero, and what does not fit; both are then as
 * before. */
MUST_CHECK enum err action_fill(struct position *next,
    struct action_effect *effect, const struct instrument *in,
    const struct action *a);

/* action_is_cash_out: withdrawals and loans. */
bool action_is_cash_out(const struct action *a);

/* action_apply: v and its positions (of *count, room for POSITIONS_MAX, sorted
 * by instrument) are copies of the caller's.
 * - BORROW credits nothing: the loan leaves the account.  A borrower who keeps
 *   it deposits it.
 * - TRADE: adding averages the entry, closing realises profit, crossing zero
 *   closes and opens at the price; a position closed in full pays its funding.
 *   An option or a spot amount is paid for in full.  What is realised goes to
 *   the collateral leg of `asset`, a loss out of it, and what that lacks
 *   becomes debt.
 * A leg of nothing goes.  ERR_RANGE for more than is there or owed, a size of
 * zero, a new debt without an index; ERR_STATE for what lies under a lien: it
 * does not move here; ERR_LIMIT without room for a leg or a position;
 * ERR_UNKNOWN for an asset, an instrument or a leg that is not there.  v,
 * positions, count and effect are then as before.  The vault's own numbers of
 * positions (first, count) are left alone: they index the book. */
MUST_CHECK enum err action_apply(struct vault *v, struct position *positions,
    size_t *count, struct action_effect *effect, const struct book *b,
    const struct action *a);

#endif
