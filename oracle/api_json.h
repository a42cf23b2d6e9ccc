/* oracle/api_json.h - views of the api's state as JSON (docs/api.md).
 *
 * Each appends one JSON value to the caller's text; what does not exist is
 * null.  Numbers with a fraction are exact decimal strings. */
#ifndef ORACLE_API_JSON_H
#define ORACLE_API_JSON_H

#include "oracle/api_state.h"
#include "oracle/text.h"

void api_json_prices(struct text *t, const struct api_state *s);
void api_json_volatility(struct text *t, const struct api_state *s);
/* The last `count` samples of one asset's price, oldest first. */
void api_json_price_history(struct text *t, const struct api_state *s,
    size_t asset, size_t count);
void api_json_surfaces(struct text *t, const struct api_state *s);
void api_json_vault(struct text *t, const struct api_state *s,
    const struct api_vault *v);
void api_json_aggregate(struct text *t, const struct api_state *s,
    size_t history);
void api_json_status(struct text *t, const struct api_state *s,
    uint64_t now_ms);
/* {"ready":bool,"reasons":[...]} */
void api_json_ready(struct text *t, const struct api_state *s,
    uint64_t now_ms);

/* One attestation in the shape that wallet libraries verify, with "prices"
 * (its words) and "tx" (a submit transaction, or null without a chain). */
void api_json_attestation(struct text *t, const struct api_state *s,
    const struct board_attestation *a);
/* The short form. */
void api_json_attestation_short(struct text *t, const struct attestation *a,
    const struct b32 *digest);

/* Keys and values in the house's forms; key NULL: the value alone. */
void api_json_key(struct text *t, const char *key);
void api_json_px18(struct text *t, const char *key, struct px18 p);
void api_json_usd18(struct text *t, const char *key, struct usd18 v);
void api_json_wad(struct text *t, const char *key, struct wad w);
void api_json_name(struct text *t, const char *key, const char *name);
void api_json_u64(struct text *t, const char *key, uint64_t v);
void api_json_b32(struct text *t, const char *key, const struct b32 *v);
void api_json_addr(struct text *t, const char *key, const struct addr *a);

#endif
