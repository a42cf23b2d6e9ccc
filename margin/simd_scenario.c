/* The vault step with AVX-512's 52-bit multiply-add: eight scenarios at once,
 * exact, the same bits as scenario_vaults_worst_portable.
 *
 * A sum is two limbs, value = hi * 2^52 + lo with hi signed.  The instructions
 * multiply the low 52 bits of their operands as unsigned numbers; a negative
 * factor a stands for a + 2^52, so its partner is taken off the high limb. */
#include "margin/scenario_vaults.h"

#ifdef __x86_64__

#include <immintrin.h>

#include "base/must.h"

#define IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))
#define IFMA_INLINE IFMA __attribute__((always_inline)) static inline
#define LANES 8u
#define VECTORS 5u	/* columns a pass: their limbs fill the registers */
#define LIMB 52
#define LIMB_MASK ((UINT64_C(1) << LIMB) - 1)

struct limbs {
	__m512i lo, hi;
};

/* What a pass over eight times VECTORS columns needs of the table. */
struct pass {
	uint32_t column;
	__mmask8 turned[VECTORS];	/* skews */
	__mmask8 damped[VECTORS];
	__mmask8 counted[VECTORS];
	uint64_t dampening[VECTORS][LANES] __attribute__((aligned(64)));
};

IFMA_INLINE __m512i
set1(uint64_t v)
{
	return _mm512_set1_epi64((long long)v);
}

IFMA_INLINE struct limbs
normal(struct limbs a)
{
	return (struct limbs){
		_mm512_and_si512(a.lo, set1(LIMB_MASK)),
		_mm512_add_epi64(a.hi, _mm512_srai_epi64(a.lo, LIMB)),
	};
}

/* sum + floor(a * factor / 2^52); a normal, its hi within 52 bits and sign;
 * is_negative: the lanes where it is below zero. */
IFMA_INLINE struct limbs
add_scaled(struct limbs sum, struct limbs a, __m512i factor,
    __mmask8 is_negative)
{
	sum.lo = _mm512_madd52lo_epu64(sum.lo, a.hi, factor);
	sum.lo = _mm512_madd52hi_epu64(sum.lo, a.lo, factor);
	sum.hi = _mm512_madd52hi_epu64(sum.hi, a.hi, factor);
	sum.hi = _mm512_mask_sub_epi64(sum.hi, is_negative, sum.hi, factor);
	return sum;
}

/* In the lanes of `turned` a total t above now becomes 2 now - t, so that
 * less now it is -|t - now|. */
IFMA_INLINE struct limbs
turn(struct limbs t, i128 now, __mmask8 turned)
{
	__m512i lo = set1((uint64_t)now & LIMB_MASK);
	__m512i hi = set1((uint64_t)(now >> LIMB));
	__mmask8 above;

	t = normal(t);
	above = _mm512_cmpgt_epi64_mask(t.hi, hi) |
	    (_mm512_cmpeq_epi64_mask(t.hi, hi) &
	    _mm512_cmpgt_epi64_mask(t.lo, lo));
	above &= turned;
	t.lo = _mm512_mask_sub_epi64(t.lo, above, _mm512_add_epi64(lo, lo),
	    t.lo);
	t.hi = _mm512_mask_sub_epi64(t.hi, above, _mm512_add_epi64(hi, hi),
	    t.hi);
	return t;
}

/* add_run adds a group's discounted totals to sum. */
IFMA_INLINE void
add_run(struct limbs sum[VECTORS], unsigned vectors,
    const struct scenario_run *run, const struct scenario_vaults *v,
    const struct scenario_table *t, const struct pass *pass)
{
	__m512i gain = set1(run->group->discount_long);
	__m512i debt = set1(run->group->discount_short);
	struct limbs m[VECTORS];

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		m[i].lo = m[i].hi = _mm512_setzero_si512();
	for (uint32_t p = run->first; p < run->end; p++) {
		const int64_t *value = t->value +
		    (size_t)v->row[p] * t->stride + pass->column;
		__m512i a = set1((uint64_t)v->amount[p]);
		__mmask8 is_short = _mm512_movepi64_mask(a);

#pragma GCC unroll 5
		for (unsigned i = 0; i < vectors; i++) {
			__m512i x = _mm512_load_si512(value + i * LANES);

			m[i].lo = _mm512_madd52lo_epu64(m[i].lo, x, a);
			m[i].hi = _mm512_madd52hi_epu64(m[i].hi, x, a);
			m[i].hi = _mm512_mask_sub_epi64(m[i].hi, is_short,
			    m[i].hi, x);
		}
	}
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		struct limbs a = normal(m[i]);
		__mmask8 below = _mm512_movepi64_mask(a.hi);
		__m512i factor = _mm512_mask_blend_epi64(below, gain, debt);

		if (pass->turned[i] == 0 || run->group->is_linear) {
			sum[i] = add_scaled(sum[i], a, factor, below);
		} else {
			struct limbs x = { _mm512_setzero_si512(),
			    _mm512_setzero_si512() };

			x = turn(add_scaled(x, a, factor, below), run->now,
			    pass->turned[i]);
			sum[i].lo = _mm512_add_epi64(sum[i].lo, x.lo);
			sum[i].hi = _mm512_add_epi64(sum[i].hi, x.hi);
		}
	}
}

/* The first of the least lanes, and its value. */
IFMA_INLINE uint32_t
least_of(i128 *least, const struct limbs sum[VECTORS], unsigned vectors)
{
	__m512i hi = sum[0].hi, lo = set1(LIMB_MASK), top;
	uint64_t at = 0;

#pragma GCC unroll 5
	for (unsigned i = 1; i < vectors; i++)
		hi = _mm512_min_epi64(hi, sum[i].hi);
	top = _mm512_set1_epi64(_mm512_reduce_min_epi64(hi));
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		lo = _mm512_mask_min_epi64(lo, _mm512_cmpeq_epi64_mask(
		    sum[i].hi, top), lo, sum[i].lo);
	lo = _mm512_set1_epi64(_mm512_reduce_min_epi64(lo));
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		at |= (uint64_t)_mm512_mask_cmpeq_epi64_mask(
		    _mm512_cmpeq_epi64_mask(sum[i].hi, top), sum[i].lo, lo) <<
		    i * LANES;
	*least = (i128)_mm_cvtsi128_si64(_mm512_castsi512_si128(top)) *
	    (i128)(LIMB_MASK + 1) +
	    _mm_cvtsi128_si64(_mm512_castsi512_si128(lo));
	return (uint32_t)__builtin_ctzll(at);
}

/* One pass over a vault: its least PnL among the pass's columns. */
IFMA_INLINE uint32_t
pass_run(i128 *least, unsigned vectors, const struct pass *pass,
    const struct scenario_run *run, uint32_t runs, i128 now,
    const struct scenario_vaults *v, const struct scenario_table *t)
{
	struct limbs sum[VECTORS];

	/* Less M(0) at the start: the sum of the groups' now. */
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		sum[i].lo = _mm512_sub_epi64(_mm512_setzero_si512(),
		    set1((uint64_t)now & LIMB_MASK));
		sum[i].hi = _mm512_sub_epi64(_mm512_setzero_si512(),
		    set1((uint64_t)(now >> LIMB)));
	}
	for (uint32_t g = 0; g < runs; g++)
		add_run(sum, vectors, &run[g], v, t, pass);
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		sum[i] = normal(sum[i]);
		if (pass->damped[i] != 0) {
			struct limbs x = { _mm512_setzero_si512(),
			    _mm512_setzero_si512() };

			x = normal(add_scaled(x, sum[i], _mm512_load_si512(
			    pass->dampening[i]),
			    _mm512_movepi64_mask(sum[i].hi)));
			sum[i].lo = _mm512_mask_mov_epi64(sum[i].lo,
			    pass->damped[i], x.lo);
			sum[i].hi = _mm512_mask_mov_epi64(sum[i].hi,
			    pass->damped[i], x.hi);
		}
		sum[i].hi = _mm512_mask_mov_epi64(set1(INT64_MAX),
		    pass->counted[i], sum[i].hi);
	}
	return least_of(least, sum, vectors);
}

/* pass_of: false where a dampening is above one. */
static bool
pass_of(struct pass *out, const struct scenario_columns *c, uint32_t column)
{
	*out = (struct pass){ .column = column };
	for (uint32_t i = 0; i < VECTORS * LANES; i++) {
		const struct scenario_column *k = &c->column[column + i];
		uint8_t bit = (uint8_t)(1u << i % LANES);

		if (column + i >= c->loss_count)
			break;
		if (k->dampening > LIMB_MASK + 1)
			return false;
		out->counted[i / LANES] |= bit;
		if (k->vol >= SCENARIO_VOL_LINEAR)
			out->turned[i / LANES] |= bit;
		if (k->dampening <= LIMB_MASK)
			out->damped[i / LANES] |= bit;
		out->dampening[i / LANES][i % LANES] =
		    k->dampening & LIMB_MASK;
	}
	return true;
}

#define PASSES_MAX ((SCENARIO_COLUMNS_MAX + VECTORS * LANES - 1) / \
	(VECTORS * LANES))

IFMA_INLINE enum err
vaults_run(struct usd18 *loss, uint8_t *worst, const struct pass *pass,
    uint32_t passes, unsigned vectors, const struct scenario_vaults *v,
    const struct scenario_table *t, uint32_t first, uint32_t count)
{
	struct scenario_run run[SCENARIO_GROUPS_MAX];

	for (uint32_t i = 0; i < count; i++) {
		uint8_t at = (uint8_t)t->rules->shock_count;
		i128 least, now, pnl;
		uint32_t runs = scenario_runs_of(run, &least, &now, v, t,
		    first + i);

		for (uint32_t k = 0; k < passes; k++) {
			uint32_t column = pass_run(&pnl, vectors, &pass[k],
			    run, runs, now, v, t);

			if (pnl < least) {
				least = pnl;
				at = t->columns.shock[pass[k].column + column];
			}
		}
		if (scenario_loss_of(&loss[i], least, t->decimals) != ERR_OK)
			return ERR_RANGE;
		worst[i] = at;
	}
	return ERR_OK;
}

IFMA static enum err
vaults_run_4(struct usd18 *loss, uint8_t *worst, const struct pass *pass,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	return vaults_run(loss, worst, pass, 1, 4, v, t, first, count);
}

IFMA static enum err
vaults_run_5(struct usd18 *loss, uint8_t *worst, const struct pass *pass,
    uint32_t passes, const struct scenario_vaults *v,
    const struct scenario_table *t, uint32_t first, uint32_t count)
{
	return vaults_run(loss, worst, pass, passes, VECTORS, v, t, first,
	    count);
}

bool
simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	struct pass pass[PASSES_MAX];
	uint32_t passes = 0;

	if (!__builtin_cpu_supports("avx512ifma") ||
	    !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl"))
		return false;
	for (uint32_t column = 0; column < t->columns.loss_count;
	    column += VECTORS * LANES)
		if (!pass_of(&pass[passes++], &t->columns, column))
			return false;
	*e = t->columns.loss_count <= 4 * LANES ?
	    vaults_run_4(loss, worst, pass, v, t, first, count) :
	    vaults_run_5(loss, worst, pass, passes, v, t, first, count);
	return true;
}

#else

bool
simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	(void)e, (void)loss, (void)worst, (void)v, (void)t;
	(void)first, (void)count;
	return false;
}

#endif
