/* oracle/schema_value.h - the text forms of single values (schema.h). */
#ifndef ORACLE_SCHEMA_VALUE_H
#define ORACLE_SCHEMA_VALUE_H

#include "base/types.h"

/* Each: ERR_SYNTAX for another form, ERR_RANGE for digits that would be lost
 * or a number that does not fit. */
MUST_CHECK enum err value_to_duration_ms(uint64_t *out, const char *text,
    size_t len);
MUST_CHECK enum err value_to_percent_ppb(uint32_t *out, const char *text,
    size_t len);
MUST_CHECK enum err value_to_factor_ppb(uint32_t *out, const char *text,
    size_t len);
MUST_CHECK enum err value_to_bytes(uint64_t *out, const char *text,
    size_t len);
MUST_CHECK enum err value_to_wei(u128 *out, const char *text, size_t len);
/* value_to_measure reads what somebody measured or estimated, as programs print
 * it: a sign, "-0.0" too, an exponent of one or two digits, and any number of
 * decimals: to nearest at 18, half away from zero.  ERR_RANGE beyond the
 * type. */
MUST_CHECK enum err value_to_measure(i128 *out, const char *text, size_t len);
MUST_CHECK enum err value_to_instant_ms(uint64_t *out, const char *text,
    size_t len);

#endif
