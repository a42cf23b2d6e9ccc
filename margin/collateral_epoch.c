/* The factors of an epoch: haircuts frozen into the book's rules. */
#include "margin/collateral.h"

#include <string.h>

#include "base/must.h"

struct ppb
collateral_ramp_at(const struct collateral_ramp *r, uint64_t now_ms)
{
	uint32_t from = ppb_to_raw(r->from), to = ppb_to_raw(r->to);
	u128 fallen;

	MUST(r->is_set && to <= from);
	if (now_ms >= r->end_ms)
		return r->to;
	if (now_ms <= r->start_ms)
		return r->from;
	/* Floor of what is left: ceil of what has fallen. */
	MUST(muldiv_u128(&fallen, from - to, now_ms - r->start_ms,
	    r->end_ms - r->start_ms, ROUND_CEIL) == ERR_OK);
	return ppb_from_raw(from - (uint32_t)fallen);
}

void
collateral_ramp_aim(struct collateral_ramp *r, struct ppb to,
    uint64_t now_ms, uint64_t ramp_ms)
{
	struct ppb now = r->is_set ? collateral_ramp_at(r, now_ms) : to;
	uint64_t end_ms;

	if (r->is_set && ppb_to_raw(r->to) == ppb_to_raw(to))
		return;
	if (ppb_to_raw(to) >= ppb_to_raw(now))
		now = to;
	if (__builtin_add_overflow(now_ms, ramp_ms, &end_ms))
		end_ms = UINT64_MAX;
	*r = (struct collateral_ramp){ .is_set = true, .from = now, .to = to,
	    .start_ms = now_ms, .end_ms = end_ms };
}

/* The factors of one asset for the epoch. */
struct epoch_row {
	struct ppb ltv, threshold;
	struct collateral_ramp ramp;
};

static enum err
row_haircut(struct haircut *h, const struct book *b, uint8_t slot,
    struct num18 sigma, const struct market *m,
    const struct collateral_rules *rules)
{
	const struct asset_risk *risk = &b->assets[slot].risk;
	struct haircut_input x = { .sigma = sigma,
	    .position = usd18_zero(), .correlation = num18_zero(),
	    .confidence = num18_zero(),
	    .is_foreign = risk->chain_id != b->chain_id };

	if (num18_is_zero(sigma) && num18_is_zero(risk->volatility)) {
		h->initial = h->maintenance = ppb_one();
		return ERR_OK;
	}
	/* What is refused or worth nothing has no width. */
	if (m != NULL && m->asset[slot].price.status != PRICE_REFUSED &&
	    !px18_is_zero(m->asset[slot].price.mid)) {
		enum err e = collateral_confidence(&x.confidence,
		    &m->asset[slot].price);

		if (e != ERR_OK)
			return e;
	}
	return collateral_haircut(h, risk, &x, rules);
}

static enum err
row_freeze(struct epoch_row *row, const struct book *b, uint8_t slot,
    struct num18 sigma, const struct market *m, uint64_t now_ms,
    const struct collateral_rules *rules)
{
	struct haircut h;
	uint32_t ltv;
	enum err e = row_haircut(&h, b, slot, sigma, m, rules);

	if (e != ERR_OK)
		return e;
	collateral_ramp_aim(&row->ramp, ppb_from_raw(PPB_ONE_RAW -
	    ppb_to_raw(h.maintenance)), now_ms, rules->ramp_ms);
	row->threshold = collateral_ramp_at(&row->ramp, now_ms);
	ltv = PPB_ONE_RAW - ppb_to_raw(h.initial);
	if (ltv > ppb_to_raw(row->threshold))
		ltv = ppb_to_raw(row->threshold);
	row->ltv = ppb_from_raw(ltv);
	return ERR_OK;
}

static void
row_enter(struct asset *a, const struct epoch_row *row, size_t mode_count)
{
	for (size_t mode = 0; mode < mode_count; mode++) {
		if (mode > 0 && (a->risk.modes >> mode & 1) != 0)
			continue;
		a->rules[mode].ltv = row->ltv;
		a->rules[mode].liquidation_threshold = row->threshold;
	}
}

enum err
collateral_freeze(struct book *b, struct collateral_ramp *ramps,
    const struct num18 *sigma, const struct market *m, uint64_t now_ms,
    const struct collateral_rules *rules)
{
	struct epoch_row rows[BOOK_ASSETS_MAX];
	enum err e;

	MUST(b->asset_count <= BOOK_ASSETS_MAX);
	MUST(m == NULL || m->count == b->asset_count);
	memset(rows, 0, sizeof(rows));
	for (uint8_t i = 0; i < b->asset_count; i++) {
		const struct asset *a = &b->assets[i];

		if (!a->risk.is_dynamic)
			continue;
		if (ramps != NULL)
			rows[i].ramp = ramps[i];
		e = row_freeze(&rows[i], b, i, sigma == NULL ? num18_zero() :
		    sigma[a->factor], m, now_ms, rules);
		if (e != ERR_OK)
			return e;
	}
	for (size_t i = 0; i < b->asset_count; i++) {
		if (!b->assets[i].risk.is_dynamic)
			continue;
		row_enter(&b->assets[i], &rows[i], b->mode_count);
		if (ramps != NULL)
			ramps[i] = rows[i].ramp;
	}
	return ERR_OK;
}

bool
collateral_mode_holds(const struct book *b, const struct vault *v)
{
	if (v->mode == 0)
		return true;
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].amount != 0 &&
		    (b->assets[v->debt[i].asset].risk.modes >> v->mode & 1) ==
		    0)
			return false;
	return true;
}
