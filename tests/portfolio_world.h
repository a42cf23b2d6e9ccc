/* tests/portfolio_world.h - a book with instruments on two underlyings, a
 * market with forwards, surfaces and returns, and random vaults: for what
 * margin/evaluate.h and everything above it must hold for.  Test code only. */
#ifndef TESTS_PORTFOLIO_WORLD_H
#define TESTS_PORTFOLIO_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "margin/evaluate.h"
#include "margin/method_work.h"

#ifndef PW_VAULTS	/* a power of two */
#define PW_VAULTS 8u
#define PW_POSITIONS 1024u
#endif
#define PW_ORDERS 64u
#define PW_INSTRUMENTS 64u
#define PW_RETURNS 400u
#define PW_DAY_MS UINT64_C(86400000)
#define PW_NOW_MS UINT64_C(1790000000000)

enum { PW_ETH, PW_BTC, PW_USDC, PW_WSTETH };	/* asset slots */
enum { PW_F_ETH, PW_F_BTC, PW_F_USDC };		/* base factors */

struct portfolio_world {
	struct book book;
	struct vault vaults[PW_VAULTS];
	uint32_t hash[2 * PW_VAULTS];
	struct instrument instruments[PW_INSTRUMENTS];
	struct position positions[PW_POSITIONS];
	struct order orders[PW_ORDERS];
	struct market market;
	struct market_terms terms;
	struct num18 returns[2][PW_RETURNS];
	struct rules rules;
	struct method_work work;
	struct tree tree;
	uint32_t tree_first[PW_VAULTS], tree_next[PW_VAULTS];
	struct snapshot snapshot;
	uint64_t seed;
};

/* splitmix64 */
__attribute__((unused)) static uint64_t
pw_random(struct portfolio_world *w)
{
	uint64_t z = w->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number in [low, high], both in thousandths. */
__attribute__((unused)) static i128
pw_between(struct portfolio_world *w, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)(high - low) + 1;

	return (i128)(low + (int64_t)(pw_random(w) % span)) *
	    (i128)(WAD_ONE_RAW / 1000);
}

__attribute__((unused)) static i128
pw_number(const char *text)
{
	i128 v;

	if (decimal_to_i128(&v, text, strlen(text), 18) != ERR_OK)
		abort();
	return v;
}

__attribute__((unused)) static struct px18
pw_px(const char *text)
{
	return px18_from_raw((u128)pw_number(text));
}

__attribute__((unused)) static void
pw_price(struct price *p, const char *mid, const char *low, const char *high)
{
	p->mid = pw_px(mid);
	p->low = pw_px(low);
	p->high = pw_px(high);
	p->status = PRICE_OK;
	p->sources = 3;
}

__attribute__((unused)) static void
pw_asset(struct portfolio_world *w, const char *name, uint8_t factor,
    uint8_t decimals, uint32_t ltv, uint32_t threshold)
{
	struct asset *a = &w->book.assets[w->book.asset_count];

	snprintf(a->name, sizeof(a->name), "%s", name);
	a->id.b[31] = (uint8_t)(w->book.asset_count + 1);
	a->decimals = decimals;
	a->factor = factor;
	a->risk.adv = usd18_from_raw(pw_number("5000000000"));
	a->risk.volatility = num18_from_raw(pw_number("0.6"));
	a->risk.is_stable = factor == PW_F_USDC;
	snprintf(a->risk.group, sizeof(a->risk.group), "%s",
	    factor == PW_F_USDC ? "stable" : "majors");
	for (size_t i = 0; i < BOOK_MODES_MAX; i++)
		a->rules[i] = (struct asset_rules){
			.ltv = ppb_from_raw(ltv),
			.liquidation_threshold = ppb_from_raw(threshold),
			.bonus = ppb_from_raw(50000000),
			.close_factor = ppb_from_raw(500000000),
			.debt_weight = ppb_one(),
			.dust = usd18_zero(),
		};
	w->book.asset_count++;
}

__attribute__((unused)) static uint16_t
pw_instrument(struct portfolio_world *w, enum instrument_kind kind,
    uint8_t factor, uint64_t days, const char *strike, bool is_call)
{
	struct instrument *i =
	    &w->book.instruments[w->book.instrument_count];

	*i = (struct instrument){ .kind = kind, .factor = factor,
	    .is_call = is_call, .multiplier = num18_one(),
	    .window_ms = INSTRUMENT_WINDOW_MS_DEFAULT, .tier_count = 2,
	    .expiry_ms = days ? PW_NOW_MS + days * PW_DAY_MS : 0 };
	i->tier[0] = (struct margin_tier){
		usd18_from_raw(pw_number("1000000")), ppb_from_raw(50000000),
		ppb_from_raw(30000000) };
	i->tier[1] = (struct margin_tier){ usd18_from_raw(I128_MAX),
		ppb_from_raw(100000000), ppb_from_raw(60000000) };
	if (strike)
		i->strike = pw_px(strike);
	snprintf(i->name, sizeof(i->name), "I%u", w->book.instrument_count);
	return (uint16_t)w->book.instrument_count++;
}

__attribute__((unused)) static void
pw_factor(struct portfolio_world *w, uint8_t factor, const char *mid,
    const char *low, const char *high, const char *vol)
{
	static const uint64_t days[] = { 7, 30, 90 };
	struct market_factor *f = &w->terms.factor[factor];

	f->is_present = true;
	pw_price(&f->price.price, mid, low, high);
	for (size_t k = 0; k < ARRAY_COUNT(days); k++) {
		f->forward[k] = (struct market_forward){
			.expiry_ms = PW_NOW_MS + days[k] * PW_DAY_MS,
			.price = f->price.price.mid,
			.confidence = num18_one() };
		f->slice[k] = (struct market_slice){
			.expiry_ms = f->forward[k].expiry_ms, .is_flat = true,
			.vol = num18_from_raw(pw_number(vol)),
			.confidence = num18_one() };
	}
	f->forward_count = f->slice_count = ARRAY_COUNT(days);
	f->returns = w->returns[factor];
	f->return_count = PW_RETURNS;
}

__attribute__((unused)) static void
pw_instruments(struct portfolio_world *w)
{
	static const char *const eth[] = { "1600", "1800", "2000", "2200",
	    "2600" };
	static const char *const btc[] = { "45000", "50000", "56000" };
	static const uint64_t days[] = { 7, 30, 90 };

	(void)pw_instrument(w, INSTRUMENT_PERP, PW_F_ETH, 0, NULL, false);
	(void)pw_instrument(w, INSTRUMENT_PERP, PW_F_BTC, 0, NULL, false);
	w->book.instruments[pw_instrument(w, INSTRUMENT_PERP, PW_F_BTC, 0,
	    NULL, false)].is_inverse = true;
	(void)pw_instrument(w, INSTRUMENT_FUTURE, PW_F_ETH, 30, NULL, false);
	for (size_t d = 0; d < ARRAY_COUNT(days); d++) {
		for (size_t k = 0; k < ARRAY_COUNT(eth); k++)
			for (int c = 0; c < 2; c++)
				(void)pw_instrument(w, INSTRUMENT_OPTION,
				    PW_F_ETH, days[d], eth[k], c != 0);
		for (size_t k = 0; k < ARRAY_COUNT(btc); k++)
			for (int c = 0; c < 2; c++)
				(void)pw_instrument(w, INSTRUMENT_OPTION,
				    PW_F_BTC, days[d], btc[k], c != 0);
	}
}

__attribute__((unused)) static void
pw_market(struct portfolio_world *w)
{
	w->market.as_of_ms = PW_NOW_MS;
	w->market.count = w->book.asset_count;
	w->market.terms = &w->terms;
	pw_price(&w->market.asset[PW_ETH].price, "2000", "1990", "2012");
	pw_price(&w->market.asset[PW_BTC].price, "50000", "49800", "50100");
	pw_price(&w->market.asset[PW_USDC].price, "1", "0.999", "1.001");
	pw_price(&w->market.asset[PW_WSTETH].price, "2300", "2285", "2316");
	for (size_t i = 0; i < PW_RETURNS; i++) {
		w->returns[0][i] = num18_from_raw(pw_between(w, -60, 62));
		w->returns[1][i] = num18_from_raw(pw_between(w, -50, 51));
	}
	pw_factor(w, PW_F_ETH, "2000", "1990", "2012", "0.7");
	pw_factor(w, PW_F_BTC, "50000", "49800", "50100", "0.55");
}

/* pw_init: a world on the heap; free() it. */
__attribute__((unused)) static struct portfolio_world *
pw_init(uint64_t seed)
{
	struct portfolio_world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->seed = seed;
	book_init(&w->book, w->vaults, w->hash, PW_VAULTS);
	w->book.instruments = w->instruments;
	w->book.positions = w->positions;
	w->book.orders = w->orders;
	w->book.factor_count = 3;
	pw_asset(w, "ETH", PW_F_ETH, 18, 800000000, 825000000);
	pw_asset(w, "BTC", PW_F_BTC, 8, 750000000, 800000000);
	pw_asset(w, "USDC", PW_F_USDC, 6, 950000000, 970000000);
	pw_asset(w, "wstETH", PW_F_ETH, 18, 780000000, 810000000);
	pw_instruments(w);
	pw_market(w);
	rules_default(&w->rules);
	method_work_init(&w->work, &w->book);
	if (method_work_sample(&w->work, &w->book, &w->market, &w->rules) !=
	    ERR_OK)
		abort();
	w->tree = (struct tree){ w->tree_first, w->tree_next };
	w->snapshot = (struct snapshot){ .book = &w->book,
	    .market = &w->market, .rules = &w->rules, .work = &w->work };
	return w;
}

/* pw_vault starts a vault of a method without anything in it. */
__attribute__((unused)) static struct vault
pw_vault(struct portfolio_world *w, enum margin_method method)
{
	struct vault v;

	memset(&v, 0, sizeof(v));
	v.id.b[31] = (uint8_t)(w->book.vault_count + 1);
	v.id.b[30] = (uint8_t)((w->book.vault_count + 1) >> 8);
	snprintf(v.name, sizeof(v.name), "v%u", w->book.vault_count);
	v.method = (uint8_t)method;
	v.position_first = w->book.position_count;
	v.order_first = w->book.order_count;
	return v;
}

__attribute__((unused)) static void
pw_hold(struct portfolio_world *w, struct vault *v, uint8_t asset,
    const char *amount)
{
	u128 atoms;

	if (decimal_to_u128(&atoms, amount, strlen(amount),
	    w->book.assets[asset].decimals) != ERR_OK)
		abort();
	v->collateral[v->collateral_count++] = (struct leg){ .asset = asset,
	    .amount = atoms, .index = wad_one() };
}

__attribute__((unused)) static void
pw_owe(struct portfolio_world *w, struct vault *v, uint8_t asset,
    const char *amount)
{
	u128 atoms;

	if (decimal_to_u128(&atoms, amount, strlen(amount),
	    w->book.assets[asset].decimals) != ERR_OK)
		abort();
	v->debt[v->debt_count++] = (struct leg){ .asset = asset,
	    .amount = atoms, .index = wad_one() };
}

/* pw_trade appends a position; instruments must ascend. */
__attribute__((unused)) static void
pw_trade(struct portfolio_world *w, struct vault *v, uint16_t instrument,
    i128 size, struct px18 entry)
{
	if (w->book.position_count == PW_POSITIONS)
		abort();
	w->positions[w->book.position_count++] = (struct position){
		.instrument = instrument, .size = num18_from_raw(size),
		.entry = entry };
	v->position_count++;
}

__attribute__((unused)) static uint32_t
pw_put(struct portfolio_world *w, const struct vault *v)
{
	uint32_t slot;

	if (book_put_vault(&slot, &w->book, v) != ERR_OK)
		abort();
	return slot;
}

/* pw_clear takes all vaults and positions out again. */
__attribute__((unused)) static void
pw_clear(struct portfolio_world *w)
{
	w->book.vault_count = 0;
	w->book.position_count = w->book.order_count = 0;
	memset(w->hash, 0, sizeof(w->hash));
}

__attribute__((unused)) static struct px18
pw_entry(struct portfolio_world *w, const struct instrument *i)
{
	struct px18 px = i->factor == PW_F_ETH ? pw_px("2000") :
	    pw_px("50000");

	if (i->kind == INSTRUMENT_OPTION || px18_mul_num(&px, px,
	    num18_from_raw(pw_between(w, 900, 1100)), ROUND_FLOOR) != ERR_OK)
		return px18_from_raw(0);
	return px;
}

/* pw_random_vault: some tokens, sometimes a debt, and up to `positions`
 * positions; puts it and says its slot. */
__attribute__((unused)) static uint32_t
pw_random_vault(struct portfolio_world *w, enum margin_method method,
    unsigned positions)
{
	struct vault v = pw_vault(w, method);
	unsigned every;

	for (uint8_t a = 0; a < w->book.asset_count; a++)
		if (pw_random(w) % 2 == 0)
			v.collateral[v.collateral_count++] = (struct leg){
				.asset = a, .index = wad_one(),
				.amount = pw_random(w) % 100 *
				    pow10_u128(w->book.assets[a].decimals) /
				    (a == PW_BTC ? 20 : a == PW_USDC ? 1 : 2) *
				    (a == PW_USDC ? 500 : 1) };
	if (pw_random(w) % 3 == 0)
		v.debt[v.debt_count++] = (struct leg){ .asset = PW_USDC,
			.index = wad_one(), .amount =
			    pw_random(w) % 20000 * pow10_u128(6) };
	every = positions ? w->book.instrument_count / positions + 1 : 0;
	for (uint16_t i = 0; positions && i < w->book.instrument_count; i++) {
		const struct instrument *k = &w->book.instruments[i];
		i128 size = pw_between(w, -4000, 4000);

		if (pw_random(w) % every != 0 || size == 0)
			continue;
		if (k->factor == PW_F_BTC)
			size = k->is_inverse ? size * 5000 : size / 20;
		pw_trade(w, &v, i, size, pw_entry(w, k));
	}
	return pw_put(w, &v);
}

#endif
