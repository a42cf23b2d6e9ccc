/*~ The chain process: what vaults hold comes in from the clearing contract,
 * prices and rates from others (chain_prices.h), attestations go out.  It may
 * connect outward; it has no key: each transaction is signed by the signer
 * under a policy of its own.  The loop polls the node, reads a step
 * (chain/watch.h), and looks after the one transaction that is under way
 * (chain/publish.h).  Without a clearing contract there are only blocks and
 * prices, without a node only what is streamed. */
#include "oracle/book_pin.h"
#include "oracle/chain_prices.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/machine.h"
#include "oracle/proc.h"
#include "oracle/sig.h"
#include "oracle/wire_attest.h"

#include "chain/publish.h"
#include "chain/rpc.h"
#include "chain/watch.h"
#include "contracts-abi/clearing.h"
#include "contracts-abi/tx.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SUBMIT_GAS 120000u	/* a submit costs half of it */
#define IDLE_MS 500u		/* a turn of the loop where no node is asked */

enum chain_counter {
	COUNT_STEPS, COUNT_VAULTS, COUNT_REORGS, COUNT_ERRORS, COUNT_SENT,
	COUNT_MINED, COUNT_REVERTED, COUNT_REPLACED, COUNT_REFUSED,
	COUNT_TICKS, COUNT_RATES, COUNT_QUOTES_REFUSED, COUNT_QUOTES_MISSING,
	COUNT_EVENTS_REFUSED, COUNT_STREAM_LOST, COUNT_COUNT,
};

/* The transaction that is under way. */
enum tx_stage { TX_NONE, TX_ASKED, TX_SENT };
struct under_way {
	enum tx_stage stage;
	uint64_t id, nonce, sequence, sent_block, asked_ms;
	struct publish_fees fees;
	struct b32 hash;
	uint8_t status;
	uint8_t data[CLEARING_DATA_MAX];
	size_t data_len;
};

struct chain {
	struct proc_role proc;
	struct rpc *rpc;
	struct watch *watch;
	struct chain_prices *prices;
	bool is_checked, is_failing;
	bool has_block, has_newest;
	struct watch_block block;
	struct wire_attestation newest;
	struct addr gas_address;
	struct publish_state published;
	struct under_way tx;
	u128 spent_wei;
	uint64_t poll_ms, status_ms, next_id;
	uint64_t counter[COUNT_COUNT];
};

/* Why this role is of no use now; NULL where it is of some. */
static const char *
unready(const struct chain *c)
{
	if (c->is_failing)
		return "the node does not answer";
	if (c->proc.config.has_chain && !c->has_block)
		return "no block was read yet";
	return chain_prices_unready(c->prices);
}

static void
status_report(struct chain *c, uint64_t now)
{
	const struct chain_prices_counters *k =
	    chain_prices_counters(c->prices);
	const char *why = unready(c);

	if (now < c->status_ms + 1000)
		return;
	c->status_ms = now;
	c->counter[COUNT_TICKS] = k->ticks;
	c->counter[COUNT_RATES] = k->rates;
	c->counter[COUNT_QUOTES_REFUSED] = k->refused;
	c->counter[COUNT_QUOTES_MISSING] = k->missing;
	c->counter[COUNT_EVENTS_REFUSED] = k->events_refused;
	c->counter[COUNT_STREAM_LOST] = k->stream_lost;
	proc_role_status(&c->proc, why == NULL, why ? why : "", c->counter,
	    COUNT_COUNT);
}

/* Said once when it begins and once when it is over. */
static void
failing(struct chain *c, bool is_failing, const char *why)
{
	c->counter[COUNT_ERRORS] += is_failing ? 1 : 0;
	if (is_failing && !c->is_failing)
		log_warn("%s", why);
	if (!is_failing && c->is_failing)
		log_info("the node answers again");
	c->is_failing = is_failing;
}

static enum err
on_vault(void *arg, const struct b32 *id, const struct clearing_vault *v,
    uint64_t block)
{
	struct chain *c = arg;
	struct wire_vault w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_VAULT);
	w.id = *id;
	w.owner = v->owner;
	w.owner_index = v->index;
	w.mode = v->mode;
	w.method = METHOD_RATIO;
	w.nonce = v->nonce;
	w.liquidations = v->liquidations;
	w.block_number = block;
	w.collateral_count = (uint8_t)v->collateral_count;
	w.debt_count = (uint8_t)v->debt_count;
	for (size_t i = 0; i < v->collateral_count; i++) {
		w.collateral_asset[i] = v->collateral_slot[i];
		w.collateral_amount[i] =
		    wire_from_u128(v->collateral_amount[i]);
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		w.debt_asset[i] = v->debt_slot[i];
		w.debt_amount[i] = wire_from_u128(v->debt_amount[i]);
		w.debt_index[i] = wire_from_u128(wad_to_raw(wad_one()));
	}
	c->counter[COUNT_VAULTS]++;
	return proc_send(c->proc.peer[ROLE_ENGINE], &w, true);
}

static bool
signer_bit(uint8_t *bit, const struct chain *c)
{
	return c->has_newest && watch_signer_bit(bit, c->watch,
	    &c->newest.signature.signer) == ERR_OK;
}

static void
block_send(struct chain *c)
{
	struct wire_block w;

	if (!c->proc.config.has_clearing)
		return;		/* of no interest but to us */
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_BLOCK);
	w.number = c->block.number;
	w.hash = c->block.hash;
	w.time_ms = c->block.time_ms;
	w.rules_match = c->block.rules_match;
	w.has_signer_bit = signer_bit(&w.signer_bit, c);
	if (proc_send(c->proc.peer[ROLE_ENGINE], &w, true) != ERR_OK)
		watch_forget(c->watch);
}

/* The node is another one than a moment ago, or we are new: whose chain is
 * it?  A wrong one ends the process; it cannot become right by waiting. */
static bool
node_check(struct chain *c)
{
	enum err e;

	if (c->is_checked && !rpc_was_reconnected(c->rpc))
		return true;
	e = watch_check(c->watch, c->rpc);
	if (e == ERR_CHAIN) {
		log_error("%s", watch_error(c->watch));
		exit(EXIT_CHAIN);
	}
	if (e != ERR_OK) {
		failing(c, true, watch_error(c->watch));
		return false;
	}
	(void)rpc_was_reconnected(c->rpc);
	c->is_checked = true;
	return true;
}

/* A new block was read. */
static void
step_taken(struct chain *c, bool rules_were)
{
	c->has_block = true;
	c->counter[COUNT_STEPS]++;
	if (c->block.was_reorganised) {
		c->counter[COUNT_REORGS]++;
		log_warn("the chain was reorganised at block %llu",
		    (unsigned long long)c->block.number);
	}
	if (rules_were && !c->block.rules_match)
		log_error("the contract's rules are not the config's");
	block_send(c);
}

static void
step(struct chain *c, uint64_t now)
{
	bool rules_were = c->has_block ? c->block.rules_match : true;
	enum err e;

	if (!c->proc.config.has_chain || c->proc.peer[ROLE_ENGINE] < 0 ||
	    !node_check(c))
		return;
	e = watch_step(&c->block, c->watch, c->rpc, on_vault, c);
	if (e != ERR_OK && e != ERR_UNKNOWN) {
		/* What was sent of the step is sent again by the next. */
		failing(c, true, watch_error(c->watch));
		return;
	}
	if (e == ERR_OK)
		step_taken(c, rules_were);
	/* Prices that could not be read are tried again though the block is
	 * no longer new. */
	e = c->has_block ? chain_prices_block(c->prices, c->rpc, &c->block,
	    now) : ERR_OK;
	failing(c, e != ERR_OK, rpc_error(c->rpc));
}

static void
tx_ask(struct chain *c, uint64_t now)
{
	static struct wire_tx_request w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_REQUEST);
	w.id = c->tx.id = ++c->next_id;
	w.chain_id = c->proc.config.chain_id;
	w.nonce = c->tx.nonce;
	w.gas_limit = SUBMIT_GAS;
	w.max_priority_fee_wei = wire_from_u128(c->tx.fees.priority_wei);
	w.max_fee_wei = wire_from_u128(c->tx.fees.max_fee_wei);
	w.type = TX_FEE_MARKET;
	w.data_len = (uint32_t)c->tx.data_len;
	w.to = c->proc.config.clearing;
	memcpy(w.data, c->tx.data, c->tx.data_len);
	c->tx.stage = TX_ASKED;
	c->tx.asked_ms = now;
	if (proc_send(c->proc.peer[ROLE_SIGNER], &w, false) != ERR_OK)
		c->tx.stage = TX_NONE;
}

static enum err
submit_encode(struct chain *c)
{
	struct attestation a;
	struct sig_compact compact;
	uint8_t packed[1][64], bit;
	struct clearing_signatures s = { .count = 1, 
	    .compact = (const uint8_t (*)[64])packed };
	size_t len;
	enum err e;

	if (!signer_bit(&bit, c))
		return ERR_UNKNOWN;
	memcpy(compact.r, c->newest.signature.r, sizeof(compact.r));
	memcpy(compact.s, c->newest.signature.s, sizeof(compact.s));
	compact.v = c->newest.signature.recovery;
	sig_to_eip2098(packed[0], &compact);
	s.bitmap[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	wire_attestation_header(&a, &c->newest);
	e = clearing_encode_submit(c->tx.data, &len, &a, &s);
	if (e != ERR_OK)
		return e;
	if (len > WIRE_TX_DATA)
		return ERR_LIMIT;
	c->tx.data_len = len;
	c->tx.sequence = a.sequence;
	c->tx.status = a.status;
	return ERR_OK;
}

static void
tx_begin(struct chain *c, uint64_t now)
{
	const struct config_gas *g = &c->proc.config.gas;
	struct publish_fees caps = { g->max_fee_wei, g->max_priority_fee_wei };
	u128 tip;

	if (!c->proc.config.publish || !c->has_newest || !c->has_block ||
	    c->proc.peer[ROLE_SIGNER] < 0 || addr_is_zero(&c->gas_address) ||
	    c->newest.block_number == 0 ||	/* of before the first block */
	    !publish_is_due(&c->published, c->newest.sequence,
	    c->newest.status, now, c->proc.config.publish_every_ms))
		return;
	/* Tried now, whatever becomes of it: no storm of attempts. */
	c->published = (struct publish_state){ true, now,
		c->newest.sequence, c->newest.status };
	if (submit_encode(c) != ERR_OK) {
		log_error("our signer is not in the contract's table");
		return;
	}
	if (rpc_nonce(&c->tx.nonce, c->rpc, &c->gas_address) != ERR_OK ||
	    rpc_priority_fee(&tip, c->rpc) != ERR_OK) {
		failing(c, true, rpc_error(c->rpc));
		return;
	}
	if (publish_fees_first(&c->tx.fees, c->block.base_fee_wei, tip,
	    &caps) != ERR_OK) {
		log_error("the base fee is above max_fee: not publishing");
		return;
	}
	tx_ask(c, now);
}

static void
tx_signed(struct chain *c, const struct wire_tx_signed *w)
{
	static uint8_t raw[TX_RAW_MAX];
	struct tx t = {
		.type = TX_FEE_MARKET, .chain_id = c->proc.config.chain_id,
		.nonce = c->tx.nonce,
		.max_priority_fee_wei = c->tx.fees.priority_wei,
		.max_fee_wei = c->tx.fees.max_fee_wei,
		.gas_limit = SUBMIT_GAS, .to = c->proc.config.clearing,
		.data = c->tx.data, .data_len = c->tx.data_len,
	};
	size_t len;
	enum err e;

	if (c->tx.stage != TX_ASKED || w->id != c->tx.id)
		return;
	c->tx.stage = TX_NONE;
	if (tx_encode(raw, &len, &t, w->signature.recovery, w->signature.r,
	    w->signature.s) != ERR_OK) {
		log_error("the signer's transaction signature is none");
		return;
	}
	e = rpc_send(&c->tx.hash, c->rpc, raw, len);
	if (e != ERR_OK) {
		log_warn("not sent: %s", rpc_error(c->rpc));
		return;
	}
	c->tx.stage = TX_SENT;
	c->tx.sent_block = c->block.number;
	c->counter[COUNT_SENT]++;
}

static void
tx_mined(struct chain *c, const struct rpc_receipt *receipt)
{
	struct wire_tx_mined w;

	c->tx.stage = TX_NONE;
	c->counter[receipt->succeeded ? COUNT_MINED : COUNT_REVERTED]++;
	if (!receipt->succeeded)
		log_warn("submit of sequence %llu reverted in block %llu",
		    (unsigned long long)c->tx.sequence,
		    (unsigned long long)receipt->block);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TX_MINED);
	w.next_nonce = c->tx.nonce + 1;
	w.spent_wei = wire_from_u128(receipt->paid_wei);
	(void)!proc_send(c->proc.peer[ROLE_SIGNER], &w, false);
}

static void
tx_look_after(struct chain *c, uint64_t now)
{
	const struct config_gas *g = &c->proc.config.gas;
	struct publish_fees caps = { g->max_fee_wei, g->max_priority_fee_wei };
	struct rpc_receipt receipt;
	enum err e;

	if (c->tx.stage == TX_ASKED && now > c->tx.asked_ms + 5000) {
		log_warn("the signer does not answer for a transaction");
		c->tx.stage = TX_NONE;
	}
	if (c->tx.stage == TX_NONE)
		tx_begin(c, now);
	if (c->tx.stage != TX_SENT)
		return;
	e = rpc_receipt(&receipt, c->rpc, &c->tx.hash);
	if (e == ERR_OK) {
		tx_mined(c, &receipt);
		return;
	}
	if (e != ERR_UNKNOWN ||
	    c->block.number < c->tx.sent_block + PUBLISH_PATIENCE)
		return;
	if (publish_fees_raise(&c->tx.fees, &c->tx.fees, &caps) != ERR_OK) {
		log_error("a transaction is stuck at max_fee");
		c->tx.sent_block = c->block.number;
		return;
	}
	c->counter[COUNT_REPLACED]++;
	if (submit_encode(c) == ERR_OK)
		tx_ask(c, now);
}

static void
gas_key_take(struct chain *c, const struct wire_gas_key *w)
{
	struct wire_tx_mined mined;

	c->gas_address = w->address;
	if (addr_is_zero(&w->address) || !c->rpc)
		return;
	memset(&mined, 0, sizeof(mined));
	wire_head_set(&mined.head, WIRE_TX_MINED);
	if (rpc_nonce(&mined.next_nonce, c->rpc, &c->gas_address) == ERR_OK)
		(void)!proc_send(c->proc.peer[ROLE_SIGNER], &mined, false);
}

static bool
message_take(struct chain *c, enum role from, const uint8_t *bytes)
{
	struct wire_head head;

	memcpy(&head, bytes, sizeof(head));
	if (from == ROLE_ENGINE && head.type == WIRE_ATTESTATION) {
		bool first = !c->has_newest;

		memcpy(&c->newest, bytes, sizeof(c->newest));
		c->has_newest = true;
		/* Now we know our place in the contract's table. */
		if (first && c->has_block)
			block_send(c);
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_TX_SIGNED) {
		struct wire_tx_signed w;

		memcpy(&w, bytes, sizeof(w));
		tx_signed(c, &w);
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_TX_REJECTED) {
		struct wire_tx_rejected w;

		memcpy(&w, bytes, sizeof(w));
		c->tx.stage = TX_NONE;
		c->counter[COUNT_REFUSED]++;
		log_warn("the signer refuses a transaction: %s",
		    policy_rule_name((enum policy_rule)w.rule));
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_GAS_KEY) {
		struct wire_gas_key w;

		memcpy(&w, bytes, sizeof(w));
		gas_key_take(c, &w);
		return true;
	}
	log_error("%s sends what it must not (type %u)", role_name(from),
	    head.type);
	return false;
}

static bool
wire_drain(struct chain *c, enum role from)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;
	enum err e;

	while (c->proc.peer[from] >= 0) {
		e = proc_receive(c->proc.peer[from], bytes, &size);
		if (e == ERR_MISSING)
			return true;
		if (e != ERR_OK) {
			close(c->proc.peer[from]);
			c->proc.peer[from] = -1;
			return true;	/* a new end will come */
		}
		if (!message_take(c, from, bytes))
			return false;
	}
	return true;
}

static bool
loop_once(struct chain *c)
{
	static const enum role from[] = { ROLE_ENGINE, ROLE_SIGNER };
	struct pollfd wait[1 + ARRAY_COUNT(from)];
	enum role replaced = ROLE_SUPERVISOR;
	unsigned type = 0;
	uint64_t now = clock_wall_ms();
	int left = now >= c->poll_ms ? 0 : (int)(c->poll_ms - now);

	wait[0] = (struct pollfd){ .fd = c->proc.control_fd,
		.events = POLLIN };
	for (size_t i = 0; i < ARRAY_COUNT(from); i++)
		wait[1 + i] = (struct pollfd){ .fd = c->proc.peer[from[i]],
			.events = POLLIN };
	if (chain_prices_wait(c->prices, wait, ARRAY_COUNT(wait), left) !=
	    ERR_OK)
		return false;
	if (wait[0].revents != 0 && proc_role_control(&c->proc, &type,
	    &replaced) != ERR_OK)
		return false;
	if (type == WIRE_PEER && replaced == ROLE_ENGINE) {
		/* A new engine knows no vault and no price. */
		watch_forget(c->watch);
		chain_prices_forget(c->prices);
	}
	for (size_t i = 0; i < ARRAY_COUNT(from); i++)
		if (wait[1 + i].revents != 0 && !wire_drain(c, from[i]))
			return false;
	now = clock_wall_ms();
	chain_prices_run(c->prices, now);
	if (now >= c->poll_ms) {
		c->poll_ms = now + (c->proc.config.has_chain ?
		    c->proc.config.poll_ms : IDLE_MS);
		step(c, now);
		tx_look_after(c, now);
	}
	status_report(c, now);
	return true;
}

/* What the contract must say too. */
static enum err
contract_pin(struct watch_config *w, const struct chain *c)
{
	const struct config *k = &c->proc.config;
	struct book_pin pin;
	enum err e = book_pin_read(&pin, c->proc.book_text,
	    c->proc.book_text_len, k->book_file, k->vaults_max);

	if (e != ERR_OK)
		return e;
	w->contract = k->clearing;
	w->from_block = k->from_block;
	w->vaults_max = k->vaults_max;
	w->book = pin.id;
	w->rules_hash = pin.rules_hash;
	return ERR_OK;
}

static enum err
chain_open(struct chain *c)
{
	const struct config *k = &c->proc.config;
	struct watch_config w = { .chain_id = k->chain_id,
		.depth = k->depth };
	const char *urls[CONFIG_RPC_MAX];
	enum err e = chain_prices_create(&c->prices, &c->proc);

	if (e == ERR_OK && k->has_clearing)
		e = contract_pin(&w, c);
	if (e != ERR_OK || !k->has_chain)
		return e;
	for (size_t i = 0; i < k->rpc_count; i++)
		urls[i] = k->rpc[i];
	e = watch_create(&c->watch, &w);
	return e == ERR_OK ? rpc_create(&c->rpc, urls, k->rpc_count) : e;
}

int
role_chain(void)
{
	static struct chain c;
	struct sandbox_paths paths = { .read = { "/etc", "/usr", "/lib",
	    "/lib64", "/run/systemd/resolve" } };
	enum err e;

	proc_role_begin(&c.proc, ROLE_CHAIN);
	e = chain_open(&c);
	if (e == ERR_OK)
		e = sandbox_enter(ROLE_CHAIN, c.proc.config.sandbox, &paths);
	if (e != ERR_OK) {
		log_error("cannot open: %s", err_name(e));
		return e == ERR_SYNTAX ? EXIT_CONFIG : EXIT_FAILED;
	}
	while (loop_once(&c))
		;
	return EXIT_FAILED;
}
