/* feeds/sim_peer.h - a connection to the simulator, and what each venue's
 * protocol makes of it.  Private to sim*.c. */
#ifndef FEEDS_SIM_PEER_H
#define FEEDS_SIM_PEER_H

#include "feeds/sim_state.h"

#include <jansson.h>

#define SIM_TEXTS 24u		/* of sim_text and its kin, live at a time */
#define SIM_QUEUE_MAX 1048576u	/* unsent bytes; more closes the connection */

/* What can be subscribed to, in a venue's own words. */
enum sim_channel {
	SIM_BOOK,	/* the best bid and ask */
	SIM_TRADE,
	SIM_TICKER,	/* with what happened in 24 h */
	SIM_MINI,	/* a second form of the ticker; of the trade: */
	SIM_DEAL,
	SIM_MARK, SIM_INDEX, SIM_FUNDING, SIM_INTEREST,
	SIM_FAMILY,	/* the marks of all options of an underlying */
	SIM_DEPTH,	/* the book by its changes, with checksums */
	SIM_CHANNELS
};

struct sim_peer {
	struct sim *sim;
	size_t venue;			/* of the script */
	const struct sim_venue *script;
	const struct sim_protocol *protocol;
	struct lws *wsi;
	uint64_t now_ms;		/* the venue's clock, Unix ms */
	uint64_t id;			/* of the connection */
	uint64_t on[SIM_CHANNELS];	/* bit i: symbol i of the venue */
	bool has_heartbeat;
	unsigned heartbeat_s;		/* how often; what it means is the
					 * protocol's own */
	bool is_asked;			/* a heartbeat is to be answered */
	bool is_combined;		/* Binance's /stream */
	uint64_t flags;			/* of the connection, the venue's */
	uint64_t sequence;		/* of the connection's messages */
	uint64_t beats;			/* seconds with a heartbeat */
	/* What a book that is told by its changes said last. */
	struct dec18 bid[VENUE_SYMBOLS_MAX], ask[VENUE_SYMBOLS_MAX];
	bool is_closing;
	bool is_ticking;		/* only a tick is lost or repeated */
	unsigned gaps, duplicates;	/* still to come */
	char in[SIM_MESSAGE_MAX];	/* a message, or HTTP's answer */
	size_t in_len;
	/* When (8 bytes), length (4 bytes), text, and so on. */
	char *queue;
	size_t queue_at, queue_len;
	lws_sorted_usec_list_t late;
};

struct sim_protocol {
	const char *name;
	/* The path of its websocket, without a query; NULL where there are
	 * several, of which serves knows. */
	const char *path;
	bool (*serves)(const char *path);
	/* A client has come; target is path and query.  NULL: nothing is said
	 * before a subscription. */
	void (*open)(struct sim_peer *p, const char *target);
	void (*receive)(struct sim_peer *p, const char *text, size_t len);
	/* A tick of symbol i (whether subscribed or not). */
	void (*tick)(struct sim_peer *p, size_t i, const struct sim_quote *q);
	/* Once a second. */
	void (*second)(struct sim_peer *p);
	/* POST, where the venue has a document that a client asks for first;
	 * the answer's length, 0: not found.  NULL: none. */
	size_t (*post)(struct sim_peer *p, const char *path, char *out,
	    size_t size);
};
extern const struct sim_protocol sim_coinbase, sim_coinbase_exchange,
    sim_kraken, sim_kraken_v1, sim_kraken_futures, sim_binance,
    sim_binance_us, sim_binance_usdm, sim_binance_usdm_market, sim_bybit, sim_bybit_linear, sim_okx, sim_okcoin,
    sim_deribit, sim_bitmex, sim_kucoin, sim_gateio, sim_cryptocom, sim_gemini,
    sim_bitstamp, sim_bitfinex;

/* Is this the path of a websocket of the venue? */
bool sim_protocol_serves(const struct sim_protocol *v, const char *path);

/* Without a queue; wsi is NULL for a peer of a test. */
void sim_peer_init(struct sim_peer *p, struct sim_listener *l,
    struct lws *wsi);
/* When the next message of the queue may leave, Unix ms; 0: there is none. */
uint64_t sim_queue_due_ms(const struct sim_peer *p);
/* The next message of the queue, which it leaves: its length, 0: none.  text
 * holds until something is said. */
size_t sim_queue_next(struct sim_peer *p, const char **text);

/* sim_say queues one message; a mute venue's is dropped.  ' stands for ", so
 * that a format reads like what is sent; no text below has a ' of its own. */
__attribute__((format(printf, 2, 3)))
void sim_say(struct sim_peer *p, const char *format, ...);
/* sim_close ends the connection once what was said is sent. */
void sim_close(struct sim_peer *p);
/* The quote of symbol i now, for a snapshot; false: it has no price. */
bool sim_quote_now(const struct sim_peer *p, size_t i, struct sim_quote *q);
/* Which symbol has this name (exactly, or in lower case); -1: none. */
int sim_symbol_find(const struct sim_peer *p, const char *name, bool is_lower);
/* The settings that are the script's. */
u128 sim_spread(const struct sim_peer *p);
uint64_t sim_seed(const struct sim_peer *p);
/* The address that clients reach this venue at: "ws://127.0.0.1:1234". */
const char *sim_address(const struct sim_peer *p);
/* Seconds between two heartbeats: the script's, else what the venue does. */
unsigned sim_heartbeat_s(const struct sim_peer *p, unsigned usual_s);

static inline bool
sim_is_on(const struct sim_peer *p, enum sim_channel c, size_t i)
{
	return (p->on[c] >> i & 1) != 0;
}

static inline void
sim_switch(struct sim_peer *p, enum sim_channel c, size_t i, bool is_on)
{
	uint64_t bit = (uint64_t)1 << i;

	p->on[c] = is_on ? p->on[c] | bit : p->on[c] & ~bit;
}

/* --- texts, in a ring of SIM_TEXTS --------------------------------------- */

const char *sim_text(struct dec18 d);
/* The price of a quote's trade. */
const char *sim_last(const struct sim_quote *q);
const char *sim_whole(uint64_t n);
/* The shortest form that says the same: "0.45" of 0.4500. */
const char *sim_short(struct dec18 d);
/* The CRC-32 of a text, as zlib's. */
uint32_t sim_crc32(const char *text);
/* A number of floating point with so many fraction digits. */
const char *sim_number(double x, unsigned digits);
/* Unix ms as RFC 3339 with `digits` fraction digits (3, 6 or 9). */
const char *sim_time(uint64_t ms, unsigned digits);
/* Unix ms as seconds with three fraction digits. */
const char *sim_seconds(uint64_t ms);
/* A JSON string of what a client wrote, quotes included. */
const char *sim_quoted(const char *text);
/* A request's id as it came: a number, a short string, else `none`. */
const char *sim_echo(const json_t *id, const char *none);
/* What a client sent, or a part of it; "null" where it is long. */
const char *sim_json(const json_t *o);
/* A string of a request; "" where there is none. */
const char *sim_word(const json_t *o, const char *key);

#endif
