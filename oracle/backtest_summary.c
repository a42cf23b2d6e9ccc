#include "oracle/backtest_run.h"

#include <stdlib.h>

#define ONE ((i128)WAD_ONE_RAW)
#define LEVEL ppb_from_raw(950000000)

static uint32_t
count_hits(const uint8_t *hit, size_t n)
{
	uint32_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += hit[i];
	return count;
}

static enum err
likelihoods(struct backtest_summary *out, const struct backtest_side *d,
    struct ppb p)
{
	struct backtest_transitions moves;
	enum err e;

	backtest_transitions_of(&moves, d->hit, out->observations);
	e = backtest_pof(&out->pof, out->observations, out->exceptions, p);
	if (e == ERR_OK)
		e = backtest_independence(&out->independence, &moves);
	if (e == ERR_OK)
		e = num18_add(&out->conditional, out->pof, out->independence);
	if (e == ERR_OK)
		e = backtest_p_value(&out->pof_p, out->pof, 1);
	if (e == ERR_OK)
		e = backtest_p_value(&out->independence_p, out->independence,
		    1);
	if (e == ERR_OK)
		e = backtest_p_value(&out->conditional_p, out->conditional, 2);
	if (e == ERR_OK)
		e = backtest_critical(&out->critical_1, LEVEL, 1);
	return e != ERR_OK ? e : backtest_critical(&out->critical_2, LEVEL, 2);
}

static enum err
totals(struct backtest_summary *out, const struct backtest_side *d)
{
	struct usd18 sum = usd18_zero();
	enum err e = ERR_OK;
	i128 mean;

	out->worst_loss = d->loss[0];
	for (uint32_t i = 0; i < out->observations && e == ERR_OK; i++) {
		out->exceptions_buffered += usd18_compare(d->loss[i],
		    d->buffered[i]) > 0;
		out->worst_loss = usd18_max(out->worst_loss, d->loss[i]);
		e = usd18_add(&sum, sum, d->margin[i]);
	}
	if (e == ERR_OK)
		e = muldiv_i128(&mean, usd18_to_raw(sum), 1,
		    out->observations, ROUND_CEIL);
	if (e == ERR_OK)
		out->mean_margin = usd18_from_raw(mean);
	return e;
}

enum err
backtest_summarise(struct backtest_summary *out,
    const struct backtest_series *s, enum backtest_end side,
    const struct backtest_options *o)
{
	const struct backtest_side *d = &s->side[side];
	struct ppb p = backtest_tail(o);
	struct backtest_summary b = { .observations = s->count };
	enum err e;

	b.exceptions = count_hits(d->hit, s->count);
	b.expected = num18_from_raw((i128)s->count * ppb_to_raw(p) *
	    (ONE / PPB_ONE_RAW));
	e = likelihoods(&b, d, p);
	if (e == ERR_OK)
		e = backtest_basel_of(&b.basel, s->count, b.exceptions, p);
	if (e == ERR_OK)
		e = totals(&b, d);
	if (e == ERR_OK)
		e = apc_measure(&b.plain, d->margin, s->count);
	if (e == ERR_OK)
		e = apc_measure(&b.buffered, d->buffered, s->count);
	if (e != ERR_OK)
		return e;
	b.has_z2 = o->method != BACKTEST_STANDARD && backtest_z2(&b.z2,
	    d->loss, d->es, d->tail_hit, s->count, ppb_from_raw(PPB_ONE_RAW -
	    ppb_to_raw(o->var.alpha_es))) == ERR_OK;
	*out = b;
	return ERR_OK;
}

/* to within [num / den, den / num] of from. */
static bool
is_within(struct px18 from, struct px18 to, u128 num, u128 den)
{
	u128 a = px18_to_raw(from), b = px18_to_raw(to), down, up;

	return muldiv_u128(&down, a, num, den, ROUND_FLOOR) == ERR_OK &&
	    muldiv_u128(&up, a, den, num, ROUND_CEIL) == ERR_OK &&
	    b >= down && b <= up;
}

uint32_t
backtest_bad_prints(uint32_t *index, uint32_t max,
    const struct history_series *h)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i + 1 < h->count; i++) {
		if (is_within(h->price[i - 1], h->price[i], 2, 3) ||
		    !is_within(h->price[i - 1], h->price[i + 1], 9, 10))
			continue;
		if (count < max)
			index[count] = i;
		count++;
	}
	return count;
}

static int
ms_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint32_t
backtest_gaps(const struct history_series *h)
{
	uint32_t count = 0, n = h->count > 1 ? h->count - 1 : 0;
	uint64_t *step = malloc((n + 1u) * sizeof(*step)), usual;

	if (!step)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		step[i] = h->ms[i + 1] - h->ms[i];
	qsort(step, n, sizeof(*step), ms_order);
	usual = n > 0 ? step[n / 2] : 0;
	for (uint32_t i = 0; i < n; i++)
		count += step[i] > usual + usual / 2;
	free(step);
	return count;
}
