/* margin/whatif.h - a vault as it would be: changed in place, measured, and
 * put back.
 *
 * The caller's book needs room for POSITIONS_MAX positions behind those it has
 * (`position_room`); a changed vault points there until whatif_end.
 *
 * Owns:   nothing; holds the vault as it was.  One at a time for a book.
 * Source: margin-model 1.6 (post margin: the metrics on state + action).
 */
#ifndef MARGIN_WHATIF_H
#define MARGIN_WHATIF_H

#include "margin/action.h"
#include "margin/evaluate.h"

struct whatif {
	struct book *book;
	uint32_t slot;
	struct vault before;
	uint32_t position_count;	/* of the book, as it was */
	bool is_open;
};

/* whatif_begin opens one on a vault; position_room is how many positions the
 * book's array holds in all.  ERR_LIMIT without room. */
MUST_CHECK enum err whatif_begin(struct whatif *w, struct book *b,
    uint32_t slot, uint32_t position_room);
/* whatif_do applies an action on top of what was done so far; the vault is as
 * before where it fails (action_apply's errors). */
MUST_CHECK enum err whatif_do(struct whatif *w, struct action_effect *effect,
    const struct action *a);
/* whatif_reset: back to the vault as it was, and open. */
void whatif_reset(struct whatif *w);
void whatif_end(struct whatif *w);	/* accepts a closed one */

/* The vault at some step, to come back to. */
struct whatif_mark {
	struct vault vault;
	struct position position[POSITIONS_MAX];
};
void whatif_keep(struct whatif_mark *m, const struct whatif *w);
void whatif_return(struct whatif *w, const struct whatif_mark *m);

/* whatif_metrics: what decides about an action. */
struct action_metrics whatif_metrics(const struct margin_result *r);

/* What a list of actions comes to. */
struct post_margin {
	struct margin_result before, after;
	struct action_effect effect;	/* of all trades together */
	struct action_verdict verdict;
	struct wad collateralization;	/* AE / IMR after it, or the
					 * collateralization ratio (`ratio`) */
};
/* post_margin_of: w is open on the vault, and stays so with the actions done.
 * The verdict on a vault that shares its parent's collateral is by the sums of
 * its root (margin_judge); the figures are the vault's own.
 * ERR_STALE where a price is missing, action_apply's errors; *failed is then
 * the action that failed (count: measuring did). */
MUST_CHECK enum err post_margin_of(struct post_margin *out, size_t *failed,
    struct whatif *w, const struct snapshot *s, enum margin_method method,
    const struct action *actions, size_t count);

#endif
