/* Forwards, volatilities and marks in the machine: every vault's state against
 * an evaluation in a market made anew from what was said; what is refused, what
 * leaves and when; the same outputs once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "margin/option.h"
#include "margin/surface.h"
#include "oracle/board.h"
#include "tests/allocations.h"
#include "tests/machine_world.h"
#include "tests/random.h"

#define VAULTS 24u
#define BATCHES 600u
#define EXPIRIES 3u
#define INSTRUMENTS 10u
#define FIRST_OPTION 4u
#define AGE_MAX 30000u
#define DAY_MS UINT64_C(86400000)

static const uint64_t expiry[EXPIRIES] = { UINT64_C(1795248000000),
	UINT64_C(1795766400000), UINT64_C(1798185600000) };

#define OPTION(id, right, strike, at) "{\"id\":\"" id "\",\"kind\":\"option\"," \
	"\"underlying\":\"ETH\",\"right\":\"" right "\",\"strike\":\"" strike \
	"\",\"expiry\":\"" at "\",\"settlement\":\"linear\"}"
#define PERP(id, on) "{\"id\":\"" id "\",\"kind\":\"perp\",\"underlying\":\"" on \
	"\",\"initial_margin_fraction\":\"0.05\"," \
	"\"maintenance_margin_fraction\":\"0.03\"}"
#define FUTURE(id, on, at) "{\"id\":\"" id "\",\"kind\":\"future\"," \
	"\"underlying\":\"" on "\",\"expiry\":\"" at "\"," \
	"\"initial_margin_fraction\":\"0.05\"," \
	"\"maintenance_margin_fraction\":\"0.03\"}"
static const char book_text[] =
    "{\"book\":\"world\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"factor\":\"ETH\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"0.5\"},"
    "{\"id\":\"WBTC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":8,\"price\":\"BTC\",\"factor\":\"BTC\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"0.5\"}],"
    "\"instruments\":["
    PERP("ETH-PERP", "ETH") "," PERP("BTC-PERP", "BTC") ","
    FUTURE("ETH-NOV", "ETH", "2026-11-27T08:00:00Z") ","
    FUTURE("ETH-DEC", "ETH", "2026-12-25T08:00:00Z") ","
    OPTION("ETH-C1", "call", "2000", "2026-11-21T08:00:00Z") ","
    OPTION("ETH-P1", "put", "1900", "2026-11-21T08:00:00Z") ","
    OPTION("ETH-C2", "call", "2100", "2026-11-27T08:00:00Z") ","
    OPTION("ETH-P2", "put", "1800", "2026-11-27T08:00:00Z") ","
    OPTION("ETH-C3", "call", "2400", "2026-12-10T08:00:00Z") ","
    OPTION("ETH-P3", "put", "1500", "2026-12-25T08:00:00Z") "]}";

/* What was said last of each, and taken. */
struct said {
	struct wire_forward forward[EXPIRIES];
	struct wire_slice slice[EXPIRIES];
	struct wire_mark mark[INSTRUMENTS];
};

static struct world w;
static struct portfolio *beside;
static struct position *places;
static struct said said;

static struct replay_life *
life_make(void)
{
	return world_life_of(book_text, INSTRUMENTS, 32, 0, NULL);
}

static int
setup(void **state)
{
	(void)state;
	seed = 41;
	memset(&said, 0, sizeof(said));
	world_take(&w, life_make());
	world_signer_ready(&w);
	places = calloc(portfolio_positions(32), sizeof(struct position));
	MUST(places && portfolio_create(&beside, &w.life->book, 32, places) ==
	    ERR_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	portfolio_destroy(beside);
	free(places);
	world_end(&w);
	return 0;
}

/* ---- messages ------------------------------------------------------------ */

static struct wire_u128
number(double v)
{
	return wire_from_u128((u128)(i128)(v * 1e18));
}

static struct wire_forward
forward_make(unsigned i, double price)
{
	struct wire_forward m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_FORWARD);
	m.unit = 1;
	m.expiry_ms = expiry[i];
	m.as_of_ms = w.now_ms;
	m.price = number(price);
	m.confidence = number(0.9);
	return m;
}

/* A smile around `vol` that is higher for each later expiry. */
static struct wire_slice
slice_make(unsigned i, double vol)
{
	double theta = vol * vol * (double)(expiry[i] - w.now_ms) /
	    (365. * (double)DAY_MS), root = sqrt(theta);
	struct wire_slice m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_SLICE);
	m.unit = 1;
	m.expiry_ms = expiry[i];
	m.as_of_ms = w.now_ms;
	m.a = number(0.8 * theta);
	m.b = number(0.2 * root);
	m.rho = number(-0.3);
	m.sigma = number(root);
	m.forward = number(2000);
	m.confidence = number(0.8);
	m.error = number(0.004);
	return m;
}

static struct wire_mark
mark_make(uint16_t i, double price)
{
	struct wire_mark m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_MARK);
	m.instrument = i;
	m.has_mark = m.has_interest = 1;
	m.exchange_ms = m.recv_ms = w.now_ms;
	m.mark = number(price);
	m.interest = number(5e6);
	return m;
}

static void
forward_say(unsigned i, double price)
{
	said.forward[i] = forward_make(i, price);
	assert_int_equal(world_say(&w, &said.forward[i]), ERR_OK);
}

static void
slice_say(unsigned i, double vol)
{
	said.slice[i] = slice_make(i, vol);
	assert_int_equal(world_say(&w, &said.slice[i]), ERR_OK);
}

static void
mark_say(uint16_t i, double price)
{
	said.mark[i] = mark_make(i, price);
	assert_int_equal(world_say(&w, &said.mark[i]), ERR_OK);
}

/* ---- the reference ------------------------------------------------------- */

static bool
counts(uint64_t as_of_ms, uint64_t expiry_ms)
{
	return as_of_ms != 0 && as_of_ms + AGE_MAX >= w.now_ms &&
	    expiry_ms > w.now_ms;
}

/* Within 30 % of its index price. */
static bool
is_near(struct wire_u128 price, unsigned factor)
{
	const struct price *index = &w.machine->prices.price[factor + 1];
	u128 p = wire_to_u128(price), mid = px18_to_raw(index->mid);

	return index->status != PRICE_REFUSED && 10 * p >= 7 * mid &&
	    10 * p <= 13 * mid;
}

static struct num18
num_of(struct wire_u128 v)
{
	return num18_from_raw((i128)wire_to_u128(v));
}

static void
slice_put(struct market_factor *f, const struct wire_slice *s)
{
	f->slice[f->slice_count++] = (struct market_slice){
		.expiry_ms = s->expiry_ms,
		.svi = { num_of(s->a), num_of(s->b), num_of(s->rho),
		    num_of(s->m), num_of(s->sigma),
		    px18_from_raw(wire_to_u128(s->forward)),
		    option_tau(s->expiry_ms - s->as_of_ms) },
		.confidence = num_of(s->confidence) };
}

static void
terms_make(struct market_terms *t)
{
	struct market_factor *f = &t->factor[0];

	memset(t, 0, sizeof(*t));
	for (unsigned i = 0; i < EXPIRIES; i++) {
		const struct wire_forward *m = &said.forward[i];

		if (counts(m->as_of_ms, m->expiry_ms) && is_near(m->price, 0))
			f->forward[f->forward_count++] =
			    (struct market_forward){ .expiry_ms = m->expiry_ms,
				.price = px18_from_raw(wire_to_u128(m->price)),
				.confidence = num_of(m->confidence) };
		if (counts(said.slice[i].as_of_ms, said.slice[i].expiry_ms) &&
		    is_near(said.slice[i].forward, 0))
			slice_put(f, &said.slice[i]);
	}
	for (unsigned i = 0; i < INSTRUMENTS; i++)
		if (counts(said.mark[i].exchange_ms, UINT64_MAX))
			t->mark[i] = (struct market_mark){
				is_near(said.mark[i].mark, i == 1), true,
				px18_from_raw(wire_to_u128(said.mark[i].mark)),
				usd18_from_raw((i128)wire_to_u128(
				said.mark[i].interest)) };
}

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

static enum vault_state
state_of(const struct vault *v)
{
	uint32_t slot;

	MUST(vaults_find(&slot, &w.machine->vaults, &v->id) == ERR_OK);
	return w.machine->tables.state[slot];
}

static void
states_check(unsigned *seen)
{
	struct book *b = &beside->book;

	terms_make(&beside->terms);
	portfolio_market(beside, &w.machine->market, w.machine->book.accrual);
	for (uint32_t row = 0; row < b->vault_count; row++) {
		struct verdict d;

		portfolio_verdict(&d, beside, row);
		assert_int_equal(state_of(&b->vaults[row]), d.state);
		if (seen)
			seen[d.state]++;
	}
}

/* ---- vaults -------------------------------------------------------------- */

static void
vault_put(const struct vault *v, const struct position *p)
{
	union machine_message m;
	uint32_t row;

	machine_vault_message(&m, v, p);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	assert_int_equal(portfolio_put(&row, beside, v, p), ERR_OK);
}

/* ETH, and positions that may cost as much. */
static void
vault_make(struct vault *v, struct position *p, uint8_t n)
{
	memset(v, 0, sizeof(*v));
	v->id.b[0] = 0x70;
	v->id.b[31] = n;
	v->nonce = v->block_number = 1;
	v->method = n % 2 == 0 ? METHOD_STANDARD : METHOD_SCENARIO;
	v->collateral_count = 1;
	v->collateral[0] = (struct leg){ .asset = 0, .index = wad_one(),
		.amount = (u128)(2 + below(14)) * WAD_ONE_RAW };
	for (uint16_t i = 0; i < INSTRUMENTS; i++) {
		int64_t milli = (int64_t)below(60000) - 30000;

		if (i == 1 || milli == 0 || below(2) == 0)
			continue;
		p[v->position_count++] = (struct position){ .instrument = i,
			.size = num18_from_raw((i128)milli *
			    (i128)(WAD_ONE_RAW / 1000)),
			.entry = px18_from_raw(i >= FIRST_OPTION ? 0 :
			    (u128)(1900 + below(200)) * WAD_ONE_RAW) };
	}
}

static struct vault
call_holder(void)
{
	const struct position p = { .instrument = FIRST_OPTION + 2,
		.size = num18_from_raw((i128)WAD_ONE_RAW) };
	struct vault v;
	struct position unused[INSTRUMENTS];

	vault_make(&v, unused, 9);
	v.position_count = 1;
	vault_put(&v, &p);
	return v;
}

/* Bytes between the fields are nobody's. */
static void
marks_equal(const struct market_mark *a, const struct market_mark *b)
{
	assert_int_equal(a->has_mark, b->has_mark);
	assert_int_equal(a->has_open_interest, b->has_open_interest);
	assert_memory_equal(&a->mark, &b->mark, sizeof(a->mark));
	assert_memory_equal(&a->open_interest, &b->open_interest,
	    sizeof(a->open_interest));
}

static void
slices_equal(const struct market_slice *a, const struct market_slice *b)
{
	assert_int_equal(a->expiry_ms, b->expiry_ms);
	assert_int_equal(a->is_flat, b->is_flat);
	assert_memory_equal(&a->vol, &b->vol, sizeof(a->vol));
	assert_memory_equal(&a->svi, &b->svi, sizeof(a->svi));
	assert_memory_equal(&a->confidence, &b->confidence,
	    sizeof(a->confidence));
}

static void
forwards_equal(const struct market_forward *a, const struct market_forward *b)
{
	assert_int_equal(a->expiry_ms, b->expiry_ms);
	assert_memory_equal(&a->price, &b->price, sizeof(a->price));
	assert_int_equal(a->has_fixed, b->has_fixed);
	assert_memory_equal(&a->fixed, &b->fixed, sizeof(a->fixed));
	assert_memory_equal(&a->confidence, &b->confidence,
	    sizeof(a->confidence));
}

/* ---- tests --------------------------------------------------------------- */

static void
terms_move(double eth, double vol[EXPIRIES])
{
	for (unsigned i = 0; i < EXPIRIES; i++) {
		vol[i] *= 1 + ((double)below(2001) - 1000) / 1e5 *
		    (below(40) == 0 ? 8 : 1);
		if (vol[i] < 0.5 + 0.02 * i || vol[i] > 0.8 + 0.02 * i)
			vol[i] = 0.6 + 0.02 * i;
	}
	for (unsigned i = 0; i < EXPIRIES; i++) {
		if (below(3) == 0 && expiry[i] > w.now_ms)
			forward_say(i, eth * (1.001 + 0.002 * i));
		if (below(3) == 0 && expiry[i] > w.now_ms)
			slice_say(i, vol[i]);
	}
	for (uint16_t i = 0; i < FIRST_OPTION; i++)
		if (i != 1 && below(3) == 0)
			mark_say(i, eth * (1 + ((double)below(200) - 100) /
			    1e5));
}

static void
machine_surface__holds_what_an_evaluation_says_after_every_batch(void **state)
{
	unsigned seen[AGGREGATE_STATES] = { 0 };
	double eth = 2000, vol[EXPIRIES] = { 0.6, 0.62, 0.64 };
	uint64_t named;

	(void)state;
	for (uint8_t i = 0; i < VAULTS; i++) {
		struct position p[INSTRUMENTS];
		struct vault v;

		vault_make(&v, p, i);
		vault_put(&v, p);
	}
	world_prices(&w, 200000, 6000000);
	close_batch();
	states_check(NULL);
	named = w.machine->portfolio_reach.named;
	for (unsigned i = 0; i < BATCHES; i++) {
		unsigned kind = (unsigned)below(100);

		/* Kind 0: nothing is said for a minute; towards the end the
		 * first expiry passes. */
		w.now_ms += kind == 0 ? 61000 : i == BATCHES - 60 ?
		    expiry[0] - w.now_ms - 2000 : 200;
		eth *= 1 + ((double)below(2001) - 1000) / (kind == 1 ? 3e4 :
		    1e7);
		if (eth < 1200 || eth > 3000)
			eth = 2000;
		world_prices(&w, (uint64_t)(eth * 100), 6000000);
		close_batch();	/* the machine's clock is a CLOSE's */
		if (kind < 60)
			terms_move(eth, vol);
		close_batch();
		states_check(seen);
	}
	named = w.machine->portfolio_reach.named - named;
	for (unsigned i = 0; i < AGGREGATE_STATES; i++)
		if (seen[i] > 0)
			print_message("%s: %u\n", vault_state_name(i), seen[i]);
	print_message("%u batches: %.2f of %u vaults named each\n", BATCHES,
	    (double)named / BATCHES, VAULTS);
	assert_true(seen[STATE_HEALTHY] > 0 && seen[STATE_RESTRICTED] > 0 &&
	    seen[STATE_LIQUIDATABLE] > 0 && seen[STATE_STALE] > 0 &&
	    seen[STATE_PENDING] > 0);
	assert_true(named < BATCHES * VAULTS * 9 / 10);
	assert_int_equal(w.machine->terms->refused[SURFACE_CALENDAR], 0);
}

/* Without a surface an option has no price; with one it has; and again. */
static void
machine_surface__prices_options_while_a_slice_is_fresh(void **state)
{
	struct vault v = call_holder();

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(state_of(&v), STATE_STALE);
	slice_say(1, 0.6);
	close_batch();
	assert_int_equal(state_of(&v), STATE_HEALTHY);
	w.now_ms += AGE_MAX;			/* the last millisecond */
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(state_of(&v), STATE_HEALTHY);
	w.now_ms++;
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(state_of(&v), STATE_STALE);
	assert_int_equal(w.machine->terms->unit[1].count, 0);
	states_check(NULL);
}

/* What comes while the index is refused, and what the index goes away from. */
static void
machine_surface__counts_only_near_an_index(void **state)
{
	const struct market_terms *t = &w.machine->portfolio->terms;
	struct vault v = call_holder();

	(void)state;
	forward_say(1, 2000000);
	mark_say(0, 2000000);
	slice_say(1, 0.6);
	close_batch();
	assert_int_equal(t->factor[0].forward_count, 0);
	assert_int_equal(t->factor[0].slice_count, 0);
	assert_false(t->mark[0].has_mark);
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(t->factor[0].forward_count, 0);
	assert_int_equal(t->factor[0].slice_count, 1);
	assert_false(t->mark[0].has_mark);
	assert_int_equal(state_of(&v), STATE_HEALTHY);
	states_check(NULL);
	w.now_ms += 200;
	forward_say(1, 2000);
	mark_say(0, 2000);
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(t->factor[0].forward_count, 1);
	assert_true(t->mark[0].has_mark);
	w.now_ms += 200;			/* half of it is gone */
	world_prices(&w, 100000, 6000000);
	close_batch();
	assert_int_equal(t->factor[0].forward_count, 0);
	assert_int_equal(t->factor[0].slice_count, 0);
	assert_false(t->mark[0].has_mark);
	assert_int_equal(state_of(&v), STATE_STALE);
	states_check(NULL);
	w.now_ms += 200;
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(t->factor[0].forward_count, 1);
	assert_int_equal(t->factor[0].slice_count, 1);
	assert_true(t->mark[0].has_mark);
	states_check(NULL);
}

static void
machine_surface__takes_away_what_is_withdrawn(void **state)
{
	struct vault v = call_holder();
	struct wire_slice none;

	(void)state;
	slice_say(1, 0.6);
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(state_of(&v), STATE_HEALTHY);
	none = slice_make(1, 0.6);
	none.a = none.b = none.rho = none.m = none.sigma = number(0);
	assert_int_equal(world_say(&w, &none), ERR_OK);
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(state_of(&v), STATE_STALE);
}

static void
machine_surface__drops_an_offer_that_grows_old_in_its_batch(void **state)
{
	struct wire_slice m;

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m = slice_make(1, 0.6);
	m.as_of_ms = w.now_ms - AGE_MAX;	/* the last millisecond */
	assert_int_equal(world_say(&w, &m), ERR_OK);
	w.now_ms++;
	close_batch();
	assert_int_equal(w.machine->terms->taken, 0);
	assert_int_equal(w.machine->terms->unit[1].count, 0);
}

/* A volatility keeps still between two messages, whatever the clock says. */
static void
machine_surface__keeps_the_volatility_between_messages(void **state)
{
	const struct market_factor *f;
	struct num18 vol, later, confidence;

	(void)state;
	slice_say(0, 0.6);
	world_prices(&w, 200000, 6000000);
	close_batch();
	f = &w.machine->portfolio->terms.factor[0];
	assert_int_equal(surface_vol(&vol, &confidence, f,
	    px18_from_raw(1900 * WAD_ONE_RAW), expiry[0], w.now_ms), ERR_OK);
	w.now_ms += 20000;
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_int_equal(surface_vol(&later, &confidence, f,
	    px18_from_raw(1900 * WAD_ONE_RAW), expiry[0], w.now_ms), ERR_OK);
	assert_int_equal(num18_compare(vol, later), 0);
	assert_true(num18_to_raw(vol) > (i128)WAD_ONE_RAW / 2);
}

/* All slices of a surface that rises come in any order. */
static void
machine_surface__judges_a_batch_as_one(void **state)
{
	(void)state;
	world_prices(&w, 200000, 6000000);
	for (unsigned i = 0; i < EXPIRIES; i++)
		slice_say(i, 0.5);
	close_batch();
	w.now_ms += 200;
	world_prices(&w, 200000, 6000000);
	for (unsigned i = 0; i < EXPIRIES; i++)
		slice_say(i, 4.0);	/* the first above all old ones */
	close_batch();
	assert_int_equal(w.machine->terms->refused[SURFACE_CALENDAR], 0);
	assert_int_equal(w.machine->terms->taken, 2 * EXPIRIES);
}

static void
machine_surface__drops_one_that_crosses_and_keeps_the_last(void **state)
{
	const struct market_factor *f;
	struct market_slice before;
	struct wire_slice m;

	(void)state;
	world_prices(&w, 200000, 6000000);
	for (unsigned i = 0; i < EXPIRIES; i++)
		slice_say(i, 0.5);
	close_batch();
	f = &w.machine->portfolio->terms.factor[0];
	before = f->slice[0];
	w.now_ms += 200;
	world_prices(&w, 200000, 6000000);
	m = slice_make(0, 2.5);		/* above the second one's variance */
	assert_int_equal(world_say(&w, &m), ERR_OK);
	close_batch();
	assert_int_equal(w.machine->terms->refused[SURFACE_CALENDAR], 1);
	slices_equal(&f->slice[0], &before);
	/* Of two offered, the less sure one. */
	w.now_ms += 200;
	world_prices(&w, 200000, 6000000);
	m = slice_make(0, 2.5);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	m = slice_make(1, 0.5);
	m.confidence = number(0.7);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	close_batch();
	/* Then the first one alone crosses what stays of the second. */
	assert_int_equal(w.machine->terms->refused[SURFACE_CALENDAR], 3);
	slices_equal(&f->slice[0], &before);
	assert_int_equal(w.machine->terms->taken, EXPIRIES);
}

static void
machine_surface__refuses_a_slice_by_name(void **state)
{
	const struct wire_slice good = (slice_make(1, 0.6));
	struct wire_slice m = good;

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m.unit = 9;
	assert_int_equal(world_say(&w, &m), ERR_UNKNOWN);
	m = good;
	m.as_of_ms = 0;
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	m.as_of_ms = w.now_ms - AGE_MAX - 1;
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	m.as_of_ms = w.now_ms + PRICES_SKEW_MAX_MS + 1;
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	m = good;
	m.expiry_ms = w.now_ms;
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	m = good;
	m.sigma = number(0.00009);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	assert_int_equal(w.machine->terms->refused[SURFACE_RANGE], 1);
	m = good;
	m.b = number(1.6);
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	assert_int_equal(w.machine->terms->refused[SURFACE_WINGS], 1);
	m = good;
	m.a = number(-0.01);
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	assert_int_equal(w.machine->terms->refused[SURFACE_VARIANCE], 1);
	m = good;
	m.b = number(0.4);
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	assert_int_equal(w.machine->terms->refused[SURFACE_BUTTERFLY], 1);
	m = good;
	m.confidence = number(1.01);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	m = good;
	m.error = number(0.0201);			/* 2 % is the most */
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	m = good;
	m.forward = number(2601);			/* 30 % */
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	assert_int_equal(w.machine->terms->unit[1].count, 0);
	m.forward = number(2599);
	m.error = number(0.0199);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	m.as_of_ms--;					/* an older one */
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	close_batch();
	assert_int_equal(w.machine->terms->taken, 1);
}

static void
machine_surface__refuses_a_forward_by_name(void **state)
{
	struct wire_forward m;

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m = forward_make(1, 1399);
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	m = forward_make(1, 2000);
	m.confidence = number(-0.01);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	m = forward_make(1, 2000);
	m.unit = 3;
	assert_int_equal(world_say(&w, &m), ERR_UNKNOWN);
	m = forward_make(1, 2000);
	m.as_of_ms = w.now_ms - AGE_MAX - 1;
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	m = forward_make(1, 2000);
	m.expiry_ms = w.now_ms + 30 * UINT64_C(31536000000) + 1;
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	assert_int_equal(w.machine->terms->unit[1].count, 0);
	m = forward_make(1, 1401);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	m.price = number(0);
	assert_int_equal(world_say(&w, &m), ERR_OK);	/* and away */
	close_batch();
	assert_int_equal(w.machine->portfolio->terms.factor[0].forward_count,
	    0);
}

/* More expiries than there are places. */
static void
machine_surface__ends_where_its_expiries_end(void **state)
{
	struct wire_forward m = (forward_make(2, 2000));

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	for (unsigned i = 0; i < MARKET_EXPIRIES_MAX; i++) {
		m.expiry_ms = expiry[2] - i;		/* each before the last */
		assert_int_equal(world_say(&w, &m), ERR_OK);
	}
	m.expiry_ms = expiry[2] + 1;
	assert_int_equal(world_say(&w, &m), ERR_LIMIT);
	m.expiry_ms = expiry[2];
	m.price = number(2001);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	close_batch();
	assert_int_equal(w.machine->portfolio->terms.factor[0].forward_count,
	    MARKET_EXPIRIES_MAX);
	for (unsigned i = 1; i < MARKET_EXPIRIES_MAX; i++)
		assert_true(w.machine->portfolio->terms.factor[0].forward[
		    i - 1].expiry_ms < w.machine->portfolio->terms.factor[0].
		    forward[i].expiry_ms);
}

static void
machine_surface__takes_each_part_of_a_mark_by_itself(void **state)
{
	const struct market_mark *mark =
	    &w.machine->portfolio->terms.mark[0];
	struct wire_mark m;

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m = mark_make(0, 2001);
	m.has_interest = 0;
	assert_int_equal(world_say(&w, &m), ERR_OK);
	close_batch();
	assert_true(mark->has_mark && !mark->has_open_interest);
	w.now_ms += 20000;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m = mark_make(0, 0);
	m.has_mark = 0;
	m.has_funding = 1;
	m.funding = number(-0.0001);
	assert_int_equal(world_say(&w, &m), ERR_OK);
	close_batch();
	assert_true(mark->has_mark && mark->has_open_interest);
	assert_int_equal(px18_to_raw(mark->mark), 2001 * WAD_ONE_RAW);
	w.now_ms += 10001;			/* the mark is too old */
	world_prices(&w, 200000, 6000000);
	close_batch();
	assert_true(!mark->has_mark && mark->has_open_interest);
	assert_int_not_equal(w.machine->terms->mark[0].funding_ms, 0);
}

static void
machine_surface__refuses_a_mark_by_name(void **state)
{
	struct wire_mark m;

	(void)state;
	world_prices(&w, 200000, 6000000);
	close_batch();
	m = mark_make(INSTRUMENTS, 2000);
	assert_int_equal(world_say(&w, &m), ERR_UNKNOWN);
	m = mark_make(0, 2601);
	assert_int_equal(world_say(&w, &m), ERR_REFUSED);
	m = mark_make(0, 0);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	m = mark_make(0, 2000);
	m.exchange_ms = 0;
	assert_int_equal(world_say(&w, &m), ERR_STALE);
	m = mark_make(0, 2000);
	m.interest = number(-1);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	m = mark_make(0, 2000);
	m.has_funding = 1;
	m.funding = number(1.01);
	assert_int_equal(world_say(&w, &m), ERR_RANGE);
	assert_int_equal(w.machine->terms->mark[0].mark_ms, 0);
	/* An option's premium is nowhere near its index. */
	m = mark_make(FIRST_OPTION, 12);
	assert_int_equal(world_say(&w, &m), ERR_OK);
}

/* Whatever the messages hold: an answer, and states that agree. */
static void
machine_surface__answers_whatever_figures_come(void **state)
{
	struct vault v = call_holder();
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		union {
			struct wire_head head;
			struct wire_forward forward;
			struct wire_slice slice;
			struct wire_mark mark;
			uint8_t byte[sizeof(struct wire_slice)];
		} m;

		memset(&m, 0, sizeof(m));
		switch (below(3)) {
		case 0: m.forward = forward_make((unsigned)below(3), 2000);
			break;
		case 1: m.slice = slice_make((unsigned)below(3), 0.6);
			break;
		default: m.mark = mark_make((uint16_t)below(4), 2000);
		}
		for (uint64_t k = below(4); k > 0; k--) {
			size_t at = sizeof(m.head) + (size_t)below(
			    m.head.size - sizeof(m.head));

			m.byte[at] = (uint8_t)(below(2) ? 0xff : random64());
		}
		taken += world_say(&w, &m) == ERR_OK;
		if (i % 16 != 0)
			continue;
		w.now_ms += 100;
		world_prices(&w, 190000 + below(20000), 6000000);
		close_batch();
	}
	assert_true(taken > 1000 && taken < 19000);
	assert_int_equal(world_say(&w, &(struct wire_tick){ .head = {
	    WIRE_VERSION, WIRE_TICK, sizeof(struct wire_tick) } }), ERR_OK);
	(void)state_of(&v);
}

/* The inputs once more: the same last attestation, and nothing allocated. */
static void
machine_surface__says_the_same_again_and_allocates_nothing(void **state)
{
	struct machine_output o = { world_emit, &w.out };
	double vol[EXPIRIES] = { 0.6, 0.62, 0.64 };
	struct vault v = call_holder();
	struct replay_life *life;

	(void)state;
#ifdef CANNOT_COUNT
	skip();
#endif
	for (unsigned i = 0; i < 200; i++) {
		w.now_ms += 500;
		world_prices(&w, 200000 + below(100), 6000000);
		terms_move(2000, vol);
		close_batch();
	}
	assert_int_equal(state_of(&v), STATE_HEALTHY);
	life = life_make();
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
	assert_memory_equal(&life->machine->last, &w.machine->last,
	    sizeof(w.machine->last));
	assert_true(w.machine->has_last);
	replay_life_close(life);
}

/* As the api has it: from the board, believed, applied as a whole. */
static void
machine_surface__is_the_same_for_readers_of_the_board(void **state)
{
	static struct terms read;
	const struct tables_size size = { 64, 64, 32 };
	double vol[EXPIRIES] = { 0.6, 0.62, 0.64 };
	struct vault v = call_holder();
	struct board *writer;
	const struct board *reader;
	int fd, fd_read_only;
	uint64_t seen;

	(void)state;
	assert_int_equal(board_create(&fd, &fd_read_only, &size), ERR_OK);
	assert_int_equal(board_map_writer(&writer, fd), ERR_OK);
	assert_int_equal(board_map_reader(&reader, fd_read_only), ERR_OK);
	seen = board_terms_generation(reader);
	for (unsigned i = 0; i < 50; i++) {
		w.now_ms += 700;
		world_prices(&w, 200000, 6000000);
		close_batch();
		if (i < 25)
			terms_move(2000, vol);
		close_batch();
		board_put_terms(writer, w.machine->terms);
		assert_true(board_terms_generation(reader) > seen);
		seen = board_terms_generation(reader);
		assert_int_equal(board_get_terms(&read, reader), ERR_OK);
		terms_believe(&read);
		terms_move_all(&read);
		memset(&beside->terms, 0, sizeof(beside->terms));
		terms_apply(&beside->terms, &read, &beside->book,
		    w.life->config.asset_unit);
		portfolio_market(beside, &w.machine->market,
		    w.machine->book.accrual);
		for (unsigned k = 0; k < INSTRUMENTS; k++)
			marks_equal(&beside->terms.mark[k],
			    &w.machine->portfolio->terms.mark[k]);
		for (unsigned f = 0; f < 2; f++) {
			const struct market_factor *a = &beside->terms.
			    factor[f], *b = &w.machine->portfolio->terms.
			    factor[f];

			assert_int_equal(a->slice_count, b->slice_count);
			assert_int_equal(a->forward_count, b->forward_count);
			for (uint32_t n = 0; n < a->slice_count; n++)
				slices_equal(&a->slice[n], &b->slice[n]);
			for (uint32_t n = 0; n < a->forward_count; n++)
				forwards_equal(&a->forward[n],
				    &b->forward[n]);
		}
	}
	(void)state_of(&v);
	board_unmap(writer);
	board_unmap(reader);
	close(fd);
	close(fd_read_only);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(machine_surface__holds_what_an_evaluation_says_after_every_batch),
		CASE(machine_surface__prices_options_while_a_slice_is_fresh),
		CASE(machine_surface__counts_only_near_an_index),
		CASE(machine_surface__takes_away_what_is_withdrawn),
		CASE(machine_surface__drops_an_offer_that_grows_old_in_its_batch),
		CASE(machine_surface__keeps_the_volatility_between_messages),
		CASE(machine_surface__judges_a_batch_as_one),
		CASE(machine_surface__drops_one_that_crosses_and_keeps_the_last),
		CASE(machine_surface__refuses_a_slice_by_name),
		CASE(machine_surface__refuses_a_forward_by_name),
		CASE(machine_surface__ends_where_its_expiries_end),
		CASE(machine_surface__takes_each_part_of_a_mark_by_itself),
		CASE(machine_surface__refuses_a_mark_by_name),
		CASE(machine_surface__answers_whatever_figures_come),
		CASE(machine_surface__is_the_same_for_readers_of_the_board),
		CASE(machine_surface__says_the_same_again_and_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
