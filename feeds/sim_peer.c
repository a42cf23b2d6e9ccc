#include "feeds/sim_peer.h"

#include "base/must.h"
#include "feeds/sim_clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_HEAD (sizeof(uint64_t) + sizeof(uint32_t))

bool
sim_protocol_serves(const struct sim_protocol *v, const char *path)
{
	return v->path ? strcmp(path, v->path) == 0 : v->serves(path);
}

void
sim_peer_init(struct sim_peer *p, struct sim_listener *l, struct lws *wsi)
{
	memset(p, 0, sizeof(*p));
	p->sim = l->sim;
	p->venue = l->venue;
	p->script = &l->sim->script.venue[l->venue];
	p->protocol = l->protocol;
	p->wsi = wsi;
	p->now_ms = sim_frame_ms(p->sim, p->venue, sim_clock_ms());
}

static void
queue_push(struct sim_peer *p, const char *text, uint32_t len, uint64_t due_ms)
{
	char *at;

	if (p->queue_len - p->queue_at + QUEUE_HEAD + len > SIM_QUEUE_MAX) {
		/* A client that does not read. */
		p->queue_len = p->queue_at;
		p->is_closing = true;
		return;
	}
	if (p->queue_len + QUEUE_HEAD + len > SIM_QUEUE_MAX) {
		p->queue_len -= p->queue_at;
		memmove(p->queue, p->queue + p->queue_at, p->queue_len);
		p->queue_at = 0;
	}
	at = p->queue + p->queue_len;
	memcpy(at, &due_ms, sizeof(due_ms));
	memcpy(at + sizeof(due_ms), &len, sizeof(len));
	memcpy(at + QUEUE_HEAD, text, len);
	p->queue_len += QUEUE_HEAD + len;
}

/* A test's peer has no connection: what was said stays in its queue. */
static void
peer_wake(struct sim_peer *p)
{
	if (p->wsi != NULL)
		lws_callback_on_writable(p->wsi);
}

uint64_t
sim_queue_due_ms(const struct sim_peer *p)
{
	uint64_t due_ms = 0;

	if (p->queue_at < p->queue_len)
		memcpy(&due_ms, p->queue + p->queue_at, sizeof(due_ms));
	return due_ms;
}

size_t
sim_queue_next(struct sim_peer *p, const char **text)
{
	const char *at = p->queue + p->queue_at;
	uint32_t len;

	if (p->queue_at == p->queue_len)
		return 0;
	memcpy(&len, at + sizeof(uint64_t), sizeof(len));
	*text = at + QUEUE_HEAD;
	p->queue_at += QUEUE_HEAD + len;
	return len;
}

/* Not part of sim_say: clang 14 keeps no doubles for va_arg in a function whose
 * frame is so large that the stack is probed. */
__attribute__((noinline, format(printf, 2, 0))) static void
message_say(struct sim_peer *p, const char *format, va_list ap)
{
	struct sim *s = p->sim;
	uint64_t now_ms = sim_clock_ms(), due_ms = now_ms;
	const struct sim_event *late = sim_script_event(&s->script, SIM_LATE,
	    p->venue, sim_script_ms(s, now_ms));
	char text[SIM_MESSAGE_MAX];
	int n = vsnprintf(text, sizeof(text), format, ap);

	MUST(n > 0 && n < (int)sizeof(text));
	for (int i = 0; i < n; i++)
		if (text[i] == '\'')
			text[i] = '"';
	if (late != NULL)
		due_ms += late->late_ms;
	queue_push(p, text, (uint32_t)n, due_ms);
	if (p->is_ticking && p->duplicates > 0) {
		p->duplicates--;
		queue_push(p, text, (uint32_t)n, due_ms);
	}
	peer_wake(p);
}

void
sim_say(struct sim_peer *p, const char *format, ...)
{
	va_list ap;

	if (p->is_closing || sim_venue_has(p->sim, SIM_MUTE, p->venue))
		return;
	if (p->is_ticking && p->gaps > 0) {
		p->gaps--;
		return;
	}
	va_start(ap, format);
	message_say(p, format, ap);
	va_end(ap);
}

void
sim_close(struct sim_peer *p)
{
	p->is_closing = true;
	peer_wake(p);
}

bool
sim_quote_now(const struct sim_peer *p, size_t i, struct sim_quote *q)
{
	return sim_path_quote(q, &p->sim->script, p->venue, i,
	    sim_script_ms(p->sim, p->now_ms)) == ERR_OK;
}

int
sim_symbol_find(const struct sim_peer *p, const char *name, bool is_lower)
{
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		const char *s = p->script->symbol[i].name;
		size_t k = 0;

		for (;; k++) {
			char c = s[k];

			if (is_lower && c >= 'A' && c <= 'Z')
				c = (char)(c - 'A' + 'a');
			if (c != name[k] || c == '\0')
				break;
		}
		if (s[k] == '\0' && name[k] == '\0')
			return (int)i;
	}
	return -1;
}

u128
sim_spread(const struct sim_peer *p)
{
	return p->sim->script.spread;
}

uint64_t
sim_seed(const struct sim_peer *p)
{
	return p->sim->script.seed;
}

const char *
sim_address(const struct sim_peer *p)
{
	static char text[40];

	snprintf(text, sizeof(text), "%s://127.0.0.1:%u",
	    p->sim->is_tls ? "wss" : "ws", p->script->port);
	return text;
}

unsigned
sim_heartbeat_s(const struct sim_peer *p, unsigned usual_s)
{
	uint64_t s = p->sim->script.heartbeat_s;

	return s > 0 ? (unsigned)s : usual_s;
}
