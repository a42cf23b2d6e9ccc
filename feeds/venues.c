/* The table of venues, and what a connection knows of the exchange's time. */
#include "feeds/venue.h"

#include <string.h>

#include "base/must.h"
#include "feeds/depth.h"
#include "feeds/venue_kucoin_token.h"
#include "feeds/venue_row.h"

/* One line a parser; a house with several addresses asks each its own way. */
VENUE_PARSER(coinbase);
VENUE_SUBSCRIBER(coinbase);
VENUE_PARSER(coinbase_exchange);
VENUE_SUBSCRIBER(coinbase_exchange);
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
		/* Heartbeats come each second.
		 * Advanced Trade WebSocket Rate Limits: 8 connections a second
		 * and 8 messages a second from one address. */
		.name = "coinbase", .operator_name = "coinbase",
		.url = "wss://advanced-trade-ws.coinbase.com",
		.address = "advanced-trade-ws.coinbase.com",
		.parse = venue_coinbase_parse,
		.subscribe = venue_coinbase_subscribe,
		.mute_ms_max = 10000,
		.subscribe_pause_ms = 150, .dial_pause_ms = 500,
	},
	{
		/* Heartbeats come each second, of each product.
		 * Exchange WebSocket Rate Limits: 8 requests and 100 messages
		 * a second from one address; 10 subscriptions of a product's
		 * channel. */
		.name = "coinbase-exchange", .operator_name = "coinbase",
		.url = "wss://ws-feed.exchange.coinbase.com",
		.address = "ws-feed.exchange.coinbase.com",
		.address_before = "ws-feed.pro.coinbase.com",
		.parse = venue_coinbase_exchange_parse,
		.subscribe = venue_coinbase_exchange_subscribe,
		.mute_ms_max = 10000,
		.dial_pause_ms = 500,
	},
	{
		/* The pong's time keeps a quiet book alive, so it is asked
		 * for more often than a book may be old (3 s).
		 * Cloudflare, before it, refuses above some 150 attempts in
		 * 10 min (docs.kraken.com, Spot WebSocket introduction). */
		.name = "kraken", .operator_name = "kraken",
		.url = "wss://ws.kraken.com/v2",
		.address = "ws.kraken.com/v2",
		.parse = venue_kraken_parse,
		.subscribe = venue_kraken_subscribe,
		.ping = "{\"method\":\"ping\"}", .ping_ms = 2000,
		.mute_ms_max = 10000,
		.dial_pause_ms = 4500, .dial_burst = 15,
	},
	{
		/* The server pings each 20 s by the protocol alone, and ends
		 * a connection after 24 h.  dstream.binance.com, the
		 * coin-margined futures, is not this.
		 * WebSocket Streams, General: 1024 streams a connection, 5
		 * messages a second, 300 attempts in 5 min. */
		.name = "binance", .operator_name = "binance",
		.url = "wss://stream.binance.com:9443/stream",
		.address = "//stream.binance.com",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
		.subscribe_pause_ms = 250, .dial_pause_ms = 1100, .dial_burst = 20,
	},
	{
		.name = "binance-us", .operator_name = "binance-us",
		.url = "wss://stream.binance.us:9443/stream",
		.address = "stream.binance.us",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
		.subscribe_pause_ms = 250, .dial_pause_ms = 1100, .dial_burst = 20,
	},
	{
		/* bybit-exchange.github.io/docs/v5/ws/connect: 10 topics a
		 * message on spot, 500 connections in 5 min. */
		.name = "bybit", .operator_name = "bybit",
		.url = "wss://stream.bybit.com/v5/public/spot",
		.address = "stream.bybit.com/v5/public/spot",
		.parse = venue_bybit_parse,
		.subscribe = venue_bybit_subscribe,
		.ping = "{\"op\":\"ping\"}", .ping_ms = 20000,
		.mute_ms_max = 30000, .tells_changes = true,
		.dial_pause_ms = 700,
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
		.dial_pause_ms = 700,
		.has_marks = true,
	},
	{
		/* okx.com/docs-v5, WebSocket, Connect: cut after 30 s
		 * without a message; a book that does not change is sent
		 * again about each minute.  480 requests an hour.
		 * 3 connections a second; a message of at most 4096 bytes
		 * holds the 64 symbols of ours. */
		.name = "okx", .operator_name = "okx",
		.url = "wss://ws.okx.com:8443/ws/v5/public",
		.address = "ws.okx.com:8443/ws/v5/public",
		.parse = venue_okx_parse,
		.subscribe = venue_okx_subscribe,
		.ping = "ping", .ping_ms = 20000,
		.mute_ms_max = 30000,
		.dial_pause_ms = 400,
		.has_options = true,
		.has_marks = true,
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
		.dial_pause_ms = 400,
	},
	{
		/* docs.deribit.com: an answer to public/test says the time;
		 * it keeps a quiet book alive, as Kraken's pong does.  It
		 * costs 500 of 10,000 credits a second.
		 * At most 500 channels a message and 32 connections from one
		 * address (support.deribit.com, Connection Management). */
		.name = "deribit", .operator_name = "deribit",
		.url = "wss://www.deribit.com/ws/api/v2",
		.address = "www.deribit.com/ws/api/v2",
		.parse = venue_deribit_parse,
		.subscribe = venue_deribit_subscribe,
		.ping = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
		    "\"public/test\",\"params\":{}}",
		.ping_ms = 2000,
		.mute_ms_max = 10000,
		.dial_pause_ms = 500,
		.has_options = true,
		.has_marks = true,
	},
	{
		/* bitmex.com/app/wsAPI, Heartbeats: a ping after 5 s of
		 * silence, the connection is lost 5 s later.
		 * 20 subscriptions when a connection opens, three a symbol;
		 * 720 connections an hour (Limits). */
		.name = "bitmex", .operator_name = "bitmex",
		.url = "wss://ws.bitmex.com/realtime",
		.address = "ws.bitmex.com/realtime",
		.parse = venue_bitmex_parse,
		.subscribe = venue_bitmex_subscribe,
		.ping = "ping", .ping_ms = 5000,
		.mute_ms_max = 10000,
		.symbols_max = 6, .dial_pause_ms = 5200, .dial_burst = 20,
		.has_marks = true,
	},
	{
		/* Binance's perpetuals: quotes from one address, trades from
		 * another (USDS-margined futures, Websocket Market Streams).
		 * Connections end after 24 h.  The server pings each 3 min by
		 * the protocol alone.
		 * 200 streams a connection, 10 messages a second. */
		.name = "binance-usdm", .operator_name = "binance",
		.url = "wss://fstream.binance.com/public/stream",
		.address = "fstream.binance.com",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_usdm_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
		.subscribe_pause_ms = 150, .dial_pause_ms = 1100, .dial_burst = 20,
	},
	{
		.name = "binance-usdm-market", .operator_name = "binance",
		.url = "wss://fstream.binance.com/market/stream",
		.address = "fstream.binance.com/market",
		.parse = venue_binance_parse,
		.subscribe = venue_binance_usdm_market_subscribe,
		.mute_ms_max = 60000, .rotate_ms = ROTATE_DAY_MS,
		.subscribe_pause_ms = 150, .dial_pause_ms = 1100, .dial_burst = 20,
		.has_marks = true, .measures_funding = true,
	},
	{
		/* The address is asked for first (venue_kucoin_token.h); its
		 * answer names the ping's interval, 18 s.  Tokens last 24 h.
		 * At most 100 messages to it in 10 s (kucoin.com/docs-new,
		 * Websocket API, Base Info).
		 * 100 topics a message, 300 a connection, two a symbol; 30
		 * connections a minute. */
		.name = "kucoin", .operator_name = "kucoin",
		.url = "wss://ws-api-spot.kucoin.com/",
		.address = "kucoin.com/",
		.parse = venue_kucoin_parse,
		.subscribe = venue_kucoin_subscribe,
		.ping = "{\"id\":\"0\",\"type\":\"ping\"}", .ping_ms = 15000,
		.mute_ms_max = 30000, .subscribe_pause_ms = 200,
		.rotate_ms = ROTATE_DAY_MS,
		.token_url = "https://api.kucoin.com/api/v1/bullet-public",
		.token_take = venue_kucoin_token_take,
		.dial_pause_ms = 2700, .dial_burst = 7,
	},
	{
		/* Its pong says the time and keeps a quiet book alive, so it
		 * is asked for more often than a book may be old (3 s).
		 * At most 300 connections from one address. */
		.name = "gateio", .operator_name = "gateio",
		.url = "wss://api.gateio.ws/ws/v4/",
		.address = "api.gateio.ws/ws/v4",
		.parse = venue_gateio_parse,
		.subscribe = venue_gateio_subscribe,
		.ping = "{\"time\":" VENUE_TIME_MARK
		    ",\"channel\":\"spot.ping\"}", .ping_ms = 2000,
		.mute_ms_max = 10000,
		.dial_pause_ms = 500,
	},
	{
		/* Heartbeats come each 30 s; one that is not answered within
		 * 5 s ends the connection.  Perpetuals share the address, but
		 * no symbol (BTCUSD-PERP, BTC_USD).
		 * 400 channels a connection, 100 messages a second; the first
		 * is to come a second after connecting (Websocket root
		 * endpoints). */
		.name = "crypto-com", .operator_name = "crypto-com",
		.url = "wss://stream.crypto.com/exchange/v1/market",
		.address = "stream.crypto.com",
		.parse = venue_cryptocom_parse,
		.subscribe = venue_cryptocom_subscribe,
		.mute_ms_max = 40000,
		.subscribe_wait_ms = 1000, .dial_pause_ms = 1000,
	},
	{
		/* Heartbeats come each 5 s.
		 * Rate Limits: no more than a request a symbol a minute is
		 * recommended; the backoff does the rest. */
		.name = "gemini", .operator_name = "gemini",
		.url = "wss://api.gemini.com/v2/marketdata",
		.address = "api.gemini.com/v2/marketdata",
		.parse = venue_gemini_parse,
		.subscribe = venue_gemini_subscribe,
		.mute_ms_max = 15000,
		.has_depth = true,
		.dial_pause_ms = 5000, .dial_burst = 4,
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
		.subscribe_pause_ms = 20, .dial_pause_ms = 500,
	},
	{
		/* Each channel says something in 15 s.  The address of older
		 * recordings lacks the "-pub".
		 * docs.bitfinex.com, Public Channels: 25 channels a
		 * connection, two a symbol; 20 connections a minute. */
		.name = "bitfinex", .operator_name = "bitfinex",
		.url = "wss://api-pub.bitfinex.com/ws/2",
		.address = "bitfinex.com/ws/2",
		.parse = venue_bitfinex_parse,
		.subscribe = venue_bitfinex_subscribe,
		.mute_ms_max = 30000,
		.symbols_max = 12, .dial_pause_ms = 3900, .dial_burst = 4,
	},
	{
		/* The older protocol of the same books.  Heartbeats come each
		 * second.
		 * The same limits as kraken's. */
		.name = "kraken-v1", .operator_name = "kraken",
		.url = "wss://ws.kraken.com",
		.address = "ws.kraken.com",
		.parse = venue_kraken_v1_parse,
		.subscribe = venue_kraken_v1_subscribe,
		.mute_ms_max = 10000,
		.dial_pause_ms = 4500, .dial_burst = 15,
	},
	{
		/* Perpetuals and dated futures: none votes on spot.  It wants
		 * a ping of the protocol each minute, which the client
		 * sends.
		 * Websocket rate limits: 100 connections, 100 requests a
		 * second. */
		.name = "kraken-futures", .operator_name = "kraken",
		.url = "wss://futures.kraken.com/ws/v1",
		.address = "futures.kraken.com/ws/v1",
		.parse = venue_kraken_futures_parse,
		.subscribe = venue_kraken_futures_subscribe,
		.mute_ms_max = 15000,
		.dial_pause_ms = 500,
		.has_marks = true,
	},
	/* Two feeds of one operator are one group, and so are two pools: who
	 * can move one is not far from the other. */
	{
		.name = "chainlink", .operator_name = "chainlink",
		.place = VENUE_CHAINLINK,
	},
	{
		.name = "uniswap-v3", .operator_name = "uniswap",
		.place = VENUE_UNISWAP_V3,
	},
	{
		.name = "pyth", .operator_name = "pyth",
		.place = VENUE_PYTH,
		.url = "https://hermes.pyth.network",
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

/* address_match returns how much of the url this part of it is; 0: none. */
static size_t
address_match(const char *url, const char *part)
{
	return part != NULL && strstr(url, part) != NULL ? strlen(part) : 0;
}

const struct venue *
venue_at_address(const char *url)
{
	size_t count[2], best_len = 0;
	const struct venue *table[2] = { venue_table(&count[0]),
		venue_retired_table(&count[1]) }, *best = NULL;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < count[k]; i++) {
			const struct venue *v = &table[k][i];
			size_t now = address_match(url, v->address);
			size_t before = address_match(url, v->address_before);
			size_t len = now > before ? now : before;

			if (len > best_len) {
				best = v;
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
		depth_forget_all(depth);
}

void
venue_memory_inherit(struct venue_memory *m, const struct venue *v,
    const struct venue_memory *open)
{
	if (!v->measures_funding)
		return;
	m->channel_count = open->channel_count;
	memcpy(m->channel, open->channel,
	    open->channel_count * sizeof(m->channel[0]));
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
