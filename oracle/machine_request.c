/*~ What is asked of the signer, and when: on a crossing at once, else when a
 * price or the aggregate moved enough, else each interval.  One request is in
 * flight; what changes meanwhile waits for the next.  The machine computes the
 * digest too: the signer's answer must be the same one. */
#include "oracle/machine_request.h"

#include "base/must.h"
#include "oracle/machine_verdicts.h"
#include "oracle/wire_attest.h"

#include <string.h>

/* Whether b lies further from a than ppb of a. */
static bool
moved_beyond(u128 a, u128 b, uint32_t ppb)
{
	u128 difference = a > b ? a - b : b - a;
	u128 limit;

	if (a == 0)
		return b != 0;
	return muldiv_u128(&limit, a, ppb, PPB_ONE_RAW, ROUND_CEIL) != ERR_OK ||
	    difference > limit;
}

static bool
prices_moved(const struct machine *m)
{
	for (size_t i = 0; i < m->book.asset_count; i++) {
		struct price last;

		if (price_word_unpack(&last, &m->last_word[i]) != ERR_OK)
			return true;
		if (last.status != m->market.asset[i].price.status)
			return true;
		if (moved_beyond(px18_to_raw(last.mid),
		    px18_to_raw(m->market.asset[i].price.mid),
		    m->config->move_ppb))
			return true;
	}
	return moved_beyond(wad_to_raw(m->last_ratio), wad_to_raw(
	    aggregate_collateralization_ratio(&m->aggregate)),
	    m->config->move_ppb);
}

static bool
request_is_due(const struct machine *m)
{
	bool is_due, is_refused;
	uint32_t reason;

	if (!m->is_ready || m->is_paused || m->in_flight || m->is_diverged)
		return false;
	if (m->now_ms <= m->last.as_of)
		return false;
	if (!m->has_last)
		return true;
	is_due = m->now_ms - m->last.as_of >= m->config->interval_ms;
	is_refused = machine_status(m, &reason) == PRICE_REFUSED;
	if (is_refused != (m->last.status == PRICE_REFUSED))
		return true;
	/* Nobody acts on what a refused header says besides. */
	if (is_refused)
		return is_due;
	return is_due || m->is_crossed || prices_moved(m);
}

/* A clock that most exchanges contradict is ours. */
static bool
clock_is_bad(const struct machine *m)
{
	size_t skewed = 0, heard = 0;

	for (size_t i = 0; i < m->config->prices.market_count; i++) {
		if (m->prices.source[i].vote == VOTE_SILENT)
			continue;
		heard++;
		if (m->prices.source[i].vote == VOTE_SKEWED)
			skewed++;
	}
	if (2 * skewed > heard)
		return true;
	return m->has_block && m->block.time_ms > m->now_ms + POLICY_CLOCK_MS;
}

enum price_status
machine_status(const struct machine *m, uint32_t *reason)
{
	*reason = REASON_NONE;
	if (clock_is_bad(m))
		*reason = REASON_CLOCK;
	else if (m->config->has_clearing && (!m->has_block || m->now_ms >
	    m->block.time_ms + m->config->head_age_max_ms))
		*reason = REASON_HEAD;
	else if (m->config->has_clearing && !m->block.rules_match)
		*reason = REASON_RULES;
	if (*reason != REASON_NONE)
		return PRICE_REFUSED;
	for (size_t i = 0; i < m->book.asset_count; i++) {
		if (m->market.asset[i].price.status == PRICE_OK)
			continue;
		*reason = m->market.asset[i].price.reason;
		return PRICE_DEGRADED;
	}
	return PRICE_OK;
}

static u128
value_or_zero(struct usd18 v)
{
	return usd18_is_negative(v) ? 0 : (u128)usd18_to_raw(v);
}

/* All but what the signer derives by itself (header_finish). */
static void
header_fill(struct attestation *a, const struct machine *m)
{
	memset(a, 0, sizeof(*a));
	a->book = m->book.id;
	a->sequence = m->next_sequence;
	a->as_of = m->now_ms;
	a->valid_until = m->now_ms + m->config->validity_ms;
	if (m->has_block) {
		a->block_number = m->block.number;
		a->block_hash = m->block.hash;
	}
	merkle_root(&a->positions_root, &m->positions);
	a->rules_hash = m->rules_hash;
	a->inputs_hash = m->inputs_hash;
	a->status = (uint8_t)machine_status(m, &a->reason);
	a->vault_count = vaults_count(&m->vaults);
	a->verdict_count = m->slots.count;
	a->collateral_value = value_or_zero(m->aggregate.collateral_value);
	a->debt_value = value_or_zero(m->aggregate.debt_value);
}

static void
emit_word(const struct machine_output *o, uint32_t slot,
    const struct b32 *word)
{
	struct wire_word w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_WORD);
	w.slot = slot;
	w.word = *word;
	o->emit(o->arg, &w, sizeof(w));
}

static void
emit_leaf(const struct machine *m, const struct machine_output *o,
    uint32_t verdict_slot, bool is_present)
{
	const struct verdict_leaf *l = &m->tables.leaf[verdict_slot];
	struct wire_leaf w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_LEAF);
	w.slot = verdict_slot;
	w.is_present = is_present;
	if (is_present) {
		w.state = l->state;
		w.method = l->method;
		w.vault = l->vault;
		w.nonce = l->nonce;
		w.as_of = l->as_of;
		w.block_number = l->block_number;
		w.collateral_value = wire_from_u128(l->collateral_value);
		w.debt_value = wire_from_u128(l->debt_value);
		w.health_low = wire_from_u128(l->health_low);
		w.health_high = wire_from_u128(l->health_high);
		w.initial_excess = wire_from_u128((u128)l->initial_excess);
		w.maintenance_excess =
		    wire_from_u128((u128)l->maintenance_excess);
		w.liquidation_asset = l->liquidation_asset;
		w.liquidation_price = wire_from_u128(l->liquidation_price);
		w.debt_asset = l->debt_asset;
		w.max_repay = wire_from_u128(l->max_repay);
	}
	o->emit(o->arg, &w, sizeof(w));
}

/* A slot whose owner changed is emptied before any slot is filled: a vault
 * that moved from one slot to another never stands in two.  A slot that was
 * taken and freed between two requests is emptied too, since it counts for
 * the capacity of the signer's tree as it does for ours. */
static bool
needs_emptying(const struct machine *m, uint32_t at)
{
	uint32_t owner = m->slots.owner[at], told = m->verdict_told[at];

	return owner == MACHINE_NO_SLOT ||
	    (told != MACHINE_NO_SLOT && told != owner);
}

static void
emit_begin(struct machine *m, const struct machine_output *o)
{
	const struct attestation *a = &m->pending;
	struct wire_begin w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_BEGIN);
	w.sequence = a->sequence;
	w.as_of = a->as_of;
	w.valid_until = a->valid_until;
	w.block_number = a->block_number;
	w.block_hash = a->block_hash;
	w.positions_root = a->positions_root;
	w.inputs_hash = a->inputs_hash;
	w.vault_count = a->vault_count;
	w.header_reason = a->status == PRICE_REFUSED ? a->reason : 0;
	w.collateral_value = wire_from_u128(a->collateral_value);
	w.debt_value = wire_from_u128(a->debt_value);
	for (size_t i = 0; i < m->book.asset_count; i++)
		if (m->is_first || !b32_equal(&m->proposed[i], &m->sent[i]))
			w.word_count++;
	for (uint32_t i = 0; i < m->dirty_count; i++) {
		uint32_t at = m->dirty[i];

		w.leaf_count += needs_emptying(m, at) ? 1 : 0;
		w.leaf_count += m->slots.owner[at] != MACHINE_NO_SLOT ? 1 : 0;
	}
	w.asset_count = (uint32_t)m->book.asset_count;
	w.is_first = m->is_first;
	o->emit(o->arg, &w, sizeof(w));
}

static void
emit_request(struct machine *m, const struct machine_output *o)
{
	struct wire_end end;

	emit_begin(m, o);
	for (uint32_t i = 0; i < m->book.asset_count; i++)
		if (m->is_first || !b32_equal(&m->proposed[i], &m->sent[i]))
			emit_word(o, i, &m->proposed[i]);
	for (uint32_t i = 0; i < m->dirty_count; i++)
		if (needs_emptying(m, m->dirty[i]))
			emit_leaf(m, o, m->dirty[i], false);
	for (uint32_t i = 0; i < m->dirty_count; i++)
		if (m->slots.owner[m->dirty[i]] != MACHINE_NO_SLOT)
			emit_leaf(m, o, m->dirty[i], true);
	memset(&end, 0, sizeof(end));
	wire_head_set(&end.head, WIRE_END);
	end.sequence = m->pending.sequence;
	o->emit(o->arg, &end, sizeof(end));
}

/* While the signer is at it: the same vector, the same tree, the same
 * digest. */
static void
header_finish(struct machine *m)
{
	struct attestation *a = &m->pending;

	prices_hash(&a->prices_hash, m->word, m->book.asset_count);
	merkle_root(&a->verdicts_root, &m->verdicts);
	attest_digest_with(&m->pending_digest, &m->domain_separator, a);
}

/* The request is on its way: what it told is no longer dirty. */
static void
request_note(struct machine *m)
{
	size_t bytes = m->book.asset_count * sizeof(struct b32);

	memcpy(m->pending_proposed, m->proposed, bytes);
	memcpy(m->pending_word, m->word, bytes);
	for (uint32_t i = 0; i < m->dirty_count; i++) {
		m->pending_dirty[i] = m->dirty[i];
		m->pending_owner[i] = m->slots.owner[m->dirty[i]];
		m->is_dirty[m->dirty[i]] = false;
	}
	m->pending_dirty_count = m->dirty_count;
	m->dirty_count = 0;
	m->last_ratio = aggregate_collateralization_ratio(&m->aggregate);
	m->is_crossed = false;
	m->in_flight = true;
	m->requests++;
}

/* Who waits for a crossing does not wait for the figures of many others, nor
 * for our own trees.  Figures are made anew before a request, not after it:
 * proofs of the tree are good until it changes. */
void
machine_request_close(struct machine *m, const struct machine_output *o)
{
	if (!request_is_due(m)) {
		machine_verdicts_flush(m);
		return;
	}
	machine_verdicts_refresh(m, m->is_crossed ? MACHINE_REFRESH_CROSSED :
	    MACHINE_REFRESH_MAX);
	header_fill(&m->pending, m);
	emit_request(m, o);
	request_note(m);
	machine_verdicts_flush(m);
	header_finish(m);
}

static void
emit_attestation(const struct machine *m, const struct machine_output *o,
    const struct wire_signature *signature, const struct b32 *digest)
{
	struct wire_attestation w;

	wire_attestation_fill(&w, &m->last, digest, signature,
	    (uint32_t)m->book.asset_count);
	o->emit(o->arg, &w, sizeof(w));
	for (uint32_t i = 0; i < m->book.asset_count; i++)
		emit_word(o, i, &m->last_word[i]);
}

enum err
machine_request_signed(struct machine *m, const struct wire_signed *w,
    const struct machine_output *o)
{
	size_t bytes = m->book.asset_count * sizeof(struct b32);

	if (!m->in_flight || w->sequence != m->pending.sequence)
		return ERR_STATE;
	m->in_flight = false;
	if (!b32_equal(&w->digest, &m->pending_digest)) {
		/* Signer and machine no longer hold the same vector or tree.
		 * Nothing of it is released; a new life starts both afresh. */
		m->mismatches++;
		m->is_diverged = true;
		return ERR_AUTH;
	}
	for (size_t i = 0; i < m->book.asset_count; i++)
		policy_note_word(&m->bound[i], &m->pending_word[i],
		    &m->pending_proposed[i], m->pending.as_of,
		    &m->config->policy);
	for (uint32_t i = 0; i < m->pending_dirty_count; i++)
		m->verdict_told[m->pending_dirty[i]] = m->pending_owner[i];
	m->pending_dirty_count = 0;
	memcpy(m->sent, m->pending_proposed, bytes);
	memcpy(m->last_word, m->pending_word, bytes);
	m->last = m->pending;
	m->has_last = true;
	m->is_first = false;
	m->next_sequence = m->last.sequence + 1;
	m->signatures++;
	emit_attestation(m, o, &w->signature, &w->digest);
	return ERR_OK;
}

static void
pending_back_to_dirty(struct machine *m)
{
	for (uint32_t i = 0; i < m->pending_dirty_count; i++) {
		uint32_t at = m->pending_dirty[i];

		if (m->is_dirty[at])
			continue;
		m->is_dirty[at] = true;
		m->dirty[m->dirty_count++] = at;
	}
	m->pending_dirty_count = 0;
	m->in_flight = false;
	m->is_crossed = true;
}

enum err
machine_request_rejected(struct machine *m, const struct wire_rejected *w)
{
	if (!m->in_flight || w->sequence != m->pending.sequence)
		return ERR_STATE;
	pending_back_to_dirty(m);
	m->next_sequence = w->next_sequence;
	m->rejections++;
	m->last_rejection = w->rule;
	return ERR_OK;
}

enum err
machine_request_paused(struct machine *m, const struct wire_paused *w,
    const struct machine_output *o)
{
	struct attestation a;
	struct b32 digest;

	if (m->in_flight)
		pending_back_to_dirty(m);
	m->is_paused = true;
	memset(&a, 0, sizeof(a));
	if (m->has_last) {
		a = m->last;
	} else {
		a.book = m->book.id;
		a.rules_hash = m->rules_hash;
	}
	a.sequence = w->sequence;
	a.as_of = w->as_of;
	a.valid_until = w->valid_until;
	a.status = PRICE_REFUSED;
	a.reason = REASON_PAUSED;
	attest_digest(&digest, &m->domain, &a);
	if (!b32_equal(&digest, &w->digest)) {
		m->mismatches++;
		m->is_diverged = true;
		return ERR_AUTH;
	}
	m->last = a;
	m->has_last = true;
	m->next_sequence = a.sequence + 1;
	m->signatures++;
	emit_attestation(m, o, &w->signature, &digest);
	return ERR_OK;
}
