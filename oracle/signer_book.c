#include "oracle/signer_book.h"

#include "base/merkle.h"
#include "base/must.h"
#include "margin/verdict.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define NO_SLOT UINT32_MAX

enum request_stage { STAGE_NONE, STAGE_WORDS, STAGE_LEAVES, STAGE_ENDED };

/* A LEAF of the request, and what its slot held before, to put back. */
struct told_leaf {
	uint32_t slot;
	bool is_present, was_present;
	struct b32 vault, was_vault;
};

struct signer_book {
	uint32_t asset_count, capacity;
	uint8_t hash_key[SIGNER_HASH_KEY];

	/* As of the last accepted request. */
	bool is_complete;		/* some request was accepted */
	struct b32 proposed[BOOK_ASSETS_MAX];
	struct policy_price price[BOOK_ASSETS_MAX];
	struct merkle tree;
	uint32_t verdict_count;
	bool *is_present;		/* by verdict slot */
	struct b32 *vault;		/* by verdict slot */
	uint32_t *place;		/* hash of a vault -> slot, NO_SLOT */
	uint32_t place_count;		/* a power of two, twice the capacity */

	/* The request. */
	enum request_stage stage;
	enum policy_rule broken;	/* the first rule it broke */
	struct wire_begin begin;
	uint32_t words_told, leaves_told;
	struct b32 word[BOOK_ASSETS_MAX];
	bool is_told[BOOK_ASSETS_MAX];
	struct told_leaf *leaf;
	uint32_t *leaf_slot;		/* as merkle_set wants them */
	struct b32 *leaf_hash;
};

enum err
signer_book_create(struct signer_book **out, uint32_t asset_count,
    uint32_t verdicts_max, const uint8_t hash_key[SIGNER_HASH_KEY])
{
	struct signer_book *b = calloc(1, sizeof(*b));
	struct b32 *nodes;

	MUST(asset_count > 0 && asset_count <= BOOK_ASSETS_MAX);
	MUST(verdicts_max > 0 && verdicts_max <= 1u << 24);
	if (!b)
		return ERR_LIMIT;
	b->asset_count = asset_count;
	b->capacity = 1;
	while (b->capacity < verdicts_max)
		b->capacity *= 2;
	b->place_count = 2 * b->capacity;
	memcpy(b->hash_key, hash_key, sizeof(b->hash_key));
	nodes = calloc(MERKLE_NODES(b->capacity), sizeof(*nodes));
	merkle_init(&b->tree, nodes, b->capacity);
	b->is_present = calloc(b->capacity, sizeof(*b->is_present));
	b->vault = calloc(b->capacity, sizeof(*b->vault));
	b->place = calloc(b->place_count, sizeof(*b->place));
	b->leaf = calloc(2 * (size_t)b->capacity, sizeof(*b->leaf));
	b->leaf_slot = calloc(2 * (size_t)b->capacity, sizeof(uint32_t));
	b->leaf_hash = calloc(2 * (size_t)b->capacity, sizeof(struct b32));
	if (!nodes || !b->is_present || !b->vault || !b->place || !b->leaf ||
	    !b->leaf_slot || !b->leaf_hash) {
		signer_book_destroy(b);
		return ERR_LIMIT;
	}
	signer_book_forget(b);
	*out = b;
	return ERR_OK;
}

void
signer_book_destroy(struct signer_book *b)
{
	if (!b)
		return;
	free(b->tree.nodes);
	free(b->is_present);
	free(b->vault);
	free(b->place);
	free(b->leaf);
	free(b->leaf_slot);
	free(b->leaf_hash);
	free(b);
}

struct policy_price *
signer_book_prices(struct signer_book *b)
{
	return b->price;
}

static void
tree_empty(struct signer_book *b)
{
	merkle_init(&b->tree, b->tree.nodes, b->capacity);
	memset(b->is_present, 0, b->capacity * sizeof(*b->is_present));
	for (uint32_t i = 0; i < b->place_count; i++)
		b->place[i] = NO_SLOT;
	b->verdict_count = 0;
	b->is_complete = false;
}

void
signer_book_forget(struct signer_book *b)
{
	tree_empty(b);
	memset(b->proposed, 0, sizeof(b->proposed));
	signer_book_drop(b);
}

void
signer_book_drop(struct signer_book *b)
{
	b->stage = STAGE_NONE;
}

/* Where each vault stands: open addressing, linear, deletion by moving back
 * what follows (Knuth, The Art of Computer Programming 3, 6.4 algorithm R). */

static uint32_t
place_home(const struct signer_book *b, const struct b32 *vault)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint32_t h;

	_Static_assert(SIGNER_HASH_KEY == crypto_shorthash_KEYBYTES, "");
	crypto_shorthash(hash, vault->b, sizeof(vault->b), b->hash_key);
	memcpy(&h, hash, sizeof(h));
	return h & (b->place_count - 1);
}

/* The index in b->place that holds vault, or the free one where it belongs. */
static uint32_t
place_find(const struct signer_book *b, const struct b32 *vault)
{
	uint32_t i = place_home(b, vault);

	while (b->place[i] != NO_SLOT &&
	    !b32_equal(&b->vault[b->place[i]], vault))
		i = (i + 1) & (b->place_count - 1);
	return i;
}

static void
place_remove(struct signer_book *b, const struct b32 *vault)
{
	uint32_t mask = b->place_count - 1, hole = place_find(b, vault);

	MUST(b->place[hole] != NO_SLOT);
	for (uint32_t i = (hole + 1) & mask; b->place[i] != NO_SLOT;
	    i = (i + 1) & mask) {
		uint32_t home = place_home(b, &b->vault[b->place[i]]);

		/* It may move back only if its home is not in between. */
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		b->place[hole] = b->place[i];
		hole = i;
	}
	b->place[hole] = NO_SLOT;
}

/* A slot gets an occupant or none; false where the vault stands elsewhere. */
static bool
slot_set(struct signer_book *b, uint32_t slot, bool is_present,
    const struct b32 *vault)
{
	uint32_t at;

	if (b->is_present[slot]) {
		place_remove(b, &b->vault[slot]);
		b->is_present[slot] = false;
		b->verdict_count--;
	}
	if (!is_present)
		return true;
	at = place_find(b, vault);
	if (b->place[at] != NO_SLOT)
		return false;
	b->vault[slot] = *vault;
	b->place[at] = slot;
	b->is_present[slot] = true;
	b->verdict_count++;
	return true;
}

/* The request. */

static enum policy_rule
out_of_order(struct signer_book *b, uint64_t *sequence)
{
	*sequence = b->stage == STAGE_NONE ? 0 : b->begin.sequence;
	signer_book_drop(b);
	return RULE_PROTOCOL;
}

static void
note_broken(struct signer_book *b, enum policy_rule r)
{
	if (b->broken == RULE_NONE)
		b->broken = r;
}

enum policy_rule
signer_book_begin(struct signer_book *b, const struct wire_begin *w,
    uint64_t *sequence)
{
	enum policy_rule r = RULE_NONE;

	/* The one before never ended: it is refused, this one begins. */
	if (b->stage != STAGE_NONE)
		r = out_of_order(b, sequence);
	b->stage = STAGE_WORDS;
	b->broken = RULE_NONE;
	b->begin = *w;
	b->words_told = b->leaves_told = 0;
	memset(b->is_told, 0, sizeof(b->is_told));
	if (w->asset_count != b->asset_count ||
	    w->leaf_count > 2 * b->capacity)
		note_broken(b, RULE_COUNT);
	return r;
}

enum policy_rule
signer_book_word(struct signer_book *b, const struct wire_word *w,
    uint64_t *sequence)
{
	if (b->stage != STAGE_WORDS)
		return out_of_order(b, sequence);
	b->words_told++;
	if (b->words_told > b->begin.word_count) {
		note_broken(b, RULE_COUNT);
	} else if (w->slot >= b->asset_count) {
		note_broken(b, RULE_SLOT);
	} else if (b->is_told[w->slot]) {
		note_broken(b, RULE_WORD);
	} else {
		b->word[w->slot] = w->word;
		b->is_told[w->slot] = true;
	}
	return RULE_NONE;
}

static bool
leaf_is_well_formed(const struct wire_leaf *w, uint64_t as_of)
{
	static const struct b32 none;

	if (w->is_present == 0)
		return true;
	return w->is_present == 1 && w->zero == 0 &&
	    !b32_equal(&w->vault, &none) && w->method <= METHOD_ES &&
	    strcmp(vault_state_name(w->state), "UNNAMED") != 0 &&
	    verdict_is_in_tree((enum vault_state)w->state) &&
	    w->as_of <= as_of;
}

static void
leaf_hash_from_wire(struct b32 *out, const struct wire_leaf *w)
{
	struct verdict_leaf l = {
		.vault = w->vault, .nonce = w->nonce, .as_of = w->as_of,
		.block_number = w->block_number, .state = w->state,
		.method = w->method,
		.collateral_value = wire_to_u128(w->collateral_value),
		.debt_value = wire_to_u128(w->debt_value),
		.health_low = wire_to_u128(w->health_low),
		.health_high = wire_to_u128(w->health_high),
		.initial_excess = (i128)wire_to_u128(w->initial_excess),
		.maintenance_excess =
		    (i128)wire_to_u128(w->maintenance_excess),
		.liquidation_asset = w->liquidation_asset,
		.liquidation_price = wire_to_u128(w->liquidation_price),
		.debt_asset = w->debt_asset,
		.max_repay = wire_to_u128(w->max_repay),
	};

	verdict_leaf_hash(out, &l);
}

enum policy_rule
signer_book_leaf(struct signer_book *b, const struct wire_leaf *w,
    uint64_t *sequence)
{
	uint32_t at;

	if (b->stage != STAGE_WORDS && b->stage != STAGE_LEAVES)
		return out_of_order(b, sequence);
	b->stage = STAGE_LEAVES;
	at = b->leaves_told++;
	if (b->leaves_told > b->begin.leaf_count ||
	    b->leaves_told > 2 * b->capacity) {
		note_broken(b, RULE_COUNT);
	} else if (w->slot >= b->capacity) {
		note_broken(b, RULE_SLOT);
	} else if (!leaf_is_well_formed(w, b->begin.as_of)) {
		note_broken(b, RULE_LEAF);
	} else if (b->broken == RULE_NONE) {
		memset(&b->leaf_hash[at], 0, sizeof(b->leaf_hash[at]));
		if (w->is_present)
			leaf_hash_from_wire(&b->leaf_hash[at], w);
		b->leaf_slot[at] = w->slot;
		b->leaf[at].slot = w->slot;
		b->leaf[at].is_present = w->is_present;
		b->leaf[at].vault = w->vault;
	}
	return RULE_NONE;
}

enum policy_rule
signer_book_end(struct signer_book *b, const struct wire_end *w,
    uint64_t *sequence)
{
	if ((b->stage != STAGE_WORDS && b->stage != STAGE_LEAVES) ||
	    w->sequence != b->begin.sequence) {
		enum policy_rule r = out_of_order(b, sequence);

		if (*sequence == 0)
			*sequence = w->sequence;
		return r;
	}
	b->stage = STAGE_ENDED;
	if (b->words_told != b->begin.word_count ||
	    b->leaves_told != b->begin.leaf_count)
		note_broken(b, RULE_COUNT);
	if (!b->begin.is_first && !b->is_complete)
		note_broken(b, RULE_PROTOCOL);
	return RULE_NONE;
}

const struct wire_begin *
signer_book_request(const struct signer_book *b)
{
	MUST(b->stage == STAGE_ENDED);
	return &b->begin;
}

/* signed_word[i] is what slot i's word becomes, b->word[i] what was proposed,
 * for every slot. */
static enum policy_rule
words_bound(struct signer_book *b, struct b32 *signed_word,
    const struct config_policy *c)
{
	for (uint32_t i = 0; i < b->asset_count; i++) {
		if (!b->is_told[i])
			b->word[i] = b->proposed[i];
		signed_word[i] = b->word[i];
		if (policy_bound_word(&signed_word[i], &b->price[i],
		    b->begin.as_of, c) != ERR_OK)
			return RULE_WORD;
	}
	return RULE_NONE;
}

static void
leaves_undo(struct signer_book *b, uint32_t count)
{
	while (count > 0) {
		const struct told_leaf *l = &b->leaf[--count];

		MUST(slot_set(b, l->slot, l->was_present, &l->was_vault));
	}
}

/* In the order they were told, so that a vault may leave a slot and then take
 * another. */
static enum policy_rule
leaves_place(struct signer_book *b)
{
	for (uint32_t i = 0; i < b->leaves_told; i++) {
		struct told_leaf *l = &b->leaf[i];

		l->was_present = b->is_present[l->slot];
		l->was_vault = b->vault[l->slot];
		if (!slot_set(b, l->slot, l->is_present, &l->vault)) {
			leaves_undo(b, i + 1);
			return RULE_DUPLICATE_VAULT;
		}
	}
	return RULE_NONE;
}

/* The header's status: the engine's own refusal, else the first word that is
 * not OK. */
static void
status_derive(struct attestation *out, const struct signer_book *b,
    const struct b32 *signed_word)
{
	out->status = PRICE_OK;
	out->reason = REASON_NONE;
	if (b->begin.header_reason != REASON_NONE) {
		out->status = PRICE_REFUSED;
		out->reason = b->begin.header_reason;
		return;
	}
	for (uint32_t i = 0; i < b->asset_count; i++) {
		struct price p;

		MUST(price_word_unpack(&p, &signed_word[i]) == ERR_OK);
		if (p.status == PRICE_OK)
			continue;
		out->status = PRICE_DEGRADED;
		out->reason = p.reason;
		return;
	}
}

enum policy_rule
signer_book_accept(struct signer_book *b, struct attestation *out,
    const struct config_policy *c)
{
	struct b32 signed_word[BOOK_ASSETS_MAX];
	enum policy_rule r;

	MUST(b->stage == STAGE_ENDED);
	b->stage = STAGE_NONE;
	if (b->broken != RULE_NONE)
		return b->broken;
	if (b->begin.is_first)
		tree_empty(b);
	if ((r = words_bound(b, signed_word, c)) != RULE_NONE ||
	    (r = leaves_place(b)) != RULE_NONE)
		return r;
	MUST(merkle_set(&b->tree, b->leaf_slot, b->leaf_hash,
	    b->leaves_told) == ERR_OK);
	for (uint32_t i = 0; i < b->asset_count; i++)
		policy_note_word(&b->price[i], &signed_word[i], &b->word[i],
		    b->begin.as_of, c);
	memcpy(b->proposed, b->word, b->asset_count * sizeof(b->word[0]));
	b->is_complete = true;
	prices_hash(&out->prices_hash, signed_word, b->asset_count);
	merkle_root(&out->verdicts_root, &b->tree);
	out->verdict_count = b->verdict_count;
	status_derive(out, b, signed_word);
	return RULE_NONE;
}
