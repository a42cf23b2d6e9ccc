#include "feeds/client_lose.h"

#include "base/must.h"

#define BACKOFF_FIRST_MS 500u
#define BACKOFF_MAX_MS 30000u

static uint64_t
backoff_ms(struct conn *c)
{
	unsigned doublings = c->failures < CONN_DOUBLINGS_MAX ? c->failures :
	    CONN_DOUBLINGS_MAX;
	uint64_t whole = (uint64_t)BACKOFF_FIRST_MS << doublings;

	if (whole > BACKOFF_MAX_MS)
		whole = BACKOFF_MAX_MS;
	return whole / 2 + client_random(c->client) % (whole / 2);
}

void
conn_let_go(struct conn *c)
{
	if (c->wsi != NULL) {
		lws_set_opaque_user_data(c->wsi, NULL);
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK,
		    LWS_TO_KILL_ASYNC);
		c->wsi = NULL;
	}
	lws_sul_cancel(&c->timer);
	lws_sul_cancel(&c->ping_timer);
	lws_sul_cancel(&c->pause_timer);
	lws_sul_cancel(&c->rotate_timer);
	lws_sul_cancel(&c->overlap_timer);
	c->message_len = 0;
	c->must_redial = c->is_taking_over = c->is_leaving = false;
	c->answer[0] = '\0';
}

static void
conn_await(struct conn *c)
{
	conn_timer(c, c->client->dial, (lws_usec_t)backoff_ms(c) *
	    LWS_US_PER_MS);
}

/* The successor is the one now.  A backoff that grew while the other was heard
 * would leave the venue unheard: it begins anew. */
static void
conn_promote(struct conn *c)
{
	c->is_successor = false;
	c->is_taking_over = false;
	lws_sul_cancel(&c->overlap_timer);
	if (c->state == CONN_WAITING && !c->has_turn) {
		c->failures = 0;
		conn_await(c);
	}
}

/* The one place that reports CLIENT_LOST and schedules the next attempt, which
 * is left to a successor that is under way. */
void
conn_lose(struct conn *c, const char *why)
{
	struct conn *twin = c->twin;

	MUST(c->state != CONN_WAITING && c->state != CONN_IDLE);
	conn_let_go(c);
	if (twin != NULL && twin->is_successor) {
		c->state = CONN_IDLE;
		c->failures = 0;
		conn_promote(twin);
	} else {
		c->state = CONN_WAITING;
		conn_await(c);
		if (c->failures < UINT16_MAX)
			c->failures++;
	}
	conn_tell(c, CLIENT_LOST, why);
}
