/*~ The market to verdicts: evaluate what a price or a vault moved, keep each
 * verdict in its slot of the tree, and count it in the aggregate. */
#include "oracle/machine_internal.h"

#include "base/must.h"

#include <string.h>

static void
dirty_add(struct machine *m, uint32_t verdict_slot)
{
	if (m->is_dirty[verdict_slot])
		return;
	m->is_dirty[verdict_slot] = true;
	m->dirty[m->dirty_count++] = verdict_slot;
}

static void
changed_add(struct machine *m, uint32_t slot)
{
	if (m->is_changed[slot])
		return;
	m->is_changed[slot] = true;
	m->changed[m->changed_count++] = slot;
}

static void
legs_sorted(struct leg_word *out, const struct book *b, const struct leg *legs,
    size_t count)
{
	/* Insertion by asset id: at most BOOK_LEGS_MAX, nearly sorted. */
	for (size_t i = 0; i < count; i++) {
		struct leg_word w = { b->assets[legs[i].asset].id,
		    legs[i].amount };
		size_t at = i;

		while (at > 0 && b32_compare(&out[at - 1].asset, &w.asset) > 0) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = w;
	}
}

void
machine_position_leaf(struct position_leaf *out,
    struct leg_word collateral[BOOK_LEGS_MAX],
    struct leg_word debt[BOOK_LEGS_MAX], const struct machine *m,
    uint32_t slot)
{
	const struct vault *v = &m->book.vaults[slot];

	legs_sorted(collateral, &m->book, v->collateral, v->collateral_count);
	legs_sorted(debt, &m->book, v->debt, v->debt_count);
	out->vault = v->id;
	out->nonce = v->nonce;
	out->block_number = v->block_number;
	legs_hash(&out->legs_hash, collateral, v->collateral_count, debt,
	    v->debt_count);
}

void
machine_positions_put(struct machine *m, uint32_t slot)
{
	const struct vault *v = &m->book.vaults[slot];
	struct leg_word collateral[BOOK_LEGS_MAX], debt[BOOK_LEGS_MAX];
	struct position_leaf leaf;
	struct machine_vault *mv = &m->vault[slot];
	struct b32 hash;

	machine_position_leaf(&leaf, collateral, debt, m, slot);
	position_leaf_hash(&hash, &leaf);
	MUST(merkle_set(&m->positions, &slot, &hash, 1) == ERR_OK);

	mv->asset_mask = 0;
	for (size_t i = 0; i < v->collateral_count; i++)
		mv->asset_mask |= (u128)1 << v->collateral[i].asset;
	for (size_t i = 0; i < v->debt_count; i++)
		mv->asset_mask |= (u128)1 << v->debt[i].asset;
	mv->is_touched = true;
	changed_add(m, slot);
}

static u128
u128_from_value(struct usd18 v)
{
	return usd18_is_negative(v) ? 0 : (u128)usd18_to_raw(v);
}

static void
leaf_fill(struct verdict_leaf *out, const struct machine *m, uint32_t slot)
{
	const struct vault *v = &m->book.vaults[slot];
	const struct machine_vault *mv = &m->vault[slot];
	const struct verdict *d = &mv->verdict;

	memset(out, 0, sizeof(*out));
	out->vault = v->id;
	out->nonce = v->nonce;
	out->as_of = mv->leaf_as_of;
	out->block_number = v->block_number;
	out->state = (uint8_t)d->state;
	out->method = v->method;
	out->collateral_value = u128_from_value(d->value.collateral_value);
	out->debt_value = u128_from_value(d->value.debt_value);
	out->health_low = wad_to_raw(d->value.worst.health);
	out->health_high = wad_to_raw(d->value.best.health);
	out->initial_excess = usd18_to_raw(d->value.initial_excess);
	out->maintenance_excess = usd18_to_raw(d->value.mid.excess);
	if (d->has_liquidation_asset)
		out->liquidation_asset =
		    m->book.assets[d->liquidation_asset].id;
	if (d->has_liquidation_price)
		out->liquidation_price = px18_to_raw(d->liquidation_price);
	if (d->has_debt_asset)
		out->debt_asset = m->book.assets[d->debt_asset].id;
	out->max_repay = u128_from_value(d->max_repay);
}

void
machine_verdict_leaf(struct verdict_leaf *out, const struct machine *m,
    uint32_t slot)
{
	MUST(m->vault[slot].verdict_slot != MACHINE_NO_SLOT);
	*out = m->leaf[m->vault[slot].verdict_slot];
}

/* The smaller, the more a verdict needs its place: by state, then health. */
static bool
verdict_is_worse(const struct verdict *a, const struct verdict *b)
{
	if (a->state != b->state)
		return a->state > b->state;
	return wad_compare(a->value.mid.health, b->value.mid.health) < 0;
}

static void
leaf_store(struct machine *m, uint32_t verdict_slot, const struct b32 *hash)
{
	MUST(merkle_set(&m->verdicts, &verdict_slot, hash, 1) == ERR_OK);
	dirty_add(m, verdict_slot);
}

static void
slot_release(struct machine *m, uint32_t slot)
{
	static const struct b32 empty;
	uint32_t at = m->vault[slot].verdict_slot;

	if (at == MACHINE_NO_SLOT)
		return;
	m->vault[slot].verdict_slot = MACHINE_NO_SLOT;
	m->verdict_owner[at] = MACHINE_NO_SLOT;
	m->verdict_free[m->verdict_free_count++] = at;
	m->verdict_count--;
	leaf_store(m, at, &empty);
	changed_add(m, slot);
}

/* A place for slot's verdict.  When the tree is full the least bad gives way,
 * if it is less bad than this one; either way it is counted for the alarm. */
static bool
slot_take(struct machine *m, uint32_t slot)
{
	uint32_t at, least = MACHINE_NO_SLOT;

	if (m->vault[slot].verdict_slot != MACHINE_NO_SLOT)
		return true;
	if (m->verdict_count == m->config->verdicts_max) {
		m->verdicts_over++;
		for (uint32_t i = 0; i < m->verdict_used; i++) {
			uint32_t owner = m->verdict_owner[i];

			if (owner != MACHINE_NO_SLOT &&
			    (least == MACHINE_NO_SLOT || verdict_is_worse(
			    &m->vault[least].verdict, &m->vault[owner].verdict)))
				least = owner;
		}
		if (!verdict_is_worse(&m->vault[slot].verdict,
		    &m->vault[least].verdict))
			return false;
		slot_release(m, least);
	}
	at = m->verdict_free_count > 0 ?
	    m->verdict_free[--m->verdict_free_count] : m->verdict_used++;
	m->verdict_owner[at] = slot;
	m->vault[slot].verdict_slot = at;
	m->verdict_count++;
	return true;
}

static void
leaf_refresh(struct machine *m, uint32_t slot)
{
	uint32_t at = m->vault[slot].verdict_slot;
	struct b32 hash;

	m->vault[slot].leaf_as_of = m->now_ms;
	/* Kept: the vault's figures go on, what is in the tree stays. */
	leaf_fill(&m->leaf[at], m, slot);
	verdict_leaf_hash(&hash, &m->leaf[at]);
	leaf_store(m, at, &hash);
	changed_add(m, slot);
}

static void
vault_evaluate(struct machine *m, uint32_t slot)
{
	struct machine_vault *mv = &m->vault[slot];
	bool was_counted = mv->is_counted;
	bool had_slot = mv->verdict_slot != MACHINE_NO_SLOT;
	enum vault_state before = mv->verdict.state;

	if (mv->is_counted)
		aggregate_remove(&m->aggregate, &mv->verdict);
	verdict_from_vault(&mv->verdict, &m->book, &m->book.vaults[slot],
	    &m->market);
	mv->is_counted = aggregate_add(&m->aggregate, &mv->verdict) == ERR_OK;
	m->evaluations++;
	mv->is_touched = false;
	changed_add(m, slot);
	/* A vault that is seen for the first time has crossed nothing, unless
	 * it arrives in a state that somebody must hear of. */
	if (was_counted ? before != mv->verdict.state :
	    verdict_is_in_tree(mv->verdict.state))
		m->is_crossed = true;
	if (!verdict_is_in_tree(mv->verdict.state))
		slot_release(m, slot);
	else if (slot_take(m, slot) && (!had_slot ||
	    before != mv->verdict.state))
		leaf_refresh(m, slot);
}

void
machine_verdicts_close(struct machine *m, u128 moved)
{
	for (uint32_t i = 0; i < m->book.vault_count; i++) {
		struct machine_vault *mv = &m->vault[i];

		if (mv->is_touched || (mv->asset_mask & moved) != 0)
			vault_evaluate(m, i);
	}
	for (uint32_t i = 0; i < m->verdict_used; i++) {
		uint32_t owner = m->verdict_owner[i];

		if (owner != MACHINE_NO_SLOT && m->now_ms >=
		    m->vault[owner].leaf_as_of + MACHINE_VERDICT_REFRESH_MS)
			leaf_refresh(m, owner);
	}
}
