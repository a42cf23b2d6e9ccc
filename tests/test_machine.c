/* The state machine, driven by hand: every input is a message, every output
 * is read by a signer model that keeps its own vector and tree and computes
 * the digest by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/keccak.h"
#include "oracle/bookfile.h"
#include "oracle/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
    "book: {file: book.json, vaults_max: 64}\n"
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    USDC: {quorum: 2, age_max: 30s, dispersion_max: 1%, band_max: 5%}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, USDC-USD: USDC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD, USDC/USD: USDC/USD}}\n"
    "attestation: {validity: 120s, interval: 1s, move: 0.25%, "
    "verdicts_max: VERDICTS}\n"
    "signer: {keystore: k, password_file: p, state: s, bound: {base: 10%, "
    "per_second: 10%, max: 60%}, validity_max: 300s, alarm: {verdicts: 100, "
    "value: \"1000000000\"}}\n";

static const char book_text[] =
    "{\"book\":\"test\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"ltv\":\"0.80\","
    "\"liquidation_threshold\":\"0.85\",\"liquidation_bonus\":\"0.05\","
    "\"close_factor\":\"1\",\"debt_weight\":\"1\",\"dust\":\"0\"},"
    "{\"id\":\"USDC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":6,\"price\":\"USDC\",\"ltv\":\"0.80\","
    "\"liquidation_threshold\":\"0.85\",\"liquidation_bonus\":\"0.05\","
    "\"close_factor\":\"1\",\"debt_weight\":\"1\",\"dust\":\"0\"}],"
    "\"vaults\":[]}";

#define START_MS 1800000000000u
#define LEAVES 64u
#define OUTPUTS 4096u

/* What the signer would hold, and what came out of the machine. */
struct world {
	struct config config;
	struct book book;
	struct vault vaults[2];
	uint32_t hash[4];
	struct machine *m;
	uint64_t now;

	struct b32 vector[BOOK_ASSETS_MAX];
	struct policy_price bound[BOOK_ASSETS_MAX];
	struct merkle tree;
	struct b32 nodes[MERKLE_NODES(LEAVES)];
	struct b32 vault_in[LEAVES];
	bool is_in[LEAVES];
	/* The request that is open. */
	struct wire_begin begin;
	uint32_t words, leaves;
	bool is_open, is_asked;
	uint32_t requests, attestations;
	struct wire_attestation last;
	struct b32 outputs_hash;
};

static void
apply(struct world *w, const void *message, enum err want);

static void
on_leaf(struct world *w, const struct wire_leaf *l)
{
	struct b32 hash = { { 0 } };
	struct verdict_leaf v = {
		.vault = l->vault, .nonce = l->nonce, .as_of = l->as_of,
		.block_number = l->block_number, .state = l->state,
		.method = l->method,
		.collateral_value = wire_to_u128(l->collateral_value),
		.debt_value = wire_to_u128(l->debt_value),
		.health_low = wire_to_u128(l->health_low),
		.health_high = wire_to_u128(l->health_high),
		.initial_excess = (i128)wire_to_u128(l->initial_excess),
		.maintenance_excess =
		    (i128)wire_to_u128(l->maintenance_excess),
		.liquidation_asset = l->liquidation_asset,
		.liquidation_price = wire_to_u128(l->liquidation_price),
		.debt_asset = l->debt_asset,
		.max_repay = wire_to_u128(l->max_repay),
	};

	assert_true(l->slot < LEAVES);
	w->is_in[l->slot] = false;
	if (l->is_present) {
		/* At no moment does one vault stand in two slots. */
		for (uint32_t i = 0; i < LEAVES; i++)
			assert_false(w->is_in[i] &&
			    b32_equal(&w->vault_in[i], &l->vault));
		w->is_in[l->slot] = true;
		w->vault_in[l->slot] = l->vault;
		verdict_leaf_hash(&hash, &v);
	}
	assert_int_equal(merkle_set(&w->tree, &l->slot, &hash, 1), ERR_OK);
	w->leaves++;
}

static void
outputs_note(struct world *w, const void *message, size_t size)
{
	struct keccak256 k;

	keccak256_init(&k);
	keccak256_update(&k, w->outputs_hash.b, 32);
	keccak256_update(&k, message, size);
	keccak256_final(&k, &w->outputs_hash);
}

static void
on_output(void *arg, const void *message, size_t size)
{
	struct world *w = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	assert_int_equal(head.size, size);
	outputs_note(w, message, size);
	if (head.type == WIRE_BEGIN) {
		memcpy(&w->begin, message, size);
		w->words = w->leaves = 0;
		w->is_open = true;
		w->requests++;
	} else if (head.type == WIRE_WORD && w->is_open) {
		struct wire_word word;

		memcpy(&word, message, size);
		w->vector[word.slot] = word.word;
		w->words++;
	} else if (head.type == WIRE_LEAF) {
		on_leaf(w, message);
	} else if (head.type == WIRE_END) {
		assert_int_equal(w->words, w->begin.word_count);
		assert_int_equal(w->leaves, w->begin.leaf_count);
		w->is_open = false;
		w->is_asked = true;
	} else if (head.type == WIRE_ATTESTATION) {
		memcpy(&w->last, message, size);
		w->attestations++;
	}
}

static void
apply(struct world *w, const void *message, enum err want)
{
	struct machine_output o = { on_output, w };

	assert_int_equal(machine_apply(w->m, message, &o), want);
}

/* The signer's own idea of what it was asked to sign. */
static void
model_header(struct attestation *a, struct world *w, struct b32 *words)
{
	memset(a, 0, sizeof(*a));
	a->book = w->book.id;
	a->sequence = w->begin.sequence;
	a->as_of = w->begin.as_of;
	a->valid_until = w->begin.valid_until;
	a->block_number = w->begin.block_number;
	a->block_hash = w->begin.block_hash;
	a->positions_root = w->begin.positions_root;
	a->rules_hash = w->m->rules_hash;
	a->inputs_hash = w->begin.inputs_hash;
	a->vault_count = w->begin.vault_count;
	a->collateral_value = wire_to_u128(w->begin.collateral_value);
	a->debt_value = wire_to_u128(w->begin.debt_value);
	merkle_root(&a->verdicts_root, &w->tree);
	for (uint32_t i = 0; i < LEAVES; i++)
		a->verdict_count += w->is_in[i];
	for (size_t i = 0; i < w->book.asset_count; i++) {
		struct price p;

		words[i] = w->vector[i];
		assert_int_equal(policy_bound_word(&words[i], &w->bound[i],
		    a->as_of, &w->config.policy), ERR_OK);
		assert_int_equal(price_word_unpack(&p, &words[i]), ERR_OK);
		if (p.status != PRICE_OK && a->status == PRICE_OK) {
			a->status = PRICE_DEGRADED;
			a->reason = p.reason;
		}
	}
	if (w->begin.header_reason != 0) {
		a->status = PRICE_REFUSED;
		a->reason = w->begin.header_reason;
	}
	prices_hash(&a->prices_hash, words, w->book.asset_count);
}

static void
answer(struct world *w)
{
	struct wire_signed s;
	struct attestation a;
	struct b32 words[BOOK_ASSETS_MAX];

	assert_true(w->is_asked);
	w->is_asked = false;
	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = w->begin.sequence;
	model_header(&a, w, words);
	attest_digest(&s.digest, &w->m->domain, &a);
	for (size_t i = 0; i < w->book.asset_count; i++)
		policy_note_word(&w->bound[i], &words[i], &w->vector[i],
		    a.as_of, &w->config.policy);
	apply(w, &s, ERR_OK);
}

static void
ready(struct world *w, uint64_t sequence)
{
	struct wire_signer_ready r;

	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_SIGNER_READY);
	r.first_sequence = sequence;
	apply(w, &r, ERR_OK);
}

static void
close_at(struct world *w, uint64_t ms)
{
	struct wire_close c;

	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = w->now = ms;
	apply(w, &c, ERR_OK);
}

/* price in cents */
static void
tick(struct world *w, uint16_t market, uint64_t cents)
{
	struct wire_tick t;
	u128 unit = (u128)10000000000000000u;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = market;
	t.has_book = 1;
	t.exchange_ms = t.recv_ms = w->now;
	t.bid = wire_from_u128(cents * unit - unit / 100);
	t.ask = wire_from_u128(cents * unit + unit / 100);
	apply(w, &t, ERR_OK);
}

/* Both venues say so: markets 0 and 2 are ETH, 1 and 3 USDC. */
static void
prices_at(struct world *w, uint64_t eth_cents)
{
	tick(w, 0, eth_cents);
	tick(w, 2, eth_cents);
	tick(w, 1, 100);
	tick(w, 3, 100);
}

/* eth in thousandths of a token, usdc in whole tokens */
static void
vault(struct world *w, uint8_t number, uint64_t milli_eth, uint64_t usdc)
{
	struct wire_vault v;

	memset(&v, 0, sizeof(v));
	wire_head_set(&v.head, WIRE_VAULT);
	v.id.b[0] = number;
	v.owner.b[19] = number;
	v.collateral_count = 1;
	v.collateral_amount[0] = wire_from_u128((u128)milli_eth *
	    1000000000000000u);
	v.debt_count = 1;
	v.debt_asset[0] = 1;
	v.debt_amount[0] = wire_from_u128((u128)usdc * 1000000u);
	v.debt_index[0] = wire_from_u128(WAD_ONE_RAW);
	apply(w, &v, ERR_OK);
}

static struct world *
world_make(const char *verdicts_max)
{
	struct world *w = calloc(1, sizeof(*w));
	struct bookfile_names *names = calloc(1, sizeof(*names));
	char text[2048];
	const char *at = strstr(config_text, "VERDICTS");
	unsigned errors;
	struct wire_start s;

	assert_non_null(w);
	assert_non_null(names);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - config_text),
	    config_text, verdicts_max, at + strlen("VERDICTS"));
	assert_int_equal(config_read(&w->config, text, strlen(text), "test",
	    stderr, &errors), ERR_OK);
	book_init(&w->book, w->vaults, w->hash, 2);
	assert_int_equal(bookfile_read(&w->book, names, book_text,
	    strlen(book_text), "book", stderr), ERR_OK);
	assert_int_equal(config_bind_book(&w->config, &w->book, names, "book",
	    stderr), ERR_OK);
	free(names);
	assert_int_equal(machine_create(&w->m, &w->config, &w->book), ERR_OK);
	merkle_init(&w->tree, w->nodes, LEAVES);
	w->now = START_MS;
	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_START);
	s.now_ms = w->now;
	apply(w, &s, ERR_OK);
	return w;
}

static void
world_free(struct world *w)
{
	machine_destroy(w->m);
	free(w);
}

static void
machine_close__asks_nothing_before_the_signer_is_ready(void **state)
{
	struct world *w = world_make("64");

	(void)state;
	prices_at(w, 200000);
	close_at(w, START_MS);
	assert_int_equal(w->requests, 0);
	ready(w, 1000);
	close_at(w, START_MS + 1);
	assert_int_equal(w->requests, 1);
	assert_int_equal(w->begin.sequence, 1000);
	assert_int_equal(w->begin.is_first, 1);
	answer(w);
	assert_int_equal(w->attestations, 1);
	assert_int_equal(w->last.status, PRICE_OK);
	world_free(w);
}

static void
machine_close__signs_each_interval_and_at_once_on_a_crossing(void **state)
{
	struct world *w = world_make("64");

	(void)state;
	vault(w, 1, 1000, 1550);	/* liquidatable below 1823.53 */
	ready(w, 1);
	prices_at(w, 200000);
	close_at(w, START_MS + 1);
	answer(w);
	assert_int_equal(w->last.verdict_count, 0);
	close_at(w, START_MS + 1000);	/* 999 ms: not yet */
	assert_int_equal(w->requests, 1);
	close_at(w, START_MS + 1001);
	assert_int_equal(w->requests, 2);
	assert_int_equal(w->begin.is_first, 0);
	answer(w);
	prices_at(w, 181500);
	close_at(w, START_MS + 1002);
	assert_int_equal(w->requests, 3);
	assert_int_equal(w->begin.leaf_count, 1);
	answer(w);
	assert_int_equal(w->last.verdict_count, 1);
	assert_int_equal(w->m->vault[0].verdict.state, STATE_LIQUIDATABLE);
	world_free(w);
}

static void
machine_close__signs_when_a_price_moved_beyond_the_share(void **state)
{
	struct world *w = world_make("64");

	(void)state;
	ready(w, 1);
	prices_at(w, 200000);
	close_at(w, START_MS + 1);
	answer(w);
	prices_at(w, 200500);		/* 0.25 % exactly */
	close_at(w, START_MS + 2);
	assert_int_equal(w->requests, 1);
	prices_at(w, 200501);
	close_at(w, START_MS + 3);
	assert_int_equal(w->requests, 2);
	world_free(w);
}

static void
machine_close__makes_vaults_stale_where_a_price_is_refused(void **state)
{
	struct world *w = world_make("64");

	(void)state;
	vault(w, 1, 1000, 1600);
	ready(w, 1);
	prices_at(w, 180000);
	close_at(w, START_MS + 1);
	answer(w);
	assert_int_equal(w->last.verdict_count, 1);
	close_at(w, START_MS + 4000);	/* ETH is older than 3 s */
	assert_int_equal(w->m->vault[0].verdict.state, STATE_STALE);
	answer(w);
	assert_int_equal(w->last.status, PRICE_DEGRADED);
	assert_int_equal(w->last.reason, REASON_STALE);
	assert_int_equal(w->last.verdict_count, 0);
	assert_true(b32_is_zero(&w->last.verdicts_root));
	w->now = START_MS + 5000;
	prices_at(w, 180000);
	close_at(w, START_MS + 5000);
	answer(w);
	assert_int_equal(w->last.status, PRICE_OK);
	assert_int_equal(w->last.verdict_count, 1);
	world_free(w);
}

static void
machine_signed__with_another_digest_releases_nothing(void **state)
{
	struct world *w = world_make("64");
	struct wire_signed s;

	(void)state;
	ready(w, 1);
	prices_at(w, 200000);
	close_at(w, START_MS + 1);
	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = 2;
	apply(w, &s, ERR_STATE);	/* not what is in flight */
	s.sequence = 1;
	apply(w, &s, ERR_AUTH);
	assert_int_equal(w->attestations, 0);
	close_at(w, START_MS + 5000);
	assert_int_equal(w->requests, 1);
	world_free(w);
}

static void
machine_rejected__asks_again_with_everything_that_was_refused(void **state)
{
	struct world *w = world_make("64");
	struct wire_rejected r;
	struct world *fresh;

	(void)state;
	vault(w, 1, 1000, 1600);
	ready(w, 1);
	prices_at(w, 180000);
	close_at(w, START_MS + 1);
	assert_int_equal(w->begin.leaf_count, 1);
	/* A signer that refuses keeps nothing of the request. */
	fresh = world_make("64");
	memcpy(w->nodes, fresh->nodes, sizeof(w->nodes));
	merkle_init(&w->tree, w->nodes, LEAVES);
	memset(w->is_in, 0, sizeof(w->is_in));
	world_free(fresh);
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_REJECTED);
	r.sequence = 1;
	r.next_sequence = 500;
	r.rule = RULE_AS_OF_CLOCK;
	apply(w, &r, ERR_OK);
	close_at(w, START_MS + 2);
	assert_int_equal(w->requests, 2);
	assert_int_equal(w->begin.sequence, 500);
	assert_int_equal(w->begin.leaf_count, 1);
	assert_int_equal(w->begin.word_count, 2);
	answer(w);
	assert_int_equal(w->attestations, 1);
	world_free(w);
}

static void
machine_paused__takes_the_last_header_and_rests(void **state)
{
	struct world *w = world_make("64");
	struct wire_paused p;
	struct wire_resumed r;
	struct attestation a;

	(void)state;
	ready(w, 1);
	prices_at(w, 200000);
	close_at(w, START_MS + 1);
	answer(w);
	memset(&p, 0, sizeof(p));
	wire_head_set(&p.head, WIRE_PAUSED);
	machine_attestation_from_wire(&a, &w->last);
	p.sequence = a.sequence = 2;
	p.as_of = a.as_of = START_MS + 50;
	p.valid_until = a.valid_until = START_MS + 120050;
	a.status = PRICE_REFUSED;
	a.reason = REASON_PAUSED;
	attest_digest(&p.digest, &w->m->domain, &a);
	apply(w, &p, ERR_OK);
	assert_int_equal(w->attestations, 2);
	assert_int_equal(w->last.reason, REASON_PAUSED);
	close_at(w, START_MS + 5000);
	assert_int_equal(w->requests, 1);
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_RESUMED);
	r.first_sequence = 900;
	apply(w, &r, ERR_OK);
	close_at(w, START_MS + 5001);
	assert_int_equal(w->requests, 2);
	assert_int_equal(w->begin.sequence, 900);
	world_free(w);
}

static void
machine_status__refuses_for_the_head_and_the_rules(void **state)
{
	struct world *w = world_make("64");
	struct wire_block b;
	uint32_t reason;

	(void)state;
	w->config.has_chain = true;
	w->config.head_age_max_ms = 60000;
	prices_at(w, 200000);
	close_at(w, START_MS + 1);
	assert_int_equal(machine_status(w->m, &reason), PRICE_REFUSED);
	assert_int_equal(reason, REASON_HEAD);
	memset(&b, 0, sizeof(b));
	wire_head_set(&b.head, WIRE_BLOCK);
	b.number = 7;
	b.time_ms = START_MS;
	b.rules_match = 1;
	apply(w, &b, ERR_OK);
	assert_int_equal(machine_status(w->m, &reason), PRICE_OK);
	w->m->now_ms = START_MS + 60000;
	assert_int_equal(machine_status(w->m, &reason), PRICE_OK);
	w->m->now_ms = START_MS + 60001;
	assert_int_equal(machine_status(w->m, &reason), PRICE_REFUSED);
	assert_int_equal(reason, REASON_HEAD);
	w->m->now_ms = START_MS + 1;
	b.rules_match = 0;
	apply(w, &b, ERR_OK);
	assert_int_equal(machine_status(w->m, &reason), PRICE_REFUSED);
	assert_int_equal(reason, REASON_RULES);
	world_free(w);
}

static void
machine_close__keeps_the_worst_where_the_tree_is_full(void **state)
{
	struct world *w = world_make("2");

	(void)state;
	ready(w, 1);
	prices_at(w, 180000);
	vault(w, 1, 1000, 1600);
	vault(w, 2, 1000, 1700);
	close_at(w, START_MS + 1);
	answer(w);
	assert_int_equal(w->last.verdict_count, 2);
	vault(w, 3, 1000, 1650);	/* worse than 1, better than 2 */
	close_at(w, START_MS + 2);
	answer(w);
	assert_int_equal(w->last.verdict_count, 2);
	assert_int_equal(w->m->vault[0].verdict_slot, MACHINE_NO_SLOT);
	assert_true(w->m->vault[2].verdict_slot != MACHINE_NO_SLOT);
	assert_true(w->m->verdicts_over > 0);
	vault(w, 4, 1000, 1600);	/* no worse than any: no place */
	close_at(w, START_MS + 3);
	answer(w);
	assert_int_equal(w->m->vault[3].verdict_slot, MACHINE_NO_SLOT);
	world_free(w);
}

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* Random vaults, prices, silences, rejections and slow answers: at every
 * answer the model's digest, from its own vector and tree, is the machine's
 * (answer() asserts it). */
static void
random_life(struct world *w, uint64_t from)
{
	seed = from;
	ready(w, 1);
	for (unsigned step = 0; step < 1500; step++) {
		uint64_t eth = 150000 + below(80000);

		if (below(10) != 0) {
			/* The bound refuses most jumps: then they walk. */
			prices_at(w, below(2) ? 190000 + below(4000) : eth);
		}
		for (uint32_t i = below(3); i > 0; i--)
			vault(w, (uint8_t)(1 + below(40)), 500 + below(2000),
			    500 + below(3000));
		close_at(w, w->now + 1 + below(below(20) == 0 ? 6000 : 900));
		if (w->is_asked && below(4) != 0)
			answer(w);
	}
	if (w->is_asked)
		answer(w);
}

static void
machine__agrees_with_an_independent_signer_over_random_lives(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 12; run++) {
		struct world *w = world_make(run % 3 == 0 ? "4" : "64");

		random_life(w, run);
		assert_int_equal(w->m->mismatches, 0);
		assert_true(w->attestations > 500);
		world_free(w);
	}
}

static void
machine__gives_the_same_outputs_for_the_same_inputs(void **state)
{
	struct world *a = world_make("64"), *b = world_make("64");

	(void)state;
	random_life(a, 77);
	random_life(b, 77);
	assert_true(b32_equal(&a->outputs_hash, &b->outputs_hash));
	assert_true(b32_equal(&a->m->inputs_hash, &b->m->inputs_hash));
	assert_false(b32_is_zero(&a->outputs_hash));
	world_free(a);
	world_free(b);
}

static void
machine_apply__refuses_what_is_out_of_its_tables(void **state)
{
	struct world *w = world_make("64");
	struct wire_tick t;
	struct wire_vault v;
	struct wire_close c;
	struct b32 before = w->m->inputs_hash;

	(void)state;
	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = 4;
	apply(w, &t, ERR_UNKNOWN);
	assert_false(b32_equal(&before, &w->m->inputs_hash));
	memset(&v, 0, sizeof(v));
	wire_head_set(&v.head, WIRE_VAULT);
	v.collateral_count = WIRE_LEGS + 1;
	apply(w, &v, ERR_LIMIT);
	v.collateral_count = 1;
	v.collateral_asset[0] = 2;	/* there are two assets, 0 and 1 */
	v.id.b[0] = 1;
	apply(w, &v, ERR_SYNTAX);
	v.collateral_asset[0] = 1;
	v.method = METHOD_STANDARD;
	apply(w, &v, ERR_UNKNOWN);
	assert_int_equal(w->m->book.vault_count, 0);
	close_at(w, START_MS + 10);
	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = START_MS + 9;
	apply(w, &c, ERR_STALE);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    machine_close__asks_nothing_before_the_signer_is_ready),
		cmocka_unit_test(
		    machine_close__signs_each_interval_and_at_once_on_a_crossing),
		cmocka_unit_test(
		    machine_close__signs_when_a_price_moved_beyond_the_share),
		cmocka_unit_test(
		    machine_close__makes_vaults_stale_where_a_price_is_refused),
		cmocka_unit_test(
		    machine_signed__with_another_digest_releases_nothing),
		cmocka_unit_test(
		    machine_rejected__asks_again_with_everything_that_was_refused),
		cmocka_unit_test(
		    machine_paused__takes_the_last_header_and_rests),
		cmocka_unit_test(
		    machine_status__refuses_for_the_head_and_the_rules),
		cmocka_unit_test(
		    machine_close__keeps_the_worst_where_the_tree_is_full),
		cmocka_unit_test(
		    machine__agrees_with_an_independent_signer_over_random_lives),
		cmocka_unit_test(
		    machine__gives_the_same_outputs_for_the_same_inputs),
		cmocka_unit_test(
		    machine_apply__refuses_what_is_out_of_its_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
