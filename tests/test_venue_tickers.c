/* One ticker of each venue in one table: what no number is, in any of them; what
 * is cut, too long, too deep, said twice or too late; no allocation a frame; the
 * table is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/tick_wire.h"
#include "tests/allocations.h"
#include "tests/venue_tickers.h"

#define FRAMES 1000u

static struct tick ticks[FRAME_TICKS_MAX];
static struct depth books[VENUE_SYMBOLS_MAX];
static struct venue_memory memory;

static enum err
parse(struct frame *f, const struct venue *v, const char *text, size_t len)
{
	*f = (struct frame){ .ticks = ticks, .memory = &memory };
	return v->parse(f, text, len);
}

/* A connection of its own, on which the row's `before` was heard. */
static const struct venue *
ticker_begin(const struct venue_ticker *t)
{
	const struct venue *v = venue_find(t->venue);
	struct frame f;

	assert_non_null(v);
	memory.depth = v->has_depth ? books : NULL;
	venue_memory_begin(&memory);
	if (t->before != NULL)
		assert_int_equal(parse(&f, v, t->before, strlen(t->before)),
		    ERR_OK);
	return v;
}

static enum err
priced_parse(const struct venue_ticker *t, const char *price, bool is_quoted)
{
	char text[TICKER_TEXT_MAX];
	size_t len = venue_ticker_text(text, t, price, is_quoted);
	/* A copy of exactly that size, so that reading past it is seen. */
	char *copy = malloc(len);
	const struct venue *v = ticker_begin(t);
	struct frame f;
	enum err e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	e = parse(&f, v, copy, len);
	free(copy);
	return e;
}

static void
tickers__have_a_row_for_each_venue_off_chain(void **state)
{
	const struct venue *v;
	size_t count;

	(void)state;
	for (v = venue_table(&count); count > 0; count--, v++) {
		bool is_there = venue_is_on_chain(v);

		for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++)
			is_there |= strcmp(VENUE_TICKERS[i].venue, v->name) ==
			    0;
		if (!is_there)
			print_message("%s\n", v->name);
		assert_true(is_there);
	}
}

static void
tickers__are_read_as_one_tick(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		const struct venue *v = ticker_begin(t);
		char text[TICKER_TEXT_MAX];
		size_t len = venue_ticker_text(text, t, "65083.66",
		    !t->is_number);
		struct frame f;

		assert_int_equal(parse(&f, v, text, len), ERR_OK);
		assert_int_equal(f.kind, FRAME_TICKS);
		assert_int_equal(f.tick_count, 1);
		assert_true(ticks[0].has_bid || ticks[0].has_last);
	}
}

/* In quotes and without, whichever the venue writes. */
static void
parse__refuses_what_is_no_number_in_every_venue(void **state)
{
	static const char *const bad[] = {
		"1e309", "1e999", "1e-400", "-0", "-0.0", "-1", "NaN", "nan",
		"Infinity", "-Infinity", "inf", "null0",
		"1234567890123456789012345678901234567890",
		"0.1234567890123456789012345678901234567891", "01", "00.5",
		"000065083.66", "65083,66", "1.", ".5", "+1", "0x10", "1_000",
		"1e", "--1", "1.2.3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		/* Crypto.com has written both forms. */
		bool takes_both = strcmp(t->venue, "crypto-com") == 0;

		assert_int_equal(priced_parse(t, "1.5", !t->is_number),
		    ERR_OK);
		assert_int_equal(priced_parse(t, "1.5", t->is_number),
		    takes_both ? ERR_OK : ERR_SYNTAX);
		for (size_t k = 0; k < 2 * ARRAY_COUNT(bad); k++) {
			enum err e;

			/* In an array of numbers these are two items. */
			if (k % 2 != 0 && strchr(bad[k / 2], ',') != NULL &&
			    strstr(t->text, "[%s") != NULL)
				continue;
			e = priced_parse(t, bad[k / 2], k % 2 == 0);
			if (e != ERR_SYNTAX && e != ERR_RANGE)
				print_message("%s: %s: %s\n", t->venue,
				    bad[k / 2], err_name(e));
			assert_true(e == ERR_SYNTAX || e == ERR_RANGE);
		}
	}
}

static size_t
plain_text(char out[TICKER_TEXT_MAX], const struct venue_ticker *t)
{
	return venue_ticker_text(out, t, "65083.66", !t->is_number);
}

/* By name: what breaks off is no JSON, or before that a price of which a zero is
 * left. */
static void
parse__refuses_every_beginning_in_every_venue(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		char text[TICKER_TEXT_MAX];
		size_t len = plain_text(text, t);

		for (size_t cut = 0; cut < len; cut++) {
			const struct venue *v = ticker_begin(t);
			char *copy = malloc(cut + 1);
			struct frame f;
			enum err e;

			assert_non_null(copy);
			memcpy(copy, text, cut);
			e = parse(&f, v, copy, cut);
			free(copy);
			if (e == ERR_RANGE && strchr("0.", text[cut - 1]))
				continue;
			if (e != ERR_SYNTAX)
				print_message("%s: %s: %.*s\n", t->venue,
				    err_name(e), (int)cut, text);
			assert_int_equal(e, ERR_SYNTAX);
		}
	}
}

/* As long as allowed, by blanks, and one more. */
static void
parse__holds_the_length_in_every_venue(void **state)
{
	static char text[FRAME_BYTES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		const struct venue *v = ticker_begin(t);
		size_t len = plain_text(text, t);
		struct frame f;

		memset(text + len, ' ', sizeof(text) - len);
		assert_int_equal(parse(&f, v, text, FRAME_BYTES_MAX), ERR_OK);
		assert_int_equal(f.tick_count, 1);
		assert_int_equal(parse(&f, v, text, FRAME_BYTES_MAX + 1),
		    ERR_LIMIT);
	}
}

/* A later field of the message, of so many arrays within each other. */
static size_t
deep_text(char out[TICKER_TEXT_MAX], const struct venue_ticker *t,
    size_t depth)
{
	size_t len = plain_text(out, t);
	char end = out[len - 1];

	assert_true(end == '}' || end == ']');
	len += (size_t)sprintf(out + len - 1, end == '}' ? ",\"zz\":" : ",") -
	    1;
	memset(out + len, '[', depth);
	memset(out + len + depth, ']', depth);
	len += 2 * depth;
	out[len++] = end;
	return len;
}

static void
parse__holds_the_depth_in_every_venue(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++)
		for (size_t depth = 15; depth < 17; depth++) {
			const struct venue_ticker *t = &VENUE_TICKERS[i];
			const struct venue *v = ticker_begin(t);
			char text[TICKER_TEXT_MAX];
			struct frame f;
			enum err e = parse(&f, v, text, deep_text(text, t,
			    depth));

			if (e != (depth == 15 ? ERR_OK : ERR_LIMIT))
				print_message("%s: %s\n", t->venue,
				    err_name(e));
			assert_int_equal(e, depth == 15 ? ERR_OK : ERR_LIMIT);
			assert_true(e != ERR_OK || f.tick_count == 1);
		}
}

/* ---- into prices ---------------------------------------------------------- */

/* A venue's one market, and what is known of it. */
struct market {
	struct config config;
	struct prices prices;
	struct conn_time time;
	uint64_t recv_ms;	/* right behind what the venue says */
};
static struct market market;

static void
market_begin(const struct venue *v)
{
	struct prices_config *p = &market.config.prices;
	size_t bad;

	memset(&market, 0, sizeof(market));
	market.config.venue_count = 1;
	market.config.venue[0].venue = v;
	p->unit_count = 2;
	p->market_count = 1;
	p->unit[1].rule = (struct prices_rule){ .quorum = 1,
		.age_max_ms = 3000, .dispersion_max = ppb_from_raw(500000000),
		.band_max = ppb_from_raw(500000000) };
	p->market[0] = (struct prices_market){ .base = 1, .weight = 1 };
	assert_int_equal(prices_init(&market.prices, p, &bad), ERR_OK);
}

/* What the engine makes of a text; the frame's kind. */
static enum frame_kind
market_hear(const struct venue *v, const char *text, size_t len)
{
	struct wire_tick w[TICK_WIRES_MAX];
	struct frame f;
	size_t count;

	assert_int_equal(parse(&f, v, text, len), ERR_OK);
	conn_time_stamp(&market.time, &f);
	market.recv_ms = market.time.newest_ms + 1;
	for (size_t i = 0; i < f.tick_count; i++) {
		memcpy(market.config.market[0].symbol, ticks[i].symbol,
		    VENUE_SYMBOL_MAX);
		config_sort_markets(&market.config);
		assert_int_equal(tick_wire_from(w, &count, &market.config, 0,
		    &ticks[i], market.recv_ms), ERR_OK);
		for (size_t k = 0; k < count; k++)
			prices_apply_tick(&market.prices,
			    &(struct prices_tick){
				.has_book = w[k].has_book,
				.has_last = w[k].has_last,
				.bid = px18_from_raw(wire_to_u128(w[k].bid)),
				.ask = px18_from_raw(wire_to_u128(w[k].ask)),
				.last = px18_from_raw(wire_to_u128(w[k].last)),
				.exchange_ms = w[k].exchange_ms,
				.recv_ms = w[k].recv_ms });
	}
	return f.kind;
}

static void
prices__take_the_same_frame_twice_as_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		const struct venue *v = ticker_begin(t);
		char text[TICKER_TEXT_MAX];
		size_t len = plain_text(text, t);
		struct prices_quote once;
		struct price price;
		uint64_t at_ms;

		market_begin(v);
		market_hear(v, text, len);
		once = market.prices.quote[0];
		at_ms = market.recv_ms;
		prices_compute(&market.prices, at_ms);
		price = market.prices.price[1];
		assert_int_equal(market.prices.source[0].vote !=
		    VOTE_SILENT, once.has_time);
		market_hear(v, text, len);
		assert_memory_equal(&once, &market.prices.quote[0],
		    sizeof(once));
		assert_int_equal(market.recv_ms, at_ms);
		prices_compute(&market.prices, at_ms);
		assert_true(price_is_same(&price, &market.prices.price[1]));
	}
}

/* The ticker as it would have been 10 ms and a message before. */
static size_t
older_text(char out[TICKER_TEXT_MAX], const struct venue_ticker *t)
{
	static const struct {
		const char *now, *before;
	} parts[] = {
		{ "4822", "4821" }, { "48.22", "48.21" },
		{ "1758", "1757" },
		{ "\"sequence_num\":6", "\"sequence_num\":5" },
	};
	size_t len = venue_ticker_text(out, t, "65001.5", !t->is_number);

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		char *at = out;

		while ((at = strstr(at, parts[i].now)) != NULL)
			memcpy(at, parts[i].before, strlen(parts[i].before));
	}
	return len;
}

/* These say neither a time nor a number of their own: that what comes later on
 * a connection is later is all that there is. */
static bool
is_undated(const struct venue_ticker *t)
{
	static const char *const undated[] = { "binance", "binance-us",
		"gemini", "kraken-v1" };

	for (size_t i = 0; i < ARRAY_COUNT(undated); i++)
		if (strcmp(t->venue, undated[i]) == 0)
			return true;
	return false;
}

static void
prices__do_not_go_back_with_an_older_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		const struct venue *v = ticker_begin(t);
		char older[TICKER_TEXT_MAX], newer[TICKER_TEXT_MAX];
		size_t older_len = older_text(older, t);
		size_t newer_len = plain_text(newer, t);
		struct prices_quote before, after;
		enum frame_kind kind;

		assert_int_equal(memcmp(older, newer, older_len) != 0, 1);
		market_begin(v);
		assert_int_equal(market_hear(v, older, older_len),
		    FRAME_TICKS);
		assert_int_equal(ticks[0].has_time, market.time.has_time);
		if (is_undated(t)) {
			assert_false(ticks[0].has_time);
			continue;
		}
		before = market.prices.quote[0];
		assert_int_equal(market_hear(v, newer, newer_len),
		    FRAME_TICKS);
		after = market.prices.quote[0];
		assert_int_not_equal(memcmp(&before, &after, sizeof(before)),
		    0);
		kind = market_hear(v, older, older_len);
		if (kind != FRAME_GAP)
			assert_int_equal(kind, FRAME_TICKS);
		assert_memory_equal(&after, &market.prices.quote[0],
		    sizeof(after));
	}
}

static void
parse__allocates_nothing(void **state)
{
	(void)state;
#ifdef CANNOT_COUNT
	skip();
#else
	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		const struct venue *v = ticker_begin(t);
		char text[TICKER_TEXT_MAX];
		size_t len = venue_ticker_text(text, t, "65083.66",
		    !t->is_number);
		uint64_t before = allocations;
		unsigned read = 0;
		void *volatile one;	/* or it is optimised away */

		for (unsigned k = 0; k < FRAMES; k++) {
			struct frame f;

			/* Frames that are refused must not cost one either. */
			read += parse(&f, v, text, len - k % 2) == ERR_OK;
		}
		assert_int_equal(allocations, before);
		assert_int_equal(read, FRAMES / 2);
		/* The counter counts. */
		one = malloc(1);
		free(one);
		assert_int_equal(allocations, before + 1);
	}
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tickers__have_a_row_for_each_venue_off_chain),
		cmocka_unit_test(tickers__are_read_as_one_tick),
		cmocka_unit_test(
		    parse__refuses_what_is_no_number_in_every_venue),
		cmocka_unit_test(parse__refuses_every_beginning_in_every_venue),
		cmocka_unit_test(parse__holds_the_length_in_every_venue),
		cmocka_unit_test(parse__holds_the_depth_in_every_venue),
		cmocka_unit_test(prices__take_the_same_frame_twice_as_once),
		cmocka_unit_test(prices__do_not_go_back_with_an_older_frame),
		cmocka_unit_test(parse__allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
