/* chain/hermes_event.h - one event of a Hermes price stream.
 *
 * Pure.  The event's "parsed" list names each feed with its price: whole
 * numbers as text, an exponent that must be there and be a whole JSON number.
 * What is malformed anywhere in an event refuses all of it.
 *
 * Limits: SSE_DATA_MAX bytes (JSON_TEXT_MAX), HERMES_FEEDS_MAX prices.
 * Source: Pyth documentation, Hermes REST API, /v2/updates/price/stream.
 */
#ifndef CHAIN_HERMES_EVENT_H
#define CHAIN_HERMES_EVENT_H

#include "contracts-abi/quote.h"

#define HERMES_FEEDS_MAX 64u

struct hermes_price {
	struct b32 feed;
	struct quote_pyth price;
};

struct hermes_event {
	size_t count;
	struct hermes_price prices[HERMES_FEEDS_MAX];
};

/* ERR_SYNTAX (not JSON, or of another type), ERR_MISSING, ERR_DUPLICATE,
 * ERR_RANGE (beyond the field's type), ERR_LIMIT; out is then undefined. */
MUST_CHECK enum err hermes_event_read(struct hermes_event *out,
    const char *text, size_t len);

#endif
