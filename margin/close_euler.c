#include "margin/close_euler.h"

#include <string.h>

#include "base/must.h"

void
euler_rules_default(struct euler_rules *r)
{
	*r = (struct euler_rules){ .discount_max = ppb_from_raw(200000000) };
}

static struct u256
wad(void)
{
	return evm_word(WAD_ONE_RAW);
}

/* discount_factor: the health, at least one less the largest discount. */
static struct u256
discount_factor(struct evm *c, const struct euler_account *a,
    const struct euler_rules *r)
{
	struct u256 health = evm_muldiv(c, a->weighted_collateral, wad(),
	    a->debt_value, SIDE_FLOOR);
	struct u256 cut = evm_muldiv(c, wad(),
	    evm_word(ppb_to_raw(r->discount_max)), evm_word(PPB_ONE_RAW),
	    SIDE_FLOOR);
	struct u256 least = evm_sub(c, wad(), cut);

	return evm_compare(health, least) < 0 ? least : health;
}

enum err
euler_liquidate(struct euler_close *out, const struct euler_account *a,
    const struct euler_rules *r)
{
	struct evm c = { ERR_OK };
	struct euler_close s;
	struct u256 repay, yield;

	memset(&s, 0, sizeof(s));
	if (evm_is_zero(a->debt) ||
	    evm_compare(a->weighted_collateral, a->debt_value) > 0) {
		*out = s;
		return ERR_OK;
	}
	s.discount_factor = discount_factor(&c, a, r);
	if (evm_is_zero(a->collateral_value)) {
		s.yield = a->collateral;
	} else {
		repay = a->debt_value;
		yield = evm_muldiv(&c, repay, wad(), s.discount_factor,
		    SIDE_FLOOR);
		if (evm_compare(a->collateral_value, yield) < 0) {
			repay = evm_muldiv(&c, a->collateral_value,
			    s.discount_factor, wad(), SIDE_FLOOR);
			yield = a->collateral_value;
		}
		s.repay = evm_muldiv(&c, repay, a->debt, a->debt_value,
		    SIDE_FLOOR);
		s.yield = evm_muldiv(&c, yield, a->collateral,
		    a->collateral_value, SIDE_FLOOR);
	}
	if (c.err == ERR_OK)
		*out = s;
	return c.err;
}

uint32_t
euler_threshold(uint32_t initial_bps, uint32_t target_bps, uint64_t target_s,
    uint64_t duration_s, uint64_t now_s)
{
	u128 drop, left;

	MUST(duration_s > 0);
	if (now_s >= target_s || target_bps >= initial_bps)
		return target_bps;
	left = target_s - now_s < duration_s ? target_s - now_s : duration_s;
	drop = (u128)(initial_bps - target_bps) * left / duration_s;
	return target_bps + (uint32_t)drop;
}
