#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "oracle/history.h"
#include "oracle/proc.h"
#include "tests/journal_world.h"

#define USD ((u128)1000000000000000000u)

static struct price
price_of(u128 usd, enum price_status status, enum price_reason reason)
{
	return (struct price){
		.mid = px18_from_raw(usd * USD),
		.low = px18_from_raw(usd * USD - USD / 10),
		.high = px18_from_raw(usd * USD + USD / 10),
		.status = status, .reason = reason, .sources = 3,
	};
}

/* An attestation of two assets with every field its own. */
static struct board_attestation
attestation_of(uint64_t as_of, enum price_status second)
{
	struct board_attestation a;
	struct price p[2] = { price_of(2000, PRICE_OK, REASON_NONE),
	    price_of(60000, second, second == PRICE_OK ? REASON_NONE :
	    REASON_QUORUM) };

	memset(&a, 0, sizeof(a));
	a.header.sequence = as_of * 1024;
	a.header.as_of = as_of;
	a.header.valid_until = as_of + 120000;
	a.header.block_number = 77;
	a.header.status = second == PRICE_OK ? PRICE_OK : PRICE_DEGRADED;
	a.header.reason = second == PRICE_OK ? REASON_NONE : REASON_QUORUM;
	a.header.vault_count = 200;
	a.header.verdict_count = 7;
	a.header.collateral_value = as_of * USD + 1;
	a.header.debt_value = U128_MAX / 3;
	memset(&a.header.positions_root, 3, 32);
	memset(&a.header.inputs_hash, 4, 32);
	memset(&a.digest, (int)(as_of % 251), 32);
	memset(&a.signature, 6, sizeof(a.signature) - 4);
	a.signature.recovery = 1;
	memset(a.signature.zero, 0, sizeof(a.signature.zero));
	a.word_count = 2;
	MUST(price_word_pack(&a.word[0], &p[0]) == ERR_OK);
	MUST(price_word_pack(&a.word[1], &p[1]) == ERR_OK);
	return a;
}

static struct history *
history_at(const char *dir, char path[128])
{
	struct history *h = NULL;
	char why[HISTORY_WHY_MAX] = "";

	snprintf(path, 128, "%s/%s", dir, HISTORY_FILE);
	assert_int_equal(history_open(&h, path, why), ERR_OK);
	return h;
}

static void
add(struct history *h, uint64_t as_of, enum price_status second)
{
	struct board_attestation a = attestation_of(as_of, second);

	assert_int_equal(history_add(h, &a), ERR_OK);
}

static void
history_get__gives_back_every_byte(void **state)
{
	char dir[64], path[128];
	struct board_attestation want = attestation_of(5000, PRICE_OK), got;
	struct history_reader *r;
	struct history *h;

	(void)state;
	folder_make(dir);
	h = history_at(dir, path);
	assert_int_equal(history_last_sequence(h), 0);
	add(h, 4000, PRICE_OK);
	add(h, 5000, PRICE_OK);
	assert_int_equal(history_pending(h), 2);
	assert_int_equal(history_flush(h), ERR_OK);
	assert_int_equal(history_pending(h), 0);
	assert_int_equal(history_last_sequence(h), 5000 * 1024);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_get(&got, r, 5000 * 1024), ERR_OK);
	assert_memory_equal(&got, &want, sizeof(got));
	memset(&got, 0, sizeof(got));
	assert_int_equal(history_get(&got, r, 0), ERR_OK);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(history_get(&got, r, 5000 * 1024 + 1), ERR_UNKNOWN);
	assert_int_equal(history_get(&got, r, UINT64_MAX), ERR_UNKNOWN);
	history_reader_close(r);
	history_close(h);

	/* And after the writer was here again. */
	h = history_at(dir, path);
	assert_int_equal(history_last_sequence(h), 5000 * 1024);
	history_close(h);
	folder_remove(dir);
}

static void
history_latest__is_newest_first_and_pages(void **state)
{
	char dir[64], path[128];
	struct history_row row[8];
	struct history_reader *r;
	struct history *h;
	size_t count;

	(void)state;
	folder_make(dir);
	h = history_at(dir, path);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_latest(row, &count, 8, r, 0), ERR_OK);
	assert_int_equal(count, 0);
	for (uint64_t i = 1; i <= 20; i++)
		add(h, i * 100, i == 20 ? PRICE_DEGRADED : PRICE_OK);
	assert_int_equal(history_flush(h), ERR_OK);
	assert_int_equal(history_latest(row, &count, 8, r, 0), ERR_OK);
	assert_int_equal(count, 8);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(row[i].sequence, (20 - i) * 100 * 1024);
	assert_int_equal(row[0].status, PRICE_DEGRADED);
	assert_int_equal(row[0].reason, REASON_QUORUM);
	assert_int_equal(row[1].status, PRICE_OK);
	assert_int_equal(row[1].vault_count, 200);
	assert_int_equal(row[1].verdict_count, 7);
	assert_true(row[1].collateral_value == 1900 * USD + 1);
	assert_true(row[1].debt_value == U128_MAX / 3);
	assert_int_equal(history_latest(row, &count, 8, r,
	    row[7].sequence), ERR_OK);
	assert_int_equal(row[0].sequence, 12 * 100 * 1024);
	assert_int_equal(history_latest(row, &count, 8, r, 100 * 1024), ERR_OK);
	assert_int_equal(count, 0);
	history_reader_close(r);
	history_close(h);
	folder_remove(dir);
}

static void
history_samples__are_one_a_second_and_thinned_evenly(void **state)
{
	char dir[64], path[128];
	struct history_sample s[200];
	struct history_reader *r;
	struct history *h;
	size_t count;

	(void)state;
	folder_make(dir);
	h = history_at(dir, path);
	for (uint64_t ms = 10000; ms < 110000; ms += 250)
		add(h, ms, PRICE_OK);
	assert_int_equal(history_flush(h), ERR_OK);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_samples(s, &count, 200, r, 0, UINT64_MAX),
	    ERR_OK);
	assert_int_equal(count, 100);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(s[i].as_of, 10000 + i * 1000);
		assert_true(s[i].collateral_value ==
		    s[i].as_of * USD + 1);
	}
	assert_int_equal(history_samples(s, &count, 200, r, 20000, 29999),
	    ERR_OK);
	assert_int_equal(count, 10);
	assert_int_equal(s[0].as_of, 20000);
	assert_int_equal(history_samples(s, &count, 10, r, 0, UINT64_MAX),
	    ERR_OK);
	assert_int_equal(count, 10);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(s[i].as_of, 19000 + i * 10000);
	assert_int_equal(history_samples(s, &count, 7, r, 0, UINT64_MAX),
	    ERR_OK);
	assert_int_equal(count, 7);
	assert_int_equal(s[6].as_of, 109000);
	history_reader_close(r);
	history_close(h);
	folder_remove(dir);
}

static void
history_refusals__keeps_changes_only(void **state)
{
	char dir[64], path[128];
	struct history_refusal f[16];
	struct history_reader *r;
	struct history *h;
	size_t count;

	(void)state;
	folder_make(dir);
	h = history_at(dir, path);
	add(h, 1000, PRICE_OK);
	add(h, 2000, PRICE_REFUSED);
	add(h, 3000, PRICE_REFUSED);
	history_close(h);
	/* Another life knows what holds. */
	h = history_at(dir, path);
	add(h, 4000, PRICE_REFUSED);
	add(h, 5000, PRICE_OK);
	assert_int_equal(history_flush(h), ERR_OK);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_refusals(f, &count, 16, r), ERR_OK);
	assert_int_equal(count, 4);
	assert_int_equal(f[0].as_of, 5000);
	assert_int_equal(f[0].slot, -1);
	assert_int_equal(f[0].status, PRICE_OK);
	assert_int_equal(f[1].slot, 1);
	assert_int_equal(f[2].as_of, 2000);
	assert_int_equal(f[2].slot, -1);
	assert_int_equal(f[2].status, PRICE_DEGRADED);
	assert_int_equal(f[3].slot, 1);
	assert_int_equal(f[3].status, PRICE_REFUSED);
	assert_int_equal(f[3].reason, REASON_QUORUM);
	history_reader_close(r);
	history_close(h);
	folder_remove(dir);
}

static void
history_add__passes_over_what_it_has(void **state)
{
	char dir[64], path[128];
	struct history_row row[4];
	struct history_reader *r;
	struct history *h;
	size_t count;

	(void)state;
	folder_make(dir);
	h = history_at(dir, path);
	add(h, 1000, PRICE_OK);
	add(h, 1000, PRICE_OK);
	add(h, 900, PRICE_OK);
	assert_int_equal(history_flush(h), ERR_OK);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_latest(row, &count, 4, r, 0), ERR_OK);
	assert_int_equal(count, 1);
	history_reader_close(r);
	history_close(h);
	folder_remove(dir);
}

static void
history_open__fails_on_another_file(void **state)
{
	char dir[64], path[128];
	struct history_reader *r;
	struct history *h;
	char why[HISTORY_WHY_MAX] = "";
	uint8_t junk[8192];

	(void)state;
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/%s", dir, HISTORY_FILE);
	assert_int_equal(history_reader_open(&r, path), ERR_MISSING);
	memset(junk, 'x', sizeof(junk));
	file_store(dir, HISTORY_FILE, junk, sizeof(junk));
	assert_int_equal(history_open(&h, path, why), ERR_IO);
	assert_true(why[0] != '\0');
	assert_int_equal(history_reader_open(&r, path), ERR_IO);
	folder_remove(dir);
}

/* What the api is: another user, one folder that it may read. */
static int
reader_child(const char *dir, const char *path, int wire)
{
	struct sandbox_paths paths = { .read = { dir } };
	struct history_reader *r;
	struct board_attestation a;
	char step;

	if (sandbox_enter(ROLE_API, SANDBOX_REQUIRE, &paths) != ERR_OK)
		return 77;
	/* Forked before the writer was opened: SQLite keeps its locks by
	 * process and would take the parent's for ours. */
	if (read(wire, &step, 1) != 1 || open(path, O_RDWR) >= 0)
		return 2;
	if (history_reader_open(&r, path) != ERR_OK)
		return 3;
	if (history_get(&a, r, 0) != ERR_OK || a.header.as_of != 1000)
		return 4;
	(void)!write(wire, "1", 1);
	for (uint64_t as_of = 2000; as_of <= 40000; as_of += 1000) {
		if (read(wire, &step, 1) != 1)
			return 5;
		if (history_get(&a, r, 0) != ERR_OK)
			return 6;
		if (a.header.as_of != as_of)
			return 7;
		(void)!write(wire, "1", 1);
	}
	history_reader_close(r);
	return 0;
}

static void
history_reader__sees_the_newest_without_a_right_to_write(void **state)
{
	char dir[64], path[128], step;
	struct history *h;
	int pair[2], status;
	pid_t pid;

	(void)state;
	folder_make(dir);
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, HISTORY_FILE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(reader_child(dir, path, pair[1]));
	}
	close(pair[1]);
	h = history_at(dir, path);
	add(h, 1000, PRICE_OK);
	assert_int_equal(history_flush(h), ERR_OK);
	(void)!write(pair[0], "1", 1);
	for (uint64_t as_of = 2000; as_of <= 40000 &&
	    read(pair[0], &step, 1) == 1; as_of += 1000) {
		/* The journal may have been started again meanwhile. */
		if (as_of % 10000 == 0) {
			history_close(h);
			h = history_at(dir, path);
		}
		add(h, as_of, PRICE_OK);
		assert_int_equal(history_flush(h), ERR_OK);
		(void)!write(pair[0], "1", 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	history_close(h);
	folder_remove(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_get__gives_back_every_byte),
		cmocka_unit_test(history_latest__is_newest_first_and_pages),
		cmocka_unit_test(
		    history_samples__are_one_a_second_and_thinned_evenly),
		cmocka_unit_test(history_refusals__keeps_changes_only),
		cmocka_unit_test(history_add__passes_over_what_it_has),
		cmocka_unit_test(history_open__fails_on_another_file),
		cmocka_unit_test(
		    history_reader__sees_the_newest_without_a_right_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
