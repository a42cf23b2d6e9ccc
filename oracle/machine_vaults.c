/*~ Vaults in: each takes its slot in the columns, and its leaf in the tree of
 * positions at the end of the batch. */
#include "oracle/machine_vaults.h"

#include "base/must.h"
#include "oracle/machine_portfolio.h"

#include <string.h>

#define LEAVES_AT_ONCE 1024u

static void
legs_sorted(struct leg_word *out, const struct asset *assets,
    const struct leg *legs, size_t count)
{
	/* Insertion by asset id: at most BOOK_LEGS_MAX, nearly sorted. */
	for (size_t i = 0; i < count; i++) {
		struct leg_word w = { assets[legs[i].asset].id,
		    legs[i].amount };
		size_t at = i;

		while (at > 0 && b32_compare(&out[at - 1].asset, &w.asset) > 0) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = w;
	}
}

static void
positions_sorted(struct position_word *out, const struct instrument *in,
    const struct position *positions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct position *p = &positions[i];
		struct position_word w = { in[p->instrument].id,
		    num18_to_raw(p->size), px18_to_raw(p->entry),
		    usd18_to_raw(p->funding) };
		size_t at = i;

		while (at > 0 && b32_compare(&out[at - 1].instrument,
		    &w.instrument) > 0) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = w;
	}
}

void
machine_legs_of(struct machine_legs *out, const struct asset *assets,
    const struct instrument *instruments, const struct vault *v,
    const struct position *positions, size_t position_count)
{
	MUST(position_count <= WIRE_POSITIONS);
	legs_sorted(out->collateral, assets, v->collateral,
	    v->collateral_count);
	legs_sorted(out->debt, assets, v->debt, v->debt_count);
	positions_sorted(out->positions, instruments, positions,
	    position_count);
	out->position_count = position_count;
}

void
machine_position_leaf(struct position_leaf *out, struct machine_legs *legs,
    const struct machine *m, const struct vault *v)
{
	const struct position *positions = NULL;
	const struct instrument *instruments = NULL;
	size_t count = 0;

	if (portfolio_is(v)) {
		count = machine_portfolio_positions(m, v, &positions);
		instruments = m->portfolio->book.instruments;
	}
	machine_legs_of(legs, m->book.assets, instruments, v, positions,
	    count);
	out->vault = v->id;
	out->nonce = v->nonce;
	out->block_number = v->block_number;
	legs_hash(&out->legs_hash, &(struct legs_words){
		.collateral = legs->collateral, .debt = legs->debt,
		.positions = legs->positions,
		.collateral_count = v->collateral_count,
		.debt_count = v->debt_count, .position_count = count });
}

void
machine_vault_touch(struct machine *m, uint32_t slot)
{
	if (machine_bit(m->is_touched, slot))
		return;
	machine_bit_set(m->is_touched, slot, true);
	m->touched[m->touched_count++] = slot;
}

/* The slot that a vault has, or will have. */
static uint32_t
slot_of(const struct machine *m, const struct b32 *id)
{
	uint32_t slot;

	return vaults_find(&slot, &m->vaults, id) == ERR_OK ? slot :
	    vaults_used(&m->vaults);
}

/* whole, NULL of a vault of tokens alone: the same vault with its positions,
 * which were looked at. */
static enum err
vault_put(struct machine *m, uint32_t *out, const struct vault *v,
    const struct vault *whole, const struct position *positions)
{
	uint32_t slot = slot_of(m, &v->id), at;
	enum err e;

	if (slot >= m->tables.size.vaults)
		return ERR_LIMIT;
	/* It may move to another place of the columns. */
	if (slot < vaults_used(&m->vaults)) {
		reach_forget(&m->reach, slot);
		machine_portfolio_forget(m, slot);
		machine_vault_touch(m, slot);
	}
	machine_guard_vault(m, slot, true);
	e = vaults_put(&at, &m->vaults, v);
	if (e == ERR_OK && whole)
		machine_portfolio_write(m, slot, whole, positions);
	machine_guard_vault(m, slot, false);
	if (e != ERR_OK)
		return e;
	MUST(at == slot);
	machine_vault_touch(m, slot);
	if (!machine_bit(m->is_put, slot)) {
		machine_bit_set(m->is_put, slot, true);
		m->put[m->put_count++] = slot;
	}
	*out = slot;
	return ERR_OK;
}

enum err
machine_vault_put(struct machine *m, uint32_t *slot, const struct vault *v)
{
	return vault_put(m, slot, v, NULL, NULL);
}

enum err
machine_vault_put_whole(struct machine *m, const struct vault *v,
    const struct position *positions)
{
	struct vault tokens = *v;
	uint32_t slot;
	enum err e = machine_portfolio_look(m, v, positions);

	tokens.position_first = tokens.position_count = 0;
	tokens.node = NODE_ISOLATED;
	return e != ERR_OK ? e : vault_put(m, &slot, &tokens, v, positions);
}

static void
leaf_of(struct b32 *hash, const struct machine *m, uint32_t slot)
{
	static struct machine_legs legs;
	struct position_leaf leaf;
	struct vault v;
	enum err e = vaults_get(&v, &m->vaults, slot);

	MUST(e == ERR_OK);
	machine_position_leaf(&leaf, &legs, m, &v);
	position_leaf_hash(hash, &leaf);
}

void
machine_vaults_close(struct machine *m)
{
	static struct b32 hash[LEAVES_AT_ONCE];

	if (m->put_count == 0)
		return;
	machine_guard_tree(m, TABLES_POSITIONS, true);
	for (uint32_t done = 0; done < m->put_count;) {
		uint32_t n = m->put_count - done;
		enum err e;

		n = n < LEAVES_AT_ONCE ? n : LEAVES_AT_ONCE;
		for (uint32_t i = 0; i < n; i++) {
			leaf_of(&hash[i], m, m->put[done + i]);
			machine_bit_set(m->is_put, m->put[done + i], false);
		}
		e = merkle_set(&m->positions, m->put + done, hash, n);
		MUST(e == ERR_OK);
		done += n;
	}
	m->put_count = 0;
	machine_guard_tree(m, TABLES_POSITIONS, false);
}
