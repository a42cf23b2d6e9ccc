#include "oracle/tables.h"

#include "oracle/arena.h"

#include <string.h>

static size_t
rounded(size_t bytes)
{
	return (bytes + TABLES_ALIGN - 1) & ~(size_t)(TABLES_ALIGN - 1);
}

uint32_t
tables_verdict_capacity(uint32_t verdicts_max)
{
	uint32_t capacity = 1;

	while (capacity < verdicts_max)
		capacity *= 2;
	return capacity;
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

size_t
tables_measure(size_t part[TABLES_PARTS], uint32_t vaults, uint32_t verdicts)
{
	struct vaults_limits l = tables_limits(vaults);
	const size_t bytes[TABLES_PARTS] = {
		vaults_bytes(&l), vaults * sizeof(uint8_t),
		vaults * sizeof(uint32_t),
		verdicts * sizeof(struct verdict_leaf),
		MERKLE_NODES(vaults) * sizeof(struct b32),
		MERKLE_NODES(verdicts) * sizeof(struct b32),
	};
	size_t sum = 0;

	for (size_t i = 0; i < TABLES_PARTS; i++) {
		part[i] = rounded(bytes[i]);
		sum += part[i];
	}
	return sum;
}

void
tables_place(struct tables *out, void *memory, uint32_t vaults,
    uint32_t verdicts)
{
	size_t part[TABLES_PARTS];
	uint8_t *at[TABLES_PARTS + 1] = { memory };

	(void)tables_measure(part, vaults, verdicts);
	for (size_t i = 0; i < TABLES_PARTS; i++)
		at[i + 1] = at[i] + part[i];
	*out = (struct tables){
		.vault_capacity = vaults, .verdict_capacity = verdicts,
		.limits = tables_limits(vaults),
		.vaults = at[0], .state = at[1], .verdict_slot = (void *)at[2],
		.leaf = (void *)at[3], .positions = (void *)at[4],
		.verdicts = (void *)at[5],
	};
}

enum err
tables_map(struct tables *out, uint32_t vaults, uint32_t verdicts)
{
	size_t part[TABLES_PARTS];
	void *memory;
	enum err e = arena_map(&memory, tables_measure(part, vaults,
	    verdicts));

	if (e == ERR_OK)
		tables_place(out, memory, vaults, verdicts);
	return e;
}

void
tables_unmap(struct tables *t)
{
	size_t part[TABLES_PARTS];

	if (t->vaults)
		arena_unmap(t->vaults, tables_measure(part, t->vault_capacity,
		    t->verdict_capacity));
	memset(t, 0, sizeof(*t));
}
