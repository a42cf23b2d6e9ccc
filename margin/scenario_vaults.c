/* The vault step in plain integers. */
#include "margin/scenario_vaults.h"

#include "base/must.h"

#define SIXTEENTHS 16
#define SIXTEENTH_BITS 4u
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

static i128
least_of_basis(i128 now, i128 up, i128 down, uint64_t factor)
{
	i128 least = (up < down ? up : down) - now;
	unsigned shift = SCENARIO_FACTOR_BITS + SIXTEENTH_BITS;

	if (least >= 0)
		return 0;
	/* floor(least * factor / 2^44) in halves of 64 bits. */
	return (least >> 64) * (i128)factor * (1 << (64 - shift)) +
	    (i128)((u128)(uint64_t)least * factor >> shift);
}

uint32_t
scenario_runs_of(struct scenario_run *run, i128 *basis, i128 *now,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t vault)
{
	const struct scenario_columns *c = &t->columns;
	uint32_t p = v->first[vault], end = v->first[vault + 1];
	uint32_t runs = 0;

	*basis = *now = 0;
	while (p < end) {
		uint8_t group = t->row_group[v->row[p]];
		i128 base = 0, up = 0, down = 0;

		run[runs].first = p;
		run[runs].group = &t->group[group];
		for (; p < end && t->row_group[v->row[p]] == group; p++) {
			const int64_t *value = t->value +
			    (size_t)v->row[p] * t->stride;
			i128 a = v->amount[p];

			base += a * value[c->base];
			up += a * value[c->up];
			down += a * value[c->down];
		}
		run[runs].end = p;
		run[runs].now = base / SIXTEENTHS;
		*now += run[runs].now;
		*basis += least_of_basis(base, up, down,
		    run[runs].group->basis_factor);
		runs++;
	}
	return runs;
}

enum err
scenario_loss_of(struct usd18 *out, i128 pnl, unsigned decimals)
{
	unsigned c = decimals + SCENARIO_AMOUNT_DECIMALS;
	i128 v;

	if (muldiv_i128(&v, -pnl, (i128)pow10_u128(c < 18 ? 18 - c : 0),
	    (i128)pow10_u128(c > 18 ? c - 18 : 0), ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* floor(m * factor / 2^52) in halves of 64 bits. */
static inline i128
scale_52(i128 m, uint64_t factor)
{
	return (m >> 64) * (i128)factor * 4096 +
	    (i128)((u128)(uint64_t)m * factor >> 52);
}

/* add_run adds one group's PnL to the columns from `column` on. */
static inline void
add_run(i128 *pnl, const struct scenario_run *run,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t column)
{
	i128 m[BLOCK] = { 0 };

	for (uint32_t p = run->first; p < run->end; p++) {
		const int64_t *value = t->value +
		    (size_t)v->row[p] * t->stride + column;
		int64_t a = v->amount[p];

		for (uint32_t i = 0; i < BLOCK; i++)
			m[i] += (i128)a * value[i];
	}
	for (uint32_t i = 0; i < BLOCK; i++) {
		i128 pl = scale_52(m[i], m[i] < 0 ?
		    run->group->discount_short : run->group->discount_long) -
		    run->now;

		if (t->columns.column[column + i].vol >= SCENARIO_VOL_LINEAR &&
		    !run->group->is_linear && pl > 0)
			pl = -pl;
		pnl[i] += pl;
	}
}

enum err
scenario_vaults_worst_portable(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count)
{
	struct scenario_run run[SCENARIO_GROUPS_MAX];
	const struct scenario_columns *c = &t->columns;

	for (uint32_t i = 0; i < count; i++) {
		i128 least, now;
		uint8_t at = (uint8_t)t->rules->shock_count;
		uint32_t runs = scenario_runs_of(run, &least, &now, v, t,
		    first + i);

		for (uint32_t b = 0; b < c->loss_count; b += BLOCK) {
			i128 pnl[BLOCK] = { 0 };

			for (uint32_t g = 0; g < runs; g++)
				add_run(pnl, &run[g], v, t, b);
			for (uint32_t k = 0; k < BLOCK && b + k <
			    c->loss_count; k++) {
				i128 p = scale_52(pnl[k],
				    c->column[b + k].dampening);

				if (p < least) {
					least = p;
					at = c->shock[b + k];
				}
			}
		}
		if (scenario_loss_of(&loss[i], least, t->decimals) != ERR_OK)
			return ERR_RANGE;
		worst[i] = at;
	}
	return ERR_OK;
}

enum err
scenario_vaults_worst(struct usd18 *loss, uint8_t *worst,
    const struct scenario_vaults *v, const struct scenario_table *t,
    uint32_t first, uint32_t count, unsigned amount_bits)
{
	enum err e;

	MUST(first <= v->count && count <= v->count - first);
	if (t->bits <= SCENARIO_VALUE_BITS_SIMD &&
	    amount_bits <= SCENARIO_AMOUNT_BITS_SIMD &&
	    simd_scenario_worst(&e, loss, worst, v, t, first, count))
		return e;
	return scenario_vaults_worst_portable(loss, worst, v, t, first, count);
}
