/* Configs: every key reaches its field, every error its line. */
#include "oracle/bookfile.h"
#include "tests/config_world.h"

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

static void
config_read__names_a_subscription_that_cannot_be_written(void **state)
{
	(void)state;
	bad(ONE_UNIT "venues: {deribit: {markets: {A@USD: {pair: A/USD, named: A@USD}}}}\n",
	    "c.yaml:2:10: deribit: the subscription to its symbols cannot be "
	    "used (syntax)\n");
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
		    config_read__takes_a_token_url_where_there_are_tokens),
		cmocka_unit_test(
		    config_read__names_a_subscription_that_cannot_be_written),
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
