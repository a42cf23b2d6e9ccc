/* What a client may send to a simulated venue: the first byte chooses which,
 * each line is a message.  Whatever it is, the venue says JSON (or the bare
 * "pong" of some), within the limits of a message, and nothing but its own
 * symbols is subscribed to. */
#include "feeds/sim_peer.h"
#include "feeds/sim_script.h"
#include "feeds/sim_serve.h"
#include "feeds/sim_venues.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define SYMBOL(name) "\"" name "\":{\"base\":\"ETH\",\"quote\":\"USD\"}"
#define OPTION(name) "\"" name "\":{\"base\":\"ETH\",\"quote\":\"USD\"," \
    "\"vol\":\"0.65\"}"
#define V(name, symbols) "{\"venue\":\"" name "\",\"port\":0,\"symbols\":{" \
    symbols "}}"
static const char script[] = "{\"seed\":1,\"tick_ms\":100,\"noise\":\"0.001\","
    "\"spread\":\"0.001\",\"heartbeat_s\":1,\"prices\":{\"ETH\":\"2000\"},"
    "\"venues\":[" V("coinbase", SYMBOL("ETH-USD")) ","
    V("kraken", SYMBOL("ETH/USD")) "," V("kraken-v1", SYMBOL("ETH/USD")) ","
    V("kraken-futures", SYMBOL("PF_ETHUSD")) ","
    V("binance", SYMBOL("ETHUSDT")) "," V("binance-us", SYMBOL("ETHUSDT")) ","
    V("binance-usdm", SYMBOL("ETHUSDT")) ","
    V("binance-usdm-market", SYMBOL("ETHUSDT")) ","
    V("bybit", SYMBOL("ETHUSDT")) "," V("bybit-linear", SYMBOL("ETHUSDT")) ","
    V("okx", SYMBOL("ETH-USDT") "," SYMBOL("ETH-USD-SWAP") ","
	OPTION("ETH-USD-291127-2000-C")) ","
    V("okcoin", SYMBOL("ETH-USD")) ","
    V("deribit", SYMBOL("ETH-PERPETUAL") "," SYMBOL("eth_usd") ","
	OPTION("dvol.eth_usd") "," OPTION("ETH-27NOV29-2000-P")) ","
    V("bitmex", SYMBOL("ETHUSD")) "," V("kucoin", SYMBOL("ETH-USDT")) ","
    V("gateio", SYMBOL("ETH_USDT")) "," V("crypto-com", SYMBOL("ETH_USDT"))
    "," V("gemini", SYMBOL("ETHUSD")) "," V("bitstamp", SYMBOL("ethusd")) ","
    V("bitfinex", SYMBOL("tETHUSD"))
    "," V("coinbase-exchange", SYMBOL("ETH-USD")) "]}";

static struct sim sim;
static struct sim_listener listeners[SIM_VENUES_MAX];
static struct sim_peer peer;
static char queue[SIM_QUEUE_MAX];

static void
begin(void)
{
	char error[SIM_ERROR_MAX];

	if (sim.script.venue_count > 0)
		return;
	if (sim_script_parse(&sim.script, script, sizeof(script) - 1,
	    error) != ERR_OK)
		abort();
	for (size_t i = 0; i < sim.script.venue_count; i++)
		listeners[i] = (struct sim_listener){ .sim = &sim, .venue = i,
			.protocol = sim_protocol_find(
			    sim.script.venue[i].name) };
}

/* What was said, and that no symbol is on that there is not. */
static void
check(void)
{
	size_t count = peer.script->symbol_count, len;
	const char *text;

	while ((len = sim_queue_next(&peer, &text)) > 0) {
		json_t *o;

		if (len == 4 && memcmp(text, "pong", 4) == 0)
			continue;
		o = json_loadb(text, len, 0, NULL);
		if (o == NULL)
			abort();
		json_decref(o);
	}
	peer.queue_at = peer.queue_len = 0;
	for (size_t c = 0; c < SIM_CHANNELS; c++)
		if (peer.on[c] >> count != 0)
			abort();
}

static void
tick(void)
{
	struct sim_quote q;

	for (size_t i = 0; i < peer.script->symbol_count; i++)
		if (sim_quote_now(&peer, i, &q))
			peer.protocol->tick(&peer, i, &q);
	peer.protocol->second(&peer);
	check();
}

/* The first line is the address; a path that is not served opens nothing, so
 * then the venue's first own one stands for it. */
static void
open_peer(const char *text, size_t len)
{
	static const char *const paths[] = {
		"/", "/v2", "/stream", "/public/stream", "/market/stream",
		"/ws/v1", "/v5/public/spot", "/v5/public/linear",
		"/ws/v5/public", "/ws/api/v2", "/realtime", "/ws/v4/",
		"/exchange/v1/market", "/v2/marketdata", "/ws/2",
	};
	char target[SIM_TARGET_MAX] = "", path[SIM_TARGET_MAX];
	size_t k = 0;

	if (len < sizeof(target))
		memcpy(target, text, len);
	target[len < sizeof(target) ? len : 0] = '\0';
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(target, "?"),
	    target);
	while (!sim_protocol_serves(peer.protocol, path)) {
		if (k == ARRAY_COUNT(paths))
			abort();
		snprintf(path, sizeof(path), "%s", paths[k++]);
		memcpy(target, path, strlen(path) + 1);
	}
	if (peer.protocol->open)
		peer.protocol->open(&peer, target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes, *end = text + len;

	begin();
	if (len == 0)
		return 0;
	sim_peer_init(&peer, &listeners[bytes[0] % sim.script.venue_count],
	    NULL);
	peer.queue = queue;
	text++;
	for (bool is_first = true; is_first || text < end; is_first = false) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((line != NULL ? line : end) - text);

		if (is_first)
			open_peer(text, n);
		else if (n <= SIM_MESSAGE_MAX)
			peer.protocol->receive(&peer, text, n);
		check();
		text += n + (line != NULL);
	}
	tick();
	return 0;
}
