/*~ The chain process: what vaults hold comes in from the clearing contract,
 * prices and rates from others (chain_prices.h), attestations go out.  It may
 * connect outward; it has no key: each transaction is signed by the signer
 * under a policy of its own (chain_publish.h).  The loop polls the node, reads
 * a step (chain/watch.h), and looks after the one transaction that is under
 * way.  Without a clearing contract there are only blocks and prices, without a
 * node only what is streamed. */
#include "oracle/book_pin.h"
#include "oracle/chain_prices.h"
#include "oracle/chain_publish.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/machine.h"
#include "oracle/proc.h"

#include "chain/rpc.h"
#include "chain/watch.h"
#include "contracts-abi/clearing.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 500u		/* a turn of the loop where no node is asked */

enum chain_counter {
	COUNT_STEPS, COUNT_VAULTS, COUNT_REORGS, COUNT_ERRORS, COUNT_SENT,
	COUNT_MINED, COUNT_REVERTED, COUNT_REPLACED, COUNT_REFUSED,
	COUNT_TICKS, COUNT_RATES, COUNT_QUOTES_REFUSED, COUNT_QUOTES_MISSING,
	COUNT_EVENTS_REFUSED, COUNT_STREAM_LOST, COUNT_COUNT,
};

struct chain {
	struct proc_role proc;
	struct rpc *rpc;
	struct watch *watch;
	struct chain_prices *prices;
	struct chain_publish *publish;	/* NULL without a clearing contract */
	bool is_checked, is_failing, has_block;
	struct watch_block block;
	uint64_t poll_ms, status_ms;
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
	if (c->publish) {
		const struct chain_publish_counters *t =
		    chain_publish_counters(c->publish);

		c->counter[COUNT_SENT] = t->sent;
		c->counter[COUNT_MINED] = t->mined;
		c->counter[COUNT_REVERTED] = t->reverted;
		c->counter[COUNT_REPLACED] = t->replaced;
		c->counter[COUNT_REFUSED] = t->refused;
	}
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

static void
block_send(struct chain *c)
{
	struct wire_block w;

	if (!c->publish)
		return;		/* of no interest but to us */
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_BLOCK);
	w.number = c->block.number;
	w.hash = c->block.hash;
	w.time_ms = c->block.time_ms;
	w.rules_match = c->block.rules_match;
	w.has_signer_bit = chain_publish_signer_bit(&w.signer_bit, c->publish);
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

static bool
message_take(struct chain *c, enum role from, const uint8_t *bytes)
{
	struct wire_head head;

	memcpy(&head, bytes, sizeof(head));
	/* Without a contract these are of no interest. */
	if (from == ROLE_ENGINE && head.type == WIRE_ATTESTATION) {
		struct wire_attestation w;

		memcpy(&w, bytes, sizeof(w));
		/* Now we know our place in the contract's table. */
		if (c->publish && chain_publish_newest(c->publish, &w) &&
		    c->has_block)
			block_send(c);
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_TX_SIGNED) {
		struct wire_tx_signed w;

		memcpy(&w, bytes, sizeof(w));
		if (c->publish)
			chain_publish_signed(c->publish, &w);
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_TX_REJECTED) {
		struct wire_tx_rejected w;

		memcpy(&w, bytes, sizeof(w));
		if (c->publish)
			chain_publish_rejected(c->publish, &w);
		return true;
	}
	if (from == ROLE_SIGNER && head.type == WIRE_GAS_KEY) {
		struct wire_gas_key w;

		memcpy(&w, bytes, sizeof(w));
		if (c->publish)
			chain_publish_key(c->publish, &w);
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
		if (c->watch)
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
		if (c->publish && c->has_block && chain_publish_turn(
		    c->publish, &c->block, now) != ERR_OK)
			failing(c, true, rpc_error(c->rpc));
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
	if (e == ERR_OK)
		e = rpc_create(&c->rpc, urls, k->rpc_count);
	if (e == ERR_OK && k->has_clearing)
		e = chain_publish_create(&c->publish, &c->proc, c->rpc,
		    c->watch);
	return e;
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
