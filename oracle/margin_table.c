#include "oracle/margin_table.h"

#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
cell_number(char out[CELL], u128 v, unsigned places)
{
	char digits[DECIMAL_BUF];
	size_t len = decimal_from_u128(digits, v, 18), point = 0;

	while (point < len && digits[point] != '.')
		point++;
	if (point == len)
		digits[len] = '\0';
	else if (len - point > places + 1)
		digits[point + 1 + places] = '\0';
	snprintf(out, CELL, "%.*s", (int)CELL - 1, digits);
	len = strlen(out);
	point = strcspn(out, ".");
	if (point == len && len + 1 < CELL)
		out[len++] = '.';
	while (len - point <= places && len + 1 < CELL)
		out[len++] = '0';
	out[len] = '\0';
}

void
cell_usd(char out[CELL], struct usd18 v)
{
	bool is_negative = usd18_is_negative(v);
	i128 raw = usd18_to_raw(v);
	char digits[CELL];

	cell_number(digits, is_negative ? (u128)0 - (u128)raw : (u128)raw, 2);
	snprintf(out, CELL, "%s%.*s", is_negative ? "-" : "", (int)CELL - 2,
	    digits);
}

void
cell_ratio(char out[CELL], struct wad v)
{
	if (wad_is_infinite(v))
		snprintf(out, CELL, "-");
	else
		cell_number(out, wad_to_raw(v), 4);
}

static const char *
state_colour(enum vault_state s, bool is_coloured)
{
	if (!is_coloured || s == STATE_HEALTHY)
		return "";
	return s == STATE_RESTRICTED ? "\033[33m" :
	    s == STATE_STALE ? "\033[2m" : "\033[31m";
}

static void
table_row(const struct study *s, const struct margin_row *row, int name_width,
    bool is_coloured)
{
	const struct margin_result *r = &row->result;
	char health[CELL] = "-", held[CELL] = "-", owed[CELL] = "-";
	char initial[CELL] = "-", maintenance[CELL] = "-", excess[CELL] = "-";
	const char *colour = state_colour(r->state, is_coloured);
	const char *binds = margin_binding(s, row);

	if (row->has_figures) {
		cell_ratio(health, r->mid.health);
		cell_usd(held, r->collateral_value);
		cell_usd(owed, r->debt_value);
		cell_usd(initial, r->initial.requirement);
		cell_usd(maintenance, r->mid.requirement);
		cell_usd(excess, r->mid.excess);
	}
	printf("%-*s  %-8s  %s%-12s%s  %10s  %16s  %16s  %14s  %14s  %16s  "
	    "%s\n", name_width, s->input->book.vaults[row->slot].name,
	    margin_method_name(r->method), colour, vault_state_name(r->state),
	    colour[0] ? "\033[0m" : "", health, held, owed, initial,
	    maintenance, excess, binds ? binds : "");
}

static int
order_compare(const void *a, const void *b, void *arg)
{
	const struct margin_row *rows = arg;
	const uint32_t *x = a, *y = b;
	const struct margin_row *v = &rows[*x], *w = &rows[*y];
	int order;

	if (v->has_figures != w->has_figures)
		return v->has_figures ? -1 : 1;
	order = v->has_figures ? wad_compare(v->result.mid.health,
	    w->result.mid.health) : 0;
	return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

static void
table_foot(const struct aggregate_row *sum)
{
	char held[CELL], owed[CELL], ratio[CELL], health[CELL];

	cell_usd(held, sum->collateral_value);
	cell_usd(owed, sum->debt_value);
	cell_ratio(ratio, aggregate_row_ratio(sum));
	cell_ratio(health, aggregate_row_health(sum));
	printf("\n%u vaults: collateral %s, debt %s, ratio %s, health %s",
	    sum->parts, held, owed, ratio, health);
	for (unsigned i = 0; i < AGGREGATE_STATES; i++)
		if (sum->states[i] > 0)
			printf("; %u %s", sum->states[i], vault_state_name(i));
	printf("\n");
}

bool
margin_table_print(const struct study *s, const struct margin_row *rows,
    uint32_t count, const struct aggregate_row *sum)
{
	uint32_t *order = calloc(count ? count : 1, sizeof(*order));
	bool is_coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int name_width = 5;
	void *rows_arg;

	if (!order)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		int len = (int)strlen(s->input->book.vaults[
		    rows[i].slot].name);

		order[i] = i;
		name_width = len > name_width ? len : name_width;
	}
	/* qsort_r takes its argument without const; it is only read. */
	memcpy(&rows_arg, &rows, sizeof(rows_arg));
	qsort_r(order, count, sizeof(*order), order_compare, rows_arg);
	printf("%-*s  %-8s  %-12s  %10s  %16s  %16s  %14s  %14s  %16s  %s\n",
	    name_width, "VAULT", "METHOD", "STATE", "HEALTH", "COLLATERAL",
	    "DEBT", "INITIAL", "MAINTENANCE", "EXCESS", "BINDING");
	for (uint32_t i = 0; i < count; i++)
		table_row(s, &rows[order[i]], name_width, is_coloured);
	table_foot(sum);
	free(order);
	return true;
}
