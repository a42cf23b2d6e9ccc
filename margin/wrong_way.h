/* margin/wrong_way.h - collateral that loses its value when its owner loses on
 * what he trades: how far the two move together.
 *
 * The net exposure is what positions and filled orders make, and debts cost,
 * for each base factor (dollar delta); its profit in each past period is set
 * against the collateral's own return.  Factors without returns move with
 * themselves alone: an exposure to the collateral's own factor counts fully.
 *
 * Units:  a correlation in [0, 1], 18 decimals, rounded up; what is below zero
 *         is zero.
 * Owns:   nothing; about 40 KB of stack.
 * Source: margin-model 1.4, h_wwr = w max(0, correlation).
 */
#ifndef MARGIN_WRONG_WAY_H
#define MARGIN_WRONG_WAY_H

#include "margin/node.h"

/* wrong_way_correlation: of the collateral's factor with the vault's net
 * exposure at a point; zero where it has none.  ERR_STALE, ERR_RANGE,
 * ERR_LIMIT (positions of more than 256 expiries). */
MUST_CHECK enum err wrong_way_correlation(struct num18 *out,
    const struct node *n, uint8_t factor, const struct point *at);

#endif
