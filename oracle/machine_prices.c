/*~ Ticks to words: the prices of every unit at one instant, and for every
 * asset the 256-bit word that is signed.  What is evaluated afterwards is the
 * word, unpacked again: nobody who checks us later has more digits than it. */
#include "oracle/machine_prices.h"

#include "base/must.h"

#include <string.h>

static void
word_from_unit(struct b32 *word, const struct price *p)
{
	static const struct price refused = {
		.status = PRICE_REFUSED, .reason = REASON_BAND,
	};

	if (price_word_pack(word, p) == ERR_OK)
		return;
	/* A band that does not fit the word is wider than any band_max. */
	MUST(price_word_pack(word, &refused) == ERR_OK);
}

u128
machine_prices_close(struct machine *m)
{
	u128 moved = 0;

	prices_compute(&m->prices, m->now_ms);
	m->market.as_of_ms = m->now_ms;
	for (size_t i = 0; i < m->book.asset_count; i++) {
		struct price p;
		struct b32 word;

		word_from_unit(&word,
		    &m->prices.price[m->config->asset_unit[i]]);
		m->proposed[i] = word;
		MUST(policy_bound_word(&word, &m->bound[i], m->now_ms,
		    &m->config->policy) == ERR_OK);
		MUST(price_word_unpack(&p, &word) == ERR_OK);
		if (!price_is_same(&p, &m->market.asset[i].price))
			moved |= (u128)1 << i;
		m->word[i] = word;
		m->market.asset[i].price = p;
	}
	return moved;
}
