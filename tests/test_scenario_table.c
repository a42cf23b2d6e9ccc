/* The instrument x scenario table and the vault step: the same bits from a
 * dumb reference, the plain loops, the vector form and scenario_evaluate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/option.h"
#include "margin/scenario_vaults.h"
#include "tests/margin_world.h"

#define ROWS 48u
#define VAULTS 64u
#define POSITIONS 12u
#define WORLDS 60

static struct scenario_rules rules;
static struct scenario_table table;
static struct scenario_expiry expiry[4];
static struct scenario_option option[ROWS];
static struct px18 linear[ROWS];	/* where no option */
static bool is_linear[ROWS];
static int64_t value[ROWS * 128] __attribute__((aligned(64)));
static uint8_t row_group[ROWS];
static uint32_t first[VAULTS + 1], row[VAULTS * POSITIONS];
static int64_t amount[VAULTS * POSITIONS];
static struct scenario_vaults vaults = { VAULTS, first, row, amount };

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct num18
num_between(uint64_t *seed, i128 low, i128 high)
{
	return num18_from_raw(low + (i128)random_below(seed,
	    (uint64_t)((high - low) / 1000000)) * 1000000);
}

static struct px18
price_times(struct px18 p, struct num18 x)
{
	struct px18 out;

	assert_int_equal(px18_mul_num(&out, p, x, ROUND_FLOOR), ERR_OK);
	return out;
}

static void
random_expiries(uint64_t *seed, struct px18 spot)
{
	for (unsigned i = 0; i < ARRAY_COUNT(expiry); i++) {
		uint64_t seconds = random_below(seed, 20000000) + 1;
		struct px18 f = price_times(spot, num_between(seed,
		    900000000000000000, 1100000000000000000));

		if (random_one_in(seed, 8))
			seconds = 0;
		expiry[i] = (struct scenario_expiry){
			.seconds = seconds, .tau = option_tau(seconds * 1000),
			.forward_variable = seconds > 0 ? f : px("0"),
			.forward_fixed = seconds > 0 ? px("0") : f,
			.rate = num_between(seed, -100000000000000000,
			    300000000000000000),
			.confidence = num18_one(),
		};
	}
}

static void
random_shocks(uint64_t *seed)
{
	scenario_rules_default(&rules);
	if (random_one_in(seed, 2))
		return;
	rules.shock_count = (uint32_t)random_below(seed,
	    random_one_in(seed, 3) ? 60 : 20) + 1;
	for (uint32_t i = 0; i < rules.shock_count; i++)
		rules.shock[i] = (struct scenario_shock){
			num_between(seed, 0, 4000000000000000000),
			(enum scenario_vol)random_below(seed, 5),
			random_one_in(seed, 2) ? num18_one() : num_between(
			    seed, 0, random_one_in(seed, 5) ?
			    num18_to_raw(num("15")) : 1000000000000000000),
		};
}

/* No discounts, no basis contingency, no skews; some of them damped. */
static void
rules_flatten(uint64_t *seed)
{
	bool is_damped = random_one_in(seed, 3);

	rules.margin.long_base_static_discount = num18_one();
	rules.margin.short_base_static_discount = num18_one();
	rules.margin.long_rate_mult_scale = num18_zero();
	rules.margin.long_rate_add_scale = num18_zero();
	rules.margin.short_rate_mult_scale = num18_zero();
	rules.margin.short_rate_add_scale = num18_zero();
	rules.basis.basis_cont_add_factor = num18_zero();
	rules.basis.basis_cont_mult_factor = num18_zero();
	for (uint32_t i = 0; i < rules.shock_count; i++) {
		struct scenario_shock *k = &rules.shock[i];

		if (k->vol >= SCENARIO_VOL_LINEAR)
			k->vol = SCENARIO_VOL_UP;
		if (!is_damped)
			k->dampening = num18_one();
	}
}

static void
random_rows(uint64_t *seed, struct px18 spot, unsigned bits)
{
	struct scenario_columns c;

	assert_int_equal(scenario_columns_of(&c, &rules, num18_one()),
	    ERR_OK);
	assert_int_equal(scenario_table_init(&table, &rules, num18_one(),
	    expiry, ARRAY_COUNT(expiry), scenario_decimals_for(price_times(
	    spot, num("4")), &c, bits), bits, value, row_group, ROWS), ERR_OK);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct px18 near = price_times(spot, num_between(seed,
		    300000000000000000, 2500000000000000000));

		is_linear[i] = i >= ROWS - 6;
		option[i] = (struct scenario_option){
			.expiry = i * 4 / ROWS, .strike = near,
			.is_call = random_one_in(seed, 2),
			.vol = num_between(seed, 0, 1500000000000000000),
			.confidence = num18_one(),
		};
		linear[i] = near;
		if (is_linear[i])
			assert_int_equal(scenario_table_put_linear(&table, i,
			    near, px("0")), ERR_OK);
		else
			assert_int_equal(scenario_table_put_option(&table, i,
			    &option[i]), ERR_OK);
	}
}

static void
random_vaults(uint64_t *seed)
{
	uint32_t p = 0;

	for (uint32_t v = 0; v < VAULTS; v++) {
		uint32_t at = 0, end;

		first[v] = p;
		end = p + (uint32_t)random_below(seed, POSITIONS + 1);
		while (p < end && at < ROWS) {
			at += (uint32_t)random_below(seed, 12);
			if (at >= ROWS)
				break;
			row[p] = at++;
			amount[p] = 16 * ((int64_t)random_below(seed,
			    random_one_in(seed, 2) ? 3 : 2000000000000) -
			    (random_one_in(seed, 2) ? 1 : 1000000000000));
			p++;
		}
	}
	first[VAULTS] = p;
}

static void
random_world_of(uint64_t *seed, unsigned bits, bool is_flat)
{
	static const char *const spots[] = { "60000", "2500", "0.00001",
	    "1", "0.000000000001" };
	struct px18 spot = px(spots[random_below(seed, 5)]);

	random_shocks(seed);
	if (is_flat)
		rules_flatten(seed);
	random_expiries(seed, spot);
	random_rows(seed, spot, bits);
	assert_int_equal(scenario_table_is_flat(&table), is_flat);
	random_vaults(seed);
}

static void
random_world(uint64_t *seed, unsigned bits)
{
	random_world_of(seed, bits, false);
}

/* ---- the dumb reference ------------------------------------------------- */

static i128
times(i128 a, i128 b, unsigned shift, enum rounding r)
{
	i128 out;

	assert_int_equal(muldiv_i128(&out, a, b, (i128)1 << shift, r), ERR_OK);
	return out;
}

static i128
sum_of(uint32_t v, uint8_t group, uint32_t column)
{
	i128 sum = 0;

	for (uint32_t p = first[v]; p < first[v + 1]; p++)
		if (row_group[row[p]] == group)
			sum += (i128)amount[p] / 16 * value[row[p] *
			    table.stride + column];
	return sum;
}

static i128
pnl_of(uint32_t v, uint32_t column)
{
	const struct scenario_column *c = &table.columns.column[column];
	i128 pnl = 0;

	for (uint8_t g = 0; g < table.group_count; g++) {
		i128 m = sum_of(v, g, column), x;
		const struct scenario_group *k = &table.group[g];

		x = times(m, (i128)(m < 0 ? k->discount_short :
		    k->discount_long), 48, ROUND_FLOOR) -
		    sum_of(v, g, table.columns.base);
		if (!k->is_linear && (c->vol == SCENARIO_VOL_LINEAR ||
		    c->vol == SCENARIO_VOL_ABS) && x > 0)
			x = -x;
		pnl += x;
	}
	return times(pnl, (i128)c->dampening, 52, ROUND_FLOOR);
}

static i128
basis_of(uint32_t v)
{
	i128 basis = 0;

	for (uint8_t g = 0; g < table.group_count; g++) {
		i128 now = sum_of(v, g, table.columns.base);
		i128 up = sum_of(v, g, table.columns.up) - now;
		i128 down = sum_of(v, g, table.columns.down) - now;
		i128 least = up < down ? up : down;

		basis += times(least < 0 ? least : 0,
		    (i128)table.group[g].basis_factor, 40, ROUND_FLOOR);
	}
	return basis;
}

static struct usd18
reference_loss(uint8_t *worst, uint32_t v)
{
	unsigned c = table.decimals + SCENARIO_AMOUNT_DECIMALS;
	i128 least = basis_of(v), loss;

	*worst = (uint8_t)rules.shock_count;
	for (uint32_t s = 0; s < rules.shock_count; s++) {
		i128 pnl = pnl_of(v, table.columns.of_shock[s]);

		if (pnl < least) {
			least = pnl;
			*worst = (uint8_t)s;
		}
	}
	assert_int_equal(muldiv_i128(&loss, -least, (i128)WAD_ONE_RAW,
	    (i128)pow10_u128(c), ROUND_CEIL), ERR_OK);
	return usd18_from_raw(loss);
}

/* ---- against each other ------------------------------------------------- */

static void
compare_all(unsigned amount_bits)
{
	const struct scenario_which all = { NULL, 0, VAULTS };
	struct usd18 plain[VAULTS], wide[VAULTS];
	uint8_t worst[VAULTS], worst_wide[VAULTS], at;

	assert_int_equal(scenario_vaults_check(&vaults, &table, amount_bits),
	    ERR_OK);
	assert_int_equal(scenario_vaults_worst_portable(plain, worst, &vaults,
	    &table, &all), ERR_OK);
	assert_int_equal(scenario_vaults_worst(wide, worst_wide, &vaults,
	    &table, 0, VAULTS, amount_bits), ERR_OK);
	for (uint32_t v = 0; v < VAULTS; v++) {
		struct usd18 expected = reference_loss(&at, v);

		if (usd18_compare(plain[v], expected) != 0)
			fail_msg("vault %u: %s", v, usd_text(plain[v]));
		assert_int_equal(worst[v], at);
		assert_int_equal(usd18_compare(wide[v], plain[v]), 0);
		assert_int_equal(worst_wide[v], at);
	}
}

static void
scenario_vaults_worst__matches_the_reference(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		random_world(&seed, SCENARIO_VALUE_BITS_SIMD);
		compare_all(SCENARIO_AMOUNT_BITS_SIMD);
		random_world(&seed, SCENARIO_VALUE_BITS);
		compare_all(SCENARIO_AMOUNT_BITS);
	}
}

static void
scenario_vaults_worst__matches_the_reference_of_a_flat_table(void **state)
{
	uint64_t seed = 8;

	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		random_world_of(&seed, SCENARIO_VALUE_BITS_SIMD, true);
		compare_all(SCENARIO_AMOUNT_BITS_SIMD);
		random_world_of(&seed, SCENARIO_VALUE_BITS, true);
		compare_all(SCENARIO_AMOUNT_BITS);
	}
}

/* One discount, contingency or skew, and the table is flat no more. */
static void
scenario_table_is_flat__asks_every_group_and_scenario(void **state)
{
	uint64_t seed = 9;

	(void)state;
	random_world_of(&seed, SCENARIO_VALUE_BITS, true);
	assert_true(scenario_table_is_flat(&table));
	table.group[3].discount_long--;
	assert_false(scenario_table_is_flat(&table));
	table.group[3].discount_long++;
	table.group[0].discount_short++;
	assert_false(scenario_table_is_flat(&table));
	table.group[0].discount_short--;
	table.group[1].basis_factor = 1;
	assert_false(scenario_table_is_flat(&table));
	table.group[1].basis_factor = 0;
	table.columns.column[table.columns.loss_count - 1].vol =
	    SCENARIO_VOL_LINEAR;
	assert_false(scenario_table_is_flat(&table));
	table.columns.column[table.columns.loss_count - 1].vol =
	    SCENARIO_VOL_UP;
	assert_true(scenario_table_is_flat(&table));
}

/* The vault as a unit of its own; a row of the linear group is a perpetual. */
static void
evaluate_vault(struct scenario_result *out, uint32_t v)
{
	struct scenario_option own[POSITIONS];
	struct scenario_linear perp[POSITIONS];
	struct scenario_unit u = {
		.spot = px("1"), .stable = px("1"), .beta = num18_one(),
		.spot_confidence = num18_one(), .expiry = expiry,
		.expiry_count = ARRAY_COUNT(expiry), .option = own,
		.linear = perp, .decimals = table.decimals,
	};

	for (uint32_t p = first[v]; p < first[v + 1]; p++) {
		struct num18 a = num18_from_raw((i128)amount[p] / 16 *
		    (i128)pow10_u128(10));

		if (is_linear[row[p]]) {
			perp[u.linear_count++] = (struct scenario_linear){
				.expiry = SCENARIO_NO_EXPIRY, .amount = a,
				.price = linear[row[p]],
				.confidence = num18_one(),
			};
		} else {
			own[u.option_count] = option[row[p]];
			own[u.option_count++].amount = a;
		}
	}
	assert_int_equal(scenario_evaluate(out, &u, &rules), ERR_OK);
}

static void
scenario_vaults_worst__is_what_evaluate_says(void **state)
{
	struct usd18 loss[VAULTS];
	uint8_t worst[VAULTS];
	uint64_t seed = 11;

	(void)state;
	for (int i = 0; i < WORLDS / 10; i++) {
		random_world(&seed, SCENARIO_VALUE_BITS);
		assert_int_equal(scenario_vaults_worst(loss, worst, &vaults,
		    &table, 0, VAULTS, SCENARIO_AMOUNT_BITS), ERR_OK);
		for (uint32_t v = 0; v < VAULTS; v++) {
			struct scenario_result r;

			evaluate_vault(&r, v);
			assert_int_equal(usd18_compare(r.loss, loss[v]), 0);
			/* Losses that differ beyond the 18th decimal are
			 * equal in a result. */
			if (r.worst != worst[v])
				assert_int_equal(worst[v] == r.pnl_count ?
				    usd18_compare(r.basis, r.pnl[r.worst]) :
				    r.worst == r.pnl_count ? usd18_compare(
				    r.basis, r.pnl[worst[v]]) : usd18_compare(
				    r.pnl[worst[v]], r.pnl[r.worst]), 0);
		}
	}
}

static void
scenario_table_put_option__refreshes_one_row(void **state)
{
	int64_t before[ROWS * 128];
	uint64_t seed = 3;
	struct scenario_expiry moved;

	(void)state;
	random_world(&seed, SCENARIO_VALUE_BITS);
	memcpy(before, value, sizeof(before));
	option[5].vol = num("0.9");
	assert_int_equal(scenario_table_put_option(&table, 5, &option[5]),
	    ERR_OK);
	for (uint32_t i = 0; i < ROWS; i++)
		assert_int_equal(memcmp(&before[i * table.stride],
		    &value[i * table.stride], table.stride *
		    sizeof(value[0])) != 0, i == 5);
	/* A new forward changes nothing until its options are put again. */
	moved = expiry[0];
	moved.forward_variable = price_times(moved.forward_variable,
	    num("1.01"));
	memcpy(before, value, sizeof(before));
	assert_int_equal(scenario_table_set_expiry(&table, 0, &moved), ERR_OK);
	assert_memory_equal(before, value, sizeof(before));
}

static void
scenario_table_put__leaves_the_row_on_failure(void **state)
{
	int64_t before[ROWS * 128];
	uint64_t seed = 3;
	struct scenario_option o;

	(void)state;
	random_world(&seed, SCENARIO_VALUE_BITS);
	memcpy(before, value, sizeof(before));
	o = option[0];
	assert_int_equal(scenario_table_put_option(&table, ROWS, &o),
	    ERR_LIMIT);
	o.expiry = ARRAY_COUNT(expiry);
	assert_int_equal(scenario_table_put_option(&table, 0, &o),
	    ERR_UNKNOWN);
	o.expiry = UINT32_MAX;
	assert_int_equal(scenario_table_put_option(&table, 0, &o),
	    ERR_UNKNOWN);
	o = option[0];
	o.vol = num("-0.1");
	assert_int_equal(scenario_table_put_option(&table, 0, &o), ERR_RANGE);
	assert_int_equal(scenario_table_put_linear(&table, 0,
	    px("1000000000000"), px("0")), ERR_RANGE);
	assert_int_equal(scenario_table_put_linear(&table, ROWS, px("1"),
	    px("0")), ERR_LIMIT);
	assert_memory_equal(before, value, sizeof(before));
}

/* x * 2^places / 10^18 less the given number, in units of the latter. */
static i128
excess_of(struct num18 x, uint64_t binary, unsigned places)
{
	return (i128)binary - times(num18_to_raw(x), (i128)1 << places, 0,
	    ROUND_FLOOR) / (i128)WAD_ONE_RAW;
}

static void
scenario_slice_of__discounts_against_the_account(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct scenario_slice s;

		scenario_rules_default(&rules);
		random_expiries(&seed, px("2000"));
		assert_int_equal(scenario_columns_of(&table.columns, &rules,
		    num18_one()), ERR_OK);
		assert_int_equal(scenario_slice_of(&s, &expiry[0],
		    &table.columns, &rules), ERR_OK);
		/* Exact only where both are one. */
		assert_int_equal(excess_of(s.shocks.discount_long,
		    s.group.discount_long, 48), 0);
		assert_int_equal(excess_of(s.shocks.discount_short,
		    s.group.discount_short, 48), num18_compare(
		    s.shocks.discount_short, num18_one()) != 0);
		assert_int_equal(excess_of(s.shocks.basis_factor,
		    s.group.basis_factor, 40), expiry[0].seconds != 0);
	}
}

static void
scenario_decimals_for__leaves_room_for_a_doubling(void **state)
{
	struct scenario_columns c;

	(void)state;
	scenario_rules_default(&rules);
	assert_int_equal(scenario_columns_of(&c, &rules, num18_one()), ERR_OK);
	assert_int_equal(c.count, 31);
	assert_int_equal(c.loss_count, 31);
	/* 4 * 60,000 * 2 = 480,000; 2^60 is 1.15e18, 2^51 is 2.25e15. */
	assert_int_equal(scenario_decimals_for(px("60000"), &c, 60), 12);
	assert_int_equal(scenario_decimals_for(px("60000"), &c, 51), 9);
	assert_int_equal(scenario_decimals_for(px("0.0001"), &c, 60), 18);
	assert_int_equal(scenario_decimals_for(px18_from_raw(U128_MAX), &c,
	    60), 0);
}

static void
scenario_row_linear__rounds_to_nearest(void **state)
{
	struct scenario_columns c;
	int64_t r[SCENARIO_COLUMNS_MAX];

	(void)state;
	scenario_rules_default(&rules);
	assert_int_equal(scenario_columns_of(&c, &rules, num18_one()), ERR_OK);
	assert_int_equal(scenario_row_linear(r, px("0.0000000000015"),
	    px("0"), &c, 12, 60), ERR_OK);
	assert_int_equal(r[c.base], 2);
	assert_int_equal(scenario_row_linear(r, px("0.000000000001499999"),
	    px("1"), &c, 12, 60), ERR_OK);
	assert_int_equal(r[c.base], INT64_C(1000000000001));
	/* 2^60 - 1 fits, 2^60 does not; the tail moves it fourfold. */
	assert_int_equal(scenario_row_linear(r, px("0"),
	    px("1152921.504606846975"), &c, 12, 60), ERR_OK);
	assert_int_equal(scenario_row_linear(r, px("0"),
	    px("1152921.504606846976"), &c, 12, 60), ERR_RANGE);
	assert_int_equal(scenario_row_linear(r, px("288230.376151711744"),
	    px("0"), &c, 12, 60), ERR_RANGE);
}

static void
scenario_amount_pack__is_exact_or_fails(void **state)
{
	int64_t out = 5;

	(void)state;
	assert_int_equal(scenario_amount_pack(&out, num("-1.00000001")),
	    ERR_OK);
	assert_int_equal(out, -INT64_C(1600000016));
	assert_int_equal(scenario_amount_pack(&out, num("0.000000001")),
	    ERR_RANGE);
	/* 2^59 / 16 / 10^8 */
	assert_int_equal(scenario_amount_pack(&out, num("360287970.18963967")),
	    ERR_OK);
	out = 5;
	assert_int_equal(scenario_amount_pack(&out, num("360287970.18963968")),
	    ERR_RANGE);
	assert_int_equal(scenario_amount_pack(&out,
	    num("-360287970.18963968")), ERR_RANGE);
	assert_int_equal(out, 5);
}

static void
scenario_vaults_check__names_what_is_wrong(void **state)
{
	uint32_t begin[] = { 0, 2 }, rows[] = { 40, 3 };
	int64_t amounts[] = { 16, 32 };
	struct scenario_vaults v = { 1, begin, rows, amounts };
	uint64_t seed = 3;

	(void)state;
	random_world(&seed, SCENARIO_VALUE_BITS_SIMD);
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_SYNTAX);
	rows[1] = ROWS;
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_UNKNOWN);
	rows[1] = ROWS - 1;
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_OK);
	amounts[0] = -((INT64_C(1) << 51) - 32);
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_RANGE);
	amounts[1] = 16;
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_OK);
	amounts[1] = 15;
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_RANGE);
	begin[1] = 300;
	assert_int_equal(scenario_vaults_check(&v, &table, 51), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenario_vaults_worst__matches_the_reference),
		cmocka_unit_test(
		    scenario_vaults_worst__matches_the_reference_of_a_flat_table),
		cmocka_unit_test(
		    scenario_table_is_flat__asks_every_group_and_scenario),
		cmocka_unit_test(scenario_vaults_worst__is_what_evaluate_says),
		cmocka_unit_test(scenario_table_put_option__refreshes_one_row),
		cmocka_unit_test(
		    scenario_table_put__leaves_the_row_on_failure),
		cmocka_unit_test(
		    scenario_slice_of__discounts_against_the_account),
		cmocka_unit_test(
		    scenario_decimals_for__leaves_room_for_a_doubling),
		cmocka_unit_test(scenario_row_linear__rounds_to_nearest),
		cmocka_unit_test(scenario_amount_pack__is_exact_or_fails),
		cmocka_unit_test(scenario_vaults_check__names_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
