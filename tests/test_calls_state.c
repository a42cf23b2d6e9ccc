/* oracle/calls_state: the form of the file, every refusal with its place, and
 * a file that is replaced or left alone. */
#include "oracle/calls_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "oracle/calls_print.h"
#include "tests/errors_text.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD "{\"version\":1,\"as_of\":1000,\"snapshot\":\"0x" ZEROS "\","
#define VAULTS(list) HEAD "\"recovery\":false,\"vaults\":[\n" list "]}\n"
#define VAULT(name, state, since, deadline) "{\"vault\":\"" name "\"," \
	"\"state\":\"" state "\",\"overlay\":\"none\",\"since\":" since "," \
	"\"deadline\":" deadline "}"

static void
bad(const char *text, const char *error)
{
	struct calls_state s = { .count = 77 };
	struct errors_text t;
	FILE *out = errors_open(&t);
	enum err e = calls_state_read(&s, text, strlen(text), "s", out);

	errors_close(&t);
	assert_int_equal(e, ERR_SYNTAX);
	assert_string_equal(t.text, error);
	assert_int_equal(s.count, 77);
	errors_free(&t);
}

static struct calls_state
good(const char *text)
{
	struct calls_state s;

	assert_int_equal(calls_state_read(&s, text, strlen(text), "s",
	    stderr), ERR_OK);
	return s;
}

static void
calls_state_read__gives_back_what_was_written(void **state)
{
	const char *text = VAULTS(
	    VAULT("a", "HEALTHY", "1000", "0") ",\n"
	    VAULT("b", "RESTRICTED", "999", "0") ",\n"
	    VAULT("c", "CALLED", "1", "1001") ",\n"
	    VAULT("d", "OVERDUE", "1", "1000") ",\n"
	    VAULT("e", "LIQUIDATABLE", "1", "1000") ",\n"
	    VAULT("f", "LIQUIDATING", "1", "0") ",\n"
	    VAULT("g", "CLOSED", "1", "0") ",\n"
	    VAULT("h \\\"", "INSOLVENT", "1", "0"));
	struct calls_state s = good(text);
	struct text t;

	(void)state;
	assert_int_equal(s.count, 8);
	assert_string_equal(s.entry[7].vault, "h \"");
	assert_int_equal(s.entry[2].state.deadline_ms, 1001);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(s.entry[i].state.state, i);
	assert_ptr_equal(calls_state_find(&s, "e"), &s.entry[4]);
	assert_null(calls_state_find(&s, "ee"));
	text_init(&t, 4096);
	calls_state_write(&t, &s);
	assert_string_equal(t.at, text);
	text_free(&t);
	calls_state_free(&s);
	assert_null(calls_state_find(&s, "e"));
}

static void
calls_state_read__knows_every_overlay(void **state)
{
	static const enum vault_state want[] = { STATE_HEALTHY, STATE_STALE,
	    STATE_PENDING, STATE_RECOVERY };
	struct calls_state s = good("version: 1\nas_of: 5\nsnapshot: " ZEROS
	    "\nvaults:\n"
	    " - {vault: a, state: HEALTHY, since: 5}\n"
	    " - {vault: b, state: HEALTHY, since: 5, overlay: STALE}\n"
	    " - {vault: c, state: HEALTHY, since: 5, overlay: PENDING}\n"
	    " - {vault: d, state: HEALTHY, since: 5, overlay: RECOVERY}\n");

	(void)state;
	assert_int_equal(s.count, 4);
	assert_false(s.is_recovery);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(s.entry[i].state.overlay, want[i]);
	calls_state_free(&s);
}

static void
calls_state_read__says_where_it_is_wrong(void **state)
{
	(void)state;
	bad("", "s:1:1: the file is empty\n");
	bad(HEAD "\"vaults\":[],\"vault\":1}",
	    "s:1:119: unknown key `vault` (did you mean `vaults`?)\n");
	bad(HEAD "\"vaults\":{}}",
	    "s:1:116: `vaults`: a map where a list is expected\n");
	bad("{\"version\":1,\"as_of\":1,\"snapshot\":\"0x12\",\"vaults\":[]}",
	    "s:1:35: `snapshot`: not 0x and 64 digits\n");
	bad(VAULTS(VAULT("a", "HEALTHY", "1001", "0")),
	    "s:2:1: vault a: `since` is later than the file's `as_of`\n");
	bad(VAULTS(VAULT("a", "CALLED", "1", "0")),
	    "s:2:1: vault a: an open call without a deadline\n");
	bad(VAULTS(VAULT("a", "OVERDUE", "1", "0")),
	    "s:2:1: vault a: an open call without a deadline\n");
	bad(VAULTS(VAULT("a", "HEALTHY", "1", "9")),
	    "s:2:1: vault a: a deadline where no call is open\n");
	bad(VAULTS(VAULT("a", "RESTRICTED", "1", "9")),
	    "s:2:1: vault a: a deadline where no call is open\n");
	bad(VAULTS(VAULT("b", "HEALTHY", "1", "0") ",\n"
	    VAULT("a", "HEALTHY", "1", "0")),
	    "s:3:1: vault a: not behind the vault before it, by name\n");
	bad(VAULTS(VAULT("a", "HEALTHY", "1", "0") ",\n"
	    VAULT("a", "HEALTHY", "1", "0")),
	    "s:3:1: vault a: not behind the vault before it, by name\n");
}

static void
calls_state_read__refuses_values_of_no_meaning(void **state)
{
	static const char *const texts[] = {
		"[]", "{", "{\"version\":1}",
		"{\"version\":2,\"as_of\":1,\"snapshot\":\"0x" ZEROS "\","
		"\"vaults\":[]}",
		"{\"version\":1,\"as_of\":0,\"snapshot\":\"0x" ZEROS "\","
		"\"vaults\":[]}",
		VAULTS(VAULT("", "HEALTHY", "1", "0")),
		VAULTS(VAULT("a", "STALE", "1", "0")),
		VAULTS(VAULT("a", "HEALTHY", "0", "0")),
		VAULTS(VAULT("a", "HEALTHY", "-1", "0")),
		VAULTS(VAULT("a", "CALLED", "1", "18446744073709551616")),
		VAULTS("7"), VAULTS("{\"vault\":\"a\"}"),
		HEAD "\"vaults\":null}", HEAD "\"vaults\":\"\"}",
	};
	struct calls_state s = { .count = 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		assert_int_equal(calls_state_read(&s, texts[i],
		    strlen(texts[i]), "s", NULL), ERR_SYNTAX);
	assert_int_equal(s.count, 77);
}

/* ---- the file ----------------------------------------------------------- */

static void
calls_state_save__replaces_the_file_in_one_step(void **state)
{
	char folder[] = "/tmp/margind-calls-XXXXXX", path[64];
	struct calls_state s, again;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state", folder);
	assert_int_equal(calls_state_load(&again, path), ERR_OK);
	assert_int_equal(again.count, 0);
	assert_int_equal(again.as_of_ms, 0);
	for (unsigned i = 0; i < 2; i++) {
		s = good(i == 0 ? VAULTS(VAULT("a", "HEALTHY", "1", "0")) :
		    VAULTS(VAULT("b", "CALLED", "2", "3")));
		assert_int_equal(calls_state_save(&s, path), ERR_OK);
		assert_int_equal(calls_state_load(&again, path), ERR_OK);
		assert_int_equal(again.count, 1);
		assert_memory_equal(again.entry, s.entry, sizeof(*s.entry));
		calls_state_free(&again);
		calls_state_free(&s);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* Nothing else was left behind. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void
calls_state_save__leaves_what_it_cannot_replace(void **state)
{
	char folder[] = "/tmp/margind-calls-XXXXXX", path[64];
	struct calls_state s = good(VAULTS(VAULT("a", "HEALTHY", "1", "0")));

	(void)state;
	assert_non_null(mkdtemp(folder));
	/* A folder does not give its name to a file. */
	assert_int_equal(calls_state_save(&s, folder), ERR_IO);
	snprintf(path, sizeof(path), "%s/none/state", folder);
	assert_int_equal(calls_state_save(&s, path), ERR_IO);
	assert_int_equal(rmdir(folder), 0);
	calls_state_free(&s);
}

/* ---- words --------------------------------------------------------------- */

static void
span_text__cuts_to_two_units(void **state)
{
	static const struct {
		uint64_t ms;
		const char *want;
	} rows[] = { { 0, "0s" }, { 999, "999ms" }, { 1000, "1s" },
	    { 1500, "1s 500ms" }, { 59999, "59s 999ms" }, { 90000, "1m 30s" },
	    { 3600000, "1h" }, { 3661000, "1h 1m" }, { 86399999, "23h 59m" },
	    { 86400000, "1d" }, { 273600000, "3d 4h" } };
	char got[SPAN_BUF];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		span_text(got, rows[i].ms);
		assert_string_equal(got, rows[i].want);
	}
}

static void
calls_age_text__names_each_bucket(void **state)
{
	static const char *const want[] = { "< 1h", "1h - 1d", "1d - 3d",
	    "3d - 7d", ">= 7d" };
	struct call_rules rules;
	char got[AGE_BUF];

	(void)state;
	call_rules_default(&rules);
	for (unsigned i = 0; i < CALL_AGES; i++) {
		calls_age_text(got, &rules, i);
		assert_string_equal(got, want[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    calls_state_read__gives_back_what_was_written),
		cmocka_unit_test(calls_state_read__knows_every_overlay),
		cmocka_unit_test(calls_state_read__says_where_it_is_wrong),
		cmocka_unit_test(
		    calls_state_read__refuses_values_of_no_meaning),
		cmocka_unit_test(
		    calls_state_save__replaces_the_file_in_one_step),
		cmocka_unit_test(
		    calls_state_save__leaves_what_it_cannot_replace),
		cmocka_unit_test(span_text__cuts_to_two_units),
		cmocka_unit_test(calls_age_text__names_each_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
