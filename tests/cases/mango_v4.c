/* Mango v4: health of whole accounts, within the file's own tolerance.
 *
 * Tokens are numbered from 1: tokenN is a balance, oo_Q_B the reserved
 * [quote, base] of the market of base token B in quote token Q, perpN a
 * position in the one perpetual that the setup describes. */
#include "tests/cases/cases.h"

#include <stdio.h>
#include <string.h>

#include "margin/venue_mango.h"

struct world {
	struct mango_token tokens[MANGO_TOKENS_MAX];
	struct mango_perp perps[MANGO_ITEMS_MAX];
	struct mango_orders orders[MANGO_ITEMS_MAX];
	struct mango_account account;
};

static struct num18
item_num(const struct node *list, unsigned i)
{
	return num18_from_raw(node_i128(node_item(list, i), 18));
}

static struct num18
num_or_zero(const struct node *map, const char *key)
{
	return node_is_null(node_find(map, key)) ? num18_zero() :
	    get_num(map, key);
}

static struct num18
times(struct num18 a, struct num18 b)
{
	struct num18 v;

	CASE_NEED(num18_mul(&v, a, b, ROUND_FLOOR) == ERR_OK);
	return v;
}

static void
tokens_read(struct world *w, const struct node *setup, const struct node *n)
{
	const struct node *prices = node_need(setup, "prices");
	const struct node *banks = node_find(n, "banks");

	CASE_NEED(prices->count <= MANGO_TOKENS_MAX);
	for (unsigned i = 0; i < prices->count; i++) {
		struct mango_token *t = &w->tokens[i];
		char key[16];

		(void)snprintf(key, sizeof(key), "token%u", i + 1);
		t->price.oracle = t->price.stable = item_num(prices, i);
		t->weights = (struct mango_weights){
			item_num(node_need(setup, "init_asset_weight"), i),
			item_num(node_need(setup, "init_liab_weight"), i),
			item_num(node_need(setup, "maint_asset_weight"), i),
			item_num(node_need(setup, "maint_liab_weight"), i),
		};
		t->balance = num_or_zero(n, key);
		if (banks == NULL || i >= banks->count)
			continue;
		t->deposit_scale_start = num_or_zero(node_item(banks, i),
		    "deposit_weight_scale_start_quote");
		t->borrow_scale_start = num_or_zero(node_item(banks, i),
		    "borrow_weight_scale_start_quote");
		t->deposits = num_or_zero(node_item(banks, i), "deposits");
		t->borrows = num_or_zero(node_item(banks, i), "borrows");
		t->potential_deposits = num_or_zero(node_item(banks, i),
		    "potential_serum_tokens");
	}
	w->account.tokens = w->tokens;
	w->account.token_count = prices->count;
}

static void
perp_read(struct world *w, const struct node *setup, const struct node *n)
{
	struct mango_perp *p = &w->perps[w->account.perp_count++];
	struct num18 lot = get_num(setup, "base_lot_size");

	CASE_NEED(w->account.perp_count <= MANGO_ITEMS_MAX);
	*p = (struct mango_perp){
		.weights = {
			get_num(setup, "init_base_asset_weight"),
			get_num(setup, "init_base_liab_weight"),
			get_num(setup, "maint_base_asset_weight"),
			get_num(setup, "maint_base_liab_weight"),
		},
		.init_overall_asset =
		    get_num(setup, "init_overall_asset_weight"),
		.maint_overall_asset =
		    get_num(setup, "maint_overall_asset_weight"),
		.settle_token =
		    (uint8_t)(get_i128(setup, "settle_token", 0) - 1),
		.base = times(item_num(n, 0), lot),
		.quote = item_num(n, 1),
		.bids = times(item_num(n, 2), lot),
		.asks = times(item_num(n, 3), lot),
	};
	p->base_price.oracle = p->base_price.stable =
	    get_num(setup, "base_price");
}

static void
orders_read(struct world *w, const struct node *n, const struct node *oo)
{
	struct mango_orders *o = &w->orders[w->account.order_count++];
	unsigned quote = 0, base = 0;
	const char *at = oo->key + 3;
	char key[40];

	CASE_NEED(w->account.order_count <= MANGO_ITEMS_MAX);
	for (; *at >= '0' && *at <= '9'; at++)
		quote = quote * 10 + (unsigned)(*at - '0');
	CASE_NEED(*at == '_');
	for (at++; *at >= '0' && *at <= '9'; at++)
		base = base * 10 + (unsigned)(*at - '0');
	*o = (struct mango_orders){
		.base_token = (uint8_t)(base - 1),
		.quote_token = (uint8_t)(quote - 1),
		.quote_reserved = item_num(oo, 0),
		.base_reserved = item_num(oo, 1),
	};
	(void)snprintf(key, sizeof(key), "lowest_ask_%u_%u", quote, base);
	o->lowest_ask = num_or_zero(n, key);
	(void)snprintf(key, sizeof(key), "highest_bid_%u_%u", quote, base);
	o->highest_bid = num_or_zero(n, key);
}

static enum mango_health
health_of(const struct node *type)
{
	if (node_is(type, "Maint"))
		return MANGO_MAINT;
	return node_is(type, "LiquidationEnd") ? MANGO_LIQUIDATION_END :
	    MANGO_INIT;
}

static void
account_case(struct cases *c, const struct node *setup, const struct node *n)
{
	const struct node *type = node_find(n, "health_type");
	struct world w = { 0 };
	struct num18 got;

	tokens_read(&w, setup, n);
	for (const struct node *k = n->first; k != NULL; k = k->next) {
		if (strncmp(k->key, "perp", 4) == 0)
			perp_read(&w, node_need(setup, "perp"), k);
		if (strncmp(k->key, "oo_", 3) == 0)
			orders_read(&w, n, k);
	}
	w.account.perps = w.perps;
	w.account.orders = w.orders;
	if (case_ok(c, "health", mango_health(&got, &w.account,
	    health_of(type ? type : node_need(setup, "health_type")))))
		case_near(c, "health", get_i128(n, "expected", 18),
		    num18_to_raw(got), get_i128(setup, "tol", 18), 18);
}

void
cases_mango_v4(struct cases *c, const struct node *root)
{
	const struct node *list = node_need(root, "cases");
	unsigned i = 0;

	for (const struct node *n = list->first; n != NULL; n = n->next) {
		case_begin(c, "%u", i++);
		account_case(c, node_need(root, "setup"), n);
	}
}
