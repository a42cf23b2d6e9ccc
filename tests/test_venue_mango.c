/* Mango v4: weights by health and scale, perpetuals, spot orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <string.h>

#include <cmocka.h>

#include "margin/venue_mango.h"
#include "tests/margin_world.h"

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static const char *
num_text(struct num18 v)
{
	return usd_text(usd18_from_raw(num18_to_raw(v)));
}

/* Two tokens, one perpetual settled in the first, one market of the second
 * in the first; nothing held. */
static struct {
	struct mango_token tokens[2];
	struct mango_perp perp;
	struct mango_orders orders;
	struct mango_account account;
} m;

static void
load(void)
{
	memset(&m, 0, sizeof(m));
	m.tokens[0] = (struct mango_token){
	    .price = { num("1"), num("1") },
	    .weights = { num("0.8"), num("1.2"), num("0.9"), num("1.1") } };
	m.tokens[1] = (struct mango_token){
	    .price = { num("5"), num("4") },
	    .weights = { num("0.5"), num("1.5"), num("0.7"), num("1.3") } };
	m.perp = (struct mango_perp){
	    .base_price = { num("5"), num("5") },
	    .weights = { num("0.8"), num("1.2"), num("0.9"), num("1.1") },
	    .init_overall_asset = num("0.95"),
	    .maint_overall_asset = num("0.98") };
	m.orders = (struct mango_orders){ .base_token = 1 };
	m.account = (struct mango_account){ m.tokens, 2, &m.perp, 1,
	    &m.orders, 1 };
}

static const char *
health(enum mango_health h)
{
	struct num18 v;

	assert_int_equal(mango_health(&v, &m.account, h), ERR_OK);
	return num_text(v);
}

static void
mango_health__weights_tokens_by_kind(void **state)
{
	(void)state;
	load();
	assert_string_equal(health(MANGO_INIT), "0");
	/* Assets at the lower price, for a start only. */
	m.tokens[1].balance = num("10");
	assert_string_equal(health(MANGO_INIT), "20");
	assert_string_equal(health(MANGO_LIQUIDATION_END), "25");
	assert_string_equal(health(MANGO_MAINT), "35");
	/* Liabilities at the higher one. */
	m.tokens[1].balance = num("-10");
	m.tokens[1].price.stable = num("6");
	assert_string_equal(health(MANGO_INIT), "-90");
	assert_string_equal(health(MANGO_LIQUIDATION_END), "-75");
	assert_string_equal(health(MANGO_MAINT), "-65");
}

static void
mango_weights__scale_beyond_the_start(void **state)
{
	struct num18 w;

	(void)state;
	load();
	m.tokens[1].deposit_scale_start = num("500");
	m.tokens[1].borrow_scale_start = num("500");
	m.tokens[1].deposits = num("60");
	m.tokens[1].potential_deposits = num("40");
	m.tokens[1].borrows = num("100");
	assert_int_equal(mango_asset_weight(&w, &m.tokens[1], MANGO_INIT),
	    ERR_OK);
	assert_string_equal(num_text(w), "0.5");
	assert_int_equal(mango_liability_weight(&w, &m.tokens[1], MANGO_INIT),
	    ERR_OK);
	assert_string_equal(num_text(w), "1.5");
	m.tokens[1].deposits = num("160");
	m.tokens[1].borrows = num("200");
	assert_int_equal(mango_asset_weight(&w, &m.tokens[1], MANGO_INIT),
	    ERR_OK);
	assert_string_equal(num_text(w), "0.25");
	assert_int_equal(mango_liability_weight(&w, &m.tokens[1], MANGO_INIT),
	    ERR_OK);
	assert_string_equal(num_text(w), "3");
	/* Nobody is liquidated by what others deposit. */
	assert_int_equal(mango_asset_weight(&w, &m.tokens[1], MANGO_MAINT),
	    ERR_OK);
	assert_string_equal(num_text(w), "0.7");
	assert_int_equal(mango_liability_weight(&w, &m.tokens[1],
	    MANGO_LIQUIDATION_END), ERR_OK);
	assert_string_equal(num_text(w), "1.5");
}

static void
mango_perp_profit__takes_the_worse_fill(void **state)
{
	static const struct {
		const char *base, *quote, *bids, *asks, *init, *maint;
	} rows[] = {
		/* 0.95 * (100 - 60), 0.98 * (100 - 55) */
		{ "-10", "100", "0", "0", "38", "44.1" },
		/* -100 + 40, -100 + 45: a loss has no overall weight. */
		{ "10", "-100", "0", "0", "-60", "-55" },
		/* Bids: 100 * 5 * 0.8 - 131 - 350. */
		{ "30", "-131", "70", "110", "-81", "-31" },
		/* Asks: -210 * 5 * 1.2 - 131 + 550. */
		{ "-100", "-131", "70", "110", "-841", "-736" },
	};
	struct num18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		load();
		m.perp.base = num(rows[i].base);
		m.perp.quote = num(rows[i].quote);
		m.perp.bids = num(rows[i].bids);
		m.perp.asks = num(rows[i].asks);
		assert_int_equal(mango_perp_profit(&v, &m.perp, MANGO_INIT),
		    ERR_OK);
		assert_string_equal(num_text(v), rows[i].init);
		assert_int_equal(mango_perp_profit(&v, &m.perp, MANGO_MAINT),
		    ERR_OK);
		assert_string_equal(num_text(v), rows[i].maint);
	}
	m.perp.asks = num("-1");
	assert_int_equal(mango_perp_profit(&v, &m.perp, MANGO_INIT),
	    ERR_RANGE);
	assert_string_equal(num_text(v), "-736");
}

static void
mango_health__orders_count_the_worse_outcome(void **state)
{
	(void)state;
	load();
	m.tokens[1].price.stable = num("5");
	m.tokens[0].balance = num("-100");
	m.tokens[1].balance = num("-10");
	m.orders.quote_reserved = num("1");
	m.orders.base_reserved = num("1");
	/* (1 + 5) pays debt at 1.2 less than 1.2 bases at 1.5 * 5 do. */
	assert_string_equal(health(MANGO_INIT), "-187.8");
	/* An ask below the oracle gives fewer quotes: 1 + 3. */
	m.orders.lowest_ask = num("3");
	assert_string_equal(health(MANGO_INIT), "-190.2");
	m.orders.lowest_ask = num("6");
	assert_string_equal(health(MANGO_INIT), "-187.8");
	/* Crossing zero: 3 at 1.2, 3 at 0.8. */
	m.tokens[0].balance = num("-3");
	assert_string_equal(health(MANGO_INIT), "-72.6");
	/* Without either nothing. */
	m.orders.quote_reserved = m.orders.base_reserved = num("0");
	assert_string_equal(health(MANGO_INIT), "-78.6");
}

static void
mango_health__fails_outside_its_tables(void **state)
{
	struct num18 v = num("7");

	(void)state;
	load();
	m.perp.settle_token = 2;
	assert_int_equal(mango_health(&v, &m.account, MANGO_INIT),
	    ERR_UNKNOWN);
	m.perp.settle_token = 1;
	m.orders.base_token = 2;
	assert_int_equal(mango_health(&v, &m.account, MANGO_INIT),
	    ERR_UNKNOWN);
	m.orders.base_token = 1;
	m.account.order_count = MANGO_ITEMS_MAX + 1;
	assert_int_equal(mango_health(&v, &m.account, MANGO_INIT), ERR_LIMIT);
	m.account.order_count = 1;
	m.tokens[0].balance = num18_from_raw(I128_MAX);
	m.tokens[0].weights.init_asset = num("2");
	assert_int_equal(mango_health(&v, &m.account, MANGO_INIT), ERR_RANGE);
	assert_string_equal(num_text(v), "7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mango_health__weights_tokens_by_kind),
		cmocka_unit_test(mango_weights__scale_beyond_the_start),
		cmocka_unit_test(mango_perp_profit__takes_the_worse_fill),
		cmocka_unit_test(mango_health__orders_count_the_worse_outcome),
		cmocka_unit_test(mango_health__fails_outside_its_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
