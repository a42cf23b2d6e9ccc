/* Two configs over one journal: what each would have said, which vaults would
 * have been in another state, and what is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/keccak.h"
#include "oracle/cmd.h"
#include "oracle/inputs.h"
#include "oracle/shadow.h"
#include "tests/journal_world.h"
#include "tests/machine_world.h"

#define CENT ((u128)10000000000000000u)
#define SECONDS 12u

/* The same three venues in another order; BTC from two of them only. */
static const char shuffled_config[] =
    "prices:\n"
    "  units:\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  kraken: {markets: {BTC/USD: BTC/USD, ETH/USD: ETH/USD}}\n"
    "  binance: {markets: {BTCUSD: BTC/USD, ETHUSD: ETH/USD}}\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

/* The Moonwell case (R24): what is quoted in one unit taken for dollars. */
static const char wrong_unit_config[] =
    "prices:\n"
    "  units:\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    ETH: {quorum: 1, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {BTC/USD: BTC/USD}}\n"
    "  binance: {markets: {ETHBTC: {pair: ETH/USD, named: ETHBTC}, "
    "SOLUSD: SOL/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

/* world_config with ETH in BTC at binance, so that there is such a market. */
static const char cross_config[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  binance: {markets: {ETHBTC: ETH/BTC, BTCUSD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

static struct {
	char dir[64], path[96];
	struct segment_writer *writer;
	struct shadow shadow;
} g;

static void
put(const void *message)
{
	MUST(segment_writer_add(g.writer, message) == ERR_OK);
}

static void
start_put(const char *config)
{
	struct wire_start w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	w.now_ms = WORLD_NOW;
	w.previous = segment_writer_state(g.writer)->inputs_hash;
	keccak256(&w.config_hash, config, strlen(config));
	keccak256(&w.book_hash, world_book, sizeof(world_book) - 1);
	MUST(inputs_store(g.dir, INPUTS_CONFIG, &w.config_hash, config,
	    strlen(config)) == ERR_OK);
	MUST(inputs_store(g.dir, INPUTS_BOOK, &w.book_hash, world_book,
	    sizeof(world_book) - 1) == ERR_OK);
	put(&w);
}

/* One ETH at 2,000 against BTC worth 1,500: with ETH a tenth it is under. */
static void
vault_put(uint8_t id)
{
	struct wire_vault w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_VAULT);
	w.id.b[0] = id;
	w.nonce = 1;
	w.collateral_count = w.debt_count = 1;
	w.collateral_asset[0] = 0;
	w.collateral_amount[0] = wire_from_u128(CENT * 100);
	w.debt_asset[0] = 1;
	w.debt_amount[0] = wire_from_u128(2500000);
	w.debt_index[0] = wire_from_u128(CENT * 100);
	put(&w);
}

static void
tick_put(uint16_t market, u128 price, uint64_t now_ms)
{
	struct wire_tick w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.market = market;
	w.has_book = 1;
	w.bid = wire_from_u128(price - price / 10000);
	w.ask = wire_from_u128(price + price / 10000);
	w.exchange_ms = w.recv_ms = now_ms;
	put(&w);
}

/* A life of some seconds: coinbase, kraken, binance, of each ETH and BTC. */
static void
journal_fill(const char *config, bool has_cross, uint8_t more_vaults)
{
	struct segment_fault fault;
	uint64_t torn;

	memset(&g, 0, sizeof(g));
	folder_make(g.dir);
	snprintf(g.path, sizeof(g.path), "%s/new.yaml", g.dir);
	MUST(segment_writer_open(&g.writer, &fault, &torn, g.dir, 1 << 20,
	    NULL) == ERR_OK);
	start_put(config);
	vault_put(7);
	for (uint8_t i = 0; i < more_vaults; i++)
		vault_put((uint8_t)(20 + i));
	for (uint64_t s = 0; s < SECONDS; s++) {
		uint64_t now_ms = WORLD_NOW + s * 1000;
		struct wire_close c;

		for (uint16_t m = 0; m < 6; m++)
			tick_put(m, m % 2 == 1 ? CENT * 6000000 :
			    has_cross && m == 4 ? CENT * 100 / 30 :
			    CENT * 200000, now_ms);
		memset(&c, 0, sizeof(c));
		wire_head_set(&c.head, WIRE_CLOSE);
		c.now_ms = now_ms;
		put(&c);
	}
	MUST(segment_writer_commit(g.writer, 1) == ERR_OK);
	segment_writer_close(g.writer);
}

static void
journal_make(const char *config, bool has_cross)
{
	journal_fill(config, has_cross, 0);
}

static int
shadow_run(const char *config, struct replay_window window)
{
	const struct shadow_options o = { .after_path = g.path,
		.journal_dir = g.dir, .window = window };
	FILE *f = fopen(g.path, "w");

	MUST(f && fputs(config, f) >= 0);
	fclose(f);
	return shadow_journal(&g.shadow, &o);
}

static void
journal_end(void)
{
	replay_life_close(g.shadow.before_life);
	replay_life_close(g.shadow.after_life);
	shadow_free(&g.shadow);
	folder_remove(g.dir);
}

static const struct shadow_unit *
unit(const char *name)
{
	for (size_t i = 0; i < g.shadow.unit_count; i++)
		if (strcmp(g.shadow.unit[i].name, name) == 0)
			return &g.shadow.unit[i];
	fail_msg("no unit %s", name);
	return NULL;
}

/* ---- over a journal ------------------------------------------------------ */

static void
shadow_journal__finds_nothing_where_only_the_order_differs(void **state)
{
	(void)state;
	journal_make(world_config, false);
	assert_int_equal(shadow_run(shuffled_config,
	    (struct replay_window){ 0 }), EXIT_OK);
	assert_int_equal(g.shadow.batches, SECONDS);
	assert_int_equal(g.shadow.comparisons, SECONDS);
	assert_int_equal(unit("ETH")->differs, 0);
	assert_int_equal(g.shadow.vault_count, 1);
	assert_int_equal(g.shadow.vault[0].before, 1);
	assert_int_equal(g.shadow.vault[0].differs, 0);
	for (size_t i = 0; i < 5; i++)
		assert_true(g.shadow.is_heard[i]);
	/* BTC has a vote less, and the same price. */
	assert_int_equal(unit("BTC")->differs, 0);
	assert_false(shadow_print(&g.shadow, 0, false));
	journal_end();
}

static void
shadow_journal__finds_a_price_in_another_unit(void **state)
{
	const struct shadow_unit *eth;

	(void)state;
	journal_make(cross_config, true);
	/* Its SOL has no unit: refused, by name, before anything runs. */
	assert_int_equal(shadow_run(wrong_unit_config,
	    (struct replay_window){ 0 }), EXIT_CONFIG);
	journal_end();

	journal_make(cross_config, true);
	char config[2048], *cut;
	snprintf(config, sizeof(config), "%s", wrong_unit_config);
	cut = strstr(config, ", SOLUSD: SOL/USD");
	memmove(cut, cut + strlen(", SOLUSD: SOL/USD"),
	    strlen(cut + strlen(", SOLUSD: SOL/USD")) + 1);
	assert_int_equal(shadow_run(config, (struct replay_window){ 0 }),
	    EXIT_OK);
	eth = unit("ETH");
	assert_int_equal(eth->differs, SECONDS);
	assert_true(eth->worst_ppb > 999000000);
	assert_int_equal(eth->worst.at_ms, WORLD_NOW);
	assert_int_equal(unit("BTC")->differs, 0);
	assert_true(g.shadow.vault[0].differs > 0);
	assert_int_equal(g.shadow.vault[0].last_before, STATE_HEALTHY);
	assert_true(g.shadow.vault[0].last_after != STATE_HEALTHY);
	assert_true(shadow_print(&g.shadow, 999999999, true));
	journal_end();
}

static void
shadow_journal__compares_in_its_window_alone(void **state)
{
	(void)state;
	journal_make(world_config, false);
	assert_int_equal(shadow_run(shuffled_config, (struct replay_window){
	    WORLD_NOW + 3000, WORLD_NOW + 7000 }), EXIT_OK);
	assert_int_equal(g.shadow.batches, 4);
	assert_int_equal(g.shadow.begin_ms, WORLD_NOW + 3000);
	assert_int_equal(g.shadow.end_ms, WORLD_NOW + 6000);
	journal_end();
}

static void
shadow_journal__names_what_the_journal_has_not(void **state)
{
	static const char more_config[] =
	    "prices:\n"
	    "  units:\n"
	    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, "
	    "band_max: 10%}\n"
	    "    BTC: {quorum: 1, age_max: 3s, dispersion_max: 2%, "
	    "band_max: 10%}\n"
	    "    SOL: {quorum: 1, age_max: 3s, dispersion_max: 2%, "
	    "band_max: 10%}\n"
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD}}\n"
	    "  bybit: {markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD, "
	    "SOLUSD: SOL/USD}}\n"
	    "book: {file: book.json, vaults_max: 64}\n";

	(void)state;
	journal_make(world_config, false);
	assert_int_equal(shadow_run(more_config, (struct replay_window){ 0 }),
	    EXIT_OK);
	assert_true(g.shadow.is_heard[0]);
	assert_false(g.shadow.is_heard[1]);
	assert_int_equal(unit("SOL")->before, SHADOW_NONE);
	assert_int_equal(unit("BTC")->refusals, SECONDS);
	assert_int_equal(unit("BTC")->status.at_ms, WORLD_NOW);
	assert_int_equal(unit("BTC")->status.after.status, PRICE_REFUSED);
	assert_true(shadow_print(&g.shadow, 999999999, false));
	journal_end();
}

/* Kraken at another address: what the journal has of it is somebody else's. */
static void
shadow_journal__does_not_hear_a_venue_that_moved(void **state)
{
	static const char moved_config[] =
	    "prices:\n"
	    "  units:\n"
	    "    ETH: {quorum: 3, age_max: 3s, dispersion_max: 2%, "
	    "band_max: 10%}\n"
	    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, "
	    "band_max: 10%}\n"
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
	    "  kraken: {url: \"wss://example.org/v2\", markets: "
	    "{ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
	    "  binance: {markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD}}\n"
	    "book: {file: book.json, vaults_max: 64}\n";

	(void)state;
	journal_make(world_config, false);
	assert_int_equal(shadow_run(moved_config,
	    (struct replay_window){ 0 }), EXIT_OK);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(g.shadow.is_heard[i], i / 2 != 1);
	assert_int_equal(unit("ETH")->refusals, SECONDS);
	assert_int_equal(unit("BTC")->refusals, 0);
	journal_end();
}

/* More vaults than the new config has places for. */
static void
shadow_journal__lists_vaults_that_one_alone_has(void **state)
{
	uint32_t old;

	(void)state;
	journal_fill(world_config, false, 39);
	char config[1024], *places;
	snprintf(config, sizeof(config), "%s", world_config);
	places = strstr(config, "vaults_max: 64");
	memcpy(places, "vaults_max: 16", 14);
	assert_int_equal(shadow_run(config, (struct replay_window){ 0 }),
	    EXIT_OK);
	old = g.shadow.before_life->machine->tables.size.vaults;
	assert_true(old >= 40);
	assert_int_equal(g.shadow.after_life->machine->tables.size.vaults, 16);
	assert_int_equal(g.shadow.only_before.count, 40);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(g.shadow.only_before.vault[i].times,
		    i < 16 ? 0 : SECONDS);
	assert_int_equal(g.shadow.only_before.vault[16].id.b[0], 20 + 15);
	for (uint32_t i = 0; i < g.shadow.only_after.count; i++)
		assert_int_equal(g.shadow.only_after.vault[i].times, 0);
	assert_int_equal(unit("ETH")->differs, 0);
	assert_true(shadow_print(&g.shadow, 999999999, true));
	assert_true(shadow_print(&g.shadow, 999999999, false));
	journal_end();
}

/* ---- two books ----------------------------------------------------------- */

#define BOOK_HEAD "{\"book\":\"world\",\"chain_id\":31337,\"assets\":[" \
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\"," \
    "\"decimals\":18,\"price\":\"ETH\",\"factor\":\"ETH\",\"ltv\":\"0.8\"," \
    "\"liquidation_threshold\":\"0.825\"}]"
#define VAULT(id) "{\"id\":\"" id "\",\"collateral\":[{\"asset\":\"WETH\"," \
    "\"amount\":\"1\"}],\"debt\":[]}"
#define PERP(id) "{\"id\":\"" id "\",\"kind\":\"perp\"," \
    "\"underlying\":\"ETH\",\"initial_margin_fraction\":\"0.05\"," \
    "\"maintenance_margin_fraction\":\"0.03\"}"
#define ETH_CONFIG(deribit) "prices: {units: {ETH: {quorum: 1, age_max: 3s, " \
    "dispersion_max: 2%, band_max: 10%}}}\nvenues:\n" \
    "  coinbase: {markets: {ETH-USD: ETH/USD}}\n" deribit \
    "book: {file: book.json, vaults_max: 64}\n"

static struct shadow two;

static void
lives_open(const char *before, const char *before_book, const char *after,
    const char *after_book)
{
	memset(&two, 0, sizeof(two));
	MUST(replay_life_open(&two.before_life, before, strlen(before), "old",
	    before_book, strlen(before_book), "old.json") == ERR_OK);
	MUST(replay_life_open(&two.after_life, after, strlen(after), "new",
	    after_book, strlen(after_book), "new.json") == ERR_OK);
	replay_life_loosen(two.before_life);
	replay_life_loosen(two.after_life);
	MUST(shadow_begin(&two, two.before_life, two.after_life, WORLD_NOW) ==
	    ERR_OK);
}

static void
eth_tell(uint64_t now_ms)
{
	struct wire_tick w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.has_book = 1;
	w.bid = w.ask = wire_from_u128(CENT * 200000);
	w.exchange_ms = w.recv_ms = now_ms;
	shadow_tell_tick(&two, &w, "coinbase", "ETH-USD");
}

static void
lives_close(void)
{
	replay_life_close(two.before_life);
	replay_life_close(two.after_life);
	shadow_free(&two);
}

static void
shadow_close__finds_vaults_of_one_book_alone(void **state)
{
	static const char config[] = ETH_CONFIG("");
	static const char old[] = BOOK_HEAD ",\"vaults\":[" VAULT("a") ","
	    VAULT("b") "," VAULT("c") "]}";
	static const char new[] = BOOK_HEAD ",\"vaults\":[" VAULT("d") ","
	    VAULT("c") "]}";

	(void)state;
	lives_open(config, old, config, new);
	for (uint64_t t = 0; t < 3000; t += 500) {
		eth_tell(WORLD_NOW + t);
		shadow_close(&two, WORLD_NOW + t);
	}
	assert_int_equal(two.comparisons, 3);
	assert_int_equal(two.only_before.count, 3);
	assert_int_equal(two.only_before.vault[0].times, 3);
	assert_int_equal(two.only_before.vault[1].times, 3);
	assert_int_equal(two.only_before.vault[2].times, 0);
	assert_int_equal(two.only_after.count, 2);
	assert_int_equal(two.only_after.vault[0].times, 3);
	assert_int_equal(two.only_after.vault[1].times, 0);
	assert_true(shadow_print(&two, 0, false));
	/* Another life: other vaults in the slots, what was found is kept. */
	two.only_before.vault[0].id.b[0] ^= 1;
	two.only_before.vault[2].id.b[0] ^= 1;
	two.only_before.vault[2].other = 0;
	two.vault[2].id.b[0] ^= 1;
	two.vault[2].after = 0;
	two.vault[2].differs = 1;
	eth_tell(WORLD_NOW + 3000);
	shadow_close(&two, WORLD_NOW + 3000);
	assert_int_equal(two.only_before.displaced, 1);
	assert_int_equal(two.displaced, 1);
	lives_close();
	/* The replay's own config has no book, and so lacks nothing. */
	lives_open(config, old, config, new);
	two.before_life->config.book_file[0] = '\0';
	eth_tell(WORLD_NOW);
	shadow_close(&two, WORLD_NOW);
	assert_int_equal(two.comparisons, 1);
	assert_false(shadow_print(&two, 0, false));
	lives_close();
}

static void
shadow_tell_tick__passes_over_who_is_elsewhere(void **state)
{
	static const char here[] = ETH_CONFIG("");
	static const char there[] = "prices: {units: {ETH: {quorum: 1, "
	    "age_max: 3s, dispersion_max: 2%, band_max: 10%}}}\nvenues:\n"
	    "  coinbase: {url: \"wss://example.org/feed\", markets: "
	    "{ETH-USD: ETH/USD}}\n"
	    "book: {file: book.json, vaults_max: 64}\n";

	(void)state;
	lives_open(here, BOOK_HEAD "}", there, BOOK_HEAD "}");
	eth_tell(WORLD_NOW);
	shadow_close(&two, WORLD_NOW);
	assert_false(two.is_heard[0]);
	assert_int_equal(two.unit[0].refusals, 1);
	lives_close();
	lives_open(there, BOOK_HEAD "}", there, BOOK_HEAD "}");
	eth_tell(WORLD_NOW);
	shadow_close(&two, WORLD_NOW);
	assert_true(two.is_heard[0]);
	assert_int_equal(two.unit[0].differs, 0);
	lives_close();
}

/* ---- marks --------------------------------------------------------------- */

#define PERP_BOOK BOOK_HEAD ",\"instruments\":[" PERP("BTC-PERP") "," \
    PERP("ETH-PERP") "]}"
#define PERP_CONFIG ETH_CONFIG("  deribit: {instruments: " \
    "{ETH-PERPETUAL: ETH-PERP}}\n")

static void
mark_tell(uint64_t now_ms, uint64_t cents, const struct shadow_map *before,
    const struct shadow_map *after)
{
	struct wire_mark w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_MARK);
	w.instrument = 1;
	w.has_mark = 1;
	w.mark = wire_from_u128(CENT * cents);
	w.exchange_ms = w.recv_ms = now_ms;
	shadow_tell(&two, &w, sizeof(w), before, after);
}

static void
shadow_close__compares_the_marks_of_instruments(void **state)
{
	static struct shadow_map own, none;
	const struct shadow_mark *m;

	(void)state;
	memset(&none, 0xff, sizeof(none));
	lives_open(PERP_CONFIG, PERP_BOOK, PERP_CONFIG, PERP_BOOK);
	shadow_map_make(&own, &two.before_life->config, &two.after_life->config);
	assert_int_equal(own.mark[0], SHADOW_NONE);
	assert_int_equal(own.mark[1], 1);
	eth_tell(WORLD_NOW);
	shadow_close(&two, WORLD_NOW);
	assert_int_equal(two.mark_count, 2);
	m = &two.mark[1];
	assert_string_equal(m->id, "ETH-PERP");
	assert_int_equal(m->differs, 0);	/* neither has one */
	assert_false(two.is_marked[1]);
	mark_tell(WORLD_NOW + 1000, 200000, &own, &own);
	shadow_close(&two, WORLD_NOW + 1000);
	assert_true(two.is_marked[1]);
	assert_int_equal(m->differs, 0);
	assert_false(shadow_print(&two, 0, true));
	mark_tell(WORLD_NOW + 2000, 202000, &none, &own);
	shadow_close(&two, WORLD_NOW + 2000);
	assert_int_equal(m->differs, 1);
	assert_int_equal(m->alone, 0);
	assert_int_equal(m->worst_ppb, 10000000);
	assert_int_equal(m->worst_ms, WORLD_NOW + 2000);
	assert_false(shadow_print(&two, 10000000, true));
	assert_true(shadow_print(&two, 9999999, true));
	assert_true(shadow_print(&two, 9999999, false));
	lives_close();
}

/* One that is held back does not reach the market: there it is none. */
static void
shadow_close__takes_a_mark_that_is_held_for_none(void **state)
{
	static struct shadow_map own;

	(void)state;
	lives_open(PERP_CONFIG, PERP_BOOK, PERP_CONFIG, PERP_BOOK);
	shadow_map_make(&own, &two.before_life->config, &two.after_life->config);
	eth_tell(WORLD_NOW);
	mark_tell(WORLD_NOW + 1000, 200000, &own, &own);
	shadow_close(&two, WORLD_NOW + 1000);
	assert_int_equal(two.mark[1].alone, 0);
	two.after_life->machine->terms->mark[1].held = TERMS_BASIS;
	shadow_close(&two, WORLD_NOW + 2000);
	assert_int_equal(two.mark[1].alone, 1);
	assert_true(shadow_print(&two, 999999999, true));
	lives_close();
}

static void
shadow_close__finds_marks_that_one_alone_has(void **state)
{
	static const char moved[] = ETH_CONFIG("  deribit: {instruments: "
	    "{BTC-PERPETUAL: ETH-PERP}}\n");
	static struct shadow_map own, other;

	(void)state;
	lives_open(PERP_CONFIG, PERP_BOOK, moved, PERP_BOOK);
	shadow_map_make(&own, &two.before_life->config, &two.before_life->config);
	shadow_map_make(&other, &two.before_life->config,
	    &two.after_life->config);
	assert_int_equal(other.mark[1], SHADOW_NONE);
	eth_tell(WORLD_NOW);
	shadow_close(&two, WORLD_NOW);
	mark_tell(WORLD_NOW + 1000, 200000, &own, &other);
	shadow_close(&two, WORLD_NOW + 1000);
	assert_int_equal(two.mark[1].alone, 1);
	assert_int_equal(two.mark[1].worst_ppb, 0);
	assert_false(two.is_marked[1]);
	assert_true(shadow_print(&two, 999999999, false));
	assert_true(shadow_print(&two, 999999999, true));
	lives_close();
}

/* ---- the parts ----------------------------------------------------------- */

static struct price
price_of(uint64_t cents, enum price_status status)
{
	struct px18 mid = px18_from_raw(status == PRICE_REFUSED ? 0 :
	    cents * CENT);

	return (struct price){ .mid = mid, .low = mid, .high = mid,
		.status = status };
}

static void
shadow_distance_ppb__counts_from_the_old_price_and_rounds_up(void **state)
{
	struct price a = price_of(30000, PRICE_OK);
	struct price b = price_of(30600, PRICE_DEGRADED);
	struct price refused = price_of(0, PRICE_REFUSED);
	struct price tiny = { .mid = px18_from_raw(1), .status = PRICE_OK };

	(void)state;
	assert_int_equal(shadow_distance_ppb(&a, &b), 20000000);
	assert_int_equal(shadow_distance_ppb(&b, &a), 19607844);
	assert_int_equal(shadow_distance_ppb(&a, &a), 0);
	assert_int_equal(shadow_distance_ppb(&a, &refused), 0);
	assert_int_equal(shadow_distance_ppb(&tiny, &a), UINT32_MAX);
	assert_true(shadow_is_refusal(&a, &refused));
	assert_true(shadow_is_refusal(&refused, &b));
	assert_false(shadow_is_refusal(&a, &b));
	assert_false(shadow_is_refusal(&refused, &refused));
}

static void
shadow_print__goes_by_both_sides_of_its_bound(void **state)
{
	struct shadow *s = &g.shadow;

	(void)state;
	memset(s, 0, sizeof(*s));
	s->unit_count = 1;
	memcpy(s->unit[0].name, "ETH", 4);
	s->unit[0].differs = 1;
	s->unit[0].worst_ppb = 20000000;
	struct replay_life *life = calloc(1, sizeof(*life));
	s->before_life = s->after_life = life;
	assert_false(shadow_print(s, 20000000, true));
	assert_true(shadow_print(s, 19999999, true));
	s->unit[0].refusals = 1;
	assert_true(shadow_print(s, 20000000, true));
	s->unit[0].refusals = 0;
	/* What was found in an earlier life. */
	s->displaced = 1;
	assert_true(shadow_print(s, 20000000, true));
	s->displaced = 0;
	s->only_after.displaced = 1;
	assert_true(shadow_print(s, 20000000, true));
	s->only_after.displaced = 0;
	assert_false(shadow_print(s, 20000000, true));
	free(life);
}

static void
config_from(struct config *out, const char *text)
{
	unsigned errors;

	assert_int_equal(config_read(out, text, strlen(text), "test", stderr,
	    &errors), ERR_OK);
}

#define CHAIN(id, steth) "chain: {rpc: [\"http://127.0.0.1:8545\"], chain_id: " \
    id ", depth: 0, head_age_max: 60s, rates: {WSTETH: {contract: \"" steth \
    "\", call: wsteth}}}\n"
#define UNITS "prices:\n  units:\n" \
    "    ETH: {quorum: 1, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n" \
    "    WSTETH: {quorum: 1, age_max: 3s, dispersion_max: 2%, band_max: 10%, " \
    "rate: {of: ETH, price: rate, pinned: 1.2, pinned_at: " \
    "\"2026-11-01T00:00:00Z\", age_max: 60s, growth_max: 10%, " \
    "fall_max: 1%, gap_max: 2%}}\n"
#define ADDRESS_A "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"
#define ADDRESS_B "0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c"
#define VENUES(contract, family) "venues:\n" \
    "  chainlink: {markets: {ETH-USD: {pair: ETH/USD, contract: \"" contract \
    "\"}}}\n  deribit: {options: {" family ": ETH}}\n"

static void
shadow_map_make__goes_by_where_it_comes_from(void **state)
{
	static const struct {
		const char *text;
		bool market, rate, terms;
	} rows[] = {
		{ UNITS VENUES(ADDRESS_A, "options.eth_usd")
		  CHAIN("1", ADDRESS_A), true, true, true },
		{ UNITS VENUES(ADDRESS_B, "options.eth_usd")
		  CHAIN("1", ADDRESS_A), false, true, true },
		{ UNITS VENUES(ADDRESS_A, "options.eth_usd")
		  CHAIN("1", ADDRESS_B), true, false, true },
		{ UNITS VENUES(ADDRESS_A, "options.btc_usd")
		  CHAIN("1", ADDRESS_A), true, true, false },
		{ UNITS VENUES(ADDRESS_A, "options.eth_usd: ETH, "
		  "options.btc_usd") CHAIN("1", ADDRESS_A), true, true,
		  false },
		{ UNITS VENUES(ADDRESS_A, "options.eth_usd")
		  CHAIN("10", ADDRESS_A), false, false, true },
	};
	static struct config from, to;
	static struct shadow_map map;

	(void)state;
	config_from(&from, rows[0].text);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		config_from(&to, rows[i].text);
		shadow_map_make(&map, &from, &to);
		assert_int_equal(map.unit[1], 1);
		assert_int_equal(map.unit[2], 2);
		assert_int_equal(map.venue[0], 0);
		assert_int_equal(map.market[0], rows[i].market ? 0 :
		    SHADOW_NONE);
		assert_int_equal(map.rate[2], rows[i].rate ? 2 : SHADOW_NONE);
		assert_int_equal(map.terms[1], rows[i].terms ? 1 :
		    SHADOW_NONE);
		shadow_map_make(&map, &to, &from);
		assert_int_equal(map.terms[1], rows[i].terms ? 1 :
		    SHADOW_NONE);
	}
}

static void
shadow_map_input__passes_what_has_no_place_and_drops_the_rest(void **state)
{
	struct shadow_map map;
	union {
		struct wire_head head;
		struct wire_tick tick;
		struct wire_rate rate;
		struct wire_slice slice;
		struct wire_forward forward;
		struct wire_mark mark;
		struct wire_start start;
		struct wire_heartbeat beat;
		struct wire_vault vault;
	} w;

	(void)state;
	memset(&map, 0xff, sizeof(map));
	map.market[3] = 1;
	map.venue[2] = 0;
	map.rate[5] = 6;
	map.terms[5] = 7;
	map.mark[8] = 8;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.tick.market = 3;
	assert_true(shadow_map_input(&w, &map));
	assert_int_equal(w.tick.market, 1);
	assert_false(shadow_map_input(&w, &map));	/* 1 is none */
	w.tick.market = UINT16_MAX;			/* beyond the map */
	assert_false(shadow_map_input(&w, &map));
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_HEARTBEAT);
	w.beat.venue = 2;
	assert_true(shadow_map_input(&w, &map));
	assert_int_equal(w.beat.venue, 0);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_RATE);
	w.rate.unit = 5;
	assert_true(shadow_map_input(&w, &map));
	assert_int_equal(w.rate.unit, 6);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_FORWARD);
	w.forward.unit = 5;
	assert_true(shadow_map_input(&w, &map));
	assert_int_equal(w.forward.unit, 7);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_SLICE);
	w.slice.unit = 5;
	assert_true(shadow_map_input(&w, &map));
	assert_int_equal(w.slice.unit, 7);
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_MARK);
	w.mark.instrument = 8;
	assert_true(shadow_map_input(&w, &map));
	w.mark.instrument = 7;
	assert_false(shadow_map_input(&w, &map));
	w.mark.instrument = INSTRUMENTS_MAX;
	assert_false(shadow_map_input(&w, &map));
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_VAULT);
	assert_true(shadow_map_input(&w, &map));
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	assert_false(shadow_map_input(&w, &map));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    shadow_journal__finds_nothing_where_only_the_order_differs),
		cmocka_unit_test(
		    shadow_journal__finds_a_price_in_another_unit),
		cmocka_unit_test(
		    shadow_journal__compares_in_its_window_alone),
		cmocka_unit_test(
		    shadow_journal__names_what_the_journal_has_not),
		cmocka_unit_test(
		    shadow_journal__does_not_hear_a_venue_that_moved),
		cmocka_unit_test(
		    shadow_journal__lists_vaults_that_one_alone_has),
		cmocka_unit_test(
		    shadow_close__finds_vaults_of_one_book_alone),
		cmocka_unit_test(
		    shadow_tell_tick__passes_over_who_is_elsewhere),
		cmocka_unit_test(
		    shadow_close__compares_the_marks_of_instruments),
		cmocka_unit_test(
		    shadow_close__finds_marks_that_one_alone_has),
		cmocka_unit_test(
		    shadow_close__takes_a_mark_that_is_held_for_none),
		cmocka_unit_test(
		    shadow_map_make__goes_by_where_it_comes_from),
		cmocka_unit_test(
		    shadow_distance_ppb__counts_from_the_old_price_and_rounds_up),
		cmocka_unit_test(
		    shadow_print__goes_by_both_sides_of_its_bound),
		cmocka_unit_test(
		    shadow_map_input__passes_what_has_no_place_and_drops_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
