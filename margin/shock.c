#include "margin/shock.h"

#include <string.h>

#include "base/must.h"

#define ONE ((i128)WAD_ONE_RAW)
#define TENTHS(n) (ONE / 10 * (n))

static const struct {
	const char *name;
	enum shock_scope scope;
	i128 price, vol;
	bool has_correlation_one;
	uint64_t delay_ms;
	bool is_halted;
} NAMED[] = {
	{ "crash-50", SHOCK_ALL, TENTHS(5), ONE, false, 0, false },
	{ "crash-30", SHOCK_ALL, TENTHS(7), ONE, false, 0, false },
	{ "rally-50", SHOCK_ALL, TENTHS(15), ONE, false, 0, false },
	{ "depeg-90", SHOCK_STABLES, TENTHS(9), ONE, false, 0, false },
	{ "vol-x2", SHOCK_ALL, ONE, 2 * ONE, false, 0, false },
	{ "correlation-1", SHOCK_ALL, ONE, ONE, true, 0, false },
	{ "oracle-delay", SHOCK_ALL, ONE, ONE, false, 3600000, false },
	{ "chain-halt", SHOCK_ALL, ONE, ONE, false, 0, true },
	{ "staked-discount", SHOCK_RATES, TENTHS(9), ONE, false, 0, false },
};

const char *
shock_name_at(size_t index)
{
	_Static_assert(ARRAY_COUNT(NAMED) <= SHOCK_NAMED_MAX, "a bit each");
	return index < ARRAY_COUNT(NAMED) ? NAMED[index].name : NULL;
}

bool
shock_named(struct shock *out, size_t index, const struct book *b)
{
	if (index >= ARRAY_COUNT(NAMED))
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->name, NAMED[index].name, strlen(NAMED[index].name));
	out->scope = NAMED[index].scope;
	out->price = num18_from_raw(NAMED[index].price);
	out->vol = num18_from_raw(NAMED[index].vol);
	out->has_correlation_one = NAMED[index].has_correlation_one;
	out->delay_ms = NAMED[index].delay_ms;
	out->is_halted = NAMED[index].is_halted;
	out->chain_id = b->chain_id;
	return true;
}

enum err
shock_find(struct shock *out, const char *name, const struct book *b)
{
	for (size_t i = 0; i < ARRAY_COUNT(NAMED); i++)
		if (strcmp(NAMED[i].name, name) == 0)
			return shock_named(out, i, b) ? ERR_OK : ERR_UNKNOWN;
	return ERR_UNKNOWN;
}

bool
factor_is_stable(const struct book *b, uint8_t factor)
{
	bool any = false;

	for (size_t i = 0; i < b->asset_count; i++) {
		if (b->assets[i].factor != factor)
			continue;
		if (!b->assets[i].risk.is_stable)
			return false;
		any = true;
	}
	return any;
}

static bool
factor_moves(const struct shock *s, const struct book *b, uint8_t factor)
{
	switch (s->scope) {
	case SHOCK_ALL: return !factor_is_stable(b, factor);
	case SHOCK_FACTOR: return factor == s->index;
	case SHOCK_STABLES: return factor_is_stable(b, factor);
	case SHOCK_ASSET:
	case SHOCK_RATES: return false;
	}
	MUST(false);
}

static bool
asset_moves(const struct shock *s, const struct book *b, uint8_t slot)
{
	const struct asset *a = &b->assets[slot];

	switch (s->scope) {
	case SHOCK_ALL:
	case SHOCK_FACTOR: return factor_moves(s, b, a->factor);
	case SHOCK_STABLES: return a->risk.is_stable;
	case SHOCK_ASSET: return slot == s->index;
	case SHOCK_RATES: return a->risk.is_rate;
	}
	MUST(false);
}

static enum err
price_move(struct market_price *p, struct num18 by)
{
	enum err e;

	if (p->price.status == PRICE_REFUSED)
		return ERR_OK;
	e = px18_mul_num(&p->price.mid, p->price.mid, by, ROUND_FLOOR);
	if (e == ERR_OK)
		e = px18_mul_num(&p->price.low, p->price.low, by,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = px18_mul_num(&p->price.high, p->price.high, by,
		    ROUND_FLOOR);
	/* A slow companion does not follow a shock: it stays above a crash
	 * and below a rally, and so binds on the other side only. */
	return e;
}

static void
price_halt(struct market_price *p)
{
	p->price.status = PRICE_REFUSED;
	p->price.reason = REASON_STALE;
	p->price.mid = p->price.low = px18_from_raw(0);
}

static enum err
factor_shock(struct market_factor *f, const struct shock *s)
{
	enum err e = price_move(&f->price, s->price);

	for (uint32_t i = 0; i < f->forward_count && e == ERR_OK; i++)
		e = px18_mul_num(&f->forward[i].price, f->forward[i].price,
		    s->price, ROUND_FLOOR);
	for (uint32_t i = 0; i < f->slice_count && e == ERR_OK; i++) {
		struct market_slice *slice = &f->slice[i];

		if (slice->is_flat) {
			e = num18_mul(&slice->vol, slice->vol, s->vol,
			    ROUND_FLOOR);
			continue;
		}
		/* Sticky strike: the smile stays where it was, its total
		 * variance grows by the square. */
		e = num18_mul(&slice->svi.a, slice->svi.a, s->vol,
		    ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_mul(&slice->svi.a, slice->svi.a, s->vol,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_mul(&slice->svi.b, slice->svi.b, s->vol,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_mul(&slice->svi.b, slice->svi.b, s->vol,
			    ROUND_FLOOR);
	}
	return e;
}

static enum err
terms_shock(struct market_terms *t, const struct book *b,
    const struct shock *s)
{
	enum err e = ERR_OK;

	for (uint8_t f = 0; f < b->factor_count && e == ERR_OK; f++)
		if (t->factor[f].is_present && factor_moves(s, b, f))
			e = factor_shock(&t->factor[f], s);
	for (uint32_t i = 0; i < b->instrument_count && e == ERR_OK; i++)
		if (t->mark[i].has_mark &&
		    factor_moves(s, b, b->instruments[i].factor))
			e = px18_mul_num(&t->mark[i].mark, t->mark[i].mark,
			    s->price, ROUND_FLOOR);
	return e;
}

enum err
shock_apply(struct market *out, struct market_terms *terms,
    const struct market *in, const struct book *b, const struct shock *s)
{
	enum err e = ERR_OK;

	MUST(in->count == b->asset_count);
	if (num18_is_negative(s->price) || num18_is_negative(s->vol))
		return ERR_RANGE;
	*out = *in;
	out->as_of_ms += s->delay_ms;
	if (in->terms) {
		if (in->terms != terms)
			*terms = *in->terms;
		out->terms = terms;
		e = terms_shock(terms, b, s);
	}
	for (size_t i = 0; i < out->count && e == ERR_OK; i++) {
		if (asset_moves(s, b, (uint8_t)i))
			e = price_move(&out->asset[i], s->price);
		if (s->is_halted && b->assets[i].risk.chain_id == s->chain_id)
			price_halt(&out->asset[i]);
	}
	return e;
}
