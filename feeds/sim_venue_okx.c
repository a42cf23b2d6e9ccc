/* OKX v5 public channels as a server, and OKCoin's, which are the same.
 * Source: okx.com/docs-v5, WebSocket: subscribe, tickers, bbo-tbt, trades,
 * mark-price, index-tickers, funding-rate, open-interest, opt-summary;
 * recorded frames of 2022-02-27.  A family of options is "ETH-USD". */
#include "feeds/sim_option.h"
#include "feeds/sim_peer.h"

#include <stdio.h>
#include <string.h>

#define EIGHT_HOURS_MS 28800000u

static const struct {
	const char *word;
	enum sim_channel channel;
} channels[] = {
	{ "bbo-tbt", SIM_BOOK }, { "tickers", SIM_TICKER },
	{ "trades", SIM_TRADE }, { "mark-price", SIM_MARK },
	{ "index-tickers", SIM_INDEX }, { "funding-rate", SIM_FUNDING },
	{ "open-interest", SIM_INTEREST }, { "opt-summary", SIM_FAMILY },
};

/* --- what a symbol's name says ------------------------------------------- */

/* How long the first two words are: the index, the family of options. */
static size_t
index_len(const char *name)
{
	const char *dash = strchr(name, '-');

	dash = dash != NULL ? strchr(dash + 1, '-') : NULL;
	return dash != NULL ? (size_t)(dash - name) : strlen(name);
}

static const char *
type_of(const char *name)
{
	struct sim_option option;

	if (sim_option_read(&option, name))
		return "OPTION";
	if (strstr(name, "-SWAP") != NULL)
		return "SWAP";
	return name[index_len(name)] == '-' ? "FUTURES" : "SPOT";
}

/* The sides as they stand: an option's in coins, "" where there is none. */
struct sides {
	const char *bid, *ask, *last;
};

static const char *
coins(double x)
{
	return x > 0 ? sim_number(x, 4) : "";
}

static struct sides
sides_of(const struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const struct sim_symbol *y = &p->script->symbol[i];
	struct sim_option_mark m;
	struct sim_option option;
	struct sides s;

	if (!sim_option_read(&option, y->name)) {
		s.bid = sim_text(q->bid);
		s.ask = sim_text(q->ask);
		s.last = sim_last(q);
		return s;
	}
	sim_option_mark(&m, &option, q, y->vol, sim_spread(p), p->now_ms);
	s.bid = coins(m.bid);
	s.ask = coins(m.ask);
	s.last = q->is_buy || m.bid <= 0 ? s.ask : s.bid;
	return s;
}

/* --- messages ------------------------------------------------------------ */

/* Up to the row's own fields. */
static const char *
row_head(const struct sim_peer *p, size_t i, enum sim_channel c,
    char out[160])
{
	const char *name = p->script->symbol[i].name;
	int len = c == SIM_INDEX ? (int)index_len(name) : (int)strlen(name);

	for (size_t k = 0; k < ARRAY_COUNT(channels); k++)
		if (channels[k].channel == c)
			snprintf(out, 160, "{'arg':{'channel':'%s','instId':"
			    "'%.*s'},'data':[", channels[k].word, len, name);
	return out;
}

static void
say_book(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	struct sides s = sides_of(p, i, q);
	const char *size = sim_text(q->size);
	bool has_bid = s.bid[0] != '\0';
	char head[160];

	sim_say(p, "%s{'asks':[['%s','%s','0','2']],'bids':[%s%s%s%s%s],"
	    "'ts':'%s','seqId':%s}]}", row_head(p, i, SIM_BOOK, head), s.ask,
	    size, has_bid ? "['" : "", s.bid, has_bid ? "','" : "",
	    has_bid ? size : "", has_bid ? "','0','1']" : "",
	    sim_whole(p->now_ms), sim_whole(q->slot + 1));
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	struct sides s = sides_of(p, i, q);
	char head[160];

	sim_say(p, "%s{'instType':'%s','instId':'%s','last':'%s','lastSz':"
	    "'%s','askPx':'%s','askSz':'%s','bidPx':'%s','bidSz':'%s',"
	    "'open24h':'%s','high24h':'%s','low24h':'%s','sodUtc0':'%s',"
	    "'sodUtc8':'%s','volCcy24h':'503403597.38','vol24h':'15937.1',"
	    "'ts':'%s'}]}", row_head(p, i, SIM_TICKER, head), type_of(name),
	    name, s.last, sim_text(q->size), s.ask, sim_text(q->size), s.bid,
	    s.bid[0] != '\0' ? sim_text(q->size) : "", s.last, s.ask, s.last,
	    s.last, s.last, sim_whole(p->now_ms));
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	char head[160];

	sim_say(p, "%s{'instId':'%s','tradeId':'%s','px':'%s','sz':'%s',"
	    "'side':'%s','ts':'%s','count':'1','source':'0','seqId':%s}]}",
	    row_head(p, i, SIM_TRADE, head), p->script->symbol[i].name,
	    sim_whole(q->trade + 1), sides_of(p, i, q).last,
	    sim_text(q->size), q->is_buy ? "buy" : "sell",
	    sim_whole(p->now_ms), sim_whole(q->slot + 1));
}

static void
say_mark(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	const char *type = type_of(name);
	struct sim_option_mark m;
	struct sim_option option;
	const char *price = sim_text(q->mark);
	char head[160];

	if (sim_option_read(&option, name)) {
		sim_option_mark(&m, &option, q, p->script->symbol[i].vol,
		    sim_spread(p), p->now_ms);
		price = sim_number(m.price, 16);
	}
	sim_say(p, "%s{'instType':'%s','instId':'%s','markPx':'%s','ts':'%s'"
	    "}]}", row_head(p, i, SIM_MARK, head),
	    strcmp(type, "SPOT") == 0 ? "MARGIN" : type, name, price,
	    sim_whole(p->now_ms));
}

static void
say_index(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	const char *px = sim_text(q->index);
	char head[160];

	sim_say(p, "%s{'instId':'%.*s','idxPx':'%s','high24h':'%s','low24h':"
	    "'%s','open24h':'%s','sodUtc0':'%s','sodUtc8':'%s','ts':'%s'}]}",
	    row_head(p, i, SIM_INDEX, head), (int)index_len(name), name, px,
	    px, px, px, px, px, sim_whole(p->now_ms));
}

static void
say_funding(struct sim_peer *p, size_t i)
{
	uint64_t next = (p->now_ms / EIGHT_HOURS_MS + 1) * EIGHT_HOURS_MS;
	char head[160];

	sim_say(p, "%s{'instType':'SWAP','instId':'%s','method':"
	    "'current_period','formulaType':'withRate','fundingRate':"
	    "'0.0001','nextFundingRate':'','prevFundingTime':'%s',"
	    "'fundingTime':'%s','nextFundingTime':'%s','minFundingRate':"
	    "'-0.00375',"
	    "'maxFundingRate':'0.00375','interestRate':'0.0001','impactValue':"
	    "'20000','settState':'settled','settFundingRate':'0.0001',"
	    "'premium':'0','ts':'%s'}]}", row_head(p, i, SIM_FUNDING, head),
	    p->script->symbol[i].name, sim_whole(next - EIGHT_HOURS_MS),
	    sim_whole(next), sim_whole(next + EIGHT_HOURS_MS), sim_whole(p->now_ms));
}

static void
say_interest(struct sim_peer *p, size_t i)
{
	const char *name = p->script->symbol[i].name;
	char head[160];

	sim_say(p, "%s{'instType':'%s','instId':'%s','oi':'12345','oiCcy':"
	    "'1234.5','oiUsd':'2469000','ts':'%s'}]}",
	    row_head(p, i, SIM_INTEREST, head), type_of(name), name,
	    sim_whole(p->now_ms));
}

/* One message with a row an option of the family. */
static void
say_family(struct sim_peer *p, size_t first)
{
	const char *family = p->script->symbol[first].name;
	int len = (int)index_len(family);
	char rows[SIM_MESSAGE_MAX - 256];
	size_t n = 0;

	for (size_t i = 0; i < p->script->symbol_count; i++) {
		const struct sim_symbol *y = &p->script->symbol[i];
		struct sim_option_mark m;
		struct sim_option option;
		struct sim_quote q;

		if (strncmp(y->name, family, (size_t)len + 1) != 0 ||
		    !sim_option_read(&option, y->name) ||
		    !sim_quote_now(p, i, &q))
			continue;
		sim_option_mark(&m, &option, &q, y->vol, sim_spread(p),
		    p->now_ms);
		n += (size_t)snprintf(rows + n, sizeof(rows) - n, "%s{"
		    "'instType':'OPTION','instId':'%s','uly':'%.*s','delta':"
		    "'%.8f','gamma':'%.8f','vega':'%.8f','theta':'%.8f',"
		    "'deltaBS':'%.8f','gammaBS':'%.8f','vegaBS':'%.8f',"
		    "'thetaBS':'%.8f','lever':'1','markVol':'%.8f','bidVol':"
		    "'%.8f','askVol':'%.8f','realVol':'','volLv':'%.8f',"
		    "'fwdPx':'%.8f','ts':'%llu'}", n > 0 ? "," : "", y->name,
		    len, family, m.delta, m.gamma, m.vega / m.forward,
		    m.theta / m.forward, m.delta, m.gamma, m.vega, m.theta,
		    m.vol, m.vol, m.vol, m.vol, m.forward,
		    (unsigned long long)p->now_ms);
	}
	sim_say(p, "{'arg':{'channel':'opt-summary','instFamily':'%.*s'},"
	    "'data':[%s]}", len, family, rows);
}

/* --- requests ------------------------------------------------------------ */

static void
say_error(struct sim_peer *p, const char *code, const char *text)
{
	sim_say(p, "{'event':'error','code':'%s','msg':%s,'connId':'%08llx'}",
	    code, sim_quoted(text), (unsigned long long)p->id);
}

/* The symbol that an argument names; an index or a family, which may be no
 * symbol of its own, stands for the first that belongs to it. */
static int
argument_symbol(const struct sim_peer *p, enum sim_channel c,
    const json_t *arg)
{
	const char *name = sim_word(arg, c == SIM_FAMILY ? "instFamily" :
	    "instId");
	size_t len = strlen(name);
	struct sim_option option;

	if (c != SIM_INDEX && c != SIM_FAMILY)
		return sim_symbol_find(p, name, false);
	for (size_t i = 0; len > 0 && i < p->script->symbol_count; i++) {
		const char *y = p->script->symbol[i].name;

		if (index_len(y) == len && strncmp(y, name, len) == 0 &&
		    (c == SIM_INDEX || sim_option_read(&option, y)))
			return (int)i;
	}
	return -1;
}

static void
say_first(struct sim_peer *p, enum sim_channel c, size_t i)
{
	struct sim_quote q;

	if (!sim_quote_now(p, i, &q))
		return;
	if (c == SIM_BOOK)
		say_book(p, i, &q);
	else if (c == SIM_TICKER)
		say_ticker(p, i, &q);
	else if (c == SIM_MARK)
		say_mark(p, i, &q);
	else if (c == SIM_INDEX)
		say_index(p, i, &q);
	else if (c == SIM_FUNDING)
		say_funding(p, i);
	else if (c == SIM_INTEREST)
		say_interest(p, i);
	else if (c == SIM_FAMILY)
		say_family(p, i);
}

static void
change_one(struct sim_peer *p, const json_t *arg, const char *op, bool is_on)
{
	const char *word = sim_word(arg, "channel");
	char text[160];
	size_t k = 0;
	int i = -1;

	while (k < ARRAY_COUNT(channels) &&
	    strcmp(channels[k].word, word) != 0)
		k++;
	if (k < ARRAY_COUNT(channels))
		i = argument_symbol(p, channels[k].channel, arg);
	if (i < 0) {
		snprintf(text, sizeof(text), "Wrong URL or channel:%.24s,"
		    "instId:%.24s doesn't exist.", word,
		    sim_word(arg, "instId"));
		say_error(p, "60018", text);
		return;
	}
	sim_switch(p, channels[k].channel, (size_t)i, is_on);
	sim_say(p, "{'event':'%s','arg':%s,'connId':'%08llx'}", op,
	    sim_json(arg), (unsigned long long)p->id);
	if (is_on)
		say_first(p, channels[k].channel, (size_t)i);
}

static void
receive(struct sim_peer *p, const char *text, size_t len)
{
	json_t *o;
	const json_t *args;
	const char *op;

	if (len == 4 && memcmp(text, "ping", 4) == 0) {
		sim_say(p, "pong");
		return;
	}
	o = json_loadb(text, len, 0, NULL);
	op = sim_word(o, "op");
	args = json_object_get(o, "args");
	if (json_array_size(args) == 0 || (strcmp(op, "subscribe") != 0 &&
	    strcmp(op, "unsubscribe") != 0))
		say_error(p, "60012", "Illegal request");
	else
		for (size_t i = 0; i < json_array_size(args); i++)
			change_one(p, json_array_get(args, i), op,
			    op[0] == 's');
	json_decref(o);
}

static void
tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	if (sim_is_on(p, SIM_BOOK, i))
		say_book(p, i, q);
	if (sim_is_on(p, SIM_TICKER, i))
		say_ticker(p, i, q);
	if (sim_is_on(p, SIM_INDEX, i))
		say_index(p, i, q);
	if (sim_is_on(p, SIM_MARK, i))
		say_mark(p, i, q);
}

static void
second(struct sim_peer *p)
{
	p->beats++;
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (sim_is_on(p, SIM_FAMILY, i))
			say_family(p, i);
		if (sim_is_on(p, SIM_INTEREST, i) && p->beats % 3 == 0)
			say_interest(p, i);
		if (sim_is_on(p, SIM_FUNDING, i) && p->beats % 30 == 0)
			say_funding(p, i);
	}
}

const struct sim_protocol sim_okx = {
	.name = "okx", .path = "/ws/v5/public",
	.receive = receive, .tick = tick, .second = second,
};
const struct sim_protocol sim_okcoin = {
	.name = "okcoin", .path = "/ws/v5/public",
	.receive = receive, .tick = tick, .second = second,
};
