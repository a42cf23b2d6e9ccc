/* A raw transaction that is read must be written again byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "contracts-abi/tx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	/* A copy of its own, so that a sanitizer sees a byte too far. */
	uint8_t *raw = calloc(1, len > 0 ? len : 1);
	uint8_t again[TX_RAW_MAX], r[32], s[32];
	unsigned recovery;
	size_t again_len;
	struct b32 hash;
	struct tx t;

	MUST(raw != NULL);
	if (len > 0)
		memcpy(raw, bytes, len);
	if (tx_decode(&t, &recovery, r, s, raw, len) == ERR_OK) {
		MUST(len <= TX_RAW_MAX && t.data_len <= TX_DATA_MAX);
		MUST(tx_encode(again, &again_len, &t, recovery, r, s) ==
		    ERR_OK);
		MUST(again_len == len && memcmp(again, raw, len) == 0);
		MUST(tx_sign_hash(&hash, &t) == ERR_OK);
	}
	free(raw);
	return 0;
}
