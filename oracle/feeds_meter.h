/* oracle/feeds_meter.h - what the feeds process knows of its connections for
 * the people who look after it: one struct wire_feed a venue.  Pure; time is an
 * argument, the wall clock's ms of receiving.
 */
#ifndef ORACLE_FEEDS_METER_H
#define ORACLE_FEEDS_METER_H

#include "feeds/venue.h"
#include "oracle/feeds_plan.h"
#include "oracle/wire.h"

#define FEEDS_STALL_MS 30000u	/* as long as a heartbeat may renew a book */
#define FEEDS_TALKS_MS 5000u	/* who said something so lately talks */

/* What speaks: a connection, or its successor (feeds/client.h). */
struct feeds_slot {
	bool is_open;
	bool is_stalled;
	uint64_t heard_ms;	/* its last frame; 0: none since it is open */
	uint64_t moved_ms;	/* when its exchange time moved last, or it opened */
	struct conn_time time;
	struct venue_memory memory;
};

/* feeds_slot_open: a connection opens, and knows nothing of the exchange. */
void feeds_slot_open(struct feeds_slot *s, uint64_t now_ms);
/* feeds_slot_heard: a frame came, and it was parsed: its ticks are stamped. */
void feeds_slot_heard(struct feeds_slot *s, struct frame *f, uint64_t now_ms);
/* feeds_slot_judge looks whether its exchange time stands still though it
 * talks; true where that is another answer than is_stalled was. */
bool feeds_slot_judge(struct feeds_slot *s, uint64_t now_ms);

enum wire_reject feeds_reject_of(enum err e);
/* feeds_meter_why keeps the reason of a loss, cut to its place. */
void feeds_meter_why(struct wire_feed *w, const char *why);
/* feeds_meter_connections counts a venue's connections into its feed; slots is
 * by slot, of 2 * plan->count. */
void feeds_meter_connections(struct wire_feed *w, size_t venue,
    const struct feeds_plan *plan, const struct feeds_slot *slots);

/* feeds_beat_of: up to when a heartbeat speaks for all books of a venue, for
 * the engine hears of a venue and not of its connections: the least of what
 * each that has markets knows of the exchange's time.  False where one of them
 * is lost or knows none. */
bool feeds_beat_of(uint64_t *exchange_ms, size_t venue,
    const struct feeds_plan *plan, const struct feeds_slot *slots);

#endif
