#include "oracle/study.h"

#include "margin/collateral.h"
#include "margin/lien.h"
#include "margin/stress.h"
#include "oracle/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err
no_memory(void)
{
	fprintf(stderr, "margind: no memory\n");
	return ERR_LIMIT;
}

static enum err
tree_place(struct study *s)
{
	const struct book *b = &s->input->book;
	size_t count = b->vault_count ? b->vault_count : 1;
	bool any = false;

	for (uint32_t i = 0; i < b->vault_count && !any; i++)
		any = tree_is_shared(&b->vaults[i]);
	if (!any)
		return ERR_OK;
	s->tree.first = calloc(count, sizeof(*s->tree.first));
	s->tree.next = calloc(count, sizeof(*s->tree.next));
	if (!s->tree.first || !s->tree.next)
		return no_memory();
	tree_build(&s->tree, b);
	s->snapshot.tree = &s->tree;
	return ERR_OK;
}

static enum err
liens_resolve(struct study *s)
{
	const struct book *b = &s->input->book;
	size_t legs = lien_leg_count(b);
	struct lien_scratch scratch = { 0 };
	enum err e = ERR_LIMIT;

	if (legs == 0)
		return ERR_OK;
	s->grants = calloc(legs, sizeof(*s->grants));
	scratch.order = calloc(b->lien_count + 1u, sizeof(*scratch.order));
	scratch.left = calloc(b->lien_count + 1u, sizeof(*scratch.left));
	if (s->grants && scratch.order && scratch.left)
		e = lien_resolve(s->grants, &s->snapshot.grant_count, legs,
		    &s->liens, &scratch, b, NULL, &s->rules.collateral);
	free(scratch.order);
	free(scratch.left);
	if (e == ERR_LIMIT)
		return no_memory();
	s->snapshot.grants = s->grants;
	if (e != ERR_OK)
		fprintf(stderr, "margind: a lien's haircut does not fit\n");
	return e;
}

struct study_floor {
	struct market market;
	struct market_terms terms;
};

enum err
study_floors_make(struct study_floors *f, struct snapshot *s)
{
	uint32_t bits = s->rules->stress.floors;
	size_t count = (size_t)__builtin_popcount(bits), made = 0;
	struct snapshot bare = *s;
	struct shock k;
	enum err e = ERR_OK;

	if (count == 0)
		return ERR_OK;
	if (!f->at)
		f->at = calloc(count, sizeof(*f->at));
	if (!f->snapshots)
		f->snapshots = calloc(count, sizeof(*f->snapshots));
	if (!f->at || !f->snapshots)
		return no_memory();
	bare.floors = NULL;
	bare.floor_count = 0;
	for (size_t i = 0; e == ERR_OK && shock_named(&k, i, s->book); i++) {
		if ((bits >> i & 1) == 0)
			continue;
		e = shock_apply(&f->at[made].market, &f->at[made].terms,
		    s->market, s->book, &k);
		f->snapshots[made] = bare;
		f->snapshots[made].market = &f->at[made].market;
		made++;
	}
	if (e != ERR_OK) {
		fprintf(stderr, "margind: a shocked price does not fit\n");
		return e;
	}
	s->floors = f->snapshots;
	s->floor_count = made;
	return ERR_OK;
}

void
study_floors_free(struct study_floors *f)
{
	free(f->at);
	free(f->snapshots);
}

static enum err
prepare(struct study *s)
{
	struct book *b = &s->input->book;
	struct market *m = &s->market->market;
	enum err e;

	rules_refuse_bands(m, &s->market->terms.terms, &s->rules);
	e = collateral_freeze(b, NULL, NULL, m, m->as_of_ms,
	    &s->rules.collateral);
	if (e != ERR_OK) {
		fprintf(stderr, "margind: a dynamic haircut does not fit\n");
		return e;
	}
	s->work = calloc(1, sizeof(*s->work));
	if (!s->work)
		return no_memory();
	method_work_init(s->work, b);
	s->sample = method_work_sample(s->work, b, m, &s->rules);
	s->snapshot.book = b;
	s->snapshot.market = m;
	s->snapshot.rules = &s->rules;
	s->snapshot.work = s->work;
	e = tree_place(s);
	if (e == ERR_OK)
		e = liens_resolve(s);
	return e != ERR_OK ? e : study_floors_make(&s->floors, &s->snapshot);
}

enum err
study_open(struct study *s, const char *book_path, const char *market_path,
    const char *rules_path)
{
	return study_open_hashed(s, NULL, NULL, book_path, market_path,
	    rules_path);
}

enum err
study_open_hashed(struct study *s, struct b32 *book_hash,
    struct b32 *market_hash, const char *book_path, const char *market_path,
    const char *rules_path)
{
	enum err e;

	memset(s, 0, sizeof(*s));
	e = input_rules_read(&s->rules, rules_path);
	if (e == ERR_OK)
		e = input_book_read(&s->input, book_hash, book_path, 0);
	if (e == ERR_OK)
		e = input_market_read(&s->market, market_hash, s->input,
		    market_path);
	return e != ERR_OK ? e : prepare(s);
}

void
study_close(struct study *s)
{
	free(s->tree.first);
	free(s->tree.next);
	free(s->grants);
	study_floors_free(&s->floors);
	free(s->work);
	input_market_free(s->market);
	input_book_free(s->input);
	memset(s, 0, sizeof(*s));
}

enum margin_method
study_method(const struct study *s, uint32_t slot,
    const enum margin_method *override)
{
	return override ? *override : margin_own_method(&s->snapshot, slot);
}

bool
study_find(const struct study *s, const char *command, const char *name,
    uint32_t *slot)
{
	const struct book *b = &s->input->book;
	struct suggest nearest = { 0 };

	for (uint32_t i = 0; i < b->vault_count; i++) {
		if (strcmp(b->vaults[i].name, name) == 0) {
			*slot = i;
			return true;
		}
		suggest_offer(&nearest, name, strlen(name),
		    b->vaults[i].name);
	}
	fprintf(stderr, "margind %s: no vault `%s`%s%s%s\n", command, name,
	    nearest.best ? " (did you mean `" : "",
	    nearest.best ? nearest.best : "", nearest.best ? "`?)" : "");
	return false;
}

bool
study_method_named(const char *command, const char *name,
    enum margin_method *out)
{
	struct suggest nearest = { 0 };

	for (unsigned m = METHOD_RATIO; m <= METHOD_ES; m++) {
		const char *known = margin_method_name((enum margin_method)m);

		if (strcmp(known, name) == 0) {
			*out = (enum margin_method)m;
			return true;
		}
		suggest_offer(&nearest, name, strlen(name), known);
	}
	fprintf(stderr, "margind %s: unknown method `%s`%s%s%s\n", command,
	    name, nearest.best ? " (did you mean `" : "",
	    nearest.best ? nearest.best : "", nearest.best ? "`?)" : "");
	return false;
}
