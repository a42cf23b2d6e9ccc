/*~ The fit.  Read surface_fit at the end first. */
#include "oracle/surface_fit.h"

#include "base/must.h"
#include "margin/surface_check.h"
#include "oracle/surface_simplex.h"

#include <math.h>

#define VARIANCE_MIN 2e-8	/* twice the check's: roundings */
#define VOL_MIN 0.0101
#define VOL_MAX 9.9
#define SIGMA_MIN 0.001
#define SIGMA_MAX 5.0
#define M_MAX 5.0
#define M_BEYOND 0.25		/* of the strikes' range, at most */
#define SIGMA_BEYOND 1.5	/* times that range, at most */
#define RHO_MAX 0.999
#define WINGS_MAX 1.99
#define G_MIN 1e-6		/* butterfly, instead of zero */
#define STARTS_M 7
#define STARTS_SIGMA 5
#define LOOKS_PLANE 120u	/* of m and sigma */
#define LOOKS_ALL 900u		/* of all five */
#define FLATTEN 16		/* times; then no smile at all */

/* The problem: weights are of squares of volatility and sum to one. */
struct fit {
	const struct surface_point *point;
	size_t count;
	double tau, weight_sum;
	const struct surface_smile *below;
	/* The strikes.  A smile that bends far from them fits as well as one
	 * that bends there, but says nothing about its own reach. */
	double low, high, range;
	double penalty;
};

/* ---- a smile ------------------------------------------------------------- */

static double
variance_at(const struct surface_smile *s, double k)
{
	double u = k - s->m;

	return s->a + s->b * (s->rho * u + sqrt(u * u + s->sigma * s->sigma));
}

static double
reach_of(const struct surface_smile *s)
{
	return 4 * sqrt(fmax(0, s->a + s->b * s->sigma));
}

/* variance_read: where svi_vol would look. */
static double
variance_read(const struct surface_smile *s, double reach, double k)
{
	return variance_at(s, k > reach ? reach : k < -reach ? -reach : k);
}

double
surface_smile_vol(const struct surface_smile *s, double k)
{
	return sqrt(fmax(0, variance_read(s, reach_of(s), k)) / s->tau);
}

static double
butterfly_at(const struct surface_smile *s, double k)
{
	double u = k - s->m, q = sqrt(u * u + s->sigma * s->sigma);
	double w = s->a + s->b * (s->rho * u + q);
	double slope = s->b * (s->rho + u / q);
	double bend = s->b * s->sigma * s->sigma / (q * q * q);
	double first = 1 - k * slope / (2 * w);

	return first * first - slope * slope / 4 * (1 / w + 0.25) + bend / 2;
}

/* The check's grid of one smile, or of two; returns how many points. */
#define GRID_MAX (SURFACE_EVEN + 2 * (2 * SURFACE_BEND + 1 + 2))
static size_t
grid_of(double k[GRID_MAX], const struct surface_smile *s,
    const struct surface_smile *other)
{
	const struct surface_smile *of[2] = { s, other };
	double reach = fmax(reach_of(s), other ? reach_of(other) : 0);
	size_t n = 0;

	for (unsigned i = 0; i < SURFACE_EVEN; i++)
		k[n++] = reach * (2. * i / (SURFACE_EVEN - 1) - 1);
	for (size_t o = 0; o < (other ? 2 : 1); o++) {
		for (int j = -SURFACE_BEND; j <= SURFACE_BEND; j++) {
			double at = of[o]->m + j * of[o]->sigma / 2;

			if (fabs(at) <= reach)
				k[n++] = at;
		}
		k[n++] = reach_of(of[o]);
		k[n++] = -reach_of(of[o]);
	}
	return n;
}

/* How far a smile is from one without arbitrage: zero is none. */
struct faults {
	double variance, butterfly, calendar, raise;
};

static void
faults_of_calendar(struct faults *f, const struct surface_smile *s,
    const struct surface_smile *below)
{
	double k[GRID_MAX];
	size_t n = grid_of(k, below, s);
	double reach = reach_of(s), reach_below = reach_of(below);

	for (size_t i = 0; i < n; i++) {
		double w = variance_read(s, reach, k[i]), least =
		    variance_read(below, reach_below, k[i]);

		if (w >= least)
			continue;
		f->calendar += (least - w) * (least - w) / (least * least) /
		    (double)n;
		f->raise = fmax(f->raise, least - w);
	}
}

static struct faults
faults_of(const struct surface_smile *s, const struct surface_smile *below)
{
	double k[GRID_MAX], least = fmax(VARIANCE_MIN,
	    VOL_MIN * VOL_MIN * s->tau);
	size_t n = grid_of(k, s, NULL);
	struct faults f = { 0 };

	if (s->a + s->b * s->sigma <= least)
		f.variance = 1 + least - s->a - s->b * s->sigma;
	for (size_t i = 0; i < n; i++) {
		double w = variance_at(s, k[i]), g;

		if (!(w > least)) {
			f.variance += (1 + least - w) / (double)n;
			f.raise = fmax(f.raise, 2 * least - w);
			continue;
		}
		g = butterfly_at(s, k[i]);
		if (g < G_MIN)
			f.butterfly += (G_MIN - g) * (G_MIN - g) / (double)n;
	}
	if (below)
		faults_of_calendar(&f, s, below);
	return f;
}

static bool
is_good(const struct faults *f)
{
	return !(f->variance > 0 || f->butterfly > 0 || f->calendar > 0);
}

/* Mean of the squares missed by, in volatility. */
static double
miss_of(const struct fit *f, const struct surface_smile *s)
{
	double sum = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct surface_point *p = &f->point[i];
		double by = sqrt(fmax(0, variance_at(s, p->k)) / f->tau) -
		    p->vol;

		sum += p->weight * by * by;
	}
	return sum / f->weight_sum;
}

/* ---- a, c and d for a given m and sigma ---------------------------------- */

/* Weighted sums of the least squares in a, d and c: of one, y = (k - m) /
 * sigma, z = sqrt(y^2 + 1), and the variance w. */
struct sums {
	double one, y, z, w, yy, yz, zz, yw, zw, ww;
};

static struct sums
sums_of(const struct fit *f, double m, double sigma)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		const struct surface_point *p = &f->point[i];
		/* A miss in variance is 2 vol tau times one in volatility. */
		double per = 2 * p->vol * f->tau;
		double h = p->weight / (per * per);
		double y = (p->k - m) / sigma, z = sqrt(y * y + 1);
		double w = p->vol * p->vol * f->tau;

		s.one += h;
		s.y += h * y;
		s.z += h * z;
		s.w += h * w;
		s.yy += h * y * y;
		s.yz += h * y * z;
		s.zz += h * z * z;
		s.yw += h * y * w;
		s.zw += h * z * w;
		s.ww += h * w * w;
	}
	return s;
}

struct line {
	double a, d, c, miss;
};

static double
miss_of_line(const struct sums *s, double a, double d, double c)
{
	return s->ww + a * a * s->one + d * d * s->yy + c * c * s->zz +
	    2 * (a * d * s->y + a * c * s->z + d * c * s->yz - a * s->w -
	    d * s->yw - c * s->zw);
}

static void
line_offer(struct line *best, const struct sums *s, double d, double c)
{
	/* The best a for these two. */
	double a = (s->w - d * s->y - c * s->z) / s->one;
	double miss = miss_of_line(s, a, d, c);

	if (miss < best->miss)
		*best = (struct line){ a, d, c, miss };
}

/* edge_offer: on d = d0 + r c, low <= c <= high, a parabola in c. */
static void
edge_offer(struct line *best, const struct sums *s, double d0, double r,
    double low, double high)
{
	/* x = z + r y and v = w - d0 y, about their means. */
	double x = s->z + r * s->y, v = s->w - d0 * s->y;
	double xx = s->zz + 2 * r * s->yz + r * r * s->yy - x * x / s->one;
	double xv = s->zw + r * s->yw - d0 * (s->yz + r * s->yy) -
	    x * v / s->one;
	double c = xx > 0 ? xv / xx : low;

	c = fmin(fmax(c, low), high);
	line_offer(best, s, d0 + r * c, c);
}

/* Inside the bounds, or on the best of their four edges. */
static struct line
line_best(const struct sums *s, double sigma)
{
	double yy = s->yy - s->y * s->y / s->one;
	double zz = s->zz - s->z * s->z / s->one;
	double yz = s->yz - s->y * s->z / s->one;
	double yw = s->yw - s->y * s->w / s->one;
	double zw = s->zw - s->z * s->w / s->one;
	double det = yy * zz - yz * yz, wings = WINGS_MAX * sigma;
	double corner = wings / (1 + RHO_MAX);
	struct line best = { .miss = INFINITY };

	if (det > 1e-12 * yy * zz) {
		double d = (yw * zz - zw * yz) / det;
		double c = (zw * yy - yw * yz) / det;

		if (fabs(d) <= RHO_MAX * c && c + fabs(d) <= wings) {
			line_offer(&best, s, d, c);
			return best;
		}
	}
	edge_offer(&best, s, 0, RHO_MAX, 0, corner);
	edge_offer(&best, s, 0, -RHO_MAX, 0, corner);
	edge_offer(&best, s, wings, -1, corner, wings);
	edge_offer(&best, s, -wings, 1, corner, wings);
	return best;
}

static struct surface_smile
smile_from(const struct fit *f, double m, double sigma, double *miss)
{
	struct sums s = sums_of(f, m, sigma);
	struct line l = line_best(&s, sigma);

	*miss = l.miss / f->weight_sum;
	return (struct surface_smile){ .a = l.a, .b = l.c / sigma,
		.rho = l.c > 0 ? l.d / l.c : 0, .m = m, .sigma = sigma,
		.tau = f->tau };
}

/* ---- m and sigma --------------------------------------------------------- */

static double
sigma_within(const struct fit *f, double log_sigma)
{
	double most = fmin(SIGMA_BEYOND * f->range, SIGMA_MAX);

	return exp(fmin(fmax(log_sigma, log(SIGMA_MIN)), log(most)));
}

static double
m_within(const struct fit *f, double m)
{
	double beyond = M_BEYOND * f->range;

	return fmin(fmax(m, fmax(f->low - beyond, -M_MAX)),
	    fmin(f->high + beyond, M_MAX));
}

static double
plane_value(void *arg, const double *at)
{
	const struct fit *f = arg;
	double miss;

	(void)smile_from(f, m_within(f, at[0]), sigma_within(f, at[1]),
	    &miss);
	return miss;
}

/* The best of a grid of starts: m over the strikes, sigma over five sizes of
 * their range. */
static void
start_best(double at[2], struct fit *f)
{
	double best = INFINITY;

	for (int i = 0; i < STARTS_M; i++)
		for (int j = 0; j < STARTS_SIGMA; j++) {
			double start[2] = { f->low + f->range * i /
				(STARTS_M - 1), log(f->range) - 0.8 * j };
			double value = plane_value(f, start);

			if (value >= best)
				continue;
			best = value;
			at[0] = start[0];
			at[1] = start[1];
		}
}

static struct surface_smile
plane_search(struct fit *f)
{
	const double step[2] = { f->range / 10, 0.4 };
	double at[2], miss;

	start_best(at, f);
	/* Twice: the second simplex begins wide again. */
	for (int i = 0; i < 2; i++)
		(void)simplex_search(at, step, 2, LOOKS_PLANE, plane_value, f);
	return smile_from(f, m_within(f, at[0]), sigma_within(f, at[1]),
	    &miss);
}

/* ---- all five ------------------------------------------------------------ */

/* a, ln(b sigma), atanh(rho), m, ln(sigma): each may take any value. */
static struct surface_smile
smile_at(const struct fit *f, const double *at)
{
	struct surface_smile s = { .a = at[0], .rho = RHO_MAX * tanh(at[2]),
		.m = m_within(f, at[3]), .sigma = sigma_within(f, at[4]),
		.tau = f->tau };

	s.b = fmin(exp(fmin(at[1], 50)) / s.sigma,
	    WINGS_MAX / (1 + fabs(s.rho)));
	return s;
}

static double
penalty_value(void *arg, const double *at)
{
	const struct fit *f = arg;
	struct surface_smile s = smile_at(f, at);
	struct faults x = faults_of(&s, f->below);

	return miss_of(f, &s) + f->penalty * (x.variance + x.butterfly +
	    x.calendar);
}

static struct surface_smile
penalty_search(struct fit *f, const struct surface_smile *from)
{
	double c = fmax(from->b * from->sigma, 1e-9);
	double at[5] = { from->a, log(c), atanh(from->rho / (RHO_MAX +
	    1e-6)), from->m, log(from->sigma) };

	for (f->penalty = 1; f->penalty <= 100; f->penalty *= 10) {
		const double step[5] = { fmax(fabs(at[0]), c) / 10, 0.2, 0.2,
			exp(at[4]) / 4, 0.2 };

		(void)simplex_search(at, step, 5, LOOKS_ALL / 3,
		    penalty_value, f);
	}
	return smile_at(f, at);
}

/* ---- what is left -------------------------------------------------------- */

/* Raised above what is below it and flattened step by step about k = 0. */
static bool
smile_repair(struct surface_smile *s, const struct surface_smile *below)
{
	const struct surface_smile from = *s;

	for (int i = 0; i <= FLATTEN; i++) {
		double share = i == FLATTEN ? 0 : pow(0.8, i);
		struct faults f;

		s->b = from.b * share;
		s->a = from.a;
		s->a += variance_at(&from, 0) - variance_at(s, 0);
		/* To raise it moves its reach: a few times. */
		for (int k = 0; k < 8; k++) {
			f = faults_of(s, below);
			if (is_good(&f))
				return true;
			s->a += 1.0001 * f.raise;
		}
	}
	return false;
}

static bool
vols_are_sane(const struct surface_smile *s)
{
	double reach = reach_of(s);

	/* A smile is convex: the most is at an end. */
	return variance_at(s, reach) <= VOL_MAX * VOL_MAX * s->tau &&
	    variance_at(s, -reach) <= VOL_MAX * VOL_MAX * s->tau;
}

double
surface_weight(double k, double vol, double tau)
{
	double d = k / (vol * sqrt(tau));

	return fmax(0.05, exp(-d * d / 2));
}

enum err
surface_fit(struct surface_smile *out, const struct surface_point *points,
    size_t count, double tau, const struct surface_smile *below)
{
	struct fit f = { .point = points, .count = count, .tau = tau,
		.below = below };
	struct surface_smile s;
	struct faults x;

	if (count < SURFACE_POINTS_MIN || count > SURFACE_POINTS_MAX)
		return ERR_LIMIT;
	MUST(tau > 0);
	f.low = f.high = points[0].k;
	for (size_t i = 0; i < count; i++) {
		f.weight_sum += points[i].weight;
		f.low = fmin(f.low, points[i].k);
		f.high = fmax(f.high, points[i].k);
	}
	f.range = fmax(f.high - f.low, SIGMA_MIN);
	s = plane_search(&f);
	x = faults_of(&s, below);
	if (!is_good(&x)) {
		s = penalty_search(&f, &s);
		if (!smile_repair(&s, below))
			return ERR_RANGE;
	}
	if (!vols_are_sane(&s))
		return ERR_RANGE;
	s.error = sqrt(miss_of(&f, &s));
	*out = s;
	return ERR_OK;
}
