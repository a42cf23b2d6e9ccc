/* margin/close.h - what each system's liquidation would do to a vault of the
 * book: one debt against one collateral, by that system's rules and rounding.
 *
 * Units:  token atoms; usd18.
 * Rounds: as the system does (margin/profile.h, margin/close_*.h); from the
 *         system's own units to atoms repaid up, seized down.
 * Owns:   nothing.
 * Source: margin-model 1.8, 3.1.
 */
#ifndef MARGIN_CLOSE_H
#define MARGIN_CLOSE_H

#include "margin/close_aave.h"
#include "margin/close_euler.h"
#include "margin/close_gearbox.h"
#include "margin/close_liquity.h"
#include "margin/close_morpho.h"
#include "margin/profile.h"

/* What a system's rules need besides the book's rows.  The bonus of a
 * collateral's row is Aave's bonus, Compound's 1 - liquidationFactor and
 * Maker's chop - 1; Morpho and Euler make their own, Liquity and Gearbox have
 * theirs here. */
struct close_rules {
	struct wad target_health;	/* margind: 1.05 */
	struct aave_rules aave;
	struct ppb aave_protocol_fee;	/* of the bonus: 0.1 */
	struct usd18 maker_room;	/* Hole - Dirt and hole - dirt, the
					 * smaller: 100,000,000 */
	struct liquity_rules liquity;
	struct wad liquity_system_ratio;	/* infinite: not in recovery */
	bool liquity_pool_covers;	/* true */
	struct morpho_rules morpho;
	struct euler_rules euler;
	struct gearbox_rules gearbox;
};
void close_rules_default(struct close_rules *r);

struct close_result {
	bool is_liquidatable;	/* by the system's own test; else zeros */
	bool takes_all;		/* every collateral goes, not this one only */
	u128 repay;		/* atoms of the debt that come in */
	u128 seize;		/* atoms of the collateral to the liquidator */
	u128 fee;		/* atoms of it to the protocol */
	struct usd18 bad_debt;	/* written off, ceil */
};

/* A vault in a system's units, with the two legs that are asked about. */
struct close_case {
	const struct book *book;
	const struct vault *vault;
	const struct market *market;
	const struct rounding_profile *profile;
	const struct close_rules *rules;
	uint8_t debt_asset, collateral_asset;
	struct profile_leg collateral[BOOK_LEGS_MAX];
	struct profile_leg debt[BOOK_LEGS_MAX];
	struct ppb bonus[BOOK_LEGS_MAX];	/* of each collateral leg */
	size_t collateral_count, debt_count;
	size_t held, owed;	/* the legs asked about */
	struct profile_result value;
};

struct close_system {
	const char *name;	/* of its profile */
	enum err (*close)(struct close_result *out,
	    const struct close_case *x);
};
/* close_find: the systems of profile_find; NULL where there is none. */
const struct close_system *close_find(const char *name, size_t len);

/* close_vault: what that system would do.  ERR_UNKNOWN where v lacks one of
 * the two legs, ERR_REFUSED where the system knows no such account (Compound,
 * Morpho, Euler, Maker and Liquity lend one asset; the last two and Morpho
 * against one) or refuses every amount, ERR_STALE, ERR_RANGE. */
MUST_CHECK enum err close_vault(struct close_result *out,
    const struct close_system *s, const struct book *b,
    const struct vault *v, const struct market *m, uint8_t debt_asset,
    uint8_t collateral_asset, const struct close_rules *r);

#endif
