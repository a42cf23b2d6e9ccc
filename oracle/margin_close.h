/* oracle/margin_close.h - what the system whose rounding profile the rules name
 * would liquidate of a vault of tokens (margin/close.h). */
#ifndef ORACLE_MARGIN_CLOSE_H
#define ORACLE_MARGIN_CLOSE_H

#include "margin/close.h"
#include "oracle/study.h"

struct margin_closing {
	struct usd18 repay;	/* at mid, ceil */
	struct usd18 seize;	/* with what the protocol takes, floor */
	struct usd18 bad_debt;
	struct wad health_after;	/* in the profile's rounding */
};

/* margin_close: debt_asset repaid against collateral_asset.  ERR_UNKNOWN where
 * the rules' profile is ours; close_vault's answers; ERR_STATE where the
 * system would not liquidate it. */
MUST_CHECK enum err margin_close(struct margin_closing *out,
    const struct study *s, const struct vault *v, uint8_t debt_asset,
    uint8_t collateral_asset);

#endif
