#include "oracle/chain_publish.h"

#include "base/keccak.h"
#include "chain/publish.h"
#include "contracts-abi/clearing.h"
#include "contracts-abi/tx.h"
#include "oracle/log.h"
#include "oracle/policy.h"
#include "oracle/sig.h"
#include "oracle/wire_attest.h"

#include <stdlib.h>
#include <string.h>

#define SUBMIT_GAS 120000u	/* a submit costs half of it */

struct chain_publish {
	struct proc_role *proc;
	struct rpc *rpc;
	const struct watch *watch;
	bool has_newest;
	struct wire_attestation newest;
	struct watch_block block;
	struct addr gas_address;
	struct publish_state published;
	struct publish_tx tx;
	uint8_t data[CLEARING_DATA_MAX];	/* of what is asked */
	size_t data_len;
	uint64_t next_id;
	struct chain_publish_counters counters;
};

enum err
chain_publish_create(struct chain_publish **out, struct proc_role *proc,
    struct rpc *rpc, const struct watch *watch)
{
	struct chain_publish *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_LIMIT;
	p->proc = proc;
	p->rpc = rpc;
	p->watch = watch;
	*out = p;
	return ERR_OK;
}

bool
chain_publish_newest(struct chain_publish *p, const struct wire_attestation *w)
{
	bool first = !p->has_newest;

	p->newest = *w;
	p->has_newest = true;
	return first;
}

bool
chain_publish_signer_bit(uint8_t *bit, const struct chain_publish *p)
{
	return p->has_newest && watch_signer_bit(bit, p->watch,
	    &p->newest.signature.signer) == ERR_OK;
}

const struct chain_publish_counters *
chain_publish_counters(const struct chain_publish *p)
{
	return &p->counters;
}

/* The signer takes no nonce that it was not told of. */
static void
nonce_tell(struct chain_publish *p, uint64_t next, u128 spent_wei)
{
	struct wire_tx_mined w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_MINED);
	w.next_nonce = next;
	w.spent_wei = wire_from_u128(spent_wei);
	(void)!proc_send(p->proc->peer[ROLE_SIGNER], &w, false);
}

void
chain_publish_key(struct chain_publish *p, const struct wire_gas_key *w)
{
	uint64_t next;

	p->gas_address = w->address;
	if (addr_is_zero(&w->address))
		return;
	if (rpc_nonce(&next, p->rpc, &p->gas_address) == ERR_OK)
		nonce_tell(p, next, 0);
}

void
chain_publish_rejected(struct chain_publish *p,
    const struct wire_tx_rejected *w)
{
	if (!publish_is_answer(&p->tx, w->id))
		return;
	publish_unsigned(&p->tx, p->block.number);
	p->counters.refused++;
	log_warn("the signer refuses a transaction: %s",
	    policy_rule_name((enum policy_rule)w->rule));
}

static enum err
submit_encode(struct chain_publish *p)
{
	struct attestation a;
	struct sig_compact compact;
	uint8_t packed[1][64], bit;
	struct clearing_signatures s = { .count = 1,
	    .compact = (const uint8_t (*)[64])packed };
	enum err e;

	if (!chain_publish_signer_bit(&bit, p))
		return ERR_UNKNOWN;
	memcpy(compact.r, p->newest.signature.r, sizeof(compact.r));
	memcpy(compact.s, p->newest.signature.s, sizeof(compact.s));
	compact.v = p->newest.signature.recovery;
	sig_to_eip2098(packed[0], &compact);
	s.bitmap[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	wire_attestation_header(&a, &p->newest);
	e = clearing_encode_submit(p->data, &p->data_len, &a, &s);
	return e == ERR_OK && p->data_len > WIRE_TX_DATA ? ERR_LIMIT : e;
}

/* Asks the signer for one with the newest attestation. */
static void
tx_ask(struct chain_publish *p, uint64_t now)
{
	static struct wire_tx_request w;

	if (submit_encode(p) != ERR_OK) {
		log_error("our signer is not in the contract's table");
		return;
	}
	publish_asked(&p->tx, ++p->next_id, now, p->newest.sequence,
	    p->newest.status);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_REQUEST);
	w.id = p->tx.id;
	w.chain_id = p->proc->config.chain_id;
	w.nonce = p->tx.nonce;
	w.gas_limit = SUBMIT_GAS;
	w.max_priority_fee_wei = wire_from_u128(p->tx.fees.priority_wei);
	w.max_fee_wei = wire_from_u128(p->tx.fees.max_fee_wei);
	w.type = TX_FEE_MARKET;
	w.data_len = (uint32_t)p->data_len;
	w.to = p->proc->config.clearing;
	memcpy(w.data, p->data, p->data_len);
	if (proc_send(p->proc->peer[ROLE_SIGNER], &w, false) != ERR_OK)
		publish_unsigned(&p->tx, p->block.number);
}

/* ERR_OK also where nothing is due, or nothing can be done. */
static enum err
tx_begin(struct chain_publish *p, const struct publish_fees *caps,
    uint64_t now)
{
	uint64_t next;
	u128 tip;
	enum err e;

	if (!p->proc->config.publish || !p->has_newest ||
	    p->proc->peer[ROLE_SIGNER] < 0 || addr_is_zero(&p->gas_address) ||
	    p->newest.block_number == 0 ||	/* of before the first block */
	    !publish_is_due(&p->published, p->newest.sequence,
	    p->newest.status, now, p->proc->config.publish_every_ms))
		return ERR_OK;
	/* Tried now, whatever becomes of it: no storm of attempts. */
	p->published = (struct publish_state){ true, now,
		p->newest.sequence, p->newest.status };
	e = rpc_nonce(&next, p->rpc, &p->gas_address);
	if (e == ERR_OK)
		e = rpc_priority_fee(&tip, p->rpc);
	if (e != ERR_OK)
		return e;
	if (publish_begin(&p->tx, next, p->block.base_fee_wei, tip, caps) ==
	    PUBLISH_HELD) {
		log_error("the base fee is above max_fee: not publishing");
		return ERR_OK;
	}
	nonce_tell(p, next, 0);
	tx_ask(p, now);
	return ERR_OK;
}

static enum publish_answer
answer_of(enum err e)
{
	return e == ERR_OK ? PUBLISH_TAKEN : e == ERR_STATE ? PUBLISH_BEATEN :
	    e == ERR_REFUSED ? PUBLISH_REFUSED : PUBLISH_UNSURE;
}

void
chain_publish_signed(struct chain_publish *p, const struct wire_tx_signed *w)
{
	static uint8_t raw[TX_RAW_MAX];
	struct tx t = {
		.type = TX_FEE_MARKET, .chain_id = p->proc->config.chain_id,
		.nonce = p->tx.nonce,
		.max_priority_fee_wei = p->tx.fees.priority_wei,
		.max_fee_wei = p->tx.fees.max_fee_wei,
		.gas_limit = SUBMIT_GAS, .to = p->proc->config.clearing,
		.data = p->data, .data_len = p->data_len,
	};
	struct b32 hash;
	size_t len;
	enum err e;

	if (!publish_is_answer(&p->tx, w->id))
		return;
	if (tx_encode(raw, &len, &t, w->signature.recovery, w->signature.r,
	    w->signature.s) != ERR_OK) {
		log_error("the signer's transaction signature is none");
		publish_unsigned(&p->tx, p->block.number);
		return;
	}
	keccak256(&hash, raw, len);
	e = rpc_send(p->rpc, raw, len, &hash);
	if (e != ERR_OK)
		log_warn("%snot sent: %s", answer_of(e) == PUBLISH_UNSURE ?
		    "perhaps " : "", rpc_error(p->rpc));
	p->counters.sent += e == ERR_OK;
	p->counters.replaced += publish_shown(&p->tx, &hash, answer_of(e),
	    p->block.number);
}

static void
tx_mined(struct chain_publish *p, size_t at, const struct rpc_receipt *receipt)
{
	p->counters.mined += receipt->succeeded;
	p->counters.reverted += !receipt->succeeded;
	if (!receipt->succeeded)
		log_warn("submit of sequence %llu reverted in block %llu",
		    (unsigned long long)p->tx.one[at].sequence,
		    (unsigned long long)receipt->block);
	publish_mined(&p->published, &p->tx, at);
	nonce_tell(p, p->tx.nonce + 1, receipt->paid_wei);
}

/* The nonce is used: by which of those that were shown, the newest first? */
static void
receipts_ask(struct chain_publish *p, uint64_t next)
{
	struct rpc_receipt receipt;

	for (size_t i = p->tx.count; i-- > 0;) {
		enum err e = rpc_receipt(&receipt, p->rpc, &p->tx.one[i].hash);

		if (e == ERR_OK) {
			tx_mined(p, i, &receipt);
			return;
		}
		if (e == ERR_IO)
			break;	/* nor will it answer for the others */
	}
	if (publish_unfound(&p->tx, p->block.number) != PUBLISH_GONE)
		return;
	log_warn("nonce %llu was used by a transaction that is not known here",
	    (unsigned long long)p->tx.nonce);
	nonce_tell(p, next, 0);
}

static void
tx_look(struct chain_publish *p, const struct publish_fees *caps, uint64_t now)
{
	uint64_t next;

	/* What cannot be learnt now is asked again by the next turn. */
	if (rpc_nonce(&next, p->rpc, &p->gas_address) != ERR_OK)
		return;
	switch (publish_look(&p->tx, next, p->block.number, caps)) {
	case PUBLISH_WAIT:
	case PUBLISH_HELD:
	case PUBLISH_GONE:
		break;
	case PUBLISH_USED:
		receipts_ask(p, next);
		break;
	case PUBLISH_STUCK:
		log_error("a transaction is stuck: no more may be offered");
		tx_ask(p, now);
		break;
	case PUBLISH_ASK:
		tx_ask(p, now);
		break;
	}
}

enum err
chain_publish_turn(struct chain_publish *p, const struct watch_block *block,
    uint64_t now)
{
	const struct config_gas *g = &p->proc->config.gas;
	struct publish_fees caps = { g->max_fee_wei, g->max_priority_fee_wei };

	p->block = *block;
	if (publish_is_overdue(&p->tx, now)) {
		log_warn("the signer does not answer for a transaction");
		publish_unsigned(&p->tx, block->number);
	}
	if (publish_is_idle(&p->tx))
		return tx_begin(p, &caps, now);
	if (!p->tx.is_asked)
		tx_look(p, &caps, now);
	return ERR_OK;
}
