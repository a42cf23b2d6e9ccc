/* oracle/shell.h - what surrounds the machine in its process: it journals each
 * input before it is applied, routes outputs, holds signed attestations back
 * until the journal has them on disk, and keeps the board up to date.
 *
 * Decides nothing that is signed.  Time comes as an argument.
 * Limits: SHELL_HELD_MAX attestations wait for the disk; the engine asks for
 *         no further ones while so many wait (`is_full`). */
#ifndef ORACLE_SHELL_H
#define ORACLE_SHELL_H

#include "oracle/board.h"
#include "oracle/machine.h"
#include "oracle/sig.h"

#define SHELL_HELD_MAX 64u
#define SHELL_LATENCIES 1024u
#define SHELL_BOARD_MS 50u	/* between two refreshes of the board */
#define SHELL_BOARD_MS_MAX 100u	/* also where a request is in flight */

/* Where the outputs go; each may be NULL. */
struct shell_wires {
	enum err (*to_signer)(void *arg, const void *message);
	/* Records lie ready; journal_now: they are to be written. */
	enum err (*to_journal)(void *arg, const void *message);
	enum err (*journal_now)(void *arg);
	void (*release)(void *arg, const struct board_attestation *a);
	void *arg;
};

struct shell_held {
	struct board_attestation attestation;
	uint64_t record;	/* durable once so many records are */
};

struct shell {
	struct machine *machine;
	struct board *board;		/* may be NULL */
	struct sig_context *sig;
	struct shell_wires wires;
	bool is_durable;		/* hold until committed */

	uint64_t records;		/* given to the journal in this life */
	uint64_t committed;
	struct shell_held held[SHELL_HELD_MAX];
	size_t held_first, held_count;
	bool is_collecting;		/* WORDs of an ATTESTATION follow */
	struct board_attestation collecting;

	uint64_t board_ms;		/* of its last refresh */
	struct board_risk risk;		/* as the board has it */
	uint64_t risk_version, risk_samples;	/* kept.version, then */
	struct board_feed feed[CONFIG_VENUES_MAX];	/* for the board */
	struct board_last last[PRICES_UNITS_MAX];	/* the same */
	uint64_t board_terms;		/* their generation on it */
	uint64_t batch_ns;		/* first tick of the batch, 0: none */
	uint64_t request_ns;		/* first tick behind the request, 0 */
	uint32_t latency_us[SHELL_LATENCIES];
	size_t latency_count;
	uint64_t released, dropped, bad_signatures;
	enum err failure;		/* a wire broke: the process must end */
};

/* shell_input journals and applies one input.  received_ns is a monotonic
 * time, for latencies only.  What the machine answers (a refused input) is
 * counted and returned; the caller may log it. */
enum err shell_input(struct shell *s, const void *message,
    uint64_t received_ns);
/* shell_feed keeps what feeds says of a venue, at now_ms, for the board: it is
 * neither journaled nor an input.  ERR_UNKNOWN for a venue that is none. */
MUST_CHECK enum err shell_feed(struct shell *s, const struct wire_feed *w,
    uint64_t now_ms);
/* shell_close ends the batch at now_ms and refreshes the board, if it is time
 * and the signer is not about to answer. */
void shell_close(struct shell *s, uint64_t now_ms, uint64_t now_ns);
/* shell_waits_for_clock: a crossing could be asked for, had the millisecond of
 * the last attestation passed (asOf must rise).  False where the wall clock
 * now_ms is behind the machine's: that wait has no short end. */
bool shell_waits_for_clock(const struct shell *s, uint64_t now_ms);
/* shell_journal_now, before the caller sleeps: nothing that was given to the
 * journal is left lying.  shell_input does so once an attestation is whole. */
void shell_journal_now(struct shell *s);
/* shell_committed: so many records are durable; releases what waited. */
void shell_committed(struct shell *s, uint64_t records);
bool shell_is_full(const struct shell *s);
/* The q-th percentile (0..100) of the last latencies, microseconds. */
uint32_t shell_latency_us(const struct shell *s, unsigned q);

#endif
