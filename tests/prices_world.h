/* Units and markets for tests of feeds/prices.h. */
#ifndef TESTS_PRICES_WORLD_H
#define TESTS_PRICES_WORLD_H

#include <string.h>

#include "base/decimal.h"
#include "feeds/prices.h"

#define NOW UINT64_C(1700000000000)
#define USD 0u
#define USDT 1u
#define ETH 2u

static struct prices_config config;
static struct prices prices;

static inline struct px18
px(const char *text)
{
	u128 v;

	assert_int_equal(decimal_to_u128(&v, text, strlen(text), 18), ERR_OK);
	return px18_from_raw(v);
}

static inline void
assert_px(struct px18 got, const char *want)
{
	char text[DECIMAL_BUF];

	decimal_from_u128(text, px18_to_raw(got), 18);
	assert_string_equal(text, want);
}

/* Three units; each test adds its markets.  The rule: quorum 2, 3 s, 2 %,
 * 10 %. */
static inline void
world_begin(void)
{
	const struct prices_rule rule = { .quorum = 2, .age_max_ms = 3000,
	    .dispersion_max = ppb_from_raw(20000000),
	    .band_max = ppb_from_raw(100000000) };

	memset(&config, 0, sizeof(config));
	config.unit_count = 3;
	strcpy(config.unit[USD].name, "USD");
	strcpy(config.unit[USDT].name, "USDT");
	strcpy(config.unit[ETH].name, "ETH");
	config.unit[USDT].rule = config.unit[ETH].rule = rule;
	config.unit[USDT].rule.is_constant_unsafe = true;
	config.unit[USDT].rule.constant = px("1");
}

static inline uint16_t
market(uint16_t venue, uint16_t operator_id, uint16_t base, uint16_t quote)
{
	config.market[config.market_count] = (struct prices_market){
	    .venue = venue, .operator_id = operator_id, .base = base,
	    .quote = quote, .weight = 1 };
	return (uint16_t)config.market_count++;
}

static inline void
world_init(void)
{
	size_t bad;

	assert_int_equal(prices_init(&prices, &config, &bad), ERR_OK);
}

static inline void
book(uint16_t m, const char *bid, const char *ask, uint64_t exchange_ms)
{
	const struct prices_tick t = { .market = m, .has_book = true,
	    .bid = px(bid), .ask = px(ask), .exchange_ms = exchange_ms,
	    .recv_ms = NOW };

	prices_apply_tick(&prices, &t);
}

static inline void
last(uint16_t m, const char *price, uint64_t exchange_ms)
{
	const struct prices_tick t = { .market = m, .has_last = true,
	    .last = px(price), .exchange_ms = exchange_ms, .recv_ms = NOW };

	prices_apply_tick(&prices, &t);
}

#endif
