#include "margin/optimise_topup.h"

#include <string.h>

#include "base/must.h"
#include "base/u256.h"

static enum err
source_check(const struct topup_source *s)
{
	if (s->count > TOPUP_SEGMENTS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < s->count; i++) {
		if (usd18_to_raw(s->segment[i].size) <= 0)
			return ERR_RANGE;
		if (i > 0 && ppb_to_raw(s->segment[i].haircut) <
		    ppb_to_raw(s->segment[i - 1].haircut))
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* kept: 1 - h in ppb, zero for a haircut of one or more. */
static uint64_t
kept(const struct topup_segment *s)
{
	return ppb_to_raw(s->haircut) < PPB_ONE_RAW ?
	    PPB_ONE_RAW - ppb_to_raw(s->haircut) : 0;
}

/* source_is_cheaper: segment i of a before segment j of b, by cost / (1 - h),
 * then by id.  Both keep something. */
static bool
source_is_cheaper(const struct topup_source *a, size_t i,
    const struct topup_source *b, size_t j)
{
	uint64_t x = ppb_to_raw(a->cost) * kept(&b->segment[j]);
	uint64_t y = ppb_to_raw(b->cost) * kept(&a->segment[i]);

	if (x != y)
		return x < y;
	return b32_compare(&a->asset, &b->asset) < 0;
}

/* next_source: whose next segment is the cheapest; count where none is left
 * that counts anything. */
static size_t
next_source(const struct topup_source *sources, size_t count,
    const uint8_t *used)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++) {
		if (used[i] == sources[i].count ||
		    kept(&sources[i].segment[used[i]]) == 0)
			continue;
		if (best == count || source_is_cheaper(&sources[i], used[i],
		    &sources[best], used[best]))
			best = i;
	}
	return best;
}

/* segment_take: what of a segment is needed and what that counts. */
static enum err
segment_take(struct usd18 *use, struct usd18 *counts,
    const struct topup_segment *s, struct usd18 needed)
{
	i128 keeps = (i128)kept(s), whole, exact;
	enum err e = muldiv_i128(&whole, usd18_to_raw(s->size), keeps,
	    PPB_ONE_RAW, ROUND_FLOOR);

	if (e != ERR_OK)
		return e;
	if (whole <= usd18_to_raw(needed)) {
		*use = s->size;
		*counts = usd18_from_raw(whole);
		return ERR_OK;
	}
	e = muldiv_i128(&exact, usd18_to_raw(needed), PPB_ONE_RAW, keeps,
	    ROUND_CEIL);
	if (e == ERR_OK)
		e = muldiv_i128(&whole, exact, keeps, PPB_ONE_RAW,
		    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	*use = usd18_from_raw(exact);
	*counts = usd18_from_raw(whole);
	return ERR_OK;
}

static enum err
plan_cost(struct topup_plan *p, const struct topup_source *sources,
    size_t count)
{
	struct usd18 cost;
	enum err e;

	for (size_t i = 0; i < count; i++) {
		e = usd18_mul_ppb(&cost, p->use[i], sources[i].cost,
		    ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&p->cost, p->cost, cost);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
topup_plan_of(struct topup_plan *out, const struct topup_source *sources,
    size_t count, struct usd18 shortfall)
{
	uint8_t used[TOPUP_SOURCES_MAX] = { 0 };
	struct usd18 use, counts, needed = shortfall;
	struct topup_plan p;
	enum err e;

	if (count > TOPUP_SOURCES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		e = source_check(&sources[i]);
		if (e != ERR_OK)
			return e;
	}
	memset(&p, 0, sizeof(p));
	while (usd18_to_raw(needed) > 0) {
		size_t i = next_source(sources, count, used);

		if (i == count)
			return ERR_REFUSED;
		e = segment_take(&use, &counts,
		    &sources[i].segment[used[i]++], needed);
		if (e == ERR_OK)
			e = usd18_add(&p.use[i], p.use[i], use);
		if (e == ERR_OK)
			e = usd18_add(&p.counted, p.counted, counts);
		if (e == ERR_OK)
			e = usd18_sub(&needed, shortfall, p.counted);
		if (e != ERR_OK)
			return e;
	}
	e = plan_cost(&p, sources, count);
	if (e == ERR_OK)
		*out = p;
	return e;
}

/* ---- segments of a curve ------------------------------------------------ */

/* segment_haircut: 1 - (value(to) - value(from)) / (to - from), ceil. */
static enum err
segment_haircut(uint32_t *out, const struct collateral_curve *curve, i128 from,
    i128 to)
{
	struct usd18 a, b;
	i128 keeps;
	enum err e = collateral_curve_value(&a, curve, usd18_from_raw(from));

	if (e == ERR_OK)
		e = collateral_curve_value(&b, curve, usd18_from_raw(to));
	if (e == ERR_OK)
		e = muldiv_i128(&keeps, usd18_to_raw(b) - usd18_to_raw(a),
		    PPB_ONE_RAW, to - from, ROUND_FLOOR);
	if (e == ERR_OK)
		*out = PPB_ONE_RAW - (uint32_t)keeps;
	return e;
}

enum err
topup_segments(struct topup_source *out,
    const struct collateral_curve *curve, struct usd18 held,
    struct usd18 available, size_t n)
{
	i128 from = usd18_to_raw(held), rest = usd18_to_raw(available), end;
	struct topup_source s = *out;
	uint32_t haircut, last = 0;
	enum err e;

	MUST(n >= 1 && n <= TOPUP_SEGMENTS_MAX);
	if (from < 0 || rest < 0 || __builtin_add_overflow(from, rest, &end))
		return ERR_RANGE;
	s.count = 0;
	for (size_t i = 0; i < n; i++) {
		i128 size = rest / (i128)(n - i);

		if (size == 0)
			continue;
		e = segment_haircut(&haircut, curve, from, from + size);
		if (e != ERR_OK)
			return e;
		/* The curve is concave but for its last unit. */
		last = haircut > last ? haircut : last;
		s.segment[s.count++] = (struct topup_segment){
			.size = usd18_from_raw(size),
			.haircut = ppb_from_raw(last),
		};
		from += size;
		rest -= size;
	}
	*out = s;
	return ERR_OK;
}
