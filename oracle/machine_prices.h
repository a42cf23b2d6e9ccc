/* oracle/machine_prices.h - ticks -> prices -> words -> market. */
#ifndef ORACLE_MACHINE_PRICES_H
#define ORACLE_MACHINE_PRICES_H

#include "oracle/machine_state.h"

/* machine_prices_close computes every unit's price at now_ms and the word of
 * every asset; returns a bit per asset whose price differs from before. */
u128 machine_prices_close(struct machine *m);

#endif
