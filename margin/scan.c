/* Columns from a book, weights from prices, and the scan in plain integers. */
#include "margin/scan.h"

#include <string.h>

#include "base/must.h"
#include "base/u256.h"

#define COUNT_BITS 51u		/* of an amount: ceil still fits 52 */
#define WEIGHT_BITS 51u
/* 2^52 units are then at least 2^10 of 10^-18 USD: more than 32 legs lose to
 * their own roundings in ratio_evaluate (below 6.3 each). */
#define EXPONENT_MIN (-42)
#define PRICE_MAX ((u128)100000000 * WAD_ONE_RAW)
/* More whole units than this are odd: below it and PRICE_MAX no sum of
 * ratio_evaluate overflows. */
#define UNITS_MAX ((u128)1000000000000)
#define MODES BOOK_MODES_MAX

static bool
amount_is_odd(u128 atoms, const struct asset *a)
{
	return atoms / pow10_u128(a->decimals) >= UNITS_MAX;
}

static bool
vault_is_scanned(const struct vault *v)
{
	return v->method == METHOD_RATIO && v->debt_count > 0;
}

/* leg_atoms: false where they are odd. */
static bool
leg_atoms(u128 *atoms, const struct book *b, const struct leg *l,
    bool is_debt)
{
	*atoms = l->amount;
	if (is_debt && book_debt_atoms(atoms, b, l) != ERR_OK)
		return false;
	return !amount_is_odd(*atoms, &b->assets[l->asset]);
}

static unsigned
bits_of(u128 v)
{
	unsigned bits = 0;

	while (v != 0) {
		v >>= 1;
		bits++;
	}
	return bits;
}

static void
measure_legs(struct scan *s, bool used[BOOK_ASSETS_MAX][MODES],
    const struct book *b, const struct vault *v, const struct leg *leg,
    uint8_t count, bool is_debt)
{
	for (uint8_t i = 0; i < count; i++) {
		u128 atoms;

		used[leg[i].asset][v->mode] = true;
		if (leg_atoms(&atoms, b, &leg[i], is_debt)) {
			unsigned bits = bits_of(atoms);

			if (bits > COUNT_BITS + s->shift[leg[i].asset])
				s->shift[leg[i].asset] =
				    (uint8_t)(bits - COUNT_BITS);
		}
	}
}

static void
measure_groups(struct scan *s,
    uint32_t count[BOOK_LEGS_MAX + 1][BOOK_LEGS_MAX + 1])
{
	for (uint8_t c = 0; c <= BOOK_LEGS_MAX; c++)
		for (uint8_t d = 1; d <= BOOK_LEGS_MAX; d++) {
			struct scan_group *g = &s->group[s->group_count];

			if (count[c][d] == 0)
				continue;
			*g = (struct scan_group){
				.collateral_count = c, .debt_count = d,
				.vault_count = count[c][d],
				.block_first = s->block_count,
				.block_count = (count[c][d] + SCAN_LANES - 1) /
				    SCAN_LANES,
				.leg_first = s->leg_count,
			};
			s->group_count++;
			s->block_count += g->block_count;
			s->leg_count += (uint64_t)g->block_count *
			    ((uint64_t)c + d);
		}
}

enum err
scan_measure(struct scan *out, const struct book *b)
{
	uint32_t count[BOOK_LEGS_MAX + 1][BOOK_LEGS_MAX + 1] = { { 0 } };
	bool used[BOOK_ASSETS_MAX][MODES] = { { false } };
	struct scan s = { .group_count = 0 };

	for (uint32_t i = 0; i < b->vault_count; i++) {
		const struct vault *v = &b->vaults[i];

		if (!vault_is_scanned(v))
			continue;
		count[v->collateral_count][v->debt_count]++;
		measure_legs(&s, used, b, v, v->collateral,
		    v->collateral_count, false);
		measure_legs(&s, used, b, v, v->debt, v->debt_count, true);
	}
	for (size_t a = 0; a < b->asset_count; a++)
		for (uint8_t m = 0; m < MODES; m++) {
			if (!used[a][m])
				continue;
			if (s.pair_count == SCAN_PAIRS_MAX)
				return ERR_LIMIT;
			s.pair[s.pair_count].asset = (uint8_t)a;
			s.pair[s.pair_count++].mode = m;
		}
	measure_groups(&s, count);
	*out = s;
	return ERR_OK;
}

/* Where the next vault of each group goes, and the pair of (asset, mode). */
struct filling {
	uint32_t next[BOOK_LEGS_MAX + 1][BOOK_LEGS_MAX + 1];
	uint8_t group[BOOK_LEGS_MAX + 1][BOOK_LEGS_MAX + 1];
	uint16_t pair[BOOK_ASSETS_MAX][MODES];
};

/* fill_legs returns false where an amount is odd. */
static bool
fill_legs(struct scan *s, const struct filling *f, const struct book *b,
    const struct vault *v, uint64_t row, uint32_t lane, bool is_debt)
{
	const struct leg *leg = is_debt ? v->debt : v->collateral;
	uint8_t count = is_debt ? v->debt_count : v->collateral_count;
	bool is_good = true;

	for (uint8_t i = 0; i < count; i++, row++) {
		unsigned shift = s->shift[leg[i].asset];
		uint64_t at = row * SCAN_LANES + lane;
		u128 atoms, rest = ((u128)1 << shift) - 1;

		s->index[at] = (uint8_t)f->pair[leg[i].asset][v->mode];
		if (leg_atoms(&atoms, b, &leg[i], is_debt))
			s->amount[at] = (int64_t)(atoms >> shift) +
			    (is_debt && (atoms & rest) != 0);
		else
			is_good = false;
	}
	return is_good;
}

void
scan_fill(struct scan *s, const struct book *b)
{
	struct filling f = { .next = { { 0 } } };

	memset(s->amount, 0, s->leg_count * SCAN_LANES * sizeof(*s->amount));
	memset(s->index, 0, s->leg_count * SCAN_LANES);
	memset(s->slot, 0xff, (size_t)s->block_count * SCAN_LANES *
	    sizeof(*s->slot));
	memset(s->odd, 0, s->block_count * sizeof(*s->odd));
	for (uint32_t i = 0; i < s->pair_count; i++)
		f.pair[s->pair[i].asset][s->pair[i].mode] = (uint16_t)i;
	for (uint32_t i = 0; i < s->group_count; i++)
		f.group[s->group[i].collateral_count]
		    [s->group[i].debt_count] = (uint8_t)i;
	for (uint32_t i = 0; i < b->vault_count; i++) {
		const struct vault *v = &b->vaults[i];
		const struct scan_group *g;
		uint32_t n, block, lane;
		uint64_t row;

		if (!vault_is_scanned(v))
			continue;
		g = &s->group[f.group[v->collateral_count][v->debt_count]];
		n = f.next[v->collateral_count][v->debt_count]++;
		block = n / SCAN_LANES;
		lane = n % SCAN_LANES;
		MUST(block < g->block_count);
		row = g->leg_first + (uint64_t)block *
		    ((uint64_t)g->collateral_count + g->debt_count);
		s->slot[(size_t)(g->block_first + block) * SCAN_LANES + lane] =
		    i;
		if (!fill_legs(s, &f, b, v, row, lane, false) ||
		    !fill_legs(s, &f, b, v, row + g->collateral_count, lane,
		    true))
			s->odd[g->block_first + block] |= UINT64_C(1) << lane;
	}
}

/* ---- weights ------------------------------------------------------------ */

/* weight_of: price * factor * 2^shift / 10^(decimals + 9) / 2^exponent, in
 * 10^-18 USD of one count.  ERR_RANGE beyond 128 bits. */
static enum err
weight_of(u128 *out, struct px18 price, struct ppb factor, unsigned decimals,
    unsigned shift, int exponent, enum rounding r)
{
	int up = (int)shift - exponent;
	struct u256 n = u256_mul_u128(px18_to_raw(price), ppb_to_raw(factor));
	struct u256 d = u256_mul_u128(pow10_u128(decimals), PPB_ONE_RAW);
	struct u256 scale = u256_from_u128((u128)1 << (up < 0 ? -up : up));
	struct u256 rest;
	u128 q;

	if (u256_mul(up < 0 ? &d : &n, up < 0 ? &d : &n, &scale) != ERR_OK)
		return ERR_RANGE;
	u256_div(&n, &rest, &n, &d);
	if (u256_to_u128(&q, &n) != ERR_OK)
		return ERR_RANGE;
	*out = q + (r == ROUND_CEIL && !u256_is_zero(&rest));
	return ERR_OK;
}

/* Both weights of a pair at an exponent. */
static enum err
pair_weights(u128 *collateral, u128 *debt, const struct scan *s,
    const struct book *b, const struct px18 *price, uint32_t pair,
    int exponent)
{
	uint8_t slot = s->pair[pair].asset;
	const struct asset *a = &b->assets[slot];
	const struct asset_rules *r = &a->rules[s->pair[pair].mode];

	if (weight_of(collateral, price[slot], r->liquidation_threshold,
	    a->decimals, s->shift[slot], exponent, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return weight_of(debt, price[slot], r->debt_weight, a->decimals,
	    s->shift[slot], exponent, ROUND_CEIL);
}

enum err
scan_prices_from(struct scan_prices *out, const struct scan *s,
    const struct book *b, const struct px18 *price)
{
	struct scan_prices p = { .exponent = EXPONENT_MIN };
	u128 c, d;

	for (uint32_t i = 0; i < s->pair_count; i++) {
		int bits;

		if (px18_to_raw(price[s->pair[i].asset]) > PRICE_MAX ||
		    pair_weights(&c, &d, s, b, price, i, 0) != ERR_OK)
			return ERR_RANGE;
		bits = (int)bits_of(c > d ? c : d) - (int)WEIGHT_BITS;
		p.exponent = bits > p.exponent ? bits : p.exponent;
	}
	for (uint32_t i = 0; i < s->pair_count; i++) {
		if (pair_weights(&c, &d, s, b, price, i, p.exponent) != ERR_OK)
			return ERR_RANGE;
		p.collateral[i] = (uint64_t)c;
		p.debt[i] = (uint64_t)d;
	}
	*out = p;
	return ERR_OK;
}

/* ---- the scan ----------------------------------------------------------- */

/* block_run: the surplus S is at most the true one and short of it by less
 * than 2^53 a leg; ratio_evaluate's own roundings take less than 2^52 off. */
static struct scan_mask
block_run(const struct scan *s, const struct scan_prices *p,
    const struct scan_group *g, uint32_t block)
{
	uint64_t row = g->leg_first + (uint64_t)(block - g->block_first) *
	    ((uint64_t)g->collateral_count + g->debt_count);
	const int64_t *amount = s->amount + row * SCAN_LANES;
	const uint8_t *index = s->index + row * SCAN_LANES;
	uint32_t legs = (uint32_t)g->collateral_count + g->debt_count;
	i128 sum[SCAN_LANES] = { 0 };
	i128 below = -((i128)(2 * legs) << 52);
	struct scan_mask m = { 0, 0 };

	for (uint32_t k = 0; k < legs; k++) {
		bool is_debt = k >= g->collateral_count;
		const uint64_t *weight = is_debt ? p->debt : p->collateral;

		for (uint32_t i = 0; i < SCAN_LANES; i++) {
			i128 v = (i128)*amount++ *
			    (int64_t)weight[*index++];

			sum[i] += is_debt ? -v : v;
		}
	}
	for (uint32_t i = 0; i < SCAN_LANES; i++) {
		m.below |= (uint64_t)(sum[i] < below) << i;
		m.unsure |= (uint64_t)(sum[i] >= below &&
		    sum[i] < (i128)1 << 52) << i;
	}
	return m;
}

void
scan_run_portable(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	const struct scan_group *g = count > 0 ? scan_group_of(s, first) :
	    NULL;

	MUST(first <= s->block_count && count <= s->block_count - first);
	for (uint32_t i = first; i < first + count; i++) {
		struct scan_mask m;
		uint64_t used;

		while (i - g->block_first >= g->block_count)
			g++;
		m = block_run(s, p, g, i);
		used = scan_lanes_of(g, i);
		*out++ = (struct scan_mask){ m.below & used & ~s->odd[i],
		    (m.unsure | s->odd[i]) & used };
	}
}
