#include "oracle/backtest_print.h"

#include "base/clock_text.h"
#include "base/decimal.h"

#include <string.h>

static const char *const SIDE_NAMES[BACKTEST_SIDES] = { "long", "short" };

const char *
backtest_method_name(enum backtest_method m)
{
	switch (m) {
	case BACKTEST_VAR: return "var";
	case BACKTEST_ES: return "es";
	case BACKTEST_STANDARD: return "standard";
	}
	return "";
}

static const char *
base_name(enum var_source s)
{
	switch (s) {
	case VAR_HISTORICAL: return "historical";
	case VAR_FILTERED: return "filtered";
	case VAR_SIMULATED: return "simulated";
	}
	return "";
}

const char *
backtest_source_name(const struct var_rules *r)
{
	return ppb_to_raw(r->weight_stressed) > 0 ? "joint" :
	    base_name(r->source);
}

/* ---- JSON --------------------------------------------------------------- */

static void
key_num(struct text *t, const char *key, struct num18 v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_i128(t, num18_to_raw(v), 18);
}

static void
key_usd(struct text *t, const char *key, struct usd18 v)
{
	key_num(t, key, num18_from_raw(usd18_to_raw(v)));
}

static void
key_ppb(struct text *t, const char *key, struct ppb v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_u128(t, ppb_to_raw(v), 9);
}

static void
json_test(struct text *t, const char *key, struct num18 lr, struct num18 p,
    struct num18 critical)
{
	text_printf(t, ",\"%s\":{\"lr\":", key);
	text_json_i128(t, num18_to_raw(lr), 18);
	key_num(t, "p_value", p);
	key_num(t, "critical", critical);
	text_printf(t, ",\"verdict\":\"%s\"}",
	    num18_compare(lr, critical) > 0 ? "rejected" : "kept");
}

static void
json_apc(struct text *t, const char *key, const struct apc *a)
{
	text_printf(t, "\"%s\":{\"peak\":", key);
	text_json_i128(t, usd18_to_raw(a->peak), 18);
	key_usd(t, "trough", a->trough);
	text_put(t, ",\"peak_to_trough\":");
	if (a->has_ratio)
		text_json_u128(t, wad_to_raw(a->peak_to_trough), 18);
	else
		text_put(t, "null");
	key_usd(t, "rise_1", a->rise_1d);
	key_usd(t, "rise_5", a->rise_5d);
	key_num(t, "rise_1_relative", a->rise_1d_rel);
	key_num(t, "rise_5_relative", a->rise_5d_rel);
	text_put(t, "}");
}

static void
json_time(struct text *t, const char *key, uint64_t ms)
{
	char when[TIME_TEXT_BUF];

	time_ms_to_rfc3339(when, ms);
	text_printf(t, ",\"%s\":\"%s\"", key, when);
}

static void
json_prints(struct text *t, const struct backtest_result *r)
{
	const struct history_series *h = r->history;

	text_printf(t, ",\"rows\":%u,\"gaps\":%u,\"repeated\":%u,"
	    "\"bad_prints\":%u,\"first_bad_prints\":[", h->count, r->gaps,
	    r->repeated, r->bad_prints);
	for (uint32_t i = 0; i < r->bad_prints && i < BACKTEST_PRINTS_MAX;
	    i++) {
		uint32_t row = r->bad_print[i];

		text_put(t, i > 0 ? ",{\"price\":" : "{\"price\":");
		text_json_u128(t, px18_to_raw(h->price[row]), 18);
		text_put(t, ",\"before\":");
		text_json_u128(t, px18_to_raw(h->price[row - 1]), 18);
		json_time(t, "time", h->ms[row]);
		text_put(t, "}");
	}
	text_put(t, "]");
}

static const char *
move_name(const struct backtest_review *r)
{
	if (r->is_lowered)
		return "lowered";
	return r->is_raised ? "raised" : "kept";
}

static struct calibration
calibration_now(const struct backtest_result *r, int side)
{
	const struct backtest_series *s = r->series;
	struct calibration c;

	if (s->review_count > 0)
		return s->side[side].review[s->review_count - 1].after;
	calibration_init(&c);
	return c;
}

static void
json_state(struct text *t, const struct calibration *c)
{
	text_put(t, "\"multiplier\":");
	text_json_i128(t, num18_to_raw(c->multiplier), 18);
	text_printf(t, ",\"alarm\":%s,\"green_windows\":%u",
	    c->is_alarmed ? "true" : "false", c->green_windows);
}

static void
json_calibration(struct text *t, const struct backtest_result *r, int side)
{
	const struct backtest_series *s = r->series;
	struct calibration now = calibration_now(r, side);

	text_put(t, ",\"calibration\":{");
	json_state(t, &now);
	text_printf(t, ",\"may_lower\":%s,\"loosening_approved\":%s,"
	    "\"windows\":[", calibration_may_lower(&now) ? "true" : "false",
	    r->options->is_loosening_approved ? "true" : "false");
	for (uint32_t i = 0; i < s->review_count; i++) {
		const struct backtest_review *v = &s->side[side].review[i];

		text_put(t, i > 0 ? ",{" : "{");
		json_state(t, &v->after);
		text_printf(t, ",\"exceptions\":%u,\"zone\":\"%s\"",
		    v->exceptions, backtest_zone_name(v->basel.zone));
		key_ppb(t, "plus_factor", v->basel.plus);
		text_printf(t, ",\"move\":\"%s\"", move_name(v));
		json_time(t, "from", s->ms[i * BACKTEST_REVIEW]);
		json_time(t, "to", s->ms[(i + 1) * BACKTEST_REVIEW - 1]);
		text_put(t, "}");
	}
	text_put(t, "]}");
}

static void
json_source(struct text *t, const struct backtest_result *r)
{
	const struct var_rules *v = &r->options->var;

	text_printf(t, ",\"measure\":\"%s\",\"source\":\"%s\","
	    "\"scenarios\":\"%s\",\"window\":%u",
	    r->series->used == VAR_MEASURE_VAR ? "var" : "es",
	    backtest_source_name(v), base_name(v->source),
	    r->options->window);
	key_ppb(t, "weight", v->weight);
	key_ppb(t, "weight_stressed", v->weight_stressed);
}

static void
json_side(struct text *t, const struct backtest_result *r, int side)
{
	const struct backtest_options *o = r->options;
	const struct backtest_summary *s = &r->side[side];

	text_put(t, "{\"series\":");
	text_json_string(t, r->name, strlen(r->name));
	text_printf(t, ",\"side\":\"%s\",\"method\":\"%s\"", SIDE_NAMES[side],
	    backtest_method_name(o->method));
	if (o->method == BACKTEST_STANDARD)
		key_usd(t, "fraction", o->fraction);
	else
		json_source(t, r);
	text_put(t, ",\"rules_hash\":");
	text_json_hex(t, o->rules_hash.b, sizeof(o->rules_hash.b));
	key_ppb(t, "alpha", o->var.alpha);
	text_printf(t, ",\"mpor\":%u", o->var.sample.mpor);
	key_ppb(t, "buffer_size", o->buffer.size);
	key_ppb(t, "buffer_rebuild", o->buffer.rebuild);
	json_time(t, "from", r->series->ms[0]);
	json_time(t, "to", r->series->ms[r->series->count - 1]);
	text_printf(t, ",\"observations\":%u,\"exceptions\":%u",
	    s->observations, s->exceptions);
	key_num(t, "expected", s->expected);
	text_printf(t, ",\"exceptions_with_buffer\":%u",
	    s->exceptions_buffered);
	key_usd(t, "mean_margin", s->mean_margin);
	key_usd(t, "worst_loss", s->worst_loss);
	json_test(t, "kupiec", s->pof, s->pof_p, s->critical_1);
	json_test(t, "independence", s->independence, s->independence_p,
	    s->critical_1);
	json_test(t, "conditional", s->conditional, s->conditional_p,
	    s->critical_2);
	text_printf(t, ",\"basel\":{\"zone\":\"%s\"",
	    backtest_zone_name(s->basel.zone));
	key_num(t, "cumulative", s->basel.cumulative);
	key_ppb(t, "plus_factor", s->basel.plus);
	key_num(t, "multiplier", num18_from_raw(((i128)3000000000 +
	    ppb_to_raw(s->basel.plus)) * 1000000000));
	text_put(t, "}");
	json_calibration(t, r, side);
	text_put(t, ",\"es_z2\":");
	if (s->has_z2) {
		text_put(t, "{\"z\":");
		text_json_i128(t, num18_to_raw(s->z2), 18);
		key_num(t, "critical", BACKTEST_Z2_CRITICAL);
		text_printf(t, ",\"verdict\":\"%s\"}", num18_compare(s->z2,
		    BACKTEST_Z2_CRITICAL) < 0 ? "rejected" : "kept");
	} else {
		text_put(t, "null");
	}
	text_put(t, ",\"apc\":{");
	json_apc(t, "plain", &s->plain);
	text_put(t, ",");
	json_apc(t, "buffered", &s->buffered);
	text_put(t, "}");
	json_prints(t, r);
	text_put(t, "}\n");
}

void
backtest_print_json(struct text *t, const struct backtest_result *r)
{
	for (int i = 0; i < BACKTEST_SIDES; i++)
		json_side(t, r, i);
}

/* ---- tables ------------------------------------------------------------- */

#define CELL 64u

/* For eyes: `places` decimals of the number times 10^shift, toward zero. */
static void
cell_number(char out[CELL], i128 raw, unsigned places, unsigned shift)
{
	char digits[DECIMAL_BUF];
	u128 v = raw < 0 ? -(u128)raw : (u128)raw;
	u128 unit = pow10_u128(18 - shift - places), whole;

	v = v / unit;
	whole = v / pow10_u128(places);
	decimal_from_u128(digits, whole, 0);
	if (places == 0)
		snprintf(out, CELL, "%s%s", raw < 0 ? "-" : "", digits);
	else
		snprintf(out, CELL, "%s%.40s.%0*u", raw < 0 ? "-" : "", digits,
		    (int)places, (unsigned)(v % pow10_u128(places)));
}

static void
cell_percent(char out[CELL], struct usd18 v)
{
	char n[CELL];

	cell_number(n, usd18_to_raw(v), 2, 2);
	snprintf(out, CELL, "%.30s %%", n);
}

static void
cell_test(char out[CELL], struct num18 lr, struct num18 p,
    struct num18 critical)
{
	char a[CELL], b[CELL];

	cell_number(a, num18_to_raw(lr), 3, 0);
	cell_number(b, num18_to_raw(p), 4, 0);
	snprintf(out, CELL, "%.12s, p %.8s: %s", a, b,
	    num18_compare(lr, critical) > 0 ? "REJECTED" : "kept");
}

struct table {
	struct text *t;
	bool is_markdown;
};

static void
row(const struct table *w, const char *label, char cell[2][CELL])
{
	if (w->is_markdown)
		text_printf(w->t, "| %s | %s | %s |\n", label, cell[0],
		    cell[1]);
	else
		text_printf(w->t, "  %-32s  %-28s  %s\n", label, cell[0],
		    cell[1]);
}

/* ---- calibration -------------------------------------------------------- */

static bool
is_quiet(const struct backtest_series *s, uint32_t window)
{
	for (int i = 0; i < BACKTEST_SIDES; i++) {
		const struct backtest_review *v = &s->side[i].review[window];

		if (v->basel.zone != ZONE_GREEN || v->is_lowered)
			return false;
	}
	return true;
}

static void
cell_review(char out[CELL], const struct backtest_review *v, bool is_one)
{
	char n[CELL], count[CELL] = "";

	cell_number(n, num18_to_raw(v->after.multiplier), 3, 0);
	if (is_one)
		snprintf(count, CELL, "%u ", v->exceptions);
	snprintf(out, CELL, "%.10s%s: x %.12s%s%s", count,
	    backtest_zone_name(v->basel.zone), n, v->is_raised ? " up" :
	    v->is_lowered ? " by hand" : "",
	    v->basel.zone == ZONE_RED ? ", ALARM" : "");
}

/* One row a window; green ones in a row, with nothing to tell, in one. */
static void
rows_reviews(const struct table *w, const struct backtest_series *s)
{
	char cell[2][CELL], label[CELL];

	for (uint32_t i = 0, end; i < s->review_count; i = end) {
		end = i + 1;
		while (is_quiet(s, i) && end < s->review_count &&
		    is_quiet(s, end))
			end++;
		for (int k = 0; k < BACKTEST_SIDES; k++)
			cell_review(cell[k], &s->side[k].review[i],
			    end == i + 1);
		if (end == i + 1)
			snprintf(label, CELL, "window %u (%u observations)", end,
			    BACKTEST_REVIEW);
		else
			snprintf(label, CELL, "windows %u to %u (%u each)",
			    i + 1, end, BACKTEST_REVIEW);
		row(w, label, cell);
	}
}

static void
human_words(struct text *t, const struct calibration *c)
{
	if (num18_compare(c->multiplier, num18_one()) == 0)
		text_put(t, "nothing to lower");
	else if (calibration_may_lower(c))
		text_printf(t, "met, %u in a row", c->green_windows);
	else
		text_printf(t, "not met, %u in a row%s", c->green_windows,
		    c->is_alarmed ? " and the ALARM stands" : "");
}

static void
calibration_words(struct text *t, const struct backtest_result *r,
    const char *indent, const char *colon)
{
	if (r->series->review_count == 0) {
		text_printf(t, "%sno whole window of %u observations: the "
		    "multiplier is not reviewed\n", indent, BACKTEST_REVIEW);
		return;
	}
	text_printf(t, "%sthe multiplier goes up by itself, down only by a "
	    "human after two green windows%s%s", indent,
	    r->options->is_loosening_approved ? " (approved here)" : "",
	    colon);
	for (int i = 0; i < BACKTEST_SIDES; i++) {
		struct calibration now = calibration_now(r, i);

		text_printf(t, "%s%s ", i > 0 ? "; " : "", SIDE_NAMES[i]);
		human_words(t, &now);
	}
	text_put(t, "\n");
}

/* ---- rows --------------------------------------------------------------- */

static void
rows_tests(const struct table *w, const struct backtest_summary *s)
{
	char cell[2][CELL];

	for (int i = 0; i < 2; i++)
		cell_test(cell[i], s[i].pof, s[i].pof_p, s[i].critical_1);
	row(w, "coverage, LR_pof (Kupiec)", cell);
	for (int i = 0; i < 2; i++)
		cell_test(cell[i], s[i].independence, s[i].independence_p,
		    s[i].critical_1);
	row(w, "independence, LR_ind", cell);
	for (int i = 0; i < 2; i++)
		cell_test(cell[i], s[i].conditional, s[i].conditional_p,
		    s[i].critical_2);
	row(w, "both, LR_cc (Christoffersen)", cell);
	for (int i = 0; i < 2; i++) {
		char n[CELL];

		cell_number(n, ((i128)3000000000 + ppb_to_raw(
		    s[i].basel.plus)) * 1000000000, 2, 0);
		snprintf(cell[i], CELL, "%s, multiplier %.8s",
		    backtest_zone_name(s[i].basel.zone), n);
	}
	row(w, "Basel zone of all", cell);
	for (int i = 0; i < 2; i++) {
		char n[CELL];

		cell_number(n, num18_to_raw(s[i].z2), 3, 0);
		snprintf(cell[i], CELL, "%.12s: %s", n, num18_compare(s[i].z2,
		    BACKTEST_Z2_CRITICAL) < 0 ? "REJECTED" : "kept");
		if (!s[i].has_z2)
			snprintf(cell[i], CELL, "-");
	}
	row(w, "expected shortfall, Z2", cell);
}

static void
rows_apc(const struct table *w, const struct backtest_summary *s)
{
	char cell[2][CELL];

	for (int i = 0; i < 2; i++) {
		char a[CELL] = "-", b[CELL] = "-";

		if (s[i].plain.has_ratio)
			cell_number(a, (i128)wad_to_raw(
			    s[i].plain.peak_to_trough), 2, 0);
		if (s[i].buffered.has_ratio)
			cell_number(b, (i128)wad_to_raw(
			    s[i].buffered.peak_to_trough), 2, 0);
		snprintf(cell[i], CELL, "%.14s; with buffer %.14s", a, b);
	}
	row(w, "margin, peak / trough", cell);
	for (int days = 1; days <= 5; days += 4) {
		for (int i = 0; i < 2; i++) {
			char a[CELL], b[CELL];

			cell_percent(a, days == 1 ? s[i].plain.rise_1d :
			    s[i].plain.rise_5d);
			cell_percent(b, days == 1 ? s[i].buffered.rise_1d :
			    s[i].buffered.rise_5d);
			snprintf(cell[i], CELL, "%.14s; with buffer %.14s", a,
			    b);
		}
		row(w, days == 1 ? "largest rise over 1 observation" :
		    "largest rise over 5", cell);
	}
}

static void
rows(const struct table *w, const struct backtest_result *r)
{
	const struct backtest_summary *s = r->side;
	char cell[2][CELL];

	for (int i = 0; i < 2; i++) {
		char n[CELL];

		cell_number(n, num18_to_raw(s[i].expected), 1, 0);
		snprintf(cell[i], CELL, "%u of %u (%.12s expected)",
		    s[i].exceptions, s[i].observations, n);
	}
	row(w, "exceptions", cell);
	for (int i = 0; i < 2; i++)
		snprintf(cell[i], CELL, "%u", s[i].exceptions_buffered);
	row(w, "exceptions with buffer", cell);
	for (int i = 0; i < 2; i++)
		cell_percent(cell[i], s[i].mean_margin);
	row(w, "mean margin", cell);
	for (int i = 0; i < 2; i++)
		cell_percent(cell[i], s[i].worst_loss);
	row(w, "worst loss", cell);
	rows_tests(w, s);
	rows_reviews(w, r->series);
	rows_apc(w, s);
}

void
backtest_print_terms(struct text *t, const struct backtest_result *r)
{
	const struct backtest_options *o = r->options;
	char n[CELL];

	if (o->method == BACKTEST_STANDARD) {
		cell_percent(n, o->fraction);
		text_printf(t, "standard, %s", n);
	} else {
		text_printf(t, "%s%s, %s, %u returns",
		    backtest_method_name(o->method),
		    o->method == BACKTEST_VAR &&
		    r->series->used == VAR_MEASURE_ES ?
		    " (by expected shortfall: the tail is too thin)" : "",
		    backtest_source_name(&o->var), o->window);
	}
	cell_number(n, (i128)ppb_to_raw(o->var.alpha) * 1000000000, 2, 2);
	text_printf(t, "; tested at %s %%; margin period %u %s", n,
	    o->var.sample.mpor, o->var.sample.mpor == 1 ? "row" : "rows");
}

static void
oddities(struct text *t, const struct backtest_result *r, const char *indent)
{
	const struct history_series *h = r->history;

	if (r->gaps > 0)
		text_printf(t, "%s%u of %u rows come late: a gap before "
		    "them\n", indent, r->gaps, h->count);
	if (r->repeated > 0)
		text_printf(t, "%s%u rows at the time of the row before, "
		    "dropped\n", indent, r->repeated);
	if (r->bad_prints > 0)
		text_printf(t, "%s%u bad %s kept:\n", indent, r->bad_prints,
		    r->bad_prints == 1 ? "print," : "prints,");
	for (uint32_t i = 0; i < r->bad_prints && i < BACKTEST_PRINTS_MAX;
	    i++) {
		char when[TIME_TEXT_BUF], at[DECIMAL_BUF], from[DECIMAL_BUF];
		uint32_t n = r->bad_print[i];

		time_ms_to_rfc3339(when, h->ms[n]);
		decimal_from_u128(at, px18_to_raw(h->price[n]), 18);
		decimal_from_u128(from, px18_to_raw(h->price[n - 1]), 18);
		text_printf(t, "%s  %s: %s after %s\n", indent, when, at,
		    from);
	}
}

void
backtest_print_table(struct text *t, const struct backtest_result *r)
{
	struct table w = { t, false };
	char cell[2][CELL] = { "LONG", "SHORT" };

	text_printf(t, "%s: ", r->name);
	backtest_print_terms(t, r);
	text_put(t, "\n");
	row(&w, "", cell);
	rows(&w, r);
	calibration_words(t, r, "  ", ":\n    ");
	oddities(t, r, "  ");
	text_put(t, "\n");
}

void
backtest_print_markdown(struct text *t, const struct backtest_result *r,
    const char *chart)
{
	char from[TIME_TEXT_BUF], to[TIME_TEXT_BUF];
	struct table w = { t, true };

	time_ms_to_rfc3339(from, r->series->ms[0]);
	time_ms_to_rfc3339(to, r->series->ms[r->series->count - 1]);
	text_printf(t, "## %s\n\n%s to %s, ", r->name, from, to);
	backtest_print_terms(t, r);
	text_put(t, ".\n\n| | long | short |\n|---|---|---|\n");
	rows(&w, r);
	text_put(t, "\n");
	calibration_words(t, r, "- ", ": ");
	oddities(t, r, "- ");
	if (chart)
		text_printf(t, "\n![%s](%s)\n", r->name, chart);
	text_put(t, "\n");
}
