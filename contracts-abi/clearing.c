#include "contracts-abi/clearing.h"

#include <string.h>

#include "base/keccak.h"
#include "base/must.h"
#include "contracts-abi/abi.h"

/* First four bytes of keccak256 of each signature, where Attestation is
 * (bytes32,uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32,
 * bytes32,bytes32,uint8,uint32,uint32,uint32,uint128,uint128) and Liquidation
 * (address,uint256,address,address,uint256,uint256,address);
 * tests/test_clearing.c works them out again. */
static const uint8_t selector_submit[4] = { 0xaa, 0xe8, 0x9e, 0x04 };
static const uint8_t selector_submit_and_liquidate[4] =
    { 0xa3, 0xda, 0xc3, 0x9b };
static const uint8_t selector_vault_state[4] = { 0xe1, 0xee, 0xff, 0xc6 };
static const uint8_t selector_latest[4] = { 0x52, 0xbf, 0xe7, 0x89 };
static const uint8_t selector_rules_hash[4] = { 0xc7, 0x6f, 0x9c, 0x16 };
static const uint8_t selector_book[4] = { 0x05, 0xa8, 0xda, 0x72 };
static const uint8_t selector_threshold[4] = { 0x42, 0xcd, 0xe4, 0xe8 };
static const uint8_t selector_signer_table[4] = { 0x36, 0x7b, 0xf6, 0x51 };

#define COMPACT_SIZE 64u
#define LIQUIDATION_WORDS 7u

void
selector_of(uint8_t out[4], const char *signature)
{
	struct b32 hash;

	keccak256(&hash, signature, strlen(signature));
	memcpy(out, hash.b, ABI_SELECTOR);
}

static enum err
signatures_check(const struct clearing_signatures *s)
{
	size_t bits = 0;

	for (size_t i = 0; i < sizeof(s->bitmap); i++)
		for (unsigned byte = s->bitmap[i]; byte != 0; byte >>= 1)
			bits += byte & 1;
	return bits == s->count ? ERR_OK : ERR_SYNTAX;
}

/* The arguments that both calls begin with; the bytes of the signatures
 * follow behind the head. */
static void
header_put(struct abi_writer *w, const struct attestation *a,
    const struct clearing_signatures *s, size_t head_words)
{
	uint8_t words[ATTEST_WORDS * ABI_WORD];

	attest_encode(words, a);
	abi_put_bytes(w, words, sizeof(words));
	abi_put_bytes(w, s->bitmap, sizeof(s->bitmap));
	abi_put_u64(w, head_words * ABI_WORD);
}

static void
signatures_put(struct abi_writer *w, const struct clearing_signatures *s)
{
	/* No padding: a signature is two whole words. */
	abi_put_u64(w, s->count * COMPACT_SIZE);
	for (size_t i = 0; i < s->count; i++)
		abi_put_bytes(w, s->compact[i], COMPACT_SIZE);
}

enum err
clearing_encode_submit(uint8_t *out, size_t *out_len,
    const struct attestation *a, const struct clearing_signatures *s)
{
	const size_t head_words = ATTEST_WORDS + 2;
	struct abi_writer w;
	size_t size;
	enum err e;

	if ((e = signatures_check(s)) != ERR_OK)
		return e;
	size = ABI_SELECTOR + head_words * ABI_WORD +
	    abi_tail_size(s->count * COMPACT_SIZE);
	if (size > CLEARING_DATA_MAX)
		return ERR_LIMIT;
	abi_write_open(&w, out, size);
	abi_put_bytes(&w, selector_submit, ABI_SELECTOR);
	header_put(&w, a, s, head_words);
	signatures_put(&w, s);
	MUST(w.len == w.max);
	*out_len = w.len;
	return ERR_OK;
}

static void
liquidation_put(struct abi_writer *w, const struct clearing_liquidation *l)
{
	abi_put_addr(w, &l->owner);
	abi_put_u64(w, l->index);
	abi_put_addr(w, &l->collateral);
	abi_put_addr(w, &l->debt);
	abi_put_u128(w, l->repay);
	abi_put_u128(w, l->min_seize);
	abi_put_addr(w, &l->recipient);
}

enum err
clearing_encode_submit_and_liquidate(uint8_t *out, size_t *out_len,
    const struct attestation *a, const struct clearing_signatures *s,
    const struct b32 *words, size_t word_count,
    const struct clearing_liquidation *l)
{
	const size_t head_words = ATTEST_WORDS + 3 + LIQUIDATION_WORDS;
	size_t signatures_size, size;
	struct abi_writer w;
	enum err e;

	if ((e = signatures_check(s)) != ERR_OK)
		return e;
	if (word_count > CLEARING_DATA_MAX / ABI_WORD)
		return ERR_LIMIT;
	signatures_size = abi_tail_size(s->count * COMPACT_SIZE);
	size = ABI_SELECTOR + head_words * ABI_WORD + signatures_size +
	    abi_tail_size(word_count * ABI_WORD);
	if (size > CLEARING_DATA_MAX)
		return ERR_LIMIT;
	abi_write_open(&w, out, size);
	abi_put_bytes(&w, selector_submit_and_liquidate, ABI_SELECTOR);
	header_put(&w, a, s, head_words);
	abi_put_u64(&w, head_words * ABI_WORD + signatures_size);
	liquidation_put(&w, l);
	signatures_put(&w, s);
	abi_put_u64(&w, word_count);
	for (size_t i = 0; i < word_count; i++)
		abi_put_b32(&w, &words[i]);
	MUST(w.len == w.max);
	*out_len = w.len;
	return ERR_OK;
}

size_t
clearing_encode_vault_state(uint8_t out[36], const struct b32 *vault)
{
	memcpy(out, selector_vault_state, ABI_SELECTOR);
	memcpy(out + ABI_SELECTOR, vault->b, ABI_WORD);
	return ABI_SELECTOR + ABI_WORD;
}

/* Slots and amounts of one side, each array where its head said. */
static enum err
legs_read(struct abi_reader *r, size_t *count,
    uint8_t slot[CLEARING_LEGS_MAX], u128 amount[CLEARING_LEGS_MAX],
    u128 slots_at, u128 amounts_at)
{
	size_t amounts;

	*count = abi_read_count(r, slots_at, CLEARING_LEGS_MAX);
	for (size_t i = 0; i < *count; i++)
		slot[i] = (uint8_t)abi_read_uint(r, 8, ERR_SYNTAX);
	amounts = abi_read_count(r, amounts_at, CLEARING_LEGS_MAX);
	for (size_t i = 0; i < amounts; i++)
		amount[i] = abi_read_uint(r, 128, ERR_RANGE);
	if (r->error != ERR_OK)
		return r->error;
	if (amounts != *count)
		return ERR_SYNTAX;
	/* A slot that is there twice would be counted twice. */
	for (size_t i = 1; i < *count; i++)
		if (slot[i - 1] >= slot[i])
			return slot[i - 1] == slot[i] ? ERR_DUPLICATE :
			    ERR_SYNTAX;
	return ERR_OK;
}

enum err
clearing_decode_vault_state(struct clearing_vault *out, const uint8_t *bytes,
    size_t len)
{
	struct clearing_vault v = { .mode = 0 };
	u128 offset[4];
	struct abi_reader r;
	enum err e;

	abi_read_open(&r, bytes, len);
	v.owner = abi_read_addr(&r);
	v.index = (uint64_t)abi_read_uint(&r, 64, ERR_RANGE);
	v.nonce = (uint64_t)abi_read_uint(&r, 64, ERR_SYNTAX);
	v.liquidations = (uint64_t)abi_read_uint(&r, 64, ERR_SYNTAX);
	v.mode = (uint8_t)abi_read_uint(&r, 8, ERR_SYNTAX);
	for (size_t i = 0; i < ARRAY_COUNT(offset); i++)
		offset[i] = abi_read_uint(&r, 128, ERR_SYNTAX);
	if ((e = legs_read(&r, &v.collateral_count, v.collateral_slot,
	    v.collateral_amount, offset[0], offset[1])) != ERR_OK ||
	    (e = legs_read(&r, &v.debt_count, v.debt_slot, v.debt_amount,
	    offset[2], offset[3])) != ERR_OK ||
	    (e = abi_read_close(&r)) != ERR_OK)
		return e;
	*out = v;
	return ERR_OK;
}

static size_t
selector_put(uint8_t out[4], const uint8_t selector[4])
{
	memcpy(out, selector, ABI_SELECTOR);
	return ABI_SELECTOR;
}

size_t
clearing_encode_latest(uint8_t out[4])
{
	return selector_put(out, selector_latest);
}

size_t
clearing_encode_rules_hash(uint8_t out[4])
{
	return selector_put(out, selector_rules_hash);
}

size_t
clearing_encode_book(uint8_t out[4])
{
	return selector_put(out, selector_book);
}

size_t
clearing_encode_threshold(uint8_t out[4])
{
	return selector_put(out, selector_threshold);
}

size_t
clearing_encode_signer_table(uint8_t out[4])
{
	return selector_put(out, selector_signer_table);
}

enum err
clearing_decode_latest(struct clearing_latest *out, const uint8_t *bytes,
    size_t len)
{
	struct clearing_latest v;
	struct abi_reader r;
	enum err e;

	abi_read_open(&r, bytes, len);
	v.digest = abi_read_b32(&r);
	v.sequence = (uint64_t)abi_read_uint(&r, 64, ERR_SYNTAX);
	v.as_of = (uint64_t)abi_read_uint(&r, 64, ERR_SYNTAX);
	v.status = (uint8_t)abi_read_uint(&r, 8, ERR_SYNTAX);
	v.last_refusal = (uint64_t)abi_read_uint(&r, 64, ERR_SYNTAX);
	if ((e = abi_read_close(&r)) != ERR_OK)
		return e;
	if (v.status > PRICE_REFUSED)
		return ERR_SYNTAX;
	*out = v;
	return ERR_OK;
}

enum err
clearing_decode_word(struct b32 *out, const uint8_t *bytes, size_t len)
{
	struct abi_reader r;
	struct b32 v;
	enum err e;

	abi_read_open(&r, bytes, len);
	v = abi_read_b32(&r);
	if ((e = abi_read_close(&r)) != ERR_OK)
		return e;
	*out = v;
	return ERR_OK;
}

enum err
clearing_decode_threshold(uint8_t *out, const uint8_t *bytes, size_t len)
{
	struct abi_reader r;
	uint8_t v;
	enum err e;

	abi_read_open(&r, bytes, len);
	v = (uint8_t)abi_read_uint(&r, 8, ERR_RANGE);
	if ((e = abi_read_close(&r)) != ERR_OK)
		return e;
	if (v < 1)
		return ERR_RANGE;
	*out = v;
	return ERR_OK;
}

enum err
clearing_decode_signer_table(struct addr *out, size_t *count, size_t max,
    const uint8_t *bytes, size_t len)
{
	struct addr table[CLEARING_SIGNERS_MAX];
	struct abi_reader r;
	size_t n;
	enum err e;

	abi_read_open(&r, bytes, len);
	n = abi_read_count(&r, abi_read_uint(&r, 128, ERR_SYNTAX),
	    max < CLEARING_SIGNERS_MAX ? max : CLEARING_SIGNERS_MAX);
	for (size_t i = 0; i < n; i++)
		table[i] = abi_read_addr(&r);
	if ((e = abi_read_close(&r)) != ERR_OK)
		return e;
	memcpy(out, table, n * sizeof(*out));
	*count = n;
	return ERR_OK;
}

void
clearing_vault_events(struct b32 out[CLEARING_VAULT_EVENTS])
{
	static const char *const signatures[CLEARING_VAULT_EVENTS] = {
		"VaultOpened(bytes32,address,uint256,uint8)",
		"Deposited(bytes32,address,uint256)",
		"Withdrawn(bytes32,address,uint256)",
		"Borrowed(bytes32,address,uint256)",
		"Repaid(bytes32,address,uint256)",
		"Liquidated(bytes32,address,address,address,uint256,uint256)",
	};

	for (size_t i = 0; i < CLEARING_VAULT_EVENTS; i++) {
		size_t len = 0;

		while (signatures[i][len] != '\0')
			len++;
		keccak256(&out[i], signatures[i], len);
	}
}
