/* The vault step, by the processor's wide multiply-add where it has one. */
#include "margin/scenario_vaults.h"

#include "base/must.h"

enum err
scenario_vaults_worst(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count, unsigned amount_bits)
{
	enum err e;

	MUST(first <= v->count && count <= v->count - first);
	if (t->bits <= SCENARIO_VALUE_BITS_SIMD &&
	    amount_bits <= SCENARIO_AMOUNT_BITS_SIMD &&
	    simd_scenario_worst(&e, loss, worst, v, t, first, count))
		return e;
	return scenario_vaults_worst_portable(loss, worst, v, t, first, count);
}
