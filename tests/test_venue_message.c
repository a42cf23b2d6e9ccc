/* Which word of a table a channel's or an event's name is, and how it is kept
 * in a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "feeds/venue_message.h"

static const struct word ROWS[] = {
	{ FRAME_TICKS, "quote ticker", NULL },
	{ FRAME_IGNORED, "book candle* a", NULL },
	{ FRAME_ACK, "sub", NULL },
};
static const struct words WORDS_OF = WORDS(ROWS);

static void
words_find__takes_whole_names_and_what_begins_so(void **state)
{
	static const struct {
		const char *text;
		int row;	/* -1: none */
	} CASES[] = {
		{ "quote", 0 }, { "ticker", 0 }, { "book", 1 }, { "a", 1 },
		{ "sub", 2 }, { "candle1m", 1 }, { "candle*", 1 },
		{ "candle*1", 1 },
		{ "quot", -1 }, { "quotes", -1 }, { "icker", -1 },
		{ "candle", -1 }, { "aa", -1 }, { "", -1 }, { "*", -1 },
		{ "quote ticker", -1 }, { "book candle1m", -1 }, { " ", -1 },
		{ "quote ", -1 }, { " ticker", -1 }, { "candle 1", -1 },
		{ "sub\001", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		size_t len = strlen(CASES[i].text);
		struct json_text t = { CASES[i].text, len, false };
		const struct word *want = CASES[i].row < 0 ? NULL :
		    &ROWS[CASES[i].row];

		if (words_find(&WORDS_OF, &t) != want)
			fail_msg("\"%s\"", CASES[i].text);
		/* What was escaped is not compared. */
		t.has_escape = true;
		assert_null(words_find(&WORDS_OF, &t));
	}
	/* The length counts, not a NUL. */
	assert_null(words_find(&WORDS_OF, &(struct json_text){ "sub\0x", 5,
	    false }));
	assert_ptr_equal(words_find(&WORDS_OF, &(struct json_text){ "subx", 3,
	    false }), &ROWS[2]);
}

static void
frame_set_channel__keeps_what_may_be_printed(void **state)
{
	static struct frame f;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char word[3] = { 'a', (char)c, 'b' };
		bool is_plain = c > ' ' && c < 0x7f && c != '"' && c != '\\';

		frame_set_channel(&f, &(struct json_text){ word, 3, false });
		assert_int_equal(f.channel[0], 'a');
		assert_int_equal(f.channel[1], is_plain ? (char)c : '?');
		assert_string_equal(f.channel + 2, "b");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    words_find__takes_whole_names_and_what_begins_so),
		cmocka_unit_test(frame_set_channel__keeps_what_may_be_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
