/* A signer in a child process, an engine's side of its wire, and a model of
 * what it must sign: the vector bounded word by word, the verdict tree built
 * anew from its leaves for every request. */
#ifndef TESTS_SIGNER_WORLD_H
#define TESTS_SIGNER_WORLD_H

#include "base/merkle.h"
#include "base/must.h"
#include "margin/verdict.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/signer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORLD_ASSETS 5u
#define WORLD_SLOTS 64u
#define WORLD_UNIT ((u128)1000000000000000000u)
#define WORLD_WAIT_S 5
#define UNUSED __attribute__((unused))

struct world {
	struct config config;
	struct signer_keys keys;
	struct sig_context *sig;
	struct signer_setup setup;
	struct signer_identity identity;
	char folder[64], state_path[96];

	pid_t pid;
	int engine, chain, control;	/* our ends */
	bool is_hot;			/* the engine's wire has a ring */

	/* The engine's side. */
	struct wire_signer_ready ready;
	uint32_t bases;		/* SIGNER_BASE messages at the greeting */
	uint64_t sequence, as_of;	/* of the next request */
	bool is_first;
	struct b32 proposed[WORLD_ASSETS];
	struct policy_price bound[WORLD_ASSETS];
	struct verdict_leaf leaf[WORLD_SLOTS];
	bool is_present[WORLD_SLOTS];
	uint32_t used;			/* slots ever told */
	struct attestation last;	/* signed */
};

/* A request before it is sent. */
struct world_request {
	struct wire_begin begin;
	struct wire_word word[2 * WORLD_ASSETS];
	struct wire_leaf leaf[2 * WORLD_SLOTS];
	struct wire_end end;
};

static UNUSED uint64_t world_seed = 0x9e3779b97f4a7c15u;

static UNUSED uint64_t
world_random(void)
{
	world_seed ^= world_seed << 13;
	world_seed ^= world_seed >> 7;
	world_seed ^= world_seed << 17;
	return world_seed;
}

static UNUSED uint64_t
world_now(const struct world *w)
{
	struct timespec t;

	if (w->setup.clock_ms)
		return w->setup.clock_ms();
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static UNUSED void
world_open(struct world *w)
{
	uint8_t secret[32] = { 1 };

	memset(w, 0, sizeof(*w));
	MUST(sig_context_create(&w->sig, secret) == ERR_OK);
	MUST(sig_key_from_secret(&w->keys.attest, w->sig, secret) == ERR_OK);
	secret[0] = 2;
	MUST(sig_key_from_secret(&w->keys.gas, w->sig, secret) == ERR_OK);
	w->keys.has_gas = true;
	w->config.policy = (struct config_policy){
		.bound_base_ppb = 100000000,
		.bound_per_second_ppb = 100000000,
		.bound_max_ppb = 600000000, .validity_max_ms = 120000,
		.verdicts_alarm = 1000, .value_alarm = U128_MAX,
	};
	w->config.validity_ms = 120000;
	w->config.verdicts_max = WORLD_SLOTS;
	w->config.has_clearing = true;
	w->config.chain_id = 31337;
	memset(w->config.clearing.b, 0xc1, 20);
	memcpy(w->config.gas_keystore, "gas", 4);
	w->config.gas = (struct config_gas){
		.max_fee_wei = 100000000000u, .max_priority_fee_wei =
		    100000000000u, .budget_wei_per_hour =
		    (u128)100000000000u * 1000000u, .gas_limit_max = 500000,
	};
	memset(w->identity.book.b, 0xb0, 32);
	w->identity.chain_id = 31337;
	w->identity.contract = w->config.clearing;
	w->identity.signer = w->keys.attest.address;
	w->setup.config = &w->config;
	w->setup.domain.chain_id = 31337;
	w->setup.domain.contract = w->config.clearing;
	w->setup.book = w->identity.book;
	memset(w->setup.rules_hash.b, 0x4e, 32);
	w->setup.asset_count = WORLD_ASSETS;
	w->setup.keys = &w->keys;
	snprintf(w->folder, sizeof(w->folder), "/tmp/margind-signer-XXXXXX");
	MUST(mkdtemp(w->folder) != NULL);
	snprintf(w->state_path, sizeof(w->state_path), "%s/state", w->folder);
	w->engine = w->chain = w->control = -1;
}

/* The engine's end of a hot wire: the ring, and the socket that it goes with.
 * Where there is none fd is -1. */
static UNUSED struct world_hot {
	int fd;
	struct ring ring;
} world_hot = { .fd = -1 };

static UNUSED void
world_hot_close(void)
{
	ring_close(&world_hot.ring);
	world_hot.fd = -1;
}

static UNUSED void
world_close(struct world *w)
{
	world_hot_close();
	unlink(w->state_path);
	rmdir(w->folder);
	sig_context_destroy(w->sig);
}

/* A state as it was made age_ms ago: it begins as far ahead of the clock as
 * policy lets a request be, so one that signs needs a few ms of age. */
static UNUSED void
world_init_state(struct world *w, uint64_t age_ms)
{
	char why[PRIVATE_WHY];

	MUST(signer_state_create(w->state_path, &w->identity, world_now(w) -
	    age_ms, why) == ERR_OK);
}

static UNUSED void
world_pair(int *ours, int *theirs)
{
	struct timeval wait = { .tv_sec = WORLD_WAIT_S };
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	    0);
	*ours = pair[0];
	*theirs = pair[1];
	MUST(setsockopt(*ours, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ==
	    0);
}

/* A new ring for the wire whose ends are ours and theirs; what theirs needs of
 * it. */
static UNUSED void
world_hot_open(struct proc_passed *theirs, int ours)
{
	struct proc_passed p = { { ours }, 1 };

	world_hot_close();
	MUST(proc_hot_halves(&p, theirs, RING_CAPACITY_MIN,
	    RING_CAPACITY_MIN) == ERR_OK);
	MUST(ring_open(&world_hot.ring, p.fd[1], p.fd[2]) == ERR_OK);
	close(p.fd[1]);
	close(p.fd[2]);
	world_hot.fd = ours;
}

/* recv, of a ring. */
static UNUSED ssize_t
world_hot_receive(void *bytes)
{
	struct pollfd p = { .fd = world_hot.fd, .events = POLLIN };
	struct ring *r = &world_hot.ring;
	size_t size;
	enum err e;

	while ((e = proc_hot_receive(p.fd, r, bytes, &size)) == ERR_MISSING) {
		if (!ring_sleep(r, RING_DATA))
			continue;
		MUST(poll(&p, 1, WORLD_WAIT_S * 1000) > 0);
		ring_awake(r);
		proc_hot_listen(p.fd, r);
	}
	MUST(e == ERR_OK || e == ERR_IO);
	return e == ERR_OK ? (ssize_t)size : 0;
}

/* One message, or its type 0 where the connection is closed. */
static UNUSED uint16_t
world_receive(int fd, void *out, size_t max)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_head head;
	ssize_t n;

	do
		n = fd == world_hot.fd ? world_hot_receive(bytes) :
		    recv(fd, bytes, sizeof(bytes), 0);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < 0)
		perror("no answer");
	MUST(n > 0 && wire_check(bytes, (size_t)n) == ERR_OK);
	MUST((size_t)n <= max);
	memcpy(out, bytes, (size_t)n);
	memcpy(&head, bytes, sizeof(head));
	return head.type;
}

static UNUSED void
world_send(int fd, const void *message)
{
	if (fd == world_hot.fd)
		MUST(proc_hot_send(fd, &world_hot.ring, message, true) ==
		    ERR_OK);
	else
		MUST(proc_send(fd, message, true) == ERR_OK);
}

/* Bytes that are no message; what is too long for a ring comes beside it. */
static UNUSED void
world_send_bytes(int fd, const void *bytes, size_t size)
{
	if (fd == world_hot.fd && size <= RING_RECORD_MAX) {
		MUST(ring_put(&world_hot.ring, bytes, size) == ERR_OK);
		size = 1;
		if (!ring_must_wake(&world_hot.ring, RING_DATA))
			return;
	}
	MUST(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

/* The greeting of a new engine. */
static UNUSED void
world_greeted(struct world *w)
{
	union {
		struct wire_signer_base base;
		struct wire_signer_ready ready;
	} m;
	uint16_t type;

	memset(w->bound, 0, sizeof(w->bound));
	w->bases = 0;
	while ((type = world_receive(w->engine, &m, sizeof(m))) ==
	    WIRE_SIGNER_BASE) {
		MUST(m.base.slot < WORLD_ASSETS);
		w->bound[m.base.slot] = (struct policy_price){
			wire_to_u128(m.base.reference),
			m.base.reference_as_of,
			wire_to_u128(m.base.ok_high), m.base.ok_as_of,
		};
		w->bases++;
	}
	MUST(type == WIRE_SIGNER_READY);
	w->ready = m.ready;
	w->sequence = m.ready.first_sequence;
	w->as_of = m.ready.last_as_of + 1;
	w->is_first = true;
	memset(w->is_present, 0, sizeof(w->is_present));
	w->used = 0;
	memset(&w->last, 0, sizeof(w->last));
}

/* in_child: what a test does to the child before it runs; or NULL. */
/* The first word to a chain process: who pays. */
static UNUSED void
world_chain_greeted(struct world *w)
{
	struct wire_gas_key g;
	struct addr payer = { { 0 } };

	if (w->keys.has_gas)
		payer = w->keys.gas.address;
	memset(&g, 0xff, sizeof(g));
	/* A signer that could not start says nothing. */
	if (world_receive(w->chain, &g, sizeof(g)) == 0)
		return;
	MUST(g.head.type == WIRE_GAS_KEY);
	MUST(addr_equal(&g.address, &payer));
}

static UNUSED void
world_start(struct world *w, void (*in_child)(void))
{
	struct proc_passed half;
	int engine, chain, control;

	world_pair(&w->engine, &engine);
	half = (struct proc_passed){ { engine }, 1 };
	if (w->is_hot)
		world_hot_open(&half, w->engine);
	world_pair(&w->chain, &chain);
	world_pair(&w->control, &control);
	fflush(NULL);
	w->pid = fork();
	MUST(w->pid >= 0);
	if (w->pid == 0) {
		static struct signer_state state;
		char why[PRIVATE_WHY];

		close(w->engine);
		close(w->chain);
		close(w->control);
		log_open("signer");
		if (signer_state_open(&state, w->state_path, &w->identity,
		    world_now(w), why) != ERR_OK) {
			fprintf(stderr, "state %s\n", why);
			_exit(EXIT_SIGNER);
		}
		w->setup.state = &state;
		w->setup.engine_fd = engine;
		if (w->is_hot)
			MUST(ring_open(&w->setup.engine_ring, half.fd[1],
			    half.fd[2]) == ERR_OK);
		w->setup.chain_fd = chain;
		w->setup.control_fd = control;
		if (in_child)
			in_child();
		_exit(signer_run(&w->setup));
	}
	proc_passed_close(&half);	/* engine is one of them */
	close(chain);
	close(control);
	world_greeted(w);
	world_chain_greeted(w);
}

static UNUSED void
world_hang_up(struct world *w)
{
	world_hot_close();
	close(w->engine);
	close(w->chain);
	close(w->control);
	w->engine = w->chain = w->control = -1;
}

/* Waits for the child to end by itself. */
static UNUSED int
world_join(struct world *w)
{
	int status;

	MUST(waitpid(w->pid, &status, 0) == w->pid);
	w->pid = 0;
	return status;
}

static UNUSED void
world_stop(struct world *w)
{
	world_hang_up(w);
	MUST(world_join(w) == 0);
}

static UNUSED struct b32
world_word(u128 mid)
{
	struct price p = {
		.mid = px18_from_raw(mid), .low = px18_from_raw(mid),
		.high = px18_from_raw(mid), .status = PRICE_OK, .sources = 3,
	};
	struct b32 word;

	MUST(price_word_pack(&word, &p) == ERR_OK);
	return word;
}

static UNUSED void
world_add_word(struct world_request *q, uint32_t slot, const struct b32 *word)
{
	struct wire_word *m = &q->word[q->begin.word_count++];

	memset(m, 0, sizeof(*m));
	wire_head_set(&m->head, WIRE_WORD);
	m->slot = slot;
	m->word = *word;
}

/* vault 0 empties the slot. */
static UNUSED void
world_add_leaf(struct world_request *q, uint32_t slot, uint32_t vault)
{
	struct wire_leaf *m = &q->leaf[q->begin.leaf_count++];

	memset(m, 0, sizeof(*m));
	wire_head_set(&m->head, WIRE_LEAF);
	m->slot = slot;
	if (vault == 0)
		return;
	m->is_present = 1;
	m->state = STATE_LIQUIDATABLE;
	m->method = METHOD_RATIO;
	m->vault.b[0] = 0x77;
	memcpy(m->vault.b + 28, &vault, sizeof(vault));
	m->nonce = world_random() % 100;
	m->as_of = q->begin.as_of;
	m->collateral_value = wire_from_u128(world_random());
	m->initial_excess = wire_from_u128((u128)-(i128)world_random());
}

/* The fields of a request without content; the first brings every word. */
static UNUSED void
world_request_begin(struct world_request *q, const struct world *w)
{
	uint64_t now = world_now(w);
	struct wire_begin *b = &q->begin;

	memset(q, 0, sizeof(*q));
	wire_head_set(&b->head, WIRE_BEGIN);
	b->sequence = w->sequence;
	b->as_of = w->as_of > now ? w->as_of : now;
	b->valid_until = b->as_of + 120000;
	b->block_number = 100 + w->sequence % 7;
	b->asset_count = WORLD_ASSETS;
	b->is_first = w->is_first;
	b->vault_count = 9;
	b->collateral_value = wire_from_u128(world_random());
	b->debt_value = wire_from_u128(world_random() / 2);
	memcpy(b->inputs_hash.b, &w->sequence, sizeof(w->sequence));
	memset(b->positions_root.b, 0x90, 32);
	if (!w->is_first)
		return;
	for (uint32_t i = 0; i < WORLD_ASSETS; i++) {
		struct b32 word = world_word((2000 + 10 * i) * WORLD_UNIT);

		world_add_word(q, i, &word);
	}
}

static UNUSED void
world_request_send(struct world *w, struct world_request *q)
{
	world_send(w->engine, &q->begin);
	for (uint32_t i = 0; i < q->begin.word_count; i++)
		world_send(w->engine, &q->word[i]);
	for (uint32_t i = 0; i < q->begin.leaf_count; i++)
		world_send(w->engine, &q->leaf[i]);
	memset(&q->end, 0, sizeof(q->end));
	wire_head_set(&q->end.head, WIRE_END);
	q->end.sequence = q->begin.sequence;
	world_send(w->engine, &q->end);
}

static UNUSED struct verdict_leaf
world_leaf_from_wire(const struct wire_leaf *m)
{
	return (struct verdict_leaf){
		.vault = m->vault, .nonce = m->nonce, .as_of = m->as_of,
		.block_number = m->block_number, .state = m->state,
		.method = m->method,
		.collateral_value = wire_to_u128(m->collateral_value),
		.debt_value = wire_to_u128(m->debt_value),
		.health_low = wire_to_u128(m->health_low),
		.health_high = wire_to_u128(m->health_high),
		.initial_excess = (i128)wire_to_u128(m->initial_excess),
		.maintenance_excess =
		    (i128)wire_to_u128(m->maintenance_excess),
		.liquidation_asset = m->liquidation_asset,
		.liquidation_price = wire_to_u128(m->liquidation_price),
		.debt_asset = m->debt_asset,
		.max_repay = wire_to_u128(m->max_repay),
	};
}

static UNUSED void
world_verdicts(struct attestation *a, const struct world *w)
{
	static struct b32 nodes[MERKLE_NODES(WORLD_SLOTS)];
	struct merkle tree;

	merkle_init(&tree, nodes, WORLD_SLOTS);
	for (uint32_t i = 0; i < w->used; i++) {
		struct b32 hash = { { 0 } };

		if (w->is_present[i]) {
			verdict_leaf_hash(&hash, &w->leaf[i]);
			a->verdict_count++;
		}
		MUST(merkle_set(&tree, &i, &hash, 1) == ERR_OK);
	}
	merkle_root(&a->verdicts_root, &tree);
}

/* What the signer must sign for q, if it signs it; the model moves on. */
static UNUSED void
world_expect(struct world *w, struct attestation *a, struct b32 *digest,
    const struct world_request *q)
{
	const struct wire_begin *b = &q->begin;
	struct b32 word[WORLD_ASSETS];

	memset(a, 0, sizeof(*a));
	for (uint32_t i = 0; i < b->word_count; i++)
		w->proposed[q->word[i].slot] = q->word[i].word;
	if (b->is_first) {
		memset(w->is_present, 0, sizeof(w->is_present));
		w->used = 0;
	}
	for (uint32_t i = 0; i < b->leaf_count; i++) {
		uint32_t slot = q->leaf[i].slot;

		w->is_present[slot] = q->leaf[i].is_present;
		w->leaf[slot] = world_leaf_from_wire(&q->leaf[i]);
		if (slot >= w->used)
			w->used = slot + 1;
	}
	if (b->header_reason != 0) {
		a->status = PRICE_REFUSED;
		a->reason = b->header_reason;
	}
	for (uint32_t i = 0; i < WORLD_ASSETS; i++) {
		word[i] = w->proposed[i];
		MUST(policy_bound_word(&word[i], &w->bound[i], b->as_of,
		    &w->config.policy) == ERR_OK);
		policy_note_word(&w->bound[i], &word[i], &w->proposed[i],
		    b->as_of, &w->config.policy);
		if (a->status == PRICE_OK && word[i].b[28] != PRICE_OK) {
			a->status = PRICE_DEGRADED;
			a->reason = word[i].b[31];
		}
	}
	prices_hash(&a->prices_hash, word, WORLD_ASSETS);
	world_verdicts(a, w);
	a->book = w->setup.book;
	a->rules_hash = w->setup.rules_hash;
	a->sequence = b->sequence;
	a->as_of = b->as_of;
	a->valid_until = b->valid_until;
	a->block_number = b->block_number;
	a->block_hash = b->block_hash;
	a->positions_root = b->positions_root;
	a->inputs_hash = b->inputs_hash;
	a->vault_count = b->vault_count;
	a->collateral_value = wire_to_u128(b->collateral_value);
	a->debt_value = wire_to_u128(b->debt_value);
	attest_digest(digest, &w->setup.domain, a);
	w->last = *a;
	w->is_first = false;
	w->sequence = b->sequence + 1;
	w->as_of = b->as_of + 1;
}

static UNUSED bool
world_signature_is(const struct world *w, const struct b32 *digest,
    const struct wire_signature *signature, const struct addr *who)
{
	struct sig_compact c;

	memcpy(c.r, signature->r, 32);
	memcpy(c.s, signature->s, 32);
	c.v = signature->recovery;
	return addr_equal(&signature->signer, who) &&
	    sig_verify(w->sig, digest, &c, who) == ERR_OK;
}

#endif
