/* oracle/shadow_frames.c - recorded frames for two configs: parsed once, told
 * to each as its own feeds process would, batches as `margind replay` has
 * them (replay_frames.c). */
#include "oracle/shadow.h"

#include "oracle/cmd.h"
#include "oracle/progress.h"

#include <string.h>

#define TIMER_MS 1000u

struct run {
	struct shadow *shadow;
	struct replay_events events;
	struct replay_parser parser;
	struct replay_window window;
	uint64_t next_timer_ms;
	bool has_before;
};

/* Whether the new config dials the venue at another address than the old one,
 * whose frames these are.  The built-in config says nothing of addresses. */
static bool
is_elsewhere(const struct run *r, const struct venue *v)
{
	return r->has_before && shadow_venue_is_other(
	    &r->shadow->before_life->config, &r->shadow->after_life->config,
	    v->name);
}

static bool
frame_tell(struct run *r, const struct replay_event *e)
{
	struct shadow *s = r->shadow;
	struct frame f;
	bool before, after;

	if (!e->venue)
		return false;
	if (replay_parser_frame(&f, &r->parser, e) != ERR_OK) {
		before = replay_engine_bad(&s->before, e);
		after = !is_elsewhere(r, e->venue) &&
		    replay_engine_bad(&s->after, e);
		return before || after;
	}
	before = replay_engine_frame(&s->before, e, &f);
	after = !is_elsewhere(r, e->venue) &&
	    replay_engine_frame(&s->after, e, &f);
	return before || after;
}

static void
frame_run(struct run *r, const struct replay_event *e)
{
	if (e->recv_ms < r->window.from_ms) {
		(void)frame_tell(r, e);
		return;
	}
	while (r->next_timer_ms <= e->recv_ms) {
		shadow_close(r->shadow, r->next_timer_ms);
		r->next_timer_ms += TIMER_MS;
	}
	if (frame_tell(r, e))
		shadow_close(r->shadow, e->recv_ms);
}

static void
events_run(struct run *r)
{
	const struct replay_events *e = &r->events;
	struct progress progress;

	r->next_timer_ms = (r->window.from_ms + TIMER_MS - 1) / TIMER_MS *
	    TIMER_MS;
	progress_begin(&progress, "shadow", e->count);
	for (size_t i = 0; i < e->count &&
	    e->event[i].recv_ms < r->window.until_ms; i++) {
		if (e->event[i].is_connect)
			replay_parser_connect(&r->parser, &e->event[i]);
		else
			frame_run(r, &e->event[i]);
		progress_step(&progress, i);
	}
	progress_end(&progress);
	for (size_t i = 0; i < PRICES_MARKETS_MAX; i++)
		r->shadow->is_heard[i] = r->shadow->after.said_by[i] > 0;
	memcpy(r->shadow->is_marked, r->shadow->after.is_marked,
	    sizeof(r->shadow->is_marked));
}

static int
lives_run(struct run *r, const struct shadow_options *o)
{
	enum err e = replay_events_span(&r->window, &r->events, &o->window,
	    "shadow");

	if (e != ERR_OK) {
		if (e == ERR_MISSING)
			fprintf(stderr, "margind shadow: no frame in there\n");
		return EXIT_FAILED;
	}
	if (replay_parser_begin(&r->parser, &r->events) != ERR_OK) {
		fprintf(stderr, "margind shadow: no memory\n");
		return EXIT_FAILED;
	}
	e = shadow_begin(r->shadow, r->shadow->before_life,
	    r->shadow->after_life, r->window.from_ms);
	if (e == ERR_OK)
		events_run(r);
	replay_parser_end(&r->parser);
	return e != ERR_OK || r->events.is_damaged ? EXIT_FAILED : EXIT_OK;
}

int
shadow_frames(struct shadow *s, const struct shadow_options *o)
{
	static struct run r;
	int code = EXIT_FAILED;

	r.shadow = s;
	r.has_before = o->before_path != NULL;
	if (replay_life_open_file(&s->before_life, o->before_path) != ERR_OK ||
	    replay_life_open_file(&s->after_life, o->after_path) != ERR_OK)
		return EXIT_CONFIG;
	if (replay_events_load(&r.events, o->frames->path,
	    o->frames->path_count, o->frames->is_aligned) == ERR_OK)
		code = lives_run(&r, o);
	replay_events_free(&r.events);
	return code;
}
