/* One ticker of each venue in one table: what no number is, in any of them; no
 * allocation a frame; the table is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

		for (unsigned k = 0; k < FRAMES; k++) {
			struct frame f;

			/* Frames that are refused must not cost one either. */
			read += parse(&f, v, text, len - k % 2) == ERR_OK;
		}
		assert_int_equal(allocations, before);
		assert_int_equal(read, FRAMES / 2);
		/* The counter counts. */
		free(malloc(1));
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
		cmocka_unit_test(parse__allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
