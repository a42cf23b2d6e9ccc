#include "oracle/sig.h"

#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/keccak.h"
#include "base/must.h"

#define PUBLIC_KEY_SIZE 65u	/* 0x04, x, y */

/* struct sig_context is nowhere defined: it is the library's context by another
 * name, so that sig.h needs no header of the library. */
static secp256k1_context *
library_context(struct sig_context *c)
{
	return (secp256k1_context *)(void *)c;
}

static const secp256k1_context *
library_context_const(const struct sig_context *c)
{
	return (const secp256k1_context *)(const void *)c;
}

enum err
sig_context_create(struct sig_context **out, const uint8_t random[32])
{
	secp256k1_context *c = secp256k1_context_create(
	    SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);

	if (c == NULL)
		return ERR_IO;
	if (secp256k1_context_randomize(c, random) != 1) {
		secp256k1_context_destroy(c);
		return ERR_IO;
	}
	*out = (struct sig_context *)(void *)c;
	return ERR_OK;
}

void
sig_context_destroy(struct sig_context *c)
{
	if (c != NULL)
		secp256k1_context_destroy(library_context(c));
}

/* An address is the tail of the hash of the bare point (yellow paper, (284)
 * of the Shanghai edition). */
static void
address_from_public_key(struct addr *out, const secp256k1_context *c,
    const secp256k1_pubkey *public_key)
{
	uint8_t point[PUBLIC_KEY_SIZE];
	size_t size = sizeof(point);
	struct b32 hash;

	MUST(secp256k1_ec_pubkey_serialize(c, point, &size, public_key,
	    SECP256K1_EC_UNCOMPRESSED) == 1 && size == sizeof(point));
	keccak256(&hash, point + 1, sizeof(point) - 1);
	memcpy(out->b, hash.b + 12, sizeof(out->b));
}

enum err
sig_key_from_secret(struct sig_key *out, const struct sig_context *c,
    const uint8_t secret[32])
{
	const secp256k1_context *lib = library_context_const(c);
	secp256k1_pubkey public_key;

	/* Also the check of the range. */
	if (secp256k1_ec_pubkey_create(lib, &public_key, secret) != 1)
		return ERR_RANGE;
	address_from_public_key(&out->address, lib, &public_key);
	memcpy(out->secret, secret, sizeof(out->secret));
	return ERR_OK;
}

void
sig_key_wipe(struct sig_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

enum err
sig_sign(struct sig_compact *out, const struct sig_context *c,
    const struct sig_key *k, const struct b32 *digest)
{
	const secp256k1_context *lib = library_context_const(c);
	secp256k1_ecdsa_recoverable_signature signature;
	uint8_t rs[64];
	int recovery;

	/* The default nonce function is RFC 6979, and the library lowers s. */
	if (secp256k1_ecdsa_sign_recoverable(lib, &signature, digest->b,
	    k->secret, NULL, NULL) != 1)
		return ERR_STATE;
	MUST(secp256k1_ecdsa_recoverable_signature_serialize_compact(lib, rs,
	    &recovery, &signature) == 1);
	if (recovery != 0 && recovery != 1)
		return ERR_STATE;
	memcpy(out->r, rs, 32);
	memcpy(out->s, rs + 32, 32);
	out->v = (uint8_t)recovery;
	return ERR_OK;
}

/* Half of the group's order (SEC 2, 2.4.1): above it stands the twin. */
static bool
s_is_high(const uint8_t s[32])
{
	static const uint8_t order_half[32] = {
		0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
		0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
	};

	return memcmp(s, order_half, sizeof(order_half)) > 0;
}

void
sig_to_eip2098(uint8_t out[64], const struct sig_compact *s)
{
	MUST(s->v <= 1 && !s_is_high(s->s));
	memcpy(out, s->r, 32);
	memcpy(out + 32, s->s, 32);
	out[32] |= (uint8_t)(s->v << 7);
}

enum err
sig_from_eip2098(struct sig_compact *out, const uint8_t in[64])
{
	struct sig_compact s;

	memcpy(s.r, in, 32);
	memcpy(s.s, in + 32, 32);
	s.v = s.s[0] >> 7;
	s.s[0] &= 0x7f;
	if (s_is_high(s.s))
		return ERR_AUTH;
	*out = s;
	return ERR_OK;
}

void
sig_to_rsv65(uint8_t out[65], const struct sig_compact *s)
{
	MUST(s->v <= 1 && !s_is_high(s->s));
	memcpy(out, s->r, 32);
	memcpy(out + 32, s->s, 32);
	out[64] = (uint8_t)(s->v + 27);
}

enum err
sig_recover(struct addr *out, const struct sig_context *c,
    const struct b32 *digest, const struct sig_compact *s)
{
	static const uint8_t zero[32];
	const secp256k1_context *lib = library_context_const(c);
	secp256k1_ecdsa_recoverable_signature signature;
	secp256k1_pubkey public_key;
	struct addr address;
	uint8_t rs[64];

	if (s->v > 1 || s_is_high(s->s) || memcmp(s->r, zero, 32) == 0 ||
	    memcmp(s->s, zero, 32) == 0)
		return ERR_AUTH;
	memcpy(rs, s->r, 32);
	memcpy(rs + 32, s->s, 32);
	if (secp256k1_ecdsa_recoverable_signature_parse_compact(lib,
	    &signature, rs, s->v) != 1 ||
	    secp256k1_ecdsa_recover(lib, &public_key, &signature, digest->b) !=
	    1)
		return ERR_AUTH;
	address_from_public_key(&address, lib, &public_key);
	if (addr_is_zero(&address))
		return ERR_AUTH;
	*out = address;
	return ERR_OK;
}

enum err
sig_verify(const struct sig_context *c, const struct b32 *digest,
    const struct sig_compact *s, const struct addr *expected)
{
	struct addr signer;
	enum err e = sig_recover(&signer, c, digest, s);

	if (e != ERR_OK)
		return e;
	return addr_equal(&signer, expected) ? ERR_OK : ERR_AUTH;
}
