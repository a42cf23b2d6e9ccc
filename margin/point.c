#include "margin/point.h"

#include "base/must.h"

/* factor_price_of looks for the factor in the terms, then among the assets. */
static const struct market_price *
factor_price_of(const struct book *b, const struct market *m, uint8_t factor)
{
	MUST(factor < BOOK_FACTORS_MAX);
	if (m->terms && m->terms->factor[factor].is_present)
		return &m->terms->factor[factor].price;
	for (size_t i = 0; i < b->asset_count; i++)
		if (b->assets[i].factor == factor)
			return &m->asset[i];
	return NULL;
}

enum err
point_factor_mid(struct market_price *out, const struct book *b,
    const struct market *m, uint8_t factor)
{
	const struct market_price *p = factor_price_of(b, m, factor);

	if (p == NULL || p->price.status == PRICE_REFUSED)
		return ERR_STALE;
	*out = *p;
	return ERR_OK;
}

enum err
point_factor_price(struct px18 *out, const struct book *b,
    const struct market *m, uint8_t factor, const struct point *at)
{
	const struct market_price *p = factor_price_of(b, m, factor);

	if (p == NULL || p->price.status == PRICE_REFUSED)
		return ERR_STALE;
	switch (at->factor[factor].at) {
	case AT_MID: *out = p->price.mid; return ERR_OK;
	case AT_LOW: *out = p->price.low; return ERR_OK;
	case AT_HIGH: *out = p->price.high; return ERR_OK;
	case AT_PRICE: *out = at->factor[factor].price; return ERR_OK;
	}
	MUST(false);
}

enum err
point_move(struct px18 *out, struct px18 p, const struct book *b,
    const struct market *m, uint8_t factor, const struct point *at,
    enum rounding r)
{
	const struct market_price *f = factor_price_of(b, m, factor);
	struct px18 to;
	enum err e;

	if (at->factor[factor].at == AT_MID) {
		*out = p;
		return f == NULL || f->price.status == PRICE_REFUSED ?
		    ERR_STALE : ERR_OK;
	}
	e = point_factor_price(&to, b, m, factor, at);
	return e != ERR_OK ? e : px18_move(out, p, to, f->price.mid, r);
}

enum err
point_asset_price(struct px18 *out, const struct book *b,
    const struct market *m, uint8_t asset, const struct point *at,
    enum rounding r)
{
	const struct price *p = &m->asset[asset].price;
	uint8_t factor = b->assets[asset].factor;

	MUST(asset < m->count);
	if (p->status == PRICE_REFUSED)
		return ERR_STALE;
	switch (at->factor[factor].at) {
	case AT_MID: *out = p->mid; return ERR_OK;
	case AT_LOW: *out = p->low; return ERR_OK;
	case AT_HIGH: *out = p->high; return ERR_OK;
	case AT_PRICE: return point_move(out, p->mid, b, m, factor, at, r);
	}
	MUST(false);
}
