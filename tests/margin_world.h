/* tests/margin_world.h - a small book, a market and one vault: by hand for
 * tables, or random around the threshold.  Test code only. */
#ifndef TESTS_MARGIN_WORLD_H
#define TESTS_MARGIN_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "margin/ratio.h"

#define WORLD_VAULTS 4u

struct world {
	struct book book;
	struct vault vaults[WORLD_VAULTS];
	uint32_t hash[2 * WORLD_VAULTS];
	struct market market;
	struct vault vault;
};

/* A typing error in a table must not look like a number. */
__attribute__((unused)) static i128
world_number(const char *text, unsigned decimals)
{
	i128 v;

	if (decimal_to_i128(&v, text, strlen(text), decimals) != ERR_OK)
		abort();
	return v;
}

__attribute__((unused)) static struct px18
px(const char *text)
{
	return px18_from_raw((u128)world_number(text, 18));
}

__attribute__((unused)) static struct usd18
usd(const char *text)
{
	return usd18_from_raw(world_number(text, 18));
}

__attribute__((unused)) static struct wad
ratio(const char *text)
{
	return wad_from_raw((u128)world_number(text, 18));
}

__attribute__((unused)) static struct ppb
part(const char *text)
{
	return ppb_from_raw((uint32_t)world_number(text, 9));
}

/* The numbers again as text, so that a failed comparison can be read.  Each
 * returns one buffer of its own: at most one of each in an assertion. */
__attribute__((unused)) static const char *
usd_text(struct usd18 v)
{
	static char buf[DECIMAL_BUF];

	decimal_from_i128(buf, usd18_to_raw(v), 18);
	return buf;
}

__attribute__((unused)) static const char *
wad_text(struct wad v)
{
	static char buf[DECIMAL_BUF];

	if (wad_is_infinite(v))
		return "infinite";
	decimal_from_u128(buf, wad_to_raw(v), 18);
	return buf;
}

__attribute__((unused)) static const char *
px_text(struct px18 v)
{
	static char buf[DECIMAL_BUF];

	decimal_from_u128(buf, px18_to_raw(v), 18);
	return buf;
}

__attribute__((unused)) static void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	book_init(&w->book, w->vaults, w->hash, WORLD_VAULTS);
}

/* world_asset adds an asset at `price` without a band, of its own factor,
 * close factor and debt weight 1, no bonus, no dust; all modes alike. */
__attribute__((unused)) static uint8_t
world_asset(struct world *w, unsigned decimals, const char *price,
    const char *ltv, const char *threshold)
{
	uint8_t slot = (uint8_t)w->book.asset_count++;
	struct asset *a = &w->book.assets[slot];
	struct price *p = &w->market.asset[slot].price;

	if (slot >= BOOK_ASSETS_MAX)
		abort();
	a->id.b[31] = (uint8_t)(slot + 1);
	a->decimals = (uint8_t)decimals;
	a->factor = (uint8_t)w->book.factor_count++;
	for (size_t i = 0; i < BOOK_MODES_MAX; i++)
		a->rules[i] = (struct asset_rules){
			.ltv = part(ltv),
			.liquidation_threshold = part(threshold),
			.bonus = part("0"),
			.close_factor = part("1"),
			.debt_weight = part("1"),
			.dust = usd("0"),
		};
	p->low = p->mid = p->high = px(price);
	p->status = PRICE_OK;
	w->market.count = w->book.asset_count;
	return slot;
}

__attribute__((unused)) static void
world_band(struct world *w, uint8_t slot, const char *low, const char *high)
{
	w->market.asset[slot].price.low = px(low);
	w->market.asset[slot].price.high = px(high);
}

__attribute__((unused)) static void
world_hold(struct world *w, uint8_t slot, const char *amount)
{
	w->vault.collateral[w->vault.collateral_count++] = (struct leg){
		.asset = slot, .index = wad_one(),
		.amount = (u128)world_number(amount,
		    w->book.assets[slot].decimals),
	};
}

__attribute__((unused)) static void
world_owe(struct world *w, uint8_t slot, const char *amount)
{
	w->vault.debt[w->vault.debt_count++] = (struct leg){
		.asset = slot, .index = wad_one(),
		.amount = (u128)world_number(amount,
		    w->book.assets[slot].decimals),
	};
}

/* ---- random worlds ------------------------------------------------------ */

__attribute__((unused)) static uint64_t
random_u64(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. n-1 */
__attribute__((unused)) static uint64_t
random_below(uint64_t *seed, uint64_t n)
{
	return random_u64(seed) % n;
}

__attribute__((unused)) static bool
random_one_in(uint64_t *seed, uint64_t n)
{
	return random_below(seed, n) == 0;
}

/* A number of up to `digits` decimal digits, all lengths alike likely. */
__attribute__((unused)) static u128
random_magnitude(uint64_t *seed, unsigned digits)
{
	u128 ten = pow10_u128((unsigned)random_below(seed, digits) + 1);
	u128 r = (u128)random_u64(seed) << 64 | random_u64(seed);

	return r % ten;
}

__attribute__((unused)) static struct px18
random_price_near(uint64_t *seed, struct px18 mid, bool up,
    uint64_t ppb_max)
{
	u128 raw = px18_to_raw(mid);
	u128 by = raw / 1000000000u * random_below(seed, ppb_max + 1);

	return px18_from_raw(up ? raw + by : raw - by);
}

static inline void
random_rules(uint64_t *seed, struct asset_rules *r)
{
	uint32_t lt = (uint32_t)random_below(seed, 950000000) + 1;

	if (random_one_in(seed, 20))
		lt = random_one_in(seed, 2) ? 0 : PPB_ONE_RAW;
	r->liquidation_threshold = ppb_from_raw(lt);
	r->ltv = ppb_from_raw(random_one_in(seed, 3) ? lt :
	    (uint32_t)random_below(seed, (uint64_t)lt + 1));
	r->bonus = ppb_from_raw(random_one_in(seed, 4) ? 0 :
	    (uint32_t)random_below(seed, 200000000));
	r->close_factor = ppb_from_raw(random_one_in(seed, 2) ? PPB_ONE_RAW :
	    (uint32_t)random_below(seed, PPB_ONE_RAW) + 1);
	r->debt_weight = ppb_from_raw(random_one_in(seed, 2) ? PPB_ONE_RAW :
	    PPB_ONE_RAW + (uint32_t)random_below(seed, 500000000));
	r->dust = usd18_from_raw(random_one_in(seed, 2) ? 0 :
	    (i128)random_magnitude(seed, 21));
}

static inline void
random_market_price(uint64_t *seed, struct market_price *p)
{
	static const uint64_t band_ppb[] = { 0, 1, 1000000, 50000000 };
	uint64_t width = band_ppb[random_below(seed, 4)];
	struct px18 mid = px18_from_raw(random_magnitude(seed, 24) + 1);

	if (random_one_in(seed, 60))
		mid = px18_from_raw(0);
	p->price.mid = mid;
	p->price.low = random_price_near(seed, mid, false, width);
	p->price.high = random_price_near(seed, mid, true, width);
	p->has_twap = random_one_in(seed, 4);
	p->has_stable = random_one_in(seed, 4);
	p->twap = random_price_near(seed, mid, random_one_in(seed, 2),
	    200000000);
	p->stable = random_price_near(seed, mid, random_one_in(seed, 2),
	    200000000);
	p->price.status = random_one_in(seed, 10) ? PRICE_DEGRADED : PRICE_OK;
	if (random_one_in(seed, 60)) {
		p->price.status = PRICE_REFUSED;
		p->price.mid = p->price.low = px18_from_raw(0);
	}
}

static inline void
random_assets(struct world *w, uint64_t *seed)
{
	static const uint8_t decimals[] = { 0, 2, 6, 8, 18, 18, 24, 30 };
	size_t count = (size_t)random_below(seed, 6) + 1;

	for (size_t i = 0; i < count; i++) {
		uint8_t slot = world_asset(w, decimals[random_below(seed, 8)],
		    "1", "0", "0");
		struct asset *a = &w->book.assets[slot];

		for (size_t k = 0; k < 8; k++)
			a->id.b[k] = (uint8_t)random_u64(seed);
		if (random_one_in(seed, 3))
			a->factor = (uint8_t)random_below(seed, count);
		for (size_t k = 0; k < 2; k++)
			random_rules(seed, &a->rules[k]);
		random_market_price(seed, &w->market.asset[slot]);
	}
	w->book.mode_count = 2;
	w->book.factor_count = count;
}

static inline u128
random_amount(uint64_t *seed, struct usd18 value, unsigned decimals,
    struct px18 p)
{
	u128 atoms;

	if (random_one_in(seed, 30))
		return random_below(seed, 3);
	if (random_one_in(seed, 1000))
		return U128_MAX - random_u64(seed);
	if (atoms_from_usd18(&atoms, value, decimals, p, ROUND_FLOOR) !=
	    ERR_OK)
		return random_magnitude(seed, 24);
	return atoms;
}

/* Debts that together owe between 70 % and 120 % of what may be owed. */
static inline void
random_debts(struct world *w, uint64_t *seed, i128 limit)
{
	size_t wanted = (size_t)random_below(seed, 3) + 1;
	i128 share = limit / (i128)wanted / 1000 *
	    (i128)(700 + random_below(seed, 500));

	if (random_one_in(seed, 3))
		share = limit / (i128)wanted;
	for (uint8_t i = 0; i < w->book.asset_count; i++) {
		struct leg *leg = &w->vault.debt[w->vault.debt_count];
		u128 shares, index = WAD_ONE_RAW;

		if (w->vault.debt_count == wanted || random_one_in(seed, 2))
			continue;
		shares = random_amount(seed, usd18_from_raw(share),
		    w->book.assets[i].decimals, w->market.asset[i].price.mid);
		if (random_one_in(seed, 2)) {
			index += random_below(seed, WAD_ONE_RAW);
			if (shares < pow10_u128(37))
				shares = shares * 1000 / (index / pow10_u128(15));
		}
		*leg = (struct leg){ .asset = i, .amount = shares,
		    .index = wad_from_raw(index) };
		w->vault.debt_count++;
	}
}

/* world_random makes a world of one to six assets in two modes and a vault
 * whose health is mostly near one.  The same seed gives the same world. */
__attribute__((unused)) static void
world_random(struct world *w, uint64_t *seed)
{
	struct ratio_result r;
	i128 limit = (i128)random_magnitude(seed, 27);

	world_init(w);
	random_assets(w, seed);
	w->vault.mode = (uint8_t)random_below(seed, 2);
	for (uint8_t i = 0; i < w->book.asset_count; i++) {
		struct leg *leg =
		    &w->vault.collateral[w->vault.collateral_count];

		if (random_one_in(seed, 3))
			continue;
		*leg = (struct leg){ i, random_amount(seed,
		    usd18_from_raw((i128)random_magnitude(seed, 27)),
		    w->book.assets[i].decimals, w->market.asset[i].price.mid),
		    0, wad_one() };
		w->vault.collateral_count++;
	}
	if (random_one_in(seed, 30))
		return;
	if (ratio_evaluate(&r, &w->book, &w->vault, &w->market) == ERR_OK &&
	    !r.is_stale && !usd18_is_zero(r.mid.weighted_collateral))
		limit = usd18_to_raw(r.mid.weighted_collateral);
	random_debts(w, seed, limit);
}

#endif
