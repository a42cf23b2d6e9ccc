/* A book read vault by vault: the same vaults and the same complaints, at the
 * same places, as with places for all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/book_world.h"

#define A "{\"id\":\"A\",\"decimals\":6,\"ltv\":\"0.5\"," \
	"\"liquidation_threshold\":\"0.6\"}"
#define B "{\"id\":\"B\",\"decimals\":18,\"ltv\":\"0\"," \
	"\"liquidation_threshold\":\"1\"}"
#define ASSETS "\"assets\":[\n" A ",\n" B "]"
#define BOOK(more) "{" ASSETS more "}"
#define LEG(asset) "{\"asset\":\"" asset "\",\"amount\":\"1\"}"
#define PERP "{\"id\":\"P\",\"kind\":\"perp\",\"underlying\":\"A\"," \
	"\"initial_margin_fraction\":\"0.05\"," \
	"\"maintenance_margin_fraction\":\"0.03\"}"

/* What one reading tells; never more than one vault of it is anywhere. */
struct told {
	uint32_t count;
	uint32_t stop_at;	/* after so many; 0: never */
	struct bookfile_ids ids;
	bool is_second;		/* ids are there: nobody asks for them */
};

static struct book scanned;
static struct bookfile_names scanned_names;
static struct position one_position[POSITIONS_MAX];
static struct order one_order[POSITIONS_MAX];
static struct lien scanned_lien[WORLD_PLACES];
static struct instrument scanned_instrument[WORLD_PLACES];

/* Against the book that was read with places before. */
static enum err
vault_compare(void *arg, const struct vault *v)
{
	struct told *t = arg;
	const struct vault *want = &vaults[t->count];
	struct vault got = *v;

	/* Of a book that is refused nothing is there. */
	if (book.vault_count == 0)
		return ERR_OK;
	assert_in_range(t->count, 0, book.vault_count - 1);
	assert_int_equal(v->parent, want->parent ? UINT32_MAX : 0);
	assert_memory_equal(scanned.positions + v->position_first,
	    positions + want->position_first,
	    v->position_count * sizeof(*positions));
	assert_memory_equal(scanned.orders + v->order_first,
	    orders + want->order_first, v->order_count * sizeof(*orders));
	got.parent = want->parent;
	got.position_first = want->position_first;
	got.order_first = want->order_first;
	assert_memory_equal(&got, want, sizeof(got));
	return ++t->count == t->stop_at ? ERR_STALE : ERR_OK;
}

static enum err
each(struct told *t, struct bookfile *f, uint32_t vaults_max)
{
	struct bookfile_sink to = { .vaults_max = vaults_max,
		.ids = t->is_second ? NULL : &t->ids, .each = vault_compare,
		.arg = t };

	scanned.positions = one_position;
	scanned.orders = one_order;
	scanned.liens = scanned_lien;
	scanned.instruments = scanned_instrument;
	return bookfile_each(f, &scanned, &scanned_names, &to);
}

/* Reads a text in both ways, which must complain of the same. */
static void
both(const char *text, enum err want, const char *error)
{
	struct errors_text e;
	struct told t = { 0 };
	struct bookfile *f;
	char *whole = book_errors(text, want);
	enum err got = bookfile_open(&f, text, strlen(text), "b",
	    errors_open(&e));

	if (got == ERR_OK) {
		got = each(&t, f, WORLD_VAULTS);
		bookfile_close(f);
	}
	errors_close(&e);
	assert_string_equal(whole, error);
	assert_string_equal(e.text, error);
	assert_int_equal(got, want);
	if (want == ERR_OK) {
		assert_int_equal(t.count, book.vault_count);
		assert_int_equal(t.ids.count, book.vault_count);
		assert_memory_equal(scanned.assets, book.assets,
		    sizeof(book.assets));
		assert_memory_equal(&scanned_names, &names, sizeof(names));
	} else {
		assert_int_equal(scanned.asset_count, 0);
	}
	assert_null(scanned.vaults);
	assert_int_equal(scanned.vault_count, 0);
	for (uint32_t i = 0; i < t.ids.count && want == ERR_OK; i++)
		assert_string_equal(bookfile_ids_name(&t.ids, i),
		    vaults[i].name);
	bookfile_ids_free(&t.ids);
	errors_free(&e);
	free(whole);
}

static void
bookfile_each__tells_the_vaults_that_a_book_would_hold(void **state)
{
	static const char *const texts[] = {
		BOOK(",\"vaults\":[]"), BOOK(""), BOOK(",\"vaults\":null"),
		BOOK(",\"block\":9,\"vaults\":[{\"id\":\"v\"},\n{\"id\":\"w\","
		    "\"nonce\":3,\"collateral\":[" LEG("B") "," LEG("A") "],"
		    "\"debt\":[" LEG("B") "]}]"),
		/* Keys stand in any order: vaults before what they use. */
		"{\"vaults\":[{\"id\":\"v\",\"emode\":\"e\",\"debt\":["
		    LEG("A") "]}],\"emodes\":[{\"id\":\"e\",\"ltv\":\"0.9\","
		    "\"liquidation_threshold\":\"0.95\",\"assets\":[\"A\"]}],"
		    ASSETS ",\"block\":4}",
		BOOK(",\"vaul\\u0074s\":[{\"\\u0069d\":\"\\u00e9\\\"\"},"
		    "{\"id\":\"w\"}]"),
		"assets:\n  - {id: A, decimals: 6}\nvaults:\n  - id: v\n"
		    "  - {id: w, collateral: [{asset: A, amount: 2}]}\n",
		/* What the service does not take is read alike. */
		BOOK(",\"vaults\":[{\"id\":\"c\",\"parent\":\"p\"},{\"id\":"
		    "\"p\",\"mode\":\"cross\"},{\"id\":\"d\",\"parent\":"
		    "\"p\",\"leverage\":\"3\",\"method\":\"es\"}]"),
		BOOK(",\"instruments\":[" PERP "],\"vaults\":[{\"id\":\"v\","
		    "\"positions\":[{\"instrument\":\"P\",\"size\":\"-2\","
		    "\"entry\":\"3\"}],\"orders\":[{\"instrument\":\"P\","
		    "\"size\":\"1\",\"price\":\"2\"}]},{\"id\":\"w\","
		    "\"orders\":[{\"instrument\":\"P\",\"size\":\"3\","
		    "\"price\":\"1\"}],\"positions\":[{\"instrument\":\"P\","
		    "\"size\":\"4\",\"entry\":\"1\"}]}]"),
		BOOK(",\"liens\":[{\"id\":\"l\",\"token\":"
		    "\"0x0000000000000000000000000000000000000001\","
		    "\"holder\":\"0x0000000000000000000000000000000000000002\""
		    ",\"amount\":\"1\"}],\"vaults\":[{\"id\":\"v\"}]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		both(texts[i], ERR_OK, "");
}

static void
bookfile_each__names_the_place_of_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		/* In the third vault, and in the fifth: one pass. */
		{ BOOK(",\n\"vaults\":[{\"id\":\"1\"},{\"id\":\"2\"},\n"
		  "  {\"id\":\"3\",\"collateral\":[" LEG("AA") "]},\n"
		  "{\"id\":\"4\"},\n{\"id\":\"5\",\"nonce\":\"x\",\"dept\":[]"
		  "}]"),
		  "b:5:27: unknown asset `AA` (did you mean `A`?)\n"
		  "b:7:19: `nonce`: \"x\" is not a whole number\n"
		  "b:7:23: unknown key `dept` (did you mean `debt`?)\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"},\n{\"nonce\":1},[],7]"),
		  "b:5:1: a vault: the key `id` is missing\n"
		  "b:5:13: a vault: a list where a map is expected\n"
		  "b:5:16: a vault: a text where a map is expected\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"},{\"id\":\"w\"},\n"
		  "{\"id\":\"v\"}]"), "b:5:1: vault v stands twice\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"},{\"id\":\"\\u0076\"}]"),
		  "b:4:22: vault v stands twice\n" },
		{ BOOK(",\n\"vaults\":{\"id\":\"v\"}"),
		  "b:4:10: `vaults`: a map where a list is expected\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\n\"id\":\"w\"}],\n"
		  "\"vaults\":[{\"id\":\"x\"}]"),
		  "b:5:1: key `id` stands twice\n"
		  "b:6:1: key `vaults` stands twice\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"},\n]"),
		  "b:5:1: no valid JSON: unexpected token near ']'\n" },
		{ "{" ASSETS ",\n\"vaults\":[{\"id\":\"v\"},\n{\"id\":\"w\"",
		  "b:5:9: no valid JSON: '}' expected near end of file\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"} {\"id\":\"w\"}]"),
		  "b:4:22: no valid JSON: ']' expected near '{'\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"x\":"
		  "[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}]"),
		  "b:4:38: more than 16 levels deep\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"c\",\"parent\":\"q\"},\n"
		  "{\"id\":\"p\",\"mode\":\"cross\"},{\"id\":\"d\","
		  "\"parent\":\"pp\"}]"),
		  "b:4:30: vault c: unknown parent `q`\n"
		  "b:5:46: vault d: unknown parent `pp`\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"c\",\"parent\":\"d\"},\n"
		  "{\"id\":\"d\"},{\"id\":\"e\",\"mode\":\"cross\",\n"
		  "\"parent\":\"e\"}]"),
		  "b:4:30: vault c: its parent d is not a cross vault\n"
		  "b:6:10: vault e: its parent e belongs to this vault "
		  "itself\n" },
		/* The assets come first, wherever they stand. */
		{ "{\"vaults\":[{\"id\":\"v\",\"x\":1}],\n\"assets\":[{}]}",
		  "b:2:11: an asset: the key `id` is missing\n"
		  "b:2:11: an asset: the key `decimals` is missing\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		both(table[i].text, table[i].text[0] == '{' &&
		    strstr(table[i].error, "levels") ? ERR_LIMIT : ERR_SYNTAX,
		    table[i].error);
}

/* A vault with so many legs on each side, of as many assets and one more. */
static void
legs_of(unsigned count, bool good_too)
{
	struct errors_text t, want;

	errors_open(&t);
	errors_open(&want);
	fprintf(t.file, "{\"assets\":[");
	for (unsigned i = 0; i <= count; i++)
		fprintf(t.file, "%s{\"id\":\"A%u\",\"decimals\":0}",
		    i > 0 ? "," : "", i);
	fprintf(t.file, "],\"vaults\":[{\"id\":\"u\"},\n{\"id\":\"v\"");
	for (unsigned side = 0; side < 2; side++) {
		fprintf(t.file, ",\n\"%s\":[", side ? "debt" : "collateral");
		for (unsigned i = 0; i < count; i++)
			fprintf(t.file, "%s\n{\"asset\":\"A%u\",\"amount\":"
			    "\"%u\"}", i > 0 ? "," : "", count - i, i);
		fprintf(t.file, "]");
		if (!good_too)
			fprintf(want.file, "b:%u:1: more than 16 legs on one "
			    "side\n", 3 + (1 + side) * count + side);
	}
	fprintf(t.file, "}]}");
	errors_close(&t);
	errors_close(&want);
	both(t.text, good_too ? ERR_OK : ERR_SYNTAX, want.text);
	errors_free(&t);
	errors_free(&want);
}

static void
bookfile_each__takes_sixteen_legs_a_side_and_no_more(void **state)
{
	(void)state;
	legs_of(BOOK_LEGS_MAX, true);
	legs_of(BOOK_LEGS_MAX + 1, false);
}

static void
bookfile_each__refuses_more_vaults_than_it_may(void **state)
{
	static const char five[] = BOOK(",\n\"vaults\":[{\"id\":\"1\"},"
	    "{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"},\n{\"id\":\"5\"}]");
	struct bookfile *f;

	(void)state;
	free(book_errors(five, ERR_OK));
	for (uint32_t max = 4; max <= 8; max *= 2)
		for (unsigned second = 0; second < 2; second++) {
			struct told t = { .is_second = second };
			struct errors_text e;

			assert_int_equal(bookfile_open(&f, five, strlen(five),
			    "b", errors_open(&e)), ERR_OK);
			assert_int_equal(each(&t, f, max), max == 4 ?
			    ERR_SYNTAX : ERR_OK);
			bookfile_close(f);
			bookfile_ids_free(&t.ids);
			errors_close(&e);
			assert_string_equal(e.text, max == 4 ? "b:5:1: vault "
			    "5: no place; there are 4\n" : "");
			assert_int_equal(t.count, max == 4 ? 4 : 5);
			errors_free(&e);
		}
}

static void
bookfile_each__ends_when_told_and_begins_anew(void **state)
{
	static const char text[] = BOOK(",\"vaults\":[{\"id\":\"1\"},"
	    "{\"id\":\"2\"},{\"id\":\"3\"}]");
	struct bookfile *f;
	struct told t = { .stop_at = 2 };

	(void)state;
	free(book_errors(text, ERR_OK));
	assert_int_equal(bookfile_open(&f, text, strlen(text), "b", stderr),
	    ERR_OK);
	assert_int_equal(each(&t, f, 4), ERR_STALE);
	assert_int_equal(t.count, 2);
	bookfile_ids_free(&t.ids);
	t = (struct told){ .is_second = true };
	assert_int_equal(each(&t, f, 4), ERR_OK);
	assert_int_equal(t.count, 3);
	bookfile_close(f);
}

/* What is wrong further on is not told of, and what follows it neither. */
static void
bookfile_each__tells_nothing_behind_an_error(void **state)
{
	static const char text[] = BOOK(",\"vaults\":[{\"id\":\"1\"},"
	    "{\"id\":\"2\",\"nonce\":\"-\"},{\"id\":\"3\"}]");
	struct bookfile *f;
	struct told t = { 0 };

	(void)state;
	free(book_errors(BOOK(",\"vaults\":[{\"id\":\"1\"},{\"id\":\"2\"}]"),
	    ERR_OK));
	assert_int_equal(bookfile_open(&f, text, strlen(text), "b", NULL),
	    ERR_OK);
	assert_int_equal(each(&t, f, 4), ERR_SYNTAX);
	assert_int_equal(t.count, 1);
	bookfile_ids_free(&t.ids);
	bookfile_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    bookfile_each__tells_the_vaults_that_a_book_would_hold),
		cmocka_unit_test(
		    bookfile_each__names_the_place_of_what_is_wrong),
		cmocka_unit_test(
		    bookfile_each__takes_sixteen_legs_a_side_and_no_more),
		cmocka_unit_test(
		    bookfile_each__refuses_more_vaults_than_it_may),
		cmocka_unit_test(
		    bookfile_each__ends_when_told_and_begins_anew),
		cmocka_unit_test(
		    bookfile_each__tells_nothing_behind_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
