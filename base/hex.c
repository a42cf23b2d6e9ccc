#include "base/hex.h"

#include "base/keccak.h"

#include <string.h>

static const char DIGITS[] = "0123456789abcdef";

/* nibble_of answers 0..15, or -1 for anything that is not a digit. */
static int
nibble_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
has_prefix(const char *text, size_t len)
{
	return len >= 2 && text[0] == '0' && text[1] == 'x';
}

static bool
is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (nibble_of(text[i]) < 0)
			return false;
	return true;
}

/* read_bytes reads len digits, already known to be digits. */
static void
read_bytes(uint8_t *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len / 2; i++)
		out[i] = (uint8_t)(nibble_of(text[2 * i]) << 4 |
		    nibble_of(text[2 * i + 1]));
}

enum err
hex_to_bytes(uint8_t *out, size_t out_len, const char *text, size_t len)
{
	if (has_prefix(text, len)) {
		text += 2;
		len -= 2;
	}
	if (len % 2 != 0 || len / 2 != out_len || !is_hex(text, len))
		return ERR_SYNTAX;
	read_bytes(out, text, len);
	return ERR_OK;
}

enum err
hex_to_bytes_max(uint8_t *out, size_t *out_len, size_t out_max,
    const char *text, size_t len)
{
	if (has_prefix(text, len)) {
		text += 2;
		len -= 2;
	}
	if (len / 2 > out_max)
		return ERR_LIMIT;
	if (len % 2 != 0 || !is_hex(text, len))
		return ERR_SYNTAX;
	read_bytes(out, text, len);
	*out_len = len / 2;
	return ERR_OK;
}

size_t
hex_from_bytes(char *out, const uint8_t *bytes, size_t len)
{
	char *at = out;

	*at++ = '0';
	*at++ = 'x';
	for (size_t i = 0; i < len; i++) {
		*at++ = DIGITS[bytes[i] >> 4];
		*at++ = DIGITS[bytes[i] & 15];
	}
	*at = '\0';
	return (size_t)(at - out);
}

/* read_quantity reads an EVM quantity of at most digits_max digits. */
static enum err
read_quantity(u128 *out, const char *text, size_t len, size_t digits_max)
{
	u128 value = 0;

	if (!has_prefix(text, len) || len == 2)
		return ERR_SYNTAX;
	/* The shortest form is the only one: "0x0", not "0x00". */
	if (text[2] == '0' && len > 3)
		return ERR_SYNTAX;
	for (size_t i = 2; i < len; i++) {
		int nibble = nibble_of(text[i]);

		if (nibble < 0)
			return ERR_SYNTAX;
		value = value << 4 | (unsigned)nibble;
	}
	if (len - 2 > digits_max)
		return ERR_RANGE;
	*out = value;
	return ERR_OK;
}

enum err
hex_to_u64(uint64_t *out, const char *text, size_t len)
{
	u128 value;
	enum err e = read_quantity(&value, text, len, 16);

	if (e == ERR_OK)
		*out = (uint64_t)value;
	return e;
}

enum err
hex_to_u128(u128 *out, const char *text, size_t len)
{
	return read_quantity(out, text, len, 32);
}

void
addr_to_checksum(char out[HEX_ADDR_BUF], const struct addr *a)
{
	size_t len = hex_from_bytes(out, a->b, sizeof(a->b));
	struct b32 hash;

	/* EIP-55: the hash of the lower-case digits says which to raise. */
	keccak256(&hash, out + 2, len - 2);
	for (size_t i = 0; i < len - 2; i++) {
		unsigned byte = hash.b[i / 2];
		unsigned nibble = byte >> (i % 2 == 0 ? 4 : 0) & 15u;

		if (out[i + 2] >= 'a' && nibble >= 8)
			out[i + 2] = (char)(out[i + 2] - 'a' + 'A');
	}
}

enum err
addr_from_text(struct addr *out, const char *text, size_t len)
{
	bool has_lower = false, has_upper = false;
	char expected[HEX_ADDR_BUF];
	struct addr a;

	if (len != HEX_ADDR_BUF - 1 || !has_prefix(text, len) ||
	    hex_to_bytes(a.b, sizeof(a.b), text, len) != ERR_OK)
		return ERR_SYNTAX;
	for (size_t i = 2; i < len; i++) {
		has_lower |= text[i] >= 'a';
		has_upper |= text[i] >= 'A' && text[i] <= 'F';
	}
	if (has_lower && has_upper) {
		addr_to_checksum(expected, &a);
		if (memcmp(text, expected, len) != 0)
			return ERR_SYNTAX;
	}
	*out = a;
	return ERR_OK;
}

void
be_put_u16(uint8_t *out, uint16_t v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

void
be_put_u32(uint8_t *out, uint32_t v)
{
	be_put_u16(out, (uint16_t)(v >> 16));
	be_put_u16(out + 2, (uint16_t)v);
}

void
be_put_u64(uint8_t *out, uint64_t v)
{
	be_put_u32(out, (uint32_t)(v >> 32));
	be_put_u32(out + 4, (uint32_t)v);
}

void
be_put_u128(uint8_t *out, u128 v)
{
	be_put_u64(out, (uint64_t)(v >> 64));
	be_put_u64(out + 8, (uint64_t)v);
}

uint16_t
be_get_u16(const uint8_t *in)
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

uint32_t
be_get_u32(const uint8_t *in)
{
	return (uint32_t)be_get_u16(in) << 16 | be_get_u16(in + 2);
}

uint64_t
be_get_u64(const uint8_t *in)
{
	return (uint64_t)be_get_u32(in) << 32 | be_get_u32(in + 4);
}

u128
be_get_u128(const uint8_t *in)
{
	return (u128)be_get_u64(in) << 64 | be_get_u64(in + 8);
}
