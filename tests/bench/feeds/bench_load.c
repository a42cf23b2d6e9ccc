/* tests/bench/feeds/bench_load.c - 1,000 markets of 12 venues at 5,000 frames a
 * second, for some seconds: what of this process stays in memory, and what
 * share of a core it takes.  A venue whose markets are too many for one
 * connection has several.
 */
#include "tests/bench/feeds/suites.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "tests/bench/feeds/listener.h"
#include "tests/venue_tickers.h"

#define MARKETS 1000u
#define UNITS 84u		/* each priced on 12 venues */
#define RATE 5000u		/* frames a second */
#define SECONDS 5u
#define RESIDENT_MB_MAX 64.0
#define CORE_PERCENT_MAX 10.0

/* The venue, and the symbol in its ticker that gives way to a market's. */
static const struct {
	const char *venue, *symbol;
} VENUES[] = {
	{ "coinbase", "BTC-USD" }, { "kraken", "BTC/USD" },
	{ "binance", "BTCUSDT" }, { "bybit", "BTCUSDT" },
	{ "okx", "BTC-USDT" }, { "deribit", "ETH-25SEP26-2400-C" },
	{ "bitmex", "XBTUSD" }, { "kucoin", "BTC-USDT" },
	{ "gateio", "BTC_USDT" }, { "crypto-com", "BTC_USD" },
	{ "bitstamp", "btcusd" }, { "kraken-futures", "PI_XBTUSD" },
};
_Static_assert(ARRAY_COUNT(VENUES) == 12, "as the goal says");

static struct sender sender;
static struct listener listener;
static struct config config;

static const struct venue_ticker *
ticker_of(const char *venue)
{
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++)
		if (strcmp(VENUE_TICKERS[i].venue, venue) == 0)
			return &VENUE_TICKERS[i];
	MUST(false);
	return NULL;
}

/* The venue's ticker of another market. */
static size_t
ticker_put(char out[TICKER_TEXT_MAX], size_t venue, const char *market)
{
	const char *symbol = VENUES[venue].symbol, *at;
	char text[TICKER_TEXT_MAX];
	size_t len = 0;
	const char *rest = text;

	(void)venue_ticker_text(text, ticker_of(VENUES[venue].venue),
	    "65083.66", !ticker_of(VENUES[venue].venue)->is_number);
	while ((at = strstr(rest, symbol)) != NULL) {
		len += (size_t)snprintf(out + len, TICKER_TEXT_MAX - len,
		    "%.*s%s", (int)(at - rest), rest, market);
		rest = at + strlen(symbol);
	}
	return len + (size_t)snprintf(out + len, TICKER_TEXT_MAX - len, "%s",
	    rest);
}

/* Unit k is priced by each venue's market mk. */
static void
config_make(void)
{
	static char text[CONFIG_TEXT_MAX];
	size_t len = 0, size = sizeof(text);
	unsigned errors;

	len += (size_t)snprintf(text, size, "prices:\n  units:\n");
	for (unsigned k = 0; k < UNITS; k++)
		len += (size_t)snprintf(text + len, size - len, "    U%u: "
		    "{quorum: 2, age_max: 3s, dispersion_max: 2%%, "
		    "band_max: 10%%}\n", k);
	len += (size_t)snprintf(text + len, size - len, "venues:\n");
	for (size_t v = 0; v < ARRAY_COUNT(VENUES); v++) {
		len += (size_t)snprintf(text + len, size - len,
		    "  %s:\n    markets:\n", VENUES[v].venue);
		for (size_t i = v; i < MARKETS; i += ARRAY_COUNT(VENUES))
			len += (size_t)snprintf(text + len, size - len,
			    "      m%zu: {pair: U%zu/USD, named: m%zu}\n",
			    i / ARRAY_COUNT(VENUES), i / ARRAY_COUNT(VENUES),
			    i / ARRAY_COUNT(VENUES));
	}
	MUST(len < size);
	MUST(config_read(&config, text, len, "bench.yaml", stderr, &errors) ==
	    ERR_OK);
	MUST(config.prices.market_count == MARKETS);
}

/* The first VENUE_SYMBOLS_MAX markets of a venue have one connection, those
 * that follow another. */
static void
streams_fill(void)
{
	char text[TICKER_TEXT_MAX], market[VENUE_SYMBOL_MAX];

	for (unsigned i = 0; i < MARKETS; i++) {
		size_t v = i % ARRAY_COUNT(VENUES);
		size_t k = i / ARRAY_COUNT(VENUES);
		size_t stream = v + ARRAY_COUNT(VENUES) *
		    (k / VENUE_SYMBOLS_MAX);

		snprintf(market, sizeof(market), "m%zu", k);
		listener.venue[stream] = config.venue[v].venue;
		listener.config_venue[stream] = v;
		sender_add(&sender, stream, text, ticker_put(text, v,
		    market));
	}
	listener.config = &config;
}

void
bench_feeds_load(void)
{
	uint64_t wall_ns, cpu_ns;

	config_make();
	streams_fill();
	sender_start(&sender, RATE);
	listener_open(&listener, &sender);
	listener_run(&listener, 0, UINT64_C(1000000000));	/* warm */
	wall_ns = bench_now_ns();
	cpu_ns = listener_cpu_ns();
	listener_run(&listener, 0, SECONDS * UINT64_C(1000000000));
	wall_ns = bench_now_ns() - wall_ns;
	cpu_ns = listener_cpu_ns() - cpu_ns;
	MUST(listener.pinned == listener.frames && listener.pinned > 0);
	bench_row_of("resident", (double)listener_resident() / 1e6,
	    RESIDENT_MB_MAX, "MB", 1);
	bench_row_of("share of a core", 100 * (double)cpu_ns /
	    (double)wall_ns, CORE_PERCENT_MAX, "%", 1);
	bench_figure("  frames a second", 1e9 * (double)listener.frames /
	    (double)wall_ns, "1/s");
	bench_figure("  connections", (double)listener.count, "");
	listener_close(&listener);
	sender_stop(&sender);
}
