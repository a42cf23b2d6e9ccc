#include "oracle/shadow_distance.h"

uint32_t
shadow_mids_ppb(struct px18 before, struct px18 after)
{
	struct px18 distance;
	struct ppb part;
	bool is_up = px18_compare(after, before) > 0;

	if (px18_sub(&distance, is_up ? after : before, is_up ? before :
	    after) != ERR_OK ||
	    px18_part_ppb(&part, distance, before, ROUND_CEIL) != ERR_OK)
		return UINT32_MAX;
	return ppb_to_raw(part);
}

uint32_t
shadow_distance_ppb(const struct price *before, const struct price *after)
{
	if (before->status == PRICE_REFUSED || after->status == PRICE_REFUSED)
		return 0;
	return shadow_mids_ppb(before->mid, after->mid);
}

bool
shadow_is_refusal(const struct price *before, const struct price *after)
{
	return (before->status == PRICE_REFUSED) !=
	    (after->status == PRICE_REFUSED);
}
