/* The scan in vector registers: AVX-512's 52-bit multiply-add, eight vaults at
 * once, and AVX2's products of 32-bit limbs, four at once.  Exact, the same
 * masks as the portable scan. */
#include "margin/scan_block.h"

#ifdef __x86_64__

#include <immintrin.h>

/* At -O0 the gathers are macros whose own conversions change a sign. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"

/* ---- AVX-512 IFMA ------------------------------------------------------- */

#define IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))

/* ifma_sum: 2^52s of amount * weight over so many rows, of eight lanes. */
IFMA __attribute__((always_inline)) static inline __m512i
ifma_sum(const int64_t *amount, const uint8_t *index, uint32_t rows,
    const uint64_t *weight)
{
	__m512i sum = _mm512_setzero_si512();

	for (uint32_t k = 0; k < rows; k++) {
		__m512i pair = _mm512_cvtepu8_epi64(_mm_loadu_si64(index));
		__m512i w = _mm512_srli_epi64(
		    _mm512_i64gather_epi64(pair, weight, 8),
		    SCAN_WEIGHT_SHIFT);

		sum = _mm512_madd52hi_epu64(sum, _mm512_load_si512(amount),
		    w);
		amount += SCAN_LANES;
		index += SCAN_LANES;
	}
	return sum;
}

IFMA static struct scan_mask
ifma_block(const struct scan_block *b, const struct scan_prices *p)
{
	size_t debts = (size_t)b->collateral_count * SCAN_LANES;
	__m512i least = _mm512_set1_epi64(b->least);
	__m512i most = _mm512_set1_epi64(b->most);
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += 8) {
		__m512i s = _mm512_sub_epi64(ifma_sum(b->amount + lane,
		    b->index + lane, b->collateral_count, p->collateral),
		    ifma_sum(b->amount + debts + lane,
		    b->index + debts + lane, b->debt_count, p->debt));

		m.below |= (uint64_t)_mm512_cmplt_epi64_mask(s, least) <<
		    lane;
		m.unsure |= (uint64_t)_mm512_cmple_epi64_mask(s, most) <<
		    lane;
	}
	m.unsure &= ~m.below;
	return m;
}

IFMA void
simd_scan_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++, out++) {
		const struct vaults_block *b = &v->block[i];
		struct scan_block s = scan_block_of(v, b);

		*out = (struct scan_mask){ 0, 0 };
		if (b->live != 0)
			*out = scan_mask_of(b, ifma_block(&s, p));
	}
}

/* ---- AVX2 --------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2")))

/* avx2_high: the high word of a * w.  No sum overflows: a is below 2^52 and w
 * at most 2^63. */
AVX2 __attribute__((always_inline)) static inline __m256i
avx2_high(__m256i a, __m256i w)
{
	__m256i a1 = _mm256_srli_epi64(a, 32);
	__m256i w1 = _mm256_srli_epi64(w, 32);
	__m256i low = _mm256_srli_epi64(_mm256_mul_epu32(a, w), 32);
	__m256i mid = _mm256_add_epi64(_mm256_mul_epu32(a1, w),
	    _mm256_mul_epu32(a, w1));

	mid = _mm256_srli_epi64(_mm256_add_epi64(mid, low), 32);
	return _mm256_add_epi64(_mm256_mul_epu32(a1, w1), mid);
}

AVX2 __attribute__((always_inline)) static inline __m256i
avx2_sum(const int64_t *amount, const uint8_t *index, uint32_t rows,
    const uint64_t *weight)
{
	__m256i sum = _mm256_setzero_si256();

	for (uint32_t k = 0; k < rows; k++) {
		__m256i pair = _mm256_cvtepu8_epi64(_mm_loadu_si32(index));
		__m256i w = _mm256_i64gather_epi64((const void *)weight,
		    pair, 8);

		sum = _mm256_add_epi64(sum, avx2_high(
		    _mm256_load_si256((const void *)amount), w));
		amount += SCAN_LANES;
		index += SCAN_LANES;
	}
	return sum;
}

AVX2 __attribute__((always_inline)) static inline uint64_t
avx2_less(__m256i a, __m256i b)
{
	return (uint64_t)_mm256_movemask_pd(_mm256_castsi256_pd(
	    _mm256_cmpgt_epi64(b, a)));
}

AVX2 static struct scan_mask
avx2_block(const struct scan_block *b, const struct scan_prices *p)
{
	size_t debts = (size_t)b->collateral_count * SCAN_LANES;
	__m256i least = _mm256_set1_epi64x(b->least);
	__m256i above = _mm256_set1_epi64x(b->most + 1);
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += 4) {
		__m256i s = _mm256_sub_epi64(avx2_sum(b->amount + lane,
		    b->index + lane, b->collateral_count, p->collateral),
		    avx2_sum(b->amount + debts + lane,
		    b->index + debts + lane, b->debt_count, p->debt));

		m.below |= avx2_less(s, least) << lane;
		m.unsure |= avx2_less(s, above) << lane;
	}
	m.unsure &= ~m.below;
	return m;
}

AVX2 void
simd_scan_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++, out++) {
		const struct vaults_block *b = &v->block[i];
		struct scan_block s = scan_block_of(v, b);

		*out = (struct scan_mask){ 0, 0 };
		if (b->live != 0)
			*out = scan_mask_of(b, avx2_block(&s, p));
	}
}

#pragma GCC diagnostic pop

#else

void
simd_scan_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	(void)out, (void)v, (void)p, (void)first, (void)count;
	MUST(false);
}

void
simd_scan_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	(void)out, (void)v, (void)p, (void)first, (void)count;
	MUST(false);
}

#endif
