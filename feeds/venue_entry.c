#include "feeds/venue_entry.h"

#include <string.h>

#include "feeds/venue_contract.h"

_Static_assert(PART_STRANGE < 32, "each has its bit");
_Static_assert(PART_RHO - PART_DELTA == GREEK_RHO - GREEK_DELTA,
    "in one order");

#define YEAR_2000_MS UINT64_C(946684800000)

/* An entry being read. */
struct reading {
	const struct entry *entry;
	struct tick *tick;
	uint32_t seen;		/* PART_BITs */
	size_t next;		/* the row that is expected */
	uint64_t known;		/* key_bits, once needed */
	struct field_time time, event, interval;
	struct field_time funded_before, funded, funded_next;
	struct field_u64 sequence, hours;
	bool has_rate;
	i128 rate;
};

static bool
price_read(struct json *j, const struct part_row *row, bool *has,
    struct dec18 *out)
{
	if (row->side == NULL)
		return field_read_price(j, row->form, row->none, has, out);
	row->side(j, row->part == PART_BID, has, out);
	return true;
}

static bool
size_read(struct json *j, const struct part_row *row, struct tick *t)
{
	/* An array's trade says by a minus who sold. */
	return row->form == FIELD_NUMBER && row->key == NULL ?
	    field_read_size_signed(j, &t->has_size, &t->size) :
	    field_read_size(j, row->form, &t->has_size, &t->size);
}

static bool
percent_read(struct json *j, enum field_form form, struct tick_contract *c)
{
	if (!field_read_figure(j, form, true, &c->has_vol, &c->vol))
		return false;
	c->vol.value /= 100;
	c->vol.digits = c->vol.digits > 16 ? 18 :
	    (uint8_t)(c->vol.digits + 2);
	return true;
}

static bool
greek_read(struct json *j, enum field_form form, struct tick_contract *c,
    size_t greek)
{
	return field_read_greek(j, form, &c->has_greek[greek],
	    &c->greek[greek]);
}

/* GREEK_COUNT: none of them. */
static size_t
greek_named(const struct json_text *key)
{
	return json_text_is(key, "delta") ? GREEK_DELTA :
	    json_text_is(key, "gamma") ? GREEK_GAMMA :
	    json_text_is(key, "vega") ? GREEK_VEGA :
	    json_text_is(key, "theta") ? GREEK_THETA :
	    json_text_is(key, "rho") ? GREEK_RHO : GREEK_COUNT;
}

static bool
greeks_read(struct json *j, enum field_form form, struct tick_contract *c)
{
	struct json_text key;

	if (json_kind(j) == JSON_KIND_NULL)
		return json_skip(j);
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		size_t i = greek_named(&key);

		if (i == GREEK_COUNT)
			json_skip(j);
		else if (c->has_greek[i])
			json_fail(j, ERR_DUPLICATE);
		else
			greek_read(j, form, c, i);
	}
	return j->error == ERR_OK;
}

static bool
contract_read(struct reading *r, struct json *j, const struct part_row *row)
{
	struct tick_contract *c = &r->tick->contract;
	enum field_form form = row->form;

	switch ((enum part)row->part) {
	case PART_MARK:
		return field_read_figure(j, form, true, &c->has_mark,
		    &c->mark);
	case PART_INDEX:
		return field_read_figure(j, form, true, &c->has_index,
		    &c->index);
	case PART_FORWARD:
		return field_read_figure(j, form, true, &c->has_forward,
		    &c->forward);
	case PART_INTEREST:
		return field_read_figure(j, form, false, &c->has_interest,
		    &c->interest);
	case PART_VOL:
		return field_read_figure(j, form, true, &c->has_vol, &c->vol);
	case PART_VOL_PERCENT:
		return percent_read(j, form, c);
	case PART_FUNDING:
		return field_read_rate(j, form, &r->has_rate, &r->rate);
	case PART_HOURS:
		return field_read_u64_as(j, form, &r->hours);
	case PART_FUNDED_BEFORE:
		return field_read_time_or_none(j, form, &r->funded_before);
	case PART_FUNDED:
		return field_read_time_or_none(j, form, &r->funded);
	case PART_FUNDED_NEXT:
		return field_read_time_or_none(j, form, &r->funded_next);
	case PART_INTERVAL:
		return field_read_time_or_none(j, form, &r->interval);
	case PART_DELTA: case PART_GAMMA: case PART_VEGA: case PART_THETA:
	case PART_RHO:
		return greek_read(j, form, c, row->part - PART_DELTA);
	case PART_GREEKS:
		return greeks_read(j, form, c);
	case PART_NONE: case PART_SYMBOL: case PART_BID: case PART_ASK:
	case PART_LAST: case PART_SIZE: case PART_TIME: case PART_EVENT:
	case PART_SEQUENCE: case PART_NAME: case PART_STRANGE:
		break;
	}
	return json_skip(j);
}

static bool
value_read(struct reading *r, struct json *j, const struct part_row *row)
{
	struct tick *t = r->tick;

	if (row->part == PART_NONE)
		return json_skip(j);
	if ((r->seen & PART_BIT(row->part)) != 0)
		return json_fail(j, ERR_DUPLICATE);
	r->seen |= PART_BIT(row->part);
	if (row->part == PART_BID)
		return price_read(j, row, &t->has_bid, &t->bid);
	if (row->part == PART_ASK)
		return price_read(j, row, &t->has_ask, &t->ask);
	if (row->part == PART_LAST)
		return price_read(j, row, &t->has_last, &t->last);
	if (row->part == PART_SYMBOL)
		return field_read_symbol(j, t->symbol);
	if (row->part == PART_TIME)
		return field_read_time(j, row->form, &r->time);
	if (row->part == PART_EVENT)
		return field_read_time(j, row->form, &r->event);
	if (row->part == PART_SIZE)
		return size_read(j, row, t);
	if (row->part == PART_SEQUENCE)
		return field_read_u64_as(j, row->form, &r->sequence);
	return contract_read(r, j, row);
}

/* Most keys are none of ours, and most of these are told by how long they are
 * and how they begin. */
static inline uint64_t
key_bit(const char *key, size_t len)
{
	return UINT64_C(1) << (((size_t)(unsigned char)key[0] + 7 * len) & 63);
}

static uint64_t
key_bits(const struct entry *e)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < e->row_count; i++)
		bits |= key_bit(e->rows[i].key, e->rows[i].key_len);
	return bits;
}

static inline bool
row_is(const struct part_row *row, const struct json_text *key)
{
	/* The first byte decides most, and all where there is but one. */
	return row->key_len == key->len && row->key[0] == key->at[0] &&
	    (key->len == 1 || memcmp(row->key + 1, key->at + 1,
	    key->len - 1) == 0) && !key->has_escape;
}

/* Venues write their keys in one order: the row after the last that matched
 * is looked at first. */
static void
key_take(struct reading *r, struct json *j, const struct json_text *key)
{
	const struct part_row *rows = r->entry->rows;
	size_t count = r->entry->row_count, at = r->next;

	if (key->len == 0) {
		json_skip(j);
		return;
	}
	if (!row_is(&rows[at], key)) {
		if (r->known == 0)
			r->known = key_bits(r->entry);
		for (at = (r->known & key_bit(key->at, key->len)) == 0 ?
		    count : 0; at < count && !row_is(&rows[at], key); at++)
			;
		if (at == count) {
			json_skip(j);
			return;
		}
	}
	value_read(r, j, &rows[at]);
	r->next = at + 1 == count ? 0 : at + 1;
}

static void
keys_read(struct reading *r, struct json *j)
{
	struct json_text key;

	while (json_next_key(j, &key))
		key_take(r, j, &key);
}

static void
items_read(struct reading *r, struct json *j)
{
	const struct entry *e = r->entry;

	json_enter_array(j);
	for (size_t i = 0; json_next_item(j); i++) {
		if (i < e->row_count)
			value_read(r, j, &e->rows[i]);
		else
			json_skip(j);
	}
}

static uint64_t
time_between(const struct field_time *from, const struct field_time *to)
{
	return to->ms > from->ms ? to->ms - from->ms : 0;
}

/* The rate's own interval, by whatever says it; false where nothing does. */
static bool
interval_told(uint64_t *ms, const struct reading *r)
{
	static const struct field_time year_2000 = { true, YEAR_2000_MS };

	if (r->hours.has)
		*ms = r->hours.value > CONTRACT_INTERVAL_MS_MAX ? 0 :
		    r->hours.value * CONTRACT_HOUR_MS;
	else if (r->funded_before.has && r->funded_before.ms != 0 &&
	    r->funded.has)
		*ms = time_between(&r->funded_before, &r->funded);
	else if (r->funded.has && r->funded_next.has)
		*ms = time_between(&r->funded, &r->funded_next);
	else if (r->interval.has)
		*ms = time_between(&year_2000, &r->interval);
	else
		return false;
	return true;
}

/* interval_find is the same with what the entry and the memory know; ERR_OK
 * with *ms 0 where it is not known yet. */
static enum err
interval_find(uint64_t *ms, struct frame *f, const struct reading *r)
{
	const struct entry *e = r->entry;
	const char *symbol = r->tick->symbol;

	*ms = e->rate_ms;
	if (e->is_measured) {
		if (r->funded.has)
			*ms = contract_interval_measure(f->memory, symbol,
			    r->funded.ms);
	} else if (interval_told(ms, r)) {
		if (*ms == 0)
			return r->has_rate ? ERR_RANGE : ERR_OK;
		return e->tells_once ?
		    contract_interval_keep(f->memory, symbol, *ms) : ERR_OK;
	} else if (e->tells_once) {
		(void)contract_interval_kept(ms, f->memory, symbol);
	}
	return ERR_OK;
}

static enum err
funding_take(struct frame *f, const struct reading *r)
{
	struct tick *t = r->tick;
	uint64_t ms;
	enum err e = interval_find(&ms, f, r);

	if (e != ERR_OK || !r->has_rate || ms == 0)
		return e;
	e = contract_funding(&t->contract.funding, r->rate, ms);
	t->contract.has_funding = e == ERR_OK;
	return e;
}

static void
entry_finish(struct frame *f, struct json *j, struct reading *r,
    const struct json_text *symbol)
{
	struct tick *t = r->tick;
	enum err e;

	if (j->error != ERR_OK)
		return;
	if (t->symbol[0] == '\0' && symbol != NULL)
		field_take_symbol(j, symbol, t->symbol);
	if (t->symbol[0] == '\0' ||
	    (r->seen & r->entry->needed) != r->entry->needed)
		json_fail(j, ERR_MISSING);
	t->is_contract = r->entry->is_contract;
	t->is_book = (r->seen & PARTS_QUOTED) == PARTS_QUOTED;
	t->has_sequence = r->sequence.has;
	t->sequence = r->sequence.value;
	frame_stamp_tick(f, t, r->time.has ? &r->time : &r->event);
	frame_note_time(f, &r->event);
	if (j->error != ERR_OK)
		return;
	e = funding_take(f, r);
	if (e != ERR_OK)
		json_fail(j, e);
	if (r->entry->finish != NULL && j->error == ERR_OK)
		r->entry->finish(f, j, t);
}

static void
entry_read(struct frame *f, struct json *j, const struct entry *e,
    const struct json_text *symbol)
{
	struct reading r = { .entry = e, .tick = frame_add_tick(f, j) };

	if (r.tick == NULL)
		return;
	if (e->is_array)
		items_read(&r, j);
	else if (json_enter_object(j))
		keys_read(&r, j);
	entry_finish(f, j, &r, symbol);
}

void
entries_read(struct frame *f, struct json *j, const struct entry *e,
    const struct json_text *symbol)
{
	if (!e->is_list) {
		entry_read(f, j, e, symbol);
		return;
	}
	json_enter_array(j);
	while (json_next_item(j))
		entry_read(f, j, e, symbol);
}

void
entry_name_option(struct frame *f, struct json *j, struct tick *t)
{
	(void)f;
	(void)j;
	contract_name_option(t);
}

bool
entry_read_rest(struct frame *f, struct json *j, const struct entry *e,
    bool is_named, const struct json_text *key)
{
	struct reading r = { .entry = e, .tick = frame_add_tick(f, j),
		.seen = is_named ? PART_BIT(PART_NAME) : 0 };

	if (key != NULL)
		key_take(&r, j, key);
	keys_read(&r, j);
	if ((r.seen & PART_BIT(PART_STRANGE)) != 0) {
		f->tick_count--;
		return false;
	}
	entry_finish(f, j, &r, NULL);
	return true;
}

void
entry_take_index(struct frame *f, struct json *j, struct tick *t)
{
	(void)f;
	(void)j;
	t->contract.has_index = true;
	t->contract.index = t->last;
}

void
entry_take_volatility(struct frame *f, struct json *j, struct tick *t)
{
	const size_t prefix_len = CONTRACT_VOLATILITY_LEN;
	struct tick_contract *c = &t->contract;
	size_t len = strlen(t->symbol);

	(void)f;
	if (prefix_len + len >= VENUE_SYMBOL_MAX) {
		json_fail(j, ERR_LIMIT);
		return;
	}
	memmove(t->symbol + prefix_len, t->symbol, len + 1);
	memcpy(t->symbol, CONTRACT_VOLATILITY, prefix_len);
	c->has_vol = true;
	c->vol = (struct dec18){ .value = t->last.value / 100, .digits = 18 };
}

void
part_side_one(struct json *j, bool is_bid, bool *has, struct dec18 *best)
{
	struct dec18 size = { 0 };

	(void)is_bid;
	json_enter_array(j);
	if (!json_next_item(j) || !field_read_level(j, false, best, &size))
		return;
	*has = size.value > 0;
	if (json_next_item(j))
		json_fail(j, ERR_LIMIT);
}

void
part_side_best(struct json *j, bool is_bid, bool *has, struct dec18 *best)
{
	json_enter_array(j);
	while (json_next_item(j)) {
		struct dec18 price = { 0 }, size = { 0 };

		if (!field_read_level(j, true, &price, &size))
			return;
		if (size.value == 0)
			continue;
		if (!*has || (is_bid ? price.value > best->value :
		    price.value < best->value))
			*best = price;
		*has = true;
	}
}
