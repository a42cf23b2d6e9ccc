#include "margin/close_compound.h"

/* part is a * factor / 1e18, as mulFactor has it. */
static struct u256
part(struct evm *c, struct u256 a, struct u256 factor)
{
	return evm_muldiv(c, a, factor, evm_word(WAD_ONE_RAW), SIDE_FLOOR);
}

enum err
compound_absorb(struct compound_absorption *out, struct u256 debt,
    struct u256 base_price, struct u256 base_unit,
    const struct compound_asset *assets, size_t count)
{
	struct evm c = { ERR_OK };
	struct compound_absorption a = { .debt = debt };
	struct u256 value = evm_zero();

	for (size_t i = 0; i < count; i++) {
		struct u256 seized = evm_muldiv(&c, assets[i].balance,
		    assets[i].price, assets[i].unit, SIDE_FLOOR);

		value = evm_add(&c, value,
		    part(&c, seized, assets[i].liquidation_factor));
	}
	a.credit = evm_muldiv(&c, value, base_unit, base_price, SIDE_FLOOR);
	a.balance = evm_sub_or_zero(a.credit, debt);
	a.paid_by_reserves = evm_sub_or_zero(debt, a.credit);
	if (c.err == ERR_OK)
		*out = a;
	return c.err;
}

enum err
compound_ask_price(struct u256 *out, struct u256 price,
    struct u256 store_front_factor, struct u256 liquidation_factor)
{
	struct evm c = { ERR_OK };
	struct u256 one = evm_word(WAD_ONE_RAW);
	struct u256 discount = part(&c, store_front_factor,
	    evm_sub(&c, one, liquidation_factor));
	struct u256 ask = part(&c, price, evm_sub(&c, one, discount));

	if (c.err == ERR_OK)
		*out = ask;
	return c.err;
}

enum err
compound_quote(struct u256 *out, struct u256 base_amount,
    struct u256 base_price, struct u256 base_unit, struct u256 ask_price,
    struct u256 unit)
{
	struct evm c = { ERR_OK };
	struct u256 paid = evm_mul(&c, base_price, base_amount);
	struct u256 atoms = evm_muldiv(&c, paid, unit, ask_price, SIDE_FLOOR);

	atoms = evm_div(&c, atoms, base_unit, SIDE_FLOOR);
	if (c.err == ERR_OK)
		*out = atoms;
	return c.err;
}
