/* contracts-abi/clearing.h - calldata and answers of MarginClearing.sol.
 *
 * Pure; writes into the caller's buffer.  Source: contracts-abi/src, and the
 * contract ABI specification (head and tail encoding). */
#ifndef CONTRACTS_ABI_CLEARING_H
#define CONTRACTS_ABI_CLEARING_H

#include "contracts-abi/attest.h"

#define CLEARING_SIGNERS_MAX 255u
#define CLEARING_DATA_MAX 16384u
#define CLEARING_LEGS_MAX 16u

/* Signatures of one header in the contract's form: a bitmap over its signer
 * table and 64 bytes of EIP-2098 each, lowest bit first. */
struct clearing_signatures {
	uint8_t bitmap[32];	/* uint256, big-endian */
	size_t count;
	const uint8_t (*compact)[64];
};

struct clearing_liquidation {
	struct addr owner;
	uint64_t index;
	struct addr collateral;
	struct addr debt;
	u128 repay;		/* atoms of the debt token */
	u128 min_seize;		/* atoms of the collateral token */
	struct addr recipient;
};

/* The two encoders write at most CLEARING_DATA_MAX bytes at out.  ERR_SYNTAX
 * where the bitmap has not exactly `count` bits, ERR_LIMIT where the call does
 * not fit.
 *
 * submit(Attestation,uint256,bytes) */
MUST_CHECK enum err clearing_encode_submit(uint8_t *out, size_t *out_len,
    const struct attestation *a, const struct clearing_signatures *s);
/* submitAndLiquidate(Attestation,uint256,bytes,uint256[],Liquidation) */
MUST_CHECK enum err clearing_encode_submit_and_liquidate(uint8_t *out,
    size_t *out_len, const struct attestation *a,
    const struct clearing_signatures *s, const struct b32 *words,
    size_t word_count, const struct clearing_liquidation *l);

/* vaultState(bytes32) */
size_t clearing_encode_vault_state(uint8_t out[36], const struct b32 *vault);
struct clearing_vault {	/* slots strictly ascending on each side */
	struct addr owner;
	uint64_t index;
	uint64_t nonce;
	uint64_t liquidations;
	uint8_t mode;
	size_t collateral_count, debt_count;
	uint8_t collateral_slot[CLEARING_LEGS_MAX];
	u128 collateral_amount[CLEARING_LEGS_MAX];
	uint8_t debt_slot[CLEARING_LEGS_MAX];
	u128 debt_amount[CLEARING_LEGS_MAX];
};
/* ERR_SYNTAX for anything that is not canonical ABI, ERR_RANGE for an amount
 * of 2^128 or more or an index of 2^64 or more, ERR_LIMIT for too many legs,
 * ERR_DUPLICATE for a slot that is twice on one side (ERR_SYNTAX where they are
 * out of order). */
MUST_CHECK enum err clearing_decode_vault_state(struct clearing_vault *out,
    const uint8_t *bytes, size_t len);

/* latest() */
struct clearing_latest {
	struct b32 digest;
	uint64_t sequence;
	uint64_t as_of;
	uint8_t status;
	uint64_t last_refusal;
};
size_t clearing_encode_latest(uint8_t out[4]);
/* ERR_SYNTAX also for a status that has no name. */
MUST_CHECK enum err clearing_decode_latest(struct clearing_latest *out,
    const uint8_t *bytes, size_t len);
/* rulesHash(), book(): one word back.  threshold(): k.  signerTable(). */
size_t clearing_encode_rules_hash(uint8_t out[4]);
size_t clearing_encode_book(uint8_t out[4]);
size_t clearing_encode_threshold(uint8_t out[4]);
size_t clearing_encode_signer_table(uint8_t out[4]);
MUST_CHECK enum err clearing_decode_word(struct b32 *out,
    const uint8_t *bytes, size_t len);
/* ERR_RANGE outside 1..CLEARING_SIGNERS_MAX. */
MUST_CHECK enum err clearing_decode_threshold(uint8_t *out,
    const uint8_t *bytes, size_t len);
/* out needs max addresses; more of them is ERR_LIMIT. */
MUST_CHECK enum err clearing_decode_signer_table(struct addr *out,
    size_t *count, size_t max, const uint8_t *bytes, size_t len);

/* The events whose first indexed argument is a vault that changed: the
 * keccak256 of their signatures. */
#define CLEARING_VAULT_EVENTS 6u
void clearing_vault_events(struct b32 out[CLEARING_VAULT_EVENTS]);

/* selector_of: the first four bytes of keccak256(signature). */
void selector_of(uint8_t out[4], const char *signature);

#endif
