#include "contracts-abi/quote.h"

#include <string.h>

#include "base/must.h"
#include "contracts-abi/quote_aggregator.h"
#include "contracts-abi/quote_pool.h"
#include "contracts-abi/quote_rate.h"

void
quote_begin(struct quote_work *w, const struct quote_source *source,
    uint64_t block_s)
{
	MUST(source->kind != QUOTE_NONE && source->has_contract);
	memset(w, 0, sizeof(*w));
	w->source = source;
	w->block_s = block_s;
}

static unsigned
rounds_of(enum quote_kind k)
{
	return k == QUOTE_AGGREGATOR || k == QUOTE_POOL ||
	    k == QUOTE_ERC4626 ? QUOTE_ROUNDS_MAX : 1;
}

void
quote_ask(struct quote_work *w)
{
	w->call_count = 0;
	if (w->round == rounds_of(w->source->kind))
		return;
	switch (w->source->kind) {
	case QUOTE_NONE:
		return;
	case QUOTE_AGGREGATOR:
		quote_aggregator_ask(w);
		return;
	case QUOTE_PYTH:
		quote_pyth_ask(w);
		return;
	case QUOTE_POOL:
		quote_pool_ask(w);
		return;
	case QUOTE_ERC4626:
	case QUOTE_WSTETH:
	case QUOTE_RETH:
	case QUOTE_CBETH:
		quote_rate_ask(w);
		return;
	}
}

enum quote_refusal
quote_take(struct quote *out, struct quote_work *w)
{
	w->round++;
	switch (w->source->kind) {
	case QUOTE_NONE:
		break;
	case QUOTE_AGGREGATOR:
		return quote_aggregator_take(out, w);
	case QUOTE_PYTH:
		return quote_pyth_take(out, w);
	case QUOTE_POOL:
		return quote_pool_take(out, w);
	case QUOTE_ERC4626:
	case QUOTE_WSTETH:
	case QUOTE_RETH:
	case QUOTE_CBETH:
		return quote_rate_take(out, w);
	}
	return QUOTE_MALFORMED;
}
