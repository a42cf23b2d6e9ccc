/* feeds/venue.h - what a venue is: one row of the table, one pure parser.
 *
 * A parser turns one websocket message into ticks and says what kind of
 * message it was.  It allocates nothing, reads no clock, and keeps nothing but
 * what it writes into its connection's memory: numbers that stand for
 * channels, the last sequence number, a book that is only told by its changes.
 * A field that the message does not carry is absent; nothing is merged from an
 * earlier one.
 *
 * Units:  prices are quote units per whole base unit, 18 decimals; times are
 *         the exchange's own, Unix ms (finer ones truncated).
 * Limits: FRAME_BYTES_MAX bytes a message, FRAME_TICKS_MAX ticks.
 */
#ifndef FEEDS_VENUE_H
#define FEEDS_VENUE_H

#include "base/decimal.h"
#include "base/types.h"

#define FRAME_BYTES_MAX (256u * 1024u)
#define FRAME_TICKS_MAX 2048u
#define VENUE_SYMBOL_MAX 24u	/* with its NUL */
#define VENUE_CHANNEL_MAX 32u	/* with its NUL */
#define VENUE_SYMBOLS_MAX 64u	/* of one connection */
#define VENUE_SUBSCRIBE_MAX 8192u	/* bytes of one subscribe message */
#define VENUE_ANSWER_MAX 128u	/* bytes of an answer, with its NUL */
#define VENUE_URL_MAX 1152u	/* bytes of an address that is told, with its NUL */

/* Stands for the Unix time in seconds in a message of ours (`subscribe`,
 * `ping`) that says when it was made; venue_time_put writes it there. */
#define VENUE_TIME_MARK "@unixtime@"

/* What the venue's own model says of an option's price, in USD an option on
 * one coin, by Black's formula on the forward of its expiry:
 *	delta	a dollar of the forward; above 0 for a call
 *	gamma	delta, a dollar of the forward
 *	vega	one percent point of volatility
 *	theta	a day; of Deribit's what is left of its life, where that is less
 *	rho	one percent point of interest, as of an option on spot; OKX
 *		tells none
 * OKX tells each in two conventions: these are the BS ones, in dollars, not the
 * PA ones, in coins (and net of the premium). */
enum tick_greek {
	GREEK_DELTA, GREEK_GAMMA, GREEK_VEGA, GREEK_THETA, GREEK_RHO,
	GREEK_COUNT,
};

/* What a derivative's message says besides; nothing of it votes on a price. */
struct tick_contract {
	bool has_mark, has_index, has_funding, has_interest, has_vol,
	    has_forward, has_option, has_greek[GREEK_COUNT];
	struct dec18 mark;		/* quote units; as the venue writes it */
	struct dec18 index;
	struct dec18 interest;		/* open interest, the venue's unit */
	struct dec18 vol;		/* mark volatility a year: 0.65 */
	struct dec18 forward;		/* of the option's expiry */
	i128 funding;			/* of 8 hours, 18 decimals; above 0 the
					 * long side pays */
	i128 greek[GREEK_COUNT];	/* 18 decimals, either sign */
	/* has_option: the option that the symbol names. */
	uint64_t expiry_ms;
	struct dec18 strike;
	bool is_call;
};

/* What is said to be absent is not written. */
struct tick {
	char symbol[VENUE_SYMBOL_MAX];	/* as the venue writes it */
	bool has_bid, has_ask, has_last, has_size, has_time, has_sequence;
	bool is_contract;	/* of a channel of contract data alone, neither
				 * ticker nor trade: printed only where it says
				 * greeks */
	bool is_book;		/* both sides are spoken of: one that is not
				 * there is empty */
	struct dec18 bid, ask, last, size;	/* size: of the trade */
	uint64_t exchange_ms;
	uint64_t sequence;
	struct tick_contract contract;
};

/* What a parser remembers of its connection, zeroed when that opens.  A full
 * memory is ERR_LIMIT. */
#define VENUE_CHANNELS_MAX 128u
struct venue_channel {
	uint64_t id;		/* the venue's number for it */
	uint8_t kind;		/* the parser's own */
	char symbol[VENUE_SYMBOL_MAX];
};
struct depth;	/* feeds/depth.h */
struct venue_memory {
	bool has_sequence;
	uint64_t sequence;	/* of the connection's last message */
	size_t channel_count;
	struct venue_channel channel[VENUE_CHANNELS_MAX];
	/* VENUE_SYMBOLS_MAX books, the caller's; NULL where the venue's row
	 * has no has_depth. */
	struct depth *depth;
};

/* venue_time_put writes the time into each VENUE_TIME_MARK of a message that is
 * about to be sent; its length stays.  now_s: below 10^10. */
void venue_time_put(char *message, uint64_t now_s);

/* venue_memory_begin: a connection opens; its depth, if any, stays its own. */
void venue_memory_begin(struct venue_memory *m);

enum frame_kind {
	FRAME_TICKS,		/* prices, perhaps none (an empty update) */
	FRAME_HEARTBEAT,	/* the connection lives; has_time if it says
				 * when; ticks, if any, are of contract data
				 * alone */
	FRAME_ACK,		/* answer to a subscription, greeting, pong */
	FRAME_IGNORED,		/* a channel that is known and not used here */
	FRAME_REFUSED,		/* the venue reports an error to us */
	FRAME_GAP,		/* a message before this one is missing: what
				 * the connection said of books is void */
	FRAME_LEAVING,		/* the venue will close this connection soon
				 * and asks for another; what it said holds */
	FRAME_UNKNOWN,		/* nothing that this venue is known to send */
};

struct frame {
	enum frame_kind kind;
	char channel[VENUE_CHANNEL_MAX];	/* the venue's own word */
	bool has_time;		/* newest exchange time in the message */
	uint64_t exchange_ms;
	size_t tick_count;
	struct tick *ticks;	/* the caller's, FRAME_TICKS_MAX entries */
	struct venue_memory *memory;	/* the connection's; never NULL */
	/* What the venue wants to hear at once (a heartbeat that is to be
	 * answered); empty: nothing. */
	char answer[VENUE_ANSWER_MAX];
};

/* Where one connection is to be dialled, as a venue that hands out tokens
 * tells it. */
struct venue_dial {
	char url[VENUE_URL_MAX];	/* as feeds/client_url.h takes it */
	uint32_t ping_ms;		/* how often a ping is due, at least */
};

/* Where a venue's prices are: at the other end of a websocket, or on a chain,
 * which another process reads. */
enum venue_place {
	VENUE_WEBSOCKET = 0, VENUE_CHAINLINK, VENUE_UNISWAP_V3, VENUE_PYTH,
};

struct venue {
	const char *name;	/* "coinbase" */
	enum venue_place place;	/* on a chain, the row has no more than names
				 * and, where there is a service, its url */
	const char *operator_name;	/* rows of one operator are one group */
	const char *url;	/* the live service */
	/* A recording's connection address belongs to the row whose
	 * `address` it contains; the longest match wins. */
	const char *address;
	const char *address_before;	/* one it had once, or NULL */

	/* parse fills f (f->ticks is the caller's).  A message of a known
	 * form with a bad field is an error: ERR_SYNTAX (not JSON, wrong
	 * type), ERR_MISSING, ERR_RANGE (a number that is none, zero, or does
	 * not fit), ERR_LIMIT; f is then undefined, and where the row has
	 * has_depth, an error is a gap. */
	enum err (*parse)(struct frame *f, const char *text, size_t len);

	/* subscribe writes the n-th message (from 0) that asks for the
	 * symbols; *len = 0 where there is no n-th. */
	enum err (*subscribe)(char *out, size_t size, size_t *len, unsigned n,
	    const char *const *symbols, size_t count);

	const char *ping;	/* an application ping to send, or NULL */
	unsigned ping_ms;	/* how often */
	unsigned mute_ms_max;	/* no message for so long: drop and redial */
	unsigned subscribe_pause_ms;	/* between two messages of ours, where
					 * the venue limits their rate */
	unsigned rotate_ms;	/* dial anew before the venue's own cut; 0: it
				 * has none */
	bool has_depth;		/* its parser needs memory->depth: a message that
				 * cannot be read leaves no book known */
	bool has_options;	/* a symbol may name a family of options, whose
				 * ticks carry a contract each */
	bool has_marks;		/* its parser reads mark prices, and subscribe
				 * asks for them */
	bool measures_funding;	/* its parser remembers settlements, which are
				 * the contracts', not the connection's: a
				 * successor begins with those of the one whose
				 * place it takes (venue_memory_inherit) */
	bool tells_changes;	/* a tick with one side says that this side
				 * changed; elsewhere, that the other is empty */
	/* What one address of ours may ask for, by the venue's documents;
	 * 0: they name no limit that matters here. */
	unsigned symbols_max;	/* of one connection; 0: VENUE_SYMBOLS_MAX */
	/* Attempts to connect: one each dial_pause_ms in the long run, of which
	 * dial_burst may come at once (0 as 1). */
	unsigned dial_pause_ms, dial_burst;
	unsigned subscribe_wait_ms;	/* from connecting to our first message */
	/* Where the address is told over HTTP for each connection: whom a POST
	 * asks, and what reads the answer.  NULL: url is the address. */
	const char *token_url;
	enum err (*token_take)(struct venue_dial *out, const char *text,
	    size_t len, const char *connect_id);
	/* Of a row that recordings alone may have: why no config may; it has
	 * a name, an operator, an address and a parser. */
	const char *retired;
};

static inline bool
venue_is_on_chain(const struct venue *v)
{
	return v->place != VENUE_WEBSOCKET;
}

/* venue_memory_inherit, after venue_memory_begin: the connection is the
 * successor of one that is open (measures_funding). */
void venue_memory_inherit(struct venue_memory *m, const struct venue *v,
    const struct venue_memory *open);

/* venue_find and venue_at_address return NULL where there is none; the latter
 * knows the retired rows too. */
const struct venue *venue_find(const char *name);
const struct venue *venue_at_address(const char *url);
/* The table, for listing; *count rows. */
const struct venue *venue_table(size_t *count);
/* The rows that are read and not dialled (venue_retired.c), apart. */
const struct venue *venue_retired_table(size_t *count);
const struct venue *venue_retired_find(const char *name, size_t len);

/* What a connection knows of the exchange's time.  A tick without a time
 * takes the newest seen on its connection (has_time stays false where there
 * is none: it has no vote). */
struct conn_time {
	bool has_time;
	uint64_t newest_ms;
};
/* conn_time_stamp notes the frame's time, then stamps its ticks. */
void conn_time_stamp(struct conn_time *c, struct frame *f);

#endif
