/* Which connection asks for which market, family or option. */
#include "oracle/feeds_plan.h"
#include "tests/config_world.h"

/* A venue with so many units' markets; the caller frees it. */
static char *
many_markets(const char *venue, unsigned count)
{
	size_t size = 200u * count + 200;
	char *text = malloc(size);
	size_t n = (size_t)snprintf(text, size, "prices:\n  units:\n");

	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, "    U%u: {quorum: 1,"
		    " age_max: 1s, dispersion_max: 1%%, band_max: 1%%}\n", i);
	n += (size_t)snprintf(text + n, size - n, "venues:\n  %s:\n"
	    "    markets:\n", venue);
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n,
		    "      U%u-USD: U%u/USD\n", i, i);
	return text;
}

static void
feeds_plan_make__splits_a_venue_at_its_limit(void **state)
{
	static const struct { const char *venue; unsigned markets, limit; }
	    cases[] = {
		{ "kraken", 63, 64 }, { "bitfinex", 12, 12 },
		{ "bitfinex", 13, 12 }, { "bitfinex", 40, 12 },
		{ "bitmex", 19, 6 },
	};
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char *text = many_markets(cases[i].venue, cases[i].markets);
		unsigned limit = cases[i].limit, seen = 0;

		good(text);
		free(text);
		assert_int_equal(feeds_plan_make(&p, &config, &bad_venue),
		    ERR_OK);
		assert_int_equal(p.count,
		    (cases[i].markets + limit - 1) / limit);
		for (size_t k = 0; k < p.count; k++) {
			assert_true(p.connection[k].symbol_count <= limit);
			assert_int_equal(p.option[k], FEEDS_PLAN_NONE);
			for (size_t n = 0; n < p.connection[k].symbol_count;
			    n++, seen++) {
				assert_string_equal(
				    p.connection[k].symbols[n],
				    config.market[seen].symbol);
				assert_int_equal(p.market[seen], k);
			}
		}
		assert_int_equal(seen, cases[i].markets);
	}
}

static void
feeds_plan_make__gives_a_family_of_options_its_own(void **state)
{
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	good(ONE_UNIT "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  okx: {markets: {A-USD-1: {pair: A/USD, "
	    "named: A-USD-1}}, instruments: "
	    "{A-USD-1: A-FUT, A-USD-SWAP: A-PERP},\n"
	    "    options: {options.A-USD: A}}\n");
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.connection[1].symbol_count, 2);	/* once each */
	assert_string_equal(p.connection[1].symbols[1], "A-USD-SWAP");
	assert_int_equal(p.venue[2], 1);
	assert_int_equal(p.option[2], 0);
	assert_int_equal(p.connection[2].symbol_count, 1);
	assert_string_equal(p.connection[2].symbols[0], "options.A-USD");
	assert_null(p.connection[2].url);
}

static void
feeds_plan_make__puts_single_options_of_a_unit_together(void **state)
{
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	good("prices: {units: {A: {quorum: 1, age_max: 1s, dispersion_max: "
	    "1%, band_max: 1%}, B: {constant: \"1\", unsafe: true}}}\n"
	    "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  deribit: {instruments: {A-PERPETUAL: P}, options: "
	    "{A-25SEP26-10-C: A, options.a_usd: A, B-25SEP26-10-C: B, "
	    "A-25SEP26-10-P: A}}\n");
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 5);
	assert_int_equal(p.option[1], FEEDS_PLAN_NONE);
	assert_int_equal(p.option[2], 0);
	assert_int_equal(p.connection[2].symbol_count, 2);
	assert_string_equal(p.connection[2].symbols[0], "A-25SEP26-10-C");
	assert_string_equal(p.connection[2].symbols[1], "A-25SEP26-10-P");
	assert_int_equal(p.option[3], 1);
	assert_int_equal(p.connection[3].symbol_count, 1);
	assert_string_equal(p.connection[3].symbols[0], "options.a_usd");
	assert_int_equal(p.option[4], 2);
	assert_string_equal(p.connection[4].symbols[0], "B-25SEP26-10-C");
	/* As many of a connection as it takes. */
	config.option_count = CONFIG_OPTIONS_MAX;
	for (size_t i = 0; i < CONFIG_OPTIONS_MAX; i++)
		config.option[i] = config.option[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 2 + CONFIG_OPTIONS_MAX / VENUE_SYMBOLS_MAX);
}

static void
feeds_plan_make__fails_above_the_clients_connections(void **state)
{
	static struct feeds_plan p;
	char *text = many_markets("bitmex", 60);
	size_t bad_venue = 9;

	(void)state;
	good(text);
	free(text);
	/* Of BitMEX a connection takes 6. */
	config.prices.market_count = 6 * CLIENT_CONNECTIONS_MAX;
	for (size_t i = 0; i < config.prices.market_count; i++)
		config.market[i] = config.market[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, CLIENT_CONNECTIONS_MAX);
	config.market[config.prices.market_count++] = config.market[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_LIMIT);
	assert_int_equal(bad_venue, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeds_plan_make__splits_a_venue_at_its_limit),
		cmocka_unit_test(
		    feeds_plan_make__gives_a_family_of_options_its_own),
		cmocka_unit_test(
		    feeds_plan_make__puts_single_options_of_a_unit_together),
		cmocka_unit_test(
		    feeds_plan_make__fails_above_the_clients_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
