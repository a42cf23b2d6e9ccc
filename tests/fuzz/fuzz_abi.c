/* Answers of the contract: what is read as a vault must be the one encoding of
 * that vault; the other answers must only stay within their bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "contracts-abi/abi.h"
#include "contracts-abi/clearing.h"

#define ANSWER_MAX ((9u + 4u * (1u + CLEARING_LEGS_MAX)) * ABI_WORD)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
side_put(struct abi_writer *w, const uint8_t *slot, const u128 *amount,
    size_t count)
{
	abi_put_u64(w, count);
	for (size_t i = 0; i < count; i++)
		abi_put_u64(w, slot[i]);
	abi_put_u64(w, count);
	for (size_t i = 0; i < count; i++)
		abi_put_u128(w, amount[i]);
}

static void
vault_compare(const struct clearing_vault *v, const uint8_t *bytes,
    size_t len)
{
	uint8_t out[ANSWER_MAX];
	size_t side = 2 + 2 * v->collateral_count;
	struct abi_writer w;

	MUST(v->collateral_count <= CLEARING_LEGS_MAX);
	MUST(v->debt_count <= CLEARING_LEGS_MAX);
	abi_write_open(&w, out, sizeof(out));
	abi_put_addr(&w, &v->owner);
	abi_put_u64(&w, v->index);
	abi_put_u64(&w, v->nonce);
	abi_put_u64(&w, v->liquidations);
	abi_put_u64(&w, v->mode);
	abi_put_u64(&w, 9 * ABI_WORD);
	abi_put_u64(&w, (9 + side / 2) * ABI_WORD);
	abi_put_u64(&w, (9 + side) * ABI_WORD);
	abi_put_u64(&w, (9 + side + 1 + v->debt_count) * ABI_WORD);
	side_put(&w, v->collateral_slot, v->collateral_amount,
	    v->collateral_count);
	side_put(&w, v->debt_slot, v->debt_amount, v->debt_count);
	MUST(w.len == len && memcmp(out, bytes, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	/* A copy of its own, so that a sanitizer sees a byte too far. */
	uint8_t *answer = calloc(1, len > 0 ? len : 1);
	struct addr table[CLEARING_SIGNERS_MAX];
	struct clearing_latest latest;
	struct clearing_vault vault;
	struct b32 word;
	size_t count;
	uint8_t k;

	MUST(answer != NULL);
	if (len > 0)
		memcpy(answer, bytes, len);
	if (clearing_decode_vault_state(&vault, answer, len) == ERR_OK)
		vault_compare(&vault, answer, len);
	if (clearing_decode_latest(&latest, answer, len) == ERR_OK)
		MUST(len == 5 * ABI_WORD && latest.status <= PRICE_REFUSED);
	if (clearing_decode_signer_table(table, &count, ARRAY_COUNT(table),
	    answer, len) == ERR_OK)
		MUST(len == (2 + count) * ABI_WORD);
	if (clearing_decode_word(&word, answer, len) == ERR_OK)
		MUST(len == ABI_WORD && memcmp(word.b, answer, len) == 0);
	if (clearing_decode_threshold(&k, answer, len) == ERR_OK)
		MUST(len == ABI_WORD && k >= 1);
	free(answer);
	return 0;
}
