/* chain/sse.h - server-sent events: bytes in, the data of whole events out.
 *
 * Pure; parts may end anywhere.  An event is one or more `data` lines and a
 * blank one; comments and other fields are passed over.
 * Limits: SSE_DATA_MAX bytes of data an event, and any length of other lines.
 * Source: WHATWG HTML, section 9.2.6 (interpreting an event stream).
 */
#ifndef CHAIN_SSE_H
#define CHAIN_SSE_H

#include "base/types.h"

#define SSE_DATA_MAX (256u * 1024u)

enum sse_state { SSE_NAME, SSE_SPACE, SSE_DATA, SSE_SKIP };

struct sse {
	enum sse_state state;
	bool has_cr;		/* a line feed now would belong to it */
	char name[5];
	size_t name_len;
	bool has_data;
	size_t len;
	char data[SSE_DATA_MAX];
};

/* sse_begin forgets everything: a new stream. */
void sse_begin(struct sse *s);

/* sse_take reads up to the end of one event, and says in *taken how many bytes
 * that took.  *is_whole: s->data holds s->len bytes of an event, until the
 * next call; otherwise all of len was taken.  ERR_LIMIT where an event is too
 * long: the stream is of no more use. */
MUST_CHECK enum err sse_take(bool *is_whole, size_t *taken, struct sse *s,
    const char *bytes, size_t len);

#endif
