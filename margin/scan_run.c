/* The scan in 64-bit words, and the choice of instructions. */
#include "margin/scan_block.h"

#include "base/must.h"

#define LANES 4u

static inline int64_t
high_of(int64_t amount, uint64_t weight)
{
	return (int64_t)((u128)(uint64_t)amount * weight >> 64);
}

/* rows_sum adds up `rows` rows of four lanes, by four words that stay in
 * registers. */
static inline void
rows_sum(int64_t sum[LANES], const int64_t *amount, const uint8_t *index,
    uint32_t rows, const uint64_t *weight)
{
	int64_t a = 0, b = 0, c = 0, d = 0;

	for (uint32_t k = 0; k < rows; k++) {
		a += high_of(amount[0], weight[index[0]]);
		b += high_of(amount[1], weight[index[1]]);
		c += high_of(amount[2], weight[index[2]]);
		d += high_of(amount[3], weight[index[3]]);
		amount += SCAN_LANES;
		index += SCAN_LANES;
	}
	sum[0] = a;
	sum[1] = b;
	sum[2] = c;
	sum[3] = d;
}

static struct scan_mask
block_run(const struct scan_block *b, const struct scan_prices *p)
{
	size_t debts = (size_t)b->collateral_count * SCAN_LANES;
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += LANES) {
		int64_t held[LANES], owed[LANES];

		rows_sum(held, b->amount + lane, b->index + lane,
		    b->collateral_count, p->collateral);
		rows_sum(owed, b->amount + debts + lane,
		    b->index + debts + lane, b->debt_count, p->debt);
		for (uint32_t i = 0; i < LANES; i++) {
			int64_t s = held[i] - owed[i];

			m.below |= (uint64_t)(s < b->least) << (lane + i);
			m.unsure |= (uint64_t)(s <= b->most) << (lane + i);
		}
	}
	m.unsure &= ~m.below;
	return m;
}

static void
run_portable(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++, out++) {
		const struct vaults_block *b = &v->block[i];
		struct scan_block s = scan_block_of(v, b);

		*out = (struct scan_mask){ 0, 0 };
		if (b->live != 0)
			*out = scan_mask_of(b, block_run(&s, p));
	}
}

enum scan_level
scan_level_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512ifma") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl"))
		return SCAN_IFMA;
	if (__builtin_cpu_supports("avx2"))
		return SCAN_AVX2;
#endif
	return SCAN_PORTABLE;
}

void
scan_run_at(enum scan_level level, struct scan_mask *out,
    const struct vaults *v, const struct scan_prices *p, uint32_t first,
    uint32_t count)
{
	uint32_t blocks = vaults_block_count(v);

	MUST(level <= scan_level_best());
	MUST(first <= blocks && count <= blocks - first);
	MUST(scan_prices_hold(p, v));
	switch (level) {
	case SCAN_PORTABLE:
		run_portable(out, v, p, first, count);
		break;
	case SCAN_AVX2:
		simd_scan_avx2(out, v, p, first, count);
		break;
	case SCAN_IFMA:
		simd_scan_ifma(out, v, p, first, count);
		break;
	}
}

void
scan_run(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	scan_run_at(scan_level_best(), out, v, p, first, count);
}
