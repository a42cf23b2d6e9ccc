#include "margin/buffer.h"

void
buffer_rules_default(struct buffer_rules *r)
{
	*r = (struct buffer_rules){
		.size = ppb_from_raw(250000000),
		.rebuild = ppb_from_raw(20000000),
	};
}

/* (1 + f) v, ceil. */
static enum err
grow(struct usd18 *out, struct usd18 v, struct ppb f)
{
	struct usd18 part;
	enum err e = usd18_mul_ppb(&part, v, f, ROUND_CEIL);

	/* ceil(v + v f) is v + ceil(v f): v is whole. */
	return e != ERR_OK ? e : usd18_add(out, v, part);
}

enum err
buffer_step(struct buffer_state *s, struct usd18 margin,
    const struct buffer_rules *rules)
{
	struct usd18 full, carried;
	enum err e;

	if (usd18_is_negative(margin))
		return ERR_RANGE;
	e = grow(&full, margin, rules->size);
	if (e == ERR_OK && s->is_started) {
		carried = s->buffered;
		if (usd18_compare(margin, s->margin) <= 0)
			e = grow(&carried, s->buffered, rules->rebuild);
		full = usd18_max(margin, usd18_min(full, carried));
	}
	if (e != ERR_OK)
		return e;
	*s = (struct buffer_state){ true, margin, full };
	return ERR_OK;
}

struct num18
buffer_floor(struct num18 now, struct num18 long_run)
{
	return num18_compare(now, long_run) >= 0 ? now : long_run;
}

/* The largest rise over `days`, and the largest relative to its beginning. */
static enum err
rise(struct usd18 *most, struct num18 *most_rel, const struct usd18 *series,
    size_t n, size_t days)
{
	*most = usd18_zero();
	*most_rel = num18_zero();
	for (size_t i = days; i < n; i++) {
		struct usd18 from = series[i - days], by;
		i128 rel;
		enum err e = usd18_sub(&by, series[i], from);

		if (e != ERR_OK)
			return e;
		*most = usd18_max(*most, by);
		if (usd18_is_zero(from) || usd18_is_negative(by))
			continue;
		e = muldiv_i128(&rel, usd18_to_raw(by), (i128)WAD_ONE_RAW,
		    usd18_to_raw(from), ROUND_CEIL);
		if (e != ERR_OK)
			return e;
		if (rel > num18_to_raw(*most_rel))
			*most_rel = num18_from_raw(rel);
	}
	return ERR_OK;
}

enum err
apc_measure(struct apc *out, const struct usd18 *series, size_t n)
{
	struct apc a = { .days = (uint32_t)n };
	enum err e;

	if (n == 0)
		return ERR_MISSING;
	if (n > UINT32_MAX)
		return ERR_LIMIT;
	a.peak = a.trough = series[0];
	for (size_t i = 0; i < n; i++) {
		if (usd18_is_negative(series[i]))
			return ERR_RANGE;
		a.peak = usd18_max(a.peak, series[i]);
		a.trough = usd18_min(a.trough, series[i]);
	}
	a.has_ratio = !usd18_is_zero(a.trough);
	e = rise(&a.rise_1d, &a.rise_1d_rel, series, n, 1);
	if (e == ERR_OK)
		e = rise(&a.rise_5d, &a.rise_5d_rel, series, n, 5);
	if (e == ERR_OK && a.has_ratio)
		e = wad_from_ratio(&a.peak_to_trough, a.peak, a.trough,
		    ROUND_CEIL);
	if (e == ERR_OK)
		*out = a;
	return e;
}
