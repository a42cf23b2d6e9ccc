/* Contract data of every venue that tells any: marks, indices, funding of eight
 * hours, open interest, volatilities, forwards, the options that names name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/venue.h"
#include "feeds/venue_contract.h"

static struct tick ticks[FRAME_TICKS_MAX];
static struct venue_memory memory;

static enum err
parse(struct frame *f, const char *venue, const char *text)
{
	size_t len = strlen(text);
	/* A copy of exactly that size, so that reading past it is seen. */
	char *copy = malloc(len);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*f = (struct frame){ .ticks = ticks, .memory = &memory };
	e = venue_find(venue)->parse(f, copy, len);
	free(copy);
	return e;
}

static void
decimal_put(char out[DECIMAL_BUF], bool has, struct dec18 d)
{
	if (has)
		decimal_from_dec18(out, d);
	else
		memcpy(out, "-", 2);
}

/* " delta/gamma/vega/theta/rho" where any is there. */
static void
greeks_text(char *out, const struct tick_contract *c)
{
	bool has = false;

	for (size_t i = 0; i < GREEK_COUNT; i++)
		has |= c->has_greek[i];
	for (size_t i = 0; has && i < GREEK_COUNT; i++) {
		*out++ = i == 0 ? ' ' : '/';
		out += c->has_greek[i] ?
		    decimal_from_i128(out, c->greek[i], 18) :
		    (size_t)snprintf(out, 2, "-");
	}
	*out = '\0';
}

/* symbol mark index interest vol forward funding option, "-" where absent;
 * a '+' before the symbol where the tick has no line of its own. */
static void
contract_text(char *out, size_t size, const struct tick *t)
{
	const struct tick_contract *c = &t->contract;
	char mark[DECIMAL_BUF], index[DECIMAL_BUF], interest[DECIMAL_BUF];
	char vol[DECIMAL_BUF], forward[DECIMAL_BUF], strike[DECIMAL_BUF];
	char funding[DECIMAL_BUF] = "-", option[2 * DECIMAL_BUF] = "-";
	char greeks[GREEK_COUNT * DECIMAL_BUF];

	decimal_put(mark, c->has_mark, c->mark);
	decimal_put(index, c->has_index, c->index);
	decimal_put(interest, c->has_interest, c->interest);
	decimal_put(vol, c->has_vol, c->vol);
	decimal_put(forward, c->has_forward, c->forward);
	if (c->has_funding)
		decimal_from_i128(funding, c->funding, 18);
	if (c->has_option) {
		decimal_from_dec18(strike, c->strike);
		snprintf(option, sizeof(option), "%llu/%s/%s",
		    (unsigned long long)c->expiry_ms, strike,
		    c->is_call ? "C" : "P");
	}
	greeks_text(greeks, c);
	snprintf(out, size, "%s%.23s %s %s %s %s %s %s %s%s",
	    t->is_contract ? "+" : "", t->symbol, mark, index, interest, vol,
	    forward, funding, option, greeks);
}

#define DERIBIT(channel, data) "{\"jsonrpc\":\"2.0\",\"method\":" \
    "\"subscription\",\"params\":{\"channel\":\"" channel "\",\"data\":" data \
    "}}"
#define DERIBIT_TICKER(name, rest) DERIBIT("ticker." name ".100ms", \
    "{\"timestamp\":1,\"best_bid_price\":1,\"best_ask_price\":2," \
    "\"last_price\":1,\"instrument_name\":\"" name "\"," rest "}")
#define OKX(channel, rows) "{\"arg\":{\"channel\":\"" channel "\"," \
    "\"instId\":\"BTC-USDT-SWAP\"},\"data\":[" rows "]}"
#define BYBIT(data) "{\"topic\":\"tickers.BTCUSDT\",\"ts\":5,\"type\":" \
    "\"delta\",\"data\":{\"symbol\":\"BTCUSDT\"," data "},\"cs\":1}"
#define BITMEX(row) "{\"table\":\"instrument\",\"action\":\"update\"," \
    "\"data\":[{\"symbol\":\"XBTUSD\"," row "}]}"
#define BINANCE(next) "{\"stream\":\"btcusdt@markPrice\",\"data\":{" \
    "\"e\":\"markPriceUpdate\",\"E\":1562305380000,\"s\":\"BTCUSDT\"," \
    "\"p\":\"11794.15000000\",\"i\":\"11784.62659091\",\"P\":" \
    "\"11784.25641265\",\"r\":\"0.00038167\",\"T\":" next "}}"
#define KRAKEN(rest) "{\"feed\":\"ticker\",\"product_id\":\"PI_XBTUSD\"," \
    "\"bid\":1,\"ask\":2,\"time\":7," rest "}"

struct row {
	const char *venue, *before, *text;
	enum frame_kind kind;
	const char *want[3];
};
static const struct row ROWS[] = {
	{ "deribit", NULL, DERIBIT_TICKER("BTC-PERPETUAL",
	    "\"mark_price\":56172.08,\"index_price\":56173.74,\"funding_8h\":"
	    "-0.00001523,\"current_funding\":0.0001,\"open_interest\":"
	    "230733270,\"stats\":{\"low\":1}"), FRAME_TICKS,
	    { "BTC-PERPETUAL 56172.08 56173.74 230733270 - - -0.00001523 -" }
	    },
	{ "deribit", NULL, DERIBIT_TICKER("BTC-30SEP22",
	    "\"mark_price\":30218.9,\"index_price\":29939.87"), FRAME_TICKS,
	    { "BTC-30SEP22 30218.9 29939.87 - - - - -" } },
	/* A volatility in percent; more digits than there is room for. */
	{ "deribit", NULL, DERIBIT_TICKER("ETH-24SEP21-15000-C",
	    "\"underlying_price\":2486.1,\"underlying_index\":\"ETH-24SEP21\""
	    ",\"mark_iv\":131.23,\"bid_iv\":0.0,\"mark_price\":"
	    "1.2345678901234567e-06,\"greeks\":{\"delta\":0.1},"
	    "\"open_interest\":0.0"), FRAME_TICKS,
	    { "ETH-24SEP21-15000-C 0.000001234567890123 - 0.0 1.3123 2486.1 -"
	      " 1632470400000/15000/C 0.1/-/-/-/-" } },
	/* Greeks of either sign, in any order, with others between them. */
	{ "deribit", NULL, DERIBIT_TICKER("ETH-9APR21-1950-C",
	    "\"greeks\":{\"vega\":0.46511,\"vanna\":{\"a\":[1]},\"theta\":"
	    "-5.09811,\"rho\":0.16173,\"gamma\":1.34e-3,\"delta\":-0.8609}"),
	    FRAME_TICKS, { "ETH-9APR21-1950-C - - - - - - 1617955200000/1950/C"
	      " -0.8609/0.00134/0.46511/-5.09811/0.16173" } },
	/* Zero is one, of either sign; null is none; the 19th digit is cut. */
	{ "deribit", NULL, DERIBIT_TICKER("ETH-9APR21-1950-P",
	    "\"greeks\":{\"vega\":0.0,\"theta\":-0.0,\"rho\":null,\"gamma\":"
	    "-1.9e-18}"), FRAME_TICKS,
	    { "ETH-9APR21-1950-P - - - - - - 1617955200000/1950/P"
	      " -/-0.000000000000000001/0/0/-" } },
	{ "deribit", NULL, DERIBIT_TICKER("ETH-9APR21-1950-P",
	    "\"greeks\":null"), FRAME_TICKS,
	    { "ETH-9APR21-1950-P - - - - - - 1617955200000/1950/P" } },
	{ "deribit", NULL, DERIBIT_TICKER("BTC-PERPETUAL", "\"greeks\":{}"),
	    FRAME_TICKS, { "BTC-PERPETUAL - - - - - - -" } },
	{ "deribit", NULL, DERIBIT_TICKER("XRP_USDC-6AUG24-0d625-P",
	    "\"mark_price\":0.0"), FRAME_TICKS,
	    { "XRP_USDC-6AUG24-0d625-P - - - - - - 1722931200000/0.625/P" } },
	{ "deribit", NULL, DERIBIT("markprice.options.btc_usd",
	    "[{\"timestamp\":1622470378005,\"mark_price\":0.0333,\"iv\":0.9,"
	    "\"instrument_name\":\"BTC-2JUN21-37000-P\"},{\"timestamp\":7,"
	    "\"mark_price\":0.117,\"iv\":0.85,\"instrument_name\":"
	    "\"BTC-4JUN21-40500-C\"}]"), FRAME_TICKS,
	    { "+BTC-2JUN21-37000-P 0.0333 - - 0.9 - - 1622620800000/37000/P",
	      "+BTC-4JUN21-40500-C 0.117 - - 0.85 - - 1622793600000/40500/C" }
	    },
	{ "deribit", NULL, DERIBIT("deribit_price_index.btc_usd",
	    "{\"timestamp\":1,\"price\":65.5,\"index_name\":\"btc_usd\"}"),
	    FRAME_TICKS, { "btc_usd - 65.5 - - - - -" } },
	{ "deribit", NULL, DERIBIT("deribit_volatility_index.btc_usd",
	    "{\"timestamp\":1,\"volatility\":65.5,\"index_name\":"
	    "\"btc_usd\"}"), FRAME_TICKS,
	    { "dvol.btc_usd - - - 0.655000000000000000 - - -" } },
	{ "okx", NULL, OKX("mark-price", "{\"instType\":\"SWAP\",\"instId\":"
	    "\"BTC-USDT-SWAP\",\"markPx\":\"310.6\",\"ts\":\"1630049139746\"}"
	    ), FRAME_TICKS, { "+BTC-USDT-SWAP 310.6 - - - - - -" } },
	{ "okx", NULL, OKX("index-tickers", "{\"instId\":\"BTC-USDT\","
	    "\"idxPx\":\"0.1\",\"high24h\":\"0.5\",\"ts\":\"1597026383085\"}"),
	    FRAME_TICKS, { "+BTC-USDT - 0.1 - - - - -" } },
	{ "okx", NULL, OKX("open-interest", "{\"instId\":\"LTC-USD-SWAP\","
	    "\"oi\":\"5000\",\"oiCcy\":\"555.55\",\"ts\":\"1597026383085\"}"),
	    FRAME_TICKS, { "+LTC-USD-SWAP - - 5000 - - - -" } },
	/* Of eight hours, of four, and without the end of the interval. */
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":"
	    "\"0.0001875391284828\",\"fundingTime\":\"1700726400000\","
	    "\"nextFundingTime\":\"1700755200000\",\"instId\":"
	    "\"BTC-USD-SWAP\",\"ts\":\"1700724675402\",\"nextFundingRate\":\"\""
	    "}"), FRAME_TICKS,
	    { "+BTC-USD-SWAP - - - - - 0.0001875391284828 -" } },
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"-0.0001\","
	    "\"fundingTime\":\"1700726400000\",\"nextFundingTime\":"
	    "\"1700740800000\"}"), FRAME_TICKS,
	    { "+BTC-USDT-SWAP - - - - - -0.0002 -" } },
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"0.0001\","
	    "\"fundingTime\":\"1646323200000\"}"), FRAME_TICKS,
	    { "+BTC-USDT-SWAP - - - - - - -" } },
	/* Its own interval is the one before it, of four hours here. */
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"-0.0001\","
	    "\"prevFundingTime\":\"1700712000000\",\"fundingTime\":"
	    "\"1700726400000\",\"nextFundingTime\":\"1700755200000\"}"),
	    FRAME_TICKS, { "+BTC-USDT-SWAP - - - - - -0.0002 -" } },
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"0.0001\","
	    "\"prevFundingTime\":\"\",\"fundingTime\":\"1700726400000\","
	    "\"nextFundingTime\":\"1700755200000\"}"), FRAME_TICKS,
	    { "+BTC-USDT-SWAP - - - - - 0.0001 -" } },
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"0.0001\","
	    "\"prevFundingTime\":\"0\",\"fundingTime\":\"1700726400000\","
	    "\"nextFundingTime\":\"1700755200000\"}"),
	    FRAME_TICKS, { "+BTC-USDT-SWAP - - - - - 0.0001 -" } },
	{ "okx", NULL, OKX("funding-rate", "{\"fundingRate\":\"0.0001\","
	    "\"fundingTime\":\"1700726400000\",\"nextFundingTime\":\"\"}"),
	    FRAME_TICKS, { "+BTC-USDT-SWAP - - - - - - -" } },
	{ "okx", NULL, OKX("opt-summary", "{\"instId\":"
	    "\"BTC-USD-200103-5500-C\",\"uly\":\"BTC-USD\",\"delta\":\"0.7\","
	    "\"markVol\":\"1.6\",\"fwdPx\":\"7000.5\",\"ts\":"
	    "\"1597026383085\"}"), FRAME_TICKS,
	    { "+BTC-USD-200103-5500-C - - - 1.6 7000.5 - "
	      "1578038400000/5500/C" } },
	/* The greeks in dollars (BS), not those in coins. */
	{ "okx", NULL, OKX("opt-summary", "{\"instId\":"
	    "\"BTC-USD-220309-33000-P\",\"delta\":\"-1.19\",\"gamma\":\"2\","
	    "\"vega\":\"0.00001\",\"theta\":\"-0.0014\",\"markVol\":\"1.5\","
	    "\"deltaBS\":\"-0.0142667897\",\"gammaBS\":\"0.0000119331\","
	    "\"thetaBS\":\"-66.0352690057\",\"vegaBS\":\"0.7089307622\","
	    "\"fwdPx\":\"39016.81\",\"ts\":\"1646733631242\"}"), FRAME_TICKS,
	    { "+BTC-USD-220309-33000-P - - - 1.5 39016.81 - "
	      "1646812800000/33000/P -0.0142667897/0.0000119331/0.7089307622/"
	      "-66.0352690057/-" } },
	{ "okx", NULL, OKX("opt-summary", "{\"instId\":"
	    "\"BTC-USD-220309-33000-P\",\"deltaBS\":\"\",\"vegaBS\":\"0\"}"),
	    FRAME_TICKS, { "+BTC-USD-220309-33000-P - - - - - - "
	      "1646812800000/33000/P -/-/0/-/-" } },
	{ "bybit-linear", NULL, BYBIT("\"markPrice\":\"65117.44\","
	    "\"indexPrice\":\"65137.76\",\"openInterest\":\"59891.732\","
	    "\"fundingIntervalHour\":\"4\",\"fundingRate\":\"0.0001\""),
	    FRAME_TICKS,
	    { "BTCUSDT 65117.44 65137.76 59891.732 - - 0.0002 -" } },
	/* The interval is told once; a rate before it says nothing. */
	{ "bybit-linear", BYBIT("\"fundingIntervalHour\":\"1\""),
	    BYBIT("\"fundingRate\":\"-0.0001\""), FRAME_TICKS,
	    { "BTCUSDT - - - - - -0.0008 -" } },
	{ "bybit-linear", NULL, BYBIT("\"fundingRate\":\"0.0001\""),
	    FRAME_TICKS, { "BTCUSDT - - - - - - -" } },
	{ "bybit-linear", NULL, BYBIT("\"fundingRate\":\"\",\"markPrice\":"
	    "\"1\",\"fundingIntervalHour\":\"8\""), FRAME_TICKS,
	    { "BTCUSDT 1 - - - - - -" } },
	/* Its interval is known once a settlement has passed. */
	{ "binance-usdm-market", NULL, BINANCE("1562306400000"), FRAME_TICKS,
	    { "+BTCUSDT 11794.15000000 11784.62659091 - - - - -" } },
	{ "binance-usdm-market", BINANCE("1562306400000"),
	    BINANCE("1562306400000"), FRAME_TICKS,
	    { "+BTCUSDT 11794.15000000 11784.62659091 - - - - -" } },
	{ "binance-usdm-market", BINANCE("1562306400000"),
	    BINANCE("1562335200000"), FRAME_TICKS,
	    { "+BTCUSDT 11794.15000000 11784.62659091 - - - 0.00038167 -" } },
	{ "binance-usdm-market", BINANCE("1562306400000"),
	    BINANCE("1562320800000"), FRAME_TICKS,
	    { "+BTCUSDT 11794.15000000 11784.62659091 - - - 0.00076334 -" } },
	{ "binance-usdm-market", NULL, "{\"stream\":\"!markPrice@arr\","
	    "\"data\":[{\"e\":\"markPriceUpdate\",\"E\":1,\"s\":\"A\",\"p\":"
	    "\"2\",\"r\":\"\"},{\"s\":\"B\",\"p\":\"3\"}]}", FRAME_TICKS,
	    { "+A 2 - - - - - -", "+B 3 - - - - - -" } },
	{ "bitmex", NULL, BITMEX("\"markPrice\":65.5,"
	    "\"indicativeSettlePrice\":65.25,\"openInterest\":7,"
	    "\"fundingRate\":0.0001,\"fundingInterval\":"
	    "\"2000-01-01T08:00:00.000Z\",\"lastPrice\":65,\"timestamp\":"
	    "\"1970-01-01T00:00:01Z\""), FRAME_TICKS,
	    { "XBTUSD 65.5 65.25 7 - - 0.0001 -" } },
	{ "bitmex", BITMEX("\"fundingInterval\":\"2000-01-01T04:00:00Z\""),
	    BITMEX("\"fundingRate\":-1e-4"), FRAME_HEARTBEAT,
	    { "+XBTUSD - - - - - -0.0002 -" } },
	{ "bitmex", NULL, BITMEX("\"fundingRate\":null,\"fundingInterval\":"
	    "null,\"markPrice\":3"), FRAME_HEARTBEAT,
	    { "+XBTUSD 3 - - - - - -" } },
	/* Of one hour; with digits that floating point left. */
	{ "kraken-futures", NULL, KRAKEN("\"markPrice\":65.5,\"index\":65,"
	    "\"relative_funding_rate\":0.0000125,\"openInterest\":9.5"),
	    FRAME_TICKS, { "PI_XBTUSD 65.5 65 9.5 - - 0.0001 -" } },
	/* A rate of zero is not told. */
	{ "kraken-futures", NULL, KRAKEN("\"markPrice\":65.5"), FRAME_TICKS,
	    { "PI_XBTUSD 65.5 - - - - 0 -" } },
	{ "kraken-futures", NULL, KRAKEN("\"index\":65"), FRAME_TICKS,
	    { "PI_XBTUSD - 65 - - - - -" } },
	{ "kraken-futures", NULL, "{\"feed\":\"ticker\",\"product_id\":"
	    "\"FI_XBTUSD_260925\",\"bid\":1,\"ask\":2,\"time\":7,"
	    "\"markPrice\":65.5}", FRAME_TICKS,
	    { "FI_XBTUSD_260925 65.5 - - - - - -" } },
	{ "kraken-futures", NULL, KRAKEN("\"relative_funding_rate\":"
	    "-1.2345678901234567e-7,\"markPrice\":1"), FRAME_TICKS,
	    { "PI_XBTUSD 1 - - - - -0.000000987654312096 -" } },
};

static void
parse__reads_contract_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		const struct row *r = &ROWS[i];
		struct frame f;
		size_t n = 0;
		enum err e;

		venue_memory_begin(&memory);
		if (r->before != NULL)
			assert_int_equal(parse(&f, r->venue, r->before),
			    ERR_OK);
		e = parse(&f, r->venue, r->text);
		if (e != ERR_OK || f.kind != r->kind)
			print_message("%s: %s\n", err_name(e), r->text);
		assert_int_equal(e, ERR_OK);
		assert_int_equal(f.kind, r->kind);
		for (; r->want[n] != NULL; n++) {
			char text[1024];

			assert_true(n < f.tick_count);
			contract_text(text, sizeof(text), &ticks[n]);
			assert_string_equal(text, r->want[n]);
		}
		assert_int_equal(f.tick_count, n);
	}
}

/* %s stands for a figure; what is none is refused, and empty ones are
 * absent. */
static const struct {
	const char *venue, *text;
	bool is_number;
} FIGURES[] = {
	{ "deribit", DERIBIT_TICKER("A", "\"mark_price\":%s"), true },
	{ "deribit", DERIBIT_TICKER("A", "\"index_price\":%s"), true },
	{ "deribit", DERIBIT_TICKER("A", "\"open_interest\":%s"), true },
	{ "deribit", DERIBIT_TICKER("A", "\"mark_iv\":%s"), true },
	{ "deribit", DERIBIT_TICKER("A", "\"underlying_price\":%s"), true },
	{ "deribit", DERIBIT_TICKER("A", "\"funding_8h\":%s"), true },
	{ "deribit", DERIBIT("markprice.options.a", "[{\"timestamp\":1,"
	    "\"mark_price\":1,\"iv\":%s,\"instrument_name\":\"A\"}]"), true },
	{ "okx", OKX("mark-price", "{\"markPx\":%s}"), false },
	{ "okx", OKX("index-tickers", "{\"idxPx\":%s}"), false },
	{ "okx", OKX("open-interest", "{\"oi\":%s}"), false },
	{ "okx", OKX("opt-summary", "{\"markVol\":%s}"), false },
	{ "okx", OKX("opt-summary", "{\"fwdPx\":%s}"), false },
	{ "okx", OKX("funding-rate", "{\"fundingRate\":%s}"), false },
	{ "bybit-linear", BYBIT("\"markPrice\":%s"), false },
	{ "bybit-linear", BYBIT("\"indexPrice\":%s"), false },
	{ "bybit-linear", BYBIT("\"openInterest\":%s"), false },
	{ "bybit-linear", BYBIT("\"fundingIntervalHour\":\"8\","
	    "\"fundingRate\":%s"), false },
	{ "binance-usdm", "{\"stream\":\"a@markPrice\",\"data\":{\"E\":1,"
	    "\"s\":\"A\",\"p\":\"1\",\"r\":%s}}", false },
	{ "bitmex", BITMEX("\"markPrice\":%s"), true },
	{ "bitmex", BITMEX("\"fundingRate\":%s"), true },
	{ "kraken-futures", KRAKEN("\"markPrice\":%s"), true },
	{ "kraken-futures", KRAKEN("\"relative_funding_rate\":%s"), true },
};

static enum err
figure_parse(size_t i, const char *figure, bool is_quoted)
{
	const char *place = strstr(FIGURES[i].text, "%s");
	char text[1024];
	struct frame f;

	snprintf(text, sizeof(text), "%.*s%s%s%s%s",
	    (int)(place - FIGURES[i].text), FIGURES[i].text,
	    is_quoted ? "\"" : "", figure, is_quoted ? "\"" : "", place + 2);
	venue_memory_begin(&memory);
	return parse(&f, FIGURES[i].venue, text);
}

static void
parse__refuses_what_is_no_figure(void **state)
{
	static const char *const bad[] = {
		"-0", "-0.000", "-0e5", "--1", "NaN", "nan", "Infinity",
		"-Infinity", "inf", "1e309", "1e999", "0x10", "01", "00.5",
		"1,5", "1.", ".5", "+1", "1_000", "true", "1e", "1e+",
		"1.2.3", "\\u0031", "1e-", "1e-1.5", "[]", "{}",
		"1234567890123456789012345678901234567890", "1e21",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(FIGURES); i++) {
		bool is_quoted = !FIGURES[i].is_number;

		assert_int_equal(figure_parse(i, "12.50", is_quoted), ERR_OK);
		assert_int_equal(figure_parse(i, "0", is_quoted), ERR_OK);
		assert_int_equal(figure_parse(i, "0.1234567890123456789",
		    is_quoted), ERR_OK);
		assert_int_equal(figure_parse(i, is_quoted ? "" : "null",
		    is_quoted), ERR_OK);
		assert_int_equal(figure_parse(i, "12.50", !is_quoted),
		    ERR_SYNTAX);
		for (size_t k = 0; k < ARRAY_COUNT(bad); k++) {
			enum err e = figure_parse(i, bad[k], is_quoted);

			if (e != ERR_SYNTAX && e != ERR_RANGE)
				print_message("%s: %s: %s\n",
				    FIGURES[i].text, bad[k], err_name(e));
			assert_true(e == ERR_SYNTAX || e == ERR_RANGE);
		}
	}
}

/* A greek is refused as a figure is, but for minus zero. */
static void
parse__refuses_what_is_no_greek(void **state)
{
	static const struct {
		const char *venue, *text;
		enum err want;
	} rows[] = {
#define GREEK(value) "deribit", DERIBIT_TICKER("A-1JAN27-1-C", \
	    "\"greeks\":{\"delta\":" value "}")
#define GREEK_BS(value) "okx", OKX("opt-summary", "{\"vegaBS\":" value "}")
		{ GREEK("0.5"), ERR_OK },
		{ GREEK("-0.0"), ERR_OK },
		{ GREEK("-1e-30"), ERR_OK },
		{ GREEK("999999999999999999.5"), ERR_OK },
		{ GREEK("1000000000000000000"), ERR_RANGE },
		{ GREEK("-1000000000000000000"), ERR_RANGE },
		{ GREEK("1e30"), ERR_RANGE },
		{ GREEK("\"0.5\""), ERR_SYNTAX },
		{ GREEK("{}"), ERR_SYNTAX },
		{ GREEK("--1"), ERR_SYNTAX },
		{ GREEK("1,\"delta\":1"), ERR_DUPLICATE },
		{ "deribit", DERIBIT_TICKER("A", "\"greeks\":[]"),
		    ERR_SYNTAX },
		{ "deribit", DERIBIT_TICKER("A", "\"greeks\":{},"
		    "\"greeks\":{}"), ERR_DUPLICATE },
		{ GREEK_BS("\"-0.00000000\""), ERR_OK },
		{ GREEK_BS("\"NaN\""), ERR_SYNTAX },
		{ GREEK_BS("0.5"), ERR_SYNTAX },
		{ GREEK_BS("\"1\",\"vegaBS\":\"1\""), ERR_DUPLICATE },
	};
	struct frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		enum err e;

		venue_memory_begin(&memory);
		e = parse(&f, rows[i].venue, rows[i].text);
		if (e != rows[i].want)
			print_message("%s\n", rows[i].text);
		assert_string_equal(err_name(e), err_name(rows[i].want));
	}
}

static void
parse__refuses_intervals_that_are_none(void **state)
{
	static const struct {
		const char *venue, *text;
		enum err want;
	} rows[] = {
		{ "okx", OKX("funding-rate", "{\"fundingRate\":\"1\","
		    "\"fundingTime\":\"5\",\"nextFundingTime\":\"5\"}"),
		    ERR_RANGE },
		{ "okx", OKX("funding-rate", "{\"fundingRate\":\"1\","
		    "\"fundingTime\":\"0\",\"nextFundingTime\":"
		    "\"604800000\"}"), ERR_OK },
		{ "okx", OKX("funding-rate", "{\"fundingRate\":\"1\","
		    "\"fundingTime\":\"0\",\"nextFundingTime\":"
		    "\"604800001\"}"), ERR_RANGE },
		{ "bybit-linear", BYBIT("\"fundingIntervalHour\":\"168\","
		    "\"fundingRate\":\"1\""), ERR_OK },
		{ "bybit-linear", BYBIT("\"fundingIntervalHour\":\"169\","
		    "\"fundingRate\":\"1\""), ERR_RANGE },
		{ "bybit-linear", BYBIT("\"fundingIntervalHour\":\"0\","
		    "\"fundingRate\":\"1\""), ERR_RANGE },
		{ "bybit-linear", BYBIT("\"fundingIntervalHour\":"
		    "\"18446744073709551615\",\"fundingRate\":\"1\""),
		    ERR_RANGE },
		{ "bitmex", BITMEX("\"fundingRate\":1,\"fundingInterval\":"
		    "\"1999-01-01T08:00:00Z\""), ERR_RANGE },
	};
	struct frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		venue_memory_begin(&memory);
		assert_string_equal(err_name(parse(&f, rows[i].venue,
		    rows[i].text)), err_name(rows[i].want));
	}
}

static void
contract_interval_keep__holds_its_limit(void **state)
{
	char symbol[VENUE_SYMBOL_MAX];
	uint64_t ms = 0;

	(void)state;
	venue_memory_begin(&memory);
	for (size_t i = 0; i <= VENUE_CHANNELS_MAX; i++) {
		snprintf(symbol, sizeof(symbol), "S%zu", i);
		assert_int_equal(contract_interval_keep(&memory, symbol, i),
		    i < VENUE_CHANNELS_MAX ? ERR_OK : ERR_LIMIT);
	}
	assert_int_equal(contract_interval_keep(&memory, "S7", 70), ERR_OK);
	assert_true(contract_interval_kept(&ms, &memory, "S7"));
	assert_int_equal(ms, 70);
	assert_false(contract_interval_kept(&ms, &memory, symbol));
}

static void
contract_interval_measure__waits_for_a_settlement(void **state)
{
	const uint64_t hour = CONTRACT_HOUR_MS, from = 450000 * hour;
	static const struct {
		uint64_t after;		/* when the next settlement is, */
		uint64_t want;		/* and the interval, in hours */
	} rows[] = {
		{ 0, 0 }, { 0, 0 }, { 8, 8 }, { 8, 8 },
		/* It changes: a rate is of the interval that ends with it. */
		{ 12, 4 }, { 12, 4 }, { 13, 1 }, { 21, 8 },
		/* One was missed, one went back: the next says again. */
		{ 30, 0 }, { 34, 4 }, { 26, 0 }, { 34, 8 },
	};
	char symbol[VENUE_SYMBOL_MAX];

	(void)state;
	venue_memory_begin(&memory);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(contract_interval_measure(&memory, "S",
		    from + rows[i].after * hour), rows[i].want * hour);
		assert_int_equal(contract_interval_measure(&memory, "T",
		    from), 0);
	}
	/* A dated future has none, and takes no place. */
	assert_int_equal(contract_interval_measure(&memory, "F", 0), 0);
	assert_int_equal(memory.channel_count, 2);
	assert_int_equal(contract_interval_measure(&memory, "T", from + hour +
	    1), 0);
	for (size_t i = 2; i <= VENUE_CHANNELS_MAX; i++) {
		snprintf(symbol, sizeof(symbol), "S%zu", i);
		(void)contract_interval_measure(&memory, symbol, from);
		assert_int_equal(contract_interval_measure(&memory, symbol,
		    from + hour), i < VENUE_CHANNELS_MAX ? hour : 0);
	}
	assert_int_equal(memory.channel_count, VENUE_CHANNELS_MAX);
}

static void
contract_name_option__takes_only_options(void **state)
{
	static const char *const none[] = {
		"BTC-PERPETUAL", "BTC-27JUN25", "BTC-USDT-SWAP", "BTC-USD-250627",
		"BTC-27JUN25-60000-X", "BTC-27JUN25-60000-CC", "",
		"BTC-27JUX25-60000-C", "BTC-32JUN25-60000-C",
		"BTC-27JUN25-0-C", "BTC-27JUN25--C", "BTC-27JUN25-1e5-C",
		"BTC-USD-251327-60000-C", "BTC-USD-2506a7-60000-C",
		"A-B-C-D-E-C", "BTC-AJUN25-60000-C", "-----", "---C",
	};
	struct tick t;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(none); i++) {
		memset(&t, 0, sizeof(t));
		memcpy(t.symbol, none[i], strlen(none[i]) + 1);
		contract_name_option(&t);
		assert_false(t.contract.has_option);
	}
}

static void
contract_funding__rounds_down(void **state)
{
	i128 out = 5;

	(void)state;
	assert_int_equal(contract_funding(&out, 1, 7 * CONTRACT_HOUR_MS),
	    ERR_OK);
	assert_int_equal((int64_t)out, 1);
	assert_int_equal(contract_funding(&out, -1, 7 * CONTRACT_HOUR_MS),
	    ERR_OK);
	assert_int_equal((int64_t)out, -2);
	assert_int_equal(contract_funding(&out, (i128)1 << 120,
	    CONTRACT_HOUR_MS), ERR_RANGE);
	assert_int_equal((int64_t)out, -2);
}

static void
deribit__answers_a_test_request(void **state)
{
	struct frame f;

	(void)state;
	venue_memory_begin(&memory);
	assert_int_equal(parse(&f, "deribit", "{\"jsonrpc\":\"2.0\","
	    "\"method\":\"heartbeat\",\"params\":{\"type\":\"heartbeat\"}}"),
	    ERR_OK);
	assert_int_equal(f.kind, FRAME_HEARTBEAT);
	assert_string_equal(f.answer, "");
	assert_int_equal(parse(&f, "deribit", "{\"jsonrpc\":\"2.0\","
	    "\"method\":\"heartbeat\",\"params\":{\"type\":"
	    "\"test_request\"}}"), ERR_OK);
	assert_int_equal(f.kind, FRAME_HEARTBEAT);
	assert_string_equal(f.answer, "{\"jsonrpc\":\"2.0\",\"id\":4,"
	    "\"method\":\"public/test\",\"params\":{}}");
}

static void
venue_time_put__writes_each_mark(void **state)
{
	char text[] = "{\"time\":" VENUE_TIME_MARK "," VENUE_TIME_MARK "}";

	(void)state;
	venue_time_put(text, 1619093532);
	assert_string_equal(text, "{\"time\":1619093532,1619093532}");
	venue_time_put(text, 7);
	assert_string_equal(text, "{\"time\":1619093532,1619093532}");
}

static void
contract_is__tells_kinds_by_their_names(void **state)
{
	static const struct {
		const char *symbol;
		bool is_volatility, is_index, is_instrument, is_derivative;
		bool is_swap;
	} rows[] = {
		{ "btc_usd", false, true, false, false, false },
		{ "dvol.btc_usd", true, false, false, false, false },
		{ "dvol", false, true, false, false, false },
		{ "DVOL.btc_usd", false, false, true, false, false },
		{ "options.btc_usd", false, false, false, false, false },
		{ "BTC_USDC", false, false, true, false, false },
		{ "BTC-PERPETUAL", false, false, true, false, false },
		{ "1INCH-PERPETUAL", false, false, true, false, false },
		{ "BTC-26MAR21-62000-C", false, false, false, true, false },
		{ "BTC-USDT", false, false, true, false, false },
		{ "BTC-SWAP", false, false, true, false, false },
		{ "BTC-USDT-SWAP", false, false, true, true, true },
		{ "BTC-USDT-SWAP-X", false, false, true, true, false },
		{ "BTC-USDT-SWAPS", false, false, true, true, false },
		{ "BTC-USD-220325", false, false, true, true, false },
		{ "options.BTC-USD-SWAP", false, false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const char *s = rows[i].symbol;

		if (contract_is_volatility(s) != rows[i].is_volatility ||
		    contract_is_index(s) != rows[i].is_index ||
		    contract_is_instrument(s) != rows[i].is_instrument ||
		    contract_is_derivative(s) != rows[i].is_derivative ||
		    contract_is_swap(s) != rows[i].is_swap)
			fail_msg("%s", s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contract_is__tells_kinds_by_their_names),
		cmocka_unit_test(parse__reads_contract_data),
		cmocka_unit_test(parse__refuses_what_is_no_figure),
		cmocka_unit_test(parse__refuses_what_is_no_greek),
		cmocka_unit_test(parse__refuses_intervals_that_are_none),
		cmocka_unit_test(contract_interval_keep__holds_its_limit),
		cmocka_unit_test(
		    contract_interval_measure__waits_for_a_settlement),
		cmocka_unit_test(contract_name_option__takes_only_options),
		cmocka_unit_test(contract_funding__rounds_down),
		cmocka_unit_test(deribit__answers_a_test_request),
		cmocka_unit_test(venue_time_put__writes_each_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
