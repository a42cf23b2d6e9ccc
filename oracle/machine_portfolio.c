/*~ Vaults with positions: their tokens stand in the columns like everybody's,
 * their positions in the tables, and both together in a book of their own
 * (oracle/portfolio.h), which is valued where margin/portfolio_reach.h says
 * that a move may have changed a state. */
#include "oracle/machine_portfolio.h"

#include "base/must.h"
#include "oracle/arena.h"

#include <string.h>

static struct portfolio_reach_limits
limits_of(const struct machine *m, const struct book *from)
{
	uint64_t rows = m->tables.size.portfolios;

	return (struct portfolio_reach_limits){
		.vaults = (uint32_t)rows,
		/* Every factor and companion of every vault. */
		.legs = rows * (BOOK_LEGS_MAX * 2 + BOOK_FACTORS_MAX),
		.market = { .factors = (uint32_t)from->factor_count,
		    .assets = (uint32_t)from->asset_count,
		    .instruments = from->instrument_count } };
}

enum err
machine_portfolio_create(struct machine *m, const struct book *from)
{
	struct portfolio_reach_limits l = limits_of(m, from);
	struct portfolio_slack slack = portfolio_slack_default();
	enum err e;

	if (from->instrument_count == 0)
		return ERR_OK;
	e = portfolio_create(&m->portfolio, from, m->tables.size.portfolios,
	    m->tables.position);
	if (e != ERR_OK)
		return e;
	m->portfolio_arena_bytes = portfolio_reach_bytes(&l);
	e = arena_map(&m->portfolio_arena, m->portfolio_arena_bytes);
	if (e != ERR_OK)
		return e;
	portfolio_reach_init(&m->portfolio_reach, m->portfolio_arena, &l,
	    &slack);
	return ERR_OK;
}

void
machine_portfolio_destroy(struct machine *m)
{
	portfolio_destroy(m->portfolio);
	arena_unmap(m->portfolio_arena, m->portfolio_arena_bytes);
}

static uint32_t
row_of(const struct machine *m, const struct vault *v)
{
	uint32_t row;
	enum err e = portfolio_find(&row, m->portfolio, &v->id);

	MUST(e == ERR_OK);
	return row;
}

/* A row that is free or the vault's own. */
static bool
has_room(const struct machine *m, const struct b32 *id)
{
	uint32_t row;

	return portfolio_find(&row, m->portfolio, id) == ERR_OK ||
	    m->portfolio->book.vault_count < m->tables.size.portfolios;
}

enum err
machine_portfolio_look(const struct machine *m, const struct vault *v,
    const struct position *positions)
{
	enum err e;

	if (!m->portfolio)
		return ERR_UNKNOWN;
	e = portfolio_look(m->portfolio, v, positions);
	return e == ERR_OK && !has_room(m, &v->id) ? ERR_LIMIT : e;
}

void
machine_portfolio_write(struct machine *m, uint32_t slot,
    const struct vault *v, const struct position *positions)
{
	uint32_t row;
	enum err e = portfolio_put(&row, m->portfolio, v, positions);

	MUST(e == ERR_OK);	/* it was looked at */
	if (m->tables.portfolio[row].vault == 0)
		tables_portfolio_add(&m->tables, row, slot);
	m->tables.portfolio[row].positions = v->position_count;
}

/* The vault in a slot becomes another, or one of tokens alone. */
void
machine_portfolio_forget(struct machine *m, uint32_t slot)
{
	uint32_t row = m->portfolio ? tables_portfolio_row(&m->tables, slot) :
	    TABLES_NO_SLOT;

	if (row != TABLES_NO_SLOT)
		portfolio_reach_forget(&m->portfolio_reach, row);
}

uint32_t
machine_portfolio_positions(const struct machine *m, const struct vault *v,
    const struct position **out)
{
	uint32_t row = row_of(m, v);

	*out = m->tables.position + (size_t)row * WIRE_POSITIONS;
	return m->tables.portfolio[row].positions;
}

void
machine_portfolio_value(struct machine *m, struct verdict *out,
    const struct vault *v)
{
	uint32_t row = row_of(m, v);
	enum err e;

	portfolio_verdict(out, m->portfolio, row);
	e = portfolio_reach_note(&m->portfolio_reach, &m->portfolio->snapshot,
	    row, out->state);
	MUST(e == ERR_OK);	/* there are as many legs as there can be */
}

void
machine_portfolio_move(struct machine *m)
{
	if (!m->portfolio)
		return;
	portfolio_market(m->portfolio, &m->market, m->book.accrual);
	portfolio_reach_move(&m->portfolio_reach, &m->portfolio->snapshot);
}

uint32_t
machine_portfolio_next(struct machine *m,
    uint32_t slot[PORTFOLIO_REACH_BATCH])
{
	uint32_t n;

	if (!m->portfolio)
		return 0;
	n = portfolio_reach_next(&m->portfolio_reach, slot);
	for (uint32_t i = 0; i < n; i++)
		slot[i] = m->tables.portfolio[slot[i]].vault - 1;
	return n;
}
