#include "oracle/cipher.h"

#include <openssl/evp.h>

bool
cipher_aes128_ctr(uint8_t *out, const uint8_t *in, size_t len,
    const uint8_t key[16], const uint8_t iv[16])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int done = 0;
	bool is_ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key,
	    iv) == 1 && EVP_EncryptUpdate(c, out, &done, in, (int)len) == 1 &&
	    done == (int)len;

	EVP_CIPHER_CTX_free(c);	/* wipes; NULL is fine */
	return is_ok;
}

bool
cipher_pbkdf2(uint8_t *out, size_t out_len, const uint8_t *password,
    size_t password_len, const uint8_t *salt, size_t salt_len,
    uint32_t rounds)
{
	return PKCS5_PBKDF2_HMAC((const char *)password, (int)password_len,
	    salt, (int)salt_len, (int)rounds, EVP_sha256(), (int)out_len,
	    out) == 1;
}
