/* What a derivative's figures are in, by its name, of every venue that has
 * marks; and that those venues are the ones with a rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/venue_quote.h"

struct row {
	const char *venue, *symbol;
	enum venue_quote quote;
	const char *coin;
};

static void
rows_check(const struct row *rows, size_t count,
    enum venue_quote of(char coin[VENUE_SYMBOL_MAX], const struct venue *v,
    const char *symbol))
{
	for (size_t i = 0; i < count; i++) {
		char coin[VENUE_SYMBOL_MAX] = "unset";
		enum venue_quote got = of(coin, venue_find(rows[i].venue),
		    rows[i].symbol);

		if (got != rows[i].quote)
			print_message("%s %s\n", rows[i].venue,
			    rows[i].symbol);
		assert_int_equal(got, rows[i].quote);
		assert_string_equal(coin, rows[i].coin);
	}
}

#define NONE VENUE_QUOTE_NONE, ""
#define UNKNOWN VENUE_QUOTE_UNKNOWN, ""
#define USD VENUE_QUOTE_USD, ""
#define COIN(name) VENUE_QUOTE_COIN, name

static void
venue_quote_of_contract__reads_each_venues_names(void **state)
{
	static const struct row rows[] = {
		{ "deribit", "BTC-PERPETUAL", USD },
		{ "deribit", "ETH-27JUN25", USD },
		{ "deribit", "SOL_USDC-PERPETUAL", COIN("USDC") },
		{ "deribit", "BTC_USDC-27JUN25", COIN("USDC") },
		{ "deribit", "BTC_USDE-PERPETUAL", COIN("USDE") },
		{ "deribit", "BTC_-PERPETUAL", NONE },
		{ "deribit", "ETH-27JUN25-2000-C", NONE },
		{ "deribit", "BTC_USDC", NONE },
		{ "deribit", "btc_usd", NONE },
		{ "deribit", "dvol.btc-usd", NONE },
		{ "deribit", "options.btc_usd", NONE },
		{ "okx", "BTC-USD-SWAP", USD },
		{ "okx", "BTC-USD-250926", USD },
		{ "okx", "BTC-USDT-SWAP", COIN("USDT") },
		{ "okx", "BTC-USDC-SWAP", COIN("USDC") },
		{ "okx", "BTC-USDT-250926", COIN("USDT") },
		{ "okx", "BTC-USD_UM-SWAP", COIN("USD_UM") },
		{ "okx", "BTC-USD", NONE },
		{ "okx", "BTC", NONE },
		{ "okx", "BTC--SWAP", NONE },
		{ "okx", "BTC-USD-250926-60000-C", NONE },
		{ "bybit-linear", "BTCUSDT", COIN("USDT") },
		{ "bybit-linear", "BTCUSDT-21FEB25", COIN("USDT") },
		{ "bybit-linear", "BTCPERP", COIN("USDC") },
		{ "bybit-linear", "BTC-24MAR23", COIN("USDC") },
		{ "bybit-linear", "BTCUSDE", COIN("") },
		{ "bybit-linear", "BTCUSD", COIN("") },
		{ "binance-usdm-market", "BTCUSDT", COIN("USDT") },
		{ "binance-usdm-market", "BTCUSDT_250926", COIN("USDT") },
		{ "binance-usdm-market", "ETHUSDC", COIN("USDC") },
		{ "binance-usdm-market", "BTCFDUSD", COIN("") },
		{ "binance-usdm-market", "ETHBTC", COIN("") },
		{ "binance-usdm-market", "USDT", COIN("") },
		{ "bitmex", "XBTUSD", USD },
		{ "bitmex", "ETHUSD", USD },
		{ "bitmex", "XBTM26", USD },
		{ "bitmex", "ETHUSDM26", USD },
		{ "bitmex", "XBTUSDT", COIN("USDT") },
		{ "bitmex", "XBTUSDTZ26", COIN("USDT") },
		{ "bitmex", "ETHM26", UNKNOWN },
		{ "bitmex", "XBTEUR", UNKNOWN },
		{ "bitmex", "XBTA26", UNKNOWN },
		{ "bitmex", "M26", UNKNOWN },
		{ "bitmex", "USD", UNKNOWN },
		{ "bitmex", ".BXBT", NONE },
		{ "bitmex", "XBT_USDT", NONE },
		{ "kraken-futures", "PI_XBTUSD", USD },
		{ "kraken-futures", "PF_USDTUSD", USD },
		{ "kraken-futures", "FI_XBTUSD_260925", USD },
		{ "kraken-futures", "FF_ETHUSD_260925", USD },
		{ "kraken-futures", "PF_XBTEUR", UNKNOWN },
		{ "kraken-futures", "PF_USD", UNKNOWN },
		{ "kraken-futures", "rr_xbtusd", NONE },
		{ "coinbase", "BTC-USD", NONE },
		{ "binance-usdm", "BTCUSDT", NONE },
	};

	(void)state;
	rows_check(rows, ARRAY_COUNT(rows), venue_quote_of_contract);
}

static void
venue_quote_of_options__takes_families_and_single_ones(void **state)
{
	static const struct row rows[] = {
		{ "deribit", "options.btc_usd", USD },
		{ "deribit", "options.btc_usdc", COIN("USDC") },
		{ "deribit", "options.btc", NONE },
		{ "deribit", "options.btc_", NONE },
		{ "deribit", "ETH-27JUN25-2000-C", USD },
		{ "deribit", "XRP_USDC-6AUG24-0d625-P", COIN("USDC") },
		{ "deribit", "ETH-27JUX25-2000-C", NONE },
		{ "deribit", "ETH-PERPETUAL", NONE },
		{ "deribit", "markprice", NONE },
		{ "okx", "options.BTC-USD", USD },
		{ "okx", "options.BTC-USDC", COIN("USDC") },
		{ "okx", "options.BTC", NONE },
		{ "okx", "BTC-USD-250926-60000-C", NONE },
		{ "bitmex", "options.XBT-USD", NONE },
		{ "coinbase", "options.BTC-USD", NONE },
	};

	(void)state;
	rows_check(rows, ARRAY_COUNT(rows), venue_quote_of_options);
}

/* A name that any rule would take. */
static bool
has_rule(const struct venue *v)
{
	static const char *const names[] = { "A-USD-SWAP", "AUSDT", "AUSD",
		"PF_AUSD" };
	char coin[VENUE_SYMBOL_MAX];
	bool has = false;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		has |= venue_quote_of_contract(coin, v, names[i]) !=
		    VENUE_QUOTE_NONE;
	return has;
}

static void
venue_table__has_a_rule_where_there_are_marks(void **state)
{
	size_t count, marked = 0;
	const struct venue *table = venue_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (has_rule(&table[i]) != table[i].has_marks)
			print_message("%s\n", table[i].name);
		assert_int_equal(has_rule(&table[i]), table[i].has_marks);
		marked += table[i].has_marks;
	}
	assert_int_equal(marked, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    venue_quote_of_contract__reads_each_venues_names),
		cmocka_unit_test(
		    venue_quote_of_options__takes_families_and_single_ones),
		cmocka_unit_test(venue_table__has_a_rule_where_there_are_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
