/* What a vault of book.json has of instruments: positions and open orders. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"

#include <string.h>

struct position_row {
	char instrument[INSTRUMENT_NAME_MAX];
	bool has_entry;
	struct num18 size;
	struct px18 entry;
	struct usd18 funding;
};

struct order_row {
	char instrument[INSTRUMENT_NAME_MAX];
	struct num18 size;
	struct px18 price;
};

const struct schema_key BOOKFILE_POSITION_KEYS[] = {
	{ .name = "instrument", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(position_row, instrument),
	  .help = "id of an instrument" },
	{ .name = "size", .type = SCHEMA_SIGNED, .is_nonzero = true,
	  SCHEMA_ROW(position_row, size),
	  .help = "contracts; below zero: short" },
	{ .name = "entry", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(position_row, entry), SCHEMA_HAS(position_row, has_entry),
	  .help = "average price, USD; a perp or future needs it" },
	{ .name = "funding", .type = SCHEMA_SIGNED, .fallback = "0",
	  SCHEMA_ROW(position_row, funding), .help = "owed and not yet paid, "
	    "USD (inverse: units of the underlying); above zero costs" },
	{ 0 }
};

const struct schema_key BOOKFILE_ORDER_KEYS[] = {
	{ .name = "instrument", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(order_row, instrument), .help = "id of an instrument" },
	{ .name = "size", .type = SCHEMA_SIGNED, .is_nonzero = true,
	  SCHEMA_ROW(order_row, size),
	  .help = "contracts; below zero: to sell" },
	{ .name = "price", .type = SCHEMA_DECIMAL, .is_nonzero = true,
	  SCHEMA_ROW(order_row, price), .help = "limit, USD" },
	{ 0 }
};

static bool
instrument_find(struct book_reader *r, uint16_t *out,
    const struct doc_node *at, const char *name)
{
	uint32_t i;

	if (!book_name_find(r, &i, &r->instrument_index, "instrument", at,
	    name, strlen(name)))
		return false;
	*out = (uint16_t)i;
	return true;
}

static bool
list_is_short(struct book_reader *r, const struct doc_node *list,
    const char *what)
{
	if (!list || !book_list_is(r, list, what))
		return false;
	if (list->count <= POSITIONS_MAX)
		return true;
	doc_error_at(r->schema.errors, list, "more than %u %s of one vault",
	    POSITIONS_MAX, what);
	return false;
}

static void
position_read(struct book_reader *r, struct vault *v,
    const struct doc_node *n)
{
	struct position *all = r->book->positions + v->position_first;
	unsigned before = r->schema.errors->count;
	uint32_t at = v->position_count;
	struct position_row row;
	struct position p;
	const struct instrument *k;

	memset(&row, 0, sizeof(row));
	memset(&p, 0, sizeof(p));
	schema_read_map(&r->schema, n, BOOKFILE_POSITION_KEYS, &row,
	    "a position");
	if (r->schema.errors->count != before ||
	    !instrument_find(r, &p.instrument, n, row.instrument))
		return;
	k = &r->book->instruments[p.instrument];
	if (!row.has_entry && (k->kind == INSTRUMENT_PERP ||
	    k->kind == INSTRUMENT_FUTURE)) {
		doc_error_at(r->schema.errors, n, "a position in %s: the key "
		    "`entry` is missing", k->name);
		return;
	}
	if (k->is_inverse && px18_is_zero(row.entry)) {
		doc_error_at(r->schema.errors, n, "a position in %s: `entry`: "
		    "zero", k->name);
		return;
	}
	p.size = row.size;
	p.entry = row.entry;
	p.funding = row.funding;
	while (at > 0 && all[at - 1].instrument > p.instrument)
		at--;
	if (at > 0 && all[at - 1].instrument == p.instrument) {
		doc_error_at(r->schema.errors, n, "instrument %s stands twice "
		    "in one vault", k->name);
		return;
	}
	memmove(&all[at + 1], &all[at], (v->position_count - at) * sizeof(p));
	all[at] = p;
	v->position_count++;
}

void
book_positions_read(struct book_reader *r, struct vault *v,
    const struct doc_node *positions)
{
	const struct doc_node *n;

	v->position_first = r->book->position_count;
	if (!list_is_short(r, positions, "positions"))
		return;
	for (n = doc_first(r->schema.doc, positions); n;
	    n = doc_next(r->schema.doc, n))
		position_read(r, v, n);
	r->book->position_count += v->position_count;
}

static void
order_read(struct book_reader *r, struct vault *v, const struct doc_node *n)
{
	struct order *all = r->book->orders + v->order_first;
	unsigned before = r->schema.errors->count;
	uint32_t at = v->order_count;
	struct order_row row;
	struct order o;

	memset(&row, 0, sizeof(row));
	memset(&o, 0, sizeof(o));
	schema_read_map(&r->schema, n, BOOKFILE_ORDER_KEYS, &row, "an order");
	if (r->schema.errors->count != before ||
	    !instrument_find(r, &o.instrument, n, row.instrument))
		return;
	o.size = row.size;
	o.price = row.price;
	/* Several orders of one instrument keep the file's order. */
	while (at > 0 && all[at - 1].instrument > o.instrument)
		at--;
	memmove(&all[at + 1], &all[at], (v->order_count - at) * sizeof(o));
	all[at] = o;
	v->order_count++;
}

void
book_orders_read(struct book_reader *r, struct vault *v,
    const struct doc_node *orders)
{
	const struct doc_node *n;

	v->order_first = r->book->order_count;
	if (!list_is_short(r, orders, "orders"))
		return;
	for (n = doc_first(r->schema.doc, orders); n;
	    n = doc_next(r->schema.doc, n))
		order_read(r, v, n);
	r->book->order_count += v->order_count;
}
