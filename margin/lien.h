/* margin/lien.h - the ledger of liens: a unit of collateral that lies
 * elsewhere counts once, whoever claims it.
 *
 * A lien is a claim on the tokens of one holder: (chain, token, holder).  What
 * the holder has is what the newest block among those liens says (of several
 * at that block the largest).  The liens on it take their amounts in the order
 * of their ids until it is used up; the legs under one lien take theirs in the
 * order of vault slot and leg until the lien is used up.  So neither a second
 * lien nor a second vault, here or in another protocol, counts a token twice.
 *
 * Units:  token atoms; haircuts in ppb.  Rounds amounts down.
 * Owns:   nothing: the caller places grants and scratch.
 * Limits: BOOK_LIENS_MAX liens.
 * Source: margin-model 1.2, 1.4, 1.9.
 */
#ifndef MARGIN_LIEN_H
#define MARGIN_LIEN_H

#include "margin/collateral.h"

/* What one leg with a lien counts. */
struct lien_grant {
	uint32_t vault;		/* slot */
	uint8_t leg;		/* index into its collateral */
	u128 counted;		/* atoms, at most the leg's amount */
	struct ppb haircut;	/* for the finality of the lien's chain, where
				 * that is not the book's and the asset's own
				 * haircut does not have it already */
};

/* What claims more than there is. */
struct lien_report {
	uint32_t short_legs;	/* count less than their amount */
	uint32_t first_short;	/* index of the first such grant */
	uint32_t short_liens;	/* get less than their amount */
	uint32_t first_short_lien;	/* index into book.liens */
	uint32_t mismatched;	/* short legs whose lien is of another asset or
				 * of none: they count zero */
};

/* Room for each lien of the book. */
struct lien_scratch {
	uint32_t *order;	/* lien_count */
	u128 *left;		/* lien_count: atoms */
};

/* lien_leg_count: the legs under a lien, which is how many grants there are. */
size_t lien_leg_count(const struct book *b);

/* lien_resolve fills grants, ascending by vault and leg.  sigma: an estimate
 * by base factor, or NULL for the assets' own.  ERR_LIMIT where there are more
 * than capacity, ERR_RANGE; grants may then be partly written. */
MUST_CHECK enum err lien_resolve(struct lien_grant *grants, size_t *count,
    size_t capacity, struct lien_report *report,
    const struct lien_scratch *scratch, const struct book *b,
    const struct num18 *sigma, const struct collateral_rules *rules);

/* lien_grant_find: the grant of a leg, or NULL where the leg has no lien. */
const struct lien_grant *lien_grant_find(const struct lien_grant *grants,
    size_t count, uint32_t vault, uint8_t leg);

/* lien_vault: the vault in this slot as it counts, each leg under a lien cut
 * to its grant; with `haircuts` less their haircut, floor: for initial
 * margin. */
void lien_vault(struct vault *out, const struct book *b, uint32_t slot,
    const struct lien_grant *grants, size_t count, bool haircuts);

#endif
