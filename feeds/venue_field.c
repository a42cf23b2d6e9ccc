#include "feeds/venue_field.h"

#include <string.h>

#include "base/clock_text.h"
#include "base/must.h"

/* field_is_new refuses a key that was already there: which of the two is
 * meant is not for us to guess. */
static bool
field_is_new(struct json *j, bool *has)
{
	if (*has)
		return json_fail(j, ERR_DUPLICATE);
	*has = true;
	return true;
}

bool
field_read_raw(struct json *j, struct field_raw *out)
{
	return field_is_new(j, &out->has) && json_raw(j, &out->text);
}

bool
field_read_string(struct json *j, struct field_text *out)
{
	return field_is_new(j, &out->has) && json_read_string(j, &out->text);
}

bool
field_read_u64(struct json *j, struct field_u64 *out)
{
	return field_is_new(j, &out->has) && json_read_u64(j, &out->value);
}

bool
field_read_u64_string(struct json *j, struct field_u64 *out)
{
	struct json_text text;
	enum err e;

	if (!field_is_new(j, &out->has) || !json_read_string(j, &text))
		return false;
	e = decimal_to_u64(&out->value, text.at, text.len);
	return e == ERR_OK || json_fail(j, e);
}

bool
field_read_bool(struct json *j, bool *has, bool *out)
{
	return field_is_new(j, has) && json_read_bool(j, out);
}

bool
field_read_rfc3339(struct json *j, struct field_time *out)
{
	struct json_text text;
	enum err e;

	if (!field_is_new(j, &out->has) || !json_read_string(j, &text))
		return false;
	if (text.has_escape)
		return json_fail(j, ERR_SYNTAX);
	e = time_ms_from_rfc3339(&out->ms, text.at, text.len);
	return e == ERR_OK || json_fail(j, e);
}

bool
field_read_ms(struct json *j, struct field_time *out)
{
	if (!field_is_new(j, &out->has) || !json_read_u64(j, &out->ms))
		return false;
	return out->ms <= FIELD_TIME_MS_MAX || json_fail(j, ERR_RANGE);
}

bool
field_read_ms_string(struct json *j, struct field_time *out)
{
	struct json_text text;
	enum err e;

	if (!field_is_new(j, &out->has) || !json_read_string(j, &text))
		return false;
	if (text.has_escape)
		return json_fail(j, ERR_SYNTAX);
	e = decimal_to_u64(&out->ms, text.at, text.len);
	if (e == ERR_OK && out->ms > FIELD_TIME_MS_MAX)
		e = ERR_RANGE;
	return e == ERR_OK || json_fail(j, e);
}

static bool
text_read(struct json *j, enum field_form form, struct json_text *out)
{
	return form == FIELD_STRING ? json_read_string(j, out) :
	    json_read_number(j, out);
}

static bool
dec18_take(struct json *j, const struct json_text *text, struct dec18 *out)
{
	enum err e;

	if (text->has_escape)
		return json_fail(j, ERR_SYNTAX);
	e = decimal_to_dec18(out, text->at, text->len);
	return e == ERR_OK || json_fail(j, e);
}

static bool
dec18_read(struct json *j, enum field_form form, bool *has, struct dec18 *out)
{
	struct json_text text;

	return field_is_new(j, has) && text_read(j, form, &text) &&
	    dec18_take(j, &text, out);
}

bool
field_read_price(struct json *j, enum field_form form, bool *has,
    struct dec18 *out)
{
	if (!dec18_read(j, form, has, out))
		return false;
	return out->value > 0 || json_fail(j, ERR_RANGE);
}

bool
field_read_price_or_none(struct json *j, enum field_form form, unsigned none,
    bool *is_there, bool *has, struct dec18 *out)
{
	struct json_text text;
	struct dec18 price;

	if (!field_is_new(j, is_there))
		return false;
	if ((none & FIELD_NONE_NULL) != 0 && json_kind(j) == JSON_KIND_NULL)
		return json_skip(j);
	if (!text_read(j, form, &text))
		return false;
	if ((none & FIELD_NONE_EMPTY) != 0 && text.len == 0)
		return true;
	if (!dec18_take(j, &text, &price))
		return false;
	if (price.value == 0)
		return (none & FIELD_NONE_ZERO) != 0 ||
		    json_fail(j, ERR_RANGE);
	*out = price;
	*has = true;
	return true;
}

bool
field_read_price_or_null(struct json *j, enum field_form form, bool *has,
    struct dec18 *out)
{
	if (!*has && json_kind(j) == JSON_KIND_NULL)
		return json_skip(j);
	return field_read_price(j, form, has, out);
}

bool
field_read_size(struct json *j, enum field_form form, bool *has,
    struct dec18 *out)
{
	return dec18_read(j, form, has, out);
}

static bool
is_symbol_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '_' ||
	    c == '.' || c == ':';
}

bool
field_is_symbol(const char *text, size_t len)
{
	if (len == 0 || len >= VENUE_SYMBOL_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_symbol_char(text[i]))
			return false;
	return true;
}

bool
field_take_symbol(struct json *j, const struct json_text *text,
    char out[VENUE_SYMBOL_MAX])
{
	if (text->len >= VENUE_SYMBOL_MAX)
		return json_fail(j, ERR_LIMIT);
	if (!field_is_symbol(text->at, text->len))
		return json_fail(j, ERR_SYNTAX);
	memcpy(out, text->at, text->len);
	out[text->len] = '\0';
	return true;
}

bool
field_read_symbol(struct json *j, char out[VENUE_SYMBOL_MAX])
{
	struct json_text text;

	if (out[0] != '\0')
		return json_fail(j, ERR_DUPLICATE);
	return json_read_string(j, &text) && field_take_symbol(j, &text, out);
}

void
frame_begin(struct frame *f)
{
	f->kind = FRAME_UNKNOWN;
	f->has_time = false;
	f->exchange_ms = 0;
	f->tick_count = 0;
	f->answer[0] = '\0';
	frame_set_channel(f, "unnamed", 7);
}

void
frame_set_channel(struct frame *f, const char *text, size_t len)
{
	if (len >= VENUE_CHANNEL_MAX)
		len = VENUE_CHANNEL_MAX - 1;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		f->channel[i] = c > ' ' && c < 0x7f && c != '"' && c != '\\' ?
		    c : '?';
	}
	f->channel[len] = '\0';
}

void
frame_note_time(struct frame *f, const struct field_time *t)
{
	if (!t->has || (f->has_time && f->exchange_ms >= t->ms))
		return;
	f->has_time = true;
	f->exchange_ms = t->ms;
}

struct tick *
frame_add_tick(struct frame *f, struct json *j)
{
	struct tick *t;

	if (f->tick_count == FRAME_TICKS_MAX) {
		json_fail(j, ERR_LIMIT);
		return NULL;
	}
	t = &f->ticks[f->tick_count++];
	memset(t, 0, sizeof(*t));
	return t;
}

void
frame_stamp_tick(struct frame *f, struct tick *t,
    const struct field_time *time)
{
	if (!time->has)
		return;
	t->has_time = true;
	t->exchange_ms = time->ms;
	frame_note_time(f, time);
}

bool
text_is_any(const struct json_text *t, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_text_is(t, words[i]))
			return true;
	return false;
}

bool
text_begins(const struct json_text *t, const char *word)
{
	size_t len = strlen(word);

	return t->len >= len && memcmp(t->at, word, len) == 0;
}

struct field_out
field_out_begin(char *out, size_t size)
{
	MUST(size > 0);
	return (struct field_out){ .at = out, .size = size - 1 };
}

static void
out_put(struct field_out *o, const char *text, bool lower)
{
	size_t len = strlen(text);

	if (o->is_full || len > o->size - o->len) {
		o->is_full = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (lower && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		o->at[o->len++] = c;
	}
}

void
field_out_put(struct field_out *o, const char *text)
{
	out_put(o, text, false);
}

void
field_out_put_lower(struct field_out *o, const char *text)
{
	out_put(o, text, true);
}

enum err
field_out_end(struct field_out *o, size_t *len)
{
	if (o->is_full)
		return ERR_LIMIT;
	o->at[o->len] = '\0';
	*len = o->len;
	return ERR_OK;
}

enum err
symbols_check(const char *const *symbols, size_t count)
{
	if (count == 0)
		return ERR_MISSING;
	if (count > VENUE_SYMBOLS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++)
		if (!field_is_symbol(symbols[i], strlen(symbols[i])))
			return ERR_SYNTAX;
	return ERR_OK;
}
