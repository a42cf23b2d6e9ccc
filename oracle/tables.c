#include "oracle/tables.h"

#include "base/must.h"
#include "oracle/arena.h"
#include "oracle/portfolio.h"

#include <string.h>

static size_t
rounded(size_t bytes)
{
	return (bytes + TABLES_ALIGN - 1) & ~(size_t)(TABLES_ALIGN - 1);
}

static uint32_t
power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

struct tables_size
tables_size_for(uint32_t vaults_max, uint32_t verdicts_max,
    uint32_t portfolios_max)
{
	return (struct tables_size){ .vaults = power_of_two(vaults_max),
		.verdicts = power_of_two(verdicts_max),
		.portfolios = power_of_two(portfolios_max) };
}

struct vaults_limits
tables_limits(uint32_t vaults)
{
	/* Every vault may have every leg: what is not used costs nothing. */
	return (struct vaults_limits){ .vaults = vaults,
		.rows = vaults / SCAN_LANES * VAULTS_LEGS_MAX +
		    VAULTS_ROWS_AUTO(0),
		.debt_rows = vaults / SCAN_LANES * BOOK_LEGS_MAX +
		    VAULTS_DEBT_ROWS_AUTO(0) };
}

const char *const tables_part_names[TABLES_PARTS] = {
	"vaults", "states", "verdict_slots", "verdict_leaves", "position_tree",
	"verdict_tree", "portfolios", "portfolio_index", "positions",
};

size_t
tables_measure(size_t part[TABLES_PARTS], const struct tables_size *size)
{
	struct vaults_limits l = tables_limits(size->vaults);
	const size_t bytes[TABLES_PARTS] = {
		vaults_bytes(&l), size->vaults * sizeof(uint8_t),
		size->vaults * sizeof(uint32_t),
		size->verdicts * sizeof(struct verdict_leaf),
		MERKLE_NODES(size->vaults) * sizeof(struct b32),
		MERKLE_NODES(size->verdicts) * sizeof(struct b32),
		size->portfolios * sizeof(struct tables_portfolio),
		2 * (size_t)size->portfolios * sizeof(uint32_t),
		portfolio_positions(size->portfolios) *
		    sizeof(struct position),
	};
	size_t sum = 0;

	for (size_t i = 0; i < TABLES_PARTS; i++) {
		part[i] = rounded(bytes[i]);
		sum += part[i];
	}
	return sum;
}

void
tables_place(struct tables *out, void *memory, const struct tables_size *size)
{
	size_t part[TABLES_PARTS];
	uint8_t *at[TABLES_PARTS + 1] = { memory };

	(void)tables_measure(part, size);
	for (size_t i = 0; i < TABLES_PARTS; i++)
		at[i + 1] = at[i] + part[i];
	*out = (struct tables){
		.size = *size, .limits = tables_limits(size->vaults),
		.vaults = at[0], .state = at[1], .verdict_slot = (void *)at[2],
		.leaf = (void *)at[3], .positions = (void *)at[4],
		.verdicts = (void *)at[5], .portfolio = (void *)at[6],
		.portfolio_index = (void *)at[7], .position = (void *)at[8],
	};
}

/* One load: the api's tables can be written meanwhile. */
static uint32_t
index_row(const struct tables *t, uint32_t at)
{
	return *(const volatile uint32_t *)&t->portfolio_index[at];
}

/* The place of slot in the index: with its row, or free.  Ends in any index:
 * after one round, with whatever is there. */
static uint32_t
index_place(const struct tables *t, uint32_t slot)
{
	uint32_t mask = 2 * t->size.portfolios - 1;
	uint32_t at = slot * 0x9e3779b1u & mask;

	for (uint32_t i = 0; i < mask; i++) {
		uint32_t row = index_row(t, at);

		if (row == 0 || (row <= t->size.portfolios &&
		    t->portfolio[row - 1].vault == slot + 1))
			break;
		at = (at + 1) & mask;
	}
	return at;
}

uint32_t
tables_portfolio_row(const struct tables *t, uint32_t slot)
{
	uint32_t row = index_row(t, index_place(t, slot));

	return row == 0 || row > t->size.portfolios ||
	    t->portfolio[row - 1].vault != slot + 1 ? TABLES_NO_SLOT : row - 1;
}

void
tables_portfolio_add(struct tables *t, uint32_t row, uint32_t slot)
{
	uint32_t at = index_place(t, slot);

	MUST(row < t->size.portfolios && t->portfolio_index[at] == 0);
	t->portfolio[row].vault = slot + 1;
	t->portfolio_index[at] = row + 1;
}

enum err
tables_map(struct tables *out, const struct tables_size *size)
{
	size_t part[TABLES_PARTS];
	void *memory;
	enum err e = arena_map(&memory, tables_measure(part, size));

	if (e == ERR_OK)
		tables_place(out, memory, size);
	return e;
}

void
tables_unmap(struct tables *t)
{
	size_t part[TABLES_PARTS];

	if (t->vaults)
		arena_unmap(t->vaults, tables_measure(part, &t->size));
	memset(t, 0, sizeof(*t));
}
