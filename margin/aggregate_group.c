#include "margin/aggregate_group.h"

#include <string.h>

#include "base/must.h"
#include "base/u256.h"

const char *
aggregate_kind_name(enum aggregate_kind k)
{
	switch (k) {
	case AGGREGATE_SYSTEM: return "system";
	case AGGREGATE_PROTOCOL: return "protocol";
	case AGGREGATE_CHAIN: return "chain";
	case AGGREGATE_ASSET: return "asset";
	case AGGREGATE_GROUP: return "group";
	}
	return "unnamed";
}

static int
key_compare(const struct aggregate_row *r, enum aggregate_kind kind,
    uint64_t id)
{
	if (r->kind != kind)
		return r->kind < kind ? -1 : 1;
	if (r->id != id)
		return r->id < id ? -1 : 1;
	return 0;
}

/* row_place is where the key is, or where it belongs. */
static uint32_t
row_place(const struct aggregate_table *t, enum aggregate_kind kind,
    uint64_t id)
{
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (key_compare(&t->row[middle], kind, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
row_is(const struct aggregate_table *t, uint32_t at, enum aggregate_kind kind,
    uint64_t id)
{
	return at < t->count && key_compare(&t->row[at], kind, id) == 0;
}

static struct usd18
shortfall(struct usd18 excess)
{
	struct usd18 s;

	/* An excess that cannot be turned is no sum that can be kept. */
	if (!usd18_is_negative(excess) || usd18_neg(&s, excess) != ERR_OK)
		return usd18_zero();
	return s;
}

/* One sum and the part that goes in or out of it. */
struct entry {
	struct usd18 *sum;
	struct usd18 part;
};
#define ENTRIES 10u

static void
entries_of(struct entry out[ENTRIES], struct aggregate_row *r,
    const struct aggregate_part *p)
{
	const struct entry list[ENTRIES] = {
		{ &r->collateral_value, p->collateral_value },
		{ &r->debt_value, p->debt_value },
		{ &r->weighted_collateral, p->weighted_collateral },
		{ &r->weighted_debt, p->weighted_debt },
		{ &r->initial_requirement, p->initial_requirement },
		{ &r->maintenance_requirement, p->maintenance_requirement },
		{ &r->initial_excess, p->initial_excess },
		{ &r->maintenance_excess, p->maintenance_excess },
		{ &r->initial_shortfall, shortfall(p->initial_excess) },
		{ &r->maintenance_shortfall,
		    shortfall(p->maintenance_excess) },
	};

	memcpy(out, list, sizeof(list));
}

enum err
aggregate_table_add(struct aggregate_table *t, enum aggregate_kind kind,
    uint64_t id, const struct aggregate_part *p)
{
	uint32_t at = row_place(t, kind, id);
	bool is_new = !row_is(t, at, kind, id);
	struct aggregate_row next;
	struct entry list[ENTRIES];
	enum err e = ERR_OK;

	MUST((unsigned)p->state < AGGREGATE_STATES);
	if (is_new && t->count == AGGREGATE_KEYS_MAX)
		return ERR_LIMIT;
	if (is_new) {
		memset(&next, 0, sizeof(next));
		next.kind = kind;
		next.id = id;
	} else {
		next = t->row[at];
	}
	if (next.parts == UINT32_MAX)
		return ERR_RANGE;
	next.parts++;
	next.states[p->state]++;
	entries_of(list, &next, p);
	for (size_t i = 0; i < ENTRIES && p->state != STATE_STALE &&
	    e == ERR_OK; i++)
		e = usd18_add(list[i].sum, *list[i].sum, list[i].part);
	if (e != ERR_OK)
		return e;
	if (is_new) {
		memmove(&t->row[at + 1], &t->row[at],
		    (t->count - at) * sizeof(t->row[0]));
		t->count++;
	}
	t->row[at] = next;
	return ERR_OK;
}

void
aggregate_table_remove(struct aggregate_table *t, enum aggregate_kind kind,
    uint64_t id, const struct aggregate_part *p)
{
	uint32_t at = row_place(t, kind, id);
	struct entry list[ENTRIES];
	struct aggregate_row *r;

	MUST((unsigned)p->state < AGGREGATE_STATES);
	MUST(row_is(t, at, kind, id));
	r = &t->row[at];
	MUST(r->parts > 0 && r->states[p->state] > 0);
	r->parts--;
	r->states[p->state]--;
	entries_of(list, r, p);
	for (size_t i = 0; i < ENTRIES && p->state != STATE_STALE; i++) {
		enum err e = usd18_sub(list[i].sum, *list[i].sum,
		    list[i].part);

		MUST(e == ERR_OK);
	}
	MUST(!usd18_is_negative(r->collateral_value));
	MUST(!usd18_is_negative(r->debt_value));
	if (r->parts == 0) {
		t->count--;
		memmove(r, r + 1, (t->count - at) * sizeof(*r));
	}
}

const struct aggregate_row *
aggregate_table_find(const struct aggregate_table *t,
    enum aggregate_kind kind, uint64_t id)
{
	uint32_t at = row_place(t, kind, id);

	return row_is(t, at, kind, id) ? &t->row[at] : NULL;
}

void
aggregate_part_from_verdict(struct aggregate_part *out,
    const struct verdict *v)
{
	*out = (struct aggregate_part){
		.state = v->state,
		.collateral_value = v->value.collateral_value,
		.debt_value = v->value.debt_value,
		.weighted_collateral = v->value.mid.weighted_collateral,
		.weighted_debt = v->value.mid.weighted_debt,
		.initial_requirement = v->value.mid.weighted_debt,
		.maintenance_requirement = v->value.mid.weighted_debt,
		.initial_excess = v->value.initial_excess,
		.maintenance_excess = v->value.mid.excess,
	};
}

static struct usd18
at_least_zero(struct usd18 v)
{
	return usd18_max(v, usd18_zero());
}

struct wad
aggregate_row_ratio(const struct aggregate_row *r)
{
	return ratio_floor(at_least_zero(r->collateral_value),
	    at_least_zero(r->debt_value));
}

struct wad
aggregate_row_health(const struct aggregate_row *r)
{
	return ratio_floor(at_least_zero(r->weighted_collateral),
	    at_least_zero(r->weighted_debt));
}

enum err
aggregate_concentration(struct wad *out, const struct aggregate_table *t,
    enum aggregate_kind kind)
{
	struct usd18 whole = usd18_zero();
	u128 index = 0, square;
	struct wad share;
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < t->count && e == ERR_OK; i++)
		if (t->row[i].kind == kind)
			e = usd18_add(&whole, whole,
			    at_least_zero(t->row[i].collateral_value));
	if (e != ERR_OK)
		return e;
	for (uint32_t i = 0; i < t->count && !usd18_is_zero(whole); i++) {
		if (t->row[i].kind != kind)
			continue;
		e = wad_from_ratio(&share,
		    at_least_zero(t->row[i].collateral_value), whole,
		    ROUND_CEIL);
		if (e == ERR_OK)
			e = muldiv_u128(&square, wad_to_raw(share),
			    wad_to_raw(share), WAD_ONE_RAW, ROUND_CEIL);
		if (e != ERR_OK)
			return e;
		index += square;	/* at most 512 times one */
	}
	*out = wad_from_raw(index < WAD_ONE_RAW ? index : WAD_ONE_RAW);
	return ERR_OK;
}

void
recovery_rules_default(struct recovery_rules *r)
{
	*r = (struct recovery_rules){
		.critical_ratio = wad_from_raw(WAD_ONE_RAW / 10 * 15),
		.hysteresis = ppb_from_raw(20000000),
	};
}

/* backs: V >= D * ratio. */
static bool
backs(struct usd18 collateral, struct usd18 debt, u128 ratio_raw)
{
	struct u256 have = u256_mul_u128((u128)usd18_to_raw(collateral),
	    WAD_ONE_RAW);
	struct u256 need = u256_mul_u128((u128)usd18_to_raw(debt),
	    ratio_raw);

	return u256_compare(&have, &need) >= 0;
}

bool
recovery_step(bool was_in_recovery, struct usd18 collateral_value,
    struct usd18 debt_value, const struct recovery_rules *r)
{
	struct usd18 collateral = at_least_zero(collateral_value);
	struct usd18 debt = at_least_zero(debt_value);
	u128 critical = wad_to_raw(r->critical_ratio);
	u128 step = (u128)ppb_to_raw(r->hysteresis) *
	    (WAD_ONE_RAW / PPB_ONE_RAW);

	MUST(critical <= U128_MAX - step);
	if (usd18_is_zero(debt))
		return false;
	return !backs(collateral, debt,
	    was_in_recovery ? critical + step : critical);
}
