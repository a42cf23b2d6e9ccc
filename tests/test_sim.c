#include "feeds/sim.h"

#include "feeds/client.h"
#include "feeds/lws.h"
#include "feeds/sim_script.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "{\"seed\":7,\"tick_ms\":50,\"noise\":\"0.0002\"," \
    "\"spread\":\"0.0004\","
#define PRICES "\"prices\":{\"ETH\":\"2000\",\"BTC\":\"60000\"," \
    "\"USDT\":\"1\"},"
#define ETH_USDT "\"ETHUSDT\":{\"base\":\"ETH\",\"quote\":\"USDT\"}"
#define VENUE_ONE "\"venues\":[{\"venue\":\"binance\",\"port\":0," \
    "\"symbols\":{" ETH_USDT "}}]"
#define VENUES "\"venues\":[" \
    "{\"venue\":\"coinbase\",\"port\":0,\"symbols\":{" \
    "\"ETH-USD\":{\"base\":\"ETH\",\"quote\":\"USD\"}," \
    "\"USDT-USD\":{\"base\":\"USDT\",\"quote\":\"USD\"}}}," \
    "{\"venue\":\"kraken\",\"port\":0,\"symbols\":{" \
    "\"ETH/USD\":{\"base\":\"ETH\",\"quote\":\"USD\"}," \
    "\"BTC/USD\":{\"base\":\"BTC\",\"quote\":\"USD\"}}}," \
    "{\"venue\":\"binance\",\"port\":0,\"symbols\":{" ETH_USDT "," \
    "\"BTCUSDT\":{\"base\":\"BTC\",\"quote\":\"USDT\"}}}," \
    "{\"venue\":\"bybit\",\"port\":0,\"symbols\":{" ETH_USDT "}}]"

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- the script ---------------------------------------------------------- */

static enum err
parse(struct sim_script *s, const char *text, char error[SIM_ERROR_MAX])
{
	return sim_script_parse(s, text, strlen(text), error);
}

static void
sim_script_parse__names_each_error(void **state)
{
	static const struct { const char *text; enum err e; const char *error; }
	    bad[] = {
		{ "{\"seed\":1,\n \"tick_ms\"}", ERR_SYNTAX,
		  "line 2, column 11: ':' expected near '}'" },
		{ "[]", ERR_SYNTAX, ": not an object" },
		{ "{\"sead\":1}", ERR_UNKNOWN,
		  "sead: unknown key; did you mean \"seed\"?" },
		{ "{\"seed\":1,\"seed\":2}", ERR_SYNTAX,
		  "line 1, column 16: duplicate object key near '\"seed\"'" },
		{ "{\"seed\":-1}", ERR_RANGE, "seed: not a whole number "
		  "from 0 to 9223372036854775807" },
		{ "{\"seed\":1,\"tick_ms\":9}", ERR_RANGE,
		  "tick_ms: not a whole number from 10 to 1000" },
		{ "{\"seed\":1,\"tick_ms\":10,\"noise\":0.1}", ERR_SYNTAX,
		  "noise: not a decimal number in quotes (at most 18 fraction "
		  "digits)" },
		{ "{\"seed\":1,\"tick_ms\":10,\"noise\":\"0\",\"spread\":"
		  "\"0.5\"}", ERR_RANGE, "spread: must be below 0.5" },
		{ HEAD "\"prices\":{\"ETH\":\"0\"}," VENUE_ONE "}", ERR_RANGE,
		  "prices.ETH: must be above 0 and at most 10^12" },
		{ HEAD "\"prices\":{\"USD\":\"1\"}," VENUE_ONE "}", ERR_SYNTAX,
		  "prices.USD: not a name" },
		{ HEAD PRICES "\"venues\":[]}", ERR_MISSING, "venues: none" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"krakn\",\"port\":0,"
		  "\"symbols\":{}}]}", ERR_UNKNOWN, "venues[0].krakn: unknown "
		  "venue; did you mean \"kraken\"?" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"kraken\",\"port\":"
		  "65536}]}", ERR_RANGE,
		  "venues[0].port: not a whole number from 0 to 65535" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"kraken\",\"port\":0,"
		  "\"symbols\":{\"A/B\":{\"base\":\"DOGE\",\"quote\":\"USD\"}}"
		  "}]}", ERR_UNKNOWN,
		  "venues[0].symbols.A/B.DOGE: no such entry in prices" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"until\":1}]}",
		  ERR_MISSING, "events[0].at: missing" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1.0005,"
		  "\"until\":2}]}", ERR_RANGE, "events[0].at: not a number of "
		  "seconds from 0 to 86400 with at most 3 fraction digits" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":1,"
		  "\"mute\":{\"venue\":\"binance\"}}]}", ERR_RANGE,
		  "events[0].until: not after at" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2}]}",
		  ERR_MISSING, "events[0]: needs exactly one of move, lie, "
		  "mute, stale, late, drop, gap, duplicate" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2,"
		  "\"late\":{\"venue\":\"binance\",\"ms\":10001}}]}",
		  ERR_RANGE, "events[0].late.ms: not a whole number from 1 "
		  "to 10000" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2,"
		  "\"gap\":{\"venue\":\"binance\"}}]}", ERR_UNKNOWN,
		  "events[0].until: it is of an instant" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,"
		  "\"duplicate\":{\"venue\":\"binance\",\"ms\":1}}]}",
		  ERR_UNKNOWN, "events[0].duplicate.ms: unknown key" },
		{ HEAD "\"heartbeat_s\":61," PRICES VENUE_ONE "}", ERR_RANGE,
		  "heartbeat_s: not a whole number from 1 to 60" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"deribit\",\"port\":0,"
		  "\"symbols\":{\"ETH-27NOV26-2000-C\":{\"base\":\"ETH\","
		  "\"quote\":\"USD\"}}}]}", ERR_MISSING, "venues[0].symbols."
		  "ETH-27NOV26-2000-C.vol: missing" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"deribit\",\"port\":0,"
		  "\"symbols\":{\"dvol.eth_usd\":{\"base\":\"ETH\","
		  "\"quote\":\"USD\",\"vol\":\"11\"}}}]}", ERR_RANGE,
		  "venues[0].symbols.dvol.eth_usd.vol: must be above 0 and "
		  "at most 10" },
		{ HEAD PRICES "\"venues\":[{\"venue\":\"binance-usdm-marke\","
		  "\"port\":0}]}", ERR_UNKNOWN, "venues[0].binance-usdm-marke: "
		  "unknown venue; did you mean \"binance-usdm-market\"?" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2,"
		  "\"mute\":{\"venue\":\"kraken\"}}]}", ERR_UNKNOWN,
		  "events[0].mute.kraken: no such entry in venues" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2,"
		  "\"move\":{\"base\":[\"ETH\"]}}]}", ERR_UNKNOWN,
		  "events[0].move.base: unknown key; did you mean \"bases\"?" },
		{ HEAD PRICES VENUE_ONE ",\"events\":[{\"at\":1,\"until\":2,"
		  "\"move\":{\"bases\":[\"ETH\"],\"factor\":\"0\"}}]}",
		  ERR_RANGE, "events[0].move.factor: must be above 0 and at "
		  "most 1000" },
	};
	struct sim_script s;
	char error[SIM_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		error[0] = '\0';
		assert_int_equal(parse(&s, bad[i].text, error), bad[i].e);
		assert_string_equal(error, bad[i].error);
	}
	assert_int_equal(parse(&s, HEAD PRICES VENUES "}", error), ERR_OK);
	assert_int_equal(s.venue_count, 4);
	assert_int_equal(s.event_count, 0);
	assert_int_equal(s.venue[0].symbol[0].digits, 2);
	assert_int_equal(s.venue[0].symbol[1].digits, 5);
}

/* --- the path ------------------------------------------------------------ */

#define MOVES HEAD PRICES VENUE_ONE ",\"events\":[" \
    "{\"at\":25,\"until\":30,\"move\":{\"bases\":[\"ETH\"],\"factor\":" \
    "\"0.75\"}},{\"at\":28,\"until\":40,\"move\":{\"bases\":[\"ETH\"," \
    "\"BTC\"],\"factor\":\"1.5\"}}]}"

static void
sim_path_price__follows_the_moves(void **state)
{
	static const struct { uint64_t t_ms; const char *eth, *btc; } at[] = {
		{ 0, "2000", "60000" }, { 25000, "2000", "60000" },
		{ 25001, "1999.9", "60000" }, { 27500, "1750", "60000" },
		{ 28000, "1700", "60000" },
		{ 30000, "1625", "65000" },	/* 1500 * (1 + 0.5 * 2 / 12) */
		{ 40000, "2250", "90000" }, { 86400000, "2250", "90000" },
	};
	struct sim_script s;
	char error[SIM_ERROR_MAX], text[DECIMAL_BUF];
	u128 p;

	(void)state;
	assert_int_equal(parse(&s, MOVES, error), ERR_OK);
	for (size_t i = 0; i < ARRAY_COUNT(at); i++) {
		assert_int_equal(sim_path_price(&p, &s, 0, at[i].t_ms), ERR_OK);
		/* What the floor of a thirteenth digit takes is not said. */
		p = (p + 500000) / 1000000;
		decimal_from_u128(text, p, 12);
		assert_string_equal(text, at[i].eth);
		assert_int_equal(sim_path_price(&p, &s, 1, at[i].t_ms), ERR_OK);
		decimal_from_u128(text, (p + 500000) / 1000000, 12);
		assert_string_equal(text, at[i].btc);
	}
}

static double
to_double(u128 v)
{
	return (double)v / 1e18;
}

/* Against floating point: book around the price, noise within its bound. */
static void
sim_path_quote__stays_within_noise_and_spread(void **state)
{
	struct sim_script s;
	char error[SIM_ERROR_MAX];
	double low = 9e9, high = 0;
	unsigned trades = 0, buys = 0;

	(void)state;
	assert_int_equal(parse(&s, MOVES, error), ERR_OK);
	for (uint64_t t = 0; t < 50000; t += 7) {
		struct sim_quote q, again;
		double p = 2000, mid, x;

		assert_int_equal(sim_path_quote(&q, &s, 0, 0, t), ERR_OK);
		assert_int_equal(sim_path_quote(&again, &s, 0, 0, t), ERR_OK);
		assert_memory_equal(&q, &again, sizeof(q));
		x = ((double)t - 25000) / 5000;
		p *= 1 - 0.25 * (x < 0 ? 0 : x > 1 ? 1 : x);
		x = ((double)t - 28000) / 12000;
		p *= 1 + 0.5 * (x < 0 ? 0 : x > 1 ? 1 : x);
		mid = (to_double(q.bid.value) + to_double(q.ask.value)) / 2;
		assert_true(mid / p > 1 - 0.00021 && mid / p < 1 + 0.00021);
		x = to_double(q.ask.value - q.bid.value);
		assert_true(x >= p * 0.000399 && x <= p * 0.000401 + 0.02);
		assert_int_equal(q.bid.digits, 2);
		low = mid / p < low ? mid / p : low;
		high = mid / p > high ? mid / p : high;
		trades += q.has_trade;
		buys += q.is_buy;
	}
	/* The noise uses its room, and both sides trade. */
	assert_true(low < 1 - 0.00019 && high > 1 + 0.00019);
	assert_in_range(trades, 50000 / 7 / 8 - 100, 50000 / 7 / 8 + 100);
	assert_in_range(buys, 50000 / 7 * 2 / 5, 50000 / 7 * 3 / 5);
}

/* --- servers and the production client ------------------------------------ */

#define SEEN_MAX 8192u
struct seen {
	size_t venue;
	enum frame_kind kind;
	bool has_book, has_last, has_time;
	char symbol[VENUE_SYMBOL_MAX];
	double mid, last;
	uint64_t exchange_ms, recv_ms;
};

struct run {
	struct client *client;
	const struct venue *venue[SIM_VENUES_MAX];
	struct conn_time time[SIM_VENUES_MAX];
	struct seen seen[SEEN_MAX];
	size_t count;
	unsigned connected[SIM_VENUES_MAX], lost[SIM_VENUES_MAX];
	uint64_t lost_ms[SIM_VENUES_MAX], start_ms, end_ms;
	char why[CLIENT_WATCHES_MAX][160];
	unsigned bad;			/* frames that do not parse */
};

static struct tick ticks[FRAME_TICKS_MAX];

static struct seen *
see(struct run *r, size_t venue, const struct frame *f)
{
	struct seen *s = &r->seen[r->count];

	assert_true(r->count < SEEN_MAX);
	r->count++;
	memset(s, 0, sizeof(*s));
	s->venue = venue;
	s->kind = f->kind;
	s->has_time = f->has_time;
	s->exchange_ms = f->exchange_ms;
	s->recv_ms = clock_ms();
	return s;
}

static void
on_frame(void *arg, size_t conn, const char *text, size_t len)
{
	static struct venue_memory memory;
	struct frame f = { .ticks = ticks, .memory = &memory };
	struct run *r = arg;

	if (r->venue[conn]->parse(&f, text, len) != ERR_OK) {
		print_error("%s: %.*s\n", r->venue[conn]->name, (int)len, text);
		r->bad++;
		return;
	}
	conn_time_stamp(&r->time[conn], &f);
	if (f.kind != FRAME_TICKS)
		see(r, conn, &f);
	for (size_t i = 0; i < f.tick_count; i++) {
		const struct tick *t = &f.ticks[i];
		struct seen *s = see(r, conn, &f);

		s->has_book = t->has_bid && t->has_ask;
		s->has_last = t->has_last;
		s->has_time = t->has_time;
		s->exchange_ms = t->exchange_ms;
		s->mid = to_double((t->bid.value + t->ask.value) / 2);
		s->last = to_double(t->last.value);
		snprintf(s->symbol, sizeof(s->symbol), "%s", t->symbol);
	}
	if (clock_ms() >= r->end_ms)
		client_stop(r->client);
}

static void
on_event(void *arg, size_t conn, enum client_event e, const char *why)
{
	struct run *r = arg;

	if (e == CLIENT_CONNECTED) {
		r->connected[conn]++;
		r->time[conn] = (struct conn_time){ 0 };
	} else if (e == CLIENT_LOST) {
		r->lost[conn]++;
		r->lost_ms[conn] = clock_ms() - r->start_ms;
		snprintf(r->why[conn], 160, "%s", why);
	}
}

/* Serves the script in a child, and listens to all of it for a while. */
static struct sim *
play(struct run *r, const char *script, uint64_t ms, const char *dir)
{
	struct sim_options o = { .start_ms = clock_ms() };
	struct client_connection k[SIM_VENUES_MAX];
	struct client_callbacks call = { .frame = on_frame, .event = on_event,
		.arg = r };
	char error[SIM_ERROR_MAX], url[SIM_VENUES_MAX][96], file[3][128];
	struct sim_script s;
	struct sim *sim;
	size_t bad;
	pid_t child;

	snprintf(file[0], 128, "%s/ca.pem", dir ? dir : "");
	snprintf(file[1], 128, "%s/leaf.pem", dir ? dir : "");
	snprintf(file[2], 128, "%s/leaf.key", dir ? dir : "");
	if (dir) {
		o.cert_file = file[1];
		o.key_file = file[2];
	}
	if (sim_create(&sim, script, strlen(script), &o, error) != ERR_OK)
		fail_msg("%s", error);
	child = fork();
	if (child == 0) {
		alarm(30);
		while (sim_service(sim))
			;
		_exit(0);
	}
	assert_int_equal(parse(&s, script, error), ERR_OK);
	memset(k, 0, sizeof(k));
	for (size_t i = 0; i < sim_venue_count(sim); i++) {
		r->venue[i] = venue_find(sim_venue_name(sim, i));
		assert_non_null(r->venue[i]);
		k[i].venue = r->venue[i];
		k[i].url = url[i];
		/* The live address's path is the simulator's, too. */
		snprintf(url[i], sizeof(url[i]), "%s://127.0.0.1:%u%s",
		    dir ? "wss" : "ws", sim_port(sim, i),
		    strcmp(r->venue[i]->name, "coinbase") == 0 ? "" :
		    strchr(r->venue[i]->url + 6, '/'));
		for (size_t n = 0; n < s.venue[i].symbol_count; n++)
			k[i].symbols[n] = s.venue[i].symbol[n].name;
		k[i].symbol_count = s.venue[i].symbol_count;
	}
	r->start_ms = o.start_ms;
	r->end_ms = o.start_ms + ms;
	assert_int_equal(client_create(&r->client, k, sim_venue_count(sim),
	    dir ? file[0] : NULL, &call, 5, &bad), ERR_OK);
	alarm(30);
	while (client_service(r->client))
		;
	alarm(0);
	client_destroy(r->client);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return sim;
}

/* The true price of a symbol of the scripts here: its base is its name's. */
static double
true_price(const struct sim *sim, const char *symbol, uint64_t ms)
{
	char base[8];
	u128 p;

	snprintf(base, sizeof(base), "%.*s", symbol[0] == 'U' ? 4 : 3, symbol);
	assert_int_equal(sim_price(&p, sim, base, ms), ERR_OK);
	return to_double(p);
}

static bool
is_within(const struct run *r, const struct seen *s, uint64_t from,
    uint64_t until)
{
	return s->recv_ms >= r->start_ms + from &&
	    s->recv_ms < r->start_ms + until;
}

enum { COINBASE, KRAKEN, BINANCE, BYBIT };

/* A book's distance from the truth, in parts of the price; Binance's books
 * carry no time of their own, so the time of receipt stands in. */
static double
error_of(const struct sim *sim, const struct seen *s)
{
	uint64_t ms = s->venue == BINANCE ? s->recv_ms : s->exchange_ms;
	double p = true_price(sim, s->symbol, ms);

	return s->mid > p ? s->mid / p - 1 : 1 - s->mid / p;
}

#define EVENTS ",\"events\":[" \
    "{\"at\":1.5,\"until\":2.5,\"lie\":{\"venue\":\"kraken\",\"factor\":" \
    "\"0.7\",\"bases\":[\"ETH\"]}}," \
    "{\"at\":1.5,\"until\":2.5,\"mute\":{\"venue\":\"bybit\"}}," \
    "{\"at\":1.5,\"until\":2.5,\"stale\":{\"venue\":\"coinbase\"}}," \
    "{\"at\":3.0,\"drop\":{\"venue\":\"binance\"}}," \
    "{\"at\":3.0,\"until\":4.0,\"move\":{\"bases\":[\"ETH\"],\"factor\":" \
    "\"0.75\"}}]}"

static struct run whole;
static struct sim *whole_sim;

/* One run of five seconds; the tests below read what was seen. */
static int
play_whole(void **state)
{
	(void)state;
	whole_sim = play(&whole, HEAD PRICES VENUES EVENTS, 5000, NULL);
	return 0;
}

static int
play_end(void **state)
{
	(void)state;
	sim_destroy(whole_sim);
	return 0;
}

static void
sim_service__speaks_what_the_parsers_know(void **state)
{
	unsigned kinds[SIM_VENUES_MAX][FRAME_UNKNOWN + 1] = { 0 };
	unsigned lasts[SIM_VENUES_MAX] = { 0 };

	(void)state;
	assert_int_equal(whole.bad, 0);
	for (size_t i = 0; i < whole.count; i++) {
		kinds[whole.seen[i].venue][whole.seen[i].kind]++;
		lasts[whole.seen[i].venue] += whole.seen[i].has_last &&
		    !whole.seen[i].has_book;
	}
	for (size_t v = 0; v < 4; v++) {
		assert_int_equal(kinds[v][FRAME_UNKNOWN], 0);
		assert_int_equal(kinds[v][FRAME_REFUSED], 0);
		assert_true(kinds[v][FRAME_ACK] >= 1);
		assert_true(kinds[v][FRAME_TICKS] > 60);
		assert_true(lasts[v] >= 5);
	}
	assert_in_range(kinds[COINBASE][FRAME_HEARTBEAT], 4, 6);
	/* Each second, and the answers to two pings. */
	assert_in_range(kinds[KRAKEN][FRAME_HEARTBEAT], 6, 8);
	/* status, and one answer a symbol and channel. */
	assert_int_equal(kinds[KRAKEN][FRAME_ACK], 5);
}

static void
sim_service__stays_within_noise_of_the_true_price(void **state)
{
	unsigned compared[SIM_VENUES_MAX] = { 0 };

	(void)state;
	for (size_t i = 0; i < whole.count; i++) {
		const struct seen *s = &whole.seen[i];
		/* What a scripted lie, or receipt time in a move, spoils. */
		bool excused = (s->venue == KRAKEN && s->symbol[0] == 'E' &&
		    is_within(&whole, s, 1450, 2600)) ||
		    (s->venue == BINANCE && s->symbol[0] == 'E' &&
		    is_within(&whole, s, 3000, 4200));

		if (!s->has_book || !s->has_time || excused)
			continue;
		compared[s->venue]++;
		if (error_of(whole_sim, s) > 0.00022)
			fail_msg("%s %s %.6f at %llu",
			    whole.venue[s->venue]->name, s->symbol, s->mid,
			    (unsigned long long)(s->exchange_ms -
			    whole.start_ms));
	}
	for (size_t v = 0; v < 4; v++)
		assert_true(compared[v] > 50);
}

static void
sim_service__lies_about_the_named_bases_only(void **state)
{
	unsigned lies = 0, truths = 0;

	(void)state;
	for (size_t i = 0; i < whole.count; i++) {
		const struct seen *s = &whole.seen[i];
		double p;

		if (!s->has_book || s->venue != KRAKEN ||
		    !is_within(&whole, s, 1600, 2450))
			continue;
		p = true_price(whole_sim, s->symbol, s->exchange_ms);
		if (s->symbol[0] == 'E') {
			assert_true(s->mid / p > 0.6998 && s->mid / p < 0.7002);
			lies++;
		} else {
			assert_true(s->mid / p > 0.9997 && s->mid / p < 1.0003);
			truths++;
		}
	}
	assert_true(lies > 8 && truths > 8);
}

static void
sim_service__mutes_without_closing(void **state)
{
	unsigned before = 0, during = 0, after = 0;

	(void)state;
	for (size_t i = 0; i < whole.count; i++) {
		const struct seen *s = &whole.seen[i];

		if (s->venue != BYBIT)
			continue;
		before += is_within(&whole, s, 0, 1500);
		during += is_within(&whole, s, 1600, 2500);
		after += is_within(&whole, s, 2500, 5000);
	}
	assert_true(before > 10);
	assert_int_equal(during, 0);
	assert_true(after > 20);
	assert_int_equal(whole.connected[BYBIT], 1);
	assert_int_equal(whole.lost[BYBIT], 0);
}

static void
sim_service__stops_the_clock_of_a_stale_venue(void **state)
{
	unsigned talking = 0, beats = 0;
	uint64_t newest = 0;

	(void)state;
	for (size_t i = 0; i < whole.count; i++) {
		const struct seen *s = &whole.seen[i];

		if (s->venue != COINBASE || !s->has_time)
			continue;
		newest = s->exchange_ms > newest ? s->exchange_ms : newest;
		if (!is_within(&whole, s, 1600, 2450))
			continue;
		assert_int_equal(s->exchange_ms, whole.start_ms + 1500);
		talking += s->has_book;
		beats += s->kind == FRAME_HEARTBEAT;
	}
	assert_true(talking > 8);
	assert_true(beats <= 1);
	assert_true(newest > whole.start_ms + 4800);
}

static void
sim_service__drops_and_takes_back(void **state)
{
	unsigned after = 0;

	(void)state;
	assert_int_equal(whole.lost[BINANCE], 1);
	assert_int_equal(whole.connected[BINANCE], 2);
	assert_in_range(whole.lost_ms[BINANCE], 3000, 3700);
	assert_string_equal(whole.why[BINANCE], "closed by the peer: 1001");
	for (size_t i = 0; i < whole.count; i++)
		after += whole.seen[i].venue == BINANCE &&
		    whole.seen[i].has_book &&
		    is_within(&whole, &whole.seen[i], 4000, 5000);
	assert_true(after > 15);
	for (size_t v = 0; v < 4; v++)
		assert_int_equal(whole.lost[v], v == BINANCE);
}

static void
sim_service__ends_where_the_move_ends(void **state)
{
	unsigned seen[SIM_VENUES_MAX] = { 0 };

	(void)state;
	for (size_t i = 0; i < whole.count; i++) {
		const struct seen *s = &whole.seen[i];

		if (!s->has_book || s->symbol[0] != 'E' ||
		    !is_within(&whole, s, 4300, 5000))
			continue;
		assert_true(s->mid > 1499.6 && s->mid < 1500.4);
		seen[s->venue]++;
	}
	for (size_t v = 0; v < 4; v++)
		assert_true(seen[v] > 5);
}

static void
sim_price__knows_its_bases(void **state)
{
	u128 p = 5;

	(void)state;
	assert_int_equal(sim_price(&p, whole_sim, "DOGE", 0), ERR_UNKNOWN);
	assert_true(p == 5);
	assert_int_equal(sim_price(&p, whole_sim, "USD", 0), ERR_OK);
	assert_true(p == WAD_ONE_RAW);
	assert_int_equal(sim_price(&p, whole_sim, "ETH", 0), ERR_OK);
	assert_true(p == 2000 * WAD_ONE_RAW);
}

/* --- TLS, ports ---------------------------------------------------------- */

static void
sim_create__serves_tls(void **state)
{
	static const char script[] = "cd \"$CERTS\" && exec 2>/dev/null && "
	    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
	    "openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=ca && "
	    "openssl req $new -keyout leaf.key -out l.csr -subj /CN=l && "
	    "echo subjectAltName=IP:127.0.0.1 >ext && "
	    "openssl x509 -req -in l.csr -CA ca.pem -CAkey ca.key "
	    "-CAcreateserial -days 2 -out leaf.pem -extfile ext";
	static struct run r;
	char dir[] = "/tmp/margind-test-sim-XXXXXX", line[64];
	unsigned books[SIM_VENUES_MAX] = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("CERTS", dir, 1);
	assert_int_equal(system(script), 0);
	sim_destroy(play(&r, HEAD PRICES VENUES "}", 1000, dir));
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	assert_int_equal(system(line), 0);
	for (size_t i = 0; i < r.count; i++)
		books[r.seen[i].venue] += r.seen[i].has_book;
	for (size_t v = 0; v < 4; v++)
		assert_true(books[v] > 5);
}

static void
sim_create__names_what_it_cannot_open(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sim_options o = { .start_ms = 0 };
	socklen_t len = sizeof(a);
	char error[SIM_ERROR_MAX], script[512], want[64];
	struct sim *sim = NULL;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(script, sizeof(script), HEAD PRICES "\"venues\":[{\"venue\":"
	    "\"kraken\",\"port\":%u,\"symbols\":{\"ETH/USD\":{\"base\":\"ETH\","
	    "\"quote\":\"USD\"}}}]}", ntohs(a.sin_port));
	assert_int_equal(sim_create(&sim, script, strlen(script), &o, error),
	    ERR_IO);
	snprintf(want, sizeof(want), "venues[0].port: %u is in use",
	    ntohs(a.sin_port));
	assert_string_equal(error, want);
	close(fd);
	o.cert_file = o.key_file = "/nonexistent.pem";
	assert_int_equal(sim_create(&sim, script, strlen(script), &o, error),
	    ERR_IO);
	assert_string_equal(error,
	    "/nonexistent.pem: No such file or directory");
	o.cert_file = o.key_file = "/etc/passwd";
	assert_int_equal(sim_create(&sim, script, strlen(script), &o, error),
	    ERR_IO);
	assert_non_null(strstr(error, "bad certificate or key"));
	assert_null(sim);
	sim_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sim_script_parse__names_each_error),
		cmocka_unit_test(sim_path_price__follows_the_moves),
		cmocka_unit_test(
		    sim_path_quote__stays_within_noise_and_spread),
		cmocka_unit_test(sim_create__names_what_it_cannot_open),
		cmocka_unit_test(sim_create__serves_tls),
		cmocka_unit_test(sim_service__speaks_what_the_parsers_know),
		cmocka_unit_test(
		    sim_service__stays_within_noise_of_the_true_price),
		cmocka_unit_test(sim_service__lies_about_the_named_bases_only),
		cmocka_unit_test(sim_service__mutes_without_closing),
		cmocka_unit_test(sim_service__stops_the_clock_of_a_stale_venue),
		cmocka_unit_test(sim_service__drops_and_takes_back),
		cmocka_unit_test(sim_service__ends_where_the_move_ends),
		cmocka_unit_test(sim_price__knows_its_bases),
	};

	return cmocka_run_group_tests(tests, play_whole, play_end);
}
