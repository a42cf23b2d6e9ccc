/* tests/vaults_world.h - a store of vaults over a small book.  Tests only. */
#ifndef TESTS_VAULTS_WORLD_H
#define TESTS_VAULTS_WORLD_H

#include "margin/vaults.h"
#include "tests/margin_world.h"

/* store_begin empties the store over an arena, which the caller
 * frees.  limits: of so many vaults, or the caller's. */
__attribute__((unused)) static void *
store_begin_with(struct vaults *v, const struct vaults_limits *limits,
    const struct book *assets)
{
	size_t size = vaults_bytes(limits);
	void *arena = aligned_alloc(64, size);

	if (!arena)
		abort();
	memset(arena, 0, size);
	vaults_init(v, arena, limits, assets);
	return arena;
}

__attribute__((unused)) static void *
store_begin(struct vaults *v, uint32_t vaults, const struct book *assets)
{
	struct vaults_limits limits = { vaults, VAULTS_ROWS_AUTO(vaults),
		VAULTS_DEBT_ROWS_AUTO(vaults) };

	return store_begin_with(v, &limits, assets);
}

/* vault_number gives a vault the id of a number. */
__attribute__((unused)) static void
vault_number(struct vault *v, uint64_t number)
{
	memset(&v->id, 0, sizeof(v->id));
	for (unsigned k = 0; k < 8; k++)
		v->id.b[k] = (uint8_t)(number >> 8 * k);
	v->id.b[9] = 1;
}

/* world_vault makes the vault of a world anew: some collateral of up to the
 * value of `digits` digits, and debts near what they may be. */
__attribute__((unused)) static void
world_vault(struct world *w, uint64_t *seed, unsigned digits)
{
	struct ratio_result r;
	i128 limit = (i128)random_magnitude(seed, 27);

	memset(&w->vault, 0, sizeof(w->vault));
	w->vault.mode = (uint8_t)random_below(seed, w->book.mode_count);
	for (uint8_t i = 0; i < w->book.asset_count; i++)
		if (!random_one_in(seed, 3))
			w->vault.collateral[w->vault.collateral_count++] =
			    (struct leg){ i, random_amount(seed,
			    usd18_from_raw((i128)random_magnitude(seed,
			    digits)), w->book.assets[i].decimals,
			    w->market.asset[i].price.mid), 0, wad_one() };
	if (ratio_evaluate(&r, &w->book, &w->vault, &w->market) == ERR_OK &&
	    !r.is_stale && !usd18_is_zero(r.mid.weighted_collateral))
		limit = usd18_to_raw(r.mid.weighted_collateral);
	random_debts(w, seed, limit);
}

/* world_priced: random assets in two modes, all of whose prices are there,
 * and some of whose debts have grown. */
__attribute__((unused)) static void
world_priced(struct world *w, uint64_t *seed)
{
	world_init(w);
	random_assets(w, seed);
	for (size_t i = 0; i < w->book.asset_count; i++) {
		w->market.asset[i].price.status = PRICE_OK;
		if (random_one_in(seed, 2))
			w->book.accrual[i] = wad_from_raw(WAD_ONE_RAW +
			    random_magnitude(seed, 17));
	}
}

#endif
