/* oracle/config_schema.h - the tables of the config's keys (config*.c only). */
#ifndef ORACLE_CONFIG_SCHEMA_H
#define ORACLE_CONFIG_SCHEMA_H

#include "oracle/config.h"
#include "oracle/schema.h"

/* A unit as the file has it, before its keys are checked together. */
struct config_unit_row {
	bool has_quorum, has_age, has_dispersion, has_band, has_constant;
	bool is_unsafe;
	uint32_t quorum, dispersion_max, band_max;
	uint64_t age_max_ms;
	u128 constant;
	/* rate: */
	bool has_rate;
	char rate_of[PRICES_NAME_MAX];
	enum config_wrap_price { WRAP_BY_RATE, WRAP_BY_MARKET } rate_price;
	u128 rate_pinned;
	uint64_t rate_pinned_ms, rate_age_max_ms;
	uint32_t rate_growth_max, rate_fall_max, rate_gap_max;
	/* slow: */
	bool has_slow;
	uint64_t slow_window_ms;
	uint32_t slow_step_max;
};

enum config_rate_call { RATE_ERC4626, RATE_WSTETH, RATE_RETH, RATE_CBETH };

struct config_venue_row {
	bool has_token;
	char url[CONFIG_URL_MAX];
	char token_url[CONFIG_URL_MAX];
	char token_file[CONFIG_PATH_MAX];
};

struct config_instrument_row {
	char id[BOOK_NAME_MAX];
	bool has_quote;
	char quote[PRICES_NAME_MAX];
	enum config_interest interest;
};

/* What a source on a chain is made of. */
struct config_source_row {
	bool has_contract, has_feed, has_confidence, has_window,
	    has_observations, has_invert;
	struct addr contract;
	struct b32 feed;
	uint32_t confidence_max, observations_min;
	uint64_t window_ms;
	bool is_inverted;
};

struct config_market_row {
	char pair[2 * PRICES_NAME_MAX];
	uint32_t weight;
	uint64_t age_max_ms;		/* 0: the unit's */
	char group[VENUE_SYMBOL_MAX];	/* empty: none */
	char named[VENUE_SYMBOL_MAX];	/* the symbol again; empty: it says
					 * itself what it is */
	uint64_t pinned_ms;
	bool is_inverse;
	struct config_source_row source;
};

struct config_rate_row {
	struct addr contract;
	enum config_rate_call call;
};

/* What the parts that name each other leave for the second step. */
struct config_reader {
	struct config *config;
	uint64_t now_ms;		/* a pin lies before it; or UINT64_MAX */
	const struct doc_node *units, *venues, *rates;
	const struct doc_node *unit_node[PRICES_UNITS_MAX];
	const struct doc_node *venue_node[CONFIG_VENUES_MAX];
	struct prices *scratch;		/* for prices_init */
};

extern const struct schema_key config_keys[];
extern const struct schema_key config_unit_keys[];
extern const struct schema_key config_venue_keys[];
extern const struct schema_key config_market_keys[];
extern const struct schema_key config_instrument_keys[];
extern const struct schema_key config_rate_keys[];

/* config_markets_read reads units and venues once the whole file was seen, and
 * checks the graph that they make. */
void config_markets_read(struct schema *s, struct config_reader *r);
/* config_contracts_read reads the instruments and options of the venue that was
 * read last, from its node n. */
void config_contracts_read(struct schema *s, struct config_reader *r,
    const struct doc_node *n);
/* config_dials_check says what keeps a venue from being dialled. */
void config_dials_check(struct schema *s, struct config_reader *r);
/* config_name_take copies a word of this file whole or not at all, and
 * config_unit_take finds a unit; false, with an error, where it is none. */
bool config_name_take(struct schema *s, char *out, size_t size,
    const char *what, const char *text, size_t len, uint32_t line,
    uint32_t column);
bool config_unit_take(struct schema *s, uint16_t *out,
    const struct prices_config *c, const struct doc_node *n, const char *name,
    size_t len);

/* config_chain.c.  config_source_take makes a market's source of what its row
 * says, and refuses what its venue has no use for. */
void config_source_take(struct schema *s, struct quote_source *out,
    const struct config_source_row *row, const struct venue *venue,
    const struct doc_node *n);
/* config_rates_read reads chain: rates: once the units are known;
 * config_chain_check is what must hold between sources and the chain. */
void config_rates_read(struct schema *s, struct config_reader *r);
void config_chain_check(struct schema *s, const struct config_reader *r);

#endif
