/* oracle/keystore.h - key files: Web3 Secret Storage, version 3.
 *
 * Read: scrypt and pbkdf2-hmac-sha256, aes-128-ctr, secrets of 1 to 32 bytes.
 * Written: scrypt with n = 2^18 (light: 2^12), r = 8, p = 1.  The file is
 * text of anybody: parsing is bounded, and so is what deriving its key can
 * cost (KEYSTORE_MEMORY_MAX).  `why` is one line without the file's name, and
 * never holds a secret.
 *
 * Passwords are bytes as given; ethers and cast hash UTF-8 (ethers after
 * NFKC), so those that are ASCII agree everywhere.
 * Source: https://ethereum.org/developers/docs/data-structures-and-encoding/
 * web3-secret-storage/ (test vectors: ethereum/tests, go-ethereum).
 */
#ifndef ORACLE_KEYSTORE_H
#define ORACLE_KEYSTORE_H

#include "base/types.h"
#include "oracle/sig.h"

#define KEYSTORE_TEXT_MAX 16384u
#define KEYSTORE_PASSWORD_MAX 1024u
#define KEYSTORE_SALT_MAX 64u
#define KEYSTORE_MEMORY_MAX (512u * 1024u * 1024u)	/* 128 * n * r */
#define KEYSTORE_WORK_MAX ((uint64_t)1 << 23)		/* n * r * p */
#define KEYSTORE_ROUNDS_MAX 10000000u			/* c of pbkdf2 */
#define KEYSTORE_WHY 160u

enum keystore_kdf { KEYSTORE_SCRYPT, KEYSTORE_PBKDF2 };

struct keystore {
	enum keystore_kdf kdf;
	uint32_t n, r, p;	/* scrypt; n a power of two above one */
	uint32_t rounds;	/* pbkdf2 */
	size_t salt_len, cipher_len;
	uint8_t salt[KEYSTORE_SALT_MAX];
	uint8_t iv[16];
	uint8_t cipher[32];
	uint8_t mac[32];
	bool has_address;	/* what the file claims, not what the key is */
	struct addr address;
	uint8_t id[16];		/* written; not read */
};

/* What a new file takes from chance. */
struct keystore_random {
	uint8_t salt[32];
	uint8_t iv[16];
	uint8_t id[16];
};

/* keystore_parse reads a file's text.  ERR_SYNTAX, ERR_MISSING, ERR_UNKNOWN
 * (another version, cipher or kdf), ERR_LIMIT (a cost beyond the limits). */
MUST_CHECK enum err keystore_parse(struct keystore *out, const char *text,
    size_t len, char why[KEYSTORE_WHY]);

/* keystore_print writes the file's text and a NUL; *out_len without the NUL.
 * ERR_LIMIT where it does not fit. */
MUST_CHECK enum err keystore_print(char *out, size_t *out_len, size_t max,
    const struct keystore *k);

/* keystore_open derives the key and decrypts: up to half a GiB and seconds.
 * ERR_AUTH for a wrong password (or a damaged file), and where the secret is
 * not of the address that the file claims; ERR_RANGE where it is no key;
 * ERR_IO without memory. */
MUST_CHECK enum err keystore_open(struct sig_key *out,
    const struct keystore *k, const struct sig_context *c,
    const uint8_t *password, size_t password_len, char why[KEYSTORE_WHY]);

/* keystore_seal encrypts a key.  ERR_IO without memory. */
MUST_CHECK enum err keystore_seal(struct keystore *out,
    const struct sig_key *key, const uint8_t *password, size_t password_len,
    const struct keystore_random *random, bool is_light,
    char why[KEYSTORE_WHY]);

/* keystore_password_trim takes one line ending off what a file or descriptor
 * held, and returns the new length. */
size_t keystore_password_trim(const uint8_t *password, size_t len);

/* keystore_read_key does it all: the file at path (private_file.h), with the
 * password of the file at password_path, into out.  why names the file. */
MUST_CHECK enum err keystore_read_key(struct sig_key *out,
    const struct sig_context *c, const char *path, const char *password_path,
    char *why, size_t why_size);

#endif
