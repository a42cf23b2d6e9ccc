/* margin/simd_scan.h - the scan in vector registers: AVX-512's 52-bit
 * multiply-add, eight vaults at once; AVX2, four.  The masks are those of
 * scan.c, without what it makes of `live` and `odd`. */
#ifndef MARGIN_SIMD_SCAN_H
#define MARGIN_SIMD_SCAN_H

#include "margin/scan.h"

/* Whether this machine has what they need; each MUST be asked first. */
bool simd_scan_has_ifma(void);
bool simd_scan_has_avx2(void);
void simd_scan_run_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);
void simd_scan_run_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);

#endif
