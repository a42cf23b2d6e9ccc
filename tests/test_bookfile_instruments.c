/* book.json beyond ratio vaults: rates, dynamic assets, instruments, positions,
 * orders, liens and the tree of vaults; each refusal with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contracts-abi/attest.h"
#include "tests/book_world.h"

#define ASSET(id, more) "{\"id\":\"" id "\",\"decimals\":18" more "}"
#define FIXED ",\"ltv\":\"0.5\",\"liquidation_threshold\":\"0.6\""
#define BOOK(more) "{\"chain_id\":7,\"assets\":[" ASSET("A", FIXED) "," \
	ASSET("B", FIXED ",\"factor\":\"F\"") "]" more "}"
#define TIER(up_to, initial, maintenance) "{" up_to "\"initial\":\"" \
	initial "\",\"maintenance\":\"" maintenance "\"}"
#define PERP "{\"id\":\"P\",\"kind\":\"perp\",\"underlying\":\"A\"," \
	"\"initial_margin_fraction\":\"0.05\"," \
	"\"maintenance_margin_fraction\":\"0.03\"}"
#define INVERSE "{\"id\":\"I\",\"kind\":\"future\",\"underlying\":\"F\"," \
	"\"inverse\":true,\"multiplier\":\"100\",\"window\":\"5m\"," \
	"\"expiry\":\"2026-11-27T08:00:00Z\",\"tiers\":[" \
	"{\"up_to\":\"1000\",\"initial\":\"0.1\",\"maintenance\":\"0.05\"}," \
	"{\"initial\":\"0.2\",\"maintenance\":\"0.1\"}]}"
#define OPTION "{\"id\":\"O\",\"kind\":\"option\",\"underlying\":\"A\"," \
	"\"right\":\"call\",\"strike\":\"4000\",\"expiry\":1764230400000}"
#define SPOT "{\"id\":\"S\",\"kind\":\"spot\",\"underlying\":\"G\"}"
#define WITH(more) BOOK(",\n\"instruments\":[\n" PERP ",\n" INVERSE ",\n" \
	OPTION ",\n" SPOT "]" more)

static void
bookfile_read__reads_each_kind_of_instrument(void **state)
{
	const struct instrument *p = &instruments[0], *i = &instruments[1];
	const struct instrument *o = &instruments[2], *s = &instruments[3];
	struct b32 id;

	(void)state;
	good(WITH(""));
	assert_int_equal(book.instrument_count, 4);
	name_id(&id, "P", 1);
	assert_true(b32_equal(&p->id, &id));
	assert_int_equal(p->kind, INSTRUMENT_PERP);
	assert_int_equal(p->factor, 0);
	assert_int_equal(p->tier_count, 1);
	assert_int_equal(ppb_to_raw(p->tier[0].initial), 50000000);
	assert_int_equal(ppb_to_raw(p->tier[0].maintenance), 30000000);
	assert_true(usd18_to_raw(p->tier[0].up_to) == I128_MAX);
	assert_true(num18_to_raw(p->multiplier) == (i128)WAD_ONE_RAW);
	assert_int_equal(p->expiry_ms, 0);
	assert_int_equal(p->window_ms, 0);
	assert_int_equal(i->kind, INSTRUMENT_FUTURE);
	assert_true(i->is_inverse);
	assert_int_equal(i->window_ms, 300000);
	assert_int_equal(i->expiry_ms, 1795766400000);
	assert_int_equal(i->tier_count, 2);
	assert_true(usd18_to_raw(i->tier[0].up_to) ==
	    (i128)1000 * (i128)WAD_ONE_RAW);
	assert_true(usd18_to_raw(i->tier[1].up_to) == I128_MAX);
	assert_int_equal(ppb_to_raw(i->tier[1].maintenance), 100000000);
	assert_int_equal(o->kind, INSTRUMENT_OPTION);
	assert_true(o->is_call);
	assert_false(o->is_coin_settled);
	assert_int_equal(o->window_ms, INSTRUMENT_WINDOW_MS_DEFAULT);
	assert_int_equal(o->tier_count, 0);
	assert_true(px18_to_raw(o->strike) == 4000 * WAD_ONE_RAW);
	assert_int_equal(s->kind, INSTRUMENT_SPOT);
	/* An underlying that no asset has is a factor of its own. */
	assert_string_equal(names.factor[s->factor], "G");
	assert_int_equal(book.factor_count, 3);
}

static void
bookfile_read__refuses_what_an_instrument_must_not_say(void **state)
{
	static const struct {
		const char *instrument, *error;
	} table[] = {
		{ "{\"id\":\"X\",\"kind\":\"perp\",\"underlying\":\"A\"}",
		  "b:3:1: instrument X: the key `initial_margin_fraction` is "
		  "missing\n"
		  "b:3:1: instrument X: the key `maintenance_margin_fraction` "
		  "is missing\n" },
		{ "{\"id\":\"X\",\"kind\":\"perp\",\"underlying\":\"A\","
		  "\"initial_margin_fraction\":\"0.1\","
		  "\"tiers\":[{\"initial\":\"1\",\"maintenance\":\"1\"}]}",
		  "b:3:1: instrument X: one with `tiers` has no "
		  "`initial_margin_fraction`\n" },
		{ "{\"id\":\"X\",\"kind\":\"perp\",\"underlying\":\"A\","
		  "\"initial_margin_fraction\":\"0.1\","
		  "\"maintenance_margin_fraction\":\"0.100000001\"}",
		  "b:3:1: instrument X: `maintenance_margin_fraction` is above "
		  "`initial_margin_fraction`\n" },
		{ "{\"id\":\"X\",\"kind\":\"option\",\"underlying\":\"A\"}",
		  "b:3:1: instrument X: the key `right` is missing\n"
		  "b:3:1: instrument X: the key `strike` is missing\n"
		  "b:3:1: instrument X: the key `expiry` is missing\n" },
		{ "{\"id\":\"X\",\"kind\":\"spot\",\"underlying\":\"A\","
		  "\"strike\":\"1\",\"settlement\":\"coin\",\"inverse\":true,"
		  "\"window\":\"1s\"}",
		  "b:3:1: instrument X: spot has no `strike`\n"
		  "b:3:1: instrument X: spot has no `settlement`\n"
		  "b:3:1: instrument X: spot has no `window`\n"
		  "b:3:1: instrument X: spot has no `inverse`\n" },
		{ "{\"id\":\"X\",\"kind\":\"option\",\"underlying\":\"A\","
		  "\"right\":\"calls\",\"strike\":\"0\",\"expiry\":0,"
		  "\"multiplier\":\"0\"}",
		  "b:3:52: `right`: \"calls\" is none of call, put (did you "
		  "mean `call`?)\n"
		  "b:3:69: `strike`: zero\n"
		  "b:3:82: `expiry`: zero\n"
		  "b:3:97: `multiplier`: zero\n" },
		{ "{\"id\":\"X\",\"kind\":\"perp\",\"underlying\":\"A\","
		  "\"tiers\":[\n"
		  TIER("", "0.1", "0.1") ",\n"
		  TIER("\"up_to\":\"9\",", "0.1", "0.2") ",\n"
		  TIER("\"up_to\":\"9\",", "0.1", "0.1") ",\n"
		  TIER("\"up_to\":\"9\",", "0.2", "0.1") ",\n"
		  TIER("\"up_to\":\"10\",", "0.0", "0.0") "]}",
		  "b:4:1: instrument X: a tier: only the last may lack "
		  "`up_to`\n"
		  "b:5:1: instrument X: a tier: `maintenance` is above "
		  "`initial`\n"
		  "b:7:1: instrument X: a tier: `up_to` does not rise\n"
		  "b:8:1: instrument X: a tier: its margin falls\n" },
		{ PERP ",\n" PERP, "b:4:1: instrument P stands twice\n" },
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		snprintf(text, sizeof(text), BOOK(",\n\"instruments\":[\n%s]"),
		    table[i].instrument);
		bad(text, table[i].error);
	}
}

static void
bookfile_read__sorts_positions_and_orders_of_each_vault(void **state)
{
	(void)state;
	good(WITH(",\"vaults\":[{\"id\":\"u\",\"positions\":["
	    "{\"instrument\":\"O\",\"size\":\"-0.5\"}]},"
	    "{\"id\":\"v\",\"method\":\"scenario\",\"mode\":\"portfolio\","
	    "\"leverage\":\"10\",\"positions\":["
	    "{\"instrument\":\"S\",\"size\":\"1\"},"
	    "{\"instrument\":\"I\",\"size\":\"-3\",\"entry\":\"2000\","
	    "\"funding\":\"-0.25\"},"
	    "{\"instrument\":\"P\",\"size\":\"2\",\"entry\":\"0\"}],"
	    "\"orders\":[{\"instrument\":\"I\",\"size\":\"1\",\"price\":\"9\"},"
	    "{\"instrument\":\"P\",\"size\":\"2\",\"price\":\"8\"},"
	    "{\"instrument\":\"I\",\"size\":\"-3\",\"price\":\"7\"}]}]"));
	assert_int_equal(book.position_count, 4);
	assert_int_equal(vaults[0].position_first, 0);
	assert_int_equal(vaults[0].position_count, 1);
	assert_true(px18_is_zero(positions[0].entry));
	assert_int_equal(vaults[1].method, METHOD_SCENARIO);
	assert_int_equal(vaults[1].node, NODE_PORTFOLIO);
	assert_true(num18_to_raw(vaults[1].leverage) ==
	    (i128)10 * (i128)WAD_ONE_RAW);
	assert_int_equal(vaults[1].position_first, 1);
	assert_int_equal(vaults[1].position_count, 3);
	assert_int_equal(positions[1].instrument, 0);
	assert_int_equal(positions[2].instrument, 1);
	assert_int_equal(positions[3].instrument, 3);
	assert_true(usd18_to_raw(positions[2].funding) == -250000000000000000);
	assert_true(num18_to_raw(positions[2].size) ==
	    (i128)-3 * (i128)WAD_ONE_RAW);
	/* Two orders of one instrument keep the file's order. */
	assert_int_equal(vaults[1].order_count, 3);
	assert_int_equal(orders[0].instrument, 0);
	assert_int_equal(orders[1].instrument, 1);
	assert_true(px18_to_raw(orders[1].price) == 9 * WAD_ONE_RAW);
	assert_true(px18_to_raw(orders[2].price) == 7 * WAD_ONE_RAW);
}

static void
bookfile_read__refuses_positions_by_name_and_place(void **state)
{
	(void)state;
	bad(WITH(",\n\"vaults\":[{\"id\":\"v\",\"positions\":[\n"
	    "{\"instrument\":\"Q\",\"size\":\"1\"},\n"
	    "{\"instrument\":\"PP\",\"size\":\"1\"},\n"
	    "{\"instrument\":\"P\",\"size\":\"1\"},\n"
	    "{\"instrument\":\"I\",\"size\":\"1\",\"entry\":\"0\"},\n"
	    "{\"instrument\":\"O\",\"size\":\"0\"},\n"
	    "{\"instrument\":\"O\",\"size\":\"1\"},\n"
	    "{\"instrument\":\"O\",\"size\":\"1\"}],\n"
	    "\"orders\":[{\"instrument\":\"O\",\"size\":\"0\"}]}]"),
	    "b:8:1: unknown instrument `Q`\n"
	    "b:9:1: unknown instrument `PP` (did you mean `P`?)\n"
	    "b:10:1: a position in P: the key `entry` is missing\n"
	    "b:11:1: a position in I: `entry`: zero\n"
	    "b:12:26: `size`: zero\n"
	    "b:14:1: instrument O stands twice in one vault\n"
	    "b:15:36: `size`: zero\n"
	    "b:15:11: an order: the key `price` is missing\n");
}

#define TOKEN "0x0000000000000000000000000000000000000001"
#define HOLDER "\"holder\":\"0x0000000000000000000000000000000000000002\""
#define LIENS "{\"assets\":[" ASSET("A", ",\"token\":\"" TOKEN "\"") "," \
	"{\"id\":\"C\",\"decimals\":6,\"chain_id\":10,\"token\":\"" TOKEN \
	"\"}],\n\"liens\":[{\"id\":\"l\",\"chain_id\":10,\"token\":\"" TOKEN \
	"\"," HOLDER ",\"block\":5,\"amount\":\"1.5\"},\n" \
	"{\"id\":\"m\",\"chain_id\":11,\"token\":\"" TOKEN "\"," HOLDER \
	",\"amount\":\"2\"}]"

static void
bookfile_read__binds_liens_to_tokens(void **state)
{
	(void)state;
	good(LIENS ",\"vaults\":[{\"id\":\"v\",\"collateral\":["
	    "{\"asset\":\"A\",\"amount\":\"1\"},"
	    "{\"asset\":\"C\",\"amount\":\"1\",\"lien\":\"l\"}]}]}");
	assert_int_equal(book.lien_count, 2);
	assert_int_equal(book.assets[1].risk.chain_id, 10);
	assert_int_equal(liens[0].asset, 1);
	assert_true(liens[0].amount == 1500000);
	assert_int_equal(liens[0].block_number, 5);
	assert_int_equal(liens[0].holder.b[19], 2);
	assert_int_equal(liens[1].asset, BOOK_ASSETS_MAX);
	assert_int_equal(vaults[0].collateral[0].lien, 0);
	assert_int_equal(vaults[0].collateral[1].lien, 1);
	bad(LIENS ",\n\"vaults\":[{\"id\":\"v\",\"collateral\":[\n"
	    "{\"asset\":\"A\",\"amount\":\"1\",\"lien\":\"l\"},\n"
	    "{\"asset\":\"C\",\"amount\":\"1\",\"lien\":\"n\"}]}]}",
	    "b:5:1: lien l is not on the token of A\n"
	    "b:6:1: unknown lien `n`\n");
	bad("{\"assets\":[" ASSET("A", "") "],\n\"liens\":[\n"
	    "{\"id\":\"l\",\"token\":\"" TOKEN "\"," HOLDER "},\n"
	    "{\"id\":\"l\",\"token\":\"" TOKEN "\"," HOLDER
	    ",\"amount\":\"1\"},\n"
	    "{\"id\":\"l\",\"token\":\"" TOKEN "\"," HOLDER
	    ",\"amount\":\"1\"}]}",
	    "b:3:1: a lien: the key `amount` is missing\n"
	    "b:5:1: lien l stands twice\n");
}

static void
bookfile_read__makes_rates_of_assets_with_prices(void **state)
{
	(void)state;
	/* The base may stand behind its rates. */
	good("{\"assets\":[" ASSET("W", ",\"rate_of\":\"E\"") ","
	    ASSET("R", ",\"rate_of\":\"E\",\"factor\":\"own\"") ","
	    ASSET("E", FIXED ",\"factor\":\"ETH\",\"group\":\"g\"") ","
	    ASSET("X", ",\"group\":\"h\"") ","
	    ASSET("Y", ",\"group\":\"g\"") "]}");
	assert_true(book.assets[0].risk.is_rate);
	assert_int_equal(book.assets[0].risk.rate_of, 2);
	assert_int_equal(book.assets[0].factor, book.assets[2].factor);
	assert_string_equal(names.factor[book.assets[1].factor], "own");
	assert_false(book.assets[2].risk.is_rate);
	assert_true(book.assets[0].risk.is_dynamic);
	assert_false(book.assets[2].risk.is_dynamic);
	assert_string_equal(book.assets[0].risk.group, "");
	assert_string_equal(book.assets[3].risk.group, "h");
	assert_string_equal(book.assets[4].risk.group,
	    book.assets[2].risk.group);
	bad("{\"assets\":[\n" ASSET("E", "") ",\n"
	    ASSET("W", ",\"rate_of\":\"E\"") ",\n"
	    ASSET("X", ",\"rate_of\":\"W\"") ",\n"
	    ASSET("Y", ",\"rate_of\":\"Y\"") ",\n"
	    ASSET("Z", ",\"rate_of\":\"EE\"") "]}",
	    "b:4:35: asset X: `rate_of`: W is a rate itself; a rate is of an "
	    "asset with a USD price\n"
	    "b:5:35: asset Y: `rate_of`: Y is a rate itself; a rate is of an "
	    "asset with a USD price\n"
	    "b:6:35: unknown asset `EE` (did you mean `E`?)\n");
	bad("{\"assets\":[\n" ASSET("E", "") ",\n"
	    ASSET("W", ",\"rate_of\":\"E\",\"price\":\"E\"") "]}",
	    "b:3:1: asset W: its price `E` is of another unit for asset E\n");
}

static void
bookfile_read__hangs_children_below_cross_vaults(void **state)
{
	(void)state;
	good(BOOK(",\"vaults\":[{\"id\":\"c\",\"parent\":\"p\"},"
	    "{\"id\":\"p\",\"mode\":\"cross\",\"parent\":\"q\"},"
	    "{\"id\":\"q\",\"mode\":\"cross\"}]"));
	assert_int_equal(vaults[0].parent, 2);
	assert_int_equal(vaults[1].parent, 3);
	assert_int_equal(vaults[2].parent, 0);
	bad(BOOK(",\n\"vaults\":[\n"
	    "{\"id\":\"c\",\"parent\":\"x\"}]"),
	    "b:3:20: vault c: unknown parent `x`\n");
	bad(BOOK(",\n\"vaults\":[\n"
	    "{\"id\":\"c\",\"parent\":\"p\"},\n"
	    "{\"id\":\"p\",\"mode\":\"isolated\"},\n"
	    "{\"id\":\"s\",\"mode\":\"cross\",\"parent\":\"s\"},\n"
	    "{\"id\":\"t\",\"mode\":\"cross\",\"parent\":\"u\"},\n"
	    "{\"id\":\"u\",\"mode\":\"cross\",\"parent\":\"t\"}]"),
	    "b:3:20: vault c: its parent p is not a cross vault\n"
	    "b:5:35: vault s: its parent s belongs to this vault itself\n"
	    "b:6:35: vault t: its parent u belongs to this vault itself\n"
	    "b:7:35: vault u: its parent t belongs to this vault itself\n");
}

/* Nine vaults in a row are the most. */
static void
bookfile_read__takes_trees_of_eight_ancestors(void **state)
{
	char text[2048], error[128];
	int len;

	(void)state;
	for (unsigned n = 9; n <= 10; n++) {
		len = snprintf(text, sizeof(text), "{\"assets\":["
		    ASSET("A", "") "],\n\"vaults\":[\n{\"id\":\"0\","
		    "\"mode\":\"cross\"}");
		for (unsigned i = 1; i < n; i++)
			len += snprintf(text + len, sizeof(text) - (size_t)len,
			    ",\n{\"id\":\"%u\",\"mode\":\"cross\","
			    "\"parent\":\"%u\"}", i, i - 1);
		snprintf(text + len, sizeof(text) - (size_t)len, "]}");
		snprintf(error, sizeof(error), "b:12:35: vault 9: its parent 8 "
		    "has too many parents above it\n");
		if (n == 9)
			good(text);
		else
			bad(text, error);
	}
}

static void
book_is_plain__names_what_is_more_than_ratio(void **state)
{
	static const struct {
		const char *text, *what;
		uint32_t vault;
	} table[] = {
		{ BOOK(""), NULL, 0 },
		{ BOOK(",\"vaults\":[{\"id\":\"v\",\"mode\":\"cross\"}]"),
		  NULL, 0 },
		{ "{\"assets\":[" ASSET("A", "") "]}",
		  "an asset without `ltv`", BOOK_VAULTS_MAX },
		{ "{\"assets\":[" ASSET("A", FIXED ",\"cap\":\"1\"") "]}",
		  "an asset with `cap`", BOOK_VAULTS_MAX },
		{ "{\"assets\":[" ASSET("A", FIXED) ","
		  ASSET("B", FIXED ",\"rate_of\":\"A\"") "]}",
		  "an asset with `rate_of`", BOOK_VAULTS_MAX },
		{ WITH(""), "`instruments`", BOOK_VAULTS_MAX },
		{ BOOK(",\"vaults\":[{\"id\":\"u\"},{\"id\":\"v\","
		  "\"method\":\"greeks\"}]"), "method `greeks`", 1 },
		{ BOOK(",\"vaults\":[{\"id\":\"v\",\"mode\":\"portfolio\"}]"),
		  "mode `portfolio`", 0 },
		{ BOOK(",\"vaults\":[{\"id\":\"v\",\"leverage\":\"2\"}]"),
		  "`leverage`", 0 },
		{ BOOK(",\"vaults\":[{\"id\":\"v\",\"mode\":\"cross\"},"
		  "{\"id\":\"w\",\"parent\":\"v\"}]"), "a `parent`", 1 },
	};
	struct book_excess excess;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		memset(&excess, 0, sizeof(excess));
		good(table[i].text);
		assert_int_equal(book_is_plain(&excess, &book),
		    table[i].what == NULL);
		if (table[i].what) {
			assert_string_equal(excess.what, table[i].what);
			assert_int_equal(excess.vault, table[i].vault);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bookfile_read__reads_each_kind_of_instrument),
		cmocka_unit_test(
		    bookfile_read__refuses_what_an_instrument_must_not_say),
		cmocka_unit_test(
		    bookfile_read__sorts_positions_and_orders_of_each_vault),
		cmocka_unit_test(
		    bookfile_read__refuses_positions_by_name_and_place),
		cmocka_unit_test(bookfile_read__binds_liens_to_tokens),
		cmocka_unit_test(
		    bookfile_read__makes_rates_of_assets_with_prices),
		cmocka_unit_test(
		    bookfile_read__hangs_children_below_cross_vaults),
		cmocka_unit_test(
		    bookfile_read__takes_trees_of_eight_ancestors),
		cmocka_unit_test(book_is_plain__names_what_is_more_than_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
