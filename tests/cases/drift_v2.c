/* Drift v2: weights by size and deposits, amounts that cover a shortage.
 * Integers, exact. */
#include "tests/cases/cases.h"

#include <string.h>

#include "margin/venue_drift.h"

#define TOKEN_DECIMALS 9u	/* deposits are given in whole tokens */

static uint32_t
get_u32(const struct node *map, const char *path)
{
	return (uint32_t)get_i128(map, path, 0);
}

static void
weight_case(struct cases *c, const struct node *n, bool is_asset)
{
	u128 size = (u128)get_i128(n, "size_1e9", 0);
	uint32_t factor = get_u32(n, "imf_1e6");
	uint32_t weight = get_u32(n, "weight_1e4"), got;

	if (case_ok(c, "weight", is_asset ?
	    drift_asset_weight(&got, size, factor, weight) :
	    drift_liability_weight(&got, size, factor, weight)))
		case_exact(c, "weight", get_i128(n, "expected", 0), got);
}

static void
scaled_case(struct cases *c, const struct node *n)
{
	u128 value;
	uint32_t got;
	enum err e = drift_token_value(&value,
	    (u128)get_i128(n, "deposits", TOKEN_DECIMALS), TOKEN_DECIMALS,
	    (uint64_t)get_i128(n, "price", 6));

	if (e == ERR_OK)
		e = drift_scaled_asset_weight(&got, get_u32(n, "weight_1e4"),
		    value, (u128)get_i128(n, "scale_start_usd", 6));
	if (case_ok(c, "weight", e))
		case_exact(c, "weight", get_i128(n, "expected", 0), got);
}

static void
base_case(struct cases *c, const struct node *n)
{
	const struct node *args = node_need(n, "args");
	const struct drift_position p = {
		.margin_ratio = get_u32(args, "margin_ratio_1e4"),
		.liquidation_fee = get_u32(args, "liq_fee_1e6"),
		.insurance_fee = get_u32(args, "if_fee_1e6"),
		.oracle_price = (uint64_t)get_i128(args, "oracle_1e6", 0),
		.quote_price = node_find(args, "quote_oracle_1e6") ?
		    (uint64_t)get_i128(args, "quote_oracle_1e6", 0) :
		    DRIFT_UNIT,
	};
	u128 got;

	if (case_ok(c, "base", drift_base_to_cover(&got,
	    (u128)get_i128(args, "shortage_1e6", 0), &p)))
		case_exact(c, "base", get_i128(n, "expected", 0),
		    got > UINT64_MAX ? (i128)UINT64_MAX : (i128)got);
}

static void
transfer_case(struct cases *c, const struct node *n)
{
	const struct node *args = node_need(n, "args");
	const struct drift_transfer t = {
		.asset_weight = get_u32(args, "asset_weight_1e4"),
		.asset_multiplier = get_u32(args, "asset_liq_mult_1e6"),
		.liability_weight = get_u32(args, "liab_weight_1e4"),
		.liability_multiplier = get_u32(args, "liab_liq_mult_1e6"),
		.liability_decimals = get_u32(args, "liab_decimals"),
		.liability_price =
		    (uint64_t)get_i128(args, "liab_price_1e6", 0),
		.insurance_fee = get_u32(args, "if_fee_1e6"),
	};
	const struct u256 expected = node_u256(node_need(n, "expected"));
	char want[U256_TEXT], have[U256_TEXT];
	struct u256 wide;
	u128 got;

	if (!case_ok(c, "liability", drift_liability_to_cover(&got,
	    (u128)get_i128(args, "shortage_1e6", 0), &t)))
		return;
	wide = u256_from_u128(got);
	u256_text(want, &expected);
	u256_text(have, &wide);
	case_text(c, "liability", want, have);
}

void
cases_drift_v2(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const char *fn = node_need(n, "fn")->text;

		case_begin(c, "%u %s", i++, fn);
		if (strcmp(fn, "size_discount_asset_weight") == 0)
			weight_case(c, n, true);
		else if (strcmp(fn, "size_premium_liability_weight") == 0)
			weight_case(c, n, false);
		else if (strcmp(fn, "scaled_initial_asset_weight") == 0)
			scaled_case(c, n);
		else if (strcmp(fn,
		    "base_asset_amount_to_cover_margin_shortage") == 0)
			base_case(c, n);
		else if (strcmp(fn,
		    "liability_transfer_to_cover_margin_shortage") == 0)
			transfer_case(c, n);
		else
			case_ok(c, "a function of a known name", ERR_UNKNOWN);
	}
}
