/* feeds/sim_state.h - what the simulator holds: its script, a listener a venue,
 * the connections.  Private to sim*.c. */
#ifndef FEEDS_SIM_STATE_H
#define FEEDS_SIM_STATE_H

#include "feeds/lws.h"
#include "feeds/sim_path.h"

#include <signal.h>

#define SIM_PEERS_MAX 128u
#define SIM_MESSAGE_MAX 32768u	/* bytes of one message, either way */

struct sim_peer;
struct sim_protocol;

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

#endif
