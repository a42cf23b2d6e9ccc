#include "oracle/keystore.h"

#include "base/hex.h"
#include "base/keccak.h"
#include "base/must.h"
#include "oracle/cipher.h"
#include "oracle/private_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#define DERIVED_LEN 32u		/* 16 for the cipher, 16 for the MAC */
#define LIGHT_N (1u << 12)
#define STANDARD_N (1u << 18)
#define STANDARD_R 8u
#define STANDARD_P 1u

__attribute__((format(printf, 3, 4))) static enum err
fail(char why[KEYSTORE_WHY], enum err e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, KEYSTORE_WHY, format, args);
	va_end(args);
	return e;
}

static enum err
get_object(const json_t **out, const json_t *from, const char *key,
    char why[KEYSTORE_WHY])
{
	const json_t *v = json_object_get(from, key);

	if (!v)
		return fail(why, ERR_MISSING, "has no \"%s\"", key);
	if (!json_is_object(v))
		return fail(why, ERR_SYNTAX, "\"%s\" is not an object", key);
	*out = v;
	return ERR_OK;
}

static enum err
get_integer(uint32_t *out, const json_t *from, const char *key, uint32_t min,
    uint32_t max, char why[KEYSTORE_WHY])
{
	const json_t *v = json_object_get(from, key);
	json_int_t n;

	if (!v)
		return fail(why, ERR_MISSING, "has no \"%s\"", key);
	if (!json_is_integer(v))
		return fail(why, ERR_SYNTAX, "\"%s\" is not an integer", key);
	n = json_integer_value(v);
	if (n < (json_int_t)min || n > (json_int_t)max)
		return fail(why, ERR_LIMIT, "\"%s\" is not between %u and %u",
		    key, min, max);
	*out = (uint32_t)n;
	return ERR_OK;
}

/* Digits without 0x, as the format has them; some writers add it. */
static enum err
get_bytes(uint8_t *out, size_t *len, size_t min, size_t max,
    const json_t *from, const char *key, char why[KEYSTORE_WHY])
{
	const json_t *v = json_object_get(from, key);
	uint8_t bytes[64];
	size_t have;

	MUST(max <= sizeof(bytes));
	if (!v)
		return fail(why, ERR_MISSING, "has no \"%s\"", key);
	if (!json_is_string(v) || hex_to_bytes_max(bytes, &have, max,
	    json_string_value(v), json_string_length(v)) != ERR_OK ||
	    have < min)
		return fail(why, ERR_SYNTAX,
		    "\"%s\" is not hexadecimal text of %zu to %zu bytes", key,
		    min, max);
	memcpy(out, bytes, have);
	*len = have;
	return ERR_OK;
}

static enum err
get_word(const json_t *from, const char *key, const char *expected,
    char why[KEYSTORE_WHY])
{
	const char *v = json_string_value(json_object_get(from, key));

	if (!v)
		return fail(why, ERR_MISSING, "has no \"%s\"", key);
	if (strcmp(v, expected) != 0)
		return fail(why, ERR_UNKNOWN, "\"%s\" is not \"%s\"", key,
		    expected);
	return ERR_OK;
}

static enum err
parse_scrypt(struct keystore *k, const json_t *params, char why[KEYSTORE_WHY])
{
	enum err e;

	k->kdf = KEYSTORE_SCRYPT;
	if ((e = get_integer(&k->n, params, "n", 2, 1u << 22, why)) !=
	    ERR_OK ||
	    (e = get_integer(&k->r, params, "r", 1, 64, why)) != ERR_OK ||
	    (e = get_integer(&k->p, params, "p", 1, 64, why)) != ERR_OK)
		return e;
	if ((k->n & (k->n - 1)) != 0)
		return fail(why, ERR_SYNTAX, "\"n\" is not a power of two");
	if ((uint64_t)128 * k->n * k->r > KEYSTORE_MEMORY_MAX)
		return fail(why, ERR_LIMIT, "scrypt asks for more than %u MiB",
		    KEYSTORE_MEMORY_MAX >> 20);
	if ((uint64_t)k->n * k->r * k->p > KEYSTORE_WORK_MAX)
		return fail(why, ERR_LIMIT, "scrypt asks for too much work");
	return ERR_OK;
}

static enum err
parse_kdf(struct keystore *k, const json_t *crypto, char why[KEYSTORE_WHY])
{
	const char *name = json_string_value(json_object_get(crypto, "kdf"));
	const json_t *params;
	uint32_t dklen;
	enum err e;

	if (!name)
		return fail(why, ERR_MISSING, "has no \"kdf\"");
	if ((e = get_object(&params, crypto, "kdfparams", why)) != ERR_OK ||
	    (e = get_integer(&dklen, params, "dklen", DERIVED_LEN, DERIVED_LEN,
	    why)) != ERR_OK ||
	    (e = get_bytes(k->salt, &k->salt_len, 1, sizeof(k->salt), params,
	    "salt", why)) != ERR_OK)
		return e;
	if (strcmp(name, "scrypt") == 0)
		return parse_scrypt(k, params, why);
	if (strcmp(name, "pbkdf2") != 0)
		return fail(why, ERR_UNKNOWN,
		    "\"kdf\" is neither scrypt nor pbkdf2");
	k->kdf = KEYSTORE_PBKDF2;
	if ((e = get_word(params, "prf", "hmac-sha256", why)) != ERR_OK)
		return e;
	return get_integer(&k->rounds, params, "c", 1, KEYSTORE_ROUNDS_MAX,
	    why);
}

static enum err
parse_crypto(struct keystore *k, const json_t *crypto, char why[KEYSTORE_WHY])
{
	const json_t *params;
	size_t len;
	enum err e;

	if ((e = get_word(crypto, "cipher", "aes-128-ctr", why)) != ERR_OK ||
	    (e = get_object(&params, crypto, "cipherparams", why)) != ERR_OK ||
	    (e = get_bytes(k->iv, &len, sizeof(k->iv), sizeof(k->iv), params,
	    "iv", why)) != ERR_OK ||
	    (e = get_bytes(k->cipher, &k->cipher_len, 1, sizeof(k->cipher),
	    crypto, "ciphertext", why)) != ERR_OK ||
	    (e = get_bytes(k->mac, &len, sizeof(k->mac), sizeof(k->mac),
	    crypto, "mac", why)) != ERR_OK)
		return e;
	return parse_kdf(k, crypto, why);
}

static enum err
parse_root(struct keystore *k, const json_t *root, char why[KEYSTORE_WHY])
{
	const json_t *version = json_object_get(root, "version"), *crypto;
	/* ethers writes a capital; the format's page does not. */
	const char *key = json_object_get(root, "crypto") ? "crypto" :
	    json_object_get(root, "Crypto") ? "Crypto" : "crypto";
	size_t len;
	enum err e;

	if (!json_is_object(root))
		return fail(why, ERR_SYNTAX, "is not a JSON object");
	if (!version)
		return fail(why, ERR_MISSING, "has no \"version\"");
	if (!json_is_integer(version) || json_integer_value(version) != 3)
		return fail(why, ERR_UNKNOWN, "\"version\" is not 3");
	if (json_object_get(root, "crypto") && json_object_get(root, "Crypto"))
		return fail(why, ERR_DUPLICATE, "has \"crypto\" twice");
	if (json_object_get(root, "address")) {
		e = get_bytes(k->address.b, &len, sizeof(k->address.b),
		    sizeof(k->address.b), root, "address", why);
		if (e != ERR_OK)
			return e;
		k->has_address = true;
	}
	if ((e = get_object(&crypto, root, key, why)) != ERR_OK)
		return e;
	return parse_crypto(k, crypto, why);
}

enum err
keystore_parse(struct keystore *out, const char *text, size_t len,
    char why[KEYSTORE_WHY])
{
	struct keystore k;
	json_error_t error;
	json_t *root;
	enum err e;

	memset(&k, 0, sizeof(k));
	if (len > KEYSTORE_TEXT_MAX)
		return fail(why, ERR_LIMIT, "is larger than %u bytes",
		    KEYSTORE_TEXT_MAX);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return fail(why, ERR_SYNTAX, "line %d, column %d: %.80s",
		    error.line, error.column, error.text);
	e = parse_root(&k, root, why);
	json_decref(root);
	if (e == ERR_OK)
		*out = k;
	return e;
}

/* Digits without 0x; out needs 2 * len + 3. */
static const char *
bare_hex(char *out, const uint8_t *bytes, size_t len)
{
	hex_from_bytes(out, bytes, len);
	return out + 2;
}

static int
print_kdf(char *out, size_t max, const struct keystore *k)
{
	char salt[2 * KEYSTORE_SALT_MAX + 3];

	bare_hex(salt, k->salt, k->salt_len);
	switch (k->kdf) {
	case KEYSTORE_SCRYPT:
		return snprintf(out, max, "\"kdf\":\"scrypt\",\"kdfparams\":"
		    "{\"dklen\":%u,\"n\":%u,\"p\":%u,\"r\":%u,\"salt\":\"%s\"}",
		    DERIVED_LEN, k->n, k->p, k->r, salt + 2);
	case KEYSTORE_PBKDF2:
		return snprintf(out, max, "\"kdf\":\"pbkdf2\",\"kdfparams\":"
		    "{\"c\":%u,\"dklen\":%u,\"prf\":\"hmac-sha256\","
		    "\"salt\":\"%s\"}", k->rounds, DERIVED_LEN, salt + 2);
	}
	return -1;
}

enum err
keystore_print(char *out, size_t *out_len, size_t max,
    const struct keystore *k)
{
	char address[HEX_ADDR_BUF + 16] = "", hex[HEX_ADDR_BUF];
	char iv[35], cipher[67], mac[67], id[35], kdf[512];
	const char *u;
	int n;

	if (k->has_address)
		snprintf(address, sizeof(address), "\"address\":\"%s\",",
		    bare_hex(hex, k->address.b, sizeof(k->address.b)));
	n = print_kdf(kdf, sizeof(kdf), k);
	MUST(n > 0 && (size_t)n < sizeof(kdf));
	u = bare_hex(id, k->id, sizeof(k->id));
	n = snprintf(out, max, "{%s\"crypto\":{\"cipher\":\"aes-128-ctr\","
	    "\"ciphertext\":\"%s\",\"cipherparams\":{\"iv\":\"%s\"},%s,"
	    "\"mac\":\"%s\"},\"id\":\"%.8s-%.4s-%.4s-%.4s-%.12s\","
	    "\"version\":3}\n", address,
	    bare_hex(cipher, k->cipher, k->cipher_len),
	    bare_hex(iv, k->iv, sizeof(k->iv)), kdf,
	    bare_hex(mac, k->mac, sizeof(k->mac)), u, u + 8, u + 12, u + 16,
	    u + 20);
	if (n < 0 || (size_t)n >= max)
		return ERR_LIMIT;
	*out_len = (size_t)n;
	return ERR_OK;
}

static enum err
derive(uint8_t out[DERIVED_LEN], const struct keystore *k,
    const uint8_t *password, size_t password_len, char why[KEYSTORE_WHY])
{
	bool is_done = false;

	MUST(password_len <= KEYSTORE_PASSWORD_MAX);
	switch (k->kdf) {
	case KEYSTORE_SCRYPT:
		is_done = crypto_pwhash_scryptsalsa208sha256_ll(password,
		    password_len, k->salt, k->salt_len, k->n, k->r, k->p, out,
		    DERIVED_LEN) == 0;
		break;
	case KEYSTORE_PBKDF2:
		is_done = cipher_pbkdf2(out, DERIVED_LEN, password,
		    password_len, k->salt, k->salt_len, k->rounds);
		break;
	}
	if (!is_done)
		return fail(why, ERR_IO, "not enough memory for its password");
	return ERR_OK;
}

static void
mac_of(struct b32 *out, const uint8_t derived[DERIVED_LEN],
    const struct keystore *k)
{
	struct keccak256 h;

	keccak256_init(&h);
	keccak256_update(&h, derived + 16, 16);
	keccak256_update(&h, k->cipher, k->cipher_len);
	keccak256_final(&h, out);
	explicit_bzero(&h, sizeof(h));
}

static enum err
secret_open(uint8_t secret[32], const struct keystore *k,
    const uint8_t *password, size_t password_len, char why[KEYSTORE_WHY])
{
	uint8_t derived[DERIVED_LEN];
	struct b32 mac;
	enum err e = derive(derived, k, password, password_len, why);

	if (e == ERR_OK) {
		mac_of(&mac, derived, k);
		if (sodium_memcmp(mac.b, k->mac, sizeof(mac.b)) != 0)
			e = fail(why, ERR_AUTH, "does not open with this "
			    "password");
	}
	memset(secret, 0, 32);
	/* A secret that lost its leading zeros is a number all the same. */
	if (e == ERR_OK && !cipher_aes128_ctr(secret + 32 - k->cipher_len,
	    k->cipher, k->cipher_len, derived, k->iv))
		e = fail(why, ERR_IO, "cannot be decrypted");
	explicit_bzero(derived, sizeof(derived));
	return e;
}

enum err
keystore_open(struct sig_key *out, const struct keystore *k,
    const struct sig_context *c, const uint8_t *password, size_t password_len,
    char why[KEYSTORE_WHY])
{
	uint8_t secret[32];
	struct sig_key key;
	enum err e = secret_open(secret, k, password, password_len, why);

	if (e == ERR_OK && (e = sig_key_from_secret(&key, c, secret)) !=
	    ERR_OK)
		e = fail(why, e, "holds a number that is no key");
	explicit_bzero(secret, sizeof(secret));
	if (e != ERR_OK)
		return e;
	if (k->has_address && !addr_equal(&k->address, &key.address))
		e = fail(why, ERR_AUTH, "holds the key of another address "
		    "than it says");
	else
		*out = key;
	sig_key_wipe(&key);
	return e;
}

enum err
keystore_seal(struct keystore *out, const struct sig_key *key,
    const uint8_t *password, size_t password_len,
    const struct keystore_random *random, bool is_light,
    char why[KEYSTORE_WHY])
{
	struct keystore k;
	uint8_t derived[DERIVED_LEN];
	struct b32 mac;
	enum err e;

	memset(&k, 0, sizeof(k));
	k.kdf = KEYSTORE_SCRYPT;
	k.n = is_light ? LIGHT_N : STANDARD_N;
	k.r = STANDARD_R;
	k.p = STANDARD_P;
	k.salt_len = sizeof(random->salt);
	memcpy(k.salt, random->salt, sizeof(random->salt));
	memcpy(k.iv, random->iv, sizeof(k.iv));
	memcpy(k.id, random->id, sizeof(k.id));
	k.id[6] = (uint8_t)((k.id[6] & 0x0f) | 0x40);	/* RFC 4122: random */
	k.id[8] = (uint8_t)((k.id[8] & 0x3f) | 0x80);
	k.has_address = true;
	k.address = key->address;
	k.cipher_len = sizeof(k.cipher);
	e = derive(derived, &k, password, password_len, why);
	if (e == ERR_OK && !cipher_aes128_ctr(k.cipher, key->secret,
	    k.cipher_len, derived, k.iv))
		e = fail(why, ERR_IO, "cannot be encrypted");
	if (e == ERR_OK) {
		mac_of(&mac, derived, &k);
		memcpy(k.mac, mac.b, sizeof(k.mac));
		*out = k;
	}
	explicit_bzero(derived, sizeof(derived));
	return e;
}

size_t
keystore_password_trim(const uint8_t *password, size_t len)
{
	if (len > 0 && password[len - 1] == '\n')
		len--;
	if (len > 0 && password[len - 1] == '\r')
		len--;
	return len;
}

static enum err
read_and_open(struct sig_key *out, const struct sig_context *c,
    const char *path, const char *password_path, uint8_t *password,
    const char **culprit, char why[KEYSTORE_WHY])
{
	char text[KEYSTORE_TEXT_MAX];
	struct keystore k;
	size_t len, password_len;
	enum err e;

	*culprit = path;
	if ((e = private_file_read(text, &len, sizeof(text), path, why)) !=
	    ERR_OK || (e = keystore_parse(&k, text, len, why)) != ERR_OK)
		return e;
	*culprit = password_path;
	if ((e = private_file_read(password, &password_len,
	    KEYSTORE_PASSWORD_MAX, password_path, why)) != ERR_OK)
		return e;
	*culprit = path;
	return keystore_open(out, &k, c, password,
	    keystore_password_trim(password, password_len), why);
}

enum err
keystore_read_key(struct sig_key *out, const struct sig_context *c,
    const char *path, const char *password_path, char *why, size_t why_size)
{
	char reason[KEYSTORE_WHY] = "";
	const char *culprit = path;
	uint8_t *password = sodium_malloc(KEYSTORE_PASSWORD_MAX);
	enum err e;

	_Static_assert(KEYSTORE_WHY == PRIVATE_WHY, "one buffer for both");
	if (password)
		e = read_and_open(out, c, path, password_path, password,
		    &culprit, reason);
	else
		e = fail(reason, ERR_IO, "no guarded memory for its password");
	sodium_free(password);	/* wipes; NULL is fine */
	if (e != ERR_OK)
		snprintf(why, why_size, "%s %s", culprit, reason);
	return e;
}
