/* oracle/record.h - a recording of websocket traffic: the lines that
 * feeds/frames.h reads, gzip-compressed, in files that rotate.
 *
 *	{"t":"connect","conn":"coinbase.1786309548.1","ts":1786309548.031329,
 *	 "addr":"wss://…","venue":"coinbase"}
 *	{"t":"send",…,"data":"…"}	what we said
 *	{"t":"recv",…,"data":"…"}	what came; bytes that are no text: base64,
 *					with "enc":"b64"
 *
 * conn is the venue's name, the second the recording began in, and the number
 * of the connection in it, from 1.  Each file says the connections that are open when
 * it begins anew, as "continued":true, so that its frames can be read without
 * the files before it; what a venue said once in those (a snapshot, the numbers
 * of its channels) is only there.
 *
 * Units:  times Unix microseconds, local.
 * Owns:   its file and a buffer of one line.
 * Limits: RECORD_CONNECTIONS_MAX connections open at a time, 99,999 files;
 *         a file that rotates names at most FRAMES_CONNECTIONS_MAX, so that
 *         who reads it need not forget any.
 */
#ifndef ORACLE_RECORD_H
#define ORACLE_RECORD_H

#include "base/types.h"

#define RECORD_CONNECTIONS_MAX 256u
#define RECORD_PATH_MAX 512u
#define RECORD_ADDRESS_MAX 256u

struct record;

/* record_open: files are PREFIX-00001.jsonl.gz and on, the first number that is
 * free; a file that has taken rotate_bytes of lines, or named as many
 * connections as it may, is followed by another (0: never).  ERR_IO (errno),
 * ERR_LIMIT (path, memory). */
MUST_CHECK enum err record_open(struct record **out, const char *prefix,
    uint64_t rotate_bytes, uint64_t now_us);
/* The file that is being written. */
const char *record_path(const struct record *r);
uint64_t record_lines(const struct record *r);
unsigned record_files(const struct record *r);

/* A connection by the caller's index, below RECORD_CONNECTIONS_MAX (MUST):
 * venue and address are copied, cut to fit.  ERR_IO (errno), ERR_LIMIT; the
 * recording is then of no more use. */
MUST_CHECK enum err record_connect(struct record *r, size_t connection,
    const char *venue, const char *address, uint64_t now_us);
/* Of a connection that is open (MUST). */
MUST_CHECK enum err record_send(struct record *r, size_t connection,
    const char *text, size_t len, uint64_t now_us);
MUST_CHECK enum err record_receive(struct record *r, size_t connection,
    const char *text, size_t len, uint64_t now_us);
/* A connection ends: the next file does not speak of it. */
void record_lose(struct record *r, size_t connection);
/* record_flush hands what was written to the system: ERR_IO (errno). */
MUST_CHECK enum err record_flush(struct record *r);
/* record_close: ERR_IO where the last bytes could not be written. */
MUST_CHECK enum err record_close(struct record *r);	/* accepts NULL */

#endif
