/* A message's way through the feeds process: parsed by its venue's pure parser,
 * stamped with the exchange's time, matched with a configured market,
 * instrument or family of options (a symbol that is none is dropped and
 * counted), and sent. */
#include "oracle/feeds_role.h"
#include "oracle/log.h"
#include "oracle/tick_wire.h"

#include <stdio.h>

void
feeds_send(struct feeds *f, enum role to, const void *message)
{
	if (proc_peer_send(&f->proc, to, message, false) != ERR_OK)
		f->dropped++;
}

const char *
feeds_name(char out[FEEDS_NAME_MAX], const struct feeds *f, size_t slot)
{
	size_t connection = slot % f->plan.count, number = 1, of = 0;
	size_t venue = f->plan.venue[connection];

	for (size_t i = 0; i < f->plan.count; i++) {
		if (f->plan.venue[i] != venue)
			continue;
		of++;
		number += i < connection;
	}
	if (of == 1)
		snprintf(out, FEEDS_NAME_MAX, "%s",
		    f->proc.config.venue[venue].name);
	else
		snprintf(out, FEEDS_NAME_MAX, "%s #%zu",
		    f->proc.config.venue[venue].name, number);
	return out;
}

static void
option_send(struct feeds *f, struct wire_feed *feed, uint16_t family,
    const struct tick *t, uint64_t now_ms)
{
	struct wire_option w;
	enum err e = tick_wire_option(&w, &f->proc.config.option[family], t,
	    now_ms);

	if (e != ERR_OK) {
		feed->unpinned += !t->contract.has_option;
		return;
	}
	feeds_send(f, ROLE_SURFACE, &w);
	feed->ticks++;
}

/* The bit of a slot: of a connection, or of its successor. */
static uint8_t
said_bit(const struct feeds *f, size_t slot)
{
	return slot < f->plan.count ? 1 : 2;
}

void
feeds_opened(struct feeds *f, size_t slot, uint64_t now_ms)
{
	size_t connection = slot % f->plan.count;
	const struct config_venue *v =
	    &f->proc.config.venue[f->plan.venue[connection]];
	const struct feeds_slot *other = &f->slot[slot == connection ?
	    slot + f->plan.count : connection];

	feeds_slot_open(&f->slot[slot], now_ms);
	if (other->is_open)
		venue_memory_inherit(&f->slot[slot].memory, v->venue,
		    &other->memory);
	for (size_t i = 0; i < f->proc.config.prices.market_count; i++)
		if (f->plan.market[i] == connection)
			f->booked[i] &= (uint8_t)~said_bit(f, slot);
}

static enum err
market_send(struct feeds *f, size_t slot, size_t venue, const struct tick *t,
    uint64_t now_ms)
{
	struct wire_tick w[TICK_WIRES_MAX];
	size_t count;
	enum err e = tick_wire_from(w, &count, &f->proc.config, venue, t,
	    now_ms);

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		if (w[i].has_book || !w[i].has_last)
			f->booked[w[i].market] |= said_bit(f, slot);
		feeds_send(f, ROLE_ENGINE, &w[i]);
	}
	return e;
}

/* A symbol may be a market and an instrument. */
static void
tick_send(struct feeds *f, size_t slot, const struct tick *t, uint64_t now_ms)
{
	const struct config *c = &f->proc.config;
	size_t venue = f->plan.venue[slot % f->plan.count];
	struct wire_feed *feed = &f->feed[venue];
	enum err as_market, as_instrument = ERR_UNKNOWN;
	struct wire_mark m;

	as_market = market_send(f, slot, venue, t, now_ms);
	if (c->instrument_count > 0)
		as_instrument = tick_wire_mark(&m, c, venue, t, now_ms);
	if (as_instrument == ERR_OK)
		feeds_send(f, ROLE_ENGINE, &m);
	feed->ticks += (uint64_t)(as_market == ERR_OK) +
	    (as_instrument == ERR_OK);
	feed->unpinned += as_market == ERR_UNKNOWN &&
	    as_instrument == ERR_UNKNOWN;
}

static void
ticks_send(struct feeds *f, size_t slot, const struct frame *frame,
    uint64_t now_ms)
{
	size_t connection = slot % f->plan.count;
	size_t venue = f->plan.venue[connection];
	uint16_t family = f->plan.option[connection];

	for (size_t i = 0; i < frame->tick_count; i++)
		if (family == FEEDS_PLAN_NONE)
			tick_send(f, slot, &frame->ticks[i], now_ms);
		else
			option_send(f, &f->feed[venue], family,
			    &frame->ticks[i], now_ms);
}

static void
heartbeat_send(struct feeds *f, size_t connection, const struct frame *frame,
    uint64_t now_ms)
{
	size_t venue = f->plan.venue[connection];
	struct wire_heartbeat w;
	uint64_t exchange_ms;

	f->feed[venue].heartbeats++;
	if (!frame->has_time || !feeds_beat_of(&exchange_ms, venue, &f->plan,
	    f->slot))
		return;
	tick_wire_heartbeat(&w, venue, exchange_ms, now_ms);
	feeds_send(f, ROLE_ENGINE, &w);
}

/* What the connection said of books no longer holds, but where the other of a
 * pair, which missed nothing, says the same. */
static void
gap_take(struct feeds *f, size_t slot, const char *why, uint64_t now_ms)
{
	size_t connection = slot % f->plan.count;
	size_t other = (slot + f->plan.count) % (2 * f->plan.count);
	size_t count = f->proc.config.prices.market_count;

	f->feed[f->plan.venue[connection]].gaps++;
	for (size_t i = 0; i < count; i++) {
		struct wire_tick w;

		if (f->plan.market[i] != connection)
			continue;
		f->booked[i] &= (uint8_t)~said_bit(f, slot);
		if (f->slot[other].is_open && f->booked[i] != 0)
			continue;
		tick_wire_void(&w, i, now_ms);
		feeds_send(f, ROLE_ENGINE, &w);
	}
	client_redial(f->client, slot, why);
}

/* Another connection takes the place of this one before the venue closes it. */
static void
leaving_take(struct feeds *f, size_t slot)
{
	char name[FEEDS_NAME_MAX];

	f->feed[f->plan.venue[slot % f->plan.count]].heartbeats++;
	if (client_leave(f->client, slot))
		log_info("%s: the venue will close this connection: another "
		    "is dialled", feeds_name(name, f, slot));
}

static void
frame_bad(struct feeds *f, size_t slot, enum err e, const char *text,
    size_t len, uint64_t now_ms)
{
	size_t venue = f->plan.venue[slot % f->plan.count];
	char name[FEEDS_NAME_MAX];

	f->feed[venue].rejected[feeds_reject_of(e)]++;
	if (feeds_trouble_begins(&f->rejected[venue], now_ms))
		log_warn("%s: a frame is refused (%s): %.*s",
		    feeds_name(name, f, slot), err_name(e),
		    (int)(len < 120 ? len : 120), text);
}

static void
frame_take(struct feeds *f, size_t slot, const struct frame *frame,
    const char *text, size_t len, uint64_t now_ms)
{
	size_t connection = slot % f->plan.count;
	size_t venue = f->plan.venue[connection];
	char name[FEEDS_NAME_MAX];

	switch (frame->kind) {
	case FRAME_TICKS:
		ticks_send(f, slot, frame, now_ms);
		break;
	case FRAME_HEARTBEAT:
	case FRAME_ACK:
		/* Of contracts, if any: what says no price says the time. */
		ticks_send(f, slot, frame, now_ms);
		heartbeat_send(f, connection, frame, now_ms);
		break;
	case FRAME_IGNORED:
		f->feed[venue].ignored++;
		break;
	case FRAME_REFUSED:
		f->feed[venue].refused++;
		if (feeds_trouble_begins(&f->refused[venue], now_ms))
			log_warn("%s: the venue refuses: %.*s",
			    feeds_name(name, f, slot),
			    (int)(len < 200 ? len : 200), text);
		break;
	case FRAME_GAP:
		gap_take(f, slot, "a message is missing", now_ms);
		break;
	case FRAME_LEAVING:
		leaving_take(f, slot);
		break;
	case FRAME_UNKNOWN:
		f->feed[venue].unknown++;
		if (feeds_said_unknown(&f->said[connection]))
			log_warn("%s: a message of a kind that is not known: "
			    "%s", feeds_name(name, f, slot),
			    frame->channel[0] ? frame->channel : "(no name)");
		break;
	}
}

void
feeds_frame(struct feeds *f, size_t slot, const char *text, size_t len,
    uint64_t now_ms)
{
	size_t venue = f->plan.venue[slot % f->plan.count];
	const struct venue *v = f->proc.config.venue[venue].venue;
	struct frame frame = { .ticks = f->ticks,
		.memory = &f->slot[slot].memory };
	enum err e = v->parse(&frame, text, len);

	f->feed[venue].frames++;
	f->feed[venue].last_frame_ms = now_ms;
	if (e != ERR_OK) {
		f->slot[slot].heard_ms = now_ms;
		frame_bad(f, slot, e, text, len, now_ms);
		if (v->has_depth)
			gap_take(f, slot, "a message could not be read",
			    now_ms);
		return;
	}
	feeds_slot_heard(&f->slot[slot], &frame, now_ms);
	if (frame.answer[0] != '\0')
		client_reply(f->client, slot, frame.answer);
	frame_take(f, slot, &frame, text, len, now_ms);
}
