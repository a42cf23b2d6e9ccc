/* A journal as an engine's shell writes it, through `margind replay
 * --journal`: whole, cut, and tampered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "oracle/cmd.h"
#include "oracle/history.h"
#include "oracle/inputs.h"
#include "oracle/kept.h"
#include "oracle/shell.h"
#include "tests/journal_world.h"
#include "tests/machine_world.h"

#define SEGMENT_ONE "journal-00000001.segment"

struct engine {
	struct replay_life *life;
	struct segment_writer *writer;
	struct shell shell;
	struct dumb_signer signer;
	struct world_output asked;
	uint64_t now_ms, attestations, released;
	uint64_t btc_cents;	/* 0: nobody trades it */
	bool has_rate;		/* BTC is redeemed for 30 ETH */
	struct kept kept;	/* what the journal remembers */
	char dir[64];
	struct b32 config_hash;
	struct replay_window window;	/* of replay_run; all */
};
static struct engine g;

/* The same markets in another order, and other rules. */
static const char other_config[] =
    "prices:\n"
    "  units:\n"
    "    BTC: {quorum: 1, age_max: 9s, dispersion_max: 2%, band_max: 10%}\n"
    "    ETH: {quorum: 3, age_max: 9s, dispersion_max: 1%, band_max: 10%}\n"
    "venues:\n"
    "  kraken: {markets: {BTC/USD: BTC/USD, ETH/USD: ETH/USD}}\n"
    "  binance: {markets: {BTCUSD: BTC/USD, ETHUSD: ETH/USD}}\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

static enum err
on_journal(void *arg, const void *message)
{
	(void)arg;
	kept_note(&g.kept, message);
	return segment_writer_add(g.writer, message);
}

static enum err
on_signer(void *arg, const void *message)
{
	struct wire_head head;

	(void)arg;
	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_BEGIN)
		g.asked.len = 0;
	world_emit(&g.asked, message, head.size);
	return ERR_OK;
}

static void
on_release(void *arg, const struct board_attestation *a)
{
	(void)arg;
	assert_int_equal(a->word_count, 2);
	g.released++;
}

/* As the journal does; what is none of this config's is refused. */
static void
memories_say(void)
{
	for (size_t i = 0; i < g.kept.count; i++) {
		union kept_record r;

		kept_tell(&r, &g.kept, i);
		(void)!shell_input(&g.shell, &r, 0);
	}
}

/* A life's machine takes the texts as a replay will: bounds of zero let every
 * first word pass and refuse the moves, which is as good as any. */
static void
life_begin(uint64_t segment_bytes, const char *config)
{
	struct segment_fault fault;
	struct wire_start start;
	struct wire_signer_ready ready;
	uint64_t torn;

	MUST(segment_writer_open(&g.writer, &fault, &torn, g.dir,
	    segment_bytes, NULL) == ERR_OK);
	MUST(replay_life_open(&g.life, config, strlen(config), "config",
	    world_book, sizeof(world_book) - 1, "book") == ERR_OK);
	memset(&g.shell, 0, sizeof(g.shell));
	g.shell.machine = g.life->machine;
	g.shell.is_durable = true;
	g.shell.wires = (struct shell_wires){ on_signer, on_journal, NULL,
		on_release, &g };
	memset(&g.signer, 0, sizeof(g.signer));
	g.signer.asset_count = g.life->book.asset_count;
	g.signer.book = g.life->book.id;
	g.signer.domain = g.life->machine->domain;
	g.signer.rules_hash = g.life->machine->rules_hash;
	g.signer.policy = &g.life->config.policy;
	g.asked.len = 0;

	memset(&start, 0, sizeof(start));
	wire_head_set(&start.head, WIRE_START);
	start.now_ms = g.now_ms;
	start.config_hash = g.life->config_hash;
	start.book_hash = g.life->book_hash;
	start.previous = segment_writer_state(g.writer)->inputs_hash;
	MUST(inputs_store(g.dir, INPUTS_CONFIG, &g.life->config_hash,
	    config, strlen(config)) == ERR_OK);
	MUST(inputs_store(g.dir, INPUTS_BOOK, &g.life->book_hash, world_book,
	    sizeof(world_book) - 1) == ERR_OK);
	g.config_hash = g.life->config_hash;
	MUST(shell_input(&g.shell, &start, 0) == ERR_OK);
	memories_say();
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = g.now_ms * 1024;
	MUST(shell_input(&g.shell, &ready, 0) == ERR_OK);
}

static void
life_end(void)
{
	replay_life_close(g.life);
	segment_writer_close(g.writer);
	g.life = NULL;
	g.writer = NULL;
}

static void
tick_say(size_t market, uint64_t cents)
{
	u128 cent = (u128)10000000000000000u;
	struct wire_tick t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = (uint16_t)market;
	t.has_book = 1;
	t.bid = wire_from_u128((cents - 5) * cent);
	t.ask = wire_from_u128((cents + 5) * cent);
	t.exchange_ms = t.recv_ms = g.now_ms;
	MUST(shell_input(&g.shell, &t, 0) == ERR_OK);
}

static void
vault_say(uint8_t n)
{
	struct wire_vault v;

	memset(&v, 0, sizeof(v));
	wire_head_set(&v.head, WIRE_VAULT);
	v.id.b[0] = n;
	v.nonce = g.now_ms;
	v.collateral_count = v.debt_count = 1;
	v.collateral_amount[0] =
	    wire_from_u128((u128)10 * 1000000000000000000u);
	v.debt_asset[0] = 1;
	v.debt_amount[0] = wire_from_u128(20000000u + 1000000u * n);
	v.debt_index[0] = wire_from_u128(WAD_ONE_RAW);
	MUST(shell_input(&g.shell, &v, 0) == ERR_OK);
}

static void
rate_say(void)
{
	struct wire_rate r;

	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_RATE);
	r.unit = g.life->config.asset_unit[1];
	r.time_ms = r.recv_ms = g.now_ms;
	r.rate = wire_from_u128((u128)30 * WAD_ONE_RAW);
	MUST(shell_input(&g.shell, &r, 0) == ERR_OK);
}

/* `seconds` of prices, a vault now and then, every request answered. */
static void
seconds_run(unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 2; i++) {
		uint64_t released = g.released;
		struct dumb_answer a;
		struct wire_signed s;

		g.now_ms += 500;
		for (size_t m = 0; m < 6; m++)
			if (m % 2 == 0 || g.btc_cents > 0)
				tick_say(m, m % 2 == 0 ? 200000 : g.btc_cents);
		if (g.has_rate)
			rate_say();
		if (i % 5 == 0)
			vault_say((uint8_t)(1 + i % 13));
		shell_close(&g.shell, g.now_ms, 0);
		if (g.asked.len > 0) {
			MUST(dumb_sign(&a, &g.signer, &g.asked, true));
			g.asked.len = 0;
			memset(&s, 0, sizeof(s));
			wire_head_set(&s.head, WIRE_SIGNED);
			s.sequence = a.header.sequence;
			s.digest = a.digest;
			memset(s.signature.r, (int)i, 32);
			assert_int_equal(shell_input(&g.shell, &s, 0), ERR_OK);
			g.attestations++;
		}
		/* Signed, and held until the disk has it. */
		assert_int_equal(g.released, released);
		assert_int_equal(segment_writer_commit(g.writer, g.now_ms),
		    ERR_OK);
		shell_committed(&g.shell, g.shell.records);
		assert_int_equal(g.released, g.attestations);
	}
}

static void
journal_begin(void)
{
	kept_free(&g.kept);
	memset(&g, 0, sizeof(g));
	folder_make(g.dir);
	g.now_ms = WORLD_NOW;
	g.btc_cents = 6000000;
}

/* Two lives, the second in the middle of the first's last segment. */
static void
journal_make_of(uint64_t segment_bytes, const char *first, const char *second)
{
	journal_begin();
	life_begin(segment_bytes, first);
	seconds_run(20);
	life_end();
	g.now_ms += 3000;
	life_begin(segment_bytes, second);
	seconds_run(10);
	life_end();
}

static void
journal_make(uint64_t segment_bytes)
{
	journal_make_of(segment_bytes, world_config, world_config);
}

/* Runs the command in a process of its own; what it printed in `said`. */
static int
replay_run(char said[1024], const char *dir, bool rebuild)
{
	struct replay_journal_options o = {
		.dir = dir, .is_json = true, .rebuild_history = rebuild,
		.window = g.window,
	};
	FILE *out = tmpfile();
	int status;
	pid_t pid;
	size_t len;

	MUST(out);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		MUST(dup2(fileno(out), 1) == 1);
		status = replay_journal(&o);
		fflush(stdout);
		_exit(status);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	rewind(out);
	len = fread(said, 1, 1023, out);
	said[len] = '\0';
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
assert_said(const char *said, const char *key, uint64_t value)
{
	char want[64];

	snprintf(want, sizeof(want), "\"%s\":%llu", key,
	    (unsigned long long)value);
	if (!strstr(said, want))
		print_message("%s wanted in %s\n", want, said);
	assert_non_null(strstr(said, want));
}

static void
replay_journal__gives_back_every_attestation(void **state)
{
	static const uint64_t segment_bytes[] = { 1 << 20, SEGMENT_BYTES_MIN };
	char said[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(segment_bytes); i++) {
		journal_make(segment_bytes[i]);
		assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
		assert_true(g.attestations >= 30);
		assert_said(said, "attestations", g.attestations);
		assert_said(said, "lives", 2);
		assert_said(said, "mismatches", 0);
		assert_said(said, "unrecorded", 0);
		assert_said(said, "skipped", 0);
		assert_said(said, "torn_bytes", 0);
		folder_remove(g.dir);
	}
}

/* Killed at any byte of its last minutes: what is there still agrees. */
static void
replay_journal__accepts_what_a_kill_leaves(void **state)
{
	char said[1024];
	uint8_t *bytes;
	size_t len;

	(void)state;
	journal_make(1 << 20);
	len = file_bytes(g.dir, SEGMENT_ONE, &bytes);
	for (size_t cut = 1; cut < 1500; cut += 37) {
		file_store(g.dir, SEGMENT_ONE, bytes, len - cut);
		assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
		assert_said(said, "mismatches", 0);
	}
	free(bytes);
	folder_remove(g.dir);
}

/* Copies the journal with one record changed and every checksum made anew:
 * `nth` of `type` gets one bit flipped at `at`, or is left out. */
static void
journal_forge(char dir[64], uint32_t type, unsigned nth, size_t at, bool drop)
{
	struct segment_fault fault;
	struct segment_reader *r;
	struct segment_record record;
	struct segment_writer *w;
	char command[256];
	uint64_t torn;

	folder_make(dir);
	MUST(segment_reader_open(&r, &fault, g.dir) == ERR_OK);
	MUST(segment_writer_open(&w, &fault, &torn, dir, 1 << 20, NULL) ==
	    ERR_OK);
	while (segment_reader_next(r, &record, &fault) == ERR_OK) {
		_Alignas(16) uint8_t message[WIRE_SIZE_MAX];
		bool hit = record.type == type && nth-- == 0;

		memcpy(message, record.message, record.size);
		if (hit && drop)
			continue;
		if (hit)
			message[at] ^= 1;
		MUST(segment_writer_add(w, message) == ERR_OK);
	}
	MUST(segment_writer_commit(w, 1) == ERR_OK);
	segment_writer_close(w);
	segment_reader_close(r);
	snprintf(command, sizeof(command), "cp -r %s/inputs %s/", g.dir, dir);
	MUST(system(command) == 0);
}

static void
replay_journal__finds_every_forgery(void **state)
{
	static const struct {
		uint32_t type;
		unsigned nth;
		size_t at;
		bool drop;
	} rows[] = {
		{ WIRE_ATTESTATION, 3, offsetof(struct wire_attestation,
		    digest), false },
		{ WIRE_ATTESTATION, 3, offsetof(struct wire_attestation,
		    collateral_value), false },
		{ WIRE_ATTESTATION, 3, offsetof(struct wire_attestation,
		    signature), false },
		{ WIRE_ATTESTATION, 5, 0, true },
		{ WIRE_WORD, 4, offsetof(struct wire_word, word), false },
		{ WIRE_WORD, 4, 0, true },
		/* An input of the first life: the second does not follow. */
		{ WIRE_TICK, 30, offsetof(struct wire_tick, recv_ms), false },
		{ WIRE_TICK, 30, 0, true },
		/* One of the second: its attestations are others. */
		{ WIRE_TICK, 300, offsetof(struct wire_tick, recv_ms), false },
		{ WIRE_CLOSE, 45, 0, true },
		{ WIRE_SIGNED, 2, offsetof(struct wire_signed, digest), false },
		{ WIRE_START, 0, offsetof(struct wire_start, config_hash),
		  false },
		{ WIRE_START, 0, offsetof(struct wire_start, previous), false },
	};
	char said[1024], dir[64];

	(void)state;
	journal_make(1 << 20);
	journal_forge(dir, 0, 0, 0, false);
	assert_int_equal(replay_run(said, dir, false), EXIT_OK);
	folder_remove(dir);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		journal_forge(dir, rows[i].type, rows[i].nth, rows[i].at,
		    rows[i].drop);
		assert_int_equal(replay_run(said, dir, false), EXIT_FAILED);
		folder_remove(dir);
	}
	folder_remove(g.dir);
}

static void
replay_journal__needs_the_texts(void **state)
{
	char said[1024], path[INPUTS_PATH_MAX];

	(void)state;
	journal_make(1 << 20);
	assert_int_equal(inputs_path(path, g.dir, INPUTS_CONFIG,
	    &g.config_hash), ERR_OK);
	FILE *f = fopen(path, "a");
	MUST(f && fputs("# more\n", f) >= 0);
	fclose(f);
	assert_int_equal(replay_run(said, g.dir, false), EXIT_FAILED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(replay_run(said, g.dir, false), EXIT_FAILED);
	folder_remove(g.dir);
}

static void
replay_journal__rebuilds_the_history(void **state)
{
	struct history_row row[64];
	struct history_reader *r;
	struct segment_writer *w;
	struct segment_fault fault;
	char said[1024], path[128];
	uint64_t torn;
	size_t count;

	(void)state;
	journal_make(1 << 20);
	snprintf(path, sizeof(path), "%s/%s", g.dir, HISTORY_FILE);
	file_store(g.dir, HISTORY_FILE, (const uint8_t *)"damaged", 7);
	assert_int_equal(replay_run(said, g.dir, true), EXIT_OK);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_latest(row, &count, 64, r, 0), ERR_OK);
	assert_int_equal(count, g.attestations);
	history_reader_close(r);
	/* Not under a journal that lives. */
	assert_int_equal(segment_writer_open(&w, &fault, &torn, g.dir,
	    1 << 20, NULL), ERR_OK);
	assert_int_equal(replay_run(said, g.dir, true), EXIT_FAILED);
	assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
	segment_writer_close(w);
	folder_remove(g.dir);
}

static void
replay_journal__takes_each_life_with_its_own_config(void **state)
{
	char said[1024];

	(void)state;
	journal_make_of(1 << 20, world_config, other_config);
	assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
	assert_said(said, "attestations", g.attestations);
	assert_said(said, "lives", 2);
	assert_said(said, "mismatches", 0);
	folder_remove(g.dir);
}

static const char wrapped_config[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%,\n"
    "      rate: {of: ETH, price: rate, pinned: 30, pinned_at: 1795089600000,\n"
    "        growth_max: 9%, fall_max: 1%, gap_max: 5%, age_max: 1m}}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  binance: {markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

/* `seconds` with that price on BTC's markets, and what its price then is. */
static void
btc_run(unsigned seconds, uint64_t cents, enum price_status status,
    enum price_reason reason)
{
	const struct price *p =
	    &g.life->machine->prices.price[g.life->config.asset_unit[1]];

	g.btc_cents = cents;
	seconds_run(seconds);
	assert_int_equal(p->status, status);
	assert_int_equal(p->reason, reason);
}

static void
life_again(void)
{
	life_end();
	g.now_ms += 3000;
	life_begin(1 << 20, wrapped_config);
}

/* R14 over lives: markets contradict the rate, then nobody trades, then the
 * engine begins anew, before any round of what is kept. */
static void
replay_journal__knows_what_bars_a_price_from_an_earlier_life(void **state)
{
	char said[1024];

	(void)state;
	journal_begin();
	g.has_rate = true;
	life_begin(1 << 20, wrapped_config);
	btc_run(2, 6000000, PRICE_OK, REASON_NONE);
	btc_run(1, 30000, PRICE_REFUSED, REASON_RATE);
	life_again();
	btc_run(5, 0, PRICE_REFUSED, REASON_RATE);
	life_again();
	btc_run(5, 0, PRICE_REFUSED, REASON_RATE);
	btc_run(1, 6000000, PRICE_OK, REASON_NONE);
	life_again();
	btc_run(5, 0, PRICE_OK, REASON_NONE);
	life_end();
	assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
	assert_said(said, "attestations", g.attestations);
	assert_said(said, "lives", 4);
	assert_said(said, "mismatches", 0);
	assert_said(said, "unrecorded", 0);
	folder_remove(g.dir);
	kept_free(&g.kept);
}

/* What `said` has behind a key, a whole number. */
static uint64_t
said_value(const char *said, const char *key)
{
	char want[64];
	const char *at;

	snprintf(want, sizeof(want), "\"%s\":", key);
	at = strstr(said, want);
	assert_non_null(at);
	return strtoull(at + strlen(want), NULL, 10);
}

static void
window_run(char said[1024], uint64_t from_s, uint64_t until_s)
{
	g.window = (struct replay_window){
		from_s > 0 ? WORLD_NOW + from_s * 1000 : 0,
		until_s > 0 ? WORLD_NOW + until_s * 1000 : 0 };
	assert_int_equal(replay_run(said, g.dir, false), EXIT_OK);
	assert_said(said, "mismatches", 0);
}

/* The lives are of seconds 0 to 20 and 23 to 33. */
static void
replay_journal__looks_at_the_lives_of_a_window(void **state)
{
	uint64_t all, first, second;
	char said[1024];

	(void)state;
	journal_make(SEGMENT_BYTES_MIN);
	window_run(said, 0, 23);
	assert_said(said, "lives", 1);
	assert_said(said, "skipped", 0);
	first = said_value(said, "attestations");
	window_run(said, 23, 0);
	assert_said(said, "lives", 1);
	assert_true(said_value(said, "skipped") > 100);
	second = said_value(said, "attestations");
	assert_true(first > second && second > 5);
	assert_int_equal(first + second, g.attestations);
	/* In the middle of a life: from its beginning, or not to its end. */
	window_run(said, 22, 0);
	assert_said(said, "lives", 2);
	assert_said(said, "attestations", g.attestations);
	window_run(said, 0, 28);
	assert_said(said, "lives", 2);
	all = said_value(said, "attestations");
	assert_true(all > first && all < g.attestations);
	window_run(said, 30, 31);
	assert_said(said, "lives", 1);
	assert_true(said_value(said, "attestations") < second);
	folder_remove(g.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_journal__gives_back_every_attestation),
		cmocka_unit_test(replay_journal__accepts_what_a_kill_leaves),
		cmocka_unit_test(replay_journal__finds_every_forgery),
		cmocka_unit_test(replay_journal__needs_the_texts),
		cmocka_unit_test(replay_journal__rebuilds_the_history),
		cmocka_unit_test(
		    replay_journal__takes_each_life_with_its_own_config),
		cmocka_unit_test(
		    replay_journal__knows_what_bars_a_price_from_an_earlier_life),
		cmocka_unit_test(
		    replay_journal__looks_at_the_lives_of_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
