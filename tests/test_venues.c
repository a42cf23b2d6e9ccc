/* The venue parsers: frames in each venue's shape, what must be refused by
 * name, every truncation; the table; the subscribe messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/tick_text.h"
#include "feeds/venue.h"

static struct tick ticks[FRAME_TICKS_MAX];
static struct venue_memory memory;

static enum err
parse(struct frame *f, const char *venue, const char *text, size_t len)
{
	const struct venue *v = venue_find(venue);
	/* A copy of exactly that size, so that reading past it is seen. */
	char *copy = malloc(len > 0 ? len : 1);
	enum err e;

	assert_non_null(v);
	assert_non_null(copy);
	memcpy(copy, text, len);
	*f = (struct frame){ .ticks = ticks, .memory = &memory };
	e = v->parse(f, copy, len);
	free(copy);
	return e;
}

struct good {
	const char *venue, *text;
	enum frame_kind kind;
	const char *channel;
	uint64_t ms;		/* the frame's time, 0: none */
	const char *ticks[4];	/* market|bid|ask|last|exchange_ms */
};

#define CB_TICKER "{\"channel\":\"ticker\",\"client_id\":\"\",\"timestamp\":" \
    "\"2026-08-09T21:05:48.298032046Z\",\"sequence_num\":10,\"events\":["
#define CB_TRADES "{\"channel\":\"market_trades\",\"timestamp\":" \
    "\"2026-08-09T21:05:48.5Z\",\"sequence_num\":9,\"events\":["

static const struct good GOOD[] = {
	{ "coinbase", CB_TICKER "{\"type\":\"update\",\"tickers\":[{\"type\":"
	    "\"ticker\",\"product_id\":\"ETH-USD\",\"price\":\"1919.41\","
	    "\"best_bid\":\"1919.440\",\"best_ask\":\"1919.49\"},{\"type\":"
	    "\"ticker\",\"product_id\":\"BTC-USD\",\"price\":\"65086\"}]}]}",
	    FRAME_TICKS, "ticker", 1786309548298,
	    { "ETH-USD|\"1919.440\"|\"1919.49\"|\"1919.41\"|1786309548298",
	      "BTC-USD|null|null|\"65086\"|1786309548298" } },
	/* The channel may come last. */
	{ "coinbase", "{\"events\":[{\"tickers\":[{\"price\":\"7\","
	    "\"product_id\":\"A-B\"}]}],\"timestamp\":\"1970-01-01T00:00:01Z\""
	    ",\"channel\":\"ticker\"}", FRAME_TICKS, "ticker", 1000,
	    { "A-B|null|null|\"7\"|1000" } },
	{ "coinbase", CB_TRADES "{\"type\":\"update\",\"trades\":[{"
	    "\"product_id\":\"BTC-USD\",\"trade_id\":\"1\",\"price\":"
	    "\"65083.67\",\"size\":\"0.00\",\"time\":\"2026-08-09T21:05:48."
	    "167634Z\",\"side\":\"SELL\"}]},{\"type\":\"update\",\"trades\":"
	    "[]}]}", FRAME_TICKS, "market_trades", 1786309548500,
	    { "BTC-USD|null|null|\"65083.67\"|1786309548167" } },
	/* A trade newer than its message moves the frame's time. */
	{ "coinbase", CB_TRADES "{\"trades\":[{\"product_id\":\"B\","
	    "\"price\":\"1\",\"time\":\"2026-08-09T21:05:49Z\"}]}]}",
	    FRAME_TICKS, "market_trades", 1786309549000,
	    { "B|null|null|\"1\"|1786309549000" } },
	{ "coinbase", "{\"channel\":\"heartbeats\",\"timestamp\":\"2026-08-09"
	    "T21:05:48.856Z\",\"events\":[{\"current_time\":\"2026-08-09 21:05"
	    ":48 +0000 UTC m=+4.26\",\"heartbeat_counter\":\"4\"}]}",
	    FRAME_HEARTBEAT, "heartbeats", 1786309548856, { 0 } },
	{ "coinbase", "{\"channel\":\"subscriptions\",\"events\":[{"
	    "\"subscriptions\":{\"ticker\":[\"ETH-USD\"]}}]}", FRAME_ACK,
	    "subscriptions", 0, { 0 } },
	{ "coinbase", "{\"channel\":\"l2_data\",\"timestamp\":\"1970-01-01T"
	    "00:00:02Z\",\"events\":[{\"x\":[1,2]}]}", FRAME_IGNORED,
	    "l2_data", 2000, { 0 } },
	{ "coinbase", "{\"type\":\"error\",\"message\":\"no\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ "coinbase", "{\"channel\":\"news\",\"events\":[]}", FRAME_UNKNOWN,
	    "news", 0, { 0 } },
	{ "coinbase", "[1,2]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ "coinbase", "{\"channel\":\"a\\u0041 \xc3\xa4" "0123456789012345678"
	    "9012345\"}", FRAME_UNKNOWN, "a?u0041???012345678901234567890",
	    0, { 0 } },

	{ "kraken", "{\"channel\":\"ticker\",\"type\":\"snapshot\",\"data\":[{"
	    "\"symbol\":\"BTC/USD\",\"bid\":105944.20,\"bid_qty\":2.5,\"ask\":"
	    "105944.3,\"last\":1e-05,\"volume\":1.2,\"timestamp\":\"2022-12-25"
	    "T09:30:59.123456Z\"}]}", FRAME_TICKS, "ticker", 1671960659123,
	    { "BTC/USD|\"105944.20\"|\"105944.3\"|\"0.00001\"|1671960659123" }
	    },
	{ "kraken", "{\"data\":[{\"symbol\":\"USDT/USD\",\"bid\":0.9999,"
	    "\"ask\":1}],\"channel\":\"ticker\"}", FRAME_TICKS, "ticker", 0,
	    { "USDT/USD|\"0.9999\"|\"1\"|null|null" } },
	{ "kraken", "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{"
	    "\"symbol\":\"A/B\",\"price\":4.0,\"qty\":0.1,\"trade_id\":1,"
	    "\"timestamp\":\"1970-01-01T00:00:03Z\"},{\"symbol\":\"A/B\","
	    "\"price\":4.1,\"timestamp\":\"1970-01-01T00:00:02Z\"}]}",
	    FRAME_TICKS, "trade", 3000, { "A/B|null|null|\"4.0\"|3000",
	      "A/B|null|null|\"4.1\"|2000" } },
	{ "kraken", "{\"channel\":\"heartbeat\"}", FRAME_HEARTBEAT,
	    "heartbeat", 0, { 0 } },
	{ "kraken", "{\"method\":\"pong\",\"time_in\":\"1970-01-01T00:00:01Z"
	    "\",\"time_out\":\"1970-01-01T00:00:01.5Z\"}", FRAME_HEARTBEAT,
	    "pong", 1500, { 0 } },
	{ "kraken", "{\"method\":\"pong\"}", FRAME_ACK, "pong", 0, { 0 } },
	{ "kraken", "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{"
	    "\"system\":\"online\",\"connection_id\":12834618782306837000}]}",
	    FRAME_ACK, "status", 0, { 0 } },
	{ "kraken", "{\"method\":\"subscribe\",\"result\":{\"channel\":"
	    "\"ticker\"},\"success\":true,\"time_in\":\"1970-01-01T00:00:01Z"
	    "\"}", FRAME_ACK, "subscribe", 1000, { 0 } },
	{ "kraken", "{\"error\":\"Currency pair not supported X/Y\",\"method\""
	    ":\"subscribe\",\"success\":false}", FRAME_REFUSED, "subscribe",
	    0, { 0 } },
	{ "kraken", "{\"channel\":\"book\",\"data\":[{\"bids\":[]}]}",
	    FRAME_IGNORED, "book", 0, { 0 } },
	{ "kraken", "[0,{},\"ticker\",\"XBT/USD\"]", FRAME_UNKNOWN, "unnamed",
	    0, { 0 } },
	{ "kraken", "{\"event\":\"systemStatus\"}", FRAME_UNKNOWN, "unnamed",
	    0, { 0 } },

	{ "binance", "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":5,"
	    "\"s\":\"BTCUSDT\",\"b\":\"58823.1000\",\"B\":\"0\",\"a\":"
	    "\"58830.27000000\",\"A\":\"1\"}}", FRAME_TICKS, "bookTicker", 0,
	    { "BTCUSDT|\"58823.1000\"|\"58830.27000000\"|null|null" } },
	{ "binance", "{\"u\":5,\"s\":\"BTCUSDT\",\"b\":\"1\",\"B\":\"0\","
	    "\"a\":\"2\",\"A\":\"1\"}", FRAME_TICKS, "bookTicker", 0,
	    { "BTCUSDT|\"1\"|\"2\"|null|null" } },
	{ "binance", "{\"data\":{\"u\":5,\"s\":\"X\",\"b\":\"1\",\"a\":\"2\"}"
	    ",\"stream\":\"!bookTicker\"}", FRAME_TICKS, "!bookTicker", 0,
	    { "X|\"1\"|\"2\"|null|null" } },
	{ "binance", "{\"stream\":\"ethusdt@aggTrade\",\"data\":{\"e\":"
	    "\"aggTrade\",\"E\":1617643092250,\"s\":\"ETHUSDT\",\"a\":4,"
	    "\"p\":\"15.8534\",\"q\":\"2.6\",\"f\":4,\"l\":4,\"T\":"
	    "1617643092249,\"m\":false}}", FRAME_TICKS, "aggTrade",
	    1617643092250, { "ETHUSDT|null|null|\"15.8534\"|1617643092249" }
	    },
	{ "binance", "{\"e\":\"trade\",\"E\":10,\"s\":\"A\",\"t\":1,\"p\":"
	    "\"2\",\"q\":\"1\",\"b\":88,\"a\":50,\"T\":12}", FRAME_TICKS,
	    "trade", 12, { "A|null|null|\"2\"|12" } },
	{ "binance", "{\"stream\":\"a@depth@100ms\",\"data\":{\"e\":"
	    "\"depthUpdate\",\"E\":77,\"b\":[[\"1\",\"2\"]],\"a\":[]}}",
	    FRAME_IGNORED, "depth@100ms", 77, { 0 } },
	{ "binance", "{\"stream\":\"!ticker@arr\",\"data\":[{\"E\":1}]}",
	    FRAME_IGNORED, "!ticker@arr", 0, { 0 } },
	{ "binance", "{\"stream\":\"!serverShutdown\",\"data\":{\"e\":"
	    "\"serverShutdown\",\"E\":1770123456789}}", FRAME_LEAVING,
	    "!serverShutdown", 1770123456789, { 0 } },
	{ "binance-us", "{\"e\":\"serverShutdown\",\"E\":1770123456789}",
	    FRAME_LEAVING, "serverShutdown", 1770123456789, { 0 } },
	{ "binance", "{\"stream\":\"a@kline_1m\",\"data\":{\"e\":\"kline\"}}",
	    FRAME_IGNORED, "kline_1m", 0, { 0 } },
	{ "binance", "{\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}",
	    FRAME_IGNORED, "depth", 0, { 0 } },
	{ "binance", "{\"result\":null,\"id\":1}", FRAME_ACK, "result", 0,
	    { 0 } },
	{ "binance-us", "{\"error\":{\"code\":2,\"msg\":\"Invalid\"},\"id\":1"
	    "}", FRAME_REFUSED, "error", 0, { 0 } },
	{ "binance", "{\"code\":2,\"msg\":\"Invalid\"}", FRAME_REFUSED,
	    "error", 0, { 0 } },
	{ "binance", "{\"stream\":\"a@surprise\",\"data\":{}}", FRAME_UNKNOWN,
	    "surprise", 0, { 0 } },

	{ "bybit", "{\"topic\":\"tickers.BTCUSDT\",\"ts\":1786310819126,"
	    "\"type\":\"snapshot\",\"cs\":1,\"data\":{\"symbol\":\"BTCUSDT\","
	    "\"lastPrice\":\"65140.5\",\"highPrice24h\":\"65305.6\"}}",
	    FRAME_TICKS, "tickers", 1786310819126,
	    { "BTCUSDT|null|null|\"65140.5\"|1786310819126" } },
	{ "bybit-linear", "{\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\","
	    "\"data\":{\"symbol\":\"BTCUSDT\",\"ask1Price\":\"65114.30\","
	    "\"ask1Size\":\"10\"},\"cs\":7,\"ts\":5000}", FRAME_TICKS,
	    "tickers", 5000, { "BTCUSDT|null|\"65114.30\"|null|5000" } },
	{ "bybit-linear", "{\"data\":{\"symbol\":\"A\",\"markPrice\":\"0\"},"
	    "\"ts\":5,\"topic\":\"tickers.A\"}", FRAME_TICKS, "tickers", 5,
	    { "A|null|null|null|5" } },
	{ "bybit", "{\"topic\":\"orderbook.1.ETHUSDT\",\"ts\":9,\"type\":"
	    "\"snapshot\",\"data\":{\"s\":\"ETHUSDT\",\"b\":[[\"99\",\"1\"],"
	    "[\"99.5\",\"2\"],[\"100\",\"0\"]],\"a\":[[\"101.0\",\"1\"]],"
	    "\"u\":3,\"seq\":4},\"cts\":8}", FRAME_TICKS, "orderbook.1", 9,
	    { "ETHUSDT|\"99.5\"|\"101.0\"|null|9" } },
	{ "bybit", "{\"topic\":\"orderbook.1.A\",\"ts\":9,\"type\":\"delta\","
	    "\"data\":{\"s\":\"A\",\"b\":[],\"a\":[[\"3\",\"0\"]],\"u\":3}}",
	    FRAME_TICKS, "orderbook.1", 9, { "A|null|null|null|9" } },
	{ "bybit", "{\"topic\":\"publicTrade.A\",\"ts\":20,\"data\":[{\"T\":"
	    "19,\"s\":\"A\",\"p\":\"3\",\"v\":\"1\",\"seq\":1},{\"T\":21,"
	    "\"s\":\"A\",\"p\":\"4\",\"v\":\"1\"}]}", FRAME_TICKS,
	    "publicTrade", 21, { "A|null|null|\"3\"|19",
	      "A|null|null|\"4\"|21" } },
	{ "bybit", "{\"topic\":\"orderbook.200.A\",\"ts\":9,\"data\":{}}",
	    FRAME_IGNORED, "orderbook.200", 9, { 0 } },
	{ "bybit", "{\"topic\":\"kline.1.A\",\"data\":[],\"ts\":9}",
	    FRAME_IGNORED, "kline.1", 9, { 0 } },
	{ "bybit", "{\"topic\":\"allLiquidation.A\",\"data\":[]}",
	    FRAME_IGNORED, "allLiquidation", 0, { 0 } },
	{ "bybit", "{\"success\":true,\"ret_msg\":\"subscribe\",\"conn_id\":"
	    "\"d\",\"op\":\"subscribe\"}", FRAME_ACK, "subscribe", 0, { 0 } },
	{ "bybit", "{\"success\":true,\"ret_msg\":\"pong\",\"op\":\"ping\"}",
	    FRAME_ACK, "pong", 0, { 0 } },
	{ "bybit", "{\"success\":false,\"ret_msg\":\"Invalid topic\",\"op\":"
	    "\"subscribe\"}", FRAME_REFUSED, "subscribe", 0, { 0 } },
	{ "bybit", "{\"topic\":\"weather.A\",\"data\":{}}", FRAME_UNKNOWN,
	    "weather", 0, { 0 } },
};

static void
tick_assert(const char *venue, const struct tick *t, const char *want)
{
	char text[TICK_TEXT_BUF], expect[TICK_TEXT_BUF];
	char market[32], bid[48], ask[48], last[48], ms[32];
	const char *at = want;
	char *const fields[] = { market, bid, ask, last, ms };

	for (size_t i = 0; i < 5; i++) {
		size_t len = strcspn(at, "|");

		memcpy(fields[i], at, len);
		fields[i][len] = '\0';
		at += len + (at[len] == '|');
	}
	snprintf(expect, sizeof(expect), "{\"tick\":{\"venue\":\"%s\","
	    "\"market\":\"%s\",\"bid\":%s,\"ask\":%s,\"last\":%s,"
	    "\"exchange_ms\":%s,\"recv_ms\":18446744073709551615}}", venue,
	    market, bid, ask, last, ms);
	assert_int_equal(tick_to_json(text, sizeof(text), venue, t,
	    UINT64_MAX), strlen(expect));
	assert_string_equal(text, expect);
}

static void
parse__reads_each_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(GOOD); i++) {
		const struct good *g = &GOOD[i];
		struct frame f;
		size_t n = 0;

		while (n < 4 && g->ticks[n] != NULL)
			n++;
		venue_memory_begin(&memory);
		assert_int_equal(parse(&f, g->venue, g->text,
		    strlen(g->text)), ERR_OK);
		if (f.kind != g->kind || f.tick_count != n)
			print_message("%s\n", g->text);
		assert_int_equal(f.kind, g->kind);
		assert_string_equal(f.channel, g->channel);
		assert_int_equal(f.has_time, g->ms != 0);
		assert_int_equal(f.exchange_ms, g->ms);
		assert_int_equal(f.tick_count, n);
		for (size_t k = 0; k < n; k++)
			tick_assert(g->venue, &f.ticks[k], g->ticks[k]);
	}
}

static void
parse__refuses_every_truncation(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(GOOD); i++)
		for (size_t len = 0; len < strlen(GOOD[i].text); len++)
			assert_int_not_equal(parse(&f, GOOD[i].venue,
			    GOOD[i].text, len), ERR_OK);
}

/* A frame of each price-carrying channel with a place for one price. */
static const struct {
	const char *venue, *text;
	bool is_number;
	bool empty_is_none;	/* an empty side */
} PRICED[] = {
	{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":\"A\","
	    "\"best_bid\":%s}]}]}", false, true },
	{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":\"A\","
	    "\"best_ask\":%s}]}]}", false, true },
	{ "coinbase", CB_TRADES "{\"trades\":[{\"product_id\":\"A\",\"price\":"
	    "%s,\"time\":\"1970-01-01T00:00:01Z\"}]}]}", false, false },
	{ "kraken", "{\"channel\":\"ticker\",\"data\":[{\"symbol\":\"A\","
	    "\"bid\":%s}]}", true, false },
	{ "kraken", "{\"data\":[{\"symbol\":\"A\",\"last\":%s}],\"channel\":"
	    "\"ticker\"}", true, false },
	{ "kraken", "{\"channel\":\"trade\",\"data\":[{\"symbol\":\"A\","
	    "\"price\":%s,\"timestamp\":\"1970-01-01T00:00:01Z\"}]}", true, false },
	{ "binance", "{\"stream\":\"a@bookTicker\",\"data\":{\"s\":\"A\","
	    "\"b\":\"1\",\"a\":%s}}", false, false },
	{ "binance", "{\"s\":\"A\",\"u\":1,\"b\":%s,\"a\":\"1\"}", false, false },
	{ "binance", "{\"e\":\"aggTrade\",\"s\":\"A\",\"T\":1,\"p\":%s}",
	    false, false },
	{ "bybit", "{\"topic\":\"tickers.A\",\"ts\":1,\"data\":{\"symbol\":"
	    "\"A\",\"lastPrice\":%s}}", false, false },
	{ "bybit", "{\"topic\":\"orderbook.1.A\",\"ts\":1,\"data\":{\"s\":"
	    "\"A\",\"b\":[[%s,\"1\"]],\"a\":[]}}", false, false },
	{ "bybit", "{\"topic\":\"publicTrade.A\",\"ts\":1,\"data\":[{\"s\":"
	    "\"A\",\"T\":1,\"p\":%s}]}", false, false },
};

static enum err
parse_priced(size_t i, const char *price, bool quoted)
{
	const char *place = strstr(PRICED[i].text, "%s");
	char value[256], text[1024];
	struct frame f;

	snprintf(value, sizeof(value), quoted ? "\"%s\"" : "%s", price);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(place -
	    PRICED[i].text), PRICED[i].text, value, place + 2);
	return parse(&f, PRICED[i].venue, text, strlen(text));
}

static void
parse__refuses_what_is_no_price(void **state)
{
	static const char *const bad[] = {
		"0", "0.000", "-0", "-1", "-0.1", "NaN", "nan", "Infinity",
		"-Infinity", "inf", "1e309", "1e999", "1e-400", "0x10", "01",
		"00.5", "1,5", "1.", ".5", "+1", "1_000", "null", "true", "",
		" 1", "1 ", "1e", "1e+", "--1", "1.2.3", "\\u0031",
		"1234567890123456789012345678901234567890",
		"0.1234567890123456789", "340282366920938463464",
		"1e21", "1e-19", "[]", "{}", "[1]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(PRICED); i++) {
		assert_int_equal(parse_priced(i, "12.50",
		    !PRICED[i].is_number), ERR_OK);
		/* The other JSON type, though the same number. */
		assert_int_equal(parse_priced(i, "12.50",
		    PRICED[i].is_number), ERR_SYNTAX);
		for (size_t k = 0; k < ARRAY_COUNT(bad); k++)
			for (int quoted = 0; quoted < 2; quoted++) {
				enum err e;

				/* Outside quotes a blank is JSON's own. */
				if (!quoted && strchr(bad[k], ' ') != NULL)
					continue;
				e = parse_priced(i, bad[k], quoted != 0);
				if (quoted && bad[k][0] == '\0' &&
				    PRICED[i].empty_is_none) {
					assert_int_equal(e, ERR_OK);
					continue;
				}
				if (e != ERR_SYNTAX && e != ERR_RANGE)
					print_message("%s: %s: %s\n",
					    PRICED[i].venue, bad[k],
					    err_name(e));
				assert_true(e == ERR_SYNTAX ||
				    e == ERR_RANGE);
			}
		assert_int_equal(parse_priced(i, "0", !PRICED[i].is_number),
		    ERR_RANGE);
		/* The largest and the smallest that fit. */
		assert_int_equal(parse_priced(i, "340282366920938463463",
		    !PRICED[i].is_number), ERR_OK);
		assert_int_equal(parse_priced(i, "0.000000000000000001",
		    !PRICED[i].is_number), ERR_OK);
	}
}

static void
parse__names_what_is_wrong(void **state)
{
	static const struct {
		const char *venue, *text;
		enum err want;
	} cases[] = {
		{ "coinbase", "", ERR_SYNTAX },
		{ "coinbase", "nonsense", ERR_SYNTAX },
		{ "coinbase", "{\"channel\":1}", ERR_SYNTAX },
		{ "coinbase", "{\"channel\":\"ticker\",\"channel\":\"ticker\"}",
		    ERR_DUPLICATE },
		{ "coinbase", "{\"channel\":\"ticker\"}", ERR_MISSING },
		{ "coinbase", "{\"channel\":\"ticker\",\"events\":[]}",
		    ERR_MISSING },
		{ "coinbase", CB_TICKER "{\"type\":\"update\"}]}",
		    ERR_MISSING },
		{ "coinbase", CB_TICKER "{\"tickers\":[{\"price\":\"1\"}]}]}",
		    ERR_MISSING },
		{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":\"\"}]"
		    "}]}", ERR_SYNTAX },
		{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":"
		    "\"A\\\"B\"}]}]}", ERR_SYNTAX },
		{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":"
		    "\"ABCDEFGHIJKLMNOPQRSTUVWX\"}]}]}", ERR_LIMIT },
		{ "coinbase", CB_TICKER "{\"tickers\":[{\"product_id\":"
		    "\"ABCDEFGHIJKLMNOPQRSTUVW\"}]}]}", ERR_OK },
		{ "coinbase", CB_TICKER "{\"tickers\":{}}]}", ERR_SYNTAX },
		{ "coinbase", CB_TRADES "{\"trades\":[{\"product_id\":\"A\","
		    "\"price\":\"1\"}]}]}", ERR_MISSING },
		{ "coinbase", CB_TRADES "{\"trades\":[{\"product_id\":\"A\","
		    "\"price\":\"1\",\"time\":\"yesterday\"}]}]}",
		    ERR_SYNTAX },
		{ "coinbase", CB_TRADES "{\"trades\":[{\"product_id\":\"A\","
		    "\"price\":\"1\",\"price\":\"1\"}]}]}", ERR_DUPLICATE },
		{ "coinbase", CB_TICKER "]}", ERR_OK },
		{ "coinbase", CB_TICKER "]]}", ERR_SYNTAX },
		{ "kraken", "{\"channel\":\"ticker\",\"data\":{}}",
		    ERR_SYNTAX },
		{ "kraken", "{\"channel\":\"trade\",\"data\":[{\"symbol\":"
		    "\"A\",\"price\":1}]}", ERR_MISSING },
		{ "kraken", "{\"method\":\"pong\",\"time_in\":17}",
		    ERR_SYNTAX },
		{ "kraken", "{\"success\":\"true\"}", ERR_SYNTAX },
		{ "binance", "{\"stream\":\"a@bookTicker\"}", ERR_MISSING },
		{ "binance", "{\"stream\":\"a@bookTicker\",\"data\":{\"s\":"
		    "\"A\",\"b\":\"1\"}}", ERR_MISSING },
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\"}",
		    ERR_MISSING },
		/* Microseconds are no milliseconds. */
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"T\":"
		    "1617643092250000}", ERR_RANGE },
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"T\":"
		    "9223372036854}", ERR_OK },
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"T\":"
		    "9223372036855}", ERR_RANGE },
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"T\":"
		    "1.5}", ERR_SYNTAX },
		{ "binance", "{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"T\":"
		    "\"1\"}", ERR_SYNTAX },
		{ "binance", "{\"stream\":\"a@aggTrade\",\"data\":[]}",
		    ERR_SYNTAX },
		{ "bybit", "{\"topic\":\"tickers.A\",\"data\":{\"symbol\":"
		    "\"A\"}}", ERR_MISSING },
		{ "bybit", "{\"topic\":\"tickers.A\",\"ts\":1}", ERR_MISSING },
		{ "bybit", "{\"topic\":\"orderbook.1.A\",\"ts\":1,\"data\":{"
		    "\"s\":\"A\",\"b\":[]}}", ERR_MISSING },
		{ "bybit", "{\"topic\":\"orderbook.1.A\",\"ts\":1,\"data\":{"
		    "\"s\":\"A\",\"b\":[[\"1\"]],\"a\":[]}}", ERR_MISSING },
		{ "bybit", "{\"topic\":\"orderbook.1.A\",\"ts\":1,\"data\":{"
		    "\"s\":\"A\",\"b\":[[\"1\",\"1\",\"1\"]],\"a\":[]}}",
		    ERR_SYNTAX },
		{ "bybit", "{\"topic\":\"publicTrade.A\",\"ts\":1,\"data\":[{"
		    "\"s\":\"A\",\"p\":\"1\"}]}", ERR_MISSING },
	};
	struct frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		enum err e = parse(&f, cases[i].venue, cases[i].text,
		    strlen(cases[i].text));

		if (e != cases[i].want)
			print_message("%s\n", cases[i].text);
		assert_string_equal(err_name(e), err_name(cases[i].want));
	}
}

#define CB(channel, number, more) "{\"channel\":\"" channel "\"," \
    "\"timestamp\":\"2026-08-09T21:05:48Z\",\"sequence_num\":" number "," \
    more "}"
#define CB_PRICE(number, price) CB("ticker", number, "\"events\":[{\"tickers\":" \
    "[{\"product_id\":\"ETH-USD\",\"price\":\"1\",\"best_bid\":\"" price "\"," \
    "\"best_ask\":\"2000\"}]}]")

/* What one connection of Coinbase says, in its order. */
static void
parse__follows_coinbases_numbers(void **state)
{
	static const struct {
		const char *text;
		enum err error;
		enum frame_kind kind;
		size_t ticks;
	} rows[] = {
		{ CB_PRICE("0", "1"), ERR_OK, FRAME_TICKS, 1 },
		{ CB_PRICE("1", "1"), ERR_OK, FRAME_TICKS, 1 },
		{ CB_PRICE("2", "1"), ERR_OK, FRAME_TICKS, 1 },
		{ CB_PRICE("9", "1"), ERR_OK, FRAME_GAP, 0 },
		{ CB_PRICE("9", "1"), ERR_OK, FRAME_IGNORED, 0 },
		{ CB_PRICE("3", "1"), ERR_OK, FRAME_GAP, 0 },
		{ CB_PRICE("4", "1"), ERR_OK, FRAME_TICKS, 1 },
		/* Whatever the channel, each counts. */
		{ CB("heartbeats", "5", "\"events\":[]"), ERR_OK,
		  FRAME_HEARTBEAT, 0 },
		{ CB("l2_data", "6", "\"events\":[]"), ERR_OK,
		  FRAME_IGNORED, 0 },
		{ CB("subscriptions", "7", "\"events\":[]"), ERR_OK,
		  FRAME_ACK, 0 },
		{ CB("news", "8", "\"events\":[]"), ERR_OK, FRAME_UNKNOWN,
		  0 },
		{ CB_PRICE("9", "1"), ERR_OK, FRAME_TICKS, 1 },
		{ CB("heartbeats", "11", "\"events\":[]"), ERR_OK, FRAME_GAP,
		  0 },
		/* Errors of the connection have none. */
		{ "{\"type\":\"error\",\"message\":\"no\"}", ERR_OK,
		  FRAME_REFUSED, 0 },
		/* What cannot be read counts, */
		{ CB_PRICE("12", "0"), ERR_RANGE, FRAME_UNKNOWN, 0 },
		{ CB("ticker", "13", "\"x\":1"), ERR_MISSING, FRAME_UNKNOWN,
		  0 },
		{ CB_PRICE("14", "1"), ERR_OK, FRAME_TICKS, 1 },
		/* and hides no message that is missing before it, */
		{ CB_PRICE("16", "0"), ERR_RANGE, FRAME_UNKNOWN, 0 },
		{ CB_PRICE("17", "1"), ERR_OK, FRAME_GAP, 0 },
		/* nor is it there where its number cannot be read. */
		{ CB("ticker", "\"18\"", "\"events\":[]"), ERR_SYNTAX,
		  FRAME_UNKNOWN, 0 },
		{ CB_PRICE("19", "1"), ERR_OK, FRAME_GAP, 0 },
		{ CB_PRICE("20", "1"), ERR_OK, FRAME_TICKS, 1 },
	};
	struct frame f;

	(void)state;
	venue_memory_begin(&memory);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		enum err e = parse(&f, "coinbase", rows[i].text,
		    strlen(rows[i].text));

		if (e != rows[i].error || (e == ERR_OK &&
		    (f.kind != rows[i].kind || f.tick_count != rows[i].ticks)))
			print_message("%s\n", rows[i].text);
		assert_string_equal(err_name(e), err_name(rows[i].error));
		if (e != ERR_OK)
			continue;
		assert_int_equal(f.kind, rows[i].kind);
		assert_int_equal(f.tick_count, rows[i].ticks);
	}
}

static size_t
repeat(char *out, size_t at, const char *text, size_t times)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < times; i++, at += len)
		memcpy(out + at, text, len);
	return at;
}

static void
parse__holds_its_limits(void **state)
{
	static char text[FRAME_BYTES_MAX + 64];
	struct frame f;
	size_t len;

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		len = repeat(text, 0, "{\"topic\":\"publicTrade.A\",\"ts\":1,"
		    "\"data\":[", 1);
		len = repeat(text, len, "{\"s\":\"A\",\"T\":1,\"p\":\"1\"},",
		    FRAME_TICKS_MAX + extra);
		len = repeat(text, len - 1, "]}", 1);
		assert_int_equal(parse(&f, "bybit", text, len),
		    extra == 0 ? ERR_OK : ERR_LIMIT);
	}
	/* A message as long as allowed, and one byte more. */
	len = repeat(text, 0, "{\"channel\":\"l2_data\",\"x\":\"", 1);
	len = repeat(text, len, "y", FRAME_BYTES_MAX - len - 2);
	len = repeat(text, len, "\"}", 1);
	assert_int_equal(parse(&f, "coinbase", text, len), ERR_OK);
	text[len] = ' ';
	assert_int_equal(parse(&f, "coinbase", text, len + 1), ERR_LIMIT);
	/* Nesting, in what is skipped. */
	for (size_t depth = 15; depth < 17; depth++) {
		len = repeat(text, 0, "{\"channel\":\"l2_data\",\"x\":", 1);
		len = repeat(text, len, "[", depth);
		len = repeat(text, len, "]", depth);
		len = repeat(text, len, "}", 1);
		assert_int_equal(parse(&f, "coinbase", text, len),
		    depth == 15 ? ERR_OK : ERR_LIMIT);
	}
}

static void
conn_time_stamp__gives_the_newest_time_of_the_connection(void **state)
{
	struct conn_time c = { 0 };
	struct tick t[2];
	struct frame f = { .ticks = t, .tick_count = 1 };

	(void)state;
	memset(t, 0, sizeof(t));
	conn_time_stamp(&c, &f);
	assert_false(t[0].has_time);
	f.has_time = true;
	f.exchange_ms = 500;
	f.tick_count = 0;
	conn_time_stamp(&c, &f);
	f.exchange_ms = 400;
	f.tick_count = 2;
	t[1].has_time = true;
	t[1].exchange_ms = 400;
	conn_time_stamp(&c, &f);
	assert_true(t[0].has_time);
	assert_int_equal(t[0].exchange_ms, 500);
	assert_int_equal(t[1].exchange_ms, 400);
}

static void
venue_at_address__tells_spot_from_linear(void **state)
{
	static const struct {
		const char *url, *name;
	} cases[] = {
		{ "wss://stream.bybit.com/v5/public/linear", "bybit-linear" },
		{ "wss://stream.bybit.com/v5/public/spot", "bybit" },
		{ "wss://stream.binance.us:9443/stream?streams=a@depth",
		    "binance-us" },
		{ "wss://stream.binance.com:9443/ws/a@trade", "binance" },
		{ "wss://ws.kraken.com/v2", "kraken" },
		{ "wss://advanced-trade-ws.coinbase.com", "coinbase" },
		{ "wss://ws.kraken.com", "kraken-v1" },
		{ "wss://stream.bybit.com/v5/private", NULL },
		{ "", NULL },
	};
	size_t count;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct venue *v = venue_at_address(cases[i].url);

		if (cases[i].name == NULL)
			assert_null(v);
		else
			assert_string_equal(v->name, cases[i].name);
	}
	/* Each row's own address is its own. */
	for (const struct venue *v = venue_table(&count); count > 0;
	    count--, v++) {
		assert_ptr_equal(venue_find(v->name), v);
		/* Only a websocket has recordings. */
		assert_true(venue_is_on_chain(v) == (v->address == NULL));
		if (!venue_is_on_chain(v))
			assert_ptr_equal(venue_at_address(v->url), v);
	}
	assert_null(venue_at_address(venue_find("pyth")->url));
	assert_null(venue_find("mtgox"));
	assert_string_equal(venue_find("bybit-linear")->operator_name,
	    venue_find("bybit")->operator_name);
	assert_string_not_equal(venue_find("binance-us")->operator_name,
	    venue_find("binance")->operator_name);
}

static void
subscribe__writes_what_the_venues_document(void **state)
{
	static const char *const eth[] = { "ETH-USD", "USDT-USD" };
	static const struct {
		const char *venue;
		const char *want[4];
	} cases[] = {
		{ "coinbase", {
		    "{\"type\":\"subscribe\",\"product_ids\":[\"ETH-USD\","
		    "\"USDT-USD\"],\"channel\":\"ticker\"}",
		    "{\"type\":\"subscribe\",\"product_ids\":[\"ETH-USD\","
		    "\"USDT-USD\"],\"channel\":\"market_trades\"}",
		    "{\"type\":\"subscribe\",\"product_ids\":[\"ETH-USD\","
		    "\"USDT-USD\"],\"channel\":\"heartbeats\"}" } },
		{ "kraken", {
		    "{\"method\":\"subscribe\",\"params\":{\"channel\":"
		    "\"ticker\",\"symbol\":[\"ETH-USD\",\"USDT-USD\"],"
		    "\"event_trigger\":\"bbo\"}}",
		    "{\"method\":\"subscribe\",\"params\":{\"channel\":"
		    "\"trade\",\"symbol\":[\"ETH-USD\",\"USDT-USD\"]}}" } },
		{ "binance", {
		    "{\"method\":\"SUBSCRIBE\",\"params\":["
		    "\"eth-usd@bookTicker\",\"eth-usd@aggTrade\","
		    "\"usdt-usd@bookTicker\",\"usdt-usd@aggTrade\"],\"id\":1}"
		    } },
		{ "bybit", {
		    "{\"op\":\"subscribe\",\"args\":[\"orderbook.1.ETH-USD\","
		    "\"publicTrade.ETH-USD\",\"orderbook.1.USDT-USD\","
		    "\"publicTrade.USDT-USD\"]}" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct venue *v = venue_find(cases[i].venue);
		char out[VENUE_SUBSCRIBE_MAX];
		size_t len = 7;
		unsigned n = 0;

		for (; cases[i].want[n] != NULL; n++) {
			assert_int_equal(v->subscribe(out, sizeof(out), &len,
			    n, eth, 2), ERR_OK);
			assert_int_equal(len, strlen(cases[i].want[n]));
			assert_string_equal(out, cases[i].want[n]);
			/* Exactly enough room, and one byte less. */
			assert_int_equal(v->subscribe(out, len + 1, &len, n,
			    eth, 2), ERR_OK);
			assert_int_equal(v->subscribe(out, len, &len, n, eth,
			    2), ERR_LIMIT);
		}
		assert_int_equal(v->subscribe(out, sizeof(out), &len, n, eth,
		    2), ERR_OK);
		assert_int_equal(len, 0);
	}
}

static void
subscribe__holds_its_limits(void **state)
{
	static const char *const bad[] = { "A\"B" }, *const empty[] = { "" };
	const char *many[VENUE_SYMBOLS_MAX + 1];
	char out[VENUE_SUBSCRIBE_MAX];
	const struct venue *v;
	size_t len, count;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(many); i++)
		many[i] = "ABCDEFGHIJKLMNOPQRSTUVW";
	for (v = venue_table(&count); count > 0; count--, v++) {
		unsigned n = 0;

		if (venue_is_on_chain(v))
			continue;
		for (len = 1; len > 0; n++)
			assert_int_equal(v->subscribe(out, sizeof(out), &len,
			    n, many, VENUE_SYMBOLS_MAX), ERR_OK);
		/* Bybit takes ten topics a message; of a perpetual they are
		 * three. */
		if (strcmp(v->name, "bybit-linear") == 0)
			assert_int_equal(n - 1, (VENUE_SYMBOLS_MAX + 2) / 3);
		if (strcmp(v->name, "bybit") == 0)
			assert_int_equal(n - 1, (2 * VENUE_SYMBOLS_MAX + 9) /
			    10);
		assert_int_equal(v->subscribe(out, sizeof(out), &len, 0, many,
		    VENUE_SYMBOLS_MAX + 1), ERR_LIMIT);
		assert_int_equal(v->subscribe(out, sizeof(out), &len, 0, bad,
		    1), ERR_SYNTAX);
		assert_int_equal(v->subscribe(out, sizeof(out), &len, 0,
		    empty, 1), ERR_SYNTAX);
		assert_int_equal(v->subscribe(out, sizeof(out), &len, 0, many,
		    0), ERR_MISSING);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__reads_each_shape),
		cmocka_unit_test(parse__refuses_every_truncation),
		cmocka_unit_test(parse__refuses_what_is_no_price),
		cmocka_unit_test(parse__names_what_is_wrong),
		cmocka_unit_test(parse__follows_coinbases_numbers),
		cmocka_unit_test(parse__holds_its_limits),
		cmocka_unit_test(
		    conn_time_stamp__gives_the_newest_time_of_the_connection),
		cmocka_unit_test(venue_at_address__tells_spot_from_linear),
		cmocka_unit_test(subscribe__writes_what_the_venues_document),
		cmocka_unit_test(subscribe__holds_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
