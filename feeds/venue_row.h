/* feeds/venue_row.h - the parsers and subscribe messages that the table in
 * venues.c is made of.  Contracts: struct venue in feeds/venue.h. */
#ifndef FEEDS_VENUE_ROW_H
#define FEEDS_VENUE_ROW_H

#include "feeds/venue.h"

/* venue_coinbase.c */
MUST_CHECK enum err venue_coinbase_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_coinbase_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_kraken.c */
MUST_CHECK enum err venue_kraken_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_kraken_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_binance.c */
MUST_CHECK enum err venue_binance_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_binance_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

MUST_CHECK enum err venue_binance_usdm_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);
MUST_CHECK enum err venue_binance_usdm_market_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_bybit.c */
MUST_CHECK enum err venue_bybit_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_bybit_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_okx.c */
MUST_CHECK enum err venue_okx_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_okx_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_deribit.c */
MUST_CHECK enum err venue_deribit_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_deribit_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_bitmex.c */
MUST_CHECK enum err venue_bitmex_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_bitmex_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_kucoin.c */
MUST_CHECK enum err venue_kucoin_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_kucoin_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_gateio.c */
MUST_CHECK enum err venue_gateio_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_gateio_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_cryptocom.c */
MUST_CHECK enum err venue_cryptocom_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_cryptocom_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_gemini.c */
MUST_CHECK enum err venue_gemini_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_gemini_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_bitstamp.c */
MUST_CHECK enum err venue_bitstamp_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_bitstamp_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_bitfinex.c */
MUST_CHECK enum err venue_bitfinex_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_bitfinex_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_kraken_v1.c */
MUST_CHECK enum err venue_kraken_v1_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_kraken_v1_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

/* venue_kraken_futures.c */
MUST_CHECK enum err venue_kraken_futures_parse(struct frame *f, const char *text,
    size_t len);
MUST_CHECK enum err venue_kraken_futures_subscribe(char *out, size_t size,
    size_t *len, unsigned n, const char *const *symbols, size_t count);

#endif
