/* libmargind: sensitivities, value at risk, the buffer, backtesting. */
#include "margin/margind_layer.h"

#include <stdalign.h>
#include <string.h>

#include "margin/backtest.h"

/* ---- sensitivities ------------------------------------------------------ */

_Static_assert((int)MARGIND_DELTA == GREEKS_DELTA &&
    (int)MARGIND_VEGA == GREEKS_VEGA && (int)MARGIND_GAMMA == GREEKS_GAMMA,
    "risk classes");
_Static_assert(MARGIND_SENSITIVITIES_MAX <= GREEKS_SENSITIVITIES_MAX,
    "sensitivities");

enum margind_err
margind_bucket_find(uint32_t *out, const struct margind_rules *r,
    const char *name)
{
	uint8_t index;
	enum err e = greeks_bucket_find(&index, &r->rules.greeks, name,
	    strlen(name));

	if (e == ERR_OK)
		*out = index;
	return margind_err_of(e);
}

static enum err
sensitivity_of(struct greeks_sensitivity *out,
    const struct margind_sensitivity *s, const struct greeks_rules *r)
{
	if ((unsigned)s->risk_class > MARGIND_GAMMA ||
	    s->bucket >= r->bucket_count)
		return ERR_RANGE;
	*out = (struct greeks_sensitivity){
		.risk_class = (enum greeks_class)s->risk_class,
		.bucket = (uint8_t)s->bucket, .name = s->name,
		.expiry_days = to_num(s->expiry_days),
		.amount = to_usd(s->amount),
	};
	return ERR_OK;
}

enum margind_err
margind_greeks_evaluate(struct margind_greeks_margin *out,
    const struct margind_rules *r, const struct margind_sensitivity *list,
    size_t count)
{
	struct greeks_sensitivity work[MARGIND_SENSITIVITIES_MAX];
	struct greeks_margin m;
	enum err e = ERR_OK;

	if (count > MARGIND_SENSITIVITIES_MAX)
		return MARGIND_ERR_LIMIT;
	for (size_t i = 0; e == ERR_OK && i < count; i++)
		e = sensitivity_of(&work[i], &list[i], &r->rules.greeks);
	if (e == ERR_OK)
		e = greeks_margin_of(&m, &r->rules.greeks,
		    GREEKS_VIEW_ACCOUNT, work, count);
	if (e == ERR_OK)
		*out = (struct margind_greeks_margin){
			.delta = of_usd(m.delta), .vega = of_usd(m.vega),
			.curvature = of_usd(m.curvature),
			.total = of_usd(m.total),
			.requirement_initial = of_usd(m.initial),
			.requirement_maintenance = of_usd(m.maintenance),
			.gamma_exposure = of_usd(m.gamma_exposure),
			.is_gamma_larger = m.is_gamma_larger,
		};
	return margind_err_of(e);
}

/* taylor_worst: one move after the other, so that no list has to be placed. */
static enum err
taylor_worst(struct num18 *worst, const struct greeks_rules *r,
    const struct margind_taylor *move, size_t count)
{
	struct greeks_margin m = { .is_refused = false };

	*worst = num18_zero();
	for (size_t i = 0; i < count; i++) {
		const struct greeks_taylor t = {
			.move = to_num(move[i].move),
			.vol_points = to_num(move[i].vol_points),
			.days = to_num(move[i].days),
			.delta = to_usd(move[i].delta),
			.gamma = to_usd(move[i].gamma),
			.vega = to_usd(move[i].vega),
			.theta = to_usd(move[i].theta),
			.full = to_usd(move[i].full),
			.gross_notional = to_usd(move[i].gross_notional),
		};
		enum err e = greeks_taylor_check(&m, r, &t, 1);

		if (e != ERR_OK)
			return e;
		if (num18_compare(m.taylor_error, *worst) > 0)
			*worst = m.taylor_error;
	}
	return ERR_OK;
}

enum margind_err
margind_taylor_check(margind_num *error, bool *holds,
    const struct margind_rules *r, const struct margind_taylor *move,
    size_t count)
{
	const struct greeks_rules *g = &r->rules.greeks;
	struct num18 worst;
	enum err e = taylor_worst(&worst, g, move, count);

	if (e == ERR_OK) {
		*error = of_num(worst);
		*holds = num18_compare(worst, g->taylor_error_max) <= 0;
	}
	return margind_err_of(e);
}

/* ---- value at risk ------------------------------------------------------ */

_Static_assert(MARGIND_PNL_MAX == SAMPLE_SCENARIOS_MAX, "scenarios");
/* A profit is one integer on both sides, so an array of them is read in
 * place. */
_Static_assert(sizeof(struct usd18) == sizeof(margind_num) &&
    alignof(struct usd18) == alignof(margind_num), "a profit is its number");

typedef enum err tail_fn(struct usd18 *out, const struct usd18 *pnl, size_t n,
    const struct var_rules *rules, struct usd18 *scratch);

static enum margind_err
tail(margind_num *out, tail_fn *of, const struct margind_rules *r,
    const margind_num *pnl, size_t n, margind_num *scratch)
{
	struct usd18 loss;
	enum err e;

	if (n > MARGIND_PNL_MAX)
		return MARGIND_ERR_LIMIT;
	e = of(&loss, (const struct usd18 *)pnl, n, &r->rules.var,
	    (struct usd18 *)scratch);
	if (e == ERR_OK)
		*out = of_usd(loss);
	return margind_err_of(e);
}

enum margind_err
margind_var(margind_num *out, const struct margind_rules *r,
    const margind_num *pnl, size_t n, margind_num *scratch)
{
	return tail(out, var_from_pnl, r, pnl, n, scratch);
}

enum margind_err
margind_es(margind_num *out, const struct margind_rules *r,
    const margind_num *pnl, size_t n, margind_num *scratch)
{
	return tail(out, es_from_pnl, r, pnl, n, scratch);
}

/* ---- procyclicality and backtesting ------------------------------------- */

enum margind_err
margind_buffer_step(struct margind_buffer *b, const struct margind_rules *r,
    margind_num margin)
{
	struct buffer_state s = {
		.is_started = b->is_started, .margin = to_usd(b->margin),
		.buffered = to_usd(b->buffered),
	};
	enum err e = buffer_step(&s, to_usd(margin), &r->rules.buffer);

	if (e == ERR_OK)
		*b = (struct margind_buffer){
			.is_started = s.is_started,
			.margin = of_usd(s.margin),
			.buffered = of_usd(s.buffered),
		};
	return margind_err_of(e);
}

enum margind_err
margind_kupiec_test(struct margind_kupiec *out, uint32_t observations,
    uint32_t exceptions, uint32_t p_ppb)
{
	struct num18 statistic, p_value;
	enum err e;

	if (exceptions > observations)
		return MARGIND_ERR_RANGE;
	e = backtest_pof(&statistic, observations, exceptions,
	    ppb_from_raw(p_ppb));
	if (e == ERR_OK)
		e = backtest_p_value(&p_value, statistic, 1);
	if (e == ERR_OK)
		*out = (struct margind_kupiec){
			.statistic = of_num(statistic),
			.p_value = of_num(p_value),
		};
	return margind_err_of(e);
}
