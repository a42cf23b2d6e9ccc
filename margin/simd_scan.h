/* margin/simd_scan.h - the scan by AVX-512's 52-bit multiply-add. */
#ifndef MARGIN_SIMD_SCAN_H
#define MARGIN_SIMD_SCAN_H

#include "margin/scan_columns.h"

/* simd_scan_run: the same masks as scan_run_portable; false where the
 * processor has no AVX-512 IFMA. */
bool simd_scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);

#endif
