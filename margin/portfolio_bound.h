/* margin/portfolio_bound.h - how far prices may go before a vault with
 * positions has to be looked at: a lower bound of its excess, taken from one
 * exact evaluation, that falls along a line.
 *
 *	excess >= excess0 - sum over factors slope_f t_f - basis_slope x
 *	    - vol_slope v
 *
 * at every point of every market in which each price on factor f (asset, mark,
 * forward, index; mid or an end of its band) is the anchor's mid times
 * 1 + a + b, |a| <= t_f the same for all prices on f and |b| <= x its own, and
 * the volatility of each option of the vault differs from the anchor's by at
 * most v; for t_f + x <= box and v <= PORTFOLIO_BOUND_VOL_MAX_RAW.  So below
 * the radius no joint move makes the excess negative, which an exact evaluation
 * confirms once a price has gone further.
 *
 * What must be as it was at the anchor: the vault, the rules, the clock, the
 * rates, the open interest, and every confidence at least as high (a band may
 * widen only in `band` of the room).  Where no bound is known none exists, and
 * the vault is to be evaluated at every move: methods by greeks, VaR or ES;
 * open orders; what has expired or is in its settlement window; stress floors;
 * an offset between units; a share limit or a wrong-way haircut that acts; a
 * confidence below its threshold; tiers whose rates fall.
 *
 * Why it holds, term by term, over the box B of one factor, as what is lost by
 * a rise (a fall) of t, at most up (down) * t / B:
 *	linear	an amount times a price: exact.  A leg with slow companions
 *		may lose as much either way, as they go their own way within
 *		the box; a gain that is not trusted in full and a requirement
 *		by tiers are concave in the excess: the chord to the end of
 *		the box lies below.
 *	option	at a given volatility its price is convex in the forward.
 *		Short: the chord lies below.  Long: beyond the anchor it is at
 *		least the chord of the other side, carried on.  So what it is
 *		worth at -B, 0 and B bounds it, under every shock as without.
 *	vol	vega is at most F sqrt(tau) / sqrt(2 pi), F at most
 *		(1 + B) times the anchor's.  A skew turns volatility around
 *		the forward by at most cap / k* per unit of ln F, and ln F
 *		moves by at most t / (1 - B).
 *	scenario	a loss is the largest of many lines: each is bounded
 *		for itself; one that starts `slack` above the least excess
 *		loses at most (loss - slack) t / B below it.
 *	T	a discount is a multiple between its two factors' least and
 *		most of what its total moves.
 * Products of a depegging stablecoin and an exposure are bounded by the
 * largest exposure of the box.  Everything rounds against the account, and a
 * guard of 2^-40 of the notional stands for all roundings of the evaluation
 * itself (a value in the table is exact to 2^-56 of it).
 *
 * Units:  usd18 per 1.00 of relative move, or of volatility; num18.
 * Owns:   nothing; works in the snapshot's struct method_work.
 */
#ifndef MARGIN_PORTFOLIO_BOUND_H
#define MARGIN_PORTFOLIO_BOUND_H

#include "margin/evaluate.h"

struct portfolio_bound {
	bool exists;
	struct num18 box;	/* largest move that the bound holds for */
	struct usd18 excess;	/* at the anchor's mid, less the guard */
	struct usd18 slope[BOOK_FACTORS_MAX];	/* each at least zero */
	struct usd18 basis_slope, vol_slope;
};

#define PORTFOLIO_BOUND_VOL_MAX_RAW ((i128)WAD_ONE_RAW / 4)

/* portfolio_bound_of: of a vault and what shares its collateral, through
 * `method`; box in (0, 1/4] (MUST).  ERR_STALE, ERR_RANGE and ERR_STATE as
 * margin_evaluate_at; no bound is ERR_OK with exists false. */
MUST_CHECK enum err portfolio_bound_of(struct portfolio_bound *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    enum margin_side side, struct num18 box);

/* What is to be paid before any move of a factor; each at least zero. */
struct portfolio_room {
	struct num18 band;	/* largest half-band over mid, of all prices */
	struct num18 basis;	/* x; with it how much further from its mid,
				 * of one, a price's own end of the band may lie
				 * than the reference's (portfolio_epoch.h) */
	struct num18 vol;	/* v */
};
/* portfolio_bound_radius: no joint relative move of at most this much in each
 * factor's mid makes the excess negative at any point of the band; floor; zero
 * where there is no bound or nothing to lose. */
struct num18 portfolio_bound_radius(const struct portfolio_bound *b,
    const struct portfolio_room *room);
/* portfolio_bound_widest tries boxes of 1/4, 1/8, 1/16 and 1/32, as a narrow
 * one has flatter lines, and keeps the one with the largest radius. */
MUST_CHECK enum err portfolio_bound_widest(struct portfolio_bound *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    enum margin_side side, const struct portfolio_room *room);

#endif
