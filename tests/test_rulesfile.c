/* rules.yaml: presets below the file's keys, lists, refusals with their place;
 * the hash stands for every parameter and for nothing else. */
#include "oracle/rulesfile_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "margin/preset.h"
#include "tests/errors_text.h"

static struct rules rules;

static char *
rules_errors(const char *text, enum err want)
{
	struct errors_text t;
	FILE *out = errors_open(&t);
	enum err e = rulesfile_read(&rules, text, strlen(text), "r", out);

	errors_close(&t);
	if (e != want)
		print_message("%s\n%s", text, t.text);
	assert_int_equal(e, want);
	return t.text;
}

static void
good(const char *text)
{
	char *got = rules_errors(text, ERR_OK);

	assert_string_equal(got, "");
	free(got);
}

static struct b32
hash_of(const char *text)
{
	good(text);
	return rules.hash;
}

static void
is_same(const char *a, const char *b)
{
	struct b32 x = hash_of(a), y = hash_of(b);

	assert_true(b32_equal(&x, &y));
}

static void
rulesfile_read__is_the_defaults_where_nothing_is_said(void **state)
{
	static struct rules want;

	(void)state;
	rules_default(&want);
	good("");
	assert_true(b32_equal(&rules.hash, &want.hash));
	assert_false(rules.has_method);
	assert_string_equal(rules.profile->name, "margind");
	assert_false(b32_is_zero(&rules.hash));
	good("{}");
	assert_true(b32_equal(&rules.hash, &want.hash));
}

static void
rulesfile_read__hashes_the_same_rules_alike(void **state)
{
	(void)state;
	is_same("{}", "method: own\nprofile: margind\nprice: {quorum: 2}\n");
	is_same("{\"var\":{\"alpha\":\"0.98\"},\"method\":\"var\"}",
	    "method: var\nvar: {alpha: 0.980}\n");
	is_same("preset: aave-v3\nvar: {draws: 5}",
	    "var: {draws: 5}\npreset: aave-v3\n");
	is_same("scenario: {skews: [{spot_shock: 1, vol_shock: linear}, "
	    "{spot_shock: 1, vol_shock: abs}]}", "{}");
}

/* A value of a key that changes the hash, among these. */
static bool
some_value_changes(const char *before, const char *after,
    const struct schema_key *k, const struct b32 *plain)
{
	static const char *const VALUES[] = {
		"0.123", "0.5", "0.05", "1", "2", "0", "3", "8", "300", "1.7",
		"0.9", "3%", "7s", "true", "false", "5000000", "-0.2",
	};
	char text[512];
	struct b32 h;

	for (size_t i = 0; i < ARRAY_COUNT(VALUES) || (k->words &&
	    k->words[i - ARRAY_COUNT(VALUES)]); i++) {
		const char *value = i < ARRAY_COUNT(VALUES) ? VALUES[i] :
		    k->words[i - ARRAY_COUNT(VALUES)];

		snprintf(text, sizeof(text), "%s%s: %s%s", before, k->name,
		    value, after);
		if (rulesfile_read(&rules, text, strlen(text), "r", NULL) !=
		    ERR_OK)
			continue;
		h = rules.hash;
		if (!b32_equal(&h, plain))
			return true;
	}
	return false;
}

static unsigned
keys_change_hash(const struct schema_key *keys, const char *before,
    const char *after, const struct b32 *plain)
{
	char longer[256], closed[32];
	unsigned count = 0;

	for (const struct schema_key *k = keys; k->name; k++) {
		if (k->type == SCHEMA_SECTION) {
			snprintf(longer, sizeof(longer), "%s%s: {", before,
			    k->name);
			snprintf(closed, sizeof(closed), "}%s", after);
			count += keys_change_hash(k->keys, longer, closed,
			    plain);
		} else if (k->type != SCHEMA_CUSTOM) {
			if (!some_value_changes(before, after, k, plain))
				fail_msg("%s%s%s changes nothing", before,
				    k->name, after);
			count++;
		}
	}
	return count;
}

static void
rules_seal__covers_every_key_of_the_file(void **state)
{
	struct b32 plain = hash_of("{}");
	unsigned count = keys_change_hash(RULESFILE_KEYS, "", "", &plain);

	(void)state;
	assert_true(count > 120);
}

static void
rules_seal__covers_every_list(void **state)
{
	static const char *const texts[] = {
		"{}",
		"scenario: {grid: [{spot_shock: 1}]}",
		"scenario: {grid: [{spot_shock: 1.1}]}",
		"scenario: {grid: [{spot_shock: 1.1, vol_shock: up}]}",
		"scenario: {grid: [{spot_shock: 1.1, dampening_factor: 2}]}",
		"scenario: {tails: []}",
		"scenario: {skews: []}",
		"scenario: {common: []}",
		"greeks: {gamma: {majors: {l1: 0.69}}}",
		"greeks: {gamma: {defi: {l1: 0.64}}}",
		"call: {ages: [1s, 2s, 3s, 4s]}",
		"call: {ages: [1s, 2s, 3s, 5s]}",
		"stress: {floors: [crash-50]}",
		"stress: {floors: [crash-50, depeg-90]}",
		"profile: maker",
	};
	struct b32 h[ARRAY_COUNT(texts)];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		h[i] = hash_of(texts[i]);
		for (size_t k = 0; k < i; k++)
			assert_false(b32_equal(&h[i], &h[k]));
	}
	/* Either order of two buckets. */
	is_same("greeks: {gamma: {majors: {l1: 0.69}}}",
	    "greeks: {gamma: {l1: {majors: 0.69}}}");
}

static void
rulesfile_read__replaces_each_part_of_the_scenarios(void **state)
{
	(void)state;
	good("{}");
	assert_int_equal(rules.scenario.shock_count, 31);
	good("scenario: {tails: []}");
	assert_int_equal(rules.scenario.shock_count, 25);
	good("scenario: {skews: []}");
	assert_int_equal(rules.scenario.shock_count, 29);
	good("scenario: {grid: [{spot_shock: 0.9}, {spot_shock: 1.1}]}");
	assert_int_equal(rules.scenario.shock_count, 10);
	assert_true(num18_to_raw(rules.scenario.shock[1].spot) ==
	    1100000000000000000);
	assert_int_equal(rules.scenario.shock[9].vol, SCENARIO_VOL_ABS);
}

static void
rulesfile_read__replaces_buckets_with_their_correlations(void **state)
{
	(void)state;
	good("greeks:\n"
	    "  buckets:\n"
	    "  - {name: a, delta_weight: 10, vega_weight: 0.5, rho: 0.3,\n"
	    "     delta_threshold: 1, vega_threshold: 2}\n"
	    "  - {name: b, delta_weight: 10, vega_weight: 0.5,\n"
	    "     delta_threshold: 1, vega_threshold: 2, curvature: false}\n"
	    "  gamma: {a: {b: -0.5}}\n");
	assert_int_equal(rules.greeks.bucket_count, 2);
	assert_string_equal(rules.greeks.bucket[1].name, "b");
	assert_true(rules.greeks.bucket[0].has_curvature);
	assert_false(rules.greeks.bucket[1].has_curvature);
	assert_true(num18_to_raw(rules.greeks.gamma[1][0]) ==
	    -500000000000000000);
}

static void
rulesfile_read__takes_a_preset_below_its_keys(void **state)
{
	(void)state;
	good("preset: aave-v3\n");
	assert_true(rules.has_method);
	assert_int_equal(rules.method, METHOD_RATIO);
	assert_string_equal(rules.profile->name, "aave-v3");
	good("profile: maker\nmethod: own\npreset: aave-v3\n");
	assert_false(rules.has_method);
	assert_string_equal(rules.profile->name, "maker");
	good("preset: deribit\nscenario: {margin: {im_factor: 2}}\n");
	assert_int_equal(rules.scenario.shock_count, 27 + 8);
	assert_true(num18_to_raw(rules.scenario.margin.im_factor) ==
	    2 * (i128)WAD_ONE_RAW);
}

static void
preset_apply__sets_rules_within_their_bounds(void **state)
{
	const struct preset *p;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; (p = preset_at(i)) != NULL; i++) {
		preset_apply(&rules, p);
		assert_null(rules_check(&rules));
		assert_true(rules.has_method);
		assert_ptr_equal(preset_find(p->name, strlen(p->name)), p);
		snprintf(text, sizeof(text), "preset: %s", p->name);
		good(text);
	}
	assert_int_equal(i, 16);
	assert_null(preset_find("aave-v", 6));
}

static void
rulesfile_read__refuses_by_name_and_place(void **state)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ "preset: liquiti\nprofil: x",
		  "r:1:9: unknown preset `liquiti` (did you mean `liquity`?)\n"
		  "r:2:1: unknown key `profil` (did you mean `profile`?)\n" },
		{ "profile: [x]\npreset: {}",
		  "r:2:9: `preset`: a map where a name is expected\n"
		  "r:1:10: `profile`: a list where a name is expected\n" },
		{ "scenario: {omega: 0.500000000000000001}",
		  "r:1:19: `omega`: 0.500000000000000001 is not between 0 and "
		  "0.5\n" },
		{ "scenario:\n  grid:\n  - {spot_shock: 1, vol_shock: upp}\n"
		  "  - {dampening_factor: 16}\n",
		  "r:3:32: `vol_shock`: \"upp\" is none of none, up, down, "
		  "linear, abs (did you mean `up`?)\n"
		  "r:4:24: `dampening_factor`: 16 is not between 0 and "
		  "15.999999999\n"
		  "r:4:5: a scenario: the key `spot_shock` is missing\n" },
		{ "scenario: {common: [{spot_shock: 1, vol_shock: abs}]}",
		  "r:1:11: `scenario`: its numbers do not fit each other; "
		  "margind config explain says how\n" },
		{ "greeks: {gamma: {major: {l1: 1}, l1: {defi: 1.1}}}",
		  "r:1:18: unknown bucket `major` (did you mean `majors`?)\n"
		  "r:1:45: `gamma`: 1.1 is not between -1 and 1\n" },
		{ "greeks: {maintenance_factor: 1.1}",
		  "r:1:9: `greeks`: its numbers do not fit each other; margind "
		  "config explain says how\n" },
		{ "stress: {floors: [crash-51]}",
		  "r:1:19: unknown shock `crash-51` (did you mean "
		  "`crash-50`?)\n" },
		{ "call: {ages: [1h, 2h]}",
		  "r:1:14: `ages`: 2 where 4 are expected\n" },
		{ "call: {ages: [1h, 1h, 2h, 3h]}",
		  "r:1:7: `call`: its numbers do not fit each other; margind "
		  "config explain says how\n" },
		{ "var: {degrees: 5}",
		  "r:1:6: `var`: its numbers do not fit each other; margind "
		  "config explain says how\n" },
		{ "[]", "r:1:1: the rules: a list where a map is expected\n" },
	};
	struct b32 before = hash_of("preset: maker");

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char *got = rules_errors(table[i].text, ERR_SYNTAX);

		assert_string_equal(got, table[i].error);
		free(got);
		/* Untouched. */
		assert_true(b32_equal(&rules.hash, &before));
	}
}

static void
rules_refuse_bands__refuses_wider_ones_only(void **state)
{
	static struct market m;
	static struct market_terms terms;
	struct px18 mid = px18_from_raw(1000000000000000000);
	struct px18 low = px18_from_raw(900000000000000000);
	struct px18 wide = px18_from_raw(1100000000000000001);

	(void)state;
	good("price: {band_max: 10%}");
	m.count = 2;
	m.asset[0].price = (struct price){ .mid = mid, .low = low,
	    .high = mid };
	m.asset[1].price = (struct price){ .mid = mid, .low = low,
	    .high = wide };
	terms.factor[3].is_present = true;
	terms.factor[3].price.price = m.asset[1].price;
	rules_refuse_bands(&m, &terms, &rules);
	assert_int_equal(m.asset[0].price.status, PRICE_OK);
	assert_int_equal(m.asset[1].price.status, PRICE_REFUSED);
	assert_int_equal(m.asset[1].price.reason, REASON_BAND);
	assert_true(px18_is_zero(m.asset[1].price.mid));
	assert_int_equal(px18_compare(m.asset[1].price.high, wide), 0);
	assert_int_equal(terms.factor[3].price.price.status, PRICE_REFUSED);
	assert_int_equal(terms.factor[0].price.price.status, PRICE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    rulesfile_read__is_the_defaults_where_nothing_is_said),
		cmocka_unit_test(rulesfile_read__hashes_the_same_rules_alike),
		cmocka_unit_test(rules_seal__covers_every_key_of_the_file),
		cmocka_unit_test(rules_seal__covers_every_list),
		cmocka_unit_test(
		    rulesfile_read__replaces_each_part_of_the_scenarios),
		cmocka_unit_test(
		    rulesfile_read__replaces_buckets_with_their_correlations),
		cmocka_unit_test(
		    rulesfile_read__takes_a_preset_below_its_keys),
		cmocka_unit_test(preset_apply__sets_rules_within_their_bounds),
		cmocka_unit_test(rulesfile_read__refuses_by_name_and_place),
		cmocka_unit_test(rules_refuse_bands__refuses_wider_ones_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
