/* contracts-abi/rlp.h - recursive length prefix, canonical form only.
 *
 * Internal to this folder and its tests.  A reader walks the items of one
 * list; its first error sticks, every later read gives nothing, and rlp_close
 * is the one check at the end.  Slices point into the caller's bytes.
 *
 * Refused (ERR_SYNTAX): a byte below 0x80 that is not its own encoding, a long
 * form where the short one would do, a length with leading zeros or beyond
 * the input, an integer with leading zeros, bytes left over.
 * Source: Ethereum yellow paper, appendix B.
 */
#ifndef CONTRACTS_ABI_RLP_H
#define CONTRACTS_ABI_RLP_H

#include "base/types.h"

struct rlp_item {
	const uint8_t *at;	/* the payload, without its header */
	size_t len;
	bool is_list;
};

struct rlp_reader {
	const uint8_t *at;
	const uint8_t *end;
	enum err error;		/* ERR_OK until the first failure */
};

/* rlp_open reads the items that stand side by side in bytes. */
void rlp_open(struct rlp_reader *r, const uint8_t *bytes, size_t len);
/* rlp_has_more: false at the end, and after an error. */
bool rlp_has_more(const struct rlp_reader *r);
/* rlp_next reads one item of either kind; a list is entered with rlp_open on
 * its payload.  Fails where there is none. */
struct rlp_item rlp_next(struct rlp_reader *r);
/* rlp_next_string, rlp_next_list fail on an item of the other kind. */
struct rlp_item rlp_next_string(struct rlp_reader *r);
struct rlp_item rlp_next_list(struct rlp_reader *r);
/* rlp_next_uint reads an integer below 2^bits, bits at most 128; beyond it is
 * ERR_RANGE. */
u128 rlp_next_uint(struct rlp_reader *r, unsigned bits);
/* rlp_next_b32 reads an integer of at most 256 bits, left-padded. */
void rlp_next_b32(struct rlp_reader *r, uint8_t out[32]);
/* rlp_close: the first error, or ERR_SYNTAX where items are left. */
MUST_CHECK enum err rlp_close(const struct rlp_reader *r);

/* An integer as a string item: kept bytes, without leading zeros. */
struct rlp_uint {
	uint8_t bytes[32];
	size_t skip;		/* leading zeros */
};
struct rlp_uint rlp_uint_from_u128(u128 v);
struct rlp_uint rlp_uint_from_b32(const uint8_t bytes[32]);
/* rlp_item_from_uint points into u. */
struct rlp_item rlp_item_from_uint(const struct rlp_uint *u);

#define RLP_HEADER_MAX 9u
/* rlp_header_size: how many bytes stand before the payload (0 for a byte that
 * is its own encoding). */
size_t rlp_header_size(const struct rlp_item *i);
/* rlp_write writes one item (a list's payload is its encoded items) and
 * returns its length.  out needs RLP_HEADER_MAX + len bytes. */
size_t rlp_write(uint8_t *out, const struct rlp_item *i);
/* rlp_write_list writes a list of items.  ERR_LIMIT where more than max bytes
 * would be needed. */
MUST_CHECK enum err rlp_write_list(uint8_t *out, size_t *out_len, size_t max,
    const struct rlp_item *items, size_t count);

#endif
