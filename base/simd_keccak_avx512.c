/* Eight Keccak states side by side: word w of state r stands at place r of
 * register w. */
#include "base/simd_keccak.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "base/keccak.h"

#define AVX512 __attribute__((target("avx512f")))
#define N SIMD_KECCAK_AVX512_LANES

#define LANE __m512i
#define LANE_CODE static inline __attribute__((always_inline, \
	target("avx512f")))
#define LANE_FILL(v) _mm512_set1_epi64((long long)(v))
#define LANE_ROTATE(a, n) _mm512_rol_epi64(a, n)
#define LANE_XOR(a, b) _mm512_xor_si512(a, b)
#define LANE_XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define LANE_CHI(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xd2)
#include "base/keccak_round.h"

/* Word w of row r goes to row w, place r. */
LANE_CODE void
rows_transpose(LANE r[N])
{
	LANE even[4], odd[4], t[4];

	LANES_UNROLL
	for (size_t i = 0; i < 4; i++) {
		even[i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
		odd[i] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
	}
	/* Now two places travel together: 4 x 4 of them, twice. */
	LANES_UNROLL
	for (size_t i = 0; i < 2; i++) {
		const LANE *half = i == 0 ? even : odd;

		t[0] = _mm512_shuffle_i64x2(half[0], half[1], 0x44);
		t[1] = _mm512_shuffle_i64x2(half[0], half[1], 0xee);
		t[2] = _mm512_shuffle_i64x2(half[2], half[3], 0x44);
		t[3] = _mm512_shuffle_i64x2(half[2], half[3], 0xee);
		r[i] = _mm512_shuffle_i64x2(t[0], t[2], 0x88);
		r[i + 2] = _mm512_shuffle_i64x2(t[0], t[2], 0xdd);
		r[i + 4] = _mm512_shuffle_i64x2(t[1], t[3], 0x88);
		r[i + 6] = _mm512_shuffle_i64x2(t[1], t[3], 0xdd);
	}
}

/* Digests 2i and 2i + 1, four words each, go to row i. */
LANE_CODE void
digests_transpose(LANE r[4], const LANE a[4])
{
	LANE even0 = _mm512_unpacklo_epi64(a[0], a[1]);
	LANE even1 = _mm512_unpacklo_epi64(a[2], a[3]);
	LANE odd0 = _mm512_unpackhi_epi64(a[0], a[1]);
	LANE odd1 = _mm512_unpackhi_epi64(a[2], a[3]);
	LANE t[4];

	t[0] = _mm512_shuffle_i64x2(even0, even1, 0x44);
	t[1] = _mm512_shuffle_i64x2(even0, even1, 0xee);
	t[2] = _mm512_shuffle_i64x2(odd0, odd1, 0x44);
	t[3] = _mm512_shuffle_i64x2(odd0, odd1, 0xee);
	r[0] = _mm512_shuffle_i64x2(t[0], t[2], 0x88);
	r[1] = _mm512_shuffle_i64x2(t[0], t[2], 0xdd);
	r[2] = _mm512_shuffle_i64x2(t[1], t[3], 0x88);
	r[3] = _mm512_shuffle_i64x2(t[1], t[3], 0xdd);
}

LANE_CODE void
digests_store(struct b32 *const *out, const LANE a[4])
{
	LANE r[4];

	digests_transpose(r, a);
	LANES_UNROLL
	for (size_t i = 0; i < 4; i++) {
		_mm256_storeu_si256((__m256i_u *)out[2 * i],
		    _mm512_castsi512_si256(r[i]));
		_mm256_storeu_si256((__m256i_u *)out[2 * i + 1],
		    _mm512_extracti64x4_epi64(r[i], 1));
	}
}

AVX512 void
simd_keccak_pairs_avx512(struct b32 *const *out, const struct b32 *const *a,
    const struct b32 *const *b)
{
	LANE s[N], digest[4];

	LANES_UNROLL
	for (size_t i = 0; i < N; i++)
		s[i] = _mm512_inserti64x4(_mm512_castsi256_si512(
		    _mm256_loadu_si256((const __m256i_u *)a[i])),
		    _mm256_loadu_si256((const __m256i_u *)b[i]), 1);
	rows_transpose(s);
	lanes_hash_pair(digest, s);
	digests_store(out, digest);
}

/* The words as numbers: their first byte is the highest. */
LANE_CODE LANE
lane_big_endian(LANE a)
{
	LANE even = _mm512_rol_epi32(a, 8), odd = _mm512_rol_epi32(a, 24);

	/* even where the mask has bits, else odd */
	return _mm512_rol_epi64(_mm512_ternarylogic_epi64(
	    LANE_FILL(0x00ff00ff00ff00ff), even, odd, 0xca), 32);
}

/* Which of the lefts are greater than their rights. */
LANE_CODE __mmask8
lanes_descend(const LANE s[N], const struct b32 *in)
{
	__mmask8 less = _mm512_cmplt_epu64_mask(lane_big_endian(s[4]),
	    lane_big_endian(s[0]));
	__mmask8 same = _mm512_cmpeq_epu64_mask(s[0], s[4]);

	for (unsigned left = same; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		if (b32_compare(&in[2 * i], &in[2 * i + 1]) > 0)
			less = (__mmask8)(less | 1u << i);
	}
	return less;
}

AVX512 void
simd_keccak_siblings_avx512(struct b32 *out, const struct b32 *in)
{
	LANE s[N], words[N], digest[4], r[4];
	__mmask8 swap;

	LANES_UNROLL
	for (size_t i = 0; i < N; i++)
		s[i] = _mm512_loadu_si512(&in[2 * i]);
	rows_transpose(s);
	swap = lanes_descend(s, in);
	LANES_UNROLL
	for (size_t i = 0; i < N; i++)
		words[i] = _mm512_mask_mov_epi64(s[i], swap, s[i ^ 4]);
	lanes_hash_pair(digest, words);
	digests_transpose(r, digest);
	LANES_UNROLL
	for (size_t i = 0; i < 4; i++)
		_mm512_storeu_si512(&out[2 * i], r[i]);
}

AVX512 static void
states_absorb(LANE s[KECCAK_WORDS], const uint8_t *const *block)
{
	LANE r[N];
	uint64_t last[N];

	LANES_UNROLL
	for (size_t at = 0; at < 2 * N; at += N) {
		LANES_UNROLL
		for (size_t i = 0; i < N; i++)
			r[i] = _mm512_loadu_si512(block[i] + 8 * at);
		rows_transpose(r);
		LANES_UNROLL
		for (size_t i = 0; i < N; i++)
			s[at + i] = LANE_XOR(s[at + i], r[i]);
	}
	for (size_t i = 0; i < N; i++)
		memcpy(&last[i], block[i] + 16 * N, sizeof(last[i]));
	s[2 * N] = LANE_XOR(s[2 * N], _mm512_loadu_si512(last));
	lanes_permute(s);
}

AVX512 void
simd_keccak_texts_avx512(struct b32 *const *out, const uint8_t *const *in,
    size_t len)
{
	uint8_t tail[N][KECCAK256_RATE];
	const uint8_t *at[N];
	LANE s[KECCAK_WORDS];

	LANES_UNROLL
	for (size_t i = 0; i < KECCAK_WORDS; i++)
		s[i] = _mm512_setzero_si512();
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
