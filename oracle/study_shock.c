#include "oracle/study_shock.h"

#include <stdio.h>
#include <stdlib.h>

enum err
study_shock_make(struct study_shock **out, const struct study *s)
{
	struct study_shock *k = calloc(1, sizeof(*k));

	if (!k) {
		fprintf(stderr, "margind: no memory\n");
		return ERR_LIMIT;
	}
	k->snapshot = s->snapshot;
	k->snapshot.market = &k->market;
	k->snapshot.floors = NULL;
	k->snapshot.floor_count = 0;
	*out = k;
	return ERR_OK;
}

void
study_shock_free(struct study_shock *k)
{
	if (!k)
		return;
	study_floors_free(&k->floors);
	free(k->work);
	free(k);
}

/* The scenarios of var and es made to move together, in a place of their
 * own. */
static enum err
correlate_one(struct study_shock *k, const struct study *s)
{
	if (!k->work)
		k->work = malloc(sizeof(*k->work));
	if (!k->work) {
		fprintf(stderr, "margind: no memory\n");
		return ERR_LIMIT;
	}
	*k->work = *s->work;
	k->work->var.base.r = k->work->var.base_r;
	k->work->var.stressed.r = k->work->var.stressed_r;
	if (k->work->var.has_sample) {
		sample_correlate_one(&k->work->var.base);
		sample_correlate_one(&k->work->var.stressed);
	}
	k->snapshot.work = k->work;
	return ERR_OK;
}

static enum err
apply(struct study_shock *k, const struct study *s, const struct market *from,
    const struct shock *shock)
{
	enum err e = shock_apply(&k->market, &k->terms, from,
	    &s->input->book, shock);

	if (e == ERR_OK && shock->has_correlation_one)
		e = correlate_one(k, s);
	return e != ERR_OK ? e : study_floors_make(&k->floors, &k->snapshot);
}

enum err
study_shock_do(struct study_shock *k, const struct study *s,
    const struct shock *shock)
{
	k->snapshot.work = s->work;
	return apply(k, s, &s->market->market, shock);
}

enum err
study_shock_more(struct study_shock *k, const struct study *s,
    const struct shock *shock)
{
	return apply(k, s, &k->market, shock);
}
