/* oracle/wire.h - every message between the processes, and every record of
 * the journal.
 *
 * Wires are AF_UNIX SOCK_SEQPACKET pairs; one message a packet.  Each type has
 * one size.  A message of another version, an unknown type or a wrong size is
 * fatal to the connection; nothing is negotiated.  Integers are little-endian
 * as the machine has them (asserted), padding is explicit and zero, so the
 * bytes can be hashed and kept.
 *
 * Changing this file needs a new WIRE_VERSION (make check-source holds its
 * hash against tests/wire.hash).
 */
#ifndef ORACLE_WIRE_H
#define ORACLE_WIRE_H

#include "base/types.h"

#define WIRE_VERSION 4u
#define WIRE_SIZE_MAX 8192u
#define WIRE_LEGS 16u
#define WIRE_POSITIONS 128u
#define WIRE_TX_DATA 4096u
#define WIRE_UNITS 128u	/* whose returns are followed */
#define WIRE_PAIRS (WIRE_UNITS * (WIRE_UNITS - 1u) / 2u)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "records are little-endian");

enum wire_type {
	/* Inputs of the machine: journaled, hashed into inputsHash. */
	WIRE_START = 1,		/* shell: a new life of the machine */
	WIRE_TICK = 2,		/* feeds; chain, of a venue that is on one */
	WIRE_HEARTBEAT = 3,	/* feeds: an exchange's time without a price */
	WIRE_CLOSE = 4,		/* shell: the batch ends, it is now_ms */
	WIRE_VAULT = 5,		/* chain: the vault as it is now */
	WIRE_BLOCK = 6,		/* chain: vaults are complete up to here */
	WIRE_SIGNER_BASE = 7,	/* signer: what bounds a slot's next word */
	WIRE_SIGNER_READY = 8,	/* signer: first sequence */
	WIRE_SIGNED = 9,	/* signer: answer to END */
	WIRE_REJECTED = 10,	/* signer: policy says no */
	WIRE_PAUSED = 11,	/* signer: signed its last header */
	WIRE_RESUMED = 12,	/* signer */
	WIRE_PORTFOLIO = 13,	/* chain: a vault with positions as it is now */
	WIRE_RATE = 14,		/* chain: what a wrapped token is redeemed for */
	WIRE_MARK = 15,		/* feeds: a contract's mark and funding */
	WIRE_FORWARD = 16,	/* surface: a forward price */
	WIRE_SLICE = 17,	/* surface: the volatilities of one expiry */
	WIRE_MEMORY_UNIT = 18,	/* journal: what an earlier life knew, */
	WIRE_MEMORY_MARKET = 19,	/* said right after START */
	WIRE_MEMORY_RATE = 20,
	/* Engine -> signer: BEGIN, the changes, END. */
	WIRE_BEGIN = 32,
	WIRE_WORD = 33,
	WIRE_LEAF = 34,
	WIRE_END = 35,
	/* Engine -> journal, followed by the WORDs of the vector as signed;
	 * once durable, and by itself, -> api and chain. */
	WIRE_ATTESTATION = 48,
	WIRE_COMMITTED = 49,	/* journal -> engine */
	WIRE_JOURNAL_READY = 50,	/* journal -> engine, first message */
	WIRE_KEEP_UNIT = 51,	/* engine -> journal: to be remembered; */
	WIRE_KEEP_MARKET = 52,	/* comes back as WIRE_MEMORY_ */
	WIRE_KEEP_RATE = 53,
	/* Chain -> signer and back. */
	WIRE_TX_REQUEST = 64,
	WIRE_TX_SIGNED = 65,
	WIRE_TX_REJECTED = 66,
	WIRE_TX_MINED = 67,	/* chain -> signer: next nonce, gas spent */
	WIRE_GAS_KEY = 68,	/* signer -> chain, first message: who pays */
	WIRE_OPTION = 80,	/* feeds -> surface: a venue's mark of one */
	/* Supervisor <-> role. */
	WIRE_PEER = 96,		/* with a descriptor: your end towards a role */
	WIRE_GO = 97,		/* all peers are there */
	WIRE_PAUSE = 98,
	WIRE_RESUME = 99,
	WIRE_STATUS = 100,	/* role -> supervisor: alive, ready, counters */
	WIRE_FEED = 101,	/* feeds -> engine's shell, for the board: never
				 * journaled, no input of the machine */
};

struct wire_head {
	uint16_t version;
	uint16_t type;
	uint32_t size;		/* of the whole message */
};

/* 128-bit numbers without the alignment that u128 wants. */
struct wire_u128 {
	uint64_t low, high;
};
static inline struct wire_u128 wire_from_u128(u128 v)
{ return (struct wire_u128){ (uint64_t)v, (uint64_t)(v >> 64) }; }
static inline u128 wire_to_u128(struct wire_u128 v)
{ return (u128)v.high << 64 | v.low; }

struct wire_start {
	struct wire_head head;
	uint64_t now_ms;
	struct b32 config_hash;	/* keccak256 of the config's text */
	struct b32 book_hash;	/* keccak256 of the book file's text */
	struct b32 previous;	/* inputsHash of the journal so far */
};

struct wire_tick {
	struct wire_head head;
	uint16_t market;	/* index into the config's markets */
	uint8_t has_book, has_last;	/* neither: its book is void */
	uint32_t zero;
	uint64_t exchange_ms;	/* 0: none known, no vote */
	uint64_t recv_ms;
	struct wire_u128 bid, ask, last;	/* 18 decimals */
};

struct wire_heartbeat {
	struct wire_head head;
	uint16_t venue;		/* index into the config's venues */
	uint16_t zero[3];
	uint64_t exchange_ms;
	uint64_t recv_ms;
};

struct wire_close {
	struct wire_head head;
	uint64_t now_ms;
};

struct wire_vault {
	struct wire_head head;
	struct b32 id;
	struct addr owner;
	uint8_t mode, method, collateral_count, debt_count;
	uint64_t owner_index, nonce, liquidations, block_number;
	uint8_t collateral_asset[WIRE_LEGS], debt_asset[WIRE_LEGS];
	struct wire_u128 collateral_amount[WIRE_LEGS], debt_amount[WIRE_LEGS];
	struct wire_u128 debt_index[WIRE_LEGS];	/* 18 decimals */
};

/* A vault by another method than `ratio`: its tokens, and its positions,
 * strictly ascending by instrument. */
struct wire_portfolio {
	struct wire_head head;
	struct wire_vault vault;	/* its head is zero */
	uint32_t position_count;
	uint32_t zero;
	uint16_t instrument[WIRE_POSITIONS];	/* index into the book's */
	struct wire_u128 size[WIRE_POSITIONS];	/* i128 bits; 18 decimals */
	struct wire_u128 entry[WIRE_POSITIONS];	/* 18 decimals */
	struct wire_u128 funding[WIRE_POSITIONS];	/* i128 bits */
};

/* A rate and the moment it held, together: USD of the token = rate x USD of
 * what it is redeemed for. */
struct wire_rate {
	struct wire_head head;
	uint16_t unit;		/* index into the config's units */
	uint16_t zero[3];
	uint64_t time_ms;	/* of the block that it was read at */
	uint64_t recv_ms;
	struct wire_u128 rate;	/* 18 decimals, both sides whole units */
};

struct wire_mark {
	struct wire_head head;
	uint16_t instrument;	/* index into the book's */
	uint8_t has_mark, has_funding, has_interest, zero[3];
	uint64_t exchange_ms;	/* 0: none known, does not count */
	uint64_t recv_ms;
	struct wire_u128 mark;		/* 18 decimals */
	struct wire_u128 funding;	/* i128 bits; of 8 hours, part of the
					 * notional, 18 decimals; above 0 the
					 * long side pays */
	struct wire_u128 interest;	/* open interest, USD, 18 decimals */
};

struct wire_forward {
	struct wire_head head;
	uint16_t unit;
	uint16_t zero[3];
	uint64_t expiry_ms, as_of_ms;
	struct wire_u128 price;		/* 18 decimals; 0: there is none now */
	struct wire_u128 confidence;	/* 18 decimals, at most one */
};

/* Raw SVI (margin/market.h), rounded; the engine checks the slice before it
 * uses it.  Its tau is what is left of it at as_of_ms. */
struct wire_slice {
	struct wire_head head;
	uint16_t unit;
	uint16_t zero[3];
	uint64_t expiry_ms, as_of_ms;
	struct wire_u128 a, b, rho, m, sigma;	/* i128 bits, 18 decimals;
						 * total variance at as_of_ms;
						 * all zero: there is none now */
	struct wire_u128 forward;
	struct wire_u128 confidence;
	struct wire_u128 error;	/* root mean square, in volatility */
};

/* What the machine knows of a unit beyond the last ticks. */
struct wire_memory_unit {
	struct wire_head head;
	char name[16];		/* NUL-padded */
	struct b32 units;	/* keccak256 of all the followed units' names */
	uint64_t slow_ms;	/* 0: there are no slow companions */
	struct wire_u128 last, average, stable;
	uint64_t sample_ms;	/* 0: no sample was taken yet */
	struct wire_u128 sample;
	uint64_t every_ms;	/* a period, of the sample and what is below */
	uint8_t is_seeded, zero[7];
	uint64_t pair_seeded[2];	/* a bit a unit */
	struct wire_u128 variance;	/* of one period; 36 decimals */
	/* i128 bits; 36 decimals; with the units that are before this one. */
	struct wire_u128 covariance[WIRE_UNITS];
};

/* What identifies a listing: where its price was when it was last seen. */
struct wire_memory_market {
	struct wire_head head;
	struct b32 name;	/* keccak256 of venue "/" symbol */
	uint64_t seen_ms;
	uint64_t quiet_ms;	/* its venue talked so long since */
	uint64_t doubt_ms;	/* since when it is not taken for itself; 0 */
	uint64_t zero;
	struct wire_u128 price;	/* in its quote unit */
};

/* What the markets of a wrapped unit said against its rate. */
struct wire_memory_rate {
	struct wire_head head;
	char name[16];		/* of the unit, NUL-padded */
	uint64_t apart_ms;	/* when two groups last contradicted it, and
				 * nobody agreed since; 0: it is settled */
};

struct wire_option {
	struct wire_head head;
	uint16_t unit;
	uint16_t venue;		/* index into the config's */
	uint8_t is_call, has_vol, has_forward, has_price;
	uint64_t expiry_ms, exchange_ms, recv_ms;
	struct wire_u128 strike, vol, forward;	/* 18 decimals */
	struct wire_u128 price;		/* its mark, part of the forward: what
					 * it costs in coins */
};

struct wire_block {
	struct wire_head head;
	uint64_t number;
	struct b32 hash;
	uint64_t time_ms;	/* the block's own */
	uint8_t rules_match;	/* the contract's rulesHash is ours */
	uint8_t has_signer_bit;	/* our signer stands in the contract's table */
	uint8_t signer_bit;	/* at this place */
	uint8_t zero[5];
};

/* What the signer measures the next word of a slot against (policy.h). */
struct wire_signer_base {
	struct wire_head head;
	uint32_t slot;
	uint32_t zero;
	uint64_t reference_as_of, ok_as_of;
	struct wire_u128 reference, ok_high;	/* 18 decimals; 0: none yet */
};

struct wire_signer_ready {
	struct wire_head head;
	uint64_t first_sequence;
	uint64_t last_as_of;
	struct addr signer;
	uint8_t is_paused;
	uint8_t zero[3];
};

struct wire_signature {
	uint8_t r[32], s[32];
	struct addr signer;
	uint8_t recovery;	/* 0 or 1 */
	uint8_t zero[3];
};

struct wire_signed {
	struct wire_head head;
	uint64_t sequence;
	struct b32 digest;
	struct wire_signature signature;
};

struct wire_rejected {
	struct wire_head head;
	uint64_t sequence;	/* of the request */
	uint64_t next_sequence;	/* to count on from */
	uint32_t rule;		/* enum policy_rule */
	uint32_t zero;
};

/* The signer's last header before it rests: the last one it signed for this
 * engine, or an empty one of its book, with these fields instead. */
struct wire_paused {
	struct wire_head head;
	uint64_t sequence, as_of, valid_until;
	struct b32 digest;
	struct wire_signature signature;
};

struct wire_resumed {
	struct wire_head head;
	uint64_t first_sequence;
};

/* A request.  One that is refused changes nothing at the signer: its words and
 * leaves are told again with the next, and is_first too.  WORDs carry words as
 * computed, before any bound. */
struct wire_begin {
	struct wire_head head;
	uint64_t sequence, as_of, valid_until, block_number;
	struct b32 block_hash, positions_root, inputs_hash;
	uint32_t vault_count;
	uint32_t header_reason;	/* 0, or CLOCK, HEAD, RULES: REFUSED */
	struct wire_u128 collateral_value, debt_value;
	uint32_t word_count;	/* WORD messages that follow */
	uint32_t leaf_count;	/* LEAF messages that follow them */
	uint32_t asset_count;	/* length of the vector */
	uint32_t is_first;	/* of the engine's life: verdict tree empty */
};

struct wire_word {
	struct wire_head head;
	uint32_t slot;
	uint32_t zero;
	struct b32 word;
};

struct wire_leaf {
	struct wire_head head;
	uint32_t slot;
	uint8_t is_present;	/* else: the slot becomes empty */
	uint8_t state, method, zero;
	struct b32 vault;
	uint64_t nonce, as_of, block_number;
	struct wire_u128 collateral_value, debt_value, health_low, health_high;
	struct wire_u128 initial_excess, maintenance_excess;	/* i128 bits */
	struct b32 liquidation_asset;
	struct wire_u128 liquidation_price;
	struct b32 debt_asset;
	struct wire_u128 max_repay;
};

struct wire_end {
	struct wire_head head;
	uint64_t sequence;
};

struct wire_attestation {
	struct wire_head head;
	struct b32 book;
	uint64_t sequence, as_of, valid_until, block_number;
	struct b32 block_hash, positions_root, prices_hash, verdicts_root,
	    rules_hash, inputs_hash;
	uint32_t reason, vault_count, verdict_count;
	uint8_t status, zero[3];
	struct wire_u128 collateral_value, debt_value;
	struct b32 digest;
	struct wire_signature signature;
	uint32_t word_count;	/* WORDs of the signed vector that follow */
	uint32_t zero2;
};

struct wire_committed {
	struct wire_head head;
	uint64_t records;	/* durable records since JOURNAL_READY */
};

struct wire_journal_ready {
	struct wire_head head;
	struct b32 inputs_hash;	/* of all that the journal holds */
	uint64_t last_sequence;	/* of the last attestation, 0 if none */
};

struct wire_tx_request {
	struct wire_head head;
	uint64_t id;		/* echoed */
	uint64_t chain_id, nonce, gas_limit;
	struct wire_u128 max_priority_fee_wei, max_fee_wei, value_wei;
	uint8_t type, creates, zero[2];
	uint32_t data_len;
	struct addr to;
	uint32_t zero2;
	uint8_t data[WIRE_TX_DATA];
};

struct wire_tx_signed {
	struct wire_head head;
	uint64_t id;
	struct wire_signature signature;
};

struct wire_tx_rejected {
	struct wire_head head;
	uint64_t id;
	uint32_t rule;		/* enum policy_rule */
	uint32_t zero;
};

struct wire_tx_mined {
	struct wire_head head;
	uint64_t next_nonce;	/* count of mined transactions */
	struct wire_u128 spent_wei;	/* by transactions mined since the last */
};

struct wire_gas_key {
	struct wire_head head;
	struct addr address;	/* zero: no gas key, no transactions */
	uint32_t zero;
};

struct wire_peer {
	struct wire_head head;
	uint32_t role;		/* enum role */
	uint32_t zero;
};

struct wire_plain {	/* GO, PAUSE, RESUME */
	struct wire_head head;
};

#define WIRE_COUNTERS 24u
struct wire_status {
	struct wire_head head;
	uint32_t role;
	uint8_t is_ready, is_paused, zero[2];
	uint64_t now_ms;
	uint64_t counter[WIRE_COUNTERS];	/* meaning by role */
	char reason[64];	/* why not ready; NUL-terminated */
};

/* Why a frame was refused: its parser's error. */
enum wire_reject {
	WIRE_REJECT_SYNTAX, WIRE_REJECT_MISSING, WIRE_REJECT_RANGE,
	WIRE_REJECT_LIMIT, WIRE_REJECT_OTHER, WIRE_REJECT_COUNT,
};
#define WIRE_REJECTS 8u
/* One venue as feeds sees it, about once a second; counts are of this life of
 * the feeds process. */
struct wire_feed {
	struct wire_head head;
	uint16_t venue;		/* index into the config's venues */
	uint8_t is_connected;	/* all of its connections are open */
	uint8_t connections;	/* that it has */
	uint8_t open;		/* of them now */
	uint8_t stalled;	/* of them: they talk, but their time stands */
	uint8_t zero[2];
	uint64_t last_frame_ms;	/* received then; 0: none yet */
	uint64_t frames;	/* all that came */
	uint64_t ticks;		/* and marks and options, sent on */
	uint64_t heartbeats;	/* frames: acks, greetings, farewells and pongs
				 * too */
	uint64_t ignored;	/* frames of known channels without a use */
	uint64_t unknown;	/* frames that the venue is not known to send */
	uint64_t rejected[WIRE_REJECTS];	/* frames, by wire_reject */
	uint64_t unpinned;	/* ticks of symbols that nobody asked for */
	uint64_t gaps;		/* frames before which one is missing, or of
				 * a book's changes and not readable */
	uint64_t reconnects;	/* losses, attempts that failed included */
	uint64_t mutes;		/* of them, of silence */
	uint64_t refused;	/* frames: the venue says no to us */
	uint64_t stalls;	/* times that a connection's time stood still */
	char why[64];		/* of the newest loss; NUL-padded */
};

/* wire_size: the size that a type has, 0 for an unknown one. */
size_t wire_size(unsigned type);
/* wire_is_input: whether the machine takes it (and the journal hashes it). */
bool wire_is_input(unsigned type);
/* wire_is_kept: whether it is a WIRE_KEEP_. */
bool wire_is_kept(unsigned type);
/* wire_head_set fills the head; the message is zeroed by the caller. */
void wire_head_set(struct wire_head *h, enum wire_type type);
/* wire_check validates version, type and size of a received packet. */
MUST_CHECK enum err wire_check(const void *bytes, size_t size);

#endif
