#include "base/keccak_lanes.h"

#include "base/keccak.h"
#include "base/must.h"
#include "base/simd_keccak.h"

/* The hashes of `lanes` messages at once.  A rest of at least `rest_min` is
 * still cheaper at once than one by one. */
struct kernel {
	size_t lanes;
	size_t rest_min;
	void (*pairs)(struct b32 *const *out, const struct b32 *const *a,
	    const struct b32 *const *b);
	void (*siblings)(struct b32 *out, const struct b32 *in);
	void (*texts)(struct b32 *const *out, const uint8_t *const *in,
	    size_t len);
};

static void
pairs_portable(struct b32 *const *out, const struct b32 *const *a,
    const struct b32 *const *b)
{
	keccak256_pair(out[0], a[0], b[0]);
}

static void
siblings_portable(struct b32 *out, const struct b32 *in)
{
	bool swap = b32_compare(&in[0], &in[1]) > 0;

	keccak256_pair(out, &in[swap], &in[!swap]);
}

static void
texts_portable(struct b32 *const *out, const uint8_t *const *in, size_t len)
{
	keccak256(out[0], in[0], len);
}

static const struct kernel KERNELS[KECCAK_LEVELS] = {
	[KECCAK_PORTABLE] = { 1, 1, pairs_portable, siblings_portable,
	    texts_portable },
#ifdef __x86_64__
	[KECCAK_AVX2] = { SIMD_KECCAK_AVX2_LANES, 2, simd_keccak_pairs_avx2,
	    simd_keccak_siblings_avx2, simd_keccak_texts_avx2 },
	[KECCAK_AVX512] = { SIMD_KECCAK_AVX512_LANES, 2,
	    simd_keccak_pairs_avx512, simd_keccak_siblings_avx512,
	    simd_keccak_texts_avx512 },
#endif
};

_Static_assert(SIMD_KECCAK_AVX512_LANES <= KECCAK_LANES_MAX &&
    SIMD_KECCAK_AVX2_LANES <= KECCAK_LANES_MAX, "a group fits its arrays");
_Static_assert(KECCAK_LANES_MAX % SIMD_KECCAK_AVX512_LANES == 0 &&
    KECCAK_LANES_MAX % SIMD_KECCAK_AVX2_LANES == 0, "siblings have no rest");

enum keccak_level
keccak_level_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return KECCAK_AVX512;
	if (__builtin_cpu_supports("avx2"))
		return KECCAK_AVX2;
#endif
	return KECCAK_PORTABLE;
}

const char *
keccak_level_name(enum keccak_level level)
{
	switch (level) {
	case KECCAK_PORTABLE: return "portable";
	case KECCAK_AVX2: return "avx2";
	case KECCAK_AVX512: return "avx512";
	case KECCAK_LEVELS: break;
	}
	return "invalid";
}

static const struct kernel *
kernel_of(enum keccak_level level)
{
	MUST(level <= keccak_level_best());
	return &KERNELS[level];
}

/* The places behind the rest repeat its first pair. */
static void
pairs_rest(const struct kernel *k, struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b, size_t n)
{
	struct b32 *to[KECCAK_LANES_MAX];
	const struct b32 *left[KECCAK_LANES_MAX], *right[KECCAK_LANES_MAX];

	for (size_t i = 0; i < k->lanes; i++) {
		to[i] = out[i < n ? i : 0];
		left[i] = a[i < n ? i : 0];
		right[i] = b[i < n ? i : 0];
	}
	k->pairs(to, left, right);
}

void
keccak256_pairs(enum keccak_level level, struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b, size_t n)
{
	const struct kernel *k = kernel_of(level);
	size_t i = 0;

	for (; n - i >= k->lanes; i += k->lanes)
		k->pairs(out + i, a + i, b + i);
	if (n - i >= k->rest_min)
		pairs_rest(k, out + i, a + i, b + i, n - i);
	else
		for (; i < n; i++)
			keccak256_pair(out[i], a[i], b[i]);
}

void
keccak256_siblings(enum keccak_level level, struct b32 *out,
    const struct b32 *in, size_t n)
{
	const struct kernel *k = kernel_of(level);

	MUST(n % KECCAK_LANES_MAX == 0);
	for (size_t i = 0; i < n; i += k->lanes)
		k->siblings(&out[i], &in[2 * i]);
}

void
keccak256_many(enum keccak_level level, struct b32 *out, const void *in,
    size_t len, size_t stride, size_t n)
{
	const struct kernel *k = kernel_of(level);
	const uint8_t *bytes = in;

	for (size_t i = 0; i < n;) {
		struct b32 *to[KECCAK_LANES_MAX];
		const uint8_t *from[KECCAK_LANES_MAX];
		size_t group = n - i < k->lanes ? n - i : k->lanes;

		if (group < k->rest_min) {
			k = &KERNELS[KECCAK_PORTABLE];
			group = k->lanes;
		}
		for (size_t j = 0; j < k->lanes; j++) {
			size_t at = i + (j < group ? j : 0);

			to[j] = &out[at];
			from[j] = bytes + at * stride;
		}
		k->texts(to, from, len);
		i += group;
	}
}
