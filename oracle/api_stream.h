/* oracle/api_stream.h - the websocket stream: JSON-RPC requests in, channels
 * with sequence numbers out.  No sockets here: the server hands whole
 * messages in and takes fragments out.
 *
 * A channel's payload is built once and shared by all its subscribers; each
 * connection keeps only its own heads.  `seq` counts per connection and
 * channel without gaps; the first message is a snapshot, and what follows it
 * is cut from the same state: rows are absolute, so an update that repeats
 * what the snapshot had changes nothing.
 *
 * Limits: STREAM_REQUEST_MAX bytes a request, STREAM_QUEUE_MAX bytes waiting
 *         for one connection (beyond: closed with 1008), STREAM_BURST
 *         requests at once and STREAM_RATE a second.
 * Owns:   its streams and shares; hub_destroy ends what is left.
 */
#ifndef ORACLE_API_STREAM_H
#define ORACLE_API_STREAM_H

#include "oracle/api.h"

#define STREAM_REQUEST_MAX 4096u
#define STREAM_QUEUE_MAX (1024u * 1024u)
#define STREAM_SNAPSHOT_MAX (448u * 1024u)
#define STREAM_UPDATE_MAX (192u * 1024u)
#define STREAM_HEAD_MAX 160u
#define STREAM_PAD 32u	/* room before a fragment, for the frame */
#define STREAM_ID_MAX 64u
#define STREAM_RATE 10u
#define STREAM_BURST 40u
#define STREAM_PRICES_MS 250u
#define STREAM_VAULTS_MS 500u
#define STREAM_AGGREGATE_MS 1000u
#define STREAM_LIST 50u		/* attestations in a snapshot */

enum stream_channel {
	CHANNEL_PRICES, CHANNEL_VAULTS, CHANNEL_ATTESTATIONS,
	CHANNEL_AGGREGATE, CHANNEL_COUNT,
};

enum stream_method {
	METHOD_SUBSCRIBE, METHOD_UNSUBSCRIBE, METHOD_SNAPSHOT, METHOD_PING,
};

struct stream_request {
	enum stream_method method;
	char id[STREAM_ID_MAX + 1];	/* as JSON; empty: a notification */
	uint32_t channels;		/* a bit each */
};
/* stream_request_parse reads one request.  ERR_SYNTAX (not JSON, no request),
 * ERR_UNKNOWN (method), ERR_RANGE (params); out->id is set wherever it could
 * be read, for the error's answer. */
MUST_CHECK enum err stream_request_parse(struct stream_request *out,
    const char *text, size_t len);

struct stream;
struct hub;

/* wake asks the server to take fragments of the stream with this `user`. */
MUST_CHECK enum err hub_create(struct hub **out, struct api *api,
    void (*wake)(void *user));
void hub_destroy(struct hub *h);	/* accepts NULL */
/* hub_tick queues what changed; after each api_state_refresh. */
void hub_tick(struct hub *h, uint64_t now_ms);

MUST_CHECK enum err stream_open(struct stream **out, struct hub *h,
    void *user);
void stream_close(struct stream *s);	/* accepts NULL */
void stream_receive(struct stream *s, const char *text, size_t len,
    uint64_t now_ms);
/* stream_front: the next fragment, or false where there is none.  bytes has
 * STREAM_PAD writable bytes before it. */
struct stream_fragment {
	char *bytes;
	size_t len;
	bool is_first, is_last;	/* of its message */
};
bool stream_front(struct stream_fragment *out, struct stream *s);
void stream_advance(struct stream *s);
/* Why the stream must be closed: 0, or a close code and its word. */
unsigned stream_close_code(const struct stream *s, const char **why);

#endif
