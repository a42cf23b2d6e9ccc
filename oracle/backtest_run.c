#include "oracle/backtest_run.h"

#include "base/must.h"

#include <stdlib.h>

#define ONE ((i128)WAD_ONE_RAW)

/* One walk over a history. */
struct walk {
	const struct backtest_options *o;
	struct num18 *returns;		/* by row; the first row has none */
	struct var_rules rules;		/* stress_span in periods */
	struct sample sample, stressed;
	struct sample_work work;
	struct usd18 pnl[SAMPLE_SCENARIOS_MAX];
	struct usd18 scratch[SAMPLE_SCENARIOS_MAX];
	int64_t places[2][SAMPLE_SCENARIOS_MAX];
};

static bool
is_stressed(const struct backtest_options *o)
{
	return ppb_to_raw(o->var.weight_stressed) > 0;
}

/* The returns that the stress window needs: of a named one, all up to its end,
 * so that no margin knows what came after it. */
static uint32_t
stress_rows(const struct sample_rules *r)
{
	return r->stress_length > 0 ? r->stress_first + r->stress_length :
	    r->stress_span + r->mpor - 1;
}

uint32_t
backtest_rows_min(const struct backtest_options *o)
{
	uint32_t window = o->window;

	if (o->method == BACKTEST_STANDARD)
		window = 0;
	else if (is_stressed(o) && window < stress_rows(&o->var.sample))
		window = stress_rows(&o->var.sample);
	return window + o->var.sample.mpor + 1;
}

struct ppb
backtest_tail(const struct backtest_options *o)
{
	return ppb_from_raw(PPB_ONE_RAW - ppb_to_raw(o->var.alpha));
}

/* to / from - 1; what does not fit is the largest that does. */
static i128
change(struct px18 from, struct px18 to, enum rounding r)
{
	struct px18 grown;

	if (px18_scale(&grown, to, WAD_ONE_RAW, px18_to_raw(from), r) !=
	    ERR_OK || px18_to_raw(grown) > (u128)INT64_MAX)
		return SAMPLE_RETURN_MAX;
	return (i128)px18_to_raw(grown) - ONE;
}

/* ---- the margin of one moment ------------------------------------------- */

struct figures {
	struct usd18 margin, var, es;	/* the last two at alpha_es */
};

static enum err
figures_of(struct figures *out, enum var_measure *used, struct walk *w,
    const struct sample *sample, enum backtest_end side)
{
	struct usd18 one = usd18_from_raw(side == BACKTEST_LONG ? ONE : -ONE);
	struct var_rules at_es = w->rules;
	uint32_t n = sample->scenarios;
	enum err e = var_pnl_linear(w->pnl, &one, sample);

	at_es.alpha = at_es.alpha_es;
	if (e == ERR_OK)
		e = var_measure_of(&out->margin, used, w->o->method ==
		    BACKTEST_ES ? VAR_MEASURE_ES : VAR_MEASURE_VAR, w->pnl, n,
		    &w->rules, w->scratch);
	if (e == ERR_OK)
		e = var_from_pnl(&out->var, w->pnl, n, &at_es, w->scratch);
	return e != ERR_OK ? e : es_from_pnl(&out->es, w->pnl, n, &at_es,
	    w->scratch);
}

static enum err
joint(struct usd18 *out, struct usd18 base, struct usd18 stressed,
    const struct walk *w)
{
	struct var_parts parts = { .base = base, .stressed = stressed };

	return var_requirement(out, &parts, &w->rules);
}

static enum err
moment_side(struct figures *out, enum var_measure *used, struct walk *w,
    enum backtest_end side)
{
	struct figures base, stressed = { 0 };
	enum err e = figures_of(&base, used, w, &w->sample, side);

	if (e == ERR_OK && is_stressed(w->o))
		e = figures_of(&stressed, NULL, w, &w->stressed, side);
	if (e == ERR_OK)
		e = joint(&out->margin, base.margin, stressed.margin, w);
	if (e == ERR_OK)
		e = joint(&out->var, base.var, stressed.var, w);
	return e != ERR_OK ? e : joint(&out->es, base.es, stressed.es, w);
}

/* The returns of a named stress window, or the last of those so far that one
 * is looked for in. */
static struct sample_history
stress_history(const struct walk *w, uint32_t row)
{
	const struct sample_rules *r = &w->rules.sample;
	uint32_t first = row > SAMPLE_SCENARIOS_MAX ?
	    row - SAMPLE_SCENARIOS_MAX : 0;
	uint32_t length = row - first;

	if (r->stress_length > 0) {
		first = r->stress_first;
		length = r->stress_length;
	}
	return (struct sample_history){ .factors = 1, .length = length,
	    .column = { w->returns + 1 + first } };
}

/* The samples that row `row` sees: returns up to its own. */
static enum err
moment_samples(struct walk *w, uint32_t row)
{
	struct sample_history seen = { .factors = 1, .length = w->o->window,
	    .column = { w->returns + row + 1 - w->o->window } };
	struct sample_history bad = stress_history(w, row);
	struct sample_rules rules = w->rules.sample;
	enum err e = var_sample(&w->sample, &seen, &w->rules,
	    &w->o->rules_hash, &w->work);

	rules.stress_first = 0;
	if (e == ERR_OK && is_stressed(w->o))
		e = sample_stressed(&w->stressed, &bad, &rules);
	return e;
}

static enum err
moment(struct figures f[BACKTEST_SIDES], enum var_measure *used,
    struct walk *w, uint32_t row)
{
	enum err e = ERR_OK;

	if (w->o->method == BACKTEST_STANDARD) {
		for (int i = 0; i < BACKTEST_SIDES; i++)
			f[i].margin = w->o->fraction;
		return ERR_OK;
	}
	e = moment_samples(w, row);
	for (int i = 0; i < BACKTEST_SIDES && e == ERR_OK; i++)
		e = moment_side(&f[i], used, w, (enum backtest_end)i);
	return e;
}

/* ---- the walk ----------------------------------------------------------- */

static bool
series_make(struct backtest_series *s, uint32_t count)
{
	bool ok;

	*s = (struct backtest_series){ .count = count,
	    .review_count = count / BACKTEST_REVIEW,
	    .ms = calloc(count, sizeof(*s->ms)) };
	ok = s->ms != NULL;
	for (int i = 0; i < BACKTEST_SIDES; i++) {
		struct backtest_side *d = &s->side[i];

		d->margin = calloc(count, sizeof(*d->margin));
		d->buffered = calloc(count, sizeof(*d->buffered));
		d->loss = calloc(count, sizeof(*d->loss));
		d->es = calloc(count, sizeof(*d->es));
		d->hit = calloc(count, 1);
		d->tail_hit = calloc(count, 1);
		d->review = calloc(s->review_count + 1u, sizeof(*d->review));
		ok = ok && d->margin && d->buffered && d->loss && d->es &&
		    d->hit && d->tail_hit && d->review;
	}
	return ok;
}

static enum err
observe(struct backtest_series *s, uint32_t at, struct walk *w,
    const struct history_series *h, uint32_t row,
    struct buffer_state buffer[BACKTEST_SIDES])
{
	struct figures f[BACKTEST_SIDES] = { 0 };
	struct px18 from = h->price[row];
	struct px18 to = h->price[row + w->rules.sample.mpor];
	enum err e = moment(f, &s->used, w, row);

	s->ms[at] = h->ms[row];
	for (int i = 0; i < BACKTEST_SIDES && e == ERR_OK; i++) {
		struct backtest_side *d = &s->side[i];

		d->loss[at] = usd18_from_raw(i == BACKTEST_LONG ?
		    -change(from, to, ROUND_FLOOR) :
		    change(from, to, ROUND_CEIL));
		d->margin[at] = f[i].margin;
		d->es[at] = f[i].es;
		d->hit[at] = usd18_compare(d->loss[at], f[i].margin) > 0;
		d->tail_hit[at] = usd18_compare(d->loss[at], f[i].var) > 0;
		e = buffer_step(&buffer[i], f[i].margin, &w->o->buffer);
		d->buffered[at] = buffer[i].buffered;
	}
	return e;
}

static void
walk_init(struct walk *w, const struct backtest_options *o,
    const struct history_series *h)
{
	w->o = o;
	w->rules = o->var;
	w->rules.sample.stress_span += o->var.sample.mpor - 1;
	w->sample.capacity = w->stressed.capacity = SAMPLE_SCENARIOS_MAX;
	w->sample.r = w->places[0];
	w->stressed.r = w->places[1];
	for (uint32_t i = 1; i < h->count; i++)
		w->returns[i] = num18_from_raw(change(h->price[i - 1],
		    h->price[i], ROUND_FLOOR));
}

enum err
backtest_run(struct backtest_series *out, const struct history_series *h,
    const struct backtest_options *o, struct progress *progress)
{
	struct buffer_state buffer[BACKTEST_SIDES] = { 0 };
	uint32_t rows_min = backtest_rows_min(o), count, row;
	uint32_t mpor = o->var.sample.mpor;
	struct walk *w;
	enum err e = ERR_OK;

	MUST(mpor >= 1 && o->window <= SAMPLE_SCENARIOS_MAX);
	*out = (struct backtest_series){ 0 };
	if (h->count < rows_min)
		return ERR_MISSING;
	count = (h->count - rows_min) / mpor + 1;
	row = rows_min - 1 - mpor;
	w = calloc(1, sizeof(*w));
	if (w)
		w->returns = calloc(h->count, sizeof(*w->returns));
	if (!series_make(out, count) || !w || !w->returns)
		e = ERR_LIMIT;
	else
		walk_init(w, o, h);
	progress_begin(progress, "backtest", count);
	for (uint32_t i = 0; i < count && e == ERR_OK; i++) {
		e = observe(out, i, w, h, row + i * mpor, buffer);
		progress_step(progress, i);
	}
	progress_end(progress);
	for (int i = 0; i < BACKTEST_SIDES && e == ERR_OK; i++)
		e = backtest_review_all(out->side[i].review,
		    out->review_count, out->side[i].hit,
		    backtest_tail(o), o->is_loosening_approved);
	if (w)
		free(w->returns);
	free(w);
	if (e != ERR_OK)
		backtest_series_free(out);
	return e;
}

void
backtest_series_free(struct backtest_series *s)
{
	free(s->ms);
	for (int i = 0; i < BACKTEST_SIDES; i++) {
		struct backtest_side *d = &s->side[i];

		free(d->margin);
		free(d->buffered);
		free(d->loss);
		free(d->es);
		free(d->hit);
		free(d->tail_hit);
		free(d->review);
	}
	*s = (struct backtest_series){ 0 };
}
