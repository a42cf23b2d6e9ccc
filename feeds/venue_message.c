#include "feeds/venue_message.h"

#include <string.h>

/* name_covers: the name that begins at `name` is, or begins, the text, which
 * has no blank. */
static bool
name_covers(const char *name, const struct json_text *text)
{
	size_t i = 0;

	while (i < text->len && name[i] == text->at[i] && name[i] != '\0')
		i++;
	if (i == text->len)
		return name[i] == ' ' || name[i] == '\0';
	return name[i] == '*' || (i > 0 && name[i - 1] == '*');
}

const struct word *
words_find(const struct words *w, const struct json_text *text)
{
	if (text->has_escape || text->len == 0 ||
	    memchr(text->at, ' ', text->len) != NULL)
		return NULL;
	for (size_t i = 0; i < w->count; i++) {
		const char *name = w->rows[i].names;

		while (name != NULL) {
			if (name_covers(name, text))
				return &w->rows[i];
			name = strchr(name, ' ');
			name = name == NULL ? NULL : name + 1;
		}
	}
	return NULL;
}

static const char *
cut_find(const struct protocol *p, const struct json_text *text)
{
	if (p->cut == CUT_NONE || (p->cut == CUT_BEHIND && text->len > 0 &&
	    text->at[0] == '!'))
		return NULL;
	return p->cut == CUT_LAST ?
	    memrchr(text->at, p->cut_at, text->len) :
	    memchr(text->at, p->cut_at, text->len);
}

static void
channel_take(struct message *m, const struct protocol *p)
{
	struct json_text *text = &m->channel.text;
	const char *at = cut_find(p, text);

	m->word = m->rest = *text;
	m->rest.len = 0;
	if (at != NULL) {
		struct json_text *behind = p->cut == CUT_BEHIND ? &m->word :
		    &m->rest;

		m->word.len = (size_t)(at - text->at);
		behind->at = at + 1;
		behind->len = (size_t)(text->at + text->len - behind->at);
	}
	m->found = words_find(p->channels, &m->word);
}

const struct entry *
message_entry(const struct message *m)
{
	return m->found == NULL ? NULL : m->found->entry;
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m,
    const struct protocol *p)
{
	const struct entry *e = message_entry(m);

	if (p->payload != NULL)
		p->payload(f, j, m);
	else if (e != NULL)
		entries_read(f, j, e, m->symbol.has ? &m->symbol.text : NULL);
	else
		json_skip(j);
}

/* A payload waits for its channel, where that is still to come. */
static void
payload_take(struct frame *f, struct json *j, struct message *m,
    const struct protocol *p)
{
	const char *from;

	m->is_late = !m->channel.has || (p->needs_event && !m->event.has) ||
	    (p->needs_symbol && !m->symbol.has);
	if (m->is_late) {
		field_read_raw(j, &m->payload);
		return;
	}
	if (m->payload.has || json_kind(j) == JSON_KIND_BAD) {
		json_fail(j, ERR_DUPLICATE);
		return;
	}
	from = j->at;
	m->payload.has = true;
	payload_read(f, j, m, p);
	m->payload.text.at = from;
	m->payload.text.len = (size_t)(j->at - from);
}

static void message_object_read(struct frame *f, struct json *j,
    struct message *m, const struct protocol *p,
    const struct message_row *rows, size_t count);

static void
inner_read(struct frame *f, struct json *j, struct message *m,
    const struct protocol *p)
{
	if (m->has_inner)
		json_fail(j, ERR_DUPLICATE);
	m->has_inner = true;
	message_object_read(f, j, m, p, p->inner, p->inner_count);
}

static void
field_take(struct frame *f, struct json *j, struct message *m,
    const struct protocol *p, const struct message_row *row)
{
	void *to = (char *)m + row->to;

	switch ((enum message_form)row->form) {
	case MESSAGE_TEXT:
		field_read_string(j, to);
		break;
	case MESSAGE_NAMELESS:
		m->is_nameless = true;
		json_skip(j);
		break;
	case MESSAGE_WHOLE:
	case MESSAGE_CHANNEL:
		if (field_read_string(j, to))
			channel_take(m, p);
		break;
	case MESSAGE_PAYLOAD:
		payload_take(f, j, m, p);
		break;
	case MESSAGE_SEEN:
		((struct field_text *)to)->has = false;
		field_read_raw(j, to);
		break;
	case MESSAGE_RAW:
		field_read_raw(j, to);
		break;
	case MESSAGE_INNER_ANY:
		if (!m->has_inner && json_kind(j) != JSON_KIND_OBJECT) {
			m->has_inner = json_skip(j);
			break;
		}
		__attribute__((fallthrough));
	case MESSAGE_INNER:
		inner_read(f, j, m, p);
		break;
	case MESSAGE_U64:
		field_read_u64(j, to);
		break;
	case MESSAGE_BOOL:
		field_read_bool(j, to);
		break;
	case MESSAGE_MS:
		field_read_time(j, FIELD_NUMBER, to);
		break;
	case MESSAGE_RFC3339:
		field_read_time(j, FIELD_RFC3339, to);
		break;
	}
}

/* An entry that is the whole message: what follows its name is read as its
 * keys; where keys came before the name, it is read from the beginning. */
static bool
whole_read(struct frame *f, struct json *j, struct message *m, bool is_first)
{
	const struct entry *e = message_entry(m);

	if (e == NULL || e->is_list || m->event.has || m->is_strange)
		return false;
	if (!is_first) {
		json_open(j, j->begin, (size_t)(j->end - j->begin));
		json_enter_object(j);
	}
	m->payload.has = true;
	m->is_strange = !entry_read_rest(f, j, e, is_first, NULL);
	return true;
}

/* key: that whose value comes next; NULL: from the beginning. */
static void
nameless_read(struct frame *f, struct json *j, struct message *m,
    const struct protocol *p, const struct json_text *key)
{
	const char *name = p->nameless->names;

	m->found = p->nameless;
	m->channel.has = m->payload.has = true;
	m->word = (struct json_text){ name, strcspn(name, " "), false };
	if (key == NULL)
		json_enter_object(j);
	entry_read_rest(f, j, m->found->entry, false, key);
}

static void
message_object_read(struct frame *f, struct json *j, struct message *m,
    const struct protocol *p, const struct message_row *rows, size_t count)
{
	struct json_text key;
	bool is_first = rows == p->rows;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		size_t i = 0;

		while (i < count && (rows[i].key_len != key.len ||
		    rows[i].key[0] != key.at[0] || key.has_escape ||
		    memcmp(rows[i].key, key.at, key.len) != 0))
			i++;
		if (i == count) {
			json_skip(j);
		} else if (is_first && rows[i].form == MESSAGE_NAMELESS) {
			nameless_read(f, j, m, p, &key);
			return;
		} else {
			field_take(f, j, m, p, &rows[i]);
			if (rows[i].form == MESSAGE_WHOLE &&
			    whole_read(f, j, m, is_first))
				return;
		}
		is_first = false;
	}
}

enum err
message_read(struct frame *f, struct message *m, const struct protocol *p,
    const char *text, size_t len)
{
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) != JSON_KIND_OBJECT) {
		json_skip(&j);
		return json_close(&j);
	}
	message_object_read(f, &j, m, p, p->rows, p->row_count);
	if (m->is_strange && j.error == ERR_OK) {
		/* Again, as what it is. */
		memset(m, 0, sizeof(*m));
		m->is_strange = true;
		json_open(&j, text, len);
		message_object_read(f, &j, m, p, p->rows, p->row_count);
	}
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (!m->channel.has && m->is_nameless) {
		json_open(&j, text, len);
		nameless_read(f, &j, m, p, NULL);
		return json_close(&j);
	}
	if (!m->channel.has || !m->is_late)
		return ERR_OK;
	json_open(&j, m->payload.text.at, m->payload.text.len);
	payload_read(f, &j, m, p);
	return json_close(&j);
}

bool
message_payload_says(const struct message *m, const char *key,
    const char *word)
{
	struct json_text name, text;
	bool does = false;
	struct json j;

	if (!m->payload.has)
		return false;
	json_open(&j, m->payload.text.at, m->payload.text.len);
	json_enter_object(&j);
	while (json_next_key(&j, &name)) {
		if (json_text_is(&name, key) &&
		    json_kind(&j) == JSON_KIND_STRING &&
		    json_read_string(&j, &text))
			does = json_text_is(&text, word);
		else
			json_skip(&j);
	}
	return json_close(&j) == ERR_OK && does;
}

bool
message_is_pong(struct frame *f, const char *text, size_t len)
{
	static const char pong[] = "pong";

	if (len != sizeof(pong) - 1 || memcmp(text, pong, len) != 0)
		return false;
	frame_begin(f);
	frame_set(f, FRAME_ACK, pong);
	return true;
}

enum err
message_is_channel(struct frame *f, const struct message *m)
{
	frame_set_channel(f, &m->word);
	f->kind = m->found == NULL ? FRAME_UNKNOWN : m->found->kind;
	if (f->kind == FRAME_TICKS)
		return m->payload.has ? ERR_OK : ERR_MISSING;
	f->tick_count = 0;
	return ERR_OK;
}

void
message_stamp(struct frame *f, const struct message *m)
{
	for (size_t i = 0; m->number.has && i < f->tick_count; i++) {
		struct tick *t = &f->ticks[i];

		if (t->has_sequence)
			continue;
		t->has_sequence = true;
		t->sequence = m->number.value;
	}
	frame_stamp(f, &m->time);
}

void
message_is_event(struct frame *f, const struct field_text *event,
    const struct words *w)
{
	const struct word *found = words_find(w, &event->text);

	f->tick_count = 0;
	frame_set_channel(f, &event->text);
	f->kind = found == NULL ? FRAME_UNKNOWN : found->kind;
}

void
message_is_result(struct frame *f, const struct field_text *result,
    const char *test)
{
	struct json_text key;
	struct json j;

	f->tick_count = 0;
	frame_set(f, FRAME_UNKNOWN, "result");
	json_open(&j, result->text.at, result->text.len);
	if (json_kind(&j) == JSON_KIND_STRING) {
		f->kind = FRAME_ACK;
	} else if (json_kind(&j) == JSON_KIND_ARRAY) {
		json_enter_array(&j);
		f->kind = json_next_item(&j) ? FRAME_ACK : FRAME_REFUSED;
	} else if (json_kind(&j) == JSON_KIND_OBJECT) {
		json_enter_object(&j);
		if (json_next_key(&j, &key) && json_text_is(&key, test))
			frame_set(f, f->has_time ? FRAME_HEARTBEAT :
			    FRAME_ACK, "test");
	}
}
