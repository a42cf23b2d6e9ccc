/* feeds/venue_contract.h - what a contract's name and its funding mean, the
 * same for every venue.  Pure.
 *
 * Units:  rates with 18 decimals, above 0 the long side pays; times Unix ms.
 */
#ifndef FEEDS_VENUE_CONTRACT_H
#define FEEDS_VENUE_CONTRACT_H

#include "feeds/venue.h"

#define CONTRACT_HOUR_MS 3600000u
#define CONTRACT_FUNDING_MS (8u * CONTRACT_HOUR_MS)
#define CONTRACT_INTERVAL_MS_MAX (7u * 24u * CONTRACT_HOUR_MS)

/* contract_name_option fills the option that a symbol names, if it names one:
 *	BTC-27JUN25-60000-C, XRP_USDC-6AUG24-0d625-P	Deribit
 *	BTC-USD-250627-60000-C				OKX
 * An option ends at 08:00 UTC of its day on both. */
void contract_name_option(struct tick *t);

/* contract_is_option: by its end alone, -C or -P. */
bool contract_is_option(const char *symbol);
/* contract_names_option: the whole of it does (contract_name_option). */
bool contract_names_option(const char *symbol);

/* A symbol "options.FAMILY" stands for all options of that family. */
#define CONTRACT_FAMILY "options."
#define CONTRACT_FAMILY_LEN (sizeof(CONTRACT_FAMILY) - 1)
bool contract_is_family(const char *symbol);
bool contract_is_single(const char *symbol);	/* it does not */

/* Deribit's indices have names in lower case (btc_usd); "dvol." before one
 * makes it the volatility index of that name.  An instrument is what is none
 * of these, no family and no option. */
#define CONTRACT_VOLATILITY "dvol."
#define CONTRACT_VOLATILITY_LEN (sizeof(CONTRACT_VOLATILITY) - 1)
bool contract_is_volatility(const char *symbol);
bool contract_is_index(const char *symbol);
bool contract_is_instrument(const char *symbol);
/* OKX's base-quote is spot, one with more behind a second dash a derivative
 * (BTC-USD-220325), among them the swaps (BTC-USDT-SWAP). */
bool contract_is_derivative(const char *symbol);
bool contract_is_swap(const char *symbol);

/* contract_funding turns a rate of one interval into one of 8 hours, rounded
 * down.  ERR_RANGE for an interval of 0 or above a week, and for what does
 * not fit. */
MUST_CHECK enum err contract_funding(i128 *out, i128 rate,
    uint64_t interval_ms);

/* contract_interval_keep notes in a connection's memory how long the interval
 * of a contract's rates is, for messages that say the rate alone; ERR_LIMIT
 * where it is full.  contract_interval_kept: false where nothing was. */
MUST_CHECK enum err contract_interval_keep(struct venue_memory *m,
    const char *symbol, uint64_t interval_ms);
bool contract_interval_kept(uint64_t *interval_ms, struct venue_memory *m,
    const char *symbol);
/* contract_interval_measure: the interval of a rate that settles at settles_ms,
 * for messages that say that alone: from the settlement before, once the
 * connection has seen one pass; whole hours, eight at most.  0 while it is not
 * known, which is also what a full memory, a longer step or one backward
 * leaves. */
uint64_t contract_interval_measure(struct venue_memory *m,
    const char *symbol, uint64_t settles_ms);

#endif
