/* determinism [DIR]: one hash over everything that the margin library computes
 * here: the published cases below DIR (if there are any), a million random
 * vaults of tokens, ten thousand random portfolios with options, and as many
 * slices of a surface.
 * `make determinism` builds it many ways and compares.  DETERMINISM_SCALE=N
 * does an N-th of the random ones. */
#include "tests/cases/compare.h"
#include "tests/cases/walk.h"

#include "margin/liquidation.h"
#include "margin/surface_check.h"
#include "tests/margin_world.h"
#include "tests/portfolio_world.h"

#include <stdio.h>
#include <stdlib.h>

#define LINEAR_VAULTS 1000000u
#define PORTFOLIOS 10000u
#define SLICES 10000u

static void
hash_i128(i128 v)
{
	case_hash(&v, sizeof(v));
}

static void
hash_usd(struct usd18 v)
{
	hash_i128(usd18_to_raw(v));
}

static void
hash_end(const struct ratio_end *end)
{
	hash_usd(end->weighted_collateral);
	hash_usd(end->weighted_debt);
	hash_usd(end->excess);
	hash_i128((i128)wad_to_raw(end->health));
}

static void
linear_vaults(unsigned count)
{
	static struct world w;
	uint64_t seed = 1;

	for (unsigned n = 0; n < count; n++) {
		struct ratio_result r;
		enum err e;

		world_random(&w, &seed);
		e = ratio_evaluate(&r, &w.book, &w.vault, &w.market);
		hash_i128(e);
		if (e != ERR_OK)
			continue;
		hash_usd(r.collateral_value);
		hash_usd(r.debt_value);
		hash_end(&r.mid);
		hash_end(&r.worst);
		hash_end(&r.best);
		hash_usd(r.initial_excess);
		hash_i128((i128)wad_to_raw(r.loan_to_value));
	}
}

static void
hash_evaluation(struct portfolio_world *w, uint32_t slot,
    enum margin_method m, enum margin_side side)
{
	struct point mid = point_mid();
	struct evaluation v;
	enum err e = margin_evaluate_at(&v, &w->snapshot, slot, m, &mid, side,
	    NULL);

	hash_i128(e);
	if (e != ERR_OK)
		return;
	hash_usd(v.own_equity);
	hash_usd(v.equity);
	hash_usd(v.requirement);
	hash_usd(v.excess);
	hash_i128((i128)wad_to_raw(v.health));
	hash_i128(v.binding.index);
}

static void
portfolios(unsigned count)
{
	struct portfolio_world *w = pw_init(20261129);

	for (unsigned n = 0; n < count; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 10);
		/* Every scenario of var prices every option: a tenth do. */
		unsigned last = n % 10 == 0 ? METHOD_ES : METHOD_GREEKS;

		for (unsigned m = METHOD_STANDARD; m <= last; m++)
			for (unsigned side = 0; side < 2; side++)
				hash_evaluation(w, slot,
				    (enum margin_method)m,
				    (enum margin_side)side);
		pw_clear(w);
	}
	free(w);
}

/* low to high thousandths of v. */
static struct num18
part_of(uint64_t *seed, i128 v, unsigned low, unsigned high)
{
	return num18_from_raw(v * (i128)(low + random_below(seed, high - low +
	    1)) / 1000);
}

/* Around a variance of 4 %, some of them with arbitrage. */
static void
slices(unsigned count)
{
	const i128 one = (i128)WAD_ONE_RAW;
	struct svi near = { .forward = px("2000") };
	uint64_t seed = 9;

	for (unsigned n = 0; n < count; n++) {
		struct svi s = near;
		enum surface_fault f;

		s.a = part_of(&seed, one / 25, 0, 1500);
		s.b = part_of(&seed, one / 5, 50, 1500);
		s.rho = num18_from_raw(num18_to_raw(part_of(&seed, one, 0,
		    1600)) - one * 4 / 5);
		s.m = part_of(&seed, one / 10, 0, 2000);
		s.sigma = part_of(&seed, one / 5, 50, 2000);
		s.tau = part_of(&seed, one / 4, 500, 2000);
		f = surface_check_slice(&s);
		hash_i128(f);
		if (f != SURFACE_GOOD)
			continue;
		if (!num18_is_zero(near.tau))
			hash_i128(surface_check_calendar(&near, near.tau, &s,
			    s.tau));
		near = s;
	}
}

int
main(int argc, char **argv)
{
	const char *scale_text = getenv("DETERMINISM_SCALE");
	unsigned long scale = scale_text ? strtoul(scale_text, NULL, 10) : 1;
	struct b32 digest;

	if (scale == 0)
		scale = 1;
	if (argc > 1)
		(void)cases_walk(argv[1], NULL, 0, true);
	linear_vaults((unsigned)(LINEAR_VAULTS / scale));
	portfolios((unsigned)(PORTFOLIOS / scale));
	slices((unsigned)(SLICES / scale));
	case_digest(&digest);
	for (size_t i = 0; i < sizeof(digest.b); i++)
		printf("%02x", digest.b[i]);
	printf("\n");
	if (case_counts.failed > 0)
		fprintf(stderr, "determinism: %u cases failed\n",
		    case_counts.failed);
	return case_counts.failed == 0 ? 0 : 1;
}
