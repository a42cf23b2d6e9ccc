/* feeds/sim_clock.h - the simulator's times: now, the script's, each venue's.
 *
 * Units:  ms, Unix or after the script's start.
 */
#ifndef FEEDS_SIM_CLOCK_H
#define FEEDS_SIM_CLOCK_H

#include "feeds/sim_state.h"

/* Unix ms. */
uint64_t sim_clock_ms(void);
/* After the start; 0 before it. */
uint64_t sim_script_ms(const struct sim *s, uint64_t now_ms);
/* The script's time at which the venue is: a stale one's clock stands where
 * its event began. */
uint64_t sim_venue_ms(const struct sim *s, size_t venue, uint64_t t_ms);
/* The time that a venue's frame carries, Unix ms.  Before the start prices
 * stand still, the clock does not. */
uint64_t sim_frame_ms(const struct sim *s, size_t venue, uint64_t now_ms);
/* Does an event of this kind hold for the venue now? */
bool sim_venue_has(const struct sim *s, enum sim_event_kind kind,
    size_t venue);

#endif
