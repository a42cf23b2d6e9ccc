/* feeds/venue_quote.h - what a derivative's figures are in, by its name and its
 * venue's way of naming.  A mark in a stablecoin, or in another coin, is no
 * mark in USD: what a name does not say is not guessed.  Pure.
 */
#ifndef FEEDS_VENUE_QUOTE_H
#define FEEDS_VENUE_QUOTE_H

#include "feeds/venue.h"

enum venue_quote {
	VENUE_QUOTE_NONE,	/* the name of nothing that is asked about */
	VENUE_QUOTE_UNKNOWN,	/* it does not say */
	VENUE_QUOTE_USD,
	VENUE_QUOTE_COIN,	/* a coin's */
};

/* venue_quote_of_contract: of a perpetual's or a future's mark.  coin: its
 * name, empty where it is another than VENUE_QUOTE_COIN or the name does not
 * say which.  VENUE_QUOTE_NONE: the venue has no contract of such a name, or no
 * marks. */
enum venue_quote venue_quote_of_contract(char coin[VENUE_SYMBOL_MAX],
    const struct venue *v, const char *symbol);

/* venue_quote_of_options: of the strikes of a family (options.btc_usd), or of
 * one option, where the venue tells the volatility of one alone (deribit).
 * VENUE_QUOTE_NONE: neither. */
enum venue_quote venue_quote_of_options(char coin[VENUE_SYMBOL_MAX],
    const struct venue *v, const char *symbol);

#endif
