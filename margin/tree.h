/* margin/tree.h - which vaults belong to which (margin-model 1.2).
 *
 * A CROSS vault shares its collateral with its CROSS and PORTFOLIO children:
 * its equity and its requirement are the sums of its own and theirs.  An
 * ISOLATED child stands alone.
 *
 * Owns:   nothing; the caller places two words a vault.
 */
#ifndef MARGIN_TREE_H
#define MARGIN_TREE_H

#include "margin/book.h"

struct tree {
	uint32_t *first;	/* by slot: 1 + slot of the first child; 0 */
	uint32_t *next;		/* by slot: 1 + slot of the next sibling; 0 */
};

/* tree_build fills t for every vault of b, children in slot order. */
void tree_build(struct tree *t, const struct book *b);
/* tree_root: the slot whose sums judge this vault: itself where it is
 * isolated or has no parent. */
uint32_t tree_root(const struct book *b, uint32_t slot);
/* tree_is_shared: whether the child's figures count for its parent. */
bool tree_is_shared(const struct vault *child);

#endif
