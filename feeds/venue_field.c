#include "feeds/venue_field.h"

#include <string.h>

#include "base/clock_text.h"
#include "base/must.h"

#define US_PER_MS 1000u
#define NS_PER_MS 1000000u

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

static bool
error_take(struct json *j, enum err e)
{
	return e == ERR_OK || json_fail(j, e);
}

bool
field_read_string(struct json *j, struct field_text *out)
{
	return field_is_new(j, &out->has) && json_read_string(j, &out->text);
}

bool
field_read_raw(struct json *j, struct field_text *out)
{
	return field_is_new(j, &out->has) && json_raw(j, &out->text);
}

static bool
text_read(struct json *j, enum field_form form, struct json_text *out)
{
	bool is_read = form == FIELD_NUMBER || form == FIELD_SECONDS_NUMBER ?
	    json_read_number(j, out) :
	    form == FIELD_EITHER ? json_read_decimal(j, out) :
	    json_read_string(j, out);

	if (is_read && out->has_escape)
		return json_fail(j, ERR_SYNTAX);
	return is_read;
}

bool
field_read_u64(struct json *j, struct field_u64 *out)
{
	return field_is_new(j, &out->has) && json_read_u64(j, &out->value);
}

bool
field_read_u64_as(struct json *j, enum field_form form, struct field_u64 *out)
{
	struct json_text text;

	if (form == FIELD_NUMBER)
		return field_read_u64(j, out);
	return field_is_new(j, &out->has) && text_read(j, form, &text) &&
	    error_take(j, decimal_to_u64(&out->value, text.at, text.len));
}

bool
field_read_bool(struct json *j, struct field_bool *out)
{
	return field_is_new(j, &out->has) && json_read_bool(j, &out->value);
}

/* whole_from_text reads "1617654355.388853" as 1617654355388: the digits before
 * the point and so many behind it. */
static enum err
whole_from_text(uint64_t *out, const struct json_text *text, unsigned kept)
{
	const char *at = memchr(text->at, '.', text->len);
	const char *end = text->at + text->len;
	size_t whole_len = at == NULL ? text->len : (size_t)(at - text->at);
	uint64_t value;
	enum err e = decimal_to_u64(&value, text->at, whole_len);

	if (e != ERR_OK)
		return e;
	if (value > FIELD_TIME_MS_MAX)
		return ERR_RANGE;
	at = at == NULL ? end : at + 1;
	if (at == end && whole_len != text->len)
		return ERR_SYNTAX;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return ERR_SYNTAX;
		if (kept > 0) {
			value = value * 10 + (uint64_t)(*at - '0');
			kept--;
		}
	}
	for (; kept > 0; kept--)
		value *= 10;
	*out = value;
	return ERR_OK;
}

/* time_from_text reads the forms that are no whole JSON number. */
static enum err
time_from_text(uint64_t *ms, enum field_form form,
    const struct json_text *text)
{
	enum err e;

	if (form == FIELD_RFC3339)
		return time_ms_from_rfc3339(ms, text->at, text->len);
	if (form == FIELD_MS_POINT)
		return whole_from_text(ms, text, 0);
	if (form == FIELD_SECONDS_POINT || form == FIELD_SECONDS_NUMBER)
		return whole_from_text(ms, text, 3);
	e = decimal_to_u64(ms, text->at, text->len);
	if (e == ERR_OK && form != FIELD_MS)
		*ms /= form == FIELD_US ? US_PER_MS : NS_PER_MS;
	return e;
}

bool
field_read_time(struct json *j, enum field_form form, struct field_time *out)
{
	struct json_text text;

	MUST(form != FIELD_STRING && form != FIELD_EITHER);
	if (!field_is_new(j, &out->has))
		return false;
	if (form == FIELD_NUMBER) {
		if (!json_read_u64(j, &out->ms))
			return false;
	} else if (!text_read(j, form, &text) || !error_take(j,
	    time_from_text(&out->ms, form, &text))) {
		return false;
	}
	return out->ms <= FIELD_TIME_MS_MAX || json_fail(j, ERR_RANGE);
}

bool
field_read_time_or_none(struct json *j, enum field_form form,
    struct field_time *out)
{
	enum json_kind kind = json_kind(j);

	if (kind == JSON_KIND_NULL || (kind == JSON_KIND_STRING &&
	    j->end - j->at >= 2 && memcmp(j->at, "\"\"", 2) == 0))
		return json_skip(j);
	return field_read_time(j, form, out);
}

bool
field_read_price(struct json *j, enum field_form form, unsigned none,
    bool *has, struct dec18 *out)
{
	struct json_text text;
	struct dec18 price;

	if ((none & FIELD_NONE_NULL) != 0 && json_kind(j) == JSON_KIND_NULL)
		return json_skip(j);
	if (!text_read(j, form, &text))
		return false;
	if ((none & FIELD_NONE_EMPTY) != 0 && text.len == 0)
		return true;
	if (!error_take(j, decimal_to_dec18(&price, text.at, text.len)))
		return false;
	if (price.value == 0)
		return (none & FIELD_NONE_ZERO) != 0 ||
		    json_fail(j, ERR_RANGE);
	*out = price;
	*has = true;
	return true;
}

bool
field_read_size(struct json *j, enum field_form form, bool *has,
    struct dec18 *out)
{
	struct json_text text;

	*has = text_read(j, form, &text) &&
	    error_take(j, decimal_to_dec18(out, text.at, text.len));
	return *has;
}

bool
field_read_size_signed(struct json *j, bool *has, struct dec18 *out)
{
	struct json_text text;
	size_t sign;

	if (!json_read_number(j, &text))
		return false;
	sign = text.at[0] == '-';
	*has = error_take(j, decimal_to_dec18(out, text.at + sign,
	    text.len - sign));
	return *has;
}

/* figure_cut reads a number with more digits than a dec18 has. */
static enum err
figure_cut(struct dec18 *out, const char *text, size_t len)
{
	const char *e = memchr(text, 'e', len);
	uint64_t shift = 0;
	u128 value;
	enum err err;

	if (e == NULL)
		e = memchr(text, 'E', len);
	if (e != NULL) {
		const char *digits = e + 1, *end = text + len;

		/* Large ones fit without being cut, or never. */
		if (digits == end || *digits++ != '-')
			return ERR_RANGE;
		while (end - digits > 1 && *digits == '0')
			digits++;
		if (decimal_to_u64(&shift, digits,
		    (size_t)(end - digits)) != ERR_OK)
			return ERR_RANGE;
		len = (size_t)(e - text);
	}
	err = decimal_to_u128_round(&value, text, len, 18, ROUND_FLOOR);
	if (err != ERR_OK)
		return err;
	for (; shift > 0 && value > 0; shift--)
		value /= 10;
	*out = (struct dec18){ .value = value, .digits = 18 };
	return ERR_OK;
}

static bool
figure_take(struct json *j, const char *text, size_t len, struct dec18 *out)
{
	enum err e = decimal_to_dec18(out, text, len);

	return error_take(j, e == ERR_RANGE ? figure_cut(out, text, len) : e);
}

/* figure_text: the number's text; empty where there is none. */
static bool
figure_text(struct json *j, enum field_form form, struct json_text *text)
{
	text->len = 0;
	if (json_kind(j) == JSON_KIND_NULL)
		return json_skip(j);
	return text_read(j, form, text);
}

bool
field_read_figure(struct json *j, enum field_form form, bool is_zero_none,
    bool *has, struct dec18 *out)
{
	struct json_text text;
	struct dec18 figure;

	if (!figure_text(j, form, &text))
		return false;
	if (text.len == 0)
		return true;
	if (!figure_take(j, text.at, text.len, &figure))
		return false;
	if (figure.value == 0 && is_zero_none)
		return true;
	*out = figure;
	*has = true;
	return true;
}

/* No digit of the mantissa but zeros. */
static bool
is_zero_text(const struct json_text *text)
{
	for (size_t i = 0; i < text->len; i++) {
		if (text->at[i] >= '1' && text->at[i] <= '9')
			return false;
		if (text->at[i] == 'e' || text->at[i] == 'E')
			break;
	}
	return true;
}

static bool
signed_read(struct json *j, enum field_form form, bool has_minus_zero,
    bool *has, i128 *out)
{
	const u128 limit = (u128)UINT64_C(1000000000000000000) *
	    UINT64_C(1000000000000000000);
	struct json_text text;
	struct dec18 size;
	bool is_below;

	if (!figure_text(j, form, &text))
		return false;
	if (text.len == 0)
		return true;
	is_below = text.at[0] == '-';
	if (!figure_take(j, text.at + is_below, text.len - is_below, &size))
		return false;
	if (size.value >= limit)
		return json_fail(j, ERR_RANGE);
	/* The grammar has no minus zero. */
	if (is_below && !has_minus_zero && size.value == 0 &&
	    is_zero_text(&text))
		return json_fail(j, ERR_SYNTAX);
	*out = is_below ? -(i128)size.value : (i128)size.value;
	*has = true;
	return true;
}

bool
field_read_rate(struct json *j, enum field_form form, bool *has, i128 *out)
{
	return signed_read(j, form, false, has, out);
}

bool
field_read_greek(struct json *j, enum field_form form, bool *has, i128 *out)
{
	return signed_read(j, form, true, has, out);
}

bool
field_read_level(struct json *j, bool is_exact, struct dec18 *price,
    struct dec18 *size)
{
	bool has_price = false, has_size = false;

	if (!json_enter_array(j))
		return false;
	if (!json_next_item(j) ||
	    !field_read_price(j, FIELD_STRING, 0, &has_price, price) ||
	    !json_next_item(j) ||
	    !field_read_size(j, FIELD_STRING, &has_size, size))
		return json_fail(j, ERR_MISSING);
	while (json_next_item(j)) {
		if (is_exact)
			return json_fail(j, ERR_SYNTAX);
		json_skip(j);
	}
	return j->error == ERR_OK;
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

	return json_read_string(j, &text) && field_take_symbol(j, &text, out);
}

void
frame_begin(struct frame *f)
{
	static const char unnamed[8] = "unnamed";

	f->kind = FRAME_UNKNOWN;
	f->has_time = false;
	f->exchange_ms = 0;
	f->tick_count = 0;
	f->answer[0] = '\0';
	memcpy(f->channel, unnamed, sizeof(unnamed));
}

/* Each byte as it is printed; beyond the table '?'. */
static const char PLAIN[] = "?????????????????????????????????"
    "!?#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[?]^_`"
    "abcdefghijklmnopqrstuvwxyz{|}~";
_Static_assert(sizeof(PLAIN) == 0x7f + 1, "up to ~");

void
frame_set_channel(struct frame *f, const struct json_text *word)
{
	const char *at = word->at;
	size_t len = word->len;

	if (len >= VENUE_CHANNEL_MAX)
		len = VENUE_CHANNEL_MAX - 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];

		f->channel[i] = c < 0x7f ? PLAIN[c] : '?';
	}
	f->channel[len] = '\0';
}

void
frame_set(struct frame *f, enum frame_kind kind, const char *channel)
{
	f->kind = kind;
	memcpy(f->channel, channel, strlen(channel) + 1);
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
	/* Values stand where they are said to be; the flags come first. */
	memset(t, 0, offsetof(struct tick, bid));
	memset(&t->contract, 0, offsetof(struct tick_contract, mark));
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

void
frame_stamp(struct frame *f, const struct field_time *time)
{
	for (size_t i = 0; i < f->tick_count; i++)
		if (!f->ticks[i].has_time)
			frame_stamp_tick(f, &f->ticks[i], time);
	frame_note_time(f, time);
}

bool
frame_follows(struct frame *f, const struct field_u64 *sequence)
{
	struct venue_memory *m = f->memory;
	bool had = m->has_sequence;
	uint64_t last = m->sequence;

	if (!sequence->has)
		return true;
	m->has_sequence = true;
	m->sequence = sequence->value;
	if (!had || sequence->value == last + 1)
		return true;
	f->kind = sequence->value == last ? FRAME_IGNORED : FRAME_GAP;
	return false;
}

void
frame_counts(const struct frame *f, const struct field_u64 *sequence)
{
	struct venue_memory *m = f->memory;

	if (!sequence->has ||
	    (m->has_sequence && sequence->value != m->sequence + 1))
		return;
	m->has_sequence = true;
	m->sequence = sequence->value;
}

void
frame_answer(struct frame *f, const char *text)
{
	size_t size = strlen(text) + 1;

	MUST(size <= VENUE_ANSWER_MAX);
	memcpy(f->answer, text, size);
}

struct field_out
field_out_begin(char *out, size_t size)
{
	MUST(size > 0);
	return (struct field_out){ .at = out, .size = size - 1 };
}

void
field_out_put_char(struct field_out *o, char c)
{
	if (o->len == o->size)
		o->is_full = true;
	else
		o->at[o->len++] = c;
}

void
field_out_put(struct field_out *o, const char *text)
{
	for (; *text != '\0'; text++)
		field_out_put_char(o, *text);
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
