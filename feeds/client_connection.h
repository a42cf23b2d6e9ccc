/* feeds/client_connection.h - what the client is given: the connections, within
 * which limits, and whom it tells of them.
 */
#ifndef FEEDS_CLIENT_CONNECTION_H
#define FEEDS_CLIENT_CONNECTION_H

#include "feeds/venue.h"

#define CLIENT_CONNECTIONS_MAX 128u
#define CLIENT_SLOTS_MAX (2u * CLIENT_CONNECTIONS_MAX)
#define CLIENT_TOKEN_MAX 16384u
#define CLIENT_TOKEN_MS 5000u
#define CLIENT_OVERLAP_MS 3000u
#define CLIENT_LEAVE_MS 3000u
#define CLIENT_WATCHES_MAX 16u

/* CLIENT_LOST or CLIENT_REPLACED ends each attempt exactly once, whether it
 * connected or not; CLIENT_MUTE and CLIENT_OVERSIZE come right before LOST as
 * its cause. */
enum client_event {
	CLIENT_CONNECTED,	/* the upgrade was accepted */
	CLIENT_SUBSCRIBED,	/* every subscribe message was handed over */
	CLIENT_LOST,
	CLIENT_MUTE,	/* open, but silent for longer than allowed */
	CLIENT_OVERSIZE,	/* a message above FRAME_BYTES_MAX */
	CLIENT_REPLACED,	/* by its successor, which has been heard */
	CLIENT_EVENTS,
};

struct client_connection {
	const struct venue *venue;
	const char *url;	/* wss://host[:port]/path; NULL: the venue's, or
				 * what is told with its token */
	const char *token_url;	/* https://...; NULL: the venue's */
	const char *symbols[VENUE_SYMBOLS_MAX];
	size_t symbol_count;
};

struct client_callbacks {
	/* One whole message; text is gone after the call. */
	void (*frame)(void *arg, size_t slot, const char *text, size_t len);
	/* why is one printable line, gone after the call. */
	void (*event)(void *arg, size_t slot, enum client_event e,
	    const char *why);
	/* A descriptor given to client_watch has something to read. */
	void (*readable)(void *arg, int fd);
	void *arg;
	/* About once a second; may be NULL. */
	void (*second)(void *arg);
	bool takes_successors;	/* slots up to 2 * count - 1 may speak */
	/* What is handed over to be sent to the venue, each subscribe message,
	 * answer and ping of its protocol; gone after the call; may be NULL. */
	void (*sent)(void *arg, size_t connection, const char *text,
	    size_t len);
};

#endif
