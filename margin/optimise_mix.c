#include "margin/optimise_mix.h"

#include "base/must.h"
#include "margin/ewma.h"
#include "margin/linalg.h"

#define N MARKOWITZ_ASSETS_MAX
#define ONE ((i128)WAD_ONE_RAW)

_Static_assert(BOOK_LEGS_MAX <= MARKOWITZ_ASSETS_MAX, "a vault is a mix");

enum err
mix_requirement(struct usd18 *out, const struct margin_result *r,
    enum mix_scope scope)
{
	struct usd18 v = usd18_zero();
	enum err e = ERR_OK;

	switch (scope) {
	case MIX_SHORTFALL:
		if (usd18_is_negative(r->initial.excess))
			e = usd18_neg(&v, r->initial.excess);
		break;
	case MIX_WHOLE:
		e = usd18_add(&v, r->initial.requirement,
		    r->initial.weighted_debt);
		break;
	}
	if (e == ERR_OK)
		*out = v;
	return e;
}

/* ---- the assets --------------------------------------------------------- */

static struct ppb
ltv_of(const struct snapshot *s, uint32_t slot, uint8_t asset)
{
	return s->book->assets[asset].rules[
	    s->book->vaults[slot].mode].ltv;
}

static bool
asset_serves(const struct snapshot *s, uint32_t slot, uint8_t asset)
{
	const struct price *p = &s->market->asset[asset].price;

	return p->status != PRICE_REFUSED && !px18_is_zero(p->mid) &&
	    ppb_to_raw(ltv_of(s, slot, asset)) > 0;
}

/* slots_choose: what is held, then what is not, until all places are taken;
 * ascending. */
static void
slots_choose(struct mix_choice *c, const struct snapshot *s, uint32_t slot)
{
	const struct vault *v = &s->book->vaults[slot];
	bool is_in[BOOK_ASSETS_MAX] = { false };
	size_t count = 0;

	for (size_t i = 0; i < v->collateral_count; i++) {
		is_in[v->collateral[i].asset] = asset_serves(s, slot,
		    v->collateral[i].asset);
		count += is_in[v->collateral[i].asset];
	}
	for (uint8_t i = 0; i < s->book->asset_count && count < N; i++)
		if (!is_in[i] && asset_serves(s, slot, i)) {
			is_in[i] = true;
			count++;
		}
	c->count = 0;
	for (uint8_t i = 0; i < s->book->asset_count; i++)
		if (is_in[i])
			c->asset[c->count++] = i;
}

enum err
mix_choose(struct mix_choice *out, const struct snapshot *s, uint32_t slot,
    struct usd18 requirement)
{
	struct mix_choice c;
	i128 alone;
	enum err e;

	MUST(slot < s->book->vault_count);
	slots_choose(&c, s, slot);
	for (size_t i = 0; i < c.count; i++) {
		const struct asset_risk *a =
		    &s->book->assets[c.asset[i]].risk;

		e = muldiv_i128(&alone, usd18_to_raw(requirement),
		    PPB_ONE_RAW, ppb_to_raw(ltv_of(s, slot, c.asset[i])),
		    ROUND_CEIL);
		if (e != ERR_OK)
			return e;
		c.available[i] = usd18_from_raw(alone);
		if (a->has_cap)
			c.available[i] = usd18_min(c.available[i], a->cap);
	}
	*out = c;
	return ERR_OK;
}

/* ---- covariance --------------------------------------------------------- */

/* nearest18: 36 decimals to 18, half up. */
static struct num18
nearest18(i128 v36)
{
	i128 q = v36 / ONE, rest = v36 % ONE;

	if (rest < 0) {
		rest += ONE;
		q--;
	}
	return num18_from_raw(q + (rest >= ONE / 2));
}

static enum err
pair_covariance(struct num18 *out, const struct market_factor *a,
    const struct market_factor *b, struct num18 lambda)
{
	uint32_t count = a->return_count < b->return_count ?
	    a->return_count : b->return_count;
	struct ewma_pair pair = { .is_seeded = false };
	enum err e;

	for (uint32_t i = 0; i < count; i++) {
		e = ewma_pair_step(&pair, a->returns[i], b->returns[i],
		    lambda);
		if (e != ERR_OK)
			return e;
	}
	*out = nearest18(pair.covariance36);
	return ERR_OK;
}

enum err
mix_covariance(struct num18 *out, const struct book *b,
    const struct market *m, const uint8_t *assets, size_t count,
    struct num18 lambda)
{
	struct num18 c[N * N];
	enum err e;

	MUST(count <= N);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k <= i; k++) {
			c[i * count + k] = num18_zero();
			e = !m->terms ? ERR_OK : pair_covariance(
			    &c[i * count + k],
			    &m->terms->factor[b->assets[assets[i]].factor],
			    &m->terms->factor[b->assets[assets[k]].factor],
			    lambda);
			if (e != ERR_OK)
				return e;
			c[k * count + i] = c[i * count + k];
		}
	for (size_t i = 0; i < count * count; i++)
		out[i] = c[i];
	return ERR_OK;
}

/* ---- the mix ------------------------------------------------------------ */

/* held_of: what the vault holds, at mid, and what that counts. */
static enum err
held_of(struct num18 value[N], struct usd18 *counted,
    const struct snapshot *s, uint32_t slot)
{
	struct node n = snapshot_node(s, slot);
	struct usd18 v, part, sum = usd18_zero();
	enum err e;

	for (size_t i = 0; i < n.vault->collateral_count; i++) {
		uint8_t asset = n.vault->collateral[i].asset;

		value[i] = num18_zero();
		if (!asset_serves(s, slot, asset))
			continue;
		e = usd18_from_atoms(&v, node_atoms(&n, i),
		    s->book->assets[asset].decimals,
		    s->market->asset[asset].price.mid, ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_mul_ppb(&part, v, ltv_of(s, slot, asset),
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, part);
		if (e != ERR_OK)
			return e;
		value[i] = num18_from_raw(usd18_to_raw(v));
	}
	*counted = sum;
	return ERR_OK;
}

static enum err
before_of(struct mix_report *r, const struct snapshot *s, uint32_t slot)
{
	const struct vault *v = &s->book->vaults[slot];
	size_t count = v->collateral_count;
	struct num18 c[N * N], value[N], root;
	uint8_t asset[N];
	struct usd18 counted;
	i128 part;
	enum err e = held_of(value, &counted, s, slot);

	r->has_before = e == ERR_OK && usd18_to_raw(counted) > 0;
	if (!r->has_before)
		return e;
	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		asset[i] = v->collateral[i].asset;
		e = muldiv_i128(&part, num18_to_raw(value[i]),
		    usd18_to_raw(r->requirement), usd18_to_raw(counted),
		    ROUND_CEIL);
		value[i] = num18_from_raw(part);
	}
	if (e == ERR_OK)
		e = mix_covariance(c, s->book, s->market, asset, count,
		    s->rules->var.sample.lambda);
	if (e == ERR_OK)
		e = linalg_norm(&root, c, value, count, ROUND_CEIL);
	if (e == ERR_OK)
		r->deviation_before = usd18_from_raw(num18_to_raw(root));
	return e;
}

static bool
has_returns(const struct snapshot *s, const struct mix_choice *c)
{
	const struct market_terms *t = s->market->terms;

	for (size_t i = 0; t && i < c->count; i++)
		if (t->factor[s->book->assets[c->asset[i]].factor].
		    return_count > 0)
			return true;
	return false;
}

enum err
mix_of(struct mix_report *out, const struct snapshot *s, uint32_t slot,
    const struct mix_choice *choice, struct usd18 requirement)
{
	struct mix_report r = { .requirement = requirement };
	struct markowitz_asset asset[N];
	struct markowitz_mix mix;
	struct num18 c[N * N];
	enum err e;

	MUST(choice->count <= N && slot < s->book->vault_count);
	if (!has_returns(s, choice))
		return ERR_MISSING;
	for (size_t i = 0; i < choice->count; i++)
		asset[i] = (struct markowitz_asset){
			.haircut = num18_from_raw(ONE - ONE / (i128)
			    PPB_ONE_RAW * ppb_to_raw(ltv_of(s, slot,
			    choice->asset[i]))),
			.available = choice->available[i],
		};
	e = mix_covariance(c, s->book, s->market, choice->asset,
	    choice->count, s->rules->var.sample.lambda);
	if (e == ERR_OK)
		e = markowitz_mix_of(&mix, asset, c, choice->count,
		    requirement);
	if (e == ERR_OK)
		e = before_of(&r, s, slot);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < choice->count; i++)
		r.amount[i] = mix.amount[i];
	r.counted = mix.counted;
	r.deviation = mix.deviation;
	*out = r;
	return ERR_OK;
}
