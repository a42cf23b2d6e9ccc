#include "margin/book.h"

#include <string.h>

#include "base/must.h"

const char *
margin_method_name(enum margin_method m)
{
	switch (m) {
	case METHOD_RATIO: return "ratio";
	case METHOD_STANDARD: return "standard";
	case METHOD_SCENARIO: return "scenario";
	case METHOD_GREEKS: return "greeks";
	case METHOD_VAR: return "var";
	case METHOD_ES: return "es";
	}
	return "unnamed";
}

void
book_init(struct book *b, struct vault *vaults, uint32_t *hash,
    uint32_t vault_capacity)
{
	MUST(vaults != NULL && hash != NULL);
	MUST(vault_capacity > 0 && vault_capacity <= BOOK_VAULTS_MAX);
	MUST((vault_capacity & (vault_capacity - 1)) == 0);

	memset(b, 0, sizeof(*b));
	b->mode_count = 1;
	for (size_t i = 0; i < BOOK_ASSETS_MAX; i++)
		b->accrual[i] = wad_one();
	b->vaults = vaults;
	b->hash = hash;
	b->vault_capacity = vault_capacity;
	memset(hash, 0, 2 * (size_t)vault_capacity * sizeof(*hash));
}

/* Ids of tests differ in their last byte only, those of a chain everywhere. */
uint32_t
book_hash_id(const struct b32 *id)
{
	uint64_t h = 0;
	uint64_t word;

	for (size_t i = 0; i < sizeof(id->b); i += sizeof(word)) {
		memcpy(&word, &id->b[i], sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

/* hash_probe returns the table entry that holds id, or the empty one where
 * it belongs.  It ends: the table is at most half full. */
static uint32_t *
hash_probe(const struct book *b, const struct b32 *id)
{
	uint32_t mask = 2 * b->vault_capacity - 1;
	uint32_t at = book_hash_id(id) & mask;

	/* An entry is the slot plus one; zero is empty.  Nothing is ever
	 * deleted, so an empty entry ends the search. */
	while (b->hash[at] != 0 &&
	    !b32_equal(&b->vaults[b->hash[at] - 1].id, id))
		at = (at + 1) & mask;
	return &b->hash[at];
}

static enum err
legs_check(const struct book *b, const struct leg *legs, size_t count)
{
	if (count > BOOK_LEGS_MAX)
		return ERR_SYNTAX;
	for (size_t i = 0; i < count; i++) {
		if (legs[i].asset >= b->asset_count)
			return ERR_SYNTAX;
		if (i > 0 && legs[i].asset <= legs[i - 1].asset)
			return ERR_SYNTAX;
	}
	return ERR_OK;
}

/* Of each vault: strictly ascending instruments, and nothing of size zero. */
static enum err
positions_check(const struct book *b, const struct vault *v)
{
	const struct position *p = b->positions ?
	    b->positions + v->position_first : NULL;

	if (v->position_count > POSITIONS_MAX ||
	    v->position_first > b->position_count ||
	    v->position_count > b->position_count - v->position_first)
		return ERR_SYNTAX;
	for (size_t i = 0; i < v->position_count; i++) {
		if (p[i].instrument >= b->instrument_count)
			return ERR_UNKNOWN;
		if (num18_is_zero(p[i].size) ||
		    (i > 0 && p[i].instrument <= p[i - 1].instrument))
			return ERR_SYNTAX;
	}
	return ERR_OK;
}

static enum err
orders_check(const struct book *b, const struct vault *v)
{
	const struct order *o = b->orders ? b->orders + v->order_first : NULL;

	if (v->order_count > POSITIONS_MAX ||
	    v->order_first > b->order_count ||
	    v->order_count > b->order_count - v->order_first)
		return ERR_SYNTAX;
	for (size_t i = 0; i < v->order_count; i++) {
		if (o[i].instrument >= b->instrument_count)
			return ERR_UNKNOWN;
		if (num18_is_zero(o[i].size) ||
		    (i > 0 && o[i].instrument < o[i - 1].instrument))
			return ERR_SYNTAX;
	}
	return ERR_OK;
}

/* A parent shares its collateral. */
static enum err
tree_check(const struct book *b, const struct vault *v)
{
	if (v->node > NODE_PORTFOLIO)
		return ERR_UNKNOWN;
	if (v->parent != 0 && (v->parent > b->vault_count ||
	    b->vaults[v->parent - 1].node != NODE_CROSS))
		return ERR_UNKNOWN;
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].lien > b->lien_count)
			return ERR_UNKNOWN;
	return ERR_OK;
}

enum err
book_check_vault(const struct book *b, const struct vault *v)
{
	enum err e = legs_check(b, v->collateral, v->collateral_count);

	if (e == ERR_OK)
		e = legs_check(b, v->debt, v->debt_count);
	if (e != ERR_OK)
		return e;
	/* A zero index would make a debt vanish. */
	for (size_t i = 0; i < v->debt_count; i++)
		if (wad_to_raw(v->debt[i].index) == 0)
			return ERR_RANGE;
	if (v->mode >= b->mode_count || v->method > METHOD_ES)
		return ERR_UNKNOWN;
	e = positions_check(b, v);
	if (e == ERR_OK)
		e = orders_check(b, v);
	if (e == ERR_OK)
		e = tree_check(b, v);
	return e;
}

enum err
book_put_vault(uint32_t *slot, struct book *b, const struct vault *v)
{
	enum err e = book_check_vault(b, v);
	uint32_t *entry;

	if (e != ERR_OK)
		return e;
	entry = hash_probe(b, &v->id);
	if (*entry == 0) {
		if (b->vault_count == b->vault_capacity)
			return ERR_LIMIT;
		*entry = ++b->vault_count;
	}
	b->vaults[*entry - 1] = *v;
	*slot = *entry - 1;
	return ERR_OK;
}

enum err
book_find_vault(uint32_t *slot, const struct book *b, const struct b32 *id)
{
	uint32_t entry = *hash_probe(b, id);

	if (entry == 0)
		return ERR_UNKNOWN;
	*slot = entry - 1;
	return ERR_OK;
}

enum err
book_check_tree(const struct book *b, uint32_t slot)
{
	uint32_t at;

	MUST(slot < b->vault_count);
	at = b->vaults[slot].parent;
	if (at != 0 && b->vaults[at - 1].node != NODE_CROSS)
		return ERR_UNIT;
	for (unsigned i = 0; at != 0; i++) {
		MUST(at <= b->vault_count);
		if (at - 1 == slot)
			return ERR_STATE;
		if (i == BOOK_ANCESTORS_MAX)
			return ERR_LIMIT;
		at = b->vaults[at - 1].parent;
	}
	return ERR_OK;
}

static const char *
asset_excess(const struct asset_risk *k)
{
	if (k->is_dynamic)
		return "an asset without `ltv`";
	if (k->has_cap)
		return "an asset with `cap`";
	if (k->is_rate)
		return "an asset with `rate_of`";
	return NULL;
}

static const char *
vault_excess(const struct vault *v)
{
	static const char *const methods[] = {
		[METHOD_STANDARD] = "method `standard`",
		[METHOD_SCENARIO] = "method `scenario`",
		[METHOD_GREEKS] = "method `greeks`",
		[METHOD_VAR] = "method `var`", [METHOD_ES] = "method `es`",
	};

	if (v->method != METHOD_RATIO)
		return methods[v->method];
	if (v->node == NODE_PORTFOLIO)
		return "mode `portfolio`";
	if (v->parent != 0)
		return "a `parent`";
	if (!num18_is_zero(v->leverage))
		return "`leverage`";
	return NULL;
}

bool
book_is_plain(struct book_excess *out, const struct book *b)
{
	struct book_excess found = { .vault = BOOK_VAULTS_MAX };

	for (size_t i = 0; i < b->asset_count && !found.what; i++)
		found.what = asset_excess(&b->assets[i].risk);
	if (!found.what && b->instrument_count > 0)
		found.what = "`instruments`";
	if (!found.what && b->lien_count > 0)
		found.what = "`liens`";
	for (uint32_t i = 0; i < b->vault_count && !found.what; i++) {
		found.what = vault_excess(&b->vaults[i]);
		if (found.what)
			found.vault = i;
	}
	if (found.what)
		*out = found;
	return !found.what;
}

enum err
book_debt_base(u128 *out, const struct leg *debt)
{
	return muldiv_u128(out, debt->amount, wad_to_raw(debt->index),
	    WAD_ONE_RAW, ROUND_CEIL);
}

enum err
book_debt_atoms(u128 *out, const struct book *b, const struct leg *debt)
{
	u128 accrual = wad_to_raw(b->accrual[debt->asset]);
	u128 base;
	enum err e = book_debt_base(&base, debt);

	/* A book that was never begun would make debts vanish. */
	MUST(accrual >= WAD_ONE_RAW);
	if (e == ERR_OK && accrual != WAD_ONE_RAW)
		e = muldiv_u128(&base, base, accrual, WAD_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK)
		*out = base;
	return e;
}

enum err
book_debt_shares(u128 *out, const struct book *b, uint8_t asset,
    struct wad index, u128 atoms, enum rounding r)
{
	u128 base;
	enum err e = muldiv_u128(&base, atoms, WAD_ONE_RAW,
	    wad_to_raw(b->accrual[asset]), r);

	return e != ERR_OK ? e : muldiv_u128(out, base, WAD_ONE_RAW,
	    wad_to_raw(index), r);
}
