/* oracle/api_feeds.h - what each venue and each market says, as JSON
 * (docs/api.md) and as metrics.  Nothing that is signed depends on it. */
#ifndef ORACLE_API_FEEDS_H
#define ORACLE_API_FEEDS_H

#include "oracle/api_state.h"
#include "oracle/text.h"

void api_json_feeds(struct text *t, const struct api_state *s);

/* feed_reject_name: of enum wire_reject. */
const char *feed_reject_name(enum wire_reject r);
/* How many of the config's venues and markets the board speaks of. */
size_t feeds_venues(const struct api_state *s);
size_t feeds_markets(const struct api_state *s);

#endif
