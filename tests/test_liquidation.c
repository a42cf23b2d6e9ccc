/* Liquidation prices and sizes: closed forms, both sides of each cap, the
 * recorded closed forms, and prices put back into the market. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"
#include "margin/liquidation.h"
#include "tests/margin_world.h"

#define RANDOM_VAULTS 20000

static struct world w;

static struct liquidation_price
price_of(uint8_t asset)
{
	struct liquidation_price p;

	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, asset), ERR_OK);
	return p;
}

static struct liquidation_size
size_of(uint8_t debt, uint8_t collateral, const char *target)
{
	struct liquidation_size s;

	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    debt, collateral, ratio(target)), ERR_OK);
	assert_int_equal(s.debt_asset, debt);
	assert_int_equal(s.collateral_asset, collateral);
	return s;
}

/* Collateral 0 (18 decimals) and debt 1 (6 decimals). */
static void
load(const char *amount, const char *price, const char *threshold,
    const char *debt, const char *weight)
{
	uint8_t c, d;

	world_init(&w);
	c = world_asset(&w, 18, price, threshold, threshold);
	d = world_asset(&w, 6, "1", "0", "0");
	w.book.assets[d].rules[0].debt_weight = part(weight);
	world_hold(&w, c, amount);
	world_owe(&w, d, debt);
}

static void
liquidation_price_of__is_the_closed_form(void **state)
{
	static const struct {
		const char *amount, *price, *threshold, *debt, *weight;
		const char *below, *above;
	} rows[] = {
		/* 12000 / (10 * 0.825) rounds up; 10 * 2000 * 0.825 / 12000 */
		{ "10", "2000", "0.825", "12000", "1",
		    "1454.545454545454545455", "1.375" },
		{ "10", "2000", "0.825", "12000", "1.1",
		    "1600", "1.25" },
		/* Rising side rounds down. */
		{ "10", "2000", "0.8", "7000", "1",
		    "875", "2.285714285714285714" },
		/* Already below zero: the crossing lies above the price. */
		{ "10", "1000", "0.8", "10000", "1", "1250", "0.8" },
		/* Collateral that counts nothing has no price. */
		{ "10", "1000", "0", "10000", "1", NULL, NULL },
		{ "10", "0", "0.8", "10000", "1", "1250", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct liquidation_price c, d;

		load(rows[i].amount, rows[i].price, rows[i].threshold,
		    rows[i].debt, rows[i].weight);
		c = price_of(0);
		d = price_of(1);
		assert_int_equal(c.has_below, rows[i].below != NULL);
		assert_int_equal(d.has_above, rows[i].above != NULL);
		assert_false(c.has_above || d.has_below);
		if (rows[i].below != NULL)
			assert_string_equal(px_text(c.below), rows[i].below);
		if (rows[i].above != NULL)
			assert_string_equal(px_text(d.above), rows[i].above);
	}
}

static void
liquidation_price_of__has_none_where_others_cover(void **state)
{
	uint8_t other;

	(void)state;
	load("10", "2000", "0.8", "1000", "1");
	other = world_asset(&w, 18, "1", "1", "1");
	world_hold(&w, other, "1000");		/* exactly the debt */
	assert_false(price_of(0).has_below);
	w.vault.collateral[1].amount--;		/* one atom less */
	assert_true(price_of(0).has_below);
	assert_string_equal(px_text(price_of(0).below),
	    "0.000000000000000001");
	w.vault.debt_count = 0;
	assert_false(price_of(0).has_below);
	assert_false(price_of(0).has_above);
}

static void
liquidation_price_of__nets_an_asset_on_both_sides(void **state)
{
	struct liquidation_price p;

	(void)state;
	/* 10 held at 0.8 and 2 owed leave 6 rising; 3000 owed besides. */
	load("10", "2000", "0.8", "3000", "1");
	w.vault.debt[1] = w.vault.debt[0];
	w.vault.debt[0] = (struct leg){ 0, (u128)world_number("2", 18),
		0, wad_one() };
	w.vault.debt_count = 2;
	p = price_of(0);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "500");
	/* 8 owed net to zero: no price of it matters. */
	w.vault.debt[0].amount = (u128)world_number("8", 18);
	p = price_of(0);
	assert_false(p.has_below || p.has_above);
	/* 10 owed leave 2 falling; 4000 of something else held. */
	w.vault.debt[0].amount = (u128)world_number("10", 18);
	p = price_of(0);
	assert_false(p.has_below || p.has_above);
	world_hold(&w, world_asset(&w, 18, "1", "1", "1"), "4000");
	p = price_of(0);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "500");
}

static void
liquidation_price_of__fails_without_a_leg_or_a_price(void **state)
{
	struct liquidation_price p;
	uint8_t other;

	(void)state;
	load("10", "2000", "0.8", "3000", "1");
	other = world_asset(&w, 18, "1", "1", "1");
	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, other), ERR_UNKNOWN);
	world_hold(&w, other, "0");
	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, other), ERR_UNKNOWN);
	w.market.asset[other].price.status = PRICE_REFUSED;
	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, 0), ERR_OK);
	w.market.asset[1].price.status = PRICE_REFUSED;
	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, 0), ERR_STALE);
}

static void
liquidation_price_of__uses_wide_products(void **state)
{
	struct liquidation_price p;

	(void)state;
	/* 1e15 USD of debt and 30 decimals: the product has 247 bits. */
	load("1", "2000", "0.8", "1000000000000000", "1");
	w.book.assets[0].decimals = 30;
	w.vault.collateral[0].amount = pow10_u128(30);
	p = price_of(0);
	assert_string_equal(px_text(p.below), "1250000000000000");
	/* Beyond any price there is none. */
	w.vault.collateral[0].amount = 1;
	assert_false(price_of(0).has_below);
}

/* margin-model 1.8's own check: "gives 3,810 and a health of 1.05". */
static void
load_check(void)
{
	load("13.75", "1000", "0.8", "10000", "1.2");
	w.book.assets[0].rules[0].bonus = part("0.05");
}

static void
liquidation_size_of__heals_to_the_target(void **state)
{
	struct liquidation_size s;

	(void)state;
	load_check();
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.repay), "3809.52380952380952381");
	assert_string_equal(usd_text(s.seize), "4000");
	assert_string_equal(usd_text(s.bad_debt), "0");
	assert_string_equal(wad_text(s.health_after), "1.05");
	assert_false(s.full_close);
}

static void
liquidation_size_of__is_nothing_at_the_target(void **state)
{
	struct liquidation_size s;

	(void)state;
	load("12.6", "1000", "1", "12000", "1");
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.repay), "0");
	assert_string_equal(usd_text(s.seize), "0");
	assert_string_equal(wad_text(s.health_after), "1.05");
	assert_false(s.full_close);
	w.vault.debt[0].amount++;
	assert_true(usd18_compare(size_of(1, 0, "1.05").repay,
	    usd("0")) > 0);
	w.vault.debt[0].amount = (u128)world_number("12000", 6);
	assert_true(usd18_compare(size_of(1, 0,
	    "1.050000000000000001").repay, usd("0")) > 0);
}

static void
liquidation_size_of__is_capped_by_the_close_factor(void **state)
{
	struct liquidation_size s;

	(void)state;
	load_check();
	w.book.assets[1].rules[0].close_factor = part("0.380952381");
	assert_string_equal(usd_text(size_of(1, 0, "1.05").repay),
	    "3809.52380952380952381");
	w.book.assets[1].rules[0].close_factor = part("0.380952380");
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.repay), "3809.5238");
	assert_true(wad_compare(s.health_after, ratio("1.05")) < 0);
	assert_true(wad_compare(s.health_after, ratio("1.0499")) > 0);
	assert_false(s.full_close);
}

static void
liquidation_size_of__never_exceeds_the_debt(void **state)
{
	struct liquidation_size s;
	uint8_t other;

	(void)state;
	/* Another debt keeps the vault short even when this one is gone. */
	load("20", "1000", "0.8", "1000", "1");
	other = world_asset(&w, 18, "1", "0", "0");
	world_owe(&w, other, "16000");
	for (size_t i = 0; i < 2; i++) {
		w.book.assets[1].rules[0].close_factor =
		    part(i == 0 ? "1" : "2");
		s = size_of(1, 0, "1.05");
		assert_string_equal(usd_text(s.repay), "1000");
		assert_string_equal(usd_text(s.seize), "1000");
		assert_string_equal(wad_text(s.health_after), "0.95");
	}
}

static void
liquidation_size_of__takes_all_where_dust_would_stay(void **state)
{
	struct liquidation_size s;

	(void)state;
	load_check();		/* 6190.476190476190476190 stay */
	w.book.assets[1].rules[0].dust = usd("6190.476190476190476190");
	assert_false(size_of(1, 0, "1.05").full_close);
	w.book.assets[1].rules[0].dust = usd("6190.476190476190476191");
	s = size_of(1, 0, "1.05");
	assert_true(s.full_close);
	assert_string_equal(usd_text(s.repay), "10000");
	assert_string_equal(usd_text(s.seize), "10500");
	assert_true(wad_is_infinite(s.health_after));
	/* The dust rule yields to the collateral's clamp. */
	w.vault.collateral[0].amount = (u128)world_number("10.5", 18);
	w.market.asset[0].price.mid = px("999");
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.repay), "9990");
	assert_string_equal(usd_text(s.seize), "10489.5");
	assert_string_equal(usd_text(s.bad_debt), "10");
	assert_string_equal(wad_text(s.health_after), "0");
}

static void
liquidation_size_of__closes_in_full_what_cannot_heal(void **state)
{
	struct liquidation_size s;

	(void)state;
	/* HF * b = (1 + bonus) * LT exactly where V = (1 + bonus) * D. */
	load("10.5", "1000", "0.8", "10000", "1");
	w.book.assets[0].rules[0].bonus = part("0.05");
	w.book.assets[1].rules[0].close_factor = part("0.5");
	s = size_of(1, 0, "1.05");
	assert_true(s.full_close);
	assert_string_equal(usd_text(s.repay), "10000");
	assert_string_equal(usd_text(s.seize), "10500");
	assert_string_equal(usd_text(s.bad_debt), "0");
	w.market.asset[0].price.mid = px("1000.000000000000000002");
	s = size_of(1, 0, "1.05");
	assert_false(s.full_close);
	assert_string_equal(usd_text(s.repay), "5000");
	/* Less than the debt's worth: bad debt is what stays. */
	w.market.asset[0].price.mid = px("900");
	s = size_of(1, 0, "1.05");
	assert_true(s.full_close);
	assert_string_equal(usd_text(s.repay), "9000");
	assert_string_equal(usd_text(s.seize), "9450");
	assert_string_equal(usd_text(s.bad_debt), "1000");
	assert_string_equal(wad_text(s.health_after), "0");
}

static void
liquidation_size_of__closes_in_full_where_target_is_out_of_reach(
    void **state)
{
	struct liquidation_size s;

	(void)state;
	/* (1 + bonus) * LT = 1.05 = target * b: the divisor is zero. */
	load("10", "1000", "1", "10000", "1");
	w.book.assets[0].rules[0].bonus = part("0.05");
	s = size_of(1, 0, "1.05");
	assert_true(s.full_close);
	s = size_of(1, 0, "1.050000000000000001");
	assert_true(s.full_close);	/* HF * b is still too low */
}

static void
liquidation_size_of__counts_other_collateral_against_bad_debt(void **state)
{
	struct liquidation_size s;
	uint8_t other;

	(void)state;
	load("1", "1000", "0.5", "10000", "1");
	w.book.assets[0].rules[0].bonus = part("0.25");
	other = world_asset(&w, 18, "1", "0.5", "0.5");
	w.book.assets[other].rules[0].bonus = part("0.1");
	world_hold(&w, other, "9900");
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.repay), "800");
	assert_string_equal(usd_text(s.seize), "1000");
	assert_string_equal(usd_text(s.bad_debt), "200");
	w.vault.collateral[1].amount = (u128)world_number("10120", 18);
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.bad_debt), "0");
	w.vault.collateral[1].amount--;
	s = size_of(1, 0, "1.05");
	assert_string_equal(usd_text(s.bad_debt), "0.000000000000000001");
}

static void
liquidation_size_of__fails_without_a_leg_or_a_price(void **state)
{
	struct liquidation_size s;
	uint8_t other;

	(void)state;
	load_check();
	other = world_asset(&w, 18, "1", "1", "1");
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    0, 0, ratio("1.05")), ERR_UNKNOWN);
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    1, 1, ratio("1.05")), ERR_UNKNOWN);
	world_hold(&w, other, "0");
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    1, other, ratio("1.05")), ERR_UNKNOWN);
	w.market.asset[0].price.status = PRICE_REFUSED;
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    1, 0, ratio("1.05")), ERR_STALE);
}

/* ---- prices put back ---------------------------------------------------- */

/* The mid excess with `asset` at p; false where it cannot be valued. */
static bool
excess_at(i128 *out, uint8_t asset, u128 p)
{
	struct price *price = &w.market.asset[asset].price;
	struct ratio_result r;

	price->low = price->mid = price->high = px18_from_raw(p);
	if (ratio_evaluate(&r, &w.book, &w.vault, &w.market) != ERR_OK)
		return false;
	*out = usd18_to_raw(r.mid.excess);
	return true;
}

static void
liquidation_price_of__separates_the_signs_when_put_back(void **state)
{
	uint64_t seed = 21;
	int below = 0, above = 0;

	(void)state;
	for (int i = 0; i < RANDOM_VAULTS; i++) {
		struct liquidation_price p;
		uint8_t asset;
		i128 at, beyond;
		u128 raw;

		world_random(&w, &seed);
		asset = (uint8_t)random_below(&seed, w.book.asset_count);
		if (liquidation_price_of(&p, &w.book, &w.vault, &w.market,
		    asset) != ERR_OK || !(p.has_below || p.has_above))
			continue;
		raw = px18_to_raw(p.has_below ? p.below : p.above);
		if (!excess_at(&at, asset, raw))
			continue;
		/* On the safe side of the crossing only the rounding of the
		 * asset's own legs is missing: under two units of 1e-18 USD
		 * held, under 1 + b owed. */
		assert_true(at >= -4);
		if (raw == U128_MAX || (p.has_below && raw == 0) ||
		    !excess_at(&beyond, asset,
		    p.has_below ? raw - 1 : raw + 1))
			continue;
		assert_true(beyond < 0);
		below += p.has_below;
		above += p.has_above;
	}
	assert_true(below > 1000);
	assert_true(above > 1000);
}

/* Held alone, the price is exact: one unit of value, or none. */
static void
liquidation_price_of__is_within_one_unit_of_one_leg(void **state)
{
	uint64_t seed = 22;
	int compared = 0;

	(void)state;
	for (int i = 0; i < RANDOM_VAULTS; i++) {
		struct liquidation_price p;
		i128 at;

		world_random(&w, &seed);
		if (w.vault.collateral_count == 0)
			continue;
		w.vault.collateral_count = 1;
		w.vault.debt_count = w.vault.debt_count > 1 ? 1 :
		    w.vault.debt_count;
		if (w.vault.debt_count == 0 ||
		    w.vault.debt[0].asset == w.vault.collateral[0].asset)
			continue;
		if (liquidation_price_of(&p, &w.book, &w.vault, &w.market,
		    w.vault.collateral[0].asset) != ERR_OK || !p.has_below)
			continue;
		if (!excess_at(&at, w.vault.collateral[0].asset,
		    px18_to_raw(p.below)))
			continue;
		assert_true(at >= -1);
		compared++;
	}
	assert_true(compared > 1000);
}

/* ---- the recorded closed forms ------------------------------------------ */

#define VECTOR_BYTES_MAX 65536u

static size_t
vectors_read(char *buf)
{
	const char *dir = getenv("MARGIND_VECTORS");
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/margind-model/closed_forms.json",
	    dir != NULL ? dir : "../shared/vectors");
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	len = fread(buf, 1, VECTOR_BYTES_MAX, f);
	fclose(f);
	return len;
}

/* One case: its kind and its numbers by key. */
struct vector {
	struct json_text kind;
	struct { struct json_text key, number; } field[8];
	size_t count;
};

static void
vector_read(struct json *j, struct vector *v)
{
	struct json_text key;

	memset(v, 0, sizeof(*v));
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "kind")) {
			json_read_string(j, &v->kind);
			continue;
		}
		assert_true(v->count < ARRAY_COUNT(v->field));
		v->field[v->count].key = key;
		json_read_number(j, &v->field[v->count++].number);
	}
}

static i128
vector_get(const struct vector *v, const char *key)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct json_text *t = &v->field[i].number;
		u128 n;

		if (!json_text_is(&v->field[i].key, key))
			continue;
		assert_int_equal(decimal_to_u128_round(&n, t->at, t->len, 18,
		    ROUND_FLOOR), ERR_OK);
		return (i128)n;
	}
	fail_msg("no field %s", key);
	return 0;
}

/* Relative 1e-12, as vectors/README.md says. */
static void
assert_near(i128 got, i128 want)
{
	i128 off = got > want ? got - want : want - got;

	assert_true(off <= want / 1000000000000 + 1);
}

static void
check_price_vector(const struct vector *v)
{
	uint8_t c, other, d;

	if (!json_text_is(&v->kind, "ratio collateral"))
		return;
	world_init(&w);
	c = world_asset(&w, 18, "1", "0", "0");
	other = world_asset(&w, 18, "1", "1", "1");
	d = world_asset(&w, 18, "1", "0", "0");
	w.book.assets[c].rules[0].liquidation_threshold =
	    ppb_from_raw((uint32_t)(vector_get(v, "LT") / 1000000000));
	world_hold(&w, c, "0");
	world_hold(&w, other, "0");
	world_owe(&w, d, "0");
	w.vault.collateral[0].amount = (u128)vector_get(v, "q");
	w.vault.collateral[1].amount = (u128)vector_get(v, "other");
	w.vault.debt[0].amount = (u128)vector_get(v, "debt");
	assert_near((i128)px18_to_raw(price_of(c).below),
	    vector_get(v, "expected"));
}

static void
check_size_vector(const struct vector *v)
{
	struct liquidation_size s;
	i128 lt = vector_get(v, "LT") / 1000000000;
	u128 held;

	/* Collateral at one USD, its amount such that it weighs W. */
	load("0", "1", "0", "0", "1");
	w.book.assets[0].rules[0].liquidation_threshold =
	    ppb_from_raw((uint32_t)lt);
	w.book.assets[0].rules[0].bonus =
	    ppb_from_raw((uint32_t)(vector_get(v, "bonus") / 1000000000));
	assert_int_equal(muldiv_u128(&held, (u128)vector_get(v, "W"),
	    PPB_ONE_RAW, (u128)lt, ROUND_CEIL), ERR_OK);
	w.vault.collateral[0].amount = held;
	w.vault.debt[0].amount =
	    (u128)vector_get(v, "D") / pow10_u128(12);
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    1, 0, wad_from_raw((u128)vector_get(v, "HF_target"))), ERR_OK);
	assert_near(usd18_to_raw(s.repay), vector_get(v, "expected"));
	assert_near((i128)wad_to_raw(s.health_after),
	    vector_get(v, "HF_target"));
}

static void
liquidation__agrees_with_the_recorded_closed_forms(void **state)
{
	static char text[VECTOR_BYTES_MAX];
	size_t len = vectors_read(text), prices = 0, sizes = 0;
	struct json_text key;
	struct vector v;
	struct json j;

	(void)state;
	if (len == 0) {
		printf("skipped: no recorded vectors\n");
		skip();
	}
	json_open(&j, text, len);
	json_enter_object(&j);
	while (json_next_key(&j, &key)) {
		bool is_price = json_text_is(&key, "liq");

		if (!is_price && !json_text_is(&key, "sizing")) {
			json_skip(&j);
			continue;
		}
		json_enter_array(&j);
		while (json_next_item(&j)) {
			vector_read(&j, &v);
			if (is_price) {
				check_price_vector(&v);
				prices += json_text_is(&v.kind,
				    "ratio collateral");
			} else {
				check_size_vector(&v);
				sizes++;
			}
		}
	}
	assert_int_equal(json_close(&j), ERR_OK);
	assert_true(prices > 0 && sizes > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(liquidation_price_of__is_the_closed_form),
		cmocka_unit_test(
		    liquidation_price_of__has_none_where_others_cover),
		cmocka_unit_test(
		    liquidation_price_of__nets_an_asset_on_both_sides),
		cmocka_unit_test(
		    liquidation_price_of__fails_without_a_leg_or_a_price),
		cmocka_unit_test(liquidation_price_of__uses_wide_products),
		cmocka_unit_test(liquidation_size_of__heals_to_the_target),
		cmocka_unit_test(
		    liquidation_size_of__is_nothing_at_the_target),
		cmocka_unit_test(
		    liquidation_size_of__is_capped_by_the_close_factor),
		cmocka_unit_test(liquidation_size_of__never_exceeds_the_debt),
		cmocka_unit_test(
		    liquidation_size_of__takes_all_where_dust_would_stay),
		cmocka_unit_test(
		    liquidation_size_of__closes_in_full_what_cannot_heal),
		cmocka_unit_test(
		    liquidation_size_of__closes_in_full_where_target_is_out_of_reach),
		cmocka_unit_test(
		    liquidation_size_of__counts_other_collateral_against_bad_debt),
		cmocka_unit_test(
		    liquidation_size_of__fails_without_a_leg_or_a_price),
		cmocka_unit_test(
		    liquidation_price_of__separates_the_signs_when_put_back),
		cmocka_unit_test(
		    liquidation_price_of__is_within_one_unit_of_one_leg),
		cmocka_unit_test(
		    liquidation__agrees_with_the_recorded_closed_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
