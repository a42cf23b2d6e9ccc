/* oracle/config_schema.h - the tables of the config's keys, and what their rows
 * are read into (config*.c only). */
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

#endif
