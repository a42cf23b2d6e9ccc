/* Which symbols name a pair: as the venues write theirs, what is another pair,
 * and every pair of a list against its own spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

#include "feeds/symbol.h"

struct row {
	const char *venue, *symbol, *base, *quote;
};

static void
symbol_names__takes_what_venues_write(void **state)
{
	static const struct row rows[] = {
		{ "coinbase", "ETH-USD", "ETH", "USD" },
		{ "kraken", "ETH/USD", "ETH", "USD" },
		{ "kraken", "BTC/USD", "XBT", "USD" },
		{ "kraken-v1", "XBT/USD", "BTC", "USD" },
		{ "kraken-v1", "XDG/USD", "DOGE", "USD" },
		{ "binance", "ETHUSDT", "ETH", "USDT" },
		{ "binance", "USDCUSDT", "USDC", "USDT" },
		{ "binance-usdm", "BTCUSDT_260327", "BTC", "USDT" },
		{ "okx", "BTC-USD-SWAP", "BTC", "USD" },
		{ "okx", "BTC-USDT-260327", "BTC", "USDT" },
		{ "okx", "BTC-USDT-20260327", "BTC", "USDT" },
		{ "deribit", "ETH_USDC-PERPETUAL", "ETH", "USDC" },
		{ "deribit", "ETH_USDC-7MAR26", "ETH", "USDC" },
		{ "bitmex", "XBT_USDT", "BTC", "USDT" },
		{ "bitmex", "XBTUSD", "BTC", "USD" },
		{ "kucoin", "ETH-BTC", "ETH", "BTC" },
		{ "gateio", "ETH_USDT", "ETH", "USDT" },
		{ "crypto-com", "BTCUSD-PERP", "BTC", "USD" },
		{ "gemini", "ethusd", "ETH", "USD" },
		{ "bitstamp", "btcusd", "BTC", "USD" },
		{ "bitfinex", "tBTCUSD", "BTC", "USD" },
		{ "bitfinex", "tBTCUST", "BTC", "USDT" },
		{ "bitfinex", "tUSTUSD", "USDT", "USD" },
		{ "bitfinex", "tUDCUSD", "USDC", "USD" },
		{ "bitfinex", "tDOGE:USD", "DOGE", "USD" },
		{ "bitfinex", "tTRXUSD", "TRX", "USD" },
		{ "bitmex", "ETHUSDM26", "ETH", "USD" },
		{ "bitmex", "XBTUSDTZ25", "BTC", "USDT" },
		{ "gemini", "BTCGUSDPERP", "BTC", "GUSD" },
		{ "coinbase", "BTCB-USD", "BTCB", "USD" },
		{ "binance", "BTCBUSD", "BTC", "BUSD" },
		{ "bitstamp", "dotusd", "DOT", "USD" },
		{ "kraken-futures", "PI_XBTUSD", "BTC", "USD" },
		{ "kraken-futures", "PF_ETHUSD", "ETH", "USD" },
		{ "kraken-futures", "FI_XBTUSD_260327", "BTC", "USD" },
		{ "kraken-futures", "FF_ETHUSD_260327", "ETH", "USD" },
		{ "chainlink", "wstETH.USD", "WSTETH", "USD" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (!symbol_names(rows[i].venue, rows[i].symbol, rows[i].base,
		    rows[i].quote))
			fail_msg("%s of %s", rows[i].symbol, rows[i].venue);
}

static void
symbol_names__refuses_another_pair(void **state)
{
	static const struct row rows[] = {
		/* BTC in BUSD, TUSD, GUSD; USDT in USD. */
		{ "binance", "BTCBUSD", "BTCB", "USD" },
		{ "gemini", "btctusd", "BTCT", "USD" },
		{ "gemini", "ethgusd", "ETHG", "USD" },
		{ "bitstamp", "usdtusd", "USD", "TUSD" },
		/* R24, and its like. */
		{ "okx", "CBETH-ETH", "ETH", "USD" },
		{ "okx", "CBETH-ETH", "CBETH", "USD" },
		{ "okx", "BTC-USDT", "BTC", "USD" },
		{ "okx", "USDT-USD", "USDC", "USD" },
		{ "okx", "USD-BTC", "BTC", "USD" },
		{ "okx", "BTC-USD-USD", "BTC", "USD" },
		{ "okx", "BTC--USD", "BTC", "USD" },
		{ "okx", "BTC", "BTC", "USD" },
		{ "okx", "", "BTC", "USD" },
		{ "okx", "BTC-USD-", "BTC", "USD" },
		{ "okx", "BTC-USDSWAP", "BTC", "USD" },
		{ "okx", "BTC-USD-SWAPS", "BTC", "USD" },
		{ "okx", "BTC-USD-26032", "BTC", "USD" },
		{ "okx", "BTC-USD-2603270", "BTC", "USD" },
		{ "okx", "BTC-USD-260327-3000-C", "BTC", "USD" },
		{ "deribit", "ETH_USDC-27XXX26", "ETH", "USDC" },
		{ "deribit", "ETH_USDC-27DEC2", "ETH", "USDC" },
		{ "deribit", "ETH_USDC-127DEC26", "ETH", "USDC" },
		{ "deribit", "ETH-PERPETUAL", "ETH", "USD" },
		{ "bitmex", "XBTM26", "BTC", "USD" },
		{ "coinbase", "STETH-USD", "ETH", "USD" },
		{ "coinbase", "ETH2-USD", "ETH", "USD" },
		{ "coinbase", "XBTT-USD", "BTC", "USD" },
		/* Only where that is so. */
		{ "coinbase", "tBTC-USD", "BTC", "USD" },
		{ "coinbase", "UST-USD", "USDT", "USD" },
		{ "bitfinex", "tUSTUSD", "UST", "USD" },
		{ "bitfinex", "tBTCUSDT", "BTC", "USDT" },
		{ "bitfinex", "TBTCUSD", "BTC", "USD" },
		{ "kraken", "PI_XBTUSD", "BTC", "USD" },
		{ "kraken-futures", "PX_XBTUSD", "BTC", "USD" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (symbol_names(rows[i].venue, rows[i].symbol, rows[i].base,
		    rows[i].quote))
			fail_msg("%s of %s", rows[i].symbol, rows[i].venue);
}

/* Of all pairs of a list, each written in each way, the pair itself alone. */
static void
symbol_names__names_one_pair_of_many(void **state)
{
	static const char *const units[] = { "BTC", "ETH", "USD", "USDT",
		"USDC", "DAI", "CBETH", "WBTC", "STETH", "WSTETH", "EUR",
		"DOGE", "GUSD" };
	static const char *const between[] = { "", "-", "/", "_", ":", "." };
	const size_t n = ARRAY_COUNT(units);

	(void)state;
	for (size_t p = 0; p < n * n; p++)
		for (size_t b = 0; b < ARRAY_COUNT(between); b++) {
			char symbol[32];

			snprintf(symbol, sizeof(symbol), "%s%s%s",
			    units[p / n], between[b], units[p % n]);
			/* USDGUSD may as well be USDG in USD. */
			bool is_two = between[b][0] == '\0' &&
			    strcmp(units[p / n], "USD") == 0 &&
			    strcmp(units[p % n], "GUSD") == 0;

			for (size_t q = 0; q < n * n; q++)
				assert_int_equal(symbol_names("okx", symbol,
				    units[q / n], units[q % n]), q == p &&
				    !is_two);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbol_names__takes_what_venues_write),
		cmocka_unit_test(symbol_names__refuses_another_pair),
		cmocka_unit_test(symbol_names__names_one_pair_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
