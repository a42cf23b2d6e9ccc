#include "feeds/sim_tick.h"

#include "feeds/sim_clock.h"
#include "feeds/sim_peer.h"

static void
peer_tick(struct sim_peer *p, uint64_t v_ms, bool is_second)
{
	const struct sim *s = p->sim;
	struct sim_quote q;

	p->is_ticking = true;
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_path_quote(&q, &s->script, p->venue, i, v_ms) ==
		    ERR_OK)
			p->protocol->tick(p, i, &q);
	p->is_ticking = false;
	if (is_second)
		p->protocol->second(p);
}

/* What is of an instant may lie between two ticks, so each looks back at all
 * that began since the last. */
static void
venue_tick(struct sim *s, size_t venue, uint64_t now_ms, bool is_second)
{
	const struct sim_script *script = &s->script;
	uint64_t t_ms = sim_script_ms(s, now_ms), last_ms = s->ticked_ms;
	bool drops = sim_script_began(script, SIM_DROP, venue, last_ms, t_ms);
	bool gaps = sim_script_began(script, SIM_GAP, venue, last_ms, t_ms);
	bool duplicates = sim_script_began(script, SIM_DUPLICATE, venue,
	    last_ms, t_ms);

	for (size_t k = 0; k < SIM_PEERS_MAX; k++) {
		struct sim_peer *p = s->peer[k];

		if (p == NULL || p->venue != venue)
			continue;
		if (drops) {
			p->queue_len = p->queue_at;
			sim_close(p);
		}
		p->gaps += gaps;
		p->duplicates += duplicates;
		p->now_ms = sim_frame_ms(s, venue, now_ms);
		peer_tick(p, sim_venue_ms(s, venue, t_ms), is_second);
	}
}

void
sim_tick(lws_sorted_usec_list_t *sul)
{
	struct sim *s = lws_container_of(sul, struct sim, timer);
	uint64_t now_ms = sim_clock_ms(), tick_ms = s->script.tick_ms;
	uint64_t t_ms = sim_script_ms(s, now_ms);
	bool is_second = now_ms / 1000 != s->second;
	uint64_t into = now_ms >= s->start_ms ? t_ms % tick_ms : 0;

	s->second = now_ms / 1000;
	for (size_t v = 0; v < s->script.venue_count; v++)
		venue_tick(s, v, now_ms, is_second);
	s->ticked_ms = t_ms;
	/* At the next boundary: slots keep their rhythm. */
	lws_sul_schedule(s->context, 0, &s->timer, sim_tick,
	    (lws_usec_t)(tick_ms - into) * LWS_US_PER_MS);
}
