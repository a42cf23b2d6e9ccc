/* oracle/feeds_role.h - the feeds process's state, for its two halves:
 * role_feeds.c, which begins it and follows its connections, and feeds_frame.c,
 * which takes their frames. */
#ifndef ORACLE_FEEDS_ROLE_H
#define ORACLE_FEEDS_ROLE_H

#include "feeds/client.h"
#include "oracle/feeds_meter.h"
#include "oracle/feeds_say.h"
#include "oracle/proc.h"

#define FEEDS_NAME_MAX 32u

struct feeds {
	struct proc_role proc;
	struct client *client;
	struct feeds_plan plan;
	struct feeds_slot slot[CLIENT_SLOTS_MAX];
	struct feeds_said said[CLIENT_CONNECTIONS_MAX];
	struct feeds_trouble rejected[CONFIG_VENUES_MAX];	/* by us */
	struct feeds_trouble refused[CONFIG_VENUES_MAX];	/* by the venue */
	/* By market: which of its connection and the successor said its book
	 * since it opened; said_bit of feeds_frame.c. */
	uint8_t booked[PRICES_MARKETS_MAX];
	struct wire_feed feed[CONFIG_VENUES_MAX];
	uint64_t dropped;		/* messages: a queue was full */
	struct tick ticks[FRAME_TICKS_MAX];
};

/* feeds_frame parses a message and sends what is in it to the engine (and of
 * options to the surface), received at now_ms.
 *
 * A gap, or a message that cannot be read where books are kept by their
 * changes, voids the books of the markets that this connection speaks for, but
 * those that the other of a pair said as well, and has it dialled anew.  Marks
 * and options stay: each is told whole and has its own time, so that one that
 * is missing is followed by the next or leaves with its age. */
void feeds_frame(struct feeds *f, size_t slot, const char *text, size_t len,
    uint64_t now_ms);
/* feeds_opened: a connection opens, and what it says begins anew. */
void feeds_opened(struct feeds *f, size_t slot, uint64_t now_ms);
/* feeds_send puts a message on a wire; a full one, or a missing neighbour,
 * drops it: the next says more. */
void feeds_send(struct feeds *f, enum role to, const void *message);
/* feeds_name is the venue's, with a number where it has several connections. */
const char *feeds_name(char out[FEEDS_NAME_MAX], const struct feeds *f,
    size_t slot);

#endif
