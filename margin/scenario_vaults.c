/* The vault step in plain integers. */
#include "margin/scenario_vaults.h"

#include "base/must.h"

#define SIXTEENTHS (1 << SCENARIO_SIXTEENTH_BITS)
#define DAMPENING_ONE (UINT64_C(1) << SCENARIO_DAMPENING_BITS)
#define BLOCK 4u	/* columns whose sums stay in registers */

enum err
scenario_amount_pack(int64_t *out, struct num18 amount)
{
	i128 unit = (i128)pow10_u128(18 - SCENARIO_AMOUNT_DECIMALS);
	i128 raw = num18_to_raw(amount);
	i128 limit = ((i128)1 << SCENARIO_AMOUNT_BITS) / SIXTEENTHS;

	if (raw % unit != 0 || raw / unit >= limit || raw / unit <= -limit)
		return ERR_RANGE;
	*out = (int64_t)(raw / unit * SIXTEENTHS);
	return ERR_OK;
}

static enum err
vault_check(const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t vault, unsigned amount_bits)
{
	uint32_t first = v->first[vault], end = v->first[vault + 1];
	u128 sum = 0;

	if (end < first || end - first > SCENARIO_OPTIONS_MAX)
		return ERR_LIMIT;
	for (uint32_t p = first; p < end; p++) {
		int64_t a = v->amount[p];

		if (v->row[p] >= t->row_capacity)
			return ERR_UNKNOWN;
		if (p > first && t->row_group[v->row[p]] <
		    t->row_group[v->row[p - 1]])
			return ERR_SYNTAX;
		if (a % SIXTEENTHS != 0)
			return ERR_RANGE;
		sum += a < 0 ? (uint64_t)0 - (uint64_t)a : (uint64_t)a;
	}
	return sum >> amount_bits == 0 ? ERR_OK : ERR_RANGE;
}

enum err
scenario_vaults_check(const struct scenario_vaults *v,
    const struct scenario_table *t, unsigned amount_bits)
{
	MUST(amount_bits <= SCENARIO_AMOUNT_BITS);
	for (uint32_t i = 0; i < v->count; i++) {
		enum err e = vault_check(v, t, i, amount_bits);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
scenario_loss_of(struct usd18 *out, i128 pnl, unsigned decimals)
{
	unsigned c = decimals + SCENARIO_AMOUNT_DECIMALS;
	i128 v = -pnl;

	if (c > 18) {
		i128 unit = (i128)pow10_u128(c - 18);

		v = v / unit + (v % unit > 0);
	} else if (__builtin_mul_overflow(v, (i128)pow10_u128(18 - c), &v)) {
		return ERR_RANGE;
	}
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* floor(m * factor / 2^52) in halves of 64 bits. */
static inline i128
scale_52(i128 m, uint64_t factor)
{
	return (i128)(int64_t)(m >> 64) * (int64_t)factor * 4096 +
	    (i128)((u128)(uint64_t)m * factor >> 52);
}

/* What the step needs of the columns. */
struct step {
	const struct scenario_table *table;
	uint32_t count;		/* columns to sum */
	bool is_turned[SCENARIO_COLUMNS_MAX];
	/* Of the open group: its positions, and its sums. */
	struct { const int64_t *value; int64_t amount; }
	    position[SCENARIO_OPTIONS_MAX];
	i128 m[SCENARIO_COLUMNS_MAX];
};

/* sum_group sums the positions of one group from p on and returns the next
 * group's first.  Four columns at a time, written out: their sums stay in
 * registers. */
static uint32_t
sum_group(struct step *s, const uint32_t *row, const int64_t *amount,
    uint32_t p, uint32_t count)
{
	const struct scenario_table *t = s->table;
	uint8_t group = t->row_group[row[p]];
	uint32_t positions = 0;

	do {
		s->position[positions].value = t->value +
		    (size_t)row[p] * t->stride;
		s->position[positions++].amount = amount[p];
	} while (++p < count && t->row_group[row[p]] == group);
	for (uint32_t b = 0; b < s->count; b += BLOCK) {
		i128 m0 = 0, m1 = 0, m2 = 0, m3 = 0;

		for (uint32_t i = 0; i < positions; i++) {
			const int64_t *x = s->position[i].value + b;
			int64_t a = s->position[i].amount;

			m0 += (i128)a * x[0];
			m1 += (i128)a * x[1];
			m2 += (i128)a * x[2];
			m3 += (i128)a * x[3];
		}
		s->m[b] = m0;
		s->m[b + 1] = m1;
		s->m[b + 2] = m2;
		s->m[b + 3] = m3;
	}
	return p;
}

/* vault_run adds up a vault's groups; returns its basis contingency. */
static i128
vault_run(i128 *pnl, struct step *s, const uint32_t *row,
    const int64_t *amount, uint32_t count)
{
	const struct scenario_columns *c = &s->table->columns;
	const i128 *m = s->m;
	i128 basis = 0;
	uint32_t p = 0;

	for (uint32_t i = 0; i < c->loss_count; i++)
		pnl[i] = 0;
	while (p < count) {
		const struct scenario_group *g =
		    &s->table->group[s->table->row_group[row[p]]];
		int64_t gain = (int64_t)g->discount_long;
		int64_t debt = (int64_t)g->discount_short;
		i128 now;

		p = sum_group(s, row, amount, p, count);
		now = m[c->base] >> SCENARIO_SIXTEENTH_BITS;
		basis += scenario_basis_of(m[c->base], m[c->up], m[c->down],
		    g->basis_factor);
		for (uint32_t i = 0; i < c->loss_count; i++) {
			int64_t below = (int64_t)(m[i] >> 64) >> 63;
			int64_t d = gain ^ ((gain ^ debt) & below);
			i128 v = scale_52(m[i], (uint64_t)d) - now;

			if (s->is_turned[i] && !g->is_linear && v > 0)
				v = -v;
			pnl[i] += v;
		}
	}
	return basis;
}

static void
step_of(struct step *s, const struct scenario_table *t)
{
	const struct scenario_columns *c = &t->columns;

	s->table = t;
	s->count = c->loss_count;
	s->count = c->base >= s->count ? c->base + 1 : s->count;
	s->count = c->up >= s->count ? c->up + 1 : s->count;
	s->count = c->down >= s->count ? c->down + 1 : s->count;
	for (uint32_t i = 0; i < c->loss_count; i++)
		s->is_turned[i] = c->column[i].vol >= SCENARIO_VOL_LINEAR;
}

enum err
scenario_vaults_worst_portable(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	const struct scenario_columns *c = &t->columns;
	i128 pnl[SCENARIO_COLUMNS_MAX];
	struct step s;

	step_of(&s, t);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t from = v->first[first + i];
		i128 least = vault_run(pnl, &s, v->row + from,
		    v->amount + from, v->first[first + i + 1] - from);

		worst[i] = (uint8_t)t->rules->shock_count;
		for (uint32_t k = 0; k < c->loss_count; k++) {
			uint64_t d = c->column[k].dampening;
			i128 p = d == DAMPENING_ONE ? pnl[k] :
			    scale_52(pnl[k], d);

			if (p < least) {
				least = p;
				worst[i] = c->shock[k];
			}
		}
		if (scenario_loss_of(&loss[i], least, t->decimals) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}
