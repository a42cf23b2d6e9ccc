#include "oracle/stress_depth.h"

#include "base/decimal.h"

#include <stdio.h>
#include <string.h>

enum err
stress_depth_rules(struct stress_depth *d, const char *share,
    const struct book *b, const uint8_t *factor)
{
	i128 raw;
	enum err e;

	if (!share)
		share = STRESS_DEPTH_DEFAULT;
	e = decimal_to_i128(&raw, share, strlen(share), 18);
	if (e == ERR_OK && raw < 0)
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = ladder_rules_of_book(&d->rules, b, num18_from_raw(raw));
	if (e == ERR_OK && factor)
		ladder_rules_one_factor(&d->rules, *factor);
	return e;
}

bool
stress_depth_counts(const struct study *s, uint32_t slot,
    enum margin_method method)
{
	return method == METHOD_RATIO &&
	    !tree_is_shared(&s->input->book.vaults[slot]) &&
	    margin_is_tokens_alone(&s->snapshot, slot);
}

static enum err
vault_add(struct ladder *l, const struct study *s, uint32_t slot)
{
	struct ladder_leg legs[2 * BOOK_LEGS_MAX];
	const struct book *b = &s->input->book;
	size_t count;
	enum err e = ladder_legs_of_vault(legs, &count, b, &b->vaults[slot],
	    s->snapshot.market);

	return e == ERR_OK ? aggregate_ladder_add(l, legs, count) : e;
}

void
stress_depth_fill(struct stress_depth *d, const struct study *s,
    const enum margin_method *override)
{
	const struct book *b = &s->input->book;
	enum err e;

	d->is_whole = true;
	aggregate_ladder_start(&d->ladder, &d->rules);
	for (uint32_t i = 0; i < b->vault_count; i++) {
		if (!stress_depth_counts(s, i, study_method(s, i, override)))
			continue;
		e = vault_add(&d->ladder, s, i);
		if (e == ERR_OK || e == ERR_STALE)
			continue;
		d->is_whole = false;
		fprintf(stderr, "margind stress: vault %s is larger than the "
		    "ladder's 5e12 USD: no figures by depth\n",
		    b->vaults[i].name);
	}
	e = aggregate_ladder_finish(&d->ladder);
	if (e == ERR_OK)
		return;
	d->is_whole = false;
	fprintf(stderr, "margind stress: the ladder's sums leave their type: "
	    "no figures by depth\n");
}

enum err
stress_depth_bad_debt(struct usd18 *out, const struct stress_depth *d,
    uint32_t line, struct usd18 of_others)
{
	return usd18_add(out, d->ladder.line[line].bad_debt_limited,
	    of_others);
}
