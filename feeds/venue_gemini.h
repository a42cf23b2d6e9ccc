/* feeds/venue_gemini.h - what Gemini's two files share. */
#ifndef FEEDS_VENUE_GEMINI_H
#define FEEDS_VENUE_GEMINI_H

#include "base/json.h"
#include "feeds/depth.h"

/* gemini_changes_read sets what [["buy" or "sell", price, what stands there
 * now], ...] says; an error, which sticks in j, leaves the book half changed:
 * it is to be voided. */
void gemini_changes_read(struct depth *d, struct json *j);

#endif
