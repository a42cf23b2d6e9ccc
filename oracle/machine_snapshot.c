#include "oracle/machine_snapshot.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

static void
word_from_price(struct b32 *word, const struct price *p)
{
	static const struct price refused = {
		.status = PRICE_REFUSED, .reason = REASON_BAND,
	};

	if (price_word_pack(word, p) != ERR_OK)
		MUST(price_word_pack(word, &refused) == ERR_OK);
}

static void
market_take(struct machine *k, const struct market *m)
{
	k->market = *m;
	k->market.as_of_ms = k->now_ms;
	for (size_t i = 0; i < m->count; i++) {
		struct price *p = &k->market.asset[i].price;
		enum err e;

		word_from_price(&k->word[i], p);
		e = price_word_unpack(p, &k->word[i]);
		if (e != ERR_OK) {
			struct price refused = {
				.status = PRICE_REFUSED,
				.reason = REASON_BAND,
			};

			word_from_price(&k->word[i], &refused);
			MUST(price_word_unpack(p, &k->word[i]) == ERR_OK);
		}
	}
}

static enum err
vaults_take(struct machine *k, const struct book *b)
{
	for (uint32_t i = 0; i < b->vault_count; i++) {
		uint32_t slot;
		enum err e = machine_vault_put(k, &slot, &b->vaults[i]);

		if (e != ERR_OK)
			return e;
		MUST(slot == i);
	}
	return ERR_OK;
}

enum err
machine_snapshot_create(struct machine_snapshot **out, const struct book *b,
    const struct market *m, uint64_t as_of_ms)
{
	struct machine_snapshot *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return ERR_LIMIT;
	s->config.vaults_max = b->vault_capacity;
	s->config.verdicts_max = MACHINE_SNAPSHOT_VERDICTS_MAX;
	s->config.prices.unit_count = 1;	/* USD; prices are given */
	e = machine_create(&s->machine, &s->config, b, NULL, NULL);
	if (e == ERR_OK) {
		s->machine->now_ms = as_of_ms;
		market_take(s->machine, m);
		e = vaults_take(s->machine, b);
	}
	if (e != ERR_OK) {
		machine_snapshot_free(s);
		return e;
	}
	machine_vaults_close(s->machine);
	machine_verdicts_close(s->machine, U128_MAX);
	machine_verdicts_flush(s->machine);
	*out = s;
	return ERR_OK;
}

void
machine_snapshot_free(struct machine_snapshot *s)
{
	if (!s)
		return;
	machine_destroy(s->machine);
	free(s);
}

static u128
value_or_zero(struct usd18 v)
{
	return usd18_is_negative(v) ? 0 : (u128)usd18_to_raw(v);
}

void
machine_snapshot_header(struct attestation *a,
    const struct machine_snapshot *s)
{
	const struct machine *k = s->machine;

	a->book = k->book.id;
	a->as_of = k->now_ms;
	merkle_root(&a->positions_root, &k->positions);
	prices_hash(&a->prices_hash, k->word, k->book.asset_count);
	merkle_root(&a->verdicts_root, &k->verdicts);
	a->rules_hash = k->rules_hash;
	a->status = (uint8_t)machine_status(k, &a->reason);
	a->vault_count = vaults_count(&k->vaults);
	a->verdict_count = k->slots.count;
	a->collateral_value = value_or_zero(k->aggregate.collateral_value);
	a->debt_value = value_or_zero(k->aggregate.debt_value);
}
