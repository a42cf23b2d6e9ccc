/* oracle/metrics_text.h - the forms of Prometheus' text, for metrics*.c. */
#ifndef ORACLE_METRICS_TEXT_H
#define ORACLE_METRICS_TEXT_H

#include "oracle/api_state.h"
#include "oracle/text.h"

/* HELP and TYPE; name without the prefix. */
void metrics_head(struct text *t, const char *name, const char *type,
    const char *help);
/* A label and what comes after it: a comma or the closing brace. */
void metrics_label(struct text *t, const char *name, const char *value,
    char after);
/* The value, v / 10^decimals, and the line's end. */
void metrics_value(struct text *t, u128 v, unsigned decimals);

/* Per venue and per market (metrics_feeds.c). */
void metrics_feeds(struct text *t, const struct api_state *s,
    uint64_t now_ms);
/* Per expiry and per fault (metrics_surfaces.c). */
void metrics_surfaces(struct text *t, const struct api_state *s);

#endif
