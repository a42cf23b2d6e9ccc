#include "feeds/prices_grade.h"

void
price_refuse(struct price *out, enum price_reason reason)
{
	out->mid = out->low = out->high = px18_from_raw(0);
	out->status = PRICE_REFUSED;
	out->reason = reason;
}

void
price_degrade(struct price *out, enum price_reason reason)
{
	static const enum price_reason RANK[] = {
		REASON_UNIT, REASON_RATE, REASON_DISPERSION, REASON_SKEW,
		REASON_QUORUM,
	};
	size_t old = 0, new = 0;

	while (old < ARRAY_COUNT(RANK) && RANK[old] != out->reason)
		old++;
	while (new < ARRAY_COUNT(RANK) && RANK[new] != reason)
		new++;
	if (out->status == PRICE_OK || new < old)
		out->reason = reason;
	out->status = PRICE_DEGRADED;
}

enum err
price_band(struct price *out, struct px18 down, struct px18 up,
    struct ppb band_max)
{
	struct px18 low, high;
	struct ppb part;

	if (px18_part_ppb(&part, px18_max(down, up), out->mid, ROUND_CEIL) !=
	    ERR_OK || ppb_to_raw(part) > ppb_to_raw(band_max) ||
	    px18_sub(&low, out->mid, down) != ERR_OK ||
	    px18_add(&high, out->mid, up) != ERR_OK)
		return ERR_RANGE;
	out->low = low;
	out->high = high;
	return ERR_OK;
}
