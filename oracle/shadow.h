/* oracle/shadow.h - two configs over the same inputs: which prices and which
 * vaults' states come out differently.  For `margind shadow`.
 *
 *   shadow_map.c      an input of one config in the words of another
 *   shadow_distance.c how far apart two prices are
 *   shadow_state.h    two engines and what was found
 *   shadow_book.c     their vaults and marks
 *   shadow.c          side by side, compared at each batch
 *   shadow_frames.c   inputs from recorded frames,
 *   shadow_journal.c  from a journal,
 *   shadow_api.c      from the api of a running service
 *   shadow_print.c    what came of it
 *
 * Units:  ms; distances of prices in ppb of the old mid, rounded up.
 * Owns:   its engines' shells and its tables; the lives are the caller's.
 */
#ifndef ORACLE_SHADOW_H
#define ORACLE_SHADOW_H

#include "oracle/shadow_distance.h"
#include "oracle/shadow_map.h"
#include "oracle/shadow_state.h"

#define SHADOW_BOOK_MS 1000u	/* vaults and marks are compared so often */

/* ---- the comparison ------------------------------------------------------ */

/* shadow_begin begins a life of both, keeping what was found in lives before
 * (of configs with the same names).  s is zero the first time.  ERR_LIMIT. */
MUST_CHECK enum err shadow_begin(struct shadow *s, struct replay_life *before,
    struct replay_life *after, uint64_t now_ms);
/* shadow_tell tells each the input as its map rewrites it. */
void shadow_tell(struct shadow *s, const void *message, size_t size,
    const struct shadow_map *before, const struct shadow_map *after);
/* shadow_tell_tick: the same of a tick that names its market; its place is
 * filled in.  The new config does not hear it where it has that market from
 * elsewhere than the old one. */
void shadow_tell_tick(struct shadow *s, struct wire_tick *w,
    const char *venue, const char *symbol);
void shadow_tell_rate(struct shadow *s, struct wire_rate *w,
    const char *unit);
/* shadow_close ends the batch of both at now_ms, and compares. */
void shadow_close(struct shadow *s, uint64_t now_ms);
void shadow_free(struct shadow *s);

/* shadow_print says what differs; true where a mid or a mark moved by more than
 * max_ppb, a price was refused or a mark missing in one of them, a vault's
 * state differed, or only one has it. */
bool shadow_print(const struct shadow *s, uint32_t max_ppb, bool is_json);

/* ---- the inputs ---------------------------------------------------------- */

struct shadow_options {
	const char *after_path;		/* the new config */
	const char *before_path;	/* NULL: what the input implies */
	const struct replay_frames_options *frames;
	const char *journal_dir;
	const char *api_url;
	uint64_t seconds;		/* of the api */
	struct replay_window window;
};
/* Each runs its input to the end: an exit code. */
int shadow_frames(struct shadow *s, const struct shadow_options *o);
int shadow_journal(struct shadow *s, const struct shadow_options *o);
int shadow_api(struct shadow *s, const struct shadow_options *o);
/* shadow_api_answer takes one answer of the api, the first begins the lives;
 * one that is not later than the last changes nothing.  ERR_SYNTAX where it is
 * none of a margind's, ERR_LIMIT. */
MUST_CHECK enum err shadow_api_answer(struct shadow *s, const char *text,
    size_t len);

#endif
