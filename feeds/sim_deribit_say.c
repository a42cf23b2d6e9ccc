/* What the simulated Deribit says of its channels.  Source: docs.deribit.com,
 * quote, ticker, trades, perpetual, deribit_price_index,
 * deribit_volatility_index, markprice.options; recorded frames of 2021-04.
 * Options are quoted in coins; a side that is empty has the price 0. */
#include "feeds/sim_deribit.h"
#include "feeds/sim_option.h"

#include <stdio.h>
#include <string.h>

#define HEAD "{'jsonrpc':'2.0','method':'subscription','params':{'channel':"

const struct sim_deribit_word sim_deribit_words[SIM_DERIBIT_WORDS] = {
	{ "quote.", "", SIM_BOOK },
	{ "trades.", ".100ms", SIM_TRADE },
	{ "ticker.", ".100ms", SIM_TICKER },
	{ "perpetual.", ".100ms", SIM_MARK },
	{ "deribit_price_index.", "", SIM_INDEX },
	{ "deribit_volatility_index.", "", SIM_FUNDING },
	{ "markprice.options.", "", SIM_FAMILY },
};

bool
sim_deribit_is_option(const struct sim_peer *p, size_t i)
{
	struct sim_option o;

	return sim_option_read(&o, p->script->symbol[i].name);
}

/* A coin's instruments are on its price in USD; "SOL_USDC-PERPETUAL" names
 * both. */
const char *
sim_deribit_index(const struct sim_peer *p, size_t i,
    char out[VENUE_SYMBOL_MAX])
{
	const char *name = p->script->symbol[i].name;
	size_t n = strcspn(name, "-");

	snprintf(out, VENUE_SYMBOL_MAX, "%.*s%s", (int)n, name,
	    memchr(name, '_', n) != NULL ? "" : "_usd");
	for (char *c = out; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return out;
}

/* The texts of what is quoted; size in the instrument's own amount. */
struct sides {
	bool is_option;
	struct sim_option_mark mark;
	const char *bid, *ask, *last, *price, *bid_size;
};

static struct sides
sides_of(const struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const struct sim_symbol *y = &p->script->symbol[i];
	struct sim_option o;
	struct sides s = { .is_option = sim_option_read(&o, y->name) };

	s.bid_size = sim_text(q->size);
	if (!s.is_option) {
		s.bid = sim_text(q->bid);
		s.ask = sim_text(q->ask);
		s.last = sim_last(q);
		s.price = sim_text(q->mark);
		return s;
	}
	sim_option_mark(&s.mark, &o, q, y->vol, sim_spread(p), p->now_ms);
	s.bid = sim_number(s.mark.bid, 4);
	s.ask = sim_number(s.mark.ask, 4);
	s.last = q->is_buy || s.mark.bid <= 0 ? s.ask : s.bid;
	s.price = sim_number(s.mark.price, 6);
	if (s.mark.bid <= 0)
		s.bid_size = "0.0";
	return s;
}

static void
say_quote(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	struct sides s = sides_of(p, i, q);

	sim_say(p, HEAD "'quote.%s','data':{'timestamp':%s,'instrument_name':"
	    "'%s','best_bid_price':%s,'best_bid_amount':%s,'best_ask_price':"
	    "%s,'best_ask_amount':%s}}}", name, sim_whole(p->now_ms), name,
	    s.bid, s.bid_size, s.ask, sim_text(q->size));
}

static void
say_trade(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	struct sides s = sides_of(p, i, q);
	char vol[40] = "";

	if (s.is_option)
		snprintf(vol, sizeof(vol), "'iv':%.2f,", 100 * s.mark.vol);
	sim_say(p, HEAD "'trades.%s.100ms','data':[{'trade_seq':%s,'trade_id':"
	    "'%s','timestamp':%s,'tick_direction':1,'price':%s,'mark_price':"
	    "%s,%s'instrument_name':'%s','index_price':%s,'direction':'%s',"
	    "'amount':%s}]}}", name, sim_whole(q->trade + 1),
	    sim_whole(q->slot + 1), sim_whole(p->now_ms), s.last, s.price,
	    vol, name, sim_text(q->index), q->is_buy ? "buy" : "sell",
	    sim_text(q->size));
}

/* What a ticker says of an option, of a perpetual, of neither. */
static const char *
own_fields(const struct sides *s, const char *name, char out[512])
{
	const struct sim_option_mark *m = &s->mark;
	const char *dash = strrchr(name, '-');

	out[0] = '\0';
	if (s->is_option)	/* the expiry's own forward: "ETH-27NOV26" */
		snprintf(out, 512, "'underlying_price':%.4f,"
		    "'underlying_index':'%.*s','mark_iv':%.2f,'bid_iv':%.2f,"
		    "'ask_iv':%.2f,'interest_rate':0.0,'greeks':{'vega':%.5f,"
		    "'theta':%.5f,'rho':%.5f,'gamma':%.5f,'delta':%.5f},",
		    m->forward, (int)(strchr(strchr(name, '-') + 1, '-') -
		    name), name, 100 * m->vol, 100 * m->vol, 100 * m->vol,
		    m->vega, m->theta, m->rho, m->gamma, m->delta);
	else if (dash != NULL && strcmp(dash, "-PERPETUAL") == 0)
		snprintf(out, 512, "'funding_8h':0.0001,"
		    "'current_funding':0.0001,'interest_value':0.5,");
	return out;
}

static void
say_ticker(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;
	struct sides s = sides_of(p, i, q);
	char own[512];

	sim_say(p, HEAD "'ticker.%s.100ms','data':{'timestamp':%s,'stats':{"
	    "'volume':41.9,'price_change':-1.4,'low':%s,'high':%s},'state':"
	    "'open','settlement_price':%s,'open_interest':12345.0,'min_price':"
	    "%s,'max_price':%s,'mark_price':%s,'last_price':%s,%s"
	    "'instrument_name':'%s','index_price':%s,"
	    "'estimated_delivery_price':%s,'best_bid_price':%s,"
	    "'best_bid_amount':%s,'best_ask_price':%s,'best_ask_amount':%s}}}",
	    name, sim_whole(p->now_ms), s.bid, s.ask, s.price, s.bid, s.ask,
	    s.price, s.last, own_fields(&s, name, own), name,
	    sim_text(q->index), sim_text(q->index), s.bid, s.bid_size, s.ask,
	    sim_text(q->size));
}

static void
say_perpetual(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	sim_say(p, HEAD "'perpetual.%s.100ms','data':{'timestamp':%s,"
	    "'interest':0.0001,'index_price':%s}}}", p->script->symbol[i].name,
	    sim_whole(p->now_ms), sim_text(q->index));
}

static void
say_index(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	const char *name = p->script->symbol[i].name;

	sim_say(p, HEAD "'deribit_price_index.%s','data':{'timestamp':%s,"
	    "'price':%s,'index_name':'%s'}}}", name, sim_whole(p->now_ms),
	    sim_text(q->mark), name);
}

static void
say_volatility(struct sim_peer *p, size_t i)
{
	const struct sim_symbol *y = &p->script->symbol[i];
	const char *index = y->name + strlen("dvol.");

	sim_say(p, HEAD "'deribit_volatility_index.%s','data':{'volatility':"
	    "%.2f,'timestamp':%s,'index_name':'%s'}}}", index,
	    (double)y->vol / 1e16, sim_whole(p->now_ms), index);
}

/* One message with a row an option of the family. */
static void
say_family(struct sim_peer *p, size_t first)
{
	char index[VENUE_SYMBOL_MAX], other[VENUE_SYMBOL_MAX];
	char rows[SIM_MESSAGE_MAX - 256];
	size_t n = 0;

	sim_deribit_index(p, first, index);
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		struct sim_quote q;
		struct sides s;

		if (!sim_deribit_is_option(p, i) || strcmp(index,
		    sim_deribit_index(p, i, other)) != 0 ||
		    !sim_quote_now(p, i, &q))
			continue;
		s = sides_of(p, i, &q);
		n += (size_t)snprintf(rows + n, sizeof(rows) - n,
		    "%s{'timestamp':%s,'mark_price':%s,'iv':%.4f,"
		    "'instrument_name':'%s'}", n > 0 ? "," : "",
		    sim_whole(p->now_ms), s.price, s.mark.vol,
		    p->script->symbol[i].name);
	}
	sim_say(p, HEAD "'markprice.options.%s','data':[%s]}}", index, rows);
}

static void
say_channel(struct sim_peer *p, enum sim_channel c, size_t i,
    const struct sim_quote *q)
{
	if (c == SIM_BOOK)
		say_quote(p, i, q);
	else if (c == SIM_TICKER)
		say_ticker(p, i, q);
	else if (c == SIM_MARK)
		say_perpetual(p, i, q);
	else if (c == SIM_INDEX)
		say_index(p, i, q);
	else if (c == SIM_FUNDING)
		say_volatility(p, i);
	else if (c == SIM_FAMILY)
		say_family(p, i);
}

/* Trades have no snapshot. */
void
sim_deribit_first(struct sim_peer *p, const uint64_t first[SIM_CHANNELS])
{
	struct sim_quote q;

	for (size_t i = 0; i < p->script->symbol_count; i++)
		for (unsigned c = 0; c < SIM_CHANNELS; c++)
			if ((first[c] >> i & 1) != 0 &&
			    sim_quote_now(p, i, &q))
				say_channel(p, (enum sim_channel)c, i, &q);
}

void
sim_deribit_tick(struct sim_peer *p, size_t i, const struct sim_quote *q)
{
	static const enum sim_channel each[] = {
		SIM_BOOK, SIM_TICKER, SIM_MARK, SIM_INDEX,
	};

	if (q->has_trade && sim_is_on(p, SIM_TRADE, i))
		say_trade(p, i, q);
	for (size_t k = 0; k < ARRAY_COUNT(each); k++)
		if (sim_is_on(p, each[k], i))
			say_channel(p, each[k], i, q);
}

/* Volatilities come each second, marks of all options too. */
void
sim_deribit_second(struct sim_peer *p)
{
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		if (sim_is_on(p, SIM_FUNDING, i))
			say_volatility(p, i);
		if (sim_is_on(p, SIM_FAMILY, i))
			say_family(p, i);
	}
}
