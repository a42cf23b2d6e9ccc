/* Gate spot v4, wss://api.gateio.ws/ws/v4/
 * Source: gate.com/docs/developers/apiv4/ws: spot.book_ticker, spot.tickers,
 * spot.trades, spot.ping; recorded frames of 2021-04-22, which have no time_ms.
 * Prices are strings.  A book's time is its `t`, a trade's a string of ms with
 * a fraction; a ticker has none but the message's and is up to a second old,
 * so only books and trades are asked for.  A request's `time` is documented as
 * required; only the signature of private channels is made of it, and here,
 * without a clock, none is sent. */
#include "feeds/venue_row.h"

#include <string.h>

#include "base/fixed.h"
#include "feeds/venue_field.h"

#define MS_PER_S UINT64_C(1000)

struct message {
	struct field_text channel, event;
	struct field_u64 seconds;	/* `time` */
	struct field_time time_ms;
	bool has_error;			/* one that is not null */
	struct json_text payload;	/* `result` */
	bool has_payload;
};

/* What each channel calls the same things; NULL: it does not have it. */
struct words {
	const char *channel;
	const char *symbol, *bid, *ask, *last, *size, *id;
	bool is_trade;
};
static const struct words CHANNELS[] = {
	{ "spot.book_ticker", "s", "b", "a", NULL, NULL, "u", false },
	{ "spot.tickers", "currency_pair", "highest_bid", "lowest_ask",
	    "last", NULL, NULL, false },
	{ "spot.trades", "currency_pair", NULL, NULL, "price", "amount", "id",
	    true },
};
static const char *const IGNORED[] = {
	"spot.order_book", "spot.order_book_update", "spot.obu",
	"spot.candlesticks", "spot.trades_v2", "spot.trades_v3",
};
static const char *const ACKS[] = { "subscribe", "unsubscribe" };

static bool
key_is(const struct json_text *key, const char *word)
{
	return word != NULL && json_text_is(key, word);
}

/* "1606292218213.4578": ms, finer digits cut. */
static void
ms_text_read(struct json *j, struct field_time *out)
{
	struct field_text text = { .has = out->has };
	u128 ms;
	enum err e;

	if (!field_read_string(j, &text))
		return;
	out->has = true;
	e = decimal_to_u128_round(&ms, text.text.at, text.text.len, 0,
	    ROUND_FLOOR);
	if (e == ERR_OK && ms > FIELD_TIME_MS_MAX)
		e = ERR_RANGE;
	if (e != ERR_OK)
		json_fail(j, e);
	else
		out->ms = (uint64_t)ms;
}

static void
tick_read(struct frame *f, struct json *j, const struct words *w)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct field_u64 id = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (key_is(&key, w->symbol))
			field_read_symbol(j, t->symbol);
		else if (key_is(&key, w->bid))
			field_read_price(j, FIELD_STRING, &t->has_bid,
			    &t->bid);
		else if (key_is(&key, w->ask))
			field_read_price(j, FIELD_STRING, &t->has_ask,
			    &t->ask);
		else if (key_is(&key, w->last))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (key_is(&key, w->size))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (key_is(&key, w->id))
			field_read_u64(j, &id);
		else if (w->is_trade && json_text_is(&key, "create_time_ms"))
			ms_text_read(j, &time);
		else if (!w->is_trade && json_text_is(&key, "t"))
			field_read_ms(j, &time);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || (w->is_trade && (!t->has_last ||
	    !time.has)))
		json_fail(j, ERR_MISSING);
	t->has_sequence = id.has;
	t->sequence = id.value;
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "channel")) {
			field_read_string(j, &m->channel);
		} else if (json_text_is(&key, "event")) {
			field_read_string(j, &m->event);
		} else if (json_text_is(&key, "time")) {
			field_read_u64(j, &m->seconds);
		} else if (json_text_is(&key, "time_ms")) {
			field_read_ms(j, &m->time_ms);
		} else if (json_text_is(&key, "error")) {
			m->has_error |= json_kind(j) != JSON_KIND_NULL;
			json_skip(j);
		} else if (!json_text_is(&key, "result")) {
			json_skip(j);
		} else if (m->has_payload) {
			json_fail(j, ERR_DUPLICATE);
		} else {
			m->has_payload = json_raw(j, &m->payload);
		}
	}
	if (m->seconds.value > FIELD_TIME_MS_MAX / MS_PER_S)
		json_fail(j, ERR_RANGE);
	if (m->seconds.has && !m->time_ms.has)
		m->time_ms = (struct field_time){ true,
			m->seconds.value * MS_PER_S };
}

static const struct words *
words_of(const struct json_text *channel)
{
	for (size_t i = 0; i < ARRAY_COUNT(CHANNELS); i++)
		if (json_text_is(channel, CHANNELS[i].channel))
			return &CHANNELS[i];
	return NULL;
}

static enum err
update_finish(struct frame *f, const struct message *m)
{
	const struct words *w = words_of(&m->channel.text);
	struct json j;

	if (w == NULL) {
		if (text_is_any(&m->channel.text, IGNORED,
		    ARRAY_COUNT(IGNORED)))
			f->kind = FRAME_IGNORED;
		return ERR_OK;
	}
	f->kind = FRAME_TICKS;
	if (!m->has_payload)
		return ERR_MISSING;
	json_open(&j, m->payload.at, m->payload.len);
	tick_read(f, &j, w);
	if (f->tick_count == 1 && !f->ticks[0].has_time)
		frame_stamp_tick(f, &f->ticks[0], &m->time_ms);
	return json_close(&j);
}

enum err
venue_gateio_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	frame_note_time(f, &m.time_ms);
	if (m.channel.has)
		frame_set_channel(f, m.channel.text.at, m.channel.text.len);
	if (m.has_error) {
		f->kind = FRAME_REFUSED;
		return ERR_OK;
	}
	if (!m.channel.has)
		return ERR_OK;
	if (json_text_is(&m.channel.text, "spot.pong"))
		f->kind = f->has_time ? FRAME_HEARTBEAT : FRAME_ACK;
	else if (m.event.has && text_is_any(&m.event.text, ACKS,
	    ARRAY_COUNT(ACKS)))
		f->kind = FRAME_ACK;
	/* spot.obu names no event. */
	else if (!m.event.has || json_text_is(&m.event.text, "update"))
		return update_finish(f, &m);
	return ERR_OK;
}

enum err
venue_gateio_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n > 1) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"channel\":\"");
	field_out_put(&o, n == 0 ? "spot.book_ticker" : "spot.trades");
	field_out_put(&o, "\",\"event\":\"subscribe\",\"payload\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"]}");
	return field_out_end(&o, len);
}
