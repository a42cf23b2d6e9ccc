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

/* The transaction that is under way. */
enum tx_stage { TX_NONE, TX_ASKED, TX_SENT };
struct under_way {
	enum tx_stage stage;
	bool was_sent;		/* a node has one of this nonce */
	uint64_t id, nonce, sequence, asked_ms;
	struct publish_tx look;
	struct b32 hash;
	uint8_t status;
	uint8_t data[CLEARING_DATA_MAX];
	size_t data_len;
};

struct chain_publish {
	struct proc_role *proc;
	struct rpc *rpc;
	const struct watch *watch;
	bool has_newest, has_block;
	struct wire_attestation newest;
	struct watch_block block;
	struct addr gas_address;
	struct publish_state published;
	struct under_way tx;
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

/* tx_fail: this one will not be sent.  What was sent before under its nonce is
 * still under way, unless another of that nonce was mined: a new one would
 * offer less than a node asks of a replacement. */
static void
tx_fail(struct chain_publish *p)
{
	uint64_t next;

	p->tx.stage = p->tx.was_sent && rpc_nonce(&next, p->rpc,
	    &p->gas_address) == ERR_OK && next <= p->tx.nonce ? TX_SENT :
	    TX_NONE;
	p->tx.look.sent_block = p->block.number;
}

void
chain_publish_rejected(struct chain_publish *p,
    const struct wire_tx_rejected *w)
{
	tx_fail(p);
	p->counters.refused++;
	log_warn("the signer refuses a transaction: %s",
	    policy_rule_name((enum policy_rule)w->rule));
}

static void
tx_ask(struct chain_publish *p, uint64_t now)
{
	static struct wire_tx_request w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_REQUEST);
	w.id = p->tx.id = ++p->next_id;
	w.chain_id = p->proc->config.chain_id;
	w.nonce = p->tx.nonce;
	w.gas_limit = SUBMIT_GAS;
	w.max_priority_fee_wei = wire_from_u128(p->tx.look.fees.priority_wei);
	w.max_fee_wei = wire_from_u128(p->tx.look.fees.max_fee_wei);
	w.type = TX_FEE_MARKET;
	w.data_len = (uint32_t)p->tx.data_len;
	w.to = p->proc->config.clearing;
	memcpy(w.data, p->tx.data, p->tx.data_len);
	p->tx.stage = TX_ASKED;
	p->tx.asked_ms = now;
	if (proc_send(p->proc->peer[ROLE_SIGNER], &w, false) != ERR_OK)
		tx_fail(p);
}

static enum err
submit_encode(struct chain_publish *p)
{
	struct attestation a;
	struct sig_compact compact;
	uint8_t packed[1][64], bit;
	struct clearing_signatures s = { .count = 1, 
	    .compact = (const uint8_t (*)[64])packed };
	size_t len;
	enum err e;

	if (!chain_publish_signer_bit(&bit, p))
		return ERR_UNKNOWN;
	memcpy(compact.r, p->newest.signature.r, sizeof(compact.r));
	memcpy(compact.s, p->newest.signature.s, sizeof(compact.s));
	compact.v = p->newest.signature.recovery;
	sig_to_eip2098(packed[0], &compact);
	s.bitmap[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	wire_attestation_header(&a, &p->newest);
	e = clearing_encode_submit(p->tx.data, &len, &a, &s);
	if (e != ERR_OK)
		return e;
	if (len > WIRE_TX_DATA)
		return ERR_LIMIT;
	p->tx.data_len = len;
	p->tx.sequence = a.sequence;
	p->tx.status = a.status;
	return ERR_OK;
}

/* ERR_OK also where nothing is due, or nothing can be done. */
static enum err
tx_begin(struct chain_publish *p, uint64_t now)
{
	const struct config_gas *g = &p->proc->config.gas;
	struct publish_fees caps = { g->max_fee_wei, g->max_priority_fee_wei };
	u128 tip;
	enum err e;

	if (!p->proc->config.publish || !p->has_newest || !p->has_block ||
	    p->proc->peer[ROLE_SIGNER] < 0 || addr_is_zero(&p->gas_address) ||
	    p->newest.block_number == 0 ||	/* of before the first block */
	    !publish_is_due(&p->published, p->newest.sequence,
	    p->newest.status, now, p->proc->config.publish_every_ms))
		return ERR_OK;
	/* Tried now, whatever becomes of it: no storm of attempts. */
	p->published = (struct publish_state){ true, now,
		p->newest.sequence, p->newest.status };
	if (submit_encode(p) != ERR_OK) {
		log_error("our signer is not in the contract's table");
		return ERR_OK;
	}
	e = rpc_nonce(&p->tx.nonce, p->rpc, &p->gas_address);
	if (e == ERR_OK)
		e = rpc_priority_fee(&tip, p->rpc);
	if (e != ERR_OK)
		return e;
	if (publish_begin(&p->tx.look, p->block.base_fee_wei, tip, &caps) ==
	    PUBLISH_HELD) {
		log_error("the base fee is above max_fee: not publishing");
		return ERR_OK;
	}
	p->tx.was_sent = false;
	tx_ask(p, now);
	return ERR_OK;
}

void
chain_publish_signed(struct chain_publish *p, const struct wire_tx_signed *w)
{
	static uint8_t raw[TX_RAW_MAX];
	struct tx t = {
		.type = TX_FEE_MARKET, .chain_id = p->proc->config.chain_id,
		.nonce = p->tx.nonce,
		.max_priority_fee_wei = p->tx.look.fees.priority_wei,
		.max_fee_wei = p->tx.look.fees.max_fee_wei,
		.gas_limit = SUBMIT_GAS, .to = p->proc->config.clearing,
		.data = p->tx.data, .data_len = p->tx.data_len,
	};
	size_t len;
	enum err e;

	if (p->tx.stage != TX_ASKED || w->id != p->tx.id)
		return;
	if (tx_encode(raw, &len, &t, w->signature.recovery, w->signature.r,
	    w->signature.s) != ERR_OK) {
		log_error("the signer's transaction signature is none");
		tx_fail(p);
		return;
	}
	keccak256(&p->tx.hash, raw, len);
	e = rpc_send(p->rpc, raw, len, &p->tx.hash);
	if (e != ERR_OK) {
		log_warn("not sent: %s", rpc_error(p->rpc));
		tx_fail(p);
		return;
	}
	p->tx.stage = TX_SENT;
	p->tx.was_sent = true;
	p->tx.look.sent_block = p->block.number;
	p->counters.sent++;
}

static void
tx_mined(struct chain_publish *p, const struct rpc_receipt *receipt)
{
	struct wire_tx_mined w;

	p->tx.stage = TX_NONE;
	p->counters.mined += receipt->succeeded;
	p->counters.reverted += !receipt->succeeded;
	if (!receipt->succeeded)
		log_warn("submit of sequence %llu reverted in block %llu",
		    (unsigned long long)p->tx.sequence,
		    (unsigned long long)receipt->block);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_MINED);
	w.next_nonce = p->tx.nonce + 1;
	w.spent_wei = wire_from_u128(receipt->paid_wei);
	(void)!proc_send(p->proc->peer[ROLE_SIGNER], &w, false);
}

enum err
chain_publish_turn(struct chain_publish *p, const struct watch_block *block,
    uint64_t now)
{
	const struct config_gas *g = &p->proc->config.gas;
	struct publish_fees caps = { g->max_fee_wei, g->max_priority_fee_wei };
	struct rpc_receipt receipt;
	enum err e = ERR_OK;

	p->has_block = true;
	p->block = *block;
	if (p->tx.stage == TX_ASKED && now > p->tx.asked_ms + 5000) {
		log_warn("the signer does not answer for a transaction");
		tx_fail(p);
	}
	if (p->tx.stage == TX_NONE)
		e = tx_begin(p, now);
	if (p->tx.stage != TX_SENT)
		return e;
	e = rpc_receipt(&receipt, p->rpc, &p->tx.hash);
	if (e == ERR_OK) {
		tx_mined(p, &receipt);
		return ERR_OK;
	}
	if (e != ERR_UNKNOWN)
		return ERR_OK;
	switch (publish_look(&p->tx.look, p->block.number, &caps)) {
	case PUBLISH_WAIT:
	case PUBLISH_HELD:
		break;
	case PUBLISH_STUCK:
		log_error("a transaction is stuck: no more may be offered");
		/* For the same again: a node may have dropped it. */
		if (submit_encode(p) == ERR_OK)
			tx_ask(p, now);
		break;
	case PUBLISH_ASK:
		p->counters.replaced++;
		if (submit_encode(p) == ERR_OK)
			tx_ask(p, now);
		break;
	}
	return ERR_OK;
}

void
chain_publish_key(struct chain_publish *p, const struct wire_gas_key *w)
{
	struct wire_tx_mined mined;

	p->gas_address = w->address;
	if (addr_is_zero(&w->address))
		return;
	memset(&mined, 0, sizeof(mined));
	wire_head_set(&mined.head, WIRE_TX_MINED);
	if (rpc_nonce(&mined.next_nonce, p->rpc, &p->gas_address) == ERR_OK)
		(void)!proc_send(p->proc->peer[ROLE_SIGNER], &mined, false);
}
