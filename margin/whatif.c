#include "margin/whatif.h"

#include <string.h>

#include "base/must.h"

enum err
whatif_begin(struct whatif *w, struct book *b, uint32_t slot,
    uint32_t position_room)
{
	struct vault *v = &b->vaults[slot];

	MUST(slot < b->vault_count);
	if (position_room < b->position_count ||
	    position_room - b->position_count < POSITIONS_MAX)
		return ERR_LIMIT;
	*w = (struct whatif){ .book = b, .slot = slot, .before = *v,
	    .position_count = b->position_count, .is_open = true };
	whatif_reset(w);
	return ERR_OK;
}

void
whatif_reset(struct whatif *w)
{
	struct vault *v = &w->book->vaults[w->slot];

	MUST(w->is_open);
	*v = w->before;
	if (v->position_count > 0)
		memmove(w->book->positions + w->position_count,
		    w->book->positions + v->position_first,
		    v->position_count * sizeof(*w->book->positions));
	v->position_first = w->position_count;
}

void
whatif_end(struct whatif *w)
{
	if (!w->is_open)
		return;
	w->book->vaults[w->slot] = w->before;
	w->is_open = false;
}

enum err
whatif_do(struct whatif *w, struct action_effect *effect,
    const struct action *a)
{
	struct vault *v = &w->book->vaults[w->slot];
	size_t count = v->position_count;
	enum err e;

	MUST(w->is_open);
	e = action_apply(v, w->book->positions + w->position_count, &count,
	    effect, w->book, a);
	if (e == ERR_OK)
		v->position_count = (uint32_t)count;
	return e;
}

void
whatif_keep(struct whatif_mark *m, const struct whatif *w)
{
	MUST(w->is_open);
	m->vault = w->book->vaults[w->slot];
	if (m->vault.position_count > 0)
		memcpy(m->position, w->book->positions + w->position_count,
		    m->vault.position_count * sizeof(*m->position));
}

void
whatif_return(struct whatif *w, const struct whatif_mark *m)
{
	MUST(w->is_open);
	w->book->vaults[w->slot] = m->vault;
	if (m->vault.position_count > 0)
		memcpy(w->book->positions + w->position_count, m->position,
		    m->vault.position_count * sizeof(*m->position));
}

struct action_metrics
whatif_metrics(const struct margin_result *r)
{
	return (struct action_metrics){
		.im_excess = r->initial.excess, .mm_excess = r->mid.excess,
		.imr = r->initial.requirement, .mmr = r->mid.requirement,
		.is_unpriced = r->state == STATE_STALE || r->is_degraded,
	};
}

static enum err
effect_add(struct action_effect *sum, const struct action_effect *one)
{
	enum err e = usd18_add(&sum->realised, sum->realised, one->realised);

	return e != ERR_OK ? e : num18_add(&sum->realised_coin,
	    sum->realised_coin, one->realised_coin);
}

/* metrics_of: r, or where the vault shares its parent's collateral what its
 * root comes to. */
static enum err
metrics_of(struct action_metrics *out, const struct snapshot *s,
    uint32_t slot, const struct margin_result *r)
{
	struct margin_result sums;
	enum margin_method by;
	uint32_t root = margin_judge(&by, s, slot, r->method);
	enum err e = ERR_OK;

	if (root != slot)
		e = margin_evaluate(&sums, s, root, by);
	if (e == ERR_OK)
		*out = whatif_metrics(root == slot ? r : &sums);
	return e;
}

enum err
post_margin_of(struct post_margin *out, size_t *failed, struct whatif *w,
    const struct snapshot *s, enum margin_method method,
    const struct action *actions, size_t count)
{
	struct post_margin p;
	struct action_metrics before, after;
	bool is_cash_out = false;
	enum err e;

	MUST(w->is_open && s->book == w->book);
	memset(&p, 0, sizeof(p));
	*failed = count;
	e = margin_evaluate(&p.before, s, w->slot, method);
	if (e == ERR_OK)
		e = metrics_of(&before, s, w->slot, &p.before);
	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		struct action_effect one = { 0 };

		e = whatif_do(w, &one, &actions[i]);
		if (e == ERR_OK)
			e = effect_add(&p.effect, &one);
		if (e != ERR_OK)
			*failed = i;
		is_cash_out |= action_is_cash_out(&actions[i]);
	}
	if (e == ERR_OK)
		e = margin_evaluate(&p.after, s, w->slot, method);
	if (e == ERR_OK)
		e = metrics_of(&after, s, w->slot, &p.after);
	if (e != ERR_OK)
		return e;
	p.verdict = action_verdict(&before, &after, is_cash_out);
	after = whatif_metrics(&p.after);
	p.collateralization = method == METHOD_RATIO ?
	    p.after.collateralization_ratio : action_post_margin(&after);
	*out = p;
	return ERR_OK;
}
