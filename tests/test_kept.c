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
life_open_as(struct life *l, const char *config)
{
	struct wire_start w;
	struct machine_output o = { world_emit, &l->out };

	memset(l, 0, sizeof(*l));
	MUST(replay_life_open(&l->life, config, strlen(config), "kept.yaml", world_book, sizeof(world_book) - 1, "book.json") ==
	    ERR_OK);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	w.now_ms = WORLD_NOW;
	assert_int_equal(machine_apply(l->life->machine, &w, &o), ERR_OK);
}

static void
life_open(struct life *l)
{
	life_open_as(l, KEPT_CONFIG);
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

/* One goes on, and the other is refused for 200 hours: their correlation is
 * what it was, and then goes on too. */
static void
machine_correlation__stands_while_one_is_refused(void **state)
{
	(void)state;
	for (unsigned gone = 0; gone < 2; gone++) {
		uint64_t (*const there_at)(uint64_t) = gone ? eth_at : btc_at;
		uint64_t (*const gone_at)(uint64_t) = gone ? btc_at : eth_at;
		long double a = 0, b = 0, rho = 0;
		int32_t before = 0, far;
		struct life l;

		life_open(&l);
		hours_run(&l, 0, 40);
		for (uint64_t i = 40; i < 240; i++) {
			uint64_t ms = WORLD_NOW + i * HOUR;

			tick(&l, (uint16_t)(1 - gone), there_at(i), ms);
			close_at(&l, ms);
			/* In the 40th hour its last price is still fresh. */
			if (i == 40)
				before = machine_correlation(l.life->machine,
				    0, 1);
			far = machine_correlation(l.life->machine, 0, 1) -
			    before;
			assert_true(far >= -2 && far <= 2);
		}
		assert_true(before != 0);
		assert_int_equal(l.life->machine->prices.price[1 +
		    gone].status, PRICE_REFUSED);
		hours_run(&l, 240, 260);
		for (uint64_t i = 1; i < 260; i++) {
			long double x = logl((long double)there_at(i) /
			    there_at(i - 1));
			long double y = logl((long double)gone_at(i == 40 ?
			    39 : i) / gone_at(i - 1));
			long double c = 0.9L * rho * sqrtl(a * b) +
			    0.1L * x * y;

			a = i == 1 ? x * x : 0.9L * a + 0.1L * x * x;
			if (i > 40 && i <= 240)
				continue;
			b = i == 1 ? y * y : 0.9L * b + 0.1L * y * y;
			rho = i == 1 ? (x * y < 0 ? -1 : 1) :
			    c / sqrtl(a * b);
		}
		assert_true(fabsl((long double)machine_correlation(
		    l.life->machine, 0, 1) / 1e9L - rho * 0.5L) < 2e-9L);
		life_close(&l);
	}
}

/* Returns of an hour are no returns of a minute; the slow companions have
 * nothing to do with either, nor has lambda with what was measured. */
static void
machine_kept__forgets_returns_of_another_period(void **state)
{
	static const struct {
		const char *text;
		bool is_known;
	} cases[] = {
		{ "every: 1h, lambda: 0.9", true },
		{ "every: 1h, lambda: 0.5", true },
		{ "every: 1m, lambda: 0.9", false },
		{ "every: 2h, lambda: 0.9", false },
	};
	struct life a, b;
	struct num18 was, vol;

	(void)state;
	life_open(&a);
	hours_run(&a, 0, 40);
	assert_int_equal(machine_volatility(&was, a.life->machine, 0), ERR_OK);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *rest = strstr(KEPT_CONFIG, ", shrink");
		char config[1024];

		snprintf(config, sizeof(config), "prices:\n  volatility: {%s%s",
		    cases[i].text, rest);
		life_open_as(&b, config);
		memories_tell(&b, &a.kept);
		assert_int_equal(machine_volatility(&vol, b.life->machine, 0),
		    cases[i].is_known ? ERR_OK : ERR_MISSING);
		if (cases[i].is_known)
			assert_int_equal(num18_compare(vol, was), 0);
		assert_int_equal(machine_correlation(b.life->machine, 0, 1) !=
		    0, cases[i].is_known);
		assert_int_equal(b.life->machine->kept.unit[0].sample_ms != 0,
		    cases[i].is_known);
		assert_true(b.life->machine->kept.unit[0].slow.at_ms != 0);
		life_close(&b);
	}
	life_close(&a);
}

/* An accepted second of a pump, and then nothing for the window of two hours,
 * in one life and over two. */
static void
machine_close__leaves_the_stable_price_over_a_refusal(void **state)
{
	struct life a, b;
	uint64_t back = WORLD_NOW + 60000 + 2 * HOUR;

	(void)state;
	life_open(&a);
	for (uint64_t ms = WORLD_NOW; ms < WORLD_NOW + 60000; ms += 1000) {
		tick(&a, 0, 2000, ms);
		close_at(&a, ms);
	}
	tick(&a, 0, 48000, WORLD_NOW + 60000);
	close_at(&a, WORLD_NOW + 60000);
	a.life->machine->kept.due_ms = 0;	/* a round of its own */
	a.life->machine->kept.next = 0;
	close_at(&a, WORLD_NOW + 60001);
	close_at(&a, WORLD_NOW + 60001 + MACHINE_KEEP_FIRST_MS);
	life_open(&b);
	memories_tell(&b, &a.kept);
	for (int i = 0; i < 2; i++) {
		struct life *l = i == 0 ? &a : &b;
		const struct slow *s = &l->life->machine->kept.unit[0].slow;

		tick(l, 0, 2000, back);
		close_at(l, back);
		assert_int_equal(s->at_ms, back);
		/* 2000 + 46000 x some seconds / 7200 of the average. */
		assert_in_range((uint64_t)(px18_to_raw(s->average) /
		    WAD_ONE_RAW), 2000, 2000 + 46000 * 16 / 7200);
		assert_in_range((uint64_t)(px18_to_raw(s->stable) /
		    (WAD_ONE_RAW / 1000)), 2000000, 2001000);
	}
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

/* A unit that no asset has the price of. */
static const char WRAPPED_CONFIG[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 1, age_max: 1h, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 1, age_max: 1h, dispersion_max: 2%, band_max: 10%}\n"
    "    W: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%,\n"
    "      rate: {of: ETH, price: rate, pinned: 2, pinned_at: PIN,\n"
    "        growth_max: 9%, fall_max: 1%, gap_max: 5%, age_max: 7d}}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD,\n"
    "    W-USD: W/USD}}\n"
    "  kraken: {markets: {W/USD: W/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";
#define W_UNIT 3u

static void
wrapped_open(struct life *l, const char *pinned_at)
{
	const char *cut = strstr(WRAPPED_CONFIG, "PIN");
	char config[1024];
	struct wire_rate r;

	snprintf(config, sizeof(config), "%.*s%s%s", (int)(cut -
	    WRAPPED_CONFIG), WRAPPED_CONFIG, pinned_at, cut + strlen("PIN"));
	life_open_as(l, config);
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_RATE);
	r.unit = W_UNIT;
	r.time_ms = r.recv_ms = WORLD_NOW;
	r.rate = wire_from_u128((u128)2 * WAD_ONE_RAW);
	assert_int_equal(apply(l, &r), ERR_OK);
	tick(l, 0, 2000, WORLD_NOW);
}

/* W at two venues then, and what its price is (ETH has one venue alone). */
static enum price_status
wrapped_at(struct life *l, uint64_t ms, uint64_t price)
{
	if (price > 0) {
		tick(l, 2, price, ms);
		tick(l, 3, price, ms);
	}
	close_at(l, ms);
	return l->life->machine->prices.price[W_UNIT].status;
}

static const struct wire_memory_rate *
kept_rate(const struct kept *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->record[i].head.type == WIRE_KEEP_RATE)
			return &k->record[i].rate;
	return NULL;
}

/* A contradicted rate is kept at once, and its end too. */
static void
machine_kept__remembers_a_contradicted_rate(void **state)
{
	struct life a, b, c;
	uint64_t ms = WORLD_NOW + 1000, apart_ms = 0;

	(void)state;
	wrapped_open(&a, "5");
	assert_int_equal(wrapped_at(&a, ms, 4000), PRICE_DEGRADED);
	assert_null(kept_rate(&a.kept));
	assert_int_equal(wrapped_at(&a, ms + 1, 3), PRICE_REFUSED);
	assert_non_null(kept_rate(&a.kept));
	assert_string_equal(kept_rate(&a.kept)->name, "W");
	assert_int_equal(kept_rate(&a.kept)->apart_ms, ms + 1);
	/* It goes on, and the journal knows within ten seconds. */
	for (ms++; ms < WORLD_NOW + 60000; ms += 500) {
		assert_int_equal(wrapped_at(&a, ms, 3), PRICE_REFUSED);
		apart_ms = kept_rate(&a.kept)->apart_ms;
		assert_true(apart_ms + 10000 >= ms);
	}
	/* Nobody trades it any more, here and in the next life. */
	ms += 60000;
	assert_int_equal(wrapped_at(&a, ms, 0), PRICE_REFUSED);
	wrapped_open(&b, "5");
	memories_tell(&b, &a.kept);
	assert_int_equal(wrapped_at(&b, ms, 0), PRICE_REFUSED);
	assert_int_equal(b.life->machine->prices.price[W_UNIT].reason,
	    REASON_RATE);
	/* The market agrees: b ends it, at once. */
	assert_int_equal(b.kept.count, 0);
	assert_int_equal(wrapped_at(&b, ms + 1, 4000), PRICE_DEGRADED);
	assert_int_equal(kept_rate(&b.kept)->apart_ms, 0);
	assert_int_equal(wrapped_at(&b, ms + 60000, 0), PRICE_DEGRADED);
	wrapped_open(&c, "5");
	memories_tell(&c, &b.kept);
	assert_int_equal(wrapped_at(&c, ms + 60001, 0), PRICE_DEGRADED);
	life_close(&c);
	/* Or an operator does, in a life of its own. */
	for (int later = 0; later < 2; later++) {
		char pinned_at[32];

		snprintf(pinned_at, sizeof(pinned_at), "%llu",
		    (unsigned long long)apart_ms - 1 + (unsigned)later);
		wrapped_open(&c, pinned_at);
		memories_tell(&c, &a.kept);
		assert_int_equal(wrapped_at(&c, ms + 2, 0), later ?
		    PRICE_DEGRADED : PRICE_REFUSED);
		life_close(&c);
	}
	/* The five minutes' round says it once more. */
	b.kept.count = 0;
	memories_tell(&b, &a.kept);
	close_at(&b, ms + 400000);
	for (int i = 0; i < 20; i++)
		close_at(&b, ms + 400001 + (unsigned)i);
	assert_int_equal(kept_rate(&b.kept)->apart_ms, apart_ms);
	life_close(&a);
	life_close(&b);
}

static void
machine_apply__refuses_a_memory_of_another_config(void **state)
{
	struct life l;
	struct wire_memory_unit u;
	struct wire_memory_market m;
	struct wire_memory_rate r;

	(void)state;
	life_open(&l);
	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_MEMORY_RATE);
	memcpy(r.name, "DOGE", 4);
	assert_int_equal(apply(&l, &r), ERR_UNKNOWN);
	memcpy(r.name, "ETH\0", 4);	/* of ours, but not wrapped */
	assert_int_equal(apply(&l, &r), ERR_UNKNOWN);
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
	/* A rate of the name of a unit is another thing. */
	for (int i = 0; i < 2; i++) {
		struct wire_memory_rate rate;
		struct wire_memory_unit unit;

		memset(&rate, 0, sizeof(rate));
		wire_head_set(&rate.head, WIRE_KEEP_RATE);
		rate.name[0] = 'W';
		rate.apart_ms = 7 + (unsigned)i;
		kept_note(&k, &rate);
		memset(&unit, 0, sizeof(unit));
		wire_head_set(&unit.head, WIRE_KEEP_UNIT);
		unit.name[0] = 'W';
		kept_note(&k, &unit);
		assert_int_equal(k.count, 102);
		kept_tell(&r, &k, 100);
		assert_int_equal(r.head.type, WIRE_MEMORY_RATE);
		assert_int_equal(wire_check(&r, r.head.size), ERR_OK);
		assert_int_equal(r.rate.apart_ms, 7 + i);
		kept_tell(&r, &k, 101);
		assert_int_equal(r.head.type, WIRE_MEMORY_UNIT);
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
		cmocka_unit_test(
		    machine_correlation__stands_while_one_is_refused),
		cmocka_unit_test(
		    machine_kept__forgets_returns_of_another_period),
		cmocka_unit_test(
		    machine_close__leaves_the_stable_price_over_a_refusal),
		cmocka_unit_test(machine_kept__remembers_a_doubt),
		cmocka_unit_test(machine_kept__remembers_a_contradicted_rate),
		cmocka_unit_test(
		    machine_apply__refuses_a_memory_of_another_config),
		cmocka_unit_test(kept_note__keeps_the_last_word_on_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
