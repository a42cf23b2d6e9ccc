/* oracle/action_text.h - actions as people write them.
 *
 *	deposit:USDC:1000	withdraw:ETH:0.5	borrow:USDC:200
 *	repay:USDC:all		(or an amount)
 *	trade:ETH-PERP:-2	at its price now; trade:ETH-PERP:-2@2010
 *
 * A trade settles in the largest stable collateral of the vault, or else its
 * largest collateral; what pays in coin, in the underlying. */
#ifndef ORACLE_ACTION_TEXT_H
#define ORACLE_ACTION_TEXT_H

#include "margin/action.h"
#include "margin/instrument_price.h"

/* action_from_text: ERR_SYNTAX where it is none of these, ERR_UNKNOWN for an
 * asset or instrument that the book does not know, ERR_RANGE for an amount
 * that does not fit the asset's decimals, ERR_STALE where a trade's price is
 * not there, ERR_MISSING where a trade has nothing to settle in. */
MUST_CHECK enum err action_from_text(struct action *out, const char *text,
    const struct node *n);

#endif
