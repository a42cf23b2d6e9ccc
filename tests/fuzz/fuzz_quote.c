/* Prices and rates from contracts: whatever is answered, a quote is above zero
 * and not from after its block, and its calls stay within their bytes.  Input:
 * a byte for the kind, then for each call two bytes of length (the top bit: it
 * reverts) and so many bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "contracts-abi/quote.h"

#define BLOCK_S UINT64_C(1700000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
answer(struct quote_call *c, const uint8_t **at, const uint8_t *end)
{
	size_t head, n;

	if (end - *at < 2)
		return;
	head = (size_t)(*at)[0] << 8 | (*at)[1];
	*at += 2;
	n = head % (QUOTE_ANSWER_MAX + 1);
	if (n > (size_t)(end - *at))
		n = (size_t)(end - *at);
	memcpy(c->answer, *at, n);
	c->answer_len = n;
	c->was_answered = head >> 15 == 0;
	*at += n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct quote_source s = { .has_contract = true, .window_s = 1800,
		.observations_min = 3,
		.confidence_max = ppb_from_raw(100000000) };
	const uint8_t *at = bytes + 1, *end = bytes + len;
	struct quote out = { 0, 0 };
	struct quote_work w;
	unsigned rounds = 0;

	if (len == 0)
		return 0;
	s.kind = (enum quote_kind)(1 + bytes[0] % QUOTE_CBETH);
	s.is_inverted = bytes[0] >> 7;
	quote_begin(&w, &s, BLOCK_S);
	for (quote_ask(&w); w.call_count > 0; quote_ask(&w)) {
		MUST(++rounds <= QUOTE_ROUNDS_MAX);
		for (size_t i = 0; i < w.call_count; i++)
			answer(&w.call[i], &at, end);
		if (quote_take(&out, &w) != QUOTE_OK) {
			MUST(out.value == 0 && out.time_ms == 0);
			return 0;
		}
	}
	MUST(out.value > 0 && out.time_ms <= BLOCK_S * 1000);
	return 0;
}
