/* base/clock_text.h - instants as text <-> Unix milliseconds.  No clock is
 * read here; the name says what it converts. */
#ifndef BASE_CLOCK_TEXT_H
#define BASE_CLOCK_TEXT_H

#include "base/types.h"

/* time_ms_from_rfc3339 reads "2026-08-09T21:05:48.228568804Z" (any number of
 * fraction digits up to 9, "Z" or a "+hh:mm" offset), truncated to
 * milliseconds; years 1970 to 2262.  Also accepts a blank for the "T" as
 * RFC 3339 5.6 permits.  Upper-case letters only.  ERR_SYNTAX; ERR_RANGE for
 * a day, hour or offset that does not exist, a leap second (Unix time cannot
 * name it) and instants outside those years. */
MUST_CHECK enum err time_ms_from_rfc3339(uint64_t *out_ms, const char *text,
    size_t len);
#define TIME_TEXT_BUF 32u
/* time_ms_to_rfc3339 writes "2026-08-09T21:05:48.228Z" and returns its length;
 * any ms fits, years above 9999 with more digits. */
size_t time_ms_to_rfc3339(char out[TIME_TEXT_BUF], uint64_t ms);

#endif
