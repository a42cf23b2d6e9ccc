/* The machine's memory: the tables, its own or another's, and the lists of
 * slots that work on them. */
#include "oracle/machine_state.h"

#include "base/must.h"
#include "oracle/arena.h"

#include <stdlib.h>
#include <string.h>

struct tables_size
machine_tables_size(const struct config *c)
{
	return tables_size_for(c->vaults_max, c->verdicts_max,
	    c->portfolios_max);
}

/* bits_create: one for each vault slot. */
static uint64_t *
bits_create(uint32_t vaults)
{
	return calloc(vaults / 64 + 1, sizeof(uint64_t));
}

static bool
lists_create(struct machine *m, uint32_t vaults, uint32_t verdicts)
{
	m->touched = calloc(vaults, sizeof(*m->touched));
	m->is_touched = bits_create(vaults);
	m->crossing = calloc(vaults, sizeof(*m->crossing));
	m->is_crossing = bits_create(vaults);
	m->put = calloc(vaults, sizeof(*m->put));
	m->is_put = bits_create(vaults);
	m->has_value = bits_create(vaults);
	m->verdict_told = calloc(verdicts, sizeof(uint32_t));
	m->stored = calloc(verdicts, sizeof(*m->stored));
	m->stored_hash = calloc(verdicts, sizeof(*m->stored_hash));
	m->is_stored = calloc(verdicts, sizeof(*m->is_stored));
	m->dirty = calloc(verdicts, sizeof(uint32_t));
	m->pending_dirty = calloc(verdicts, sizeof(uint32_t));
	m->pending_owner = calloc(verdicts, sizeof(uint32_t));
	m->is_dirty = calloc(verdicts, sizeof(bool));
	if (!m->touched || !m->is_touched || !m->crossing ||
	    !m->is_crossing || !m->put || !m->is_put ||
	    !m->has_value || !m->verdict_told || !m->stored ||
	    !m->stored_hash || !m->is_stored || !m->dirty ||
	    !m->pending_dirty || !m->pending_owner || !m->is_dirty)
		return false;
	for (uint32_t i = 0; i < verdicts; i++)
		m->verdict_told[i] = MACHINE_NO_SLOT;
	return true;
}

enum err
machine_state_take(struct machine *m, const struct tables *given)
{
	struct tables *t = &m->tables;
	struct tables_size size = machine_tables_size(m->config);
	enum err e = ERR_OK;

	if (given) {
		*t = *given;
	} else {
		e = tables_map(t, &size);
		m->owns_tables = e == ERR_OK;
	}
	if (e != ERR_OK)
		return e;
	MUST(memcmp(&t->size, &size, sizeof(size)) == 0);
	e = arena_map(&m->reach_arena, reach_bytes(&t->limits));
	if (e == ERR_OK)
		e = slots_create(&m->slots, size.verdicts,
		    m->config->verdicts_max);
	if (e == ERR_OK && !lists_create(m, size.vaults, size.verdicts))
		e = ERR_LIMIT;
	if (e != ERR_OK)
		return e;
	vaults_init(&m->vaults, t->vaults, &t->limits, &m->book);
	reach_init(&m->reach, m->reach_arena, &t->limits, &m->vaults,
	    &m->book);
	merkle_init(&m->positions, t->positions, size.vaults);
	merkle_init(&m->verdicts, t->verdicts, size.verdicts);
	return ERR_OK;
}

void
machine_state_free(struct machine *m)
{
	/* By the tables' limits, which go with them. */
	arena_unmap(m->reach_arena, reach_bytes(&m->tables.limits));
	if (m->owns_tables)
		tables_unmap(&m->tables);
	slots_free(&m->slots);
	free(m->touched);
	free(m->is_touched);
	free(m->crossing);
	free(m->is_crossing);
	free(m->put);
	free(m->is_put);
	free(m->has_value);
	free(m->verdict_told);
	free(m->stored);
	free(m->stored_hash);
	free(m->is_stored);
	free(m->dirty);
	free(m->pending_dirty);
	free(m->pending_owner);
	free(m->is_dirty);
}
