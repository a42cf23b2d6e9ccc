/* oracle/portfolio.h - vaults with positions, in the running service: a book
 * of them beside the columns of the linear ones, and a market made of the
 * prices that are signed.  The engine and the api each have one.
 *
 * The index price of a base factor is the price of its lowest asset, so that
 * everything a verdict rests on stands in the signed vector
 * (portfolio_check).  Marks, forwards and volatilities come besides
 * (oracle/terms.h).  A contract without a mark of its own is marked at its
 * index, a future at its forward.  An option needs a surface, and is STALE while
 * there is none.
 *
 * Time: the market's clock stands still within a step of PORTFOLIO_STEP_MS,
 * but never before an expiry that has passed (margin/scenario_live.h says
 * why).
 *
 * Units:  as margin/book.h.  A vault's place here is its row.
 * Owns:   its tables, but for the positions, which the caller places:
 *         portfolio_positions of them.
 * Limits: rows as created; WIRE_POSITIONS positions of a vault.
 */
#ifndef ORACLE_PORTFOLIO_H
#define ORACLE_PORTFOLIO_H

#include "margin/evaluate.h"
#include "margin/method_work.h"
#include "margin/verdict.h"
#include "oracle/bookfile.h"
#include "oracle/wire.h"

#define PORTFOLIO_STEP_MS 60000u

struct portfolio {
	struct book book;		/* its vaults are by row */
	struct market market;
	struct market_terms terms;	/* terms_apply's to fill */
	struct rules rules;
	struct method_work work;
	struct snapshot snapshot;
	struct position *positions;	/* WIRE_POSITIONS a row, and as many
					 * for a vault that is looked at */
};

/* portfolio_positions: how many a place for `rows` takes. */
static inline size_t
portfolio_positions(uint32_t rows)
{
	return ((size_t)rows + 1) * WIRE_POSITIONS;
}

/* What the service does not compute of a book with instruments, or of one vault
 * by another method than `ratio`: in a few words, or NULL. */
const char *portfolio_check(const struct book *b,
    const struct bookfile_names *names);
const char *portfolio_check_vault(const struct vault *v);
/* portfolio_is: whether a vault belongs here and not in the columns alone. */
static inline bool
portfolio_is(const struct vault *v)
{
	return v->method != METHOD_RATIO;
}

/* portfolio_create keeps instruments and assets of `from` by reference to its
 * instruments.  ERR_LIMIT where memory does not suffice. */
MUST_CHECK enum err portfolio_create(struct portfolio **out,
    const struct book *from, uint32_t rows, struct position *positions);
void portfolio_destroy(struct portfolio *p);	/* accepts NULL */

/* portfolio_look says what portfolio_put would, but for ERR_LIMIT of the rows.
 * portfolio_put inserts or replaces by id; the errors of book_put_vault,
 * ERR_UNKNOWN for what portfolio_check_vault names; on failure nothing is
 * changed. */
MUST_CHECK enum err portfolio_look(struct portfolio *p,
    const struct vault *v, const struct position *positions);
MUST_CHECK enum err portfolio_put(uint32_t *row, struct portfolio *p,
    const struct vault *v, const struct position *positions);
/* portfolio_find: ERR_UNKNOWN. */
MUST_CHECK enum err portfolio_find(uint32_t *row, const struct portfolio *p,
    const struct b32 *id);

/* portfolio_market takes the prices of m; accrual by asset. */
void portfolio_market(struct portfolio *p, const struct market *m,
    const struct wad *accrual);

/* portfolio_verdict: margin/portfolio_verdict.h. */
void portfolio_verdict(struct verdict *out, struct portfolio *p, uint32_t row);

#endif
