/* feeds/client_state.h - what the client holds: its connections, what it
 * watches, its TLS.  Private to client*.c.
 *
 * A connection holds one lws wsi at most.  Letting go of it (conn_lose) cuts
 * the tie in both directions first, so whatever lws still has to say about
 * the old one finds no connection behind it.
 *
 * Of a connection and its twin one is spoken with, and the other idle or its
 * successor; the loss of the first makes the second the one.
 */
#ifndef FEEDS_CLIENT_STATE_H
#define FEEDS_CLIENT_STATE_H

#include "feeds/client_connection.h"
#include "feeds/client_url.h"
#include "feeds/lws.h"

#include <signal.h>

#define CONN_WHY_MAX 160u

enum conn_state {
	CONN_IDLE,	/* a twin that is not needed */
	CONN_WAITING,	/* timer: when to dial */
	CONN_RESOLVING,	/* timer: when to give up */
	CONN_ASKING,	/* for a token; timer: when to give up */
	CONN_DIALLING,	/* timer: when to give up */
	CONN_OPEN,	/* timer: when it counts as mute */
};

/* What lws's opaque user data points to begins with its kind. */
enum client_kind { KIND_CONN, KIND_WATCH, KIND_RESOLVER };

/* How often a venue was dialled lately; shared by its connections. */
struct pace {
	const struct venue *venue;
	lws_usec_t due_us;
};

struct conn {
	enum client_kind kind;
	enum conn_state state;
	struct client *client;
	struct conn *twin;		/* NULL: it has none */
	bool is_successor;
	size_t slot;
	const struct venue *venue;
	struct pace *pace;
	bool has_turn;			/* the timer ends at its turn to dial */
	struct client_url url;		/* where to dial, or to be told */
	struct client_url token_url;
	bool has_token_url;		/* url is asked for each time */
	bool is_asking;			/* for url, not at it yet */
	uint32_t ping_ms;
	char symbol[VENUE_SYMBOLS_MAX][VENUE_SYMBOL_MAX];
	const char *symbol_refs[VENUE_SYMBOLS_MAX];
	size_t symbol_count;

	struct lws *wsi;
	lws_sorted_usec_list_t timer;
	lws_sorted_usec_list_t ping_timer, pause_timer, rotate_timer,
	    overlap_timer;
	unsigned failures;		/* in a row */
	unsigned dials;			/* which of the host's addresses */
	uint64_t question;		/* the look-up under way */
	lws_usec_t question_until_us;	/* it may be begun; 0: it is lost */
	lws_usec_t opened_us, heard_us;
	unsigned subscribe_next;
	bool is_subscribed, ping_is_due;
	bool is_taking_over;		/* the twin goes when the timer ends */
	bool is_pausing;		/* before the next subscribe message */
	bool must_redial;		/* after the frame at hand */
	bool is_leaving;		/* the venue will close it */
	char answer[VENUE_ANSWER_MAX];	/* to be sent; empty: none */
	char *message;			/* FRAME_BYTES_MAX, being reassembled;
					 * a token's answer before that */
	size_t message_len;
	char why[CONN_WHY_MAX];		/* what lws or TLS said last */
};

struct watch {
	enum client_kind kind;
	struct client *client;
	struct lws *wsi;		/* of a copy of the descriptor */
	int fd;				/* the caller's; -1: free */
};

struct client {
	struct lws_context *context;
	SSL_CTX *tls;
	const char *alert;	/* the newest fatal one of TLS, a static text */
	struct client_callbacks call;
	sul_cb_t dial;		/* begins an attempt of the conn whose timer
				 * calls it */
	struct conn *conn;	/* of all slots; twins behind the others */
	size_t conn_count;
	struct pace *pace;	/* as many as connections, or fewer used */
	lws_sorted_usec_list_t second_timer;
	struct watch watch[CLIENT_WATCHES_MAX];
	struct watch resolver;
	int resolver_fd;
	uint64_t questions;
	uint64_t random;
	volatile sig_atomic_t is_stopped;
	unsigned char out[LWS_PRE + VENUE_SUBSCRIBE_MAX];
};

/* client_slots: how many of c->conn there are. */
size_t client_slots(const struct client *c);
/* client_random: xorshift64*, for jitter only. */
uint64_t client_random(struct client *c);
/* conn_why is one printable line in c->why. */
__attribute__((format(printf, 2, 3)))
void conn_why(struct conn *c, const char *format, ...);
/* conn_tell is client_callbacks' event. */
void conn_tell(struct conn *c, enum client_event e, const char *why);
/* conn_timer: c's one timer calls so much later. */
void conn_timer(struct conn *c, sul_cb_t call, lws_usec_t us);
/* conn_host is the host that c is on its way to. */
const char *conn_host(const struct conn *c);

#endif
