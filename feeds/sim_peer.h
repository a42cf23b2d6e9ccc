/* feeds/sim_peer.h - a connection to the simulator, and what each venue's
 * protocol makes of it.  Private to sim*.c. */
#ifndef FEEDS_SIM_PEER_H
#define FEEDS_SIM_PEER_H

#include "feeds/lws.h"
#include "feeds/sim_script.h"

#include <jansson.h>

#define SIM_TEXTS 16u		/* of sim_text and its kin, live at a time */
#define SIM_MESSAGE_MAX 16384u	/* bytes of one message, either way */
#define SIM_QUEUE_MAX 262144u	/* unsent bytes; more closes the connection */

struct sim_peer {
	struct sim *sim;
	size_t venue;			/* of the script */
	const struct sim_venue *script;
	const struct sim_protocol *protocol;
	struct lws *wsi;
	uint64_t now_ms;		/* the venue's clock, Unix ms */
	uint64_t id;			/* of the connection */
	/* Bit i: symbol i of the venue. */
	uint64_t books, trades;
	bool has_heartbeat;
	bool is_combined;		/* Binance's /stream */
	uint64_t sequence;		/* of the connection's messages */
	uint64_t beats;
	bool is_closing;
	char in[SIM_MESSAGE_MAX];
	size_t in_len;
	char *queue;			/* length (4 bytes), text, and so on */
	size_t queue_len;
};

struct sim_protocol {
	const char *name;
	/* Is this the path of a websocket of this venue?  (No query.) */
	bool (*serves)(const char *path);
	/* A client has come; target is path and query. */
	void (*open)(struct sim_peer *p, const char *target);
	void (*receive)(struct sim_peer *p, const char *text, size_t len);
	/* A tick of symbol i (whether subscribed or not). */
	void (*tick)(struct sim_peer *p, size_t i, const struct sim_quote *q);
	/* Once a second. */
	void (*second)(struct sim_peer *p);
};
extern const struct sim_protocol sim_coinbase, sim_kraken, sim_binance,
    sim_bybit;

/* sim_say queues one message; a mute venue's is dropped. */
__attribute__((format(printf, 2, 3)))
void sim_say(struct sim_peer *p, const char *format, ...);
/* The quote of symbol i now, for a snapshot; false: it has no price. */
bool sim_quote_now(const struct sim_peer *p, size_t i, struct sim_quote *q);
/* Which symbol has this name (exactly, or in lower case); -1: none. */
int sim_symbol_find(const struct sim_peer *p, const char *name, bool is_lower);

/* A decimal as text, in a ring of SIM_TEXTS. */
const char *sim_text(struct dec18 d);
/* Unix ms as RFC 3339 with `digits` fraction digits (3, 6 or 9). */
const char *sim_time(uint64_t ms, unsigned digits);
/* A JSON string of what a client wrote, quotes included; same ring. */
const char *sim_quoted(const char *text);

#endif
