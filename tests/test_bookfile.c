/* book.json: defaults, units, E-modes, every refusal with its
 * place, and the rules as the contract keeps them. */
#include "oracle/bookfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/keccak.h"
#include "contracts-abi/attest.h"
#include "tests/errors_text.h"

#define VAULTS 4u

static struct book book;
static struct bookfile_names names;
static struct vault vaults[VAULTS];
static uint32_t hash[2 * VAULTS];

static char *
errors_of(const char *text, enum err want)
{
	struct errors_text t;
	FILE *out = errors_open(&t);
	enum err e;

	book_init(&book, vaults, hash, VAULTS);
	e = bookfile_read(&book, &names, text, strlen(text), "b", out);
	errors_close(&t);
	if (e != want)
		print_message("%s\n%s", text, t.text);
	assert_int_equal(e, want);
	return t.text;
}

static void
good(const char *text)
{
	char *got = errors_of(text, ERR_OK);

	assert_string_equal(got, "");
	free(got);
}

static void
bad(const char *text, const char *error)
{
	char *got = errors_of(text, ERR_SYNTAX);

	assert_string_equal(got, error);
	free(got);
}

#define A "{\"id\":\"A\",\"decimals\":6,\"ltv\":\"0.5\"," \
	"\"liquidation_threshold\":\"0.6\"}"
#define B "{\"id\":\"B\",\"decimals\":18,\"ltv\":\"0\"," \
	"\"liquidation_threshold\":\"1\"}"
#define BOOK(more) "{\"assets\":[\n" A ",\n" B "]" more "}"

static void
bookfile_read__takes_defaults(void **state)
{
	struct b32 h, id;
	struct addr token;
	const struct asset_rules *r = &book.assets[0].rules[0];

	(void)state;
	good(BOOK(",\n\"vaults\":[{\"id\":\"v\"}]"));
	assert_int_equal(book.asset_count, 2);
	assert_int_equal(book.factor_count, 2);
	assert_int_equal(book.mode_count, 1);
	assert_string_equal(names.price[1], "B");
	assert_string_equal(names.factor[1], "B");
	assert_int_equal(ppb_to_raw(r->ltv), 500000000);
	assert_int_equal(ppb_to_raw(r->liquidation_threshold), 600000000);
	assert_int_equal(ppb_to_raw(r->bonus), 50000000);
	assert_int_equal(ppb_to_raw(r->close_factor), 500000000);
	assert_int_equal(ppb_to_raw(r->debt_weight), 1000000000);
	assert_true(usd18_to_raw(r->dust) ==
	    (i128)100 * 1000000000000000000);
	/* A token that is not given is made of the name. */
	keccak256(&h, "A", 1);
	memcpy(token.b, h.b + 12, 20);
	assert_memory_equal(&book.assets[0].token, &token, 20);
	asset_id(&id, 0, &token);
	assert_true(b32_equal(&book.assets[0].id, &id));
	assert_int_equal(book.vault_count, 1);
	assert_int_equal(vaults[0].nonce, 1);
	assert_int_equal(vaults[0].method, METHOD_RATIO);
	name_id(&id, "v", 1);
	assert_true(b32_equal(&vaults[0].id, &id));
	assert_true(addr_is_zero(&vaults[0].owner));
}

static void
bookfile_read__reads_amounts_exactly_and_sorts_legs(void **state)
{
	(void)state;
	good(BOOK(",\"book\":\"x\",\"chain_id\":7,\"block\":9,\"vaults\":["
	    "{\"id\":\"v\",\"nonce\":3,\"collateral\":["
	    "{\"asset\":\"B\",\"amount\":\"0.000000000000000001\"},"
	    "{\"asset\":\"A\",\"amount\":12.5}],\"debt\":["
	    "{\"asset\":\"A\",\"amount\":\"0.000001\",\"index\":\"1.25\"}]}]"));
	assert_int_equal(book.chain_id, 7);
	assert_int_equal(names.block_number, 9);
	assert_int_equal(vaults[0].block_number, 9);
	assert_int_equal(vaults[0].nonce, 3);
	assert_int_equal(vaults[0].collateral_count, 2);
	assert_int_equal(vaults[0].collateral[0].asset, 0);
	assert_true(vaults[0].collateral[0].amount == 12500000);
	assert_true(vaults[0].collateral[1].amount == 1);
	assert_true(vaults[0].debt[0].amount == 1);
	assert_true(wad_to_raw(vaults[0].debt[0].index) ==
	    1250000000000000000u);
}

static void
bookfile_read__reads_yaml_alike(void **state)
{
	(void)state;
	good("assets:\n"
	    "  - {id: A, decimals: 6, ltv: 0.5, liquidation_threshold: 0.6}\n"
	    "vaults:\n"
	    "  - id: v\n"
	    "    collateral: [{asset: A, amount: 2}]\n");
	assert_true(vaults[0].collateral[0].amount == 2000000);
}

static void
bookfile_read__overrides_rules_in_emodes(void **state)
{
	(void)state;
	good(BOOK(",\"emodes\":[{\"id\":\"e\",\"assets\":[\"B\"],"
	    "\"ltv\":\"0.9\",\"liquidation_threshold\":\"0.95\","
	    "\"liquidation_bonus\":\"0.01\"}],\"vaults\":[{\"id\":\"v\","
	    "\"emode\":\"e\",\"collateral\":[{\"asset\":\"A\","
	    "\"amount\":\"1\"}],\"debt\":[{\"asset\":\"B\","
	    "\"amount\":\"1\"}]}]"));
	assert_int_equal(book.mode_count, 2);
	assert_string_equal(names.mode[1], "e");
	assert_int_equal(vaults[0].mode, 1);
	assert_int_equal(ppb_to_raw(book.assets[1].rules[1].
	    liquidation_threshold), 950000000);
	assert_int_equal(ppb_to_raw(book.assets[1].rules[1].bonus), 10000000);
	assert_int_equal(ppb_to_raw(book.assets[1].rules[0].bonus), 50000000);
	/* Outside the E-mode its row holds the base values. */
	assert_int_equal(ppb_to_raw(book.assets[0].rules[1].
	    liquidation_threshold), 600000000);
}

static void
bookfile_read__refuses_by_name_and_place(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ BOOK(",\n\"vault\":[]"),
		  "b:4:1: unknown key `vault` (did you mean `vaults`?)\n" },
		{ "{\"assets\":[{\"id\":\"A\"}]}",
		  "b:1:12: an asset: the key `decimals` is missing\n" },
		{ "{\"assets\":[{\"id\":\"A\",\"decimals\":1,"
		  "\"ltv\":\"0\"}]}",
		  "b:1:12: asset A: `ltv` and `liquidation_threshold`: both, "
		  "or neither for a dynamic haircut\n" },
		{ "{}", "b:1:1: the book: the key `assets` is missing\n" },
		{ "{\"assets\":[\n" A ",\n" A "]}",
		  "b:3:1: asset A stands twice\n" },
		{ BOOK(",\n\"instruments\":[{}]"),
		  "b:1:1: `instruments`: this command does not compute "
		  "them\n" },
		{ BOOK(",\n\"liens\":[1]"),
		  "b:1:1: `liens`: this command does not compute them\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"positions\":[1]}]"),
		  "b:1:1: `positions`: this command does not compute them\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"orders\":[1]}]"),
		  "b:1:1: `orders`: this command does not compute them\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"method\":\"scenari\","
		  "\n\"mode\":\"crossed\",\"leverage\":\"0\"}]"),
		  "b:4:30: `method`: \"scenari\" is none of ratio, standard, "
		  "scenario, greeks, var, es (did you mean `scenario`?)\n"
		  "b:5:8: `mode`: \"crossed\" is none of isolated, cross, "
		  "portfolio (did you mean `cross`?)\n"
		  "b:5:29: `leverage`: zero\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\"},{\"id\":\"v\"}]"),
		  "b:4:22: vault v stands twice\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"collateral\":[\n"
		  "{\"asset\":\"AA\",\"amount\":\"1\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"0.0000001\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"-1\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"1e3\"},\n"
		  "{\"asset\":\"A\",\"amount\":[]},\n"
		  "{\"asset\":\"B\",\"amount\":\"1\",\"lien\":\"l\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"1\",\"index\":\"1\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"1\"},\n"
		  "{\"asset\":\"A\",\"amount\":\"1\"}]}]"),
		  "b:5:1: unknown asset `AA` (did you mean `A`?)\n"
		  "b:6:23: `amount`: 0.0000001 does not fit A's 6 decimals\n"
		  "b:7:23: `amount`: \"-1\" is not a number such as 12.5\n"
		  "b:8:23: `amount`: \"1e3\" is not a number such as 12.5\n"
		  "b:9:23: `amount`: a list where a number is expected\n"
		  "b:10:1: unknown lien `l`\n"
		  "b:11:27: unknown key `index`\n"
		  "b:13:1: asset A stands twice on one side\n" },
		{ BOOK(",\n\"vaults\":[{\"id\":\"v\",\"debt\":[\n"
		  "{\"asset\":\"A\",\"amount\":\"1\",\"index\":\"0\"}]}]"),
		  "b:5:35: `index`: zero\n" },
		{ BOOK(",\n\"emodes\":[{\"id\":\"e\",\"ltv\":\"0.96\","
		  "\"liquidation_threshold\":\"0.95\"}]"),
		  "b:4:11: emode e: `ltv` is above "
		  "`liquidation_threshold`\n" },
		{ BOOK(",\n\"emodes\":[{\"id\":\"e\",\"assets\":[\"A\"],"
		  "\"ltv\":\"0.9\",\"liquidation_threshold\":\"0.95\"}],\n"
		  "\"vaults\":[{\"id\":\"v\",\"emode\":\"e\",\"debt\":["
		  "{\"asset\":\"B\",\"amount\":\"1\"}]},\n"
		  "{\"id\":\"w\",\"emode\":\"f\"}]"),
		  "b:5:11: vault v: its debt B is not in emode e\n"
		  "b:6:1: unknown emode `f`\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		bad(table[i].text, table[i].error);
}

/* One asset with one more key; both sides of each limit. */
static void
bookfile_read__takes_each_limit_and_nothing_beyond(void **state)
{
	static const struct {
		const char *key;
		bool is_good;
	} table[] = {
		{ "\"debt_weight\":\"0.999999999\"", false },
		{ "\"debt_weight\":\"1\"", true },
		{ "\"debt_weight\":\"4.294967295\"", true },
		{ "\"debt_weight\":\"4.294967296\"", false },
		{ "\"close_factor\":\"0\"", false },
		{ "\"close_factor\":\"0.000000001\"", true },
		{ "\"close_factor\":\"0.0000000001\"", false },
		{ "\"close_factor\":\"1\"", true },
		{ "\"close_factor\":\"1.000000001\"", false },
		{ "\"liquidation_bonus\":\"1\"", true },
		{ "\"liquidation_bonus\":\"1.000000001\"", false },
		{ "\"dust\":\"309485009.821345068724781055\"", true },
		{ "\"dust\":\"309485009.821345068724781056\"", false },
		{ "\"token\":\"0x5FbDB2315678afecb367f032d93F642f64180aa3\"",
		  true },
		{ "\"token\":\"0x5fbDB2315678afecb367f032d93F642f64180aa3\"",
		  false },
		{ "\"cap\":null", true },
		{ "\"cap\":\"5\"", true },
		{ "\"cap\":\"170141183460469231731.687303715884105727\"",
		  true },
		{ "\"cap\":\"170141183460469231731.687303715884105728\"",
		  false },
		{ "\"rate_of\":\"B\"", false },
		{ "\"rate_of\":\"A\"", false },
		{ "\"rate_of\":[]", false },
		{ "\"adv\":\"0\"", false },
		{ "\"finality_s\":4294967295", true },
		{ "\"finality_s\":4294967296", false },
		{ "\"volatility\":\"much\"", false },
		{ "\"finality_s\":780", true },
		{ "\"emode\":[]", true },
		{ "\"emode\":[\"e\"]", false },
		{ "\"group\":\"majors\"", true },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		snprintf(text, sizeof(text), "{\"assets\":[{\"id\":\"A\","
		    "\"decimals\":30,\"ltv\":\"1\",\"liquidation_threshold\":"
		    "\"1\",%s}]}", table[i].key);
		free(errors_of(text, table[i].is_good ? ERR_OK : ERR_SYNTAX));
	}
	bad("{\"assets\":[{\"id\":\"A\",\"decimals\":31,\"ltv\":\"0.7\","
	    "\"liquidation_threshold\":\"0.6\"}]}",
	    "b:1:33: `decimals`: 31 is not between 0 and 30\n");
	bad("{\"assets\":[{\"id\":\"A\",\"decimals\":30,\"ltv\":\"0.7\","
	    "\"liquidation_threshold\":\"0.6\"}]}",
	    "b:1:12: asset A: `ltv` is above `liquidation_threshold`\n");
}

static void
bookfile_read__refuses_more_vaults_than_places(void **state)
{
	size_t count = 0;
	static const char five[] = BOOK(",\n\"vaults\":[{\"id\":\"1\"},"
	    "{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"},\n{\"id\":\"5\"}]");

	(void)state;
	assert_int_equal(bookfile_vault_count(&count, five, strlen(five),
	    "b", stderr), ERR_OK);
	assert_int_equal(count, 5);
	bad(five, "b:5:1: vault 5: no place; there are 4\n");
	/* Nothing of it is left. */
	assert_int_equal(book.vault_count, 0);
	assert_int_equal(book.asset_count, 0);
	assert_string_equal(names.price[0], "");
}

static void
bookfile_rules_blob__is_what_the_contract_keeps(void **state)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	struct b32 h, want;
	size_t len = 0;
	const uint8_t *row;

	(void)state;
	good(BOOK(",\"emodes\":[{\"id\":\"e\",\"assets\":[\"B\"],"
	    "\"ltv\":\"0.9\",\"liquidation_threshold\":\"0.95\"}]"));
	assert_int_equal(bookfile_rules_blob(blob, &len, &h, &book), ERR_OK);
	assert_int_equal(len, 32 * (1 + 2 + 2 * 2));
	assert_int_equal(blob[0], 1);
	assert_int_equal(blob[1], 2);
	assert_int_equal(blob[2], 2);
	assert_memory_equal(blob + 32, book.assets[0].token.b, 20);
	assert_int_equal(blob[52], 6);
	/* Mode-major: the last row is B in the E-mode. */
	row = blob + len - 32;
	assert_int_equal(row[0] << 24 | row[1] << 16 | row[2] << 8 | row[3],
	    900000000);
	assert_int_equal(row[20], 1);
	keccak256(&want, blob, len);
	assert_true(b32_equal(&h, &want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bookfile_read__takes_defaults),
		cmocka_unit_test(
		    bookfile_read__reads_amounts_exactly_and_sorts_legs),
		cmocka_unit_test(bookfile_read__reads_yaml_alike),
		cmocka_unit_test(bookfile_read__overrides_rules_in_emodes),
		cmocka_unit_test(bookfile_read__refuses_by_name_and_place),
		cmocka_unit_test(
		    bookfile_read__takes_each_limit_and_nothing_beyond),
		cmocka_unit_test(
		    bookfile_read__refuses_more_vaults_than_places),
		cmocka_unit_test(
		    bookfile_rules_blob__is_what_the_contract_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
