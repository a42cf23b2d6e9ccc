#include "oracle/portfolio.h"

#include "base/must.h"
#include "margin/portfolio_verdict.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the service computes ------------------------------------------- */

const char *
portfolio_check_vault(const struct vault *v)
{
	if (v->method != METHOD_STANDARD && v->method != METHOD_SCENARIO)
		return "a method besides `ratio`, `standard` and `scenario`";
	if (v->order_count > 0)
		return "`orders`";
	if (v->parent != 0)
		return "a `parent`";
	if (!num18_is_zero(v->leverage))
		return "`leverage`";
	if (v->position_count > WIRE_POSITIONS)
		return "more than 128 positions";
	return NULL;
}

/* The price of an underlying must be one that is signed, its own. */
static bool
has_index_price(const struct book *b, const struct bookfile_names *names,
    uint8_t factor)
{
	for (size_t i = 0; i < b->asset_count; i++)
		if (b->assets[i].factor == factor)
			return strcmp(names->price[i], names->factor[factor])
			    == 0;
	return false;
}

const char *
portfolio_check(const struct book *b, const struct bookfile_names *names)
{
	for (uint32_t i = 0; i < b->instrument_count; i++)
		if (!has_index_price(b, names, b->instruments[i].factor))
			return "an instrument whose underlying is not the "
			    "price of the first asset on that factor";
	return NULL;
}

/* ---- creation ------------------------------------------------------------ */

static uint32_t
power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static void
book_take(struct portfolio *p, const struct book *from)
{
	p->book.id = from->id;
	p->book.chain_id = from->chain_id;
	p->book.asset_count = from->asset_count;
	p->book.factor_count = from->factor_count;
	p->book.mode_count = from->mode_count;
	memcpy(p->book.name, from->name, sizeof(p->book.name));
	memcpy(p->book.assets, from->assets, sizeof(p->book.assets));
	memcpy(p->book.accrual, from->accrual, sizeof(p->book.accrual));
	p->book.instruments = from->instruments;
	p->book.instrument_count = from->instrument_count;
	p->book.positions = p->positions;
	p->book.position_count = (uint32_t)portfolio_positions(
	    p->book.vault_capacity);
	p->market.count = from->asset_count;
	p->market.terms = &p->terms;
	for (size_t i = 0; i < from->asset_count; i++)
		p->market.asset[i].price.status = PRICE_REFUSED;
}

enum err
portfolio_create(struct portfolio **out, const struct book *from,
    uint32_t rows, struct position *positions)
{
	struct portfolio *p = calloc(1, sizeof(*p));
	uint32_t capacity = power_of_two(rows);
	struct vault *vaults = calloc(capacity, sizeof(*vaults));
	uint32_t *hash = calloc(2 * (size_t)capacity, sizeof(*hash));

	if (!p || !vaults || !hash) {
		free(p);
		free(vaults);
		free(hash);
		return ERR_LIMIT;
	}
	p->positions = positions;
	book_init(&p->book, vaults, hash, capacity);
	book_take(p, from);
	rules_default(&p->rules);
	method_work_init(&p->work, &p->book);
	p->snapshot = (struct snapshot){ .book = &p->book,
		.market = &p->market, .rules = &p->rules, .work = &p->work };
	*out = p;
	return ERR_OK;
}

void
portfolio_destroy(struct portfolio *p)
{
	if (!p)
		return;
	free(p->book.vaults);
	free(p->book.hash);
	free(p);
}

/* ---- vaults -------------------------------------------------------------- */

enum err
portfolio_find(uint32_t *row, const struct portfolio *p, const struct b32 *id)
{
	return book_find_vault(row, &p->book, id);
}

static struct position *
place_of(const struct portfolio *p, uint32_t row)
{
	return p->positions + (size_t)row * WIRE_POSITIONS;
}

/* In the place behind the last: what is there stays. */
enum err
portfolio_look(struct portfolio *p, const struct vault *v,
    const struct position *positions)
{
	uint32_t look = p->book.vault_capacity;
	struct vault in = *v;

	if (in.position_count > WIRE_POSITIONS)
		return ERR_LIMIT;
	if (portfolio_check_vault(&in))
		return ERR_UNKNOWN;
	in.position_first = look * WIRE_POSITIONS;
	memcpy(place_of(p, look), positions,
	    in.position_count * sizeof(*positions));
	return book_check_vault(&p->book, &in);
}

enum err
portfolio_put(uint32_t *row, struct portfolio *p, const struct vault *v,
    const struct position *positions)
{
	struct vault in = *v;
	uint32_t at;
	enum err e = portfolio_look(p, v, positions);

	in.position_first = p->book.vault_capacity * WIRE_POSITIONS;
	if (e == ERR_OK)
		e = book_put_vault(&at, &p->book, &in);
	if (e != ERR_OK)
		return e;
	memcpy(place_of(p, at), positions,
	    in.position_count * sizeof(*positions));
	p->book.vaults[at].position_first = at * WIRE_POSITIONS;
	*row = at;
	return ERR_OK;
}

/* ---- the market ---------------------------------------------------------- */

/* The start of the step that a time is in; what has expired is expired. */
static uint64_t
step_of(const struct book *b, uint64_t now_ms)
{
	uint64_t time_ms = now_ms - now_ms % PORTFOLIO_STEP_MS;

	for (uint32_t i = 0; i < b->instrument_count; i++)
		if (b->instruments[i].expiry_ms <= now_ms &&
		    b->instruments[i].expiry_ms > time_ms)
			time_ms = b->instruments[i].expiry_ms;
	return time_ms;
}

/* Of each factor the price of its lowest asset. */
static void
index_prices_take(struct portfolio *p)
{
	for (size_t i = p->book.asset_count; i-- > 0;) {
		struct market_factor *f =
		    &p->terms.factor[p->book.assets[i].factor];

		f->is_present = true;
		f->price = p->market.asset[i];
	}
}

void
portfolio_market(struct portfolio *p, const struct market *m,
    const struct wad *accrual)
{
	MUST(m->count == p->market.count);
	p->market.as_of_ms = step_of(&p->book, m->as_of_ms);
	memcpy(p->market.asset, m->asset, m->count * sizeof(*m->asset));
	memcpy(p->book.accrual, accrual, m->count * sizeof(*accrual));
	index_prices_take(p);
}

void
portfolio_verdict(struct verdict *out, struct portfolio *p, uint32_t row)
{
	portfolio_verdict_of(out, &p->snapshot, row);
}
