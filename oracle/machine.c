/*~ The state machine.  Every input is hashed, then applied; a CLOSE ends the
 * batch: prices, words, verdicts, and perhaps a request to the signer.  Read
 * machine_close below first: it is the whole pipeline. */
#include "oracle/machine.h"

#include "base/keccak.h"
#include "base/must.h"
#include "oracle/bookfile.h"
#include "oracle/machine_portfolio.h"
#include "oracle/machine_prices.h"
#include "oracle/machine_surface.h"

#include <stdlib.h>
#include <string.h>

static void
machine_close(struct machine *m, const struct machine_output *o)
{
	u128 moved = machine_prices_close(m);	/* ticks -> words, market */

	moved |= machine_kept_close(m, o);	/* -> slow companions */
	machine_surface_close(m);		/* forwards, volatilities */
	machine_vaults_close(m);		/* vaults -> positions tree */
	machine_verdicts_close(m, moved);	/* market -> verdicts, leaves */
	machine_request_close(m, o);		/* -> the signer, if it is time */
}

void
machine_destroy(struct machine *m)
{
	if (!m)
		return;
	machine_portfolio_destroy(m);
	machine_surface_destroy(m);
	machine_state_free(m);
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
	memcpy(m->book.accrual, from->accrual, sizeof(m->book.accrual));
	m->market.count = from->asset_count;
	for (size_t i = 0; i < from->asset_count; i++)
		m->market.asset[i].price.status = PRICE_REFUSED;
}

enum err
machine_create(struct machine **out, const struct config *config,
    const struct book *assets, const struct tables *tables,
    const struct tables_guard *guard)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	size_t blob_len, bad;
	struct machine *m = calloc(1, sizeof(*m));
	enum err e;

	if (!m)
		return ERR_LIMIT;
	m->config = config;
	if (guard)
		m->guard = *guard;
	assets_take(m, assets);
	e = machine_state_take(m, tables);
	if (e == ERR_OK)
		e = machine_portfolio_create(m, assets);
	if (e == ERR_OK)
		e = machine_surface_create(m, assets);
	if (e != ERR_OK)
		goto fail;
	m->domain.chain_id = config->has_clearing ? config->chain_id :
	    assets->chain_id;
	m->domain.contract = config->clearing;
	attest_domain_separator(&m->domain_separator, &m->domain);
	e = bookfile_rules_blob(blob, &blob_len, &m->rules_hash, assets);
	if (e != ERR_OK)
		goto fail;
	e = prices_init(&m->prices, &config->prices, &bad);
	if (e != ERR_OK)
		goto fail;
	machine_kept_begin(m);
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
apply_rate(struct machine *m, const struct wire_rate *w)
{
	return prices_apply_rate(&m->prices, w->unit,
	    px18_from_raw(wire_to_u128(w->rate)), w->time_ms, w->recv_ms);
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

static enum err
apply_vault(struct machine *m, const struct wire_vault *w)
{
	struct vault v;
	uint32_t slot;
	enum err e = machine_vault_from_wire(&v, w);

	if (e == ERR_OK && portfolio_is(&v))
		e = ERR_UNKNOWN;
	return e != ERR_OK ? e : machine_vault_put(m, &slot, &v);
}

static enum err
apply_portfolio(struct machine *m, const struct wire_portfolio *w)
{
	struct position positions[WIRE_POSITIONS];
	struct vault v;
	enum err e = machine_portfolio_from_wire(&v, positions, w);

	return e != ERR_OK ? e : machine_vault_put_whole(m, &v, positions);
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
	if (head.type == WIRE_MARK)
		return machine_surface_mark(m, message);
	if (head.type == WIRE_CLOSE)
		return apply_close(m, message, o);
	if (head.type == WIRE_HEARTBEAT)
		return apply_heartbeat(m, message);
	if (head.type == WIRE_VAULT)
		return apply_vault(m, message);
	if (head.type == WIRE_PORTFOLIO)
		return apply_portfolio(m, message);
	if (head.type == WIRE_BLOCK)
		return apply_block(m, message);
	if (head.type == WIRE_FORWARD)
		return machine_surface_forward(m, message);
	if (head.type == WIRE_SLICE)
		return machine_surface_slice(m, message);
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
	if (head.type == WIRE_SIGNER_READY)
		return apply_signer_ready(m, message);
	if (head.type == WIRE_RATE)
		return apply_rate(m, message);
	if (head.type == WIRE_MEMORY_UNIT)
		return machine_kept_unit(m, message);
	if (head.type == WIRE_MEMORY_MARKET)
		return machine_kept_market(m, message);
	if (head.type == WIRE_MEMORY_RATE)
		return machine_kept_rate(m, message);
	return ERR_UNKNOWN;	/* an input that nothing is made of yet */
}
