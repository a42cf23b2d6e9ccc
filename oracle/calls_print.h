/* oracle/calls_print.h - what `margind calls` says: transitions, what is open
 * and how old it is; as tables or as JSON lines. */
#ifndef ORACLE_CALLS_PRINT_H
#define ORACLE_CALLS_PRINT_H

#include "oracle/calls_step.h"

/* calls_print: false where standard output does not take it. */
bool calls_print(const struct calls_step *step, const struct study *s,
    bool is_json);

#define SPAN_BUF 48u
/* span_text: how long, in at most two units, cut: "3d 4h", "1m 30s", "0s". */
void span_text(char out[SPAN_BUF], uint64_t ms);
/* calls_age_text names a bucket of ageing: "< 1h", "1h - 1d", ">= 7d". */
#define AGE_BUF (2u * SPAN_BUF + 4u)
void calls_age_text(char out[AGE_BUF], const struct call_rules *rules,
    unsigned bucket);

#endif
