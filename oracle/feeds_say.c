#include "oracle/feeds_say.h"

#include "base/must.h"

static enum feeds_word
lost(struct feeds_said *s, unsigned which)
{
	bool is_news;

	s->is_open[which] = false;
	if (s->is_open[!which]) {
		is_news = !s->has_said_one;
		s->has_said_one = true;
		return is_news ? FEEDS_SAY_ONE_LOST : FEEDS_SAY_NOTHING;
	}
	is_news = s->state != SAID_LOST;
	s->state = SAID_LOST;
	return is_news ? FEEDS_SAY_LOST : FEEDS_SAY_NOTHING;
}

static enum feeds_word
subscribed(struct feeds_said *s)
{
	bool is_news = s->state != SAID_CONNECTED;

	s->state = SAID_CONNECTED;
	s->has_said_one = false;
	return is_news ? FEEDS_SAY_CONNECTED : FEEDS_SAY_NOTHING;
}

enum feeds_word
feeds_said_event(struct feeds_said *s, unsigned which, enum client_event e)
{
	MUST(which < 2);
	switch (e) {
	case CLIENT_CONNECTED:
		s->is_open[which] = true;
		break;
	case CLIENT_SUBSCRIBED:
		return subscribed(s);
	case CLIENT_LOST:
		return lost(s, which);
	case CLIENT_OVERSIZE:
		if (s->has_said_oversize)
			break;
		s->has_said_oversize = true;
		return FEEDS_SAY_OVERSIZE;
	case CLIENT_REPLACED:
		s->is_open[which] = false;
		return FEEDS_SAY_REPLACED;
	case CLIENT_MUTE:	/* the cause; LOST follows in the same words */
	case CLIENT_EVENTS:
		break;
	}
	return FEEDS_SAY_NOTHING;
}

bool
feeds_said_unknown(struct feeds_said *s)
{
	bool is_news = !s->has_said_unknown;

	s->has_said_unknown = true;
	return is_news;
}

bool
feeds_trouble_begins(struct feeds_trouble *t, uint64_t now_ms)
{
	t->last_ms = now_ms;
	return t->count++ == 0;
}

uint64_t
feeds_trouble_ends(struct feeds_trouble *t, uint64_t now_ms)
{
	uint64_t count = t->count;

	if (count == 0 || now_ms < t->last_ms + FEEDS_QUIET_MS)
		return 0;
	t->count = 0;
	return count;
}
