/* feeds/sim_tick.h - what each venue says when: each tick_ms of the script.
 * Private to sim*.c. */
#ifndef FEEDS_SIM_TICK_H
#define FEEDS_SIM_TICK_H

#include "feeds/sim_state.h"

/* sim_tick is the call of struct sim's timer, which it sets anew. */
void sim_tick(lws_sorted_usec_list_t *sul);

#endif
