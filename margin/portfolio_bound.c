#include "margin/portfolio_bound.h"

#include <string.h>

#include "base/must.h"
#include "margin/portfolio_drift.h"

#define BOX_MAX_RAW ((i128)WAD_ONE_RAW / 4)
#define BOXES 4u

/* slope_add: a loss over the box as USD per 1.00, ceil, onto sum. */
static enum err
slope_add(struct usd18 *sum, struct usd18 loss, struct num18 box)
{
	i128 v;
	enum err e = muldiv_i128(&v, usd18_to_raw(loss), (i128)WAD_ONE_RAW,
	    num18_to_raw(box), ROUND_CEIL);

	return e != ERR_OK ? e : usd18_add(sum, *sum, usd18_from_raw(v));
}

/* member_close: one vault's drifts into the bound. */
static enum err
member_close(struct portfolio_bound *p, struct bounding *b,
    struct usd18 excess)
{
	enum err e = usd18_sub(&excess, excess, b->guard);

	if (e == ERR_OK)
		e = usd18_add(&p->excess, p->excess, excess);
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		struct drift *d = &b->total[f];

		e = drift_add(d, &b->own[f]);
		if (e == ERR_OK)
			e = slope_add(&p->slope[f], usd18_max(usd18_zero(),
			    usd18_max(d->loss[DRIFT_UP],
			    d->loss[DRIFT_DOWN])), b->box);
		if (e == ERR_OK)
			e = slope_add(&p->basis_slope, d->alone, b->box);
		if (e == ERR_OK)
			e = usd18_add(&p->vol_slope, p->vol_slope, d->vol);
	}
	return e;
}

static enum err
member_parts(struct bounding *b, enum margin_method method)
{
	enum err e = bounding_equity(b);

	if (e != ERR_OK || b->is_lost)
		return e;
	switch (method) {
	case METHOD_RATIO:
		return ERR_OK;
	case METHOD_STANDARD:
		return bounding_standard(b);
	case METHOD_SCENARIO:
		return bounding_scenario(b);
	case METHOD_GREEKS:
	case METHOD_VAR:
	case METHOD_ES:
		b->is_lost = true;
		return ERR_OK;
	}
	MUST(false);
}

/* member_add: the vault is evaluated exactly, which leaves in the work what
 * the parts read.  A product that does not fit is no bound. */
static enum err
member_add(struct portfolio_bound *p, const struct snapshot *s, uint32_t slot,
    enum margin_method method, enum margin_side side)
{
	const struct point mid = point_mid();
	const i128 one = num18_to_raw(num18_one());
	struct node n = snapshot_node(s, slot);
	struct method_figures f;
	struct bounding b;
	enum err e = method_figures_at(&f, method_row_of(method), &n, &mid,
	    side, s->work, NULL);

	if (e != ERR_OK)
		return e;
	memset(&b, 0, sizeof(b));
	b.n = &n;
	b.work = s->work;
	b.side = side;
	b.is_scenario = method == METHOD_SCENARIO;
	b.box = p->box;
	b.above = num18_from_raw(one + num18_to_raw(p->box));
	b.below = num18_from_raw(one - num18_to_raw(p->box));
	e = member_parts(&b, method);
	if (e == ERR_OK && !b.is_lost)
		e = member_close(p, &b, f.excess);
	if (e == ERR_RANGE || b.is_lost) {
		p->exists = false;
		return ERR_OK;
	}
	return e;
}

enum err
portfolio_bound_of(struct portfolio_bound *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, enum margin_side side,
    struct num18 box)
{
	struct portfolio_bound p;

	MUST(num18_to_raw(box) > 0 && num18_to_raw(box) <= BOX_MAX_RAW);
	memset(&p, 0, sizeof(p));
	p.box = box;
	p.exists = s->floor_count == 0;
	for (uint32_t m = slot + 1; m != 0 && p.exists;
	    m = snapshot_next(s, slot, m - 1)) {
		enum err e = member_add(&p, s, m - 1, m - 1 == slot ? method :
		    margin_own_method(s, m - 1), side);

		if (e != ERR_OK)
			return e;
	}
	*out = p;
	return ERR_OK;
}

/* what_is_left: the excess once the room is paid for. */
static enum err
what_is_left(struct usd18 *out, const struct portfolio_bound *b,
    const struct portfolio_room *room)
{
	struct usd18 basis, vol;
	enum err e = usd18_mul_num(&basis, b->basis_slope, room->basis,
	    ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_mul_num(&vol, b->vol_slope, room->vol, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_sub(out, b->excess, basis);
	return e != ERR_OK ? e : usd18_sub(out, *out, vol);
}

struct num18
portfolio_bound_radius(const struct portfolio_bound *b,
    const struct portfolio_room *room)
{
	i128 one = num18_to_raw(num18_one()), r;
	i128 most = num18_to_raw(b->box) - num18_to_raw(room->basis);
	struct usd18 left, slope = usd18_zero();
	enum err e = b->exists ? what_is_left(&left, b, room) : ERR_RANGE;

	MUST(!num18_is_negative(room->band) &&
	    !num18_is_negative(room->basis) && !num18_is_negative(room->vol));
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++)
		e = usd18_add(&slope, slope, b->slope[f]);
	if (e != ERR_OK || usd18_is_negative(left) || most <= 0 ||
	    num18_to_raw(room->vol) > PORTFOLIO_BOUND_VOL_MAX_RAW)
		return num18_zero();
	/* Beyond the type is beyond the box. */
	if (usd18_is_zero(slope) || muldiv_i128(&r, usd18_to_raw(left), one,
	    usd18_to_raw(slope), ROUND_FLOOR) != ERR_OK || r > most)
		r = most;
	/* (1 + radius) (1 + band) <= 1 + r, and so below. */
	r -= num18_to_raw(room->band);
	if (r <= 0 || muldiv_i128(&r, r, one, one + num18_to_raw(room->band),
	    ROUND_FLOOR) != ERR_OK)
		return num18_zero();
	return num18_from_raw(r);
}

enum err
portfolio_bound_widest(struct portfolio_bound *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, enum margin_side side,
    const struct portfolio_room *room)
{
	struct portfolio_bound best = { .exists = false }, p;
	struct num18 radius, widest = num18_zero();

	for (unsigned i = 0; i < BOXES; i++) {
		enum err e = portfolio_bound_of(&p, s, slot, method, side,
		    num18_from_raw(BOX_MAX_RAW >> i));

		if (e != ERR_OK)
			return e;
		radius = portfolio_bound_radius(&p, room);
		if (i == 0 || num18_compare(radius, widest) > 0) {
			best = p;
			widest = radius;
		}
		/* No box is wider than itself. */
		if (!p.exists || num18_to_raw(widest) >= BOX_MAX_RAW >> (i + 1))
			break;
	}
	*out = best;
	return ERR_OK;
}
