/* feeds/symbol.h - whether a venue's symbol names a pair of units.  Pure.
 *
 *	[prefix] BASE [- / _ : .] QUOTE [suffix]
 *
 * Letters of either case; all of the symbol is accounted for, so that BTC-USDT
 * is not BTC/USD and CBETH-ETH not ETH/USD.
 *	prefix	t of bitfinex; PI_, PF_, FI_ or FF_ of kraken-futures
 *	suffix	- or _, then PERP, PERPETUAL, SWAP or a date: 6 or 8 digits, or
 *		as in 27DEC26
 * A unit is written as it is called, or as the field also writes it: XBT is
 * BTC, XDG is DOGE; bitfinex writes UST for USDT and UDC for USDC, and nothing
 * else is UST or UDC there.
 *
 * A symbol that leaves its quote out (ETH-PERPETUAL, XBTM26) names no pair.
 */
#ifndef FEEDS_SYMBOL_H
#define FEEDS_SYMBOL_H

#include "base/types.h"

/* symbol_names: base and quote, units as the config calls them, in the order in
 * which the venue has them. */
bool symbol_names(const char *venue, const char *symbol, const char *base,
    const char *quote);

#endif
