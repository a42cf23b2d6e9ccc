#include "margin/close_liquity.h"

#include <string.h>

#include "base/must.h"

void
liquity_rules_default(struct liquity_rules *r)
{
	*r = (struct liquity_rules){
		.minimum_ratio = wad_from_raw(WAD_ONE_RAW / 10 * 11),
		.critical_ratio = wad_from_raw(WAD_ONE_RAW / 10 * 15),
		.gas_reserve = usd18_from_raw((i128)WAD_ONE_RAW * 200),
		.net_debt_min = usd18_from_raw((i128)WAD_ONE_RAW * 1800),
		.gas_share = 200,
	};
}

enum err
liquity_ratio(struct u256 *out, struct u256 collateral, struct u256 debt,
    struct u256 price)
{
	struct evm c = { ERR_OK };
	struct u256 ratio = evm_max();

	if (!evm_is_zero(debt))
		ratio = evm_muldiv(&c, collateral, price, debt, SIDE_FLOOR);
	if (c.err == ERR_OK)
		*out = ratio;
	return c.err;
}

bool
liquity_is_recovery(struct u256 system_ratio, const struct liquity_rules *r)
{
	return evm_compare(system_ratio,
	    evm_word(wad_to_raw(r->critical_ratio))) < 0;
}

const char *
liquity_branch_name(enum liquity_branch b)
{
	switch (b) {
	case LIQUITY_NONE: return "none";
	case LIQUITY_REDISTRIBUTE_ALL: return "redistribute_all";
	case LIQUITY_OFFSET_THEN_REDISTRIBUTE:
		return "offset_then_redistribute";
	case LIQUITY_CAPPED_OFFSET: return "capped_offset_1.1";
	}
	return "unnamed";
}

enum liquity_branch
liquity_branch_normal(struct u256 ratio, const struct liquity_rules *r)
{
	return evm_compare(ratio, evm_word(wad_to_raw(r->minimum_ratio))) < 0 ?
	    LIQUITY_OFFSET_THEN_REDISTRIBUTE : LIQUITY_NONE;
}

enum liquity_branch
liquity_branch_recovery(struct u256 ratio, struct u256 system_ratio,
    bool pool_covers, const struct liquity_rules *r)
{
	if (evm_compare(ratio, evm_word(WAD_ONE_RAW)) <= 0)
		return LIQUITY_REDISTRIBUTE_ALL;
	if (evm_compare(ratio, evm_word(wad_to_raw(r->minimum_ratio))) < 0)
		return LIQUITY_OFFSET_THEN_REDISTRIBUTE;
	if (evm_compare(ratio, system_ratio) < 0 && pool_covers)
		return LIQUITY_CAPPED_OFFSET;
	return LIQUITY_NONE;
}

/* close_split gives the pool its share of debt and collateral, the other
 * troves the rest. */
static void
close_split(struct evm *c, struct liquity_close *s, struct u256 collateral,
    struct u256 debt, struct u256 pool)
{
	s->debt_offset = evm_min(debt, pool);
	if (!evm_is_zero(pool))
		s->collateral_to_pool = evm_muldiv(c, collateral,
		    s->debt_offset, debt, SIDE_FLOOR);
	s->debt_redistributed = evm_sub(c, debt, s->debt_offset);
	s->collateral_redistributed = evm_sub(c, collateral,
	    s->collateral_to_pool);
}

enum err
liquity_close_trove(struct liquity_close *out, enum liquity_branch branch,
    struct u256 collateral, struct u256 debt, struct u256 price,
    struct u256 pool, const struct liquity_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 share = evm_word(r->gas_share);
	struct liquity_close s;
	struct u256 seized = collateral;

	MUST(r->gas_share > 0);
	memset(&s, 0, sizeof(s));
	if (branch == LIQUITY_CAPPED_OFFSET) {
		seized = evm_muldiv(&c, debt,
		    evm_word(wad_to_raw(r->minimum_ratio)), price, SIDE_FLOOR);
		s.collateral_surplus = evm_sub(&c, collateral, seized);
	}
	if (branch != LIQUITY_NONE) {
		s.gas_compensation = evm_div(&c, seized, share, SIDE_FLOOR);
		seized = evm_sub(&c, seized, s.gas_compensation);
	}
	switch (branch) {
	case LIQUITY_NONE:
		break;
	case LIQUITY_REDISTRIBUTE_ALL:
		close_split(&c, &s, seized, debt, evm_zero());
		break;
	case LIQUITY_OFFSET_THEN_REDISTRIBUTE:
		close_split(&c, &s, seized, debt, pool);
		break;
	case LIQUITY_CAPPED_OFFSET:
		s.debt_offset = debt;
		s.collateral_to_pool = seized;
		break;
	}
	if (c.err == ERR_OK)
		*out = s;
	return c.err;
}
