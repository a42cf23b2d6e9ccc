/*~ Forwards, volatilities and marks (oracle/terms.h): messages in, judged at
 * the end of the batch, and from there into the market of the vaults with
 * positions, whose epochs name those that a change concerns
 * (margin/portfolio_epoch.h). */
#include "oracle/machine_surface.h"

#include "base/must.h"

#include <stdlib.h>

/* The index price of an instrument is that of its factor's lowest asset. */
static uint16_t
index_unit(const struct machine *m, const struct instrument *of)
{
	if (of->kind == INSTRUMENT_OPTION)
		return TERMS_MARK_FREE;
	for (size_t i = 0; i < m->book.asset_count; i++)
		if (m->book.assets[i].factor == of->factor)
			return m->config->asset_unit[i];
	return TERMS_MARK_LOST;
}

enum err
machine_surface_create(struct machine *m, const struct book *from)
{
	m->terms = calloc(1, sizeof(*m->terms));
	m->mark_unit = calloc(from->instrument_count + 1u,
	    sizeof(*m->mark_unit));
	if (!m->terms || !m->mark_unit)
		return ERR_LIMIT;
	m->terms->mark_count = from->instrument_count;
	for (uint32_t i = 0; i < from->instrument_count; i++)
		m->mark_unit[i] = index_unit(m, &from->instruments[i]);
	m->terms_index = (struct terms_index){ m->prices.price,
		m->mark_unit };
	m->terms_rules = (struct terms_rules){
		.age_max_ms = m->config->surface_age_max_ms,
		.error_max = ppb_from_raw(m->config->surface_error_max_ppb),
		.basis_max = ppb_from_raw(m->config->surface_basis_max_ppb) };
	return ERR_OK;
}

void
machine_surface_destroy(struct machine *m)
{
	free(m->terms);
	free(m->mark_unit);
}

enum err
machine_surface_forward(struct machine *m, const struct wire_forward *w)
{
	if (w->unit >= m->config->prices.unit_count)
		return ERR_UNKNOWN;
	return terms_take_forward(m->terms, w, &m->terms_rules,
	    terms_index_price(&m->terms_index, w->unit), m->now_ms);
}

enum err
machine_surface_slice(struct machine *m, const struct wire_slice *w)
{
	if (w->unit >= m->config->prices.unit_count)
		return ERR_UNKNOWN;
	return terms_take_slice(m->terms, w, &m->terms_rules,
	    terms_index_price(&m->terms_index, w->unit), m->now_ms);
}

enum err
machine_surface_mark(struct machine *m, const struct wire_mark *w)
{
	uint16_t unit;

	if (!m->portfolio || w->instrument >= m->terms->mark_count)
		return ERR_UNKNOWN;
	unit = m->mark_unit[w->instrument];
	return terms_take_mark(m->terms, w, &m->terms_rules,
	    unit >= PRICES_UNITS_MAX ? NULL :
	    terms_index_price(&m->terms_index, unit), unit == TERMS_MARK_FREE,
	    m->now_ms);
}

void
machine_surface_close(struct machine *m)
{
	terms_settle(m->terms, &m->terms_rules, &m->terms_index, m->now_ms);
	if (m->portfolio)
		terms_apply(&m->portfolio->terms, m->terms,
		    &m->portfolio->book, m->config->asset_unit);
}
