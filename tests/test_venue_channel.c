/* Channels by number: against a plain table, and at the limit of places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/venue_channel.h"
#include "tests/random.h"

static struct venue_memory memory;

static void
channel_of__knows_what_was_put_last(void **state)
{
	const struct venue_channel *c;

	(void)state;
	venue_memory_begin(&memory);
	assert_null(channel_of(&memory, 0));
	assert_int_equal(channel_put(&memory, 7, 1, "tBTCUSD"), ERR_OK);
	assert_int_equal(channel_put(&memory, UINT64_MAX, 2, ""), ERR_OK);
	assert_null(channel_of(&memory, 0));
	c = channel_of(&memory, 7);
	assert_int_equal(c->kind, 1);
	assert_string_equal(c->symbol, "tBTCUSD");
	assert_string_equal(channel_of(&memory, UINT64_MAX)->symbol, "");
	assert_int_equal(channel_put(&memory, 7, 3, "tETHUSD"), ERR_OK);
	assert_int_equal(memory.channel_count, 2);
	c = channel_of(&memory, 7);
	assert_int_equal(c->kind, 3);
	assert_string_equal(c->symbol, "tETHUSD");
}

static void
channel_put__fails_where_all_places_are_taken(void **state)
{
	(void)state;
	venue_memory_begin(&memory);
	for (uint64_t i = 0; i <= VENUE_CHANNELS_MAX; i++)
		assert_int_equal(channel_put(&memory, i, 0, "A"),
		    i < VENUE_CHANNELS_MAX ? ERR_OK : ERR_LIMIT);
	assert_null(channel_of(&memory, VENUE_CHANNELS_MAX));
	/* One that is there may be named anew, one that was given back put. */
	assert_int_equal(channel_put(&memory, 3, 5, "B"), ERR_OK);
	assert_int_equal(channel_of(&memory, 3)->kind, 5);
	channel_drop(&memory, 9);
	assert_int_equal(channel_put(&memory, 1000, 0, "C"), ERR_OK);
	assert_int_equal(channel_put(&memory, 1001, 0, "C"), ERR_LIMIT);
	assert_null(channel_of(&memory, 9));
}

/* --- against a table with a place for every number ----------------------- */

#define IDS 160u	/* more than there are places */

static void
channel_drop__leaves_the_others_as_they_are(void **state)
{
	static struct { bool has; uint8_t kind; } plain[IDS];
	size_t count = 0, limits = 0;

	(void)state;
	venue_memory_begin(&memory);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t id = (uint32_t)below(IDS);
		uint8_t kind = (uint8_t)below(256);
		bool fits = plain[id].has || count < VENUE_CHANNELS_MAX;

		if (below(100) < (i / 2000 % 2 ? 60u : 10u)) {
			channel_drop(&memory, id);
			count -= plain[id].has;
			plain[id].has = false;
		} else {
			assert_int_equal(channel_put(&memory, id, kind, "S"),
			    fits ? ERR_OK : ERR_LIMIT);
			limits += !fits;
			count += fits && !plain[id].has;
			if (fits)
				plain[id].kind = kind;
			plain[id].has |= fits;
		}
		assert_int_equal(memory.channel_count, count);
		for (uint32_t k = 0; k < IDS; k++) {
			const struct venue_channel *c = channel_of(&memory, k);

			assert_int_equal(c != NULL, plain[k].has);
			assert_true(c == NULL || c->kind == plain[k].kind);
		}
	}
	assert_true(limits > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channel_of__knows_what_was_put_last),
		cmocka_unit_test(channel_put__fails_where_all_places_are_taken),
		cmocka_unit_test(channel_drop__leaves_the_others_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
