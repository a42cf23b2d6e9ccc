/* market.json to margin's market. */
#include "oracle/bookfile.h"
#include "oracle/schema.h"

#include <string.h>

struct market_row {
	uint64_t as_of_ms;
	const struct doc_node *prices;
};

struct price_row {
	bool has_mid, has_low, has_high, has_twap, has_stable;
	u128 mid, low, high, twap, stable;
	uint32_t status;
};

/* What instruments will need: known, and of no effect on a book without
 * them. */
static void
unused_check(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	(void)base;
	if (n->kind != DOC_MAP)
		doc_error_at(s->errors, n, "`%s`: %s where a map is expected",
		    k->name, doc_kind_name(n->kind));
}

static const char *const STATUS_WORDS[] = {
	[PRICE_OK] = "OK", [PRICE_DEGRADED] = "DEGRADED",
	[PRICE_REFUSED] = "REFUSED", NULL,
};
static const struct schema_key PRICE_KEYS[] = {
	{ .name = "mid", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(price_row, mid), SCHEMA_HAS(price_row, has_mid),
	  .help = "USD per whole unit; required unless REFUSED" },
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

#define UNUSED(key, text) { .name = key, .type = SCHEMA_CUSTOM, \
	.is_optional = true, .read = unused_check, .shape = "map", \
	.help = text }
static const struct schema_key MARKET_KEYS[] = {
	{ .name = "as_of", .type = SCHEMA_INSTANT, .fallback = "0",
	  SCHEMA_ROW(market_row, as_of_ms), .help = "when these prices held" },
	{ .name = "prices", .type = SCHEMA_CUSTOM,
	  SCHEMA_ROW(market_row, prices),
	  .read = schema_keep_node, .keys = PRICE_KEYS,
	  .shape = "map of NAME to the keys below",
	  .help = "a price that is missing is REFUSED" },
	UNUSED("marks", "of instruments; no effect without them"),
	UNUSED("forwards", "of instruments; no effect without them"),
	UNUSED("surfaces", "of instruments; no effect without them"),
	UNUSED("rates", "of instruments; no effect without them"),
	UNUSED("returns", "of instruments; no effect without them"),
	UNUSED("open_interest", "of instruments; no effect without them"),
	{ 0 }
};

static bool
price_check(struct schema *s, const struct price_row *row,
    const struct doc_node *n)
{
	const char *what = NULL;

	if (row->status == PRICE_REFUSED)
		return true;
	if (!row->has_mid)
		what = "the key `mid` is missing";
	else if (row->mid == 0)
		what = "`mid` is zero";
	else if (row->low > row->mid)
		what = "`low` is above `mid`";
	else if (row->high < row->mid)
		what = "`high` is below `mid`";
	else if ((row->has_twap && row->twap == 0) ||
	    (row->has_stable && row->stable == 0))
		what = "a companion price of zero";
	if (what)
		doc_error_at(s->errors, n, "price %.*s: %s", (int)n->key_len,
		    n->key, what);
	return !what;
}

static void
price_set(struct market_price *out, const struct price_row *row)
{
	memset(out, 0, sizeof(*out));
	out->price.status = (enum price_status)row->status;
	if (out->price.status == PRICE_REFUSED) {
		out->price.reason = REASON_QUORUM;
		out->price.high = px18_from_raw(row->high);
		return;
	}
	out->price.mid = px18_from_raw(row->mid);
	out->price.low = px18_from_raw(row->low);
	out->price.high = px18_from_raw(row->high);
	out->price.sources = 1;
	out->has_twap = row->has_twap;
	out->has_stable = row->has_stable;
	out->twap = px18_from_raw(row->twap);
	out->stable = px18_from_raw(row->stable);
}

static void
price_read(struct schema *s, const struct doc_node *n, struct market *m,
    const struct bookfile_names *names)
{
	struct price_row row;
	unsigned before = s->errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, PRICE_KEYS, &row, "a price");
	if (!row.has_low)
		row.low = row.mid;
	if (!row.has_high)
		row.high = row.mid;
	if (s->errors->count != before || !price_check(s, &row, n))
		return;
	for (size_t i = 0; i < m->count; i++)
		if (strlen(names->price[i]) == n->key_len &&
		    memcmp(names->price[i], n->key, n->key_len) == 0)
			price_set(&m->asset[i], &row);
}

static void
market_read(struct schema *s, const struct doc_node *root, struct market *m,
    const struct bookfile_names *names)
{
	struct market_row row;
	const struct doc_node *n;

	memset(&row, 0, sizeof(row));
	schema_read_map(s, root, MARKET_KEYS, &row, "the market");
	m->as_of_ms = row.as_of_ms;
	if (!row.prices)
		return;
	if (row.prices->kind != DOC_MAP) {
		doc_error_at(s->errors, row.prices, "`prices`: %s where a map "
		    "is expected", doc_kind_name(row.prices->kind));
		return;
	}
	for (n = doc_first(s->doc, row.prices); n; n = doc_next(s->doc, n))
		price_read(s, n, m, names);
}

enum err
marketfile_read(struct market *m, const struct book *b,
    const struct bookfile_names *names, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct schema s = { .errors = &e };
	struct doc *doc = NULL;
	const struct doc_node *root;

	memset(m, 0, sizeof(*m));
	m->count = b->asset_count;
	for (size_t i = 0; i < m->count; i++) {
		m->asset[i].price.status = PRICE_REFUSED;
		m->asset[i].price.reason = REASON_QUORUM;
	}
	if (len > BOOKFILE_TEXT_MAX) {
		doc_error(&e, 1, 1, "more than %u bytes", BOOKFILE_TEXT_MAX);
	} else if (doc_read(&doc, text, len, &e) == ERR_OK) {
		s.doc = doc;
		root = doc_root(doc);
		if (root && !doc_is_null(root))
			market_read(&s, root, m, names);
		else
			doc_error(&e, 1, 1, "an empty market");
	}
	doc_free(doc);
	return doc_errors_end(&e);
}

void
marketfile_explain(FILE *out)
{
	schema_explain(out, MARKET_KEYS, "");
}
