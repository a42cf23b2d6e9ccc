#include "contracts-abi/eip712.h"

#include <string.h>

#include "base/keccak.h"
#include "contracts-abi/abi.h"

/* keccak256("EIP712Domain(string name,string version,uint256 chainId,address
 * verifyingContract)"); tests/test_attest.c works it out again. */
static const struct b32 domain_type_hash = { {
	0x8b, 0x73, 0xc3, 0xc6, 0x9b, 0xb8, 0xfe, 0x3d,
	0x51, 0x2e, 0xcc, 0x4c, 0xf7, 0x59, 0xcc, 0x79,
	0x23, 0x9f, 0x7b, 0x17, 0x9b, 0x0f, 0xfa, 0xca,
	0xa9, 0xa7, 0x5d, 0x52, 0x2b, 0x39, 0x40, 0x0f,
} };

void
eip712_domain_separator(struct b32 *out, const struct b32 *name_hash,
    const struct b32 *version_hash, uint64_t chain_id,
    const struct addr *contract)
{
	uint8_t bytes[5 * ABI_WORD];
	struct abi_writer w;

	abi_write_open(&w, bytes, sizeof(bytes));
	abi_put_b32(&w, &domain_type_hash);
	abi_put_b32(&w, name_hash);
	abi_put_b32(&w, version_hash);
	abi_put_u64(&w, chain_id);
	abi_put_addr(&w, contract);
	keccak256(out, bytes, w.len);
}

void
eip712_digest(struct b32 *out, const struct b32 *domain_separator,
    const struct b32 *struct_hash)
{
	uint8_t bytes[2 + 2 * ABI_WORD] = { 0x19, 0x01 };

	memcpy(bytes + 2, domain_separator->b, ABI_WORD);
	memcpy(bytes + 2 + ABI_WORD, struct_hash->b, ABI_WORD);
	keccak256(out, bytes, sizeof(bytes));
}
