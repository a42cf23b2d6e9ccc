/* What `margind optimise` says, for eyes. */
#include "oracle/optimise_report.h"

#include "base/decimal.h"
#include "oracle/margin_table.h"

#include <stdio.h>

static const struct book *
book_of(const struct optimise_report *r)
{
	return &r->study->input->book;
}

static void
amount_text(char out[DECIMAL_BUF], const struct asset *a, u128 atoms)
{
	out[decimal_from_u128(out, atoms, a->decimals)] = '\0';
}

static void
size_text(char out[DECIMAL_BUF], struct num18 size)
{
	out[decimal_from_i128(out, num18_to_raw(size), 18)] = '\0';
}

static void
head(const char *title, enum err e)
{
	const char *why = optimise_why(e);

	printf("\n%s%s%s\n", title, why ? ": " : "", why ? why : "");
}

static void
table_topup(const struct optimise_report *r)
{
	const struct deposit_plan *p = &r->topup;
	char amount[DECIMAL_BUF], value[CELL], cost[CELL];

	head("TOP-UP, to meet the initial margin", r->topup_error);
	if (r->topup_error != ERR_OK)
		return;
	if (p->count == 0)
		printf("  nothing is lacking\n");
	for (size_t i = 0; i < p->count; i++) {
		const struct asset *a =
		    &book_of(r)->assets[p->part[i].asset];

		amount_text(amount, a, p->part[i].atoms);
		cell_usd(value, p->part[i].value);
		cell_usd(cost, p->part[i].cost);
		printf("  deposit %s %s: %s USD, cost %s\n", amount, a->name,
		    value, cost);
	}
}

static void
table_positions(const struct optimise_report *r)
{
	const struct vault *v = &book_of(r)->vaults[r->now.slot];
	char size[DECIMAL_BUF], margin[CELL];

	if (v->position_count > 0)
		head("POSITIONS, and the initial margin that each adds",
		    r->trade_error);
	for (size_t i = 0; i < v->position_count &&
	    r->trade_error == ERR_OK; i++) {
		const struct position *p =
		    &book_of(r)->positions[v->position_first + i];

		size_text(size, p->size);
		cell_usd(margin, r->marginal[i]);
		printf("  %-24s  %20s  %16s\n", book_of(r)->instruments[
		    p->instrument].name, size, margin);
	}
}

static void
table_trades(const struct optimise_report *r)
{
	char released[CELL], cost[CELL], after[CELL], excess[CELL];
	char size[DECIMAL_BUF];

	head("TRADES that lower the initial margin", r->trade_error);
	if (r->trade_error != ERR_OK)
		return;
	if (r->trade_count == 0) {
		printf("  none\n");
		return;
	}
	printf("  %-5s  %16s  %14s  %16s  %16s  %s\n", "KIND", "RELEASED",
	    "COST", "INITIAL", "INITIAL EXCESS", "TRADES");
	for (size_t i = 0; i < r->trade_count; i++) {
		const struct trade_proposal *p = &r->trade[i];

		cell_usd(released, p->released);
		cell_usd(cost, p->cost);
		cell_usd(after, p->after.imr);
		cell_usd(excess, p->after.im_excess);
		printf("  %-5s  %16s  %14s  %16s  %16s ",
		    trade_kind_name(p->kind), released, cost, after, excess);
		for (size_t k = 0; k < p->leg_count; k++) {
			size_text(size, p->leg[k].size);
			printf(" %s %s", book_of(r)->instruments[
			    p->leg[k].instrument].name, size);
		}
		printf("\n");
	}
}

static void
table_step(const struct optimise_report *r, const struct rebalance_step *s)
{
	const struct asset *assets = book_of(r)->assets;
	char a[DECIMAL_BUF], b[DECIMAL_BUF], cost[CELL], health[CELL];

	cell_usd(cost, s->cost);
	cell_ratio(health, s->health_after);
	switch (s->kind) {
	case REBALANCE_REPAY:
		amount_text(a, &assets[s->collateral_asset], s->sell);
		amount_text(b, &assets[s->debt_asset], s->repay);
		printf("  sell %s %s, repay %s %s: cost %s, health %s\n", a,
		    assets[s->collateral_asset].name, b,
		    assets[s->debt_asset].name, cost, health);
		break;
	case REBALANCE_CLOSE:
		size_text(a, s->size);
		printf("  trade %s %s: cost %s, health %s\n",
		    book_of(r)->instruments[s->instrument].name, a, cost,
		    health);
		break;
	}
}

static void
table_rebalance(const struct optimise_report *r)
{
	const struct rebalance_plan *p = &r->rebalance;
	char title[CELL + 32], target[CELL], before[CELL], after[CELL],
	    cost[CELL];

	cell_ratio(target, r->target);
	snprintf(title, sizeof(title), "REBALANCING to health %s", target);
	head(title, r->rebalance_error);
	if (r->rebalance_error != ERR_OK)
		return;
	for (size_t i = 0; i < p->count; i++)
		table_step(r, &p->step[i]);
	cell_ratio(before, p->health_before);
	cell_ratio(after, p->health_after);
	cell_usd(cost, p->cost);
	printf("  health %s to %s, cost %s\n", before, after, cost);
}

static void
table_mix(const struct optimise_report *r)
{
	const struct mix_report *m = &r->mix;
	char needed[CELL], value[CELL], before[CELL] = "-", after[CELL];

	head("MIX of least variance for the whole requirement",
	    r->mix_error);
	if (r->mix_error != ERR_OK)
		return;
	for (size_t i = 0; i < r->choice.count; i++) {
		/* What the cell would show as nothing. */
		if (usd18_to_raw(m->amount[i]) < (i128)WAD_ONE_RAW / 100)
			continue;
		cell_usd(value, m->amount[i]);
		printf("  %-24s  %16s USD\n",
		    book_of(r)->assets[r->choice.asset[i]].name, value);
	}
	cell_usd(needed, m->requirement);
	if (m->has_before)
		cell_usd(before, m->deviation_before);
	cell_usd(after, m->deviation);
	printf("  counts for %s USD; standard deviation of a period %s to "
	    "%s USD\n", needed, before, after);
}

void
optimise_table(const struct optimise_report *r)
{
	const struct margin_result *m = &r->now.result;
	char initial[CELL], excess[CELL], health[CELL];

	cell_usd(initial, m->initial.requirement);
	cell_usd(excess, m->initial.excess);
	cell_ratio(health, m->mid.health);
	printf("%s (%s): %s, initial margin %s, initial excess %s, health "
	    "%s\n", book_of(r)->vaults[r->now.slot].name,
	    margin_method_name(m->method), vault_state_name(m->state),
	    initial, excess, health);
	table_topup(r);
	table_positions(r);
	table_trades(r);
	table_rebalance(r);
	table_mix(r);
}
