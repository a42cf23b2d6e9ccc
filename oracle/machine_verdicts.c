/*~ The market to verdicts: value what a price may have moved across a threshold
 * or what is new, keep each verdict in its slot of the tree, and count it. */
#include "oracle/machine_verdicts.h"

#include "base/must.h"
#include "oracle/machine_portfolio.h"
#include "oracle/machine_vaults.h"

#include <string.h>

#define SETTLE_MAX 4096u	/* vaults whose triggers are placed anew at one
				 * CLOSE, after a shock */
#define LEAVES_AT_ONCE 8u
#define BEGIN_MAX 64u	/* new vaults with positions valued at one CLOSE */
#define SORT_MAX 64u	/* crossings sorted one by one */
#define PORTFOLIO_COST 32u	/* a vault with positions, in others */
#define WAITING_LOOK 65536u	/* states looked at for one that waits */

/* ---- leaves -------------------------------------------------------------- */

static void
dirty_add(struct machine *m, uint32_t at)
{
	if (m->is_dirty[at])
		return;
	m->is_dirty[at] = true;
	m->dirty[m->dirty_count++] = at;
}

/* A leaf waits for the others of this CLOSE. */
static void
leaf_store(struct machine *m, uint32_t at)
{
	if (!m->is_stored[at])
		m->stored[m->stored_count++] = at;
	m->is_stored[at] = true;
	dirty_add(m, at);
}

/* The hashes of stored slots; zero where nobody has the slot any more. */
static void
leaves_hash(struct machine *m)
{
	const struct verdict_leaf *leaf[LEAVES_AT_ONCE];
	struct b32 hash[LEAVES_AT_ONCE];
	uint32_t place[LEAVES_AT_ONCE], n = 0;

	for (uint32_t i = 0; i < m->stored_count; i++) {
		uint32_t at = m->stored[i];

		memset(&m->stored_hash[i], 0, sizeof(m->stored_hash[i]));
		if (m->slots.owner[at] != SLOTS_NONE) {
			place[n] = i;
			leaf[n++] = &m->tables.leaf[at];
		}
		if (n == 0 || (n < LEAVES_AT_ONCE && i + 1 < m->stored_count))
			continue;
		verdict_leaf_hash_many(m->verdicts.level, hash, leaf, n);
		for (uint32_t k = 0; k < n; k++)
			m->stored_hash[place[k]] = hash[k];
		n = 0;
	}
}

void
machine_verdicts_flush(struct machine *m)
{
	enum err e;

	if (m->stored_count == 0)
		return;
	leaves_hash(m);
	machine_guard_tree(m, TABLES_VERDICTS, true);
	e = merkle_set(&m->verdicts, m->stored, m->stored_hash,
	    m->stored_count);
	MUST(e == ERR_OK);
	machine_guard_tree(m, TABLES_VERDICTS, false);
	for (uint32_t i = 0; i < m->stored_count; i++)
		m->is_stored[m->stored[i]] = false;
	m->stored_count = 0;
}

static u128
u128_from_value(struct usd18 v)
{
	return usd18_is_negative(v) ? 0 : (u128)usd18_to_raw(v);
}

static void
leaf_fill(struct verdict_leaf *out, const struct machine *m,
    const struct vault *v, const struct verdict *d)
{
	memset(out, 0, sizeof(*out));
	out->vault = v->id;
	out->nonce = v->nonce;
	out->as_of = m->now_ms;
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

static void
leaf_write(struct machine *m, uint32_t slot, uint32_t at,
    const struct vault *v, const struct verdict *d)
{
	machine_guard_vault(m, slot, true);
	leaf_fill(&m->tables.leaf[at], m, v, d);
	machine_guard_vault(m, slot, false);
	leaf_store(m, at);
}

/* ---- slots --------------------------------------------------------------- */

uint32_t
machine_verdict_slot(const struct machine *m, uint32_t slot)
{
	return m->tables.verdict_slot[slot] - 1;	/* 0: NO_SLOT */
}

static void
slot_set(struct machine *m, uint32_t slot, uint32_t at)
{
	machine_guard_vault(m, slot, true);
	m->tables.verdict_slot[slot] = at + 1;
	machine_guard_vault(m, slot, false);
}

static void
slot_release(struct machine *m, uint32_t slot)
{
	uint32_t at = machine_verdict_slot(m, slot);

	if (at == MACHINE_NO_SLOT)
		return;
	slots_release(&m->slots, at);
	slot_set(m, slot, MACHINE_NO_SLOT);
	leaf_store(m, at);
}

static struct slots_badness
badness_of(const struct verdict *d)
{
	return (struct slots_badness){ (uint8_t)d->state,
		d->value.mid.health };
}

/* Whether a vault has no slot though its state asks for one. */
static bool
is_waiting(const struct machine *m, uint32_t slot)
{
	return machine_bit(m->has_value, slot) && verdict_is_in_tree(
	    (enum vault_state)m->tables.state[slot]) &&
	    machine_verdict_slot(m, slot) == MACHINE_NO_SLOT;
}

/* A place for slot's verdict; when the tree is full the least bad gives way,
 * if it is less bad than this one. */
static uint32_t
slot_take(struct machine *m, uint32_t slot, const struct verdict *d)
{
	uint32_t at, evicted;

	at = slots_take(&m->slots, slot, badness_of(d), &evicted);
	if (evicted != SLOTS_NONE) {
		slot_set(m, evicted, MACHINE_NO_SLOT);
		m->waiting += is_waiting(m, evicted);
	}
	if (at != SLOTS_NONE)
		slot_set(m, slot, at);
	return at;
}

/* ---- one vault ----------------------------------------------------------- */

static void
state_store(struct machine *m, uint32_t slot, enum vault_state state)
{
	uint8_t before = m->tables.state[slot];
	bool was_valued = machine_bit(m->has_value, slot);

	aggregate_count(&m->aggregate, was_valued ? before :
	    AGGREGATE_NEW, (uint8_t)state);
	machine_bit_set(m->has_value, slot, true);
	/* A vault that is seen for the first time has crossed nothing, unless
	 * it arrives in a state that somebody must hear of. */
	if (was_valued ? before != (uint8_t)state : verdict_is_in_tree(state))
		m->is_crossed = true;
	if (was_valued && before == (uint8_t)state)
		return;
	machine_guard_vault(m, slot, true);
	m->tables.state[slot] = (uint8_t)state;
	machine_guard_vault(m, slot, false);
}

/* A vault whose place in the tree may change at the end of the batch. */
static void
crossing_add(struct machine *m, uint32_t slot)
{
	if (machine_bit(m->is_crossing, slot))
		return;
	machine_bit_set(m->is_crossing, slot, true);
	m->crossing[m->crossing_count++] = slot;
}

/* What cannot be said in full is STALE. */
static void
linear_value(struct machine *m, uint32_t slot, struct verdict *d,
    const struct vault *v)
{
	bool was_valued = machine_bit(m->has_value, slot);

	verdict_begin(d, &m->book, v, &m->market);
	if (verdict_is_in_tree(d->state) && !(was_valued &&
	    m->tables.state[slot] == (uint8_t)d->state))
		verdict_finish(d, &m->book, v, &m->market);
	reach_note(&m->reach, &m->book, &m->market, slot, v, d->state);
}

/* What was valued in this batch already; NULL: not, or no longer kept. */
static struct machine_crossed *
crossed_find(struct machine *m, uint32_t slot)
{
	for (uint32_t i = 0; i < m->crossed_count; i++)
		if (m->crossed[i].slot == slot)
			return &m->crossed[i];
	return NULL;
}

static void
crossed_keep(struct machine *m, uint32_t slot, const struct vault *v,
    const struct verdict *d)
{
	struct machine_crossed *c = crossed_find(m, slot);

	if (!c && m->crossed_count < MACHINE_CROSSED)
		c = &m->crossed[m->crossed_count++];
	if (!c)
		return;
	c->slot = slot;
	c->vault = *v;
	c->verdict = *d;
}

static void
vault_value(struct machine *m, uint32_t slot)
{
	uint8_t before = m->tables.state[slot];
	bool was_valued = machine_bit(m->has_value, slot);
	bool was_waiting = is_waiting(m, slot);
	struct verdict d;
	struct vault v;
	enum err e = vaults_get(&v, &m->vaults, slot);

	MUST(e == ERR_OK);
	if (portfolio_is(&v))
		machine_portfolio_value(m, &d, &v);
	else
		linear_value(m, slot, &d, &v);
	m->evaluations++;
	state_store(m, slot, d.state);
	m->waiting -= was_waiting;
	m->waiting += is_waiting(m, slot);
	if (was_valued && before == (uint8_t)d.state)
		return;
	crossing_add(m, slot);
	if (verdict_is_in_tree(d.state))
		crossed_keep(m, slot, &v, &d);
}

/* The verdict of a vault whose state is in the tree, in full, at the prices of
 * now.  False where it cannot be said: the vault is STALE, and looked at on
 * every move until it can. */
static bool
verdict_say(struct machine *m, uint32_t slot, struct vault *v,
    struct verdict *d)
{
	const struct machine_crossed *c = crossed_find(m, slot);
	enum err e;

	if (c) {
		*v = c->vault;
		*d = c->verdict;
		return true;
	}
	e = vaults_get(v, &m->vaults, slot);
	MUST(e == ERR_OK);
	if (portfolio_is(v))
		machine_portfolio_value(m, d, v);
	else
		verdict_from_vault(d, &m->book, v, &m->market);
	if (verdict_is_in_tree(d->state))
		return true;
	if (!portfolio_is(v))
		reach_note(&m->reach, &m->book, &m->market, slot, v, d->state);
	state_store(m, slot, d->state);
	return false;
}

/* The leaf as it would be now, in the slot that the vault has. */
static void
leaf_renew(struct machine *m, uint32_t slot, uint32_t at)
{
	struct verdict d;
	struct vault v;

	if (!verdict_say(m, slot, &v, &d)) {
		slot_release(m, slot);
		return;
	}
	slots_value(&m->slots, at, badness_of(&d));
	leaf_write(m, slot, at, &v, &d);
}

static void
leaf_place(struct machine *m, uint32_t slot)
{
	struct verdict d;
	struct vault v;
	uint32_t at;

	if (!verdict_say(m, slot, &v, &d))
		return;
	at = slot_take(m, slot, &d);
	if (at != MACHINE_NO_SLOT)
		leaf_write(m, slot, at, &v, &d);
}

/* A vault in or out of the tree, as its state says. */
static void
place_settle(struct machine *m, uint32_t slot)
{
	bool was_waiting = is_waiting(m, slot);
	uint32_t at = machine_verdict_slot(m, slot);

	if (!verdict_is_in_tree((enum vault_state)m->tables.state[slot]))
		slot_release(m, slot);
	else if (at == MACHINE_NO_SLOT)
		leaf_place(m, slot);
	else
		leaf_renew(m, slot, at);
	m->waiting -= was_waiting;
	m->waiting += is_waiting(m, slot);
}

static void
crossings_sort(struct machine *m)
{
	uint32_t *list = m->crossing, count = m->crossing_count;

	if (count > SORT_MAX) {
		uint32_t words = vaults_used(&m->vaults) / 64 + 1, n = 0;

		for (uint32_t i = 0; i < words; i++)
			for (uint64_t bits = m->is_crossing[i]; bits != 0;
			    bits &= bits - 1)
				list[n++] = i * 64 +
				    (uint32_t)__builtin_ctzll(bits);
	} else {
		for (uint32_t i = 1; i < count; i++)
			for (uint32_t k = i; k > 0 && list[k] < list[k - 1];
			    k--) {
				uint32_t swap = list[k];

				list[k] = list[k - 1];
				list[k - 1] = swap;
			}
	}
}

/* In the order of slots: so the tree does not depend on the order in which
 * crossings were found.  Who leaves goes first, and makes room. */
static void
crossings_settle(struct machine *m)
{
	crossings_sort(m);
	for (uint32_t i = 0; i < m->crossing_count; i++)
		if (!verdict_is_in_tree((enum vault_state)
		    m->tables.state[m->crossing[i]]))
			place_settle(m, m->crossing[i]);
	for (uint32_t i = 0; i < m->crossing_count; i++) {
		uint32_t slot = m->crossing[i];

		machine_bit_set(m->is_crossing, slot, false);
		if (verdict_is_in_tree((enum vault_state)
		    m->tables.state[slot]))
			place_settle(m, slot);
	}
	m->crossing_count = m->crossed_count = 0;
}

_Static_assert(PORTFOLIO_REACH_BATCH <= REACH_BATCH, "");

/* ---- the batch ----------------------------------------------------------- */

/* A price that is refused, or is no longer, makes or ends STALE whatever the
 * figures say. */
static void
flips_touch(struct machine *m)
{
	u128 refused = 0, flips;

	for (size_t i = 0; i < m->book.asset_count; i++)
		if (m->market.asset[i].price.status == PRICE_REFUSED)
			refused |= (u128)1 << i;
	flips = refused ^ m->refused;
	m->refused = refused;
	if (flips == 0)
		return;
	for (uint32_t i = 0; i < vaults_used(&m->vaults); i++)
		if ((vaults_assets(&m->vaults, i) & flips) != 0)
			machine_vault_touch(m, i);
}

/* A vault with positions that is new: it waits for its turn, since one costs
 * as much as a hundred others, and until then nothing is said of it. */
static bool
is_new_portfolio(const struct machine *m, uint32_t slot)
{
	return m->portfolio && !machine_bit(m->has_value, slot) &&
	    tables_portfolio_row(&m->tables, slot) != TABLES_NO_SLOT;
}

static void
touched_value(struct machine *m)
{
	uint32_t left = 0, begun = 0;

	for (uint32_t i = 0; i < m->touched_count; i++) {
		uint32_t slot = m->touched[i];

		if (is_new_portfolio(m, slot) && begun++ >= BEGIN_MAX) {
			m->touched[left++] = slot;
			continue;
		}
		machine_bit_set(m->is_touched, slot, false);
		vault_value(m, slot);
	}
	m->touched_count = left;
}

/* A place that became free is for the next of those that wait. */
static void
waiting_settle(struct machine *m)
{
	uint32_t used = vaults_used(&m->vaults);

	for (uint32_t i = 0; i < used && i < WAITING_LOOK && m->waiting > 0 &&
	    m->slots.count < m->slots.max; i++) {
		uint32_t slot = m->waiting_next++ % used;

		if (is_waiting(m, slot))
			place_settle(m, slot);
	}
}

void
machine_verdicts_close(struct machine *m, u128 moved)
{
	uint32_t slot[REACH_BATCH], n;

	flips_touch(m);
	reach_move(&m->reach, &m->book, &m->market, moved);
	machine_portfolio_move(m);
	touched_value(m);
	while ((n = machine_portfolio_next(m, slot)) > 0)
		for (uint32_t i = 0; i < n; i++)
			vault_value(m, slot[i]);
	while ((n = reach_next(&m->reach, slot)) > 0)
		for (uint32_t i = 0; i < n; i++)
			vault_value(m, slot[i]);
	for (uint32_t done = 0; done < SETTLE_MAX &&
	    (n = reach_settle(&m->reach, slot)) > 0; done += n)
		for (uint32_t i = 0; i < n; i++)
			vault_value(m, slot[i]);
	crossings_settle(m);
	waiting_settle(m);
	aggregate_value(&m->aggregate, &m->vaults, &m->book, &m->market);
}

void
machine_verdicts_refresh(struct machine *m, uint32_t max)
{
	uint32_t used = m->slots.used;

	for (uint32_t i = 0, done = 0; i < used && done < max; i++) {
		uint32_t at = m->refresh_next++ % used;
		uint32_t owner = m->slots.owner[at];

		if (owner == SLOTS_NONE || m->now_ms <
		    m->tables.leaf[at].as_of + MACHINE_VERDICT_REFRESH_MS)
			continue;
		done += m->tables.leaf[at].method != METHOD_RATIO ?
		    PORTFOLIO_COST : 1;
		leaf_renew(m, owner, at);
	}
	m->refresh_next %= used > 0 ? used : 1;
}
