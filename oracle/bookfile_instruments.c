/* The instruments of book.json: what can be traded, and on what margin. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"
#include "base/must.h"
#include "contracts-abi/attest.h"

#include <string.h>

#define ONE_PPB PPB_ONE_RAW

struct instrument_row {
	bool has_expiry, has_strike, has_right, has_settlement, has_window;
	bool has_initial, has_maintenance;
	char id[INSTRUMENT_NAME_MAX], underlying[BOOK_NAME_MAX];
	uint32_t kind, right, settlement;
	bool is_inverse;
	struct num18 multiplier;
	struct px18 strike;
	struct ppb initial, maintenance;
	uint64_t expiry_ms, window_ms;
	const struct doc_node *tiers;
};

struct tier_row {
	bool has_up_to;
	struct usd18 up_to;
	struct ppb initial, maintenance;
};

static const struct schema_key TIER_KEYS[] = {
	{ .name = "up_to", .type = SCHEMA_DECIMAL, .is_optional = true,
	  .is_nonzero = true, SCHEMA_ROW(tier_row, up_to),
	  SCHEMA_HAS(tier_row, has_up_to), .help = "USD of notional; only the "
	    "last may lack it, which holds for all above it in any case" },
	{ .name = "initial", .type = SCHEMA_FACTOR, .min = 0, .max = ONE_PPB,
	  SCHEMA_ROW(tier_row, initial), .help = "share of notional" },
	{ .name = "maintenance", .type = SCHEMA_FACTOR, .min = 0,
	  .max = ONE_PPB, SCHEMA_ROW(tier_row, maintenance),
	  .help = "share of notional; at most initial" },
	{ 0 }
};

static const char *const KIND_WORDS[] = {
	[INSTRUMENT_SPOT] = "spot", [INSTRUMENT_PERP] = "perp",
	[INSTRUMENT_FUTURE] = "future", [INSTRUMENT_OPTION] = "option", NULL,
};
enum { RIGHT_CALL, RIGHT_PUT };
static const char *const RIGHT_WORDS[] = { "call", "put", NULL };
enum { SETTLEMENT_LINEAR, SETTLEMENT_COIN };
static const char *const SETTLEMENT_WORDS[] = { "linear", "coin", NULL };

const struct schema_key BOOKFILE_INSTRUMENT_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(instrument_row, id),
	  .help = "the name that positions and orders use" },
	{ .name = "kind", .type = SCHEMA_CHOICE,
	  SCHEMA_ROW(instrument_row, kind), .words = KIND_WORDS,
	  .help = "options are European and settle in cash" },
	{ .name = "underlying", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(instrument_row, underlying),
	  .help = "a base factor; the market's price of that name is its "
	    "index" },
	{ .name = "inverse", .type = SCHEMA_BOOL, .fallback = "false",
	  SCHEMA_ROW(instrument_row, is_inverse),
	  .help = "of a perp or future: settles in the underlying" },
	{ .name = "multiplier", .type = SCHEMA_DECIMAL, .fallback = "1",
	  .is_nonzero = true, SCHEMA_ROW(instrument_row, multiplier),
	  .help = "units of the underlying a contract; inverse: USD a "
	    "contract" },
	{ .name = "right", .type = SCHEMA_CHOICE, .is_optional = true,
	  SCHEMA_ROW(instrument_row, right),
	  SCHEMA_HAS(instrument_row, has_right), .words = RIGHT_WORDS,
	  .help = "of an option" },
	{ .name = "strike", .type = SCHEMA_DECIMAL, .is_optional = true,
	  .is_nonzero = true, SCHEMA_ROW(instrument_row, strike),
	  SCHEMA_HAS(instrument_row, has_strike),
	  .help = "of an option; USD per unit of the underlying" },
	{ .name = "expiry", .type = SCHEMA_INSTANT, .is_optional = true,
	  .is_nonzero = true, SCHEMA_ROW(instrument_row, expiry_ms),
	  SCHEMA_HAS(instrument_row, has_expiry),
	  .help = "of a future or an option" },
	{ .name = "settlement", .type = SCHEMA_CHOICE, .is_optional = true,
	  SCHEMA_ROW(instrument_row, settlement),
	  SCHEMA_HAS(instrument_row, has_settlement),
	  .words = SETTLEMENT_WORDS, .help = "of an option: premium and payoff "
	    "in USD (linear, the default) or in the underlying" },
	{ .name = "window", .type = SCHEMA_DURATION, .is_optional = true,
	  SCHEMA_ROW(instrument_row, window_ms),
	  SCHEMA_HAS(instrument_row, has_window), .help = "before expiry, "
	    "whose average settles it; default: 30m" },
	{ .name = "initial_margin_fraction", .type = SCHEMA_FACTOR,
	  .is_optional = true, .max = ONE_PPB,
	  SCHEMA_ROW(instrument_row, initial),
	  SCHEMA_HAS(instrument_row, has_initial),
	  .help = "share of notional; a perp or future has both fractions or "
	    "tiers" },
	{ .name = "maintenance_margin_fraction", .type = SCHEMA_FACTOR,
	  .is_optional = true, .max = ONE_PPB,
	  SCHEMA_ROW(instrument_row, maintenance),
	  SCHEMA_HAS(instrument_row, has_maintenance),
	  .help = "share of notional; at most the initial one" },
	{ .name = "tiers", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(instrument_row, tiers), .read = schema_keep_node,
	  .keys = TIER_KEYS, .shape = "list of the keys below",
	  .help = "margin by notional, ascending, instead of the fractions" },
	{ 0 }
};

/* ---- margin ------------------------------------------------------------- */

static int
ppb_compare(struct ppb a, struct ppb b)
{
	return (ppb_to_raw(a) > ppb_to_raw(b)) -
	    (ppb_to_raw(a) < ppb_to_raw(b));
}

/* What is wrong with a tier after `last`, of which NULL is none. */
static const char *
tier_wrong(const struct margin_tier *last, const struct tier_row *row,
    bool is_last)
{
	if (ppb_compare(row->maintenance, row->initial) > 0)
		return "`maintenance` is above `initial`";
	if (!row->has_up_to && !is_last)
		return "only the last may lack `up_to`";
	if (!last)
		return NULL;
	if (row->has_up_to && usd18_compare(row->up_to, last->up_to) <= 0)
		return "`up_to` does not rise";
	if (ppb_compare(row->initial, last->initial) < 0 ||
	    ppb_compare(row->maintenance, last->maintenance) < 0)
		return "its margin falls";
	return NULL;
}

static void
tier_read(struct book_reader *r, struct instrument *k,
    const struct doc_node *n)
{
	bool is_last = doc_next(r->schema.doc, n) == NULL;
	unsigned before = r->schema.errors->count;
	struct tier_row row;
	const char *wrong;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, TIER_KEYS, &row, "a tier");
	if (r->schema.errors->count != before)
		return;
	wrong = k->tier_count == INSTRUMENT_TIERS_MAX ? "one too many" :
	    tier_wrong(k->tier_count > 0 ? &k->tier[k->tier_count - 1] : NULL,
	    &row, is_last);
	if (wrong) {
		doc_error_at(r->schema.errors, n, "instrument %s: a tier: %s",
		    k->name, wrong);
		return;
	}
	/* The margin of the last tier is that of any larger notional. */
	k->tier[k->tier_count++] = (struct margin_tier){
		.up_to = is_last ? usd18_from_raw(I128_MAX) : row.up_to,
		.initial = row.initial, .maintenance = row.maintenance,
	};
}

static void
tiers_read(struct book_reader *r, struct instrument *k,
    const struct instrument_row *row)
{
	const struct doc_node *n;

	if (!row->tiers) {
		k->tier[k->tier_count++] = (struct margin_tier){
			.up_to = usd18_from_raw(I128_MAX),
			.initial = row->initial,
			.maintenance = row->maintenance,
		};
		return;
	}
	if (!book_list_is(r, row->tiers, "tiers"))
		return;
	for (n = doc_first(r->schema.doc, row->tiers); n;
	    n = doc_next(r->schema.doc, n))
		tier_read(r, k, n);
}

/* ---- one instrument ----------------------------------------------------- */

/* A key that is there and must not be, or the other way round. */
struct expectation {
	const char *key;
	bool is_there, may_be, must_be;
	const char *whose;	/* that must not have it */
};

static void
keys_check(struct book_reader *r, const struct instrument_row *row,
    const struct doc_node *n)
{
	bool is_option = row->kind == INSTRUMENT_OPTION;
	bool is_linear = row->kind == INSTRUMENT_PERP ||
	    row->kind == INSTRUMENT_FUTURE;
	bool expires = is_option || row->kind == INSTRUMENT_FUTURE;
	bool has_tiers = row->tiers && row->tiers->count > 0;
	bool fractions_may = !has_tiers && !is_option;
	bool fractions_must = is_linear && !has_tiers;
	const char *kind = KIND_WORDS[row->kind];
	const char *tiers = is_option ? kind : "one with `tiers`";
	const struct expectation all[] = {
		{ "right", row->has_right, is_option, is_option, kind },
		{ "strike", row->has_strike, is_option, is_option, kind },
		{ "expiry", row->has_expiry, expires, expires, kind },
		{ "settlement", row->has_settlement, is_option, false, kind },
		{ "window", row->has_window, expires, false, kind },
		{ "inverse", row->is_inverse, is_linear, false, kind },
		{ "tiers", has_tiers, !is_option, false, kind },
		{ "initial_margin_fraction", row->has_initial, fractions_may,
		  fractions_must, tiers },
		{ "maintenance_margin_fraction", row->has_maintenance,
		  fractions_may, fractions_must ||
		  (fractions_may && row->has_initial), tiers },
	};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		if (all[i].is_there && !all[i].may_be)
			doc_error_at(r->schema.errors, n, "instrument %s: %s "
			    "has no `%s`", row->id, all[i].whose, all[i].key);
		else if (!all[i].is_there && all[i].must_be)
			doc_error_at(r->schema.errors, n, "instrument %s: the "
			    "key `%s` is missing", row->id, all[i].key);
	if (ppb_compare(row->maintenance, row->initial) > 0)
		doc_error_at(r->schema.errors, n, "instrument %s: "
		    "`maintenance_margin_fraction` is above "
		    "`initial_margin_fraction`", row->id);
}

static void
instrument_from(struct instrument *k, const struct instrument_row *row)
{
	bool expires = row->kind == INSTRUMENT_FUTURE ||
	    row->kind == INSTRUMENT_OPTION;

	memset(k, 0, sizeof(*k));
	memcpy(k->name, row->id, sizeof(k->name));
	name_id(&k->id, row->id, strlen(row->id));
	k->kind = (enum instrument_kind)row->kind;
	k->is_inverse = row->is_inverse;
	k->is_call = row->has_right && row->right == RIGHT_CALL;
	k->is_coin_settled = row->settlement == SETTLEMENT_COIN;
	k->multiplier = row->multiplier;
	k->strike = row->strike;
	k->expiry_ms = row->expiry_ms;
	if (expires)
		k->window_ms = row->has_window ? row->window_ms :
		    INSTRUMENT_WINDOW_MS_DEFAULT;
}

static void
instrument_read(struct book_reader *r, const struct doc_node *n)
{
	struct book *b = r->book;
	struct instrument *k = &b->instruments[b->instrument_count];
	unsigned before = r->schema.errors->count;
	struct instrument_row row;
	uint32_t unused;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, BOOKFILE_INSTRUMENT_KEYS, &row,
	    "an instrument");
	if (r->schema.errors->count != before)
		return;
	keys_check(r, &row, n);
	if (name_index_find(&r->instrument_index, &unused, row.id,
	    strlen(row.id)))
		doc_error_at(r->schema.errors, n, "instrument %s stands twice",
		    row.id);
	if (r->schema.errors->count != before)
		return;
	instrument_from(k, &row);
	if (k->kind != INSTRUMENT_OPTION && (row.tiers || row.has_initial))
		tiers_read(r, k, &row);
	if (r->schema.errors->count != before ||
	    !book_factor_take(r, &k->factor, n, row.underlying))
		return;
	b->instrument_count++;
	name_index_add(&r->instrument_index);
}

void
book_instruments_read(struct book_reader *r,
    const struct doc_node *instruments)
{
	const struct doc_node *n;

	if (!instruments || !book_list_is(r, instruments, "instruments"))
		return;
	if (instruments->count > INSTRUMENTS_MAX) {
		doc_error_at(r->schema.errors, instruments, "more than %u "
		    "instruments", INSTRUMENTS_MAX);
		return;
	}
	for (n = doc_first(r->schema.doc, instruments); n;
	    n = doc_next(r->schema.doc, n))
		instrument_read(r, n);
}
