/* Each rule names its source.  Symbols are shorter than VENUE_SYMBOL_MAX. */
#include "feeds/venue_quote.h"

#include <string.h>

#include "feeds/venue_contract.h"

static bool
begins(const char *symbol, const char *with)
{
	return strncmp(symbol, with, strlen(with)) == 0;
}

static bool
ends(const char *text, size_t len, const char *with)
{
	size_t tail = strlen(with);

	return len > tail && memcmp(text + len - tail, with, tail) == 0;
}

/* A word that is a currency's name: "USD", "usd", or a coin's. */
static enum venue_quote
word_take(char coin[VENUE_SYMBOL_MAX], const char *word, size_t len)
{
	if (len == 0)
		return VENUE_QUOTE_NONE;
	for (size_t i = 0; i < len; i++)
		coin[i] = word[i] >= 'a' && word[i] <= 'z' ?
		    (char)(word[i] - 'a' + 'A') : word[i];
	coin[len] = '\0';
	if (strcmp(coin, "USD") != 0)
		return VENUE_QUOTE_COIN;
	coin[0] = '\0';
	return VENUE_QUOTE_USD;
}

/* docs.deribit.com, Naming: BTC-PERPETUAL and BTC-25MAR23 are of the index
 * btc_usd, XRP_USDC-PERPETUAL of xrp_usdc; ETH_USDC is spot, eth_usd an
 * index. */
static enum venue_quote
deribit_name(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	const char *under = strchr(symbol, '_'), *dash = strchr(symbol, '-');

	if (dash == NULL || (symbol[0] >= 'a' && symbol[0] <= 'z'))
		return VENUE_QUOTE_NONE;
	if (under == NULL || under > dash)
		return VENUE_QUOTE_USD;
	return word_take(coin, under + 1, (size_t)(dash - under - 1));
}

static enum venue_quote
deribit_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	return contract_is_option(symbol) ? VENUE_QUOTE_NONE :
	    deribit_name(coin, symbol);
}

static enum venue_quote
deribit_options(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	const char *under = strchr(symbol, '_');

	if (!contract_is_family(symbol))
		return contract_names_option(symbol) ?
		    deribit_name(coin, symbol) : VENUE_QUOTE_NONE;
	return under == NULL ? VENUE_QUOTE_NONE :
	    word_take(coin, under + 1, strlen(under + 1));
}

/* okx.com/docs-v5, Get instruments: an instId is base-quote for spot,
 * base-quote-SWAP, base-quote-yymmdd; with a strike and a side it is an
 * option. */
static enum venue_quote
okx_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	const char *first = strchr(symbol, '-');
	const char *second = first != NULL ? strchr(first + 1, '-') : NULL;

	if (second == NULL || strchr(second + 1, '-') != NULL)
		return VENUE_QUOTE_NONE;
	return word_take(coin, first + 1, (size_t)(second - first - 1));
}

/* The volatility of one alone is not told. */
static enum venue_quote
okx_options(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	const char *dash = strchr(symbol, '-');

	return !contract_is_family(symbol) || dash == NULL ?
	    VENUE_QUOTE_NONE : word_take(coin, dash + 1, strlen(dash + 1));
}

/* bybit-exchange.github.io/docs/v5/enum, symbol: BTCUSDT and BTCUSDT-21FEB25
 * are in USDT, BTCPERP and BTC-24MAR23 in USDC.  Nothing that is linear is in
 * USD. */
static enum venue_quote
bybit_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	const char *dash = strchr(symbol, '-');
	size_t len = dash != NULL ? (size_t)(dash - symbol) : strlen(symbol);

	if (ends(symbol, len, "USDT"))
		return word_take(coin, "USDT", 4);
	if (dash != NULL || ends(symbol, len, "PERP"))
		return word_take(coin, "USDC", 4);
	return VENUE_QUOTE_COIN;
}

/* developers.binance.com, USDS-margined futures, Exchange Information: the
 * quoteAsset is a coin (USDT, USDC, BTC), never USD; BTCUSDT_250926 is
 * dated. */
static enum venue_quote
binance_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	size_t len = strcspn(symbol, "_");

	for (size_t i = 0; i < 2; i++)
		if (ends(symbol, len, i == 0 ? "USDT" : "USDC"))
			return word_take(coin, i == 0 ? "USDT" : "USDC", 4);
	return VENUE_QUOTE_COIN;
}

/* bitmex.com/app/symbologyguide: XBTUSD, XBTUSDT, and XBTM26 or ETHUSDM26 with
 * a month's letter and a year; .BXBT is an index, XBT_USDT spot.  Of the roots
 * without a quote only XBT's is known to be USD. */
static enum venue_quote
bitmex_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	size_t len = strlen(symbol);
	bool is_dated = len > 3 && symbol[len - 1] >= '0' &&
	    symbol[len - 1] <= '9' && symbol[len - 2] >= '0' &&
	    symbol[len - 2] <= '9' &&
	    strchr("FGHJKMNQUVXZ", symbol[len - 3]) != NULL;

	if (symbol[0] == '.' || strchr(symbol, '_') != NULL)
		return VENUE_QUOTE_NONE;
	if (is_dated)
		len -= 3;
	if (ends(symbol, len, "USDT"))
		return word_take(coin, "USDT", 4);
	return ends(symbol, len, "USD") || (is_dated && len == 3 &&
	    begins(symbol, "XBT")) ? VENUE_QUOTE_USD : VENUE_QUOTE_UNKNOWN;
}

/* docs.kraken.com, Derivatives, instruments: PI_XBTUSD, PF_XBTUSD,
 * FI_XBTUSD_260925, FF_XBTUSD_260925, all quoted in what their pair ends
 * with. */
static enum venue_quote
kraken_contract(char coin[VENUE_SYMBOL_MAX], const char *symbol)
{
	static const char *const KINDS[] = { "PI_", "PF_", "FI_", "FF_" };

	(void)coin;
	for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++)
		if (begins(symbol, KINDS[i]))
			return ends(symbol + 3, strcspn(symbol + 3, "_"),
			    "USD") ? VENUE_QUOTE_USD : VENUE_QUOTE_UNKNOWN;
	return VENUE_QUOTE_NONE;
}

typedef enum venue_quote rule(char coin[VENUE_SYMBOL_MAX],
    const char *symbol);
static const struct {
	const char *venue;
	rule *of_contract, *of_options;
} RULES[] = {
	{ "deribit", deribit_contract, deribit_options },
	{ "okx", okx_contract, okx_options },
	{ "bybit-linear", bybit_contract, NULL },
	{ "binance-usdm-market", binance_contract, NULL },
	{ "bitmex", bitmex_contract, NULL },
	{ "kraken-futures", kraken_contract, NULL },
};

enum venue_quote
venue_quote_of_contract(char coin[VENUE_SYMBOL_MAX], const struct venue *v,
    const char *symbol)
{
	coin[0] = '\0';
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++)
		if (strcmp(RULES[i].venue, v->name) == 0)
			return RULES[i].of_contract(coin, symbol);
	return VENUE_QUOTE_NONE;
}

enum venue_quote
venue_quote_of_options(char coin[VENUE_SYMBOL_MAX], const struct venue *v,
    const char *symbol)
{
	coin[0] = '\0';
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++)
		if (strcmp(RULES[i].venue, v->name) == 0 &&
		    RULES[i].of_options != NULL)
			return RULES[i].of_options(coin, symbol);
	return VENUE_QUOTE_NONE;
}
