/* margin/scan.h - the sign of the maintenance surplus of every `ratio` vault
 * at one vector of prices: sum V * LT - sum D * b.
 *
 * Columns: vaults of the same numbers of collateral and debt legs lie together
 * in blocks of 64, leg by leg: 64 amounts, 64 indices.  An amount is a count
 * of 2^shift atoms, the shift the asset's own, rounded against the vault; an
 * index names an (asset, mode) of which a price vector has two weights, USD
 * of one count, in units of 2^exponent * 10^-18 USD, rounded against the
 * vault.  So a sum of products, which is exact, is at most the true surplus
 * and falls short of it by less than 2^53 a leg.  Vaults in that interval are
 * named `unsure`, and the caller asks ratio_evaluate; of the others the sign
 * is what ratio_evaluate says.
 *
 * Units:  counts and weights below 2^52.  Owns nothing: the caller places the
 *         columns.  A vault without debt is in no block.
 * Limits: 256 pairs of asset and mode in use; prices of at most 10^8 USD.
 * Source: DESIGN section 4; margin-model 1.5.
 */
#ifndef MARGIN_SCAN_H
#define MARGIN_SCAN_H

#include "margin/scan_columns.h"

/* scan_measure fills everything but the columns: how many blocks and legs the
 * book's ratio vaults need.  ERR_LIMIT (pairs). */
MUST_CHECK enum err scan_measure(struct scan *out, const struct book *b);
/* scan_fill writes the columns that the caller has placed; the book is the
 * one that was measured (MUST). */
void scan_fill(struct scan *s, const struct book *b);

/* scan_prices_from: price[slot] of each asset, by the thresholds and debt
 * weights of its modes.  ERR_RANGE. */
MUST_CHECK enum err scan_prices_from(struct scan_prices *out,
    const struct scan *s, const struct book *b, const struct px18 *price);

/* scan_run: out[i] of block first + i.  By the processor's 52-bit multiply-add
 * where it has one, with the same masks. */
void scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);
void scan_run_portable(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);

#endif
