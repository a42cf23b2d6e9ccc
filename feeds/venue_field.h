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

/* How a venue writes its prices; the other form is refused. */
enum field_form { FIELD_STRING, FIELD_NUMBER };

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

/* A value as it stands, to be read when it is known what it is. */
struct field_raw {
	bool has;
	struct json_text text;
};

bool field_read_raw(struct json *j, struct field_raw *out);
bool field_read_string(struct json *j, struct field_text *out);
bool field_read_u64(struct json *j, struct field_u64 *out);
/* A whole number in quotes. */
bool field_read_u64_string(struct json *j, struct field_u64 *out);
bool field_read_bool(struct json *j, bool *has, bool *out);
/* An RFC 3339 string; a whole number of Unix ms. */
bool field_read_rfc3339(struct json *j, struct field_time *out);
bool field_read_ms(struct json *j, struct field_time *out);
/* The same between quotes. */
bool field_read_ms_string(struct json *j, struct field_time *out);
/* A price is above zero; a size may be zero. */
bool field_read_price(struct json *j, enum field_form form, bool *has,
    struct dec18 *out);
/* A side that is empty or a market never traded: null leaves it absent. */
bool field_read_price_or_null(struct json *j, enum field_form form, bool *has,
    struct dec18 *out);
bool field_read_size(struct json *j, enum field_form form, bool *has,
    struct dec18 *out);
/* A venue's word for a price that is not there; may be or-ed. */
#define FIELD_NONE_NULL 1u
#define FIELD_NONE_EMPTY 2u	/* the string "" */
#define FIELD_NONE_ZERO 4u
/* A price or the venue's word for none, which leaves *has false; *is_there:
 * the field came. */
bool field_read_price_or_none(struct json *j, enum field_form form,
    unsigned none, bool *is_there, bool *has, struct dec18 *out);
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
void frame_set_channel(struct frame *f, const char *text, size_t len);
/* frame_note_time keeps the newest exchange time of the message. */
void frame_note_time(struct frame *f, const struct field_time *t);
/* frame_add_tick gives the next tick, empty; ERR_LIMIT in j and NULL where
 * FRAME_TICKS_MAX are taken. */
struct tick *frame_add_tick(struct frame *f, struct json *j);
/* A tick's time, if the field was there; the frame's newest follows. */
void frame_stamp_tick(struct frame *f, struct tick *t,
    const struct field_time *time);

/* text_is_any: one of count words. */
bool text_is_any(const struct json_text *t, const char *const *words,
    size_t count);
/* text_begins: with this word. */
bool text_begins(const struct json_text *t, const char *word);

/* A message being written; too little room sticks. */
struct field_out {
	char *at;
	size_t size;	/* without the NUL */
	size_t len;
	bool is_full;
};
struct field_out field_out_begin(char *out, size_t size);
void field_out_put(struct field_out *o, const char *text);
/* The text in lower case, for Binance's stream names. */
void field_out_put_lower(struct field_out *o, const char *text);
/* field_out_end adds the NUL and sets *len; ERR_LIMIT if it did not fit. */
MUST_CHECK enum err field_out_end(struct field_out *o, size_t *len);
/* symbols_check: each is a symbol (ERR_SYNTAX), at most VENUE_SYMBOLS_MAX
 * (ERR_LIMIT), at least one (ERR_MISSING). */
MUST_CHECK enum err symbols_check(const char *const *symbols, size_t count);

#endif
