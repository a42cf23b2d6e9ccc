/* margin/method.h - the margin methods as a table: what each asks of a vault
 * at a point.
 *
 * Adjusted equity AE = sum CV + trusted profit and loss (+ option marks) -
 * sum ceil(D * b); excess = AE - requirement (margin-model 1.5).  A method is
 * one file of formulas behind one row here; method_*.c turn a vault into what
 * the formulas take.
 *
 * Units:  usd18; requirements are at least zero and round up.
 * Owns:   nothing.  The larger intermediate tables are the caller's
 *         (struct method_work), so that nothing here allocates.
 */
#ifndef MARGIN_METHOD_H
#define MARGIN_METHOD_H

#include "margin/node_value.h"

struct method_work;	/* margin/method_work.h */

/* What a method says at one point, for one side. */
struct requirement {
	struct usd18 amount;	/* at least zero */
	const char *binding;	/* a static word: what decides ("scenario",
				 * "tier", ...); NULL: nothing */
	enum explain_about about;
	uint32_t index;		/* which scenario, instrument, factor */
	bool is_refused;	/* the method does not hold for this vault
				 * (greeks: Taylor error; var: too few
				 * scenarios): its figures are not signed */
};

struct method_row {
	enum margin_method method;
	bool counts_options;	/* whether AE has the options' marks, or the
				 * requirement does (`standard`) */
	bool shocks_collateral;	/* in its scenarios: no wrong-way haircut */
	enum err (*require)(struct requirement *out, const struct node *n,
	    const struct point *at, enum margin_side side,
	    struct method_work *work, struct explain *x);
};
/* method_row_of: MUST be a method with a number. */
const struct method_row *method_row_of(enum margin_method m);

/* One vault at one point on one side. */
struct method_figures {
	struct node_value value;
	struct usd18 equity;		/* AE */
	struct requirement requirement;
	struct usd18 excess;		/* AE - requirement */
};
/* method_figures_at: ERR_STALE, ERR_RANGE; ERR_STATE where the method says
 * nothing about such a vault (`ratio` of one with positions). */
MUST_CHECK enum err method_figures_at(struct method_figures *out,
    const struct method_row *row, const struct node *n, const struct point *at,
    enum margin_side side, struct method_work *work, struct explain *x);

#endif
