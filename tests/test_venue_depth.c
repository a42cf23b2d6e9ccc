/* Messages that tell a book by its changes: the top that they leave, what is
 * refused, when the top is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "feeds/venue_depth.h"

static const struct depth_words WORDS_HERE = { "b", "offer" };

static struct tick ticks[FRAME_TICKS_MAX];
static struct depth books[VENUE_SYMBOLS_MAX];
static struct venue_memory memory = { .depth = books };
static struct frame frame = { .ticks = ticks, .memory = &memory };

/* The error of a message; its tick is the first. */
static enum err
changes_read(const char *symbol, const char *text, bool is_whole)
{
	struct field_text name = { .has = symbol != NULL };
	struct json j;

	name.text.at = symbol;
	name.text.len = symbol == NULL ? 0 : strlen(symbol);
	frame_begin(&frame);
	json_open(&j, text, strlen(text));
	depth_read(&frame, &j, &name, &WORDS_HERE, is_whole);
	return json_close(&j);
}

static void
side_assert(bool has, struct dec18 price, const char *want)
{
	char text[DECIMAL_BUF];

	assert_int_equal(has, want != NULL);
	if (has) {
		decimal_from_dec18(text, price);
		assert_string_equal(text, want);
	}
}

static void
top_assert(const char *symbol, const char *text, bool is_whole,
    const char *bid, const char *ask)
{
	assert_int_equal(changes_read(symbol, text, is_whole), ERR_OK);
	assert_int_equal(frame.tick_count, 1);
	assert_string_equal(ticks[0].symbol, symbol);
	assert_true(ticks[0].is_book);
	side_assert(ticks[0].has_bid, ticks[0].bid, bid);
	side_assert(ticks[0].has_ask, ticks[0].ask, ask);
}

static void
depth_read__tells_the_top_that_the_changes_leave(void **state)
{
	(void)state;
	depth_forget_all(books);
	top_assert("A", "[[\"b\",\"9.50\",\"1\"],[\"offer\",\"11\",\"1\"]]",
	    false, "9.50", "11");
	top_assert("B", "[]", false, NULL, NULL);
	top_assert("A", "[]", false, "9.50", "11");
	top_assert("A", "[[\"b\",\"10\",\"0.01\"],[\"b\",\"9.5\",\"0\"],"
	    "[\"offer\",\"11.0\",\"0.00\"]]", false, "10", NULL);
	/* Another book, and the whole of this one. */
	top_assert("B", "[[\"offer\",\"3\",\"1\"]]", false, NULL, "3");
	top_assert("A", "[[\"offer\",\"12\",\"1\"]]", true, NULL, "12");
}

static void
depth_read__names_what_is_wrong(void **state)
{
	static const struct { const char *text; enum err want; } ROWS[] = {
		{ "", ERR_SYNTAX },
		{ "{}", ERR_SYNTAX },
		{ "[{}]", ERR_SYNTAX },
		{ "[[]]", ERR_SYNTAX },
		{ "[[\"b\",\"1\"]]", ERR_MISSING },
		{ "[[\"b\",\"1\",\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[\"\",\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[\"bb\",\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[\"offe\",\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[\"\\u0062\",\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[1,\"1\",\"1\"]]", ERR_SYNTAX },
		{ "[[\"b\",1,\"1\"]]", ERR_SYNTAX },
		{ "[[\"b\",\"0\",\"1\"]]", ERR_RANGE },
		{ "[[\"b\",\"1\",\"-1\"]]", ERR_SYNTAX },
		{ "[[\"b\",\"1\",1]]", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		depth_forget_all(books);
		assert_int_equal(changes_read("A", ROWS[i].text, false),
		    ROWS[i].want);
	}
	assert_int_equal(changes_read(NULL, "[]", false), ERR_MISSING);
	assert_int_equal(changes_read("A B", "[]", false), ERR_SYNTAX);
}

static void
depth_read__takes_as_many_books_as_symbols(void **state)
{
	char symbol[VENUE_SYMBOL_MAX];

	(void)state;
	depth_forget_all(books);
	for (unsigned i = 0; i <= VENUE_SYMBOLS_MAX; i++) {
		snprintf(symbol, sizeof(symbol), "S%u", i);
		assert_int_equal(changes_read(symbol, "[]", false),
		    i < VENUE_SYMBOLS_MAX ? ERR_OK : ERR_LIMIT);
	}
}

/* Void, whatever comes, until a whole book does. */
static void
depth_read__says_no_book_where_the_top_is_not_known(void **state)
{
	(void)state;
	depth_forget_all(books);
	top_assert("A", "[[\"b\",\"9\",\"1\"]]", false, "9", NULL);
	depth_void_all(books);
	assert_int_equal(changes_read("A", "[[\"b\",\"8\",\"1\"]]", false),
	    ERR_OK);
	assert_false(ticks[0].is_book || ticks[0].has_bid);
	/* Its beginning may be what was lost. */
	assert_int_equal(changes_read("B", "[[\"b\",\"8\",\"1\"]]", false),
	    ERR_OK);
	assert_false(ticks[0].is_book || ticks[0].has_bid);
	top_assert("A", "[[\"b\",\"7\",\"1\"]]", true, "7", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    depth_read__tells_the_top_that_the_changes_leave),
		cmocka_unit_test(depth_read__names_what_is_wrong),
		cmocka_unit_test(depth_read__takes_as_many_books_as_symbols),
		cmocka_unit_test(
		    depth_read__says_no_book_where_the_top_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
