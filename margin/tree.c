#include "margin/tree.h"

#include <string.h>

#include "base/must.h"

bool
tree_is_shared(const struct vault *child)
{
	return child->parent != 0 && child->node != NODE_ISOLATED;
}

void
tree_build(struct tree *t, const struct book *b)
{
	memset(t->first, 0, b->vault_count * sizeof(*t->first));
	memset(t->next, 0, b->vault_count * sizeof(*t->next));
	/* From the back, so that lists come out in slot order. */
	for (uint32_t slot = b->vault_count; slot-- > 0;) {
		uint32_t parent = b->vaults[slot].parent;

		if (!tree_is_shared(&b->vaults[slot]))
			continue;
		MUST(parent <= b->vault_count);
		t->next[slot] = t->first[parent - 1];
		t->first[parent - 1] = slot + 1;
	}
}

uint32_t
tree_root(const struct book *b, uint32_t slot)
{
	/* A parent is put before its children: slots fall, so this ends. */
	while (tree_is_shared(&b->vaults[slot])) {
		MUST(b->vaults[slot].parent - 1 != slot);
		slot = b->vaults[slot].parent - 1;
	}
	return slot;
}
