/* contracts-abi/abi.h - words of 32 bytes, as the contract ABI lays them out.
 *
 * Internal to this folder and its tests.  The writer fills a buffer whose size
 * the caller has worked out (too small is the caller's bug, MUST).  The reader
 * takes what a node answered: its first error sticks, every later read gives
 * zero, and abi_read_close is the one check at the end.  It accepts only the
 * encoding that Solidity's encoder makes: strict padding, tails in the order
 * of their heads without a gap, nothing behind.
 *
 * Source: contract ABI specification 0.8, "Formal Specification of the
 * Encoding" and "Strict Encoding Mode".
 */
#ifndef CONTRACTS_ABI_ABI_H
#define CONTRACTS_ABI_ABI_H

#include "base/types.h"

#define ABI_WORD 32u
#define ABI_SELECTOR 4u

struct abi_writer {
	uint8_t *out;
	size_t len;
	size_t max;
};

void abi_write_open(struct abi_writer *w, uint8_t *out, size_t max);
/* abi_put_bytes copies as it stands, without length or padding. */
void abi_put_bytes(struct abi_writer *w, const uint8_t *bytes, size_t len);
void abi_put_b32(struct abi_writer *w, const struct b32 *v);
void abi_put_addr(struct abi_writer *w, const struct addr *v);
void abi_put_u64(struct abi_writer *w, uint64_t v);
void abi_put_u128(struct abi_writer *w, u128 v);
/* abi_put_i128 extends the sign to 256 bits. */
void abi_put_i128(struct abi_writer *w, i128 v);
/* abi_put_tail writes the length, then the bytes padded to whole words. */
void abi_put_tail(struct abi_writer *w, const uint8_t *bytes, size_t len);
static inline size_t
abi_tail_size(size_t len)
{
	return ABI_WORD + (len + ABI_WORD - 1) / ABI_WORD * ABI_WORD;
}

struct abi_reader {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	enum err error;		/* ERR_OK until the first failure */
};

void abi_read_open(struct abi_reader *r, const uint8_t *bytes, size_t len);
struct b32 abi_read_b32(struct abi_reader *r);
struct addr abi_read_addr(struct abi_reader *r);
/* abi_read_uint reads a word whose value must be below 2^bits, bits at most
 * 128; `beyond` is the error where it is not. */
u128 abi_read_uint(struct abi_reader *r, unsigned bits, enum err beyond);
/* abi_read_int reads a signed word that fits 128 bits, else `beyond`. */
i128 abi_read_int(struct abi_reader *r, enum err beyond);
/* abi_read_count reads the length of an array whose head said `offset`; the
 * offset must be this very place.  More than max elements: ERR_LIMIT. */
size_t abi_read_count(struct abi_reader *r, u128 offset, size_t max);
/* abi_read_close: the first error, or ERR_SYNTAX where bytes are left. */
MUST_CHECK enum err abi_read_close(const struct abi_reader *r);

#endif
