/* margin/instrument.h - what can be traded besides holding and owing a token:
 * perpetuals, futures, European options; and what a vault has of them.
 *
 * Units:  size in contracts, multiplier in units of the underlying a contract
 *         (inverse: USD a contract), both 18 decimals; prices px18.
 * Owns:   nothing.
 * Limits: INSTRUMENTS_MAX instruments of a book, INSTRUMENT_TIERS_MAX tiers,
 *         POSITIONS_MAX positions and as many open orders of one vault.
 * Source: margin-model 1.2, DESIGN sections 5 and 6.
 */
#ifndef MARGIN_INSTRUMENT_H
#define MARGIN_INSTRUMENT_H

#include "base/fixed.h"
#include "base/types.h"

#define INSTRUMENT_NAME_MAX 72u	/* with its NUL */
#define INSTRUMENTS_MAX 4096u
#define INSTRUMENT_TIERS_MAX 16u
#define POSITIONS_MAX 256u
#define INSTRUMENT_WINDOW_MS_DEFAULT 1800000u	/* settlement window, 30 min */

enum instrument_kind {
	INSTRUMENT_SPOT,	/* an amount of the underlying itself */
	INSTRUMENT_PERP,
	INSTRUMENT_FUTURE,
	INSTRUMENT_OPTION,	/* European, cash settled */
};

/* Margin as a share of notional, up to a notional. */
struct margin_tier {
	struct usd18 up_to;	/* the last tier's is the type's largest */
	struct ppb initial;
	struct ppb maintenance;	/* at most initial */
};

struct instrument {
	char name[INSTRUMENT_NAME_MAX];	/* book.json "id" */
	struct b32 id;		/* keccak256(utf8 name) */
	enum instrument_kind kind;
	uint8_t factor;		/* base factor: the underlying */
	bool is_inverse;	/* linear contracts settle in USD, inverse ones
				 * in the underlying */
	bool is_call;
	bool is_coin_settled;	/* an option whose premium and payoff are paid
				 * in the underlying */
	uint8_t tier_count;	/* at least 1 for perpetuals and futures */
	struct num18 multiplier;	/* above zero */
	struct px18 strike;
	uint64_t expiry_ms;	/* 0: none (spot, perpetual) */
	uint64_t window_ms;	/* settlement window before expiry */
	struct margin_tier tier[INSTRUMENT_TIERS_MAX];
};

struct position {
	uint16_t instrument;	/* index into book.instruments */
	struct num18 size;	/* below zero: short */
	struct px18 entry;	/* average; linear and inverse contracts */
	struct usd18 funding;	/* owed and not yet paid, USD (inverse: the
				 * underlying, 18 decimals); above zero costs */
};

struct order {
	uint16_t instrument;
	struct num18 size;	/* below zero: to sell */
	struct px18 price;	/* limit */
};

#endif
