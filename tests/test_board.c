/* The board against a writer that is not what it was: whatever it writes, a
 * reader stays inside the mapping and refuses by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "oracle/board.h"

#define VAULTS 64u
#define PORTFOLIOS 4u
#define VERDICTS 16u
#define FIRST_PAGE 4096u

static int fd, fd_read_only;
static const struct board *reader;
static uint64_t seed = 88172645463325252u;

static uint64_t
random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int
open_board(void **state)
{
	(void)state;
	MUST(board_create(&fd, &fd_read_only,
	    &(struct tables_size){ VAULTS, VERDICTS, PORTFOLIOS }) == ERR_OK);
	MUST(board_map_reader(&reader, fd_read_only) == ERR_OK);
	return 0;
}

static int
close_board(void **state)
{
	(void)state;
	board_unmap(reader);
	close(fd);
	close(fd_read_only);
	return 0;
}

/* Everything that a reader may ask. */
static void
ask_all(void)
{
	static struct board_head head;
	static struct board_attestation a;
	struct vaults_view vaults;
	struct board_proof proof;
	struct board_vault v;

	board_vaults(&vaults, reader);
	assert_int_equal(board_vault_capacity(reader), VAULTS);
	assert_int_equal(board_verdict_capacity(reader), VERDICTS);
	(void)!board_get_head(&head, reader);
	for (uint32_t i = 0; i < 2 * VAULTS; i++) {
		if (board_get_vault(&v, reader, &vaults, i) == ERR_OK) {
			assert_true(i < VAULTS && (v.verdict_slot ==
			    TABLES_NO_SLOT || v.verdict_slot < VERDICTS));
			assert_true(v.portfolio < PORTFOLIOS ||
			    (v.portfolio == TABLES_NO_SLOT &&
			    v.position_count == 0));
			assert_true(v.position_count <= WIRE_POSITIONS);
		}
		(void)board_block_generation(reader, i);
	}
	for (uint32_t i = 0; i < 2 * VAULTS; i += 7) {
		if (board_prove(&proof, reader, TABLES_POSITIONS, i) == ERR_OK)
			assert_true(i < VAULTS && proof.path_len <= 6);
		if (board_prove(&proof, reader, TABLES_VERDICTS, i) == ERR_OK)
			assert_true(i < VERDICTS && proof.path_len <= 4);
	}
	for (uint32_t i = 0; i < 2 * BOARD_RING; i += 31)
		(void)!board_get_attestation_back(&a, reader, i);
	(void)!board_get_attestation(&a, reader, random_u64());
}

static void
board__keeps_a_reader_inside_whatever_is_written(void **state)
{
	struct stat s;
	uint64_t *words;

	(void)state;
	MUST(fstat(fd, &s) == 0);
	words = mmap(NULL, (size_t)s.st_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	MUST(words != MAP_FAILED);
	for (int round = 0; round < 60; round++) {
		for (size_t i = 0; i < FIRST_PAGE / 8; i++)
			words[i] = round % 3 == 0 ? random_u64() :
			    random_u64() % 70;
		/* Even locks, so that something is read. */
		for (size_t i = 0; i < (size_t)s.st_size / 8; i++)
			if (i >= FIRST_PAGE / 8)
				words[i] = random_u64() % (round % 2 ? 66 :
				    UINT64_MAX) & ~UINT64_C(1);
		ask_all();
	}
	munmap(words, (size_t)s.st_size);
}

/* Magic, layout, capacities: the first words, one at a time. */
static void
board_map__refuses_what_is_no_board(void **state)
{
	static const uint32_t capacity[][2] = { { 0, VERDICTS }, { 3, VERDICTS },
		{ VAULTS, 0 }, { UINT32_MAX, VERDICTS }, { 2 * VAULTS, VERDICTS },
		{ VAULTS, 2 * VERDICTS } };
	const struct board *other;
	uint64_t word;

	(void)state;
	for (off_t at = 0; at < 16; at += 8) {
		uint64_t wrong;

		MUST(pread(fd, &word, 8, at) == 8);
		wrong = word + 1;
		MUST(pwrite(fd, &wrong, 8, at) == 8);
		assert_int_equal(board_map_reader(&other, fd_read_only),
		    ERR_STATE);
		MUST(pwrite(fd, &word, 8, at) == 8);
	}
	MUST(pread(fd, &word, 8, 16) == 8);
	for (size_t i = 0; i < ARRAY_COUNT(capacity); i++) {
		MUST(pwrite(fd, capacity[i], 8, 16) == 8);
		assert_int_equal(board_map_reader(&other, fd_read_only),
		    ERR_STATE);
	}
	MUST(pwrite(fd, &word, 8, 16) == 8);
	assert_int_equal(board_map_reader(&other, fd_read_only), ERR_OK);
	board_unmap(other);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_board, close_board)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(board__keeps_a_reader_inside_whatever_is_written),
		TEST(board_map__refuses_what_is_no_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
