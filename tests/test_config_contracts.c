/* Configs: contracts, families of options and single ones that venues tell
 * of. */
#include "tests/config_world.h"

static void
config_read__takes_what_venues_tell_of_contracts(void **state)
{
	(void)state;
	good(ONE_UNIT "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  okx: {instruments: {A-USD-SWAP: A-PERP, A-USDT-SWAP: {id: A-T,"
	    " quote: A}, A-USD-FUT: {id: A-FUT, interest: base}},\n"
	    "    options: {options.A-USD: A}}\n");
	assert_int_equal(config.instrument_count, 3);
	assert_string_equal(config.instrument[0].symbol, "A-USD-SWAP");
	assert_string_equal(config.instrument[0].id, "A-PERP");
	assert_int_equal(config.instrument[0].venue, 1);
	assert_true(config.instrument[0].is_usd);
	assert_int_equal(config.instrument[0].interest, INTEREST_NONE);
	assert_false(config.instrument[1].is_usd);
	assert_int_equal(config.instrument[2].interest, INTEREST_BASE);
	assert_int_equal(config.option_count, 1);
	assert_string_equal(config.option[0].symbol, "options.A-USD");
	assert_int_equal(config.option[0].venue, 1);
	assert_int_equal(config.option[0].unit, 1);
}

static void
config_read__refuses_contracts_in_unsaid_units(void **state)
{
	(void)state;
	bad(DERIBIT("instruments: {A_USDC-PERPETUAL: A-PERP}"),
	    "c.yaml:3:70: A_USDC-PERPETUAL: say what its mark is in, as {id: "
	    "A-PERP, quote: USDC}\n");
	bad(DERIBIT("instruments: {P-F: {id: A, quote: B}}"),
	    "c.yaml:3:57: unknown unit `B`\n");
	bad(DERIBIT("instruments: {P-F: {id: A, quote: A, interest: base}}"),
	    "c.yaml:3:57: P-F: `interest: base` needs a mark in USD\n");
	bad(DERIBIT("instruments: {P-F: A, Q-F: A}"),
	    "c.yaml:3:65: instrument A is told twice\n");
	bad(DERIBIT("instruments: {A_USDC-PERPETUAL: {id: A, quote: USD}}"),
	    "c.yaml:3:70: A_USDC-PERPETUAL: its mark is in USDC, not in "
	    "USD\n");
	bad(DERIBIT("instruments: {}"),
	    "c.yaml:3:51: deribit: `instruments` is not a map\n");
	bad(DERIBIT("options: {options.a_usdc: A}"),
	    "c.yaml:3:64: options.a_usdc: its strikes are in USDC, not in "
	    "USD\n");
	bad(DERIBIT("options: {options.a_usd: USD}"),
	    "c.yaml:3:63: options.a_usd: options on USD\n");
	bad(DERIBIT("options: {options.a_usd: {}}"),
	    "c.yaml:3:63: options.a_usd: not the name of a unit\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {A-USD: A/USD}, options: "
	    "{a: A}}}\n",
	    "c.yaml:2:57: kraken tells of no options\n");
	bad(ONE_UNIT "venues: {kraken: {}}\n",
	    "c.yaml:2:18: kraken: no `markets`, `instruments` or `options`\n");
}

#define AT(venue, more) ONE_UNIT "venues:\n" \
	"  kraken: {markets: {A-USD: A/USD}}\n  " venue ": {" more "}\n"

static void
config_read__refuses_a_mark_whose_unit_is_not_said(void **state)
{
	(void)state;
	/* Bybit's in USDC, which spell it nowhere. */
	bad(AT("bybit-linear", "instruments: {BTCPERP: A}"),
	    "c.yaml:4:41: BTCPERP: say what its mark is in, as {id: A, quote: "
	    "USDC}\n");
	bad(AT("bybit-linear", "instruments: {ETHUSDT: {id: A, quote: USD}}"),
	    "c.yaml:4:41: ETHUSDT: its mark is in USDT, not in USD\n");
	bad(AT("binance-usdm-market", "instruments: {BTCFDUSD: A}"),
	    "c.yaml:4:49: BTCFDUSD: say what its mark is in, as {id: A, quote: "
	    "UNIT}\n");
	bad(AT("binance-usdm-market", "instruments: {ETHBTC: {id: A, quote: "
	    "USD}}"), "c.yaml:4:47: ETHBTC: its mark is in a coin, not in "
	    "USD\n");
	bad(AT("okx", "instruments: {A-USDC-SWAP: P}"),
	    "c.yaml:4:36: A-USDC-SWAP: say what its mark is in, as {id: P, "
	    "quote: USDC}\n");
	bad(AT("bitmex", "instruments: {ETHM26: P}"),
	    "c.yaml:4:34: ETHM26: say what its mark is in, as {id: P, quote: "
	    "UNIT}\n");
	good(AT("bitmex", "instruments: {ETHM26: {id: P, quote: USD}}"));
	assert_true(config.instrument[0].is_usd);
	good(AT("bybit-linear", "instruments: {BTCPERP: {id: P, quote: A}}"));
	assert_false(config.instrument[0].is_usd);
	good(AT("kraken-futures", "instruments: {PF_USDTUSD: P}"));
	assert_true(config.instrument[0].is_usd);
}

static void
config_read__refuses_instruments_where_there_are_no_marks(void **state)
{
	(void)state;
	bad(AT("coinbase", "instruments: {ETH-PERP: P}"),
	    "c.yaml:4:27: coinbase tells no marks, so of no instruments\n");
	bad(AT("binance-usdm", "instruments: {ETHUSDT: {id: P, quote: A}}"),
	    "c.yaml:4:31: binance-usdm tells no marks, so of no instruments; "
	    "`binance-usdm-market` does\n");
	bad(AT("bybit", "instruments: {ETHUSDT: {id: P, quote: A}}"),
	    "c.yaml:4:24: bybit tells no marks, so of no instruments; "
	    "`bybit-linear` does\n");
	/* Neither spot, nor an option, nor an index. */
	bad(AT("okx", "instruments: {A-USD: P}"),
	    "c.yaml:4:30: A-USD: not the name of a perpetual or a future of "
	    "okx\n");
	bad(AT("okx", "instruments: {A-USD-260925-10-C: P}"),
	    "c.yaml:4:42: A-USD-260925-10-C: not the name of a perpetual or a "
	    "future of okx\n");
	bad(AT("deribit", "instruments: {A-25SEP26-10-C: P}"),
	    "c.yaml:4:43: A-25SEP26-10-C: not the name of a perpetual or a "
	    "future of deribit\n");
	bad(AT("deribit", "instruments: {a_usd: P}"),
	    "c.yaml:4:34: a_usd: not the name of a perpetual or a future of "
	    "deribit\n");
}

static void
config_read__takes_single_options(void **state)
{
	(void)state;
	good(AT("deribit", "options: {A-25SEP26-10-C: A, A-5SEP26-0d5-P: "
	    "A}"));
	assert_int_equal(config.option_count, 2);
	assert_string_equal(config.option[1].symbol, "A-5SEP26-0d5-P");
	assert_int_equal(config.option[1].unit, 1);
	bad(AT("deribit", "options: {A_USDC-5SEP26-10-C: A}"),
	    "c.yaml:4:43: A_USDC-5SEP26-10-C: its strikes are in USDC, not in "
	    "USD\n");
	bad(AT("deribit", "options: {A-PERPETUAL: A}"),
	    "c.yaml:4:36: A-PERPETUAL: neither a family of options "
	    "(options.NAME) nor an option that deribit tells of alone\n");
	bad(AT("deribit", "options: {A-31SEP26-10-C: A}"),
	    "c.yaml:4:39: A-31SEP26-10-C: neither a family of options "
	    "(options.NAME) nor an option that deribit tells of alone\n");
	bad(AT("okx", "options: {A-USD-260925-10-C: A}"),
	    "c.yaml:4:38: A-USD-260925-10-C: neither a family of options "
	    "(options.NAME) nor an option that okx tells of alone\n");
	bad(AT("okx", "options: {options.A-USDC: A}"),
	    "c.yaml:4:35: options.A-USDC: its strikes are in USDC, not in "
	    "USD\n");
}

/* So many rows of a map at a venue; what is said of them. */
static void
count_check(const char *key, char row, unsigned count, const char *error)
{
	size_t size = 64u * count + 400, n;
	char *text = malloc(size), *said;

	n = (size_t)snprintf(text, size, "%svenues:\n  %s:\n    %s:\n",
	    ONE_UNIT, row == 'I' ? "okx" : "deribit", key);
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, row == 'I' ?
		    "      S-USD-%u: I%u\n" :
		    "      A-25SEP26-%u-C: A # %u\n", i + 1, i);
	said = errors_of(text, error ? ERR_SYNTAX : ERR_OK);
	if (error)
		assert_non_null(strstr(said, error));
	free(said);
	free(text);
}

static void
config_read__takes_so_many_contracts_and_no_more(void **state)
{
	(void)state;
	count_check("markets: {A-USD: A/USD}\n    instruments", 'I',
	    CONFIG_INSTRUMENTS_MAX, NULL);
	assert_int_equal(config.instrument_count, CONFIG_INSTRUMENTS_MAX);
	count_check("markets: {A-USD: A/USD}\n    instruments", 'I',
	    CONFIG_INSTRUMENTS_MAX + 1, "more than 256 instruments");
	count_check("markets: {A-USD: A/USD}\n    options", 'A',
	    CONFIG_OPTIONS_MAX, NULL);
	assert_int_equal(config.option_count, CONFIG_OPTIONS_MAX);
	count_check("markets: {A-USD: A/USD}\n    options", 'A',
	    CONFIG_OPTIONS_MAX + 1, "more than 128 rows of options");
}

static void
config_read__refuses_an_option_as_a_market(void **state)
{
	(void)state;
	bad(ONE_UNIT "venues: {deribit: {markets: {A-27DEC26-3000-C: "
	    "{pair: A/USD, named: A-27DEC26-3000-C}}}}\n",
	    "c.yaml:2:10: deribit: A-27DEC26-3000-C is an option, priced in "
	    "coins: it is no market; see `options`\n");
	bad(ONE_UNIT "venues: {okx: {markets: {A-USD-261227-3000-P: "
	    "{pair: A/USD, named: A-USD-261227-3000-P}}}}\n",
	    "c.yaml:2:10: okx: A-USD-261227-3000-P is an option, priced in "
	    "coins: it is no market; see `options`\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    config_read__takes_what_venues_tell_of_contracts),
		cmocka_unit_test(
		    config_read__refuses_contracts_in_unsaid_units),
		cmocka_unit_test(
		    config_read__refuses_a_mark_whose_unit_is_not_said),
		cmocka_unit_test(
		    config_read__refuses_instruments_where_there_are_no_marks),
		cmocka_unit_test(config_read__takes_single_options),
		cmocka_unit_test(
		    config_read__takes_so_many_contracts_and_no_more),
		cmocka_unit_test(config_read__refuses_an_option_as_a_market),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
