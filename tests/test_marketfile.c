/* market.json: prices by name, rates times prices, marks, forwards, surfaces,
 * interest and returns; each refusal with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "tests/book_world.h"

static struct market market;
static struct marketfile_terms terms;

static char *
market_errors(const char *text, enum err want)
{
	struct errors_text t;
	FILE *out = errors_open(&t);
	enum err e = marketfile_read(&market, &terms, &book, &names, text,
	    strlen(text), "m", out);

	errors_close(&t);
	if (e != want)
		print_message("%s\n%s", text, t.text);
	assert_int_equal(e, want);
	return t.text;
}

static void
market_good(const char *text)
{
	char *got = market_errors(text, ERR_OK);

	assert_string_equal(got, "");
	free(got);
}

static void
market_bad(const char *text, const char *error)
{
	char *got = market_errors(text, ERR_SYNTAX);

	assert_string_equal(got, error);
	free(got);
}

#define ASSET(id, more) "{\"id\":\"" id "\",\"decimals\":6,\"ltv\":\"0\"," \
	"\"liquidation_threshold\":\"0\"" more "}"
#define PERP(id) "{\"id\":\"" id "\",\"kind\":\"perp\",\"underlying\":" \
	"\"ETH\",\"tiers\":[{\"initial\":\"1\",\"maintenance\":\"1\"}]}"
#define BOOK "{\"assets\":[" ASSET("A", ",\"price\":\"P\"") "," \
	ASSET("B", "") "," ASSET("W", ",\"rate_of\":\"A\"") "]," \
	"\"instruments\":[" PERP("ETH-PERP") "," PERP("X-PERP") "]}"
#define MARKET(more) "{\"prices\":{},\n" more "}"

static i128
wad(const char *text)
{
	i128 v = 0;

	assert_int_equal(decimal_to_i128(&v, text, strlen(text), 18), ERR_OK);
	return v;
}

static void
is_px(struct px18 got, const char *want)
{
	assert_true((i128)px18_to_raw(got) == wad(want));
}

static void
is_num(struct num18 got, const char *want)
{
	assert_true(num18_to_raw(got) == wad(want));
}

static void
marketfile_read__fills_prices_by_name(void **state)
{
	const struct market_price *a = &market.asset[0];

	(void)state;
	good("{\"assets\":[" ASSET("A", ",\"price\":\"P\"") ","
	    ASSET("A2", ",\"price\":\"P\"") "," ASSET("B", "") "]}");
	market_good("{\"as_of\":\"2026-11-20T00:00:00Z\",\"prices\":{"
	    "\"P\":{\"mid\":\"2\",\"low\":\"1.5\",\"twap\":\"1.9\","
	    "\"stable\":null,\"status\":\"DEGRADED\"},"
	    "\"unused\":{\"mid\":1}},\"surfaces\":{}}");
	assert_true(market.as_of_ms == 1795132800000u);
	assert_int_equal(market.count, 3);
	assert_int_equal(a->price.status, PRICE_DEGRADED);
	is_px(a->price.low, "1.5");
	is_px(a->price.high, "2");
	assert_true(a->has_twap && !a->has_stable);
	assert_memory_equal(&market.asset[1], a, sizeof(*a));
	/* B has no price in the file. */
	assert_int_equal(market.asset[2].price.status, PRICE_REFUSED);
	assert_int_equal(market.asset[2].price.reason, REASON_QUORUM);
}

static void
marketfile_read__refuses_prices_by_name_and_place(void **state)
{
	(void)state;
	good(BOOK);
	market_bad("{\"prices\":{\n"
	    "\"A\":{\"mid\":\"0\"},\n"
	    "\"B\":{\"mid\":\"2\",\"low\":\"2.1\"},\n"
	    "\"C\":{\"mid\":\"2\",\"high\":\"1.9\"},\n"
	    "\"D\":{\"low\":\"2\"},\n"
	    "\"E\":{\"mid\":\"2\",\"status\":\"REFUSE\"},\n"
	    "\"F\":{\"mid\":\"1.0000000000000000001\"},\n"
	    "\"G\":{\"mid\":\"2\",\"twap\":\"0\"},\n"
	    "\"H\":{\"status\":\"REFUSED\"},\n"
	    "\"I\":{\"mids\":\"2\"}},\n"
	    "\"marks\":[]}",
	    "m:2:5: price A: `mid` is zero\n"
	    "m:3:5: price B: `low` is above `mid`\n"
	    "m:4:5: price C: `high` is below `mid`\n"
	    "m:5:5: price D: the key `mid` is missing\n"
	    "m:6:25: `status`: \"REFUSE\" is none of OK, DEGRADED, REFUSED "
	    "(did you mean `REFUSED`?)\n"
	    "m:7:12: `mid`: \"1.0000000000000000001\" is not a number such "
	    "as 2000.5, with at most 18 decimals\n"
	    "m:8:5: price G: a companion price of zero\n"
	    "m:10:6: unknown key `mids` (did you mean `mid`?)\n"
	    "m:11:9: `marks`: a list where a map is expected\n");
	assert_int_equal(market.asset[1].price.status, PRICE_REFUSED);
	assert_null(market.terms);
}

static void
marketfile_read__multiplies_rates(void **state)
{
	const struct market_price *w = &market.asset[2];

	(void)state;
	good(BOOK);
	market_good("{\"prices\":{\"W\":{\"mid\":\"1.2\","
	    "\"low\":\"0.000000000000000001\",\"high\":\"1.3\"},"
	    "\"P\":{\"mid\":\"2000\",\"low\":\"1999.5\","
	    "\"high\":\"2000.000000000000000001\",\"twap\":\"1900\","
	    "\"status\":\"DEGRADED\"}}}");
	is_px(w->price.mid, "2400");
	is_px(w->price.low, "0.000000000000001999");
	is_px(w->price.high, "2600.000000000000000002");
	assert_int_equal(w->price.status, PRICE_DEGRADED);
	assert_true(w->has_twap && !w->has_stable);
	is_px(w->twap, "2280");
	/* The worse status of both, whichever has it. */
	market_good("{\"prices\":{\"W\":{\"mid\":\"1.2\"},"
	    "\"P\":{\"status\":\"REFUSED\",\"high\":\"2000\"}}}");
	assert_int_equal(w->price.status, PRICE_REFUSED);
	is_px(w->price.mid, "0");
	is_px(w->price.high, "2400");
	market_good("{\"prices\":{\"P\":{\"mid\":\"2000\"}}}");
	assert_int_equal(w->price.status, PRICE_REFUSED);
	is_px(w->price.high, "0");
	market_bad("{\"prices\":\n{\"W\":{\"mid\":\"0.000000000000000001\"},"
	    "\"P\":{\"mid\":\"0.1\"}}}",
	    "m:2:1: asset W: its rate times the price of A is not a price\n");
	market_bad("{\"prices\":\n{\"W\":{\"mid\":\"99999999999\"},"
	    "\"P\":{\"mid\":\"99999999999\"}}}",
	    "m:2:1: asset W: its rate times the price of A is not a price\n");
}

static void
marketfile_read__keeps_the_terms_of_instruments(void **state)
{
	const struct market_factor *eth = &terms.terms.factor[2];

	(void)state;
	good(BOOK);
	assert_string_equal(names.factor[2], "ETH");
	market_good("{\"prices\":{\"ETH\":{\"mid\":\"2000\"}},"
	    "\"marks\":{\"X-PERP\":\"2001\",\"ETH-PERP\":null},"
	    "\"open_interest\":{\"ETH-PERP\":\"0\"},"
	    "\"forwards\":{\"ETH\":["
	    "{\"expiry\":20,\"price\":\"2010\",\"fixed\":null},"
	    "{\"expiry\":10,\"price\":\"2005\",\"fixed\":\"3\","
	    "\"confidence\":\"0.5\"}]},"
	    "\"surfaces\":{\"ETH\":[{\"expiry\":30,\"vol\":\"0.6\"},"
	    "{\"expiry\":20,\"svi\":{\"a\":\"-0.01\",\"b\":\"0.1\","
	    "\"rho\":\"-1\",\"m\":\"-0.2\",\"sigma\":\"0.3\","
	    "\"forward\":\"2010\",\"tau\":\"0.25\"},\"confidence\":\"0\"}],"
	    "\"B\":null},"
	    "\"rates\":{\"USD\":[{\"expiry\":9,\"rate\":\"-0.04\"}]},"
	    "\"returns\":{\"ETH\":[\"0.012\",-0.034],\"B\":[\"1\",\"2\"]}}");
	assert_ptr_equal(market.terms, &terms.terms);
	assert_true(eth->is_present);
	is_px(eth->price.price.mid, "2000");
	assert_false(terms.terms.factor[0].is_present);
	assert_true(terms.terms.mark[1].has_mark);
	is_px(terms.terms.mark[1].mark, "2001");
	assert_false(terms.terms.mark[0].has_mark);
	assert_true(terms.terms.mark[0].has_open_interest);
	/* Ascending, whatever the file's order. */
	assert_int_equal(eth->forward_count, 2);
	assert_int_equal(eth->forward[0].expiry_ms, 10);
	assert_true(eth->forward[0].has_fixed && !eth->forward[1].has_fixed);
	is_num(eth->forward[0].confidence, "0.5");
	is_num(eth->forward[1].confidence, "1");
	assert_int_equal(eth->slice_count, 2);
	assert_false(eth->slice[0].is_flat);
	is_num(eth->slice[0].svi.a, "-0.01");
	is_num(eth->slice[0].svi.rho, "-1");
	is_px(eth->slice[0].svi.forward, "2010");
	is_num(eth->slice[0].svi.tau, "0.25");
	is_num(eth->slice[0].confidence, "0");
	assert_true(eth->slice[1].is_flat);
	is_num(eth->slice[1].vol, "0.6");
	assert_int_equal(terms.terms.rate_count, 1);
	is_num(terms.terms.rate[0].rate, "-0.04");
	assert_int_equal(eth->return_count, 2);
	is_num(eth->returns[1], "-0.034");
	assert_int_equal(terms.terms.factor[1].return_count, 2);
}

static void
marketfile_read__refuses_terms_by_name_and_place(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ MARKET("\"marks\":{\"ETH-PER\":\"1\",\n\"X-PERP\":\"0\"}"),
		  "m:2:10: unknown instrument `ETH-PER` (did you mean "
		  "`ETH-PERP`?)\n"
		  "m:3:10: `marks`: zero\n" },
		{ MARKET("\"forwards\":{\"ETC\":[],\n\"ETH\":{}}"),
		  "m:2:13: unknown factor `ETC` (did you mean `ETH`?)\n"
		  "m:3:7: `forwards`: a map where a list is expected\n" },
		{ MARKET("\"forwards\":{\"ETH\":[\n"
		  "{\"expiry\":1,\"price\":\"1\"},\n"
		  "{\"expiry\":1,\"price\":\"1\"},\n"
		  "{\"expiry\":2,\"price\":\"1\",\"confidence\":"
		  "\"1.000000000000000001\"},\n"
		  "{\"expiry\":2,\"price\":\"1\",\"confidence\":\"-0.1\"}]}"),
		  "m:4:1: its expiry stands twice\n"
		  "m:5:38: `confidence`: 1.000000000000000001 is not between "
		  "0 and 1\n"
		  "m:6:38: `confidence`: -0.1 is not between 0 and 1\n" },
		{ MARKET("\"surfaces\":{\"ETH\":[\n{\"expiry\":1},\n"
		  "{\"expiry\":2,\"vol\":\"-1\"},\n"
		  "{\"expiry\":3,\"svi\":{\"a\":\"0\",\"b\":\"-1\","
		  "\"rho\":\"1.1\",\"m\":\"0\",\"sigma\":\"0\","
		  "\"forward\":\"1\",\"tau\":\"0\"}}]}"),
		  "m:3:1: a slice: either `svi` or `vol`\n"
		  "m:4:19: `vol`: -1 is not between 0 and 100000\n"
		  "m:5:32: `b`: -1 is not between 0 and 100000\n"
		  "m:5:43: `rho`: 1.1 is not between -1 and 1\n"
		  "m:5:65: `sigma`: zero\n"
		  "m:5:89: `tau`: zero\n" },
		{ MARKET("\"rates\":{\"EUR\":[],\"USD\":[\n{\"expiry\":1}]}"),
		  "m:2:10: unknown currency `EUR` (did you mean `USD`?)\n"
		  "m:3:1: a rate: the key `rate` is missing\n" },
		{ MARKET("\"returns\":{\"ETH\":[\"0.1\",\"x\"],\n"
		  "\"B\":[\"1\"],\"P\":[],\n\"W\":[\"1\"],"
		  "\"A\":[\"1\",\"2\"]}"),
		  "m:2:25: `returns`: \"x\" is not a number such as -0.04 "
		  "or 1.2e-05\n"
		  "m:3:11: unknown factor `P`\n"
		  "m:4:1: unknown factor `W`\n"
		  "m:4:15: 2 returns where another factor has 1\n" },
	};

	(void)state;
	good(BOOK);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		market_bad(table[i].text, table[i].error);
}

/* Without a place for them they are checked all the same. */
static void
marketfile_read__checks_terms_that_it_does_not_keep(void **state)
{
	const char *text = MARKET("\"marks\":{\"ETH-PERP\":\"1\"}");
	const char *wrong = MARKET("\"marks\":{\"ETH-PERPS\":\"1\"}");

	(void)state;
	good(BOOK);
	assert_int_equal(marketfile_read(&market, NULL, &book, &names, text,
	    strlen(text), "m", NULL), ERR_OK);
	assert_null(market.terms);
	assert_int_equal(marketfile_read(&market, NULL, &book, &names, wrong,
	    strlen(wrong), "m", NULL), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marketfile_read__fills_prices_by_name),
		cmocka_unit_test(
		    marketfile_read__refuses_prices_by_name_and_place),
		cmocka_unit_test(marketfile_read__multiplies_rates),
		cmocka_unit_test(
		    marketfile_read__keeps_the_terms_of_instruments),
		cmocka_unit_test(
		    marketfile_read__refuses_terms_by_name_and_place),
		cmocka_unit_test(
		    marketfile_read__checks_terms_that_it_does_not_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
