#include "margin/portfolio_reach.h"

#include <string.h>

#include "base/must.h"
#include "margin/bands_edge.h"
#include "margin/node_value.h"

#define ALIGN 64u
#define WORD 64u
/* 8192 buckets an octave, linear in between, as margin/bands.h has them. */
#define OCTAVE_BITS 13u
#define OCTAVE (1u << OCTAVE_BITS)
#define COMPANIONS 2u
/* What one more atom owed may come to: rounded up twice, at up to 5/4 of the
 * price, times a weight below 4.3. */
#define ATOM_GUARD 11u

/* Each tier has a quarter of the slack of the one before. */
#define TIER_SHARE 4
#define BOX_MOST_RAW ((i128)WAD_ONE_RAW / 4)
#define BOX_LEAST_RAW ((i128)WAD_ONE_RAW / 32)
/* A miss more doubles the wait, up to 2^this. */
#define MISSES_MAX 5u

/* A vault's lists of a factor: these two of each tier, and one. */
enum list_kind { LIST_PLAIN, LIST_DATED, LIST_KINDS };
#define LIST_ALWAYS (LIST_KINDS * PORTFOLIO_TIERS)
#define LISTS (LIST_ALWAYS + 1)

struct layout {
	size_t price, queue, queued, tried, epoch, ladder, all;
};

static size_t
aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static uint32_t
price_count_of(const struct portfolio_reach_limits *l)
{
	return l->market.factors + COMPANIONS * l->market.assets;
}

static struct ladder_size
ladder_of(const struct portfolio_reach_limits *l)
{
	MUST(l->legs <= LADDER_NODES_MAX / 3);
	return (struct ladder_size){
		.rings = 2 * price_count_of(l),
		.lists = LISTS * l->market.factors,
		.slots = l->vaults,
		.nodes = 3 * l->legs,	/* up, down and a list */
	};
}

static struct layout
layout_of(const struct portfolio_reach_limits *l)
{
	struct ladder_size ladder = ladder_of(l);
	struct layout y;

	y.price = 0;
	y.queue = y.price + aligned(price_count_of(l) *
	    sizeof(struct portfolio_reach_price));
	y.queued = y.queue + aligned(l->vaults * sizeof(uint32_t));
	y.tried = y.queued + aligned((l->vaults + WORD - 1) / WORD *
	    sizeof(uint64_t));
	y.epoch = y.tried + aligned(l->vaults *
	    sizeof(struct portfolio_reach_try));
	y.ladder = y.epoch + PORTFOLIO_TIERS *
	    aligned(portfolio_epoch_bytes(&l->market));
	y.all = y.ladder + aligned(ladder_bytes(&ladder));
	return y;
}

size_t
portfolio_reach_bytes(const struct portfolio_reach_limits *l)
{
	return layout_of(l).all;
}

void
portfolio_reach_init(struct portfolio_reach *r, void *arena,
    const struct portfolio_reach_limits *l,
    const struct portfolio_slack *slack)
{
	struct ladder_size ladder = ladder_of(l);
	struct layout y = layout_of(l);
	struct portfolio_slack part = *slack;
	uint8_t *at = arena;

	memset(r, 0, sizeof(*r));
	r->limits = *l;
	r->price = (void *)(at + y.price);
	r->price_count = price_count_of(l);
	r->queue = (void *)(at + y.queue);
	r->queued = (void *)(at + y.queued);
	r->tried = (void *)(at + y.tried);
	for (size_t i = 0; i < PORTFOLIO_TIERS; i++) {
		portfolio_epoch_init(&r->epoch[i], at + y.epoch + i *
		    aligned(portfolio_epoch_bytes(&l->market)), &l->market,
		    &part);
		part.band = num18_from_raw(num18_to_raw(part.band) /
		    TIER_SHARE);
		part.basis = num18_from_raw(num18_to_raw(part.basis) /
		    TIER_SHARE);
		part.vol = num18_from_raw(num18_to_raw(part.vol) /
		    TIER_SHARE);
	}
	ladder_init(&r->ladder, at + y.ladder, &ladder);
}

void
portfolio_reach_restart(struct portfolio_reach *r)
{
	for (size_t i = 0; i < PORTFOLIO_TIERS; i++)
		portfolio_epoch_restart(&r->epoch[i]);
}

/* ---- the queue ----------------------------------------------------------- */

static bool
is_queued(const struct portfolio_reach *r, uint32_t slot)
{
	return r->queued[slot / WORD] >> slot % WORD & 1;
}

static void
queue_put(struct portfolio_reach *r, uint32_t slot)
{
	if (is_queued(r, slot))
		return;
	/* As many at most as bits are set. */
	MUST(r->queue_first + r->queue_count < r->limits.vaults);
	r->queue[r->queue_first + r->queue_count++] = slot;
	r->queued[slot / WORD] |= UINT64_C(1) << slot % WORD;
}

/* drain queues a list whole, whose vaults are then in none. */
static uint32_t
drain(struct portfolio_reach *r, uint32_t list)
{
	uint32_t slot, n = 0;

	if (!ladder_set_aside(&r->ladder, list))
		return 0;
	for (; ladder_pop(&slot, &r->ladder); n++)
		queue_put(r, slot);
	return n;
}

uint32_t
portfolio_reach_next(struct portfolio_reach *r,
    uint32_t slot[PORTFOLIO_REACH_BATCH])
{
	uint32_t n = 0;

	for (; n < PORTFOLIO_REACH_BATCH && r->queue_count > 0; n++) {
		slot[n] = r->queue[r->queue_first++];
		r->queue_count--;
		r->queued[slot[n] / WORD] &= ~(UINT64_C(1) << slot[n] % WORD);
	}
	r->named += n;
	return n;
}

void
portfolio_reach_forget(struct portfolio_reach *r, uint32_t slot)
{
	uint32_t i = r->queue_first, end = i + r->queue_count;

	ladder_remove(&r->ladder, slot);
	r->tried[slot] = (struct portfolio_reach_try){ 0, 0 };
	if (!is_queued(r, slot))
		return;
	while (r->queue[i] != slot)
		i++;
	memmove(&r->queue[i], &r->queue[i + 1], (end - i - 1) *
	    sizeof(r->queue[0]));
	r->queue_count--;
	r->queued[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
}

/* ---- the move ------------------------------------------------------------ */

/* bucket_of: monotone. */
static uint32_t
bucket_of(struct px18 p)
{
	u128 raw = px18_to_raw(p);
	unsigned bits = bands_bits(raw);
	u128 top = bits > OCTAVE_BITS + 1 ? raw >> (bits - OCTAVE_BITS - 1) :
	    raw << (OCTAVE_BITS + 1 - bits);

	return bits * OCTAVE + ((uint32_t)top & (OCTAVE - 1));
}

static uint32_t
ring_up(uint32_t price)
{
	return 2 * price;
}

static uint32_t
ring_down(uint32_t price)
{
	return 2 * price + 1;
}

/* list: of a factor, below LISTS. */
static uint32_t
list_of(const struct portfolio_reach *r, uint32_t list, uint32_t factor)
{
	return ladder_of_list(&r->ladder, factor * LISTS + list);
}

static uint32_t
tier_list(unsigned tier, enum list_kind kind)
{
	return tier * LIST_KINDS + kind;
}

/* pass drains the buckets [from, to) of a ring; all of it beyond a turn. */
static void
pass(struct portfolio_reach *r, uint32_t ring, uint32_t from, uint32_t to)
{
	uint32_t count = to - from < LADDER_RING ? to - from : LADDER_RING;

	for (uint32_t at = from; count > 0; at++, count--) {
		uint32_t empty = ladder_skip(&r->ladder, ring, at, count);

		at += empty;
		count -= empty;
		if (count == 0)
			break;
		r->by_trigger += drain(r, ladder_of_bucket(ring, at));
	}
}

/* price_move: triggers above lie above the bucket that the price was in, those
 * below lie below it, and none so far that a ring would not hold it: within a
 * quarter of the price. */
static void
price_move(struct portfolio_reach *r, uint32_t at, const struct px18 *now)
{
	struct portfolio_reach_price *p = &r->price[at];
	bool was_known = p->is_known;
	uint32_t was = p->bucket;

	p->is_known = now != NULL;
	if (now == NULL)
		return;	/* an epoch is over, or nobody has triggers here */
	p->price = *now;
	p->bucket = bucket_of(*now);
	if (!was_known || p->bucket == was)
		return;
	if (p->bucket > was)
		pass(r, ring_up(at), was + 1, p->bucket + 1);
	else
		pass(r, ring_down(at), p->bucket, was);
}

static uint32_t
companion_of(const struct portfolio_reach *r, uint32_t asset, bool is_stable)
{
	return r->limits.market.factors + COMPANIONS * asset + is_stable;
}

static void
prices_move(struct portfolio_reach *r, const struct snapshot *s)
{
	for (uint8_t f = 0; f < s->book->factor_count; f++) {
		struct px18 px;
		bool is_known = portfolio_epoch_reference(&px,
		    &r->epoch[0], f);

		price_move(r, f, is_known ? &px : NULL);
	}
	for (uint32_t i = 0; i < s->book->asset_count; i++) {
		const struct market_price *p = &s->market->asset[i];

		price_move(r, companion_of(r, i, false), p->has_twap ?
		    &p->twap : NULL);
		price_move(r, companion_of(r, i, true), p->has_stable ?
		    &p->stable : NULL);
	}
}

static void
epochs_move(struct portfolio_reach *r, const struct snapshot *s, unsigned tier)
{
	struct portfolio_epoch *e = &r->epoch[tier];

	portfolio_epoch_move(e, s);
	for (uint8_t f = 0; f < s->book->factor_count; f++) {
		if (e->plain >> f & 1)
			r->by_epoch += drain(r, list_of(r, tier_list(tier,
			    LIST_PLAIN), f));
		if (e->dated >> f & 1)
			r->by_epoch += drain(r, list_of(r, tier_list(tier,
			    LIST_DATED), f));
	}
}

/* Epochs go first: what they name has no triggers left to pass. */
void
portfolio_reach_move(struct portfolio_reach *r, const struct snapshot *s)
{
	MUST(s->book->vault_count <= r->limits.vaults);
	memmove(r->queue, &r->queue[r->queue_first], r->queue_count *
	    sizeof(r->queue[0]));
	r->queue_first = 0;
	r->moves++;
	for (unsigned i = 0; i < PORTFOLIO_TIERS; i++)
		epochs_move(r, s, i);
	for (uint8_t f = 0; f < s->book->factor_count; f++)
		if (r->epoch[0].moved >> f & 1)
			r->by_always += drain(r, list_of(r, LIST_ALWAYS, f));
	prices_move(r, s);
}

/* ---- what a vault hangs on ----------------------------------------------- */

struct noting {
	struct portfolio_reach *r;
	const struct snapshot *s;
	uint32_t slot;
	const struct vault *v;
	uint64_t factors;
	bool is_dated;
	struct num18 radius;
};

static bool
vault_is_dated(const struct snapshot *s, const struct vault *v)
{
	for (uint32_t i = 0; i < v->position_count; i++)
		if (s->book->instruments[s->book->positions[
		    v->position_first + i].instrument].expiry_ms != 0)
			return true;
	return false;
}

/* atoms_pay: what accrues is rounded up to atoms. */
static enum err
atoms_pay(struct portfolio_bound *p, const struct snapshot *s,
    const struct vault *v)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++) {
		uint8_t slot = v->debt[i].asset;
		const struct market_price *m = &s->market->asset[slot];
		struct px18 px = m->price.mid;
		struct usd18 more;

		if (v->debt[i].amount == 0)
			continue;
		if (m->has_twap)
			px = px18_max(px, m->twap);
		if (m->has_stable)
			px = px18_max(px, m->stable);
		e = usd18_from_atoms(&more, ATOM_GUARD,
		    s->book->assets[slot].decimals, px, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_sub(&p->excess, p->excess, more);
	}
	return e;
}

static struct num18
lesser(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

/* What is left of a vault's bounds in the room of each tier. */
struct radii {
	struct portfolio_room room[PORTFOLIO_TIERS];
	struct num18 radius[PORTFOLIO_TIERS], box[PORTFOLIO_TIERS];
};

/* radii_try takes the initial bound of one box. */
static enum err
radii_try(struct radii *x, const struct snapshot *s, uint32_t slot,
    enum margin_method method, struct num18 box)
{
	struct portfolio_bound p;
	enum err e = portfolio_bound_of(&p, s, slot, method, SIDE_INITIAL,
	    box);

	if (e == ERR_OK)
		e = atoms_pay(&p, s, &s->book->vaults[slot]);
	for (unsigned i = 0; i < PORTFOLIO_TIERS && e == ERR_OK; i++) {
		struct num18 v = portfolio_bound_radius(&p, &x->room[i]);

		if (num18_compare(v, x->radius[i]) > 0) {
			x->radius[i] = v;
			x->box[i] = box;
		}
	}
	return e;
}

/* radii_widest: the widest box, and then the narrowest that is twice as wide as
 * what that leaves, as a narrow one has flatter lines. */
static enum err
radii_widest(struct radii *x, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	i128 box = BOX_MOST_RAW, need;
	enum err e = radii_try(x, s, slot, method, num18_from_raw(box));

	need = 2 * num18_to_raw(x->radius[PORTFOLIO_TIERS - 1]);
	while (box > BOX_LEAST_RAW && box / 2 >= need)
		box /= 2;
	return e != ERR_OK || box == BOX_MOST_RAW ? e :
	    radii_try(x, s, slot, method, num18_from_raw(box));
}

/* radius_of: initial margin over the whole band; for maintenance mid is enough
 * (the three-point rule), and so is the box that was taken before. */
static enum err
radius_of(struct num18 *out, unsigned *tier, struct radii *x,
    const struct snapshot *s, uint32_t slot, enum margin_method method)
{
	struct portfolio_bound p;
	unsigned i = 0;
	enum err e = radii_widest(x, s, slot, method);

	if (e != ERR_OK)
		return e;
	while (2 * num18_to_raw(x->radius[i]) <
	    num18_to_raw(x->radius[PORTFOLIO_TIERS - 1]))
		i++;
	*tier = i;
	*out = x->radius[i];
	if (num18_is_zero(x->radius[i]))
		return ERR_OK;
	x->room[i].band = num18_zero();
	e = portfolio_bound_of(&p, s, slot, method, SIDE_MAINTENANCE,
	    x->box[i]);
	if (e == ERR_OK)
		e = atoms_pay(&p, s, &s->book->vaults[slot]);
	if (e == ERR_OK)
		*out = lesser(x->radius[i], portfolio_bound_radius(&p,
		    &x->room[i]));
	return e;
}

static bool
shares(const struct snapshot *s, uint32_t slot)
{
	return s->tree != NULL && (s->book->vaults[slot].parent != 0 ||
	    s->tree->first[slot] != 0);
}

struct num18
portfolio_reach_radius(unsigned *tier, const struct portfolio_reach *r,
    const struct snapshot *s, uint32_t slot)
{
	enum margin_method method = margin_own_method(s, slot);
	const struct vault *v = &s->book->vaults[slot];
	uint64_t factors = margin_factors(s, slot);
	bool is_dated = vault_is_dated(s, v);
	struct radii x = { .radius = { { 0 } } };
	struct num18 radius;

	*tier = 0;
	if (shares(s, slot) || (method != METHOD_STANDARD &&
	    method != METHOD_SCENARIO))
		return num18_zero();
	for (unsigned i = 0; i < PORTFOLIO_TIERS; i++)
		if (!portfolio_epoch_room(&x.room[i], &r->epoch[i], v, factors,
		    is_dated))
			return num18_zero();
	return radius_of(&radius, tier, &x, s, slot, method) == ERR_OK ?
	    radius : num18_zero();
}

/* is_held: a state that only an epoch ends. */
static bool
is_held(const struct snapshot *s, uint32_t slot, enum vault_state state)
{
	struct node n = snapshot_node(s, slot);
	struct node_status status;

	if (shares(s, slot) || (state != STATE_STALE &&
	    state != STATE_PENDING))
		return false;
	status = node_status_of(&n);
	return state == STATE_STALE ? status.is_stale :
	    status.is_pending && !status.is_stale;
}

/* ---- triggers ------------------------------------------------------------ */

/* trigger_buckets: false where one is the price's own. */
static bool
trigger_buckets(uint32_t *up, uint32_t *down, const struct noting *k,
    uint32_t price)
{
	const struct portfolio_reach_price *p = &k->r->price[price];
	i128 one = (i128)WAD_ONE_RAW, radius = num18_to_raw(k->radius);
	struct px18 above, below;

	if (!p->is_known ||
	    px18_mul_num(&above, p->price, num18_from_raw(one + radius),
	    ROUND_FLOOR) != ERR_OK || px18_mul_num(&below, p->price,
	    num18_from_raw(one - radius), ROUND_CEIL) != ERR_OK)
		return false;
	*up = bucket_of(above);
	*down = bucket_of(below);
	return *up > p->bucket && *down < p->bucket;
}

/* price_watch: check alone, or place. */
static enum err
price_watch(bool *is_near, const struct noting *k, uint32_t price, bool place)
{
	struct ladder *l = &k->r->ladder;
	uint32_t up, down;
	enum err e;

	if (!trigger_buckets(&up, &down, k, price)) {
		*is_near = true;
		return ERR_OK;
	}
	if (!place)
		return ERR_OK;
	e = ladder_put(l, k->slot, ladder_of_bucket(ring_up(price), up));
	return e != ERR_OK ? e : ladder_put(l, k->slot,
	    ladder_of_bucket(ring_down(price), down));
}

static enum err
companions_watch(bool *is_near, const struct noting *k, uint8_t asset,
    bool place)
{
	const struct market_price *p = &k->s->market->asset[asset];
	enum err e = ERR_OK;

	if (p->has_twap)
		e = price_watch(is_near, k, companion_of(k->r, asset, false),
		    place);
	if (p->has_stable && e == ERR_OK)
		e = price_watch(is_near, k, companion_of(k->r, asset, true),
		    place);
	return e;
}

/* prices_watch: *is_near where a price is too near for a trigger. */
static enum err
prices_watch(bool *is_near, const struct noting *k, bool place)
{
	const struct vault *v = k->v;
	enum err e = ERR_OK;

	*is_near = false;
	for (uint64_t left = k->factors; left != 0 && e == ERR_OK;
	    left &= left - 1)
		e = price_watch(is_near, k, (uint32_t)__builtin_ctzll(left),
		    place);
	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++)
		e = companions_watch(is_near, k, v->collateral[i].asset,
		    place);
	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++)
		e = companions_watch(is_near, k, v->debt[i].asset, place);
	return e;
}

/* asked_radius: of a HEALTHY vault; zero also where it is not asked. */
static struct num18
asked_radius(unsigned *tier, const struct noting *k)
{
	struct portfolio_reach_try *t = &k->r->tried[k->slot];
	struct num18 radius = num18_zero();
	struct noting with = *k;
	bool is_near;

	if (t->wait > 0) {
		t->wait--;
		return radius;
	}
	radius = with.radius = portfolio_reach_radius(tier, k->r, k->s,
	    k->slot);
	if (!num18_is_zero(radius) && prices_watch(&is_near, &with, false) ==
	    ERR_OK && !is_near) {
		t->misses = 0;
		return radius;
	}
	if (t->misses < MISSES_MAX)
		t->misses++;
	t->wait = (uint8_t)((1u << t->misses) - 1);
	return num18_zero();
}

/* list_for: which list; of a vault with triggers its radius as well. */
static uint32_t
list_for(struct noting *k, enum vault_state state)
{
	enum list_kind kind = k->is_dated ? LIST_DATED : LIST_PLAIN;
	unsigned tier = 0;

	if (is_held(k->s, k->slot, state))
		return tier_list(0, kind);
	if (state == STATE_HEALTHY)
		k->radius = asked_radius(&tier, k);
	return num18_is_zero(k->radius) ? LIST_ALWAYS : tier_list(tier, kind);
}

enum err
portfolio_reach_note(struct portfolio_reach *r, const struct snapshot *s,
    uint32_t slot, enum vault_state state)
{
	uint32_t root = s->tree ? tree_root(s->book, slot) : slot, list;
	struct noting k = { .r = r, .s = s, .slot = slot,
		.radius = num18_zero() };
	bool is_near;
	enum err e = ERR_OK;

	MUST(r->epoch[0].has_market && slot < r->limits.vaults);
	k.v = &s->book->vaults[slot];
	k.factors = margin_factors(s, root) | margin_factors(s, slot);
	k.is_dated = vault_is_dated(s, k.v);
	ladder_remove(&r->ladder, slot);
	list = list_for(&k, state);
	for (uint64_t left = k.factors; left != 0 && e == ERR_OK;
	    left &= left - 1)
		e = ladder_put(&r->ladder, slot, list_of(r, list,
		    (uint32_t)__builtin_ctzll(left)));
	if (e == ERR_OK && list != LIST_ALWAYS && !num18_is_zero(k.radius))
		e = prices_watch(&is_near, &k, true);
	if (e != ERR_OK)
		ladder_remove(&r->ladder, slot);
	return e;
}
