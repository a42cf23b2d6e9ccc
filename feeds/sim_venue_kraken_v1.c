/* Kraken's first websocket protocol as a server.  Source: docs.kraken.com,
 * WebSocket v1: systemStatus, subscriptionStatus, ticker, spread, trade,
 * heartbeat, ping; recorded frames of 2021-04-06. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "ticker", SIM_TICKER }, { "spread", SIM_BOOK },
	{ "trade", SIM_TRADE },
};

static void
open_peer(struct sim_peer *p, const char *target)
{
	(void)target;
	sim_say(p, "{'connectionID':%s,'event':'systemStatus','status':"
	    "'online','version':'1.9.6'}", sim_whole(p->id));
}

/* A channel's number: of its kind and its symbol. */
static const char *
channel_id(enum sim_channel c, size_t i)
{
	return sim_whole(300 + 64 * (uint64_t)c + i);
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *bid = sim_text(q->bid), *ask = sim_text(q->ask);

	sim_say(p, "[%s,{'a':['%s',0,'%s'],'b':['%s',0,'%s'],'c':['%s','%s'],"
	    "'v':['735.0','5243.6'],'p':['%s','%s'],'t':[6120,30832],"
	    "'l':['%s','%s'],'h':['%s','%s'],'o':['%s','%s']},'ticker','%s']",
	    channel_id(SIM_TICKER, i), ask, sim_text(q->size), bid,
	    sim_text(q->size), sim_last(q), sim_text(q->size), bid, bid, bid,
	    bid, ask, ask, bid, bid, p->script->symbol[i].name);
}

static void
say_spread(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "[%s,['%s','%s','%s000','%s','%s'],'spread','%s']",
	    channel_id(SIM_BOOK, i), sim_text(q->bid), sim_text(q->ask),
	    sim_seconds(p->now_ms), sim_text(q->size), sim_text(q->size),
	    p->script->symbol[i].name);
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "[%s,[['%s','%s','%s000','%s','m','']],'trade','%s']",
	    channel_id(SIM_TRADE, i), sim_last(q), sim_text(q->size),
	    sim_seconds(p->now_ms), q->is_buy ? "b" : "s",
	    p->script->symbol[i].name);
}

/* first and last: what else is said, with its comma. */
static void
say_status(struct sim_peer *p, const json_t *o, const char *first,
    const char *status, const char *word, const char *pair, const char *last)
{
	const json_t *id = json_object_get(o, "reqid");

	sim_say(p, "{%s'event':'subscriptionStatus','pair':%s,%s%s%s'status':"
	    "'%s','subscription':{'name':%s}%s}", first, sim_quoted(pair),
	    json_is_integer(id) ? "'reqid':" : "",
	    json_is_integer(id) ? sim_json(id) : "",
	    json_is_integer(id) ? "," : "", status, sim_quoted(word), last);
}

static void
change_one(struct sim_peer *p, const json_t *o, const char *word,
    const char *pair, bool is_on)
{
	int i = sim_symbol_find(p, pair, false);
	struct sim_quote q;
	char first[96];
	size_t k = 0;

	while (k < ARRAY_COUNT(channels) &&
	    strcmp(channels[k].word, word) != 0)
		k++;
	if (k == ARRAY_COUNT(channels) || i < 0) {
		say_status(p, o, "", "error", word, pair, i < 0 ?
		    ",'errorMessage':'Currency pair not supported'" :
		    ",'errorMessage':'Subscription name invalid'");
		return;
	}
	sim_switch(p, channels[k].channel, (size_t)i, is_on);
	p->has_heartbeat = true;
	snprintf(first, sizeof(first), "'channelID':%s,'channelName':'%s',",
	    channel_id(channels[k].channel, (size_t)i), word);
	say_status(p, o, first, is_on ? "subscribed" : "unsubscribed", word,
	    pair, "");
	if (!is_on || !sim_quote_now(p, (size_t)i, &q))
		return;
	if (channels[k].channel == SIM_TICKER)
		say_ticker(p, (size_t)i, &q);
	else if (channels[k].channel == SIM_BOOK)
		say_spread(p, (size_t)i, &q);
	else
		say_trade(p, (size_t)i, &q);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *event = sim_word(o, "event");
	const json_t *pairs = json_object_get(o, "pair");
	bool is_on = strcmp(event, "subscribe") == 0;

	if (strcmp(event, "ping") == 0) {
		sim_say(p, "{'event':'pong','reqid':%s}",
		    sim_echo(json_object_get(o, "reqid"), "0"));
	} else if (!is_on && strcmp(event, "unsubscribe") != 0) {
		sim_say(p, "{'errorMessage':'Unsupported event','event':"
		    "'error'}");
	} else {
		for (size_t i = 0; i < json_array_size(pairs); i++) {
			const json_t *v = json_array_get(pairs, i);

			change_one(p, o, sim_word(json_object_get(o,
			    "subscription"), "name"), json_is_string(v) ?
			    json_string_value(v) : "", is_on);
		}
	}
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_spread(p, i, q);
	if (sim_is_on(p, SIM_TICKER, i))
		say_ticker(p, i, q);
}

static void
second(struct sim_peer *p)
{
	if (p->has_heartbeat)
		sim_say(p, "{'event':'heartbeat'}");
}

const struct sim_protocol sim_kraken_v1 = {
	.name = "kraken-v1", .path = "/", .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
