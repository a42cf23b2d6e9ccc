/* The scan in vector registers, exact: sums of 104-bit products as two limbs of
 * 52 bits. */
#include "margin/simd_scan.h"

#ifdef __x86_64__

#include <immintrin.h>

#define IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))
#define LANES 8u
#define LIMB 52

struct limbs {
	__m512i lo, hi;
};

/* At -O0 the gather is a macro whose own conversions change a sign. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
/* sum_legs: sum of amount * weight over `legs` rows, two limbs each up to
 * 2^56; eight lanes from `lane` on. */
IFMA __attribute__((always_inline)) static inline struct limbs
sum_legs(const int64_t *amount, const uint8_t *index, uint32_t legs,
    const uint64_t *weight, uint32_t lane)
{
	struct limbs s = { _mm512_setzero_si512(), _mm512_setzero_si512() };

	for (uint32_t k = 0; k < legs; k++) {
		size_t at = (size_t)k * SCAN_LANES + lane;
		__m512i pair = _mm512_cvtepu8_epi64(
		    _mm_loadu_si64(index + at));
		__m512i w = _mm512_i64gather_epi64(pair, weight, 8);
		__m512i a = _mm512_load_si512(amount + at);

		s.lo = _mm512_madd52lo_epu64(s.lo, a, w);
		s.hi = _mm512_madd52hi_epu64(s.hi, a, w);
	}
	return s;
}
#pragma GCC diagnostic pop

IFMA static struct scan_mask
block_run_ifma(const struct vaults *v, const struct scan_prices *p,
    uint32_t block)
{
	const struct vaults_block *b = &v->block[block];
	uint32_t c = b->collateral_count, d = b->debt_count;
	const int64_t *amount = v->amount + (size_t)b->row * SCAN_LANES;
	const uint8_t *index = v->index + (size_t)b->row * SCAN_LANES;
	__m512i least = _mm512_set1_epi64(-2 * (long long)(c + d));
	__m512i most = _mm512_set1_epi64(d);
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += LANES) {
		struct limbs x = sum_legs(amount, index, c, p->collateral,
		    lane);
		struct limbs o = sum_legs(amount + (size_t)c * SCAN_LANES,
		    index + (size_t)c * SCAN_LANES, d, p->debt, lane);
		__m512i hi = _mm512_add_epi64(_mm512_sub_epi64(x.hi, o.hi),
		    _mm512_srai_epi64(_mm512_sub_epi64(x.lo, o.lo), LIMB));
		__mmask8 below = _mm512_cmplt_epi64_mask(hi, least);

		m.below |= (uint64_t)below << lane;
		m.unsure |= (uint64_t)(_mm512_cmple_epi64_mask(hi, most) &
		    (__mmask8)~below) << lane;
	}
	return m;
}

bool
simd_scan_has_ifma(void)
{
	return __builtin_cpu_supports("avx512ifma") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl");
}

void
simd_scan_run_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = block_run_ifma(v, p, first + i);
}

/* ---- AVX2 ---------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2")))
#define HALF 26		/* bits of a limb: products of two sum within 64 */

/* Sums of products of halves; a leg adds at most 2^52, 2^53, 2^52. */
struct halves {
	__m256i lo, mid, hi;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
AVX2 __attribute__((always_inline)) static inline struct halves
sum_halves(const int64_t *amount, const uint8_t *index, uint32_t legs,
    const uint64_t *weight, uint32_t lane)
{
	struct halves s = { _mm256_setzero_si256(), _mm256_setzero_si256(),
		_mm256_setzero_si256() };
	__m256i low = _mm256_set1_epi64x((1 << HALF) - 1);

	for (uint32_t k = 0; k < legs; k++) {
		size_t at = (size_t)k * SCAN_LANES + lane;
		__m256i pair = _mm256_cvtepu8_epi64(
		    _mm_loadu_si32(index + at));
		__m256i w = _mm256_i64gather_epi64(
		    (const long long *)weight, pair, 8);
		__m256i a = _mm256_load_si256(
		    (const __m256i *)(const void *)(amount + at));
		__m256i a1 = _mm256_srli_epi64(a, HALF);
		__m256i w1 = _mm256_srli_epi64(w, HALF);
		__m256i a0 = _mm256_and_si256(a, low);
		__m256i w0 = _mm256_and_si256(w, low);

		s.lo = _mm256_add_epi64(s.lo, _mm256_mul_epu32(a0, w0));
		s.mid = _mm256_add_epi64(s.mid, _mm256_add_epi64(
		    _mm256_mul_epu32(a0, w1), _mm256_mul_epu32(a1, w0)));
		s.hi = _mm256_add_epi64(s.hi, _mm256_mul_epu32(a1, w1));
	}
	return s;
}
#pragma GCC diagnostic pop

/* hi * 2^52 + lo with lo below 2^52. */
struct limbs256 {
	__m256i lo, hi;
};

AVX2 __attribute__((always_inline)) static inline struct limbs256
halves_carry(struct halves s)
{
	__m256i low = _mm256_set1_epi64x((1 << HALF) - 1);
	__m256i lo = _mm256_add_epi64(s.lo, _mm256_slli_epi64(
	    _mm256_and_si256(s.mid, low), HALF));
	struct limbs256 out;

	out.hi = _mm256_add_epi64(s.hi, _mm256_add_epi64(
	    _mm256_srli_epi64(s.mid, HALF), _mm256_srli_epi64(lo, LIMB)));
	out.lo = _mm256_and_si256(lo, _mm256_set1_epi64x(
	    (INT64_C(1) << LIMB) - 1));
	return out;
}

AVX2 static struct scan_mask
block_run_avx2(const struct vaults *v, const struct scan_prices *p,
    uint32_t block)
{
	const struct vaults_block *b = &v->block[block];
	uint32_t c = b->collateral_count, d = b->debt_count;
	const int64_t *amount = v->amount + (size_t)b->row * SCAN_LANES;
	const uint8_t *index = v->index + (size_t)b->row * SCAN_LANES;
	__m256i least = _mm256_set1_epi64x(-2 * (long long)(c + d));
	__m256i most = _mm256_set1_epi64x(d);
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += 4) {
		struct limbs256 x = halves_carry(sum_halves(amount, index, c,
		    p->collateral, lane));
		struct limbs256 o = halves_carry(sum_halves(amount +
		    (size_t)c * SCAN_LANES, index + (size_t)c * SCAN_LANES, d,
		    p->debt, lane));
		/* All ones, which is minus one, where it borrows. */
		__m256i borrow = _mm256_cmpgt_epi64(o.lo, x.lo);
		__m256i hi = _mm256_add_epi64(_mm256_sub_epi64(x.hi, o.hi),
		    borrow);
		unsigned below = (unsigned)_mm256_movemask_pd(
		    _mm256_castsi256_pd(_mm256_cmpgt_epi64(least, hi)));
		unsigned above = (unsigned)_mm256_movemask_pd(
		    _mm256_castsi256_pd(_mm256_cmpgt_epi64(hi, most)));

		m.below |= (uint64_t)below << lane;
		m.unsure |= (uint64_t)(~(below | above) & 15u) << lane;
	}
	return m;
}

bool
simd_scan_has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

void
simd_scan_run_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = block_run_avx2(v, p, first + i);
}

#else

bool
simd_scan_has_ifma(void)
{
	return false;
}

bool
simd_scan_has_avx2(void)
{
	return false;
}

void
simd_scan_run_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	(void)out, (void)v, (void)p, (void)first, (void)count;
}

void
simd_scan_run_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	(void)out, (void)v, (void)p, (void)first, (void)count;
}

#endif
