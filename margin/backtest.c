#include "margin/backtest.h"

#include "base/must.h"
#include "base/q64.h"

#define ONE ((i128)WAD_ONE_RAW)

static bool
ppb_is_inner(struct ppb p)
{
	return ppb_to_raw(p) > 0 && ppb_to_raw(p) < PPB_ONE_RAW;
}

static struct num18
num_from_ppb(uint32_t p)
{
	return num18_from_raw((i128)p * (ONE / PPB_ONE_RAW));
}

/* ---- likelihood ratios -------------------------------------------------- */

/* n ln(a / b), 0 for n = 0; a and b above zero. */
static enum err
weighted_ln(i128 *sum, uint32_t n, uint64_t a, uint64_t b)
{
	struct num18 x, y;
	enum err e;

	if (n == 0)
		return ERR_OK;
	/* Two logarithms of whole numbers: their quotient has no 18 digits
	 * where it is small. */
	e = q64_ln(&x, num18_from_raw((i128)a * ONE));
	if (e == ERR_OK)
		e = q64_ln(&y, num18_from_raw((i128)b * ONE));
	if (e == ERR_OK)
		*sum += (i128)n * (num18_to_raw(x) - num18_to_raw(y));
	return e;
}

/* Twice a log likelihood's excess; below zero only by rounding. */
static struct num18
ratio_from(i128 sum)
{
	return num18_from_raw(sum > 0 ? 2 * sum : 0);
}

enum err
backtest_pof(struct num18 *out, uint32_t t, uint32_t x, struct ppb p)
{
	uint64_t one = PPB_ONE_RAW, part = ppb_to_raw(p);
	i128 sum = 0;
	enum err e;

	MUST(x <= t);
	if (t == 0)
		return ERR_MISSING;
	if (t > BACKTEST_T_MAX)
		return ERR_LIMIT;
	if (!ppb_is_inner(p))
		return ERR_RANGE;
	/* (T-x) ln((T-x) / (T (1-p))) + x ln(x / (T p)) */
	e = weighted_ln(&sum, t - x, (t - x) * one, t * (one - part));
	if (e == ERR_OK)
		e = weighted_ln(&sum, x, x * one, t * part);
	if (e == ERR_OK)
		*out = ratio_from(sum);
	return e;
}

void
backtest_transitions_of(struct backtest_transitions *out, const uint8_t *hit,
    size_t t)
{
	*out = (struct backtest_transitions){ 0 };
	for (size_t i = 1; i < t; i++)
		out->n[hit[i - 1] != 0][hit[i] != 0]++;
}

enum err
backtest_independence(struct num18 *out, const struct backtest_transitions *n)
{
	uint64_t to[2], all = 0;
	i128 sum = 0;
	enum err e = ERR_OK;

	for (int i = 0; i < 2; i++) {
		to[i] = (uint64_t)n->n[0][i] + n->n[1][i];
		all += to[i];
	}
	if (all > BACKTEST_T_MAX)
		return ERR_LIMIT;
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2 && e == ERR_OK; j++) {
			uint64_t from = (uint64_t)n->n[i][0] + n->n[i][1];

			/* n_ij ln(pi_ij / pi_j) */
			e = weighted_ln(&sum, n->n[i][j], n->n[i][j] * all,
			    from * to[j]);
		}
	if (e == ERR_OK)
		*out = ratio_from(sum);
	return e;
}

enum err
backtest_p_value(struct num18 *out, struct num18 lr, unsigned degrees)
{
	struct num18 x;
	enum err e;

	MUST(degrees == 1 || degrees == 2);
	if (num18_is_negative(lr))
		return ERR_RANGE;
	if (degrees == 2)
		return q64_exp(out, num18_from_raw(-num18_to_raw(lr) / 2));
	e = q64_sqrt(&x, lr);
	if (e != ERR_OK)
		return e;
	x = q64_normal_cdf(num18_from_raw(-num18_to_raw(x)));
	*out = num18_from_raw(2 * num18_to_raw(x));
	return ERR_OK;
}

enum err
backtest_critical(struct num18 *out, struct ppb level, unsigned degrees)
{
	uint32_t rest = PPB_ONE_RAW - ppb_to_raw(level);
	struct num18 x;
	enum err e;

	MUST(degrees == 1 || degrees == 2);
	if (!ppb_is_inner(level))
		return ERR_RANGE;
	if (degrees == 1) {
		e = q64_normal_inverse(&x, num18_from_raw(
		    (i128)rest * (ONE / PPB_ONE_RAW / 2)));
		return e != ERR_OK ? e : num18_mul(out, x, x, ROUND_FLOOR);
	}
	e = q64_ln(&x, num_from_ppb(rest));
	if (e == ERR_OK)
		*out = num18_from_raw(-2 * num18_to_raw(x));
	return e;
}

static enum err
is_kept(bool *out, uint32_t t, uint32_t x, struct ppb p,
    struct num18 critical)
{
	struct num18 lr;
	enum err e = backtest_pof(&lr, t, x, p);

	if (e == ERR_OK)
		*out = num18_compare(lr, critical) <= 0;
	return e;
}

/* LR falls until x = T p and rises from there, so what is kept is one run of
 * numbers around it; each end by bisection. */
enum err
backtest_pof_range(uint32_t *least, uint32_t *most, uint32_t t, struct ppb p,
    struct num18 critical)
{
	uint32_t middle = (uint32_t)((uint64_t)t * ppb_to_raw(p) /
	    PPB_ONE_RAW);
	uint32_t low = 0, high, first;
	bool kept = false;
	enum err e = is_kept(&kept, t, middle, p, critical);

	if (e == ERR_OK && !kept && middle < t)
		e = is_kept(&kept, t, ++middle, p, critical);
	if (e == ERR_OK && !kept)
		e = ERR_MISSING;
	for (high = middle; low < high && e == ERR_OK;) {
		uint32_t x = low + (high - low) / 2;

		e = is_kept(&kept, t, x, p, critical);
		if (kept)
			high = x;
		else
			low = x + 1;
	}
	first = low;
	for (low = middle, high = t; low < high && e == ERR_OK;) {
		uint32_t x = high - (high - low) / 2;

		e = is_kept(&kept, t, x, p, critical);
		if (kept)
			low = x;
		else
			high = x - 1;
	}
	if (e != ERR_OK)
		return e;
	*least = first;
	*most = low;
	return ERR_OK;
}

/* ---- expected shortfall ------------------------------------------------- */

enum err
backtest_z2(struct num18 *out, const struct usd18 *loss,
    const struct usd18 *es, const uint8_t *hit, size_t t, struct ppb p)
{
	struct num18 sum = num18_zero(), share;
	enum err e = ERR_OK;

	if (t == 0)
		return ERR_MISSING;
	if (t > BACKTEST_T_MAX)
		return ERR_LIMIT;
	if (!ppb_is_inner(p))
		return ERR_RANGE;
	for (size_t i = 0; i < t && e == ERR_OK; i++) {
		i128 part;

		if (!hit[i])
			continue;
		/* muldiv refuses an es that is not above zero. */
		e = muldiv_i128(&part, usd18_to_raw(loss[i]), ONE,
		    usd18_to_raw(es[i]), ROUND_CEIL);
		if (e == ERR_OK)
			e = num18_add(&sum, sum, num18_from_raw(part));
	}
	if (e == ERR_OK)
		e = num18_div(&share, sum, num18_from_raw((i128)t *
		    num18_to_raw(num_from_ppb(ppb_to_raw(p)))), ROUND_CEIL);
	return e != ERR_OK ? e : num18_sub(out, num18_one(), share);
}
