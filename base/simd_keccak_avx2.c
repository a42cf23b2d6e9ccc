/* Four Keccak states side by side: word w of state r stands at place r of
 * register w. */
#include "base/simd_keccak.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "base/keccak.h"

#define AVX2 __attribute__((target("avx2")))
#define N SIMD_KECCAK_AVX2_LANES

#define LANE __m256i
#define LANE_CODE static inline __attribute__((always_inline, \
	target("avx2")))
#define LANE_FILL(v) _mm256_set1_epi64x((long long)(v))
#define LANE_ROTATE(a, n) _mm256_or_si256(_mm256_slli_epi64(a, n), \
	_mm256_srli_epi64(a, 64 - (n)))
#define LANE_XOR(a, b) _mm256_xor_si256(a, b)
#define LANE_XOR3(a, b, c) LANE_XOR(LANE_XOR(a, b), c)
#define LANE_CHI(a, b, c) LANE_XOR(a, _mm256_andnot_si256(b, c))
#include "base/keccak_round.h"

/* Word w of row r goes to row w, place r. */
LANE_CODE void
rows_transpose(LANE r[N])
{
	LANE even0 = _mm256_unpacklo_epi64(r[0], r[1]);
	LANE even1 = _mm256_unpacklo_epi64(r[2], r[3]);
	LANE odd0 = _mm256_unpackhi_epi64(r[0], r[1]);
	LANE odd1 = _mm256_unpackhi_epi64(r[2], r[3]);

	r[0] = _mm256_permute2x128_si256(even0, even1, 0x20);
	r[1] = _mm256_permute2x128_si256(odd0, odd1, 0x20);
	r[2] = _mm256_permute2x128_si256(even0, even1, 0x31);
	r[3] = _mm256_permute2x128_si256(odd0, odd1, 0x31);
}

LANE_CODE LANE
row_load(const void *at)
{
	return _mm256_loadu_si256(at);
}

LANE_CODE void
row_store(struct b32 *to, LANE r)
{
	_mm256_storeu_si256((__m256i_u *)to, r);
}

LANE_CODE void
digests_store(struct b32 *const *out, const LANE a[N])
{
	LANE r[N] = { a[0], a[1], a[2], a[3] };

	rows_transpose(r);
	LANES_UNROLL
	for (size_t i = 0; i < N; i++)
		row_store(out[i], r[i]);
}

AVX2 void
simd_keccak_pairs_avx2(struct b32 *const *out, const struct b32 *const *a,
    const struct b32 *const *b)
{
	LANE s[2 * N], digest[N];

	LANES_UNROLL
	for (size_t i = 0; i < N; i++) {
		s[i] = row_load(a[i]);
		s[N + i] = row_load(b[i]);
	}
	rows_transpose(s);
	rows_transpose(s + N);
	lanes_hash_pair(digest, s);
	digests_store(out, digest);
}

/* Which of the lefts, a number's first word, are greater than their rights:
 * all bits of a place.  There is no comparison but of signed numbers. */
LANE_CODE LANE
lanes_descend(LANE left, LANE right, const struct b32 *in)
{
	LANE turn = _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607,
	    0x08090a0b0c0d0e0f, 0x0001020304050607);
	LANE sign = LANE_FILL(UINT64_C(1) << 63);
	LANE same = _mm256_cmpeq_epi64(left, right);
	LANE more = _mm256_cmpgt_epi64(
	    LANE_XOR(_mm256_shuffle_epi8(left, turn), sign),
	    LANE_XOR(_mm256_shuffle_epi8(right, turn), sign));
	int64_t word[N];

	if (_mm256_testz_si256(same, same))
		return more;
	for (size_t i = 0; i < N; i++)
		word[i] = -(b32_compare(&in[2 * i], &in[2 * i + 1]) > 0);
	return row_load(word);
}

AVX2 void
simd_keccak_siblings_avx2(struct b32 *out, const struct b32 *in)
{
	LANE s[2 * N], words[2 * N], r[N], swap;

	LANES_UNROLL
	for (size_t i = 0; i < N; i++) {
		s[i] = row_load(&in[2 * i]);
		s[N + i] = row_load(&in[2 * i + 1]);
	}
	rows_transpose(s);
	rows_transpose(s + N);
	swap = lanes_descend(s[0], s[N], in);
	LANES_UNROLL
	for (size_t i = 0; i < 2 * N; i++)
		words[i] = _mm256_blendv_epi8(s[i], s[i ^ N], swap);
	lanes_hash_pair(r, words);
	rows_transpose(r);
	LANES_UNROLL
	for (size_t i = 0; i < N; i++)
		row_store(&out[i], r[i]);
}

AVX2 static void
states_absorb(LANE s[KECCAK_WORDS], const uint8_t *const *block)
{
	LANE r[N];
	uint64_t last[N];

	LANES_UNROLL
	for (size_t at = 0; at < 4 * N; at += N) {
		LANES_UNROLL
		for (size_t i = 0; i < N; i++)
			r[i] = row_load(block[i] + 8 * at);
		rows_transpose(r);
		LANES_UNROLL
		for (size_t i = 0; i < N; i++)
			s[at + i] = LANE_XOR(s[at + i], r[i]);
	}
	for (size_t i = 0; i < N; i++)
		memcpy(&last[i], block[i] + 32 * N, sizeof(last[i]));
	s[4 * N] = LANE_XOR(s[4 * N], row_load(last));
	lanes_permute(s);
}

AVX2 void
simd_keccak_texts_avx2(struct b32 *const *out, const uint8_t *const *in,
    size_t len)
{
	uint8_t tail[N][KECCAK256_RATE];
	const uint8_t *at[N];
	LANE s[KECCAK_WORDS];

	LANES_UNROLL
	for (size_t i = 0; i < KECCAK_WORDS; i++)
		s[i] = _mm256_setzero_si256();
	memcpy(at, in, sizeof(at));
	for (; len >= KECCAK256_RATE; len -= KECCAK256_RATE) {
		states_absorb(s, at);
		for (size_t i = 0; i < N; i++)
			at[i] += KECCAK256_RATE;
	}
	memset(tail, 0, sizeof(tail));
	for (size_t i = 0; i < N; i++) {
		if (len > 0)
			memcpy(tail[i], at[i], len);
		tail[i][len] ^= 0x01;
		tail[i][KECCAK256_RATE - 1] ^= 0x80;
		at[i] = tail[i];
	}
	states_absorb(s, at);
	digests_store(out, s);
}

#endif
