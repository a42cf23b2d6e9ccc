/* tests/bench/ticks.h - from a venue's frame to a signed attestation, with a
 * million vaults loaded; for the files of the suite `ticks` only:
 *
 *   bench_ticks.c   trips through the service, the table
 *   ticks_world.c   the config, the vaults, what the venues say
 *   ticks_bare.c    the same deliveries between processes that do nothing
 *   ticks_parts.c   what the processes compute, each part alone and warm
 */
#ifndef TESTS_BENCH_TICKS_H
#define TESTS_BENCH_TICKS_H

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "oracle/tick_wire.h"
#include "tests/bench/bench.h"
#include "tests/bench/service.h"

#define TICKS_VAULTS 1000000u
#define TICKS_RUNGS 64u		/* vaults that the walk takes across */
#define TICKS_STEP 20u		/* cents of 2,000 USD: a tick of 1 bp */
#define TICKS_COUNT 768u	/* of each kind of trip */

/* Nanoseconds of trips of one kind. */
struct ticks_sample {
	double ns[TICKS_COUNT];
	size_t count;
};
void ticks_note(struct ticks_sample *s, uint64_t began_ns);
double ticks_percentile(struct ticks_sample *s, size_t q);

/* Up and down the rungs, one a trip. */
struct ticks_walk {
	unsigned rung;		/* coinbase's ETH: 2000.00 less so many steps */
	bool is_down;
};
void ticks_step(struct ticks_walk *w);

/* ticks_config writes the config with this engine.wait. */
void ticks_config(char *out, size_t size, const char *wait);
extern const char ticks_book[];
/* ticks_vault: rung i of the ladder for the first TICKS_RUNGS, all others
 * further from their thresholds than the walk goes. */
void ticks_vault(struct wire_vault *out, uint32_t i);
/* ticks_block: the newest one of the contract's chain. */
void ticks_block(struct wire_block *out, uint64_t now_ms);
void ticks_coinbase(char *out, size_t size, const char *symbol,
    unsigned cents, uint64_t now_ms);
/* ticks_others: what does not move, again and again, since a book grows old in
 * 3 s: the other venues, and coinbase's BTC. */
void ticks_others(const struct service *s);
void ticks_say(const struct service *s, size_t venue, const char *text);

/* The bare way: feeds, engine and signer, each with nothing to do. */
struct ticks_bare {
	int tcp, back;
	pid_t pid[3];
};
/* ticks_bare_start: before any process that should not hold its sockets. */
void ticks_bare_start(struct ticks_bare *b, size_t frame_size);
void ticks_bare_trip(const struct ticks_bare *b, struct ticks_sample *s,
    const char *frame, size_t len);
void ticks_bare_stop(struct ticks_bare *b);

enum ticks_part { PART_PARSE, PART_DIGEST, PART_SIGN, PART_RECOVER, PARTS };
struct ticks_parts {
	const struct service *service;
	const char *text;	/* of a frame */
	secp256k1_context *library;
	struct b32 separator, digest;
	struct attestation message;
	secp256k1_ecdsa_recoverable_signature signature;
	struct tick ticks[FRAME_TICKS_MAX];
	struct venue_memory memory;
	double ns[PARTS];	/* of the last turn */
};
extern const char *const ticks_part_names[PARTS];
void ticks_parts_open(struct ticks_parts *p, const struct service *s,
    const char *text);
void ticks_parts_turn(struct ticks_parts *p);
void ticks_parts_close(struct ticks_parts *p);

/* The machine alone, in this process: the service's own life of it. */
struct ticks_alone {
	struct machine *machine;
	uint64_t now_ms, sequence;
	struct ticks_walk walk;
	unsigned leaves;
	bool is_asked;
};
void ticks_alone_begin(struct ticks_alone *a, const struct service *s);
/* TICK, CLOSE and SIGNED: what it does between frame and signature, after
 * rest, where that is not NULL. */
void ticks_alone_trip(struct ticks_alone *a, struct ticks_sample *s,
    void (*rest)(void));

#endif
