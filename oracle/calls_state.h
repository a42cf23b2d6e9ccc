/* oracle/calls_state.h - what `margind calls` keeps from one snapshot to the
 * next: the state of every vault's margin call (margin/call.h), as JSON.
 *
 * Units:  Unix milliseconds.
 * Owns:   its entries.
 * Limits: CALLS_TEXT_MAX bytes.
 * Hostile: the file is one that others may have written.  What is read is what
 * this program could have written: names strictly ascending, no state from the
 * future, a deadline where a call is open and nowhere else.
 */
#ifndef ORACLE_CALLS_STATE_H
#define ORACLE_CALLS_STATE_H

#include "margin/call.h"
#include "oracle/text.h"

#include <stdio.h>

#define CALLS_TEXT_MAX (256u * 1024u * 1024u)
#define CALLS_VERSION 1u

struct calls_entry {
	char vault[BOOK_NAME_MAX];
	struct call_state state;
};

struct calls_state {
	uint64_t as_of_ms;	/* of the last snapshot; zero: there was none */
	struct b32 snapshot;	/* its hash */
	bool is_recovery;	/* the system was in recovery then */
	uint32_t count;
	struct calls_entry *entry;	/* strictly ascending by name */
};

/* calls_state_read: errors go to `errors` as file:line:column, all in one
 * pass.  ERR_SYNTAX, ERR_LIMIT.  *out is to be freed where it is ERR_OK. */
MUST_CHECK enum err calls_state_read(struct calls_state *out,
    const char *text, size_t len, const char *file, FILE *errors);
void calls_state_free(struct calls_state *s);	/* accepts a zeroed one */
/* calls_state_write: the same state gives the same text. */
void calls_state_write(struct text *t, const struct calls_state *s);
/* calls_state_find: NULL where the vault was not seen yet. */
const struct calls_entry *calls_state_find(const struct calls_state *s,
    const char *vault);

/* calls_state_load: a file that is not there is a first run, *out zeroed.
 * calls_state_save replaces it in one step and durably.  Both say to standard
 * error what is wrong. */
MUST_CHECK enum err calls_state_load(struct calls_state *out,
    const char *path);
MUST_CHECK enum err calls_state_save(const struct calls_state *s,
    const char *path);

#endif
