/* base/hex.h - bytes <-> hexadecimal text, and big-endian words. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/types.h"

/* hex_to_bytes reads exactly 2 * out_len digits, with or without a leading
 * 0x.  ERR_SYNTAX for any other length or digit. */
MUST_CHECK enum err hex_to_bytes(uint8_t *out, size_t out_len,
    const char *text, size_t len);
/* hex_to_bytes_max reads up to out_max bytes (an even number of digits) and
 * says how many in *out_len; ERR_LIMIT above. */
MUST_CHECK enum err hex_to_bytes_max(uint8_t *out, size_t *out_len,
    size_t out_max, const char *text, size_t len);
/* hex_from_bytes writes "0x", 2 * len lower-case digits and a NUL; out needs
 * 2 * len + 3 characters.  Returns the length without the NUL. */
size_t hex_from_bytes(char *out, const uint8_t *bytes, size_t len);
/* hex_to_u64 reads an EVM quantity ("0x1a"): with 0x and without leading
 * zeros (Ethereum JSON-RPC), else ERR_SYNTAX; ERR_RANGE above 64 bits. */
MUST_CHECK enum err hex_to_u64(uint64_t *out, const char *text, size_t len);
/* hex_to_u128 likewise for up to 128 bits. */
MUST_CHECK enum err hex_to_u128(u128 *out, const char *text, size_t len);

#define HEX_B32_BUF 67u		/* "0x" + 64 + NUL */
#define HEX_ADDR_BUF 43u	/* "0x" + 40 + NUL */
/* addr_to_checksum writes the EIP-55 mixed-case form. */
void addr_to_checksum(char out[HEX_ADDR_BUF], const struct addr *a);
/* addr_from_text accepts "0x" and 40 digits, lower-case, upper-case or in the
 * correct EIP-55 form; ERR_SYNTAX. */
MUST_CHECK enum err addr_from_text(struct addr *out, const char *text,
    size_t len);

/* Big-endian stores and loads. */
void be_put_u16(uint8_t *out, uint16_t v);
void be_put_u32(uint8_t *out, uint32_t v);
void be_put_u64(uint8_t *out, uint64_t v);
void be_put_u128(uint8_t *out, u128 v);
uint16_t be_get_u16(const uint8_t *in);
uint32_t be_get_u32(const uint8_t *in);
uint64_t be_get_u64(const uint8_t *in);
u128 be_get_u128(const uint8_t *in);

#endif
