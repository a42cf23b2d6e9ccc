/* Named stress as a hard floor of the requirement (margin-model 1.5). */
#include "margin/evaluate.h"

enum err
margin_loss_of(struct usd18 *out, const struct evaluation *before,
    const struct evaluation *after)
{
	struct usd18 loss;
	enum err e = usd18_sub(&loss, before->equity, after->equity);

	if (e == ERR_OK)
		*out = usd18_max(loss, usd18_zero());
	return e;
}

static enum err
floor_raise(struct evaluation *v, struct usd18 floor)
{
	enum err e;

	if (usd18_compare(v->requirement, floor) >= 0)
		return ERR_OK;
	v->requirement = floor;
	v->binding = (struct requirement){ .amount = floor,
		.binding = "stress", .is_refused = v->binding.is_refused };
	e = usd18_sub(&v->excess, v->equity, floor);
	return e != ERR_OK ? e : margin_health_of(&v->health, v);
}

enum err
margin_apply_floors(struct margin_result *r, const struct snapshot *s,
    uint32_t slot)
{
	struct margin_result raised = *r;
	struct usd18 floor = usd18_zero();
	struct point mid = point_mid();
	enum err e = ERR_OK;

	if (s->floor_count == 0)
		return ERR_OK;
	for (size_t i = 0; i < s->floor_count && e == ERR_OK; i++) {
		struct evaluation after;
		struct usd18 loss;

		e = margin_evaluate_at(&after, &s->floors[i], slot, r->method,
		    &mid, SIDE_MAINTENANCE, NULL);
		if (e == ERR_STALE) {
			e = ERR_OK;
			continue;
		}
		if (e == ERR_OK)
			e = margin_loss_of(&loss, &r->mid, &after);
		if (e == ERR_OK)
			floor = usd18_max(floor, loss);
	}
	if (e == ERR_OK)
		e = floor_raise(&raised.mid, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.worst, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.best, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.initial, floor);
	if (e != ERR_OK)
		return e;
	raised.state = margin_state_of(&raised);
	*r = raised;
	return ERR_OK;
}
