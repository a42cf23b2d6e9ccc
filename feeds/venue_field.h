/* feeds/venue_field.h - the fields of a frame, read once and checked where
 * they are read: what the venue parsers share.  Pure.
 *
 * Each reader takes the value to come from j.  A field that was already there
 * is ERR_DUPLICATE, one of another JSON type or form ERR_SYNTAX, a number that
 * does not fit (or a price of zero) ERR_RANGE; the error sticks in j and the
 * answer is false.
 */
#ifndef FEEDS_VENUE_FIELD_H
#define FEEDS_VENUE_FIELD_H

#include "base/json.h"
#include "feeds/venue.h"

/* Nothing before 1970 or after 2262 (the range of base/clock_text.h); a
 * timestamp in microseconds is far outside. */
#define FIELD_TIME_MS_MAX UINT64_C(9223372036854)

/* How a venue writes a value; another form is refused.  Finer times than ms
 * are cut. */
enum field_form {
	FIELD_STRING,	/* between quotes */
	FIELD_NUMBER,	/* a JSON number; of a time: whole Unix ms */
	FIELD_EITHER,	/* both are seen */
	FIELD_RFC3339,
	FIELD_MS,	/* between quotes: whole Unix ms, us, ns; */
	FIELD_US,
	FIELD_NS,
	FIELD_MS_POINT,	/* ms or seconds with a fraction */
	FIELD_SECONDS_POINT,
	FIELD_SECONDS_NUMBER,	/* the same as a JSON number */
};

/* Each begins with whether it was there. */
struct field_text {
	bool has;
	struct json_text text;
};
struct field_time {
	bool has;
	uint64_t ms;
};
struct field_u64 {
	bool has;
	uint64_t value;
};
struct field_bool {
	bool has;
	bool value;
};

bool field_read_string(struct json *j, struct field_text *out);
/* A value as it stands, to be read when it is known what it is. */
bool field_read_raw(struct json *j, struct field_text *out);
bool field_read_u64(struct json *j, struct field_u64 *out);
/* A whole number as FIELD_STRING, FIELD_NUMBER or FIELD_EITHER. */
bool field_read_u64_as(struct json *j, enum field_form form,
    struct field_u64 *out);
bool field_read_bool(struct json *j, struct field_bool *out);
/* Any form but FIELD_STRING and FIELD_EITHER. */
bool field_read_time(struct json *j, enum field_form form,
    struct field_time *out);
/* One that may be "" or null: then it is absent. */
bool field_read_time_or_none(struct json *j, enum field_form form,
    struct field_time *out);

/* The readers of decimals below say where a value went by *has alone: whether
 * a field comes twice is their caller's to know. */

/* A venue's word for a price that is not there; may be or-ed. */
#define FIELD_NONE_NULL 1u
#define FIELD_NONE_EMPTY 2u	/* the string "" */
#define FIELD_NONE_ZERO 4u
/* A price, above zero, or one of the venue's words for none, which leaves *has
 * as it is. */
bool field_read_price(struct json *j, enum field_form form, unsigned none,
    bool *has, struct dec18 *out);
/* A size may be zero.  Signed: the venue says by a minus who sold. */
bool field_read_size(struct json *j, enum field_form form, bool *has,
    struct dec18 *out);
bool field_read_size_signed(struct json *j, bool *has, struct dec18 *out);
/* A figure that the venue reckons itself, with as many digits as its floating
 * point has: what is below the 18th is cut (toward zero), none is null, "", or
 * where is_zero_none a zero. */
bool field_read_figure(struct json *j, enum field_form form,
    bool is_zero_none, bool *has, struct dec18 *out);
/* A rate, of either sign: the same; 18 decimals, below 10^18 whole ones. */
bool field_read_rate(struct json *j, enum field_form form, bool *has,
    i128 *out);
/* The same of a model in floating point, which may say minus zero. */
bool field_read_greek(struct json *j, enum field_form form, bool *has,
    i128 *out);
/* ["price","size",...] of a book; is_exact: and nothing more. */
bool field_read_level(struct json *j, bool is_exact, struct dec18 *price,
    struct dec18 *size);

/* A symbol is 1 to VENUE_SYMBOL_MAX - 1 characters of A-Z a-z 0-9 / - _ . : */
bool field_read_symbol(struct json *j, char out[VENUE_SYMBOL_MAX]);
bool field_is_symbol(const char *text, size_t len);
/* field_take_symbol: a symbol that was read as part of something else. */
bool field_take_symbol(struct json *j, const struct json_text *text,
    char out[VENUE_SYMBOL_MAX]);

/* frame_begin readies f for one message: unknown, channel "unnamed". */
void frame_begin(struct frame *f);
/* frame_set_channel copies a word of the message, cut to fit; bytes that are
 * no plain ASCII stand as '?', so that the word may be printed anywhere. */
void frame_set_channel(struct frame *f, const struct json_text *word);
/* frame_set: the kind, and a word of ours for the channel. */
void frame_set(struct frame *f, enum frame_kind kind, const char *channel);
/* frame_note_time keeps the newest exchange time of the message. */
void frame_note_time(struct frame *f, const struct field_time *t);
/* frame_add_tick gives the next tick, all of it absent; ERR_LIMIT in j and NULL
 * where FRAME_TICKS_MAX are taken. */
struct tick *frame_add_tick(struct frame *f, struct json *j);
/* A tick's time, if the field was there; the frame's newest follows. */
void frame_stamp_tick(struct frame *f, struct tick *t,
    const struct field_time *time);
/* frame_stamp gives the message's time to ticks without theirs; the frame notes
 * it. */
void frame_stamp(struct frame *f, const struct field_time *time);
/* frame_follows notes the connection's sequence, where the message has one.
 * False where it is the same again (FRAME_IGNORED), or another message before
 * it is missing (FRAME_GAP). */
bool frame_follows(struct frame *f, const struct field_u64 *sequence);
/* frame_counts: the number of a message that cannot be read counts all the
 * same.  Where another before it is missing it does not: the next one says
 * so. */
void frame_counts(const struct frame *f, const struct field_u64 *sequence);
/* frame_answer: what is to be sent back; shorter than VENUE_ANSWER_MAX. */
void frame_answer(struct frame *f, const char *text);

/* A message being written; too little room sticks. */
struct field_out {
	char *at;
	size_t size;	/* without the NUL */
	size_t len;
	bool is_full;
};
struct field_out field_out_begin(char *out, size_t size);
void field_out_put(struct field_out *o, const char *text);
void field_out_put_char(struct field_out *o, char c);
/* field_out_end adds the NUL and sets *len; ERR_LIMIT if it did not fit. */
MUST_CHECK enum err field_out_end(struct field_out *o, size_t *len);

#endif
