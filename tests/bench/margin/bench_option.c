/* European options: integers against double arithmetic with libm. */
#include "tests/bench/margin/suites.h"

#include "margin/option.h"
#include "margin/screen_option.h"

#include <math.h>

#define OPTIONS 512u
#define SCREENS 16u	/* of the same options: a round of some size */
#define ROUNDS 201u

struct plain {
	double forward, strike, vol, tau, discount;
	bool is_call;
};

struct plain_greeks {
	double price, delta, gamma, vega, theta;
};

struct book {
	struct option_terms terms[OPTIONS];
	struct plain plain[OPTIONS];
	struct usd18 price[OPTIONS];
	double plain_price[OPTIONS];
};

static struct book book;

/* Strikes from half to twice the forward, days to a year, 20 % to 150 %. */
static void
book_fill(struct book *b)
{
	uint64_t z = 1;

	for (size_t i = 0; i < OPTIONS; i++) {
		struct option_terms *t = &b->terms[i];
		u128 forward = (u128)2000 * WAD_ONE_RAW;

		z = z * UINT64_C(6364136223846793005) + 1442695040888963407u;
		t->forward = px18_from_raw(forward + (z >> 30));
		t->strike = px18_from_raw(forward / 1000 *
		    (500 + (z >> 33) % 1500));
		t->vol = num18_from_raw((i128)(200000000000000000u +
		    (z >> 7) % 1300000000000000000u));
		t->tau = option_tau(86400000u * (1 + (z >> 40) % 365));
		t->discount = num18_from_raw((i128)(950000000000000000u +
		    (z >> 11) % 50000000000000000u));
		t->is_call = (z >> 63) != 0;
		b->plain[i] = (struct plain){
			(double)px18_to_raw(t->forward) * 1e-18,
			(double)px18_to_raw(t->strike) * 1e-18,
			(double)num18_to_raw(t->vol) * 1e-18,
			(double)num18_to_raw(t->tau) * 1e-18,
			(double)num18_to_raw(t->discount) * 1e-18,
			t->is_call };
	}
}

static double
cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

static double
plain_price(const struct plain *o)
{
	double s = o->vol * sqrt(o->tau);
	double d1 = log(o->forward / o->strike) / s + s / 2, d2 = d1 - s;

	if (o->is_call)
		return o->discount *
		    (o->forward * cdf(d1) - o->strike * cdf(d2));
	return o->discount * (o->strike * cdf(-d2) - o->forward * cdf(-d1));
}

static void
plain_greeks_of(struct plain_greeks *out, const struct plain *o)
{
	double root = sqrt(o->tau), s = o->vol * root;
	double d1 = log(o->forward / o->strike) / s + s / 2, d2 = d1 - s;
	double sign = o->is_call ? 1 : -1;
	double n1 = cdf(sign * d1), n2 = cdf(sign * d2);
	double density = exp(-d1 * d1 / 2) * (M_2_SQRTPI * M_SQRT1_2 / 2);

	out->price = o->discount * sign *
	    (o->forward * n1 - o->strike * n2);
	out->delta = o->discount * sign * n1;
	out->gamma = o->discount * density / (o->forward * s);
	out->vega = o->discount * o->forward * density * root;
	out->theta = -o->discount * o->forward * density * o->vol / (2 * root);
}

/* Newton from the inflection point (Manaster and Koehler), on the side that is
 * out of the money, at most 100 steps. */
static double
plain_implied(const struct plain *o, double price)
{
	double root = sqrt(o->tau), x = log(o->forward / o->strike);
	double low = o->forward < o->strike ? o->forward : o->strike;
	double value = price - (o->is_call == (o->forward > o->strike) ?
	    o->discount * fabs(o->forward - o->strike) : 0);
	double s = sqrt(2 * fabs(x));

	if (s == 0)
		s = 1e-3;
	for (int i = 0; i < 100; i++) {
		double b = fabs(x) / s - s / 2, e = exp(-b * b / 2);
		double g = cdf(-b) * low - cdf(-b - s) *
		    (low == o->forward ? o->strike : o->forward);
		double step = (value / o->discount - g) /
		    (low * e * (M_2_SQRTPI * M_SQRT1_2 / 2));

		s += step;
		if (fabs(step) < 1e-14 * s)
			break;
	}
	return s / root;
}

static void
run_price(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++)
		if (option_price(&b->price[i], &b->terms[i]) != ERR_OK)
			bench_keep(i);
	bench_keep((uint64_t)usd18_to_raw(b->price[OPTIONS - 1]));
}

static void
run_plain_price(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++)
		b->plain_price[i] = plain_price(&b->plain[i]);
	bench_keep((uint64_t)b->plain_price[OPTIONS - 1]);
}

static void
run_greeks(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++) {
		struct option_greeks g;

		if (option_greeks_of(&g, &b->terms[i]) != ERR_OK)
			bench_keep(i);
		else
			bench_keep((uint64_t)num18_to_raw(g.theta));
	}
}

static void
run_plain_greeks(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++) {
		struct plain_greeks g;

		plain_greeks_of(&g, &b->plain[i]);
		bench_keep((uint64_t)(g.price + g.delta + g.gamma + g.vega +
		    g.theta));
	}
}

static void
run_implied(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++) {
		struct num18 vol;

		if (option_implied_vol(&vol, &b->terms[i], b->price[i]) !=
		    ERR_OK)
			bench_keep(i);
		else
			bench_keep((uint64_t)num18_to_raw(vol));
	}
}

static void
run_plain_implied(void *context)
{
	struct book *b = context;

	for (size_t i = 0; i < OPTIONS; i++)
		bench_keep((uint64_t)(1e9 * plain_implied(&b->plain[i],
		    b->plain_price[i])));
}

static double screen_in[6][OPTIONS], screen_out[5][OPTIONS];

static void
screen_fill(const struct book *b)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct plain *o = &b->plain[i];

		screen_in[0][i] = o->forward;
		screen_in[1][i] = o->strike;
		screen_in[2][i] = o->vol;
		screen_in[3][i] = o->tau;
		screen_in[4][i] = o->discount;
		screen_in[5][i] = o->is_call ? 1 : -1;
	}
}

static void
run_screen(void *context)
{
	const struct screen_options in = { screen_in[0], screen_in[1],
		screen_in[2], screen_in[3], screen_in[4], screen_in[5] };
	const struct screen_greeks out = { screen_out[0], screen_out[1],
		screen_out[2], screen_out[3], screen_out[4] };

	(void)context;
	for (size_t i = 0; i < SCREENS; i++) {
		screen_option_greeks(&out, &in, OPTIONS);
		bench_keep((uint64_t)screen_out[0][OPTIONS - 1]);
	}
}

/* A table of 1,000 options: eleven spots and three volatilities each. */
#define TABLE_OPTIONS 1000u
#define TABLE_SPOTS 11u
#define TABLE_VOLS 3u
#define TABLE_SCENARIOS (TABLE_SPOTS * TABLE_VOLS)

static struct usd18 table[TABLE_OPTIONS][TABLE_SCENARIOS];

static void
run_table(void *context)
{
	const struct book *b = context;
	struct option_forward forward[TABLE_SPOTS];
	struct option_scenario scenario[TABLE_SCENARIOS];

	for (size_t i = 0; i < TABLE_SPOTS; i++)
		forward[i] = option_forward_of(px18_from_raw(
		    px18_to_raw(b->terms[0].forward) / 100 * (80 + 4 * i)));
	for (size_t i = 0; i < TABLE_SCENARIOS; i++)
		scenario[i] = (struct option_scenario){
			(uint8_t)(i / TABLE_VOLS), (uint8_t)(i % TABLE_VOLS) };
	for (size_t i = 0; i < TABLE_OPTIONS; i++) {
		const struct option_terms *t = &b->terms[i % OPTIONS];
		i128 v = num18_to_raw(t->vol);
		struct num18 vol[TABLE_VOLS] = {
			num18_from_raw(v * 3 / 4), t->vol,
			num18_from_raw(v * 5 / 4),
		};

		if (option_price_many(table[i], t, forward, TABLE_SPOTS, vol,
		    TABLE_VOLS, scenario, TABLE_SCENARIOS) != ERR_OK)
			bench_keep(i);
	}
	bench_keep((uint64_t)usd18_to_raw(table[0][0]));
}

static void
run_plain_table(void *context)
{
	const struct book *b = context;
	double sum = 0;

	for (size_t i = 0; i < TABLE_OPTIONS; i++)
		for (size_t k = 0; k < TABLE_SCENARIOS; k++) {
			struct plain o = b->plain[i % OPTIONS];

			o.forward *= 0.8 + 0.04 * (double)(k / TABLE_VOLS);
			o.vol *= 0.75 + 0.25 * (double)(k % TABLE_VOLS);
			sum += plain_price(&o);
		}
	bench_keep((uint64_t)sum);
}

void
bench_option(void)
{
	struct bench_side ours = { run_price, &book, OPTIONS };
	struct bench_side libm = { run_plain_price, &book, OPTIONS };

	book_fill(&book);
	bench_compare("option price, libm", &ours, &libm, ROUNDS, 3.5);
	ours.run = run_greeks;
	libm.run = run_plain_greeks;
	bench_compare("option price, five greeks, libm", &ours, &libm, ROUNDS,
	    4.0);
	ours.run = run_implied;
	libm.run = run_plain_implied;
	bench_compare("implied volatility, Newton in libm", &ours, &libm,
	    ROUNDS, 2.0);
	screen_fill(&book);
	ours.run = run_screen;
	ours.operations = OPTIONS * SCREENS;
	libm.run = run_plain_greeks;
	bench_compare("screening, five greeks, libm", &ours, &libm, ROUNDS,
	    0.20);
	ours = (struct bench_side){ run_table, &book,
		TABLE_OPTIONS * TABLE_SCENARIOS };
	libm = (struct bench_side){ run_plain_table, &book, ours.operations };
	bench_compare("a price of 1,000 x 33, libm", &ours, &libm, 51, 1.2);
}
