/* margin/action: the rule of post margin on both sides of each condition, and
 * what each action makes of a vault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/action.h"

#define UNIT ((i128)WAD_ONE_RAW)
enum { ETH, USDC, DAI, ASSETS };
enum { PERP, INVERSE, CALL, COIN_CALL, INSTRUMENTS };

static struct world w;
static struct instrument instruments[INSTRUMENTS];
static struct position positions[POSITIONS_MAX];
static size_t count;
static struct action_effect effect;

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static void
load(void)
{
	world_init(&w);
	world_asset(&w, 18, "2000", "0.8", "0.8");
	world_asset(&w, 6, "1", "0.9", "0.9");
	world_asset(&w, 18, "1", "0.9", "0.9");
	memset(instruments, 0, sizeof(instruments));
	memset(positions, 0, sizeof(positions));
	count = 0;
	w.book.instruments = instruments;
	w.book.instrument_count = INSTRUMENTS;
	for (size_t i = 0; i < INSTRUMENTS; i++)
		instruments[i].multiplier = num18_one();
	instruments[PERP].kind = instruments[INVERSE].kind = INSTRUMENT_PERP;
	instruments[INVERSE].is_inverse = true;
	instruments[CALL].kind = instruments[COIN_CALL].kind =
	    INSTRUMENT_OPTION;
	instruments[COIN_CALL].is_coin_settled = true;
}

static enum err
apply(struct action a)
{
	return action_apply(&w.vault, positions, &count, &effect, &w.book, &a);
}

static enum err
move(enum action_kind kind, uint8_t asset, const char *amount)
{
	return apply((struct action){ .kind = kind, .asset = asset,
	    .amount = (u128)world_number(amount,
	    w.book.assets[asset].decimals), .index = wad_one() });
}

static enum err
trade(uint16_t instrument, const char *size, const char *price)
{
	bool in_coin = instrument == INVERSE || instrument == COIN_CALL;
	uint8_t asset = in_coin ? ETH : USDC;

	return apply((struct action){ .kind = ACTION_TRADE, .asset = asset,
	    .index = wad_one(), .instrument = instrument, .size = num(size),
	    .price = px(price), .settle_price = px(in_coin ? "2000" : "1") });
}

static const char *
held(uint8_t asset)
{
	for (size_t i = 0; i < w.vault.collateral_count; i++)
		if (w.vault.collateral[i].asset == asset)
			return usd_text(usd18_from_raw((i128)(
			    w.vault.collateral[i].amount *
			    pow10_u128(18u - w.book.assets[asset].decimals))));
	return "none";
}

static const char *
owed(uint8_t asset)
{
	u128 atoms;

	for (size_t i = 0; i < w.vault.debt_count; i++) {
		if (w.vault.debt[i].asset != asset)
			continue;
		assert_int_equal(book_debt_atoms(&atoms, &w.book,
		    &w.vault.debt[i]),
		    ERR_OK);
		return usd_text(usd18_from_raw((i128)(atoms *
		    pow10_u128(18u - w.book.assets[asset].decimals))));
	}
	return "none";
}

/* ---- the rule ------------------------------------------------------------ */

static struct action_metrics
metrics(const char *im, const char *mm, const char *imr, const char *mmr)
{
	return (struct action_metrics){ usd(im), usd(mm), usd(imr), usd(mmr),
	    false };
}

static void
action_verdict__has_both_sides_of_each_condition(void **state)
{
	static const char tiny[] = "-0.000000000000000001";
	struct action_metrics before = metrics("-5", "10", "100", "50");
	static const struct {
		const char *im, *mm, *mmr;
		bool cash;
		enum action_reason reason;
	} table[] = {
		{ "0", "1", "60", true, ACTION_OK },
		{ tiny, "10", "50", false, ACTION_RISK_REDUCING },
		{ tiny, "10", "50", true, ACTION_CASH_OUT },
		{ tiny, "9.999999999999999999", "50", false,
		    ACTION_EXCESS_FALLS },
		{ tiny, "10", "50.000000000000000001", false,
		    ACTION_REQUIREMENT_RISES },
		{ "-50", "11", "49", false, ACTION_RISK_REDUCING },
		{ "-50", "9", "51", false, ACTION_EXCESS_FALLS },
		{ "-50", "9", "51", true, ACTION_CASH_OUT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct action_metrics after = metrics(table[i].im,
		    table[i].mm, "100", table[i].mmr);
		struct action_verdict v = action_verdict(&before, &after,
		    table[i].cash);

		assert_int_equal(v.reason, table[i].reason);
		assert_int_equal(v.is_accepted, i == 0 || i == 1 || i == 5);
		/* A price that is not OK refuses all. */
		after.is_unpriced = true;
		v = action_verdict(&before, &after, table[i].cash);
		assert_false(v.is_accepted);
		assert_int_equal(v.reason, ACTION_PRICE);
		before.is_unpriced = true;
		after.is_unpriced = false;
		assert_int_equal(action_verdict(&before, &after,
		    table[i].cash).reason, ACTION_PRICE);
		before.is_unpriced = false;
	}
	assert_string_equal(action_reason_name(ACTION_EXCESS_FALLS),
	    "EXCESS_FALLS");
}

static void
action_post_margin__is_equity_over_requirement(void **state)
{
	struct action_metrics m = metrics("50", "0", "100", "50");

	(void)state;
	assert_string_equal(wad_text(action_post_margin(&m)), "1.5");
	m = metrics("-150", "0", "100", "50");
	assert_string_equal(wad_text(action_post_margin(&m)), "0");
	m = metrics("200", "0", "3", "0");
	assert_string_equal(wad_text(action_post_margin(&m)),
	    "67.666666666666666666");
	/* No requirement: that of one USD. */
	m = metrics("250", "0", "0", "0");
	assert_string_equal(wad_text(action_post_margin(&m)), "250");
	m.imr = usd("0.5");
	assert_string_equal(wad_text(action_post_margin(&m)), "250.5");
	m.im_excess = usd18_from_raw(I128_MAX);
	assert_true(wad_to_raw(action_post_margin(&m)) == U128_MAX - 1);
}

/* ---- legs ---------------------------------------------------------------- */

static void
action_apply__moves_collateral(void **state)
{
	(void)state;
	load();
	assert_int_equal(move(ACTION_DEPOSIT, USDC, "10"), ERR_OK);
	assert_int_equal(move(ACTION_DEPOSIT, ETH, "1"), ERR_OK);
	assert_int_equal(move(ACTION_DEPOSIT, USDC, "5"), ERR_OK);
	assert_int_equal(w.vault.collateral_count, 2);
	assert_int_equal(w.vault.collateral[0].asset, ETH);
	assert_string_equal(held(USDC), "15");
	assert_int_equal(move(ACTION_WITHDRAW, USDC, "15.000001"), ERR_RANGE);
	assert_string_equal(held(USDC), "15");
	assert_int_equal(move(ACTION_WITHDRAW, USDC, "15"), ERR_OK);
	assert_string_equal(held(USDC), "none");
	assert_int_equal(move(ACTION_WITHDRAW, DAI, "1"), ERR_UNKNOWN);
	assert_int_equal(w.vault.collateral_count, 1);
	/* A lien's tokens lie elsewhere. */
	w.vault.collateral[0].lien = 1;
	assert_int_equal(move(ACTION_WITHDRAW, ETH, "1"), ERR_STATE);
	assert_int_equal(move(ACTION_DEPOSIT, ETH, "1"), ERR_STATE);
	assert_int_equal(apply((struct action){ .asset = ASSETS }),
	    ERR_UNKNOWN);
}

static void
action_apply__moves_debt_by_its_index(void **state)
{
	struct action a = { .kind = ACTION_BORROW, .asset = USDC,
	    .amount = 1000000, .index = ratio("1.3") };

	(void)state;
	load();
	assert_int_equal(apply(a), ERR_OK);
	/* ceil(1e6 / 1.3) shares owe ceil(769231 * 1.3) atoms */
	assert_int_equal(w.vault.debt[0].amount, 769231);
	assert_string_equal(owed(USDC), "1.000001");
	a.index = ratio("9");	/* the leg's own counts */
	assert_int_equal(apply(a), ERR_OK);
	assert_int_equal(w.vault.debt[0].amount, 2 * 769231);
	a.kind = ACTION_REPAY;
	a.amount = 1000000;
	assert_int_equal(apply(a), ERR_OK);
	assert_int_equal(w.vault.debt[0].amount, 769232);
	a.amount = 1000003;
	assert_int_equal(apply(a), ERR_RANGE);
	a.amount = 1000002;
	assert_int_equal(apply(a), ERR_OK);
	assert_int_equal(w.vault.debt_count, 0);
	assert_int_equal(apply(a), ERR_UNKNOWN);
	a.kind = ACTION_BORROW;
	a.index = wad_from_raw(0);
	assert_int_equal(apply(a), ERR_RANGE);
	assert_int_equal(w.vault.debt_count, 0);
}

static void
action_apply__has_room_for_so_many_legs(void **state)
{
	struct vault before;

	(void)state;
	load();
	for (unsigned i = ASSETS; i <= BOOK_LEGS_MAX; i++)
		world_asset(&w, 0, "1", "0.5", "0.5");
	for (uint8_t i = 0; i < BOOK_LEGS_MAX; i++) {
		assert_int_equal(move(ACTION_DEPOSIT, i, "1"), ERR_OK);
		assert_int_equal(move(ACTION_BORROW, i, "1"), ERR_OK);
	}
	before = w.vault;
	assert_int_equal(move(ACTION_DEPOSIT, BOOK_LEGS_MAX, "1"), ERR_LIMIT);
	assert_int_equal(move(ACTION_BORROW, BOOK_LEGS_MAX, "1"), ERR_LIMIT);
	assert_memory_equal(&before, &w.vault, sizeof(before));
	w.vault.collateral[3].amount = U128_MAX;
	assert_int_equal(move(ACTION_DEPOSIT, 3, "1"), ERR_RANGE);
}

/* ---- trades -------------------------------------------------------------- */

static void
action_apply__averages_and_realises_linear(void **state)
{
	(void)state;
	load();
	assert_int_equal(trade(PERP, "1", "2000"), ERR_OK);
	assert_int_equal(trade(PERP, "2", "2001"), ERR_OK);
	assert_string_equal(px_text(positions[0].entry),
	    "2000.666666666666666667");
	assert_true(usd18_is_zero(effect.realised));
	assert_int_equal(w.vault.collateral_count, 0);
	/* A third is closed: the entry stays. */
	positions[0].funding = usd("7");
	assert_int_equal(trade(PERP, "-1", "2010"), ERR_OK);
	assert_string_equal(usd_text(effect.realised),
	    "9.333333333333333333");
	assert_string_equal(held(USDC), "9.333333");
	assert_string_equal(px_text(positions[0].entry),
	    "2000.666666666666666667");
	/* Crossing zero: closed with its funding, opened at the price. */
	assert_int_equal(trade(PERP, "-5", "1990"), ERR_OK);
	assert_string_equal(usd_text(effect.realised),
	    "-28.333333333333333334");
	assert_string_equal(held(USDC), "none");
	assert_string_equal(owed(USDC), "19.000001");
	assert_true(num18_to_raw(positions[0].size) == -3 * UNIT);
	assert_string_equal(px_text(positions[0].entry), "1990");
	assert_true(usd18_is_zero(positions[0].funding));
	assert_int_equal(trade(PERP, "-1", "1991"), ERR_OK);
	assert_string_equal(px_text(positions[0].entry), "1990.25");
	assert_int_equal(trade(PERP, "-3", "1991"), ERR_OK);
	assert_string_equal(px_text(positions[0].entry),
	    "1990.571428571428571428");
	/* All of it: the position is gone. */
	assert_int_equal(trade(PERP, "7", "1990.571428571428571428"), ERR_OK);
	assert_int_equal(count, 0);
	assert_true(usd18_is_zero(effect.realised));
}

static void
action_apply__averages_and_realises_inverse(void **state)
{
	(void)state;
	load();
	assert_int_equal(trade(INVERSE, "1000", "2000"), ERR_OK);
	assert_int_equal(trade(INVERSE, "1000", "4000"), ERR_OK);
	/* the harmonic mean, up */
	assert_string_equal(px_text(positions[0].entry),
	    "2666.666666666666666667");
	/* 500 (1/2666.67 - 1/5000) */
	assert_int_equal(trade(INVERSE, "-500", "5000"), ERR_OK);
	assert_true(num18_to_raw(effect.realised_coin) ==
	    world_number("0.087499999999999999", 18));
	assert_string_equal(held(ETH), "0.087499999999999999");
	positions[0].funding = usd("0.01");
	assert_int_equal(trade(INVERSE, "-1500", "2000"), ERR_OK);
	assert_true(num18_to_raw(effect.realised_coin) ==
	    world_number("-0.197500000000000001", 18));
	assert_string_equal(held(ETH), "none");
	assert_string_equal(owed(ETH), "0.110000000000000002");
	assert_int_equal(count, 0);
	assert_int_equal(trade(INVERSE, "1", "0"), ERR_RANGE);
	assert_int_equal(trade(INVERSE, "-1000", "2000"), ERR_OK);
	assert_int_equal(trade(INVERSE, "-1000", "4000"), ERR_OK);
	assert_string_equal(px_text(positions[0].entry),
	    "2666.666666666666666666");
}

static void
action_apply__pays_for_options_in_full(void **state)
{
	(void)state;
	load();
	assert_int_equal(trade(CALL, "2", "150.25"), ERR_OK);
	assert_string_equal(usd_text(effect.realised), "-300.5");
	assert_string_equal(owed(USDC), "300.5");
	assert_int_equal(trade(CALL, "-3", "100"), ERR_OK);
	assert_string_equal(usd_text(effect.realised), "300");
	assert_string_equal(held(USDC), "300");
	assert_true(num18_to_raw(positions[0].size) == -UNIT);
	assert_int_equal(trade(COIN_CALL, "1", "500"), ERR_OK);
	assert_true(usd18_is_zero(effect.realised));
	assert_true(num18_to_raw(effect.realised_coin) == -UNIT / 4);
	assert_string_equal(owed(ETH), "0.25");
	assert_int_equal(count, 2);
	assert_int_equal(positions[0].instrument, CALL);
	/* Before it, by number. */
	assert_int_equal(trade(PERP, "1", "500"), ERR_OK);
	assert_int_equal(positions[0].instrument, PERP);
	assert_int_equal(positions[2].instrument, COIN_CALL);
}

static void
action_apply__fails_without_touching_the_account(void **state)
{
	struct vault before;
	struct action_effect effect_before;

	(void)state;
	load();
	world_hold(&w, USDC, "100");
	effect.realised = usd("77");
	effect_before = effect;
	before = w.vault;
	assert_int_equal(trade(INSTRUMENTS, "1", "1"), ERR_UNKNOWN);
	assert_int_equal(trade(PERP, "0", "1"), ERR_RANGE);
	assert_int_equal(trade(CALL, "170141183460469231731", "1000000000"),
	    ERR_RANGE);
	count = POSITIONS_MAX;
	for (size_t i = 0; i < count; i++)
		positions[i].instrument = (uint16_t)(1000 + i);
	assert_int_equal(trade(CALL, "1", "10"), ERR_LIMIT);
	assert_int_equal(count, POSITIONS_MAX);
	assert_int_equal(positions[0].instrument, 1000);
	assert_memory_equal(&before, &w.vault, sizeof(before));
	assert_memory_equal(&effect, &effect_before, sizeof(effect));
	/* A loss out of what lies under a lien. */
	load();
	world_hold(&w, USDC, "100");
	w.vault.collateral[0].lien = 1;
	assert_int_equal(trade(CALL, "1", "10"), ERR_STATE);
	assert_int_equal(count, 0);
}

static void
action_is_cash_out__is_withdrawing_and_borrowing(void **state)
{
	(void)state;
	for (enum action_kind k = ACTION_DEPOSIT; k <= ACTION_TRADE; k++) {
		struct action a = { .kind = k };

		assert_int_equal(action_is_cash_out(&a),
		    k == ACTION_WITHDRAW || k == ACTION_BORROW);
	}
}

/* ---- averages against the account ---------------------------------------- */

/* In pieces, the money out is never more than the exact one, and less by at
 * most a unit a step and contract. */
static void
check_pieces(uint64_t *seed, bool inverse)
{
	struct instrument in = { .kind = INSTRUMENT_PERP,
	    .is_inverse = inverse, .multiplier = num18_one() };
	struct position p = { .instrument = 0 };
	struct action_effect e = { usd18_zero(), num18_zero() };
	/* exact: sums of size * price, in 1e-18, over whole contracts */
	i128 cash = 0, paid = 0, size = 0;

	for (int i = 0; i < 12; i++) {
		int q = (int)random_below(seed, 11) - 5;
		uint64_t price = 1000 + random_below(seed, 1000);
		struct action a = { .kind = ACTION_TRADE,
		    .size = num18_from_raw((i128)q * UNIT),
		    .price = px18_from_raw(price * (u128)UNIT) };

		if (i == 11)
			a.size = num18_from_raw(-size);
		if (num18_is_zero(a.size))
			continue;
		assert_int_equal(action_fill(&p, &e, &in, &a), ERR_OK);
		size += num18_to_raw(a.size);
		cash -= num18_to_raw(a.size) * (i128)price;
		paid += num18_to_raw(a.size) / (i128)price;
		assert_true(num18_to_raw(p.size) == size);
	}
	if (size != 0)
		return;
	if (!inverse) {
		assert_true(usd18_to_raw(e.realised) <= cash);
		assert_true(usd18_to_raw(e.realised) >= cash - 500);
	} else {
		assert_true(num18_to_raw(e.realised_coin) <= paid + 12);
		assert_true(num18_to_raw(e.realised_coin) >= paid - 500);
	}
}

static void
action_fill__never_errs_in_the_accounts_favour(void **state)
{
	uint64_t seed = 12;

	(void)state;
	for (int i = 0; i < 20000; i++)
		check_pieces(&seed, i % 2 == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    action_verdict__has_both_sides_of_each_condition),
		cmocka_unit_test(
		    action_post_margin__is_equity_over_requirement),
		cmocka_unit_test(action_apply__moves_collateral),
		cmocka_unit_test(action_apply__moves_debt_by_its_index),
		cmocka_unit_test(action_apply__has_room_for_so_many_legs),
		cmocka_unit_test(action_apply__averages_and_realises_linear),
		cmocka_unit_test(action_apply__averages_and_realises_inverse),
		cmocka_unit_test(action_apply__pays_for_options_in_full),
		cmocka_unit_test(
		    action_apply__fails_without_touching_the_account),
		cmocka_unit_test(
		    action_is_cash_out__is_withdrawing_and_borrowing),
		cmocka_unit_test(
		    action_fill__never_errs_in_the_accounts_favour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
