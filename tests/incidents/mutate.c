#include "tests/incidents/mutate.h"

#include "base/must.h"

#include <stdarg.h>
#include <string.h>

/* ORDER: of all venues, within a step; SWAP: neighbours of one market; COARSE:
 * the same, where its clock goes in steps of three periods. */
enum kind { FAIL, DELAY, LATE, SWAP, COARSE, DOUBLE, ORDER, KINDS };

#define PERIODS 3u		/* that a frame comes later at most */

struct change {
	enum kind kind;
	unsigned venue;
	uint64_t from_ms, to_ms, by_ms;
	uint64_t period_ms;	/* between two of a market's frames */
};

static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t
below(uint64_t *state, uint64_t n)
{
	return next(state) % n;
}

static void __attribute__((format(printf, 2, 3)))
note(struct mutation *m, const char *form, ...)
{
	size_t len = strlen(m->text);
	va_list args;

	va_start(args, form);
	(void)vsnprintf(m->text + len, sizeof(m->text) - len, form, args);
	va_end(args);
}

static bool
has_rates(const struct scene *s)
{
	for (size_t i = 1; i < s->unit_count; i++)
		if (s->unit[i].of != 0)
			return true;
	return false;
}

static bool
is_minority(uint32_t mutated, const struct scene *s)
{
	size_t most = s->venue_count > 2 ? (s->venue_count - 1) / 2 : 1;

	return (size_t)__builtin_popcount(mutated) <= most;
}

/* The time between a venue's first two of the same kind and market. */
static uint64_t
period_of(const struct scene *s, unsigned venue)
{
	const struct input *first = NULL;

	for (size_t i = 0; i < s->inputs.count; i++) {
		const struct input *in = &s->inputs.at[i];

		if (in->venue != venue || in->kind == INPUT_VOID)
			continue;
		if (first && in->kind == first->kind && in->market ==
		    first->market && in->recv_ms > first->recv_ms)
			return in->recv_ms - first->recv_ms;
		first = first ? first : in;
	}
	return s->step_ms;
}

static struct change
change_draw(struct mutation *m, const struct scene *s, uint64_t *state)
{
	static const char *const names[KINDS] = { "fails", "delayed", "late",
	    "swapped", "swapped, its times alike", "doubled", "reordered" };
	uint64_t span = s->end_ms - s->begin_ms;
	struct change c = { .kind = (enum kind)below(state, KINDS) };

	c.venue = (unsigned)below(state, s->venue_count +
	    (has_rates(s) ? 1 : 0));
	if (c.venue == s->venue_count)
		c.venue = SCENE_NO_VENUE;
	c.from_ms = s->begin_ms + below(state, span);
	c.to_ms = c.from_ms + 5000 + below(state, span);
	c.by_ms = 50 + below(state, 7950);
	c.period_ms = period_of(s, c.venue);
	/* Where most of them are late, nobody can know it. */
	if (c.kind < DOUBLE && !is_minority(m->mutated |
	    (uint32_t)1 << c.venue % 32, s))
		c.kind = DOUBLE;
	if (c.kind < DOUBLE)
		m->mutated |= (uint32_t)1 << c.venue % 32;
	note(m, "%s%s %s", m->text[0] ? ", " : "", c.kind == ORDER ? "all" :
	    c.venue == SCENE_NO_VENUE ? "rates" : s->venue[c.venue],
	    names[c.kind]);
	return c;
}

/* What becomes of one input; a second copy goes straight to the list.  False:
 * it is lost. */
static bool
change_apply(struct mutation *m, struct input *in, const struct change *c,
    const struct scene *s, uint64_t *state)
{
	struct input copy = *in;

	/* That something is missing was found out here. */
	if (in->kind == INPUT_VOID || in->recv_ms < c->from_ms ||
	    in->recv_ms >= c->to_ms || (c->kind != ORDER &&
	    in->venue != c->venue))
		return true;
	switch (c->kind) {
	case FAIL:
		return false;
	case DELAY:
		in->recv_ms += c->by_ms + below(state, 200);
		break;
	case LATE:
		if (below(state, 10) == 0)
			in->recv_ms += 1000 + below(state, 60000);
		break;
	case COARSE:
		if (in->kind == INPUT_BOOK || in->kind == INPUT_TRADE)
			in->exchange_ms -= in->exchange_ms %
			    (PERIODS * c->period_ms);
		/* fall through */
	case SWAP:
		in->recv_ms += below(state, PERIODS * c->period_ms);
		break;
	case DOUBLE:
		copy.recv_ms += below(state, 2000);
		copy.order = next(state);
		inputs_add(&m->inputs, &copy);
		break;
	case ORDER:
		in->recv_ms += below(state, s->step_ms);
		in->order = next(state);
		break;
	case KINDS:
		break;
	}
	return true;
}

void
mutate(struct mutation *out, const struct scene *s, uint64_t seed)
{
	struct change change[3];
	uint64_t state = seed;
	size_t n = 1 + below(&state, ARRAY_COUNT(change));

	memset(out, 0, sizeof(*out));
	MUST(s->venue_count > 0);
	for (size_t i = 0; i < n; i++)
		change[i] = change_draw(out, s, &state);
	for (size_t i = 0; i < s->inputs.count; i++) {
		struct input in = s->inputs.at[i];
		bool is_there = true;

		for (size_t k = 0; k < n && is_there; k++)
			is_there = change_apply(out, &in, &change[k], s,
			    &state);
		if (is_there)
			inputs_add(&out->inputs, &in);
	}
	inputs_sort(&out->inputs);
}
