/* The real signer process over its wires: what it signs, what it refuses, and
 * what it remembers. */
#include "tests/signer_world.h"

#include "base/keccak.h"
#include "oracle/signer_book.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct world w;

static int
begin(void **state)
{
	(void)state;
	world_open(&w);
	world_init_state(&w, 1000);
	world_start(&w, NULL);
	return 0;
}

static int
begin_hot(void **state)
{
	(void)state;
	world_open(&w);
	w.is_hot = true;
	world_init_state(&w, 1000);
	world_start(&w, NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	if (w.pid > 0)
		world_stop(&w);
	world_close(&w);
	return 0;
}

static int
begin_without_process(void **state)
{
	(void)state;
	world_open(&w);
	return 0;
}

/* Sends q; it must be signed, with the digest that the model gives. */
static void
must_sign(struct world_request *q)
{
	struct attestation a;
	struct wire_signed answer;
	struct b32 digest;

	world_request_send(&w, q);
	world_expect(&w, &a, &digest, q);
	assert_int_equal(world_receive(w.engine, &answer, sizeof(answer)),
	    WIRE_SIGNED);
	assert_int_equal(answer.sequence, q->begin.sequence);
	assert_memory_equal(answer.digest.b, digest.b, 32);
	assert_true(world_signature_is(&w, &digest, &answer.signature,
	    &w.keys.attest.address));
}

static void
must_sign_plain(void)
{
	struct world_request q;

	world_request_begin(&q, &w);
	must_sign(&q);
}

static void
must_be_rejected(uint64_t sequence, enum policy_rule rule)
{
	struct wire_rejected answer;

	assert_int_equal(world_receive(w.engine, &answer, sizeof(answer)),
	    WIRE_REJECTED);
	assert_int_equal(answer.rule, rule);
	assert_int_equal(answer.sequence, sequence);
	assert_int_equal(answer.next_sequence, w.sequence);
}

static void
must_reject(struct world_request *q, enum policy_rule rule)
{
	world_request_send(&w, q);
	must_be_rejected(q->begin.sequence, rule);
}

/* Hands the signer a new end towards role; ours comes back. */
static int
new_peer(enum role role)
{
	struct proc_passed p;
	struct wire_peer m;
	int ours, theirs;

	world_pair(&ours, &theirs);
	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_PEER);
	m.role = role;
	p = (struct proc_passed){ { theirs }, 1 };
	if (w.is_hot && role == ROLE_ENGINE)
		world_hot_open(&p, ours);
	assert_int_equal(proc_send_with(w.control, &m, &p), ERR_OK);
	proc_passed_close(&p);
	return ours;
}

static void
new_engine(void)
{
	close(w.engine);
	w.engine = new_peer(ROLE_ENGINE);
	world_greeted(&w);
}

static void
order(enum wire_type type)
{
	struct wire_plain m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, type);
	world_send(w.control, &m);
}

static struct wire_status
next_status(void)
{
	struct wire_status s;

	assert_int_equal(world_receive(w.control, &s, sizeof(s)),
	    WIRE_STATUS);
	assert_int_equal(s.role, ROLE_SIGNER);
	return s;
}

/* The first report that says so; each second brings one. */
static struct wire_status
status_until_paused(bool is_paused)
{
	for (unsigned i = 0; i < 5; i++) {
		struct wire_status s = next_status();

		if (s.is_paused == is_paused)
			return s;
	}
	fail();
	return (struct wire_status){ .role = 0 };
}

static void
signer__signs_what_recomputation_gives(void **state)
{
	uint32_t at[WORLD_SLOTS] = { 0 };	/* vault in slot */

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct world_request q;
		uint32_t count = (uint32_t)(world_random() % 6);
		bool moved[WORLD_SLOTS] = { false };

		world_request_begin(&q, &w);
		for (uint32_t slot = 0; slot < WORLD_ASSETS; slot++) {
			/* Some beyond the bound: the model refuses them too. */
			struct b32 word = world_word(WORLD_UNIT *
			    (1500 + world_random() % 1000));

			if (!q.begin.is_first && world_random() % 3 == 0)
				world_add_word(&q, slot, &word);
		}
		for (uint32_t j = 0; j < count; j++) {
			uint32_t slot = (uint32_t)(world_random() %
			    (1 + i % WORLD_SLOTS));

			if (moved[slot])
				continue;
			moved[slot] = true;
			if (at[slot] != 0)
				world_add_leaf(&q, slot, 0);
			at[slot] = world_random() % 4 == 0 ? 0 : i * 10 + j + 1;
			if (at[slot] != 0)
				world_add_leaf(&q, slot, at[slot]);
		}
		if (i % 16 == 5)
			q.begin.header_reason = REASON_CLOCK +
			    (uint32_t)(world_random() % 3);
		must_sign(&q);
	}
}

static void
signer__signs_refused_words_and_their_reason(void **state)
{
	struct world_request q;
	struct b32 word = world_word(9000 * WORLD_UNIT);

	(void)state;
	must_sign_plain();
	assert_int_equal(w.last.status, PRICE_OK);
	world_request_begin(&q, &w);
	world_add_word(&q, 2, &word);
	must_sign(&q);
	assert_int_equal(w.last.status, PRICE_DEGRADED);
	assert_int_equal(w.last.reason, REASON_BOUND);
	world_request_begin(&q, &w);
	q.begin.header_reason = REASON_RULES;
	must_sign(&q);
	assert_int_equal(w.last.status, PRICE_REFUSED);
	assert_int_equal(w.last.reason, REASON_RULES);
}

static void
signer__refuses_by_rule_and_goes_on(void **state)
{
	struct world_request q;
	uint64_t now;

	(void)state;
	must_sign_plain();
	world_request_begin(&q, &w);
	q.begin.sequence = w.sequence - 1;
	must_reject(&q, RULE_SEQUENCE_OLD);	/* replayed */
	q.begin.sequence = (world_now(&w) + 60000) * 1024;
	must_reject(&q, RULE_SEQUENCE_AHEAD);
	world_request_begin(&q, &w);
	q.begin.as_of = w.as_of - 1;
	must_reject(&q, RULE_AS_OF_OLD);	/* does not rise */
	q.begin.as_of = world_now(&w) + 60000;
	must_reject(&q, RULE_AS_OF_CLOCK);
	world_request_begin(&q, &w);
	q.begin.valid_until = q.begin.as_of + 120001;
	must_reject(&q, RULE_VALIDITY);
	world_request_begin(&q, &w);
	q.begin.header_reason = REASON_PAUSED;
	must_reject(&q, RULE_REASON);
	world_request_begin(&q, &w);
	q.begin.asset_count = WORLD_ASSETS + 1;
	must_reject(&q, RULE_COUNT);
	must_sign_plain();
	now = world_now(&w);
	assert_in_range(w.last.as_of, now - 1000, now + 15000);
}

static void
signer__refuses_words_that_do_not_fit(void **state)
{
	struct b32 word = world_word(WORLD_UNIT), bad = word;
	struct world_request q;

	(void)state;
	must_sign_plain();
	world_request_begin(&q, &w);
	world_add_word(&q, WORLD_ASSETS, &word);
	must_reject(&q, RULE_SLOT);
	world_request_begin(&q, &w);
	bad.b[28] = 7;
	world_add_word(&q, 0, &bad);
	must_reject(&q, RULE_WORD);
	world_request_begin(&q, &w);
	world_add_word(&q, 0, &word);
	world_add_word(&q, 0, &word);
	must_reject(&q, RULE_WORD);	/* one slot twice */
}

static void
signer__refuses_counts_that_were_not_announced(void **state)
{
	struct b32 word = world_word(2000 * WORLD_UNIT);
	struct world_request q;
	struct wire_end end = { .sequence = 0 };

	(void)state;
	must_sign_plain();
	for (unsigned i = 0; i < 4; i++) {
		world_request_begin(&q, &w);
		world_add_word(&q, 0, &word);
		world_add_leaf(&q, 0, 1);
		q.begin.word_count += i == 0 ? 1 : 0;
		q.begin.word_count -= i == 1 ? 1 : 0;
		q.begin.leaf_count += i == 2 ? 1 : 0;
		q.begin.leaf_count -= i == 3 ? 1 : 0;
		world_send(w.engine, &q.begin);
		world_send(w.engine, &q.word[0]);
		world_send(w.engine, &q.leaf[0]);
		wire_head_set(&end.head, WIRE_END);
		end.sequence = q.begin.sequence;
		world_send(w.engine, &end);
		must_be_rejected(q.begin.sequence, RULE_COUNT);
	}
	/* The first request brings every word. */
	new_engine();
	world_request_begin(&q, &w);
	q.begin.word_count--;
	must_reject(&q, RULE_COUNT);
	must_sign_plain();
}

static void
signer__refuses_leaves_that_do_not_fit(void **state)
{
	static const uint8_t bad_states[] = { STATE_HEALTHY, STATE_STALE, 8,
	    15, 19, 255 };
	struct world_request q;

	(void)state;
	must_sign_plain();
	world_request_begin(&q, &w);
	world_add_leaf(&q, WORLD_SLOTS, 1);
	must_reject(&q, RULE_SLOT);
	for (unsigned i = 0; i < 5 + ARRAY_COUNT(bad_states); i++) {
		world_request_begin(&q, &w);
		world_add_leaf(&q, 0, 1);
		if (i == 0)
			q.leaf[0].is_present = 2;
		else if (i == 1)
			memset(&q.leaf[0].vault, 0, 32);
		else if (i == 2)
			q.leaf[0].method = METHOD_ES + 1;
		else if (i == 3)
			q.leaf[0].as_of = q.begin.as_of + 1;
		else if (i == 4)
			q.leaf[0].zero = 1;
		else
			q.leaf[0].state = bad_states[i - 5];
		must_reject(&q, RULE_LEAF);
	}
	world_request_begin(&q, &w);
	world_add_leaf(&q, WORLD_SLOTS - 1, 1);
	must_sign(&q);
}

static void
signer__refuses_a_vault_in_two_slots(void **state)
{
	struct world_request q;

	(void)state;
	world_request_begin(&q, &w);
	world_add_leaf(&q, 0, 1);
	world_add_leaf(&q, 1, 2);
	must_sign(&q);
	world_request_begin(&q, &w);
	world_add_leaf(&q, 5, 1);	/* stands in slot 0 */
	must_reject(&q, RULE_DUPLICATE_VAULT);
	world_request_begin(&q, &w);
	world_add_leaf(&q, 5, 3);
	world_add_leaf(&q, 0, 4);
	world_add_leaf(&q, 6, 3);	/* in one request */
	must_reject(&q, RULE_DUPLICATE_VAULT);
	/* What was refused left nothing behind: both may be told now. */
	world_request_begin(&q, &w);
	world_add_leaf(&q, 7, 3);
	world_add_leaf(&q, 8, 4);
	must_sign(&q);
	/* A vault may leave a slot and take another, and two may swap. */
	world_request_begin(&q, &w);
	world_add_leaf(&q, 0, 0);
	world_add_leaf(&q, 1, 0);
	world_add_leaf(&q, 1, 1);
	world_add_leaf(&q, 0, 2);
	must_sign(&q);
	/* The same vault in its own slot again is no second one. */
	world_request_begin(&q, &w);
	world_add_leaf(&q, 0, 2);
	must_sign(&q);
}

static void
signer__forgets_a_refused_request(void **state)
{
	struct b32 word = world_word(2050 * WORLD_UNIT);
	struct world_request q;

	(void)state;
	must_sign_plain();
	world_request_begin(&q, &w);
	world_add_word(&q, 1, &word);
	world_add_leaf(&q, 3, 9);
	q.begin.valid_until = 0;
	must_reject(&q, RULE_VALIDITY);
	/* The model never saw it either: the digests must still agree. */
	must_sign_plain();
	world_request_begin(&q, &w);
	world_add_word(&q, 1, &word);
	world_add_leaf(&q, 3, 9);
	must_sign(&q);
}

static void
signer__refuses_messages_out_of_order(void **state)
{
	struct b32 word = world_word(2000 * WORLD_UNIT);
	struct world_request q, r;
	struct wire_end end;

	(void)state;
	/* No request was signed yet, and this one is not the first. */
	world_request_begin(&q, &w);
	q.begin.is_first = 0;
	must_reject(&q, RULE_PROTOCOL);
	must_sign_plain();
	/* END, WORD and LEAF without BEGIN. */
	memset(&end, 0, sizeof(end));
	wire_head_set(&end.head, WIRE_END);
	end.sequence = w.sequence;
	world_send(w.engine, &end);
	must_be_rejected(w.sequence, RULE_PROTOCOL);
	world_request_begin(&q, &w);
	world_add_word(&q, 0, &word);
	world_add_leaf(&q, 0, 1);
	world_send(w.engine, &q.word[0]);
	must_be_rejected(0, RULE_PROTOCOL);
	world_send(w.engine, &q.leaf[0]);
	must_be_rejected(0, RULE_PROTOCOL);
	/* A WORD after a LEAF ends the request; its END has none then. */
	world_send(w.engine, &q.begin);
	world_send(w.engine, &q.leaf[0]);
	world_send(w.engine, &q.word[0]);
	must_be_rejected(q.begin.sequence, RULE_PROTOCOL);
	world_send(w.engine, &end);
	must_be_rejected(end.sequence, RULE_PROTOCOL);
	/* An END of another sequence. */
	world_request_begin(&q, &w);
	world_send(w.engine, &q.begin);
	end.sequence = q.begin.sequence + 1;
	world_send(w.engine, &end);
	must_be_rejected(q.begin.sequence, RULE_PROTOCOL);
	/* A BEGIN within a request: the new one counts. */
	world_send(w.engine, &q.begin);
	world_request_begin(&r, &w);
	world_request_send(&w, &r);
	must_be_rejected(q.begin.sequence, RULE_PROTOCOL);
	{
		struct wire_signed answer;
		struct attestation a;
		struct b32 digest;

		world_expect(&w, &a, &digest, &r);
		assert_int_equal(world_receive(w.engine, &answer,
		    sizeof(answer)), WIRE_SIGNED);
		assert_memory_equal(answer.digest.b, digest.b, 32);
	}
}

/* Each of these closes the connection that it comes on, and no other. */
static void
signer__closes_on_what_is_no_message(void **state)
{
	struct wire_begin b;
	struct wire_tx_mined mined;
	struct wire_signed signed_message;
	uint8_t bytes[WIRE_SIZE_MAX + 64];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		size_t size = sizeof(b);

		must_sign_plain();
		memset(&b, 0, sizeof(b));
		wire_head_set(&b.head, WIRE_BEGIN);
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, &b, sizeof(b));
		if (i == 0)
			size--;			/* shorter than it says */
		if (i == 1)
			size++;
		if (i == 2)
			bytes[0]++;		/* another version */
		if (i == 3)
			bytes[2] = 0xff;	/* an unknown type */
		if (i == 4)
			size = 3;		/* no header */
		if (i == 5)
			size = sizeof(bytes);
		if (i == 6) {			/* another peer's to say */
			memset(&mined, 0, sizeof(mined));
			wire_head_set(&mined.head, WIRE_TX_MINED);
			memcpy(bytes, &mined, size = sizeof(mined));
		}
		if (i == 7) {			/* the signer's own to say */
			memset(&signed_message, 0, sizeof(signed_message));
			wire_head_set(&signed_message.head, WIRE_SIGNED);
			memcpy(bytes, &signed_message,
			    size = sizeof(signed_message));
		}
		world_send_bytes(w.engine, bytes, size);
		assert_int_equal(world_receive(w.engine, bytes,
		    sizeof(bytes)), 0);
		new_engine();
	}
	must_sign_plain();
}

static void
signer__closes_on_a_descriptor_from_the_engine(void **state)
{
	struct world_request q;
	uint8_t bytes[256];

	(void)state;
	world_request_begin(&q, &w);
	assert_int_equal(proc_send_fd(w.engine, &q.begin, 0), ERR_OK);
	assert_int_equal(world_receive(w.engine, bytes, sizeof(bytes)), 0);
	new_engine();
	must_sign_plain();
}

/* An engine that writes what it wants into its half of the ring. */
static void
signer__closes_on_a_broken_ring(void **state)
{
	static const uint64_t head[] = { 1, 4, RING_CAPACITY_MIN + 8,
	    UINT64_MAX, (uint64_t)1 << 63 };
	uint8_t bytes[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(head); i++) {
		must_sign_plain();
		/* head is the first word (ring.c). */
		memcpy(world_hot.ring.mine, &head[i], sizeof(head[i]));
		assert_int_equal(send(w.engine, "", 1, MSG_NOSIGNAL), 1);
		assert_int_equal(world_receive(w.engine, bytes,
		    sizeof(bytes)), 0);
		new_engine();
	}
	must_sign_plain();
}

/* More requests than the ring holds, and answers too, from an engine that
 * reads none of them meanwhile. */
static void
signer__waits_for_room_in_a_full_ring(void **state)
{
	enum { REQUESTS = 300 };
	static struct world_request q[REQUESTS];
	static struct b32 digest[REQUESTS];

	(void)state;
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct attestation a;

		world_request_begin(&q[i], &w);
		world_request_send(&w, &q[i]);
		world_expect(&w, &a, &digest[i], &q[i]);
	}
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct wire_signed answer;

		assert_int_equal(world_receive(w.engine, &answer,
		    sizeof(answer)), WIRE_SIGNED);
		assert_int_equal(answer.sequence, q[i].begin.sequence);
		assert_memory_equal(answer.digest.b, digest[i].b, 32);
	}
}

static void
signer__gives_the_chain_no_word_of_the_engine(void **state)
{
	struct world_request q;
	uint8_t bytes[256];

	(void)state;
	world_request_begin(&q, &w);
	world_send(w.chain, &q.begin);
	assert_int_equal(world_receive(w.chain, bytes, sizeof(bytes)), 0);
	must_sign_plain();
	close(w.chain);
	w.chain = new_peer(ROLE_CHAIN);
	world_chain_greeted(&w);
}

static void
signer__ends_with_its_supervisor(void **state)
{
	struct timespec from, to;

	(void)state;
	must_sign_plain();
	clock_gettime(CLOCK_MONOTONIC, &from);
	close(w.control);
	assert_int_equal(world_join(&w), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec <= 1);
	close(w.engine);
	close(w.chain);
}

static void
signer__ends_on_nonsense_from_its_supervisor(void **state)
{
	struct world_request q;

	(void)state;
	world_request_begin(&q, &w);
	world_send(w.control, &q.begin);
	assert_int_equal(world_join(&w), 0);
	world_hang_up(&w);
}

static void
signer__greets_a_new_engine_with_its_bounds(void **state)
{
	struct policy_price before[WORLD_ASSETS];
	struct b32 word = world_word(2100 * WORLD_UNIT);
	struct world_request q;
	uint64_t sequence, as_of;

	(void)state;
	assert_int_equal(w.bases, 0);
	assert_true(addr_equal(&w.ready.signer, &w.keys.attest.address));
	must_sign_plain();
	world_request_begin(&q, &w);
	world_add_word(&q, 3, &word);
	world_add_leaf(&q, 0, 1);
	must_sign(&q);
	memcpy(before, w.bound, sizeof(before));
	sequence = w.sequence;
	as_of = w.as_of;
	new_engine();
	assert_int_equal(w.bases, WORLD_ASSETS);
	assert_memory_equal(before, w.bound, sizeof(before));
	assert_true(w.sequence >= sequence && w.as_of >= as_of);
	/* Its tree is empty, and vault 1 may stand anywhere. */
	world_request_begin(&q, &w);
	world_add_leaf(&q, 9, 1);
	must_sign(&q);
}

static void
signer__pauses_in_time_and_says_so(void **state)
{
	struct wire_paused p;
	struct attestation a;
	struct timespec from, to;
	struct b32 digest;
	struct world_request q;
	struct wire_resumed r;

	(void)state;
	must_sign_plain();
	clock_gettime(CLOCK_MONOTONIC, &from);
	order(WIRE_PAUSE);
	assert_int_equal(world_receive(w.engine, &p, sizeof(p)), WIRE_PAUSED);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true((to.tv_sec - from.tv_sec) * 1000 +
	    (to.tv_nsec - from.tv_nsec) / 1000000 < 1000);
	/* The last header but for these fields. */
	a = w.last;
	assert_int_equal(p.sequence, a.sequence + 1);
	assert_true(p.as_of > a.as_of);
	assert_int_equal(p.valid_until, p.as_of + 120000);
	a.sequence = p.sequence;
	a.as_of = p.as_of;
	a.valid_until = p.valid_until;
	a.status = PRICE_REFUSED;
	a.reason = REASON_PAUSED;
	attest_digest(&digest, &w.setup.domain, &a);
	assert_memory_equal(p.digest.b, digest.b, 32);
	assert_true(world_signature_is(&w, &digest, &p.signature,
	    &w.keys.attest.address));
	w.sequence = p.sequence + 1;
	w.as_of = p.as_of + 1;
	status_until_paused(true);

	world_request_begin(&q, &w);
	must_reject(&q, RULE_PAUSED);
	order(WIRE_PAUSE);	/* again: nothing more is signed */
	world_request_begin(&q, &w);
	must_reject(&q, RULE_PAUSED);

	order(WIRE_RESUME);
	assert_int_equal(world_receive(w.engine, &r, sizeof(r)),
	    WIRE_RESUMED);
	assert_true(r.first_sequence >= w.sequence);
	w.sequence = r.first_sequence;
	must_sign_plain();
	status_until_paused(false);
}

static void
signer__pauses_with_an_empty_header_before_any_other(void **state)
{
	struct wire_paused p;
	struct attestation a;
	struct b32 digest;

	(void)state;
	order(WIRE_PAUSE);
	assert_int_equal(world_receive(w.engine, &p, sizeof(p)), WIRE_PAUSED);
	memset(&a, 0, sizeof(a));
	a.book = w.setup.book;
	a.rules_hash = w.setup.rules_hash;
	a.sequence = p.sequence;
	a.as_of = p.as_of;
	a.valid_until = p.valid_until;
	a.status = PRICE_REFUSED;
	a.reason = REASON_PAUSED;
	attest_digest(&digest, &w.setup.domain, &a);
	assert_memory_equal(p.digest.b, digest.b, 32);
}

static void
signer__stays_paused_over_a_restart(void **state)
{
	struct world_request q;
	struct wire_paused p;
	struct wire_resumed r;

	(void)state;
	must_sign_plain();
	order(WIRE_PAUSE);
	assert_int_equal(world_receive(w.engine, &p, sizeof(p)), WIRE_PAUSED);
	kill(w.pid, SIGKILL);
	world_join(&w);
	world_hang_up(&w);
	world_start(&w, NULL);
	assert_true(w.ready.is_paused);
	assert_true(w.sequence > p.sequence && w.as_of > p.as_of);
	world_request_begin(&q, &w);
	must_reject(&q, RULE_PAUSED);
	order(WIRE_RESUME);
	assert_int_equal(world_receive(w.engine, &r, sizeof(r)),
	    WIRE_RESUMED);
	w.sequence = r.first_sequence;
	must_sign_plain();
	kill(w.pid, SIGKILL);
	world_join(&w);
	world_hang_up(&w);
	world_start(&w, NULL);
	assert_false(w.ready.is_paused);
	must_sign_plain();
}

static void
signer__rejects_the_request_that_a_pause_met(void **state)
{
	struct world_request q;
	struct wire_paused p;
	struct wire_end end;

	(void)state;
	must_sign_plain();
	world_request_begin(&q, &w);
	world_send(w.engine, &q.begin);
	order(WIRE_PAUSE);
	assert_int_equal(world_receive(w.engine, &p, sizeof(p)), WIRE_PAUSED);
	w.sequence = p.sequence + 1;
	memset(&end, 0, sizeof(end));
	wire_head_set(&end.head, WIRE_END);
	end.sequence = q.begin.sequence;
	world_send(w.engine, &end);
	must_be_rejected(q.begin.sequence, RULE_PAUSED);
}

static void
signer__begins_above_a_life_that_was_killed(void **state)
{
	(void)state;
	world_init_state(&w, 60000);
	world_start(&w, NULL);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t sequence, as_of;

		/* Far ahead of the clock, where only the state can help. */
		w.sequence = (world_now(&w) + 14000) * 1024 + i;
		must_sign_plain();
		must_sign_plain();
		sequence = w.last.sequence;
		as_of = w.last.as_of;
		usleep(100000);	/* idle: the references are written */
		kill(w.pid, SIGKILL);
		world_join(&w);
		world_hang_up(&w);
		world_start(&w, NULL);
		assert_true(w.ready.first_sequence > sequence);
		assert_true(w.ready.last_as_of >= as_of);
		assert_true(w.ready.last_as_of <= world_now(&w) + 2000);
		assert_int_equal(w.bases, WORLD_ASSETS);
	}
}

static void
signer__counts_alarms_and_reports_each_second(void **state)
{
	struct wire_status s;
	struct world_request q;
	uint64_t from;

	(void)state;
	s = next_status();
	assert_true(s.is_ready);
	assert_string_equal(s.reason, "");
	from = s.now_ms;
	must_sign_plain();
	world_request_begin(&q, &w);
	q.begin.sequence = 0;
	must_reject(&q, RULE_SEQUENCE_OLD);
	s = next_status();
	assert_in_range(s.now_ms - from, 900, 1600);
	assert_int_equal(s.counter[SIGNER_SIGNATURES], 1);
	assert_int_equal(s.counter[SIGNER_REJECTIONS], 1);
	assert_int_equal(s.counter[SIGNER_LAST_RULE], RULE_SEQUENCE_OLD);
	assert_int_equal(s.counter[SIGNER_LAST_SEQUENCE], w.last.sequence);
	assert_int_equal(s.counter[SIGNER_ALARMS], 0);
}

static void
signer__raises_an_alarm_above_its_allowance(void **state)
{
	struct world_request q;

	(void)state;
	w.config.policy.verdicts_alarm = 1;
	world_init_state(&w, 1000);
	world_start(&w, NULL);
	for (unsigned i = 0; i < 3; i++) {
		world_request_begin(&q, &w);
		world_add_leaf(&q, i, i + 1);
		must_sign(&q);
	}
	order(WIRE_PAUSE);
	assert_int_equal(status_until_paused(true).counter[SIGNER_ALARMS],
	    2);
}

/* A file limit of nothing: every write fails, as on a full disk. */
static void
disk_fill(bool is_full)
{
	struct rlimit limit;

	assert_int_equal(prlimit(w.pid, RLIMIT_FSIZE, NULL, &limit), 0);
	limit.rlim_cur = is_full ? 0 : limit.rlim_max;
	assert_int_equal(prlimit(w.pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void
ignore_file_limit(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

static void
signer__signs_nothing_that_its_disk_does_not_cover(void **state)
{
	struct wire_status s;
	struct world_request q;
	struct wire_paused p;
	unsigned i;

	(void)state;
	world_init_state(&w, 60000);
	world_start(&w, ignore_file_limit);
	must_sign_plain();
	disk_fill(true);
	/* What was reserved may still be used, two seconds of it. */
	must_sign_plain();
	world_request_begin(&q, &w);
	q.begin.as_of = world_now(&w) + 3000;
	q.begin.valid_until = q.begin.as_of + 1;
	must_reject(&q, RULE_STATE);
	/* Nor beyond the sequences. */
	world_request_begin(&q, &w);
	q.begin.sequence += 2 * SIGNER_SEQUENCE_AHEAD;
	must_reject(&q, RULE_STATE);
	for (i = 0; i < 5; i++) {
		s = next_status();
		if (!s.is_ready)
			break;
	}
	assert_false(s.is_ready);
	assert_string_equal(s.reason, "state cannot be written: "
	    "File too large");
	/* The pause is still said, from what was kept back for it. */
	order(WIRE_PAUSE);
	assert_int_equal(world_receive(w.engine, &p, sizeof(p)), WIRE_PAUSED);
	assert_int_equal(p.sequence, w.sequence);
	w.sequence = p.sequence + 1;
	w.as_of = p.as_of + 1;
	order(WIRE_RESUME);	/* cannot be remembered: stays paused */
	status_until_paused(true);
	world_request_begin(&q, &w);
	must_reject(&q, RULE_PAUSED);
	disk_fill(false);
	order(WIRE_RESUME);
	{
		struct wire_resumed r;

		assert_int_equal(world_receive(w.engine, &r, sizeof(r)),
		    WIRE_RESUMED);
		w.sequence = r.first_sequence;
	}
	must_sign_plain();
}

/* Transactions. */

static struct wire_tx_request
tx_request(uint64_t id, uint64_t nonce)
{
	static const uint8_t submit[4] = { 0xaa, 0xe8, 0x9e, 0x04 };
	struct wire_tx_request t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TX_REQUEST);
	t.id = id;
	t.chain_id = 31337;
	t.nonce = nonce;
	t.gas_limit = 500000;
	t.max_fee_wei = wire_from_u128(100000000000u);
	t.max_priority_fee_wei = wire_from_u128(1000000000u);
	t.type = TX_FEE_MARKET;
	t.to = w.config.clearing;
	t.data_len = 164;
	memcpy(t.data, submit, sizeof(submit));
	return t;
}

static void
tx_must_sign(const struct wire_tx_request *t)
{
	struct wire_tx_signed answer;
	struct tx tx = {
		.type = TX_FEE_MARKET, .chain_id = t->chain_id,
		.nonce = t->nonce, .gas_limit = t->gas_limit, .to = t->to,
		.max_fee_wei = wire_to_u128(t->max_fee_wei),
		.max_priority_fee_wei = wire_to_u128(t->max_priority_fee_wei),
		.data = t->data, .data_len = t->data_len,
	};
	struct b32 hash;

	world_send(w.chain, t);
	assert_int_equal(world_receive(w.chain, &answer, sizeof(answer)),
	    WIRE_TX_SIGNED);
	assert_int_equal(answer.id, t->id);
	assert_int_equal(tx_sign_hash(&hash, &tx), ERR_OK);
	assert_true(world_signature_is(&w, &hash, &answer.signature,
	    &w.keys.gas.address));
}

static void
tx_must_reject(const struct wire_tx_request *t, enum policy_rule rule)
{
	struct wire_tx_rejected answer;

	world_send(w.chain, t);
	assert_int_equal(world_receive(w.chain, &answer, sizeof(answer)),
	    WIRE_TX_REJECTED);
	assert_int_equal(answer.id, t->id);
	assert_int_equal(answer.rule, rule);
}

static void
tx_mined(uint64_t next_nonce)
{
	struct wire_tx_mined m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_TX_MINED);
	m.next_nonce = next_nonce;
	world_send(w.chain, &m);
}

static void
signer__signs_transactions_by_their_policy(void **state)
{
	struct wire_tx_request t = tx_request(1, 0);

	(void)state;
	tx_must_reject(&t, RULE_TX_NONCE);	/* nothing known as mined */
	tx_mined(0);
	tx_must_sign(&t);
	t = tx_request(2, 16);
	tx_must_reject(&t, RULE_TX_NONCE);
	t = tx_request(3, 1);
	t.to.b[0] ^= 1;
	tx_must_reject(&t, RULE_TX_DESTINATION);
	t = tx_request(4, 1);
	t.value_wei = wire_from_u128(1);
	tx_must_reject(&t, RULE_TX_VALUE);
	t = tx_request(5, 1);
	tx_must_sign(&t);			/* the budget's other half */
	t = tx_request(6, 2);
	tx_must_reject(&t, RULE_TX_BUDGET);
	/* A restart does not refill it. */
	kill(w.pid, SIGKILL);
	world_join(&w);
	world_hang_up(&w);
	world_start(&w, NULL);
	tx_mined(2);
	tx_must_reject(&t, RULE_TX_BUDGET);
	must_sign_plain();
}

static void
signer__signs_no_transaction_without_a_gas_key(void **state)
{
	struct wire_tx_request t = tx_request(1, 0);

	(void)state;
	w.keys.has_gas = false;
	world_init_state(&w, 1000);
	world_start(&w, NULL);
	tx_mined(0);
	t.to = w.config.clearing;
	tx_must_reject(&t, RULE_TX_DISABLED);
}

/* The state's file. */

static enum err
try_open(char why[PRIVATE_WHY])
{
	struct signer_state s;
	enum err e = signer_state_open(&s, w.state_path, &w.identity,
	    world_now(&w), why);

	if (e == ERR_OK)
		signer_state_close(&s);
	return e;
}

static void
state_patch(off_t at, const void *bytes, size_t len)
{
	int fd = open(w.state_path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
	close(fd);
}

static void
signer_state_open__names_what_is_wrong(void **state)
{
	struct signer_identity mine = w.identity;
	char why[PRIVATE_WHY];
	struct signer_state held;

	(void)state;
	assert_int_equal(try_open(why), ERR_MISSING);
	world_init_state(&w, 1000);
	assert_int_equal(try_open(why), ERR_OK);
	w.identity.chain_id++;
	assert_int_equal(try_open(why), ERR_AUTH);
	assert_string_equal(why, "is of another chain (31337)");
	w.identity = mine;
	w.identity.contract.b[3]++;
	assert_int_equal(try_open(why), ERR_AUTH);
	assert_string_equal(why, "is of another contract");
	w.identity = mine;
	w.identity.book.b[3]++;
	assert_int_equal(try_open(why), ERR_AUTH);
	assert_string_equal(why, "is of another book");
	w.identity = mine;
	w.identity.signer.b[3]++;
	assert_int_equal(try_open(why), ERR_AUTH);
	assert_string_equal(why, "is of another signer");
	w.identity = mine;
	assert_int_equal(signer_state_open(&held, w.state_path, &mine,
	    world_now(&w), why), ERR_OK);
	assert_int_equal(try_open(why), ERR_STATE);
	assert_string_equal(why, "is in use by another signer");
	assert_int_equal(signer_state_create(w.state_path, &mine,
	    world_now(&w), why), ERR_STATE);
	signer_state_close(&held);
	assert_int_equal(signer_state_open(&held, w.state_path, &mine,
	    world_now(&w) - 60000, why), ERR_STALE);
	assert_non_null(strstr(why, "ahead of this machine's clock"));
	chmod(w.state_path, 0644);
	assert_int_equal(try_open(why), ERR_REFUSED);
}

static void
signer_state_open__survives_one_damaged_slot_and_not_two(void **state)
{
	static const uint8_t junk[100] = { 1, 2, 3 };
	char why[PRIVATE_WHY];
	uint32_t version = 2;

	(void)state;
	for (unsigned slot = 0; slot < 2; slot++) {
		world_init_state(&w, 1000);
		state_patch(slot * SIGNER_STATE_SLOT + 200, junk,
		    sizeof(junk));
		assert_int_equal(try_open(why), ERR_OK);
		state_patch((1 - slot) * SIGNER_STATE_SLOT + 5000, junk,
		    sizeof(junk));
		assert_int_equal(try_open(why), ERR_SYNTAX);
		assert_string_equal(why, "is damaged, or no signer's state");
	}
	world_init_state(&w, 1000);
	state_patch(8, &version, sizeof(version));
	state_patch(SIGNER_STATE_SLOT + 8, &version, sizeof(version));
	assert_int_equal(try_open(why), ERR_UNKNOWN);
	assert_string_equal(why, "is of format version 2, not 1");
	assert_int_equal(truncate(w.state_path, 100), 0);
	assert_int_equal(try_open(why), ERR_SYNTAX);
}

static void
signer_state_create__leaves_other_files_alone(void **state)
{
	char why[PRIVATE_WHY];
	FILE *f = fopen(w.state_path, "w");

	(void)state;
	fputs("{\"version\":3}", f);
	fclose(f);
	chmod(w.state_path, 0600);
	assert_int_equal(signer_state_create(w.state_path, &w.identity,
	    world_now(&w), why), ERR_REFUSED);
	assert_non_null(strstr(why, "something else"));
	assert_int_equal(truncate(w.state_path, 0), 0);
	world_init_state(&w, 1000);
	assert_int_equal(try_open(why), ERR_OK);
}

static void
signer_state_create__never_goes_back(void **state)
{
	struct signer_state s;
	struct signer_record r;
	char why[PRIVATE_WHY];
	uint64_t now = world_now(&w);

	(void)state;
	world_init_state(&w, 0);
	assert_int_equal(signer_state_open(&s, w.state_path, &w.identity, now,
	    why), ERR_OK);
	/* Above all that a lost state may have held. */
	assert_true(s.record.sequence_until > (now + 15000) * 1024);
	r = s.record;
	r.sequence_until += 123456;
	r.as_of_until += 1500;
	r.is_paused = 1;
	assert_int_equal(signer_state_write(&s, &r), ERR_OK);
	signer_state_close(&s);
	world_init_state(&w, 1000);
	assert_int_equal(signer_state_open(&s, w.state_path, &w.identity, now,
	    why), ERR_OK);
	assert_true(s.record.sequence_until >= r.sequence_until);
	assert_true(s.record.as_of_until >= r.as_of_until);
	assert_int_equal(s.record.is_paused, 1);
	signer_state_close(&s);
}

static void
signer_state_write__keeps_the_newest_of_many(void **state)
{
	struct signer_state s;
	char why[PRIVATE_WHY];

	(void)state;
	world_init_state(&w, 1000);
	for (unsigned i = 1; i <= 9; i++) {
		struct signer_record r;

		assert_int_equal(signer_state_open(&s, w.state_path,
		    &w.identity, world_now(&w), why), ERR_OK);
		r = s.record;
		assert_int_equal(r.signatures, i - 1);
		r.signatures = i;
		assert_int_equal(signer_state_write(&s, &r), ERR_OK);
		signer_state_close(&s);
	}
}

/* By socket alone, and over a ring. */
#define WITH_RING(test) { #test " (ring)", test, begin_hot, end, NULL }
#define WITH_SIGNER(test) \
	cmocka_unit_test_setup_teardown(test, begin, end), WITH_RING(test)
#define ALONE(test) \
	cmocka_unit_test_setup_teardown(test, begin_without_process, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_SIGNER(signer__signs_what_recomputation_gives),
	    WITH_SIGNER(signer__signs_refused_words_and_their_reason),
	    WITH_SIGNER(signer__refuses_by_rule_and_goes_on),
	    WITH_SIGNER(signer__refuses_words_that_do_not_fit),
	    WITH_SIGNER(signer__refuses_counts_that_were_not_announced),
	    WITH_SIGNER(signer__refuses_leaves_that_do_not_fit),
	    WITH_SIGNER(signer__refuses_a_vault_in_two_slots),
	    WITH_SIGNER(signer__forgets_a_refused_request),
	    WITH_SIGNER(signer__refuses_messages_out_of_order),
	    WITH_SIGNER(signer__closes_on_what_is_no_message),
	    WITH_SIGNER(signer__closes_on_a_descriptor_from_the_engine),
	    WITH_RING(signer__closes_on_a_broken_ring),
	    WITH_RING(signer__waits_for_room_in_a_full_ring),
	    WITH_SIGNER(signer__gives_the_chain_no_word_of_the_engine),
	    WITH_SIGNER(signer__ends_with_its_supervisor),
	    WITH_SIGNER(signer__ends_on_nonsense_from_its_supervisor),
	    WITH_SIGNER(signer__greets_a_new_engine_with_its_bounds),
	    WITH_SIGNER(signer__pauses_in_time_and_says_so),
	    WITH_SIGNER(signer__pauses_with_an_empty_header_before_any_other),
	    WITH_SIGNER(signer__stays_paused_over_a_restart),
	    WITH_SIGNER(signer__rejects_the_request_that_a_pause_met),
	    ALONE(signer__begins_above_a_life_that_was_killed),
	    WITH_SIGNER(signer__counts_alarms_and_reports_each_second),
	    WITH_SIGNER(signer__signs_transactions_by_their_policy),
	    ALONE(signer__raises_an_alarm_above_its_allowance),
	    ALONE(signer__signs_nothing_that_its_disk_does_not_cover),
	    ALONE(signer__signs_no_transaction_without_a_gas_key),
	    ALONE(signer_state_open__names_what_is_wrong),
	    ALONE(signer_state_open__survives_one_damaged_slot_and_not_two),
	    ALONE(signer_state_create__leaves_other_files_alone),
	    ALONE(signer_state_create__never_goes_back),
	    ALONE(signer_state_write__keeps_the_newest_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
