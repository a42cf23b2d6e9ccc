/* Edit distance against a recursive definition, and what counts as near. */
#include "oracle/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned
distance(const char *a, const char *b)
{
	return suggest_distance(a, strlen(a), b, strlen(b));
}

/* The definition itself: of the last letters, the cheapest way. */
static unsigned
distance_by_definition(const char *a, size_t n, const char *b, size_t m)
{
	unsigned best, other;

	if (n == 0 || m == 0)
		return (unsigned)(n + m);
	best = distance_by_definition(a, n - 1, b, m - 1) +
	    (a[n - 1] != b[m - 1]);
	other = distance_by_definition(a, n - 1, b, m) + 1;
	best = other < best ? other : best;
	other = distance_by_definition(a, n, b, m - 1) + 1;
	best = other < best ? other : best;
	if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
		other = distance_by_definition(a, n - 2, b, m - 2) + 1;
		best = other < best ? other : best;
	}
	return best;
}

static void
suggest_distance__counts_each_kind_of_edit(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned d;
	} table[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "quorum", "quorum", 0 },
		{ "quorm", "quorum", 1 }, { "quoorum", "quorum", 1 },
		{ "quirum", "quorum", 1 }, { "qourum", "quorum", 1 },
		{ "QUORUM", "quorum", 0 }, { "kitten", "sitting", 3 },
		{ "venus", "venues", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(distance(table[i].a, table[i].b),
		    table[i].d);
		assert_int_equal(distance(table[i].b, table[i].a),
		    table[i].d);
	}
}

static void
suggest_distance__equals_the_definition(void **state)
{
	uint32_t seed = 7;
	char a[7], b[7];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		size_t n, m;

		seed = seed * 1664525u + 1013904223u;
		n = seed >> 28 & 5;
		m = seed >> 24 & 5;
		for (size_t j = 0; j < 6; j++) {
			seed = seed * 1664525u + 1013904223u;
			a[j] = (char)('a' + (seed >> 30));
			b[j] = (char)('a' + (seed >> 28 & 3));
		}
		assert_int_equal(suggest_distance(a, n, b, m),
		    distance_by_definition(a, n, b, m));
	}
}

static void
suggest_distance__refuses_longer_words(void **state)
{
	char word[SUGGEST_WORD_MAX + 2];

	(void)state;
	memset(word, 'a', sizeof(word));
	assert_int_equal(suggest_distance(word, SUGGEST_WORD_MAX, word,
	    SUGGEST_WORD_MAX), 0);
	assert_int_equal(suggest_distance(word, SUGGEST_WORD_MAX + 1, word,
	    SUGGEST_WORD_MAX), SUGGEST_WORD_MAX + 1);
}

static const char *
nearest(const char *given)
{
	static const char *const known[] = { "quorum", "age_max", "band_max",
	    "ETH", "USDT", "USD" };
	struct suggest s = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(known); i++)
		suggest_offer(&s, given, strlen(given), known[i]);
	return s.best;
}

static void
suggest_offer__takes_the_nearest_within_a_third(void **state)
{
	(void)state;
	assert_string_equal(nearest("quorun"), "quorum");
	assert_string_equal(nearest("qorun"), "quorum");	/* two of six */
	assert_null(nearest("qorxn"));			/* three of six */
	assert_string_equal(nearest("ETHH"), "ETH");
	assert_string_equal(nearest("USDTT"), "USDT");
	assert_string_equal(nearest("usd"), "USD");
	assert_null(nearest("BTC"));
	assert_null(nearest(""));
	assert_null(nearest("E"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggest_distance__counts_each_kind_of_edit),
		cmocka_unit_test(suggest_distance__equals_the_definition),
		cmocka_unit_test(suggest_distance__refuses_longer_words),
		cmocka_unit_test(
		    suggest_offer__takes_the_nearest_within_a_third),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
