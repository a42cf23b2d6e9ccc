/* A config that is to take another's place: what may differ, how far prices may
 * move, what is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle/reload.h"

#define NOW UINT64_C(1795182300000)
#define W ((u128)1000000000000000000u)

#define RULE "quorum: 1, age_max: 3s, dispersion_max: 9%, band_max: 50%"
#define UNITS "prices:\n  units:\n    ETH: {" RULE "}\n    BTC: {" RULE "}\n"

/* The running one: ETH of three venues, BTC of two, ETH/BTC crossed. */
static const char running_text[] = UNITS
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  binance: {markets: {ETHBTC: ETH/BTC}}\n"
    "reload: {differ_max: 2%}\n";

static struct config running;
static struct board_head head;
static struct reload_reasons reasons;

static void
config_from(struct config *out, const char *text)
{
	unsigned errors;

	assert_int_equal(config_read(out, text, strlen(text), "test", stderr,
	    &errors), ERR_OK);
}

/* A book around a price in thousandths. */
static void
quote_put(size_t market, u128 milli)
{
	struct prices_quote *q = &head.source[market].quote;
	u128 mid = milli * (W / 1000);

	q->has_book = q->has_time = true;
	q->bid = px18_from_raw(mid);
	q->ask = px18_from_raw(mid);
	q->book_ms = NOW - 100;
	q->recv_ms = NOW - 90;
	head.source[market].source.vote = VOTE_COUNTED;
	head.source[market].source.time_ms = NOW - 100;
}

static int
setup(void **state)
{
	(void)state;
	config_from(&running, running_text);
	running.asset_unit[0] = 1;
	running.asset_unit[1] = 2;
	memset(&head, 0, sizeof(head));
	memset(&reasons, 0, sizeof(reasons));
	head.now_ms = NOW;
	head.market_count = (uint32_t)running.prices.market_count;
	quote_put(0, 2000000);
	quote_put(1, 60000000);
	quote_put(2, 2000000);
	quote_put(3, 60000000);
	quote_put(4, 33);	/* 1980 USD */
	return 0;
}

static bool
is_said(const char *word)
{
	for (size_t i = 0; i < reasons.count && i < RELOAD_REASONS_MAX; i++)
		if (strstr(reasons.reason[i], word))
			return true;
	return false;
}

static void
prices_try(const char *text)
{
	static struct config after;

	config_from(&after, text);
	reload_prices(&reasons, &running, &after, &head);
}

static void
reload_roles__refuses_other_processes(void **state)
{
	static struct config after;

	(void)state;
	after = running;
	reload_roles(&reasons, &running, &after);
	assert_int_equal(reasons.count, 0);
	after.option_count = 1;
	reload_roles(&reasons, &running, &after);
	assert_true(reasons.count == 1 && is_said("surface process would "
	    "begin"));
	after.venue_count = 0;
	reload_roles(&reasons, &running, &after);
	assert_true(is_said("feeds process would end"));
}

/* ---- prices -------------------------------------------------------------- */

static void
reload_prices__takes_the_same_in_another_order(void **state)
{
	(void)state;
	prices_try("prices:\n  units:\n    BTC: {" RULE "}\n"
	    "    ETH: {" RULE "}\n"
	    "venues:\n"
	    "  kraken: {markets: {BTC/USD: BTC/USD, ETH/USD: ETH/USD}}\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD, ETH-USD: ETH/USD}}\n");
	assert_int_equal(reasons.count, 0);
}

/* R24: what is quoted in another unit, taken for dollars. */
static void
reload_prices__refuses_another_unit(void **state)
{
	(void)state;
	prices_try(UNITS
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  binance: {markets: {ETHBTC: {pair: ETH/USD, named: ETHBTC}}}\n");
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0], "ETH: 2000 would become 0.033, "
	    "99.99835 % away (at most 2)");
}

static void
reload_prices__goes_by_both_sides_of_its_bound(void **state)
{
	static const char one_venue[] = UNITS
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  kraken: {markets: {ETH/USD: ETH/USD}}\n";

	(void)state;
	quote_put(0, 2000000);
	quote_put(2, 2040000);	/* the median is coinbase's, or binance's */
	quote_put(4, 33);
	quote_put(1, 60000000);
	running.reload_differ_max_ppb = 20000000;
	prices_try(one_venue);
	assert_int_equal(reasons.count, 0);
	running.reload_differ_max_ppb = 19999999;
	prices_try(one_venue);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("ETH: 2000 would become 2040, 2 % away"));
}

static void
reload_prices__refuses_what_would_have_no_price(void **state)
{
	(void)state;
	prices_try("prices:\n  units:\n    ETH: {quorum: 3, age_max: 3s, "
	    "dispersion_max: 9%, band_max: 50%}\n    BTC: {" RULE "}\n"
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
	    "  kraken: {markets: {ETH/USD: ETH/USD}}\n");
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0],
	    "ETH: OK would become REFUSED (QUORUM)");
}

/* ETH at 2000 by quotes that are too old for the running config, and not for
 * the one that is tried; the engine's last price of it was `last`, in
 * thousandths (0: it never had one). */
static void
outage_try(u128 last)
{
	for (size_t i = 0; i < 5; i += 2) {
		head.source[i].quote.book_ms = NOW - 3001;
		head.source[i].source.time_ms = NOW - 3001;
	}
	memset(&reasons, 0, sizeof(reasons));
	if (last > 0)
		head.unit_last[1] = (struct board_last){
			.mid = px18_from_raw(last * (W / 1000)),
			.at_ms = NOW - 60000 };
	prices_try("prices:\n  units:\n    ETH: {quorum: 1, age_max: 9s, "
	    "dispersion_max: 9%, band_max: 50%}\n    BTC: {" RULE "}\n"
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n");
}

static void
reload_prices__compares_what_has_none_now_with_its_last(void **state)
{
	(void)state;
	outage_try(1960785);	/* 2 % of it are just enough */
	assert_int_equal(reasons.count, 0);
	outage_try(1960784);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("ETH: 1960.784, its last before it was REFUSED, "
	    "would become 2000, 2.0000"));
	outage_try(33);
	assert_int_equal(reasons.count, 1);
}

static void
reload_prices__refuses_what_never_had_one(void **state)
{
	(void)state;
	outage_try(0);
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0], "ETH: REFUSED (STALE) would "
	    "become 2000, and it had no price to compare that with: that "
	    "needs a restart");
}

/* Neither now nor then. */
static void
both_refused_try(const char *venues)
{
	char text[1024];

	for (size_t i = 0; i < 5; i += 2) {
		head.source[i].quote.book_ms = NOW - 3001;
		head.source[i].source.time_ms = NOW - 3001;
	}
	memset(&reasons, 0, sizeof(reasons));
	snprintf(text, sizeof(text), "%s%s", UNITS "venues:\n", venues);
	prices_try(text);
}

static void
reload_prices__lets_what_has_none_have_none_by_the_same_markets(void **state)
{
	(void)state;
	both_refused_try("  coinbase: {markets: {ETH-USD: ETH/USD, "
	    "BTC-USD: BTC/USD}}\n");
	assert_int_equal(reasons.count, 0);
	/* Another pair, a market more, an address more: who could tell? */
	both_refused_try("  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  binance: {markets: {ETHBTC: {pair: ETH/USD, named: ETHBTC}}}\n");
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("ETH: REFUSED by both"));
	both_refused_try("  coinbase: {markets: {ETH-USD: ETH/USD, "
	    "BTC-USD: BTC/USD}}\n  bybit: {markets: {ETHUSD: ETH/USD}}\n");
	assert_int_equal(reasons.count, 1);
	both_refused_try("  coinbase: {markets: {ETH-USD: ETH/USD, "
	    "BTC-USD: BTC/USD}}\n  kraken: {url: \"wss://example.org/v2\", "
	    "markets: {ETH/USD: ETH/USD}}\n");
	assert_int_equal(reasons.count, 1);
}

static void
reload_prices__refuses_what_rests_on_the_unknown(void **state)
{
	(void)state;
	prices_try(UNITS "    SOL: {" RULE "}\n"
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  bybit: {markets: {ETHUSD: ETH/USD, SOLUSD: SOL/USD}}\n");
	assert_int_equal(reasons.count, 2);
	assert_true(is_said("ETH: its price would rest on markets that are "
	    "not followed yet"));
	assert_true(is_said("SOL: its price would rest"));
}

/* One venue more beside those that are there. */
static void
reload_prices__takes_an_unknown_market_among_known_ones(void **state)
{
	(void)state;
	prices_try(UNITS
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
	    "  kraken: {markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
	    "  bybit: {markets: {ETHUSD: ETH/USD}}\n");
	assert_int_equal(reasons.count, 0);
}

static void
reload_prices__counts_heartbeats_and_void_books(void **state)
{
	static const char one[] = UNITS
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n";

	(void)state;
	/* Renewed by a heartbeat: the source's time says so. */
	head.source[0].quote.book_ms = NOW - 9000;
	prices_try(one);
	assert_int_equal(reasons.count, 0);
	head.source[0].quote.book_ms = 0;	/* void */
	head.source[0].source.vote = VOTE_SILENT;
	head.source[0].source.time_ms = 0;
	prices_try(one);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("ETH: OK would become REFUSED"));
	/* A market that the engine doubts counts for neither. */
	memset(&reasons, 0, sizeof(reasons));
	quote_put(0, 200000000);
	head.source[0].source.vote = VOTE_DOUBTED;
	prices_try(one);
	assert_int_equal(reasons.count, 1);
}

static void
reload_prices__turns_inverse_markets_back(void **state)
{
	(void)state;
	/* The engine holds 1980 / 60000 as it turned it itself. */
	config_from(&running, UNITS
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  binance: {markets: {ETHBTC: ETH/BTC}}\n");
	head.market_count = 2;
	quote_put(0, 60000000);
	quote_put(1, 33);
	running.prices.market[1].is_inverse = true;
	/* Taken as it is said, it is another price. */
	prices_try(UNITS
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD}}\n"
	    "  binance: {markets: {ETHBTC: ETH/BTC}}\n");
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("ETH: 1980"));
}

/* ---- where prices come from ---------------------------------------------- */

#define FEED_A "0xff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634" \
	"fd0ace"
#define FEED_B "0xe62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a" \
	"415b43"
#define ADDRESS_A "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"
#define ADDRESS_B "0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c"
#define ETH_ALONE "prices:\n  units:\n    ETH: {" RULE "}\n"
#define CHAIN "chain: {rpc: [\"http://127.0.0.1:8545\"], chain_id: 31337, " \
	"depth: 0, head_age_max: 60s}\n"

/* ETH of one market that said 2000: by the one venue, then by the other, which
 * looks the same by its names. */
static void
source_try(const char *before, const char *after)
{
	char text[2048];

	memset(&head, 0, sizeof(head));
	memset(&reasons, 0, sizeof(reasons));
	snprintf(text, sizeof(text), "%s%s\n", ETH_ALONE CHAIN "venues:\n  ",
	    before);
	config_from(&running, text);
	head.now_ms = NOW;
	head.market_count = 1;
	quote_put(0, 2000000);
	snprintf(text, sizeof(text), "%s%s\n", ETH_ALONE CHAIN "venues:\n  ",
	    after);
	prices_try(text);
}

static void
source_is_other(const char *before, const char *after)
{
	source_try(before, before);
	assert_int_equal(reasons.count, 0);
	source_try(before, after);
	assert_true(is_said("ETH: its price would rest on markets that are "
	    "not followed yet"));
	source_try(after, before);
	assert_true(is_said("are not followed yet"));
}

static void
reload_prices__refuses_another_aggregator(void **state)
{
	(void)state;
	source_is_other("chainlink: {markets: {ETH-USD: {pair: ETH/USD, "
	    "contract: \"" ADDRESS_A "\"}}}",
	    "chainlink: {markets: {ETH-USD: {pair: ETH/USD, "
	    "contract: \"" ADDRESS_B "\"}}}");
}

static void
reload_prices__refuses_another_feed(void **state)
{
	(void)state;
	source_is_other("pyth: {markets: {ETH-USD: {pair: ETH/USD, "
	    "feed: \"" FEED_A "\"}}}", "pyth: {markets: {ETH-USD: {pair: "
	    "ETH/USD, feed: \"" FEED_B "\"}}}");
	/* Streamed, or read from a contract; how sure it has to be. */
	source_is_other("pyth: {markets: {ETH-USD: {pair: ETH/USD, "
	    "feed: \"" FEED_A "\"}}}", "pyth: {markets: {ETH-USD: {pair: "
	    "ETH/USD, feed: \"" FEED_A "\", contract: \"" ADDRESS_A
	    "\"}}}");
	source_is_other("pyth: {markets: {ETH-USD: {pair: ETH/USD, "
	    "feed: \"" FEED_A "\"}}}", "pyth: {markets: {ETH-USD: {pair: "
	    "ETH/USD, feed: \"" FEED_A "\", confidence_max: 1%}}}");
}

#define POOL(contract, rest) "uniswap-v3: {markets: {ETH-USD: {pair: " \
	"ETH/USD, contract: \"" contract "\", " rest "}}}"

static void
reload_prices__refuses_another_pool(void **state)
{
	static const char pool[] = POOL(ADDRESS_A,
	    "window: 60s, observations_min: 2");

	(void)state;
	source_is_other(pool, POOL(ADDRESS_B,
	    "window: 60s, observations_min: 2"));
	source_is_other(pool, POOL(ADDRESS_A,
	    "window: 61s, observations_min: 2"));
	source_is_other(pool, POOL(ADDRESS_A,
	    "window: 60s, observations_min: 3"));
	source_is_other(pool, POOL(ADDRESS_A,
	    "window: 60s, observations_min: 2, invert: true"));
}

static void
reload_prices__refuses_another_address_of_a_venue(void **state)
{
	static const char own[] = "coinbase: {markets: {ETH-USD: ETH/USD}}";
	static const char token[] =
	    "kucoin: {markets: {ETH-USD: ETH/USD}}";

	(void)state;
	source_is_other(own, "coinbase: {url: \"wss://example.org/feed\", "
	    "markets: {ETH-USD: ETH/USD}}");
	source_is_other("coinbase: {url: \"wss://example.org/a\", "
	    "markets: {ETH-USD: ETH/USD}}", "coinbase: {url: "
	    "\"wss://example.org/b\", markets: {ETH-USD: ETH/USD}}");
	source_is_other(token, "kucoin: {token_url: "
	    "\"https://example.org/token\", markets: {ETH-USD: ETH/USD}}");
	source_is_other(token, "kucoin: {url: \"wss://example.org/feed\", "
	    "markets: {ETH-USD: ETH/USD}}");
}

static void
reload_prices__takes_a_venue_s_own_address_in_words(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "coinbase: {url: \"%s\", markets: "
	    "{ETH-USD: ETH/USD}}", venue_find("coinbase")->url);
	source_try("coinbase: {markets: {ETH-USD: ETH/USD}}", text);
	assert_int_equal(reasons.count, 0);
	snprintf(text, sizeof(text), "kucoin: {token_url: \"%s\", markets: "
	    "{ETH-USD: ETH/USD}}", venue_find("kucoin")->token_url);
	source_try("kucoin: {markets: {ETH-USD: ETH/USD}}", text);
	assert_int_equal(reasons.count, 0);
}

/* ---- units -------------------------------------------------------------- */

static void
reload_units__binds_the_book_by_name(void **state)
{
	static struct config after;

	(void)state;
	config_from(&after, "prices:\n  units:\n    BTC: {" RULE "}\n"
	    "    ETH: {" RULE "}\n"
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n");
	reload_units(&reasons, &running, &after);
	assert_int_equal(reasons.count, 0);
	assert_int_equal(after.asset_unit[0], 2);
	assert_int_equal(after.asset_unit[1], 1);
	assert_int_equal(after.asset_unit[2], PRICES_UNIT_USD);
	config_from(&after, "prices:\n  units:\n    BTC: {" RULE "}\n"
	    "venues:\n  coinbase: {markets: {BTC-USD: BTC/USD}}\n");
	reload_units(&reasons, &running, &after);
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0],
	    "ETH: the book has an asset of it");
}

static void
reload_instruments__knows_those_that_are_followed(void **state)
{
	static struct config after;

	(void)state;
	after = running;
	running.instrument_count = 1;
	memcpy(running.instrument[0].id, "ETH-PERP", 9);
	after.instrument_count = 2;
	memcpy(after.instrument[0].id, "ETH-PERP", 9);
	memcpy(after.instrument[1].id, "BTC-PERP", 9);
	reload_instruments(&reasons, &running, &after);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("instrument BTC-PERP is not followed yet"));
	after.instrument_count = 0;
	reload_instruments(&reasons, &running, &after);
	assert_int_equal(reasons.count, 1);
}

/* ---- instruments and options --------------------------------------------- */

#define UNITS_USDT "prices:\n  units:\n    ETH: {" RULE "}\n" \
	"    BTC: {" RULE "}\n    USDT: {constant: 1, unsafe: true}\n"
#define SPOT "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
#define PERP(row) UNITS_USDT "venues:\n" SPOT \
	"  deribit: {instruments: {" row "}}\n"

static void
contracts_try(const char *before, const char *after)
{
	static struct config a, b;

	memset(&reasons, 0, sizeof(reasons));
	config_from(&a, before);
	config_from(&b, after);
	reload_instruments(&reasons, &a, &b);
}

static void
instrument_differs(const char *after, const char *what)
{
	static const char perp[] = PERP("ETH-PERPETUAL: {id: ETH-PERP, "
	    "interest: usd}");
	char reason[RELOAD_REASON];

	contracts_try(perp, perp);
	assert_int_equal(reasons.count, 0);
	contracts_try(perp, after);
	assert_int_equal(reasons.count, 1);
	snprintf(reason, sizeof(reason), "instrument ETH-PERP: %s differs: "
	    "that needs a restart", what);
	assert_string_equal(reasons.reason[0], reason);
}

static void
reload_instruments__refuses_another_symbol(void **state)
{
	(void)state;
	instrument_differs(PERP("BTC-PERPETUAL: {id: ETH-PERP, "
	    "interest: usd}"), "its symbol");
}

static void
reload_instruments__refuses_another_venue(void **state)
{
	(void)state;
	instrument_differs(UNITS_USDT "venues:\n" SPOT "  okx: {instruments: "
	    "{ETH-USD-SWAP: {id: ETH-PERP, interest: usd}}}\n",
	    "its venue");
	instrument_differs(UNITS_USDT "venues:\n" SPOT
	    "  deribit: {url: \"wss://example.org/ws\", instruments: "
	    "{ETH-PERPETUAL: {id: ETH-PERP, interest: usd}}}\n",
	    "its venue's address");
}

static void
reload_instruments__refuses_another_unit_of_a_mark(void **state)
{
	(void)state;
	instrument_differs(PERP("ETH-PERPETUAL: {id: ETH-PERP, "
	    "interest: usd, quote: USDT}"), "its `quote`");
}

static void
reload_instruments__refuses_another_unit_of_interest(void **state)
{
	(void)state;
	instrument_differs(PERP("ETH-PERPETUAL: {id: ETH-PERP, "
	    "interest: base}"), "its `interest`");
	instrument_differs(PERP("ETH-PERPETUAL: ETH-PERP"),
	    "its `interest`");
}

#define FAMILIES(venue) UNITS_USDT "venues:\n" SPOT \
	"  deribit: {" venue "}\n"

static void
reload_instruments__refuses_other_options(void **state)
{
	static const char eth[] = FAMILIES("options: {options.eth_usd: ETH}");

	(void)state;
	contracts_try(eth, eth);
	assert_int_equal(reasons.count, 0);
	contracts_try(eth, FAMILIES("options: {options.eth_usd: BTC}"));
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0], "options options.eth_usd of "
	    "deribit: their unit differs: that needs a restart");
	contracts_try(eth, FAMILIES("options: {options.btc_usd: ETH}"));
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0], "options options.btc_usd of "
	    "deribit are not followed yet: that needs a restart");
	contracts_try(eth, FAMILIES("url: \"wss://example.org/ws\", "
	    "options: {options.eth_usd: ETH}"));
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("their venue's address differs"));
}

/* ---- sections ------------------------------------------------------------ */

static void
sections_try(const char *after)
{
	memset(&reasons, 0, sizeof(reasons));
	reload_sections(&reasons, running_text, strlen(running_text), after,
	    strlen(after));
}

static void
reload_sections__names_what_needs_a_restart(void **state)
{
	static const char venues[] = UNITS "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD}}\n";
	char text[2048];

	(void)state;
	/* Another order, other comments, block for flow. */
	snprintf(text, sizeof(text), "# hot\nreload:\n  differ_max: 2%%\n%s",
	    venues);
	sections_try(text);
	assert_int_equal(reasons.count, 0);
	snprintf(text, sizeof(text), "%sreload: {differ_max: 3%%}\n", venues);
	sections_try(text);
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.reason[0],
	    "`reload` differs: that needs a restart");
	sections_try(venues);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("`reload` is only in one of them"));
	snprintf(text, sizeof(text), "%sreload: {differ_max: 2%%}\n"
	    "api: {listen: \"127.0.0.1:1\"}\n", venues);
	sections_try(text);
	assert_int_equal(reasons.count, 1);
	assert_true(is_said("`api` is only in one of them"));
}

static void
reload_sections__sees_items_and_their_order(void **state)
{
	static const char one[] = "a: [1, 2]\nb: {c: {d: x}}\n";
	static const struct { const char *text; size_t count; } rows[] = {
		{ "b: {c: {d: x}}\na: [1, 2]\n", 0 },
		{ "a: [2, 1]\nb: {c: {d: x}}\n", 1 },
		{ "a: [1, 2, 3]\nb: {c: {d: x}}\n", 1 },
		{ "a: 1\nb: {c: {d: y}}\n", 2 },
		{ "a: [1, 2]\nb: {c: {e: x}}\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		memset(&reasons, 0, sizeof(reasons));
		reload_sections(&reasons, one, strlen(one), rows[i].text,
		    strlen(rows[i].text));
		assert_int_equal(reasons.count, rows[i].count);
	}
}

/* ---- the whole ----------------------------------------------------------- */

struct bed {
	struct board *writer;
	const struct board *reader;
	struct reload_text now;
	struct text answer;
	char path[64];
};

static enum err
file_try(struct bed *b, const char *text, uint64_t now_ms)
{
	struct reload_text new = { 0 };
	FILE *f = fopen(b->path, "w");
	enum err e;

	assert_true(f && fputs(text, f) >= 0);
	fclose(f);
	text_clear(&b->answer);
	e = reload_try(&new, &b->answer, &b->now, b->path, b->reader, now_ms);
	assert_int_equal(new.config != NULL, e == ERR_OK);
	assert_int_equal(b->answer.len == 0, e == ERR_OK);
	reload_free(&new);
	return e;
}

static void
bed_open(struct bed *b)
{
	const struct tables_size size = { 64, 64, 64 };
	int fd, fd_read;

	memset(b, 0, sizeof(*b));
	snprintf(b->path, sizeof(b->path), "/tmp/margind-reload-%d.yaml",
	    (int)getpid());
	assert_int_equal(board_create(&fd, &fd_read, &size), ERR_OK);
	assert_int_equal(board_map_writer(&b->writer, fd), ERR_OK);
	assert_int_equal(board_map_reader(&b->reader, fd_read), ERR_OK);
	board_begin_life(b->writer);
	board_put_head(b->writer, &head);
	b->now = (struct reload_text){ &running, strdup(running_text),
		strlen(running_text) };
	text_init(&b->answer, 8192);
}

static void
bed_close(struct bed *b)
{
	free(b->now.text);
	text_free(&b->answer);
	board_unmap(b->writer);
	board_unmap(b->reader);
	unlink(b->path);
}

static void
reload_try__takes_or_says_why_not(void **state)
{
	static const char good[] = UNITS
	    "venues:\n"
	    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
	    "reload: {differ_max: 2%}\n";
	static const char pinned[] = UNITS
	    "venues:\n"
	    "  coinbase: {markets: {BTC-USD: BTC/USD, ETH-USD: {pair: ETH/USD,"
	    " pinned_at: 1795182300000}}}\n"
	    "reload: {differ_max: 2%}\n";
	struct bed b;

	(void)state;
	bed_open(&b);
	assert_int_equal(file_try(&b, good, NOW), ERR_OK);
	assert_int_equal(file_try(&b, good, NOW + RELOAD_SILENCE_MS), ERR_OK);
	assert_int_equal(file_try(&b, good, NOW + RELOAD_SILENCE_MS + 1),
	    ERR_REFUSED);
	assert_non_null(strstr(b.answer.at, "the engine is silent"));
	assert_int_equal(file_try(&b, pinned, NOW), ERR_OK);
	assert_int_equal(file_try(&b, pinned, NOW - 1), ERR_SYNTAX);
	assert_non_null(strstr(b.answer.at, "market ETH-USD: `pinned_at` lies "
	    "ahead"));
	assert_int_equal(file_try(&b, running_text, NOW), ERR_STATE);
	assert_string_equal(b.answer.at,
	    "{\"reloaded\":false,\"reason\":\"nothing differs\"}\n");
	assert_int_equal(file_try(&b, "prices: {units: {ETH: {}}}\n", NOW),
	    ERR_SYNTAX);
	assert_non_null(strstr(b.answer.at, "{\"error\":\"config\","
	    "\"reasons\":[\""));
	assert_non_null(strstr(b.answer.at, "`quorum` is missing"));
	unlink(b.path);
	text_clear(&b.answer);
	struct reload_text none = { 0 };
	assert_int_equal(reload_try(&none, &b.answer, &b.now, b.path,
	    b.reader, NOW), ERR_IO);
	assert_non_null(strstr(b.answer.at, "No such file"));
	bed_close(&b);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reload_roles__refuses_other_processes),
		TEST(reload_prices__takes_the_same_in_another_order),
		TEST(reload_prices__refuses_another_unit),
		TEST(reload_prices__goes_by_both_sides_of_its_bound),
		TEST(reload_prices__refuses_what_would_have_no_price),
		TEST(reload_prices__compares_what_has_none_now_with_its_last),
		TEST(reload_prices__refuses_what_never_had_one),
		TEST(
		    reload_prices__lets_what_has_none_have_none_by_the_same_markets),
		TEST(reload_prices__refuses_what_rests_on_the_unknown),
		TEST(reload_prices__takes_an_unknown_market_among_known_ones),
		TEST(reload_prices__counts_heartbeats_and_void_books),
		TEST(reload_prices__turns_inverse_markets_back),
		TEST(reload_prices__refuses_another_aggregator),
		TEST(reload_prices__refuses_another_feed),
		TEST(reload_prices__refuses_another_pool),
		TEST(reload_prices__refuses_another_address_of_a_venue),
		TEST(reload_prices__takes_a_venue_s_own_address_in_words),
		TEST(reload_units__binds_the_book_by_name),
		TEST(reload_instruments__knows_those_that_are_followed),
		TEST(reload_instruments__refuses_another_symbol),
		TEST(reload_instruments__refuses_another_venue),
		TEST(reload_instruments__refuses_another_unit_of_a_mark),
		TEST(reload_instruments__refuses_another_unit_of_interest),
		TEST(reload_instruments__refuses_other_options),
		TEST(reload_sections__names_what_needs_a_restart),
		TEST(reload_sections__sees_items_and_their_order),
		TEST(reload_try__takes_or_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
