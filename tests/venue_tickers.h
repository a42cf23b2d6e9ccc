/* tests/venue_tickers.h - one ticker of each venue, written by hand in its
 * form: what every parser is held against in one table (prices that are none,
 * allocations, speed). */
#ifndef TESTS_VENUE_TICKERS_H
#define TESTS_VENUE_TICKERS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feeds/depth.h"
#include "feeds/venue.h"

#define TICKER_PATHS_MAX 12u
#define TICKER_TEXT_MAX 8192u

struct venue_ticker {
	const char *venue;
	const char *before;	/* heard on the connection first, or NULL */
	const char *text;	/* %s: one price */
	bool is_number;		/* it is a JSON number, else a string */
	/* Where the parts are that a parser takes, ended by a NULL: keys and
	 * places in arrays, a dot between, a double bar where no more are. */
	const char *paths[TICKER_PATHS_MAX];
};

#define TICKER_LEVELS8(p) "[\"" p "1\",\"0.5\"],[\"" p "2\",\"0.5\"],[\"" p \
	"3\",\"0.5\"],[\"" p "4\",\"0.5\"],[\"" p "5\",\"0.5\"],[\"" p \
	"6\",\"0.5\"],[\"" p "7\",\"0.5\"],[\"" p "8\",\"0.5\"]"

static const struct venue_ticker VENUE_TICKERS[] = {
	{ "coinbase", NULL, "{\"channel\":\"ticker\",\"client_id\":\"\","
	    "\"timestamp\":\"2026-08-09T21:05:48.229198328Z\","
	    "\"sequence_num\":6,\"events\":[{\"type\":\"update\",\"tickers\":"
	    "[{\"type\":\"ticker\",\"product_id\":\"BTC-USD\",\"price\":"
	    "\"65086.18\",\"volume_24_h\":\"2867.54532609\",\"low_24_h\":"
	    "\"64675.22\",\"high_24_h\":\"65252.99\",\"low_52_w\":"
	    "\"57717.55\",\"high_52_w\":\"126296\","
	    "\"price_percent_chg_24_h\":\"0.09601107287722\",\"best_bid\":%s,"
	    "\"best_ask\":\"65083.67\",\"best_bid_quantity\":\"0.20371215\","
	    "\"best_ask_quantity\":\"0.24290402\"}]}]}", false,
	    { "events.0.tickers.0.product_id", "events.0.tickers.0.price",
	      "events.0.tickers.0.best_bid", "events.0.tickers.0.best_ask",
	      "timestamp", "sequence_num", NULL } },
	{ "coinbase-exchange", NULL, "{\"type\":\"ticker\",\"sequence\":"
	    "177100030,\"product_id\":\"BTC-USD\",\"price\":\"65086.18\","
	    "\"open_24h\":\"64988.2\",\"volume_24h\":\"2867.54532609\","
	    "\"low_24h\":\"64675.22\",\"high_24h\":\"65252.99\","
	    "\"volume_30d\":\"92867.54532609\",\"best_bid\":%s,\"best_ask\":"
	    "\"65083.67\",\"side\":\"buy\",\"time\":"
	    "\"2026-08-09T21:05:48.229198Z\",\"trade_id\":280232,"
	    "\"last_size\":\"0.0103\"}", false,
	    { "type", "sequence", "product_id", "price", "best_bid",
	      "best_ask", "time", NULL } },
	{ "kraken", NULL, "{\"channel\":\"ticker\",\"type\":\"update\","
	    "\"data\":[{\"symbol\":\"BTC/USD\",\"bid\":%s,\"bid_qty\":"
	    "0.51230000,\"ask\":65083.7,\"ask_qty\":3.19483921,\"last\":"
	    "65083.7,\"volume\":1871.20934411,\"vwap\":64988.2,\"low\":"
	    "64675.2,\"high\":65253.0,\"change\":62.4,\"change_pct\":0.10,"
	    "\"timestamp\":\"2026-08-09T21:05:48.229198Z\"}]}", true,
	    { "data.0.symbol", "data.0.bid", "data.0.ask", "data.0.last",
	      "data.0.timestamp", NULL } },
	{ "binance", NULL, "{\"stream\":\"btcusdt@bookTicker\",\"data\":{"
	    "\"u\":400900217,\"s\":\"BTCUSDT\",\"b\":%s,\"B\":"
	    "\"0.20371000\",\"a\":\"65083.67000000\",\"A\":\"4.06660000\"}}",
	    false, { "data.s", "data.b", "data.a", "data.u", NULL } },
	{ "binance-us", NULL, "{\"u\":400900217,\"s\":\"BTCUSD\",\"b\":%s,"
	    "\"B\":\"0.20371000\",\"a\":\"65083.67000000\",\"A\":"
	    "\"4.06660000\"}", false, { "s", "b", "a", "u", NULL } },
	{ "binance-usdm", NULL, "{\"stream\":\"btcusdt@bookTicker\","
	    "\"data\":{\"e\":\"bookTicker\",\"u\":4009002170,\"s\":"
	    "\"BTCUSDT\",\"b\":%s,\"B\":\"0.203\",\"a\":\"65083.70\",\"A\":"
	    "\"4.066\",\"T\":1786309548221,\"E\":1786309548229}}", false,
	    { "data.s", "data.b", "data.a", "data.u", "data.T", "data.E",
	      NULL } },
	{ "binance-usdm-market", NULL, "{\"stream\":\"btcusdt@aggTrade\","
	    "\"data\":{\"e\":\"aggTrade\",\"E\":1786309548229,\"s\":"
	    "\"BTCUSDT\",\"a\":5933014,\"p\":%s,\"q\":\"0.100\",\"f\":100,"
	    "\"l\":105,\"T\":1786309548221,\"m\":true}}", false,
	    { "data.s", "data.p", "data.q", "data.a", "data.T", "data.E",
	      NULL } },
	{ "bybit", NULL, "{\"topic\":\"orderbook.1.BTCUSDT\",\"ts\":"
	    "1786309548229,\"type\":\"snapshot\",\"data\":{\"s\":\"BTCUSDT\","
	    "\"b\":[[%s,\"0.203712\"]],\"a\":[[\"65083.7\",\"1.938210\"]],"
	    "\"u\":7961638724,\"seq\":76129380144},\"cts\":1786309548221}",
	    false, { "data.s", "data.b.0.0", "data.b.0.1", "data.a.0.0",
	      "data.a.0.1", "data.u", "ts", NULL } },
	{ "bybit-linear", NULL, "{\"topic\":\"tickers.BTCUSDT\",\"type\":"
	    "\"snapshot\",\"data\":{\"symbol\":\"BTCUSDT\",\"tickDirection\":"
	    "\"ZeroPlusTick\",\"price24hPcnt\":\"0.001624\",\"lastPrice\":"
	    "\"65114.30\",\"prevPrice24h\":\"65008.70\",\"highPrice24h\":"
	    "\"65282.30\",\"lowPrice24h\":\"64694.40\",\"prevPrice1h\":"
	    "\"65083.80\",\"markPrice\":\"65117.44\",\"indexPrice\":"
	    "\"65137.76\",\"openInterest\":\"59891.732\","
	    "\"openInterestValue\":\"3899996265.01\",\"turnover24h\":"
	    "\"1142118412.9021\",\"volume24h\":\"17573.9120\","
	    "\"fundingIntervalHour\":\"8\",\"fundingCap\":\"0.005\","
	    "\"nextFundingTime\":\"1786320000000\",\"fundingRate\":"
	    "\"0.0001\",\"bid1Price\":%s,\"bid1Size\":\"5.954\","
	    "\"ask1Price\":\"65114.30\",\"ask1Size\":\"10.470\"},\"cs\":"
	    "753843900397,\"ts\":1786310817583}", false,
	    { "data.symbol", "data.lastPrice", "data.markPrice",
	      "data.indexPrice", "data.openInterest",
	      "data.fundingIntervalHour", "data.fundingRate",
	      "data.bid1Price", "data.ask1Price", "cs", "ts", NULL } },
	{ "okx", NULL, "{\"arg\":{\"channel\":\"tickers\",\"instId\":"
	    "\"BTC-USDT\"},\"data\":[{\"instType\":\"SPOT\",\"instId\":"
	    "\"BTC-USDT\",\"last\":\"65083.7\",\"lastSz\":\"0.00011\","
	    "\"askPx\":\"65083.8\",\"askSz\":\"1.2\",\"bidPx\":%s,\"bidSz\":"
	    "\"0.4\",\"open24h\":\"64988.2\",\"high24h\":\"65253\",\"low24h\":"
	    "\"64675.2\",\"sodUtc0\":\"64900\",\"sodUtc8\":\"64910\","
	    "\"volCcy24h\":\"121871209.3\",\"vol24h\":\"1871.2\",\"ts\":"
	    "\"1786309548229\"}]}", false,
	    { "data.0.instId", "data.0.last", "data.0.askPx", "data.0.bidPx",
	      "data.0.ts", "arg.channel", NULL } },
	{ "okcoin", NULL, "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":"
	    "\"BTC-USD\"},\"data\":[{\"asks\":[[\"65083.8\",\"1.2\",\"0\","
	    "\"13\"]],\"bids\":[[%s,\"0.4\",\"0\",\"12\"]],\"ts\":"
	    "\"1786309548229\",\"seqId\":363996337}]}", false,
	    { "arg.instId", "data.0.asks.0.0", "data.0.asks.0.1",
	      "data.0.bids.0.0", "data.0.bids.0.1", "data.0.ts",
	      "data.0.seqId", NULL } },
	{ "deribit", NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\","
	    "\"params\":{\"channel\":\"ticker.ETH-25SEP26-2400-C.100ms\","
	    "\"data\":{\"underlying_price\":2389.17,\"underlying_index\":"
	    "\"ETH-25SEP26\",\"timestamp\":1786309548229,\"stats\":{"
	    "\"volume\":1271.0,\"price_change\":-2.7,\"low\":0.0645,\"high\":"
	    "0.0712},\"state\":\"open\",\"settlement_price\":0.0683,"
	    "\"open_interest\":3963.0,\"min_price\":0.0341,\"max_price\":"
	    "0.1225,\"mark_price\":0.068155,\"mark_iv\":58.74,\"last_price\":"
	    "0.0675,\"interest_rate\":0.0,\"instrument_name\":"
	    "\"ETH-25SEP26-2400-C\",\"index_price\":2381.42,\"greeks\":{"
	    "\"vega\":3.46511,\"theta\":-2.09811,\"rho\":1.16173,\"gamma\":"
	    "0.00084,\"delta\":0.52609},\"estimated_delivery_price\":2381.42,"
	    "\"bid_iv\":57.06,\"best_bid_price\":%s,\"best_bid_amount\":14.0,"
	    "\"best_ask_price\":0.0695,\"best_ask_amount\":5.0,\"ask_iv\":"
	    "60.97}}}", true,
	    { "params.data.instrument_name", "params.data.timestamp",
	      "params.data.best_bid_price", "params.data.best_ask_price",
	      "params.data.last_price", "params.data.mark_price",
	      "params.data.index_price", "params.data.open_interest",
	      "params.data.mark_iv", "params.data.underlying_price", NULL } },
	{ "bitmex", NULL, "{\"table\":\"quote\",\"action\":\"insert\","
	    "\"data\":[{\"timestamp\":\"2026-08-09T21:05:48.229Z\","
	    "\"symbol\":\"XBTUSD\",\"bidSize\":2100,\"bidPrice\":%s,"
	    "\"askPrice\":65083.5,\"askSize\":3600}]}", true,
	    { "data.0.symbol", "data.0.timestamp", "data.0.bidPrice",
	      "data.0.askPrice", NULL } },
	{ "kucoin", NULL, "{\"type\":\"message\",\"topic\":"
	    "\"/market/ticker:BTC-USDT\",\"subject\":\"trade.ticker\","
	    "\"data\":{\"bestAsk\":\"65083.8\",\"bestAskSize\":"
	    "\"0.41861839\",\"bestBid\":%s,\"bestBidSize\":\"0.05097538\","
	    "\"price\":\"65083.7\",\"sequence\":\"14610502970\",\"size\":"
	    "\"0.00011\",\"time\":1786309548229}}", false,
	    { "topic", "data.bestAsk", "data.bestBid", "data.price",
	      "data.sequence", "data.time", NULL } },
	{ "gateio", NULL, "{\"time\":1786309548,\"time_ms\":1786309548229,"
	    "\"channel\":\"spot.book_ticker\",\"event\":\"update\","
	    "\"result\":{\"t\":1786309548221,\"u\":48733182,\"s\":"
	    "\"BTC_USDT\",\"b\":%s,\"B\":\"0.0233\",\"a\":\"65083.8\",\"A\":"
	    "\"0.0371\"}}", false,
	    { "result.s", "result.b", "result.a", "result.u", "result.t",
	      "time_ms", NULL } },
	{ "crypto-com", NULL, "{\"id\":-1,\"method\":\"subscribe\",\"code\":"
	    "0,\"result\":{\"instrument_name\":\"BTC_USD\",\"subscription\":"
	    "\"ticker.BTC_USD\",\"channel\":\"ticker\",\"data\":[{\"h\":"
	    "\"65253.00\",\"l\":\"64675.20\",\"a\":\"65083.70\",\"c\":"
	    "\"0.0010\",\"b\":%s,\"bs\":\"0.0233\",\"k\":\"65083.80\",\"ks\":"
	    "\"0.0371\",\"i\":\"BTC_USD\",\"v\":\"1871.2093\",\"vv\":"
	    "\"121871209.30\",\"oi\":\"0\",\"t\":1786309548229}]}}", false,
	    { "result.data.0.i", "result.data.0.b", "result.data.0.k",
	      "result.data.0.a", "result.data.0.t", NULL } },
	{ "gemini", "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\","
	    "\"changes\":[[\"buy\",\"65083.66\",\"1\"],[\"sell\",\"65083.70\","
	    "\"1\"]],\"trades\":[]}", "{\"type\":\"l2_updates\",\"symbol\":"
	    "\"BTCUSD\",\"changes\":[[\"buy\",%s,\"0.20371215\"]]}", false,
	    { "symbol", "changes.0.0", "changes.0.1", "changes.0.2", NULL } },
	{ "bitstamp", NULL, "{\"data\":{\"timestamp\":\"1786309548\","
	    "\"microtimestamp\":\"1786309548229198\",\"bids\":[[%s,"
	    "\"0.41861839\"]," TICKER_LEVELS8("65083.0") "],\"asks\":["
	    TICKER_LEVELS8("65084.0") "]},\"channel\":\"order_book_btcusd\","
	    "\"event\":\"data\"}", false,
	    { "channel", "data.bids.0.0", "data.asks.0.0",
	      "data.microtimestamp", NULL } },
	{ "bitfinex", "{\"event\":\"subscribed\",\"channel\":\"ticker\","
	    "\"chanId\":17,\"symbol\":\"tBTCUSD\",\"pair\":\"BTCUSD\"}",
	    "[17,[%s,18.42,65083.8,7.25,62.4,0.001,65083.7,1871.20934411,"
	    "65253,64675],1786309548229]", true,
	    { "0", "1.0", "1.2", "1.6", "2", NULL } },
	{ "kraken-v1", NULL, "[340,{\"a\":[\"65083.80000\",0,"
	    "\"0.41861839\"],\"b\":[%s,1,\"1.05097538\"],\"c\":["
	    "\"65083.70000\",\"0.00011000\"],\"v\":[\"1871.20934411\","
	    "\"2867.54532609\"],\"p\":[\"64988.20000\",\"65001.10000\"],"
	    "\"t\":[17431,25873],\"l\":[\"64675.20000\",\"64675.20000\"],"
	    "\"h\":[\"65253.00000\",\"65253.00000\"],\"o\":["
	    "\"64900.00000\",\"64921.30000\"]},\"ticker\",\"XBT/USD\"]",
	    false, { "1.a.0", "1.b.0", "1.c.0", "2", "3", NULL } },
	{ "kraken-futures", NULL, "{\"time\":1786309548229,\"product_id\":"
	    "\"PI_XBTUSD\",\"funding_rate\":0.000000000095,"
	    "\"funding_rate_prediction\":0.000000000101,"
	    "\"relative_funding_rate\":0.0000062,"
	    "\"relative_funding_rate_prediction\":0.0000066,"
	    "\"next_funding_rate_time\":1786312800000,\"feed\":\"ticker\","
	    "\"bid\":%s,\"ask\":65084.5,\"bid_size\":4500.0,\"ask_size\":"
	    "3000.0,\"volume\":23893345.0,\"dtm\":0,\"leverage\":\"50x\","
	    "\"index\":65080.1,\"premium\":0.0,\"last\":65083.5,\"change\":"
	    "0.1,\"suspended\":false,\"tag\":\"perpetual\",\"pair\":"
	    "\"XBT:USD\",\"openInterest\":41244345.0,\"markPrice\":65083.2,"
	    "\"maturityTime\":0,\"post_only\":false,\"volumeQuote\":"
	    "23893345.0}", true,
	    { "product_id", "bid", "ask", "last", "time", "index",
	      "openInterest", "markPrice", "relative_funding_rate", NULL } },
};

/* venue_ticker_text writes the ticker with a price in the form that is_quoted
 * says; returns its length. */
static inline size_t
venue_ticker_text(char out[TICKER_TEXT_MAX], const struct venue_ticker *t,
    const char *price, bool is_quoted)
{
	const char *place = strstr(t->text, "%s");
	const char *quote = is_quoted ? "\"" : "";
	int len = snprintf(out, TICKER_TEXT_MAX, "%.*s%s%s%s%s",
	    (int)(place - t->text), t->text, quote, price, quote, place + 2);

	return (size_t)len;
}

#endif
