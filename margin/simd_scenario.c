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
/* Scratch that is written before it is read; zeroing it costs a tenth. */
#define SCRATCH __attribute__((uninitialized))
#define VECTORS 5u	/* of columns: their limbs fill the registers */
#define LIMB 52
#define LIMB_MASK ((UINT64_C(1) << LIMB) - 1)

struct limbs {
	__m512i lo, hi;
};

/* What the step needs of the columns, by vector. */
struct step {
	const struct scenario_table *table;
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

/* A group's sums, put down in memory: the first groups' scalars are read
 * while the last are still being summed. */
struct total {
	int64_t lo[VECTORS * LANES] __attribute__((aligned(64)));
	int64_t hi[VECTORS * LANES] __attribute__((aligned(64)));
	const struct scenario_group *group;
};

/* One vault on its way. */
struct state {
	struct limbs sum[VECTORS];
	i128 now, basis;
};

/* lanes_of_group sums the positions of one group from p on and returns the next
 * group's first. */
IFMA_INLINE uint32_t
lanes_of_group(struct total *out, unsigned vectors,
    const struct scenario_table *t,
    const uint32_t *row, const int64_t *amount, uint32_t p, uint32_t count)
{
	uint8_t group = t->row_group[row[p]];
	SCRATCH struct limbs m[VECTORS];

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		m[i].lo = m[i].hi = _mm512_setzero_si512();
	do {
		const int64_t *value = t->value + (size_t)row[p] * t->stride;
		__m512i a = set1((uint64_t)amount[p]);
		__mmask8 is_short = _mm512_movepi64_mask(a);

#pragma GCC unroll 5
		for (unsigned i = 0; i < vectors; i++) {
			__m512i x = _mm512_load_si512(value + i * LANES);

			m[i].lo = _mm512_madd52lo_epu64(m[i].lo, x, a);
			m[i].hi = _mm512_madd52hi_epu64(m[i].hi, x, a);
			m[i].hi = _mm512_mask_sub_epi64(m[i].hi, is_short,
			    m[i].hi, x);
		}
	} while (++p < count && t->row_group[row[p]] == group);
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		m[i] = normal(m[i]);
		_mm512_store_si512(out->lo + i * LANES, m[i].lo);
		_mm512_store_si512(out->hi + i * LANES, m[i].hi);
	}
	out->group = &t->group[group];
	return p;
}

/* now_of: M(0) in whole units; the group's basis contingency onto s. */
IFMA_INLINE i128
now_of(struct state *s, const struct total *m,
    const struct scenario_columns *c)
{
	i128 limb = (i128)(LIMB_MASK + 1);
	i128 now = m->hi[c->base] * limb + m->lo[c->base];

	s->basis += scenario_basis_of(now,
	    m->hi[c->up] * limb + m->lo[c->up],
	    m->hi[c->down] * limb + m->lo[c->down], m->group->basis_factor);
	now >>= SCENARIO_SIXTEENTH_BITS;
	s->now += now;
	return now;
}

/* add_group discounts a group's totals and adds them to s. */
IFMA_INLINE void
add_group(struct state *s, const struct total *m, unsigned vectors,
    const struct step *step)
{
	i128 now = now_of(s, m, &step->table->columns);
	__m512i gain = set1(m->group->discount_long);
	__m512i debt = set1(m->group->discount_short);

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		struct limbs a = { _mm512_load_si512(m->lo + i * LANES),
		    _mm512_load_si512(m->hi + i * LANES) };
		__mmask8 below = _mm512_movepi64_mask(a.hi);
		__m512i factor = _mm512_mask_blend_epi64(below, gain, debt);
		struct limbs x = { _mm512_setzero_si512(),
		    _mm512_setzero_si512() };

		if (step->turned[i] == 0 || m->group->is_linear) {
			s->sum[i] = add_scaled(s->sum[i], a, factor, below);
			continue;
		}
		x = turn(add_scaled(x, a, factor, below), now,
		    step->turned[i]);
		s->sum[i].lo = _mm512_add_epi64(s->sum[i].lo, x.lo);
		s->sum[i].hi = _mm512_add_epi64(s->sum[i].hi, x.hi);
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

/* damp turns the sums into PnL: less M(0), times the dampening. */
IFMA_INLINE void
damp(struct state *s, unsigned vectors, const struct step *step)
{
	__m512i lo = set1((uint64_t)s->now & LIMB_MASK);
	__m512i hi = set1((uint64_t)(s->now >> LIMB));

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		struct limbs p = normal((struct limbs){
		    _mm512_sub_epi64(s->sum[i].lo, lo),
		    _mm512_sub_epi64(s->sum[i].hi, hi) });

		if (step->damped[i] != 0) {
			struct limbs x = { _mm512_setzero_si512(),
			    _mm512_setzero_si512() };

			x = normal(add_scaled(x, p, _mm512_load_si512(
			    step->dampening[i]), _mm512_movepi64_mask(p.hi)));
			p.lo = _mm512_mask_mov_epi64(p.lo, step->damped[i],
			    x.lo);
			p.hi = _mm512_mask_mov_epi64(p.hi, step->damped[i],
			    x.hi);
		}
		s->sum[i].lo = p.lo;
		s->sum[i].hi = _mm512_mask_mov_epi64(set1(INT64_MAX),
		    step->counted[i], p.hi);
	}
}

IFMA_INLINE enum err
vaults_run(struct usd18 *loss, uint8_t *worst, const struct step *step,
    unsigned vectors, const struct scenario_vaults *v, uint32_t first,
    uint32_t count)
{
	const struct scenario_table *t = step->table;

	SCRATCH struct total total[SCENARIO_GROUPS_MAX];

	for (uint32_t i = first; i < first + count; i++) {
		uint32_t p = v->first[i], end = v->first[i + 1], at;
		uint32_t groups = 0;
		struct state s = { .now = 0 };
		i128 least;

		while (p < end)
			p = lanes_of_group(&total[groups++], vectors, t, v->row,
			    v->amount, p, end);
		for (uint32_t g = 0; g < groups; g++)
			add_group(&s, &total[g], vectors, step);
		damp(&s, vectors, step);
		at = t->columns.shock[least_of(&least, s.sum, vectors)];
		if (least >= s.basis) {
			least = s.basis;
			at = t->rules->shock_count;
		}
		if (scenario_loss_of(loss++, least, t->decimals) != ERR_OK)
			return ERR_RANGE;
		*worst++ = (uint8_t)at;
	}
	return ERR_OK;
}

IFMA static enum err
vaults_run_4(struct usd18 *loss, uint8_t *worst, const struct step *step,
    const struct scenario_vaults *v, uint32_t first, uint32_t count)
{
	return vaults_run(loss, worst, step, 4, v, first, count);
}

IFMA static enum err
vaults_run_5(struct usd18 *loss, uint8_t *worst, const struct step *step,
    const struct scenario_vaults *v, uint32_t first, uint32_t count)
{
	return vaults_run(loss, worst, step, VECTORS, v, first, count);
}

/* step_of: false where a dampening is above one or a column that matters lies
 * beyond the registers. */
static bool
step_of(struct step *out, const struct scenario_table *t)
{
	const struct scenario_columns *c = &t->columns;
	uint32_t limit = VECTORS * LANES;

	if (c->loss_count > limit || c->base >= limit || c->up >= limit ||
	    c->down >= limit)
		return false;
	*out = (struct step){ .table = t };
	for (uint32_t i = 0; i < c->loss_count; i++) {
		const struct scenario_column *k = &c->column[i];
		uint8_t bit = (uint8_t)(1u << i % LANES);

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

bool
simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	struct step step;

	if (!__builtin_cpu_supports("avx512ifma") ||
	    !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl") || !step_of(&step, t))
		return false;
	/* A row has at least as many vectors as its columns. */
	*e = t->stride <= 4 * LANES ?
	    vaults_run_4(loss, worst, &step, v, first, count) :
	    vaults_run_5(loss, worst, &step, v, first, count);
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
