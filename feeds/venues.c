/* The table of venues, and what a connection knows of the exchange's time. */
#include "feeds/venue.h"

#include <string.h>

#include "base/must.h"
#include "feeds/depth.h"
#include "feeds/venue_row.h"

/* One line a parser; a house with several addresses asks each its own way. */
VENUE_PARSER(coinbase);
VENUE_SUBSCRIBER(coinbase);
VENUE_PARSER(kraken);
VENUE_SUBSCRIBER(kraken);
VENUE_PARSER(binance);
VENUE_SUBSCRIBER(binance);
VENUE_PARSER(bybit);
VENUE_SUBSCRIBER(bybit);
VENUE_PARSER(okx);
VENUE_SUBSCRIBER(okx);
VENUE_PARSER(deribit);
VENUE_SUBSCRIBER(deribit);
VENUE_PARSER(bitmex);
VENUE_SUBSCRIBER(bitmex);
VENUE_PARSER(kucoin);
VENUE_SUBSCRIBER(kucoin);
VENUE_PARSER(gateio);
VENUE_SUBSCRIBER(gateio);
VENUE_PARSER(cryptocom);
VENUE_SUBSCRIBER(cryptocom);
VENUE_PARSER(gemini);
VENUE_SUBSCRIBER(gemini);
VENUE_PARSER(bitstamp);
VENUE_SUBSCRIBER(bitstamp);
VENUE_PARSER(bitfinex);
VENUE_SUBSCRIBER(bitfinex);
VENUE_PARSER(kraken_v1);
VENUE_SUBSCRIBER(kraken_v1);
VENUE_PARSER(kraken_futures);
VENUE_SUBSCRIBER(kraken_futures);
VENUE_SUBSCRIBER(binance_usdm);
VENUE_SUBSCRIBER(binance_usdm_market);
VENUE_SUBSCRIBER(bybit_linear);

/* A little under a day, after which several venues cut a connection. */
#define ROTATE_DAY_MS (23u * 3600u * 1000u)

static const struct venue VENUES[] = {
	{
		/* Heartbeats come each second. */
		.name = "coinbase", .operator_name = "coinbase",
		.url = "wss://advanced-trade-ws.coinbase.com",
		.address = "advanced-trade-ws.coinbase.com",
		.parse = venue_coinbase_parse,
		.subscribe = venue_coinbase_subscribe,
		.mute_ms_max = 10000,
	},
	{
		/* The pong's time keeps a quiet book alive, so it is asked
		 * for more often than a book may be old (3 s). */
		.name = "kraken", .operator_name = "kraken",
		.url = "wss://ws.kraken.com/v2",
		.address = "ws.kraken.com/v2",
		.parse = venue_kraken_parse,
		.subscribe = venue_kraken_subscribe,
		.ping = "{\"method\":\"ping\"}", .ping_ms = 2000,
		.mute_ms_max = 10000,
	},
	{
		/* The server pings each 20 s by the protocol alone, and ends
		 * a connection after 24 h.  dstream.binance.com, the
		 * coin-margined futures, is not this. */
		.name = "binance", .operator_name = "binance",
		.url = "wss://stream.binance.com:9443/stream",
		.address = "//stream.binance.com",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
	},
	{
		.name = "binance-us", .operator_name = "binance-us",
		.url = "wss://stream.binance.us:9443/stream",
		.address = "stream.binance.us",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
	},
	{
		.name = "bybit", .operator_name = "bybit",
		.url = "wss://stream.bybit.com/v5/public/spot",
		.address = "stream.bybit.com/v5/public/spot",
		.parse = venue_bybit_parse,
		.subscribe = venue_bybit_subscribe,
		.ping = "{\"op\":\"ping\"}", .ping_ms = 20000,
		.mute_ms_max = 30000, .tells_changes = true,
	},
	{
		/* The same symbols for other things: a row of its own, so
		 * that a perpetual never votes on spot. */
		.name = "bybit-linear", .operator_name = "bybit",
		.url = "wss://stream.bybit.com/v5/public/linear",
		.address = "stream.bybit.com/v5/public/linear",
		.parse = venue_bybit_parse,
		.subscribe = venue_bybit_linear_subscribe,
		.ping = "{\"op\":\"ping\"}", .ping_ms = 20000,
		.mute_ms_max = 30000, .tells_changes = true,
	},
	{
		/* okx.com/docs-v5, WebSocket, Connect: cut after 30 s
		 * without a message; a book that does not change is sent
		 * again about each minute.  480 requests an hour. */
		.name = "okx", .operator_name = "okx",
		.url = "wss://ws.okx.com:8443/ws/v5/public",
		.address = "ws.okx.com:8443/ws/v5/public",
		.parse = venue_okx_parse,
		.subscribe = venue_okx_subscribe,
		.ping = "ping", .ping_ms = 20000,
		.mute_ms_max = 30000,
	},
	{
		/* The same house and the same protocol. */
		.name = "okcoin", .operator_name = "okx",
		.url = "wss://real.okcoin.com:8443/ws/v5/public",
		.address = "real.okcoin.com:8443/ws/v5/public",
		.parse = venue_okx_parse,
		.subscribe = venue_okx_subscribe,
		.ping = "ping", .ping_ms = 20000,
		.mute_ms_max = 30000,
	},
	{
		/* docs.deribit.com: an answer to public/test says the time;
		 * it keeps a quiet book alive, as Kraken's pong does.  It
		 * costs 500 of 10,000 credits a second. */
		.name = "deribit", .operator_name = "deribit",
		.url = "wss://www.deribit.com/ws/api/v2",
		.address = "www.deribit.com/ws/api/v2",
		.parse = venue_deribit_parse,
		.subscribe = venue_deribit_subscribe,
		.ping = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
		    "\"public/test\",\"params\":{}}",
		.ping_ms = 2000,
		.mute_ms_max = 10000,
	},
	{
		/* bitmex.com/app/wsAPI, Heartbeats: a ping after 5 s of
		 * silence, the connection is lost 5 s later. */
		.name = "bitmex", .operator_name = "bitmex",
		.url = "wss://ws.bitmex.com/realtime",
		.address = "ws.bitmex.com/realtime",
		.parse = venue_bitmex_parse,
		.subscribe = venue_bitmex_subscribe,
		.ping = "ping", .ping_ms = 5000,
		.mute_ms_max = 10000,
	},
	{
		/* Binance's perpetuals: quotes from one address, trades from
		 * another (USDS-margined futures, Websocket Market Streams).
		 * Connections end after 24 h.  The server pings each 3 min by
		 * the protocol alone. */
		.name = "binance-usdm", .operator_name = "binance",
		.url = "wss://fstream.binance.com/public/stream",
		.address = "fstream.binance.com",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_usdm_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
	},
	{
		.name = "binance-usdm-market", .operator_name = "binance",
		.url = "wss://fstream.binance.com/market/stream",
		.address = "fstream.binance.com/market",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_usdm_market_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
	},
	{
		/* The address is asked for first (venue_kucoin_token.h); its
		 * answer names the ping's interval, 18 s.  Tokens last 24 h.
		 * At most 100 messages to it in 10 s (kucoin.com/docs-new,
		 * Websocket API, Base Info). */
		.name = "kucoin", .operator_name = "kucoin",
		.url = "wss://ws-api-spot.kucoin.com/",
		.address = "kucoin.com/",
		.parse = venue_kucoin_parse,
		.subscribe = venue_kucoin_subscribe,
		.ping = "{\"id\":\"0\",\"type\":\"ping\"}", .ping_ms = 15000,
		.mute_ms_max = 30000, .subscribe_pause_ms = 200,
		.rotate_ms = ROTATE_DAY_MS, .needs_token = true,
	},
	{
		/* Its pong says the time and keeps a quiet book alive, so it
		 * is asked for more often than a book may be old (3 s). */
		.name = "gateio", .operator_name = "gateio",
		.url = "wss://api.gateio.ws/ws/v4/",
		.address = "api.gateio.ws/ws/v4",
		.parse = venue_gateio_parse,
		.subscribe = venue_gateio_subscribe,
		.ping = "{\"time\":" VENUE_TIME_MARK
		    ",\"channel\":\"spot.ping\"}", .ping_ms = 2000,
		.mute_ms_max = 10000,
	},
	{
		/* Heartbeats come each 30 s; one that is not answered within
		 * 5 s ends the connection.  Perpetuals share the address, but
		 * no symbol (BTCUSD-PERP, BTC_USD). */
		.name = "crypto-com", .operator_name = "crypto-com",
		.url = "wss://stream.crypto.com/exchange/v1/market",
		.address = "stream.crypto.com",
		.parse = venue_cryptocom_parse,
		.subscribe = venue_cryptocom_subscribe,
		.mute_ms_max = 40000,
	},
	{
		/* Heartbeats come each 5 s. */
		.name = "gemini", .operator_name = "gemini",
		.url = "wss://api.gemini.com/v2/marketdata",
		.address = "api.gemini.com/v2/marketdata",
		.parse = venue_gemini_parse,
		.subscribe = venue_gemini_subscribe,
		.mute_ms_max = 15000,
		.has_depth = true,
	},
	{
		/* Books come each second at most; its own heartbeat answers
		 * ours.  It cuts a connection after 90 days, and says so. */
		.name = "bitstamp", .operator_name = "bitstamp",
		.url = "wss://ws.bitstamp.net",
		.address = "ws.bitstamp.net",
		.parse = venue_bitstamp_parse,
		.subscribe = venue_bitstamp_subscribe,
		.ping = "{\"event\":\"bts:heartbeat\"}", .ping_ms = 10000,
		.mute_ms_max = 25000,
	},
	{
		/* Each channel says something in 15 s.  The address of older
		 * recordings lacks the "-pub". */
		.name = "bitfinex", .operator_name = "bitfinex",
		.url = "wss://api-pub.bitfinex.com/ws/2",
		.address = "bitfinex.com/ws/2",
		.parse = venue_bitfinex_parse,
		.subscribe = venue_bitfinex_subscribe,
		.mute_ms_max = 30000,
	},
	{
		/* The older protocol of the same books.  Heartbeats come each
		 * second. */
		.name = "kraken-v1", .operator_name = "kraken",
		.url = "wss://ws.kraken.com",
		.address = "ws.kraken.com",
		.parse = venue_kraken_v1_parse,
		.subscribe = venue_kraken_v1_subscribe,
		.mute_ms_max = 10000,
	},
	{
		/* Perpetuals and dated futures: none votes on spot.  It wants
		 * a ping of the protocol each minute, which the client
		 * sends. */
		.name = "kraken-futures", .operator_name = "kraken",
		.url = "wss://futures.kraken.com/ws/v1",
		.address = "futures.kraken.com/ws/v1",
		.parse = venue_kraken_futures_parse,
		.subscribe = venue_kraken_futures_subscribe,
		.mute_ms_max = 15000,
	},
};

const struct venue *
venue_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(VENUES); i++)
		if (strcmp(VENUES[i].name, name) == 0)
			return &VENUES[i];
	return NULL;
}

const struct venue *
venue_at_address(const char *url)
{
	const struct venue *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < ARRAY_COUNT(VENUES); i++) {
		size_t len = strlen(VENUES[i].address);

		if (len > best_len && strstr(url, VENUES[i].address)) {
			best = &VENUES[i];
			best_len = len;
		}
	}
	return best;
}

const struct venue *
venue_table(size_t *count)
{
	*count = ARRAY_COUNT(VENUES);
	return VENUES;
}

void
conn_time_stamp(struct conn_time *c, struct frame *f)
{
	if (f->has_time && (!c->has_time || f->exchange_ms > c->newest_ms)) {
		c->has_time = true;
		c->newest_ms = f->exchange_ms;
	}
	if (!c->has_time)
		return;
	for (size_t i = 0; i < f->tick_count; i++) {
		struct tick *t = &f->ticks[i];

		if (t->has_time)
			continue;
		t->has_time = true;
		t->exchange_ms = c->newest_ms;
	}
}

void
venue_memory_begin(struct venue_memory *m)
{
	struct depth *depth = m->depth;

	memset(m, 0, sizeof(*m));
	m->depth = depth;
	if (depth)
		memset(depth, 0, VENUE_SYMBOLS_MAX * sizeof(*depth));
}

void
venue_time_put(char *message, uint64_t now_s)
{
	const size_t len = sizeof(VENUE_TIME_MARK) - 1;
	char *at = strstr(message, VENUE_TIME_MARK);

	for (; at != NULL; at = strstr(at + len, VENUE_TIME_MARK)) {
		uint64_t left = now_s;

		for (size_t i = len; i > 0; i--, left /= 10)
			at[i - 1] = (char)('0' + left % 10);
		MUST(left == 0);
	}
}
