/* feeds/sim.h - exchanges to test against: websocket servers that speak each
 * venue's own protocol (subscribe messages, acknowledgements, heartbeats,
 * sequence numbers, errors; KuCoin's token over HTTP), driven by a scripted
 * price path with a seed.
 *
 * The script is JSON:
 *   {"seed":1,"tick_ms":100,
 *    "prices":{"ETH":"2000","BTC":"60000","USDT":"1"},
 *    "noise":"0.0002","spread":"0.0004",
 *    "venues":[{"venue":"coinbase","port":0,"symbols":{"ETH-USD":{"base":
 *      "ETH","quote":"USD"},"USDT-USD":{"base":"USDT","quote":"USD"}}}],
 *    "events":[
 *      {"at":10.0,"until":13.0,"lie":{"venue":"kraken","factor":"0.7",
 *        "bases":["ETH","BTC"]}},
 *      {"at":15.0,"until":21.0,"mute":{"venue":"kraken"}},
 *      {"at":25.0,"until":30.0,"move":{"bases":["ETH","BTC"],
 *        "factor":"0.75"}}]}
 * plus the events {"at","until","stale":{"venue"}}, {"at","drop":{"venue"}}
 * (its "until" is optional), {"at","until","late":{"venue","ms"}},
 * {"at","gap":{"venue"}} and {"at","duplicate":{"venue"}}.  Unknown keys are
 * errors.
 *
 * Times are seconds after the script's start (a decimal with at most 3
 * fraction digits); an event acts from `at` on and, except for a move, not at
 * `until` any more.  `venue` is a name of feeds/venues.c, each once.
 *   move   a base's price goes linearly to factor times itself, and stays
 *   lie    the venue's prices of these bases are multiplied by factor
 *   mute   the venue answers protocol pings and sends nothing else
 *   stale  the venue keeps talking, but its clock (and price) stands at `at`
 *   late   what the venue says in this time leaves ms later, and nothing
 *          overtakes it
 *   drop   the venue closes its connections, and accepts none before `until`
 *   gap    the next message of a tick is lost on each connection: sequence
 *          numbers skip where the venue has them
 *   duplicate  the next message of a tick comes twice
 *
 * The price is integer arithmetic alone, so that another program can work it
 * out.  With W = 10^18, every division floored, t = ms after the start (0
 * before it, while the frames' times go on), and the moves of a base applied
 * in the script's order:
 *   move:   P = P * f / W, where f = W while t <= at, factor from until on,
 *           else W + (factor - W) * (t - at) / (until - at), the difference
 *           taken as a magnitude first and then added or subtracted
 *   symbol: P = base where the quote is "USD", else base * W / quote
 *   noise:  P = P * (W * 10^6 + noise * r) / (W * 10^6), with
 *           r = splitmix64(k + t / tick_ms) mod 2000001 - 1000000,
 *           k = splitmix64(seed ^ fnv1a64(venue "/" symbol))
 *   lie:    P = P * factor / W
 *   book:   bid = P * (W - spread / 2) / W, rounded down to the symbol's
 *           digits, ask = P * (W + spread / 2) / W, rounded up; digits are 2
 *           where the price at the start is 100 or more, 5 from 1 on, else 8
 *   mark:  P before the spread, rounded down to the digits; index: P before
 *          noise and lies, rounded down too.  A venue that says one price (an
 *          index of Deribit's) says the mark.
 * Each tick_ms a venue sends the book of each symbol that is subscribed to
 * and, some 400 ms apart (with each tick where tick_ms is above 200), a trade
 * at the bid or the ask: Binance's connections have their time from trades
 * alone.  What a real venue tells once a second (tickers of Binance, Gate and
 * Kraken Futures) comes once a second, Coinbase Exchange's with a trade.
 *
 * A symbol of Deribit or OKX that names an option ("ETH-27NOV26-2000-C",
 * "ETH-USD-261127-2000-C") or a volatility index ("dvol.eth_usd") has a third
 * key, "vol" (a year, "0.65"); P is the option's forward, and what is said of
 * it beside is feeds/sim_option.h's.  Funding is 0.0001 in 8 hours, open
 * interest 12345 where a venue tells them.  "heartbeat_s" of the script (1 to
 * 60) replaces the time between heartbeats of Bitfinex, Crypto.com, Deribit
 * and Gemini, for tests that cannot wait.
 *
 * Limits: SIM_BASES_MAX prices, VENUE_SYMBOLS_MAX symbols a venue,
 * SIM_EVENTS_MAX events, SIM_PEERS_MAX connections, tick_ms 10 to 1000.
 */
#ifndef FEEDS_SIM_H
#define FEEDS_SIM_H

#include "feeds/sim_path.h"

struct sim;

struct sim_options {
	const char *cert_file;	/* PEM; both NULL: plain ws */
	const char *key_file;
	uint64_t start_ms;	/* Unix ms of the script's second 0 */
};

/* sim_create parses the script and opens its listeners on 127.0.0.1 (port 0
 * takes a free one).  On failure error says what and where: ERR_SYNTAX,
 * ERR_RANGE, ERR_LIMIT, ERR_MISSING, ERR_UNKNOWN, ERR_DUPLICATE for the
 * script, ERR_IO for a port that is taken or a certificate that cannot be
 * read. */
MUST_CHECK enum err sim_create(struct sim **out, const char *script,
    size_t script_len, const struct sim_options *options,
    char error[SIM_ERROR_MAX]);
/* The port that venue i of the script listens on; its name. */
unsigned sim_port(const struct sim *s, size_t i);
const char *sim_venue_name(const struct sim *s, size_t i);
size_t sim_venue_count(const struct sim *s);
bool sim_service(struct sim *s);	/* false after sim_stop */
void sim_stop(struct sim *s);	/* may be called from a signal handler */
void sim_destroy(struct sim *s);	/* accepts NULL */

/* sim_price: the script's true price of a base at an instant, 18 decimals,
 * without noise or lies; what an independent checker recomputes.  "USD" is 1.
 * ERR_UNKNOWN for a base that the script has not, ERR_RANGE. */
MUST_CHECK enum err sim_price(u128 *out, const struct sim *s,
    const char *base, uint64_t ms);

#endif
