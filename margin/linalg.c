#include "margin/linalg.h"

#include "margin/accum.h"

#define ONE ((i128)WAD_ONE_RAW)

static i128
at(const struct num18 *a, size_t n, size_t row, size_t column)
{
	return num18_to_raw(a[row * n + column]);
}

/* nearest: a / (10^(18 wads) divisor), halves up: half of what is divided by
 * goes in first.  wads is at least one, so that the half is whole. */
static enum err
nearest(i128 *out, struct accum a, unsigned wads, i128 divisor)
{
	enum err e = wads == 1 ? accum_add2(&a, ONE / 2, divisor) :
	    accum_add3(&a, ONE / 2, ONE, divisor);

	return e != ERR_OK ? e :
	    accum_div(out, &a, wads, divisor, ROUND_FLOOR);
}

enum err
linalg_shrink(struct num18 *out, const struct num18 *a, size_t n,
    struct num18 weight)
{
	i128 w = num18_to_raw(weight);

	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	if (w < 0 || w > ONE)
		return ERR_RANGE;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct accum sum = accum_zero();
			i128 v;

			if (accum_add2(&sum, ONE - w, at(a, n, i, j)) !=
			    ERR_OK ||
			    accum_add2(&sum, i == j ? ONE : 0, w) != ERR_OK ||
			    nearest(&v, sum, 1, 1) != ERR_OK)
				return ERR_RANGE;
			out[i * n + j] = num18_from_raw(v);
		}
	return ERR_OK;
}

/* remainder_of: a_ij minus what the columns before j explain, with 54
 * decimals. */
static enum err
remainder_of(struct accum *sum, const struct num18 *l, const struct num18 *d,
    const struct num18 *a, size_t n, size_t i, size_t j)
{
	*sum = accum_zero();
	if (accum_add3(sum, at(a, n, i, j), ONE, ONE) != ERR_OK)
		return ERR_RANGE;
	for (size_t k = 0; k < j; k++)
		if (accum_sub3(sum, at(l, n, i, k), at(l, n, j, k),
		    num18_to_raw(d[k])) != ERR_OK)
			return ERR_RANGE;
	return ERR_OK;
}

/* below_zero_pivot: what remains below a pivot that counts as zero is at most
 * sqrt(pivot_min a_ii) in a semidefinite matrix: Cauchy and Schwarz. */
static enum err
below_zero_pivot(const struct accum *rest, struct num18 diagonal,
    struct num18 pivot_min)
{
	struct accum left = accum_zero();
	i128 v, aii = num18_to_raw(diagonal);

	if (aii < 0 || accum_div(&v, rest, 2, 1, ROUND_FLOOR) != ERR_OK ||
	    accum_add2(&left, num18_to_raw(pivot_min), aii) != ERR_OK ||
	    accum_sub2(&left, v, v) != ERR_OK)
		return ERR_RANGE;
	return accum_is_negative(&left) ? ERR_RANGE : ERR_OK;
}

static enum err
ldl_column(struct num18 *l, struct num18 *d, const struct num18 *a, size_t n,
    size_t j, struct num18 pivot_min)
{
	i128 least = num18_to_raw(pivot_min), pivot, v;
	struct accum rest;

	if (remainder_of(&rest, l, d, a, n, j, j) != ERR_OK ||
	    nearest(&pivot, rest, 2, 1) != ERR_OK || pivot < -least)
		return ERR_RANGE;
	if (pivot <= least)
		pivot = 0;
	d[j] = num18_from_raw(pivot);
	for (size_t i = 0; i < n; i++)
		l[i * n + j] = i == j ? num18_one() : num18_zero();
	for (size_t i = j + 1; i < n; i++) {
		if (remainder_of(&rest, l, d, a, n, i, j) != ERR_OK)
			return ERR_RANGE;
		if (pivot == 0) {
			if (below_zero_pivot(&rest, a[i * n + i],
			    pivot_min) != ERR_OK)
				return ERR_RANGE;
			continue;
		}
		if (nearest(&v, rest, 1, pivot) != ERR_OK)
			return ERR_RANGE;
		l[i * n + j] = num18_from_raw(v);
	}
	return ERR_OK;
}

enum err
linalg_ldl(struct num18 *l, struct num18 *d, const struct num18 *a, size_t n,
    struct num18 pivot_min)
{
	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	if (num18_is_negative(pivot_min))
		return ERR_RANGE;
	for (size_t j = 0; j < n; j++)
		if (ldl_column(l, d, a, n, j, pivot_min) != ERR_OK)
			return ERR_RANGE;
	return ERR_OK;
}

/* times_root: the square root of l^2 d to nearest with l's sign: one rounding,
 * where root(d) first would lose what a small pivot has. */
static enum err
times_root(struct num18 *out, struct num18 l, struct num18 d)
{
	i128 x = num18_to_raw(l), root;
	struct accum sum = accum_zero();

	/* (2 r)^2 = 4 l^2 d: the half that decides is in the last bit. */
	if (accum_add3(&sum, x, x, num18_to_raw(d)) != ERR_OK ||
	    accum_add(&sum, &sum) != ERR_OK ||
	    accum_add(&sum, &sum) != ERR_OK ||
	    accum_sqrt(&root, &sum, 1, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	root = (root + 1) / 2;
	*out = num18_from_raw(x < 0 ? -root : root);
	return ERR_OK;
}

enum err
linalg_ldl_root(struct num18 *c, const struct num18 *l, const struct num18 *d,
    size_t n)
{
	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			if (num18_is_negative(d[j]) ||
			    times_root(&c[i * n + j], l[i * n + j], d[j]) !=
			    ERR_OK)
				return ERR_RANGE;
		}
	return ERR_OK;
}

/* less_known: (y - sum of l x over the k in [from, to)) with 36 decimals; the
 * coefficient is row k, column i where is_transposed. */
static enum err
less_known(i128 *out, struct num18 y, const struct num18 *l,
    const struct num18 *x, size_t n, size_t i, bool is_transposed)
{
	size_t from = is_transposed ? i + 1 : 0, to = is_transposed ? n : i;
	struct accum sum = accum_zero();

	if (accum_add2(&sum, num18_to_raw(y), ONE) != ERR_OK)
		return ERR_RANGE;
	for (size_t k = from; k < to; k++)
		if (accum_sub2(&sum, is_transposed ? at(l, n, k, i) :
		    at(l, n, i, k), num18_to_raw(x[k])) != ERR_OK)
			return ERR_RANGE;
	return nearest(out, sum, 1, 1);
}

enum err
linalg_ldl_solve(struct num18 *x, const struct num18 *l,
    const struct num18 *d, const struct num18 *b, size_t n)
{
	i128 v;

	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (less_known(&v, b[i], l, x, n, i, false) != ERR_OK)
			return ERR_RANGE;
		x[i] = num18_from_raw(v);
	}
	for (size_t i = 0; i < n; i++) {
		struct accum sum = accum_zero();
		i128 pivot = num18_to_raw(d[i]);

		if (pivot <= 0 || accum_add3(&sum, num18_to_raw(x[i]), ONE,
		    ONE) != ERR_OK || nearest(&v, sum, 1, pivot) != ERR_OK)
			return ERR_RANGE;
		x[i] = num18_from_raw(v);
	}
	for (size_t i = n; i-- > 0; ) {
		if (less_known(&v, x[i], l, x, n, i, true) != ERR_OK)
			return ERR_RANGE;
		x[i] = num18_from_raw(v);
	}
	return ERR_OK;
}

static enum err
apply(struct num18 *out, const struct num18 *a, const struct num18 *v,
    size_t n, bool is_lower)
{
	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		struct accum sum = accum_zero();
		i128 r;

		for (size_t j = 0; j < (is_lower ? i + 1 : n); j++)
			if (accum_add2(&sum, at(a, n, i, j),
			    num18_to_raw(v[j])) != ERR_OK)
				return ERR_RANGE;
		if (nearest(&r, sum, 1, 1) != ERR_OK)
			return ERR_RANGE;
		out[i] = num18_from_raw(r);
	}
	return ERR_OK;
}

enum err
linalg_apply(struct num18 *out, const struct num18 *a, const struct num18 *v,
    size_t n)
{
	return apply(out, a, v, n, false);
}

enum err
linalg_apply_lower(struct num18 *out, const struct num18 *a,
    const struct num18 *v, size_t n)
{
	return apply(out, a, v, n, true);
}

static enum err
quadratic(struct accum *sum, const struct num18 *a, const struct num18 *v,
    size_t n)
{
	*sum = accum_zero();
	if (n > LINALG_N_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (accum_add3(sum, num18_to_raw(v[i]),
			    at(a, n, i, j), num18_to_raw(v[j])) != ERR_OK)
				return ERR_RANGE;
	return ERR_OK;
}

enum err
linalg_quadratic(struct num18 *out, const struct num18 *a,
    const struct num18 *v, size_t n, enum rounding r)
{
	struct accum sum;
	i128 q;
	enum err e = quadratic(&sum, a, v, n);

	if (e == ERR_OK)
		e = accum_div(&q, &sum, 2, 1, r);
	if (e == ERR_OK)
		*out = num18_from_raw(q);
	return e;
}

enum err
linalg_norm(struct num18 *out, const struct num18 *a, const struct num18 *v,
    size_t n, enum rounding r)
{
	struct accum sum;
	i128 q;
	enum err e = quadratic(&sum, a, v, n);

	if (e == ERR_OK)
		e = accum_sqrt(&q, &sum, 1, r);
	if (e == ERR_OK)
		*out = num18_from_raw(q);
	return e;
}
