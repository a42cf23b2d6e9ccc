#include "margin/surface_check.h"

#include "base/must.h"
#include "base/q64.h"

#define ONE ((i128)WAD_ONE_RAW)
#define VARIANCE_MIN (ONE / 100000000)
#define VOL_SQUARE_MIN (ONE / 10000)
#define VOL_SQUARE_MAX (100 * ONE)

const char *
surface_fault_name(enum surface_fault f)
{
	switch (f) {
	case SURFACE_GOOD: return "good";
	case SURFACE_RANGE: return "range";
	case SURFACE_WINGS: return "wings";
	case SURFACE_VARIANCE: return "variance";
	case SURFACE_BUTTERFLY: return "butterfly";
	case SURFACE_CALENDAR: return "calendar";
	}
	return "unnamed";
}

/* The parameters as plain 18-decimal integers, within their ranges: what
 * follows then fits, sums of them by far and products of two through times. */
struct slice {
	i128 a, b, rho, m, sigma, reach;
};

/* times: x * y, floor, of what is known to fit. */
static i128
times(i128 x, i128 y)
{
	i128 out;
	enum err e = muldiv_i128(&out, x, y, ONE, ROUND_FLOOR);

	MUST(e == ERR_OK);
	return out;
}

/* over: x / y, floor; y above zero. */
static i128
over(i128 x, i128 y)
{
	i128 out;
	enum err e = muldiv_i128(&out, x, ONE, y, ROUND_FLOOR);

	MUST(e == ERR_OK);
	return out;
}

static i128
root(i128 x)
{
	struct num18 out;
	enum err e = q64_sqrt(&out, num18_from_raw(x));

	MUST(e == ERR_OK);
	return num18_to_raw(out);
}

static i128
magnitude(i128 x)
{
	return x < 0 ? -x : x;
}

static bool
is_within(struct num18 v, i128 low, i128 high)
{
	return num18_to_raw(v) >= low && num18_to_raw(v) <= high;
}

static bool
ranges_hold(const struct svi *s)
{
	return is_within(s->a, -100 * ONE, 100 * ONE) &&
	    is_within(s->b, 0, 2 * ONE) && is_within(s->rho, -ONE, ONE) &&
	    is_within(s->m, -10 * ONE, 10 * ONE) &&
	    is_within(s->sigma, ONE / 10000, 10 * ONE) &&
	    is_within(s->tau, 1, SURFACE_TAU_MAX_RAW) &&
	    !px18_is_zero(s->forward);
}

/* False where the least variance, a + b sigma at k = m or what is below it, is
 * not above zero. */
static bool
slice_from(struct slice *out, const struct svi *s)
{
	i128 middle;

	*out = (struct slice){ .a = num18_to_raw(s->a),
		.b = num18_to_raw(s->b), .rho = num18_to_raw(s->rho),
		.m = num18_to_raw(s->m), .sigma = num18_to_raw(s->sigma) };
	middle = out->a + times(out->b, out->sigma);
	if (middle <= 0)
		return false;
	out->reach = 4 * root(middle);
	return true;
}

/* ---- the grid ------------------------------------------------------------ */

/* Of one slice, or of two: the bends of both, and their reaches' ends. */
struct grid {
	const struct slice *of[2];
	int count;
	i128 reach;
	int at;
};

/* point_at: the grid's next point, which may lie beyond its reach. */
static i128
point_at(struct grid *g)
{
	const int evens = (int)SURFACE_EVEN, bends = 2 * SURFACE_BEND + 1;
	int at = g->at++;

	if (at < evens)
		return -g->reach + 2 * g->reach * at / (evens - 1);
	at -= evens;
	if (at < g->count * bends) {
		const struct slice *s = g->of[at / bends];

		return s->m + (at % bends - SURFACE_BEND) * (s->sigma / 2);
	}
	at -= g->count * bends;
	return at % 2 == 0 ? g->of[at / 2]->reach : -g->of[at / 2]->reach;
}

/* grid_next: false where the grid has ended. */
static bool
grid_next(struct grid *g, i128 *k)
{
	const int points = (int)SURFACE_EVEN + g->count *
	    (2 * SURFACE_BEND + 1 + 2);

	while (g->at < points) {
		*k = point_at(g);
		if (magnitude(*k) <= g->reach)
			return true;
	}
	return false;
}

/* ---- at one point -------------------------------------------------------- */

/* w, and what its slopes are made of: u and q, at least sigma but for their
 * rounding, so far from zero. */
struct curve {
	i128 w, u, q;
};

static struct curve
curve_at(const struct slice *s, i128 k)
{
	i128 u = k - s->m;
	i128 q = root(times(u, u) + times(s->sigma, s->sigma));

	return (struct curve){ s->a + times(s->b, times(s->rho, u) + q), u,
	    q };
}

/* As products, or a short tau would round its limits away. */
static bool
variance_holds(i128 w, i128 tau)
{
	return w >= VARIANCE_MIN && w >= times(VOL_SQUARE_MIN, tau) &&
	    w <= times(VOL_SQUARE_MAX, tau);
}

static bool
butterfly_holds(const struct curve *c, const struct slice *s, i128 k)
{
	i128 slope = times(s->b, s->rho + over(c->u, c->q));
	i128 bend = over(over(times(s->b, over(times(s->sigma, s->sigma),
	    c->q)), c->q), c->q);
	i128 first = ONE - over(times(k, slope), 2 * c->w);
	i128 square = times(slope, slope);
	i128 second = over(square, 4 * c->w) + square / 16;

	return times(first, first) - second + bend / 2 >= 0;
}

enum surface_fault
surface_check_slice(const struct svi *s)
{
	enum surface_fault fault = SURFACE_GOOD;
	struct slice v;
	struct grid g;
	i128 k;

	if (!ranges_hold(s))
		return SURFACE_RANGE;
	if (times(num18_to_raw(s->b), ONE + magnitude(num18_to_raw(s->rho))) >
	    2 * ONE)
		return SURFACE_WINGS;
	if (!slice_from(&v, s))
		return SURFACE_VARIANCE;
	g = (struct grid){ { &v }, 1, v.reach, 0 };
	while (grid_next(&g, &k)) {
		struct curve c = curve_at(&v, k);

		if (!variance_holds(c.w, num18_to_raw(s->tau)))
			return SURFACE_VARIANCE;
		if (fault == SURFACE_GOOD && !butterfly_holds(&c, &v, k))
			fault = SURFACE_BUTTERFLY;
	}
	return fault;
}

/* variance_left: the total variance where svi_vol looks, over what is left. */
static i128
variance_left(const struct slice *v, i128 k, const struct svi *s, i128 left)
{
	i128 out;
	enum err e;

	if (magnitude(k) > v->reach)
		k = k < 0 ? -v->reach : v->reach;
	e = muldiv_i128(&out, curve_at(v, k).w, left, num18_to_raw(s->tau),
	    ROUND_FLOOR);
	/* At most 1000 % over 30 years. */
	MUST(e == ERR_OK);
	return out;
}

enum surface_fault
surface_check_calendar(const struct svi *near, struct num18 near_left,
    const struct svi *far, struct num18 far_left)
{
	struct slice n, f;
	struct grid g;
	i128 k;

	MUST(is_within(near_left, 1, SURFACE_TAU_MAX_RAW) &&
	    is_within(far_left, 1, SURFACE_TAU_MAX_RAW));
	if (!slice_from(&n, near) || !slice_from(&f, far))
		MUST(false);
	g = (struct grid){ { &n, &f }, 2, n.reach > f.reach ? n.reach :
	    f.reach, 0 };
	while (grid_next(&g, &k)) {
		i128 w = variance_left(&n, k, near, num18_to_raw(near_left));
		i128 most = variance_left(&f, k, far,
		    num18_to_raw(far_left));

		if (w > most + times(most, SURFACE_CALENDAR_SLACK_RAW))
			return SURFACE_CALENDAR;
	}
	return SURFACE_GOOD;
}
