/* contracts-abi/tx.h - RLP and transactions of types 0 (EIP-155) and 2
 * (EIP-1559).  Pure; writes into the caller's buffer. */
#ifndef CONTRACTS_ABI_TX_H
#define CONTRACTS_ABI_TX_H

#include "base/types.h"

#define TX_DATA_MAX 16384u	/* calldata bytes */
#define TX_RAW_MAX (TX_DATA_MAX + 512u)

enum tx_type { TX_LEGACY = 0, TX_FEE_MARKET = 2 };

struct tx {
	enum tx_type type;
	uint64_t chain_id;
	uint64_t nonce;
	u128 max_priority_fee_wei;	/* type 2 */
	u128 max_fee_wei;		/* type 2; gas price of type 0 */
	uint64_t gas_limit;
	bool creates;			/* no destination */
	struct addr to;
	u128 value_wei;
	const uint8_t *data;		/* not kept */
	size_t data_len;
};

/* tx_sign_hash: what the sender signs.  data_len above TX_DATA_MAX:
 * ERR_LIMIT.  ERR_RANGE where no chain would take it: a nonce of 2^64 - 1
 * (EIP-2681), a priority fee above the fee (EIP-1559) or beside a gas price,
 * type 0 with chain id zero (not an EIP-155 signature any more). */
MUST_CHECK enum err tx_sign_hash(struct b32 *out, const struct tx *t);
/* tx_encode: the raw signed transaction; out needs TX_RAW_MAX bytes.
 * recovery is 0 or 1; r and s are 32 bytes each.  Errors of tx_sign_hash, and
 * ERR_AUTH for r or s out of range or s in the upper half (EIP-2). */
MUST_CHECK enum err tx_encode(uint8_t *out, size_t *out_len,
    const struct tx *t, unsigned recovery, const uint8_t r[32],
    const uint8_t s[32]);
/* tx_decode reads a raw signed transaction of either type and checks that the
 * RLP is canonical; t->data points into raw.  So what it accepts is what
 * tx_encode writes, byte for byte.  ERR_SYNTAX (also for another type, a
 * signature without a chain id, an access list that is not empty), ERR_LIMIT,
 * ERR_RANGE (also for a number beyond its field), ERR_AUTH.  Whose signature
 * it is, it does not say. */
MUST_CHECK enum err tx_decode(struct tx *t, unsigned *recovery, uint8_t r[32],
    uint8_t s[32], const uint8_t *raw, size_t raw_len);

#endif
