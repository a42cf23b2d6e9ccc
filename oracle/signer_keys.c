/* oracle/signer_keys.c - the keys come in here, before the sandbox closes. */
#include "oracle/keystore.h"
#include "oracle/signer.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <sodium.h>

void
signer_harden(void)
{
	static const struct rlimit none;

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

static enum err
keys_read(struct signer_keys *k, const struct sig_context *c,
    const char *keystore, const char *password_file,
    const char *gas_keystore, const char *gas_password_file, char *why,
    size_t why_size)
{
	enum err e = keystore_read_key(&k->attest, c, keystore, password_file,
	    why, why_size);

	if (e != ERR_OK || !gas_keystore || gas_keystore[0] == '\0')
		return e;
	e = keystore_read_key(&k->gas, c, gas_keystore, gas_password_file, why,
	    why_size);
	if (e != ERR_OK)
		return e;
	/* One key for both could be made to sign one as the other. */
	if (addr_equal(&k->gas.address, &k->attest.address)) {
		snprintf(why, why_size, "%s holds the attestation key; the gas "
		    "key must be another", gas_keystore);
		return ERR_AUTH;
	}
	k->has_gas = true;
	return ERR_OK;
}

enum err
signer_keys_open(struct signer_keys **out, const char *keystore,
    const char *password_file, const char *gas_keystore,
    const char *gas_password_file, char *why, size_t why_size)
{
	uint8_t chance[32];
	struct sig_context *c = NULL;
	struct signer_keys *k = NULL;
	enum err e = ERR_IO;

	signer_harden();
	snprintf(why, why_size, "no guarded memory for the keys");
	if (sodium_init() < 0)
		return ERR_IO;
	randombytes_buf(chance, sizeof(chance));
	if (sig_context_create(&c, chance) == ERR_OK &&
	    (k = sodium_malloc(sizeof(*k))) != NULL) {
		memset(k, 0, sizeof(*k));
		e = keys_read(k, c, keystore, password_file, gas_keystore,
		    gas_password_file, why, why_size);
	}
	explicit_bzero(chance, sizeof(chance));
	sig_context_destroy(c);
	if (e != ERR_OK || sodium_mprotect_readonly(k) != 0) {
		sodium_free(k);
		return e != ERR_OK ? e : ERR_IO;
	}
	*out = k;
	return ERR_OK;
}

void
signer_keys_close(struct signer_keys *k)
{
	sodium_free(k);	/* makes writable, wipes */
}
