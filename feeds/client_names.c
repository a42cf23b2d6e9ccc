#include "feeds/client_names.h"

#include "feeds/client_watch.h"
#include "feeds/resolve.h"

#include <string.h>

void
client_names_drop(struct client *c)
{
	watch_stop(&c->resolver);
	resolve_close(c->resolver_fd);
	c->resolver_fd = -1;
	for (size_t i = 0; i < client_slots(c); i++) {
		struct conn *k = &c->conn[i];

		/* No answer will come: it need not wait for its time. */
		if (k->state == CONN_RESOLVING && k->question_until_us != 0)
			conn_timer(k, k->timer.cb, 1);
		k->question_until_us = 0;
	}
}

static enum err
resolver_open(struct client *c)
{
	enum err e = resolve_open(&c->resolver_fd);

	if (e != ERR_OK)
		return e;
	e = watch_start(&c->resolver, c, KIND_RESOLVER, c->resolver_fd);
	if (e != ERR_OK)
		client_names_drop(c);
	return e;
}

/* The connections of a venue ask for one name: if its name server is silent,
 * one question may hold a thread, not all of them all. */
static bool
question_share(struct client *c, struct conn *k)
{
	for (size_t i = 0; i < client_slots(c); i++) {
		const struct conn *o = &c->conn[i];

		if (o == k || o->state != CONN_RESOLVING ||
		    o->question_until_us <= lws_now_usecs() ||
		    strcmp(conn_host(o), conn_host(k)) != 0)
			continue;
		k->question = o->question;
		k->question_until_us = o->question_until_us;
		return true;
	}
	return false;
}

enum err
client_ask_name(struct client *c, struct conn *k, unsigned wait_ms)
{
	enum err e = ERR_IO;

	if (question_share(c, k))
		return ERR_OK;
	k->question = ++c->questions;
	k->question_until_us = 0;
	/* Twice: the threads may have ended. */
	for (unsigned i = 0; i < 2 && e == ERR_IO; i++) {
		e = c->resolver_fd < 0 ? resolver_open(c) : ERR_OK;
		if (e == ERR_OK)
			e = resolve_ask(c->resolver_fd, k->question,
			    conn_host(k), wait_ms);
		if (e == ERR_IO && c->resolver_fd >= 0)
			client_names_drop(c);
	}
	k->question_until_us = lws_now_usecs() + (lws_usec_t)wait_ms *
	    LWS_US_PER_MS;
	return e;
}
