#include "margin/simd_var.h"

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,popcnt")))
#endif

/* ---- portable ----------------------------------------------------------- */

static void
keys_portable(int64_t *key, const int32_t *r, uint32_t stride,
    const int32_t *e, uint32_t factors)
{
	for (uint32_t s = 0; s < stride; s++)
		key[s] = 0;
	for (uint32_t f = 0; f < factors; f++)
		for (uint32_t s = 0; s < stride; s++)
			key[s] += (int64_t)e[f] * r[f * stride + s];
}

static void
minima_portable(int64_t *least, const int64_t *key, uint32_t n)
{
	for (uint32_t s = 0; s < n; s += SIMD_VAR_BLOCK)
		for (uint32_t lane = 0; lane < SIMD_VAR_LANES; lane++) {
			int64_t x = key[s + lane];

			for (uint32_t i = lane; i < SIMD_VAR_BLOCK;
			    i += SIMD_VAR_LANES)
				x = key[s + i] < x ? key[s + i] : x;
			*least++ = x;
		}
}

static uint32_t
count_portable(const int64_t *key, uint32_t n, int64_t bound)
{
	uint32_t count = 0;

	for (uint32_t s = 0; s < n; s++)
		count += key[s] <= bound;
	return count;
}

static uint32_t
pick_portable(uint32_t *index, const int64_t *key, uint32_t n, int64_t bound)
{
	uint32_t count = 0;

	for (uint32_t s = 0; s < n; s++) {
		index[count] = s;
		count += key[s] <= bound;
	}
	return count;
}

static int64_t
least_portable(const int64_t *key, uint32_t n)
{
	int64_t least = INT64_MAX;

	for (uint32_t s = 0; s < n; s++)
		least = key[s] < least ? key[s] : least;
	return least;
}

static void
ranks_portable(uint32_t *rank, const int64_t *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rank[i] = 0;
		for (uint32_t j = 0; j < n; j++)
			rank[i] += key[j] < key[i];
	}
}

#ifdef __x86_64__

/* ---- AVX2 --------------------------------------------------------------- */

/* vpmuldq multiplies the low halves of 64-bit lanes, so eight scenarios are
 * one load: the even ones as they stand, the odd ones shifted down. */
AVX2 static void
keys_avx2(int64_t *key, const int32_t *r, uint32_t stride, const int32_t *e,
    uint32_t factors)
{
	for (uint32_t s = 0; s < stride; s += 16) {
		__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

		for (uint32_t f = 0; f < factors; f++) {
			const int32_t *at = r + (size_t)f * stride + s;
			__m256i w = _mm256_set1_epi64x(e[f]);
			__m256i x = _mm256_loadu_si256((const void *)at);
			__m256i y = _mm256_loadu_si256(
			    (const void *)(at + 8));

			a = _mm256_add_epi64(a, _mm256_mul_epi32(x, w));
			b = _mm256_add_epi64(b, _mm256_mul_epi32(
			    _mm256_srli_epi64(x, 32), w));
			c = _mm256_add_epi64(c, _mm256_mul_epi32(y, w));
			d = _mm256_add_epi64(d, _mm256_mul_epi32(
			    _mm256_srli_epi64(y, 32), w));
		}
		/* 0 2 4 6 and 1 3 5 7 to 0 1 4 5 and 2 3 6 7, to order. */
		for (int half = 0; half < 2; half++) {
			__m256i even = half ? c : a, odd = half ? d : b;
			__m256i l = _mm256_unpacklo_epi64(even, odd);
			__m256i h = _mm256_unpackhi_epi64(even, odd);
			int64_t *to = key + s + 8 * half;

			_mm256_storeu_si256((void *)to,
			    _mm256_permute2x128_si256(l, h, 0x20));
			_mm256_storeu_si256((void *)(to + 4),
			    _mm256_permute2x128_si256(l, h, 0x31));
		}
	}
}

AVX2 static void
minima_avx2(int64_t *least, const int64_t *key, uint32_t n)
{
	for (uint32_t s = 0; s < n; s += SIMD_VAR_BLOCK)
		for (uint32_t lane = 0; lane < SIMD_VAR_LANES; lane += 4) {
			const int64_t *at = key + s + lane;
			__m256i a = _mm256_loadu_si256((const void *)at);

			for (uint32_t i = SIMD_VAR_LANES; i < SIMD_VAR_BLOCK;
			    i += SIMD_VAR_LANES) {
				__m256i x = _mm256_loadu_si256(
				    (const void *)(at + i));

				a = _mm256_blendv_epi8(a, x,
				    _mm256_cmpgt_epi64(a, x));
			}
			_mm256_storeu_si256((void *)least, a);
			least += 4;
		}
}

AVX2 static uint32_t
count_avx2(const int64_t *key, uint32_t n, int64_t bound)
{
	__m256i b = _mm256_set1_epi64x(bound), above = _mm256_setzero_si256();
	int64_t lane[4];

	for (uint32_t s = 0; s < n; s += 4)
		above = _mm256_sub_epi64(above, _mm256_cmpgt_epi64(
		    _mm256_loadu_si256((const void *)(key + s)), b));
	_mm256_storeu_si256((void *)lane, above);
	return n - (uint32_t)(lane[0] + lane[1] + lane[2] + lane[3]);
}

AVX2 static uint32_t
pick_avx2(uint32_t *index, const int64_t *key, uint32_t n, int64_t bound)
{
	__m256i b = _mm256_set1_epi64x(bound);
	uint32_t count = 0;

	for (uint32_t s = 0; s < n; s += 4) {
		__m256i above = _mm256_cmpgt_epi64(
		    _mm256_loadu_si256((const void *)(key + s)), b);
		unsigned in = ~(unsigned)_mm256_movemask_pd(
		    _mm256_castsi256_pd(above)) & 15u;

		for (; in != 0; in &= in - 1)
			index[count++] = s + (unsigned)__builtin_ctz(in);
	}
	return count;
}

/* ---- AVX-512 ------------------------------------------------------------ */

AVX512 static void
keys_avx512(int64_t *key, const int32_t *r, uint32_t stride, const int32_t *e,
    uint32_t factors)
{
	const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
	const __m512i high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);

	/* Four sums hide the latency of the adds. */
	for (uint32_t s = 0; s < stride; s += 32) {
		__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;

		for (uint32_t f = 0; f < factors; f++) {
			const int32_t *at = r + (size_t)f * stride + s;
			__m512i w = _mm512_set1_epi64(e[f]);
			__m512i x = _mm512_loadu_si512(at);
			__m512i y = _mm512_loadu_si512(at + 16);

			a = _mm512_add_epi64(a, _mm512_mul_epi32(x, w));
			b = _mm512_add_epi64(b, _mm512_mul_epi32(
			    _mm512_srli_epi64(x, 32), w));
			c = _mm512_add_epi64(c, _mm512_mul_epi32(y, w));
			d = _mm512_add_epi64(d, _mm512_mul_epi32(
			    _mm512_srli_epi64(y, 32), w));
		}
		_mm512_storeu_si512(key + s,
		    _mm512_permutex2var_epi64(a, low, b));
		_mm512_storeu_si512(key + s + 8,
		    _mm512_permutex2var_epi64(a, high, b));
		_mm512_storeu_si512(key + s + 16,
		    _mm512_permutex2var_epi64(c, low, d));
		_mm512_storeu_si512(key + s + 24,
		    _mm512_permutex2var_epi64(c, high, d));
	}
}

AVX512 static void
minima_avx512(int64_t *least, const int64_t *key, uint32_t n)
{
	for (uint32_t s = 0; s < n; s += SIMD_VAR_BLOCK) {
		__m512i a = _mm512_loadu_si512(key + s);
		__m512i b = _mm512_loadu_si512(key + s + 8);

		for (uint32_t i = 16; i < SIMD_VAR_BLOCK; i += 16) {
			a = _mm512_min_epi64(a, _mm512_loadu_si512(
			    key + s + i));
			b = _mm512_min_epi64(b, _mm512_loadu_si512(
			    key + s + i + 8));
		}
		_mm512_storeu_si512(least, _mm512_min_epi64(a, b));
		least += SIMD_VAR_LANES;
	}
}

AVX512 static uint32_t
count_avx512(const int64_t *key, uint32_t n, int64_t bound)
{
	__m512i b = _mm512_set1_epi64(bound);
	unsigned count = 0;

	for (uint32_t s = 0; s < n; s += 8)
		count += (unsigned)__builtin_popcount(_mm512_cmple_epi64_mask(
		    _mm512_loadu_si512(key + s), b));
	return count;
}

AVX512 static uint32_t
pick_avx512(uint32_t *index, const int64_t *key, uint32_t n, int64_t bound)
{
	__m512i b = _mm512_set1_epi64(bound), sixteen = _mm512_set1_epi32(16);
	__m512i at = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15);
	uint32_t count = 0;

	for (uint32_t s = 0; s < n; s += 16) {
		unsigned in = _mm512_cmple_epi64_mask(
		    _mm512_loadu_si512(key + s), b);

		in |= (unsigned)_mm512_cmple_epi64_mask(
		    _mm512_loadu_si512(key + s + 8), b) << 8;
		_mm512_storeu_si512(index + count,
		    _mm512_maskz_compress_epi32((__mmask16)in, at));
		count += (unsigned)__builtin_popcount(in);
		at = _mm512_add_epi32(at, sixteen);
	}
	return count;
}

AVX512 static int64_t
least_avx512(const int64_t *key, uint32_t n)
{
	__m512i least = _mm512_set1_epi64(INT64_MAX);

	for (uint32_t s = 0; s < n; s += 8)
		least = _mm512_min_epi64(least, _mm512_loadu_si512(key + s));
	return _mm512_reduce_min_epi64(least);
}

AVX512 static void
ranks_avx512(uint32_t *rank, const int64_t *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		__m512i x = _mm512_set1_epi64(key[i]);
		unsigned below = 0;

		for (uint32_t j = 0; j < n; j += 8)
			below += (unsigned)__builtin_popcount(
			    _mm512_cmplt_epi64_mask(
			    _mm512_loadu_si512(key + j), x));
		rank[i] = below;
	}
}

#endif

/* ---- by level ----------------------------------------------------------- */

enum simd_var_level
simd_var_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return SIMD_VAR_AVX512;
	if (__builtin_cpu_supports("avx2"))
		return SIMD_VAR_AVX2;
#endif
	return SIMD_VAR_PORTABLE;
}

static const struct loops {
	void (*keys)(int64_t *key, const int32_t *r, uint32_t stride,
	    const int32_t *e, uint32_t factors);
	void (*minima)(int64_t *least, const int64_t *key, uint32_t n);
	uint32_t (*count)(const int64_t *key, uint32_t n, int64_t bound);
	uint32_t (*pick)(uint32_t *index, const int64_t *key, uint32_t n,
	    int64_t bound);
	int64_t (*least)(const int64_t *key, uint32_t n);
	void (*ranks)(uint32_t *rank, const int64_t *key, uint32_t n);
} LOOPS[SIMD_VAR_LEVELS] = {
	[SIMD_VAR_PORTABLE] = { keys_portable, minima_portable,
	    count_portable, pick_portable, least_portable,
	    ranks_portable },
#ifdef __x86_64__
	[SIMD_VAR_AVX2] = { keys_avx2, minima_avx2, count_avx2, pick_avx2,
	    least_portable, ranks_portable },
	[SIMD_VAR_AVX512] = { keys_avx512, minima_avx512, count_avx512,
	    pick_avx512, least_avx512, ranks_avx512 },
#endif
};

void
simd_var_keys(enum simd_var_level level, int64_t *key, const int32_t *r,
    uint32_t stride, const int32_t *e, uint32_t factors)
{
	LOOPS[level].keys(key, r, stride, e, factors);
}

void
simd_var_minima(enum simd_var_level level, int64_t *least,
    const int64_t *key, uint32_t n)
{
	LOOPS[level].minima(least, key, n);
}

uint32_t
simd_var_count(enum simd_var_level level, const int64_t *key, uint32_t n,
    int64_t bound)
{
	return LOOPS[level].count(key, n, bound);
}

uint32_t
simd_var_pick(enum simd_var_level level, uint32_t *index, const int64_t *key,
    uint32_t n, int64_t bound)
{
	return LOOPS[level].pick(index, key, n, bound);
}

int64_t
simd_var_least(enum simd_var_level level, const int64_t *key, uint32_t n)
{
	return LOOPS[level].least(key, n);
}

void
simd_var_ranks(enum simd_var_level level, uint32_t *rank, const int64_t *key,
    uint32_t n)
{
	LOOPS[level].ranks(rank, key, n);
}
