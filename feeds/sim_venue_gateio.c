/* Gate's spot websocket v4 as a server.  Source:
 * gate.com/docs/developers/apiv4/ws: spot.book_ticker, spot.tickers,
 * spot.trades, spot.ping; recorded frames of 2021-04-22. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "spot.book_ticker", SIM_BOOK }, { "spot.trades", SIM_TRADE },
	{ "spot.tickers", SIM_TICKER },
};

static bool
serves(const char *path)
{
	return strcmp(path, "/ws/v4/") == 0 || strcmp(path, "/ws/v4") == 0;
}

/* What each message begins with, up to its channel. */
static const char *
head_write(const struct sim_peer *p, char out[80])
{
	snprintf(out, 80, "{'time':%s,'time_ms':%s,",
	    sim_whole(p->now_ms / 1000), sim_whole(p->now_ms));
	return out;
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char head[80];

	sim_say(p, "%s'channel':'spot.book_ticker','event':'update','result':"
	    "{'t':%s,'u':%s,'s':'%s','b':'%s','B':'%s','a':'%s','A':'%s'}}",
	    head_write(p, head), sim_whole(p->now_ms),
	    sim_whole(q->slot + 1), p->script->symbol[i].name,
	    sim_text(q->bid), sim_text(q->size), sim_text(q->ask),
	    sim_text(q->size));
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char head[80];

	sim_say(p, "%s'channel':'spot.trades','event':'update','result':{"
	    "'id':%s,'id_market':%s,'create_time':%s,'create_time_ms':"
	    "'%s.4578','side':'%s','currency_pair':'%s','amount':'%s',"
	    "'price':'%s','range':'%s-%s'}}", head_write(p, head),
	    sim_whole(q->slot + 1), sim_whole(q->trade + 1),
	    sim_whole(p->now_ms / 1000), sim_whole(p->now_ms),
	    q->is_buy ? "buy" : "sell", p->script->symbol[i].name,
	    sim_text(q->size), sim_last(q), sim_whole(q->slot + 1),
	    sim_whole(q->slot + 1));
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char head[80];

	sim_say(p, "%s'channel':'spot.tickers','event':'update','result':{"
	    "'currency_pair':'%s','last':'%s','lowest_ask':'%s',"
	    "'highest_bid':'%s','change_percentage':'0','base_volume':"
	    "'5182.54','quote_volume':'227267634.9','high_24h':'%s',"
	    "'low_24h':'%s'}}", head_write(p, head),
	    p->script->symbol[i].name, sim_last(q), sim_text(q->ask),
	    sim_text(q->bid), sim_text(q->ask), sim_text(q->bid));
}

/* An answer to a request, whose error, if any, ends in a comma. */
static void
say_answer(struct sim_peer *p, const json_t *o, const char *error,
    const char *status)
{
	const json_t *id = json_object_get(o, "id");
	char head[80], echo[48] = "";

	if (json_is_integer(id))
		snprintf(echo, sizeof(echo), "'id':%s,", sim_json(id));
	sim_say(p, "%s%s'conn_id':'%016llx','trace_id':'%032llx','channel':%s,"
	    "'event':%s,'payload':%s,%s'result':{'status':'%s'},'requestId':"
	    "'%032llx'}", head_write(p, head), echo,
	    (unsigned long long)p->id, (unsigned long long)p->sequence,
	    sim_quoted(sim_word(o, "channel")),
	    sim_quoted(sim_word(o, "event")),
	    sim_json(json_object_get(o, "payload")), error, status,
	    (unsigned long long)p->sequence);
	p->sequence++;
}

static bool
payload_read(struct sim_peer *p, const json_t *o, uint64_t *set)
{
	const json_t *list = json_object_get(o, "payload");
	char error[256], text[160];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int k = name != NULL ? sim_symbol_find(p, name, false) : -1;

		if (k < 0) {
			snprintf(text, sizeof(text), "unknown currency pair: "
			    "%.60s", name != NULL ? name : "");
			snprintf(error, sizeof(error), "'error':{'code':2,"
			    "'message':%.200s},", sim_quoted(text));
			say_answer(p, o, error, "fail");
			return false;
		}
		*set |= (uint64_t)1 << k;
	}
	return true;
}

static void
change(struct sim_peer *p, const json_t *o, enum sim_channel c, bool is_on)
{
	struct sim_quote q;
	uint64_t set = 0;

	if (!payload_read(p, o, &set))
		return;
	p->on[c] = is_on ? p->on[c] | set : p->on[c] & ~set;
	say_answer(p, o, "", "success");
	for (size_t i = 0; is_on && i < p->script->symbol_count; i++) {
		if ((set >> i & 1) == 0 || !sim_quote_now(p, i, &q))
			continue;
		if (c == SIM_BOOK)
			say_book(p, i, &q);
		else if (c == SIM_TICKER)
			say_ticker(p, i, &q);
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *channel = sim_word(o, "channel");
	const char *event = sim_word(o, "event");
	char head[80];
	size_t k = 0;

	while (k < ARRAY_COUNT(channels) &&
	    strcmp(channels[k].word, channel) != 0)
		k++;
	if (strcmp(channel, "spot.ping") == 0)
		sim_say(p, "%s'channel':'spot.pong','event':'','result':null}",
		    head_write(p, head));
	else if (k == ARRAY_COUNT(channels))
		say_answer(p, o, "'error':{'code':1,'message':"
		    "'unknown channel'},", "fail");
	else if (strcmp(event, "subscribe") == 0)
		change(p, o, channels[k].channel, true);
	else if (strcmp(event, "unsubscribe") == 0)
		change(p, o, channels[k].channel, false);
	else
		say_answer(p, o, "'error':{'code':1,'message':"
		    "'unknown event'},", "fail");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_book(p, i, q);
}

/* Tickers come each second. */
static void
second(struct sim_peer *p)
{
	struct sim_quote q;

	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_is_on(p, SIM_TICKER, i) && sim_quote_now(p, i, &q))
			say_ticker(p, i, &q);
}

const struct sim_protocol sim_gateio = {
	.name = "gateio", .serves = serves,
	.receive = receive, .tick = tick, .second = second,
};
