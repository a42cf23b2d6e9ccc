/* margind's own client and parsers against each simulated venue: what comes
 * out of a frame is the documented price, at the frame's own time. */
#include "feeds/sim.h"

#include "feeds/client.h"
#include "feeds/depth.h"
#include "feeds/lws.h"
#include "feeds/sim_option.h"
#include "feeds/sim_script.h"
#include "feeds/tick_text.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "{\"seed\":11,\"tick_ms\":100,\"noise\":\"0.0002\",\"spread\":" \
    "\"0.0004\",\"heartbeat_s\":1,\"prices\":{\"ETH\":\"2000\",\"BTC\":" \
    "\"60000\",\"USDT\":\"0.9998\"},\"venues\":["
#define V(name, symbols) "{\"venue\":\"" name "\",\"port\":0,\"symbols\":{" \
    symbols "}}"
#define S(name, base, quote) "\"" name "\":{\"base\":\"" base \
    "\",\"quote\":\"" quote "\"}"
#define VOL(name, base) "\"" name "\":{\"base\":\"" base \
    "\",\"quote\":\"USD\",\"vol\":\"0.65\"}"
#define EACH \
    V("coinbase", S("ETH-USD", "ETH", "USD") "," S("BTC-USD", "BTC", "USD")) \
    "," V("kraken", S("ETH/USD", "ETH", "USD")) \
    "," V("kraken-v1", S("ETH/USD", "ETH", "USD")) \
    "," V("kraken-futures", S("PF_ETHUSD", "ETH", "USD") "," \
	S("FI_XBTUSD_261225", "BTC", "USD")) \
    "," V("binance", S("ETHUSDT", "ETH", "USDT")) \
    "," V("binance-us", S("BTCUSDT", "BTC", "USDT")) \
    "," V("binance-usdm", S("ETHUSDT", "ETH", "USDT")) \
    "," V("binance-usdm-market", S("ETHUSDT", "ETH", "USDT")) \
    "," V("bybit", S("ETHUSDT", "ETH", "USDT")) \
    "," V("bybit-linear", S("ETHUSDT", "ETH", "USDT")) \
    "," V("okx", S("ETH-USDT", "ETH", "USDT") "," \
	S("BTC-USDT-SWAP", "BTC", "USDT") "," \
	VOL("ETH-USD-290629-2500-C", "ETH")) \
    "," V("okcoin", S("BTC-USD", "BTC", "USD")) \
    "," V("deribit", S("ETH-PERPETUAL", "ETH", "USD") "," \
	S("btc_usd", "BTC", "USD") "," VOL("dvol.btc_usd", "BTC") "," \
	VOL("ETH-29JUN29-1500-P", "ETH")) \
    "," V("bitmex", S("XBTUSD", "BTC", "USD") "," S("ETHUSD", "ETH", "USD")) \
    "," V("kucoin", S("ETH-USDT", "ETH", "USDT") "," \
	S("BTC-USDT", "BTC", "USDT")) \
    "," V("gateio", S("ETH_USDT", "ETH", "USDT")) \
    "," V("crypto-com", S("ETH_USDT", "ETH", "USDT")) \
    "," V("gemini", S("ETHUSD", "ETH", "USD") "," S("BTCUSD", "BTC", "USD")) \
    "," V("bitstamp", S("ethusd", "ETH", "USD")) \
    "," V("bitfinex", S("tETHUSD", "ETH", "USD") "," \
	S("tBTCUSD", "BTC", "USD")) \
    "," V("coinbase-exchange", S("ETH-USD", "ETH", "USD")) "]"
#define MOVE ",\"events\":[{\"at\":1.5,\"until\":2.5,\"move\":{\"bases\":[" \
    "\"ETH\"],\"factor\":\"0.9\"}}]}"

#define SLOW_MS 900u	/* a frame's way on a busy machine */

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- a run --------------------------------------------------------------- */

/* What was seen of a venue. */
struct seen {
	const struct venue *row;
	struct venue_memory memory;
	unsigned kinds[FRAME_UNKNOWN + 1];
	unsigned bad;			/* frames that do not parse */
	unsigned books, lasts;		/* that are the documented price */
	unsigned wrong;			/* and that are not */
	unsigned timed;			/* ticks with a time of their own */
	unsigned marks, fundings, options, greeks;	/* contract data */
	unsigned connected, lost;
	uint64_t late_ms_max;		/* of a time behind its receipt */
	char why[160], text[256];	/* of a loss; of something wrong */
};

struct run {
	struct sim_script script;
	struct client *client;
	struct seen seen[SIM_VENUES_MAX];
	uint64_t start_ms, end_ms;
	/* Each frame besides; NULL: none. */
	void (*look)(struct run *r, size_t venue, const char *text, size_t len,
	    const struct frame *f);
};

static struct tick ticks[FRAME_TICKS_MAX];

static int
symbol_of(const struct sim_venue *v, const char *name)
{
	for (size_t i = 0; i < v->symbol_count; i++)
		if (strcmp(v->symbol[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool
is_quote(const struct sim_quote *q, const struct tick *t)
{
	if (t->has_bid && t->has_ask)
		return t->bid.value == q->bid.value &&
		    t->ask.value == q->ask.value;
	return t->has_last && (t->last.value == q->bid.value ||
	    t->last.value == q->ask.value || t->last.value == q->mark.value);
}

/* A frame without a time is of some millisecond before its receipt. */
static bool
is_documented(const struct run *r, size_t venue, size_t symbol,
    const struct tick *t)
{
	uint64_t now_ms = clock_ms();
	uint64_t from = t->has_time ? t->exchange_ms : now_ms - SLOW_MS;
	uint64_t until = t->has_time ? t->exchange_ms : now_ms;
	struct sim_quote q;

	for (uint64_t ms = until; ms >= from; ms--) {
		if (sim_path_quote(&q, &r->script, venue, symbol,
		    ms > r->start_ms ? ms - r->start_ms : 0) == ERR_OK &&
		    is_quote(&q, t))
			return true;
	}
	return false;
}

static bool
is_near(struct dec18 a, struct dec18 b)
{
	u128 apart = a.value > b.value ? a.value - b.value :
	    b.value - a.value;

	return apart <= pow10_u128(10);
}

/* The simulator's own, as far as its venue writes them. */
static bool
greeks_are_documented(const struct run *r, size_t venue, size_t symbol,
    const struct tick *t, const struct sim_option *o,
    const struct sim_quote *q)
{
	const struct sim_venue *v = &r->script.venue[venue];
	const struct tick_contract *c = &t->contract;
	struct sim_option_mark m;
	bool is_okx = strcmp(v->name, "okx") == 0, is_near = true;

	sim_option_mark(&m, o, q, v->symbol[symbol].vol, r->script.spread,
	    t->exchange_ms);
	const double want[GREEK_COUNT] = { [GREEK_DELTA] = m.delta,
		[GREEK_GAMMA] = m.gamma, [GREEK_VEGA] = m.vega,
		[GREEK_THETA] = m.theta, [GREEK_RHO] = m.rho };

	for (size_t i = 0; i < GREEK_COUNT; i++) {
		double got = (double)c->greek[i] / 1e18;

		is_near &= c->has_greek[i] == (!is_okx || i != GREEK_RHO) &&
		    (!c->has_greek[i] || (got - want[i] < 1e-4 &&
		    want[i] - got < 1e-4));
	}
	return is_near;
}

/* What a message says of the contract; a mark in coins is not compared. */
static bool
contract_is_documented(struct seen *s, const struct run *r, size_t venue,
    size_t symbol, const struct tick *t)
{
	const struct tick_contract *c = &t->contract;
	struct sim_option o;
	struct sim_quote q;

	if (!t->has_time)
		return !c->has_mark && !c->has_vol;
	if (sim_path_quote(&q, &r->script, venue, symbol,
	    t->exchange_ms - r->start_ms) != ERR_OK)
		return false;
	s->marks += c->has_mark;
	s->fundings += c->has_funding;
	s->options += c->has_option;
	if (c->has_funding && c->funding != (i128)pow10_u128(14))
		return false;
	if (c->has_forward && !is_near(c->forward, q.mark))
		return false;
	if (sim_option_read(&o, t->symbol) && tick_has_greeks(t)) {
		s->greeks++;
		if (!greeks_are_documented(r, venue, symbol, t, &o, &q))
			return false;
	}
	if (sim_option_read(&o, t->symbol))
		return c->has_option && c->is_call == o.is_call &&
		    (double)c->strike.value / 1e18 == o.strike &&
		    c->expiry_ms == o.expiry_ms && (!c->has_vol ||
		    c->vol.value == 65 * pow10_u128(16));
	/* An index is a symbol of its own, and says one price. */
	if (t->symbol[0] >= 'a' && t->symbol[0] <= 'z')
		q.index = q.mark;
	return (!c->has_mark || is_near(c->mark, q.mark)) &&
	    (!c->has_index || is_near(c->index, q.index));
}

static void
see_tick(struct run *r, size_t venue, const struct tick *t)
{
	const struct sim_venue *v = &r->script.venue[venue];
	struct seen *s = &r->seen[venue];
	int i = symbol_of(v, t->symbol);
	char text[DECIMAL_BUF];
	uint64_t now_ms = clock_ms();

	if (i >= 0 && !contract_is_documented(s, r, venue, (size_t)i, t)) {
		snprintf(s->text, sizeof(s->text), "%s: contract data",
		    t->symbol);
		s->wrong++;
	}
	if ((!t->has_bid && !t->has_ask && !t->has_last) ||
	    t->contract.has_option)
		return;		/* an option's book is in coins */
	s->timed += t->has_time;
	if (t->has_time && now_ms > t->exchange_ms &&
	    now_ms - t->exchange_ms > s->late_ms_max)
		s->late_ms_max = now_ms - t->exchange_ms;
	if (strncmp(t->symbol, "dvol.", 5) == 0) {
		decimal_from_u128(text, t->last.value, 18);
		s->wrong += strcmp(text, "65") != 0;
		return;
	}
	if (i >= 0 && is_documented(r, venue, (size_t)i, t)) {
		s->books += t->has_bid && t->has_ask;
		s->lasts += t->has_last;
		return;
	}
	decimal_from_u128(text, t->has_bid ? t->bid.value : t->last.value, 18);
	snprintf(s->text, sizeof(s->text), "%s %s %s at %llu", t->symbol,
	    t->has_bid ? "bid" : "last", text,
	    (unsigned long long)(t->exchange_ms - r->start_ms));
	s->wrong++;
}

static void
on_frame(void *arg, size_t conn, const char *text, size_t len)
{
	struct run *r = arg;
	struct seen *s = &r->seen[conn];
	struct frame f = { .ticks = ticks, .memory = &s->memory };

	if (s->row->parse(&f, text, len) != ERR_OK) {
		snprintf(s->text, sizeof(s->text), "%.*s",
		    (int)(len < 250 ? len : 250), text);
		s->bad++;
	} else {
		s->kinds[f.kind]++;
		if (f.kind == FRAME_UNKNOWN || f.kind == FRAME_REFUSED)
			snprintf(s->text, sizeof(s->text), "%.*s",
			    (int)(len < 250 ? len : 250), text);
		for (size_t i = 0; i < f.tick_count; i++)
			see_tick(r, conn, &f.ticks[i]);
		if (f.answer[0] != '\0')
			client_reply(r->client, conn, f.answer);
		if (r->look != NULL)
			r->look(r, conn, text, len, &f);
	}
	if (clock_ms() >= r->end_ms)
		client_stop(r->client);
}

static void
on_event(void *arg, size_t conn, enum client_event e, const char *why)
{
	struct run *r = arg;
	struct seen *s = &r->seen[conn];

	if (e == CLIENT_CONNECTED) {
		s->connected++;
		venue_memory_begin(&s->memory);
	} else if (e == CLIENT_LOST) {
		s->lost++;
		snprintf(s->why, sizeof(s->why), "%s", why);
	}
}

/* Does the venue's parser ask for the marks of a whole family of options? */
static bool
asks_for_families(const struct venue *v, const char *family)
{
	static const char *const words[] = {
		"markprice.options.", "opt-summary",
	};
	char text[VENUE_SUBSCRIBE_MAX];
	size_t len = 1;

	for (unsigned n = 0; v->has_options && len > 0; n++) {
		if (v->subscribe(text, sizeof(text), &len, n, &family, 1) !=
		    ERR_OK)
			return false;
		for (size_t k = 0; k < ARRAY_COUNT(words); k++)
			if (memmem(text, len, words[k], strlen(words[k])))
				return true;
	}
	return false;
}

static const char *
family_of(const char *venue)
{
	return strcmp(venue, "okx") == 0 ? "options.ETH-USD" :
	    "options.eth_usd";
}

static void
symbols_take(struct client_connection *k, const struct sim_venue *v)
{
	struct sim_option o;

	/* One option is asked for alone where that tells its volatility. */
	for (size_t i = 0; i < v->symbol_count; i++)
		if (!sim_option_read(&o, v->symbol[i].name) ||
		    strcmp(v->name, "deribit") == 0)
			k->symbols[k->symbol_count++] = v->symbol[i].name;
	if (asks_for_families(k->venue, family_of(v->name)))
		k->symbols[k->symbol_count++] = family_of(v->name);
}

/* The live address's path is the simulator's, too. */
static void
address_of(struct client_connection *k, char *url, size_t size, unsigned port)
{
	bool has_token = k->venue->token_url != NULL;
	const char *live = has_token ? k->venue->token_url : k->venue->url;
	const char *path = strchr(strstr(live, "://") + 3, '/');

	snprintf(url, size, "%s://127.0.0.1:%u%s", has_token ? "http" : "ws",
	    port, path != NULL ? path : "");
	*(has_token ? &k->token_url : &k->url) = url;
}

/* Serves the script in a child, and listens to all of it for a while. */
static void
play(struct run *r, const char *script, uint64_t ms)
{
	static struct depth depth[SIM_VENUES_MAX][VENUE_SYMBOLS_MAX];
	static char url[SIM_VENUES_MAX][128];
	struct sim_options o = { .start_ms = clock_ms() };
	struct client_connection k[SIM_VENUES_MAX];
	struct client_callbacks call = { .frame = on_frame, .event = on_event,
		.arg = r };
	char error[SIM_ERROR_MAX];
	struct sim *sim;
	size_t bad = 0;
	pid_t child;

	if (sim_create(&sim, script, strlen(script), &o, error) != ERR_OK)
		fail_msg("%s", error);
	child = fork();
	if (child == 0) {
		alarm(60);
		while (sim_service(sim))
			;
		_exit(0);
	}
	assert_int_equal(sim_script_parse(&r->script, script, strlen(script),
	    error), ERR_OK);
	memset(k, 0, sizeof(k));
	r->start_ms = o.start_ms;
	r->end_ms = o.start_ms + ms;
	for (size_t i = 0; i < sim_venue_count(sim); i++) {
		const struct sim_venue *v = &r->script.venue[i];

		k[i].venue = r->seen[i].row = venue_find(v->name);
		assert_non_null(k[i].venue);
		if (k[i].venue->has_depth)
			r->seen[i].memory.depth = depth[i];
		address_of(&k[i], url[i], sizeof(url[i]), sim_port(sim, i));
		symbols_take(&k[i], v);
	}
	assert_int_equal(client_create(&r->client, k, sim_venue_count(sim),
	    NULL, &call, 5, &bad), ERR_OK);
	alarm(60);
	while (client_service(r->client))
		;
	alarm(0);
	client_destroy(r->client);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sim_destroy(sim);
}

/* --- each venue ---------------------------------------------------------- */

static struct run whole;

static int
play_whole(void **state)
{
	(void)state;
	play(&whole, HEAD EACH MOVE, 4500);
	return 0;
}

static void
sim_venues__are_all_that_the_table_has(void **state)
{
	size_t count;
	const struct venue *table = venue_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		if (venue_is_on_chain(&table[i]))
			continue;
		while (k < whole.script.venue_count &&
		    whole.seen[k].row != &table[i])
			k++;
		if (k == whole.script.venue_count)
			fail_msg("%s is not simulated", table[i].name);
	}
}

static void
sim_venues__speak_what_the_parsers_know(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < whole.script.venue_count; i++) {
		const struct seen *s = &whole.seen[i];

		if (s->bad > 0 || s->kinds[FRAME_UNKNOWN] > 0 ||
		    s->kinds[FRAME_REFUSED] > 0 || s->kinds[FRAME_GAP] > 0 ||
		    s->lost > 0 || s->connected != 1) {
			print_error("%s: %u bad, %u unknown, %u refused, %u "
			    "gaps, %u lost (%s): %s\n", s->row->name, s->bad,
			    s->kinds[FRAME_UNKNOWN], s->kinds[FRAME_REFUSED],
			    s->kinds[FRAME_GAP], s->lost, s->why, s->text);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
sim_venues__tell_the_documented_price(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < whole.script.venue_count; i++) {
		const struct seen *s = &whole.seen[i];
		const char *name = s->row->name;
		/* Trades alone; once a second; with a trade. */
		bool has_books = strcmp(name, "binance-usdm-market") != 0;
		unsigned books = !has_books ? 0 :
		    strcmp(name, "kraken-futures") == 0 ||
		    strcmp(name, "coinbase-exchange") == 0 ? 6 : 25;
		bool has_trades = strcmp(name, "binance-usdm") != 0;

		if (s->wrong > 0 || s->books < books ||
		    s->lasts < (has_trades ? 6u : 0u)) {
			print_error("%s: %u wrong (%s), %u books, %u lasts\n",
			    name, s->wrong, s->text, s->books, s->lasts);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Whose heartbeats come each second (heartbeat_s), or are the venue's. */
static void
sim_venues__send_heartbeats(void **state)
{
	static const char *const names[] = {
		"coinbase", "kraken", "kraken-v1", "kraken-futures", "deribit",
		"crypto-com", "gemini", "bitfinex", "gateio",
		"coinbase-exchange",
	};

	(void)state;
	for (size_t i = 0; i < whole.script.venue_count; i++) {
		const struct seen *s = &whole.seen[i];

		for (size_t k = 0; k < ARRAY_COUNT(names); k++)
			if (strcmp(s->row->name, names[k]) == 0 &&
			    s->kinds[FRAME_HEARTBEAT] < 2)
				fail_msg("%s: %u heartbeats", s->row->name,
				    s->kinds[FRAME_HEARTBEAT]);
	}
}

static void
sim_venues__tell_of_contracts(void **state)
{
	static const char *const marks[] = {
		"deribit", "okx", "bybit-linear", "binance-usdm-market",
		"bitmex", "kraken-futures",
	};
	bool reads_contracts = asks_for_families(venue_find("deribit"),
	    family_of("deribit"));
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < whole.script.venue_count; i++) {
		const struct seen *s = &whole.seen[i];
		const char *name = s->row->name;
		bool has_family = asks_for_families(s->row, family_of(name));
		bool has_mark = false;

		for (size_t k = 0; k < ARRAY_COUNT(marks); k++)
			has_mark |= strcmp(name, marks[k]) == 0;
		/* Binance's has to see a settlement pass. */
		bool has_funding = has_mark &&
		    strcmp(name, "binance-usdm-market") != 0;

		if ((has_mark && reads_contracts && s->marks == 0) ||
		    (s->fundings > 0) != has_funding ||
		    (has_family && (s->options < 3 || s->greeks < 3))) {
			print_error("%s: %u marks, %u fundings, %u options, %u "
			    "with greeks\n", s->row->name, s->marks,
			    s->fundings, s->options, s->greeks);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* --- events of messages -------------------------------------------------- */

#define BROKEN HEAD \
    V("bitfinex", S("tETHUSD", "ETH", "USD")) "," \
    V("coinbase", S("ETH-USD", "ETH", "USD")) "," \
    V("gateio", S("ETH_USDT", "ETH", "USDT")) "," \
    V("kraken", S("ETH/USD", "ETH", "USD")) "],\"events\":[" \
    "{\"at\":1.2,\"gap\":{\"venue\":\"bitfinex\"}}," \
    "{\"at\":1.2,\"gap\":{\"venue\":\"coinbase\"}}," \
    "{\"at\":1.7,\"duplicate\":{\"venue\":\"bitfinex\"}}," \
    "{\"at\":1.7,\"duplicate\":{\"venue\":\"coinbase\"}}," \
    "{\"at\":1.0,\"until\":2.0,\"late\":{\"venue\":\"gateio\",\"ms\":1000}}]}"
enum { BITFINEX, COINBASE, GATEIO, KRAKEN };

static struct run broken;
static struct {
	uint64_t last;			/* of coinbase's sequence numbers */
	unsigned count, skips, repeats;
	uint64_t gap_ms, skip_ms;	/* after the start */
	uint64_t gate_ms, gate_late_ms;	/* newest time; the longest wait */
	unsigned backwards;
} watched;

static void
watch(struct run *r, size_t venue, const char *text, size_t len,
    const struct frame *f)
{
	static const char key[] = "\"sequence_num\":";
	uint64_t now_ms = clock_ms() - r->start_ms, n;
	char copy[2048];
	const char *at;

	if (venue == BITFINEX && f->kind == FRAME_GAP)
		watched.gap_ms = now_ms;
	if (venue == GATEIO && f->kind == FRAME_TICKS && f->has_time) {
		uint64_t ms = f->exchange_ms - r->start_ms;

		watched.backwards += ms < watched.gate_ms;
		watched.gate_ms = ms;
		if (now_ms > ms && now_ms - ms > watched.gate_late_ms)
			watched.gate_late_ms = now_ms - ms;
	}
	if (venue != COINBASE || len >= sizeof(copy))
		return;
	snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
	at = strstr(copy, key);
	if (at == NULL)
		return;
	n = strtoull(at + sizeof(key) - 1, NULL, 10);
	if (watched.count++ > 0) {
		watched.skips += n == watched.last + 2;
		watched.repeats += n == watched.last;
		if (n == watched.last + 2)
			watched.skip_ms = now_ms;
	}
	watched.last = n;
}

static void
sim_say__loses_repeats_and_delays_as_scripted(void **state)
{
	(void)state;
	broken.look = watch;
	play(&broken, BROKEN, 3800);
	/* One message a connection is lost, and the next says so. */
	assert_int_equal(broken.seen[BITFINEX].kinds[FRAME_GAP], 1);
	assert_in_range(watched.gap_ms, 1200, 1200 + SLOW_MS);
	assert_int_equal(broken.seen[COINBASE].kinds[FRAME_GAP], 1);
	assert_int_equal(watched.skips, 1);
	assert_in_range(watched.skip_ms, 1200, 1200 + SLOW_MS);
	/* One comes twice. */
	assert_true(broken.seen[BITFINEX].kinds[FRAME_IGNORED] >= 1);
	assert_int_equal(broken.seen[COINBASE].kinds[FRAME_IGNORED], 1);
	assert_int_equal(watched.repeats, 1);
	/* Late ones keep their times and their order. */
	assert_in_range(watched.gate_late_ms, 1000, 1000 + SLOW_MS);
	assert_int_equal(watched.backwards, 0);
	assert_true(watched.gate_ms > 3000);
	/* Who is not named hears nothing of it. */
	assert_in_range(broken.seen[KRAKEN].late_ms_max, 0, SLOW_MS);
	assert_int_equal(broken.seen[KRAKEN].wrong, 0);
	for (size_t i = 0; i < broken.script.venue_count; i++)
		assert_int_equal(broken.seen[i].lost, 0);
}

/* --- options ------------------------------------------------------------- */

static void
sim_option_read__knows_an_option_by_its_name(void **state)
{
	static const struct {
		const char *name;
		bool is_call;
		double strike;
		uint64_t expiry_ms;
	} good[] = {
		{ "ETH-27NOV26-2000-C", true, 2000, 1795766400000 },
		{ "BTC-6DEC26-60000-P", false, 60000, 1796544000000 },
		{ "XRP_USDC-6DEC26-0d625-C", true, 0.625, 1796544000000 },
		{ "ETH-USD-261127-2000-C", true, 2000, 1795766400000 },
	};
	static const char *const bad[] = {
		"ETH-PERPETUAL", "ETH-27NOV26", "ETH-27NOV26-2000-X",
		"ETH-27NOV26--C", "ETH-32NOV26-2000-C", "ETH-27NOO26-2000-C",
		"ETH-27ANF26-2000-C", "ETH-USD-261327-2000-C", "-----C", "",
		"ETH-USDT-SWAP", "A-B-C-D-261127-1-C", "ETH-27NOV26-0-C",
	};
	struct sim_option o;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		assert_true(sim_option_read(&o, good[i].name));
		assert_int_equal(o.is_call, good[i].is_call);
		assert_true(o.strike == good[i].strike);
		assert_int_equal(o.expiry_ms, good[i].expiry_ms);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (sim_option_read(&o, bad[i]))
			fail_msg("%s", bad[i]);
}

static struct sim_option_mark
mark_of(const char *name, unsigned forward, uint64_t days)
{
	struct sim_quote q = { .mark = { forward * WAD_ONE_RAW, 2 } };
	struct sim_option_mark m;
	struct sim_option o;

	assert_true(sim_option_read(&o, name));
	sim_option_mark(&m, &o, &q, 65 * pow10_u128(16), 4 * pow10_u128(14),
	    o.expiry_ms - days * 86400000);
	return m;
}

/* Parity, greeks against differences, and what an expired one is worth. */
static void
sim_option_mark__is_black_on_the_forward(void **state)
{
	struct sim_option_mark c = mark_of("ETH-27NOV26-1900-C", 2000, 73);
	struct sim_option_mark p = mark_of("ETH-27NOV26-1900-P", 2000, 73);
	struct sim_option_mark up = mark_of("ETH-27NOV26-1900-C", 2001, 73);
	struct sim_option_mark end = mark_of("ETH-27NOV26-1900-C", 2000, 0);
	double usd = 2000 * c.price, slope;

	(void)state;
	assert_true(2000 * (c.price - p.price) > 99.999 &&
	    2000 * (c.price - p.price) < 100.001);
	/* By hand: width 0.65 * sqrt(0.2), d1 0.3218, d2 0.0311. */
	assert_true(usd > 278 && usd < 281);
	slope = 2001 * up.price - usd;
	assert_true(slope > c.delta && slope < c.delta + c.gamma);
	assert_true(c.delta - p.delta > 0.99999 && c.delta - p.delta < 1.00001);
	assert_true(c.theta < 0 && c.vega > 0);
	assert_true(end.price > 0.04999 && end.price < 0.05001);
	assert_true(c.bid <= c.price && c.ask >= c.price);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sim_option_read__knows_an_option_by_its_name),
		cmocka_unit_test(sim_option_mark__is_black_on_the_forward),
		cmocka_unit_test(sim_venues__are_all_that_the_table_has),
		cmocka_unit_test(sim_venues__speak_what_the_parsers_know),
		cmocka_unit_test(sim_venues__tell_the_documented_price),
		cmocka_unit_test(sim_venues__tell_of_contracts),
		cmocka_unit_test(sim_venues__send_heartbeats),
		cmocka_unit_test(sim_say__loses_repeats_and_delays_as_scripted),
	};

	return cmocka_run_group_tests(tests, play_whole, NULL);
}
