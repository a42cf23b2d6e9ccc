/* BitMEX as a server.  Source: bitmex.com/app/wsAPI: subscribe, the tables
 * quote, trade and instrument, ping; single frames of 2021 to 2023.  A table's
 * first message is partial: it says the fields' types. */
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum sim_channel channel;
	const char *types;	/* of a partial */
} tables[] = {
	{ "quote", SIM_BOOK, "'timestamp':'timestamp','symbol':'symbol',"
	    "'bidSize':'long','bidPrice':'float','askPrice':'float','askSize':"
	    "'long'" },
	{ "trade", SIM_TRADE, "'timestamp':'timestamp','symbol':'symbol',"
	    "'side':'symbol','size':'long','price':'float','tickDirection':"
	    "'symbol','trdMatchID':'guid','grossValue':'long','homeNotional':"
	    "'float','foreignNotional':'float'" },
	{ "instrument", SIM_TICKER, "'symbol':'symbol','state':'symbol',"
	    "'lastPrice':'float','bidPrice':'float','askPrice':'float',"
	    "'markPrice':'float','indicativeSettlePrice':'float',"
	    "'fundingRate':'float','openInterest':'long','timestamp':"
	    "'timestamp'" },
};

/* --- tables -------------------------------------------------------------- */

static const char *
row_text(const struct sim_peer *p, enum sim_channel c, size_t i,
    const struct sim_quote *q, bool is_whole, char out[640])
{
	const char *name = p->script->symbol[i].name;
	const char *time = sim_time(p->now_ms, 3);

	if (c == SIM_BOOK)
		snprintf(out, 640, "{'timestamp':'%s','symbol':'%s','bidSize':"
		    "14400,'bidPrice':%s,'askPrice':%s,'askSize':2300}", time,
		    name, sim_text(q->bid), sim_text(q->ask));
	else if (c == SIM_TRADE)
		snprintf(out, 640, "{'timestamp':'%s','symbol':'%s','side':"
		    "'%s','size':100,'price':%s,'tickDirection':"
		    "'ZeroPlusTick','trdMatchID':'68624a99-e949-33cd-d7e9-"
		    "%012llx','grossValue':12760000,'homeNotional':0.1276,"
		    "'foreignNotional':100}", time, name,
		    q->is_buy ? "Buy" : "Sell", sim_last(q),
		    (unsigned long long)q->slot + 1);
	else
		snprintf(out, 640, "{'symbol':'%s',%s'lastPrice':%s,'bidPrice'"
		    ":%s,'askPrice':%s,'markPrice':%s,'indicativeSettlePrice':"
		    "%s,%s'timestamp':'%s'}", name,
		    is_whole ? "'state':'Open'," : "", sim_last(q),
		    sim_text(q->bid), sim_text(q->ask), sim_text(q->mark),
		    sim_text(q->index), is_whole ? "'fundingRate':0.0001,"
		    "'fundingInterval':'2000-01-01T08:00:00.000Z',"
		    "'openInterest':123456700," : "", time);
	return out;
}

static void
say_row(struct sim_peer *p, size_t k, size_t i, const struct sim_quote *q)
{
	enum sim_channel c = tables[k].channel;
	char row[640];

	sim_say(p, "{'table':'%s','action':'%s','data':[%s]}", tables[k].word,
	    c == SIM_TICKER ? "update" : "insert",
	    row_text(p, c, i, q, false, row));
}

static void
say_partial(struct sim_peer *p, size_t k, size_t i)
{
	const char *name = p->script->symbol[i].name;
	enum sim_channel c = tables[k].channel;
	struct sim_quote q;
	char row[640];

	if (!sim_quote_now(p, i, &q))
		return;
	sim_say(p, "{'table':'%s','action':'partial','keys':[%s],'types':{%s},"
	    "'filter':{'symbol':'%s'},'data':[%s]}", tables[k].word,
	    c == SIM_TICKER ? "'symbol'" : "", tables[k].types, name,
	    row_text(p, c, i, &q, true, row));
}

/* --- requests ------------------------------------------------------------ */

static void
say_error(struct sim_peer *p, const json_t *o, const char *text)
{
	sim_say(p, "{'status':400,'error':%s,'meta':{},'request':%s}",
	    sim_quoted(text), sim_json(o));
}

/* One argument: "quote:XBTUSD". */
static void
change(struct sim_peer *p, const json_t *o, const char *argument, bool is_on)
{
	size_t len = strcspn(argument, ":"), k = 0;
	char text[160];
	int i;

	while (k < ARRAY_COUNT(tables) && (strlen(tables[k].word) != len ||
	    strncmp(tables[k].word, argument, len) != 0))
		k++;
	if (k == ARRAY_COUNT(tables) || argument[len] == '\0') {
		snprintf(text, sizeof(text), "Unknown table: %.40s", argument);
		say_error(p, o, text);
		return;
	}
	i = sim_symbol_find(p, argument + len + 1, false);
	if (i < 0) {
		say_error(p, o, "Unknown or expired symbol.");
		return;
	}
	sim_switch(p, tables[k].channel, (size_t)i, is_on);
	sim_say(p, "{'success':true,'%ssubscribe':'%s','request':%s}",
	    is_on ? "" : "un", argument, sim_json(o));
	if (is_on)
		say_partial(p, k, (size_t)i);
}

static void
change_all(struct sim_peer *p, const json_t *o, bool is_on)
{
	const json_t *args = json_object_get(o, "args");

	if (json_is_string(args))
		change(p, o, json_string_value(args), is_on);
	for (size_t i = 0; i < json_array_size(args); i++) {
		const json_t *v = json_array_get(args, i);

		change(p, o, json_is_string(v) ? json_string_value(v) : "",
		    is_on);
	}
}

/* "/realtime?subscribe=quote:XBTUSD,trade:XBTUSD" */
static void
open_peer(struct sim_peer *p, const char *target)
{
	const char *at = strstr(target, "?subscribe=");
	char argument[64];

	sim_say(p, "{'info':'Welcome to the BitMEX Realtime API.','version':"
	    "'2.0.0','timestamp':'%s','docs':'https://www.bitmex.com/app/"
	    "wsAPI','heartbeatEnabled':false,'limit':{'remaining':39}}",
	    sim_time(p->now_ms, 3));
	if (at == NULL)
		return;
	at += strlen("?subscribe=");
	while (*at != '\0' && *at != '&') {
		size_t n = strcspn(at, ",&");

		snprintf(argument, sizeof(argument), "%.*s", (int)(n < 63 ? n :
		    63), at);
		change(p, NULL, argument, true);
		at += n + (at[n] == ',');
	}
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o;
	const char *op;

	if (len == 4 && memcmp(text, "ping", 4) == 0) {
		sim_say(p, "pong");
		return;
	}
	o = json_loadb(text, len, 0, NULL);
	op = sim_word(o, "op");
	if (strcmp(op, "subscribe") == 0)
		change_all(p, o, true);
	else if (strcmp(op, "unsubscribe") == 0)
		change_all(p, o, false);
	else
		say_error(p, o, "Unrecognized request. See the docs: "
		    "https://www.bitmex.com/app/wsAPI");
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	for (size_t k = 0; k < ARRAY_COUNT(tables); k++)
		if (sim_is_on(p, tables[k].channel, i) &&
		    (tables[k].channel != SIM_TRADE || q->has_trade))
			say_row(p, k, i, q);
}

static void
second(struct sim_peer *p)
{
	(void)p;	/* answers pings, sends none */
}

const struct sim_protocol sim_bitmex = {
	.name = "bitmex", .path = "/realtime", .open = open_peer,
	.receive = receive, .tick = tick, .second = second,
};
