/* The state machine under synthetic inputs, against a signer that keeps arrays
 * and computes everything anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/machine_world.h"

#define ETH 200000u	/* cents */
#define BTC 6000000u
#define TEN_ETH 10000000000u	/* gwei: 20,000 USD */

static struct world w;

/* Asks the dumb signer about the request in w.out, answers, and checks that
 * both hold the same message. */
static struct dumb_answer
sign_now(void)
{
	struct dumb_answer a;
	const struct wire_attestation *said;

	assert_true(dumb_sign(&a, &w.signer, &w.out, true));
	assert_memory_equal(&w.machine->pending_digest, &a.digest, 32);
	assert_int_equal(world_signed(&w, a.header.sequence, &a.digest),
	    ERR_OK);
	said = world_find(&w.out, WIRE_ATTESTATION, 0);
	assert_non_null(said);
	assert_memory_equal(&said->digest, &a.digest, 32);
	assert_int_equal(said->status, a.header.status);
	assert_int_equal(said->reason, a.header.reason);
	assert_int_equal(said->word_count, w.signer.asset_count);
	assert_int_equal(world_count(&w.out, WIRE_WORD), said->word_count);
	return a;
}

static void
ready_with_prices(void)
{
	world_signer_ready(&w);
	w.now_ms += 10;
	world_prices(&w, ETH, BTC);
	world_close(&w);
}

static bool
is_asked(void)
{
	return world_find(&w.out, WIRE_BEGIN, 0) != NULL;
}

static void
machine_apply__asks_nothing_before_the_signer_is_ready(void **state)
{
	(void)state;
	world_begin(&w, false, 16);
	w.now_ms += 10;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	assert_false(is_asked());
	world_signer_ready(&w);
	w.now_ms += 10;
	world_close(&w);
	assert_true(is_asked());
	world_end(&w);
}

static void
machine_apply__makes_the_message_that_the_signer_makes(void **state)
{
	const struct wire_begin *b;
	struct dumb_answer a;

	(void)state;
	world_begin(&w, false, 16);
	assert_int_equal(world_vault(&w, 1, TEN_ETH, 10000000, 1), ERR_OK);
	ready_with_prices();
	b = world_find(&w.out, WIRE_BEGIN, 0);
	assert_non_null(b);
	assert_int_equal(b->is_first, 1);
	assert_int_equal(b->word_count, 2);
	assert_int_equal(b->leaf_count, 0);
	assert_int_equal(b->vault_count, 1);
	assert_int_equal(b->sequence, WORLD_NOW * 1024);
	assert_int_equal(b->as_of, w.now_ms);
	assert_int_equal(b->valid_until, w.now_ms + 120000);
	assert_memory_equal(&b->inputs_hash, &w.chain, 32);
	assert_true(wire_to_u128(b->collateral_value) ==
	    (u128)20000 * WAD_ONE_RAW);
	assert_true(wire_to_u128(b->debt_value) == (u128)6000 * WAD_ONE_RAW);
	a = sign_now();
	assert_int_equal(a.header.status, PRICE_OK);
	world_end(&w);
}

static void
machine_apply__asks_at_once_on_a_crossing(void **state)
{
	const struct wire_leaf *leaf;
	const struct wire_begin *b;

	(void)state;
	world_begin(&w, false, 16);
	/* 20,000 USD of ETH against 16,000 of BTC: healthy, just. */
	assert_int_equal(world_vault(&w, 1, TEN_ETH, 26600000, 1), ERR_OK);
	ready_with_prices();
	(void)sign_now();
	w.now_ms += 100;
	world_close(&w);
	assert_false(is_asked());	/* nothing moved, no interval yet */
	w.now_ms += 100;
	world_prices(&w, ETH - ETH / 10, BTC);
	world_close(&w);
	b = world_find(&w.out, WIRE_BEGIN, 0);
	assert_non_null(b);
	assert_int_equal(b->is_first, 0);
	assert_int_equal(b->word_count, 1);	/* BTC's is as it was */
	assert_int_equal(b->leaf_count, 1);
	leaf = world_find(&w.out, WIRE_LEAF, 0);
	assert_int_equal(leaf->slot, 0);
	assert_int_equal(leaf->is_present, 1);
	assert_int_equal(leaf->state, STATE_LIQUIDATABLE);
	assert_int_equal(leaf->as_of, w.now_ms);
	assert_int_equal(leaf->vault.b[31], 1);
	assert_true(wire_to_u128(leaf->collateral_value) ==
	    (u128)18000 * WAD_ONE_RAW);
	assert_true(wire_to_u128(leaf->health_high) < WAD_ONE_RAW);
	assert_true(wire_to_u128(leaf->max_repay) > 0);
	assert_int_equal(sign_now().header.verdict_count, 1);

	/* And back: its slot is emptied. */
	w.now_ms += 100;
	world_prices(&w, ETH + 100, BTC);
	world_close(&w);
	leaf = world_find(&w.out, WIRE_LEAF, 0);
	assert_non_null(leaf);
	assert_int_equal(leaf->is_present, 0);
	assert_int_equal(sign_now().header.verdict_count, 0);
	world_end(&w);
}

static void
machine_apply__keeps_its_cadence(void **state)
{
	(void)state;
	world_begin(&w, false, 16);
	ready_with_prices();
	(void)sign_now();
	uint64_t last = w.now_ms;
	/* 0.25 % is not more than 0.25 %; a cent more is. */
	w.now_ms = last + 300;
	world_prices(&w, ETH + ETH / 400, BTC);
	world_close(&w);
	assert_false(is_asked());
	w.now_ms = last + 301;
	world_prices(&w, ETH + ETH / 400 + 1, BTC);
	world_close(&w);
	assert_true(is_asked());
	(void)sign_now();
	last = w.now_ms;
	w.now_ms = last + 999;
	world_close(&w);
	assert_false(is_asked());
	w.now_ms = last + 1000;
	world_close(&w);
	assert_true(is_asked());
	/* One in flight: the next waits for its answer. */
	struct world_output asked = w.out;
	w.now_ms += 2000;
	world_prices(&w, ETH / 2, BTC);
	world_close(&w);
	assert_false(is_asked());
	w.out = asked;
	(void)sign_now();
	w.now_ms += 1;
	world_close(&w);
	assert_true(is_asked());
	(void)sign_now();
	world_end(&w);
}

static void
machine_apply__diverges_on_another_digest(void **state)
{
	struct dumb_answer a;

	(void)state;
	world_begin(&w, false, 16);
	ready_with_prices();
	assert_true(dumb_sign(&a, &w.signer, &w.out, true));
	assert_int_equal(world_signed(&w, a.header.sequence + 1, &a.digest),
	    ERR_STATE);
	a.digest.b[31] ^= 1;
	assert_int_equal(world_signed(&w, a.header.sequence, &a.digest),
	    ERR_AUTH);
	assert_int_equal(w.out.len, 0);
	assert_true(w.machine->is_diverged);
	assert_int_equal(w.machine->mismatches, 1);
	w.now_ms += 5000;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	assert_false(is_asked());
	world_end(&w);
}

static void
machine_apply__asks_again_after_a_rejection(void **state)
{
	struct wire_rejected r;
	struct dumb_answer a;
	const struct wire_begin *b;

	(void)state;
	world_begin(&w, false, 16);
	assert_int_equal(world_vault(&w, 1, TEN_ETH, 30000000, 1), ERR_OK);
	ready_with_prices();
	assert_true(dumb_sign(&a, &w.signer, &w.out, false));
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_REJECTED);
	r.sequence = a.header.sequence;
	r.next_sequence = a.header.sequence + 7;
	r.rule = 1;
	assert_int_equal(world_say(&w, &r), ERR_OK);
	assert_int_equal(world_say(&w, &r), ERR_STATE);	/* no longer asked */
	assert_int_equal(w.machine->rejections, 1);
	w.now_ms += 1;
	world_close(&w);
	b = world_find(&w.out, WIRE_BEGIN, 0);
	assert_non_null(b);
	assert_int_equal(b->sequence, a.header.sequence + 7);
	assert_int_equal(b->is_first, 1);
	assert_int_equal(b->leaf_count, 1);
	(void)sign_now();
	world_end(&w);
}

static void
machine_apply__pauses_and_resumes(void **state)
{
	struct wire_paused p;
	struct wire_resumed r;
	struct dumb_answer a;
	struct attestation last;
	const struct wire_attestation *said;

	(void)state;
	world_begin(&w, false, 16);
	ready_with_prices();
	last = sign_now().header;
	w.now_ms += 1000;
	world_close(&w);
	assert_true(dumb_sign(&a, &w.signer, &w.out, false));
	/* The signer pauses instead of answering. */
	last.sequence = a.header.sequence;
	last.as_of = w.now_ms + 5;
	last.valid_until = last.as_of + 60000;
	last.status = PRICE_REFUSED;
	last.reason = REASON_PAUSED;
	memset(&p, 0, sizeof(p));
	wire_head_set(&p.head, WIRE_PAUSED);
	p.sequence = last.sequence;
	p.as_of = last.as_of;
	p.valid_until = last.valid_until;
	attest_digest(&p.digest, &w.machine->domain, &last);
	assert_int_equal(world_say(&w, &p), ERR_OK);
	said = world_find(&w.out, WIRE_ATTESTATION, 0);
	assert_non_null(said);
	assert_int_equal(said->status, PRICE_REFUSED);
	assert_int_equal(said->reason, REASON_PAUSED);
	assert_memory_equal(&said->digest, &p.digest, 32);
	w.now_ms += 3000;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	assert_false(is_asked());
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_RESUMED);
	r.first_sequence = last.sequence + 100;
	assert_int_equal(world_say(&w, &r), ERR_OK);
	w.now_ms += 1;
	world_close(&w);
	assert_true(is_asked());
	a = sign_now();
	assert_int_equal(a.header.sequence, last.sequence + 100);
	assert_int_equal(a.header.status, PRICE_OK);
	world_end(&w);
}

static void
machine_apply__diverges_on_another_pause(void **state)
{
	struct wire_paused p;

	(void)state;
	world_begin(&w, false, 16);
	ready_with_prices();
	(void)sign_now();
	memset(&p, 0, sizeof(p));
	wire_head_set(&p.head, WIRE_PAUSED);
	p.sequence = WORLD_NOW * 1024 + 50;
	p.as_of = w.now_ms + 1;
	assert_int_equal(world_say(&w, &p), ERR_AUTH);
	assert_true(w.machine->is_diverged);
	assert_int_equal(w.out.len, 0);
	world_end(&w);
}

static void
machine_apply__says_stale_when_prices_are(void **state)
{
	struct dumb_answer a;

	(void)state;
	world_begin(&w, false, 16);
	assert_int_equal(world_vault(&w, 1, TEN_ETH, 30000000, 1), ERR_OK);
	ready_with_prices();
	assert_int_equal(sign_now().header.verdict_count, 1);
	/* At 3 s they still hold, a millisecond later no more. */
	w.now_ms += 3000;
	world_close(&w);
	assert_int_equal(sign_now().header.status, PRICE_OK);
	w.now_ms += 1;
	world_close(&w);
	assert_true(is_asked());
	a = sign_now();
	assert_int_equal(a.header.status, PRICE_DEGRADED);
	assert_int_equal(a.header.reason, REASON_STALE);
	assert_int_equal(a.header.verdict_count, 0);
	assert_true(a.header.collateral_value == 0);
	assert_int_equal(w.machine->tables.state[0], STATE_STALE);
	/* They recover, and so does it. */
	w.now_ms += 1000;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	a = sign_now();
	assert_int_equal(a.header.status, PRICE_OK);
	assert_int_equal(a.header.verdict_count, 1);
	world_end(&w);
}

static void
block_say(uint64_t number, uint64_t time_ms, bool rules_match)
{
	struct wire_block b;

	memset(&b, 0, sizeof(b));
	wire_head_set(&b.head, WIRE_BLOCK);
	b.number = number;
	b.hash.b[0] = (uint8_t)number;
	b.time_ms = time_ms;
	b.rules_match = rules_match;
	assert_int_equal(world_say(&w, &b), ERR_OK);
}

static struct attestation
header_at(uint64_t now_ms)
{
	w.now_ms = now_ms;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	assert_true(is_asked());
	return sign_now().header;
}

static void
machine_apply__refuses_without_a_usable_head(void **state)
{
	struct attestation a;
	uint64_t t = WORLD_NOW + 1000;

	(void)state;
	world_begin(&w, true, 16);
	world_signer_ready(&w);
	a = header_at(t);
	assert_int_equal(a.status, PRICE_REFUSED);
	assert_int_equal(a.reason, REASON_HEAD);	/* none at all */
	block_say(7, t, true);
	a = header_at(t + 1);	/* at once: the header's status changed */
	assert_int_equal(a.status, PRICE_OK);
	assert_int_equal(a.block_number, 7);
	assert_int_equal(a.block_hash.b[0], 7);
	a = header_at(t + 60000);
	assert_int_equal(a.status, PRICE_OK);
	a = header_at(t + 60001);
	assert_int_equal(a.reason, REASON_HEAD);
	block_say(8, t + 60000, false);
	a = header_at(t + 60002 + 1000);
	assert_int_equal(a.status, PRICE_REFUSED);
	assert_int_equal(a.reason, REASON_RULES);
	block_say(9, t + 70000 + POLICY_CLOCK_MS + 1, true);
	a = header_at(t + 70000);
	assert_int_equal(a.reason, REASON_CLOCK);
	block_say(10, t + 80000 + POLICY_CLOCK_MS, true);
	a = header_at(t + 80000);
	assert_int_equal(a.status, PRICE_OK);
	assert_int_equal(w.machine->domain.chain_id, 31337);
	assert_false(addr_is_zero(&w.machine->domain.contract));
	world_end(&w);
}

static void
machine_apply__bounds_a_price_as_the_signer_does(void **state)
{
	struct dumb_answer a;

	(void)state;
	world_begin(&w, false, 16);
	ready_with_prices();
	(void)sign_now();
	/* Half within a moment: beyond the bound, both refuse the word. */
	w.now_ms += 100;
	world_prices(&w, ETH / 2, BTC);
	world_close(&w);
	a = sign_now();
	assert_int_equal(a.header.status, PRICE_DEGRADED);
	assert_int_equal(a.header.reason, REASON_BOUND);
	/* Seconds later it is a crash that lasts: accepted. */
	for (unsigned i = 0; i < 8; i++) {
		w.now_ms += 1000;
		world_prices(&w, ETH / 2, BTC);
		world_close(&w);
		a = sign_now();
	}
	assert_int_equal(a.header.status, PRICE_OK);
	world_end(&w);
}

static void
machine_apply__keeps_the_worst_when_the_tree_is_full(void **state)
{
	struct dumb_answer a;

	(void)state;
	world_begin(&w, false, 4);
	/* Six under water, the later the deeper. */
	for (uint8_t i = 1; i <= 6; i++)
		assert_int_equal(world_vault(&w, i, TEN_ETH,
		    28000000 + i * 100000u, 1), ERR_OK);
	ready_with_prices();
	a = sign_now();
	assert_int_equal(a.header.verdict_count, 4);
	assert_true(w.machine->slots.refused >= 2);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(machine_verdict_slot(w.machine, i) !=
		    MACHINE_NO_SLOT, i >= 2);
	/* A milder one does not displace them. */
	assert_int_equal(world_vault(&w, 7, TEN_ETH, 28000000, 1), ERR_OK);
	w.now_ms += 1000;
	world_prices(&w, ETH, BTC);
	world_close(&w);
	(void)sign_now();
	assert_true(machine_verdict_slot(w.machine, 6) == MACHINE_NO_SLOT);
	/* When the deepest repays, a place is free: who takes it? */
	assert_int_equal(world_vault(&w, 6, TEN_ETH, 1000, 2), ERR_OK);
	w.now_ms += 1000;
	world_prices(&w, ETH - 1, BTC);
	world_close(&w);
	a = sign_now();
	assert_int_equal(a.header.verdict_count, 4);
	world_end(&w);
}

/* Evicted and back within a second, in the same state: its leaf must be there
 * with its slot. */
static void
machine_apply__fills_a_place_that_is_taken_again(void **state)
{
	(void)state;
	world_begin(&w, false, 1);
	assert_int_equal(world_vault(&w, 1, TEN_ETH, 28000000, 1), ERR_OK);
	ready_with_prices();
	(void)sign_now();
	w.now_ms += 100;
	assert_int_equal(world_vault(&w, 2, TEN_ETH, 29000000, 1), ERR_OK);
	world_close(&w);
	assert_true(is_asked());
	(void)sign_now();
	assert_true(machine_verdict_slot(w.machine, 0) == MACHINE_NO_SLOT);
	/* The second repays; the first is looked at a moment later. */
	w.now_ms += 100;
	assert_int_equal(world_vault(&w, 2, TEN_ETH, 1000, 2), ERR_OK);
	world_close(&w);
	(void)sign_now();
	w.now_ms += 100;
	world_prices(&w, ETH - ETH / 100, BTC);
	world_close(&w);
	assert_true(machine_verdict_slot(w.machine, 0) != MACHINE_NO_SLOT);
	assert_int_equal(sign_now().header.verdict_count, 1);
	world_end(&w);
}

static void
machine_apply__refuses_bad_inputs_and_goes_on(void **state)
{
	struct wire_tick t;
	struct wire_heartbeat h;
	struct wire_vault v;
	struct wire_signer_base base;
	struct wire_close c;

	(void)state;
	world_begin(&w, false, 16);
	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = 6;
	assert_int_equal(world_say(&w, &t), ERR_UNKNOWN);
	memset(&h, 0, sizeof(h));
	wire_head_set(&h.head, WIRE_HEARTBEAT);
	h.venue = 3;
	assert_int_equal(world_say(&w, &h), ERR_UNKNOWN);
	memset(&v, 0, sizeof(v));
	wire_head_set(&v.head, WIRE_VAULT);
	v.collateral_count = WIRE_LEGS + 1;
	assert_int_equal(world_say(&w, &v), ERR_LIMIT);
	v.collateral_count = 1;
	v.collateral_asset[0] = 2;
	assert_int_equal(world_say(&w, &v), ERR_SYNTAX);
	v.collateral_count = 0;
	v.method = METHOD_SCENARIO;
	assert_int_equal(world_say(&w, &v), ERR_UNKNOWN);
	memset(&base, 0, sizeof(base));
	wire_head_set(&base.head, WIRE_SIGNER_BASE);
	base.slot = 2;
	assert_int_equal(world_say(&w, &base), ERR_UNKNOWN);
	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = WORLD_NOW - 1;
	assert_int_equal(world_say(&w, &c), ERR_STALE);
	assert_memory_equal(&w.machine->inputs_hash, &w.chain, 32);
	assert_int_equal(w.machine->book.vault_count, 0);
	ready_with_prices();
	(void)sign_now();
	world_end(&w);
}

/* ---- a random run -------------------------------------------------------- */

static uint64_t seed;

static uint64_t
below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* The position tree, from what was said of each vault. */
struct said_vault {
	bool is_there;
	uint32_t slot;
	uint64_t eth_gwei, satoshis, nonce;
};

static void
positions_expected(struct b32 *out, const struct said_vault *v, size_t count)
{
	static struct b32 leaf[WORLD_SLOTS];
	uint32_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct leg_word eth = { w.machine->book.assets[0].id,
		    (u128)v[i].eth_gwei * 1000000000u };
		struct leg_word btc = { w.machine->book.assets[1].id,
		    v[i].satoshis };
		struct position_leaf p = { .nonce = v[i].nonce,
		    .block_number = v[i].nonce };

		if (!v[i].is_there)
			continue;
		p.vault.b[0] = 0x77;
		p.vault.b[31] = (uint8_t)i;
		legs_hash(&p.legs_hash, &(struct legs_words){
			.collateral = &eth, .debt = &btc,
			.collateral_count = v[i].eth_gwei > 0,
			.debt_count = v[i].satoshis > 0 });
		position_leaf_hash(&leaf[v[i].slot], &p);
		used = v[i].slot + 1 > used ? v[i].slot + 1 : used;
	}
	dumb_root(out, leaf, used);
}

static void
vault_change(struct said_vault *v, uint32_t *slots)
{
	uint8_t n = (uint8_t)below(24);

	if (!v[n].is_there)
		v[n].slot = (*slots)++;
	v[n].is_there = true;
	v[n].nonce++;
	v[n].eth_gwei = below(8) == 0 ? 0 : TEN_ETH - below(TEN_ETH / 4);
	v[n].satoshis = below(8) == 0 ? 0 : 22000000 + below(9000000);
	assert_int_equal(world_vault(&w, n, v[n].eth_gwei, v[n].satoshis,
	    v[n].nonce), ERR_OK);
}

/* Signs or rejects what was asked some time ago. */
static void
answer(struct world_output *asked, unsigned *signatures)
{
	struct wire_rejected r;
	struct dumb_answer a;
	bool agree = below(5) != 0;

	assert_true(dumb_sign(&a, &w.signer, asked, agree));
	assert_memory_equal(&w.machine->pending_digest, &a.digest, 32);
	asked->len = 0;
	if (agree) {
		assert_int_equal(world_signed(&w, a.header.sequence,
		    &a.digest), ERR_OK);
		(*signatures)++;
		return;
	}
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_REJECTED);
	r.sequence = a.header.sequence;
	r.next_sequence = a.header.sequence + 1 + below(3);
	assert_int_equal(world_say(&w, &r), ERR_OK);
}

/* Every vault whose state belongs in the tree has a slot, or is counted among
 * those that wait; and none waits while there is room. */
static void
assert_waiting_is_counted(uint32_t verdicts_max)
{
	const struct machine *m = w.machine;
	uint32_t wanting = 0, placed = 0;

	for (uint32_t i = 0; i < vaults_used(&m->vaults); i++) {
		bool wants = verdict_is_in_tree(
		    (enum vault_state)m->tables.state[i]);
		bool has = machine_verdict_slot(m, i) != MACHINE_NO_SLOT;

		assert_true(wants || !has);
		wanting += wants;
		placed += has;
	}
	assert_int_equal(placed, wanting < verdicts_max ? wanting :
	    verdicts_max);
	assert_int_equal(m->waiting, wanting - placed);
	assert_int_equal(m->slots.count, placed);
}

static void
random_run(uint32_t verdicts_max, unsigned steps)
{
	static struct world_output asked;
	struct said_vault v[24] = { 0 };
	uint64_t eth = ETH, btc = BTC;
	uint32_t slots = 0;
	unsigned signatures = 0;

	world_begin(&w, false, verdicts_max);
	world_signer_ready(&w);
	asked.len = 0;
	for (unsigned i = 0; i < steps; i++) {
		w.now_ms += 1 + below(700);
		if (below(3) == 0)
			vault_change(v, &slots);
		eth = eth + below(ETH / 20) - ETH / 40 +
		    (eth < ETH * 9 / 10 ? ETH / 60 : 0);
		eth = eth > ETH * 11 / 10 ? ETH : eth;
		if (below(12) != 0)
			world_prices(&w, eth, btc);
		world_close(&w);
		assert_waiting_is_counted(verdicts_max);
		if (is_asked()) {
			struct b32 root;
			const struct wire_begin *b =
			    world_find(&w.out, WIRE_BEGIN, 0);

			positions_expected(&root, v, 24);
			assert_memory_equal(&b->positions_root, &root, 32);
			assert_memory_equal(&b->inputs_hash, &w.chain, 32);
			asked = w.out;
		}
		if (asked.len > 0 && below(3) != 0)
			answer(&asked, &signatures);
	}
	assert_true(signatures > steps / 4);
	assert_false(w.machine->is_diverged);
}

/* The same inputs, again, into a fresh machine: the same bytes come out. */
static void
run_again(uint32_t verdicts_max)
{
	static struct world_output out;
	struct replay_life *life = world_life(false, verdicts_max);
	struct machine_output o = { world_emit, &out };
	struct keccak256 k;
	struct b32 first, second;

	keccak256_init(&k);
	for (size_t at = 0; at < w.inputs_len;) {
		_Alignas(16) uint8_t message[WIRE_SIZE_MAX];
		struct wire_head head;

		memcpy(&head, w.inputs + at, sizeof(head));
		memcpy(message, w.inputs + at, head.size);
		out.len = 0;
		(void)!machine_apply(life->machine, message, &o);
		keccak256_update(&k, out.bytes, out.len);
		at += head.size;
	}
	keccak256_final(&k, &second);
	keccak256_final(&w.outputs, &first);
	assert_memory_equal(&first, &second, 32);
	assert_memory_equal(&life->machine->inputs_hash, &w.chain, 32);
	replay_life_close(life);
}

static void
machine_apply__agrees_with_a_dumb_signer_on_a_random_run(void **state)
{
	static const uint32_t verdicts_max[] = { 1, 3, 5, 16, 64 };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(verdicts_max); i++) {
		seed = 0x9e3779b97f4a7c15u + i;
		random_run(verdicts_max[i], 1500);
		run_again(verdicts_max[i]);
		world_end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    machine_apply__asks_nothing_before_the_signer_is_ready),
		cmocka_unit_test(
		    machine_apply__makes_the_message_that_the_signer_makes),
		cmocka_unit_test(machine_apply__asks_at_once_on_a_crossing),
		cmocka_unit_test(machine_apply__keeps_its_cadence),
		cmocka_unit_test(machine_apply__diverges_on_another_digest),
		cmocka_unit_test(machine_apply__asks_again_after_a_rejection),
		cmocka_unit_test(machine_apply__pauses_and_resumes),
		cmocka_unit_test(machine_apply__diverges_on_another_pause),
		cmocka_unit_test(machine_apply__says_stale_when_prices_are),
		cmocka_unit_test(machine_apply__refuses_without_a_usable_head),
		cmocka_unit_test(
		    machine_apply__bounds_a_price_as_the_signer_does),
		cmocka_unit_test(
		    machine_apply__keeps_the_worst_when_the_tree_is_full),
		cmocka_unit_test(
		    machine_apply__fills_a_place_that_is_taken_again),
		cmocka_unit_test(machine_apply__refuses_bad_inputs_and_goes_on),
		cmocka_unit_test(
		    machine_apply__agrees_with_a_dumb_signer_on_a_random_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
