/* feeds/frames.h - recordings of websocket frames (JSON lines, gzip or plain;
 * format of the recorded data's README), read line by line in file order.
 *
 * Units:  Unix ms, truncated.
 * Owns:   its file and two growing buffers of at most a line each.
 * Limits: a line of FRAMES_LINE_MAX bytes.  FRAMES_CONNECTIONS_MAX connections
 *         are known at a time: no line says that one has ended, so another
 *         takes the place of the one that was heard longest ago.  A payload
 *         may be longer than a frame of the live service (FRAME_BYTES_MAX):
 *         the venue's parser refuses it by name. */
#ifndef FEEDS_FRAMES_H
#define FEEDS_FRAMES_H

#include "feeds/venue.h"

#define FRAMES_LINE_MAX (8u * 1024u * 1024u)
#define FRAMES_CONNECTIONS_MAX 1024u
#define FRAMES_VENUE_MAX 24u	/* with its NUL */

enum frames_kind { FRAMES_CONNECT, FRAMES_SEND, FRAMES_RECV, FRAMES_HTTP };

struct frames_line {
	enum frames_kind kind;
	uint64_t number;		/* of the line, from 1 */
	uint64_t recv_ms;		/* local receive time, truncated */
	char connection[64];
	/* Of connect, send and http lines their own (cut to fit); of a
	 * received frame the last one its connection had, "" if none is
	 * known. */
	char address[256];
	/* Of connect lines and received frames: the venue's name, where the
	 * recording says it (ours do, since a proxy's or a simulator's address
	 * says nothing), else "". */
	char venue[FRAMES_VENUE_MAX];
	/* Of a connect line: the connection was open already, in the file
	 * before this one of the same recording. */
	bool is_continued;
	const char *payload;		/* unescaped, until the next call */
	size_t payload_len;
};

struct frames;
MUST_CHECK enum err frames_open(struct frames **out, const char *path);
/* frames_next: ERR_MISSING at the end of the file; ERR_SYNTAX, ERR_RANGE,
 * ERR_LIMIT and ERR_UNKNOWN (a line's `t`) name a bad line (line->number is
 * set, nothing else); the next call reads on behind it.  ERR_IO: the file is
 * broken or cut short (gzip's own check included); it ends there. */
MUST_CHECK enum err frames_next(struct frames *f, struct frames_line *line);
void frames_close(struct frames *f);	/* accepts NULL */

/* frames_parse_line is the pure part: one line without its newline.  The
 * payload is unescaped into `payload`, which has at least len + 1 bytes.
 * line->number is the caller's. */
MUST_CHECK enum err frames_parse_line(struct frames_line *line, char *payload,
    const char *text, size_t len);

#endif
