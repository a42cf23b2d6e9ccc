#include "margin/close_morpho.h"

#include <string.h>

#define VIRTUAL_SHARES 1000000u
#define VIRTUAL_ASSETS 1u
#define PRICE_DECIMALS 36u

void
morpho_rules_default(struct morpho_rules *r)
{
	*r = (struct morpho_rules){
		.incentive_max = wad_from_raw(WAD_ONE_RAW / 100 * 115),
		.cursor = wad_from_raw(WAD_ONE_RAW / 10 * 3),
	};
}

static struct u256
wad(void)
{
	return evm_word(WAD_ONE_RAW);
}

enum err
morpho_incentive(struct u256 *out, struct u256 lltv,
    const struct morpho_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 short_of_one = evm_sub(&c, wad(), lltv);
	struct u256 cut = evm_muldiv(&c, evm_word(wad_to_raw(r->cursor)),
	    short_of_one, wad(), SIDE_FLOOR);
	struct u256 incentive = evm_muldiv(&c, wad(), wad(),
	    evm_sub(&c, wad(), cut), SIDE_FLOOR);

	if (c.err == ERR_OK)
		*out = evm_min(incentive,
		    evm_word(wad_to_raw(r->incentive_max)));
	return c.err;
}

/* Virtual shares and assets keep a first depositor from moving the ratio. */
static struct u256
to_assets(struct evm *c, struct u256 shares, struct u256 total_assets,
    struct u256 total_shares, enum side side)
{
	return evm_muldiv(c, shares,
	    evm_add(c, total_assets, evm_word(VIRTUAL_ASSETS)),
	    evm_add(c, total_shares, evm_word(VIRTUAL_SHARES)), side);
}

static struct u256
to_shares_up(struct evm *c, struct u256 assets, struct u256 total_assets,
    struct u256 total_shares)
{
	return evm_muldiv(c, assets,
	    evm_add(c, total_shares, evm_word(VIRTUAL_SHARES)),
	    evm_add(c, total_assets, evm_word(VIRTUAL_ASSETS)), SIDE_CEIL);
}

enum err
morpho_is_healthy(bool *out, const struct morpho_position *p)
{
	struct evm c = { ERR_OK };
	struct u256 value = evm_muldiv(&c, p->collateral, p->price,
	    evm_pow10(&c, PRICE_DECIMALS), SIDE_FLOOR);
	struct u256 most = evm_muldiv(&c, value, p->lltv, wad(), SIDE_FLOOR);
	struct u256 owed = to_assets(&c, p->borrow_shares,
	    p->total_borrow_assets, p->total_borrow_shares, SIDE_CEIL);

	if (c.err == ERR_OK)
		*out = evm_compare(most, owed) >= 0;
	return c.err;
}

/* close_settle: what the market's books say once that much is seized and
 * repaid. */
static enum err
close_settle(struct evm *c, struct morpho_close *out,
    const struct morpho_position *p, struct u256 seized, struct u256 shares)
{
	struct morpho_close m = { .seized = seized, .repaid_shares = shares };
	struct u256 left = evm_sub(c, p->collateral, seized);
	struct u256 owed_shares = evm_sub(c, p->borrow_shares, shares);
	struct u256 total_shares = evm_sub(c, p->total_borrow_shares, shares);
	struct u256 total_assets;

	m.repaid_assets = to_assets(c, shares, p->total_borrow_assets,
	    p->total_borrow_shares, SIDE_CEIL);
	total_assets = evm_sub_or_zero(p->total_borrow_assets,
	    m.repaid_assets);
	if (evm_is_zero(left))
		m.bad_debt = evm_min(total_assets, to_assets(c, owed_shares,
		    total_assets, total_shares, SIDE_CEIL));
	if (c->err == ERR_OK)
		*out = m;
	return c->err;
}

/* close_incentive: of a position that may be liquidated. */
static enum err
close_incentive(struct u256 *out, const struct morpho_position *p,
    const struct morpho_rules *r)
{
	bool is_healthy = false;
	enum err e = morpho_is_healthy(&is_healthy, p);

	if (e == ERR_OK && is_healthy)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		e = morpho_incentive(out, p->lltv, r);
	return e;
}

enum err
morpho_seize(struct morpho_close *out, const struct morpho_position *p,
    struct u256 seized, const struct morpho_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 incentive, quoted, assets;
	enum err e = close_incentive(&incentive, p, r);

	if (e != ERR_OK)
		return e;
	quoted = evm_muldiv(&c, seized, p->price,
	    evm_pow10(&c, PRICE_DECIMALS), SIDE_CEIL);
	assets = evm_muldiv(&c, quoted, wad(), incentive, SIDE_CEIL);
	return close_settle(&c, out, p, seized, to_shares_up(&c, assets,
	    p->total_borrow_assets, p->total_borrow_shares));
}

enum err
morpho_repay(struct morpho_close *out, const struct morpho_position *p,
    struct u256 repaid_shares, const struct morpho_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 incentive, assets, seized;
	enum err e = close_incentive(&incentive, p, r);

	if (e != ERR_OK)
		return e;
	assets = to_assets(&c, repaid_shares, p->total_borrow_assets,
	    p->total_borrow_shares, SIDE_FLOOR);
	assets = evm_muldiv(&c, assets, incentive, wad(), SIDE_FLOOR);
	seized = evm_muldiv(&c, assets, evm_pow10(&c, PRICE_DECIMALS),
	    p->price, SIDE_FLOOR);
	return close_settle(&c, out, p, seized, repaid_shares);
}
