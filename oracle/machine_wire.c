#include "oracle/machine_wire.h"

#include "base/must.h"
#include "oracle/portfolio.h"

#include <string.h>

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

enum err
machine_vault_from_wire(struct vault *out, const struct wire_vault *w)
{
	if (w->collateral_count > WIRE_LEGS || w->debt_count > WIRE_LEGS)
		return ERR_LIMIT;
	memset(out, 0, sizeof(*out));
	out->id = w->id;
	out->owner = w->owner;
	out->owner_index = w->owner_index;
	out->mode = w->mode;
	out->method = w->method;
	out->nonce = w->nonce;
	out->liquidations = w->liquidations;
	out->block_number = w->block_number;
	out->collateral_count = w->collateral_count;
	out->debt_count = w->debt_count;
	legs_from_wire(out->collateral, w->collateral_count,
	    w->collateral_asset, w->collateral_amount, NULL);
	legs_from_wire(out->debt, w->debt_count, w->debt_asset, w->debt_amount,
	    w->debt_index);
	return ERR_OK;
}

enum err
machine_portfolio_from_wire(struct vault *out,
    struct position positions[WIRE_POSITIONS], const struct wire_portfolio *w)
{
	enum err e = machine_vault_from_wire(out, &w->vault);

	if (e == ERR_OK && w->position_count > WIRE_POSITIONS)
		e = ERR_LIMIT;
	if (e == ERR_OK && !portfolio_is(out))
		e = ERR_UNKNOWN;
	if (e != ERR_OK)
		return e;
	out->position_count = w->position_count;
	for (uint32_t i = 0; i < w->position_count; i++)
		positions[i] = (struct position){
			.instrument = w->instrument[i],
			.size = num18_from_raw((i128)
			    wire_to_u128(w->size[i])),
			.entry = px18_from_raw(wire_to_u128(w->entry[i])),
			.funding = usd18_from_raw((i128)
			    wire_to_u128(w->funding[i])),
		};
	return ERR_OK;
}

static void
vault_to_wire(struct wire_vault *out, const struct vault *v)
{
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

void
machine_vault_message(union machine_message *out, const struct vault *v,
    const struct position *positions)
{
	struct wire_portfolio *w = &out->portfolio;

	memset(out, 0, sizeof(*out));
	if (!portfolio_is(v)) {
		wire_head_set(&out->head, WIRE_VAULT);
		vault_to_wire(&out->vault, v);
		return;
	}
	MUST(v->position_count <= WIRE_POSITIONS);
	wire_head_set(&out->head, WIRE_PORTFOLIO);
	vault_to_wire(&w->vault, v);
	w->position_count = v->position_count;
	for (uint32_t i = 0; i < v->position_count; i++) {
		const struct position *p = &positions[i];

		w->instrument[i] = p->instrument;
		w->size[i] = wire_from_u128((u128)num18_to_raw(p->size));
		w->entry[i] = wire_from_u128(px18_to_raw(p->entry));
		w->funding[i] = wire_from_u128((u128)usd18_to_raw(p->funding));
	}
}
