#include "margin/close_gearbox.h"

#include <string.h>

void
gearbox_rules_default(struct gearbox_rules *r)
{
	*r = (struct gearbox_rules){
		.discount = ppb_from_raw(960000000),
		.fee_liquidation = ppb_from_raw(15000000),
		.fee_interest = ppb_from_raw(500000000),
	};
}

static struct u256
part(struct evm *c, struct u256 a, struct ppb share)
{
	return evm_muldiv(c, a, evm_word(ppb_to_raw(share)),
	    evm_word(PPB_ONE_RAW), SIDE_FLOOR);
}

enum err
gearbox_liquidate(struct gearbox_payments *out, struct u256 total_value,
    struct u256 debt, struct u256 accrued_interest,
    const struct gearbox_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 owed = evm_add(&c, debt, accrued_interest);
	struct u256 funds = part(&c, total_value, r->discount);
	struct u256 due = evm_add(&c,
	    evm_add(&c, owed, part(&c, accrued_interest, r->fee_interest)),
	    part(&c, total_value, r->fee_liquidation));
	struct gearbox_payments p;

	memset(&p, 0, sizeof(p));
	p.to_pool = evm_min(funds, due);
	p.remaining = evm_sub_or_zero(funds, due);
	p.profit = evm_sub_or_zero(p.to_pool, owed);
	p.loss = evm_sub_or_zero(owed, p.to_pool);
	if (c.err == ERR_OK)
		*out = p;
	return c.err;
}

uint32_t
gearbox_threshold(uint32_t initial_bps, uint32_t final_bps, uint64_t start_s,
    uint64_t duration_s, uint64_t now_s)
{
	u128 passed;

	if (now_s < start_s)
		return initial_bps;
	passed = now_s - start_s;
	if (passed >= duration_s)
		return final_bps;
	return (uint32_t)((initial_bps * ((u128)duration_s - passed) +
	    final_bps * passed) / duration_s);
}
