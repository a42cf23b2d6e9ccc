#include "margin/screen_option.h"

#include <math.h>

/* gcc turns the loop into vectors, with glibc's own logarithm and exponential
 * for them. */
#if defined(__x86_64__) && !defined(__clang__)
#define HAS_VECTORS
#endif

#define DEVIATION_MIN 1e-9
#define FAR 690.0	/* exp(-FAR) is nearly the least double */
#define PDF_ZERO 0.39894228040143267794
#define CENTER 5.0

/* (1 + x) exp(x^2 / 2) N(-x) in (x - CENTER) / (x + CENTER), x >= 0: Chebyshev
 * interpolation, error 5e-15. */
static const double TAIL[] = {
	0.46151582985003775, -0.09155228183405704, 0.03103036842596898,
	0.010002352388756219, -0.026401042966716862, 0.02453696316712486,
	-0.01517041539355262, 0.006522001432493624, -0.0016760724338484162,
	7.787380025882652e-06, 0.0001823346322894228, -5.359351733815596e-05,
	-9.897692408753133e-06, 9.030174707171928e-06, -6.707844349034173e-08,
	-1.2674230386590434e-06, 1.2365220896011715e-07,
	1.6229095291652784e-07, -2.293705330385565e-08,
	-1.3858912412302858e-08, 2.142234894169762e-09,
};
#define TAIL_COUNT (sizeof(TAIL) / sizeof(TAIL[0]))

/* exp(x^2 / 2) N(-x) from r = 1 / ((1 + x) (x + CENTER)); x >= 0. */
static inline __attribute__((always_inline)) double
tail(double x, double r)
{
	double t = (x - CENTER) * (1 + x) * r, p = TAIL[TAIL_COUNT - 1];

#pragma GCC unroll 32
	for (size_t i = TAIL_COUNT - 1; i-- > 0;)
		p = p * t + TAIL[i];
	return p * (x + CENTER) * r;
}

static inline __attribute__((always_inline)) void
greeks(const struct screen_greeks *out, const struct screen_options *in,
    size_t count)
{
	const double *restrict forward = in->forward;
	const double *restrict strike = in->strike;
	const double *restrict vol = in->vol, *restrict tau = in->tau;
	const double *restrict discount = in->discount;
	const double *restrict side = in->side;
	double *restrict price = out->price, *restrict delta = out->delta;
	double *restrict gamma = out->gamma, *restrict vega = out->vega;
	double *restrict theta = out->theta;

	/* The restricts are lost where this is inlined. */
#ifdef HAS_VECTORS
#pragma GCC ivdep
#endif
	for (size_t i = 0; i < count; i++) {
		double f = forward[i], k = strike[i], sign = side[i];
		double root = sqrt(tau[i]), s = vol[i] * root;
		double w, ratio, d1, d2, x1, x2, a1, a2, e, n1, n2, density;

		/* Divisions cost most: one gives 1 / s, F / K and 1 / F, and
		 * one serves both tails. */
		s = s > DEVIATION_MIN ? s : DEVIATION_MIN;
		w = 1 / (f * k * s);
		ratio = f * f * s * w;
		d1 = log(ratio) * (f * k * w) + s / 2;
		d2 = d1 - s;
		x1 = fabs(d1);
		x2 = fabs(d2);
		a1 = (1 + x1) * (x1 + CENTER);
		a2 = (1 + x2) * (x2 + CENTER);
		e = 1 / (a1 * a2);
		n1 = tail(x1, a2 * e);
		n2 = tail(x2, a1 * e);
		e = d1 * d1 / 2;
		e = exp(-(e < FAR ? e : FAR));
		n1 *= e;
		n2 *= e * ratio;	/* F n(d1) = K n(d2) */
		n1 = sign * d1 > 0 ? 1 - n1 : n1;
		n2 = sign * d2 > 0 ? 1 - n2 : n2;
		density = discount[i] * e * PDF_ZERO;
		price[i] = discount[i] * sign * (f * n1 - k * n2);
		delta[i] = discount[i] * sign * n1;
		gamma[i] = density * k * w;
		vega[i] = density * f * root;
		/* sigma / sqrt(tau) = sigma^2 / s */
		theta[i] = -density * f * vol[i] * vol[i] *
		    (f * k * w) / 2;
	}
}

#ifdef HAS_VECTORS
__attribute__((target("avx512f,avx512dq,prefer-vector-width=512"))) static void
greeks_avx512(const struct screen_greeks *out,
    const struct screen_options *in, size_t count)
{
	greeks(out, in, count);
}

__attribute__((target("avx2,fma"))) static void
greeks_avx2(const struct screen_greeks *out, const struct screen_options *in,
    size_t count)
{
	greeks(out, in, count);
}
#endif

void
screen_option_greeks(const struct screen_greeks *out,
    const struct screen_options *in, size_t count)
{
#ifdef HAS_VECTORS
	if (__builtin_cpu_supports("avx512dq")) {
		greeks_avx512(out, in, count);
		return;
	}
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
		greeks_avx2(out, in, count);
		return;
	}
#endif
	greeks(out, in, count);
}
