/* The feeds process without its sockets: what becomes of a frame, and what is
 * known of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "feeds/client_state.h"
#include "oracle/feeds_role.h"

#define NOW UINT64_C(1795176000000)

static struct feeds *f;
static int engine, surface;	/* the neighbours' ends */

/* A venue whose frames say in one letter what they are; "t NAME TIME" is a
 * tick, "b NAME TIME" one with a book, "o NAME TIME" one of whose book a side
 * is empty, "c NAME TIME" a heartbeat with what a contract's says besides. */
static enum err
parse_letters(struct frame *out, const char *text, size_t len)
{
	static const char KINDS[] = "thairdl?";	/* enum frame_kind */
	unsigned long long ms = 0;
	char name[VENUE_SYMBOL_MAX] = "";
	const char *kind = memchr(KINDS, text[0], sizeof(KINDS) - 1);

	(void)len;
	if (text[0] == 'e')
		return text[1] == 'l' ? ERR_LIMIT : ERR_RANGE;
	if (!kind && !strchr("bco", text[0]))
		return ERR_SYNTAX;
	out->kind = kind ? (enum frame_kind)(kind - KINDS) :
	    text[0] == 'c' ? FRAME_HEARTBEAT : FRAME_TICKS;
	sscanf(text + 1, "%23s %llu", name, &ms);
	out->has_time = ms > 0;
	out->exchange_ms = ms;
	if (!strchr("tbco", text[0]))
		return ERR_OK;
	memset(&out->ticks[0], 0, sizeof(out->ticks[0]));
	memcpy(out->ticks[0].symbol, name, sizeof(name));
	out->ticks[0].has_bid = text[0] == 'b' || text[0] == 'o';
	out->ticks[0].has_ask = text[0] == 'b';
	out->ticks[0].has_last = text[0] == 't' || text[0] == 'o';
	out->ticks[0].bid.value = out->ticks[0].ask.value = 1;
	out->ticks[0].last.value = 1;
	out->ticks[0].contract = (struct tick_contract){
		.has_mark = true, .mark = { 5, 0 }, .has_vol = true,
		.has_option = strcmp(name, "OPTION") == 0, .expiry_ms = 9,
		.strike = { 7, 0 } };
	out->tick_count = 1;
	return ERR_OK;
}

static enum err
subscribe_nothing(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	(void)out, (void)size, (void)n, (void)symbols, (void)count;
	*len = 0;
	return ERR_OK;
}

static const struct venue letters = {
	.name = "letters", .url = "ws://127.0.0.1:1/",
	.parse = parse_letters, .subscribe = subscribe_nothing,
	.mute_ms_max = 1000, .symbols_max = 2, .has_options = true,
};

/* The same, its books told by their changes. */
static const struct venue deep = {
	.name = "letters", .url = "ws://127.0.0.1:1/",
	.parse = parse_letters, .subscribe = subscribe_nothing,
	.mute_ms_max = 1000, .symbols_max = 2, .has_options = true,
	.has_depth = true,
};

/* The same, which remembers settlements of its contracts. */
static const struct venue measuring = {
	.name = "letters", .url = "ws://127.0.0.1:1/",
	.parse = parse_letters, .subscribe = subscribe_nothing,
	.mute_ms_max = 1000, .symbols_max = 2, .has_options = true,
	.measures_funding = true,
};

static void
nothing_frame(void *arg, size_t slot, const char *text, size_t len)
{
	(void)arg, (void)slot, (void)text, (void)len;
}

static void
nothing_event(void *arg, size_t slot, enum client_event e, const char *why)
{
	(void)arg, (void)slot, (void)e, (void)why;
}

static int
wire_to(enum role r)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	f->proc.peer[r] = pair[0];
	return pair[1];
}

/* Three markets on two connections, an instrument beside one of them, and a
 * family of options on a third. */
static int
open_feeds(void **state)
{
	struct client_callbacks call = { .frame = nothing_frame,
		.event = nothing_event, .takes_successors = true };
	struct config *c;
	size_t bad;

	(void)state;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		f->proc.peer[i] = -1;
	c = &f->proc.config;
	c->venue_count = 1;
	c->venue[0] = (struct config_venue){ .name = "letters",
		.venue = &letters };
	c->prices.market_count = 3;
	for (unsigned i = 0; i < 3; i++)
		snprintf(c->market[i].symbol, VENUE_SYMBOL_MAX, "M%u", i);
	config_sort_markets(c);
	c->instrument_count = 1;
	c->instrument[0] = (struct config_instrument){ .instrument = 6,
		.is_usd = true, .symbol = "M2" };
	c->option_count = 1;
	c->option[0] = (struct config_option){ .unit = 4,
		.symbol = "options.m" };
	assert_int_equal(feeds_plan_make(&f->plan, c, &bad), ERR_OK);
	assert_int_equal(f->plan.count, 3);
	assert_int_equal(client_create(&f->client, f->plan.connection, 3,
	    NULL, &call, 1, &bad), ERR_OK);
	for (size_t i = 0; i < 3; i++)
		feeds_slot_open(&f->slot[i], NOW);
	engine = wire_to(ROLE_ENGINE);
	surface = wire_to(ROLE_SURFACE);
	return 0;
}

static int
close_feeds(void **state)
{
	(void)state;
	client_destroy(f->client);
	close(engine);
	close(surface);
	proc_peer_close(&f->proc, ROLE_ENGINE);
	proc_peer_close(&f->proc, ROLE_SURFACE);
	free(f);
	return 0;
}

static void
frame(size_t slot, const char *text)
{
	feeds_frame(f, slot, text, strlen(text), NOW);
}

/* The next message of a wire, zeroed where there is none; its type. */
static unsigned
next(int fd, void *out, size_t size)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_head head;
	size_t len;

	memset(out, 0, size);
	if (proc_receive(fd, bytes, &len) != ERR_OK)
		return 0;
	assert_true(len <= size);
	memcpy(out, bytes, len);
	memcpy(&head, bytes, sizeof(head));
	return head.type;
}

union message {
	struct wire_tick tick;
	struct wire_mark mark;
	struct wire_option option;
	struct wire_heartbeat beat;
};

/* ---- frames -------------------------------------------------------------- */

static void
feeds_frame__sends_ticks_to_markets_and_instruments(void **state)
{
	union message m;

	(void)state;
	frame(0, "t M1 77");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	assert_true(m.tick.market == 1 && m.tick.exchange_ms == 77 &&
	    m.tick.recv_ms == NOW);
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	frame(1, "t M2 78");		/* a market, and an instrument */
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	assert_int_equal(m.tick.market, 2);
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_MARK);
	assert_true(m.mark.instrument == 6 && m.mark.exchange_ms == 78);
	frame(1, "c M2 78");	/* says no price, and the time */
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_MARK);
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_HEARTBEAT);
	assert_int_equal(m.beat.exchange_ms, 77);
	frame(1, "t M9 79");
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	assert_int_equal(f->feed[0].ticks, 4);
	assert_int_equal(f->feed[0].unpinned, 1);
	assert_int_equal(f->feed[0].frames, 4);
	assert_int_equal(f->feed[0].last_frame_ms, NOW);
	assert_int_equal(f->dropped, 0);
}

static void
feeds_frame__sends_options_to_the_surface(void **state)
{
	union message m;

	(void)state;
	frame(2, "t OPTION 77");
	assert_int_equal(next(surface, &m, sizeof(m)), WIRE_OPTION);
	assert_true(m.option.unit == 4 && m.option.expiry_ms == 9 &&
	    m.option.exchange_ms == 77);
	frame(2, "t M1 77");		/* another symbol there is no market */
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	assert_int_equal(next(surface, &m, sizeof(m)), 0);
	assert_int_equal(f->feed[0].unpinned, 1);
	/* Without a surface it is dropped, and counted. */
	proc_peer_close(&f->proc, ROLE_SURFACE);
	frame(2, "t OPTION 78");
	assert_int_equal(f->dropped, 1);
}

static void
feeds_frame__voids_the_gaps_own_connection(void **state)
{
	union message m;

	(void)state;
	frame(0, "d");
	for (uint16_t i = 0; i < 2; i++) {
		assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
		assert_true(m.tick.market == i && !m.tick.has_book &&
		    !m.tick.has_last);
	}
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	frame(1 + 3, "d");		/* the successor of the second */
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	assert_int_equal(m.tick.market, 2);
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	assert_int_equal(f->feed[0].gaps, 2);
}

static void
assert_void(uint16_t market)
{
	union message m;

	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	assert_true(m.tick.market == market && !m.tick.has_book &&
	    !m.tick.has_last && m.tick.recv_ms == NOW);
}

static void
assert_silence(void)
{
	union message m;

	assert_int_equal(next(engine, &m, sizeof(m)), 0);
}

/* Where books are kept by their changes, the parser knows none any more: the
 * engine must not go on with what it has, however the venue's heart beats. */
static void
feeds_frame__voids_books_where_a_change_cannot_be_read(void **state)
{
	union message m;

	(void)state;
	frame(0, "b M0 77");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	frame(0, "e");		/* the next ticker will be whole */
	assert_silence();
	assert_false(f->client->conn[0].must_redial);
	f->proc.config.venue[0].venue = &deep;
	frame(0, "e");
	assert_void(0);
	assert_void(1);
	assert_silence();
	assert_true(f->client->conn[0].must_redial);
	assert_string_equal(f->client->conn[0].why,
	    "a message could not be read");
	assert_false(f->client->conn[1].must_redial);
	assert_int_equal(f->feed[0].gaps, 1);
	assert_int_equal(f->feed[0].rejected[WIRE_REJECT_RANGE], 2);
}

static void
feeds_frame__voids_a_book_before_its_trade(void **state)
{
	union message m;

	(void)state;
	frame(0, "o M1 77");
	assert_void(1);
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	assert_true(m.tick.market == 1 && !m.tick.has_book &&
	    m.tick.has_last && m.tick.exchange_ms == 77);
	assert_silence();
	assert_int_equal(f->feed[0].ticks, 1);
}

/* Of a pair, who missed something does not void what the other says. */
static void
feeds_frame__keeps_what_the_other_of_a_pair_says(void **state)
{
	union message m;

	(void)state;
	frame(0, "b M0 77");
	feeds_opened(f, 0 + 3, NOW);
	frame(0 + 3, "b M0 77");
	frame(0 + 3, "b M1 77");
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	frame(0 + 3, "d");
	assert_void(1);		/* which the old one did not say */
	assert_silence();
	assert_true(f->client->conn[0 + 3].must_redial);
	assert_false(f->client->conn[0].must_redial);
	feeds_opened(f, 0 + 3, NOW);
	frame(0, "d");		/* the new one has said nothing yet */
	assert_void(0);
	assert_void(1);
	assert_silence();
	frame(0 + 3, "b M0 78");
	frame(0, "b M0 79");
	for (int i = 0; i < 2; i++)
		assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	f->slot[0 + 3].is_open = false;	/* lost: nobody goes on with it */
	frame(0, "d");
	assert_void(0);
	assert_void(1);
	assert_int_equal(f->feed[0].gaps, 3);
}

/* Channels' numbers are a connection's, settlements the contracts'. */
static void
feeds_opened__lets_a_successor_inherit_settlements_alone(void **state)
{
	struct venue_memory *one = &f->slot[1].memory;
	struct venue_memory *next = &f->slot[1 + 3].memory;

	(void)state;
	one->channel_count = 1;
	one->channel[0] = (struct venue_channel){ 77, 8, "M1" };
	one->has_sequence = true;
	feeds_opened(f, 1 + 3, NOW);
	assert_int_equal(next->channel_count, 0);
	f->proc.config.venue[0].venue = &measuring;
	feeds_opened(f, 1 + 3, NOW);
	assert_int_equal(next->channel_count, 1);
	assert_memory_equal(&next->channel[0], &one->channel[0],
	    sizeof(one->channel[0]));
	assert_false(next->has_sequence);
	/* Its own successor has the other's place. */
	next->channel[0].kind = 4;
	feeds_opened(f, 1, NOW);
	assert_int_equal(one->channel[0].kind, 4);
	/* The other was lost: settlements may have passed unseen. */
	f->slot[1].is_open = false;
	feeds_opened(f, 1 + 3, NOW);
	assert_int_equal(next->channel_count, 0);
}

/* What a connection said holds though the venue will close it. */
static void
feeds_frame__leaves_with_the_venue(void **state)
{
	union message m;

	(void)state;
	f->client->conn[0].state = CONN_OPEN;
	frame(0, "b M0 77");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_TICK);
	frame(0, "l");
	frame(0, "l");
	assert_silence();
	assert_true(f->client->conn[0].is_leaving);
	assert_false(f->client->conn[0].must_redial);
	assert_false(f->client->conn[1].is_leaving);
	assert_int_equal(f->feed[0].heartbeats, 2);
	assert_int_equal(f->feed[0].gaps, 0);
	f->client->conn[0].state = CONN_WAITING;
}

static void
feeds_frame__counts_each_kind(void **state)
{
	union message m;

	(void)state;
	frame(0, "i");
	frame(0, "?");
	frame(0, "?");
	frame(0, "r");
	frame(0, "a");
	frame(0, "!");
	frame(0, "e");
	frame(0, "el");
	assert_int_equal(f->feed[0].ignored, 1);
	assert_int_equal(f->feed[0].unknown, 2);
	assert_int_equal(f->feed[0].refused, 1);
	assert_int_equal(f->feed[0].heartbeats, 1);
	assert_int_equal(f->feed[0].rejected[WIRE_REJECT_SYNTAX], 1);
	assert_int_equal(f->feed[0].rejected[WIRE_REJECT_RANGE], 1);
	assert_int_equal(f->feed[0].rejected[WIRE_REJECT_LIMIT], 1);
	assert_int_equal(f->feed[0].frames, 8);
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	assert_int_equal(feeds_reject_of(ERR_MISSING), WIRE_REJECT_MISSING);
	assert_int_equal(feeds_reject_of(ERR_UNIT), WIRE_REJECT_OTHER);
}

/* A venue's heartbeat says no more than its slowest connection knows. */
static void
feeds_frame__beats_for_all_connections_of_a_venue(void **state)
{
	union message m;

	(void)state;
	frame(0, "h x 100");		/* of the second nothing is known */
	frame(2, "h x 300");		/* and options are no books */
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	frame(1, "h x 90");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_HEARTBEAT);
	assert_true(m.beat.venue == 0 && m.beat.exchange_ms == 90 &&
	    m.beat.recv_ms == NOW);
	frame(1, "h x 110");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_HEARTBEAT);
	assert_int_equal(m.beat.exchange_ms, 100);
	f->slot[0].is_open = false;	/* lost: its books are not renewed */
	frame(1, "h x 120");
	assert_int_equal(next(engine, &m, sizeof(m)), 0);
	feeds_slot_open(&f->slot[3], NOW);	/* its successor knows more */
	frame(3, "h x 130");
	assert_int_equal(next(engine, &m, sizeof(m)), WIRE_HEARTBEAT);
	assert_int_equal(m.beat.exchange_ms, 120);
}

/* ---- connections --------------------------------------------------------- */

static void
feeds_slot_judge__finds_a_time_that_stands_still(void **state)
{
	struct feeds_slot *s = &f->slot[0];

	(void)state;
	feeds_frame(f, 0, "h x 100", 7, NOW + 1000);
	for (uint64_t at = 2000; at <= 40000; at += 1000) {
		bool changed;

		feeds_frame(f, 0, "h x 100", 7, NOW + at);
		changed = feeds_slot_judge(s, NOW + at);
		/* Its time moved at 1000 for the last time; said once. */
		assert_int_equal(changed, at == 1000 + FEEDS_STALL_MS);
		assert_int_equal(s->is_stalled, at >= 1000 + FEEDS_STALL_MS);
	}
	/* An older time is no move; silence is the mute deadline's. */
	feeds_frame(f, 0, "h x 99", 6, NOW + 41000);
	assert_false(feeds_slot_judge(s, NOW + 41000));
	feeds_frame(f, 0, "h x 101", 7, NOW + 42000);
	assert_true(feeds_slot_judge(s, NOW + 42000));
	assert_false(s->is_stalled);
	assert_false(feeds_slot_judge(s, NOW + 42000 + 2 * FEEDS_STALL_MS));
	assert_false(s->is_stalled);
}

static void
feeds_meter_connections__counts_a_pair_once(void **state)
{
	struct wire_feed *w = &f->feed[0], *none = &f->feed[1];

	(void)state;
	feeds_meter_connections(none, 1, &f->plan, f->slot);
	assert_true(!none->is_connected && none->connections == 0);
	feeds_meter_connections(w, 0, &f->plan, f->slot);
	assert_true(w->is_connected && w->connections == 3 && w->open == 3 &&
	    w->stalled == 0);
	f->slot[1].is_open = false;
	f->slot[0].is_stalled = true;
	feeds_meter_connections(w, 0, &f->plan, f->slot);
	assert_true(!w->is_connected && w->open == 2 && w->stalled == 1);
	feeds_slot_open(&f->slot[1 + 3], NOW);
	feeds_slot_open(&f->slot[0 + 3], NOW);
	feeds_meter_connections(w, 0, &f->plan, f->slot);
	assert_true(w->is_connected && w->open == 3 && w->stalled == 0);
}

static void
feeds_meter_why__cuts_a_long_reason(void **state)
{
	struct wire_feed w;
	char why[100];

	(void)state;
	memset(&w, 'z', sizeof(w));
	memset(why, 'x', sizeof(why));
	why[99] = '\0';
	feeds_meter_why(&w, why);
	assert_int_equal(strlen(w.why), 63);
	feeds_meter_why(&w, "short");
	assert_string_equal(w.why, "short");
	assert_int_equal(w.why[63], 0);
}

static void
feeds_name__numbers_several_connections(void **state)
{
	char name[FEEDS_NAME_MAX];

	(void)state;
	assert_string_equal(feeds_name(name, f, 0), "letters #1");
	assert_string_equal(feeds_name(name, f, 2 + 3), "letters #3");
	f->plan.count = 1;
	assert_string_equal(feeds_name(name, f, 0), "letters");
	f->plan.count = 3;
}

/* ---- what is said of it -------------------------------------------------- */

static void
words_are(struct feeds_said *s, const char *events, const char *words)
{
	/* The connection's in capitals, its successor's not. */
	static const char EVENTS[] = "cslmor";
	static const char WORDS[] = ".CL1RO";
	char said[32] = "";

	for (size_t i = 0; events[i] != '\0'; i++) {
		char small = (char)(events[i] | 0x20);
		const char *at = strchr(EVENTS, small);

		assert_non_null(at);
		said[i] = WORDS[feeds_said_event(s, events[i] == small,
		    (enum client_event)(at - EVENTS))];
	}
	assert_string_equal(said, words);
}

static void
feeds_said_event__says_each_change_once(void **state)
{
	static const struct { const char *events, *words; } cases[] = {
		{ "CS", ".C" },
		/* Nobody is there: once. */
		{ "LLLCS", "L...C" },
		/* Taken and dropped before we have subscribed. */
		{ "CLCLCLCS", ".L.....C" },
		{ "CSLCSLLCS", ".CL.CL..C" },
		{ "CSML", ".C.L" },
		/* A successor, and back. */
		{ "CScsRlll", ".C..RL.." },
		{ "CScsRCSr", ".C..R..R" },
		/* One that does not come about; then the other goes too. */
		{ "CSlllLlcs", ".C1..L..C" },
		{ "CSlcLlcs", ".C1..L.C" },
		/* One of two, then both. */
		{ "CScsLl", ".C..1L" },
		/* The same snapshot each time. */
		{ "COLCOLCSOL", ".OL....C.L" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct feeds_said s = { 0 };

		words_are(&s, cases[i].events, cases[i].words);
	}
}

static void
feeds_trouble__is_said_at_both_ends(void **state)
{
	struct feeds_trouble t = { 0 };
	struct feeds_said s = { 0 };

	(void)state;
	assert_int_equal(feeds_trouble_ends(&t, NOW), 0);
	assert_true(feeds_trouble_begins(&t, NOW));
	for (uint64_t i = 1; i <= 600; i++) {
		assert_false(feeds_trouble_begins(&t, NOW + i * 1000));
		assert_int_equal(feeds_trouble_ends(&t, NOW + i * 1000), 0);
	}
	assert_int_equal(feeds_trouble_ends(&t, NOW + 600000 +
	    FEEDS_QUIET_MS - 1), 0);
	assert_int_equal(feeds_trouble_ends(&t, NOW + 600000 +
	    FEEDS_QUIET_MS), 601);
	assert_int_equal(feeds_trouble_ends(&t, NOW + 700000), 0);
	assert_true(feeds_trouble_begins(&t, NOW + 700000));

	assert_true(feeds_said_unknown(&s));
	assert_false(feeds_said_unknown(&s));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_feeds, close_feeds)
	const struct CMUnitTest tests[] = {
		TEST(feeds_frame__sends_ticks_to_markets_and_instruments),
		TEST(feeds_frame__sends_options_to_the_surface),
		TEST(feeds_frame__voids_the_gaps_own_connection),
		TEST(feeds_frame__voids_books_where_a_change_cannot_be_read),
		TEST(feeds_frame__voids_a_book_before_its_trade),
		TEST(feeds_frame__keeps_what_the_other_of_a_pair_says),
		TEST(feeds_opened__lets_a_successor_inherit_settlements_alone),
		TEST(feeds_frame__leaves_with_the_venue),
		TEST(feeds_frame__counts_each_kind),
		TEST(feeds_frame__beats_for_all_connections_of_a_venue),
		TEST(feeds_slot_judge__finds_a_time_that_stands_still),
		TEST(feeds_meter_connections__counts_a_pair_once),
		TEST(feeds_meter_why__cuts_a_long_reason),
		TEST(feeds_said_event__says_each_change_once),
		TEST(feeds_trouble__is_said_at_both_ends),
		TEST(feeds_name__numbers_several_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
