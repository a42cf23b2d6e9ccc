/* The keys of the config: one row each.  Rows without a fallback that are not
 * optional are required where their section stands. */
#include "oracle/config_schema.h"

#include "base/hex.h"

#include <string.h>

#define FIELD(member) .offset = offsetof(struct config, member), \
	.size = sizeof(((struct config *)0)->member)
#define HAS(member) .has = offsetof(struct config, member) + 1

#define DAY_MS UINT64_C(86400000)
#define PERCENT_PPB 10000000u

static void units_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void venues_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void venue_later(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void rpc_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void rates_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void feed_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);
static void listen_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base);

static const char *const WRAP_WORDS[] = { "rate", "market", NULL };
static const struct schema_key RATE_KEYS[] = {
	{ .name = "of", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(config_unit_row, rate_of), .shape = "unit",
	  .help = "what the token is redeemed for" },
	{ .name = "price", .type = SCHEMA_CHOICE, .words = WRAP_WORDS,
	  SCHEMA_ROW(config_unit_row, rate_price),
	  .help = "which of the two is the price: rate x that unit's, or what "
	    "the unit's own markets say; the other one judges it" },
	{ .name = "pinned", .type = SCHEMA_DECIMAL, .is_nonzero = true,
	  SCHEMA_ROW(config_unit_row, rate_pinned),
	  .help = "a rate that was seen to be right" },
	{ .name = "pinned_at", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(config_unit_row, rate_pinned_ms),
	  .help = "and when" },
	{ .name = "growth_max", .type = SCHEMA_PERCENT,
	  SCHEMA_ROW(config_unit_row, rate_growth_max),
	  .help = "how far it may have grown since then, a year; a higher one "
	    "is refused, never cut" },
	{ .name = "fall_max", .type = SCHEMA_PERCENT,
	  SCHEMA_ROW(config_unit_row, rate_fall_max), .min = 0,
	  .max = 99 * PERCENT_PPB,
	  .help = "how far below the pinned one it may be" },
	{ .name = "gap_max", .type = SCHEMA_PERCENT,
	  SCHEMA_ROW(config_unit_row, rate_gap_max), .min = 1,
	  .max = 99 * PERCENT_PPB,
	  .help = "between the two prices; beyond it the unit is refused" },
	{ .name = "age_max", .type = SCHEMA_DURATION,
	  SCHEMA_ROW(config_unit_row, rate_age_max_ms), .min = 1,
	  .max = 7 * DAY_MS,
	  .help = "an older rate, by the chain's own time, is none" },
	{ 0 }
};

static const struct schema_key SLOW_KEYS[] = {
	{ .name = "window", .type = SCHEMA_DURATION,
	  SCHEMA_ROW(config_unit_row, slow_window_ms), .min = 1000,
	  .max = 30 * DAY_MS,
	  .help = "how long it takes the average to forget" },
	{ .name = "step_max", .type = SCHEMA_PERCENT,
	  SCHEMA_ROW(config_unit_row, slow_step_max), .min = 1,
	  .max = 99 * PERCENT_PPB,
	  .help = "how far the stable price follows it in an hour" },
	{ 0 }
};

const struct schema_key config_unit_keys[] = {
	{ .name = "quorum", .type = SCHEMA_WHOLE, .is_optional = true,
	  SCHEMA_ROW(config_unit_row, quorum),
	  SCHEMA_HAS(config_unit_row, has_quorum),
	  .min = 1, .max = 64,
	  .help = "independent venue groups that must agree on a price" },
	{ .name = "age_max", .type = SCHEMA_DURATION, .is_optional = true,
	  SCHEMA_ROW(config_unit_row, age_max_ms),
	  SCHEMA_HAS(config_unit_row, has_age),
	  .min = 1, .max = 3600000,
	  .help = "an older quote, by the exchange's own time, has no vote" },
	{ .name = "dispersion_max", .type = SCHEMA_PERCENT,
	  .is_optional = true, SCHEMA_ROW(config_unit_row, dispersion_max),
	  SCHEMA_HAS(config_unit_row, has_dispersion),
	  .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "a quote further from the median is an outlier" },
	{ .name = "band_max", .type = SCHEMA_PERCENT, .is_optional = true,
	  SCHEMA_ROW(config_unit_row, band_max),
	  SCHEMA_HAS(config_unit_row, has_band),
	  .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "a price with a wider band is refused" },
	{ .name = "constant", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(config_unit_row, constant),
	  SCHEMA_HAS(config_unit_row, has_constant),
	  .help = "a declared price instead of the four above: always "
	    "DEGRADED; needs `unsafe: true`" },
	{ .name = "unsafe", .type = SCHEMA_BOOL, .fallback = "false",
	  SCHEMA_ROW(config_unit_row, is_unsafe),
	  .help = "says that a declared price is known to be unsafe" },
	{ .name = "rate", .type = SCHEMA_SECTION, .is_optional = true,
	  SCHEMA_HAS(config_unit_row, has_rate), .keys = RATE_KEYS,
	  .help = "of a wrapped or staked token" },
	{ .name = "slow", .type = SCHEMA_SECTION, .is_optional = true,
	  SCHEMA_HAS(config_unit_row, has_slow), .keys = SLOW_KEYS,
	  .help = "a slow companion of the price, for borrowing power only: "
	    "collateral counts at the lower, debt at the higher of the two" },
	{ 0 }
};

#define SOURCE(member, there) SCHEMA_ROW(config_market_row, source.member), \
	SCHEMA_HAS(config_market_row, source.there)
const struct schema_key config_market_keys[] = {
	{ .name = "pair", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(config_market_row, pair), .shape = "BASE/QUOTE",
	  .help = "the unit that is priced and the unit it is priced in" },
	{ .name = "weight", .type = SCHEMA_WHOLE, .fallback = "1",
	  SCHEMA_ROW(config_market_row, weight), .min = 1,
	  .max = PRICES_WEIGHT_MAX,
	  .help = "of its vote, relative to the others'; no group holds half of all" },
	{ .name = "age_max", .type = SCHEMA_DURATION, .is_optional = true,
	  SCHEMA_ROW(config_market_row, age_max_ms), .min = 1,
	  .max = 7 * DAY_MS, .help = "instead of the unit's" },
	{ .name = "group", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_market_row, group), .shape = "name",
	  .help = "markets that share an index, a pool or a maker: all of one "
	    "group count once" },
	{ .name = "inverse", .type = SCHEMA_BOOL, .fallback = "false",
	  SCHEMA_ROW(config_market_row, is_inverse),
	  .help = "the venue says how much BASE a QUOTE buys" },
	{ .name = "named", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_market_row, named), .shape = "SYMBOL",
	  .help = "the symbol once more: it is meant, though it does not say "
	    "BASE and QUOTE" },
	{ .name = "pinned_at", .type = SCHEMA_INSTANT, .is_optional = true,
	  SCHEMA_ROW(config_market_row, pinned_ms),
	  .help = "when an operator last saw that the symbol is this pair; a "
	    "listing that vanished for a day, or came back half away after a "
	    "day or 100 times away, has no vote until then" },
	{ .name = "contract", .type = SCHEMA_ADDRESS, .is_optional = true,
	  SOURCE(contract, has_contract),
	  .help = "chainlink: the feed's proxy; uniswap-v3: the pool; pyth: "
	    "the contract that is read instead of the stream" },
	{ .name = "window", .type = SCHEMA_DURATION, .is_optional = true,
	  SOURCE(window_ms, has_window), .min = 60000, .max = DAY_MS,
	  .help = "uniswap-v3: the mean is over so long; whole seconds" },
	{ .name = "observations_min", .type = SCHEMA_WHOLE,
	  .is_optional = true, SOURCE(observations_min, has_observations),
	  .min = 2, .max = 65535,
	  .help = "uniswap-v3: with fewer in the window there is no price" },
	{ .name = "invert", .type = SCHEMA_BOOL, .is_optional = true,
	  SOURCE(is_inverted, has_invert),
	  .help = "uniswap-v3: true where the pair's base is the pool's "
	    "token1; false without it" },
	{ .name = "feed", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = feed_read, SCHEMA_ROW(config_market_row, source.feed),
	  SCHEMA_HAS(config_market_row, source.has_feed),
	  .shape = "0x and 64 digits", .help = "pyth: the price feed's id" },
	{ .name = "confidence_max", .type = SCHEMA_PERCENT,
	  .is_optional = true, SOURCE(confidence_max, has_confidence),
	  .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "pyth: a wider interval of its own has no vote; 10% without "
	    "it" },
	{ 0 }
};

static const char *const CALL_WORDS[] = { "erc4626", "wsteth", "reth",
    "cbeth", NULL };
const struct schema_key config_rate_keys[] = {
	{ .name = "contract", .type = SCHEMA_ADDRESS,
	  SCHEMA_ROW(config_rate_row, contract),
	  .help = "the token, or who knows its rate" },
	{ .name = "call", .type = SCHEMA_CHOICE, .words = CALL_WORDS,
	  SCHEMA_ROW(config_rate_row, call),
	  .help = "convertToAssets of a whole share, stEthPerToken, "
	    "getExchangeRate, exchangeRate" },
	{ 0 }
};

static const char *const INTEREST_WORDS[] = { "none", "usd", "base", NULL };
const struct schema_key config_instrument_keys[] = {
	{ .name = "id", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(config_instrument_row, id), .shape = "instrument",
	  .help = "of the book" },
	{ .name = "quote", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_instrument_row, quote),
	  SCHEMA_HAS(config_instrument_row, has_quote), .shape = "unit",
	  .help = "that its mark is told in; a mark in another than USD is left "
	    "out. Not needed where the symbol says USD by its venue's naming "
	    "(BTC-PERPETUAL, BTC-USD-SWAP, XBTUSD, PF_XBTUSD); all others "
	    "must say, and one in a coin may not say USD" },
	{ .name = "interest", .type = SCHEMA_CHOICE, .fallback = "none",
	  SCHEMA_ROW(config_instrument_row, interest), .words = INTEREST_WORDS,
	  .help = "what the venue counts its open interest in; base is "
	    "valued at the mark; none: it is left out" },
	{ 0 }
};

const struct schema_key config_venue_keys[] = {
	{ .name = "url", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_venue_row, url), .shape = "wss:// address",
	  .help = "instead of the venue's own; ws:// for loopback only. Of "
	    "pyth an https:// address, http:// for loopback only" },
	{ .name = "token_url", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_venue_row, token_url),
	  .shape = "https:// address",
	  .help = "of a venue that hands out tokens (kucoin): who is asked, "
	    "instead of the venue's own; http:// for loopback only" },
	{ .name = "token_file", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(config_venue_row, token_file),
	  SCHEMA_HAS(config_venue_row, has_token), .shape = "path",
	  .help = "pyth: what the stream's service knows us by, in the first "
	    "line" },
	{ .name = "markets", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = config_market_keys, .read = venue_later,
	  .shape = "map of SYMBOL to BASE/QUOTE, or to the keys below",
	  .help = "which of the venue's markets are followed" },
	{ .name = "instruments", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = config_instrument_keys, .read = venue_later,
	  .shape = "map of SYMBOL to an instrument of the book, or to the "
	    "keys below",
	  .help = "whose marks, funding and open interest are taken" },
	{ .name = "options", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = venue_later, .shape = "map of FAMILY or OPTION to a unit",
	  .help = "whose options' volatilities are taken: all of a family "
	    "(options.eth_usd) on a connection of its own; or, of deribit, "
	    "single ones (ETH-25JUN27-2000-C), those of a unit together" },
	{ 0 }
};

static const struct schema_key BOOK_KEYS[] = {
	{ .name = "file", .type = SCHEMA_TEXT, FIELD(book_file),
	  .shape = "path",
	  .help = "assets and rules; the vaults too where there is no clearing "
	    "contract" },
	{ .name = "vaults_max", .type = SCHEMA_WHOLE, .fallback = "1024",
	  FIELD(vaults_max), .min = 1, .max = BOOK_VAULTS_MAX,
	  .help = "places for vaults, rounded up to a power of two" },
	{ .name = "portfolios_max", .type = SCHEMA_WHOLE, .fallback = "1024",
	  FIELD(portfolios_max), .min = 1, .max = CONFIG_PORTFOLIOS_MAX,
	  .help = "of them, how many may have positions; rounded up too" },
	{ 0 }
};

static const struct schema_key VOLATILITY_KEYS[] = {
	{ .name = "every", .type = SCHEMA_DURATION, .fallback = "1h",
	  FIELD(volatility_every_ms), .min = 1000, .max = 7 * DAY_MS,
	  .help = "how often a return is taken" },
	{ .name = "lambda", .type = SCHEMA_FACTOR, .fallback = "0.97",
	  FIELD(volatility_lambda_ppb), .min = 1, .max = PPB_ONE_RAW - 1,
	  .help = "what a period leaves of the weight of those before it" },
	{ .name = "shrink", .type = SCHEMA_FACTOR, .fallback = "0.1",
	  FIELD(correlation_shrink_ppb), .min = 0, .max = PPB_ONE_RAW,
	  .help = "how far measured correlations are drawn towards none" },
	{ 0 }
};

static const struct schema_key PRICES_KEYS[] = {
	{ .name = "units", .type = SCHEMA_CUSTOM, .keys = config_unit_keys,
	  .read = units_note, .shape = "map of NAME to the keys below",
	  .help = "what has a price; USD is always there. All four rules, "
	    "or a constant" },
	{ .name = "volatility", .type = SCHEMA_SECTION, .is_optional = true,
	  HAS(has_volatility), .keys = VOLATILITY_KEYS,
	  .help = "measured volatilities and correlations of the book's "
	    "prices (EWMA), kept over restarts by the journal" },
	{ 0 }
};

static const struct schema_key TLS_KEYS[] = {
	{ .name = "ca_file", .type = SCHEMA_TEXT, .is_optional = true,
	  FIELD(tls_ca_file), .shape = "path",
	  .help = "certificates to trust; without it the system's" },
	{ 0 }
};

static const struct schema_key PUBLISH_KEYS[] = {
	{ .name = "every", .type = SCHEMA_DURATION, FIELD(publish_every_ms),
	  .min = 1000, .max = DAY_MS,
	  .help = "a submit transaction at least so often" },
	{ 0 }
};

static const struct schema_key CHAIN_KEYS[] = {
	{ .name = "rpc", .type = SCHEMA_CUSTOM, .read = rpc_read,
	  .shape = "list of http:// or https:// addresses",
	  .help = "JSON-RPC endpoints, up to 4, tried in this order" },
	{ .name = "chain_id", .type = SCHEMA_WHOLE, FIELD(chain_id),
	  .min = 1, .max = UINT64_MAX,
	  .help = "an endpoint of another chain is refused" },
	{ .name = "clearing", .type = SCHEMA_ADDRESS, .is_optional = true,
	  FIELD(clearing), HAS(has_clearing),
	  .help = "the clearing contract: domain of what is signed, and its "
	    "vaults; without it only prices and rates are read" },
	{ .name = "depth", .type = SCHEMA_WHOLE, FIELD(depth),
	  .min = 0, .max = 10000,
	  .help = "blocks behind the head that vaults, prices and rates are "
	    "read at" },
	{ .name = "from_block", .type = SCHEMA_WHOLE, .fallback = "0",
	  FIELD(from_block), .help = "where the contract's events begin" },
	{ .name = "poll", .type = SCHEMA_DURATION, .fallback = "500ms",
	  FIELD(poll_ms), .min = 20, .max = 600000,
	  .help = "how often the head is asked for" },
	{ .name = "head_age_max", .type = SCHEMA_DURATION,
	  FIELD(head_age_max_ms), .min = 1000, .max = DAY_MS,
	  .help = "with an older head the header is REFUSED, and no price is "
	    "read from it" },
	{ .name = "rates", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = rates_note, .keys = config_rate_keys,
	  .shape = "map of UNIT to the keys below",
	  .help = "what wrapped and staked tokens are redeemed for" },
	{ .name = "publish", .type = SCHEMA_SECTION, .is_optional = true,
	  HAS(publish), .keys = PUBLISH_KEYS,
	  .help = "send submit transactions; needs the gas key" },
	{ 0 }
};

static const struct schema_key SURFACE_KEYS[] = {
	{ .name = "every", .type = SCHEMA_DURATION, .fallback = "1s",
	  FIELD(surface_every_ms), .min = 100, .max = 60000,
	  .help = "volatilities are fitted so often" },
	{ .name = "age_max", .type = SCHEMA_DURATION, .fallback = "30s",
	  FIELD(surface_age_max_ms), .min = 1000, .max = 3600000,
	  .help = "an older mark, forward or volatility does not count" },
	{ .name = "error_max", .type = SCHEMA_PERCENT, .fallback = "2%",
	  FIELD(surface_error_max_ppb), .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "a fit that misses the marks by more is not used; in points "
	    "of volatility, root mean square" },
	{ .name = "basis_max", .type = SCHEMA_PERCENT, .fallback = "30%",
	  FIELD(surface_basis_max_ppb), .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "a forward or a contract's mark further from the index "
	    "price does not count" },
	{ 0 }
};

static const struct schema_key ATTESTATION_KEYS[] = {
	{ .name = "validity", .type = SCHEMA_DURATION, .fallback = "120s",
	  FIELD(validity_ms), .min = 1000, .max = DAY_MS,
	  .help = "validUntil = asOf + this" },
	{ .name = "interval", .type = SCHEMA_DURATION, .fallback = "1s",
	  FIELD(interval_ms), .min = 10, .max = DAY_MS,
	  .help = "an attestation at least so often" },
	{ .name = "move", .type = SCHEMA_PERCENT, .fallback = "0.25%",
	  FIELD(move_ppb), .min = 0, .max = 100 * PERCENT_PPB,
	  .help = "and at once where a price or the aggregate moved so far" },
	{ .name = "verdicts_max", .type = SCHEMA_WHOLE, .fallback = "65536",
	  FIELD(verdicts_max), .min = 1, .max = BOOK_VAULTS_MAX,
	  .help = "verdicts in the tree; beyond it the least bad give way" },
	{ 0 }
};

static const char *const WAIT_WORDS[] = { "block", "spin", NULL };
static const struct schema_key ENGINE_KEYS[] = {
	{ .name = "wait", .type = SCHEMA_CHOICE, .fallback = "block",
	  FIELD(engine_wait), .words = WAIT_WORDS,
	  .help = "spin: engine and signer look for the next message for "
	    "20 ms before they sleep, which takes a core each; with fewer than "
	    "4 for 80 us" },
	{ 0 }
};

static const struct schema_key BOUND_KEYS[] = {
	{ .name = "base", .type = SCHEMA_PERCENT,
	  FIELD(policy.bound_base_ppb), .min = 1, .max = 99 * PERCENT_PPB,
	  .help = "how far a price may move at once" },
	{ .name = "per_second", .type = SCHEMA_PERCENT,
	  FIELD(policy.bound_per_second_ppb), .min = 1,
	  .max = 99 * PERCENT_PPB,
	  .help = "and how much further a second since the last one" },
	{ .name = "max", .type = SCHEMA_PERCENT, FIELD(policy.bound_max_ppb),
	  .min = 1, .max = 99 * PERCENT_PPB, .help = "and at most" },
	{ 0 }
};

static const struct schema_key ALARM_KEYS[] = {
	{ .name = "verdicts", .type = SCHEMA_WHOLE,
	  FIELD(policy.verdicts_alarm), .min = 0, .max = UINT32_MAX,
	  .help = "more verdicts than this raise an alarm" },
	{ .name = "value", .type = SCHEMA_DECIMAL, FIELD(policy.value_alarm),
	  .help = "more collateral than this, in USD, raises an alarm" },
	{ 0 }
};

static const struct schema_key GAS_KEYS[] = {
	{ .name = "max_fee", .type = SCHEMA_WEI, FIELD(gas.max_fee_wei),
	  .help = "a gas, at most" },
	{ .name = "max_priority_fee", .type = SCHEMA_WEI,
	  FIELD(gas.max_priority_fee_wei),
	  .help = "a gas, at most; of 0 nothing can be replaced" },
	{ .name = "budget_per_hour", .type = SCHEMA_WEI,
	  FIELD(gas.budget_wei_per_hour),
	  .help = "what transactions may cost in an hour, at worst" },
	{ .name = "limit", .type = SCHEMA_WHOLE, FIELD(gas.gas_limit_max),
	  .min = 21000, .max = 100000000, .help = "gas of one transaction" },
	{ 0 }
};

static const struct schema_key SIGNER_KEYS[] = {
	{ .name = "keystore", .type = SCHEMA_TEXT, FIELD(keystore),
	  .shape = "path", .help = "the key that signs (`margind keys new`)" },
	{ .name = "password_file", .type = SCHEMA_TEXT, FIELD(password_file),
	  .shape = "path", .help = "its password, in the first line" },
	{ .name = "state", .type = SCHEMA_TEXT, FIELD(signer_state),
	  .shape = "path",
	  .help = "what the signer must never forget; the one file it writes" },
	{ .name = "gas_keystore", .type = SCHEMA_TEXT, .is_optional = true,
	  FIELD(gas_keystore), .shape = "path",
	  .help = "the key that pays for transactions; without it, none" },
	{ .name = "gas_password_file", .type = SCHEMA_TEXT,
	  .is_optional = true, FIELD(gas_password_file), .shape = "path",
	  .help = "its password" },
	{ .name = "bound", .type = SCHEMA_SECTION, .keys = BOUND_KEYS,
	  .help = "beyond it a price is signed as REFUSED/BOUND" },
	{ .name = "validity_max", .type = SCHEMA_DURATION,
	  FIELD(policy.validity_max_ms), .min = 1000, .max = DAY_MS,
	  .help = "validUntil - asOf, at most" },
	{ .name = "alarm", .type = SCHEMA_SECTION, .keys = ALARM_KEYS,
	  .help = "what is worth a person's attention" },
	{ .name = "gas", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = GAS_KEYS, .help = "needed with `gas_keystore`" },
	{ 0 }
};

static const char *const RELEASE_WORDS[] = { "durable", "immediate", NULL };
static const struct schema_key JOURNAL_KEYS[] = {
	{ .name = "dir", .type = SCHEMA_TEXT, FIELD(journal_dir),
	  .shape = "path", .help = "segments and the history's database" },
	{ .name = "segment", .type = SCHEMA_BYTES, .fallback = "64MiB",
	  FIELD(segment_bytes), .min = 1u << 16, .max = UINT64_C(1) << 34,
	  .help = "a new segment after so many bytes" },
	{ .name = "release", .type = SCHEMA_CHOICE, .fallback = "durable",
	  FIELD(release), .words = RELEASE_WORDS,
	  .help = "whether an attestation waits for the disk" },
	{ 0 }
};

static const struct schema_key API_KEYS[] = {
	{ .name = "listen", .type = SCHEMA_CUSTOM, .read = listen_read,
	  .shape = "ADDRESS:PORT",
	  .help = "HTTP, WebSocket and dashboard; port 0 takes a free one" },
	{ 0 }
};

static const struct schema_key RELOAD_KEYS[] = {
	{ .name = "differ_max", .type = SCHEMA_PERCENT, .fallback = "2%",
	  FIELD(reload_differ_max_ppb), .min = 0, .max = 99 * PERCENT_PPB,
	  .help = "a config whose prices differ by more is refused" },
	{ 0 }
};

static const struct schema_key CONTROL_KEYS[] = {
	{ .name = "socket", .type = SCHEMA_TEXT, FIELD(control_socket),
	  .shape = "path", .help = "for pause, resume, status and "
	    "reload" },
	{ 0 }
};

static const char *const SANDBOX_WORDS[] = { "require", "best-effort", NULL };
const struct schema_key config_keys[] = {
	{ .name = "book", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = BOOK_KEYS, .help = "what is looked after" },
	{ .name = "prices", .type = SCHEMA_SECTION, .keys = PRICES_KEYS,
	  .help = "the rules that a price must pass" },
	{ .name = "venues", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = venues_note, .keys = config_venue_keys,
	  .shape = "map of VENUE to the keys below",
	  .help = "exchanges to listen to, and sources on chains" },
	{ .name = "tls", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = TLS_KEYS, .help = "peer and host are always verified" },
	{ .name = "chain", .type = SCHEMA_SECTION, .is_optional = true,
	  HAS(has_chain), .keys = CHAIN_KEYS,
	  .help = "without it, or its `clearing`: the book's chain id, no "
	    "contract" },
	{ .name = "surface", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = SURFACE_KEYS, .help = "forwards, volatilities and marks of "
	    "contracts" },
	{ .name = "attestation", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = ATTESTATION_KEYS, .help = "how often, and for how long" },
	{ .name = "engine", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = ENGINE_KEYS, .help = "how it waits" },
	{ .name = "signer", .type = SCHEMA_SECTION, .is_optional = true,
	  HAS(has_signer), .keys = SIGNER_KEYS,
	  .help = "keys, and what may be signed with them" },
	{ .name = "journal", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = JOURNAL_KEYS, .help = "every input, for replay" },
	{ .name = "api", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = API_KEYS, .help = "who may look" },
	{ .name = "reload", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = RELOAD_KEYS, .help = "of `margind reload`" },
	{ .name = "control", .type = SCHEMA_SECTION, .is_optional = true,
	  .keys = CONTROL_KEYS, .help = "who may stop it" },
	{ .name = "sandbox", .type = SCHEMA_CHOICE, .fallback = "best-effort",
	  FIELD(sandbox), .words = SANDBOX_WORDS,
	  .help = "whether a kernel that lacks a sandbox step is refused" },
	{ 0 }
};

static void
units_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config_reader *r = s->root;

	(void)k;
	(void)base;
	r->units = n;
}

static void
venues_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config_reader *r = s->root;

	(void)k;
	(void)base;
	r->venues = n;
}

static void
rates_note(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config_reader *r = s->root;

	(void)k;
	(void)base;
	r->rates = n;
}

static void
feed_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config_market_row *row = base;

	row->source.has_feed = n->kind == DOC_SCALAR && n->text_len == 66 &&
	    hex_to_bytes(row->source.feed.b, sizeof(row->source.feed.b),
	    n->text, n->text_len) == ERR_OK;
	if (!row->source.has_feed)
		doc_error_at(s->errors, n, "`%s`: not 0x and 64 digits",
		    k->name);
}

/* What names units is read in config_markets.c and config_contracts.c. */
static void
venue_later(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	(void)s;
	(void)k;
	(void)n;
	(void)base;
}

static bool
text_begins(const struct doc_node *n, const char *word)
{
	size_t len = strlen(word);

	return n->text_len > len && memcmp(n->text, word, len) == 0;
}

static bool
rpc_is_plausible(const struct doc_node *n)
{
	if (n->kind != DOC_SCALAR ||
	    (!text_begins(n, "http://") && !text_begins(n, "https://")))
		return false;
	for (size_t i = 0; i < n->text_len; i++)
		if ((unsigned char)n->text[i] <= 0x20 || n->text[i] == 0x7f)
			return false;
	return true;
}

static void
rpc_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config *c = base;

	if (n->kind != DOC_LIST || n->count == 0 ||
	    n->count > CONFIG_RPC_MAX) {
		doc_error_at(s->errors, n, "`%s`: not a list of 1 to %u %s",
		    k->name, CONFIG_RPC_MAX, "addresses");
		return;
	}
	for (const struct doc_node *u = doc_first(s->doc, n); u;
	    u = doc_next(s->doc, u)) {
		if (!rpc_is_plausible(u)) {
			doc_error_at(s->errors, u,
			    "`%s`: not an http:// or https:// address",
			    k->name);
			continue;
		}
		if (u->text_len >= CONFIG_URL_MAX) {
			doc_error_at(s->errors, u,
			    "`%s`: longer than %u bytes", k->name,
			    CONFIG_URL_MAX - 1);
			continue;
		}
		memcpy(c->rpc[c->rpc_count], u->text, u->text_len);
		c->rpc[c->rpc_count++][u->text_len] = '\0';
	}
}

static bool
port_from_text(uint16_t *out, const char *text, size_t len)
{
	unsigned v = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*out = (uint16_t)v;
	return v <= UINT16_MAX;
}

static void
listen_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	struct config *c = base;
	const char *host = n->text;
	size_t colon = n->kind == DOC_SCALAR ? n->text_len : 0, host_len;

	while (colon > 0 && n->text[colon - 1] != ':')
		colon--;
	host_len = colon > 0 ? colon - 1 : 0;
	if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
		host++;
		host_len -= 2;
	} else if (host_len > 0 && memchr(host, ':', host_len)) {
		host_len = 0;	/* IPv6 stands in brackets */
	}
	if (host_len == 0 || host_len >= sizeof(c->api_host) ||
	    !port_from_text(&c->api_port, n->text + colon,
	    n->text_len - colon)) {
		doc_error_at(s->errors, n, "`%s`: not an ADDRESS:PORT such as "
		    "127.0.0.1:8700 or [::1]:8700", k->name);
		return;
	}
	memcpy(c->api_host, host, host_len);
	c->api_host[host_len] = '\0';
}
