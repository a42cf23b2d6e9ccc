/* oracle/feeds_table.h - an answer of GET /v1/feeds, for eyes. */
#ifndef ORACLE_FEEDS_TABLE_H
#define ORACLE_FEEDS_TABLE_H

#include "base/types.h"

#include <stdio.h>

/* feeds_table_print: ERR_SYNTAX where text is no such answer; nothing is
 * printed then.  now_ms: ages of frames count from it. */
MUST_CHECK enum err feeds_table_print(FILE *out, const char *text, size_t len,
    uint64_t now_ms, bool is_coloured);

#endif
