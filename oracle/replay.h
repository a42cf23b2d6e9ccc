/* oracle/replay.h - the parts of `margind replay`, for cmd_replay.c.
 *
 *   cmd_replay.c      options
 *   replay_options.c  what `replay` and `shadow` take alike
 *   replay_life.c     config and book texts to a machine, as the engine has it
 *   replay_engine.c   such a life run: its shell, and a signer without a key
 *   replay_journal.c  a journal's inputs again, its attestations compared
 *   replay_frames.c   recorded frames through the code of the live service
 *   replay_events.c   the recordings on one timeline
 *   replay_parser.c   their frames, parsed
 *   replay_print.c    its lines, their digest, the summary
 */
#ifndef ORACLE_REPLAY_H
#define ORACLE_REPLAY_H

#include "base/keccak.h"
#include "feeds/frames.h"
#include "oracle/bookfile.h"
#include "oracle/config.h"
#include "oracle/machine.h"
#include "oracle/options.h"
#include "oracle/shell.h"
#include "oracle/text.h"

/* One life of the machine. */
struct replay_life {
	struct config config;
	struct book book;	/* assets, and the vaults of a file */
	struct bookfile_names names;
	struct machine *machine;
	struct b32 config_hash, book_hash;
};
/* replay_life_open parses both texts as the engine does; complaints go to
 * standard error.  book_text NULL: a book named `replay` with an asset for
 * each unit of the config and no vaults. */
MUST_CHECK enum err replay_life_open(struct replay_life **out,
    const char *config_text, size_t config_len, const char *config_name,
    const char *book_text, size_t book_len, const char *book_name);
/* replay_life_open_lean checks the vaults of the file and keeps none of them:
 * the inputs of a journal have them. */
MUST_CHECK enum err replay_life_open_lean(struct replay_life **out,
    const char *config_text, size_t config_len, const char *config_name,
    const char *book_text, size_t book_len, const char *book_name);
/* replay_life_open_file reads a config and the book that it names; path NULL:
 * the one that is built in.  No chain: a head that is missing says nothing; and
 * without a signer section, the bounds of the example. */
MUST_CHECK enum err replay_life_open_file(struct replay_life **out,
    const char *path);
/* replay_life_loosen does so to a life that was opened another way. */
void replay_life_loosen(struct replay_life *l);
void replay_life_close(struct replay_life *l);	/* accepts NULL */

/* From an instant on, before another, Unix ms; until_ms 0: to the end. */
struct replay_window {
	uint64_t from_ms, until_ms;
};

struct replay_journal_options {
	const char *dir;
	struct replay_window window;
	bool is_json, rebuild_history;
	/* Not NULL: hears each digest that the machine computes, and no
	 * summary is printed. */
	void (*on_digest)(void *arg, const struct b32 *digest);
	void *arg;
};
int replay_journal(const struct replay_journal_options *o);

#define REPLAY_FILES_MAX 1024u
struct replay_frames_options {
	const char *path[REPLAY_FILES_MAX];
	size_t path_count;
	const char *config_path;	/* NULL: built in */
	bool is_aligned, is_json;
	uint64_t speed;			/* times real time; 0: no waiting */
	struct replay_window window;
};
int replay_frames(const struct replay_frames_options *o);

/* Options that commands share (replay_options.c).  replay_paths_take: a list of
 * files with commas between, kept in memory of its own, once; false where it is
 * none.  replay_window_take reads --from and --until; false after one line on
 * standard error. */
bool replay_paths_take(struct replay_frames_options *o, const char *given);
bool replay_window_take(struct replay_window *w,
    const struct options_command *c, const struct options_given *g);

/* ---- recordings on one timeline (replay_events.c) ----------------------- */

#define REPLAY_BYTES_MAX (UINT64_C(4) << 30)	/* payloads held */
struct replay_event {
	uint64_t recv_ms;	/* shifted where files are aligned */
	uint64_t line;
	uint32_t file;
	uint32_t connection;	/* unique over all files */
	bool is_connect;	/* a new connection, no frame */
	const struct venue *venue;	/* NULL: no row has this address */
	uint64_t payload_at;
	size_t payload_len;
};
struct replay_events {
	struct replay_event *event;
	size_t count, capacity;
	char *payload;
	uint64_t payload_len, payload_capacity;
	uint64_t shift_ms[REPLAY_FILES_MAX];	/* to be taken off times */
	uint32_t connection_count;
	bool is_damaged;	/* some line or file could not be read */
};
/* replay_events_load reads all files, sorts by (receive time, file, line) and
 * shifts each file's times where aligned.  A bad line is named on standard
 * error and passed over.  ERR_IO, ERR_LIMIT: nothing to replay. */
MUST_CHECK enum err replay_events_load(struct replay_events *e,
    const char *const *path, size_t path_count, bool is_aligned);
void replay_events_free(struct replay_events *e);
/* replay_events_span: the window cut to the frames that are there: from the
 * first or what is given, until right behind the last.  ERR_MISSING where it
 * holds none, ERR_LIMIT where it is longer than 31 days (each second costs a
 * batch), ERR_RANGE where a time is beyond all calendars; the last two are said
 * to standard error as `command`. */
#define REPLAY_SEQUENCES_A_MS 1024u
MUST_CHECK enum err replay_events_span(struct replay_window *out,
    const struct replay_events *e, const struct replay_window *wanted,
    const char *command);

/* ---- frames (replay_parser.c) ------------------------------------------- */

struct replay_parser {
	const struct replay_events *events;
	struct conn_time *time;		/* by connection */
	struct venue_memory *memory;	/* the same */
	size_t *last;			/* the same: its last event */
	struct tick ticks[FRAME_TICKS_MAX];
};
MUST_CHECK enum err replay_parser_begin(struct replay_parser *p,
    const struct replay_events *e);
void replay_parser_end(struct replay_parser *p);
/* A new connection knows nothing of the exchange's time, nor of anything. */
void replay_parser_connect(struct replay_parser *p,
    const struct replay_event *e);
/* replay_parser_frame: a frame of a venue that is known, its times shifted and
 * stamped; out->ticks lives until the next one.  The parser's errors. */
MUST_CHECK enum err replay_parser_frame(struct frame *out,
    struct replay_parser *p, const struct replay_event *e);

/* ---- a life that runs (replay_engine.c) ---------------------------------- */

struct replay_engine {
	struct replay_life *life;
	struct shell shell;
	bool is_asked;		/* the machine waits for its signature */
	uint64_t sequence;
	uint32_t said_by[PRICES_MARKETS_MAX];	/* connection + 1 that said
						 * the market's last tick */
	bool is_marked[INSTRUMENTS_MAX];	/* some frame told of it */
	void (*on_attestation)(void *arg, const struct board_attestation *a);
	void *arg;
};
/* replay_engine_begin: start, vaults and signer; g is zero but for the
 * callback, the life stays the caller's. */
void replay_engine_begin(struct replay_engine *g, struct replay_life *life,
    uint64_t now_ms);
void replay_engine_tell(struct replay_engine *g, const void *message);
/* replay_engine_frame tells what the config follows of a frame, as the feeds
 * process would; false where that is nothing. */
bool replay_engine_frame(struct replay_engine *g, const struct replay_event *e,
    const struct frame *f);
/* replay_engine_bad: the frame could not be read; the same. */
bool replay_engine_bad(struct replay_engine *g, const struct replay_event *e);
/* replay_engine_close ends a batch: prices, verdicts, perhaps a request, which
 * replay_engine_sign answers. */
void replay_engine_close(struct replay_engine *g, uint64_t now_ms);
void replay_engine_sign(struct replay_engine *g);

/* ---- printing (replay_print.c) ------------------------------------------ */

#define REPLAY_NAMES_MAX 256u
struct replay_names {
	size_t count;
	struct {
		char name[64];
		uint64_t times;
	} row[REPLAY_NAMES_MAX];
};
void replay_names_add(struct replay_names *n, const char *name);

struct replay_output {
	bool is_json;		/* else only the digest is made */
	struct keccak256 digest;
	struct text text;
	uint64_t frames, ticks, prices, attestations;
	uint64_t gaps;		/* frames that say that one is missing */
	struct replay_names ignored, unknown, rejected;
};
void replay_output_begin(struct replay_output *o, bool is_json);
void replay_print_tick(struct replay_output *o, const char *venue,
    const struct tick *t, uint64_t recv_ms);
void replay_print_price(struct replay_output *o, const char *unit,
    const struct price *p, uint64_t as_of_ms);
void replay_print_attestation(struct replay_output *o,
    const struct eip712_domain *d, const struct attestation *a,
    const struct b32 *digest);
/* The summary; digest = keccak256 of all lines before it. */
void replay_output_end(struct replay_output *o);

#endif
