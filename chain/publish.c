#include "chain/publish.h"

#include "base/price.h"

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

enum publish_act
publish_begin(struct publish_tx *tx, u128 base_fee_wei,
    u128 suggested_priority_wei, const struct publish_fees *caps)
{
	return publish_fees_first(&tx->fees, base_fee_wei,
	    suggested_priority_wei, caps) == ERR_OK ? PUBLISH_ASK :
	    PUBLISH_HELD;
}

enum publish_act
publish_look(struct publish_tx *tx, uint64_t block,
    const struct publish_fees *caps)
{
	if (block < tx->sent_block + PUBLISH_PATIENCE)
		return PUBLISH_WAIT;
	if (publish_fees_raise(&tx->fees, &tx->fees, caps) == ERR_OK)
		return PUBLISH_ASK;
	tx->sent_block = block;
	return PUBLISH_STUCK;
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
