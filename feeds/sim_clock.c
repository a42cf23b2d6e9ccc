#include "feeds/sim_clock.h"

#include "base/must.h"

#include <time.h>

uint64_t
sim_clock_ms(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
sim_script_ms(const struct sim *s, uint64_t now_ms)
{
	return now_ms > s->start_ms ? now_ms - s->start_ms : 0;
}

uint64_t
sim_venue_ms(const struct sim *s, size_t venue, uint64_t t_ms)
{
	const struct sim_event *e = sim_script_event(&s->script, SIM_STALE,
	    venue, t_ms);

	return e != NULL ? e->at_ms : t_ms;
}

uint64_t
sim_frame_ms(const struct sim *s, size_t venue, uint64_t now_ms)
{
	if (now_ms < s->start_ms)
		return now_ms;
	return s->start_ms + sim_venue_ms(s, venue, now_ms - s->start_ms);
}

bool
sim_venue_has(const struct sim *s, enum sim_event_kind kind, size_t venue)
{
	return sim_script_event(&s->script, kind, venue,
	    sim_script_ms(s, sim_clock_ms())) != NULL;
}
