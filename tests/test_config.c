/* Configs: every key reaches its field, every error its line. */
#include "oracle/bookfile.h"
#include "oracle/config.h"
#include "oracle/feeds_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/errors_text.h"

static struct config config;

#define MARKETS \
	"prices:\n" \
	"  units:\n" \
	"    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%,\n" \
	"      band_max: 10%}\n" \
	"    USDT: {quorum: 1, age_max: 30s, dispersion_max: 1%,\n" \
	"      band_max: 5%}\n" \
	"    DAI: {constant: \"1.01\", unsafe: true}\n" \
	"venues:\n" \
	"  coinbase: {markets: {ETH-USD: ETH/USD, USDT-USD: USDT/USD}}\n" \
	"  bybit: {url: \"ws://127.0.0.1:9/x\", markets:\n" \
	"    {ETHUSDT: {pair: ETH/USDT, weight: 3}, ETHDAI: ETH/DAI}}\n"

#define REST \
	"book: {file: b.json, vaults_max: 1000, portfolios_max: 9}\n" \
	"tls: {ca_file: ca.pem}\n" \
	"chain: {rpc: [\"http://a:1\", \"https://b\"], chain_id: 31337,\n" \
	"  clearing: \"0x5FbDB2315678afecb367f032d93F642f64180aa3\",\n" \
	"  depth: 2,\n" \
	"  from_block: 7, poll: 250ms, head_age_max: 1m,\n" \
	"  publish: {every: 90s}}\n" \
	"attestation: {validity: 2m, interval: 2s, move: 0.5%,\n" \
	"  verdicts_max: 99}\n" \
	"engine: {wait: spin}\n" \
	"signer: {keystore: k, password_file: p, state: s, gas_keystore: gk,\n" \
	"  gas_password_file: gp,\n" \
	"  bound: {base: 10%, per_second: 20%, max: 60%},\n" \
	"  validity_max: 5m,\n" \
	"  alarm: {verdicts: 1000, value: \"1000000000.5\"},\n" \
	"  gas: {max_fee: 100 gwei, max_priority_fee: 2.5gwei,\n" \
	"    budget_per_hour: 0.5 eth, limit: 400000}}\n" \
	"journal: {dir: j, segment: 1MiB, release: immediate}\n" \
	"api: {listen: \"[::1]:8700\"}\n" \
	"control: {socket: c.sock}\n" \
	"sandbox: require\n"

/* What config_read printed; the caller frees it. */
static char *
errors_of(const char *text, enum err want)
{
	struct errors_text t;
	unsigned count = 99;
	FILE *out = errors_open(&t);
	enum err e = config_read(&config, text, strlen(text), "c.yaml", out,
	    &count);

	errors_close(&t);
	if (e != want)
		print_message("%s", t.text);
	assert_int_equal(e, want);
	assert_int_equal(count == 0, want == ERR_OK);
	return t.text;
}

static void
good(const char *text)
{
	free(errors_of(text, ERR_OK));
}

static void
bad(const char *text, const char *error)
{
	char *got = errors_of(text, ERR_SYNTAX);

	if (strcmp(got, error) != 0)
		print_message("of:\n%s\n", text);
	assert_string_equal(got, error);
	free(got);
}

static void
config_read__fills_prices_and_venues(void **state)
{
	const struct prices_config *p = &config.prices;

	(void)state;
	good(MARKETS);
	assert_int_equal(p->unit_count, 4);
	assert_string_equal(p->unit[0].name, "USD");
	assert_string_equal(p->unit[1].name, "ETH");
	assert_int_equal(p->unit[1].rule.quorum, 2);
	assert_int_equal(p->unit[1].rule.age_max_ms, 3000);
	assert_int_equal(ppb_to_raw(p->unit[1].rule.dispersion_max),
	    20000000);
	assert_int_equal(ppb_to_raw(p->unit[1].rule.band_max), 100000000);
	assert_false(p->unit[2].rule.is_constant_unsafe);
	assert_true(p->unit[3].rule.is_constant_unsafe);
	assert_true(px18_to_raw(p->unit[3].rule.constant) ==
	    (u128)1010000000000000000u);
	assert_int_equal(config.venue_count, 2);
	assert_string_equal(config.venue[1].name, "bybit");
	assert_string_equal(config.venue[1].url, "ws://127.0.0.1:9/x");
	assert_string_equal(config.venue[0].url, "");
	assert_ptr_equal(config.venue[1].venue, venue_find("bybit"));
	assert_int_equal(p->market_count, 4);
	assert_string_equal(config.market[2].symbol, "ETHUSDT");
	assert_int_equal(config.market[2].venue, 1);
	assert_int_equal(p->market[2].base, 1);
	assert_int_equal(p->market[2].quote, 2);
	assert_int_equal(p->market[2].weight, 3);
	assert_int_equal(p->market[0].weight, 1);
	assert_int_not_equal(p->market[0].operator_id,
	    p->market[2].operator_id);
	assert_false(config.has_chain || config.has_signer || config.publish);
	/* What stands without its section. */
	assert_int_equal(config.vaults_max, 1024);
	assert_int_equal(config.portfolios_max, 1024);
	assert_int_equal(config.validity_ms, 120000);
	assert_int_equal(config.interval_ms, 1000);
	assert_int_equal(config.move_ppb, 2500000);
	assert_int_equal(config.verdicts_max, 65536);
	assert_int_equal(config.sandbox, SANDBOX_BEST_EFFORT);
	assert_int_equal(config.engine_wait, WAIT_BLOCK);
}

static void
config_read__fills_every_other_field(void **state)
{
	(void)state;
	good(MARKETS REST);
	assert_string_equal(config.book_file, "b.json");
	assert_int_equal(config.vaults_max, 1024);
	assert_int_equal(config.portfolios_max, 16);
	assert_string_equal(config.tls_ca_file, "ca.pem");
	assert_true(config.has_chain);
	assert_int_equal(config.rpc_count, 2);
	assert_string_equal(config.rpc[1], "https://b");
	assert_int_equal(config.chain_id, 31337);
	assert_int_equal(config.clearing.b[19], 0xa3);
	assert_int_equal(config.depth, 2);
	assert_int_equal(config.from_block, 7);
	assert_int_equal(config.poll_ms, 250);
	assert_int_equal(config.head_age_max_ms, 60000);
	assert_true(config.publish);
	assert_int_equal(config.publish_every_ms, 90000);
	assert_int_equal(config.validity_ms, 120000);
	assert_int_equal(config.interval_ms, 2000);
	assert_int_equal(config.move_ppb, 5000000);
	assert_int_equal(config.verdicts_max, 99);
	assert_int_equal(config.engine_wait, WAIT_SPIN);
	assert_true(config.has_signer);
	assert_string_equal(config.keystore, "k");
	assert_string_equal(config.password_file, "p");
	assert_string_equal(config.signer_state, "s");
	assert_string_equal(config.gas_keystore, "gk");
	assert_string_equal(config.gas_password_file, "gp");
	assert_int_equal(config.policy.bound_base_ppb, 100000000);
	assert_int_equal(config.policy.bound_per_second_ppb, 200000000);
	assert_int_equal(config.policy.bound_max_ppb, 600000000);
	assert_int_equal(config.policy.validity_max_ms, 300000);
	assert_int_equal(config.policy.verdicts_alarm, 1000);
	assert_true(config.policy.value_alarm ==
	    (u128)10000000005u * 100000000000000000u);
	assert_true(config.gas.max_fee_wei == 100000000000u);
	assert_true(config.gas.max_priority_fee_wei == 2500000000u);
	assert_true(config.gas.budget_wei_per_hour == 500000000000000000u);
	assert_int_equal(config.gas.gas_limit_max, 400000);
	assert_string_equal(config.journal_dir, "j");
	assert_int_equal(config.segment_bytes, 1048576);
	assert_int_equal(config.release, RELEASE_IMMEDIATE);
	assert_string_equal(config.api_host, "::1");
	assert_int_equal(config.api_port, 8700);
	assert_string_equal(config.control_socket, "c.sock");
	assert_int_equal(config.sandbox, SANDBOX_REQUIRE);
}

static void
config_read__reports_every_error_in_one_pass(void **state)
{
	(void)state;
	bad("venus: {}\n"
	    "prices:\n"
	    "  units:\n"
	    "    ETH: {quorum: 0, age_max: 3, dispersion_max: 2, band_max: 110%}\n"
	    "    USDT: {quorum: 1, age_max: 30s}\n"
	    "    DAI: {constant: \"1\"}\n"
	    "venues:\n"
	    "  coinbse: {markets: {A: ETH/USD}}\n"
	    "  ftx-us: {markets: {A: ETH/USD}}\n"
	    "  kraken: {url: ws://example.org/, markets: {X: ETHH/USD, Y: ETH}}\n"
	    "sandbox: requir\n",
	    "c.yaml:1:1: unknown key `venus` (did you mean `venues`?)\n"
	    "c.yaml:11:10: `sandbox`: \"requir\" is none of require, "
	    "best-effort (did you mean `require`?)\n"
	    "c.yaml:4:19: `quorum`: 0 is not between 1 and 64\n"
	    "c.yaml:4:31: `age_max`: \"3\" is not a duration such as 500ms, "
	    "3s, 2m or 1h\n"
	    "c.yaml:4:50: `dispersion_max`: \"2\" is not a percentage such "
	    "as 2% or 0.25%\n"
	    "c.yaml:4:63: `band_max`: 110% is not between 0.0000001% and "
	    "99%\n"
	    "c.yaml:5:11: unit USDT: the key `dispersion_max` is missing\n"
	    "c.yaml:5:11: unit USDT: the key `band_max` is missing\n"
	    "c.yaml:6:10: unit DAI: a `constant` price needs `unsafe: true`\n"
	    "c.yaml:8:3: unknown venue `coinbse` (did you mean `coinbase`?)\n"
	    "c.yaml:9:3: venue `ftx-us`: no longer served; its recordings "
	    "can be replayed\n"
	    "c.yaml:10:17: `url`: plain ws:// is for loopback only: "
	    "ws://example.org/\n"
	    "c.yaml:10:49: unknown unit `ETHH` (did you mean `ETH`?)\n"
	    "c.yaml:10:62: market Y: `ETH` is not a BASE/QUOTE\n");
}

#define ONE_UNIT "prices: {units: {A: {quorum: 1, age_max: 1s, " \
	"dispersion_max: 1%, band_max: 1%}}}\n"
#define TWO_UNITS "prices: {units: {A: {quorum: 1, age_max: 1s, " \
	"dispersion_max: 1%, band_max: 1%},\n" \
	" B: {quorum: 1, age_max: 1s, dispersion_max: 1%, band_max: 1%}}}\n"

static void
config_read__refuses_graphs_that_give_no_price(void **state)
{
	(void)state;
	good(ONE_UNIT "venues: {kraken: {markets: {A-USD: A/USD}}}\n");
	bad(ONE_UNIT, "c.yaml:1:18: unit A: no market prices it\n");
	good(ONE_UNIT "venues: {kucoin: {markets: {A-USD: A/USD}}}\n");
	good(ONE_UNIT "venues: {kucoin: {url: \"ws://127.0.0.1:1/\", markets: "
	    "{A-USD: A/USD}}}\n");
	bad(TWO_UNITS "venues: {kraken: {markets: {A-B: A/B, B-A: B/A}}}\n",
	    "c.yaml:2:2: unit B: its markets lead back to itself\n");
	bad(TWO_UNITS "venues: {kraken: {markets: {A-USD: A/USD}}}\n",
	    "c.yaml:2:2: unit B: no market prices it\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {A-USD: A/USD, "
	    "USD-A: USD/A}}}\n",
	    "c.yaml:2:9: USD is what prices are in: no market may price "
	    "it\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {A-USD: A/USD, "
	    "A/USD: A/USD}}}\n",
	    "c.yaml:2:50: duplicate market: kraken has A/USD twice\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {}}}\n",
	    "c.yaml:2:28: kraken: `markets` is not a map of symbols\n");
	bad("prices: {units: {USD: {constant: 1, unsafe: true}}}\n",
	    "c.yaml:1:18: unit `USD`: USD is always there, and a name has "
	    "no /\n");
}

/* R24: a unit mismatch is found before anything starts. */
static void
config_read__refuses_a_symbol_of_another_pair(void **state)
{
	(void)state;
	bad(TWO_UNITS "venues:\n  okx:\n    markets:\n      A-B: A/USD\n"
	    "      B-USDT: {pair: B/USD, weight: 2}\n",
	    "c.yaml:6:7: market A-B: the symbol does not say A/USD; where it "
	    "is that, {pair: A/USD, named: A-B}\n"
	    "c.yaml:7:7: market B-USDT: the symbol does not say B/USD; where "
	    "it is that, {pair: B/USD, named: B-USDT}\n");
	good(TWO_UNITS "venues:\n  okx:\n    markets:\n"
	    "      A-B: {pair: A/USD, named: A-B}\n      B-USD-SWAP: B/USD\n");
	assert_string_equal(config.market[0].symbol, "A-B");
	/* Consent is to one symbol. */
	bad(TWO_UNITS "venues:\n  okx:\n    markets:\n"
	    "      A-B: {pair: A/USD, named: A-USDT}\n      B-USD: B/USD\n",
	    "c.yaml:6:33: market A-B: `named` is not the symbol itself\n");
	/* Turned round, it says how much of the base a quote buys. */
	good(TWO_UNITS "venues:\n  okx:\n    markets:\n"
	    "      USD-A: {pair: A/USD, inverse: true}\n      A-B: {pair: "
	    "B/A, inverse: true}\n");
	bad(TWO_UNITS "venues:\n  okx:\n    markets:\n"
	    "      A-USD: {pair: A/USD, inverse: true}\n"
	    "      B-USD: B/USD\n",
	    "c.yaml:6:7: market A-USD: the symbol does not say USD/A; where "
	    "it is that, {pair: A/USD, named: A-USD, inverse: true}\n");
}

#define WRAPPED(of, more) "prices: {units: {A: {quorum: 1, age_max: 1s, " \
	"dispersion_max: 1%, band_max: 1%},\n" \
	" W: {quorum: 1, age_max: 1s, dispersion_max: 1%, band_max: 1%,\n" \
	"  rate: {of: " of ", price: rate, pinned: \"1.2\", pinned_at: " \
	"2026-03-10T00:00:00Z, growth_max: 8%,\n" \
	"   fall_max: 1%, gap_max: 5%, age_max: 1h}" more "}}}\n" \
	"venues: {kraken: {markets: {A-USD: A/USD}}}\n"

static void
config_read__reads_what_a_token_is_redeemed_for(void **state)
{
	const struct prices_config *p = &config.prices;

	(void)state;
	good(WRAPPED("A", ", slow: {window: 1h, step_max: 5%}"));
	assert_true(p->unit[2].wrap.is_wrapped && p->unit[2].wrap.by_rate);
	assert_int_equal(p->unit[2].wrap.of, 1);
	assert_int_equal(p->unit[2].wrap.pinned_ms, 1773100800000);
	assert_int_equal(ppb_to_raw(p->unit[2].wrap.growth_max), 80000000);
	assert_true(p->unit[2].slow.has_slow);
	assert_int_equal(p->unit[2].slow.window_ms, 3600000);
	assert_false(p->unit[1].wrap.is_wrapped || p->unit[1].slow.has_slow);
	bad(WRAPPED("B", ""), "c.yaml:3:14: unknown unit `B`\n");
	bad(WRAPPED("USD", ""), "c.yaml:3:14: unit W: redeemed for USD, which "
	    "has no price of its own: a `constant` says that\n");
	bad(WRAPPED("W", ""), "c.yaml:2:2: unit W: its markets lead back to "
	    "itself\n");
	bad("prices: {units: {A: {constant: 1, unsafe: true,\n"
	    " slow: {window: 1h, step_max: 5%}}}}\n",
	    "c.yaml:1:21: unit A: a `constant` price has no other rules\n");
}

/* Errors at that moment; NULL: there are none. */
static void
at_moment(uint64_t now_ms, const char *text, const char *error)
{
	struct errors_text t;
	unsigned count = 99;
	FILE *out = errors_open(&t);
	enum err e = config_read_at(&config, now_ms, text, strlen(text),
	    "c.yaml", out, &count);

	errors_close(&t);
	assert_string_equal(t.text, error ? error : "");
	assert_int_equal(e, error ? ERR_SYNTAX : ERR_OK);
	free(t.text);
}

/* Nobody saw what a pin of a later moment speaks of. */
static void
config_read_at__refuses_a_pin_that_lies_ahead(void **state)
{
	static const char market[] = TWO_UNITS "venues: {kraken: {markets: {A-USD:"
	    " {pair: A/USD, pinned_at: 5},\n"
	    "  B-USD: {pair: B/USD, pinned_at: 2099-01-01T00:00:00Z}}}}\n";
	static const char unit[] = "c.yaml:3:56: unit W: `pinned_at` lies "
	    "ahead: it is when somebody saw that it is right\n";

	(void)state;
	at_moment(1773100800000, WRAPPED("A", ""), NULL);
	at_moment(1773100799999, WRAPPED("A", ""), unit);
	at_moment(4070908800000, market, NULL);
	at_moment(4070908799999, market, "c.yaml:4:35: market B-USD: "
	    "`pinned_at` lies ahead: it is when somebody saw that it is right\n");
	/* A recording's config is of its own time. */
	good(market);
	good(WRAPPED("A", ""));
}

static void
config_read__groups_markets_by_name(void **state)
{
	const struct prices_market *m = config.prices.market;

	(void)state;
	good(TWO_UNITS "venues: {kraken: {markets: {A-USD: {pair: A/USD, "
	    "group: x, age_max: 30s},\n"
	    "  B-USD: {pair: B/USD, group: y}}}, coinbase: {markets: {A-USD: "
	    "{pair: A/USD, group: y, pinned_at: 5},\n"
	    "  USD-B: {pair: B/USD, group: x, inverse: true}, B-A: B/A}}}\n");
	assert_int_equal(m[0].correlation_id, m[3].correlation_id);
	assert_int_equal(m[1].correlation_id, m[2].correlation_id);
	assert_int_not_equal(m[0].correlation_id, m[1].correlation_id);
	assert_int_equal(m[4].correlation_id, 0);
	assert_int_equal(m[0].age_max_ms, 30000);
	assert_int_equal(m[1].age_max_ms, 0);
	assert_int_equal(m[2].pinned_ms, 5);
	assert_true(m[3].is_inverse && !m[2].is_inverse);
}

static void
config_read__checks_between_fields(void **state)
{
	(void)state;
	bad(MARKETS "signer: {keystore: k, password_file: p, state: s,\n"
	    "  bound: {base: 70%, per_second: 20%, max: 60%},\n"
	    "  validity_max: 60s, gas_keystore: g,\n"
	    "  alarm: {verdicts: 1, value: 1}}\n"
	    "chain: {rpc: [\"http://a\"], chain_id: 1, clearing:\n"
	    "  \"0x5FbDB2315678afecb367f032d93F642f64180aa3\", depth: 0,\n"
	    "  head_age_max: 60s}\n",
	    "c.yaml:12:9: signer: `bound.base` is above `bound.max`\n"
	    "c.yaml:12:9: signer: `validity_max` is below attestation's "
	    "`validity`\n"
	    "c.yaml:12:9: signer: `gas_keystore` needs "
	    "`gas_password_file`\n"
	    "c.yaml:12:9: signer: `gas_keystore` needs `gas`\n");
	bad(MARKETS "chain: {rpc: [\"http://a\"], chain_id: 1, clearing:\n"
	    "  \"0x5FbDB2315678afecb367f032d93F642f64180aa3\", depth: 0,\n"
	    "  head_age_max: 60s, publish: {every: 60s}}\n",
	    "c.yaml:12:8: chain: `publish` needs the signer's "
	    "`gas_keystore`\n");
}

static void
config_read__takes_each_limit_and_nothing_beyond(void **state)
{
	static const struct {
		const char *line;
		bool is_good;
	} table[] = {
		{ "book: {file: a, vaults_max: 0}", false },
		{ "book: {file: a, vaults_max: 16777216}", true },
		{ "book: {file: a, vaults_max: 16777217}", false },
		{ "book: {file: a, portfolios_max: 0}", false },
		{ "book: {file: a, portfolios_max: 65536}", true },
		{ "book: {file: a, portfolios_max: 65537}", false },
		{ "attestation: {validity: 999ms}", false },
		{ "attestation: {validity: 1000ms}", true },
		{ "attestation: {move: 0%}", true },
		{ "attestation: {move: 100%}", true },
		{ "attestation: {move: 100.0000001%}", false },
		{ "attestation: {move: 0.00000001%}", false },
		{ "journal: {dir: j, segment: 65535}", false },
		{ "journal: {dir: j, segment: 65536}", true },
		{ "journal: {dir: j, segment: 64KiB}", true },
		{ "journal: {dir: j, segment: 16GiB}", true },
		{ "journal: {dir: j, segment: 17GiB}", false },
		{ "api: {listen: 127.0.0.1:65535}", true },
		{ "api: {listen: 127.0.0.1:65536}", false },
		{ "api: {listen: 127.0.0.1:0}", true },
		{ "api: {listen: 127.0.0.1}", false },
		{ "api: {listen: \":80\"}", false },
		{ "api: {listen: \"::1:80\"}", false },
		{ "control: {socket: \"\"}", false },
		{ "control: {}", false },
		{ "sandbox: [require]", false },
		{ "sandbox: null", true },
		{ "tls: 3", false },
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		snprintf(text, sizeof(text), "%s%s\n", MARKETS,
		    table[i].line);
		free(errors_of(text, table[i].is_good ? ERR_OK : ERR_SYNTAX));
	}
}

static void
config_read__refuses_an_empty_or_too_long_text(void **state)
{
	static char text[CONFIG_TEXT_MAX + 2];

	(void)state;
	bad("", "c.yaml:1:1: an empty config\n");
	bad("[]", "c.yaml:1:1: the config: a list where a map is expected\n");
	memset(text, '\n', CONFIG_TEXT_MAX + 1);
	memcpy(text, MARKETS, strlen(MARKETS));
	bad(text, "c.yaml:1:1: more than 262144 bytes\n");
	text[CONFIG_TEXT_MAX] = '\0';
	good(text);
}

/* ---- contracts, tokens, connections -------------------------------------- */

#define DERIBIT(more) ONE_UNIT "venues:\n" \
	"  deribit: {markets: {A-USD: A/USD}, " more "}\n"

static void
config_read__takes_what_venues_tell_of_contracts(void **state)
{
	(void)state;
	good(ONE_UNIT "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  okx: {instruments: {A-USD-SWAP: A-PERP, A-USDT-SWAP: {id: A-T,"
	    " quote: A}, A-USD-FUT: {id: A-FUT, interest: base}},\n"
	    "    options: {options.A-USD: A}}\n");
	assert_int_equal(config.instrument_count, 3);
	assert_string_equal(config.instrument[0].symbol, "A-USD-SWAP");
	assert_string_equal(config.instrument[0].id, "A-PERP");
	assert_int_equal(config.instrument[0].venue, 1);
	assert_true(config.instrument[0].is_usd);
	assert_int_equal(config.instrument[0].interest, INTEREST_NONE);
	assert_false(config.instrument[1].is_usd);
	assert_int_equal(config.instrument[2].interest, INTEREST_BASE);
	assert_int_equal(config.option_count, 1);
	assert_string_equal(config.option[0].symbol, "options.A-USD");
	assert_int_equal(config.option[0].venue, 1);
	assert_int_equal(config.option[0].unit, 1);
}

static void
config_read__refuses_contracts_in_unsaid_units(void **state)
{
	(void)state;
	bad(DERIBIT("instruments: {A_USDC-PERPETUAL: A-PERP}"),
	    "c.yaml:3:70: A_USDC-PERPETUAL: say what its mark is in, as {id: "
	    "A-PERP, quote: USDC}\n");
	bad(DERIBIT("instruments: {P-F: {id: A, quote: B}}"),
	    "c.yaml:3:57: unknown unit `B`\n");
	bad(DERIBIT("instruments: {P-F: {id: A, quote: A, interest: base}}"),
	    "c.yaml:3:57: P-F: `interest: base` needs a mark in USD\n");
	bad(DERIBIT("instruments: {P-F: A, Q-F: A}"),
	    "c.yaml:3:65: instrument A is told twice\n");
	bad(DERIBIT("instruments: {A_USDC-PERPETUAL: {id: A, quote: USD}}"),
	    "c.yaml:3:70: A_USDC-PERPETUAL: its mark is in USDC, not in "
	    "USD\n");
	bad(DERIBIT("instruments: {}"),
	    "c.yaml:3:51: deribit: `instruments` is not a map\n");
	bad(DERIBIT("options: {options.a_usdc: A}"),
	    "c.yaml:3:64: options.a_usdc: its strikes are in USDC, not in "
	    "USD\n");
	bad(DERIBIT("options: {options.a_usd: USD}"),
	    "c.yaml:3:63: options.a_usd: options on USD\n");
	bad(DERIBIT("options: {options.a_usd: {}}"),
	    "c.yaml:3:63: options.a_usd: not the name of a unit\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {A-USD: A/USD}, options: "
	    "{a: A}}}\n",
	    "c.yaml:2:57: kraken tells of no options\n");
	bad(ONE_UNIT "venues: {kraken: {}}\n",
	    "c.yaml:2:18: kraken: no `markets`, `instruments` or `options`\n");
}

#define AT(venue, more) ONE_UNIT "venues:\n" \
	"  kraken: {markets: {A-USD: A/USD}}\n  " venue ": {" more "}\n"

static void
config_read__refuses_a_mark_whose_unit_is_not_said(void **state)
{
	(void)state;
	/* Bybit's in USDC, which spell it nowhere. */
	bad(AT("bybit-linear", "instruments: {BTCPERP: A}"),
	    "c.yaml:4:41: BTCPERP: say what its mark is in, as {id: A, quote: "
	    "USDC}\n");
	bad(AT("bybit-linear", "instruments: {ETHUSDT: {id: A, quote: USD}}"),
	    "c.yaml:4:41: ETHUSDT: its mark is in USDT, not in USD\n");
	bad(AT("binance-usdm-market", "instruments: {BTCFDUSD: A}"),
	    "c.yaml:4:49: BTCFDUSD: say what its mark is in, as {id: A, quote: "
	    "UNIT}\n");
	bad(AT("binance-usdm-market", "instruments: {ETHBTC: {id: A, quote: "
	    "USD}}"), "c.yaml:4:47: ETHBTC: its mark is in a coin, not in "
	    "USD\n");
	bad(AT("okx", "instruments: {A-USDC-SWAP: P}"),
	    "c.yaml:4:36: A-USDC-SWAP: say what its mark is in, as {id: P, "
	    "quote: USDC}\n");
	bad(AT("bitmex", "instruments: {ETHM26: P}"),
	    "c.yaml:4:34: ETHM26: say what its mark is in, as {id: P, quote: "
	    "UNIT}\n");
	good(AT("bitmex", "instruments: {ETHM26: {id: P, quote: USD}}"));
	assert_true(config.instrument[0].is_usd);
	good(AT("bybit-linear", "instruments: {BTCPERP: {id: P, quote: A}}"));
	assert_false(config.instrument[0].is_usd);
	good(AT("kraken-futures", "instruments: {PF_USDTUSD: P}"));
	assert_true(config.instrument[0].is_usd);
}

static void
config_read__refuses_instruments_where_there_are_no_marks(void **state)
{
	(void)state;
	bad(AT("coinbase", "instruments: {ETH-PERP: P}"),
	    "c.yaml:4:27: coinbase tells no marks, so of no instruments\n");
	bad(AT("binance-usdm", "instruments: {ETHUSDT: {id: P, quote: A}}"),
	    "c.yaml:4:31: binance-usdm tells no marks, so of no instruments; "
	    "`binance-usdm-market` does\n");
	bad(AT("bybit", "instruments: {ETHUSDT: {id: P, quote: A}}"),
	    "c.yaml:4:24: bybit tells no marks, so of no instruments; "
	    "`bybit-linear` does\n");
	/* Neither spot, nor an option, nor an index. */
	bad(AT("okx", "instruments: {A-USD: P}"),
	    "c.yaml:4:30: A-USD: not the name of a perpetual or a future of "
	    "okx\n");
	bad(AT("okx", "instruments: {A-USD-260925-10-C: P}"),
	    "c.yaml:4:42: A-USD-260925-10-C: not the name of a perpetual or a "
	    "future of okx\n");
	bad(AT("deribit", "instruments: {A-25SEP26-10-C: P}"),
	    "c.yaml:4:43: A-25SEP26-10-C: not the name of a perpetual or a "
	    "future of deribit\n");
	bad(AT("deribit", "instruments: {a_usd: P}"),
	    "c.yaml:4:34: a_usd: not the name of a perpetual or a future of "
	    "deribit\n");
}

static void
config_read__takes_single_options(void **state)
{
	(void)state;
	good(AT("deribit", "options: {A-25SEP26-10-C: A, A-5SEP26-0d5-P: "
	    "A}"));
	assert_int_equal(config.option_count, 2);
	assert_string_equal(config.option[1].symbol, "A-5SEP26-0d5-P");
	assert_int_equal(config.option[1].unit, 1);
	bad(AT("deribit", "options: {A_USDC-5SEP26-10-C: A}"),
	    "c.yaml:4:43: A_USDC-5SEP26-10-C: its strikes are in USDC, not in "
	    "USD\n");
	bad(AT("deribit", "options: {A-PERPETUAL: A}"),
	    "c.yaml:4:36: A-PERPETUAL: neither a family of options "
	    "(options.NAME) nor an option that deribit tells of alone\n");
	bad(AT("deribit", "options: {A-31SEP26-10-C: A}"),
	    "c.yaml:4:39: A-31SEP26-10-C: neither a family of options "
	    "(options.NAME) nor an option that deribit tells of alone\n");
	bad(AT("okx", "options: {A-USD-260925-10-C: A}"),
	    "c.yaml:4:38: A-USD-260925-10-C: neither a family of options "
	    "(options.NAME) nor an option that okx tells of alone\n");
	bad(AT("okx", "options: {options.A-USDC: A}"),
	    "c.yaml:4:35: options.A-USDC: its strikes are in USDC, not in "
	    "USD\n");
}

/* So many rows of a map at a venue; what is said of them. */
static void
count_check(const char *key, char row, unsigned count, const char *error)
{
	size_t size = 64u * count + 400, n;
	char *text = malloc(size), *said;

	n = (size_t)snprintf(text, size, "%svenues:\n  %s:\n    %s:\n",
	    ONE_UNIT, row == 'I' ? "okx" : "deribit", key);
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, row == 'I' ?
		    "      S-USD-%u: I%u\n" :
		    "      A-25SEP26-%u-C: A # %u\n", i + 1, i);
	said = errors_of(text, error ? ERR_SYNTAX : ERR_OK);
	if (error)
		assert_non_null(strstr(said, error));
	free(said);
	free(text);
}

static void
config_read__takes_so_many_contracts_and_no_more(void **state)
{
	(void)state;
	count_check("markets: {A-USD: A/USD}\n    instruments", 'I',
	    CONFIG_INSTRUMENTS_MAX, NULL);
	assert_int_equal(config.instrument_count, CONFIG_INSTRUMENTS_MAX);
	count_check("markets: {A-USD: A/USD}\n    instruments", 'I',
	    CONFIG_INSTRUMENTS_MAX + 1, "more than 256 instruments");
	count_check("markets: {A-USD: A/USD}\n    options", 'A',
	    CONFIG_OPTIONS_MAX, NULL);
	assert_int_equal(config.option_count, CONFIG_OPTIONS_MAX);
	count_check("markets: {A-USD: A/USD}\n    options", 'A',
	    CONFIG_OPTIONS_MAX + 1, "more than 128 rows of options");
}

static void
config_read__takes_a_token_url_where_there_are_tokens(void **state)
{
	(void)state;
	good(ONE_UNIT "venues: {kucoin: {token_url: \"http://127.0.0.1:1/t\","
	    " markets: {A-USD: A/USD}}}\n");
	assert_string_equal(config.venue[0].token_url, "http://127.0.0.1:1/t");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"http://a.example/t\","
	    " markets: {A-USD: A/USD}}}\n",
	    "c.yaml:2:30: `token_url`: plain http:// is for loopback only: "
	    "http://a.example/t\n");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"wss://a.example/t\","
	    " markets: {A-USD: A/USD}}}\n",
	    "c.yaml:2:30: `token_url`: not a http:// or https:// address: "
	    "wss://a.example/t\n");
	bad(ONE_UNIT "venues: {kraken: {token_url: \"https://a.example/t\","
	    " markets: {A-USD: A/USD}}}\n",
	    "c.yaml:2:30: kraken hands out no tokens\n");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"https://a.example/t\","
	    " url: \"wss://a.example/\", markets: {A-USD: A/USD}}}\n",
	    "c.yaml:2:30: kucoin: with a `url` of its own nobody is asked "
	    "for a token\n");
}

/* A venue with so many units' markets; the caller frees it. */
static char *
many_markets(const char *venue, unsigned count)
{
	size_t size = 200u * count + 200;
	char *text = malloc(size);
	size_t n = (size_t)snprintf(text, size, "prices:\n  units:\n");

	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, "    U%u: {quorum: 1,"
		    " age_max: 1s, dispersion_max: 1%%, band_max: 1%%}\n", i);
	n += (size_t)snprintf(text + n, size - n, "venues:\n  %s:\n"
	    "    markets:\n", venue);
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n,
		    "      U%u-USD: U%u/USD\n", i, i);
	return text;
}

static void
feeds_plan_make__splits_a_venue_at_its_limit(void **state)
{
	static const struct { const char *venue; unsigned markets, limit; }
	    cases[] = {
		{ "kraken", 63, 64 }, { "bitfinex", 12, 12 },
		{ "bitfinex", 13, 12 }, { "bitfinex", 40, 12 },
		{ "bitmex", 19, 6 },
	};
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char *text = many_markets(cases[i].venue, cases[i].markets);
		unsigned limit = cases[i].limit, seen = 0;

		good(text);
		free(text);
		assert_int_equal(feeds_plan_make(&p, &config, &bad_venue),
		    ERR_OK);
		assert_int_equal(p.count,
		    (cases[i].markets + limit - 1) / limit);
		for (size_t k = 0; k < p.count; k++) {
			assert_true(p.connection[k].symbol_count <= limit);
			assert_int_equal(p.option[k], FEEDS_PLAN_NONE);
			for (size_t n = 0; n < p.connection[k].symbol_count;
			    n++, seen++) {
				assert_string_equal(
				    p.connection[k].symbols[n],
				    config.market[seen].symbol);
				assert_int_equal(p.market[seen], k);
			}
		}
		assert_int_equal(seen, cases[i].markets);
	}
}

static void
feeds_plan_make__gives_a_family_of_options_its_own(void **state)
{
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	good(ONE_UNIT "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  okx: {markets: {A-USD-1: {pair: A/USD, "
	    "named: A-USD-1}}, instruments: "
	    "{A-USD-1: A-FUT, A-USD-SWAP: A-PERP},\n"
	    "    options: {options.A-USD: A}}\n");
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.connection[1].symbol_count, 2);	/* once each */
	assert_string_equal(p.connection[1].symbols[1], "A-USD-SWAP");
	assert_int_equal(p.venue[2], 1);
	assert_int_equal(p.option[2], 0);
	assert_int_equal(p.connection[2].symbol_count, 1);
	assert_string_equal(p.connection[2].symbols[0], "options.A-USD");
	assert_null(p.connection[2].url);
}

static void
feeds_plan_make__puts_single_options_of_a_unit_together(void **state)
{
	static struct feeds_plan p;
	size_t bad_venue;

	(void)state;
	good("prices: {units: {A: {quorum: 1, age_max: 1s, dispersion_max: "
	    "1%, band_max: 1%}, B: {constant: \"1\", unsafe: true}}}\n"
	    "venues:\n  kraken: {markets: {A-USD: A/USD}}\n"
	    "  deribit: {instruments: {A-PERPETUAL: P}, options: "
	    "{A-25SEP26-10-C: A, options.a_usd: A, B-25SEP26-10-C: B, "
	    "A-25SEP26-10-P: A}}\n");
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 5);
	assert_int_equal(p.option[1], FEEDS_PLAN_NONE);
	assert_int_equal(p.option[2], 0);
	assert_int_equal(p.connection[2].symbol_count, 2);
	assert_string_equal(p.connection[2].symbols[0], "A-25SEP26-10-C");
	assert_string_equal(p.connection[2].symbols[1], "A-25SEP26-10-P");
	assert_int_equal(p.option[3], 1);
	assert_int_equal(p.connection[3].symbol_count, 1);
	assert_string_equal(p.connection[3].symbols[0], "options.a_usd");
	assert_int_equal(p.option[4], 2);
	assert_string_equal(p.connection[4].symbols[0], "B-25SEP26-10-C");
	/* As many of a connection as it takes. */
	config.option_count = CONFIG_OPTIONS_MAX;
	for (size_t i = 0; i < CONFIG_OPTIONS_MAX; i++)
		config.option[i] = config.option[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, 2 + CONFIG_OPTIONS_MAX / VENUE_SYMBOLS_MAX);
}

static void
feeds_plan_make__fails_above_the_clients_connections(void **state)
{
	static struct feeds_plan p;
	char *text = many_markets("bitmex", 60);
	size_t bad_venue = 9;

	(void)state;
	good(text);
	free(text);
	/* Of BitMEX a connection takes 6. */
	config.prices.market_count = 6 * CLIENT_CONNECTIONS_MAX;
	for (size_t i = 0; i < config.prices.market_count; i++)
		config.market[i] = config.market[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_OK);
	assert_int_equal(p.count, CLIENT_CONNECTIONS_MAX);
	config.market[config.prices.market_count++] = config.market[0];
	assert_int_equal(feeds_plan_make(&p, &config, &bad_venue), ERR_LIMIT);
	assert_int_equal(bad_venue, 0);
}

static void
config_read__names_a_subscription_that_cannot_be_written(void **state)
{
	(void)state;
	bad(ONE_UNIT "venues: {deribit: {markets: {A@USD: {pair: A/USD, named: A@USD}}}}\n",
	    "c.yaml:2:10: deribit: the subscription to its symbols cannot be "
	    "used (syntax)\n");
}

static void
config_read__refuses_an_option_as_a_market(void **state)
{
	(void)state;
	bad(ONE_UNIT "venues: {deribit: {markets: {A-27DEC26-3000-C: "
	    "{pair: A/USD, named: A-27DEC26-3000-C}}}}\n",
	    "c.yaml:2:10: deribit: A-27DEC26-3000-C is an option, priced in "
	    "coins: it is no market; see `options`\n");
	bad(ONE_UNIT "venues: {okx: {markets: {A-USD-261227-3000-P: "
	    "{pair: A/USD, named: A-USD-261227-3000-P}}}}\n",
	    "c.yaml:2:10: okx: A-USD-261227-3000-P is an option, priced in "
	    "coins: it is no market; see `options`\n");
}

static void
config_bind_book__finds_instruments_by_name(void **state)
{
	static struct instrument instruments[2] = {
		{ .name = "A-C", .kind = INSTRUMENT_OPTION },
		{ .name = "A-PERP", .kind = INSTRUMENT_PERP },
	};
	static struct bookfile_names names;
	static struct book book = { .instruments = instruments,
		.instrument_count = 2 };
	struct errors_text t;

	(void)state;
	good(DERIBIT("instruments: {P-F: A-PERP}"));
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    stderr), ERR_OK);
	assert_int_equal(config.instrument[0].instrument, 1);
	good(DERIBIT("instruments: {P-F: A-PREP, Q-F: A-C}"));
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    errors_open(&t)), ERR_UNKNOWN);
	assert_string_equal(errors_close(&t), "b.json: no instrument "
	    "`A-PREP`, which deribit tells of as P-F (did you mean `A-PERP`?)\n"
	    "b.json: instrument `A-C` is no perpetual and no future: it has no "
	    "mark\n");
	errors_free(&t);
}

static void
config_bind_book__finds_units_by_name(void **state)
{
	static struct book book;
	static struct bookfile_names names;
	struct errors_text t;

	(void)state;
	good(MARKETS);
	book.asset_count = 3;
	strncpy(book.assets[2].name, "WETH", 8);
	strncpy(names.price[0], "USDT", 8);
	strncpy(names.price[1], "ETH", 8);
	strncpy(names.price[2], "ETH", 8);
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    stderr), ERR_OK);
	assert_int_equal(config.asset_unit[0], 2);
	assert_int_equal(config.asset_unit[2], 1);
	strncpy(names.price[2], "ETHE", 8);
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    errors_open(&t)), ERR_UNKNOWN);
	assert_string_equal(errors_close(&t), "b.json: asset WETH: its price "
	    "`ETHE` is none of the config's units (did you mean `ETH`?)\n");
	errors_free(&t);
	/* The dollar is no measured price of any token. */
	strncpy(names.price[2], "USD", 8);
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    errors_open(&t)), ERR_UNKNOWN);
	errors_close(&t);
	errors_free(&t);
}

static void
config_require_run__names_each_missing_section(void **state)
{
	struct errors_text t;

	(void)state;
	good(MARKETS REST);
	assert_int_equal(config_require_run(&config, "c.yaml", stderr),
	    ERR_OK);
	good(MARKETS);
	assert_int_equal(config_require_run(&config, "c.yaml",
	    errors_open(&t)), ERR_MISSING);
	assert_string_equal(errors_close(&t),
	    "c.yaml: `margind run` needs the section `book`\n"
	    "c.yaml: `margind run` needs the section `signer`\n"
	    "c.yaml: `margind run` needs the section `journal`\n"
	    "c.yaml: `margind run` needs the section `api`\n"
	    "c.yaml: `margind run` needs the section `control`\n");
	errors_free(&t);
}

static void
config_path_from__joins_relative_paths_only(void **state)
{
	char out[CONFIG_PATH_MAX], folder[CONFIG_PATH_MAX];

	(void)state;
	assert_int_equal(config_path_from(out, "a/b/c.yaml", "k"), ERR_OK);
	assert_string_equal(out, "a/b/k");
	assert_int_equal(config_path_from(out, "a/b/c.yaml", "/k"), ERR_OK);
	assert_string_equal(out, "/k");
	assert_int_equal(config_path_from(out, "c.yaml", "k"), ERR_OK);
	assert_string_equal(out, "k");
	memset(folder, 'a', sizeof(folder));
	folder[CONFIG_PATH_MAX - 3] = '/';
	folder[CONFIG_PATH_MAX - 2] = '\0';
	assert_int_equal(config_path_from(out, folder, "k"), ERR_OK);
	assert_int_equal(strlen(out), CONFIG_PATH_MAX - 1);
	assert_int_equal(config_path_from(out, folder, "kk"), ERR_LIMIT);
}

static void
config_print_example__prints_a_good_config(void **state)
{
	struct errors_text t;

	(void)state;
	config_print_example(errors_open(&t));
	errors_close(&t);
	good(t.text);
	assert_int_equal(config_require_run(&config, "example", stderr),
	    ERR_OK);
	errors_free(&t);
}

static void
config_print_explain__names_every_key_that_is_read(void **state)
{
	static const char *const keys[] = { "chain.publish.every",
	    "prices.units[].band_max", "venues[].markets[].weight",
	    "signer.bound.per_second", "signer.gas.budget_per_hour",
	    "assets[].dust", "vaults[].debt[].index", "prices[].twap",
	    "default best-effort", "default 0.05",
	    "instruments[].tiers[].up_to", "vaults[].positions[].entry",
	    "surfaces[].svi[].rho", "scenario.margin.mm_factor",
	    "default 0.8" };
	struct errors_text t;

	(void)state;
	config_print_explain(errors_open(&t));
	errors_close(&t);
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		assert_non_null(strstr(t.text, keys[i]));
	errors_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_read__fills_prices_and_venues),
		cmocka_unit_test(config_read__fills_every_other_field),
		cmocka_unit_test(config_read__reports_every_error_in_one_pass),
		cmocka_unit_test(
		    config_read__refuses_graphs_that_give_no_price),
		cmocka_unit_test(
		    config_read__reads_what_a_token_is_redeemed_for),
		cmocka_unit_test(
		    config_read__refuses_a_symbol_of_another_pair),
		cmocka_unit_test(
		    config_read_at__refuses_a_pin_that_lies_ahead),
		cmocka_unit_test(config_read__groups_markets_by_name),
		cmocka_unit_test(config_read__checks_between_fields),
		cmocka_unit_test(
		    config_read__takes_each_limit_and_nothing_beyond),
		cmocka_unit_test(
		    config_read__refuses_an_empty_or_too_long_text),
		cmocka_unit_test(
		    config_read__takes_what_venues_tell_of_contracts),
		cmocka_unit_test(
		    config_read__refuses_contracts_in_unsaid_units),
		cmocka_unit_test(
		    config_read__takes_so_many_contracts_and_no_more),
		cmocka_unit_test(
		    config_read__takes_a_token_url_where_there_are_tokens),
		cmocka_unit_test(
		    config_read__names_a_subscription_that_cannot_be_written),
		cmocka_unit_test(feeds_plan_make__splits_a_venue_at_its_limit),
		cmocka_unit_test(
		    feeds_plan_make__gives_a_family_of_options_its_own),
		cmocka_unit_test(
		    feeds_plan_make__puts_single_options_of_a_unit_together),
		cmocka_unit_test(
		    feeds_plan_make__fails_above_the_clients_connections),
		cmocka_unit_test(config_read__refuses_an_option_as_a_market),
		cmocka_unit_test(
		    config_read__refuses_a_mark_whose_unit_is_not_said),
		cmocka_unit_test(
		    config_read__refuses_instruments_where_there_are_no_marks),
		cmocka_unit_test(config_read__takes_single_options),
		cmocka_unit_test(config_bind_book__finds_instruments_by_name),
		cmocka_unit_test(config_bind_book__finds_units_by_name),
		cmocka_unit_test(
		    config_require_run__names_each_missing_section),
		cmocka_unit_test(config_path_from__joins_relative_paths_only),
		cmocka_unit_test(config_print_example__prints_a_good_config),
		cmocka_unit_test(
		    config_print_explain__names_every_key_that_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
