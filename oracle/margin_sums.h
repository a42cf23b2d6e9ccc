/* oracle/margin_sums.h - a book by asset, chain or risk group, and its greeks:
 * sums over all vaults, as tables or as JSON lines. */
#ifndef ORACLE_MARGIN_SUMS_H
#define ORACLE_MARGIN_SUMS_H

#include "oracle/study.h"

enum margin_by { BY_ASSET, BY_CHAIN, BY_GROUP };
/* margin_by_named: false after a line on standard error. */
bool margin_by_named(const char *command, const char *name,
    enum margin_by *out);

/* margin_by_print: what is held and owed under each key, collateral as it
 * counts (a unit under two liens once), and how concentrated the collateral
 * is (Herfindahl-Hirschman).  Legs without a price are left out and counted.
 * False after a line on standard error. */
bool margin_by_print(const struct study *s, enum margin_by by, bool is_json);

/* margin_greeks_print: delta, gamma, vega and theta in dollars by underlying
 * and expiry, of each vault (slot) or of all (UINT32_MAX). */
bool margin_greeks_print(const struct study *s, uint32_t slot, bool is_json);

#endif
