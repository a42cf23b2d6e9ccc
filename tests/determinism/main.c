/* determinism [DIR]: one hash over everything that the margin library computes
 * here: the published cases below DIR (if there are any), a million random
 * vaults of tokens, and ten thousand random portfolios with options.
 * `make determinism` builds it many ways and compares.  DETERMINISM_SCALE=N
 * does an N-th of the random ones. */
#include "tests/cases/compare.h"
#include "tests/cases/walk.h"

#include "margin/liquidation.h"
#include "tests/margin_world.h"
#include "tests/portfolio_world.h"

#include <stdio.h>
#include <stdlib.h>

#define LINEAR_VAULTS 1000000u
#define PORTFOLIOS 10000u

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
	case_digest(&digest);
	for (size_t i = 0; i < sizeof(digest.b); i++)
		printf("%02x", digest.b[i]);
	printf("\n");
	if (case_counts.failed > 0)
		fprintf(stderr, "determinism: %u cases failed\n",
		    case_counts.failed);
	return case_counts.failed == 0 ? 0 : 1;
}
