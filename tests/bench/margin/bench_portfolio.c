/* 4,000 portfolios of both methods on two underlyings under ticks of 1 bp, all
 * vaults HEALTHY to begin with and within a half of their limit: what a tick
 * names and costs, beside one evaluation. */
#include <stdlib.h>
#include <string.h>

#define PW_VAULTS 4096u
#define PW_POSITIONS 65536u
#include "base/must.h"
#include "margin/portfolio_reach.h"
#include "tests/bench/margin/suites.h"
#include "tests/portfolio_world.h"

#define VAULTS 4000u
#define TICKS 200u
#define FACTORS 2u

struct portfolio_bench {
	struct portfolio_world *w;
	struct portfolio_reach reach;
	uint64_t evaluate_ns, note_ns, move_ns;
	uint64_t evaluated;
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

static void
scale(struct portfolio_bench *b, uint32_t slot, i128 num, i128 den)
{
	const struct vault *v = &b->w->vaults[slot];

	for (uint32_t i = 0; i < v->position_count; i++) {
		struct position *p = &b->w->positions[v->position_first + i];
		i128 size = num18_to_raw(p->size) / den * num;

		p->size = num18_from_raw(size != 0 ? size : 1);
	}
}

/* gear puts the vault where 0.5 to 0.98 of its limit is used. */
static void
gear(struct portfolio_bench *b, uint32_t slot)
{
	for (int i = 0; i < 30 && usd18_to_raw(excess_of(b, slot)) > 0; i++)
		scale(b, slot, 3, 2);
	for (int i = 0; i < 300 && usd18_to_raw(excess_of(b, slot)) <= 0; i++)
		scale(b, slot, 19, 20);
	scale(b, slot, 50 + (i128)(pw_random(b->w) % 49), 100);
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

	for (unsigned i = 0; i < TICKS / 10; i++) {
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
	bench_note("tick of 1 bp, 4,000 portfolios", (double)all / TICKS);
	bench_note("of it portfolio_reach_move", (double)b->move_ns / TICKS);
	bench_figure("named a tick, of 4,000", (double)b->evaluated / TICKS,
	    "vaults");
	bench_figure("of these always looked at",
	    (double)b->reach.by_always / TICKS, "vaults");
	bench_figure("and for an epoch", (double)b->reach.by_epoch / TICKS,
	    "vaults");
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
	portfolio_reach_init(&b->reach, arena, &l, &slack);
	fill(b);
	portfolio_reach_move(&b->reach, &b->w->snapshot);
	for (uint32_t i = 0; i < VAULTS; i++)
		value(b, i);
	bench_note("margin_evaluate, a portfolio", (double)b->evaluate_ns /
	    VAULTS);
	bench_note("portfolio_reach_note, a portfolio", (double)b->note_ns /
	    VAULTS);
	ticks(b);
	free(b->w);
	free(arena);
	free(b);
}
