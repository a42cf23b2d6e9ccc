/* oracle/machine_kept.h - what outlives a life: slow companions, volatilities,
 * correlations, listings, contradicted rates.
 *
 * It is said to the journal in turn, a few messages a CLOSE, all of it each
 * MACHINE_KEEP_MS, first after MACHINE_KEEP_FIRST_MS, and told to the next
 * life.  What bars a price is said at once.
 */
#ifndef ORACLE_MACHINE_KEPT_H
#define ORACLE_MACHINE_KEPT_H

#include "oracle/machine_state.h"

#define MACHINE_KEEP_MS 300000u
#define MACHINE_KEEP_FIRST_MS 10000u
#define MACHINE_KEEP_BATCH 16u
#define MACHINE_KEEP_APART_MS 10000u	/* a contradiction that goes on */

/* machine_kept_begin: which units are followed.  _close, after the prices, goes
 * on to now_ms, and says to the journal what it is to remember; a bit per
 * asset whose slow companion moved.  _unit, _market and _rate: what an earlier
 * life knew; ERR_UNKNOWN for what is none of ours now. */
void machine_kept_begin(struct machine *m);
u128 machine_kept_close(struct machine *m, const struct machine_output *o);
MUST_CHECK enum err machine_kept_unit(struct machine *m,
    const struct wire_memory_unit *w);
MUST_CHECK enum err machine_kept_market(struct machine *m,
    const struct wire_memory_market *w);
MUST_CHECK enum err machine_kept_rate(struct machine *m,
    const struct wire_memory_rate *w);

/* machine_volatility: of the i-th followed unit, a year; ERR_MISSING before two
 * samples.  machine_correlation: of two, drawn towards none as the config has
 * it, ppb with its sign. */
MUST_CHECK enum err machine_volatility(struct num18 *out,
    const struct machine *m, uint32_t i);
int32_t machine_correlation(const struct machine *m, uint32_t i, uint32_t j);

#endif
