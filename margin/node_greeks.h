/* margin/node_greeks.h - the greeks of one vault at a point: its positions and
 * filled orders, and the tokens that it holds and owes of factors that the
 * book trades.
 *
 * Units and conventions: margin/position_greeks.h.  Owns nothing.
 */
#ifndef MARGIN_NODE_GREEKS_H
#define MARGIN_NODE_GREEKS_H

#include "margin/node.h"
#include "margin/position_greeks.h"

/* node_greeks adds the vault's rows to the table.  units: a bit for each
 * factor whose tokens count (method_work).  What has expired has no greeks.
 * ERR_LIMIT without room for a row, ERR_STALE, ERR_RANGE. */
MUST_CHECK enum err node_greeks(struct position_greeks_table *t,
    const struct node *n, const struct point *at, uint64_t units);
/* node_gross_notional: sum over positions of |size| * multiplier at the index
 * price (inverse: in USD as it is), ceil. */
MUST_CHECK enum err node_gross_notional(struct usd18 *out,
    const struct node *n, const struct point *at, uint8_t factor);

#endif
