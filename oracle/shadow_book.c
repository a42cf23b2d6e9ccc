#include "oracle/shadow_book.h"

#include "oracle/shadow_distance.h"

#include <stdlib.h>
#include <string.h>

/* ---- room ---------------------------------------------------------------- */

/* Room for `need` entries, zeroed; what is there stays. */
static enum err
room_make(void **array, uint32_t *capacity, uint32_t need, size_t size)
{
	char *more;

	if (need <= *capacity)
		return ERR_OK;
	more = realloc(*array, need * size);
	if (!more)
		return ERR_LIMIT;
	memset(more + *capacity * size, 0, (need - *capacity) * size);
	*array = more;
	*capacity = need;
	return ERR_OK;
}

static enum err
side_place(struct shadow_side *side, const struct machine *m)
{
	void *vault = side->vault;
	enum err e = room_make(&vault, &side->capacity, m->tables.size.vaults,
	    sizeof(*side->vault));

	side->vault = vault;
	for (uint32_t i = 0; i < side->count; i++)
		side->vault[i].other = 0;
	return e;
}

static enum err
vaults_place(struct shadow *s)
{
	void *vault = s->vault;
	enum err e = room_make(&vault, &s->vault_capacity,
	    s->before_life->machine->tables.size.vaults, sizeof(*s->vault));

	s->vault = vault;
	/* What was found stays with its vault; its slots are another life's. */
	for (uint32_t i = 0; i < s->vault_count; i++)
		s->vault[i].before = s->vault[i].after = 0;
	if (e == ERR_OK)
		e = side_place(&s->only_before, s->before_life->machine);
	if (e == ERR_OK)
		e = side_place(&s->only_after, s->after_life->machine);
	return e;
}

/* Two books list much the same in the same order: `hint` is looked at first. */
static struct shadow_mark *
mark_of(struct shadow *s, const char *id, size_t hint)
{
	struct shadow_mark *m;

	if (hint < s->mark_count && strcmp(s->mark[hint].id, id) == 0)
		return &s->mark[hint];
	for (size_t i = 0; i < s->mark_count; i++)
		if (strcmp(s->mark[i].id, id) == 0)
			return &s->mark[i];
	m = &s->mark[s->mark_count++];
	memcpy(m->id, id, sizeof(m->id));
	m->before = m->after = SHADOW_NONE;
	return m;
}

static enum err
marks_place(struct shadow *s)
{
	const struct book *a = &s->before_life->book;
	const struct book *b = &s->after_life->book;
	void *mark = s->mark;
	enum err e = room_make(&mark, &s->mark_capacity, s->mark_count +
	    (uint32_t)(a->instrument_count + b->instrument_count),
	    sizeof(*s->mark));

	s->mark = mark;
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < s->mark_count; i++)
		s->mark[i].before = s->mark[i].after = SHADOW_NONE;
	for (size_t i = 0; i < a->instrument_count; i++)
		mark_of(s, a->instruments[i].name, i)->before = (uint16_t)i;
	for (size_t i = 0; i < b->instrument_count; i++)
		mark_of(s, b->instruments[i].name, i)->after = (uint16_t)i;
	return ERR_OK;
}

enum err
shadow_book_place(struct shadow *s)
{
	enum err e = vaults_place(s);

	return e != ERR_OK ? e : marks_place(s);
}

void
shadow_book_free(struct shadow *s)
{
	free(s->vault);
	free(s->only_before.vault);
	free(s->only_after.vault);
	free(s->mark);
	s->vault = NULL;
	s->only_before.vault = s->only_after.vault = NULL;
	s->mark = NULL;
}

/* ---- states -------------------------------------------------------------- */

/* A slot keeps its vault for good: it is looked for once a life. */
static bool
vault_find(struct shadow *s, uint32_t slot)
{
	struct shadow_vault *v = &s->vault[slot];
	struct vault whole;

	if (v->after > 0)
		return true;
	if (vaults_get(&whole, &s->before_life->machine->vaults, slot) !=
	    ERR_OK || vaults_find(&v->after, &s->after_life->machine->vaults,
	    &whole.id) != ERR_OK)
		return false;
	if (!b32_equal(&v->id, &whole.id)) {
		s->displaced += v->differs > 0;
		*v = (struct shadow_vault){ .id = whole.id,
			.after = v->after };
	}
	v->after++;
	v->before = slot + 1;
	return true;
}

static void
vault_compare(struct shadow_vault *v, uint8_t before, uint8_t after,
    uint64_t now_ms)
{
	if (before == after)
		return;
	if (v->differs++ == 0) {
		v->first_ms = now_ms;
		v->first_before = before;
		v->first_after = after;
	}
	v->last_ms = now_ms;
	v->last_before = before;
	v->last_after = after;
}

static void
vaults_compare(struct shadow *s, uint64_t now_ms)
{
	const struct machine *before = s->before_life->machine;
	const struct machine *after = s->after_life->machine;
	uint32_t used = vaults_used(&before->vaults);

	if (used > s->vault_count)
		s->vault_count = used;
	for (uint32_t i = 0; i < used; i++)
		if (vaults_assets(&before->vaults, i) != 0 &&
		    vault_find(s, i) && vaults_assets(&after->vaults,
		    s->vault[i].after - 1) != 0)
			vault_compare(&s->vault[i], before->tables.state[i],
			    after->tables.state[s->vault[i].after - 1],
			    now_ms);
}

/* ---- vaults that one alone has ------------------------------------------- */

/* Whether a vault of `mine` is one of `other` too, be it empty there. */
static bool
lone_find(struct shadow_side *side, const struct vaults *mine, uint32_t slot,
    const struct vaults *other)
{
	struct shadow_lone *l = &side->vault[slot];
	struct vault whole;
	uint32_t at;

	if (l->other > 0)
		return true;
	if (vaults_get(&whole, mine, slot) != ERR_OK)
		return false;
	if (!b32_equal(&l->id, &whole.id)) {
		side->displaced += l->times > 0;
		*l = (struct shadow_lone){ .id = whole.id };
	}
	if (vaults_find(&at, other, &whole.id) != ERR_OK)
		return false;
	l->other = at + 1;
	return true;
}

static void
side_compare(struct shadow_side *side, const struct vaults *mine,
    const struct vaults *other)
{
	uint32_t used = vaults_used(mine);

	if (used > side->count)
		side->count = used;
	for (uint32_t i = 0; i < used; i++) {
		struct shadow_lone *l = &side->vault[i];

		if (vaults_assets(mine, i) != 0 && (!lone_find(side, mine, i,
		    other) || vaults_assets(other, l->other - 1) == 0))
			l->times++;
	}
}

/* ---- marks --------------------------------------------------------------- */

/* Zero where there is none that counts. */
static struct px18
mark_price(const struct machine *m, uint16_t instrument)
{
	const struct terms_mark *k = instrument == SHADOW_NONE ? NULL :
	    &m->terms->mark[instrument];

	return k && k->mark_ms != 0 && k->held == TERMS_COUNTS ? k->mark :
	    px18_from_raw(0);
}

static void
mark_compare(struct shadow_mark *m, struct px18 before, struct px18 after,
    uint64_t now_ms)
{
	bool is_alone = px18_is_zero(before) != px18_is_zero(after);
	uint32_t distance;

	if (px18_compare(before, after) == 0)
		return;
	distance = is_alone ? 0 : shadow_mids_ppb(before, after);
	m->differs++;
	m->alone += is_alone;
	if (m->worst_ms == 0 || distance > m->worst_ppb) {
		m->worst_ms = now_ms;
		m->worst_ppb = distance;
		m->worst_before = before;
		m->worst_after = after;
	}
}

void
shadow_book_compare(struct shadow *s, uint64_t now_ms)
{
	const struct machine *before = s->before_life->machine;
	const struct machine *after = s->after_life->machine;

	s->comparisons++;
	/* The replay's own has no vaults: there is nothing to lack. */
	if (!s->before_life->config.book_file[0] ||
	    !s->after_life->config.book_file[0])
		return;
	vaults_compare(s, now_ms);
	side_compare(&s->only_before, &before->vaults, &after->vaults);
	side_compare(&s->only_after, &after->vaults, &before->vaults);
	for (uint32_t i = 0; i < s->mark_count; i++)
		mark_compare(&s->mark[i],
		    mark_price(before, s->mark[i].before),
		    mark_price(after, s->mark[i].after), now_ms);
}
