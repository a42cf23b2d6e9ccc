/* What is too much for the service in a book: the same thing of the same vault,
 * whether all vaults are there or one at a time; and what is said of it. */
#include "oracle/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/book_world.h"

#define FIXED ",\"ltv\":\"0.5\",\"liquidation_threshold\":\"0.6\""
#define BOOK(asset, more) "{\"assets\":[{\"id\":\"A\",\"decimals\":6" asset \
	"}]" more "}"
#define VAULTS(more) ",\"vaults\":[{\"id\":\"v\"},{\"id\":\"w\"" more \
	"},{\"id\":\"x\",\"leverage\":\"2\"}]"
#define LIEN ",\"liens\":[{\"id\":\"l\",\"token\":" \
	"\"0x0000000000000000000000000000000000000001\",\"holder\":" \
	"\"0x0000000000000000000000000000000000000002\",\"amount\":\"1\"}]"
#define PERP ",\"instruments\":[{\"id\":\"P\",\"kind\":\"perp\"," \
	"\"underlying\":\"A\",\"initial_margin_fraction\":\"0.05\"," \
	"\"maintenance_margin_fraction\":\"0.03\"}]"

#define SCENARIO(id) "{\"id\":\"" id "\",\"method\":\"scenario\"}"

static const struct config places = { .vaults_max = 4, .portfolios_max = 2 };

static void
excess_of(struct input_excess *out, const char *text)
{
	static struct bookfile_names unused;
	static struct book b;
	struct bookfile *f;

	b.instruments = instruments;
	b.positions = positions;
	b.orders = orders;
	b.liens = liens;
	assert_int_equal(bookfile_open(&f, text, strlen(text), "b", stderr),
	    ERR_OK);
	assert_int_equal(input_book_place(&b, f, 0), ERR_OK);
	assert_int_equal(input_book_scan(&b, &unused, out, f, &places),
	    ERR_OK);
	bookfile_close(f);
	input_book_arrays_free(&b);
}

static void
input_book_scan__finds_the_first_excess_of_the_whole_book(void **state)
{
	static const struct {
		const char *text, *what, *vault;
	} table[] = {
		{ BOOK(FIXED, ""), NULL, "" },
		{ BOOK(FIXED, ",\"vaults\":[{\"id\":\"v\",\"mode\":\"cross\"}]"),
		  NULL, "" },
		{ BOOK(FIXED, VAULTS("")), "`leverage`", "x" },
		{ BOOK(FIXED, VAULTS(",\"leverage\":\"3\"")), "`leverage`",
		  "w" },
		{ BOOK(FIXED, VAULTS(",\"method\":\"var\",\"leverage\":\"3\"")),
		  "its method, without `instruments`,", "w" },
		{ BOOK(FIXED, PERP ",\"vaults\":[{\"id\":\"v\",\"method\":"
		  "\"scenario\"}]"), NULL, "" },
		{ BOOK(FIXED, PERP ",\"vaults\":[{\"id\":\"v\",\"method\":"
		  "\"var\"}]"),
		  "a method besides `ratio`, `standard` and `scenario`", "v" },
		{ BOOK(FIXED, PERP ",\"vaults\":[" SCENARIO("v") ",{\"id\":"
		  "\"u\"}," SCENARIO("w") "]"), NULL, "" },
		{ BOOK(FIXED, PERP ",\"vaults\":[" SCENARIO("v") ","
		  SCENARIO("w") "," SCENARIO("x") "]"),
		  "its method, for more vaults than `portfolios_max`,", "x" },
		{ BOOK(FIXED, VAULTS(",\"mode\":\"portfolio\"")),
		  "mode `portfolio`", "w" },
		{ BOOK(FIXED, ",\"vaults\":[{\"id\":\"v\",\"parent\":\"w\"},"
		  "{\"id\":\"w\",\"mode\":\"cross\"}]"), "a `parent`", "v" },
		/* The book's own before its vaults'. */
		{ BOOK(FIXED, VAULTS("") LIEN), "`liens`", "" },
		{ BOOK(FIXED, VAULTS("") LIEN PERP), "`liens`", "" },
		{ BOOK("", VAULTS("") LIEN PERP), "an asset without `ltv`",
		  "" },
		{ BOOK(FIXED ",\"cap\":\"5\"", VAULTS("")),
		  "an asset with `cap`", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct input_excess got;

		good(table[i].text);
		excess_of(&got, table[i].text);
		assert_true((got.what == NULL) == (table[i].what == NULL));
		if (got.what)
			assert_string_equal(got.what, table[i].what);
		assert_string_equal(got.vault, table[i].vault);
		assert_int_equal(input_excess_refuse(&got, "b", "run"),
		    table[i].what ? ERR_REFUSED : ERR_OK);
		assert_int_equal(input_book_require_service(&book, &names,
		    &places, "b", "run"), table[i].what ? ERR_REFUSED : ERR_OK);
	}
}

static void
input_book_scan__refuses_what_the_book_refuses(void **state)
{
	static const char text[] = BOOK(FIXED, ",\"vaults\":[{\"id\":\"1\"},"
	    "{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"},{\"id\":\"5\"}]");
	static struct bookfile_names unused;
	static struct book b;
	struct input_excess excess = { .what = "untouched" };
	struct bookfile *f;

	(void)state;
	for (uint32_t max = 4; max <= 8; max *= 2) {
		const struct config some = { .vaults_max = max };

		assert_int_equal(bookfile_open(&f, text, strlen(text), "b",
		    NULL), ERR_OK);
		assert_int_equal(input_book_scan(&b, &unused, &excess, f,
		    &some), max == 4 ? ERR_SYNTAX : ERR_OK);
		assert_int_equal(b.asset_count, max == 4 ? 0 : 1);
		if (max == 4)
			assert_string_equal(excess.what, "untouched");
		else
			assert_null(excess.what);
		bookfile_close(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    input_book_scan__finds_the_first_excess_of_the_whole_book),
		cmocka_unit_test(
		    input_book_scan__refuses_what_the_book_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
