#include "feeds/venue_array.h"

#include <string.h>

#include "base/must.h"
#include "feeds/venue_channel.h"

#define TIME_MS_MIN UINT64_C(1000000000000)	/* of 2001 */

/* What stands between the last two quotes; *len: of what is before them. */
static bool
quoted_last(struct json_text *out, const char *text, size_t *len)
{
	const char *end = memrchr(text, '"', *len);
	const char *begin = end == NULL ? NULL :
	    memrchr(text, '"', (size_t)(end - text));

	if (begin == NULL)
		return false;
	out->at = begin + 1;
	out->len = (size_t)(end - out->at);
	*len = (size_t)(begin - text);
	return true;
}

/* The names behind the payload, as they seem. */
static void
names_look(struct message *m, const struct arrays *a, const char *text,
    size_t len)
{
	if (quoted_last(&m->symbol.text, text, &len) &&
	    quoted_last(&m->channel.text, text, &len))
		m->found = words_find(a->channels, &m->channel.text);
}

/* A name on the way; one that is another than it seemed fails, and the message
 * is read again. */
static void
name_read(struct json *j, const struct message *m, struct field_text *name)
{
	const char *seen = name->text.at;
	size_t seen_len = name->text.len;

	if (field_read_string(j, name) && !m->is_late &&
	    (name->text.at != seen || name->text.len != seen_len ||
	    name->text.has_escape))
		json_fail(j, ERR_SYNTAX);
}

/* The channel that the number stands for. */
static void
number_take(struct frame *f, struct message *m, const struct arrays *a)
{
	const struct venue_channel *c = channel_of(f->memory, m->number.value);

	m->channel.has = true;
	if (c == NULL)
		return;
	MUST(c->kind < a->channels->count);
	m->found = &a->channels->rows[c->kind];
	frame_set(f, m->found->kind, m->found->names);
	m->symbol.text.at = c->symbol;
	m->symbol.text.len = strlen(c->symbol);
}

/* The frame is what a word of the message says. */
static void
frame_is(struct frame *f, const struct message *m,
    const struct json_text *word)
{
	frame_set_channel(f, word);
	f->kind = m->found == NULL ? FRAME_UNKNOWN : m->found->kind;
}

/* What a word says in a channel; either may be unknown. */
static const struct word *
word_of(const struct word *channel, const struct word *w)
{
	if (w != NULL && w->kind == FRAME_HEARTBEAT)
		return w;
	if (channel == NULL || channel->kind == FRAME_IGNORED)
		return channel;
	return w != NULL && w->entry != NULL &&
	    w->entry->rows != channel->entry->rows ? NULL : w;
}

static void
string_take(struct frame *f, struct json *j, struct message *m,
    const struct arrays *a)
{
	if (a->words == NULL) {
		name_read(j, m, m->channel.has ? &m->symbol : &m->channel);
	} else if (m->event.has || m->payload.has) {
		json_skip(j);
	} else if (field_read_string(j, &m->event)) {
		m->found = word_of(m->found,
		    words_find(a->words, &m->event.text));
		frame_is(f, m, &m->event.text);
	}
}

/* A sequence, or a time. */
static void
count_take(struct json *j, struct message *m)
{
	struct field_u64 count = { 0 };

	if (!field_read_u64(j, &count))
		return;
	if (count.value > FIELD_TIME_MS_MAX)
		json_fail(j, ERR_RANGE);
	else if (count.value >= TIME_MS_MIN)
		m->time = (struct field_time){ true, count.value };
	else if (!m->code.has)
		m->code = count;
}

static void
payload_take(struct frame *f, struct json *j, struct message *m)
{
	const struct entry *e = message_entry(m);

	if (m->is_late || e == NULL) {
		field_read_raw(j, &m->payload);
		return;
	}
	m->payload.has = true;
	entries_read(f, j, e, &m->symbol.text);
}

static bool
has_counts(const struct message *m, const struct arrays *a)
{
	return a->words != NULL && (m->payload.has ||
	    (m->found != NULL && m->found->kind == FRAME_HEARTBEAT));
}

static void
items_read(struct frame *f, struct json *j, struct message *m,
    const struct arrays *a)
{
	char symbol[VENUE_SYMBOL_MAX];

	json_enter_array(j);
	if (json_next_item(j) && field_read_u64(j, &m->number) &&
	    a->words != NULL)
		number_take(f, m, a);
	while (json_next_item(j)) {
		enum json_kind kind = json_kind(j);

		if (kind == JSON_KIND_STRING)
			string_take(f, j, m, a);
		else if (kind == JSON_KIND_NUMBER && has_counts(m, a))
			count_take(j, m);
		else if (!m->payload.has && (a->words == NULL ||
		    kind == JSON_KIND_ARRAY))
			payload_take(f, j, m);
		else
			json_skip(j);
	}
	if ((!m->payload.has && (!m->event.has || message_entry(m) != NULL)) ||
	    (a->words == NULL && !m->symbol.has))
		json_fail(j, ERR_MISSING);
	else if (a->words == NULL)
		field_take_symbol(j, &m->symbol.text, symbol);
}

/* The payload last: its names are others than it seemed; or it is bad, and its
 * message's number counts all the same. */
static enum err
late_read(struct frame *f, struct message *m, const struct arrays *a,
    const char *text, size_t len)
{
	struct json j;

	memset(m, 0, sizeof(*m));
	m->is_late = true;
	frame_begin(f);
	json_open(&j, text, len);
	items_read(f, &j, m, a);
	if (json_close(&j) != ERR_OK)
		return j.error;
	frame_counts(f, &m->code);
	if (a->words == NULL) {
		m->found = words_find(a->channels, &m->channel.text);
		frame_is(f, m, &m->channel.text);
	}
	if (message_entry(m) == NULL)
		return ERR_OK;
	json_open(&j, m->payload.text.at, m->payload.text.len);
	entries_read(f, &j, message_entry(m), &m->symbol.text);
	return json_close(&j);
}

enum err
array_read(struct frame *f, struct message *m, const struct arrays *a,
    const char *text, size_t len)
{
	struct json j;

	json_open(&j, text, len);
	if (json_kind(&j) != JSON_KIND_ARRAY)
		return message_read(f, m, a->objects, text, len);
	frame_begin(f);
	if (a->words == NULL)
		names_look(m, a, text, len);
	items_read(f, &j, m, a);
	if (json_close(&j) != ERR_OK)
		return late_read(f, m, a, text, len);
	if (a->words == NULL)
		frame_is(f, m, &m->channel.text);
	return ERR_OK;
}
