/* The scan of a million vaults of 3 to 8 legs over 64 assets, against reading
 * the same bytes; and against ratio_evaluate, vault by vault. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "margin/ratio.h"
#include "margin/scan.h"
#include "tests/bench/margin/suites.h"

#define VAULTS (1u << 20)
/* A vault of the book is some 2 KB, of the columns 50 bytes: columns of a
 * sixteenth of the vaults, sixteen times. */
#define COPIES 16u
#define BOOK (VAULTS / COPIES)
#define ASSETS 64u
#define ROUNDS 31u
#define EXACT 4096u	/* vaults that ratio_evaluate takes in a round */
#define SEED_STEP UINT64_C(6364136223846793005)

struct world {
	struct book book;
	struct market market;
	struct scan scan[COPIES];
	struct scan_prices prices;
	struct scan_mask *mask;
	struct px18 price[BOOK_ASSETS_MAX];
};

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * SEED_STEP + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static void
world_assets(struct world *w, uint64_t *seed)
{
	w->book.asset_count = w->market.count = ASSETS;
	for (uint32_t i = 0; i < ASSETS; i++) {
		struct asset *a = &w->book.assets[i];
		struct price *p = &w->market.asset[i].price;

		a->decimals = 18;
		a->factor = (uint8_t)i;
		a->rules[0] = (struct asset_rules){
			.ltv = ppb_from_raw(700000000),
			.liquidation_threshold = ppb_from_raw(800000000),
			.debt_weight = ppb_one(),
			.close_factor = ppb_one(),
		};
		p->mid = p->low = p->high = px18_from_raw((1 + next(seed,
		    1000000)) * (u128)pow10_u128(15));
		w->price[i] = p->mid;
	}
	w->book.factor_count = ASSETS;
}

/* Ascending slots, all of about the same value. */
static uint8_t
world_legs(struct leg *leg, struct world *w, uint64_t *seed, uint8_t count,
    uint64_t usd)
{
	uint8_t asset = (uint8_t)next(seed, 8);

	for (uint8_t i = 0; i < count; i++) {
		u128 atoms;

		MUST(atoms_from_usd18(&atoms, usd18_from_raw((i128)(usd +
		    next(seed, usd)) * (i128)WAD_ONE_RAW), 18,
		    w->price[asset], ROUND_FLOOR) == ERR_OK);
		leg[i] = (struct leg){ asset, atoms, 0, wad_one() };
		asset = (uint8_t)(asset + 1 + next(seed, 8));
	}
	return count;
}

static void
world_vaults(struct world *w, uint64_t *seed)
{
	w->book.vaults = calloc(BOOK, sizeof(*w->book.vaults));
	MUST(w->book.vaults != NULL);
	w->book.vault_count = w->book.vault_capacity = BOOK;
	w->book.mode_count = 1;
	for (uint32_t i = 0; i < BOOK; i++) {
		struct vault *v = &w->book.vaults[i];
		uint8_t legs = (uint8_t)(3 + next(seed, 6));
		uint8_t debts = (uint8_t)(1 + next(seed, 2));

		v->debt_count = world_legs(v->debt, w, seed, debts, 1000);
		v->collateral_count = world_legs(v->collateral, w, seed,
		    (uint8_t)(legs - debts), 1500);
	}
}

static void
world_columns(struct world *w)
{
	struct scan s;

	MUST(scan_measure(&s, &w->book) == ERR_OK);
	w->mask = calloc(s.block_count, sizeof(*w->mask));
	MUST(w->mask != NULL);
	for (uint32_t i = 0; i < COPIES; i++) {
		s.amount = aligned_alloc(64, s.leg_count * 64 * 8);
		s.index = aligned_alloc(64, s.leg_count * 64);
		s.slot = aligned_alloc(64, (size_t)s.block_count * 64 * 4);
		s.odd = calloc(s.block_count, sizeof(*s.odd));
		MUST(s.amount && s.index && s.slot && s.odd);
		scan_fill(&s, &w->book);
		w->scan[i] = s;
	}
	MUST(scan_prices_from(&w->prices, &s, &w->book, w->price) == ERR_OK);
}

static void
run_scan(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < COPIES; i++)
		scan_run(w->mask, &w->scan[i], &w->prices, 0,
		    w->scan[i].block_count);
	bench_keep(w->mask[0].below);
}

static void
run_portable(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < COPIES; i++)
		scan_run_portable(w->mask, &w->scan[i], &w->prices, 0,
		    w->scan[i].block_count);
	bench_keep(w->mask[0].below);
}

static uint64_t
sum_words(const uint64_t *word, uint64_t count)
{
	uint64_t sum[8] = { 0 };

	for (uint64_t i = 0; i < count; i += 8)
		for (unsigned k = 0; k < 8; k++)
			sum[k] += word[i + k];
	return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] +
	    sum[7];
}

/* Nine bytes a leg. */
static void
run_read(void *context)
{
	struct world *w = context;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < COPIES; i++) {
		const struct scan *s = &w->scan[i];

		sum += sum_words((const void *)s->amount, s->leg_count * 64);
		sum += sum_words((const void *)s->index, s->leg_count * 8);
	}
	bench_keep(sum);
}

static void
run_exact(void *context)
{
	struct world *w = context;
	uint64_t below = 0;

	for (uint32_t i = 0; i < EXACT; i++) {
		struct ratio_result r;

		MUST(ratio_evaluate(&r, &w->book, &w->book.vaults[i],
		    &w->market) == ERR_OK);
		below += usd18_is_negative(r.mid.excess);
	}
	bench_keep(below);
}

static void
world_free(struct world *w)
{
	for (uint32_t i = 0; i < COPIES; i++) {
		free(w->scan[i].amount);
		free(w->scan[i].index);
		free(w->scan[i].slot);
		free(w->scan[i].odd);
	}
	free(w->mask);
	free(w->book.vaults);
	free(w);
}

void
bench_scan(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct bench_side scan = { run_scan, w, VAULTS };
	struct bench_side portable = { run_portable, w, VAULTS };
	struct bench_side read = { run_read, w, VAULTS };
	struct bench_side exact = { run_exact, w, EXACT };
	uint64_t seed = 1, unsure = 0;

	MUST(w != NULL);
	world_assets(w, &seed);
	world_vaults(w, &seed);
	world_columns(w);
	bench_compare("scan of 2^20 vaults vs read", &scan, &read, ROUNDS,
	    1.5);
	bench_compare("scan, portable, vs read", &portable, &read, 5, 12.0);
	bench_row("scan vs 20 ns a vault", bench_median_ns(&scan, ROUNDS), 20,
	    1.0);
	bench_note("scan, portable, a vault", bench_median_ns(&portable, 5));
	bench_note("ratio_evaluate, one vault", bench_median_ns(&exact, 5));
	for (uint32_t i = 0; i < w->scan[0].block_count; i++)
		unsure += (uint64_t)__builtin_popcountll(w->mask[i].unsure);
	bench_figure("unsure, of 65,536", (double)unsure, "vaults");
	world_free(w);
}
