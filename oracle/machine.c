/*~ The state machine.  Every input is hashed, then applied; a CLOSE ends the
 * batch: prices, words, verdicts, and perhaps a request to the signer.  Read
 * machine_close below first: it is the whole pipeline. */
#include "oracle/machine_internal.h"

#include "base/keccak.h"
#include "base/must.h"
#include "oracle/bookfile.h"

#include <stdlib.h>
#include <string.h>

static void
machine_close(struct machine *m, const struct machine_output *o)
{
	u128 moved = machine_prices_close(m);	/* ticks -> words, market */

	machine_verdicts_close(m, moved);	/* market -> verdicts, tree */
	machine_request_close(m, o);		/* -> the signer, if it is time */
}

static bool
tables_place(struct machine *m, uint32_t vaults, uint32_t verdicts)
{
	size_t hash_count = 2u * (size_t)vaults;
	struct vault *v = calloc(vaults, sizeof(*v));
	uint32_t *hash = calloc(hash_count, sizeof(*hash));
	struct b32 *positions = calloc(MERKLE_NODES(vaults), sizeof(*positions));
	struct b32 *tree = calloc(MERKLE_NODES(verdicts), sizeof(*tree));

	book_init(&m->book, v, hash, vaults);
	merkle_init(&m->positions, positions, vaults);
	merkle_init(&m->verdicts, tree, verdicts);
	m->vault = calloc(vaults, sizeof(*m->vault));
	m->changed = calloc(vaults, sizeof(*m->changed));
	m->is_changed = calloc(vaults, sizeof(*m->is_changed));
	m->leaf = calloc(verdicts, sizeof(*m->leaf));
	m->verdict_owner = calloc(verdicts, sizeof(uint32_t));
	m->verdict_told = calloc(verdicts, sizeof(uint32_t));
	m->verdict_free = calloc(verdicts, sizeof(uint32_t));
	m->dirty = calloc(verdicts, sizeof(uint32_t));
	m->pending_dirty = calloc(verdicts, sizeof(uint32_t));
	m->pending_owner = calloc(verdicts, sizeof(uint32_t));
	m->is_dirty = calloc(verdicts, sizeof(bool));
	return v && hash && positions && tree && m->vault && m->changed &&
	    m->is_changed && m->leaf && m->verdict_owner && m->verdict_told &&
	    m->verdict_free && m->dirty && m->pending_dirty &&
	    m->pending_owner && m->is_dirty;
}

void
machine_destroy(struct machine *m)
{
	if (!m)
		return;
	free(m->book.vaults);
	free(m->book.hash);
	free(m->positions.nodes);
	free(m->verdicts.nodes);
	free(m->vault);
	free(m->changed);
	free(m->is_changed);
	free(m->leaf);
	free(m->verdict_owner);
	free(m->verdict_told);
	free(m->verdict_free);
	free(m->dirty);
	free(m->pending_dirty);
	free(m->pending_owner);
	free(m->is_dirty);
	free(m);
}

static void
assets_take(struct machine *m, const struct book *from)
{
	m->book.id = from->id;
	memcpy(m->book.name, from->name, sizeof(m->book.name));
	m->book.chain_id = from->chain_id;
	m->book.asset_count = from->asset_count;
	m->book.factor_count = from->factor_count;
	m->book.mode_count = from->mode_count;
	memcpy(m->book.assets, from->assets, sizeof(m->book.assets));
	m->market.count = from->asset_count;
	for (size_t i = 0; i < from->asset_count; i++)
		m->market.asset[i].price.status = PRICE_REFUSED;
}

enum err
machine_create(struct machine **out, const struct config *config,
    const struct book *assets)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	uint32_t verdicts = 1;
	size_t blob_len, bad;
	struct machine *m = calloc(1, sizeof(*m));
	enum err e;

	if (!m)
		return ERR_LIMIT;
	while (verdicts < config->verdicts_max)
		verdicts *= 2;
	m->config = config;
	e = ERR_LIMIT;
	if (!tables_place(m, config->vaults_max, verdicts))
		goto fail;
	for (uint32_t i = 0; i < verdicts; i++)
		m->verdict_owner[i] = m->verdict_told[i] = MACHINE_NO_SLOT;
	for (uint32_t i = 0; i < config->vaults_max; i++)
		m->vault[i].verdict_slot = MACHINE_NO_SLOT;
	assets_take(m, assets);
	m->domain.chain_id = config->has_chain ? config->chain_id :
	    assets->chain_id;
	m->domain.contract = config->clearing;
	e = bookfile_rules_blob(blob, &blob_len, &m->rules_hash, assets);
	if (e != ERR_OK)
		goto fail;
	e = prices_init(&m->prices, &config->prices, &bad);
	if (e != ERR_OK)
		goto fail;
	m->is_first = true;
	*out = m;
	return ERR_OK;
fail:
	machine_destroy(m);
	return e;
}

static enum err
apply_tick(struct machine *m, const struct wire_tick *w)
{
	struct prices_tick t = {
		.market = w->market,
		.has_book = w->has_book, .has_last = w->has_last,
		.bid = px18_from_raw(wire_to_u128(w->bid)),
		.ask = px18_from_raw(wire_to_u128(w->ask)),
		.last = px18_from_raw(wire_to_u128(w->last)),
		.exchange_ms = w->exchange_ms, .recv_ms = w->recv_ms,
	};

	if (w->market >= m->config->prices.market_count)
		return ERR_UNKNOWN;
	prices_apply_tick(&m->prices, &t);
	m->ticks++;
	return ERR_OK;
}

static enum err
apply_heartbeat(struct machine *m, const struct wire_heartbeat *w)
{
	if (w->venue >= m->config->venue_count)
		return ERR_UNKNOWN;
	prices_apply_heartbeat(&m->prices, w->venue, w->exchange_ms,
	    w->recv_ms);
	return ERR_OK;
}

static enum err
apply_close(struct machine *m, const struct wire_close *w,
    const struct machine_output *o)
{
	if (w->now_ms < m->now_ms) {
		m->late_inputs++;
		return ERR_STALE;
	}
	m->now_ms = w->now_ms;
	m->closes++;
	machine_close(m, o);
	return ERR_OK;
}

static void
legs_from_wire(struct leg *out, uint8_t count, const uint8_t *asset,
    const struct wire_u128 *amount, const struct wire_u128 *index)
{
	for (uint8_t i = 0; i < count; i++) {
		out[i].asset = asset[i];
		out[i].amount = wire_to_u128(amount[i]);
		out[i].index = index ? wad_from_raw(wire_to_u128(index[i])) :
		    wad_one();
	}
}

static enum err
apply_vault(struct machine *m, const struct wire_vault *w)
{
	struct vault v;
	uint32_t slot;
	enum err e;

	if (w->collateral_count > WIRE_LEGS || w->debt_count > WIRE_LEGS)
		return ERR_LIMIT;
	if (w->method != METHOD_RATIO)
		return ERR_UNKNOWN;
	memset(&v, 0, sizeof(v));
	v.id = w->id;
	v.owner = w->owner;
	v.owner_index = w->owner_index;
	v.mode = w->mode;
	v.method = w->method;
	v.nonce = w->nonce;
	v.liquidations = w->liquidations;
	v.block_number = w->block_number;
	v.collateral_count = w->collateral_count;
	v.debt_count = w->debt_count;
	legs_from_wire(v.collateral, w->collateral_count, w->collateral_asset,
	    w->collateral_amount, NULL);
	legs_from_wire(v.debt, w->debt_count, w->debt_asset, w->debt_amount,
	    w->debt_index);
	e = book_put_vault(&slot, &m->book, &v);
	if (e != ERR_OK)
		return e;
	machine_positions_put(m, slot);
	return ERR_OK;
}

void
machine_vault_message(struct wire_vault *out, const struct vault *v)
{
	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_VAULT);
	out->id = v->id;
	out->owner = v->owner;
	out->owner_index = v->owner_index;
	out->mode = v->mode;
	out->method = v->method;
	out->nonce = v->nonce;
	out->liquidations = v->liquidations;
	out->block_number = v->block_number;
	out->collateral_count = v->collateral_count;
	out->debt_count = v->debt_count;
	for (size_t i = 0; i < v->collateral_count; i++) {
		out->collateral_asset[i] = v->collateral[i].asset;
		out->collateral_amount[i] =
		    wire_from_u128(v->collateral[i].amount);
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		out->debt_asset[i] = v->debt[i].asset;
		out->debt_amount[i] = wire_from_u128(v->debt[i].amount);
		out->debt_index[i] =
		    wire_from_u128(wad_to_raw(v->debt[i].index));
	}
}

static enum err
apply_block(struct machine *m, const struct wire_block *w)
{
	m->block = *w;
	m->has_block = true;
	return ERR_OK;
}

static enum err
apply_signer_base(struct machine *m, const struct wire_signer_base *w)
{
	struct policy_price *p;

	if (w->slot >= m->book.asset_count)
		return ERR_UNKNOWN;
	p = &m->bound[w->slot];
	p->reference = wire_to_u128(w->reference);
	p->reference_as_of = w->reference_as_of;
	p->ok_high = wire_to_u128(w->ok_high);
	p->ok_as_of = w->ok_as_of;
	return ERR_OK;
}

static enum err
apply_signer_ready(struct machine *m, const struct wire_signer_ready *w)
{
	m->is_ready = true;
	m->is_paused = w->is_paused;
	m->next_sequence = w->first_sequence;
	if (!m->has_last)
		m->last.as_of = w->last_as_of;
	return ERR_OK;
}

static enum err
apply_resumed(struct machine *m, const struct wire_resumed *w)
{
	m->is_paused = false;
	if (w->first_sequence > m->next_sequence)
		m->next_sequence = w->first_sequence;
	return ERR_OK;
}

static void
inputs_hash_add(struct machine *m, const void *message, size_t size)
{
	struct keccak256 k;

	keccak256_init(&k);
	keccak256_update(&k, m->inputs_hash.b, sizeof(m->inputs_hash.b));
	keccak256_update(&k, message, size);
	keccak256_final(&k, &m->inputs_hash);
}

enum err
machine_apply(struct machine *m, const void *message,
    const struct machine_output *o)
{
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	MUST(wire_check(message, head.size) == ERR_OK);
	MUST(wire_is_input(head.type));
	if (head.type == WIRE_START) {
		const struct wire_start *w = message;

		m->inputs_hash = w->previous;
		inputs_hash_add(m, message, head.size);
		m->now_ms = w->now_ms;
		return ERR_OK;
	}
	inputs_hash_add(m, message, head.size);
	if (head.type == WIRE_TICK)
		return apply_tick(m, message);
	if (head.type == WIRE_CLOSE)
		return apply_close(m, message, o);
	if (head.type == WIRE_HEARTBEAT)
		return apply_heartbeat(m, message);
	if (head.type == WIRE_VAULT)
		return apply_vault(m, message);
	if (head.type == WIRE_BLOCK)
		return apply_block(m, message);
	if (head.type == WIRE_SIGNED)
		return machine_request_signed(m, message, o);
	if (head.type == WIRE_REJECTED)
		return machine_request_rejected(m, message);
	if (head.type == WIRE_PAUSED)
		return machine_request_paused(m, message, o);
	if (head.type == WIRE_RESUMED)
		return apply_resumed(m, message);
	if (head.type == WIRE_SIGNER_BASE)
		return apply_signer_base(m, message);
	MUST(head.type == WIRE_SIGNER_READY);
	return apply_signer_ready(m, message);
}

void
machine_changes_clear(struct machine *m)
{
	for (uint32_t i = 0; i < m->changed_count; i++)
		m->is_changed[m->changed[i]] = false;
	m->changed_count = 0;
}
