#include "margin/method_work.h"

#include <string.h>

void
method_work_init(struct method_work *w, const struct book *b)
{
	node_kept_init(&w->kept);
	w->scenario.turn = 0;
	memset(w->standard.kept, 0, sizeof(w->standard.kept));
	memset(w->standard.whole, 0, sizeof(w->standard.whole));
	w->standard.whole_next = 0;
	w->units = 0;
	w->var.has_sample = false;
	for (uint32_t i = 0; i < b->instrument_count; i++)
		w->units |= UINT64_C(1) << b->instruments[i].factor;
}

struct px18
method_stable(const struct node *n)
{
	struct px18 least = px18_from_raw(WAD_ONE_RAW);

	for (size_t i = 0; i < n->vault->collateral_count; i++) {
		uint8_t slot = n->vault->collateral[i].asset;
		const struct price *p = &n->market->asset[slot].price;

		if (n->book->assets[slot].risk.is_stable &&
		    p->status != PRICE_REFUSED)
			least = px18_min(least, p->mid);
	}
	return least;
}
