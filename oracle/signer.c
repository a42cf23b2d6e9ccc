/*~ The signer: keeper of the keys.  It knows the words of three peers and no
 * others (the table `allowed`), asks policy.c whether a request may be signed,
 * and keeps what it must not forget ahead on disk (signer_state.h).  It has
 * no network, no file but its state, and lives as long as its supervisor's
 * socket does.  Read signer_run, then on_end: that is where a key is used. */
#include "oracle/signer.h"

#include "base/must.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/signer_book.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#define STATUS_MS 1000u
#define BATCH_MAX 512u		/* messages of a peer before the others' */
#define ANSWER_MAX sizeof(struct wire_paused)
#define BUDGET_STEPS 8u		/* the hour's budget is reserved in parts */

enum peer { PEER_CONTROL, PEER_ENGINE, PEER_CHAIN, PEER_COUNT };

static const char *const peer_names[] = { "supervisor", "engine", "chain" };

struct signer_peer {
	int fd;			/* -1: none */
	struct ring ring;	/* open where the wire is hot */
	size_t out_begin, out_count;
	uint8_t out[SIGNER_OUTBOX][ANSWER_MAX];
};

struct signer {
	const struct signer_setup *setup;
	struct sig_context *sig;
	struct signer_book *book;
	struct signer_peer peer[PEER_COUNT];
	struct b32 domain_separator;

	struct policy_state past;	/* what was signed, or may have been */
	struct policy_gas gas;
	struct attestation last;	/* signed for this engine */
	bool has_last;
	uint64_t signatures_before, rejections_before, transactions_before;
	bool has_news;			/* references that no write has yet */
	bool is_alarmed, is_ending;
	uint64_t retry_ms;		/* no write of the state before */
	uint64_t status_ms;		/* of the last report */
	struct ring_spin spin;
	uint64_t asked_ns;		/* of the last poll */
	uint64_t counter[SIGNER_COUNTERS];
};

static uint64_t
clock_ms(const struct signer *s)
{
	return s->setup->clock_ms ? s->setup->clock_ms() : signer_clock_ms();
}

/* Peers. */

static void
peer_close(struct signer *s, enum peer p)
{
	struct signer_peer *peer = &s->peer[p];

	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	ring_close(&peer->ring);
	peer->out_begin = peer->out_count = 0;
	if (p == PEER_CONTROL ||
	    (p == PEER_ENGINE && s->setup->control_fd < 0))
		s->is_ending = true;
}

static void
answer(struct signer *s, enum peer p, const void *message, size_t size)
{
	struct signer_peer *peer = &s->peer[p];
	size_t at;

	MUST(size <= ANSWER_MAX);
	if (peer->fd < 0)
		return;
	if (peer->out_count == 0) {
		enum err e = proc_hot_send(peer->fd, &peer->ring, message,
		    false);

		if (e == ERR_OK)
			return;
		if (e != ERR_LIMIT) {
			peer_close(s, p);
			return;
		}
	}
	if (peer->out_count == SIGNER_OUTBOX) {
		log_warn("the %s does not read its answers; connection closed",
		    peer_names[p]);
		peer_close(s, p);
		return;
	}
	at = (peer->out_begin + peer->out_count++) % SIGNER_OUTBOX;
	memcpy(peer->out[at], message, size);
}

static void
peer_flush(struct signer *s, enum peer p)
{
	struct signer_peer *peer = &s->peer[p];

	while (peer->out_count > 0) {
		enum err e = proc_hot_send(peer->fd, &peer->ring,
		    peer->out[peer->out_begin], false);

		if (e == ERR_LIMIT)
			return;
		if (e != ERR_OK) {
			peer_close(s, p);
			return;
		}
		peer->out_begin = (peer->out_begin + 1) % SIGNER_OUTBOX;
		peer->out_count--;
	}
}

static void
status_send(struct signer *s)
{
	const struct signer_state *state = s->setup->state;
	struct wire_status w;
	const char *why = state->why;

	if (s->peer[PEER_CONTROL].fd < 0)
		return;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_STATUS);
	w.role = ROLE_SIGNER;
	w.is_ready = why[0] == '\0';
	w.is_paused = s->past.is_paused;
	w.now_ms = s->status_ms = clock_ms(s);
	if (why[0] != '\0') {
		memcpy(w.reason, "state ", 6);
		memcpy(w.reason + 6, why, strnlen(why, sizeof(w.reason) - 7));
	}
	s->counter[SIGNER_LAST_SEQUENCE] = s->past.last_sequence;
	s->counter[SIGNER_LAST_AS_OF] = s->past.last_as_of;
	s->counter[SIGNER_SEQUENCE_UNTIL] = state->record.sequence_until;
	s->counter[SIGNER_STATE_WRITES] = state->writes;
	s->counter[SIGNER_GAS_WINDOW_GWEI] =
	    (uint64_t)(s->gas.window_wei / 1000000000u);
	_Static_assert(SIGNER_COUNTERS <= WIRE_COUNTERS, "");
	memcpy(w.counter, s->counter, sizeof(s->counter));
	/* A supervisor that is behind gets the next one. */
	if (proc_send(s->peer[PEER_CONTROL].fd, &w, false) == ERR_IO)
		peer_close(s, PEER_CONTROL);
}

/* What is durable. */

/* After a failed write none is tried for a while: a full disk costs the loop
 * one try a second.  A clock that was set back ends the rest. */
static bool
state_rests(const struct signer *s, uint64_t now_ms)
{
	return now_ms < s->retry_ms &&
	    s->retry_ms - now_ms <= SIGNER_STATE_RETRY_MS;
}

static enum err
state_write(struct signer *s, struct signer_record *r, uint64_t now_ms)
{
	const struct policy_price *price = signer_book_prices(s->book);
	bool was_well = s->setup->state->why[0] == '\0';
	enum err e;

	if (state_rests(s, now_ms))
		return ERR_IO;
	for (size_t i = 0; i < BOOK_ASSETS_MAX; i++)
		r->price[i] = (struct signer_state_price){
			wire_from_u128(price[i].reference),
			wire_from_u128(price[i].ok_high),
			price[i].reference_as_of, price[i].ok_as_of,
		};
	r->signatures = s->signatures_before + s->counter[SIGNER_SIGNATURES];
	r->rejections = s->rejections_before + s->counter[SIGNER_REJECTIONS];
	r->transactions = s->transactions_before +
	    s->counter[SIGNER_TRANSACTIONS];
	e = signer_state_write(s->setup->state, r);
	if (e == ERR_OK) {
		s->has_news = false;
		if (!was_well)
			log_info("the state can be written again");
		return ERR_OK;
	}
	s->retry_ms = now_ms + SIGNER_STATE_RETRY_MS;
	if (was_well) {
		log_error("the state %s; nothing is signed beyond what is "
		    "reserved", s->setup->state->why);
		status_send(s);
	}
	return e;
}

/* The ranges that a record needs for sequence and as_of to lie within them,
 * with one of each to spare: what is left for the last words of a pause when
 * the disk is full.  No sequence is reserved that policy would not let sign
 * now: a restart, which begins behind the range, must find it near enough. */
static void
record_extend(struct signer_record *r, uint64_t sequence, uint64_t as_of,
    uint64_t now_ms)
{
	uint64_t sequence_until = sequence + SIGNER_SEQUENCE_AHEAD;
	uint64_t sequence_max = (now_ms + POLICY_CLOCK_MS) *
	    POLICY_SEQUENCE_PER_MS + 1;
	uint64_t as_of_until = now_ms + SIGNER_AS_OF_AHEAD_MS;

	if (sequence_until > sequence_max)
		sequence_until = sequence_max;
	if (sequence_until < sequence + 2)
		sequence_until = sequence + 2;
	if (as_of_until < as_of + 2)
		as_of_until = as_of + 2;
	if (r->sequence_until < sequence_until)
		r->sequence_until = sequence_until;
	if (r->as_of_until < as_of_until)
		r->as_of_until = as_of_until;
}

static enum err
reserve(struct signer *s, uint64_t sequence, uint64_t as_of, uint64_t now_ms)
{
	struct signer_record r = s->setup->state->record;

	if (sequence + 1 < r.sequence_until && as_of + 1 < r.as_of_until)
		return ERR_OK;
	record_extend(&r, sequence, as_of, now_ms);
	return state_write(s, &r, now_ms);
}

/* Whether half of a range is used up, or an engine's first prices are not on
 * disk yet: time for a write while nobody waits. */
static bool
reserve_is_due(const struct signer *s, uint64_t now_ms)
{
	const struct signer_record *r = &s->setup->state->record;

	if (s->peer[PEER_ENGINE].fd < 0 || s->past.is_paused ||
	    state_rests(s, now_ms))
		return false;
	return s->has_news ||
	    s->past.last_sequence + SIGNER_SEQUENCE_AHEAD / 2 >=
	    r->sequence_until ||
	    now_ms + SIGNER_AS_OF_AHEAD_MS / 2 >= r->as_of_until;
}

static void
reserve_ahead(struct signer *s, uint64_t now_ms)
{
	struct signer_record r = s->setup->state->record;

	record_extend(&r, s->past.last_sequence + 1, s->past.last_as_of + 1,
	    now_ms);
	/* A failure is said by state_write, and again by the request that
	 * finds nothing left. */
	(void)!state_write(s, &r, now_ms);
}

/* Sequences go on from here: the next one is at the clock or beyond. */
static uint64_t
sequence_begin(struct signer *s, uint64_t now_ms)
{
	uint64_t first = policy_first_sequence(s->past.last_sequence, now_ms);

	s->past.last_sequence = first - 1;
	(void)!reserve(s, first, s->past.last_as_of + 1, now_ms);
	return first;
}

/* Attestations. */

static void
reject(struct signer *s, uint64_t sequence, enum policy_rule rule)
{
	struct wire_rejected w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_REJECTED);
	w.sequence = sequence;
	w.next_sequence = s->past.last_sequence + 1;
	w.rule = rule;
	if (s->counter[SIGNER_LAST_RULE] != rule)
		log_warn("a request is refused: %s", policy_rule_name(rule));
	s->counter[SIGNER_REJECTIONS]++;
	s->counter[SIGNER_LAST_RULE] = rule;
	answer(s, PEER_ENGINE, &w, sizeof(w));
}

/*~ The only place where the attestation key is used.  a's sequence and asOf
 * lie above all that was signed and within what is reserved on disk. */
static void
attestation_sign(struct signer *s, struct wire_signature *out,
    struct b32 *digest, const struct attestation *a)
{
	const struct signer_record *r = &s->setup->state->record;
	const struct sig_key *key = &s->setup->keys->attest;
	struct sig_compact c;

	MUST(a->sequence > s->past.last_sequence &&
	    a->sequence < r->sequence_until);
	MUST(a->as_of > s->past.last_as_of && a->as_of < r->as_of_until);
	s->past.last_sequence = a->sequence;
	s->past.last_as_of = a->as_of;
	attest_digest_with(digest, &s->domain_separator, a);
	MUST(sig_sign(&c, s->sig, key, digest) == ERR_OK);
	memset(out, 0, sizeof(*out));
	memcpy(out->r, c.r, sizeof(out->r));
	memcpy(out->s, c.s, sizeof(out->s));
	out->recovery = c.v;
	out->signer = key->address;
	s->last = *a;
	s->has_last = true;
	s->counter[SIGNER_SIGNATURES]++;
}

/* More than the allowance is signed all the same: refusing would leave bad
 * debt.  It is said once each time it begins. */
static void
alarm_check(struct signer *s, const struct attestation *a)
{
	const struct config_policy *c = &s->setup->config->policy;
	bool is_above = a->verdict_count > c->verdicts_alarm ||
	    a->collateral_value > c->value_alarm;

	s->counter[SIGNER_VERDICTS] = a->verdict_count;
	if (is_above)
		s->counter[SIGNER_ALARMS]++;
	if (is_above && !s->is_alarmed)
		log_warn("an attestation above its allowance: %u verdicts",
		    a->verdict_count);
	s->is_alarmed = is_above;
}

static void
header_fill(struct attestation *out, const struct signer *s,
    const struct wire_begin *b)
{
	memset(out, 0, sizeof(*out));
	out->book = s->setup->book;
	out->rules_hash = s->setup->rules_hash;
	out->sequence = b->sequence;
	out->as_of = b->as_of;
	out->valid_until = b->valid_until;
	out->block_number = b->block_number;
	out->block_hash = b->block_hash;
	out->positions_root = b->positions_root;
	out->inputs_hash = b->inputs_hash;
	out->vault_count = b->vault_count;
	out->collateral_value = wire_to_u128(b->collateral_value);
	out->debt_value = wire_to_u128(b->debt_value);
}

/* Everything that may refuse, in the order of what it costs. */
static enum policy_rule
request_judge(struct signer *s, struct attestation *a)
{
	const struct config_policy *c = &s->setup->config->policy;
	const struct wire_begin *b = signer_book_request(s->book);
	uint64_t now_ms = clock_ms(s);
	enum policy_rule r = policy_header(&s->past, b, now_ms, c);

	if (r == RULE_NONE && reserve(s, b->sequence, b->as_of, now_ms) !=
	    ERR_OK)
		r = RULE_STATE;
	if (r != RULE_NONE) {
		signer_book_drop(s->book);
		return r;
	}
	header_fill(a, s, b);
	s->has_news = s->has_news || b->is_first != 0;
	return signer_book_accept(s->book, a, c);
}

static void
on_end(struct signer *s, const void *message)
{
	const struct wire_end *w = message;
	struct wire_signed answered;
	struct attestation a;
	uint64_t sequence;
	enum policy_rule r = signer_book_end(s->book, w, &sequence);

	if (r != RULE_NONE) {
		reject(s, sequence, r);
		return;
	}
	if ((r = request_judge(s, &a)) != RULE_NONE) {
		reject(s, w->sequence, r);
		return;
	}
	memset(&answered, 0, sizeof(answered));
	wire_head_set(&answered.head, WIRE_SIGNED);
	attestation_sign(s, &answered.signature, &answered.digest, &a);
	answered.sequence = a.sequence;
	s->counter[SIGNER_LAST_RULE] = RULE_NONE;
	answer(s, PEER_ENGINE, &answered, sizeof(answered));
	alarm_check(s, &a);
}

static void
on_begin(struct signer *s, const void *message)
{
	uint64_t sequence;
	enum policy_rule r = signer_book_begin(s->book, message, &sequence);

	if (r != RULE_NONE)
		reject(s, sequence, r);
}

static void
on_word(struct signer *s, const void *message)
{
	uint64_t sequence;
	enum policy_rule r = signer_book_word(s->book, message, &sequence);

	if (r != RULE_NONE)
		reject(s, sequence, r);
}

static void
on_leaf(struct signer *s, const void *message)
{
	uint64_t sequence;
	enum policy_rule r = signer_book_leaf(s->book, message, &sequence);

	if (r != RULE_NONE)
		reject(s, sequence, r);
}

/* A new engine: what bounds its words, and where its sequences begin. */
static void
engine_greet(struct signer *s)
{
	const struct policy_price *price = signer_book_prices(s->book);
	uint64_t now_ms = clock_ms(s);
	struct wire_signer_ready ready;

	signer_book_forget(s->book);
	s->has_last = false;
	for (uint32_t i = 0; i < s->setup->asset_count; i++) {
		struct wire_signer_base w;

		if (price[i].reference == 0)
			continue;
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_SIGNER_BASE);
		w.slot = i;
		w.reference = wire_from_u128(price[i].reference);
		w.reference_as_of = price[i].reference_as_of;
		w.ok_high = wire_from_u128(price[i].ok_high);
		w.ok_as_of = price[i].ok_as_of;
		answer(s, PEER_ENGINE, &w, sizeof(w));
	}
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = sequence_begin(s, now_ms);
	ready.last_as_of = s->past.last_as_of;
	ready.signer = s->setup->keys->attest.address;
	ready.is_paused = s->past.is_paused;
	answer(s, PEER_ENGINE, &ready, sizeof(ready));
}

/* A new chain process: who pays for its transactions, if anyone does. */
static void
chain_greet(struct signer *s)
{
	const struct signer_keys *keys = s->setup->keys;
	struct wire_gas_key w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_GAS_KEY);
	if (keys->has_gas)
		w.address = keys->gas.address;
	answer(s, PEER_CHAIN, &w, sizeof(w));
}

/* Pause and resume. */

/* The last header before the rest, if one can still be signed: with a full
 * disk asOf may have to stay within what was reserved. */
static bool
paused_header(struct attestation *a, const struct signer *s, uint64_t now_ms)
{
	const struct signer_record *r = &s->setup->state->record;

	if (s->has_last) {
		*a = s->last;
	} else {
		memset(a, 0, sizeof(*a));
		a->book = s->setup->book;
		a->rules_hash = s->setup->rules_hash;
	}
	a->sequence = s->past.last_sequence + 1;
	a->as_of = now_ms > s->past.last_as_of ? now_ms :
	    s->past.last_as_of + 1;
	if (a->as_of >= r->as_of_until)
		a->as_of = r->as_of_until - 1;
	a->valid_until = a->as_of + s->setup->config->validity_ms;
	a->status = PRICE_REFUSED;
	a->reason = REASON_PAUSED;
	return a->sequence < r->sequence_until &&
	    a->as_of > s->past.last_as_of;
}

static void
on_pause(struct signer *s, const void *message)
{
	struct signer_record r = s->setup->state->record;
	uint64_t now_ms = clock_ms(s);
	struct attestation a;
	struct wire_paused w;

	(void)message;
	if (s->past.is_paused) {
		status_send(s);
		return;
	}
	s->past.is_paused = true;
	record_extend(&r, s->past.last_sequence + 1, s->past.last_as_of + 1,
	    now_ms);
	r.is_paused = 1;
	s->retry_ms = 0;	/* an order is worth a try */
	if (state_write(s, &r, now_ms) != ERR_OK)
		log_error("paused, but a restart will not remember it");
	if (s->peer[PEER_ENGINE].fd >= 0 && paused_header(&a, s, now_ms)) {
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_PAUSED);
		attestation_sign(s, &w.signature, &w.digest, &a);
		w.sequence = a.sequence;
		w.as_of = a.as_of;
		w.valid_until = a.valid_until;
		answer(s, PEER_ENGINE, &w, sizeof(w));
	}
	log_info("paused");
	status_send(s);
}

static void
on_resume(struct signer *s, const void *message)
{
	struct signer_record r = s->setup->state->record;
	uint64_t now_ms = clock_ms(s);
	struct wire_resumed w;

	(void)message;
	r.is_paused = 0;
	s->retry_ms = 0;
	if (s->past.is_paused && state_write(s, &r, now_ms) == ERR_OK) {
		s->past.is_paused = false;
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_RESUMED);
		w.first_sequence = sequence_begin(s, now_ms);
		answer(s, PEER_ENGINE, &w, sizeof(w));
		log_info("resumed");
	}
	status_send(s);
}

/* Transactions. */

static enum err
tx_hash(struct b32 *out, const struct wire_tx_request *t)
{
	struct tx tx = {
		.type = (enum tx_type)t->type, .chain_id = t->chain_id,
		.nonce = t->nonce,
		.max_priority_fee_wei = wire_to_u128(t->max_priority_fee_wei),
		.max_fee_wei = wire_to_u128(t->max_fee_wei),
		.gas_limit = t->gas_limit, .to = t->to,
		.value_wei = wire_to_u128(t->value_wei),
		.data = t->data, .data_len = t->data_len,
	};

	return tx_sign_hash(out, &tx);
}

/* The budget's window, durable before what it pays for is signed. */
static enum err
gas_reserve(struct signer *s, const struct policy_gas *gas, uint64_t now_ms)
{
	u128 budget = s->setup->config->gas.budget_wei_per_hour;
	struct signer_record r = s->setup->state->record;
	u128 until = wire_to_u128(r.gas_window_until);

	if (gas->window_begin_ms == r.gas_window_begin_ms &&
	    gas->window_wei <= until)
		return ERR_OK;
	until = budget - gas->window_wei < budget / BUDGET_STEPS ? budget :
	    gas->window_wei + budget / BUDGET_STEPS;
	r.gas_window_begin_ms = gas->window_begin_ms;
	r.gas_window_until = wire_from_u128(until);
	return state_write(s, &r, now_ms);
}

static enum policy_rule
tx_judge(struct signer *s, struct b32 *hash, const struct wire_tx_request *t)
{
	struct policy_gas gas = s->gas;
	uint64_t now_ms = clock_ms(s);
	enum policy_rule r;

	if (!s->setup->keys->has_gas)
		return RULE_TX_DISABLED;
	if ((r = policy_tx(&gas, t, now_ms, s->setup->config)) != RULE_NONE)
		return r;
	if (tx_hash(hash, t) != ERR_OK)
		return RULE_TX_TYPE;
	if (gas_reserve(s, &gas, now_ms) != ERR_OK)
		return RULE_STATE;
	s->gas = gas;
	return RULE_NONE;
}

static void
on_tx_request(struct signer *s, const void *message)
{
	const struct wire_tx_request *t = message;
	struct wire_tx_rejected no;
	struct wire_tx_signed yes;
	struct sig_compact c;
	struct b32 hash;
	enum policy_rule r = tx_judge(s, &hash, t);

	if (r != RULE_NONE) {
		memset(&no, 0, sizeof(no));
		wire_head_set(&no.head, WIRE_TX_REJECTED);
		no.id = t->id;
		no.rule = r;
		s->counter[SIGNER_TX_REJECTIONS]++;
		log_warn("a transaction is refused: %s", policy_rule_name(r));
		answer(s, PEER_CHAIN, &no, sizeof(no));
		return;
	}
	MUST(sig_sign(&c, s->sig, &s->setup->keys->gas, &hash) == ERR_OK);
	memset(&yes, 0, sizeof(yes));
	wire_head_set(&yes.head, WIRE_TX_SIGNED);
	yes.id = t->id;
	memcpy(yes.signature.r, c.r, sizeof(c.r));
	memcpy(yes.signature.s, c.s, sizeof(c.s));
	yes.signature.recovery = c.v;
	yes.signature.signer = s->setup->keys->gas.address;
	s->counter[SIGNER_TRANSACTIONS]++;
	answer(s, PEER_CHAIN, &yes, sizeof(yes));
}

static void
on_tx_mined(struct signer *s, const void *message)
{
	const struct wire_tx_mined *w = message;

	/* What it says of wei spent is for others: the budget counts what was
	 * signed. */
	s->gas.next_nonce = w->next_nonce;
	s->gas.has_nonce = true;
}

/* The loop. */

static const struct {
	enum peer peer;
	enum wire_type type;
	void (*run)(struct signer *s, const void *message);
} allowed[] = {
	{ PEER_ENGINE, WIRE_BEGIN, on_begin },
	{ PEER_ENGINE, WIRE_WORD, on_word },
	{ PEER_ENGINE, WIRE_LEAF, on_leaf },
	{ PEER_ENGINE, WIRE_END, on_end },
	{ PEER_CHAIN, WIRE_TX_REQUEST, on_tx_request },
	{ PEER_CHAIN, WIRE_TX_MINED, on_tx_mined },
	{ PEER_CONTROL, WIRE_PAUSE, on_pause },
	{ PEER_CONTROL, WIRE_RESUME, on_resume },
};

/* A new end of a wire, perhaps with a ring; the old one is closed. */
static bool
on_peer(struct signer *s, const void *message, struct proc_passed *passed)
{
	const struct wire_peer *w = message;
	enum peer p = w->role == ROLE_ENGINE ? PEER_ENGINE : PEER_CHAIN;

	if ((w->role != ROLE_ENGINE && w->role != ROLE_CHAIN) ||
	    (passed->count != 1 && passed->count != 3))
		return false;
	peer_close(s, p);
	if (passed->count == 3 && ring_open(&s->peer[p].ring, passed->fd[1],
	    passed->fd[2]) != ERR_OK)
		return false;
	s->peer[p].fd = passed->fd[0];
	for (size_t i = 1; i < passed->count; i++)
		close(passed->fd[i]);	/* mapped */
	if (p == PEER_ENGINE)
		engine_greet(s);
	else
		chain_greet(s);
	return true;
}

static bool
dispatch(struct signer *s, enum peer p, const void *message,
    struct proc_passed *passed)
{
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (p == PEER_CONTROL && head.type == WIRE_PEER) {
		if (on_peer(s, message, passed))
			return true;
	} else if (passed->count == 0) {
		for (size_t i = 0; i < ARRAY_COUNT(allowed); i++) {
			if (allowed[i].peer != p ||
			    (unsigned)allowed[i].type != head.type)
				continue;
			allowed[i].run(s, message);
			return true;
		}
	}
	proc_passed_close(passed);
	log_error("the %s says %u, which is not its to say; connection closed",
	    peer_names[p], head.type);
	return false;
}

static enum err
peer_receive(struct signer_peer *peer, void *bytes, size_t *size,
    struct proc_passed *passed)
{
	if (!ring_is_open(&peer->ring))
		return proc_receive_with(peer->fd, bytes, size, passed);
	passed->count = 0;
	return proc_hot_receive(peer->fd, &peer->ring, bytes, size);
}

static void
peer_read(struct signer *s, enum peer p)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];

	for (unsigned i = 0; i < BATCH_MAX; i++) {
		struct proc_passed passed;
		size_t size;
		enum err e;

		if (s->peer[p].fd < 0 || s->peer[p].out_count > 0)
			return;
		e = peer_receive(&s->peer[p], bytes, &size, &passed);
		if (e == ERR_MISSING)
			return;
		if (e != ERR_OK && e != ERR_IO)
			log_error("the %s sends what is no message (%s); "
			    "connection closed", peer_names[p], err_name(e));
		if (e != ERR_OK || !dispatch(s, p, bytes, &passed)) {
			peer_close(s, p);
			return;
		}
	}
}

/* What a peer has for us beside what its socket says: a ring's records, or the
 * chance that there is room in one again. */
static bool
ring_is_ready(struct signer_peer *peer)
{
	return ring_is_open(&peer->ring) &&
	    (peer->out_count > 0 || ring_has_data(&peer->ring));
}

/* Waits for a peer: spins on the engine's ring where the config says so, then
 * sleeps.  Like the engine's wires_wait.  Whether any has something. */
static bool
peers_wait(struct signer *s, struct pollfd f[PEER_COUNT], int timeout_ms)
{
	struct signer_peer *engine = &s->peer[PEER_ENGINE];
	struct ring *const hot[] = { &engine->ring };
	struct ring_spin *spin = &s->spin;
	bool is_stuck = engine->out_count > 0;
	int n;

	for (size_t i = 0; i < PEER_COUNT; i++) {
		const struct signer_peer *p = &s->peer[i];

		f[i].fd = p->fd;
		f[i].events = p->out_count > 0 && !ring_is_open(&p->ring) ?
		    POLLOUT : POLLIN;
		f[i].revents = 0;
	}
	if (timeout_ms > 0 && !is_stuck && ring_spin(spin, hot, 1)) {
		if (clock_monotonic_ns() < s->asked_ns + spin->spin_ns)
			return true;
		timeout_ms = 0;
	} else if ((!is_stuck && ring_lingers(spin)) ||
	    !ring_sleep(&engine->ring, is_stuck ? RING_SPACE : RING_DATA)) {
		timeout_ms = 0;
	}
	n = poll(f, PEER_COUNT, timeout_ms);
	ring_awake(&engine->ring);
	s->asked_ns = clock_monotonic_ns();
	return n > 0 || ring_is_ready(engine);
}

/* One turn: wait, answer, report. */
static void
turn(struct signer *s)
{
	struct pollfd f[PEER_COUNT];
	uint64_t now_ms = clock_ms(s);
	bool is_due = reserve_is_due(s, now_ms);

	/* A second at most, also when the clock was set back. */
	if (!peers_wait(s, f, is_due ? 0 : STATUS_MS / 4) && is_due)
		reserve_ahead(s, now_ms);
	for (size_t i = 0; i < PEER_COUNT; i++) {
		struct signer_peer *p = &s->peer[i];

		if (p->fd < 0 || p->fd != f[i].fd)
			continue;
		if (f[i].revents != 0)
			proc_hot_listen(p->fd, &p->ring);
		else if (!ring_is_ready(p))
			continue;
		if (p->out_count > 0)
			peer_flush(s, (enum peer)i);
		else
			peer_read(s, (enum peer)i);
	}
	now_ms = clock_ms(s);
	if (now_ms >= s->status_ms + STATUS_MS || now_ms < s->status_ms)
		status_send(s);
}

static void
past_load(struct signer *s)
{
	const struct signer_record *r = &s->setup->state->record;
	struct policy_price *price = signer_book_prices(s->book);

	s->past.last_sequence = r->sequence_until - 1;
	s->past.last_as_of = r->as_of_until - 1;
	s->past.is_paused = r->is_paused != 0;
	s->gas.window_begin_ms = r->gas_window_begin_ms;
	s->gas.window_wei = wire_to_u128(r->gas_window_until);
	s->signatures_before = r->signatures;
	s->rejections_before = r->rejections;
	s->transactions_before = r->transactions;
	for (size_t i = 0; i < BOOK_ASSETS_MAX; i++)
		price[i] = (struct policy_price){
			wire_to_u128(r->price[i].reference),
			r->price[i].reference_as_of,
			wire_to_u128(r->price[i].ok_high),
			r->price[i].ok_as_of,
		};
}

static enum err
signer_begin(struct signer *s, const struct signer_setup *setup)
{
	uint8_t chance[32], hash_key[SIGNER_HASH_KEY];
	enum err e;

	memset(s, 0, sizeof(*s));
	s->setup = setup;
	s->spin = setup->spin;
	s->peer[PEER_CONTROL].fd = setup->control_fd;
	s->peer[PEER_ENGINE].fd = setup->engine_fd;
	s->peer[PEER_ENGINE].ring = setup->engine_ring;
	s->peer[PEER_CHAIN].fd = setup->chain_fd;
	if (sodium_init() < 0)
		return ERR_IO;
	randombytes_buf(chance, sizeof(chance));
	randombytes_buf(hash_key, sizeof(hash_key));
	e = sig_context_create(&s->sig, chance);
	explicit_bzero(chance, sizeof(chance));
	if (e != ERR_OK)
		return e;
	e = signer_book_create(&s->book, setup->asset_count,
	    setup->config->verdicts_max, hash_key);
	if (e != ERR_OK)
		return e;
	attest_domain_separator(&s->domain_separator, &setup->domain);
	past_load(s);
	return ERR_OK;
}

int
signer_run(const struct signer_setup *setup)
{
	static struct signer s;
	enum err e = signer_begin(&s, setup);

	if (e == ERR_OK) {
		log_info("ready%s", s.past.is_paused ? ", but paused" : "");
		if (s.peer[PEER_ENGINE].fd >= 0)
			engine_greet(&s);
		if (s.peer[PEER_CHAIN].fd >= 0)
			chain_greet(&s);
		status_send(&s);
		while (!s.is_ending)
			turn(&s);	/*~ the whole life */
	} else {
		log_error("cannot start: %s", err_name(e));
	}
	for (size_t i = 0; i < PEER_COUNT; i++)
		peer_close(&s, (enum peer)i);
	signer_book_destroy(s.book);
	sig_context_destroy(s.sig);
	explicit_bzero(&s, sizeof(s));
	return e == ERR_OK ? EXIT_OK : EXIT_SIGNER;
}
