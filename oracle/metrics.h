/* oracle/metrics.h - the state as Prometheus text (format 0.0.4).
 *
 * Prefix margind_, base units (seconds, USD, ratios), counters end in _total.
 * No label per vault: what is countable is counted by state and by band of
 * health. */
#ifndef ORACLE_METRICS_H
#define ORACLE_METRICS_H

#include "oracle/api.h"
#include "oracle/text.h"

void metrics_write(struct text *t, const struct api *api, uint64_t now_ms);

#endif
