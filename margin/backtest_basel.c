#include "margin/backtest.h"

#include "base/must.h"
#include "base/q64.h"

#define ONE ((i128)WAD_ONE_RAW)
#define YELLOW_FROM_RAW (ONE / 100 * 95)
#define RED_FROM_RAW (ONE / 10000 * 9999)
/* The framework's own window, and its plus factors from FIRST to LAST. */
#define BASEL_T 250u
#define BASEL_P_PPB 10000000u
#define BASEL_FIRST 5u
#define BASEL_LAST 9u
static const uint32_t PLUS_PPB[] = {
	400000000, 500000000, 650000000, 750000000, 850000000,
};

static enum err
ln_of(i128 *out, uint64_t n, i128 unit)
{
	struct num18 x;
	enum err e = q64_ln(&x, num18_from_raw((i128)n * unit));

	if (e == ERR_OK)
		*out = num18_to_raw(x);
	return e;
}

/* ln of C(t, k) p^k (1-p)^(t-k), from term to term, as (1-p)^t itself may be
 * too small to be kept. */
enum err
backtest_binomial(struct num18 *out, uint32_t t, uint32_t x, struct ppb p)
{
	const i128 unit = ONE / PPB_ONE_RAW;
	uint32_t part = ppb_to_raw(p);
	i128 sum = 0, choose = 0, ln_p, ln_q;
	enum err e;

	if (t > BACKTEST_T_MAX)
		return ERR_LIMIT;
	if (part == 0 || part >= PPB_ONE_RAW)
		return ERR_RANGE;
	e = ln_of(&ln_p, part, unit);
	if (e == ERR_OK)
		e = ln_of(&ln_q, PPB_ONE_RAW - part, unit);
	for (uint32_t k = 0; k <= t && k <= x && e == ERR_OK; k++) {
		struct num18 term;
		i128 up, down;

		e = q64_exp(&term, num18_from_raw(choose + k * ln_p +
		    (i128)(t - k) * ln_q));
		if (e != ERR_OK || k == t)
			break;
		sum += num18_to_raw(term);
		e = ln_of(&up, t - k, ONE);
		if (e == ERR_OK)
			e = ln_of(&down, k + 1, ONE);
		if (e == ERR_OK)
			choose += up - down;
	}
	if (e != ERR_OK)
		return e;
	*out = x >= t || sum > ONE ? num18_one() : num18_from_raw(sum);
	return ERR_OK;
}

const char *
backtest_zone_name(enum backtest_zone z)
{
	switch (z) {
	case ZONE_GREEN: return "green";
	case ZONE_YELLOW: return "yellow";
	case ZONE_RED: return "red";
	}
	MUST(z <= ZONE_RED);
	return "";
}

/* The first count in BASEL_T whose probability is no smaller. */
static enum err
plus_of(struct ppb *out, struct num18 cumulative)
{
	for (uint32_t x = BASEL_FIRST; x < BASEL_LAST; x++) {
		struct num18 c;
		enum err e = backtest_binomial(&c, BASEL_T, x,
		    ppb_from_raw(BASEL_P_PPB));

		if (e != ERR_OK)
			return e;
		if (num18_compare(c, cumulative) >= 0) {
			*out = ppb_from_raw(PLUS_PPB[x - BASEL_FIRST]);
			return ERR_OK;
		}
	}
	*out = ppb_from_raw(PLUS_PPB[BASEL_LAST - BASEL_FIRST]);
	return ERR_OK;
}

enum err
backtest_basel_of(struct backtest_basel *out, uint32_t t, uint32_t x,
    struct ppb p)
{
	struct backtest_basel b = { .zone = ZONE_GREEN };
	enum err e;

	MUST(x <= t);
	if (t == 0)
		return ERR_MISSING;
	e = backtest_binomial(&b.cumulative, t, x, p);
	if (e != ERR_OK)
		return e;
	/* No exception at all is never too many, however short the window. */
	if (x > 0 && num18_to_raw(b.cumulative) >= RED_FROM_RAW) {
		b.zone = ZONE_RED;
		b.plus = ppb_one();
	} else if (x > 0 && num18_to_raw(b.cumulative) >= YELLOW_FROM_RAW) {
		b.zone = ZONE_YELLOW;
		e = plus_of(&b.plus, b.cumulative);
	}
	if (e == ERR_OK)
		*out = b;
	return e;
}
