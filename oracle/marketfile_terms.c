/* Marks, forwards, volatility surfaces, rates, returns and open interest. */
#include "oracle/marketfile_internal.h"

#include "base/decimal.h"
#include "oracle/suggest.h"

#include <string.h>

#define ONE 1000000000u		/* of a bound of SCHEMA_MEASURE */
#define TEN_MILLION_PERCENT (100000u * (uint64_t)ONE)

struct slice_row {
	bool has_svi, has_vol;
	struct market_slice slice;
	const struct doc_node *svi;
};

const struct schema_key MARKETFILE_FORWARD_KEYS[] = {
	{ .name = "expiry", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(market_forward, expiry_ms), .help = "one entry each" },
	{ .name = "price", .type = SCHEMA_DECIMAL, .is_nonzero = true,
	  SCHEMA_ROW(market_forward, price),
	  .help = "USD; in the settlement window of the part that can still "
	    "move" },
	{ .name = "fixed", .type = SCHEMA_DECIMAL, .is_optional = true,
	  .is_nonzero = true, SCHEMA_ROW(market_forward, fixed),
	  SCHEMA_HAS(market_forward, has_fixed),
	  .help = "average of the settlement window so far" },
	{ .name = "confidence", .type = SCHEMA_MEASURE, .fallback = "1",
	  .min = 0, .max = ONE, SCHEMA_ROW(market_forward, confidence),
	  .help = "1: sure" },
	{ 0 }
};

#define SVI(key, ...) { .name = #key, .type = SCHEMA_MEASURE, \
	SCHEMA_ROW(svi, key), __VA_ARGS__ }
static const struct schema_key SVI_KEYS[] = {
	SVI(a, .help = "level of total variance"),
	SVI(b, .min = 0, .max = TEN_MILLION_PERCENT, .help = "slope"),
	SVI(rho, .min = (uint64_t)-(int64_t)ONE, .max = ONE,
	    .help = "rotation, -1 to 1"),
	SVI(m, .help = "shift"),
	SVI(sigma, .min = 0, .max = TEN_MILLION_PERCENT, .is_nonzero = true,
	    .help = "curvature"),
	{ .name = "forward", .type = SCHEMA_DECIMAL, .is_nonzero = true,
	  SCHEMA_ROW(svi, forward), .help = "USD; k = ln(strike / forward)" },
	SVI(tau, .min = 0, .max = TEN_MILLION_PERCENT, .is_nonzero = true,
	    .help = "years; volatility = sqrt(total variance / tau)"),
	{ 0 }
};

const struct schema_key MARKETFILE_SLICE_KEYS[] = {
	{ .name = "expiry", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(slice_row, slice.expiry_ms), .help = "one entry each" },
	{ .name = "vol", .type = SCHEMA_MEASURE, .is_optional = true,
	  .min = 0, .max = TEN_MILLION_PERCENT,
	  SCHEMA_ROW(slice_row, slice.vol), SCHEMA_HAS(slice_row, has_vol),
	  .help = "a year, at every strike; or svi" },
	{ .name = "svi", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(slice_row, svi), SCHEMA_HAS(slice_row, has_svi),
	  .read = schema_keep_node, .keys = SVI_KEYS,
	  .shape = "map of the keys below", .help = "raw parameters: w(k) = a "
	    "+ b (rho (k - m) + sqrt((k - m)^2 + sigma^2))" },
	{ .name = "confidence", .type = SCHEMA_MEASURE, .fallback = "1",
	  .min = 0, .max = ONE, SCHEMA_ROW(slice_row, slice.confidence),
	  .help = "1: sure" },
	{ 0 }
};

const struct schema_key MARKETFILE_RATE_KEYS[] = {
	{ .name = "expiry", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(market_rate, expiry_ms), .help = "one entry each" },
	{ .name = "rate", .type = SCHEMA_MEASURE, SCHEMA_ROW(market_rate, rate),
	  .help = "a year, continuously compounded" },
	{ 0 }
};

/* ---- names -------------------------------------------------------------- */

bool
market_key_is(const struct doc_node *n, const char *name)
{
	return strlen(name) == n->key_len &&
	    memcmp(name, n->key, n->key_len) == 0;
}

static void
name_unknown(struct market_reader *r, const struct doc_node *n,
    const char *what, const struct suggest *nearest)
{
	char hint[SCHEMA_HINT_BUF];

	doc_error(r->schema.errors, n->key_line, n->key_column,
	    "unknown %s `%.*s`%s", what, (int)n->key_len, n->key,
	    schema_hint(hint, nearest->best));
}

static struct market_factor *
factor_find(struct market_reader *r, const struct doc_node *n)
{
	struct suggest nearest = { 0 };

	for (size_t i = 0; i < r->book->factor_count; i++)
		if (market_key_is(n, r->names->factor[i]))
			return &r->terms->terms.factor[i];
	for (size_t i = 0; i < r->book->factor_count &&
	    schema_may_hint(&r->schema); i++)
		suggest_offer(&nearest, n->key, n->key_len,
		    r->names->factor[i]);
	name_unknown(r, n, "factor", &nearest);
	return NULL;
}

static struct market_mark *
mark_find(struct market_reader *r, const struct doc_node *n)
{
	const struct book *b = r->book;
	struct suggest nearest = { 0 };

	for (uint32_t i = 0; i < b->instrument_count; i++)
		if (market_key_is(n, b->instruments[i].name))
			return &r->terms->terms.mark[i];
	for (uint32_t i = 0; i < b->instrument_count &&
	    schema_may_hint(&r->schema); i++)
		suggest_offer(&nearest, n->key, n->key_len,
		    b->instruments[i].name);
	name_unknown(r, n, "instrument", &nearest);
	return NULL;
}

/* ---- lists by expiry ---------------------------------------------------- */

/* expiry_place opens a place among `count` entries of `size` bytes, which are
 * ascending by the expiry that each begins with; NULL, and reported, where it
 * is taken or the list is full. */
static void *
expiry_place(struct market_reader *r, const struct doc_node *n, void *list,
    uint32_t count, size_t size, uint64_t expiry_ms)
{
	char *all = list;
	uint32_t at = count;
	uint64_t other = 0;

	if (count == MARKET_EXPIRIES_MAX) {
		doc_error_at(r->schema.errors, n, "more than %u expiries",
		    MARKET_EXPIRIES_MAX);
		return NULL;
	}
	for (; at > 0; at--) {
		memcpy(&other, all + (at - 1) * size, sizeof(other));
		if (other <= expiry_ms)
			break;
	}
	if (at > 0 && other == expiry_ms) {
		doc_error_at(r->schema.errors, n, "its expiry stands twice");
		return NULL;
	}
	memmove(all + (at + 1) * size, all + at * size, (count - at) * size);
	return all + at * size;
}
_Static_assert(offsetof(struct market_forward, expiry_ms) == 0 &&
    offsetof(struct market_slice, expiry_ms) == 0 &&
    offsetof(struct market_rate, expiry_ms) == 0, "they begin with it");

static void
forward_read(struct market_reader *r, struct market_factor *f,
    const struct doc_node *n)
{
	struct market_forward row, *place;
	unsigned before = r->schema.errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, MARKETFILE_FORWARD_KEYS, &row,
	    "a forward");
	if (r->schema.errors->count != before)
		return;
	place = expiry_place(r, n, f->forward, f->forward_count, sizeof(row),
	    row.expiry_ms);
	if (!place)
		return;
	*place = row;
	f->forward_count++;
}

static void
slice_read(struct market_reader *r, struct market_factor *f,
    const struct doc_node *n)
{
	struct slice_row row;
	struct market_slice *place;
	unsigned before = r->schema.errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, MARKETFILE_SLICE_KEYS, &row,
	    "a slice");
	if (row.has_svi)
		schema_read_map(&r->schema, row.svi, SVI_KEYS, &row.slice.svi,
		    "svi");
	if (n->kind == DOC_MAP && row.has_svi == row.has_vol)
		doc_error_at(r->schema.errors, n,
		    "a slice: either `svi` or `vol`");
	if (r->schema.errors->count != before)
		return;
	row.slice.is_flat = row.has_vol;
	place = expiry_place(r, n, f->slice, f->slice_count,
	    sizeof(row.slice), row.slice.expiry_ms);
	if (!place)
		return;
	*place = row.slice;
	f->slice_count++;
}

static void
rate_read(struct market_reader *r, const struct doc_node *n)
{
	struct market_terms *t = &r->terms->terms;
	struct market_rate row, *place;
	unsigned before = r->schema.errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, MARKETFILE_RATE_KEYS, &row, "a rate");
	if (r->schema.errors->count != before)
		return;
	place = expiry_place(r, n, t->rate, t->rate_count, sizeof(row),
	    row.expiry_ms);
	if (!place)
		return;
	*place = row;
	t->rate_count++;
}

/* ---- the maps ----------------------------------------------------------- */

static bool
kind_is(struct market_reader *r, const struct doc_node *n,
    enum doc_kind kind, const char *what)
{
	if (n->kind == kind)
		return true;
	doc_error_at(r->schema.errors, n, "`%s`: %s where %s is expected",
	    what, doc_kind_name(n->kind), doc_kind_name(kind));
	return false;
}

static const struct doc_node *
map_first(struct market_reader *r, const struct doc_node *map,
    const char *what)
{
	return map && kind_is(r, map, DOC_MAP, what) ?
	    doc_first(r->schema.doc, map) : NULL;
}

static const struct doc_node *
list_first(struct market_reader *r, const struct doc_node *list,
    const char *what)
{
	return kind_is(r, list, DOC_LIST, what) ?
	    doc_first(r->schema.doc, list) : NULL;
}

/* One scalar into out, as a row of its own. */
static bool
number_read(struct market_reader *r, void *out, enum schema_type type,
    bool is_nonzero, const char *what, const struct doc_node *n)
{
	const struct schema_key k = {
		.name = what, .type = type, .size = sizeof(u128),
		.is_nonzero = is_nonzero,
	};

	return schema_read_value(&r->schema, &k, n, out);
}

static void
marks_read(struct market_reader *r, const struct doc_node *map)
{
	const struct doc_node *n;

	for (n = map_first(r, map, "marks"); n;
	    n = doc_next(r->schema.doc, n)) {
		struct market_mark *m = mark_find(r, n);

		if (m && !doc_is_null(n) && number_read(r, &m->mark,
		    SCHEMA_DECIMAL, true, "marks", n))
			m->has_mark = true;
	}
}

static void
open_interest_read(struct market_reader *r, const struct doc_node *map)
{
	const struct doc_node *n;

	for (n = map_first(r, map, "open_interest"); n;
	    n = doc_next(r->schema.doc, n)) {
		struct market_mark *m = mark_find(r, n);

		if (m && !doc_is_null(n) && number_read(r, &m->open_interest,
		    SCHEMA_DECIMAL, false, "open_interest", n))
			m->has_open_interest = true;
	}
}

static void
by_factor_read(struct market_reader *r, const struct doc_node *map,
    const char *what, void (*read)(struct market_reader *r,
    struct market_factor *f, const struct doc_node *n))
{
	const struct doc_node *n, *item;

	for (n = map_first(r, map, what); n; n = doc_next(r->schema.doc, n)) {
		struct market_factor *f = factor_find(r, n);

		if (f && !doc_is_null(n))
			for (item = list_first(r, n, what); item;
			    item = doc_next(r->schema.doc, item))
				read(r, f, item);
	}
}

static void
rates_read(struct market_reader *r, const struct doc_node *map)
{
	const struct suggest usd = { .best = "USD" };
	const struct doc_node *n, *item;

	for (n = map_first(r, map, "rates"); n;
	    n = doc_next(r->schema.doc, n)) {
		if (!market_key_is(n, "USD")) {
			name_unknown(r, n, "currency", &usd);
			continue;
		}
		for (item = list_first(r, n, "rates"); item;
		    item = doc_next(r->schema.doc, item))
			rate_read(r, item);
	}
}

/* *count is that of the factors before, 0 for the first. */
static void
factor_returns_read(struct market_reader *r, struct market_factor *f,
    const struct doc_node *list, uint32_t *count)
{
	struct num18 *out = r->terms->returns[f - r->terms->terms.factor];
	const struct doc_node *n = list_first(r, list, "returns");
	uint32_t i = 0;

	if (!n)
		return;
	if (list->count > MARKET_RETURNS_MAX) {
		doc_error_at(r->schema.errors, list, "more than %u returns",
		    MARKET_RETURNS_MAX);
		return;
	}
	if (*count != 0 && list->count != *count) {
		doc_error_at(r->schema.errors, list, "%u returns where another "
		    "factor has %u", list->count, *count);
		return;
	}
	for (; n; n = doc_next(r->schema.doc, n), i++)
		if (!number_read(r, &out[i], SCHEMA_MEASURE, false, "returns",
		    n))
			return;
	*count = f->return_count = i;
	f->returns = out;
}

static void
returns_read(struct market_reader *r, const struct doc_node *map)
{
	const struct doc_node *n;
	uint32_t count = 0;

	for (n = map_first(r, map, "returns"); n;
	    n = doc_next(r->schema.doc, n)) {
		struct market_factor *f = factor_find(r, n);

		if (f && !doc_is_null(n))
			factor_returns_read(r, f, n, &count);
	}
}

void
market_lists_read(struct market_reader *r, const struct market_lists *lists)
{
	marks_read(r, lists->marks);
	by_factor_read(r, lists->forwards, "forwards", forward_read);
	by_factor_read(r, lists->surfaces, "surfaces", slice_read);
	rates_read(r, lists->rates);
	returns_read(r, lists->returns);
	open_interest_read(r, lists->open_interest);
}
