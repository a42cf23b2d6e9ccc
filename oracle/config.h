/* oracle/config.h - the service's configuration, read once and then const.
 *
 * YAML (`margind config example|explain`).  Every error of a
 * file is reported in one pass as file:line:column with a "did you mean".
 * Nothing that moves money has a default.
 */
#ifndef ORACLE_CONFIG_H
#define ORACLE_CONFIG_H

#include "base/types.h"
#include "contracts-abi/quote.h"
#include "feeds/client.h"
#include "feeds/prices.h"
#include "margin/book.h"

#include <stdio.h>

#define CONFIG_TEXT_MAX (256u * 1024u)
#define CONFIG_PATH_MAX 256u
#define CONFIG_URL_MAX 256u
#define CONFIG_VENUES_MAX 32u
#define CONFIG_INSTRUMENTS_MAX 256u
#define CONFIG_OPTIONS_MAX 128u
#define CONFIG_RPC_MAX 4u
#define CONFIG_PORTFOLIOS_MAX 65536u

struct config_venue {
	char name[24];			/* of the venue table */
	const struct venue *venue;
	char url[CONFIG_URL_MAX];	/* empty: the venue's own */
	char token_url[CONFIG_URL_MAX];	/* empty: the venue's own */
};

struct config_market {
	uint16_t venue;			/* index into venues */
	char symbol[VENUE_SYMBOL_MAX];
	char group[VENUE_SYMBOL_MAX];	/* what it is correlated with; empty */
	struct quote_source source;	/* QUOTE_NONE but on a chain */
};

/* An instrument of the book as a venue tells of it. */
enum config_interest { INTEREST_NONE, INTEREST_USD, INTEREST_BASE };
struct config_instrument {
	uint16_t venue;			/* index into venues */
	uint16_t instrument;		/* the book's: set with the book */
	bool is_usd;			/* its marks are, and are taken */
	enum config_interest interest;	/* unit of what the venue tells */
	char symbol[VENUE_SYMBOL_MAX];
	char id[BOOK_NAME_MAX];
};

/* All options of a unit at a venue, or one, by the name that its subscribe
 * takes. */
struct config_option {
	uint16_t venue, unit;
	char symbol[VENUE_SYMBOL_MAX];
};

enum config_sandbox { SANDBOX_REQUIRE, SANDBOX_BEST_EFFORT };
enum config_wait { WAIT_BLOCK, WAIT_SPIN };
enum config_release { RELEASE_DURABLE, RELEASE_IMMEDIATE };

struct config_policy {
	uint32_t bound_base_ppb;	/* 100,000,000: 10 % at once */
	uint32_t bound_per_second_ppb;	/* and 10 % more a second */
	uint32_t bound_max_ppb;		/* at most 60 % */
	uint64_t validity_max_ms;	/* validUntil - asOf */
	uint32_t verdicts_alarm;	/* more than this raises an alarm */
	u128 value_alarm;		/* USD, 18 decimals: collateral signed for */
};

struct config_gas {
	u128 max_fee_wei;		/* per gas */
	u128 max_priority_fee_wei;
	u128 budget_wei_per_hour;
	uint64_t gas_limit_max;
};

struct config {
	/* book: */
	char book_file[CONFIG_PATH_MAX];	/* assets, rules; vaults if no chain */
	uint32_t vaults_max;			/* capacity, a power of two */
	uint32_t portfolios_max;		/* of them with positions */

	/* prices: and venues: */
	struct prices_config prices;
	bool has_volatility;
	uint64_t volatility_every_ms;		/* a return each */
	uint32_t volatility_lambda_ppb;
	uint32_t correlation_shrink_ppb;	/* towards none */
	uint16_t asset_unit[BOOK_ASSETS_MAX];	/* by asset slot: set with the book */
	size_t venue_count;
	struct config_venue venue[CONFIG_VENUES_MAX];
	struct config_market market[PRICES_MARKETS_MAX];	/* as in prices.market */
	uint16_t market_order[PRICES_MARKETS_MAX];	/* markets by venue, then
							 * symbol */
	size_t instrument_count, option_count;
	struct config_instrument instrument[CONFIG_INSTRUMENTS_MAX];
	struct config_option option[CONFIG_OPTIONS_MAX];
	char tls_ca_file[CONFIG_PATH_MAX];	/* empty: the system's */

	char hermes_token_file[CONFIG_PATH_MAX];	/* empty: none */
	struct quote_source rate[PRICES_UNITS_MAX];	/* of chain: rates: */

	/* chain: */
	bool has_chain;
	bool has_clearing;		/* vaults are a contract's; its domain */
	size_t rpc_count;
	char rpc[CONFIG_RPC_MAX][CONFIG_URL_MAX];
	uint64_t chain_id;
	struct addr clearing;
	uint32_t depth;			/* blocks behind the head */
	uint64_t from_block;		/* where the contract's logs begin */
	uint64_t poll_ms;
	uint64_t head_age_max_ms;	/* older: header REFUSED/HEAD */
	bool publish;			/* send submit transactions */
	uint64_t publish_every_ms;

	/* surface: */
	uint64_t surface_every_ms;	/* between two fits */
	uint64_t surface_age_max_ms;	/* of an option's mark, a slice, a
					 * forward, a contract's mark */
	uint32_t surface_error_max_ppb;	/* of a slice, in volatility */
	uint32_t surface_basis_max_ppb;	/* of a forward or mark from its index */

	/* attestation: */
	uint64_t validity_ms;		/* validUntil = asOf + this */
	uint64_t interval_ms;		/* at least so often */
	uint32_t move_ppb;		/* or when a price moved so far */
	uint32_t verdicts_max;

	/* engine: */
	enum config_wait engine_wait;

	/* signer: */
	bool has_signer;
	char keystore[CONFIG_PATH_MAX];
	char password_file[CONFIG_PATH_MAX];
	char signer_state[CONFIG_PATH_MAX];
	char gas_keystore[CONFIG_PATH_MAX];	/* empty: no transactions */
	char gas_password_file[CONFIG_PATH_MAX];
	struct config_policy policy;
	struct config_gas gas;

	/* journal: */
	char journal_dir[CONFIG_PATH_MAX];
	uint64_t segment_bytes;
	enum config_release release;

	/* reload: */
	uint32_t reload_differ_max_ppb;

	/* api: */
	char api_host[64];
	uint16_t api_port;
	char control_socket[CONFIG_PATH_MAX];
	enum config_sandbox sandbox;
};

/* config_read parses and validates text (file is its name in messages).
 * Errors go to `errors` one a line as file:line:column: text; how many in
 * *error_count.  ERR_SYNTAX if there was any; out is then undefined.  Paths
 * stay as written, relative ones meant from the config's folder (config_path
 * joins them). */
MUST_CHECK enum err config_read(struct config *out, const char *text,
    size_t len, const char *file, FILE *errors, unsigned *error_count);

/* config_read_at: as config_read, for a config that is to be in force from
 * now_ms on (Unix): a pin of a later moment is an error, for nobody has seen
 * what it speaks of.  config_read knows no moment and lets it pass; it settles
 * nothing (feeds/prices.h). */
MUST_CHECK enum err config_read_at(struct config *out, uint64_t now_ms,
    const char *text, size_t len, const char *file, FILE *errors,
    unsigned *error_count);

/* config_uses_chain, config_uses_feeds: whether anything of it is that
 * process's to do. */
bool config_uses_chain(const struct config *c);
bool config_uses_feeds(const struct config *c);

struct bookfile_names;
/* config_sort_markets fills market_order[], which config_market_find needs, as
 * config_read has done. */
void config_sort_markets(struct config *c);
/* config_market_find: the market of a venue's symbol; false: not pinned. */
bool config_market_find(uint16_t *out, const struct config *c, size_t venue,
    const char *symbol);
/* config_bind_book fills asset_unit[] from the price names of book_file's
 * assets, and instrument[].instrument from its instruments.  ERR_UNKNOWN, with
 * a line in errors, for a name that is none. */
MUST_CHECK enum err config_bind_book(struct config *c, const struct book *b,
    const struct bookfile_names *names, const char *book_file, FILE *errors);
/* config_require_run names what `margind run` needs and c lacks. */
MUST_CHECK enum err config_require_run(const struct config *c,
    const char *file, FILE *errors);

/* config_path_from makes path (relative to the folder of config_file) usable
 * from here.  ERR_LIMIT where it does not fit. */
MUST_CHECK enum err config_path_from(char out[CONFIG_PATH_MAX],
    const char *config_file, const char *path);

/* config_print_example and config_print_explain serve the commands. */
void config_print_example(FILE *out);
void config_print_explain(FILE *out);

#endif
