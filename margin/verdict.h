/* margin/verdict.h - from a valuation to the state that is signed.
 *
 * The three-point rule (margin-model 1.3): LIQUIDATABLE only if the
 * maintenance excess is below zero at mid, at the worst and at the best end;
 * HEALTHY only if the initial excess at the worst end is not negative; in
 * between RESTRICTED; STALE where a price that the vault needs is refused.
 */
#ifndef MARGIN_VERDICT_H
#define MARGIN_VERDICT_H

#include "margin/ratio.h"

/* The numbers are signed: margin-model 1.6 from 0, overlays from 16. */
enum vault_state {
	STATE_HEALTHY = 0, STATE_RESTRICTED = 1, STATE_CALLED = 2,
	STATE_OVERDUE = 3, STATE_LIQUIDATABLE = 4, STATE_LIQUIDATING = 5,
	STATE_CLOSED = 6, STATE_INSOLVENT = 7,
	STATE_STALE = 16, STATE_PENDING = 17, STATE_RECOVERY = 18,
};
/* "HEALTHY", ...; "UNNAMED" for a number that has no name. */
const char *vault_state_name(unsigned state);

struct verdict {
	enum vault_state state;
	struct ratio_result value;
	bool has_liquidation_asset;	/* some collateral of value */
	uint8_t liquidation_asset;	/* the largest by value, ties by id */
	bool has_liquidation_price;
	struct px18 liquidation_price;	/* of that asset, the falling side */
	bool has_debt_asset;
	uint8_t debt_asset;		/* the largest debt, ties by id */
	struct usd18 max_repay;		/* USD; zero unless LIQUIDATABLE */
};

/* verdict_begin values v and decides; verdict_finish adds what is said besides:
 * the two assets, the price, the repayment.  Neither fails: what cannot be
 * valued is STALE, and so is a verdict that must list figures (it is in the
 * tree) that do not fit; a healthy vault then has none.  INSOLVENT: debt, and
 * collateral worth nothing. */
void verdict_begin(struct verdict *out, const struct book *b,
    const struct vault *v, const struct market *m);
void verdict_finish(struct verdict *d, const struct book *b,
    const struct vault *v, const struct market *m);
/* verdict_from_vault: both. */
void verdict_from_vault(struct verdict *out, const struct book *b,
    const struct vault *v, const struct market *m);

/* The parts that other methods share (margin/portfolio_verdict.h): STALE and no
 * more; the two assets, at mid.  ERR_RANGE. */
void verdict_make_stale(struct verdict *d);
MUST_CHECK enum err verdict_pick_assets(struct verdict *d,
    const struct book *b, const struct vault *v, const struct market *m);

/* The state alone, of a valuation. */
enum vault_state verdict_state_from_ratio(const struct ratio_result *r);

/* verdict_is_in_tree: the vaults that the verdict tree lists, every one that
 * is neither HEALTHY nor STALE. */
bool verdict_is_in_tree(enum vault_state s);

#endif
