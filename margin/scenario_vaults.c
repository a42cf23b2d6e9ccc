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

struct scenario_loss_unit
scenario_loss_unit(unsigned decimals)
{
	unsigned c = decimals + SCENARIO_AMOUNT_DECIMALS;

	if (c > 18)
		return (struct scenario_loss_unit){
			(int64_t)pow10_u128(c - 18), true,
			I128_MAX - (i128)pow10_u128(c - 18) };
	return (struct scenario_loss_unit){ (int64_t)pow10_u128(18 - c),
		false, I128_MAX / (i128)pow10_u128(18 - c) };
}

/* floor(m * factor / 2^52) in halves of 64 bits. */
static inline i128
scale_52(i128 m, uint64_t factor)
{
	i128 high = (i128)(int64_t)(m >> 64) * (int64_t)factor;

	return (i128)((u128)high << 12) +
	    (i128)((u128)(uint64_t)m * factor >> 52);
}

/* floor(m * factor / 2^64): the halves' products need no shifts.  below: all
 * ones where m is negative, whose high half then stands 2^64 too high. */
static inline i128
scale_64(i128 m, uint64_t factor, uint64_t below)
{
	u128 high = (u128)(uint64_t)(m >> 64) * factor;

	high -= (u128)(factor & below) << 64;
	return (i128)(high + ((u128)(uint64_t)m * factor >> 64));
}

/* What the step needs of the columns. */
struct step {
	const struct scenario_table *table;
	uint32_t count;		/* columns to sum */
	bool is_flat;
	uint32_t turned_count, damped_count;
	uint8_t turned[SCENARIO_COLUMNS_MAX];	/* skews */
	uint8_t damped[SCENARIO_COLUMNS_MAX];
	struct scenario_loss_unit unit;
	/* Of the open group: its positions, and its sums. */
	struct { const int64_t *value; int64_t amount; }
	    position[SCENARIO_OPTIONS_MAX];
	i128 m[SCENARIO_COLUMNS_MAX];
};

/* sum_columns sums the open group.  Four columns at a time, written out:
 * their sums stay in registers. */
static void
sum_columns(struct step *s, uint32_t positions)
{
	uint32_t b = 0;

	for (; b + BLOCK <= s->count; b += BLOCK) {
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
	for (; b < s->count; b++) {
		i128 m = 0;

		for (uint32_t i = 0; i < positions; i++)
			m += (i128)s->position[i].amount *
			    s->position[i].value[b];
		s->m[b] = m;
	}
}

/* sum_group sums the positions of one group from p on and returns the next
 * group's first. */
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
	} while (++p < count &&
	    (s->is_flat || t->row_group[row[p]] == group));
	sum_columns(s, positions);
	return p;
}

/* What a group's totals are multiplied by, with 64 binary places for totals
 * in sixteenths: a discount is below 16. */
struct factors {
	uint64_t gain, turned;	/* turned: to the factor of a debt, by xor */
};

static inline i128
discounted(i128 m, struct factors f)
{
	uint64_t below = (uint64_t)(m >> 127);

	return scale_64(m, f.gain ^ (f.turned & below), below);
}

/* discount_group adds the open group's totals to pnl, M(0) left in; in a skew
 * a total above M(0) becomes as much below it. */
static void
discount_group(i128 *restrict pnl, const struct step *s,
    const struct scenario_group *g, i128 now)
{
	const struct scenario_columns *c = &s->table->columns;
	struct factors f = { g->discount_long << 12,
		(g->discount_long ^ g->discount_short) << 12 };
	const i128 *restrict m = s->m;

	if (scenario_group_is_plain(g))
		for (uint32_t i = 0; i < c->loss_count; i++)
			pnl[i] += m[i] >> SCENARIO_SIXTEENTH_BITS;
	else
		for (uint32_t i = 0; i < c->loss_count; i++)
			pnl[i] += discounted(m[i], f);
	for (uint32_t i = 0; i < s->turned_count && !g->is_linear; i++) {
		uint32_t k = s->turned[i];
		i128 above = discounted(m[k], f) - now;

		pnl[k] -= 2 * (above & ~(above >> 127));
	}
}

/* vault_run adds up a vault's groups, M(0) left in; returns its basis
 * contingency. */
static i128
vault_run(i128 *pnl, i128 *now, struct step *s, const uint32_t *row,
    const int64_t *amount, uint32_t count)
{
	const struct scenario_columns *c = &s->table->columns;
	const i128 *m = s->m;
	i128 basis = 0;
	uint32_t p = 0;

	for (uint32_t i = 0; i < c->loss_count; i++)
		pnl[i] = 0;
	*now = 0;
	while (p < count) {
		const struct scenario_group *g =
		    &s->table->group[s->table->row_group[row[p]]];
		i128 base;

		p = sum_group(s, row, amount, p, count);
		base = m[c->base] >> SCENARIO_SIXTEENTH_BITS;
		*now += base;
		if (g->basis_factor != 0)
			basis += scenario_basis_of(m[c->base], m[c->up],
			    m[c->down], g->basis_factor);
		discount_group(pnl, s, g, base);
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
	s->is_flat = scenario_table_is_flat(t);
	s->turned_count = s->damped_count = 0;
	for (uint32_t i = 0; i < c->loss_count; i++) {
		if (c->column[i].vol >= SCENARIO_VOL_LINEAR)
			s->turned[s->turned_count++] = (uint8_t)i;
		if (c->column[i].dampening != DAMPENING_ONE)
			s->damped[s->damped_count++] = (uint8_t)i;
	}
	s->unit = scenario_loss_unit(t->decimals);
}

/* least_of: the first of the least.  No branches, for which is less no
 * processor guesses; eight at a time, so that one eight need not wait for the
 * other. */
static i128
least_of(uint32_t *at, const i128 *x, uint32_t count)
{
	i128 least = I128_MAX;

	for (uint32_t b = 0; b < count; b += 8) {
		uint32_t end = count - b < 8 ? count : b + 8, k = b;
		i128 own = x[b];

		for (uint32_t i = b + 1; i < end; i++) {
			bool is_less = x[i] < own;

			own = is_less ? x[i] : own;
			k = is_less ? i : k;
		}
		*at = own < least ? k : *at;
		least = own < least ? own : least;
	}
	return least;
}

/* worst_of: the least PnL, or the basis where none is less. */
static i128
worst_of(uint8_t *worst, i128 *pnl, i128 now, i128 basis,
    const struct step *s)
{
	const struct scenario_columns *c = &s->table->columns;
	uint32_t at = 0;
	i128 least;

	for (uint32_t i = 0; i < s->damped_count; i++) {
		uint32_t k = s->damped[i];

		pnl[k] = now + scale_52(pnl[k] - now,
		    c->column[k].dampening);
	}
	least = least_of(&at, pnl, c->loss_count) - now;
	*worst = (uint8_t)s->table->rules->shock_count;
	if (c->loss_count == 0 || least >= basis)
		return basis;
	*worst = c->shock[at];
	return least;
}

enum err
scenario_vaults_worst_portable(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    const struct scenario_which *which)
{
	i128 pnl[SCENARIO_COLUMNS_MAX], now;
	struct step s;

	step_of(&s, t);
	for (uint32_t i = 0; i < which->count; i++) {
		uint32_t vault = scenario_which_vault(which, i);
		uint32_t place = scenario_which_place(which, i);
		uint32_t from = v->first[vault];
		i128 basis = vault_run(pnl, &now, &s, v->row + from,
		    v->amount + from, v->first[vault + 1] - from);

		if (scenario_loss_of(&loss[place], worst_of(&worst[place],
		    pnl, now, basis, &s), &s.unit) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}
