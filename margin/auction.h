/* margin/auction.h - liquidating a share of a whole portfolio, of any method.
 *
 * Units:  usd18; shares and discounts 18 decimals; time in s since the start.
 *         mtm is the portfolio's mark value with its cash, maintenance its
 *         margin as a signed number: below zero is short of it.
 * Rounds: the share sold and what a bidder pays up.
 * Source: derivexyz v2-core DutchAuction.sol; margin-model 3.3.
 */
#ifndef MARGIN_AUCTION_H
#define MARGIN_AUCTION_H

#include "base/fixed.h"

struct auction_rules {
	struct num18 buffer;		/* of maintenance - mtm: 0.1 */
	struct num18 discount_start;	/* 1 */
	struct num18 discount_fast;	/* reached after fast_s: 0.8 */
	uint32_t fast_s;		/* 600 */
	uint32_t slow_s;		/* from there to zero: 7200 */
	uint32_t insolvent_s;		/* from mtm to maintenance: 600 */
};
void auction_rules_default(struct auction_rules *r);

/* auction_discount: the share of mtm that is bid at `elapsed_s`: from
 * discount_start in a line to discount_fast, from there in a line to zero.
 * Floored. */
struct num18 auction_discount(uint64_t elapsed_s,
    const struct auction_rules *r);
/* auction_buffer_margin: maintenance + buffer * (maintenance - mtm), floor. */
MUST_CHECK enum err auction_buffer_margin(struct usd18 *out,
    struct usd18 maintenance, struct usd18 mtm, const struct auction_rules *r);
/* auction_share: the most that may be sold, f = BM / (BM - d * mtm - R *
 * (1 - d)), with the buffer margin BM, the discount d and the cash R that
 * stays reserved: after it BM is zero.  Zero where BM is not below zero;
 * one where no share below one restores it.  ceil, at most one.  ERR_RANGE. */
MUST_CHECK enum err auction_share(struct num18 *out, struct usd18 buffer_margin,
    struct usd18 mtm, struct usd18 reserved_cash, struct num18 discount);
/* auction_bid_insolvent: what is bid for a portfolio worth less than nothing:
 * from mtm (or zero, if it is above) down in a line to maintenance: below
 * zero, the bidder is paid.  Floored. */
MUST_CHECK enum err auction_bid_insolvent(struct usd18 *out,
    struct usd18 mtm, struct usd18 maintenance, uint64_t elapsed_s,
    const struct auction_rules *r);

#endif
