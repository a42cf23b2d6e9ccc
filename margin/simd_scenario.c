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
	struct scenario_loss_unit unit;
	bool is_flat;
	bool is_bare;		/* and nothing is damped */
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
turn_lanes(struct limbs t, i128 now, __mmask8 turned)
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
lanes_of_group(struct total *out, unsigned vectors, bool is_flat,
    const struct scenario_table *t, const struct scenario_vaults *v,
    uint32_t p, uint32_t end)
{
	const uint32_t *row = v->row;
	uint8_t group = t->row_group[row[p]];
	SCRATCH struct limbs m[VECTORS];

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		m[i].lo = m[i].hi = _mm512_setzero_si512();
	do {
		const int64_t *value = t->value + (size_t)row[p] * t->stride;
		__m512i a = _mm512_set1_epi64(v->amount[p]);
		__mmask8 is_short = _mm512_movepi64_mask(a);

#pragma GCC unroll 5
		for (unsigned i = 0; i < vectors; i++) {
			__m512i x = _mm512_load_si512(value + i * LANES);

			m[i].lo = _mm512_madd52lo_epu64(m[i].lo, x, a);
			m[i].hi = _mm512_madd52hi_epu64(m[i].hi, x, a);
			m[i].hi = _mm512_mask_sub_epi64(m[i].hi, is_short,
			    m[i].hi, x);
		}
	} while (++p < end && (is_flat || t->row_group[row[p]] == group));
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
		x = turn_lanes(add_scaled(x, a, factor, below), now,
		    step->turned[i]);
		s->sum[i].lo = _mm512_add_epi64(s->sum[i].lo, x.lo);
		s->sum[i].hi = _mm512_add_epi64(s->sum[i].hi, x.hi);
	}
}

/* tied_of: of several columns with the least hi the first with the least lo.
 * Rare. */
static uint32_t
tied_of(const struct total *m, uint64_t tied)
{
	uint32_t at = (uint32_t)__builtin_ctzll(tied);

	for (tied &= tied - 1; tied != 0; tied &= tied - 1) {
		uint32_t k = (uint32_t)__builtin_ctzll(tied);

		at = m->lo[k] < m->lo[at] ? k : at;
	}
	return at;
}

/* least_lane: the first of the least columns. */
IFMA_INLINE uint32_t
least_lane(const struct total *m, unsigned vectors, const struct step *step)
{
	SCRATCH __m512i hi[VECTORS];
	__m512i least = set1(INT64_MAX);
	uint64_t at = 0;

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		hi[i] = _mm512_mask_load_epi64(set1(INT64_MAX),
		    step->counted[i], m->hi + i * LANES);
		least = _mm512_min_epi64(least, hi[i]);
	}
	least = _mm512_set1_epi64(_mm512_reduce_min_epi64(least));
#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++)
		at |= (uint64_t)_mm512_cmpeq_epi64_mask(hi[i], least) <<
		    i * LANES;
	return (at & (at - 1)) == 0 ? (uint32_t)__builtin_ctzll(at) :
	    tied_of(m, at);
}

/* damp puts the sums down normal; those that are damped less M(0), times the
 * dampening, and M(0) again. */
IFMA_INLINE void
damp(struct total *out, const struct state *s, unsigned vectors,
    const struct step *step)
{
	struct limbs now = { set1((uint64_t)s->now & LIMB_MASK),
		set1((uint64_t)(s->now >> LIMB)) };

#pragma GCC unroll 5
	for (unsigned i = 0; i < vectors; i++) {
		struct limbs p = s->sum[i];

		if (step->damped[i] != 0) {
			struct limbs x = normal((struct limbs){
			    _mm512_sub_epi64(p.lo, now.lo),
			    _mm512_sub_epi64(p.hi, now.hi) });

			x = add_scaled(now, x, _mm512_load_si512(
			    step->dampening[i]), _mm512_movepi64_mask(x.hi));
			p.lo = _mm512_mask_mov_epi64(p.lo, step->damped[i],
			    x.lo);
			p.hi = _mm512_mask_mov_epi64(p.hi, step->damped[i],
			    x.hi);
		}
		p = normal(p);
		_mm512_store_si512(out->lo + i * LANES, p.lo);
		_mm512_store_si512(out->hi + i * LANES, p.hi);
	}
}

IFMA_INLINE i128
lane_of(const struct total *m, uint32_t i)
{
	return m->hi[i] * (i128)(LIMB_MASK + 1) + m->lo[i];
}

/* vault_least: the least PnL of positions p to end and its column; basis: the
 * contingency.  total is scratch. */
IFMA_INLINE i128
vault_least(uint32_t *at, i128 *basis, struct total *total,
    const struct step *step, unsigned vectors,
    const struct scenario_vaults *v, uint32_t p, uint32_t end)
{
	const struct scenario_table *t = step->table;
	struct state s = { .now = 0 };
	uint32_t groups = 0;

	if (step->is_bare && p < end) {
		(void)lanes_of_group(total, vectors, true, t, v, p, end);
		*basis = 0;
		*at = least_lane(total, vectors, step);
		return (lane_of(total, *at) - lane_of(total,
		    t->columns.base)) >> SCENARIO_SIXTEENTH_BITS;
	}
	while (p < end)
		p = lanes_of_group(&total[groups++], vectors, step->is_flat, t,
		    v, p, end);
	for (uint32_t g = 0; g < groups; g++)
		add_group(&s, &total[g], vectors, step);
	damp(total, &s, vectors, step);
	*basis = s.basis;
	*at = least_lane(total, vectors, step);
	return lane_of(total, *at) - s.now;
}

IFMA_INLINE enum err
vaults_run(struct usd18 *loss, uint8_t *worst, const struct step *step,
    unsigned vectors, const struct scenario_vaults *v,
    const struct scenario_which *which)
{
	const struct scenario_table *t = step->table;
	SCRATCH struct total total[SCENARIO_GROUPS_MAX];

	for (uint32_t i = 0; i < which->count; i++) {
		uint32_t vault = scenario_which_vault(which, i);
		uint32_t place = scenario_which_place(which, i);
		i128 basis, least;
		uint32_t at;

		least = vault_least(&at, &basis, total, step, vectors, v,
		    v->first[vault], v->first[vault + 1]);
		worst[place] = (uint8_t)(least < basis ?
		    t->columns.shock[at] : t->rules->shock_count);
		if (scenario_loss_of(&loss[place], least < basis ? least :
		    basis, &step->unit) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

IFMA static enum err
vaults_run_4(struct usd18 *loss, uint8_t *worst, const struct step *step,
    const struct scenario_vaults *v, const struct scenario_which *which)
{
	return vaults_run(loss, worst, step, 4, v, which);
}

IFMA static enum err
vaults_run_5(struct usd18 *loss, uint8_t *worst, const struct step *step,
    const struct scenario_vaults *v, const struct scenario_which *which)
{
	return vaults_run(loss, worst, step, VECTORS, v, which);
}

/* step_of: false where a dampening is above one, there is no scenario or a
 * column that matters lies beyond the registers. */
static bool
step_of(struct step *out, const struct scenario_table *t)
{
	const struct scenario_columns *c = &t->columns;
	uint32_t limit = VECTORS * LANES;

	if (c->loss_count == 0 || c->loss_count > limit ||
	    c->base >= limit || c->up >= limit || c->down >= limit)
		return false;
	*out = (struct step){ .table = t, .is_bare = true,
		.unit = scenario_loss_unit(t->decimals),
		.is_flat = scenario_table_is_flat(t) };
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
		out->is_bare &= k->dampening > LIMB_MASK;
	}
	out->is_bare &= out->is_flat;
	return true;
}

bool
simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    const struct scenario_which *which)
{
	struct step step;

	if (!__builtin_cpu_supports("avx512ifma") ||
	    !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl") || !step_of(&step, t))
		return false;
	/* A row has at least as many vectors as its columns. */
	*e = t->stride <= 4 * LANES ?
	    vaults_run_4(loss, worst, &step, v, which) :
	    vaults_run_5(loss, worst, &step, v, which);
	return true;
}

#else

bool
simd_scenario_worst(enum err *e, struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    const struct scenario_which *which)
{
	(void)e, (void)loss, (void)worst, (void)v, (void)t;
	(void)which;
	return false;
}

#endif
