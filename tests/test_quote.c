/* What contracts answer for prices and rates, word by word: what is asked, what
 * is read, and each reason to refuse on both sides of its limit. */
#include "contracts-abi/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "contracts-abi/abi.h"
#include "contracts-abi/clearing.h"
#include "contracts-abi/tick_price.h"

#define BLOCK_S UINT64_C(1700000000)
#define E18 WAD_ONE_RAW

static struct quote_work work;
static struct quote quote;

static struct quote_source
source_of(enum quote_kind kind)
{
	struct quote_source s = { .kind = kind, .has_contract = true,
		.contract = { { 1, 2, 3 } }, .window_s = 1800,
		.observations_min = 3,
		.confidence_max = ppb_from_raw(100000000) };

	return s;
}

/* An answer of signed words. */
static void
answer(size_t call, const i128 *words, size_t count)
{
	struct quote_call *c = &work.call[call];
	struct abi_writer w;

	assert_true(call < work.call_count);
	abi_write_open(&w, c->answer, sizeof(c->answer));
	for (size_t i = 0; i < count; i++)
		abi_put_i128(&w, words[i]);
	c->answer_len = w.len;
	c->was_answered = true;
}
#define ANSWER(call, ...) answer(call, (const i128[]){ __VA_ARGS__ }, \
	sizeof((const i128[]){ __VA_ARGS__ }) / sizeof(i128))

static void
assert_asks(size_t call, const char *signature)
{
	uint8_t want[4];

	selector_of(want, signature);
	assert_true(call < work.call_count);
	assert_memory_equal(work.call[call].data, want, 4);
}

static void
assert_quote(u128 value, uint64_t time_ms)
{
	assert_true(quote.value == value);
	assert_true(quote.time_ms == time_ms);
}

static void
untouched(void)
{
	quote = (struct quote){ 77, 77 };
}

static void
quote_take__reads_an_aggregator(void **state)
{
	struct quote_source s = source_of(QUOTE_AGGREGATOR);

	(void)state;
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	assert_int_equal(work.call_count, 3);
	assert_asks(0, "latestRoundData()");
	assert_asks(1, "decimals()");
	assert_asks(2, "aggregator()");
	assert_memory_equal(work.call[0].to.b, s.contract.b, 20);
	assert_int_equal(work.call[0].data_len, 4);
	ANSWER(0, 5, 200012345678, 1, BLOCK_S - 60, 5);
	ANSWER(1, 8);
	assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
	assert_quote((u128)200012345678 * 10000000000u,
	    (BLOCK_S - 60) * 1000);
	quote_ask(&work);
	assert_int_equal(work.call_count, 0);
}

static void
quote_take__refuses_an_aggregator_by_name(void **state)
{
	static const struct {
		i128 round, answer, updated, answered_in, decimals;
		enum quote_refusal want;
	} cases[] = {
		{ 5, 1, BLOCK_S, 5, 18, QUOTE_OK },
		{ 5, 0, BLOCK_S, 5, 18, QUOTE_NOT_POSITIVE },
		{ 5, -1, BLOCK_S, 5, 18, QUOTE_NOT_POSITIVE },
		{ 5, 1, BLOCK_S, 4, 18, QUOTE_OLD_ROUND },
		{ 5, 1, BLOCK_S, 6, 18, QUOTE_OK },
		{ 5, 1, 0, 5, 18, QUOTE_UNTIMED },
		{ 5, 1, 1, 5, 18, QUOTE_OK },
		{ 5, 1, BLOCK_S + 1, 5, 18, QUOTE_FUTURE },
		{ 5, 9, BLOCK_S, 5, 19, QUOTE_RANGE },
		{ 5, 10, BLOCK_S, 5, 19, QUOTE_OK },
		{ 5, 1000000000000, BLOCK_S, 5, 30, QUOTE_OK },
		{ 5, 1000000000000, BLOCK_S, 5, 31, QUOTE_DECIMALS },
		{ 5, 1, BLOCK_S, 5, 256, QUOTE_MALFORMED },
		{ 5, I128_MAX, BLOCK_S, 5, 17, QUOTE_RANGE },
		{ 5, I128_MAX, BLOCK_S, 5, 18, QUOTE_OK },
		{ -1, 1, BLOCK_S, 5, 18, QUOTE_MALFORMED },
		{ (i128)1 << 80, 1, BLOCK_S, 5, 18, QUOTE_MALFORMED },
		{ 5, 1, -1, 5, 18, QUOTE_RANGE },
	};
	struct quote_source s = source_of(QUOTE_AGGREGATOR);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		untouched();
		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		ANSWER(0, cases[i].round, cases[i].answer, 0,
		    cases[i].updated, cases[i].answered_in);
		ANSWER(1, cases[i].decimals);
		assert_int_equal(quote_take(&quote, &work), cases[i].want);
		if (cases[i].want != QUOTE_OK)
			assert_quote(77, 77);
	}
}

/* R10: a feed that cannot say less says its least. */
static void
quote_take__refuses_an_answer_at_a_bound(void **state)
{
	static const struct {
		i128 answer, least, most;
		enum quote_refusal want;
	} cases[] = {
		{ 10700001, 10700000, 100000000000, QUOTE_OK },
		{ 10700000, 10700000, 100000000000, QUOTE_BOUND },
		{ 10699999, 10700000, 100000000000, QUOTE_BOUND },
		{ 99999999999, 1, 100000000000, QUOTE_OK },
		{ 100000000000, 1, 100000000000, QUOTE_BOUND },
	};
	struct quote_source s = source_of(QUOTE_AGGREGATOR);

	(void)state;
	/* Both bounds told, then none of them: by a revert, by nonsense. */
	for (unsigned told = 0; told < 3; told++)
		for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
			enum quote_refusal want = told == 0 ? cases[i].want :
			    QUOTE_OK;

			untouched();
			quote_begin(&work, &s, BLOCK_S);
			quote_ask(&work);
			ANSWER(0, 5, cases[i].answer, 0, BLOCK_S, 5);
			ANSWER(1, 8);
			ANSWER(2, 0xabcd);
			assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
			assert_quote(77, 77);
			quote_ask(&work);
			assert_int_equal(work.call_count, 2);
			assert_asks(0, "minAnswer()");
			assert_asks(1, "maxAnswer()");
			assert_int_equal(work.call[1].to.b[19], 0xcd);
			if (told == 0) {
				ANSWER(0, cases[i].least);
				ANSWER(1, cases[i].most);
			} else if (told == 2) {
				ANSWER(0, 1, 2);
				ANSWER(1, 1, 2);
			}
			assert_int_equal(quote_take(&quote, &work), want);
			assert_true(quote.value == (want == QUOTE_OK ?
			    (u128)cases[i].answer * 10000000000u : 77));
			quote_ask(&work);
			assert_int_equal(work.call_count, 0);
		}
}

static void
quote_take__refuses_what_is_no_answer(void **state)
{
	static const struct {
		enum quote_kind kind;
		size_t words;	/* of the first answer, where it is whole */
	} cases[] = {
		{ QUOTE_AGGREGATOR, 5 }, { QUOTE_PYTH, 4 },
		{ QUOTE_WSTETH, 1 }, { QUOTE_RETH, 1 }, { QUOTE_CBETH, 1 },
		{ QUOTE_POOL, 7 }, { QUOTE_ERC4626, 1 },
	};
	static const i128 words[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct quote_source s = source_of(cases[i].kind);

		untouched();
		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		assert_int_equal(quote_take(&quote, &work), QUOTE_REVERTED);
		for (size_t n = 0; n <= ARRAY_COUNT(words); n++) {
			if (n == cases[i].words)
				continue;
			quote_begin(&work, &s, BLOCK_S);
			quote_ask(&work);
			for (size_t c = 0; c < work.call_count; c++)
				answer(c, words, n);
			assert_int_equal(quote_take(&quote, &work),
			    QUOTE_MALFORMED);
		}
		assert_quote(77, 77);
	}
}

static void
quote_take__reads_a_pyth_contract(void **state)
{
	struct quote_source s = source_of(QUOTE_PYTH);

	(void)state;
	s.feed.b[0] = 0xff;
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	assert_int_equal(work.call_count, 1);
	assert_asks(0, "getPriceUnsafe(bytes32)");
	assert_int_equal(work.call[0].data_len, 36);
	assert_memory_equal(work.call[0].data + 4, s.feed.b, 32);
	ANSWER(0, 184136023127, 177166324, -8, BLOCK_S);
	assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
	assert_quote((u128)184136023127 * 10000000000u, BLOCK_S * 1000);
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	ANSWER(0, 184136023127, 177166324, -8, BLOCK_S + 1);
	assert_int_equal(quote_take(&quote, &work), QUOTE_FUTURE);
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	ANSWER(0, (i128)1 << 63, 0, -8, BLOCK_S);
	assert_int_equal(quote_take(&quote, &work), QUOTE_MALFORMED);
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	ANSWER(0, 1, 0, -((i128)1 << 31) - 1, BLOCK_S);
	assert_int_equal(quote_take(&quote, &work), QUOTE_MALFORMED);
}

static void
quote_from_pyth__refuses_by_name(void **state)
{
	static const struct {
		struct quote_pyth p;
		enum quote_refusal want;
	} cases[] = {
		/* R7: ten publishers' 43,500, and what one bug made of it. */
		{ { 4350000000000, 2000000000, -8, BLOCK_S }, QUOTE_OK },
		{ { 0, 0, -8, BLOCK_S }, QUOTE_NOT_POSITIVE },
		{ { -1, 0, -8, BLOCK_S }, QUOTE_NOT_POSITIVE },
		{ { 43500, 0, 1, BLOCK_S }, QUOTE_EXPONENT },
		{ { 43500, 0, 0, BLOCK_S }, QUOTE_OK },
		{ { 43500, 0, -18, BLOCK_S }, QUOTE_OK },
		{ { 43500, 0, -19, BLOCK_S }, QUOTE_EXPONENT },
		{ { 43500, 0, INT32_MIN, BLOCK_S }, QUOTE_EXPONENT },
		/* R8: a tenth of the price is the most. */
		{ { 1000, 100, -2, BLOCK_S }, QUOTE_OK },
		{ { 1000, 101, -2, BLOCK_S }, QUOTE_UNSURE },
		{ { INT64_MAX, UINT64_MAX, -2, BLOCK_S }, QUOTE_UNSURE },
		{ { 1000, 0, -2, 0 }, QUOTE_UNTIMED },
		{ { 1000, 0, -2, UINT64_MAX }, QUOTE_FUTURE },
		{ { INT64_MAX, 0, 0, BLOCK_S }, QUOTE_OK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		untouched();
		assert_int_equal(quote_from_pyth(&quote, &cases[i].p,
		    ppb_from_raw(100000000)), cases[i].want);
		if (cases[i].want != QUOTE_OK)
			assert_quote(77, 77);
	}
	assert_int_equal(quote_from_pyth(&quote, &cases[0].p,
	    ppb_from_raw(100000000)), QUOTE_OK);
	assert_quote(43500 * E18, BLOCK_S * 1000);
}

static void
quote_take__reads_a_rate_of_one_word(void **state)
{
	static const struct {
		enum quote_kind kind;
		const char *signature;
	} cases[] = {
		{ QUOTE_WSTETH, "stEthPerToken()" },
		{ QUOTE_RETH, "getExchangeRate()" },
		{ QUOTE_CBETH, "exchangeRate()" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct quote_source s = source_of(cases[i].kind);

		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		assert_int_equal(work.call_count, 1);
		assert_asks(0, cases[i].signature);
		ANSWER(0, (i128)E18 + 228);
		assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
		assert_quote(E18 + 228, BLOCK_S * 1000);
		quote_ask(&work);
		assert_int_equal(work.call_count, 0);
		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		ANSWER(0, 0);
		assert_int_equal(quote_take(&quote, &work),
		    QUOTE_NOT_POSITIVE);
		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		ANSWER(0, -1);	/* 2^256 - 1 */
		assert_int_equal(quote_take(&quote, &work), QUOTE_RANGE);
	}
}

static void
quote_take__reads_a_vault_of_any_decimals(void **state)
{
	static const struct {
		unsigned share, asset;
		u128 assets, want;
	} cases[] = {
		{ 18, 18, E18 * 11 / 10, E18 * 11 / 10 },
		{ 18, 6, 1100000, E18 * 11 / 10 },
		{ 24, 6, 1100000, E18 * 11 / 10 },
		{ 6, 18, E18 * 11 / 10, E18 * 11 / 10 },
		{ 0, 0, 3, E18 * 3 },
		{ 30, 30, (u128)11 * 1000000000000u * E18 / 10,
		    E18 * 11 / 10 },
	};
	struct quote_source s = source_of(QUOTE_ERC4626);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		quote_begin(&work, &s, BLOCK_S);
		quote_ask(&work);
		assert_asks(0, "decimals()");
		assert_asks(1, "asset()");
		ANSWER(0, cases[i].share);
		ANSWER(1, 0xabcd);
		assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
		quote_ask(&work);
		assert_int_equal(work.call_count, 2);
		assert_asks(0, "convertToAssets(uint256)");
		assert_asks(1, "decimals()");
		assert_true(be_get_u128(work.call[0].data + 20) ==
		    pow10_u128(cases[i].share));
		assert_int_equal(work.call[1].to.b[18], 0xab);
		assert_int_equal(work.call[1].to.b[19], 0xcd);
		ANSWER(0, (i128)cases[i].assets);
		ANSWER(1, cases[i].asset);
		assert_int_equal(quote_take(&quote, &work), QUOTE_OK);
		assert_quote(cases[i].want, BLOCK_S * 1000);
	}
}

/* ---- pools --------------------------------------------------------------- */

struct pool {
	i128 index, cardinality, then, now;	/* cumulative ticks */
	uint64_t oldest_s, first_s, nth_s;	/* 0: not initialized */
	bool is_short;				/* observe reverts */
	bool is_inverted;
};

static void
observation(size_t call, uint64_t time_s)
{
	ANSWER(call, (i128)time_s, -5, 1, time_s != 0);
}

static const struct pool GOOD = { .index = 4, .cardinality = 10,
	.then = 100, .now = 100 + 1800 * 200, .oldest_s = BLOCK_S - 1800,
	.nth_s = BLOCK_S - 1800 };

static enum quote_refusal
pool_take(const struct pool *p)
{
	struct quote_source s = source_of(QUOTE_POOL);
	enum quote_refusal q;

	untouched();
	s.is_inverted = p->is_inverted;
	quote_begin(&work, &s, BLOCK_S);
	quote_ask(&work);
	assert_int_equal(work.call_count, 4);
	assert_asks(0, "slot0()");
	assert_asks(1, "observe(uint32[])");
	assert_asks(2, "token0()");
	assert_asks(3, "token1()");
	assert_true(be_get_u128(work.call[1].data + 4 + 80) == 1800);
	ANSWER(0, 1, 887272, p->index, p->cardinality, 65535, 0, 1);
	if (!p->is_short)
		ANSWER(1, 64, 160, 2, p->then, p->now, 2, 7, 8);
	ANSWER(2, 0x1111);
	ANSWER(3, 0x2222);
	q = quote_take(&quote, &work);
	if (q != QUOTE_OK)
		return q;
	quote_ask(&work);
	assert_int_equal(work.call_count, 5);
	assert_int_equal(work.call[0].to.b[19], 0x11);
	assert_int_equal(work.call[1].to.b[19], 0x22);
	assert_true(be_get_u128(work.call[2].data + 20) ==
	    (u128)((p->index + p->cardinality - 2) % p->cardinality));
	assert_true(be_get_u128(work.call[3].data + 20) ==
	    (u128)((p->index + 1) % p->cardinality));
	ANSWER(0, 18);
	ANSWER(1, 6);
	observation(2, p->nth_s);
	observation(3, p->oldest_s);
	observation(4, p->first_s);
	return quote_take(&quote, &work);
}

static void
quote_take__means_a_pool_over_its_window(void **state)
{
	struct pool p = GOOD;
	u128 want;

	(void)state;
	assert_int_equal(tick_price(&want, 200, 18, 6), ERR_OK);
	assert_int_equal(pool_take(&p), QUOTE_OK);
	assert_quote(want, BLOCK_S * 1000);
	/* Rounded towards the lower tick, on both sides of zero. */
	p.now = p.then - 1800 * 200 - 1;
	assert_int_equal(tick_price(&want, -201, 18, 6), ERR_OK);
	assert_int_equal(pool_take(&p), QUOTE_OK);
	assert_quote(want, BLOCK_S * 1000);
	p.now = p.then + 1800 * 200 + 1799;
	assert_int_equal(tick_price(&want, 200, 18, 6), ERR_OK);
	assert_int_equal(pool_take(&p), QUOTE_OK);
	assert_quote(want, BLOCK_S * 1000);
	p.is_inverted = true;
	assert_int_equal(tick_price(&want, -200, 6, 18), ERR_OK);
	assert_int_equal(pool_take(&p), QUOTE_OK);
	assert_quote(want, BLOCK_S * 1000);
}

static void
quote_take__refuses_a_pool_by_name(void **state)
{
	struct pool p = GOOD;

	(void)state;
	/* R9: the window has not elapsed; never the price of the moment. */
	p.oldest_s++;
	assert_int_equal(pool_take(&p), QUOTE_WINDOW);
	p.is_short = true;
	assert_int_equal(pool_take(&p), QUOTE_WINDOW);
	p = GOOD;
	p.oldest_s = 0;		/* the ring has not gone round */
	p.first_s = BLOCK_S - 1800;
	assert_int_equal(pool_take(&p), QUOTE_OK);
	p.first_s++;
	assert_int_equal(pool_take(&p), QUOTE_WINDOW);
	p.first_s = 0;
	assert_int_equal(pool_take(&p), QUOTE_WINDOW);
	/* R9: one sample is no average. */
	p = GOOD;
	p.nth_s--;
	assert_int_equal(pool_take(&p), QUOTE_SAMPLES);
	p.nth_s = 0;
	assert_int_equal(pool_take(&p), QUOTE_SAMPLES);
	p = GOOD;
	p.cardinality = 2;
	p.index = 1;
	assert_int_equal(pool_take(&p), QUOTE_SAMPLES);
	p.cardinality = 3;
	assert_int_equal(pool_take(&p), QUOTE_OK);
	p.index = 3;
	assert_int_equal(pool_take(&p), QUOTE_MALFORMED);
	p = GOOD;
	p.is_short = true;
	assert_int_equal(pool_take(&p), QUOTE_REVERTED);
	p = GOOD;
	p.now = p.then + (i128)1800 * (TICK_MAX + 1);
	assert_int_equal(pool_take(&p), QUOTE_RANGE);
	p.now = (i128)1 << 64;
	assert_int_equal(pool_take(&p), QUOTE_MALFORMED);
	assert_quote(77, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quote_take__reads_an_aggregator),
		cmocka_unit_test(quote_take__refuses_an_aggregator_by_name),
		cmocka_unit_test(quote_take__refuses_an_answer_at_a_bound),
		cmocka_unit_test(quote_take__refuses_what_is_no_answer),
		cmocka_unit_test(quote_take__reads_a_pyth_contract),
		cmocka_unit_test(quote_from_pyth__refuses_by_name),
		cmocka_unit_test(quote_take__reads_a_rate_of_one_word),
		cmocka_unit_test(quote_take__reads_a_vault_of_any_decimals),
		cmocka_unit_test(quote_take__means_a_pool_over_its_window),
		cmocka_unit_test(quote_take__refuses_a_pool_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
