/* feeds/frames.h - recordings of websocket frames (JSON lines, gzip or plain;
 * format of the recorded data's README), read line by line in file order.
 *
 * Limits: a line of FRAMES_LINE_MAX bytes. */
#ifndef FEEDS_FRAMES_H
#define FEEDS_FRAMES_H

#include "feeds/venue.h"

#define FRAMES_LINE_MAX (1024u * 1024u)

enum frames_kind { FRAMES_CONNECT, FRAMES_SEND, FRAMES_RECV, FRAMES_HTTP };

struct frames_line {
	enum frames_kind kind;
	uint64_t number;		/* of the line, from 1 */
	uint64_t recv_ms;		/* local receive time, truncated */
	char connection[64];
	char address[256];		/* of connect and send lines */
	const char *payload;		/* unescaped, until the next call */
	size_t payload_len;
};

struct frames;
MUST_CHECK enum err frames_open(struct frames **out, const char *path);
/* frames_next: ERR_MISSING at the end of the file; ERR_SYNTAX, ERR_LIMIT and
 * ERR_IO name a bad line (line->number). */
MUST_CHECK enum err frames_next(struct frames *f, struct frames_line *line);
void frames_close(struct frames *f);	/* accepts NULL */

#endif
