/* tests/incidents/scene.h - the world of one incident: units, venues with their
 * markets, assets, vaults, and everything that reaches us, in time.
 *
 * Units:  prices USD (or quote) per whole unit; times Unix ms.
 * Owns:   scene_new allocates, scene_free frees; MUST on every limit.
 */
#ifndef TESTS_INCIDENTS_SCENE_H
#define TESTS_INCIDENTS_SCENE_H

#include "base/types.h"

#include <stdio.h>

#define SCENE_UNITS_MAX 8u
#define SCENE_VENUES_MAX 12u
#define SCENE_MARKETS_MAX 32u
#define SCENE_ASSETS_MAX 4u
#define SCENE_VAULTS_MAX 4u
#define SCENE_SKIPS_MAX 4u
#define SCENE_TEXT_MAX 8192u
#define SCENE_NO_VENUE 255u

struct scene_unit {
	const char *name;
	uint32_t quorum;
	uint64_t age_max_ms;
	double dispersion_max, band_max;	/* 0.02 is 2 % */
	/* A token that is redeemed for another unit (0: for none). */
	unsigned of;
	bool by_rate;
	const char *pinned;		/* the rate, as the operator saw it */
	uint64_t pinned_ms, rate_age_max_ms;
	double growth_max, fall_max, gap_max;
	/* Slow companions (0: none). */
	uint64_t slow_ms;
	double step_max;		/* an hour */
	const char *constant;		/* declared, unsafe; NULL: measured */
};

struct scene_market {
	unsigned venue, base, quote;
	uint64_t pinned_ms;
};

struct scene_asset {
	const char *id;
	unsigned unit;
	const char *more;		/* keys of book.json; may be empty */
	unsigned decimals;
};

enum input_kind {
	INPUT_BOOK, INPUT_TRADE, INPUT_BEAT, INPUT_RATE,
	INPUT_VOID,		/* our own: a message of the venue is missing */
};

/* What reaches us.  market: of a book or trade; of a beat its venue, of a
 * rate its unit. */
struct input {
	uint64_t recv_ms, exchange_ms;
	uint64_t order;			/* breaks ties */
	u128 bid, ask;			/* 18 decimals; a trade, a rate: bid */
	uint16_t market;
	uint8_t kind;
	uint8_t venue;			/* who sent it; SCENE_NO_VENUE: chain */
};

struct inputs {
	struct input *at;
	size_t count, capacity;
};
void inputs_add(struct inputs *l, const struct input *in);
void inputs_sort(struct inputs *l);
void inputs_free(struct inputs *l);

struct scene {
	uint64_t begin_ms, end_ms;
	uint64_t step_ms;		/* between two CLOSEs */
	/* Nobody listens from the first to the second: no CLOSE, no judge. */
	size_t skip_count;
	struct { uint64_t from_ms, to_ms; } skip[SCENE_SKIPS_MAX];
	size_t unit_count, venue_count, market_count, asset_count, vault_count;
	struct scene_unit unit[SCENE_UNITS_MAX];	/* 0 is USD */
	const char *venue[SCENE_VENUES_MAX];
	struct scene_market market[SCENE_MARKETS_MAX];
	struct scene_asset asset[SCENE_ASSETS_MAX];
	struct {
		unsigned collateral, debt;
		u128 collateral_atoms, debt_atoms;
	} vault[SCENE_VAULTS_MAX];
	struct inputs inputs;
	/* What its lives remember: told when one begins, noted while it goes
	 * (oracle/kept.h); the caller's; NULL: nothing. */
	struct kept *kept;
};

struct scene *scene_new(uint64_t begin_ms, uint64_t seconds);
void scene_free(struct scene *s);

/* scene_unit adds one with the usual rule (quorum, 3 s, 2 %, 10 %); fields may
 * be changed until the scene is played. */
unsigned scene_unit(struct scene *s, const char *name, uint32_t quorum);
/* scene_venue: names of the venue table.  Its markets follow at once. */
unsigned scene_venue(struct scene *s, const char *name);
unsigned scene_market(struct scene *s, unsigned base, unsigned quote);
/* scene_venues adds the first n of a fixed list of independent venues, each
 * with a market of base in quote; the first market's number. */
unsigned scene_venues(struct scene *s, unsigned n, unsigned base,
    unsigned quote);
/* more: keys of the book file, "" for an ltv of 0.8 and a threshold of 0.825.
 * Of 18 decimals, which may be changed before a vault holds it. */
unsigned scene_asset(struct scene *s, const char *id, unsigned unit,
    const char *more);
/* Whole units of two assets, by their numbers. */
unsigned scene_vault(struct scene *s, unsigned collateral, double amount,
    unsigned debt, double owed);
void scene_skip(struct scene *s, uint64_t from_ms, uint64_t to_ms);

/* The texts that the service would read (scene_text.c). */
size_t scene_config(char out[SCENE_TEXT_MAX], const struct scene *s);
size_t scene_book(char out[SCENE_TEXT_MAX], const struct scene *s);
/* Whether a config is refused, and with those words. */
bool scene_config_is_refused(const char *text, const char *words);

/* ---- what reaches us ---------------------------------------------------- */

u128 price_of(double price);		/* 18 decimals, to the nearest */

/* One book of a venue, spread 2 bp, sent and heard in the same instant. */
void feed_book(struct scene *s, unsigned market, uint64_t ms, double price);
void feed_quote(struct scene *s, unsigned market, uint64_t exchange_ms,
    uint64_t recv_ms, u128 bid, u128 ask);
void feed_trade(struct scene *s, unsigned market, uint64_t ms, double price);
void feed_void(struct scene *s, unsigned market, uint64_t ms);
void feed_beat(struct scene *s, unsigned venue, uint64_t exchange_ms,
    uint64_t recv_ms);
void feed_rate(struct scene *s, unsigned unit, uint64_t time_ms,
    uint64_t recv_ms, const char *rate);
/* The same rate again each 10 s in [from, to), of that moment. */
void feed_rates(struct scene *s, unsigned unit, uint64_t from_ms,
    uint64_t to_ms, const char *rate);
/* The same price again each second in [from, to). */
void feed_hold(struct scene *s, unsigned market, uint64_t from_ms,
    uint64_t to_ms, double price);

#endif
