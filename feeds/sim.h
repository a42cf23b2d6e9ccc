/* feeds/sim.h - exchanges to test against: websocket servers that speak the
 * four venues' own protocols (subscribe messages, acknowledgements,
 * heartbeats, errors), driven by a scripted price path with a seed.
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
 * Times are seconds after the script's start (a decimal with at most 3
 * fraction digits).  A move is linear and lasts.  A muted venue answers
 * protocol pings and sends nothing else.  Unknown keys are errors.
 */
#ifndef FEEDS_SIM_H
#define FEEDS_SIM_H

#include "base/types.h"

struct sim;

struct sim_options {
	const char *cert_file;	/* PEM; both NULL: plain ws */
	const char *key_file;
	uint64_t start_ms;	/* Unix ms of the script's second 0 */
};

/* sim_create parses the script and opens its listeners on 127.0.0.1 (port 0
 * takes a free one).  On failure error (at least 160 bytes) says what and
 * where. */
MUST_CHECK enum err sim_create(struct sim **out, const char *script,
    size_t script_len, const struct sim_options *options, char error[160]);
/* The port that venue i of the script listens on; its name. */
unsigned sim_port(const struct sim *s, size_t i);
const char *sim_venue_name(const struct sim *s, size_t i);
size_t sim_venue_count(const struct sim *s);
bool sim_service(struct sim *s);	/* false after sim_stop */
void sim_stop(struct sim *s);		/* may be called from a signal handler */
void sim_destroy(struct sim *s);	/* accepts NULL */

/* sim_price: the script's true price of a base at an instant, 18 decimals,
 * without noise or lies; what an independent checker recomputes. */
MUST_CHECK enum err sim_price(u128 *out, const struct sim *s,
    const char *base, uint64_t ms);

#endif
