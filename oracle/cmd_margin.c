/* oracle/cmd_margin.c - `margind margin`: what the vaults of a book are worth
 * in a market, as JSON lines or as a table. */
#include "oracle/cmd.h"

#include "base/decimal.h"
#include "margin/aggregate.h"
#include "margin/liquidation.h"
#include "oracle/input.h"
#include "oracle/options.h"
#include "oracle/suggest.h"
#include "oracle/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64u * 1024u)	/* of one vault: 32 legs of names */

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices" },
	{ "method", "NAME", false, "ratio (the only one computed yet)" },
	{ "json", NULL, false, "one JSON object a line instead of a table" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "margin", .rows = ROWS,
	.summary = "Prints, for each vault, value, ratios, margin, state and "
	    "liquidation figures,\nthen the aggregate.  Values are USD at mid.",
};

struct run {
	const struct book *book;
	const struct market *market;
	struct verdict *verdict;	/* by vault slot */
	struct aggregate aggregate;
	struct text text;
};

/* ---- JSON --------------------------------------------------------------- */

static void
key_usd(struct text *t, const char *key, struct usd18 v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_i128(t, usd18_to_raw(v), 18);
}

/* What is infinite does not exist as a number. */
static void
key_ratio(struct text *t, const char *key, struct wad v)
{
	text_printf(t, ",\"%s\":", key);
	if (wad_is_infinite(v))
		text_put(t, "null");
	else
		text_json_u128(t, wad_to_raw(v), 18);
}

static void
key_price(struct text *t, const char *key, bool has, struct px18 v)
{
	text_printf(t, ",\"%s\":", key);
	if (has)
		text_json_u128(t, px18_to_raw(v), 18);
	else
		text_put(t, "null");
}

static void
key_asset(struct text *t, const char *key, const struct book *b,
    uint8_t asset)
{
	const char *name = b->assets[asset].name;

	text_printf(t, "\"%s\":", key);
	text_json_string(t, name, strlen(name));
}

static bool
holds_or_owes(const struct vault *v, uint8_t asset)
{
	for (size_t i = 0; i < v->collateral_count; i++)
		if (v->collateral[i].asset == asset)
			return true;
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].asset == asset)
			return true;
	return false;
}

static void
json_prices(struct run *r, const struct vault *v)
{
	struct text *t = &r->text;
	bool is_first = true;

	text_put(t, ",\"liquidation_prices\":[");
	for (size_t i = 0; i < r->book->asset_count; i++) {
		struct liquidation_price p = { 0 };

		if (!holds_or_owes(v, (uint8_t)i))
			continue;
		/* A vault without such prices has none to show. */
		if (liquidation_price_of(&p, r->book, v, r->market,
		    (uint8_t)i) != ERR_OK)
			p = (struct liquidation_price){ 0 };
		text_put(t, is_first ? "{" : ",{");
		key_asset(t, "asset", r->book, (uint8_t)i);
		key_price(t, "below", p.has_below, p.below);
		key_price(t, "above", p.has_above, p.above);
		text_put(t, "}");
		is_first = false;
	}
	text_put(t, "]");
}

static void
json_liquidation(struct run *r, const struct vault *v,
    const struct verdict *d)
{
	struct text *t = &r->text;
	struct liquidation_size s;

	if ((d->state != STATE_LIQUIDATABLE && d->state != STATE_INSOLVENT) ||
	    !d->has_debt_asset || !d->has_liquidation_asset ||
	    liquidation_size_of(&s, r->book, v, r->market, d->debt_asset,
	    d->liquidation_asset, wad_from_raw(LIQUIDATION_TARGET_HEALTH_RAW))
	    != ERR_OK) {
		text_put(t, ",\"liquidation\":null");
		return;
	}
	text_put(t, ",\"liquidation\":{");
	key_asset(t, "debt_asset", r->book, s.debt_asset);
	key_usd(t, "repay", s.repay);
	text_put(t, ",");
	key_asset(t, "collateral_asset", r->book, s.collateral_asset);
	key_usd(t, "seize", s.seize);
	key_usd(t, "bad_debt", s.bad_debt);
	key_ratio(t, "health_after", s.health_after);
	text_put(t, "}");
}

/* binding names what holds a vault in its state: the price that is missing,
 * the band (some point of it is below maintenance, not all), or the
 * requirement; NULL where nothing can bind. */
static const char *
binding(const struct run *r, const struct vault *v, const struct verdict *d)
{
	if (d->state == STATE_STALE) {
		for (size_t i = 0; i < r->book->asset_count; i++)
			if (holds_or_owes(v, (uint8_t)i) && r->market->asset[i].
			    price.status == PRICE_REFUSED)
				return r->book->assets[i].name;
		return "overflow";
	}
	if (usd18_is_zero(d->value.debt_value))
		return NULL;
	if (d->state == STATE_INSOLVENT)
		return "collateral";
	if (d->state == STATE_LIQUIDATABLE)
		return "maintenance";
	if (usd18_is_negative(d->value.worst.excess))
		return "band";
	return "initial";
}

static void
json_values(struct text *t, const struct verdict *d)
{
	static const char *const keys[] = { "collateral_value", "debt_value",
	    "collateralization_ratio", "loan_to_value", "health_factor",
	    "equity", "initial_margin", "maintenance_margin",
	    "initial_excess", "maintenance_excess" };
	const struct ratio_result *v = &d->value;

	if (d->state == STATE_STALE) {
		for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
			text_printf(t, ",\"%s\":null", keys[i]);
		return;
	}
	key_usd(t, "collateral_value", v->collateral_value);
	key_usd(t, "debt_value", v->debt_value);
	key_ratio(t, "collateralization_ratio", v->collateralization_ratio);
	key_ratio(t, "loan_to_value", v->loan_to_value);
	key_ratio(t, "health_factor", v->mid.health);
	key_usd(t, "equity", v->equity);
	key_usd(t, "initial_margin", usd18_zero());
	key_usd(t, "maintenance_margin", usd18_zero());
	key_usd(t, "initial_excess", v->initial_excess);
	key_usd(t, "maintenance_excess", v->mid.excess);
}

static void
json_vault(struct run *r, const struct vault *v, const struct verdict *d)
{
	struct text *t = &r->text;
	const char *binds = binding(r, v, d);

	text_put(t, "{\"vault\":");
	text_json_string(t, v->name, strlen(v->name));
	text_printf(t, ",\"method\":\"%s\",\"state\":\"%s\"",
	    margin_method_name((enum margin_method)v->method),
	    vault_state_name(d->state));
	json_values(t, d);
	json_prices(r, v);
	json_liquidation(r, v, d);
	text_put(t, ",\"binding\":");
	if (binds)
		text_json_string(t, binds, strlen(binds));
	else
		text_put(t, "null");
	text_put(t, "}\n");
}

static void
json_aggregate(struct run *r)
{
	const struct aggregate *a = &r->aggregate;
	struct text *t = &r->text;
	bool is_first = true;

	text_printf(t, "{\"aggregate\":{\"vaults\":%u", a->vaults);
	key_usd(t, "collateral_value", a->collateral_value);
	key_usd(t, "debt_value", a->debt_value);
	key_ratio(t, "collateralization_ratio",
	    aggregate_collateralization_ratio(a));
	key_ratio(t, "health_factor", aggregate_health(a));
	key_usd(t, "initial_margin", usd18_zero());
	key_usd(t, "maintenance_margin", usd18_zero());
	text_put(t, ",\"states\":{");
	for (unsigned i = 0; i < AGGREGATE_STATES; i++) {
		if (a->states[i] == 0)
			continue;
		text_printf(t, "%s\"%s\":%u", is_first ? "" : ",",
		    vault_state_name(i), a->states[i]);
		is_first = false;
	}
	text_put(t, "}}}\n");
}

static bool
text_emit(struct text *t)
{
	bool ok = !t->failed && fwrite(t->at, 1, t->len, stdout) == t->len;

	text_clear(t);
	return ok;
}

static bool
print_json(struct run *r)
{
	for (uint32_t i = 0; i < r->book->vault_count; i++) {
		json_vault(r, &r->book->vaults[i], &r->verdict[i]);
		if (!text_emit(&r->text))
			return false;
	}
	json_aggregate(r);
	return text_emit(&r->text);
}

/* ---- the table ---------------------------------------------------------- */

#define CELL 28u

/* cell_number rounds down to `places`; for eyes only. */
static void
cell_number(char out[CELL], u128 v, unsigned places)
{
	char digits[DECIMAL_BUF];
	size_t len = decimal_from_u128(digits, v, 18), point = 0;

	while (point < len && digits[point] != '.')
		point++;
	if (point == len)
		digits[len] = '\0';
	else if (len - point > places + 1)
		digits[point + 1 + places] = '\0';
	snprintf(out, CELL, "%.*s", (int)CELL - 1, digits);
	len = strlen(out);
	point = strcspn(out, ".");
	if (point == len && len + 1 < CELL)
		out[len++] = '.';
	while (len - point <= places && len + 1 < CELL)
		out[len++] = '0';
	out[len] = '\0';
}

static void
cell_ratio(char out[CELL], struct wad v)
{
	if (wad_is_infinite(v))
		snprintf(out, CELL, "-");
	else
		cell_number(out, wad_to_raw(v), 4);
}

static const char *
state_colour(enum vault_state s, bool is_coloured)
{
	if (!is_coloured || s == STATE_HEALTHY)
		return "";
	return s == STATE_RESTRICTED ? "\033[33m" :
	    s == STATE_STALE ? "\033[2m" : "\033[31m";
}

static void
table_row(const struct run *r, uint32_t slot, int name_width, bool is_coloured)
{
	const struct verdict *d = &r->verdict[slot];
	char health[CELL] = "-", ratio[CELL] = "-", held[CELL] = "-";
	char owed[CELL] = "-", price[CELL] = "-";
	const char *colour = state_colour(d->state, is_coloured);

	if (d->state != STATE_STALE) {
		cell_ratio(health, d->value.mid.health);
		cell_ratio(ratio, d->value.collateralization_ratio);
		cell_number(held, (u128)usd18_to_raw(
		    d->value.collateral_value), 2);
		cell_number(owed, (u128)usd18_to_raw(d->value.debt_value), 2);
	}
	if (d->has_liquidation_price)
		cell_number(price, px18_to_raw(d->liquidation_price), 4);
	printf("%-*s  %s%-12s%s  %10s  %10s  %16s  %16s  %14s %s\n",
	    name_width, r->book->vaults[slot].name, colour,
	    vault_state_name(d->state), colour[0] ? "\033[0m" : "", health,
	    ratio, held, owed, price, d->has_liquidation_price ?
	    r->book->assets[d->liquidation_asset].name : "");
}

static int
order_compare(const void *a, const void *b, void *arg)
{
	const struct run *r = arg;
	const uint32_t *x = a, *y = b;
	const struct verdict *v = &r->verdict[*x], *w = &r->verdict[*y];
	bool v_stale = v->state == STATE_STALE, w_stale = w->state ==
	    STATE_STALE;
	int order;

	if (v_stale != w_stale)
		return v_stale ? 1 : -1;
	order = v_stale ? 0 : wad_compare(v->value.mid.health,
	    w->value.mid.health);
	return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

static void
table_foot(const struct run *r)
{
	char held[CELL], owed[CELL], ratio[CELL], health[CELL];
	const struct aggregate *a = &r->aggregate;

	cell_number(held, (u128)usd18_to_raw(a->collateral_value), 2);
	cell_number(owed, (u128)usd18_to_raw(a->debt_value), 2);
	cell_ratio(ratio, aggregate_collateralization_ratio(a));
	cell_ratio(health, aggregate_health(a));
	printf("\n%u vaults: collateral %s, debt %s, ratio %s, health %s",
	    a->vaults, held, owed, ratio, health);
	for (unsigned i = 0; i < AGGREGATE_STATES; i++)
		if (a->states[i] > 0)
			printf("; %u %s", a->states[i], vault_state_name(i));
	printf("\n");
}

static bool
print_table(struct run *r)
{
	uint32_t count = r->book->vault_count;
	uint32_t *order = calloc(count ? count : 1, sizeof(*order));
	bool is_coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int name_width = 5;

	if (!order)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		int len = (int)strlen(r->book->vaults[i].name);

		order[i] = i;
		name_width = len > name_width ? len : name_width;
	}
	qsort_r(order, count, sizeof(*order), order_compare, r);
	printf("%-*s  %-12s  %10s  %10s  %16s  %16s  %14s\n", name_width,
	    "VAULT", "STATE", "HEALTH", "RATIO", "COLLATERAL", "DEBT",
	    "LIQUIDATED AT");
	for (uint32_t i = 0; i < count; i++)
		table_row(r, order[i], name_width, is_coloured);
	table_foot(r);
	free(order);
	return true;
}

/* ---- the command -------------------------------------------------------- */

static bool
evaluate(struct run *r)
{
	uint32_t count = r->book->vault_count;

	r->verdict = calloc(count ? count : 1, sizeof(*r->verdict));
	if (!r->verdict)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		verdict_from_vault(&r->verdict[i], r->book,
		    &r->book->vaults[i], r->market);
		if (aggregate_add(&r->aggregate, &r->verdict[i]) != ERR_OK) {
			fprintf(stderr, "margind margin: the book's sums leave "
			    "their type at vault %s\n",
			    r->book->vaults[i].name);
			return false;
		}
	}
	return true;
}

static bool
method_is_known(const char *method)
{
	struct suggest nearest = { 0 };

	if (!method || strcmp(method, "ratio") == 0)
		return true;
	for (unsigned m = METHOD_RATIO; m <= METHOD_ES; m++) {
		const char *name = margin_method_name((enum margin_method)m);

		if (strcmp(name, method) == 0) {
			fprintf(stderr, "margind margin: method `%s` is not "
			    "computed yet\n", method);
			return false;
		}
		suggest_offer(&nearest, method, strlen(method), name);
	}
	fprintf(stderr, "margind margin: unknown method `%s`%s%s%s\n", method,
	    nearest.best ? " (did you mean `" : "",
	    nearest.best ? nearest.best : "", nearest.best ? "`?)" : "");
	return false;
}

int
cmd_margin(int argc, char **argv)
{
	struct input_market *market = NULL;
	struct input_book *book = NULL;
	const char *path;
	struct run run = { 0 };
	struct options_given given;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (!method_is_known(options_get(&COMMAND, &given, "method")))
		return EXIT_USAGE;
	path = options_get(&COMMAND, &given, "book");
	if (input_book_read(&book, NULL, path, 0) != ERR_OK)
		return EXIT_CONFIG;
	code = EXIT_CONFIG;
	if (input_book_require_plain(&book->book, path, COMMAND.name) ==
	    ERR_OK &&
	    input_market_read(&market, NULL, book, options_get(&COMMAND,
	    &given, "market")) == ERR_OK) {
		run.book = &book->book;
		run.market = &market->market;
		text_init(&run.text, LINE_MAX_BYTES);
		code = evaluate(&run) && (options_get(&COMMAND, &given,
		    "json") ? print_json(&run) : print_table(&run)) ?
		    EXIT_OK : EXIT_FAILED;
		text_free(&run.text);
		free(run.verdict);
	}
	input_market_free(market);
	input_book_free(book);
	return code;
}
