/* Options: the integers that are signed and the screening in floating point,
 * against QuantLib.  Nothing that is worth less than a thousandth of its
 * forward: there QuantLib's implied volatility gives up. */
#include "tests/peers/peers.h"

#include <math.h>

#include "base/must.h"
#include "margin/option.h"
#include "margin/screen_option.h"
#include "tests/bench/bench.h"

#define OPTIONS 512u
#define SCREENS 16u	/* of the same options: a round of some size */
#define ROUNDS 201u
#define IMPLIED_ROUNDS 51u
#define FORWARD 2000.0
#define PRICE_MIN (FORWARD / 1000)
#define PRICE_ERROR (FORWARD * 1e-12)
#define VOL_ERROR 1e-9

static struct option_terms terms[OPTIONS];
static struct peer_option peer[OPTIONS];
static struct usd18 price[OPTIONS];
static struct num18 vol[OPTIONS];
static struct option_greeks greeks[OPTIONS];
static double peer_price[OPTIONS], peer_vol[OPTIONS];
static struct peer_greeks peer_greeks[OPTIONS];
static double column[6][OPTIONS], screen[5][OPTIONS];

static double
wad(i128 raw)
{
	return (double)raw * 1e-18;
}

static void
option_draw(struct option_terms *t, uint64_t *seed)
{
	uint64_t z = *seed * UINT64_C(6364136223846793005) +
	    1442695040888963407u;

	*seed = z;
	*t = (struct option_terms){
		.forward = px18_from_raw((u128)2000 * WAD_ONE_RAW),
		.strike = px18_from_raw((u128)WAD_ONE_RAW *
		    (1000 + 2 * ((z >> 33) % 1500))),
		.vol = num18_from_raw((i128)(200000000000000000u +
		    (z >> 7) % 1300000000000000000u)),
		.tau = option_tau(86400000u * (1 + (z >> 40) % 365)),
		.discount = num18_from_raw((i128)(950000000000000000u +
		    (z >> 11) % 50000000000000000u)),
		.is_call = (z >> 63) != 0,
	};
}

/* Out of the money and worth something, as what is traded is. */
static bool
option_is_fit(const struct option_terms *t)
{
	struct usd18 p;

	MUST(option_price(&p, t) == ERR_OK);
	return t->is_call == (px18_to_raw(t->strike) >=
	    px18_to_raw(t->forward)) && wad(usd18_to_raw(p)) >= PRICE_MIN;
}

static void
options_fill(void)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < OPTIONS; i++) {
		struct option_terms *t = &terms[i];

		do
			option_draw(t, &seed);
		while (!option_is_fit(t));
		peer[i] = (struct peer_option){
			wad((i128)px18_to_raw(t->forward)),
			wad((i128)px18_to_raw(t->strike)),
			wad(num18_to_raw(t->vol)), wad(num18_to_raw(t->tau)),
			wad(num18_to_raw(t->discount)), t->is_call };
		column[0][i] = peer[i].forward;
		column[1][i] = peer[i].strike;
		column[2][i] = peer[i].vol;
		column[3][i] = peer[i].tau;
		column[4][i] = peer[i].discount;
		column[5][i] = t->is_call ? 1 : -1;
	}
}

static void
run_price(void *context)
{
	(void)context;
	for (size_t i = 0; i < OPTIONS; i++)
		MUST(option_price(&price[i], &terms[i]) == ERR_OK);
}

static void
run_greeks(void *context)
{
	(void)context;
	for (size_t i = 0; i < OPTIONS; i++)
		MUST(option_greeks_of(&greeks[i], &terms[i]) == ERR_OK);
}

static void
run_implied(void *context)
{
	(void)context;
	for (size_t i = 0; i < OPTIONS; i++)
		MUST(option_implied_vol(&vol[i], &terms[i], price[i]) ==
		    ERR_OK);
}

static void
run_screen(void *context)
{
	const struct screen_options in = { column[0], column[1], column[2],
		column[3], column[4], column[5] };
	const struct screen_greeks out = { screen[0], screen[1], screen[2],
		screen[3], screen[4] };

	(void)context;
	for (size_t i = 0; i < SCREENS; i++)
		screen_option_greeks(&out, &in, OPTIONS);
}

static void
run_peer_price(void *context)
{
	(void)context;
	quantlib_price(peer_price, peer, OPTIONS);
}

static void
run_peer_greeks(void *context)
{
	(void)context;
	quantlib_greeks(peer_greeks, peer, OPTIONS);
}

static void
run_peer_implied(void *context)
{
	(void)context;
	quantlib_implied(peer_vol, peer, peer_price, OPTIONS);
}

static void
run_peer_implied_li(void *context)
{
	(void)context;
	quantlib_implied_li(peer_vol, peer, peer_price, OPTIONS);
}

static void
near_check(double ours, double theirs, double error)
{
	MUST(fabs(ours - theirs) <= error);
}

/* Both sides answer alike, before it counts how fast. */
static void
results_check(void)
{
	run_price(NULL);
	run_greeks(NULL);
	run_implied(NULL);
	run_screen(NULL);
	run_peer_price(NULL);
	run_peer_greeks(NULL);
	run_peer_implied(NULL);
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct peer_greeks *p = &peer_greeks[i];
		double ours = wad(usd18_to_raw(price[i]));

		near_check(ours, peer_price[i], PRICE_ERROR);
		near_check(ours, p->price, PRICE_ERROR);
		near_check(screen[0][i], p->price, PRICE_ERROR);
		near_check(screen[1][i], p->delta, PRICE_ERROR);
		near_check(screen[2][i], p->gamma, PRICE_ERROR);
		near_check(screen[3][i], p->vega, PRICE_ERROR);
		near_check(wad(num18_to_raw(greeks[i].vega)), p->vega,
		    PRICE_ERROR);
		near_check(wad(num18_to_raw(vol[i])), peer_vol[i], VOL_ERROR);
	}
	run_peer_implied_li(NULL);
	for (size_t i = 0; i < OPTIONS; i++)
		near_check(wad(num18_to_raw(vol[i])), peer_vol[i], VOL_ERROR);
}

void
peers_quantlib(void)
{
	struct bench_side exact = { run_price, NULL, OPTIONS };
	struct bench_side coarse = { run_screen, NULL, OPTIONS * SCREENS };
	struct bench_side theirs = { run_peer_price, NULL, OPTIONS };

	if (quantlib_price == NULL) {
		bench_missing("QuantLib", PEERS_NOT_INSTALLED);
		return;
	}
	options_fill();
	results_check();
	bench_compare("price, integers; blackFormula", &exact, &theirs, ROUNDS,
	    2.0);
	bench_compare("price, greeks, screen; blackFormula", &coarse, &theirs,
	    ROUNDS, 0.25);
	theirs.run = run_peer_greeks;
	exact.run = run_greeks;
	bench_compare("greeks, integers; BlackCalculator", &exact, &theirs,
	    ROUNDS, 1.0);
	bench_compare("greeks, screening; BlackCalculator", &coarse, &theirs,
	    ROUNDS, 1.0 / 15);
	exact.run = run_implied;
	theirs.run = run_peer_implied;
	bench_compare("implied vol, 1e-18; Newton, 1e-12", &exact, &theirs,
	    IMPLIED_ROUNDS, 1.0);
	theirs.run = run_peer_implied_li;
	bench_compare("implied vol, 1e-18; Li's, 1e-12", &exact, &theirs,
	    IMPLIED_ROUNDS, 1.2);
}
