/* Vaults with positions in the machine: against margin_evaluate of a book kept
 * beside it, after every batch; what is put, replaced and refused; and the
 * position leaf and verdicts as a signer makes them anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "margin/portfolio_verdict.h"
#include "tests/allocations.h"
#include "tests/machine_world.h"
#include "tests/random.h"

#define VAULTS 48u
#define PORTFOLIOS 32u		/* rows of the machine */
#define BATCHES 800u
#define PERPS 2u
#define INSTRUMENTS 4u

static const char book_text[] =
    "{\"book\":\"world\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"factor\":\"ETH\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"0.5\"},"
    "{\"id\":\"WBTC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":8,\"price\":\"BTC\",\"factor\":\"BTC\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"0.5\"}],"
    "\"instruments\":["
    "{\"id\":\"ETH-PERP\",\"kind\":\"perp\",\"underlying\":\"ETH\","
    "\"initial_margin_fraction\":\"0.05\","
    "\"maintenance_margin_fraction\":\"0.03\"},"
    "{\"id\":\"BTC-PERP\",\"kind\":\"perp\",\"underlying\":\"BTC\","
    "\"inverse\":true,\"initial_margin_fraction\":\"0.05\","
    "\"maintenance_margin_fraction\":\"0.03\"},"
    "{\"id\":\"ETH-C\",\"kind\":\"option\",\"underlying\":\"ETH\","
    "\"right\":\"call\",\"strike\":\"2000\","
    "\"expiry\":\"2026-11-27T08:00:00Z\",\"settlement\":\"linear\"},"
    "{\"id\":\"BTC-P\",\"kind\":\"option\",\"underlying\":\"BTC\","
    "\"right\":\"put\",\"strike\":\"60000\","
    "\"expiry\":\"2026-11-27T08:00:00Z\",\"settlement\":\"linear\"}]}";

/* The book beside the machine: vaults by the order in which they were put. */
struct beside {
	struct portfolio *p;
	struct position *positions;
};

static struct world w;
static struct beside beside;
static const struct vault *said;	/* the last, until it is gone */

/* What a reader sees between two writes is a whole vault. */
static void
whole_check(void *arg, uint32_t slot, bool begins)
{
	struct vault v;
	uint32_t row;

	(void)arg;
	if (begins || !said || !portfolio_is(said) || vaults_get(&v,
	    &w.machine->vaults, slot) != ERR_OK ||
	    !b32_equal(&v.id, &said->id) || v.nonce != said->nonce)
		return;
	row = tables_portfolio_row(&w.machine->tables, slot);
	assert_int_not_equal(row, TABLES_NO_SLOT);
	assert_int_equal(w.machine->tables.portfolio[row].positions,
	    said->position_count);
}

static struct replay_life *
life_make(uint32_t portfolios)
{
	static const struct tables_guard guard = { .vault = whole_check };

	return world_life_of(book_text, INSTRUMENTS, portfolios, 128, &guard);
}

static int
setup(void **state)
{
	(void)state;
	seed = 23;
	world_take(&w, life_make(PORTFOLIOS));
	world_signer_ready(&w);
	beside.positions = calloc(portfolio_positions(64),
	    sizeof(struct position));
	MUST(beside.positions && portfolio_create(&beside.p, &w.life->book,
	    64, beside.positions) == ERR_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	portfolio_destroy(beside.p);
	free(beside.positions);
	world_end(&w);
	return 0;
}

/* ---- vaults -------------------------------------------------------------- */

static void
token_put(struct leg *legs, uint8_t *count, uint8_t asset, u128 amount)
{
	if (amount > 0)
		legs[(*count)++] = (struct leg){ .asset = asset,
			.amount = amount, .index = wad_one() };
}

static struct num18
contracts(int64_t milli)
{
	return num18_from_raw((i128)milli * (i128)(WAD_ONE_RAW / 1000));
}

/* Some ETH, some of its debt in BTC, and positions that can cost as much as
 * the ETH is worth. */
static void
vault_make(struct vault *v, struct position *p, uint8_t n,
    enum margin_method method, bool has_options)
{
	uint32_t kinds = has_options ? INSTRUMENTS : PERPS;

	memset(v, 0, sizeof(*v));
	v->id.b[0] = 0x70;
	v->id.b[31] = n;
	v->nonce = 1 + below(1000);
	v->block_number = 1 + below(1000);
	v->method = (uint8_t)method;
	token_put(v->collateral, &v->collateral_count, 0,
	    (u128)(1 + below(60)) * WAD_ONE_RAW);
	token_put(v->debt, &v->debt_count, 1, below(2) * below(10000000));
	for (uint16_t i = 0; i < kinds; i++) {
		int64_t most = i == 1 ? 40000000 : 120000;
		int64_t size = (int64_t)below((uint64_t)most) - most / 2;

		if (size == 0 || below(3) == 0)
			continue;
		p[v->position_count++] = (struct position){ .instrument = i,
			.size = contracts(i == 3 ? size / 30 : size),
			.entry = i >= PERPS ? px18_from_raw(0) : px18_from_raw(
			    (u128)(i == 0 ? 1900 + below(200) :
			    58000 + below(4000)) * WAD_ONE_RAW),
			.funding = usd18_from_raw((i128)below(100) *
			    (i128)WAD_ONE_RAW / 100) };
		if (i < PERPS && num18_is_zero(p[v->position_count - 1].size))
			v->position_count--;
	}
}

static enum err
vault_say(const struct vault *v, const struct position *p)
{
	union machine_message m;
	enum err e;

	machine_vault_message(&m, v, p);
	said = v;
	e = world_say(&w, &m);
	said = NULL;
	return e;
}

static void
vault_put(const struct vault *v, const struct position *p)
{
	uint32_t row;

	assert_int_equal(vault_say(v, p), ERR_OK);
	if (portfolio_is(v))
		assert_int_equal(portfolio_put(&row, beside.p, v, p), ERR_OK);
}

/* ---- the reference ------------------------------------------------------- */

static void
answer(void)
{
	struct dumb_answer a;

	if (dumb_sign(&a, &w.signer, &w.out, true))
		assert_int_equal(world_signed(&w, a.header.sequence,
		    &a.digest), ERR_OK);
}

static void
close_batch(void)
{
	world_close(&w);
	answer();
}

static uint32_t
slot_of(const struct vault *v)
{
	uint32_t slot;

	MUST(vaults_find(&slot, &w.machine->vaults, &v->id) == ERR_OK);
	return slot;
}

/* Every vault's state is that of an evaluation now. */
static void
states_check(unsigned *seen)
{
	struct book *b = &beside.p->book;

	portfolio_market(beside.p, &w.machine->market,
	    w.machine->book.accrual);
	for (uint32_t row = 0; row < b->vault_count; row++) {
		struct verdict d;
		uint32_t slot = slot_of(&b->vaults[row]);

		portfolio_verdict(&d, beside.p, row);
		assert_int_equal(w.machine->tables.state[slot], d.state);
		if (seen)
			seen[d.state]++;
		if (!verdict_is_in_tree(d.state))
			assert_int_equal(machine_verdict_slot(w.machine, slot),
			    MACHINE_NO_SLOT);
	}
}

/* The position leaf made anew from what was said. */
static void
leaf_check(const struct vault *v, const struct position *p)
{
	struct leg_word collateral[1], debt[1];
	struct position_word words[INSTRUMENTS];
	struct position_leaf l = { v->id, v->nonce, v->block_number,
		{ { 0 } } };
	struct b32 hash, leaf;

	MUST(v->collateral_count <= 1 && v->debt_count <= 1);
	for (size_t i = 0; i < v->collateral_count; i++)
		collateral[i] = (struct leg_word){ w.life->book.assets[
		    v->collateral[i].asset].id, v->collateral[i].amount };
	for (size_t i = 0; i < v->debt_count; i++)
		debt[i] = (struct leg_word){ w.life->book.assets[
		    v->debt[i].asset].id, v->debt[i].amount };
	for (uint32_t i = 0; i < v->position_count; i++) {
		uint32_t at = 0;
		struct b32 id = w.life->book.instruments[p[i].instrument].id;

		for (uint32_t k = 0; k < v->position_count; k++)
			at += b32_compare(&w.life->book.instruments[
			    p[k].instrument].id, &id) < 0;
		words[at] = (struct position_word){ id,
			num18_to_raw(p[i].size), px18_to_raw(p[i].entry),
			usd18_to_raw(p[i].funding) };
	}
	legs_hash(&l.legs_hash, &(struct legs_words){
		.collateral = collateral, .debt = debt, .positions = words,
		.collateral_count = v->collateral_count,
		.debt_count = v->debt_count,
		.position_count = v->position_count });
	position_leaf_hash(&hash, &l);
	leaf = merkle_leaf(&w.machine->positions, slot_of(v));
	assert_memory_equal(&leaf, &hash, sizeof(hash));
}

/* ---- tests --------------------------------------------------------------- */

static void
machine_portfolio__holds_what_an_evaluation_says_after_every_batch(
    void **state)
{
	static struct vault kept[VAULTS];
	static struct position positions[VAULTS][INSTRUMENTS];
	unsigned seen[AGGREGATE_STATES] = { 0 };
	uint64_t eth = 200000, btc = 6000000, named, batches = 0;

	(void)state;
	for (uint8_t i = 0; i < PORTFOLIOS; i++) {
		vault_make(&kept[i], positions[i], i, i % 2 == 0 ?
		    METHOD_STANDARD : METHOD_SCENARIO, i % 16 == 15);
		vault_put(&kept[i], positions[i]);
	}
	world_prices(&w, eth, btc);
	close_batch();
	states_check(NULL);
	for (uint32_t i = 0; i < PORTFOLIOS; i++)
		leaf_check(&kept[i], positions[i]);
	named = w.machine->portfolio_reach.named;
	for (unsigned i = 0; i < BATCHES; i++) {
		unsigned kind = (unsigned)below(100);

		w.now_ms += kind == 0 ? 61000 : 200;
		if (kind == 1) {		/* another vault in its place */
			uint8_t n = (uint8_t)below(PORTFOLIOS);

			vault_make(&kept[n], positions[n], n, below(2) == 0 ?
			    METHOD_STANDARD : METHOD_SCENARIO, false);
			vault_put(&kept[n], positions[n]);
		}
		/* 1 bp, or a shock of 3 %; kind 3: nobody speaks. */
		eth = eth * (kind == 2 ? 9700 + below(600) : 9999 + below(3)) /
		    10000;
		btc = btc * (kind == 2 ? 9700 + below(600) : 9999 + below(3)) /
		    10000;
		if (eth < 100000 || eth > 400000)
			eth = 200000;
		if (btc < 3000000 || btc > 9000000)
			btc = 6000000;
		if (kind == 3)
			w.now_ms += 4000;
		else
			world_prices(&w, eth, btc);
		close_batch();
		states_check(seen);
		batches++;
	}
	named = w.machine->portfolio_reach.named - named;
	for (unsigned i = 0; i < AGGREGATE_STATES; i++)
		if (seen[i] > 0)
			print_message("%s: %u\n", vault_state_name(i), seen[i]);
	print_message("%u batches: %.2f of %u vaults named each\n", BATCHES,
	    (double)named / (double)batches, PORTFOLIOS);
	assert_true(seen[STATE_HEALTHY] > 0 && seen[STATE_RESTRICTED] > 0 &&
	    seen[STATE_LIQUIDATABLE] > 0 && seen[STATE_STALE] > 0);
	/* Not all of them are looked at each time. */
	assert_true(named < batches * PORTFOLIOS * 9 / 10);
}

static void
machine_portfolio__stands_in_the_verdict_tree_by_its_method(void **state)
{
	struct position p[INSTRUMENTS];
	const struct verdict_leaf *leaf;
	struct vault v;
	uint32_t at;

	(void)state;
	vault_make(&v, p, 1, METHOD_STANDARD, false);
	v.collateral[0].amount = WAD_ONE_RAW;
	v.debt_count = 0;
	v.position_count = 1;
	p[0] = (struct position){ .instrument = 0, .size = contracts(20000),
		.entry = px18_from_raw(2000 * WAD_ONE_RAW) };
	vault_put(&v, p);
	world_prices(&w, 200000, 6000000);
	close_batch();
	/* 20 ETH long on 1 ETH: 40,000 USD at 3 % is 1,200 of 1,650. */
	assert_int_equal(w.machine->tables.state[slot_of(&v)],
	    STATE_RESTRICTED);
	w.now_ms += 200;
	world_prices(&w, 190000, 6000000);	/* 2,000 USD lost */
	close_batch();
	at = machine_verdict_slot(w.machine, slot_of(&v));
	assert_int_not_equal(at, MACHINE_NO_SLOT);
	leaf = &w.machine->tables.leaf[at];
	assert_int_equal(leaf->state, STATE_LIQUIDATABLE);
	assert_int_equal(leaf->method, METHOD_STANDARD);
	assert_true(leaf->maintenance_excess < 0);
	assert_true(leaf->liquidation_price == 0 && leaf->max_repay == 0);
}

static void
machine_portfolio__refuses_by_name_and_changes_nothing(void **state)
{
	struct position p[INSTRUMENTS];
	union machine_message m;
	struct vault v;
	struct b32 root, before;

	(void)state;
	vault_make(&v, p, 1, METHOD_STANDARD, false);
	v.position_count = 2;
	p[0] = (struct position){ .instrument = 0, .size = contracts(1) };
	p[1] = (struct position){ .instrument = 1, .size = contracts(1) };
	vault_put(&v, p);
	world_prices(&w, 200000, 6000000);
	close_batch();
	merkle_root(&before, &w.machine->positions);

	p[1].instrument = 0;				/* not ascending */
	assert_int_equal(vault_say(&v, p), ERR_SYNTAX);
	p[1].instrument = INSTRUMENTS;			/* none such */
	assert_int_equal(vault_say(&v, p), ERR_UNKNOWN);
	p[1].instrument = 1;
	p[1].size = contracts(0);			/* nothing */
	assert_int_equal(vault_say(&v, p), ERR_SYNTAX);
	p[1].size = contracts(1);
	v.method = METHOD_VAR;				/* another method */
	assert_int_equal(vault_say(&v, p), ERR_UNKNOWN);
	v.method = METHOD_STANDARD;
	machine_vault_message(&m, &v, p);
	m.portfolio.position_count = WIRE_POSITIONS + 1;
	assert_int_equal(world_say(&w, &m), ERR_LIMIT);
	machine_vault_message(&m, &v, p);
	m.portfolio.vault.method = METHOD_RATIO;	/* has its own type */
	assert_int_equal(world_say(&w, &m), ERR_UNKNOWN);
	machine_vault_message(&m, &v, p);
	m.portfolio.vault.collateral_asset[0] = 9;
	assert_int_equal(world_say(&w, &m), ERR_SYNTAX);
	close_batch();
	merkle_root(&root, &w.machine->positions);
	assert_memory_equal(&root, &before, sizeof(root));
	states_check(NULL);
}

static void
machine_portfolio__ends_where_its_rows_end(void **state)
{
	struct position p[INSTRUMENTS];
	struct vault v;

	(void)state;
	for (uint8_t i = 0; i < PORTFOLIOS; i++) {
		vault_make(&v, p, i, METHOD_STANDARD, false);
		vault_put(&v, p);
	}
	vault_make(&v, p, PORTFOLIOS, METHOD_STANDARD, false);
	assert_int_equal(vault_say(&v, p), ERR_LIMIT);
	/* Of tokens alone there is room. */
	v.method = METHOD_RATIO;
	v.position_count = 0;
	vault_put(&v, p);
	vault_make(&v, p, 0, METHOD_SCENARIO, false);	/* its own row */
	vault_put(&v, p);
	world_prices(&w, 200000, 6000000);
	close_batch();
	states_check(NULL);
	assert_int_equal(vaults_used(&w.machine->vaults), PORTFOLIOS + 1);
}

/* The inputs of a crash once more, through a machine of their own. */
static void
machine_portfolio__allocates_nothing(void **state)
{
	struct position p[INSTRUMENTS];
	struct replay_life *life;
	struct machine_output o = { world_emit, &w.out };
	struct vault v;

	(void)state;
#ifdef CANNOT_COUNT
	skip();
#endif
	for (unsigned i = 0; i < 60; i++) {
		vault_make(&v, p, (uint8_t)(i % 20), METHOD_SCENARIO, false);
		vault_put(&v, p);
		w.now_ms += i % 20 == 19 ? 5500 : 500;
		world_prices(&w, 200000 - i * 1000, 6000000);
		close_batch();
	}
	life = life_make(PORTFOLIOS);
	allocations = 0;
	for (size_t at = 0; at < w.inputs_len;) {
		static _Alignas(16) uint8_t message[WIRE_SIZE_MAX];
		struct wire_head head;

		memcpy(&head, w.inputs + at, sizeof(head));
		memcpy(message, w.inputs + at, head.size);
		w.out.len = 0;
		(void)!machine_apply(life->machine, message, &o);
		at += head.size;
	}
	assert_int_equal(allocations, 0);
	assert_true(life->machine->slots.used > 0);
	assert_memory_equal(&life->machine->last, &w.machine->last,
	    sizeof(w.machine->last));
	replay_life_close(life);
}

/* Each costs as much as a hundred others: new ones begin a few at a time. */
static void
machine_portfolio__begins_a_few_at_a_time(void **state)
{
	struct position p = { .instrument = 0, .size = contracts(1),
		.entry = px18_from_raw(2000 * WAD_ONE_RAW) };
	struct vault v;

	(void)state;
	world_end(&w);
	world_take(&w, life_make(128));
	world_signer_ready(&w);
	for (uint8_t i = 0; i < 100; i++) {
		struct position unused[INSTRUMENTS];

		vault_make(&v, unused, i, METHOD_STANDARD, false);
		v.debt_count = 0;
		v.position_count = 1;
		assert_int_equal(vault_say(&v, &p), ERR_OK);
	}
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(w.machine->aggregate.vaults, 64);
	w.now_ms += 200;
	close_batch();
	assert_int_equal(w.machine->aggregate.vaults, 100);
	w.now_ms += 200;
	close_batch();
	assert_int_equal(w.machine->evaluations, 100);
}

/* A vault that gives its positions up is one of tokens, and the other way. */
static void
machine_portfolio__becomes_linear_and_comes_back(void **state)
{
	struct position p[INSTRUMENTS];
	struct vault v, tokens;
	struct verdict d;
	uint32_t slot;

	(void)state;
	vault_make(&v, p, 3, METHOD_SCENARIO, false);
	vault_put(&v, p);
	world_prices(&w, 200000, 6000000);
	close_batch();
	slot = slot_of(&v);
	states_check(NULL);
	tokens = v;
	tokens.method = METHOD_RATIO;
	tokens.position_count = 0;
	vault_put(&tokens, NULL);
	for (unsigned i = 0; i < 50; i++) {
		w.now_ms += 200;
		world_prices(&w, 200000 - i * 3000, 6000000);
		close_batch();
		verdict_from_vault(&d, &w.machine->book, &tokens,
		    &w.machine->market);
		assert_int_equal(w.machine->tables.state[slot], d.state);
	}
	leaf_check(&tokens, NULL);
	vault_put(&v, p);
	w.now_ms += 200;
	close_batch();
	assert_int_equal(slot_of(&v), slot);
	states_check(NULL);
	leaf_check(&v, p);
}

/* ---- hostile figures ----------------------------------------------------- */

/* Of any size, or at an end of what fits. */
static u128
wild(void)
{
	u128 any = (u128)random64() << 64 | random64();

	switch (below(8)) {
	case 0: return U128_MAX;
	case 1: return (u128)1 << 127;
	case 2: return ((u128)1 << 127) - 1;
	case 3: return 0;
	case 4: return 1;
	case 5: return WAD_ONE_RAW;
	default: return any >> below(128);
	}
}

static void
wild_legs(uint8_t *count, uint8_t *asset, struct wire_u128 *amount,
    struct wire_u128 *index)
{
	*count = (uint8_t)below(3);
	for (uint8_t i = 0; i < *count; i++) {
		asset[i] = *count == 2 ? i : (uint8_t)below(2);
		amount[i] = wire_from_u128(wild());
		if (index)
			index[i] = wire_from_u128(wild());
	}
}

static void
wild_portfolio(struct wire_portfolio *m)
{
	struct wire_vault *v = &m->vault;

	memset(m, 0, sizeof(*m));
	wire_head_set(&m->head, WIRE_PORTFOLIO);
	v->id.b[0] = 0x70;	/* zero is nobody's id */
	v->id.b[31] = (uint8_t)below(PORTFOLIOS);
	v->method = (uint8_t)(below(2) == 0 ? METHOD_STANDARD :
	    METHOD_SCENARIO);
	wild_legs(&v->collateral_count, v->collateral_asset,
	    v->collateral_amount, NULL);
	wild_legs(&v->debt_count, v->debt_asset, v->debt_amount,
	    v->debt_index);
	for (uint16_t i = 0; i < INSTRUMENTS; i++) {
		uint32_t n = m->position_count;

		if (below(2) == 0)
			continue;
		m->instrument[n] = i;
		m->size[n] = wire_from_u128(wild());
		m->entry[n] = wire_from_u128(wild());
		m->funding[n] = wire_from_u128(wild());
		m->position_count++;
	}
}

static void
machine_portfolio__holds_whatever_figures_come(void **state)
{
	unsigned taken = 0;

	(void)state;
	world_prices(&w, 200000, 6000000);
	for (unsigned i = 0; i < 4000; i++) {
		struct wire_portfolio m;

		wild_portfolio(&m);
		taken += world_say(&w, &m) == ERR_OK;
		if (i % 8 != 0)
			continue;
		w.now_ms += 200;
		world_prices(&w, 100000 + below(200000),
		    3000000 + below(6000000));
		close_batch();
	}
	print_message("%u taken\n", taken);
	assert_true(taken > 100);
}

/* As the api has it: the prices are whatever lies on a board. */
static void
machine_portfolio__values_at_whatever_prices(void **state)
{
	struct market market = { .count = 2 };
	struct position p[INSTRUMENTS];
	struct wad accrual[BOOK_ASSETS_MAX];
	struct vault v;

	(void)state;
	for (uint8_t i = 0; i < PORTFOLIOS; i++) {
		uint32_t row;

		vault_make(&v, p, i, i % 2 == 0 ? METHOD_STANDARD :
		    METHOD_SCENARIO, i % 4 == 3);
		assert_int_equal(portfolio_put(&row, beside.p, &v, p), ERR_OK);
	}
	for (unsigned i = 0; i < 4000; i++) {
		struct verdict d;

		for (size_t k = 0; k < BOOK_ASSETS_MAX; k++) {
			u128 raw = wild();

			accrual[k] = wad_from_raw(raw < WAD_ONE_RAW ?
			    WAD_ONE_RAW : raw);
		}
		for (size_t k = 0; k < 2; k++)
			market.asset[k].price = (struct price){
				.mid = px18_from_raw(wild()),
				.low = px18_from_raw(wild()),
				.high = px18_from_raw(wild()),
				.status = (enum price_status)below(3),
				.reason = REASON_BAND };
		market.as_of_ms = below(2) == 0 ? w.now_ms : (uint64_t)wild();
		portfolio_market(beside.p, &market, accrual);
		for (uint32_t row = 0; row < PORTFOLIOS; row++)
			portfolio_verdict(&d, beside.p, row);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(machine_portfolio__holds_what_an_evaluation_says_after_every_batch),
		CASE(machine_portfolio__stands_in_the_verdict_tree_by_its_method),
		CASE(machine_portfolio__refuses_by_name_and_changes_nothing),
		CASE(machine_portfolio__ends_where_its_rows_end),
		CASE(machine_portfolio__allocates_nothing),
		CASE(machine_portfolio__begins_a_few_at_a_time),
		CASE(machine_portfolio__becomes_linear_and_comes_back),
		CASE(machine_portfolio__holds_whatever_figures_come),
		CASE(machine_portfolio__values_at_whatever_prices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
