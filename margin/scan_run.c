/* The scan, by the processor's wide multiply-add where it has one. */
#include "margin/scan.h"

#include "margin/simd_scan.h"

#include "base/must.h"

void
scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	MUST(first <= s->block_count && count <= s->block_count - first);
	if (!simd_scan_run(out, s, p, first, count))
		scan_run_portable(out, s, p, first, count);
}
