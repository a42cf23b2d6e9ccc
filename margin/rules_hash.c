/* The canonical form of all parameters, hashed word by word. */
#include "margin/rules.h"

#include <string.h>

#include "base/keccak.h"

#define WORD 32u

static void
put_number(struct keccak256 *k, u128 v, bool is_negative)
{
	uint8_t word[WORD];

	memset(word, is_negative ? 0xff : 0, sizeof(word));
	for (unsigned i = 0; i < sizeof(v); i++)
		word[WORD - 1 - i] = (uint8_t)(v >> (8 * i));
	keccak256_update(k, word, sizeof(word));
}

static void
put_whole(struct keccak256 *k, uint64_t v)
{
	put_number(k, v, false);
}

static void
put_num(struct keccak256 *k, struct num18 v)
{
	put_number(k, (u128)num18_to_raw(v), num18_is_negative(v));
}

static void
put_usd(struct keccak256 *k, struct usd18 v)
{
	put_number(k, (u128)usd18_to_raw(v), usd18_is_negative(v));
}

static void
put_wad(struct keccak256 *k, struct wad v)
{
	put_number(k, wad_to_raw(v), false);
}

static void
put_ppb(struct keccak256 *k, struct ppb v)
{
	put_whole(k, ppb_to_raw(v));
}

/* A name longer than a word does not occur (below). */
static void
put_name(struct keccak256 *k, const char *name)
{
	uint8_t word[WORD] = { 0 };

	memcpy(word, name, strnlen(name, sizeof(word)));
	keccak256_update(k, word, sizeof(word));
}
_Static_assert(GREEKS_BUCKET_NAME_MAX <= WORD, "a name fits a word");

static void
put_price(struct keccak256 *k, const struct price_rules *r)
{
	put_whole(k, r->quorum);
	put_whole(k, r->age_max_ms);
	put_ppb(k, r->dispersion_max);
	put_ppb(k, r->band_max);
}

static void
put_collateral(struct keccak256 *k, const struct collateral_rules *r)
{
	put_num(k, r->z);
	put_ppb(k, r->haircut_min);
	put_num(k, r->horizon_initial_days);
	put_num(k, r->horizon_maintenance_days);
	put_num(k, r->impact);
	put_num(k, r->wrong_way);
	put_ppb(k, r->bridge);
	put_ppb(k, r->share_max);
	put_whole(k, r->ramp_ms);
	put_whole(k, r->epoch_ms);
}

static void
put_standard(struct keccak256 *k, const struct standard_rules *r)
{
	const struct standard_option_rules *o = &r->option;

	put_num(k, r->linear.size_factor);
	put_ppb(k, r->linear.base_share);
	put_usd(k, r->linear.open_interest_lower);
	put_usd(k, r->linear.open_interest_upper);
	put_ppb(k, r->profit_weight);
	put_ppb(k, o->initial_at_money);
	put_ppb(k, o->initial_min);
	put_ppb(k, o->maintenance_call);
	put_ppb(k, o->maintenance_put);
	put_ppb(k, o->maintenance_put_mark);
	put_ppb(k, o->initial_put_scale);
	put_ppb(k, o->unpaired_initial);
	put_ppb(k, o->unpaired_maintenance);
	put_num(k, r->oracle.linear_threshold);
	put_num(k, r->oracle.option_threshold);
	put_num(k, r->oracle.base_threshold);
	put_ppb(k, r->oracle.factor);
	put_num(k, r->depeg_threshold);
	put_ppb(k, r->depeg_factor);
	put_ppb(k, r->base_weight);
	put_ppb(k, r->base_initial_scale);
}

static void
put_shocks(struct keccak256 *k, const struct scenario_shock *s,
    uint32_t count)
{
	put_whole(k, count);
	for (uint32_t i = 0; i < count; i++) {
		put_num(k, s[i].spot);
		put_whole(k, s[i].vol);
		put_num(k, s[i].dampening);
	}
}

static void
put_scenario_moves(struct keccak256 *k, const struct scenario_rules *r)
{
	put_shocks(k, r->shock, r->shock_count);
	put_shocks(k, r->common, r->common_count);
	put_num(k, r->vol.vol_range_up);
	put_num(k, r->vol.vol_range_down);
	put_num(k, r->vol.short_term_power);
	put_num(k, r->vol.long_term_power);
	put_num(k, r->vol.min_vol_up_shock);
	put_whole(k, r->vol.dte_floor_s);
	put_num(k, r->skew.linear_base_cap);
	put_num(k, r->skew.abs_base_cap);
	put_num(k, r->skew.linear_c_base);
	put_num(k, r->skew.abs_c_base);
	put_num(k, r->skew.min_k_star);
	put_num(k, r->skew.width_scale);
	put_num(k, r->skew.vol_param_static);
	put_num(k, r->skew.vol_param_scale);
}

static void
put_scenario_factors(struct keccak256 *k, const struct scenario_rules *r)
{
	const struct scenario_margin_rules *m = &r->margin;
	const struct scenario_other_rules *o = &r->other;

	put_num(k, m->im_factor);
	put_num(k, m->mm_factor);
	put_num(k, m->short_rate_mult_scale);
	put_num(k, m->long_rate_mult_scale);
	put_num(k, m->short_rate_add_scale);
	put_num(k, m->long_rate_add_scale);
	put_num(k, m->short_base_static_discount);
	put_num(k, m->long_base_static_discount);
	put_num(k, r->basis.scenario_spot_up);
	put_num(k, r->basis.scenario_spot_down);
	put_num(k, r->basis.basis_cont_add_factor);
	put_num(k, r->basis.basis_cont_mult_factor);
	put_num(k, o->peg_loss_threshold);
	put_num(k, o->peg_loss_factor);
	put_num(k, o->conf_threshold);
	put_num(k, o->conf_margin);
	put_num(k, o->mm_perp_percent);
	put_num(k, o->im_perp_percent);
	put_num(k, o->mm_option_percent);
	put_num(k, o->im_option_percent);
	put_num(k, r->extra.funding_percent);
	put_num(k, r->extra.fee_percent);
	put_num(k, r->extra.short_option_minimum);
	put_usd(k, r->extra.minimum_charge);
	put_num(k, r->extra.omega);
}

static void
put_greeks(struct keccak256 *k, const struct greeks_rules *r)
{
	put_whole(k, r->bucket_count);
	for (uint8_t i = 0; i < r->bucket_count; i++) {
		const struct greeks_bucket *b = &r->bucket[i];

		put_name(k, b->name);
		put_whole(k, b->is_residual);
		put_whole(k, b->has_curvature);
		put_num(k, b->delta_weight);
		put_num(k, b->vega_weight);
		put_num(k, b->rho);
		put_usd(k, b->delta_threshold);
		put_usd(k, b->vega_threshold);
		/* The diagonal and the residual's rows are not read. */
		for (uint8_t j = 0; j < i; j++)
			if (!b->is_residual && !r->bucket[j].is_residual)
				put_num(k, r->gamma[i][j]);
	}
	put_num(k, r->historical_vol_ratio);
	put_num(k, r->horizon_days);
	put_num(k, r->weight_quantile);
	put_num(k, r->curvature_quantile);
	put_whole(k, r->is_gamma_counted);
	put_num(k, r->taylor_error_max);
	put_num(k, r->taylor_floor);
	put_num(k, r->initial_factor);
	put_num(k, r->maintenance_factor);
}

static void
put_var(struct keccak256 *k, const struct var_rules *r)
{
	const struct sample_rules *s = &r->sample;

	put_whole(k, r->source);
	put_whole(k, r->profile);
	put_ppb(k, r->alpha);
	put_ppb(k, r->alpha_es);
	put_ppb(k, r->weight);
	put_ppb(k, r->weight_stressed);
	put_whole(k, r->scenarios_min);
	put_whole(k, r->tail_min);
	put_whole(k, s->mpor);
	put_num(k, s->lambda);
	put_num(k, s->clamp_low);
	put_num(k, s->clamp_high);
	put_whole(k, s->seed_periods);
	put_whole(k, s->stress_first);
	put_whole(k, s->stress_length);
	put_whole(k, s->stress_span);
	put_whole(k, s->draws);
	put_num(k, s->shrinkage);
	put_whole(k, s->degrees);
}

static void
put_call(struct keccak256 *k, const struct call_rules *r)
{
	put_ppb(k, r->buffer);
	put_ppb(k, r->target);
	put_ppb(k, r->haircut);
	put_ppb(k, r->hysteresis);
	put_whole(k, r->deadline_ms);
	put_whole(k, r->is_enforced);
	for (unsigned i = 0; i < CALL_AGES - 1; i++)
		put_whole(k, r->age_ms[i]);
}

static void
put_liquidation(struct keccak256 *k, const struct liquidation_rules *r)
{
	put_wad(k, r->target_health);
	put_wad(k, r->recovery.critical_ratio);
	put_ppb(k, r->recovery.hysteresis);
	put_num(k, r->auction.buffer);
	put_num(k, r->auction.discount_start);
	put_num(k, r->auction.discount_fast);
	put_whole(k, r->auction.fast_s);
	put_whole(k, r->auction.slow_s);
	put_whole(k, r->auction.insolvent_s);
	put_ppb(k, r->aave.close_factor);
	put_wad(k, r->aave.full_close_health);
	put_usd(k, r->aave.small_leg);
	put_usd(k, r->aave.leftover);
	put_whole(k, r->aave.base_decimals);
	put_wad(k, r->liquity.minimum_ratio);
	put_wad(k, r->liquity.critical_ratio);
	put_usd(k, r->liquity.gas_reserve);
	put_usd(k, r->liquity.net_debt_min);
	put_whole(k, r->liquity.gas_share);
	put_wad(k, r->morpho.incentive_max);
	put_wad(k, r->morpho.cursor);
	put_ppb(k, r->euler.discount_max);
	put_ppb(k, r->gearbox.discount);
	put_ppb(k, r->gearbox.fee_liquidation);
	put_ppb(k, r->gearbox.fee_interest);
}

void
rules_seal(struct rules *r)
{
	struct keccak256 k;

	keccak256_init(&k);
	/* Without a method of its own its number is no parameter. */
	put_whole(&k, r->has_method);
	put_whole(&k, r->has_method ? r->method : 0);
	put_name(&k, r->profile->name);
	put_price(&k, &r->price);
	put_collateral(&k, &r->collateral);
	put_standard(&k, &r->standard);
	put_scenario_moves(&k, &r->scenario);
	put_scenario_factors(&k, &r->scenario);
	put_greeks(&k, &r->greeks);
	put_var(&k, &r->var);
	put_ppb(&k, r->buffer.size);
	put_ppb(&k, r->buffer.rebuild);
	put_call(&k, &r->call);
	put_whole(&k, r->stress.floors);
	put_liquidation(&k, &r->liquidation);
	keccak256_final(&k, &r->hash);
}
