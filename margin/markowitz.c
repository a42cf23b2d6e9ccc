#include "margin/markowitz.h"

#include "margin/accum.h"
#include "margin/linalg.h"

#define N MARKOWITZ_ASSETS_MAX
#define ONE ((i128)WAD_ONE_RAW)
#define RIDGE ((i128)100000000)		/* 1e-10 */
#define KKT_TOLERANCE ((i128)10000)	/* 1e-14 */

enum place { PLACE_FREE, PLACE_LOW, PLACE_HIGH };

/* The programme in units of the requirement: minimise y' Q y, sum c y = 1,
 * 0 <= y <= most.  Assets that cannot serve have most = 0. */
struct programme {
	size_t n;
	struct num18 q[N * N];	/* the largest variance is one */
	i128 counts[N];		/* c = 1 - h, at least zero */
	i128 most[N];
	i128 y[N];
	enum place place[N];
};

/* The free assets: their numbers, and Q among them as L D L'. */
struct freed {
	size_t n;
	size_t asset[N];
	struct num18 q[N * N], l[N * N], d[N];
};

static i128
size_of(i128 v)
{
	return v < 0 ? -v : v;
}

/* ---- stating it --------------------------------------------------------- */

/* counts_for: 1 - h, zero where the haircut takes all. */
static i128
counts_for(const struct markowitz_asset *a)
{
	i128 h = num18_to_raw(a->haircut);

	return h < ONE ? ONE - h : 0;
}

/* matrix_set: Q, with a ridge where it is singular. */
static enum err
matrix_set(struct programme *p, const struct num18 *covariance)
{
	struct num18 l[N * N], d[N];
	bool is_regular;
	size_t n = p->n;
	i128 most = 1, v;

	for (size_t i = 0; i < n; i++) {
		v = num18_to_raw(covariance[i * n + i]);
		most = v > most ? v : most;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			v = num18_to_raw(covariance[i * n + j]);
			if (v != num18_to_raw(covariance[j * n + i]) ||
			    muldiv_i128(&v, v, ONE, most, ROUND_FLOOR) !=
			    ERR_OK)
				return ERR_RANGE;
			p->q[i * n + j] = num18_from_raw(v);
		}
	is_regular = linalg_ldl(l, d, p->q, n, LINALG_PIVOT_MIN_DEFAULT) ==
	    ERR_OK;
	for (size_t i = 0; i < n; i++)
		is_regular = is_regular && !num18_is_zero(d[i]);
	if (is_regular)
		return ERR_OK;
	for (size_t i = 0; i < n; i++)
		if (num18_add(&p->q[i * n + i], p->q[i * n + i],
		    num18_from_raw(RIDGE)) != ERR_OK)
			return ERR_RANGE;
	/* A pivot is at least the least eigenvalue. */
	return linalg_ldl(l, d, p->q, n, num18_zero());
}

/* bounds_set: available / requirement, at most what serves alone.
 * *can_serve: what all assets count for together. */
static enum err
bounds_set(struct programme *p, struct usd18 *can_serve,
    const struct markowitz_asset *assets, i128 requirement)
{
	*can_serve = usd18_zero();
	for (size_t i = 0; i < p->n; i++) {
		i128 available = usd18_to_raw(assets[i].available), counted;
		i128 c = counts_for(&assets[i]);

		p->counts[i] = c;
		p->most[i] = 0;
		if (num18_is_negative(assets[i].haircut) || available < 0 ||
		    muldiv_i128(&counted, available, c, ONE, ROUND_FLOOR) !=
		    ERR_OK || usd18_add(can_serve, *can_serve,
		    usd18_from_raw(counted)) != ERR_OK)
			return ERR_RANGE;
		if (c > 0 && (counted >= requirement ?
		    muldiv_i128(&p->most[i], ONE, ONE, c, ROUND_CEIL) :
		    muldiv_i128(&p->most[i], available, ONE, requirement,
		    ROUND_FLOOR)) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* counted_set: sum of c y. */
static enum err
counted_set(i128 *out, const struct programme *p, const i128 *y)
{
	struct accum a = accum_zero();

	for (size_t i = 0; i < p->n; i++)
		if (accum_add2(&a, p->counts[i], y[i]) != ERR_OK)
			return ERR_RANGE;
	return accum_div(out, &a, 1, 1, ROUND_FLOOR);
}

/* begin: each asset in proportion to its bound; not open where that is all of
 * each, and nothing is left to choose. */
static enum err
begin(struct programme *p, bool *is_open)
{
	i128 counted;

	if (counted_set(&counted, p, p->most) != ERR_OK)
		return ERR_RANGE;
	*is_open = counted > ONE;
	for (size_t i = 0; i < p->n; i++) {
		p->y[i] = p->most[i];
		p->place[i] = PLACE_HIGH;
		if (!*is_open)
			continue;
		p->place[i] = p->most[i] > 0 ? PLACE_FREE : PLACE_LOW;
		if (muldiv_i128(&p->y[i], p->most[i], ONE, counted,
		    ROUND_FLOOR) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* ---- one round ---------------------------------------------------------- */

static enum err
freed_set(struct freed *f, const struct programme *p)
{
	f->n = 0;
	for (size_t i = 0; i < p->n; i++)
		if (p->place[i] == PLACE_FREE)
			f->asset[f->n++] = i;
	for (size_t i = 0; i < f->n; i++)
		for (size_t j = 0; j < f->n; j++)
			f->q[i * f->n + j] =
			    p->q[f->asset[i] * p->n + f->asset[j]];
	return linalg_ldl(f->l, f->d, f->q, f->n, num18_zero());
}

/* solve: Q x = b among the free, once refined: what is left of b is as small
 * as its last unit allows, also where Q is nearly singular. */
static enum err
solve(struct num18 *x, const struct freed *f, const struct num18 *b)
{
	struct num18 rest[N], more[N];

	if (linalg_ldl_solve(x, f->l, f->d, b, f->n) != ERR_OK ||
	    linalg_apply(rest, f->q, x, f->n) != ERR_OK)
		return ERR_RANGE;
	for (size_t i = 0; i < f->n; i++)
		if (num18_sub(&rest[i], b[i], rest[i]) != ERR_OK)
			return ERR_RANGE;
	if (linalg_ldl_solve(more, f->l, f->d, rest, f->n) != ERR_OK)
		return ERR_RANGE;
	for (size_t i = 0; i < f->n; i++)
		if (num18_add(&x[i], x[i], more[i]) != ERR_OK)
			return ERR_RANGE;
	return ERR_OK;
}

/* free_counted: sum of c x over the free. */
static enum err
free_counted(i128 *out, const struct programme *p, const struct freed *f,
    const struct num18 *x)
{
	i128 y[N] = { 0 };

	for (size_t i = 0; i < f->n; i++)
		y[f->asset[i]] = num18_to_raw(x[i]);
	return counted_set(out, p, y);
}

/* held_set: what the assets at their bounds count for, and Q times them. */
static enum err
held_set(i128 *counted, struct num18 *held, const struct programme *p,
    const struct freed *f)
{
	i128 y[N];

	for (size_t j = 0; j < p->n; j++)
		y[j] = p->place[j] == PLACE_FREE ? 0 : p->y[j];
	for (size_t i = 0; i < f->n; i++) {
		struct accum a = accum_zero();
		i128 v;

		for (size_t j = 0; j < p->n; j++)
			if (accum_add2(&a, num18_to_raw(
			    p->q[f->asset[i] * p->n + j]), y[j]) != ERR_OK)
				return ERR_RANGE;
		if (accum_div(&v, &a, 1, 1, ROUND_FLOOR) != ERR_OK)
			return ERR_RANGE;
		held[i] = num18_from_raw(v);
	}
	return counted_set(counted, p, y);
}

/* target_set: the least variance over the free assets, the others where they
 * are, bounds not asked: y = m P - R with Q P = c and Q R what the others
 * contribute, m so that together they count for one. */
static enum err
target_set(i128 *target, const struct programme *p, const struct freed *f)
{
	struct num18 counts[N], held[N], up[N], back[N];
	i128 counted, scale, counted_up, counted_back;

	if (held_set(&counted, held, p, f) != ERR_OK)
		return ERR_RANGE;
	for (size_t i = 0; i < f->n; i++)
		counts[i] = num18_from_raw(p->counts[f->asset[i]]);
	if (solve(up, f, counts) != ERR_OK ||
	    solve(back, f, held) != ERR_OK ||
	    free_counted(&counted_up, p, f, up) != ERR_OK ||
	    free_counted(&counted_back, p, f, back) != ERR_OK ||
	    __builtin_add_overflow(ONE - counted, counted_back, &scale))
		return ERR_RANGE;
	for (size_t i = 0; i < f->n; i++)
		if (muldiv_i128(&target[i], num18_to_raw(up[i]), scale,
		    counted_up, ROUND_FLOOR) != ERR_OK ||
		    __builtin_sub_overflow(target[i], num18_to_raw(back[i]),
		    &target[i]))
			return ERR_RANGE;
	return ERR_OK;
}

/* walk: from y toward the target; stops at the first bound in the way, whose
 * asset then stays there.  Of two in the same place the first. */
static enum err
walk(struct programme *p, const struct freed *f, const i128 *target,
    bool *is_there)
{
	i128 part = ONE;
	size_t stop = f->n;

	for (size_t i = 0; i < f->n; i++) {
		size_t a = f->asset[i];
		i128 room, way = size_of(target[i] - p->y[a]), reach;

		if (target[i] >= 0 && target[i] <= p->most[a])
			continue;
		room = target[i] < 0 ? p->y[a] : p->most[a] - p->y[a];
		if (muldiv_i128(&reach, room, ONE, way, ROUND_FLOOR) !=
		    ERR_OK)
			return ERR_RANGE;
		if (stop == f->n || reach < part) {
			part = reach;
			stop = i;
		}
	}
	*is_there = stop == f->n;
	for (size_t i = 0; i < f->n; i++) {
		size_t a = f->asset[i];
		i128 step = target[i] - p->y[a];

		if (!*is_there && muldiv_i128(&step, step, part, ONE,
		    ROUND_FLOOR) != ERR_OK)
			return ERR_RANGE;
		p->y[a] += step;
		/* The last unit of a step may lead out. */
		p->y[a] = p->y[a] < 0 ? 0 : p->y[a];
		p->y[a] = p->y[a] > p->most[a] ? p->most[a] : p->y[a];
	}
	if (!*is_there) {
		size_t a = f->asset[stop];

		p->place[a] = target[stop] < 0 ? PLACE_LOW : PLACE_HIGH;
		p->y[a] = target[stop] < 0 ? 0 : p->most[a];
	}
	return ERR_OK;
}

static enum err
gradient(struct num18 *g, const struct programme *p)
{
	struct num18 y[N];

	for (size_t i = 0; i < p->n; i++)
		y[i] = num18_from_raw(p->y[i]);
	return linalg_apply(g, p->q, y, p->n);
}

/* level_of: g / c of the free asset that counts most: all of them have the
 * same. */
static enum err
level_of(i128 *out, const struct programme *p, const struct freed *f,
    const struct num18 *g)
{
	size_t best = f->asset[0];

	for (size_t i = 1; i < f->n; i++)
		if (p->counts[f->asset[i]] > p->counts[best])
			best = f->asset[i];
	return muldiv_i128(out, num18_to_raw(g[best]), ONE, p->counts[best],
	    ROUND_FLOOR);
}

/* wants_out: at zero with g below level c, or at the bound with g above. */
static bool
wants_out(const struct programme *p, size_t i, i128 g, i128 level)
{
	i128 even;

	if (p->place[i] == PLACE_FREE || p->most[i] == 0 ||
	    muldiv_i128(&even, level, p->counts[i], ONE, ROUND_FLOOR) !=
	    ERR_OK)
		return false;
	return p->place[i] == PLACE_LOW ? g < even - KKT_TOLERANCE :
	    g > even + KKT_TOLERANCE;
}

/* exchange: nothing is free; a pair of which one would rather be more and the
 * other less.  False where there is none. */
static bool
exchange(struct programme *p, const struct num18 *g)
{
	for (size_t i = 0; i < p->n; i++) {
		i128 level;

		if (p->place[i] != PLACE_HIGH || p->most[i] == 0 ||
		    muldiv_i128(&level, num18_to_raw(g[i]), ONE,
		    p->counts[i], ROUND_FLOOR) != ERR_OK)
			continue;
		for (size_t j = 0; j < p->n; j++)
			if (p->place[j] == PLACE_LOW && wants_out(p, j,
			    num18_to_raw(g[j]), level)) {
				p->place[i] = p->place[j] = PLACE_FREE;
				return true;
			}
	}
	return false;
}

/* release frees the first asset that would rather leave its bound.  *is_done:
 * none would, which is the Karush-Kuhn-Tucker condition. */
static enum err
release(struct programme *p, const struct freed *f, bool *is_done)
{
	struct num18 g[N];
	i128 level;

	if (gradient(g, p) != ERR_OK)
		return ERR_RANGE;
	if (f->n == 0) {
		*is_done = !exchange(p, g);
		return ERR_OK;
	}
	if (level_of(&level, p, f, g) != ERR_OK)
		return ERR_RANGE;
	*is_done = false;
	for (size_t i = 0; i < p->n; i++)
		if (wants_out(p, i, num18_to_raw(g[i]), level)) {
			p->place[i] = PLACE_FREE;
			return ERR_OK;
		}
	*is_done = true;
	return ERR_OK;
}

static enum err
programme_run(struct programme *p)
{
	bool is_there = true, is_done = false;
	i128 target[N];
	struct freed f;

	for (unsigned round = 0; round < MARKOWITZ_ROUNDS_MAX; round++) {
		if (freed_set(&f, p) != ERR_OK)
			return ERR_RANGE;
		if (f.n > 0 && (target_set(target, p, &f) != ERR_OK ||
		    walk(p, &f, target, &is_there) != ERR_OK))
			return ERR_RANGE;
		if (f.n > 0 && !is_there)
			continue;
		if (release(p, &f, &is_done) != ERR_OK)
			return ERR_RANGE;
		if (is_done)
			return ERR_OK;
	}
	return ERR_LIMIT;
}

/* ---- back to dollars ---------------------------------------------------- */

static enum err
counted_of(struct usd18 *out, const struct markowitz_mix *m,
    const struct programme *p)
{
	*out = usd18_zero();
	for (size_t i = 0; i < p->n; i++) {
		struct usd18 v;

		if (usd18_mul_num(&v, m->amount[i],
		    num18_from_raw(p->counts[i]), ROUND_FLOOR) != ERR_OK ||
		    usd18_add(out, *out, v) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* amounts_set: y requirement, up, within what is available; at its bound an
 * asset is there with all it has, which y has lost a last unit of. */
static enum err
amounts_set(struct markowitz_mix *m, const struct programme *p,
    const struct markowitz_asset *assets, i128 requirement)
{
	for (size_t i = 0; i < p->n; i++) {
		i128 y = p->y[i], x;

		if (y > 0 && p->place[i] == PLACE_HIGH)
			y++;
		if (muldiv_i128(&x, y, requirement, ONE, ROUND_CEIL) !=
		    ERR_OK)
			return ERR_RANGE;
		m->amount[i] = usd18_min(assets[i].available,
		    usd18_from_raw(x));
	}
	return ERR_OK;
}

/* fill: what the last units left open, from the first assets with room, those
 * of the mix first. */
static enum err
fill(struct markowitz_mix *m, const struct programme *p,
    const struct markowitz_asset *assets, struct usd18 requirement)
{
	for (size_t k = 0; k < 2 * p->n; k++) {
		size_t i = k % p->n;
		struct usd18 open;
		i128 more;

		if (counted_of(&m->counted, m, p) != ERR_OK ||
		    usd18_sub(&open, requirement, m->counted) != ERR_OK)
			return ERR_RANGE;
		if (usd18_to_raw(open) <= 0)
			return ERR_OK;
		if (p->counts[i] == 0 || (p->y[i] == 0 && k < p->n))
			continue;
		/* One unit more: the floor of the product may drop one. */
		if (muldiv_i128(&more, usd18_to_raw(open) + 1, ONE,
		    p->counts[i], ROUND_CEIL) != ERR_OK ||
		    usd18_add(&m->amount[i], m->amount[i],
		    usd18_from_raw(more)) != ERR_OK)
			return ERR_RANGE;
		m->amount[i] = usd18_min(assets[i].available, m->amount[i]);
	}
	return counted_of(&m->counted, m, p);
}

static enum err
deviation_set(struct markowitz_mix *m, const struct num18 *covariance,
    size_t n)
{
	struct num18 x[N], root;

	for (size_t i = 0; i < n; i++)
		x[i] = num18_from_raw(usd18_to_raw(m->amount[i]));
	if (linalg_norm(&root, covariance, x, n, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	m->deviation = usd18_from_raw(num18_to_raw(root));
	return ERR_OK;
}

enum err
markowitz_mix_of(struct markowitz_mix *out,
    const struct markowitz_asset *assets, const struct num18 *covariance,
    size_t count, struct usd18 requirement)
{
	struct markowitz_mix m = { .counted = usd18_zero() };
	struct programme p = { .n = count };
	i128 needed = usd18_to_raw(requirement);
	struct usd18 can_serve;
	bool is_open;
	enum err e;

	if (count > N)
		return ERR_LIMIT;
	if (needed < 0)
		return ERR_RANGE;
	if (bounds_set(&p, &can_serve, assets, needed) != ERR_OK ||
	    matrix_set(&p, covariance) != ERR_OK)
		return ERR_RANGE;
	if (usd18_compare(can_serve, requirement) < 0)
		return ERR_STATE;
	if (needed > 0) {
		e = begin(&p, &is_open);
		if (e == ERR_OK && is_open)
			e = programme_run(&p);
		if (e == ERR_OK)
			e = amounts_set(&m, &p, assets, needed);
		if (e == ERR_OK)
			e = fill(&m, &p, assets, requirement);
		if (e == ERR_OK)
			e = deviation_set(&m, covariance, count);
		if (e != ERR_OK)
			return e;
	}
	*out = m;
	return ERR_OK;
}
