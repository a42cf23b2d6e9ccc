/* What `margind optimise` says, as JSON lines. */
#include "oracle/optimise_report.h"

#include <string.h>

const char *
optimise_why(enum err e)
{
	if (e == ERR_OK)
		return NULL;
	return e == ERR_REFUSED ? "no way found" :
	    e == ERR_STALE ? "a price is missing or refused" :
	    e == ERR_MISSING ? "the market has no returns" :
	    e == ERR_STATE ? "not available for this vault" :
	    e == ERR_LIMIT ? "no room, or too many steps" :
	    "a number does not fit";
}

static const struct book *
book_of(const struct optimise_report *r)
{
	return &r->study->input->book;
}

static const struct vault *
vault_of(const struct optimise_report *r)
{
	return &book_of(r)->vaults[r->now.slot];
}

/* begin: {"topup":{"vault":"v","method":"ratio" */
static void
begin(struct text *t, const struct optimise_report *r, const char *what)
{
	text_printf(t, "{\"%s\":{\"vault\":", what);
	text_json_string(t, vault_of(r)->name, strlen(vault_of(r)->name));
	json_key_text(t, "method", margin_method_name(r->now.result.method));
}

static void
key_atoms(struct text *t, const char *key, const struct asset *a, u128 atoms)
{
	text_printf(t, ",\"%s\":", key);
	text_json_u128(t, atoms, a->decimals);
}

static void
first_text(struct text *t, size_t i, const char *key, const char *name)
{
	text_printf(t, "%s{\"%s\":", i > 0 ? "," : "", key);
	text_json_string(t, name, strlen(name));
}

static void
json_topup(struct text *t, const struct optimise_report *r)
{
	const struct deposit_plan *p = &r->topup;

	begin(t, r, "topup");
	json_key_text(t, "error", optimise_why(r->topup_error));
	if (r->topup_error == ERR_OK) {
		json_key_usd(t, "shortfall", p->shortfall);
		json_key_usd(t, "cost", p->cost);
		text_put(t, ",\"deposits\":[");
		for (size_t i = 0; i < p->count; i++) {
			const struct deposit_part *d = &p->part[i];
			const struct asset *a = &book_of(r)->assets[d->asset];

			first_text(t, i, "asset", a->name);
			key_atoms(t, "amount", a, d->atoms);
			json_key_usd(t, "value", d->value);
			json_key_usd(t, "cost", d->cost);
			text_put(t, "}");
		}
		text_put(t, "]");
		json_key_usd(t, "initial_margin_after", p->after.imr);
		json_key_usd(t, "initial_excess_after", p->after.im_excess);
	}
	text_put(t, "}}\n");
}

static void
json_positions(struct text *t, const struct optimise_report *r)
{
	const struct vault *v = vault_of(r);

	for (size_t i = 0; i < v->position_count &&
	    r->trade_error == ERR_OK; i++) {
		const struct position *p =
		    &book_of(r)->positions[v->position_first + i];

		begin(t, r, "position");
		json_key_text(t, "instrument",
		    book_of(r)->instruments[p->instrument].name);
		json_key_num(t, "size", p->size);
		json_key_usd(t, "marginal_initial_margin", r->marginal[i]);
		text_put(t, "}}\n");
	}
}

static void
json_trade(struct text *t, const struct optimise_report *r,
    const struct trade_proposal *p)
{
	begin(t, r, "trade");
	json_key_text(t, "kind", trade_kind_name(p->kind));
	text_put(t, ",\"legs\":[");
	for (size_t i = 0; i < p->leg_count; i++) {
		const struct action *a = &p->leg[i];

		first_text(t, i, "instrument",
		    book_of(r)->instruments[a->instrument].name);
		json_key_num(t, "size", a->size);
		json_key_price(t, "price", true, a->price);
		json_key_text(t, "settles_in",
		    book_of(r)->assets[a->asset].name);
		text_put(t, "}");
	}
	text_put(t, "]");
	json_key_usd(t, "cost", p->cost);
	json_key_usd(t, "released", p->released);
	json_key_usd(t, "initial_margin_before", r->before.imr);
	json_key_usd(t, "initial_margin_after", p->after.imr);
	json_key_usd(t, "initial_excess_before", r->before.im_excess);
	json_key_usd(t, "initial_excess_after", p->after.im_excess);
	json_key_usd(t, "maintenance_margin_before", r->before.mmr);
	json_key_usd(t, "maintenance_margin_after", p->after.mmr);
	json_key_usd(t, "maintenance_excess_before", r->before.mm_excess);
	json_key_usd(t, "maintenance_excess_after", p->after.mm_excess);
	text_put(t, "}}\n");
}

static void
json_step(struct text *t, const struct optimise_report *r,
    const struct rebalance_step *s, size_t i)
{
	const struct asset *assets = book_of(r)->assets;

	first_text(t, i, "kind", rebalance_kind_name(s->kind));
	switch (s->kind) {
	case REBALANCE_REPAY:
		json_key_text(t, "debt_asset", assets[s->debt_asset].name);
		key_atoms(t, "repay", &assets[s->debt_asset], s->repay);
		json_key_text(t, "collateral_asset",
		    assets[s->collateral_asset].name);
		key_atoms(t, "sell", &assets[s->collateral_asset], s->sell);
		break;
	case REBALANCE_CLOSE:
		json_key_text(t, "instrument",
		    book_of(r)->instruments[s->instrument].name);
		json_key_num(t, "size", s->size);
		json_key_price(t, "price", true, s->price);
		break;
	}
	json_key_usd(t, "cost", s->cost);
	json_key_ratio(t, "health_after", s->health_after);
	text_put(t, "}");
}

static void
json_rebalance(struct text *t, const struct optimise_report *r)
{
	const struct rebalance_plan *p = &r->rebalance;

	begin(t, r, "rebalance");
	json_key_ratio(t, "target_health", r->target);
	json_key_text(t, "error", optimise_why(r->rebalance_error));
	if (r->rebalance_error == ERR_OK) {
		json_key_ratio(t, "health_before", p->health_before);
		json_key_ratio(t, "health_after", p->health_after);
		json_key_usd(t, "cost", p->cost);
		text_put(t, ",\"steps\":[");
		for (size_t i = 0; i < p->count; i++)
			json_step(t, r, &p->step[i], i);
		text_put(t, "]");
	}
	text_put(t, "}}\n");
}

static void
json_mix_asset(struct text *t, const struct optimise_report *r, size_t i,
    bool is_first)
{
	const struct asset *a = &book_of(r)->assets[r->choice.asset[i]];
	u128 atoms;

	first_text(t, !is_first, "asset", a->name);
	json_key_usd(t, "value", r->mix.amount[i]);
	if (atoms_from_usd18(&atoms, r->mix.amount[i], a->decimals,
	    r->study->market->market.asset[r->choice.asset[i]].price.mid,
	    ROUND_CEIL) == ERR_OK)
		key_atoms(t, "amount", a, atoms);
	else
		json_key_text(t, "amount", NULL);
	text_put(t, "}");
}

static void
json_mix(struct text *t, const struct optimise_report *r)
{
	bool is_first = true;

	begin(t, r, "mix");
	json_key_text(t, "error", optimise_why(r->mix_error));
	if (r->mix_error == ERR_OK) {
		json_key_usd(t, "requirement", r->mix.requirement);
		json_key_usd(t, "counted", r->mix.counted);
		text_put(t, ",\"assets\":[");
		for (size_t i = 0; i < r->choice.count; i++) {
			if (usd18_is_zero(r->mix.amount[i]))
				continue;
			json_mix_asset(t, r, i, is_first);
			is_first = false;
		}
		text_put(t, "]");
		if (r->mix.has_before)
			json_key_usd(t, "deviation_before",
			    r->mix.deviation_before);
		else
			json_key_text(t, "deviation_before", NULL);
		json_key_usd(t, "deviation_after", r->mix.deviation);
	}
	text_put(t, "}}\n");
}

void
optimise_json(struct text *t, const struct optimise_report *r)
{
	json_topup(t, r);
	json_positions(t, r);
	if (r->trade_error != ERR_OK) {
		begin(t, r, "trade");
		json_key_text(t, "error", optimise_why(r->trade_error));
		text_put(t, "}}\n");
	}
	for (size_t i = 0; i < r->trade_count; i++)
		json_trade(t, r, &r->trade[i]);
	json_rebalance(t, r);
	json_mix(t, r);
}
