/* oracle/tick_wire.h - from a parsed frame to the engine's inputs: one place
 * for the live service and for replay. */
#ifndef ORACLE_TICK_WIRE_H
#define ORACLE_TICK_WIRE_H

#include "oracle/config.h"
#include "oracle/wire.h"

/* tick_wire_from writes the inputs of a tick that came on the configured venue
 * `venue`, *count of them, in their order: of a book with an empty side that it
 * is void, and then the trade, if any; else one.  A tick of a venue that tells
 * changes voids nothing.  ERR_UNKNOWN where its symbol is not pinned there,
 * ERR_MISSING where it carries neither a book nor a trade. */
#define TICK_WIRES_MAX 2u
MUST_CHECK enum err tick_wire_from(struct wire_tick out[TICK_WIRES_MAX],
    size_t *count, const struct config *c, size_t venue,
    const struct tick *t, uint64_t recv_ms);
/* tick_wire_mark writes what a tick tells of an instrument of the book's: its
 * mark where that is in USD, its funding, and its open interest in USD (rounded
 * down) where the config says its unit.  ERR_UNKNOWN where its symbol is none
 * of the venue's `instruments`, ERR_MISSING where it tells none of the
 * three. */
MUST_CHECK enum err tick_wire_mark(struct wire_mark *out,
    const struct config *c, size_t venue, const struct tick *t,
    uint64_t recv_ms);
/* tick_wire_option writes what a tick of the family k tells of one option.
 * ERR_MISSING where it is of none, or tells neither volatility nor forward nor
 * mark, which is in coins; ERR_RANGE without an expiry or a strike. */
MUST_CHECK enum err tick_wire_option(struct wire_option *out,
    const struct config_option *k, const struct tick *t, uint64_t recv_ms);
/* tick_wire_price: the book of a source that tells one price: both its sides,
 * so that tick_wire_void takes it back. */
void tick_wire_price(struct wire_tick *out, size_t market, u128 price,
    uint64_t exchange_ms, uint64_t recv_ms);
/* tick_wire_is_its_own: whether an input is one that this neighbour speaks for:
 * feeds for the venues it dials, chain for those on a chain, and for vaults and
 * blocks where there is a clearing contract.  A market or venue that is in no
 * table is left to the machine. */
bool tick_wire_is_its_own(const struct config *c, bool is_from_chain,
    const void *message);
/* tick_wire_void: nothing that a market said of its book holds any more. */
void tick_wire_void(struct wire_tick *out, size_t market, uint64_t recv_ms);
/* tick_wire_from_quote writes what a market said last as if it said it now; of
 * an inverse market turned back to the way its venue says it.  False where it
 * said nothing, or what cannot be turned. */
bool tick_wire_from_quote(struct wire_tick *out,
    const struct prices_market *m, const struct prices_quote *q,
    const struct prices_source *s);
/* tick_wire_invert turns a tick round, outward; false where that cannot be. */
bool tick_wire_invert(struct wire_tick *w);
void tick_wire_heartbeat(struct wire_heartbeat *out, size_t venue,
    uint64_t exchange_ms, uint64_t recv_ms);

#endif
