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
	    "  kraken: {url: ws://example.org/, markets: {X: ETHH/USD, Y: ETH}}\n"
	    "sandbox: requir\n",
	    "c.yaml:1:1: unknown key `venus` (did you mean `venues`?)\n"
	    "c.yaml:10:10: `sandbox`: \"requir\" is none of require, "
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
	    "c.yaml:9:17: `url`: plain ws:// is for loopback only: "
	    "ws://example.org/\n"
	    "c.yaml:9:49: unknown unit `ETHH` (did you mean `ETH`?)\n"
	    "c.yaml:9:62: market Y: `ETH` is not a BASE/QUOTE\n");
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
	good(ONE_UNIT "venues: {kraken: {markets: {a: A/USD}}}\n");
	bad(ONE_UNIT, "c.yaml:1:18: unit A: no market prices it\n");
	good(ONE_UNIT "venues: {kucoin: {markets: {a: A/USD}}}\n");
	good(ONE_UNIT "venues: {kucoin: {url: \"ws://127.0.0.1:1/\", markets: "
	    "{a: A/USD}}}\n");
	bad(TWO_UNITS "venues: {kraken: {markets: {a: A/B, b: B/A}}}\n",
	    "c.yaml:2:2: unit B: its markets lead back to itself\n");
	bad(TWO_UNITS "venues: {kraken: {markets: {a: A/USD}}}\n",
	    "c.yaml:2:2: unit B: no market prices it\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {a: A/USD, b: USD/A}}}\n",
	    "c.yaml:2:9: USD is what prices are in: no market may price "
	    "it\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {a: A/USD, b: A/USD}}}\n",
	    "c.yaml:2:42: duplicate market: kraken has A/USD twice\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {}}}\n",
	    "c.yaml:2:28: kraken: `markets` is not a map of symbols\n");
	bad("prices: {units: {USD: {constant: 1, unsafe: true}}}\n",
	    "c.yaml:1:18: unit `USD`: USD is always there, and a name has "
	    "no /\n");
}

#define WRAPPED(of, more) "prices: {units: {A: {quorum: 1, age_max: 1s, " \
	"dispersion_max: 1%, band_max: 1%},\n" \
	" W: {quorum: 1, age_max: 1s, dispersion_max: 1%, band_max: 1%,\n" \
	"  rate: {of: " of ", price: rate, pinned: \"1.2\", pinned_at: " \
	"2026-03-10T00:00:00Z, growth_max: 8%,\n" \
	"   fall_max: 1%, gap_max: 5%, age_max: 1h}" more "}}}\n" \
	"venues: {kraken: {markets: {a: A/USD}}}\n"

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
	static const char market[] = TWO_UNITS "venues: {kraken: {markets: {a:"
	    " {pair: A/USD, pinned_at: 5},\n"
	    "  b: {pair: B/USD, pinned_at: 2099-01-01T00:00:00Z}}}}\n";
	static const char unit[] = "c.yaml:3:56: unit W: `pinned_at` lies "
	    "ahead: it is when somebody saw that it is right\n";

	(void)state;
	at_moment(1773100800000, WRAPPED("A", ""), NULL);
	at_moment(1773100799999, WRAPPED("A", ""), unit);
	at_moment(4070908800000, market, NULL);
	at_moment(4070908799999, market, "c.yaml:4:31: market b: `pinned_at` "
	    "lies ahead: it is when somebody saw that it is right\n");
	/* A recording's config is of its own time. */
	good(market);
	good(WRAPPED("A", ""));
}

static void
config_read__groups_markets_by_name(void **state)
{
	const struct prices_market *m = config.prices.market;

	(void)state;
	good(TWO_UNITS "venues: {kraken: {markets: {a: {pair: A/USD, group: x, "
	    "age_max: 30s},\n"
	    "  b: {pair: B/USD, group: y}}}, coinbase: {markets: {a: {pair: "
	    "A/USD, group: y, pinned_at: 5},\n"
	    "  c: {pair: B/USD, group: x, inverse: true}, d: B/A}}}\n");
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

#define DERIBIT(more) ONE_UNIT "venues:\n  deribit: {markets: {A-X: A/USD}, " \
	more "}\n"

static void
config_read__takes_what_venues_tell_of_contracts(void **state)
{
	(void)state;
	good(ONE_UNIT "venues:\n  kraken: {markets: {a: A/USD}}\n"
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
	    "c.yaml:3:68: A_USDC-PERPETUAL: say what its mark is in, as {id: "
	    "A-PERP, quote: USDC}\n");
	bad(DERIBIT("instruments: {P: {id: A, quote: B}}"),
	    "c.yaml:3:53: unknown unit `B`\n");
	bad(DERIBIT("instruments: {P: {id: A, quote: A, interest: base}}"),
	    "c.yaml:3:53: P: `interest: base` needs a mark in USD\n");
	bad(DERIBIT("instruments: {P: A, Q: A}"),
	    "c.yaml:3:59: instrument A is told twice\n");
	bad(DERIBIT("instruments: {}"),
	    "c.yaml:3:49: deribit: `instruments` is not a map\n");
	bad(DERIBIT("options: {options.a_usdc: A}"),
	    "c.yaml:3:62: options.a_usdc: its strikes are in USDC, not in "
	    "USD\n");
	bad(DERIBIT("options: {options.a_usd: USD}"),
	    "c.yaml:3:61: options.a_usd: options on USD\n");
	bad(DERIBIT("options: {options.a_usd: {}}"),
	    "c.yaml:3:61: options.a_usd: not the name of a unit\n");
	bad(ONE_UNIT "venues: {kraken: {markets: {a: A/USD}, options: "
	    "{a: A}}}\n",
	    "c.yaml:2:53: kraken tells of no options\n");
	bad(ONE_UNIT "venues: {kraken: {}}\n",
	    "c.yaml:2:18: kraken: no `markets`, `instruments` or `options`\n");
}

/* So many rows of a map at a venue; what is said of them. */
static void
count_check(const char *key, char row, unsigned count, const char *error)
{
	size_t size = 64u * count + 400, n;
	char *text = malloc(size), *said;

	n = (size_t)snprintf(text, size, "%svenues:\n  okx:\n    %s:\n",
	    ONE_UNIT, key);
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, row == 'I' ?
		    "      S%u: I%u\n" : "      S%u: A # %u\n", i, i);
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
	    CONFIG_OPTIONS_MAX + 1, "more than 16 families of options");
}

static void
config_read__takes_a_token_url_where_there_are_tokens(void **state)
{
	(void)state;
	good(ONE_UNIT "venues: {kucoin: {token_url: \"http://127.0.0.1:1/t\","
	    " markets: {a: A/USD}}}\n");
	assert_string_equal(config.venue[0].token_url, "http://127.0.0.1:1/t");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"http://a.example/t\","
	    " markets: {a: A/USD}}}\n",
	    "c.yaml:2:30: `token_url`: plain http:// is for loopback only: "
	    "http://a.example/t\n");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"wss://a.example/t\","
	    " markets: {a: A/USD}}}\n",
	    "c.yaml:2:30: `token_url`: not a http:// or https:// address: "
	    "wss://a.example/t\n");
	bad(ONE_UNIT "venues: {kraken: {token_url: \"https://a.example/t\","
	    " markets: {a: A/USD}}}\n",
	    "c.yaml:2:30: kraken hands out no tokens\n");
	bad(ONE_UNIT "venues: {kucoin: {token_url: \"https://a.example/t\","
	    " url: \"wss://a.example/\", markets: {a: A/USD}}}\n",
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
		    "      S%u: U%u/USD\n", i, i);
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
	good(ONE_UNIT "venues:\n  kraken: {markets: {a: A/USD}}\n"
	    "  okx: {markets: {A-USD: A/USD}, instruments: {A-USD: A-FUT, "
	    "A-USD-SWAP: A-PERP},\n"
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
	/* An option among a venue's markets has a price in another unit. */
	bad(ONE_UNIT "venues: {deribit: {markets: {A-27DEC26-3000-C: "
	    "A/USD}}}\n", "c.yaml:2:10: deribit: the subscription to its "
	    "symbols cannot be used (unit)\n");
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
	good(DERIBIT("instruments: {P: A-PERP}"));
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    stderr), ERR_OK);
	assert_int_equal(config.instrument[0].instrument, 1);
	good(DERIBIT("instruments: {P: A-PREP, Q: A-C}"));
	assert_int_equal(config_bind_book(&config, &book, &names, "b.json",
	    errors_open(&t)), ERR_UNKNOWN);
	assert_string_equal(errors_close(&t), "b.json: no instrument "
	    "`A-PREP`, which deribit tells of as P (did you mean `A-PERP`?)\n"
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
		    feeds_plan_make__fails_above_the_clients_connections),
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
