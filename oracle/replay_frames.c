/*~ Recorded frames through the code of the live service: the venue's parser, the
 * connection's clock, the shell, the machine.  Only the edges differ: time is
 * the recording's, and the signer here has no key (replay_engine.c).
 *
 * Order: (receive time, file, line); before the first frame of each whole
 * second a timer.  After each frame that told the machine something, and at
 * each timer, the batch is closed at that instant: price lines (all at a timer,
 * else those that changed), then an attestation where one was due.  Its
 * sequence is the instant x 1024: the machine makes one an instant.
 *
 * Frames before the window are parsed, and the machine is told of them, so that
 * books, sequence numbers and clocks are right when it begins; but no batch is
 * closed, nothing counted and nothing printed: what is averaged over time, and
 * the hash of all inputs, begin with the window. */
#include "oracle/replay.h"

#include "feeds/tick_text.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/progress.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define TIMER_MS 1000u

struct frames_replay {
	const struct replay_frames_options *options;
	struct replay_events events;
	struct replay_parser parser;
	struct replay_life *life;
	struct replay_engine engine;
	struct replay_output output;
	struct progress progress;
	struct replay_window window;
	struct price shown[PRICES_UNITS_MAX];
	bool has_shown;
	bool is_before;			/* the window has not begun */
	uint64_t next_timer_ms;
	uint64_t begin_ns;		/* for --speed */
};

static void
on_attestation(void *arg, const struct board_attestation *a)
{
	struct frames_replay *r = arg;

	replay_print_attestation(&r->output, &r->life->machine->domain,
	    &a->header, &a->digest);
}

/* ---- batches ------------------------------------------------------------ */

static bool
price_changed(const struct price *a, const struct price *b)
{
	return a->status != b->status || a->reason != b->reason ||
	    a->sources != b->sources || px18_compare(a->mid, b->mid) != 0 ||
	    px18_compare(a->low, b->low) != 0 ||
	    px18_compare(a->high, b->high) != 0;
}

static void
prices_print(struct frames_replay *r, uint64_t now_ms, bool all)
{
	const struct config *c = &r->life->config;
	const struct price *price = r->life->machine->prices.price;

	for (size_t i = 1; i < c->prices.unit_count; i++) {
		if (!all && r->has_shown &&
		    !price_changed(&r->shown[i], &price[i]))
			continue;
		r->shown[i] = price[i];
		replay_print_price(&r->output, c->prices.unit[i].name,
		    &price[i], now_ms);
	}
	r->has_shown = true;
}

static void
batch_close(struct frames_replay *r, uint64_t now_ms, bool is_timer)
{
	replay_engine_close(&r->engine, now_ms);
	prices_print(r, now_ms, is_timer);
	replay_engine_sign(&r->engine);
}

/* ---- frames ------------------------------------------------------------- */

static void
frame_print(struct frames_replay *r, const struct replay_event *e,
    const struct frame *f)
{
	struct replay_output *o = &r->output;

	switch (f->kind) {
	case FRAME_TICKS:
		for (size_t i = 0; i < f->tick_count; i++)
			if (!f->ticks[i].is_contract ||
			    tick_has_greeks(&f->ticks[i]))
				replay_print_tick(o, e->venue->name,
				    &f->ticks[i], e->recv_ms);
		return;
	case FRAME_HEARTBEAT:
	case FRAME_ACK:
	case FRAME_IGNORED:
	case FRAME_REFUSED:
	case FRAME_LEAVING:
		replay_names_add(&o->ignored, f->channel);
		return;
	case FRAME_GAP:
		o->gaps++;
		return;
	case FRAME_UNKNOWN:
		replay_names_add(&o->unknown, f->channel);
		return;
	}
}

/* True where the machine was told something. */
static bool
frame_take(struct frames_replay *r, const struct replay_event *e)
{
	struct replay_output *o = &r->output;
	struct frame f;
	enum err err;

	o->frames += !r->is_before;
	if (!e->venue) {
		if (!r->is_before)
			replay_names_add(&o->unknown, "(address)");
		return false;
	}
	err = replay_parser_frame(&f, &r->parser, e);
	if (err != ERR_OK) {
		if (!r->is_before)
			replay_names_add(&o->rejected, err_name(err));
		return replay_engine_bad(&r->engine, e);
	}
	if (!r->is_before)
		frame_print(r, e, &f);
	return replay_engine_frame(&r->engine, e, &f);
}

/* ---- the timeline ------------------------------------------------------- */

static void
pace(struct frames_replay *r, uint64_t ms)
{
	uint64_t at;
	struct timespec t;

	if (r->options->speed == 0)
		return;
	(void)fflush(stdout);
	at = r->begin_ns + (ms - r->window.from_ms) * 1000000u /
	    r->options->speed;
	t.tv_sec = (time_t)(at / 1000000000u);
	t.tv_nsec = (long)(at % 1000000000u);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) ==
	    EINTR)
		;
}

static void
timers_run(struct frames_replay *r, uint64_t until_ms)
{
	while (r->next_timer_ms <= until_ms) {
		pace(r, r->next_timer_ms);
		batch_close(r, r->next_timer_ms, true);
		r->next_timer_ms += TIMER_MS;
	}
}

static void
frame_run(struct frames_replay *r, const struct replay_event *e)
{
	r->is_before = e->recv_ms < r->window.from_ms;
	if (r->is_before) {
		(void)frame_take(r, e);
		return;
	}
	if (r->begin_ns == 0)
		r->begin_ns = clock_monotonic_ns();
	timers_run(r, e->recv_ms);
	pace(r, e->recv_ms);
	if (frame_take(r, e))
		batch_close(r, e->recv_ms, false);
}

static void
events_run(struct frames_replay *r)
{
	const struct replay_events *e = &r->events;

	r->next_timer_ms = (r->window.from_ms + TIMER_MS - 1) / TIMER_MS *
	    TIMER_MS;
	progress_begin(&r->progress, "replay", e->count);
	for (size_t i = 0; i < e->count &&
	    e->event[i].recv_ms < r->window.until_ms; i++) {
		if (e->event[i].is_connect)
			replay_parser_connect(&r->parser, &e->event[i]);
		else
			frame_run(r, &e->event[i]);
		progress_step(&r->progress, i);
	}
	progress_end(&r->progress);
}

static int
run(struct frames_replay *r)
{
	enum err e = replay_events_span(&r->window, &r->events,
	    &r->options->window, "replay");

	if (e != ERR_OK && e != ERR_MISSING)
		return EXIT_FAILED;
	if (replay_parser_begin(&r->parser, &r->events) != ERR_OK) {
		fprintf(stderr, "margind replay: no memory\n");
		return EXIT_FAILED;
	}
	r->engine.on_attestation = on_attestation;
	r->engine.arg = r;
	replay_output_begin(&r->output, r->options->is_json);
	if (e == ERR_OK) {
		replay_engine_begin(&r->engine, r->life, r->window.from_ms);
		events_run(r);
	}
	replay_output_end(&r->output);
	replay_parser_end(&r->parser);
	return r->events.is_damaged ? EXIT_FAILED : EXIT_OK;
}

int
replay_frames(const struct replay_frames_options *o)
{
	static struct frames_replay r;
	int code = EXIT_FAILED;

	r.options = o;
	if (replay_life_open_file(&r.life, o->config_path) != ERR_OK)
		return EXIT_CONFIG;
	if (replay_events_load(&r.events, o->path, o->path_count,
	    o->is_aligned) == ERR_OK)
		code = run(&r);
	replay_events_free(&r.events);
	replay_life_close(r.life);
	return code;
}
