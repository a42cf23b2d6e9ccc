/* chain/publish.h - when a transaction is sent, and what it offers.  Pure.
 *
 * One transaction is under way at a time.  What is not mined within
 * PUBLISH_PATIENCE blocks is sent again with the same nonce and both fees
 * raised by an eighth at least (what nodes ask of a replacement, EIP-1559
 * pools of geth and others), never above the caps.
 * Units: wei per gas. */
#ifndef CHAIN_PUBLISH_H
#define CHAIN_PUBLISH_H

#include "base/types.h"

#define PUBLISH_PATIENCE 2u

struct publish_fees {
	u128 max_fee_wei;
	u128 priority_wei;
};

/* publish_fees_first: priority as suggested, max = 2 x base fee + priority;
 * both capped so that they can be raised once.  Where that leaves less than
 * base fee and priority, max may be the cap itself: one that is outbid has no
 * room then.  Nor has a priority whose cap is 0.  ERR_LIMIT where the base fee
 * alone is at the cap: waiting is all that is left, with an alarm. */
MUST_CHECK enum err publish_fees_first(struct publish_fees *out,
    u128 base_fee_wei, u128 suggested_priority_wei,
    const struct publish_fees *caps);
/* publish_fees_raise: `last` raised for a replacement.  ERR_LIMIT where the
 * caps leave no room for an eighth more. */
MUST_CHECK enum err publish_fees_raise(struct publish_fees *out,
    const struct publish_fees *last, const struct publish_fees *caps);

/* The one that is under way, and what is to be done about it. */
struct publish_tx {
	struct publish_fees fees;
	uint64_t sent_block;
};
enum publish_act {
	PUBLISH_WAIT,
	PUBLISH_ASK,		/* to be signed with tx->fees, and sent */
	PUBLISH_HELD,		/* the base fee is above the cap: an alarm */
	PUBLISH_STUCK,		/* no more may be offered: an alarm */
};
/* publish_begin: the first fees; PUBLISH_ASK or PUBLISH_HELD. */
enum publish_act publish_begin(struct publish_tx *tx, u128 base_fee_wei,
    u128 suggested_priority_wei, const struct publish_fees *caps);
/* publish_look at one that was sent and that no block until this one has.
 * PUBLISH_STUCK is said once in PUBLISH_PATIENCE blocks. */
enum publish_act publish_look(struct publish_tx *tx, uint64_t block,
    const struct publish_fees *caps);

/* What was published last, and whether it is time again. */
struct publish_state {
	bool has_last;
	uint64_t last_ms;
	uint64_t last_sequence;
	uint8_t last_status;
};
/* publish_is_due: the first one, one that goes from or to REFUSED at once,
 * else each every_ms.  Never an old sequence. */
bool publish_is_due(const struct publish_state *s, uint64_t sequence,
    uint8_t status, uint64_t now_ms, uint64_t every_ms);

#endif
