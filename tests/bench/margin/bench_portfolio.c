/* 2,000 portfolios of both methods on two underlyings, in bands of 10 bp each
 * way, with 50 to 98 percent of their limits in use, under ticks of 1 bp: what
 * a tick names and costs, beside one evaluation. */
#include <stdlib.h>
#include <string.h>

#define PW_VAULTS 2048u
#define PW_POSITIONS 32768u
#include "base/must.h"
#include "margin/portfolio_reach.h"
#include "tests/bench/margin/suites.h"
#include "tests/portfolio_world.h"

#define VAULTS 2000u
#define TICKS 100u
#define FACTORS 2u

struct portfolio_bench {
	struct portfolio_world *w;
	struct portfolio_reach reach;
	uint64_t evaluate_ns, note_ns, move_ns;
	uint64_t evaluated;
	uint8_t state[VAULTS];
};

static struct usd18
excess_of(struct portfolio_bench *b, uint32_t slot)
{
	const struct point mid = point_mid();
	struct evaluation v;

	MUST(margin_evaluate_at(&v, &b->w->snapshot, slot, margin_own_method(
	    &b->w->snapshot, slot), &mid, SIDE_INITIAL, NULL) == ERR_OK);
	return v.excess;
}

/* scale trades this share of what the vault had. */
static void
scale(struct portfolio_bench *b, uint32_t slot, const i128 *had, i128 permille)
{
	const struct vault *v = &b->w->vaults[slot];

	for (uint32_t i = 0; i < v->position_count; i++) {
		i128 size = had[i] / 1000 * permille;

		b->w->positions[v->position_first + i].size = num18_from_raw(
		    size != 0 ? size : 1);
	}
}

/* gear puts the vault where 0.5 to 0.98 of its limit is used. */
static void
gear(struct portfolio_bench *b, uint32_t slot)
{
	const struct vault *v = &b->w->vaults[slot];
	i128 had[POSITIONS_MAX], low = 0, high = 1000;

	for (uint32_t i = 0; i < v->position_count; i++)
		had[i] = num18_to_raw(b->w->positions[v->position_first + i].
		    size);
	for (; usd18_to_raw(excess_of(b, slot)) > 0 && high < 1000000;
	    scale(b, slot, had, high *= 4))
		low = high;
	while (high - low > low / 200 + 1) {
		i128 mid = low + (high - low) / 2;

		scale(b, slot, had, mid);
		if (usd18_to_raw(excess_of(b, slot)) > 0)
			low = mid;
		else
			high = mid;
	}
	scale(b, slot, had, low * (50 + (i128)(pw_random(b->w) % 49)) / 100);
}

static void
value(struct portfolio_bench *b, uint32_t slot)
{
	struct margin_result r;
	uint64_t began = bench_now_ns(), then;

	MUST(margin_evaluate(&r, &b->w->snapshot, slot, margin_own_method(
	    &b->w->snapshot, slot)) == ERR_OK);
	then = bench_now_ns();
	MUST(portfolio_reach_note(&b->reach, &b->w->snapshot, slot, r.state) ==
	    ERR_OK);
	b->state[slot] = (uint8_t)r.state;
	b->evaluate_ns += then - began;
	b->note_ns += bench_now_ns() - then;
	b->evaluated++;
}

/* carry moves one price with its factor. */
static void
carry(struct px18 *p, const struct px18 *to, const struct px18 *from)
{
	MUST(px18_move(p, *p, *to, *from, ROUND_FLOOR) == ERR_OK);
}

static void
carry_band(struct price *p, const struct px18 *to, const struct px18 *from)
{
	carry(&p->mid, to, from);
	carry(&p->low, to, from);
	carry(&p->high, to, from);
}

/* tick: one factor, 1 bp up or down, with all that hangs on it. */
static void
factor_tick(struct portfolio_world *w, uint8_t f)
{
	struct market_factor *o = &w->terms.factor[f];
	struct px18 from = o->price.price.mid, to;

	MUST(px18_mul_num(&to, from, num18_from_raw((i128)WAD_ONE_RAW +
	    (pw_random(w) % 2 ? 1 : -1) * (i128)WAD_ONE_RAW / 10000),
	    ROUND_FLOOR) == ERR_OK);
	carry_band(&o->price.price, &to, &from);
	o->price.price.mid = to;
	for (uint32_t i = 0; i < o->forward_count; i++)
		carry(&o->forward[i].price, &to, &from);
	for (uint32_t i = 0; i < w->book.asset_count; i++)
		if (w->book.assets[i].factor == f)
			carry_band(&w->market.asset[i].price, &to, &from);
}

static void
tick(struct portfolio_bench *b)
{
	uint32_t slot[PORTFOLIO_REACH_BATCH], n;
	uint64_t began = bench_now_ns();

	portfolio_reach_move(&b->reach, &b->w->snapshot);
	b->move_ns += bench_now_ns() - began;
	while ((n = portfolio_reach_next(&b->reach, slot)) > 0)
		for (uint32_t i = 0; i < n; i++)
			value(b, slot[i]);
}

static void
band_set(struct price *p)
{
	const i128 half = (i128)WAD_ONE_RAW / 1000;

	MUST(px18_mul_num(&p->low, p->mid, num18_from_raw((i128)WAD_ONE_RAW -
	    half), ROUND_FLOOR) == ERR_OK);
	MUST(px18_mul_num(&p->high, p->mid, num18_from_raw((i128)WAD_ONE_RAW +
	    half), ROUND_CEIL) == ERR_OK);
}

static void
fill(struct portfolio_bench *b)
{
	for (uint32_t i = 0; i < VAULTS;) {
		uint32_t slot, positions = b->w->book.position_count;

		slot = pw_random_vault(b->w, i % 2 ? METHOD_SCENARIO :
		    METHOD_STANDARD, 1 + (unsigned)(pw_random(b->w) % 10));
		if (b->w->vaults[slot].position_count == 0 ||
		    usd18_to_raw(excess_of(b, slot)) <= 0) {
			/* The last one put is taken out again. */
			b->w->book.vault_count--;
			b->w->book.position_count = positions;
			memset(b->w->hash, 0, sizeof(b->w->hash));
			continue;
		}
		gear(b, slot);
		i++;
	}
}

static void
ticks(struct portfolio_bench *b)
{
	uint64_t began, all;

	for (unsigned i = 0; i < TICKS / 5; i++) {
		factor_tick(b->w, (uint8_t)(i % FACTORS));
		tick(b);
	}
	b->evaluated = b->evaluate_ns = b->note_ns = b->move_ns = 0;
	b->reach.by_trigger = b->reach.by_epoch = b->reach.by_always = 0;
	began = bench_now_ns();
	for (unsigned i = 0; i < TICKS; i++) {
		factor_tick(b->w, (uint8_t)(i % FACTORS));
		tick(b);
	}
	all = bench_now_ns() - began;
	bench_note("tick of 1 bp, 2,000 portfolios", (double)all / TICKS);
	bench_note("of it portfolio_reach_move", (double)b->move_ns / TICKS);
	bench_figure("named a tick, of 2,000", (double)b->evaluated / TICKS,
	    "vaults");
	bench_figure("of these always looked at",
	    (double)b->reach.by_always / TICKS, "vaults");
	bench_figure("and for an epoch", (double)b->reach.by_epoch / TICKS,
	    "vaults");
}

static void
shares_of(struct portfolio_bench *b)
{
	unsigned healthy = 0, unbounded = 0, tier;

	for (uint32_t i = 0; i < VAULTS; i++) {
		if (b->state[i] != STATE_HEALTHY)
			continue;
		healthy++;
		unbounded += num18_is_zero(portfolio_reach_radius(&tier,
		    &b->reach, &b->w->snapshot, i));
	}
	bench_figure("HEALTHY, of 2,000", healthy, "vaults");
	bench_figure("of these without a radius", unbounded, "vaults");
}

/* ---- one vault ---------------------------------------------------------- */

#define ROUNDS 31u
#define OPERATIONS 20u

struct one_vault {
	struct portfolio_world *w;
	uint32_t slot;
	enum margin_method method;
};

static void
one_evaluate(void *context)
{
	const struct one_vault *o = context;
	struct margin_result r;

	for (unsigned i = 0; i < OPERATIONS; i++) {
		MUST(margin_evaluate(&r, &o->w->snapshot, o->slot,
		    o->method) == ERR_OK);
		bench_keep((uint64_t)usd18_to_raw(r.worst.excess));
	}
}

/* one_vault_put: 10 ETH and 100,000 USDC, and the first `count` instruments of
 * a kind, long and short in turn. */
static uint32_t
one_vault_put(struct portfolio_world *w, enum instrument_kind kind,
    unsigned count)
{
	struct vault v = pw_vault(w, METHOD_STANDARD);

	pw_hold(w, &v, PW_ETH, "10");
	pw_hold(w, &v, PW_USDC, "100000");
	for (uint16_t i = 0; i < w->book.instrument_count &&
	    v.position_count < count; i++) {
		const struct instrument *k = &w->instruments[i];
		i128 size = (i128)WAD_ONE_RAW * (v.position_count % 2 ? -2 :
		    3);

		if (k->kind == kind)
			pw_trade(w, &v, i, k->is_inverse ? size * 5000 :
			    k->factor == PW_F_BTC ? size / 20 : size,
			    k->kind == INSTRUMENT_OPTION ? px18_from_raw(0) :
			    w->terms.factor[k->factor].price.price.mid);
	}
	MUST(v.position_count == count);
	return pw_put(w, &v);
}

static void
one_vault_rows(void)
{
	struct one_vault o = { .w = pw_init(2) };
	const struct bench_side side = { one_evaluate, &o, OPERATIONS };
	const uint32_t perpetuals = one_vault_put(o.w, INSTRUMENT_PERP, 3);
	const uint32_t options = one_vault_put(o.w, INSTRUMENT_OPTION, 10);
	const struct {
		const char *name;
		uint32_t slot;
		enum margin_method method;
	} rows[] = {
		{ "3 perpetuals, standard", perpetuals, METHOD_STANDARD },
		{ "3 perpetuals, scenario", perpetuals, METHOD_SCENARIO },
		{ "10 options, standard", options, METHOD_STANDARD },
		{ "10 options, scenario", options, METHOD_SCENARIO },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		o.slot = rows[i].slot;
		o.method = rows[i].method;
		bench_note(rows[i].name, bench_median_ns(&side, ROUNDS));
	}
	free(o.w);
}

void
bench_portfolio(void)
{
	const struct portfolio_reach_limits l = { .vaults = PW_VAULTS,
		.legs = 4 * PW_VAULTS, .market = { 3, 4, PW_INSTRUMENTS } };
	const struct portfolio_slack slack = portfolio_slack_default();
	struct portfolio_bench *b = calloc(1, sizeof(*b));
	size_t bytes = portfolio_reach_bytes(&l);
	void *arena = aligned_alloc(64, bytes);

	MUST(b != NULL && arena != NULL);
	memset(arena, 0, bytes);
	b->w = pw_init(1);
	for (uint32_t i = 0; i < b->w->book.asset_count; i++)
		band_set(&b->w->market.asset[i].price);
	for (uint8_t f = 0; f < FACTORS; f++)
		band_set(&b->w->terms.factor[f].price.price);
	portfolio_reach_init(&b->reach, arena, &l, &slack);
	fill(b);
	portfolio_reach_move(&b->reach, &b->w->snapshot);
	for (uint32_t i = 0; i < VAULTS; i++)
		value(b, i);
	bench_note("margin_evaluate, a portfolio", (double)b->evaluate_ns /
	    VAULTS);
	bench_note("portfolio_reach_note, a portfolio", (double)b->note_ns /
	    VAULTS);
	one_vault_rows();
	shares_of(b);
	ticks(b);
	free(b->w);
	free(arena);
	free(b);
}
