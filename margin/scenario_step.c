/* The vault step, by the processor's wide multiply-add where it has one. */
#include "margin/scenario_vaults.h"

#include "base/must.h"

static enum err
step(struct usd18 *loss, uint8_t *worst, const struct scenario_vaults *v,
    const struct scenario_table *t, const struct scenario_which *which,
    unsigned amount_bits)
{
	enum err e;

	if (t->bits <= SCENARIO_VALUE_BITS_SIMD &&
	    amount_bits <= SCENARIO_AMOUNT_BITS_SIMD &&
	    simd_scenario_worst(&e, loss, worst, v, t, which))
		return e;
	return scenario_vaults_worst_portable(loss, worst, v, t, which);
}

enum err
scenario_vaults_worst(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count, unsigned amount_bits)
{
	const struct scenario_which which = { NULL, first, count };

	MUST(first <= v->count && count <= v->count - first);
	return step(loss, worst, v, t, &which, amount_bits);
}

enum err
scenario_vaults_worst_some(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    const uint32_t *some, uint32_t count, unsigned amount_bits)
{
	const struct scenario_which which = { some, 0, count };

	for (uint32_t i = 0; i < count; i++)
		MUST(some[i] < v->count);
	return step(loss, worst, v, t, &which, amount_bits);
}
