/* margin/vaults_measure.h - one vault's legs as the columns of margin/vaults.h
 * take them.
 *
 * Units:  atoms of the asset; debt before accrual, rounded up.
 */
#ifndef MARGIN_VAULTS_MEASURE_H
#define MARGIN_VAULTS_MEASURE_H

#include "margin/vaults_columns.h"

/* Collateral first. */
struct vaults_measure {
	struct u256 total[VAULTS_LEGS_MAX];	/* atoms before accrual */
	u128 atoms[VAULTS_LEGS_MAX];	/* the same; zero where odd */
	uint8_t shift[VAULTS_LEGS_MAX];	/* the least that holds them */
	bool is_odd, is_hedged;
};
void vaults_measure(struct vaults_measure *out, const struct vaults *v,
    const struct vault *in);

/* vaults_leg: leg k of a vault, collateral first. */
static inline const struct leg *
vaults_leg(const struct vault *in, size_t k)
{
	return k < in->collateral_count ? &in->collateral[k] :
	    &in->debt[k - in->collateral_count];
}

static inline size_t
vaults_legs(const struct vault *in)
{
	return (size_t)in->collateral_count + in->debt_count;
}

#endif
