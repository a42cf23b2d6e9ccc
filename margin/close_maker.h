/* margin/close_maker.h - Maker: when a vault may be barked, how much of it, and
 * how the auction's price falls.
 *
 * Units:  WAD 18, RAY 27, RAD 45 decimals, as the contracts say; time in s.
 * Rounds: every quotient down, as the contracts do.
 * Source: dss vat.sol, spot.sol, dog.sol, abaci.sol.
 */
#ifndef MARGIN_CLOSE_MAKER_H
#define MARGIN_CLOSE_MAKER_H

#include "margin/evm.h"

/* maker_spot: price (WAD) * 1e9 / par / mat (both RAY), floored twice.  A
 * missing price is a price of zero: nothing can be borrowed and nothing
 * barked.  ERR_RANGE for par or mat of zero. */
MUST_CHECK enum err maker_spot(struct u256 *out, struct u256 price,
    struct u256 par, struct u256 mat);

struct maker_vault {
	struct u256 ink;	/* WAD of collateral */
	struct u256 art;	/* WAD of normalised debt */
	struct u256 rate;	/* RAY */
	struct u256 spot;	/* RAY: price over the least ratio */
	struct u256 dust;	/* RAD: the least debt of a vault */
	struct u256 chop;	/* WAD: penalty, 1.13 */
	struct u256 hole_all, dirt_all;	/* RAD: most in auction, and now */
	struct u256 hole, dirt;		/* RAD: of this collateral */
};

enum maker_outcome {
	MAKER_BARKED,
	MAKER_NOT_UNSAFE,
	MAKER_LIQUIDATION_LIMIT_HIT,
	MAKER_DUSTY_AUCTION,	/* of a partial liquidation */
	MAKER_NULL_AUCTION,
	MAKER_OVERFLOW,
};
/* The contract's words: "not-unsafe", ...; "barked". */
const char *maker_outcome_name(enum maker_outcome o);

struct maker_bark {
	enum maker_outcome outcome;	/* the rest is zero unless barked */
	struct u256 dink;	/* WAD of collateral sent to auction */
	struct u256 dart;	/* WAD of normalised debt cancelled */
	struct u256 due;	/* RAD: dart * rate */
	struct u256 tab;	/* RAD to raise: due * chop */
};

/* maker_is_safe: art * rate <= ink * spot, exactly. */
MUST_CHECK enum err maker_is_safe(bool *out, const struct maker_vault *v);
/* maker_bark_vault: how much goes to auction: all that fits the room below
 * both holes, or everything where the rest would be dust.  ERR_RANGE where a
 * product exceeds 256 bits (the call reverts). */
MUST_CHECK enum err maker_bark_vault(struct maker_bark *out,
    const struct maker_vault *v);

/* The price of an auction after elapsed_s from `top` (RAY): a line to zero at
 * tau_s; steps of the share `cut` (RAY) each step_s; the share `cut` each
 * second.  ERR_RANGE for a tau_s or step_s of zero. */
MUST_CHECK enum err maker_price_linear(struct u256 *out, struct u256 top,
    uint64_t elapsed_s, uint64_t tau_s);
MUST_CHECK enum err maker_price_stairstep(struct u256 *out, struct u256 top,
    uint64_t elapsed_s, uint64_t step_s, struct u256 cut);
MUST_CHECK enum err maker_price_exponential(struct u256 *out,
    struct u256 top, uint64_t elapsed_s, struct u256 cut);

#endif
