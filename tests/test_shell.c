/* The shell around the machine: when the board is refreshed, what it says of a
 * crossing that waits, and what it releases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle/shell.h"
#include "tests/machine_world.h"

#include <unistd.h>

#define ETH 200000u	/* cents */
#define BTC 6000000u
#define TEN_ETH 10000000000u	/* gwei: 20,000 USD */

static struct shell_world {
	struct world w;
	struct shell shell;
	const struct board *reader;
	uint64_t sequence;	/* of the last BEGIN */
	unsigned requests;
	uint64_t written, rung;	/* records; of them told to the journal */
	unsigned released;
} g;

static enum err
on_signer(void *arg, const void *message)
{
	const struct wire_begin *begin = message;

	(void)arg;
	if (begin->head.type == WIRE_BEGIN) {
		g.sequence = begin->sequence;
		g.requests++;
	}
	return ERR_OK;
}

static void
shell_close_now(void)
{
	shell_close(&g.shell, g.w.now_ms, 0);
}

static void
shell_signed(void)
{
	struct wire_signed s;

	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = g.sequence;
	s.digest = g.w.machine->pending_digest;
	assert_int_equal(shell_input(&g.shell, &s, 0), ERR_OK);
}

static uint64_t
board_ms(void)
{
	static struct board_head head;

	assert_int_equal(board_get_head(&head, g.reader), ERR_OK);
	return head.now_ms;
}

/* A vault, prices, and the first request, answered; then the board is fresh. */
static int
open_world(void **state)
{
	int fd, read_only;

	(void)state;
	memset(&g, 0, sizeof(g));
	world_begin(&g.w, false, 16);
	MUST(board_create(&fd, &read_only,
	    &(struct tables_size){ 64, 16, 1 }) == ERR_OK);
	MUST(board_map_writer(&g.shell.board, fd) == ERR_OK);
	MUST(board_map_reader(&g.reader, read_only) == ERR_OK);
	close(fd);
	close(read_only);
	board_begin_life(g.shell.board);
	g.shell.machine = g.w.machine;
	g.shell.wires.to_signer = on_signer;
	MUST(world_vault(&g.w, 1, TEN_ETH, 20000000, 1) == ERR_OK);
	world_signer_ready(&g.w);
	world_prices(&g.w, ETH, BTC);
	g.w.now_ms += 10;
	shell_close_now();
	MUST(g.requests == 1);
	shell_signed();
	g.w.now_ms += SHELL_BOARD_MS_MAX;
	shell_close_now();
	MUST(g.shell.board_ms == g.w.now_ms && !g.w.machine->in_flight);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	board_unmap(g.reader);
	board_unmap(g.shell.board);
	world_end(&g.w);
	return 0;
}

/* The vault's health goes below, or above, one. */
static void
cross(bool is_down)
{
	world_prices(&g.w, is_down ? ETH * 70 / 100 : ETH, BTC);
	shell_close_now();
}

static void
shell_close__refreshes_the_board_once_it_is_time(void **state)
{
	uint64_t before = board_ms();

	(void)state;
	g.w.now_ms += SHELL_BOARD_MS - 1;
	shell_close_now();
	assert_int_equal(board_ms(), before);
	g.w.now_ms += 1;
	shell_close_now();
	assert_int_equal(board_ms(), g.w.now_ms);
}

static void
shell_close__leaves_the_board_until_the_signer_has_answered(void **state)
{
	uint64_t before = board_ms();

	(void)state;
	g.w.now_ms += SHELL_BOARD_MS;
	cross(true);
	assert_int_equal(g.requests, 2);
	assert_int_equal(board_ms(), before);
	shell_signed();
	shell_close_now();
	assert_int_equal(board_ms(), g.w.now_ms);
}

static void
shell_close__refreshes_the_board_though_the_signer_is_late(void **state)
{
	uint64_t before = board_ms();

	(void)state;
	g.w.now_ms += SHELL_BOARD_MS;
	cross(true);
	g.w.now_ms = before + SHELL_BOARD_MS_MAX - 1;
	shell_close_now();
	assert_int_equal(board_ms(), before);
	g.w.now_ms += 1;
	shell_close_now();
	assert_int_equal(board_ms(), g.w.now_ms);
	assert_true(g.w.machine->in_flight);
}

static void
shell_waits_for_clock__within_the_millisecond_of_the_last(void **state)
{
	(void)state;
	g.w.now_ms += 10;
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
	cross(true);
	assert_int_equal(g.requests, 2);
	/* In flight: its answer wakes the engine. */
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
	shell_signed();
	/* Nothing has crossed since. */
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
	cross(false);
	assert_int_equal(g.requests, 2);
	assert_true(shell_waits_for_clock(&g.shell, g.w.now_ms));
	/* A clock that stepped back, and one that went on. */
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms - 1));
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms + 1));
	g.w.now_ms += 1;
	shell_close_now();
	assert_int_equal(g.requests, 3);
}

static void
shell_waits_for_clock__not_for_a_signer_that_rests(void **state)
{
	(void)state;
	g.w.now_ms += 10;
	cross(true);
	shell_signed();
	cross(false);
	assert_true(shell_waits_for_clock(&g.shell, g.w.now_ms));
	g.w.machine->is_paused = true;
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
	g.w.machine->is_paused = false;
	g.w.machine->is_ready = false;
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
	g.w.machine->is_ready = true;
	g.w.machine->is_diverged = true;
	assert_false(shell_waits_for_clock(&g.shell, g.w.now_ms));
}

/* ---- release ------------------------------------------------------------- */

static enum err
on_journal(void *arg, const void *message)
{
	(void)arg;
	(void)message;
	g.written++;
	return ERR_OK;
}

static enum err
on_journal_now(void *arg)
{
	(void)arg;
	g.rung = g.written;
	return ERR_OK;
}

static void
on_release(void *arg, const struct board_attestation *a)
{
	(void)arg;
	assert_int_equal(a->header.sequence, g.sequence);
	g.released++;
}

/* From here on as the engine has it. */
static void
wires_whole(void)
{
	g.shell.wires.to_journal = on_journal;
	g.shell.wires.journal_now = on_journal_now;
	g.shell.wires.release = on_release;
	g.shell.is_durable = true;
	g.shell.records = g.shell.committed = 0;
}

static void
shell_committed__releases_what_is_written_whole(void **state)
{
	static struct board_attestation a;
	uint64_t whole;

	(void)state;
	wires_whole();
	cross(true);
	shell_signed();
	/* SIGNED, ATTESTATION and two words are told, none of them is
	 * durable. */
	whole = g.shell.records;
	assert_int_equal(g.written, whole);
	assert_int_equal(g.rung, whole);
	g.w.now_ms += 200;
	shell_close_now();		/* more records behind it */
	shell_committed(&g.shell, whole - 1);
	assert_int_equal(g.released, 0);
	assert_int_equal(board_get_attestation(&a, g.reader, g.sequence),
	    ERR_UNKNOWN);
	shell_committed(&g.shell, whole);
	assert_int_equal(g.released, 1);
	assert_int_equal(board_get_attestation(&a, g.reader, g.sequence),
	    ERR_OK);
	shell_committed(&g.shell, whole + 1);
	assert_int_equal(g.released, 1);
}

static void
shell_input__releases_no_signature_that_does_not_hold(void **state)
{
	static struct board_attestation a;
	uint8_t seed[32] = { 1 };

	(void)state;
	wires_whole();
	MUST(sig_context_create(&g.shell.sig, seed) == ERR_OK);
	cross(true);
	shell_signed();			/* by zeros */
	assert_int_equal(g.shell.failure, ERR_AUTH);
	assert_int_equal(g.shell.bad_signatures, 1);
	shell_committed(&g.shell, g.shell.records);
	assert_int_equal(g.released, 0);
	assert_int_equal(board_get_attestation(&a, g.reader, g.sequence),
	    ERR_UNKNOWN);
	sig_context_destroy(g.shell.sig);
}

/* Three seconds on nothing is fresh. */
static void
shell_close__keeps_the_last_price_of_a_unit_on_the_board(void **state)
{
	static struct board_head head;
	uint64_t fresh_ms = g.w.now_ms;

	(void)state;
	g.w.now_ms += 4000;
	shell_close_now();
	assert_int_equal(board_get_head(&head, g.reader), ERR_OK);
	assert_int_equal(head.now_ms, g.w.now_ms);
	assert_int_equal(head.unit_price[1].status, PRICE_REFUSED);
	assert_true(px18_is_zero(head.unit_price[1].mid));
	assert_int_equal(head.unit_last[1].at_ms, fresh_ms);
	assert_true(px18_to_raw(head.unit_last[1].mid) ==
	    (u128)ETH * 10000000000000000u);
	/* The dollar, and a unit that is none. */
	assert_int_equal(head.unit_last[0].at_ms, g.w.now_ms);
	assert_int_equal(head.unit_last[3].at_ms, 0);
}

/* ---- feeds --------------------------------------------------------------- */

static void
shell_feed__shows_a_venue_on_the_board_and_nowhere_else(void **state)
{
	static struct board_head head;
	struct wire_feed w = { .venue = 0, .frames = 7 };
	uint64_t records = g.shell.records, ticks = g.w.machine->ticks;

	(void)state;
	g.w.life->config.venue_count = 1;
	memset(w.why, 'x', sizeof(w.why));
	wire_head_set(&w.head, WIRE_FEED);
	assert_int_equal(wire_check(&w, sizeof(w)), ERR_OK);
	assert_false(wire_is_input(WIRE_FEED));
	assert_int_equal(shell_feed(&g.shell, &w, 1234), ERR_OK);
	w.venue = 1;
	assert_int_equal(shell_feed(&g.shell, &w, 1234), ERR_UNKNOWN);
	assert_int_equal(g.shell.records, records);
	assert_int_equal(g.w.machine->ticks, ticks);
	g.w.now_ms += SHELL_BOARD_MS_MAX;
	shell_close_now();
	assert_int_equal(board_get_head(&head, g.reader), ERR_OK);
	assert_int_equal(head.venue_count, 1);
	assert_int_equal(head.feed[0].seen_ms, 1234);
	assert_int_equal(head.feed[0].feed.frames, 7);
	assert_int_equal(strnlen(head.feed[0].feed.why, 64), 63);
	assert_int_equal(head.feed[1].seen_ms, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(shell_close__refreshes_the_board_once_it_is_time),
		TEST(shell_close__keeps_the_last_price_of_a_unit_on_the_board),
		TEST(shell_close__leaves_the_board_until_the_signer_has_answered),
		TEST(shell_close__refreshes_the_board_though_the_signer_is_late),
		TEST(shell_waits_for_clock__within_the_millisecond_of_the_last),
		TEST(shell_waits_for_clock__not_for_a_signer_that_rests),
		TEST(shell_committed__releases_what_is_written_whole),
		TEST(shell_input__releases_no_signature_that_does_not_hold),
		TEST(shell_feed__shows_a_venue_on_the_board_and_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
