/* feeds/sim_venues.h - the table of the simulated protocols.  Private to
 * sim*.c. */
#ifndef FEEDS_SIM_VENUES_H
#define FEEDS_SIM_VENUES_H

#include "feeds/sim_peer.h"

/* The protocol of a venue's name; NULL: none. */
const struct sim_protocol *sim_protocol_find(const char *name);

#endif
