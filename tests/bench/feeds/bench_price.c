/* tests/bench/feeds/bench_price.c - from a frame's last byte to the new price,
 * in one process: parse, the connection's clock, the market, its quote, and all
 * prices computed anew.  Four units on eight venues in 28 markets, among them
 * conversions; each frame moves ETH. */
#include "tests/bench/feeds/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "feeds/prices.h"
#include "oracle/config.h"
#include "oracle/tick_wire.h"

#define FRAMES 20000u
#define GOAL_NS 5000.0
#define NOW_MS UINT64_C(1786309548229)	/* 2026-08-09T21:05:48.229Z */

static const char CONFIG[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    USDC: {quorum: 2, age_max: 30s, dispersion_max: 1%, band_max: 5%}\n"
    "    USDT: {quorum: 2, age_max: 30s, dispersion_max: 1%, band_max: 5%}\n"
    "venues:\n"
    "  coinbase:\n"
    "    markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD, USDT-USD: USDT/USD}\n"
    "  kraken:\n"
    "    markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD, USDT/USD: USDT/USD,\n"
    "      USDC/USD: USDC/USD}\n"
    "  bitstamp:\n"
    "    markets: {ethusd: ETH/USD, btcusd: BTC/USD, usdtusd: USDT/USD,\n"
    "      usdcusd: USDC/USD}\n"
    "  gemini:\n"
    "    markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD, USDTUSD: USDT/USD,\n"
    "      USDCUSD: USDC/USD}\n"
    "  binance:\n"
    "    markets: {ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT, USDCUSDT: USDC/USDT}\n"
    "  bybit:\n"
    "    markets: {ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT, USDCUSDT: USDC/USDT}\n"
    "  okx:\n"
    "    markets: {ETH-USDT: ETH/USDT, BTC-USDT: BTC/USDT,\n"
    "      USDC-USDT: USDC/USDT}\n"
    "  bitfinex:\n"
    "    markets: {tETHUSD: ETH/USD, tBTCUSD: BTC/USD, tUSTUSD: USDT/USD,\n"
    "      tUDCUSD: USDC/USD}\n";

static struct config config;
static struct prices prices;
static struct tick ticks[FRAME_TICKS_MAX];
static struct venue_memory memory;
static struct conn_time conn_time;

static void
quote_apply(const struct wire_tick *w)
{
	const struct prices_tick t = {
		.market = w->market, .has_book = w->has_book != 0,
		.has_last = w->has_last != 0,
		.bid = px18_from_raw(wire_to_u128(w->bid)),
		.ask = px18_from_raw(wire_to_u128(w->ask)),
		.last = px18_from_raw(wire_to_u128(w->last)),
		.exchange_ms = w->exchange_ms, .recv_ms = w->recv_ms,
	};

	prices_apply_tick(&prices, &t);
}

/* Every market has a book, 1 bp wide. */
static void
markets_fill(void)
{
	static const struct {
		const char *unit;
		uint64_t cents;
	} MIDS[] = {
		{ "ETH", 200000 }, { "BTC", 6500000 }, { "USDC", 100 },
		{ "USDT", 100 },
	};
	const u128 cent = (u128)10000000000000000u;

	for (size_t m = 0; m < config.prices.market_count; m++) {
		uint16_t base = config.prices.market[m].base;
		struct wire_tick w;

		memset(&w, 0, sizeof(w));
		w.market = (uint16_t)m;
		w.has_book = 1;
		for (size_t i = 0; i < ARRAY_COUNT(MIDS); i++)
			if (strcmp(config.prices.unit[base].name,
			    MIDS[i].unit) == 0) {
				w.bid = wire_from_u128(MIDS[i].cents * cent -
				    MIDS[i].cents * cent / 20000);
				w.ask = wire_from_u128(MIDS[i].cents * cent +
				    MIDS[i].cents * cent / 20000);
			}
		w.exchange_ms = w.recv_ms = NOW_MS;
		quote_apply(&w);
	}
}

/* Coinbase's ETH-USD, some cents up or down. */
static size_t
frame_put(char *out, size_t size, unsigned i)
{
	int len = snprintf(out, size, "{\"channel\":\"ticker\",\"client_id\":"
	    "\"\",\"timestamp\":\"2026-08-09T21:05:48.229198328Z\","
	    "\"sequence_num\":%u,\"events\":[{\"type\":\"update\",\"tickers\":"
	    "[{\"type\":\"ticker\",\"product_id\":\"ETH-USD\",\"price\":"
	    "\"2000.18\",\"volume_24_h\":\"2867.54532609\",\"low_24_h\":"
	    "\"1964.22\",\"high_24_h\":\"2052.99\",\"low_52_w\":\"1577.55\","
	    "\"high_52_w\":\"4926\",\"price_percent_chg_24_h\":"
	    "\"0.09601107287722\",\"best_bid\":\"19%02u.%02u\","
	    "\"best_ask\":\"20%02u.%02u\",\"best_bid_quantity\":"
	    "\"0.20371215\",\"best_ask_quantity\":\"0.24290402\"}]}]}",
	    i, 99 - i % 3, i % 100, i % 3, i % 97);

	MUST(len > 0 && (size_t)len < size);
	return (size_t)len;
}

static void
frame_take(const char *text, size_t len)
{
	struct frame f = { .ticks = ticks, .memory = &memory };
	struct wire_tick w[TICK_WIRES_MAX];
	size_t count;

	MUST(config.venue[0].venue->parse(&f, text, len) == ERR_OK);
	conn_time_stamp(&conn_time, &f);
	for (size_t i = 0; i < f.tick_count; i++) {
		MUST(tick_wire_from(w, &count, &config, 0, &ticks[i],
		    NOW_MS) == ERR_OK);
		quote_apply(w);
	}
	prices_compute(&prices, NOW_MS);
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
bench_feeds_price(void)
{
	static uint64_t ns[FRAMES];
	unsigned errors;
	char text[1024];
	size_t bad;

	MUST(config_read(&config, CONFIG, sizeof(CONFIG) - 1, "bench.yaml",
	    stderr, &errors) == ERR_OK);
	MUST(prices_init(&prices, &config.prices, &bad) == ERR_OK);
	markets_fill();
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t len = frame_put(text, sizeof(text), i);
		uint64_t began_ns = bench_now_ns();

		frame_take(text, len);
		ns[i] = bench_now_ns() - began_ns;
		for (size_t u = 1; u < config.prices.unit_count; u++)
			MUST(prices.price[u].status == PRICE_OK);
	}
	qsort(ns, FRAMES, sizeof(*ns), compare_u64);
	bench_row("last byte to the new price, p50", (double)ns[FRAMES / 2],
	    GOAL_NS, 1);
	bench_note("  the same, p99", (double)ns[FRAMES * 99 / 100]);
	bench_figure("  markets", (double)config.prices.market_count, "");
}
