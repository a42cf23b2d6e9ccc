/* chain/publish.h - when a transaction is sent, what it offers, and what
 * becomes of it.  Pure: chain_publish.c does what this says.
 *
 * One transaction is under way at a time.  What is not mined within
 * PUBLISH_PATIENCE blocks is sent again with the same nonce, the newest data
 * and both fees raised by an eighth at least (what nodes ask of a replacement,
 * EIP-1559 pools of geth and others), never above the caps.  Only one of a
 * nonce is ever mined, and it need not be the last: all that a node was shown
 * are remembered until the nonce is used.
 * Units: wei per gas; blocks; milliseconds.
 * Limits: PUBLISH_KEPT transactions of a nonce are told apart. */
#ifndef CHAIN_PUBLISH_H
#define CHAIN_PUBLISH_H

#include "base/types.h"

#define PUBLISH_PATIENCE 2u
#define PUBLISH_KEPT 16u
#define PUBLISH_SIGNER_MS 5000u

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

/* What a node said of a transaction that it was shown. */
enum publish_answer {
	PUBLISH_TAKEN,		/* it has it */
	PUBLISH_UNSURE,		/* nothing that says whether it has it */
	PUBLISH_BEATEN,		/* it has another one of that nonce, had one
				 * mined, or asks for more */
	PUBLISH_REFUSED,	/* it has not, for something else */
};
struct publish_one {
	struct b32 hash;
	uint64_t sequence;	/* of the attestation in it */
	uint8_t status;
	enum publish_answer answer;
};
/* The nonce that is under way. */
struct publish_tx {
	bool is_asked;		/* the signer is to sign one */
	bool is_sent;		/* a node has one of this nonce, or may */
	bool is_used;		/* one of this nonce was mined */
	uint64_t id, asked_ms;	/* of what the signer was asked last */
	uint64_t nonce;
	struct publish_fees fees;	/* of what is asked, or to be */
	struct publish_fees shown;	/* the most that a node was shown */
	uint64_t tried_block;	/* of the last try, whatever came of it */
	uint64_t used_block;	/* where the nonce was first seen as used */
	uint64_t sequence;	/* of what is asked */
	uint8_t status;
	size_t count;
	struct publish_one one[PUBLISH_KEPT];	/* shown, the newest last */
};
/* What is to be done about it. */
enum publish_act {
	PUBLISH_WAIT,
	PUBLISH_ASK,		/* to be signed with tx->fees, and sent */
	PUBLISH_HELD,		/* the base fee is at the cap: an alarm */
	PUBLISH_STUCK,		/* no more may be offered: an alarm, and for
				 * the same again: a node may have dropped it */
	PUBLISH_USED,		/* one was mined: ask for receipts */
	PUBLISH_GONE,		/* none of ours has a receipt: say so */
};

/* Nothing is under way; only then publish_begin, which is PUBLISH_ASK with the
 * first fees or PUBLISH_HELD, and then leaves tx as it was. */
bool publish_is_idle(const struct publish_tx *tx);
enum publish_act publish_begin(struct publish_tx *tx, uint64_t nonce,
    u128 base_fee_wei, u128 suggested_priority_wei,
    const struct publish_fees *caps);

/* publish_asked: the signer has request `id` for an attestation with tx->fees.
 * publish_is_answer: whether what it says is about that request, and not about
 * one that was given up, as it is once publish_is_overdue. */
void publish_asked(struct publish_tx *tx, uint64_t id, uint64_t now_ms,
    uint64_t sequence, uint8_t status);
bool publish_is_answer(const struct publish_tx *tx, uint64_t id);
bool publish_is_overdue(const struct publish_tx *tx, uint64_t now_ms);
/* publish_unsigned: nothing came of it.  What nodes were shown before is under
 * way as it was; the next one offers the same as this. */
void publish_unsigned(struct publish_tx *tx, uint64_t block);
/* publish_shown: a node was shown it and said that.  True where it was taken
 * in the place of another.  The next one offers more, whatever it said. */
bool publish_shown(struct publish_tx *tx, const struct b32 *hash,
    enum publish_answer answer, uint64_t block);

/* publish_look at one that was sent; next: the count of mined transactions of
 * its sender.  PUBLISH_ASK or PUBLISH_STUCK once in PUBLISH_PATIENCE blocks. */
enum publish_act publish_look(struct publish_tx *tx, uint64_t next,
    uint64_t block, const struct publish_fees *caps);

/* What was published last, and whether it is time again. */
struct publish_state {
	bool has_last;
	uint64_t last_ms;
	uint64_t last_sequence;
	uint8_t last_status;
};
/* publish_mined: tx->one[at] has a receipt.  What it says was published last,
 * also where another one was asked for since; nothing is under way. */
void publish_mined(struct publish_state *s, struct publish_tx *tx, size_t at);
/* publish_unfound: none of them has one.  PUBLISH_WAIT for PUBLISH_PATIENCE
 * blocks, then PUBLISH_GONE: nothing is under way. */
enum publish_act publish_unfound(struct publish_tx *tx, uint64_t block);

/* publish_is_due: the first one, one that goes from or to REFUSED at once,
 * else each every_ms.  Never an old sequence. */
bool publish_is_due(const struct publish_state *s, uint64_t sequence,
    uint8_t status, uint64_t now_ms, uint64_t every_ms);

#endif
