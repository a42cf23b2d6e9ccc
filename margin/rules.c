/* Defaults and bounds of all parameters. */
#include "margin/rules.h"

#include <string.h>

#include "margin/liquidation.h"

#define PERCENT_PPB (PPB_ONE_RAW / 100)

void
rules_default(struct rules *r)
{
	memset(r, 0, sizeof(*r));
	r->profile = profile_at(0);
	r->price = (struct price_rules){
		.quorum = 2, .age_max_ms = 3000,
		.dispersion_max = ppb_from_raw(2 * PERCENT_PPB),
		.band_max = ppb_from_raw(10 * PERCENT_PPB),
	};
	collateral_rules_default(&r->collateral);
	standard_rules_default(&r->standard);
	scenario_rules_default(&r->scenario);
	greeks_rules_default(&r->greeks);
	var_rules_default(&r->var);
	buffer_rules_default(&r->buffer);
	call_rules_default(&r->call);
	r->liquidation.target_health =
	    wad_from_raw(LIQUIDATION_TARGET_HEALTH_RAW);
	recovery_rules_default(&r->liquidation.recovery);
	auction_rules_default(&r->liquidation.auction);
	aave_rules_default(&r->liquidation.aave);
	liquity_rules_default(&r->liquidation.liquity);
	morpho_rules_default(&r->liquidation.morpho);
	euler_rules_default(&r->liquidation.euler);
	gearbox_rules_default(&r->liquidation.gearbox);
	rules_seal(r);
}

/* ---- bounds ------------------------------------------------------------- */

static bool
is_share(struct ppb x)
{
	return ppb_to_raw(x) <= PPB_ONE_RAW;
}

static bool
is_inside(struct ppb x)
{
	return ppb_to_raw(x) > 0 && ppb_to_raw(x) < PPB_ONE_RAW;
}

static bool
is_within(struct num18 x, struct num18 least, struct num18 most)
{
	return num18_compare(x, least) >= 0 && num18_compare(x, most) <= 0;
}

static bool
price_is_good(const struct price_rules *r)
{
	return r->quorum >= 1 && is_inside(r->dispersion_max) &&
	    is_inside(r->band_max);
}

static bool
collateral_is_good(const struct collateral_rules *r)
{
	return !num18_is_negative(r->z) && is_share(r->haircut_min) &&
	    !num18_is_negative(r->horizon_maintenance_days) &&
	    num18_compare(r->horizon_maintenance_days,
	    r->horizon_initial_days) <= 0 && !num18_is_negative(r->impact) &&
	    !num18_is_negative(r->wrong_way) && is_share(r->bridge) &&
	    ppb_to_raw(r->share_max) > 0 && is_share(r->share_max) &&
	    r->epoch_ms > 0;
}

static bool
standard_is_good(const struct standard_rules *r)
{
	const struct linear_rules *l = &r->linear;
	const struct standard_oracle_rules *o = &r->oracle;
	struct num18 zero = num18_zero(), one = num18_one();

	return !num18_is_negative(l->size_factor) &&
	    !usd18_is_negative(l->open_interest_lower) &&
	    !usd18_is_negative(l->open_interest_upper) &&
	    (usd18_is_zero(l->open_interest_upper) ||
	    usd18_compare(l->open_interest_lower, l->open_interest_upper) <
	    0) && is_share(r->profit_weight) &&
	    is_within(o->linear_threshold, zero, one) &&
	    is_within(o->option_threshold, zero, one) &&
	    is_within(o->base_threshold, zero, one) &&
	    !num18_is_negative(r->depeg_threshold) &&
	    is_share(r->base_weight) && is_share(r->base_initial_scale);
}

static bool
sample_is_good(const struct sample_rules *r)
{
	struct num18 zero = num18_zero(), one = num18_one();

	return r->mpor >= 1 && r->mpor <= SAMPLE_SCENARIOS_MAX &&
	    is_within(r->lambda, zero, one) &&
	    !num18_is_negative(r->clamp_low) &&
	    num18_compare(r->clamp_low, r->clamp_high) <= 0 &&
	    r->seed_periods >= 1 && r->stress_span >= 1 && r->draws >= 1 &&
	    r->draws <= SAMPLE_SCENARIOS_MAX &&
	    is_within(r->shrinkage, zero, one) && r->degrees >= 4 &&
	    r->degrees % 2 == 0 && r->degrees <= SAMPLE_DEGREES_MAX;
}

static bool
var_is_good(const struct var_rules *r)
{
	return is_inside(r->alpha) && is_inside(r->alpha_es) &&
	    r->scenarios_min >= 1 && r->tail_min >= 1 &&
	    sample_is_good(&r->sample);
}

static bool
call_is_good(const struct call_rules *r)
{
	for (unsigned i = 1; i < CALL_AGES - 1; i++)
		if (r->age_ms[i] <= r->age_ms[i - 1])
			return false;
	return ppb_to_raw(r->haircut) < PPB_ONE_RAW;
}

static bool
liquidation_is_good(const struct liquidation_rules *r)
{
	struct num18 one = num18_one(), zero = num18_zero();

	return wad_compare(r->target_health, wad_one()) >= 0 &&
	    !num18_is_negative(r->auction.buffer) &&
	    is_within(r->auction.discount_fast, zero,
	    r->auction.discount_start) &&
	    num18_compare(r->auction.discount_start, one) <= 0 &&
	    r->auction.fast_s > 0 && r->auction.slow_s > 0 &&
	    r->auction.insolvent_s > 0 && is_share(r->aave.close_factor) &&
	    r->aave.base_decimals <= 18 && r->liquity.gas_share > 0 &&
	    wad_compare(r->morpho.cursor, wad_one()) <= 0 &&
	    wad_compare(r->morpho.incentive_max, wad_one()) >= 0 &&
	    is_share(r->euler.discount_max) && is_share(r->gearbox.discount) &&
	    is_share(r->gearbox.fee_liquidation) &&
	    is_share(r->gearbox.fee_interest);
}

const char *
rules_check(const struct rules *r)
{
	if (!price_is_good(&r->price))
		return "price";
	if (!collateral_is_good(&r->collateral))
		return "collateral";
	if (!standard_is_good(&r->standard))
		return "standard";
	if (scenario_rules_check(&r->scenario) != ERR_OK)
		return "scenario";
	if (greeks_rules_check(&r->greeks) != ERR_OK)
		return "greeks";
	if (!var_is_good(&r->var))
		return "var";
	if (!call_is_good(&r->call))
		return "call";
	if (!liquidation_is_good(&r->liquidation))
		return "liquidation";
	return NULL;
}

/* ---- bands -------------------------------------------------------------- */

static void
band_refuse(struct price *p, struct ppb band_max)
{
	struct px18 down, up;
	struct ppb part;

	if (p->status == PRICE_REFUSED)
		return;
	if (px18_sub(&down, p->mid, p->low) == ERR_OK &&
	    px18_sub(&up, p->high, p->mid) == ERR_OK &&
	    px18_part_ppb(&part, px18_max(down, up), p->mid, ROUND_CEIL) ==
	    ERR_OK && ppb_to_raw(part) <= ppb_to_raw(band_max))
		return;
	p->status = PRICE_REFUSED;
	p->reason = REASON_BAND;
	p->mid = p->low = px18_from_raw(0);
}

void
rules_refuse_bands(struct market *m, struct market_terms *terms,
    const struct rules *r)
{
	for (size_t i = 0; i < m->count; i++)
		band_refuse(&m->asset[i].price, r->price.band_max);
	for (size_t i = 0; terms && i < BOOK_FACTORS_MAX; i++)
		if (terms->factor[i].is_present)
			band_refuse(&terms->factor[i].price.price,
			    r->price.band_max);
}
