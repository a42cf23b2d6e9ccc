/* KuCoin's spot websocket as a server, and the token that it wants.  Source:
 * kucoin.com/docs-new, Get Public Token; Websocket API: Base Info, Ticker,
 * Market Snapshot, Trade; recorded frames of 2021-04-25. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define TOPIC_SYMBOLS_MAX 100u	/* of one subscribe message */
#define CONNECT_ID_MAX 64u

static const struct {
	const char *word;
	enum sim_channel channel;
} topics[] = {
	{ "/market/ticker", SIM_BOOK }, { "/market/match", SIM_TRADE },
	{ "/market/snapshot", SIM_TICKER },
};

/* --- the token ----------------------------------------------------------- */

/* The same all the time that the simulator runs. */
static void
token_write(const struct sim_peer *p, char out[40])
{
	snprintf(out, 40, "2neAiuYvAU61ZDXANAGAsiL4-%llx",
	    (unsigned long long)sim_seed(p));
}

static size_t
post(struct sim_peer *p, const char *path, char *out, size_t size)
{
	char token[40];

	if (strcmp(path, "/api/v1/bullet-public") != 0)
		return 0;
	token_write(p, token);
	return (size_t)snprintf(out, size, "{\"code\":\"200000\",\"data\":{"
	    "\"token\":\"%s\",\"instanceServers\":[{\"endpoint\":\"%s/\","
	    "\"encrypt\":true,\"protocol\":\"websocket\",\"pingInterval\":"
	    "18000,\"pingTimeout\":10000}]}}", token, sim_address(p));
}

static bool
serves(const char *path)
{
	return strcmp(path, "/") == 0 || strcmp(path, "/endpoint") == 0;
}

/* The value of a query's word; "" where it is not there. */
static const char *
query_read(const char *target, const char *word, char *out, size_t size)
{
	const char *at = strchr(target, '?');
	size_t len = strlen(word);

	out[0] = '\0';
	while (at != NULL) {
		at++;
		if (strncmp(at, word, len) == 0 && at[len] == '=') {
			size_t n = strcspn(at + len + 1, "&");

			snprintf(out, size, "%.*s", (int)(n < size ? n :
			    size - 1), at + len + 1);
			break;
		}
		at = strchr(at, '&');
	}
	return out;
}

static void
open_peer(struct sim_peer *p, const char *target)
{
	char token[40], given[40], id[CONNECT_ID_MAX + 1];

	token_write(p, token);
	query_read(target, "connectId", id, sizeof(id));
	if (strcmp(query_read(target, "token", given, sizeof(given)),
	    token) != 0) {
		sim_say(p, "{'id':%s,'type':'error','code':401,'data':"
		    "'token is invalid'}", sim_quoted(id));
		sim_close(p);
		return;
	}
	sim_say(p, "{'id':%s,'type':'welcome'}", sim_quoted(id));
}

/* --- messages ------------------------------------------------------------ */

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, "{'topic':'/market/ticker:%s','type':'message','subject':"
	    "'trade.ticker','data':{'bestAsk':'%s','bestAskSize':'%s',"
	    "'bestBid':'%s','bestBidSize':'%s','price':'%s','sequence':'%s',"
	    "'size':'%s','time':%s}}", p->script->symbol[i].name,
	    sim_text(q->ask), sim_text(q->size), sim_text(q->bid),
	    sim_text(q->size), sim_last(q), sim_whole(q->slot + 1),
	    sim_text(q->size), sim_whole(p->now_ms));
}

static void
say_match(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;

	sim_say(p, "{'topic':'/market/match:%s','type':'message','subject':"
	    "'trade.l3match','data':{'makerOrderId':'%024llx','price':'%s',"
	    "'sequence':'%s','side':'%s','size':'%s','symbol':'%s',"
	    "'takerOrderId':'%024llx','time':'%s000000','tradeId':'%s',"
	    "'type':'match'}}", name, (unsigned long long)(2 * q->slot + 1),
	    sim_last(q), sim_whole(q->slot + 1), q->is_buy ? "buy" : "sell",
	    sim_text(q->size), name, (unsigned long long)(2 * q->slot + 2),
	    sim_whole(p->now_ms), sim_whole(q->trade + 1));
}

static void
say_snapshot(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	const char *bid = sim_text(q->bid), *ask = sim_text(q->ask);

	sim_say(p, "{'topic':'/market/snapshot:%s','type':'message','subject':"
	    "'trade.snapshot','data':{'sequence':'%s','data':{'averagePrice':"
	    "%s,'baseCurrency':'%.*s','board':1,'buy':%s,'changePrice':0,"
	    "'changeRate':0,'close':%s,'datetime':%s,'high':%s,"
	    "'lastTradedPrice':%s,'low':%s,'market':'USDS','markets':['USDS'],"
	    "'open':%s,'quoteCurrency':'%s','sell':%s,'sort':100,'symbol':"
	    "'%s','symbolCode':'%s','trading':true,'vol':3018.2,'volValue':"
	    "206420.5}}}", name, sim_whole(q->slot + 1), bid,
	    (int)strcspn(name, "-"), name, bid, sim_last(q),
	    sim_whole(p->now_ms), ask, sim_last(q), bid, bid,
	    strchr(name, '-') != NULL ? strchr(name, '-') + 1 : "", ask, name,
	    name);
}

/* --- requests ------------------------------------------------------------ */

static void
say_error(struct sim_peer *p, const json_t *o, unsigned code,
    const char *text)
{
	sim_say(p, "{'id':%s,'type':'error','code':%u,'data':%s}",
	    sim_echo(json_object_get(o, "id"), "''"), code,
	    sim_quoted(text));
}

/* Takes "/market/ticker:BTC-USDT,ETH-USDT" whole or not at all. */
static bool
topic_read(const struct sim_peer *p, const char *topic, enum sim_channel *c,
    uint64_t *set)
{
	size_t len = strcspn(topic, ":"), k = 0, count = 0;
	char name[VENUE_SYMBOL_MAX];

	while (k < ARRAY_COUNT(topics) && (strlen(topics[k].word) != len ||
	    strncmp(topics[k].word, topic, len) != 0))
		k++;
	if (k == ARRAY_COUNT(topics) || topic[len] != ':')
		return false;
	*c = topics[k].channel;
	for (const char *at = topic + len; *at != '\0';) {
		size_t n = strcspn(++at, ",");
		int i = -1;

		if (n < sizeof(name)) {
			snprintf(name, sizeof(name), "%.*s", (int)n, at);
			i = sim_symbol_find(p, name, false);
		}
		if (i < 0 || ++count > TOPIC_SYMBOLS_MAX)
			return false;
		*set |= (uint64_t)1 << i;
		at += n;
	}
	return *set != 0;
}

static void
change(struct sim_peer *p, const json_t *o, bool is_on)
{
	const char *topic = sim_word(o, "topic");
	enum sim_channel c = SIM_BOOK;
	uint64_t set = 0;
	char text[160];
	struct sim_quote q;

	if (!topic_read(p, topic, &c, &set)) {
		snprintf(text, sizeof(text), "topic %.100s is not found",
		    topic);
		say_error(p, o, 404, text);
		return;
	}
	p->on[c] = is_on ? p->on[c] | set : p->on[c] & ~set;
	if (json_is_true(json_object_get(o, "response")))
		sim_say(p, "{'id':%s,'type':'ack'}",
		    sim_echo(json_object_get(o, "id"), "''"));
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (is_on && c == SIM_TICKER && (set >> i & 1) != 0 &&
		    sim_quote_now(p, i, &q))
			say_snapshot(p, i, &q);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *type = sim_word(o, "type");

	if (strcmp(type, "ping") == 0)
		sim_say(p, "{'id':%s,'type':'pong','timestamp':%s000}",
		    sim_echo(json_object_get(o, "id"), "''"),
		    sim_whole(p->now_ms));
	else if (strcmp(type, "subscribe") == 0)
		change(p, o, true);
	else if (strcmp(type, "unsubscribe") == 0)
		change(p, o, false);
	else
		say_error(p, o, 415, "type is not supported");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_match(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_ticker(p, i, q);
}

/* Snapshots come each 2 s. */
static void
second(struct sim_peer *p)
{
	struct sim_quote q;

	if (++p->beats % 2 != 0)
		return;
	for (size_t i = 0; i < p->script->symbol_count; i++)
		if (sim_is_on(p, SIM_TICKER, i) && sim_quote_now(p, i, &q))
			say_snapshot(p, i, &q);
}

const struct sim_protocol sim_kucoin = {
	.name = "kucoin", .serves = serves, .open = open_peer,
	.receive = receive, .tick = tick, .second = second, .post = post,
};
