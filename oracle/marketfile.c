/* market.json to margin's market: prices by asset, and the rest by factor and
 * instrument (marketfile_terms.c). */
#include "oracle/marketfile_internal.h"

#include <stdlib.h>
#include <string.h>

struct market_row {
	uint64_t as_of_ms;
	const struct doc_node *prices;
	struct market_lists lists;
};

struct price_row {
	bool has_mid, has_low, has_high, has_twap, has_stable;
	struct px18 mid, low, high, twap, stable;
	uint32_t status;
};

static const char *const STATUS_WORDS[] = {
	[PRICE_OK] = "OK", [PRICE_DEGRADED] = "DEGRADED",
	[PRICE_REFUSED] = "REFUSED", NULL,
};
static const struct schema_key PRICE_KEYS[] = {
	{ .name = "mid", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, mid), SCHEMA_HAS(price_row, has_mid),
	  .help = "USD per whole unit; of an asset with `rate_of`: whole units "
	    "of that asset per whole unit; required unless REFUSED" },
	{ .name = "low", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, low), SCHEMA_HAS(price_row, has_low),
	  .help = "end of the band; default: mid" },
	{ .name = "high", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, high), SCHEMA_HAS(price_row, has_high),
	  .help = "end of the band; default: mid" },
	{ .name = "twap", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, twap), SCHEMA_HAS(price_row, has_twap),
	  .help = "slow companion: initial margin only" },
	{ .name = "stable", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, stable), SCHEMA_HAS(price_row, has_stable),
	  .help = "slow companion: initial margin only" },
	{ .name = "status", .type = SCHEMA_CHOICE, .fallback = "OK",
	  SCHEMA_ROW(price_row, status), .words = STATUS_WORDS,
	  .help = "a REFUSED price makes its vaults STALE" },
	{ 0 }
};

#define LIST(key, member, rows, form, text) { .name = key, \
	.type = SCHEMA_CUSTOM, .is_optional = true, .keys = rows, \
	.read = schema_keep_node, .shape = form, \
	SCHEMA_ROW(market_row, lists.member), .help = text }
static const struct schema_key MARKET_KEYS[] = {
	{ .name = "as_of", .type = SCHEMA_INSTANT, .fallback = "0",
	  SCHEMA_ROW(market_row, as_of_ms), .help = "when these prices held" },
	{ .name = "prices", .type = SCHEMA_CUSTOM,
	  SCHEMA_ROW(market_row, prices), .read = schema_keep_node,
	  .keys = PRICE_KEYS, .shape = "map of NAME to the keys below",
	  .help = "a price that is missing is REFUSED" },
	LIST("marks", marks, NULL, "map of INSTRUMENT to decimal",
	    "mark prices, USD"),
	LIST("forwards", forwards, MARKETFILE_FORWARD_KEYS,
	    "map of FACTOR to lists of the keys below",
	    "of futures and options"),
	LIST("surfaces", surfaces, MARKETFILE_SLICE_KEYS,
	    "map of FACTOR to lists of the keys below",
	    "volatilities of options, one entry an expiry"),
	LIST("rates", rates, MARKETFILE_RATE_KEYS,
	    "map of USD to a list of the keys below", "interest"),
	LIST("returns", returns, NULL,
	    "map of FACTOR to lists of signed decimals",
	    "of one horizon, oldest first; as many of each factor"),
	LIST("open_interest", open_interest, NULL,
	    "map of INSTRUMENT to decimal", "USD"),
	{ 0 }
};

/* ---- prices ------------------------------------------------------------- */

static bool
price_check(struct schema *s, const struct price_row *row,
    const struct doc_node *n)
{
	const char *what = NULL;

	if (row->status == PRICE_REFUSED)
		return true;
	if (!row->has_mid)
		what = "the key `mid` is missing";
	else if (px18_is_zero(row->mid))
		what = "`mid` is zero";
	else if (px18_compare(row->low, row->mid) > 0)
		what = "`low` is above `mid`";
	else if (px18_compare(row->high, row->mid) < 0)
		what = "`high` is below `mid`";
	else if ((row->has_twap && px18_is_zero(row->twap)) ||
	    (row->has_stable && px18_is_zero(row->stable)))
		what = "a companion price of zero";
	if (what)
		doc_error_at(s->errors, n, "price %.*s: %s", (int)n->key_len,
		    n->key, what);
	return !what;
}

static void
price_refuse(struct market_price *out)
{
	memset(out, 0, sizeof(*out));
	out->price.status = PRICE_REFUSED;
	out->price.reason = REASON_QUORUM;
}

static void
price_set(struct market_price *out, const struct price_row *row)
{
	if (row->status == PRICE_REFUSED) {
		price_refuse(out);
		out->price.high = row->high;
		return;
	}
	memset(out, 0, sizeof(*out));
	out->price.status = (enum price_status)row->status;
	out->price.mid = row->mid;
	out->price.low = row->low;
	out->price.high = row->high;
	out->price.sources = 1;
	out->has_twap = row->has_twap;
	out->has_stable = row->has_stable;
	out->twap = row->twap;
	out->stable = row->stable;
}

static void
price_read(struct market_reader *r, const struct doc_node *n)
{
	struct schema *s = &r->schema;
	struct price_row row;
	struct market_price p;
	unsigned before = s->errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, PRICE_KEYS, &row, "a price");
	if (!row.has_low)
		row.low = row.mid;
	if (!row.has_high)
		row.high = row.mid;
	if (s->errors->count != before || !price_check(s, &row, n))
		return;
	price_set(&p, &row);
	for (size_t i = 0; i < r->market->count; i++)
		if (market_key_is(n, r->names->price[i]))
			r->market->asset[i] = p;
	for (size_t i = 0; i < r->book->factor_count; i++)
		if (market_key_is(n, r->names->factor[i])) {
			r->terms->terms.factor[i].is_present = true;
			r->terms->terms.factor[i].price = p;
		}
}

/* ---- rates -------------------------------------------------------------- */

/* A slow companion where either has one: the other's mid stands in. */
static enum err
companion_from_rate(struct px18 *out, bool *has, struct px18 rate,
    bool rate_has, struct px18 rate_mid, struct px18 base, bool base_has,
    struct px18 base_mid)
{
	*has = rate_has || base_has;
	if (!*has)
		return ERR_OK;
	return px18_mul_px18(out, rate_has ? rate : rate_mid,
	    base_has ? base : base_mid, ROUND_FLOOR);
}

/* ERR_RANGE where the product is zero or too large. */
static enum err
price_from_rate(struct market_price *p, const struct market_price *base)
{
	struct market_price out = *p;
	bool is_refused = p->price.status == PRICE_REFUSED ||
	    base->price.status == PRICE_REFUSED;
	enum err e = px18_mul_px18(&out.price.high, p->price.high,
	    base->price.high, ROUND_CEIL);

	if (e == ERR_OK && is_refused) {
		price_refuse(p);
		p->price.high = out.price.high;
		return ERR_OK;
	}
	if (base->price.status > p->price.status)
		out.price.status = base->price.status;
	if (e == ERR_OK)
		e = px18_mul_px18(&out.price.mid, p->price.mid,
		    base->price.mid, ROUND_FLOOR);
	if (e == ERR_OK)
		e = px18_mul_px18(&out.price.low, p->price.low,
		    base->price.low, ROUND_FLOOR);
	if (e == ERR_OK)
		e = companion_from_rate(&out.twap, &out.has_twap, p->twap,
		    p->has_twap, p->price.mid, base->twap, base->has_twap,
		    base->price.mid);
	if (e == ERR_OK)
		e = companion_from_rate(&out.stable, &out.has_stable,
		    p->stable, p->has_stable, p->price.mid, base->stable,
		    base->has_stable, base->price.mid);
	if (e == ERR_OK && (px18_is_zero(out.price.mid) ||
	    (out.has_twap && px18_is_zero(out.twap)) ||
	    (out.has_stable && px18_is_zero(out.stable))))
		e = ERR_RANGE;
	if (e == ERR_OK)
		*p = out;
	return e;
}

/* Each rate is of an asset with a USD price (bookfile_assets.c), so one pass
 * in any order is enough. */
static void
rates_apply(struct market_reader *r, const struct doc_node *prices)
{
	const struct book *b = r->book;

	for (size_t i = 0; i < b->asset_count; i++) {
		const struct asset *a = &b->assets[i];
		struct market_price *p = &r->market->asset[i];

		if (!a->risk.is_rate)
			continue;
		if (price_from_rate(p, &r->market->asset[a->risk.rate_of]) !=
		    ERR_OK)
			doc_error_at(r->schema.errors, prices, "asset %s: its "
			    "rate times the price of %s is not a price",
			    a->name, b->assets[a->risk.rate_of].name);
		/* A factor of that name is priced in USD like all others. */
		for (size_t f = 0; f < b->factor_count; f++)
			if (strcmp(r->names->factor[f], r->names->price[i]) ==
			    0)
				r->terms->terms.factor[f].price = *p;
	}
}

static void
prices_read(struct market_reader *r, const struct doc_node *prices)
{
	const struct doc_node *n;

	if (prices->kind != DOC_MAP) {
		doc_error_at(r->schema.errors, prices, "`prices`: %s where a "
		    "map is expected", doc_kind_name(prices->kind));
		return;
	}
	for (n = doc_first(r->schema.doc, prices); n;
	    n = doc_next(r->schema.doc, n))
		price_read(r, n);
	rates_apply(r, prices);
}

/* ---- the file ----------------------------------------------------------- */

static void
market_read(struct market_reader *r, const struct doc_node *root)
{
	struct market_row row;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, root, MARKET_KEYS, &row, "the market");
	r->market->as_of_ms = row.as_of_ms;
	if (row.prices)
		prices_read(r, row.prices);
	market_lists_read(r, &row.lists);
}

static void
market_empty(struct market *m, const struct book *b)
{
	memset(m, 0, sizeof(*m));
	m->count = b->asset_count;
	for (size_t i = 0; i < m->count; i++)
		price_refuse(&m->asset[i]);
}

static enum err
reader_read(struct market_reader *r, const char *text, size_t len)
{
	struct doc_errors *e = r->schema.errors;
	struct doc *doc = NULL;
	const struct doc_node *root;

	market_empty(r->market, r->book);
	memset(&r->terms->terms, 0, sizeof(r->terms->terms));
	if (len > BOOKFILE_TEXT_MAX) {
		doc_error(e, 1, 1, "more than %u bytes", BOOKFILE_TEXT_MAX);
	} else if (doc_read(&doc, text, len, e) == ERR_OK) {
		r->schema.doc = doc;
		root = doc_root(doc);
		if (root && !doc_is_null(root))
			market_read(r, root);
		else
			doc_error(e, 1, 1, "an empty market");
	}
	doc_free(doc);
	return doc_errors_end(e);
}

enum err
marketfile_read(struct market *m, struct marketfile_terms *terms,
    const struct book *b, const struct bookfile_names *names,
    const char *text, size_t len, const char *file, FILE *errors)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct market_reader r = {
		.schema = { .errors = &e }, .market = m, .book = b,
		.names = names, .terms = terms,
	};
	enum err answer = ERR_LIMIT;

	if (!terms)
		r.terms = calloc(1, sizeof(*r.terms));
	if (r.terms)
		answer = reader_read(&r, text, len);
	if (answer != ERR_OK)
		market_empty(m, b);
	if (!terms)
		free(r.terms);
	else if (answer == ERR_OK)
		m->terms = &terms->terms;
	return answer;
}

void
marketfile_explain(FILE *out)
{
	schema_explain(out, MARKET_KEYS, "", NULL);
}
