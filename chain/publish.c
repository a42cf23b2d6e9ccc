#include "chain/publish.h"

#include "base/must.h"
#include "base/price.h"

#include <string.h>

static u128
at_most(u128 a, u128 cap)
{
	return a < cap ? a : cap;
}

/* The most that can be raised once: a + a / 8 + 1 <= cap. */
static u128
raisable(u128 cap)
{
	return cap == 0 ? 0 : 8 * ((cap - 1) / 9) + at_most((cap - 1) % 9, 7);
}

/* 2 x base fee + tip, where base fee and tip are not above the cap. */
static u128
fee_first(u128 base_fee_wei, u128 tip_wei, u128 cap)
{
	u128 room = raisable(cap);
	u128 fee = base_fee_wei > (cap - tip_wei) / 2 ? cap :
	    2 * base_fee_wei + tip_wei;

	/* Never less than what is needed now for a replacement that may not
	 * be needed. */
	return fee > room && tip_wei <= room &&
	    base_fee_wei <= room - tip_wei ? room : fee;
}

enum err
publish_fees_first(struct publish_fees *out, u128 base_fee_wei,
    u128 suggested_priority_wei, const struct publish_fees *caps)
{
	u128 tip = at_most(at_most(suggested_priority_wei,
	    raisable(caps->priority_wei)), caps->max_fee_wei);

	if (base_fee_wei >= caps->max_fee_wei)
		return ERR_LIMIT;
	out->max_fee_wei = fee_first(base_fee_wei, tip, caps->max_fee_wei);
	out->priority_wei = at_most(tip, out->max_fee_wei);
	return ERR_OK;
}

static u128
eighth_more(u128 a)
{
	return a + a / 8 + 1;
}

static bool
may_be_raised(u128 a, u128 cap)
{
	return cap > 0 && a <= raisable(cap);
}

enum err
publish_fees_raise(struct publish_fees *out, const struct publish_fees *last,
    const struct publish_fees *caps)
{
	if (!may_be_raised(last->max_fee_wei, caps->max_fee_wei) ||
	    !may_be_raised(last->priority_wei, caps->priority_wei))
		return ERR_LIMIT;
	out->max_fee_wei = eighth_more(last->max_fee_wei);
	out->priority_wei = eighth_more(last->priority_wei);
	return ERR_OK;
}

bool
publish_is_idle(const struct publish_tx *tx)
{
	return !tx->is_asked && !tx->is_sent;
}

enum publish_act
publish_begin(struct publish_tx *tx, uint64_t nonce, u128 base_fee_wei,
    u128 suggested_priority_wei, const struct publish_fees *caps)
{
	struct publish_fees f;

	MUST(publish_is_idle(tx));
	if (publish_fees_first(&f, base_fee_wei, suggested_priority_wei,
	    caps) != ERR_OK)
		return PUBLISH_HELD;
	memset(tx, 0, sizeof(*tx));
	tx->nonce = nonce;
	tx->fees = f;
	return PUBLISH_ASK;
}

void
publish_asked(struct publish_tx *tx, uint64_t id, uint64_t now_ms,
    uint64_t sequence, uint8_t status)
{
	MUST(!tx->is_asked);
	tx->is_asked = true;
	tx->id = id;
	tx->asked_ms = now_ms;
	tx->sequence = sequence;
	tx->status = status;
}

bool
publish_is_answer(const struct publish_tx *tx, uint64_t id)
{
	return tx->is_asked && tx->id == id;
}

bool
publish_is_overdue(const struct publish_tx *tx, uint64_t now_ms)
{
	return tx->is_asked && now_ms > tx->asked_ms + PUBLISH_SIGNER_MS;
}

void
publish_unsigned(struct publish_tx *tx, uint64_t block)
{
	MUST(tx->is_asked);
	tx->is_asked = false;
	tx->tried_block = block;
}

/* The place for another one.  Where there is none, of one that a node said it
 * has not, else of the oldest: it offers least. */
static struct publish_one *
place_make(struct publish_tx *tx)
{
	size_t out = 0;

	if (tx->count < PUBLISH_KEPT)
		return &tx->one[tx->count++];
	for (size_t i = PUBLISH_KEPT; i-- > 0;)
		if (tx->one[i].answer == PUBLISH_BEATEN ||
		    tx->one[i].answer == PUBLISH_REFUSED)
			out = i;
	memmove(&tx->one[out], &tx->one[out + 1],
	    (PUBLISH_KEPT - 1 - out) * sizeof(tx->one[0]));
	return &tx->one[PUBLISH_KEPT - 1];
}

static void
shown_keep(struct publish_tx *tx, const struct b32 *hash,
    enum publish_answer answer)
{
	/* The same bytes again: a node that took them once may have them. */
	for (size_t i = 0; i < tx->count; i++)
		if (memcmp(&tx->one[i].hash, hash, sizeof(*hash)) == 0) {
			if (answer < tx->one[i].answer)
				tx->one[i].answer = answer;
			return;
		}
	*place_make(tx) = (struct publish_one){ *hash, tx->sequence,
		tx->status, answer };
}

bool
publish_shown(struct publish_tx *tx, const struct b32 *hash,
    enum publish_answer answer, uint64_t block)
{
	bool replaces = answer == PUBLISH_TAKEN && tx->is_sent;

	MUST(tx->is_asked);
	tx->is_asked = false;
	tx->is_sent = tx->is_sent || answer != PUBLISH_REFUSED;
	tx->tried_block = block;
	tx->shown = tx->fees;
	shown_keep(tx, hash, answer);
	return replaces;
}

enum publish_act
publish_look(struct publish_tx *tx, uint64_t next, uint64_t block,
    const struct publish_fees *caps)
{
	bool was_used = tx->is_used;

	MUST(tx->is_sent && !tx->is_asked);
	tx->is_used = next > tx->nonce;
	if (tx->is_used) {
		if (!was_used)
			tx->used_block = block;
		return PUBLISH_USED;
	}
	if (block < tx->tried_block + PUBLISH_PATIENCE)
		return PUBLISH_WAIT;
	tx->tried_block = block;
	return publish_fees_raise(&tx->fees, &tx->shown, caps) == ERR_OK ?
	    PUBLISH_ASK : PUBLISH_STUCK;
}

static void
under_way_end(struct publish_tx *tx)
{
	tx->is_asked = tx->is_sent = tx->is_used = false;
	tx->count = 0;
}

void
publish_mined(struct publish_state *s, struct publish_tx *tx, size_t at)
{
	MUST(at < tx->count);
	s->has_last = true;
	s->last_sequence = tx->one[at].sequence;
	s->last_status = tx->one[at].status;
	under_way_end(tx);
}

enum publish_act
publish_unfound(struct publish_tx *tx, uint64_t block)
{
	MUST(tx->is_used);
	if (block < tx->used_block + PUBLISH_PATIENCE)
		return PUBLISH_WAIT;
	under_way_end(tx);
	return PUBLISH_GONE;
}

bool
publish_is_due(const struct publish_state *s, uint64_t sequence,
    uint8_t status, uint64_t now_ms, uint64_t every_ms)
{
	if (!s->has_last)
		return true;
	if (sequence <= s->last_sequence)
		return false;
	if ((status == PRICE_REFUSED) != (s->last_status == PRICE_REFUSED))
		return true;
	return now_ms >= s->last_ms + every_ms;
}
