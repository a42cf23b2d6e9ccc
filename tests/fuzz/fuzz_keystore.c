/* Key files of anybody: what parses prints and parses again to the same, and
 * opens or not without harm (only where its key derivation is cheap). */
#include "oracle/keystore.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define CHEAP 4096u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool
is_cheap(const struct keystore *k)
{
	switch (k->kdf) {
	case KEYSTORE_SCRYPT:
		return (uint64_t)k->n * k->r * k->p <= CHEAP;
	case KEYSTORE_PBKDF2:
		return k->rounds <= CHEAP;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t chance[32] = { 1 };
	static struct sig_context *sig;
	struct keystore k, again;
	struct sig_key key;
	char text[KEYSTORE_TEXT_MAX], why[KEYSTORE_WHY];
	size_t text_len;

	if (!sig)
		MUST(sig_context_create(&sig, chance) == ERR_OK);
	why[0] = '\0';
	if (keystore_parse(&k, (const char *)bytes, len, why) != ERR_OK) {
		MUST(why[0] != '\0' && memchr(why, 0, sizeof(why)));
		return 0;
	}
	MUST(keystore_print(text, &text_len, sizeof(text), &k) == ERR_OK);
	MUST(keystore_parse(&again, text, text_len, why) == ERR_OK);
	MUST(memcmp(&k, &again, sizeof(k)) == 0);
	if (is_cheap(&k) &&
	    keystore_open(&key, &k, sig, bytes, 0, why) == ERR_OK)
		MUST(!k.has_address ||
		    addr_equal(&key.address, &k.address));
	return 0;
}
