#include "feeds/client_state.h"

#include <stdarg.h>
#include <stdio.h>

size_t
client_slots(const struct client *c)
{
	return c->call.takes_successors ? 2 * c->conn_count : c->conn_count;
}

uint64_t
client_random(struct client *c)
{
	uint64_t x = c->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	c->random = x;
	return (x * 0x2545f4914f6cdd1du) >> 16;
}

/* Texts come from lws, from TLS and from the peer: one printable line. */
void
conn_why(struct conn *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->why, sizeof(c->why), format, ap);
	va_end(ap);
	for (char *p = c->why; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

void
conn_tell(struct conn *c, enum client_event e, const char *why)
{
	c->client->call.event(c->client->call.arg, c->slot, e, why);
}

void
conn_timer(struct conn *c, sul_cb_t call, lws_usec_t us)
{
	lws_sul_schedule(c->client->context, 0, &c->timer, call, us);
}

const char *
conn_host(const struct conn *c)
{
	return c->is_asking ? c->token_url.host : c->url.host;
}
