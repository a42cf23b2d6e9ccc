#include "margin/vaults_measure.h"

#include "base/must.h"

/* leg_total: ceil(amount * index), which may be beyond 128 bits. */
static struct u256
leg_total(const struct leg *leg, bool is_debt)
{
	struct u256 one = u256_from_u128(WAD_ONE_RAW), unit, rest, t;
	u128 atoms = leg->amount;

	if (!is_debt || book_debt_base(&atoms, leg) == ERR_OK)
		return u256_from_u128(atoms);
	t = u256_mul_u128(leg->amount, wad_to_raw(leg->index));
	u256_div(&t, &rest, &t, &one);
	unit = u256_from_u128(u256_is_zero(&rest) ? 0 : 1);
	MUST(u256_add(&t, &t, &unit) == ERR_OK);
	return t;
}

static unsigned
bits_of(u128 v)
{
	uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;

	if (high != 0)
		return 128u - (unsigned)__builtin_clzll(high);
	return low != 0 ? 64u - (unsigned)__builtin_clzll(low) : 0;
}

static bool
atoms_are_odd(u128 atoms, const struct asset *a, bool is_debt)
{
	return (is_debt && atoms >> VAULTS_DEBT_BITS != 0) ||
	    atoms / pow10_u128(a->decimals) >= VAULTS_UNITS_MAX;
}

void
vaults_measure(struct vaults_measure *out, const struct vaults *v,
    const struct vault *in)
{
	uint64_t factors[2] = { 0, 0 };

	out->is_odd = false;
	for (size_t k = 0; k < vaults_legs(in); k++) {
		const struct leg *leg = vaults_leg(in, k);
		const struct asset *a = &v->assets->assets[leg->asset];
		bool is_debt = k >= in->collateral_count;
		unsigned bits;
		u128 atoms;

		out->total[k] = leg_total(leg, is_debt);
		if (u256_to_u128(&atoms, &out->total[k]) != ERR_OK ||
		    atoms_are_odd(atoms, a, is_debt)) {
			out->is_odd = true;
			atoms = 0;
		}
		bits = bits_of(atoms);
		out->atoms[k] = atoms;
		out->shift[k] = (uint8_t)(bits > VAULTS_COUNT_BITS ?
		    bits - VAULTS_COUNT_BITS : 0);
		factors[is_debt] |= UINT64_C(1) << a->factor;
	}
	out->is_hedged = (factors[0] & factors[1]) != 0;
}
