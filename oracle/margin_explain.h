/* oracle/margin_explain.h - the terms that a vault's numbers are made of. */
#ifndef ORACLE_MARGIN_EXPLAIN_H
#define ORACLE_MARGIN_EXPLAIN_H

#include "oracle/margin_json.h"

/* margin_explain_print writes the terms of one vault under a method, as one
 * JSON object or as a table, each number with the sum of its terms, which is
 * the number.  False after a line on standard error where it cannot be
 * computed, or where a sum is not the number (a defect of ours). */
bool margin_explain_print(const struct study *s, uint32_t slot,
    enum margin_method method, bool is_json);

#endif
