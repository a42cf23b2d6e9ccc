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
 * ERR_LIMIT. */
MUST_CHECK enum err tx_sign_hash(struct b32 *out, const struct tx *t);
/* tx_encode: the raw signed transaction; out needs TX_RAW_MAX bytes.
 * recovery is 0 or 1; r and s are 32 bytes each. */
MUST_CHECK enum err tx_encode(uint8_t *out, size_t *out_len,
    const struct tx *t, unsigned recovery, const uint8_t r[32],
    const uint8_t s[32]);
/* tx_decode reads a raw signed transaction of either type and checks that the
 * RLP is canonical; t->data points into raw.  ERR_SYNTAX, ERR_LIMIT. */
MUST_CHECK enum err tx_decode(struct tx *t, unsigned *recovery, uint8_t r[32],
    uint8_t s[32], const uint8_t *raw, size_t raw_len);

#endif
