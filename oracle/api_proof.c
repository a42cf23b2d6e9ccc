#include "oracle/api_proof.h"

#include "base/must.h"
#include "contracts-abi/clearing.h"
#include "oracle/api_json.h"
#include "oracle/attest_json.h"

#include <inttypes.h>
#include <string.h>

#define SET_BATCH 1024u
#define TREE_TRIES 3u

enum err
api_repay_atoms(u128 *out, const struct api_state *s,
    const struct board_vault *v, struct px18 low)
{
	const struct verdict *d = &v->verdict;
	const struct asset *a;
	struct usd18 rest;
	u128 owed = 0, atoms;

	if (d->state != STATE_LIQUIDATABLE || !d->has_debt_asset ||
	    d->debt_asset >= s->book->asset_count ||
	    v->vault.mode >= BOOK_MODES_MAX)
		return ERR_STATE;
	a = &s->book->assets[d->debt_asset];
	for (size_t i = 0; i < v->vault.debt_count; i++)
		if (v->vault.debt[i].asset == d->debt_asset &&
		    book_debt_atoms(&owed, s->book, &v->vault.debt[i]) !=
		    ERR_OK)
			return ERR_RANGE;
	if (atoms_from_usd18(&atoms, d->max_repay, a->decimals, low,
	    ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	if (atoms == 0 || owed == 0)
		return ERR_STATE;
	/* The contract refuses to leave dust, measured at the signed mid. */
	if (atoms < owed && usd18_from_atoms(&rest, owed - atoms, a->decimals,
	    low, ROUND_FLOOR) == ERR_OK && usd18_compare(rest,
	    a->rules[v->vault.mode].dust) <= 0)
		atoms = owed;
	*out = atoms < owed ? atoms : owed;
	return ERR_OK;
}

/* ---- trees ------------------------------------------------------------- */

static void
tree_take(struct merkle *t, const struct b32 *leaves, uint32_t count)
{
	static uint32_t slots[SET_BATCH];
	static struct b32 changed[SET_BATCH];
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct b32 held = merkle_leaf(t, i);

		if (i >= t->used || !b32_equal(&held, &leaves[i])) {
			slots[n] = i;
			changed[n++] = leaves[i];
		}
		if (n == SET_BATCH || (n > 0 && i + 1 == count)) {
			enum err e = merkle_set(t, slots, changed, n);

			MUST(e == ERR_OK);	/* count is the capacity's */
			n = 0;
		}
	}
}

static bool
tree_is(const struct merkle *t, const struct b32 *root)
{
	struct b32 have;

	merkle_root(&have, t);
	return b32_equal(&have, root);
}

static void
trees_renew(struct api_state *s)
{
	if (s->trees_life == s->head.life)
		return;
	merkle_init(&s->positions, s->positions.nodes,
	    board_vault_capacity(s->board));
	merkle_init(&s->verdicts, s->verdicts.nodes,
	    board_verdict_capacity(s->board));
	s->trees_life = s->head.life;
}

/* Whether tree t, read anew if it must be, has the newest attestation's
 * root. */
static bool
tree_match(struct api_state *s, struct merkle *t, bool is_positions)
{
	for (unsigned i = 0; i < TREE_TRIES; i++) {
		const struct b32 *root = is_positions ?
		    &s->newest.header.positions_root :
		    &s->newest.header.verdicts_root;
		uint32_t count;

		trees_renew(s);
		if (tree_is(t, root))
			return true;
		if ((is_positions ? board_get_position_leaves(s->leaves,
		    &count, s->board) : board_get_verdict_leaves(s->leaves,
		    &count, s->board)) == ERR_OK)
			tree_take(t, s->leaves, count);
		if (tree_is(t, root))
			return true;
		/* Perhaps the attestation is the older of the two. */
		api_state_refresh(s);
	}
	return false;
}

/* ---- transactions ------------------------------------------------------ */

/* EIP-2098: the parity of y is the highest bit of s. */
static void
signature_compact(uint8_t out[64], const struct wire_signature *w)
{
	memcpy(out, w->r, 32);
	memcpy(out + 32, w->s, 32);
	out[32] |= (uint8_t)(w->recovery << 7);
}

static bool
signatures_fill(struct clearing_signatures *g, uint8_t compact[1][64],
    const struct api_state *s, const struct board_attestation *a)
{
	unsigned bit = s->head.signer_bit;

	if (!s->config->has_chain || !s->head.has_signer_bit)
		return false;
	memset(g, 0, sizeof(*g));
	g->bitmap[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	signature_compact(compact[0], &a->signature);
	g->count = 1;
	g->compact = (const uint8_t (*)[64])compact;
	return true;
}

enum err
api_submit_data(uint8_t *out, size_t *len, const struct api_state *s,
    const struct board_attestation *a)
{
	struct clearing_signatures g;
	uint8_t compact[1][64];

	if (!signatures_fill(&g, compact, s, a))
		return ERR_STATE;
	return clearing_encode_submit(out, len, &a->header, &g);
}

static enum err
liquidate_data(uint8_t *out, size_t *len, const struct api_state *s,
    const struct board_vault *v, const struct api_proof_request *q)
{
	const struct board_attestation *a = &s->newest;
	const struct verdict *d = &v->verdict;
	struct clearing_liquidation l;
	struct clearing_signatures g;
	uint8_t compact[1][64];
	struct price price;
	enum err e;

	if (!signatures_fill(&g, compact, s, a) || !d->has_liquidation_asset ||
	    d->liquidation_asset >= s->book->asset_count ||
	    !d->has_debt_asset || d->debt_asset >= a->word_count)
		return ERR_STATE;
	e = price_word_unpack(&price, &a->word[d->debt_asset]);
	if (e == ERR_OK)
		e = api_repay_atoms(&l.repay, s, v, price.low);
	if (e != ERR_OK)
		return e;
	l.owner = v->vault.owner;
	l.index = v->vault.owner_index;
	l.collateral = s->book->assets[d->liquidation_asset].token;
	l.debt = s->book->assets[d->debt_asset].token;
	l.min_seize = q->min_seize;
	l.recipient = q->recipient;
	return clearing_encode_submit_and_liquidate(out, len, &a->header, &g,
	    a->word, a->word_count, &l);
}

/* Answers why there is no transaction, or NULL. */
static const char *
json_liquidate(struct text *t, struct api_state *s,
    const struct board_vault *v, const struct api_proof_request *q)
{
	static uint8_t data[CLEARING_DATA_MAX];
	const char *why = NULL;
	size_t len;

	if (v->verdict.state != STATE_LIQUIDATABLE)
		why = "the vault is not liquidatable";
	else if (!s->config->has_chain)
		why = "no chain is configured";
	else if (!s->head.has_signer_bit)
		why = "our place in the contract's signer table is not known";
	else if (s->newest.header.status == PRICE_REFUSED)
		why = "the newest attestation is a refusal";
	else if (!q->has_recipient)
		why = "no recipient is given";
	else if (liquidate_data(data, &len, s, v, q) != ERR_OK)
		why = "no repayment can be computed";
	if (why) {
		text_put(t, ",\"tx\":null");
		return why;
	}
	text_put(t, ",\"tx\":");
	api_json_tx(t, s->config, data, len, API_GAS_LIQUIDATE +
	    API_GAS_WORD * s->newest.word_count + API_GAS_LEG *
	    (v->vault.collateral_count + (uint64_t)v->vault.debt_count));
	return NULL;
}

/* ---- the answer -------------------------------------------------------- */

static void
json_tree_proof(struct text *t, const struct merkle *tree, uint32_t slot)
{
	struct b32 proof[MERKLE_DEPTH_MAX], leaf = merkle_leaf(tree, slot);
	size_t n;
	enum err e = merkle_prove(proof, &n, tree, slot);

	MUST(e == ERR_OK);	/* the caller saw a leaf in the slot */
	api_json_b32(t, "leaf", &leaf);
	text_printf(t, ",\"slot\":%" PRIu32 ",\"proof\":[", slot);
	for (size_t i = 0; i < n; i++) {
		text_put(t, i > 0 ? "," : "");
		api_json_b32(t, NULL, &proof[i]);
	}
	text_put(t, "]");
}

/* Answers why there is no verdict proof, or NULL. */
static const char *
json_verdict(struct text *t, struct api_state *s, const struct board_vault *v)
{
	struct b32 leaf, held;

	text_put(t, ",\"verdict\":");
	if (!verdict_is_in_tree(v->verdict.state)) {
		text_put(t, "null");
		return "the vault is healthy or stale: it has no verdict leaf";
	}
	verdict_leaf_hash(&leaf, &v->leaf);
	if (tree_match(s, &s->verdicts, false)) {
		held = merkle_leaf(&s->verdicts, v->verdict_slot);
		if (b32_equal(&leaf, &held)) {
			text_put(t, "{");
			json_tree_proof(t, &s->verdicts, v->verdict_slot);
			text_put(t, ",\"fields\":");
			attest_json_verdict(t, &v->leaf);
			text_put(t, "}");
			return NULL;
		}
	}
	text_put(t, "null");
	return "the verdict has changed since the newest attestation";
}

static const char *
json_position(struct text *t, struct api_state *s, uint32_t slot)
{
	struct b32 held;

	text_put(t, ",\"position\":");
	if (tree_match(s, &s->positions, true)) {
		held = merkle_leaf(&s->positions, slot);
		if (!b32_is_zero(&held)) {
			text_put(t, "{");
			json_tree_proof(t, &s->positions, slot);
			text_put(t, "}");
			return NULL;
		}
	}
	text_put(t, "null");
	return "positions have changed since the newest attestation";
}

static void
json_reason(struct text *t, const char *key, const char *why)
{
	text_printf(t, ",\"%s\":", key);
	if (why)
		api_json_name(t, NULL, why);
	else
		text_put(t, "null");
}

/* All but the attestation, which may change while the trees are matched. */
static bool
json_parts(struct text *t, const char **why, struct api_state *s,
    const struct api_proof_request *q, const struct board_vault *v)
{
	const char *no_position = json_position(t, s, q->slot);
	const char *no_verdict = json_verdict(t, s, v);
	const char *no_tx = json_liquidate(t, s, v, q);

	text_put(t, ",\"reasons\":{");
	text_put(t, "\"position\":");
	if (no_position)
		api_json_name(t, NULL, no_position);
	else
		text_put(t, "null");
	json_reason(t, "verdict", no_verdict);
	json_reason(t, "tx", no_tx);
	text_put(t, "}");
	*why = no_position;
	return !(no_position && no_tx);
}

enum err
api_proof(struct text *t, const char **why, struct api_state *s,
    const struct api_proof_request *q)
{
	size_t begin = t->len;
	struct board_vault v;

	for (unsigned i = 0; i < TREE_TRIES; i++) {
		uint64_t sequence = s->newest.header.sequence;
		bool is_useful;

		*why = "nothing is attested yet";
		if (!s->has_newest)
			return ERR_STALE;
		*why = "the vault's row is being written";
		if (board_get_vault(&v, s->board, q->slot) != ERR_OK)
			return ERR_STALE;
		text_put(t, "{");
		api_json_b32(t, "vault", &v.vault.id);
		text_put(t, ",\"attestation\":");
		api_json_attestation(t, s, &s->newest);
		text_put(t, ",\"prices\":[");
		for (size_t k = 0; k < s->newest.word_count; k++) {
			text_put(t, k > 0 ? "," : "");
			api_json_b32(t, NULL, &s->newest.word[k]);
		}
		text_put(t, "]");
		is_useful = json_parts(t, why, s, q, &v);
		text_put(t, "}");
		if (is_useful && sequence == s->newest.header.sequence)
			return ERR_OK;
		/* A newer attestation came between: all from one or none. */
		if (t->failed)
			return ERR_OK;	/* the caller sees it */
		t->len = begin;
		if (sequence == s->newest.header.sequence)
			return ERR_STALE;
	}
	return ERR_STALE;
}
