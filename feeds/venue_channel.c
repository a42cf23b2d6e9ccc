#include "feeds/venue_channel.h"

#include <string.h>

#include "base/must.h"

/* Where it is, or would be added. */
static size_t
place_of(const struct venue_memory *m, uint64_t id)
{
	size_t i = 0;

	while (i < m->channel_count && m->channel[i].id != id)
		i++;
	return i;
}

const struct venue_channel *
channel_of(const struct venue_memory *m, uint64_t id)
{
	size_t at = place_of(m, id);

	return at < m->channel_count ? &m->channel[at] : NULL;
}

enum err
channel_put(struct venue_memory *m, uint64_t id, uint8_t kind,
    const char *symbol)
{
	size_t at = place_of(m, id);
	struct venue_channel *c = &m->channel[at];
	size_t len = strlen(symbol);

	MUST(len < VENUE_SYMBOL_MAX);
	if (at == VENUE_CHANNELS_MAX)
		return ERR_LIMIT;
	if (at == m->channel_count)
		m->channel_count++;
	c->id = id;
	c->kind = kind;
	memcpy(c->symbol, symbol, len + 1);
	return ERR_OK;
}

void
channel_drop(struct venue_memory *m, uint64_t id)
{
	size_t at = place_of(m, id);

	if (at < m->channel_count)
		m->channel[at] = m->channel[--m->channel_count];
}
