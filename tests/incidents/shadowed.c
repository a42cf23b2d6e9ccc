#include "tests/incidents/shadowed.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/shadow.h"

static void
input_tell(struct shadow *w, const struct scene *s, const struct input *in)
{
	const struct scene_market *m = &s->market[in->market];
	char symbol[64];

	if (in->kind == INPUT_RATE) {
		struct wire_rate r;

		memset(&r, 0, sizeof(r));
		wire_head_set(&r.head, WIRE_RATE);
		r.time_ms = in->exchange_ms;
		r.recv_ms = in->recv_ms;
		r.rate = wire_from_u128(in->bid);
		shadow_tell_rate(w, &r, s->unit[in->market].name);
	}
	if (in->kind == INPUT_BOOK) {
		struct wire_tick t;

		memset(&t, 0, sizeof(t));
		wire_head_set(&t.head, WIRE_TICK);
		t.has_book = 1;
		t.exchange_ms = in->exchange_ms;
		t.recv_ms = in->recv_ms;
		t.bid = wire_from_u128(in->bid);
		t.ask = wire_from_u128(in->ask);
		snprintf(symbol, sizeof(symbol), "%s-%s",
		    s->unit[m->base].name, s->unit[m->quote].name);
		shadow_tell_tick(w, &t, s->venue[m->venue], symbol);
	}
}

static bool
lives_open(struct replay_life **before, struct replay_life **after,
    const struct scene *s, const char *config)
{
	char own[SCENE_TEXT_MAX], book[SCENE_TEXT_MAX];
	size_t own_len = scene_config(own, s), book_len = scene_book(book, s);

	return replay_life_open(before, own, own_len, "old", book, book_len,
	    "book") == ERR_OK && replay_life_open(after, config,
	    strlen(config), "new", book, book_len, "book") == ERR_OK;
}

bool
shadowed_run(struct shadowed *out, const struct scene *s, const char *config,
    const char *unit)
{
	struct replay_life *before = NULL, *after = NULL;
	struct shadow *w = calloc(1, sizeof(*w));
	size_t at = 0;

	MUST(w);
	if (!lives_open(&before, &after, s, config)) {
		replay_life_close(before);
		free(w);
		return false;
	}
	MUST(shadow_begin(w, before, after, s->begin_ms) == ERR_OK);
	for (uint64_t t = s->begin_ms; t <= s->end_ms; t += 1000) {
		while (at < s->inputs.count && s->inputs.at[at].recv_ms <= t)
			input_tell(w, s, &s->inputs.at[at++]);
		shadow_close(w, t);
	}
	*out = (struct shadowed){ .batches = w->batches };
	for (size_t i = 0; i < w->unit_count; i++) {
		if (strcmp(w->unit[i].name, unit) != 0)
			continue;
		out->moved = w->unit[i].worst_ppb / 1e9;
		out->refusals = w->unit[i].refusals;
	}
	shadow_free(w);
	replay_life_close(before);
	replay_life_close(after);
	free(w);
	return true;
}
