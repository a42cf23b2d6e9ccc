/* feeds/tick_text.h - a tick as one line of JSON, the form that replay prints
 * and the tests compare.  Prices digit for digit as the venue wrote them. */
#ifndef FEEDS_TICK_TEXT_H
#define FEEDS_TICK_TEXT_H

#include "feeds/venue.h"

/* Enough for every tick. */
#define TICK_TEXT_BUF 1024u

/* tick_to_json writes {"tick":{"venue","market","bid","ask","last",
 * "exchange_ms","recv_ms"}} without a newline, NUL-terminated, and returns its
 * length; what is absent is null.  An option whose volatility or greeks are
 * told has after it "option":{"mark","vol","forward","delta","gamma","vega",
 * "theta","rho"}, in the units of struct tick_contract (the mark in coins).
 * venue is a name of the table.  size at least TICK_TEXT_BUF (MUST). */
size_t tick_to_json(char *out, size_t size, const char *venue,
    const struct tick *t, uint64_t recv_ms);

/* tick_has_greeks: any of them.  Of ticks of contract data alone only such are
 * printed. */
bool tick_has_greeks(const struct tick *t);

#endif
