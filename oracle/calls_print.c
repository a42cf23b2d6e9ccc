#include "oracle/calls_print.h"

#include "base/clock_text.h"
#include "oracle/margin_table.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES (16u * 1024u)
#define STATE_BUF 32u

struct ages {
	uint32_t calls[CALL_AGES];	/* open ones */
	struct usd18 amount[CALL_AGES];
	uint32_t changes, open;
	bool is_beyond;		/* a sum that does not fit */
};

struct printer {
	const struct calls_step *step;
	const struct study *study;
	const struct call_rules *rules;
	int width;		/* of names */
	struct text t;
};

void
span_text(char out[SPAN_BUF], uint64_t ms)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
	    { 1000, "s" }, { 1, "ms" } };
	size_t i = 0;
	uint64_t rest;

	while (i < ARRAY_COUNT(units) - 1 && ms < units[i].ms)
		i++;
	if (ms == 0)
		i = 3;		/* "0s" */
	rest = i + 1 < ARRAY_COUNT(units) ? ms % units[i].ms /
	    units[i + 1].ms : 0;
	if (rest > 0)
		snprintf(out, SPAN_BUF, "%llu%s %llu%s",
		    (unsigned long long)(ms / units[i].ms), units[i].name,
		    (unsigned long long)rest, units[i + 1].name);
	else
		snprintf(out, SPAN_BUF, "%llu%s",
		    (unsigned long long)(ms / units[i].ms), units[i].name);
}

void
calls_age_text(char out[AGE_BUF], const struct call_rules *rules,
    unsigned bucket)
{
	char from[SPAN_BUF] = "", to[SPAN_BUF] = "";

	if (bucket > 0)
		span_text(from, rules->age_ms[bucket - 1]);
	if (bucket < CALL_AGES - 1)
		span_text(to, rules->age_ms[bucket]);
	if (bucket == 0)
		snprintf(out, AGE_BUF, "< %s", to);
	else if (bucket == CALL_AGES - 1)
		snprintf(out, AGE_BUF, ">= %s", from);
	else
		snprintf(out, AGE_BUF, "%s - %s", from, to);
}

/* ---- what is said of a row ---------------------------------------------- */

static bool
is_call(const struct calls_row *row)
{
	return row->step.to.deadline_ms != 0;
}

/* Everything of the book that somebody should look at. */
static bool
is_open(const struct calls_row *row)
{
	const struct call_state *s = &row->step.to;

	return row->slot != CALLS_NO_SLOT && ((s->state != STATE_HEALTHY &&
	    s->state != STATE_CLOSED) || s->overlay == STATE_STALE ||
	    s->overlay == STATE_PENDING || call_is_flagged(&row->input));
}

/* The root is asked for what its tree lacks. */
static bool
has_amount(const struct calls_row *row)
{
	return row->has_amount && row->slot != CALLS_NO_SLOT &&
	    row->step.to.state != STATE_HEALTHY &&
	    row->step.to.state != STATE_CLOSED;
}

static uint64_t
age_ms(const struct call_state *s, uint64_t now_ms)
{
	return s->since_ms == 0 ? 0 : now_ms - s->since_ms;
}

static struct ages
ages_of(const struct printer *p)
{
	struct ages a = { 0 };

	for (uint32_t i = 0; i < p->step->count; i++) {
		const struct calls_row *row = &p->step->row[i];
		unsigned age = call_age(&row->step.to, row->step.at_ms,
		    p->rules);

		a.changes += row->step.is_change;
		a.open += is_open(row);
		if (!is_call(row) || row->root != row->slot)
			continue;
		a.calls[age]++;
		if (has_amount(row) && usd18_add(&a.amount[age],
		    a.amount[age], row->amount) != ERR_OK)
			a.is_beyond = true;
	}
	return a;
}

/* ---- JSON --------------------------------------------------------------- */

static void
json_key_ms(struct text *t, const char *key, uint64_t ms)
{
	if (ms == 0)
		text_printf(t, ",\"%s\":null", key);
	else
		text_printf(t, ",\"%s\":%llu", key, (unsigned long long)ms);
}

static void
json_key_amount(struct text *t, const struct calls_row *row)
{
	if (has_amount(row))
		json_key_usd(t, "call_amount", row->amount);
	else
		text_put(t, ",\"call_amount\":null");
}

static const char *
overlay_name(const struct call_state *s)
{
	return s->overlay == STATE_HEALTHY ? NULL :
	    vault_state_name(s->overlay);
}

static void
json_transition(struct printer *p, const struct calls_row *row)
{
	const struct call_transition *k = &row->step;
	struct text *t = &p->t;

	text_put(t, "{\"transition\":{\"vault\":");
	text_json_string(t, row->vault, strlen(row->vault));
	json_key_text(t, "from", row->is_new ? NULL :
	    vault_state_name(k->from.state));
	json_key_text(t, "from_overlay", overlay_name(&k->from));
	json_key_text(t, "to", vault_state_name(k->to.state));
	json_key_text(t, "to_overlay", overlay_name(&k->to));
	text_printf(t, ",\"is_gone\":%s", row->slot == CALLS_NO_SLOT ?
	    "true" : "false");
	json_key_ms(t, "at", k->at_ms);
	json_key_ms(t, "deadline", k->to.deadline_ms);
	json_key_amount(t, row);
	text_printf(t, ",\"age_ms\":%llu,\"age_bucket\":%u,\"snapshot\":",
	    (unsigned long long)age_ms(&k->from, k->at_ms),
	    row->is_new ? 0 : call_age(&k->from, k->at_ms, p->rules));
	text_json_hex(t, k->snapshot.b, sizeof(k->snapshot.b));
	text_put(t, "}}\n");
}

static void
json_open_row(struct printer *p, const struct calls_row *row)
{
	const struct call_state *s = &row->step.to;
	uint64_t now = row->step.at_ms;
	struct text *t = &p->t;

	text_put(t, "{\"open\":{\"vault\":");
	text_json_string(t, row->vault, strlen(row->vault));
	json_key_text(t, "root", row->root == row->slot ? NULL :
	    p->study->input->book.vaults[row->root].name);
	json_key_text(t, "state", vault_state_name(s->state));
	json_key_text(t, "overlay", overlay_name(s));
	json_key_text(t, "shown", vault_state_name(call_shown(s)));
	json_key_ms(t, "since", s->since_ms);
	text_printf(t, ",\"age_ms\":%llu,\"age_bucket\":%u",
	    (unsigned long long)age_ms(s, now), call_age(s, now, p->rules));
	json_key_ms(t, "deadline", s->deadline_ms);
	json_key_amount(t, row);
	if (row->input.is_stale) {
		text_put(t, ",\"initial_excess\":null,"
		    "\"maintenance_excess\":null");
	} else {
		json_key_usd(t, "initial_excess", row->input.im_excess);
		json_key_usd(t, "maintenance_excess",
		    row->input.mm_excess_mid);
	}
	text_printf(t, ",\"liquidate_to_initial\":%s,\"is_flagged\":%s}}\n",
	    call_may_liquidate_to_initial(s, p->rules) ? "true" : "false",
	    !row->input.is_stale && call_is_flagged(&row->input) ? "true" :
	    "false");
}

static void
json_sum(struct printer *p, const struct ages *a)
{
	struct text *t = &p->t;
	char name[AGE_BUF];

	text_put(t, "{\"calls\":{\"snapshot\":");
	text_json_hex(t, p->step->snapshot.b, sizeof(p->step->snapshot.b));
	json_key_ms(t, "as_of", p->step->after.as_of_ms);
	text_printf(t, ",\"vaults\":%u,\"transitions\":%u,\"open\":%u,"
	    "\"recovery\":%s,\"ages\":[", p->step->after.count, a->changes,
	    a->open, p->step->is_recovery ? "true" : "false");
	for (unsigned i = 0; i < CALL_AGES; i++) {
		calls_age_text(name, p->rules, i);
		text_put(t, i ? ",{\"age\":" : "{\"age\":");
		text_json_string(t, name, strlen(name));
		text_printf(t, ",\"calls\":%u", a->calls[i]);
		json_key_usd(t, "call_amount", a->amount[i]);
		text_put(t, "}");
	}
	text_put(t, "]}}\n");
}

/* ---- tables ------------------------------------------------------------- */

static void
state_cell(char out[STATE_BUF], const struct call_state *s)
{
	const char *overlay = overlay_name(s);

	snprintf(out, STATE_BUF, "%s%s%s", vault_state_name(s->state),
	    overlay ? "+" : "", overlay ? overlay : "");
}

static void
amount_cell(char out[CELL], const struct calls_row *row)
{
	snprintf(out, CELL, "-");
	if (has_amount(row))
		cell_usd(out, row->amount);
}

static void
deadline_cell(char out[TIME_TEXT_BUF], const struct call_state *s)
{
	snprintf(out, TIME_TEXT_BUF, "-");
	if (s->deadline_ms != 0)
		time_ms_to_rfc3339(out, s->deadline_ms);
}

static void
table_transition(struct printer *p, const struct calls_row *row)
{
	const struct call_transition *k = &row->step;
	char from[STATE_BUF] = "-", to[STATE_BUF], after[SPAN_BUF] = "-";
	char call[CELL], when[TIME_TEXT_BUF];

	if (!row->is_new) {
		state_cell(from, &k->from);
		span_text(after, age_ms(&k->from, k->at_ms));
	}
	state_cell(to, &k->to);
	amount_cell(call, row);
	deadline_cell(when, &k->to);
	text_printf(&p->t, "%-*s  %-21s  %-21s  %8s  %18s  %s%s\n", p->width,
	    row->vault, from, to, after, call, when,
	    row->slot == CALLS_NO_SLOT ? "  left the book" : "");
}

static void
table_open_row(struct printer *p, const struct calls_row *row)
{
	const struct call_state *s = &row->step.to;
	char state[STATE_BUF], age[SPAN_BUF], bucket[AGE_BUF], call[CELL];
	char when[TIME_TEXT_BUF];

	state_cell(state, s);
	span_text(age, age_ms(s, row->step.at_ms));
	calls_age_text(bucket, p->rules, call_age(s, row->step.at_ms,
	    p->rules));
	amount_cell(call, row);
	deadline_cell(when, s);
	text_printf(&p->t, "%-*s  %-21s  %8s  %-10s  %18s  %s", p->width,
	    row->vault, state, age, bucket, call, when);
	if (row->root != row->slot)
		text_printf(&p->t, "  with %s",
		    p->study->input->book.vaults[row->root].name);
	if (!row->input.is_stale && call_is_flagged(&row->input))
		text_put(&p->t, "  equity below zero");
	if (call_may_liquidate_to_initial(s, p->rules))
		text_put(&p->t, "  may be liquidated to the initial level");
	text_put(&p->t, "\n");
}

static void
table_sum(struct printer *p, const struct ages *a)
{
	char now[TIME_TEXT_BUF], name[AGE_BUF], amount[CELL];

	time_ms_to_rfc3339(now, p->step->after.as_of_ms);
	text_printf(&p->t, "%s%u vaults at %s: %u changed, %u open%s\n",
	    a->changes + a->open > 0 ? "\n" : "", p->step->after.count, now,
	    a->changes, a->open, p->step->is_recovery ?
	    "; the system is in RECOVERY" : "");
	for (unsigned i = 0; i < CALL_AGES; i++) {
		if (a->calls[i] == 0)
			continue;
		calls_age_text(name, p->rules, i);
		cell_usd(amount, a->amount[i]);
		text_printf(&p->t, "calls of age %s: %u, %s USD\n", name,
		    a->calls[i], amount);
	}
}

/* ---- all of it ---------------------------------------------------------- */

static bool
emit(struct printer *p)
{
	bool ok = !p->t.failed && fwrite(p->t.at, 1, p->t.len, stdout) ==
	    p->t.len;

	text_clear(&p->t);
	return ok;
}

static bool
transitions_print(struct printer *p, const struct ages *a, bool is_json)
{
	bool ok = true;

	if (!is_json && a->changes > 0)
		text_printf(&p->t, "%-*s  %-21s  %-21s  %8s  %18s  %s\n",
		    p->width, "CHANGED", "FROM", "TO", "AFTER", "CALL",
		    "DEADLINE");
	for (uint32_t i = 0; ok && i < p->step->count; i++) {
		const struct calls_row *row = &p->step->row[i];

		if (!row->step.is_change)
			continue;
		if (is_json)
			json_transition(p, row);
		else
			table_transition(p, row);
		ok = emit(p);
	}
	return ok;
}

static bool
open_print(struct printer *p, const struct ages *a, bool is_json)
{
	bool ok = true;

	if (!is_json && a->open > 0)
		text_printf(&p->t, "%s%-*s  %-21s  %8s  %-10s  %18s  %s\n",
		    a->changes > 0 ? "\n" : "", p->width, "OPEN", "STATE",
		    "AGE", "BUCKET", "CALL", "DEADLINE");
	for (uint32_t i = 0; ok && i < p->step->count; i++) {
		const struct calls_row *row = &p->step->row[i];

		if (!is_open(row))
			continue;
		if (is_json)
			json_open_row(p, row);
		else
			table_open_row(p, row);
		ok = emit(p);
	}
	return ok;
}

bool
calls_print(const struct calls_step *step, const struct study *s,
    bool is_json)
{
	struct printer p = { .step = step, .study = s,
		.rules = &s->rules.call, .width = 7 };
	struct ages a = ages_of(&p);
	bool ok;

	if (a.is_beyond)
		fprintf(stderr, "margind calls: a sum of calls leaves its "
		    "type\n");
	for (uint32_t i = 0; i < step->count; i++) {
		int len = (int)strlen(step->row[i].vault);

		p.width = len > p.width ? len : p.width;
	}
	text_init(&p.t, LINE_MAX_BYTES);
	ok = !a.is_beyond && transitions_print(&p, &a, is_json) &&
	    open_print(&p, &a, is_json);
	if (ok) {
		if (is_json)
			json_sum(&p, &a);
		else
			table_sum(&p, &a);
		ok = emit(&p);
	}
	text_free(&p.t);
	return ok;
}
