/* The scan with AVX-512's 52-bit multiply-add: eight vaults at once, exact,
 * the same masks as scan_run_portable. */
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
block_run(const struct scan *s, const struct scan_prices *p,
    const struct scan_group *g, uint32_t block)
{
	uint32_t c = g->collateral_count, d = g->debt_count;
	uint64_t row = g->leg_first + (uint64_t)(block - g->block_first) *
	    ((uint64_t)c + d);
	const int64_t *amount = s->amount + row * SCAN_LANES;
	const uint8_t *index = s->index + row * SCAN_LANES;
	__m512i least = _mm512_set1_epi64(-2 * (long long)(c + d));
	__m512i zero = _mm512_setzero_si512();
	struct scan_mask m = { 0, 0 };

	for (uint32_t lane = 0; lane < SCAN_LANES; lane += LANES) {
		struct limbs v = sum_legs(amount, index, c, p->collateral,
		    lane);
		struct limbs o = sum_legs(amount + (size_t)c * SCAN_LANES,
		    index + (size_t)c * SCAN_LANES, d, p->debt, lane);
		__m512i hi = _mm512_add_epi64(_mm512_sub_epi64(v.hi, o.hi),
		    _mm512_srai_epi64(_mm512_sub_epi64(v.lo, o.lo), LIMB));
		__mmask8 below = _mm512_cmplt_epi64_mask(hi, least);

		m.below |= (uint64_t)below << lane;
		m.unsure |= (uint64_t)(_mm512_cmple_epi64_mask(hi, zero) &
		    (__mmask8)~below) << lane;
	}
	return m;
}

bool
simd_scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	const struct scan_group *g;

	if (!__builtin_cpu_supports("avx512ifma") ||
	    !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl"))
		return false;
	if (count == 0)
		return true;
	g = scan_group_of(s, first);
	for (uint32_t i = first; i < first + count; i++) {
		struct scan_mask m;
		uint64_t used;

		while (i - g->block_first >= g->block_count)
			g++;
		m = block_run(s, p, g, i);
		used = scan_lanes_of(g, i);
		*out++ = (struct scan_mask){ m.below & used & ~s->odd[i],
		    (m.unsure | s->odd[i]) & used };
	}
	return true;
}

#else

bool
simd_scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	(void)out, (void)s, (void)p, (void)first, (void)count;
	return false;
}

#endif
