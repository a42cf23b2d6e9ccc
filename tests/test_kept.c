/* What outlives an engine: the machine keeps, the journal tells, the next
 * machine goes on as if nothing had been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "oracle/kept.h"
#include "tests/machine_world.h"

#define HOUR UINT64_C(3600000)

static const char KEPT_CONFIG[] =
    "prices:\n"
    "  volatility: {every: 1h, lambda: 0.9, shrink: 0.5}\n"
    "  units:\n"
    "    ETH: {quorum: 1, age_max: 1h, dispersion_max: 2%, band_max: 10%,\n"
    "      slow: {window: 2h, step_max: 5%}}\n"
    "    BTC: {quorum: 1, age_max: 1h, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

struct life {
	struct replay_life *life;
	struct world_output out;
	struct kept kept;
};

static void
life_open(struct life *l)
{
	struct wire_start w;
	struct machine_output o = { world_emit, &l->out };

	memset(l, 0, sizeof(*l));
	MUST(replay_life_open(&l->life, KEPT_CONFIG, sizeof(KEPT_CONFIG) - 1,
	    "kept.yaml", world_book, sizeof(world_book) - 1, "book.json") ==
	    ERR_OK);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	w.now_ms = WORLD_NOW;
	assert_int_equal(machine_apply(l->life->machine, &w, &o), ERR_OK);
}

static void
life_close(struct life *l)
{
	kept_free(&l->kept);
	replay_life_close(l->life);
}

static enum err
apply(struct life *l, const void *message)
{
	struct machine_output o = { world_emit, &l->out };
	enum err e;

	l->out.len = 0;
	e = machine_apply(l->life->machine, message, &o);
	for (size_t at = 0; at < l->out.len;) {
		struct wire_head head;

		memcpy(&head, l->out.bytes + at, sizeof(head));
		kept_note(&l->kept, l->out.bytes + at);
		at += head.size;
	}
	return e;
}

static void
tick(struct life *l, uint16_t market, uint64_t price, uint64_t ms)
{
	struct wire_tick w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.market = market;
	w.has_last = 1;
	w.exchange_ms = w.recv_ms = ms;
	w.last = wire_from_u128((u128)price * WAD_ONE_RAW);
	assert_int_equal(apply(l, &w), ERR_OK);
}

static void
close_at(struct life *l, uint64_t ms)
{
	struct wire_close w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_CLOSE);
	w.now_ms = ms;
	assert_int_equal(apply(l, &w), ERR_OK);
}

/* ETH and BTC at the i-th hour, and two closes a minute over it. */
static uint64_t
eth_at(uint64_t i)
{
	return 2000 + i * i * 37 % 400;
}

static uint64_t
btc_at(uint64_t i)
{
	return 60000 + i * i * 37 % 400 * 20 + i * 7919 % 1000;
}

static void
hours_run(struct life *l, uint64_t from, uint64_t until)
{
	for (uint64_t i = from; i < until; i++)
		for (uint64_t s = 0; s < 3600; s += 30) {
			uint64_t ms = WORLD_NOW + i * HOUR + s * 1000;

			tick(l, 0, eth_at(i), ms);
			tick(l, 1, btc_at(i), ms);
			close_at(l, ms);
		}
}

/* The same in long double: samples at the first close of each hour. */
static void
reference(uint64_t hours, long double *eth, long double *rho)
{
	long double a = 0, b = 0, c = 0;

	for (uint64_t i = 1; i < hours; i++) {
		long double x = logl((long double)eth_at(i) / eth_at(i - 1));
		long double y = logl((long double)btc_at(i) / btc_at(i - 1));

		a = i == 1 ? x * x : 0.9L * a + 0.1L * x * x;
		b = i == 1 ? y * y : 0.9L * b + 0.1L * y * y;
		c = i == 1 ? x * y : 0.9L * c + 0.1L * x * y;
	}
	*eth = sqrtl(a * 8760);
	*rho = c / sqrtl(a * b) * 0.5L;
}

static void
machine_volatility__agrees_with_long_double(void **state)
{
	struct life l;
	long double eth, rho;
	struct num18 vol;

	(void)state;
	life_open(&l);
	tick(&l, 0, eth_at(0), WORLD_NOW);
	tick(&l, 1, btc_at(0), WORLD_NOW);
	close_at(&l, WORLD_NOW);
	assert_int_equal(machine_volatility(&vol, l.life->machine, 0),
	    ERR_MISSING);
	hours_run(&l, 0, 60);
	reference(60, &eth, &rho);
	assert_int_equal(machine_volatility(&vol, l.life->machine, 0), ERR_OK);
	assert_true(fabsl((long double)num18_to_raw(vol) / 1e18L - eth) <
	    1e-15L);
	assert_true(fabsl((long double)machine_correlation(l.life->machine, 0,
	    1) / 1e9L - rho) < 2e-9L);
	assert_int_equal(machine_correlation(l.life->machine, 1, 0),
	    machine_correlation(l.life->machine, 0, 1));
	assert_int_equal(machine_correlation(l.life->machine, 1, 1),
	    1000000000);
	life_close(&l);
}

/* A period without a price at either end gives no return. */
static void
machine_volatility__takes_no_return_over_a_hole(void **state)
{
	struct life l;
	struct num18 before, after;

	(void)state;
	life_open(&l);
	hours_run(&l, 0, 5);
	assert_int_equal(machine_volatility(&before, l.life->machine, 0),
	    ERR_OK);
	close_at(&l, WORLD_NOW + 8 * HOUR);	/* all is stale */
	tick(&l, 0, 9000, WORLD_NOW + 9 * HOUR);
	close_at(&l, WORLD_NOW + 9 * HOUR);
	assert_int_equal(machine_volatility(&after, l.life->machine, 0),
	    ERR_OK);
	assert_int_equal(num18_compare(before, after), 0);
	tick(&l, 0, 9100, WORLD_NOW + 10 * HOUR);
	close_at(&l, WORLD_NOW + 10 * HOUR);
	assert_int_equal(machine_volatility(&after, l.life->machine, 0),
	    ERR_OK);
	assert_int_not_equal(num18_compare(before, after), 0);
	life_close(&l);
}

static void
machine_close__gives_the_stable_price_to_the_market(void **state)
{
	struct life l;
	const struct market_price *p;

	(void)state;
	life_open(&l);
	p = &l.life->machine->market.asset[0];
	tick(&l, 0, 2000, WORLD_NOW);
	close_at(&l, WORLD_NOW);
	for (uint64_t s = 1; s <= 600; s++) {
		tick(&l, 0, 48000, WORLD_NOW + s * 1000);
		close_at(&l, WORLD_NOW + s * 1000);
	}
	assert_true(p->has_stable);
	assert_true(px18_to_raw(p->price.mid) == (u128)48000 * WAD_ONE_RAW);
	/* 5 % an hour for ten minutes. */
	assert_in_range((uint64_t)(px18_to_raw(p->stable) / (WAD_ONE_RAW /
	    1000)), 2000000, 2016800);
	assert_false(l.life->machine->market.asset[1].has_stable);
	life_close(&l);
}

/* memories_tell: what one life kept, the other is told. */
static void
memories_tell(struct life *to, const struct kept *kept)
{
	union kept_record r;

	for (size_t i = 0; i < kept->count; i++) {
		kept_tell(&r, kept, i);
		assert_int_equal(apply(to, &r), ERR_OK);
	}
}

static void
machine_kept__goes_on_in_another_life(void **state)
{
	struct life a, b;
	struct num18 va, vb;

	(void)state;
	life_open(&a);
	hours_run(&a, 0, 40);
	assert_int_equal(a.kept.count, 4);	/* two units, two markets */
	/* The last round before it died. */
	life_open(&b);
	memories_tell(&b, &a.kept);
	hours_run(&a, 40, 42);
	hours_run(&b, 40, 42);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(machine_volatility(&va, a.life->machine, i),
		    ERR_OK);
		assert_int_equal(machine_volatility(&vb, b.life->machine, i),
		    ERR_OK);
		assert_int_equal(num18_compare(va, vb), 0);
	}
	assert_int_equal(machine_correlation(a.life->machine, 0, 1),
	    machine_correlation(b.life->machine, 0, 1));
	assert_true(px18_to_raw(b.life->machine->kept.unit[0].slow.at_ms ?
	    b.life->machine->kept.unit[0].slow.stable :
	    px18_from_raw(0)) != 0);
	life_close(&a);
	life_close(&b);
}

/* Doubt is kept at once, and survives. */
static void
machine_kept__remembers_a_doubt(void **state)
{
	struct life a, b;

	(void)state;
	life_open(&a);
	tick(&a, 0, 20000, WORLD_NOW);
	close_at(&a, WORLD_NOW);
	tick(&a, 0, 1, WORLD_NOW + HOUR);
	close_at(&a, WORLD_NOW + HOUR);
	assert_int_equal(a.life->machine->prices.price[1].reason,
	    REASON_IDENTITY);
	life_open(&b);
	memories_tell(&b, &a.kept);
	tick(&b, 0, 1, WORLD_NOW + 2 * HOUR);
	close_at(&b, WORLD_NOW + 2 * HOUR);
	assert_int_equal(b.life->machine->prices.price[1].reason,
	    REASON_IDENTITY);
	life_close(&a);
	life_close(&b);
}

static void
machine_apply__refuses_a_memory_of_another_config(void **state)
{
	struct life l;
	struct wire_memory_unit u;
	struct wire_memory_market m;

	(void)state;
	life_open(&l);
	memset(&u, 0, sizeof(u));
	wire_head_set(&u.head, WIRE_MEMORY_UNIT);
	memcpy(u.name, "DOGE", 4);
	assert_int_equal(apply(&l, &u), ERR_UNKNOWN);
	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_MEMORY_MARKET);
	assert_int_equal(apply(&l, &m), ERR_UNKNOWN);
	life_close(&l);
}

static void
kept_note__keeps_the_last_word_on_each(void **state)
{
	struct kept k = { 0 };
	struct wire_memory_market m;
	struct wire_close other;
	union kept_record r;

	(void)state;
	memset(&other, 0, sizeof(other));
	wire_head_set(&other.head, WIRE_CLOSE);
	kept_note(&k, &other);
	assert_int_equal(k.count, 0);
	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, WIRE_KEEP_MARKET);
	for (uint64_t round = 1; round <= 3; round++)
		for (uint8_t i = 0; i < 100; i++) {
			m.name.b[0] = i;
			m.seen_ms = round * 1000 + i;
			kept_note(&k, &m);
		}
	assert_int_equal(k.count, 100);
	for (size_t i = 0; i < 100; i++) {
		kept_tell(&r, &k, i);
		assert_int_equal(r.head.type, WIRE_MEMORY_MARKET);
		assert_int_equal(wire_check(&r, r.head.size), ERR_OK);
		assert_int_equal(r.market.seen_ms, 3000 + i);
	}
	for (uint32_t i = 0; i < KEPT_MAX + 100; i++) {
		memcpy(m.name.b + 1, &i, sizeof(i));
		kept_note(&k, &m);
	}
	assert_int_equal(k.count, KEPT_MAX);
	kept_free(&k);
	assert_int_equal(k.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_volatility__agrees_with_long_double),
		cmocka_unit_test(
		    machine_volatility__takes_no_return_over_a_hole),
		cmocka_unit_test(
		    machine_close__gives_the_stable_price_to_the_market),
		cmocka_unit_test(machine_kept__goes_on_in_another_life),
		cmocka_unit_test(machine_kept__remembers_a_doubt),
		cmocka_unit_test(
		    machine_apply__refuses_a_memory_of_another_config),
		cmocka_unit_test(kept_note__keeps_the_last_word_on_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
