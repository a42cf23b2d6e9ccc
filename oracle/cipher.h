/* oracle/cipher.h - the two things that key files need from libcrypto.
 *
 * A room of its own: OpenSSL's headers and base/types.h both name an
 * ERR_STATE, so no file can include both.  Each answers false where the
 * library fails (no memory). */
#ifndef ORACLE_CIPHER_H
#define ORACLE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counter mode: the same call encrypts and decrypts.  len at most 2^30. */
bool cipher_aes128_ctr(uint8_t *out, const uint8_t *in, size_t len,
    const uint8_t key[16], const uint8_t iv[16]);

/* pbkdf2-hmac-sha256; every length and rounds at most 2^30. */
bool cipher_pbkdf2(uint8_t *out, size_t out_len, const uint8_t *password,
    size_t password_len, const uint8_t *salt, size_t salt_len,
    uint32_t rounds);

#endif
