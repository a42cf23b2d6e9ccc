/* feeds/sim_script.h - the simulator's script: parsed and checked (rules and
 * limits in feeds/sim.h).  Pure, but for jansson's memory during the parse. */
#ifndef FEEDS_SIM_SCRIPT_H
#define FEEDS_SIM_SCRIPT_H

#include "feeds/sim_path.h"

/* sim_script_parse: errors as sim_create's. */
MUST_CHECK enum err sim_script_parse(struct sim_script *out, const char *text,
    size_t len, char error[SIM_ERROR_MAX]);

#endif
