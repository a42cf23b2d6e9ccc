/*~ Welcome to the surface: volatilities of many options become a few smiles.
 * It has two wires and nothing else: no file, no network, no key.  feeds says
 * what venues mark their options at (surface_marks.h), every so often all are
 * fitted in floating point (surface_fit.h), and what moved goes to the engine
 * (surface_curve.h), which believes none of it before its own check
 * (margin/surface_check.h).
 *
 * Marks come by the thousand a second and none of them is urgent: they are
 * taken a batch at a time, at each turn of the loop, instead of waking it. */
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/surface_curve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS 50
#define BATCH_MAX 4096u		/* marks of one turn */
#define STATUS_MS 1000u

enum surface_counter {
	COUNT_MARKS, COUNT_REFUSED, COUNT_HELD, COUNT_EXPIRIES, COUNT_FITS,
	COUNT_UNFIT, COUNT_FORWARDS, COUNT_SLICES, COUNT_WITHDRAWN,
	COUNT_DROPPED, COUNT_ROUND_US, COUNT_COUNT,
};

struct surface {
	struct proc_role proc;
	struct surface_marks *marks;
	struct surface_curve *curve;
	uint64_t counter[COUNT_COUNT];
	uint64_t round_ms, status_ms;
	bool has_smiles;
};

/* ---- towards the engine -------------------------------------------------- */

static enum err
say(void *arg, const void *message)
{
	struct surface *s = arg;
	enum err e = proc_peer_send(&s->proc, ROLE_ENGINE, message, false);

	/* It is told again at the next round. */
	if (e != ERR_OK)
		s->counter[COUNT_DROPPED]++;
	return e;
}

static void
counters_take(struct surface *s)
{
	struct surface_counters c;

	surface_curve_counters(&c, s->curve);
	s->counter[COUNT_HELD] = surface_marks_count(s->marks);
	s->counter[COUNT_EXPIRIES] = c.expiries;
	s->counter[COUNT_FITS] = c.fits;
	s->counter[COUNT_UNFIT] = c.unfit;
	s->counter[COUNT_FORWARDS] = c.forwards;
	s->counter[COUNT_SLICES] = c.slices;
	s->counter[COUNT_WITHDRAWN] = c.withdrawn;
	if (s->has_smiles == (c.expiries > 0))
		return;
	s->has_smiles = c.expiries > 0;
	if (s->has_smiles)
		log_info("there are volatilities");
	else
		log_warn("no expiry has volatilities any more");
}

static void
round_make(struct surface *s, uint64_t now_ms)
{
	const struct surface_wire wire = { say, s };
	uint64_t begin_ns = clock_monotonic_ns();

	if (now_ms >= s->round_ms && now_ms < s->round_ms +
	    s->proc.config.surface_every_ms)
		return;
	s->round_ms = now_ms;
	surface_curve_round(s->curve, s->marks, &wire, now_ms);
	s->counter[COUNT_ROUND_US] = (clock_monotonic_ns() - begin_ns) / 1000;
	counters_take(s);
}

/* ---- from feeds ---------------------------------------------------------- */

/* False where feeds says what it must not. */
static bool
message_take(struct surface *s, const uint8_t *bytes)
{
	struct wire_option w;
	struct wire_head head;

	memcpy(&head, bytes, sizeof(head));
	if (head.type != WIRE_OPTION)
		return false;
	memcpy(&w, bytes, sizeof(w));
	s->counter[COUNT_MARKS]++;
	if (surface_marks_take(s->marks, &w, clock_wall_ms()) != ERR_OK)
		s->counter[COUNT_REFUSED]++;
	return true;
}

static void
feeds_drain(struct surface *s)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];

	for (size_t i = 0; i < BATCH_MAX && s->proc.peer[ROLE_FEEDS] >= 0;
	    i++) {
		size_t size;
		enum err e = proc_hot_receive(s->proc.peer[ROLE_FEEDS],
		    &s->proc.ring[ROLE_FEEDS], bytes, &size);

		if (e == ERR_MISSING)
			return;
		if (e != ERR_OK || !message_take(s, bytes)) {
			/* Gone, or out of its mind; a new one will come. */
			if (e == ERR_OK)
				log_error("feeds sends what it must not");
			proc_peer_close(&s->proc, ROLE_FEEDS);
		}
	}
}

/* ---- the loop ------------------------------------------------------------ */

static void
status_report(struct surface *s, uint64_t now_ms)
{
	if (now_ms >= s->status_ms && now_ms < s->status_ms + STATUS_MS)
		return;
	s->status_ms = now_ms;
	proc_role_status(&s->proc, s->has_smiles, s->has_smiles ? "" :
	    "no volatilities", s->counter, COUNT_COUNT);
}

/* The engine says nothing here: what comes is its end. */
static void
engine_look(struct surface *s)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;

	if (proc_receive(s->proc.peer[ROLE_ENGINE], bytes, &size) !=
	    ERR_MISSING)
		proc_peer_close(&s->proc, ROLE_ENGINE);
}

static bool
loop_once(struct surface *s)
{
	struct pollfd wait[2] = {
		{ .fd = s->proc.control_fd, .events = POLLIN },
		{ .fd = s->proc.peer[ROLE_ENGINE], .events = POLLIN },
	};
	enum role replaced = ROLE_SUPERVISOR;
	uint64_t now_ms;
	unsigned type;

	if (poll(wait, ARRAY_COUNT(wait), TURN_MS) < 0 && errno != EINTR)
		return false;
	if (wait[1].revents != 0)
		engine_look(s);
	if (wait[0].revents != 0 &&
	    proc_role_control(&s->proc, &type, &replaced) != ERR_OK)
		return false;
	if (replaced == ROLE_ENGINE)
		surface_curve_forget(s->curve);	/* a new one knows nothing */
	feeds_drain(s);
	now_ms = clock_wall_ms();
	round_make(s, now_ms);
	status_report(s, now_ms);
	return true;
}

static enum err
surface_open(struct surface *s)
{
	const struct config *c = &s->proc.config;
	const struct surface_rules rules = {
		.age_max_ms = c->surface_age_max_ms,
		.error_max = (double)c->surface_error_max_ppb / 1e9 };
	struct sandbox_paths none = { 0 };
	enum err e = surface_marks_create(&s->marks,
	    (uint16_t)c->prices.unit_count, (uint16_t)c->venue_count);

	if (e == ERR_OK)
		e = surface_curve_create(&s->curve, &rules);
	return e != ERR_OK ? e : sandbox_enter(ROLE_SURFACE, c->sandbox,
	    &none);
}

int
role_surface(void)
{
	static struct surface s;
	enum err e;

	proc_role_begin(&s.proc, ROLE_SURFACE);
	free(s.proc.book_text);
	s.proc.book_text = NULL;
	e = surface_open(&s);
	if (e != ERR_OK) {
		log_error("cannot open: %s", err_name(e));
		return EXIT_FAILED;
	}
	while (loop_once(&s))
		;
	surface_curve_destroy(s.curve);
	surface_marks_destroy(s.marks);
	return EXIT_FAILED;
}
