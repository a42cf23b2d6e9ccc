/*~ Forwards, volatilities and marks (oracle/terms.h): messages in, judged at
 * the end of the batch, and from there into the market of the vaults with
 * positions, whose epochs name those that a change concerns
 * (margin/portfolio_epoch.h). */
#include "oracle/machine_internal.h"

#include "base/must.h"

#include <stdlib.h>

enum err
machine_surface_create(struct machine *m, const struct book *from)
{
	m->terms = calloc(1, sizeof(*m->terms));
	if (!m->terms)
		return ERR_LIMIT;
	m->terms->mark_count = from->instrument_count;
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
}

/* The unit's price at the last CLOSE; NULL where it is refused. */
static const struct price *
unit_price(const struct machine *m, uint16_t unit)
{
	const struct price *p = &m->prices.price[unit];

	return p->status == PRICE_REFUSED || px18_is_zero(p->mid) ? NULL : p;
}

/* The index price of an instrument is that of its factor's lowest asset. */
static const struct price *
index_price(const struct machine *m, uint8_t factor)
{
	for (size_t i = 0; i < m->book.asset_count; i++)
		if (m->book.assets[i].factor == factor)
			return unit_price(m, m->config->asset_unit[i]);
	return NULL;
}

enum err
machine_surface_forward(struct machine *m, const struct wire_forward *w)
{
	if (w->unit >= m->config->prices.unit_count)
		return ERR_UNKNOWN;
	return terms_take_forward(m->terms, w, &m->terms_rules,
	    unit_price(m, w->unit), m->now_ms);
}

enum err
machine_surface_slice(struct machine *m, const struct wire_slice *w)
{
	if (w->unit >= m->config->prices.unit_count)
		return ERR_UNKNOWN;
	return terms_take_slice(m->terms, w, &m->terms_rules,
	    unit_price(m, w->unit), m->now_ms);
}

enum err
machine_surface_mark(struct machine *m, const struct wire_mark *w)
{
	const struct instrument *i;

	if (!m->portfolio || w->instrument >= m->terms->mark_count)
		return ERR_UNKNOWN;
	i = &m->portfolio->book.instruments[w->instrument];
	return terms_take_mark(m->terms, w, &m->terms_rules,
	    index_price(m, i->factor), i->kind == INSTRUMENT_OPTION,
	    m->now_ms);
}

void
machine_surface_close(struct machine *m)
{
	terms_settle(m->terms, &m->terms_rules, m->now_ms);
	if (m->portfolio)
		terms_apply(&m->portfolio->terms, m->terms,
		    &m->portfolio->book, m->config->asset_unit);
}
