#include "oracle/api_json.h"

#include "margin/liquidation.h"
#include "oracle/api_proof.h"

#include <inttypes.h>
#include <string.h>

static void
comma(struct text *t)
{
	text_put(t, ",");
}

/* USD of an amount at mid, rounded against the account; null where there is
 * no price or the value does not fit. */
static void
json_value(struct text *t, const struct asset *a, u128 atoms, struct px18 p,
    enum rounding r)
{
	struct usd18 v;

	if (px18_is_zero(p) || usd18_from_atoms(&v, atoms, a->decimals, p,
	    r) != ERR_OK)
		text_put(t, "\"value\":null");
	else
		api_json_usd18(t, "value", v);
}

static void
json_leg(struct text *t, const struct api_state *s, const struct leg *leg,
    bool is_debt, struct px18 limit)
{
	const struct asset *a;
	struct px18 price;
	u128 atoms = leg->amount;

	if (leg->asset >= s->book->asset_count)
		return;
	a = &s->book->assets[leg->asset];
	price = s->head.asset_price[leg->asset].mid;
	if (is_debt && book_debt_atoms(&atoms, &s->valued, leg) != ERR_OK)
		atoms = U128_MAX;
	text_printf(t, "{\"side\":\"%s\",", is_debt ? "debt" : "collateral");
	api_json_name(t, "asset", a->name);
	comma(t);
	api_json_b32(t, "id", &a->id);
	comma(t);
	api_json_addr(t, "token", &a->token);
	text_printf(t, ",\"decimals\":%u,\"amount\":", a->decimals);
	text_json_u128(t, atoms, a->decimals);
	text_put(t, ",\"atoms\":");
	text_json_u128(t, atoms, 0);
	comma(t);
	api_json_px18(t, "price", price);
	comma(t);
	json_value(t, a, atoms, price, is_debt ? ROUND_CEIL : ROUND_FLOOR);
	comma(t);
	api_json_px18(t, "liquidation_price", limit);
	text_put(t, "}");
}

/* The price of a leg's asset at which the vault is at the limit, all others at
 * mid; zero where there is none. */
static struct px18
leg_limit(const struct api_state *s, const struct api_vault *v, uint8_t asset,
    bool is_debt)
{
	struct liquidation_price p;
	struct px18 none = px18_from_raw(0);

	if (portfolio_is(&v->vault) || liquidation_price_of(&p, &s->valued, &v->vault, &s->market,
	    asset) != ERR_OK)
		return none;
	if (is_debt)
		return p.has_above ? p.above : none;
	return p.has_below ? p.below : none;
}

static void
json_legs(struct text *t, const struct api_state *s,
    const struct api_vault *v)
{
	text_put(t, "\"legs\":[");
	for (size_t i = 0; i < v->vault.collateral_count; i++) {
		text_put(t, i > 0 ? "," : "");
		json_leg(t, s, &v->vault.collateral[i], false, leg_limit(s, v,
		    v->vault.collateral[i].asset, false));
	}
	for (size_t i = 0; i < v->vault.debt_count; i++) {
		text_put(t, i > 0 || v->vault.collateral_count > 0 ? "," :
		    "");
		json_leg(t, s, &v->vault.debt[i], true, leg_limit(s, v,
		    v->vault.debt[i].asset, true));
	}
	text_put(t, "]");
}

static void
json_positions(struct text *t, const struct api_state *s,
    const struct api_vault *v)
{
	text_put(t, "\"positions\":[");
	for (uint32_t i = 0; i < v->position_count; i++) {
		const struct position *p = &v->position[i];

		if (p->instrument >= s->book->instrument_count)
			break;
		text_put(t, i > 0 ? ",{" : "{");
		api_json_name(t, "instrument",
		    s->book->instruments[p->instrument].name);
		text_put(t, ",\"size\":");
		text_json_i128(t, num18_to_raw(p->size), 18);
		comma(t);
		api_json_px18(t, "entry", p->entry);
		comma(t);
		api_json_usd18(t, "funding", p->funding);
		text_put(t, "}");
	}
	text_put(t, "]");
}

static void
json_liquidation(struct text *t, const struct api_state *s,
    const struct api_vault *v)
{
	const struct verdict *d = &v->verdict;
	u128 atoms;

	if (d->state != STATE_LIQUIDATABLE || !d->has_debt_asset ||
	    !d->has_liquidation_asset ||
	    d->debt_asset >= s->book->asset_count ||
	    d->liquidation_asset >= s->book->asset_count) {
		text_put(t, "\"liquidation\":null");
		return;
	}
	text_put(t, "\"liquidation\":{");
	api_json_name(t, "collateral_asset",
	    s->book->assets[d->liquidation_asset].name);
	comma(t);
	api_json_name(t, "debt_asset", s->book->assets[d->debt_asset].name);
	comma(t);
	api_json_usd18(t, "max_repay", d->max_repay);
	text_put(t, ",\"repay_atoms\":");
	if (api_repay_atoms(&atoms, s, v,
	    s->head.asset_price[d->debt_asset].low) == ERR_OK)
		text_json_u128(t, atoms, 0);
	else
		text_put(t, "null");
	text_put(t, "}");
}

/* What follows has no meaning while a price that the vault needs is
 * refused. */
static void
json_figures(struct text *t, const struct ratio_result *r)
{
	static const char *const keys[] = { "collateral_value", "debt_value",
		"collateralization_ratio", "loan_to_value", "health_factor",
		"health_low", "health_high", "equity", "initial_excess",
		"maintenance_excess" };

	if (r->is_stale) {
		for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
			text_printf(t, "%s\"%s\":null", i > 0 ? "," : "",
			    keys[i]);
		return;
	}
	api_json_usd18(t, keys[0], r->collateral_value);
	comma(t);
	api_json_usd18(t, keys[1], r->debt_value);
	comma(t);
	api_json_wad(t, keys[2], r->collateralization_ratio);
	comma(t);
	api_json_wad(t, keys[3], r->loan_to_value);
	comma(t);
	api_json_wad(t, keys[4], r->mid.health);
	comma(t);
	api_json_wad(t, keys[5], r->worst.health);
	comma(t);
	api_json_wad(t, keys[6], r->best.health);
	comma(t);
	api_json_usd18(t, keys[7], r->equity);
	comma(t);
	api_json_usd18(t, keys[8], r->initial_excess);
	comma(t);
	api_json_usd18(t, keys[9], r->mid.excess);
}

/* What a book file calls the vault, or NULL: the board does not carry it. */
static const char *
vault_name(const struct api_state *s, const struct b32 *id)
{
	uint32_t row;

	if (!s->ids || !bookfile_ids_find(s->ids, &row, id))
		return NULL;
	return bookfile_ids_name(s->ids, row);
}

void
api_json_vault(struct text *t, const struct api_state *s,
    const struct api_vault *v)
{
	const char *name = vault_name(s, &v->vault.id);

	text_put(t, "{");
	api_json_b32(t, "vault", &v->vault.id);
	comma(t);
	if (name)
		api_json_name(t, "name", name);
	else
		text_put(t, "\"name\":null");
	comma(t);
	api_json_addr(t, "owner", &v->vault.owner);
	text_printf(t, ",\"index\":%" PRIu64 ",\"nonce\":%" PRIu64
	    ",\"liquidations\":%" PRIu64 ",\"block\":%" PRIu64 ",",
	    v->vault.owner_index, v->vault.nonce, v->vault.liquidations,
	    v->vault.block_number);
	api_json_name(t, "method",
	    margin_method_name((enum margin_method)v->vault.method));
	comma(t);
	api_json_name(t, "state", vault_state_name(v->verdict.state));
	comma(t);
	json_figures(t, &v->verdict.value);
	comma(t);
	json_legs(t, s, v);
	comma(t);
	json_positions(t, s, v);
	comma(t);
	json_liquidation(t, s, v);
	text_put(t, "}");
}
