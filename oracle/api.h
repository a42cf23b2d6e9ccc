/* oracle/api.h - one request in, one answer out; no sockets here.
 *
 * api_answer looks the path up in a table (api.c), checks the query and lets
 * a view write the body.  The server (api_server.c) brings requests and takes
 * answers; the tests do the same without it.
 */
#ifndef ORACLE_API_H
#define ORACLE_API_H

#include "oracle/api_state.h"
#include "oracle/text.h"

#define API_PATH_MAX 256u	/* longer: 414 */
#define API_QUERY_MAX 512u	/* longer: 414 */
#define API_BODY_MAX (16u * 1024u * 1024u)
#define API_VAULTS_MAX 1000u	/* of one page */
#define API_ATTESTATIONS_MAX 500u	/* of one list */

/* A row of a list of attestations. */
struct api_past_row {
	struct attestation header;	/* only what the short form shows */
	struct b32 digest;
};
/* Where older attestations are found; both may be NULL.  get: ERR_UNKNOWN
 * where there is none.  latest: at most max rows, newest first, of those with
 * a sequence below `before`. */
struct api_past {
	enum err (*get)(void *arg, struct board_attestation *out,
	    uint64_t sequence);
	enum err (*latest)(void *arg, struct api_past_row *out, size_t *count,
	    size_t max, uint64_t before);
	void *arg;
};

/* Answers by the hundred of their status, and what the stream did. */
struct api_counters {
	uint64_t ok, bad_request, not_found, refused, limited, unavailable,
	    dropped_consumers, messages, connections, streams;
};

struct api {
	struct api_state *state;
	struct api_past past;
	struct api_counters counters;
};

struct api_request {
	bool is_read;		/* GET or HEAD */
	const char *path;	/* decoded, without the query */
	const char *query;	/* decoded, name=value joined with '&' */
	uint64_t now_ms;
};

struct api_answer {
	unsigned status;
	const char *type;	/* content type */
	struct text body;	/* text_init with API_BODY_MAX by the caller */
	const uint8_t *file;	/* then the body is this */
	size_t file_len;
	const char *etag;	/* of a file, else NULL */
};

/* api_answer never fails: what is wrong is the answer's status. */
void api_answer(struct api *api, struct api_answer *out,
    const struct api_request *q);
/* An error's answer, {"error":why}. */
void api_answer_error(struct api *api, struct api_answer *out,
    unsigned status, const char *why);

void api_count_answer(struct api *api, unsigned status);

/* The dashboard's files, in the binary. */
struct api_file {
	const char *path, *type;
	const uint8_t *begin, *end;
	char etag[24];
};
/* api_file_find: NULL where there is none of this path. */
const struct api_file *api_file_find(const char *path);

#endif
