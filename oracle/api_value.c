/*~ What the board shows, valued at the prices of its head: the engine values
 * only what a price may have moved across a threshold.  Whatever lies on the
 * board, nothing outside its limits is believed. */
#include "oracle/api_state.h"

#include <stdlib.h>
#include <string.h>

enum err
api_value_open(struct api_state *s)
{
	uint32_t rows = s->config->portfolios_max;

	s->terms = calloc(1, sizeof(*s->terms));
	if (!s->terms)
		return ERR_LIMIT;
	if (s->book->instrument_count == 0)
		return ERR_OK;
	s->positions = calloc(portfolio_positions(2 * rows + 1),
	    sizeof(*s->positions));
	if (!s->positions)
		return ERR_LIMIT;
	return portfolio_create(&s->portfolio, s->book, rows, s->positions);
}

void
api_value_close(struct api_state *s)
{
	portfolio_destroy(s->portfolio);
	free(s->positions);
	free(s->terms);
}

void
api_value_market(struct api_state *s)
{
	if (s->portfolio)
		portfolio_market(s->portfolio, &s->market, s->valued.accrual);
}

bool
api_value_terms(struct api_state *s)
{
	uint64_t now = board_terms_generation(s->board);

	if (now == s->terms_seen ||
	    board_get_terms(s->terms, s->board) != ERR_OK)
		return false;
	s->terms_seen = now;
	terms_believe(s->terms);
	if (s->terms->mark_count > s->book->instrument_count)
		s->terms->mark_count = s->book->instrument_count;
	if (!s->portfolio)
		return true;
	terms_move_all(s->terms);
	memset(&s->portfolio->terms.mark, 0, sizeof(s->portfolio->terms.mark));
	terms_apply(&s->portfolio->terms, s->terms, s->book,
	    s->config->asset_unit);
	return true;
}

static bool
legs_are_known(const struct api_state *s, const struct vault *v)
{
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].asset >= s->valued.asset_count)
			return false;
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].asset >= s->valued.asset_count)
			return false;
	return v->mode < s->valued.mode_count;
}

/* One that the book of those with positions does not take is STALE. */
static void
portfolio_value(struct api_vault *out, const struct api_state *s)
{
	struct vault v = out->vault;
	uint32_t row;

	v.position_count = out->position_count;
	if (s->portfolio && portfolio_put(&row, s->portfolio, &v,
	    out->position) == ERR_OK)
		portfolio_verdict(&out->verdict, s->portfolio, row);
	else
		verdict_make_stale(&out->verdict);
}

enum err
api_vault_get(struct api_vault *out, const struct api_state *s, uint32_t slot)
{
	struct board_vault b;
	enum err e = board_get_vault(&b, s->board, &s->vaults, slot);

	if (e != ERR_OK)
		return e;
	if (!legs_are_known(s, &b.vault))
		return ERR_UNKNOWN;
	out->vault = b.vault;
	out->verdict_slot = b.verdict_slot;
	if (b.verdict_slot != TABLES_NO_SLOT)
		out->leaf = b.leaf;
	out->position_count = b.position_count;
	memcpy(out->position, b.position, b.position_count *
	    sizeof(*b.position));
	if (portfolio_is(&b.vault))
		portfolio_value(out, s);
	else
		verdict_from_vault(&out->verdict, &s->valued, &out->vault,
		    &s->market);
	return ERR_OK;
}
