/* margin/scenario_live.h - the table of one base factor kept up with the
 * market: a refresh prices again only the rows whose inputs changed, with the
 * same bits as a table built anew from that market.
 *
 * Rows are the book's instruments on the factor in their order, then its
 * assets.  A row of a linear contract is one unit of its multiplier, of an
 * inverse one a unit of the underlying at the index price (of Q USD entered at
 * e a vault has Q / e of them); a row of an asset is one whole token.
 *
 * What a row depends on, and so what makes it change:
 *	perpetual, spot	its mark, or the index price
 *	future		its mark, or the forward of its expiry; what of that
 *			forward is fixed
 *	option		the forward of its expiry, the rate, the time left, the
 *			slice of the surface there; of what has no forward,
 *			slice or rate of its own the neighbours' of both sides
 *	asset		its mid
 *
 * Time: the tables' clock stands still between steps, or every tick would
 * move every option.  scenario_live_time is the start of the step that a time
 * is in, but never before an expiry that has passed: what has expired is
 * expired at once.  So an option is priced up to one step too long, a step of
 * one minute being 2e-6 years; who wants the same numbers from margin_evaluate
 * gives it a market of that time.  A window of settlement moves in these steps
 * as well.
 *
 * Owns:   nothing: the caller places the arrays; book and rules are kept.
 * Limits: SCENARIO_LIVE_ROWS_MAX rows, SCENARIO_EXPIRIES_MAX expiries.
 */
#ifndef MARGIN_SCENARIO_LIVE_H
#define MARGIN_SCENARIO_LIVE_H

#include "margin/market.h"
#include "margin/scenario_table.h"

#define SCENARIO_LIVE_ROWS_MAX (INSTRUMENTS_MAX + BOOK_ASSETS_MAX)
#define SCENARIO_LIVE_STEP_MS 60000u	/* one minute */

/* A row and what it was priced from. */
struct scenario_live_row {
	bool is_asset;
	uint16_t slot;		/* of the book's instrument, or asset */
	uint32_t expiry;	/* SCENARIO_NO_EXPIRY: none */
	struct px18 moving, fixed;	/* of what is no option */
	struct num18 vol;	/* of an option */
};

struct scenario_live_expiry {
	uint64_t expiry_ms, window_ms;
	uint16_t instrument;	/* one of this expiry */
	bool has_options;
	struct scenario_expiry at;
	struct market_slice slice[2];	/* of the surface: what the vols of
					 * its options are from */
	bool is_new, is_vol_new;	/* in the refresh under way */
};

struct scenario_live {
	struct scenario_table table;
	const struct book *book;
	uint8_t factor;
	bool is_built;
	uint64_t step_ms, as_of_ms;	/* of the rows */
	int64_t *value;
	uint8_t *row_group;
	struct scenario_live_row *row;
	uint32_t row_count, expiry_count;
	struct scenario_live_expiry expiry[SCENARIO_EXPIRIES_MAX];
	/* A bit for each row that the last build or refresh priced. */
	uint64_t touched[(SCENARIO_LIVE_ROWS_MAX + 63) / 64];
	uint32_t touched_count;
};

/* scenario_live_rows: how many rows a factor has; what the caller places:
 * this many struct scenario_live_row and group bytes, and
 * scenario_table_stride times as many values, aligned to 64. */
uint32_t scenario_live_rows(const struct book *b, uint8_t factor);
/* scenario_live_init: nothing is priced yet.  step_ms above zero (MUST).
 * ERR_LIMIT (rows, expiries). */
MUST_CHECK enum err scenario_live_init(struct scenario_live *l,
    const struct book *b, uint8_t factor, uint64_t step_ms,
    int64_t *value, uint8_t *row_group, struct scenario_live_row *row,
    uint32_t row_capacity);
uint64_t scenario_live_time(const struct scenario_live *l, uint64_t as_of_ms);

/* scenario_live_build prices all rows; decimals of the table, 0: chosen from
 * the market, with room for its prices to double.  ERR_STALE where a price is
 * refused or missing, ERR_UNKNOWN without a surface, ERR_RANGE; after an error
 * the table is not built. */
MUST_CHECK enum err scenario_live_build(struct scenario_live *l,
    const struct market *m, const struct scenario_rules *r, unsigned decimals,
    unsigned bits);
/* scenario_live_refresh: of a table that is built (MUST), at its decimals.
 * Errors as scenario_live_build, and as there; ERR_RANGE also where a price
 * outgrew the table's bits: build it with fewer decimals. */
MUST_CHECK enum err scenario_live_refresh(struct scenario_live *l,
    const struct market *m);

static inline bool
scenario_live_is_touched(const struct scenario_live *l, uint32_t row)
{
	return l->touched[row / 64] >> row % 64 & 1;
}

#endif
