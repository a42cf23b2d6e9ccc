#include "margin/scenario_holders.h"

#include <string.h>

#include "base/must.h"

void
scenario_holders_fill(struct scenario_holders *h,
    const struct scenario_vaults *v)
{
	uint32_t sum = 0;

	MUST(v->count == h->vault_count);
	memset(h->first, 0, (h->row_count + 1) * sizeof(*h->first));
	for (uint32_t p = v->first[0]; p < v->first[v->count]; p++) {
		MUST(v->row[p] < h->row_count);
		h->first[v->row[p]]++;
	}
	for (uint32_t i = 0; i <= h->row_count; i++) {
		sum += h->first[i];
		h->first[i] = sum;
	}
	/* From the last to the first: each row's end comes down to its
	 * beginning. */
	for (uint32_t i = v->count; i-- > 0;)
		for (uint32_t p = v->first[i]; p < v->first[i + 1]; p++)
			h->vault[--h->first[v->row[p]]] = i;
}

uint32_t
scenario_holders_of(uint32_t *some, struct scenario_holders *h,
    const uint64_t *rows)
{
	uint32_t words = (h->vault_count + 63) / 64, count = 0;

	for (uint32_t w = 0; w < (h->row_count + 63) / 64; w++)
		for (uint64_t left = rows[w]; left != 0; left &= left - 1) {
			uint32_t row = w * 64 +
			    (uint32_t)__builtin_ctzll(left);

			MUST(row < h->row_count);
			for (uint32_t i = h->first[row];
			    i < h->first[row + 1]; i++)
				h->mark[h->vault[i] / 64] |=
				    UINT64_C(1) << h->vault[i] % 64;
		}
	for (uint32_t w = 0; w < words; w++) {
		for (uint64_t left = h->mark[w]; left != 0; left &= left - 1)
			some[count++] = w * 64 +
			    (uint32_t)__builtin_ctzll(left);
		h->mark[w] = 0;
	}
	return count;
}
