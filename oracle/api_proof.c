#include "oracle/api_proof.h"

#include "base/must.h"
#include "contracts-abi/clearing.h"
#include "oracle/api_json.h"
#include "oracle/api_tx.h"
#include "oracle/attest_json.h"

#include <inttypes.h>
#include <string.h>

#define TREE_TRIES 3u

enum err
api_repay_atoms(u128 *out, const struct api_state *s,
    const struct api_vault *v, struct px18 low)
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
		    book_debt_atoms(&owed, &s->valued, &v->vault.debt[i]) !=
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

/* prove: under the root that the newest attestation signed. */
static bool
prove(struct board_proof *out, struct api_state *s, enum tables_tree which,
    uint32_t slot)
{
	for (unsigned i = 0; i < TREE_TRIES; i++) {
		const struct b32 *root = which == TABLES_POSITIONS ?
		    &s->newest.header.positions_root :
		    &s->newest.header.verdicts_root;

		if (board_prove(out, s->board, which, slot) == ERR_OK &&
		    b32_equal(&out->root, root))
			return true;
		/* Perhaps the attestation is the older of the two. */
		api_state_refresh(s);
	}
	return false;
}

/* ---- transactions ------------------------------------------------------ */

static enum err
liquidate_data(uint8_t *out, size_t *len, const struct api_state *s,
    const struct api_vault *v, const struct api_proof_request *q)
{
	const struct board_attestation *a = &s->newest;
	const struct verdict *d = &v->verdict;
	struct clearing_liquidation l;
	struct clearing_signatures g;
	uint8_t compact[1][64];
	struct price price;
	enum err e;

	if (!api_signatures_fill(&g, compact, s, a) || !d->has_liquidation_asset ||
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
    const struct api_vault *v, const struct api_proof_request *q)
{
	static uint8_t data[CLEARING_DATA_MAX];
	const char *why = NULL;
	size_t len;

	if (v->verdict.state != STATE_LIQUIDATABLE)
		why = "the vault is not liquidatable";
	else if (portfolio_is(&v->vault))
		why = "the contract does not know its positions";
	else if (!s->config->has_clearing)
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
json_tree_proof(struct text *t, const struct board_proof *p, uint32_t slot)
{
	api_json_b32(t, "leaf", &p->leaf);
	text_printf(t, ",\"slot\":%" PRIu32 ",\"proof\":[", slot);
	for (size_t i = 0; i < p->path_len; i++) {
		text_put(t, i > 0 ? "," : "");
		api_json_b32(t, NULL, &p->path[i]);
	}
	text_put(t, "]");
}

/* Answers why there is no verdict proof, or NULL. */
static const char *
json_verdict(struct text *t, struct api_state *s, const struct api_vault *v)
{
	struct board_proof p;
	struct b32 leaf;

	text_put(t, ",\"verdict\":");
	if (v->verdict_slot == TABLES_NO_SLOT) {
		text_put(t, "null");
		return "the vault is healthy or stale: it has no verdict leaf";
	}
	verdict_leaf_hash(&leaf, &v->leaf);
	if (!prove(&p, s, TABLES_VERDICTS, v->verdict_slot) ||
	    !b32_equal(&leaf, &p.leaf)) {
		text_put(t, "null");
		return "the verdict has changed since the newest attestation";
	}
	text_put(t, "{");
	json_tree_proof(t, &p, v->verdict_slot);
	text_put(t, ",\"fields\":");
	attest_json_verdict(t, &v->leaf);
	text_put(t, "}");
	return NULL;
}

static const char *
json_position(struct text *t, struct api_state *s, uint32_t slot)
{
	struct board_proof p;

	text_put(t, ",\"position\":");
	if (!prove(&p, s, TABLES_POSITIONS, slot)) {
		text_put(t, "null");
		return "positions have changed since the newest attestation";
	}
	text_put(t, "{");
	json_tree_proof(t, &p, slot);
	text_put(t, "}");
	return NULL;
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
    const struct api_proof_request *q, const struct api_vault *v)
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
	struct api_vault v;

	for (unsigned i = 0; i < TREE_TRIES; i++) {
		uint64_t sequence = s->newest.header.sequence;
		bool is_useful;

		*why = "nothing is attested yet";
		if (!s->has_newest)
			return ERR_STALE;
		*why = "the vault's row is being written";
		if (api_vault_get(&v, s, q->slot) != ERR_OK)
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
