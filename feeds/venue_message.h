/* feeds/venue_message.h - a venue's messages as tables: which key is what, and
 * which word of a channel or an event is which kind of frame.  Pure.
 *
 * A message is read once: as soon as its channel is known, the payload is read
 * by that channel's entry on the way; a payload that comes before its channel
 * is passed over, and read when the message is through.
 *
 * Errors: as venue_field.h has them; ERR_MISSING for prices without payload.
 */
#ifndef FEEDS_VENUE_MESSAGE_H
#define FEEDS_VENUE_MESSAGE_H

#include "feeds/venue_entry.h"

struct word {
	enum frame_kind kind;
	/* Words of that kind, a blank between; "candle*" is each that begins
	 * so and goes on. */
	const char *names;
	const struct entry *entry;	/* of FRAME_TICKS, or NULL */
};
struct words {
	const struct word *rows;
	size_t count;
};
#define WORDS(table) { (table), ARRAY_COUNT(table) }

/* words_find returns NULL for a word that is none of them. */
const struct word *words_find(const struct words *w,
    const struct json_text *text);

struct message {
	struct field_text channel;	/* as it was written */
	struct json_text word, rest;	/* of it: what says the kind, and what
					 * stands behind it */
	const struct word *found;	/* NULL: the word is not known */
	struct field_text event, symbol, note, detail;
	struct field_text payload, extra, other, error; /* as they stand */
	struct field_time time, time_out;
	struct field_u64 number, code;
	struct field_bool success;
	bool has_inner, is_nameless;
	bool is_late;			/* its payload came before its channel */
	bool is_strange;		/* PART_STRANGE was there */
};

enum message_form {
	MESSAGE_TEXT, MESSAGE_RAW, MESSAGE_U64, MESSAGE_BOOL,
	MESSAGE_MS, MESSAGE_RFC3339,
	MESSAGE_SEEN,		/* raw, and may come again */
	MESSAGE_INNER,		/* an object, read by the inner rows */
	MESSAGE_INNER_ANY,	/* the same; or no object, and not read */
	MESSAGE_CHANNEL, MESSAGE_PAYLOAD,
	MESSAGE_WHOLE,		/* a channel whose entry, where it is no list,
				 * is the whole message */
	MESSAGE_NAMELESS,	/* of an entry that is the whole message and
				 * has no channel */
};
struct message_row {
	const char *key;
	uint8_t key_len;
	uint8_t form;		/* enum message_form */
	uint16_t to;		/* where in struct message */
};
#define MESSAGE_ROW(text, member, form) \
	{ (text), sizeof(text) - 1, (form), offsetof(struct message, member) }

/* Where a channel's word ends: at the first or last such character; behind it
 * stands the rest.  CUT_BEHIND: the word stands behind the first, but where the
 * channel begins with '!', which is all word. */
enum cut { CUT_NONE, CUT_FIRST, CUT_LAST, CUT_BEHIND };

struct protocol {
	const struct message_row *rows, *inner;
	uint8_t row_count, inner_count;
	enum cut cut;
	char cut_at;
	bool needs_event, needs_symbol;	/* the payload is not to be read
					 * before them */
	const struct words *channels;
	const struct word *nameless;	/* of MESSAGE_NAMELESS */
	/* Reads a payload whose channel is known; NULL: by the word's entry,
	 * the message's symbol standing for entries without their own. */
	void (*payload)(struct frame *f, struct json *j,
	    const struct message *m);
};
#define PROTOCOL_ROWS(table) .rows = (table), .row_count = ARRAY_COUNT(table)
#define PROTOCOL_INNER(table) \
	.inner = (table), .inner_count = ARRAY_COUNT(table)

/* message_read reads a message into m, which is all zero, and, where its
 * channel has prices, its ticks.  The frame is unknown until one of those
 * below says what it is; a message that is no object stays so. */
MUST_CHECK enum err message_read(struct frame *f, struct message *m,
    const struct protocol *p, const char *text, size_t len);

/* message_entry: how the payload of its channel is read, or NULL. */
const struct entry *message_entry(const struct message *m);

/* message_payload_says: whether the payload is an object with that word at its
 * key. */
bool message_payload_says(const struct message *m, const char *key,
    const char *word);

/* message_is_pong: the bare word "pong", which is no JSON; f is an ACK then. */
bool message_is_pong(struct frame *f, const char *text, size_t len);

/* message_is_channel: the frame is what the channel's word says, named by it;
 * ERR_MISSING where prices have no payload. */
MUST_CHECK enum err message_is_channel(struct frame *f,
    const struct message *m);
/* message_stamp gives the message's time and number to ticks without theirs;
 * the frame notes the time. */
void message_stamp(struct frame *f, const struct message *m);
/* message_is_event: the frame is what the event's word says. */
void message_is_event(struct frame *f, const struct field_text *event,
    const struct words *w);
/* message_is_result: the frame is the answer to a request, "result", by its
 * form: a word is an ACK, a list one of what was granted, a refusal where that
 * is nothing; what else is unknown.  An object that begins with the key test is
 * named "test": a heartbeat where the frame has its time, else an ACK. */
void message_is_result(struct frame *f, const struct field_text *result,
    const char *test);

#endif
