#include "feeds/slow.h"

#include "base/must.h"

#define HOUR_MS 3600000u

static u128
min_u128(u128 a, u128 b)
{
	return a < b ? a : b;
}

/* scaled: a num / den, floor; as large as can be where it does not fit. */
static u128
scaled(u128 a, u128 num, u128 den)
{
	struct px18 out;

	return px18_scale(&out, px18_from_raw(a), num, den, ROUND_FLOOR) ==
	    ERR_OK ? px18_to_raw(out) : ~(u128)0;
}

/* towards: from, at most `limit` nearer to `to`. */
static struct px18
towards(struct px18 from, struct px18 to, u128 limit)
{
	u128 a = px18_to_raw(from), b = px18_to_raw(to);

	return px18_from_raw(b >= a ? a + min_u128(b - a, limit) :
	    a - min_u128(a - b, limit));
}

static u128
distance(struct px18 a, struct px18 b)
{
	return px18_to_raw(px18_max(a, b)) - px18_to_raw(px18_min(a, b));
}

bool
slow_step(struct slow *s, const struct prices_slow *rule, struct px18 mid,
    uint64_t now_ms)
{
	uint64_t dt = now_ms > s->at_ms ? now_ms - s->at_ms : 0;
	u128 part, limit;

	MUST(rule->window_ms > 0);
	if (s->at_ms == 0) {
		*s = (struct slow){ now_ms, mid, mid, mid };
		return true;
	}
	if (dt < SLOW_STEP_MS)
		return false;
	dt = dt < SLOW_HOLD_MS ? dt : SLOW_HOLD_MS;
	part = scaled(distance(s->average, s->last),
	    dt < rule->window_ms ? dt : rule->window_ms, rule->window_ms);
	s->average = towards(s->average, s->last, part > 0 ? part : 1);
	limit = scaled(px18_to_raw(s->stable),
	    (u128)ppb_to_raw(rule->step_max) * dt,
	    (u128)PPB_ONE_RAW * HOUR_MS);
	s->stable = towards(s->stable, s->average, limit > 0 ? limit : 1);
	s->last = mid;
	s->at_ms = now_ms;
	return true;
}
