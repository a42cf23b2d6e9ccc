/* Sources on chains in the config: each key reaches its field, each venue has
 * the keys it needs and no other. */
#include "oracle/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/errors_text.h"

static struct config config;

#define UNITS \
	"prices: {units: {\n" \
	" A: {quorum: 1, age_max: 1s, dispersion_max: 1%, band_max: 1%},\n" \
	" W: {quorum: 1, age_max: 1s, dispersion_max: 1%, band_max: 1%,\n" \
	"  rate: {of: A, price: rate, pinned: \"1.2\", pinned_at: " \
	"2026-11-01T00:00:00Z,\n" \
	"   growth_max: 9%, fall_max: 1%, gap_max: 5%, age_max: 1h}}}}\n"
#define ADDRESS "\"0x5FbDB2315678afecb367f032d93F642f64180aa3\""
#define FEED "\"0xff61491a931112ddf1bd8147cd1b641375f79f5825126d66548087" \
	"4634fd0ace\""
#define NODE "chain: {rpc: [\"http://a:1\"], chain_id: 1, depth: 0, " \
	"head_age_max: 1m"
#define KRAKEN "kraken: {markets: {W-USD: W/USD}}"
#define BOTH "kraken: {markets: {W-USD: W/USD, A-USD: A/USD}}"

static void
check(const char *text, enum err want, const char *error)
{
	struct errors_text t;
	unsigned count;
	FILE *out = errors_open(&t);
	enum err e = config_read(&config, text, strlen(text), "c.yaml", out,
	    &count);

	errors_close(&t);
	assert_string_equal(t.text, error);
	assert_int_equal(e, want);
	free(t.text);
}

static void
good(const char *text)
{
	check(text, ERR_OK, "");
}

static void
bad(const char *text, const char *error)
{
	check(text, ERR_SYNTAX, error);
}

static void
config_read__fills_sources_of_every_kind(void **state)
{
	const struct quote_source *s;

	(void)state;
	good(UNITS "venues:\n"
	    "  chainlink: {markets: {A-USD: {pair: A/USD, contract: " ADDRESS
	    "}}}\n"
	    "  kraken: {markets: {W-USD: W/USD}}\n"
	    "  uniswap-v3: {markets: {W-A: {pair: W/A, contract: " ADDRESS ","
	    "\n    window: 30m, observations_min: 10, invert: true}}}\n"
	    "  pyth:\n    url: \"http://127.0.0.1:9/x\"\n"
	    "    token_file: t\n    markets:\n"
	    "      A-USD: {pair: A/USD, feed: " FEED ", confidence_max: 2%}\n"
	    "      W-USD: {pair: W/USD, feed: " FEED ", contract: " ADDRESS
	    "}\n"
	    NODE ", rates: {W: {contract: " ADDRESS ", call: wsteth}}}\n");
	assert_int_equal(config.venue_count, 4);
	assert_string_equal(config.venue[3].url, "http://127.0.0.1:9/x");
	assert_string_equal(config.hermes_token_file, "t");
	assert_int_equal(config.market[1].source.kind, QUOTE_NONE);
	s = &config.market[0].source;
	assert_int_equal(s->kind, QUOTE_AGGREGATOR);
	assert_true(s->has_contract);
	assert_int_equal(s->contract.b[0], 0x5f);
	s = &config.market[2].source;
	assert_int_equal(s->kind, QUOTE_POOL);
	assert_int_equal(s->window_s, 1800);
	assert_int_equal(s->observations_min, 10);
	assert_true(s->is_inverted);
	s = &config.market[3].source;
	assert_int_equal(s->kind, QUOTE_PYTH);
	assert_false(s->has_contract);
	assert_int_equal(s->feed.b[31], 0xce);
	assert_int_equal(ppb_to_raw(s->confidence_max), 20000000);
	s = &config.market[4].source;
	assert_true(s->has_contract);
	assert_int_equal(ppb_to_raw(s->confidence_max), 100000000);
	assert_int_equal(config.rate[0].kind, QUOTE_NONE);
	assert_int_equal(config.rate[1].kind, QUOTE_NONE);
	assert_int_equal(config.rate[2].kind, QUOTE_WSTETH);
	assert_true(config.rate[2].has_contract);
	assert_true(config.has_chain);
	assert_false(config.has_clearing);
	assert_true(config_uses_chain(&config));
	/* Each its own operator. */
	assert_int_not_equal(config.prices.market[0].operator_id,
	    config.prices.market[2].operator_id);
	assert_int_not_equal(config.prices.market[0].operator_id,
	    config.prices.market[1].operator_id);
	assert_int_equal(config.prices.market[3].operator_id,
	    config.prices.market[4].operator_id);
}

static void
config_read__needs_no_node_for_a_stream_alone(void **state)
{
	(void)state;
	good(UNITS "venues: {" KRAKEN ", pyth: {markets: {A-USD: {pair: "
	    "A/USD, feed: " FEED "}}}}\n");
	assert_true(config_uses_chain(&config));
	assert_true(config_uses_feeds(&config));
	assert_false(config.has_chain);
	good(UNITS "venues: {pyth: {markets: {A-USD: {pair: A/USD, feed: "
	    FEED "}, W-USD: {pair: W/USD, feed: " FEED "}}}}\n");
	assert_false(config_uses_feeds(&config));
	good(UNITS "venues: {" BOTH "}\n");
	assert_false(config_uses_chain(&config));
	good(UNITS "venues: {" BOTH "}\n"
	    NODE ", clearing: " ADDRESS "}\n");
	assert_true(config.has_clearing);
	assert_true(config_uses_chain(&config));
}

static void
config_read__refuses_what_a_source_has_no_use_for(void **state)
{
	(void)state;
	bad(UNITS "venues: {kraken: {markets: {W-USD: W/USD, A-USD: {pair: "
	    "A/USD, contract: " ADDRESS ", feed: " FEED "}}}}\n" NODE "}\n",
	    "c.yaml:6:50: market A-USD: kraken has no use for `contract`\n"
	    "c.yaml:6:50: market A-USD: kraken has no use for `feed`\n");
	bad(UNITS "venues: {" KRAKEN ", chainlink: {markets: {A-USD: A/USD}}}\n"
	    NODE "}\n", "c.yaml:6:74: market A-USD: needs `contract`\n");
	bad(UNITS "venues: {" KRAKEN ", uniswap-v3: {markets: {A-USD: {pair: "
	    "A/USD, contract: " ADDRESS ", confidence_max: 1%}}}}\n"
	    NODE "}\n",
	    "c.yaml:6:75: market A-USD: needs `window`\n"
	    "c.yaml:6:75: market A-USD: needs `observations_min`\n"
	    "c.yaml:6:75: market A-USD: uniswap-v3 has no use for "
	    "`confidence_max`\n");
	bad(UNITS "venues: {" KRAKEN ", pyth: {markets: {A-USD: {pair: A/USD, "
	    "invert: false}}}}\n",
	    "c.yaml:6:69: market A-USD: pyth has no use for `invert`\n"
	    "c.yaml:6:69: market A-USD: needs `feed`\n");
	bad(UNITS "venues: {" KRAKEN ", pyth: {markets: {A-USD: {pair: A/USD, "
	    "feed: \"0xff\"}}}}\n",
	    "c.yaml:6:89: `feed`: not 0x and 64 digits\n");
	bad(UNITS "venues: {" KRAKEN ", chainlink: {markets: {A-USD: {pair: "
	    "A/USD, contract: " ADDRESS "}}}}\n",
	    "c.yaml:6:9: market A-USD: its contract needs the section "
	    "`chain`\n");
	bad(UNITS "venues: {" KRAKEN ", chainlink: {url: \"https://a\", "
	    "markets: {A-USD: {pair: A/USD, contract: " ADDRESS "}}}}\n"
	    NODE "}\n", "c.yaml:6:62: `url`: chainlink has none; its nodes "
	    "are chain's `rpc`\n");
}

static void
config_read__holds_windows_and_addresses_to_their_bounds(void **state)
{
	static const struct {
		const char *keys;
		bool is_good;
	} pools[] = {
		{ "window: 60s, observations_min: 2", true },
		{ "window: 59s, observations_min: 2", false },
		{ "window: 60500ms, observations_min: 2", false },
		{ "window: 24h, observations_min: 65535", true },
		{ "window: 24.5h, observations_min: 2", false },
		{ "window: 60s, observations_min: 1", false },
		{ "window: 60s, observations_min: 65536", false },
	}, urls[] = {
		{ "https://hermes.example/x", true },
		{ "http://localhost:1", true },
		{ "http://hermes.example", false },
		{ "wss://hermes.example", false },
		{ "https://hermes.example/?ids=1", false },
	};
	char text[1024];
	unsigned count;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(pools); i++) {
		struct errors_text t;
		FILE *out = errors_open(&t);

		snprintf(text, sizeof(text), "%svenues: {" KRAKEN
		    ", uniswap-v3: {markets: {A-USD: {pair: A/USD, contract: "
		    ADDRESS ", %s}}}}\n" NODE "}\n", UNITS, pools[i].keys);
		assert_int_equal(config_read(&config, text, strlen(text), "c",
		    out, &count), pools[i].is_good ? ERR_OK : ERR_SYNTAX);
		errors_close(&t);
		free(t.text);
	}
	for (size_t i = 0; i < ARRAY_COUNT(urls); i++) {
		struct errors_text t;
		FILE *out = errors_open(&t);

		snprintf(text, sizeof(text), "%svenues: {" KRAKEN
		    ", pyth: {url: \"%s\", markets: {A-USD: {pair: A/USD, "
		    "feed: " FEED "}}}}\n", UNITS, urls[i].keys);
		assert_int_equal(config_read(&config, text, strlen(text), "c",
		    out, &count), urls[i].is_good ? ERR_OK : ERR_SYNTAX);
		errors_close(&t);
		free(t.text);
	}
}

static void
config_read__checks_rates_and_what_needs_a_contract(void **state)
{
	(void)state;
	bad(UNITS "venues: {" BOTH "}\n" NODE
	    ", rates: {V: {contract: " ADDRESS ", call: reth},\n"
	    " USD: {contract: " ADDRESS ", call: erc4626},\n"
	    " A: {contract: " ADDRESS ", call: cbeth},\n"
	    " W: {contract: " ADDRESS ", call: wsteht}}}\n",
	    "c.yaml:7:82: unknown unit `V`\n"
	    "c.yaml:8:7: unit USD: it has no `rate` to tell\n"
	    "c.yaml:9:5: unit A: it has no `rate` to tell\n"
	    "c.yaml:10:68: `call`: \"wsteht\" is none of erc4626, wsteth, "
	    "reth, cbeth (did you mean `wsteth`?)\n");
	bad(UNITS "venues: {" BOTH "}\n" NODE
	    ", publish: {every: 60s}}\n",
	    "c.yaml:7:8: chain: `publish` needs the signer's `gas_keystore`\n"
	    "c.yaml:7:8: chain: `publish` needs `clearing`\n");
	bad(UNITS "venues: {kraken: {token_file: t, markets: {W-USD: W/USD, "
	    "A-USD: A/USD}}}\n",
	    "c.yaml:6:18: kraken: `token_file` is for pyth\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_read__fills_sources_of_every_kind),
		cmocka_unit_test(
		    config_read__needs_no_node_for_a_stream_alone),
		cmocka_unit_test(
		    config_read__refuses_what_a_source_has_no_use_for),
		cmocka_unit_test(
		    config_read__holds_windows_and_addresses_to_their_bounds),
		cmocka_unit_test(
		    config_read__checks_rates_and_what_needs_a_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
