#include "margin/scenario_live.h"

#include <string.h>

#include "base/must.h"
#include "margin/scenario_inputs.h"
#include "margin/surface.h"

/* One build or refresh. */
struct refresh {
	struct scenario_live *l;
	struct node n;		/* book and market only */
	struct point mid;
	bool is_all;
};

/* ---- which rows --------------------------------------------------------- */

uint32_t
scenario_live_rows(const struct book *b, uint8_t factor)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->instrument_count; i++)
		count += b->instruments[i].factor == factor;
	for (size_t i = 0; i < b->asset_count; i++)
		count += b->assets[i].factor == factor;
	return count;
}

static enum err
expiry_find(uint32_t *out, struct scenario_live *l, uint16_t slot)
{
	const struct instrument *i = &l->book->instruments[slot];
	struct scenario_live_expiry *e;
	uint32_t at = 0;

	*out = SCENARIO_NO_EXPIRY;
	if (i->kind != INSTRUMENT_OPTION && i->kind != INSTRUMENT_FUTURE)
		return ERR_OK;
	while (at < l->expiry_count && (l->expiry[at].expiry_ms !=
	    i->expiry_ms || l->expiry[at].window_ms != i->window_ms))
		at++;
	if (at == SCENARIO_EXPIRIES_MAX)
		return ERR_LIMIT;
	e = &l->expiry[at];
	if (at == l->expiry_count) {
		*e = (struct scenario_live_expiry){ .instrument = slot,
			.expiry_ms = i->expiry_ms, .window_ms = i->window_ms };
		l->expiry_count++;
	}
	e->has_options |= i->kind == INSTRUMENT_OPTION;
	*out = at;
	return ERR_OK;
}

enum err
scenario_live_init(struct scenario_live *l, const struct book *b,
    uint8_t factor, uint64_t step_ms, int64_t *value, uint8_t *row_group,
    struct scenario_live_row *row, uint32_t row_capacity)
{
	MUST(step_ms > 0 && factor < BOOK_FACTORS_MAX);
	if (scenario_live_rows(b, factor) > row_capacity ||
	    scenario_live_rows(b, factor) > SCENARIO_LIVE_ROWS_MAX)
		return ERR_LIMIT;
	l->book = b;
	l->factor = factor;
	l->is_built = false;
	l->step_ms = step_ms;
	l->value = value;
	l->row_group = row_group;
	l->row = row;
	l->row_count = l->expiry_count = 0;
	for (uint32_t i = 0; i < b->instrument_count; i++) {
		if (b->instruments[i].factor != factor)
			continue;
		row = &l->row[l->row_count++];
		*row = (struct scenario_live_row){ .slot = (uint16_t)i };
		if (expiry_find(&row->expiry, l, (uint16_t)i) != ERR_OK)
			return ERR_LIMIT;
	}
	for (size_t i = 0; i < b->asset_count; i++)
		if (b->assets[i].factor == factor)
			l->row[l->row_count++] = (struct scenario_live_row){
				.is_asset = true, .slot = (uint16_t)i,
				.expiry = SCENARIO_NO_EXPIRY };
	return ERR_OK;
}

uint64_t
scenario_live_time(const struct scenario_live *l, uint64_t as_of_ms)
{
	uint64_t time_ms = as_of_ms - as_of_ms % l->step_ms;

	for (uint32_t i = 0; i < l->expiry_count; i++)
		if (l->expiry[i].expiry_ms <= as_of_ms &&
		    l->expiry[i].expiry_ms > time_ms)
			time_ms = l->expiry[i].expiry_ms;
	return time_ms;
}

/* ---- what changed ------------------------------------------------------- */

static bool
num_is(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) == 0;
}

static bool
px_is(struct px18 a, struct px18 b)
{
	return px18_compare(a, b) == 0;
}

static bool
svi_is(const struct svi *a, const struct svi *b)
{
	return num_is(a->a, b->a) && num_is(a->b, b->b) &&
	    num_is(a->rho, b->rho) && num_is(a->m, b->m) &&
	    num_is(a->sigma, b->sigma) && px_is(a->forward, b->forward) &&
	    num_is(a->tau, b->tau);
}

/* slice_is: the same volatilities; a confidence prices nothing. */
static bool
slice_is(const struct market_slice *a, const struct market_slice *b)
{
	return a->expiry_ms == b->expiry_ms && a->is_flat == b->is_flat &&
	    (a->is_flat ? num_is(a->vol, b->vol) : svi_is(&a->svi, &b->svi));
}

static bool
expiry_is(const struct scenario_expiry *a, const struct scenario_expiry *b)
{
	return num_is(a->tau, b->tau) && a->seconds == b->seconds &&
	    px_is(a->forward_variable, b->forward_variable) &&
	    px_is(a->forward_fixed, b->forward_fixed) &&
	    num_is(a->rate, b->rate);
}

/* vols_look notes whether the surface says something else of an expiry:
 * through another slice, or, between two of them, at another time.  What is
 * over needs no volatility, and keeps the one that it had. */
static enum err
vols_look(const struct refresh *f, struct scenario_live_expiry *x,
    bool is_time_new)
{
	const struct market_slice *pair[2];
	enum err e;

	x->is_vol_new = f->is_all;
	if (!x->has_options || x->at.seconds == 0)
		return ERR_OK;
	e = surface_slices(pair, &f->n.market->terms->factor[f->l->factor],
	    x->expiry_ms);
	if (e != ERR_OK)
		return e;
	x->is_vol_new |= !slice_is(pair[0], &x->slice[0]) ||
	    !slice_is(pair[1], &x->slice[1]) ||
	    (is_time_new && pair[0] != pair[1]);
	x->slice[0] = *pair[0];
	x->slice[1] = *pair[1];
	return ERR_OK;
}

static enum err
expiry_look(const struct refresh *f, struct scenario_live_expiry *x)
{
	struct scenario_expiry at;
	bool is_time_new;
	enum err e = scenario_expiry_of(&at, &f->n,
	    &f->l->book->instruments[x->instrument], &f->mid);

	if (e != ERR_OK)
		return e;
	is_time_new = !num_is(at.tau, x->at.tau);
	x->is_new = f->is_all || !expiry_is(&at, &x->at);
	x->at = at;
	return vols_look(f, x, is_time_new);
}

static enum err
expiries_look(const struct refresh *f)
{
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < f->l->expiry_count && e == ERR_OK; i++)
		e = expiry_look(f, &f->l->expiry[i]);
	return e;
}

/* ---- pricing ------------------------------------------------------------ */

static void
touch(struct scenario_live *l, uint32_t row)
{
	l->touched[row / 64] |= UINT64_C(1) << row % 64;
	l->touched_count++;
}

static enum err
row_option(const struct refresh *f, uint32_t at)
{
	struct scenario_live *l = f->l;
	struct scenario_live_row *row = &l->row[at];
	const struct scenario_live_expiry *x = &l->expiry[row->expiry];
	const struct instrument *i = &l->book->instruments[row->slot];
	struct scenario_option o = { .expiry = row->expiry,
		.is_call = i->is_call, .strike = i->strike, .vol = row->vol,
		.confidence = num18_one() };
	enum err e = ERR_OK;

	if (!x->is_new && !x->is_vol_new)
		return ERR_OK;
	if (x->is_vol_new)
		e = scenario_vol_of(&o.vol, &o.confidence, f->n.market, i);
	if (e != ERR_OK || (!x->is_new && num_is(o.vol, row->vol)))
		return e;
	row->vol = o.vol;
	touch(l, at);
	return scenario_table_put_option(&l->table, at, &o);
}

static enum err
row_price(struct px18 *out, const struct refresh *f,
    const struct scenario_live_row *row)
{
	if (row->is_asset)
		return point_asset_price(out, f->n.book, f->n.market,
		    (uint8_t)row->slot, &f->mid, ROUND_FLOOR);
	return scenario_price_of(out, &f->n, row->slot, &f->mid);
}

static enum err
row_linear(const struct refresh *f, uint32_t at)
{
	struct scenario_live *l = f->l;
	struct scenario_live_row *row = &l->row[at];
	struct px18 price, moving, fixed;
	enum err e = row_price(&price, f, row);

	if (e == ERR_OK)
		e = scenario_linear_split(&moving, &fixed, price,
		    row->expiry == SCENARIO_NO_EXPIRY ? NULL :
		    &l->expiry[row->expiry].at);
	if (e != ERR_OK || (!f->is_all && px_is(moving, row->moving) &&
	    px_is(fixed, row->fixed)))
		return e;
	row->moving = moving;
	row->fixed = fixed;
	touch(l, at);
	return scenario_table_put_linear(&l->table, at, moving, fixed);
}

static enum err
rows_price(const struct refresh *f)
{
	struct scenario_live *l = f->l;
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < l->row_count && e == ERR_OK; i++)
		e = !l->row[i].is_asset && l->book->instruments[l->row[i].
		    slot].kind == INSTRUMENT_OPTION ? row_option(f, i) :
		    row_linear(f, i);
	return e;
}

/* ---- all or some -------------------------------------------------------- */

/* refresh_start: at is the caller's copy of the market, whose time becomes the
 * tables'. */
static void
refresh_start(struct refresh *f, struct scenario_live *l, struct market *at,
    bool is_all)
{
	at->as_of_ms = scenario_live_time(l, at->as_of_ms);
	*f = (struct refresh){ .l = l, .is_all = is_all, .mid = point_mid(),
		.n = { .book = l->book, .market = at } };
	l->is_built = false;
	l->as_of_ms = at->as_of_ms;
	l->touched_count = 0;
	memset(l->touched, 0, sizeof(l->touched));
}

static enum err
decimals_of(unsigned *out, const struct refresh *f,
    const struct scenario_rules *r, unsigned bits)
{
	const struct scenario_live *l = f->l;
	struct scenario_columns c;
	struct px18 most = px18_from_raw(0), price;

	for (uint32_t i = 0; i < l->expiry_count; i++) {
		most = px18_max(most, l->expiry[i].at.forward_variable);
		most = px18_max(most, l->expiry[i].at.forward_fixed);
	}
	for (uint32_t i = 0; i < l->row_count; i++) {
		const struct scenario_live_row *row = &l->row[i];
		enum err e = ERR_OK;

		if (!row->is_asset && l->book->instruments[row->slot].kind ==
		    INSTRUMENT_OPTION)
			price = l->book->instruments[row->slot].strike;
		else
			e = row_price(&price, f, row);
		if (e != ERR_OK)
			return e;
		most = px18_max(most, price);
	}
	if (scenario_columns_of(&c, r, num18_one()) != ERR_OK)
		return ERR_RANGE;
	*out = scenario_decimals_for(most, &c, bits);
	return ERR_OK;
}

enum err
scenario_live_build(struct scenario_live *l, const struct market *m,
    const struct scenario_rules *r, unsigned decimals, unsigned bits)
{
	struct scenario_expiry expiry[SCENARIO_EXPIRIES_MAX];
	struct market at = *m;
	struct refresh f;
	enum err e;

	refresh_start(&f, l, &at, true);
	if (m->terms == NULL)
		return ERR_STALE;
	e = expiries_look(&f);
	if (e == ERR_OK && decimals == 0)
		e = decimals_of(&decimals, &f, r, bits);
	for (uint32_t i = 0; i < l->expiry_count; i++)
		expiry[i] = l->expiry[i].at;
	if (e == ERR_OK)
		e = scenario_table_init(&l->table, r, num18_one(), expiry,
		    l->expiry_count, decimals, bits, l->value, l->row_group,
		    l->row_count);
	if (e == ERR_OK)
		e = rows_price(&f);
	l->is_built = e == ERR_OK;
	return e;
}

enum err
scenario_live_refresh(struct scenario_live *l, const struct market *m)
{
	struct market at = *m;
	struct refresh f;
	enum err e;

	MUST(l->is_built);
	refresh_start(&f, l, &at, false);
	if (m->terms == NULL)
		return ERR_STALE;
	e = expiries_look(&f);
	for (uint32_t i = 0; i < l->expiry_count && e == ERR_OK; i++)
		if (l->expiry[i].is_new)
			e = scenario_table_set_expiry(&l->table, i,
			    &l->expiry[i].at);
		else
			l->table.slice[i].expiry.confidence =
			    l->expiry[i].at.confidence;
	if (e == ERR_OK)
		e = rows_price(&f);
	l->is_built = e == ERR_OK;
	return e;
}
