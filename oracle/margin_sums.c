#include "oracle/margin_sums.h"

#include "base/clock_text.h"
#include "margin/aggregate_group.h"
#include "margin/node_greeks.h"
#include "oracle/margin_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX_BYTES (1024u * 1024u)
#define ROWS_MAX (BOOK_FACTORS_MAX * MARKET_EXPIRIES_MAX)

bool
margin_by_named(const char *command, const char *name, enum margin_by *out)
{
	static const char *const words[] = { "asset", "chain", "group" };

	for (unsigned i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(words[i], name) == 0) {
			*out = (enum margin_by)i;
			return true;
		}
	fprintf(stderr, "margind %s: --by takes asset, chain or group\n",
	    command);
	return false;
}

/* ---- by key ------------------------------------------------------------- */

struct by {
	const struct study *study;
	enum margin_by by;
	struct aggregate_table table;
	char name[BOOK_ASSETS_MAX][BOOK_NAME_MAX];	/* of groups */
	uint64_t groups;
	unsigned unpriced;
};

static enum aggregate_kind
kind_of(enum margin_by by)
{
	switch (by) {
	case BY_ASSET: return AGGREGATE_ASSET;
	case BY_CHAIN: return AGGREGATE_CHAIN;
	case BY_GROUP: return AGGREGATE_GROUP;
	}
	return AGGREGATE_SYSTEM;
}

static uint64_t
group_id(struct by *x, const char *name)
{
	for (uint64_t i = 0; i < x->groups; i++)
		if (strcmp(x->name[i], name) == 0)
			return i;
	snprintf(x->name[x->groups], BOOK_NAME_MAX, "%s", name);
	return x->groups++;
}

static uint64_t
key_of(struct by *x, uint8_t asset, const struct leg *leg)
{
	const struct book *b = &x->study->input->book;
	const struct asset_risk *r = &b->assets[asset].risk;

	switch (x->by) {
	case BY_ASSET: return asset;
	case BY_CHAIN: return leg->lien ? b->liens[leg->lien - 1].chain_id :
	    r->chain_id;
	case BY_GROUP: return group_id(x, r->group);
	}
	return 0;
}

static enum err
leg_add(struct by *x, const struct node *n, const struct leg *leg, u128 atoms,
    bool is_debt)
{
	const struct asset *a = &n->book->assets[leg->asset];
	const struct asset_rules *rules = &a->rules[n->vault->mode];
	struct aggregate_part part = { .state = STATE_HEALTHY };
	struct ratio_leg v;
	struct point mid = point_mid();
	struct px18 px;
	enum err e;

	if (atoms == 0)
		return ERR_OK;
	if (point_asset_price(&px, n->book, n->market, leg->asset, &mid,
	    ROUND_FLOOR) != ERR_OK) {
		x->unpriced++;
		return ERR_OK;
	}
	e = is_debt ? ratio_value_debt(&v, a, atoms, px, rules->debt_weight) :
	    ratio_value_collateral(&v, a, atoms, px,
	    rules->liquidation_threshold);
	if (e != ERR_OK)
		return e;
	if (is_debt) {
		part.debt_value = v.value;
		part.weighted_debt = v.weighted;
	} else {
		part.collateral_value = v.value;
		part.weighted_collateral = v.weighted;
	}
	return aggregate_table_add(&x->table, kind_of(x->by),
	    key_of(x, leg->asset, leg), &part);
}

static enum err
vault_add(struct by *x, uint32_t slot)
{
	struct node n = snapshot_node(&x->study->snapshot, slot);
	u128 atoms;
	enum err e = ERR_OK;

	for (size_t i = 0; i < n.vault->collateral_count && e == ERR_OK; i++)
		e = leg_add(x, &n, &n.vault->collateral[i], node_atoms(&n, i),
		    false);
	for (size_t i = 0; i < n.vault->debt_count && e == ERR_OK; i++) {
		e = book_debt_atoms(&atoms, n.book, &n.vault->debt[i]);
		if (e == ERR_OK)
			e = leg_add(x, &n, &n.vault->debt[i], atoms, true);
	}
	return e;
}

static const char *
key_name(const struct by *x, uint64_t id, char buf[32])
{
	switch (x->by) {
	case BY_ASSET: return x->study->input->book.assets[id].name;
	case BY_GROUP: return x->name[id][0] ? x->name[id] : "-";
	case BY_CHAIN: break;
	}
	snprintf(buf, 32, "%llu", (unsigned long long)id);
	return buf;
}

static void
row_json(struct text *t, const struct by *x, const struct aggregate_row *r)
{
	static const char *const words[] = { "asset", "chain", "group" };
	char buf[32];
	const char *name = key_name(x, r->id, buf);

	text_printf(t, "{\"by\":\"%s\"", words[x->by]);
	json_key_text(t, "key", name);
	json_key_usd(t, "collateral_value", r->collateral_value);
	json_key_usd(t, "debt_value", r->debt_value);
	json_key_ratio(t, "collateralization_ratio", aggregate_row_ratio(r));
	json_key_ratio(t, "health_factor", aggregate_row_health(r));
	text_put(t, "}\n");
}

static void
row_table(const struct by *x, const struct aggregate_row *r)
{
	char held[CELL], owed[CELL], ratio[CELL], buf[32];

	cell_usd(held, r->collateral_value);
	cell_usd(owed, r->debt_value);
	cell_ratio(ratio, aggregate_row_ratio(r));
	printf("%-24s  %20s  %20s  %12s\n", key_name(x, r->id, buf), held,
	    owed, ratio);
}

static bool
by_print(const struct by *x, bool is_json)
{
	struct wad hhi;
	struct text t;
	char cell[CELL];
	bool ok;

	text_init(&t, OUTPUT_MAX_BYTES);
	if (!is_json)
		printf("%-24s  %20s  %20s  %12s\n", "KEY", "COLLATERAL",
		    "DEBT", "RATIO");
	for (uint32_t i = 0; i < x->table.count; i++)
		if (is_json)
			row_json(&t, x, &x->table.row[i]);
		else
			row_table(x, &x->table.row[i]);
	if (aggregate_concentration(&hhi, &x->table, kind_of(x->by)) ==
	    ERR_OK) {
		cell_ratio(cell, hhi);
		if (is_json) {
			text_put(&t, "{\"concentration\":");
			text_json_u128(&t, wad_to_raw(hhi), 18);
			text_printf(&t, ",\"unpriced_legs\":%u}\n",
			    x->unpriced);
		} else {
			printf("\nconcentration %s; %u legs without a price\n",
			    cell, x->unpriced);
		}
	}
	ok = !t.failed && (t.len == 0 ||
	    fwrite(t.at, 1, t.len, stdout) == t.len);
	text_free(&t);
	return ok;
}

bool
margin_by_print(const struct study *s, enum margin_by by, bool is_json)
{
	struct by *x = calloc(1, sizeof(*x));
	enum err e = x ? ERR_OK : ERR_LIMIT;
	bool ok = false;

	if (x) {
		x->study = s;
		x->by = by;
	}
	for (uint32_t i = 0; e == ERR_OK && i < s->input->book.vault_count;
	    i++)
		e = vault_add(x, i);
	if (e == ERR_OK)
		ok = by_print(x, is_json);
	else
		fprintf(stderr, "margind margin: the sums cannot be made: "
		    "%s\n", err_name(e));
	free(x);
	return ok;
}

/* ---- greeks ------------------------------------------------------------- */

static void
greeks_json(struct text *t, const struct study *s, const char *vault,
    const struct position_greeks *g)
{
	char expiry[TIME_TEXT_BUF] = "";

	if (g->expiry_ms != 0)
		(void)time_ms_to_rfc3339(expiry, g->expiry_ms);
	text_put(t, "{\"greeks\":{\"vault\":");
	if (vault)
		text_json_string(t, vault, strlen(vault));
	else
		text_put(t, "null");
	json_key_text(t, "underlying", s->input->names.factor[g->factor]);
	json_key_text(t, "expiry", g->expiry_ms ? expiry : NULL);
	json_key_usd(t, "delta", g->delta);
	json_key_usd(t, "gamma", g->gamma);
	json_key_usd(t, "vega", g->vega);
	json_key_usd(t, "theta", g->theta);
	text_put(t, "}}\n");
}

static void
greeks_row(const struct study *s, const struct position_greeks *g)
{
	char delta[CELL], gamma[CELL], vega[CELL], theta[CELL];
	char expiry[TIME_TEXT_BUF] = "-";

	if (g->expiry_ms != 0)
		(void)time_ms_to_rfc3339(expiry, g->expiry_ms);
	cell_usd(delta, g->delta);
	cell_usd(gamma, g->gamma);
	cell_usd(vega, g->vega);
	cell_usd(theta, g->theta);
	printf("%-12s  %-24s  %18s  %18s  %18s  %18s\n",
	    s->input->names.factor[g->factor], expiry, delta, gamma, vega,
	    theta);
}

static bool
greeks_print(const struct study *s, const struct position_greeks_table *t,
    const char *vault, bool is_json)
{
	struct text out;
	bool ok;

	text_init(&out, OUTPUT_MAX_BYTES);
	if (!is_json)
		printf("%-12s  %-24s  %18s  %18s  %18s  %18s\n", "UNDERLYING",
		    "EXPIRY", "DELTA", "GAMMA PER 1%", "VEGA PER POINT",
		    "THETA PER DAY");
	for (size_t i = 0; i < t->count; i++)
		if (is_json)
			greeks_json(&out, s, vault, &t->rows[i]);
		else
			greeks_row(s, &t->rows[i]);
	ok = !out.failed && (out.len == 0 ||
	    fwrite(out.at, 1, out.len, stdout) == out.len);
	text_free(&out);
	return ok;
}

bool
margin_greeks_print(const struct study *s, uint32_t slot, bool is_json)
{
	struct position_greeks *rows = calloc(ROWS_MAX, sizeof(*rows));
	struct position_greeks_table t = { .rows = rows,
	    .capacity = ROWS_MAX };
	const struct book *b = &s->input->book;
	struct point mid = point_mid();
	bool ok = rows != NULL;

	for (uint32_t i = 0; ok && i < b->vault_count; i++) {
		struct node n = snapshot_node(&s->snapshot, i);
		enum err e;

		if (slot != UINT32_MAX && i != slot)
			continue;
		if (node_status_of(&n).is_stale) {
			fprintf(stderr, "margind margin: vault %s is left out: "
			    "a price that it needs is missing\n",
			    b->vaults[i].name);
			continue;
		}
		e = node_greeks(&t, &n, &mid, s->work->units);
		if (e != ERR_OK) {
			fprintf(stderr, "margind margin: the greeks of vault "
			    "%s cannot be summed: %s\n", b->vaults[i].name,
			    err_name(e));
			ok = false;
		}
	}
	if (ok)
		ok = greeks_print(s, &t, slot == UINT32_MAX ? NULL :
		    b->vaults[slot].name, is_json);
	free(rows);
	return ok;
}
