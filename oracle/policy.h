/* oracle/policy.h - what may be signed.  Pure: state and request in, verdict
 * out; no clock (now_ms is an argument), no I/O.
 *
 * The machine and the signer keep the vector of proposed words both, derive
 * the words that are signed with policy_bound_word for every slot of every
 * request (a refused word's `high` grows with time), and note every slot once
 * it was signed.  So an honest engine knows what the signer will sign.
 *
 * Units:  prices USD per whole unit, 18 decimals; times Unix ms; bounds ppb.
 * Source: DESIGN section 5, "Signer".
 */
#ifndef ORACLE_POLICY_H
#define ORACLE_POLICY_H

#include "base/types.h"
#include "contracts-abi/attest.h"
#include "contracts-abi/tx.h"
#include "oracle/config.h"
#include "oracle/wire.h"

#define POLICY_REFERENCE_MS 1000u	/* a slot's reference moves so often */
#define POLICY_CLOCK_MS 15000u	/* asOf and sequence: near the signer's clock */
#define POLICY_SEQUENCE_PER_MS 1024u
#define POLICY_NONCE_AHEAD 16u	/* nonces in flight */
#define POLICY_HOUR_MS 3600000u

enum policy_rule {
	RULE_NONE = 0,		/* allowed */
	RULE_PAUSED,
	RULE_SEQUENCE_OLD,	/* not above the last */
	RULE_SEQUENCE_AHEAD,	/* more than 15 s x 1024 ahead of the clock */
	RULE_AS_OF_OLD,		/* not above the last signed asOf */
	RULE_AS_OF_CLOCK,	/* not within 15 s of the clock */
	RULE_VALIDITY,		/* validUntil not after asOf, or too far */
	RULE_REASON,		/* a header reason that is none */
	RULE_COUNT,		/* asset, word or leaf counts do not fit */
	RULE_SLOT,		/* a slot beyond the vector or the tree */
	RULE_WORD,		/* not a well-formed price word */
	RULE_LEAF,		/* not a well-formed verdict */
	RULE_DUPLICATE_VAULT,	/* one vault in two slots */
	RULE_PROTOCOL,		/* messages out of order */
	RULE_TX_DISABLED,	/* no gas key */
	RULE_TX_CHAIN,
	RULE_TX_TYPE,
	RULE_TX_DESTINATION,
	RULE_TX_SELECTOR,
	RULE_TX_VALUE,
	RULE_TX_FEE,
	RULE_TX_GAS,
	RULE_TX_BUDGET,
	RULE_TX_NONCE,
	RULE_STATE,		/* the signer's own state cannot be written */
};
/* "sequence_old", ...: a word for logs and metrics, never NULL. */
const char *policy_rule_name(enum policy_rule r);

/* What bounds a slot's next word.  Zeroed: nothing signed yet. */
struct policy_price {
	u128 reference;		/* 18 decimals; 0: nothing signed yet */
	uint64_t reference_as_of;
	u128 ok_high;		/* of the last word that was not refused, as
				 * price_word_unpack has it */
	uint64_t ok_as_of;
};

/* policy_bound_ppb: base + per_second * elapsed, at most max. */
uint32_t policy_bound_ppb(const struct config_policy *c, uint64_t elapsed_ms);

/* policy_bound_word makes a proposed word signable at as_of: a price beyond the
 * bound around the reference becomes REFUSED/BOUND; a refused word gets high =
 * ok_high grown by the bound since ok_as_of, rounded up (zero where nothing
 * was ever accepted).  The first price of a slot has no bound, and a step of
 * one unit of the last decimal is always within it.  The band is not bounded:
 * a wide one can only spare vaults, as a refusal does.  Idempotent.
 * ERR_SYNTAX for a malformed word, one whose reason is none of a price's, and
 * an OK one with a reason. */
MUST_CHECK enum err policy_bound_word(struct b32 *word,
    const struct policy_price *last, uint64_t as_of,
    const struct config_policy *c);
/* policy_note_word updates `last` once a word was signed at as_of; proposed is
 * the word as it was before policy_bound_word.  The reference moves at most
 * once in POLICY_REFERENCE_MS, so that many requests walk a price no faster
 * than few: to the signed price, or, where the word was refused for BOUND, to
 * the edge of its bound towards the proposed price.  A liar is slowed to base
 * + per_second a second; a crash never latches. */
void policy_note_word(struct policy_price *last, const struct b32 *word,
    const struct b32 *proposed, uint64_t as_of, const struct config_policy *c);

/* policy_header judges the header fields of a request; whether its counts fit
 * the signer's own book is the signer's to say. */
struct policy_state {
	uint64_t last_sequence;
	uint64_t last_as_of;
	bool is_paused;
};
enum policy_rule policy_header(const struct policy_state *s,
    const struct wire_begin *b, uint64_t now_ms,
    const struct config_policy *c);
/* policy_first_sequence: max(last + 1, now in ms x 1024); both fit until the
 * year 572,000 (MUST). */
uint64_t policy_first_sequence(uint64_t last_sequence, uint64_t now_ms);

/* Transactions: destination and selector on the list (the clearing contract's
 * submit), value 0, types 0 and 2, fees under the cap, what may be spent in an
 * hour under the budget, nonce among the POLICY_NONCE_AHEAD that follow the
 * last mined one.  The budget counts the worst case, gas limit x fee, and of a
 * nonce only the dearest; what was really mined is the chain process's word,
 * and gives nothing back.  Hours follow each other, they do not slide: two
 * budgets can meet at a boundary. */
struct policy_flight {
	uint64_t nonce;
	u128 wei;		/* dearest signed for it; 0: none */
};
struct policy_gas {
	uint64_t window_begin_ms;	/* of the running hour */
	u128 window_wei;		/* worst case signed for in it */
	uint64_t next_nonce;		/* count of mined transactions */
	bool has_nonce;
	struct policy_flight flight[POLICY_NONCE_AHEAD];
};
/* policy_tx changes g only where it answers RULE_NONE. */
enum policy_rule policy_tx(struct policy_gas *g,
    const struct wire_tx_request *t, uint64_t now_ms,
    const struct config *c);

#endif
