#include "oracle/calls_step.h"

#include "base/keccak.h"
#include "base/must.h"
#include "oracle/margin_json.h"

#include <stdlib.h>
#include <string.h>

struct b32
calls_snapshot_hash(const struct study *s, const struct b32 *book,
    const struct b32 *market, const enum margin_method *method)
{
	struct rules rules = s->rules;
	struct keccak256 k;
	struct b32 hash;

	if (method) {
		rules.has_method = true;
		rules.method = *method;
		rules_seal(&rules);
	}
	keccak256_init(&k);
	keccak256_update(&k, book->b, sizeof(book->b));
	keccak256_update(&k, market->b, sizeof(market->b));
	keccak256_update(&k, rules.hash.b, sizeof(rules.hash.b));
	keccak256_final(&k, &hash);
	return hash;
}

/* ---- what a vault is ---------------------------------------------------- */

static bool
legs_are_empty(const struct leg *legs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (legs[i].amount != 0)
			return false;
	return true;
}

static bool
is_empty(const struct snapshot *s, uint32_t root)
{
	for (uint32_t m = root + 1; m != 0; m = snapshot_next(s, root,
	    m - 1)) {
		const struct vault *v = &s->book->vaults[m - 1];

		if (v->position_count > 0 || v->order_count > 0 ||
		    !legs_are_empty(v->collateral, v->collateral_count) ||
		    !legs_are_empty(v->debt, v->debt_count))
			return false;
	}
	return true;
}

/* Of `ratio` the sum of D * b stands in for both requirements; what shares
 * with it may ask for one of its own. */
static enum err
requirements_of(struct call_input *x, const struct margin_result *r)
{
	enum err e;

	x->imr = r->initial.requirement;
	x->mmr = r->mid.requirement;
	if (r->method != METHOD_RATIO)
		return ERR_OK;
	e = usd18_add(&x->imr, x->imr, r->mid.weighted_debt);
	return e != ERR_OK ? e : usd18_add(&x->mmr, x->mmr,
	    r->mid.weighted_debt);
}

static bool
has_obligation(const struct margin_result *r)
{
	return !usd18_is_zero(r->debt_value) ||
	    !usd18_is_zero(r->mid.requirement) ||
	    !usd18_is_zero(r->worst.requirement) ||
	    !usd18_is_zero(r->best.requirement);
}

void
calls_input_of(struct call_input *out, struct usd18 *collateral,
    struct usd18 *debt, const struct study *s, uint32_t slot,
    const enum margin_method *method)
{
	struct margin_row row;
	const struct margin_result *r = &row.result;

	margin_row_of(&row, s, slot, study_method(s, slot, method));
	*out = (struct call_input){
		.im_excess = r->initial.excess,
		.mm_excess_mid = r->mid.excess,
		.mm_excess_worst = r->worst.excess,
		.mm_excess_best = r->best.excess,
		.equity = r->equity,
		.has_obligation = has_obligation(r),
		.is_empty = is_empty(&s->snapshot, slot),
		.is_stale = !row.has_figures || r->is_refused,
		.is_pending = r->status.is_pending,
		.as_of_ms = s->market->market.as_of_ms,
	};
	/* PENDING lies over the state in the result. */
	out->is_worthless = (r->state == STATE_PENDING ? margin_state_of(r) :
	    r->state) == STATE_INSOLVENT;
	if (requirements_of(out, r) != ERR_OK)
		out->is_stale = true;
	*collateral = out->is_stale ? usd18_zero() : r->collateral_value;
	*debt = out->is_stale ? usd18_zero() : r->debt_value;
}

/* ---- all of them -------------------------------------------------------- */

struct work {
	struct calls_step *step;
	const struct study *study;
	const struct calls_state *before;
	bool *seen;		/* by entry of before: in the book */
	uint64_t now_ms;
};

/* inputs_fill: the book's rows, in slot order; of roots what judges them. */
static enum err
inputs_fill(struct work *w, const enum margin_method *method)
{
	const struct book *b = &w->study->input->book;
	struct usd18 held = usd18_zero(), owed = usd18_zero(), v, d;
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < b->vault_count && e == ERR_OK; i++) {
		struct calls_row *row = &w->step->row[w->step->count++];

		row->vault = b->vaults[i].name;
		row->slot = i;
		row->root = tree_root(b, i);
		if (row->root != i)
			continue;
		calls_input_of(&row->input, &v, &d, w->study, i, method);
		e = usd18_add(&held, held, v);
		if (e == ERR_OK)
			e = usd18_add(&owed, owed, d);
	}
	if (e == ERR_OK)
		w->step->is_recovery = recovery_step(w->before->is_recovery,
		    held, owed, &w->study->rules.liquidation.recovery);
	return e;
}

/* from_fill: where the vault was; a new one starts as a zeroed state. */
static void
from_fill(struct work *w, struct calls_row *row)
{
	const struct calls_entry *was = calls_state_find(w->before,
	    row->vault);

	row->is_new = !was;
	if (!was)
		return;
	row->step.from = was->state;
	w->seen[was - w->before->entry] = true;
}

/* A number that does not fit decides nothing. */
static void
row_step(struct work *w, struct calls_row *row)
{
	const struct call_rules *rules = &w->study->rules.call;
	const struct call_state from = row->step.from;
	struct call_state to;
	enum err e;

	row->input.is_recovery = w->step->is_recovery;
	row->input.snapshot = w->step->snapshot;
	e = call_step(&to, &row->step, &from, &row->input, rules);
	if (e == ERR_RANGE) {
		row->input.is_stale = true;
		e = call_step(&to, &row->step, &from, &row->input, rules);
	}
	MUST(e == ERR_OK);	/* nothing is younger than the market */
	row->has_amount = !row->input.is_stale && call_amount(&row->amount,
	    row->input.im_excess, row->input.imr, rules) == ERR_OK;
}

/* row_follow: what its root came to. */
static void
row_follow(struct calls_row *row, const struct calls_row *root)
{
	struct call_transition *t = &row->step;

	row->input = root->input;
	t->to = root->step.to;
	t->at_ms = root->step.at_ms;
	t->snapshot = root->step.snapshot;
	t->is_change = t->to.state != t->from.state ||
	    t->to.overlay != t->from.overlay;
}

static void
rows_step(struct work *w)
{
	struct calls_row *rows = w->step->row;
	uint32_t in_book = w->step->count;

	for (uint32_t i = 0; i < in_book; i++) {
		from_fill(w, &rows[i]);
		if (rows[i].root == i)
			row_step(w, &rows[i]);
	}
	for (uint32_t i = 0; i < in_book; i++)
		if (rows[i].root != i)
			row_follow(&rows[i], &rows[rows[i].root]);
	for (uint32_t i = 0; i < w->before->count; i++) {
		struct calls_row *row = &rows[w->step->count];

		if (w->seen[i])
			continue;
		*row = (struct calls_row){ .slot = CALLS_NO_SLOT,
		    .vault = w->before->entry[i].vault, .root = CALLS_NO_SLOT,
		    .step.from = w->before->entry[i].state,
		    .input = { .is_empty = true, .as_of_ms = w->now_ms } };
		row_step(w, row);
		w->step->count++;
	}
}

static int
row_compare(const void *a, const void *b)
{
	return strcmp(((const struct calls_row *)a)->vault,
	    ((const struct calls_row *)b)->vault);
}

static void
after_fill(struct work *w)
{
	struct calls_step *step = w->step;

	qsort(step->row, step->count, sizeof(*step->row), row_compare);
	step->after.as_of_ms = w->now_ms;
	step->after.snapshot = step->snapshot;
	step->after.is_recovery = step->is_recovery;
	for (uint32_t i = 0; i < step->count; i++) {
		struct calls_entry *n = &step->after.entry[step->after.count];

		if (step->row[i].slot == CALLS_NO_SLOT)
			continue;
		memcpy(n->vault, step->row[i].vault,
		    strlen(step->row[i].vault) + 1);
		n->state = step->row[i].step.to;
		step->after.count++;
	}
}

enum err
calls_step_make(struct calls_step *step, const struct study *s,
    const struct calls_state *before, const struct b32 *snapshot,
    const enum margin_method *method)
{
	size_t in_book = s->input->book.vault_count;
	struct calls_step made = { .snapshot = *snapshot };
	struct work w = { .step = &made, .study = s, .before = before,
		.now_ms = s->market->market.as_of_ms };
	enum err e = ERR_LIMIT;

	if (w.now_ms < before->as_of_ms)
		return ERR_STATE;
	made.row = calloc(in_book + before->count + 1, sizeof(*made.row));
	made.after.entry = calloc(in_book + 1, sizeof(*made.after.entry));
	w.seen = calloc(before->count + 1u, sizeof(*w.seen));
	if (made.row && made.after.entry && w.seen)
		e = inputs_fill(&w, method);
	if (e == ERR_OK) {
		rows_step(&w);
		after_fill(&w);
		*step = made;
	} else {
		calls_step_free(&made);
	}
	free(w.seen);
	return e;
}

void
calls_step_free(struct calls_step *step)
{
	free(step->row);
	calls_state_free(&step->after);
	memset(step, 0, sizeof(*step));
}
