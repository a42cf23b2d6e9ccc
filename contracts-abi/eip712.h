/* contracts-abi/eip712.h - the outer shell of every typed-data signature.
 *
 * Internal to this folder and its tests: attest.h offers it for our own
 * domain.  Domains here have the four fields name, version, chainId and
 * verifyingContract, in this order.  Source: EIP-712. */
#ifndef CONTRACTS_ABI_EIP712_H
#define CONTRACTS_ABI_EIP712_H

#include "base/types.h"

/* eip712_domain_separator takes the hashes of the name and the version. */
void eip712_domain_separator(struct b32 *out, const struct b32 *name_hash,
    const struct b32 *version_hash, uint64_t chain_id,
    const struct addr *contract);
/* eip712_digest: keccak256(0x1901 || domain separator || struct hash). */
void eip712_digest(struct b32 *out, const struct b32 *domain_separator,
    const struct b32 *struct_hash);

#endif
