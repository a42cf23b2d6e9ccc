/* oracle/feeds_say.h - what is said of a connection and of a venue's frames: a
 * line for each change of state, none for each attempt and none for each frame.
 * Pure.
 *
 * A connection is up once it has subscribed, and down once neither it nor its
 * successor is open; the last that was said is what is so.
 */
#ifndef ORACLE_FEEDS_SAY_H
#define ORACLE_FEEDS_SAY_H

#include "feeds/client.h"

#define FEEDS_QUIET_MS 60000u	/* without a bad frame: they have stopped */

enum feeds_word {
	FEEDS_SAY_NOTHING,
	FEEDS_SAY_CONNECTED,
	FEEDS_SAY_LOST,
	FEEDS_SAY_ONE_LOST,	/* of two; the other is open */
	FEEDS_SAY_REPLACED,
	FEEDS_SAY_OVERSIZE,	/* once; each time it is a loss as well */
};

/* Of a connection and its successor; zero at the beginning. */
struct feeds_said {
	enum { SAID_NOTHING, SAID_CONNECTED, SAID_LOST } state;
	bool is_open[2];
	bool has_said_one;
	bool has_said_oversize;
	bool has_said_unknown;
};
/* feeds_said_event: which is 0 for the connection, 1 for its successor. */
enum feeds_word feeds_said_event(struct feeds_said *s, unsigned which,
    enum client_event e);
/* feeds_said_unknown: the first frame of a channel that is not known, of which
 * there may be one in every second. */
bool feeds_said_unknown(struct feeds_said *s);

/* A venue's frames that are bad in one way; zero while there are none. */
struct feeds_trouble {
	uint64_t count, last_ms;
};
/* feeds_trouble_begins counts a frame; true for the first. */
bool feeds_trouble_begins(struct feeds_trouble *t, uint64_t now_ms);
/* feeds_trouble_ends, called now and then: how many there were, once they have
 * stopped; else 0. */
uint64_t feeds_trouble_ends(struct feeds_trouble *t, uint64_t now_ms);

#endif
