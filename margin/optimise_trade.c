#include "margin/optimise_trade.h"

#include <string.h>

#include "base/must.h"

#define ONE ((i128)WAD_ONE_RAW)

const char *
trade_kind_name(enum trade_kind k)
{
	switch (k) {
	case TRADE_CLOSE: return "close";
	case TRADE_HALVE: return "halve";
	case TRADE_PAIR: return "pair";
	}
	return "unnamed";
}

/* The vault as it is, and the proposals so far. */
struct desk {
	struct whatif *w;
	const struct snapshot *s;
	enum margin_method method;
	const struct optimise_rules *rules;
	const struct whatif_mark *start;
	struct action_metrics before;
	struct trade_proposal *out;
	size_t count, capacity;
};

static enum err
measure(struct action_metrics *out, bool *is_refused, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	struct margin_result r;
	enum err e = margin_evaluate(&r, s, slot, method);

	if (e != ERR_OK)
		return e;
	if (r.status.is_stale)
		return ERR_STALE;
	*out = whatif_metrics(&r);
	*is_refused = r.is_refused;
	return ERR_OK;
}

/* ---- the list ----------------------------------------------------------- */

static int
legs_compare(const struct trade_proposal *a, const struct trade_proposal *b)
{
	for (size_t i = 0; i < a->leg_count && i < b->leg_count; i++)
		if (a->leg[i].instrument != b->leg[i].instrument)
			return a->leg[i].instrument < b->leg[i].instrument ?
			    -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static bool
proposal_is_better(const struct trade_proposal *a,
    const struct trade_proposal *b)
{
	int order = optimise_ratio_compare(a->released, a->cost, b->released,
	    b->cost);

	return order != 0 ? order > 0 : legs_compare(a, b) < 0;
}

static void
desk_keep(struct desk *d, const struct trade_proposal *p)
{
	size_t at = d->count;

	while (at > 0 && proposal_is_better(p, &d->out[at - 1]))
		at--;
	if (at == d->capacity)
		return;
	d->count -= d->count == d->capacity;
	memmove(&d->out[at + 1], &d->out[at],
	    (d->count - at) * sizeof(*d->out));
	d->out[at] = *p;
	d->count++;
}

/* ---- one proposal ------------------------------------------------------- */

/* desk_leg prices one leg and does it; *done is false where it cannot be. */
static enum err
desk_leg(struct desk *d, struct trade_proposal *p, bool *done,
    const struct position *position, struct num18 size)
{
	struct node n = snapshot_node(d->s, d->w->slot);
	struct action *a = &p->leg[p->leg_count];
	struct action_effect effect;
	struct usd18 cost;
	enum err e = optimise_close(a, &cost, &n, position, size, d->rules);

	*done = e == ERR_OK && whatif_do(d->w, &effect, a) == ERR_OK;
	if (!*done)
		return e == ERR_STALE ? e : ERR_OK;
	p->leg_count++;
	return usd18_add(&p->cost, p->cost, cost);
}

/* desk_judge recomputes the vault and keeps what helps.  Most of what does
 * not shows already at mid, a small part of a whole evaluation. */
static enum err
desk_judge(struct desk *d, struct trade_proposal *p)
{
	struct point mid = point_mid();
	struct evaluation v;
	bool is_refused;
	enum err e = margin_evaluate_at(&v, d->s, d->w->slot, d->method, &mid,
	    SIDE_MAINTENANCE, NULL);

	if (e != ERR_OK || usd18_compare(v.excess, d->before.mm_excess) < 0)
		return e;
	e = measure(&p->after, &is_refused, d->s, d->w->slot, d->method);
	if (e == ERR_OK)
		e = usd18_sub(&p->released, d->before.imr, p->after.imr);
	if (e != ERR_OK)
		return e;
	if (!is_refused && usd18_compare(p->released, usd18_zero()) > 0 &&
	    usd18_compare(p->after.mm_excess, d->before.mm_excess) >= 0)
		desk_keep(d, p);
	return ERR_OK;
}

static enum err
desk_try(struct desk *d, enum trade_kind kind,
    const struct position *const *position, const struct num18 *size,
    size_t count)
{
	struct trade_proposal p = { .kind = kind };
	bool done = true;
	enum err e = ERR_OK;

	for (size_t i = 0; i < count && e == ERR_OK && done; i++) {
		if (num18_is_zero(size[i]))
			done = false;
		else
			e = desk_leg(d, &p, &done, position[i], size[i]);
	}
	if (e == ERR_OK && done)
		e = desk_judge(d, &p);
	whatif_return(d->w, d->start);
	return e;
}

static enum err
desk_singles(struct desk *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < d->start->vault.position_count; i++) {
		const struct position *p = &d->start->position[i];
		struct num18 half = num18_from_raw(num18_to_raw(p->size) / 2);

		e = desk_try(d, TRADE_CLOSE, &p, &p->size, 1);
		if (e == ERR_OK)
			e = desk_try(d, TRADE_HALVE, &p, &half, 1);
		if (e != ERR_OK)
			break;
	}
	return e;
}

/* ---- pairs -------------------------------------------------------------- */

/* The largest deltas of one sign on a factor, largest first, of equals the
 * lower instrument. */
struct delta_side {
	size_t count;
	const struct position *position[TRADE_SIDE_MAX];
	i128 delta[TRADE_SIDE_MAX];	/* magnitudes, 1e-18 USD */
};

static void
side_add(struct delta_side *s, const struct position *p, i128 delta)
{
	size_t at = s->count;

	while (at > 0 && delta > s->delta[at - 1])
		at--;
	if (at == TRADE_SIDE_MAX)
		return;
	s->count -= s->count == TRADE_SIDE_MAX;
	memmove(&s->delta[at + 1], &s->delta[at],
	    (s->count - at) * sizeof(*s->delta));
	memmove(&s->position[at + 1], &s->position[at],
	    (s->count - at) * sizeof(const struct position *));
	s->delta[at] = delta;
	s->position[at] = p;
	s->count++;
}

/* position_delta: what it makes when its factor rises by one per cent. */
static enum err
position_delta(struct usd18 *out, const struct node *n,
    const struct position *p)
{
	const struct instrument *in = &n->book->instruments[p->instrument];
	struct point up = point_mid(), mid = point_mid();
	struct point_factor *at = &up.factor[in->factor];
	struct px18 mark, moved, hundredth = px18_from_raw(WAD_ONE_RAW / 100);
	struct usd18 a, b;
	enum err e;

	if (in->is_inverse)
		return usd18_from_contracts(out, p->size, in->multiplier,
		    hundredth, ROUND_FLOOR);
	e = point_factor_price(&at->price, n->book, n->market, in->factor,
	    &mid);
	if (e == ERR_OK)
		e = px18_scale(&at->price, at->price, 101, 100, ROUND_CEIL);
	at->at = AT_PRICE;
	if (e == ERR_OK)
		e = instrument_price(&mark, n, p->instrument, &mid,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = instrument_price(&moved, n, p->instrument, &up,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_from_contracts(&a, p->size, in->multiplier, mark,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_from_contracts(&b, p->size, in->multiplier, moved,
		    ROUND_FLOOR);
	return e != ERR_OK ? e : usd18_sub(out, b, a);
}

static enum err
sides_of(struct delta_side *up, struct delta_side *down, const struct desk *d,
    uint8_t factor)
{
	struct node n = snapshot_node(d->s, d->w->slot);
	struct usd18 delta;
	enum err e;

	up->count = down->count = 0;
	for (size_t i = 0; i < d->start->vault.position_count; i++) {
		const struct position *p = &d->start->position[i];
		const struct instrument *in =
		    &n.book->instruments[p->instrument];
		i128 raw;

		if (in->factor != factor || instrument_is_pending(in,
		    n.market))
			continue;
		e = position_delta(&delta, &n, p);
		if (e != ERR_OK)
			return e;
		raw = usd18_to_raw(delta);
		if (raw > 0)
			side_add(up, p, raw);
		if (raw < 0 && raw != I128_MIN)
			side_add(down, p, -raw);
	}
	return ERR_OK;
}

/* desk_pair: all of the smaller delta, and what offsets it of the larger. */
static enum err
desk_pair(struct desk *d, const struct position *a, i128 delta_a,
    const struct position *b, i128 delta_b)
{
	bool is_ordered = a->instrument < b->instrument;
	const struct position *leg[] = { is_ordered ? a : b,
	    is_ordered ? b : a };
	i128 delta[] = { is_ordered ? delta_a : delta_b,
	    is_ordered ? delta_b : delta_a };
	i128 least = delta_a < delta_b ? delta_a : delta_b;
	struct num18 size[TRADE_LEGS_MAX];
	i128 part;
	enum err e = ERR_OK;

	for (size_t i = 0; i < TRADE_LEGS_MAX && e == ERR_OK; i++) {
		/* Toward zero: never more than there is. */
		e = muldiv_i128(&part, num18_to_raw(leg[i]->size), least,
		    delta[i], num18_is_negative(leg[i]->size) ? ROUND_CEIL :
		    ROUND_FLOOR);
		size[i] = num18_from_raw(part);
	}
	return e != ERR_OK ? e : desk_try(d, TRADE_PAIR, leg, size,
	    TRADE_LEGS_MAX);
}

static enum err
desk_pairs(struct desk *d)
{
	uint64_t factors = margin_factors(d->s, d->w->slot);
	struct delta_side up, down;
	enum err e = ERR_OK;

	for (uint8_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if ((factors >> f & 1) == 0)
			continue;
		e = sides_of(&up, &down, d, f);
		for (size_t i = 0; e == ERR_OK && i < up.count; i++)
			for (size_t k = 0; e == ERR_OK && k < down.count; k++)
				e = desk_pair(d, up.position[i], up.delta[i],
				    down.position[k], down.delta[k]);
	}
	return e;
}

enum err
trade_propose(struct trade_proposal *out, size_t *count, size_t capacity,
    struct action_metrics *before, struct whatif *w, const struct snapshot *s,
    enum margin_method method, const struct optimise_rules *r)
{
	struct whatif_mark start;
	struct desk d = { .w = w, .s = s, .method = method, .rules = r,
	    .start = &start, .out = out, .capacity = capacity };
	bool is_refused;
	enum err e;

	MUST(w->is_open && s->book == w->book);
	whatif_keep(&start, w);
	e = measure(&d.before, &is_refused, s, w->slot, method);
	if (e == ERR_OK && is_refused)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		e = desk_singles(&d);
	if (e == ERR_OK)
		e = desk_pairs(&d);
	if (e != ERR_OK)
		return e;
	*before = d.before;
	*count = d.count;
	return ERR_OK;
}

/* ---- the margin of one position ----------------------------------------- */

enum err
trade_marginal(struct usd18 *out, struct whatif *w, const struct snapshot *s,
    enum margin_method method)
{
	struct usd18 marginal[POSITIONS_MAX];
	struct action_metrics before, after;
	struct action_effect effect;
	struct whatif_mark start;
	struct action a;
	bool is_refused;
	enum err e;

	MUST(w->is_open && s->book == w->book);
	whatif_keep(&start, w);
	e = measure(&before, &is_refused, s, w->slot, method);
	for (size_t i = 0; i < start.vault.position_count && e == ERR_OK;
	    i++) {
		struct node n = snapshot_node(s, w->slot);

		marginal[i] = usd18_zero();
		e = optimise_remove(&a, &n, &start.position[i]);
		if (e == ERR_OK && whatif_do(w, &effect, &a) == ERR_OK) {
			e = measure(&after, &is_refused, s, w->slot, method);
			if (e == ERR_OK)
				e = usd18_sub(&marginal[i], before.imr,
				    after.imr);
		} else if (e != ERR_STALE) {
			e = ERR_OK;
		}
		whatif_return(w, &start);
	}
	if (e != ERR_OK)
		return e;
	memcpy(out, marginal, start.vault.position_count * sizeof(*out));
	return ERR_OK;
}
