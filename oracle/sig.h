/* oracle/sig.h - ECDSA over secp256k1 as the chain reads it.
 *
 * A thin wrapper over libsecp256k1 with its recovery module: nonces of RFC
 * 6979, s always in the lower half, recovery 0 or 1.  Its own recover takes
 * the high-s twin of a signature; ours does not (tests/test_sig.c).
 *
 * Secrets: struct sig_key holds one; whoever owns it wipes it with
 * sig_key_wipe.  Nothing here keeps, copies or prints a secret.
 * Memory: sig_context_create allocates once; signing and checking do not.
 */
#ifndef ORACLE_SIG_H
#define ORACLE_SIG_H

#include "base/types.h"

struct sig_context;

struct sig_key {
	uint8_t secret[32];
	struct addr address;
};

struct sig_compact {
	uint8_t r[32];
	uint8_t s[32];
	uint8_t v;		/* 0 or 1 */
};

/* sig_context_create makes a context that is blinded with 32 random bytes of
 * the caller, who wipes them.  ERR_IO where there is no memory. */
MUST_CHECK enum err sig_context_create(struct sig_context **out,
    const uint8_t random[32]);
/* sig_context_destroy accepts NULL. */
void sig_context_destroy(struct sig_context *c);

/* sig_key_from_secret derives the address.  ERR_RANGE for a secret of zero or
 * of the group's order and above. */
MUST_CHECK enum err sig_key_from_secret(struct sig_key *out,
    const struct sig_context *c, const uint8_t secret[32]);
void sig_key_wipe(struct sig_key *k);

/* sig_sign signs a digest.  ERR_STATE where the library cannot, or where the
 * nonce's point needs a recovery above 1 (nobody has seen one: 2^-127). */
MUST_CHECK enum err sig_sign(struct sig_compact *out,
    const struct sig_context *c, const struct sig_key *k,
    const struct b32 *digest);

/* Both writers take what sig_sign made or sig_recover accepted (MUST).
 * EIP-2098: r, then s with v in its highest bit. */
void sig_to_eip2098(uint8_t out[64], const struct sig_compact *s);
/* r, s, then v + 27. */
void sig_to_rsv65(uint8_t out[65], const struct sig_compact *s);
/* ERR_AUTH where s is in the upper half; any 64 bytes have a v. */
MUST_CHECK enum err sig_from_eip2098(struct sig_compact *out,
    const uint8_t in[64]);

/* sig_recover tells who signed digest.  ERR_AUTH for v above 1, r or s of zero
 * or beyond the order, s in the upper half, and where there is no such key.
 * A key has as many signatures of a digest as there are nonces: de-duplicate by
 * (signer, digest), never by bytes. */
MUST_CHECK enum err sig_recover(struct addr *out, const struct sig_context *c,
    const struct b32 *digest, const struct sig_compact *s);
/* sig_verify: ERR_OK only if `expected` signed digest; else ERR_AUTH. */
MUST_CHECK enum err sig_verify(const struct sig_context *c,
    const struct b32 *digest, const struct sig_compact *s,
    const struct addr *expected);

#endif
