/* oracle/signer.h - the signer role: keeper of the keys.
 *
 * It answers requests of two peers, and orders of one:
 *
 *   engine   BEGIN WORD* LEAF* END -> SIGNED | REJECTED
 *            on connecting: SIGNER_BASE of each slot that has a reference,
 *            SIGNER_READY; PAUSED, RESUMED as they come
 *   chain    TX_REQUEST -> TX_SIGNED | TX_REJECTED;  TX_MINED
 *            on connecting: GAS_KEY
 *   control  PAUSE, RESUME, PEER;  STATUS each second and on a change
 *
 * A message of another type, size or version is fatal to the connection it
 * came on.  Without its control socket the signer ends; without an engine or
 * a chain process it waits for a new one.  It never signs a hash that it was
 * given.  Paused (durable): one last REFUSED/PAUSED header, built on the last
 * one that it signed for this engine, then RULE_PAUSED to every request.
 *
 * Limits: each peer's answers wait in a queue of SIGNER_OUTBOX messages;
 *         while one waits, nothing more is read from that peer.
 */
#ifndef ORACLE_SIGNER_H
#define ORACLE_SIGNER_H

#include "contracts-abi/attest.h"
#include "oracle/config.h"
#include "oracle/ring.h"
#include "oracle/sig.h"
#include "oracle/signer_state.h"

#define SIGNER_OUTBOX (BOOK_ASSETS_MAX + 8u)

/* The meaning of wire_status.counter. */
enum signer_counter {
	SIGNER_SIGNATURES,	/* attestations, in this life */
	SIGNER_REJECTIONS,
	SIGNER_LAST_RULE,	/* enum policy_rule of the last rejection */
	SIGNER_LAST_SEQUENCE,
	SIGNER_LAST_AS_OF,
	SIGNER_SEQUENCE_UNTIL,	/* reserved on disk */
	SIGNER_STATE_WRITES,
	SIGNER_VERDICTS,	/* in the last attestation */
	SIGNER_ALARMS,		/* attestations above an allowance */
	SIGNER_TRANSACTIONS,
	SIGNER_TX_REJECTIONS,
	SIGNER_GAS_WINDOW_GWEI,	/* counted as spent in the running hour */
	SIGNER_COUNTERS,
};

/* The decrypted keys, on guarded pages: locked in memory, left out of core
 * files, read-only, wiped by signer_keys_close. */
struct signer_keys {
	struct sig_key attest;
	struct sig_key gas;
	bool has_gas;
};

/* signer_harden forbids core files and debuggers to the process.  Called by
 * signer_keys_open before the first secret is read. */
void signer_harden(void);

/* signer_keys_open decrypts the key files (gas_keystore NULL or empty: no
 * transactions).  On failure `why` is one line that names the file.  ERR_AUTH
 * for a wrong password, and where both files hold the same key. */
MUST_CHECK enum err signer_keys_open(struct signer_keys **out,
    const char *keystore, const char *password_file,
    const char *gas_keystore, const char *gas_password_file, char *why,
    size_t why_size);
void signer_keys_close(struct signer_keys *k);	/* accepts NULL */

struct signer_setup {
	int engine_fd, chain_fd, control_fd;	/* SEQPACKET; -1: none yet */
	struct ring engine_ring;	/* open where that wire is hot */
	struct ring_spin spin;		/* on it, before each sleep */
	const struct config *config;
	struct eip712_domain domain;
	struct b32 book, rules_hash;
	uint32_t asset_count;
	const struct signer_keys *keys;
	struct signer_state *state;		/* open */
	uint64_t (*clock_ms)(void);	/* Unix ms; NULL: the machine's own */
};

/* signer_run serves until the control socket closes (without one: until the
 * engine's does), closes the three sockets and the ring, and returns an exit
 * code.  It
 * opens nothing. */
int signer_run(const struct signer_setup *setup);

#endif
