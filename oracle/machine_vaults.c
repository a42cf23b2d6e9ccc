/*~ Vaults in: each takes its slot in the columns, and its leaf in the tree of
 * positions at the end of the batch. */
#include "oracle/machine_internal.h"

#include "base/must.h"

#include <string.h>

#define LEAVES_AT_ONCE 1024u

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
    const struct vault *v)
{
	legs_sorted(collateral, &m->book, v->collateral, v->collateral_count);
	legs_sorted(debt, &m->book, v->debt, v->debt_count);
	out->vault = v->id;
	out->nonce = v->nonce;
	out->block_number = v->block_number;
	legs_hash(&out->legs_hash, &(struct legs_words){
		.collateral = collateral, .debt = debt,
		.collateral_count = v->collateral_count,
		.debt_count = v->debt_count });
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

enum err
machine_vault_put(struct machine *m, const struct vault *v)
{
	uint32_t slot = slot_of(m, &v->id), at;
	enum err e;

	if (slot >= m->tables.vault_capacity)
		return ERR_LIMIT;
	/* It may move to another place of the columns. */
	if (slot < vaults_used(&m->vaults)) {
		reach_forget(&m->reach, slot);
		machine_vault_touch(m, slot);
	}
	machine_guard_vault(m, slot, true);
	e = vaults_put(&at, &m->vaults, v);
	machine_guard_vault(m, slot, false);
	if (e != ERR_OK)
		return e;
	MUST(at == slot);
	machine_vault_touch(m, slot);
	if (!machine_bit(m->is_put, slot)) {
		machine_bit_set(m->is_put, slot, true);
		m->put[m->put_count++] = slot;
	}
	return ERR_OK;
}

static void
leaf_of(struct b32 *hash, const struct machine *m, uint32_t slot)
{
	struct leg_word collateral[BOOK_LEGS_MAX], debt[BOOK_LEGS_MAX];
	struct position_leaf leaf;
	struct vault v;
	enum err e = vaults_get(&v, &m->vaults, slot);

	MUST(e == ERR_OK);
	machine_position_leaf(&leaf, collateral, debt, m, &v);
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
