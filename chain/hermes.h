/* chain/hermes.h - a Hermes price stream, by libcurl: one connection that is
 * dialled anew, later each time, when it ends, says what it must not, or is
 * silent for HERMES_MUTE_S.
 *
 * The peer is verified (TLS 1.2 or newer); redirects are not followed.  Its
 * prices are those of its operator: the signatures that come with them are not
 * looked at here.  Does not log; time comes as an argument.
 * Limits: HERMES_FEEDS_MAX feeds, SSE_DATA_MAX bytes an event.
 */
#ifndef CHAIN_HERMES_H
#define CHAIN_HERMES_H

#include "chain/hermes_event.h"

#include <poll.h>

#define HERMES_MUTE_S 10
#define HERMES_DIAL_MS 5000
#define HERMES_BACKOFF_MS_MIN 1000u
#define HERMES_BACKOFF_MS_MAX 30000u
#define HERMES_WAIT_MAX 8u	/* descriptors beside it */

struct hermes;

struct hermes_config {
	const char *url;	/* http(s)://host[:port][/path] of the service */
	const char *token;	/* sent as a bearer's; NULL: none */
	const char *ca;		/* certificates to trust, PEM; NULL: system */
	size_t ca_len;
	const struct b32 *feeds;
	size_t feed_count;	/* 1 to HERMES_FEEDS_MAX */
};

enum hermes_news { HERMES_OPEN, HERMES_REFUSED, HERMES_LOST };

struct hermes_callbacks {
	void (*price)(void *arg, const struct hermes_price *p);
	/* OPEN: an event was read; REFUSED: one was not (the stream goes
	 * on); LOST: the connection ended, or was not to be had. */
	void (*news)(void *arg, enum hermes_news n, const char *why);
	void *arg;
};

/* hermes_create copies what config names.  ERR_LIMIT, ERR_SYNTAX for an
 * address that is none. */
MUST_CHECK enum err hermes_create(struct hermes **out,
    const struct hermes_config *config, const struct hermes_callbacks *call);
void hermes_destroy(struct hermes *h);	/* accepts NULL */

/* hermes_run does what is due at now_ms, without waiting; callbacks come from
 * here. */
void hermes_run(struct hermes *h, uint64_t now_ms);
/* hermes_wait is poll() over the stream and `count` others (their revents are
 * filled in), at most HERMES_WAIT_MAX.  ERR_IO. */
MUST_CHECK enum err hermes_wait(struct hermes *h, struct pollfd *others,
    size_t count, int timeout_ms);

#endif
