/* feeds/sim_loop.h - the simulator's parts towards each other: sim.c sets up,
 * sim_peer.c holds the connections, sim_http.c answers what is asked for
 * before one, sim_tick.c is the script's clock.  Private to them. */
#ifndef FEEDS_SIM_LOOP_H
#define FEEDS_SIM_LOOP_H

#include "feeds/sim_peer.h"

#include <signal.h>

#define SIM_TARGET_MAX 2048u	/* path and query of a client's request */

/* What each venue's lws vhost points to. */
struct sim_listener {
	struct sim *sim;
	size_t venue;
	const struct sim_protocol *protocol;
	struct lws_vhost *vhost;
};

struct sim {
	struct sim_script script;
	uint64_t start_ms;
	bool is_tls;
	struct lws_context *context;
	SSL_CTX *unused;	/* see sim_open */
	struct sim_listener listener[SIM_VENUES_MAX];
	struct sim_peer *peer[SIM_PEERS_MAX];
	uint64_t peers_ever;
	lws_sorted_usec_list_t timer;
	uint64_t second;		/* the last that was told */
	uint64_t ticked_ms;		/* after the start */
	volatile sig_atomic_t is_stopped;
	unsigned char out[LWS_PRE + SIM_MESSAGE_MAX];
};

/* sim_tick.c */
uint64_t sim_clock_ms(void);
uint64_t sim_script_ms(const struct sim *s, uint64_t now_ms);
/* The time that a venue's frame carries now. */
uint64_t sim_frame_ms(const struct sim *s, size_t venue);
bool sim_venue_has(const struct sim *s, enum sim_event_kind kind,
    size_t venue);
void sim_tick(lws_sorted_usec_list_t *sul);

/* sim.c: the protocol of a name; NULL: none. */
const struct sim_protocol *sim_protocol_find(const char *name);

/* sim_peer.c: lws's callback of every listener. */
int sim_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len);
/* Without a queue; wsi is NULL for a peer of a test. */
void sim_peer_init(struct sim_peer *p, struct sim_listener *l,
    struct lws *wsi);
/* The next message of the queue, which it leaves: its length, 0: none.  text
 * holds until something is said. */
size_t sim_queue_next(struct sim_peer *p, const char **text);

/* sim_http.c: lws's answers of the requests that are no websocket. */
int sim_http_request(struct sim_peer *p, struct lws *wsi,
    struct sim_listener *l);
int sim_http_body(struct sim_peer *p, struct lws *wsi);
int sim_http_write(struct sim_peer *p, struct lws *wsi);

#endif
