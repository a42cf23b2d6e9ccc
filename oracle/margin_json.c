#include "oracle/margin_json.h"

#include "margin/auction.h"
#include "margin/liquidation.h"
#include "oracle/margin_close.h"

#include <stdio.h>
#include <string.h>

void
json_key_usd(struct text *t, const char *key, struct usd18 v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_i128(t, usd18_to_raw(v), 18);
}

/* What is infinite does not exist as a number. */
void
json_key_ratio(struct text *t, const char *key, struct wad v)
{
	text_printf(t, ",\"%s\":", key);
	if (wad_is_infinite(v))
		text_put(t, "null");
	else
		text_json_u128(t, wad_to_raw(v), 18);
}

void
json_key_price(struct text *t, const char *key, bool has, struct px18 v)
{
	text_printf(t, ",\"%s\":", key);
	if (has)
		text_json_u128(t, px18_to_raw(v), 18);
	else
		text_put(t, "null");
}

void
json_key_num(struct text *t, const char *key, struct num18 v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_i128(t, num18_to_raw(v), 18);
}

void
json_key_text(struct text *t, const char *key, const char *v)
{
	text_printf(t, ",\"%s\":", key);
	if (v)
		text_json_string(t, v, strlen(v));
	else
		text_put(t, "null");
}

static void
row_finish(struct margin_row *out, enum err e, enum margin_method method)
{
	out->error = e;
	if (e != ERR_OK) {
		out->result.method = method;
		out->result.state = STATE_STALE;
	}
	out->has_figures = e == ERR_OK && !out->result.status.is_stale;
}

void
margin_row_of(struct margin_row *out, const struct study *s, uint32_t slot,
    enum margin_method method)
{
	margin_row_in(out, &s->snapshot, slot, method);
}

void
margin_row_in(struct margin_row *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	memset(out, 0, sizeof(*out));
	out->slot = slot;
	row_finish(out, margin_evaluate(&out->result, s, slot, method),
	    method);
}

const char *
margin_about_name(char out[MARGIN_ABOUT_BUF], const struct study *s,
    enum explain_about about, uint32_t index)
{
	const struct book *b = &s->input->book;
	const struct scenario_shock *k;
	static const char *const vol[] = { [SCENARIO_VOL_NONE] = "",
	    [SCENARIO_VOL_UP] = ", vol up", [SCENARIO_VOL_DOWN] = ", vol down",
	    [SCENARIO_VOL_LINEAR] = ", skew", [SCENARIO_VOL_ABS] =
	    ", absolute skew" };
	char number[DECIMAL_BUF];

	switch (about) {
	case ABOUT_NOTHING: return NULL;
	case ABOUT_ASSET: return b->assets[index].name;
	case ABOUT_INSTRUMENT: return b->instruments[index].name;
	case ABOUT_FACTOR: return s->input->names.factor[index];
	case ABOUT_VAULT: return b->vaults[index].name;
	case ABOUT_SCENARIO:
		k = &s->rules.scenario.shock[index];
		decimal_from_i128(number, num18_to_raw(k->spot), 18);
		snprintf(out, MARGIN_ABOUT_BUF, "spot x %s%s", number,
		    vol[k->vol]);
		return out;
	}
	return NULL;
}

/* The slot whose sums judge the row's vault. */
static uint32_t
judge_of(const struct study *s, const struct margin_row *row,
    enum margin_method *by)
{
	return margin_judge(by, &s->snapshot, row->slot, row->result.method);
}

/* margin_binding: the price that is missing, the vault whose sums judge this
 * one, the band (some point of it is below maintenance, not all), or the
 * requirement; NULL where nothing can bind. */
const char *
margin_binding(const struct study *s, const struct margin_row *row)
{
	static char buf[MARGIN_ABOUT_BUF];
	const struct margin_result *r = &row->result;
	enum margin_method by;
	uint32_t judge = judge_of(s, row, &by);

	if (row->error == ERR_STATE)
		return "method";
	if (row->error != ERR_OK)
		return "overflow";
	if (r->status.is_stale || r->state == STATE_PENDING)
		return margin_about_name(buf, s, r->status.about,
		    r->status.index);
	if (r->is_refused)
		return "method";
	if (judge != row->slot)
		return s->input->book.vaults[judge].name;
	if (usd18_is_zero(r->mid.weighted_debt) &&
	    usd18_is_zero(r->initial.requirement))
		return usd18_is_negative(r->equity) ? "equity" : NULL;
	if (r->state == STATE_INSOLVENT)
		return "collateral";
	if (r->state == STATE_LIQUIDATABLE)
		return "maintenance";
	return usd18_is_negative(r->worst.excess) ? "band" : "initial";
}

void
margin_json_values(struct text *t, const struct margin_row *row)
{
	static const char *const keys[] = { "collateral_value", "debt_value",
	    "collateralization_ratio", "loan_to_value", "health_factor",
	    "equity", "initial_margin", "maintenance_margin",
	    "initial_excess", "maintenance_excess" };
	const struct margin_result *r = &row->result;

	if (!row->has_figures) {
		for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
			text_printf(t, ",\"%s\":null", keys[i]);
		return;
	}
	json_key_usd(t, "collateral_value", r->collateral_value);
	json_key_usd(t, "debt_value", r->debt_value);
	json_key_ratio(t, "collateralization_ratio",
	    r->collateralization_ratio);
	json_key_ratio(t, "loan_to_value", r->loan_to_value);
	json_key_ratio(t, "health_factor", r->mid.health);
	json_key_usd(t, "equity", r->equity);
	json_key_usd(t, "initial_margin", r->initial.requirement);
	json_key_usd(t, "maintenance_margin", r->mid.requirement);
	json_key_usd(t, "initial_excess", r->initial.excess);
	json_key_usd(t, "maintenance_excess", r->mid.excess);
}

/* ---- liquidation prices ------------------------------------------------- */

static void
price_entry(struct text *t, bool *is_first, const char *name,
    const struct liquidation_price *p)
{
	text_put(t, *is_first ? "{\"asset\":" : ",{\"asset\":");
	text_json_string(t, name, strlen(name));
	json_key_price(t, "below", p->has_below, p->below);
	json_key_price(t, "above", p->has_above, p->above);
	text_put(t, "}");
	*is_first = false;
}

static bool
holds_or_owes(const struct vault *v, uint8_t asset)
{
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].asset == asset)
			return true;
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].asset == asset)
			return true;
	return false;
}

/* Tokens alone under `ratio` without floors: one price each, in closed form. */
static void
asset_prices(struct text *t, const struct study *s, const struct vault *v)
{
	const struct book *b = &s->input->book;
	bool is_first = true;

	for (size_t i = 0; i < b->asset_count; i++) {
		struct liquidation_price p = { 0 };

		if (!holds_or_owes(v, (uint8_t)i))
			continue;
		/* A vault without such prices has none to show. */
		if (liquidation_price_of(&p, b, v, &s->market->market,
		    (uint8_t)i) != ERR_OK)
			p = (struct liquidation_price){ 0 };
		price_entry(t, &is_first, b->assets[i].name, &p);
	}
}

/* Everything else: one price for each factor that it moves with, or that what
 * judges it does. */
static void
factor_prices(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	enum margin_method by;
	uint32_t judge = judge_of(s, row, &by);
	uint64_t factors = margin_factors(&s->snapshot, judge);
	bool is_first = true;

	for (uint8_t f = 0; f < BOOK_FACTORS_MAX; f++) {
		struct liquidation_price p = { 0 };

		if ((factors >> f & 1) == 0)
			continue;
		if (!row->has_figures || liquidation_search(&p, &s->snapshot,
		    judge, by, f) != ERR_OK)
			p = (struct liquidation_price){ 0 };
		price_entry(t, &is_first, s->input->names.factor[f], &p);
	}
}

static void
json_prices(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	const struct vault *v = &s->input->book.vaults[row->slot];
	enum margin_method by;

	text_put(t, ",\"liquidation_prices\":[");
	if (row->result.method == METHOD_RATIO &&
	    s->snapshot.floor_count == 0 &&
	    judge_of(s, row, &by) == row->slot &&
	    margin_is_tokens_alone(&s->snapshot, row->slot))
		asset_prices(t, s, v);
	else
		factor_prices(t, s, row);
	text_put(t, "]");
}

/* ---- what to liquidate -------------------------------------------------- */

/* has_tokens_only: with or without caps, haircuts by slices and liens, which
 * maintenance does not look at or which lien_vault takes off. */
static bool
has_tokens_only(const struct study *s, const struct margin_row *row)
{
	const struct vault *v = &s->input->book.vaults[row->slot];

	return v->position_count == 0 && v->order_count == 0 &&
	    snapshot_next(&s->snapshot, row->slot, row->slot) == 0;
}

static bool
token_liquidation(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	const struct book *b = &s->input->book;
	struct liquidation_size size;
	struct margin_closing closing;
	struct verdict d;
	struct vault v;

	lien_vault(&v, b, row->slot, s->grants, s->snapshot.grant_count,
	    false);
	verdict_from_vault(&d, b, &v, &s->market->market);
	if (!d.has_debt_asset || !d.has_liquidation_asset ||
	    liquidation_size_of(&size, b, &v, &s->market->market, d.debt_asset,
	    d.liquidation_asset, s->rules.liquidation.target_health) != ERR_OK)
		return false;
	/* By another system's rules where a preset says so. */
	if (margin_close(&closing, s, &v, d.debt_asset, d.liquidation_asset) ==
	    ERR_OK) {
		size.repay = closing.repay;
		size.seize = closing.seize;
		size.bad_debt = closing.bad_debt;
		size.health_after = closing.health_after;
	}
	text_put(t, ",\"liquidation\":{\"debt_asset\":");
	text_json_string(t, b->assets[size.debt_asset].name,
	    strlen(b->assets[size.debt_asset].name));
	json_key_usd(t, "repay", size.repay);
	json_key_text(t, "collateral_asset",
	    b->assets[size.collateral_asset].name);
	json_key_usd(t, "seize", size.seize);
	json_key_usd(t, "bad_debt", size.bad_debt);
	json_key_ratio(t, "health_after", size.health_after);
	text_put(t, "}");
	return true;
}

/* portfolio_liquidation: the share of everything that, sold at its mark, makes
 * the buffer margin zero (margin/auction.h). */
static bool
portfolio_liquidation(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	const struct auction_rules *rules = &s->rules.liquidation.auction;
	const struct margin_result *r = &row->result;
	struct usd18 buffer, bad = usd18_zero();
	struct num18 share;

	if (auction_buffer_margin(&buffer, r->mid.excess, r->equity, rules)
	    != ERR_OK || auction_share(&share, buffer, r->equity,
	    usd18_zero(), num18_one()) != ERR_OK)
		return false;
	if (usd18_is_negative(r->equity) &&
	    usd18_neg(&bad, r->equity) != ERR_OK)
		return false;
	text_put(t, ",\"liquidation\":{\"debt_asset\":null,\"repay\":null,"
	    "\"collateral_asset\":null,\"seize\":null");
	json_key_usd(t, "bad_debt", bad);
	text_put(t, ",\"health_after\":null");
	json_key_num(t, "fraction", share);
	text_put(t, "}");
	return true;
}

/* What is liquidated is the vault whose sums judge: its row says how much. */
static void
json_liquidation(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	enum vault_state state = row->result.state;
	enum margin_method by;
	bool is_due = row->has_figures && (state == STATE_LIQUIDATABLE ||
	    state == STATE_INSOLVENT) && judge_of(s, row, &by) == row->slot;

	if (is_due && row->result.method == METHOD_RATIO &&
	    has_tokens_only(s, row) &&
	    token_liquidation(t, s, row))
		return;
	if (is_due && !(row->result.method == METHOD_RATIO &&
	    has_tokens_only(s, row)) && portfolio_liquidation(t, s, row))
		return;
	text_put(t, ",\"liquidation\":null");
}

/* ---- the line ----------------------------------------------------------- */

void
margin_json_vault(struct text *t, const struct study *s,
    const struct margin_row *row)
{
	const struct vault *v = &s->input->book.vaults[row->slot];

	text_put(t, "{\"vault\":");
	text_json_string(t, v->name, strlen(v->name));
	text_printf(t, ",\"method\":\"%s\",\"state\":\"%s\"",
	    margin_method_name(row->result.method),
	    vault_state_name(row->result.state));
	margin_json_values(t, row);
	json_prices(t, s, row);
	json_liquidation(t, s, row);
	json_key_text(t, "binding", margin_binding(s, row));
}
